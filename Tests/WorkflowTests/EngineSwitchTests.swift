import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// The engine switched off by hand (RULES 1.2, step 0).
@Suite struct EngineSwitchTests {
    private func bench() async throws -> Bench {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        return bench
    }
    private func arrived(_ id: String, on bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["K", "NA"], name: id)
        let tube = made.specimens[0].accession
        try await bench.arrive(
            id, [Bench.result("K", "4.2", of: tube), Bench.result("NA", "140", of: tube, ordinal: 1)])
        return made
    }
    private func holds(_ code: String, _ made: RegisteredRequest, _ bench: Bench) async throws -> [Hold.Code] {
        let standing = try await bench.desk.standing([try await bench.observation(code, made)], at: bench.clock.now)
        return standing[0].holds.map(\.code)
    }
    private func turn(
        off: Bool, _ subject: String, on bench: Bench, by author: Author = Bench.biologist, reason: String = "dérive"
    ) async -> String? {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.switchEngine(off: off, subject, reason: reason, by: author)
        }
    }

    @Test(arguments: [
        (EngineSwitch.analysis("K"), ["K"]), (EngineSwitch.analyzer("auto"), ["K", "NA"]),
        (EngineSwitch.site, ["K", "NA"]), (EngineSwitch.analyzer("autre"), []),
    ])
    func `off, it proposes nothing there, of what came before and of what comes`(
        _ subject: String, _ held: [String]
    ) async throws {
        let bench = try await bench()
        let before = try await arrived("AVANT", on: bench)
        #expect(try await holds("K", before, bench) == [])
        #expect(await turn(off: true, subject, on: bench, by: Bench.technician) == nil)
        let after = try await arrived("APRES", on: bench)
        for code in ["K", "NA"] {
            let expected: [Hold.Code] = held.contains(code) ? [.engineOff] : []
            #expect(try await holds(code, before, bench) == expected, "\(code)")
            #expect(try await holds(code, after, bench) == expected, "\(code)")
        }
        #expect(try await bench.desk.enginesOff(site: "nord").map(\.subject) == [subject])
        // On again: what stood before is free at once, what was judged meanwhile is judged again.
        #expect(await turn(off: false, subject, on: bench) == nil)
        #expect(try await holds("K", before, bench) == [])
        _ = try await bench.desk.judgeAgain(after.request.number, reason: "remis", by: Bench.technician)
        #expect(try await holds("K", after, bench) == [])
        #expect(try await bench.trail.filter { ["rules.off", "rules.on"].contains($0.action) }.count == 2)
    }

    @Test func `a technician stops it, a biologist starts it, each with a reason and where it makes sense`()
        async throws
    {
        let bench = try await bench()
        let potassium = EngineSwitch.analysis("K")
        #expect(await turn(off: true, potassium, on: bench, by: Bench.secretary) == "auth.permission")
        #expect(await turn(off: true, potassium, on: bench, reason: " ") == "reason.missing")
        #expect(await turn(off: true, EngineSwitch.analysis("RIEN"), on: bench) != nil)
        #expect(await turn(off: false, potassium, on: bench) == "rules.switch")
        #expect(await turn(off: true, potassium, on: bench, by: Bench.technician) == nil)
        #expect(await turn(off: true, potassium, on: bench) == "rules.switch")
        #expect(await turn(off: false, potassium, on: bench, by: Bench.technician) == "auth.permission")
        // It stands in the base, not in the process.
        let clock = bench.clock
        let again = Desk(
            store: bench.store, catalogue: bench.desk.catalogue, sites: Array(bench.desk.sites.values),
            now: { clock.now })
        #expect(try await again.enginesOff(site: "nord").map(\.subject) == [potassium])
    }
}
