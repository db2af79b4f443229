import Base
import Report

/// Small curves of what a patient's results became, three a row, after the results.
struct TrendCurves {
    /// Today's and two earlier ones: fewer make no curve.
    static let fewestPoints = 3
    /// What is out of its interval comes first when there are more.
    static let most = 12
    private static let perRow = 3
    private static let gutter = 14.0
    private static let height = 74.0
    private static let width = (Sheet.textWidth - gutter * Double(perRow - 1)) / Double(perRow)

    private let lines: [PrintedReport.Line]
    private let setter: Typesetter

    init(_ report: PrintedReport, setter: Typesetter) {
        self.setter = setter
        let all = report.chapters.flatMap { $0.panels.flatMap(\.lines) }.enumerated().filter { _, line in
            line.trend.count >= TrendCurves.fewestPoints
                && line.trend.count { TrendCurves.number($0.value) != nil } >= TrendCurves.fewestPoints
        }
        let kept = all.sorted {
            ($0.element.flag == .none ? 1 : 0, $0.offset) < ($1.element.flag == .none ? 1 : 0, $1.offset)
        }
        .prefix(TrendCurves.most)
        lines = kept.sorted { $0.offset < $1.offset }.map(\.element)
    }

    var isEmpty: Bool { lines.isEmpty }
    /// Some curve is broken where a method changed.
    var hasBreaks: Bool { lines.contains { $0.trend.dropFirst().contains(where: \.isApart) } }

    /// One strip of inks a row of curves.
    func rows() -> [(height: Double, inks: [Ink])] {
        stride(from: 0, to: lines.count, by: TrendCurves.perRow).map { start in
            var inks = [Ink]()
            for (column, line) in lines[start..<min(start + TrendCurves.perRow, lines.count)].enumerated() {
                let x = Sheet.margin + Double(column) * (TrendCurves.width + TrendCurves.gutter)
                inks += TrendCurve(line, x: x, width: TrendCurves.width, setter: setter).inks()
            }
            return (TrendCurves.height, inks)
        }
    }

    /// `4,48`, `< 0,5` (its bound), `1 250`: for a place on paper only, never for a decision.
    static func number(_ value: String) -> Double? {
        let text = value.filter { !$0.isWhitespace && !"<>≤≥=".contains($0) }.replacing(",", with: ".")
            .replacing("−", with: "-")
        return Double(text)
    }

    /// Both ends of `3,90 – 5,08`, `< 5,0`, `> 40`.
    static func ends(_ interval: String) -> (low: Double?, high: Double?) {
        let parts = interval.split(separator: "–").map { String($0) }
        if parts.count == 2 { return (number(parts[0]), number(parts[1])) }
        guard let first = interval.first else { return (nil, nil) }
        if "<≤".contains(first) { return (nil, number(interval)) }
        if ">≥".contains(first) { return (number(interval), nil) }
        return (nil, nil)
    }
}

/// One curve: name and unit, reference interval as a band, one mark a result, today's value in words.
private struct TrendCurve {
    private let line: PrintedReport.Line
    private let setter: Typesetter
    private let points: [(value: Double, point: PrintedReport.TrendPoint)]
    private let scale: (low: Double, high: Double)
    private let band: (low: Double?, high: Double?)
    private let frame: (left: Double, right: Double, top: Double, bottom: Double)
    private let x: Double
    private let width: Double

    init(_ line: PrintedReport.Line, x: Double, width: Double, setter: Typesetter) {
        self.line = line
        self.setter = setter
        self.x = x
        self.width = width
        var drawn: [(value: Double, point: PrintedReport.TrendPoint)] = []
        var isApart = false
        for point in line.trend {
            isApart = isApart || point.isApart
            guard let value = TrendCurves.number(point.value) else { continue }
            var one = point
            one.isApart = isApart
            drawn.append((value, one))
            isApart = false
        }
        points = drawn
        band = TrendCurves.ends(line.interval)
        let all = points.map(\.value) + [band.low, band.high].compactMap { $0 }
        let low = all.min() ?? 0, high = all.max() ?? 1
        let margin = high > low ? (high - low) * 0.12 : max(abs(high) * 0.1, 1)
        scale = (low - margin, high + margin)
        frame = (x, x + width - 34, 14, 58)
    }

    func inks() -> [Ink] {
        var inks = [Ink]()
        let unit = line.unit.isEmpty ? "" : " (\(line.unit))"
        let title = setter.setShort(line.name + unit, .smallBold, width: width)
        inks.append(.line(title, 0, x: x, baseline: title.face.ascent, .ink))
        let low = band.low.map(y) ?? frame.bottom, high = band.high.map(y) ?? frame.top
        if band.low != nil || band.high != nil {
            inks.append(.box(x: frame.left, y: high, width: frame.right - frame.left, height: low - high, .wash))
        }
        inks.append(
            .rule(x: frame.left, y: frame.bottom, width: frame.right - frame.left, thickness: 0.4, .hairline))
        let places = points.map { (x: place(of: $0.point.at), y: y($0.value)) }
        inks += strokes(places)
        for (n, place) in places.enumerated() { inks += mark(place, points[n].point, isLast: n == places.count - 1) }
        return inks + words(places)
    }

    /// One stroke for each run of results that compare; between two that do not, an upright rule.
    private func strokes(_ places: [(x: Double, y: Double)]) -> [Ink] {
        var inks = [Ink]()
        var start = 0
        for n in 1...places.count where n == places.count || points[n].point.isApart {
            if n - start > 1 { inks.append(.path(Array(places[start..<n]), width: 0.8, isFilled: false, .accent)) }
            start = n
            guard n < places.count else { continue }
            let middle = (places[n - 1].x + places[n].x) / 2
            inks.append(
                .path([(middle, frame.top), (middle, frame.bottom)], width: 0.6, isFilled: false, .soft))
        }
        return inks
    }

    private func mark(_ place: (x: Double, y: Double), _ point: PrintedReport.TrendPoint, isLast: Bool) -> [Ink] {
        let half = isLast ? 2.2 : 1.6
        let corners = [(-1.0, 0.0), (0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)].map {
            (x: place.x + $0.0 * half, y: place.y + $0.1 * half)
        }
        let isBound = point.value.first.map { "<>≤≥".contains($0) } == true
        return [.path(corners, width: 0.6, isFilled: !isBound, .accent)]
    }

    private func words(_ places: [(x: Double, y: Double)]) -> [Ink] {
        guard let first = points.first, let last = points.last, let end = places.last else { return [] }
        var inks = [Ink]()
        let today = setter.setShort(last.point.value, .smallBold, width: 33)
        let baseline = min(max(end.y + 2.4, frame.top + 4), frame.bottom)
        inks.append(.line(today, 0, x: frame.right + 4, baseline: baseline, .ink))
        let begin = setter.set(first.point.date, .note), close = setter.set(last.point.date, .note)
        let foot = frame.bottom + 2 + begin.face.ascent
        inks.append(.line(begin, 0, x: frame.left, baseline: foot, .soft))
        inks.append(.line(close, 0, x: frame.right - close.width(ofLine: 0), baseline: foot, .soft))
        return inks
    }

    private func y(_ value: Double) -> Double {
        frame.bottom - (value - scale.low) / (scale.high - scale.low) * (frame.bottom - frame.top)
    }

    /// In proportion of time.
    private func place(of at: Instant) -> Double {
        guard let first = points.first?.point.at, let last = points.last?.point.at, last > first else {
            return frame.right
        }
        let share = Double(at.milliseconds - first.milliseconds) / Double(last.milliseconds - first.milliseconds)
        return frame.left + 3 + share * (frame.right - frame.left - 6)
    }
}
