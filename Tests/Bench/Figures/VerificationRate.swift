import Base
import Catalog
import Laboratory

extension Figure {
    static var verification: Figure {
        Figure(
            name: "verification", what: "every analysis of the shipped catalogue with a unit judged for 50 patients",
            unit: "results/s", reference: nil, goal: .value(200_000)
        ) { bench in
            let files = try ["analyses", "intervals", "panels", "sections", "specimens", "tubes"].map {
                CatalogFile(name: "\($0).csv", bytes: try bench.bytes("Catalog/\($0).csv"))
            }
            let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("bench"))
            let assessor = Assessor(catalogue: catalogue, zone: .europeParis)
            let cases = Case.all(catalogue)
            let expected = held(cases, assessor)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: cases.count) {
                        try Measure.demand(held(cases, assessor), is: expected, "flags and holds")
                    }
                })
        }
    }

    private static func held(_ cases: [Case], _ assessor: Assessor) -> Int {
        var count = 0
        for one in cases {
            let assessment = assessor.assess(
                one.incoming, analysis: one.analysis, patient: one.patient, specimen: one.specimen)
            count += assessment.flags.count + assessment.holds.count
        }
        return count
    }
}

/// A result that came, with whom and what it is about.
private struct Case: Sendable {
    var incoming: IncomingObservation
    var analysis: Analysis
    var patient: Patient
    var specimen: Specimen

    static func all(_ catalogue: AnalysisCatalogue) -> [Case] {
        var random = PRNG(seed: 40)
        let collected = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 11, day: 22), hour: 7)
        let analyses = catalogue.analyses.filter { $0.nature.isNumeric && !$0.unit.isEmpty }
        return (0..<50).flatMap { number in
            let patient = Patient(
                id: "p\(number)", site: "A", ipp: "\(number)", status: .provisional,
                traits: Traits(
                    birthName: "ESSAI", firstGivenName: "Camille",
                    birthDate: CivilDate(
                        year: 1940 + Int.random(in: 0...85, using: &random), month: 1 + number % 12,
                        day: 1 + number % 28),
                    sex: number % 2 == 0 ? .female : .male))
            return analyses.map { analysis in
                let text = value(analysis, &random)
                return Case(
                    incoming: IncomingObservation(
                        ordinal: 0, accession: "26112200011", instrumentCode: analysis.code, analysis: analysis.code,
                        value: Measured(text).map { .measured($0, unit: analysis.unit) }, rawText: text,
                        rawUnit: analysis.unit, claimed: ClaimedIdentity(family: "Essai")),
                    analysis: analysis, patient: patient,
                    specimen: Specimen(
                        accession: "26112200011", site: "A", requestID: "r\(number)", kind: analysis.specimen ?? "",
                        tube: analysis.tube ?? "", analyses: [analysis.code], collectedAt: collected))
            }
        }
    }

    /// Any number with the decimals of the analysis: below, within and above its limits.
    private static func value(_ analysis: Analysis, _ random: inout PRNG) -> String {
        let whole = String(Int.random(in: 0...200, using: &random))
        guard let places = analysis.decimals, places > 0 else { return whole }
        return whole + "." + String((0..<places).map { _ in Character(String(Int.random(in: 0...9, using: &random))) })
    }
}
