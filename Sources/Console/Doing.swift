import Base
import Laboratory

extension Workbench {
    /// Everything possible on the line of the cursor, for the menu: what is not possible is not offered.
    package var possible: [Action] {
        Action.allCases.filter { action in
            guard action.isForLine else {
                return [.search, .command, .help, .lock, .quit].contains(action)
                    || [.section, .sort].contains(action) && face.list.isOfTubes
            }
            return isPossible(action)
        }
    }

    /// What the table of roles asks for an action; nil: nothing beyond reading.
    static func permission(for action: Action) -> Permission? {
        switch action {
        case .validate, .validateTube, .chooseRun, .reject, .call, .reflex: .validateTechnically
        case .enter, .comment: .enterResult
        case .rerun, .dilute: .operateAnalyzers
        case .nonconformity, .receive: .receive
        case .attach, .dismiss: .resolveTriage
        case .open, .why, .timeline, .undo, .refresh, .select, .selectAlike, .search, .section, .sort, .next,
            .previous, .command, .menu, .help, .up, .down, .left, .right, .top, .bottom, .pageUp, .pageDown,
            .nextPane, .previousPane, .pane1, .pane2, .pane3, .pane4, .back, .lock, .quit:
            nil
        }
    }

    /// It changes something at the server.
    package static func writes(_ action: Action) -> Bool { permission(for: action) != nil }

    /// This person may ever do it, and now: without the line only entries, which wait, and what is read.
    func isAllowed(_ action: Action) -> Bool {
        guard let permission = Workbench.permission(for: action) else { return true }
        return house.permissions.contains(permission) && (!isReadOnly || action == .enter)
    }

    func isPossible(_ action: Action) -> Bool {
        guard isAllowed(action) else { return false }
        switch action {
        case .open: return face.key != nil
        case .validate: return currentResult?.line?.state == .waiting && currentRequest != nil
        case .validateTube: return currentTube != nil
        case .enter: return currentRequest != nil
        case .why: return currentResult?.line != nil || face.list == .quality || face.list == .triage
        case .timeline: return currentRequest != nil
        case .rerun, .dilute:
            return currentRequest != nil && currentResult?.line?.analyzer != nil
                && currentResult?.line?.state != .signed
        case .chooseRun: return (currentResult?.runs ?? 0) > 1 && currentResult?.line?.state != .signed
        case .reject: return currentResult?.line.map { $0.state == .waiting || $0.state == .validated } ?? false
        case .nonconformity: return currentAccession != nil
        case .comment:
            return !house.comments.isEmpty && currentResult?.line != nil && currentResult?.line?.state != .signed
        case .call: return callHere != nil
        case .reflex: return !reflexesHere.isEmpty
        case .receive: return !unreceived.isEmpty
        case .attach, .dismiss: return face.list == .triage && face.key != nil
        case .undo:
            guard let last = done.last else { return false }
            if case .draft = last { return true }
            return !isReadOnly
        case .refresh: return true
        case .select, .selectAlike: return face.list.isOfTubes && face.key != nil
        case .search, .section, .sort, .next, .previous, .command, .menu, .help, .up, .down, .left, .right, .top,
            .bottom, .pageUp, .pageDown, .nextPane, .previousPane, .pane1, .pane2, .pane3, .pane4, .back, .lock, .quit:
            return true
        }
    }

    var currentAccession: String? {
        if let label = face.label, currentFile?.tubes.contains(where: { $0.accession == label }) == true {
            return label
        }
        if let line = currentResult?.line, !line.accession.isEmpty { return line.accession }
        if let tube = currentTube, !tube.accession.isEmpty { return tube.accession }
        return currentFile?.tubes.first?.accession
    }
    /// Tubes of the opened request that nobody scanned at reception.
    var unreceived: [String] { (currentFile?.tubes ?? []).filter { $0.received == nil }.map(\.accession) }

    mutating func perform(onLine action: Action) -> [Effect] {
        if isReadOnly, action != .enter, let permission = Workbench.permission(for: action),
            house.permissions.contains(permission)
        {
            return refuseHere(.readOnly)
        }
        guard isPossible(action) else {
            face.notice = Notice(say(.notHere, words[Workbench.word(of: action)], manner.name(.menu)), .dim)
            refusedAt = now
            return []
        }
        switch action {
        case .validate: return validateLine()
        case .validateTube: return validateTubes()
        case .enter: return beginEntry(with: nil)
        case .why:
            face.mode = .why(top: 0)
            if currentRequest != nil, let line = currentResult?.line { return [.why(line.id)] }
        case .timeline:
            face.mode = .timeline(top: 0)
            if let request = currentRequest { return [.open(request)] }
        case .rerun: askRerun(diluted: false)
        case .dilute: askRerun(diluted: true)
        case .chooseRun: askChooseRun()
        case .reject: askReject()
        case .nonconformity: askNonconformity()
        case .comment: askComment()
        case .call: askCall()
        case .reflex: askReflex()
        case .receive:
            let wanted = face.label.flatMap { unreceived.contains($0) ? $0 : nil } ?? unreceived.first
            return wanted.map { send(.receive(accession: $0, nonconformity: nil)) } ?? []
        case .attach, .dismiss: askTriage(attach: action == .attach)
        case .open, .undo, .refresh, .select, .selectAlike, .search, .section, .sort, .next, .previous, .command,
            .menu, .help, .up, .down, .left, .right, .top, .bottom, .pageUp, .pageDown, .nextPane, .previousPane,
            .pane1, .pane2, .pane3,
            .pane4, .back, .lock, .quit:
            break
        }
        return []
    }

    private mutating func validateLine() -> [Effect] {
        guard let line = currentResult?.line else { return [] }
        return validate([line])
    }

    /// All proposable results of the tube, or of the tubes selected. Those held stay, and are said.
    private mutating func validateTubes() -> [Effect] {
        let keys = face.selected.isEmpty ? [face.key].compactMap { $0 } : face.rows.filter(face.selected.contains)
        var effects: [Effect] = []
        var held = 0
        let first = nextDeed
        for key in keys {
            guard let tube = tube(key) else { continue }
            let free = tube.lines.filter { $0.asks.isEmpty && $0.state == .waiting }
            held += tube.lines.count - free.count
            for (request, ids) in Dictionary(grouping: free, by: \.request).mapValues({ $0.map(\.id) }) {
                effects += send(.validate(request: request, ids: ids, reason: nil))
            }
        }
        if effects.isEmpty, held > 0 {
            face.notice = Notice(say(.allHeld, String(held), manner.name(.why)), .held)
            refusedAt = now
            return [.bell]
        }
        if nextDeed > first { batches.append(Batch(waiting: Set(first..<nextDeed), held: held)) }
        face.selected = []
        if held > 0 { face.notice = Notice(say(.someHeld, String(held), manner.name(.why)), .held) }
        return effects
    }

    private mutating func validate(_ lines: [Line]) -> [Effect] {
        guard let first = lines.first else { return [] }
        if let hold = lines.flatMap({ line in line.holds.filter { line.severity(of: $0) == .forbids } }).first {
            face.notice = Notice(
                "[tech.held] \(first.analysis) : \(hold.code.rawValue), \(reason(of: hold)). "
                    + (controlRemedy(of: hold, first).map { $0 + "." } ?? say(.forbidden)),
                .critical)
            refusedAt = now
            return [.bell]
        }
        if let hold = lines.flatMap(\.asks).first {
            ask(
                Question(
                    purpose: .validate(request: first.request, ids: lines.map(\.id)),
                    title: say(.whyValidate, first.analysis, "\(hold.code.rawValue) : \(reason(of: hold))"),
                    parts: [.init(.reason, choices: words.reasons)]))
            return []
        }
        return send(.validate(request: first.request, ids: lines.map(\.id), reason: nil))
    }

    /// To the analyzer, when it takes orders; a dilution, and what no analyzer does by itself, is noted as the work of
    /// a person (RULES section 8).
    private mutating func askRerun(diluted: Bool) {
        guard let line = currentResult?.line, let analyzer = line.analyzer else { return }
        let takes = house.analyzers.first { $0.name == analyzer }?.takesOrders ?? false
        let isOrdered = takes && !diluted
        ask(
            Question(
                purpose: .rerun(
                    request: line.request, id: line.id, to: isOrdered ? analyzer : nil, accession: line.accession,
                    diluted: diluted),
                title: say(diluted ? .diluteTitle : .rerunTitle, line.accession, analyzer)
                    + (isOrdered ? "" : " " + words[.byHand]),
                parts: [.init(.reason, choices: words.rerunReasons)]))
    }

    /// Irreversible for those who read it: the last digits of the tube are typed, not `o`.
    private mutating func askReject() {
        guard let line = currentResult?.line else { return }
        let digits = String((line.accession.isEmpty ? line.request : line.accession).suffix(3))
        ask(
            Question(
                purpose: .reject(request: line.request, id: line.id),
                title: say(.rejectTitle, line.analysis, line.valueAndUnit, line.patient),
                parts: [.init(.reason, choices: words.rejectReasons), .init(.lastDigits, expected: digits)]))
    }

    /// Every run of the analysis, the rejected ones too.
    private func runs(of analysis: String, in request: String) -> [Line] {
        (house.files[request]?.lines ?? []).filter { $0.analysis == analysis }.sorted { $0.run < $1.run }
    }

    private mutating func askChooseRun() {
        guard let request = currentRequest, let result = currentResult else { return }
        let runs = runs(of: result.analysis, in: request)
        let choices = runs.map { run in
            let stands = run.id == result.line?.id ? words[.runStands] : run.state == .rejected ? words[.rejected] : ""
            return [say(.run, String(run.run)), run.valueAndUnit, run.analyzer ?? run.author ?? "", stands]
                .filter { !$0.isEmpty }.joined(separator: ", ")
        }
        ask(
            Question(
                purpose: .chooseRun(request: request, ids: runs.map(\.id)),
                title: say(.chooseRunTitle, result.analysis, currentFile?.patient ?? ""),
                parts: [
                    .init(.runWanted, choices: choices, isClosed: true), .init(.reason, choices: words.runReasons),
                ]))
    }

    private mutating func choose(run id: String, in request: String, reason: String) -> [Effect] {
        guard let chosen = house.files[request]?.lines.first(where: { $0.id == id }) else { return [] }
        let aside = runs(of: chosen.analysis, in: request).filter { $0.run > chosen.run && $0.state != .rejected }
        let isBack = chosen.state == .rejected
        guard isBack || !aside.isEmpty else { return refuseHere(.runAlready) }
        return send(
            .choose(request: request, keep: id, isBack: isBack, aside: aside.map(\.id), reason: reason))
    }

    private mutating func askNonconformity() {
        guard let accession = currentAccession else { return }
        ask(
            Question(
                purpose: .nonconform(accession: accession), title: say(.nonconformTitle, accession),
                parts: [.init(.reason, choices: words.nonconformities)]))
    }

    private mutating func askComment() {
        guard let line = currentResult?.line else { return }
        ask(
            Question(
                purpose: .comment(request: line.request, id: line.id),
                title: say(.commentTitle, line.analysis, line.valueAndUnit, line.patient),
                parts: [.init(.commentCode, choices: house.comments.map { "\($0.code) \($0.text)" }, isClosed: true)]))
    }

    /// The call that the result of the cursor waits for.
    package var currentCall: CallRow? {
        currentResult?.line.flatMap { line in house.calls.first { $0.concerns(line.id) } }
    }

    /// That call, else the most urgent one of the row.
    var callHere: (call: CallRow, line: Line)? {
        if let call = currentCall, let line = currentResult?.line { return (call, line) }
        guard !house.calls.isEmpty else { return nil }
        let lines = results.compactMap(\.line) + (currentFile?.lines ?? [])
        return house.calls.sorted { $0.due < $1.due }.lazy.compactMap { call in
            lines.first { call.concerns($0.id) }.map { (call, $0) }
        }.first
    }

    private mutating func askCall() {
        guard let (call, line) = callHere else { return }
        // The result that the call is about is the one before the eyes.
        if let place = results.firstIndex(where: { $0.line?.id == line.id }) {
            face.result = place
            keepInSight()
        }
        ask(
            Question(
                purpose: .call(id: call.id), title: say(.callTitle, line.analysis, line.valueAndUnit, line.patient),
                parts: [
                    .init(.callPerson), .init(.callRole), .init(.callNumber), .init(.callValue),
                    .init(.callReadBack, choices: [words[.yes], words[.no], words[.unreachable]], isClosed: true),
                ]))
    }
    /// The number that stands for a call, when it is one; where the call has several, the server compares.
    private func valueToTell(_ id: String) -> Exact? {
        if house.calls.contains(where: { $0.id == id && !$0.runs.isEmpty }) { return nil }
        let line = house.lines.first { $0.id == id } ?? currentResult?.line.flatMap { $0.id == id ? $0 : nil }
        return line.flatMap { Measured($0.value.replacing(",", with: "."))?.number }
    }

    /// With the time that is left for a call, as it runs.
    func title(of question: Question) -> String {
        guard case .call(let id) = question.purpose, let call = house.calls.first(where: { $0.id == id }) else {
            return question.title
        }
        return question.title + ". " + timer(of: call)
    }
    /// `à dire avant 14:50 (reste 17 min) à Dr TREGUER`
    func timer(of call: CallRow) -> String {
        let isLate = call.isOverdue || call.due < now
        let minutes = isLate ? call.due.minutes(to: now) : now.minutes(to: call.due)
        return say(isLate ? .callOverdue : .callDue, clock(call.due), "\(max(0, Int(minutes))) min")
            + (call.contact.map { " " + say(.callContact, $0) } ?? "")
    }

    private mutating func askTriage(attach: Bool) {
        guard let key = face.key, let row = house.triage.first(where: { $0.id == key }) else { return }
        if attach {
            ask(
                Question(
                    purpose: .attach(triage: key), title: say(.attachTitle, row.accession, row.code, row.value),
                    parts: [.init(.tube), .init(.reason)]))
        } else {
            let digits = String(row.accession.suffix(3))
            ask(
                Question(
                    purpose: .dismiss(triage: key), title: say(.dismissTitle, row.accession, row.code, row.value),
                    parts: [.init(.reason)] + (digits.isEmpty ? [] : [.init(.lastDigits, expected: digits)])))
        }
    }

    mutating func questionKey(_ key: Key, _ question: Question) -> [Effect] {
        var question = question
        switch key {
        case .escape:
            // Work is locked until somebody answers.
            guard question.purpose != .unlock else { return [] }
            face.mode = .browse
            keepForm(question)
            if case .replace(let draft) = question.purpose {
                face.notice = Notice(say(.draftKept, draft.text), .held)
            }
            return []
        case .enter, .tab, .down: return answer(question)
        case .backTab, .up:
            question.at = max(0, question.at - 1)
            face.mode = .question(question)
            return []
        case .character, .control, .alt, .function, .backspace, .delete, .insert, .left, .right, .home, .end, .pageUp,
            .pageDown:
            if key == .control("c"), question.purpose == .unlock { return [.keep(drafts), .quit] }
            question.complaint = nil
            var key = key
            if case .character(let c) = key,
                [.lastDigits, .callNumber, .callValue, .tube].contains(question.parts[question.at].word)
            {
                key = .character(manner.keymap.digit(c))
            }
            _ = question.parts[question.at].field.take(key)
            face.mode = .question(question)
            return []
        }
    }

    /// A number that names no choice, and a key pressed three times, say nothing.
    package static func isReason(_ text: String) -> Bool {
        Set(text.lowercased().filter(\.isLetter)).count >= 2 && text.trimmed.count >= 3
    }

    // Labels

    /// The number of a tube that is known here.
    private func isKnown(_ text: String) -> Bool {
        house.tube(text) != nil || house.files.values.contains { $0.tubes.contains { $0.accession == text } }
    }

    /// A label that a slow scanner typed where something else was asked; nil: it answers the question.
    private func scanned(in text: String, of part: Word) -> String? {
        let text = text.trimmed
        switch part {
        case .tube, .secret: return nil
        case .callNumber: return isKnown(text) || Workbench.looksLikeLabel(text) ? text : nil
        case _:
            if isKnown(text) || Workbench.looksLikeLabel(text) { return text }
            // No reason, name or function is one word of digits.
            let isCode = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            return isCode && text.count { $0.isNumber } >= KeyDecoder.shortestScan ? text : nil
        }
    }

    /// The label at the end of what was typed into a cell.
    func scanned(endOf text: String) -> String? {
        let text = text.trimmed
        if Workbench.looksLikeLabel(text) { return text }
        guard text.count >= KeyDecoder.shortestScan else { return nil }
        return house.tubes.lazy.map(\.accession).first { !$0.isEmpty && text.hasSuffix($0) }
            ?? (isKnown(text) ? text : nil)
    }

    /// As the laboratory numbers its tubes: a day (two digits each of year, month and day), then five digits or more.
    static func looksLikeLabel(_ text: String) -> Bool {
        guard text.count >= 11, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return false }
        let digits = text.compactMap(\.wholeNumberValue)
        return (1...12).contains(digits[2] * 10 + digits[3]) && (1...31).contains(digits[4] * 10 + digits[5])
    }

    private mutating func answer(_ asked: Question) -> [Effect] {
        var question = asked
        var part = question.parts[question.at]
        if let number = Int(String(part.field.text.map { manner.keymap.digit($0) })),
            part.choices.indices.contains(number - 1)
        {
            part.field = Field(part.choices[number - 1])
            question.parts[question.at] = part
        }
        let text = part.field.text
        if question.purpose != .unlock, let code = scanned(in: text, of: part.word) {
            return take(.scan(code, typed: 0))
        }
        if question.purpose != .unlock, text.trimmed.first == ":" { question.complaint = say(.commandInField, text) }
        if part.word == .reason, question.complaint == nil, !Workbench.isReason(text) {
            question.complaint = words[.reasonInWords]
        }
        if part.word == .callValue, case .call(let id) = question.purpose, let told = valueToTell(id),
            let said = Measured(text.replacing(",", with: ".").trimmed), said.number < told || told < said.number
        {
            question.complaint = say(.callValueDiffers, told.text.replacing(".", with: ","))
        }
        if text.allSatisfy(\.isWhitespace) { question.complaint = say(.needed, words[part.word]) }
        if part.isClosed, question.complaint == nil, !part.choices.contains(text) {
            // Its beginning names a choice, when it is that of one only.
            if let only = part.matching.first, part.matching.count == 1 {
                question.parts[question.at].field = Field(only)
            } else {
                question.complaint = words[.oneOfThese]
                if part.word == .callReadBack { question.complaint? += " : " + part.choices.joined(separator: ", ") }
            }
        }
        if let expected = part.expected, String(text.map { manner.keymap.digit($0) }) != expected {
            question.complaint = say(.digitsDiffer, expected.map { _ in "·" }.joined())
        }
        guard question.complaint == nil else {
            face.mode = .question(question)
            return [.bell]
        }
        guard question.at + 1 == question.parts.count else {
            question.at += 1
            face.mode = .question(question)
            return []
        }
        if question.purpose != .unlock { face.mode = .browse } else { face.mode = .question(question) }
        let first = nextDeed
        let effects = perform(question)
        if nextDeed > first, Workbench.isKept(question.purpose) {
            self.asked[nextDeed - 1] = question
        } else if nextDeed == first {
            keepForm(question)
        }
        return effects
    }

    private mutating func perform(_ question: Question) -> [Effect] {
        let answers = question.parts.map(\.field.text)
        let reason = answers[0]
        switch question.purpose {
        case .validate(let request, let ids): return send(.validate(request: request, ids: ids, reason: reason))
        case .replace(let draft): return commit(draft) + moveOn()
        case .reject(let request, let id): return send(.reject(request: request, id: id, reason: reason))
        case .chooseRun(let request, let ids):
            guard let place = question.parts[0].choices.firstIndex(of: answers[0]) else { return [] }
            return choose(run: ids[place], in: request, reason: answers[1])
        case .nonconform(let accession):
            if house.files.values.contains(where: {
                $0.tubes.contains { $0.accession == accession && $0.nonconformity != nil }
            }) {
                nonconformBefore.insert(accession)
            }
            return send(.receive(accession: accession, nonconformity: reason))
        case .rerun(let request, let id, let analyzer, let accession, let diluted):
            guard let analyzer else { return send(.rework(request: request, id: id, diluted: diluted, reason: reason)) }
            return send(.rerun(request: request, id: id, analyzer: analyzer, accession: accession, reason: reason))
        case .attach(let triage):
            return send(.attach(triage: triage, accession: answers[0], reason: answers.last ?? ""))
        case .dismiss(let triage): return send(.dismiss(triage: triage, reason: reason))
        case .comment(let request, let id):
            let code = answers[0].prefix { $0 != " " }
            return send(.comment(request: request, id: id, code: String(code)))
        case .call(let id):
            let last = answers[4]
            return send(
                .call(
                    id: id, person: answers[0], role: answers[1], number: answers[2], value: answers[3],
                    readBack: last == words[.yes], reached: last != words[.unreachable]))
        case .reflex(let request, let rule):
            return send(
                .reflex(
                    request: request, rule: rule, accept: answers[0] == words[.reflexAdd], reason: answers[1]))
        case .unlock:
            let id = nextDeed
            nextDeed += 1
            let deed = Deed.unlock(secret: reason)
            sent[id] = deed
            return [.send(id, deed)]
        }
    }
}
