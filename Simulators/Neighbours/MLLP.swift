/// MLLP blocks as a neighbour reads them: VT message FS CR (HL7 v2 Transmission Specification: MLLP release 1).
///
/// The neighbours read HL7 with code of their own, on purpose: a simulator that shares the codec of what it tests
/// agrees with it when both are wrong.
package struct MLLPReader: Sendable {
    /// A PFI refuses mails above 25 MB (PFI sheet, section 7); twice that is a runaway peer.
    package static let limit = 50 << 20
    private var block: [UInt8] = []
    private var inside = false
    private var sawEnd = false
    /// Bytes outside any block, other than the CR or LF that follow one.
    package private(set) var noise = 0

    package init() {}

    /// The blocks completed by these bytes, in order, without their VT, FS and CR. Nil: a block beyond `limit`.
    package mutating func read(_ bytes: [UInt8]) -> [[UInt8]]? {
        var done: [[UInt8]] = []
        for byte in bytes {
            if sawEnd {
                sawEnd = false
                if byte == 0x0D {
                    done.append(block)
                    block = []
                    inside = false
                    continue
                }
                // FS alone is a byte of the block.
                block.append(0x1C)
            }
            if !inside {
                if byte == 0x0B { inside = true } else if byte != 0x0D && byte != 0x0A { noise += 1 }
            } else if byte == 0x1C {
                sawEnd = true
            } else {
                guard block.count < MLLPReader.limit else { return nil }
                block.append(byte)
            }
        }
        return done
    }

    package static func block(_ message: [UInt8]) -> [UInt8] { [0x0B] + message + [0x1C, 0x0D] }
}

/// A received HL7 v2 message, cut at its own separators (HL7 v2.5 chapter 2, section 2.5); nothing is unescaped.
package struct NeighbourMessage: Sendable {
    package let bytes: [UInt8]
    private let segments: [[String]]
    private let component: Character

    /// Nil when the bytes do not begin with an MSH segment.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count > 8, Array(bytes[0..<3]) == Array("MSH".utf8) else { return nil }
        self.bytes = bytes
        let field = bytes[3]
        component = Character(UnicodeScalar(bytes[4]))
        segments = bytes.split(separator: 0x0D).map { line in
            line.split(separator: field, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Field `number` of a segment as the standard counts (MSH-1 is the separator itself).
    private func field(_ segment: [String], _ number: Int) -> String {
        let index = segment.first == "MSH" ? number - 1 : number
        return index < segment.count ? segment[index] : ""
    }

    package func header(_ number: Int) -> String { field(segments[0], number) }
    /// MSH-10
    package var controlID: String { header(10) }
    /// MSH-9.1, MSH-9.2
    package var type: String { component(header(9), 1) }
    package var event: String { component(header(9), 2) }
    package func has(_ name: String) -> Bool { segments.contains { $0.first == name } }
    package func first(_ name: String, _ number: Int) -> String {
        segments.first { $0.first == name }.map { field($0, number) } ?? ""
    }

    package func component(_ text: String, _ number: Int) -> String {
        let parts = text.split(separator: component, omittingEmptySubsequences: false)
        return number <= parts.count ? String(parts[number - 1]) : ""
    }

    /// OBX-5.1 of the metadata OBX of this code (`DESTDMP`…): `Y`, `N`, or empty.
    package func metadata(_ code: String) -> String {
        for segment in segments where segment.first == "OBX" {
            let identifier = field(segment, 3)
            if component(identifier, 1) == code, component(identifier, 3) == "MetaDMPMSS" {
                return component(field(segment, 5), 1)
            }
        }
        return ""
    }

    /// OBX-5.5 of the first encapsulated document: base64.
    package var document: String? {
        segments.lazy.filter { $0.first == "OBX" && field($0, 2) == "ED" }.map { component(field($0, 5), 5) }
            .first { !$0.isEmpty }
    }
    /// The matricule INS: PID-3 of type INS.
    package var matricule: String? {
        first("PID", 3).split(separator: "~").map(String.init).first { component($0, 5) == "INS" }
            .map { component($0, 1) }
    }

    /// True when an OBX carries an encapsulated document (OBX-2 = ED, OBX-5.5 not empty).
    package var hasDocument: Bool {
        segments.contains { segment in
            segment.first == "OBX" && field(segment, 2) == "ED" && !component(field(segment, 5), 5).isEmpty
        }
    }

    /// The MSSanté addresses of the recipients: PRT-15 (XTN, X.400) of the PRT whose participation is RCT.
    package var mailRecipients: [String] {
        segments.compactMap { segment in
            guard segment.first == "PRT", component(field(segment, 4), 1) == "RCT" else { return nil }
            let address = component(field(segment, 15), 4)
            return address.isEmpty ? nil : address
        }
    }
}
