import Base
import Laboratory

/// What a file says otherwise than when this person read it: nothing is signed over it unread (UX section 2, what is
/// typed applies to the screen that was seen).
struct SignNews: Hashable {
    enum Part: Hashable { case patient, prescriber, notes, tubes, comments, missing, signed }
    struct Value: Hashable {
        var analysis: String
        var before: String?
        var after: String?
    }
    var values: [Value] = []
    var parts: [Part] = []
    /// Days of birth, before and now, when they differ.
    var born: [String] = []
    /// Reasons to hold that were not there: `DELTA (K)`.
    var holds: [String] = []
    var isEmpty: Bool { values.isEmpty && parts.isEmpty && holds.isEmpty }

    init(from read: SignSheet, to sheet: SignSheet) {
        func shown(_ sheet: SignSheet) -> [String: [String]] {
            Dictionary(
                sheet.lines.map { ($0.line.analysis, [$0.line.valueAndUnit, $0.line.flags.map(\.rawValue).joined()]) }
            ) { first, second in first + second }
        }
        let (old, new) = (shown(read), shown(sheet))
        values = Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
            Value(analysis: $0, before: old[$0]?.first, after: new[$0]?.first)
        }
        if (read.patient, read.civil, read.identity) != (sheet.patient, sheet.civil, sheet.identity)
            || read.attributes != sheet.attributes || (read.birth, read.traits) != (sheet.birth, sheet.traits)
        {
            parts.append(.patient)
        }
        if read.birth != sheet.birth { born = [read.birth, sheet.birth] }
        if (read.prescriber, read.place) != (sheet.prescriber, sheet.place) { parts.append(.prescriber) }
        if read.note != sheet.note { parts.append(.notes) }
        if read.tubes != sheet.tubes { parts.append(.tubes) }
        if read.version != sheet.version { parts.append(.signed) }
        // The rest follows what this person writes too.
        guard read.draft == sheet.draft else { return }
        if read.comments != sheet.comments { parts.append(.comments) }
        if read.missing != sheet.missing { parts.append(.missing) }
        func held(_ sheet: SignSheet) -> [String] {
            sheet.holds.flatMap { group in group.analyses.map { "\(group.code.rawValue) (\($0))" } }
        }
        let known = Set(held(read))
        let told = Set(values.map(\.analysis))
        // A value that changed is told as such, its reasons stand beside it.
        holds = held(sheet).filter { one in
            !known.contains(one) && !told.contains { one.hasSuffix("(\($0))") }
        }
    }
}

extension SignBench {
    /// What changed in a file since this person read it.
    func news(_ number: String) -> SignNews? {
        guard let read = read[number], let sheet = sheets[number] else { return nil }
        let news = SignNews(from: read, to: sheet)
        return news.isEmpty ? nil : news
    }

    /// A file as the server has it now, and as this person left it.
    func isWhole(_ sheet: SignSheet) -> Bool { sheet.draft == drafts[sheet.number] ?? SignDraft() }

    mutating func take(_ sheet: SignSheet) -> [SignEffect] {
        let number = sheet.number
        sheets[number] = sheet
        if var known = read[number], own.remove(number) == nil {
            if known.draft != sheet.draft {
                known.draft = sheet.draft
                known.comments = sheet.comments
                known.missing = sheet.missing
                read[number] = known
            }
            if number == current, mode == .browse, let news = news(number) {
                let told = say(.changedMeanwhile, words(news))
                // What was refused a moment ago stays, with its cause.
                let refused = notice.flatMap { $0.tint == .critical && !$0.text.contains(told) ? $0.text : nil }
                notice = Notice(
                    [refused, told].compactMap { $0 }.joined(separator: " · "), refused == nil ? .expired : .critical)
            }
        } else {
            read[number] = sheet
        }
        return signAwaited()
    }

    /// `K 4,0 mmol/L → 4,6 mmol/L, prescripteur`
    func words(_ news: SignNews) -> String {
        let values = news.values.map { "\($0.analysis) \($0.before ?? "–") → \($0.after ?? "–")" }
        let parts = news.parts.map { part in
            switch part {
            case .patient: say(.newsPatient) + (news.born.isEmpty ? "" : " (\(news.born.joined(separator: " → ")))")
            case .prescriber: say(.newsPrescriber)
            case .notes: say(.newsNotes)
            case .tubes: say(.newsTubes)
            case .comments: say(.newsComments)
            case .missing: say(.newsMissing)
            case .signed: say(.newsSigned)
            }
        }
        return (values + parts + news.holds).joined(separator: ", ")
    }

    /// Says what changed, once: the next key goes on with it. nil: nothing did.
    mutating func sayNews(_ number: String) -> [SignEffect]? {
        guard let news = news(number) else { return nil }
        read[number] = sheets[number]
        notice = Notice(say(.readAgain, words(news)), .critical)
        return [.bell]
    }

    // A draft that the server does not take

    /// What was refused leaves the draft, with the words of the refusal, so that the file can be read; nothing that was
    /// written is lost.
    mutating func takeBack(_ number: String, _ refusal: Refusal) -> [SignEffect] {
        guard var draft = drafts[number], isBegun(number) else {
            notice = Notice(sentence(refusal), .critical)
            return [.bell]
        }
        awaited = nil
        notice = Notice(sentence(refusal), .critical)
        switch refusal.code {
        case "sign.except.signed":
            notice = Notice(say(.overtaken, refusal.place, number), .held)
            fallthrough
        case "sign.except.unknown" where !draft.except.isEmpty:
            // What is calculated from one that was left may be named: it is not known from which.
            let isNamed = draft.except.contains(refusal.place)
            draft.except.removeAll { $0 == refusal.place || !isNamed }
        case _ where draft.comments.contains(refusal.place): draft.comments.removeAll { $0 == refusal.place }
        case _ where draft.amendment != nil:
            // Reason and words are in the form again.
            draft.amendment = nil
            if case .amendment(number, _) = mode { mode = .browse }
        case _:
            if let note = draft.note { kept[.note(number)] = [note] }
            draft = SignDraft()
        }
        drafts[number] = draft
        if case .amendment(number, _) = mode { return [.open(number, draft), .versions(number, draft), .bell] }
        return (current == number ? reopen() : []) + [.bell]
    }

    // What is typed while a file is on its way

    /// Until the file that was asked for is there, nothing goes to the one before it.
    mutating func hold(_ input: Input) -> [SignEffect] {
        if case .key(let key) = input {
            if !key.isWritten, [.lock, .quit].contains(manner.keymap.sign[key]) { return press(key) }
            if key == .escape {
                sought = nil
                ahead = []
                notice = nil
                return []
            }
        }
        guard ahead.keep(input), let sought else { return [.bell] }
        notice = Notice(
            Texts(manner.language).say(.scanned, [sought]) + " · " + say(.keysWaiting, String(ahead.count)), .good)
        return []
    }
    mutating func giveUp() {
        if let sought {
            tellUnanswered(sought, dropped: ahead.count)
            unanswered = sought
        }
        sought = nil
        ahead = []
    }
    private mutating func tellUnanswered(_ label: String, dropped: Int = 0) {
        let file = [current, sheet?.patient].compactMap { $0 }.joined(separator: " ")
        notice = Texts(manner.language).unanswered(
            label, dropped: dropped, stays: file.isEmpty ? nil : file, back: key(.back),
            after: unanswered == nil ? notice : nil)
    }
    /// A key that would do something to the file that stayed; any other says that it is meant.
    mutating func isOfUnanswered(_ key: Key) -> Bool {
        guard let label = unanswered else { return false }
        if key.isWritten || key == .enter {
            tellUnanswered(label)
            return true
        }
        unanswered = nil
        return false
    }
    /// Up to the enter that would sign: nothing is signed before its question was on the screen.
    mutating func replayAhead() -> [SignEffect] {
        let inputs = ahead
        ahead = []
        var effects = [SignEffect]()
        for input in inputs {
            if input == .key(.enter), case .question(let question) = mode, question.signs { return effects }
            effects += take(input)
        }
        return effects
    }

    // A question that nobody can have read yet

    /// Since when the question of this signature is on the screen.
    mutating func keepAsked() {
        guard case .question(let question) = mode, question.signs else {
            asked = nil
            return
        }
        if asked?.purpose != question.purpose { asked = Asked(purpose: question.purpose, at: now) }
    }
    /// A slow line gives the key, the code and the enter at once: nothing is signed before its question was there for
    /// as long as somebody takes who reads it.
    func isUnread(_ question: SignQuestion) -> Bool {
        guard question.signs else { return false }
        guard let asked, asked.purpose == question.purpose else { return true }
        return now.milliseconds - asked.at.milliseconds < SignBench.typingPause
    }

    // A signature that was asked for before the file was there again

    /// Waits for the file with what was just written of it; what is typed meanwhile is kept for the question.
    mutating func wait(for number: String) -> [SignEffect] {
        awaited = Awaited(number: number)
        notice = Notice(say(.loading), .dim)
        return [.open(number, drafts[number] ?? SignDraft())]
    }

    /// Keys while it waits: written ones go into the question, the others leave it.
    mutating func takeAwaiting(_ key: Key) -> [SignEffect] {
        switch key {
        case .character(let c): awaited?.typed.append(c)
        // Nothing is signed before its question was on the screen.
        case .enter: break
        case _:
            awaited = nil
            notice = nil
            return key == .escape ? [] : [.bell]
        }
        return []
    }

    private mutating func signAwaited() -> [SignEffect] {
        guard let asked = awaited, let sheet = sheets[asked.number], isWhole(sheet) else { return [] }
        awaited = nil
        guard current == asked.number, mode == .browse else { return [] }
        notice = nil
        var effects = askToSign(sheet)
        guard case .question = mode else {
            // No question: what was typed for it is no command.
            refusedAt = now
            return effects
        }
        for c in asked.typed { effects += take(.key(.character(c))) }
        return effects
    }
}

extension SignQuestion {
    /// Its last answer signs.
    fileprivate var signs: Bool {
        switch purpose {
        case .sign, .lot: true
        case .amend, .reject, .reflex, .call, .comment, .note, .find, .unlock: false
        }
    }
}
