package import Base

/// One analysis on one analyzer: what a control proves or disproves (RULES section 2.5).
package struct ControlledAssay: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Code of the catalogue.
    package var analysis: String
    package var analyzer: String
    package init(analysis: String, analyzer: String) {
        self.analysis = analysis
        self.analyzer = analyzer
    }
    package var description: String { analysis + "@" + analyzer }
}

/// A level of a control material. The order of levels inside a run is part of the rules (RULES section 2.3).
package struct ControlLevel: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    package var name: String
    package var rank: Int

    package init(_ name: String, rank: Int) {
        self.name = name
        self.rank = rank
    }

    /// The number at the end of the name is its rank (`2`, `N2`, `Niveau 2`); 0 when it ends with none.
    package init(_ name: String) {
        let tail = String(name.reversed().prefix { ("0"..."9").contains($0) }.reversed())
        self.init(name, rank: tail.count <= 6 ? Int(tail) ?? 0 : 0)
    }

    package static func < (a: ControlLevel, b: ControlLevel) -> Bool { (a.rank, a.name) < (b.rank, b.name) }
    package var description: String { name }
}

/// Who takes something upon himself, when and why: the signature of an exclusion, a correction, a decision.
package struct SignedReason: Sendable, Hashable, Codable {
    package let by: String
    package let at: Instant
    package let reason: String

    /// Refuses a blank author or reason (`quality.unsigned`).
    package init(by: String, at: Instant, reason: String) throws(Refusal) {
        guard !by.allSatisfy(\.isWhitespace), reason.saysSomething else {
            throw Refusal(
                "quality.unsigned", because: "il manque l'auteur ou le motif",
                remedy: "dire qui signe et pourquoi : rien n'est écarté ni levé sans motif signé")
        }
        self.by = by
        self.at = at
        self.reason = reason
    }
}

/// Why a point has no z: it then proves nothing (RULES section 2.2, fail closed).
package enum ControlDefect: String, Sendable, Codable, CaseIterable {
    case noTarget = "CIBLE_ABSENTE"
    case noSD = "ECART_TYPE_ABSENT"
    /// Zero or negative.
    case sdNotPositive = "ECART_TYPE_NUL"
    /// `<0.5`: where it stands is not known.
    case censored = "VALEUR_CENSUREE"
    /// Words where a number is expected, or a number where words are.
    case notComparable = "REPONSE_NON_COMPARABLE"
    /// Numbers too long for exact arithmetic.
    case outOfRange = "HORS_CAPACITE"

    package var french: String {
        switch self {
        case .noTarget: "sans valeur cible"
        case .noSD: "sans écart-type"
        case .sdNotPositive: "écart-type nul ou négatif"
        case .censored: "valeur censurée"
        case .notComparable: "réponse qui ne se compare pas à celle attendue"
        case .outOfRange: "nombre trop long"
        }
    }
}

/// How far a control is from its target, in SD, without any rounding: the limit is compared with the distance itself.
package struct ZScore: Sendable, Hashable {
    package enum Side: String, Sendable, Codable { case above = "+", below = "-" }

    /// value − target.
    package let deviation: Exact
    /// Positive.
    package let sd: Exact

    /// Nil when the SD is not positive or a number does not fit.
    package init?(value: Exact, target: Exact, sd: Exact) {
        guard sd.isPositive, let deviation = value.subtracting(target), sd.multiplied(by: Exact(10)) != nil else {
            return nil
        }
        self.deviation = deviation
        self.sd = sd
    }

    /// Strictly `|z| > k` (RULES section 2.2): a z of exactly 2 does not exceed 2.
    package func exceeds(_ k: Int) -> Bool {
        guard let limit = sd.multiplied(by: Exact(k)) else { return true }
        return deviation.absolute > limit
    }
    package func exceeds(_ k: Int, on side: Side) -> Bool { self.side == side && exceeds(k) }

    /// Nil for z = 0, which is on neither side of the mean (RULES section 2.2).
    package var side: Side? { deviation.isZero ? nil : (deviation.isNegative ? .below : .above) }

    /// For people and charts only, never for a rule; nil when the quotient does not fit.
    package func rounded(to places: Int) -> Exact? { deviation.divided(by: sd, places: places) }

    /// `+3.40`, `-0.07`, `0.00`. A z that is over a whole limit never prints as the limit itself: `+2.0003`.
    package var text: String {
        var shown = rounded(to: 2)
        for k in 1...3 where shown?.absolute == Exact(k) && deviation.absolute != sd.multiplied(by: Exact(k)) {
            shown = (3...8).lazy.compactMap { rounded(to: $0) }.first { $0.absolute != Exact(k) } ?? shown
        }
        guard let shown else { return side.map { $0.rawValue + "∞" } ?? "0" }
        return (shown.coefficient > 0 ? "+" : "") + shown.text
    }
}

/// One measured control: a fact, never changed. Target and SD are those in force when it was measured.
package struct ControlPoint: Sendable, Hashable, Codable {
    package var id: String
    package var assay: ControlledAssay
    /// Points of one run share it: same analyzer, same analysis, same event (RULES section 2.1).
    package var run: String
    package var at: Instant
    package var level: ControlLevel
    package var material: String
    package var lot: String
    /// Nil: it answered in words.
    package var value: Measured?
    /// A code, a titre in words; nil: it answered a number.
    package var answer: String?
    package var target: Exact?
    package var sd: Exact?
    /// What it has to answer, where no number says it; it then has no z.
    package var expected: ControlExpectation?
    /// A lot under parallel run: on the chart and in its statistics, never in a rule.
    package var isParallel: Bool
    /// The point stays on the chart; rules evaluated after the signature skip it.
    package var exclusion: SignedReason?
    /// When it became known; nil: when it was measured.
    package var recordedAt: Instant?
    /// Its instant is what a person says, not what an analyzer wrote.
    package var isTyped: Bool
    /// Known after the fact, where a rejection was known already: from when it counts. `ControlTimeline` says so.
    package internal(set) var lateSince: Instant?

    package init(
        id: String, assay: ControlledAssay, run: String, at: Instant, level: ControlLevel, material: String = "",
        lot: String = "", value: Measured?, answer: String? = nil, target: Exact?, sd: Exact?,
        expected: ControlExpectation? = nil, isParallel: Bool = false, exclusion: SignedReason? = nil,
        recordedAt: Instant? = nil, isTyped: Bool = false
    ) {
        self.id = id
        self.assay = assay
        self.run = run
        self.at = at
        self.level = level
        self.material = material
        self.lot = lot
        self.value = value
        self.answer = answer
        self.target = target
        self.sd = sd
        self.expected = expected
        self.isParallel = isParallel
        self.exclusion = exclusion
        self.recordedAt = recordedAt
        self.isTyped = isTyped
    }

    var knownAt: Instant { recordedAt ?? at }
    /// From when it counts.
    var countsFrom: Instant { lateSince ?? at }

    /// As people read it.
    package var text: String { value?.text ?? answer ?? "" }
    /// What statistics count; nil for words and for what is censored.
    var number: Exact? { value.flatMap { $0.comparator == .equal ? $0.number : nil } }

    /// The z, whether it answers as expected, or why it proves nothing.
    package var score: Score {
        if let expected {
            let isMet = value.map { expected.isMet(byNumber: $0) } ?? expected.isMet(byAnswer: answer ?? "")
            return isMet.map { .answer(isExpected: $0) } ?? .absent(.notComparable)
        }
        guard let value else { return .absent(target == nil ? .noTarget : .notComparable) }
        guard value.comparator == .equal else { return .absent(.censored) }
        guard let target else { return .absent(.noTarget) }
        guard let sd else { return .absent(.noSD) }
        guard sd.isPositive else { return .absent(.sdNotPositive) }
        guard let z = ZScore(value: value.number, target: target, sd: sd) else { return .absent(.outOfRange) }
        return .z(z)
    }

    package enum Score: Sendable, Hashable {
        case z(ZScore)
        case answer(isExpected: Bool)
        case absent(ControlDefect)
    }

    package var z: ZScore? {
        switch score {
        case .z(let z): z
        case .answer, .absent: nil
        }
    }
    /// Does it say something of the level?
    package var isScored: Bool {
        switch score {
        case .z, .answer: true
        case .absent: false
        }
    }

    /// Was its exclusion signed by then?
    package func isExcluded(at instant: Instant) -> Bool { exclusion.map { $0.at <= instant } ?? false }

    /// Points of one run in the order of the rules: by level rank, at one level in time.
    static func ranked(_ run: [ControlPoint]) -> [ControlPoint] {
        run.enumerated().sorted { a, b in
            (a.element.level, a.element.at, a.offset) < (b.element.level, b.element.at, b.offset)
        }.map(\.element)
    }

    /// Same lot of the same material: rules go on. Otherwise they restart (RULES section 2.2).
    func continues(_ other: ControlPoint) -> Bool { lot == other.lot && material == other.material }
}
