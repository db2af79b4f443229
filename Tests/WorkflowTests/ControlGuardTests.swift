import Base
import Catalog
import Laboratory
import Quality
import Store
import Testing
import Workflow

/// What the control of quality fails closed on (RULES 2.2), and what must not make it fail.
@Suite struct ControlGuardTests {
    private let assay = ControlledAssay(analysis: "K", analyzer: "auto")

    private func target(
        _ material: String, _ level: String, _ lot: String, _ mean: String, on bench: Bench
    ) async throws {
        _ = try await bench.desk.setControlTarget(
            ControlTarget(
                assay: assay, material: material, level: ControlLevel(level), lot: lot, mean: Exact(mean),
                sd: Exact("0.1"), unit: "mmol/L", origin: .laboratory, count: 20, from: bench.clock.now),
            reason: "cible", by: Bench.biologist)
        bench.clock.advance(.seconds(60))
    }
    /// Controls of one message, an hour after what came before; the state after it.
    private func controls(_ id: String, _ values: [(String, String)], on bench: Bench) async throws -> ControlState {
        bench.clock.advance(.seconds(3600))
        let sent = values.enumerated().map { place, value in
            var incoming = Bench.result("K", value.1, of: value.0, ordinal: place)
            incoming.observedAt = bench.clock.now
            return incoming
        }
        _ = try await bench.desk.interpret(try await bench.message(id), reading: Reading(controls: sent))
        return try await bench.desk.controlStanding(of: assay, site: "nord").state
    }
    private func triage(_ bench: Bench) async throws -> [TriageEntry] {
        try await bench.store.triage(site: "nord", open: true, limit: 99)
    }

    @Test func `a new lot in service asks for a control of its level before anything conforms`() async throws {
        let bench = try Bench()
        try await target("QC1", "N1", "A", "4.0", on: bench)
        try await target("QC2", "N2", "A", "6.0", on: bench)
        #expect(try await controls("c1", [("QC1", "4.05"), ("QC2", "6.05")], on: bench) == .conforming)
        try await target("QC3", "N1", "B", "5.0", on: bench)
        let standing = try await bench.desk.controlStanding(of: assay, site: "nord")
        #expect(standing.state == .expired && standing.hold == .expired)
        #expect(standing.because.contains("nouveau lot de contrôle") && standing.because.contains("niveau N1"))
        // The other level says nothing of the new lot.
        #expect(try await controls("c2", [("QC2", "6.05")], on: bench) == .expired)
        #expect(try await controls("c3", [("QC3", "5.05")], on: bench) == .conforming)
    }

    @Test func `a value that the controlled levels do not bracket is held, where the policy asks for it`() async throws
    {
        let bench = try Bench()
        try await target("QC1", "N1", "A", "3.0", on: bench)
        var policy = ControlPolicy(rules: ControlPolicy.twoLevelRules)
        policy.bracketsLevels = true
        func set() async -> String? {
            await refusal { () throws(CommandFailure) in
                try await bench.desk.setControlPolicy(policy, of: assay, reason: "encadrer", by: Bench.biologist)
            }
        }
        #expect(await set() == "quality.policy.bracket", "one level brackets nothing")
        try await target("QC2", "N2", "A", "6.0", on: bench)
        #expect(await set() == nil)
        #expect(try await controls("c1", [("QC1", "3.05")], on: bench) == .conforming)
        bench.clock.advance(.seconds(600))
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        let held = try await bench.observation("K", made)
        let reason = held.holds.first { $0.code == .noQualityControl }?.reason
        #expect(reason?.hasPrefix("la valeur n'est pas encadrée : niveau N2 sans contrôle conforme") == true)
        // Under the lowest level that level alone answers.
        let low = try await bench.received(["K"], name: "BAS")
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [Bench.result("K", "2.9", of: low.specimens[0].accession)])
        #expect(try await !bench.observation("K", low).holds.contains { $0.code == .noQualityControl })
        #expect(try await controls("c2", [("QC2", "6.05")], on: bench) == .conforming)
        bench.clock.advance(.seconds(600))
        let third = try await bench.received(["K"], name: "MOYEN")
        try await bench.arrive("m3", [Bench.result("K", "4.2", of: third.specimens[0].accession)])
        #expect(try await !bench.observation("K", third).holds.contains { $0.code == .noQualityControl })
    }

    @Test func `a rejection that is open waits for the new lot too`() async throws {
        let bench = try Bench()
        try await target("QC1", "N1", "A", "4.0", on: bench)
        try await target("QC2", "N2", "A", "6.0", on: bench)
        #expect(try await controls("c1", [("QC1", "4.05"), ("QC2", "6.05")], on: bench) == .conforming)
        #expect(try await controls("c2", [("QC1", "4.05"), ("QC2", "6.50")], on: bench) == .rejected)
        let run = try #require(try await bench.desk.qualityPage(assay, site: "nord").timeline.verdicts.last?.run)
        try await target("QC3", "N1", "B", "5.0", on: bench)
        _ = try await bench.desk.correctRejection(
            run: run, of: assay, cause: "bulle", action: "purge", by: Bench.technician)
        #expect(try await controls("c3", [("QC2", "6.05")], on: bench) == .corrected)
        #expect(try await controls("c4", [("QC3", "5.00")], on: bench) == .conforming)
    }

    @Test func `a control of an unknown material changes no state and waits in triage`() async throws {
        let bench = try Bench()
        try await target("QC1", "N1", "A", "4.0", on: bench)
        #expect(try await controls("c1", [("QC1", "4.05")], on: bench) == .conforming)
        #expect(try await controls("c2", [("QC9", "9.99")], on: bench) == .conforming)
        #expect(try await controls("c3", [("QC9", "9.98"), ("QC1", "4.02")], on: bench) == .conforming)
        let waiting = try await triage(bench)
        // Once for a material, however often it comes.
        #expect(waiting.map(\.reason) == [.unknownControl] && waiting[0].incoming?.accession == "QC9")
        #expect(waiting[0].explanation.contains("« QC9 »") && waiting[0].explanation.contains("qc target"))
        #expect(try await bench.store.controls(analyzer: "auto", limit: 9).count == 4)
        // It is never a patient's.
        let made = try await bench.received(["K"])
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.attach(
                    waiting[0].id, to: made.specimens[0].accession, reason: "essai", by: Bench.technician)
            } == "triage.control")
        // Still unknown: it goes on waiting. Declared: it leaves, and the control is not counted twice.
        var again = Bench.result("K", "9.99", of: "QC9")
        again.observedAt = bench.clock.now
        func replay() async throws -> ReplayOutcome {
            try await bench.desk.replay(
                "c2", reading: Reading(controls: [again]), reason: "déclaré", by: Bench.technician)
        }
        #expect(try await replay().waiting == 1)
        try await target("QC9", "N2", "C", "9.9", on: bench)
        #expect(try await replay().waiting == 0)
        #expect(try await triage(bench).isEmpty)
        #expect(try await bench.store.controls(analyzer: "auto", limit: 9).count == 4)
        #expect(try await controls("c4", [("QC1", "4.01"), ("QC9", "9.95")], on: bench) == .conforming)
        #expect(try await bench.soundTrail())
    }

    @Test func `a policy that rejects nothing, or is good for nothing or for ever, is refused`() async throws {
        let bench = try Bench()
        func set(_ policy: ControlPolicy) async -> String? {
            await refusal { () throws(CommandFailure) in
                try await bench.desk.setControlPolicy(policy, of: assay, reason: "essai", by: Bench.biologist)
            }
        }
        let rules = ControlPolicy.twoLevelRules
        #expect(await set(ControlPolicy(rules: [:])) == "quality.policy.rules")
        #expect(await set(ControlPolicy(rules: [.oneTwoS: .warn, .oneThreeS: .warn])) == "quality.policy.rules")
        for seconds in [0, -3600, 32 * 86_400] {
            #expect(await set(ControlPolicy(rules: rules, validity: .seconds(seconds))) == "quality.policy.validity")
        }
        #expect(await set(ControlPolicy(rules: rules, validity: nil)) == "quality.policy.validity")
        #expect(await set(ControlPolicy(rules: rules, patientSamples: 0)) == "quality.policy.samples")
        #expect(await set(ControlPolicy(rules: rules, minimumLevels: 0)) == "quality.policy.levels")
        #expect(await set(ControlPolicy(rules: rules, allowableError: Exact(0))) == "quality.policy.error")
        #expect(await set(ControlPolicy(rules: rules, validity: .seconds(31 * 86_400))) == nil)
        #expect(await set(ControlPolicy(rules: rules, validity: nil, patientSamples: 50)) == nil)
        let exemption = try SignedReason(by: "biologiste", at: bench.clock.now, reason: "test unitaire")
        #expect(await set(ControlPolicy(rules: [:], exemption: exemption)) == nil)
    }

    @Test func `a typed value is held for want of a control as its analysis is: not where nobody wants one`()
        async throws
    {
        let bench = try Bench()
        func typed(_ name: String) async throws -> [String] {
            let made = try await bench.received(["K"], name: name)
            _ = try await bench.desk.enter(
                .measured(try #require(Measured("4.2")), unit: "mmol/L"), analysis: "K", of: made.request.number,
                comment: nil, by: Bench.technician)
            // As it was judged, and as it stands at the next look.
            let observation = try await bench.observation("K", made)
            let standing = try await bench.desk.standing([observation], at: bench.clock.now)
            return (observation.holds + standing.flatMap(\.holds)).filter { $0.code == .noQualityControl }
                .map(\.reason)
        }
        func exempt(_ analyzer: String, _ isExempt: Bool) async throws {
            let signed = try SignedReason(by: "biologiste", at: bench.clock.now, reason: "bandelette")
            try await bench.desk.setControlPolicy(
                ControlPolicy(rules: ControlPolicy.twoLevelRules, exemption: isExempt ? signed : nil),
                of: ControlledAssay(analysis: "K", analyzer: analyzer), reason: "dispense", by: Bench.biologist)
            bench.clock.advance(.seconds(60))
        }
        let nothing = "aucun contrôle de qualité enregistré pour K"
        #expect(try await typed("UN") == [nothing, nothing])
        try await exempt("auto", true)
        #expect(try await typed("DEUX") == [])
        // Controlled on another analyzer: the exemption is not that of the analysis.
        try await exempt("autre", false)
        let uncovered = "valeur saisie à la main : aucun contrôle de K ne la couvre"
        #expect(try await typed("TROIS") == [uncovered, uncovered])
        try await exempt("autre", true)
        #expect(try await typed("QUATRE") == [])
    }

    @Test func `under a policy without a rejecting rule that was kept before, nothing conforms`() async throws {
        let points = [
            ControlPoint(
                id: "1", assay: assay, run: "r1", at: Instant(seconds: 0), level: ControlLevel("N1"),
                value: Measured(Exact(4)), target: Exact(4), sd: Exact(1))
        ]
        let timeline = ControlTimeline(
            assay: assay, policy: ControlPolicy(rules: [.oneTwoS: .warn]), points: points)
        let standing = timeline.standing(at: Instant(seconds: 60))
        #expect(standing.hold == .absent && standing.because.contains("sans règle de rejet"))
    }

    @Test func `a released result to amend is a task of the biologist until its report is amended or it is set aside`()
        async throws
    {
        for answer in [LookBackDecision.Choice.amend, .confirm] {
            let bench = try Bench()
            try await target("QC1", "N1", "A", "4.0", on: bench)
            #expect(try await controls("c1", [("QC1", "4.05")], on: bench) == .conforming)
            bench.clock.advance(.seconds(600))
            let made = try await bench.received(["K"])
            try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
            try await bench.validate(["K"], of: made)
            try await bench.sign(made)
            let result = try await bench.observation("K", made)
            #expect(try await controls("c2", [("QC1", "4.40")], on: bench) == .rejected)
            let run = try #require(try await bench.desk.lookBacks(assay, site: "nord").first).period.run
            func decide(_ choice: LookBackDecision.Choice) async throws {
                _ = try await bench.desk.decideLookBack(
                    choice, result: result.id, run: run, reason: "biais de 10 %", by: Bench.biologist)
            }
            func waiting() async throws -> [FileToSign] {
                try await bench.desk.awaitingSignature(site: "nord", limit: 9)
            }
            #expect(try await waiting().isEmpty)
            try await decide(.amend)
            let files = try await waiting()
            #expect(files.map(\.request.number) == [made.request.number])
            #expect(files[0].obstacles.map(\.kind).contains(.amendmentTask) && files[0].lane == .held)
            #expect(files[0].obstacles.contains { $0.frenchText.contains("biais de 10 %") })
            // It is signed as an amendment or not at all.
            let number = made.request.number
            #expect(
                await refusal { () throws(CommandFailure) in
                    _ = try await bench.desk.sign(
                        number, contentHash: files[0].contentHash, allowPartial: false, by: Bench.biologist)
                } == "sign.amendment")
            switch answer {
            case .amend, .rerun:
                let draft = SignDraft(
                    note: "Kaliémie rendue sous un contrôle rejeté : à recontrôler.",
                    amendment: Amendment(.interpretation, words: "contrôle rejeté"))
                let file = try await bench.desk.fileToSign(number, draft: draft)
                bench.clock.advance(.seconds(1))
                _ = try await bench.desk.sign(
                    number, contentHash: file.contentHash, allowPartial: false, draft: draft, by: Bench.biologist)
            case .confirm:
                _ = try await bench.desk.correctRejection(
                    run: run, of: assay, cause: "bulle", action: "purge", by: Bench.technician)
                #expect(try await controls("c3", [("QC1", "4.01")], on: bench) == .conforming)
                try await decide(.confirm)
            }
            #expect(try await waiting().isEmpty, "\(answer)")
            let entries = try await bench.store.register(.amendmentTask, site: "nord", subject: made.request.id)
            #expect(entries.count == (answer == .amend ? 1 : 2))
            #expect(try await bench.soundTrail())
        }
    }
}
