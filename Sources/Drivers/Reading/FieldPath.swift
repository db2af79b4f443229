package import LIS2

/// Where a datum stands in a message: `R.3.4` is component 4 of field 3 of the result record; field numbers are those
/// of LIS2-A2 (1 is the record letter). Only the first repeat is looked into, except by `R.7` alone (the whole field).
package struct FieldPath: Sendable, Hashable {
    package enum Part: Sendable, Hashable {
        /// The whole field, delimiters included.
        case whole
        case component(Int)
        /// `R.4.first`: the first component that is not empty.
        case firstNotEmpty
        /// `R.3.word`: the first component that is not a mere rank (cobas u 411 sends `1^SG`), else the first one
        /// not empty.
        case firstWord
    }
    package var record: LISRecordKind
    package var field: Int
    package var part: Part
    /// Text from this mark on is left out (`989/` with `/` is `989`).
    package var upTo: String?
    /// Only the text behind this mark; empty without the mark.
    package var after: String?

    package init(
        record: LISRecordKind, field: Int, part: Part = .whole, upTo: String? = nil, after: String? = nil
    ) {
        self.record = record
        self.field = field
        self.part = part
        self.upTo = upTo
        self.after = after
    }

    /// Reads `R.4`, `R.3.4`, `R.4.first`, `R.3.word`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[0].utf8.count == 1, let letter = parts[0].utf8.first,
            let field = Int(parts[1]), (2...100).contains(field)
        else { return nil }
        let record = LISRecordKind(letter)
        switch record {
        case .header, .patient, .order, .result, .comment, .query, .manufacturer, .terminator, .scientific: break
        case .unknown: return nil
        }
        self.init(record: record, field: field)
        guard parts.count == 3 else { return }
        switch parts[2] {
        case "first": part = .firstNotEmpty
        case "word": part = .firstWord
        case let number:
            guard let k = Int(number), (1...100).contains(k) else { return nil }
            part = .component(k)
        }
    }

    /// The text there, escapes decoded, blanks at both ends cut; empty when there is none.
    package func text(_ context: RecordContext) -> String {
        guard let record = context.record(record) else { return "" }
        let field = record.field(self.field)
        let found: String
        switch part {
        case .whole: found = field.text(context.charset)
        case .component(let k): found = field.component(k).text(context.charset)
        case .firstNotEmpty:
            found = field.components.lazy.map { trimmed($0.text(context.charset)) }.first { !$0.isEmpty } ?? ""
        case .firstWord:
            let filled = field.components.map { trimmed($0.text(context.charset)) }.filter { !$0.isEmpty }
            found = filled.first { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? filled.first ?? ""
        }
        return cut(trimmed(found))
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

    package init(_ message: LISMessage, charset: LISCharset) {
        self.charset = charset
        header = message.header
        terminator = message.terminator
    }

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

/// Without the blanks at both ends, no-break spaces included (French GeneXpert pads with them).
func trimmed(_ text: some StringProtocol) -> String {
    guard let first = text.first, let last = text.last else { return "" }
    if !first.isWhitespace && !last.isWhitespace { return String(text) }
    guard let from = text.firstIndex(where: { !$0.isWhitespace }), let to = text.lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(text[from...to])
}
