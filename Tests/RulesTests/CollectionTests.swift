import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `The results of one collection` {
    private func run(_ rows: [(String, String)], _ change: (inout EvaluationInput) -> Void = { _ in }) throws
        -> Evaluation
    {
        var input = Engine.input(rows.map { Engine.result($0.0, $0.1) })
        change(&input)
        return try Engine.engine().evaluate(input)
    }
    private func codes(_ evaluation: Evaluation, _ code: String) -> [Hold.Code] {
        evaluation.results.first { $0.analysis == code }?.holdCodes ?? []
    }

    @Test func `a rule of the pack holds what it names and shows itself to what it looks at`() throws {
        let met = try run([("HDL", "3.0"), ("CT", "2.0"), ("K", "4.2")])
        #expect(codes(met, "HDL").first == .incoherent && codes(met, "K") == [])
        let record = met.results[0].checks.first { $0.check == .coherence && $0.rule.id == "HDLCT" }
        #expect(record?.rule.description == "HDLCT@2" && record?.words(in: .europeParis).contains("HDL = 3,0") == true)
        #expect(met.results[1].checks.contains { $0.rule.id == "HDLCT" && $0.outcome == .yes && $0.code == nil })
        #expect(codes(try run([("HDL", "2.0"), ("CT", "2.0")]), "HDL") == [], "on the limit")
        #expect(codes(try run([("HDL", ">1.0"), ("CT", "2.0")]), "HDL").contains(.censoredUndecided))
        let alone = try run([("HDL", "3.0")])
        #expect(
            alone.results[0].checks.first { $0.check == .coherence }?.note == .inputMissing && codes(alone, "HDL") == []
        )
    }

    @Test func `a rule of the tube holds everything in it`() throws {
        let met = try run([("K", "6.1"), ("NA", "99"), ("CRP", "3.0")])
        #expect(met.collectionHolds.map(\.rule.description) == ["EDTA@1"])
        #expect(met.results.allSatisfy { $0.holdCodes.contains(.incoherent) })
        #expect(try run([("K", "6.1"), ("NA", "100")]).collectionHolds == [])
        let other = OtherResult(analysis: "NA", value: .measured(try #require(Measured("99")), unit: "mmol/L"))
        #expect(try run([("K", "6.1")], { $0.others = [other] }).collectionHolds.count == 1)
    }

    @Test func `a rule that nobody approved is not active, one whose approval ended holds`() throws {
        let rows = [("HDL", "3.0"), ("CT", "2.0")]
        let never = try run(rows) { $0.approvals.rules["HDLCT@2"] = nil }
        #expect(codes(never, "HDL") == [] && never.results[0].checks.contains { $0.note == .notApproved })
        let ended = try run([("HDL", "1.0"), ("CT", "2.0")]) { $0.approvals.rules["HDLCT@2"]?.until = $0.now }
        #expect(codes(ended, "HDL") == [.ruleExpired])
        let later = try run([("HDL", "1.0"), ("CT", "2.0")]) {
            $0.approvals.rules["HDLCT@2"]?.until = $0.now.advanced(by: .milliseconds(1))
        }
        #expect(codes(later, "HDL") == [])
    }

    @Test func `calculated results and dependent sets follow what is held`() throws {
        func lipids(_ change: (inout EvaluationInput) -> Void = { _ in }) throws -> Evaluation {
            try run([("CT", "5.20"), ("HDL", "1.30"), ("TG", "1.50"), ("LDL", "3.22"), ("K", "4.2")]) {
                $0.results[3].origin = .calculated
                $0.results[3].control = ControlFacts(.notNeeded)
                $0.results[3].analyzer = nil
                change(&$0)
            }
        }
        let well = try lipids()
        #expect(well.results.allSatisfy { $0.outcome == .proposable })
        #expect(well.results[3].record(.calculationInputs)?.rule.id == "calcul:LDL")
        let held = try lipids { $0.results[2].flags = ["*"] }
        #expect(codes(held, "TG") == [.analyzerFlag] && codes(held, "K") == [])
        #expect(codes(held, "LDL") == [.dependentSetHeld, .calculationInputHeld])
        #expect(codes(held, "CT") == [.dependentSetHeld] && codes(held, "HDL") == [.dependentSetHeld])
        let missing = try lipids { $0.results.remove(at: 2) }
        #expect(codes(missing, "LDL") == [.calculationInputHeld] && codes(missing, "CT") == [])
        let stands = try lipids { input in
            input.results.remove(at: 2)
            input.others = [OtherResult(analysis: "TG", value: .text("1,5"))]
        }
        #expect(codes(stands, "LDL") == [])
        let heldThere = try lipids { input in
            input.results.remove(at: 2)
            input.others = [OtherResult(analysis: "TG", value: .text("1,5"), holds: [.delta])]
        }
        #expect(
            codes(heldThere, "LDL").contains(.calculationInputHeld) && codes(heldThere, "CT") == [.dependentSetHeld])
        // A comment on an input holds nothing.
        let comment = OtherResult(analysis: "TG", value: .text("1,5"), holds: [.interferenceBias])
        #expect(
            codes(
                try lipids {
                    $0.results.remove(at: 2); $0.others = [comment]
                }, "LDL") == [])
        #expect(try Engine.codes("NONE", "1.0", { $0.origin = .calculated }).contains("ENTREE_CALCUL_RETENUE"))
    }

    @Test func `context holds first positives, excluded analyses and what the rules cannot read`() throws {
        func hepatitis(_ code: String, _ before: String...) throws -> [String] {
            try Engine.codes(
                "AGHBS", "",
                { facts in
                    facts.value = .coded(code, display: code)
                    facts.history = before.map { Engine.prior($0) }
                })
        }
        #expect(try hepatitis("POS") == ["PREMIER_POSITIF"] && hepatitis("POS", "NEG") == ["PREMIER_POSITIF"])
        #expect(try hepatitis("POS", "POS") == [] && hepatitis("NEG") == [] && hepatitis("WR") == ["PREMIER_POSITIF"])
        func protein(_ text: String, _ before: String...) throws -> [String] {
            try Engine.codes(
                "CRP", text, unit: "mg/L",
                { facts in
                    facts.history = before.map { Engine.prior($0, unit: "mg/L") }
                })
        }
        #expect(try protein("5.0") == [] && protein("5.1") == ["PREMIER_POSITIF"] && protein("5.1", "6.0") == [])
        #expect(try Engine.codes("HB", "13.0", unit: "g/dL") == ["PREMIER_POSITIF"], "first of its kind")
        #expect(
            try Engine.codes("HB", "13.0", unit: "g/dL", { $0.history = [Engine.prior("13", unit: "g/dL")] }) == [])
        #expect(try Engine.codes("TXT", "", { $0.value = .text("vu") }) == ["EXAMEN_EXCLU"])
    }

    @Test(arguments: [
        (28, AgeUnit.day, "1.5", "2.5"), (1, .month, "2.5", "3.5"), (1, .year, "3.5", "4.5"), (15, .year, "4.5", "5.5"),
        (18, .year, "5.5", "6.5"),
    ])
    func `an interval changes at its age to the minute`(_ row: (Int, AgeUnit, String, String)) throws {
        let zone = CivilZone.europeParis
        // Born on 24 October at 09:00: 28 days after is 21 November, a month 24 November.
        let born = CivilDate(year: 2008, month: 10, day: 24)
        let bornAt = zone.instant(born, hour: 9)
        let reached: Instant =
            switch row.1 {
            case .day: bornAt.advanced(by: .seconds(Int64(row.0) * 86_400))
            case .month: zone.instant(CivilDate(year: 2008, month: 11, day: 24))
            case _: zone.instant(CivilDate(year: 2008 + row.0, month: 10, day: 24))
            }
        for (minutes, inside) in [(Int64(-1), row.2), (0, row.3), (1, row.3)] {
            let collected = reached.advanced(by: .seconds(minutes * 60))
            let found = try Engine.one(
                "AGE", inside, { $0.observedAt = collected },
                input: {
                    $0.patient = PatientFacts(sex: .male, born: born, bornAt: bornAt)
                    $0.specimen.collectedAt = collected
                })
            #expect(found.flags == [.normal] && found.holdCodes == [], "\(row) at \(minutes) min")
        }
    }

    @Test func `sex unknown shows both intervals and flags what is out of both`() throws {
        func hemoglobin(_ text: String, _ sex: IntervalSex, week: Int? = nil) throws -> ResultEvaluation {
            try Engine.one(
                "HB", text, unit: "g/dL", { $0.history = [Engine.prior("13", unit: "g/dL")] },
                input: {
                    $0.patient.sex = sex
                    $0.patient.pregnancyWeek = week
                })
        }
        #expect(try hemoglobin("12.5", .any).flags == [] || hemoglobin("12.5", .any).flags == [.normal])
        #expect(try hemoglobin("12.5", .any).intervals.count == 2 && hemoglobin("12.5", .any).interval == nil)
        #expect(try hemoglobin("11.9", .any).flags == [.low] && hemoglobin("17.1", .any).flags == [.high])
        #expect(try hemoglobin("16.5", .any).flags == [.normal] && hemoglobin("12.5", .male).flags == [.low])
        #expect(try hemoglobin("12.0", .female).flags == [.normal] && hemoglobin("16.0", .female).flags == [.normal])
        #expect(
            try hemoglobin("11.0", .female, week: 20).flags == [.normal] && hemoglobin("11.0", .female).flags == [.low])
        #expect(try hemoglobin("11.0", .female, week: 27).flags == [.low], "the end of the weeks is out")
        // Pregnant, and nobody knows since when: there are intervals of pregnancy, none may be guessed.
        func unknownWeek(_ code: String, _ text: String, _ sex: IntervalSex) throws -> [String] {
            try Engine.codes(
                code, text, unit: code == "HB" ? "g/dL" : "mmol/L",
                { $0.history = [Engine.prior("13", unit: "g/dL")] },
                input: {
                    $0.patient.sex = sex
                    $0.patient.contexts = [.pregnancy]
                })
        }
        #expect(try unknownWeek("HB", "12.5", .female) == ["INTERVALLE_ABSENT"])
        #expect(try unknownWeek("HB", "12.5", .any) == ["INTERVALLE_ABSENT"])
        #expect(try unknownWeek("K", "4.2", .female) == [], "an analysis without intervals of pregnancy has its own")
        // Only men have an interval: a woman and an unknown sex have none.
        let prior: (inout ResultFacts) -> Void = { $0.history = [Engine.prior("1.00", unit: "ug/L")] }
        #expect(try Engine.codes("PSA", "1.00", unit: "ug/L", prior) == ["INTERVALLE_ABSENT"])
        #expect(
            try Engine.codes("PSA", "1.00", unit: "ug/L", prior, input: { $0.patient.sex = .any }) == [
                "INTERVALLE_ABSENT"
            ])
        #expect(try Engine.codes("PSA", "1.00", unit: "ug/L", prior, input: { $0.patient.sex = .male }) == [])
    }

    @Test func `what was said of the tube at reception is a flag that rules may look at`() throws {
        let catalogue = try Engine.engine().catalogue
        let rule = """
            { format: 1, rules: [ { id: "REMPLI", version: 1, when: "NA > 150[mmol/L] and drapeau.REMPLISSAGE",
              because: "tube mal rempli", source: "essai", holds: ["NA"] } ] }
            """
        let pack = try RulePack.load(
            [
                CatalogFile(name: "coherence.json5", bytes: Array(rule.utf8)),
                CatalogFile(name: "policy.json5", bytes: Array("{ format: 1 }".utf8)),
            ], catalogue: catalogue, version: "p")
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        func codes(_ text: String, _ nonconformity: String?) -> [Hold.Code] {
            var input = Engine.input(Engine.result("NA", text))
            input.specimen.nonconformity = nonconformity
            input.approvals.rules["REMPLI@1"] = RuleApproval(by: "bio", at: Engine.days(-1), until: Engine.days(1))
            return engine.evaluate(input).results[0].holdCodes
        }
        #expect(codes("151", "remplissage insuffisant") == [.specimenNonconform, .incoherent])
        #expect(codes("150", "Remplissage insuffisant") == [.specimenNonconform])
        #expect(codes("151", "caillot") == [.specimenNonconform] && codes("151", nil) == [])
    }

    /// An engine with intervals of sodium and carbon dioxide as a test writes them, beside those of the samples.
    private func engine(_ lines: String...) throws -> RuleEngine {
        let own =
            (Engine.intervals.split(separator: "\n").filter { !$0.hasPrefix("NA,") }.map(String.init) + lines)
            .joined(separator: "\n") + "\n"
        let files = Engine.files.map { file in
            file.name == "intervals.csv" ? CatalogFile(name: file.name, bytes: Array(own.utf8)) : file
        }
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c2"))
        return RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p"),
            zone: .europeParis)
    }
    private func sodium(_ text: String, _ engine: RuleEngine) -> ResultEvaluation? {
        engine.evaluate(Engine.input(Engine.result("NA", text))).results.first
    }

    @Test func `a therapeutic range flags, a decision value and a quality do not`() throws {
        for (kind, flags) in [
            ("thérapeutique", [[ResultFlag.low], [.normal], [.normal], [.high]]), ("seuil", [[], [], [], []]),
            ("qualitatif", [[], [], [], []]), ("intervalle", [[.low], [.normal], [.normal], [.high]]),
        ] {
            let engine = try engine("NA,*,0,,,,,136,145,mmol/L,\(kind),général,s")
            let found = ["135", "136", "145", "146"].map { sodium($0, engine) }
            #expect(found.map { $0?.flags } == flags, "\(kind)")
            #expect(found.allSatisfy { $0?.holdCodes == [] }, "\(kind)")
            #expect(found[0]?.intervalKind == IntervalKind(rawValue: kind))
        }
    }

    @Test func `an analysis that no interval applies to is not held for one, and says why`() throws {
        let engine = try engine("NA,*,0,,,,,,,mmol/L,aucun,,cible selon le risque")
        let found = try #require(sodium("139", engine))
        #expect(found.holdCodes == [] && found.flags == [] && found.interval == nil && found.intervals == [])
        #expect(found.intervalKind == .inapplicable && found.outcome == .proposable)
        let lines = found.checks.filter { $0.step == 15 }.map { $0.line(in: .europeParis) }
        #expect(
            lines == [
                "15 interval@1 : non – intervalle de référence du patient – aucun intervalle ne s'applique : "
                    + "sexe F ; cible selon le risque",
                "15 intervalFlag@1 : sans objet – place dans l'intervalle – aucun intervalle ne s'applique",
            ])
        for check in found.checks { #expect(CheckRecord(stored: check.stored) == check) }
        // Nobody knows above what such a number is positive: the first one waits.
        let files = Engine.files.map { file in
            file.name != "intervals.csv"
                ? file
                : CatalogFile(
                    name: file.name,
                    bytes: Array(
                        Engine.intervals.replacing(
                            "CRP,*,0,,,,,,5.0,mg/L,intervalle,général,s", with: "CRP,*,0,,,,,,,mg/L,aucun,,cible"
                        ).utf8))
        }
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c3"))
        let protein = RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p"),
            zone: .europeParis)
        let first = protein.evaluate(Engine.input(Engine.result("CRP", "1.0", unit: "mg/L"))).results.first
        #expect(first?.holdCodes == [.firstPositive])
        // For one sex only, and the sex is not known: which of the two is a guess.
        let men = try self.engine("NA,M,0,,,,,136,145,mmol/L,intervalle,général,s", "NA,F,0,,,,,,,,aucun,,cible")
        var input = Engine.input(Engine.result("NA", "139"))
        #expect(men.evaluate(input).results.first?.intervalKind == .inapplicable)
        input.patient.sex = .any
        #expect(men.evaluate(input).results.first?.holdCodes == [.noInterval])
    }

    @Test func `bounds are told with the decimals of the analysis, however a spreadsheet wrote them`() throws {
        let found = try #require(
            try engine("NA,*,0,,,,,136.5,145,mmol/L,intervalle,général,s")
                .evaluate(Engine.input(Engine.result("NA", "139"))).results.first)
        #expect(found.interval?.frenchText == "136,5 – 145")
        let files = Engine.files.map { file in
            CatalogFile(
                name: file.name,
                bytes: Array(
                    String(decoding: file.bytes, as: UTF8.self)
                        .replacing("K,*,0,,,,,3.5,5.0,", with: "K,*,0,,,,,3.5,5,").utf8))
        }
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c4"))
        let engine = RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p"),
            zone: .europeParis)
        let potassium = engine.evaluate(Engine.input(Engine.result("K", "4.2"))).results.first
        #expect(potassium?.interval?.frenchText == "3,5 – 5,0")
        #expect(potassium?.record(.intervalFlag)?.words(in: .europeParis).contains("borne haute 5,0") == true)
    }

    @Test func `two intervals that fit alike are none`() throws {
        // A month is 43,830 minutes to the lint, and 31 days to a child of October: at 741 hours both lines cover it.
        let tie = try engine(
            "NA,*,0,1 mois,,,,136,145,mmol/L,intervalle,général,s",
            "NA,*,43830 min,,,,,130,140,mmol/L,intervalle,général,s")
        func found(bornOn day: Int) -> ResultEvaluation? {
            var input = Engine.input(Engine.result("NA", "138"))
            let zone = CivilZone.europeParis
            input.specimen.collectedAt = zone.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 20)
            input.results[0].observedAt = zone.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 21)
            input.now = zone.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 21)
            input.patient = PatientFacts(sex: .female, born: CivilDate(year: 2026, month: 10, day: day))
            return tie.evaluate(input).results.first
        }
        let both = found(bornOn: 23)
        #expect(both?.holdCodes == [.noInterval] && both?.interval == nil && both?.flags == [])
        #expect(found(bornOn: 22)?.interval == AppliedInterval(low: Exact(130), high: Exact(140)))
        #expect(found(bornOn: 24)?.interval == AppliedInterval(low: Exact(136), high: Exact(145)))
    }

    @Test func `a decision value gives neither high nor low`() throws {
        for text in ["1.00", "5.20", "9.90"] {
            let found = try Engine.one("CT", text)
            #expect(found.flags == [] && found.intervalKind == .decision && found.holdCodes == [])
        }
        #expect(try Engine.one("K", "5.04").flags == [.normal], "flagged as printed: 5.0")
        #expect(try Engine.one("K", "5.05").flags == [.high])
        #expect(try Engine.one("K", "<4.0").record(.intervalFlag)?.code == .censoredUndecided)
    }

    @Test func `a birth date that is not whole has an interval when all its days agree`() throws {
        func codes(_ born: CivilDate) throws -> [String] {
            try Engine.codes("AGE", "6.5", { _ in }, input: { $0.patient.born = born })
        }
        #expect(try codes(CivilDate(year: 1960, month: 0, day: 0)) == [])
        #expect(try codes(CivilDate(year: 2008, month: 0, day: 0)) == ["INTERVALLE_ABSENT"])
        #expect(
            try codes(CivilDate(year: 2027, month: 1, day: 1)) == ["INTERVALLE_ABSENT"], "born after the collection")
    }
}
