import Base
import LIS2
import Laboratory
import Testing

@testable import Drivers

@Suite("Orders to analyzers")
struct OrderTests {
    let now = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 6, day: 12), hour: 10, minute: 5)

    func order(_ accession: String, _ analyses: [String], _ priority: Priority = .routine) -> SpecimenOrder {
        let traits = Traits(
            birthName: "D|UPONT", firstGivenName: "Zoé", birthDate: CivilDate(year: 1980, month: 2, day: 3),
            sex: .female)
        return SpecimenOrder(
            accession: accession, analyses: analyses, priority: priority,
            patient: Patient(id: "p", site: "S", ipp: "IPP417", status: .provisional, traits: traits), requestedAt: now)
    }

    func text(_ message: OrderMessage?) -> [String] {
        String(decoding: message?.bytes ?? [], as: UTF8.self).split(separator: "\r").map(String.init)
    }

    @Test("cobas c 311 gets one O record with all its tests, without identity")
    func c311() throws {
        let driver = try Place.driver("roche-cobas-c311")
        let order = order("2606120044", ["GLU", "NA", "TSH"], .urgent)
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
        let unknown = order("2606120044", ["TSH"])
        let message = driver.orders(for: [unknown], purpose: .answer, at: now)
        #expect(text(message).count == 2 && text(message).last == "L|1|I")
        #expect(driver.orders(for: [unknown], purpose: .download, at: now)?.bytes == [])
    }

    @Test("A model that wants one test per order gets one, and identity where it takes one")
    func centaur() throws {
        let driver = try Place.driver("siemens-centaur-xp")
        let order = order("2606120121", ["VITD"])
        let lines = text(driver.orders(for: [order], purpose: .download, at: now))
        #expect(lines.count == 4)
        #expect(lines[1].hasPrefix("P|1||IPP417||D&F&UPONT^Zo"))
        #expect(lines[2].hasPrefix("O|1|2606120121||^^^VitD|R|"))
    }

    @Test("An add-on says A, a cancel says C, unless the model has words of its own or takes none")
    func actions() throws {
        func driver(_ more: String) throws -> Driver {
            let folder = try Place.folder("beckman-access2")
            let text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
                .replacing("orders: {", with: "orders: { \(more)")
            let read = DriverDescription.read(Array(text.utf8), name: "essai")
            return Driver(try #require(read.description, "\(read.findings)"))
        }
        func action(_ driver: Driver, _ action: Driver.OrderAction) -> String? {
            let order = order("2606150081", ["TSH"])
            return text(driver.orders(for: [order], purpose: .download, action: action, at: now))
                .first { $0.hasPrefix("O|") }
                .map { String($0.split(separator: "|", omittingEmptySubsequences: false)[11]) }
        }
        let plain = try driver("")
        #expect(Driver.OrderAction.allCases.map { action(plain, $0) } == ["N", "A", "C"])
        let own = try driver("actions: { new: \"Q\", add: \"N\", cancel: \"\" },")
        #expect(Driver.OrderAction.allCases.map { action(own, $0) } == ["Q", "N", nil])
        #expect(own.takes(.add) && !own.takes(.cancel) && plain.takes(.cancel))
        #expect(try !Place.driver("generic-lis2a2").takes(.new))
    }

    @Test("The answer of an HL7 analyzer is read order by order")
    func verdicts() throws {
        let driver = try Place.driver("roche-cobas-pro")
        func verdict(_ segments: [String]) throws -> OrderVerdict? {
            let header = "MSH|^~\\&|cobas pro||host||20260616||ORL^O34^ORL_O34|1|P|2.5.1"
            let bytes = ([header] + segments).map { $0 + "\r" }.joined().utf8
            return driver.verdict(of: try #require(SessionDecoder.hl7Messages(in: Array(bytes)).messages.first))
        }
        #expect(try verdict(["MSA|AA|7", "ORC|OK|a", "ORC|CR|b"]) == .taken)
        #expect(try verdict(["MSA|AA|7"]) == .taken)
        #expect(try verdict(["MSA|CA|7"]) == .received)
        #expect(try verdict(["MSA|AA|7", "ORC|OK|a", "ORC|UA|b", "ORC|UC|c"]) == .refused("ORC UA b, UC c"))
        #expect(
            try verdict(["MSA|AE|7", "ERR|||207^Application internal error"])
                == .refused("AE ; 207 Application internal error"))
        #expect(try verdict(["MSA|CR|7"]) == .refused("CR"))
        #expect(try verdict(["PID|1"]) == nil)
    }

    @Test("An answer holds only what was asked for, unless everything was")
    func answer() throws {
        let driver = try Place.driver("beckman-access2")
        let orders = [order("2606150081", ["TSH"]), order("2606150082", ["PCT"])]
        let one = driver.answer(orders, to: HostQuery(accessions: ["2606150082"]), at: now)
        #expect(one.count == 1)
        let lines = String(decoding: one.first ?? [], as: UTF8.self).split(separator: "\r")
        #expect(lines.count == 4 && lines[2].hasPrefix("O|1|2606150082||^^^PCT|R|20260612100500|"))
        #expect(lines[2].hasSuffix("|Q"))
        let all = driver.answer(orders, to: HostQuery(accessions: [], all: true), at: now)
        #expect(String(decoding: all.first ?? [], as: UTF8.self).split(separator: "\r").count == 6)
        let silent = try Place.driver("abbott-afinion2")
        #expect(silent.answer(orders, to: HostQuery(accessions: [], all: true), at: now) == [])
    }

    @Test("Models whose description does not write orders get none")
    func silent() throws {
        let order = order("2606120091", ["HBA1C"])
        #expect(try Place.driver("abbott-afinion2").orders(for: [order], purpose: .answer, at: now) == nil)
        #expect(try Place.driver("generic-lis2a2").orders(for: [order], purpose: .answer, at: now) == nil)
    }

    @Test("An HL7 query gets its response, the work of its specimen, or word that there is none")
    func hl7() throws {
        let folder = try Place.folder("roche-cobas-pro")
        var text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
        text = text.replacing("    units: {", with: "codes: { \"20417\": { analysis: \"K\" } },\n    units: {")
        let driver = Driver(try #require(DriverDescription.read(Array(text.utf8), name: "essai").description))
        let bytes = try #require(folder.files["transcripts/query.hl7"])
        let query = try #require(SessionDecoder.hl7Messages(in: bytes).messages.first)
        func lines(_ orders: [SpecimenOrder]) throws -> [[String]] {
            let answer = try #require(try driver.answer(orders, toHL7: query, controlID: "P1", at: now))
            return answer.messages.map { String(decoding: $0, as: UTF8.self).split(separator: "\r").map(String.init) }
        }
        let work = try lines([order("2606160472", ["K", "TSH"], .urgent), order("2606169999", ["K"])])
        #expect(work.count == 2, "only the specimen that was asked for")
        #expect(work[0].contains("MSA|AA|4172"))
        #expect(work[0].contains("QAK|query417|OK|INISEQ^^99ROC"))
        #expect(work[0].last?.hasPrefix("QPD|INISEQ^^99ROC|query417|2606160472|") == true)
        #expect(work[1].first?.contains("|OML^O33^OML_O33|P1.1|P|2.5.1|") == true)
        #expect(
            Array(work[1].dropFirst()) == [
                "SPM|1|2606160472|||||||||P", "SAC|||2606160472",
                "ORC|NW|2606160472-20417|||||||20260612100500+0200", "TQ1|||||||||S",
                "OBR||2606160472-20417||20417^^99ROC",
            ])
        let none = try lines([])
        #expect(none.count == 2 && none[1].last?.hasPrefix("ORC|DC|") == true)
        let lis = driver.orders(for: [order("2606160472", ["K"])], purpose: .answer, at: now)
        #expect(lis == nil, "an HL7 model gets no LIS2-A2 orders")
        let download = try driver.download([order("2606160472", ["K"])], controlID: "P2", at: now)
        #expect(download?.messages.count == 1)
        #expect(try Place.driver("mindray-bc5380").answer([], toHL7: query, controlID: "P3", at: now) == nil)
    }
}
