import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// Indices of the serum that come without a result, or after a signature: facts of their tube all the same.
@Suite struct SerumTests {
    private static let suppressed = "non rendu : échantillon hémolysé ; prélèvement à refaire"

    /// A result of `auto`, which measures indices, without any.
    private func result(_ code: String, _ text: String, of tube: String, ordinal: Int = 0) -> IncomingObservation {
        var one = Bench.result(code, text, of: tube, ordinal: ordinal, unit: code == "CREA" ? "umol/L" : "mmol/L")
        one.indices = SentIndices()
        return one
    }

    /// A message's word of a tube, and nothing else.
    private func alone(
        _ indices: SentIndices, of tube: String, claimed: ClaimedIdentity = ClaimedIdentity()
    ) -> IncomingObservation {
        IncomingObservation(
            ordinal: 0, accession: tube, instrumentCode: "SIH", analysis: nil, value: nil, rawText: indices.words,
            claimed: claimed, indices: indices, bringsIndicesAlone: true)
    }

    private func isSame(_ bench: Bench) async throws -> Bool {
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now.advanced(by: .seconds(1)),
            by: Bench.biologist)
        return replay.isSound && replay.same == replay.results && replay.results > 0
    }

    @Test(arguments: [true, false])
    func `indices alone reach what was measured on their tube, before or after them`(isLate: Bool) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K", "NA"])
        let tube = made.specimens[0].accession
        let results = [result("K", "4.2", of: tube), result("NA", "140", of: tube, ordinal: 1)]
        let indices = [alone(SentIndices(hemolysis: Exact(400)), of: tube)]
        let messages: [[IncomingObservation]] = isLate ? [results, indices] : [indices, results]
        for (rank, message) in messages.enumerated() {
            let outcome = try await bench.arrive("m\(rank)", message)
            #expect(outcome.triaged == 0 && outcome.indices == (message == indices ? 1 : nil))
            bench.clock.advance(.seconds(60))
        }
        let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
        let potassium = try #require(lines.first { $0.analysis == "K" })
        #expect(potassium.value == .notPerformed(reason: SerumTests.suppressed))
        #expect(potassium.holds.contains { $0.code == .interference })
        #expect(lines.first { $0.analysis == "NA" }?.value.frenchText == "140")
        let why = try #require(try await bench.desk.explain(potassium.id, by: Bench.technician).last)
        #expect(
            why.result.checks.contains {
                $0.check == .interference && $0.inputs.contains(CheckFact(.value, Exact(400)))
            })
        #expect(try await isSame(bench))
        let kept = try await bench.store.register(.serum, site: "nord", subject: made.request.id)
        #expect(kept.map(\.author) == ["analyzer:auto"])
        // Told twice, kept once.
        try await bench.arrive("again", indices)
        #expect(try await bench.store.register(.serum, site: "nord", subject: made.request.id).count == 1)
    }

    @Test func `free hemoglobin alone takes all of the tube, and what was calculated of it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("CREA", "80", of: tube)])
        guard case .measured = try await bench.observation("DFG09", made).value else {
            Issue.record("nothing was calculated")
            return
        }
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [alone(SentIndices(freeHemoglobin: Exact(12)), of: tube)])
        let lines = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation)
        #expect(Set(lines.map(\.analysis)) == ["CREA", "DFG09"])
        for one in lines { #expect(one.value.frenchText == "Non réalisé", "\(one.analysis)") }
    }

    @Test func `indices that speak against nothing take their hold away`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("K", "4.2", of: tube)])
        func holds() async throws -> [Hold.Code] {
            try await bench.desk.worklist(site: "nord", limit: 9).flatMap(\.observation.holds).map(\.code)
        }
        #expect(try await holds().contains(.analyzerFlag))
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m2", [alone(SentIndices(hemolysis: Exact(10)), of: tube)])
        #expect(try await !holds().contains(.analyzerFlag))
        #expect(try await !holds().contains(.interference))
    }

    @Test func `indices of an unknown tube, or of another identity, wait in triage`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        let other = ClaimedIdentity(birthDate: CivilDate(year: 1950, month: 1, day: 1))
        let outcome = try await bench.arrive(
            "m1", [alone(SentIndices(hemolysis: Exact(400)), of: "999999999")])
        #expect(outcome.triaged == 1 && outcome.indices == nil)
        try await bench.arrive("m2", [alone(SentIndices(hemolysis: Exact(400)), of: tube, claimed: other)])
        let waiting = try await bench.store.triage(site: "nord", open: true, limit: 9)
        #expect(Set(waiting.map(\.reason)) == [.unknownSpecimen, .identityMismatch])
        #expect(waiting.allSatisfy { $0.explanation.hasPrefix("indices du sérum (H 400)") })
        for entry in waiting {
            let code = await refusal { () throws(CommandFailure) in
                _ = try await bench.desk.attach(entry.id, to: tube, reason: "bon tube", by: Bench.technician)
            }
            #expect(code == "triage.indices")
        }
        // What contradicts its tube touches nothing of it.
        try await bench.arrive("m3", [result("K", "4.2", of: tube)])
        #expect(try await bench.observation("K", made).value.frenchText == "4,2")
    }

    @Test func `indices of a tube that was unknown are taken by a replay`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("K", "4.2", of: tube)])
        // As the driver of the day read it: the tube's number is read otherwise today.
        try await bench.arrive("m2", [alone(SentIndices(hemolysis: Exact(400)), of: "0" + tube)])
        let done = try await bench.desk.replay(
            "m2", reading: Reading(observations: [alone(SentIndices(hemolysis: Exact(400)), of: tube)]),
            reason: "pilote corrigé", by: Bench.technician)
        #expect(done.waiting == 0 && done.observations == 0)
        #expect(try await bench.store.triage(site: "nord", open: true, limit: 9).isEmpty)
        let lines = try await bench.desk.worklist(site: "nord", limit: 9)
        #expect(lines.map(\.observation.value) == [.notPerformed(reason: SerumTests.suppressed)])
    }

    @Test func `indices beside results that wait in triage are of their tube`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("K", "4.2", of: tube)])
        var unknown = Bench.result(nil, "3", of: tube)
        unknown.indices = SentIndices(hemolysis: Exact(400))
        let outcome = try await bench.arrive("m2", [unknown])
        #expect(outcome.triaged == 1)
        let lines = try await bench.desk.worklist(site: "nord", limit: 9)
        #expect(lines.map(\.observation.value) == [.notPerformed(reason: SerumTests.suppressed)])
    }

    /// Potassium and filtration signed, one more analysis still to come.
    private func signed(_ bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["K", "CREA", "DFG09", "NA"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("K", "4.2", of: tube), result("CREA", "80", of: tube, ordinal: 1)])
        try await bench.validate(["K", "CREA", "DFG09"], of: made)
        try await bench.sign(made, partial: true)
        bench.clock.advance(.seconds(60))
        return made
    }

    @Test(arguments: [true, false])
    func `indices told after a signature ask for its amendment, which gives the value no more`(
        alone isAlone: Bool
    ) async throws {
        let bench = try await Bench.withRules()
        let made = try await signed(bench)
        let tube = made.specimens[0].accession
        let before = try #require(try await bench.store.signatures(requestID: made.request.id).last)
        let report = try await bench.desk.signedReport(of: before)
        var sodium = result("NA", "140", of: tube)
        sodium.indices = SentIndices(hemolysis: Exact(400))
        try await bench.arrive("m2", [isAlone ? alone(SentIndices(hemolysis: Exact(400)), of: tube) : sodium])
        let back = try #require(
            try await bench.desk.awaitingSignature(site: "nord", limit: 9).first {
                $0.request.number == made.request.number
            })
        let task = try #require(back.obstacles.first { $0.kind == .amendmentTask })
        #expect(task.analyses == ["K"])
        #expect(task.words?.contains("indice du sérum connu après la signature") == true, "\(task.words ?? "")")
        #expect(back.obstacles.contains { $0.kind == .changed && $0.analyses == ["K"] })
        // What left stays as it left.
        #expect(try await bench.desk.signedReport(of: before) == report)
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.isAmendment)
        if !isAlone { try await bench.validate(["NA"], of: made) }
        let amended = try await bench.sign(made, partial: true)
        let given = try await bench.desk.signedReport(of: amended).content.observations
        #expect(given.first { $0.analysis == "K" }?.value == .notPerformed(reason: SerumTests.suppressed))
        #expect(given.first { $0.analysis == "CREA" }?.value.frenchText == "80")
        #expect(try await !bench.desk.fileToSign(made.request.number).isAmendment)
        #expect(try await isSame(bench))
    }

    @Test func `free hemoglobin told after a signature takes what was calculated along`() async throws {
        let bench = try await Bench.withRules()
        let made = try await signed(bench)
        try await bench.arrive("m2", [alone(SentIndices(freeHemoglobin: Exact(12)), of: made.specimens[0].accession)])
        let back = try await bench.desk.awaitingSignature(site: "nord", limit: 9).first
        let tasks = back?.obstacles.filter { $0.kind == .amendmentTask } ?? []
        #expect(Set(tasks.flatMap(\.analyses)).isSuperset(of: ["K", "CREA"]))
        guard case .notPerformed(let reason) = try await bench.observation("DFG09", made).value else {
            Issue.record("the filtration is still given")
            return
        }
        #expect(reason.contains("hémolysé"))
    }

    @Test func `an index under its thresholds, told after a signature, asks for nothing`() async throws {
        let bench = try await Bench.withRules()
        let made = try await signed(bench)
        try await bench.arrive("m2", [alone(SentIndices(hemolysis: Exact(10)), of: made.specimens[0].accession)])
        #expect(try await !bench.desk.fileToSign(made.request.number).isAmendment)
        #expect(try await bench.store.register(.amendmentTask, site: "nord", subject: made.request.id).isEmpty)
    }
}
