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
        if let told = standingWords(sheet) { add(told, Style(.changed, bold: true)) }
        for (text, style) in contextLines(sheet) { add(text, style) }
        out.append(SheetLine(text: ""))
        let places = lineColumns(sheet.lines, columns)
        let news = Set(news(sheet.number)?.values.map(\.analysis) ?? [])
        for (place, line) in sheet.lines.enumerated() {
            let isNews = news.contains(line.line.analysis)
            let style = isNews && !line.line.isCritical ? Style(.changed, bold: true) : style(of: line)
            out.append(SheetLine(text: text(of: line, columns, places, isNews), style: style, result: place))
        }
        out.append(SheetLine(text: ""))
        for change in sheet.changes {
            add(say(.changedSince, String(sheet.version - 1), words(change)), Style(.changed, bold: true))
        }
        if sheet.signed.isEmpty {
            let word: SignWord = sheet.lines.isEmpty ? .nothingToSign : .allLeft
            add(say(word, key(.except)), Style(.held, bold: true))
        }
        let groups = HoldGroup.groups(of: sheet.signed.map { ($0.line.analysis, $0.line.holds) }, told: sheet.told)
        // What stands under the results on the report: the signature covers it.
        for line in sheet.signed {
            if let words = line.line.comment { add("\(manner.signs.bullet) \(line.line.analysis) : \(words)") }
        }
        let aside = sheet.obstacles.filter { [.reflex, .freeWords, .ruleWords].contains($0.kind) }
        for one in aside {
            let remedy = one.kind == .reflex ? " [" + say(.remedyReflex, key(.reflex)) + "]" : ""
            add(manner.signs.held + " " + words(one) + remedy, Style(.held))
        }
        let isPlain = groups.isEmpty && aside.isEmpty && sheet.changes.isEmpty && sheet.attributes.isEmpty
        if isPlain, !sheet.signed.isEmpty, !sheet.isSigned {
            add(manner.signs.proposable + " " + say(.none), Style(.good))
        }
        for group in groups { for (text, style) in lines(of: group, in: sheet) { add(text, style) } }
        for line in sheet.lines where line.isCallMade { add(callWords(line)) }
        if !sheet.missing.isEmpty { add(say(.missing, sheet.missing.joined(separator: ", ")), Style(.expired)) }
        if !sheet.draft.except.isEmpty {
            add(say(.left, sheet.draft.except.joined(separator: ", ")), Style(.held, bold: true))
        }
        for comment in sheet.comments { add("\(manner.signs.bullet) " + comment) }
        if !sheet.isSigned { add(say(.covers, String(sheet.signed.count), String(sheet.version)), .dim) }
        add(say(.hash, sheet.contentHash), .dim)
        return out
    }

    /// What a file that was signed is now; nil while it waits for a first signature.
    func standingWords(_ sheet: SignSheet) -> String? {
        let signed = String(sheet.version - 1)
        switch sheet.standing {
        case .toSign: return nil
        case .signed: return say(.signedAll, signed)
        case .toReview(let codes): return say(.signedReview, signed, codes.joined(separator: ", "))
        case .toAmend: return say(.signedAmend, signed, sheet.obstacles.map(words).joined(separator: ", "))
        case .emptied: return say(.signedEmptied, signed)
        case .withdrawn: return say(.signedWithdrawn, signed)
        }
    }

    /// `K dit à Mme Kerbrat, 14:29, par tanguy`
    private func callWords(_ line: SignLine) -> String {
        let shown = line.line.analysis + " " + line.line.valueAndUnit
        guard let telling = line.telling else { return say(.callClosed, shown) }
        return say(.callTold, shown, telling.person, hour(telling.at), telling.by)
    }

    /// A reason with the key that answers it, then its words.
    private func lines(of group: HoldGroup, in sheet: SignSheet) -> [(String, Style)] {
        let (action, words): (SignAction, String) =
            switch group.remedy {
            case .call: (.call, say(.remedyCall, key(.call)))
            case .reject: (.reject, say(.remedyReject, key(.reject)))
            case .read: (.why, say(.remedyRead, key(.why)))
            }
        // Where the key acts on another line now, the line to go to is said.
        let acting = sheet.number == current ? target(of: action)?.line.analysis : nil
        let isHere = acting.map { group.analyses.contains($0) } ?? true
        let remedy = isHere ? words : say(.remedyOn, group.analyses.first ?? "", words)
        let style = group.remedy == .read ? Style(.held) : Style(.critical, bold: true)
        return [
            ("\(manner.signs.held) \(group.title) (\(group.analyses.joined(separator: ", "))) [\(remedy)]", style),
            ("  " + reason(group.code, group.reason), .dim),
        ]
    }

    /// The controls behind what would be signed: conforming only where an analyzer measured and nothing is in doubt.
    private func controlLine(_ sheet: SignSheet) -> (String, Style) {
        let doubts = HoldGroup.controls(sheet.signed.map { ($0.line.analysis, $0.line.holds) })
        if !doubts.isEmpty {
            let text = doubts.map {
                "\($0.code.rawValue) (\($0.analyses.joined(separator: ", "))) : \(reason($0.code, $0.reason))"
            }
            return (say(.controls, text.joined(separator: " ; ")), Style(.quality, bold: true))
        }
        let isMeasured = sheet.signed.contains { $0.line.analyzer != nil }
        return (say(.controls, say(isMeasured ? .controlsFine : .controlsNone)), .dim)
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
        if !sheet.attributes.isEmpty {
            let why = sheet.attributes.map(manner.language.words).joined(separator: ", ")
            lines.insert((manner.signs.held + " " + say(.identityDoubt, why), .critical), at: 1)
        }
        for tube in sheet.tubes {
            let times = [
                tube.collected.map { say(.collected, hour($0)) },
                tube.received.map { say(.received, hour($0)) } ?? say(.notReceived),
            ].compactMap { $0 }.joined(separator: ", ")
            lines.append(
                (
                    "\(tube.accession) \(tube.tube) \(times)"
                        + (tube.nonconformity.map { "  " + say(.nonconform, $0) } ?? ""),
                    tube.nonconformity == nil ? .dim : .critical
                ))
        }
        lines.append(controlLine(sheet))
        return lines
    }

    private func date(_ instant: Instant) -> String { CivilTime(instant, in: manner.zone).date.french }

    private func style(of line: SignLine) -> Style {
        if line.isLeft { return .dim }
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

    /// Columns of a file, as wide as its lines need: what is held has a place at every width.
    struct LineColumns {
        var widths: [Int]
        static let most = [8, 16, 4, 13, 14, 10]
        /// What a reason needs at least: `CRITIQUE_APPEL +1`.
        static let reason = 17
    }

    private func cells(of line: SignLine) -> [String] {
        let own = line.line
        let trend =
            line.points.count > 1
            ? Trend.spark(line.points, low: line.low, high: line.high, signs: manner.signs) : ""
        let prior = line.prior.map { "\($0.value) (\(day($0.at)))" } ?? ""
        let bounds = manner.language.bounds(own.interval, own.nature)
        return [own.analysis, own.valueAndUnit, flags(line), bounds, prior, trend]
    }

    func lineColumns(_ lines: [SignLine], _ columns: Int) -> LineColumns {
        var widths = LineColumns.most.map { _ in 1 }
        var most = LineColumns.most
        // `seuil 1,03 – 1,55`: what the bounds are does not push them out.
        for line in lines where line.line.nature != .reference {
            most[3] = min(20, max(most[3], CellWidth.of(manner.signs.text(cells(of: line)[3]))))
        }
        for line in lines {
            for (place, cell) in cells(of: line).enumerated() {
                widths[place] = min(most[place], max(widths[place], CellWidth.of(manner.signs.text(cell))))
            }
        }
        // Mark and blanks between; when there is room, columns keep their usual places.
        let taken = widths.reduce(2) { $0 + $1 + 1 }
        if columns - most.reduce(2, { $0 + $1 + 1 }) >= LineColumns.reason { widths = most }
        // Too narrow even so: the trend, then the earlier value, give way to the reason.
        var rest = columns - taken
        for place in [5, 4] where rest < LineColumns.reason && lines.contains(where: { !$0.line.holds.isEmpty }) {
            let given = min(widths[place] - 1, LineColumns.reason - rest)
            widths[place] -= given
            rest += given
        }
        return LineColumns(widths: widths)
    }

    /// Number and unit, flag, interval, prior with its date, trend, and the reasons.
    private func text(of line: SignLine, _ columns: Int, _ places: LineColumns, _ isNews: Bool) -> String {
        let mark = isNews ? manner.signs.bullet : line.isLeft ? "–" : line.isFresh ? "+" : " "
        var text = fit(mark, 1)
        for (cell, width) in zip(cells(of: line), places.widths) { text += " " + fit(cell, width) }
        let rest = columns - CellWidth.of(text) - 1
        guard rest >= 4 else { return text }
        if line.isLeft { return text + " " + fit(say(.leftMark), rest, pad: false) }
        let codes = HoldGroup.groups(of: [(line.line.analysis, line.line.holds)]).map(\.code.rawValue)
        guard let first = codes.first else {
            return line.isCalculated ? text + " " + fit(say(.calculated), rest, pad: false) : text
        }
        // As many as there is room for, and how many others.
        var shown = first, count = 1
        for code in codes.dropFirst() {
            let left = codes.count - count - 1
            let longer = shown + ", " + code
            guard CellWidth.of(longer) + (left > 0 ? " +\(left)".count : 0) <= rest else { break }
            (shown, count) = (longer, count + 1)
        }
        let more = count < codes.count ? " +\(codes.count - count)" : ""
        return text + " " + fit(shown, max(1, rest - more.count), pad: false) + more
    }

    // Pages

    package var helpLines: [String] {
        var lines = SignAction.allCases.map { action in
            CellWidth.fit((manner.keymap.sign.keys[action] ?? []).map(name).joined(separator: ", "), 18) + " "
                + say(action.word)
        }
        let signs = manner.signs
        lines.append(
            "\(signs.urgent)  \(signs.critical) \(say(.laneCritical))  \(signs.held) \(say(.laneHeld))  "
                + "\(signs.bullet) \(say(.lanePartial))  \(signs.proposable) \(say(.laneProposable))  + \(say(.fresh))")
        return lines
    }

    /// Old and new side by side, who received the old one and what each will get, then the old one in full.
    func versionLines(_ found: SignVersions) -> [String] {
        guard found.signed > 0 else { return [say(.notSigned, key(.sign))] }
        var lines = [
            CellWidth.fit("", 9) + CellWidth.fit(say(.before, String(found.signed)), 24)
                + (found.after.map { say(.before, String($0)) } ?? say(.after))
        ]
        for change in found.changes {
            lines.append(
                CellWidth.fit(change.analysis, 9) + CellWidth.fit(change.before ?? "–", 24)
                    + (change.after ?? say(.removed)))
        }
        for change in found.others { lines.append(words(change)) }
        if let why = found.why, let after = found.after {
            lines.append(say(.amendedFor, String(after), manner.language.words(why)))
        }
        if found.changes.isEmpty, found.others.isEmpty { lines.append(say(.sameResults)) }
        lines.append("")
        if found.holders.isEmpty { lines.append(say(.nobody)) }
        for holder in found.holders {
            let version = holder.version == 0 ? "–" : String(holder.version)
            lines.append(
                "\(holder.who) : \(say(.holderState, version, told(holder.state))), "
                    + say(holder.next.hasPrefix("rien") ? .holderNone : .holderNext, told(holder.next)))
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
