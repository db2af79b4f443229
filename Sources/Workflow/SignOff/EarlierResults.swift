package import Base
package import Laboratory
import Store

// What of a patient's past a report may show, and a rule may compare with.
extension Desk {
    /// Earlier requests that a report shows in its curves; one earlier result is what a person compares with.
    static let historyDepth = 8

    /// Asked beyond the depth, since some of what was signed does not stand any more.
    private static let historyReserve = 8

    /// Signed results of samples taken before that of this content, of each analysis the last taken first, the last of
    /// each request. Left out: what its request signed no more, what was rejected since, and all of a report that was
    /// withdrawn. Marked: what the readers of a report under this visibility may not see. `before`: nothing measured
    /// later counts, so that a report made again shows what it showed.
    package func previousResults(
        _ request: Request, _ content: SignedContent, before: Instant, under visibility: Visibility, depth: Int = 1
    ) async throws(CommandFailure) -> [PreviousResult] {
        let own = Dictionary(content.observations.map { ($0.analysis, $0) }, uniquingKeysWith: { first, _ in first })
        let found = try await ask { () throws(StoreFailure) in
            try await store.previousSigned(
                patientID: request.patientID, analyses: content.observations.map(\.analysis), before: before,
                excludingRequest: request.id, depth: depth + Desk.historyReserve)
        }
        var standings = [String: EarlierStanding](), counts = [String: Int](), results = [PreviousResult]()
        // A request signed again holds each result once more: the newest counts.
        var seen = Set<[String]>()
        for (taken, one) in try await taken(found) where counts[one.analysis, default: 0] < depth {
            guard let mine = own[one.analysis], (taken, one.observedAt) < (content.takenAt(of: mine), mine.observedAt)
            else { continue }
            var known = standings[one.requestID]
            if known == nil { known = try await standing(of: one.requestID) }
            guard let standing = known else { continue }
            standings[one.requestID] = standing
            guard !standing.isWithdrawn, standing.observations.contains(one.id),
                seen.insert([one.requestID, one.analysis]).inserted
            else { continue }
            counts[one.analysis, default: 0] += 1
            var value = one.value
            if let latest = standing.latest { value = try await shown([one], as: latest)[0].value }
            results.append(
                PreviousResult(
                    analysis: one.analysis, value: value, takenAt: taken,
                    isKeptBack: standing.state.isHeld
                        || !visibility.mayShow(resultsUnder: standing.state.visibility, at: now()),
                    comparability: (shelf[one.catalogueVersion] ?? catalogue).comparability(of: one)))
        }
        return results
    }

    /// Results with the time at which each sample was taken, the last first; of one sample, the last measured first.
    private func taken(_ found: [Observation]) async throws(CommandFailure) -> [(at: Instant, one: Observation)] {
        var specimens = [String: [Specimen]](), out = [(at: Instant, one: Observation)]()
        for one in found {
            if specimens[one.requestID] == nil {
                specimens[one.requestID] = try await ask { () throws(StoreFailure) in
                    try await store.specimens(requestID: one.requestID)
                }
            }
            out.append((one.takenAt(among: specimens[one.requestID] ?? []), one))
        }
        return out.sorted { ($1.at, $1.one.observedAt, $1.one.run) < ($0.at, $0.one.observedAt, $0.one.run) }
    }

    /// What of an earlier request stands: its acts, and the results that its last signature holds and nobody rejected.
    private struct EarlierStanding {
        var state: ReleaseState
        var latest: Signature?
        var isWithdrawn: Bool
        var observations: Set<String>
    }
    private func standing(of id: String) async throws(CommandFailure) -> EarlierStanding {
        let (signatures, events) = try await ask { () throws(StoreFailure) in
            (try await store.signatures(requestID: id), try await store.observationEvents(requestID: id))
        }
        let latest = signatures.max { $0.version < $1.version }
        let rejected = Chosen.lastEvents(events).filter { $0.value.kind == .rejected }.keys
        let acts = try await releaseActs(of: try await request(id))
        return EarlierStanding(
            state: ReleaseState(acts.map(\.act)), latest: latest,
            isWithdrawn: Desk.withdrawal(among: acts, signatures) != nil,
            observations: Set(latest?.observationIDs ?? []).subtracting(rejected))
    }

    /// Who may see the reports of a request, after what people decided.
    func visibility(of request: Request) async throws(CommandFailure) -> Visibility {
        ReleaseState(try await releaseActs(of: request).map(\.act)).visibility
    }

    /// The act that took back what the last signature sent; nil when it stands.
    package func withdrawal(of request: Request) async throws(CommandFailure) -> DecidedRelease? {
        let acts = try await releaseActs(of: request)
        // Most requests never saw one: their signatures are not read.
        guard acts.contains(where: { $0.act.kind == .withdraw }) else { return nil }
        let signatures = try await ask { () throws(StoreFailure) in
            try await store.signatures(requestID: request.id)
        }
        return Desk.withdrawal(among: acts, signatures)
    }
    private static func withdrawal(among acts: [DecidedRelease], _ signatures: [Signature]) -> DecidedRelease? {
        guard let last = acts.last(where: { $0.act.kind == .withdraw }) else { return nil }
        return signatures.allSatisfy { $0.at <= last.at } ? last : nil
    }

    /// Those of these requests, by id, whose report was not withdrawn: results of one that was may be somebody else's.
    package func unwithdrawn(requests ids: Set<String>) async throws(CommandFailure) -> Set<String> {
        if ids.isEmpty { return [] }
        let found = try await ask { () throws(StoreFailure) in try await store.requests(ids: ids.sorted()) }
        var stands = ids
        for request in found where try await withdrawal(of: request) != nil { stands.remove(request.id) }
        return stands
    }
}
