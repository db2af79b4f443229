import Base
import Laboratory

extension SignBench {
    mutating func take(_ input: Input) -> [SignEffect] {
        if sought != nil, link != .locked { return hold(input) }
        switch input {
        case .key(let key):
            lastKey = now
            remember()
            // Whatever is open, the screen is locked at once.
            if manner.keymap.sign[key] == .lock, !key.isWritten { return lock() }
            return press(key)
        case .scan(let code, let typed): return take(scan: code, typed: typed)
        case .paste(let text):
            let line = text.prefix { $0 != "\n" && $0 != "\r" && $0 != "\r\n" }.filter { CellWidth.of($0) > 0 }
            if case .question(var question) = mode, !question.isSent {
                question.parts[question.at].field.insert(String(line))
                mode = .question(question)
            }
            return []
        case .click(let row, let column):
            guard mode == .browse, isWide ? column < queueColumns.upperBound : pane == 1, row >= 2 else { return [] }
            guard rows.indices.contains(shownTop + row - 2) else { return [] }
            pane = 1
            awaited = nil
            return step(shownTop + row - 2 - cursor)
        }
    }

    mutating func press(_ key: Key) -> [SignEffect] {
        switch mode {
        case .browse where awaited != nil: return takeAwaiting(key)
        case .browse:
            if isTypedAhead(key) { return [] }
            if isOfUnanswered(key) { return [.bell] }
            if let effects = digit(key) { return effects }
            notice = nil
            guard let action = manner.keymap.sign[key] else {
                notice = Notice(say(.noSuchKey, name(key), self.key(.help)), .dim)
                return []
            }
            let effects = perform(action)
            if effects.contains(.bell) { refusedAt = now }
            recall()
            return effects
        case .search(let field): return searchKey(key, field)
        case .menu(let actions, let place): return menuKey(key, actions, place)
        case .page(let title, let lines, let top):
            return pageKey(key, top, most: lines.count) { .page(title: title, lines: lines, top: $0) }
        case .amendment(let number, let top):
            if key == .enter { return askToSign(amending: number) }
            // Only who gives up leaves it: reason and words are there again.
            let isMove = [.down, .up, .pageDown, .pageUp].contains(manner.keymap.sign[key])
            guard isMove || manner.keymap.sign[key] == .back else { return [.bell] }
            return pageKey(key, top, most: .max) { .amendment(number, top: $0) }
        case .lot(let picks, let drawn, let at):
            switch manner.keymap.sign[key] {
            case .open: return goOn(picks, drawn, at)
            case .down: fileTop += 1
            case .up: fileTop = max(0, fileTop - 1)
            case .pageDown: fileTop += 10
            case .pageUp: fileTop = max(0, fileTop - 10)
            case .back:
                fileTop = 0
                mode = .browse
                return reopen()
            case _: break
            }
            return []
        case .question(let question):
            // The session ended under the hand that types: what was on its way is no secret.
            if question.purpose == .unlock, isTypedAhead(key) { return [] }
            return questionKey(key, question)
        }
    }

    /// Words meant for a form that did not open are no commands: they are dropped until a pause, or escape.
    private mutating func isTypedAhead(_ key: Key) -> Bool {
        let isOffered = offered != nil && manner.keymap.sign[key] == offered
        offered = nil
        guard let last = refusedAt, key.isWritten || key == .enter, !isOffered else {
            refusedAt = nil
            return false
        }
        let isAhead = now.milliseconds - last.milliseconds <= SignBench.typingPause
        refusedAt = isAhead ? now : nil
        return isAhead
    }
    /// Milliseconds between two keys of somebody who goes on typing.
    static let typingPause: Int64 = 500

    /// The label of a tube answers nothing but where a tube is asked for.
    func isLabel(_ text: String, for part: SignQuestion.Part) -> Bool {
        if part.isSecret || part.word == .findNumber || part.word == .callNumber && text.first == "0" { return false }
        return isKnown(text)
    }
    mutating func refuseLabel(_ asked: SignQuestion, typed: Int) -> [SignEffect] {
        var question = asked
        for _ in 0..<typed { _ = question.parts[question.at].field.take(.backspace) }
        question.complaint = say(.labelNoAnswer, key(.back))
        mode = .question(question)
        return [.bell]
    }

    /// What was written in a form that was left, or that the server refused, is there again.
    private mutating func recall() {
        guard case .question(var question) = mode, let texts = kept[question.purpose] else { return }
        for (place, text) in zip(question.parts.indices, texts) where question.parts[place].isKept {
            question.parts[place].field = Field(text)
        }
        mode = .question(question)
    }

    /// Scrolls, or closes with escape and any other key.
    private mutating func pageKey(_ key: Key, _ top: Int, most: Int, _ mode: (Int) -> SignMode) -> [SignEffect] {
        switch manner.keymap.sign[key] {
        case .down: self.mode = mode(min(top + 1, max(0, most - 1)))
        case .up: self.mode = mode(max(0, top - 1))
        case .pageDown: self.mode = mode(min(top + 10, max(0, most - 1)))
        case .pageUp: self.mode = mode(max(0, top - 10))
        case _:
            if case .amendment(let number, _) = self.mode { drafts[number]?.amendment = nil }
            fileTop = 0
            self.mode = .browse
            return reopen()
        }
        return []
    }

    private mutating func searchKey(_ key: Key, _ field: Field) -> [SignEffect] {
        var field = field
        switch key {
        case .enter: mode = .browse
        case .escape:
            filter = ""
            mode = .browse
        case _:
            guard field.take(key) else { return [] }
            filter = field.text
            mode = .search(field)
        }
        layRows()
        return reopen()
    }

    private mutating func menuKey(_ key: Key, _ all: [SignAction], _ place: Int) -> [SignEffect] {
        switch manner.keymap.sign[key] {
        case .down: mode = .menu(all, min(place + 1, all.count - 1))
        case .up: mode = .menu(all, max(0, place - 1))
        case .open:
            mode = .browse
            return perform(all[place])
        case let action?:
            mode = .browse
            if all.contains(action) { return perform(action) }
        case nil: mode = .browse
        }
        return []
    }

    // Questions

    private mutating func questionKey(_ key: Key, _ asked: SignQuestion) -> [SignEffect] {
        var question = asked
        let isUnlock = question.purpose == .unlock
        if question.isSent, key != .control("c") || !isUnlock {
            question.isPressed = true
            mode = .question(question)
            return [.bell]
        }
        switch key {
        case .escape:
            if isUnlock { return [] }
            if case .sign(_, _, let draft) = question.purpose, draft.amendment != nil, let current {
                drafts[current]?.amendment = nil
            }
            if question.isKept { kept[question.purpose] = question.parts.map { $0.isKept ? $0.field.text : "" } }
            mode = .browse
            return reopen()
        case .control("c") where isUnlock: return [.quit]
        case .up, .backTab:
            question.at = max(0, question.at - 1)
            mode = .question(question)
            return []
        case .enter, .tab, .down: return answer(question)
        case .character where question.parts[question.at].isFull:
            // A code typed a field too early must not be read on the screen.
            question.parts[question.at].field = Field()
            question.complaint = say(.lotCountDiffers)
            mode = .question(question)
            return [.bell]
        case .character(let c) where question.parts[question.at].isOfDigits:
            question.parts[question.at].field.insert(String(manner.keymap.digit(c)))
        case _: _ = question.parts[question.at].field.take(key)
        }
        question.complaint = nil
        mode = .question(question)
        return []
    }

    /// A number chooses among what is offered.
    private func text(of part: SignQuestion.Part) -> String {
        let typed = part.field.text
        guard let number = Int(String(typed.map(manner.keymap.digit))), part.choices.indices.contains(number - 1) else {
            return typed
        }
        return part.choices[number - 1]
    }

    private mutating func answer(_ asked: SignQuestion) -> [SignEffect] {
        var question = asked
        let part = question.parts[question.at]
        let text = text(of: part)
        if text.allSatisfy(\.isWhitespace), !part.isOptional {
            question.complaint = say(.needed)
        } else if part.looksLikeCode {
            // A code of signature typed a field too early would be kept as words.
            question.complaint = say(.wordsNotCode)
            question.parts[question.at].field = Field()
        } else if isLabel(text.trimmed, for: part) {
            question.complaint = say(.labelNoAnswer, key(.back))
            question.parts[question.at].field = Field()
        } else if part.word == .reason || part.word == .uncalled, !Workbench.isReason(text) {
            question.complaint = say(.reasonInWords)
        } else if part.word == .commentCode, commentCode(text) == nil {
            question.complaint = say(.commentUnknown, text)
        } else if [.reflexWanted, .reflexDecision].contains(part.word), question.choice(part.word, text) == nil {
            question.complaint = say(.choicesHint)
        } else if part.word == .callValue, let differs = callValue(text, of: question) {
            question.complaint = differs
        } else if part.word == .callReadBack, !isReadBack(text, of: question) {
            question.complaint = say(.yesOrNo)
        } else if let expected = part.expected, text != expected {
            let isCount = part.word == .lotCount
            question.complaint = say(isCount ? .lotCountDiffers : .differs)
            if isCount { question.parts[question.at].field = Field() }
        } else if question.at + 1 < question.parts.count {
            question.at += 1
            question.complaint = nil
            mode = .question(question)
            return check(question)
        } else if isReadOnly, question.needsServer {
            // Said here, and nothing of it is lost but a code.
            question.complaint = say(.readOnly)
            if part.isSecret { question.parts[question.at].field = Field() }
        } else if isUnread(question) {
            question.complaint = say(.readFirst, name(.enter))
        } else {
            mode = .browse
            let effects = done(question)
            // A signature stays before the eyes until it is done or refused.
            if effects.contains(where: { if case .send = $0 { true } else { false } }), question.waitsForAnswer {
                question.isSent = true
                question.isPressed = false
                question.complaint = nil
                mode = .question(question)
            }
            return effects
        }
        mode = .question(question)
        return [.bell]
    }

    /// The value read back over the telephone, as the line shows it; nothing when nobody answered.
    private func callValue(_ text: String, of question: SignQuestion) -> String? {
        guard case .call(let request, let id) = question.purpose else { return nil }
        let isReached = !question.parts.contains { $0.word == .callPerson && $0.field.text.trimmed == "-" }
        guard !text.trimmed.isEmpty else { return isReached ? say(.needed) : nil }
        func number(_ text: String) -> Exact? { Measured(text.replacing(",", with: ".").trimmed)?.number }
        let line = sheets[request]?.lines.first { $0.line.id == id }?.line
        guard let line, let told = number(line.value), let said = number(text), said < told || told < said else {
            return nil
        }
        return say(.callValueDiffers, line.value)
    }

    /// Yes or no; nothing when nobody answered.
    private func isReadBack(_ text: String, of question: SignQuestion) -> Bool {
        let text = text.trimmed.lowercased()
        guard text.isEmpty else { return [say(.yes), say(.no)].contains { $0.hasPrefix(text) } }
        return question.parts.contains { $0.word == .callPerson && $0.field.text.trimmed == "-" }
    }

    private mutating func done(_ question: SignQuestion) -> [SignEffect] {
        let texts = question.parts.map { text(of: $0) }
        kept[question.purpose] = question.isKept && question.isSentAway ? texts : nil
        func typed(_ word: SignWord) -> String {
            question.parts.firstIndex { $0.word == word }.map { texts[$0] } ?? ""
        }
        switch question.purpose {
        case .sign(let pick, let partial, let draft):
            let uncalled = typed(.uncalled)
            return send(
                .sign(
                    pick, pin: typed(.pin), partial: partial, uncalled: uncalled.isEmpty ? nil : uncalled,
                    draft: draft), as: .sign(pick.number))
        case .lot(let picks): return send(.lot(picks, pin: typed(.pin)), as: .lot)
        case .amend(let number):
            let code = typed(.amendReason).split(separator: " ").first.map(String.init) ?? ""
            guard let reason = Amendment.Reason(rawValue: code) else {
                notice = Notice(say(.differs), .critical)
                return [.bell]
            }
            let words = typed(.amendWords)
            drafts[number, default: SignDraft()].amendment = Amendment(reason, words: words.isEmpty ? nil : words)
            versions = nil
            mode = .amendment(number, top: 0)
            let draft = drafts[number] ?? SignDraft()
            return [.open(number, draft), .versions(number, draft)]
        case .reject(let request, let id):
            return send(
                .reject(request: request, id: id, reason: typed(.reason)), as: .other(request, question.purpose))
        case .reflex(let request, let open): return decideReflex(request, open, question, typed)
        case .call(let request, let id): return call(request, id, question.purpose, typed)
        case .comment(let number): return comment(number, typed(.commentCode))
        case .note(let number):
            drafts[number, default: SignDraft()].note = typed(.noteWords).isEmpty ? nil : typed(.noteWords)
            return reopen()
        case .find: return find(typed(.findNumber).trimmed, isHidden: question.parts[0].isSecret)
        case .unlock: return send(.unlock(texts[0]), as: .unlock)
        }
    }

    /// A file by its number or by that of a tube; what people type after `:` elsewhere is understood too.
    private mutating func find(_ typed: String, isHidden: Bool) -> [SignEffect] {
        switch typed.lowercased() {
        case "q", "q!", "quit", "quitter", "wq": return [.quit]
        case "?", "h", "help", "aide": return perform(.help)
        case _: break
        }
        guard typed.contains(where: \.isNumber) else {
            notice = Notice(say(.notANumber, typed), .critical)
            return [.bell]
        }
        if isHidden, isMaybeCode(typed) {
            refuseDigits()
            return [.bell]
        }
        seek(typed)
        return [.find(typed)]
    }

    private mutating func call(
        _ request: String, _ id: String, _ form: SignQuestion.Purpose, _ typed: (SignWord) -> String
    ) -> [SignEffect] {
        let reached = typed(.callPerson).trimmed != "-"
        let readBack = typed(.callReadBack).trimmed.lowercased()
        return send(
            .call(
                request: request, id: id, person: reached ? typed(.callPerson) : "", role: typed(.callRole),
                number: typed(.callNumber), value: typed(.callValue),
                readBack: reached && !readBack.isEmpty && say(.yes).hasPrefix(readBack), reached: reached),
            as: .other(request, form))
    }

    /// Which of those proposed, what is decided of it, and why.
    private mutating func decideReflex(
        _ request: String, _ open: [SignObstacle], _ question: SignQuestion, _ typed: (SignWord) -> String
    ) -> [SignEffect] {
        let wanted = open.count > 1 ? question.choice(.reflexWanted, typed(.reflexWanted)) : 0
        guard let wanted, open.indices.contains(wanted), let rule = open[wanted].rule,
            let decision = question.choice(.reflexDecision, typed(.reflexDecision))
        else { return [.bell] }
        return send(
            .reflex(request: request, rule: rule, accept: decision == 0, reason: typed(.reason)),
            as: .other(request, question.purpose))
    }

    /// A code, or the beginning of one only.
    private func commentCode(_ typed: String) -> String? {
        let text = (typed.split(separator: " ").first.map(String.init) ?? "").uppercased()
        if comments.contains(where: { $0.code == text }) { return text }
        let matching = comments.filter { $0.code.hasPrefix(text) }
        return matching.count == 1 && !text.isEmpty ? matching[0].code : nil
    }

    /// Adds a coded comment, or takes it away again.
    private mutating func comment(_ number: String, _ typed: String) -> [SignEffect] {
        guard let code = commentCode(typed) else { return [.bell] }
        var draft = drafts[number] ?? SignDraft()
        if draft.comments.contains(code) {
            draft.comments.removeAll { $0 == code }
        } else {
            draft.comments.append(code)
        }
        drafts[number] = draft
        return reopen()
    }
}

extension SignQuestion {
    /// The place of a choice, named by its words or by a beginning that no other has.
    fileprivate func choice(_ word: SignWord, _ text: String) -> Int? {
        guard let part = parts.first(where: { $0.word == word }) else { return nil }
        let text = text.trimmed.lowercased()
        let found = part.choices.indices.filter { part.choices[$0].lowercased().hasPrefix(text) }
        return found.count == 1 ? found[0] : nil
    }
}

extension SignQuestion.Part {
    /// The number of files of a batch has no more digits.
    fileprivate var isFull: Bool { word == .lotCount && field.text.count >= (expected?.count ?? 0) }
    /// Nothing but digits answers it: those of the upper row of AZERTY are digits without Shift.
    fileprivate var isOfDigits: Bool { isSecret || expected != nil || word == .callNumber || word == .callValue }
    /// Neither a code nor what must be typed anew each time.
    var isKept: Bool { !isSecret && expected == nil }
    /// Offered as it is typed.
    func matching(_ keymap: Keymap) -> [(number: Int, text: String)] {
        let typed = String(field.text.map(keymap.digit)).uppercased()
        return choices.enumerated().map { ($0.offset + 1, $0.element) }.filter {
            typed.isEmpty || Int(typed) != nil || $0.text.uppercased().hasPrefix(typed)
        }
    }
    /// Words are asked for, and digits typed.
    var looksLikeCode: Bool {
        word == .uncalled && !field.text.isEmpty && field.text.allSatisfy { $0.isNumber || $0.isWhitespace }
    }
}

extension Key {
    /// What is written with it.
    var isWritten: Bool { if case .character = self { true } else { false } }
}

extension SignQuestion {
    /// Words that would be a loss.
    fileprivate var isKept: Bool {
        switch purpose {
        case .amend, .reject, .reflex, .call, .comment, .note: true
        case .sign, .lot, .find, .unlock: false
        }
    }
    /// The server may refuse it.
    fileprivate var isSentAway: Bool {
        switch purpose {
        case .reject, .reflex, .call, .amend: true
        case .sign, .lot, .comment, .note, .find, .unlock: false
        }
    }
    fileprivate var needsServer: Bool {
        switch purpose {
        case .sign, .lot, .amend, .reject, .reflex, .call, .comment, .note: true
        case .find, .unlock: false
        }
    }
    /// Signing and unlocking: what is typed meanwhile must not become keys.
    fileprivate var waitsForAnswer: Bool {
        switch purpose {
        case .sign, .lot, .unlock: true
        case .amend, .reject, .reflex, .call, .comment, .note, .find: false
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
