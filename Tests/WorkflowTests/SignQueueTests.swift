import Base
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `The biologist's queue` {
    private func waiting(_ bench: Bench, section: String? = nil) async throws -> [FileToSign] {
        try await bench.desk.awaitingSignature(site: "nord", limit: 99, section: section)
    }

    @Test func `counts a call that an amendment opened, until somebody was told`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.ready("DEHORS")
        try await bench.sign(made)
        try await bench.arrive("c", [Bench.result("K", "3.3", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        let number = made.request.number, draft = SignDraft(amendment: Amendment(.result))
        let file = try await bench.desk.fileToSign(number, draft: draft)
        _ = try await bench.desk.sign(
            number, contentHash: file.contentHash, allowPartial: false, uncalled: "rappel en cours", draft: draft,
            by: Bench.biologist)
        let line = try #require(try await waiting(bench).first)
        #expect(line.lane == .critical && line.fresh.isEmpty && line.request.number == number)
        #expect(line.obstacles.map(\.frenchText) == ["appel à passer : K"])
        #expect(try await bench.desk.counts(site: "nord").awaitingSignature == 1)
        #expect(try await bench.desk.fileToSign(number).lane == .critical)
        #expect(try await waiting(bench, section: "biochimie").count == 1)
        #expect(try await waiting(bench, section: "hemos").isEmpty)
        let call = try #require(try await bench.desk.openCalls(site: "nord").first)
        _ = try await bench.desk.recordCall(
            CriticalCall.Attempt(
                at: bench.clock.now, caller: "", number: "0320000001", person: "Dr CHARLES", role: "prescripteur",
                valueRead: "3,3", wasReadBack: true, outcome: .confirmed), for: call.observationID,
            by: Bench.biologist)
        #expect(try await waiting(bench).isEmpty)
    }

    @Test func `puts old files of a corrected name on one line, and the next one after it`() async throws {
        let bench = try Bench()
        let first = try await bench.ready()
        var all = [first]
        try await bench.sign(first)
        for day in 1...3 {
            bench.clock.advance(.seconds(86_400))
            let made = try await bench.registered(["NA"], for: first.request.patientID)
            try await bench.arrive("d\(day)", [Bench.result("NA", "141", of: made.specimens[0].accession)])
            try await bench.validate(["NA"], of: made)
            try await bench.sign(made)
            all.append(made)
        }
        bench.clock.advance(.seconds(100 * 86_400))
        let recent = try await bench.registered(["NA"], for: first.request.patientID)
        try await bench.arrive("recent", [Bench.result("NA", "140", of: recent.specimens[0].accession)])
        try await bench.validate(["NA"], of: recent)
        try await bench.sign(recent)
        #expect(try await waiting(bench).isEmpty)
        _ = try await bench.desk.updatePatient(first.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        var lines = try await waiting(bench)
        #expect(Set(lines.map(\.request.number)) == [recent.request.number, all[3].request.number])
        func counted() async throws -> Int { try await bench.desk.counts(site: "nord").awaitingSignature }
        #expect(try await counted() == lines.count)
        // The name comes back: nothing is to be signed, and nothing is counted.
        let before = Bench.draft()
        _ = try await bench.desk.updatePatient(first.request.patientID, before, by: Bench.secretary)
        #expect(try await waiting(bench).isEmpty)
        #expect(try await counted() == 0)
        _ = try await bench.desk.updatePatient(first.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        let versions = try await bench.store.patientVersions(first.request.patientID).count
        _ = try await bench.desk.updatePatient(first.request.patientID, Bench.draft("AUTRE"), by: Bench.secretary)
        #expect(try await bench.store.patientVersions(first.request.patientID).count == versions, "nothing changed")
        let old = try #require(lines.first { $0.request.id == all[3].request.id })
        #expect(old.obstacles.map(\.frenchText).contains("et 3 dossier(s) plus ancien(s) de ce patient"))
        #expect(lines.first { $0.request.id == recent.request.id }?.obstacles.contains { $0.kind == .others } == false)
        // Signed, it gives its line to the one before it.
        try await bench.sign(all[3])
        lines = try await waiting(bench)
        #expect(Set(lines.map(\.request.number)) == [recent.request.number, all[2].request.number])
        for made in [all[2], all[1], all[0], recent] { try await bench.sign(made) }
        #expect(try await waiting(bench).isEmpty)
    }

    @Test func `a queue that is cut keeps what its screen shows first, a control rejected since among it`() async throws
    {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        let sodium = try await bench.received(["NA"], name: "SODIUM")
        try await bench.arrive("na", [Bench.result("NA", "140", of: sodium.specimens[0].accession)])
        try await bench.validate(["NA"], of: sodium)
        var made = [RegisteredRequest]()
        for name in ["UN", "DEUX", "TROIS"] {
            bench.clock.advance(.seconds(60))
            made.append(try await bench.ready(name))
        }
        func cut(_ limit: Int) async throws -> [String] {
            try await bench.desk.awaitingSignature(site: "nord", limit: limit).map(\.request.number)
        }
        #expect(try await cut(1) == [sodium.request.number])
        bench.clock.advance(.seconds(60))
        let bad = IncomingObservation(
            ordinal: 0, accession: "QC1", instrumentCode: "K", analysis: "K",
            value: .measured(Measured(Exact(9)), unit: "mmol/L"), rawText: "9", rawUnit: "mmol/L",
            observedAt: bench.clock.now)
        _ = try await bench.desk.interpret(try await bench.message("qc-K-bad"), reading: Reading(controls: [bad]))
        #expect(try await cut(1) == [made[0].request.number])
        // A doubt about the last of them forbids more than a control does.
        var doubt = Bench.draft("TROIS")
        doubt.attributes = [.doubtful]
        _ = try await bench.desk.updatePatient(made[2].request.patientID, doubt, by: Bench.secretary)
        #expect(try await cut(1) == [made[2].request.number])
        let all = try await bench.desk.awaitingSignature(site: "nord", limit: 99)
        let ranked = all.sorted {
            (SignRank($0.lane, isUrgent: false, reasons: $0.obstacles), $0.request.registeredAt)
                < (SignRank($1.lane, isUrgent: false, reasons: $1.obstacles), $1.request.registeredAt)
        }.map(\.request.number)
        for limit in 1...all.count { #expect(try await cut(limit) == Array(ranked.prefix(limit))) }
    }

    @Test(arguments: IdentityAttribute.allCases) func `a doubt that comes after the signature brings the file back`(
        attribute: IdentityAttribute
    ) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.ready("UN")
        let number = made.request.number
        try await bench.sign(made)
        #expect(try await waiting(bench).isEmpty)
        func identify(_ attributes: [IdentityAttribute]) async throws {
            var draft = Bench.draft("UN")
            draft.attributes = attributes
            _ = try await bench.desk.updatePatient(made.request.patientID, draft, by: Bench.secretary)
        }
        try await identify([attribute])
        let change = SignedChange(.attributes, after: attribute.frenchText)
        let line = try #require(try await waiting(bench).first)
        #expect(line.request.number == number && line.isAmendment && line.changes == [change])
        #expect(line.obstacles.map(\.frenchText).contains("attribut de l'identité : – → \(attribute.frenchText)"))
        let counts = try await bench.desk.counts(site: "nord")
        #expect((counts.awaitingSignature, counts.signedOtherwise) == (1, 1))
        #expect(try await bench.desk.changedSinceSignature(made.request) == [change])
        // Nothing of it leaves as it was signed.
        let signed = try await bench.store.signatures(requestID: made.request.id)
        #expect(
            await refusal { () throws(CommandFailure) in _ = try await bench.desk.signedReport(of: signed[0]) }
                == "report.changed")
        // The doubt goes: nothing is to be signed. It comes again, and is signed with; its end then brings it back.
        try await identify([])
        #expect(try await waiting(bench).isEmpty)
        #expect(try await bench.desk.counts(site: "nord").signedOtherwise == 0)
        try await identify([attribute])
        #expect(try await bench.sign(made).version == 2)
        #expect(try await waiting(bench).isEmpty)
        try await identify([])
        #expect(try await waiting(bench).first?.changes == [SignedChange(.attributes, before: attribute.frenchText)])
    }

    @Test func `a signature older than that keeps what it covered, and a doubt after it is told`() async throws {
        let bench = try await Bench.withRules()
        var doubt = Bench.draft("UN")
        doubt.attributes = [.doubtful]
        let made = try await bench.ready("UN")
        let file = try await bench.desk.fileToSign(made.request.number)
        // As it was written before attributes were covered.
        var old = Signature(
            id: "old", site: "nord", requestID: made.request.id, version: 1, contentHash: file.contentHash,
            meaning: Desk.meaning, account: "biologiste", biologist: Bench.biologistIdentity, at: bench.clock.now,
            observationIDs: file.observations.map(\.id), complete: true,
            context: SignedContext(
                SignedContent(
                    patient: file.patient, request: file.request, specimens: file.specimens,
                    observations: file.observations)))
        old.context?.attributes = nil
        try await bench.store.append(
            [.signature(old)],
            note: AuditNote(
                site: "nord", author: "biologiste", action: "bio.sign", subject: made.request.number,
                at: bench.clock.now))
        #expect(try await waiting(bench).isEmpty)
        _ = try await bench.desk.updatePatient(made.request.patientID, doubt, by: Bench.secretary)
        #expect(try await waiting(bench).first?.changes == [SignedChange(.attributes, after: "identité douteuse")])
        // Its bytes are those that were signed all the same: what is asked of it again can still be made.
        #expect(try await bench.desk.signedReport(of: old).signature.id == "old")
    }

    @Test func `a batch that is frozen takes no file that came since, and none that changed`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        try await bench.conformingControl("NA", mean: 140)
        for name in ["UN", "DEUX"] { _ = try await bench.ready(name) }
        let files = try await waiting(bench).filter { $0.lane == .proposable }.map {
            LotFile(number: $0.request.number, contentHash: $0.contentHash)
        }
        try #require(files.count == 2)
        _ = try await bench.ready("TROIS")
        var changed = files
        changed[0].contentHash = "0"
        for (asked, frozen) in [(files, false), (changed, true), (files + files, true)] {
            #expect(
                await refusal { () throws(CommandFailure) in
                    _ = try await bench.desk.signLot(asked, section: nil, frozen: frozen, by: Bench.biologist)
                } == "sign.confirm")
        }
        let made = try await bench.desk.signLot(files, section: nil, frozen: true, by: Bench.biologist)
        #expect(made.allSatisfy { $0.signature != nil } && made.count == 2)
        #expect(try await waiting(bench).count == 1)
    }
}

@Suite struct `What a laboratory decides of its signing` {
    private func set(_ settings: SignOffSettings, by author: Author, reason: String = "essai") async throws -> String? {
        let bench = bench
        return await refusal { () throws(CommandFailure) in
            try await bench.desk.setSignOff(settings, reason: reason, by: author)
        }
    }
    let bench: Bench
    init() throws { bench = try Bench() }

    @Test func `a biologist sets how many files of a batch are read, with a reason and a trace`() async throws {
        #expect(try await bench.desk.signOffSettings(site: "nord") == SignOffSettings())
        #expect(try await set(SignOffSettings(sample: 20), by: Bench.technician) == "auth.permission")
        #expect(try await set(SignOffSettings(sample: 20), by: Bench.biologist, reason: " ") == "reason.missing")
        for wrong in [4, 101] {
            #expect(try await set(SignOffSettings(sample: wrong), by: Bench.biologist) == "settings.sample")
        }
        let nobody = SignOffSettings(baseline: .init(how: " ", minutes: 30, errors: 4))
        #expect(try await set(nobody, by: Bench.biologist) == "settings.baseline")
        let chosen = SignOffSettings(sample: 20, baseline: .init(how: "papier", minutes: 42, errors: 3))
        #expect(try await set(chosen, by: Bench.biologist) == nil)
        #expect(try await bench.desk.signOffSettings(site: "nord") == chosen)
        #expect(try await bench.desk.signOffSettings(site: "sud") == SignOffSettings())
        let last = try #require(try await bench.trail.last)
        #expect(last.action == "bio.settings" && last.author == "biologiste" && last.subject.contains("20 sur cent"))
        #expect(try await bench.soundTrail())
    }

    @Test func `the first hundred results typed are timed, with those that had to be typed again`() async throws {
        let began = bench.clock.now
        func figures() async throws -> TypingMeasure {
            try await bench.desk.signOffFigures(
                from: began.advanced(by: .seconds(-60)), before: bench.clock.now.advanced(by: .seconds(1)),
                login: Bench.technician.login, by: Bench.biologist
            ).typing
        }
        let patient = try await bench.patient()
        func type(_ value: String, _ code: String, _ made: RegisteredRequest) async throws {
            bench.clock.advance(.seconds(6))
            _ = try await bench.desk.enter(
                .measured(try #require(Measured(value)), unit: "mmol/L"), analysis: code, of: made.request.number,
                comment: nil, by: Bench.technician)
        }
        var made = try await bench.registered(["NA", "K"], for: patient.id)
        // Twice: the first is an error. Then a pause that is no work.
        try await type("140", "NA", made)
        try await type("141", "NA", made)
        try await type("4.1", "K", made)
        bench.clock.advance(.seconds(3600))
        #expect(try await figures() == TypingMeasure(typed: 3))
        for _ in 0..<49 {
            made = try await bench.registered(["NA", "K"], for: patient.id)
            try await type("140", "NA", made)
            try await type("4.2", "K", made)
        }
        let measure = try await figures()
        // 99 intervals of 6 s, but for the one that the pause is in.
        #expect(measure == TypingMeasure(typed: 101, seconds: 98 * 6, errors: 1))
    }
}
