package import Base
package import Catalog
import Laboratory

/// The ordered checks of RULES section 1 over a catalogue and a rule pack. Pure: time is in the input, and the same
/// input gives the same evaluation. All checks run, so that a person sees every reason at once; only a contradicted
/// identity stops them.
package struct RuleEngine: Sendable {
    package let catalogue: AnalysisCatalogue
    package let pack: RulePack
    package private(set) var zone: CivilZone
    let lines: [String: CheckLine]
    /// `EDTA@1`, by the place of the rule of consistency in the pack.
    let ruleNames: [String]
    /// Of the checks of the house.
    package static let version = 3

    package init(catalogue: AnalysisCatalogue, pack: RulePack, zone: CivilZone) {
        self.catalogue = catalogue
        self.pack = pack
        self.zone = zone
        ruleNames = pack.coherence.map(\.reference.description)
        lines = Dictionary(
            catalogue.analyses.map { ($0.code, CheckLine($0, catalogue: catalogue, pack: pack)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The same engine for a site in another zone.
    package func inZone(_ zone: CivilZone) -> RuleEngine {
        var copy = self
        copy.zone = zone
        return copy
    }

    /// Total: whatever the input, there is an answer, and what cannot be judged is held.
    package func evaluate(_ input: EvaluationInput) -> Evaluation {
        let scene = Scene(input, self)
        var judged: [ResultJudge] = []
        judged.reserveCapacity(input.results.count)
        for facts in input.results {
            var judge = ResultJudge(facts, line: lines[facts.analysis])
            judge.run(input, scene, self)
            judged.append(judge)
        }
        var collection = CollectionJudge(engine: self, input: input, scene: scene)
        collection.run(&judged)
        let standing = input.approvals.standing?.isValid(at: input.now) ?? false
        return Evaluation(
            engineVersion: RuleEngine.version, catalogueVersion: catalogue.version, packVersion: pack.version,
            results: judged.map { $0.evaluation(standing: standing) }, collectionHolds: collection.holds)
    }

    /// The evaluation made again from what was stored; refuses another catalogue, pack or version of the checks, whose
    /// answer would prove nothing.
    package func replay(_ stored: StoredEvaluation) throws(Refusal) -> Evaluation {
        let was = stored.evaluation
        guard was.engineVersion == RuleEngine.version, was.catalogueVersion == catalogue.version,
            was.packVersion == pack.version
        else {
            throw Refusal(
                "rules.replay.version", at: was.packVersion,
                because: "cette évaluation a été faite avec un autre catalogue, d'autres règles ou un autre moteur",
                remedy: "rejouer avec le catalogue \(was.catalogueVersion) et les règles \(was.packVersion)")
        }
        return evaluate(stored.input)
    }

    func line(_ code: String) -> CheckLine? { lines[code] }
}

/// What is computed once for a collection.
struct Scene {
    /// Nil: no time of collection, a date of birth that is not whole, or a collection before the birth.
    let age: PatientAge?
    let contexts: Set<ClinicalContext>
    let policy: PolicyStanding
    /// Analyses that the tube was taken for.
    let analyses: Set<String>
    let tube: [CheckFact]
    let collected: [CheckFact]
    let sex: [CheckFact]

    init(_ input: EvaluationInput, _ engine: RuleEngine) {
        let patient = input.patient
        age =
            patient.born.isComplete
            ? input.specimen.collectedAt.flatMap {
                PatientAge(born: patient.born, bornAt: patient.bornAt, collected: $0, in: engine.zone)
            } : nil
        contexts = Set(patient.contexts)
        policy = PolicyStanding(engine.pack, input.approvals, at: input.now)
        analyses = Set(input.specimen.analyses)
        tube = [CheckFact(.state, input.specimen.tube)]
        collected = input.specimen.collectedAt.map { [CheckFact(.at, $0)] } ?? []
        sex = [CheckFact(.sex, patient.sex.rawValue)]
    }
}

/// May the choices of `policy.json5` act? A biologist stands for them first, until an end (RULES 1.2, step 0): before
/// and after, no threshold of an index comments or suppresses, no context suspends a delta, no known state silences a
/// call, and nothing is proposed. What merely holds more goes on holding.
enum PolicyStanding {
    case inForce
    case unsigned
    case ended(RuleApproval)

    init(_ pack: RulePack, _ approvals: RuleApprovals, at now: Instant) {
        // Without the file there is nothing that anybody could stand for.
        guard pack.hasPolicy, let approval = approvals.rules[RulePack.policyReference.description] else {
            self = .unsigned
            return
        }
        self = approval.isValid(at: now) ? .inForce : .ended(approval)
    }

    var isInForce: Bool {
        switch self {
        case .inForce: true
        case .unsigned, .ended: false
        }
    }
}
