import Base
import Laboratory

extension Workbench {
    /// Left pane, with its frame; shown from that width on.
    static let leftPane = 16
    static let leftPaneFrom = 60
    static let rightPaneFrom = 100

    /// The screen that stands for this state.
    package func draw() -> Screen {
        var screen = Screen(width: face.width, height: face.height)
        drawStatus(&screen)
        if house.link == .locked {
            // Nothing of a patient while nobody is here.
            drawFooter(&screen)
            drawOverlay(&screen, 0..<face.width)
            return screen
        }
        let left = face.width >= Workbench.leftPaneFrom ? Workbench.leftPane : 0
        let right = hasRightPane ? max(32, face.width * 28 / 100) : 0
        let middle = left..<(face.width - right)
        if left > 0 { drawLists(&screen, 0..<left) }
        drawRows(&screen, middle)
        drawLower(&screen, middle)
        if right > 0 { drawDetail(&screen, (face.width - right)..<face.width) }
        drawNotice(&screen)
        drawFooter(&screen)
        drawOverlay(&screen, middle)
        return screen
    }

    /// What waits in triage, and analyzers, have their detail below: the list takes the room.
    var hasRightPane: Bool {
        face.width >= Workbench.rightPaneFrom && face.list != .triage && face.list != .analyzers
    }

    var bottomFrame: Int { face.height - 3 }
    func fit(_ text: String, _ columns: Int, pad: Bool = true) -> String {
        CellWidth.fit(manner.signs.text(text), columns, pad: pad, cut: manner.signs.cut)
    }
    func mark(_ text: String) -> String { manner.signs.text(text) }
    func clock(_ instant: Instant) -> String {
        let t = CivilTime(instant, in: manner.zone)
        return padded(t.hour, 2) + ":" + padded(t.minute, 2)
    }
    func day(_ instant: Instant) -> String {
        let t = CivilTime(instant, in: manner.zone)
        if t.date == CivilTime(now, in: manner.zone).date { return clock(instant) }
        return padded(t.date.day, 2) + "/" + padded(t.date.month, 2) + " " + clock(instant)
    }
    /// `00:42`, `3 j`
    func waited(_ since: Instant) -> String {
        let minutes = max(0, Int(since.minutes(to: now)))
        if minutes >= 48 * 60 { return "\(minutes / 1440) \(words[.daysShort])" }
        return padded(minutes / 60, 2) + ":" + padded(minutes % 60, 2)
    }

    // Status: the counts of controls and triage are placed first, so that no width hides them.

    private func drawStatus(_ screen: inout Screen) {
        let signs = manner.signs
        let controls = house.controlCounts
        var right: [(String, Style)] = []
        right.append(
            ("\(words[.triageCount]) \(counted(.triage))", Style(house.triageOpen > 0 ? .held : .plain, bold: true)))
        let told = controls.text(signs, absentWord: "?", exemptWord: words[.stateExempt], gap: "")
        right.append((words[.qualityCount] + told, controls.style))
        let dead = house.deadAnalyzers
        let analyzers =
            "\(words[.analyzersCount]) \(house.analyzers.count - dead.count)/\(house.analyzers.count)"
            + (dead.first.map { " \(signs.rejected)\($0.name)" } ?? "")
        right.append((analyzers, Style(dead.isEmpty ? .plain : .quality, bold: !dead.isEmpty)))
        let network: (String, Style) =
            switch house.link {
            case .connecting: (words[.networkConnecting], .plain)
            case .online: (words[.networkOK], .plain)
            case .offline: (signs.rejected, .critical)
            case .locked: (words[.networkLocked], Style(.held, bold: true))
            }
        right.append((words[.network] + " " + network.0, network.1))
        right.append((clock(now), .plain))
        var end = screen.width - 1
        for (text, style) in right {
            let shown = mark(text)
            let start = end - CellWidth.of(shown)
            guard start >= 0 else { break }
            screen.put(shown, 0, start, style)
            end = start - 2
        }
        let path =
            " "
            + [house.site, house.person, sectionName, words[face.list.word]].filter { !$0.isEmpty }
            .joined(separator: " \(signs.path) ")
        if end > 8 { screen.put(fit(path, end - 1, pad: false), 0, 0, .title) }
    }

    /// `Biochimie`, while the list holds only what is of it.
    private var sectionName: String {
        guard face.list.isOfTubes, let section = face.section else { return "" }
        return section.prefix(1).uppercased() + section.dropFirst()
    }

    // Frames

    func frame(_ screen: inout Screen, _ rows: Range<Int>, _ columns: Range<Int>, title: String, focused: Bool) {
        let signs = manner.signs
        let style = focused ? Style(.title, bold: true) : Style(.dim)
        guard columns.count >= 4, rows.count >= 2 else { return }
        let corners = signs.corners
        for row in [rows.lowerBound, rows.upperBound - 1] {
            screen.fill(row, columns, style, glyph: signs.horizontal)
        }
        for row in rows.lowerBound + 1..<rows.upperBound - 1 {
            screen.put(String(signs.vertical), row, columns.lowerBound, style)
            screen.put(String(signs.vertical), row, columns.upperBound - 1, style)
        }
        screen.put(String(corners[0]), rows.lowerBound, columns.lowerBound, style)
        screen.put(String(corners[1]), rows.lowerBound, columns.upperBound - 1, style)
        screen.put(String(corners[2]), rows.upperBound - 1, columns.lowerBound, style)
        screen.put(String(corners[3]), rows.upperBound - 1, columns.upperBound - 1, style)
        screen.put(fit(title, columns.count - 3, pad: false), rows.lowerBound, columns.lowerBound + 1, style)
    }

    /// With the key that goes there: where digits are typed into a cell, it is another one.
    func paneName(_ number: Int, _ name: String) -> String {
        let actions: [Action] = [.pane1, .pane2, .pane3, .pane4]
        return (takesDigits && number != face.pane ? manner.name(actions[number - 1]) : String(number)) + " " + name
    }

    private func drawLists(_ screen: inout Screen, _ columns: Range<Int>) {
        frame(&screen, 1..<bottomFrame + 1, columns, title: paneName(1, words[.paneLists]), focused: face.pane == 1)
        for (index, list) in ListKind.allCases.enumerated() where 2 + index < bottomFrame {
            let count = count(of: list)
            let number = mark(counted(list))
            let inside = columns.count - 2
            let name = fit(words[list.word], inside - number.count - 1)
            let style: Style =
                switch list {
                case .quality where count > 0: Style(.quality, bold: true)
                case .triage where count > 0, .reflexes where count > 0: Style(.held, bold: true)
                case .calls where count > 0, .urgent where count > 0: Style(.critical, bold: true)
                case .analyzers where count > 0: Style(.quality)
                case .urgent, .waiting, .held, .quality, .triage, .calls, .reflexes, .reception, .requests,
                    .analyzers:
                    .plain
                }
            screen.put(name + " " + number, 2 + index, columns.lowerBound + 1, style)
            if list == face.list { screen.reverse(2 + index, columns.lowerBound + 1..<columns.upperBound - 1) }
        }
    }

    // The list

    private func drawRows(_ screen: inout Screen, _ columns: Range<Int>) {
        let rows = 1..<(2 + listRows + 1)
        var title =
            paneName(2, face.list.isOfTubes ? words[.paneTubes] : words[face.list.word]) + " (\(face.rows.count))"
        if let cut = cutWords { title += " " + cut }
        if !face.filter.isEmpty { title += " /" + face.filter }
        if face.list.isOfTubes, face.order != .usual { title += " · " + say(.orderTaken, words[face.order.word]) }
        if arrivals > 0 {
            title += "  " + say(.arrivals, String(arrivals), manner.name(.refresh))
        }
        frame(&screen, rows, columns, title: title, focused: face.pane == 2)
        let inside = columns.lowerBound + 1..<columns.upperBound - 1
        guard !face.rows.isEmpty else {
            screen.put(fit(emptyWords, inside.count), 2, inside.lowerBound, .dim)
            return
        }
        for offset in 0..<listRows where face.rows.indices.contains(face.top + offset) {
            let key = face.rows[face.top + offset]
            let row = 2 + offset
            switch face.list {
            case .waiting, .urgent, .held, .calls: drawTube(&screen, row, inside, key)
            case .quality: drawQuality(&screen, row, inside, key)
            case .triage: drawTriage(&screen, row, inside, key)
            case .reflexes: drawReflex(&screen, row, inside, key)
            case .reception, .requests: drawRequest(&screen, row, inside, key)
            case .analyzers: drawAnalyzer(&screen, row, inside, key)
            }
            if face.top + offset == face.cursor { screen.reverse(row, inside) }
        }
    }

    /// Pieces from left to right; the flexible one takes what is left.
    func line(
        _ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ pieces: [(text: String, width: Int, style: Style)]
    ) {
        let fixed = pieces.reduce(0) { $0 + max($1.width, 0) } + pieces.count - 1
        var at = columns.lowerBound
        for piece in pieces {
            let width = piece.width > 0 ? piece.width : max(4, columns.count - fixed)
            let room = min(width, columns.upperBound - at)
            guard room > 0 else { return }
            screen.put(fit(piece.text, room), row, at, piece.style)
            at += room + 1
        }
    }

    private func drawTube(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        let signs = manner.signs
        let chosen = face.selected.contains(key) ? signs.selected : " "
        guard let tube = tube(key) else {
            if let call = house.callElsewhere(key) {
                let isLate = call.isOverdue || call.due < now
                return line(
                    &screen, row, columns,
                    [
                        (chosen, 1, .dim), (signs.critical, signs.isASCII ? 4 : 3, Style(.critical, bold: true)),
                        (key, 13, .plain), (call.patient, 0, .plain), (call.told, 14, Style(.critical, bold: true)),
                        (say(.callBefore, clock(call.due)), 11, isLate ? .critical : Style(.held)),
                    ])
            }
            // Done here or elsewhere: its row stays until the list is asked for anew.
            let file = house.files.values.first { file in file.tubes.contains { $0.accession == key } }
            line(
                &screen, row, columns,
                [
                    (chosen, 1, .dim), (signs.proposable, signs.isASCII ? 4 : 3, .dim), (key, 13, .dim),
                    (file?.patient ?? "", 0, .dim),
                    (words[.validated], 9, .dim),
                ])
            return
        }
        let first = (tube.urgent ? signs.urgent : "  ") + (tube.isCritical ? signs.critical : "")
        let state =
            tube.held > 0 ? "\(signs.held) \(words[.held]) \(tube.held)" : "\(signs.proposable) \(words[.proposable])"
        let isNew = tube.lines.contains { changed[$0.id] != nil }
        let codes = tube.lines.prefix(6).map(\.analysis).joined(separator: " ")
        var pieces: [(text: String, width: Int, style: Style)] = [
            (isNew ? signs.bullet : chosen, 1, Style(.changed, bold: true)),
            (first, signs.isASCII ? 4 : 3, tube.isCritical ? Style(.critical, bold: true) : Style(.urgent)),
            (tube.key, 13, .plain), (tube.patient, 0, tube.urgent ? Style(.plain, bold: true) : .plain),
        ]
        if columns.count >= 56 { pieces.append((civil(tube.civil), 6, .plain)) }
        if columns.count >= 76 { pieces.append((codes, 18, .dim)) }
        pieces.append((waited(tube.since), 5, .dim))
        pieces.append((state, signs.isASCII ? 13 : 11, Style(tube.held > 0 ? .held : .good)))
        line(&screen, row, columns, pieces)
    }

    func qualityWords(_ state: String) -> (text: String, style: Style) {
        let signs = manner.signs
        switch state {
        case "REJET": return ("\(signs.rejected) \(words[.stateRejected])", .critical)
        case "ECHU": return ("\(signs.expired) \(words[.stateExpired])", Style(.expired))
        case "CONFORME": return ("\(signs.proposable) \(words[.stateOK])", Style(.good))
        case "CORRIGE": return ("\(signs.corrected) \(words[.stateCorrected])", Style(.expired, underline: true))
        case QualityRow.exempt: return (words[.stateExempt], .dim)
        case _: return (words[.stateNone], .dim)
        }
    }

    private func drawQuality(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        guard let quality = house.quality.first(where: { $0.key == key }) else { return }
        let state = qualityWords(quality.state)
        line(
            &screen, row, columns,
            [
                (quality.analyzer, 12, .plain), (quality.analysis, 8, Style(.plain, bold: true)),
                (state.text, 16, state.style),
                (quality.rules.joined(separator: " ") + " " + because(of: quality), 0, .plain),
            ])
    }

    private func drawTriage(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        guard let entry = house.triage.first(where: { $0.id == key }) else {
            screen.put(fit(manner.signs.proposable, columns.count), row, columns.lowerBound, .dim)
            return
        }
        // As wide as they are here, so that tube, analysis and value have the rest.
        func width(_ most: Int, _ text: (TriageRow) -> String) -> Int {
            min(most, house.triage.map { CellWidth.of(mark(text($0))) }.max() ?? most)
        }
        line(
            &screen, row, columns,
            [
                (day(entry.at), width(11) { day($0.at) }, .dim),
                (entry.analyzer, width(10, \.analyzer), .plain),
                (reason(of: entry), width(20) { reason(of: $0) }, Style(.held)),
                (entry.accession, width(13, \.accession), .plain),
                (entry.code + " " + entry.value, 0, .plain),
            ])
    }

    private func drawRequest(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        guard let request = house.requests.first(where: { $0.number == key }) else { return }
        line(
            &screen, row, columns,
            [
                (request.urgent ? manner.signs.urgent : "", 2, Style(.urgent)), (request.number, 14, .plain),
                (request.patient, 22, request.urgent ? Style(.plain, bold: true) : .plain),
                (request.analyses.joined(separator: " "), 0, .dim), (day(request.at), 11, .dim),
            ])
    }

    private func drawReflex(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        guard let reflex = house.reflexes.first(where: { $0.key == key }) else {
            // Decided here or elsewhere: its row stays until the list is asked for anew.
            screen.put(fit("\(manner.signs.proposable) \(key)", columns.count), row, columns.lowerBound, .dim)
            return
        }
        line(
            &screen, row, columns,
            [
                (reflex.request, 13, .plain), (reflex.adds.joined(separator: " "), 9, Style(.held, bold: true)),
                (reflex.because, 0, .plain), (waited(reflex.at), 5, .dim),
            ])
    }

    private func drawAnalyzer(_ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ key: String) {
        guard let analyzer = house.analyzers.first(where: { $0.name == key }) else { return }
        let name = min(14, house.analyzers.map { CellWidth.of($0.name) }.max() ?? 14)
        var pieces: [(text: String, width: Int, style: Style)] = [
            (
                analyzer.isWell ? manner.signs.proposable : manner.signs.rejected, manner.signs.isASCII ? 4 : 2,
                Style(analyzer.isWell ? .good : .quality)
            ),
            (analyzer.name, name, .plain), (state(of: analyzer), 0, analyzer.isWell ? .plain : Style(.quality)),
        ]
        // What it is doing comes first; the numbers stand below the list too.
        var room = columns.count - pieces[0].width - name - Workbench.stateRoom
        for (text, width) in [
            ("\(words[.messages]) \(analyzer.messages)", 14), ("\(words[.orders]) \(analyzer.orders)", 20),
        ] where room > width {
            pieces.append((text, width, .dim))
            room -= width + 1
        }
        line(&screen, row, columns, pieces)
    }

    /// Columns that the state of an analyzer has before its numbers have any, with the blanks beside it.
    private static let stateRoom = 28
}
