/// One cell and where it starts: 1-based line, 1-based column in characters (Unicode scalars).
package struct CSVCell: Sendable, Hashable {
    package var text: String
    package var line: Int
    package var column: Int
    /// The text stood between quotes: its first character is one column further.
    package var quoted: Bool
}

/// What the bytes of a table have wrong, where.
package struct CSVDefect: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case notUTF8
        case unclosedQuote
        /// A character between a closing quote and the next comma.
        case afterQuote
        /// A quote inside a cell that does not begin with one.
        case strayQuote
        /// A carriage return without line feed, outside quotes.
        case strayReturn
        case controlCharacter
    }
    package var kind: Kind
    package var line: Int
    package var column: Int
}

/// A comma-separated table (or one with another `separator`) after RFC 4180, in UTF-8: a byte-order mark is tolerated,
/// lines end with LF or CRLF, the last one may end with nothing, empty lines are skipped. A quoted cell may hold
/// commas, quotes (doubled), line ends.
package struct CSVTable: Sendable, Hashable {
    package private(set) var rows: [[CSVCell]] = []
    /// The first thing that makes the rest unreadable, if any: rows read before it are kept.
    package private(set) var defect: CSVDefect?

    package init(_ bytes: [UInt8], separator: Unicode.Scalar = ",") {
        var scanner = CSVScanner(bytes, comma: UInt8(ascii: separator))
        scanner.scan()
        rows = scanner.rows
        defect = scanner.defect
    }
}

extension CSVTable {
    /// A table as people keep it in a spreadsheet, whose ways of saving change nothing of what it says: semicolons for
    /// commas (a French one writes the decimals with a comma then), CRLF in a cell, rows and columns of nothing behind
    /// the last. Cells keep the place that they have in the file.
    package init(spreadsheet bytes: [UInt8]) {
        self.init(bytes, separator: CSVTable.hasSemicolons(bytes) ? ";" : ",")
        guard let header = rows.first else { return }
        let width = max(1, header.count - header.reversed().prefix { $0.text.isEmpty }.count)
        rows = rows.compactMap { row in
            if row.allSatisfy({ $0.text.isEmpty }) { return nil }
            // A spreadsheet gives every line the cells of the header: a line that has more has a comma too many.
            let isPadded = row.count == header.count && row.dropFirst(width).allSatisfy { $0.text.isEmpty }
            return (isPadded ? Array(row.prefix(width)) : row).map(\.withLineFeeds)
        }
    }

    /// Between the columns of the header, whose names hold neither.
    package static func hasSemicolons(_ bytes: [UInt8]) -> Bool {
        let header = bytes.prefix { $0 != 0x0A }
        return header.contains(0x3B) && !header.contains(0x2C)
    }

    /// `22/11/2026 07:30` of a table between semicolons → `2026-11-22T07:30:00`; anything else as it is.
    package static func iso(french text: String) -> String {
        let parts = text.split(separator: " ", maxSplits: 1)
        let day = (parts.first ?? "").split(separator: "/", omittingEmptySubsequences: false)
        guard day.count == 3, (1...2).contains(day[0].utf8.count), (1...2).contains(day[1].utf8.count) else {
            return text
        }
        let time = parts.count == 2 ? "T" + parts[1] + (parts[1].utf8.count == 5 ? ":00" : "") : ""
        return "\(day[2])-\(day[1].utf8.count == 1 ? "0" : "")\(day[1])-\(day[0].utf8.count == 1 ? "0" : "")\(day[0])"
            + time
    }
}

extension CSVCell {
    fileprivate var withLineFeeds: CSVCell {
        guard quoted, text.utf8.contains(0x0D) else { return self }
        var cell = self
        cell.text = text.replacing("\r\n", with: "\n")
        return cell
    }
}

/// Walks the bytes once; the state is where we are in a cell.
private struct CSVScanner {
    enum Place { case cellStart, plain, quoted, quoteInQuoted }

    let bytes: [UInt8]
    let comma: UInt8
    var rows: [[CSVCell]] = []
    var defect: CSVDefect?
    private var row: [CSVCell] = []
    private var cell: [UInt8] = []
    private var place = Place.cellStart
    private var line = 1
    private var column = 1
    private var startLine = 1
    private var startColumn = 1

    init(_ bytes: [UInt8], comma: UInt8) {
        self.bytes = bytes
        self.comma = comma
    }

    mutating func scan() {
        var index = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard !refuseBadUTF8() else { return }
        while index < bytes.count, defect == nil {
            let byte = bytes[index]
            let isReturnOfCRLF = byte == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A
            step(byte, isReturnOfCRLF: isReturnOfCRLF)
            index += 1
        }
        finish()
    }

    private mutating func step(_ byte: UInt8, isReturnOfCRLF: Bool) {
        switch place {
        case .cellStart:
            startLine = line
            startColumn = column
            if byte == 0x22 {
                place = .quoted
                advance(byte)
            } else {
                place = .plain
                plain(byte, isReturnOfCRLF: isReturnOfCRLF)
            }
        case .plain:
            plain(byte, isReturnOfCRLF: isReturnOfCRLF)
        case .quoted:
            if byte == 0x22 { place = .quoteInQuoted } else { cell.append(byte) }
            advance(byte)
        case .quoteInQuoted:
            if byte == 0x22 {
                cell.append(byte)
                place = .quoted
                advance(byte)
            } else if byte == comma || byte == 0x0A || isReturnOfCRLF {
                separator(byte, quoted: true)
            } else {
                fail(.afterQuote)
            }
        }
    }

    private mutating func plain(_ byte: UInt8, isReturnOfCRLF: Bool) {
        switch byte {
        case comma, 0x0A: separator(byte, quoted: false)
        case 0x0D where isReturnOfCRLF: separator(byte, quoted: false)
        case 0x0D: fail(.strayReturn)
        case 0x22: fail(.strayQuote)
        case 0x00...0x08, 0x0B...0x1F, 0x7F: fail(.controlCharacter)
        case _:
            cell.append(byte)
            advance(byte)
        }
    }

    /// A comma, the return of a CRLF (passed over: the line feed follows) or a line feed.
    private mutating func separator(_ byte: UInt8, quoted: Bool) {
        if byte == 0x0D { return }
        endCell(quoted: quoted)
        advance(byte)
        if byte == 0x0A { endRow() }
    }

    private mutating func endCell(quoted: Bool) {
        row.append(
            CSVCell(text: String(decoding: cell, as: UTF8.self), line: startLine, column: startColumn, quoted: quoted))
        cell.removeAll(keepingCapacity: true)
        place = .cellStart
    }

    private mutating func endRow() {
        let isEmpty = row.count == 1 && row[0].text.isEmpty && !row[0].quoted
        if !isEmpty { rows.append(row) }
        row = []
    }

    private mutating func finish() {
        guard defect == nil else { return }
        switch place {
        case .cellStart where row.isEmpty: return
        case .cellStart:
            startLine = line
            startColumn = column
            endCell(quoted: false)
        case .plain: endCell(quoted: false)
        case .quoteInQuoted: endCell(quoted: true)
        case .quoted:
            defect = CSVDefect(kind: .unclosedQuote, line: startLine, column: startColumn)
            return
        }
        endRow()
    }

    private mutating func advance(_ byte: UInt8) {
        if byte == 0x0A {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
    }

    private mutating func fail(_ kind: CSVDefect.Kind) { defect = CSVDefect(kind: kind, line: line, column: column) }

    /// Says where the first byte stands that is no UTF-8; a table is then not read at all.
    private mutating func refuseBadUTF8() -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.span)
            return false
        } catch {
            for byte in bytes[..<error.byteOffsets.lowerBound] { advance(byte) }
            fail(.notUTF8)
            return true
        }
    }
}
