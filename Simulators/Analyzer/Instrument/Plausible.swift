import Base
package import Catalog
import Drivers
import Laboratory

/// Values that an instrument could have measured, drawn from a seed. They are for tests of lines, not for medicine.
package struct Plausible: Sendable {
    struct Norm: Sendable {
        var unit: String
        var low: Double
        var high: Double
        var places: Int
    }
    private let norms: [String: Norm]

    /// Without a catalogue only the codes that the driver's own transcripts show can be simulated.
    package init() { norms = [:] }

    package init(_ catalogue: AnalysisCatalogue) {
        var norms: [String: Norm] = [:]
        for analysis in catalogue.analyses where analysis.nature.isNumeric {
            let interval = catalogue.intervals(for: analysis.code).first { $0.low != nil || $0.high != nil }
            let low = interval?.low.flatMap { Double($0.text) }
            let high = interval?.high.flatMap { Double($0.text) }
            norms[analysis.code] = Norm(
                unit: analysis.unit, low: low ?? (high ?? 10) / 4, high: high ?? (low ?? 1) * 4,
                places: analysis.decimals ?? 1)
        }
        self.norms = norms
    }

    func norm(_ analysis: String) -> Norm? { norms[analysis] }

    /// A number in the instrument's unit: within the interval or a third beyond, three digits or so.
    static func number(_ norm: Norm, factor: Exact?, _ random: inout PRNG) -> String {
        let span = max(norm.high - norm.low, norm.high / 10, 0.1)
        let drawn = Double.random(in: max(norm.low - span / 3, span / 50)...(norm.high + span / 3), using: &random)
        let sent = factor.flatMap { Double($0.text) }.map { drawn / $0 } ?? drawn
        let places = sent >= 1000 ? 0 : max(norm.places, sent < 1 ? 3 : sent < 10 ? 2 : sent < 100 ? 1 : 0)
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let whole = Int128((sent * scale).rounded())
        return Exact(coefficient: max(whole, 1), scale: places).text
    }

    /// Another number of the same shape: as many digits, the point where it was, the first digit near what it was.
    static func number(like text: String, _ random: inout PRNG) -> String {
        var out = "", isLeading = true, isOver = false, hasDigit = false
        for character in text {
            let digit = isOver ? nil : character.wholeNumberValue.flatMap { character.isASCII ? $0 : nil }
            if let digit {
                hasDigit = true
                if isLeading && digit == 0 {
                    out.append("0")
                } else if isLeading {
                    isLeading = false
                    out += String(Int.random(in: max(1, digit - 1)...min(9, digit + 1), using: &random))
                } else {
                    out += String(Int.random(in: 0...9, using: &random))
                }
            } else {
                // The first run of digits only: exponents and second numbers stay.
                if hasDigit, character != ".", character != "," { isOver = true }
                out.append(character)
            }
        }
        return out
    }
}
