import Base
import Catalog
import Laboratory
import Rules

extension Figure {
    /// The ordered checks of `Rules` with history, controls, indices and every rule of the shipped pack approved.
    static var verification: Figure {
        Figure(
            name: "verification",
            what:
                "every analysis of the shipped catalogue with a unit, 50 tubes, all checks with 3 earlier results each",
            unit: "results/s", reference: nil, goal: .value(200_000)
        ) { bench in
            let engine = try Verification.engine(bench)
            let inputs = Verification.inputs(engine)
            let count = inputs.reduce(0) { $0 + $1.results.count }
            let expected = held(inputs, engine)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: count) {
                        try Measure.demand(held(inputs, engine), is: expected, "checks and holds")
                    }
                })
        }
    }

    private static func held(_ inputs: [EvaluationInput], _ engine: RuleEngine) -> Int {
        var count = 0
        for input in inputs {
            for result in engine.evaluate(input).results {
                count += result.checks.count + (result.outcome == .held ? 1 : 0)
            }
        }
        return count
    }
}

/// The shipped catalogue with its rules, and tubes to judge by them.
enum Verification {
    static let now = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 9)

    static func files(_ bench: Bench) throws -> [CatalogFile] {
        let tables = ["analyses", "intervals", "panels", "sections", "specimens", "tubes"].map { "\($0).csv" }
        let rules = RulePack.fileNames.map { "rules/\($0)" }
        return try (tables + rules).map { CatalogFile(name: $0, bytes: try bench.bytes("Catalog/\($0)")) }
    }

    static func engine(_ bench: Bench) throws -> RuleEngine {
        let files = try files(bench)
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("bench"))
        let pack = try RulePack.load(RulePack.files(among: files), catalogue: catalogue, version: "bench")
        return RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
    }

    static func inputs(_ engine: RuleEngine) -> [EvaluationInput] {
        var random = PRNG(seed: 40)
        let analyses = engine.catalogue.analyses.filter { $0.nature.isNumeric && !$0.unit.isEmpty }
        let approval = RuleApproval(by: "bench", at: now, until: now.advanced(by: .seconds(86_400)))
        let approvals = RuleApprovals(
            rules: Dictionary(
                engine.pack.approvable.map { ($0.reference.description, approval) },
                uniquingKeysWith: { first, _ in first }))
        return (0..<50).map { number in
            let results = analyses.map { facts($0, number, &random) }
            return EvaluationInput(
                now: now,
                patient: PatientFacts(
                    sex: number % 2 == 0 ? .female : .male,
                    born: CivilDate(
                        year: 1940 + Int.random(in: 0...85, using: &random), month: 1 + number % 12,
                        day: 1 + number % 28)),
                specimen: SpecimenFacts(
                    kind: "SER", tube: "VERT", analyses: analyses.map(\.code),
                    collectedAt: now.advanced(by: .seconds(-3600)), receivedAt: now.advanced(by: .seconds(-1800))),
                results: results, approvals: approvals.concerning(Set(analyses.map(\.code)), in: engine))
        }
    }

    private static func facts(_ analysis: Analysis, _ number: Int, _ random: inout PRNG) -> ResultFacts {
        let text = value(analysis, &random)
        var facts = ResultFacts(
            id: "\(number)-\(analysis.code)", analysis: analysis.code,
            value: Measured(text).map { .measured($0, unit: analysis.unit) }, rawText: text,
            origin: analysis.nature == .calculated ? .calculated : .analyzer,
            observedAt: now.advanced(by: .seconds(-60)), analyzer: "cobas",
            indices: SerumIndices(hemolysis: Exact(5), icterus: Exact(1), lipemia: Exact(8), measured: true),
            control: ControlFacts(.conforming), lineApproved: true)
        for day in 1...3 {
            guard let before = Measured(value(analysis, &random)) else { continue }
            facts.history.append(
                PriorResult(
                    value: .measured(before, unit: analysis.unit),
                    at: now.advanced(by: .seconds(Int64(-day) * 3 * 86_400)),
                    comparability: analysis.verification.comparability, specimenKind: "SER"))
        }
        return facts
    }

    /// Any number with the decimals of the analysis: below, within and above its limits.
    static func value(_ analysis: Analysis, _ random: inout PRNG) -> String {
        let whole = String(Int.random(in: 0...200, using: &random))
        guard let places = analysis.decimals, places > 0 else { return whole }
        return whole + "." + String((0..<places).map { _ in Character(String(Int.random(in: 0...9, using: &random))) })
    }
}
