package import Base
package import Laboratory

// What is sent to the server. Absent keys are nil; a key that is not here is refused by name.

package struct LoginBody: Codable, Sendable, Hashable {
    package var login: String
    package var secret: String
    package init(login: String, secret: String) {
        self.login = login
        self.secret = secret
    }
}

/// A person changes the own secret.
package struct SecretBody: Codable, Sendable, Hashable {
    package var current: String
    package var replacement: String
    package init(current: String, replacement: String) {
        self.current = current
        self.replacement = replacement
    }
}

/// A health professional, with the defaults that most have.
package struct ProfessionalBody: Codable, Sendable, Hashable {
    /// National identifier with its prefix: `8` + RPPS (12 digits) or `0` + ADELI.
    package var nationalID: String
    package var family: String
    package var given: String
    package var title: String?
    package var speciality: String?
    package var specialityLabel: String?
    package var phone: String?
    package var securedMail: String?
    package var address: AddressBody?
    package init(nationalID: String, family: String, given: String) {
        self.nationalID = nationalID
        self.family = family
        self.given = given
    }

    /// Refuses an identifier that is neither RPPS nor ADELI in form.
    /// `otherwise`: what the person is when no speciality was given (the profession alone when nil).
    package func professional(
        otherwise: (speciality: String, label: String)? = nil
    ) throws(Refusal) -> Professional {
        guard (speciality == nil) == (specialityLabel == nil) else {
            throw Refusal(
                "professional.speciality", at: "speciality", because: "une spécialité va avec son libellé",
                remedy: "donner le code et le libellé de JDV_J01, ou aucun des deux")
        }
        let digits = nationalID.utf8.allSatisfy { (0x30...0x39).contains($0) }
        // ANS "Identification des acteurs de santé": type 8 (RPPS, 11 digits) and type 0 (ADELI, 9 characters).
        let rpps = nationalID.hasPrefix("8") && nationalID.utf8.count == 12 && digits
        let adeli = nationalID.hasPrefix("0") && nationalID.utf8.count == 10
        guard rpps || adeli else {
            throw Refusal(
                "professional.id", at: "nationalID", because: "identifiant national de professionnel mal formé",
                remedy: "écrire 8 suivi des 11 chiffres du RPPS, ou 0 suivi des 9 caractères ADELI")
        }
        guard !family.isEmpty, !given.isEmpty else {
            throw Refusal(
                "professional.name", at: "family", because: "le professionnel n'a pas de nom complet",
                remedy: "donner nom et prénom d'exercice")
        }
        var made = Professional(nationalID: nationalID, family: family, given: given)
        made.title = title ?? made.title
        made.speciality = speciality ?? otherwise?.speciality ?? made.speciality
        made.specialityLabel = specialityLabel ?? otherwise?.label ?? made.specialityLabel
        made.phone = phone
        made.securedMail = securedMail
        made.address = address?.address
        return made
    }
}

package struct AddressBody: Codable, Sendable, Hashable {
    package var street: String
    package var postalCode: String
    package var city: String
    /// ISO 3166 alpha-3; France when absent.
    package var country: String?
    package init(street: String, postalCode: String, city: String, country: String? = nil) {
        self.street = street
        self.postalCode = postalCode
        self.city = city
        self.country = country
    }
    package var address: PostalAddress {
        PostalAddress(street: street, postalCode: postalCode, city: city, country: country ?? "FRA")
    }
}

/// A new account, or a new version of one (then only what changes is given).
package struct AccountBody: Codable, Sendable, Hashable {
    package var login: String
    package var name: String
    package var role: Role
    package var site: String?
    package var professional: ProfessionalBody?
    package var secret: String
    package init(login: String, name: String, role: Role, secret: String) {
        self.login = login
        self.name = name
        self.role = role
        self.secret = secret
    }
}

package struct AccountChange: Codable, Sendable, Hashable {
    package var name: String?
    package var role: Role?
    package var professional: ProfessionalBody?
    package var secret: String?
    package var enabled: Bool?
    package init() {}
}

package struct TraitsBody: Codable, Sendable, Hashable {
    package var birthName: String
    package var firstGivenName: String
    package var givenNames: String?
    package var birthDate: CivilDate
    package var sex: AdministrativeSex
    /// INSEE code, 5 characters.
    package var birthplace: String?
    package init(birthName: String, firstGivenName: String, birthDate: CivilDate, sex: AdministrativeSex) {
        self.birthName = birthName
        self.firstGivenName = firstGivenName
        self.birthDate = birthDate
        self.sex = sex
    }
    package var traits: Traits {
        Traits(
            birthName: birthName, firstGivenName: firstGivenName, givenNames: givenNames, birthDate: birthDate,
            sex: sex,
            birthplace: birthplace)
    }
}

package struct PatientBody: Codable, Sendable, Hashable {
    package var ipp: String?
    package var status: IdentityStatus
    package var attributes: [IdentityAttribute]?
    package var traits: TraitsBody
    package var ins: INS?
    package var usedName: String?
    package var usedGivenName: String?
    package var birthTime: Moment?
    package var address: AddressBody?
    package var phone: String?
    package var legalRepresentative: String?
    package var opposedToDMP: Bool?
    package var administrative: AdministrativeBody?
    package init(status: IdentityStatus, traits: TraitsBody) {
        self.status = status
        self.traits = traits
    }
}

package struct RequestBody: Codable, Sendable, Hashable {
    package var patientID: String
    package var codes: [String]
    package var prescriber: ProfessionalBody
    package var recipients: [ProfessionalBody]?
    package var prescribedOn: CivilDate?
    package var priority: Priority?
    package var encounter: EncounterClass?
    package var note: String?
    package var clinical: ClinicalBody?
    package var collectedAt: Moment?
    package init(patientID: String, codes: [String], prescriber: ProfessionalBody) {
        self.patientID = patientID
        self.codes = codes
        self.prescriber = prescriber
    }
}

/// Who gets copies of a request's reports, and the class of its encounter; what is left out stays as it is.
package struct AddresseesBody: Codable, Sendable, Hashable {
    package var recipients: [ProfessionalBody]?
    package var encounter: EncounterClass?
    package init() {}
}

/// What is known of the person with a request; each part may be left out.
package struct ClinicalBody: Codable, Sendable, Hashable {
    package var pregnant: Bool?
    /// Complete weeks of amenorrhea on `weeksOn`, today when left out.
    package var weeks: Int?
    package var weeksOn: CivilDate?
    /// `dialyse`, `transfusion`…
    package var contexts: [String]?
    /// Kilograms, `70.5`, on `weighedOn`, today when left out.
    package var weight: String?
    package var weighedOn: CivilDate?
    /// Litres and hours of a collection of urine.
    package var urineVolume: String?
    package var urineHours: String?
    /// Of a later change.
    package var reason: String?
    package init() {}
}

/// Analyses and panels to add to a request.
package struct AddLinesBody: Codable, Sendable, Hashable {
    package var codes: [String]
    package init(codes: [String]) { self.codes = codes }
}

package struct ReceiveBody: Codable, Sendable, Hashable {
    package var collectedAt: Moment?
    package var nonconformity: String?
    package init(collectedAt: Moment? = nil, nonconformity: String? = nil) {
        self.collectedAt = collectedAt
        self.nonconformity = nonconformity
    }
}

/// Exactly one of `observations` and `all: true`.
package struct ValidateBody: Codable, Sendable, Hashable {
    package var observations: [String]?
    package var all: Bool?
    package var reason: String?
    package init(observations: [String]? = nil, all: Bool? = nil, reason: String? = nil) {
        self.observations = observations
        self.all = all
        self.reason = reason
    }
}

package struct RejectBody: Codable, Sendable, Hashable {
    package var observation: String
    package var reason: String
    package init(observation: String, reason: String) {
        self.observation = observation
        self.reason = reason
    }
}

/// Validations and rejections to take back.
package struct WithdrawBody: Codable, Sendable, Hashable {
    package var observations: [String]
    package var reason: String?
    /// True: only what this person did last, not what somebody else did since.
    package var own: Bool?
    package init(observations: [String], reason: String? = nil, own: Bool? = nil) {
        self.own = own
        self.observations = observations
        self.reason = reason
    }
}

/// A result typed by a person: exactly one of `value`, `text`, `code` and `notPerformed`.
/// A coded comment of the catalogue beside a result.
package struct CommentBody: Codable, Sendable, Hashable {
    package var observation: String
    package var code: String
    package init(observation: String, code: String) {
        self.observation = observation
        self.code = code
    }
}

package struct ReworkBody: Codable, Sendable, Hashable {
    package var observation: String
    package var diluted: Bool
    package var reason: String
    package init(observation: String, diluted: Bool, reason: String) {
        self.observation = observation
        self.diluted = diluted
        self.reason = reason
    }
}

package struct ResultBody: Codable, Sendable, Hashable {
    package var analysis: String
    /// A number as text, so that `4.20` stays `4.20`; `<0.5` too. In the catalogue's unit.
    package var value: String?
    package var text: String?
    package var code: String?
    /// Words of `code`; the code itself when absent.
    package var display: String?
    /// The reason, printed on the report.
    package var notPerformed: String?
    package var comment: String?
    /// Id of the observation that stood when the value was typed, empty when none did: another one since is a conflict
    /// (`enter.changed`). Absent: not compared.
    package var seen: String?
    package init(analysis: String) { self.analysis = analysis }
}

package struct AttachBody: Codable, Sendable, Hashable {
    package var accession: String
    package var reason: String
    package init(accession: String, reason: String) {
        self.accession = accession
        self.reason = reason
    }
}

package struct DismissBody: Codable, Sendable, Hashable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}

/// Why a line is paused, resumed or reconnected, or a message replayed.
package struct ReasonBody: Codable, Sendable, Hashable {
    package var reason: String
    package init(reason: String) { self.reason = reason }
}
