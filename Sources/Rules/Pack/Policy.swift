package import Base
package import Catalog
import JSON5
package import Laboratory

/// In which direction an interference moves a result (RULES section 4).
package enum Bias: String, Sendable, CaseIterable {
    case over = "sur"
    case under = "sous"

    package var word: String {
        switch self {
        case .over: "surestimé"
        case .under: "sous-estimé"
        }
    }
}

/// Thresholds of one index for one analysis, from the insert of the reagent, verified locally.
package struct InterferenceRule: Sendable {
    package let analysis: String
    /// Name of the analyzer; nil: any.
    package let analyzer: String?
    package let index: HILIndex
    package let bias: Bias
    /// Above: a comment. Nil: not entered yet, the result is held.
    package let biasAbove: Exact?
    /// Above: the value is not given.
    package let suppressAbove: Exact?
    package var reference: RuleReference { RuleReference(id: "HIL:\(analysis):\(index.rawValue)", version: 1) }
}

/// What an index does to a result (RULES section 4).
package enum InterferenceOutcome: String, Sendable, CaseIterable {
    /// At or under the first threshold: released without a word.
    case free = "release"
    /// Between the two: released with the direction of the error.
    case commented = "comment"
    /// Above the second: no value.
    case suppressed = "suppress"
    /// No index, or a threshold that nobody entered: held.
    case held = "hold"
}

extension InterferenceRule {
    /// `index` nil: the analyzer measures it and sent none.
    package func outcome(_ index: Exact?) -> InterferenceOutcome {
        guard let index else { return .held }
        if let suppressAbove, index > suppressAbove { return .suppressed }
        guard let biasAbove, suppressAbove != nil else { return .held }
        return index > biasAbove ? .commented : .free
    }
}

/// Thresholds that several analyses share, with the cases written beside them.
struct InterferenceBlock: Sendable {
    struct Case: Sendable {
        /// Nil: the analyzer sent no index.
        let index: Exact?
        let expected: InterferenceOutcome
        let place: String
    }
    let rule: InterferenceRule
    let cases: [Case]
    let place: String
}

/// The choices of the laboratory that are neither limits of an analysis nor formulas.
package struct VerificationPolicy: Sendable {
    /// Minutes that a call may wait before it escalates.
    package var callMinutes = 15
    /// A known critical state is not called again for so long, unless worse.
    package var silenceDays = 7
    /// Whom to call, in order.
    package var escalation: [String] = []
    /// Free hemoglobin from which nothing of the tube is given, g/L.
    package var hemolysisSuppressesAll: Exact? = Exact(10)
    var freeHemoglobinCases: [InterferenceBlock.Case] = []
    /// By analysis.
    package var interference: [String: [InterferenceRule]] = [:]
    var interferenceBlocks: [InterferenceBlock] = []
    /// Analyses asked for in mode B, released under a standing approval (RULES 1.1); all others are sorted for the
    /// biologist who signs (mode A). Without effect until a named biologist has signed mode B, with an expiry.
    package var releasedUnderApproval: Set<String> = []
    /// The same, of sites that have a list of their own in its place.
    package var releasedAtSite: [String: Set<String>] = [:]
    /// Analyses stable in a person: two that jump in one tube mean another person's blood.
    package var stable: Set<String> = []
    package var bloodGroups: Set<String> = []
    /// Analyses whose delta is not looked at in a known context.
    package var suspensions: [ClinicalContext: Set<String>] = [:]
    /// Hold a first result that has nothing to compare with.
    package var holdsFirstResult: Set<String> = []
    /// Never released by the engine.
    package var excluded: Set<String> = []
    package var excludedSections: Set<String> = []
    /// Analyses whose value is given in one context only.
    package var onlyUnder: [String: ClinicalContext] = [:]
    /// The first positive of a person is looked at.
    package var firstPositive: Set<String> = []
    /// Every positive is looked at, however often it came before (HIV, HBs, HCV).
    package var everyPositive: Set<String> = []
    /// The first value of a person is looked at (tumour markers).
    package var firstTime: Set<String> = []
    /// Positive is critical: called like a critical value.
    package var positiveIsCritical: Set<String> = []
    /// Why a tube is measured again: code → words (RULES section 8).
    package var rerunReasons = VerificationPolicy.standardRerunReasons
    /// Days before the end of an approval from which the laboratory is warned.
    package var warnDays = 30
    /// Reflex tests are added to the request by themselves; else they are proposed, and a person adds them.
    package var addsReflexes = false
    package init() {}

    package static let standardRerunReasons = [
        "AMR": "hors du domaine de mesure", "DRAPEAU": "drapeau de l'automate", "DELTA": "écart avec l'antérieur",
        "CRITIQUE": "valeur critique à vérifier", "CQ": "contrôle de qualité en doute", "DEMANDE": "à la demande",
    ]

    /// `AMR (hors du domaine de mesure), CQ (…), …`
    package var rerunChoices: String {
        rerunReasons.sorted { $0.key < $1.key }.map { "\($0.key) (\($0.value))" }.joined(separator: ", ")
    }

    /// The reason in its one form, `CQ : contrôle de qualité en doute ; flacon vide`, from words that begin with one of
    /// the codes; nil for any others.
    package func rerunReason(_ words: String) -> String? {
        let code = words.prefix { $0.isLetter || $0.isNumber || $0 == "-" }.uppercased()
        guard let known = rerunReasons[code] else { return nil }
        let rest = words.dropFirst(code.count).drop { " :;–-".contains($0) }
        let own = rest.isEmpty || rest == known ? "" : " ; \(rest)"
        return "\(code) : \(known)\(own)"
    }

    /// What free hemoglobin does to the whole tube (RULES section 4): `index` in g/L; nil: not measured.
    func outcome(freeHemoglobin index: Exact?) -> InterferenceOutcome {
        guard let index, let limit = hemolysisSuppressesAll, index >= limit else { return .free }
        return .suppressed
    }

    /// A code typed by hand (blood group, antibodies) that the engine never proposes: nothing but a second typing
    /// checks it. Words are read again by whoever signs.
    package func isTypedTwice(_ analysis: Analysis) -> Bool {
        analysis.nature == .coded && excluded.contains(analysis.code)
    }
}

/// Reads `policy.json5`.
struct PolicyReader {
    let catalogue: AnalysisCatalogue
    let log: FindingLog

    func read(_ node: JSONNode, file: String) -> VerificationPolicy {
        let top = ObjectReader(node, at: file, log: log)
        RulePack.checkFormat(top)
        var policy = VerificationPolicy()
        readModes(top, &policy)
        if let critical = top.object("critical") {
            policy.callMinutes = whole(critical, "callMinutes", in: 1...24 * 60) ?? policy.callMinutes
            policy.silenceDays = whole(critical, "silenceDays", in: 0...366) ?? policy.silenceDays
            policy.escalation = critical.texts("escalation") ?? []
            if policy.escalation.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
                log.add(
                    "blank", at: critical.key("escalation"), "une personne à appeler n'a pas de nom",
                    "la nommer, ou l'ôter")
            }
            policy.positiveIsCritical = codes(critical, "positive")
            critical.finish()
        }
        if let delta = top.object("delta") {
            policy.stable = codes(delta, "stable")
            policy.bloodGroups = codes(delta, "bloodGroups")
            policy.holdsFirstResult = codes(delta, "holdsFirstResult")
            if let suspensions = delta.object("suspensions") {
                for context in ClinicalContext.allCases {
                    let suspended = codes(suspensions, context.rawValue)
                    if !suspended.isEmpty { policy.suspensions[context] = suspended }
                }
                suspensions.finish()
            }
            delta.finish()
        }
        if let context = top.object("context") {
            policy.excluded = codes(context, "excluded")
            policy.excludedSections = Set(context.texts("excludedSections") ?? [])
            for section in policy.excludedSections.sorted() where catalogue.section(section) == nil {
                log.add("section", at: context.place, "la section « \(section) » n'existe pas", "corriger le nom")
            }
            policy.firstPositive = codes(context, "firstPositive")
            policy.firstTime = codes(context, "firstTime")
            policy.everyPositive = codes(context, "everyPositive")
            for code in policy.everyPositive.sorted() where catalogue[code].map({ $0.nature != .coded }) ?? false {
                log.add(
                    "nature", at: context.key("everyPositive"), "« \(code) » n'a pas de résultat codé",
                    "nommer une analyse codée, ou borner la valeur (autoval_haut)")
            }
            readOnlyUnder(context, &policy)
            context.finish()
        }
        if let reflex = top.object("reflex") {
            switch reflex.required("mode") {
            case "ajouter": policy.addsReflexes = true
            case "proposer": break
            case let word:
                log.add(
                    "reflex.mode", at: reflex.key("mode"), "« \(word) » n'est pas une façon de faire",
                    "écrire \"proposer\" ou \"ajouter\"")
            }
            reflex.finish()
        }
        readReruns(top, &policy)
        if let approvals = top.object("approvals") {
            policy.warnDays = whole(approvals, "warnDays", in: 1...366) ?? policy.warnDays
            approvals.finish()
        }
        if let hil = top.object("hil") { readInterference(hil, &policy) }
        top.finish()
        return policy
    }

    /// `rerun: { reasons: { AMR: "hors du domaine de mesure" } }`
    private func readReruns(_ top: ObjectReader, _ policy: inout VerificationPolicy) {
        guard let rerun = top.object("rerun") else { return }
        policy.rerunReasons = rerun.dictionary("reasons") ?? [:]
        if policy.rerunReasons.isEmpty {
            log.add(
                "missing", at: rerun.key("reasons"), "aucun motif de repasse : plus rien ne se repasserait",
                "en nommer, ou ôter « rerun »")
        }
        for (code, words) in policy.rerunReasons.sorted(by: { $0.key < $1.key }) {
            let isCode = !code.isEmpty && code.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "-") }
            guard !isCode || words.allSatisfy(\.isWhitespace) else { continue }
            log.add(
                "rerun.reason", at: rerun.key("reasons"), "« \(code) » n'est pas un code avec ses mots",
                "écrire par exemple CQ: \"contrôle de qualité en doute\"")
        }
        rerun.finish()
    }

    private func readOnlyUnder(_ reader: ObjectReader, _ policy: inout VerificationPolicy) {
        guard let only = reader.object("onlyUnder") else { return }
        for context in ClinicalContext.allCases {
            for code in codes(only, context.rawValue) {
                if policy.onlyUnder.updateValue(context, forKey: code) == nil { continue }
                log.add("twice", at: only.place, "« \(code) » y figure sous deux contextes", "n'en garder qu'un")
            }
        }
        only.finish()
    }

    private func readInterference(_ reader: ObjectReader, _ policy: inout VerificationPolicy) {
        policy.hemolysisSuppressesAll = number(reader, "suppressAllFreeHemoglobin") ?? policy.hemolysisSuppressesAll
        if let limit = policy.hemolysisSuppressesAll, limit <= Exact(0) {
            log.add(
                "range", at: reader.key("suppressAllFreeHemoglobin"),
                "une limite d'hémoglobine libre de \(limit.text) g/L",
                "écrire un nombre positif, par exemple \"10\"")
        }
        policy.freeHemoglobinCases = reader.objects("freeHemoglobinCases").compactMap(interferenceCase)
        for rule in reader.objects("rules") {
            // Nothing is guessed: an index or a direction that cannot be read is a finding.
            _ = (rule.required("index"), rule.required("bias"))
            let index = rule.choice("index", as: HILIndex.self) ?? .hemolysis
            let bias = rule.choice("bias", as: Bias.self) ?? .over
            let analyzer = rule.text("analyzer")
            let above = number(rule, "commentAbove"), suppress = number(rule, "suppressAbove")
            for (key, limit) in [("commentAbove", above), ("suppressAbove", suppress)] {
                guard let limit, limit < Exact(0) else { continue }
                log.add("range", at: rule.key(key), "un seuil d'indice négatif", "écrire un nombre, 0 ou plus")
            }
            if let above, let suppress, suppress < above {
                log.add(
                    "threshold", at: rule.key("suppressAbove"), "le second seuil est sous le premier",
                    "écrire commentAbove ≤ suppressAbove")
            }
            let analyses = codes(rule, "analyses").sorted()
            if analyses.isEmpty {
                log.add("missing", at: rule.key("analyses"), "la règle ne vise aucune analyse", "écrire des codes")
            }
            let rules = analyses.map { code in
                InterferenceRule(
                    analysis: code, analyzer: analyzer, index: index, bias: bias, biasAbove: above,
                    suppressAbove: suppress)
            }
            for rule in rules { policy.interference[rule.analysis, default: []].append(rule) }
            let cases = rule.objects("cases").compactMap(interferenceCase)
            if let first = rules.first {
                policy.interferenceBlocks.append(InterferenceBlock(rule: first, cases: cases, place: rule.place))
            }
            rule.finish()
        }
        reader.finish()
    }

    /// `{ index: "90", expect: "release" }`; without `index`, the analyzer sent none.
    private func interferenceCase(_ reader: ObjectReader) -> InterferenceBlock.Case? {
        _ = reader.required("expect")
        let expected = reader.choice("expect", as: InterferenceOutcome.self)
        let index = number(reader, "index")
        reader.finish()
        return expected.map { InterferenceBlock.Case(index: index, expected: $0, place: reader.place) }
    }

    /// `modes: { default: "A", B: [], sites: { nord: ["NA"] } }`: sorting is the default and cannot be turned off here;
    /// a site that is named has a list of its own (RULES 1.1: per analyte and site).
    private func readModes(_ top: ObjectReader, _ policy: inout VerificationPolicy) {
        guard let modes = top.object("modes") else { return }
        if modes.required("default") != "A" {
            log.add(
                "mode", at: modes.key("default"), "le mode par défaut est A : trier, le biologiste signe",
                "écrire default: \"A\" et nommer les analyses du mode B")
        }
        policy.releasedUnderApproval = codes(modes, "B")
        if let sites = modes.object("sites") {
            for site in sites.keys { policy.releasedAtSite[site] = codes(sites, site) }
            sites.finish()
        }
        modes.finish()
    }

    private func codes(_ reader: ObjectReader, _ key: String) -> Set<String> {
        let codes = reader.texts(key) ?? []
        for code in codes where catalogue[code] == nil {
            log.add("analysis", at: reader.key(key), "« \(code) » n'est pas au catalogue", "corriger le code")
        }
        return Set(codes)
    }

    private func whole(_ reader: ObjectReader, _ key: String, in bounds: ClosedRange<Int>) -> Int? {
        guard let number = reader.whole(key) else { return nil }
        if bounds.contains(number) { return number }
        log.add(
            "range", at: reader.key(key), "\(number) n'est pas de \(bounds.lowerBound) à \(bounds.upperBound)",
            "écrire un nombre de cet ordre")
        return nil
    }

    private func number(_ reader: ObjectReader, _ key: String) -> Exact? {
        guard let text = reader.text(key) else { return nil }
        if let number = Exact(text) { return number }
        log.add("number", at: reader.key(key), "« \(text) » n'est pas un nombre", "écrire par exemple \"0.5\"")
        return nil
    }
}

extension VerificationPolicy {
    /// Analyses that may be released under a standing approval at a site.
    package func released(at site: String) -> Set<String> { releasedAtSite[site] ?? releasedUnderApproval }
    /// Mode B is asked for somewhere.
    package var hasReleases: Bool {
        !releasedUnderApproval.isEmpty || releasedAtSite.values.contains { !$0.isEmpty }
    }
}
