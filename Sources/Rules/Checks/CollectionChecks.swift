import Base
import Catalog
import Laboratory

/// The checks that look at several results of one collection: wrong blood, consistency, calculated inputs, sets that
/// are held together.
struct CollectionJudge {
    let engine: RuleEngine
    let input: EvaluationInput
    let scene: Scene
    /// What holds every analysis of the collection.
    private(set) var holds: [CheckRecord] = []

    init(engine: RuleEngine, input: EvaluationInput, scene: Scene) {
        self.engine = engine
        self.input = input
        self.scene = scene
    }

    mutating func run(_ judged: inout [ResultJudge]) {
        guard input.contradictions.isEmpty else { return }
        checkWrongBlood(&judged)
        checkCoherence(&judged)
        spread(&judged)
    }

    // Step 10, the tube

    /// Two stable analyses of one tube that jump, or a blood group that changed: another person's blood.
    private mutating func checkWrongBlood(_ judged: inout [ResultJudge]) {
        var jumping: [String] = []
        var group: String?
        // By place, here and below: a copy of a judge costs more than the question.
        for place in judged.indices where judged[place].deltaExceeded {
            guard let line = judged[place].line else { continue }
            if line.isStable { jumping.append(judged[place].facts.analysis) }
            if line.isBloodGroup { group = judged[place].facts.analysis }
        }
        for other in input.others where !jumping.contains(other.analysis) {
            // What is held only because its collection is does not hold the collection.
            guard other.jumps ?? other.holds.contains(.delta) else { continue }
            guard let line = engine.line(other.analysis) else { continue }
            if line.isStable { jumping.append(other.analysis) }
            if line.isBloodGroup { group = other.analysis }
        }
        let found = group != nil || jumping.count >= 2
        guard found else { return }
        let record = CheckRecord(
            .wrongBlood, .yes, code: .delta,
            inputs: (group.map { [CheckFact(.analysis, $0)] } ?? []) + jumping.map { CheckFact(.analysis, $0) },
            thresholds: [CheckFact(.count, count: 2)], note: group == nil ? .jumpsTogether : .bloodGroup)
        hold(record, &judged)
    }

    private mutating func hold(_ record: CheckRecord, _ judged: inout [ResultJudge]) {
        holds.append(record)
        for place in judged.indices where judged[place].line != nil { judged[place].insert(record) }
    }

    // Step 12

    private mutating func checkCoherence(_ judged: inout [ResultJudge]) {
        let rules = engine.pack.coherence
        var concerned = [[Concerned]](repeating: [], count: rules.count)
        for place in judged.indices {
            guard let line = judged[place].line else { continue }
            for concern in line.rules {
                concerned[concern.rule].append(Concerned(place: place, isHeld: concern.holds))
            }
        }
        var values: TubeValues?
        for place in rules.indices where !concerned[place].isEmpty {
            let rule = rules[place]
            guard let approval = input.approvals.rules[engine.ruleNames[place]] else {
                let record = CheckRecord(.ruleApproval, .notApplicable, rule: rule.reference, note: .notApproved)
                note(record, rule, concerned[place], &judged)
                continue
            }
            guard approval.isValid(at: input.now) else {
                let record = CheckRecord(
                    .ruleApproval, .yes, code: .ruleExpired, rule: rule.reference,
                    inputs: [CheckFact(.at, input.now)], thresholds: [CheckFact(.until, approval.until)])
                note(record, rule, concerned[place], &judged)
                continue
            }
            if values == nil { values = tubeValues(judged, all: false) }
            if let values { apply(rule, rule.outcome(values), concerned[place], &judged) }
        }
    }

    /// A result that a rule has to do with.
    private struct Concerned {
        let place: Int
        let isHeld: Bool
    }

    private mutating func apply(
        _ rule: TubeRule, _ outcome: TubeRule.Outcome, _ concerned: [Concerned], _ judged: inout [ResultJudge]
    ) {
        let found: (CheckOutcome, Hold.Code?, CheckNote?) =
            switch outcome {
            case .met: (.yes, rule.forbids ? .neverGiven : .incoherent, nil)
            case .notMet: (.no, nil, nil)
            case .unknown: (.unknown, .censoredUndecided, nil)
            case .missing: (.notApplicable, nil, .inputMissing)
            }
        // Sorted: a set has no order of its own, and the record must be the same each time.
        let inputs = found.1 == nil ? [] : rule.analyses.sorted().compactMap { valueFact($0, judged) }
        let record = CheckRecord(
            .coherence, found.0, code: found.1, rule: rule.reference,
            inputs: inputs + (found.1 == nil ? [] : [CheckFact(.words, rule.because)]), note: found.2)
        if rule.wholeTube, found.1 != nil {
            hold(record, &judged)
        } else {
            note(record, rule, concerned, &judged)
        }
    }

    /// A rule holds what it says; what it merely looks at shows that it was looked at.
    private func note(
        _ record: CheckRecord, _ rule: TubeRule, _ concerned: [Concerned], _ judged: inout [ResultJudge]
    ) {
        if rule.wholeTube {
            for place in judged.indices where judged[place].line != nil { judged[place].insert(record) }
            return
        }
        var shown = record
        shown.code = nil
        for one in concerned { judged[one.place].insert(one.isHeld ? record : shown) }
    }

    private func valueFact(_ code: String, _ judged: [ResultJudge]) -> CheckFact? {
        if let result = judged.first(where: { $0.facts.analysis == code }) {
            return result.raw.map { CheckFact(.value, .text("\(code) = \($0.text)")) }
        }
        return input.others.first { $0.analysis == code }.map {
            CheckFact(.value, .text("\(code) = \($0.value.frenchText)"))
        }
    }

    /// `all`: also what no rule of consistency looks at.
    func tubeValues(_ judged: [ResultJudge], all: Bool) -> TubeValues {
        var values = TubeValues()
        for other in input.others {
            guard let line = engine.line(other.analysis) else { continue }
            if all || !line.rules.isEmpty {
                let measured: Measured? = if case .measured(let value, _) = other.value { value } else { nil }
                values.set(other.analysis, measured, other.value, other.interval, line)
            }
            for flag in other.flags { values.flags.insert(flag.uppercased()) }
        }
        for place in judged.indices {
            guard let line = judged[place].line else { continue }
            if all || !line.rules.isEmpty {
                values.set(
                    judged[place].facts.analysis, judged[place].raw, judged[place].facts.value,
                    judged[place].interval, line)
            }
            for flag in judged[place].facts.flags { values.flags.insert(flag.uppercased()) }
            for flag in judged[place].facts.unknownFlags { values.flags.insert(flag.uppercased()) }
            values.indices.take(judged[place].facts.indices)
        }
        // What was said of the tube at reception: `remplissage insuffisant` is the flag REMPLISSAGE.
        for word in (input.specimen.nonconformity ?? "").split(whereSeparator: { !$0.isLetter }) {
            values.flags.insert(FoldedName.fold(String(word)))
        }
        values.contexts = scene.contexts
        values.sex = input.patient.sex
        values.age = scene.age
        return values
    }

    // Steps 12 (sets) and 13

    /// A held input holds what is calculated from it, a held member its set, until nothing more follows.
    private func spread(_ judged: inout [ResultJudge]) {
        for place in judged.indices {
            if judged[place].facts.origin != .calculated {
                judged[place].insert(CheckRecord(.calculationInputs, .notApplicable, note: .notCalculated))
            }
        }
        // Held for a reason that is not the set itself: that is what holds the set.
        var isCause = judged.map(\.isHeld)
        var isDone = [Bool](repeating: false, count: judged.count)
        var inSet = isDone
        var changed = true
        while changed {
            changed = false
            for place in judged.indices where judged[place].line != nil {
                if !isDone[place], judged[place].facts.origin == .calculated, let record = inputs(place, judged),
                    record.holds
                {
                    isDone[place] = true
                    isCause[place] = isCause[place] || hasCauseOutside(record, judged[place])
                    judged[place].insert(record)
                    changed = true
                }
                if !inSet[place], let member = heldMember(place, judged, isCause) {
                    inSet[place] = true
                    judged[place].insert(
                        CheckRecord(
                            .dependentSet, .yes, code: .dependentSetHeld, inputs: [CheckFact(.analysis, member)]))
                    changed = true
                }
            }
        }
        for place in judged.indices {
            if !isDone[place], judged[place].facts.origin == .calculated, let record = inputs(place, judged) {
                judged[place].insert(record)
            }
            if !inSet[place], judged[place].line.map({ !$0.limits.dependentSet.isEmpty }) ?? false {
                judged[place].insert(CheckRecord(.dependentSet, .no))
            }
        }
    }

    /// An input of the set itself holds the set without the calculation.
    private func hasCauseOutside(_ record: CheckRecord, _ result: ResultJudge) -> Bool {
        let set = result.line?.limits.dependentSet
        return record.inputs.isEmpty
            || record.inputs.contains { fact in
                if case .text(let code) = fact.value { engine.line(code)?.limits.dependentSet != set } else { true }
            }
    }

    private func heldMember(_ place: Int, _ judged: [ResultJudge], _ isCause: [Bool]) -> String? {
        guard let set = judged[place].line?.limits.dependentSet, !set.isEmpty else { return nil }
        for other in judged.indices where other != place && isCause[other] {
            if judged[other].line?.limits.dependentSet == set { return judged[other].facts.analysis }
        }
        return input.others.first {
            $0.holds.contains { $0 != .interferenceBias && $0 != .dependentSetHeld }
                && engine.line($0.analysis)?.limits.dependentSet == set
        }?.analysis
    }

    /// Nil when the analysis is not in the catalogue.
    private func inputs(_ place: Int, _ judged: [ResultJudge]) -> CheckRecord? {
        guard let line = judged[place].line else { return nil }
        guard let needed = line.formulaInputs else {
            return CheckRecord(
                .calculationInputs, .unknown, code: .calculationInputHeld, note: .noCalculation)
        }
        var held: [CheckFact] = []
        for code in needed {
            if let place = judged.firstIndex(where: { $0.facts.analysis == code }) {
                if judged[place].isHeld { held.append(CheckFact(.analysis, code)) }
            } else if let other = input.others.first(where: { $0.analysis == code }) {
                if other.holds.contains(where: { $0 != .interferenceBias }) { held.append(CheckFact(.analysis, code)) }
            } else {
                // Not there: nobody can say that it may be released.
                held.append(CheckFact(.analysis, code))
            }
        }
        return CheckRecord(
            .calculationInputs, held.isEmpty ? .no : .yes, code: held.isEmpty ? nil : .calculationInputHeld,
            rule: line.formula, inputs: held)
    }
}

extension TubeValues {
    fileprivate mutating func set(
        _ code: String, _ measured: Measured?, _ value: ObservationValue?, _ interval: AppliedInterval?,
        _ line: CheckLine
    ) {
        let symbol: SymbolValue? =
            if let measured {
                .range(ValueRange(measured, nonNegative: line.nonNegative))
            } else if let word = value?.word, !line.analysis.nature.isNumeric {
                .word(word)
            } else {
                nil
            }
        guard let symbol else { return }
        results[code] = Entry(value: symbol, low: interval?.low, high: interval?.high)
    }
}
