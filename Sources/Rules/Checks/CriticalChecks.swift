import Base
import Catalog
import Laboratory

// Steps 11, 14 and 15
extension ResultJudge {
    /// Both tiers, with the raw and the rounded value: either triggers (RULES section 6).
    mutating func checkCritical(
        _ input: EvaluationInput, _ scene: Scene, _ tiers: LineTiers, _ line: CheckLine, _ policy: VerificationPolicy
    ) {
        guard !isSuppressed else {
            // What is not given is not told: a new specimen is (RULES section 4; section 5, point 1).
            skip(.criticalAlert, .withheld)
            skip(.criticalCall, .withheld)
            return
        }
        guard let raw, let printed else {
            skip(.criticalAlert, .notNumeric)
            checkPositive(line)
            return
        }
        guard !isOutsideContext(line, scene) else {
            checkUngiven(raw, printed, tiers, line)
            return
        }
        let inputs =
            tiers.alert != nil || tiers.critical != nil
            ? [CheckFact(.value, raw), CheckFact(.rounded, printed)] : []
        if let alert = tiers.alert {
            let verdict = either(raw, printed, alert.low, alert.high, line)
            if let call = known(raw, verdict, alert, tiers.criticalStep, input, scene, policy) {
                add(
                    CheckRecord(
                        .criticalAlert, .yes, code: .critical,
                        inputs: inputs + [CheckFact(.known, call.value), CheckFact(.at, call.at)],
                        thresholds: tiers.alertFacts + tiers.stepFacts, note: .knownState))
            } else {
                add(.criticalAlert, verdict, .critical, inputs: inputs, thresholds: tiers.alertFacts)
            }
        } else {
            skip(.criticalAlert, .noLimit)
        }
        guard let limits = tiers.critical else {
            skip(.criticalCall, .noLimit)
            return
        }
        let verdict = either(raw, printed, limits.low, limits.high, line)
        if let call = known(raw, verdict, limits, tiers.criticalStep, input, scene, policy) {
            // Not called again; looked at all the same.
            add(
                CheckRecord(
                    .criticalCall, .yes, code: .critical,
                    inputs: inputs + [CheckFact(.known, call.value), CheckFact(.at, call.at)],
                    thresholds: tiers.criticalFacts + tiers.stepFacts,
                    note: .knownState))
            return
        }
        add(.criticalCall, verdict, .criticalCall, inputs: inputs, thresholds: tiers.criticalFacts)
    }

    /// A number that no report gives is told to nobody either; but a person looks whether the request only forgot its
    /// context, which then opens the call.
    private mutating func checkUngiven(
        _ raw: Measured, _ printed: Measured, _ tiers: LineTiers, _ line: CheckLine
    ) {
        skip(.criticalAlert, .withheld)
        guard let limits = tiers.critical,
            either(raw, printed, limits.low, limits.high, line) != .no
        else {
            skip(.criticalCall, .withheld)
            return
        }
        add(
            CheckRecord(
                .criticalCall, .yes, code: .critical,
                inputs: [CheckFact(.value, raw), CheckFact(.rounded, printed)], thresholds: tiers.criticalFacts,
                note: .outsideContext))
    }

    /// The call that told this state already.
    private func known(
        _ raw: Measured, _ verdict: Verdict, _ limits: LimitPair, _ step: Exact?, _ input: EvaluationInput,
        _ scene: Scene, _ policy: VerificationPolicy
    ) -> KnownCall? {
        guard verdict == .yes, scene.policy.isInForce, let call = facts.lastCall,
            CallSilence.isKnown(
                raw, call, low: limits.low, high: limits.high, step: step, days: policy.silenceDays, now: input.now)
        else { return nil }
        return call
    }

    private func either(
        _ raw: Measured, _ printed: Measured, _ low: Exact?, _ high: Exact?, _ line: CheckLine
    ) -> Verdict {
        let first = line.outside(raw, low: low, high: high)
        return first == .yes ? .yes : first.or(line.outside(printed, low: low, high: high))
    }

    /// Positive is critical for some (blood culture, CSF, Plasmodium): RULES section 5.
    private mutating func checkPositive(_ line: CheckLine) {
        guard line.positiveIsCritical, let value = facts.value else {
            skip(.criticalCall, .noLimit)
            return
        }
        add(
            .criticalCall, if: value.isPositive, .criticalCall,
            inputs: value.word.map { [CheckFact(.words, $0)] } ?? [])
    }

    mutating func checkContext(_ line: CheckLine) {
        let isReactive = line.holdsEveryPositive && positive(facts.value, line) == .yes
        add(
            .excluded, if: line.isExcluded || isReactive, .excludedAnalysis,
            inputs: isReactive ? [CheckFact(.words, facts.value?.word ?? "")] : [])
        add(
            .manualEdit, if: facts.origin == .manual || facts.edited || facts.hasFreeComment, .manualEntry,
            inputs: [CheckFact(.state, facts.origin.rawValue)])
    }

    /// A value that says something in one context only (INR: under AVK, RULES section 7) is not given outside it.
    private func isOutsideContext(_ line: CheckLine, _ scene: Scene) -> Bool {
        guard let context = line.onlyUnder, scene.policy.isInForce else { return false }
        return !scene.contexts.contains(context) && (facts.value?.isGiven ?? false)
    }

    mutating func checkOnlyInContext(_ line: CheckLine, _ scene: Scene) {
        guard let context = line.onlyUnder else { return }
        guard scene.policy.isInForce else {
            skip(.onlyInContext, .notApproved)
            return
        }
        let isOutside = isOutsideContext(line, scene)
        if isOutside { isSuppressed = true }
        add(
            CheckRecord(
                .onlyInContext, isOutside ? .yes : .no,
                inputs: scene.contexts.map(\.rawValue).sorted().map { CheckFact(.known, $0) },
                thresholds: [CheckFact(.context, context.rawValue)]))
    }

    /// After the interval: a number is positive above it.
    mutating func checkFirstPositive(_ line: CheckLine) {
        guard line.looksForFirstTime || line.looksForFirstPositive else {
            insert(CheckRecord(.firstPositive, .notApplicable, note: .notOnList))
            return
        }
        let valid = facts.history.lazy.filter { $0.technicallyValidated && !$0.cancelled }
        var isFirst = valid.isEmpty
        if !line.looksForFirstTime {
            let now = positive(facts.value.map { printed.map { .measured($0, unit: "") } ?? $0 }, line)
            isFirst = now != .no && !valid.contains { positive($0.value, line) == .yes }
        }
        insert(
            CheckRecord(
                .firstPositive, isFirst ? .yes : .no, code: isFirst ? .firstPositive : nil,
                inputs: [CheckFact(.words, facts.value?.word ?? ""), CheckFact(.count, count: valid.count)]))
    }

    private func positive(_ value: ObservationValue?, _ line: CheckLine) -> Verdict {
        switch value {
        case .coded(let code, _): Verdict(ObservationValue.positiveCodes.contains(code))
        case .measured(let number, _):
            // Where no interval applies nobody can say.
            intervalKind == .inapplicable ? .unknown : interval?.high.map { line.above(number, $0) } ?? .no
        case .text, .notPerformed, nil: .no
        }
    }

    mutating func checkInterval(
        _ input: EvaluationInput, _ scene: Scene, _ line: CheckLine, _ engine: RuleEngine
    ) {
        guard let printed else {
            // The A of a blood group is not that of « abnormal ».
            if line.analysis.answers.isEmpty, case .coded(let code, _) = facts.value,
                let flag = ResultFlag(rawValue: code)
            {
                flags = [flag]
            }
            skip(.interval, .notNumeric)
            return
        }
        let (found, other) = choose(input, scene, line, engine)
        guard let found else {
            add(
                .interval, if: true, .noInterval, inputs: scene.sex + methodFact, note: line.wantsMethod(facts.method))
            skip(.intervalFlag, .noLimit)
            return
        }
        intervalKind = found.interval.kind
        guard found.interval.kind != .inapplicable else {
            // Signed with the line: nothing is missing, and there is nothing to compare with.
            add(.interval, if: false, .noInterval, inputs: scene.sex, thresholds: found.facts, note: .inapplicable)
            skip(.intervalFlag, .inapplicable)
            return
        }
        if let other {
            intervals = [found.applied, other.applied]
        } else {
            interval = found.applied
            intervals = [found.applied]
        }
        add(
            .interval, if: false, .noInterval, inputs: scene.sex + methodFact, thresholds: found.facts,
            note: other != nil
                ? .bothSexes : line.hasMethodRanges && found.interval.method.isEmpty ? .generalInterval : nil)
        switch found.interval.kind {
        case .decision, .qualitative, .inapplicable:
            // A decision value is no normal range: no L, no H (RULES section 6).
            skip(.intervalFlag, .decisionLimit)
        case .reference, .therapeutic:
            flag(printed, found, other, line)
        }
    }

    /// Flagged with the printed value; with two intervals, only what is out of both.
    private mutating func flag(
        _ printed: Measured, _ found: LineInterval, _ other: LineInterval?, _ line: CheckLine
    ) {
        var below = found.interval.low.map { line.below(printed, $0) } ?? .no
        var above = found.interval.high.map { line.above(printed, $0) } ?? .no
        if let other {
            below = below.and(other.interval.low.map { line.below(printed, $0) } ?? .no)
            above = above.and(other.interval.high.map { line.above(printed, $0) } ?? .no)
        }
        let flag: ResultFlag? =
            below == .yes ? .low : above == .yes ? .high : below == .no && above == .no ? .normal : nil
        let rounded = CheckFact(.rounded, printed)
        let inputs = flag.map { [rounded, CheckFact(.state, $0.rawValue)] } ?? [rounded]
        if let flag { flags = [flag] }
        add(
            CheckRecord(
                .intervalFlag, flag == nil ? .unknown : .no, code: flag == nil ? .censoredUndecided : nil,
                inputs: inputs, thresholds: other.map { found.facts + $0.facts } ?? found.facts))
    }

    /// One interval; two for a sex that is not known, when they differ; none when nothing or too much fits.
    private func choose(
        _ input: EvaluationInput, _ scene: Scene, _ line: CheckLine, _ engine: RuleEngine
    ) -> (LineInterval?, LineInterval?) {
        guard let collected = input.specimen.collectedAt else { return (nil, nil) }
        let sex = input.patient.sex
        if let one = interval(sex, input, collected, scene, line, engine) { return (one, nil) }
        guard sex == .any, let female = interval(.female, input, collected, scene, line, engine),
            let male = interval(.male, input, collected, scene, line, engine),
            female.interval.kind == male.interval.kind
        else { return (nil, nil) }
        return (female, male)
    }

    private func interval(
        _ sex: IntervalSex, _ input: EvaluationInput, _ collected: Instant, _ scene: Scene, _ line: CheckLine,
        _ engine: RuleEngine
    ) -> LineInterval? {
        let week = sex == .male ? nil : input.patient.pregnancyWeek
        // Pregnant, and nobody knows since when: which interval of pregnancy it is cannot be said.
        if week == nil, sex != .male, scene.contexts.contains(.pregnancy),
            line.ranges.contains(where: { $0.pregnancyFrom != nil })
        {
            return nil
        }
        let found: LineInterval? =
            if let age = scene.age {
                AnalysisCatalogue.place(
                    among: line.ranges, sex: sex, age: age, pregnancyWeek: week, method: facts.method
                ).map { line.intervals[$0] }
            } else {
                engine.catalogue.interval(
                    for: facts.analysis, sex: sex, born: input.patient.born, bornAt: input.patient.bornAt,
                    collected: collected, in: engine.zone, pregnancyWeek: week, method: facts.method
                ).map { LineInterval($0, decimals: line.analysis.decimals ?? 0) }
            }
        return found.flatMap { $0.interval.isStated ? $0 : nil }
    }

    /// LL and HH stand for L and H where the value is critical, whoever was told before.
    mutating func flagCritical(_ tiers: LineTiers, _ line: CheckLine) {
        guard !isSuppressed, let raw, let printed, let limits = tiers.critical else { return }
        func either(_ test: (Measured) -> Verdict) -> Bool { test(raw) == .yes || test(printed) == .yes }
        if let low = limits.low, either({ line.below($0, low) }) {
            flags = [.criticallyLow]
        } else if let high = limits.high, either({ line.above($0, high) }) {
            flags = [.criticallyHigh]
        }
    }
}

extension ObservationValue {
    /// JDV_HL7_ObservationInterpretation codes that say *found*; weakly reactive too.
    static let positiveCodes: Set<String> = ["POS", "DET", "R", "WR"]
    var isPositive: Bool {
        guard case .coded(let code, _) = self else { return false }
        return ObservationValue.positiveCodes.contains(code)
    }
}

extension ObservationValue {
    /// There is a value; not the reason why there is none.
    fileprivate var isGiven: Bool {
        switch self {
        case .measured, .coded, .text: true
        case .notPerformed: false
        }
    }
}
