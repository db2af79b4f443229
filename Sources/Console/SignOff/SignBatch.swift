import Base
import Laboratory

/// What the server said of a batch before its code: the reports that could not be made, files that changed.
struct LotCheck: Hashable {
    struct Refused: Hashable {
        var number: String
        var refusal: Refusal
    }
    var picks: [SignPick]
    var drawn: [String]
    /// nil: not answered yet.
    var refused: [Refused]?
    /// As many are told each by itself.
    static let told = 4
}

extension SignBench {
    mutating func beginLot() -> [SignEffect] {
        let picks = releasable(filtered)
        guard !picks.isEmpty else {
            let others = releasable(queue).count
            if others > 0 {
                notice = Notice(say(.lotFiltered, filter, String(others)), .dim)
                return [.bell]
            }
            notice = Notice(begun.isEmpty ? say(.lotNone) : lotBegun, .dim)
            return [.bell]
        }
        // The instant is the seed: nobody knows beforehand which files will be shown.
        var random = PRNG(seed: UInt64(bitPattern: now.milliseconds))
        let drawn = Array(
            picks.map(\.number).shuffled(using: &random).prefix(settings.drawn(of: picks.count)))
        mode = .lot(picks, drawn: drawn, at: -1)
        lotCheck = LotCheck(picks: picks, drawn: drawn)
        fileTop = 0
        // While it is read: nobody types a code for what could not be signed.
        return [.checkLot(picks)]
    }

    mutating func goOn(_ picks: [SignPick], _ drawn: [String], _ at: Int) -> [SignEffect] {
        // A file that is not here yet was not read.
        if drawn.indices.contains(at), sheets[drawn[at]] == nil { return [] }
        fileTop = 0
        if drawn.indices.contains(at + 1) {
            mode = .lot(picks, drawn: drawn, at: at + 1)
            return [.open(drawn[at + 1], SignDraft())]
        }
        mode = .question(lotQuestion(picks, drawn))
        return []
    }

    private func lotQuestion(_ picks: [SignPick], _ drawn: [String]) -> SignQuestion {
        SignQuestion(
            purpose: .lot(picks), title: lotLines(picks, drawn) + [saidBy, say(.meaning)],
            parts: [
                .init(word: .lotCount, expected: String(picks.count)), .init(word: .pin, isSecret: true),
            ])
    }

    private var lotBegun: String { say(.lotBegun, begun.joined(separator: ", "), key(.sign)) }

    func lotLines(_ picks: [SignPick], _ drawn: [String]) -> [String] {
        let numbers = Set(picks.map(\.number))
        let lot = queue.filter { numbers.contains($0.number) }
        var lines = [
            say(.lotSummary, String(picks.count), String(lot.reduce(0) { $0 + $1.fresh })),
            say(.lotLeft, String(count(.critical)), String(count(.held)), String(count(.partial))),
        ]
        if !begun.isEmpty { lines.append(lotBegun) }
        if let oldest = lot.map(\.at).min() { lines.append(say(.lotOldest, waited(oldest))) }
        var sections = [String: Int]()
        for row in lot { for section in row.sections { sections[section, default: 0] += 1 } }
        if !sections.isEmpty {
            lines.append(
                sections.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        let others = releasable(queue).count - picks.count
        if !filter.isEmpty, others > 0 { lines.append(say(.lotFiltered, filter, String(others))) }
        lines.append(
            say(.quality)
                + controls.text(
                    manner.signs, absentWord: say(.controlsAbsent), exemptWord: say(.controlsExempt)))
        if !rules.isEmpty { lines.append(say(.lotRules, rules)) }
        lines.append(say(.lotSample, String(drawn.count)))
        return lines + checkLines(picks)
    }

    // What would be refused

    /// That it is looked for, that there is nothing, or what cannot be signed and why.
    private func checkLines(_ picks: [SignPick]) -> [String] {
        guard let check = lotCheck, Set(picks).isSubset(of: check.picks) else { return [] }
        guard let refused = check.refused else { return [say(.lotChecking)] }
        if refused.isEmpty { return [say(.lotFine)] }
        let rest = refused.dropFirst(LotCheck.told).map(\.number)
        return [say(.lotUnsignable, String(refused.count))]
            + refused.prefix(LotCheck.told).map { manner.signs.held + " " + sentence($0.refusal, of: $0.number) }
            + (rest.isEmpty ? [] : [manner.signs.held + " " + rest.joined(separator: ", ")])
    }

    /// With the number of the file, whatever place the refusal names.
    private func sentence(_ refusal: Refusal, of number: String) -> String {
        let said = sentence(refusal)
        return said.contains(number) ? said : number + " " + said
    }

    /// What cannot be signed leaves the batch before its code is typed: the number to confirm is of what can.
    mutating func take(
        checked picks: [SignPick], _ found: [(number: String, refusal: Refusal)]
    ) -> [SignEffect] {
        guard var check = lotCheck, check.picks == picks, check.refused == nil else { return [] }
        check.refused = found.map { LotCheck.Refused(number: $0.number, refusal: $0.refusal) }
        lotCheck = check
        let refused = Set(found.map(\.number))
        func signable(_ all: [SignPick]) -> [SignPick] { all.filter { !refused.contains($0.number) } }
        switch mode {
        case .lot(let all, let drawn, let at):
            let left = signable(all)
            guard !left.isEmpty else { return endLot() }
            mode = .lot(left, drawn: drawn, at: at)
        case .question(let question):
            guard case .lot(let all) = question.purpose, !question.isSent else { return [] }
            let left = signable(all)
            guard !left.isEmpty else { return endLot() }
            var anew = lotQuestion(left, check.drawn)
            if left.count == all.count {
                // Nothing else changes: what is being typed stays.
                (anew.parts, anew.at, anew.complaint) = (question.parts, question.at, question.complaint)
            } else {
                anew.complaint = say(.lotUnsignable, String(refused.count))
            }
            mode = .question(anew)
        case .browse, .search, .menu, .page, .amendment: return []
        }
        return refused.isEmpty ? [] : [.bell]
    }

    /// None of it can be signed.
    private mutating func endLot() -> [SignEffect] {
        let refused = lotCheck?.refused ?? []
        mode = .browse
        fileTop = 0
        let first = refused.first.map { sentence($0.refusal, of: $0.number) } ?? ""
        notice = Notice([say(.lotUnsignable, String(refused.count)), first].joined(separator: " · "), .critical)
        // Digits of the code that are still under way are no keys.
        refusedAt = now
        return [.bell] + reopen()
    }

    /// The batch is not what stands at the server any more.
    mutating func take(unsignable picks: [SignPick], _ refusal: Refusal) -> [SignEffect] {
        guard let check = lotCheck, check.picks == picks, check.refused == nil else { return [] }
        switch mode {
        case .lot: break
        case .question(let question):
            guard case .lot = question.purpose, !question.isSent else { return [] }
        case .browse, .search, .menu, .page, .amendment: return []
        }
        mode = .browse
        fileTop = 0
        notice = Notice(sentence(refusal), .critical)
        refusedAt = now
        return [.bell, .load] + reopen()
    }
}
