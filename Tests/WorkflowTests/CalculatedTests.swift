import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `Calculated results` {
    private func lipids(
        _ bench: Bench, triglycerides: String = "1.50"
    ) async throws -> RegisteredRequest {
        let made = try await bench.received(["CT", "HDL", "TG", "LDLC"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m-" + tube,
            [
                Bench.result("CT", "5.20", of: tube), Bench.result("HDL", "1.30", of: tube, ordinal: 1),
                Bench.result("TG", triglycerides, of: tube, ordinal: 2),
            ])
        return made
    }

    @Test func `what a formula needs brings its value, with formula and version`() async throws {
        let bench = try await Bench.withRules()
        let made = try await lipids(bench)
        let ldl = try await bench.observation("LDLC", made)
        #expect(ldl.value.frenchText == "2,59" || ldl.value.frenchText == "3,22")
        #expect(ldl.value.frenchText == "3,22")
        #expect(ldl.origin.calculation == "calcul:LDLC@1" && ldl.comment?.contains("Friedewald") ?? false)
        let record = try #require(try await bench.desk.explain(ldl.id, by: Bench.technician).last)
        #expect(record.result.checks.contains { $0.check == .calculationInputs })
        // Who asks why reads the values, the formula and the value before it was rounded.
        let whole = try #require(try await bench.desk.explainWhole(ldl.id, by: Bench.technician).last)
        func line(_ check: Check, _ rule: String? = nil) -> String {
            whole.result.checks.first { $0.check == check && (rule == nil || $0.rule.id == rule) }?
                .line(in: .europeParis) ?? ""
        }
        let calculation = line(.calculationInputs)
        for said in [
            "valeur CT = 5,20 mmol/L", "valeur HDL = 1,30 mmol/L", "valeur TG = 1,50 mmol/L", "sexe F",
            "âge au prélèvement 47 a", "avant arrondi 3,218", "formule Friedewald",
        ] { #expect(calculation.contains(said), "\(calculation)") }
        #expect(line(.interval).contains("âge au prélèvement 47 a"), "\(line(.interval))")
        // A rule that does not fire shows what it compared.
        let coherence = line(.coherence, "LDL")
        for said in [
            " non – ", "valeur LDLC = 3,22 mmol/L", "valeur TG = 1,50 mmol/L", "condition : LDLC < 0", "TG > 3.9",
        ] { #expect(coherence.contains(said), "\(coherence)") }
        // What is kept is as it was.
        #expect(record.result.checks.count == whole.result.checks.count && record.result != whole.result)
    }

    @Test func `a component that changes brings the value again, one that goes takes it away`() async throws {
        let bench = try await Bench.withRules()
        let made = try await lipids(bench)
        let tube = made.specimens[0].accession
        try await bench.arrive("again", [Bench.result("CT", "6.20", of: tube)])
        let ldl = try await bench.observation("LDLC", made)
        #expect(ldl.run == 2 && ldl.value.frenchText == "4,22")
        // A formula has no runs of its own: what it made before is set aside, and nothing is to be compared.
        #expect(!ldl.holds.contains { $0.code == .rerun })
        #expect(
            try await bench.desk.worklist(site: "nord", limit: 9).filter { $0.observation.analysis == "LDLC" }
                .map(\.observation.id) == [ldl.id])
        let glycerides = try await bench.observation("TG", made)
        _ = try await bench.desk.reject(
            glycerides.id, of: made.request.number, reason: "caillot", by: Bench.technician)
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        let all = try await bench.observations(made)
        #expect(Chosen.observations(all, events: events)["TG"] == nil)
        // Both runs had the triglycerides in them: neither stays.
        let last = Chosen.lastEvents(events)
        #expect(all.filter { $0.analysis == "LDLC" }.allSatisfy { last[$0.id]?.kind == .rejected })
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).allSatisfy { $0.observation.analysis != "LDLC" })
    }

    /// Creatinine at 100, then at 200 by a rerun that does not agree.
    private func rerun(_ bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["CREA", "DFG09"])
        for text in ["100", "200"] {
            bench.clock.advance(.seconds(60))
            var one = Bench.result("CREA", text, of: made.specimens[0].accession, unit: "umol/L")
            one.observedAt = bench.clock.now
            try await bench.arrive("m" + text, [one])
        }
        return made
    }
    private func waiting(_ bench: Bench) async throws -> [String] {
        try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation).sorted { $0.run < $1.run }
            .map { "\($0.analysis) \($0.value.frenchText)" }.sorted()
    }

    @Test(arguments: [1, 2])
    func `of a chosen run its filtration alone is left, and nothing outdated waits`(rejected run: Int) async throws {
        let bench = try await Bench.withRules()
        let made = try await rerun(bench)
        let both = try await waiting(bench)
        // The creatinines wait both for a choice, the filtration is that of the one that stands.
        #expect(both == ["CREA 100", "CREA 200", "DFG09 25"], "\(both)")
        let creatinines = try await bench.observations(made).filter { $0.analysis == "CREA" }
        bench.clock.advance(.seconds(60))
        let gone = try #require(creatinines.first { $0.run == run })
        _ = try await bench.desk.reject(gone.id, of: made.request.number, reason: "bulle", by: Bench.technician)
        let left = try await waiting(bench)
        #expect(left == (run == 2 ? ["CREA 100", "DFG09 58"] : ["CREA 200", "DFG09 25"]), "\(left)")
        let standing = Chosen.observations(
            try await bench.observations(made),
            events: try await bench.store.observationEvents(requestID: made.request.id))
        let filtration = try #require(standing["DFG09"])
        #expect(!filtration.holds.contains { $0.code == .rerun })
        #expect(filtration.origin.calculation == "calcul:DFG09@1")
        let ids = try #require(standing["CREA"]).id
        _ = try await bench.desk.validate(
            [ids, filtration.id], of: made.request.number, reason: "choisi", by: Bench.technician)
        #expect(try await waiting(bench).isEmpty)
        #expect(try await bench.desk.fileToSign(made.request.number).missing.isEmpty)
    }

    @Test func `a value calculated of components that changed is taken back by nobody`() async throws {
        let bench = try await Bench.withRules()
        let made = try await rerun(bench)
        let first = try #require(try await bench.observations(made).first { $0.analysis == "DFG09" })
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.withdraw(
                [first.id], of: made.request.number, reason: "repris", by: Bench.technician)
        }
        #expect(code == "tech.recalculated")
        // Nor does it stand again when the one that took its place is rejected.
        let second = try await bench.observation("DFG09", made)
        _ = try await bench.desk.reject(second.id, of: made.request.number, reason: "douteux", by: Bench.technician)
        #expect(try await waiting(bench) == ["CREA 100", "CREA 200"])
    }

    @Test func `what the formula refuses is said in words, never a number`() async throws {
        let bench = try await Bench.withRules()
        let made = try await lipids(bench, triglycerides: "4.00")
        let ldl = try await bench.observation("LDLC", made)
        guard case .notPerformed(let reason) = ldl.value else {
            Issue.record("a refused calculation has no value")
            return
        }
        #expect(reason.hasPrefix("calcul non rendu"))
    }

    @Test(arguments: [["CREA"], ["CREA", "K"]])
    func `nothing is made of a value that an interference takes away`(together: [String]) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "K", "DFG09"])
        let tube = made.specimens[0].accession
        var creatinine = Bench.result("CREA", "80", of: tube, unit: "umol/L")
        creatinine.indices = SentIndices(hemolysis: Exact(0), icterus: Exact(400), lipemia: Exact(0))
        let potassium = Bench.result("K", "4.2", of: tube, ordinal: 1)
        try await bench.arrive("m1", together.count == 1 ? [creatinine] : [creatinine, potassium])
        try await refused("DFG09", made, bench, "non rendu : échantillon ictérique")
    }

    @Test func `what was made of a value goes when an interference found later takes the value away`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "K", "DFG09"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("CREA", "80", of: tube, unit: "umol/L")])
        guard case .measured = try await bench.observation("DFG09", made).value else {
            Issue.record("nothing was calculated")
            return
        }
        bench.clock.advance(.seconds(60))
        var potassium = Bench.result("K", "4.2", of: tube)
        potassium.indices = SentIndices(freeHemoglobin: Exact(12))
        try await bench.arrive("m2", [potassium])
        let filtration = try await bench.observation("DFG09", made)
        guard case .notPerformed(let reason) = filtration.value else {
            Issue.record("what was calculated stands")
            return
        }
        #expect(filtration.run == 2 && reason.contains("non rendu : échantillon hémolysé"), "\(reason)")
    }

    @Test func `a component that is not performed is the reason why there is no value`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CT", "HDL", "TG", "LDLC"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("CT", "5.20", of: tube), Bench.result("TG", "1.50", of: tube, ordinal: 1)])
        #expect(try await !bench.observations(made).contains { $0.analysis == "LDLC" })
        _ = try await bench.desk.enter(
            .notPerformed(reason: "quantité insuffisante"), analysis: "HDL", of: made.request.number, comment: nil,
            by: Bench.technician)
        try await refused("LDLC", made, bench, "non réalisé : quantité insuffisante")
        try await bench.validate(["CT", "HDL", "TG", "LDLC"], of: made)
        #expect(try await bench.sign(made).complete)
    }

    private func refused(_ code: String, _ made: RegisteredRequest, _ bench: Bench, _ because: String) async throws {
        let value = try await bench.observation(code, made).value
        guard case .notPerformed(let reason) = value else {
            Issue.record("\(code) is given: \(value.frenchText)")
            return
        }
        #expect(reason.hasPrefix("calcul non rendu : ") && reason.contains(because), "\(reason)")
    }

    @Test func `nobody types over a calculation in force`() async throws {
        let bench = try await Bench.withRules()
        let made = try await lipids(bench)
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.enter(
                .measured(Measured(Exact(3)), unit: "mmol/L"), analysis: "LDLC", of: made.request.number,
                comment: nil, by: Bench.technician)
        }
        #expect(code == "enter.calculated")
    }

    @Test func `a formula never stands beside what the catalogue calls measured, nor forbids to type it`() async throws
    {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["HT", "GR", "VGM", "TCA", "TCAR", "INR"])
        func enter(_ code: String, _ text: String, _ unit: String) async throws {
            _ = try await bench.desk.enter(
                .measured(try #require(Measured(text)), unit: unit), analysis: code, of: made.request.number,
                comment: nil, by: Bench.technician)
        }
        try await enter("HT", "42.0", "%")
        try await enter("GR", "4.50", "10*12/L")
        try await enter("TCA", "45.0", "s")
        let found = try await bench.observations(made).map(\.analysis).sorted()
        #expect(found == ["GR", "HT", "TCA"])
        try await enter("VGM", "91", "fL")
        try await enter("TCAR", "1.50", "1")
        // Calculated in the catalogue, of an ISI that no request holds: it can only be typed, under AVK (RULES 7).
        let code = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.enter(
                .measured(Measured(Exact("2.50") ?? Exact(0)), unit: "{INR}"), analysis: "INR", of: made.request.number,
                comment: nil, by: Bench.technician)
        }
        #expect(code == "enter.context")
    }

    @Test func `a held component holds what was made of it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CT", "HDL", "TG", "LDLC"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            [
                Bench.result("CT", "5.20", of: tube, flags: ["#"]),
                Bench.result("HDL", "1.30", of: tube, ordinal: 1), Bench.result("TG", "1.50", of: tube, ordinal: 2),
            ])
        #expect(
            try await bench.observation("LDLC", made).holds.contains { $0.code == .calculationInputHeld })
    }
}
