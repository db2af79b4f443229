import Base
import JSON5
import Laboratory
import Testing

@testable import Drivers

@Suite("HL7 v2 messages and makers' texts")
struct DialectTests {
    func readings(_ name: String, _ text: String) throws -> [Reading] {
        let bytes = Array(text.replacing("\n", with: "\r").utf8)
        return SessionDecoder.readings(in: bytes, driver: try Place.driver(name), zone: .europeParis)
    }
    func measured(_ text: String, _ unit: String) throws -> ObservationValue {
        .measured(try #require(Measured(text)), unit: unit)
    }
    let header = #"MSH|^~\&|X||Y||20260616120000||OUL^R22|1|P|2.5.1||||||UNICODE UTF-8"#

    @Test("Each SPM begins a specimen, and a control specimen makes control results")
    func specimens() throws {
        let reading = try #require(
            try readings(
                "generic-hl7",
                """
                \(header)
                PID|1||IPP9||DUPONT^ZOÉ||19800203|F
                SPM|1|T1||SER|||||||P
                OBR|1|||GLU
                OBX|1|NM|GLU||5.4|mmol/L||H~B|||P|||20260616115500
                SPM|2|CQ||SER|||||||Q
                OBX|1|NM|GLU||2.9|mmol/L||N|||F|||20260616115500
                """
            ).first)
        #expect(reading.observations.map(\.accession) == ["T1"])
        #expect(reading.controls.map(\.accession) == ["CQ"])
        let result = try #require(reading.observations.first)
        #expect(result.status == "P" && result.unknownFlags == ["H", "B"])
        #expect(result.claimed.family == "DUPONT" && result.claimed.given == "ZOÉ" && result.claimed.sex == .female)
        #expect(result.value == (try measured("5.4", "{?mmol/L}")))
        let noon = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 6, day: 16), hour: 11, minute: 55)
        #expect(result.observedAt == noon, "without an offset, the laboratory's wall clock")
        #expect(reading.controls.first?.claimed == ClaimedIdentity())
    }

    @Test("In ORU^R01 each OBR is a specimen, and an SPM behind its results is theirs")
    func orders() throws {
        let oru = header.replacing("OUL^R22", with: "ORU^R01")
        let reading = try #require(
            try readings(
                "generic-hl7",
                "\(oru)\nOBR|1||T1|A\nOBX|1|NM|GLU||5.4\nOBR|2||T2|A\nOBX|1|NM|GLU||6.1\nSPM|1|T2B"
            ).first)
        #expect(reading.observations.map(\.accession) == ["T1", "T2B"])
        #expect(reading.observations.map(\.ordinal) == [0, 1])
    }

    @Test("Queries name their specimen, or ask for everything; other messages are a problem")
    func queries() throws {
        let qbp = header.replacing("OUL^R22", with: "QBP^Q11")
        let one = try readings("generic-hl7", "\(qbp)\nQPD|WOS^x|Q1|2606160001")
        #expect(one.first?.queries == [HostQuery(accessions: ["2606160001"])])
        let all = try readings("generic-hl7", "\(qbp)\nQPD|WOS_ALL^x|Q1")
        #expect(all.first?.queries == [HostQuery(accessions: [], all: true)])
        let other = try readings("generic-hl7", header.replacing("OUL^R22", with: "ADT^A01"))
        #expect(other.first?.problems.map(\.code) == ["message.kind"])
        let broken = try readings("generic-hl7", "MSH|")
        #expect(broken.first?.problems.isEmpty == false, "what cannot be read waits as a whole")
    }

    @Test("A thousands mark is left out, and only where the driver says there is one")
    func thousands() throws {
        let line = "SPM|1\nSAC|||T1\nOBX|1|ST|1006||161,152|^Copies/mL||\"\"|||F"
        let alinity = try readings("abbott-alinity-m", "\(header)\n\(line)")
        #expect(alinity.first?.observations.first?.value == (try measured("161152", "{copies}/mL")))
        #expect(alinity.first?.observations.first?.unknownFlags == [])
        let generic = try readings("generic-hl7", "\(header)\n\(line)")
        #expect(generic.first?.observations.first?.value == (try measured("161.152", "{?^Copies/mL}")))
    }

    @Test("A flag may be the result where there is no value; next to a value it stays a flag")
    func flagValues() throws {
        let obx = "SPM||T1\nOBX|1|ST|HIV^HIV^99ROC||ValueNotSet|||ND|||F"
        let none = try #require(try readings("roche-cobas-6800", "\(header)\n\(obx)").first?.observations.first)
        #expect(none.value == .coded("ND", display: "Non détecté") && none.unknownFlags == [])
        let both = try #require(
            try readings(
                "roche-cobas-6800", "\(header)\n" + obx.replacing("ValueNotSet|", with: "763|{Copies}/mL")
            ).first?.observations.first)
        #expect(both.value == (try measured("763", "{copies}/mL")) && both.unknownFlags == ["ND"])
    }

    @Test("A suspect part of a text holds its result; blanks and closing marks are no data")
    func texts() throws {
        let line =
            "R,NORMAL ,16-06-2026,18:13,4 ,2606160401 , ,01,9,999,01,02,"
            + "Na-PS ,=,139 mEq/l ,01,136 ,149 , ,K-PS ,<,1.0 mEq/l ,01,3.8 ,5.0 ,L }"
        let bytes = [0x02] + Array(line.utf8) + [0x03] + Array("other".utf8) + [0x03]
        let driver = try Place.driver("fujifilm-drichem-nx")
        let readings = SessionDecoder.readings(in: bytes, driver: driver)
        #expect(readings.count == 1, "a text that does not begin as the driver says carries no results")
        #expect(readings.first?.observations.map(\.unknownFlags) == [[], ["<"]])
        #expect(readings.first?.observations.first?.value == (try measured("139", "mmol/L")))
        let session = SessionDecoder.decode(bytes: bytes, driver: driver)
        #expect(session.rows.map(\.code) == ["Na-PS", "K-PS"])
        #expect(session.rows.map(\.specimen) == ["2606160401", "2606160401"])
    }

    @Test("A text with too short a head is no message, and an incomplete item is no result")
    func shortTexts() throws {
        let driver = try Place.driver("beckman-au480")
        for text in ["", "D 0008", "DB 000801 0006", String(repeating: " ", count: 60)] {
            #expect(SessionDecoder.readings(in: Array(text.utf8), driver: driver) == [], "\(text)")
        }
    }

    @Test("A message in the other language gives a problem, never a result")
    func otherLanguage() throws {
        let lis = try #require(try Place.folder("roche-cobas-c311").files["transcripts/results-c311.astm"])
        let message = try #require(SessionDecoder.messages(in: lis).first)
        #expect(try Place.driver("snibe-maglumi").read(message).problems.map(\.code) == ["message.dialect"])
        let hl7 = try #require(try Place.folder("snibe-maglumi").files["transcripts/results.hl7"])
        let block = try #require(SessionDecoder.hl7Messages(in: hl7).messages.first)
        let reading = try Place.driver("roche-cobas-c311").read(hl7: block)
        #expect(reading.problems.map(\.code) == ["message.dialect"] && reading.observations == [])
    }

    @Test("Paths of both languages are read, and nothing else")
    func paths() {
        for text in ["R.4", "R.3.4", "R.3.word", "R.4.first", "OBX.3", "OBX.3.1", "SPM.2.1.2", "PV1.3.1", "MSH.11"] {
            #expect(FieldPath(text) != nil, "\(text)")
        }
        for text in [
            "", "R", "R.1", "R.3.4.5", "obx.3", "OB.3", "OBXX.3", "OBX.0", "OBX.3.1.2.3", "X.3", "OBX.3.word.1",
        ] {
            #expect(FieldPath(text) == nil, "\(text)")
        }
    }
}
