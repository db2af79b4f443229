package import Base

/// A Levey–Jennings chart as a value: z of each point in the order of the runs, ±1, ±2, ±3 SD, one glyph a level,
/// events and changes of lot as vertical marks (RULES section 2.6). Excluded points and rejected runs stay on it.
package struct LeveyJennings: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case quiet, warning, rejected, excluded, parallel
    }
    package struct Mark: Sendable, Hashable {
        /// Column of its run, from 0.
        package let column: Int
        package let level: ControlLevel
        package let z: ZScore
        package let kind: Kind
        /// Rules that this point shows, for the label.
        package let rules: [WestgardRule]
    }
    package struct Event: Sendable, Hashable {
        /// Column before which it happened; the number of columns when after the last run.
        package let column: Int
        package let text: String
    }
    package struct Column: Sendable, Hashable {
        package let run: String
        package let at: Instant
        package let state: ControlState
        /// A point of the run has no z: it cannot be drawn, and is not forgotten.
        package let hasDefect: Bool
    }

    package let title: String
    package let columns: [Column]
    package let levels: [ControlLevel]
    package let marks: [Mark]
    package let events: [Event]

    /// `last`: the newest runs only. `events`: those of the timeline, as the caller keeps them.
    package init(_ timeline: ControlTimeline, title: String, events: [ControlEvent] = [], last: Int? = nil) {
        self.title = title
        let verdicts = last.map { Array(timeline.verdicts.suffix($0)) } ?? timeline.verdicts
        columns = verdicts.map { verdict in
            Column(
                run: verdict.run, at: verdict.points.map(\.at).min() ?? verdict.at, state: verdict.state,
                hasDefect: verdict.points.contains { !$0.isScored && $0.exclusion == nil && !$0.isParallel })
        }
        var marks: [Mark] = []
        var shown: [Event] = []
        var lots: [ControlLevel: ControlPoint] = [:]
        for (index, verdict) in verdicts.enumerated() {
            for point in verdict.points {
                if !point.isParallel {
                    if let before = lots[point.level], !before.continues(point) {
                        shown.append(Event(column: index, text: "lot \(point.lot) (niveau \(point.level))"))
                    }
                    lots[point.level] = point
                }
                guard let z = point.z else { continue }
                let own = verdict.violations.filter { violation in
                    violation.evidence.contains { $0.points.contains { $0.point == point.id && $0.run == point.run } }
                }
                marks.append(
                    Mark(
                        column: index, level: point.level, z: z, kind: LeveyJennings.kind(point, own),
                        rules: own.map(\.rule)))
            }
        }
        let starts = columns.map(\.at)
        for event in events {
            // What happened before the first run shown is not on this chart.
            guard let first = starts.first, event.at >= first else { continue }
            let column = starts.firstIndex { $0 > event.at } ?? starts.count
            let note = event.note.isEmpty ? "" : " \(event.note)"
            shown.append(Event(column: column, text: event.kind.rawValue + note))
        }
        self.marks = marks
        self.events = shown.enumerated().sorted {
            ($0.element.column, $0.offset) < ($1.element.column, $1.offset)
        }.map(\.element)
        // A control in parallel without a target has no place here: it would shift the glyphs of those that have one.
        levels = Set(verdicts.flatMap(\.points).filter { !$0.isParallel || $0.z != nil }.map(\.level)).sorted()
    }

    private static func kind(_ point: ControlPoint, _ violations: [Violation]) -> Kind {
        if point.exclusion != nil { return .excluded }
        if point.isParallel { return .parallel }
        if violations.contains(where: { $0.action == .reject }) { return .rejected }
        return violations.isEmpty ? .quiet : .warning
    }

    /// The chart ends at ±4 SD; what lies beyond is drawn on the edge with an arrow.
    static let edge = 4

    /// Thousandths of an SD, held between the edges.
    static func height(_ z: ZScore) -> (thousandths: Int, isBeyond: Bool) {
        if z.exceeds(edge) { return (z.side == .below ? -edge * 1000 : edge * 1000, true) }
        return (Int(z.rounded(to: 3)?.rounded(to: 3).coefficient ?? 0), false)
    }

    func rank(of level: ControlLevel) -> Int { levels.firstIndex(of: level) ?? 0 }
}

// MARK: Terminal

extension LeveyJennings {
    package enum Alphabet: Sendable {
        /// Block and box characters.
        case unicode
        /// ASCII only: levels by their place (1, 2, 3), `*` where two points fall together.
        case ascii
    }

    /// The chart as lines of text, at most `width` columns wide: when the runs are too many the newest are shown.
    package func text(width: Int = 80, alphabet: Alphabet = .unicode, zone: CivilZone = .europeParis) -> String {
        let room = max(width - 7, 1)
        let first = max(0, columns.count - room)
        let shown = columns.count - first
        // One blank column between runs when there is room.
        let step = shown * 2 <= room ? 2 : 1
        var lines = [title]
        if first > 0 { lines.append("(\(first) série(s) plus ancienne(s) non montrée(s))") }
        let rows = stride(from: 8, through: -8, by: -1)
        for row in rows {
            var cells = [String](repeating: background(row, alphabet), count: max(shown * step, 1))
            for event in events where event.column >= first && event.column < columns.count {
                cells[(event.column - first) * step] = alphabet == .ascii ? "|" : "┊"
            }
            for mark in marks where mark.column >= first && LeveyJennings.row(of: mark.z) == row {
                let x = (mark.column - first) * step
                let glyph = glyph(of: mark, alphabet)
                let isFree = cells[x] == background(row, alphabet) || cells[x] == "|" || cells[x] == "┊"
                cells[x] = isFree ? glyph : (alphabet == .ascii ? "*" : "✱")
            }
            lines.append(label(row) + cells.joined())
        }
        lines.append("      " + columns[first...].map { foot(of: $0, alphabet) }.joined(separator: blank(step - 1)))
        lines += legend(first, alphabet, zone)
        return lines.map { line in
            var line = line
            while line.last == " " { line.removeLast() }
            return alphabet == .ascii ? LeveyJennings.plain(line) : line
        }.joined(separator: "\n")
    }

    private func blank(_ n: Int) -> String { String(repeating: " ", count: n) }

    /// Half SDs, halves away from the mean, so that nothing inside a limit is drawn on it… as near as text can.
    static func row(of z: ZScore) -> Int {
        let (thousandths, _) = height(z)
        let size = (abs(thousandths) + 250) / 500
        return thousandths < 0 ? -size : size
    }

    private func label(_ row: Int) -> String {
        guard row.isMultiple(of: 2) else { return "      " }
        let sd = row / 2
        if sd == 0 { return "  m   " }
        return abs(sd) > 3 ? "      " : " \(sd > 0 ? "+" : "-")\(abs(sd))s  "
    }

    private func background(_ row: Int, _ alphabet: Alphabet) -> String {
        switch (abs(row), alphabet) {
        case (0, .ascii): "-"
        case (0, .unicode): "─"
        case (2, .ascii), (4, .ascii): "."
        case (2, .unicode), (4, .unicode): "┄"
        case (6, .ascii): "="
        case (6, .unicode): "━"
        case (_, _): " "
        }
    }

    private func glyph(of mark: Mark, _ alphabet: Alphabet) -> String {
        if mark.kind == .excluded { return alphabet == .ascii ? "x" : "×" }
        if LeveyJennings.height(mark.z).isBeyond {
            if mark.z.side == .below { return alphabet == .ascii ? "v" : "▼" }
            return alphabet == .ascii ? "^" : "▲"
        }
        let rank = rank(of: mark.level)
        switch alphabet {
        case .ascii: return rank < 9 ? "\(rank + 1)" : "o"
        case .unicode:
            let full = ["●", "■", "◆", "★"], hollow = ["○", "□", "◇", "☆"]
            return (mark.kind == .parallel ? hollow : full)[rank % 4]
        }
    }

    private func foot(of column: Column, _ alphabet: Alphabet) -> String {
        if column.hasDefect { return "?" }
        switch column.state {
        case .rejected: return alphabet == .ascii ? "R" : "✖"
        case .corrected: return alphabet == .ascii ? "c" : "↻"
        case .notControlled: return "?"
        case .expired: return alphabet == .ascii ? "e" : "⌛"
        case .conforming: return alphabet == .ascii ? "." : "·"
        }
    }

    private func legend(_ first: Int, _ alphabet: Alphabet, _ zone: CivilZone) -> [String] {
        var lines: [String] = []
        if let start = columns[first...].first, let end = columns.last {
            lines.append("      du \(start.at.french(in: zone)) au \(end.at.french(in: zone))")
        }
        let glyphs = alphabet == .ascii ? ["1", "2", "3", "4"] : ["●", "■", "◆", "★"]
        let named = levels.enumerated().map { index, level in "\(glyphs[index % 4]) niveau \(level)" }
        let beyond = alphabet == .ascii ? "^ v au-delà de 4 ET" : "▲ ▼ au-delà de 4 ET"
        let out = alphabet == .ascii ? "x exclu" : "× exclu"
        let defects = columns[first...].contains(where: \.hasDefect) ? ["? point sans z"] : []
        lines.append("      " + (named + [out, beyond] + defects).joined(separator: "   "))
        for event in events where event.column >= first {
            let place = event.column < columns.count ? "avant \(columns[event.column].run)" : "après la dernière série"
            lines.append("      \(alphabet == .ascii ? "|" : "┊") \(place) : \(event.text)")
        }
        for (index, column) in columns.enumerated() where index >= first && column.state == .rejected {
            let own = marks.filter { $0.column == index && $0.kind == .rejected }
            guard !own.isEmpty else { continue }
            let points = own.map { mark in
                let rules = mark.rules.map(\.rawValue).joined(separator: " ")
                return "niveau \(mark.level) z = \(mark.z.text) (\(rules))"
            }
            lines.append("      \(alphabet == .ascii ? "R" : "✖") \(column.run) : " + points.joined(separator: ", "))
        }
        return lines
    }

    /// Accents off: `--ascii` is for terminals that know none.
    private static func plain(_ text: String) -> String {
        let letters: [Character: Character] = [
            "é": "e", "è": "e", "ê": "e", "à": "a", "â": "a", "î": "i", "ô": "o", "û": "u", "ç": "c", "É": "E",
            "–": "-", "—": "-", "’": "'", "µ": "u", "·": ".", "ë": "e", "ï": "i", "ù": "u", "È": "E", "À": "A",
        ]
        return String(text.map { letters[$0] ?? ($0.isASCII ? $0 : "?") })
    }
}
