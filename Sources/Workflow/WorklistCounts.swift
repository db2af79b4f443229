import Catalog
import Laboratory
import Store

/// Tubes of the technician's list, counted whole, whatever an answer shows of them.
package struct WorklistCounts: Codable, Sendable, Hashable {
    package var tubes = 0
    package var urgent = 0
    /// Something stops one of their results (`Hold.Code.stopsLot`).
    package var held = 0
    package init() {}
}

extension Desk {
    /// Reads all that waits: asked for when a list was cut, not with each look.
    package func worklistCounts(site: String?) async throws(CommandFailure) -> WorklistCounts {
        let waiting = try await ask { () throws(StoreFailure) in
            try await store.observationsAwaitingTechnicalValidation(site: site, limit: Int(Int32.max))
        }
        let judged = try await standing(waiting, at: now())
        let requests = try await ask { () throws(StoreFailure) in
            try await store.requests(ids: Set(waiting.map(\.requestID)).sorted())
        }
        let urgent = Set(requests.filter { $0.priority == .urgent }.map(\.id))
        var tubes = [String: (isUrgent: Bool, isHeld: Bool)]()
        for observation in judged {
            let key = observation.accession.isEmpty ? observation.requestID : observation.accession
            let isHeld = observation.holds.contains(where: \.code.stopsLot) || tubes[key]?.isHeld ?? false
            tubes[key] = (urgent.contains(observation.requestID), isHeld)
        }
        var counts = WorklistCounts()
        counts.tubes = tubes.count
        counts.urgent = tubes.values.count(where: \.isUrgent)
        counts.held = tubes.values.count(where: \.isHeld)
        return counts
    }
}
