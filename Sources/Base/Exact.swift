/// An exact decimal: `coefficient × 10^-scale`. Never a binary floating-point number (HOUSE invariant 9).
///
/// 38 significant digits at most (Int128); anything longer is refused by `init?(_:)`, never rounded silently.
package struct Exact: Sendable, Codable {
    package let coefficient: Int128
    /// Number of digits after the decimal point, 0…30.
    package let scale: Int

    package init(coefficient: Int128, scale: Int = 0) {
        precondition((0...Exact.maximumScale).contains(scale), "scale out of range")
        self.coefficient = coefficient
        self.scale = scale
    }

    package init(_ integer: Int) { self.init(coefficient: Int128(integer), scale: 0) }

    /// Digits after the point that are accepted; more than any analyzer prints, few enough to multiply safely.
    package static let maximumScale = 30
    /// Digits of the coefficient that are accepted: twice as many as an instrument prints, half of what Int128 holds.
    package static let maximumDigits = 36

    /// Reads `[+-]digits[.digits]`, decimal point or comma, optional exponent `E±n`. No blanks, no thousands separator.
    package init?(_ text: some StringProtocol) {
        var value: Int128 = 0
        var digits = 0
        var significant = 0
        var scale = 0
        var negative = false
        var point = false
        var exponent = 0
        var bytes = text.utf8.makeIterator()
        var next = bytes.next()
        if let sign = next, sign == 0x2D || sign == 0x2B {
            negative = sign == 0x2D
            next = bytes.next()
        }
        scan: while let byte = next {
            switch byte {
            case 0x30...0x39:
                digits += 1
                if significant > 0 || byte != 0x30 { significant += 1 }
                guard significant <= Exact.maximumDigits else { return nil }
                value = value * 10 + Int128(byte - 0x30)
                if point { scale += 1 }
            case 0x2E, 0x2C:
                guard !point, digits > 0 else { return nil }
                point = true
            case 0x45, 0x65:
                guard digits > 0, let parsed = Exact.exponent(&bytes) else { return nil }
                exponent = parsed
                break scan
            case _: return nil
            }
            next = bytes.next()
        }
        guard digits > 0, !(point && scale == 0) else { return nil }
        scale -= exponent
        while scale < 0 {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
            scale += 1
        }
        guard scale <= Exact.maximumScale else { return nil }
        self.init(coefficient: negative ? -value : value, scale: scale)
    }

    private static func exponent(_ bytes: inout some IteratorProtocol<UInt8>) -> Int? {
        var value = 0
        var negative = false
        var any = false
        var first = true
        while let byte = bytes.next() {
            switch byte {
            case 0x2D where first: negative = true
            case 0x2B where first: break
            case 0x30...0x39:
                any = true
                value = value * 10 + Int(byte - 0x30)
                guard value <= 99 else { return nil }
            case _: return nil
            }
            first = false
        }
        return any ? (negative ? -value : value) : nil
    }

    package var isNegative: Bool { coefficient < 0 }

    package static func pow10(_ n: Int) -> Int128 {
        var r: Int128 = 1
        for _ in 0..<n { r *= 10 }
        return r
    }

    /// Both coefficients at the larger of the two scales; nil when that does not fit.
    private static func aligned(_ a: Exact, _ b: Exact) -> (Int128, Int128, Int)? {
        let scale = max(a.scale, b.scale)
        let (x, o1) = a.coefficient.multipliedReportingOverflow(by: pow10(scale - a.scale))
        let (y, o2) = b.coefficient.multipliedReportingOverflow(by: pow10(scale - b.scale))
        return o1 || o2 ? nil : (x, y, scale)
    }

    /// −1, 0 or 1, exact for every pair of values.
    package func order(_ other: Exact) -> Int {
        if let (x, y, _) = Exact.aligned(self, other) { return x < y ? -1 : (x == y ? 0 : 1) }
        if coefficient.signum() != other.coefficient.signum() {
            return coefficient.signum() < other.coefficient.signum() ? -1 : 1
        }
        // The side that overflowed on alignment is the one of the larger magnitude.
        let mine =
            scale < other.scale
            && coefficient.multipliedReportingOverflow(by: Exact.pow10(other.scale - scale)).overflow
        return (mine ? 1 : -1) * Int(coefficient.signum())
    }

    /// Sum, difference, product; nil when the exact answer does not fit.
    package func adding(_ other: Exact) -> Exact? {
        guard let (x, y, scale) = Exact.aligned(self, other) else { return nil }
        let (sum, overflow) = x.addingReportingOverflow(y)
        return overflow ? nil : Exact(coefficient: sum, scale: scale)
    }
    package func subtracting(_ other: Exact) -> Exact? {
        guard let (x, y, scale) = Exact.aligned(self, other) else { return nil }
        let (difference, overflow) = x.subtractingReportingOverflow(y)
        return overflow ? nil : Exact(coefficient: difference, scale: scale)
    }
    package func multiplied(by other: Exact) -> Exact? {
        let (product, overflow) = coefficient.multipliedReportingOverflow(by: other.coefficient)
        guard !overflow else { return nil }
        let scale = scale + other.scale
        if scale <= Exact.maximumScale { return Exact(coefficient: product, scale: scale) }
        return nil
    }

    /// The same number with `places` decimals, or with as many more as it needs: however it was written (`3`, `3.00`),
    /// it then reads one way.
    package func settled(to places: Int) -> Exact {
        var digits = coefficient, rest = scale
        while rest > places, digits % 10 == 0 {
            digits /= 10
            rest -= 1
        }
        let shortest = Exact(coefficient: digits, scale: rest)
        return rest < places ? shortest.rounded(to: places) : shortest
    }

    /// Rounded half away from zero to `places` decimals (commercial rounding), padded with zeros when shorter. A number
    /// so long that its zeros do not fit stays as it is: equal, but with fewer decimals.
    package func rounded(to places: Int) -> Exact {
        if places >= scale {
            let (padded, overflow) = coefficient.multipliedReportingOverflow(by: Exact.pow10(places - scale))
            return overflow ? self : Exact(coefficient: padded, scale: places)
        }
        let divisor = Exact.pow10(scale - places)
        let (quotient, rest) = coefficient.quotientAndRemainder(dividingBy: divisor)
        let awayFromZero = rest.magnitude >= divisor.magnitude - rest.magnitude
        return Exact(coefficient: awayFromZero ? quotient + (isNegative ? -1 : 1) : quotient, scale: places)
    }

    /// Plain text with a point: `-0.050`.
    package var text: String {
        // From the last digit to the first; 39 digits of an Int128, the point and the sign find room.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 48) { room in
            var start = room.count
            func put(_ byte: UInt8) {
                start -= 1
                room[start] = byte
            }
            var written = 0
            func put(digit: UInt8) {
                if written == scale, scale > 0 { put(0x2E) }
                put(0x30 + digit)
                written += 1
            }
            var wide = coefficient.magnitude
            while wide > UInt128(UInt64.max) {
                put(digit: UInt8(truncatingIfNeeded: wide % 10))
                wide /= 10
            }
            var left = UInt64(truncatingIfNeeded: wide)
            while left > 0 || written <= scale {
                put(digit: UInt8(truncatingIfNeeded: left % 10))
                left /= 10
            }
            if coefficient < 0 { put(0x2D) }
            return String(decoding: UnsafeBufferPointer(rebasing: room[start...]), as: UTF8.self)
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let value = Exact(text) else {
            throw Refusal(
                "base.decimal", because: "« \(text) » n'est pas un nombre décimal", remedy: "écrire par exemple 4.20")
        }
        self = value
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Exact: Comparable, Hashable, CustomStringConvertible {
    package static func == (a: Exact, b: Exact) -> Bool { a.order(b) == 0 }
    package static func < (a: Exact, b: Exact) -> Bool { a.order(b) < 0 }
    package func hash(into hasher: inout Hasher) {
        var c = coefficient
        var s = scale
        while s > 0, c % 10 == 0 { c /= 10; s -= 1 }
        hasher.combine(c)
        hasher.combine(s)
    }
    package var description: String { text }
}
