import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// A new lot of a control: opened beside the one in service, compared, put in its place.
@Suite struct LotDeskTests {
    private let potassium = ControlledAssay(analysis: "K", analyzer: "auto")
    private let sodium = ControlledAssay(analysis: "NA", analyzer: "auto")

    /// Potassium at 4.0 ± 0.1 and sodium at 140 ± 1 by one material, level N1.
    private func bench() async throws -> Bench {
        let bench = try Bench()
        for (assay, mean, sd) in [
            (potassium, Exact(4), Exact(coefficient: 1, scale: 1)), (sodium, Exact(140), Exact(1)),
        ] {
            let target = ControlTarget(
                assay: assay, material: "QC1", level: ControlLevel("N1"), lot: "A", mean: mean, sd: sd,
                unit: "mmol/L", origin: .laboratory, count: 20, from: bench.clock.now)
            _ = try await bench.desk.setControlTarget(target, reason: "cible du lot", by: Bench.biologist)
        }
        bench.clock.advance(.seconds(60))
        return bench
    }

    /// Both lots in one run an hour, of one analysis.
    private func runs(_ count: Int, _ assay: ControlledAssay, old: [String], new: [String], on bench: Bench)
        async throws
    {
        for index in 0..<count {
            bench.clock.advance(.seconds(3600))
            for (material, texts) in [("QC1", old), ("QC2", new)] where !texts.isEmpty {
                bench.clock.advance(.seconds(60))
                let value = texts[index % texts.count]
                _ = try await bench.desk.enterControl(
                    value, of: assay, material: material, at: bench.clock.now, by: Bench.technician)
            }
        }
    }
    private func open(_ bench: Bench, analyses: [String] = []) async throws -> [LotComparison] {
        try await bench.desk.openLot(
            "B", material: "QC2", beside: "QC1", analyzer: "auto", analyses: analyses,
            values: ["K": (Exact(5), Exact(coefficient: 1, scale: 1))], reason: "fin du lot A", by: Bench.technician)
    }
    private func state(_ bench: Bench) async throws -> ControlStanding {
        try await bench.desk.controlStanding(of: potassium, site: "nord")
    }
    private func switched(
        _ bench: Bench, accepts: Bool = false, spread: LotSpread = .parallel, by author: Author = Bench.biologist
    )
        async -> String?
    {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.switchLot(
                to: "QC2", analyzer: "auto", spread: spread, acceptsDoubts: accepts, reason: "lot B validé", by: author)
        }
    }
    private let old = ["3.95", "4.05", "4.00", "4.10", "3.90"]
    private let new = ["4.95", "5.05", "5.00", "5.10", "4.90"]

    @Test func `a lot is opened once, under a number and with values of its own`() async throws {
        let bench = try await bench()
        // Lot, control, analysis of the maker's value, its SD, analyses named; what comes of it.
        let rows: [(String, String, String, Int, [String], String?)] = [
            ("B", "QC2", "K", 0, [], "quality.lot.value"), ("B", "QC2", "K", -1, [], "quality.lot.value"),
            ("B", "QC2", "CREA", 1, [], "quality.lot.value"), ("B", "QC2", "NA", 1, ["K"], "quality.lot.value"),
            ("A", "QC2", "K", 1, [], "quality.lot.number"), ("B", "QC2", "K", 1, [], nil),
            ("B", "QC2", "K", 1, [], "quality.lot.open"), ("C", "QC2", "K", 1, [], "quality.lot.open"),
            ("B", "QC3", "K", 1, [], "quality.lot.number"), ("C", "QC3", "K", 1, [], nil),
        ]
        for (lot, material, analysis, spread, analyses, wanted) in rows {
            let got = await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.openLot(
                    lot, material: material, beside: "QC1", analyzer: "auto", analyses: analyses,
                    values: [analysis: (Exact(5), Exact(spread))], reason: "fin du lot A", by: Bench.technician)
            }
            #expect(got == wanted, "\(lot) \(material) \(analysis) \(spread) \(analyses)")
        }
    }

    @Test func `a lot runs beside the one in service without touching its state, then takes its place`() async throws {
        let bench = try await bench()
        let opened = try await open(bench)
        #expect(opened.map(\.new.assay.analysis) == ["K", "NA"] && opened.allSatisfy { $0.former?.lot == "A" })
        #expect(opened.map { $0.new.mean?.text } == ["5", nil])
        // Far out of the maker's limits on purpose: no rule looks at it.
        try await runs(20, potassium, old: old, new: new, on: bench)
        let page = try await bench.desk.qualityPage(potassium, site: "nord")
        #expect(page.timeline.verdicts.count == 20 && page.timeline.verdicts.allSatisfy { $0.points.count == 2 })
        #expect(page.timeline.verdicts.allSatisfy { $0.outcome == .conforming })
        let found = try await bench.desk.lotComparisons(analyzer: "auto", analysis: "K", site: "nord")
        #expect(found.map(\.change.doubts) == [[]])
        #expect(found.first?.change.proposal?.mean?.text == "5.0000" && found.first?.change.count == 20)

        #expect(await switched(bench, by: Bench.technician) == "auth.permission")
        // Sodium has no point yet: all or none.
        #expect(await switched(bench) == "quality.lot.proposal")
        #expect(try await bench.desk.lotComparisons(analyzer: "auto", site: "nord").count == 2)
        let targets = try await bench.desk.switchLot(
            to: "QC2", analyzer: "auto", analyses: ["K"], reason: "lot B validé", by: Bench.biologist)
        #expect(targets.map(\.lot) == ["B"] && targets.map(\.count) == [20] && targets.map(\.isParallel) == [false])
        #expect(try await bench.desk.lotComparisons(analyzer: "auto", site: "nord").map(\.new.assay) == [sodium])
        // Nothing was measured with its own target yet: a control of it is due (RULES section 2.2).
        #expect(try await state(bench).state == .expired)
        #expect(try await state(bench).because.contains("nouveau lot de contrôle"))
        // The new lot is judged by its own target from its first point on.
        try await runs(1, potassium, old: [], new: ["5.05"], on: bench)
        #expect(try await state(bench).state == .conforming)
        // The old lot is closed: a point of it proves nothing, and what proves nothing holds.
        try await runs(1, potassium, old: ["4.00"], new: [], on: bench)
        #expect(try await state(bench).hold == .absent)
        try await runs(1, potassium, old: [], new: ["5.40"], on: bench)
        #expect(try await state(bench).state == .rejected)
        let entries = try await bench.store.register(.controlTarget, site: "nord", subject: "auto|K|QC2")
        #expect(entries.map(\.author) == ["technicien", "biologiste"])
        #expect(entries.last?.body.contains("lot B validé") == true)
        #expect(try await bench.soundTrail())
    }

    @Test func `what speaks against a lot is refused until somebody answers for it`() async throws {
        let bench = try await bench()
        _ = try await open(bench, analyses: ["K"])
        try await runs(5, potassium, old: old, new: new, on: bench)
        let doubts = try await bench.desk.lotComparisons(analyzer: "auto", site: "nord").first?.change.doubts
        #expect(doubts == [.fewPoints(count: 5, recommended: 20)])
        #expect(await switched(bench) == "quality.lot.doubt")
        #expect(await switched(bench, accepts: true) == nil)
        let target = try #require(try await bench.desk.targets(of: potassium, site: "nord").last)
        #expect(target.lot == "B" && target.sd?.text == "0.0791")
    }

    @Test func `the spread of the lot before can stand for that of few days`() async throws {
        let bench = try await bench()
        _ = try await open(bench, analyses: ["K"])
        try await runs(20, potassium, old: ["3.80", "4.20"], new: new, on: bench)
        #expect(await switched(bench, accepts: true, spread: .formerCV) == nil)
        // CV of the lot before: 0.2052 of 4.0 = 5.130 %, of 5.0 = 0.2565.
        let target = try #require(try await bench.desk.targets(of: potassium, site: "nord").last)
        #expect(target.sd?.text == "0.2565", "\(target)")
    }

    @Test func `a lot needs a name of its own, a lot in service beside it, and a reason`() async throws {
        let bench = try await bench()
        func open(
            _ material: String, beside: String = "QC1", reason: String = "neuf", by author: Author = Bench.technician
        )
            async -> String?
        {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.openLot(
                    "B", material: material, beside: beside, analyzer: "auto", reason: reason, by: author)
            }
        }
        #expect(await open("QC1") == "quality.lot.name")
        #expect(await open("QC2", beside: "QC9") == "quality.lot.former")
        #expect(await open("QC2", reason: " ") == "reason.missing")
        #expect(await open("QC2", by: Bench.secretary) == "auth.permission")
        #expect(await switched(bench) == "quality.lot.parallel")
        #expect(await open("QC2") == nil)
        #expect(await open("QC3", beside: "QC2") == "quality.lot.former")
    }

    @Test func `a calibration or a lot of reagent tells until when it is good`() async throws {
        let bench = try await bench()
        let end = bench.clock.now.advanced(by: .seconds(30 * 24 * 3600))
        try await bench.desk.recordControlEvent(
            ControlEvent(.newReagentLot, at: bench.clock.now, note: "R12", until: end), analyzer: "auto", analysis: "K",
            by: Bench.technician)
        bench.clock.advance(.seconds(60))
        try await bench.desk.recordControlEvent(
            ControlEvent(.calibration, at: bench.clock.now), analyzer: "auto", analysis: nil, by: Bench.technician)
        let page = try await bench.desk.qualityPage(potassium, site: "nord")
        #expect(page.end(of: .newReagentLot, at: bench.clock.now) == end)
        #expect(page.end(of: .calibration, at: bench.clock.now) == nil)
        #expect(try await bench.desk.qualityPage(sodium, site: "nord").end(of: .newReagentLot, at: end) == nil)
        // What it measures afterwards is held for it, by the checks.
        func holds(_ id: String) async throws -> [Hold.Code] {
            let made = try await bench.received(["K"])
            var incoming = Bench.result("K", "4.2", of: made.specimens[0].accession)
            incoming.observedAt = bench.clock.now
            try await bench.arrive(id, [incoming])
            return try await bench.observation("K", made).holds.map(\.code)
        }
        #expect(try await !holds("m1").contains(.lotExpired))
        bench.clock.advance(.seconds(30 * 24 * 3600))
        let late = try await holds("m2")
        #expect(late.contains(.lotExpired) && !late.contains(.calibrationExpired), "\(late)")
    }
}
