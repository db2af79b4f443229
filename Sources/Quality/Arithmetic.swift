import Base

/// What statistics need beyond sums and products. Internal: other rooms round where their own law says so.
extension Exact {
    static let zero = Exact(0)

    var isZero: Bool { coefficient == 0 }
    var isPositive: Bool { coefficient > 0 }
    /// The sign taken off.
    var absolute: Exact { isNegative ? Exact(coefficient: -coefficient, scale: scale) : self }

    /// Same number without trailing zeros after the point.
    var trimmed: Exact {
        var c = coefficient, s = scale
        while s > 0, c % 10 == 0 { c /= 10; s -= 1 }
        return Exact(coefficient: c, scale: s)
    }

    /// Quotient rounded half away from zero to `places` decimals; nil for a zero divisor or when it does not fit.
    func divided(by divisor: Exact, places: Int) -> Exact? {
        var d = divisor.coefficient.magnitude
        guard d != 0, d < UInt128.max / 10, (0...Exact.maximumScale).contains(places) else { return nil }
        let n = coefficient.magnitude
        let shift = places + divisor.scale - scale
        if shift < 0 {
            let (longer, overflow) = d.multipliedReportingOverflow(by: Exact.pow10(min(-shift, 38)).magnitude)
            // The divisor is then more than twice any dividend.
            if overflow { return Exact(coefficient: 0, scale: places) }
            d = longer
        }
        var (quotient, rest) = n.quotientAndRemainder(dividingBy: d)
        for _ in 0..<max(shift, 0) {
            let (digit, next) = (rest * 10).quotientAndRemainder(dividingBy: d)
            let (product, overflow) = quotient.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            quotient = product + digit
            rest = next
        }
        if rest >= d - rest { quotient += 1 }
        guard quotient < UInt128(Int128.max) else { return nil }
        let isNegative = self.isNegative != divisor.isNegative
        return Exact(coefficient: isNegative ? -Int128(quotient) : Int128(quotient), scale: places)
    }

    /// Square root rounded to `places` decimals, or to as many as fit; nil below zero.
    func squareRoot(places: Int) -> Exact? {
        guard !isNegative else { return nil }
        var places = min(places, Exact.maximumScale / 2)
        while places >= 0 {
            let wanted = rounded(to: min(scale, 2 * places)).trimmed
            let (radicand, overflow) = wanted.coefficient.magnitude.multipliedReportingOverflow(
                by: Exact.pow10(2 * places - wanted.scale).magnitude)
            if !overflow {
                let root = Exact.integerRoot(radicand)
                let up = radicand - root * root > root
                return Exact(coefficient: Int128(up ? root + 1 : root), scale: places)
            }
            places -= 1
        }
        return nil
    }

    /// Largest integer whose square is not above `n` (Newton's method from above).
    private static func integerRoot(_ n: UInt128) -> UInt128 {
        guard n > 1 else { return n }
        var x: UInt128 = 1 << ((UInt128.bitWidth - n.leadingZeroBitCount + 1) / 2)
        while true {
            let next = (x + n / x) / 2
            if next >= x { return x }
            x = next
        }
    }
}
