import Base
import Catalog
import Laboratory
import Quality
import Rules
import Store
import Testing
import Workflow

/// Controls that become known after a rejection, and what a rejection holds beside its own analysis (RULES 1.2, 2.5).
@Suite struct LateControlTests {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")

    private func control(_ code: String, _ text: String, _ id: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(600))
        var incoming = Bench.result(code, text, of: "QC1")
        incoming.observedAt = bench.clock.now
        _ = try await bench.desk.interpret(try await bench.message(id), reading: Reading(controls: [incoming]))
    }
    private func holds(_ made: RegisteredRequest, on bench: Bench) async throws -> [String: Set<Hold.Code>] {
        bench.clock.advance(.seconds(1))
        let standing = try await bench.desk.standing(try await bench.observations(made), at: bench.clock.now)
        return Dictionary(standing.map { ($0.analysis, Set($0.holds.map(\.code))) }) { $1 }
    }
    private func lift(_ run: String, of assay: ControlledAssay, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.correctRejection(
            run: run, of: assay, cause: "bulle dans le réactif", action: "réactif changé", by: Bench.technician)
        try await control(assay.analysis, "4", "lift-" + assay.analysis, on: bench)
    }

    @Test func `a control dated back lifts no hold, and takes no run its name, its decision or its correction`()
        async throws
    {
        let bench = try Bench()
        try await bench.conformingControl("K")
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        let result = try await bench.observation("K", made)
        try await control("K", "9", "reject", on: bench)
        let rejected = bench.clock.now
        let before = try #require(try await bench.desk.lookBacks(assay, site: "nord").first)
        #expect(before.held.map(\.result.id) == [result.id])
        _ = try await bench.desk.decideLookBack(
            .rerun, result: result.id, run: before.period.run, reason: "à repasser", by: Bench.technician)
        for seconds in [0, 3, 300] {
            bench.clock.advance(.seconds(120))
            let back = rejected.advanced(by: .seconds(Int64(-seconds)))
            _ = try await bench.desk.enterControl(
                "4.0", of: assay, material: "QC1", at: back, by: Bench.technician)
            let after = try await bench.desk.lookBacks(assay, site: "nord")
            #expect(after.map(\.period) == [before.period] && after.first?.entries.map(\.status) == [.decided])
            #expect(try await holds(made, on: bench)["K"]?.contains(.qualityControlRejected) == true)
        }
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        let runs = page.timeline.verdicts.map(\.run)
        #expect(runs.count == 5 && Set(runs).count == 5 && page.timeline.rejectedRuns == [before.period.run])
        _ = try await bench.desk.correctRejection(
            run: before.period.run, of: assay, cause: "bulle", action: "purge", by: Bench.technician)
        bench.clock.advance(.seconds(120))
        _ = try await bench.desk.enterControl(
            "4.0", of: assay, material: "QC1", at: rejected, by: Bench.technician)
        let standing = try await bench.desk.qualityPage(assay, site: "nord").timeline.standing(at: bench.clock.now)
        #expect(standing.state == .corrected && standing.run == before.period.run)
    }

    @Test func `an analyzer that sends an older control again, late, shortens nothing`() async throws {
        let bench = try Bench()
        try await bench.conformingControl("K")
        try await control("K", "9", "reject", on: bench)
        let before = try await bench.desk.lookBacks(assay, site: "nord").map(\.period)
        var late = Bench.result("K", "4", of: "QC1")
        late.observedAt = bench.clock.now.advanced(by: .seconds(-200))
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.interpret(try await bench.message("late"), reading: Reading(controls: [late]))
        #expect(try await bench.desk.lookBacks(assay, site: "nord").map(\.period) == before && before.count == 1)
    }

    private func target(_ sd: String, since seconds: Int64, on bench: Bench) async throws {
        _ = try await bench.desk.setControlTarget(
            ControlTarget(
                assay: assay, material: "QC1", level: ControlLevel("N1"), lot: "L1", mean: Exact(4), sd: Exact(sd),
                unit: "mmol/L", origin: .laboratory, count: 20, from: bench.clock.now.advanced(by: .seconds(-seconds))),
            reason: "écart-type corrigé", by: Bench.biologist)
    }

    @Test func `a target or rules set today take nothing back of a rejection, and serve from today on`() async throws {
        let bench = try Bench()
        try await bench.conformingControl("K")
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        try await control("K", "9", "reject", on: bench)
        let before = try await bench.desk.lookBacks(assay, site: "nord")
        bench.clock.advance(.seconds(60))
        try await target("5", since: 7200, on: bench)
        try await bench.desk.setControlPolicy(
            ControlPolicy(rules: [.twoTwoS: .reject]), of: assay, reason: "une seule règle", by: Bench.biologist)
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(page.timeline.standing(at: bench.clock.now).state == .rejected)
        let after = try await bench.desk.lookBacks(assay, site: "nord")
        #expect(after.map(\.period) == before.map(\.period) && after.count == 1)
        #expect(after.first?.entries.count == 1)
        #expect(try await holds(made, on: bench)["K"]?.contains(.qualityControlRejected) == true)
        // Corrected, and measured under the new target and rules: what was rejected by the old ones conforms.
        _ = try await bench.desk.correctRejection(
            run: try #require(before.first).period.run, of: assay, cause: "cible erronée", action: "cible corrigée",
            by: Bench.technician)
        try await control("K", "9", "again", on: bench)
        let now = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(now.timeline.standing(at: bench.clock.now).state == .conforming)
        #expect(now.timeline.rejectedRuns.count == 1)
    }

    @Test func `a target set before the controls became known serves them, however far back it reaches`() async throws {
        let bench = try Bench()
        try await control("K", "4", "first", on: bench)
        #expect(
            try await bench.desk.qualityPage(assay, site: "nord").timeline.standing(at: bench.clock.now).hold == .absent
        )
        // Nothing was judged yet: the first target may say what the control was.
        try await target("1", since: 7200, on: bench)
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(page.timeline.standing(at: bench.clock.now).state == .conforming)
    }

    @Test(arguments: [89, 91, 400])
    func `a rejection that nobody corrected stands, however old it is`(days: Int64) async throws {
        let bench = try Bench()
        try await bench.conformingControl("K")
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        try await bench.sign(made)
        try await control("K", "9", "reject", on: bench)
        let before = try await bench.desk.lookBacks(assay, site: "nord").map(\.period)
        bench.clock.advance(.seconds(days * 86_400))
        try await control("K", "4", "later", on: bench)
        func state() async throws -> ControlState {
            try await bench.desk.qualityPage(assay, site: "nord").timeline.standing(at: bench.clock.now).state
        }
        #expect(try await state() != .conforming)
        let open = try await bench.desk.lookBacks(assay, site: "nord")
        #expect(open.map(\.period) == before && before.count == 1 && open[0].toDecide.count == 1)
        // Corrected, the report that left still waits for its biologist, for as long.
        try await lift(try #require(before.first).run, of: assay, on: bench)
        #expect(try await state() == .conforming)
        bench.clock.advance(.seconds(days * 86_400))
        let left = try await bench.desk.lookBacks(assay, site: "nord")
        #expect(left.first?.toDecide.count == 1)
        let result = try await bench.observation("K", made)
        _ = try await bench.desk.decideLookBack(
            .confirm, result: result.id, run: before[0].run, reason: "repassé, même valeur", by: Bench.biologist)
        #expect(try await bench.desk.lookBacks(assay, site: "nord").map(\.isDone) == [true])
        #expect(try await bench.soundTrail())
    }

    @Test func `a control rejected later holds what was calculated of its analysis, until it is lifted`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("CREA")
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["CREA", "DFG09"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("CREA", "80", of: tube, unit: "umol/L")])
        let creatinine = try await bench.observation("CREA", made),
            filtration = try await bench.observation("DFG09", made)
        #expect(try await holds(made, on: bench)["DFG09"]?.contains(.calculationInputHeld) == false)
        try await control("CREA", "9", "reject", on: bench)
        let held = try await holds(made, on: bench)
        #expect(held["CREA"]?.contains(.qualityControlRejected) == true)
        #expect(held["DFG09"]?.contains(.calculationInputHeld) == true, "\(held)")
        let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
        #expect(lines.first { $0.analysis == "DFG09" }?.holds.contains { $0.code == .calculationInputHeld } == true)
        // Alone, as `why` asks for it, and where the one it is made of is validated already.
        let alone = try await bench.desk.standing([filtration], at: bench.clock.now)
        #expect(alone[0].holds.contains { $0.code == .calculationInputHeld && $0.reason.contains("CREA") })

        let controlled = ControlledAssay(analysis: "CREA", analyzer: "auto")
        let open = try #require(try await bench.desk.lookBacks(controlled, site: "nord").first)
        #expect(open.entries.map(\.result.id) == [creatinine.id, filtration.id])
        let own = try await bench.desk.lookBacks(
            ControlledAssay(analysis: "DFG09", analyzer: "auto"), site: "nord")
        #expect(own.map { $0.entries.map(\.result.id) } == [[filtration.id]])
        func decide(_ id: String) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.decideLookBack(
                    .confirm, result: id, run: open.period.run, reason: "repassé, même valeur", by: Bench.biologist)
            }
        }
        try await lift(open.period.run, of: controlled, on: bench)
        #expect(await decide(filtration.id) == "quality.lookback.calculated")
        #expect(await decide(creatinine.id) == nil)
        let lifted = try await holds(made, on: bench)
        #expect(lifted["CREA"]?.contains(.qualityControlRejected) == false)
        #expect(lifted["DFG09"]?.contains(.calculationInputHeld) == false, "\(lifted)")
        #expect(try await bench.desk.lookBacks(controlled, site: "nord").map(\.isDone) == [true])
    }

    @Test func `what came while the control was rejected is let go with it`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("CREA")
        try await control("CREA", "9", "reject", on: bench)
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["CREA", "DFG09"])
        try await bench.arrive("m1", [Bench.result("CREA", "80", of: made.specimens[0].accession, unit: "umol/L")])
        #expect(try await holds(made, on: bench)["DFG09"]?.contains(.calculationInputHeld) == true)
        let controlled = ControlledAssay(analysis: "CREA", analyzer: "auto")
        let run = try #require(try await bench.desk.lookBacks(controlled, site: "nord").first).period.run
        try await lift(run, of: controlled, on: bench)
        _ = try await bench.desk.decideLookBack(
            .confirm, result: try await bench.observation("CREA", made).id, run: run, reason: "repassé",
            by: Bench.biologist)
        #expect(try await holds(made, on: bench)["DFG09"]?.contains(.calculationInputHeld) == false)
    }

    @Test func `a control rejected later holds the set of its analysis, and no part of it is signed`() async throws {
        let bench = try await Bench.withRules()
        for code in ["GR", "HB", "HT"] { try await bench.conformingControl(code) }
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["GR", "HB", "HT"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            [
                Bench.result("GR", "4.50", of: tube, unit: "10*12/L"),
                Bench.result("HB", "13.5", of: tube, ordinal: 1, unit: "g/dL"),
                Bench.result("HT", "40.5", of: tube, ordinal: 2, unit: "%"),
            ])
        #expect(try await holds(made, on: bench).values.allSatisfy { !$0.contains(.dependentSetHeld) })
        try await bench.validate(["GR", "HB", "HT"], of: made)
        try await control("HB", "9", "reject", on: bench)
        let held = try await holds(made, on: bench)
        #expect(
            held["HB"]?.contains(.qualityControlRejected) == true && held["HB"]?.contains(.dependentSetHeld) == false)
        for code in ["GR", "HT"] { #expect(held[code]?.contains(.dependentSetHeld) == true, "\(held)") }
        #expect(try await bench.desk.awaitingSignature(site: "nord", limit: 9).map(\.lane) == [.held])
        // Without the one whose control is rejected, the others are held all the same.
        let draft = SignDraft(except: ["HB"])
        let code = await refusal { () throws(CommandFailure) in
            let file = try await bench.desk.fileToSign(made.request.number, draft: draft)
            _ = try await bench.desk.sign(
                made.request.number, contentHash: file.contentHash, allowPartial: true, draft: draft,
                by: Bench.biologist)
        }
        #expect(code == "sign.quality")
        let hemoglobin = try await bench.observation("HB", made)
        _ = try await bench.desk.reject(
            hemoglobin.id, of: made.request.number, reason: "contrôle rejeté", by: Bench.technician)
        #expect(try await holds(made, on: bench)["GR"]?.contains(.dependentSetHeld) == false)
    }

    @Test func `the task of an amendment names what was calculated`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("CREA")
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["CREA", "DFG09"])
        try await bench.arrive("m1", [Bench.result("CREA", "80", of: made.specimens[0].accession, unit: "umol/L")])
        try await bench.validate(["CREA", "DFG09"], of: made)
        try await bench.sign(made)
        try await control("CREA", "9", "reject", on: bench)
        let open = try #require(
            try await bench.desk.lookBacks(ControlledAssay(analysis: "CREA", analyzer: "auto"), site: "nord").first)
        #expect(open.toDecide.count == 2)
        _ = try await bench.desk.decideLookBack(
            .amend, result: try await bench.observation("CREA", made).id, run: open.period.run, reason: "biais",
            by: Bench.biologist)
        let files = try await bench.desk.awaitingSignature(site: "nord", limit: 9)
        let told = files.flatMap(\.obstacles).filter { $0.kind == .amendmentTask }.map(\.frenchText)
        #expect(told.contains { $0.contains("CREA") && $0.contains("DFG09") }, "\(told)")
    }

    @Test func `a value of an assessment is replaced for a reason, and the register keeps both`() async throws {
        let bench = try Bench()
        func record(_ value: String, target: String?, sd: String? = nil, reason: String = "") async -> String? {
            await refusal { () throws(CommandFailure) in
                try await bench.desk.recordAssessment(
                    AssessmentResult(
                        programme: "P", round: "1", sample: "A", assay: assay, measuredAt: bench.clock.now,
                        value: Measured(value) ?? Measured(Exact(0)), unit: "mmol/L",
                        target: target.flatMap { Exact($0) }, sd: sd.flatMap { Exact($0) }),
                    reason: reason, by: Bench.technician)
            }
        }
        #expect(await record("4.2", target: "4.0", sd: "0") == "quality.assessment.sd")
        #expect(await record("4.2", target: nil) == nil)
        #expect(await record("4.2", target: "4.0", sd: "0.1") == nil)
        #expect(await record("9", target: nil) == "quality.assessment.reason")
        #expect(await record("4.2", target: nil) == "quality.assessment.reason")
        #expect(await record("9", target: nil, reason: ".") == "quality.assessment.reason")
        #expect(await record("9", target: "4.0", sd: "0.1", reason: "faute de frappe") == nil)
        let history = try await bench.desk.assessmentHistory(site: "nord")
        #expect(history.map { $0.map(\.result.value.text) } == [["4.2", "4.2", "9"]])
        #expect(history.first?.last?.reason == "faute de frappe" && history.first?.last?.author == "technicien")
    }

    @Test func `a dot is no reason, for nobody`() async throws {
        let bench = try Bench()
        try await bench.conformingControl("K")
        try await control("K", "9", "reject", on: bench)
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        let (point, run) = (try #require(page.points.last), try #require(page.timeline.rejectedRuns.first))
        for reason in [".", " ", "--", "…"] {
            #expect(
                await refusal { () throws(CommandFailure) in
                    try await bench.desk.excludeControl(point.id, of: assay, reason: reason, by: Bench.technician)
                } == "quality.unsigned", "\(reason)")
            #expect(
                await refusal { () throws(CommandFailure) in
                    _ = try await bench.desk.correctRejection(
                        run: run, of: assay, cause: reason, action: "purge", by: Bench.technician)
                } == "reason.missing", "\(reason)")
            #expect(
                await refusal { () throws(CommandFailure) in
                    _ = try await bench.desk.correctRejection(
                        run: run, of: assay, cause: "bulle", action: reason, by: Bench.technician)
                } == "quality.unsigned", "\(reason)")
        }
    }
}
