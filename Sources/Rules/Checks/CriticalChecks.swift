import Base
import Catalog
import Laboratory

// Steps 11, 14 and 15
extension ResultJudge {
    /// Both tiers, with the raw and the rounded value: either triggers (RULES section 6).
    mutating func checkCritical(_ input: EvaluationInput, _ line: CheckLine, _ policy: VerificationPolicy) {
        guard let raw, let printed else {
            skip(.criticalAlert, .notNumeric)
            checkPositive(line)
            return
        }
        if let alert = line.limits.alert {
            add(
                .criticalAlert, either(raw, printed, alert.low, alert.high, line), .critical,
                inputs: [CheckFact(.value, raw), CheckFact(.rounded, printed)],
                thresholds: ResultJudge.limits(alert.low, alert.high))
        } else {
            skip(.criticalAlert, .noLimit)
        }
        guard let limits = line.analysis.critical else {
            skip(.criticalCall, .noLimit)
            return
        }
        let verdict = either(raw, printed, limits.low, limits.high, line)
        let inputs = [CheckFact(.value, raw), CheckFact(.rounded, printed)]
        let thresholds = ResultJudge.limits(limits.low, limits.high)
        if verdict == .yes, let call = facts.lastCall,
            CallSilence.isKnown(
                raw, call, low: limits.low, high: limits.high, step: line.limits.criticalStep,
                days: policy.silenceDays, now: input.now)
        {
            // Not called again; looked at all the same.
            add(
                CheckRecord(
                    .criticalCall, .yes, code: .critical,
                    inputs: inputs + [CheckFact(.known, call.value), CheckFact(.at, call.at)],
                    thresholds: thresholds + (line.limits.criticalStep.map { [CheckFact(.step, $0)] } ?? []),
                    note: .knownState))
            return
        }
        add(.criticalCall, verdict, .criticalCall, inputs: inputs, thresholds: thresholds)
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
        add(.excluded, if: line.isExcluded, .excludedAnalysis)
        add(
            .manualEdit, if: facts.origin == .manual || facts.edited || facts.hasFreeComment, .manualEntry,
            inputs: [CheckFact(.state, facts.origin.rawValue)])
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
        case .measured(let number, _): interval?.high.map { line.above(number, $0) } ?? .no
        case .text, .notPerformed, nil: .no
        }
    }

    mutating func checkInterval(
        _ input: EvaluationInput, _ scene: Scene, _ line: CheckLine, _ engine: RuleEngine
    ) {
        guard let printed else {
            if case .coded(let code, _) = facts.value, let flag = ResultFlag(rawValue: code) { flags = [flag] }
            skip(.interval, .notNumeric)
            return
        }
        let found = choose(input, scene, line, engine)
        let sex = [CheckFact(.sex, input.patient.sex.rawValue)]
        guard let first = found.first else {
            add(.interval, if: true, .noInterval, inputs: sex)
            skip(.intervalFlag, .noLimit)
            return
        }
        intervalKind = first.kind
        intervals = found.map { AppliedInterval(low: $0.low, high: $0.high) }
        if found.count == 1 { interval = intervals[0] }
        add(
            .interval, if: false, .noInterval, inputs: sex, thresholds: ResultJudge.limits(first.low, first.high),
            note: found.count > 1 ? .bothSexes : nil)
        switch first.kind {
        case .decision, .qualitative:
            // A decision value is no normal range: no L, no H (RULES section 6).
            skip(.intervalFlag, .decisionLimit)
        case .reference, .therapeutic:
            flag(printed, found, line)
        }
    }

    /// Flagged with the printed value; with two intervals, only what is out of both.
    private mutating func flag(_ printed: Measured, _ found: [ReferenceInterval], _ line: CheckLine) {
        var below = Verdict.yes, above = Verdict.yes
        for one in found {
            below = below.and(one.low.map { line.below(printed, $0) } ?? .no)
            above = above.and(one.high.map { line.above(printed, $0) } ?? .no)
        }
        if below == .yes {
            flags = [.low]
        } else if above == .yes {
            flags = [.high]
        } else if below == .no, above == .no {
            flags = [.normal]
        }
        let isOpen = flags.isEmpty
        add(
            CheckRecord(
                .intervalFlag, isOpen ? .unknown : .no, code: isOpen ? .censoredUndecided : nil,
                inputs: [CheckFact(.rounded, printed)] + (flags.first.map { [CheckFact(.state, $0.rawValue)] } ?? []),
                thresholds: found.flatMap { ResultJudge.limits($0.low, $0.high) }))
    }

    /// One interval; two for a sex that is not known, when they differ; none when nothing or too much fits.
    private func choose(
        _ input: EvaluationInput, _ scene: Scene, _ line: CheckLine, _ engine: RuleEngine
    ) -> [ReferenceInterval] {
        let patient = input.patient
        guard let collected = input.specimen.collectedAt else { return [] }
        func interval(_ sex: IntervalSex) -> ReferenceInterval? {
            let week = sex == .male ? nil : patient.pregnancyWeek
            let found =
                if let age = scene.age {
                    engine.catalogue.interval(
                        for: facts.analysis, sex: sex, age: age, pregnancyWeek: week, method: facts.method)
                } else {
                    engine.catalogue.interval(
                        for: facts.analysis, sex: sex, born: patient.born, bornAt: patient.bornAt,
                        collected: collected, in: engine.zone, pregnancyWeek: week, method: facts.method)
                }
            return found.flatMap { $0.low == nil && $0.high == nil ? nil : $0 }
        }
        if let one = interval(patient.sex) { return [one] }
        guard patient.sex == .any, let female = interval(.female), let male = interval(.male),
            female.kind == male.kind
        else { return [] }
        return [female, male]
    }

    /// LL and HH stand for L and H where the value is critical, whoever was told before.
    mutating func flagCritical(_ line: CheckLine) {
        guard let raw, let printed, let limits = line.analysis.critical else { return }
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
