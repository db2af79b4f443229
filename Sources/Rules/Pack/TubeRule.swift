import Base
import Catalog
import JSON5
import Laboratory

/// A rule over the results of one collection: a consistency rule (RULES 1.4), which holds, or a reflex test (RULES
/// section 11), which proposes analyses.
package struct TubeRule: Sendable {
    enum Kind { case coherence, reflex }
    /// What a case of the file expects.
    package enum Outcome: String, Sendable, CaseIterable {
        /// The condition is met: hold, or propose.
        case met = "hold"
        case notMet = "pass"
        /// A censored value leaves it open: `CENSURE_INDECIS`.
        case unknown
        /// An input is not there: the rule does not apply.
        case missing
    }
    struct Case: Sendable {
        let given: [String: String]
        let expected: Outcome
        let place: String
    }

    /// Where the value of a name comes from.
    enum Source: Sendable, Hashable {
        case analysis(String)
        case upper(String)
        case lower(String)
        case index(HILIndex)
        case flag(String)
        case context(ClinicalContext)
        case sex
        case age

        /// Its absence is an answer (no such flag), not a missing input.
        var isOptional: Bool {
            switch self {
            case .flag, .context: true
            case .analysis, .upper, .lower, .index, .sex, .age: false
            }
        }
    }

    package let id: String
    package let version: Int
    package let when: Expression
    package let because: String
    package let source: String
    /// Analyses that are held, those of the tube when `wholeTube`.
    package let holds: Set<String>
    package let wholeTube: Bool
    /// What is held is never given, whatever the reason: it is rejected and collected again.
    package let forbids: Bool
    /// Analyses that are proposed.
    package let adds: [String]
    let sources: [Source]
    /// Analyses that it looks at.
    package let analyses: Set<String>
    let cases: [Case]

    package var reference: RuleReference { RuleReference(id: id, version: version) }
}

/// Indices of the serum (EFLM WG-PRE, RULES section 4).
package enum HILIndex: String, Sendable, Codable, CaseIterable {
    case hemolysis = "H"
    case icterus = "I"
    case lipemia = "L"

    /// For comments: `hémolyse`.
    package var word: String {
        switch self {
        case .hemolysis: "hémolyse"
        case .icterus: "ictère"
        case .lipemia: "lipémie"
        }
    }
    /// `hémolysé`
    package var adjective: String {
        switch self {
        case .hemolysis: "hémolysé"
        case .icterus: "ictérique"
        case .lipemia: "lipémique"
        }
    }
}

/// Reads `coherence.json5` and `reflex.json5`.
struct TubeRuleReader {
    let catalogue: AnalysisCatalogue
    let log: FindingLog

    func read(_ node: JSONNode, file: String, kind: TubeRule.Kind) -> [TubeRule] {
        let top = ObjectReader(node, at: file, log: log)
        RulePack.checkFormat(top)
        let rules = top.objects("rules").compactMap { rule($0, kind) }
        top.finish()
        return rules
    }

    private func rule(_ reader: ObjectReader, _ kind: TubeRule.Kind) -> TubeRule? {
        let id = reader.required("id"), version = reader.whole("version") ?? 0
        if version < 1 { log.add("version", at: reader.place, "la version manque", "écrire version: 1") }
        let text = reader.required("when"), because = reader.required("because"), source = reader.required("source")
        let holds = kind == .coherence ? held(reader) : []
        let forbids = kind == .coherence && reader.flag("forbids") ?? false
        let adds = kind == .reflex ? reader.texts("adds") ?? [] : []
        if holds.isEmpty, adds.isEmpty {
            let key = kind == .coherence ? "holds" : "adds"
            log.add("missing", at: reader.key(key), "la règle n'agit sur rien", "écrire \(key): [\"CODE\", …]")
        }
        for code in holds + adds where code != "*" && catalogue[code] == nil {
            log.add(
                "analysis", at: reader.key(kind == .coherence ? "holds" : "adds"), "« \(code) » n'est pas au catalogue",
                "corriger le code")
        }
        let cases = reader.objects("cases").compactMap(ruleCase)
        reader.finish()
        do {
            let catalogue = catalogue
            let when = try Expression(text, at: reader.key("when")) { name in
                TubeRuleReader.symbol(name, catalogue)?.kind
            }
            guard when.isTruth else {
                log.add("condition", at: reader.key("when"), "une condition est attendue", "écrire une comparaison")
                return nil
            }
            for one in cases { check(one, when) }
            let sources = when.symbols.compactMap { TubeRuleReader.symbol($0, catalogue)?.source }
            let analyses = sources.compactMap { source -> String? in
                if case .analysis(let code) = source { return code }
                return nil
            }
            return TubeRule(
                id: id, version: version, when: when, because: because, source: source,
                holds: Set(holds.filter { $0 != "*" }), wholeTube: holds.contains("*"), forbids: forbids,
                adds: adds, sources: sources, analyses: Set(analyses), cases: cases)
        } catch {
            log.add(error)
            return nil
        }
    }

    /// Codes, `*` for the whole tube, `ensemble:ERYTHRO` for the dependent set of that name in the catalogue.
    private func held(_ reader: ObjectReader) -> [String] {
        (reader.texts("holds") ?? []).flatMap { word -> [String] in
            guard word.hasPrefix("ensemble:") else { return [word] }
            let name = word.dropFirst(9)
            let members = catalogue.analyses.filter { $0.verification.dependentSet == name }.map(\.code)
            return name.isEmpty || members.isEmpty ? [word] : members
        }
    }

    /// `K`, `ASAT.haut`, `HIL.H`, `drapeau.AGREGATS`, `contexte.dialyse`, `sex`, `age`.
    private static func symbol(
        _ name: String, _ catalogue: AnalysisCatalogue
    ) -> (source: TubeRule.Source, kind: SymbolKind)? {
        func quantity(_ code: String) -> SymbolKind? {
            guard let analysis = catalogue[code], analysis.nature.isNumeric || analysis.nature == .titre else {
                return nil
            }
            return Unit(analysis.unit).map { .quantity($0) }
        }
        if name == "sex" { return (.sex, .word) }
        if name == "age" { return RulePack.year.map { (.age, .quantity($0)) } }
        guard let point = name.firstIndex(of: ".") else {
            if let kind = quantity(name) { return (.analysis(name), kind) }
            return catalogue[name].map { _ in (.analysis(name), .word) }
        }
        let head = String(name[..<point]), tail = String(name[name.index(after: point)...])
        switch (head, tail) {
        case ("HIL", _):
            guard let index = HILIndex(rawValue: tail), let bare = Unit("1") else { return nil }
            return (.index(index), .quantity(bare))
        case ("drapeau", _): return (.flag(tail.uppercased()), .truth)
        case ("contexte", _): return ClinicalContext(rawValue: tail).map { (.context($0), .truth) }
        case (_, "haut"): return quantity(head).map { (.upper(head), $0) }
        case (_, "bas"): return quantity(head).map { (.lower(head), $0) }
        case _: return nil
        }
    }

    /// A case that gives what the rule does not look at, or no number where one is measured, would show nothing.
    private func check(_ one: TubeRule.Case, _ when: Expression) {
        for (name, text) in one.given.sorted(by: { $0.key < $1.key }) {
            guard when.symbols.contains(name), let symbol = TubeRuleReader.symbol(name, catalogue) else {
                log.add(
                    "case", at: one.place, "la condition ne regarde pas « \(name) »",
                    "employer les noms de la condition : \(when.symbols.joined(separator: ", "))")
                continue
            }
            switch symbol.kind {
            case .quantity:
                if Measured(text) == nil {
                    log.add(
                        "case", at: one.place, "\(name) : « \(text) » n'est pas un nombre", "écrire par exemple 4.2")
                }
            case .truth:
                if text != "oui", text != "non" {
                    log.add("case", at: one.place, "\(name) : oui ou non est attendu", "écrire oui, ou non")
                }
            case .word: break
            }
        }
    }

    private func ruleCase(_ reader: ObjectReader) -> TubeRule.Case? {
        let given = reader.dictionary("given") ?? [:]
        let expected = reader.choice("expect", as: TubeRule.Outcome.self)
        if expected == nil, reader.text("expect") == nil {
            log.add("missing", at: reader.key("expect"), "la réponse attendue manque", "écrire expect: \"hold\"…")
        }
        reader.finish()
        return expected.map { TubeRule.Case(given: given, expected: $0, place: reader.place) }
    }
}

/// What is known of one collection, by the names that rules use.
struct TubeValues {
    struct Entry {
        let value: SymbolValue
        let low: Exact?
        let high: Exact?
    }
    var results: [String: Entry] = [:]
    var indices = SerumIndices()
    var flags: Set<String> = []
    var contexts: Set<ClinicalContext> = []
    var sex: IntervalSex = .any
    var age: PatientAge?

    func value(_ source: TubeRule.Source) -> SymbolValue? {
        switch source {
        case .analysis(let code): return results[code]?.value
        case .upper(let code): return results[code]?.high.map { .range(ValueRange($0)) }
        case .lower(let code): return results[code]?.low.map { .range(ValueRange($0)) }
        case .index(let index): return indices[index].map { .range(ValueRange($0)) }
        case .flag(let name): return .truth(Verdict(flags.contains(name)))
        case .context(let context): return .truth(Verdict(contexts.contains(context)))
        case .sex: return sex == .any ? nil : .word(sex.rawValue)
        case .age: return age.map { .range(ValueRange(Decimal34(Int($0.months / 12)))) }
        }
    }
}

extension TubeRule {
    /// The answer for one collection, and the names whose values were missing.
    func outcome(_ values: TubeValues) -> Outcome {
        var slots: [SymbolValue] = []
        slots.reserveCapacity(sources.count)
        for source in sources {
            guard let value = values.value(source) else { return .missing }
            slots.append(value)
        }
        switch when.verdict(slots) {
        case .yes: return .met
        case .no: return .notMet
        // A division by zero decides nothing either.
        case .unknown, nil: return .unknown
        }
    }
}
