package import HL7v2
package import LIS2

/// Where a datum stands in a message: `R.3.4` is component 4 of field 3 of the result record; field numbers are those
/// of LIS2-A2 (1 is the record letter). Only the first repeat is looked into, except by `R.7` alone (the whole field).
/// `OBX.3.1` is component 1 (its first sub-component) of field 3 of that HL7 v2 segment, `SPM.2.1.2` a sub-component.
package struct FieldPath: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        /// The whole field, delimiters included.
        case whole
        case component(Int)
        /// `SPM.2.1.2`: HL7 v2 only.
        case subcomponent(Int, Int)
        /// `R.4.first`: the first component that is not empty.
        case firstNotEmpty
        /// `R.3.word`: the first component that is not a mere rank (cobas u 411 sends `1^SG`), else the first one
        /// not empty.
        case firstWord
    }
    package enum Place: Sendable, Hashable {
        /// A record of LIS2-A2.
        case record(LISRecordKind)
        /// A segment of HL7 v2, by its name.
        case segment(String)
    }
    package var place: Place
    package var field: Int
    package var part: Part
    /// Text from this mark on is left out (`989/` with `/` is `989`).
    package var upTo: String?
    /// Only the text behind this mark; empty without the mark.
    package var after: String?

    package init(_ place: Place, field: Int, part: Part = .whole, upTo: String? = nil, after: String? = nil) {
        self.place = place
        self.field = field
        self.part = part
        self.upTo = upTo
        self.after = after
    }

    /// Reads `R.4`, `R.3.4`, `R.4.first`, `R.3.word`, `OBX.3.1`, `SPM.2.1.2`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...4).contains(parts.count), let place = Place(parts[0]), let field = Int(parts[1]) else { return nil }
        switch place {
        case .record: guard (2...100).contains(field), parts.count <= 3 else { return nil }
        case .segment: guard (1...100).contains(field) else { return nil }
        }
        self.init(place, field: field)
        guard parts.count >= 3 else { return }
        switch (parts[2], parts.count) {
        case ("first", 3): part = .firstNotEmpty
        case ("word", 3): part = .firstWord
        case (let number, _):
            guard let k = Int(number), (1...100).contains(k) else { return nil }
            part = .component(k)
            guard parts.count == 4 else { return }
            guard let sub = Int(parts[3]), (1...100).contains(sub) else { return nil }
            part = .subcomponent(k, sub)
        }
    }

    /// The text there, escapes decoded, blanks at both ends cut; empty when there is none.
    package func text(_ context: RecordContext) -> String {
        switch place {
        case .record(let kind):
            if let text = context.typedText(kind, field, part) { return cut(trimmed(text)) }
            guard let record = context.record(kind) else { return "" }
            return cut(text(of: record.field(field), context.charset))
        case .segment(let name):
            guard let segment = context.segments[name] else { return "" }
            if part == .whole { return cut(trimmed(context.joined(segment, field))) }
            return cut(text(of: segment.field(field).repetitions.first ?? [], context))
        }
    }

    /// The text of each repeat, those without text left out.
    package func texts(_ context: RecordContext) -> [String] {
        let found: [String]
        switch place {
        case .record(let kind):
            guard let record = context.record(kind) else { return [] }
            found = record.field(field).repeats.map { cut(text(of: $0, context.charset)) }
        case .segment(let name):
            found = context.segments[name]?.field(field).repetitions.map { cut(text(of: $0, context)) } ?? []
        }
        return found.filter { !$0.isEmpty }
    }

    /// As the place of flags, this path looks into every repeat.
    var repeats: Bool {
        switch place {
        case .record: part == .whole && upTo == nil && after == nil
        case .segment: true
        }
    }

    private func text(of field: LISField, _ charset: LISCharset) -> String {
        switch part {
        case .whole: trimmed(field.text(charset))
        case .component(let k), .subcomponent(let k, _): trimmed(field.component(k).text(charset))
        case .firstNotEmpty, .firstWord: pick(field.components.map { trimmed($0.text(charset)) })
        }
    }

    private func text(of repetition: [Component], _ context: RecordContext) -> String {
        func text(_ component: Int, _ sub: Int) -> String {
            guard repetition.indices.contains(component - 1) else { return "" }
            let parts = repetition[component - 1].subcomponents
            return parts.indices.contains(sub - 1) ? trimmed(parts[sub - 1]) : ""
        }
        switch part {
        case .whole: return trimmed(context.joined(repetition))
        case .component(let k): return text(k, 1)
        case .subcomponent(let k, let sub): return text(k, sub)
        case .firstNotEmpty, .firstWord: return pick((1...max(repetition.count, 1)).map { text($0, 1) })
        }
    }

    private func pick(_ components: [String]) -> String {
        let filled = components.filter { !$0.isEmpty }
        let word = filled.first { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        return (part == .firstWord ? word : nil) ?? filled.first ?? ""
    }

    private func cut(_ text: String) -> String {
        var rest = text[...]
        if let after {
            guard let mark = rest.firstRange(of: after) else { return "" }
            rest = rest[mark.upperBound...]
        }
        if let upTo, let mark = rest.firstRange(of: upTo) { rest = rest[..<mark.lowerBound] }
        return trimmed(rest)
    }
}

extension FieldPath.Place {
    /// One letter names a record of LIS2-A2, three capitals or digits a segment of HL7 v2.
    init?(_ name: some StringProtocol) {
        let bytes = Array(name.utf8)
        if bytes.count == 3, bytes.allSatisfy({ (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }) {
            self = .segment(String(name))
            return
        }
        guard bytes.count == 1 else { return nil }
        let kind = LISRecordKind(bytes[0])
        switch kind {
        case .header, .patient, .order, .result, .comment, .query, .manufacturer, .terminator, .scientific:
            self = .record(kind)
        case .unknown: return nil
        }
    }
}

/// Several paths whose texts, empty ones left out, are joined by `/`: `R.3.2+R.3.4` (a GeneXpert code has four parts).
package struct FieldExpression: Sendable, Hashable {
    package var paths: [FieldPath]
    package init(_ paths: [FieldPath]) { self.paths = paths }
    package func text(_ context: RecordContext) -> String {
        if paths.count == 1 { return paths[0].text(context) }
        return paths.lazy.map { $0.text(context) }.filter { !$0.isEmpty }.joined(separator: "/")
    }
}

/// Alternatives: the first that gives a text wins.
package struct FieldChoice: Sendable, Hashable {
    package var alternatives: [FieldExpression]
    package init(_ alternatives: [FieldExpression]) { self.alternatives = alternatives }
    /// For defaults in code; a path that cannot be read is left out (the tests read them all).
    package init(_ paths: String...) { alternatives = paths.compactMap { FieldPath($0) }.map { FieldExpression([$0]) } }
    package static let none = FieldChoice([])

    package func text(_ context: RecordContext) -> String {
        for alternative in alternatives {
            let text = alternative.text(context)
            if !text.isEmpty { return text }
        }
        return ""
    }
}

/// The records a path can reach from one result, order or query.
package struct RecordContext: Sendable {
    package var charset: LISCharset
    package var header: LISRecord?
    package var patient: LISRecord?
    package var order: LISRecord?
    package var observed: LISRecord?
    package var query: LISRecord?
    package var comment: LISRecord?
    package var terminator: LISRecord?
    /// LIS2-A2: the values of `observed` that every analyzer sends, found in one walk, and their message.
    var typed: (message: LISMessage, result: LISResult)?
    /// HL7 v2: the segment of each name that stands above or beside the result.
    package var segments: [String: ReceivedSegment] = [:]
    private var delimiters = Delimiters.recommended

    package init(_ message: LISMessage, charset: LISCharset) {
        self.charset = charset
        header = message.header
        terminator = message.terminator
    }

    package init(_ message: ReceivedMessage) {
        charset = .utf8
        delimiters = message.delimiters
        segments["MSH"] = message.first("MSH")
    }

    func with(comment: LISRecord) -> RecordContext {
        var context = self
        context.comment = comment
        return context
    }

    /// What a path names, where the one walk has found it already; nil for other places and for text with escapes.
    func typedText(_ kind: LISRecordKind, _ field: Int, _ part: FieldPath.Part) -> String? {
        guard let typed, let bytes = typed.result.bytes(kind, field, part) else { return nil }
        return typed.message.plainText(bytes, charset)
    }

    /// A whole field with its delimiters, escapes undone.
    func joined(_ segment: ReceivedSegment, _ field: Int) -> String {
        segment.field(field).repetitions.map { joined($0) }.joined(separator: mark(delimiters.repetition))
    }
    func joined(_ repetition: [Component]) -> String {
        repetition.map { $0.subcomponents.joined(separator: mark(delimiters.subcomponent)) }
            .joined(separator: mark(delimiters.component))
    }
    func mark(_ byte: UInt8) -> String { String(Character(Unicode.Scalar(byte))) }
    var repeatMark: String { mark(delimiters.repetition) }

    func record(_ kind: LISRecordKind) -> LISRecord? {
        switch kind {
        case .header: header
        case .patient: patient
        case .order: order
        case .result: observed
        case .query: query
        case .comment: comment
        case .terminator: terminator
        case .manufacturer, .scientific, .unknown: nil
        }
    }
}

extension LISResult {
    fileprivate func bytes(_ kind: LISRecordKind, _ field: Int, _ part: FieldPath.Part) -> LISBytes? {
        switch (kind, field, part) {
        case (.order, 3, .component(1)): order == nil ? nil : specimen
        case (.result, 3, .component(4)): code
        case (.result, 4, .whole): value
        case (.result, 5, .whole): unit
        case (.result, 7, .whole): flag
        case (_, _, _): nil
        }
    }
}

/// Without the blanks at both ends, no-break spaces included (French GeneXpert pads with them).
func trimmed(_ text: some StringProtocol) -> String {
    // Nearly every field has neither, as its first and last letters tell without looking for whole characters.
    let letters = text.unicodeScalars
    if let first = letters.first?.value, let last = letters.last?.value, 0x21...0x7E ~= first, 0x21...0x7E ~= last {
        return String(text)
    }
    guard let first = text.first, let last = text.last else { return "" }
    if !first.isWhitespace && !last.isWhitespace { return String(text) }
    guard let from = text.firstIndex(where: { !$0.isWhitespace }), let to = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[from...to])
}
