/// How a measured value relates to the number beside it. `<0.5` is not 0.5.
package enum Comparator: String, Sendable, Codable, CaseIterable {
    case equal = ""
    case below = "<"
    case atMost = "≤"
    case above = ">"
    case atLeast = "≥"
}

/// Answer of a comparison with a censored value (RULES section 0): `<1` below 0.8 is *unknown*.
package enum Verdict: String, Sendable, Codable { case yes, no, unknown }

/// A measured number that keeps its text: `4.20` stays `4.20`, `<0.5` stays `<0.5` (HOUSE invariant 9).
package struct Measured: Sendable, Hashable, Codable, CustomStringConvertible {
    package let comparator: Comparator
    package let number: Exact

    package init(_ number: Exact, comparator: Comparator = .equal) {
        self.comparator = comparator
        self.number = number
    }

    /// Reads what analyzers print: blanks around, `<`, `>`, `<=`, `>=`, `≤`, `≥`, point or comma, exponent.
    /// Nil for anything else (`---.-`, `NA`, `1 234`): the caller holds it, it never guesses.
    package init?(_ raw: some StringProtocol) {
        var text = raw.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        var comparator = Comparator.equal
        for (mark, meaning) in Measured.marks where text.hasPrefix(mark) {
            comparator = meaning
            text = text.dropFirst(mark.count)
            break
        }
        guard let number = Exact(text.drop { $0 == " " }) else { return nil }
        self.init(number, comparator: comparator)
    }

    /// Reads what a person types for a value: as above, but no exponent. On a keyboard an `e` among digits is a slip
    /// (`1e2` for 132), and another number must not be made of it.
    package init?(typed text: some StringProtocol) {
        guard !text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return nil }
        self.init(text)
    }

    private static let marks: [(String, Comparator)] = [
        ("<=", .atMost), (">=", .atLeast), ("=<", .atMost), ("=>", .atLeast),
        ("≤", .atMost), ("≥", .atLeast), ("<", .below), (">", .above),
    ]

    /// As printed, with a point: `<0.50`.
    package var text: String { comparator.rawValue + number.text }
    /// As printed in French: `<0,50`.
    package var frenchText: String { text.replacing(".", with: ",") }
    package var description: String { text }

    /// The same comparator over another number (unit conversion, rounding).
    package func with(_ number: Exact) -> Measured { Measured(number, comparator: comparator) }

    /// Is the whole of what this value can be below `limit`? (RULES section 0)
    package func isBelow(_ limit: Exact) -> Verdict {
        switch comparator {
        case .equal: number < limit ? .yes : .no
        case .below: number <= limit ? .yes : .unknown
        case .atMost: number < limit ? .yes : .unknown
        case .above: number >= limit ? .no : .unknown
        case .atLeast: number >= limit ? .no : .unknown
        }
    }

    /// Is the whole of what this value can be above `limit`?
    package func isAbove(_ limit: Exact) -> Verdict {
        switch comparator {
        case .equal: number > limit ? .yes : .no
        case .above: number >= limit ? .yes : .unknown
        case .atLeast: number > limit ? .yes : .unknown
        case .below: number <= limit ? .no : .unknown
        case .atMost: number <= limit ? .no : .unknown
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Measured(text) else {
            throw Refusal(
                "base.measured", because: "« \(text) » n'est pas une valeur mesurée",
                remedy: "écrire par exemple 4.20 ou <0.5")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
    // `4.20` and `4.2` are the same number but not the same value: what a signature covers is the text.
    package static func == (a: Measured, b: Measured) -> Bool { a.text == b.text }
    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
