package import Base
package import HL7v2
import Laboratory

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
    /// The message that carries the document; nil when it has no destination: no qualified identity for the DMP and the
    /// patient's mailbox, no MSSanté address of a professional.
    package func transmission(
        cda: [UInt8], parties: Parties, processing: Processing = .production, controlID: String, sentAt: Instant,
        destinations: Destinations = .all
    ) -> DocumentTransmission? {
        let ins = patient.publishableINS
        let toDMP = destinations.dmp && ins != nil && !patient.opposedToDMP
        var recipients = destinations.professionals ? professionals : []
        if destinations.patient, let ins {
            recipients.append(
                .patient(
                    matricule: ins.matricule, root: ins.authority.rawValue, family: patient.traits.birthName,
                    given: patient.traits.firstGivenName))
        }
        guard toDMP || !recipients.isEmpty else { return nil }
        let signer = signed.signature.biologist
        var transmission = DocumentTransmission(
            parties: parties, sentAt: sentAt.hl7(in: zone), controlID: controlID,
            request: signed.replacedOID == nil ? .initial : .replacement, patient: identification, visit: visit,
            document: cda, documentID: signed.documentOID, replacedID: signed.replacedOID,
            sender: Sender(
                person: PersonReference(number: signer.nationalID, family: signer.family, given: signer.given),
                organization: OrganizationReference(name: site.name, number: site.structureNumber)),
            recipients: recipients, toDMP: toDMP)
        transmission.processing = processing
        transmission.replyTo = site.securedMail
        return transmission
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
        let message: Message
        do throws(TransmissionRefused) { message = try transmission.message() } catch {
            throw Composition.first(of: error.refusals)
        }
        return try message.bytes()
    }

    /// One mailbox once.
    private var professionals: [Recipient] {
        var seen = Set<String>()
        return ([request.prescriber] + request.recipients).compactMap { who in
            guard let mail = who.securedMail, seen.insert(mail.lowercased()).inserted else { return nil }
            return .professional(
                PersonReference(number: who.nationalID, family: who.family, given: who.given), address: mail)
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
                .init(street: $0.street, city: $0.city, postalCode: $0.postalCode, country: $0.country)
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
