import Base
import Catalog

extension Figure {
    static var catalogue5000: Figure {
        Figure(
            name: "catalogue-5000", what: "a catalogue of 5,000 analyses and 43,700 intervals loaded, which lints it",
            unit: "s", reference: nil, goal: .most(1)
        ) { bench in
            let made = try LargeCatalogue(bench)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    1
                        / (try Measure.rate(of: 1) {
                            let loaded = try AnalysisCatalogue.load(made.files, version: CatalogVersion("bench"))
                            try Measure.demand(loaded.analyses.count, is: LargeCatalogue.size, "analyses")
                            try Measure.demand(loaded.warnings.count, is: 0, "findings")
                            try Measure.demand(loaded.intervals.count, is: made.intervals, "intervals")
                        })
                })
        }
    }
}

/// The shipped lines over and over, each with a code and a LOINC code of its own, and for every number intervals of
/// five ages for each sex: one seed makes it, and nothing in it is wrong.
private struct LargeCatalogue: Sendable {
    static let size = 5000
    private static let ages = ["0", "28 j", "1 a", "15 a", "18 a", ""]

    private(set) var files: [CatalogFile] = []
    private(set) var intervals = 0

    init(_ bench: Bench) throws {
        func file(_ name: String) throws -> CatalogFile {
            CatalogFile(name: "\(name).csv", bytes: try bench.bytes("Catalog/\(name).csv"))
        }
        let shipped = CatalogueTables(try ["analyses", "intervals"].map(file))
        guard var analyses = shipped["analyses.csv"], var ranges = shipped["intervals.csv"],
            let codes = analyses.columns.firstIndex(of: "code"), let loincs = analyses.columns.firstIndex(of: "loinc"),
            let names = analyses.columns.firstIndex(of: "loinc_nom_source")
        else { throw Fault("the shipped catalogue has no analyses") }
        var random = PRNG(seed: 5000)
        let models = analyses.rows
        analyses.rows = (0..<LargeCatalogue.size).map { number in
            var row = models[number % models.count]
            row[codes] = "A\(number)"
            if !row[loincs].isEmpty {
                let body = "\(10_000 + number)"
                row[loincs] = body + "-\(LOINCCode.checkDigit(forBody: body) ?? 0)"
                row[names] += " \(number)"
            }
            return row
        }
        ranges.rows = []
        for row in analyses.rows where ["mesure", "calcul"].contains(analyses.cell(row, "nature")) {
            for (from, to) in zip(LargeCatalogue.ages, LargeCatalogue.ages.dropFirst()) {
                for sex in ["M", "F"] {
                    let low = Int.random(in: 1...99, using: &random)
                    let cells = [
                        "code": row[codes], "sexe": sex, "age_de": from, "age_a": to, "bas": "\(low)",
                        "haut": "\(low + Int.random(in: 1...99, using: &random))",
                        "ucum": analyses.cell(row, "ucum"), "nature": "intervalle", "poids": "général",
                    ]
                    ranges.rows.append(ranges.columns.map { cells[$0] ?? "" })
                }
            }
        }
        intervals = ranges.rows.count
        files = try ["sections", "specimens", "tubes"].map(file)
        files += [analyses, ranges].map { CatalogFile(name: $0.name, bytes: Array($0.csv.utf8)) }
        var panels = try file("panels")
        panels = CatalogFile(name: panels.name, bytes: Array(panels.bytes.prefix { $0 != 0x0A }) + [0x0A])
        files.append(panels)
    }
}
