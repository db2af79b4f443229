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

/// An approval that is taken back, because something is wrong, holds what waits under it at once (RULES 1.2, step 0).
@Suite struct ApprovalTakenBackTests {
    private func holds(_ code: String, _ made: RegisteredRequest, _ bench: Bench) async throws -> [Hold] {
        try await bench.desk.standing([try await bench.observation(code, made)], at: bench.clock.now)[0].holds
    }
    private func arrived(on bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["K", "NA"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("K", "4.2", of: tube), Bench.result("NA", "140", of: tube, ordinal: 1)])
        return made
    }

    @Test func `a line: what waits is held with the reason, until somebody stands for it again`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        let made = try await arrived(on: bench)
        try await bench.validate(["K", "NA"], of: made)
        #expect(try await bench.desk.fileToSign(made.request.number).observations.allSatisfy { $0.holds.isEmpty })
        let line = try bench.desk.approvalSubject(analysis: "K")
        #expect(try await bench.desk.resultsWaiting(under: [line]) == [1])
        try await bench.desk.withdrawApproval([line], reason: "intervalle faux", by: Bench.biologist)
        let held = try await holds("K", made, bench)
        #expect(held.map(\.code) == [.catalogueDraft] && held[0].reason.contains("intervalle faux"))
        #expect(try await holds("NA", made, bench) == [])
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.observations.first { $0.analysis == "K" }?.holds.map(\.code) == [.catalogueDraft])
        #expect(!file.obstacles.isEmpty)
        try await bench.desk.approve([line], reason: "relue", by: Bench.biologist)
        #expect(try await holds("K", made, bench) == [])
        // What is signed waits for nobody.
        _ = try await bench.sign(made)
        #expect(try await bench.desk.resultsWaiting(under: [line]) == [0])
    }

    @Test func `the policy holds all that waits, a formula what it made`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        let made = try await arrived(on: bench)
        let other = try await bench.received(["CREA", "DFG09"])
        try await bench.arrive("m2", [Bench.result("CREA", "70", of: other.specimens[0].accession, unit: "umol/L")])
        func isOff(_ code: String, _ made: RegisteredRequest) async throws -> Bool {
            try await holds(code, made, bench).contains {
                $0.code == .engineOff && $0.reason.contains("à revoir")
            }
        }
        let formula = try bench.desk.approvalSubject(rule: "calcul:DFG09")
        let policy = try bench.desk.approvalSubject(rule: RulePack.policyReference.description)
        let rule = try bench.desk.approvalSubject(rule: "TUBE-VIEUX")
        #expect(try await bench.desk.resultsWaiting(under: [formula, policy, rule]) == [1, 4, 1])
        try await bench.desk.withdrawApproval([formula], reason: "à revoir", by: Bench.biologist)
        #expect(try await isOff("DFG09", other))
        #expect(try await !isOff("CREA", other))
        try await bench.desk.withdrawApproval([policy], reason: "à revoir", by: Bench.biologist)
        for code in ["K", "NA"] { #expect(try await isOff(code, made), "\(code)") }
        #expect(try await isOff("CREA", other))
    }
}
