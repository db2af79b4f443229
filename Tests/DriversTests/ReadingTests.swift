import Base
import LIS2
import Laboratory
import Testing

@testable import Drivers

@Suite("Readings of the transcripts")
struct ReadingTests {
    func reading(_ name: String, _ transcript: String) throws -> Reading {
        let folder = try Place.folder(name)
        let bytes = try #require(folder.files["transcripts/\(transcript).astm"])
        let message = try #require(SessionDecoder.messages(in: bytes).first)
        return try Place.driver(name).read(message)
    }
    func measured(_ text: String, _ unit: String) throws -> ObservationValue {
        .measured(try #require(Measured(text)), unit: unit)
    }

    @Test("cobas c 311 cut at 240 bytes gives eight analyses of the catalogue in its units")
    func c311() throws {
        let reading = try reading("roche-cobas-c311", "results-h7600")
        #expect(reading.problems == [])
        #expect(reading.controls == [])
        #expect(reading.observations.map(\.analysis) == ["NA", "K", "CL", "GLU", "UREE", "CREA", "ASAT", "ALAT"])
        #expect(Set(reading.observations.map(\.accession)) == ["2606120042"])
        #expect(reading.observations[0].value == (try measured("139", "mmol/L")))
        #expect(reading.observations[5].value == (try measured("78", "umol/L")))
        #expect(reading.observations[7].value == (try measured("61.3", "U/L")))
        #expect(reading.observations.allSatisfy { $0.unknownFlags.isEmpty && $0.status == "F" && $0.comments.isEmpty })
        // 2026-06-12 10:11:30 in Paris is 08:11:30 UTC.
        #expect(reading.observations[0].observedAt?.iso8601(in: .utc) == "2026-06-12T08:11:30Z")
        #expect(reading.observations[0].claimed == ClaimedIdentity(sex: .unknown), "P-9 is U, nothing else")
    }

    @Test("A dilution is kept as a comment, a data alarm and an unlisted flag hold, a censored value stays censored")
    func dilutionAndAlarm() throws {
        let reading = try reading("roche-cobas-c311", "results-c311")
        #expect(reading.observations.map(\.instrumentCode) == ["717", "781", "798"])
        #expect(reading.observations[1].comments == ["Dilution : dec"])
        #expect(reading.observations[1].unknownFlags == ["A", "26"])
        #expect(reading.observations[0].unknownFlags == [])
        #expect(reading.observations[2].value == (try measured("<0.08", "mmol/L")))
    }

    @Test("Control runs never become results")
    func controls() throws {
        for (name, transcript, material) in [
            ("roche-cobas-c311", "control", "PCCC1"), ("horiba-yumizen-h500", "control", "PX551N"),
            ("sysmex-xn", "control", "QC-61170802"), ("abbott-m2000rt", "run", "HIV_NEG"),
        ] {
            let reading = try reading(name, transcript)
            #expect(reading.observations == [], "\(name)")
            #expect(!reading.controls.isEmpty, "\(name)")
            #expect(reading.controls.allSatisfy { $0.accession == material }, "\(name)")
        }
    }

    @Test("Blood counts of two makers map to the same analyses and units")
    func bloodCounts() throws {
        let analyses: Set = [
            "GB", "GR", "HB", "HT", "VGM", "TCMH", "CCMH", "PLQ", "IDR", "VPM", "PNN", "LYM", "MONO", "PNE", "PNB",
            "PNNP", "LYMP", "MONOP", "PNEP", "PNBP",
        ]
        for name in ["horiba-yumizen-h500", "sysmex-xn"] {
            let reading = try reading(name, "nfs")
            #expect(Set(reading.observations.compactMap(\.analysis)) == analyses, "\(name)")
            #expect(reading.observations.count == analyses.count, "\(name): no plateletcrit, no image")
            let units = Dictionary(reading.observations.map { ($0.analysis ?? "", $0.value?.unit ?? "") }) { a, _ in a }
            #expect(units["GB"] == "10*9/L" && units["GR"] == "10*12/L" && units["HB"] == "g/dL")
            #expect(units["VGM"] == "fL" && units["TCMH"] == "pg" && units["HT"] == "%")
        }
    }

    @Test("A suspect message of a Sysmex is a flag on every result of the tube")
    func suspectMessage() throws {
        let reading = try reading("sysmex-xn", "nfs-suspect")
        #expect(reading.observations.map(\.analysis) == ["GB", "HB", "PLQ"])
        #expect(reading.observations[0].unknownFlags == ["Blasts/Abn_Lympho?", "Anemia"])
        #expect(reading.observations[2].unknownFlags == ["A", "Blasts/Abn_Lympho?", "Anemia"])
        #expect(reading.observations[2].value == nil)
        #expect(reading.observations[2].rawText == "----")
        #expect(reading.observations[0].claimed.family == "Exemple")
        #expect(reading.observations[0].claimed.birthDate == CivilDate(year: 1951, month: 4, day: 12))
        #expect(reading.observations[0].claimed.sex == .female)
    }

    @Test("An alarm under the order holds all its results, and a struck value is no value")
    func orderAlarm() throws {
        let reading = try reading("horiba-yumizen-h500", "nfs-flagged")
        #expect(reading.observations.map(\.unknownFlags) == Array(repeating: ["ALARM_PLT_CLUMPS"], count: 3))
        #expect(reading.observations.map(\.status) == ["F", "W", "X"])
        #expect(reading.observations[2].value == nil)
    }

    @Test("Words become codes with French displays, whatever the accents and capitals")
    func qualitative() throws {
        let sofia = try reading("quidel-sofia2", "strep")
        #expect(sofia.observations.first?.value == .coded("POS", display: "Positif"))
        #expect(sofia.observations.first?.analysis == "STREPA")
        let latin = try reading("quidel-sofia2", "lyme-latin1")
        #expect(latin.observations.map(\.analysis) == [nil, nil])
        #expect(latin.observations.map(\.value) == [.coded("NEG", display: "Négatif"), nil])
        let french = try reading("cepheid-genexpert", "respiratoire-fr")
        #expect(french.observations.map(\.analysis) == ["COV2", "GRIPA", nil])
        #expect(
            french.observations.map(\.value) == [
                .coded("NEG", display: "Négatif"), .coded("POS", display: "Positif"), nil,
            ])
    }

    @Test("A factor converts exactly and rounds where the driver says")
    func factor() throws {
        let erba = try reading("erba-xl640", "results")
        // 104.5 × 0.05551 = 5.800795
        #expect(erba.observations[0].value == (try measured("5.80", "mmol/L")))
        #expect(erba.observations[0].rawText == "104.5" && erba.observations[0].rawUnit == "mg/dl")
        #expect(erba.observations[1].value == nil, "NA is no value")
        #expect(erba.observations[1].analysis == nil)
    }

    @Test("The generic driver maps nothing, keeps everything, and a unit it does not know can equal no unit")
    func generic() throws {
        let reading = try reading("generic-lis2a2", "results")
        #expect(reading.observations.map(\.analysis) == [nil, nil, nil])
        #expect(reading.observations[0].value == (try measured("5.4", "{?mmol/L}")))
        #expect(reading.observations[1].unknownFlags == ["L"])
        #expect(reading.observations.map(\.ordinal) == [0, 1, 2])
        #expect(reading.observations[0].comments == ["first run"])
    }

    @Test("Queries name their specimens, several in repeats, padded, or all")
    func queries() throws {
        #expect(try reading("generic-lis2a2", "query").queries == [HostQuery(accessions: ["2606120007"])])
        #expect(try reading("roche-cobas-c311", "query").queries == [HostQuery(accessions: ["2606120044"])])
        #expect(
            try reading("erba-xl640", "query").queries
                == [HostQuery(accessions: ["2606120061", "2606120062", "2606120063"])])
        let all = LISMessage(bytes: Array("H|\\^&\rQ|1|ALL||ALL||||||||O\rL|1|N\r".utf8))
        #expect(try Place.driver("generic-lis2a2").read(all).queries == [HostQuery(accessions: [], all: true)])
        let cancel = LISMessage(bytes: Array("H|\\^&\rQ|1|||||||||||A\rL|1|N\r".utf8))
        #expect(try Place.driver("generic-lis2a2").read(cancel).queries == [HostQuery(accessions: [], cancels: true)])
        func question(_ start: String, _ end: String) throws -> [HostQuery] {
            let text = "H|\\^&|||x|||||||P|LIS2-A2\rQ|1|\(start)|\(end)|ALL||||||||O\rL|1|N\r"
            return try Place.driver("generic-lis2a2").read(LISMessage(bytes: Array(text.utf8))).queries
        }
        // Q.3 to Q.4: a range; the same in both, or none in Q.4, is one tube.
        let range = HostQuery(accessions: [], ranges: [AccessionRange(first: "101", last: "109")])
        #expect(try question("^101", "^109") == [range])
        #expect(try question("^101", "^101") == [HostQuery(accessions: ["101"])])
        #expect(
            try question(#"^101\^201\^301"#, #"^109\\^301"#)
                == [HostQuery(accessions: ["201", "301"], ranges: [AccessionRange(first: "101", last: "109")])])
        #expect(range.covers("101") && range.covers("105") && range.covers("109"))
        #expect(!range.covers("100") && !range.covers("110") && !range.covers(""))
    }

    @Test("A message without its beginning or its end, or that says it was broken off, is a problem as a whole")
    func problems() throws {
        let driver = try Place.driver("generic-lis2a2")
        for (text, code) in [
            ("P|1\rO|1|X||^^^A\rR|1|^^^A|1\rL|1|N\r", "message.noHeader"),
            ("H|\\^&\rP|1\rO|1|X||^^^A\rR|1|^^^A|1\r", "message.incomplete"),
            ("H|\\^&\rP|1\rO|1|X||^^^A\rR|1|^^^A|1\rL|1|T\r", "message.aborted"),
        ] {
            let reading = driver.read(LISMessage(bytes: Array(text.utf8)))
            #expect(reading.problems.map(\.code) == [code])
            #expect(reading.observations == [])
        }
        let lax = try reading("hologic-panther", "vih")
        #expect(lax.problems == [])
        #expect(lax.observations.map(\.accession) == ["2606120101", "2606120102"])
    }
}
