package import Base
package import HL7v2
package import Laboratory

// Who is sent a report, by which message, with which flags; and who is not, and why. A pure decision: everything it
// depends on is an argument, so that the same file gives the same answer, and the table of its tests is the rule.

/// Where a report may go.
package enum Destination: Sendable, Hashable, Comparable, CustomStringConvertible {
    case dmp
    /// MSSanté address of a professional or an organization, lower case.
    case professional(String)
    /// The patient's own mailbox.
    case patient

    /// For people and for what is kept: `DMP`, an address, `patient`.
    package var description: String {
        switch self {
        case .dmp: "DMP"
        case .professional(let address): address
        case .patient: "patient"
        }
    }
}

/// Why a destination gets nothing. The raw value is a stable code.
package enum WithheldReason: String, Sendable, Codable, CaseIterable {
    /// The DMP and the patient's mailbox want a qualified identity (INS).
    case identityNotQualified = "INS_NON_QUALIFIEE"
    case opposed = "OPPOSITION"  // WithheldNote.opposed
    case confidential = "CONFIDENTIEL"
    /// Announcement visit to come.
    case hiddenFromPatient = "CACHE_AU_PATIENT"
    /// A minor's mailbox is read by the representatives.
    case representativesWouldSee = "REPRESENTANTS"
    case partial = "PARTIEL"
    /// The report was given back on paper only: no MSSanté address.
    case noAddress = "SANS_ADRESSE"
    /// Written down before such addresses were refused: nothing leaves the closed space of MSSanté (PFI sheet,
    /// section 3).
    case outsideSpace = "HORS_MSSANTE"
    /// A combination that the PFI refuses (strict table of the volet).
    case combination = "COMBINAISON"
    /// A person held it back.
    case heldBack = "RETENU"

    package var french: String {
        switch self {
        case .identityNotQualified: "identité non qualifiée : ni DMP ni boîte du patient"
        case .opposed: WithheldNote.opposedWords
        case .confidential: "document restreint : jamais au DMP"
        case .hiddenFromPatient: "caché au patient jusqu'à la consultation d'annonce"
        case .representativesWouldSee: "les représentants légaux le verraient"
        case .partial: "compte rendu partiel : le DMP reçoit le compte rendu complet"
        case .noAddress: "pas d'adresse MSSanté : à remettre sur papier"
        case .outsideSpace: "adresse hors de l'espace MSSanté : la corriger, ou remettre sur papier"
        case .combination: "combinaison que la table du volet n'admet pas"
        case .heldBack: "retenu par une personne"
        }
    }
}

/// How one PFI is spoken to.
package struct RoutingSettings: Sendable, Hashable {
    package var carrier = DocumentTransmission.Carrier.oru
    package var rules = CombinationRules.tolerant
    /// REC_GEN-1070: the DMP gets complete reports only.
    package var partialToDMP = false
    package var feedsDMP = true
    package var writesToProfessionals = true
    package var writesToPatients = true
    package var wantsReception = true
    package var wantsReading = false
    package var patientMayNotReply = true
    package init() {}
}

/// What is asked for one report version.
package struct RoutingRequest: Sendable {
    package var patient: Laboratory.Patient
    package var visibility: Visibility
    /// Of the version that the destinations have, to tell a change of it.
    package var earlierVisibility: Visibility?
    /// MSSanté addresses of the prescriber first, then of the copies.
    package var prescriber: String?
    package var copies: [String]
    package var complete: Bool
    /// Withdrawn: asks every destination that has the document to delete it.
    package var isWithdrawal = false
    /// Destinations that have an earlier version of this document.
    package var holders: Set<Destination> = []
    /// Destinations that a person held back (traced by the caller).
    package var heldBack: Set<Destination> = []
    package var now: Instant
    package var zone: CivilZone

    package init(
        patient: Laboratory.Patient, visibility: Visibility = .open, prescriber: String?, copies: [String] = [],
        complete: Bool = true, now: Instant, zone: CivilZone = .europeParis
    ) {
        self.patient = patient
        self.visibility = visibility
        self.prescriber = prescriber
        self.copies = copies
        self.complete = complete
        self.now = now
        self.zone = zone
    }
}

extension RoutingRequest {
    /// Of a request and its patient; the caller adds who has an earlier version, what was held back and the visibility
    /// before.
    package init(
        _ request: Request, of patient: Laboratory.Patient, visibility: Visibility, complete: Bool, now: Instant,
        zone: CivilZone
    ) {
        let people = request.correspondents(of: patient)
        self.init(
            patient: patient, visibility: visibility, prescriber: people.first?.securedMail,
            copies: people.dropFirst().compactMap(\.securedMail), complete: complete, now: now, zone: zone)
    }
}

/// The decision.
package struct Routing: Sendable, Equatable {
    /// One message: what is asked, of whom, with the flags of section 4 of the PFI sheet.
    package struct Errand: Sendable, Equatable {
        package var request: DocumentTransmission.Request
        package var destinations: [Destination]
        package var flags: Flags

        package var toDMP: Bool { destinations.contains(.dmp) }
        package var toPatient: Bool { destinations.contains(.patient) }
        package var toProfessionals: Bool {
            destinations.contains { if case .professional = $0 { true } else { false } }
        }
    }
    /// MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REP_LEGAUX, CONNEXION_SECRETE, MODIF_CONF_CODE.
    package struct Flags: Sendable, Hashable {
        package var hiddenFromProfessionals = false
        package var hiddenFromPatient = false
        package var hiddenFromRepresentatives = false
        package var secretConnection = false
        package var changesVisibility = false
        package init() {}
    }
    package struct Withheld: Sendable, Hashable {
        package var destination: Destination
        package var reason: WithheldReason
        package init(_ destination: Destination, _ reason: WithheldReason) {
            self.destination = destination
            self.reason = reason
        }
    }

    package var errands: [Errand] = []
    package var withheld: [Withheld] = []
    /// Destinations that have an earlier version and cannot be told of this one: a person must act.
    package var stranded: [Withheld] = []

    package init(_ request: RoutingRequest, settings: RoutingSettings = RoutingSettings()) {
        var asked = Routing.candidates(request, settings)
        // Whoever has an earlier version is told of what became of it, even if nobody asks any more.
        for holder in request.holders.sorted() where !asked.contains(holder) { asked.append(holder) }
        var kinds: [DocumentTransmission.Request: [Destination]] = [:]
        for destination in asked {
            let isHolder = request.holders.contains(destination)
            if request.isWithdrawal, !isHolder { continue }
            if let reason = Routing.obstacle(destination, request, settings) {
                if isHolder { stranded.append(Withheld(destination, reason)) }
                withheld.append(Withheld(destination, reason))
                continue
            }
            let kind: DocumentTransmission.Request =
                request.isWithdrawal ? .deletion : isHolder ? .replacement : .initial
            kinds[kind, default: []].append(destination)
        }
        for kind in DocumentTransmission.Request.allCases {
            guard let destinations = kinds[kind] else { continue }
            plan(kind, destinations, request, settings)
        }
        if request.prescriber == nil, !request.isWithdrawal {
            withheld.append(Withheld(.professional(""), .noAddress))
        }
    }

    /// Everyone that the report could go to, in a stable order.
    private static func candidates(_ request: RoutingRequest, _ settings: RoutingSettings) -> [Destination] {
        var all: [Destination] = settings.feedsDMP ? [.dmp] : []
        if settings.writesToProfessionals {
            for address in [request.prescriber].compactMap({ $0 }) + request.copies {
                let destination = Destination.professional(address.lowercased())
                if !all.contains(destination) { all.append(destination) }
            }
        }
        if settings.writesToPatients { all.append(.patient) }
        return all
    }

    /// Why a destination may not be sent this version; nil when it may.
    private static func obstacle(
        _ destination: Destination, _ request: RoutingRequest, _ settings: RoutingSettings
    ) -> WithheldReason? {
        let patient = request.patient
        if request.heldBack.contains(destination) { return .heldBack }
        switch destination {
        case .dmp:
            if patient.publishableINS == nil { return .identityNotQualified }
            // What is there already may be deleted, whatever became of the patient's choices.
            if request.isWithdrawal { return nil }
            if patient.isOpposed(to: .dmp) { return .opposed }
            if request.visibility.confidentiality != .normal { return .confidential }
            if !request.complete, !settings.partialToDMP, !request.holders.contains(.dmp) { return .partial }
            return nil
        case .professional(let address):
            // What is no address at all stops the report: no door lets it in.
            if !request.isWithdrawal, MailAddress.defect(in: address) == nil,
                MailAddress.defectOfSecured(address) != nil
            {
                return .outsideSpace
            }
            let isPrescriber = address == request.prescriber?.lowercased()
            if !isPrescriber, !request.isWithdrawal, patient.isOpposed(to: .otherProfessionals) { return .opposed }
            return nil
        case .patient:
            if patient.publishableINS == nil { return .identityNotQualified }
            if request.isWithdrawal { return nil }
            if patient.isOpposed(to: .patientMailbox) { return .opposed }
            if request.visibility.hidesFromPatient(at: request.now) { return .hiddenFromPatient }
            let isMinor = patient.isMinor(at: request.now, zone: request.zone)
            let isKept = request.visibility.secretCare || request.visibility.hiddenFromRepresentatives
            return isMinor && isKept ? .representativesWouldSee : nil
        }
    }

    private static func flags(
        _ kind: DocumentTransmission.Request, _ request: RoutingRequest
    ) -> Flags {
        var flags = Flags()
        // What is deleted is hidden from nobody any more.
        if kind == .deletion { return flags }
        let visibility = request.visibility
        // Only a minor has representatives to hide from (PFI sheet section 3: « minors »).
        let isMinor = request.patient.isMinor(at: request.now, zone: request.zone)
        flags.hiddenFromProfessionals = visibility.hiddenFromProfessionals
        flags.hiddenFromPatient = visibility.hidesFromPatient(at: request.now)
        flags.secretConnection = visibility.secretCare && isMinor
        flags.hiddenFromRepresentatives = (visibility.hiddenFromRepresentatives || visibility.secretCare) && isMinor
        guard kind == .replacement, let earlier = request.earlierVisibility else { return flags }
        var before = request
        before.visibility = earlier
        before.earlierVisibility = nil
        let old = Routing.flags(.initial, before)
        // An announcement visit that time alone ended is a change too: what was hidden is shown.
        let wasHidden = earlier.patient != .open
        // So is the confidentiality of the document, which has no metadatum of its own.
        flags.changesVisibility =
            old != flags || (wasHidden && !flags.hiddenFromPatient)
            || earlier.confidentiality != visibility.confidentiality
        return flags
    }

    /// One message if the table lets it pass; else the DMP apart, each kind of mail apart, and what still may not is
    /// withheld.
    private mutating func plan(
        _ kind: DocumentTransmission.Request, _ destinations: [Destination], _ request: RoutingRequest,
        _ settings: RoutingSettings
    ) {
        let whole = Errand(request: kind, destinations: destinations, flags: Routing.flags(kind, request))
        if whole.isAllowed(by: settings.rules) { return errands.append(whole) }
        var parts: [[Destination]] = [[], [], []]
        for destination in destinations {
            switch destination {
            case .dmp: parts[0].append(destination)
            case .professional: parts[1].append(destination)
            case .patient: parts[2].append(destination)
            }
        }
        for part in parts where !part.isEmpty {
            let errand = Errand(request: kind, destinations: part, flags: whole.flags)
            if errand.isAllowed(by: settings.rules) {
                errands.append(errand)
            } else {
                withheld += part.map { Withheld($0, .combination) }
                stranded += part.filter { request.holders.contains($0) }.map { Withheld($0, .combination) }
            }
        }
    }
}

extension Routing.Errand {
    /// The table of the volet (PFI sheet section 4), by the same rule as the message's own check.
    package func isAllowed(by rules: CombinationRules) -> Bool {
        CombinationRules.allows(
            rules, hiddenFromProfessionals: flags.hiddenFromProfessionals, hiddenFromPatient: flags.hiddenFromPatient,
            hiddenFromGuardians: flags.hiddenFromRepresentatives, secretConnection: flags.secretConnection,
            toDMP: toDMP, toProfessionals: toProfessionals, toPatient: toPatient)
    }
}
