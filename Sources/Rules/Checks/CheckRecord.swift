package import Base
package import Laboratory

/// The checks in the order of RULES 1.2. The names are stable: stored evaluations hold them.
package enum Check: String, Codable, Sendable, CaseIterable {
    // 0
    case engine, standingApproval, ruleApproval, catalogueLine
    // 1
    case identity, request
    // 2
    case nonconformity, specimenType, reception, collectionTime, delay
    // 3
    case control, calibration, reagentLot
    // 4
    case instrumentFlags, status, indicesPresent
    // 5
    case unit, reading
    // 6
    case measuringRange, dilution, rerun
    // 7
    case interference, freeHemoglobin
    // 8…11
    case absurd, autoverification, delta, wrongBlood, criticalAlert, criticalCall
    // 12, 13
    case coherence, dependentSet, calculationInputs
    // 14
    case excluded, manualEdit, firstPositive, onlyInContext
    // 15
    case interval, intervalFlag

    package var step: Int {
        switch self {
        case .engine, .standingApproval, .ruleApproval, .catalogueLine: 0
        case .identity, .request: 1
        case .nonconformity, .specimenType, .reception, .collectionTime, .delay: 2
        case .control, .calibration, .reagentLot: 3
        case .instrumentFlags, .status, .indicesPresent: 4
        case .unit, .reading: 5
        case .measuringRange, .dilution, .rerun: 6
        case .interference, .freeHemoglobin: 7
        case .absurd: 8
        case .autoverification: 9
        case .delta, .wrongBlood: 10
        case .criticalAlert, .criticalCall: 11
        case .coherence, .dependentSet: 12
        case .calculationInputs: 13
        case .firstPositive, .excluded, .manualEdit, .onlyInContext: 14
        case .interval, .intervalFlag: 15
        }
    }

    /// Version of what the house itself decides in this check; a rule of the pack has its own.
    package static let version = 1
    package var reference: RuleReference { RuleReference(id: rawValue, version: Check.version) }
}

/// What a check found.
package enum CheckOutcome: String, Codable, Sendable, CaseIterable {
    /// The reason to hold is there.
    case yes
    case no
    /// A censored value or a missing fact leaves it open: never released.
    case unknown
    case notApplicable
}

/// A value that a check looked at, or a limit that it held it against.
package struct CheckFact: Sendable, Hashable {
    /// The words stand in `CheckWords`.
    package enum Name: String, Codable, Sendable, CaseIterable {
        case value, rounded, previous, previousAt, difference, daysBetween, low, high, limit, absoluteLimit, factor
        case index, commentAbove, suppressAbove, freeHemoglobin, hours, at, until, words, flag, state, analysis
        case count, known, step, tolerance, contradiction, context, sex, method
        // Told to who asks, never kept.
        case age, condition, formula, unrounded
    }
    package enum Value: Sendable, Hashable {
        case measured(Measured)
        case number(Exact)
        case instant(Instant)
        case count(Int)
        case text(String)
    }
    package let name: Name
    package let value: Value

    package init(_ name: Name, _ value: Value) {
        self.name = name
        self.value = value
    }
    package init(_ name: Name, _ number: Exact) { self.init(name, .number(number)) }
    package init(_ name: Name, _ measured: Measured) { self.init(name, .measured(measured)) }
    package init(_ name: Name, _ instant: Instant) { self.init(name, .instant(instant)) }
    package init(_ name: Name, _ text: String) { self.init(name, .text(text)) }
    package init(_ name: Name, count: Int) { self.init(name, .count(count)) }
}

/// Why a check does not apply, or a turn that it took.
package enum CheckNote: String, Codable, Sendable, CaseIterable {
    case noLimit, notNumeric, noPrior, deliberatelyNone, suspended, notApproved, inputMissing, notCalculated
    case noIndexRule, notMeasured, notDiluted, noEarlierRun, knownState, belowRange, noCalculation, notInstrument
    case comment, percentOfZero, decisionLimit, bothSexes, unreadable, notOnList, notNeeded, thresholdMissing
    case afterMeasurement, jumpsTogether, bloodGroup, methodUnknown, noIntervalOfMethod, generalInterval, otherMethod
    case inapplicable, withheld, outsideContext
}

/// One check of one result: all that `paillasse why` prints. The words are made from it when asked.
package struct CheckRecord: Codable, Sendable, Hashable {
    package var check: Check
    package var outcome: CheckOutcome
    /// What it holds with; nil when it does not hold.
    package var code: Hold.Code?
    package var note: CheckNote?
    package var inputs: [CheckFact]
    package var thresholds: [CheckFact]
    /// Of the pack; nil: the check of the house itself.
    private let named: RuleReference?

    package init(
        _ check: Check, _ outcome: CheckOutcome, code: Hold.Code? = nil, rule: RuleReference? = nil,
        inputs: [CheckFact] = [], thresholds: [CheckFact] = [], note: CheckNote? = nil
    ) {
        self.check = check
        named = rule
        self.outcome = outcome
        self.code = code
        self.inputs = inputs
        self.thresholds = thresholds
        self.note = note
    }

    package var rule: RuleReference { named ?? check.reference }
    package var step: Int { check.step }
    /// A comment goes with the value and holds nothing (RULES section 4).
    package var holds: Bool { code != nil && code != .interferenceBias }
}
