import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// Values that no report gives, and answers that an analysis may have.
@Suite struct GivenValueTests {
    private func result(
        _ code: String, _ text: String, of tube: String, freeHemoglobin: Exact? = nil
    ) -> IncomingObservation {
        var one = Bench.result(code, text, of: tube, unit: code == "CREA" ? "umol/L" : "mmol/L")
        one.indices = SentIndices(hemolysis: Exact(0), lipemia: Exact(0), freeHemoglobin: freeHemoglobin)
        return one
    }

    @Test func `free hemoglobin counts for the whole tube, whichever message told of it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K", "NA", "CREA"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("NA", "140", of: tube)])
        #expect(try await !bench.observation("NA", made).holds.map(\.code).contains(.interference))
        try await bench.validate(["NA"], of: made)
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [result("K", "4.2", of: tube, freeHemoglobin: Exact(12))])
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m3", [result("CREA", "90", of: tube)])
        let standing = try await bench.desk.standing(try await bench.observations(made), at: bench.clock.now)
        #expect(standing.count == 3)
        for one in standing { #expect(one.holds.map(\.code).contains(.interference), "\(one.analysis)") }
        // Neither what came with it or after it, nor what stood before, is given.
        for one in standing {
            guard case .notPerformed(let reason) = one.value else {
                Issue.record("\(one.analysis) is given")
                continue
            }
            #expect(reason.hasPrefix("non rendu : échantillon hémolysé"))
            #expect(one.interval == nil)
        }
        try await bench.validate(["K", "CREA"], of: made)
        // The technical validation of the one before is taken back.
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation.analysis) == ["NA"])
        try await bench.validate(["NA"], of: made)
        let report = try await bench.desk.signedReport(of: try await bench.sign(made))
        #expect(report.content.observations.count == 3)
        for one in report.content.observations { #expect(one.value.frenchText == "Non réalisé", "\(one.analysis)") }
        // What came stays as it came.
        #expect(try await bench.observation("NA", made).value.frenchText == "140")
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now.advanced(by: .seconds(1)),
            by: Bench.biologist)
        #expect(replay.isSound && replay.same == replay.results)
    }

    /// A result of `auto`, which measures indices, with this index of hemolysis or none.
    private func told(_ code: String, _ text: String, of tube: String, hemolysis: Int?) -> IncomingObservation {
        var one = Bench.result(code, text, of: tube, unit: code == "CREA" ? "umol/L" : "mmol/L")
        one.indices = SentIndices(hemolysis: hemolysis.map { Exact($0) })
        return one
    }

    /// Each message is one result; answers what is given of K at last.
    private func potassium(
        after messages: [(code: String, hemolysis: Int?)]
    ) async throws -> (Bench, RegisteredRequest, Observation) {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K", "NA", "CREA"])
        for (rank, one) in messages.enumerated() {
            let text = one.code == "K" ? "4.2" : one.code == "NA" ? "140" : "80"
            try await bench.arrive(
                "m\(rank)", [told(one.code, text, of: made.specimens[0].accession, hemolysis: one.hemolysis)])
            bench.clock.advance(.seconds(60))
        }
        let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
        return (bench, made, try #require(lines.first { $0.analysis == "K" }))
    }

    @Test(
        arguments: [
            [("K", nil), ("NA", 400)], [("NA", 400), ("K", nil)], [("K", nil), ("NA", 100), ("CREA", 400)],
            [("K", nil), ("CREA", 400), ("NA", 100)], [("CREA", 400), ("NA", 100), ("K", nil)],
        ] as [[(code: String, hemolysis: Int?)]])
    func `an index of the serum counts for what came without, in whichever order`(
        messages: [(code: String, hemolysis: Int?)]
    ) async throws {
        let (bench, _, potassium) = try await potassium(after: messages)
        #expect(potassium.value == .notPerformed(reason: "non rendu : échantillon hémolysé ; prélèvement à refaire"))
        #expect(potassium.holds.contains { $0.code == .interference })
        #expect(!potassium.holds.contains { $0.code == .analyzerFlag && $0.reason.contains("indice H") })
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now, by: Bench.biologist)
        #expect(replay.isSound && replay.same == replay.results)
    }

    @Test func `an index between the thresholds is told beside what was measured before it`() async throws {
        let (_, _, potassium) = try await potassium(after: [("K", nil), ("NA", 100)])
        #expect(potassium.value.frenchText == "4,2")
        #expect(potassium.comment?.hasPrefix("hémolyse : ") == true)
    }

    @Test func `words of a rule beside a result are told as a rule's, those of a person as free`() async throws {
        let (bench, made, potassium) = try await potassium(after: [("K", nil), ("NA", 100)])
        try await bench.validate(["K"], of: made)
        func words() async throws -> [String] {
            try await bench.desk.fileToSign(made.request.number).obstacles
                .filter { [.freeWords, .ruleWords].contains($0.kind) }.map(\.frenchText)
        }
        #expect(try await words() == ["commentaire d'une règle K"])
        #expect(potassium.comment?.hasPrefix("hémolyse : ") == true)
        // A person's own words beside the next value.
        let text = try #require(Measured("4.3"))
        _ = try await bench.desk.enter(
            .measured(text, unit: "mmol/L"), analysis: "K", of: made.request.number, comment: "dit au téléphone",
            by: Bench.technician)
        try await bench.validate(["K"], of: made)
        #expect(try await words().first == "commentaire libre K")
    }

    @Test func `an index that came with a result stands for it`() async throws {
        let (_, _, potassium) = try await potassium(after: [("K", 10), ("NA", 400)])
        #expect(potassium.value.frenchText == "4,2" && !potassium.holds.contains { $0.code == .interference })
    }

    @Test func `a validation over a missing index is taken back by the index`() async throws {
        let (bench, made, _) = try await potassium(after: [("K", nil)])
        try await bench.validate(["K"], of: made)
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
        let tube = made.specimens[0].accession
        try await bench.arrive("late", [told("NA", "140", of: tube, hemolysis: 400)])
        let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
        #expect(lines.first { $0.analysis == "K" }?.value.frenchText == "Non réalisé")
        // What is signed stays with the biologist.
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.observations.isEmpty)
    }

    @Test func `free hemoglobin under the limit, or of another tube, suppresses nothing`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K", "NA"])
        let tube = made.specimens[0].accession
        let almost = Exact("9.9")
        try await bench.arrive("m1", [result("K", "4.2", of: tube, freeHemoglobin: almost)])
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [result("NA", "140", of: tube)])
        let other = try await bench.received(["K"], name: "AUTRE")
        try await bench.arrive("m3", [result("K", "4.2", of: other.specimens[0].accession, freeHemoglobin: Exact(12))])
        for one in try await bench.observations(made) { #expect(!one.holds.map(\.code).contains(.interference)) }
        #expect(try await bench.observation("K", other).holds.map(\.code).contains(.interference))
    }

    @Test func `an INR is given under AVK only, sent or typed`() async throws {
        let bench = try await Bench.withRules()
        func request(_ contexts: Set<ClinicalContext>) async throws -> RegisteredRequest {
            var draft = RequestDraft(
                patientID: try await bench.patient("P\(contexts.count)").id, codes: ["INR"],
                prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
            draft.collectedAt = bench.clock.now.advanced(by: .seconds(-1800))
            draft.clinical = ClinicalFacts(contexts: contexts)
            let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
            for specimen in made.specimens {
                _ = try await bench.desk.receive(
                    specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
            }
            return made
        }
        func sent(_ id: String, _ made: RegisteredRequest) async throws -> ObservationValue {
            try await bench.arrive(
                id, [Bench.result("INR", "2.50", of: made.specimens[0].accession, unit: "{INR}")])
            return try await bench.observation("INR", made).value
        }
        func typed(_ made: RegisteredRequest) async throws -> String? {
            let value = try #require(Measured("2.60"))
            return await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.enter(
                    .measured(value, unit: "{INR}"), analysis: "INR", of: made.request.number, comment: nil,
                    by: Bench.technician)
            }
        }
        let without = try await request([]), under = try await request([.vitaminKAntagonist])
        #expect(try await sent("m1", without) == .notPerformed(reason: "non rendu : rendu seulement sous AVK"))
        #expect(try await bench.observation("INR", without).rawText == "2.50")
        #expect(try await typed(without) == "enter.context")
        #expect(try await sent("m2", under).frenchText == "2,50")
        #expect(try await typed(under) == nil)
        let why = try await bench.desk.explain(try await bench.observation("INR", without).id, by: Bench.technician)
        #expect(why.last?.result.checks.contains { $0.check == .onlyInContext && $0.outcome == .yes } == true)
    }

    @Test func `an INR that is not given calls nobody, and waits for somebody who asks for its context`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["INR"])
        try await bench.arrive(
            "m1", [Bench.result("INR", "8.00", of: made.specimens[0].accession, unit: "{INR}")])
        let outside = try #require(try await bench.desk.worklist(site: "nord", limit: 9).first?.observation)
        #expect(outside.value == .notPerformed(reason: "non rendu : rendu seulement sous AVK"))
        #expect(try await bench.desk.openCalls(site: "nord").isEmpty)
        let hold = try #require(outside.holds.first { $0.code == .critical })
        #expect(hold.reason.contains("8,00") && hold.reason.contains("hors de son contexte"), "\(hold.reason)")
        #expect(!outside.holds.contains { $0.code == .criticalCall })
        let plain = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [outside.id], of: made.request.number, reason: nil, by: Bench.technician)
        }
        #expect(plain == "tech.reason")
        // The request had forgotten it: the value is given, and told.
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.setClinical(
            ClinicalFacts(contexts: [.vitaminKAntagonist]), of: made.request.number, reason: "ordonnance relue",
            by: Bench.secretary)
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).first?.observation.value.frenchText == "8,00")
        #expect(try await bench.desk.openCalls(site: "nord").map(\.observationID) == [outside.id])
        // Within its limits nobody is asked anything.
        let usual = try await bench.received(["INR"], name: "AUTRE")
        try await bench.arrive(
            "m2", [Bench.result("INR", "1.10", of: usual.specimens[0].accession, unit: "{INR}")])
        #expect(try await !bench.observation("INR", usual).holds.contains { $0.code == .critical })
    }

    @Test func `a blood group is one of the answers of its line, and another code is refused with the list`()
        async throws
    {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["GSABO"])
        func enter(_ code: String) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.enter(
                    .coded(code, display: code), analysis: "GSABO", of: made.request.number, comment: nil,
                    by: Bench.technician)
            }
        }
        for code in ["POS", "C"] { #expect(await enter(code) == "enter.code") }
        for code in ["A", "AB-"] { #expect(await enter(code) == nil) }
        let analysis = try bench.desk.catalogue.required("GSABO")
        #expect(analysis.answer("A+")?.nameFR == "A, RhD positif" && analysis.answers.count == 12)
        do {
            try EnteredValue.check(.coded("X", display: "X"), for: analysis)
        } catch { #expect(error.remedy.contains("A+, A-, A, B+")) }
        // The A of a group is no abnormal result.
        #expect(try await bench.observations(made).allSatisfy { $0.flags.isEmpty })
        // An analyzer's code of another list says nothing.
        let other = try await bench.received(["GSABO"], name: "AUTRE")
        var sent = Bench.result("GSABO", "POS", of: other.specimens[0].accession)
        sent.value = .coded("POS", display: "Positif")
        try await bench.arrive("g1", [sent])
        #expect(try await bench.observation("GSABO", other).holds.map(\.code).contains(.unreadable))
    }
}
