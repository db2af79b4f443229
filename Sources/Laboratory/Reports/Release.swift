package import Base

/// What a person decided about the way out of a request's reports, beside « it leaves by itself once signed »: each is
/// a traced exception (register `release`, subject: the request).
package struct ReleaseAct: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// Nothing leaves until `release`.
        case hold, release
        /// What is hidden, and until when; a report that left is replaced by one with the flags.
        case hide, unhide
        /// Wrong patient: the last version is deleted where it went.
        case withdraw
        /// The standing version goes again to the same recipients, under a new number.
        case resend
        /// A delivery that was refused, or that nobody answers, goes again under a new number.
        case retry
        /// … or is given up.
        case abandon
        /// Who has an earlier version and may not be sent the one in force was told of it by a person.
        case told
        /// A destination has nothing of the report, a person knows; `present`: it has, after all.
        case absent, present
        /// Made by the laboratory itself at the end of a hiding.
        case hidingEnded
        /// Made by the laboratory itself when the copies change after a signature.
        case readdress
        /// Made by the laboratory itself: a message that waited was closed for what the patient's file says
        /// (`deliveryID`), or a copy was not sent at all (`destination`, `version`).
        case setAside
    }
    package var kind: Kind
    package var reason: String
    /// From whom a `hide` hides.
    package var hiddenFrom: [Audience]
    /// `hide`; nil: until somebody lifts it. `hidingEnded`: the end that came.
    package var until: Instant?
    /// `hide`: a minor's secret care; the CDA's confidentiality. Nil: as before. `unhide`: false and normal lift them.
    package var secretCare: Bool?
    package var confidentiality: Visibility.Confidentiality?
    /// `retry`, `abandon`: which delivery.
    package var deliveryID: String?
    /// `told`, `setAside`: who (`DMP`, `patient`, an MSSanté address); `absent`, `present`: as `Absences` names it.
    package var destination: String?
    /// `setAside`: the version that a copy was not sent.
    package var version: Int?
    /// `readdress`: MSSanté addresses, lower case, that get copies from now on, and that get none any more.
    package var added: [String]?
    package var removed: [String]?

    package init(
        _ kind: Kind, reason: String, hiddenFrom: [Audience] = [], until: Instant? = nil, deliveryID: String? = nil,
        destination: String? = nil
    ) {
        self.destination = destination
        self.kind = kind
        self.reason = reason
        self.hiddenFrom = hiddenFrom
        self.until = until
        self.deliveryID = deliveryID
    }
}

/// Who may be kept from seeing a document (PFI sheet section 3: MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REP_LEGAUX).
package enum Audience: String, Codable, Sendable, CaseIterable {
    case professionals = "professionnels"
    case patient
    case guardians = "representants"
}

/// Where the acts of a request leave it.
package struct ReleaseState: Sendable, Hashable {
    package private(set) var isHeld = false
    package private(set) var isWithdrawn = false
    package private(set) var hiddenFrom: Set<Audience> = []
    /// When a hiding ends by itself, for each of whom it does: no date is another's.
    package private(set) var ends: [Audience: Instant] = [:]
    /// The next of these ends, and for whom.
    package var hiddenUntil: Instant? { ends.values.min() }
    package var endsFor: Set<Audience> { Set(ends.filter { $0.value == hiddenUntil }.keys) }
    package private(set) var secretCare = false
    package private(set) var confidentiality = Visibility.Confidentiality.normal

    /// `acts` in the order they were decided.
    package init(_ acts: [ReleaseAct]) {
        for act in acts {
            switch act.kind {
            case .hold: isHeld = true
            case .release: isHeld = false
            case .hide:
                // One decision never lifts another: whom it does not name stays as they were.
                hiddenFrom.formUnion(act.hiddenFrom)
                for audience in act.hiddenFrom { ends[audience] = act.until }
                secretCare = act.secretCare ?? secretCare
                confidentiality = act.confidentiality ?? confidentiality
            case .unhide:
                hiddenFrom = []
                ends = [:]
                secretCare = act.secretCare ?? secretCare
                confidentiality = act.confidentiality ?? confidentiality
            case .hidingEnded:
                // Without a date it is of a time when all of them had one end.
                let over = ends.filter { end in act.until.map { end.value <= $0 } ?? true }.keys
                hiddenFrom.subtract(over)
                for audience in over { ends[audience] = nil }
            case .withdraw: isWithdrawn = true
            case .resend, .retry, .abandon, .told, .absent, .present, .readdress, .setAside: break
            }
        }
    }

    /// The same as the routing and the document take it.
    package var visibility: Visibility {
        var visibility = Visibility()
        if hiddenFrom.contains(.patient) {
            visibility.patient = ends[.patient].map { .hiddenUntil($0) } ?? .hidden
        }
        visibility.hiddenFromProfessionals = hiddenFrom.contains(.professionals)
        visibility.hiddenFromRepresentatives = hiddenFrom.contains(.guardians)
        visibility.secretCare = secretCare
        visibility.confidentiality = confidentiality
        return visibility
    }

    package static let withdrawnWords = "ce compte rendu est déjà retiré"
    package static let withdrawnRemedy =
        "signer de nouveau le dossier juste ; un retrait refusé se reprend : paillasse deliveries retry"

    package func hidingIsOver(at now: Instant) -> Bool { hiddenUntil.map { $0 <= now } ?? false }

    /// Reasons to refuse an act; nil when it may be done. `sent`: some version may be with the PFI.
    package func refusal(of act: ReleaseAct, sent: Bool, at number: String, now: Instant) -> Refusal? {
        func refuse(_ code: String, _ cause: String, _ remedy: String) -> Refusal {
            Refusal("release.\(code)", at: number, because: cause, remedy: remedy)
        }
        if !act.reason.saysSomething {
            return refuse(
                "reason", "une exception à l'envoi a un motif qui dise quelque chose à qui le lira",
                "l'écrire : --reason 'erreur de patient'")
        }
        // Of what was sent only the withdrawal itself goes again: to who refused it (see who tries that), and to who
        // still has a version.
        let isOfWithdrawn = [.abandon, .told, .absent, .present, .readdress, .setAside, .retry].contains(act.kind)
        if isWithdrawn, !isOfWithdrawn, !(act.kind == .withdraw && sent) {
            return refuse("withdrawn", ReleaseState.withdrawnWords, ReleaseState.withdrawnRemedy)
        }
        switch act.kind {
        case .hold: return isHeld ? refuse("held", "les envois sont déjà retenus", "aucune action") : nil
        case .release: return isHeld ? nil : refuse("free", "rien n'est retenu", "aucune action")
        case .hide:
            if act.hiddenFrom.isEmpty, act.secretCare == nil, act.confidentiality == nil {
                return refuse("audience", "à qui le cacher ?", "ajouter --from patient")
            }
            if let until = act.until, until <= now {
                return refuse("until", "la date de fin du masquage est passée", "donner une date à venir")
            }
            return nil
        case .unhide, .hidingEnded:
            if visibility == .open { return refuse("visible", "rien n'est masqué", "aucune action") }
            guard hiddenFrom.isEmpty, act.secretCare == nil, act.confidentiality == nil else { return nil }
            return refuse(
                "visible", "rien n'est masqué ; soins secrets ou confidentialité restent",
                "les lever par leur nom : --secret-care, --confidentiality")
        case .withdraw, .resend:
            if isHeld, act.kind == .resend {
                return refuse("held", "les envois de ce compte rendu sont retenus", "les libérer : report release")
            }
            return sent ? nil : refuse("unsent", "personne n'en a de version", "retenir l'envoi (report hold)")
        case .retry, .abandon:
            return act.deliveryID == nil ? refuse("delivery", "quel envoi ?", "donner son identifiant") : nil
        case .told:
            return act.destination == nil ? refuse("destination", "qui a été prévenu ?", "donner sa ligne") : nil
        case .absent, .present:
            return act.destination == nil ? refuse("destination", "quel destinataire ?", "donner sa ligne") : nil
        case .readdress, .setAside: return nil
        }
    }
}
