package import Base

/// One result record with the five values every analyzer sends, as ranges of the message's bytes: escapes are not
/// decoded and nothing is trimmed. Made without allocation; ask the record for texts.
package struct LISResult: Sendable {
    let index: LISIndex
    /// The R record, from 0.
    package let record: Int
    /// The O record above it, nil when there is none.
    package let order: Int?
    /// O field 3, first component.
    package let specimen: LISBytes
    /// R field 3, fourth component.
    package let code: LISBytes
    /// R field 4.
    package let value: LISBytes
    /// R field 5.
    package let unit: LISBytes
    /// R field 7.
    package let flag: LISBytes

    /// The value as a number, as ``Measured`` reads it; nil when it is none.
    package var measured: Measured? { index.measured(value) }

    package func text(_ bytes: LISBytes, _ charset: LISCharset = .latin1) -> String {
        index.bytes.withUnsafeBufferPointer { charset.decode(UnsafeBufferPointer(rebasing: $0[bytes.range])) }
    }
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
                    specimen = index.fields(of: entry).3
                case 0x52:
                    return index.result(number, entry, order: order, specimen: specimen)
                case _: break
                }
            }
            return nil
        }
    }
}

extension LISIndex {
    /// The third field's first and fourth components, and fields 3, 4, 5 and 7: one walk over the separators.
    fileprivate func result(_ number: Int, _ entry: Entry, order: Int?, specimen: LISBytes) -> LISResult {
        let found = fields(of: entry)
        return LISResult(
            index: self, record: number, order: order, specimen: specimen, code: found.4, value: found.0,
            unit: found.1, flag: found.2)
    }

    /// Fields 4, 5 and 7, then the first and the fourth component of field 3.
    fileprivate func fields(of entry: Entry) -> (LISBytes, LISBytes, LISBytes, LISBytes, LISBytes) {
        let nothing = LISBytes(start: entry.end, end: entry.end)
        var out = (nothing, nothing, nothing, nothing, nothing)
        separators.withUnsafeBufferPointer { separators in
            bytes.withUnsafeBufferPointer { bytes in
                let field = delimiters.field, component = delimiters.component, repetition = delimiters.repetition
                var number = 1, part = 1, start = entry.start, partStart = entry.start
                var isFirstRepeat = true
                func end(of byte: UInt8, at offset: UInt32) {
                    if number == 3, isFirstRepeat {
                        if byte == component || byte == repetition || byte == field {
                            let piece = LISBytes(start: partStart, end: offset)
                            if part == 1 { out.3 = piece }
                            if part == 4 { out.4 = piece }
                            part += 1
                            partStart = offset + 1
                            isFirstRepeat = byte != repetition
                        }
                    }
                    guard byte == field else { return }
                    let whole = LISBytes(start: start, end: offset)
                    switch number {
                    case 4: out.0 = whole
                    case 5: out.1 = whole
                    case 7: out.2 = whole
                    case _: break
                    }
                    number += 1
                    start = offset + 1
                    partStart = start
                }
                var i = Int(entry.firstSeparator)
                while i < Int(entry.endSeparator), number < 8 {
                    let offset = separators[i]
                    end(of: bytes[Int(offset)], at: offset)
                    i += 1
                }
                if number < 8 { end(of: field, at: entry.end) }
            }
        }
        return out
    }

    /// What ``Measured`` reads, without a string for what analyzers print nearly always: `[<>][-]digits[.digits]`.
    fileprivate func measured(_ value: LISBytes) -> Measured? {
        bytes.withUnsafeBufferPointer { bytes in
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
            guard i == end, digits > 0, point != digits else {
                return Measured(
                    LISCharset.latin1.decode(UnsafeBufferPointer(rebasing: bytes[value.range])))
            }
            return Measured(
                Exact(
                    coefficient: Int128(isNegative ? -coefficient : coefficient), scale: point < 0 ? 0 : digits - point),
                comparator: comparator)
        }
    }
}
