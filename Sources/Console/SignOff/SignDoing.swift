import Base
import Laboratory

extension SignBench {
    /// One place for keys and menu.
    package mutating func perform(_ action: SignAction) -> [SignEffect] {
        switch action {
        case .up: return step(-1)
        case .down: return step(1)
        case .pageUp: return step(-10)
        case .pageDown: return step(10)
        case .top: return step(-1_000_000)
        case .bottom: return step(1_000_000)
        case .open:
            pane = 2
            return reopen()
        case .pane: pane = 3 - pane
        case .back: return back()
        case .next: return next()
        case .lane:
            let all: [SignLane?] = [nil] + SignLane.allCases
            lane = all[((all.firstIndex(of: lane) ?? 0) + 1) % all.count]
            guest = nil
            cursor = 0
            pane = 1
            layRows()
            return reopen()
        case .search: mode = .search(Field(filter))
        case .menu: mode = .menu(possible, 0)
        case .help: mode = .page(title: say(.helpTitle), lines: helpLines, top: 0)
        case .refresh:
            layRows()
            return [.load] + reopen()
        case .find:
            mode = .question(
                SignQuestion(purpose: .find, title: [say(.findTitle)], parts: [.init(word: .findNumber)]))
        case .lock: return lock()
        case .quit: return [.quit]
        case .sign, .lot, .except, .comment, .note, .why, .history, .call, .reject, .reflex, .amend, .versions:
            return perform(onFile: action)
        }
        return []
    }

    /// What the menu offers: what this file, and the queue, let this person do now.
    package var possible: [SignAction] { SignAction.ofFile.filter(isPossible) }
    private func isPossible(_ action: SignAction) -> Bool {
        switch action {
        case .find, .lane, .refresh: true
        case .open, .next: current != nil
        case .lot: !isReadOnly && !releasable(filtered).isEmpty
        case .sign:
            sheet.map {
                !isReadOnly && !$0.isAmendment && ($0.signed.contains(where: \.isFresh) || !$0.changes.isEmpty)
            } ?? false
        case .comment, .note: sheet != nil && !isReadOnly
        case .except: currentLine.map { ($0.isFresh || $0.isLeft) && !isReadOnly } ?? false
        case .reject: currentLine != nil && !isReadOnly
        case .call: target(of: .call).map { $0.hasCall && !isReadOnly } ?? false
        case .reflex: !isReadOnly && !proposals.isEmpty
        case .amend: sheet.map { $0.version > 1 && !isReadOnly } ?? false
        case .why, .history: currentLine != nil
        case .versions: sheet != nil
        case _: false
        }
    }

    private mutating func perform(onFile action: SignAction) -> [SignEffect] {
        if isReadOnly, ![.why, .history, .versions].contains(action) {
            notice = Notice(say(.readOnly), .critical)
            return [.bell]
        }
        if action == .lot { return beginLot() }
        guard let number = current, let sheet else {
            notice = Notice(say(isLoaded ? .nothing : .loading), .dim)
            return [.bell]
        }
        switch action {
        case .sign: return askToSign(sheet)
        case .comment:
            let offered = comments.map { "\($0.code) \($0.text)" }
            mode = .question(
                SignQuestion(
                    purpose: .comment(number), title: [say(.commentTitle, number)],
                    parts: [.init(word: .commentCode, choices: offered)]))
        case .note:
            var part = SignQuestion.Part(word: .noteWords, isOptional: true)
            part.field = Field(draft.note ?? "")
            mode = .question(
                SignQuestion(purpose: .note(number), title: [say(.noteTitle, number)], parts: [part]))
        case .reflex: return askReflex(sheet)
        case .amend: return askToAmend(sheet)
        case .versions:
            isPageUnwanted = false
            return [.versions(number, draft)]
        case .except, .why, .history, .call, .reject:
            guard let line = target(of: action) else { return [.bell] }
            // It is seen on which line the key acts.
            if let place = sheet.lines.firstIndex(of: line) { result = place }
            return perform(action, on: line, of: sheet)
        case _: break
        }
        return []
    }

    /// The line that a key acts on: the one under the cursor once somebody moved it in this file. Before that, a key
    /// that stands beside a reason acts on the analysis it stands beside. A call is always that of a line that has one.
    func target(of action: SignAction) -> SignLine? {
        guard let sheet, let line = currentLine else { return nil }
        let remedy: HoldGroup.Remedy
        switch action {
        case .call: remedy = .call
        case .reject: remedy = .reject
        case .why: remedy = .read
        case _: return line
        }
        if remedy == .call, line.hasCall || placed == current {
            return line.hasCall ? line : sheet.lines.first(where: \.isCallOpen) ?? line
        }
        let named = sheet.holds.filter { $0.remedy == remedy }.flatMap(\.analyses)
        guard placed != current, !named.contains(line.line.analysis), let first = named.first else { return line }
        return sheet.signed.first { $0.line.analysis == first && $0.isFresh } ?? line
    }

    private mutating func perform(_ action: SignAction, on line: SignLine, of sheet: SignSheet) -> [SignEffect] {
        let (number, code) = (sheet.number, line.line.analysis)
        switch action {
        case .except:
            var draft = drafts[number] ?? SignDraft()
            if draft.except.contains(code) {
                draft.except.removeAll { $0 == code }
                notice = Notice(say(.exceptOff, code), .plain)
            } else if line.isLeft {
                notice = Notice(say(.exceptFollows, code, draft.except.joined(separator: ", ")), .held)
                return [.bell]
            } else {
                draft.except.append(code)
                notice = Notice(say(.exceptOn, code), .held)
            }
            drafts[number] = draft
            return reopen()
        case .why:
            isPageUnwanted = false
            return [.why(line.line.id)]
        case .history:
            mode = .page(title: say(.historyTitle, code), lines: curve(line), top: 0)
        case .reject:
            mode = .question(
                SignQuestion(
                    purpose: .reject(request: number, id: line.line.id),
                    title: [say(.rejectTitle, code, line.line.valueAndUnit)],
                    parts: [
                        .init(word: .reason, choices: [say(.recollect), say(.doubt), say(.wrongTube)]),
                        .init(word: .lastDigits, expected: line.line.lastDigits),
                    ]))
        case .call:
            guard line.hasCall else {
                notice = Notice(say(.noCall, code), .dim)
                return [.bell]
            }
            mode = .question(
                SignQuestion(
                    purpose: .call(request: number, id: line.line.id),
                    title: [say(.callTitle, code, line.line.valueAndUnit)],
                    parts: [
                        .init(word: .callPerson), .init(word: .callRole, isOptional: true),
                        .init(word: .callNumber, isOptional: true), .init(word: .callValue, isOptional: true),
                        .init(word: .callReadBack, isOptional: true, choices: [say(.yes), say(.no)]),
                    ]))
        case _: break
        }
        return []
    }

    func curve(_ line: SignLine) -> [String] {
        let told = manner.language.breaks(line.points, zone: manner.zone)
        let plot = Trend.plot(
            line.points, low: line.low, high: line.high, width: pageColumns.count - 4,
            height: max(5, height - 10 - told.count), zone: manner.zone, signs: manner.signs)
        return (plot.isEmpty || line.points.count < 2 ? [say(.noCurve)] : plot) + told
    }

    /// Reflex tests of this file that nobody decided (RULES section 11).
    private var proposals: [SignObstacle] { sheet?.obstacles.filter { $0.kind == .reflex } ?? [] }

    private mutating func askReflex(_ sheet: SignSheet) -> [SignEffect] {
        let open = proposals
        guard !open.isEmpty else {
            notice = Notice(say(.noReflex), .dim)
            return [.bell]
        }
        let named = open.map { "\($0.analyses.joined(separator: ", ")) (\($0.words ?? ""))" }
        var parts = [
            SignQuestion.Part(word: .reflexDecision, choices: [say(.reflexAdd), say(.reflexRefuse)]),
            .init(word: .reason, choices: [say(.reflexClinical), say(.reflexKnown), say(.reflexVolume)]),
        ]
        if open.count > 1 { parts.insert(.init(word: .reflexWanted, choices: named), at: 0) }
        mode = .question(
            SignQuestion(
                purpose: .reflex(request: sheet.number, open),
                title: [say(.reflexTitle, sheet.patient)] + named, parts: parts))
        return []
    }

    // Signing

    mutating func askToSign(_ sheet: SignSheet) -> [SignEffect] {
        guard isWhole(sheet) else { return wait(for: sheet.number) }
        if let said = sayNews(sheet.number) { return said }
        if sheet.isAmendment {
            notice = Notice(say(.isAmendment, key(.amend)), .critical)
            offered = .amend
            return [.bell]
        }
        guard !sheet.signed.isEmpty else {
            notice = Notice(say(sheet.lines.isEmpty ? .nothingToSign : .allLeft, key(.except)), .critical)
            return [.bell]
        }
        guard sheet.signed.contains(where: \.isFresh) || !sheet.changes.isEmpty else {
            notice = Notice(standingWords(sheet) ?? say(.nothingToSign), .critical)
            return [.bell]
        }
        return ask(sheet, title: say(.signTitle, sheet.number, sheet.patient))
    }

    mutating func askToSign(amending number: String) -> [SignEffect] {
        guard let sheet = sheets[number], sheet.draft.amendment != nil, isWhole(sheet), versions?.number == number
        else {
            notice = Notice(say(.loading), .dim)
            return []
        }
        if let said = sayNews(number) {
            // Both versions are set side by side anew.
            versions = nil
            return said + [.versions(number, sheet.draft)]
        }
        return ask(sheet, title: say(.amendTitle, number, String(sheet.version - 1)))
    }

    /// The form of a signature. What the server would refuse it for is looked for while it opens, or as soon as a word
    /// is given for the call that was not made: nobody types a code for nothing.
    private mutating func ask(_ sheet: SignSheet, title: String) -> [SignEffect] {
        var lines = [
            title, say(.signCovers, String(sheet.signed.count), String(sheet.version), sheet.contentHash.start),
        ]
        if !sheet.missing.isEmpty { lines.append(say(.signPartial, sheet.missing.joined(separator: ", "))) }
        let over =
            sheet.attributes.map { manner.language.words($0) }
            + sheet.holds.map { group in
                group.analyses.count > 1 ? group.title : "\(group.title) (\(group.analyses.joined(separator: ", ")))"
            }
        if !over.isEmpty { lines.append(say(.overridden, over.joined(separator: ", "))) }
        lines += [saidBy, say(.meaning)]
        var parts = [SignQuestion.Part(word: .pin, isSecret: true)]
        if sheet.signed.contains(where: { $0.isFresh && $0.isCallOpen }) {
            parts.insert(SignQuestion.Part(word: .uncalled), at: 0)
        }
        let question = SignQuestion(
            purpose: .sign(
                SignPick(number: sheet.number, contentHash: sheet.contentHash), partial: !sheet.missing.isEmpty,
                draft: sheet.draft), title: lines, parts: parts)
        mode = .question(question)
        return check(question)
    }

    /// Asked once a form of signature stands at its code.
    func check(_ question: SignQuestion) -> [SignEffect] {
        guard case .sign(let pick, let partial, let draft) = question.purpose, question.parts[question.at].isSecret
        else { return [] }
        let uncalled = question.parts.first { $0.word == .uncalled }?.field.text
        return [.check(pick, partial: partial, uncalled: uncalled, draft: draft)]
    }

    /// Who signs, and when.
    var saidBy: String {
        let time = CivilTime(now, in: manner.zone)
        return say(.signedBy, person, time.date.french, padded(time.hour, 2) + ":" + padded(time.minute, 2))
    }

    private mutating func askToAmend(_ sheet: SignSheet) -> [SignEffect] {
        guard sheet.version > 1 else {
            notice = Notice(say(.notSigned, key(.sign)), .critical)
            return [.bell]
        }
        mode = .question(
            SignQuestion(
                purpose: .amend(sheet.number), title: [say(.amendTitle, sheet.number, String(sheet.version - 1))],
                parts: [
                    .init(
                        word: .amendReason,
                        choices: Amendment.Reason.allCases.map { "\($0.rawValue) \(manner.language.words($0))" }),
                    .init(word: .amendWords, isOptional: true),
                ]))
        return []
    }

    // Moves

    mutating func step(_ by: Int) -> [SignEffect] {
        if pane == 2 {
            stepInFile(by)
            return []
        }
        guest = nil
        placed = nil
        let before = current
        cursor = max(0, min(cursor + by, rows.count - 1))
        keepInSight()
        guard current != before else { return [] }
        result = 0
        fileTop = 0
        return reopen()
    }

    /// From result to result, then on to the reasons below them; a page at a time goes through the whole file.
    private mutating func stepInFile(_ by: Int) {
        guard let sheet else { return }
        placed = current
        let last = max(0, sheet.lines.count - 1)
        let hidden = max(0, fileLines(sheet, pageColumns.count - 2).count - (height - 5))
        switch by {
        case 1 where result >= last: fileTop = min(fileTop + 1, hidden)
        case -1 where fileTop > 0: fileTop -= 1
        case 10: fileTop = min(fileTop + max(1, height - 7), hidden)
        case -10: fileTop = max(0, fileTop - max(1, height - 7))
        case _:
            result = max(0, min(result + by, last))
            fileTop = by > 1 ? hidden : 0
        }
    }

    private mutating func next() -> [SignEffect] {
        guest = nil
        placed = nil
        let before = cursor
        cursor = min(cursor + 1, max(0, rows.count - 1))
        keepInSight()
        result = 0
        fileTop = 0
        if cursor == before { notice = Notice(say(.nothing), .dim) }
        return reopen()
    }

    private mutating func back() -> [SignEffect] {
        if guest != nil {
            guest = nil
        } else if pane == 1, !filter.isEmpty {
            filter = ""
            layRows()
        }
        pane = 1
        return reopen()
    }
}

extension String {
    /// Enough of a hash for a person to compare.
    fileprivate var start: String { String(prefix(16)) }
}
