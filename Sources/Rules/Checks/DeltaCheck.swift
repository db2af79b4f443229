package import Base
package import Catalog
import Laboratory

/// The delta methods of RULES section 3, in exact decimals and without a division: each is a comparison of products.
package enum DeltaMethod {
    /// Does the change exceed the limit, strictly? *unknown* when a censored value may or may not. `milliseconds`: from
    /// the previous collection to this one, above zero.
    package static func exceeds(
        _ rule: DeltaRule, previous: ValueRange, current: ValueRange, milliseconds: Int64
    ) -> Verdict {
        let day = Decimal34(86_400_000), time = Decimal34(Int(milliseconds))
        switch rule.kind {
        case .none: return .no
        case .exact: return current.equals(previous).inverted
        case .absolute, .rate:
            guard let limit = rule.limit.map({ Decimal34($0) }) else { return .unknown }
            if let x1 = previous.point, let x2 = current.point {
                let change = (x2 - x1).magnitude
                return Verdict(rule.kind == .absolute ? limit < change : limit * time < change * day)
            }
            let change = (current - previous).magnitude
            return rule.kind == .absolute
                ? ValueRange(limit).isLess(than: change)
                : ValueRange(limit * time).isLess(than: change * ValueRange(day))
        case .percent, .percentRate:
            guard let limit = rule.limit.map({ Decimal34($0) }) else { return .unknown }
            if mayBeZero(previous) { return fallback(rule, previous, current) }
            let hundred = Decimal34(100)
            let isRate = rule.kind == .percentRate
            if let x1 = previous.point, let x2 = current.point {
                let change = (x2 - x1).magnitude * hundred
                let allowed = limit * x1.magnitude
                return Verdict(isRate ? allowed * time < change * day : allowed < change)
            }
            // 100·(x₂/x₁ − 1), so that x₁ stands once and its uncertainty counts once.
            guard let ratio = current.divided(by: previous) else { return .unknown }
            let change = ((ratio - ValueRange(.one)) * ValueRange(hundred)).magnitude
            return isRate
                ? ValueRange(limit * time).isLess(than: change * ValueRange(day))
                : ValueRange(limit).isLess(than: change)
        }
    }

    /// A percentage of nothing means nothing.
    static func mayBeZero(_ value: ValueRange) -> Bool {
        ValueRange(.zero).equals(value) != .no
    }

    private static func fallback(_ rule: DeltaRule, _ previous: ValueRange, _ current: ValueRange) -> Verdict {
        let change = (current - previous).magnitude
        if change.point?.isZero ?? false { return .no }
        guard let limit = rule.absoluteLimit else { return .unknown }
        return ValueRange(limit).isLess(than: change)
    }
}

/// The reference change value (RULES section 3): what two results may differ by from analysis and biology alone. It
/// flags 12–41 % of results and is therefore shown, never a hold.
package struct ReferenceChange: Sendable, Hashable {
    /// √2 · Z · √(CVa² + CVi²), percent, both sides.
    package let symmetric: Decimal34
    /// exp(±√2 · Z · σ) − 1 with σ = √ln(1 + CV²), percent.
    package let rise: Decimal34
    package let fall: Decimal34

    /// Coefficients of variation in percent; `z` 1.96 for 95 % on two sides. Nil for negative ones.
    package init?(analyticalCV: Exact, biologicalCV: Exact, z: Exact = Exact(coefficient: 196, scale: 2)) {
        let a = Decimal34(analyticalCV), b = Decimal34(biologicalCV)
        let half = Decimal34(Exact(coefficient: 5, scale: 1)), hundred = Decimal34(100)
        let square = a * a + b * b
        guard !a.isNegative, !b.isNegative, !square.isZero, let root2 = Decimal34(2).pow(half),
            let cv = square.pow(half)
        else { return nil }
        let spread = root2 * Decimal34(z)
        guard let log = (.one + square * Decimal34(Exact(coefficient: 1, scale: 4))).ln, let sigma = log.pow(half),
            let up = (spread * sigma).exp, let down = (-(spread * sigma)).exp
        else { return nil }
        symmetric = spread * cv
        rise = (up - .one) * hundred
        fall = (down - .one) * hundred
    }
}

// Step 10
extension ResultJudge {
    mutating func checkDelta(_ input: EvaluationInput, _ scene: Scene, _ line: CheckLine) {
        guard let rule = line.delta else {
            skip(.delta, .noLimit)
            return
        }
        guard rule.kind != .none else {
            skip(.delta, .deliberatelyNone)
            return
        }
        let at = input.specimen.collectedAt ?? measuredAt(input)
        let (found, isOther) = prior(rule, line, kind: input.specimen.kind, at: at)
        guard let prior = found else {
            if line.holdsFirstResult {
                add(.delta, if: true, .deltaImpossible, note: isOther ? .otherMethod : .noPrior)
            } else {
                skip(.delta, isOther ? .otherMethod : .noPrior, inputs: isOther ? methodFact : [])
            }
            return
        }
        let suspending =
            scene.contexts.isEmpty || !scene.policy.isInForce ? [] : line.suspendedIn.intersection(scene.contexts)
        if let context = suspending.min(by: { $0.rawValue < $1.rawValue }) {
            skip(.delta, .suspended, inputs: [CheckFact(.context, context.rawValue)])
            return
        }
        compare(prior, rule, line, at: at)
    }

    /// The latest that compares: technically validated, not cancelled, of this group and kind of specimen, within the
    /// window (its end included), and readable in the unit of the catalogue. With it: there is one that only its method
    /// sets apart.
    private func prior(
        _ rule: DeltaRule, _ line: CheckLine, kind: String, at: Instant
    ) -> (PriorResult?, isOther: Bool) {
        var latest: Int?, isOther = false
        let past = facts.history
        for place in past.indices {
            let before = past[place].at
            guard past[place].technicallyValidated, !past[place].cancelled, before < at else { continue }
            if let days = rule.days, at.milliseconds - before.milliseconds > Int64(days) * 86_400_000 { continue }
            if let known = latest, past[known].at >= before { continue }
            guard past[place].comparability == line.limits.comparability, past[place].specimenKind == kind else {
                continue
            }
            if raw != nil, inUnit(past[place].value, line) == nil { continue }
            guard isOfFamily(past[place]) else {
                isOther = true
                continue
            }
            latest = place
        }
        return (latest.map { facts.history[$0] }, isOther)
    }

    private func inUnit(_ value: ObservationValue, _ line: CheckLine) -> Measured? {
        guard case .measured(let measured, let unit) = value else { return nil }
        return line.inUnit(measured, unit)
    }

    private mutating func compare(_ prior: PriorResult, _ rule: DeltaRule, _ line: CheckLine, at: Instant) {
        guard let raw, let before = inUnit(prior.value, line) else {
            compareCodes(prior, rule, line)
            return
        }
        let milliseconds = at.milliseconds - prior.at.milliseconds
        let verdict = DeltaMethod.exceeds(
            rule, previous: ValueRange(before, nonNegative: line.nonNegative),
            current: ValueRange(raw, nonNegative: line.nonNegative), milliseconds: milliseconds)
        let isPoint = raw.comparator == .equal && before.comparator == .equal
        let value = CheckFact(.value, raw), previous = CheckFact(.previous, before)
        let when = CheckFact(.previousAt, prior.at)
        let change = isPoint ? raw.number.subtracting(before.number) : nil
        let inputs = change.map { [value, previous, when, CheckFact(.difference, $0)] } ?? [value, previous, when]
        let ofZero = before.number.coefficient == 0 && rule.kind.isPercentage
        let thresholds = ofZero ? line.facts.deltaOfZero : line.facts.delta
        let code: Hold.Code? =
            switch verdict {
            case .yes: .delta
            case .no: nil
            case .unknown: .deltaImpossible
            }
        let outcome: CheckOutcome = verdict == .yes ? .yes : verdict == .no ? .no : .unknown
        deltaExceeded = verdict == .yes
        add(
            CheckRecord(
                .delta, outcome, code: code, inputs: inputs, thresholds: thresholds,
                note: ofZero ? .percentOfZero : nil))
    }

    /// Codes compare only as the same or not.
    private mutating func compareCodes(_ prior: PriorResult, _ rule: DeltaRule, _ line: CheckLine) {
        guard let value = facts.value, rule.kind == .exact, let now = value.word, let before = prior.value.word else {
            add(
                CheckRecord(
                    .delta, .unknown, code: .deltaImpossible, inputs: [CheckFact(.previousAt, prior.at)],
                    note: .notNumeric))
            return
        }
        deltaExceeded = now != before
        add(
            .delta, if: now != before, .delta,
            inputs: [CheckFact(.words, now), CheckFact(.known, before), CheckFact(.previousAt, prior.at)],
            thresholds: [CheckFact(.state, rule.kind.rawValue)], note: line.isBloodGroup ? .bloodGroup : nil)
    }
}

extension DeltaKind {
    var isPercentage: Bool {
        switch self {
        case .percent, .percentRate: true
        case .absolute, .rate, .exact, .none: false
        }
    }
}

extension CheckLine {
    /// A blood group does not change, however long ago it was found.
    static let bloodGroupDelta = DeltaRule(kind: .exact, limit: nil, days: nil, source: "RULES 3")
}

extension ObservationValue {
    /// The code of what is coded, the words of what is text.
    var word: String? {
        switch self {
        case .coded(let code, _): code
        case .text(let text): text
        case .measured, .notPerformed: nil
        }
    }
}
