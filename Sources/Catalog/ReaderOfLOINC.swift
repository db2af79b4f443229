import Base

// loinc.csv, and the codes of analyses.csv and panels.csv
extension CatalogReader {
    /// Official names by code, written a second time: what stands in one table alone, one hand can spoil unseen.
    mutating func readLOINC(_ rows: [CatalogRow]) {
        for row in rows {
            let code = required(row, "code"), name = required(row, "nom")
            if code.isEmpty || !checkLOINC(code, row, "code") { continue }
            if let other = codeByKnownName.updateValue(code, forKey: name) {
                error(
                    "loinc.name", row, "nom", "ce nom est déjà celui de \(other)",
                    "un nom LOINC ne désigne qu'un code : relever les deux dans la table LOINC")
            }
            knownNames[code, default: []].append(name)
        }
    }

    /// The name beside a code: there, of no other code, and the one that `loinc.csv` holds.
    private mutating func checkName(of code: String, _ row: CatalogRow) {
        let name = row.text("loinc_nom_source"), column = "loinc_nom_source"
        guard !name.isEmpty else {
            error(
                "loinc.unnamed", row, column, "le code LOINC \(code) est écrit sans son nom officiel",
                "relever le nom dans la table LOINC : un code ne se reconnaît que par lui")
            return
        }
        if let other = codeByName[name] ?? codeByKnownName[name], other != code {
            error(
                "loinc.name", row, column, "« \(name) » est le nom du code \(other), et non de \(code)",
                "relever le code et son nom dans la table LOINC")
        } else if let known = knownNames[code], !known.contains(name) {
            error(
                "loinc.name", row, column, "loinc.csv nomme \(code) « \(known.joined(separator: " » ou « ")) »",
                "relever le nom dans la table LOINC, et corriger celle des deux tables qui se trompe")
        } else if !knownNames.isEmpty, knownNames[code] == nil {
            warning(
                "loinc.unlisted", row, column, "le nom n'est comparé à rien : loinc.csv n'a pas le code \(code)",
                "faire ajouter le code et son nom à loinc.csv par une seconde personne")
        }
        codeByName[name] = codeByName[name] ?? code
    }

    /// The columns `loinc…` that analyses and panels share; nil when there is no code.
    mutating func loincTerm(_ row: CatalogRow, seen: inout Set<String>) -> LOINCTerm? {
        let code = row.text("loinc")
        guard !code.isEmpty else { return nil }
        if checkLOINC(code, row, "loinc"), !seen.insert(code).inserted {
            error(
                "loinc.duplicate", row, "loinc", "le code LOINC \(code) est déjà celui d'une autre ligne",
                "un code LOINC ne désigne qu'une ligne : vérifier les deux")
        }
        checkName(of: code, row)
        let confidence = row.text("loinc_confiance")
        if !["haute", "moyenne", "faible"].contains(confidence) {
            error(
                "value.unknown", row, "loinc_confiance", "« \(confidence) » n'est pas un degré de confiance",
                "employer : haute, moyenne, faible")
        }
        return LOINCTerm(
            code: code, name: row.text("loinc_nom_source"), source: row.text("loinc_source"), confidence: confidence)
    }

    @discardableResult
    mutating func checkLOINC(_ code: String, _ row: CatalogRow, _ column: String) -> Bool {
        switch LOINCCode.defect(of: code) {
        case nil: return true
        case .form:
            error(
                "loinc.form", row, column, "« \(code) » n'a pas la forme d'un code LOINC",
                "écrire des chiffres, un trait d'union et la clé, par exemple 2951-2")
        case .checkDigit:
            error(
                "loinc.checkdigit", row, column, "la clé du code LOINC \(code) est fausse",
                "relever le code dans la table LOINC : ne pas corriger la clé au jugé")
        }
        return false
    }
}
