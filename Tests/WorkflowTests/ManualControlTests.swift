import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// Manual methods: what a hand types leans on controls that a hand types (PAIN 19).
@Suite struct ManualControlTests {
    private let assay = ControlledAssay(analysis: "VHC", analyzer: AssayMethod.typed)

    private func target(
        _ material: String, _ expected: String, level: String, of assay: ControlledAssay? = nil, from: Instant
    ) throws -> ControlTarget {
        let expected: ControlExpectation = try #require(ControlExpectation(expected))
        return ControlTarget(
            assay: assay ?? self.assay, material: material, level: ControlLevel(level), lot: "L1", mean: nil, sd: nil,
            origin: .maker, from: from, expected: expected)
    }

    private func bench() async throws -> Bench {
        let bench = try Bench()
        for (material, expected, level) in [("TEMPOS", "POS", "N1"), ("TEMNEG", "NEG", "N2")] {
            _ = try await bench.desk.setControlTarget(
                try target(material, expected, level: level, from: bench.clock.now), reason: "notice du test",
                by: Bench.biologist)
        }
        bench.clock.advance(.seconds(60))
        return bench
    }

    @discardableResult private func control(
        _ positive: String, _ negative: String, on bench: Bench
    ) async throws -> ControlStanding {
        bench.clock.advance(.seconds(3600))
        for (material, answer) in [("TEMPOS", positive), ("TEMNEG", negative)] {
            _ = try await bench.desk.enterControl(
                answer, of: assay, material: material, at: bench.clock.now, by: Bench.technician)
        }
        return try await bench.desk.controlStanding(of: assay, site: "nord")
    }

    /// A typed answer, a minute after what came before.
    private func typed(_ name: String, on bench: Bench) async throws -> RegisteredRequest {
        bench.clock.advance(.seconds(60))
        let made = try await bench.received(["VHC"], name: name)
        _ = try await bench.desk.enter(
            .coded("NEG", display: "Négatif"), analysis: "VHC", of: made.request.number, comment: nil,
            by: Bench.technician)
        return made
    }
    private func holds(_ made: RegisteredRequest, on bench: Bench) async throws -> [Hold.Code] {
        let observation = try await bench.observation("VHC", made)
        let codes: Set<Hold.Code> = [.noQualityControl, .qualityControlExpired, .qualityControlRejected]
        return try await bench.desk.standing([observation], at: bench.clock.now)[0].holds.map(\.code)
            .filter { codes.contains($0) }
    }

    @Test func `a typed code is held for want of a control, and passes once both answer as expected`() async throws {
        let bench = try await bench()
        #expect(try await holds(try await typed("AVANT", on: bench), on: bench) == [.noQualityControl])
        #expect(try await control("POS", "NEG", on: bench).state == .conforming)
        #expect(try await holds(try await typed("APRES", on: bench), on: bench) == [])
        bench.clock.advance(.seconds(24 * 3600))
        #expect(try await holds(try await typed("DEMAIN", on: bench), on: bench) == [.qualityControlExpired])
        let board = try await bench.desk.controlStandings(site: "nord")
        #expect(board.map { "\($0.assay) \($0.standing.state.rawValue)" } == ["VHC@saisie ECHU"])
    }

    @Test func `a wrong answer holds what was typed since, and the look-back names it until somebody decides`()
        async throws
    {
        let bench = try await bench()
        try await control("POS", "NEG", on: bench)
        let made = try await typed("DOUTE", on: bench)
        #expect(try await holds(made, on: bench) == [])
        let rejected = try await control("POS", "POS", on: bench)
        #expect(rejected.state == .rejected && rejected.rules == [.expected])
        #expect(try await holds(made, on: bench) == [.qualityControlRejected])
        let lines = try await bench.desk.worklist(site: "nord", limit: 9)
        #expect(lines.map { $0.observation.holds.map(\.code).contains(.qualityControlRejected) } == [true])

        let result = try await bench.observation("VHC", made)
        let open = try await bench.desk.lookBacks(assay, site: "nord")
        #expect(open.map { $0.held.map(\.result.id) } == [[result.id]])
        let run = try #require(open.first).period.run
        _ = try await bench.desk.correctRejection(
            run: run, of: assay, cause: "coffret ouvert depuis un mois", action: "coffret neuf", by: Bench.technician)
        #expect(try await control("POS", "NEG", on: bench).state == .conforming)
        #expect(try await holds(made, on: bench) == [.qualityControlRejected])
        _ = try await bench.desk.decideLookBack(
            .confirm, result: result.id, run: run, reason: "repassé avec le coffret neuf", by: Bench.biologist)
        #expect(try await holds(made, on: bench) == [])
        #expect(try await bench.soundTrail())
    }

    @Test func `what is expected is a code of the analysis, or a titre of one that has titres`() async throws {
        let bench = try await bench()
        let titre = ControlledAssay(analysis: "RPR", analyzer: AssayMethod.typed)
        func set(_ expected: String, of assay: ControlledAssay) async throws -> String? {
            let target = try target("M", expected, level: "N1", of: assay, from: bench.clock.now)
            return await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.setControlTarget(target, reason: "notice", by: Bench.biologist)
            }
        }
        #expect(try await set("JAUNE", of: assay) == "enter.code")
        #expect(try await set("1/8", of: assay) == "quality.expected")
        #expect(try await set("POS", of: ControlledAssay(analysis: "K", analyzer: "auto")) == "enter.nature")
        #expect(try await set("1/8", of: titre) == nil)
        var both = try target("M", "POS", level: "N1", from: bench.clock.now)
        both.mean = Exact(1)
        let doubled = both
        let refused = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.setControlTarget(doubled, reason: "notice", by: Bench.biologist)
        }
        #expect(refused == "quality.expected")
        let unread = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.enterControl(
                "JAUNE", of: assay, material: "TEMPOS", at: bench.clock.now, by: Bench.technician)
        }
        #expect(unread == "enter.code")
        // One dilution on either side.
        for (text, state) in [("1/16", ControlState.conforming), ("1/32", .rejected)] {
            bench.clock.advance(.seconds(3600))
            _ = try await bench.desk.enterControl(
                text, of: titre, material: "M", at: bench.clock.now, by: Bench.technician)
            #expect(try await bench.desk.controlStanding(of: titre, site: "nord").state == state)
        }
    }

    @Test func `an analyzer that answers in words is controlled by its own controls alike`() async throws {
        let bench = try await bench()
        let own = ControlledAssay(analysis: "VHC", analyzer: "auto")
        _ = try await bench.desk.setControlTarget(
            try target("QCPOS", "POS", level: "N1", of: own, from: bench.clock.now), reason: "notice",
            by: Bench.biologist)
        for (code, state) in [("POS", ControlState.conforming), ("NEG", .rejected)] {
            bench.clock.advance(.seconds(3600))
            var incoming = Bench.result("VHC", code, of: "QCPOS")
            incoming.value = .coded(code, display: code)
            incoming.observedAt = bench.clock.now
            _ = try await bench.desk.interpret(
                try await bench.message("qc-\(code)"), reading: Reading(controls: [incoming]))
            #expect(try await bench.desk.controlStanding(of: own, site: "nord").state == state)
        }
    }
}
