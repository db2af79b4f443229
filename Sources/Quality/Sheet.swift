import Base
import Catalog

/// A comma-separated table of controls, read with the place of every cell: what is wrong is collected, never guessed.
struct Sheet {
    /// One line of data.
    struct Line {
        let number: Int
        fileprivate let cells: [String: CSVCell]
        /// Without the blanks around, which nobody sees in a spreadsheet.
        func text(_ column: String) -> String {
            var text = (cells[column]?.text ?? "")[...].drop { $0 == " " || $0 == "\t" }
            while let last = text.last, last == " " || last == "\t" { text.removeLast() }
            return String(text)
        }
        func isEmpty(_ column: String) -> Bool { text(column).isEmpty }
    }

    let file: String
    private(set) var lines: [Line] = []
    var refusals: [Refusal] = []
    /// As a French spreadsheet saves it: columns between semicolons, days before months.
    let isFrench: Bool

    init(_ bytes: [UInt8], file: String, required: [String], optional: [String] = []) {
        self.file = file
        isFrench = CSVTable.hasSemicolons(bytes)
        let table = CSVTable(spreadsheet: bytes)
        if let defect = table.defect {
            refuse("csv", defect.line, defect.column, defect.kind.cause, defect.kind.remedy)
            return
        }
        guard let header = table.rows.first else {
            refuse(
                "empty", 1, 1, "le fichier est vide", "écrire au moins l'en-tête : " + required.joined(separator: ","))
            return
        }
        guard check(header, required, optional) else { return }
        for cells in table.rows.dropFirst() {
            guard cells.count == header.count else {
                let place = cells.count > header.count ? cells[header.count] : cells[cells.count - 1]
                refuse(
                    "cells", place.line, place.column, "\(cells.count) cellules, l'en-tête en a \(header.count)",
                    "ajouter ou ôter des virgules ; une décimale s'écrit avec un point, ou entre guillemets")
                continue
            }
            var named: [String: CSVCell] = [:]
            for (title, cell) in zip(header, cells) { named[Sheet.title(title)] = cell }
            lines.append(Line(number: cells[0].line, cells: named))
        }
    }

    /// The name of a column, whatever its case and the blanks around it.
    private static func title(_ cell: CSVCell) -> String {
        cell.text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private mutating func check(_ header: [CSVCell], _ required: [String], _ optional: [String]) -> Bool {
        let known = required + optional
        if header.count == 1, header[0].text.contains(";") {
            refuse(
                "separator", header[0].line, header[0].column, "les colonnes sont séparées par des points-virgules",
                "enregistrer en CSV séparé par des virgules")
            return false
        }
        var seen: Set<String> = []
        for cell in header {
            if !known.contains(Sheet.title(cell)) {
                refuse(
                    "column", cell.line, cell.column, "la colonne « \(cell.text) » est inconnue",
                    "colonnes admises : " + known.joined(separator: ", "))
            } else if !seen.insert(Sheet.title(cell)).inserted {
                refuse(
                    "column", cell.line, cell.column, "la colonne « \(cell.text) » figure deux fois",
                    "n'en garder qu'une")
            }
        }
        for missing in required where !seen.contains(missing) {
            refuse(
                "column", header[0].line, 1, "la colonne « \(missing) » manque",
                "colonnes obligatoires : " + required.joined(separator: ", "))
        }
        return refusals.isEmpty
    }

    mutating func refuse(_ code: String, _ line: Int, _ column: Int, _ cause: String, _ remedy: String) {
        refusals.append(
            Refusal("quality.file." + code, at: "\(file):\(line):\(column)", because: cause, remedy: remedy))
    }

    mutating func refuse(_ code: String, _ line: Line, _ column: String, _ cause: String, _ remedy: String) {
        let cell = line.cells[column]
        refuse(code, cell?.line ?? line.number, cell?.column ?? 1, cause, remedy)
    }

    // MARK: Cells

    /// A text that must be there; nil when it is blank (refused).
    mutating func required(_ line: Line, _ column: String) -> String? {
        let text = line.text(column)
        guard text.isEmpty else { return text }
        refuse("missing", line, column, "la colonne « \(column) » est vide", "la remplir")
        return nil
    }

    /// A decimal; nil when empty, or when it is none (refused).
    mutating func number(_ line: Line, _ column: String) -> Exact? {
        let text = line.text(column)
        guard !text.isEmpty, !isAmbiguous(line, column) else { return nil }
        if let number = Exact(text) { return number }
        refuse(
            "number", line, column, "« \(text) » n'est pas un nombre décimal",
            "écrire par exemple 4.20 : ni blanc, ni unité")
        return nil
    }

    /// Between commas, `1,234` may come from who parts thousands with them as well as from who parts decimals: refused.
    mutating func isAmbiguous(_ line: Line, _ column: String) -> Bool {
        let parts = line.text(column).split(separator: ",", omittingEmptySubsequences: false)
        guard !isFrench, parts.count == 2, parts[1].utf8.count == 3, let whole = Int(parts[0]), whole != 0,
            Int(parts[1]) != nil
        else { return false }
        refuse(
            "number", line, column, "« \(line.text(column)) » se lit de deux façons dans un fichier à virgules",
            "écrire \(parts[0]).\(parts[1]) ou \(parts[0])\(parts[1])")
        return true
    }

    mutating func integer(_ line: Line, _ column: String, in bounds: ClosedRange<Int>) -> Int? {
        let text = line.text(column)
        guard !text.isEmpty else { return nil }
        if text.utf8.count <= 9, let value = Int(text), bounds.contains(value) { return value }
        refuse(
            "number", line, column, "« \(text) » n'est pas un entier de \(bounds.lowerBound) à \(bounds.upperBound)",
            "écrire un entier")
        return nil
    }

    mutating func instant(_ line: Line, _ column: String, in zone: CivilZone) -> Instant? {
        let text = line.text(column)
        guard !text.isEmpty else { return nil }
        guard let instant = Instant(isFrench ? CSVTable.iso(french: text) : text, in: zone) else {
            refuse(
                "time", line, column, "« \(text) » n'est pas une date ni un instant",
                "écrire par exemple 2026-11-22 ou 2026-11-22T07:30:00"
                    + (isFrench ? "" : " ; 22/11/2026 07:30 ne se lit qu'entre points-virgules"))
            return nil
        }
        let year = CivilTime(instant, in: zone).date.year
        guard Sheet.years.contains(year) else {
            refuse(
                "time", line, column, "« \(text) » se lirait comme un instant de l'an \(year)",
                "écrire par exemple 2026-11-22T07:30:00 ; un nombre de secondes ou de jours n'est pas une date ici")
            return nil
        }
        return instant
    }

    /// When a control can have been measured, or a lot last. Digits that are no date (seconds since 1970, the day
    /// number of a spreadsheet) read as one far away.
    private static let years = 2000...2100

    /// `12 h`, `90 min`, `7 j`.
    mutating func duration(_ line: Line, _ column: String) -> Duration? {
        let text = line.text(column)
        guard !text.isEmpty else { return nil }
        let parts = text.split(separator: " ")
        let seconds = ["min": 60, "h": 3600, "j": 86_400]
        if parts.count == 2, parts[0].utf8.count <= 6, let count = Int(parts[0]), count > 0,
            let unit = seconds[String(parts[1])]
        {
            return .seconds(count * unit)
        }
        refuse("duration", line, column, "« \(text) » n'est pas une durée", "écrire par exemple 12 h, 90 min ou 7 j")
        return nil
    }

    /// `oui` or `non`; the default when empty.
    mutating func yes(_ line: Line, _ column: String, default other: Bool) -> Bool {
        switch line.text(column) {
        case "": return other
        case "oui": return true
        case "non": return false
        case let text:
            refuse("word", line, column, "« \(text) » n'est ni oui ni non", "écrire oui ou non")
            return other
        }
    }

    /// Words of a closed list, separated by commas or bars and blanks.
    mutating func words<Word: RawRepresentable & CaseIterable>(
        _ line: Line, _ column: String, as type: Word.Type, among admitted: [Word]? = nil, separator: Character = " "
    ) -> [Word] where Word.RawValue == String {
        let words = (admitted ?? Array(Word.allCases)).map(\.rawValue)
        return line.text(column).split(separator: separator).compactMap { part in
            let text = part.drop { $0 == " " }.description
            if words.contains(text), let word = Word(rawValue: text) { return word }
            refuse(
                "word", line, column, "« \(text) » n'est pas admis ici", "employer : " + words.joined(separator: ", "))
            return nil
        }
    }
}
