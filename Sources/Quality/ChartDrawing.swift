package import Base

/// What a chart is drawn with, for any surface. Lengths are tenths of a PDF point (1/720 inch), the origin is the top
/// left corner; no binary floating point, so that the same chart is the same bytes everywhere.
package enum ChartInk: Sendable, Hashable {
    case line(x1: Int, y1: Int, x2: Int, y2: Int, width: Int, ChartTone)
    /// Centre and half size.
    case glyph(ChartGlyph, x: Int, y: Int, size: Int, ChartTone)
    /// `y` is the baseline.
    case text(String, x: Int, y: Int, size: Int, ChartAnchor, ChartTone)
}

package enum ChartGlyph: Sendable, Hashable, CaseIterable {
    case circle, square, diamond, triangle
    /// Excluded.
    case cross
    /// Beyond the edge of the chart.
    case up, down
    /// Around a rejected point: colour is never what tells something.
    case ring
}

package enum ChartAnchor: String, Sendable, Hashable, CaseIterable { case start, middle, end }

package enum ChartTone: Sendable, Hashable, CaseIterable {
    case ink, soft, hairline, warning, alarm

    /// Red, green, blue, 0…255.
    package var rgb: (red: Int, green: Int, blue: Int) {
        switch self {
        case .ink: (18, 56, 92)
        case .soft: (77, 82, 87)
        case .hairline: (190, 196, 202)
        case .warning: (166, 106, 0)
        case .alarm: (176, 0, 32)
        }
    }
}

package struct ChartDrawing: Sendable, Hashable {
    package let width: Int
    package let height: Int
    package let inks: [ChartInk]
}

extension LeveyJennings {
    /// Sets the chart out on a surface of this size (tenths of a point; at least 2000 × 1200).
    package func drawing(width: Int = 7000, height: Int = 3000, zone: CivilZone = .europeParis) -> ChartDrawing {
        let width = max(width, 2000), height = max(height, 1200)
        var inks: [ChartInk] = [.text(title, x: 100, y: 160, size: 110, .start, .ink)]
        let left = 420, right = width - 150, top = 300, bottom = height - 420
        let y = { (thousandths: Int) in
            (top + bottom) / 2 - thousandths * ((bottom - top) / 2) / (LeveyJennings.edge * 1000)
        }
        let x = { (column: Int) in
            columns.count < 2 ? (left + right) / 2 : left + 60 + column * (right - left - 120) / (columns.count - 1)
        }
        for sd in -3...3 {
            let tone: ChartTone = abs(sd) == 3 ? .alarm : (abs(sd) == 2 ? .warning : (sd == 0 ? .ink : .hairline))
            inks.append(
                .line(x1: left, y1: y(sd * 1000), x2: right, y2: y(sd * 1000), width: sd == 0 ? 8 : 5, tone))
            let name = sd == 0 ? "m" : (sd > 0 ? "+\(sd) ET" : "−\(-sd) ET")
            inks.append(.text(name, x: left - 40, y: y(sd * 1000) + 28, size: 75, .end, .soft))
        }
        for event in events {
            let place = event.column < columns.count ? x(event.column) - 30 : right
            inks.append(.line(x1: place, y1: top, x2: place, y2: bottom, width: 5, .soft))
            inks.append(.text(event.text, x: place + 15, y: top - 20, size: 65, .start, .soft))
        }
        for level in levels { inks += path(level, x, y) }
        for mark in marks { inks += glyphs(mark, x, y) }
        inks += feet(x, bottom, zone) + legend(width, height)
        return ChartDrawing(width: width, height: height, inks: inks)
    }

    /// Joins the points of a level that count.
    private func path(_ level: ControlLevel, _ x: (Int) -> Int, _ y: (Int) -> Int) -> [ChartInk] {
        let own = marks.filter { $0.level == level && $0.kind != .excluded && $0.kind != .parallel }
        return zip(own, own.dropFirst()).map { a, b in
            .line(
                x1: x(a.column), y1: y(LeveyJennings.height(a.z).thousandths), x2: x(b.column),
                y2: y(LeveyJennings.height(b.z).thousandths), width: 5, .hairline)
        }
    }

    private func glyphs(_ mark: Mark, _ x: (Int) -> Int, _ y: (Int) -> Int) -> [ChartInk] {
        let (thousandths, isBeyond) = LeveyJennings.height(mark.z)
        let place = (x: x(mark.column), y: y(thousandths))
        let shapes: [ChartGlyph] = [.circle, .square, .diamond, .triangle]
        let shape = isBeyond ? (thousandths < 0 ? .down : .up) : shapes[rank(of: mark.level) % shapes.count]
        switch mark.kind {
        case .quiet: return [.glyph(shape, x: place.x, y: place.y, size: 28, .ink)]
        case .warning: return [.glyph(shape, x: place.x, y: place.y, size: 28, .warning)]
        case .parallel: return [.glyph(shape, x: place.x, y: place.y, size: 28, .hairline)]
        case .excluded: return [.glyph(.cross, x: place.x, y: place.y, size: 28, .soft)]
        case .rejected:
            let rules = mark.rules.filter { $0 != .oneTwoS }.map(\.rawValue).joined(separator: " ")
            let above = thousandths >= 0
            return [
                .glyph(shape, x: place.x, y: place.y, size: 28, .alarm),
                .glyph(.ring, x: place.x, y: place.y, size: 50, .alarm),
                .text(rules, x: place.x, y: place.y + (above ? -65 : 115), size: 65, .middle, .alarm),
            ]
        }
    }

    /// Dates under the first, the middle and the last run.
    private func feet(_ x: (Int) -> Int, _ bottom: Int, _ zone: CivilZone) -> [ChartInk] {
        let wanted = Set([0, columns.count / 2, columns.count - 1]).filter { columns.indices.contains($0) }
        var inks = wanted.sorted().map { index -> ChartInk in
            let anchor: ChartAnchor = index == 0 ? .start : (index == columns.count - 1 ? .end : .middle)
            return .text(columns[index].at.french(in: zone), x: x(index), y: bottom + 130, size: 70, anchor, .soft)
        }
        for (index, column) in columns.enumerated() where column.hasDefect {
            inks.append(.text("?", x: x(index), y: bottom + 40, size: 80, .middle, .alarm))
        }
        return inks
    }

    private func legend(_ width: Int, _ height: Int) -> [ChartInk] {
        let shapes: [ChartGlyph] = [.circle, .square, .diamond, .triangle]
        var inks: [ChartInk] = []
        var x = 150
        for (index, level) in levels.enumerated() {
            inks.append(.glyph(shapes[index % shapes.count], x: x, y: height - 125, size: 28, .ink))
            inks.append(.text("niveau \(level)", x: x + 60, y: height - 100, size: 75, .start, .soft))
            x += 480 + 50 * level.name.count
        }
        inks.append(.glyph(.ring, x: x, y: height - 125, size: 40, .alarm))
        inks.append(.text("rejeté", x: x + 70, y: height - 100, size: 75, .start, .soft))
        inks.append(.glyph(.cross, x: x + 420, y: height - 125, size: 28, .soft))
        inks.append(.text("exclu", x: x + 480, y: height - 100, size: 75, .start, .soft))
        return inks
    }

    /// The chart as an SVG 1.1 document.
    package func svg(width: Int = 7000, height: Int = 3000, zone: CivilZone = .europeParis) -> String {
        drawing(width: width, height: height, zone: zone).svg(title: title)
    }
}

extension ChartDrawing {
    package func svg(title: String) -> String {
        var out = """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(length(width))pt" height="\(length(height))pt" \
            viewBox="0 0 \(length(width)) \(length(height))" font-family="DejaVu Sans, sans-serif">
            <title>\(XMLText.escaped(title))</title>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """
        for ink in inks { out += svg(ink) + "\n" }
        return out + "</svg>\n"
    }

    private func svg(_ ink: ChartInk) -> String {
        switch ink {
        case .line(let x1, let y1, let x2, let y2, let width, let tone):
            return "<line x1=\"\(length(x1))\" y1=\"\(length(y1))\" x2=\"\(length(x2))\" y2=\"\(length(y2))\" "
                + "stroke=\"\(colour(tone))\" stroke-width=\"\(length(width))\"/>"
        case .text(let text, let x, let y, let size, let anchor, let tone):
            return "<text x=\"\(length(x))\" y=\"\(length(y))\" font-size=\"\(length(size))\" "
                + "text-anchor=\"\(anchor.rawValue)\" fill=\"\(colour(tone))\">\(XMLText.escaped(text))</text>"
        case .glyph(let glyph, let x, let y, let size, let tone):
            switch glyph {
            case .circle:
                return
                    "<circle cx=\"\(length(x))\" cy=\"\(length(y))\" r=\"\(length(size))\" fill=\"\(colour(tone))\"/>"
            case .ring:
                return "<circle cx=\"\(length(x))\" cy=\"\(length(y))\" r=\"\(length(size))\" fill=\"none\" "
                    + "stroke=\"\(colour(tone))\" stroke-width=\"0.8\"/>"
            case .square, .diamond, .triangle, .up, .down, .cross:
                let points = glyph.outline(x: x, y: y, size: size).map { "\(length($0.x)),\(length($0.y))" }
                return "<polygon points=\"\(points.joined(separator: " "))\" fill=\"\(colour(tone))\"/>"
            }
        }
    }

    /// Tenths as a decimal: 125 → `12.5`.
    private func length(_ tenths: Int) -> String { Exact(coefficient: Int128(tenths), scale: 1).text }

    private func colour(_ tone: ChartTone) -> String {
        let (red, green, blue) = tone.rgb
        return "#" + [red, green, blue].map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }
}

extension ChartGlyph {
    /// Corners of the glyphs with corners; empty for circle and ring.
    package func outline(x: Int, y: Int, size: Int) -> [(x: Int, y: Int)] {
        switch self {
        case .circle, .ring: []
        case .square: [(x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size)]
        case .diamond: [(x, y - size - 8), (x + size + 8, y), (x, y + size + 8), (x - size - 8, y)]
        case .triangle, .up: [(x, y - size - 6), (x + size + 6, y + size), (x - size - 6, y + size)]
        case .down: [(x, y + size + 6), (x + size + 6, y - size), (x - size - 6, y - size)]
        case .cross:
            [
                (x, y - 7), (x + size - 7, y - size), (x + size, y - size + 7), (x + 7, y), (x + size, y + size - 7),
                (x + size - 7, y + size), (x, y + 7), (x - size + 7, y + size), (x - size, y + size - 7), (x - 7, y),
                (x - size, y - size + 7), (x - size + 7, y - size),
            ]
        }
    }
}
