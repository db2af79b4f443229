/// What a value can be: every number between two bounds, each included or not, or absent. A measured `= v` is the one
/// point v, `<a` everything below a (RULES section 0). Arithmetic keeps every possibility, so that a comparison can
/// answer *unknown* and never guesses a number.
package struct ValueRange: Sendable, Hashable {
    package struct Bound: Sendable, Hashable {
        package let value: Decimal34
        /// The bound itself is not possible.
        package let open: Bool
        package init(_ value: Decimal34, open: Bool = false) {
            self.value = value
            self.open = open
        }
    }
    /// Nil: no bound on this side.
    package let low: Bound?
    package let high: Bound?

    package init(low: Bound?, high: Bound?) {
        self.low = low
        self.high = high
    }
    package init(_ point: Decimal34) { self.init(low: Bound(point), high: Bound(point)) }
    package init(_ point: Exact) { self.init(Decimal34(point)) }

    /// `nonNegative`: the quantity cannot be below zero, so `<a` is [0, a).
    package init(_ value: Measured, nonNegative: Bool = false) {
        let number = Decimal34(value.number)
        let floor = nonNegative && !number.isNegative ? Bound(.zero) : nil
        switch value.comparator {
        case .equal: self.init(number)
        case .below: self.init(low: floor, high: Bound(number, open: true))
        case .atMost: self.init(low: floor, high: Bound(number))
        case .above: self.init(low: Bound(number, open: true), high: nil)
        case .atLeast: self.init(low: Bound(number), high: nil)
        }
    }

    package static let all = ValueRange(low: nil, high: nil)

    /// The number, when there is only one.
    package var point: Decimal34? {
        guard let low, let high, !low.open, !high.open, low.value == high.value else { return nil }
        return low.value
    }
    package var isNonNegative: Bool { low.map { !$0.value.isNegative } ?? false }

    // Comparison

    package func isLess(than other: ValueRange) -> Verdict {
        if let a = high, let b = other.low {
            let order = a.value.order(b.value)
            if order < 0 || (order == 0 && (a.open || b.open)) { return .yes }
        }
        if let a = low, let b = other.high, a.value.order(b.value) >= 0 { return .no }
        return .unknown
    }
    package func isAtMost(_ other: ValueRange) -> Verdict { other.isLess(than: self).inverted }
    package func equals(_ other: ValueRange) -> Verdict {
        if let a = point, let b = other.point { return a == b ? .yes : .no }
        return isLess(than: other) == .yes || other.isLess(than: self) == .yes ? .no : .unknown
    }

    // Arithmetic

    package static prefix func - (a: ValueRange) -> ValueRange {
        ValueRange(
            low: a.high.map { Bound(-$0.value, open: $0.open) }, high: a.low.map { Bound(-$0.value, open: $0.open) })
    }
    package static func + (a: ValueRange, b: ValueRange) -> ValueRange {
        ValueRange(low: sum(a.low, b.low), high: sum(a.high, b.high))
    }
    package static func - (a: ValueRange, b: ValueRange) -> ValueRange { a + -b }
    private static func sum(_ a: Bound?, _ b: Bound?) -> Bound? {
        guard let a, let b else { return nil }
        return Bound(a.value + b.value, open: a.open || b.open)
    }

    package static func * (a: ValueRange, b: ValueRange) -> ValueRange {
        if let x = a.point { return b.scaled(by: x) }
        if let y = b.point { return a.scaled(by: y) }
        guard a.isNonNegative, b.isNonNegative, let x = a.low, let y = b.low else { return .all }
        let low = Bound(x.value * y.value, open: (x.open && !y.value.isZero) || (y.open && !x.value.isZero))
        guard let u = a.high, let v = b.high else { return ValueRange(low: low, high: nil) }
        return ValueRange(low: low, high: Bound(u.value * v.value, open: u.open || v.open))
    }
    private func scaled(by factor: Decimal34) -> ValueRange {
        if factor.isZero { return ValueRange(Decimal34.zero) }
        func times(_ bound: Bound?) -> Bound? { bound.map { Bound($0.value * factor, open: $0.open) } }
        return factor.isNegative
            ? ValueRange(low: times(high), high: times(low)) : ValueRange(low: times(low), high: times(high))
    }

    /// Nil when the divisor is zero.
    package func divided(by divisor: ValueRange) -> ValueRange? {
        if let y = divisor.point {
            guard !y.isZero else { return nil }
            func over(_ bound: Bound?) -> Bound? {
                bound.flatMap { b in b.value.divided(by: y).map { Bound($0, open: b.open) } }
            }
            return y.isNegative
                ? ValueRange(low: over(high), high: over(low)) : ValueRange(low: over(low), high: over(high))
        }
        guard isNonNegative, divisor.isNonNegative, let top = low, let bottom = divisor.low else { return .all }
        let least =
            divisor.high.flatMap { y in top.value.divided(by: y.value).map { Bound($0, open: top.open || y.open) } }
            ?? Bound(.zero)
        let most = high.flatMap { x in
            x.value.divided(by: bottom.value).map { Bound($0, open: x.open || bottom.open) }
        }
        return ValueRange(low: least, high: most)
    }

    package var magnitude: ValueRange {
        if isNonNegative { return self }
        if let high, high.value.order(.zero) <= 0 { return -self }
        guard let low, let high else { return ValueRange(low: Bound(.zero), high: nil) }
        let (a, b) = (-low.value, high.value)
        let top = a == b ? Bound(a, open: low.open && high.open) : (a > b ? Bound(a, open: low.open) : high)
        return ValueRange(low: Bound(.zero), high: top)
    }

    package static func least(_ a: ValueRange, _ b: ValueRange) -> ValueRange {
        ValueRange(low: both(a.low, b.low) { lower($0, $1, isLow: true) }, high: either(a.high, b.high, isLow: false))
    }
    package static func greatest(_ a: ValueRange, _ b: ValueRange) -> ValueRange { -least(-a, -b) }
    /// Everything that one or the other can be, and what lies between.
    package static func hull(_ a: ValueRange, _ b: ValueRange) -> ValueRange {
        ValueRange(
            low: both(a.low, b.low) { lower($0, $1, isLow: true) },
            high: both(a.high, b.high) { lower($0, $1, isLow: false) == $0 ? $1 : $0 })
    }
    private static func both(_ a: Bound?, _ b: Bound?, _ pick: (Bound, Bound) -> Bound) -> Bound? {
        guard let a, let b else { return nil }
        return pick(a, b)
    }
    private static func either(_ a: Bound?, _ b: Bound?, isLow: Bool) -> Bound? {
        guard let a else { return b }
        guard let b else { return a }
        return lower(a, b, isLow: isLow)
    }
    /// The lower of two bounds; at one value, a closed low bound is lower, and an open high bound is.
    private static func lower(_ a: Bound, _ b: Bound, isLow: Bool) -> Bound {
        let order = a.value.order(b.value)
        if order != 0 { return order < 0 ? a : b }
        return a.open == isLow ? b : a
    }

    /// A function that grows with its argument, bound by bound; nil where it is not defined.
    package func mapped(growing function: (Decimal34) -> Decimal34?) -> ValueRange? {
        if let point { return function(point).map { ValueRange($0) } }
        func map(_ bound: Bound?) -> Bound? { bound.flatMap { b in function(b.value).map { Bound($0, open: b.open) } } }
        return ValueRange(low: map(low), high: map(high))
    }
}

extension Verdict {
    package init(_ known: Bool) { self = known ? .yes : .no }
    package var inverted: Verdict {
        switch self {
        case .yes: .no
        case .no: .yes
        case .unknown: .unknown
        }
    }
    /// Kleene's three-valued logic: a *no* decides, whatever the other is.
    package func and(_ other: Verdict) -> Verdict {
        if self == .no || other == .no { return .no }
        return self == .yes && other == .yes ? .yes : .unknown
    }
    package func or(_ other: Verdict) -> Verdict { inverted.and(other.inverted).inverted }
}
