package import Base

/// Status of an identity, from two facts: traits retrieved from INSi, and identity checked with a high-trust
/// document (RNIV, EXI SI 07).
package enum IdentityStatus: String, Codable, Sendable, CaseIterable {
    /// *provisoire*
    case provisional = "PROV"
    /// *validée*
    case validated = "VALI"
    /// *récupérée*
    case retrieved = "RECUP"
    /// *qualifiée*: the only one that lets the matricule out (RNIV EXI SI 08).
    case qualified = "QUAL"
}

/// Attributes of an identity, with a provisional status only (RNIV).
package enum IdentityAttribute: String, Codable, Sendable, CaseIterable {
    case homonym = "homonyme"
    case doubtful = "douteux"
    case fictitious = "fictif"

    /// As it is told beside the person's name.
    package var frenchText: String {
        switch self {
        case .homonym: "homonyme"
        case .doubtful: "identité douteuse"
        case .fictitious: "identité fictive"
        }
    }
}

/// Administrative sex as in HL7 v2 table 0001 FR (F, M, U).
package enum AdministrativeSex: String, Codable, Sendable, CaseIterable {
    case female = "F"
    case male = "M"
    case unknown = "U"
}

/// Which authority issued a matricule INS (PAM France DT N.1).
package enum INSAuthority: String, Codable, Sendable, CaseIterable {
    case nir = "1.2.250.1.213.1.4.8"
    case nia = "1.2.250.1.213.1.4.9"
    case nirTest = "1.2.250.1.213.1.4.10"
    case nirDemonstration = "1.2.250.1.213.1.4.11"

    /// CX-4.1 in HL7 v2.
    package var hl7Name: String { self == .nia ? "ASIP-SANTE-INS-NIA" : "ASIP-SANTE-INS-NIR" }
    /// For people: `NIR` or `NIA`.
    package var label: String { self == .nia ? "NIA" : "NIR" }
}

/// Matricule INS: 13 characters and 2 of key, with its authority.
package struct INS: Codable, Sendable, Hashable {
    /// 15 characters; 2A and 2B of Corsica kept as letters.
    package let matricule: String
    package let authority: INSAuthority

    /// Refuses a wrong length, a wrong character or a wrong key (97 − n mod 97, 2A → 19, 2B → 18).
    package init(_ text: some StringProtocol, authority: INSAuthority = .nir) throws(Refusal) {
        let matricule = String(text.filter { $0 != " " })
        guard matricule.utf8.count == 15 else {
            throw Refusal(
                "ins.length", at: "ins", because: "un matricule INS a 15 caractères, clé comprise",
                remedy: "ressaisir le matricule et sa clé")
        }
        let digits = matricule.prefix(13).replacing("2A", with: "19").replacing("2B", with: "18")
        guard let n = Int64(digits), let key = Int64(matricule.suffix(2)), digits.count == 13 else {
            throw Refusal(
                "ins.characters", at: "ins", because: "le matricule INS contient un caractère interdit",
                remedy: "ressaisir : chiffres seulement, 2A ou 2B pour la Corse")
        }
        guard 97 - n % 97 == key else {
            throw Refusal(
                "ins.key", at: "ins", because: "la clé du matricule INS ne correspond pas",
                remedy: "vérifier le matricule auprès du téléservice INSi")
        }
        self.matricule = matricule
        self.authority = authority
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            container.decode(String.self, forKey: .matricule),
            authority: container.decodeIfPresent(INSAuthority.self, forKey: .authority) ?? .nir)
    }
}

/// The five strict traits (RNIV): birth name, birth given names, birth date, sex, place of birth.
package struct Traits: Codable, Sendable, Hashable {
    package var birthName: String
    package var firstGivenName: String
    /// All the birth given names as INSi returns them; the first alone when not known otherwise.
    package var givenNames: String
    package var birthDate: CivilDate
    package var sex: AdministrativeSex
    /// INSEE (COG) code of the commune, or of the country for births abroad; 5 characters.
    package var birthplace: String?

    package init(
        birthName: String, firstGivenName: String, givenNames: String? = nil, birthDate: CivilDate,
        sex: AdministrativeSex, birthplace: String? = nil
    ) {
        self.birthName = birthName
        self.firstGivenName = firstGivenName
        self.givenNames = givenNames ?? firstGivenName
        self.birthDate = birthDate
        self.sex = sex
        self.birthplace = birthplace
    }
}

package struct PostalAddress: Codable, Sendable, Hashable {
    package var street: String
    /// Building, staircase, floor; nil when none.
    package var complement: String?
    package var postalCode: String
    package var city: String
    /// ISO 3166 alpha-3.
    package var country: String
    package init(
        street: String, complement: String? = nil, postalCode: String, city: String, country: String = "FRA"
    ) {
        self.street = street
        self.complement = complement
        self.postalCode = postalCode
        self.city = city
        self.country = country
    }
}

/// A patient file, one version of it: a change is a new version with an author (HOUSE invariant 3).
package struct Patient: Codable, Sendable, Hashable {
    package var id: String
    package var version: Int
    package var site: String
    /// The laboratory's own permanent identifier (*IPP*).
    package var ipp: String
    package var status: IdentityStatus
    package var attributes: [IdentityAttribute]
    package var traits: Traits
    /// Kept when known; leaves the laboratory only if `status` is `.qualified`.
    package var ins: INS?
    package var usedName: String?
    package var usedGivenName: String?
    /// Time of birth of a newborn: ages are counted in minutes.
    package var birthTime: Instant?
    package var address: PostalAddress?
    package var phone: String?
    /// Legal representative of a minor, names only.
    package var legalRepresentative: String?
    /// The patient is opposed to the feeding of the DMP (PAM, ZFA-9 IO).
    package var opposedToDMP: Bool
    /// Nil as long as nothing of it was told.
    package var administrative: AdministrativeFile?

    package init(
        id: String, version: Int = 1, site: String, ipp: String, status: IdentityStatus,
        attributes: [IdentityAttribute] = [], traits: Traits, ins: INS? = nil, usedName: String? = nil,
        usedGivenName: String? = nil, birthTime: Instant? = nil, address: PostalAddress? = nil, phone: String? = nil,
        legalRepresentative: String? = nil, opposedToDMP: Bool = false, administrative: AdministrativeFile? = nil
    ) {
        self.id = id
        self.version = version
        self.site = site
        self.ipp = ipp
        self.status = status
        self.attributes = attributes
        self.traits = traits
        self.ins = ins
        self.usedName = usedName
        self.usedGivenName = usedGivenName
        self.birthTime = birthTime
        self.address = address
        self.phone = phone
        self.legalRepresentative = legalRepresentative
        self.opposedToDMP = opposedToDMP
        self.administrative = administrative
    }

    /// The matricule that documents and messages may carry: none unless the identity is qualified.
    package var publishableINS: INS? { status == .qualified ? ins : nil }

    /// Refuses what RNIV forbids: attributes beside a status other than provisional, a qualified identity without its
    /// INS or its five traits, an empty strict trait; a birth date to come, and a time of birth on
    /// another day than the birth date (`zone` is the site's).
    package func checked(in zone: CivilZone, at now: Instant) throws(Refusal) -> Patient {
        guard traits.birthDate <= CivilTime(now, in: zone).date else {
            throw Refusal(
                "patient.birthdate", at: "birthDate", because: "la date de naissance est dans le futur",
                remedy: "corriger la date")
        }
        guard !traits.birthName.isEmpty, !traits.firstGivenName.isEmpty else {
            throw Refusal(
                "patient.traits", at: "traits", because: "le nom et le premier prénom de naissance sont obligatoires",
                remedy: "saisir les deux, ou créer une identité provisoire avec les traits connus")
        }
        guard attributes.isEmpty || status == .provisional else {
            throw Refusal(
                "patient.attributes", at: "attributes",
                because: "un attribut d'identité ne va qu'avec le statut provisoire (RNIV)",
                remedy: "retirer l'attribut ou repasser l'identité en provisoire")
        }
        if let birthTime, CivilTime(birthTime, in: zone).date != traits.birthDate {
            throw Refusal(
                "patient.birthtime", at: "birthTime",
                because: "l'heure de naissance n'est pas celle du jour de naissance",
                remedy: "corriger la date ou l'heure de naissance")
        }
        if status == .qualified || status == .retrieved {
            guard ins != nil else {
                throw Refusal(
                    "patient.ins", at: "ins", because: "ce statut demande un matricule INS",
                    remedy: "interroger INSi, ou choisir le statut provisoire ou validé")
            }
            guard traits.birthDate.isComplete, traits.birthplace?.utf8.count == 5, traits.sex != .unknown else {
                throw Refusal(
                    "patient.traits.strict", at: "traits",
                    because: "les cinq traits stricts sont requis avec un matricule INS",
                    remedy: "compléter date, sexe et lieu de naissance (code INSEE à 5 caractères)")
            }
        }
        try administrative?.check(minor: isMinor(at: now, zone: zone))
        return self
    }

    /// Age in whole minutes at an instant; birth counts from the birth time when known, else from midnight of the day.
    /// Nil when the birth date is not complete enough (year unknown is impossible, month unknown gives none).
    package func ageMinutes(at instant: Instant, zone: CivilZone) -> Int64? {
        if let birthTime { return max(0, birthTime.minutes(to: instant)) }
        guard traits.birthDate.isComplete else { return nil }
        return max(0, zone.instant(traits.birthDate).minutes(to: instant))
    }

    /// Under eighteen at an instant (Code civil, article 388).
    package func isMinor(at instant: Instant, zone: CivilZone) -> Bool {
        let today = CivilTime(instant, in: zone).date
        let birth = traits.birthDate
        return today < CivilDate(year: birth.year + 18, month: max(birth.month, 1), day: max(birth.day, 1))
    }
}
