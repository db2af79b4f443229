import Base
import Catalog
import Laboratory

/// The checks of one result. A value that lives for one evaluation.
struct ResultJudge {
    let facts: ResultFacts
    /// Nil: the catalogue does not know the analysis.
    let line: CheckLine?
    /// Nil: the method is not known, or has nothing of its own.
    let method: LineMethod?
    var checks: [CheckRecord] = []
    /// In the unit of the catalogue, before rounding.
    private(set) var raw: Measured?
    /// Rounded once: what is printed and flagged.
    var printed: Measured?
    /// The raw value, as most checks name it.
    private(set) var valueFact: [CheckFact] = []
    var interval: AppliedInterval?
    var intervals: [AppliedInterval] = []
    var intervalKind: IntervalKind?
    var flags: [ResultFlag] = []
    var isSuppressed = false
    var proposedDilution: Exact?
    var deltaExceeded = false
    var isStopped = false
    private(set) var isHeld = false

    init(_ facts: consuming ResultFacts, line: CheckLine?) {
        method = line?.method(facts.method, on: facts.analyzer)
        self.facts = facts
        self.line = line
        checks.reserveCapacity(48)
    }

    // Consumed: a copy would count each of its references up and down again.
    mutating func add(_ record: consuming CheckRecord) {
        if record.holds { isHeld = true }
        checks.append(record)
    }

    /// A record that is known late, at its place in the order of the steps.
    mutating func insert(_ record: consuming CheckRecord) {
        if record.holds { isHeld = true }
        let step = record.step
        var place = checks.count
        while place > 0, checks[place - 1].step > step { place -= 1 }
        checks.insert(record, at: place)
    }

    /// A comparison: *unknown* never releases (RULES section 0).
    mutating func add(
        _ check: Check, _ verdict: Verdict, _ code: Hold.Code, rule: RuleReference? = nil, inputs: [CheckFact] = [],
        thresholds: [CheckFact] = [], note: CheckNote? = nil
    ) {
        let (outcome, held): (CheckOutcome, Hold.Code?) =
            switch verdict {
            case .yes: (.yes, code)
            case .no: (.no, nil)
            case .unknown: (.unknown, .censoredUndecided)
            }
        add(
            CheckRecord(
                check, outcome, code: held, rule: rule, inputs: inputs, thresholds: thresholds, note: note))
    }

    mutating func add(
        _ check: Check, if found: Bool, _ code: Hold.Code, inputs: [CheckFact] = [], thresholds: [CheckFact] = [],
        note: CheckNote? = nil
    ) {
        add(
            CheckRecord(
                check, found ? .yes : .no, code: found ? code : nil, inputs: inputs, thresholds: thresholds, note: note)
        )
    }

    mutating func skip(_ check: Check, _ note: CheckNote, inputs: [CheckFact] = []) {
        add(CheckRecord(check, .notApplicable, inputs: inputs, note: note))
    }

    mutating func run(_ input: EvaluationInput, _ scene: Scene, _ engine: RuleEngine) {
        checkEngine(input, scene)
        guard let line else {
            isStopped = true
            return
        }
        checkIdentity(input)
        guard !isStopped else { return }
        checkSpecimen(input, scene, line)
        checkControl(input)
        checkInstrument(line, scene)
        readValue(line)
        checkRange(line)
        checkRerun(line)
        checkInterference(line, scene, engine.pack.policy)
        let tiers = line.tiers(scene, input.patient)
        checkLimits(tiers, line)
        checkDelta(input, scene, line)
        checkCritical(input, scene, tiers, line, engine.pack.policy)
        checkContext(line)
        checkOnlyInContext(line, scene)
        checkInterval(input, scene, line, engine)
        checkFirstPositive(line)
        flagCritical(tiers, line)
    }

    /// When the measurement was made, as far as one knows.
    func measuredAt(_ input: EvaluationInput) -> Instant { facts.observedAt ?? input.now }

    func evaluation(standing: Bool) -> ResultEvaluation {
        let value: ObservationValue =
            if let printed, let line {
                .measured(printed, unit: line.analysis.unit)
            } else {
                facts.value ?? .text(facts.rawText)
            }
        return ResultEvaluation(
            id: facts.id, analysis: facts.analysis, value: value, isSuppressed: isSuppressed, interval: interval,
            intervals: intervals, intervalKind: intervalKind, flags: flags, checks: checks,
            proposedDilution: proposedDilution, outcome: isHeld ? .held : .proposable,
            isReleasable: !isHeld && standing && facts.mode == .release)
    }
}

// Steps 0 to 5
extension ResultJudge {
    private mutating func checkEngine(_ input: EvaluationInput, _ scene: Scene) {
        add(.engine, if: facts.mode == .off, .engineOff, inputs: facts.mode.fact)
        switch facts.mode {
        case .off, .sort: skip(.standingApproval, .notNeeded)
        case .release:
            if let standing = input.approvals.standing {
                add(
                    .standingApproval, if: !standing.isValid(at: input.now), .ruleExpired,
                    inputs: [CheckFact(.at, input.now)], thresholds: [CheckFact(.until, standing.until)])
            } else {
                add(.standingApproval, if: true, .engineOff, note: .notApproved)
            }
        }
        switch scene.policy {
        case .inForce: break
        case .unsigned:
            // The set of rules as a whole (RULES 1.2, step 0): without it nothing is proposed.
            add(CheckRecord(.ruleApproval, .yes, code: .engineOff, rule: RulePack.policyReference, note: .notApproved))
        case .ended(let approval):
            add(
                CheckRecord(
                    .ruleApproval, .yes, code: .ruleExpired, rule: RulePack.policyReference,
                    inputs: [CheckFact(.at, input.now)], thresholds: [CheckFact(.until, approval.until)]))
        }
        guard line != nil else {
            add(
                .catalogueLine, if: true, .catalogueDraft, inputs: [CheckFact(.analysis, facts.analysis)],
                note: .notOnList)
            return
        }
        add(.catalogueLine, if: !facts.lineApproved, .catalogueDraft)
    }

    private mutating func checkIdentity(_ input: EvaluationInput) {
        guard input.contradictions.isEmpty else {
            add(
                .identity, if: true, .identity,
                inputs: input.contradictions.map { CheckFact(.contradiction, $0.rawValue) })
            isStopped = true
            return
        }
        add(.identity, if: false, .identity)
        add(.request, if: !facts.requested, .unrequested)
    }

    private mutating func checkSpecimen(_ input: EvaluationInput, _ scene: Scene, _ line: CheckLine) {
        add(
            .nonconformity, if: input.specimen.nonconformity != nil, .specimenNonconform,
            inputs: input.specimen.nonconformity.map { [CheckFact(.words, $0)] } ?? [])
        if facts.origin == .calculated {
            skip(.specimenType, .notInstrument)
        } else {
            add(
                .specimenType, if: !scene.analyses.contains(facts.analysis), .specimenType, inputs: scene.tube,
                thresholds: line.facts.tube)
        }
        add(.reception, if: input.specimen.receivedAt == nil, .notReceived)
        guard let collected = input.specimen.collectedAt else {
            add(.collectionTime, if: true, .collectionTimeUnknown)
            skip(.delay, .inputMissing)
            return
        }
        let measured = measuredAt(input)
        add(
            .collectionTime, if: collected > measured, .collectionTimeUnknown, inputs: scene.collected,
            note: collected > measured ? .afterMeasurement : nil)
        guard let hours = line.limits.stabilityHours else {
            skip(.delay, .noLimit)
            return
        }
        let late = measured.milliseconds - collected.milliseconds > Int64(hours) * 3_600_000
        add(
            .delay, if: late, .preanalyticalDelay, inputs: [CheckFact(.at, collected), CheckFact(.until, measured)],
            thresholds: line.facts.stability)
    }

    private mutating func checkControl(_ input: EvaluationInput) {
        let code: Hold.Code? =
            switch facts.control.state {
            case .absent: .noQualityControl
            case .expired: .qualityControlExpired
            case .rejected: .qualityControlRejected
            case .conforming, .notNeeded: nil
            }
        let outcome: CheckOutcome = facts.control.state == .notNeeded ? .notApplicable : code == nil ? .no : .yes
        let said = facts.control.words
        var inputs = facts.control.state.fact
        if !said.isEmpty { inputs.append(CheckFact(.words, said)) }
        add(
            CheckRecord(
                .control, outcome, code: code, inputs: inputs, note: outcome == .notApplicable ? .notNeeded : nil))
        checkExpiry(.calibration, facts.calibrationUntil, .calibrationExpired, input)
        checkExpiry(.reagentLot, facts.reagentUntil, .lotExpired, input)
    }

    private mutating func checkExpiry(_ check: Check, _ until: Instant?, _ code: Hold.Code, _ input: EvaluationInput) {
        guard let until else {
            skip(check, .noLimit)
            return
        }
        let at = measuredAt(input)
        add(check, if: at >= until, code, inputs: [CheckFact(.at, at)], thresholds: [CheckFact(.until, until)])
    }

    private mutating func checkInstrument(_ line: CheckLine, _ scene: Scene) {
        if facts.flags.isEmpty, facts.unknownFlags.isEmpty {
            add(.instrumentFlags, if: false, .analyzerFlag)
        } else {
            add(
                .instrumentFlags, if: true, .analyzerFlag,
                inputs: (facts.unknownFlags + facts.flags).map { CheckFact(.flag, $0) },
                note: facts.unknownFlags.isEmpty ? nil : .notOnList)
        }
        if facts.status == "F" {
            add(.status, if: false, .statusNotFinal, inputs: ResultJudge.finalStatus)
        } else {
            add(
                .status, if: !ResultStatus.final.contains(facts.status), .statusNotFinal,
                inputs: [CheckFact(.state, facts.status)])
        }
        guard !line.interference.isEmpty else {
            skip(.indicesPresent, .noIndexRule)
            return
        }
        guard scene.policy.isInForce else {
            skip(.indicesPresent, .notApproved)
            return
        }
        guard facts.indices.measured else {
            skip(.indicesPresent, .notMeasured)
            return
        }
        let missing =
            line.interference.first { applies($0) && facts.indices[$0.index] == nil }?.index
            ?? line.indicesOfSome.first { facts.indices[$0] == nil && isUnserved($0, line) }
        add(
            .indicesPresent, if: missing != nil, .analyzerFlag,
            inputs: missing.map { [CheckFact(.index, $0.rawValue)] } ?? [])
    }

    private static let finalStatus = [CheckFact(.state, "F")]

    /// A rule for another analyzer does not apply, nor one for any when there is one for this.
    func applies(_ rule: InterferenceRule) -> Bool {
        if let analyzer = rule.analyzer { return analyzer == facts.analyzer }
        return !(line?.interference.contains { $0.index == rule.index && $0.analyzer == facts.analyzer } ?? false)
            || facts.analyzer == nil
    }

    /// More decimals than the analysis has by so many are a fault of the line, not of the chemistry.
    static let strayDecimals = 8

    private mutating func readValue(_ line: CheckLine) {
        guard let value = facts.value else {
            skip(.unit, .unreadable)
            add(.reading, if: true, .unreadable, inputs: [CheckFact(.words, facts.rawText)])
            return
        }
        guard case .measured(let sent, let unit) = value else {
            // A numeric analysis without a number is unreadable, unless it says itself why there is none.
            skip(.unit, .notNumeric)
            var isReason = false
            if case .notPerformed = value { isReason = true }
            // A code of another list says nothing either.
            var isStranger = false
            if case .coded(let code, _) = value, !line.analysis.answers.isEmpty {
                isStranger = line.analysis.answer(code) == nil
            }
            add(
                .reading, if: (line.analysis.nature.isNumeric && !isReason) || isStranger, .unreadable,
                inputs: [CheckFact(.words, facts.rawText)], note: .notNumeric)
            return
        }
        let places = line.analysis.decimals
        let isUsual = unit == line.analysis.unit
        let converted = isUsual ? sent : line.inUnit(sent, unit)
        add(
            .unit, if: converted == nil, .unknownUnit,
            inputs: isUsual ? line.facts.unit : [CheckFact(.state, unit)], thresholds: line.facts.unit)
        guard let converted else {
            skip(.reading, .inputMissing)
            return
        }
        let stray = sent.number.scale > (places ?? 2) + ResultJudge.strayDecimals
        valueFact = [CheckFact(.value, sent)]
        add(.reading, if: stray, .unreadable, inputs: valueFact)
        var raw = converted
        if case .made(let factor, false) = facts.dilution, factor.coefficient > 0 {
            // Nil when the product does not fit: held as a dilution that cannot be (step 6).
            raw = converted.number.multiplied(by: factor).map { converted.with($0) } ?? converted
            valueFact = [CheckFact(.value, raw)]
        } else if !isUsual {
            valueFact = [CheckFact(.value, raw)]
        }
        self.raw = raw
        printed = rounded(raw)
    }

    /// Once, half away from zero, to the decimals of the analysis, its trailing zeros kept; a comparator survives, and
    /// its bound has the same decimals (RULES section 9).
    func rounded(_ value: Measured) -> Measured {
        guard let places = line?.analysis.decimals, value.number.scale != places else { return value }
        return value.with(value.number.rounded(to: places))
    }
}

// Facts that every result names, made once.
extension EngineMode {
    private static let ofOff = [CheckFact(.state, EngineMode.off.rawValue)]
    private static let ofSort = [CheckFact(.state, EngineMode.sort.rawValue)]
    private static let ofRelease = [CheckFact(.state, EngineMode.release.rawValue)]
    fileprivate var fact: [CheckFact] {
        switch self {
        case .off: EngineMode.ofOff
        case .sort: EngineMode.ofSort
        case .release: EngineMode.ofRelease
        }
    }
}

extension ControlFacts.State {
    private static let ofConforming = [CheckFact(.state, ControlFacts.State.conforming.rawValue)]
    fileprivate var fact: [CheckFact] {
        self == .conforming ? ControlFacts.State.ofConforming : [CheckFact(.state, rawValue)]
    }
}
