package import Base

/// Identity of a published catalogue: the hash of its files, computed by the shell that read them. A result keeps it.
package struct CatalogVersion: Sendable, Hashable, Codable, CustomStringConvertible {
    package let text: String
    package init(_ text: String) { self.text = text }
    package var description: String { text }
}

/// One analysis asked for, and the panel that brought it.
package struct RequestedAnalysis: Sendable, Hashable, Codable {
    package let code: String
    /// Nil when the analysis was asked for by its own code.
    package let panel: String?

    package init(code: String, panel: String?) {
        self.code = code
        self.panel = panel
    }
}

/// The catalogue decoded once and checked whole; an immutable value. Made by `load` only, which refuses any error.
package struct AnalysisCatalogue: Sendable {
    package let version: CatalogVersion
    /// In the order of `analyses.csv`.
    package private(set) var analyses: [Analysis]
    /// In the order of `panels.csv`.
    package let panels: [Panel]
    /// In the order of `comments.csv`.
    package let comments: [CodedComment]
    /// By rank.
    package let sections: [Section]
    package let specimens: [SpecimenKind]
    package let tubes: [Tube]
    /// In the order of `methods.csv`.
    package let methods: [AssayMethod]
    /// In the order of `intervals.csv`.
    package let intervals: [ReferenceInterval]
    /// In the order of `limits.csv`.
    package let limits: [PatientLimits]
    /// What the lint warned of while loading (never an error).
    package let warnings: [CatalogFinding]
    /// Analyses whose intervals leave an age out, for one sex at least.
    let gappedAnalyses: Set<String>

    private let byCode: [String: Int]
    private let byLOINC: [String: Int]
    private let panelByCode: [String: Int]
    private let sectionByCode: [String: Int]
    private let specimenByCode: [String: Int]
    private let tubeByCode: [String: Int]
    private let methodsByCode: [String: [AssayMethod]]
    private let intervalsByCode: [String: [ReferenceInterval]]
    private let limitsByCode: [String: [PatientLimits]]

    /// Only after the lint: codes are unique, references resolve.
    init(checked content: CatalogueContent, version: CatalogVersion, warnings: [CatalogFinding]) {
        self.version = version
        self.warnings = warnings
        gappedAnalyses = content.gappedAnalyses
        analyses = content.analyses
        panels = content.panels
        comments = content.comments
        sections = content.sections.sorted { $0.rank < $1.rank }
        specimens = content.specimens
        tubes = content.tubes
        methods = content.methods
        intervals = content.intervals
        limits = content.limits
        byCode = AnalysisCatalogue.index(analyses) { $0.code }
        byLOINC = AnalysisCatalogue.index(analyses) { $0.loinc?.code }
        panelByCode = AnalysisCatalogue.index(panels) { $0.code }
        sectionByCode = AnalysisCatalogue.index(sections) { $0.code }
        specimenByCode = AnalysisCatalogue.index(specimens) { $0.code }
        tubeByCode = AnalysisCatalogue.index(tubes) { $0.code }
        methodsByCode = Dictionary(grouping: methods) { $0.analysis }
        intervalsByCode = Dictionary(grouping: intervals) { $0.analysis }
        limitsByCode = Dictionary(grouping: limits) { $0.analysis }
    }

    private static func index<Value>(_ values: [Value], key: (Value) -> String?) -> [String: Int] {
        var index: [String: Int] = [:]
        index.reserveCapacity(values.count)
        for (i, value) in values.enumerated() {
            if let key = key(value) { index[key] = i }
        }
        return index
    }

    /// Decodes and checks the files (`analyses.csv`, `intervals.csv`, `panels.csv`, `sections.csv`, `specimens.csv`,
    /// `tubes.csv`, and `comments.csv`, `limits.csv`, `loinc.csv`, `methods.csv` when there are); refuses with every
    /// finding when one is an error, never half a catalogue. `wasPublished`: what the lint has learnt to ask since only
    /// warns.
    package static func load(
        _ files: [CatalogFile], version: CatalogVersion, wasPublished: Bool = false
    ) throws(CatalogueRejection) -> AnalysisCatalogue {
        var reader = CatalogReader(files: files)
        let content = reader.read()
        let findings = wasPublished ? reader.sortedFindings.map(\.ofPublished) : reader.sortedFindings
        guard !findings.contains(where: { $0.severity == .error }) else {
            throw CatalogueRejection(findings: findings)
        }
        return AnalysisCatalogue(checked: content, version: version, warnings: findings)
    }

    /// Everything wrong or doubtful in the files, in order of file, line and column; empty when all is well.
    package static func lint(_ files: [CatalogFile]) -> [CatalogFinding] {
        var reader = CatalogReader(files: files)
        _ = reader.read()
        return reader.sortedFindings
    }

    /// The same catalogue where these lines, and no others, count as approved by a biologist.
    package func approving(_ codes: Set<String>) -> AnalysisCatalogue {
        var copy = self
        for index in copy.analyses.indices {
            copy.analyses[index].approval = codes.contains(copy.analyses[index].code) ? .approved : .draft
        }
        return copy
    }

    package subscript(code: String) -> Analysis? { byCode[code].map { analyses[$0] } }
    package func analysis(loinc: String) -> Analysis? { byLOINC[loinc].map { analyses[$0] } }
    package func panel(_ code: String) -> Panel? { panelByCode[code].map { panels[$0] } }
    package func comment(_ code: String) -> CodedComment? { comments.first { $0.code == code } }
    package func section(_ code: String) -> Section? { sectionByCode[code].map { sections[$0] } }
    package func specimen(_ code: String) -> SpecimenKind? { specimenByCode[code].map { specimens[$0] } }
    package func tube(_ code: String) -> Tube? { tubeByCode[code].map { tubes[$0] } }

    /// Nil: none is declared.
    package func methods(of code: String) -> [AssayMethod]? { methodsByCode[code] }

    package func section(of analysis: Analysis) -> Section? { section(analysis.section) }
    package func chapter(of analysis: Analysis) -> Chapter? { section(analysis.section)?.chapter }

    /// The analysis, or why not.
    package func required(_ code: String) throws(Refusal) -> Analysis {
        if let found = self[code] { return found }
        throw unknown(code)
    }

    /// HL7 specimen code (table 0487) of what the analysis is made on; the tube decides between serum and plasma.
    package func hl7Specimen(of analysis: Analysis) -> String? {
        guard let kind = analysis.specimen.flatMap({ specimen($0) }) else { return nil }
        return kind.hl7 ?? analysis.tube.flatMap { tube($0)?.hl7 }
    }

    /// Codes of analyses and panels → analyses, each once, in the order asked; a code asked for by itself wins over
    /// the panel that also holds it. Refuses an unknown code.
    package func expand(codes: [String]) throws(Refusal) -> [RequestedAnalysis] {
        var expanded: [RequestedAnalysis] = []
        var place: [String: Int] = [:]
        for code in codes {
            let members: [String]
            let panelCode: String?
            if self[code] != nil {
                (members, panelCode) = ([code], nil)
            } else if let panel = panel(code) {
                (members, panelCode) = (panel.members, code)
            } else {
                throw unknown(code)
            }
            for member in members {
                if let known = place[member] {
                    if panelCode == nil { expanded[known] = RequestedAnalysis(code: member, panel: nil) }
                    continue
                }
                place[member] = expanded.count
                expanded.append(RequestedAnalysis(code: member, panel: panelCode))
            }
        }
        return expanded
    }

    private func unknown(_ code: String) -> Refusal {
        Refusal(
            "catalogue.code.unknown", at: code,
            because: "le code « \(code) » n'est ni une analyse ni un bilan du catalogue",
            remedy: "vérifier le code, ou ajouter la ligne dans analyses.csv ou panels.csv")
    }
}

// Reference intervals
extension AnalysisCatalogue {
    /// Every interval of an analysis, in the order of the file.
    package func intervals(for code: String) -> [ReferenceInterval] { intervalsByCode[code] ?? [] }

    /// In the order of the file.
    package func patientLimits(of code: String) -> [PatientLimits] { limitsByCode[code] ?? [] }

    /// The one interval for this patient, or nil: none, or more than one equally specific (fail closed, RULES section
    /// 6: `INTERVALLE_ABSENT`). A sex of `any` (unknown) has an interval only when both sexes have the same.
    package func interval(
        for code: String, sex: IntervalSex, age: PatientAge, pregnancyWeek: Int? = nil, method: String = ""
    ) -> ReferenceInterval? {
        let all = intervals(for: code)
        return AnalysisCatalogue.place(
            among: all, sex: sex, age: age, pregnancyWeek: pregnancyWeek, method: method
        ).map { all[$0] }
    }

    /// The place of that interval among those of one analysis.
    package static func place(
        among intervals: [ReferenceInterval], sex: IntervalSex, age: PatientAge, pregnancyWeek: Int?, method: String
    ) -> Int? {
        switch sex {
        case .male, .female:
            return best(among: intervals, sex, age, pregnancyWeek, method)
        case .any:
            let male = best(among: intervals, .male, age, nil, method)
            let female = best(among: intervals, .female, age, pregnancyWeek, method)
            guard let male, let female, intervals[male].saysTheSame(as: intervals[female]) else { return nil }
            return male
        }
    }

    /// As above from an age in minutes at collection (months and years then count by their mean length).
    package func interval(for code: String, sex: IntervalSex, ageMinutes: Int64) -> ReferenceInterval? {
        interval(for: code, sex: sex, age: PatientAge(minutes: ageMinutes))
    }

    /// As above from the date of birth, exact on the calendar. When day or month of birth is unknown, the interval must
    /// be the same for the first and the last day it can have been; else nil.
    package func interval(
        for code: String, sex: IntervalSex, born: CivilDate, bornAt: Instant? = nil, collected: Instant,
        in zone: CivilZone, pregnancyWeek: Int? = nil, method: String = ""
    ) -> ReferenceInterval? {
        func interval(_ date: CivilDate, _ at: Instant?) -> ReferenceInterval? {
            PatientAge(born: date, bornAt: at, collected: collected, in: zone).flatMap {
                self.interval(for: code, sex: sex, age: $0, pregnancyWeek: pregnancyWeek, method: method)
            }
        }
        if born.isComplete { return interval(born, bornAt) }
        let firstMonth = max(born.month, 1), lastMonth = born.month > 0 ? born.month : 12
        let lastDay = CivilDate.days(inMonth: lastMonth, of: born.year)
        let oldest = interval(CivilDate(year: born.year, month: firstMonth, day: 1), nil)
        let youngest = interval(CivilDate(year: born.year, month: lastMonth, day: lastDay), nil)
        return oldest == youngest ? oldest : nil
    }

    private static func best(
        among intervals: [ReferenceInterval], _ sex: IntervalSex, _ age: PatientAge, _ pregnancyWeek: Int?,
        _ method: String
    ) -> Int? {
        var best: (score: Int, place: Int)?
        var tie = false
        // By place: an interval is many texts, and a copy of it costs more than the question.
        for place in intervals.indices where intervals[place].covers(age) {
            guard intervals[place].sex == .any || intervals[place].sex == sex else { continue }
            var score = 0
            if !intervals[place].method.isEmpty {
                guard intervals[place].method == method else { continue }
                score = 1
            }
            if let from = intervals[place].pregnancyFrom, let to = intervals[place].pregnancyTo {
                guard let week = pregnancyWeek, from <= week, week < to else { continue }
                score += 2
            }
            if let known = best, known.score >= score {
                tie = tie || known.score == score
            } else {
                best = (score, place)
                tie = false
            }
        }
        return tie ? nil : best?.place
    }
}
