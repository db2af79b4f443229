// Logarithm, exponential and power in decimal arithmetic. Stated precision: 28 significant digits of the answer, when
// it lies between 10^-100 and 10^100. That is ten more than a binary floating-point number holds, and the same bits
// on every machine.
extension Decimal34 {
    /// Significant digits that `ln`, `exp` and `pow` promise.
    package static let promisedDigits = 28

    private static let ln10 = Decimal34(
        unchecked: 2_302_585_092_994_045_684_017_991_454_684_364, -33)
    private static let bound = Decimal34(231)

    /// Natural logarithm; nil for what is not positive.
    package var ln: Decimal34? {
        guard coefficient > 0 else { return nil }
        // x = m × 10^k with m between 0.316 and 3.17, so that nothing cancels.
        let length = Decimal34.length(coefficient.magnitude)
        var k = length + exponent
        var m = Decimal34(unchecked: coefficient, -length)
        if m < Decimal34(unchecked: 316, -3) {
            m = Decimal34(unchecked: coefficient, 1 - length)
            k -= 1
        }
        // ln m = 2 artanh((m − 1) / (m + 1))
        guard let z = (m - .one).divided(by: m + .one) else { return nil }
        let square = z * z
        var power = z, sum = z
        var n = 3
        while !power.isZero {
            power = power * square
            guard let term = power.divided(by: Decimal34(n)), !term.isNegligible(beside: sum) else { break }
            sum = sum + term
            n += 2
        }
        return Decimal34(2) * sum + Decimal34(k) * Decimal34.ln10
    }

    /// e raised to this; nil beyond e^±231 (10^±100), which no medical formula reaches.
    package var exp: Decimal34? {
        guard magnitude < Decimal34.bound else { return nil }
        // x = k ln 10 + r with |r| ≤ 1.16, so e^x = 10^k × e^r.
        guard let k = divided(by: Decimal34.ln10)?.rounded(to: 0).map({ Int($0.coefficient) }) else { return nil }
        let r = self - Decimal34(k) * Decimal34.ln10
        let positive = r.magnitude
        var term = Decimal34.one, sum = Decimal34.one
        var n = 1
        while !term.isZero {
            guard let next = (term * positive).divided(by: Decimal34(n)), !next.isNegligible(beside: sum) else { break }
            term = next
            sum = sum + term
            n += 1
        }
        let power = r.isNegative ? Decimal34.one.divided(by: sum) : sum
        return power.map { Decimal34(unchecked: $0.coefficient, $0.exponent + k) }
    }

    /// This raised to `power`. A whole power up to 1000 is repeated multiplication, for any base; else the base must be
    /// positive, or zero with a positive power. Nil outside, and when the answer leaves 10^±100.
    package func pow(_ power: Decimal34) -> Decimal34? {
        if let whole = power.exact, whole.scale == 0, abs(whole.coefficient) <= 1000 {
            return raised(to: Int(whole.coefficient))
        }
        if isZero { return power.coefficient > 0 ? .zero : nil }
        guard let logarithm = ln else { return nil }
        return (power * logarithm).exp
    }

    private func raised(to power: Int) -> Decimal34? {
        var result = Decimal34.one, square = self
        var rest = abs(power)
        while rest > 0 {
            if rest & 1 == 1 { result = result * square }
            rest >>= 1
            if rest > 0 { square = square * square }
            guard result.hasModestSize, square.hasModestSize else { return nil }
        }
        return power < 0 ? Decimal34.one.divided(by: result) : result
    }

    private var hasModestSize: Bool {
        coefficient == 0 || abs(Decimal34.length(coefficient.magnitude) + exponent) <= 100
    }

    /// Below one unit of the 36th digit of a sum.
    private func isNegligible(beside sum: Decimal34) -> Bool {
        if coefficient == 0 { return true }
        return Decimal34.length(coefficient.magnitude) + exponent
            < Decimal34.length(sum.coefficient.magnitude) + sum.exponent - Decimal34.digits - 2
    }
}

extension Exact {
    /// Natural logarithm to `places` decimals; nil for what is not positive.
    package func ln(places: Int) -> Exact? { Decimal34(self).ln?.rounded(to: places) }
    /// e raised to this, to `places` decimals; nil when it does not fit.
    package func exp(places: Int) -> Exact? { Decimal34(self).exp?.rounded(to: places) }
    /// This raised to a power, to `places` decimals; nil where it is not defined or does not fit.
    package func pow(_ power: Exact, places: Int) -> Exact? {
        Decimal34(self).pow(Decimal34(power))?.rounded(to: places)
    }
    /// Without its sign.
    package var magnitude: Exact { Exact(coefficient: abs(coefficient), scale: scale) }
}
