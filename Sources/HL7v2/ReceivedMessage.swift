package import Base

/// A message as received: its bytes, kept, and where everything stands in them. Text is made when asked for.
///
/// Tolerance: segments end with CR as the standard says, with LF, or with CR LF – which, is learnt at the end of MSH,
/// so that a line feed inside a field of a CR message stays data.
package struct ReceivedMessage: Sendable, Equatable {
    package let bytes: [UInt8]
    package let delimiters: Delimiters
    package let charset: Charset
    /// Names and places of the segments, in order; the first is MSH.
    package let segments: [SegmentIndex]
    /// The peer ends its segments with LF (a deviation, to count).
    package let usesLineFeeds: Bool

    package struct SegmentIndex: Sendable, Equatable {
        package let name: String
        /// Where the segment's first byte is in the message.
        package let offset: Int
        /// Bytes of each field; `fields[0]` is field 1 (in MSH: the delimiter itself).
        let fields: [Range<Int>]
    }

    /// Segments that a message may have: far more than any order or report, few enough for a hostile peer.
    package static let segmentLimit = 20_000

    package init(_ bytes: [UInt8]) throws(Refusal) {
        let delimiters = try Delimiters(header: bytes)
        guard let end = bytes.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) ?? (bytes.isEmpty ? nil : bytes.count)
        else { throw Refusal("hl7.header", at: "MSH", because: "le message est vide", remedy: "le renvoyer") }
        let lineFeeds = end < bytes.count && bytes[end] == 0x0A
        let terminator: UInt8 = lineFeeds ? 0x0A : 0x0D
        var segments: [SegmentIndex] = []
        var start = 0
        while start < bytes.count {
            var end = bytes[start...].firstIndex(of: terminator) ?? bytes.count
            let next = end + 1
            if !lineFeeds, bytes[start] == 0x0A { start += 1 }
            while end > start, bytes[end - 1] == 0x0D { end -= 1 }
            if start < end {
                segments.append(
                    try ReceivedMessage.index(bytes, start..<end, delimiters, ordinal: segments.count + 1))
                guard segments.count <= ReceivedMessage.segmentLimit else {
                    throw Refusal(
                        "hl7.segments", because: "plus de \(ReceivedMessage.segmentLimit) segments",
                        remedy: "faire couper le message par l'émetteur")
                }
            }
            start = next
        }
        self.bytes = bytes
        self.delimiters = delimiters
        self.segments = segments
        self.usesLineFeeds = lineFeeds
        self.charset = try ReceivedMessage.charset(bytes, segments[0], delimiters)
    }

    private static func index(
        _ bytes: [UInt8], _ range: Range<Int>, _ delimiters: Delimiters, ordinal: Int
    ) throws(Refusal) -> SegmentIndex {
        let name = bytes[range].prefix(3)
        let isNamed =
            name.count == 3 && name.allSatisfy(Delimiters.isLetterOrDigit)
            && (range.count == 3 || bytes[range.lowerBound + 3] == delimiters.field)
        guard isNamed else {
            throw Refusal(
                "hl7.segment", at: "segment \(ordinal), octet \(range.lowerBound)",
                because: "un segment ne commence pas par un nom de trois lettres",
                remedy: "vérifier que l'émetteur échappe les fins de ligne (\\.br\\) et n'en coupe aucune")
        }
        var fields: [Range<Int>] = []
        if ordinal == 1 { fields.append(range.lowerBound + 3..<range.lowerBound + 4) }
        var from = range.lowerBound + 4
        while from <= range.upperBound {
            let to = bytes[from..<range.upperBound].firstIndex(of: delimiters.field) ?? range.upperBound
            fields.append(from..<to)
            from = to + 1
        }
        return SegmentIndex(name: String(decoding: name, as: UTF8.self), offset: range.lowerBound, fields: fields)
    }

    private static func charset(
        _ bytes: [UInt8], _ header: SegmentIndex, _ delimiters: Delimiters
    ) throws(Refusal) -> Charset {
        let said = header.fields.count >= 18 ? bytes[header.fields[17]] : []
        // Repetitions name further sets to switch to by escapes, which nobody does: the first one counts.
        let first = said.split(separator: delimiters.repetition).first ?? []
        let name = String(decoding: delimiters.unescape(first), as: UTF8.self)
        if let charset = Charset(rawValue: name) { return charset }
        switch name {
        // Nothing said: ASCII by the standard; in practice UTF-8 when it is well formed, Latin-9 when it is not.
        case "", "ASCII", "UNICODE": return String(validating: bytes, as: UTF8.self) != nil ? .utf8 : .latin9
        case "UTF-8", "UTF8", "unicode utf-8": return .utf8
        case _:
            throw Refusal(
                "hl7.charset", at: "MSH-18", because: "jeu de caractères inconnu",
                remedy: "faire écrire UNICODE UTF-8 ou 8859/15 par l'émetteur")
        }
    }
}

extension ReceivedMessage {
    /// First segment of that name.
    package func first(_ name: String) -> ReceivedSegment? {
        segments.first { $0.name == name }.map { ReceivedSegment(message: self, index: $0) }
    }
    package func all(_ name: String) -> [ReceivedSegment] {
        segments.filter { $0.name == name }.map { ReceivedSegment(message: self, index: $0) }
    }
    package var every: [ReceivedSegment] { segments.map { ReceivedSegment(message: self, index: $0) } }

    /// `value("PID", 3, component: 4, sub: 2)`: of the first segment of that name; empty when absent.
    package func value(_ segment: String, _ field: Int, repetition: Int = 1, component: Int = 1, sub: Int = 1) -> String
    {
        first(segment)?.value(field, repetition: repetition, component: component, sub: sub) ?? ""
    }
    /// MSH-9: `ORU`, `R01`.
    package var kind: (code: String, event: String) { (value("MSH", 9), value("MSH", 9, component: 2)) }
    /// MSH-10.
    package var controlID: String { value("MSH", 10) }

    /// The same message as a value, escapes undone; what `Message.bytes()` would write back.
    package var message: Message {
        Message(
            delimiters: delimiters, charset: charset,
            segments: every.map { segment in
                var out = Segment(segment.name)
                let from = segment.name == "MSH" ? 3 : 1
                for number in stride(from: from, through: segment.fieldCount, by: 1) {
                    out[number] = segment.field(number)
                }
                return out
            })
    }
}

/// One segment of a received message.
package struct ReceivedSegment: Sendable {
    let message: ReceivedMessage
    let index: ReceivedMessage.SegmentIndex

    package var name: String { index.name }
    package var offset: Int { index.offset }
    package var fieldCount: Int { index.fields.count }

    /// The raw bytes of a field; empty when absent.
    package func raw(_ field: Int) -> ArraySlice<UInt8> {
        guard field >= 1, field <= index.fields.count else { return [] }
        return message.bytes[index.fields[field - 1]]
    }

    package func repetitions(_ field: Int) -> Int {
        let bytes = raw(field)
        return bytes.isEmpty ? 0 : bytes.reduce(1) { $0 + ($1 == message.delimiters.repetition ? 1 : 0) }
    }

    /// Text of a leaf, everything counted from 1, escapes undone; empty when absent.
    package func value(_ field: Int, repetition: Int = 1, component: Int = 1, sub: Int = 1) -> String {
        let d = message.delimiters
        let leaf = part(part(part(raw(field), d.repetition, repetition), d.component, component), d.subcomponent, sub)
        return message.charset.decode(d.unescape(leaf))
    }

    private func part(_ bytes: ArraySlice<UInt8>, _ delimiter: UInt8, _ number: Int) -> ArraySlice<UInt8> {
        var rest = bytes
        for _ in 1..<max(number, 1) {
            guard let cut = rest.firstIndex(of: delimiter) else { return [] }
            rest = rest[(cut + 1)...]
        }
        return rest.prefix { $0 != delimiter }
    }

    /// The whole field as a value.
    package func field(_ number: Int) -> Field {
        let bytes = raw(number)
        guard !bytes.isEmpty else { return .empty }
        let d = message.delimiters
        func cut(_ bytes: ArraySlice<UInt8>, _ delimiter: UInt8) -> [ArraySlice<UInt8>] {
            bytes.split(separator: delimiter, omittingEmptySubsequences: false)
        }
        return Field(
            repetitions: cut(bytes, d.repetition).map { repetition in
                cut(repetition, d.component).map { component in
                    Component(cut(component, d.subcomponent).map { message.charset.decode(d.unescape($0)) })
                }
            })
    }
}
