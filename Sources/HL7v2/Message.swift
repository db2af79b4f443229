package import Base

// A message as a value to write: segments, fields, repetitions, components, sub-components.

/// One component: its sub-components, as text without escapes.
package struct Component: Sendable, Hashable, ExpressibleByStringLiteral {
    package var subcomponents: [String]
    /// Bytes that stand in base64 after them, never made into a text of their own.
    package var octets: [UInt8]?
    package init(inBase64 octets: [UInt8]) {
        subcomponents = []
        self.octets = octets
    }
    package init(_ subcomponents: [String]) { self.subcomponents = subcomponents }
    package init(_ text: String) { subcomponents = [text] }
    package init(stringLiteral text: String) { subcomponents = [text] }
    package static func sub(_ parts: String...) -> Component { Component(parts) }
}

/// One field: repetitions of components. An empty field has none.
package struct Field: Sendable, Hashable, ExpressibleByStringLiteral {
    package var repetitions: [[Component]]
    package init(repetitions: [[Component]]) { self.repetitions = repetitions }
    package init(_ text: String) { repetitions = text.isEmpty ? [] : [[Component(text)]] }
    package init(stringLiteral text: String) { self.init(text) }
    package static let empty = Field(repetitions: [])
    package static func components(_ components: Component...) -> Field { Field(repetitions: [components]) }
    package var isEmpty: Bool { repetitions.isEmpty }
}

/// One segment: its name, and its fields by number from 1. In MSH, 1 and 2 are the delimiters, written by the writer.
package struct Segment: Sendable, Hashable {
    package var name: String
    /// `fields[0]` is field 1.
    package private(set) var fields: [Field]

    package init(_ name: String, _ fields: [Int: Field] = [:]) {
        self.name = name
        self.fields = []
        for (number, field) in fields { self[number] = field }
    }

    /// Field `number`, from 1; empty when absent.
    package subscript(number: Int) -> Field {
        get { number >= 1 && number <= fields.count ? fields[number - 1] : .empty }
        set {
            while fields.count < number { fields.append(.empty) }
            fields[number - 1] = newValue
            while let last = fields.last, last.isEmpty { fields.removeLast() }
        }
    }
}

package struct Message: Sendable, Hashable {
    package var delimiters: Delimiters
    package var charset: Charset
    /// The first is MSH.
    package var segments: [Segment]

    package init(
        delimiters: Delimiters = .recommended, charset: Charset = .utf8, segments: [Segment]
    ) {
        self.delimiters = delimiters
        self.charset = charset
        self.segments = segments
    }

    /// ER7 bytes: each segment ends with CR (HL7 v2.5 section 2.5.1). Refused when a character is not in the charset.
    package func bytes() throws(Refusal) -> [UInt8] {
        var out: [UInt8] = []
        let large = segments.reduce(0) { sum, segment in
            sum + segment.fields.reduce(0) { $0 + ($1.repetitions.first?.last?.octets?.count ?? 0) }
        }
        out.reserveCapacity(large / 3 * 4 + segments.count * 120)
        for segment in segments {
            out += segment.name.utf8
            var number = 1
            if segment.name == "MSH" {
                out.append(delimiters.field)
                out += delimiters.encodingCharacters
                number = 3
            }
            while number <= segment.fields.count {
                out.append(delimiters.field)
                try write(segment[number], into: &out)
                number += 1
            }
            out.append(0x0D)
        }
        return out
    }

    private func write(_ field: Field, into out: inout [UInt8]) throws(Refusal) {
        for (r, repetition) in field.repetitions.enumerated() {
            if r > 0 { out.append(delimiters.repetition) }
            for (c, component) in repetition.enumerated() {
                if c > 0 { out.append(delimiters.component) }
                for (s, text) in component.subcomponents.enumerated() {
                    if s > 0 { out.append(delimiters.subcomponent) }
                    // Base 64 and codes have nothing to escape: one look, then a copy.
                    if needsCare(text) {
                        try delimiters.escape(text, in: charset, into: &out)
                    } else {
                        out += text.utf8
                    }
                }
                if let octets = component.octets { Base64.append(octets, to: &out) }
            }
        }
    }

    private func needsCare(_ text: String) -> Bool {
        let d = delimiters
        // UTF-8 has every character.
        let last: UInt8 = charset == .utf8 ? 0xFF : 0x7F
        return text.utf8.contains { byte in
            byte < 0x20 || byte == 0x7F || byte > last || byte == d.field || byte == d.component || byte == d.repetition
                || byte == d.escape || byte == d.subcomponent
        }
    }
}
