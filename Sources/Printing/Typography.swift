/// French composition of a text typed on a keyboard (Imprimerie nationale's *Lexique*): spaces that do not break before
/// high punctuation and inside guillemets, curved apostrophes, one ellipsis. Values and figures keep every character.
package enum Typography {
    private static let narrow: Character = "\u{202F}"
    private static let unbreakable: Character = "\u{00A0}"

    package static func french(_ text: String) -> String {
        guard text.utf8.contains(where: { isConcerned($0) }) else { return text }
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

    /// What every change starts from: apostrophe, blank, full stop.
    private static func isConcerned(_ byte: UInt8) -> Bool { byte == 0x27 || byte == 0x20 || byte == 0x2E }

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
