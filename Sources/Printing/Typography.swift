/// French composition of a text typed on a keyboard (Imprimerie nationale's *Lexique*): spaces that do not break before
/// high punctuation and inside guillemets, curved apostrophes, one ellipsis. Values and figures keep every character.
package enum Typography {
    private static let narrow: Character = "\u{202F}"
    private static let unbreakable: Character = "\u{00A0}"

    package static func french(_ text: String) -> String {
        guard isConcerned(text) else { return text }
        let typed = Array(text)
        var set = ""
        set.reserveCapacity(text.utf8.count + 8)
        for (n, character) in typed.enumerated() {
            let before = n > 0 ? typed[n - 1] : nil, after = n + 1 < typed.count ? typed[n + 1] : nil
            switch character {
            case "'" where before?.isLetter == true && after?.isLetter == true: set.append("’")
            case " " where after == ":": set.append(unbreakable)
            case " " where after.map { ";?!»%".contains($0) } == true: set.append(narrow)
            case " " where before == "«": set.append(narrow)
            case " " where before?.isNumber == true && startsUnit(typed, at: n + 1): set.append(unbreakable)
            default: set.append(character)
            }
        }
        return set.replacing("...", with: "…")
    }

    /// That something may change, told from the bytes: most texts stay as they are.
    private static func isConcerned(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var before: UInt8 = 0
            for (n, byte) in bytes.enumerated() {
                defer { before = byte }
                if byte == UInt8(ascii: "'") { return true }
                let after = n + 1 < bytes.count ? bytes[n + 1] : 0
                if byte == UInt8(ascii: "."), before == byte, after == byte { return true }
                guard byte == UInt8(ascii: " ") else { continue }
                // « ends with 0xAB and » begins with 0xC2; other letters that share these bytes are looked at as well.
                if before == 0xAB || after == 0xC2 || after <= UInt8(ascii: "?") && ":;?!%".utf8.contains(after) {
                    return true
                }
                let isNumber = before >= 0x80 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(before)
                let isLetter = after >= 0x80 || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(after | 0x20)
                if isNumber, isLetter, bytes[(n + 1)...].contains(UInt8(ascii: "/")) { return true }
            }
            return false
        }
    }

    /// A number is not cut from its unit: letters, one slash at least (`mmol/L`, `UFC/mL`).
    private static func startsUnit(_ typed: [Character], at start: Int) -> Bool {
        var slashes = 0
        for character in typed[start...].prefix(12) {
            if character == " " { break }
            if character == "/" { slashes += 1 }
            if character.isNumber { return false }
        }
        return slashes == 1 && start < typed.count && typed[start].isLetter
    }
}
