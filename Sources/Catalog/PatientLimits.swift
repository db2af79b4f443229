package import Base

/// Where the patient is (class of the encounter, JDV_J142), as the catalogue writes it.
package enum CareSetting: String, Sendable, Codable, CaseIterable {
    case ambulatory = "ambulatoire"
    case inpatient = "hospitalisation"
    case emergency = "urgences"
}

/// One line of `limits.csv`: limits of an analysis for some of its patients, by sex, age at collection and place of
/// care (FEATURES L1). A pair that it states stands in the place of that of `analyses.csv`; one that it leaves out, of
/// which neither bound is written, stays.
package struct PatientLimits: Sendable, Hashable, Codable {
    /// Code of the analysis.
    package let analysis: String
    package let sex: IntervalSex
    /// Half-open: `from` ≤ age < `to`.
    package let from: Age
    /// Nil: no upper age.
    package let to: Age?
    /// Nil: everywhere.
    package let setting: CareSetting?
    /// In the unit of the analysis, as the three pairs of `Analysis`.
    package let alert: LimitPair?
    package let critical: LimitPair?
    package let autoverification: LimitPair?
    /// How much worse a known critical value must become to be called again; nil: that of the analysis.
    package let criticalStep: Exact?
    package let source: String

    package init(
        analysis: String, sex: IntervalSex = .any, from: Age = .birth, to: Age? = nil, setting: CareSetting? = nil,
        alert: LimitPair? = nil, critical: LimitPair? = nil, autoverification: LimitPair? = nil,
        criticalStep: Exact? = nil, source: String = ""
    ) {
        self.analysis = analysis
        self.sex = sex
        self.from = from
        self.to = to
        self.setting = setting
        self.alert = alert
        self.critical = critical
        self.autoverification = autoverification
        self.criticalStep = criticalStep
        self.source = source
    }

    /// Is the line for such a patient? *Unknown* when it asks for what is not known of them.
    package func concerns(sex: IntervalSex, age: PatientAge?, setting: CareSetting?) -> Verdict {
        let ofSex: Verdict = self.sex == .any || self.sex == sex ? .yes : sex == .any ? .unknown : .no
        let ofPlace: Verdict =
            self.setting.map { wanted in
                setting.map { $0 == wanted ? .yes : .no } ?? .unknown
            } ?? .yes
        return ofSex.and(ofPlace).and(ofAge(age))
    }

    private func ofAge(_ age: PatientAge?) -> Verdict {
        guard let age else { return from.minutes == 0 && to == nil ? .yes : .unknown }
        return age.hasReached(from) && !(to.map(age.hasReached) ?? false) ? .yes : .no
    }

    /// Is all that the other line asks of a patient asked by this one, and more? Then this one is meant.
    fileprivate func saysMore(than other: PatientLimits) -> Bool {
        let asks = asked, others = other.asked
        return asks != others && zip(asks, others).allSatisfy { $0 || !$1 }
    }
    /// Age, sex, place.
    private var asked: [Bool] { [from.minutes > 0 || to != nil, sex != .any, setting != nil] }

    /// Could both be meant for one patient, none before the other?
    fileprivate func overlaps(_ other: PatientLimits) -> Bool {
        guard sex == other.sex, setting == other.setting else { return false }
        return AgeSpan.meet(from, to, other.from, other.to)
    }
}

extension LimitPair {
    /// What either pair is out of is out of this one.
    package func tightened(by other: LimitPair) -> LimitPair {
        let low = [low, other.low].compactMap(\.self).max(), high = [high, other.high].compactMap(\.self).min()
        return LimitPair(low: low, high: high) ?? self
    }
}

extension PatientLimits {
    /// A pair of limits for a patient, chosen among the lines of one analysis: of the line that asks most of those that
    /// surely concern the patient, else the general one. Lines of which none asks more than the other (an age and a
    /// place) tighten each other, and so does every line that may concern the patient as far as one knows, since to
    /// look at less would hold less.
    package static func chosen(
        _ general: LimitPair?, among lines: [(line: PatientLimits, verdict: Verdict)],
        _ pair: (PatientLimits) -> LimitPair?
    ) -> LimitPair? {
        let stating = lines.filter { pair($0.line) != nil }
        let certain = stating.filter { $0.verdict == .yes }.map(\.line)
        let sure = certain.filter { line in !certain.contains { $0.saysMore(than: line) } }.compactMap(pair)
        let possible = stating.filter { $0.verdict == .unknown }.compactMap { pair($0.line) }
        let start = sure.isEmpty ? [general].compactMap(\.self) : sure
        return (start + possible).reduce(nil) { $0?.tightened(by: $1) ?? $1 }
    }
}

// limits.csv
extension CatalogReader {
    mutating func readLimits(_ rows: [CatalogRow]) -> [PatientLimits] {
        var limits: [PatientLimits] = [], placed: [String: [(row: CatalogRow, limits: PatientLimits)]] = [:]
        for row in rows {
            guard let one = readLimits(row) else { continue }
            if let earlier = placed[one.analysis]?.first(where: { $0.limits.overlaps(one) }) {
                error(
                    "patientlimits.overlap", row, "age_de",
                    "ces limites de « \(one.analysis) » recouvrent celles de la ligne \(earlier.row.line)",
                    "séparer les âges, les sexes ou les venues (de inclus, à exclu)")
            }
            placed[one.analysis, default: []].append((row, one))
            limits.append(one)
        }
        return limits
    }

    /// Nil when nobody can say whom the line is for.
    private mutating func readLimits(_ row: CatalogRow) -> PatientLimits? {
        let code = row.text("code")
        let analysis = analysisByCode[code]
        if analysis == nil {
            error(
                "patientlimits.analysis", row, "code", "« \(code) » n'est pas une analyse du catalogue",
                "employer un code de analyses.csv")
        } else if let analysis, !analysis.nature.isNumeric {
            error(
                "patientlimits.analysis", row, "code", "« \(code) » n'a pas de résultat numérique",
                "ôter la ligne, ou corriger la nature de l'analyse")
        } else if let analysis, row.text("ucum") != analysis.unit {
            error(
                "patientlimits.unit", row, "ucum",
                "les limites sont en « \(row.text("ucum")) », l'analyse en « \(analysis.unit) »",
                "convertir les limites dans l'unité de l'analyse")
        }
        let alert = pair(row, "alerte"), critical = pair(row, "critique"), range = pair(row, "av")
        let step = positive(row, "critique_pas")
        if alert == nil, critical == nil, range == nil, step == nil {
            error(
                "patientlimits.empty", row, "critique_bas", "la ligne ne donne aucune limite",
                "écrire une limite, ou ôter la ligne : celles de analyses.csv valent alors")
        }
        checkOrder(
            row, "alerte", alert ?? analysis?.verification.alert, within: critical ?? analysis?.criticalPair,
            "l'alerte est plus loin que l'appel : elle viendrait après lui")
        let absurd = analysis?.verification.absurd
        checkOrder(row, "critique", critical, within: absurd, "l'appel est au-delà des limites absurdes")
        checkOrder(row, "av", range, within: absurd, "la plage d'autovérification dépasse les limites absurdes")
        let setting = row.text("venue").isEmpty ? nil : word(row, "venue", as: CareSetting.self)
        guard let sex = word(row, "sexe", as: IntervalSex.self), let ages = ages(row, "patientlimits.ages"),
            setting != nil || row.text("venue").isEmpty
        else { return nil }
        return PatientLimits(
            analysis: code, sex: sex, from: ages.from, to: ages.to, setting: setting, alert: alert, critical: critical,
            autoverification: range, criticalStep: step, source: row.text("source"))
    }
}
