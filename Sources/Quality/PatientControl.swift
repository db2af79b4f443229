package import Base

/// A patient's value as the moving statistics see it: nobody's.
package struct PatientValue: Sendable, Hashable {
    package var at: Instant
    package var value: Measured
    /// Type of ward of the request (`dialyse`, `oncologie`); empty when unknown.
    package var ward: String
    package init(at: Instant, value: Measured, ward: String = "") {
        self.at = at
        self.value = value
        self.ward = ward
    }
}

/// Which patients' values enter, and from where on the average alarms. An alarm asks for a control: it does not reject
/// (RULES section 2.7).
package struct PatientControlPolicy: Sendable, Hashable, Codable {
    package enum Method: Sendable, Hashable, Codable {
        /// Bull's batches (usually of 20) for red cell indices.
        case bull(batch: Int)
        /// E ← λ·x + (1 − λ)·E, λ in ]0, 1].
        case ewma(lambda: Exact)
        /// Mean of the last `window` values; silent until there are as many.
        case movingAverage(window: Int)

        package var french: String {
            switch self {
            case .bull(let batch): "Bull, lots de \(batch)"
            case .ewma(let lambda): "EWMA, λ \(lambda.text)"
            case .movingAverage(let window): "moyenne mobile de \(window)"
            }
        }
    }
    package var method: Method
    /// Where the average should be, and how far from it is too far (in the unit of the analysis).
    package var target: Exact
    package var limit: Exact
    /// Truncation limits, included; nil: no limit on that side.
    package var low: Exact?
    package var high: Exact?
    package var excludedWards: Set<String>

    package init(
        method: Method, target: Exact, limit: Exact, low: Exact? = nil, high: Exact? = nil,
        excludedWards: Set<String> = []
    ) {
        self.method = method
        self.target = target
        self.limit = limit
        self.low = low
        self.high = high
        self.excludedWards = excludedWards
    }

    /// Red cell indices: batches of 20, alarm beyond 3 % of the target (Bull 1974).
    package static func bull(target: Exact, low: Exact? = nil, high: Exact? = nil) -> PatientControlPolicy {
        let limit = target.multiplied(by: Exact(coefficient: 3, scale: 2)) ?? .zero
        return PatientControlPolicy(method: .bull(batch: 20), target: target, limit: limit, low: low, high: high)
    }
}

/// The average after a value, and whether it alarms.
package struct PatientControlPoint: Sendable, Hashable {
    package let at: Instant
    /// Unrounded as far as the method carries (8 decimals).
    package let average: Exact
    package let isAlarm: Bool
}

/// Runs the averages over patients' values, in time. A number that does not fit is left out like an outlier.
package struct PatientControl: Sendable, Hashable {
    package let policy: PatientControlPolicy
    package private(set) var points: [PatientControlPoint] = []
    /// Values that entered the average.
    package private(set) var entered = 0
    /// Values left out: censored, beyond a truncation limit, of an excluded ward.
    package private(set) var leftOut = 0
    private var average: Exact
    private var batch: [Exact] = []

    static let places = 8

    package init(_ policy: PatientControlPolicy) {
        self.policy = policy
        average = policy.target
    }
    package init(_ policy: PatientControlPolicy, over values: some Sequence<PatientValue>) {
        self.init(policy)
        for value in values { add(value) }
    }

    package var alarms: [PatientControlPoint] { points.filter(\.isAlarm) }

    package mutating func add(_ value: PatientValue) {
        guard enters(value) else {
            leftOut += 1
            return
        }
        entered += 1
        guard let next = next(value.value.number) else { return }
        average = next
        let distance = next.subtracting(policy.target)?.absolute
        points.append(
            PatientControlPoint(at: value.at, average: next, isAlarm: distance.map { $0 > policy.limit } ?? true))
    }

    /// Lets go of all but the newest points.
    package mutating func keep(last count: Int) { points = points.suffix(count) }

    private func enters(_ value: PatientValue) -> Bool {
        guard value.value.comparator == .equal, !policy.excludedWards.contains(value.ward) else { return false }
        let number = value.value.number
        return (policy.low.map { $0 <= number } ?? true) && (policy.high.map { number <= $0 } ?? true)
    }

    /// The average after this value; nil while a batch or a window fills.
    private mutating func next(_ number: Exact) -> Exact? {
        switch policy.method {
        case .ewma(let lambda):
            guard let rest = Exact(1).subtracting(lambda), let new = lambda.multiplied(by: number),
                let old = rest.multiplied(by: average), let sum = new.adding(old)
            else { return nil }
            return sum.rounded(to: PatientControl.places)
        case .movingAverage(let window):
            batch.append(number)
            if batch.count > window { batch.removeFirst() }
            guard batch.count == window else { return nil }
            return ControlStatistics(batch).mean(places: PatientControl.places)
        case .bull(let size):
            batch.append(number)
            guard batch.count == size else { return nil }
            defer { batch = [] }
            return PatientControl.bull(batch, from: average)
        }
    }

    /// Bull's batch mean: the last one, moved by the signed square of the mean of the signed square roots of the
    /// distances from it; far values so weigh less (Bull et al., Am J Clin Pathol 1974;61:473–81, with r = 1).
    static func bull(_ batch: [Exact], from last: Exact) -> Exact? {
        var sum = Exact.zero
        for value in batch {
            guard let distance = value.subtracting(last), let root = distance.absolute.squareRoot(places: 12),
                let next = distance.isNegative ? sum.subtracting(root) : sum.adding(root)
            else { return nil }
            sum = next
        }
        guard let mean = sum.divided(by: Exact(batch.count), places: 12),
            let square = mean.multiplied(by: mean),
            let moved = mean.isNegative ? last.subtracting(square) : last.adding(square)
        else { return nil }
        return moved.rounded(to: places)
    }
}
