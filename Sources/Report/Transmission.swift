package import Base
package import HL7v2
package import Laboratory

// A signed report → what goes to the PFI.

/// To whom a report is sent.
package struct Destinations: Sendable, Hashable {
    package var dmp: Bool
    package var professionals: Bool
    package var patient: Bool
    package init(dmp: Bool, professionals: Bool, patient: Bool) {
        self.dmp = dmp
        self.professionals = professionals
        self.patient = patient
    }
    /// Everywhere that the identity and the patient's choices allow.
    package static let all = Destinations(dmp: true, professionals: true, patient: true)
}

extension Composition {
    /// What this report asks of the routing; the caller adds who has an earlier version, what was held back and the
    /// visibility before.
    package func routingRequest(at now: Instant) -> RoutingRequest {
        RoutingRequest(
            request, of: patient, visibility: signed.visibility, complete: signed.signature.complete, now: now,
            zone: zone)
    }

    /// The message of one errand of the routing. `former`: recipients of earlier versions whom the request names
    /// no more.
    package func transmission(
        _ errand: Routing.Errand, cda: [UInt8], parties: Parties, processing: Processing = .production,
        controlID: String, sentAt: Instant, settings: RoutingSettings = RoutingSettings(),
        former: [Laboratory.Professional] = []
    ) -> DocumentTransmission {
        let signer = signed.signature.biologist
        var transmission = DocumentTransmission(
            parties: parties, sentAt: sentAt.hl7(in: zone), controlID: controlID, request: errand.request,
            patient: identification, visit: visit, document: cda, documentID: signed.documentOID,
            replacedID: errand.request == .replacement ? signed.replacedOID : nil,
            sender: Sender(
                person: PersonReference(number: signer.nationalID, family: signer.family, given: signer.given),
                organization: OrganizationReference(name: site.name, number: site.structureNumber)),
            recipients: errand.destinations.compactMap { recipient($0, former) }, toDMP: errand.toDMP)
        transmission.carrier = settings.carrier
        transmission.processing = processing
        transmission.replyTo = site.securedMail
        transmission.isRestricted = signed.visibility.confidentiality != .normal
        transmission.hiddenFromProfessionals = errand.flags.hiddenFromProfessionals
        transmission.hiddenFromPatient = errand.flags.hiddenFromPatient
        transmission.hiddenFromGuardians = errand.flags.hiddenFromRepresentatives
        transmission.secretConnection = errand.flags.secretConnection
        transmission.changesVisibility = errand.flags.changesVisibility
        transmission.wantsReception = settings.wantsReception
        transmission.wantsReading = settings.wantsReading
        transmission.patientMayNotReply = settings.patientMayNotReply && errand.toPatient
        return transmission
    }

    /// The message of one errand in bytes; when it is refused, the first reason and how many others.
    package func message(
        _ errand: Routing.Errand, cda: [UInt8], parties: Parties, processing: Processing = .production,
        controlID: String, sentAt: Instant, settings: RoutingSettings = RoutingSettings(),
        former: [Laboratory.Professional] = []
    ) throws(Refusal) -> [UInt8] {
        try checkCarried(cda, replacing: errand.request == .replacement)
        return try transmission(
            errand, cda: cda, parties: parties, processing: processing, controlID: controlID, sentAt: sentAt,
            settings: settings, former: former
        ).bytes(settings.rules)
    }

    /// The document that travels is the one that the message tells of: its id, the one that it replaces, its patient.
    private func checkCarried(_ cda: [UInt8], replacing: Bool) throws(Refusal) {
        guard !signed.isPreview else {
            throw Refusal(
                "report.preview", at: "ClinicalDocument", because: "cet aperçu n'est pas signé : il ne part pas",
                remedy: "signer le dossier (paillasse bio sign)")
        }
        // The document's own id follows its last template.
        var wanted = ["extension=\"2024.01\"/><id root=\"\(signed.documentOID)\"/>"]
        if replacing {
            guard let replaced = signed.replacedOID else {
                throw Refusal(
                    "report.replacement", at: "relatedDocument",
                    because: "un remplacement dit quel document il remplace",
                    remedy: "émettre une nouvelle version du document")
            }
            wanted.append("<parentDocument><id root=\"\(replaced)\"/>")
        }
        // A preview kept somewhere is not what was signed.
        wanted.append("<signatureCode code=\"S\"/>")
        if let ins = patient.publishableINS { wanted.append("extension=\"\(ins.matricule)\"") }
        let end = cda.place(of: "<structuredBody", before: cda.count) ?? cda.count
        guard wanted.allSatisfy({ cda.place(of: $0, before: end) != nil }) else {
            throw Refusal(
                "report.document", at: "ClinicalDocument",
                because: "le document joint n'est pas celui que le message annonce (identifiant, version ou patient)",
                remedy: "refaire le document à partir du dossier signé")
        }
    }

    /// One message to everyone at once; nil when the document has no destination.
    package func transmission(
        cda: [UInt8], parties: Parties, processing: Processing = .production, controlID: String, sentAt: Instant,
        destinations: Destinations = .all
    ) -> DocumentTransmission? {
        var settings = RoutingSettings()
        settings.feedsDMP = destinations.dmp
        settings.writesToProfessionals = destinations.professionals
        settings.writesToPatients = destinations.patient
        settings.partialToDMP = true
        settings.patientMayNotReply = false
        var asked = routingRequest(at: sentAt)
        if signed.replacedOID != nil {
            // Without the history of the deliveries, everyone is thought to have the version before.
            asked.holders = Set(Routing(asked, settings: settings).errands.flatMap(\.destinations))
        }
        return Routing(asked, settings: settings).errands.first.map {
            transmission(
                $0, cda: cda, parties: parties, processing: processing, controlID: controlID, sentAt: sentAt,
                settings: settings)
        }
    }

    /// The message in bytes; when it is refused, the first reason and how many others.
    package func message(
        cda: [UInt8], parties: Parties, processing: Processing = .production, controlID: String, sentAt: Instant,
        destinations: Destinations = .all
    ) throws(Refusal) -> [UInt8]? {
        guard
            let transmission = transmission(
                cda: cda, parties: parties, processing: processing, controlID: controlID, sentAt: sentAt,
                destinations: destinations)
        else { return nil }
        return try transmission.bytes()
    }

    private func recipient(_ destination: Destination, _ former: [Laboratory.Professional]) -> Recipient? {
        switch destination {
        case .dmp: return nil
        case .patient:
            return patient.publishableINS.map {
                .patient(
                    matricule: $0.matricule, root: $0.authority.rawValue, family: patient.traits.birthName,
                    given: patient.traits.firstGivenName)
            }
        case .professional(let address):
            let who = (correspondents + former).first { $0.securedMail?.lowercased() == address }
            guard let who else { return .mailbox(address) }
            return .professional(
                PersonReference(number: who.nationalID, family: who.family, given: who.given),
                address: who.securedMail ?? address)
        }
    }

    private func local(_ number: String, _ type: String) -> PatientIdentification.Identifier {
        .local(number, name: site.name, finess: site.structureNumber, type: type)
    }

    private var identification: PatientIdentification {
        let traits = patient.traits
        let ins = patient.publishableINS.map {
            PatientIdentification.Identifier.ins($0.matricule, root: $0.authority.rawValue)
        }
        var identification = PatientIdentification(
            identifiers: (ins.map { [$0] } ?? []) + [local(patient.ipp, "PI")], birthFamily: traits.birthName,
            firstBirthGiven: traits.firstGivenName, allBirthGivens: traits.givenNames, usedFamily: patient.usedName,
            usedGiven: patient.usedGivenName, birthDate: traits.birthDate.compact, sex: traits.sex.rawValue,
            home: patient.address.map {
                .init(
                    street: $0.street, complement: $0.complement ?? "", city: $0.city, postalCode: $0.postalCode,
                    country: $0.country)
            },
            birthPlaceCode: traits.birthplace, file: local(request.number, "AN"),
            reliability: patient.status.reliability)
        identification.reliabilityAttributes = patient.attributes.map(\.reliability)
        return identification
    }

    private var visit: Visit {
        let patientClass: Visit.Class =
            switch request.encounter {
            case .ambulatory: .outpatient
            case .inpatient: .inpatient
            case .emergency: .emergency
            }
        return Visit(patientClass: patientClass, number: local(request.number, "VN"))
    }
}

extension IdentityStatus {
    /// PID-32 (table 0445 FR): there is no QUAL nor RECUP on the wire (PAM section 4.4.4).
    fileprivate var reliability: String {
        switch self {
        case .qualified, .validated: "VALI"
        case .provisional, .retrieved: "PROV"
        }
    }
}

extension IdentityAttribute {
    fileprivate var reliability: String {
        switch self {
        case .homonym: "HOMA"
        case .doubtful: "DOUT"
        case .fictitious: "FICT"
        }
    }
}

extension [UInt8] {
    /// Where a text begins in these bytes, all of it before `end`.
    fileprivate func place(of text: String, before end: Int) -> Int? {
        var text = text
        return text.withUTF8 { needle in
            withUnsafeBufferPointer { bytes in
                guard let first = needle.first, needle.count <= end else { return nil }
                for start in 0...(end - needle.count) where bytes[start] == first {
                    var n = 1
                    while n < needle.count, bytes[start + n] == needle[n] { n += 1 }
                    if n == needle.count { return start }
                }
                return nil
            }
        }
    }
}
