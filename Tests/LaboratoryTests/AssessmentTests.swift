import Base
import Catalog
import Laboratory
import Testing

@Suite struct `Assessing a result` {
    let catalogue: AnalysisCatalogue
    let assessor: Assessor
    init() throws {
        catalogue = try Samples.catalogue()
        assessor = Assessor(catalogue: catalogue, zone: Samples.paris)
    }

    func assess(
        _ incoming: IncomingObservation, patient: Patient = Samples.patient(), specimen: Specimen = Samples.specimen()
    ) throws -> Assessment {
        assessor.assess(
            incoming, analysis: try #require(catalogue[incoming.analysis ?? ""]), patient: patient, specimen: specimen)
    }
    func codes(_ assessment: Assessment) -> Set<Hold.Code> { Set(assessment.holds.map(\.code)) }

    @Test(arguments: [
        ("4.2", [ResultFlag.normal]), ("3.5", [.normal]), ("3.4", [.low]), ("4.9", [.normal]), ("5.0", [.high]),
        ("2.9", [.criticallyLow]), ("3.0", [.low]), ("6.0", [.high]), ("6.1", [.criticallyHigh]),
    ])
    func `potassium is flagged at each side of each limit`(_ value: (String, [ResultFlag])) throws {
        let result = try assess(Samples.incoming("K", value.0, unit: "mmol/L"))
        #expect(result.flags == value.1)
        #expect(result.interval?.frenchText == "3,5 – 4,9")
        #expect(codes(result).contains(.critical) == (value.1 == [.criticallyLow] || value.1 == [.criticallyHigh]))
    }

    @Test(arguments: [
        ("F", false), ("C", false), ("V", false), ("R", false), ("", false), ("P", true), ("S", true), ("I", true),
        ("X", true), ("Q", true), ("f", true), ("FF", true),
    ])
    func `a result that its analyzer does not call final is held for a reason`(
        _ status: String, _ isHeld: Bool
    ) throws {
        var incoming = Samples.incoming("K", "4.2", unit: "mmol/L")
        incoming.status = status
        #expect(codes(try assess(incoming)).contains(.statusNotFinal) == isHeld)
        #expect(Hold.Code.statusNotFinal.severity == .needsReason)
        #expect(Hold.Code.statusNotFinal.rawValue == "STATUT_NON_FINAL")
    }

    @Test func `the value keeps its text, and is rounded once when it has too many decimals`() throws {
        let kept = try assess(Samples.incoming("K", "4.0", unit: "mmol/L"))
        #expect(kept.value == .measured(try #require(Measured("4.0")), unit: "mmol/L"))
        let rounded = try assess(Samples.incoming("K", "4.25", unit: "mmol/L"))
        #expect(rounded.value.frenchText == "4,3")
    }

    @Test func `an alternative unit is converted by the catalogue's factor`() throws {
        // Creatinine: mg/L = µmol/L × 0.1131, so 9.0 mg/L = 79.6 → 80 µmol/L.
        let result = try assess(Samples.incoming("CREA", "9.0", unit: "mg/L"))
        #expect(result.value == .measured(try #require(Measured("80")), unit: "umol/L"))
    }

    @Test func `an unknown unit holds the result and gives no flag`() throws {
        let result = try assess(Samples.incoming("K", "4.2", unit: "mg/dL"))
        #expect(codes(result).contains(.unknownUnit))
        #expect(result.flags.isEmpty)
        #expect(Hold.Code.unknownUnit.severity == .forbids)
    }

    @Test func `an unreadable value is kept as text and cannot be validated`() throws {
        let result = try assess(Samples.incoming("K", "---.-", unit: "mmol/L"))
        #expect(codes(result).contains(.unreadable))
        #expect(result.value == .text("---.-"))
    }

    @Test func `flags of the analyzer hold the result, known or not`() throws {
        #expect(codes(try assess(Samples.incoming("K", "4.2", unit: "mmol/L", flags: ["A"]))).contains(.analyzerFlag))
        #expect(codes(try assess(Samples.incoming("K", "4.2", unit: "mmol/L", unknown: ["?"]))).contains(.analyzerFlag))
        #expect(!codes(try assess(Samples.incoming("K", "4.2", unit: "mmol/L"))).contains(.analyzerFlag))
    }

    @Test(arguments: [
        (ClaimedIdentity(family: "Essai"), false), (ClaimedIdentity(family: "ÉSSAI"), false),
        (ClaimedIdentity(family: "AUTRE"), true), (ClaimedIdentity(sex: .female), true),
        (ClaimedIdentity(sex: .unknown), false), (ClaimedIdentity(birthDate: CivilDate("1970-05-04")), false),
        (ClaimedIdentity(birthDate: CivilDate("1970-05-05")), true), (ClaimedIdentity(), false),
    ])
    func `what the analyzer says of the patient is compared, and a mismatch is held`(
        _ claim: (ClaimedIdentity, Bool)
    ) throws {
        let result = try assess(Samples.incoming("K", "4.2", unit: "mmol/L", claimed: claim.0))
        #expect(codes(result).contains(.identity) == claim.1)
    }

    @Test func `without a collection time there is no age, hence no interval`() throws {
        let result = try assess(
            Samples.incoming("K", "4.2", unit: "mmol/L"), specimen: Samples.specimen(collectedAt: nil))
        #expect(codes(result).isSuperset(of: [.collectionTimeUnknown, .noInterval]))
        #expect(result.flags.isEmpty)
    }

    @Test func `the interval is that of the sex and of the age at collection`() throws {
        let men = try assess(Samples.incoming("CREA", "100", unit: "umol/L"))
        #expect(men.flags == [.normal])
        let women = try assess(Samples.incoming("CREA", "100", unit: "umol/L"), patient: Samples.patient(sex: .female))
        #expect(women.flags == [.high])
        // 18 years on the day of collection, and one day short of it: adult intervals begin at 18.
        let adult = Samples.patient(born: CivilDate(year: 2008, month: 3, day: 10))
        #expect(try assess(Samples.incoming("CREA", "100", unit: "umol/L"), patient: adult).flags == [.normal])
        let minor = Samples.patient(born: CivilDate(year: 2008, month: 3, day: 11))
        #expect(
            codes(try assess(Samples.incoming("CREA", "100", unit: "umol/L"), patient: minor)).contains(.noInterval))
    }

    @Test func `a censored value that straddles a limit is undecided, never normal`() throws {
        let below = try assess(Samples.incoming("K", "<3.2", unit: "mmol/L"))
        #expect(below.flags == [.low])
        let undecided = try assess(Samples.incoming("K", "<4.0", unit: "mmol/L"))
        #expect(undecided.flags.isEmpty)
        #expect(codes(undecided).contains(.censoredUndecided))
    }

    @Test func `all reasons are given at once`() throws {
        let result = try assess(
            Samples.incoming("K", "6.9", unit: "mmol/L", flags: ["H+"], claimed: ClaimedIdentity(family: "AUTRE")),
            specimen: Samples.specimen(nonconformity: "hémolysé"))
        #expect(codes(result).isSuperset(of: [.identity, .specimenNonconform, .analyzerFlag, .critical]))
    }
}
