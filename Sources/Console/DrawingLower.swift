import Base
import Laboratory

extension Workbench {
    // Results, or what explains a row that has none

    func drawLower(_ screen: inout Screen, _ columns: Range<Int>) {
        let rows = (1 + listRows + 1)..<(bottomFrame + 1)
        let title: String =
            switch face.list {
            case .quality:
                paneName(3, words[.paneChart])
                    + (chartPane.count > resultRows
                        ? " (\(min(face.chartTop + resultRows, chartPane.count))/\(chartPane.count))" : "")
            case .triage, .analyzers: paneName(3, words[.paneDetail])
            case .waiting, .urgent, .held, .calls, .reflexes, .reception, .requests:
                // Before the name: no width hides it.
                paneName(3, words[.paneResults])
                    + (currentFile.map { " \($0.number) " + (doubt(of: $0).map { "\($0) " } ?? "") + $0.patient } ?? "")
            }
        frame(&screen, rows, columns, title: title, focused: face.pane == 3)
        // One line for the two frames.
        let signs = manner.signs
        screen.put(String(signs.corners[4]), rows.lowerBound, columns.lowerBound, .dim)
        screen.put(String(signs.corners[5]), rows.lowerBound, columns.upperBound - 1, .dim)
        let inside = columns.lowerBound + 1..<columns.upperBound - 1
        let first = rows.lowerBound + 1
        switch face.list {
        case .quality:
            for (offset, text) in chartPane.dropFirst(face.chartTop).prefix(resultRows).enumerated() {
                screen.put(fit(text, inside.count), first + offset, inside.lowerBound)
            }
        case .triage:
            let entry = face.key.flatMap { key in house.triage.first { $0.id == key } }
            // What is to be attached, whole, whatever the width of the list.
            let what = entry.map { [$0.accession, $0.code, $0.value, $0.analyzer].filter { !$0.isEmpty } } ?? []
            let told = [what.joined(separator: " · "), entry.map { explanation(of: $0) } ?? ""]
            for (offset, text) in told.flatMap({ CellWidth.fold(mark($0), inside.count) }).prefix(
                resultRows
            )
            .enumerated() {
                screen.put(text, first + offset, inside.lowerBound)
            }
        case .analyzers:
            guard let row = face.key.flatMap({ key in house.analyzers.first { $0.name == key } }) else { return }
            let lines = [
                "\(row.name) : \(state(of: row))", "\(words[.messages]) \(row.messages)",
                "\(words[.pending]) \(row.pending)", "\(words[.orders]) \(row.orders)",
            ]
            let folded = lines.flatMap { CellWidth.fold(mark($0), inside.count) }
            for (offset, text) in folded.prefix(resultRows).enumerated() {
                screen.put(text, first + offset, inside.lowerBound)
            }
        case .waiting, .urgent, .held, .calls, .reflexes, .reception, .requests:
            drawWhy(&screen, first + resultRows, inside)
            let results = results
            for offset in 0..<resultRows where results.indices.contains(face.resultTop + offset) {
                let index = face.resultTop + offset
                drawResult(&screen, first + offset, inside, results[index], isCurrent: index == face.result)
            }
        }
    }

    /// Sign, letter and colour of a flag: never one of them alone.
    func flagMark(_ line: Line) -> (text: String, style: Style) {
        let signs = manner.signs
        let letter: (ResultFlag) -> String = { flag in
            switch flag {
            case .criticallyHigh: signs.above + signs.critical + words[.criticalShort]
            case .criticallyLow: signs.below + signs.critical + words[.criticalShort]
            case .high: signs.above + words[.high]
            case .low: signs.below + words[.low]
            case .abnormal: signs.above + "A"
            case .positive: "POS"
            case .detected: "DET"
            case .normal, .negative, .notDetected: ""
            }
        }
        let order: [ResultFlag] = [
            .criticallyHigh, .criticallyLow, .high, .low, .abnormal, .positive, .detected,
        ]
        guard let flag = order.first(where: { line.flags.contains($0) }) else {
            return line.isCritical ? (signs.critical + words[.criticalShort], .critical) : ("", .plain)
        }
        let isCritical = flag == .criticallyHigh || flag == .criticallyLow
        return (letter(flag), isCritical ? .critical : Style(.range, bold: true))
    }

    /// `columns`: room for the codes of the holds, which are shown whole or not at all.
    func stateMark(_ row: ResultRow, _ columns: Int) -> (text: String, style: Style) {
        let signs = manner.signs
        guard let line = row.line else { return ("", .dim) }
        switch line.state {
        case .signed: return (words[.signed], .dim)
        case .validated: return ("\(signs.proposable) \(words[.validated])", Style(.good))
        case .rejected: return (words[.rejected], .dim)
        case .waiting:
            if line.stops.isEmpty { return ("\(signs.proposable) \(words[.proposable])", Style(.good)) }
            let control =
                line.holds.contains { $0.code == .qualityControlRejected } ? " \(signs.rejected)\(words[.control])" : ""
            var text = "\(signs.held) \(words[.held]) \(line.stops.count)\(control)"
            for (index, hold) in line.stops.enumerated() {
                let more = (index == 0 ? " " : ", ") + hold.code.rawValue
                guard CellWidth.of(mark(text + more)) <= columns else { break }
                text += more
            }
            return (text, Style(.held))
        }
    }

    /// A draft beside the value that stands: what is not at the server never takes its place.
    private func draftMark(_ draft: Draft, _ result: ResultRow) -> (text: String, style: Style) {
        // As it will be stored, with its unit, once it is accepted.
        let unit = draft.isAccepted && TypedValue(typed: draft.text)?.isNumber == true ? " " + result.unit : ""
        let sign = draft.isAccepted ? manner.signs.waiting : mark("…")
        return (
            (TypedValue(typed: draft.text)?.isNumber == true ? draft.text.replacing(".", with: ",") : draft.text) + unit
                + " " + sign,
            Style(draft.complaint == nil ? .held : .critical, underline: true)
        )
    }

    private func drawResult(
        _ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ result: ResultRow, isCurrent: Bool
    ) {
        let signs = manner.signs
        let draft = drafts.first { $0.request == currentRequest && $0.analysis == result.analysis }
        let width = columns.count >= 70 ? 18 : 17
        var entry: CellEntry?
        if case .entry(let typed) = face.mode, isCurrent, typed.analysis == result.analysis { entry = typed }
        var value = (text: result.line?.valueAndUnit ?? words[.noValue], style: result.line == nil ? .dim : Style.plain)
        if result.line.map({ changed[$0.id] != nil }) == true {
            value.style = Style(.changed, bold: true, underline: true)
        }
        if result.line?.isCritical == true { value.style.bold = true }
        if (result.line?.run ?? 1) > 1 { value.text += " " + signs.corrected }
        var pieces: [(text: String, width: Int, style: Style)] = [(result.analysis, 7, Style(.plain, bold: true))]
        if columns.count >= 84 { pieces.append((result.name == result.analysis ? "" : result.name, 20, .dim)) }
        var fixed = pieces.reduce(0) { $0 + $1.width + 1 } + width + 9
        if columns.count >= 60 { fixed += 12 }
        // The flag is that of the value beside it.
        let flag = result.line.map { flagMark($0) } ?? ("", .plain)
        var state = stateMark(result, columns.count - fixed)
        if let draft, entry == nil {
            let mark = draftMark(draft, result)
            if result.line == nil { value = mark } else { state = mark }
        }
        pieces.append((value.text, width, value.style))
        pieces.append((flag.text, 7, flag.style))
        if columns.count >= 60 {
            let bounds = result.line.map { manner.language.bounds($0.interval, $0.nature) } ?? ""
            // A word before the figures is never what is cut off.
            pieces.append((bounds, min(15, max(11, CellWidth.of(bounds))), .dim))
        }
        pieces.append((state.text, 0, state.style))
        line(&screen, row, columns, pieces)
        if let entry {
            let at = columns.lowerBound + 8 + (columns.count >= 84 ? 21 : 0)
            drawEntry(&screen, row, at..<at + width, columns, entry)
        } else if isCurrent {
            if face.pane == 3 {
                screen.reverse(row, columns)
            } else {
                screen.reverse(row, columns.lowerBound..<columns.lowerBound + 7)
            }
        }
    }

    private func drawEntry(
        _ screen: inout Screen, _ row: Int, _ cell: Range<Int>, _ columns: Range<Int>, _ entry: CellEntry
    ) {
        // Neither the old value nor its flag stands beside what is typed.
        screen.clear(row..<row + 1, cell.lowerBound..<columns.upperBound)
        screen.fill(row, cell, Style(.plain, underline: true), glyph: " ")
        let text = fit(entry.field.text, cell.count - 1, pad: false)
        screen.put(text, row, cell.lowerBound, Style(.plain, bold: true, underline: true))
        if entry.isSelected { screen.reverse(row, cell.lowerBound..<cell.lowerBound + CellWidth.of(text)) }
        screen.cursor = Screen.Place(
            row: row,
            column: min(
                cell.lowerBound + CellWidth.of(entry.field.text.prefix(entry.field.caret)), cell.upperBound - 1))
        let beside: (text: String, style: Style)? =
            if let complaint = entry.complaint {
                (complaint, Style(.critical, bold: true))
            } else if entry.first != nil {
                (words[.twiceAgain], Style(.interference, bold: true))
            } else if !entry.codes.isEmpty {
                (entry.codes.joined(separator: " · "), Style(.interference))
            } else if let replaced = entry.replaces {
                (say(.replacing, replaced), Style(.held))
            } else {
                nil
            }
        if let beside { under(&screen, row, cell.upperBound + 1, columns, beside.text, beside.style) }
    }

    /// Why the result of the cursor is held, and what it is held against, in two or three rows.
    private func drawWhy(_ screen: inout Screen, _ first: Int, _ columns: Range<Int>) {
        guard whyRows > 0, let result = currentResult, let line = result.line else { return }
        var about = [line.analyzer ?? line.author.map { say(.typedBy, $0) } ?? "", clock(line.observedAt)]
        if let prior = currentFile?.priors[result.analysis] {
            about.append("\(words[.prior]) \(prior.value) (\(day(prior.at)))")
        }
        if let past = currentFile?.pasts[result.analysis], past.points.count > 1 {
            about.append(Trend.spark(past.points, low: past.low, high: past.high, signs: manner.signs))
        }
        if let comment = line.comment { about.append(comment) }
        var rows: [(String, Style)] = [
            (([result.analysis] + about.filter { !$0.isEmpty }).joined(separator: " · "), .dim)
        ]
        if let call = currentCall {
            rows[0] = (manner.signs.critical + " " + timer(of: call), .critical)
        } else if let telling = house.tellings[line.id] {
            rows[0] = ("\(result.analysis) · " + said(telling), Style(.good))
        }
        let holds = line.stops.map { "\($0.code.rawValue) \(reason(of: $0))" }.joined(separator: " ; ")
        if holds.isEmpty {
            rows.append((words[.nothingHolds], Style(.good)))
        } else {
            let folded = CellWidth.fold(mark("\(manner.signs.held) \(holds)"), columns.count)
            let room = whyRows - 1
            for (index, text) in folded.prefix(room).enumerated() {
                let isCut = index == room - 1 && folded.count > room
                let more = " " + mark("… ") + manner.name(.why)
                let short = CellWidth.fold(text, columns.count - CellWidth.of(more)).first ?? ""
                rows.append((isCut ? short + more : text, Style(.held)))
            }
        }
        for (offset, row) in rows.prefix(whyRows).enumerated() {
            screen.put(fit(row.0, columns.count, pad: false), first + offset, columns.lowerBound, row.1)
        }
    }

    /// Words beside a cell, on its own row.
    private func under(
        _ screen: inout Screen, _ row: Int, _ column: Int, _ columns: Range<Int>, _ text: String, _ style: Style
    ) {
        screen.put(fit(text, columns.upperBound - column, pad: false), row, column, style)
    }

    // Detail

    func drawDetail(_ screen: inout Screen, _ columns: Range<Int>) {
        frame(&screen, 1..<bottomFrame + 1, columns, title: paneName(4, words[.paneDetail]), focused: face.pane == 4)
        let inside = columns.lowerBound + 1..<columns.upperBound - 1
        var row = 2
        for (text, style) in detail(inside.count) {
            guard row < bottomFrame else { return }
            screen.put(fit(text, inside.count, pad: false), row, inside.lowerBound, style)
            row += 1
        }
    }

    private func style(of code: Hold.Code) -> Style {
        if code == .interference || code == .interferenceBias { return Style(.interference, bold: true) }
        return switch code.severity {
        case .forbids: Style(.critical, bold: true)
        case .needsReason: Style(.held)
        case .shown: .dim
        }
    }

    /// What is known of the result of the cursor, line by line.
    func detail(_ columns: Int) -> [(String, Style)] {
        if face.list == .quality, let row = currentControl { return controlLines(row, columns) }
        guard let result = currentResult, face.list != .quality, face.list != .triage, face.list != .analyzers else {
            return []
        }
        var out: [(String, Style)] = []
        func fold(_ text: String, _ style: Style = .plain) {
            for line in CellWidth.fold(mark(text), columns) { out.append((line, style)) }
        }
        fold(result.title, Style(.plain, bold: true))
        if let line = result.line {
            let flag = flagMark(line)
            fold(
                line.valueAndUnit + (flag.text.isEmpty ? "" : "  " + flag.text), flag.text.isEmpty ? .plain : flag.style
            )
            if let draft = drafts.first(where: { $0.request == currentRequest && $0.analysis == result.analysis }) {
                fold("\(words[draft.isAccepted ? .entryWaits : .typing]) \(draft.text)", Style(.held, underline: true))
                if let complaint = draft.complaint { fold(complaint, .critical) }
            }
            if !line.interval.isEmpty { fold("\(words[Word(line.nature)]) \(line.interval)") }
            if let prior = currentFile?.priors[result.analysis] {
                fold("\(words[.prior]) \(prior.value) (\(day(prior.at)))")
            }
            if let past = currentFile?.pasts[result.analysis], past.points.count > 1 {
                let spark = Trend.spark(past.points, low: past.low, high: past.high, signs: manner.signs)
                fold("\(words[.trend]) \(spark)" + (Trend.difference(past.points).map { "  Δ \($0)" } ?? ""))
            }
            let from = line.analyzer ?? line.author.map { say(.typedBy, $0) } ?? ""
            fold(say(.measured, day(line.observedAt)) + " " + from, .dim)
            if let text = uncertainty((line.analyzer ?? "") + "/" + line.analysis) { fold(text) }
            if line.run > 1 {
                fold(manner.signs.corrected + " " + say(.run, String(line.run)), Style(.changed, underline: true))
            }
            if let comment = line.comment { fold("\(words[.comment]) : \(comment)", .dim) }
            if let call = currentCall {
                fold(manner.signs.critical + " " + timer(of: call), .critical)
            }
            if let telling = house.tellings[line.id] { fold(said(telling), Style(.good)) }
            out.append(("", .plain))
            if line.stops.isEmpty {
                fold(words[.nothingHolds], Style(.good))
            } else {
                fold(words[.heldFor], Style(.held, bold: true))
            }
            for hold in line.holds { fold("\(hold.code.rawValue) \(reason(of: hold))", style(of: hold.code)) }
        } else {
            fold(words[.waitsHere], .dim)
        }
        for row in reflexesHere {
            fold("\(row.adds.joined(separator: ", ")) : \(row.because) (\(row.rule))", Style(.held, bold: true))
            if isPossible(.reflex) { fold("\(manner.name(.reflex)) \(words[.actionReflex])", .dim) }
        }
        if let file = currentFile {
            out.append(("", .plain))
            fold("\(file.patient) \(civil(file.civil))", Style(.plain, bold: true))
            fold("\(words[.identity]) \(identity(file.identity))", .dim)
            if let doubt = doubt(of: file) { fold(doubt, .critical) }
            fold("\(words[.prescriber]) \(file.prescriber)", .dim)
            for tube in file.tubes {
                let received = tube.received.map { clock($0) } ?? words[.notReceived]
                fold(
                    "\(words[.tubeNumber]) \(tube.accession) \(tube.tube) \(received)",
                    tube.received == nil ? Style(.expired) : .dim)
                if let nonconformity = tube.nonconformity {
                    fold("\(words[.nonconform]) : \(nonconformity)", Style(.held, bold: true))
                }
            }
        }
        return out
    }
}
