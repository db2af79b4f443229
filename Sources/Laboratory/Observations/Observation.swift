package import Base
package import Catalog

/// What was found: a number with its unit, a code, words, or the reason why nothing was.
package enum ObservationValue: Sendable, Hashable {
    /// `unit` is UCUM; `1` when the quantity has none.
    case measured(Measured, unit: String)
    /// A qualitative result: `POS`, `NEG`, … with the words printed.
    case coded(String, display: String)
    case text(String)
    /// Not performed, with the reason that the report prints.
    case notPerformed(reason: String)

    /// As people read it, French decimal comma, without the unit.
    package var frenchText: String {
        switch self {
        case .measured(let value, _): value.frenchText
        case .coded(_, let display): display
        case .text(let text): text
        case .notPerformed: "Non réalisé"
        }
    }
    package var unit: String? {
        switch self {
        case .measured(_, let unit): unit
        case .coded, .text, .notPerformed: nil
        }
    }
    /// A titre in words.
    package var titre: Titre? {
        guard case .text(let text) = self else { return nil }
        return Titre(text)
    }
}

extension ObservationValue: Codable {
    private enum Key: String, CodingKey { case kind, value, unit, code, display, reason }
    package init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: Key.self)
        switch try c.decode(String.self, forKey: .kind) {
        case "measured":
            self = try .measured(c.decode(Measured.self, forKey: .value), unit: c.decode(String.self, forKey: .unit))
        case "coded":
            self = try .coded(c.decode(String.self, forKey: .code), display: c.decode(String.self, forKey: .display))
        case "text": self = try .text(c.decode(String.self, forKey: .value))
        case "notPerformed": self = try .notPerformed(reason: c.decode(String.self, forKey: .reason))
        case let kind:
            throw Refusal(
                "observation.kind", at: "value.kind", because: "genre de valeur inconnu « \(kind) »",
                remedy: "measured, coded, text ou notPerformed")
        }
    }
    package func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: Key.self)
        switch self {
        case .measured(let value, let unit):
            try c.encode("measured", forKey: .kind)
            try c.encode(value, forKey: .value)
            try c.encode(unit, forKey: .unit)
        case .coded(let code, let display):
            try c.encode("coded", forKey: .kind)
            try c.encode(code, forKey: .code)
            try c.encode(display, forKey: .display)
        case .text(let text):
            try c.encode("text", forKey: .kind)
            try c.encode(text, forKey: .value)
        case .notPerformed(let reason):
            try c.encode("notPerformed", forKey: .kind)
            try c.encode(reason, forKey: .reason)
        }
    }
}

/// Reference interval as it was applied to one result (never looked up again later).
package struct AppliedInterval: Codable, Sendable, Hashable {
    package var low: Exact?
    package var high: Exact?
    /// Nil: an interval of reference. Results from before kinds were kept have none; their reports stay as they are.
    package var kind: IntervalKind?
    package init(low: Exact?, high: Exact?, kind: IntervalKind = .reference) {
        self.low = low
        self.high = high
        self.kind = kind == .reference ? nil : kind
    }
    /// What stands before bounds that are no interval of reference (RULES section 6); nil for one.
    package var legend: String? {
        switch nature {
        case .decision: "Valeur décisionnelle"
        case .therapeutic: "Zone thérapeutique"
        case .reference: nil
        }
    }
    /// What the bounds are to who reads them: a value that decides is no normal range (RULES section 6).
    package enum Nature: Sendable, Hashable, CaseIterable { case reference, decision, therapeutic }
    package var nature: Nature {
        switch kind {
        case .decision, .qualitative: .decision
        case .therapeutic: .therapeutic
        case .reference, .inapplicable, nil: .reference
        }
    }
    /// `136 – 145`, `≤ 5,0`, `≥ 60` (bounds belong to the interval)
    package var frenchText: String {
        let text =
            switch (low, high) {
            case (let low?, let high?): "\(low.text) – \(high.text)"
            case (nil, let high?): "≤ \(high.text)"
            case (let low?, nil): "≥ \(low.text)"
            case (nil, nil): ""
            }
        return text.replacing(".", with: ",")
    }
}

/// How a value stands to its interval (JDV_HL7_ObservationInterpretation codes).
package enum ResultFlag: String, Codable, Sendable, CaseIterable {
    case normal = "N"
    case low = "L"
    case high = "H"
    case criticallyLow = "LL"
    case criticallyHigh = "HH"
    case abnormal = "A"
    case positive = "POS"
    case negative = "NEG"
    case detected = "DET"
    case notDetected = "ND"
}

/// A reason to keep a result from release until a person looked (RULES section 1.2). Codes are stable.
package struct Hold: Codable, Sendable, Hashable {
    package enum Code: String, Codable, Sendable, CaseIterable {
        case identity = "IDENTITE"
        case specimenNonconform = "TUBE_NC"
        case collectionTimeUnknown = "HEURE_INCONNUE"
        case analyzerFlag = "DRAPEAU_ANALYSEUR"
        case unknownUnit = "UNITE_INCONNUE"
        case unreadable = "ILLISIBLE"
        case critical = "CRITIQUE_ALERTE"
        case censoredUndecided = "CENSURE_INDECIS"
        case noInterval = "INTERVALLE_ABSENT"
        case noQualityControl = "CQ_ABSENT"
        case manualEntry = "MODIF_MANUELLE"
        case catalogueDraft = "CATALOGUE_BROUILLON"
        case unrequested = "NON_DEMANDE"
        /// The tube was never scanned at reception.
        case notReceived = "TUBE_NON_RECU"
        /// The analysis was made on another tube than the one meant for it.
        case specimenType = "TYPE_ECHANTILLON"
        /// Another value of this analysis stands in the file.
        case rerun = "REPASSE"
        /// The analyzer itself does not call the result final.
        case statusNotFinal = "STATUT_NON_FINAL"
        // Codes of RULES section 1.2 that the ordered checks of `Rules` give.
        case engineOff = "AUTOVALID_COUPEE"
        case ruleExpired = "REGLE_EXPIREE"
        case preanalyticalDelay = "DELAI_PREANALYTIQUE"
        case qualityControlExpired = "CQ_ECHU"
        case qualityControlRejected = "CQ_REJET"
        case calibrationExpired = "CAL_ECHUE"
        case lotExpired = "LOT_PERIME"
        case outsideMeasuringRange = "HORS_DOMAINE"
        case dilutionMissing = "DILUTION_MANQUANTE"
        /// A comment, not a hold.
        case interferenceBias = "HIL_BIAIS"
        /// The value is not given.
        case interference = "HIL_RCV"
        case absurd = "ABSURDE"
        case outsideAutoverification = "HORS_PLAGE_AV"
        case delta = "DELTA"
        case deltaImpossible = "DELTA_IMPOSSIBLE"
        /// Second tier: the biologist calls.
        case criticalCall = "CRITIQUE_APPEL"
        case incoherent = "COHERENCE"
        /// A rule says that such a value is never given, whatever the reason (RULES 1.4: platelets in clumps).
        case neverGiven = "NON_RENDABLE"
        case calculationInputHeld = "ENTREE_CALCUL_RETENUE"
        case firstPositive = "PREMIER_POSITIF"
        case excludedAnalysis = "EXAMEN_EXCLU"
        /// Another member of its dependent set is held.
        case dependentSetHeld = "ENSEMBLE_RETENU"
    }
    package var code: Code
    /// In words, French, without patient data.
    package var reason: String
    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// Where an observation comes from.
package struct Origin: Codable, Sendable, Hashable {
    /// Name of the analyzer in the configuration; nil for manual entry.
    package var analyzer: String?
    package var messageID: String?
    /// Rank of the result in its message: (message, ordinal) makes an observation exist once.
    package var ordinal: Int?
    /// Who typed it, for manual entry.
    package var author: String?
    /// The calculation that made it and its version, `calcul:LDLC@1`.
    package var calculation: String?
    /// Families of the methods of what it was calculated of, as far as the catalogue tells them: `CREA enzymatique`.
    package var components: String?
    package init(
        analyzer: String? = nil, messageID: String? = nil, ordinal: Int? = nil, author: String? = nil,
        calculation: String? = nil, components: String? = nil
    ) {
        self.components = components
        self.analyzer = analyzer
        self.messageID = messageID
        self.ordinal = ordinal
        self.author = author
        self.calculation = calculation
    }
}

/// Results of one comparability compare with each other (RULES section 3).
package struct Comparability: Codable, Sendable, Hashable {
    /// `VerificationLimits.comparability`
    package var group: String
    /// `AssayMethod.family`; nil: nobody knows.
    package var family: String?
    /// `Origin.components`
    package var components: String?
    package init(group: String = "", family: String? = nil, components: String? = nil) {
        self.group = group
        self.family = family
        self.components = components
    }

    /// As far as one knows: what nobody declared goes on being compared.
    package func sets(apart other: Comparability) -> Bool {
        func differ(_ a: String?, _ b: String?) -> Bool { a.map { a in b.map { $0 != a } ?? false } ?? false }
        return group != other.group || differ(family, other.family) || differ(components, other.components)
    }
    /// With what was known before, where this one does not say.
    package func knowing(_ before: Comparability) -> Comparability {
        Comparability(group: group, family: family ?? before.family, components: components ?? before.components)
    }
}

extension AnalysisCatalogue {
    /// The method by which it was measured, where this catalogue was in force.
    package func method(of observation: Observation) -> AssayMethod? {
        let origin = observation.origin
        return method(
            of: observation.analysis,
            on: origin.analyzer ?? (origin.calculation == nil ? AssayMethod.typed : AssayMethod.calculated))
    }
    /// What decides whether it may be compared with another of its analysis, where this catalogue was in force.
    package func comparability(of observation: Observation) -> Comparability {
        Comparability(
            group: self[observation.analysis]?.verification.comparability ?? "",
            family: method(of: observation)?.family, components: observation.origin.components)
    }
    /// The methods behind some results, by analysis, each by its family; nil: nobody declared any.
    package func families(of observations: [Observation]) -> String? {
        var known = Set<String>()
        for one in observations {
            if let family = method(of: one)?.family { known.insert("\(one.analysis) \(family)") }
            if let components = one.origin.components { known.insert(components) }
        }
        return known.isEmpty ? nil : known.sorted().joined(separator: ", ")
    }
}

extension Observation {
    /// Where a control answers for it: its analyzer, or `AssayMethod.typed` for a number, a code or a titre that a hand
    /// typed. Nil: what was calculated, what a person wrote in words, what was not performed.
    package var controlledOn: String? {
        if let analyzer = origin.analyzer { return analyzer }
        guard origin.calculation == nil else { return nil }
        return switch value {
        case .measured, .coded: AssayMethod.typed
        case .text: value.titre == nil ? nil : AssayMethod.typed
        case .notPerformed: nil
        }
    }
}

/// The clinical value. Immutable: a rerun, a dilution or a correction is a new observation with a higher `run`.
package struct Observation: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var requestID: String
    package var patientID: String
    package var accession: String
    /// Code of the analysis in the catalogue.
    package var analysis: String
    /// Content hash of the catalogue that judged it.
    package var catalogueVersion: String
    package var value: ObservationValue
    /// As the analyzer printed it.
    package var rawText: String
    package var instrumentFlags: [String]
    package var interval: AppliedInterval?
    package var flags: [ResultFlag]
    package var holds: [Hold]
    package var origin: Origin
    package var observedAt: Instant
    package var recordedAt: Instant
    /// 1 for the first value of this analysis on this request, then 2, 3…
    package var run: Int
    package var comment: String?

    package init(
        id: String, site: String, requestID: String, patientID: String, accession: String, analysis: String,
        catalogueVersion: String, value: ObservationValue, rawText: String, instrumentFlags: [String] = [],
        interval: AppliedInterval? = nil, flags: [ResultFlag] = [], holds: [Hold] = [], origin: Origin,
        observedAt: Instant, recordedAt: Instant, run: Int = 1, comment: String? = nil
    ) {
        self.id = id
        self.site = site
        self.requestID = requestID
        self.patientID = patientID
        self.accession = accession
        self.analysis = analysis
        self.catalogueVersion = catalogueVersion
        self.value = value
        self.rawText = rawText
        self.instrumentFlags = instrumentFlags
        self.interval = interval
        self.flags = flags
        self.holds = holds
        self.origin = origin
        self.observedAt = observedAt
        self.recordedAt = recordedAt
        self.run = run
        self.comment = comment
    }
}

/// What a person did with an observation. Append-only; the last one tells the state.
package struct ObservationEvent: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// *validation technique*
        case technicallyValidated
        /// Set aside, with a reason; another run takes its place.
        case rejected
        /// What was said of it before is taken back, before any signature: it waits again.
        case withdrawn
    }
    package var observationID: String
    /// 1, 2… within the observation: two people acting at once conflict instead of overwriting each other.
    package var ordinal: Int
    package var kind: Kind
    package var author: String
    package var at: Instant
    package var reason: String?
    package init(
        observationID: String, ordinal: Int, kind: Kind, author: String, at: Instant, reason: String? = nil
    ) {
        self.observationID = observationID
        self.ordinal = ordinal
        self.kind = kind
        self.author = author
        self.at = at
        self.reason = reason
    }
}
