package import Base

/// The files of a catalogue as what they are to a spreadsheet: tables of texts. Comparison, export and approval look at
/// them so, since a person signs what stands in the cells.
package struct CatalogueTables: Sendable, Hashable {
    package struct Table: Sendable, Hashable {
        package var name: String
        package var columns: [String]
        package var rows: [[String]]

        /// Columns that tell one row from the other; all of them when the table has no code.
        var keyColumns: [String] {
            switch name {
            case "intervals.csv": ["code", "sexe", "age_de", "age_a", "grossesse_de", "grossesse_a", "methode"]
            case "limits.csv": ["code", "sexe", "age_de", "age_a", "venue"]
            case "methods.csv": ["code", "automate"]
            case "loinc.csv": ["code", "nom"]
            case "regles.csv": ["fichier", "chemin"]
            case _: columns.contains("code") ? ["code"] : columns
            }
        }

        /// The cell of a column; empty when the table lacks it.
        package func cell(_ row: [String], _ column: String) -> String {
            columns.firstIndex(of: column).map { $0 < row.count ? row[$0] : "" } ?? ""
        }
        /// What a cell says, whatever a spreadsheet made of its writing.
        fileprivate func meaning(_ row: [String], _ column: String) -> String {
            let text = cell(row, column)
            guard CatalogueTables.numbers[name]?.contains(column) == true, let number = Exact(text) else { return text }
            return number.settled(to: 0).text
        }

        func key(_ row: [String]) -> String {
            keyColumns.map { cell(row, $0) }.filter { !$0.isEmpty }.joined(separator: " ")
        }
    }
    /// By name.
    package private(set) var tables: [Table] = []
    /// What is no table (rules in JSON5, notes): by name, with its bytes.
    package private(set) var others: [CatalogFile] = []

    /// Files that do not read as CSV count as others: the lint says why.
    package init(_ files: [CatalogFile]) {
        for file in files.sorted(by: { $0.name < $1.name }) {
            let table = CSVTable(spreadsheet: file.bytes)
            guard file.name.hasSuffix(".csv"), table.defect == nil, let header = table.rows.first else {
                others.append(file)
                continue
            }
            var made = Table(
                name: file.name, columns: header.map(\.text), rows: table.rows.dropFirst().map { $0.map(\.text) })
            if CSVTable.hasSemicolons(file.bytes) { made.leaveFrench() }
            tables.append(made)
        }
    }

    package subscript(name: String) -> Table? { tables.first { $0.name == name } }

    /// The files again (RFC 4180, LF): reading them gives the same tables.
    package var files: [CatalogFile] {
        (tables.map { CatalogFile(name: $0.name, bytes: Array($0.csv.utf8)) } + others).sorted { $0.name < $1.name }
    }

    /// Columns of numbers, by table: `3` and `3.0` say the same there.
    fileprivate static let numbers: [String: Set<String>] = [
        "analyses.csv": [
            "niveau", "facteur_alt", "decimales", "critique_bas", "critique_haut", "delta_limite", "delta_jours",
            "alerte_bas", "alerte_haut", "absurde_bas", "absurde_haut", "av_bas", "av_haut", "amr_bas", "amr_haut",
            "dilution_max", "cva", "repasse_abs", "stabilite_h", "critique_pas", "delta_abs", "masse_molaire",
        ],
        "intervals.csv": ["grossesse_de", "grossesse_a", "bas", "haut"],
        "limits.csv": [
            "alerte_bas", "alerte_haut", "critique_bas", "critique_haut", "critique_pas", "av_bas", "av_haut",
        ],
        "methods.csv": ["amr_bas", "amr_haut", "dilution_max", "cva", "repasse_abs"],
        "sections.csv": ["rang"],
        "regles.csv": ["valeur"],
        "controls/targets.csv": ["moyenne", "ecart_type", "points"],
        "controls/named.csv": ["rang", "moyenne", "ecart_type", "points"],
        "controls/policies.csv": ["echantillons", "erreur_toleree_pct"],
        "controls/patients.csv": ["nombre", "lambda", "cible", "limite", "bas", "haut"],
    ]

    /// Columns of instants in the tables of controls.
    fileprivate static let instants: Set<String> = [
        "de", "a", "connu_le", "peremption", "service_de", "service_a", "dispense_le",
    ]

    /// What a biologist approves of an analysis: its line, those of its methods, of its intervals and of its patients'
    /// limits, cell by cell, in a form that the order of lines, the order of columns, the state of approval and the
    /// writing of a number leave alone.
    package func approvable(_ code: String) -> [UInt8]? { approvable(code, isFormer: false) }

    /// The form that was approved before the writing of a number was left alone; nil where it could stand for other
    /// cells as well.
    package func formerlyApprovable(_ code: String) -> [UInt8]? { approvable(code, isFormer: true) }

    private func approvable(_ code: String, isFormer: Bool) -> [UInt8]? {
        guard let analyses = self["analyses.csv"],
            let row = analyses.rows.first(where: { analyses.cell($0, "code") == code })
        else { return nil }
        func text(_ table: Table, _ row: [String], leavingOut: Set<String>) -> String? {
            isFormer
                ? table.formerText(of: row, leavingOut: leavingOut) : table.text(of: row, leavingOut: leavingOut)
        }
        guard let line = text(analyses, row, leavingOut: ["etat"]) else { return nil }
        var lines = [line]
        for name in ["intervals.csv", "methods.csv", "limits.csv"] {
            guard let table = self[name] else { continue }
            var of = [String]()
            for row in table.rows where table.cell(row, "code") == code {
                guard let line = text(table, row, leavingOut: []) else { return nil }
                of.append(line)
            }
            lines += of.sorted()
        }
        return Array(lines.joined(separator: "\n").utf8)
    }
}

extension CatalogueTables {
    /// In the place of the table of its name.
    package mutating func put(_ table: Table) {
        if let place = tables.firstIndex(where: { $0.name == table.name }) {
            tables[place] = table
        } else {
            tables.append(table)
            tables.sort { $0.name < $1.name }
        }
    }
}

extension CatalogueTables.Table {
    /// A row of these cells; a column that the table lacks is added when something stands in it.
    package mutating func add(_ cells: [String: String]) {
        for column in cells.keys.sorted() where !columns.contains(column) && cells[column]?.isEmpty == false {
            columns.append(column)
        }
        for place in rows.indices where rows[place].count < columns.count {
            rows[place] += Array(repeating: "", count: columns.count - rows[place].count)
        }
        rows.append(columns.map { cells[$0] ?? "" })
    }
    package mutating func remove(where isMeant: ((String) -> String) -> Bool) {
        rows = rows.filter { row in !isMeant { cell(row, $0) } }
    }
    /// Rows that begin (`de`) at or after an instant go; one that lasts beyond it (`a`) ends there.
    package mutating func supersede(
        from begin: Instant, in zone: CivilZone, where isMeant: ((String) -> String) -> Bool
    ) {
        rows = rows.filter { row in
            !isMeant { cell(row, $0) } || !(Instant(cell(row, "de"), in: zone).map { begin <= $0 } ?? false)
        }
        guard let end = columns.firstIndex(of: "a") else { return }
        let text = begin.iso8601(in: .utc, milliseconds: begin.milliseconds % 1000 != 0)
        rows = rows.map { row in
            guard isMeant({ cell(row, $0) }), Instant(cell(row, "a"), in: zone).map({ begin < $0 }) ?? true else {
                return row
            }
            var ended = row + Array(repeating: "", count: max(0, end + 1 - row.count))
            ended[end] = text
            return ended
        }
    }

    /// A table of controls that a French spreadsheet saved, as it reads between commas, where it is written again once
    /// a command adds to it: decimals with a point, days after years. `1,234` and `22/11/2026` are refused there.
    fileprivate mutating func leaveFrench() {
        guard name.hasPrefix("controls/") else { return }
        for (place, column) in columns.enumerated() {
            let isNumber = CatalogueTables.numbers[name]?.contains(column) == true
            guard isNumber || CatalogueTables.instants.contains(column) else { continue }
            for row in rows.indices where place < rows[row].count {
                let text = rows[row][place]
                rows[row][place] = isNumber ? Exact(text)?.text ?? text : CSVTable.iso(french: text)
            }
        }
    }

    package init(name: String, columns: [String], lines: [[String]]) {
        self.init(name: name, columns: columns, rows: lines)
    }

    package var csv: String {
        ([columns] + rows).map { $0.map(Self.quoted).joined(separator: ",") + "\n" }.joined()
    }
    private static func quoted(_ cell: String) -> String {
        // Also what a row of one empty cell needs so as not to be an empty line.
        let needsQuotes = cell.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\n" || $0 == "\r" }
        return needsQuotes ? "\"\(cell.replacing("\"", with: "\"\""))\"" : cell
    }

    /// What would cut a line of cells, as bytes.
    private static let cutting = Array("\\;\n".utf8)

    /// `colonne=valeur` of the cells that are not empty, by name of column; a backslash before what would cut.
    package func text(of row: [String], leavingOut: Set<String>) -> String {
        columns.sorted().filter { !leavingOut.contains($0) }
            .map { ($0, meaning(row, $0)) }.filter { !$0.1.isEmpty }
            .map { column, value in
                // Hardly a cell has any of them, and to search for a text costs more than all the rest.
                guard value.utf8.contains(where: { Self.cutting.contains($0) }) else { return "\(column)=\(value)" }
                let whole = value.replacing("\\", with: "\\\\").replacing(";", with: "\\;")
                return "\(column)=\(whole.replacing("\n", with: "\\n"))"
            }
            .joined(separator: ";")
    }

    /// The same with numbers as written and nothing before what cuts; nil when a cell holds what looks like another.
    fileprivate func formerText(of row: [String], leavingOut: Set<String>) -> String? {
        var parts = [String]()
        for column in columns.sorted() where !leavingOut.contains(column) {
            var value = cell(row, column)
            guard !value.isEmpty else { continue }
            if value.utf8.contains(where: { Self.cutting.contains($0) }) {
                value = value.replacing("\n", with: " ")
                guard !columns.contains(where: { value.contains(";\($0)=") }) else { return nil }
            }
            parts.append("\(column)=\(value)")
        }
        return parts.joined(separator: ";")
    }
}

/// One thing that differs between two versions.
package struct CatalogueChange: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case added = "ajouté"
        case removed = "ôté"
        case changed = "modifié"
    }
    package var file: String
    package var kind: Kind
    /// Code of the row, with what tells it from rows of the same code.
    package var key: String
    /// Empty unless `changed`, and when a file that is no table changed.
    package var column: String
    package var before: String
    package var after: String
}

extension CatalogueTables {
    /// What one must know to go from `old` to `self`: by file, then key, in the order of the newer file.
    package func changes(since old: CatalogueTables) -> [CatalogueChange] {
        var changes = [CatalogueChange]()
        for name in Set(tables.map(\.name) + old.tables.map(\.name)).sorted() {
            changes += CatalogueTables.changes(name, from: old[name], to: self[name])
        }
        for name in Set(others.map(\.name) + old.others.map(\.name)).sorted() {
            let (before, after) = (old.others.first { $0.name == name }, others.first { $0.name == name })
            guard before?.bytes != after?.bytes else { continue }
            let kind: CatalogueChange.Kind = before == nil ? .added : after == nil ? .removed : .changed
            changes.append(CatalogueChange(file: name, kind: kind, key: "", column: "", before: "", after: ""))
        }
        return changes
    }

    /// Nothing to tell one from the other, the order of their lines included.
    package func saysTheSame(as old: CatalogueTables) -> Bool {
        func order(_ tables: CatalogueTables) -> [[String]] {
            tables.tables.map { one in one.rows.map { one.key($0) } }
        }
        return changes(since: old).isEmpty && order(self) == order(old)
    }

    private static func changes(_ name: String, from old: Table?, to new: Table?) -> [CatalogueChange] {
        func change(_ kind: CatalogueChange.Kind, _ key: String) -> CatalogueChange {
            CatalogueChange(file: name, kind: kind, key: key, column: "", before: "", after: "")
        }
        let before = keyed(old), after = keyed(new)
        var changes = [CatalogueChange]()
        for (key, row) in after.inOrder {
            guard let new, let old, let earlier = before.byKey[key] else {
                changes.append(change(.added, key))
                continue
            }
            let columns = new.columns + old.columns.filter { !new.columns.contains($0) }
            for column in columns where old.meaning(earlier, column) != new.meaning(row, column) {
                changes.append(
                    CatalogueChange(
                        file: name, kind: .changed, key: key, column: column, before: old.cell(earlier, column),
                        after: new.cell(row, column)))
            }
        }
        return changes + before.inOrder.filter { after.byKey[$0.key] == nil }.map { change(.removed, $0.key) }
    }

    /// Rows by their key; a second row of the same key gets a rank, so that none is lost.
    private static func keyed(_ table: Table?) -> (inOrder: [(key: String, row: [String])], byKey: [String: [String]]) {
        var inOrder = [(key: String, row: [String])](), byKey = [String: [String]](), seen = [String: Int]()
        for row in table?.rows ?? [] {
            guard let table else { break }
            let key = table.key(row)
            seen[key, default: 0] += 1
            let rank = seen[key] ?? 1
            let unique = rank == 1 ? key : "\(key) #\(rank)"
            inOrder.append((unique, row))
            byKey[unique] = row
        }
        return (inOrder, byKey)
    }
}
