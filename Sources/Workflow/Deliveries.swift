import Base
package import Laboratory
package import Store

/// A delivery with its two legs, as `paillasse deliveries` shows it.
package struct DeliveryView: Codable, Sendable, Hashable {
    package var delivery: Delivery
    package var requestNumber: String
    package var events: [DeliveryEvent]
}

extension Desk {
    package func newIdentifier() -> String { freshID() }

    package func deliveries(
        site: String?, request reference: String?, limit: Int
    ) async throws(CommandFailure) -> [DeliveryView] {
        var requestID: String?
        if let reference { requestID = try await request(reference).id }
        let wanted = requestID
        let found = try await ask { () throws(StoreFailure) in
            try await store.deliveries(site: site, requestID: wanted, limit: limit)
        }
        let (happened, requests) = try await ask { () throws(StoreFailure) in
            (
                try await store.deliveryEvents(of: found.map(\.id)),
                try await store.requests(ids: found.map(\.requestID))
            )
        }
        let numbers = Dictionary(requests.map { ($0.id, $0.number) }) { first, _ in first }
        return found.map {
            DeliveryView(
                delivery: $0, requestNumber: numbers[$0.requestID] ?? $0.requestID, events: happened[$0.id] ?? [])
        }
    }

    /// One more thing that happened to a delivery. Attempts are their own trace; what the other side says is audited.
    package func recordDelivery(
        _ kind: DeliveryEvent.Kind, _ delivery: Delivery, detail: String?, author: String
    ) async throws(CommandFailure) {
        try await record(kind, delivery, detail, author, with: [])
    }

    /// A business acknowledgement (ZAM): the message itself and what it says of the delivery, in one transaction, once
    /// for each control id. True when it was new.
    package func recordAcknowledgement(
        _ inbound: InboundMessage, _ kind: DeliveryEvent.Kind, of delivery: Delivery, detail: String?
    ) async throws(CommandFailure) -> Bool {
        let known = try await ask { () throws(StoreFailure) in
            try await store.inbound(source: inbound.source, controlID: inbound.controlID)
        }
        if known != nil { return false }
        try await record(kind, delivery, detail, "exchange", with: [.inbound(inbound)])
        return true
    }

    private func record(
        _ kind: DeliveryEvent.Kind, _ delivery: Delivery, _ detail: String?, _ author: String, with more: [Fact]
    ) async throws(CommandFailure) {
        try await attempt { () async throws(CommandFailure) -> Void in
            let events = try await ask { () throws(StoreFailure) in try await store.deliveryEvents(delivery.id) }
            let at = now()
            let event = DeliveryEvent(
                deliveryID: delivery.id, ordinal: (events.last?.ordinal ?? 0) + 1, kind: kind, at: at, detail: detail)
            let isOurs = kind == .attempted || kind == .failed
            let note = AuditNote(
                site: delivery.site, author: author, action: "delivery.\(kind.rawValue)", subject: delivery.controlID,
                at: at)
            try await ask { () throws(StoreFailure) in
                try await store.append(more + [.deliveryEvent(event)], note: isOurs ? nil : note)
            }
        }
    }
}
