import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct `Ranges, dilutions and interferences` {
    private func made(_ factor: Int, multiplied: Bool = true) -> DilutionFacts {
        .made(factor: Exact(factor), multiplied: multiplied)
    }

    @Test func `outside the measuring range one prints its end, and above it a dilution is proposed`() throws {
        let high = try Engine.one("CRP", "300.1", unit: "mg/L")
        #expect(high.record(.measuringRange)?.code == .outsideMeasuringRange && high.proposedDilution == nil)
        #expect(high.value == .measured(try #require(Measured(">300.0")), unit: "mg/L"))
        // As many decimals as the analysis has, whatever was sent (RULES section 9).
        for (sent, said) in [("<5", "<5.0"), (">9", ">9.0"), ("4", "4.0"), ("4.25", "4.3"), ("≥4.249", "≥4.2")] {
            let found = try Engine.one("K", sent)
            #expect(found.value == .measured(try #require(Measured(said)), unit: "mmol/L"), "\(sent)")
        }
        #expect(try Engine.one("K", "10.1").proposedDilution == Exact(5))
        #expect(try Engine.one("CRP", "300.0", unit: "mg/L").record(.measuringRange)?.outcome == .no)
        let low = try Engine.one("CRP", "0.4", unit: "mg/L", { $0.history = [Engine.prior("90", unit: "mg/L")] })
        #expect(low.holdCodes == [] && low.record(.measuringRange)?.note == .belowRange)
        #expect(low.value == .measured(try #require(Measured("<0.5")), unit: "mg/L") && low.flags == [.normal])
        #expect(try Engine.one("CRP", "0.5", unit: "mg/L").record(.measuringRange)?.note == nil)
        #expect(try Engine.one("CRP", ">200", unit: "mg/L").record(.measuringRange)?.code == .censoredUndecided)
        #expect(try Engine.one("CRP", ">300", unit: "mg/L").record(.measuringRange)?.code == .outsideMeasuringRange)
    }

    @Test func `a factor of one is no dilution: outside the range is told as without it`() throws {
        for (code, text, unit) in [
            ("K", "10.1", "mmol/L"), ("K", "1.4", "mmol/L"), ("K", "4.2", "mmol/L"), ("CRP", "350", "mg/L"),
            ("CRP", "0.4", "mg/L"), ("NONE", "4.2", "mmol/L"),
        ] {
            let bare = try Engine.one(code, text, unit: unit)
            for multiplied in [true, false] {
                let said = try Engine.one(code, text, unit: unit, { $0.dilution = made(1, multiplied: multiplied) })
                #expect(said == bare, "\(code) \(text)")
            }
        }
        let high = try Engine.one("K", "10.1", { $0.dilution = made(1) })
        #expect(high.value == .measured(try #require(Measured(">10.0")), unit: "mmol/L"))
        #expect(high.proposedDilution == Exact(5))
        let low = try Engine.one("K", "1.4", { $0.dilution = made(1) })
        #expect(low.record(.measuringRange)?.note == .belowRange && low.record(.measuringRange)?.code == nil)
    }

    @Test func `a dilution must have been validated, made and needed`() throws {
        func codes(_ text: String, _ dilution: DilutionFacts) throws -> [Hold.Code?] {
            let found = try Engine.one("K", text, { $0.dilution = dilution })
            return [found.record(.measuringRange)?.code, found.record(.dilution)?.code]
        }
        // Read 3.0 in [1.5, 10], final 15 > 9.
        #expect(try codes("15.0", made(5)) == [nil, nil])
        #expect(try codes("3.0", made(5, multiplied: false)) == [nil, nil])
        #expect(try codes("9.1", made(5)) == [nil, nil])
        #expect(try codes("9.0", made(5)) == [nil, .dilutionMissing], "not above nine tenths of the range")
        #expect(try codes("7.4", made(5)) == [.outsideMeasuringRange, .dilutionMissing], "read 1.48, below the range")
        #expect(try codes("50.0", made(5)) == [nil, nil])
        #expect(try codes("50.1", made(5)) == [.outsideMeasuringRange, nil])
        #expect(try codes("20", made(6)) == [nil, .dilutionMissing], "validated up to 5")
        #expect(try codes("20", made(0)) == [nil, .dilutionMissing])
        #expect(try codes("20", .unknownFactor) == [nil, .dilutionMissing])
        #expect(try codes("4.2", made(1)) == [nil, nil])
        #expect(try codes(">15", made(5)) == [.censoredUndecided, nil])
        #expect(try Engine.one("NONE", "4", { $0.dilution = made(2) }).holdCodes == [.dilutionMissing, .noInterval])
        let found = try Engine.one("K", "3.04", { $0.dilution = made(5, multiplied: false) })
        #expect(found.value == .measured(try #require(Measured("15.2")), unit: "mmol/L"), "multiplied, then rounded")
    }

    @Test func `a rerun agrees with any run before it, within the larger of two limits`() throws {
        func found(_ code: String, _ second: String, _ before: [String]) throws -> CheckRecord? {
            try Engine.one(
                code, second,
                { $0.earlierRuns = before.compactMap { Measured($0) }.map { .measured($0, unit: "mmol/L") } }
            ).record(.rerun)
        }
        // 2 mmol/L for sodium, its end included, whatever the sign.
        #expect(try found("NA", "142", ["140"])?.outcome == .no && found("NA", "138", ["140"])?.outcome == .no)
        #expect(try found("NA", "143", ["140"])?.code == .rerun && found("NA", "137", ["140"])?.code == .rerun)
        let third = try found("K", "4.3", ["3.0", "4.2", "4.3"])
        #expect(third?.outcome == .no && third?.inputs.last == Measured("4.2").map { CheckFact(.previous, $0) })
        #expect(try found("K", "5.0", ["3.0", "4.2"])?.inputs.last == Measured("3.0").map { CheckFact(.previous, $0) })
        // Without any limit nobody knows, but of the same number.
        #expect(try found("AGE", "6.5", ["6.4"])?.outcome == .unknown)
        #expect(try found("AGE", "6.5", ["6.50"])?.outcome == .no)
        let words = try Engine.one(
            "AGHBS", "NEG", unit: "",
            {
                $0.value = .coded("NEG", display: "négatif");
                $0.earlierRuns = [.coded("POS", display: "positif"), .coded("NEG", display: "négatif")]
            })
        #expect(words.record(.rerun)?.outcome == .no)
        let other = try Engine.one(
            "AGHBS", "NEG", unit: "",
            {
                $0.value = .coded("NEG", display: "négatif"); $0.earlierRuns = [.coded("POS", display: "positif")]
            })
        #expect(other.record(.rerun)?.code == .rerun)
    }

    @Test func `a rerun agrees within 2,77 CV of the mean`() throws {
        func codes(_ second: String, _ first: String) throws -> [String] {
            try Engine.codes(
                "K", second,
                { facts in
                    facts.earlierRuns = Measured(first).map { [.measured($0, unit: "mmol/L")] } ?? []
                })
        }
        // CV 2 %: 0.0554 × mean; 4.0 and 4.2: 0.2 ≤ 0.2271; 4.0 and 4.3: 0.3 > 0.2299.
        #expect(try codes("4.2", "4.0") == [] && codes("4.3", "4.0") == ["REPASSE"])
        #expect(try codes("4.2", "<4.0") == ["REPASSE"])
        let value = try #require(Measured("4"))
        #expect(
            try Engine.codes("NONE", "4.1", { $0.earlierRuns = [.measured(value, unit: "mmol/L")] })
                == ["REPASSE", "INTERVALLE_ABSENT"], "no tolerance is known")
        let a = try #require(Measured("100")), b = try #require(Measured("110"))
        func agree(_ limit: Exact?, _ cv: Exact?) -> Verdict {
            RerunAgreement.agrees(first: a, second: b, absoluteLimit: limit, analyticalCV: cv)
        }
        #expect(agree(Exact(10), nil) == .yes && agree(Exact(9), nil) == .no && agree(nil, nil) == .unknown)
        // 2.77 × 3.4 % × 105 = 9.889; × 3.5 % = 10.18
        #expect(agree(Exact(9), Exact("3.4")) == .no && agree(Exact(9), Exact("3.5")) == .yes)
        #expect(
            try Engine.codes(
                "GSABO", "",
                {
                    $0.value = .coded("A", display: "A"); $0.earlierRuns = [.coded("B", display: "B")]
                }) == ["REPASSE"])
    }

    @Test func `thresholds for other analyzers only leave it open what an index does here`() throws {
        func codes(_ analyzer: String?, _ indices: SerumIndices) throws -> [String] {
            try Engine.codes("CREA", "80", unit: "umol/L") {
                $0.analyzer = analyzer
                $0.indices = indices
            }
        }
        let icteric = SerumIndices(icterus: Exact(900), measured: true)
        #expect(try codes("B", icteric) == ["HIL_RCV"])
        #expect(try codes("A", icteric) == ["CENSURE_INDECIS"])
        #expect(try codes("A", SerumIndices(hemolysis: Exact(900), measured: true)) == ["DRAPEAU_ANALYSEUR"])
        #expect(try codes("A", SerumIndices()) == [])
        #expect(try codes(nil, icteric) == [])
    }

    @Test func `the table of the indices`() throws {
        func one(_ index: String?, analyzer: String = "A") throws -> ResultEvaluation {
            try Engine.one({
                $0.indices = SerumIndices(hemolysis: index.flatMap { Exact($0) }, measured: true)
                $0.analyzer = analyzer
            })
        }
        #expect(try one("50").holdCodes == [] && one("50").comments(name: "potassium") == [])
        let biased = try one("50.1")
        #expect(biased.outcome == .proposable && biased.record(.interference)?.code == .interferenceBias)
        #expect(biased.comments(name: "potassium")[0].hasPrefix("hémolyse : potassium surestimé"))
        #expect(try one("200").outcome == .proposable && !one("200").isSuppressed)
        let suppressed = try one("200.1")
        #expect(suppressed.holdCodes == [.interference] && suppressed.isSuppressed)
        #expect(suppressed.comments(name: "potassium")[0].hasPrefix("non rendu : échantillon hémolysé"))
        #expect(try one(nil).holdCodes == [.analyzerFlag])
        // The rule of the analyzer is stronger than that for any.
        #expect(try one("6", analyzer: "B").comments(name: "potassium")[0].contains("sous-estimé"))
        #expect(try one("21", analyzer: "B").holdCodes == [.interference])
        // A threshold that nobody entered holds; an analyzer without indices does not.
        let open = try Engine.one("NA", "140", { $0.indices = SerumIndices(lipemia: Exact(1), measured: true) })
        #expect(open.holdCodes == [.censoredUndecided] && open.record(.interference)?.note == .thresholdMissing)
        #expect(try Engine.one().record(.indicesPresent)?.note == .notMeasured)
    }

    @Test(arguments: [("9.9", []), ("10", ["HIL_RCV"]), ("10.1", ["HIL_RCV"])])
    func `free hemoglobin of 10 g per litre suppresses whatever is measured`(_ row: (String, [String])) throws {
        let free = try #require(Exact(row.0))
        #expect(try Engine.codes("CREA", "80", unit: "umol/L", { $0.indices.freeHemoglobin = free }) == row.1)
    }
}
