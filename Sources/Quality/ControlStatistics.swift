package import Base

/// Mean and SD of control values, one value after the other, without rounding on the way.
///
/// Welford's recurrence exists because sums of squares cancel in binary floating point. Decimals can keep the two sums
/// exactly (around the first value, so that they stay short): the variance is their exact quotient, whatever the order
/// of the values and however near they lie to each other; values can also be taken out again.
package struct ControlStatistics: Sendable, Hashable {
    package private(set) var count = 0
    private var origin = Exact.zero
    private var sum = Exact.zero
    private var squares = Exact.zero
    /// A number did not fit: there are no statistics any more (never wrong ones).
    private var isBroken = false

    package init() {}
    package init(_ values: some Sequence<Exact>) {
        for value in values { add(value) }
    }

    package mutating func add(_ value: Exact) {
        if count == 0 { origin = value.trimmed }
        count += 1
        change(value, by: 1)
    }

    /// Takes out a value that was added.
    package mutating func remove(_ value: Exact) {
        count -= 1
        change(value, by: -1)
        if count <= 0 { self = ControlStatistics() }
    }

    private mutating func change(_ value: Exact, by sign: Int) {
        guard let d = value.trimmed.subtracting(origin)?.trimmed, let square = d.multiplied(by: d),
            let first = d.multiplied(by: Exact(sign)), let second = square.multiplied(by: Exact(sign)),
            let sum = sum.adding(first), let squares = squares.adding(second)
        else {
            isBroken = true
            return
        }
        self.sum = sum
        self.squares = squares
    }

    /// Decimals carried when nothing says how many; eight more than any control prints.
    static let places = 12

    /// Nil without a value.
    package func mean(places: Int = ControlStatistics.places) -> Exact? {
        guard count > 0, !isBroken else { return nil }
        return sum.divided(by: Exact(count), places: places)?.adding(origin)?.rounded(to: places)
    }

    /// (n Σd² − (Σd)²) / (n (n − 1)); nil under two values.
    package var variance: Exact? {
        guard count > 1, !isBroken, let a = squares.multiplied(by: Exact(count)), let b = sum.multiplied(by: sum),
            let difference = a.subtracting(b)?.trimmed
        else { return nil }
        return difference.divided(by: Exact(count * (count - 1)), places: 2 * ControlStatistics.places)
            ?? difference.divided(by: Exact(count * (count - 1)), places: ControlStatistics.places)
    }

    /// Of a sample (n − 1); nil under two values.
    package func sd(places: Int = ControlStatistics.places) -> Exact? {
        variance?.squareRoot(places: ControlStatistics.places)?.rounded(to: places)
    }

    /// 100 · SD / |mean|, in percent; nil when the mean is 0.
    package func cv(places: Int = 2) -> Exact? {
        guard let mean = mean(), let sd = sd(), let hundredfold = sd.multiplied(by: Exact(100)) else { return nil }
        return hundredfold.divided(by: mean.absolute, places: places)
    }

    /// 100 · (mean − target) / |target|, in percent.
    package func bias(target: Exact, places: Int = 2) -> Exact? {
        mean()?.subtracting(target)?.multiplied(by: Exact(100))?.divided(by: target.absolute, places: places)
    }
}

/// What a laboratory reads off its controls of a month or a lot (RULES section 2.6). Percentages with two decimals.
package struct ControlSummary: Sendable, Hashable {
    package let count: Int
    package let mean: Exact
    package let sd: Exact
    /// Percent; nil when the mean is 0.
    package let cv: Exact?
    /// Percent of the target; nil without target.
    package let bias: Exact?
    /// |bias| + 1.65 · CV, in percent.
    package let totalError: Exact?
    /// (TEa − |bias|) / CV; nil without an allowable error, or for a CV of 0.
    package let sigma: Exact?

    /// Nil under two values. `allowableError` in percent. `places`: decimals of mean and SD.
    package init?(
        _ statistics: ControlStatistics, target: Exact? = nil, allowableError: Exact? = nil, places: Int = 4
    ) {
        guard let mean = statistics.mean(places: places), let sd = statistics.sd(places: places) else { return nil }
        count = statistics.count
        self.mean = mean
        self.sd = sd
        cv = statistics.cv()
        bias = target.flatMap { statistics.bias(target: $0) }
        // From unrounded percentages: one rounding at the end.
        let fine = (cv: statistics.cv(places: 8), bias: target.flatMap { statistics.bias(target: $0, places: 8) })
        totalError = ControlSummary.totalError(cv: fine.cv, bias: fine.bias)
        sigma = ControlSummary.sigma(allowableError: allowableError, cv: fine.cv, bias: fine.bias)
    }

    package static func totalError(cv: Exact?, bias: Exact?) -> Exact? {
        guard let cv, let bias, let spread = cv.multiplied(by: Exact(coefficient: 165, scale: 2)) else { return nil }
        return bias.absolute.adding(spread)?.rounded(to: 2)
    }

    package static func sigma(allowableError: Exact?, cv: Exact?, bias: Exact?) -> Exact? {
        guard let allowableError, let cv, let bias, cv.isPositive else { return nil }
        return allowableError.subtracting(bias.absolute)?.divided(by: cv, places: 2)
    }
}

extension ControlPoint {
    /// First day of the month in which it was measured.
    package func month(in zone: CivilZone) -> CivilDate {
        let date = CivilTime(at, in: zone).date
        return CivilDate(year: date.year, month: date.month, day: 1)
    }
}

/// How points are put together for statistics.
package struct StatisticsGroup: Sendable, Hashable, Comparable {
    package let level: ControlLevel
    package let lot: String
    /// First day of the month; nil when the whole lot is meant.
    package let month: CivilDate?

    package static func < (a: StatisticsGroup, b: StatisticsGroup) -> Bool {
        (a.level, a.lot, a.month?.dayNumber ?? .min) < (b.level, b.lot, b.month?.dayNumber ?? .min)
    }
}

extension ControlStatistics {
    /// By level and lot, and by month of the zone when `byMonth`. Excluded and censored points are left out. Those of
    /// `rejected` runs too: whoever gives them shows the figures with them as well, since a run left out in silence
    /// makes every SD too small.
    package static func groups(
        _ points: [ControlPoint], byMonth: Bool, in zone: CivilZone, rejected: Set<String> = []
    ) -> [(group: StatisticsGroup, statistics: ControlStatistics)] {
        var statistics: [StatisticsGroup: ControlStatistics] = [:]
        for point in points where point.exclusion == nil {
            guard let number = point.number else { continue }
            if rejected.contains(point.run), !point.isParallel { continue }
            let month = byMonth ? point.month(in: zone) : nil
            let group = StatisticsGroup(level: point.level, lot: point.lot, month: month)
            statistics[group, default: ControlStatistics()].add(number)
        }
        return statistics.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

/// Measurement uncertainty (RULES section 10): U = 2 · √(u_Rw² + u_cal² + u_bias²), k = 2. All in one unit, relative
/// (percent) or absolute.
package struct MeasurementUncertainty: Sendable, Hashable, Codable {
    /// Within-laboratory reproducibility: the long-term SD or CV of the control.
    package let reproducibility: Exact
    /// Of the calibrator's value, from its maker.
    package let calibration: Exact
    /// Of the bias, from external assessment.
    package let bias: Exact

    package init(reproducibility: Exact, calibration: Exact, bias: Exact) {
        self.reproducibility = reproducibility
        self.calibration = calibration
        self.bias = bias
    }

    /// Nil when a number does not fit.
    package func expanded(places: Int = 2) -> Exact? {
        var sum = Exact.zero
        for part in [reproducibility, calibration, bias] {
            guard let square = part.multiplied(by: part), let next = sum.adding(square) else { return nil }
            sum = next
        }
        return sum.multiplied(by: Exact(4))?.squareRoot(places: 8)?.rounded(to: places)
    }
}
