package import Base
import Catalog
import JSON5

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
    /// By analysis.
    package var interference: [String: [InterferenceRule]] = [:]
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
    /// The first positive of a person is looked at.
    package var firstPositive: Set<String> = []
    /// The first value of a person is looked at (tumour markers).
    package var firstTime: Set<String> = []
    /// Positive is critical: called like a critical value.
    package var positiveIsCritical: Set<String> = []
    package init() {}
}

/// Reads `policy.json5`.
struct PolicyReader {
    let catalogue: AnalysisCatalogue
    let log: FindingLog

    func read(_ node: JSONNode, file: String) -> VerificationPolicy {
        let top = ObjectReader(node, at: file, log: log)
        RulePack.checkFormat(top)
        var policy = VerificationPolicy()
        if let critical = top.object("critical") {
            policy.callMinutes = critical.whole("callMinutes") ?? policy.callMinutes
            policy.silenceDays = critical.whole("silenceDays") ?? policy.silenceDays
            policy.escalation = critical.texts("escalation") ?? []
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
            context.finish()
        }
        if let hil = top.object("hil") { readInterference(hil, &policy) }
        top.finish()
        return policy
    }

    private func readInterference(_ reader: ObjectReader, _ policy: inout VerificationPolicy) {
        policy.hemolysisSuppressesAll = number(reader, "suppressAllFreeHemoglobin") ?? policy.hemolysisSuppressesAll
        for rule in reader.objects("rules") {
            let index = rule.choice("index", as: HILIndex.self) ?? .hemolysis
            let bias = rule.choice("bias", as: Bias.self) ?? .over
            let analyzer = rule.text("analyzer")
            let above = number(rule, "commentAbove"), suppress = number(rule, "suppressAbove")
            for code in codes(rule, "analyses").sorted() {
                policy.interference[code, default: []].append(
                    InterferenceRule(
                        analysis: code, analyzer: analyzer, index: index, bias: bias, biasAbove: above,
                        suppressAbove: suppress))
            }
            rule.finish()
        }
        reader.finish()
    }

    private func codes(_ reader: ObjectReader, _ key: String) -> Set<String> {
        let codes = reader.texts(key) ?? []
        for code in codes where catalogue[code] == nil {
            log.add("analysis", at: reader.key(key), "« \(code) » n'est pas au catalogue", "corriger le code")
        }
        return Set(codes)
    }

    private func number(_ reader: ObjectReader, _ key: String) -> Exact? {
        guard let text = reader.text(key) else { return nil }
        if let number = Exact(text) { return number }
        log.add("number", at: reader.key(key), "« \(text) » n'est pas un nombre", "écrire par exemple \"0.5\"")
        return nil
    }
}
