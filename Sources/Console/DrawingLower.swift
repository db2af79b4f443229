import Base
import Laboratory

extension Workbench {
    // Results, or what explains a row that has none

    func drawLower(_ screen: inout Screen, _ columns: Range<Int>) {
        let rows = (1 + listRows + 1)..<(bottomFrame + 1)
        let title: String =
            switch face.list {
            case .quality: "3 " + words[.paneChart]
            case .triage, .analyzers: "3 " + words[.paneDetail]
            case .waiting, .urgent, .held, .calls, .reception, .requests:
                "3 " + words[.paneResults] + (currentFile.map { " \($0.number) \($0.patient)" } ?? "")
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
            let lines = face.key.flatMap { house.charts[$0] } ?? []
            for (offset, text) in lines.prefix(resultRows).enumerated() {
                screen.put(fit(text, inside.count), first + offset, inside.lowerBound)
            }
        case .triage:
            let entry = face.key.flatMap { key in house.triage.first { $0.id == key } }
            for (offset, text) in CellWidth.fold(mark(entry?.explanation ?? ""), inside.count).prefix(resultRows)
                .enumerated()
            {
                screen.put(text, first + offset, inside.lowerBound)
            }
        case .analyzers: break
        case .waiting, .urgent, .held, .calls, .reception, .requests:
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

    func stateMark(_ row: ResultRow) -> (text: String, style: Style) {
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
            let codes = line.stops.map(\.code.rawValue).joined(separator: ", ")
            return ("\(signs.held) \(words[.held]) \(line.stops.count)\(control) \(codes)", Style(.held))
        }
    }

    private func drawResult(
        _ screen: inout Screen, _ row: Int, _ columns: Range<Int>, _ result: ResultRow, isCurrent: Bool
    ) {
        let signs = manner.signs
        let draft = drafts.first { $0.request == currentRequest && $0.analysis == result.analysis }
        let isTyped: Bool
        if case .entry(let entry) = face.mode {
            isTyped = isCurrent && entry.analysis == result.analysis
        } else {
            isTyped = false
        }
        var value = result.line?.valueAndUnit ?? words[.noValue]
        var style = result.line == nil ? Style.dim : Style.plain
        if let draft, !isTyped {
            // As it will be stored, with its unit, once it is accepted.
            let unit = draft.isAccepted && TypedValue(typed: draft.text)?.isNumber == true ? " " + result.unit : ""
            value = draft.text.replacing(".", with: ",") + unit + " " + (draft.isAccepted ? signs.waiting : "…")
            style = Style(draft.complaint == nil ? .held : .critical, underline: true)
        }
        let flag = result.line.map { flagMark($0) } ?? ("", .plain)
        let state = stateMark(result)
        if result.line.map({ changed[$0.id] != nil }) == true { style = Style(.changed, bold: true, underline: true) }
        if result.line?.isCritical == true { style.bold = true }
        if (result.line?.run ?? 1) > 1, draft == nil { value += " " + signs.corrected }
        var pieces: [(text: String, width: Int, style: Style)] = [(result.analysis, 7, Style(.plain, bold: true))]
        if columns.count >= 84 { pieces.append((result.name, 20, .dim)) }
        pieces.append((value, 18, style))
        pieces.append((flag.text, 7, flag.style))
        if columns.count >= 60 { pieces.append((result.line?.interval ?? "", 13, .dim)) }
        pieces.append((state.text, 0, state.style))
        line(&screen, row, columns, pieces)
        let valueAt = columns.lowerBound + 8 + (columns.count >= 84 ? 21 : 0)
        if isTyped, case .entry(let entry) = face.mode {
            screen.clear(row..<row + 1, valueAt..<valueAt + 18)
            screen.fill(row, valueAt..<valueAt + 18, Style(.plain, underline: true), glyph: " ")
            screen.put(fit(entry.field.text, 17, pad: false), row, valueAt, Style(.plain, bold: true, underline: true))
            screen.cursor = Screen.Place(
                row: row, column: min(valueAt + CellWidth.of(entry.field.text.prefix(entry.field.caret)), valueAt + 17))
            if let complaint = entry.complaint {
                under(&screen, row, valueAt, columns, complaint, Style(.critical, bold: true))
            }
            if entry.first != nil, entry.complaint == nil {
                under(&screen, row, valueAt, columns, words[.twiceAgain], Style(.interference, bold: true))
            } else if !entry.codes.isEmpty {
                under(&screen, row, valueAt, columns, entry.codes.joined(separator: " · "), Style(.interference))
            }
        } else if isCurrent {
            if face.pane == 3 {
                screen.reverse(row, columns)
            } else {
                screen.reverse(row, columns.lowerBound..<columns.lowerBound + 7)
            }
        }
    }

    /// Words beside a cell, on its own row.
    private func under(
        _ screen: inout Screen, _ row: Int, _ column: Int, _ columns: Range<Int>, _ text: String, _ style: Style
    ) {
        let at = column + 18
        screen.clear(row..<row + 1, at..<columns.upperBound)
        screen.put(fit(text, columns.upperBound - at, pad: false), row, at, style)
    }

    // Detail

    func drawDetail(_ screen: inout Screen, _ columns: Range<Int>) {
        frame(&screen, 1..<bottomFrame + 1, columns, title: "4 " + words[.paneDetail], focused: face.pane == 4)
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
        guard let result = currentResult, face.list != .quality, face.list != .triage, face.list != .analyzers else {
            return []
        }
        var out: [(String, Style)] = []
        func fold(_ text: String, _ style: Style = .plain) {
            for line in CellWidth.fold(mark(text), columns) { out.append((line, style)) }
        }
        fold(result.analysis + " " + result.name, Style(.plain, bold: true))
        if let line = result.line {
            let flag = flagMark(line)
            fold(
                line.valueAndUnit + (flag.text.isEmpty ? "" : "  " + flag.text), flag.text.isEmpty ? .plain : flag.style
            )
            if !line.interval.isEmpty { fold("\(words[.range]) \(line.interval)") }
            if let prior = currentFile?.priors[result.analysis] {
                fold("\(words[.prior]) \(prior.value) (\(day(prior.at)))")
            }
            if let past = currentFile?.pasts[result.analysis], past.points.count > 1 {
                let spark = Trend.spark(past.points, low: past.low, high: past.high, signs: manner.signs)
                fold("\(words[.trend]) \(spark)" + (Trend.difference(past.points).map { "  Δ \($0)" } ?? ""))
            }
            let from = line.analyzer ?? line.author.map { say(.typedBy, $0) } ?? ""
            fold(say(.measured, day(line.observedAt)) + " " + from, .dim)
            if line.run > 1 {
                fold(manner.signs.corrected + " " + say(.run, String(line.run)), Style(.changed, underline: true))
            }
            if let comment = line.comment { fold("\(words[.comment]) : \(comment)", .dim) }
            if let call = currentCall {
                let word: Word = call.isOverdue ? .callOverdue : .callDue
                fold(manner.signs.critical + " " + say(word, clock(call.due), waitsFor(call.due)), .critical)
                if let contact = call.contact { fold(say(.callContact, contact), Style(.critical, bold: true)) }
            }
            out.append(("", .plain))
            if line.stops.isEmpty {
                fold(words[.nothingHolds], Style(.good))
            } else {
                fold(words[.heldFor], Style(.held, bold: true))
            }
            for hold in line.holds { fold("\(hold.code.rawValue) \(hold.reason)", style(of: hold.code)) }
        } else {
            fold(words[.waitsHere], .dim)
        }
        if let file = currentFile {
            out.append(("", .plain))
            fold("\(file.patient) \(file.civil)", Style(.plain, bold: true))
            fold("\(words[.identity]) \(file.identity)", .dim)
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
