import CDA
import Laboratory

// People and places of the laboratory → those of the document.

extension Laboratory.Patient {
    func documented(at site: Site) -> CDA.Patient {
        let telecoms =
            (phone.map { [Telecom.phone($0, use: "H")] } ?? [])
            + (administrative?.mail.map { [Telecom.address("mailto:" + $0, use: "H")] } ?? [])
        return CDA.Patient(
            ins: publishableINS.map { .init(matricule: $0.matricule, root: $0.authority.rawValue) },
            localIDs: [site.local(.patients, ipp)], address: address?.documented ?? .absent(.unknown),
            telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms, birthFamily: traits.birthName,
            firstBirthGiven: traits.firstGivenName, allBirthGivens: traits.givenNames, usedFamily: usedName,
            usedGiven: usedGivenName, gender: traits.sex.documented, birthDate: Stamp(traits.birthDate),
            birthPlaceCode: traits.birthplace, birthPlaceName: administrative?.birthplaceName,
            guardians: representatives.map { guardian($0) })
    }

    /// Reached at the patient's home when nothing else is known.
    private func guardian(_ who: LegalRepresentative) -> CDA.Patient.Guardian {
        let telecoms =
            ((who.phone ?? phone).map { [Telecom.phone($0, use: "H")] } ?? [])
            + (who.mail.map { [Telecom.address("mailto:" + $0, use: "H")] } ?? [])
        return CDA.Patient.Guardian(
            name: PersonName(family: who.family, given: who.given),
            address: (who.address ?? address)?.documented ?? .absent(.unknown),
            telecoms: telecoms.isEmpty ? [.absent(.unknown)] : telecoms)
    }
}

extension AdministrativeSex {
    var documented: CDA.Patient.Gender {
        switch self {
        case .female: .female
        case .male: .male
        case .unknown: .undifferentiated
        }
    }
}

extension PostalAddress {
    var documented: Address {
        let place = [postalCode, city].filter { !$0.isEmpty }.joined(separator: " ")
        return .lines(
            [street, complement ?? "", place, country == "FRA" ? "" : country].filter { !$0.isEmpty })
    }
}

extension Telecom {
    /// `tel:` takes no blank (RFC 3966).
    static func phone(_ number: String, use: String = "WP") -> Telecom {
        .address("tel:" + number.filter { $0 != " " && $0 != "." }, use: use)
    }
}

extension Laboratory.Professional {
    var documentedName: PersonName {
        PersonName(family: family, given: given.isEmpty ? nil : given, suffix: title.isEmpty ? nil : title)
    }
    var documentedTelecoms: [Telecom] {
        (phone.map { [Telecom.phone($0)] } ?? [])
            + (securedMail.map { [Telecom.address("mailto:" + $0, use: "WP")] } ?? [])
    }
    /// A speciality that the national set does not have is sent as its profession alone.
    private var profession: Coded? {
        if ValueSets.knowsProfession(speciality) { return .profession(speciality, specialityLabel) }
        let profession = String(speciality.prefix { $0 != "/" })
        return ValueSets.knowsProfession(profession) ? .profession(profession, specialityLabel) : nil
    }
    var documented: CDA.Professional {
        CDA.Professional(
            id: .professional(nationalID), profession: profession,
            address: address?.documented ?? .absent(.notAsked),
            telecoms: documentedTelecoms.isEmpty ? [.absent(.notAsked)] : documentedTelecoms, name: documentedName)
    }
}

extension Site {
    func arc(_ arc: LocalArc) -> String { "\(oidRoot).\(arc.rawValue)" }
    func local(_ arc: LocalArc, _ number: String) -> ObjectID { ObjectID(root: self.arc(arc), number: number) }
    /// FINESS with its prefix, as national directories write it.
    var structureNumber: String { "1" + finess }

    var organization: Organization {
        Organization(
            ids: [.structure(structureNumber)] + (accreditation.map { [.accreditation($0)] } ?? []), name: name,
            telecoms: [.phone(phone)], address: address.documented,
            sector: sector == "ETABLISSEMENT" ? Organization.hospital : Organization.ambulatory)
    }

    /// A biologist of the house: reached at the site when nothing else is known.
    func biologist(_ who: Laboratory.Professional) -> CDA.Professional {
        var documented = who.documented
        if who.address == nil { documented.address = address.documented }
        if who.documentedTelecoms.isEmpty { documented.telecoms = [.phone(phone)] }
        documented.organization = organization
        return documented
    }
}
