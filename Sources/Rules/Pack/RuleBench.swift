package import Base
import Catalog
import Laboratory

/// One line of the truth table of a rule pack.
package struct BenchLine: Sendable, Hashable {
    package let rule: RuleReference
    /// Place of the case in its file.
    package let place: String
    package let given: String
    package let expected: String
    package let got: String
    package var holds: Bool { expected == got }
}

/// What the cases of a pack show, and what they leave out (RULES 1.5).
package struct BenchReport: Sendable {
    package var lines: [BenchLine] = []
    /// Rules without a case that the law asks for: positive, negative, each boundary, each missing input.
    package var gaps: [Refusal] = []
    /// Rules looked at, those without a case among them.
    package var rules = 0
    package var failures: [BenchLine] { lines.filter { !$0.holds } }
    /// Rules of which no case is wanting and none fails.
    package var coveredRules: Int {
        rules - Set(gaps.compactMap(\.place) + failures.map { $0.rule.description }).count
    }
    /// Exit code 0 of `paillasse rules bench`.
    package var passes: Bool { rules > 0 && gaps.isEmpty && failures.isEmpty }
}

extension RulePack {
    /// Runs every case of the pack.
    package func bench() -> BenchReport {
        var report = BenchReport()
        report.rules =
            formulas.count + coherence.count + reflexes.count + policy.interferenceBlocks.count
            + (hasPolicy ? 1 : 0)
        for formula in formulas { bench(formula, &report) }
        for rule in coherence + reflexes { bench(rule, &report) }
        for block in policy.interferenceBlocks { bench(block, &report) }
        if hasPolicy { benchFreeHemoglobin(&report) }
        return report
    }

    private func gap(_ report: inout BenchReport, _ rule: RuleReference, _ what: String) {
        report.gaps.append(
            Refusal(
                "rules.bench.gap", at: rule.description, because: "aucun cas : \(what)",
                remedy: "ajouter ce cas à « cases »"))
    }

    // Formulas

    private func bench(_ formula: Formula, _ report: inout BenchReport) {
        var refused: Set<String> = [], said: Set<String> = [], unsaid: Set<String> = []
        var valued = false
        for one in formula.cases {
            let wanted: String, got: String
            var inputs: [String: GivenValue] = [:]
            for (name, text) in one.given { inputs[name] = Measured(text).map { GivenValue($0) } }
            do {
                let result = try evaluate(
                    formula.code, inputs: inputs, sex: one.sex, age: one.age, contexts: one.contexts)
                let full = result.unrounded.rounded(to: RulePack.decimals(of: one.unrounded))?.text ?? ""
                let told = Set(formula.comments.filter { result.comments.contains($0.because) }.map(\.id))
                said.formUnion(told)
                unsaid.formUnion(Set(formula.comments.map(\.id)).subtracting(told))
                got = result.printed.text + (one.unrounded == nil ? "" : " (\(full))") + RulePack.shown(told)
            } catch {
                got = RulePack.shortCode(error, formula)
            }
            if let reason = one.refused {
                wanted = reason
                refused.insert(reason)
            } else {
                valued = true
                wanted =
                    (one.expected ?? "") + (one.unrounded.map { " (\($0))" } ?? "") + RulePack.shown(one.comments)
            }
            report.lines.append(
                BenchLine(
                    rule: formula.reference, place: one.place, given: RulePack.shown(one), expected: wanted, got: got))
        }
        if !valued { gap(&report, formula.reference, "une valeur rendue") }
        for input in formula.inputs where !refused.contains("manque:\(input.name)") {
            gap(&report, formula.reference, "il manque \(input.name)")
        }
        for clause in formula.comments {
            if !said.contains(clause.id) { gap(&report, formula.reference, "le commentaire « \(clause.id) »") }
            if !unsaid.contains(clause.id) {
                gap(&report, formula.reference, "une valeur sans le commentaire « \(clause.id) »")
            }
        }
        for clause in formula.guards where !refused.contains(clause.id) {
            gap(&report, formula.reference, "la garde « \(clause.id) » refuse")
        }
        for clause in formula.guards + formula.comments {
            for column in clause.when.comparisons where !reaches(formula, clause, column) {
                gap(&report, formula.reference, "la limite de « \(clause.id) », colonne \(column)")
            }
        }
    }

    private static func shown(_ comments: Set<String>) -> String {
        comments.sorted().map { " + \($0)" }.joined()
    }

    /// Does a case of the formula stand exactly on this boundary of a guard?
    private func reaches(_ formula: Formula, _ clause: GuardClause, _ column: Int) -> Bool {
        formula.cases.contains { one in
            var inputs: [String: GivenValue] = [:]
            for (name, text) in one.given { inputs[name] = Measured(text).map { GivenValue($0) } }
            var values: [String: SymbolValue] = [:]
            for input in formula.inputs {
                guard let value = inputs[input.name] else { continue }
                values[input.name] = .range(ValueRange(value.value))
            }
            if let age = one.age { values["age"] = .range(ValueRange(Decimal34(age.completedYears))) }
            if let sex = one.sex { values["sex"] = .word(sex.rawValue) }
            for context in ClinicalContext.allCases {
                values["contexte.\(context.rawValue)"] = .truth(Verdict(one.contexts.contains(context)))
            }
            if clause.looksAtResult {
                let slots = formula.value.symbols.compactMap { values[$0] }
                guard slots.count == formula.value.symbols.count,
                    let result = formula.value.value(slots, in: formula.unit)
                else { return false }
                values["result"] = .range(result)
                // Few decimals bring a quotient or a power exactly onto a limit: what prints as the limit reaches it.
                let printed = result.point?.rounded(to: formula.decimals).map { SymbolValue.range(ValueRange($0)) }
                if RulePack.stands(on: column, clause, values.merging(["result": printed ?? .range(result)]) { $1 }) {
                    return true
                }
            }
            return RulePack.stands(on: column, clause, values)
        }
    }

    private static func stands(on column: Int, _ clause: GuardClause, _ values: [String: SymbolValue]) -> Bool {
        let slots = clause.when.symbols.compactMap { values[$0] }
        return slots.count == clause.when.symbols.count
            && clause.when.traced(slots).boundaries.contains(column)
    }

    private static func decimals(of text: String?) -> Int {
        guard let text, let point = text.firstIndex(of: ".") else { return 0 }
        return text.distance(from: point, to: text.endIndex) - 1
    }

    private static func shown(_ one: Formula.Case) -> String {
        var parts = one.given.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        if let sex = one.sex { parts.append("sexe \(sex.rawValue)") }
        if let age = one.age { parts.append(age.description) }
        return (parts + one.contexts.map(\.rawValue).sorted()).joined(separator: " ")
    }

    /// `calc.guard.mineur` → `mineur`; a missing input → `manque:CREA`.
    private static func shortCode(_ refusal: Refusal, _ formula: Formula) -> String {
        if refusal.code.hasPrefix("calc.guard.") { return String(refusal.code.dropFirst(11)) }
        guard refusal.code == "calc.input.missing" else { return refusal.code }
        let name = formula.inputs.first { refusal.cause.hasPrefix("il manque \($0.name) ") }?.name
        return "manque:\(name ?? "?")"
    }

    // Interferences

    private func bench(_ block: InterferenceBlock, _ report: inout BenchReport) {
        let rule = block.rule.reference
        var seen: Set<InterferenceOutcome> = []
        for one in block.cases {
            let outcome = block.rule.outcome(one.index)
            if outcome == one.expected { seen.insert(outcome) }
            report.lines.append(
                BenchLine(
                    rule: rule, place: one.place,
                    given: "HIL.\(block.rule.index.rawValue)" + (one.index.map { "=\($0.text)" } ?? " absent"),
                    expected: one.expected.rawValue, got: outcome.rawValue))
        }
        let isEntered = block.rule.biasAbove != nil && block.rule.suppressAbove != nil
        for outcome in InterferenceOutcome.allCases where !seen.contains(outcome) && (isEntered || outcome == .held) {
            gap(&report, rule, outcome.rawValue)
        }
        for limit in [block.rule.biasAbove, block.rule.suppressAbove] {
            guard let limit, !block.cases.contains(where: { $0.index == limit }) else { continue }
            gap(&report, rule, "la limite \(limit.text)")
        }
        if !block.cases.contains(where: { $0.index == nil }) { gap(&report, rule, "l'indice manque") }
    }

    /// The one threshold that holds for every analysis of a tube.
    private func benchFreeHemoglobin(_ report: inout BenchReport) {
        let rule = RuleReference(id: "HIL:HB-LIBRE", version: 1)
        var seen: Set<InterferenceOutcome> = []
        for one in policy.freeHemoglobinCases {
            let outcome = policy.outcome(freeHemoglobin: one.index)
            if outcome == one.expected { seen.insert(outcome) }
            report.lines.append(
                BenchLine(
                    rule: rule, place: one.place,
                    given: "hémoglobine libre" + (one.index.map { "=\($0.text) g/L" } ?? " non mesurée"),
                    expected: one.expected.rawValue, got: outcome.rawValue))
        }
        for outcome in [InterferenceOutcome.free, .suppressed] where !seen.contains(outcome) {
            gap(&report, rule, outcome.rawValue)
        }
        if let limit = policy.hemolysisSuppressesAll, !policy.freeHemoglobinCases.contains(where: { $0.index == limit })
        {
            gap(&report, rule, "la limite \(limit.text)")
        }
    }

    // Consistency rules and reflex tests

    private func bench(_ rule: TubeRule, _ report: inout BenchReport) {
        var reached: Set<Int> = [], seen: Set<TubeRule.Outcome> = [], missing: Set<String> = []
        for one in rule.cases {
            let (outcome, boundaries) = run(rule, one.given)
            reached.formUnion(boundaries)
            if outcome == one.expected { seen.insert(outcome) }
            let absent = rule.when.symbols.indices.filter {
                !rule.sources[$0].isOptional && one.given[rule.when.symbols[$0]] == nil
            }
            if absent.count == 1 { missing.insert(rule.when.symbols[absent[0]]) }
            let given = one.given.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            report.lines.append(
                BenchLine(
                    rule: rule.reference, place: one.place, given: given, expected: one.expected.rawValue,
                    got: outcome.rawValue))
        }
        if !seen.contains(.met) { gap(&report, rule.reference, "positif (hold)") }
        if !seen.contains(.notMet) { gap(&report, rule.reference, "négatif (pass)") }
        for column in rule.when.comparisons where !reached.contains(column) {
            gap(&report, rule.reference, "la limite de la comparaison, colonne \(column)")
        }
        for (name, source) in zip(rule.when.symbols, rule.sources) where !source.isOptional && !missing.contains(name) {
            gap(&report, rule.reference, "il manque \(name) seul")
        }
    }

    private func run(_ rule: TubeRule, _ given: [String: String]) -> (TubeRule.Outcome, Set<Int>) {
        var slots: [SymbolValue] = []
        for (name, source) in zip(rule.when.symbols, rule.sources) {
            guard let text = given[name] else {
                guard source.isOptional else { return (.missing, []) }
                slots.append(.truth(.no))
                continue
            }
            switch source {
            case .flag, .context: slots.append(.truth(text == "oui" ? .yes : .no))
            case .sex: slots.append(.word(text))
            case .analysis, .upper, .lower, .index, .age:
                slots.append(Measured(text).map { .range(ValueRange($0, nonNegative: true)) } ?? .word(text))
            }
        }
        let (verdict, boundaries) = rule.when.traced(slots)
        switch verdict {
        case .yes: return (.met, boundaries)
        case .no: return (.notMet, boundaries)
        case .unknown, nil: return (.unknown, boundaries)
        }
    }
}
