import Base
import Catalog
import Rules
import Testing

@Suite struct CalculationTests {
    struct Vector: Sendable, CustomStringConvertible {
        let code: String
        let inputs: [String: String]
        let sex: IntervalSex?
        let age: String?
        let unrounded: String
        let printed: String
        var description: String { "\(code) \(inputs)" }
        init(
            _ code: String, _ inputs: [String: String], _ sex: IntervalSex? = nil, _ age: String? = nil,
            unrounded: String, printed: String
        ) {
            self.code = code
            self.inputs = inputs
            self.sex = sex
            self.age = age
            self.unrounded = unrounded
            self.printed = printed
        }
    }

    /// RULES section 7, every line of its table of test vectors.
    static let vectors: [Vector] = [
        Vector("DFG09", ["CREA": "80"], .female, "50 a", unrounded: "74.059", printed: "74"),
        Vector("DFG21", ["CREA": "80"], .female, "50 a", unrounded: "77.370", printed: "77"),
        Vector("DFG09", ["CREA": "150"], .male, "70 a", unrounded: "40.060", printed: "40"),
        Vector("DFG21", ["CREA": "150"], .male, "70 a", unrounded: "42.928", printed: "43"),
        Vector("DFG09", ["CREA": "50"], .female, "30 a", unrounded: "124.711", printed: "125"),
        Vector("DFG21", ["CREA": "50"], .female, "30 a", unrounded: "125.531", printed: "126"),
        Vector("DFG09", ["CREA": "60"], .male, "85 a", unrounded: "87.151", printed: "87"),
        Vector("DFG21", ["CREA": "60"], .male, "85 a", unrounded: "91.140", printed: "91"),
        Vector("DFG09", ["CREA": "300"], .female, "60 a", unrounded: "13.966", printed: "14"),
        Vector("DFG21", ["CREA": "300"], .female, "60 a", unrounded: "14.884", printed: "15"),
        Vector("LDLC", ["CT": "5.20", "HDL": "1.30", "TG": "1.50"], unrounded: "3.2182", printed: "3.22"),
        // RULES writes 3.2873; its own factors (38.67, 88.57) give 3.28716, printed 3.29 either way.
        Vector("LDLS", ["CT": "5.20", "HDL": "1.30", "TG": "1.50"], unrounded: "3.2872", printed: "3.29"),
        Vector("LDLS", ["CT": "4.00", "HDL": "1.00", "TG": "4.00"], unrounded: "1.5801", printed: "1.58"),
        Vector("CAC", ["CA": "2.10", "ALB": "30"], unrounded: "2.35", printed: "2.35"),
        Vector("CAC20", ["CA": "2.10", "ALB": "30"], unrounded: "2.30", printed: "2.30"),
        Vector("TA", ["NA": "140", "CL": "102", "CO2T": "25"], unrounded: "13", printed: "13"),
        Vector("OSMC", ["NA": "140", "GLU": "5", "UREE": "5"], unrounded: "290", printed: "290"),
        Vector("CST", ["FER": "15", "TRF": "2.5"], unrounded: "24", printed: "24"),
        Vector("HOMA", ["INS": "10", "GLUJ": "5.0"], unrounded: "2.22", printed: "2.2"),
        Vector("VGM", ["HT": "42", "GR": "4.5"], unrounded: "93.33", printed: "93"),
        Vector("TCMH", ["HB": "14", "GR": "4.5"], unrounded: "31.11", printed: "31.1"),
        Vector("CCMH", ["HB": "14", "HT": "42"], unrounded: "33.33", printed: "33.3"),
        Vector("HBA1CI", ["HBA1C": "7.0"], unrounded: "53.0", printed: "53"),
        Vector("HBA1CI", ["HBA1C": "6.5"], unrounded: "47.5", printed: "48"),
        Vector("RACM", ["ALBU": "45", "CREAU": "9.0"], unrounded: "5.0", printed: "5.0"),
        Vector("RAC", ["ALBU": "45", "CREAU": "9.0"], unrounded: "44.2", printed: "44"),
        Vector("CLCG", ["CREA": "100", "POIDS": "70"], .male, "70 a", unrounded: "60.27", printed: "60"),
    ]

    static func given(_ inputs: [String: String]) throws -> [String: GivenValue] {
        try inputs.mapValues { GivenValue(try #require(Measured($0))) }
    }

    @Test(arguments: vectors)
    func `a test vector of the rules comes out, unrounded and printed`(_ vector: Vector) throws {
        let result = try Samples.pack().evaluate(
            vector.code, inputs: CalculationTests.given(vector.inputs), sex: vector.sex,
            age: vector.age.flatMap { Age($0) })
        #expect(result.printed.text == vector.printed)
        let places =
            vector.unrounded.split(separator: ".").count > 1 ? vector.unrounded.split(separator: ".")[1].count : 0
        #expect(result.unrounded.rounded(to: places)?.text == vector.unrounded)
        #expect(result.formula.hasSuffix("(v1)"))
    }

    private func refusal(
        _ code: String, _ inputs: [String: String], sex: IntervalSex? = nil, age: String? = nil
    ) throws -> String {
        do {
            let result = try Samples.pack().evaluate(
                code, inputs: CalculationTests.given(inputs), sex: sex, age: age.flatMap { Age($0) })
            return "value \(result.printed.text)"
        } catch let refusal as Refusal {
            return refusal.code
        }
    }

    @Test func `what a guard refuses has a reason and no value`() throws {
        #expect(try refusal("CAC", ["CA": "2.10", "ALB": "45"]) == "calc.guard.albumine")
        #expect(try refusal("LDLC", ["CT": "4.00", "HDL": "1.00", "TG": "4.00"]) == "calc.guard.triglycerides")
        #expect(try refusal("LDLC", ["CT": "2.0", "HDL": "1.9", "TG": "3.0"]) == "calc.guard.negatif")
        #expect(try refusal("DFG09", ["CREA": "80"], sex: .female, age: "17 a") == "calc.guard.mineur")
        #expect(try refusal("DFG09", ["CREA": "80"], sex: .any, age: "50 a") == "calc.sex")
        #expect(try refusal("DFG09", ["CREA": "80"], age: "50 a") == "calc.sex")
        #expect(try refusal("DFG09", ["CREA": "80"], sex: .male) == "calc.age")
    }

    @Test func `a missing, censored, unknown or foreign input refuses, never zero`() throws {
        #expect(try refusal("TA", ["NA": "140", "CL": "102"]) == "calc.input.missing")
        #expect(try refusal("TA", ["NA": "140", "CL": "102", "CO2T": "<5"]) == "calc.input.censored")
        #expect(try refusal("TA", ["NA": "140", "CL": "102", "CO2T": "25", "XYZ": "1"]) == "calc.input.unknown")
        #expect(try refusal("RIEN", [:]) == "calc.unknown")
    }

    @Test func `units convert where they can, and refuse where they cannot`() throws {
        let pack = try Samples.pack()
        let grams = GivenValue(try #require(Measured("1.131")), unit: "mg/L")
        let result = try pack.evaluate("DFG09", inputs: ["CREA": grams], sex: .male, age: Age(50, .year))
        let direct = try pack.evaluate(
            "DFG09", inputs: ["CREA": GivenValue(try #require(Measured("10")))], sex: .male, age: Age(50, .year))
        #expect(result.printed == direct.printed)
        let milli = GivenValue(try #require(Measured("0.080")), unit: "mmol/L")
        #expect(
            try pack.evaluate("DFG09", inputs: ["CREA": milli], sex: .female, age: Age(50, .year)).printed.text == "74")
        #expect(throws: Refusal.self) {
            try pack.evaluate(
                "TA",
                inputs: [
                    "NA": GivenValue(Measured(Exact(140)), unit: "g/L"), "CL": GivenValue(Measured(Exact(102))),
                    "CO2T": GivenValue(Measured(Exact(25))),
                ])
        }
    }

    @Test func `what is calculated from a calculation is rounded once`() throws {
        let result = try Samples.pack().evaluate(
            "OSMG", inputs: CalculationTests.given(["OSMM": "300", "NA": "139.7", "GLU": "5", "UREE": "5"]))
        // 300 − 289.4, not 300 − 289
        #expect(result.unrounded.rounded(to: 1)?.text == "10.6" && result.printed.text == "11")
    }

    @Test func `a cycle of formulas is refused`() throws {
        let text = """
            { format: 1, formulas: [
              { code: "AAA", name: "a", version: 1, unit: "1", decimals: 0,
                inputs: { BBB: "1" }, value: "BBB + 1", source: "x" },
              { code: "BBB", name: "b", version: 1, unit: "1", decimals: 0,
                inputs: { AAA: "1" }, value: "AAA + 1", source: "x" },
            ] }
            """
        #expect(try Samples.refusals("calculated.json5", text).contains { $0.contains("AAA → BBB → AAA") })
    }

    @Test(arguments: [
        ("NA + K × 2[g/L]", "grandeur"), ("pow(NA, 2)", "sans unité"), ("NA +", "une valeur"), ("NA K", "la fin"),
        ("XYZ + 1[mmol/L]", "déclarée"), ("racine(NA)", "n'existe pas"), ("NA + 1[foo]", "UCUM"),
        ("NA > 1[mmol/L]", "ne donne pas"),
        ("NA + 'F'", "nombre"), ("if(NA, NA, NA)", "condition"), ("NA # 2", "sens"), ("(NA", "attendu"),
        ("NA × NA", "ne donne pas"), ("max(NA)", "deux valeurs"), ("'abc", "fermé"), ("1.2.3[mmol/L]", "nombre"),
    ])
    func `a faulty formula is refused with its place`(_ row: (String, String)) throws {
        let text = """
            { format: 1, formulas: [ { code: "ZZZ", name: "z", version: 1, unit: "mmol/L", decimals: 1,
              inputs: { NA: "mmol/L", K: "mmol/L" }, value: "\(row.0)", source: "x" } ] }
            """
        let found = try Samples.refusals("calculated.json5", text)
        #expect(found.count == 1 && found[0].contains(row.1) && found[0].contains("formulas[0].value"), "\(found)")
    }

    @Test func `a deep formula is refused, not followed`() throws {
        let deep = String(repeating: "(", count: 60) + "NA" + String(repeating: ")", count: 60)
        let text = """
            { format: 1, formulas: [ { code: "ZZZ", name: "z", version: 1, unit: "mmol/L", decimals: 1,
              inputs: { NA: "mmol/L" }, value: "\(deep)", source: "x" } ] }
            """
        #expect(try Samples.refusals("calculated.json5", text).contains { $0.contains("imbriquée") })
    }
}
