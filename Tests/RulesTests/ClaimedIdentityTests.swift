import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `What an analyzer says of a patient` {
    static let patient = Patient(
        id: "p1", site: "A", ipp: "1", status: .provisional,
        traits: Traits(
            birthName: "ESSAI", firstGivenName: "Jean", birthDate: CivilDate(year: 1970, month: 5, day: 4),
            sex: .male))

    @Test(arguments: [
        (ClaimedIdentity(family: "Essai"), []), (ClaimedIdentity(family: "ÉSSAI"), []),
        (ClaimedIdentity(family: "AUTRE"), [IdentityContradiction.name]), (ClaimedIdentity(sex: .female), [.sex]),
        (ClaimedIdentity(sex: .unknown), []), (ClaimedIdentity(birthDate: CivilDate("1970-05-04")), []),
        (ClaimedIdentity(birthDate: CivilDate("1970-05-05")), [.birthDate]), (ClaimedIdentity(), []),
        (ClaimedIdentity(family: "AUTRE", sex: .female), [.name, .sex]),
    ])
    func `is compared with the file, and what it does not say contradicts nothing`(
        _ claim: (ClaimedIdentity, [IdentityContradiction])
    ) {
        #expect(claim.0.contradictions(with: Self.patient) == claim.1)
    }

    @Test func `may name the person by the name in use`() {
        var patient = Self.patient
        patient.usedName = "DUPONT"
        #expect(ClaimedIdentity(family: "dupont").contradictions(with: patient) == [])
    }
}

@Suite struct `A check as it is stored` {
    @Test func `is read back as it was, whatever stands in its words`() throws {
        let records = [
            CheckRecord(.engine, .no),
            CheckRecord(
                .delta, .yes, code: .delta, rule: RuleReference(id: "a|b@c", version: 12),
                inputs: [
                    CheckFact(.value, try #require(Measured("<4.20"))), CheckFact(.words, "a;b|c\\d=é|"),
                    CheckFact(.words, ""), CheckFact(.at, Instant(milliseconds: -5)), CheckFact(.count, count: 3),
                ],
                thresholds: [CheckFact(.limit, try #require(Exact("1.00")))], note: .percentOfZero),
        ]
        for record in records { #expect(CheckRecord(stored: record.stored) == record) }
        #expect(records[0].stored == "engine|no|||||")
    }

    @Test(arguments: [
        "", "delta|yes", "delta|yes|NOPE||||", "nope|yes|||||", "delta|yes||||value=x4|", "delta|yes||x|||",
    ])
    func `is refused when it cannot be read`(_ text: String) {
        #expect(CheckRecord(stored: text) == nil)
    }
}
