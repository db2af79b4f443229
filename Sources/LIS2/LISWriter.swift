/// What a field is written from.
package enum LISValue: Sendable, Hashable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
    /// No information.
    case empty
    /// Delete the value you have: `""`.
    case deletion
    /// One text, delimiters in it escaped.
    case text(String)
    /// Components, each escaped: `["", "", "", "GLU"]` is `^^^GLU`.
    case components([String])
    /// Repeats of components.
    case repeats([[String]])
    /// Bytes as they are, delimiters included.
    case raw([UInt8])

    package init(stringLiteral text: String) { self = text.isEmpty ? .empty : .text(text) }
    package init(arrayLiteral parts: String...) { self = .components(parts) }
    package init(_ number: Int) { self = .text(String(number)) }
}

/// Writes a LIS2-A2 message: records ended by CR, delimiters escaped (section 5.4), empty fields at the end left out
/// (section 5.4).
package struct LISWriter: Sendable {
    package let delimiters: LISDelimiters
    package let charset: LISCharset
    package private(set) var bytes: [UInt8] = []
    /// Characters the charset has not (written `?`), and delimiters or controls that could not be escaped because the
    /// message has no escape delimiter (written as a blank).
    package private(set) var replaced = 0

    package init(delimiters: LISDelimiters = .standard, charset: LISCharset = .latin1) {
        self.delimiters = delimiters
        self.charset = charset
    }

    /// Writes H: `fields[0]` is field 3 (message control id), `fields[1]` field 4 …
    package mutating func header(_ fields: [LISValue] = []) {
        record(.header, [.raw(Array(delimiters.bytes.dropFirst()))] + fields)
    }

    /// Writes a record: `fields[0]` is field 2 (the sequence number), `fields[1]` field 3 …
    package mutating func record(_ kind: LISRecordKind, _ fields: [LISValue]) {
        bytes.append(kind.letter)
        var end = bytes.count
        for field in fields {
            bytes.append(delimiters.field)
            let start = bytes.count
            append(field)
            if bytes.count > start { end = bytes.count }
        }
        bytes.removeSubrange(end...)
        bytes.append(0x0D)
    }

    /// Writes `L|1|code`: N normal, F last request processed, I no information, Q error in the request …
    package mutating func terminator(_ code: String = "N") { record(.terminator, ["1", .text(code)]) }

    private mutating func append(_ value: LISValue) {
        switch value {
        case .empty: break
        case .deletion: bytes += [0x22, 0x22]
        case .raw(let raw): bytes += raw
        case .text(let text): append(text)
        case .components(let parts): append(parts)
        case .repeats(let repeats):
            for (i, parts) in repeats.enumerated() {
                if i > 0 { bytes.append(delimiters.repetition) }
                append(parts)
            }
        }
    }

    private mutating func append(_ parts: [String]) {
        // Components at the end may be left out like fields.
        let count = (parts.lastIndex { !$0.isEmpty } ?? -1) + 1
        for (i, part) in parts.prefix(count).enumerated() {
            if i > 0 { bytes.append(delimiters.component) }
            append(part)
        }
    }

    private mutating func append(_ text: String) {
        for scalar in text.unicodeScalars {
            guard let encoded = charset.encode(scalar) else {
                bytes.append(0x3F)
                replaced += 1
                continue
            }
            for byte in encoded { append(byte) }
        }
    }

    private mutating func append(_ byte: UInt8) {
        let code: [UInt8]
        switch byte {
        case delimiters.field: code = [0x46]
        case delimiters.component: code = [0x53]
        case delimiters.repetition: code = [0x52]
        case 0..<0x20, 0x7F: code = [0x58, LISWriter.digit(byte >> 4), LISWriter.digit(byte & 15)]
        case _ where byte == delimiters.escape: code = [0x45]
        case _:
            bytes.append(byte)
            return
        }
        guard let escape = delimiters.escape else {
            bytes.append(0x20)
            replaced += 1
            return
        }
        bytes.append(escape)
        bytes += code
        bytes.append(escape)
    }

    private static func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x37 + nibble }
}

/// Counts for a measurement of the index: records, fields and separators of a stream of messages.
package func indexedCounts(of bytes: [UInt8]) -> (messages: Int, records: Int, separators: Int) {
    var records = 0, separators = 0
    let ranges = LISMessage.split(bytes)
    for range in ranges {
        let message = LISMessage(bytes: Array(bytes[range]))
        records += message.records.count
        separators += message.index.separators.count
    }
    return (ranges.count, records, separators)
}
