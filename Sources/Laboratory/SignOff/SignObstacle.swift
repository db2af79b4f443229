/// Why a file is signed alone, and not with others by exception.
package struct SignObstacle: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case critical = "critique"
        case call = "appel"
        /// Nobody is sure whose it is (RNIV attribute).
        case identity = "identité"
        case amends = "rectifie"
        case changed = "changé"
        /// A look-back wants it amended.
        case amendmentTask = "à rectifier"
        case hold = "retenue"
        case freeWords = "commentaire"
        /// Words that a rule writes beside a result.
        case ruleWords = "commentaire de règle"
        case supplement = "joint"
        case missing = "manque"
        /// A rule proposes another test, and nobody decided on it.
        case reflex = "réflexe"
        /// Older files of the patient that come after it, for the same reason.
        case others = "anciens"
    }
    package var kind: Kind
    /// Analyses that it is about.
    package var analyses: [String]
    /// What proposes a reflex test: `TSH-T4L@1` of the words `TSH-T4L@1 : why`.
    package var rule: String? {
        guard kind == .reflex, let words else { return nil }
        return words.split(separator: " ", maxSplits: 1).first.map { String($0) }
    }
    /// Hold of `hold`.
    package var code: Hold.Code?
    /// Version that `amends` replaces; how many `others`.
    package var version: Int?
    package var change: SignedChange?
    /// What is joined; why it is to be amended.
    package var words: String?
    /// Attribute of `identity`.
    package var attribute: IdentityAttribute?
    package init(
        _ kind: Kind, _ analyses: [String] = [], code: Hold.Code? = nil, version: Int? = nil,
        change: SignedChange? = nil, words: String? = nil, attribute: IdentityAttribute? = nil
    ) {
        self.attribute = attribute
        self.kind = kind
        self.analyses = analyses
        self.code = code
        self.version = version
        self.change = change
        self.words = words
    }

    /// `HIL_RCV × 6`, `DELTA CREA`, `manque TSH`.
    package var frenchText: String {
        let codes = analyses.joined(separator: ", ")
        switch kind {
        case .critical: return "valeur critique : \(codes)"
        case .call: return "appel à passer" + (codes.isEmpty ? "" : " : \(codes)")
        case .identity: return attribute?.frenchText ?? ""
        case .others: return "et \(version ?? 1) dossier(s) plus ancien(s) de ce patient"
        case .amends: return "rectifie la version \(version ?? 1)"
        case .changed: return change?.frenchText ?? ""
        case .amendmentTask: return "à rectifier : \(codes) (\(words ?? ""))"
        case .hold: return held
        case .freeWords: return "commentaire libre \(codes)"
        case .ruleWords: return "commentaire d'une règle \(codes)"
        case .supplement: return "joint : \(words ?? "")"
        case .missing: return "manque \(codes)"
        case .reflex: return "examen réflexe à décider : \(codes) (\(words ?? ""))"
        }
    }
    /// The same in every language.
    package var held: String {
        "\(code?.rawValue ?? "") " + (analyses.count > 1 ? "× \(analyses.count)" : analyses.first ?? "")
    }
}

/// Where a file stands among those that wait for a biologist: the gravest lane first, in it the urgent ones, then the
/// gravest reason (UX section 4: held by severity); among equals the older one comes first.
package struct SignRank: Sendable, Hashable, Comparable {
    private var places: [Int]

    package init(_ lane: SignLane, isUrgent: Bool, reasons: [SignObstacle]) {
        places = [
            SignLane.allCases.firstIndex(of: lane) ?? 0, isUrgent ? 0 : 1,
            reasons.map(\.gravity).min() ?? SignObstacle.lightest,
        ]
    }
    package static func < (a: SignRank, b: SignRank) -> Bool { a.places.lexicographicallyPrecedes(b.places) }
}

extension SignObstacle {
    fileprivate static let lightest = 4
    /// 0: somebody waits for a call; then what forbids, or what left otherwise than it stands; what asks for a reason;
    /// what is only shown.
    fileprivate var gravity: Int {
        switch kind {
        case .critical, .call: return 0
        case .identity, .amends, .changed, .amendmentTask: return 1
        case .hold:
            return code?.gravity ?? 1
        case .freeWords, .ruleWords, .supplement, .missing, .reflex: return 3
        case .others: return SignObstacle.lightest
        }
    }
}

extension Hold.Code {
    /// 0: somebody is called; 1: it forbids; 2: it asks for a reason; 3: it is only shown.
    package var gravity: Int {
        if self == .critical || self == .criticalCall { return 0 }
        return switch severity {
        case .forbids: 1
        case .needsReason: 2
        case .shown: 3
        }
    }
}

extension Observation {
    /// How grave what its own facts say makes the file that waits for its signature, as `SignRank` has it; nil: nothing
    /// of them keeps it out of a lot.
    package var signGravity: Int? {
        holds.map(\.code).filter(\.stopsLot).map(\.gravity).min() ?? comment.map { _ in 3 }
    }
}
