import Foundation

/// The rows as people read them and as a program does.
enum Table {
    static let columns = ["name", "value", "unit", "reference", "reference_value", "ratio", "goal"]

    /// Tab-separated, one header line, decimal points; `-` where there is nothing.
    static func tsv(_ rows: [Row]) -> String {
        ([columns] + rows.map(cells)).map { $0.joined(separator: "\t") + "\n" }.joined()
    }

    static func cells(_ row: Row) -> [String] {
        let reading = row.reading
        return [
            row.figure.name, number(reading.value), row.figure.unit, row.figure.reference ?? "-",
            reading.reference.map(number) ?? "-", reading.ratio.map(number) ?? "-", row.goal,
        ]
    }

    /// Aligned, with two columns more: how far apart the rounds were, and whether the goal is reached.
    static func text(_ rows: [Row]) -> String {
        let lines =
            [columns + ["spread", "reached"]]
            + rows.map { row in
                cells(row) + ["×" + number(row.reading.spread), row.isReached.map { $0 ? "yes" : "no" } ?? "-"]
            }
        let numeric: Set = [1, 4, 5]
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let blanks = String(repeating: " ", count: widths[column] - cell.count)
                return numeric.contains(column) ? blanks + cell : cell + blanks
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    /// A goal that this run did not reach, in words.
    static func miss(_ row: Row) -> String {
        let ratio = row.reading.ratio.map { ", \(number($0)) of the reference" } ?? ""
        return "MISSED \(row.figure.name): \(number(row.reading.value)) \(row.figure.unit)\(ratio); goal \(row.goal)"
    }

    /// Three significant digits below a thousand, whole numbers above.
    static func number(_ value: Double) -> String {
        let size = abs(value)
        guard size > 0, size < 1000 else { return String(format: "%.0f", value) }
        let places = max(0, 2 - Int(log10(size).rounded(.down)))
        let text = String(format: "%.\(places)f", value)
        guard text.contains(".") else { return text }
        let short = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
        return String(short.reversed())
    }
}
