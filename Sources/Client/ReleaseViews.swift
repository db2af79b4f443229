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
    /// `told`, `absent`, `present`: who.
    package var destination: String?
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

/// From whom a report is hidden, and until when; nil: until a biologist shows it.
package struct HidingView: Codable, Sendable, Hashable {
    package var from: Audience
    package var until: Moment?
    package init(from: Audience, until: Moment?) {
        self.from = from
        self.until = until
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
        /// Whom it is about, where it is one destination.
        package var destination: String?
        package init(
            kind: ReleaseAct.Kind, reason: String, author: String, at: Moment, hiddenFrom: [Audience], until: Moment?,
            destination: String? = nil
        ) {
            self.destination = destination
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
    package var isWithdrawn = false
    package var hiddenFrom: [Audience]
    /// The next end that comes by itself.
    package var hiddenUntil: Moment?
    package var hidings: [HidingView] = []
    package var secretCare = false
    package var confidentiality = Visibility.Confidentiality.normal
    package var versions: [ReportView]
    package var deliveries: [DeliveryLineView]
    package var acts: [Act]
    package var signatures: [SignatureView] = []
    /// What the last signature covers and that is said otherwise now: the file is with the biologist again.
    package var changes: [SignedChange]?
    /// Who was not sent a version, newest first.
    package var withheld: [WithheldView]
    package init(
        requestNumber: String, isHeld: Bool, hiddenFrom: [Audience], hiddenUntil: Moment?, versions: [ReportView],
        deliveries: [DeliveryLineView], acts: [Act], withheld: [WithheldView] = []
    ) {
        self.withheld = withheld
        self.requestNumber = requestNumber
        self.isHeld = isHeld
        self.hiddenFrom = hiddenFrom
        self.hiddenUntil = hiddenUntil
        self.versions = versions
        self.deliveries = deliveries
        self.acts = acts
    }
}

/// Somebody who was not sent a version of a report.
package struct WithheldView: Codable, Sendable, Hashable {
    package var requestNumber: String
    package var version: Int
    /// `DMP`, `patient`, an MSSanté address; empty for a prescriber without one.
    package var destination: String
    package var reason: String
    /// The reason in French.
    package var words: String
    package var at: Moment
    /// Has an earlier version that is no longer right, and nobody told it.
    package var needsPerson: Bool
    /// Who told it otherwise, when, why.
    package var told: String?
    package init(
        requestNumber: String, version: Int, destination: String, reason: String, words: String, at: Moment,
        needsPerson: Bool, told: String?
    ) {
        self.requestNumber = requestNumber
        self.version = version
        self.destination = destination
        self.reason = reason
        self.words = words
        self.at = at
        self.needsPerson = needsPerson
        self.told = told
    }

    /// Where it stands, in words.
    package var state: String {
        if reason == WithheldNote.stuckHiding { return "À SIGNER" }
        if reason == WithheldNote.unmade { return "NON FAIT" }
        if needsPerson { return "À PRÉVENIR" }
        if reason == WithheldNote.alreadyThere { return "déjà reçu" }
        return told == nil ? "pas envoyé" : "prévenu autrement"
    }
}

/// All that waits for a person's decision about reports on their way out, the newest first.
package struct DeadLettersView: Codable, Sendable, Hashable {
    package var deliveries: [DeliveryLineView]
    package var withheld: [WithheldView]
    package init(deliveries: [DeliveryLineView], withheld: [WithheldView]) {
        self.deliveries = deliveries
        self.withheld = withheld
    }
    package var count: Int { deliveries.count + withheld.count }
}

/// What one destination did with the report.
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
        let waits = unanswered
        for address in addresses {
            let state = waits.state == "attendu" ? "sans réponse" : waits.state
            boxes.append(MailboxView(address: address, state: state, at: waits.at, problem: waits.problem))
        }
        let read = isDeletion ? "suppression lue" : "lu"
        for event in events {
            let state: String? =
                switch event.kind {
                case .mailDelivered: isDeletion ? "suppression remise" : "remis"
                case .mailRead: read
                case .mailRefused: isDeletion ? "suppression refusée" : "refusé"
                case .attempted, .failed, .unreached, .accepted, .refused, .abandoned, .dmpAccepted, .dmpRefused: nil
                }
            guard let state, let detail = event.detail else { continue }
            let parts = detail.split(separator: " ", maxSplits: 1).map(String.init)
            guard let address = parts.first, address.contains("@") else { continue }
            let box = MailboxView(
                address: address, state: state, at: event.at, problem: parts.count > 1 ? parts[1] : nil)
            if let known = boxes.firstIndex(where: { $0.address.lowercased() == address.lowercased() }) {
                // Delivered after read: the mail was read all the same.
                if boxes[known].state != read { boxes[known] = box }
            } else {
                boxes.append(box)
            }
        }
        return boxes
    }

    /// Everyone that the message was for: the DMP, then each mailbox.
    package var recipients: [MailboxView] {
        var all = mailboxes
        let answer = dmpAnswer
        if toDMP || answer != nil {
            let problem = answer == nil ? unanswered.problem : dmpDoubt ?? answer?.detail
            all.insert(
                MailboxView(address: "DMP", state: dmp, at: answer?.at ?? unanswered.at, problem: problem), at: 0)
        }
        return all.map { box in
            var box = box
            if let words = absent?[box.address == "DMP" ? "DMP" : box.address.lowercased()] {
                box.problem = [box.problem, words].compactMap { $0 }.joined(separator: " – ")
                box.state = DeliveryLineView.nothingThere
                return box
            }
            guard DeliveryLineView.failures.contains(box.state),
                let words = told?[box.address == "DMP" ? "DMP" : box.address.lowercased()]
            else { return box }
            box.problem = [box.problem, "prévenu \(words)"].compactMap { $0 }.joined(separator: " – ")
            box.state = "prévenu autrement"
            return box
        }
    }
    /// Neither the DMP nor a mailbox took what the PFI gave it.
    static let nothingThere = "n'en a rien"
    private static let failures = ["refusé", "suppression refusée"]

    /// Somebody must decide: the PFI refused it.
    package var needsPerson: Bool { transport == "refusée" }
    /// The PFI took it, and the DMP or a mailbox did not.
    package var failedBeyond: Bool { recipients.contains { DeliveryLineView.failures.contains($0.state) } }
}
