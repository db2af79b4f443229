package import Base
import Catalog
package import Laboratory
import Rules
import Store

// What the rules were worth over a period (RULES section 1.5), counted from the journal of judgements, the events and
// the signatures: nothing is kept for it.
extension Desk {
    /// Of the results first judged in [`from`, `before`). What happened to them later counts, whenever it did.
    package func monitorRules(
        from: Instant, before: Instant, telling analysis: String? = nil, by author: Author
    ) async throws(CommandFailure) -> RuleMonitoring {
        try allow(author, .read)
        if let analysis, catalogue[analysis] == nil { throw missing("analysis.unknown", "analyse", analysis) }
        var last = [String: (ordinal: Int, analysis: String, holds: [Hold.Code])]()
        var first = Set<String>()
        var report = ReplayReport()
        _ = try await each(from, before, author, &report) { judged, _ in
            for (record, judged) in judged.members {
                let id = record.observationID
                if record.ordinal == 1 { first.insert(id) }
                if let known = last[id], known.ordinal > record.ordinal { continue }
                let holds = Set(judged.holds.map(\.code)).sorted { $0.rawValue < $1.rawValue }
                last[id] = (record.ordinal, judged.facts.analysis, holds)
            }
        }
        var cases = [RuleMonitoring.Case]()
        var fates = [String: RequestFates]()
        for id in first.sorted() {
            guard let judged = last[id],
                let observation = try await ask({ () throws(StoreFailure) in try await store.observation(id) })
            else { continue }
            let request = observation.requestID
            if fates[request] == nil { fates[request] = try await fatesOf(request) }
            guard let fate = fates[request] else { continue }
            let isSigned = fate.signedAt[id] != nil
            cases.append(
                RuleMonitoring.Case(
                    observationID: id, analysis: judged.analysis, holds: judged.holds,
                    isOverridden: isSigned && !judged.holds.isEmpty,
                    isRejected: judged.holds.isEmpty && fate.rejectedAt[id] != nil,
                    isRetracted: isSigned && fate.isRetracted(id)))
        }
        return RuleMonitoring(cases, telling: analysis)
    }

    /// What people did with the results of a request.
    private struct RequestFates {
        /// When each was first signed.
        var signedAt: [String: Instant] = [:]
        /// When a person last rejected it, where that stands.
        var rejectedAt: [String: Instant] = [:]
        /// Of the version in force.
        var standing: Set<String> = []

        func isRetracted(_ id: String) -> Bool {
            guard let signed = signedAt[id] else { return false }
            return !standing.contains(id) || rejectedAt[id].map { signed <= $0 } ?? false
        }
    }

    private func fatesOf(_ request: String) async throws(CommandFailure) -> RequestFates {
        let (events, signatures) = try await ask { () throws(StoreFailure) in
            (try await store.observationEvents(requestID: request), try await store.signatures(requestID: request))
        }
        var fates = RequestFates()
        for signature in signatures.sorted(by: { $0.version < $1.version }) {
            for id in signature.observationIDs where fates.signedAt[id] == nil { fates.signedAt[id] = signature.at }
            fates.standing = Set(signature.observationIDs)
        }
        for (id, event) in Chosen.lastEvents(events) where event.kind == .rejected && !event.isSettingAside {
            fates.rejectedAt[id] = event.at
        }
        return fates
    }
}
