/// A CDA document on its way to a PFI: ORU^R01 (HL7 2.5) or MDM (2.6), CI-SIS volet « Transmission d'un document
/// CDA-R2 en HL7v2 », profile 2.1 (PFI sheet sections 1 to 4).
///
/// The flags DESTMSSANTEPS and DESTMSSANTEPAT are not stored: they follow from `recipients`.
package struct DocumentTransmission: Sendable, Hashable {
    /// What is asked: MSH-9 (MDM), ORC-1 and OBX-11 say it together.
    package enum Request: String, Sendable, CaseIterable {
        case initial = "NW"
        case replacement = "RO"
        case deletion = "CA"

        var documentStatus: String {
            switch self {
            case .initial: "F"
            case .replacement: "C"
            case .deletion: "D"
            }
        }
        var mdmEvent: String {
            switch self {
            case .initial: "T02"
            case .replacement: "T10"
            case .deletion: "T04"
            }
        }
    }
    package enum Carrier: String, Sendable { case oru = "ORU", mdm = "MDM" }

    package var parties: Parties
    /// MSH-7, with its zone: `20250310121500+0100`.
    package var sentAt: String
    /// MSH-10: unique for ever; a resend carries the same.
    package var controlID: String
    package var processing = Processing.production
    package var request: Request
    package var carrier = Carrier.oru
    package var patient: PatientIdentification
    package var visit: Visit
    /// OBR-4: code and label (LOINC); the CR-BIO by default.
    package var documentCode = "11502-2"
    package var documentLabel = "CR d'examens biologiques"
    /// The CDA, in UTF-8.
    package var document: [UInt8]
    /// TXA-12 and TXA-13 (MDM): OIDs of the document and of the one it replaces.
    package var documentID: String
    package var replacedID: String?
    package var sender: Sender?
    package var recipients: [Recipient]
    /// Mailbox for the answers (PRT REPLY).
    package var replyTo: String?

    package var toDMP: Bool
    /// The document's confidentialityCode is R or V: then it never goes to the DMP. Not on the wire.
    package var isRestricted = false
    /// MASQUE_PS.
    package var hiddenFromProfessionals = false
    /// INVISIBLE_PATIENT: until the announcement visit.
    package var hiddenFromPatient = false
    /// INVISIBLE_REP_LEGAUX: minors.
    package var hiddenFromGuardians = false
    /// CONNEXION_SECRETE: a minor's secret care.
    package var secretConnection = false
    /// MODIF_CONF_CODE: this replacement changes hiding or visibility.
    package var changesVisibility = false
    /// ACK_RECEPTION: Z01 and Z02 wanted.
    package var wantsReception = true
    /// ACK_LECTURE_MSS: Z03 wanted.
    package var wantsReading = false
    /// `NTE FIN`: the patient may not answer the mail.
    package var patientMayNotReply = false
    /// Texts of the mails; without, the PFI writes its own.
    package var mailToProfessionals: String?
    package var mailToPatient: String?

    package init(
        parties: Parties, sentAt: String, controlID: String, request: Request, patient: PatientIdentification,
        visit: Visit, document: [UInt8], documentID: String, replacedID: String? = nil, sender: Sender?,
        recipients: [Recipient], toDMP: Bool
    ) {
        self.parties = parties
        self.sentAt = sentAt
        self.controlID = controlID
        self.request = request
        self.patient = patient
        self.visit = visit
        self.document = document
        self.documentID = documentID
        self.replacedID = replacedID
        self.sender = sender
        self.recipients = recipients
        self.toDMP = toDMP
    }

    package var toProfessionals: Bool { recipients.contains { !$0.isPatient } }
    package var toPatient: Bool { recipients.contains { $0.isPatient } }
}

/// PID as PAM France writes it (INS sheet section 3).
package struct PatientIdentification: Sendable, Hashable {
    package struct Identifier: Sendable, Hashable {
        package var number: String
        /// CX-4: name, universal id, type (`ISO`, or N, M, L of the French extension).
        package var authority: [String]
        /// CX-5: INS, PI, AN, VN.
        package var type: String
        package init(number: String, authority: [String], type: String) {
            self.number = number
            self.authority = authority
            self.type = type
        }
        /// The matricule of a **qualified** identity, under its root.
        package static func ins(_ matricule: String, root: String) -> Identifier {
            let name = root == "1.2.250.1.213.1.4.9" ? "ASIP-SANTE-INS-NIA" : "ASIP-SANTE-INS-NIR"
            return Identifier(number: matricule, authority: [name, root, "ISO"], type: "INS")
        }
        /// A number of the establishment, whose FINESS is geographic (N).
        package static func local(_ number: String, name: String, finess: String, type: String = "PI") -> Identifier {
            Identifier(number: number, authority: [name, finess, "N"], type: type)
        }
        var field: [Component] {
            [Component(number), "", "", Component(authority), Component(type)]
        }
    }

    /// PID-3, the same as in the document.
    package var identifiers: [Identifier]
    package var birthFamily: String
    package var firstBirthGiven: String
    package var allBirthGivens: String
    package var usedFamily: String?
    package var usedGiven: String?
    /// `19790328`
    package var birthDate: String
    /// M, F, U.
    package var sex: String
    /// Home: street, complement, city, postal code, country (`FRA`).
    package var home: Home?
    /// COG code of the place of birth, required with the INS.
    package var birthPlaceCode: String?
    /// PID-18, administrative file (type AN).
    package var file: Identifier?
    /// PID-32, table 0445: VALI when qualified or validated, PROV otherwise.
    package var reliability: String
    /// Further repetitions of PID-32, with PROV only: HOMA, DOUT, FICT.
    package var reliabilityAttributes: [String] = []

    package struct Home: Sendable, Hashable {
        package var street: String
        package var complement: String
        package var city: String
        package var postalCode: String
        package var country: String
        package init(street: String, complement: String = "", city: String, postalCode: String, country: String = "FRA")
        {
            self.street = street
            self.complement = complement
            self.city = city
            self.postalCode = postalCode
            self.country = country
        }
    }

    package init(
        identifiers: [Identifier], birthFamily: String, firstBirthGiven: String, allBirthGivens: String,
        usedFamily: String? = nil, usedGiven: String? = nil, birthDate: String, sex: String, home: Home? = nil,
        birthPlaceCode: String? = nil, file: Identifier? = nil, reliability: String
    ) {
        self.identifiers = identifiers
        self.birthFamily = birthFamily
        self.firstBirthGiven = firstBirthGiven
        self.allBirthGivens = allBirthGivens
        self.usedFamily = usedFamily
        self.usedGiven = usedGiven
        self.birthDate = birthDate
        self.sex = sex
        self.home = home
        self.birthPlaceCode = birthPlaceCode
        self.file = file
        self.reliability = reliability
    }

    /// The matricule INS, when it counts: with VALI only (PAM section 6.6.15).
    package var ins: String? {
        reliability == "VALI" ? identifiers.first { $0.type == "INS" }?.number : nil
    }
}

/// PV1: class of the patient (PV1-2), visit number (PV1-19), and the dates of the stay.
package struct Visit: Sendable, Hashable {
    package enum Class: String, Sendable {
        case emergency = "E"
        case inpatient = "I"
        /// « Non applicable »: a specimen without its patient.
        case notApplicable = "N"
        case outpatient = "O"
        case recurring = "R"
        case virtual = "V"
    }
    package var patientClass: Class
    package var number: PatientIdentification.Identifier?
    package var admittedAt: String?
    package var dischargedAt: String?
    package init(
        patientClass: Class, number: PatientIdentification.Identifier?, admittedAt: String? = nil,
        dischargedAt: String? = nil
    ) {
        self.patientClass = patientClass
        self.number = number
        self.admittedAt = admittedAt
        self.dischargedAt = dischargedAt
    }
}

/// A professional in PRT-5: number with its prefix (`8` + RPPS: type IDNPS), family and given name.
package struct PersonReference: Sendable, Hashable {
    package var number: String
    package var family: String
    package var given: String
    package init(number: String, family: String, given: String) {
        self.number = number
        self.family = family
        self.given = given
    }
}

/// A structure in PRT-8.
package struct OrganizationReference: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case geographicFINESS = "FINEG"
        case legalFINESS = "FINEJ"
        case structure = "IDNST"
    }
    package var name: String
    package var number: String
    package var kind: Kind
    package init(name: String, number: String, kind: Kind = .geographicFINESS) {
        self.name = name
        self.number = number
        self.kind = kind
    }
}

/// PRT SB: who answers for the sending; required for the DMP.
package struct Sender: Sendable, Hashable {
    package var person: PersonReference
    package var organization: OrganizationReference
    package init(person: PersonReference, organization: OrganizationReference) {
        self.person = person
        self.organization = organization
    }
}

/// PRT RCT: one mailbox MSSanté.
package enum Recipient: Sendable, Hashable {
    case professional(PersonReference, address: String)
    case organization(OrganizationReference, address: String)
    case patient(matricule: String, root: String, family: String, given: String)
    /// An address whose owner is not known by name.
    case mailbox(String)

    /// `<matricule>@patient.mssante.fr` for the patient.
    package var address: String {
        switch self {
        case .professional(_, let address), .organization(_, let address), .mailbox(let address): address
        case .patient(let matricule, _, _, _): matricule + "@patient.mssante.fr"
        }
    }
    package var isPatient: Bool {
        switch self {
        case .patient: true
        case .professional, .organization, .mailbox: false
        }
    }
}

/// Table MetaDMPMSS, in the order that the volet asks for.
enum Flag: String, CaseIterable {
    case MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REP_LEGAUX, CONNEXION_SECRETE, MODIF_CONF_CODE, DESTDMP
    case DESTMSSANTEPS, DESTMSSANTEPAT, ACK_RECEPTION, ACK_LECTURE_MSS

    var label: String {
        switch self {
        case .MASQUE_PS: "Masqué aux professionnels de Santé"
        case .INVISIBLE_PATIENT: "Document Non Visible par le patient"
        case .INVISIBLE_REP_LEGAUX: "Non visible par les représentants Légaux du patient"
        case .CONNEXION_SECRETE: "Connexion Secrete"
        case .MODIF_CONF_CODE: "Modification Confidentiality Code"
        case .DESTDMP: "Destinataire DMP"
        case .DESTMSSANTEPS: "Destinataire (Professionnel de Santé, organisation ou BAL applicative)"
        case .DESTMSSANTEPAT: "Destinataire Patient"
        case .ACK_RECEPTION: "Accusé de réception"
        case .ACK_LECTURE_MSS: "Accusé de lecture"
        }
    }
}

extension DocumentTransmission {
    func value(of flag: Flag) -> Bool {
        switch flag {
        case .MASQUE_PS: hiddenFromProfessionals
        case .INVISIBLE_PATIENT: hiddenFromPatient
        case .INVISIBLE_REP_LEGAUX: hiddenFromGuardians
        case .CONNEXION_SECRETE: secretConnection
        case .MODIF_CONF_CODE: changesVisibility
        case .DESTDMP: toDMP
        case .DESTMSSANTEPS: toProfessionals
        case .DESTMSSANTEPAT: toPatient
        case .ACK_RECEPTION: wantsReception
        case .ACK_LECTURE_MSS: wantsReading
        }
    }
}
