package import Base
import Catalog
import Laboratory

// Steps 6 to 9
extension ResultJudge {
    /// Final values of a diluted specimen lie above this share of the range, or the dilution was not made (or the
    /// antigen is in excess, hook effect): RULES section 8.
    private static let dilutedShare = Exact(coefficient: 9, scale: 1)

    mutating func checkRange(_ line: CheckLine) {
        guard let raw else {
            skip(.measuringRange, .notNumeric)
            skip(.dilution, .notNumeric)
            return
        }
        guard let range = limits(line).measuring else {
            skip(.measuringRange, .noLimit)
            checkFactor(line)
            return
        }
        switch dilution {
        case .none:
            let above = range.high.map { line.above(raw, $0) } ?? .no
            let below = range.low.map { line.below(raw, $0) } ?? .no
            // Below the range one prints `<low` and holds nothing: that is what the method can say.
            let isUnder = above == .no && below == .yes
            add(
                .measuringRange, above, .outsideMeasuringRange, inputs: valueFact,
                thresholds: lineFacts(line).measuring,
                note: isUnder ? .belowRange : nil)
            skip(.dilution, .notDiluted)
            if above == .yes, let high = range.high {
                proposedDilution = limits(line).maximumDilution
                censor(.above, high)
            } else if isUnder, let low = range.low {
                censor(.below, low)
            }
        case .unknownFactor:
            skip(.measuringRange, .inputMissing)
            checkFactor(line)
        case .made(let factor, let multiplied):
            checkDiluted(raw, factor, multiplied: multiplied, range, line)
        }
    }

    /// Some analyzers write the factor with every result: one part in one is no dilution (RULES section 8).
    private var dilution: DilutionFacts {
        if case .made(let factor, _) = facts.dilution, factor == Exact(1) { return .none }
        return facts.dilution
    }

    /// What is printed; the limits are held against what was read.
    private mutating func censor(_ comparator: Comparator, _ bound: Exact) {
        printed = rounded(Measured(bound, comparator: comparator))
    }

    /// A factor that is not known or was not validated.
    private mutating func checkFactor(_ line: CheckLine) {
        switch dilution {
        case .none: skip(.dilution, .notDiluted)
        case .unknownFactor: add(.dilution, if: true, .dilutionMissing, note: .inputMissing)
        case .made(let factor, _):
            add(
                .dilution, if: !isValidated(factor, line), .dilutionMissing, inputs: [CheckFact(.factor, factor)],
                thresholds: lineFacts(line).dilution)
        }
    }

    private func isValidated(_ factor: Exact, _ line: CheckLine) -> Bool {
        guard factor >= Exact(1) else { return false }
        return factor == Exact(1) || (limits(line).maximumDilution.map { factor <= $0 } ?? false)
    }

    /// What was read lies in the range, and what comes of it above nine tenths of its end.
    private mutating func checkDiluted(
        _ final: Measured, _ factor: Exact, multiplied: Bool, _ range: LimitPair, _ line: CheckLine
    ) {
        let inputs = [CheckFact(.value, final), CheckFact(.factor, factor)]
        guard isValidated(factor, line) else {
            skip(.measuringRange, .inputMissing)
            checkFactor(line)
            return
        }
        // read in [low, high] ⇔ final in [low × factor, high × factor]: no division.
        let low = range.low.flatMap { $0.multiplied(by: factor) }
        let high = range.high.flatMap { $0.multiplied(by: factor) }
        add(
            .measuringRange, line.outside(final, low: low, high: high), .outsideMeasuringRange, inputs: inputs,
            thresholds: ResultJudge.limits(low, high))
        guard factor > Exact(1), let end = range.high.flatMap({ $0.multiplied(by: ResultJudge.dilutedShare) }) else {
            skip(.dilution, .noLimit, inputs: inputs)
            return
        }
        // Held unless above.
        add(
            .dilution, line.above(final, end).inverted, .dilutionMissing, inputs: inputs,
            thresholds: [CheckFact(.limit, end)])
    }

    /// Does this run agree with the first valid one? (RULES section 8) The first stays; disagreement asks for a third.
    mutating func checkRerun(_ line: CheckLine) {
        guard let first = facts.earlierRuns.first else {
            skip(.rerun, .noEarlierRun)
            return
        }
        guard let raw, case .measured(_, let unit) = first else {
            add(.rerun, if: !facts.earlierRuns.contains { $0 == facts.value }, .rerun, note: .notNumeric)
            return
        }
        guard unit == line.analysis.unit else {
            add(.rerun, if: true, .rerun, inputs: [CheckFact(.state, unit)], note: .inputMissing)
            return
        }
        let (answer, before) = agreement(of: raw, line)
        let known = answer != .unknown
        add(
            CheckRecord(
                .rerun, answer == .yes ? .no : known ? .yes : .unknown, code: answer == .yes ? nil : .rerun,
                inputs: valueFact + (before.map { [CheckFact(.previous, $0)] } ?? []),
                thresholds: lineFacts(line).analyticalCV))
    }

    /// With the first run that it agrees with; with the very first, when with none.
    private func agreement(of raw: Measured, _ line: CheckLine) -> (Verdict, Measured?) {
        var first: (Verdict, Measured)?
        for case .measured(let before, line.analysis.unit) in facts.earlierRuns {
            let answer = RerunAgreement.agrees(
                first: before, second: raw, absoluteLimit: limits(line).rerunLimit,
                analyticalCV: limits(line).analyticalCV)
            if answer == .yes { return (.yes, before) }
            first = first ?? (answer, before)
        }
        return first ?? (.unknown, nil)
    }

    mutating func checkInterference(_ line: CheckLine, _ scene: Scene, _ policy: VerificationPolicy) {
        guard scene.policy.isInForce else {
            skip(.freeHemoglobin, .notApproved)
            skip(.interference, .notApproved)
            return
        }
        if let free = facts.indices.freeHemoglobin, let limit = policy.hemolysisSuppressesAll {
            let found = policy.outcome(freeHemoglobin: free) == .suppressed
            add(
                .freeHemoglobin, if: found, .interference, inputs: [CheckFact(.freeHemoglobin, free)],
                thresholds: [CheckFact(.limit, limit)])
            if found { isSuppressed = true }
        } else {
            skip(.freeHemoglobin, .notMeasured)
        }
        guard !line.interference.isEmpty else {
            skip(.interference, .noIndexRule)
            return
        }
        for rule in line.interference where applies(rule) {
            guard let index = facts.indices[rule.index] else {
                skip(.interference, .notMeasured, inputs: [CheckFact(.index, rule.index.rawValue)])
                continue
            }
            judge(index, rule)
        }
        for index in line.indicesOfSome where isUnserved(index, line) {
            guard let value = facts.indices[index] else { continue }
            // What it does to the results of this analyzer nobody said: it is not said to do nothing.
            let inputs = [CheckFact(.index, index.rawValue), CheckFact(.value, value)]
            add(CheckRecord(.interference, .unknown, code: .censoredUndecided, inputs: inputs, note: .thresholdMissing))
        }
    }

    /// Other analyzers have thresholds for it, this one has none.
    func isUnserved(_ index: HILIndex, _ line: CheckLine) -> Bool {
        facts.analyzer != nil && !line.interference.contains { $0.index == index && applies($0) }
    }

    private mutating func judge(_ index: Exact, _ rule: InterferenceRule) {
        let inputs = [CheckFact(.index, rule.index.rawValue), CheckFact(.value, index)]
        let code: Hold.Code?
        switch rule.outcome(index) {
        case .held:
            // A threshold that nobody entered decides nothing.
            add(
                CheckRecord(
                    .interference, .unknown, code: .censoredUndecided, rule: rule.reference, inputs: inputs,
                    note: .thresholdMissing))
            return
        case .suppressed:
            isSuppressed = true
            code = .interference
        case .commented: code = .interferenceBias
        case .free: code = nil
        }
        let thresholds = [
            rule.biasAbove.map { CheckFact(.commentAbove, $0) },
            rule.suppressAbove.map { CheckFact(.suppressAbove, $0) },
        ]
        add(
            CheckRecord(
                .interference, code == nil ? .no : .yes, code: code, rule: rule.reference,
                inputs: inputs + [CheckFact(.words, rule.bias.word)], thresholds: thresholds.compactMap(\.self),
                note: code == .interferenceBias ? .comment : nil))
    }

    mutating func checkLimits(_ tiers: LineTiers, _ line: CheckLine) {
        checkPair(.absurd, line.limits.absurd, line.facts.absurd, .absurd, line)
        checkPair(
            .autoverification, tiers.autoverification, tiers.autoverificationFacts, .outsideAutoverification, line)
    }

    private mutating func checkPair(
        _ check: Check, _ pair: LimitPair?, _ thresholds: [CheckFact], _ code: Hold.Code, _ line: CheckLine
    ) {
        guard let raw else {
            skip(check, .notNumeric)
            return
        }
        guard let pair else {
            skip(check, .noLimit)
            return
        }
        add(
            check, line.outside(raw, low: pair.low, high: pair.high), code, inputs: valueFact, thresholds: thresholds)
    }

    static func limits(_ low: Exact?, _ high: Exact?) -> [CheckFact] {
        switch (low, high) {
        case (let low?, let high?): [CheckFact(.low, low), CheckFact(.high, high)]
        case (let low?, nil): [CheckFact(.low, low)]
        case (nil, let high?): [CheckFact(.high, high)]
        case (nil, nil): []
        }
    }
}

/// Two runs of one specimen agree when |x₂ − x₁| ≤ max(absolute limit, 2.77 · CVa · mean) (RULES section 8; 2.77 is
/// 1.96 · √2). They are never averaged: the first valid one stays.
package enum RerunAgreement {
    private static let factor = Decimal34(Exact(coefficient: 277, scale: 2))

    /// *unknown*: a value is censored, or the two differ and there is no limit at all.
    package static func agrees(
        first: Measured, second: Measured, absoluteLimit: Exact?, analyticalCV: Exact?
    ) -> Verdict {
        guard first.comparator == .equal, second.comparator == .equal else { return .unknown }
        // No limit is below zero: the same number twice agrees, whatever the limit that nobody entered.
        if first.number == second.number { return .yes }
        guard absoluteLimit != nil || analyticalCV != nil else { return .unknown }
        let a = Decimal34(first.number), b = Decimal34(second.number)
        let difference = (b - a).magnitude
        if let absoluteLimit, difference <= Decimal34(absoluteLimit) { return .yes }
        guard let analyticalCV else { return .no }
        // |b − a| ≤ 2.77 · CV/100 · |a + b|/2, without a division.
        return Verdict(difference * Decimal34(200) <= factor * Decimal34(analyticalCV) * (a + b).magnitude)
    }
}
