import Base

// analyses.csv
extension CatalogReader {
    mutating func readAnalyses(_ rows: [CatalogRow]) -> [Analysis] {
        var loincs: Set<String> = []
        var analyses: [Analysis] = []
        analyses.reserveCapacity(rows.count)
        for row in rows {
            let analysis = readAnalysis(row, loincs: &loincs)
            analysisByCode[analysis.code] = analysis
            analyses.append(analysis)
        }
        return analyses
    }

    private mutating func readAnalysis(_ row: CatalogRow, loincs: inout Set<String>) -> Analysis {
        let code = code(row, isTaken: analysisByCode[row.text("code")] != nil)
        let level = integer(row, "niveau", in: 1...2, finding: "level")
        if row.text("niveau").isEmpty { _ = required(row, "niveau") }
        let name = required(row, "nom_fr")
        let section = required(row, "section")
        if !section.isEmpty, !sectionCodes.contains(section) {
            unknown(row, "section", "section.unknown", in: "sections.csv")
        }
        let nature = word(row, "nature", as: Nature.self)
        let loinc = loincTerm(row, seen: &loincs)
        let (specimen, tube) = sample(row, nature: nature)
        let unit = unit(row, nature: nature, loinc: loinc)
        let decimals = integer(row, "decimales", in: 0...Analysis.maximumDecimals, finding: "decimals")
        if let nature { checkDecimals(row, nature: nature) }
        let nabm = row.text("nabm")
        if !nabm.isEmpty, !(nabm.utf8.count == 4 && nabm.utf8.allSatisfy { (0x30...0x39).contains($0) }) {
            error("nabm", row, "nabm", "« \(nabm) » n'est pas un code NABM", "écrire quatre chiffres, zéros compris")
        }
        if let sex = referenceSex(row) { sexOfIntervals[code] = sex }
        let critical = critical(row), limits = verification(row)
        if let nature { checkTiers(row, nature, critical, limits) }
        checkGroup(row)
        let mass = molarMass(row)
        return Analysis(
            code: code, level: level ?? 2, nameFR: name, section: section, nature: nature ?? .text, loinc: loinc,
            unit: row.text("ucum"), alternative: alternative(row, unit: unit, mass: mass, seen: &loincs),
            molarMass: mass, specimen: specimen, tube: tube, decimals: decimals, intervalNote: row.text("ref_note"),
            critical: critical,
            nabm: nabm.isEmpty ? nil : nabm, nabmSource: row.text("nabm_source"), delta: delta(row),
            verification: limits, answers: answers(row, nature: nature), waitingCode: waitingCode(row, loinc),
            approval: approval(row),
            note: row.text("note"))
    }

    /// `code_attente`: the *code d'attente* of what LOINC does not have yet (CR-BIO sheet section 7.3.2).
    private mutating func waitingCode(_ row: CatalogRow, _ loinc: LOINCTerm?) -> String? {
        let code = row.text("code_attente"), column = "code_attente"
        if code.isEmpty { return nil }
        if !(4...10).contains(code.utf8.count) || !code.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            error(
                "waiting.form", row, column, "« \(code) » n'a pas la forme d'un code d'attente",
                "écrire les chiffres du code, par exemple 1443252")
        } else if !waitingCodes.insert(code).inserted {
            error(
                "waiting.duplicate", row, column, "le code d'attente \(code) est déjà celui d'une autre ligne",
                "un code d'attente ne désigne qu'une analyse : vérifier les deux")
        }
        if loinc != nil {
            error(
                "waiting.loinc", row, column, "l'analyse a aussi un code LOINC",
                "ôter le code d'attente : il ne tient lieu que d'un code LOINC qui manque")
        }
        return code
    }

    /// `A+=A, RhD positif|A-=A, RhD négatif`: the codes that may be typed, each with what is printed.
    private mutating func answers(_ row: CatalogRow, nature: Nature?) -> [CodedAnswer] {
        let column = "reponses", text = row.text(column)
        if text.isEmpty { return [] }
        if let nature, nature != .coded {
            error(
                "answers.nature", row, column,
                "une analyse de nature « \(nature.rawValue) » n'a pas de réponses codées",
                "ôter la liste, ou écrire la nature \(Nature.coded.rawValue)")
        }
        var answers: [CodedAnswer] = []
        for part in text.split(separator: "|", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map { $0.trimmed }
            guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty, !sides[0].contains(" ") else {
                error(
                    "answers.form", row, column, "« \(part) » n'est pas une réponse", "écrire CODE=libellé|CODE=libellé"
                )
                continue
            }
            if answers.contains(where: { $0.code == sides[0] }) {
                error(
                    "answers.duplicate", row, column, "la réponse « \(sides[0]) » figure deux fois",
                    "n'en garder qu'une")
            }
            answers.append(CodedAnswer(code: sides[0], nameFR: sides[1]))
        }
        return answers
    }

    /// Always a draft: a biologist approves a line in the register, not with a word that anybody can type into a table.
    private mutating func approval(_ row: CatalogRow) -> Approval {
        if word(row, "etat", as: Approval.self) == .approved {
            error(
                "approval.typed", row, "etat", "une approbation ne s'écrit pas dans la table : elle n'y vaut rien",
                "écrire \(Approval.draft.rawValue), publier, puis paillasse catalogue approve (biologiste)")
        }
        return .draft
    }

    /// The one sex that the intervals are for; nil: both.
    private mutating func referenceSex(_ row: CatalogRow) -> IntervalSex? {
        guard !row.text("ref_sexe").isEmpty, let sex = word(row, "ref_sexe", as: IntervalSex.self) else { return nil }
        return sex == .any ? nil : sex
    }

    private mutating func unknown(_ row: CatalogRow, _ column: String, _ finding: String, in file: String) {
        error(
            finding, row, column, "« \(row.text(column)) » n'existe pas dans \(file)",
            "employer un code de \(file), ou y ajouter la ligne")
    }

    // MARK: Specimen and tube

    private mutating func sample(_ row: CatalogRow, nature: Nature?) -> (String?, String?) {
        let specimen = row.text("prelevement"), tube = row.text("tube")
        if !specimen.isEmpty, specimenByCode[specimen] == nil {
            unknown(row, "prelevement", "specimen.unknown", in: "specimens.csv")
        }
        if !tube.isEmpty, tubeByCode[tube] == nil { unknown(row, "tube", "tube.unknown", in: "tubes.csv") }
        if let nature, nature != .calculated {
            if specimen.isEmpty { _ = required(row, "prelevement") }
            if tube.isEmpty { _ = required(row, "tube") }
        }
        if let kind = specimenByCode[specimen], kind.hl7 == nil, let found = tubeByCode[tube], found.hl7 == nil {
            error(
                "specimen.open", row, "tube", "ni « \(specimen) » ni le tube « \(tube) » ne donnent de code HL7",
                "remplir la colonne hl7 de tubes.csv, ou préciser le prélèvement")
        }
        return (specimen.isEmpty ? nil : specimen, tube.isEmpty ? nil : tube)
    }

    // MARK: Unit and decimals

    private mutating func unit(_ row: CatalogRow, nature: Nature?, loinc: LOINCTerm?) -> Unit? {
        guard let nature else { return nil }
        let text = row.text("ucum")
        guard !text.isEmpty else {
            if nature.isNumeric {
                error(
                    "unit.missing", row, "ucum", "un résultat numérique sans unité",
                    "écrire l'unité UCUM, ou 1 s'il n'en a pas")
            }
            return nil
        }
        guard let unit = parsedUnit(row, "ucum") else { return nil }
        if let property = loinc.flatMap({ LOINCProperty(of: $0.name) }), !property.admits(unit) {
            error(
                "loinc.unit", row, "ucum",
                "l'unité « \(text) » ne va pas avec la grandeur [\(property.name)] du nom LOINC",
                "choisir le code LOINC de cette unité, ou l'unité de ce code")
        }
        return unit
    }

    mutating func parsedUnit(_ row: CatalogRow, _ column: String) -> Unit? {
        let text = row.text(column)
        guard text.utf8.allSatisfy(Unit.isUnitByte) else {
            error(
                "unit.characters", row, column, "« \(text) » contient un caractère étranger à UCUM",
                "écrire l'unité en ASCII sans blanc : umol/L et non µmol/L, 10*9/L et non G/L")
            return nil
        }
        if let unit = Unit(text) { return unit }
        error(
            "unit.unknown", row, column, "« \(text) » n'est pas une unité UCUM connue",
            "corriger l'unité (majuscules et minuscules comptent), par exemple mmol/L, [IU]/L, 10*9/L")
        return nil
    }

    private mutating func checkDecimals(_ row: CatalogRow, nature: Nature) {
        let isEmpty = row.text("decimales").isEmpty
        if nature.isNumeric, isEmpty {
            error(
                "decimals", row, "decimales", "un résultat numérique sans nombre de décimales",
                "écrire de 0 à \(Analysis.maximumDecimals)")
        } else if !nature.isNumeric, nature != .titre, !isEmpty {
            error(
                "decimals", row, "decimales", "des décimales pour un résultat qui n'est pas un nombre",
                "vider la cellule")
        }
    }

    // MARK: Limits

    private mutating func critical(_ row: CatalogRow) -> CriticalLimits? {
        let low = number(row, "critique_bas"), high = number(row, "critique_haut")
        guard low != nil || high != nil else { return nil }
        if let low, let high, low >= high {
            error(
                "critical.bounds", row, "critique_haut",
                "la limite basse \(low.text) n'est pas sous la haute \(high.text)",
                "corriger l'une des deux limites")
        }
        return CriticalLimits(low: low, high: high, source: row.text("critique_source"))
    }

    private mutating func delta(_ row: CatalogRow) -> DeltaRule? {
        let limit = number(row, "delta_limite")
        let days = integer(row, "delta_jours", in: 1...3650)
        guard !row.text("delta_type").isEmpty else {
            if limit != nil || days != nil {
                error("delta", row, "delta_type", "une limite de delta sans type", "écrire abs, pct, exact ou none")
            }
            return nil
        }
        guard let kind = word(row, "delta_type", as: DeltaKind.self) else { return nil }
        switch kind {
        case .absolute, .percent, .rate, .percentRate:
            if row.text("delta_jours").isEmpty {
                error(
                    "delta.window", row, "delta_jours",
                    "un delta « \(kind.rawValue) » sans fenêtre : un résultat d'il y a dix ans y compterait",
                    "écrire jusqu'à combien de jours on compare")
            }
            if row.text("delta_limite").isEmpty {
                error("delta", row, "delta_limite", "un delta « \(kind.rawValue) » sans limite", "écrire la limite")
            } else if let limit, limit <= Exact(0) {
                error("delta", row, "delta_limite", "la limite du delta n'est pas positive", "écrire la limite")
            }
        case .exact, .none:
            if limit != nil {
                error(
                    "delta", row, "delta_limite", "un delta « \(kind.rawValue) » n'a pas de limite", "vider la cellule")
            }
        }
        return DeltaRule(
            kind: kind, limit: limit, days: days, source: row.text("delta_source"),
            absoluteLimit: positive(row, "delta_abs"))
    }

    /// The optional columns of the autoverification.
    private mutating func verification(_ row: CatalogRow) -> VerificationLimits {
        let absurd = pair(row, "absurde")
        let autoverification = pair(row, "av")
        checkOrder(
            row, "av", autoverification, within: absurd, "la plage d'autovérification dépasse les limites absurdes")
        return VerificationLimits(
            alert: pair(row, "alerte"), absurd: absurd, autoverification: autoverification,
            measuring: pair(row, "amr"), maximumDilution: dilution(row),
            analyticalCV: positive(row, "cva"), rerunLimit: positive(row, "repasse_abs"),
            comparability: row.text("groupe"), dependentSet: row.text("ensemble"),
            stabilityHours: integer(row, "stabilite_h", in: 1...87_600), criticalStep: positive(row, "critique_pas"),
            source: row.text("limites_source"))
    }

    /// Alerts stand inside calls, calls inside the absurd; what is no number has no limits at all.
    private mutating func checkTiers(
        _ row: CatalogRow, _ nature: Nature, _ critical: CriticalLimits?, _ limits: VerificationLimits
    ) {
        if !nature.isNumeric {
            for name in ["critique", "alerte", "absurde", "av", "amr"] {
                guard let side = ["_bas", "_haut"].first(where: { !row.text(name + $0).isEmpty }) else { continue }
                error(
                    "limits.nature", row, name + side,
                    "une limite pour un résultat de nature « \(nature.rawValue) », qui n'est pas un nombre",
                    "vider la cellule ; ce qui est positif et critique se dit dans les règles")
            }
        }
        let calls = critical?.pair
        checkOrder(
            row, "alerte", limits.alert, within: calls, "l'alerte est plus loin que l'appel : elle viendrait après lui")
        checkOrder(row, "critique", calls, within: limits.absurd, "l'appel est au-delà des limites absurdes")
    }

    mutating func checkOrder(
        _ row: CatalogRow, _ name: String, _ inner: LimitPair?, within outer: LimitPair?, _ cause: String
    ) {
        let below = zip2(outer?.low, inner?.low).map { $1 < $0 } ?? false
        let above = zip2(outer?.high, inner?.high).map { $1 > $0 } ?? false
        guard below || above else { return }
        error("limits.order", row, name + (below ? "_bas" : "_haut"), cause, "corriger l'une des deux")
    }

    /// Results of one group compare with each other (RULES section 3: unit and method family).
    private mutating func checkGroup(_ row: CatalogRow) {
        let group = row.text("groupe")
        guard !group.isEmpty else { return }
        guard let first = groups[group] else {
            groups[group] = (row.text("code"), row.text("ucum"))
            return
        }
        guard first.unit != row.text("ucum") else { return }
        error(
            "group.unit", row, "groupe",
            "le groupe « \(group) » compare « \(row.text("ucum")) » à « \(first.unit) » (\(first.code))",
            "ne grouper que des analyses de même unité")
    }

    private func zip2<A, B>(_ a: A?, _ b: B?) -> (A, B)? {
        guard let a, let b else { return nil }
        return (a, b)
    }

    mutating func pair(_ row: CatalogRow, _ name: String) -> LimitPair? {
        let low = number(row, name + "_bas"), high = number(row, name + "_haut")
        if let low, let high, low >= high {
            error(
                "limits.bounds", row, name + "_haut",
                "la limite basse \(low.text) n'est pas sous la haute \(high.text)", "corriger l'une des deux limites")
        }
        return LimitPair(low: low, high: high)
    }

    /// Largest factor that a specimen may be diluted by: 1 and less is no dilution (RULES section 8).
    mutating func dilution(_ row: CatalogRow) -> Exact? {
        guard let factor = positive(row, "dilution_max") else { return nil }
        if factor <= Exact(1), Exact(0) < factor {
            error(
                "limits.dilution", row, "dilution_max",
                "« \(factor.text) » ne dilue pas : un facteur est plus grand que 1",
                "écrire le plus grand facteur validé, par exemple 10 pour un dixième, ou vider la cellule")
        }
        return factor
    }

    mutating func positive(_ row: CatalogRow, _ column: String) -> Exact? {
        guard let value = number(row, column) else { return nil }
        if value <= Exact(0) {
            error("limits.positive", row, column, "« \(value.text) » n'est pas positif", "écrire un nombre positif")
        }
        return value
    }
}

extension Analysis {
    /// More decimals than any routine method justifies.
    package static let maximumDecimals = 6
}

extension Substring {
    fileprivate var trimmed: String {
        var rest = self[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }
}
