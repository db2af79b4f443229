import Base
import Laboratory

/// A line of a file: its text, and the place of the result that it shows.
struct SheetLine {
    var text: String
    var style = Style.plain
    var result: Int?
}

extension SignBench {
    /// A file from top to bottom: who and where, the results, why they are held, what will be signed.
    func fileLines(_ sheet: SignSheet, _ columns: Int) -> [SheetLine] {
        var out = [SheetLine]()
        func add(_ text: String, _ style: Style = .plain) {
            for line in CellWidth.fold(manner.signs.text(text), columns) {
                out.append(SheetLine(text: line, style: style))
            }
        }
        for (text, style) in contextLines(sheet) { add(text, style) }
        out.append(SheetLine(text: ""))
        for (place, line) in sheet.lines.enumerated() {
            out.append(SheetLine(text: text(of: line, columns), style: style(of: line), result: place))
        }
        out.append(SheetLine(text: ""))
        let groups = HoldGroup.groups(of: sheet.lines.map { ($0.line.analysis, $0.line.holds) })
        if groups.isEmpty { add(manner.signs.proposable + " " + say(.none), Style(.good)) }
        for group in groups {
            let remedy =
                switch group.remedy {
                case .call: say(.remedyCall, SignAction.call.key)
                case .reject: say(.remedyReject, SignAction.reject.key)
                case .read: say(.remedyRead, SignAction.why.key)
                }
            let style = group.remedy == .read ? Style(.held) : Style(.critical, bold: true)
            add("\(manner.signs.held) \(group.title) (\(group.analyses.joined(separator: ", "))) [\(remedy)]", style)
            add("  " + group.reason, .dim)
        }
        if !sheet.missing.isEmpty { add(say(.missing, sheet.missing.joined(separator: ", ")), Style(.expired)) }
        if !sheet.draft.except.isEmpty {
            add(say(.left, sheet.draft.except.joined(separator: ", ")), Style(.held, bold: true))
        }
        for comment in sheet.comments { add("\(manner.signs.bullet) " + comment) }
        add(say(.covers, String(sheet.lines.count), String(sheet.version)), .dim)
        add(say(.hash, sheet.contentHash), .dim)
        return out
    }

    private func contextLines(_ sheet: SignSheet) -> [(String, Style)] {
        let place: SignWord =
            switch sheet.place {
            case .town: .town
            case .ward: .ward
            case .emergency: .emergency
            }
        var lines: [(String, Style)] = [
            (
                [
                    sheet.patient, sheet.civil, say(.identity, sheet.identity), say(.prescriber, sheet.prescriber),
                    say(place), sheet.lastVisit.map { say(.lastVisit, date($0)) } ?? say(.noVisit),
                ].joined(separator: " · "), Style(.plain, bold: true)
            ),
            (sheet.note.map { say(.notes, $0) } ?? say(.noNotes), sheet.note == nil ? .dim : .plain),
        ]
        for tube in sheet.tubes {
            let times = [
                tube.collected.map { say(.collected, day($0)) },
                tube.received.map { say(.received, day($0)) } ?? say(.notReceived),
            ].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                (
                    "\(tube.accession) \(tube.tube) \(times)"
                        + (tube.nonconformity.map { "  " + say(.nonconform, $0) } ?? ""),
                    tube.nonconformity == nil ? .dim : .critical
                ))
        }
        lines.append(
            (
                say(.controls, sheet.controls.isEmpty ? say(.controlsFine) : sheet.controls.joined(separator: " ; ")),
                sheet.controls.isEmpty ? .dim : Style(.quality, bold: true)
            ))
        return lines
    }

    private func date(_ instant: Instant) -> String { CivilTime(instant, in: manner.zone).date.french }

    private func style(of line: SignLine) -> Style {
        if line.line.isCritical { return Style(.critical, bold: true) }
        return flags(line).isEmpty ? .plain : Style(.range)
    }

    /// Sign and letter of a flag.
    private func flags(_ line: SignLine) -> String {
        let signs = manner.signs
        var text = ""
        let flags = Set(line.line.flags)
        if !flags.isDisjoint(with: [.high, .criticallyHigh]) { text += signs.above + say(.high) }
        if !flags.isDisjoint(with: [.low, .criticallyLow]) { text += signs.below + say(.low) }
        if line.line.isCritical { text += signs.critical }
        if text.isEmpty, !flags.isDisjoint(with: [.abnormal, .positive, .detected]) { text = signs.above }
        return text
    }

    /// Number and unit, flag, interval, prior with its date, trend, and the reasons where there is room.
    private func text(of line: SignLine, _ columns: Int) -> String {
        let own = line.line
        let trend =
            line.points.count > 1
            ? Trend.spark(line.points, low: line.low, high: line.high, signs: manner.signs) : ""
        let prior = line.prior.map { "\($0.value) (\(day($0.at)))" } ?? ""
        var text =
            fit(line.isFresh ? "+" : " ", 1) + " " + fit(own.analysis, 8) + " " + fit(own.valueAndUnit, 16) + " "
            + fit(flags(line), 4) + " " + fit(own.interval, 13) + " " + fit(prior, 14) + " " + fit(trend, 10)
        let rest = columns - CellWidth.of(text) - 1
        if rest >= 8 {
            let codes = own.holds.map(\.code.rawValue).reduce(into: [String]()) { codes, code in
                if !codes.contains(code) { codes.append(code) }
            }
            text += " " + fit(codes.joined(separator: ", "), rest, pad: false)
        }
        return text
    }

    // Pages

    package var helpLines: [String] {
        var lines = SignAction.allCases.map { action in
            CellWidth.fit(action.keys.map(\.name).joined(separator: ", "), 18) + " " + say(action.word)
        }
        let signs = manner.signs
        lines.append(
            "\(signs.urgent)  \(signs.critical) \(say(.laneCritical))  \(signs.held) \(say(.laneHeld))  "
                + "\(signs.bullet) \(say(.lanePartial))  \(signs.proposable) \(say(.laneProposable))  + \(say(.fresh))")
        return lines
    }

    /// Old and new side by side, who received the old one and what each will get, then the old one in full.
    func versionLines(_ found: SignVersions) -> [String] {
        guard found.signed > 0 else { return [say(.notSigned, SignAction.sign.key)] }
        var lines = [
            CellWidth.fit("", 9) + CellWidth.fit(say(.before, String(found.signed)), 24) + say(.after)
        ]
        for change in found.changes {
            lines.append(
                CellWidth.fit(change.analysis, 9) + CellWidth.fit(change.before ?? "–", 24)
                    + (change.after ?? say(.removed)))
        }
        if found.changes.isEmpty { lines.append(say(.sameResults)) }
        lines.append("")
        if found.holders.isEmpty { lines.append(say(.nobody)) }
        for holder in found.holders {
            lines.append(
                "\(holder.who) : \(say(.holderState, String(holder.version), holder.state)), "
                    + say(.holderNext, holder.next))
        }
        lines += ["", say(.earlierVersion, String(found.signed))]
        return lines + found.earlier.map { "  " + $0 }
    }
}

extension Screen {
    /// A box with its title in the upper line.
    package mutating func frame(
        _ rows: Range<Int>, _ columns: Range<Int>, title: String, _ signs: Signs, _ isFocused: Bool
    ) {
        let style = isFocused ? Style(.title, bold: true) : Style(.dim)
        guard columns.count >= 4, rows.count >= 2 else { return }
        let corners = signs.corners
        for row in [rows.lowerBound, rows.upperBound - 1] { fill(row, columns, style, glyph: signs.horizontal) }
        for row in rows.lowerBound + 1..<rows.upperBound - 1 {
            put(String(signs.vertical), row, columns.lowerBound, style)
            put(String(signs.vertical), row, columns.upperBound - 1, style)
        }
        put(String(corners[0]), rows.lowerBound, columns.lowerBound, style)
        put(String(corners[1]), rows.lowerBound, columns.upperBound - 1, style)
        put(String(corners[2]), rows.upperBound - 1, columns.lowerBound, style)
        put(String(corners[3]), rows.upperBound - 1, columns.upperBound - 1, style)
        put(title, rows.lowerBound, columns.lowerBound + 1, style)
    }

    /// Pieces from left to right; the one of width 0 takes what is left.
    mutating func pieces(
        _ row: Int, _ columns: Range<Int>, _ pieces: [(text: String, width: Int, style: Style)],
        fit: (String, Int) -> String
    ) {
        let fixed = pieces.reduce(0) { $0 + $1.width } + pieces.count - 1
        var at = columns.lowerBound
        for piece in pieces {
            let width = piece.width > 0 ? piece.width : max(4, columns.count - fixed)
            let room = min(width, columns.upperBound - at)
            guard room > 0 else { return }
            put(fit(piece.text, room), row, at, piece.style)
            at += room + 1
        }
    }
}
