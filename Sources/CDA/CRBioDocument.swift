/// A « Compte rendu d'examens de biologie médicale », CDA R2 level 3, CI-SIS volet CR-BIO 2024.01, as a value.
///
/// `check()` says what a required datum lacks; `xml()` checks and writes. Section numbers in this room are those of the
/// CI-SIS volet's implementer's sheet: 2 header, 3 patient, 4 documented act, 5 encounter, 6 sections, 7 entries.
package struct CRBioDocument: Sendable, Equatable {
    /// OID of this version of the document, without extension (the DMP takes no extension).
    package var id: String
    /// OID common to all the versions.
    package var setID: String
    /// 1, 2, 3…
    package var version: Int
    /// Id of the version that this one replaces; required from version 2 on, forbidden before.
    package var replaces: String?
    /// When this version was produced.
    package var producedAt: Stamp
    package var confidentiality = Confidentiality.normal
    /// Nobody signed it yet: its signatures are intended ones.
    package var isPreview = false

    package var patient: Patient
    package var authors: [Author]
    package var dataEnterer: Signature?
    package var informants: [Informant] = []
    package var custodian: Organization
    package var recipients: [IntendedRecipient] = []
    /// The biologist who signed and takes responsibility.
    package var legalAuthenticator: Signature
    /// The other biologists who validated.
    package var authenticators: [Signature] = []
    /// The prescriber, and the date of the prescription.
    package var prescriber: Signature?
    /// Who drew the specimens, and when.
    package var samplers: [Signature] = []
    /// The patient's own doctor (médecin traitant).
    package var familyDoctor: Professional?
    /// Other people who took part.
    package var otherParticipants: [Participation] = []
    /// Numbers of the prescriptions.
    package var prescriptions: [ObjectID] = []
    package var act: DocumentedAct
    package var consents: [Consent] = []
    package var encounter: Encounter

    /// Why the examinations were advised (« raison de la recommandation »: organized screening).
    package var recommendation: Recommendation?
    package var chapters: [Chapter]
    /// PDF reports of other laboratories (« résultats de seconde intention »).
    package var attachedReports: [AttachedReport] = []
    package var vaccinations: [Vaccination] = []
    /// General conclusions (« commentaire non codé »), text only.
    package var conclusions: [Conclusion] = []
    /// The same report as a person reads it on paper, one PDF/A.
    package var pdfCopy: PDFCopy

    package init(
        id: String, setID: String, version: Int = 1, replaces: String? = nil, producedAt: Stamp, patient: Patient,
        authors: [Author], custodian: Organization, legalAuthenticator: Signature, act: DocumentedAct,
        encounter: Encounter, chapters: [Chapter], pdfCopy: PDFCopy
    ) {
        self.id = id
        self.setID = setID
        self.version = version
        self.replaces = replaces
        self.producedAt = producedAt
        self.patient = patient
        self.authors = authors
        self.custodian = custodian
        self.legalAuthenticator = legalAuthenticator
        self.act = act
        self.encounter = encounter
        self.chapters = chapters
        self.pdfCopy = pdfCopy
    }
}

package enum Confidentiality: String, Sendable {
    case normal = "N"
    case restricted = "R"
    case veryRestricted = "V"

    var display: String {
        switch self {
        case .normal: "Normal"
        case .restricted: "Restreint"
        case .veryRestricted: "Très restreint"
        }
    }
}

/// Section 3. The matricule INS is here **only** for a qualified identity; then the five traits are required.
package struct Patient: Sendable, Equatable {
    package struct INS: Sendable, Equatable {
        /// 13 characters and 2 of key.
        package var matricule: String
        package var root: String
        package init(matricule: String, root: String) {
            self.matricule = matricule
            self.root = root
        }
    }
    package enum Gender: String, Sendable {
        case male = "M"
        case female = "F"
        case undifferentiated = "UN"

        var display: String {
            switch self {
            case .male: "Masculin"
            case .female: "Féminin"
            case .undifferentiated: "Inconnu"
            }
        }
    }
    /// Legal representative.
    package struct Guardian: Sendable, Equatable {
        package var name: PersonName
        package var address: Address
        package var telecoms: [Telecom]
        package init(name: PersonName, address: Address, telecoms: [Telecom]) {
            self.name = name
            self.address = address
            self.telecoms = telecoms
        }
    }

    package var ins: INS?
    /// Numbers of the patient at the laboratory (IPP), under roots of its own.
    package var localIDs: [ObjectID]
    package var address: Address
    package var telecoms: [Telecom]
    package var birthFamily: String
    package var firstBirthGiven: String
    /// All the birth given names, as INSi returns them.
    package var allBirthGivens: String?
    package var usedFamily: String?
    package var usedGiven: String?
    /// Always a code: the volet lets UNK through, the structuration minimale refuses it (its rule #169).
    package var gender: Gender
    /// Always a date, as precise as known: UNK is refused likewise (rule #173).
    package var birthDate: Stamp
    /// INSEE code (COG) of the commune or country of birth.
    package var birthPlaceCode: String?
    package var birthPlaceName: String?
    package var guardians: [Guardian] = []

    package init(
        ins: INS? = nil, localIDs: [ObjectID], address: Address = .absent(.unknown),
        telecoms: [Telecom] = [.absent(.unknown)], birthFamily: String, firstBirthGiven: String,
        allBirthGivens: String? = nil, usedFamily: String? = nil, usedGiven: String? = nil, gender: Gender,
        birthDate: Stamp, birthPlaceCode: String? = nil, birthPlaceName: String? = nil, guardians: [Guardian] = []
    ) {
        self.ins = ins
        self.localIDs = localIDs
        self.address = address
        self.telecoms = telecoms
        self.birthFamily = birthFamily
        self.firstBirthGiven = firstBirthGiven
        self.allBirthGivens = allBirthGivens
        self.usedFamily = usedFamily
        self.usedGiven = usedGiven
        self.gender = gender
        self.birthDate = birthDate
        self.birthPlaceCode = birthPlaceCode
        self.birthPlaceName = birthPlaceName
        self.guardians = guardians
    }
}

/// A professional and when he or she took part.
package struct Signature: Sendable, Equatable {
    package var at: Stamp
    package var professional: Professional
    package init(_ professional: Professional, at: Stamp) {
        self.at = at
        self.professional = professional
    }
}

package enum Author: Sendable, Equatable {
    case professional(Signature)
    case device(AuthoringDevice)
}

/// The laboratory system as author of the document.
package struct AuthoringDevice: Sendable, Equatable {
    package var at: Stamp
    package var id: ObjectID
    package var model: String
    package var software: String
    package var address: Address
    package var telecoms: [Telecom]
    package var organization: Organization
    package init(
        at: Stamp, id: ObjectID, model: String, software: String, address: Address, telecoms: [Telecom],
        organization: Organization
    ) {
        self.at = at
        self.id = id
        self.model = model
        self.software = software
        self.address = address
        self.telecoms = telecoms
        self.organization = organization
    }
}

/// To whom the report is addressed: a person, an organization or a mailbox; at least one of the three.
package struct IntendedRecipient: Sendable, Equatable {
    package var id: ObjectID?
    package var address: Address?
    /// `mailto:` and a MSSanté address.
    package var telecoms: [Telecom]
    package var name: PersonName?
    package var organization: ReceivedOrganization?
    package init(
        id: ObjectID? = nil, address: Address? = nil, telecoms: [Telecom] = [], name: PersonName? = nil,
        organization: ReceivedOrganization? = nil
    ) {
        self.id = id
        self.address = address
        self.telecoms = telecoms
        self.name = name
        self.organization = organization
    }
    package init(_ who: Professional) {
        self.init(
            id: who.id, address: who.address, telecoms: who.telecoms, name: who.name,
            organization: who.organization.map { ReceivedOrganization(name: $0.name, ids: $0.ids) })
    }
}

package struct ReceivedOrganization: Sendable, Hashable {
    package var name: String
    package var ids: [ObjectID]
    package init(name: String, ids: [ObjectID] = []) {
        self.name = name
        self.ids = ids
    }
}

/// A participant of the header that has no field of its own.
package struct Participation: Sendable, Equatable {
    /// Structuration minimale: which parts a participant may take.
    package enum Kind: String, Sendable, CaseIterable {
        case referrer = "REF"
        case referredBy = "REFB"
        case informed = "INF"
        case responsible = "RESP"
        case performer = "PRF"
        case consultant = "CON"
        case verifier = "VRF"
    }
    package var kind: Kind
    package var function: Coded?
    /// Nil, written NA, when no instant belongs to the part.
    package var at: Stamp?
    package var professional: Professional
    package init(kind: Kind, function: Coded? = nil, at: Stamp? = nil, professional: Professional) {
        self.kind = kind
        self.function = function
        self.at = at
        self.professional = professional
    }
}

/// A general comment with its title, « Commentaire » when there is none.
package struct Conclusion: Sendable, Equatable, ExpressibleByStringLiteral {
    package var title: String
    package var text: String
    package init(title: String = "Commentaire", text: String) {
        self.title = title
        self.text = text
    }
    package init(stringLiteral text: String) { self.init(text: text) }
}

/// Section « raison de la recommandation », in words and coded.
package struct Recommendation: Sendable, Equatable {
    package var title: String
    package var text: String
    package var reason: Coded
    /// CIM-10 or SNOMED CT code of what is looked for.
    package var problem: Coded?
    package init(title: String = "Contexte de l'examen", text: String, reason: Coded, problem: Coded? = nil) {
        self.title = title
        self.text = text
        self.reason = reason
        self.problem = problem
    }
}

/// One line of the section of vaccinations: done or not.
package struct Vaccination: Sendable, Equatable {
    package var label: String
    /// ATC.
    package var vaccine: Coded
    package var isDone: Bool
    package var at: Stamp?
    package init(label: String, vaccine: Coded, isDone: Bool, at: Stamp? = nil) {
        self.label = label
        self.vaccine = vaccine
        self.isDone = isDone
        self.at = at
    }
}

/// A consent of the patient, and what it is about.
package struct Consent: Sendable, Equatable {
    package var id: ObjectID?
    package var code: Coded
    package init(id: ObjectID?, code: Coded) {
        self.id = id
        self.code = code
    }
}

package enum Informant: Sendable, Equatable {
    case professional(Professional)
    case relative(Relative)
}

/// A person to warn (ECON), of trust (NOK)… and what he or she is to the patient.
package struct Relative: Sendable, Equatable {
    package enum Role: String, Sendable {
        case toWarn = "ECON"
        case ofTrust = "NOK"
        case helper = "CAREGIVER"
        case contact = "CON"
    }
    package var role: Role
    /// JDV_HL7_PersonalRelationshipRoleType, such as `MTH`.
    package var relationship: Coded?
    package var name: PersonName
    package var address: Address
    package var telecoms: [Telecom]
    package init(role: Role, relationship: Coded?, name: PersonName, address: Address, telecoms: [Telecom]) {
        self.role = role
        self.relationship = relationship
        self.name = name
        self.address = address
        self.telecoms = telecoms
    }
}

/// Section 4: the request as the laboratory recorded it; its codes are those of the chapters.
package struct DocumentedAct: Sendable, Equatable {
    /// Number of the request (dossier) in the laboratory's system.
    package var request: ObjectID
    /// Reception of the request.
    package var receivedAt: Stamp
    /// Release of the report.
    package var releasedAt: Stamp
    /// Director of the performing laboratory, with the laboratory as organization.
    package var performer: Signature
    /// A partial report: complete ones will replace it.
    package var isPartial: Bool
    package init(
        request: ObjectID, receivedAt: Stamp, releasedAt: Stamp, performer: Signature, isPartial: Bool = false
    ) {
        self.request = request
        self.receivedAt = receivedAt
        self.releasedAt = releasedAt
        self.performer = performer
        self.isPartial = isPartial
    }
}

/// Section 5.
package struct Encounter: Sendable, Equatable {
    /// JDV_J142_TypeRencontre.
    package enum Kind: String, Sendable {
        case hospitalStay = "IMP"
        case emergency = "EMER"
        case ambulatory = "AMB"
        case field = "FLD"
        case home = "HH"
        case remote = "VR"
        case outpatient = "EXTERNE"
        case session = "SEANCE"

        var coded: Coded {
            switch self {
            case .hospitalStay: Coded(rawValue, "Hospitalisation", system: OID.actCodes)
            case .emergency: Coded(rawValue, "Passage aux urgences", system: OID.actCodes)
            case .ambulatory: Coded(rawValue, "Ambulatoire", system: OID.actCodes)
            case .field: Coded(rawValue, "Terrain", system: OID.actCodes)
            case .home: Coded(rawValue, "Soins à domicile", system: OID.actCodes)
            case .remote: Coded(rawValue, "Virtuelle", system: OID.actCodes)
            case .outpatient: Coded(rawValue, "Acte et consultation externe", system: OID.frenchActCodes)
            case .session: Coded(rawValue, "Séance", system: OID.frenchActCodes)
            }
        }
    }
    package var id: ObjectID
    package var kind: Kind
    package var begin: Stamp
    package var end: Stamp?
    /// Responsible biologist.
    package var responsible: Professional
    /// JDV_J02; by default SA25, laboratoire de biologie médicale.
    package var facility: Coded
    package var facilityName: String
    package var facilityAddress: Address
    package init(
        id: ObjectID, kind: Kind, begin: Stamp, end: Stamp? = nil, responsible: Professional,
        facility: Coded = Encounter.laboratory, facilityName: String, facilityAddress: Address
    ) {
        self.id = id
        self.kind = kind
        self.begin = begin
        self.end = end
        self.responsible = responsible
        self.facility = facility
        self.facilityName = facilityName
        self.facilityAddress = facilityAddress
    }
    package static let laboratory = Coded("SA25", "Laboratoire de biologie médicale", system: OID.facilities)
}
