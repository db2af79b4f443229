import Base
import LIS2
import Laboratory
import Testing

@testable import Drivers

@Suite("Orders to analyzers")
struct OrderTests {
    let now = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 6, day: 12), hour: 10, minute: 5)

    func text(_ message: OrderMessage?) -> [String] {
        String(decoding: message?.bytes ?? [], as: UTF8.self).split(separator: "\r").map(String.init)
    }

    @Test("cobas c 311 gets one O record with all its tests, without identity")
    func c311() throws {
        let driver = try Place.driver("roche-cobas-c311")
        let order = SpecimenOrder(
            accession: "2606120044", analyses: ["GLU", "NA", "TSH"], priority: .stat,
            patient: ClaimedIdentity(family: "EXEMPLE"))
        let message = driver.orders(for: [order], purpose: .answer, at: now)
        #expect(
            text(message) == [
                #"H|\^&|||Paillasse|||||cobas c 311|TSDWN^REPLY|P|LIS2-A2|20260612100500"#, "P|1",
                #"O|1|2606120044|0^^^^S1^SC|^^^717^\^^^989^|S|20260612100500|||||A||||1||||||||||O"#, "L|1|N",
            ])
        #expect(message?.unknown == ["2606120044": ["TSH"]])
    }

    @Test("Nothing to measure is answered: no information")
    func nothing() throws {
        let driver = try Place.driver("roche-cobas-c311")
        #expect(text(driver.orders(for: [], purpose: .answer, at: now)).last == "L|1|I")
        let unknown = SpecimenOrder(accession: "2606120044", analyses: ["TSH"])
        let message = driver.orders(for: [unknown], purpose: .answer, at: now)
        #expect(text(message).count == 2 && text(message).last == "L|1|I")
        #expect(driver.orders(for: [unknown], purpose: .download, at: now)?.bytes == [])
    }

    @Test("A model that wants one test per order gets one, and identity where it takes one")
    func centaur() throws {
        let driver = try Place.driver("siemens-centaur-xp")
        let patient = ClaimedIdentity(
            patientID: "417", family: "D|UPONT", given: "Zoé", birthDate: CivilDate(year: 1980, month: 2, day: 3),
            sex: .female)
        let order = SpecimenOrder(accession: "2606120121", analyses: ["VITD"], patient: patient)
        let lines = text(driver.orders(for: [order], purpose: .download, at: now))
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("P|1||417||D&F&UPONT^Zo"))
        #expect(lines[2].hasPrefix("O|1|2606120121||^^^VitD|R|"))
    }

    @Test("Models whose description does not write orders get none")
    func silent() throws {
        let order = SpecimenOrder(accession: "2606120091", analyses: ["HBA1C"])
        #expect(try Place.driver("abbott-afinion2").orders(for: [order], purpose: .answer, at: now) == nil)
        #expect(try Place.driver("generic-lis2a2").orders(for: [order], purpose: .answer, at: now) == nil)
    }
}
