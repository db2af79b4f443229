import Base
import Catalog
import FoundationEssentials
import Laboratory
import Rules
import Testing

@Suite struct `Replay` {
    private static let codes: [(String, String)] = [
        ("K", "mmol/L"), ("NA", "mmol/L"), ("CREA", "umol/L"), ("PAL", "U/L"), ("CRP", "mg/L"), ("CT", "mmol/L"),
        ("HDL", "mmol/L"), ("TG", "mmol/L"), ("LDL", "mmol/L"), ("GSABO", ""), ("AGHBS", ""), ("AGE", "mmol/L"),
        ("HB", "g/dL"), ("ZZZ", "g/L"),
    ]

    private static func value(_ unit: String, _ random: inout PRNG) -> ObservationValue? {
        if unit.isEmpty {
            let code = ["POS", "NEG", "A", "B"].randomElement(using: &random) ?? ""
            return .coded(code, display: code)
        }
        let mark = Int.random(in: 0..<12, using: &random)
        let text =
            (mark == 0 ? "<" : mark == 1 ? ">" : "") + "\(Int.random(in: 0...180, using: &random))."
            + "\(Int.random(in: 0...99, using: &random))"
        return mark == 2 ? nil : Measured(text).map { .measured($0, unit: mark == 3 ? "mg/L" : unit) }
    }

    private static func facts(_ number: Int, _ random: inout PRNG) -> ResultFacts {
        let (code, unit) = codes[number % codes.count]
        var facts = Engine.result(code, "x", unit: unit)
        facts.id = "r\(number)"
        facts.value = value(unit, &random)
        facts.origin = code == "LDL" ? .calculated : .analyzer
        facts.flags = Int.random(in: 0..<9, using: &random) == 0 ? ["H*"] : []
        facts.mode = EngineMode.allCases.randomElement(using: &random) ?? .off
        facts.control = ControlFacts(ControlFacts.State.allCases.randomElement(using: &random) ?? .absent, "x")
        facts.lineApproved = Bool.random(using: &random)
        facts.indices = SerumIndices(
            hemolysis: Exact(Int.random(in: 0...300, using: &random)), measured: Bool.random(using: &random))
        facts.dilution =
            [
                .none, .none, .made(factor: Exact(5), multiplied: true), .made(factor: Exact(2), multiplied: false),
                .unknownFactor,
            ].randomElement(using: &random) ?? .none
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            if let before = value(unit, &random) {
                facts.history.append(
                    PriorResult(
                        value: before, at: Engine.days(Int64.random(in: -60...0, using: &random)),
                        comparability: code == "K" ? "g1" : "", specimenKind: "SER",
                        technicallyValidated: Int.random(in: 0..<5, using: &random) > 0))
            }
        }
        if code == "K", let told = Measured("6.9") {
            facts.lastCall = KnownCall(value: told, at: Engine.days(Int64.random(in: -10...0, using: &random)))
        }
        return facts
    }

    private static func input(_ number: Int, _ random: inout PRNG) -> EvaluationInput {
        var input = Engine.input((0..<20).map { facts(number * 20 + $0, &random) })
        input.patient = PatientFacts(
            sex: IntervalSex.allCases.randomElement(using: &random) ?? .any,
            born: CivilDate(
                year: Int.random(in: 1930...2026, using: &random), month: Int.random(in: 0...12, using: &random), day: 0
            ),
            contexts: ClinicalContext.allCases.filter { _ in Int.random(in: 0..<6, using: &random) == 0 })
        if Int.random(in: 0..<10, using: &random) == 0 { input.specimen.collectedAt = nil }
        if Int.random(in: 0..<40, using: &random) == 0 { input.contradictions = [.birthDate] }
        return input
    }

    @Test func `ten thousand results of a simulated day, stored and judged again, get the same answers`() throws {
        let engine = try Engine.engine()
        var random = PRNG(seed: 20_261_122)
        var count = 0, held = 0
        var seen: Set<Hold.Code> = []
        for number in 0..<500 {
            let input = Replay.input(number, &random)
            let first = engine.evaluate(input)
            let data = try JSONEncoder().encode(StoredEvaluation(input: input, evaluation: first))
            let stored = try JSONDecoder().decode(StoredEvaluation.self, from: data)
            #expect(stored.input == input && stored.evaluation == first)
            #expect(try engine.replay(stored) == first, "collection \(number)")
            count += first.results.count
            held += first.results.count { $0.outcome == .held }
            for result in first.results { seen.formUnion(result.holdCodes) }
        }
        #expect(count == 10_000 && held > 5_000 && held < 10_000)
        #expect(seen.count >= 20, "the day shows many reasons: \(seen.map(\.rawValue).sorted())")
    }

    @Test func `another catalogue, pack or engine is refused: its answer would prove nothing`() throws {
        let engine = try Engine.engine()
        let input = Engine.input(Engine.result("K", "4.2"))
        let stored = StoredEvaluation(input: input, evaluation: engine.evaluate(input))
        for spoil in [
            { $0.engineVersion += 1 }, { $0.packVersion = "p2" }, { $0.catalogueVersion = CatalogVersion("c2") },
        ] as [(inout Evaluation) -> Void] {
            var other = stored
            spoil(&other.evaluation)
            #expect(throws: Refusal.self) { try engine.replay(other) }
        }
    }
}
