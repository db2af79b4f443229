import Catalog

/// A catalogue of four lines that is right, and the means to spoil one cell of it.
struct Small {
    var tables: [String: [[String]]] = [
        "sections.csv": [
            ["code", "nom_fr", "rang", "chapitre_loinc", "chapitre_fr", "chapitre_lien", "note"],
            ["chimie", "Chimie", "10", "18719-5", "Biochimie", "exact", ""],
            ["gaz", "Gaz", "20", "18719-5", "Biochimie", "proche", ""],
        ],
        "specimens.csv": [
            ["code", "nom_fr", "hl7", "note"],
            ["SER", "Sérum", "SER", ""],
            ["SERPLAS", "Sérum ou plasma", "", ""],
        ],
        "tubes.csv": [
            ["code", "nom_fr", "bouchon", "additif", "hl7", "note"],
            ["VERT", "Vert", "vert", "héparinate", "PLAS", ""],
            ["POT", "Pot", "", "", "", ""],
        ],
        "analyses.csv": [
            [
                "code", "niveau", "nom_fr", "section", "nature", "loinc", "loinc_nom_source", "loinc_source",
                "loinc_confiance", "ucum", "unite_alt", "facteur_alt", "prelevement", "tube", "decimales", "ref_note",
                "critique_bas", "critique_haut", "critique_source", "nabm", "nabm_source", "delta_type", "delta_limite",
                "delta_jours", "delta_source", "etat", "note",
            ],
            [
                "NA", "1", "Sodium", "chimie", "mesure", "2951-2", "Sodium [Moles/volume] in Serum or Plasma", "ULO",
                "haute", "mmol/L", "", "", "SERPLAS", "VERT", "0", "", "120", "150", "s", "1608", "s", "abs", "13", "3",
                "s", "brouillon", "",
            ],
            [
                "HB", "1", "Hémoglobine", "chimie", "mesure", "718-7", "Hemoglobin [Mass/volume] in Blood", "ULO",
                "haute", "g/dL", "g/L", "10", "SER", "VERT", "1", "", "7.0", "20.0", "s", "", "", "", "", "", "",
                "brouillon", "",
            ],
            [
                "RAI", "2", "Recherche", "chimie", "code", "890-4", "Blood group antibody screen [Presence] in Serum",
                "ULO", "haute", "", "", "", "SER", "VERT", "", "", "", "", "", "", "", "none", "", "", "", "brouillon",
                "",
            ],
            [
                "TA", "1", "Trou anionique", "gaz", "calcul", "", "", "", "", "mmol/L", "", "", "", "", "0", "", "", "",
                "", "", "", "", "", "", "", "brouillon", "",
            ],
        ],
        "intervals.csv": [
            [
                "code", "sexe", "age_de", "age_a", "grossesse_de", "grossesse_a", "methode", "bas", "haut", "ucum",
                "nature", "poids", "source",
            ],
            ["NA", "*", "0", "", "", "", "", "136", "145", "mmol/L", "intervalle", "fr-livre", "s"],
            ["HB", "M", "", "18 a", "", "", "", "11.0", "15.0", "g/dL", "intervalle", "général", "s"],
            ["HB", "M", "18 a", "", "", "", "", "13.0", "17.0", "g/dL", "intervalle", "général", "s"],
            ["HB", "F", "0", "", "", "", "", "12.0", "16.0", "g/dL", "intervalle", "général", "s"],
        ],
        "panels.csv": [
            ["code", "nom_fr", "loinc", "loinc_nom_source", "loinc_source", "loinc_confiance", "membres", "note"],
            ["BIL", "Bilan", "24326-1", "Electrolytes 1998 panel - Serum or Plasma", "ULO", "moyenne", "NA TA", ""],
        ],
    ]

    /// `row` counts the header as 1, as an editor does.
    mutating func set(_ file: String, _ row: Int, _ column: String, _ text: String) {
        guard let index = tables[file]?[0].firstIndex(of: column) else { return }
        tables[file]?[row - 1][index] = text
    }

    func setting(_ file: String, _ row: Int, _ column: String, _ text: String) -> Small {
        var copy = self
        copy.set(file, row, column, text)
        return copy
    }

    /// A column at the end, filled in the rows named (the header is 1).
    func addingColumn(_ file: String, _ name: String, _ cells: [Int: String]) -> Small {
        var copy = self
        copy.tables[file] = tables[file]?.enumerated().map { index, row in
            row + [index == 0 ? name : cells[index + 1] ?? ""]
        }
        return copy
    }

    func adding(_ file: String, _ row: [String]) -> Small {
        var copy = self
        copy.tables[file]?.append(row)
        return copy
    }

    /// A table of methods with one line, or one line more.
    func withMethod(_ code: String, _ method: String, on analyzer: String = "A", _ rest: [String] = []) -> Small {
        var copy = self
        let header = [
            "code", "automate", "methode", "groupe", "amr_bas", "amr_haut", "dilution_max", "cva", "repasse_abs",
            "note",
        ]
        let row = [code, analyzer, method] + rest
        copy.tables["methods.csv", default: [header]]
            .append(row + [String](repeating: "", count: header.count - row.count))
        return copy
    }

    static func csv(_ rows: [[String]], lineEnd: String = "\n") -> [UInt8] {
        var text = ""
        for row in rows {
            let cells = row.map { cell in
                cell.contains(where: { ",\"\n\r".contains($0) })
                    ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
            }
            text += cells.joined(separator: ",") + lineEnd
        }
        return Array(text.utf8)
    }

    func files(without missing: String = "") -> [CatalogFile] {
        tables.keys.sorted().filter { $0 != missing }.map {
            CatalogFile(name: $0, bytes: Small.csv(tables[$0] ?? []))
        }
    }

    var findings: [CatalogFinding] { AnalysisCatalogue.lint(files()) }
    /// `catalogue.number analyses.csv:2:38`
    var said: [String] { findings.map { "\($0.code.dropFirst("catalogue.".count)) \($0.place)" } }

    func catalogue() throws(CatalogueRejection) -> AnalysisCatalogue {
        try AnalysisCatalogue.load(files(), version: CatalogVersion("small"))
    }

    /// Column of a cell in an editor, all cells being unquoted.
    func column(_ file: String, _ row: Int, _ column: String) -> Int {
        guard let rows = tables[file], let index = rows[0].firstIndex(of: column) else { return 0 }
        return rows[row - 1][..<index].reduce(1) { $0 + $1.unicodeScalars.count + 1 }
    }
}
