import Base
package import Laboratory
package import Store

/// A delivery with its two legs, as `paillasse deliveries` shows it.
package struct DeliveryView: Codable, Sendable, Hashable {
    package var delivery: Delivery
    package var requestNumber: String
    package var events: [DeliveryEvent]
    package init(delivery: Delivery, requestNumber: String, events: [DeliveryEvent]) {
        self.delivery = delivery
        self.requestNumber = requestNumber
        self.events = events
    }
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
        try await attempt { () async throws(CommandFailure) -> Void in
            try await append(kind, delivery, [detail], author)
        }
    }

    /// A business acknowledgement (ZAM): the message itself and what it says of the delivery, in one transaction, once.
    /// Its control id alone does not tell it from another: two PFIs count each for itself, some begin again at each
    /// start (PFI sheet section 9). `details`: one event each, for one may be about several mailboxes. True when it was
    /// new.
    package func recordAcknowledgement(
        _ inbound: InboundMessage, _ kind: DeliveryEvent.Kind, of delivery: Delivery, details: [String?]
    ) async throws(CommandFailure) -> Bool {
        try await attempt { () async throws(CommandFailure) -> Bool in
            guard let kept = try await unseen(inbound, kind, delivery, details) else { return false }
            try await append(kind, delivery, details, "exchange", with: [.inbound(kept)])
            return true
        }
    }

    /// The message under the number that it is kept by, or nil when it tells nothing new: the same bytes came before,
    /// or the same news under the same number with another date.
    private func unseen(
        _ inbound: InboundMessage, _ kind: DeliveryEvent.Kind, _ delivery: Delivery, _ details: [String?]
    ) async throws(CommandFailure) -> InboundMessage? {
        func known(_ controlID: String) async throws(CommandFailure) -> InboundMessage? {
            try await ask { () throws(StoreFailure) in
                try await store.inbound(source: inbound.source, controlID: controlID)
            }
        }
        guard let first = try await known(inbound.controlID) else { return inbound }
        if first.bytes == inbound.bytes { return nil }
        var other = inbound
        other.controlID = "\(inbound.controlID)/\(Digest.sha256Hex(inbound.bytes))"
        if try await known(other.controlID) != nil { return nil }
        let events = try await ask { () throws(StoreFailure) in try await store.deliveryEvents(delivery.id) }
        let isOfDMP = kind == .dmpAccepted || kind == .dmpRefused
        let isKnown = details.allSatisfy { detail in
            let box = detail?.split(separator: " ").first.map(String.init) ?? ""
            let standing = events.last { $0.kind.isAnswered(by: kind) && (isOfDMP || $0.isAbout(box)) }
            return standing?.kind == kind && standing?.detail == detail
        }
        return isKnown ? nil : other
    }

    private func append(
        _ kind: DeliveryEvent.Kind, _ delivery: Delivery, _ details: [String?], _ author: String, with more: [Fact] = []
    ) async throws(CommandFailure) {
        let events = try await ask { () throws(StoreFailure) in try await store.deliveryEvents(delivery.id) }
        let at = now()
        let told = details.enumerated().map { n, detail in
            Fact.deliveryEvent(
                DeliveryEvent(
                    deliveryID: delivery.id, ordinal: (events.last?.ordinal ?? 0) + 1 + n, kind: kind, at: at,
                    detail: detail))
        }
        let isOurs = kind == .attempted || kind == .failed
        let note = AuditNote(
            site: delivery.site, author: author, action: "delivery.\(kind.rawValue)", subject: delivery.controlID,
            at: at)
        try await ask { () throws(StoreFailure) in
            try await store.append(more + told, note: isOurs ? nil : note)
        }
    }
}

extension DeliveryEvent.Kind {
    /// The other is news of the same question: what the DMP answered, whether a mail came, whether it was read.
    fileprivate func isAnswered(by other: Self) -> Bool {
        switch self {
        case .dmpAccepted, .dmpRefused: other == .dmpAccepted || other == .dmpRefused
        case .mailDelivered: other == .mailDelivered || other == .mailRefused
        case .mailRead: other == .mailRead || other == .mailRefused
        case .mailRefused: [.mailDelivered, .mailRead, .mailRefused].contains(other)
        case .attempted, .failed, .unreached, .accepted, .refused, .abandoned: false
        }
    }
}

extension DeliveryEvent {
    /// This mailbox has it: its server took it, or somebody read it.
    package func saysMailCame(to address: String) -> Bool {
        (kind == .mailDelivered || kind == .mailRead) && isAbout(address)
    }
    /// Told by this mailbox, whose address its detail begins with.
    package func isAbout(_ address: String) -> Bool {
        detail?.split(separator: " ").first?.lowercased() == address.lowercased()
    }
}
