import Base
import Laboratory

extension TypedValue {
    /// What a cell holds once Enter is pressed; nil when it is empty. Comma and dot are both decimal.
    package init?(typed text: String) {
        let bare = text.filter { $0 != " " && $0 != "\u{A0}" && $0 != "\u{202F}" }
        guard !bare.isEmpty else { return nil }
        switch bare.lowercased() {
        case ".n": self = .text("Normal")
        case ".r": self = .notPerformed("Rendu par ailleurs")
        case _:
            let dotted = bare.replacing(",", with: ".")
            if Measured(typed: dotted) != nil {
                self = .number(dotted)
            } else if TypedValue.looksNumeric(bare) {
                return nil
            } else {
                self = .text(text)
            }
        }
    }
    /// Begun as a number: then it must be one.
    static func looksNumeric(_ text: String) -> Bool {
        guard let first = text.first else { return false }
        return first.isNumber || "<>+-,.≤≥".contains(first)
    }
    package var isNumber: Bool {
        switch self {
        case .number: true
        case .text, .notPerformed: false
        }
    }
    package var shown: String {
        switch self {
        case .number(let text): text.replacing(".", with: ",")
        case .text(let text), .notPerformed(let text): text
        }
    }
}

extension Workbench {
    /// Codes that a cell takes in place of a number.
    private func entryCodes(_ entry: CellEntry) -> [(code: String, word: Word)] {
        // A number is never « normal ».
        (isNumeric(entry) ? [] : [(".n", .codeNormal)]) + [(".r", .codeElsewhere), ("..", .codeAgain)]
    }
    private func isNumeric(_ entry: CellEntry) -> Bool {
        house.files[entry.request]?.limits[entry.analysis]?.decimals != nil
    }

    mutating func beginEntry(with first: Character?) -> [Effect] {
        guard let request = currentRequest, let row = currentResult else { return [] }
        guard house.permissions.contains(.enterResult) else { return refuseHere(.mayNotEnter) }
        if case .locked = house.link { return [] }
        guard row.line?.state != .signed else { return refuseHere(.alreadySigned) }
        face.pane = 3
        let kept = drafts.first { $0.place == request + "/" + row.analysis }
        var entry = CellEntry(
            request: request, analysis: row.analysis, field: Field(), seen: row.line?.id,
            seenValue: row.line?.value ?? "", replaces: row.line.flatMap { replacing($0) })
        if let first {
            entry.field.insert(String(first))
        } else if let kept {
            entry.field = Field(kept.text)
            entry.isSelected = true
            entry.seen = kept.seen
            entry.seenValue = house.files[request]?.lines.first { $0.id == kept.seen }?.value ?? entry.seenValue
        } else if let line = row.line {
            entry.field = Field(line.value)
            entry.isSelected = true
        }
        entry = check(entry)
        if first == nil, let complaint = kept?.complaint { entry.complaint = complaint }
        face.mode = .entry(entry)
        return keepTyping()
    }

    /// Whose value a typed one would take the place of; nil: the person's own, which waits.
    private func replacing(_ line: Line) -> String? {
        if line.state == .waiting, line.analyzer == nil, line.author == house.login { return nil }
        return [line.valueAndUnit, line.analyzer ?? line.author ?? "", clock(line.observedAt)]
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    func check(_ entry: CellEntry) -> CellEntry {
        var entry = entry
        let text = entry.field.text
        entry.complaint = nil
        entry.codes = []
        if text.hasPrefix("."), text.count <= 2, !text.dropFirst().contains(where: \.isNumber) {
            entry.codes = entryCodes(entry).filter { $0.code.hasPrefix(text) }.map { "\($0.code) \(words[$0.word])" }
        } else if !text.isEmpty, TypedValue(typed: text) == nil, !["<", ">", "-", "+", "≤", "≥"].contains(text) {
            entry.complaint = notANumber(entry)
        }
        return entry
    }

    mutating func entryKey(_ key: Key, _ entry: CellEntry) -> [Effect] {
        var entry = entry
        let isSelected = entry.isSelected
        entry.isSelected = false
        switch key {
        case .enter: return accept(entry, step: 1)
        // A measured value gives way to Enter only.
        case .tab: return entry.seenValue.isEmpty ? accept(entry, step: 1) : leave(entry, step: 1)
        case .down: return leave(entry, step: 1)
        case .up, .backTab: return leave(entry, step: -1)
        case .escape:
            // Back, and the draft stays.
            left(entry)
            face.mode = .browse
            if !entry.field.text.isEmpty { face.notice = Notice(say(.draftKept, entry.field.text), .held) }
            return [.keep(drafts)]
        case .control("u"):
            entry.field = Field()
            face.mode = .entry(check(entry))
            return keepTyping()
        case .function(2): break
        case .character(let c):
            if isSelected { entry.field = Field() }
            let digit = TypedValue.looksNumeric(entry.field.text) || entry.field.text.isEmpty
            entry.field.insert(String(digit ? manner.keymap.digit(c) : c))
        case .backspace, .delete:
            if isSelected { entry.field = Field() } else { _ = entry.field.take(key) }
        case .left, .right, .home, .end:
            _ = entry.field.take(key)
        case .control, .alt, .function, .insert, .pageUp, .pageDown: return []
        }
        face.mode = .entry(check(entry))
        return keepTyping()
    }

    private mutating func keepTyping() -> [Effect] {
        keepEntryAsDraft()
        return [.keep(drafts)]
    }

    /// Arrows move: what was typed stays a draft, said in words.
    private mutating func leave(_ entry: CellEntry, step: Int) -> [Effect] {
        left(entry)
        if let kept = drafts.first(where: { $0.place == entry.request + "/" + entry.analysis }) {
            face.notice = Notice(say(.draftLeft, kept.text, manner.name(.open)), .held)
        }
        return move(step) + [.keep(drafts)]
    }

    private mutating func left(_ entry: CellEntry) {
        keep(entry, accepted: false)
        let place = entry.request + "/" + entry.analysis
        if drafts.contains(where: { $0.place == place }) { remember(.draft(place: place)) }
    }

    private mutating func accept(_ entry: CellEntry, step: Int) -> [Effect] {
        var entry = entry
        if entry.field.text.isEmpty, entry.first == nil {
            drop(entry)
            return move(step) + [.keep(drafts)]
        }
        if let code = scanned(endOf: entry.field.text) {
            // A scanner as slow as a person: what was there before it stays a draft.
            entry.field = Field(String(entry.field.text.dropLast(code.count)))
            drop(entry)
            face.mode = .entry(entry)
            return take(.scan(code, typed: 0))
        }
        if entry.field.text == ".." { return commentAgain(entry) }
        if let complaint = refusal(of: entry) {
            entry.complaint = complaint
            face.mode = .entry(entry)
            return [.bell]
        }
        guard let value = TypedValue(typed: entry.field.text) else { return [] }
        let isTwice = house.files[entry.request]?.twice.contains(entry.analysis) == true
        if isTwice, let asked = typeTwice(&entry, value) { return asked }
        // The same value again is not a new one.
        if let standing = currentResult?.line, standing.id == entry.seen, standing.value == value.shown {
            drop(entry)
            return move(step) + [.keep(drafts)]
        }
        let draft = Draft(
            request: entry.request, analysis: entry.analysis, text: entry.field.text, seen: entry.seen, at: now,
            isAccepted: false)
        // What stands there now, not what stood when typing began.
        if let replaced = currentResult?.line.map({ replacing($0) }) ?? entry.replaces {
            keep(draft)
            let tube = currentResult?.line?.accession ?? ""
            ask(
                Question(
                    purpose: .replace(draft), title: say(.replaceTitle, entry.analysis, replaced, value.shown),
                    parts: [
                        .init(.lastDigits, expected: String((tube.isEmpty ? entry.request : tube).suffix(3)))
                    ]))
            return [.keep(drafts)]
        }
        return commit(draft) + move(step)
    }

    /// To the server, or kept for it.
    mutating func commit(_ draft: Draft) -> [Effect] {
        guard let value = TypedValue(typed: draft.text) else { return [] }
        var draft = draft
        draft.isAccepted = true
        keep(draft)
        guard !isReadOnly else {
            face.notice = Notice(say(.entryWaits), .held)
            return [.keep(drafts)]
        }
        return [.keep(drafts)]
            + send(
                .enter(
                    request: draft.request, analysis: draft.analysis, value: value, seen: draft.seen ?? ""))
    }

    /// In words, what a cell will not take; nil when it may be sent.
    private func refusal(of entry: CellEntry) -> String? {
        let text = entry.field.text
        if text.first == ":" { return say(.commandInField, text) }
        guard let value = TypedValue(typed: text) else { return notANumber(entry) }
        // Words are no measure, and « normal » neither.
        if case .text = value, isNumeric(entry) { return notANumber(entry) }
        return impossible(value, entry)
    }
    private func notANumber(_ entry: CellEntry) -> String {
        say(isNumeric(entry) ? .notThisNumber : .notANumber, entry.field.text)
    }

    private mutating func drop(_ entry: CellEntry) {
        drafts.removeAll { $0.place == entry.request + "/" + entry.analysis }
    }

    /// Why a number cannot be, in words.
    private func impossible(_ value: TypedValue, _ entry: CellEntry) -> String? {
        guard case .number(let text) = value, let measured = Measured(typed: text),
            let limits = house.files[entry.request]?.limits[entry.analysis]
        else { return nil }
        let decimals = text.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
        if let most = limits.decimals, decimals > most { return say(.tooManyDecimals, entry.analysis, String(most)) }
        let tooLow = limits.low.map { measured.number < $0 } ?? false
        let tooHigh = limits.high.map { $0 < measured.number } ?? false
        guard tooLow || tooHigh else { return nil }
        let ends = [limits.low, limits.high].map { $0?.text.replacing(".", with: ",") ?? "" }
        return say(.absurdTyped, value.shown, ends[0] + " – " + ends[1])
    }

    /// What nothing else checks is typed twice, the second time without the first in sight. The server holds the first
    /// and compares; here only the words come sooner. Nil: both times the same.
    private mutating func typeTwice(_ entry: inout CellEntry, _ value: TypedValue) -> [Effect]? {
        guard !isReadOnly else {
            keep(entry, accepted: false)
            face.mode = .browse
            face.notice = Notice(say(.twiceOffline, entry.analysis), .held)
            return [.keep(drafts), .bell]
        }
        let place = entry.request + "/" + entry.analysis
        guard let first = entry.first else {
            entry.first = entry.field.text
            entry.field = Field()
            face.mode = .entry(entry)
            return keepTyping()
                + send(.firstReading(request: entry.request, analysis: entry.analysis, value: value))
        }
        let isOnItsWay = sent.values.contains { deed in
            if case .firstReading(let request, let analysis, _) = deed {
                request + "/" + analysis == place
            } else {
                false
            }
        }
        if isOnItsWay {
            entry.complaint = words[.twiceWaits]
            face.mode = .entry(entry)
            return [.bell]
        }
        if TypedValue(typed: first) == value { return nil }
        entry.first = nil
        entry.field = Field()
        entry.complaint = words[.twiceDiffers]
        drop(entry)
        face.mode = .entry(entry)
        return [.keep(drafts), .bell]
    }

    /// The coded comment that was put last, beside the value of this cell.
    private mutating func commentAgain(_ asked: CellEntry) -> [Effect] {
        var entry = asked
        let line = currentResult?.line
        guard let code = lastComment, let line, line.analysis == entry.analysis, line.state != .signed else {
            entry.complaint = words[lastComment == nil ? .noCommentYet : .commentWantsValue]
            face.mode = .entry(entry)
            return [.bell]
        }
        drop(entry)
        return [.keep(drafts)] + send(.comment(request: entry.request, id: line.id, code: code)) + move(1)
    }
    private var lastComment: String? {
        for case .deeds(let deeds) in done.reversed() {
            for case .comment(_, _, let code) in deeds { return code }
        }
        return nil
    }

    mutating func moveOn() -> [Effect] { move(1) }

    /// To the next cell, which is not typed into before a key says so.
    private mutating func move(_ step: Int) -> [Effect] {
        face.mode = .browse
        face.result = max(0, min(face.result + step, results.count - 1))
        keepInSight()
        return []
    }

    mutating func refuseHere(_ word: Word) -> [Effect] {
        face.notice = Notice(say(word), .critical)
        refusedAt = now
        return [.bell]
    }

    mutating func conflictKey(_ key: Key, _ conflict: Conflict) -> [Effect] {
        switch key {
        case .character("g"):
            // Theirs stands: mine is let go, knowingly.
            face.mode = .browse
            drafts.removeAll { $0.place == conflict.request + "/" + conflict.analysis }
            face.notice = Notice(say(.conflictKept, place(of: conflict), theirs(conflict)?.value ?? ""), .good)
            return [.keep(drafts)] + openClash()
        case .character("m"):
            face.mode = .browse
            return commit(
                Draft(
                    request: conflict.request, analysis: conflict.analysis, text: conflict.mine,
                    seen: theirs(conflict)?.id, at: now, isAccepted: true)) + openClash()
        case .escape:
            face.mode = .browse
            face.notice = Notice(putAside(conflict), .held)
            return [.keep(drafts)] + openClash()
        case .character, .control, .alt, .function, .enter, .tab, .backTab, .backspace, .delete, .insert, .up, .down,
            .left, .right, .home, .end, .pageUp, .pageDown:
            return [.bell]
        }
    }

    /// Not sent again by itself: the person decides. Answers what is said of it.
    mutating func putAside(_ conflict: Conflict) -> String {
        for place in drafts.indices where drafts[place].place == conflict.request + "/" + conflict.analysis {
            drafts[place].isAccepted = false
            drafts[place].complaint = sentence(conflict)
        }
        return place(of: conflict) + " : " + say(.draftKept, conflict.mine)
    }

    func theirs(_ conflict: Conflict) -> Line? { house.files[conflict.request]?.standing(conflict.analysis) }

    func place(of conflict: Conflict) -> String { place(of: conflict.analysis, in: conflict.request) }
    /// Whose value it is, whatever stands on the screen below: `MARTIN Léa 261122000412 K`.
    func place(of analysis: String, in request: String) -> String {
        let file = house.files[request]
        let line = file?.standing(analysis) ?? house.lines.first { $0.request == request }
        let patient = file?.patient ?? line?.patient ?? ""
        return [patient, line?.accession ?? request, analysis].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// `[CONF-01] Ligne modifiée par l.roux à 14:31 (K 4,2 → 4,4). Votre saisie 4,3 est gardée.`
    func sentence(_ conflict: Conflict) -> String {
        guard let theirs = theirs(conflict) else { return conflict.words }
        let before = conflict.before.isEmpty ? words[.noValue] : conflict.before
        return say(
            .conflictSentence, theirs.author ?? theirs.analyzer ?? "?", clock(theirs.observedAt),
            "\(conflict.analysis) \(before) → \(theirs.value)", conflict.mine)
    }
}
