package import Base
package import Catalog
package import Laboratory

/// Everything that the checks look at, for the results that came together for one collection. A value: the shell stores
/// it beside the outcome, and the same input gives the same outcome for ever (RULES 1.3).
package struct EvaluationInput: Codable, Sendable, Hashable {
    package var now: Instant
    package var patient: PatientFacts
    package var specimen: SpecimenFacts
    /// What the analyzer's identity record or the request contradicts; empty: nothing does.
    package var contradictions: [IdentityContradiction]
    /// The results to judge.
    package var results: [ResultFacts]
    /// Results of the same collection that stand already.
    package var others: [OtherResult]
    package var approvals: RuleApprovals

    package init(
        now: Instant, patient: PatientFacts, specimen: SpecimenFacts, contradictions: [IdentityContradiction] = [],
        results: [ResultFacts], others: [OtherResult] = [], approvals: RuleApprovals = RuleApprovals()
    ) {
        self.now = now
        self.patient = patient
        self.specimen = specimen
        self.contradictions = contradictions
        self.results = results
        self.others = others
        self.approvals = approvals
    }
}

/// How patient, tube and request contradict each other, or the analyzer them (RULES 1.2, step 1).
package enum IdentityContradiction: String, Codable, Sendable, CaseIterable {
    case name, birthDate, sex, patientIdentifier, tube, request
}

/// What is known of the patient. No name: the rules need none.
package struct PatientFacts: Codable, Sendable, Hashable {
    /// `any`: unknown or indeterminate.
    package var sex: IntervalSex
    package var born: CivilDate
    package var bornAt: Instant?
    /// Complete weeks; nil: not known to be pregnant.
    package var pregnancyWeek: Int?
    /// Each once, in any order.
    package var contexts: [ClinicalContext]
    /// Nil: nobody said (and what was judged before it was asked).
    package var setting: CareSetting?

    package init(
        sex: IntervalSex, born: CivilDate, bornAt: Instant? = nil, pregnancyWeek: Int? = nil,
        contexts: [ClinicalContext] = [], setting: CareSetting? = nil
    ) {
        self.setting = setting
        self.sex = sex
        self.born = born
        self.bornAt = bornAt
        self.pregnancyWeek = pregnancyWeek
        self.contexts = contexts
    }
}

package struct SpecimenFacts: Codable, Sendable, Hashable {
    /// Codes of the catalogue.
    package var kind: String
    package var tube: String
    /// Analyses that the tube was taken for.
    package var analyses: [String]
    package var collectedAt: Instant?
    package var receivedAt: Instant?
    /// In words (*non-conformité*: volume, clot…).
    package var nonconformity: String?

    package init(
        kind: String, tube: String, analyses: [String], collectedAt: Instant?, receivedAt: Instant?,
        nonconformity: String? = nil
    ) {
        self.kind = kind
        self.tube = tube
        self.analyses = analyses
        self.collectedAt = collectedAt
        self.receivedAt = receivedAt
        self.nonconformity = nonconformity
    }
}

/// How far the engine may go for one analysis of one site (RULES 1.1).
package enum EngineMode: String, Codable, Sendable, CaseIterable {
    case off
    /// Mode A, the default: it sorts, the biologist signs.
    case sort
    /// Mode B: release under the standing approval of a biologist.
    case release
}

/// The control of quality of one analysis on one analyzer, as the quality room states it (RULES 2.5).
package struct ControlFacts: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case conforming, absent, expired, rejected
        /// A value that no instrument measured (calculated from results that carry their own control).
        case notNeeded
    }
    package var state: State
    /// Why, in words, French.
    package var words: String
    package init(_ state: State, _ words: String = "") {
        self.state = state
        self.words = words
    }
}

/// What is known of the dilution of one measurement (RULES section 8).
package enum DilutionFacts: Codable, Sendable, Hashable {
    case none
    /// `multiplied`: the value that came is already that of the undiluted specimen (a fact of the driver).
    case made(factor: Exact, multiplied: Bool)
    /// The instrument says that it diluted and not how much.
    case unknownFactor
}

/// Indices of the serum of the tube (RULES section 4).
package struct SerumIndices: Codable, Sendable, Hashable {
    package var hemolysis: Exact?
    package var icterus: Exact?
    package var lipemia: Exact?
    /// Free hemoglobin, g/L.
    package var freeHemoglobin: Exact?
    /// The analyzer measures indices: a missing one is then a fault.
    package var measured: Bool

    package init(
        hemolysis: Exact? = nil, icterus: Exact? = nil, lipemia: Exact? = nil, freeHemoglobin: Exact? = nil,
        measured: Bool = false
    ) {
        self.hemolysis = hemolysis
        self.icterus = icterus
        self.lipemia = lipemia
        self.freeHemoglobin = freeHemoglobin
        self.measured = measured
    }

    /// Those that were measured in the other replace these.
    mutating func take(_ other: SerumIndices) {
        hemolysis = other.hemolysis ?? hemolysis
        icterus = other.icterus ?? icterus
        lipemia = other.lipemia ?? lipemia
        freeHemoglobin = other.freeHemoglobin ?? freeHemoglobin
    }

    package subscript(index: HILIndex) -> Exact? {
        switch index {
        case .hemolysis: hemolysis
        case .icterus: icterus
        case .lipemia: lipemia
        }
    }
}

/// A result of the same patient and analysis that came before.
package struct PriorResult: Codable, Sendable, Hashable {
    package var value: ObservationValue
    /// Collection.
    package var at: Instant
    /// `VerificationLimits.comparability` of its day.
    package var comparability: String
    /// Methods that compare with each other (`AssayMethod.family`); nil: nobody knows by which it was measured.
    package var family: String?
    /// The same of what it was calculated of (`Origin.components`); nil: nobody knows, or it was measured.
    package var components: String?
    package var specimenKind: String
    package var technicallyValidated: Bool
    package var cancelled: Bool

    package init(
        value: ObservationValue, at: Instant, comparability: String = "", family: String? = nil,
        components: String? = nil, specimenKind: String, technicallyValidated: Bool = true, cancelled: Bool = false
    ) {
        self.components = components
        self.value = value
        self.at = at
        self.comparability = comparability
        self.family = family
        self.specimenKind = specimenKind
        self.technicallyValidated = technicallyValidated
        self.cancelled = cancelled
    }
}

/// A critical value of the patient that was told.
package struct KnownCall: Codable, Sendable, Hashable {
    package var value: Measured
    package var at: Instant
    package init(value: Measured, at: Instant) {
        self.value = value
        self.at = at
    }
}

/// One result to judge.
package struct ResultFacts: Codable, Sendable, Hashable {
    package enum Origin: String, Codable, Sendable, CaseIterable { case analyzer, manual, calculated }

    package var id: String
    /// Code of the catalogue.
    package var analysis: String
    /// Nil: unreadable.
    package var value: ObservationValue?
    package var rawText: String
    package var origin: Origin
    /// Flags that the driver knows and does not call harmless.
    package var flags: [String]
    package var unknownFlags: [String]
    /// LIS2-A2 result status.
    package var status: String
    package var observedAt: Instant?
    package var analyzer: String?
    /// By which it was measured, as the catalogue calls it (`methods.csv`); empty: nobody knows.
    package var method: String
    /// The methods of what it was calculated of (`Origin.components`).
    package var components: String?
    package var dilution: DilutionFacts
    package var indices: SerumIndices
    package var control: ControlFacts
    /// Nil: the laboratory follows none for it.
    package var calibrationUntil: Instant?
    package var reagentUntil: Instant?
    package var mode: EngineMode
    /// The line of the catalogue is signed.
    package var lineApproved: Bool
    package var requested: Bool
    package var edited: Bool
    package var hasFreeComment: Bool
    /// Any order.
    package var history: [PriorResult]
    /// Values of earlier runs on this tube, the first first.
    package var earlierRuns: [ObservationValue]
    package var lastCall: KnownCall?

    package init(
        id: String, analysis: String, value: ObservationValue?, rawText: String, origin: Origin = .analyzer,
        flags: [String] = [], unknownFlags: [String] = [], status: String = "F", observedAt: Instant? = nil,
        analyzer: String? = nil, method: String = "", dilution: DilutionFacts = .none,
        indices: SerumIndices = SerumIndices(), control: ControlFacts = ControlFacts(.absent),
        calibrationUntil: Instant? = nil, reagentUntil: Instant? = nil, mode: EngineMode = .sort,
        lineApproved: Bool = false, requested: Bool = true, edited: Bool = false, hasFreeComment: Bool = false,
        history: [PriorResult] = [], earlierRuns: [ObservationValue] = [], lastCall: KnownCall? = nil
    ) {
        self.id = id
        self.analysis = analysis
        self.value = value
        self.rawText = rawText
        self.origin = origin
        self.flags = flags
        self.unknownFlags = unknownFlags
        self.status = status
        self.observedAt = observedAt
        self.analyzer = analyzer
        self.method = method
        self.dilution = dilution
        self.indices = indices
        self.control = control
        self.calibrationUntil = calibrationUntil
        self.reagentUntil = reagentUntil
        self.mode = mode
        self.lineApproved = lineApproved
        self.requested = requested
        self.edited = edited
        self.hasFreeComment = hasFreeComment
        self.history = history
        self.earlierRuns = earlierRuns
        self.lastCall = lastCall
    }
}

/// A result of the same collection that was judged before.
package struct OtherResult: Codable, Sendable, Hashable {
    package var analysis: String
    package var value: ObservationValue
    package var interval: AppliedInterval?
    package var flags: [String]
    package var holds: [Hold.Code]
    /// It differs from the one before it by more than its limit, whatever its collection is held for; nil: only its
    /// holds are known.
    package var jumps: Bool?

    package init(
        analysis: String, value: ObservationValue, interval: AppliedInterval? = nil, flags: [String] = [],
        holds: [Hold.Code] = [], jumps: Bool? = nil
    ) {
        self.jumps = jumps
        self.analysis = analysis
        self.value = value
        self.interval = interval
        self.flags = flags
        self.holds = holds
    }
}

/// A biologist's signature under a rule or under the rule set, with its end.
package struct RuleApproval: Codable, Sendable, Hashable {
    package var by: String
    package var at: Instant
    package var until: Instant

    package init(by: String, at: Instant, until: Instant) {
        self.by = by
        self.at = at
        self.until = until
    }

    /// No approval lasts longer (RULES 1.1: 12 months).
    package static let longest = Duration.seconds(366 * 86_400)

    package func isValid(at now: Instant) -> Bool {
        at <= now && now < min(until, at.advanced(by: RuleApproval.longest))
    }
}

package struct RuleApprovals: Codable, Sendable, Hashable {
    /// The standing approval without which nothing is released in mode B.
    package var standing: RuleApproval?
    /// By rule and version (`EDTA@1`): a rule that nobody approved is not active, one whose approval ended holds.
    package var rules: [String: RuleApproval]

    package init(standing: RuleApproval? = nil, rules: [String: RuleApproval] = [:]) {
        self.standing = standing
        self.rules = rules
    }
}
