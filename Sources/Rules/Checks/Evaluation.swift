package import Base
package import Catalog
package import Laboratory

package enum EvaluationOutcome: String, Codable, Sendable, CaseIterable {
    /// No reason to hold: the biologist may sign it with others.
    case proposable = "PROPOSABLE"
    case held = "RETENU"
}

/// What the checks make of one result.
package struct ResultEvaluation: Codable, Sendable, Hashable {
    package var id: String
    package var analysis: String
    /// In the unit and decimals of the catalogue, rounded once; as it came when it cannot be read.
    package var value: ObservationValue
    /// RULES section 4: the value is not given, the report says why.
    package var isSuppressed: Bool
    package var interval: AppliedInterval?
    /// A sex that is not known: the intervals of both, when they differ.
    package var intervals: [AppliedInterval]
    package var intervalKind: IntervalKind?
    package var flags: [ResultFlag]
    /// In the order of RULES 1.2.
    package var checks: [CheckRecord]
    /// A rerun that the instrument can make by itself.
    package var proposedDilution: Exact?
    package var outcome: EvaluationOutcome
    /// Mode B under a valid standing approval, and nothing holds.
    package var isReleasable: Bool

    /// Codes that hold, in the order of the checks, each once.
    package var holdCodes: [Hold.Code] {
        var codes: [Hold.Code] = []
        for check in checks where check.holds {
            if let code = check.code, !codes.contains(code) { codes.append(code) }
        }
        return codes
    }
    /// It differs from the one before it by more than its limit.
    package var jumps: Bool { checks.contains { $0.check == .delta && $0.code == .delta } }
    /// Who is to tell this value by telephone: beyond a limit of the second tier the biologist, of the first one the
    /// technician; nobody where it is a known state (RULES section 5).
    package var callTier: CriticalCall.Tier? {
        let codes = holdCodes
        if codes.contains(.criticalCall) { return .biologist }
        guard codes.contains(.critical) else { return nil }
        return checks.contains { $0.check == .criticalAlert && $0.code == .critical && $0.note != .knownState }
            && !checks.contains { $0.check == .criticalCall && $0.note == .knownState } ? .technician : nil
    }
    /// The same with their words, French; made when asked.
    package func holds(in zone: CivilZone) -> [Hold] {
        checks.compactMap { check in check.holds ? check.code.map { Hold($0, check.words(in: zone)) } : nil }
    }
    /// Sentences for the report (RULES section 4: direction of the interference); `name`: of the analysis, French.
    package func comments(name: String) -> [String] { checks.compactMap { $0.comment(name: name) } }
}

/// What the checks make of the results of one collection.
package struct Evaluation: Codable, Sendable, Hashable {
    /// Of the checks of the house.
    package var engineVersion: Int
    package var catalogueVersion: CatalogVersion
    package var packVersion: String
    /// In the order of the input.
    package var results: [ResultEvaluation]
    /// Every analysis of the collection is to be held, those that stand already too (wrong blood in tube, EDTA…).
    package var collectionHolds: [CheckRecord]
}

/// An evaluation as it is kept, to be made again (`paillasse rules replay`).
package struct StoredEvaluation: Codable, Sendable, Hashable {
    package var input: EvaluationInput
    package var evaluation: Evaluation
    package init(input: EvaluationInput, evaluation: Evaluation) {
        self.input = input
        self.evaluation = evaluation
    }
}
