package import Base

/// What an analysis yields (the six words of the catalogue's `nature` column).
package enum Nature: String, Sendable, Codable, CaseIterable {
    case measured = "mesure"
    case calculated = "calcul"
    /// One value of a closed list: present, absent, a blood group.
    case coded = "code"
    case titre = "titre"
    case text = "texte"
    case culture = "culture"

    /// Is the value a number with a unit?
    package var isNumeric: Bool {
        switch self {
        case .measured, .calculated: true
        case .coded, .titre, .text, .culture: false
        }
    }
}

/// A line of the catalogue stays a draft until a biologist signs it.
package enum Approval: String, Sendable, Codable, CaseIterable {
    case draft = "brouillon"
    case approved = "approuvé"
}

/// A LOINC code with the official name it was checked against (`CATALOGUE.md`, "LOINC sources").
package struct LOINCTerm: Sendable, Hashable, Codable {
    /// `2951-2`; the check digit has been verified.
    package let code: String
    /// Official name in the source; empty when the source gives none.
    package let name: String
    package let source: String
    /// `haute`, `moyenne` or `faible`.
    package let confidence: String

    package init(code: String, name: String, source: String, confidence: String) {
        self.code = code
        self.name = name
        self.source = source
        self.confidence = confidence
    }
}

/// The same result in a second unit: alternative value = value × factor.
package struct AlternativeUnit: Sendable, Hashable, Codable {
    /// UCUM.
    package let unit: String
    package let factor: Exact
    /// LOINC has one code for the amount and another for the mass; nil when none was checked.
    package let loinc: LOINCTerm?
    /// Which of several conventions in use the factor follows, as printed beside the second value (RULES section 9,
    /// triglycerides); empty where there is but one.
    package let convention: String

    package init(unit: String, factor: Exact, loinc: LOINCTerm? = nil, convention: String = "") {
        self.unit = unit
        self.factor = factor
        self.loinc = loinc
        self.convention = convention
    }

    /// A reported value in this unit, rounded once to `places` decimals, its comparator kept (the factor is positive).
    /// Nil when the product does not fit.
    package func converted(_ reported: Measured, places: Int) -> Measured? {
        reported.number.multiplied(by: factor).map { reported.with($0.rounded(to: places)) }
    }

    /// A value given in this unit, back in the reported unit: value ÷ factor, rounded once to `places` decimals.
    package func reported(_ converted: Measured, places: Int) -> Measured? {
        Unit.quotient(of: converted.number, by: factor, places: places).map { converted.with($0) }
    }
}

/// Values that must be telephoned (RULES section 5). A missing side is *no limit*, never an infinite one.
package struct CriticalLimits: Sendable, Hashable, Codable {
    /// Critical when strictly below, in the unit of the analysis.
    package let low: Exact?
    /// Critical when strictly above, in the unit of the analysis.
    package let high: Exact?
    package let source: String

    package init(low: Exact?, high: Exact?, source: String) {
        self.low = low
        self.high = high
        self.source = source
    }

    package var pair: LimitPair? { LimitPair(low: low, high: high) }
}

package enum DeltaKind: String, Sendable, Codable, CaseIterable {
    case absolute = "abs"
    case percent = "pct"
    /// Difference a day.
    case rate = "abs_j"
    /// Difference in percent a day.
    case percentRate = "pct_j"
    /// Any difference is too much (blood group).
    case exact = "exact"
    /// Deliberately no delta check.
    case none = "none"
}

/// The delta check against the previous result of the patient (RULES section 3).
package struct DeltaRule: Sendable, Hashable, Codable {
    package let kind: DeltaKind
    /// In the unit of the analysis (absolute) or in percent, a day for the rates; nil for `exact` and `none`.
    package let limit: Exact?
    /// In the unit of the analysis: what a percentage falls back to when the previous value is zero.
    package let absoluteLimit: Exact?
    /// Window to look back.
    package let days: Int?
    package let source: String

    package init(kind: DeltaKind, limit: Exact?, days: Int?, source: String, absoluteLimit: Exact? = nil) {
        self.kind = kind
        self.limit = limit
        self.absoluteLimit = absoluteLimit
        self.days = days
        self.source = source
    }
}

/// Two bounds in the unit of the analysis, both inside. A missing side is *no limit*, never an infinite one.
package struct LimitPair: Sendable, Hashable, Codable {
    package let low: Exact?
    package let high: Exact?

    /// Nil when there is no bound at all.
    package init?(low: Exact?, high: Exact?) {
        guard low != nil || high != nil else { return nil }
        self.low = low
        self.high = high
    }
}

/// What the autoverification needs of an analysis beyond its report (RULES sections 1, 3, 5 and 8). Every part is
/// optional in the file; what is missing holds results where the law says so.
package struct VerificationLimits: Sendable, Hashable, Codable {
    /// First tier of the critical limits: the technician's alert. The second, the call, is `Analysis.critical`.
    package var alert: LimitPair?
    /// Outside, the value is incompatible with life or with the method.
    package var absurd: LimitPair?
    package var autoverification: LimitPair?
    /// Analytical measuring range of the method (AMR).
    package var measuring: LimitPair?
    /// Largest validated dilution factor; nil: no dilution is validated.
    package var maximumDilution: Exact?
    /// Analytical coefficient of variation in percent.
    package var analyticalCV: Exact?
    /// Two runs of one specimen that differ by no more agree, in the unit of the analysis (RULES section 8).
    package var rerunLimit: Exact?
    /// Results of one group (unit and method family) compare with each other; empty: the analysis alone.
    package var comparability: String
    /// Members are held together; empty: none.
    package var dependentSet: String
    /// Longest delay from collection to measurement, in hours.
    package var stabilityHours: Int?
    /// How much worse a known critical value must become to be called again, in the unit of the analysis.
    package var criticalStep: Exact?
    package var source: String

    package init(
        alert: LimitPair? = nil, absurd: LimitPair? = nil, autoverification: LimitPair? = nil,
        measuring: LimitPair? = nil, maximumDilution: Exact? = nil, analyticalCV: Exact? = nil,
        rerunLimit: Exact? = nil, comparability: String = "", dependentSet: String = "", stabilityHours: Int? = nil,
        criticalStep: Exact? = nil, source: String = ""
    ) {
        self.alert = alert
        self.absurd = absurd
        self.autoverification = autoverification
        self.measuring = measuring
        self.maximumDilution = maximumDilution
        self.analyticalCV = analyticalCV
        self.rerunLimit = rerunLimit
        self.comparability = comparability
        self.dependentSet = dependentSet
        self.stabilityHours = stabilityHours
        self.criticalStep = criticalStep
        self.source = source
    }
}

/// One line of `analyses.csv`: what can be asked and reported.
/// One of the answers that an analysis of nature `code` may have.
package struct CodedAnswer: Sendable, Hashable, Codable {
    package let code: String
    /// As printed.
    package let nameFR: String
    package init(code: String, nameFR: String) {
        self.code = code
        self.nameFR = nameFR
    }
}

package struct Analysis: Sendable, Hashable, Codable {
    /// Short code, unique, `[A-Z0-9]+`.
    package let code: String
    /// 1 = common, 2 = to switch on later (`CATALOGUE.md`).
    package let level: Int
    package let nameFR: String
    /// Code of a `Section`.
    package let section: String
    package let nature: Nature
    /// Nil when no verified code is known.
    package let loinc: LOINCTerm?
    /// UCUM unit in which the result is reported; empty when it has none.
    package let unit: String
    package let alternative: AlternativeUnit?
    /// g/mol, from the formula or as written; nil: the line gives neither.
    package let molarMass: Exact?
    /// Code of a `SpecimenKind`; nil for what is calculated from other results.
    package let specimen: String?
    /// Code of a `Tube`; nil for what is calculated from other results.
    package let tube: String?
    /// Decimals of the printed result, 0…6; nil when it is no number.
    package let decimals: Int?
    /// Why `intervals.csv` holds no line for this analysis (depends on the kit, therapeutic zone…); may be empty.
    package let intervalNote: String
    package let critical: CriticalLimits?
    /// Code of the act in the French nomenclature (NABM), 4 digits; not from the official file.
    package let nabm: String?
    package let nabmSource: String
    package let delta: DeltaRule?
    package let verification: VerificationLimits
    /// Its own list of answers, in their order; empty: those that every report can carry (POS, NEG…).
    package let answers: [CodedAnswer]
    /// *Code d'attente* of what LOINC does not have yet (system `1.2.250.1.213.1.1.5.130`).
    package let waitingCode: String?
    package internal(set) var approval: Approval
    package let note: String

    package init(
        code: String, level: Int, nameFR: String, section: String, nature: Nature, loinc: LOINCTerm? = nil,
        unit: String = "", alternative: AlternativeUnit? = nil, molarMass: Exact? = nil, specimen: String? = nil,
        tube: String? = nil,
        decimals: Int? = nil, intervalNote: String = "", critical: CriticalLimits? = nil, nabm: String? = nil,
        nabmSource: String = "", delta: DeltaRule? = nil, verification: VerificationLimits = VerificationLimits(),
        answers: [CodedAnswer] = [], waitingCode: String? = nil, approval: Approval = .draft, note: String = ""
    ) {
        self.answers = answers
        self.waitingCode = waitingCode
        self.code = code
        self.level = level
        self.nameFR = nameFR
        self.section = section
        self.nature = nature
        self.loinc = loinc
        self.unit = unit
        self.alternative = alternative
        self.molarMass = molarMass
        self.specimen = specimen
        self.tube = tube
        self.decimals = decimals
        self.intervalNote = intervalNote
        self.critical = critical
        self.nabm = nabm
        self.nabmSource = nabmSource
        self.delta = delta
        self.verification = verification
        self.approval = approval
        self.note = note
    }

    /// Second tier of the critical limits: the call.
    package var criticalPair: LimitPair? { critical?.pair }

    package func answer(_ code: String) -> CodedAnswer? { answers.first { $0.code == code } }
}

/// A chapter of the CR-BIO document (CR-BIO 2024.01, section FR-CR-BIO-Chapitre).
package struct Chapter: Sendable, Hashable, Codable {
    /// LOINC code of the chapter, e.g. `18719-5`.
    package let loinc: String
    /// French title, e.g. `Biochimie`.
    package let title: String

    package init(loinc: String, title: String) {
        self.loinc = loinc
        self.title = title
    }
}

/// A section of the catalogue and of the printed page, with the chapter it is sent under.
package struct Section: Sendable, Hashable, Codable {
    package let code: String
    package let nameFR: String
    /// Order on the page.
    package let rank: Int
    package let chapter: Chapter
    /// False when no sourced chapter fits and the nearest was chosen.
    package let chapterIsExact: Bool
    package let note: String

    package init(code: String, nameFR: String, rank: Int, chapter: Chapter, chapterIsExact: Bool, note: String) {
        self.code = code
        self.nameFR = nameFR
        self.rank = rank
        self.chapter = chapter
        self.chapterIsExact = chapterIsExact
        self.note = note
    }
}

/// A kind of specimen, with its code of HL7 table 0487 (JDV_HL7_SpecimenType-CISIS).
package struct SpecimenKind: Sendable, Hashable, Codable {
    package let code: String
    package let nameFR: String
    /// `SER`, `PLAS`, `BLD`, `UR`…; nil when the tube decides (serum *or* plasma).
    package let hl7: String?
    package let note: String

    package init(code: String, nameFR: String, hl7: String?, note: String = "") {
        self.code = code
        self.nameFR = nameFR
        self.hl7 = hl7
        self.note = note
    }
}

/// A container as it is taken from the shelf.
package struct Tube: Sendable, Hashable, Codable {
    package let code: String
    package let nameFR: String
    /// Colour of the cap; empty when it has none.
    package let cap: String
    package let additive: String
    /// HL7 specimen code of what an analyzer draws from it when the specimen kind leaves it open.
    package let hl7: String?
    package let note: String

    package init(code: String, nameFR: String, cap: String, additive: String, hl7: String?, note: String = "") {
        self.code = code
        self.nameFR = nameFR
        self.cap = cap
        self.additive = additive
        self.hl7 = hl7
        self.note = note
    }
}

/// A *bilan*: analyses ordered under one name.
package struct Panel: Sendable, Hashable, Codable {
    package let code: String
    package let nameFR: String
    package let loinc: LOINCTerm?
    /// Codes of analyses, in the order of the page.
    package let members: [String]
    package let note: String

    package init(code: String, nameFR: String, loinc: LOINCTerm?, members: [String], note: String = "") {
        self.code = code
        self.nameFR = nameFR
        self.loinc = loinc
        self.members = members
        self.note = note
    }
}
