import Base
package import Laboratory
import Store

/// What people and reports are shown of a result. Its own row says it of the first judgement, the record of each later
/// one of that: nothing that was written changes, and each signature keeps which of them it covers.
package struct ShownResult: Codable, Sendable, Hashable {
    /// Of the judgement that showed it so first: a result keeps its catalogue while it says the same.
    package var catalogueVersion: String
    package var value: ObservationValue
    package var interval: AppliedInterval?
    package var flags: [ResultFlag]
    package var comment: String?

    init(_ observation: Observation) {
        catalogueVersion = observation.catalogueVersion
        value = observation.value
        interval = observation.interval
        flags = observation.flags
        comment = observation.comment
    }
}

extension Observation {
    mutating func show(_ shown: ShownResult) {
        showValue(shown)
        comment = shown.comment
    }

    /// All but the words, beside which people may have put theirs since.
    mutating func showValue(_ shown: ShownResult) {
        catalogueVersion = shown.catalogueVersion
        value = shown.value
        interval = shown.interval
        flags = shown.flags
    }

    /// It says the same of the patient, whichever catalogue it was judged by.
    func saysTheSame(as other: Observation) -> Bool {
        value == other.value && interval == other.interval && flags == other.flags && comment == other.comment
    }
}

/// What a list needs of a judgement: the rest of it is not decoded.
struct StandingJudgement: Decodable {
    var holds: [Hold]
    var shown: ShownResult?
}

extension Desk {
    /// The last judgement of those of these results that were judged more than once.
    func standingJudgements(
        of ids: [String]
    ) async throws(CommandFailure) -> [String: (judged: StandingJudgement, ordinal: Int)] {
        if ids.isEmpty { return [:] }
        let again = try await ask { () throws(StoreFailure) in try await store.standingEvaluations(of: ids, from: 2) }
        var found = [String: (judged: StandingJudgement, ordinal: Int)]()
        for record in again {
            let judged = try RegisterText.decode(record.content, as: StandingJudgement.self)
            found[record.observationID] = (judged, record.ordinal)
        }
        return found
    }

    /// Rows of the store as their last judgement shows them.
    package func shown(_ stored: [Observation]) async throws(CommandFailure) -> [Observation] {
        let again = try await standingJudgements(of: stored.map(\.id))
        if again.isEmpty { return stored }
        return stored.map { row in
            var observation = row
            if let shown = again[row.id]?.judged.shown { observation.show(shown) }
            return observation
        }
    }

    /// Rows of the store as a signature covers them, whatever was judged since.
    func shown(_ stored: [Observation], as signature: Signature) async throws(CommandFailure) -> [Observation] {
        guard let judgements = signature.judgements else { return stored }
        var out = [Observation]()
        for row in stored {
            var observation = row
            if let ordinal = judgements[row.id] {
                let records = try await ask { () throws(StoreFailure) in
                    try await store.evaluations(observationID: row.id)
                }
                if let record = records.first(where: { $0.ordinal == ordinal }),
                    let shown = try RegisterText.decode(record.content, as: StandingJudgement.self).shown
                {
                    observation.show(shown)
                }
            }
            out.append(observation)
        }
        return out
    }

    /// Which judgement shows each of these results now, to be kept with a signature over them; nil: their rows show
    /// all of them.
    func judgementsShown(_ observations: [Observation]) async throws(CommandFailure) -> [String: Int]? {
        let shown = try await standingJudgements(of: observations.map(\.id)).filter { $0.value.judged.shown != nil }
        return shown.isEmpty ? nil : shown.mapValues(\.ordinal)
    }
}
