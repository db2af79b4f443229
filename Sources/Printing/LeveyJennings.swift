package import Base
package import Quality

/// Levey–Jennings charts on paper: a PDF/A-1b of A4 pages, three charts a page, whose text can be selected.
///
/// Same charts, same fonts, same bytes.
package enum ChartPrinter {
    private static let chartHeight = 230.0
    private static let chartsPerPage = 3
    /// More than this is a mistake of the caller.
    package static let maximumCharts = 600

    /// `heading` names laboratory and period; `at`: when it was printed (nothing else depends on the time).
    ///
    /// Refusals: `printing.empty`, `printing.length`, `printing.control`, `printing.glyph`, and those of the machine
    /// (`printing.font`, `printing.pango`).
    package static func pdf(
        _ charts: [LeveyJennings], heading: String, at instant: Instant, zone: CivilZone = .europeParis
    ) throws(Refusal) -> [UInt8] {
        guard !charts.isEmpty else {
            throw Refusal("printing.empty", because: "aucun graphique à éditer", remedy: "choisir au moins un contrôle")
        }
        guard charts.count <= maximumCharts else {
            throw Refusal(
                "printing.length", because: "plus de \(maximumCharts) graphiques", remedy: "éditer en plusieurs fois")
        }
        return try Press.use { setter throws(Refusal) in
            let pages = pages(charts, heading, instant, zone, setter)
            if let defect = setter.defect { throw defect }
            let paper = Paper(setter.deflater)
            paper.description = FileDescription(
                title: "Graphiques de Levey–Jennings", author: heading, subject: "Contrôle de qualité", made: instant)
            for inks in pages {
                paper.draw(inks)
                paper.endPage()
            }
            return paper.finish()
        }
    }

    private static func pages(
        _ charts: [LeveyJennings], _ heading: String, _ instant: Instant, _ zone: CivilZone, _ setter: Typesetter
    ) -> [[Ink]] {
        let count = (charts.count + chartsPerPage - 1) / chartsPerPage
        return (0..<count).map { page in
            var head = Stack(x: Sheet.margin, width: Sheet.textWidth)
            head.add(setter.set(heading, .title, width: Sheet.textWidth, at: "heading"), .accent)
            let foot = "Édité le \(instant.french(in: zone)) – page \(page + 1)/\(count)"
            head.add(setter.set(foot, .small, width: Sheet.textWidth), .soft)
            head.space(4)
            head.rule(0.6, .accent)
            var inks = head.inks.map { $0.moved(down: Sheet.top) }
            for (place, chart) in charts.dropFirst(page * chartsPerPage).prefix(chartsPerPage).enumerated() {
                let top = Sheet.top + head.height + 8 + Double(place) * (chartHeight + 12)
                let drawing = chart.drawing(
                    width: Int(Sheet.textWidth * 10), height: Int(chartHeight * 10), zone: zone)
                inks += drawing.inks.flatMap { self.inks($0, setter) }.map { $0.moved(down: top) }
            }
            return inks
        }
    }

    private static func inks(_ ink: ChartInk, _ setter: Typesetter) -> [Ink] {
        switch ink {
        case .line(let x1, let y1, let x2, let y2, let width, let tone):
            return [.path([point(x1, y1), point(x2, y2)], width: Double(width) / 10, isFilled: false, tone.printed)]
        case .glyph(let glyph, let x, let y, let size, let tone):
            let corners = glyph.outline(x: x, y: y, size: size).map { point($0.x, $0.y) }
            switch glyph {
            case .circle, .ring:
                let isFilled = glyph == .circle
                return [.path(circle(x, y, size), width: 0.8, isFilled: isFilled, tone.printed)]
            case .square, .diamond, .triangle, .cross, .up, .down:
                return [.path(corners, width: 0, isFilled: true, tone.printed)]
            }
        case .text(let text, let x, let y, let size, let anchor, let tone):
            let set = setter.set(text, Face(size: Double(size) / 10), at: "chart")
            let width = set.width(ofLine: 0)
            let left =
                switch anchor {
                case .start: 0.0
                case .middle: width / 2
                case .end: width
                }
            let place = point(x, y)
            return [.line(set, 0, x: place.x - left, baseline: place.y, tone.printed)]
        }
    }

    private static func point(_ x: Int, _ y: Int) -> (x: Double, y: Double) {
        (Sheet.margin + Double(x) / 10, Double(y) / 10)
    }

    /// Twenty-four corners of the unit circle in thousandths: round enough at three points of radius, closed.
    private static func circle(_ x: Int, _ y: Int, _ size: Int) -> [(x: Double, y: Double)] {
        let quarter = [(1000, 0), (966, 259), (866, 500), (707, 707), (500, 866), (259, 966)]
        var corners: [(Int, Int)] = quarter
        for _ in 0..<3 { corners += corners.suffix(6).map { (-$0.1, $0.0) } }
        corners.append((1000, 0))
        let centre = point(x, y), radius = Double(size) / 10
        return corners.map {
            (centre.x + radius * Double($0.0) / 1000, centre.y + radius * Double($0.1) / 1000)
        }
    }
}

extension ChartTone {
    /// The greys and the blue of the house's paper: a rejection shows by its ring and its words.
    fileprivate var printed: Tone {
        switch self {
        case .ink: .accent
        case .soft: .soft
        case .hairline: .hairline
        case .warning: .soft
        case .alarm: .ink
        }
    }
}
