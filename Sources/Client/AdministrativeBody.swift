package import Base
package import Laboratory

/// What the identity feed will bring, and a person types meanwhile.
package struct AdministrativeBody: Codable, Sendable, Hashable {
    package struct RepresentativeBody: Codable, Sendable, Hashable {
        package var kind: LegalRepresentative.Kind
        package var family: String
        package var given: String?
        package var phone: String?
        package init(kind: LegalRepresentative.Kind, family: String, given: String? = nil, phone: String? = nil) {
            self.kind = kind
            self.family = family
            self.given = given
            self.phone = phone
        }
    }
    package struct OppositionBody: Codable, Sendable, Hashable {
        package var way: Opposition.Way
        package var reason: String
        package init(way: Opposition.Way, reason: String) {
            self.way = way
            self.reason = reason
        }
    }
    package var mail: String?
    /// *Médecin traitant*.
    package var familyDoctor: ProfessionalBody?
    /// He gets the reports unless this is false.
    package var familyDoctorGetsReports: Bool?
    package var representatives: [RepresentativeBody]?
    package var otherAddresses: [AddressBody]?
    package var oppositions: [OppositionBody]?
    package init() {}
}

/// The same as the file holds it.
package struct AdministrativeView: Codable, Sendable, Hashable {
    package struct OppositionView: Codable, Sendable, Hashable {
        package var way: Opposition.Way
        package var reason: String
        package var at: Moment
        package var recordedBy: String
    }
    package var mail: String?
    package var familyDoctor: Professional?
    package var familyDoctorGetsReports: Bool
    package var representatives: [LegalRepresentative]
    package var otherAddresses: [PostalAddress]
    package var oppositions: [OppositionView]

    package init(_ file: AdministrativeFile, in zone: CivilZone) {
        mail = file.mail
        familyDoctor = file.familyDoctor
        familyDoctorGetsReports = file.familyDoctorGetsReports
        representatives = file.representatives
        otherAddresses = file.otherAddresses
        oppositions = file.oppositions.map {
            OppositionView(way: $0.way, reason: $0.reason, at: Moment($0.at, in: zone), recordedBy: $0.recordedBy)
        }
    }
}
