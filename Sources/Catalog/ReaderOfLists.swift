import Base

// sections.csv, specimens.csv, tubes.csv, panels.csv
extension CatalogReader {
    mutating func readSections(_ rows: [CatalogRow]) -> [Section] {
        var titles: [String: String] = [:]
        var sections: [Section] = []
        for row in rows {
            let code = code(row, isTaken: sectionCodes.contains(row.text("code")), spaces: true)
            let name = required(row, "nom_fr")
            let rank = integer(row, "rang", in: 0...9999) ?? 0
            if row.text("rang").isEmpty { _ = required(row, "rang") }
            let loinc = required(row, "chapitre_loinc")
            if !loinc.isEmpty { checkLOINC(loinc, row, "chapitre_loinc") }
            let title = required(row, "chapitre_fr")
            if let known = titles[loinc], known != title {
                error(
                    "chapter.title", row, "chapitre_fr", "le chapitre \(loinc) se nomme « \(known) » plus haut",
                    "donner un seul titre à chaque chapitre")
            }
            titles[loinc] = titles[loinc] ?? title
            let link = word(row, "chapitre_lien", as: ChapterLink.self)
            sectionCodes.insert(code)
            sections.append(
                Section(
                    code: code, nameFR: name, rank: rank, chapter: Chapter(loinc: loinc, title: title),
                    chapterIsExact: link == .exact, note: row.text("note")))
        }
        return sections
    }

    /// Does the chapter of the document fit the section, or is it the nearest known one?
    private enum ChapterLink: String, CaseIterable { case exact, nearest = "proche" }

    mutating func readSpecimens(_ rows: [CatalogRow]) -> [SpecimenKind] {
        rows.map { row in
            let code = code(row, isTaken: specimenByCode[row.text("code")] != nil)
            let name = required(row, "nom_fr")
            let kind = SpecimenKind(code: code, nameFR: name, hl7: hl7(row), note: row.text("note"))
            specimenByCode[code] = kind
            return kind
        }
    }

    mutating func readTubes(_ rows: [CatalogRow]) -> [Tube] {
        rows.map { row in
            let code = code(row, isTaken: tubeByCode[row.text("code")] != nil)
            let name = required(row, "nom_fr")
            let tube = Tube(
                code: code, nameFR: name, cap: row.text("bouchon"), additive: row.text("additif"), hl7: hl7(row),
                note: row.text("note"))
            tubeByCode[code] = tube
            return tube
        }
    }

    /// A code of HL7 table 0487: capitals, digits, `#`, `_`; nil when empty.
    private mutating func hl7(_ row: CatalogRow) -> String? {
        let text = row.text("hl7")
        guard !text.isEmpty else { return nil }
        let admitted =
            text.utf8.count <= 8
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || $0 == 0x23 || $0 == 0x5F
            }
        if !admitted {
            error(
                "specimen.hl7", row, "hl7", "« \(text) » n'a pas la forme d'un code de la table HL7 0487",
                "employer un code de JDV_HL7_SpecimenType-CISIS, par exemple SER, PLAS, BLD, UR")
        }
        return text
    }

    mutating func readPanels(_ rows: [CatalogRow]) -> [Panel] {
        var codes: Set<String> = [], loincs: Set<String> = []
        var panels: [Panel] = []
        for row in rows {
            // A code that is both would make a request ambiguous.
            let taken = codes.contains(row.text("code")) || analysisByCode[row.text("code")] != nil
            let code = code(row, isTaken: taken)
            codes.insert(code)
            let name = required(row, "nom_fr")
            let loinc = loincTerm(row, seen: &loincs)
            panels.append(
                Panel(code: code, nameFR: name, loinc: loinc, members: members(row), note: row.text("note")))
        }
        return panels
    }

    /// Codes of analyses separated by blanks; a finding points at the member itself.
    private mutating func members(_ row: CatalogRow) -> [String] {
        let cell = row.cell("membres")
        var members: [String] = []
        var column = cell.column + (cell.quoted ? 1 : 0)
        for part in cell.text.split(separator: " ", omittingEmptySubsequences: false) {
            let member = String(part)
            let place = CSVCell(text: member, line: cell.line, column: column, quoted: false)
            column += member.unicodeScalars.count + 1
            if member.isEmpty { continue }
            if analysisByCode[member] == nil {
                report(
                    .error, "panel.member", row.file, place, "« \(member) » n'est pas une analyse du catalogue",
                    "employer un code de analyses.csv")
            } else if members.contains(member) {
                report(
                    .error, "panel.repeated", row.file, place, "« \(member) » figure deux fois dans le bilan",
                    "n'en garder qu'un")
            }
            members.append(member)
        }
        if members.isEmpty {
            error("panel.empty", row, "membres", "le bilan n'a aucun membre", "écrire les codes séparés par un blanc")
        }
        return members
    }
}
