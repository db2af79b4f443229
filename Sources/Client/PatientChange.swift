package import Base
package import Laboratory

/// A part of a patient's file that may be taken out, by its name only.
package enum PatientPart: String, Codable, Sendable, CaseIterable {
    case ins, attributes
    case usedName = "used-name"
    case usedGiven = "used-given"
    case birthTime = "birth-time"
    case address, phone, guardian, mail, doctor, representatives
    case otherAddresses = "other-addresses"
}

/// What changes in a patient's file; what is left out stays as it is.
package struct PatientChangeBody: Codable, Sendable, Hashable {
    package struct TraitsChange: Codable, Sendable, Hashable {
        package var birthName: String?
        package var firstGivenName: String?
        package var givenNames: String?
        package var birthDate: CivilDate?
        package var sex: AdministrativeSex?
        package var birthplace: String?
        package init() {}
    }
    package var status: IdentityStatus?
    package var attributes: [IdentityAttribute]?
    package var traits: TraitsChange?
    package var ins: INS?
    package var usedName: String?
    package var usedGivenName: String?
    package var birthTime: Moment?
    package var address: AddressBody?
    package var phone: String?
    package var legalRepresentative: String?
    package var opposedToDMP: Bool?
    package var administrative: AdministrativeBody?
    package var remove: [PatientPart]?
    /// Oppositions that the patient took back.
    package var notOpposed: [Opposition.Way]?
    package init() {}
}
