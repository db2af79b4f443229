import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// Controls from the line to the state of an analysis, and what people decide about them.
@Suite struct QualityDeskTests {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")

    private func bench(material: String = "QC N1", mean: String = "4.0", sd: String = "0.1") async throws -> Bench {
        let bench = try Bench()
        let target = ControlTarget(
            assay: assay, material: material, level: ControlLevel("N1"), lot: "L1", mean: Exact(mean), sd: Exact(sd),
            unit: "mmol/L", origin: .laboratory, count: 20, from: bench.clock.now)
        _ = try await bench.desk.setControlTarget(target, reason: "cible du lot", by: Bench.biologist)
        bench.clock.advance(.seconds(60))
        return bench
    }

    /// One control result, an hour after what came before.
    private func control(
        _ text: String, _ id: String, on bench: Bench, material: String = "QC N1", unit: String = "mmol/L"
    ) async throws -> ControlState {
        bench.clock.advance(.seconds(3600))
        var incoming = Bench.result("K", text, of: material, unit: unit)
        incoming.observedAt = bench.clock.now
        _ = try await bench.desk.interpret(
            try await bench.message(id), reading: Reading(controls: [incoming]))
        return try await bench.desk.qualityPage(assay, site: "nord").timeline.standing(at: bench.clock.now).state
    }

    private func state(_ bench: Bench) async throws -> ControlStanding {
        try await bench.desk.qualityPage(assay, site: "nord").timeline.standing(at: bench.clock.now)
    }

    @Test func `nothing is controlled before a control with a target conforms`() async throws {
        let bench = try await bench()
        #expect(try await state(bench).hold == .absent)
        #expect(try await control("4.05", "c0", on: bench, material: "AUTRE") == .notControlled)
        #expect(try await control("4.05", "c1", on: bench, unit: "mg/L") == .notControlled)
        #expect(try await control("4.05", "c2", on: bench) == .conforming)
        bench.clock.advance(.seconds(24 * 3600))
        #expect(try await state(bench).hold == .expired)
    }

    @Test func `a rejected control puts earlier results in doubt until somebody corrects and decides`() async throws {
        let bench = try await bench()
        #expect(try await control("4.05", "c1", on: bench) == .conforming)
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        let result = try await bench.observation("K", made)
        #expect(try await bench.desk.controlStanding(of: result, at: bench.clock.now).hold == nil)
        #expect(try await control("4.40", "c2", on: bench) == .rejected)
        let standing = try await bench.desk.controlStanding(of: result, at: bench.clock.now)
        #expect(standing.hold == .rejected && standing.rules == [.oneThreeS])
        // Held at once, on the worklist and at the signature.
        let lines = try await bench.desk.worklist(site: "nord", limit: 9)
        #expect(lines.map { $0.observation.holds.map(\.code).contains(.qualityControlRejected) } == [true])
        try await bench.validate(["K"], of: made)
        #expect(
            await refusal { () throws(CommandFailure) in
                let file = try await bench.desk.fileToSign(made.request.number)
                _ = try await bench.desk.sign(
                    made.request.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
            } == "sign.quality")

        let open = try await bench.desk.lookBacks(assay, site: "nord")
        #expect(open.map { $0.held.map(\.result.id) } == [[result.id]])
        let run = try #require(open.first).period.run
        func decide(_ choice: LookBackDecision.Choice, by author: Author = Bench.technician) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.decideLookBack(
                    choice, result: result.id, run: run, reason: "contrôlé deux fois", by: author)
            }
        }
        #expect(await decide(.confirm) == "quality.lookback.open")
        #expect(await decide(.confirm, by: Bench.secretary) == "auth.permission")
        let corrected = try await bench.desk.correctRejection(
            run: run, of: assay, cause: "bulle dans le réactif", action: "réactif changé", by: Bench.technician)
        #expect(corrected.state == .corrected && corrected.hold == .rejected)
        #expect(try await control("4.02", "c3", on: bench) == .conforming)
        #expect(await decide(.confirm) == nil)
        #expect(try await bench.desk.lookBacks(assay, site: "nord").map(\.isDone) == [true])
        try await bench.sign(made)
        #expect(try await bench.soundTrail())
    }

    @Test func `a point is left out of the rules by a reason, and an event asks for a new control`() async throws {
        let bench = try await bench()
        #expect(try await control("4.05", "c1", on: bench) == .conforming)
        #expect(try await control("4.40", "c2", on: bench) == .rejected)
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        let bad = try #require(page.points.last)
        bench.clock.advance(.seconds(60))
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.excludeControl(bad.id, of: assay, reason: " ", by: Bench.technician)
            } == "quality.unsigned")
        try await bench.desk.excludeControl(bad.id, of: assay, reason: "tube interverti", by: Bench.technician)
        let after = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(after.points.last?.exclusion?.by == "technicien", "\(after.timeline.verdicts)")
        _ = try await bench.desk.correctRejection(
            run: bad.run, of: assay, cause: "tube interverti", action: "contrôle repassé", by: Bench.technician)
        #expect(try await control("4.01", "c3", on: bench) == .conforming)
        try await bench.desk.recordControlEvent(
            ControlEvent(.calibration, at: bench.clock.now), analyzer: "auto", analysis: nil, by: Bench.technician)
        #expect(try await state(bench).hold == .expired)
        #expect(try await control("4.01", "c4", on: bench) == .conforming)
    }

    @Test func `a new target of a material ends the one before, and only a biologist sets it`() async throws {
        let bench = try await bench()
        #expect(try await control("4.05", "c1", on: bench) == .conforming)
        bench.clock.advance(.seconds(60))
        let second = ControlTarget(
            assay: assay, material: "QC N1", level: ControlLevel("N1"), lot: "L2", mean: Exact("5.0"),
            sd: Exact("0.1"), unit: "mmol/L", origin: .maker, from: bench.clock.now)
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.setControlTarget(second, reason: "lot neuf", by: Bench.technician)
            } == "auth.permission")
        _ = try await bench.desk.setControlTarget(second, reason: "lot neuf", by: Bench.biologist)
        let targets = try await bench.desk.targets(of: assay, site: "nord")
        #expect(targets.map(\.lot) == ["L1", "L2"] && targets[0].to == second.from)
        #expect(try await control("5.05", "c2", on: bench) == .conforming)
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(page.points.map(\.lot) == ["L1", "L2"])
        #expect(page.points.map(\.run).count == Set(page.points.map(\.run)).count)
    }

    @Test func `levels that follow each other closely are one run`() async throws {
        let bench = try await bench()
        let high = ControlTarget(
            assay: assay, material: "QC N2", level: ControlLevel("N2"), lot: "L1", mean: Exact("6.0"),
            sd: Exact("0.2"), unit: "mmol/L", origin: .laboratory, from: bench.clock.now)
        _ = try await bench.desk.setControlTarget(high, reason: "cible du lot", by: Bench.biologist)
        bench.clock.advance(.seconds(60))
        // One level above +2 SD, the other below −2 SD, in one run: R-4s.
        var low = Bench.result("K", "4.25", of: "QC N1"), top = Bench.result("K", "5.5", of: "QC N2", ordinal: 1)
        low.observedAt = bench.clock.now
        top.observedAt = bench.clock.now.advanced(by: .seconds(120))
        _ = try await bench.desk.interpret(
            try await bench.message("c1"), reading: Reading(controls: [low, top]))
        bench.clock.advance(.seconds(300))
        let page = try await bench.desk.qualityPage(assay, site: "nord")
        #expect(Set(page.points.map(\.run)).count == 1)
        #expect(page.timeline.verdicts.last?.violations.map(\.rule).contains(.rFourS) == true)
        #expect(try await state(bench).state == .rejected)
    }

    private func target(_ code: String, _ mean: Int, _ unit: String, on bench: Bench) async throws {
        _ = try await bench.desk.setControlTarget(
            ControlTarget(
                assay: ControlledAssay(analysis: code, analyzer: "auto"), material: "QC1", level: ControlLevel("N1"),
                lot: "A", mean: Exact(mean), sd: Exact("0.1"), unit: unit, origin: .laboratory, count: 20,
                from: bench.clock.now),
            reason: "cible", by: Bench.biologist)
    }
    private func measure(_ code: String, _ value: String, on bench: Bench) async throws {
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.enterControl(
            value, of: ControlledAssay(analysis: code, analyzer: "auto"), material: "QC1",
            at: bench.clock.now, by: Bench.technician)
    }

    @Test func `a rejection holds what was calculated of a result, and what is given with it only`() async throws {
        let bench = try await Bench.withRules()
        for (code, mean, unit) in [("CREA", 90, "umol/L"), ("HB", 14, "g/dL"), ("GR", 5, "10*12/L")] {
            try await target(code, mean, unit, on: bench)
            try await measure(code, "\(mean)", on: bench)
        }
        let made = try await bench.received(["CREA", "DFG09", "HB", "GR"])
        func tube(_ code: String) -> String { made.specimens.first { $0.analyses.contains(code) }?.accession ?? "" }
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m1", [Bench.result("CREA", "90", of: tube("CREA"), unit: "umol/L")])
        try await bench.arrive(
            "m2",
            [
                Bench.result("HB", "14.0", of: tube("HB"), unit: "g/dL"),
                Bench.result("GR", "4.60", of: tube("GR"), ordinal: 1, unit: "10*12/L"),
            ])
        func codes(_ analysis: String) async throws -> [Hold.Code] {
            let standing = try await bench.desk.standing(try await bench.observations(made), at: bench.clock.now)
            return standing.first { $0.analysis == analysis }?.holds.map(\.code) ?? []
        }
        #expect(try await !codes("DFG09").contains(.calculationInputHeld))
        #expect(try await codes("HB") == [])
        try await measure("CREA", "150", on: bench)
        #expect(try await codes("CREA").contains(.qualityControlRejected))
        #expect(try await codes("DFG09").contains(.calculationInputHeld))
        #expect(try await codes("HB") == [])
        // Shown alone it says the same.
        let rate = try await bench.observation("DFG09", made)
        let alone = try await bench.desk.standing([rate], at: bench.clock.now)[0].holds.last
        #expect(alone?.code == .calculationInputHeld && alone?.reason.contains("CREA") == true, "\(alone as Any)")
        try await measure("GR", "9", on: bench)
        #expect(try await codes("HB") == [.dependentSetHeld])
    }

    @Test func `rounds of external assessment keep every entry and show the last`() async throws {
        let bench = try Bench()
        func result(target: String?) throws -> AssessmentResult {
            AssessmentResult(
                programme: "Ionogramme", round: "2026-3", sample: "A", assay: assay, measuredAt: bench.clock.now,
                value: try #require(Measured("4.1")), unit: "mmol/L", target: target.flatMap { Exact($0) },
                sd: Exact("0.1"))
        }
        try await bench.desk.recordAssessment(try result(target: nil), reason: "envoi", by: Bench.technician)
        #expect(try await bench.desk.assessments(site: "nord").results.map(\.conclusion) == [.pending])
        try await bench.desk.recordAssessment(try result(target: "4.0"), reason: "retour", by: Bench.technician)
        #expect(try await bench.desk.assessments(site: "nord").results.map(\.conclusion) == [.satisfactory])
        let kept = try await bench.store.register(.externalAssessment, site: "nord", limit: 9)
        #expect(kept.count == 2)
    }

    @Test func `a control typed by hand counts like one that was sent`() async throws {
        let bench = try await bench()
        let value = "4.05"
        _ = try await bench.desk.enterControl(
            value, of: assay, material: "QC N1", at: bench.clock.now, by: Bench.technician)
        #expect(try await state(bench).state == .conforming)
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.enterControl(
                    value, of: assay, material: "QC N1", at: bench.clock.now, by: Bench.secretary)
            } == "auth.permission")
        // A slip of the hand takes no CONFORME away.
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.enterControl(
                    value, of: assay, material: "QC M1", at: bench.clock.now, by: Bench.technician)
            } == "quality.material.unknown")
        #expect(try await state(bench).state == .conforming)
    }

    @Test func `what is measured after the end of a calibration or of a lot of reagent is held`() async throws {
        for (kind, code) in [
            (ControlEventKind.calibration, Hold.Code.calibrationExpired), (.newReagentLot, .lotExpired),
        ] {
            let bench = try await bench()
            let end = bench.clock.now.advanced(by: .seconds(7200))
            try await bench.desk.recordControlEvent(
                ControlEvent(kind, at: bench.clock.now, note: "lot 12", until: end), analyzer: "auto", analysis: "K",
                by: Bench.technician)
            // A control after the event: nothing but its end can hold.
            #expect(try await control("4.05", "c1", on: bench) == .conforming)
            func codes(_ id: String, at instant: Instant) async throws -> Set<Hold.Code> {
                let made = try await bench.received(["K"])
                var incoming = Bench.result("K", "4.2", of: made.specimens[0].accession)
                incoming.observedAt = instant
                try await bench.arrive(id, [incoming])
                return Set(try await bench.observation("K", made).holds.map(\.code))
            }
            #expect(try await !codes("m1", at: end.advanced(by: .milliseconds(-1))).contains(code))
            #expect(try await codes("m2", at: end).contains(code))
            // Another one, good for a day more; an event of the whole analyzer speaks for the analysis too.
            bench.clock.advance(.seconds(3600))
            try await bench.desk.recordControlEvent(
                ControlEvent(kind, at: bench.clock.now, until: end.advanced(by: .seconds(86_400))), analyzer: "auto",
                analysis: nil, by: Bench.technician)
            #expect(try await control("4.05", "c2", on: bench) == .conforming)
            #expect(try await !codes("m3", at: bench.clock.now).contains(code))
        }
    }
}
