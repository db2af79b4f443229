import Base
import Laboratory

extension Workbench {
    func drawNotice(_ screen: inout Screen) {
        let row = face.height - 2
        switch face.mode {
        case .command(let field):
            put(field, ":", &screen, row)
            let rest = completions(field.text).map { words[$0.word] }.joined(separator: " · ")
            screen.put(fit(rest, max(0, face.width - 24), pad: false), row, max(22, CellWidth.of(field.text) + 4), .dim)
            return
        case .search(let field):
            put(field, "/", &screen, row)
            return
        case .entry(let entry):
            let help =
                entry.complaint
                ?? (entry.first == nil ? entry.codes.joined(separator: " · ") : words[.twiceAgain])
            if !help.isEmpty {
                let style = entry.complaint == nil ? Style(.interference) : Style(.critical, bold: true)
                putFolded(help, style, &screen)
                return
            }
        // Its box says it already.
        case .conflict: return
        case .browse, .menu, .question, .help, .why, .timeline: break
        }
        if case .offline(let since) = house.link {
            let waiting = drafts.count { $0.isAccepted }
            let text = say(.offlineBanner, clock(since), String(waiting))
            screen.put(fit(" " + text, face.width), row, 0, .critical)
            return
        }
        guard let notice = face.notice ?? hint.map({ Notice($0, .dim) }) else { return }
        let style = notice.tint == .critical ? Style(.critical, bold: true) : Style(notice.tint)
        putFolded(notice.text, style, &screen)
    }

    /// What was refused, why, and what now: never cut where there is room above.
    private func putFolded(_ text: String, _ style: Style, _ screen: inout Screen) {
        let lines = CellWidth.fold(mark(text), face.width - 2)
        let shown = lines.prefix(max(1, min(4, face.height - 12)))
        for (offset, line) in shown.enumerated() {
            let row = face.height - 1 - shown.count + offset
            let isCut = offset == shown.count - 1 && lines.count > shown.count
            screen.clear(row..<row + 1, 0..<face.width)
            screen.put(" " + (isCut ? fit(line + " " + mark("…"), face.width - 2) : line), row, 0, style)
        }
    }

    private func put(_ field: Field, _ sign: String, _ screen: inout Screen, _ row: Int) {
        screen.put(mark(sign + field.text), row, 0, Style(.plain, bold: true))
        screen.cursor = Screen.Place(
            row: row, column: 1 + CellWidth.of(mark(String(field.text.prefix(field.caret)))))
    }

    /// The keys that matter most here; `?` and `x` show the rest.
    func drawFooter(_ screen: inout Screen) {
        var shown: [(Action, Word)]
        guard case .browse = face.mode else {
            screen.put(fit(" " + footerOfMode, face.width, pad: false), face.height - 1, 0, .dim)
            return
        }
        switch face.list {
        case .triage: shown = [(.attach, .keyAttach), (.dismiss, .keyDismiss)]
        case .reflexes: shown = [(.open, .keyOpen), (.reflex, .keyReflex), (.timeline, .keyTimeline)]
        case .waiting, .urgent, .held, .calls, .reception, .requests:
            shown = [
                (.open, .keyOpen), (.validate, .keyValidate), (.enter, .keyEnter), (.why, .keyWhy),
                (.rerun, .keyRerun), (.reject, .keyReject), (.timeline, .keyTimeline), (.undo, .keyUndo),
            ]
        case .quality, .analyzers: shown = [(.refresh, .keyRefresh)]
        }
        shown.removeAll { !isAllowed($0.0) || $0.0 == .undo && !isPossible(.undo) }
        if case .offline = house.link, let notice = face.notice {
            // The row above says that nothing is written; this one what a key did.
            screen.put(
                fit(" " + notice.text, face.width, pad: false), face.height - 1, 0, Style(notice.tint, bold: true))
            return
        }
        let last: [(Action, Word)] = [
            (.menu, .keyMenu), (.help, .keyHelp), (.search, .keySearch), (.command, .keyCommand),
        ]
        // Menu and help are never crowded out.
        let width = { (items: [(Action, Word)]) in
            items.reduce(1) {
                $0 + CellWidth.of(self.mark(self.manner.name($1.0))) + CellWidth.of(self.mark(self.words[$1.1])) + 3
            }
        }
        while !shown.isEmpty, width(shown) + width(last) > face.width { shown.removeLast() }
        var at = 1
        for (action, word) in shown + last {
            let name = mark(manner.name(action))
            at += screen.put(name, face.height - 1, at, Style(.title, bold: true)) + 1
            at += screen.put(mark(words[word]), face.height - 1, at, .dim) + 2
        }
    }

    /// What the keys do while something is typed or read: those of the lists do nothing then.
    private var footerOfMode: String {
        let enter = Key.enter.name(in: manner.language)
        let back = (manner.keymap.keys[.back] ?? []).first { if case .character = $0 { false } else { true } }
        let escape = (back ?? .escape).name(in: manner.language)
        return switch face.mode {
        case .browse, .conflict: ""
        case .entry(let entry):
            "\(enter) \(words[.footEnter])  " + (entry.isSelected ? "f2 \(words[.footEdit])  " : "")
                + "\(escape) \(words[.footDraft])  ctrl-u \(words[.footClear])"
        case .command, .search: "\(enter) \(words[.footDo])  \(escape) \(words[.footLeave])"
        case .menu: "\(enter) \(words[.footDo])  \(escape) \(words[.footLeave])"
        case .question(let question):
            question.purpose == .unlock
                ? words[.unlockHint] : "\(enter) \(words[.footNext])  \(escape) \(words[.footLeave])"
        case .help, .why, .timeline: "j k ↑ ↓  \(escape) \(words[.footLeave])"
        }
    }

    func drawOverlay(_ screen: inout Screen, _ middle: Range<Int>) {
        switch face.mode {
        case .browse, .entry, .command, .search: return
        case .menu(let menu): drawMenu(&screen, middle, menu)
        case .question(let question): drawQuestion(&screen, middle, question)
        case .help(let top): page(&screen, middle, title: words[.helpTitle], helpLines, top: top)
        case .why(let top): page(&screen, middle, title: words[.whyTitle], whyLines(middle.count - 4), top: top)
        case .timeline(let top):
            page(&screen, middle, title: words[.timelineTitle], timelineLines(middle.count - 4), top: top)
        case .conflict(let conflict): drawConflict(&screen, middle, conflict)
        }
    }

    private func box(_ screen: inout Screen, _ columns: Range<Int>, height: Int, title: String) -> (Int, Range<Int>) {
        let rows = max(1, bottomFrame + 1 - height)..<bottomFrame + 1
        screen.clear(rows, columns)
        frame(&screen, rows, columns, title: title, focused: true)
        return (rows.lowerBound + 1, columns.lowerBound + 2..<columns.upperBound - 2)
    }

    private func page(
        _ screen: inout Screen, _ columns: Range<Int>, title: String, _ lines: [(String, Style)], top: Int
    ) {
        let room = bottomFrame - 2
        let start = max(0, min(top, lines.count - room))
        let shown = lines.dropFirst(start).prefix(room)
        let more = lines.count > room ? "  (\(start + shown.count)/\(lines.count))" : ""
        let (first, inside) = box(
            &screen, columns, height: shown.count + 2, title: title + more + "  " + words[.helpPages])
        for (offset, line) in shown.enumerated() {
            screen.put(fit(line.0, inside.count, pad: false), first + offset, inside.lowerBound, line.1)
        }
    }

    private func drawMenu(_ screen: inout Screen, _ columns: Range<Int>, _ menu: ActionMenu) {
        let room = bottomFrame - 2
        let (first, inside) = box(
            &screen, columns, height: min(menu.actions.count, room) + 2, title: words[.menuTitle])
        let top = max(0, menu.cursor - room + 1)
        for (offset, action) in menu.actions.dropFirst(top).prefix(room).enumerated() {
            let name = fit(manner.name(action), 8)
            screen.put(name, first + offset, inside.lowerBound, Style(.title, bold: true))
            screen.put(
                fit(words[Workbench.word(of: action)], inside.count - 9), first + offset, inside.lowerBound + 9)
            if top + offset == menu.cursor { screen.reverse(first + offset, inside) }
        }
    }

    private func drawQuestion(_ screen: inout Screen, _ columns: Range<Int>, _ question: Question) {
        let title = CellWidth.fold(mark(title(of: question)), columns.count - 4)
        let part = question.parts[question.at]
        let complaint = CellWidth.fold(mark(question.complaint ?? ""), columns.count - 4)
        let fixed = title.count + question.parts.count + 3 + max(1, complaint.count) + (part.choices.isEmpty ? 0 : 1)
        let choices = part.matching.prefix(max(1, bottomFrame - fixed))
        let height = fixed + choices.count
        let (first, inside) = box(
            &screen, columns, height: height, title: words[question.purpose == .unlock ? .unlockHint : .questionHint])
        var row = first
        for line in title {
            screen.put(line, row, inside.lowerBound, Style(.plain, bold: true))
            row += 1
        }
        for choice in choices {
            let number = (part.choices.firstIndex(of: choice) ?? 0) + 1
            screen.put(fit("\(number) \(choice)", inside.count, pad: false), row, inside.lowerBound)
            row += 1
        }
        if !part.choices.isEmpty {
            screen.put(
                fit(words[part.isClosed ? .oneOfThese : .choicesHint], inside.count, pad: false), row,
                inside.lowerBound, .dim)
            row += 1
        }
        for (index, part) in question.parts.enumerated() {
            let label = mark(words[part.word]) + " : "
            let text = part.secret ? String(repeating: "*", count: part.field.text.count) : part.field.text
            let at = inside.lowerBound + screen.put(label, row, inside.lowerBound, .dim)
            screen.put(fit(text, inside.upperBound - at, pad: false), row, at, Style(.plain, bold: true))
            if index == question.at {
                screen.cursor = Screen.Place(
                    row: row, column: min(at + CellWidth.of(text.prefix(part.field.caret)), inside.upperBound - 1))
            }
            row += 1
        }
        for (offset, line) in complaint.enumerated() {
            screen.put(line, row + offset, inside.lowerBound, .critical)
        }
    }

    private func drawConflict(_ screen: inout Screen, _ columns: Range<Int>, _ conflict: Conflict) {
        let theirs = theirs(conflict)
        let author = theirs?.author ?? theirs?.analyzer ?? ""
        var lines: [(String, Style)] = [(sentence(conflict), .plain)]
        lines.append(("\(words[.conflictMine]) : \(conflict.mine)  (\(house.login))", Style(.held, bold: true)))
        lines.append(("\(words[.conflictTheirs]) : \(theirs?.value ?? "")  (\(author))", Style(.plain, bold: true)))
        lines.append((words[.conflictKeys], Style(.title)))
        let folded = lines.flatMap { text, style in
            CellWidth.fold(mark(text), columns.count - 4).map { ($0, style) }
        }
        let (first, inside) = box(
            &screen, columns, height: folded.count + 2, title: say(.conflictTitle, place(of: conflict)))
        for (offset, line) in folded.enumerated() { screen.put(line.0, first + offset, inside.lowerBound, line.1) }
    }

    // Pages

    var helpLines: [(String, Style)] {
        var out: [(String, Style)] = []
        for action in Action.allCases {
            let names = manner.names(action).joined(separator: ", ")
            guard !names.isEmpty else { continue }
            out.append((CellWidth.fit(names, 18) + " " + words[Workbench.word(of: action)], .plain))
        }
        out.append((CellWidth.fit("0…9", 18) + " " + words[.helpEntry], .plain))
        out.append((words[.helpScan], .plain))
        let signs = manner.signs
        out.append((words[.helpSigns], Style(.title, bold: true)))
        out.append(
            (
                "\(signs.above)\(words[.high]) \(signs.below)\(words[.low])  "
                    + "\(signs.critical)\(words[.criticalShort])  "
                    + "\(signs.held) \(words[.held])  \(signs.proposable) \(words[.proposable])  \(signs.urgent) "
                    + "\(words[.urgent])  \(signs.rejected) \(words[.control]) \(words[.stateRejected])  "
                    + "\(signs.expired) \(words[.control]) \(words[.stateExpired])  "
                    + "? \(words[.control]) \(words[.stateNone])  \(signs.corrected) "
                    + say(.run, "2"), .plain
            ))
        for command in Workbench.Command.allCases { out.append((words[command.word], .dim)) }
        return out
    }

    /// Every hold in words, the gravest first, with what it asks and what can be done.
    func whyLines(_ columns: Int) -> [(String, Style)] {
        var out: [(String, Style)] = []
        func fold(_ text: String, _ style: Style, _ indent: String = "") {
            for line in CellWidth.fold(mark(text), columns - indent.count) { out.append((indent + line, style)) }
        }
        if face.list == .quality, let row = currentControl { return controlLines(row, columns) }
        if face.list == .triage, let row = face.key.flatMap({ key in house.triage.first { $0.id == key } }) {
            fold(explanation(of: row), .plain)
            return out
        }
        guard let line = currentResult?.line else { return out }
        fold("\(line.analysis) \(line.valueAndUnit) — \(line.patient)", Style(.plain, bold: true))
        if line.holds.isEmpty { fold(words[.nothingHolds], Style(.good)) }
        for severity in [Hold.Code.Severity.forbids, .needsReason, .shown] {
            for hold in line.holds where line.severity(of: hold) == severity {
                let (word, remedy, style): (Word, String, Style) =
                    switch severity {
                    case .forbids: (.severityForbids, say(.remedyForbids, manner.name(.reject)), .critical)
                    case .needsReason:
                        (
                            .severityReason, say(.remedyReason, manner.name(.validate), manner.name(.rerun)),
                            Style(.held, bold: true)
                        )
                    case .shown: (.severityShown, words[.remedyShown], Style(.plain))
                    }
                fold("\(hold.code.rawValue) (\(words[word]))", style)
                fold(reason(of: hold), .plain, "  ")
                fold(remedy, .dim, "  ")
                if let control = controlRemedy(of: hold, line) { fold(control, .dim, "  ") }
            }
        }
        for (index, text) in judgement(of: line.id).enumerated() {
            fold(text, index == 0 ? Style(.title, bold: true) : .plain, index == 0 ? "" : "  ")
        }
        return out
    }

    func timelineLines(_ columns: Int) -> [(String, Style)] {
        guard let file = currentFile else { return [(words[.loading], .dim)] }
        var told = file.happenings.map { ($0.at, words(of: $0.what)) }
        for line in file.lines {
            guard let telling = house.tellings[line.id] else { continue }
            told.append((telling.at, "\(line.analysis) \(line.valueAndUnit) " + said(telling)))
        }
        let ordered = told.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element)
        var out: [(String, Style)] = []
        for (at, text) in ordered {
            for (index, line) in CellWidth.fold(mark(text), columns - 13).enumerated() {
                out.append((CellWidth.fit(index == 0 ? day(at) : "", 12) + " " + line, .plain))
            }
        }
        return out
    }

    /// `dit à Mme Kerbrat à 14:40 par tanguy`
    func said(_ telling: CallRow.Telling) -> String {
        say(.callTold, telling.person, day(telling.at), telling.by)
    }
}
