import Base
import Catalog
package import Laboratory
import Store

extension Desk {
    /// Tubes that one question may cover.
    private static let tubesOfQuestion = 500

    /// Analyses without a result of each of these tubes, in the order asked; a tube that is unknown or done is left
    /// out. Nil asks for every received tube of the site with something left to do, newest requests first, 100 at most.
    package func outstandingOrders(
        _ accessions: [String]?, site: String
    ) async throws(CommandFailure) -> [SpecimenOrder] {
        var specimens = [Specimen]()
        if let accessions {
            for accession in accessions {
                if let found = try await ask({ () throws(StoreFailure) in try await store.specimen(accession) }) {
                    specimens.append(found)
                }
            }
        } else {
            let requests = try await ask { () throws(StoreFailure) in
                try await store.requests(site: site, limit: 100)
            }
            for request in requests {
                specimens += try await ask { () throws(StoreFailure) in
                    try await store.specimens(requestID: request.id)
                }.filter { $0.receivedAt != nil }
            }
        }
        return try await outstanding(specimens)
    }

    /// The same for a host query: tubes one by one, ranges of tubes (LIS2-A2 fields Q.3 and Q.4), or everything.
    package func outstandingOrders(
        _ query: HostQuery, site: String
    ) async throws(CommandFailure) -> [SpecimenOrder] {
        if query.all { return try await outstandingOrders(nil, site: site) }
        var orders = try await outstandingOrders(query.accessions, site: site)
        for range in query.ranges {
            let found = try await ask { () throws(StoreFailure) in
                try await store.specimens(from: range.first, through: range.last, limit: Desk.tubesOfQuestion)
            }
            let tubes = found.filter { specimen in
                specimen.site == site && specimen.receivedAt != nil
                    && !orders.contains { $0.accession == specimen.accession }
            }
            orders += try await outstanding(tubes)
        }
        return orders
    }

    private func outstanding(_ specimens: [Specimen]) async throws(CommandFailure) -> [SpecimenOrder] {
        var orders = [SpecimenOrder]()
        for specimen in specimens {
            let request = try await request(specimen.requestID)
            let patient = try await patient(request.patientID)
            // A rejected result is no result: its analysis is still to do.
            let done = try await standing(of: request.id)
            let left = specimen.analyses.filter { done[$0] == nil }
            if left.isEmpty { continue }
            orders.append(
                SpecimenOrder(
                    accession: specimen.accession, analyses: left, priority: request.priority, patient: patient,
                    requestedAt: request.registeredAt, collectedAt: specimen.collectedAt))
        }
        return orders
    }
}
