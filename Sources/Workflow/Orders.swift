import Base
import Catalog
package import Laboratory
import Store

extension Desk {
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
        var orders = [SpecimenOrder]()
        for specimen in specimens {
            let request = try await request(specimen.requestID)
            let patient = try await patient(request.patientID)
            let done = try await ask { () throws(StoreFailure) in
                try await store.observations(requestID: request.id)
            }
            let left = specimen.analyses.filter { code in !done.contains { $0.analysis == code } }
            if left.isEmpty { continue }
            orders.append(
                SpecimenOrder(
                    accession: specimen.accession, analyses: left, priority: request.priority, patient: patient,
                    requestedAt: request.registeredAt, collectedAt: specimen.collectedAt))
        }
        return orders
    }
}
