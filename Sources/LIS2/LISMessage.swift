import CScan

/// A LIS2-A2 message over the bytes as received: records end with CR, fields and their parts are offsets found by one
/// scan, text is made only when asked for. Nothing is refused and nothing is dropped: what departs from the standard is
/// in ``defects``.
package struct LISMessage: Sendable {
    /// Immutable after `init`; one reference to count where a struct of five arrays would have five.
    let index: LISIndex

    /// Takes the bytes of one message (see ``split(_:)`` when there may be several).
    package init(bytes: [UInt8]) { index = LISIndex(bytes) }

    /// The received bytes, untouched.
    package var bytes: [UInt8] { index.bytes }
    package var delimiters: LISDelimiters { index.delimiters }
    /// All records in the order received.
    package var records: LISRecords { LISRecords(index: index) }
    /// `i` counts from 0.
    package func record(_ i: Int) -> LISRecord { LISRecord(index: index, number: i) }
    /// The header, nil when the message has none.
    package var header: LISRecord? {
        records.first.flatMap { $0.kind == .header ? $0 : nil }
    }
    /// The terminator, nil when the message was cut short.
    package var terminator: LISRecord? { records.last { $0.kind == .terminator } }
    /// H … L both present: nothing is missing at either end.
    package var isComplete: Bool { header != nil && terminator != nil }
    /// The records of one kind, in order.
    package func records(_ kind: LISRecordKind) -> [LISRecord] { records.filter { $0.kind == kind } }

    /// The largest message that is indexed; LIS01-A2 sets none (section 6.3.1 bounds frames), so this bounds memory.
    package static let sizeLimit = 1 << 30
}

/// The record types of LIS2-A2 sections 6 to 14.
package enum LISRecordKind: Sendable, Hashable, CustomStringConvertible {
    case header, patient, order, result, comment, query, scientific, manufacturer, terminator
    /// Anything else, with its first byte (0 for an empty record).
    case unknown(UInt8)

    package init(_ letter: UInt8) {
        self =
            switch letter {
            case 0x48: .header
            case 0x50: .patient
            case 0x4F: .order
            case 0x52: .result
            case 0x43: .comment
            case 0x51: .query
            case 0x53: .scientific
            case 0x4D: .manufacturer
            case 0x4C: .terminator
            case _: .unknown(letter)
            }
    }

    package var letter: UInt8 {
        switch self {
        case .header: 0x48
        case .patient: 0x50
        case .order: 0x4F
        case .result: 0x52
        case .comment: 0x43
        case .query: 0x51
        case .scientific: 0x53
        case .manufacturer: 0x4D
        case .terminator: 0x4C
        case .unknown(let letter): letter
        }
    }
    package var description: String {
        (0x21...0x7E).contains(letter) ? String(Unicode.Scalar(letter)) : "0x" + String(letter, radix: 16)
    }
}

/// The flat index of one message. `separators` holds the offset of every delimiter, CR and LF; `fields` says with one
/// bit for each of them whether it delimits fields; a record is a range of bytes and of separators. The three tables
/// lie in memory of its own, written once in `init`: arrays would cost as much again as the scan.
final class LISIndex: @unchecked Sendable {
    struct Entry: Sendable {
        var start: UInt32
        var end: UInt32
        var firstSeparator: UInt32
        var endSeparator: UInt32
        /// The first byte, and whether it stands alone before a field delimiter as a record letter does.
        var letter: UInt8
        var isRecord: Bool
        var kind: LISRecordKind { isRecord ? LISRecordKind(letter) : .unknown(letter) }
    }
    /// What the index pass itself noticed; the rest of the defects is derived from the records.
    struct Oddities: Sendable, Equatable {
        var lineFeeds = 0
        var indented = 0
        var lastRecordUnended = false
        var tooLong = false
        var delimiterFault: String?
    }

    let bytes: [UInt8]
    let delimiters: LISDelimiters
    let separators: UnsafeBufferPointer<UInt32>
    let fields: UnsafeBufferPointer<UInt64>
    let records: UnsafeBufferPointer<Entry>
    let oddities: Oddities
    private let hits: UnsafeMutableRawPointer?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var builder = LISIndexBuilder()
        bytes.withUnsafeBufferPointer { builder.build($0) }
        delimiters = builder.delimiters
        separators = builder.separators
        fields = builder.fields
        records = builder.records
        oddities = builder.oddities
        hits = builder.hits
    }

    deinit {
        hits?.deallocate()
        records.deallocate()
    }

    /// The `n`th field delimiter (from 0) of a record, as its place in `separators`; nil when there are fewer.
    func fieldDelimiter(_ n: Int, of entry: Entry) -> UInt32? {
        var word = Int(entry.firstSeparator >> 6), left = n
        guard entry.firstSeparator < entry.endSeparator else { return nil }
        var bits = fields[word] & ~0 << UInt64(entry.firstSeparator & 63)
        while true {
            let count = bits.nonzeroBitCount
            if left < count {
                for _ in 0..<left { bits &= bits &- 1 }
                let place = UInt32(truncatingIfNeeded: word << 6 + bits.trailingZeroBitCount)
                return place < entry.endSeparator ? place : nil
            }
            left -= count
            word += 1
            guard word << 6 < Int(entry.endSeparator) else { return nil }
            bits = fields[word]
        }
    }

    /// How many field delimiters a record has.
    func fieldDelimiters(of entry: Entry) -> Int {
        let first = Int(entry.firstSeparator), end = Int(entry.endSeparator)
        var count = 0
        var place = first
        while place < end {
            let next = min((place >> 6 + 1) << 6, end)
            let bits = fields[place >> 6] >> UInt64(place & 63)
            count += (next - place == 64 ? bits : bits & (1 << UInt64(next - place) - 1)).nonzeroBitCount
            place = next
        }
        return count
    }
}

/// The index pass: one scan in C, one walk over the record ends that it found.
struct LISIndexBuilder {
    var delimiters = LISDelimiters.standard
    var separators = UnsafeBufferPointer<UInt32>(start: nil, count: 0)
    var fields = UnsafeBufferPointer<UInt64>(start: nil, count: 0)
    var records = UnsafeBufferPointer<LISIndex.Entry>(start: nil, count: 0)
    /// Holds `fields`, then `separators`; whoever takes the tables frees it and `records`.
    var hits: UnsafeMutableRawPointer?
    var oddities = LISIndex.Oddities()

    mutating func build(_ whole: UnsafeBufferPointer<UInt8>) {
        oddities.tooLong = whole.count > LISMessage.sizeLimit
        let bytes = UnsafeBufferPointer(rebasing: whole.prefix(LISMessage.sizeLimit))
        var start = 0
        while start < bytes.count, isBlank(bytes[start]) || isEnd(bytes[start]) { start += 1 }
        if start < bytes.count, bytes[start] == LISRecordKind.header.letter {
            (delimiters, oddities.delimiterFault) = LISDelimiters.read(bytes, afterHeaderLetter: start + 1)
        }
        // One delimiter in three bytes is already dense; the few messages beyond are scanned again with room for all.
        let slack = Int(CSCAN_SLACK)
        if !index(bytes, capacity: bytes.count / 3 + 2 * slack) { _ = index(bytes, capacity: bytes.count + slack) }
    }

    /// False when there are more separators than `capacity`.
    private mutating func index(_ bytes: UnsafeBufferPointer<UInt8>, capacity: Int) -> Bool {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return true }
        // Field bits, separators, and the ends of records for as long as this takes.
        let words = capacity / 64 + 2
        let memory = UnsafeMutableRawPointer.allocate(byteCount: words * 8 + capacity * 8, alignment: 16)
        let bits = memory.bindMemory(to: UInt64.self, capacity: words)
        let offsets = (memory + words * 8).bindMemory(to: UInt32.self, capacity: 2 * capacity)
        let ends = offsets + capacity
        var endCount = 0
        let count = withUnsafeBytes(of: delimiters.needles) { needles in
            cscan_index(
                base, bytes.count, needles.bindMemory(to: UInt8.self).baseAddress, offsets, capacity, bits, ends,
                &endCount)
        }
        // SIZE_MAX comes over as -1.
        guard count >= 0 else {
            memory.deallocate()
            return false
        }
        hits = memory
        fields = UnsafeBufferPointer(start: bits, count: count / 64 + 1)
        separators = UnsafeBufferPointer(start: offsets, count: count)
        walk(bytes, UnsafeBufferPointer(start: ends, count: endCount))
        return true
    }

    private mutating func walk(_ bytes: UnsafeBufferPointer<UInt8>, _ ends: UnsafeBufferPointer<UInt32>) {
        let field = delimiters.field
        let out = UnsafeMutableBufferPointer<LISIndex.Entry>.allocate(capacity: ends.count + 1)
        var count = 0, start = 0, first = 0
        // Ends a record before a byte offset and begins the next one behind it; empty lines make no record.
        func close(at offset: Int, separator: Int) {
            let begun = start
            while start < offset, isBlank(bytes[start]) { start += 1 }
            if start < offset {
                if start > begun { oddities.indented += 1 }
                out.initializeElement(
                    at: count,
                    to: LISIndex.Entry(
                        start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: offset),
                        firstSeparator: UInt32(truncatingIfNeeded: first),
                        endSeparator: UInt32(truncatingIfNeeded: separator), letter: bytes[start],
                        isRecord: start + 1 == offset || bytes[start + 1] == field))
                count += 1
            }
            start = offset + 1
            first = separator + 1
        }
        for end in ends {
            let offset = Int(separators[Int(end)])
            if bytes[offset] == 0x0A {
                guard endsRecord(bytes, lineFeedAt: offset) else { continue }
                oddities.lineFeeds += 1
            }
            close(at: offset, separator: Int(end))
        }
        let before = count
        close(at: bytes.count, separator: separators.count)
        oddities.lastRecordUnended = count > before
        records = UnsafeBufferPointer(rebasing: out[..<count])
    }

    /// A line feed ends a record when nothing but blanks and record ends lies between it and the next record letter
    /// with its delimiter, or the end; otherwise it is a character of text (Celltac, Sphera against multi-line
    /// comments).
    private func endsRecord(_ bytes: UnsafeBufferPointer<UInt8>, lineFeedAt offset: Int) -> Bool {
        var i = offset + 1
        while i < bytes.count, isBlank(bytes[i]) || isEnd(bytes[i]) { i += 1 }
        if i + 1 >= bytes.count || (offset > 0 && bytes[offset - 1] == 0x0D) { return true }
        return (0x41...0x5A).contains(bytes[i]) && bytes[i + 1] == delimiters.field
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    private func isEnd(_ byte: UInt8) -> Bool { byte == 0x0D || byte == 0x0A }
}

/// The records of a message as a collection, counted from 0.
package struct LISRecords: RandomAccessCollection, Sendable {
    let index: LISIndex
    package var startIndex: Int { 0 }
    package var endIndex: Int { index.records.count }
    package subscript(i: Int) -> LISRecord { LISRecord(index: index, number: i) }
}

extension LISMessage {
    /// Where each message lies in a stream that may hold several (one session often does): from an H to the byte before
    /// the next H. Records that follow an L without an H, and bytes before the first H, make a range of their own; what
    /// is no record stays with the message before it. Ranges are contiguous and cover every byte; a stream of record
    /// ends and blanks only has none.
    package static func split(_ bytes: [UInt8]) -> [Range<Int>] {
        var starts: [Int] = []
        bytes.withUnsafeBufferPointer { bytes in
            var splitter = LISSplitter()
            starts = splitter.starts(bytes)
        }
        guard !starts.isEmpty else { return [] }
        starts[0] = 0
        return starts.indices.map { starts[$0]..<($0 + 1 < starts.count ? starts[$0 + 1] : bytes.count) }
    }

    /// All messages of a stream.
    package static func messages(in bytes: [UInt8]) -> [LISMessage] {
        let ranges = split(bytes)
        if ranges.count == 1 { return [LISMessage(bytes: bytes)] }
        return ranges.map { LISMessage(bytes: Array(bytes[$0])) }
    }
}

/// Finds where messages begin, looking at the first two bytes of each record only.
private struct LISSplitter {
    private var field = LISDelimiters.standard.field
    private var isAfterTerminator = false

    mutating func starts(_ bytes: UnsafeBufferPointer<UInt8>) -> [Int] {
        guard let base = bytes.baseAddress else { return [] }
        var found: [Int] = []
        var i = 0
        while i < bytes.count {
            let line = i
            while i < bytes.count, [0x20, 0x09, 0x0D, 0x0A].contains(bytes[i]) { i += 1 }
            guard i < bytes.count else { break }
            let next = i + 1 < bytes.count ? bytes[i + 1] : 0x0D
            if bytes[i] == 0x48, LISDelimiters.isDelimiter(next), i + 2 < bytes.count, bytes[i + 2] != 0x20 {
                field = next
                found.append(line)
                isAfterTerminator = false
            } else if found.isEmpty || (isAfterTerminator && next == field && (0x41...0x5A).contains(bytes[i])) {
                found.append(line)
                isAfterTerminator = false
            }
            if bytes[i] == 0x4C, next == field || next == 0x0D { isAfterTerminator = true }
            i = cscan_find2(base, bytes.count, i, 0x0D, 0x0A)
        }
        return found
    }
}
