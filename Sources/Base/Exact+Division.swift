extension Exact {
    /// Quotient rounded half away from zero to `places` decimals; nil for a zero divisor or when it does not fit.
    package func divided(by other: Exact, places: Int) -> Exact? {
        guard other.coefficient != 0, (0...Exact.maximumScale).contains(places) else { return nil }
        // value = (a / 10^sa) / (b / 10^sb); scaled by 10^(places + 1) so that the last digit decides the rounding.
        let shift = places + 1 + other.scale - scale
        var numerator = coefficient
        var denominator = other.coefficient
        if shift >= 0 {
            guard shift <= 37 else { return nil }
            let (n, overflow) = numerator.multipliedReportingOverflow(by: Exact.pow10(shift))
            guard !overflow else { return nil }
            numerator = n
        } else {
            guard -shift <= 37 else { return nil }
            let (d, overflow) = denominator.multipliedReportingOverflow(by: Exact.pow10(-shift))
            guard !overflow else { return nil }
            denominator = d
        }
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        // A remainder beyond the guard digit can only push a tie away from zero, and ties already go there.
        _ = remainder
        return Exact(coefficient: quotient, scale: min(places + 1, Exact.maximumScale)).rounded(to: places)
    }
}
