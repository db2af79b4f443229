import Base

// intervals.csv
extension CatalogReader {
    /// Ages over which the lint wants each sex covered (RULES section 6).
    static let lintedAges = Age(120, .year)

    mutating func readIntervals(_ rows: [CatalogRow]) -> [ReferenceInterval] {
        var intervals: [ReferenceInterval] = []
        var groups: [(code: String, lines: [(row: CatalogRow, interval: ReferenceInterval)])] = []
        var groupByCode: [String: Int] = [:]
        for row in rows {
            guard let interval = readInterval(row) else { continue }
            intervals.append(interval)
            if let group = groupByCode[interval.analysis] {
                groups[group].lines.append((row, interval))
            } else {
                groupByCode[interval.analysis] = groups.count
                groups.append((interval.analysis, [(row, interval)]))
            }
        }
        for group in groups {
            checkOverlaps(group.lines)
            checkMethods(group.lines)
            checkGaps(group.lines)
        }
        return intervals
    }

    /// Nil when an age, a sex or a pregnancy is unreadable: the line then takes no part in the checks of coverage.
    private mutating func readInterval(_ row: CatalogRow) -> ReferenceInterval? {
        let code = row.text("code")
        let unit = row.text("ucum")
        if let analysis = analysisByCode[code] {
            if !analysis.nature.isNumeric {
                error(
                    "interval.analysis", row, "code", "« \(code) » n'a pas de résultat numérique",
                    "ôter la ligne, ou corriger la nature de l'analyse")
            } else if unit != analysis.unit, !(unit.isEmpty && isInapplicable(row)) {
                error(
                    "interval.unit", row, "ucum", "l'intervalle est en « \(unit) », l'analyse en « \(analysis.unit) »",
                    "convertir les bornes dans l'unité de l'analyse")
            }
        } else {
            error(
                "interval.analysis", row, "code", "« \(code) » n'est pas une analyse du catalogue",
                "employer un code de analyses.csv")
        }
        let sex = word(row, "sexe", as: IntervalSex.self)
        let kind = word(row, "nature", as: IntervalKind.self)
        if kind == .inapplicable { checkInapplicable(row) }
        let (low, high) = kind == .inapplicable ? (nil, nil) : bounds(row)
        let ages = ages(row, "interval.ages")
        let weeks = pregnancy(row, sex: sex)
        guard let weeks, let sex, let ages else { return nil }
        return ReferenceInterval(
            analysis: code, sex: sex, from: ages.from, to: ages.to, pregnancyFrom: weeks.range?.lowerBound,
            pregnancyTo: weeks.range?.upperBound, method: row.text("methode"), low: low, high: high,
            unit: unit.isEmpty ? analysisByCode[code]?.unit ?? "" : unit,
            kind: kind ?? .reference, weight: row.text("poids"), source: row.text("source"))
    }

    private func isInapplicable(_ row: CatalogRow) -> Bool {
        row.text("nature") == IntervalKind.inapplicable.rawValue
    }

    /// A line that says that no interval applies has no bounds, and says why in its source: a biologist signs that.
    private mutating func checkInapplicable(_ row: CatalogRow) {
        if let bound = ["bas", "haut"].first(where: { !row.text($0).isEmpty }) {
            error(
                "interval.none.bounds", row, bound,
                "une borne, alors que la ligne dit qu'aucun intervalle ne s'applique",
                "vider la borne, ou écrire la nature qui lui convient (intervalle, seuil…)")
        }
        if !row.text("source").saysSomething {
            error(
                "interval.none.reason", row, "source", "la ligne ne dit pas pourquoi aucun intervalle ne s'applique",
                "écrire le motif dans la colonne source, par exemple : seuil décisionnel, pas un intervalle")
        }
    }

    private mutating func bounds(_ row: CatalogRow) -> (Exact?, Exact?) {
        let low = number(row, "bas"), high = number(row, "haut")
        if row.text("bas").isEmpty, row.text("haut").isEmpty {
            error(
                "interval.bounds", row, "bas", "l'intervalle n'a aucune borne",
                "écrire une borne ; si aucun intervalle ne s'applique, écrire la nature "
                    + "\(IntervalKind.inapplicable.rawValue) et le motif dans source")
        } else if let low, let high, low >= high {
            error(
                "interval.bounds", row, "haut", "la borne basse \(low.text) n'est pas sous la haute \(high.text)",
                "corriger l'une des deux bornes")
        }
        return (low, high)
    }

    /// `age_de` (birth when empty) and `age_a` (no end when empty), half-open; nil when they cannot be read, or end
    /// before they begin (reported under `finding`).
    mutating func ages(_ row: CatalogRow, _ finding: String) -> (from: Age, to: Age?)? {
        let begin = age(row, "age_de"), to = age(row, "age_a")
        guard let from = begin ?? (row.text("age_de").isEmpty ? .birth : nil), to != nil || row.text("age_a").isEmpty
        else { return nil }
        if let to, to.minutes <= from.minutes {
            error(
                finding, row, "age_a", "l'âge de fin \(to) n'est pas après l'âge de début \(from)",
                "corriger l'un des deux âges (de inclus, à exclu)")
            return nil
        }
        return (from, to)
    }

    private mutating func age(_ row: CatalogRow, _ column: String) -> Age? {
        let text = row.text(column)
        guard !text.isEmpty else { return nil }
        if let age = Age(text), age.minutes <= Age(150, .year).minutes { return age }
        error(
            "interval.age", row, column, "« \(text) » n'est pas un âge",
            "écrire un entier et une unité : min, h, j, sem, mois ou a, par exemple 18 a (150 a au plus)")
        return nil
    }

    /// Weeks of pregnancy of a line, if it has any.
    private struct Weeks { var range: Range<Int>? }

    /// Nil when the cells contradict themselves.
    private mutating func pregnancy(_ row: CatalogRow, sex: IntervalSex?) -> Weeks? {
        let from = integer(row, "grossesse_de", in: 0...45), to = integer(row, "grossesse_a", in: 0...45)
        let texts = (row.text("grossesse_de"), row.text("grossesse_a"))
        if texts.0.isEmpty && texts.1.isEmpty { return Weeks(range: nil) }
        guard !texts.0.isEmpty, !texts.1.isEmpty else {
            error(
                "interval.pregnancy", row, texts.0.isEmpty ? "grossesse_de" : "grossesse_a",
                "une seule des deux semaines de grossesse est donnée",
                "écrire les deux (de inclus, à exclu), ou aucune")
            return nil
        }
        guard let from, let to else { return nil }
        if from >= to || sex == .male {
            error(
                "interval.pregnancy", row, "grossesse_a",
                sex == .male ? "une grossesse chez un homme" : "la semaine de fin n'est pas après celle de début",
                "corriger le sexe ou les semaines")
            return nil
        }
        return Weeks(range: from..<to)
    }

    // MARK: Coverage

    /// Two lines that could both be chosen for one patient: the choice would be a tie, hence no interval at all.
    private mutating func checkOverlaps(_ lines: [(row: CatalogRow, interval: ReferenceInterval)]) {
        for (index, later) in lines.enumerated() {
            guard let earlier = lines[..<index].first(where: { $0.interval.overlaps(later.interval) }) else { continue }
            error(
                "interval.overlap", later.row, "age_de",
                "cet intervalle de « \(later.interval.analysis) » recouvre celui de la ligne \(earlier.row.line)",
                "séparer les âges, les sexes ou les méthodes (de inclus, à exclu)")
        }
    }

    /// Ages of a sex for which nothing is said. Children may be missing (their results are held, `INTERVALLE_ABSENT`,
    /// and the lint warns); a hole between two lines, an end before 120 years, an adult who has none is a slip: an
    /// error.
    private mutating func checkGaps(_ lines: [(row: CatalogRow, interval: ReferenceInterval)]) {
        let base = lines.filter { $0.interval.pregnancyFrom == nil }
        var methods: [String] = []
        for line in base where !methods.contains(line.interval.method) { methods.append(line.interval.method) }
        // A line without method serves every method; where there is one, only it is asked to be complete.
        if methods.contains("") { methods = [""] }
        for method in methods {
            let ofMethod = base.filter { $0.interval.method == method }
            guard let first = ofMethod.first else { continue }
            let code = first.interval.analysis, sex = sexOfIntervals[code]
            let men = gaps(ofMethod.map(\.interval).filter { $0.sex != .female })
            let women = gaps(ofMethod.map(\.interval).filter { $0.sex != .male })
            for gap in men + women.filter({ !men.contains($0) }) {
                let ofMen = men.contains(gap), ofWomen = women.contains(gap)
                let who = !ofMen ? "femmes" : (ofWomen ? "hommes et femmes" : "hommes")
                gappedAnalyses.insert(code)
                let isDeclared = sex == .male ? !ofMen : sex == .female ? !ofWomen : false
                let cause = "« \(code) » : aucun intervalle de \(gap.from) à \(gap.to) (\(who))"
                if isDeclared || gap.isOfChildren {
                    warning(
                        "interval.gap", first.row, "code", cause,
                        "ajouter une ligne pour ces âges à intervals.csv ; d'ici là leurs résultats sont retenus")
                } else {
                    error(
                        "interval.gap", first.row, "code", cause,
                        "ajouter une ligne pour ces âges à intervals.csv ; si l'analyse ne se rend que pour un sexe, "
                            + "l'écrire dans ref_sexe (M ou F) de analyses.csv")
                }
            }
        }
    }

    private struct Gap: Equatable {
        var from: Age
        var to: Age
        /// From birth to an age at which one is not yet adult.
        var isOfChildren: Bool { from.minutes == 0 && to.minutes <= Age(18, .year).minutes }
    }

    private func gaps(_ intervals: [ReferenceInterval]) -> [Gap] {
        var gaps: [Gap] = []
        var reached = Age.birth
        for interval in intervals.sorted(by: { $0.from.minutes < $1.from.minutes }) {
            if interval.from.minutes > reached.minutes, reached.minutes < CatalogReader.lintedAges.minutes {
                gaps.append(Gap(from: reached, to: interval.from))
            }
            guard let to = interval.to else { return gaps }
            if to.minutes > reached.minutes { reached = to }
        }
        if reached.minutes < CatalogReader.lintedAges.minutes {
            gaps.append(Gap(from: reached, to: CatalogReader.lintedAges))
        }
        return gaps
    }
}

extension ReferenceInterval {
    /// Could both be chosen for one patient, equally specific?
    fileprivate func overlaps(_ other: ReferenceInterval) -> Bool {
        guard method == other.method, sex == .any || other.sex == .any || sex == other.sex else { return false }
        switch (pregnancyFrom, pregnancyTo, other.pregnancyFrom, other.pregnancyTo) {
        case (nil, nil, nil, nil): break
        case (let a?, let b?, let c?, let d?): guard a < d, c < b else { return false }
        case _: return false
        }
        return AgeSpan.meet(from, to, other.from, other.to)
    }
}
