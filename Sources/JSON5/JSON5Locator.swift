/// Finds where a text stops being JSON5 (spec.json5.org), so that a refusal can name line and column: the decoder of
/// FoundationEssentials says only that it is wrong. It checks structure, not the letter of every number.
package struct JSON5Locator {
    private let bytes: [UInt8]
    private var at = 0
    private var furthest = (place: 0, wanted: "une valeur")

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Line and column (from 1, in bytes) and what was expected there; nil when the structure is right.
    package static func fault(in bytes: [UInt8]) -> (line: Int, column: Int, wanted: String)? {
        var locator = JSON5Locator(bytes)
        if locator.value(depth: 0) {
            locator.blank()
            if locator.at == bytes.count { return nil }
            locator.expected("la fin du texte")
        }
        let before = bytes[..<min(locator.furthest.place, bytes.count)]
        let line = before.count { $0 == 0x0A } + 1
        let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
        return (line, column, locator.furthest.wanted)
    }

    /// Depth beyond which a text is refused rather than followed.
    private static let deepest = 64

    private mutating func expected(_ what: String) {
        if at >= furthest.place { furthest = (at, what) }
    }
    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    /// Spaces and comments.
    private mutating func blank() {
        while let byte {
            if byte == 0x20 || (0x09...0x0D).contains(byte) {
                at += 1
            } else if byte == 0x2F, at + 1 < bytes.count, bytes[at + 1] == 0x2F {
                while at < bytes.count, bytes[at] != 0x0A { at += 1 }
            } else if byte == 0x2F, at + 1 < bytes.count, bytes[at + 1] == 0x2A {
                at += 2
                while at + 1 < bytes.count, !(bytes[at] == 0x2A && bytes[at + 1] == 0x2F) { at += 1 }
                at = min(at + 2, bytes.count)
            } else {
                return
            }
        }
    }

    private mutating func value(depth: Int) -> Bool {
        blank()
        guard depth < JSON5Locator.deepest, let byte else {
            expected("une valeur")
            return false
        }
        switch byte {
        case 0x7B: return members(close: 0x7D, depth: depth, keyed: true)
        case 0x5B: return members(close: 0x5D, depth: depth, keyed: false)
        case 0x22, 0x27: return text(byte)
        case _: return word("une valeur")
        }
    }

    private mutating func members(close: UInt8, depth: Int, keyed: Bool) -> Bool {
        at += 1
        blank()
        while let byte, byte != close {
            if keyed {
                let isKey = byte == 0x22 || byte == 0x27 ? text(byte) : word("une clé")
                guard isKey else { return false }
                blank()
                guard self.byte == 0x3A else {
                    expected("« : » après la clé")
                    return false
                }
                at += 1
            }
            guard value(depth: depth + 1) else { return false }
            blank()
            if self.byte == 0x2C {
                at += 1
                blank()
            } else if self.byte != close {
                expected(keyed ? "« , » ou « } »" : "« , » ou « ] »")
                return false
            }
        }
        guard byte == close else {
            expected(keyed ? "« } »" : "« ] »")
            return false
        }
        at += 1
        return true
    }

    private mutating func text(_ quote: UInt8) -> Bool {
        at += 1
        while let byte, byte != quote {
            if byte == 0x0A {
                expected("la fin du texte entre guillemets")
                return false
            }
            at += byte == 0x5C ? 2 : 1
        }
        guard byte == quote else {
            expected("la fin du texte entre guillemets")
            return false
        }
        at += 1
        return true
    }

    /// A number, a keyword or a bare key.
    private mutating func word(_ wanted: String) -> Bool {
        let start = at
        while let byte,
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte >= 0x80
                || byte == 0x5F || byte == 0x24 || byte == 0x2B || byte == 0x2D || byte == 0x2E
        { at += 1 }
        if at == start { expected(wanted) }
        return at > start
    }
}
