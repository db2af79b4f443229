package import Base

/// One result record with the five values every analyzer sends, as ranges of the message's bytes: escapes are not
/// decoded and nothing is trimmed. Made without allocation; ask the message for texts and numbers.
package struct LISResult: Sendable, Hashable {
    /// The R record, from 0.
    package var record: Int
    /// The O record above it, nil when there is none.
    package var order: Int?
    /// O field 3, first component.
    package var specimen = LISBytes.none
    /// R field 3, fourth component.
    package var code = LISBytes.none
    /// R field 4.
    package var value = LISBytes.none
    /// R field 5.
    package var unit = LISBytes.none
    /// R field 7.
    package var flag = LISBytes.none
}

/// A range of the bytes of a message.
package struct LISBytes: Sendable, Hashable {
    package var start: UInt32
    package var end: UInt32
    package var range: Range<Int> { Int(start)..<Int(end) }
    package var count: Int { Int(end - start) }
    package var isEmpty: Bool { start == end }
    static let none = LISBytes(start: 0, end: 0)
}

extension LISMessage {
    /// Its results in order, each found as it is asked for.
    package var results: LISResults { LISResults(index: index) }

    /// The characters of a range, escapes as they stand.
    package func text(_ bytes: LISBytes, _ charset: LISCharset = .latin1) -> String {
        index.bytes.withUnsafeBufferPointer { charset.decode(UnsafeBufferPointer(rebasing: $0[bytes.range])) }
    }

    /// The same, but nil where an escape delimiter stands: such a text must be decoded.
    package func plainText(_ bytes: LISBytes, _ charset: LISCharset = .latin1) -> String? {
        index.bytes.withUnsafeBufferPointer { all in
            let raw = UnsafeBufferPointer(rebasing: all[bytes.range])
            if let escape = delimiters.escape, raw.contains(escape) { return nil }
            return charset.decode(raw)
        }
    }

    /// A value that is `[<>][-]digits[.digits]` as a number; nil for anything else, numbers written otherwise included.
    package func plainNumber(_ value: LISBytes) -> Measured? {
        index.bytes.withUnsafeBufferPointer { LISIndex.plainNumber($0, value) }
    }

    /// A value as a number, as ``Measured`` reads it; nil when it is none.
    package func measured(_ value: LISBytes) -> Measured? {
        index.bytes.withUnsafeBufferPointer { LISIndex.measured($0, value) }
    }
}

/// The results of a message (LIS2-A2 section 9), each under the order before it (section 5.1). One walk over the index,
/// no allocation for a record or a field.
package struct LISResults: Sequence, Sendable {
    let index: LISIndex
    package func makeIterator() -> Iterator { Iterator(index: index) }

    package struct Iterator: IteratorProtocol, Sendable {
        private let index: LISIndex
        private var record = 0
        private var order: Int?
        private var specimen = LISBytes.none

        init(index: LISIndex) { self.index = index }

        package mutating func next() -> LISResult? {
            while record < index.records.count {
                let number = record, entry = index.records[number]
                record += 1
                guard entry.isRecord else { continue }
                switch entry.letter {
                case 0x48, 0x50:
                    order = nil
                    specimen = .none
                case 0x4F:
                    order = number
                    specimen = index.specimen(of: entry)
                case 0x52:
                    var result = LISResult(record: number, order: order, specimen: specimen)
                    index.fill(&result, from: entry)
                    return result
                case _: break
                }
            }
            return nil
        }
    }
}

extension LISIndex {
    /// O field 3, first component.
    fileprivate func specimen(of entry: Entry) -> LISBytes {
        var fields = Fields(self, entry)
        fields.skip(2)
        return component(1, of: fields.next(), in: entry)
    }

    /// Fields 3, 4, 5 and 7 of an R record: one walk over its field bits.
    fileprivate func fill(_ result: inout LISResult, from entry: Entry) {
        var fields = Fields(self, entry)
        fields.skip(2)
        result.code = component(4, of: fields.next(), in: entry)
        result.value = fields.next().bytes
        result.unit = fields.next().bytes
        fields.skip(1)
        result.flag = fields.next().bytes
    }

    /// A component of the first repeat of a field.
    private func component(_ wanted: Int, of field: Fields.Field, in entry: Entry) -> LISBytes {
        var start = field.bytes.start, part = 1
        var i = field.firstSeparator
        while i < field.endSeparator {
            let offset = separators[Int(i)], byte = bytes[Int(offset)]
            if byte == delimiters.component || byte == delimiters.repetition {
                if part == wanted { return LISBytes(start: start, end: offset) }
                guard byte == delimiters.component else { return LISBytes(start: offset, end: offset) }
                part += 1
                start = offset + 1
            }
            i += 1
        }
        return LISBytes(start: part == wanted ? start : field.bytes.end, end: field.bytes.end)
    }

    /// The fields of a record one after the other; those not sent are empty.
    private struct Fields {
        struct Field {
            var bytes: LISBytes
            var firstSeparator: UInt32
            var endSeparator: UInt32
        }
        private let index: LISIndex
        private let entry: Entry
        private var word: Int
        private var bits: UInt64
        private var start: UInt32
        private var separator: UInt32

        init(_ index: LISIndex, _ entry: Entry) {
            self.index = index
            self.entry = entry
            word = Int(entry.firstSeparator >> 6)
            bits =
                entry.firstSeparator < entry.endSeparator
                ? index.fields[word] & ~0 << UInt64(entry.firstSeparator & 63) : 0
            start = entry.start
            separator = entry.firstSeparator
        }

        mutating func skip(_ count: Int) { for _ in 0..<count { _ = next() } }

        mutating func next() -> Field {
            let first = separator, begin = start
            while bits == 0, (word + 1) << 6 < Int(entry.endSeparator) {
                word += 1
                bits = index.fields[word]
            }
            let place = UInt32(truncatingIfNeeded: word << 6 + bits.trailingZeroBitCount)
            guard bits != 0, place < entry.endSeparator else {
                defer {
                    start = entry.end
                    separator = entry.endSeparator
                    bits = 0
                }
                return Field(
                    bytes: LISBytes(start: begin, end: entry.end), firstSeparator: first,
                    endSeparator: entry.endSeparator)
            }
            bits &= bits &- 1
            let offset = index.separators[Int(place)]
            start = offset + 1
            separator = place + 1
            return Field(bytes: LISBytes(start: begin, end: offset), firstSeparator: first, endSeparator: place)
        }
    }

    /// What ``Measured`` reads, without a string for what analyzers print nearly always.
    fileprivate static func measured(_ bytes: UnsafeBufferPointer<UInt8>, _ value: LISBytes) -> Measured? {
        if let number = plainNumber(bytes, value) { return number }
        return Measured(LISCharset.latin1.decode(UnsafeBufferPointer(rebasing: bytes[value.range])))
    }

    /// `[<>][-]digits[.digits]`, at most 18 digits.
    fileprivate static func plainNumber(_ bytes: UnsafeBufferPointer<UInt8>, _ value: LISBytes) -> Measured? {
        var i = Int(value.start)
        let end = Int(value.end)
        var comparator = Comparator.equal
        if i < end, bytes[i] == 0x3C || bytes[i] == 0x3E {
            comparator = bytes[i] == 0x3C ? .below : .above
            i += 1
        }
        let isNegative = i < end && bytes[i] == 0x2D
        if isNegative { i += 1 }
        var coefficient: Int64 = 0, digits = 0, point = -1
        while i < end {
            let byte = bytes[i]
            if (0x30...0x39).contains(byte), digits < 18 {
                coefficient = coefficient &* 10 &+ Int64(byte - 0x30)
                digits += 1
            } else if byte == 0x2E || byte == 0x2C, point < 0, digits > 0 {
                point = digits
            } else {
                break
            }
            i += 1
        }
        guard i == end, digits > 0, point != digits else { return nil }
        return Measured(
            Exact(
                coefficient: Int128(isNegative ? -coefficient : coefficient), scale: point < 0 ? 0 : digits - point),
            comparator: comparator)
    }
}
