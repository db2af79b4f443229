import Base
import Catalog
import Quality
import Rules

extension Figure {
    static var catalogue5000: Figure {
        Figure(
            name: "catalogue-5000",
            what: "a catalogue of 5,000 analyses and 43,700 intervals loaded and linted, with its LOINC names, panels, "
                + "rules and their cases, and the controls of every measured analysis",
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
                            let pack = try RulePack.load(
                                RulePack.files(among: made.files), catalogue: loaded, version: "bench")
                            try Measure.demand(pack.disagreements(with: loaded).count, is: 0, "rules that disagree")
                            let controls = ControlCatalogue.files(among: made.files)
                            let faults = ControlCatalogue.lint(controls, analyses: loaded)
                            try Measure.demand(faults.count, is: 0, "faults of the controls")
                        })
                })
        }
    }
}

/// The shipped lines, then the measured ones over and over, each with a code and a LOINC code of its own, for every
/// number intervals of five ages for each sex, and for every measured one the targets of two levels of control and a
/// policy: one seed makes it, and nothing in it is wrong.
private struct LargeCatalogue: Sendable {
    static let size = 5000
    private static let ages = ["0", "28 j", "1 a", "15 a", "18 a", ""]
    private static let panels = 200

    private(set) var files: [CatalogFile] = []
    private(set) var intervals = 0

    init(_ bench: Bench) throws {
        func file(_ name: String) throws -> CatalogFile {
            CatalogFile(name: name, bytes: try bench.bytes("Catalog/\(name)"))
        }
        let tables = CatalogueTables(try ["analyses", "intervals", "loinc", "panels"].map { try file("\($0).csv") })
        guard var analyses = tables["analyses.csv"], var ranges = tables["intervals.csv"],
            var names = tables["loinc.csv"], var panels = tables["panels.csv"]
        else { throw Fault("the shipped catalogue has no analyses") }
        try LargeCatalogue.multiply(&analyses, &names)
        var random = PRNG(seed: 5000)
        ranges.rows = []
        for row in analyses.rows where ["mesure", "calcul"].contains(analyses.cell(row, "nature")) {
            for (from, to) in zip(LargeCatalogue.ages, LargeCatalogue.ages.dropFirst()) {
                for sex in ["M", "F"] {
                    let low = Int.random(in: 1...99, using: &random)
                    let cells = [
                        "code": analyses.cell(row, "code"), "sexe": sex, "age_de": from, "age_a": to, "bas": "\(low)",
                        "haut": "\(low + Int.random(in: 1...99, using: &random))",
                        "ucum": analyses.cell(row, "ucum"), "nature": "intervalle", "poids": "général",
                    ]
                    ranges.rows.append(ranges.columns.map { cells[$0] ?? "" })
                }
            }
        }
        intervals = ranges.rows.count
        for number in 0..<LargeCatalogue.panels {
            let members = (0..<20).map { _ in
                analyses.cell(analyses.rows[Int.random(in: 237..<LargeCatalogue.size, using: &random)], "code")
            }
            let cells = [
                "code": "P\(number)", "nom_fr": "Bilan \(number)",
                "membres": Set(members).sorted().joined(separator: " "),
            ]
            panels.rows.append(panels.columns.map { cells[$0] ?? "" })
        }
        files = try ["sections.csv", "specimens.csv", "tubes.csv"].map(file)
        files += [analyses, ranges, names, panels].map { CatalogFile(name: $0.name, bytes: Array($0.csv.utf8)) }
        files += try RulePack.fileNames.map { try file("rules/\($0)") }
        files += try ["materials", "lots", "patients"].map { try file("controls/\($0).csv") }
        files += try LargeCatalogue.controls(
            analyses, targets: file("controls/targets.csv"), policies: file("controls/policies.csv"))
    }

    /// Lines beyond those shipped: what is measured alone, since a calculation has one formula.
    private static func multiply(_ analyses: inout CatalogueTables.Table, _ loinc: inout CatalogueTables.Table) throws {
        guard let codes = analyses.columns.firstIndex(of: "code"), let terms = analyses.columns.firstIndex(of: "loinc"),
            let names = analyses.columns.firstIndex(of: "loinc_nom_source")
        else { throw Fault("the shipped catalogue has no codes") }
        let table = analyses
        let models = table.rows.filter { table.cell($0, "nature") != "calcul" }
        for number in table.rows.count..<size {
            var row = models[number % models.count]
            row[codes] = "A\(number)"
            if let second = analyses.columns.firstIndex(of: "loinc_alt") { row[second] = "" }
            if !row[terms].isEmpty {
                let body = "\(100_000 + number)"
                row[terms] = body + "-\(LOINCCode.checkDigit(forBody: body) ?? 0)"
                row[names] += " \(number)"
                let cells = ["code": row[terms], "nom": row[names], "source": "essai"]
                loinc.rows.append(loinc.columns.map { cells[$0] ?? "" })
            }
            analyses.rows.append(row)
        }
    }

    /// The shipped targets and policies, and one of each for every measured line beyond.
    private static func controls(
        _ analyses: CatalogueTables.Table, targets: CatalogFile, policies: CatalogFile
    ) throws -> [CatalogFile] {
        var aims = String(decoding: targets.bytes, as: UTF8.self),
            asked = String(decoding: policies.bytes, as: UTF8.self)
        for row in analyses.rows.dropFirst(237) where analyses.cell(row, "nature") == "mesure" {
            let code = analyses.cell(row, "code"), unit = analyses.cell(row, "ucum")
            for (level, mean) in [("1", "100"), ("2", "200")] {
                aims += "CHIM,\(level),C2601,\(code),*,\(mean),2,\"\(unit)\",laboratoire,31,2026-11-01,\n"
            }
            asked += "\(code),*,1-3s 2-2s R-4s 4-1s 10-x,1-2s,24 h,,,2,oui,non,5.0,,,\n"
        }
        return [(targets.name, aims), (policies.name, asked)].map { CatalogFile(name: $0.0, bytes: Array($0.1.utf8)) }
    }
}
