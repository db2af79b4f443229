import FoundationEssentials
import JSON5
import Testing

@testable import Drivers

/// The captures of ../shared/analyzers/corpus, in place: what a driver extracts must be what the corpus expects.
@Suite("Captures of instruments")
struct CorpusTests {
    struct Capture {
        var file: String
        var bytes: [UInt8]
        var expected: JSONNode
    }

    /// Captures that are LIS2-A2: framed (.wire) or bare records (.rec).
    static func captures(_ shared: String) throws -> [Capture] {
        try captures(shared, Place.names(in: shared + "/analyzers/corpus"), ["wire", "rec"])
    }

    /// All of them: also makers' own texts (.raw) and HL7 v2 blocks (.hl7).
    static func every(_ shared: String) throws -> [Capture] {
        let folder = shared + "/analyzers/corpus"
        let files = try Place.names(in: folder) + Place.names(in: folder + "/hl7").map { "hl7/" + $0 }
        return try captures(shared, files, ["wire", "rec", "raw", "hl7"])
    }

    static func captures(_ shared: String, _ files: [String], _ ends: [String]) throws -> [Capture] {
        let folder = shared + "/analyzers/corpus/"
        return try files.filter { file in ends.contains { file.hasSuffix("." + $0) } }.map { file in
            // The frames without checksum are the messages of the framed batch, as the corpus says.
            let stem = String(file.prefix { $0 != "." }).replacing("_nochecksum", with: "")
            var text = String(decoding: try Place.bytes("\(folder)\(stem).expect.json"), as: UTF8.self)
            // Written in Latin-1 though MSH-18 says UTF-8: here the reference is off, the bytes are the trademark sign.
            if file == "hl7/roche_cobas_pro.hl7" { text = text.replacing("cobas\u{C2}\u{AE}", with: "cobas\u{AE}") }
            return Capture(
                file: file, bytes: try Place.bytes(folder + file),
                expected: try JSONNode(json5: Array(text.utf8), at: file))
        }
    }

    static func messages(_ node: JSONNode) -> JSONNode? {
        if case .object(let members) = node { members["messages"] } else { nil }
    }

    static func difference(_ capture: Capture, _ driver: Driver) throws -> String? {
        let text = SessionDecoder.decode(bytes: capture.bytes, driver: driver, file: capture.file).json()
        let actual = try JSONNode(json5: Array(text.utf8), at: capture.file)
        guard messages(actual) != messages(capture.expected) else { return nil }
        let found = TranscriptExpectation(driver, []).comparison(
            messages(capture.expected) ?? .null, messages(actual) ?? .null)
        return found.prefix(2).map { "\($0.place): \($0.cause)" }.joined(separator: " ; ")
    }

    /// Driver by the beginning of the file name.
    static let drivers: [(prefix: String, driver: String)] = [
        ("abbott_m2000", "abbott-m2000rt"), ("biosystems_sphera", "biosystems-sphera"),
        ("hologic_panther", "hologic-panther"), ("roche_u411", "roche-cobas-u411"),
        ("siemens_centaurxp", "siemens-centaur-xp"), ("stago_sta", "stago-sta-satellite"),
        ("abbott_afinion2", "abbott-afinion2"), ("beckman_access2", "beckman-access2"),
        ("cepheid_genexpert", "cepheid-genexpert"), ("erba_", "erba-xl640"), ("horiba_h5", "horiba-yumizen-h500"),
        ("quidel_sofia", "quidel-sofia2"), ("roche_c111", "roche-cobas-c111"), ("roche_c311", "roche-cobas-c311"),
        ("siemens_dca", "siemens-dca-vantage"), ("sysmex_xn", "sysmex-xn"), ("sysmex_xp", "sysmex-xp100"),
        ("roche_taqman", "roche-taqman-amplilink"), ("immucor_echo", "immucor-galileo-echo"),
        ("immucor_neo", "immucor-neo"), ("ortho_vision", "ortho-vision"), ("osmo1", "advanced-instruments-osmo1"),
        ("siemens_atellica_dm", "siemens-atellica-dm-hema580"), ("menarini_sat", "menarini-sat5000"),
        ("generic_esr", "generic-esr"), ("hca_", "hca-sorter"), ("beckman_au480", "beckman-au480"),
        ("fujifilm_drichem", "fujifilm-drichem-nx"), ("hl7/snibe", "snibe-maglumi"),
        ("hl7/siemens_clinitek", "siemens-clinitek-status"), ("hl7/roche_cobas6800", "roche-cobas-6800"),
        ("hl7/abbott_alinity_m", "abbott-alinity-m"), ("hl7/mindray_bc5380", "mindray-bc5380"),
        ("hl7/roche_cobas_pro", "roche-cobas-pro"),
    ]
    static func driverName(_ file: String) -> String {
        drivers.first { file.hasPrefix($0.prefix) }?.driver ?? DriverLibrary.genericName
    }

    @Test("Every capture decodes exactly as expected with the driver of its model")
    func chosen() throws {
        guard let shared = Place.shared(for: "captures with their drivers") else { return }
        let captures = try Self.every(shared)
        var exact = 0
        for capture in captures {
            let name = Self.driverName(capture.file)
            #expect(name != DriverLibrary.genericName, "\(capture.file)")
            if let difference = try Self.difference(capture, Place.driver(name)) {
                print("capture \(capture.file) with \(name): \(difference)")
            } else {
                exact += 1
            }
        }
        print("captures decoded exactly with the driver of their model: \(exact) of \(captures.count)")
        #expect(exact == captures.count)
        #expect(captures.count == 79)
    }

    /// What only the model's driver can know.
    static func needsItsDriver(_ file: String) -> Bool {
        let reasons: [(prefix: String, why: String)] = [
            ("biosystems_sphera", "value in R.9, R.4 empty"),
            ("cepheid_genexpert", "code in components 2, 4, 7 and 8; value in the first filled component"),
            ("hologic_panther", "code in R.3.4 and R.3.5"),
            ("roche_c311", "code before the slash, dilution behind it; identifier in O.3.2"),
            ("siemens_centaurxp_results", "code in R.3.4 and R.3.8"),
            ("sysmex_xn550_qc", "rack and position before the identifier in O.4"),
        ]
        return reasons.contains { file.hasPrefix($0.prefix) }
    }

    @Test("The generic driver alone decodes most captures")
    func generic() throws {
        guard let shared = Place.shared(for: "captures with the generic driver") else { return }
        let captures = try Self.captures(shared)
        let driver = try Place.driver(DriverLibrary.genericName)
        var others: [String] = []
        for capture in captures {
            if let difference = try Self.difference(capture, driver) {
                others.append(capture.file)
                print("generic \(capture.file): \(difference)")
            }
        }
        print("captures decoded exactly by the generic driver: \(captures.count - others.count) of \(captures.count)")
        #expect(others.filter { !Self.needsItsDriver($0) } == [])
    }
}
