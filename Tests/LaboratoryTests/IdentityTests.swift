import Base
import Laboratory
import Testing

@Suite struct `Identity` {
    @Test func `the key of a matricule is checked, Corsica included`() throws {
        #expect(try INS("279035121518989").matricule == "279035121518989")
        #expect(try INS("199032A00100135").matricule == "199032A00100135")
        #expect(throws: Refusal.self) { try INS("279035121518988") }
        #expect(throws: Refusal.self) { try INS("27903512151898") }
        #expect(throws: Refusal.self) { try INS("27903512151898X") }
    }

    @Test func `only a qualified identity lets the matricule out`() throws {
        for status in IdentityStatus.allCases {
            var patient = Samples.patient(status: status)
            patient.ins = try INS("279035121518989", authority: .nirTest)
            #expect((patient.publishableINS != nil) == (status == .qualified))
        }
    }

    @Test func `statuses and attributes that RNIV forbids are refused`() throws {
        var patient = Samples.patient(status: .qualified)
        #expect(throws: Refusal.self) { try patient.checked(in: Samples.paris, at: Samples.collected) }
        patient.ins = try INS("279035121518989", authority: .nirTest)
        #expect(try patient.checked(in: Samples.paris, at: Samples.collected) == patient)
        patient.attributes = [.doubtful]
        #expect(throws: Refusal.self) { try patient.checked(in: Samples.paris, at: Samples.collected) }
        patient.attributes = []
        patient.traits.birthplace = nil
        #expect(throws: Refusal.self) { try patient.checked(in: Samples.paris, at: Samples.collected) }
        var provisional = Samples.patient()
        provisional.attributes = [.homonym]
        #expect(try provisional.checked(in: Samples.paris, at: Samples.collected) == provisional)
        provisional.traits.birthName = ""
        #expect(throws: Refusal.self) { try provisional.checked(in: Samples.paris, at: Samples.collected) }
    }

    @Test func `a refusal never names the patient`() throws {
        let patient = Samples.patient(status: .qualified)
        do {
            _ = try patient.checked(in: Samples.paris, at: Samples.collected)
            Issue.record("refused was expected")
        } catch {
            #expect(!error.description.contains("ESSAI") && !error.description.contains("Camille"))
        }
    }

    @Test func `a newborn's age is counted from the minute of birth`() {
        var patient = Samples.patient(born: CivilDate(year: 2026, month: 3, day: 9))
        #expect(patient.ageMinutes(at: Samples.collected, zone: Samples.paris) == 1920)
        patient.birthTime = Samples.paris.instant(CivilDate(year: 2026, month: 3, day: 10), hour: 7, minute: 15)
        #expect(patient.ageMinutes(at: Samples.collected, zone: Samples.paris) == 45)
        patient.traits.birthDate = CivilDate(year: 2026, month: 0, day: 0)
        patient.birthTime = nil
        #expect(patient.ageMinutes(at: Samples.collected, zone: Samples.paris) == nil)
    }

    @Test func `a time of birth on another day is refused`() throws {
        var patient = Samples.patient(born: CivilDate(year: 2026, month: 3, day: 10))
        patient.birthTime = Samples.paris.instant(CivilDate(year: 2026, month: 3, day: 10), hour: 0, minute: 5)
        #expect(try patient.checked(in: Samples.paris, at: Samples.collected) == patient)
        patient.birthTime = patient.birthTime?.advanced(by: .seconds(-600))
        #expect(throws: Refusal.self) { try patient.checked(in: Samples.paris, at: Samples.collected) }
    }

    @Test func `a birth to come is refused`() throws {
        let tomorrow = Samples.patient(born: CivilDate(year: 2026, month: 3, day: 11))
        #expect(throws: Refusal.self) { try tomorrow.checked(in: Samples.paris, at: Samples.collected) }
    }

    @Test func `majority is the eighteenth birthday`() {
        let born = CivilDate(year: 2008, month: 3, day: 10)
        let day = Samples.paris.instant(CivilDate(year: 2026, month: 3, day: 10))
        #expect(!Samples.patient(born: born).isMinor(at: day, zone: Samples.paris))
        #expect(Samples.patient(born: born).isMinor(at: day.advanced(by: .seconds(-1)), zone: Samples.paris))
    }

    @Test func `each role has what its table says, and nobody signs but the biologist`() {
        #expect(Role.allCases.filter { $0.permissions.contains(.sign) } == [.biologist])
        #expect(!Role.secretary.permissions.contains(.validateTechnically))
        #expect(!Role.administrator.permissions.contains(.register))
        #expect(Role.allCases.filter { !$0.permissions.contains(.readFiles) } == [.administrator])
        #expect(Permission.allCases.allSatisfy { p in Role.allCases.contains { $0.permissions.contains(p) } })
    }
}
