import Base
import Laboratory

extension SignBench {
    /// The screen that stands for this state.
    package func draw() -> Screen {
        var screen = Screen(width: width, height: height)
        drawStatus(&screen)
        // A locked screen shows nothing of a patient.
        if link == .locked {
            if case .question(let question) = mode { drawQuestion(&screen, question) }
            return screen
        }
        if isWide || pane == 1 { drawQueue(&screen, queueColumns) }
        if isWide || pane == 2 { drawFile(&screen, fileColumns) }
        drawOverlay(&screen)
        drawNotice(&screen)
        drawFooter(&screen)
        return screen
    }

    var queueColumns: Range<Int> { isWide ? 0..<max(52, width * 36 / 100) : 0..<width }
    private var fileColumns: Range<Int> { isWide ? queueColumns.upperBound..<width : 0..<width }
    var pageColumns: Range<Int> { isWide ? fileColumns : 0..<width }
    private var bottom: Int { height - 3 - noticeRows }

    func fit(_ text: String, _ columns: Int, pad: Bool = true) -> String {
        CellWidth.fit(manner.signs.text(text), columns, pad: pad, cut: manner.signs.cut)
    }
    private func mark(_ text: String) -> String { manner.signs.text(text) }
    func clock(_ instant: Instant) -> String {
        let time = CivilTime(instant, in: manner.zone)
        return padded(time.hour, 2) + ":" + padded(time.minute, 2)
    }
    func day(_ instant: Instant) -> String {
        let date = CivilTime(instant, in: manner.zone).date
        if date == CivilTime(now, in: manner.zone).date { return clock(instant) }
        return padded(date.day, 2) + "/" + padded(date.month, 2)
    }
    /// `13:02`, `21/11 23:40`: of what the delays are counted from.
    func hour(_ instant: Instant) -> String {
        let today = day(instant)
        return today == clock(instant) ? today : today + " " + clock(instant)
    }
    /// `00:42`, `3 j`
    func waited(_ since: Instant) -> String {
        let minutes = max(0, Int(since.minutes(to: now)))
        return minutes >= 48 * 60 ? "\(minutes / 1440) j" : padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
    }

    // The first line: counts are placed first, so that no width hides them.

    private func drawStatus(_ screen: inout Screen) {
        let signs = manner.signs
        var right: [(String, Style)] = [
            ("\(say(.shortPartial)) \(count(.partial))", .plain),
            ("\(say(.shortProposable)) \(count(.proposable))", Style(.good, bold: true)),
            ("\(say(.shortHeld)) \(count(.held))", Style(count(.held) > 0 ? .held : .plain, bold: true)),
            (
                "\(say(.shortCritical)) \(count(.critical))",
                count(.critical) > 0 ? .critical : Style(.plain, bold: true)
            ),
            (
                say(.quality)
                    + controls.text(signs, absentWord: say(.controlsAbsent), exemptWord: say(.controlsExempt)),
                controls.style
            ),
        ]
        let network: (SignWord, Style) =
            switch link {
            case .connecting: (.networkConnecting, .plain)
            case .online: (.networkOK, .plain)
            case .offline: (.networkOff, .critical)
            case .locked: (.networkLocked, Style(.held, bold: true))
            }
        right.append((say(.network) + " " + say(network.0), network.1))
        right.append((clock(now), .plain))
        var end = width - 1
        for (text, style) in right {
            let shown = mark(text)
            let start = end - CellWidth.of(shown)
            guard start >= 0 else { break }
            screen.put(shown, 0, start, style)
            end = start - 2
        }
        let path = [site, person, say(.screen)].filter { !$0.isEmpty }.joined(separator: " \(signs.path) ")
        if end > 8 { screen.put(fit(" " + path, end - 1, pad: false), 0, 0, .title) }
    }

    // The queue

    private func word(_ lane: SignLane?) -> SignWord {
        switch lane {
        case .critical: .laneCritical
        case .held: .laneHeld
        case .partial: .lanePartial
        case .proposable: .laneProposable
        case nil: .laneAll
        }
    }

    private func drawQueue(_ screen: inout Screen, _ columns: Range<Int>) {
        let here = rows.count { row($0) != nil }
        var title = "\(say(.queue)) \(say(word(lane))) (\(here))"
        if let waiting { title += " " + say(.cut, String(queue.count), String(waiting)) }
        if !filter.isEmpty { title += " /" + filter }
        let done = session.alone + session.inLot
        if done > 0 { title += "  " + say(.signedToday, String(done), session.seconds.map(String.init) ?? "–") }
        screen.frame(1..<bottom + 1, columns, title: fit(title, columns.count - 3, pad: false), manner.signs, pane == 1)
        let inside = columns.lowerBound + 1..<columns.upperBound - 1
        guard !rows.isEmpty else {
            screen.put(fit(say(isLoaded ? .nothing : .loading), inside.count), 2, inside.lowerBound, .dim)
            return
        }
        for offset in 0..<queueRows where rows.indices.contains(shownTop + offset) {
            drawRow(&screen, 2 + offset, inside, rows[shownTop + offset])
            if shownTop + offset == cursor, guest == nil { screen.reverse(2 + offset, inside) }
        }
    }

    private func drawRow(_ screen: inout Screen, _ at: Int, _ columns: Range<Int>, _ number: String) {
        let signs = manner.signs
        guard let row = row(number) else {
            // Signed or taken back by somebody else: it keeps its line until the person asks for news.
            let gone = [("", 2, Style.dim), (number, 13, Style.dim), (say(.gone), 0, Style.dim)]
            screen.pieces(at, columns, gone) { fit($0, $1) }
            return
        }
        let lane: (String, Style) =
            switch row.lane {
            case .critical: (signs.critical + " " + say(.shortCritical), .critical)
            case .held: (signs.held + " " + say(.shortHeld), Style(.held, bold: true))
            case .partial: (signs.bullet + " " + say(.shortPartial), .plain)
            case .proposable: (signs.proposable + " " + say(.shortProposable), Style(.good))
            }
        var pieces: [(String, Int, Style)] = [
            (row.urgent ? signs.urgent : "", 2, Style(.urgent)), (row.number, 13, .plain), (row.patient, 0, .plain),
            (waited(row.at), 5, .dim), ("\(row.fresh)/\(row.results)", 5, .dim), (lane.0, 9, lane.1),
        ]
        if columns.count >= 64 {
            let room = min(40, (columns.count - 34) / 2)
            pieces.append((row.obstacles.map(words).joined(separator: ", "), room, .dim))
        }
        screen.pieces(at, columns, pieces) { fit($0, $1) }
    }

    // Below

    private func drawNotice(_ screen: inout Screen) {
        let row = height - 2
        if case .search(let field) = mode {
            screen.put("/" + field.text, row, 0, Style(.plain, bold: true))
            screen.cursor = Screen.Place(row: row, column: 1 + CellWidth.of(field.text.prefix(field.caret)))
            return
        }
        var style = notice.map { $0.tint == .critical ? Style(.critical, bold: true) : Style($0.tint) } ?? .plain
        if case .offline = link { style = .critical }
        for (offset, line) in noticeLines.prefix(noticeRows + 1).enumerated() {
            screen.put(" " + line, row - noticeRows + offset, 0, style)
        }
    }

    /// What opened over the screen says its own keys.
    private var overlayHint: String? {
        switch mode {
        case .browse, .search: nil
        case .menu, .page: pageHint
        case .question: say(.questionHint, name(.enter), name(.escape))
        case .lot: continueHint(.lotContinue)
        case .amendment: say(.amendContinue, name(.enter), key(.back))
        }
    }

    private func drawFooter(_ screen: inout Screen) {
        if let overlayHint {
            screen.put(fit(" " + overlayHint, width), height - 1, 0, Style(.title, bold: true))
            return
        }
        var shown: [SignAction] =
            pane == 1
            ? [.open, .lot, .lane, .find] : [.sign, .why, .call, .reject, .except, .comment, .history, .next]
        if sheet?.isAmendment == true, let place = shown.firstIndex(of: .sign) { shown[place] = .amend }
        if currentLine?.hasCall != true { shown.removeAll { $0 == .call } }
        let last: [SignAction] = [.menu, .help]
        func columns(_ actions: [SignAction]) -> Int {
            actions.reduce(1) { $0 + CellWidth.of(mark(key($1))) + CellWidth.of(mark(say($1.word))) + 3 }
        }
        while !shown.isEmpty, columns(shown + last) > width { shown.removeLast() }
        var at = 1
        for action in shown + last {
            at += screen.put(mark(key(action)), height - 1, at, Style(.title, bold: true)) + 1
            at += screen.put(mark(say(action.word)), height - 1, at, .dim) + 2
        }
    }

    // Over the screen

    private func drawOverlay(_ screen: inout Screen) {
        switch mode {
        case .browse, .search: return
        case .menu(let actions, let place): drawMenu(&screen, actions, place)
        case .page(let title, let lines, let top):
            page(&screen, title, lines.flatMap { folded($0) }, top)
        case .question(let question): drawQuestion(&screen, question)
        case .lot(let picks, let drawn, let at): drawLot(&screen, picks, drawn, at)
        case .amendment(let number, let top):
            let lines = versions.map { $0.number == number ? versionLines($0) : [] } ?? []
            page(
                &screen, say(.amendTitle, number, String((sheets[number]?.version ?? 1) - 1)),
                lines.isEmpty ? [say(.loading)] : lines.flatMap { folded($0) }, top)
        }
    }

    private func folded(_ line: String) -> [String] {
        // Drawn lines are not folded: they were made for the page.
        let room = pageColumns.count - 4
        return CellWidth.of(line) <= room ? [line] : CellWidth.fold(line, room)
    }

    private func page(_ screen: inout Screen, _ title: String, _ lines: [String], _ top: Int) {
        let room = bottom - 2
        let start = max(0, min(top, lines.count - room))
        let shown = lines.dropFirst(start).prefix(room)
        let more = lines.count > room ? " (\(start + shown.count)/\(lines.count))" : ""
        let inside = box(&screen, shown.count, title + more)
        for (offset, line) in shown.enumerated() {
            screen.put(fit(line, inside.columns.count, pad: false), inside.row + offset, inside.columns.lowerBound)
        }
    }

    private var pageHint: String { say(.pageHint, key(.down) + " " + key(.up), key(.back)) }
    private func continueHint(_ word: SignWord) -> String { say(word, key(.open), key(.back)) }

    private func box(_ screen: inout Screen, _ lines: Int, _ title: String) -> (row: Int, columns: Range<Int>) {
        let columns = pageColumns
        let rows = max(1, bottom - 1 - lines)..<bottom + 1
        screen.clear(rows, columns)
        screen.frame(rows, columns, title: fit(title, columns.count - 3, pad: false), manner.signs, true)
        return (rows.lowerBound + 1, columns.lowerBound + 2..<columns.upperBound - 2)
    }

    private func drawMenu(_ screen: inout Screen, _ all: [SignAction], _ place: Int) {
        let room = min(all.count, bottom - 2)
        let first = max(0, place - room + 1)
        let inside = box(&screen, room, say(.menuTitle))
        for (offset, action) in all.dropFirst(first).prefix(room).enumerated() {
            let row = inside.row + offset
            screen.put(fit(key(action), 8), row, inside.columns.lowerBound, Style(.title, bold: true))
            screen.put(fit(say(action.word), inside.columns.count - 9), row, inside.columns.lowerBound + 9)
            if first + offset == place { screen.reverse(row, inside.columns) }
        }
    }

    private func drawQuestion(_ screen: inout Screen, _ question: SignQuestion) {
        let columns = pageColumns.count - 4
        let isUnlock = question.purpose == .unlock
        let sending: SignWord = isUnlock ? .unlocking : question.isPressed ? .stillSending : .sending
        let said = question.isSent ? say(sending) : question.complaint
        let complaint = said.map { CellWidth.fold(mark($0), columns) } ?? [""]
        var title = question.title.flatMap { CellWidth.fold(mark($0), columns) }
        let part = question.parts[question.at]
        // What must be typed, and what is wrong with it, are in sight at every height.
        let most = max(2, bottom - 4 - question.parts.count - complaint.count)
        if title.count > most { title = Array(title.prefix(most - 1)) + [String(manner.signs.cut)] }
        let spare = max(0, bottom - 4 - title.count - question.parts.count - complaint.count)
        let offered = part.matching(manner.keymap).prefix(spare)
        let height = title.count + offered.count + (offered.isEmpty ? 0 : 1) + question.parts.count + complaint.count
        let inside = box(&screen, height, "")
        var row = inside.row
        for line in title {
            screen.put(line, row, inside.columns.lowerBound, Style(.plain, bold: row == inside.row))
            row += 1
        }
        for (number, choice) in offered {
            screen.put(fit("\(number) \(choice)", columns, pad: false), row, inside.columns.lowerBound)
            row += 1
        }
        if !offered.isEmpty {
            screen.put(fit(say(.choicesHint), columns, pad: false), row, inside.columns.lowerBound, .dim)
            row += 1
        }
        for (index, part) in question.parts.enumerated() {
            let isHidden = part.isSecret || part.looksLikeCode
            let text = isHidden ? String(repeating: "*", count: part.field.text.count) : part.field.text
            let label = mark(say(part.word)) + " : "
            let at = inside.columns.lowerBound + screen.put(label, row, inside.columns.lowerBound, .dim)
            screen.put(
                fit(text, max(1, inside.columns.upperBound - at), pad: false), row, at, Style(.plain, bold: true))
            if index == question.at {
                let caret = at + CellWidth.of(text.prefix(part.field.caret))
                screen.cursor = Screen.Place(row: row, column: min(caret, inside.columns.upperBound - 1))
            }
            row += 1
        }
        for line in complaint {
            screen.put(line, row, inside.columns.lowerBound, question.isSent ? .dim : .critical)
            row += 1
        }
    }

    private func drawLot(_ screen: inout Screen, _ picks: [SignPick], _ drawn: [String], _ at: Int) {
        guard drawn.indices.contains(at) else {
            page(&screen, say(.lotTitle), lotLines(picks, drawn).flatMap { folded($0) }, fileTop)
            return
        }
        let title = say(.sampleTitle, String(at + 1), String(drawn.count))
        screen.clear(1..<bottom + 1, pageColumns)
        drawSheet(&screen, pageColumns, sheets[drawn[at]], title: title, top: fileTop, current: nil)
    }

    private func drawFile(_ screen: inout Screen, _ columns: Range<Int>) {
        let title = sheet.map { "\(say(.file)) \($0.number) \($0.patient) \($0.civil)" } ?? say(.file)
        drawSheet(&screen, columns, sheet, title: title, top: nil, current: result)
    }

    /// `top` nil: as far as the current result needs.
    private func drawSheet(
        _ screen: inout Screen, _ columns: Range<Int>, _ sheet: SignSheet?, title: String, top: Int?, current: Int?
    ) {
        screen.frame(
            1..<bottom + 1, columns, title: fit(title, columns.count - 3, pad: false), manner.signs, pane == 2)
        let inside = columns.lowerBound + 1..<columns.upperBound - 1
        guard let sheet else {
            let word: SignWord = isLoaded && self.current == nil ? .nothing : .loading
            screen.put(fit(say(word), inside.count), 2, inside.lowerBound, .dim)
            return
        }
        let lines = fileLines(sheet, inside.count)
        let room = bottom - 2
        var start = top ?? 0
        if top == nil, let place = lines.lastIndex(where: { $0.result == current && current != nil }) {
            // The context stays in sight as long as the current result does too.
            start = place < room ? 0 : place - room + 2
        }
        if top == nil { start += fileTop }
        start = max(0, min(start, lines.count - room))
        let below = lines.count - start - room
        if below > 0 {
            let more = mark(say(.more, String(below)))
            screen.put(more, bottom, max(columns.lowerBound + 1, columns.upperBound - 2 - CellWidth.of(more)), .title)
        }
        for (offset, line) in lines.dropFirst(start).prefix(room).enumerated() {
            screen.put(fit(line.text, inside.count, pad: false), 2 + offset, inside.lowerBound, line.style)
            if pane == 2, let current, line.result == current { screen.reverse(2 + offset, inside) }
        }
    }
}
