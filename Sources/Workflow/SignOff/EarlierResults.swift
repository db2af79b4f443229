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
        let older = try await older(
            than: content, own, of: request, before: before, depth: depth + Desk.historyReserve)
        var standings = [String: EarlierStanding](), counts = [String: Int](), results = [PreviousResult]()
        // A request signed again holds each result once more: the newest counts.
        var seen = Set<[String]>()
        for (taken, one) in older where counts[one.analysis, default: 0] < depth {
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

    /// Signed results of samples taken before, `depth` of each analysis where there are so many. The store has them by
    /// the time of measurement: behind younger ones, as a corrected file finds them, it is asked for more.
    private func older(
        than content: SignedContent, _ own: [String: Observation], of request: Request, before: Instant, depth: Int
    ) async throws(CommandFailure) -> [(at: Instant, one: Observation)] {
        var older = [(at: Instant, one: Observation)](), wanted = own.keys.sorted(), asked = depth
        while !wanted.isEmpty {
            let (codes, limit) = (wanted, asked)
            let found = try await ask { () throws(StoreFailure) in
                try await store.previousSigned(
                    patientID: request.patientID, analyses: codes, before: before, excludingRequest: request.id,
                    depth: limit)
            }
            let rows = Dictionary(grouping: found, by: \.analysis).mapValues(\.count)
            let before = try await taken(found).filter { at, one in
                own[one.analysis].map { (at, one.observedAt) < (content.takenAt(of: $0), $0.observedAt) } ?? false
            }
            let counts = Dictionary(grouping: before, by: \.one.analysis).mapValues(\.count)
            wanted = codes.filter { rows[$0] == limit && counts[$0, default: 0] < depth }
            older += before.filter { !wanted.contains($0.one.analysis) }
            asked *= 8
        }
        return older.sorted { ($1.at, $1.one.observedAt, $1.one.run) < ($0.at, $0.one.observedAt, $0.one.run) }
    }

    /// Results with the time at which each sample was taken, the last first; of one sample, the last measured first.
    package func taken(_ found: [Observation]) async throws(CommandFailure) -> [(at: Instant, one: Observation)] {
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
