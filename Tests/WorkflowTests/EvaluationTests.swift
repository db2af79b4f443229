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
        _ bench: Bench, _ code: String, _ message: String, for patientID: String? = nil
    ) async throws -> Observation {
        let made: RegisteredRequest
        if let patientID {
            made = try await bench.registered(["VIH"], for: patientID)
        } else {
            made = try await bench.received(["VIH"])
        }
        var result = Bench.result("VIH", code, of: made.specimens[0].accession, unit: "")
        result.value = .coded(code, display: code)
        try await bench.arrive(message, [result])
        try await bench.validate(["VIH"], of: made)
        return try await bench.observation("VIH", made)
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
        #expect(ldl.holds.contains { $0.code == .rerun && $0.reason.contains("3,22") })
        let glycerides = try await bench.observation("TG", made)
        _ = try await bench.desk.reject(
            glycerides.id, of: made.request.number, reason: "caillot", by: Bench.technician)
        let events = try await bench.store.observationEvents(requestID: made.request.id)
        let all = try await bench.observations(made)
        #expect(Chosen.observations(all, events: events)["TG"] == nil)
        // Both runs had the triglycerides in them: the standing one goes.
        #expect(Chosen.lastEvents(events)[ldl.id]?.kind == .rejected)
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
