/// Figures as French pages set them (Imprimerie nationale's *Lexique*): a decimal comma; five digits or more in groups
/// of three from the unit, between narrow no-break spaces. Four digits stay together, decimals as well.
package enum FrenchFigures {
    private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

    /// `100000` → `100 000`, `≤ 12500.25` → `≤ 12 500,25`, `3.5 – 4.9` → `3,5 – 4,9`; of a text of numbers and signs.
    package static func set(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > 4 || bytes.contains(UInt8(ascii: ".")) else { return text }
        var out = [UInt8]()
        out.reserveCapacity(bytes.count + 6)
        var place = 0, isDecimal = false
        while place < bytes.count {
            let run = bytes[place...].prefix { digits.contains($0) }
            guard run.isEmpty else {
                for (n, digit) in run.enumerated() {
                    let left = run.count - n
                    if !isDecimal, run.count > 4, n > 0, left % 3 == 0 { out += narrowSpace }
                    out.append(digit)
                }
                place += run.count
                isDecimal = false
                continue
            }
            let isPoint = bytes[place] == UInt8(ascii: ".") || bytes[place] == UInt8(ascii: ",")
            isDecimal = isPoint && place > 0 && digits.contains(bytes[place - 1])
            out.append(isPoint ? UInt8(ascii: ",") : bytes[place])
            place += 1
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static let narrowSpace = Array("\u{202F}".utf8)
}
