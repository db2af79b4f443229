package import Base

/// One line of `methods.csv`: the method by which an analyzer measures an analysis, and what is known of that method
/// rather than of the analysis (RULES sections 3, 6 and 8).
package struct AssayMethod: Sendable, Hashable, Codable {
    /// Code of the analysis.
    package let analysis: String
    /// Name of the analyzer in the configuration, or one of the words below.
    package let source: String
    /// The name by which `intervals.csv` asks for it.
    package let name: String
    /// Results of one family compare with each other in a delta: the method alone, unless the laboratory wrote the same
    /// group beside several.
    package let family: String
    /// Nil: the range of the analysis.
    package let measuring: LimitPair?
    /// Nil: what the analysis says.
    package let maximumDilution: Exact?
    package let analyticalCV: Exact?
    package let rerunLimit: Exact?

    package init(
        analysis: String, source: String, name: String, family: String = "", measuring: LimitPair? = nil,
        maximumDilution: Exact? = nil, analyticalCV: Exact? = nil, rerunLimit: Exact? = nil
    ) {
        self.analysis = analysis
        self.source = source
        self.name = name
        self.family = family.isEmpty ? name : family
        self.measuring = measuring
        self.maximumDilution = maximumDilution
        self.analyticalCV = analyticalCV
        self.rerunLimit = rerunLimit
    }

    /// Every analyzer that has no line of its own.
    package static let anyAnalyzer = "*"
    /// A value that a person typed: no analyzer's line serves it.
    package static let typed = "saisie"
    /// A value calculated from others.
    package static let calculated = "calcul"
    /// What stands in the place of an analyzer's name and is none.
    package static let words: Set<String> = [anyAnalyzer, typed, calculated]

    /// The limits of the analysis, as this method has them.
    package func limits(_ general: VerificationLimits) -> VerificationLimits {
        var own = general
        own.measuring = measuring ?? general.measuring
        own.maximumDilution = maximumDilution ?? general.maximumDilution
        own.analyticalCV = analyticalCV ?? general.analyticalCV
        own.rerunLimit = rerunLimit ?? general.rerunLimit
        return own
    }
}

extension AnalysisCatalogue {
    /// The method of an analysis where it is measured (`AssayMethod.source`); nil: nobody declared it.
    package func method(of code: String, on source: String) -> AssayMethod? {
        guard let lines = methods(of: code) else { return nil }
        if let own = lines.first(where: { $0.source == source }) { return own }
        return AssayMethod.words.contains(source) ? nil : lines.first { $0.source == AssayMethod.anyAnalyzer }
    }
}

// methods.csv
extension CatalogReader {
    mutating func readMethods(_ rows: [CatalogRow]) -> [AssayMethod] {
        var methods: [AssayMethod] = []
        for row in rows {
            let code = row.text("code"), source = required(row, "automate"), name = required(row, "methode")
            checkSource(row, code, source)
            let known = methodsByCode[code] ?? []
            if known.contains(where: { $0.source == source }) {
                error(
                    "method.duplicate", row, "automate", "« \(code) » a déjà une méthode sur « \(source) »",
                    "n'en garder qu'une ligne")
            }
            let method = AssayMethod(
                analysis: code, source: source, name: name, family: row.text("groupe"), measuring: pair(row, "amr"),
                maximumDilution: dilution(row), analyticalCV: positive(row, "cva"),
                rerunLimit: positive(row, "repasse_abs"))
            if let other = known.first(where: { $0.name == name && $0.family != method.family }) {
                error(
                    "method.group", row, "groupe",
                    "la méthode « \(name) » de « \(code) » est de deux groupes, « \(other.family) » et "
                        + "« \(method.family) »", "donner à une méthode un seul groupe de comparabilité")
            }
            methodsByCode[code, default: []].append(method)
            methods.append(method)
        }
        return methods
    }

    private mutating func checkSource(_ row: CatalogRow, _ code: String, _ source: String) {
        guard let analysis = analysisByCode[code] else {
            error(
                "method.analysis", row, "code", "« \(code) » n'est pas une analyse du catalogue",
                "employer un code de analyses.csv")
            return
        }
        if (source == AssayMethod.calculated) != (analysis.nature == .calculated), !source.isEmpty {
            error(
                "method.source", row, "automate",
                analysis.nature == .calculated
                    ? "« \(code) » se calcule : aucun automate ne le mesure" : "« \(code) » ne se calcule pas",
                analysis.nature == .calculated
                    ? "écrire \(AssayMethod.calculated)"
                    : "écrire un automate, \(AssayMethod.anyAnalyzer) ou "
                        + AssayMethod.typed)
        }
        guard !analysis.nature.isNumeric else { return }
        for column in ["amr_bas", "amr_haut"] where !row.text(column).isEmpty {
            error(
                "limits.nature", row, column,
                "une limite pour un résultat de nature « \(analysis.nature.rawValue) », qui n'est pas un nombre",
                "vider la cellule")
        }
    }

    /// An interval for a method that nobody has serves nobody, and the general line judges in its place; a method that
    /// no line serves, where there is no general one, has its results held.
    mutating func checkMethods(_ lines: [(row: CatalogRow, interval: ReferenceInterval)]) {
        guard let code = lines.first?.interval.analysis else { return }
        let declared = methodsByCode[code] ?? []
        for line in lines {
            let name = line.interval.method
            guard !name.isEmpty, !declared.contains(where: { $0.name == name }) else { continue }
            error(
                "interval.method", line.row, "methode",
                "aucun automate ne mesure « \(code) » par la méthode « \(name) » : cet intervalle ne servirait jamais",
                declared.isEmpty
                    ? "dire dans methods.csv quel automate a quelle méthode"
                    : "corriger l'une des deux tables ; methods.csv dit : "
                        + declared.map(\.name).uniqued.joined(separator: ", "))
        }
        let served = lines.map(\.interval).filter { $0.pregnancyFrom == nil }.map(\.method)
        guard !served.isEmpty, !served.contains(""), let first = lines.first else { return }
        for name in declared.map(\.name).uniqued where !served.contains(name) {
            gappedAnalyses.insert(code)
            error(
                "interval.gap", first.row, "code",
                "« \(code) » : aucun intervalle pour la méthode « \(name) », ni de ligne sans méthode",
                "ajouter une ligne pour cette méthode à intervals.csv")
        }
    }
}

extension [String] {
    /// Each once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
