import Base
import Testing

@testable import Drivers

@Suite("Faults of driver folders")
struct LintTests {
    /// A folder whose description had one text replaced.
    func folder(replacing old: String, with new: String) throws -> DriverFolder {
        var folder = try Place.folder("roche-cobas-c311")
        let text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
        #expect(text.contains(old), "the test must change something")
        folder.files["driver.json5"] = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
        return folder
    }

    @Test(
        "An unknown key, a wrong path, unit, flag or type is named with its file and place",
        arguments: [
            ("maker:", "makre:", "driver.key", "driver.json5: makre"),
            ("maker: \"Roche\"", "maker: \"\"", "driver.missing", "driver.json5: maker"),
            ("analysis: \"NA\"", "analyse: \"NA\"", "driver.key", "codes.989.analyse"),
            ("\"R.3.4\", upTo", "\"R34\", upTo", "driver.path", "driver.json5: code.path"),
            ("baud: 9600", "baud: \"9600\"", "driver.type", "serial.baud"),
            ("baud: 9600", "baud: 9600.5", "driver.type", "serial.baud"),
            ("parity: \"none\"", "parity: \"no\"", "driver.value", "serial.parity"),
            ("[\"serial\",", "[\"usb\",", "driver.value", "transports"),
            ("cut240", "cut0", "lis01.settings.framing", "driver.json5: link.framing"),
            ("framing", "faming", "lis01.settings.key", "driver.json5: link"),
            ("\"U/l\": \"U/L\"", "\"U/l\": { unit: \"U/L\", factor: \"x\" }", "driver.factor", "units.U/l.factor"),
            ("\"11\": \"TSDWN^REPLY\"", "\"eleven\": \"x\"", "driver.field", "orders.header.eleven"),
            ("analysis: \"K\"", "analysis: \"NA\"", "driver.code", "codes.990"),
            ("specimen: [\"O.3.2\", \"O.3.1\"]", "specimen: \"O.9\"", "driver.expected", "sample_id"),
            ("maker", "{ maker", "json5.syntax", "driver.json5"),
        ])
    func faults(old: String, new: String, code: String, place: String) throws {
        let findings = DriverLint.check(try folder(replacing: old, with: new))
        let found = findings.contains { $0.code == code && $0.place.contains(place) }
        #expect(found, "\(findings.prefix(4))")
        #expect(findings.allSatisfy { !$0.cause.isEmpty && !$0.remedy.isEmpty && $0.place.hasPrefix("roche-cobas") })
    }

    @Test("A folder without README, transcript, or expected result does not load")
    func files() throws {
        let whole = try Place.folder("quidel-sofia2")
        #expect(DriverLint.check(whole) == [])
        for (missing, code) in [
            ("README.md", "driver.file"), ("driver.json5", "driver.file"),
            ("transcripts/strep.expected.json", "driver.transcript"), ("transcripts/strep.astm", "driver.transcript"),
        ] {
            var folder = whole
            folder.files[missing] = nil
            #expect(DriverLint.check(folder).contains { $0.code == code }, "\(missing)")
            #expect(throws: DriverFindings.self) { try DriverLibrary.load(folders: [folder]) }
        }
        var bare = whole
        bare.files = bare.files.filter { !$0.key.hasPrefix("transcripts/") }
        #expect(DriverLint.check(bare).contains { $0.place == "quidel-sofia2/transcripts" })
    }

    @Test("A path of the other language is told, and a transcript in which nothing is read")
    func languages() throws {
        var folder = try Place.folder("snibe-maglumi")
        let text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
        for (old, new, key) in [
            ("specimen: \"SPM.2.1\"", "specimen: \"O.3.1\"", "specimen"),
            ("measure: \"OBX.5.1\"", "controls: [{ at: \"O.12\", equals: [\"Q\"] }]", "controls"),
        ] {
            folder.files["driver.json5"] = Array(text.replacing(old, with: new).utf8)
            let findings = DriverLint.check(folder)
            #expect(findings.contains { $0.code == "driver.path" && $0.place.hasSuffix(key) }, "\(key)")
        }
        var mixed = try Place.folder("advanced-instruments-osmo1")
        mixed.files["transcripts/osmolalite.astm"] = [0x05, 0x04]
        #expect(DriverLint.check(mixed).contains { $0.code == "driver.transcript" })
    }

    @Test(
        "Faults of the dialect keys are named",
        arguments: [
            ("protocol: \"text\"", "protocol: \"lis3\"", "driver.value"),
            ("protocol: \"text\"", "protocol: \"hl7\"", "driver.value"),
            ("head: [2, 6, 1, 4, 1, 25, 11]", "head: []", "driver.value"),
            ("item: [3, 9, 8]", "item: [3, 0]", "driver.value"),
            ("rack: \"O.4\"", "rak: \"O.4\"", "driver.key"),
        ])
    func dialect(old: String, new: String, code: String) throws {
        var folder = try Place.folder("beckman-au480")
        let text = String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self)
        #expect(text.contains(old))
        folder.files["driver.json5"] = Array(text.replacing(old, with: new).utf8)
        #expect(DriverLint.check(folder).contains { $0.code == code }, "\(DriverLint.check(folder))")
    }

    @Test("Several faults are told at once")
    func several() throws {
        var folder = try folder(replacing: "maker:", with: "makre:")
        folder.files["README.md"] = nil
        #expect(DriverLint.check(folder).count >= 3)
    }
}
