package import Base

/// Earlier values of an analysis of a patient, drawn small or large. The numbers always stand beside.
package enum Trend {
    package struct Point: Sendable, Hashable {
        package var at: Instant
        /// Nil: words, a code, or not performed.
        package var value: Measured?
        /// UCUM unit of the value.
        package var unit: String
        /// What measured it: another one is not compared without a word.
        package var method: String
        /// What the catalogue that judged it means by the analysis; empty when nobody knows.
        package var definition: String
        package init(at: Instant, value: Measured?, unit: String, method: String, definition: String = "") {
            self.definition = definition
            self.at = at
            self.value = value
            self.unit = unit
            self.method = method
        }
    }

    /// Where values stop being compared with those before.
    package struct Break: Sendable, Hashable {
        package enum What: Sendable, Hashable { case method, unit, definition }
        package var at: Instant
        package var what: What
        package var before: String
        package var after: String
    }

    /// Every change of unit, method or definition, oldest first.
    package static func breaks(_ points: [Point]) -> [Break] {
        let all = points.sorted { $0.at < $1.at }
        return zip(all, all.dropFirst()).flatMap { old, new in
            let pairs: [(Break.What, String, String)] = [
                (.unit, old.unit, new.unit), (.method, old.method, new.method),
                (.definition, old.definition, new.definition),
            ]
            return pairs.filter { !$1.isEmpty && !$2.isEmpty && $1 != $2 }.map {
                Break(at: new.at, what: $0, before: $1, after: $2)
            }
        }
    }

    /// Those that ``plot(_:low:high:width:height:zone:signs:)`` leaves out.
    package static func hidden(_ points: [Point]) -> Int {
        let unit = points.max { $0.at < $1.at }?.unit
        return points.count { $0.value == nil || $0.unit != unit }
    }

    /// Values shown by a sparkline.
    package static let most = 8

    /// Oldest on the left, at most ``most`` of them. `·` a value that is no number or has another unit, `▽` `△`
    /// censored, `|` a change of method. The ends of the scale are those of the reference interval and of the
    /// values, whichever lie further out.
    package static func spark(_ points: [Point], low: Exact?, high: Exact?, signs: Signs) -> String {
        let shown = points.sorted { $0.at < $1.at }.suffix(most)
        guard let unit = shown.last?.unit else { return "" }
        let numbers = shown.filter { $0.unit == unit }.compactMap { $0.value?.number }
        guard let scale = Scale(numbers + [low, high].compactMap { $0 }) else {
            return String(repeating: signs.text("·"), count: shown.count)
        }
        var out = ""
        let broken = Set(breaks(Array(shown)).filter { $0.what != .unit }.map(\.at))
        for point in shown {
            if broken.contains(point.at) { out += "|" }
            guard let value = point.value, point.unit == unit else {
                out += signs.text("·")
                continue
            }
            switch value.comparator {
            case .equal: out.append(signs.sparks[scale.place(value.number, of: signs.sparks.count)])
            case .below, .atMost: out += signs.text("▽")
            case .above, .atLeast: out += signs.text("△")
            }
        }
        return out
    }

    /// The last value less the one before, with its sign and a comma; nil when the two are not compared: another unit,
    /// another method, censored, or no number.
    package static func difference(_ points: [Point]) -> String? {
        let last = points.sorted { $0.at < $1.at }.suffix(2)
        guard last.count == 2, let before = last.first, let after = last.last, before.unit == after.unit,
            before.method == after.method, let a = before.value, let b = after.value, a.comparator == .equal,
            b.comparator == .equal, let change = b.number.subtracting(a.number)
        else { return nil }
        let text = change.text.replacing(".", with: ",")
        return change.isNegative || change == Exact(0) ? text : "+" + text
    }

    /// A chart of points in time: the value's axis on the left, the reference interval as two dotted lines, a bar
    /// before the first value of another method or definition, or after the last one of another unit.
    package static func plot(
        _ points: [Point], low: Exact?, high: Exact?, width: Int, height: Int, zone: CivilZone, signs: Signs
    ) -> [String] {
        let unit = points.max { $0.at < $1.at }?.unit
        let known = points.filter { $0.value != nil && $0.unit == unit }.sorted { $0.at < $1.at }
        let numbers = known.compactMap { $0.value?.number }
        guard let first = known.first?.at, let last = known.last?.at, height >= 3, width >= 20,
            let scale = Scale(numbers + [low, high].compactMap { $0 })
        else { return [] }
        let label = max(6, [scale.least, scale.most].map { $0.text.count }.max() ?? 6)
        let columns = width - label - 2
        var grid = [[Character]](repeating: [Character](repeating: " ", count: columns), count: height)
        for limit in [low, high].compactMap({ $0 }) {
            let row = height - 1 - scale.place(limit, of: height)
            for column in stride(from: 0, to: columns, by: 2) { grid[row][column] = signs.isASCII ? "." : "┈" }
        }
        let span = max(1, last.milliseconds - first.milliseconds)
        func column(_ at: Instant) -> Int {
            max(0, min(columns - 1, Int((at.milliseconds - first.milliseconds) * Int64(columns - 1) / span)))
        }
        for one in breaks(points) {
            let place = max(0, column(one.at) - 1)
            for row in grid.indices { grid[row][place] = "|" }
        }
        for point in known {
            guard let value = point.value else { continue }
            let row = height - 1 - scale.place(value.number, of: height)
            let column = column(point.at)
            let glyph: String =
                switch value.comparator {
                case .equal: signs.selected
                case .below, .atMost: signs.text("▽")
                case .above, .atLeast: signs.text("△")
                }
            grid[row][column] = glyph.first ?? "*"
        }
        var lines = [String]()
        for (row, cells) in grid.enumerated() {
            let text = row == 0 ? scale.most.text : row == height - 1 ? scale.least.text : ""
            lines.append(
                String(repeating: " ", count: max(0, label - text.count)) + text.replacing(".", with: ",") + " "
                    + String(signs.vertical) + String(cells))
        }
        let dates = [first, last].map { CivilTime($0, in: zone).date.french }
        let gap = max(1, columns - dates[0].count - dates[1].count)
        lines.append(
            String(repeating: " ", count: label + 2) + dates[0] + String(repeating: " ", count: gap) + dates[1])
        return lines
    }

    /// Numbers on steps, in whole arithmetic: nothing is rounded before it is placed.
    struct Scale {
        let least: Exact
        let most: Exact
        private let digits: Int

        init?(_ numbers: [Exact]) {
            guard let least = numbers.min(by: <), let most = numbers.max(by: <) else { return nil }
            self.least = least
            self.most = most
            digits = min(12, numbers.map(\.scale).max() ?? 0)
        }

        private func whole(_ number: Exact) -> Int128 {
            let rounded = number.rounded(to: digits)
            return rounded.coefficient * Exact.pow10(max(0, digits - rounded.scale))
        }

        /// 0 for the least, `steps` − 1 for the most; the middle when all are the same.
        func place(_ number: Exact, of steps: Int) -> Int {
            let span = whole(most) - whole(least)
            guard span > 0 else { return steps / 2 }
            let above = max(0, min(whole(number) - whole(least), span))
            return Int((above * Int128(steps - 1) * 2 + span) / (span * 2))
        }
    }
}
