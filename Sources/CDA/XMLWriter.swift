/// Writes XML 1.0 in UTF-8, straight to bytes, without a tree. Element and attribute names are literals of this
/// room, so only contents need escaping; what is opened is closed by construction (`element` takes the body).
struct XMLWriter {
    private(set) var bytes: [UInt8] = []
    /// Characters that XML 1.0 section 2.2 forbids (C0 controls, U+FFFE, U+FFFF), written as U+FFFD.
    private(set) var replacedCharacters = 0
    /// The start tag is not yet closed by `>`: attributes may follow, and `/>` if nothing comes.
    private var tagIsOpen = false

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    typealias Attribute = (StaticString, String?)

    /// `<name a="…">body</name>`, or `<name a="…"/>` when the body writes nothing; nil attributes are left out.
    mutating func element(_ name: StaticString, _ attributes: Attribute..., body: (inout XMLWriter) -> Void) {
        start(name, attributes)
        body(&self)
        end(name)
    }
    mutating func element(_ name: StaticString, _ attributes: Attribute...) {
        start(name, attributes)
        end(name)
    }
    /// `<name>text</name>`
    mutating func element(_ name: StaticString, text: String) {
        start(name, [])
        self.text(text)
        end(name)
    }

    private mutating func start(_ name: StaticString, _ attributes: [Attribute]) {
        closeTag()
        bytes.append(0x3C)
        raw(name)
        for (key, value) in attributes {
            guard let value else { continue }
            bytes.append(0x20)
            raw(key)
            bytes.append(0x3D)
            bytes.append(0x22)
            escape(value, inAttribute: true)
            bytes.append(0x22)
        }
        tagIsOpen = true
    }
    private mutating func end(_ name: StaticString) {
        if tagIsOpen {
            bytes.append(0x2F)
            bytes.append(0x3E)
            tagIsOpen = false
        } else {
            bytes.append(0x3C)
            bytes.append(0x2F)
            raw(name)
            bytes.append(0x3E)
        }
    }
    private mutating func closeTag() {
        guard tagIsOpen else { return }
        bytes.append(0x3E)
        tagIsOpen = false
    }

    /// Markup of our own, as is (the XML declaration, line feeds between sections).
    mutating func markup(_ literal: StaticString) {
        closeTag()
        raw(literal)
    }
    private mutating func raw(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Character data, escaped.
    mutating func text(_ value: String) {
        closeTag()
        escape(value, inAttribute: false)
    }

    /// Bytes in base 64 (RFC 4648 section 4), one line, padded.
    mutating func base64(_ data: [UInt8]) {
        closeTag()
        Base64.append(data, to: &bytes)
    }

    private mutating func escape(_ value: String, inAttribute: Bool) {
        var value = value
        value.withUTF8 { utf8 in
            var from = 0
            for i in utf8.indices {
                let byte = utf8[i]
                // One test lets nearly every byte pass: only C0, " & < > and 0xEF (U+FFFE, U+FFFF) go further.
                guard byte < 0x40 || byte == 0xEF else { continue }
                var width = 1
                let replacement: StaticString
                switch byte {
                case 0x26: replacement = "&amp;"
                case 0x3C: replacement = "&lt;"
                case 0x3E: replacement = "&gt;"
                case 0x22: replacement = "&quot;"
                case 0x0D: replacement = "&#13;"
                case 0x09:
                    guard inAttribute else { continue }
                    replacement = "&#9;"
                case 0x0A:
                    guard inAttribute else { continue }
                    replacement = "&#10;"
                case 0x00..<0x20:
                    replacement = "\u{FFFD}"
                    replacedCharacters += 1
                case 0xEF where i + 2 < utf8.count && utf8[i + 1] == 0xBF && utf8[i + 2] >= 0xBE:
                    replacement = "\u{FFFD}"
                    replacedCharacters += 1
                    width = 3
                case _: continue
                }
                bytes.append(contentsOf: utf8[from..<i])
                replacement.withUTF8Buffer { bytes.append(contentsOf: $0) }
                from = i + width
            }
            bytes.append(contentsOf: utf8[from...])
        }
    }
}

/// Base 64 as RFC 4648 section 4 draws it.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    /// The two letters of every twelve bits: two look-ups a group of three bytes.
    private static let pairs = (0..<4096).map { UInt16(alphabet[$0 >> 6]) | UInt16(alphabet[$0 & 63]) << 8 }

    static func encode(_ data: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        append(data, to: &out)
        return out
    }

    static func append(_ data: [UInt8], to out: inout [UInt8]) {
        let encoded = [UInt8](unsafeUninitializedCapacity: (data.count + 2) / 3 * 4) { letters, count in
            data.withUnsafeBufferPointer { bytes in
                pairs.withUnsafeBufferPointer { pairs in count = write(bytes, pairs, into: letters) }
            }
        }
        out.append(contentsOf: encoded)
    }

    private static func write(
        _ bytes: UnsafeBufferPointer<UInt8>, _ pairs: UnsafeBufferPointer<UInt16>,
        into out: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        let raw = UnsafeMutableRawBufferPointer(out)
        var i = 0, o = 0
        while i + 2 < bytes.count {
            let word = Int(bytes[i]) << 16 | Int(bytes[i + 1]) << 8 | Int(bytes[i + 2])
            let letters = UInt32(pairs[word >> 12]) | UInt32(pairs[word & 4095]) << 16
            raw.storeBytes(of: letters.littleEndian, toByteOffset: o, as: UInt32.self)
            i += 3
            o += 4
        }
        let left = bytes.count - i
        guard left > 0 else { return o }
        let word = Int(bytes[i]) << 16 | (left == 2 ? Int(bytes[i + 1]) << 8 : 0)
        out[o] = alphabet[word >> 18]
        out[o + 1] = alphabet[word >> 12 & 63]
        out[o + 2] = left == 2 ? alphabet[word >> 6 & 63] : 0x3D
        out[o + 3] = 0x3D
        return o + 4
    }
}
