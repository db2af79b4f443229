import Base
import Catalog
import Laboratory
import Rules
import Store

// What a control holds, or holds again, is not its own results alone: what was calculated of them goes with them, and
// what is given with them only (RULES 1.2 steps 12 and 13, 2.5). A judgement sees the control of its moment; this is
// that of now.
extension Desk {
    private static let byControl: Set<Hold.Code> = [
        .noQualityControl, .qualityControlExpired, .qualityControlRejected,
    ]

    /// Observations as they stand alone → with the holds of what they hang on. What they hang on is looked for among
    /// them first, in the store only when it is not there.
    func withRelations(_ alone: [Observation], at: Instant) async throws(CommandFailure) -> [Observation] {
        let sets = dependentSets
        var known = [String: [String: Observation]](), isRead: Set<String> = []
        for one in alone where known[one.requestID]?[one.analysis].map({ $0.run < one.run }) ?? true {
            known[one.requestID, default: [:]][one.analysis] = one
        }
        var out = alone
        for place in out.indices {
            let one = out[place]
            let relations = relations(of: one, sets)
            if relations.isEmpty { continue }
            let wanted = Set(relations.map(\.analysis))
            if !wanted.isSubset(of: Set((known[one.requestID] ?? [:]).keys)), isRead.insert(one.requestID).inserted {
                let (_, all, events) = try await file(of: one.requestID)
                for (code, other) in Chosen.observations(all, events: events) {
                    if known[one.requestID]?[code] == nil {
                        known[one.requestID, default: [:]][code] = try await withControls(other, at: at)
                    }
                }
            }
            for relation in relations where !one.holds.contains(where: { $0.code == relation.code }) {
                guard
                    let hold = known[one.requestID]?[relation.analysis]?.holds
                        .first(where: { Desk.byControl.contains($0.code) }),
                    !out[place].holds.contains(where: { $0.code == relation.code })
                else { continue }
                out[place].holds.append(
                    Hold(relation.code, "\(relation.words) \(relation.analysis), retenu : \(hold.code.rawValue)"))
            }
        }
        return out
    }

    private struct Relation {
        var analysis: String
        var code: Hold.Code
        var words: String
    }

    private func relations(of one: Observation, _ sets: [String: [String]]) -> [Relation] {
        var found = [Relation]()
        if one.origin.calculation != nil {
            found = inputs(of: one.analysis).sorted()
                .map { Relation(analysis: $0, code: .calculationInputHeld, words: "calculé avec") }
        }
        if let set = catalogue[one.analysis]?.verification.dependentSet, let members = sets[set] {
            found += members.filter { $0 != one.analysis }
                .map { Relation(analysis: $0, code: .dependentSetHeld, words: "rendu avec") }
        }
        return found
    }

    /// Analyses that a calculated one needs, through others that are calculated too.
    private func inputs(of code: String) -> Set<String> {
        var found = Set<String>(), open = [code]
        while let next = open.popLast() {
            for input in shelf.pack.formula(next)?.inputs ?? [] where input.isAnalysis {
                if found.insert(input.name).inserted { open.append(input.name) }
            }
        }
        return found
    }

    private var dependentSets: [String: [String]] {
        let members = catalogue.analyses.filter { !$0.verification.dependentSet.isEmpty }
        return Dictionary(grouping: members, by: \.verification.dependentSet).mapValues { $0.map(\.code) }
    }

    /// Analyses of its request that were calculated with a result: a doubt about it is one about them.
    package func calculated(from observationID: String) async throws(CommandFailure) -> [String] {
        let found = try await ask { () throws(StoreFailure) in try await store.observation(observationID) }
        guard let observation = found else { return [] }
        return try await calculated(with: observation).map(\.analysis)
    }

    func calculated(with observation: Observation) async throws(CommandFailure) -> [Observation] {
        guard !shelf.pack.dependents(of: [observation.analysis]).isEmpty else { return [] }
        let (_, all, events) = try await file(of: observation.requestID)
        let chosen = Chosen.observations(all, events: events)
        guard chosen[observation.analysis]?.id == observation.id else { return [] }
        return chosen.values.filter {
            $0.origin.calculation != nil && inputs(of: $0.analysis).contains(observation.analysis)
        }.sorted { $0.analysis < $1.analysis }
    }
}
