package import Base

/// What the identity feed brings beside the identity (PAM France: PID-11, PID-13, NK1, ROL, ZFA, ZFD), and what a
/// person sets with `paillasse patient` meanwhile.
package struct AdministrativeFile: Codable, Sendable, Hashable {
    /// Name of the commune or country of birth, beside its code in the traits.
    package var birthplaceName: String?
    /// A secondary or temporary address, after the home of the patient file.
    package var otherAddresses: [PostalAddress] = []
    package var mail: String?
    /// Those who answer for the patient: parents of a minor, guardian of an adult.
    package var representatives: [LegalRepresentative] = []
    /// People to warn or of trust (NK1).
    package var relatives: [Relative] = []
    /// *Médecin traitant* (ROL ODRP): gets the report when `familyDoctorGetsReports`.
    package var familyDoctor: Professional?
    package var familyDoctorGetsReports = true
    /// What the patient was asked about the DMP (ZFA-9, ZFA-11).
    package var feeding: Consent?
    package var consultation: Consent?
    package var oppositions: [Opposition] = []
    /// How the identity was proven (ZFD-7: CN, PA, CC…), and when INSi was asked (ZFD-6).
    package var proof: String?
    package var insiAt: Instant?

    package init() {}

    /// ZFA-9 and ZFA-11.
    package struct Consent: Codable, Sendable, Hashable {
        package enum Answer: String, Codable, Sendable, CaseIterable {
            /// *Informé, non opposé* (INO), *consent* (IC).
            case agreed
            /// IO, INC.
            case refused
            /// NA: nobody asked yet.
            case notAsked
        }
        package var answer: Answer
        package var at: Instant?
        package init(_ answer: Answer, at: Instant? = nil) {
            self.answer = answer
            self.at = at
        }
    }

    /// Refused, each with its reason: a representative, a relative or a doctor without a name.
    func check(minor: Bool) throws(Refusal) {
        let names = representatives.map(\.family) + relatives.map(\.family) + (familyDoctor.map { [$0.family] } ?? [])
        guard names.allSatisfy({ name in !name.allSatisfy(\.isWhitespace) }) else {
            throw Refusal(
                "patient.circle.name", at: "administrative", because: "une personne de l'entourage n'a pas de nom",
                remedy: "donner son nom, ou la retirer")
        }
        guard minor || representatives.allSatisfy({ $0.kind != .parent }) else {
            throw Refusal(
                "patient.representative", at: "administrative.representatives",
                because: "un parent ne représente plus un patient majeur",
                remedy: "retirer le parent, ou dire qui est tuteur ou curateur")
        }
    }
}

/// *Représentant légal*.
package struct LegalRepresentative: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case parent
        /// *Tuteur*
        case guardian = "tuteur"
        /// *Curateur*
        case curator = "curateur"
    }
    package var kind: Kind
    package var family: String
    package var given: String?
    package var phone: String?
    package var mail: String?
    /// The patient's own when nil.
    package var address: PostalAddress?
    package init(
        kind: Kind = .parent, family: String, given: String? = nil, phone: String? = nil, mail: String? = nil,
        address: PostalAddress? = nil
    ) {
        self.kind = kind
        self.family = family
        self.given = given
        self.phone = phone
        self.mail = mail
        self.address = address
    }
}

/// A person to warn, or of trust.
package struct Relative: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case toWarn = "a_prevenir"
        case ofTrust = "confiance"
    }
    package var kind: Kind
    /// JDV_HL7_PersonalRelationshipRoleType (`MTH`, `SPS`…) and its French name.
    package var relationship: String?
    package var relationshipLabel: String?
    package var family: String
    package var given: String?
    package var phone: String?
    package init(
        kind: Kind, relationship: String? = nil, relationshipLabel: String? = nil, family: String,
        given: String? = nil, phone: String? = nil
    ) {
        self.kind = kind
        self.relationship = relationship
        self.relationshipLabel = relationshipLabel
        self.family = family
        self.given = given
        self.phone = phone
    }
}

/// The patient is opposed to a way of sending (DSR: record of the opposition, its reason, date, author).
package struct Opposition: Codable, Sendable, Hashable {
    package enum Way: String, Codable, Sendable, CaseIterable {
        /// Feeding of the DMP.
        case dmp
        /// Mail to the patient's own mailbox.
        case patientMailbox = "boite_patient"
        /// Mail to professionals other than the prescriber.
        case otherProfessionals = "correspondants"
    }
    package var way: Way
    package var reason: String
    package var at: Instant
    package var recordedBy: String
    package init(_ way: Way, reason: String, at: Instant, recordedBy: String) {
        self.way = way
        self.reason = reason
        self.at = at
        self.recordedBy = recordedBy
    }
}

extension Patient {
    /// Opposed to this way, by a recorded opposition, the consent of the feed (IO) or the older flag of the file.
    package func isOpposed(to way: Opposition.Way) -> Bool {
        if administrative?.oppositions.contains(where: { $0.way == way }) == true { return true }
        switch way {
        case .dmp: return opposedToDMP || administrative?.feeding?.answer == .refused
        case .patientMailbox, .otherProfessionals: return false
        }
    }

    /// Those who answer for the patient; the file's older single name counts as a parent.
    package var representatives: [LegalRepresentative] {
        let told = administrative?.representatives ?? []
        return told.isEmpty ? legalRepresentative.map { [LegalRepresentative(family: $0)] } ?? [] : told
    }
}
