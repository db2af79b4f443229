import Base

// The second unit of an analysis: `unite_alt`, `facteur_alt`, and what the factor comes from
extension CatalogReader {
    mutating func alternative(
        _ row: CatalogRow, unit: Unit?, mass: Exact?, seen: inout Set<String>
    ) -> AlternativeUnit? {
        let text = row.text("unite_alt")
        let factor = number(row, "facteur_alt")
        guard !text.isEmpty else {
            if !row.text("loinc_alt").isEmpty {
                error(
                    "loinc.second", row, "loinc_alt", "un second code LOINC sans seconde unité",
                    "remplir unite_alt et facteur_alt, ou ôter le code")
            }
            if factor != nil {
                error(
                    "factor", row, "facteur_alt", "un facteur sans seconde unité",
                    "remplir unite_alt, ou ôter le facteur")
            }
            return nil
        }
        guard let second = parsedUnit(row, "unite_alt") else { return nil }
        guard let factor else {
            if row.text("facteur_alt").isEmpty {
                error(
                    "factor", row, "facteur_alt", "une seconde unité sans facteur",
                    "écrire le facteur : valeur en \(text) = valeur × facteur")
            }
            return nil
        }
        guard factor > Exact(0) else {
            error("factor", row, "facteur_alt", "le facteur n'est pas positif", "écrire un facteur plus grand que zéro")
            return nil
        }
        if let unit { check(factor, from: unit, to: second, mass: mass, row) }
        checkConvention(row)
        return AlternativeUnit(
            unit: text, factor: factor, loinc: secondLOINC(row, unit: second, seen: &seen),
            convention: row.text("convention"))
    }

    /// RULES section 9: of two conventions the laboratory keeps one, *and prints which*.
    private mutating func checkConvention(_ row: CatalogRow) {
        guard row.text("convention").isEmpty, row.text("facteur_source").hasPrefix("convention") else { return }
        warning(
            "factor.convention", row, "convention",
            "le facteur suit une convention parmi d'autres, et le compte rendu ne dira pas laquelle",
            "l'écrire telle qu'elle s'imprime, par exemple : trioléine (885,4 g/mol)")
    }

    /// `loinc_alt`: the code of the same result in the second unit. `loinc.csv` names it, for no name stands beside it
    /// here, and its name has the kind of property of that unit.
    private mutating func secondLOINC(_ row: CatalogRow, unit: Unit, seen: inout Set<String>) -> LOINCTerm? {
        let code = row.text("loinc_alt"), column = "loinc_alt"
        if code.isEmpty || !checkLOINC(code, row, column) { return nil }
        if !seen.insert(code).inserted {
            error(
                "loinc.duplicate", row, column, "le code LOINC \(code) est déjà celui d'une autre ligne",
                "un code LOINC ne désigne qu'une ligne : vérifier les deux")
        }
        let confidence = row.text("loinc_confiance")
        guard let name = knownNames[code]?.first else {
            // A catalogue without that table compares no name.
            if knownNames.isEmpty { return LOINCTerm(code: code, name: "", source: "", confidence: confidence) }
            error(
                "loinc.unnamed", row, column, "le code LOINC \(code) n'a pas de nom : loinc.csv ne l'a pas",
                "l'ajouter à loinc.csv avec son nom officiel, relevé dans la table LOINC")
            return nil
        }
        guard let property = LOINCProperty(of: name), property.admits(unit) else {
            error(
                "loinc.unit", row, column, "l'unité « \(unit.text) » ne va pas avec le nom LOINC « \(name) »",
                "choisir le code LOINC de la seconde unité")
            return nil
        }
        return LOINCTerm(code: code, name: name, source: "loinc.csv", confidence: confidence)
    }

    /// Molar mass of the substance in g/mol: derived from its formula, or written where it has none (a mean, a
    /// protein), with the convention it follows. Nil where the line gives neither, or a faulty one (reported).
    mutating func molarMass(_ row: CatalogRow) -> Exact? {
        let formula = row.text("formule_brute"), written = number(row, "masse_molaire")
        if let written, written <= Exact(0) {
            error("factor.mass", row, "masse_molaire", "la masse molaire n'est pas positive", "l'écrire en g/mol")
            return nil
        }
        guard !formula.isEmpty else {
            if written != nil, row.text("facteur_source").isEmpty {
                error(
                    "factor.base", row, "facteur_source", "une masse molaire sans formule brute ni source",
                    "écrire la formule brute, ou la convention d'où vient la masse")
            }
            return written
        }
        guard let derived = MolarMass.of(formula) else {
            error(
                "factor.formula", row, "formule_brute", "« \(formula) » n'est pas une formule brute",
                "écrire les symboles des éléments et leur nombre, par exemple C4H7N3O")
            return nil
        }
        if let written, !CatalogReader.agree(written, Decimal34(derived), within: 10_000) {
            error(
                "factor.mass", row, "masse_molaire",
                "\(formula) pèse \(derived.text) g/mol (masses atomiques IUPAC 2021), et non \(written.text)",
                "corriger la masse, ou la formule")
        }
        return derived
    }

    private mutating func check(_ factor: Exact, from unit: Unit, to second: Unit, mass: Exact?, _ row: CatalogRow) {
        if unit.dimension == second.dimension {
            guard let exact = unit.factor(to: second) else {
                error(
                    "factor.kind", row, "unite_alt",
                    "\(unit.text) et \(second.text) ne sont pas la même grandeur : aucun facteur ne les lie",
                    "en faire deux analyses, dont l'une se calcule de l'autre")
                return
            }
            return compare(factor, exact, "1 \(unit.text) vaut", second, row)
        }
        let perMole = unit.factor(to: second, molarMass: mass ?? Exact(1))
        if perMole != nil, let mass {
            guard let exact = unit.factor(to: second, molarMass: mass) else { return }
            return compare(factor, exact, "à \(mass.text) g/mol, 1 \(unit.text) vaut", second, row)
        }
        if perMole != nil || row.text("facteur_source").isEmpty {
            error(
                "factor.base", row, "facteur_alt",
                "rien ne dit d'où vient ce facteur entre \(unit.text) et \(second.text)",
                perMole != nil
                    ? "écrire la formule brute (formule_brute), ou la masse molaire et sa source"
                    : "écrire dans facteur_source la convention qui le fixe")
        }
    }

    private mutating func compare(
        _ factor: Exact, _ exact: Decimal34, _ opening: String, _ second: Unit, _ row: CatalogRow
    ) {
        guard !CatalogReader.agree(factor, exact, within: 1000) || exact.rounded(to: factor.scale) != factor else {
            return
        }
        // Four digits that count, as the factors of the catalogue are printed.
        let shown = (0...Exact.maximumScale).lazy.compactMap { exact.rounded(to: $0) }
            .first { CatalogReader.agree($0, exact, within: 2000) }
        error(
            "factor", row, "facteur_alt",
            "\(opening) \(shown?.text ?? exact.description) \(second.text), et non \(factor.text)",
            "corriger le facteur (arrondi à son dernier chiffre, à un millième près au plus), ou l'unité")
    }

    /// Within one part in `parts` of what is exact.
    private static func agree(_ value: Exact, _ exact: Decimal34, within parts: Int) -> Bool {
        let difference = (Decimal34(value) + -exact).magnitude
        return ValueRange(difference * Decimal34(parts)).isAtMost(ValueRange(exact)) == .yes
    }
}
