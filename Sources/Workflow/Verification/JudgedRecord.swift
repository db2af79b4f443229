package import Base
package import Catalog
import FoundationEssentials
package import Laboratory
package import Rules
import Store

/// What an `EvaluationRecord` holds: the checks of one result with its own facts. What all results of one judgement
/// share stands once, in the record of the first of them.
package struct JudgedRecord: Codable, Sendable {
    package struct Key: Codable, Sendable, Hashable {
        package var observation: String
        package var ordinal: Int
    }
    /// What the judgement looked at beside the results themselves, and whom it judged, in order.
    package struct Scene: Codable, Sendable {
        package var now: Instant
        package var patient: PatientFacts
        package var specimen: SpecimenFacts
        package var contradictions: [IdentityContradiction]
        package var others: [OtherResult]
        package var approvals: RuleApprovals
        package var members: [Key]
        package var collectionHolds: [CheckRecord]
    }
    /// The record with the scene.
    package var lead: Key
    package var engineVersion: Int
    package var catalogueVersion: CatalogVersion
    package var packVersion: String
    package var facts: ResultFacts
    package var contradictions: [IdentityContradiction]
    package var result: ResultEvaluation
    /// As they stand on the observation: those of the checks, and that another value stands beside it.
    package var holds: [Hold]
    package var scene: Scene?
    /// A call was opened for this result, now or before: it is opened once.
    package var isCalled: Bool?
    /// Words that came with the result, before any judgement added its own; nil in records older than that.
    package var own: String?
    /// Indices of the serum in `facts` that other messages of its tube told; nil for none.
    package var borrowed: [HILIndex]?
    /// What a judgement after the first one shows of the result; nil for the first, which the result itself says, and
    /// in records older than that.
    package var shown: ShownResult?
    /// 1, 2… within the result, and when; of the record, not of its content.
    package private(set) var ordinal = 1
    package private(set) var at = Instant(milliseconds: 0)

    private enum CodingKeys: String, CodingKey {
        case lead, engineVersion, catalogueVersion, packVersion, facts, contradictions, result, holds, scene, isCalled
        case own, shown, borrowed
    }

    init(_ record: EvaluationRecord) throws(CommandFailure) {
        self = try RegisterText.decode(record.content, as: JudgedRecord.self)
        ordinal = record.ordinal
        at = record.at
    }

    init(
        lead: Key, evaluation: Evaluation, facts: ResultFacts, contradictions: [IdentityContradiction],
        result: ResultEvaluation, holds: [Hold]
    ) {
        self.lead = lead
        engineVersion = evaluation.engineVersion
        catalogueVersion = evaluation.catalogueVersion
        packVersion = evaluation.packVersion
        self.facts = facts
        self.contradictions = contradictions
        self.result = result
        self.holds = holds
    }

    func record(ordinal: Int, site: String, at: Instant) -> EvaluationRecord {
        EvaluationRecord(
            observationID: facts.id, ordinal: ordinal, site: site, at: at, engine: String(engineVersion),
            content: text)
    }
}

extension JudgedRecord.Scene {
    init(_ input: EvaluationInput, _ evaluation: Evaluation, members: [JudgedRecord.Key]) {
        now = input.now
        patient = input.patient
        specimen = input.specimen
        contradictions = input.contradictions
        others = input.others
        approvals = input.approvals
        collectionHolds = evaluation.collectionHolds
        self.members = members
    }

    /// The input again, as it was judged.
    func input(_ results: [ResultFacts]) -> EvaluationInput {
        EvaluationInput(
            now: now, patient: patient, specimen: specimen, contradictions: contradictions, results: results,
            others: others, approvals: approvals)
    }
}
