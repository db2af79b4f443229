/// A decimal floating-point number to compute with: `coefficient × 10^exponent`, 34 significant digits (the width of
/// IEEE 754 decimal128), rounded half away from zero at each operation. What is stored and printed is `Exact`: it is
/// made once, at the end, by `rounded(to:)`.
///
/// Sums, differences, products and quotients whose exact answer has 34 digits or fewer are exact. Every other one is
/// within one unit of the 34th digit. Logarithms, exponentials and powers: see `DecimalFunctions.swift`.
package struct Decimal34: Sendable {
    /// Magnitude below 10^34.
    package let coefficient: Int128
    package let exponent: Int

    package static let digits = 34
    package static let zero = Decimal34(unchecked: 0, 0)
    package static let one = Decimal34(unchecked: 1, 0)

    @inline(__always)
    init(unchecked coefficient: Int128, _ exponent: Int) {
        self.coefficient = coefficient
        self.exponent = exponent
    }

    /// Rounds a coefficient of any length to 34 digits.
    package init(coefficient: Int128, exponent: Int) {
        let (magnitude, shift) = Decimal34.shortened(coefficient.magnitude)
        self.init(unchecked: coefficient < 0 ? -Int128(magnitude) : Int128(magnitude), exponent + shift)
    }

    package init(_ value: Exact) { self.init(coefficient: value.coefficient, exponent: -value.scale) }
    package init(_ integer: Int) { self.init(unchecked: Int128(integer), 0) }

    package var isZero: Bool { coefficient == 0 }
    package var isNegative: Bool { coefficient < 0 }
    package var magnitude: Decimal34 { Decimal34(unchecked: abs(coefficient), exponent) }

    // Digits

    /// 10^0 … 10^38.
    static let tens: [UInt128] = {
        var powers: [UInt128] = [1]
        for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()

    /// Number of decimal digits; 1 for zero.
    static func length(_ value: UInt128) -> Int {
        // log10(2) ≈ 1233/4096: at most one too few.
        let estimate = ((128 - value.leadingZeroBitCount) * 1233) >> 12
        return estimate < 39 && value >= tens[estimate] ? estimate + 1 : max(estimate, 1)
    }

    /// At most 34 digits, and by how many powers of ten the value was divided.
    private static func shortened(_ value: UInt128) -> (UInt128, Int) {
        if value < tens[digits] { return (value, 0) }
        var shift = length(value) - digits
        var (quotient, rest) = value.quotientAndRemainder(dividingBy: tens[shift])
        if rest >= tens[shift] - rest { quotient += 1 }
        if quotient == tens[digits] {
            quotient = tens[digits - 1]
            shift += 1
        }
        return (quotient, shift)
    }

    /// `high:low / divisor`, rounded half away from zero; the quotient must fit.
    private static func quotient(_ wide: (high: UInt128, low: UInt128), by divisor: UInt128) -> UInt128 {
        let (quotient, rest) = divisor.dividingFullWidth(wide)
        return rest >= divisor - rest ? quotient + 1 : quotient
    }

    // Arithmetic

    package static prefix func - (a: Decimal34) -> Decimal34 { Decimal34(unchecked: -a.coefficient, a.exponent) }

    package static func + (a: Decimal34, b: Decimal34) -> Decimal34 {
        if a.exponent == b.exponent {
            return Decimal34(coefficient: a.coefficient + b.coefficient, exponent: a.exponent)
        }
        if a.coefficient == 0 { return b }
        if b.coefficient == 0 { return a }
        let (high, low) = a.exponent > b.exponent ? (a, b) : (b, a)
        let gap = high.exponent - low.exponent
        let room = 37 - length(high.coefficient.magnitude)
        let raised = min(gap, room)
        let top = high.coefficient * Int128(tens[raised])
        let rest = gap - raised
        let bottom = rest == 0 ? low.coefficient : (rest > 38 ? 0 : low.coefficient / Int128(tens[rest]))
        return Decimal34(coefficient: top + bottom, exponent: high.exponent - raised)
    }

    package static func - (a: Decimal34, b: Decimal34) -> Decimal34 { a + -b }

    package static func * (a: Decimal34, b: Decimal34) -> Decimal34 {
        let exponent = a.exponent + b.exponent
        let x = a.coefficient.magnitude, y = b.coefficient.magnitude
        let negative = (a.coefficient < 0) != (b.coefficient < 0)
        if x <= 0x7FFF_FFFF_FFFF_FFFF, y <= 0x7FFF_FFFF_FFFF_FFFF {
            return Decimal34(coefficient: negative ? -Int128(x * y) : Int128(x * y), exponent: exponent)
        }
        let wide = x.multipliedFullWidth(by: y)
        if wide.high == 0 {
            let (short, shift) = shortened(wide.low)
            return Decimal34(unchecked: negative ? -Int128(short) : Int128(short), exponent + shift)
        }
        let shift = length(x) + length(y) - digits
        let product = Int128(quotient(wide, by: tens[shift]))
        return Decimal34(coefficient: negative ? -product : product, exponent: exponent + shift)
    }

    /// Nil for a zero divisor.
    package func divided(by b: Decimal34) -> Decimal34? {
        guard b.coefficient != 0 else { return nil }
        if coefficient == 0 { return .zero }
        if b.coefficient == 1 { return Decimal34(unchecked: coefficient, exponent - b.exponent) }
        let x = coefficient.magnitude, y = b.coefficient.magnitude
        let raised = Decimal34.digits - Decimal34.length(x)
        let more = 1 + Decimal34.length(y)
        let wide = (x * Decimal34.tens[raised]).multipliedFullWidth(by: Decimal34.tens[more])
        let (quotient, rest) = y.dividingFullWidth((wide.high, wide.low))
        let negative = (coefficient < 0) != (b.coefficient < 0)
        var exponent = exponent - b.exponent - raised - more
        // An exact quotient is kept short, so that what follows stays quick; one unit below the last digit never makes
        // a half of what is not one.
        var value = quotient
        if rest == 0 {
            while value > 0xFFFF_FFFF, value % 10_000 == 0 {
                value /= 10_000
                exponent += 4
            }
        }
        return Decimal34(coefficient: negative ? -Int128(value) : Int128(value), exponent: exponent)
    }

    // Order

    /// −1, 0 or 1.
    package func order(_ other: Decimal34) -> Int {
        if exponent == other.exponent {
            return coefficient < other.coefficient ? -1 : (coefficient == other.coefficient ? 0 : 1)
        }
        let x = coefficient.signum(), y = other.coefficient.signum()
        if x != y { return x < y ? -1 : 1 }
        if x == 0 { return 0 }
        // Same sign: first by the place of the first digit, then exactly.
        let mine = Decimal34.length(coefficient.magnitude) + exponent
        let theirs = Decimal34.length(other.coefficient.magnitude) + other.exponent
        if mine != theirs { return (mine < theirs ? -1 : 1) * Int(x) }
        // The first digits stand at one place, so the gap of exponents is below 34 and the longer one holds both.
        let (a, b): (UInt128, UInt128) =
            exponent > other.exponent
            ? (
                coefficient.magnitude * Decimal34.tens[exponent - other.exponent], other.coefficient.magnitude
            )
            : (
                coefficient.magnitude, other.coefficient.magnitude * Decimal34.tens[other.exponent - exponent]
            )
        return (a < b ? -1 : (a == b ? 0 : 1)) * Int(x)
    }

    // To Exact

    /// Rounded half away from zero to `places` decimals; nil when it does not fit.
    package func rounded(to places: Int) -> Exact? {
        guard (0...Exact.maximumScale).contains(places) else { return nil }
        let shift = exponent + places
        if shift >= 0 {
            guard coefficient != 0 else { return Exact(coefficient: 0, scale: places) }
            guard shift <= 38 else { return nil }
            let (value, overflow) = coefficient.multipliedReportingOverflow(by: Int128(Decimal34.tens[min(shift, 37)]))
            guard !overflow, shift <= 37 else { return nil }
            return Exact(coefficient: value, scale: places)
        }
        guard -shift <= 38 else { return Exact(coefficient: 0, scale: places) }
        let divisor = Decimal34.tens[-shift]
        let (quotient, rest) = coefficient.magnitude.quotientAndRemainder(dividingBy: divisor)
        let value = Int128(rest >= divisor - rest ? quotient + 1 : quotient)
        return Exact(coefficient: coefficient < 0 ? -value : value, scale: places)
    }

    /// All of its digits, without trailing zeros, at most 30 decimals; nil when it does not fit.
    package var exact: Exact? {
        var value = coefficient
        var power = exponent
        while power < 0, value % 10 == 0, value != 0 {
            value /= 10
            power += 1
        }
        if value == 0 { return Exact(0) }
        if power < -Exact.maximumScale { return rounded(to: Exact.maximumScale) }
        return Decimal34(unchecked: value, power).rounded(to: max(0, -power))
    }
}

extension Decimal34: Comparable, Hashable, CustomStringConvertible {
    package static func == (a: Decimal34, b: Decimal34) -> Bool { a.order(b) == 0 }
    package static func < (a: Decimal34, b: Decimal34) -> Bool { a.order(b) < 0 }
    package func hash(into hasher: inout Hasher) {
        var c = coefficient
        var e = exponent
        while c != 0, c % 10 == 0 { c /= 10; e += 1 }
        hasher.combine(c)
        hasher.combine(c == 0 ? 0 : e)
    }
    package var description: String { exact?.text ?? "\(coefficient)E\(exponent)" }
}
