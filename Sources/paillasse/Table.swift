/// Aligned columns with a line of titles. In a narrow terminal the columns that hold sentences fold; identifiers never
/// do, and nothing is ever cut. When even that does not fit, each row becomes a paragraph of `title : value`.
struct Table {
    struct Column {
        var title: String
        /// Sentences: may be folded between words.
        var folds = false
        /// Numbers: aligned on the right.
        var isNumber = false
    }
    var columns: [Column]
    var rows: [[String]] = []

    /// Titles: `*` before a title folds it, `#` aligns its column on the right.
    init(_ titles: String...) { self.init(titles) }
    init(_ titles: [String]) {
        columns = titles.map { title in
            switch title.first {
            case "*": Column(title: String(title.dropFirst()), folds: true)
            case "#": Column(title: String(title.dropFirst()), isNumber: true)
            case _: Column(title: title)
            }
        }
    }

    mutating func add(_ cells: String...) { rows.append(cells.map { $0.replacing("\n", with: " ") }) }

    private static let gap = "  "
    /// A folded column stays at least this wide, and as wide as its longest word.
    private static let narrowest = 12

    private func narrowest(_ i: Int) -> Int {
        let words = rows.flatMap { $0[i].split(separator: " ") }.map(\.count).max() ?? 0
        return max(words, columns[i].title.count, Table.narrowest)
    }

    func text(width: Int?) -> String {
        var widths = columns.indices.map { i in ([columns[i].title] + rows.map { $0[i] }).map(\.count).max() ?? 0 }
        if let width {
            let room = width - Table.gap.count * (columns.count - 1)
            let least = columns.indices.map { narrowest($0) }
            while widths.reduce(0, +) > room {
                let folding = columns.indices.filter { columns[$0].folds && widths[$0] > least[$0] }
                guard let widest = folding.max(by: { widths[$0] < widths[$1] }) else { return paragraphs(width) }
                widths[widest] -= 1
            }
        }
        var lines = line(columns.map(\.title), widths)
        for row in rows { lines += line(row, widths) }
        return lines.joined(separator: "\n")
    }

    private func line(_ cells: [String], _ widths: [Int]) -> [String] {
        let folded = cells.indices.map { i in
            columns[i].folds ? Table.fold(cells[i], widths[i]) : [cells[i]]
        }
        return (0..<(folded.map(\.count).max() ?? 0)).map { n in
            var out = ""
            for i in cells.indices {
                let cell = n < folded[i].count ? folded[i][n] : ""
                let blank = String(repeating: " ", count: max(0, widths[i] - cell.count))
                out += (i == 0 ? "" : Table.gap) + (columns[i].isNumber ? blank + cell : cell + blank)
            }
            while out.last == " " { out.removeLast() }
            return out
        }
    }

    private func paragraphs(_ width: Int) -> String {
        let title = columns.map(\.title.count).max() ?? 0
        return rows.map { row in
            columns.indices.filter { !row[$0].isEmpty }.map { i in
                let head = columns[i].title + String(repeating: " ", count: title - columns[i].title.count) + " : "
                let folded = columns[i].folds ? Table.fold(row[i], max(width - head.count, Table.narrowest)) : [row[i]]
                return head + folded.joined(separator: "\n" + String(repeating: " ", count: head.count))
            }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }

    /// Between words; a word longer than the width stays whole.
    static func fold(_ text: String, _ width: Int) -> [String] {
        var lines = [String]()
        var current = ""
        for word in text.split(separator: " ") {
            if current.isEmpty {
                current = String(word)
            } else if current.count + 1 + word.count <= width {
                current += " " + word
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        lines.append(current)
        return lines
    }
}
