package import Base
package import Catalog
import JSON5
package import Laboratory

/// Everything wrong in the files of a rule pack: it is refused as a whole.
package struct RulePackRejection: Error, Sendable, CustomStringConvertible {
    package let findings: [Refusal]
    package var description: String { findings.map(\.description).joined(separator: "\n") }
}

/// The rules of the laboratory as data, checked whole against a catalogue; an immutable value. Nothing of it is active
/// before a biologist approves it (`RuleApproval`).
package struct RulePack: Sendable {
    /// Hash of its files, computed by the shell that read them. A result keeps it.
    package let version: String
    /// Each after those it needs.
    package let formulas: [Formula]
    package let coherence: [TubeRule]
    package let reflexes: [TubeRule]
    package let policy: VerificationPolicy
    /// What `policy.json5` says, without its comments: what is approved of it.
    let policyText: [UInt8]
    var hasPolicy: Bool { !policyText.isEmpty }
    private let formulaByCode: [String: Int]

    /// `calculated.json5`, `coherence.json5`, `reflex.json5`, `policy.json5`; a missing file holds no rule.
    package static func load(
        _ files: [CatalogFile], catalogue: AnalysisCatalogue, version: String
    ) throws(RulePackRejection) -> RulePack {
        let log = FindingLog("rules")
        func node(_ name: String) -> JSONNode? {
            guard let file = files.first(where: { $0.name == name }) else { return nil }
            do {
                return try JSONNode(json5: file.bytes, at: name)
            } catch {
                log.add(error)
                return nil
            }
        }
        for file in files where !fileNames.contains(file.name) {
            log.add(
                "file", at: file.name, "ce nom de fichier est inconnu", "noms : \(fileNames.joined(separator: ", "))")
        }
        let formulaReader = FormulaReader(catalogue: catalogue, log: log)
        let formulas = node(fileNames[0]).map { formulaReader.read($0, file: fileNames[0]) } ?? []
        let ruleReader = TubeRuleReader(catalogue: catalogue, log: log)
        let coherence = node(fileNames[1]).map { ruleReader.read($0, file: fileNames[1], kind: .coherence) } ?? []
        let reflexes = node(fileNames[2]).map { ruleReader.read($0, file: fileNames[2], kind: .reflex) } ?? []
        let policyNode = node(fileNames[3])
        let policy =
            policyNode.map { PolicyReader(catalogue: catalogue, log: log).read($0, file: fileNames[3]) }
            ?? VerificationPolicy()
        let ordered = sorted(formulas, log: log)
        checkDuplicates(coherence.map(\.id) + reflexes.map(\.id), log: log)
        checkReflexDepth(reflexes, log: log)
        guard log.findings.isEmpty else { throw RulePackRejection(findings: log.findings) }
        return RulePack(
            version: version, formulas: ordered, coherence: coherence, reflexes: reflexes, policy: policy,
            policyText: policyNode.map(RuleTable.canonical) ?? [])
    }

    /// The files of rules among those of a catalogue (`rules/NAME.json5`), by their own names.
    package static func files(among files: [CatalogFile]) -> [CatalogFile] {
        let folder = "rules/"
        return files.filter { $0.name.hasPrefix(folder) }
            .map { CatalogFile(name: String($0.name.dropFirst(folder.count)), bytes: $0.bytes) }
    }

    package static let fileNames = ["calculated.json5", "coherence.json5", "reflex.json5", "policy.json5"]
    /// Deepest chain of reflex tests (RULES section 11).
    package static let reflexDepth = 3

    private init(
        version: String, formulas: [Formula], coherence: [TubeRule], reflexes: [TubeRule], policy: VerificationPolicy,
        policyText: [UInt8]
    ) {
        self.policyText = policyText
        self.version = version
        self.formulas = formulas
        self.coherence = coherence
        self.reflexes = reflexes
        self.policy = policy
        formulaByCode = Dictionary(
            formulas.enumerated().map { ($1.code, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// No rule at all: a catalogue without a folder `rules`.
    package static let none = RulePack(
        version: "aucune", formulas: [], coherence: [], reflexes: [], policy: VerificationPolicy(), policyText: [])

    package func formula(_ code: String) -> Formula? { formulaByCode[code].map { formulas[$0] } }

    static let year = Unit("a")

    static func checkFormat(_ reader: ObjectReader) {
        if reader.whole("format") != 1 {
            reader.log.add("format", at: reader.place, "le format 1 est attendu", "écrire format: 1")
        }
    }

    private static func checkDuplicates(_ ids: [String], log: FindingLog) {
        var seen: Set<String> = []
        for id in ids where !seen.insert(id).inserted {
            log.add("duplicate", at: id, "deux règles portent ce nom", "donner à chaque règle un nom à elle")
        }
    }

    /// Formulas so that each stands after those it needs; a cycle is a finding.
    private static func sorted(_ formulas: [Formula], log: FindingLog) -> [Formula] {
        checkDuplicates(formulas.map(\.code), log: log)
        let byCode = Dictionary(formulas.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
        var ordered: [Formula] = []
        var done: Set<String> = [], open: [String] = []
        func visit(_ formula: Formula) {
            if done.contains(formula.code) { return }
            if let start = open.firstIndex(of: formula.code) {
                let cycle = (open[start...] + [formula.code]).joined(separator: " → ")
                log.add("cycle", at: formula.code, "le calcul dépend de lui-même : \(cycle)", "rompre le cycle")
                return
            }
            open.append(formula.code)
            for input in formula.inputs {
                if let needed = byCode[input.name] { visit(needed) }
            }
            open.removeLast()
            if done.insert(formula.code).inserted { ordered.append(formula) }
        }
        for formula in formulas { visit(formula) }
        return ordered
    }

    /// A chain of reflex tests longer than three, or without end, is a finding.
    private static func checkReflexDepth(_ rules: [TubeRule], log: FindingLog) {
        func depth(_ rule: TubeRule, _ path: [String]) -> Int? {
            if path.contains(rule.id) {
                log.add(
                    "reflex.cycle", at: rule.id,
                    "les examens réflexes tournent en rond : \((path + [rule.id]).joined(separator: " → "))",
                    "rompre le cycle")
                return nil
            }
            var deepest = 0
            for next in rules where !next.analyses.isDisjoint(with: rule.adds) {
                guard let below = depth(next, path + [rule.id]) else { return nil }
                deepest = max(deepest, below)
            }
            return deepest + 1
        }
        for rule in rules {
            guard let depth = depth(rule, []) else { return }
            if depth > reflexDepth {
                log.add(
                    "reflex.depth", at: rule.id, "la chaîne de réflexes a \(depth) étages",
                    "s'arrêter à \(reflexDepth) (RULES, section 11)")
            }
        }
    }
}

// Calculated tests
extension RulePack {
    /// The value of a calculated test as printed, or the refusal with its reason. Names are those that the formula
    /// declares, or their aliases; what is itself calculated is calculated first when it is not given.
    package func evaluate(
        _ code: String, inputs: [String: GivenValue], sex: IntervalSex? = nil, age: Age? = nil,
        contexts: Set<ClinicalContext> = []
    ) throws(Refusal) -> Calculation {
        guard let formula = formula(code) else {
            throw Refusal(
                "calc.unknown", at: code, because: "aucun calcul ne porte ce code",
                remedy: "choisir parmi : \(formulas.map(\.code).sorted().joined(separator: ", "))")
        }
        try checkNotGivenTwice(formula, inputs)
        var given = inputs
        let names = Set(formula.inputs.flatMap { [$0.name] + $0.aliases })
        for input in formula.inputs where given[input.name] == nil {
            guard !input.aliases.contains(where: { given[$0] != nil }), let needed = self.formula(input.name) else {
                continue
            }
            do {
                let value = try evaluate(
                    needed.code, inputs: inputs.filter { isNeeded($0.key, by: needed) }, sex: sex, age: age,
                    contexts: contexts)
                // In full precision: the one rounding is that of the last calculation.
                guard let number = value.unrounded.exact else { continue }
                given[input.name] = GivenValue(Measured(number), unit: value.unit)
            } catch {
                // What was not given at all is missing; what was given and refused is refused with its reason.
                if error.code != "calc.input.missing" { throw error }
            }
        }
        if let stray = inputs.keys.sorted().first(where: { !names.contains($0) && !isNeeded($0, by: formula) }) {
            throw Refusal(
                "calc.input.unknown", at: code, because: "« \(stray) » n'entre pas dans ce calcul",
                remedy: "donner \(formula.inputs.map { "\($0.name) (\($0.unit.text))" }.joined(separator: ", "))")
        }
        return try formula.calculate(given, sex: sex, age: age, contexts: contexts)
    }

    /// What is itself calculated is given, or what it is made of is: of both, nobody knows which counts.
    private func checkNotGivenTwice(_ formula: Formula, _ inputs: [String: GivenValue]) throws(Refusal) {
        let own = Set(formula.inputs.flatMap { [$0.name] + $0.aliases })
        for input in formula.inputs {
            guard let name = ([input.name] + input.aliases).first(where: { inputs[$0] != nil }),
                let needed = self.formula(input.name),
                let part = inputs.keys.sorted().first(where: { !own.contains($0) && isNeeded($0, by: needed) })
            else { continue }
            throw Refusal(
                "calc.input.twice", at: formula.code,
                because: "\(name) est donné, et \(part) aussi, qui sert à le calculer",
                remedy: "donner \(name), ou ce dont il se calcule")
        }
    }

    private func isNeeded(_ name: String, by formula: Formula) -> Bool {
        formula.inputs.contains { input in
            if input.name == name || input.aliases.contains(name) { return true }
            return self.formula(input.name).map { isNeeded(name, by: $0) } ?? false
        }
    }
}
