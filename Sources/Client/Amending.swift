package import Base
import Laboratory

// What a new version of a report changes, and who has the one before.

/// Somebody who has an earlier version, and what comes next.
package struct ReportHolder: Codable, Sendable, Hashable {
    package var who: String
    package var version: Int
    package var state: String
    package var next: String
}

/// A result that is not the same in two versions; nil: not there.
package struct ResultChange: Sendable, Hashable {
    package var analysis: String
    package var before: ObservationView?
    package var after: ObservationView?
}

extension RequestFileView {
    /// By code; results by their identifiers.
    package func changes(from before: [String], to after: [String]) -> [ResultChange] {
        func values(_ ids: [String]) -> [String: ObservationView] {
            Dictionary(
                observations.filter { ids.contains($0.id) }.map { ($0.analysis, $0) },
                uniquingKeysWith: { $0.run > $1.run ? $0 : $1 })
        }
        let old = values(before), new = values(after)
        return Set(old.keys).union(new.keys).sorted().compactMap { code in
            guard old[code]?.id != new[code]?.id else { return nil }
            return ResultChange(analysis: code, before: old[code], after: new[code])
        }
    }

    /// The two versions to put side by side: the last signed one beside what is to be signed, else the last two signed.
    package func sides(_ toSign: FileToSignView) -> (before: SignatureView?, after: SignatureView?, ids: [String]) {
        let isPending = !toSign.fresh.isEmpty || toSign.isAmendment || toSign.hasFreshSupplements
        let signed = signatures.sorted { $0.version < $1.version }
        guard !isPending, let last = signed.last else { return (signed.last, nil, toSign.observations.map(\.id)) }
        return (signed.dropLast().last, last, last.observationIDs)
    }

    package var lastSignature: SignatureView? { signatures.max { $0.version < $1.version } }
}

extension LaboratoryClient {
    private static let replacement = "le remplacement"
    private static let isInForce = "rien : c'est la version en vigueur"
    /// Deliveries of one request looked at.
    private static let mostDeliveries = 1000

    /// Who received a version before this one, and what each will get; who has the version in force, when nothing is to
    /// be signed, gets nothing more.
    package func holders(
        of request: RequestView, before version: Int, inForce: Int? = nil
    ) async throws(Refusal) -> [ReportHolder] {
        let deliveries = try await deliveries(request: request.id, limit: LaboratoryClient.mostDeliveries)
            .filter { $0.version < version }
            .sorted { ($0.version, $0.createdAt.text) < ($1.version, $1.createdAt.text) }
        let correspondents = [request.prescriber] + request.recipients
        var holders = [String: ReportHolder]()
        func replacement(of delivered: Int) -> String {
            delivered == inForce ? LaboratoryClient.isInForce : LaboratoryClient.replacement
        }
        for delivery in deliveries {
            if delivery.isDeletion {
                // Taken back from there: nobody has it any more.
                if delivery.toDMP { holders["DMP"] = nil }
                for box in delivery.mailboxes { holders[box.address.lowercased()] = nil }
                continue
            }
            if delivery.toDMP {
                holders["DMP"] = ReportHolder(
                    who: "DMP", version: delivery.version, state: delivery.dmp,
                    next: replacement(of: delivery.version))
            }
            for box in delivery.mailboxes {
                let address = box.address.lowercased()
                let person = correspondents.first { $0.securedMail?.lowercased() == address }
                holders[address] = ReportHolder(
                    who: person.map { "\($0.displayName) <\(box.address)>" } ?? box.address,
                    version: delivery.version,
                    state: box.state == "sans réponse" ? delivery.transport : box.state,
                    next: replacement(of: delivery.version))
            }
        }
        for person in correspondents where person.securedMail == nil {
            holders[person.displayName] = ReportHolder(
                who: person.displayName, version: version - 1, state: "papier",
                next: "rien par voie électronique : à prévenir")
        }
        return holders.values.sorted { $0.who < $1.who }
    }
}
