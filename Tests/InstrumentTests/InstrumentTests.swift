import AnalyzerSimulator
import Base
import Catalog
import Drivers
import FoundationEssentials
import HL7v2
import LIS01
import Laboratory
import Testing

/// Files of the repository.
enum Place {
    static let root: String = {
        var parts = #filePath.split(separator: "/").map { String($0) }
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    private static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    static let drivers: [String] =
        ((try? names(root + "/Drivers")) ?? []).filter { !$0.contains(".") }

    static func folder(_ name: String) throws -> DriverFolder {
        var folder = DriverFolder(name: name, files: [:])
        let path = root + "/Drivers/" + name
        for file in try names(path) where file.contains(".") { folder.files[file] = try bytes("\(path)/\(file)") }
        for file in try names(path + "/transcripts") {
            folder.files["transcripts/\(file)"] = try bytes("\(path)/transcripts/\(file)")
        }
        return folder
    }

    static let plausible: Plausible = {
        let path = root + "/Catalog"
        let files = ((try? names(path)) ?? []).filter { $0.hasSuffix(".csv") }.compactMap { name in
            (try? bytes(path + "/" + name)).map { CatalogFile(name: name, bytes: $0) }
        }
        guard let catalogue = try? AnalysisCatalogue.load(files, version: CatalogVersion("essai")) else {
            return Plausible()
        }
        return Plausible(catalogue)
    }()

    static func instrument(_ name: String) throws -> Instrument {
        try Instrument(try folder(name), plausible: plausible)
    }
}

let start = Instant(seconds: 1_795_330_800)  // 2026-11-22T07:00:00Z

extension Instrument {
    /// A session as it stands on the line, in this instrument's framing.
    func onTheLine(_ messages: [[UInt8]]) -> [UInt8] {
        switch driver.description.dialect {
        case .lis2:
            Framing.session(Framing.frames(of: messages, policy: link.framing, limit: link.maximumText))
        case .hl7: messages.flatMap { MLLP.frame($0) }
        case .text: messages.flatMap { [0x02] + $0 + [0x03] }
        }
    }
}

@Suite struct `Any driver's instrument, simulated` {
    /// They measure nothing: a sorter that takes orders, a server that only asks.
    static let mute: Set<String> = ["hca-sorter", "menarini-sat5000"]

    @Test(arguments: Place.drivers)
    func `what it sends decodes with its driver into the values that were drawn`(_ name: String) throws {
        let instrument = try Place.instrument(name)
        #expect(instrument.hasResults == !Self.mute.contains(name))
        guard instrument.hasResults else { return }
        for seed in 1...20 {
            var random = PRNG(seed: UInt64(seed))
            let specimens = (1...3).map { "26112\(seed)0\($0)" }
            let session = instrument.results(of: specimens, at: start, random: &random)
            let readings = SessionDecoder.readings(
                in: instrument.onTheLine(session.messages), driver: instrument.driver)
            #expect(readings.count == session.messages.count)
            #expect(readings.flatMap(\.problems) == [], "seed \(seed)")
            let read = readings.flatMap(\.observations)
            #expect(read.map(\.accession) == session.results.map(\.specimen), "seed \(seed)")
            #expect(read.map(\.instrumentCode) == session.results.map(\.code), "seed \(seed)")
            #expect(read.map(\.rawUnit) == session.results.map(\.unit), "seed \(seed)")
            #expect(Set(read.map(\.accession)) == Set(specimens), "every tube, and no other")
            for (found, drawn) in zip(read, session.results) {
                #expect(found.rawText.contains(drawn.value), "\(drawn.code): \(found.rawText), drawn \(drawn.value)")
                guard case .measured(let value, _)? = found.value else { continue }
                let digits = drawn.value.filter { $0.isASCII && $0.isNumber }.count
                #expect(digits > 0, "\(drawn.code) \(value)")
            }
        }
    }

    @Test(arguments: Place.drivers)
    func `numbers arrive exactly, converted as the driver says`(_ name: String) throws {
        let instrument = try Place.instrument(name), values = instrument.driver.description.values
        var random = PRNG(seed: 7)
        let session = instrument.results(of: ["T1", "T2"], at: start, random: &random)
        let read = SessionDecoder.readings(in: instrument.onTheLine(session.messages), driver: instrument.driver)
            .flatMap(\.observations)
        for (found, drawn) in zip(read, session.results) {
            guard case .measured(let value, let unit)? = found.value else { continue }
            let meaning = instrument.driver.description.codes[drawn.code]
            let plain = values.thousands.map { drawn.value.replacing($0, with: "") } ?? drawn.value
            guard let sent = Measured(plain) else { continue }
            guard let known = meaning?.units[drawn.unit] ?? values.units[drawn.unit] else {
                #expect(value == sent, "\(drawn)")
                continue
            }
            #expect(unit == known.unit)
            var number = sent.number
            if let factor = known.factor { number = try #require(number.multiplied(by: factor)) }
            if let places = known.places { number = number.rounded(to: places) }
            #expect(value.number == number && value.comparator == sent.comparator, "\(drawn)")
        }
    }

    @Test(arguments: Place.drivers)
    func `every code of the driver is sent`(_ name: String) throws {
        let instrument = try Place.instrument(name)
        guard instrument.hasResults else { return }
        #expect(instrument.unknownCodes == [], "\(name)")
        #expect(Set(instrument.codes).isSuperset(of: instrument.driver.description.codes.keys))
        // All of them, over enough tubes to see each form of message.
        var random = PRNG(seed: 3), sent: Set<String> = []
        for _ in 0..<12 {
            let tubes = (1...4).map { "T\($0)" }
            sent.formUnion(instrument.results(of: tubes, at: start, random: &random).results.map(\.code))
        }
        #expect(Set(instrument.driver.description.codes.keys).subtracting(sent).sorted() == [], "\(name)")
    }

    @Test func `values are drawn, and the same seed draws the same`() throws {
        let instrument = try Place.instrument("roche-cobas-c311")
        func messages(_ seed: UInt64) -> InstrumentSession {
            var random = PRNG(seed: seed)
            return instrument.results(of: ["A", "B"], at: start, random: &random)
        }
        #expect(messages(4) == messages(4))
        #expect(messages(4).results.map(\.value) != messages(5).results.map(\.value))
    }

    @Test(arguments: Place.drivers)
    func `what it asks is read as a question about that tube`(_ name: String) throws {
        let instrument = try Place.instrument(name)
        var random = PRNG(seed: 1)
        let queries = instrument.queries(for: ["26112200017", "26112200018"], at: start, random: &random)
        #expect(queries.count == (instrument.asks ? 2 : 0))
        let readings = SessionDecoder.readings(in: instrument.onTheLine(queries), driver: instrument.driver)
        #expect(
            readings.flatMap(\.queries).map(\.accessions) == queries.enumerated().map { ["2611220001\($0.offset + 7)"] }
        )
        #expect(readings.flatMap(\.observations).isEmpty)
    }
}
