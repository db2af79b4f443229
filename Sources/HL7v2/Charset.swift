/// Character sets of MSH-18 (HL7 v2.5 section 2.15.9.18, table 0211) that France uses.
package enum Charset: String, Sendable, CaseIterable {
    case utf8 = "UNICODE UTF-8"
    case latin9 = "8859/15"
    case latin1 = "8859/1"

    /// ISO 8859-15 differs from 8859-1 in eight places.
    private static let latin9Differences: [(byte: UInt8, scalar: Unicode.Scalar)] = [
        (0xA4, "€"), (0xA6, "Š"), (0xA8, "š"), (0xB4, "Ž"), (0xB8, "ž"), (0xBC, "Œ"), (0xBD, "œ"), (0xBE, "Ÿ"),
    ]

    /// Never fails: in UTF-8, what is malformed becomes U+FFFD (the received bytes are kept beside).
    func decode(_ bytes: some Collection<UInt8>) -> String {
        switch self {
        case .utf8: return String(decoding: bytes, as: UTF8.self)
        case .latin1, .latin9:
            var text = String.UnicodeScalarView()
            for byte in bytes { text.append(scalar(byte)) }
            return String(text)
        }
    }
    private func scalar(_ byte: UInt8) -> Unicode.Scalar {
        if self == .latin9, byte >= 0xA4, let other = Charset.latin9Differences.first(where: { $0.byte == byte }) {
            return other.scalar
        }
        return Unicode.Scalar(byte)
    }

    /// The bytes of a character; nil when this set does not have it.
    func encode(_ scalar: Unicode.Scalar) -> [UInt8]? {
        switch self {
        case .utf8: return Array(UTF8.encode(scalar) ?? .init())
        case .latin1: return scalar.value < 0x100 ? [UInt8(scalar.value)] : nil
        case .latin9:
            if let other = Charset.latin9Differences.first(where: { $0.scalar == scalar }) { return [other.byte] }
            let taken = Charset.latin9Differences.contains { UInt32($0.byte) == scalar.value }
            return scalar.value < 0x100 && !taken ? [UInt8(scalar.value)] : nil
        }
    }
}
