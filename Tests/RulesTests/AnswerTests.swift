import Base
import Catalog
import FoundationEssentials
import Rules
import Testing

@Suite struct AnswerTests {
    private func answer(
        _ code: String, _ words: [String], sex: IntervalSex? = nil, age: String? = nil
    ) throws -> CalculationAnswer {
        CalculationAnswer(code, words: words, sex: sex, age: age, in: try Samples.pack())
    }

    @Test(arguments: ["50y", "50a", "50 a", "50 ans", "50", "600m", "600 mois"])
    func `an age is read as people write it`(_ text: String) throws {
        #expect(try GivenWords.age(text).completedYears == 50)
        #expect(try answer("DFG09", ["CREA=80"], sex: .female, age: text).value == "74")
    }

    @Test func `days, weeks and hours are ages too, words are not`() throws {
        #expect(try GivenWords.age("28d") == Age(28, .day) && GivenWords.age("28 j") == Age(28, .day))
        #expect(try GivenWords.age("3w") == Age(3, .week) && GivenWords.age("12h") == Age(12, .hour))
        #expect(try GivenWords.age("6m") == Age(6, .month))
        for bad in ["", "y", "50x", "-5y", "vieux", "9999999y"] {
            #expect(throws: Refusal.self) { try GivenWords.age(bad) }
        }
    }

    @Test(arguments: [
        "CREA=80", "crea=80", "CREA= 80", "CREA=80 µmol/L", "CREA=80umol/L", "CREA=0.080 mmol/L", "CR=80",
    ])
    func `a value is read with its unit, or without`(_ word: String) throws {
        #expect(try answer("DFG09", [word], sex: .female, age: "50y").value == "74")
    }

    @Test func `a mass converts with the factor of the catalogue`() throws {
        let mass = try answer("DFG09", ["CREA=0.9 mg/dL"], sex: .female, age: "50y")
        #expect(mass.value == "75", "79.6 µmol/L")
        #expect(try answer("DFG09", ["CREA=9 mg/L"], sex: .female, age: "50y").value == mass.value)
        #expect(try answer("DFG09", ["CREA=9 mmol"], sex: .female, age: "50y").refusal == "calc.input.unit")
    }

    @Test func `a word that is no value is refused with its reason`() throws {
        #expect(try answer("DFG09", ["CREA"]).refusal == "calc.word")
        #expect(try answer("DFG09", ["=80"]).refusal == "calc.word")
        #expect(try answer("DFG09", ["CREA=beaucoup"]).refusal == "calc.value")
        #expect(try answer("DFG09", ["CREA="]).refusal == "calc.value")
        #expect(try answer("DFG09", ["CREA=80", "CREA=90"]).refusal == "calc.twice")
        #expect(try answer("DFG09", ["CREA=80"], sex: .female, age: "x").refusal == "calc.age.word")
        #expect(try answer("DFG09", ["CREA=<80"], sex: .female, age: "50y").refusal == "calc.input.censored")
    }

    @Test func `an answer says what it was made of`() throws {
        let answer = try answer("DFG09", ["CREA=80"], sex: .female, age: "50y")
        #expect(answer.code == "DFG09" && answer.unit == "mL/min/{1.73_m2}" && answer.formula == "CKD-EPI 2009")
        #expect(answer.version == 1 && answer.rule == "calcul:DFG09@1" && answer.inputs == ["CREA": "80"])
        #expect(answer.unrounded?.hasPrefix("74.05") == true && answer.comments == [])
        let object = try JSONDecoder().decode(Shown.self, from: JSONEncoder().encode(answer))
        #expect(object.value == "74" && object.refusal == nil)
        let none = try self.answer("CAC", ["CA=2.10", "ALB=45"])
        let refused = try JSONDecoder().decode(Shown.self, from: JSONEncoder().encode(none))
        #expect(refused.value == nil && refused.refusal == "calc.guard.albumine" && refused.reason?.isEmpty == false)
    }
    private struct Shown: Decodable {
        let value: String?
        let refusal: String?
        let reason: String?
    }

    @Test func `a comment stands beside a value that it does not refuse`() throws {
        let answer = try answer("PROTU24", ["PROTU=0.15", "VOLUME=1.5", "DUREE=12"])
        #expect(answer.value == "0.45" && answer.comments?.count == 1)
    }
}
