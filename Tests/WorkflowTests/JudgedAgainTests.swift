import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// A judgement that is made again does all that the first one does: interval, flag, value and words, not the holds
/// only.
@Suite struct JudgedAgainTests {
    private func line(_ code: String, on bench: Bench) async throws -> Observation {
        try #require(
            try await bench.desk.worklist(site: "nord", limit: 99).map(\.observation).last { $0.analysis == code })
    }

    private func interval(_ low: String, _ high: String) -> AppliedInterval {
        AppliedInterval(low: Exact(low), high: Exact(high))
    }

    private func early(_ results: [(code: String, text: String, unit: String)]) async throws -> (
        Bench, RegisteredRequest
    ) {
        let bench = try await Bench.withRules()
        var draft = RequestDraft(
            patientID: try await bench.patient().id, codes: results.map(\.code),
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = nil
        let made = try await bench.desk.registerRequest(draft, by: Bench.secretary)
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            results.enumerated().map { place, one in
                Bench.result(one.code, one.text, of: tube, ordinal: place, unit: one.unit)
            })
        return (bench, made)
    }

    private func isSame(_ bench: Bench) async throws -> Bool {
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-40 * 86_400)),
            before: bench.clock.now.advanced(by: .seconds(1)), by: Bench.biologist)
        return replay.isSound && replay.same == replay.results && replay.results > 0
    }

    @Test func `a tube received after its results gives them interval and flag, to the signed report`() async throws {
        let (bench, made) = try await early([("CREA", "150", "umol/L"), ("NA", "130", "mmol/L")])
        let tube = made.specimens[0].accession
        let bare = try await line("CREA", on: bench)
        #expect(bare.interval == nil && bare.flags.isEmpty)
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.receive(
            tube, collectedAt: bench.clock.now.advanced(by: .seconds(-1800)), nonconformity: nil,
            by: Bench.technician)
        let creatinine = try await line("CREA", on: bench)
        #expect(creatinine.interval == interval("49", "90") && creatinine.flags == [.high])
        let sodium = try await line("NA", on: bench)
        #expect(sodium.interval == interval("136", "145") && sodium.flags == [.low])
        try await bench.validate(["CREA", "NA"], of: made)
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(Set(file.observations.map(\.flags)) == [[.high], [.low]])
        let signature = try await bench.sign(made)
        let report = try await bench.desk.signedReport(of: signature)
        #expect(Set(report.content.observations.map(\.flags)) == [[.high], [.low]])
        #expect(Set(report.content.observations.map(\.interval)) == [interval("49", "90"), interval("136", "145")])
        // What came first stays as it came, and each judgement can be made again.
        #expect(try await bench.observation("CREA", made).flags.isEmpty)
        #expect(try await isSame(bench))
        // The next request compares with what was said.
        let next = try await bench.registered(["CREA"], for: made.request.patientID)
        #expect(try await bench.desk.fileToSign(next.request.number).previous.isEmpty)
    }

    @Test func `an hour of collection that makes her a child takes the interval of the adult away`() async throws {
        let (bench, made) = try await early([("CREA", "60", "umol/L")])
        let tube = made.specimens[0].accession
        let id = made.request.patientID
        // Eighteen years on the day of the request.
        let today = CivilTime(bench.clock.now, in: .europeParis).date
        _ = try await bench.desk.updatePatient(id, by: Bench.secretary) { _ throws(Refusal) in
            var draft = Bench.draft()
            draft.traits.birthDate = CivilDate(year: today.year - 18, month: today.month, day: today.day)
            return draft
        }
        func receive(_ daysAgo: Int64) async throws -> Observation {
            _ = try await bench.desk.receive(
                tube, collectedAt: bench.clock.now.advanced(by: .seconds(-daysAgo * 86_400 - 60)),
                nonconformity: nil, by: Bench.technician)
            return try await line("CREA", on: bench)
        }
        let adult = try await receive(0)
        #expect(adult.interval == interval("49", "90") && adult.flags == [.normal])
        let child = try await receive(12)
        #expect(child.interval == nil && child.flags.isEmpty)
        #expect(child.holds.contains { $0.code == .noInterval })
        #expect(try await receive(0).interval == interval("49", "90"))
    }

    @Test func `a new interval is shown once the file is evaluated again, and not to what is signed`() async throws {
        let (bench, made) = try await early([("CREA", "95", "umol/L")])
        _ = try await bench.desk.receive(
            made.specimens[0].accession, collectedAt: bench.clock.now.advanced(by: .seconds(-60)),
            nonconformity: nil, by: Bench.technician)
        let first = try await line("CREA", on: bench)
        #expect(first.flags == [.high])
        // Judged again and still the same, it keeps the catalogue that it was shown by.
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "relecture", by: Bench.technician)
        #expect(try await line("CREA", on: bench).catalogueVersion == first.catalogueVersion)
        try await bench.validate(["CREA"], of: made)
        let signature = try await bench.sign(made)
        let before = try await bench.desk.signedReport(of: signature)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "relecture", by: Bench.technician)
        #expect(try await bench.desk.signedReport(of: signature) == before)
        #expect(try await !bench.desk.fileToSign(made.request.number).isAmendment)
    }

    @Test func `words that a judgement puts beside a result go with it, what people wrote stays`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA"])
        let sexless = { (sex: AdministrativeSex) in
            _ = try await bench.desk.updatePatient(made.request.patientID, by: Bench.secretary) { _ throws(Refusal) in
                var draft = Bench.draft()
                draft.traits.sex = sex
                return draft
            }
        }
        try await sexless(.unknown)
        _ = try await bench.desk.enter(
            .measured(try #require(Measured("100")), unit: "umol/L"), analysis: "CREA", of: made.request.number,
            comment: "vu deux fois", by: Bench.technician)
        let both = try await line("CREA", on: bench)
        #expect(both.comment?.hasPrefix("vu deux fois ; sexe inconnu : intervalle") == true)
        try await sexless(.female)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "sexe corrigé", by: Bench.technician)
        let known = try await line("CREA", on: bench)
        #expect(known.comment == "vu deux fois" && known.flags == [.high])
        try await sexless(.unknown)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "sexe corrigé", by: Bench.technician)
        #expect(try await line("CREA", on: bench).comment == both.comment)
    }

    @Test func `a validation does not stand over a result that is judged otherwise since`() async throws {
        let (bench, made) = try await early([("CREA", "95", "umol/L")])
        let tube = made.specimens[0].accession
        func receive(_ seconds: Int64) async throws {
            _ = try await bench.desk.receive(
                tube, collectedAt: bench.clock.now.advanced(by: .seconds(-seconds)), nonconformity: nil,
                by: Bench.technician)
        }
        try await receive(60)
        try await bench.validate(["CREA"], of: made)
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
        // The same at another minute: nothing that was seen changed.
        try await receive(120)
        #expect(try await bench.desk.worklist(site: "nord", limit: 9).isEmpty)
        _ = try await bench.desk.updatePatient(made.request.patientID, by: Bench.secretary) { _ throws(Refusal) in
            var draft = Bench.draft()
            draft.traits.sex = .male
            return draft
        }
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "sexe corrigé", by: Bench.technician)
        #expect(try await line("CREA", on: bench).flags == [.normal])
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        #expect(events.last?.kind == .withdrawn)
        #expect(events.last?.reason == "jugé autrement après sa validation technique")
    }
}

/// Sex, birth and what a request tells of the person, corrected: what hangs on them is judged and calculated again.
@Suite struct CorrectedPersonTests {
    private func person(_ sex: AdministrativeSex, _ year: Int) -> PatientDraft {
        var draft = Bench.draft()
        draft.traits.sex = sex
        draft.traits.birthDate = CivilDate(year: year, month: 1, day: 1)
        return draft
    }

    private func correct(_ made: RegisteredRequest, to draft: PatientDraft, on bench: Bench) async throws {
        _ = try await bench.desk.updatePatient(made.request.patientID, by: Bench.secretary) { _ throws(Refusal) in
            draft
        }
    }

    /// Creatinine 100 of a woman born in 1950, who is a man born in 1990.
    private func mistaken() async throws -> (Bench, RegisteredRequest) {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09"])
        try await correct(made, to: person(.female, 1950), on: bench)
        try await bench.arrive(
            "m1", [Bench.result("CREA", "100", of: made.specimens[0].accession, unit: "umol/L")])
        return (bench, made)
    }

    private func standing(_ code: String, _ made: RegisteredRequest, on bench: Bench) async throws -> Observation {
        let all = try await bench.desk.told(bench.observations(made), of: made.request)
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        return try #require(Chosen.observations(all, events: events)[code])
    }

    @Test func `before the signature, interval, flag and filtration are those of who it is`() async throws {
        let (bench, made) = try await mistaken()
        let wrong = try await standing("DFG09", made, on: bench)
        #expect(try await standing("CREA", made, on: bench).flags == [.high])
        try await bench.validate(["CREA", "DFG09"], of: made)
        try await correct(made, to: person(.male, 1990), on: bench)
        let creatinine = try await standing("CREA", made, on: bench)
        #expect(creatinine.flags == [.normal])
        #expect(creatinine.interval == AppliedInterval(low: Exact(64), high: Exact(104)))
        let right = try await standing("DFG09", made, on: bench)
        #expect(right.run == 2 && right.value != wrong.value)
        // Nothing of it may be signed before somebody looked again.
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.observations.isEmpty && Set(file.missing) == ["CREA", "DFG09"])
        try await bench.validate(["CREA", "DFG09"], of: made)
        let report = try await bench.desk.signedReport(of: try await bench.sign(made))
        #expect(report.content.observations.first { $0.analysis == "DFG09" }?.value == right.value)
        #expect(report.content.observations.first { $0.analysis == "CREA" }?.flags == [.normal])
    }

    @Test func `after the signature, it is judged by the catalogue that it was made with, and calls nobody`()
        async throws
    {
        let (bench, made) = try await mistaken()
        try await bench.validate(["CREA", "DFG09"], of: made)
        _ = try await bench.sign(made)
        bench.clock.advance(.seconds(3600))
        let version = try await bench.observation("CREA", made).catalogueVersion
        let tables = try Bench.files(cells: ["CREA": ["critique_haut": "90"]])
        let rules = bench.desk.shelf.tables.files.filter { file in !tables.contains { $0.name == file.name } }
        try await bench.desk.publish(tables + rules, reason: "essai", by: Bench.administrator)
        #expect(bench.desk.catalogue.version.text != version)
        try await correct(made, to: person(.male, 1990), on: bench)
        let creatinine = try await standing("CREA", made, on: bench)
        let judged = try #require(
            try await bench.desk.fileToSign(made.request.number).observations.first { $0.id == creatinine.id })
        // Its interval is corrected; limits and lines that nobody had approved then touch nothing of it.
        #expect(judged.flags == [.normal] && judged.interval?.high == Exact(104))
        #expect(
            !judged.holds.contains { [.catalogueDraft, .criticalCall].contains($0.code) }, "\(judged.holds)")
        #expect(judged.catalogueVersion == version)
        #expect(try await bench.desk.openCalls(site: "nord").isEmpty)
        let last = try #require(try await bench.desk.explain(creatinine.id, by: Bench.technician).last)
        #expect(last.ordinal == 2 && last.catalogueVersion.text == version)
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now.advanced(by: .seconds(1)),
            by: Bench.biologist)
        #expect(replay.isSound && replay.same == replay.results)
    }

    @Test func `after the signature it is said, and the amendment is made of today's`() async throws {
        let (bench, made) = try await mistaken()
        try await bench.validate(["CREA", "DFG09"], of: made)
        let first = try await bench.sign(made)
        let before = try await bench.desk.signedReport(of: first)
        bench.clock.advance(.seconds(3600))
        try await correct(made, to: person(.male, 1990), on: bench)
        // Version 1 is read as it was signed.
        let then = try await bench.desk.signedReport(of: first, asOfThen: true)
        #expect(then.content.observations == before.content.observations)
        let waiting = try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation.analysis)
        #expect(waiting == ["DFG09"])
        try await bench.validate(["DFG09"], of: made)
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.isAmendment && file.missing.isEmpty)
        let told = file.changes.map(\.frenchText)
        #expect(told.contains("sexe : F → M"))
        #expect(told.contains("résultat CREA : 100 (49 – 90, H) → 100 (64 – 104, N)"))
        #expect(told.contains { $0.hasPrefix("résultat DFG09 : ") })
        let second = try await bench.sign(made)
        let after = try await bench.desk.signedReport(of: second)
        #expect(after.content.observations.first { $0.analysis == "CREA" }?.flags == [.normal])
        let filtration = try await standing("DFG09", made, on: bench)
        #expect(after.content.observations.first { $0.analysis == "DFG09" }?.value == filtration.value)
        #expect(
            try await bench.desk.signedReport(of: first, asOfThen: true).content.observations
                == before.content.observations)
        let replay = try await bench.desk.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now.advanced(by: .seconds(1)),
            by: Bench.biologist)
        #expect(replay.isSound && replay.same == replay.results && replay.results > 3)
        #expect(try await bench.soundTrail())
    }

    @Test func `a name corrected has nothing judged again`() async throws {
        let (bench, made) = try await mistaken()
        let id = try await bench.observation("CREA", made).id
        let count = try await bench.store.evaluations(observationID: id).count
        var draft = person(.female, 1950)
        draft.traits.birthName = "AUTRE"
        try await correct(made, to: draft, on: bench)
        #expect(try await bench.store.evaluations(observationID: id).count == count)
    }
}
