import Base
import Catalog
import Laboratory
import Rules
import Testing
import Workflow

/// The method that the catalogue gives an analyzer reaches what is judged, and a result keeps the one that it had.
@Suite struct `The method of an analyzer` {
    private static let header = "code,automate,methode,groupe,amr_bas,amr_haut,dilution_max,cva,repasse_abs,note\n"

    /// Publishes these methods; sodium has a line for any method and one for ISE, chloride one for ISE alone.
    private func publish(_ methods: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        try await bench.desk.publish(try await files(methods, on: bench), reason: "méthodes", by: Bench.administrator)
        let lines = try ["NA", "CL", "CREA", "DFG09", "TRF", "CTF"].map { try bench.desk.approvalSubject(analysis: $0) }
        try await bench.desk.approve(lines, reason: "lues", by: Bench.biologist)
    }
    private func files(_ methods: String, on bench: Bench) async throws -> [CatalogFile] {
        let own = """
            NA,*,18 a,,,,ISE,137,142,mmol/L,intervalle,général,s
            CL,*,18 a,,,,ISE,100,110,mmol/L,intervalle,général,s
            CL,*,18 a,,,,photo,90,99,mmol/L,intervalle,général,s

            """
        let kept = try await bench.desk.catalogueFiles(number: nil).filter { $0.name != "methods.csv" }
        return kept.map { file in
            guard file.name == "intervals.csv" else { return file }
            let lines = String(decoding: file.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            let rest = lines.filter { !$0.hasPrefix("CL,") && !$0.contains(",ISE,") }
            return CatalogFile(name: file.name, bytes: Array((rest.joined(separator: "\n") + "\n" + own).utf8))
        } + [CatalogFile(name: "methods.csv", bytes: Array((Self.header + methods).utf8))]
    }
    private static let first = "NA,auto,ISE,,,,,,,\nCL,auto,ISE,,,,,,,\nCL,b,photo,,,,,,,\nDFG09,calcul,CKD,,,,,,,\n"
    private static let second = "NA,auto,photo,,,,,,,\nCL,auto,photo,,,,,,,\nCL,b,ISE,,,,,,,\nNA,b,ISE,,,,,,,\n"

    private func judged(_ code: String, _ made: RegisteredRequest, on bench: Bench) async throws -> JudgedRecord {
        let id = try await bench.observation(code, made).id
        return try #require(try await bench.desk.explain(id, by: Bench.technician).last)
    }

    @Test func `arrives with the result, with what is typed and with what is calculated`() async throws {
        let bench = try await Bench.withRules()
        try await publish(Self.first, on: bench)
        let made = try await bench.received(["NA", "CL", "CREA", "DFG09"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            [
                Bench.result("NA", "144", of: tube), Bench.result("CL", "105", of: tube, ordinal: 1),
                Bench.result("CREA", "90", of: tube, ordinal: 2, unit: "umol/L"),
            ])
        let sodium = try await judged("NA", made, on: bench)
        #expect(sodium.facts.method == "ISE")
        let observation = try await bench.observation("NA", made)
        #expect(observation.interval?.high == Exact(142) && observation.flags == [.high])
        let said = sodium.result.checks.first { $0.check == .interval }?.words(in: .europeParis)
        #expect(said?.contains("méthode ISE") == true)
        #expect(try await bench.observation("CL", made).interval?.low == Exact(100))
        #expect(try await judged("CREA", made, on: bench).facts.method.isEmpty)
        #expect(try await judged("DFG09", made, on: bench).facts.method == "CKD")
        // What a person typed has no analyzer's line: no interval serves it, and that is said.
        let other = try await bench.received(["CL"], name: "AUTRE")
        _ = try await bench.desk.enter(
            .measured(Measured(Exact(105)), unit: "mmol/L"), analysis: "CL", of: other.request.number, comment: nil,
            by: Bench.technician)
        let typed = try await bench.observation("CL", other)
        #expect(typed.interval == nil)
        #expect(typed.holds.first { $0.code == .noInterval }?.reason.contains("méthode inconnue") == true)
    }

    @Test func `stays with a result whose analyzer has another by now, and a dry run tells what would change`()
        async throws
    {
        let bench = try await Bench.withRules()
        try await publish(Self.first, on: bench)
        let made = try await bench.received(["NA", "CL"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("NA", "144", of: tube), Bench.result("CL", "105", of: tube, ordinal: 1)])
        bench.clock.advance(.seconds(1))
        let dry = try await bench.desk.dryRun(
            try await files(Self.second, on: bench), days: 2, allRules: false, by: Bench.biologist)
        #expect(Set(dry.differences.map(\.analysis)) == ["NA", "CL"])
        #expect(dry.differences.first { $0.analysis == "CL" }?.after.flags == [.high])
        try await publish(Self.second, on: bench)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "essai", by: Bench.technician)
        let again = try await judged("CL", made, on: bench)
        #expect(again.ordinal == 2 && again.facts.method == "ISE")
        #expect(again.result.interval?.low == Exact(100))
        let replayed = try await bench.desk.replayRules(
            from: Instant(milliseconds: 0), before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        #expect(replayed.isSound && replayed.results == 4, "\(replayed)")
        // The next result of the analyzer has the new one.
        let next = try await bench.received(["CL"], name: "SUITE")
        try await bench.arrive("m2", [Bench.result("CL", "105", of: next.specimens[0].accession)])
        #expect(try await bench.observation("CL", next).flags == [.high])
    }

    @Test func `sets apart what a delta compares, from the day that it changed`() async throws {
        let bench = try await Bench.withRules()
        try await publish(Self.first, on: bench)
        let patient = try await bench.patient().id
        func measured(_ message: String, _ value: String) async throws -> CheckRecord? {
            bench.clock.advance(.seconds(7200))
            let made = try await bench.registered(["NA"], for: patient)
            try await bench.arrive(message, [Bench.result("NA", value, of: made.specimens[0].accession)])
            try await bench.validate(["NA"], of: made, reason: "NOUVEAU PRELEVEMENT, même valeur")
            return try await judged("NA", made, on: bench).result.checks.first { $0.check == .delta }
        }
        #expect(try await measured("m1", "125")?.note == .noPrior)
        #expect(try await measured("m2", "142")?.code == .delta)
        try await publish(Self.second, on: bench)
        let other = try await measured("m3", "125")
        #expect(other?.code == nil && other?.note == .otherMethod)
        #expect(try await measured("m4", "142")?.code == .delta)
    }

    @Test func `sets apart what was calculated of its values, from the day that it changed`() async throws {
        let bench = try await Bench.withRules(
            cells: ["CTF": ["delta_type": "pct", "delta_limite": "20", "delta_jours": "30"]])
        func method(_ line: String) -> String { Self.first + "TRF,auto,\(line),,,,,,\n" }
        let patient = try await bench.patient().id
        func capacity(_ message: String, of transferrin: String) async throws -> CheckRecord? {
            bench.clock.advance(.seconds(7200))
            let made = try await bench.registered(["TRF", "CTF"], for: patient)
            try await bench.arrive(
                message, [Bench.result("TRF", transferrin, of: made.specimens[0].accession, unit: "g/L")])
            try await bench.validate(["TRF", "CTF"], of: made, reason: "NOUVEAU PRELEVEMENT, même valeur")
            return try await judged("CTF", made, on: bench).result.checks.first { $0.check == .delta }
        }
        try await publish(method("néphélémétrie,"), on: bench)
        #expect(try await capacity("m1", of: "2.0")?.note == .noPrior)
        #expect(try await capacity("m2", of: "3.0")?.code == .delta)
        try await publish(method("turbidimétrie,"), on: bench)
        let other = try await capacity("m3", of: "2.0")
        #expect(other?.code == nil && other?.note == .otherMethod)
        #expect(other?.inputs.contains(CheckFact(.method, "TRF turbidimétrie")) == true)
        #expect(try await capacity("m4", of: "3.0")?.code == .delta)
        // Declared as one group, they compare again.
        try await publish(method("néphélémétrie,turbidimétrie"), on: bench)
        #expect(try await capacity("m5", of: "2.0")?.code == .delta)
    }
}
