import Base
package import Laboratory

/// A decision about the way out of a request's reports.
package struct ReleaseBody: Codable, Sendable, Hashable {
    package var kind: ReleaseAct.Kind
    package var reason: String
    /// `hide`: from whom; the patient when nobody is named.
    package var from: [Audience]?
    /// `hide`: until when; until somebody lifts it when absent.
    package var until: Moment?
    package var secretCare: Bool?
    package var confidentiality: Visibility.Confidentiality?
    /// `retry`, `abandon`: which delivery.
    package var delivery: String?
    package init(
        kind: ReleaseAct.Kind, reason: String, from: [Audience]? = nil, until: Moment? = nil, delivery: String? = nil
    ) {
        self.kind = kind
        self.reason = reason
        self.from = from
        self.until = until
        self.delivery = delivery
    }
}

/// All that happened to the reports of one request.
package struct ReportStoryView: Codable, Sendable, Hashable {
    package struct Act: Codable, Sendable, Hashable {
        package var kind: ReleaseAct.Kind
        package var reason: String
        package var author: String
        package var at: Moment
        package var hiddenFrom: [Audience]
        package var until: Moment?
        package init(
            kind: ReleaseAct.Kind, reason: String, author: String, at: Moment, hiddenFrom: [Audience], until: Moment?
        ) {
            self.kind = kind
            self.reason = reason
            self.author = author
            self.at = at
            self.hiddenFrom = hiddenFrom
            self.until = until
        }
    }
    package var requestNumber: String
    package var isHeld: Bool
    package var hiddenFrom: [Audience]
    package var hiddenUntil: Moment?
    package var versions: [ReportView]
    package var deliveries: [DeliveryLineView]
    package var acts: [Act]
    package init(
        requestNumber: String, isHeld: Bool, hiddenFrom: [Audience], hiddenUntil: Moment?, versions: [ReportView],
        deliveries: [DeliveryLineView], acts: [Act]
    ) {
        self.requestNumber = requestNumber
        self.isHeld = isHeld
        self.hiddenFrom = hiddenFrom
        self.hiddenUntil = hiddenUntil
        self.versions = versions
        self.deliveries = deliveries
        self.acts = acts
    }
}

/// What one mailbox did with the report.
package struct MailboxView: Codable, Sendable, Hashable {
    package var address: String
    package var state: String
    package var at: Moment?
    /// Why it could not, as its server said.
    package var problem: String?
}

extension DeliveryLineView {
    /// State of each mailbox: those that were sent to, then those that answered.
    package var mailboxes: [MailboxView] {
        var boxes = [MailboxView]()
        for address in addresses { boxes.append(MailboxView(address: address, state: "sans réponse")) }
        for event in events {
            let state: String? =
                switch event.kind {
                case .mailDelivered: "remis"
                case .mailRead: "lu"
                case .mailRefused: "refusé"
                case .attempted, .failed, .unreached, .accepted, .refused, .abandoned, .dmpAccepted, .dmpRefused: nil
                }
            guard let state, let detail = event.detail else { continue }
            let parts = detail.split(separator: " ", maxSplits: 1).map(String.init)
            guard let address = parts.first, address.contains("@") else { continue }
            let box = MailboxView(
                address: address, state: state, at: event.at, problem: parts.count > 1 ? parts[1] : nil)
            if let known = boxes.firstIndex(where: { $0.address.lowercased() == address.lowercased() }) {
                // Delivered after read: the mail was read all the same.
                if boxes[known].state != "lu" { boxes[known] = box }
            } else {
                boxes.append(box)
            }
        }
        return boxes
    }

    /// Somebody must decide: refused, or given no answer for long.
    package var needsPerson: Bool { transport == "refusée" }
}
