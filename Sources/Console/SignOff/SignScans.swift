import Base
import Laboratory

/// The screen before a key: what a scanner typed as if it were a person is taken back with it.
struct SignBefore: Hashable {
    var mode: SignMode
    var lane: SignLane?
    var filter: String
    var rows: [String]
    var cursor: Int
    var top: Int
    var guest: String?
    var pane: Int
    var result: Int
    var fileTop: Int
    var notice: Notice?
    var drafts: [String: SignDraft]
    var awaited: SignBench.Awaited?
    var unanswered: String?
    var kept: [SignQuestion.Purpose: [String]]
    var refusedAt: Instant?
    var digits: String
}

extension SignBench {
    /// Before each key, as many as a scanner types.
    mutating func remember() {
        befores.append(
            SignBefore(
                mode: mode, lane: lane, filter: filter, rows: rows, cursor: cursor, top: top, guest: guest, pane: pane,
                result: result, fileTop: fileTop, notice: notice, drafts: drafts, awaited: awaited,
                unanswered: unanswered, kept: kept, refusedAt: refusedAt, digits: digits))
        if befores.count > Workbench.remembered { befores.removeFirst() }
    }

    /// Answers what is to be read anew.
    private mutating func takeBack(_ before: SignBefore, typed keys: Substring) -> [SignEffect] {
        let isWritten = before.drafts != drafts
        (mode, lane, filter, guest) = (before.mode, before.lane, before.filter, before.guest)
        // Files that came or were signed meanwhile stay where they are.
        if Set(before.rows) == Set(rows) {
            (rows, cursor, top) = (before.rows, before.cursor, before.top)
        } else {
            layRows()
        }
        (pane, result, fileTop, notice) = (before.pane, before.result, before.fileTop, before.notice)
        (drafts, awaited, unanswered, kept) = (before.drafts, before.awaited, before.unanswered, before.kept)
        (refusedAt, digits) = (before.refusedAt, before.digits)
        offered = nil
        keepInSight()
        // A page that such a key asked for may still come.
        let asked = keys.compactMap { manner.keymap.sign[.character($0)] }
        if asked.contains(.why) || asked.contains(.versions) { isPageUnwanted = true }
        // What is shown of its draft is what it was.
        return isWritten ? reopen() : []
    }

    /// A page that was asked for by a key that was taken back.
    mutating func isUnwanted() -> Bool {
        defer { isPageUnwanted = false }
        return isPageUnwanted
    }

    mutating func take(scan code: String, typed: Int) -> [SignEffect] {
        let before = typed > 0 && typed <= befores.count ? befores[befores.count - typed] : nil
        befores = []
        let open = before?.mode ?? mode
        if case .question = open { return takeInQuestion(code, typed: typed) }
        if link == .locked { return [] }
        let rest = code.dropFirst(typed)
        switch burst(code, awaited: before.map(\.awaited) ?? awaited) {
        case .label:
            var effects = before.map { takeBack($0, typed: code.prefix(typed)) } ?? []
            // Its first digit may have come alone.
            let label = digits.isEmpty ? code : Workbench.joined(digits, code) ?? code
            digits = ""
            awaited = nil
            unanswered = nil
            if case .amendment(let number, _) = mode { drafts[number]?.amendment = nil }
            mode = .browse
            seek(label)
            effects.append(.find(label))
            return effects
        // Keys that a slow line gave together; nothing is signed before its question was on the screen.
        case .keys: return rest.flatMap { press(.character($0)) }
        case .digits:
            let effects = before.map { takeBack($0, typed: code.prefix(typed)) } ?? []
            if let label = Workbench.joined(digits, code) { return effects + take(scan: label, typed: 0) }
            digits = ""
            refuseDigits()
            return effects + [.bell]
        }
    }

    /// A file is on its way, and is said to be.
    mutating func seek(_ label: String) {
        sought = label
        notice = Notice(Texts(manner.language).say(.scanned, [label]), .good)
    }

    private mutating func takeInQuestion(_ code: String, typed: Int) -> [SignEffect] {
        let rest = code.dropFirst(typed)
        guard case .question(let question) = mode else { return [] }
        let isSecret = link == .locked && !Workbench.looksLikeLabel(code)
        if !isSecret, isLabel(code, for: question.parts[question.at]), !question.isSent {
            return refuseLabel(question, typed: typed)
        }
        if link == .locked, !isSecret { return [] }
        // Who answers fast answers: a code of signature is looked for nowhere.
        return rest.flatMap { press(.character($0)) } + press(.enter)
    }

    private enum Burst { case label, keys, digits }
    /// A code of signature (6 to 12 digits), alone or behind the key that asks for it, is neither looked for nor shown:
    /// a slow line gives in one burst what was typed.
    private func burst(_ code: String, awaited: Awaited?) -> Burst {
        let digits = code.drop { !$0.isNumber }
        guard isMaybeCode(String(digits)), !isKnown(code) else { return .label }
        let letters = code.prefix(code.count - digits.count)
        if awaited != nil, letters.isEmpty { return .keys }
        if letters.isEmpty { return .digits }
        // Any other letter is the beginning of a label, whatever key it is.
        let asks = letters.count == 1 && letters.first.map { manner.keymap.sign[.character($0)] } == .sign
        return asks ? .keys : .label
    }
    /// Six to twelve digits that no tube and no request has.
    func isMaybeCode(_ text: String) -> Bool {
        text.allSatisfy { $0.isASCII && $0.isNumber } && (6...12).contains(text.count) && !isKnown(text)
    }
    func isKnown(_ text: String) -> Bool {
        Workbench.looksLikeLabel(text)
            || sheets.values.contains { $0.tubes.contains { $0.accession == text } || $0.number == text }
    }

    /// Digits that may be a code are neither shown nor looked for. They may as well have been a label: nothing is done
    /// to the file that stayed before the person says so.
    mutating func refuseDigits() {
        notice = Notice(say(.digitsAlone, key(.find)), .dim)
        unanswered = say(.thisNumber)
    }

    /// A digit is no key of this screen; more of them are the label of a tube, typed by a hand or a slow scanner: they
    /// go into the form that looks for it. They may be a code that is typed too late, so that they are not shown.
    mutating func digit(_ key: Key) -> [SignEffect]? {
        guard case .character(let raw) = key, manner.keymap.sign[key] == nil else {
            digits = ""
            return nil
        }
        let c = manner.keymap.digit(raw)
        guard c.isASCII, c.isNumber else {
            digits = ""
            return nil
        }
        digits.append(c)
        guard digits.count > 1 else { return nil }
        notice = nil
        mode = .question(
            SignQuestion(
                purpose: .find, title: [say(.findTitle), say(.digitsHidden)],
                parts: [.init(word: .findNumber, field: Field(digits), isSecret: true)]))
        digits = ""
        return []
    }
}
