import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `The ordered checks` {
    @Test func `a result with nothing against it is proposable and every step says so`() throws {
        let found = try Engine.one()
        #expect(found.outcome == .proposable && found.holdCodes == [] && found.flags == [.normal])
        #expect(Set(found.checks.map(\.step)) == Set(0...15))
        #expect(zip(found.checks, found.checks.dropFirst()).allSatisfy { $0.step <= $1.step })
        #expect(
            found.checks.allSatisfy {
                $0.outcome != .yes && !$0.words(in: .europeParis).isEmpty
                    && $0.line(in: .europeParis).contains("@1 : ")
            })
        #expect(found.interval == AppliedInterval(low: Exact("3.5"), high: Exact("5.0")))
        #expect(!found.isReleasable, "mode A sorts")
    }

    @Test func `mode B releases under a standing approval that has not ended, and nothing else does`() throws {
        func codes(_ change: (inout EvaluationInput) -> Void) throws -> [String] {
            let found = try Engine.one(
                { _ in },
                input: {
                    $0.results[0].mode = .release; change(&$0)
                })
            return found.holdCodes.map(\.rawValue) + (found.isReleasable ? ["rendu"] : [])
        }
        #expect(try codes { _ in } == ["rendu"])
        #expect(try codes { $0.approvals.standing = nil } == ["AUTOVALID_COUPEE"])
        #expect(try codes { $0.approvals.standing?.until = $0.now } == ["REGLE_EXPIREE"])
        #expect(try codes { $0.approvals.standing?.until = $0.now.advanced(by: .milliseconds(1)) } == ["rendu"])
        // No approval lasts more than twelve months, whatever it says.
        #expect(
            try codes {
                $0.approvals.standing = RuleApproval(by: "bio", at: Engine.days(-367), until: Engine.days(999))
            } == ["REGLE_EXPIREE"])
        #expect(try codes { $0.results[0].lineApproved = false } == ["CATALOGUE_BROUILLON"])
        #expect(try Engine.codes({ $0.mode = .off }) == ["AUTOVALID_COUPEE"])
        // Mode A needs no standing approval.
        #expect(try Engine.codes({ _ in }, input: { $0.approvals.standing = nil }) == [])
    }

    @Test func `before and after the approval of the laboratory's choices none acts and nothing is proposed`() throws {
        let missing: (inout EvaluationInput) -> Void = { $0.approvals.rules["politique@1"] = nil }
        let ended: (inout EvaluationInput) -> Void = { $0.approvals.rules["politique@1"]?.until = $0.now }
        for (spoil, code) in [(missing, "AUTOVALID_COUPEE"), (ended, "REGLE_EXPIREE")] {
            #expect(try Engine.codes({ _ in }, input: spoil) == [code])
            // No index suppresses, comments, or is missed.
            for indices in [
                SerumIndices(hemolysis: Exact(201), measured: true), SerumIndices(hemolysis: Exact(51), measured: true),
                SerumIndices(measured: true), SerumIndices(freeHemoglobin: Exact(10), measured: true),
            ] {
                let found = try Engine.one({ $0.indices = indices }, input: spoil)
                #expect(found.holdCodes.map(\.rawValue) == [code] && !found.isSuppressed)
                #expect(found.comments(name: "potassium") == [])
                #expect(found.record(.interference)?.note == .notApproved)
            }
            // No context suspends a delta, and no known state silences a call.
            let jump = try Engine.codes(
                "K", "5.9", { $0.history = [Engine.prior("4.0", group: "g1")] },
                input: {
                    $0.patient.contexts = [.dialysis]; spoil(&$0)
                })
            #expect(jump == [code, "DELTA"])
            let call = try Engine.one(
                "K", "6.6",
                { $0.lastCall = Measured("6.6").map { KnownCall(value: $0, at: Engine.days(-1)) } }, input: spoil)
            #expect(call.record(.criticalCall)?.code == .criticalCall)
        }
        // A moment before the end it acts.
        let before = try Engine.codes(
            { $0.indices = SerumIndices(hemolysis: Exact(201), measured: true) },
            input: { $0.approvals.rules["politique@1"]?.until = $0.now.advanced(by: .milliseconds(1)) })
        #expect(before == ["HIL_RCV"])
        // Without the file nobody stands for anything.
        let catalogue = try Engine.engine().catalogue
        let bare = RuleEngine(catalogue: catalogue, pack: .none, zone: .europeParis)
        var input = Engine.input(Engine.result("K", "4.2"))
        missing(&input)
        #expect(bare.evaluate(input).results[0].holdCodes == [.engineOff])
    }

    @Test func `a contradicted identity stops at once`() throws {
        let found = try Engine.one("K", "9.9", { $0.flags = ["*"] }, input: { $0.contradictions = [.name, .sex] })
        #expect(found.holdCodes == [.identity] && found.checks.allSatisfy { $0.step <= 1 })
        #expect(found.value == .measured(try #require(Measured("9.9")), unit: "mmol/L"), "as it came")
        #expect(found.holds(in: .europeParis)[0].reason.contains("le nom"))
    }

    @Test func `each fact of identity, specimen, control and instrument holds with its own code`() throws {
        let rows: [(String, (inout EvaluationInput) -> Void)] = [
            ("NON_DEMANDE", { $0.results[0].requested = false }),
            ("TUBE_NC", { $0.specimen.nonconformity = "caillot" }),
            ("TYPE_ECHANTILLON", { $0.specimen.analyses = ["NA"] }),
            ("TUBE_NON_RECU", { $0.specimen.receivedAt = nil }),
            ("HEURE_INCONNUE", { $0.specimen.collectedAt = Engine.hours(1, 1) }),
            ("CQ_ABSENT", { $0.results[0].control = ControlFacts(.absent) }),
            ("CQ_ECHU", { $0.results[0].control = ControlFacts(.expired, "24 h") }),
            ("CQ_REJET", { $0.results[0].control = ControlFacts(.rejected, "1-3s") }),
            ("CAL_ECHUE", { $0.results[0].calibrationUntil = Engine.measured }),
            ("LOT_PERIME", { $0.results[0].reagentUntil = Engine.measured }),
            ("DRAPEAU_ANALYSEUR", { $0.results[0].unknownFlags = ["?"] }),
            ("DRAPEAU_ANALYSEUR", { $0.results[0].flags = ["N"] }),
            ("DRAPEAU_ANALYSEUR", { $0.results[0].indices = SerumIndices(measured: true) }),
            ("STATUT_NON_FINAL", { $0.results[0].status = "P" }),
            ("MODIF_MANUELLE", { $0.results[0].origin = .manual }),
            ("MODIF_MANUELLE", { $0.results[0].edited = true }),
            ("MODIF_MANUELLE", { $0.results[0].hasFreeComment = true }),
        ]
        for (code, spoil) in rows {
            #expect(try Engine.codes({ _ in }, input: spoil) == [code], "\(code)")
        }
        #expect(
            try Engine.codes({ _ in }, input: { $0.specimen.collectedAt = nil }) == [
                "HEURE_INCONNUE", "INTERVALLE_ABSENT",
            ]
        )
        #expect(try Engine.codes({ $0.control = ControlFacts(.notNeeded) }) == [])
    }

    @Test func `delays and expiries hold from their end, not before`() throws {
        #expect(try Engine.codes({ $0.observedAt = Engine.hours(6) }) == [])
        #expect(try Engine.codes({ $0.observedAt = Engine.hours(6, 1) }) == ["DELAI_PREANALYTIQUE"])
        #expect(
            try Engine.codes({ $0.observedAt = nil }, input: { $0.now = Engine.hours(7) }) == ["DELAI_PREANALYTIQUE"])
        let after = Engine.measured.advanced(by: .milliseconds(1))
        #expect(
            try Engine.codes({
                $0.calibrationUntil = after; $0.reagentUntil = after
            }) == [])
    }

    @Test func `an analysis without a stability is never late`() throws {
        for hours: Int64 in [7, 12] {
            #expect(try Engine.codes("NA", "140", { $0.observedAt = Engine.hours(hours) }) == [])
        }
    }

    @Test(arguments: [("-5.0", nil), ("-5.1", "HORS_PLAGE_AV"), ("5.0", nil), ("5.1", "HORS_PLAGE_AV")])
    func `the range of autoverification holds below it as above it`(_ row: (String, String?)) throws {
        #expect(try Engine.one("BE", row.0).record(.autoverification)?.code?.rawValue == row.1)
    }

    @Test func `all the reasons are there at once and in the order of the law`() throws {
        let found = try Engine.codes(
            "K", "13.0",
            {
                $0.flags = ["*"]
                $0.control = ControlFacts(.rejected)
                $0.history = [Engine.prior("4.0", group: "g1")]
                $0.edited = true
            }, input: { $0.specimen.nonconformity = "volume" })
        #expect(
            found == [
                "TUBE_NC", "CQ_REJET", "DRAPEAU_ANALYSEUR", "HORS_DOMAINE", "ABSURDE", "HORS_PLAGE_AV", "DELTA",
                "CRITIQUE_ALERTE", "CRITIQUE_APPEL", "MODIF_MANUELLE",
            ])
    }

    @Test func `units and unreadable values hold`() throws {
        #expect(try Engine.codes("K", "---") == ["ILLISIBLE"])
        #expect(try Engine.codes("K", "4.2", unit: "mg/L") == ["UNITE_INCONNUE"])
        #expect(try Engine.codes("K", "4.200000000") == [])
        #expect(try Engine.codes("K", "4.2000000000") == ["ILLISIBLE"], "ten decimals for an analysis of one")
        #expect(try Engine.codes({ $0.value = .text("voir") }) == ["ILLISIBLE"])
        #expect(try Engine.codes({ $0.value = .notPerformed(reason: "caillot") }) == [])
        #expect(try Engine.codes("ZZZ", "4.2") == ["CATALOGUE_BROUILLON"])
        // The alternative unit: 10 mg/L ÷ 0.1131 = 88.417… µmol/L, rounded once.
        let found = try Engine.one("CREA", "10", unit: "mg/L")
        #expect(found.value == .measured(try #require(Measured("88")), unit: "umol/L") && found.holdCodes == [])
    }

    @Test(arguments: [
        ("1.0", nil), ("0.9", "ABSURDE"), ("12.0", nil), ("12.1", "ABSURDE"), ("<1.0", "ABSURDE"),
        ("<2.0", "CENSURE_INDECIS"), (">12.0", "ABSURDE"), (">11.0", "CENSURE_INDECIS"), ("≥12.0", "CENSURE_INDECIS"),
        ("≤1.0", "CENSURE_INDECIS"),
    ])
    func `absurd limits hold outside, are inside, and leave censored values open`(_ row: (String, String?)) throws {
        #expect(try Engine.one("K", row.0).record(.absurd)?.code?.rawValue == row.1)
    }

    @Test(arguments: [
        ("0", nil), ("100", nil), ("100.1", "HORS_PLAGE_AV"), ("<0.5", nil), (">100", "HORS_PLAGE_AV"),
        (">50", "CENSURE_INDECIS"),
    ])
    func `the range of autoverification has its bounds inside`(_ row: (String, String?)) throws {
        let found = try Engine.one("CRP", row.0, unit: "mg/L", { $0.history = [Engine.prior("90", unit: "mg/L")] })
        #expect(found.record(.autoverification)?.code?.rawValue == row.1)
    }

    @Test func `a quantity that may be negative has no floor`() throws {
        // `<0` of a base excess may be below −5; of a CRP `<0.5` cannot be below 0.
        #expect(try Engine.one("BE", "<0").record(.autoverification)?.code == .censoredUndecided)
        #expect(try Engine.one("CRP", "<0.5", unit: "mg/L").record(.autoverification)?.outcome == .no)
        #expect(try Engine.one("NONE", "4").record(.autoverification)?.note == .noLimit)
    }
}
