import Base
import Catalog

/// All that the engine needs of one analysis, put together once.
final class CheckLine: Sendable {
    let analysis: Analysis
    let limits: VerificationLimits
    /// RULES section 0: `<a` is [0, a) unless a limit of the line shows that the quantity may be negative.
    let nonNegative: Bool
    let interference: [InterferenceRule]
    /// Rules of consistency that look at it or hold it, by their place in the pack.
    let rules: [Int]
    let isStable: Bool
    let isBloodGroup: Bool
    let holdsFirstResult: Bool
    let suspendedIn: Set<ClinicalContext>
    let isExcluded: Bool
    let looksForFirstPositive: Bool
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
        let lows = [
            limits.measuring?.low, limits.absurd?.low, limits.autoverification?.low, limits.alert?.low,
            analysis.critical?.low,
        ]
        let highs = [limits.absurd?.high, limits.autoverification?.high, limits.alert?.high]
        let intervals = catalogue.intervals(for: code).flatMap { [$0.low, $0.high] }
        nonNegative = !(lows + highs + intervals).contains { $0.map { $0 < Exact(0) } ?? false }
        interference = policy.interference[code] ?? []
        rules = pack.coherence.indices.filter {
            let rule = pack.coherence[$0]
            return rule.analyses.contains(code) || rule.holds.contains(code)
        }
        isStable = policy.stable.contains(code)
        isBloodGroup = policy.bloodGroups.contains(code)
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
        looksForFirstPositive = policy.firstPositive.contains(code)
        looksForFirstTime = policy.firstTime.contains(code)
        positiveIsCritical = policy.positiveIsCritical.contains(code)
        let formula = pack.formula(code)
        formulaInputs = formula?.inputs.filter(\.isAnalysis).map(\.name)
        self.formula = formula?.reference
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
