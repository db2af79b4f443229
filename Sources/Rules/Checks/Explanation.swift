import Base
import Catalog
import Laboratory

// A judgement keeps what its results share once, and of a rule that did not fire only that it did not: a day of a
// laboratory writes a hundred thousand checks. Who asks why is told all of it, from the same input (RULES 1.3).
extension RuleEngine {
    /// The checks of a result with every value, condition and age that they looked at.
    package func explained(
        _ checks: [CheckRecord], of facts: ResultFacts, in input: EvaluationInput
    ) -> [CheckRecord] {
        checks.map { check in
            var told = check
            switch check.check {
            case .coherence: tellCondition(&told, input)
            case .calculationInputs where facts.origin == .calculated: tellCalculation(&told, facts, input)
            case .interval: told.inputs += person(input)
            case _: break
            }
            return told
        }
    }

    private func tellCondition(_ record: inout CheckRecord, _ input: EvaluationInput) {
        guard let rule = pack.coherence.first(where: { $0.reference == record.rule }) else { return }
        if !record.inputs.contains(where: { $0.name == .value }) {
            record.inputs = rule.analyses.sorted().map { RuleEngine.value(of: $0, input) } + record.inputs
        }
        record.thresholds.append(CheckFact(.condition, rule.when.text))
    }

    private func tellCalculation(_ record: inout CheckRecord, _ facts: ResultFacts, _ input: EvaluationInput) {
        guard let formula = pack.formula(facts.analysis), formula.reference == record.rule else { return }
        record.inputs += formula.inputs.filter(\.isAnalysis).map { RuleEngine.value(of: $0.name, input) }
        record.inputs += Scene(input, self).sex + person(input)
        // What a calculation sends as its text is the value before it was rounded.
        if let unrounded = Exact(facts.rawText) {
            record.inputs.append(CheckFact(.unrounded, unrounded))
        } else if !facts.rawText.isEmpty {
            record.inputs.append(CheckFact(.unrounded, facts.rawText))
        }
        record.thresholds.append(CheckFact(.formula, "\(formula.name) : \(formula.value.text)"))
    }

    /// Age at collection, and the week of a pregnancy: what chose the interval.
    private func person(_ input: EvaluationInput) -> [CheckFact] {
        let age = Scene(input, self).age?.french ?? "inconnu"
        let week = input.patient.pregnancyWeek.map { [CheckFact(.context, "grossesse, semaine \($0)")] } ?? []
        return [CheckFact(.age, age)] + week
    }

    private static func value(of code: String, _ input: EvaluationInput) -> CheckFact {
        let own = input.results.first { $0.analysis == code }
        let value = own.map { $0.value ?? .text($0.rawText) } ?? input.others.first { $0.analysis == code }?.value
        let text =
            switch value {
            case .measured(let number, let unit):
                "= "
                    + [number.text, unit == "1" ? "" : Unit.french(unit)].filter { !$0.isEmpty }.joined(separator: " ")
            case .coded(_, let display): "= " + display
            case .text(let words): "= " + words
            case .notPerformed: "non réalisé"
            case nil: "absent"
            }
        return CheckFact(.value, "\(code) \(text)")
    }
}

extension PatientAge {
    /// As people say it: days up to a month, months up to two years.
    fileprivate var french: String {
        if months < 1 { return "\(minutes / 1440) j" }
        return months < 24 ? "\(months) mois" : "\(months / 12) a"
    }
}
