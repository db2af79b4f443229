import Base
import Catalog
import Laboratory

/// A rule of consistency that an analysis has to do with.
struct Concern: Sendable {
    /// Place in the pack.
    let rule: Int
    /// It is held by it; else merely looked at.
    let holds: Bool
}

/// An interval of reference with what its checks say of it.
final class LineInterval: Sendable {
    let interval: ReferenceInterval
    let facts: [CheckFact]
    let applied: AppliedInterval

    /// Bounds are told with the decimals of the analysis, however a spreadsheet wrote them: `3` is 3.0.
    init(_ interval: ReferenceInterval, decimals: Int) {
        self.interval = interval
        let low = interval.low?.settled(to: decimals), high = interval.high?.settled(to: decimals)
        applied = AppliedInterval(low: low, high: high)
        facts =
            interval.kind == .inapplicable
            ? [CheckFact(.words, interval.source)] : ResultJudge.limits(low, high)
    }
}

/// What the checks of an analysis name each time, made once.
struct LineFacts: Sendable {
    let tube, unit, stability, measuring, absurd: [CheckFact]
    let delta, deltaOfZero, dilution, analyticalCV: [CheckFact]

    init(_ analysis: Analysis, _ limits: VerificationLimits, delta rule: DeltaRule?) {
        let places = analysis.decimals ?? 0
        func pair(_ pair: LimitPair?) -> [CheckFact] {
            ResultJudge.limits(pair?.low?.settled(to: places), pair?.high?.settled(to: places))
        }
        func one(_ name: CheckFact.Name, _ number: Exact?) -> [CheckFact] {
            number.map { [CheckFact(name, $0)] } ?? []
        }
        tube = analysis.tube.map { [CheckFact(.state, $0)] } ?? []
        unit = [CheckFact(.state, analysis.unit)]
        stability = limits.stabilityHours.map { [CheckFact(.hours, count: $0)] } ?? []
        measuring = pair(limits.measuring)
        absurd = pair(limits.absurd)
        dilution = one(.limit, limits.maximumDilution)
        analyticalCV = one(.tolerance, limits.analyticalCV) + one(.absoluteLimit, limits.rerunLimit)
        let kind = rule.map { [CheckFact(.state, $0.kind.rawValue)] } ?? []
        delta = kind + one(.limit, rule?.limit)
        deltaOfZero = delta + one(.absoluteLimit, rule?.absoluteLimit)
    }
}

/// All that the engine needs of one analysis, put together once.
final class CheckLine: Sendable {
    let analysis: Analysis
    /// Where no method has its own.
    let limits: VerificationLimits
    /// In the order of the table; most lines have none.
    let methods: [LineMethod]
    /// RULES section 0: `<a` is [0, a) unless a limit of the line shows that the quantity may be negative.
    let nonNegative: Bool
    let interference: [InterferenceRule]
    /// Indices with thresholds for some analyzers only.
    let indicesOfSome: [HILIndex]
    /// Rules of consistency that look at it or hold it.
    let rules: [Concern]
    let ranges: [ReferenceInterval]
    /// The same, in the same order.
    let intervals: [LineInterval]
    /// Some of them are for a method.
    let hasMethodRanges: Bool
    let facts: LineFacts
    /// Where no line of `limits.csv` concerns the patient.
    let tiers: LineTiers
    let patientLimits: [PatientLimits]
    let delta: DeltaRule?
    let isStable: Bool
    let isBloodGroup: Bool
    let holdsFirstResult: Bool
    let suspendedIn: Set<ClinicalContext>
    let isExcluded: Bool
    /// The one context in which its value is given; nil: in any.
    let onlyUnder: ClinicalContext?
    let looksForFirstPositive: Bool
    let holdsEveryPositive: Bool
    let looksForFirstTime: Bool
    let positiveIsCritical: Bool
    /// Analyses that its formula needs; nil: it has no formula.
    let formulaInputs: [String]?
    let formula: RuleReference?

    init(_ analysis: Analysis, catalogue: AnalysisCatalogue, pack: RulePack) {
        let code = analysis.code
        let policy = pack.policy
        let limits = analysis.verification
        self.analysis = analysis
        self.limits = limits
        let declared = catalogue.methods(of: code) ?? []
        let ends = declared.map { $0.measuring?.low }
        let lows =
            ends + [
                limits.measuring?.low, limits.absurd?.low, limits.autoverification?.low, limits.alert?.low,
                analysis.critical?.low,
            ]
        patientLimits = catalogue.patientLimits(of: code)
        tiers = LineTiers(analysis)
        let lowsOfSome = patientLimits.flatMap { [$0.alert?.low, $0.critical?.low, $0.autoverification?.low] }
        let highs = [limits.absurd?.high, limits.autoverification?.high, limits.alert?.high]
        let intervals = catalogue.intervals(for: code).flatMap { [$0.low, $0.high] }
        nonNegative = !(lows + lowsOfSome + highs + intervals).contains { $0.map { $0 < Exact(0) } ?? false }
        let interference = policy.interference[code] ?? []
        self.interference = interference
        indicesOfSome = HILIndex.allCases.filter { index in
            let rules = interference.filter { $0.index == index }
            return !rules.isEmpty && rules.allSatisfy { $0.analyzer != nil }
        }
        rules = pack.coherence.enumerated().compactMap { place, rule in
            let holds = rule.wholeTube || rule.holds.contains(code)
            return rule.analyses.contains(code) || rule.holds.contains(code) ? Concern(rule: place, holds: holds) : nil
        }
        ranges = catalogue.intervals(for: code)
        self.intervals = ranges.map { LineInterval($0, decimals: analysis.decimals ?? 0) }
        hasMethodRanges = ranges.contains { !$0.method.isEmpty }
        isStable = policy.stable.contains(code)
        isBloodGroup = policy.bloodGroups.contains(code)
        delta = isBloodGroup ? CheckLine.bloodGroupDelta : analysis.delta
        facts = LineFacts(analysis, limits, delta: delta)
        methods = declared.map { [delta] in LineMethod($0, of: analysis, delta: delta) }
        holdsFirstResult = policy.holdsFirstResult.contains(code)
        suspendedIn = Set(policy.suspensions.filter { $0.value.contains(code) }.keys)
        // What the rules cannot read they do not propose.
        let isUnread: Bool =
            switch analysis.nature {
            case .text, .culture: true
            case .measured, .calculated, .coded, .titre: false
            }
        isExcluded =
            isUnread || policy.excluded.contains(code) || policy.excludedSections.contains(analysis.section)
        onlyUnder = policy.onlyUnder[code]
        looksForFirstPositive = policy.firstPositive.contains(code)
        holdsEveryPositive = policy.everyPositive.contains(code)
        looksForFirstTime = policy.firstTime.contains(code)
        positiveIsCritical = policy.positiveIsCritical.contains(code)
        let formula = pack.formula(code)
        formulaInputs = formula?.inputs.filter(\.isAnalysis).map(\.name)
        self.formula = formula?.reference
    }

    /// A value in the unit of the analysis; nil for a unit that the catalogue does not give it.
    func inUnit(_ value: Measured, _ unit: String) -> Measured? {
        analysis.reported(value, in: unit, places: min((analysis.decimals ?? 2) + 12, Exact.maximumScale))
    }

    /// Is the whole of what the value can be below the limit? (RULES section 0)
    func below(_ value: Measured, _ limit: Exact) -> Verdict {
        let verdict = value.isBelow(limit)
        // `<0.5` is never below zero when the quantity cannot be negative.
        return verdict == .unknown && nonNegative && !(Exact(0) < limit) && Self.isUpperBound(value) ? .no : verdict
    }

    func above(_ value: Measured, _ limit: Exact) -> Verdict { value.isAbove(limit) }

    /// Outside two bounds, both inside; a missing bound is no limit.
    func outside(_ value: Measured, low: Exact?, high: Exact?) -> Verdict {
        let under = low.map { below(value, $0) } ?? .no
        return under == .yes ? .yes : under.or(high.map { above(value, $0) } ?? .no)
    }

    private static func isUpperBound(_ value: Measured) -> Bool {
        switch value.comparator {
        case .below, .atMost: true
        case .equal, .above, .atLeast: false
        }
    }
}
