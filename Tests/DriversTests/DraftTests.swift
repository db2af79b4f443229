import Base
import JSON5
import LIS01
import Laboratory
import Testing

@testable import Drivers

@Suite("Drafts of drivers, and what is missing in a driver")
struct DraftTests {
    func description(_ draft: DriverDraft) throws -> DriverDescription {
        let bytes = draft.folder.files["driver.json5"] ?? []
        return try #require(DriverDescription.read(bytes, name: draft.folder.name).description)
    }
    func transcript(_ name: String, _ file: String) throws -> [UInt8] {
        try #require(try Place.folder(name).files["transcripts/\(file)"])
    }

    @Test("A draft finds sender, framing, specimen and code of what it never saw before")
    func proposes() throws {
        let bytes = try transcript("sysmex-xp100", "nfs.astm")
        let draft = try DriverDraft.propose(from: bytes, name: "essai-un", maker: "Essai", model: "Un")
        let description = try description(draft)
        #expect(description.senders == ["XP-100^"])
        #expect(description.link.framing == .wholeMessage)
        #expect(description.paths.specimen == FieldChoice("O.4.3"))
        #expect(description.paths.code == FieldChoice("R.3.5"))
        #expect(description.codes.isEmpty, "what a code means is not a matter of bytes")
        #expect(DriverLint.check(draft.folder) == [])
        let reading = DriverTrial(bytes, driver: Driver(description)).readings.first
        #expect(reading?.observations.map(\.accession).first == "2606160361")
        #expect(reading?.observations.first?.instrumentCode == "WBC")
    }

    @Test("A draft of an HL7 session says so, and warns of numbers it cannot judge")
    func hl7() throws {
        let bytes = try transcript("abbott-alinity-m", "results.hl7")
        let draft = try DriverDraft.propose(from: bytes, name: "essai-deux")
        let description = try description(draft)
        #expect(description.dialect == .hl7)
        #expect(description.paths.specimen == FieldChoice("SAC.3.1"))
        #expect(description.values.thousands == nil)
        #expect(draft.remarks.contains { $0.contains("milliers") })
        #expect(DriverLint.check(draft.folder) == [])
    }

    @Test("Missing checksums, and codes that only two parts tell apart, are found")
    func peculiarities() throws {
        let noChecksum = try transcript("roche-taqman-amplilink", "control-nochecksum.astm")
        let first = try description(DriverDraft.propose(from: noChecksum, name: "essai"))
        #expect(first.link.checksum == .optional)
        let panther = try transcript("hologic-panther", "vih.astm")
        let second = try description(DriverDraft.propose(from: panther, name: "essai"))
        #expect(second.paths.code == SessionSurvey.choice("R.3.4+R.3.5"))
        #expect(second.isTerminatorOptional)
    }

    @Test("Bytes that are no known language are refused, in words")
    func refused() {
        for bytes in [[], Array("D 0008 results".utf8), [0xFF, 0x00, 0x02, 0x03]] as [[UInt8]] {
            do {
                _ = try DriverDraft.propose(from: bytes, name: "essai")
                Issue.record("a draft was made of \(bytes.count) bytes")
            } catch {
                #expect(error.code == "driver.draft" && !error.remedy.isEmpty)
            }
        }
    }

    @Test("A trial names each code, unit, flag and word that keeps results from their request")
    func missing() throws {
        let driver = try Place.driver("roche-cobas-6800")
        let trial = DriverTrial(try transcript("roche-cobas-6800", "results.hl7"), driver: driver)
        let codes = trial.remarks.map(\.code)
        #expect(codes.contains("driver.missing.unit") && codes.contains("driver.missing.flag"))
        #expect(trial.remarks.contains { $0.cause.contains("10*-1.{Copies}/mL") })
        #expect(trial.remarks.contains { $0.cause.contains("« P02T »") })
        #expect(!codes.contains("driver.missing.code"))
        let generic = DriverTrial(
            try transcript("roche-cobas-c311", "results-c311.astm"), driver: try Place.driver("generic-lis2a2"))
        #expect(generic.remarks.contains { $0.code == "driver.missing.code" })
        #expect(generic.remarks.allSatisfy { !$0.remedy.isEmpty })
        let nothing = DriverTrial([], driver: driver)
        #expect(nothing.remarks.contains { $0.code == "driver.missing.message" })
    }

    @Test("A complete driver lacks nothing; a driver without control rule or proof of it is told")
    func complete() throws {
        #expect(
            DriverLint.missing(in: try Place.folder("horiba-yumizen-h500")).allSatisfy {
                $0.code != "driver.missing.controls"
            })
        let osmo = DriverLint.missing(in: try Place.folder("advanced-instruments-osmo1"))
        #expect(
            osmo.map(\.code) == ["driver.missing.controls", "driver.missing.time"]
                || osmo.map(\.code) == ["driver.missing.controls"])
    }

    @Test("A draft of every capture loads, and most read it as the reference does without a human hand")
    func corpus() throws {
        guard let shared = Place.shared(for: "drafts of the captures") else { return }
        var drafts = 0, exact = 0
        for capture in try CorpusTests.every(shared) where !capture.file.hasPrefix("beckman_au480") {
            guard !capture.file.hasPrefix("fujifilm") else { continue }
            let draft = try DriverDraft.propose(from: capture.bytes, name: "essai")
            #expect(DriverLint.check(draft.folder) == [], "\(capture.file)")
            drafts += 1
            let driver = Driver(try description(draft))
            if let difference = try CorpusTests.difference(capture, driver) {
                print("draft of \(capture.file): \(difference)")
            } else {
                exact += 1
            }
        }
        print("drafts that read their own capture exactly as the reference: \(exact) of \(drafts)")
        #expect(drafts == 76)
        #expect(exact >= 72)
    }
}
