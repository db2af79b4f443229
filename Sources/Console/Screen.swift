/// What a cell means; a ``Theme`` makes colours of it, and never the only sign of it.
package enum Tint: UInt8, Sendable, Hashable, CaseIterable {
    case plain, dim, title, range, critical, held, good, quality, expired, interference, urgent, changed
}

package struct Style: Sendable, Hashable {
    package var tint: Tint
    package var bold: Bool
    package var reverse: Bool
    package var underline: Bool
    package init(_ tint: Tint = .plain, bold: Bool = false, reverse: Bool = false, underline: Bool = false) {
        self.tint = tint
        self.bold = bold
        self.reverse = reverse
        self.underline = underline
    }
    package static let plain = Style()
    package static let dim = Style(.dim)
    package static let title = Style(.title, bold: true)
    package static let critical = Style(.critical, bold: true, reverse: true)
    package var reversed: Style {
        var style = self
        style.reverse = true
        return style
    }
}

package struct Cell: Sendable, Hashable {
    /// Nil: the right half of the wide glyph on its left.
    package var glyph: Character?
    package var style: Style
    package static let blank = Cell(glyph: " ", style: .plain)
}

/// A screen as a value: a grid of styled cells and the place of the cursor.
package struct Screen: Sendable, Hashable {
    package struct Place: Sendable, Hashable {
        package var row: Int
        package var column: Int
    }
    package let width: Int
    package let height: Int
    package private(set) var cells: [Cell]
    package var cursor: Place?

    package init(width: Int, height: Int) {
        self.width = max(width, 1)
        self.height = max(height, 1)
        cells = [Cell](repeating: .blank, count: self.width * self.height)
    }

    package subscript(row: Int, column: Int) -> Cell { cells[row * width + column] }

    /// Writes as many whole glyphs as fit in `limit` columns; gives the columns taken.
    @discardableResult
    package mutating func put(
        _ text: some StringProtocol, _ row: Int, _ column: Int, _ style: Style = .plain, limit: Int = .max
    ) -> Int {
        guard row >= 0, row < height, column >= 0 else { return 0 }
        var at = column
        let end = limit == .max ? width : min(width, column + limit)
        for glyph in text {
            let columns = CellWidth.of(glyph)
            // Controls never reach a terminal; a lone mark without its letter is not shown.
            guard columns > 0 else { continue }
            guard at + columns <= end else { break }
            cells[row * width + at] = Cell(glyph: glyph, style: style)
            if columns == 2 { cells[row * width + at + 1] = Cell(glyph: nil, style: style) }
            at += columns
        }
        return at - column
    }

    package mutating func fill(_ row: Int, _ columns: Range<Int>, _ style: Style, glyph: Character? = nil) {
        guard row >= 0, row < height else { return }
        for column in columns.clamped(to: 0..<width) {
            if let glyph { cells[row * width + column].glyph = glyph }
            cells[row * width + column].style = style
        }
    }

    /// Styles laid over what is written, as for the line of the cursor.
    package mutating func reverse(_ row: Int, _ columns: Range<Int>) {
        guard row >= 0, row < height else { return }
        for column in columns.clamped(to: 0..<width) { cells[row * width + column].style.reverse.toggle() }
    }

    /// Another screen laid over the upper left corner.
    package mutating func lay(_ other: Screen) {
        for row in 0..<min(height, other.height) {
            for column in 0..<min(width, other.width) { cells[row * width + column] = other[row, column] }
        }
        cursor = other.cursor
    }

    package mutating func clear(_ rows: Range<Int>, _ columns: Range<Int>) {
        for row in rows.clamped(to: 0..<height) { fill(row, columns, .plain, glyph: " ") }
    }

    /// Row by row without styles, blanks at the ends cut: what golden files and screen readers get.
    package var text: String {
        (0..<height).map { row in
            var line = ""
            for column in 0..<width { if let glyph = self[row, column].glyph { line.append(glyph) } }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    /// One change: a run of cells of a row to write again.
    package struct Run: Sendable, Hashable {
        package var row: Int
        package var columns: Range<Int>
    }

    /// What differs from the screen before; everything when the size changed.
    package func changes(since before: Screen?) -> [Run] {
        guard let before, before.width == width, before.height == height else {
            return (0..<height).map { Run(row: $0, columns: 0..<width) }
        }
        var runs = [Run]()
        for row in 0..<height {
            let start = row * width
            guard cells[start..<start + width] != before.cells[start..<start + width] else { continue }
            var first: Int?
            var last = 0
            for column in 0..<width where cells[start + column] != before.cells[start + column] {
                first = first ?? column
                last = column
            }
            guard var from = first else { continue }
            // A wide glyph is written from its left half.
            while from > 0, cells[start + from].glyph == nil { from -= 1 }
            runs.append(Run(row: row, columns: from..<last + 1))
        }
        return runs
    }
}

/// Columns that a glyph takes (Unicode 15 East Asian Width W and F, and emoji presentation: two).
package enum CellWidth {
    package static func of(_ glyph: Character) -> Int {
        guard let first = glyph.unicodeScalars.first else { return 0 }
        if first.value < 0x7F { return first.value < 0x20 ? 0 : 1 }
        if first.value < 0xA0 { return 0 }
        if first.properties.generalCategory == .nonspacingMark || first.properties.generalCategory == .format {
            return 0
        }
        return wide.contains { $0.contains(first.value) } ? 2 : 1
    }
    package static func of(_ text: some StringProtocol) -> Int { text.reduce(0) { $0 + of($1) } }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x25FD...0x25FE,
        0x2614...0x2615, 0x26A1...0x26A1, 0x2705...0x2705, 0x274C...0x274C, 0x2753...0x2755, 0x2E80...0x303E,
        0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x20000...0x3FFFD,
    ]

    /// Cut to at most `columns`, the cut shown by its last glyph; padded with blanks when `pad`.
    package static func fit(_ text: String, _ columns: Int, pad: Bool = true, cut: Character = "…") -> String {
        guard columns > 0 else { return "" }
        if of(text) <= columns { return pad ? text + String(repeating: " ", count: columns - of(text)) : text }
        var out = ""
        var used = 0
        for glyph in text {
            let taken = of(glyph)
            if used + taken > columns - 1 { break }
            out.append(glyph)
            used += taken
        }
        return out + String(cut) + (pad ? String(repeating: " ", count: max(0, columns - used - 1)) : "")
    }

    /// Folded between words.
    package static func fold(_ text: String, _ columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        var lines = [String]()
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: true) {
            if !line.isEmpty, of(line) + 1 + of(word) > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
            while of(line) > columns {
                let head = fit(line, columns + 1, pad: false, cut: " ").dropLast()
                lines.append(String(head))
                line = String(line.dropFirst(head.count))
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }
}
