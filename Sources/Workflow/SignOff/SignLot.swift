package import Base
package import Laboratory
import Store

/// A file that a lot is to sign, with what the biologist saw of it.
package struct LotFile: Sendable, Hashable {
    package var number: String
    package var contentHash: String
    package init(number: String, contentHash: String) {
        self.number = number
        self.contentHash = contentHash
    }
}

/// What became of a file of a lot.
package struct LotOutcome: Sendable {
    package var number: String
    package var signature: Signature?
    package var refusal: Refusal?
}

extension Desk {
    /// Longest lot.
    package static let longestLot = 2000
    /// Files of a lot signed at the same time: their transactions share commits.
    private static let lotWidth = 8

    /// Signs all that may be signed by lot, one transaction a file. The files must be the very ones that stand in the
    /// queue now (`sign.confirm` else, and nothing is signed): a list that grew is read again first, unless it is
    /// `frozen`: then what came since waits. `left`: files that the biologist keeps out of it. A file that changes in
    /// the meantime is refused alone.
    package func signLot(
        _ files: [LotFile], section: String?, left: Set<String> = [], frozen: Bool = false, by author: Author
    ) async throws(CommandFailure) -> [LotOutcome] {
        try await needStanding(files, section, left, frozen, author)
        return await eachOfLot(files) { number, contentHash throws(CommandFailure) in
            try await sign(number, contentHash: contentHash, allowPartial: false, inLot: true, by: author)
        }
    }

    /// Refuses as `signLot` would, and signs nothing: the files that it would refuse, said before the code is asked
    /// for.
    package func checkLot(
        _ files: [LotFile], section: String?, left: Set<String> = [], frozen: Bool = false, by author: Author
    ) async throws(CommandFailure) -> [LotOutcome] {
        try await needStanding(files, section, left, frozen, author)
        let outcomes = await eachOfLot(files) { number, contentHash throws(CommandFailure) in
            _ = try await signatureReady(
                number, contentHash: contentHash, allowPartial: false, uncalled: nil, draft: SignDraft(),
                inLot: true, isAhead: true, by: author)
            return nil
        }
        return outcomes.filter { $0.refusal != nil }
    }

    private func needStanding(
        _ files: [LotFile], _ section: String?, _ left: Set<String>, _ frozen: Bool, _ author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        let waiting = try await awaitingSignature(site: author.site, limit: Desk.longestLot, section: section)
        let standing = Set(
            waiting.filter { $0.lane == .proposable && !left.contains($0.request.number) }.map {
                LotFile(number: $0.request.number, contentHash: $0.contentHash)
            })
        let asked = Set(files)
        guard asked == standing || frozen && asked.isSubset(of: standing), files.count == asked.count else {
            throw .refused(
                Refusal(
                    "sign.confirm", because: "\(standing.count) dossiers seraient signés, et non \(files.count)",
                    remedy: "relire la file (paillasse bio file), puis confirmer ce nombre"))
        }
    }

    /// A few at a time, in the order of the lot.
    private func eachOfLot(
        _ files: [LotFile], _ work: @escaping @Sendable (String, String) async throws(CommandFailure) -> Signature?
    ) async -> [LotOutcome] {
        await withTaskGroup(of: (Int, LotOutcome).self) { group in
            var outcomes = [LotOutcome?](repeating: nil, count: files.count)
            var next = min(Desk.lotWidth, files.count)
            for place in 0..<next { group.addTask { (place, await outcome(of: files[place], work)) } }
            for await (place, outcome) in group {
                outcomes[place] = outcome
                guard next < files.count else { continue }
                let following = next
                next += 1
                group.addTask { (following, await self.outcome(of: files[following], work)) }
            }
            return outcomes.compactMap { $0 }
        }
    }

    private func outcome(
        of file: LotFile, _ work: @escaping @Sendable (String, String) async throws(CommandFailure) -> Signature?
    ) async -> LotOutcome {
        do throws(CommandFailure) {
            return LotOutcome(number: file.number, signature: try await work(file.number, file.contentHash))
        } catch {
            switch error {
            case .refused(let refusal): return LotOutcome(number: file.number, refusal: refusal)
            case .store(.conflict):
                return LotOutcome(
                    number: file.number,
                    refusal: Refusal(
                        "sign.changed", at: file.number, because: "quelqu'un d'autre vient de signer ce dossier",
                        remedy: "le relire"))
            case .store(.unavailable(let refusal)): return LotOutcome(number: file.number, refusal: refusal)
            }
        }
    }
}

/// How a period was signed: what a biologist looks at to know how well it goes (UX section 4).
package struct SignOffFigures: Sendable, Hashable {
    package struct OfHold: Sendable, Hashable {
        package var code: String
        /// Results signed although held with this.
        package var overridden = 0
        /// Those of them that a later version replaced.
        package var retracted = 0
    }
    package var signed = 0
    package var inLot = 0
    package var amendments = 0
    package var seconds: Int?
    package var holds: [OfHold] = []
    package var typing = TypingMeasure(typed: 0)
}

extension Desk {
    /// Longest pause between two signatures that still counts as reading, in seconds.
    static let longestReading: Int64 = 900

    /// Signatures of a site in [`from`, `before`), by one account or by all.
    package func signOffFigures(
        from: Instant, before: Instant, login: String?, by author: Author
    ) async throws(CommandFailure) -> SignOffFigures {
        try allow(author, .read)
        var figures = SignOffFigures()
        var numbers = [String](), instants = [Instant]()
        var typed = [(id: String, author: String, at: Instant)]()
        try await eachEntry(from: from, before: before) { entry in
            guard entry.site == author.site, login.map({ $0 == entry.author }) ?? true else { return }
            switch entry.action {
            case "bio.sign.lot": figures.inLot += 1
            case "bio.amend": figures.amendments += 1
            case "bio.sign": break
            case "result.enter":
                typed.append((entry.subject, entry.author, entry.at))
                return
            case _: return
            }
            figures.signed += 1
            numbers.append(entry.subject)
            if entry.action != "bio.sign.lot" { instants.append(entry.at) }
        }
        let pauses = zip(instants, instants.dropFirst()).map { $1.milliseconds - $0.milliseconds }
            .filter { $0 <= Desk.longestReading * 1000 }
        if !pauses.isEmpty { figures.seconds = Int(pauses.reduce(0, +) / Int64(pauses.count) / 1000) }
        var holds = [String: SignOffFigures.OfHold]()
        for number in Set(numbers).sorted() { try await count(number, from, before, into: &holds) }
        figures.typing = try await measured(typed)
        figures.holds = holds.values.sorted { ($0.overridden, $1.code) > ($1.overridden, $0.code) }
        return figures
    }

    /// Holds of what was first signed in the period, and whether it stood.
    private func count(
        _ number: String, _ from: Instant, _ before: Instant, into holds: inout [String: SignOffFigures.OfHold]
    ) async throws(CommandFailure) {
        let (request, observations, _) = try await file(of: number)
        let signatures = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: request.id) }
        let judged = try await standing(observations, at: now())
        let last = Set(signatures.last?.observationIDs ?? [])
        var known = Set<String>()
        for signature in signatures {
            let fresh = Set(signature.observationIDs).subtracting(known)
            known.formUnion(fresh)
            guard signature.at >= from, signature.at < before else { continue }
            for observation in judged where fresh.contains(observation.id) {
                for code in Set(observation.holds.filter(\.code.stopsLot).map(\.code.rawValue)) {
                    var line = holds[code] ?? SignOffFigures.OfHold(code: code)
                    line.overridden += 1
                    if !last.contains(observation.id) { line.retracted += 1 }
                    holds[code] = line
                }
            }
        }
    }

    /// Entries of the audit chain of a period; the beginning of a long chain is found by halving.
    private func eachEntry(
        from: Instant, before: Instant, _ take: (AuditEntry) -> Void
    ) async throws(CommandFailure) {
        var low = 0
        var step = 1
        func isEarlier(_ sequence: Int) async throws(CommandFailure) -> Bool {
            let found = try await ask { () throws(StoreFailure) in try await store.audit(after: sequence, limit: 1) }
            return found.first.map { $0.at < from } ?? false
        }
        while try await isEarlier(low + step) { step *= 2 }
        while step > 1 {
            step /= 2
            if try await isEarlier(low + step) { low += step }
        }
        var after = low
        while true {
            let (begin, size) = (after, 500)
            let entries = try await ask { () throws(StoreFailure) in try await store.audit(after: begin, limit: size) }
            guard let last = entries.last else { return }
            for entry in entries where entry.at >= from && entry.at < before { take(entry) }
            if last.at >= before { return }
            after = last.sequence
        }
    }
}
