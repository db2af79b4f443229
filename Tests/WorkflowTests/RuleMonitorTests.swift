import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `Watching the rules` {
    /// One potassium each: proposable and signed, proposable and rejected, held and signed, signed and rejected since.
    @Test func `counts what is proposed, held, overridden, refused and retracted, each result once`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        let begin = bench.clock.now
        func one(_ name: String, _ value: String, reason: String? = nil) async throws -> RegisteredRequest {
            bench.clock.advance(.seconds(60))
            let made = try await bench.received(["K"], name: name)
            try await bench.arrive("m-" + name, [Bench.result("K", value, of: made.specimens[0].accession)])
            return made
        }
        func reject(_ made: RegisteredRequest) async throws {
            bench.clock.advance(.seconds(60))
            _ = try await bench.desk.reject(
                try await bench.observation("K", made).id, of: made.request.number, reason: "erreur de pipetage",
                by: Bench.technician)
        }
        let plain = try await one("UN", "4.2")
        try await bench.validate(["K"], of: plain)
        try await bench.sign(plain)
        try await reject(try await one("DEUX", "4.3"))
        let high = try await one("TROIS", "7.5")
        try await bench.validate(["K"], of: high, reason: "contexte clinique")
        let file = try await bench.desk.fileToSign(high.request.number)
        _ = try await bench.desk.sign(
            high.request.number, contentHash: file.contentHash, allowPartial: false, uncalled: "appel en cours",
            by: Bench.biologist)
        let back = try await one("QUATRE", "4.4")
        try await bench.validate(["K"], of: back)
        try await bench.sign(back)
        try await reject(back)
        _ = try await one("CINQ", "4.5")
        bench.clock.advance(.seconds(60))

        let all = try await bench.desk.monitorRules(
            from: begin, before: bench.clock.now, telling: "K", by: Bench.biologist)
        let line = try #require(all.lines.first)
        #expect(all.lines.map(\.analysis) == ["K"] && line.results == 5 && line.proposable == 4, "\(line)")
        #expect(line.share == "80,0" && all.total.results == 5)
        #expect(line.overridden == 1 && line.rejected == 2 && line.retracted == 1, "\(line)")
        #expect(line.reasons.contains { $0.code == .criticalCall && $0.count == 1 })
        // Each figure is results that can be asked about.
        let cases = try #require(all.cases)
        #expect(cases.filter(\.isOverridden).map(\.observationID) == [try await bench.observation("K", high).id])
        #expect(cases.filter(\.isRetracted).map(\.observationID) == [try await bench.observation("K", back).id])
        for one in cases { #expect(try await !bench.desk.explain(one.observationID, by: Bench.biologist).isEmpty) }
        #expect(all.csv.split(separator: "\r\n").dropFirst().first?.hasPrefix("K;5;4;80,0;") == true, "\(all.csv)")
        // Half-open: what was first judged before the window or at its end is not of it.
        let later = try await bench.desk.monitorRules(
            from: bench.clock.now.advanced(by: .seconds(-60)), before: bench.clock.now, by: Bench.biologist)
        #expect(later.total.results == 1 && later.cases == nil)
        let none = try await bench.desk.monitorRules(
            from: bench.clock.now, before: bench.clock.now.advanced(by: .seconds(60)), by: Bench.biologist)
        #expect(none.lines.isEmpty && none.total.share.isEmpty)
    }
}
