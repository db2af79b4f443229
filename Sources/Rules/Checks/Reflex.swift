package import Base
import Catalog
import Laboratory

/// A reflex test that a valid result asks for (RULES section 11).
package struct ReflexFinding: Sendable, Hashable, Codable {
    package let rule: RuleReference
    /// Analyses to add, those of the request already left out.
    package let adds: [String]
    package let because: String
}

extension RuleEngine {
    /// Which approved rules are met by results that stand technically valid. A censored value that leaves the
    /// condition open proposes nothing.
    package func reflexes(
        _ results: [OtherResult], patient: PatientFacts, collectedAt: Instant?, requested: Set<String>,
        approvals: RuleApprovals, now: Instant
    ) -> [ReflexFinding] {
        metReflexes(results, patient: patient, collectedAt: collectedAt, now: now).compactMap { rule in
            guard approvals.rules[rule.reference.description]?.isValid(at: now) ?? false else { return nil }
            let adds = rule.adds.filter { !requested.contains($0) }
            return adds.isEmpty ? nil : ReflexFinding(rule: rule.reference, adds: adds, because: rule.because)
        }
    }

    /// Rules whose condition is met now, approved or not: of the others, what was proposed before has no ground left.
    package func metReflexes(
        _ results: [OtherResult], patient: PatientFacts, collectedAt: Instant?, now: Instant
    ) -> [TubeRule] {
        guard !pack.reflexes.isEmpty else { return [] }
        let specimen = SpecimenFacts(kind: "", tube: "", analyses: [], collectedAt: collectedAt, receivedAt: nil)
        let input = EvaluationInput(now: now, patient: patient, specimen: specimen, results: [], others: results)
        let values = CollectionJudge(engine: self, input: input, scene: Scene(input, self)).tubeValues([], all: true)
        let valid = Set(results.map(\.analysis))
        return pack.reflexes.filter { !$0.analyses.isDisjoint(with: valid) && $0.outcome(values) == .met }
    }
}
