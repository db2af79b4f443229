package import Base

/// What a unit measures: exponents of the base dimensions of UCUM, the mole and the arbitrary units kept apart.
package struct UnitDimension: Sendable, Hashable {
    package var mass = 0
    package var length = 0
    package var time = 0
    package var amount = 0
    /// Temperature in kelvin.
    package var temperature = 0
    /// Logarithmic and arbitrary units, which convert to nothing but themselves: `[IU]`, `[arb'U]`, `[pH]`.
    package var arbitrary: [String: Int] = [:]

    package init(mass: Int = 0, length: Int = 0, time: Int = 0, amount: Int = 0, temperature: Int = 0) {
        self.mass = mass
        self.length = length
        self.time = time
        self.amount = amount
        self.temperature = temperature
    }

    fileprivate mutating func add(_ other: UnitDimension, times power: Int) {
        mass += other.mass * power
        length += other.length * power
        time += other.time * power
        amount += other.amount * power
        temperature += other.temperature * power
        for (name, exponent) in other.arbitrary {
            let sum = (arbitrary[name] ?? 0) + exponent * power
            arbitrary[name] = sum == 0 ? nil : sum
        }
    }
}

extension UnitDimension {
    /// The dimension of a product (`power` 1), of a quotient (−1), of a power.
    package func combined(with other: UnitDimension, power: Int) -> UnitDimension {
        var result = self
        result.add(other, times: power)
        return result
    }
    package static let none = UnitDimension()
}

/// A UCUM unit, case-sensitive form: the part of the grammar that laboratories use (UCUM sections 2 and 3). Terms
/// joined by `.` and `/`, parentheses, prefixes on metric atoms, exponents, `10*n`, annotations in braces.
package struct Unit: Sendable, Hashable, CustomStringConvertible {
    /// As written: what is stored and sent.
    package let text: String
    package let dimension: UnitDimension
    /// Size in the coherent unit of the dimension: `numerator / denominator × 10^power`.
    package let numerator: Int128
    package let denominator: Int128
    package let power: Int
    /// Text between braces, e.g. `copies`; several joined by a blank.
    package let annotation: String
    /// What its atoms measure, that the dimension no longer tells (see `converts(to:)`).
    package let kinds: UnitKinds

    /// Nil when the text is no unit of this grammar.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Unit.maximumLength, text.utf8.allSatisfy(Unit.isUnitByte) else {
            return nil
        }
        var parser = UnitParser(text)
        guard let factor = parser.whole() else { return nil }
        self.text = text
        dimension = factor.dimension
        numerator = factor.numerator
        denominator = factor.denominator
        power = factor.power
        annotation = parser.annotations.joined(separator: " ")
        kinds = parser.kinds
    }

    /// Longest text that is read; HL7 v2 allows 60 characters for a unit identifier.
    package static let maximumLength = 60

    /// Printable ASCII without blank or quote (UCUM section 2.1).
    static func isUnitByte(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) && byte != 0x22 }

    package var description: String { text }

    /// The value in another unit that this one converts to, rounded once, half away from zero, to `places` decimals;
    /// nil when there is no factor (mole ↔ gram needs the molar mass: the catalogue's `facteur_alt`) or it does not
    /// fit.
    package func convert(_ value: Exact, to other: Unit, places: Int) -> Exact? {
        guard converts(to: other), (0...Exact.maximumScale).contains(places) else { return nil }
        let (n1, o1) = numerator.multipliedReportingOverflow(by: other.denominator)
        let (d, o2) = denominator.multipliedReportingOverflow(by: other.numerator)
        let (c, o3) = value.coefficient.multipliedReportingOverflow(by: n1)
        guard !o1, !o2, !o3 else { return nil }
        return Unit.quotient(c, d, tens: power - other.power - value.scale, places: places)
    }

    /// `value ÷ divisor`, rounded half away from zero to `places` decimals; nil for a divisor that is not positive.
    static func quotient(of value: Exact, by divisor: Exact, places: Int) -> Exact? {
        guard divisor.coefficient > 0, (0...Exact.maximumScale).contains(places) else { return nil }
        return quotient(value.coefficient, divisor.coefficient, tens: divisor.scale - value.scale, places: places)
    }

    /// `n / d × 10^tens`, rounded half away from zero to `places`.
    private static func quotient(_ n: Int128, _ d: Int128, tens: Int, places: Int) -> Exact? {
        let shift = tens + places
        guard abs(shift) <= 37 else { return nil }
        let (top, o1) = n.multipliedReportingOverflow(by: shift > 0 ? Exact.pow10(shift) : 1)
        let (bottom, o2) = d.multipliedReportingOverflow(by: shift < 0 ? Exact.pow10(-shift) : 1)
        guard !o1, !o2, bottom > 0 else { return nil }
        let (quotient, rest) = top.quotientAndRemainder(dividingBy: bottom)
        let up = rest.magnitude >= bottom.magnitude - rest.magnitude
        return Exact(coefficient: up ? quotient + (n < 0 ? -1 : 1) : quotient, scale: places)
    }

    /// As French reports print it (RULES section 9): `10*9/L` → `G/L`, `m[IU]/L` → `mUI/L`, `umol/L` → `µmol/L`.
    package static func french(_ ucum: String) -> String {
        if let known = displayed[ucum] { return known }
        var text = ucum
        if ucum.utf8.contains(0x5B) {
            text = ucum.replacing("[arb'U]", with: "U").replacing("[IU]", with: "UI").replacing("[iU]", with: "UI")
        }
        if text.hasPrefix("u") { text = "µ" + text.dropFirst() }
        return text
    }

    private static let displayed = [
        "10*12/L": "T/L", "10*9/L": "G/L", "10*6/L": "/mm³", "mm[Hg]": "mmHg", "mL/min/{1.73_m2}": "mL/min/1,73 m²",
        "{copies}/mL": "copies/mL", "{INR}": "", "{titer}": "", "{index}": "", "1": "", "[pH]": "",
        "g/(24.h)": "g/24 h",
    ]
}

/// Size and dimension of a part of a unit.
private struct UnitFactor {
    var dimension = UnitDimension()
    var numerator: Int128 = 1
    var denominator: Int128 = 1
    var power = 0

    /// False when the number grows out of Int128.
    mutating func multiply(by other: UnitFactor, exponent: Int) -> Bool {
        dimension.add(other.dimension, times: exponent)
        power += other.power * exponent
        for _ in 0..<abs(exponent) {
            let (up, down) =
                exponent > 0
                ? (other.numerator, other.denominator) : (other.denominator, other.numerator)
            let (n, o1) = numerator.multipliedReportingOverflow(by: up)
            let (d, o2) = denominator.multipliedReportingOverflow(by: down)
            guard !o1, !o2 else { return false }
            let divisor = UnitFactor.commonDivisor(n, d)
            numerator = n / divisor
            denominator = d / divisor
        }
        return abs(power) <= 60
    }

    private static func commonDivisor(_ a: Int128, _ b: Int128) -> Int128 {
        var (x, y) = (a, b)
        while y != 0 { (x, y) = (y, x % y) }
        return max(x, 1)
    }
}

/// Recursive descent over the bytes of a unit.
private struct UnitParser {
    private var rest: Substring
    private var depth = 0
    var annotations: [String] = []
    var kinds: UnitKinds = []

    init(_ text: String) { rest = text[...] }

    mutating func whole() -> UnitFactor? {
        guard let factor = expression(), rest.isEmpty else { return nil }
        return factor
    }

    /// `[/]component{(.|/)component}`
    private mutating func expression() -> UnitFactor? {
        var result = UnitFactor()
        var sign = 1
        if rest.first == "/" {
            rest = rest.dropFirst()
            sign = -1
        }
        while true {
            guard let part = component(), result.multiply(by: part, exponent: sign) else { return nil }
            guard let next = rest.first, next == "." || next == "/" else { return result }
            sign = next == "." ? 1 : -1
            rest = rest.dropFirst()
        }
    }

    private mutating func component() -> UnitFactor? {
        if rest.first == "(" {
            // A hostile text must not exhaust the stack.
            guard depth < 8 else { return nil }
            depth += 1
            defer { depth -= 1 }
            rest = rest.dropFirst()
            guard let inner = expression(), rest.first == ")" else { return nil }
            rest = rest.dropFirst()
            return inner
        }
        if rest.first == "{" { return annotation() ? UnitFactor() : nil }
        guard let base = simple() else { return nil }
        if rest.first == "{" {
            guard annotation() else { return nil }
        }
        return base
    }

    private mutating func annotation() -> Bool {
        guard let end = rest.firstIndex(of: "}") else { return false }
        annotations.append(String(rest[rest.index(after: rest.startIndex)..<end]))
        rest = rest[rest.index(after: end)...]
        return true
    }

    /// A number, `10*n`, or `[prefix]atom[exponent]`.
    private mutating func simple() -> UnitFactor? {
        if rest.hasPrefix("10*") || rest.hasPrefix("10^") {
            rest = rest.dropFirst(3)
            guard let exponent = integer(signed: true) else { return nil }
            return UnitFactor(power: exponent)
        }
        if let first = rest.first, ("0"..."9").contains(first) {
            guard let number = integer(signed: false), number > 0 else { return nil }
            return UnitFactor(numerator: Int128(number))
        }
        guard let atom = atom() else { return nil }
        guard let next = rest.first, next == "-" || next == "+" || ("0"..."9").contains(next) else { return atom }
        guard let exponent = integer(signed: true), exponent != 0, abs(exponent) <= 9 else { return nil }
        var result = UnitFactor()
        return result.multiply(by: atom, exponent: exponent) ? result : nil
    }

    private mutating func integer(signed: Bool) -> Int? {
        var sign = 1
        if signed, let first = rest.first, first == "-" || first == "+" {
            sign = first == "-" ? -1 : 1
            rest = rest.dropFirst()
        }
        let digits = rest.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count <= 6, let value = Int(digits) else { return nil }
        rest = rest.dropFirst(digits.count)
        return sign * value
    }

    private mutating func atom() -> UnitFactor? {
        let name = symbol()
        guard !name.isEmpty else { return nil }
        if let known = UnitAtoms.metric[name] ?? UnitAtoms.other[name] {
            rest = rest.dropFirst(name.count)
            kinds.note(name, known.dimension)
            return known
        }
        for (prefix, power) in UnitAtoms.prefixes where name.hasPrefix(prefix) {
            let bare = String(name.dropFirst(prefix.count))
            guard var known = UnitAtoms.metric[bare] else { continue }
            rest = rest.dropFirst(name.count)
            kinds.note(bare, known.dimension)
            known.power += power
            return known
        }
        return nil
    }

    /// The letters up to the next operator; square brackets hold anything.
    private func symbol() -> String {
        var name = ""
        var bracket = false
        for character in rest {
            if character == "[" { bracket = true }
            if !bracket, "./(){}-+".contains(character) || ("0"..."9").contains(character) { break }
            name.append(character)
            if character == "]" { bracket = false }
        }
        return bracket ? "" : name
    }
}

/// The atoms and prefixes of UCUM that laboratories meet (UCUM section 4, tables of base, derived and clinical units).
private enum UnitAtoms {
    static let prefixes: [(String, Int)] = [
        ("da", 1), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("h", 2), ("d", -1), ("c", -2), ("m", -3), ("u", -6),
        ("n", -9), ("p", -12), ("f", -15), ("a", -18),
    ]

    private static let gram = UnitDimension(mass: 1)
    private static let volume = UnitDimension(length: 3)
    private static let second = UnitDimension(time: 1)
    private static let mole = UnitDimension(amount: 1)
    private static let pressure = UnitDimension(mass: 1, length: -1, time: -2)
    private static func own(_ name: String) -> UnitFactor {
        var dimension = UnitDimension()
        dimension.arbitrary = [name: 1]
        return UnitFactor(dimension: dimension)
    }

    /// Atoms that take a prefix. Lengths are in metres, masses in grams: a litre is 10^-3 m³, a pascal 10³ g/(m·s²).
    static let metric: [String: UnitFactor] = [
        "g": UnitFactor(dimension: gram),
        "m": UnitFactor(dimension: UnitDimension(length: 1)),
        "s": UnitFactor(dimension: second),
        "L": UnitFactor(dimension: volume, power: -3),
        "l": UnitFactor(dimension: volume, power: -3),
        "mol": UnitFactor(dimension: mole),
        "eq": UnitFactor(dimension: mole),
        "osm": UnitFactor(dimension: mole),
        "kat": UnitFactor(dimension: UnitDimension(time: -1, amount: 1)),
        // Enzyme unit: one micromole a minute.
        "U": UnitFactor(dimension: UnitDimension(time: -1, amount: 1), denominator: 60, power: -6),
        "Pa": UnitFactor(dimension: pressure, power: 3),
        // Metre of mercury: 133.3220 kPa.
        "m[Hg]": UnitFactor(dimension: pressure, numerator: 1_333_220, power: 2),
        "K": UnitFactor(dimension: UnitDimension(temperature: 1)),
        "[IU]": own("[IU]"),
        "[iU]": own("[IU]"),
    ]

    static let other: [String: UnitFactor] = [
        "%": UnitFactor(power: -2),
        "min": UnitFactor(dimension: second, numerator: 60),
        "h": UnitFactor(dimension: second, numerator: 3600),
        "d": UnitFactor(dimension: second, numerator: 86_400),
        "wk": UnitFactor(dimension: second, numerator: 604_800),
        "a": UnitFactor(dimension: second, numerator: 31_557_600),
        "[pH]": own("[pH]"),
        "[arb'U]": own("[arb'U]"),
        "[USP'U]": own("[USP'U]"),
        "[CFU]": own("[CFU]"),
        "[cfu_i]": own("[CFU]"),
        "[GPL'U]": own("[GPL'U]"),
        "[MPL'U]": own("[MPL'U]"),
        "Cel": own("Cel"),
    ]
}
