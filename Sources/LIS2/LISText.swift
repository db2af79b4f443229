/// How the bytes of a message stand for characters. The standard says 7-bit; instruments send these.
package enum LISCharset: String, Sendable, Hashable, Codable, CaseIterable {
    case latin1, utf8, windows1252

    /// UTF-8 when the bytes are valid UTF-8 with at least one character beyond ASCII, else Latin-1.
    package static func sniff(_ bytes: some Collection<UInt8>) -> LISCharset {
        guard bytes.contains(where: { $0 >= 0x80 }) else { return .latin1 }
        return String(validating: bytes, as: UTF8.self) == nil ? .latin1 : .utf8
    }

    /// The 32 places in which Windows-1252 differs from Latin-1 (0 = unassigned).
    static let windowsHigh: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    /// Decodes bytes; in UTF-8 an invalid sequence becomes U+FFFD, the other two decode every byte.
    package func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        if self == .utf8 || bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        var text = String()
        text.unicodeScalars.reserveCapacity(bytes.count)
        for byte in bytes {
            var scalar = UInt32(byte)
            if self == .windows1252, (0x80...0x9F).contains(byte), LISCharset.windowsHigh[Int(byte) - 0x80] != 0 {
                scalar = LISCharset.windowsHigh[Int(byte) - 0x80]
            }
            text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
        }
        return text
    }

    /// The bytes of one character, or nil when the charset has none for it.
    func encode(_ scalar: Unicode.Scalar) -> [UInt8]? {
        switch self {
        case .utf8: return Array(String(Character(scalar)).utf8)
        case .latin1: return scalar.value < 0x100 ? [UInt8(scalar.value)] : nil
        case .windows1252:
            if let high = LISCharset.windowsHigh.firstIndex(of: scalar.value), scalar.value != 0 {
                return [UInt8(0x80 + high)]
            }
            return scalar.value < 0x80 || (0xA0...0xFF).contains(scalar.value) ? [UInt8(scalar.value)] : nil
        }
    }
}

/// Escape sequences (LIS2-A2 section 5.4): `&F&` field, `&S&` component, `&R&` repeat, `&E&` escape delimiter,
/// `&Xhh…&` bytes in hexadecimal. Sequences of that form with another letter (`&H&`, `&N&`, `&Z…&`) mark up text and
/// are skipped; anything else after an escape delimiter is text that forgot to escape it, and is kept.
enum LISEscapes {
    static func decode(_ raw: UnsafeBufferPointer<UInt8>, _ delimiters: LISDelimiters, escape: UInt8) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(raw.count)
        var i = 0
        while i < raw.count {
            guard raw[i] == escape, let end = closing(raw, after: i, escape), let code = raw[(i + 1)..<end].first else {
                out.append(raw[i])
                i += 1
                continue
            }
            let body = UnsafeBufferPointer(rebasing: raw[(i + 1)..<end])
            switch (code, body.count) {
            case (0x46, 1): out.append(delimiters.field)
            case (0x53, 1): out.append(delimiters.component)
            case (0x52, 1): out.append(delimiters.repetition)
            case (0x45, 1): out.append(escape)
            case (0x58, 3...) where body.count % 2 == 1 && body.dropFirst().allSatisfy({ nibble($0) != nil }):
                for k in stride(from: 1, to: body.count, by: 2) {
                    out.append((nibble(body[k]) ?? 0) << 4 | (nibble(body[k + 1]) ?? 0))
                }
            case (0x41...0x5A, 1), (0x5A, _): break
            case _:
                out.append(raw[i])
                i += 1
                continue
            }
            i = end + 1
        }
        return out
    }

    /// The escape delimiter that closes a sequence: letters and digits only in between.
    private static func closing(_ raw: UnsafeBufferPointer<UInt8>, after open: Int, _ escape: UInt8) -> Int? {
        var i = open + 1
        while i < raw.count {
            if raw[i] == escape { return i > open + 1 ? i : nil }
            switch raw[i] {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: i += 1
            case _: return nil
            }
        }
        return nil
    }

    static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        case _: nil
        }
    }
}
