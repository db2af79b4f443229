/// The four delimiters a message declares in the second to fifth bytes of its header (LIS2-A2 section 6.2, field 2).
package struct LISDelimiters: Sendable, Hashable, CustomStringConvertible {
    package var field: UInt8
    package var repetition: UInt8
    package var component: UInt8
    /// Nil when the header declares none (IMMULITE): then nothing in the message is an escape.
    package var escape: UInt8?

    package init(field: UInt8, repetition: UInt8, component: UInt8, escape: UInt8?) {
        self.field = field
        self.repetition = repetition
        self.component = component
        self.escape = escape
    }

    /// `|\^&`, those of the standard, used when a message has no header.
    package static let standard = LISDelimiters(field: 0x7C, repetition: 0x5C, component: 0x5E, escape: 0x26)

    /// As the header writes them: `|\^&`.
    package var bytes: [UInt8] { [field, repetition, component] + (escape.map { [$0] } ?? []) }
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// What follows the letter H: the delimiters, and what is wrong with them if anything is.
    static func read(_ bytes: UnsafeBufferPointer<UInt8>, afterHeaderLetter start: Int) -> (LISDelimiters, String?) {
        var found = LISDelimiters.standard
        guard start < bytes.count, isDelimiter(bytes[start]) else { return (found, "no field delimiter after H") }
        found.field = bytes[start]
        // Every message comes through here: the bytes are looked at where they are.
        let declared = start + 1
        var end = declared
        while end < bytes.count, bytes[end] != found.field, bytes[end] != 0x0D, bytes[end] != 0x0A, end < declared + 4 {
            end += 1
        }
        guard end > declared else { return (found, "field 2 of H is empty: standard delimiters assumed") }
        let used = UnsafeBufferPointer(rebasing: bytes[declared..<min(end, declared + 3)])
        let areDistinct = used.indices.allSatisfy { i in !used[..<i].contains(used[i]) }
        guard areDistinct, used.allSatisfy({ isDelimiter($0) }) else {
            return (found, "field 2 of H declares unusable delimiters: standard ones assumed")
        }
        found.repetition = used[0]
        // With fewer than three, what is not declared is the standard's, unless that byte already has another role;
        // a missing escape is none at all, since `&` is a common character of text.
        found.component = used.count > 1 ? used[1] : unused(beside: found.field, used[0])
        found.escape = used.count > 2 ? used[2] : nil
        return (found, end - declared > 3 ? "field 2 of H declares more than four delimiters" : nil)
    }

    private static func unused(beside field: UInt8, _ repetition: UInt8) -> UInt8 {
        let rest: [UInt8] = [0x5E, 0x7E, 0x21]
        return rest.first { $0 != field && $0 != repetition } ?? 0x5E
    }

    /// Letters, digits, blanks and record ends cannot delimit.
    static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E, 0x80...0xFE: true
        case _: false
        }
    }

    /// The six bytes the scan looks for.
    var needles: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8) {
        (field, repetition, component, escape ?? 0x0D, 0x0D, 0x0A)
    }
}
