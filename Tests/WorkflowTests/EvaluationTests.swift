import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

@Suite struct `Judging what arrives` {
    @Test func `each result has a judgement beside it, in the transaction that brought it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1", [Bench.result("NA", "140", of: tube), Bench.result("K", "4.2", of: tube, ordinal: 1)])
        for observation in try await bench.observations(made) {
            let records = try await bench.store.evaluations(observationID: observation.id)
            #expect(records.map(\.ordinal) == [1])
            let explained = try await bench.desk.explain(observation.id, by: Bench.technician)
            #expect(explained.last?.holds == observation.holds)
            #expect(explained.last?.result.checks.count ?? 0 > 30)
        }
        #expect(try await bench.soundTrail())
    }

    @Test func `an analysis with a signed line, a control and nothing to hold is proposable`() async throws {
        let bench = try await Bench.withRules()
        try await bench.conformingControl("K")
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: made.specimens[0].accession)])
        #expect(try await bench.observation("K", made).holds == [])
        let draft = try Bench()
        let other = try await draft.received(["K"])
        try await draft.arrive("m1", [Bench.result("K", "4.2", of: other.specimens[0].accession)])
        let held = Set(try await draft.observation("K", other).holds.map(\.code))
        #expect(held == [.noQualityControl, .catalogueDraft, .engineOff])
    }

    @Test func `a jump from the result before is held, with the result before`() async throws {
        let bench = try await Bench.withRules()
        let first = try await bench.received(["NA"])
        try await bench.arrive("m1", [Bench.result("NA", "140", of: first.specimens[0].accession)])
        try await bench.validate(["NA"], of: first)
        bench.clock.advance(.seconds(86_400))
        let again = try await bench.registered(["NA"], for: first.request.patientID)
        try await bench.arrive("m2", [Bench.result("NA", "122", of: again.specimens[0].accession)])
        let sodium = try await bench.observation("NA", again)
        #expect(sodium.holds.contains { $0.code == .delta })
        let delta = try #require(
            try await bench.desk.explain(sodium.id, by: Bench.technician).last?.result.checks.first {
                $0.check == .delta
            })
        #expect(delta.inputs.contains(CheckFact(.previous, try #require(Measured("140")))))
        // Only what was done about it resolves it.
        let words = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [sodium.id], of: again.request.number, reason: "bof", by: Bench.technician)
        }
        #expect(words == "validate.reason.delta")
        try await bench.validate(["NA"], of: again, reason: "NOUVEAU PRELEVEMENT, même valeur")
    }

    @Test func `a result that comes later and contradicts holds the one that stands`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["BILT", "BILC"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("BILT", "20", of: tube, unit: "umol/L")])
        let total = try await bench.observation("BILT", made)
        #expect(!total.holds.contains { $0.code == .incoherent })
        try await bench.arrive("m2", [Bench.result("BILC", "40", of: tube, unit: "umol/L")])
        let standing = try await bench.desk.standing([total], at: bench.clock.now)
        #expect(standing[0].holds.contains { $0.code == .incoherent })
        #expect(try await bench.store.evaluations(observationID: total.id).map(\.ordinal) == [1, 2])
        #expect(
            try await bench.desk.worklist(site: "nord", limit: 9).allSatisfy { line in
                line.observation.holds.contains { $0.code == .incoherent }
            })
    }

    @Test func `a tube received after its results has them judged again`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.registered(["K"], for: try await bench.patient().id, received: false)
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("K", "4.2", of: tube)])
        let potassium = try await bench.observation("K", made)
        #expect(potassium.holds.contains { $0.code == .notReceived })
        _ = try await bench.desk.receive(tube, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        let standing = try await bench.desk.standing([potassium], at: bench.clock.now)
        #expect(!standing[0].holds.contains { $0.code == .notReceived })
    }

    @Test func `no rule is active before a biologist stands for it, and one whose end came holds`() async throws {
        let bench = try await Bench.withRules(approving: false)
        let made = try await bench.received(["BILT", "BILC"])
        let tube = made.specimens[0].accession
        let both = [
            Bench.result("BILT", "20", of: tube, unit: "umol/L"),
            Bench.result("BILC", "40", of: tube, ordinal: 1, unit: "umol/L"),
        ]
        try await bench.arrive("m1", both)
        let total = try await bench.observation("BILT", made)
        #expect(!total.holds.contains { $0.code == .incoherent || $0.code == .ruleExpired })
        let said = try await bench.desk.explain(total.id, by: Bench.technician).last?.result.checks.filter {
            $0.check == .ruleApproval && $0.rule.id == "BILIRUBINE"
        }
        #expect(said?.map(\.note) == [.notApproved])

        let rule = try bench.desk.approvalSubject(rule: "BILIRUBINE")
        let noEnd = await refusal { () throws(CommandFailure) in
            try await bench.desk.approve([rule], reason: "lue", by: Bench.biologist)
        }
        #expect(noEnd == "catalogue.approve.until")
        let tooLong = await refusal { () throws(CommandFailure) in
            try await bench.desk.approve(
                [rule], reason: "lue", until: bench.clock.now.advanced(by: .seconds(400 * 86_400)), by: Bench.biologist)
        }
        #expect(tooLong == "catalogue.approve.until")
        try await bench.desk.approve(
            [rule], reason: "lue", until: bench.clock.now.advanced(by: .seconds(3600)), by: Bench.biologist)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "règle signée", by: Bench.technician)
        func codes() async throws -> Set<Hold.Code> {
            Set(try await bench.desk.standing([total], at: bench.clock.now)[0].holds.map(\.code))
        }
        #expect(try await codes().contains(.incoherent))
        bench.clock.advance(.seconds(3600))
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "échéance", by: Bench.technician)
        #expect(try await codes().contains(.ruleExpired))
    }

    @Test func `two stable analyses that jump in one tube hold all that was drawn with it`() async throws {
        let bench = try await Bench.withRules()
        let first = try await bench.received(["CREA", "PAL", "NA"])
        let before = first.specimens[0].accession
        try await bench.arrive(
            "m1",
            [
                Bench.result("CREA", "70", of: before, unit: "umol/L"),
                Bench.result("PAL", "60", of: before, ordinal: 1, unit: "U/L"),
            ])
        try await bench.validate(["CREA", "PAL"], of: first)
        bench.clock.advance(.seconds(86_400))
        let made = try await bench.registered(["CREA", "PAL", "NA"], for: first.request.patientID)
        let tube = made.specimens[0].accession
        try await bench.arrive("m2", [Bench.result("NA", "140", of: tube)])
        try await bench.arrive("m3", [Bench.result("CREA", "300", of: tube, unit: "umol/L")])
        try await bench.arrive("m4", [Bench.result("PAL", "400", of: tube, unit: "U/L")])
        let sodium = try await bench.observation("NA", made)
        let held = try await bench.desk.standing([sodium], at: bench.clock.now)[0]
        #expect(held.holds.contains { $0.code == .delta })
    }

    @Test func `a sex that nobody knows has both intervals beside the value, for all to read`() async throws {
        let bench = try await Bench.withRules()
        var draft = Bench.draft("INCONNU")
        draft.traits.sex = .unknown
        let patient = try await bench.desk.registerPatient(draft, by: Bench.secretary)
        let made = try await bench.registered(["CREA"], for: patient.id)
        try await bench.arrive("m1", [Bench.result("CREA", "100", of: made.specimens[0].accession, unit: "umol/L")])
        let creatinine = try await bench.observation("CREA", made)
        #expect(creatinine.interval == nil)
        #expect(creatinine.comment == "sexe inconnu : intervalle 49 – 90 (femme), 64 – 104 (homme)")
    }

    @Test func `a jump is looked for behind newer results and those of another specimen`() async throws {
        let bench = try await Bench.withRules()
        let first = try await bench.received(["NA"])
        try await bench.arrive("m0", [Bench.result("NA", "140", of: first.specimens[0].accession)])
        try await bench.validate(["NA"], of: first)
        bench.clock.advance(.seconds(30 * 3600))
        let forgotten = try await bench.registered(["NA"], for: first.request.patientID)
        for hour in 1...7 {
            bench.clock.advance(.seconds(3600))
            let one = try await bench.registered(["NA"], for: first.request.patientID)
            try await bench.arrive("m\(hour)", [Bench.result("NA", "139", of: one.specimens[0].accession)])
            try await bench.validate(["NA"], of: one)
        }
        try await bench.arrive("last", [Bench.result("NA", "120", of: forgotten.specimens[0].accession)])
        let sodium = try await bench.observation("NA", forgotten)
        #expect(sodium.holds.contains { $0.code == .delta })
        let delta = try #require(
            try await bench.desk.explain(sodium.id, by: Bench.technician).last?.result.checks.first {
                $0.check == .delta
            })
        #expect(delta.inputs.contains(CheckFact(.previous, try #require(Measured("140")))))
    }

    @Test func `another person's blood found after the validation takes the validation back`() async throws {
        let bench = try await Bench.withRules()
        let first = try await bench.received(["CREA", "PAL", "NA"])
        let before = first.specimens[0].accession
        let old = [
            Bench.result("CREA", "70", of: before, unit: "umol/L"),
            Bench.result("PAL", "60", of: before, ordinal: 1, unit: "U/L"),
        ]
        try await bench.arrive("m1", old)
        try await bench.validate(["CREA", "PAL"], of: first)
        bench.clock.advance(.seconds(86_400))
        let made = try await bench.registered(["CREA", "PAL", "NA"], for: first.request.patientID)
        let tube = made.specimens[0].accession
        try await bench.arrive("m2", [Bench.result("NA", "140", of: tube)])
        try await bench.validate(["NA"], of: made)
        bench.clock.advance(.seconds(60))
        try await bench.arrive("m3", [Bench.result("CREA", "300", of: tube, unit: "umol/L")])
        let file = try await bench.desk.fileToSign(made.request.number)
        #expect(file.observations.map(\.analysis) == ["NA"])
        // Even one that a jump of its own was answered for.
        try await bench.validate(["CREA"], of: made, reason: "contexte clinique")
        try await bench.arrive("m4", [Bench.result("PAL", "400", of: tube, unit: "U/L")])
        let unsigned = try await bench.desk.fileToSign(made.request.number)
        #expect(unsigned.observations.isEmpty && Set(unsigned.missing) == ["CREA", "NA", "PAL"])
        let refused = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(
                made.request.number, contentHash: unsigned.contentHash, allowPartial: true, by: Bench.biologist)
        }
        #expect(refused == "sign.nothing")
        let sodium = try await bench.observation("NA", made)
        let event = try await bench.store.observationEvents(requestID: made.request.id).last {
            $0.observationID == sodium.id
        }
        #expect(event?.kind == .withdrawn && event?.reason == "retenu après sa validation technique : DELTA")
        // Only what was done about it gives it back.
        let vague = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [sodium.id], of: made.request.number, reason: "relu", by: Bench.technician)
        }
        #expect(vague == "validate.reason.delta")
        try await bench.validate(["NA", "CREA", "PAL"], of: made, reason: "ré-identification faite")
        try await bench.sign(made)
    }

    @Test func `an identity contradicted after the validation takes it back, and nobody can give it`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["NA", "K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("NA", "140", of: tube)])
        try await bench.validate(["NA"], of: made)
        bench.clock.advance(.seconds(60))
        let other = ClaimedIdentity(family: "AUTRE", birthDate: CivilDate(year: 1990, month: 1, day: 1))
        try await bench.arrive("m2", [Bench.result("K", "4.2", of: tube, claimed: other)])
        #expect(Set(try await bench.desk.fileToSign(made.request.number).missing) == ["NA", "K"])
        let sodium = try await bench.observation("NA", made)
        let refused = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [sodium.id], of: made.request.number, reason: "ré-identification faite", by: Bench.technician)
        }
        #expect(refused == "tech.held")
    }

    @Test func `what was signed of a tube that is held whole since is to be amended, once`() async throws {
        let bench = try await Bench.withRules()
        let other = ClaimedIdentity(family: "AUTRE", birthDate: CivilDate(year: 1990, month: 1, day: 1))
        for (name, first, then, claimed, hold) in [
            ("IDENTITE", "NA 140 mmol/L", "UREE 5.0 mmol/L", other, Hold.Code.identity),
            ("EDTA", "K 6.2 mmol/L", "CA 1.50 mmol/L", nil, .incoherent),
        ] {
            let known = first.split(separator: " ").map(String.init), new = then.split(separator: " ").map(String.init)
            let made = try await bench.received([known[0], new[0]], name: name)
            let tube = made.specimens[0].accession
            try await bench.arrive("a" + name, [Bench.result(known[0], known[1], of: tube, unit: known[2])])
            try await bench.validate([known[0]], of: made)
            let file = try await bench.desk.fileToSign(made.request.number)
            _ = try await bench.desk.sign(
                made.request.number, contentHash: file.contentHash, allowPartial: true, uncalled: "patient sur place",
                by: Bench.biologist)
            bench.clock.advance(.seconds(60))
            let said = claimed ?? ClaimedIdentity()
            try await bench.arrive(
                "b" + name, [Bench.result(new[0], new[1], of: tube, unit: new[2], claimed: said)])
            let back = try await bench.desk.awaitingSignature(site: "nord", limit: 9)
                .first { $0.request.number == made.request.number }
            let task = back?.obstacles.first { $0.kind == .amendmentTask }
            #expect(task?.analyses == [known[0]] && task?.words?.hasPrefix(hold.rawValue + " : ") == true, "\(name)")
            // Judged again, it is asked for once.
            bench.clock.advance(.seconds(60))
            _ = try await bench.desk.judgeAgain(made.request.number, reason: "essai", by: Bench.technician)
            #expect(
                try await bench.store.register(.amendmentTask, site: "nord", subject: made.request.id).count == 1,
                "\(name)")
            let plain = await refusal { () throws(CommandFailure) in
                let file = try await bench.desk.fileToSign(made.request.number)
                _ = try await bench.desk.sign(
                    made.request.number, contentHash: file.contentHash, allowPartial: true, by: Bench.biologist)
            }
            #expect(plain == "sign.amendment", "\(name)")
            if hold == .incoherent { try await answerForAll(bench, made, new[0]) }
        }
    }

    /// With nothing new there is nothing to amend; with what came beside it whoever signs answers for all.
    private func answerForAll(_ bench: Bench, _ made: RegisteredRequest, _ new: String) async throws {
        let number = made.request.number
        let draft = SignDraft(amendment: Amendment(.result, words: "tube identifié de nouveau"))
        let before = try await bench.desk.fileToSign(number, draft: draft)
        let nothing = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.sign(
                number, contentHash: before.contentHash, allowPartial: true, uncalled: "patient sur place",
                draft: draft, by: Bench.biologist)
        }
        #expect(nothing == "amend.nothing")
        let fresh = try await bench.store.observations(requestID: made.request.id).filter { $0.analysis == new }
        _ = try await bench.desk.validate(
            fresh.map(\.id), of: number, reason: "tube identifié de nouveau, dosage repris", by: Bench.technician)
        let file = try await bench.desk.fileToSign(number, draft: draft)
        _ = try await bench.desk.sign(
            number, contentHash: file.contentHash, allowPartial: true, uncalled: "patient sur place", draft: draft,
            by: Bench.biologist)
        // Somebody is still to be called.
        let waits = try await bench.desk.awaitingSignature(site: "nord", limit: 9).first { $0.request.number == number }
        #expect(waits?.obstacles.contains { $0.kind == .amendmentTask } != true, "\(waits?.obstacles ?? [])")
    }

    @Test func `a validation that answered all stands when the file is judged again`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.ready()
        bench.clock.advance(.seconds(60))
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "essai", by: Bench.technician)
        #expect(try await bench.store.observationEvents(requestID: made.request.id).count == 2)
        try await bench.sign(made)
    }
}

@Suite struct `What is never proposed` {
    private func serology(
        _ bench: Bench, _ code: String, _ message: String, for patientID: String? = nil, of analysis: String = "VIH"
    ) async throws -> Observation {
        let made: RegisteredRequest
        if let patientID {
            made = try await bench.registered([analysis], for: patientID)
        } else {
            made = try await bench.received([analysis])
        }
        var result = Bench.result(analysis, code, of: made.specimens[0].accession, unit: "")
        result.value = .coded(code, display: code)
        try await bench.arrive(message, [result])
        try await bench.validate([analysis], of: made)
        return try await bench.observation(analysis, made)
    }

    @Test func `a positive behind a hundred negatives was the first`() async throws {
        let bench = try await Bench.withRules()
        func next(_ code: String, _ name: String, _ patient: String?) async throws -> Observation {
            bench.clock.advance(.seconds(86_400))
            return try await serology(bench, code, name, for: patient, of: "SYPH")
        }
        let first = try await next("POS", "first", nil)
        #expect(first.holds.contains { $0.code == .firstPositive })
        for rank in 0...RuleEngine.deepHistory { _ = try await next("NEG", "n\(rank)", first.patientID) }
        #expect(try await !next("POS", "again", first.patientID).holds.contains { $0.code == .firstPositive })
        // Of somebody else nothing is known.
        var other = try await next("NEG", "o", nil)
        other = try await next("POS", "other", other.patientID)
        #expect(other.holds.contains { $0.code == .firstPositive })
    }

    @Test func `a code that an analyzer sent without any control of quality`() async throws {
        let bench = try await Bench.withRules()
        let negative = try await serology(bench, "NEG", "m1")
        #expect(negative.holds.map(\.code) == [.noQualityControl])
        #expect(
            try await bench.desk.standing([negative], at: bench.clock.now)[0].holds.map(\.code) == [.noQualityControl])
    }

    @Test func `a reactive HIV, the first time and each time after`() async throws {
        let bench = try await Bench.withRules()
        let first = try await serology(bench, "POS", "m1")
        #expect(first.holds.contains { $0.code == .firstPositive })
        bench.clock.advance(.seconds(86_400))
        let again = try await serology(bench, "POS", "m2", for: first.patientID)
        #expect(Set(again.holds.map(\.code)) == [.noQualityControl, .excludedAnalysis])
        let negative = try await serology(bench, "NEG", "m3", for: first.patientID)
        #expect(negative.holds.map(\.code) == [.noQualityControl])
    }

    @Test(arguments: [("9.9", false), ("10", true)])
    func `what was measured in a tube of ten grams of free hemoglobin`(grams: String, held: Bool) async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CRP"])
        var result = Bench.result("CRP", "3.0", of: made.specimens[0].accession, unit: "mg/L")
        result.indices = SentIndices(freeHemoglobin: Exact(grams))
        try await bench.arrive("m1", [result])
        #expect(try await bench.observation("CRP", made).holds.contains { $0.code == .interference } == held)
    }
}
