import Base
import Laboratory
import Rules
import Store

/// Indices of the serum that a message brought without taking a result of their tube in: a fact of the tube, kept in
/// the register `serum`.
struct ToldIndices: Codable, Sendable, Hashable {
    var accession: String
    var analyzer: String
    var messageID: String
    var ordinal: Int
    var indices: SentIndices
    var at: Instant

    func saysTheSame(as other: ToldIndices) -> Bool {
        (accession, analyzer, indices) == (other.accession, other.analyzer, other.indices)
    }
}

extension Desk {
    func toldIndices(of request: Request) async throws(CommandFailure) -> [ToldIndices] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.serum, site: request.site, subject: request.id)
        }
        var told = [ToldIndices]()
        for entry in entries { told.append(try RegisterText.decode(Array(entry.body.utf8), as: ToldIndices.self)) }
        return told
    }
}

// Indices are the serum's, and its tube's: a result that came without one takes what another message told of its tube,
// whichever came first (RULES section 4). Each analyzer has its own scale, so only those of its own count. One that
// came with a result stands for it: the serum may have been cleared, or have aged, between two measurements.
extension Judgement {
    /// What is known of the tube by what arrived, what stands and what came without a result.
    func indicesKnown(of tube: String) -> [(analyzer: String, indices: SerumIndices)] {
        let arrived = file.arrivals.filter { $0.observation.accession == tube }.map(\.facts)
        let before = file.standing.values.filter { $0.accession == tube }.compactMap { records[$0.id]?.judged.facts }
        return (arrived + before).map { ($0.analyzer ?? "", $0.indices) }
            + file.serum.filter { $0.accession == tube }.map { ($0.analyzer, SerumIndices($0.indices)) }
    }

    /// The highest of each index that the analyzer of each result told of the tube, where the result came with none.
    func sharingIndices(_ results: [ResultFacts], of tube: String) -> [ResultFacts] {
        var told: [String: SerumIndices] = [:]
        for one in indicesKnown(of: tube) where one.indices.measured {
            for index in HILIndex.allCases {
                if let value = one.indices[index] {
                    told[one.analyzer, default: SerumIndices()].raise(index, to: value)
                }
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

    // After a signature

    /// Signed results that indices told since would suppress, hold, or give with a comment: they are judged again, and
    /// the report in force is to be amended (RULES sections 4 and 12). What the indices say nothing against stays as
    /// it was signed.
    mutating func reopenToldSince() {
        for tube in Set(file.standing.values.map(\.accession)).sorted() {
            let late = file.standing.values.filter {
                $0.accession == tube && signed.contains($0.id) && (isToldMore($0) || suppresses([$0], of: tube))
            }
            let facts = late.sorted { $0.id < $1.id }.compactMap { records[$0.id]?.judged.facts }
            if facts.isEmpty { continue }
            for result in engine.evaluate(input(tube, facts, contradictions: [])).results {
                guard let before = records[result.id]?.judged.result, result.isInterferedMore(than: before) else {
                    continue
                }
                reopenable[result.id] = true
                toldSince.insert(result.id)
            }
        }
    }

    mutating func askToAmend(toldSince again: [Observation], _ evaluation: Evaluation) {
        for one in again where toldSince.contains(one.id) {
            guard let result = evaluation.results.first(where: { $0.id == one.id }),
                let cause = result.checks.first(where: \.isInterference), let code = cause.code,
                tasks.insert(AmendmentTask.Key(one.id, "\(code.rawValue) \(one.accession)")).inserted
            else { continue }
            taskCount += 1
            let words = "indice du sérum connu après la signature : " + cause.words(in: engine.zone)
            let task = AmendmentTask(
                observationID: one.id, analysis: one.analysis, analyzer: one.origin.analyzer ?? "",
                run: "\(code.rawValue) \(one.accession)", isOpen: true, reason: words, hold: code)
            facts.append(.register(task.entry(file.request, ordinal: taskCount, by: Desk.house, at: at)))
        }
    }
}

extension CheckRecord {
    /// Something of the serum speaks against a value.
    fileprivate var isInterference: Bool {
        (check == .interference || check == .freeHemoglobin) && outcome != .no && code != nil
    }
}

extension ResultEvaluation {
    fileprivate func isInterferedMore(than before: ResultEvaluation) -> Bool {
        if before.isSuppressed { return false }
        let seen = before.checks.filter(\.isInterference)
        return checks.contains { now in
            now.isInterference
                && !seen.contains { ($0.check, $0.code, $0.rule) == (now.check, now.code, now.rule) }
        }
    }
}

extension SerumIndices {
    init(_ sent: SentIndices) {
        self.init(
            hemolysis: sent.hemolysis, icterus: sent.icterus, lipemia: sent.lipemia,
            freeHemoglobin: sent.freeHemoglobin, measured: true)
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
