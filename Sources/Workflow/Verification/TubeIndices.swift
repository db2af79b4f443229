import Base
import Laboratory
import Rules

// Indices are the serum's, and its tube's: a result that came without one takes what another message told of its tube,
// whichever came first (RULES section 4). Each analyzer has its own scale, so only those of its own count. One that
// came with a result stands for it: the serum may have been cleared, or have aged, between two measurements.
extension Judgement {
    /// What is known of the tube by what arrived and what stands.
    func factsKnown(of tube: String) -> [ResultFacts] {
        let arrived = file.arrivals.filter { $0.observation.accession == tube }.map(\.facts)
        let before = file.standing.values.filter { $0.accession == tube }.compactMap { records[$0.id]?.judged.facts }
        return arrived + before
    }

    /// The highest of each index that the analyzer of each result told of the tube, where the result came with none.
    func sharingIndices(_ results: [ResultFacts], of tube: String) -> [ResultFacts] {
        var told: [String: SerumIndices] = [:]
        for facts in factsKnown(of: tube) where facts.indices.measured {
            let analyzer = facts.analyzer ?? ""
            for index in HILIndex.allCases {
                if let value = facts.indices[index] { told[analyzer, default: SerumIndices()].raise(index, to: value) }
            }
        }
        if told.isEmpty { return results }
        return results.map { one in
            var facts = one
            guard facts.indices.measured, let told = told[facts.analyzer ?? ""] else { return facts }
            for index in HILIndex.allCases {
                guard let value = told[index], one.indices[index] == nil || isBorrowed(index, by: one.id) else {
                    continue
                }
                facts.indices.raise(index, to: value)
            }
            return facts
        }
    }

    private func isBorrowed(_ index: HILIndex, by id: String) -> Bool {
        records[id]?.judged.borrowed?.contains(index) ?? false
    }

    /// Indices of a result that other messages told: those of its last judgement, and what this one added.
    func borrowed(_ judged: ResultFacts, came facts: ResultFacts) -> [HILIndex]? {
        let all = HILIndex.allCases.filter {
            isBorrowed($0, by: facts.id) || (facts.indices[$0] == nil && judged.indices[$0] != nil)
        }
        return all.isEmpty ? nil : all
    }

    /// A message told an index of its tube that it was not judged with.
    func isToldMore(_ observation: Observation) -> Bool {
        guard let facts = records[observation.id]?.judged.facts else { return false }
        return sharingIndices([facts], of: observation.accession) != [facts]
    }
}

extension SerumIndices {
    fileprivate mutating func raise(_ index: HILIndex, to value: Exact) {
        switch index {
        case .hemolysis: hemolysis = max(hemolysis ?? value, value)
        case .icterus: icterus = max(icterus ?? value, value)
        case .lipemia: lipemia = max(lipemia ?? value, value)
        }
    }
}
