import Base
import Catalog
import Rules
import Testing

/// What a calculation takes for an input, and what it refuses with its reason.
@Suite struct InputTests {
    private func answer(
        _ code: String, _ words: [String], sex: IntervalSex? = nil, age: String? = nil
    ) throws -> CalculationAnswer {
        CalculationAnswer(code, words: words, sex: sex, age: age, in: try Samples.pack())
    }

    @Test func `HbA1c in mmol per mol is no percentage`() throws {
        let refused = try answer("HBA1CI", ["HBA1C=53 mmol/mol"])
        #expect(refused.value == nil && refused.refusal == "calc.input.unit")
        #expect(refused.reason?.contains("mmol/mol") == true && refused.remedy?.contains("%") == true)
        #expect(try answer("HBA1CI", ["HBA1C=7.0 %"]).value == "53")
        #expect(try answer("HBA1CI", ["HBA1C=70 mg/g"]).refusal == "calc.input.unit")
    }

    @Test(arguments: [
        ("CAC", ["CA=4.2 meq/L", "ALB=30"]), ("OSMG", ["OSMM=300 mmol/kg", "OSMC=290"]),
        ("OSMC", ["NA=140 mosm/L", "GLU=5", "UREE=5"]), ("DFG09", ["CREA=80 U/L"]),
        ("CCMH", ["HB=14", "HT=42 mmol/mol"]),
        ("CLCG", ["CREA=100", "POIDS=70 L"]),
    ])
    func `a unit of another quantity is refused`(_ code: String, _ words: [String]) throws {
        #expect(try answer(code, words, sex: .male, age: "50y").refusal == "calc.input.unit")
    }

    @Test func `a haematocrit may be a fraction when it says so`() throws {
        #expect(try answer("CCMH", ["HB=14", "HT=0.42 L/L"]).value == "33.3")
        #expect(try answer("CCMH", ["HB=14", "HT=0.42 1"]).value == "33.3")
        let bare = try answer("CCMH", ["HB=14", "HT=0.42"])
        #expect(bare.refusal == "calc.input.absurd" && bare.reason?.contains("3.0 %") == true)
    }

    @Test func `an input under two of its names is refused with both`() throws {
        let twice = try answer("DFG09", ["CREA=80", "CR=90"], sex: .female, age: "50y")
        #expect(twice.refusal == "calc.input.twice")
        #expect(twice.reason == "CREA et CR sont deux noms de la même donnée")
        #expect(try answer("OSMC", ["NA=140", "GLU=5", "GLUJ=5", "UREE=5"]).refusal == "calc.input.twice")
        let both = try answer("OSMG", ["OSMM=300", "OSMC=290", "NA=140", "GLU=5", "UREE=5"])
        #expect(both.refusal == "calc.input.twice" && both.reason?.contains("OSMC") == true)
        #expect(try answer("OSMG", ["OSMM=300", "OSMC=290"]).value == "10")
    }

    @Test(arguments: [
        ("VGM", ["HT=-42", "GR=4.5"]), ("VGM", ["HT=42", "GR=-4.5"]), ("DFG09", ["CREA=-5"]),
        ("LDLC", ["CT=5", "HDL=-1", "TG=1"]), ("TA", ["NA=140", "CL=100", "CO2T=-1"]),
    ])
    func `a value below zero is refused as such`(_ code: String, _ words: [String]) throws {
        let refused = try answer(code, words, sex: .female, age: "50y")
        #expect(refused.refusal == "calc.input.negative")
        #expect(refused.reason?.contains("négative") == true)
    }

    @Test(arguments: [
        ("DFG09", ["CREA=1e26"]), ("DFG09", ["CREA=3001"]), ("DFG09", ["CREA=4"]), ("DFG09", ["CREA=3.1 mmol/L"]),
        ("DFG09", ["CREA=500 mg/L"]), ("OSMC", ["NA=14", "GLU=5", "UREE=5"]), ("TA", ["NA=140", "CL=10", "CO2T=25"]),
        ("VGM", ["HT=81", "GR=4.5"]), ("HOMA", ["INS=10", "GLUJ=500"]),
    ])
    func `a value beyond the absurd limits of the catalogue is refused`(_ code: String, _ words: [String]) throws {
        let refused = try answer(code, words, sex: .female, age: "50y")
        #expect(refused.refusal == "calc.input.absurd" && refused.value == nil)
        #expect(refused.reason?.contains("limite absurde") == true)
    }

    @Test func `the absurd limits themselves are not absurd`() throws {
        #expect(try answer("DFG09", ["CREA=3000"], sex: .female, age: "50y").value != nil)
        #expect(try answer("DFG09", ["CREA=5"], sex: .female, age: "50y").value != nil)
        #expect(try answer("VGM", ["HT=80", "GR=8"]).value == "100")
    }

    @Test func `an age that nobody reaches is refused`() throws {
        for age in ["131y", "141y", "999999y"] {
            #expect(try answer("CLCG", ["CREA=100", "POIDS=70"], sex: .male, age: age).refusal == "calc.age.absurd")
        }
        #expect(try answer("CLCG", ["CREA=100", "POIDS=70"], sex: .male, age: "130y").value == "9")
    }

    @Test func `a CCMH over 36.5 is refused with what it would have been`() throws {
        // 1 mmol/L of hemoglobin is 1.61 g/dL (monomer): 8.7 mmol/L are 14.007 g/dL.
        #expect(try answer("CCMH", ["HB=8.7 mmol/L", "HT=42"]).unrounded?.hasPrefix("33.35") == true)
        #expect(try answer("DFG09", ["CREA=0.9 mg/dL"]).refusal == "calc.sex")
        let high = try answer("CCMH", ["HB=16", "HT=42"])
        #expect(high.refusal == "calc.guard.haute" && high.value == nil)
        #expect(high.reason?.hasPrefix("le calcul donne 38.1 g/dL") == true)
        #expect(try answer("CCMH", ["HB=14.6", "HT=40"]).value == "36.5")
        let iron = try answer("CST", ["FER=30", "TRF=1"])
        #expect(iron.refusal == "calc.guard.depasse" && iron.reason?.contains("120 %") == true)
    }

    @Test(arguments: ["80e-400", "99999999999999999999999999999999999999999999", "--80", "80 80"])
    func `what is no number is not read as one with a unit`(_ text: String) throws {
        #expect(try answer("DFG09", ["CREA=\(text)"], sex: .female, age: "50y").refusal == "calc.value")
    }

    @Test func `an anion gap that calls for a second look says so`() throws {
        let low = try answer("TA", ["NA=110", "CL=130", "CO2T=25"])
        #expect(low.value == "-45" && low.comments?.count == 1)
        #expect(try answer("TA", ["NA=140", "CL=102", "CO2T=25"]).comments == [])
        #expect(try answer("HOMA", ["INS=10 uUI/mL", "GLUJ=5.0"]).value == "2.2")
    }

    @Test func `HOMA wants the fasting glucose`() throws {
        #expect(try answer("HOMA", ["INS=10", "GLU=5.0"]).refusal == "calc.input.unknown")
        #expect(try answer("HOMA", ["INS=10", "GLUJ=5.0"]).value == "2.2")
    }

    @Test(arguments: ["HBA1C in [mmol/mol]", "HBA1C + 5[mmol/mol]", "if(HBA1C > 48[mmol/mol], 1, 2)"])
    func `a formula that reads one ratio as another is refused when it is loaded`(_ value: String) throws {
        let text = """
            { format: 1, formulas: [ { code: "ESSAI", name: "n", version: 1, unit: "1", decimals: 0,
              inputs: { HBA1C: "%" }, value: "\(value)", source: "s", cases: [] } ] }
            """
        #expect(try Samples.refusals("calculated.json5", text).contains { $0.contains("grandeur") })
        let units = """
            { format: 1, formulas: [ { code: "ESSAI", name: "n", version: 1, unit: "1", decimals: 0,
              inputs: { HBA1C: "mmol/mol" }, value: "HBA1C in [mmol/mol]", source: "s", cases: [] } ] }
            """
        #expect(try Samples.refusals("calculated.json5", units).contains { $0.contains("est rendu en %") })
    }
}

/// What the rules and the catalogue say of each other.
@Suite struct DisagreementTests {
    private func pack(_ change: (String) -> String) throws -> RulePack {
        try Samples.shipped(changing: "calculated.json5", change)
    }
    private func found(_ pack: RulePack) throws -> [String] {
        pack.disagreements(with: try Samples.catalogue()).map { "\($0.code) \($0.place)" }
    }

    @Test func `the shipped rules and catalogue agree`() throws {
        #expect(try found(pack { $0 }) == [])
    }

    @Test func `a calculated analysis without formula, and a formula without line, are told`() throws {
        let misspelt = try pack { $0.replacing("code: \"NHDL\"", with: "code: \"NHDX\"") }
        #expect(
            try found(misspelt) == [
                "rules.formula.missing calculated.json5 : NHDL", "rules.formula.line calculated.json5 : NHDX",
            ])
    }

    @Test func `a case that its rule denies is told before anything is published`() throws {
        let wrong = try pack { $0.replacing("value: \"25[umol/g] × TRF\"", with: "value: \"25[mmol/g] × TRF\"") }
        let faults = wrong.disagreements(with: try Samples.catalogue())
        #expect(faults.map(\.code) == ["rules.case"], "\(faults)")
        #expect(faults.first?.cause.contains("TRF=2.5 donne 62500") == true, "\(faults)")
    }

    @Test func `a formula aside says why, and is not aside when the catalogue has its line`() throws {
        let listed = try pack { $0.replacing("code: \"NHDL\",", with: "code: \"NHDL\", aside: \"essai\",") }
        #expect(try found(listed) == ["rules.formula.line calculated.json5 : NHDL"])
    }
}
