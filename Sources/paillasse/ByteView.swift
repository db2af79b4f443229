/// Bytes of a line for people.
enum ByteView {
    private static let names: [UInt8: String] = [
        0x01: "SOH", 0x02: "STX", 0x03: "ETX", 0x04: "EOT", 0x05: "ENQ", 0x06: "ACK", 0x0A: "LF", 0x0B: "VT",
        0x0D: "CR", 0x15: "NAK", 0x17: "ETB", 0x1C: "FS",
    ]

    /// `<STX>1H|\^&…<CR><ETX>5A<CR><LF>`: control characters by name, others that no terminal shows as `<9F>`.
    static func readable(_ bytes: [UInt8]) -> String {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        var out = [UInt8]()
        for byte in bytes {
            if (0x20...0x7E).contains(byte) || (isText && byte >= 0x80) {
                out.append(byte)
            } else {
                out += Array("<\(names[byte] ?? twoDigits(byte))>".utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Sixteen bytes a line: offset, digits, characters.
    static func dump(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            let offset = String(start, radix: 16)
            let digits = row.map(twoDigits).joined(separator: " ")
            let text = row.map { (0x20...0x7E).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
            return String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  " + digits
                + String(repeating: " ", count: 3 * (16 - row.count) + 2) + text
        }
    }

    private static func twoDigits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return text.count < 2 ? "0" + text : text
    }
}

/// A message field by field, as the standards number them: `R.3.4  989`. For LIS2-A2 records and HL7 v2 segments.
enum RecordView {
    private static let names: [String: String] = [
        "H": "en-tête", "P": "patient", "O": "demande", "R": "résultat", "C": "commentaire", "Q": "interrogation",
        "M": "fabricant", "S": "scientifique", "L": "fin", "MSH": "en-tête", "PID": "patient", "SPM": "prélèvement",
        "OBR": "demande", "OBX": "résultat", "NTE": "commentaire", "QPD": "interrogation", "MSA": "acquittement",
    ]

    /// One line a value that was sent: where it stands, and the value. `text` is one record a line.
    static func lines(_ text: String) -> [String] {
        var marks = Marks()
        var out = [String]()
        for record in text.split(separator: "\n") {
            let isHL7Header = record.hasPrefix("MSH")
            let isHeader = isHL7Header || record.hasPrefix("H")
            if isHeader { marks = Marks(record.dropFirst(isHL7Header ? 3 : 1), isHL7: isHL7Header) }
            let fields = record.split(separator: marks.field, omittingEmptySubsequences: false)
            let kind = String(fields.first ?? "")
            out.append(kind + (names[kind].map { "  (\($0))" } ?? ""))
            for (index, field) in fields.enumerated().dropFirst() where !field.isEmpty {
                // LIS2-A2 counts the letter as field 1; HL7 v2 counts from the first after the name, and in MSH the
                // delimiter itself is MSH.1.
                let number = marks.isHL7 && !isHL7Header ? index : index + 1
                if isHeader, index == 1 {
                    out.append("  \(kind).\(number)  \(field)")
                } else {
                    out += values(field, at: "\(kind).\(number)", marks)
                }
            }
        }
        return out
    }

    private static func values(_ field: Substring, at place: String, _ marks: Marks) -> [String] {
        let repeats = field.split(separator: marks.repetition, omittingEmptySubsequences: false)
        return repeats.enumerated().flatMap { rank, text -> [String] in
            let place = repeats.count > 1 ? "\(place)[\(rank + 1)]" : place
            let parts = text.split(separator: marks.component, omittingEmptySubsequences: false)
            if parts.count == 1 { return text.isEmpty ? [] : ["  \(place)  \(text)"] }
            return parts.enumerated().compactMap { part in
                part.element.isEmpty ? nil : "  \(place).\(part.offset + 1)  \(part.element)"
            }
        }
    }

    private struct Marks {
        var field: Character = "|"
        var repetition: Character = "\\"
        var component: Character = "^"
        var isHL7 = false
        init() {}
        /// H.2 and MSH.2 declare them (LIS2-A2 section 5.4, HL7 v2.5 section 2.5.4).
        init(_ declared: Substring, isHL7: Bool) {
            let marks = Array(declared.prefix(3))
            self.isHL7 = isHL7
            guard marks.count == 3 else { return }
            field = marks[0]
            repetition = isHL7 ? marks[2] : marks[1]
            component = isHL7 ? marks[1] : marks[2]
        }
    }
}
