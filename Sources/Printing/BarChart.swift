package import Base

/// Figures as bars on one page, for a report to others: a PDF/A-1b.
package struct BarChart: Sendable, Equatable {
    package struct Bar: Sendable, Equatable {
        package var label: String
        package var value: Int
        /// Beside the bar: `12 (40 %)`.
        package var words: String
        package init(label: String, value: Int, words: String) {
            self.label = label
            self.value = value
            self.words = words
        }
    }
    package var title: String
    package var author: String
    package var bars: [Bar]
    /// Under the bars, one a line.
    package var notes: [String]
    package init(title: String, author: String, bars: [Bar], notes: [String] = []) {
        self.title = title
        self.author = author
        self.bars = bars
        self.notes = notes
    }

    private static let labels = 220.0
    private static let row = 19.0
    /// What one page holds.
    package static let mostLines = 36

    /// Same figures, same bytes. Refusals: `printing.empty`, `printing.length`, `printing.control`, `printing.glyph`,
    /// and those of the machine.
    package func pdf(at made: Instant) throws(Refusal) -> [UInt8] {
        guard !bars.isEmpty else {
            throw Refusal("printing.empty", because: "aucun chiffre à éditer", remedy: "choisir une autre période")
        }
        guard bars.count + notes.count <= BarChart.mostLines else {
            throw Refusal("printing.length", because: "trop de lignes pour une page", remedy: "éditer en CSV")
        }
        return try Press.use { setter throws(Refusal) in
            let inks = inks(setter)
            if let defect = setter.defect { throw defect }
            let paper = Paper(setter.deflater)
            paper.description = FileDescription(title: title, author: author, subject: "Indicateurs", made: made)
            paper.draw(inks)
            paper.endPage()
            return paper.finish()
        }
    }

    private func inks(_ setter: Typesetter) -> [Ink] {
        var stack = Stack(x: Sheet.margin, width: Sheet.textWidth)
        stack.add(setter.set(title, .title, width: Sheet.textWidth, at: "title"), .accent)
        stack.add(setter.set(author, .small, width: Sheet.textWidth, at: "author"), .soft)
        stack.space(4)
        stack.rule(0.6, .accent)
        stack.space(10)
        var inks = stack.inks.map { $0.moved(down: Sheet.top) }
        var y = Sheet.top + stack.height
        let most = Double(max(1, bars.map(\.value).max() ?? 1))
        let left = Sheet.margin + BarChart.labels + 8, room = Sheet.textWidth - BarChart.labels - 78
        for bar in bars {
            let label = setter.setShort(bar.label, .body, width: BarChart.labels)
            let x = Sheet.margin + BarChart.labels - label.width(ofLine: 0), baseline = y + label.face.ascent + 1
            inks.append(.line(label, 0, x: x, baseline: baseline, .ink))
            let width = Double(bar.value) / most * room
            inks.append(.box(x: left, y: y, width: width, height: 11, .accent))
            let words = setter.set(bar.words, .bodyBold, at: "bars")
            inks.append(.line(words, 0, x: left + width + 5, baseline: baseline, .ink))
            y += BarChart.row
        }
        y += 8
        for note in notes {
            let text = setter.setShort(note, .body, width: Sheet.textWidth)
            inks.append(.line(text, 0, x: Sheet.margin, baseline: y + text.face.ascent, .soft))
            y += BarChart.row
        }
        return inks
    }
}
