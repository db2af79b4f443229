import Base

/// The values of the files, before anybody may use them.
struct CatalogueContent {
    var sections: [Section] = []
    var specimens: [SpecimenKind] = []
    var tubes: [Tube] = []
    var analyses: [Analysis] = []
    var methods: [AssayMethod] = []
    var intervals: [ReferenceInterval] = []
    var limits: [PatientLimits] = []
    var panels: [Panel] = []
    var comments: [CodedComment] = []
    var gappedAnalyses: Set<String> = []
}

/// A data line of a table: cells by the name of their column.
struct CatalogRow {
    let file: String
    let line: Int
    fileprivate let columns: [String: Int]
    fileprivate let cells: [CSVCell]

    /// The cell of a column; an empty one at column 0 when the table lacks the column (already reported).
    func cell(_ column: String) -> CSVCell {
        guard let index = columns[column] else { return CSVCell(text: "", line: line, column: 0, quoted: false) }
        return cells[index]
    }
    func text(_ column: String) -> String { cell(column).text }
}

/// Reads the files and collects every finding on the way; the lint is the reading. The parts of each table are in the
/// extensions beside this file.
struct CatalogReader {
    private(set) var findings: [CatalogFinding] = []
    private let files: [CatalogFile]
    /// Tables of which no line was read: what refers to them is no fault of its own.
    private var unread: Set<String> = []
    /// What a later table refers back to.
    var analysisByCode: [String: Analysis] = [:]
    var sectionCodes: Set<String> = []
    var specimenByCode: [String: SpecimenKind] = [:]
    var tubeByCode: [String: Tube] = [:]
    /// First member of each group of comparability, and its unit.
    var groups: [String: (code: String, unit: String)] = [:]
    /// Lines of `methods.csv`.
    var methodsByCode: [String: [AssayMethod]] = [:]
    /// Analyses whose intervals leave an age out, for one sex at least.
    var gappedAnalyses: Set<String> = []
    /// Analyses whose intervals are for one sex alone.
    var sexOfIntervals: [String: IntervalSex] = [:]
    /// Names of `loinc.csv` by code, and the other way round.
    var knownNames: [String: [String]] = [:]
    var codeByKnownName: [String: String] = [:]
    /// Names that stood beside a code so far.
    var codeByName: [String: String] = [:]

    /// Waiting codes so far, each of one line.
    var waitingCodes: Set<String> = []

    init(files: [CatalogFile]) { self.files = files }

    /// Columns of each table, all of them required, in any order. The order of the tables is that of the references.
    static let tables: [(name: String, columns: [String])] = [
        ("loinc.csv", ["code", "nom", "source"]),
        ("sections.csv", ["code", "nom_fr", "rang", "chapitre_loinc", "chapitre_fr", "chapitre_lien", "note"]),
        ("specimens.csv", ["code", "nom_fr", "hl7", "note"]),
        ("tubes.csv", ["code", "nom_fr", "bouchon", "additif", "hl7", "note"]),
        (
            "analyses.csv",
            [
                "code", "niveau", "nom_fr", "section", "nature", "loinc", "loinc_nom_source", "loinc_source",
                "loinc_confiance", "ucum", "unite_alt", "facteur_alt", "prelevement", "tube", "decimales", "ref_note",
                "critique_bas", "critique_haut", "critique_source", "nabm", "nabm_source", "delta_type", "delta_limite",
                "delta_jours", "delta_source", "etat", "note",
            ]
        ),
        ("methods.csv", ["code", "automate", "methode", "note"]),
        (
            "intervals.csv",
            [
                "code", "sexe", "age_de", "age_a", "grossesse_de", "grossesse_a", "methode", "bas", "haut", "ucum",
                "nature", "poids", "source",
            ]
        ),
        (
            "limits.csv",
            [
                "code", "sexe", "age_de", "age_a", "venue", "alerte_bas", "alerte_haut", "critique_bas",
                "critique_haut", "critique_pas", "av_bas", "av_haut", "ucum", "source",
            ]
        ),
        (
            "panels.csv",
            ["code", "nom_fr", "loinc", "loinc_nom_source", "loinc_source", "loinc_confiance", "membres", "note"]
        ),
        ("comments.csv", ["code", "section", "texte_fr", "note"]),
    ]

    /// Tables that a catalogue may lack.
    static let optionalTables: Set<String> = ["comments.csv", "limits.csv", "loinc.csv", "methods.csv"]

    /// What a line is told when it names what another table does not have.
    private static let references = [
        ("sections.csv", "section.unknown"), ("specimens.csv", "specimen.unknown"), ("tubes.csv", "tube.unknown"),
        ("analyses.csv", "interval.analysis"), ("analyses.csv", "patientlimits.analysis"),
        ("analyses.csv", "panel.member"), ("sections.csv", "comment.section"),
    ].map { (table: $0.0, code: $0.1) }

    /// Columns that a table may lack: every cell is then empty.
    static let optionalColumns: [String: [String]] = [
        "analyses.csv": [
            "alerte_bas", "alerte_haut", "absurde_bas", "absurde_haut", "av_bas", "av_haut", "amr_bas", "amr_haut",
            "dilution_max", "cva", "repasse_abs", "groupe", "ensemble", "stabilite_h", "critique_pas", "delta_abs",
            "limites_source", "formule_brute", "masse_molaire", "facteur_source", "convention", "ref_sexe",
            "reponses", "loinc_alt", "code_attente",
        ],
        "methods.csv": ["groupe", "amr_bas", "amr_haut", "dilution_max", "cva", "repasse_abs"],
    ]

    mutating func read() -> CatalogueContent {
        var content = CatalogueContent()
        checkFileNames()
        readLOINC(rows(of: "loinc.csv"))
        content.sections = readSections(rows(of: "sections.csv"))
        content.specimens = readSpecimens(rows(of: "specimens.csv"))
        content.tubes = readTubes(rows(of: "tubes.csv"))
        content.analyses = readAnalyses(rows(of: "analyses.csv"))
        content.methods = readMethods(rows(of: "methods.csv"))
        content.intervals = readIntervals(rows(of: "intervals.csv"))
        content.limits = readLimits(rows(of: "limits.csv"))
        content.panels = readPanels(rows(of: "panels.csv"))
        content.comments = readComments(rows(of: "comments.csv"))
        content.gappedAnalyses = gappedAnalyses
        return content
    }

    /// By table (in the order above), line, column.
    var sortedFindings: [CatalogFinding] {
        let rank = Dictionary(uniqueKeysWithValues: CatalogReader.tables.enumerated().map { ($1.name, $0) })
        let blamed = findings.filter { finding in
            !CatalogReader.references.contains { unread.contains($0.table) && finding.code == "catalogue." + $0.code }
        }
        return blamed.enumerated().sorted { a, b in
            let (x, y) = (a.element, b.element)
            let (i, j) = (rank[x.file] ?? rank.count, rank[y.file] ?? rank.count)
            if i != j { return i < j }
            if x.file != y.file { return x.file < y.file }
            return (x.line, x.column, a.offset) < (y.line, y.column, b.offset)
        }.map(\.element)
    }

    // MARK: Findings

    mutating func error(_ code: String, _ row: CatalogRow, _ column: String, _ cause: String, _ remedy: String) {
        report(.error, code, row.file, row.cell(column), cause, remedy)
    }

    mutating func warning(_ code: String, _ row: CatalogRow, _ column: String, _ cause: String, _ remedy: String) {
        report(.warning, code, row.file, row.cell(column), cause, remedy)
    }

    mutating func report(
        _ severity: Severity, _ code: String, _ file: String, _ cell: CSVCell, _ cause: String, _ remedy: String
    ) {
        findings.append(
            CatalogFinding(
                file: file, line: cell.line, column: cell.column, severity: severity, code: "catalogue." + code,
                cause: cause, remedy: remedy))
    }

    private mutating func reportFile(
        _ severity: Severity, _ code: String, _ file: String, cause: String, remedy: String
    ) {
        report(severity, code, file, CSVCell(text: "", line: 0, column: 0, quoted: false), cause, remedy)
    }

    // MARK: Files and columns

    private mutating func checkFileNames() {
        var seen: Set<String> = []
        for file in files {
            if !seen.insert(file.name).inserted {
                reportFile(
                    .error, "file.duplicate", file.name, cause: "le fichier est donné deux fois",
                    remedy: "n'en garder qu'un")
            } else if file.name.hasSuffix(".csv"), !file.name.contains("/"),
                !CatalogReader.tables.contains(where: { $0.name == file.name })
            {
                reportFile(
                    .warning, "file.unknown", file.name, cause: "aucune table du catalogue ne porte ce nom : non lu",
                    remedy: "corriger le nom du fichier ou l'ôter du dossier")
            }
        }
    }

    /// The data lines of a table, after its header was checked; a file with a broken form yields none.
    private mutating func rows(of name: String) -> [CatalogRow] {
        guard let file = files.first(where: { $0.name == name }) else {
            if CatalogReader.optionalTables.contains(name) { return [] }
            unread.insert(name)
            reportFile(
                .error, "file.missing", name, cause: "le fichier manque",
                remedy: "le rétablir, au moins avec sa ligne d'en-tête")
            return []
        }
        let table = CSVTable(spreadsheet: file.bytes)
        if let defect = table.defect {
            unread.insert(name)
            let cell = CSVCell(text: "", line: defect.line, column: defect.column, quoted: false)
            report(.error, defect.kind.code, name, cell, defect.kind.cause, defect.kind.remedy)
            return []
        }
        guard let header = table.rows.first else {
            unread.insert(name)
            reportFile(
                .error, "file.empty", name, cause: "le fichier est vide",
                remedy: "le rétablir, au moins avec sa ligne d'en-tête")
            return []
        }
        guard let columns = self.columns(of: header, in: name) else {
            unread.insert(name)
            return []
        }
        var rows: [CatalogRow] = []
        rows.reserveCapacity(table.rows.count)
        for cells in table.rows.dropFirst() {
            guard cells.count == header.count else {
                let last = cells.count > header.count ? cells[header.count] : cells[cells.count - 1]
                report(
                    .error, "csv.cells", name, last, "\(cells.count) cellules, l'en-tête en a \(header.count)",
                    "mettre entre guillemets les textes à virgule, ou ajouter les virgules qui manquent")
                continue
            }
            rows.append(CatalogRow(file: name, line: cells[0].line, columns: columns, cells: cells))
        }
        return rows
    }

    /// Nil when a required column is not there: without it no line says what it means.
    private mutating func columns(of header: [CSVCell], in name: String) -> [String: Int]? {
        let expected = CatalogReader.tables.first { $0.name == name }?.columns ?? []
        let optional = CatalogReader.optionalColumns[name] ?? []
        if header.count == 1, expected.count > 1 {
            report(
                .error, "csv.separator", name, header[0],
                "la première ligne n'est qu'une cellule : ni virgules ni points-virgules entre les colonnes",
                "enregistrer le fichier en CSV séparé par des virgules ou des points-virgules, UTF-8")
            return nil
        }
        var columns: [String: Int] = [:]
        for (index, cell) in header.enumerated() {
            if columns[cell.text] != nil {
                report(
                    .error, "column.duplicate", name, cell, "la colonne « \(cell.text) » figure deux fois",
                    "n'en garder qu'une")
            } else if !expected.contains(cell.text), !optional.contains(cell.text) {
                report(
                    .error, "column.unknown", name, cell, "la colonne « \(cell.text) » est inconnue",
                    "colonnes admises : " + (expected + optional).joined(separator: ", "))
            }
            columns[cell.text] = columns[cell.text] ?? index
        }
        for missing in expected where columns[missing] == nil {
            let cell = CSVCell(text: "", line: header[0].line, column: 0, quoted: false)
            report(
                .error, "column.missing", name, cell, "la colonne « \(missing) » manque",
                "l'ajouter à l'en-tête ; ses cellules peuvent rester vides si la valeur est facultative")
        }
        return expected.allSatisfy { columns[$0] != nil } ? columns : nil
    }

    // MARK: Cells

    /// The code of a line, checked for form and for being the first of its table.
    mutating func code(_ row: CatalogRow, isTaken: Bool, spaces: Bool = false) -> String {
        let code = row.text("code")
        let wellFormed =
            spaces
            ? !code.isEmpty && code.first != " " && code.last != " "
            : !code.isEmpty && code.utf8.count <= 16
                && code.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        if !wellFormed {
            error(
                "code.form", row, "code", "« \(code) » n'est pas un code",
                spaces ? "écrire un mot, sans blanc autour" : "employer 1 à 16 capitales sans accent et chiffres")
        } else if isTaken {
            error(
                "code.duplicate", row, "code", "le code « \(code) » est déjà pris",
                "donner à chaque ligne un code à elle")
        }
        return code
    }

    mutating func required(_ row: CatalogRow, _ column: String) -> String {
        let text = row.text(column)
        if text.isEmpty {
            error("value.missing", row, column, "la colonne « \(column) » est vide", "la remplir")
        }
        return text
    }

    /// A decimal; nil when empty, or when it is none (reported).
    mutating func number(_ row: CatalogRow, _ column: String) -> Exact? {
        let text = row.text(column)
        guard !text.isEmpty else { return nil }
        if let number = Exact(text) { return number }
        error(
            "number", row, column, "« \(text) » n'est pas un nombre décimal",
            "écrire par exemple 4.20 : ni blanc, ni unité, ni comparateur")
        return nil
    }

    /// A whole number within bounds; nil when empty, or when it is none (reported under `finding`).
    mutating func integer(
        _ row: CatalogRow, _ column: String, in bounds: ClosedRange<Int>, finding: String = "number"
    ) -> Int? {
        let text = row.text(column)
        guard !text.isEmpty else { return nil }
        if text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = Int(text),
            bounds.contains(value)
        {
            return value
        }
        error(
            finding, row, column, "« \(text) » n'est pas un entier de \(bounds.lowerBound) à \(bounds.upperBound)",
            "écrire un entier de \(bounds.lowerBound) à \(bounds.upperBound)")
        return nil
    }

    /// A word of a closed list; nil when it is none of them (reported).
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ row: CatalogRow, _ column: String, as type: Word.Type
    ) -> Word? where Word.RawValue == String {
        let text = row.text(column)
        if let word = Word(rawValue: text) { return word }
        error(
            "value.unknown", row, column, "« \(text) » n'est pas admis dans la colonne « \(column) »",
            "employer : " + Word.allCases.map(\.rawValue).joined(separator: ", "))
        return nil
    }
}

extension CSVDefect.Kind {
    fileprivate var code: String {
        switch self {
        case .notUTF8: "csv.utf8"
        case .unclosedQuote, .afterQuote, .strayQuote: "csv.quote"
        case .strayReturn: "csv.return"
        case .controlCharacter: "csv.control"
        }
    }
    package var cause: String {
        switch self {
        case .notUTF8: "cet octet n'est pas de l'UTF-8"
        case .unclosedQuote: "la cellule ouverte par ce guillemet n'est jamais fermée"
        case .afterQuote: "un caractère suit le guillemet fermant de la cellule"
        case .strayQuote: "un guillemet figure dans une cellule qui ne commence pas par un guillemet"
        case .strayReturn: "un retour chariot seul ne termine pas une ligne"
        case .controlCharacter: "un caractère de commande figure dans la cellule"
        }
    }
    package var remedy: String {
        switch self {
        case .notUTF8: "enregistrer le fichier en UTF-8"
        case .unclosedQuote, .afterQuote, .strayQuote:
            "mettre la cellule entière entre guillemets et doubler ceux qu'elle contient"
        case .strayReturn: "terminer les lignes par LF ou CRLF"
        case .controlCharacter: "l'ôter"
        }
    }
}
