import Base
import Catalog
package import Laboratory

/// A result that stands in a file, as far as the others of the file are held with it.
package struct StandingResult: Sendable, Hashable {
    package var analysis: String
    package var isCalculated: Bool
    /// By something of its own.
    package var isHeld: Bool
    package init(analysis: String, isCalculated: Bool, isHeld: Bool) {
        self.analysis = analysis
        self.isCalculated = isCalculated
        self.isHeld = isHeld
    }
}

extension RuleEngine {
    /// Steps 12 (sets) and 13 of RULES 1.2 alone, over results that were judged: what each is held with because others
    /// of its file are held, by analysis. As a judgement says it.
    package func following(_ results: [StandingResult]) -> [String: [Hold]] {
        var held = Set(results.filter(\.isHeld).map(\.analysis))
        var causes = held
        var inputs: [String: [String]] = [:], members: [String: String] = [:]
        func set(_ code: String) -> String? {
            let name = line(code)?.limits.dependentSet ?? ""
            return name.isEmpty ? nil : name
        }
        var changed = true
        while changed {
            changed = false
            for result in results {
                let code = result.analysis
                if result.isCalculated, inputs[code] == nil {
                    let needed = (line(code)?.formulaInputs ?? []).filter(held.contains)
                    if !needed.isEmpty {
                        inputs[code] = needed
                        // An input of the set itself holds the set without the calculation.
                        if needed.contains(where: { set($0) == nil || set($0) != set(code) }) { causes.insert(code) }
                        held.insert(code)
                        changed = true
                    }
                }
                if members[code] == nil, let own = set(code),
                    let cause = results.first(where: {
                        $0.analysis != code && causes.contains($0.analysis) && set($0.analysis) == own
                    })
                {
                    members[code] = cause.analysis
                    held.insert(code)
                    changed = true
                }
            }
        }
        var holds: [String: [Hold]] = [:]
        for result in results {
            let code = result.analysis
            var records: [CheckRecord] = []
            if let member = members[code] {
                records.append(
                    CheckRecord(.dependentSet, .yes, code: .dependentSetHeld, inputs: [CheckFact(.analysis, member)]))
            }
            if let needed = inputs[code] {
                records.append(
                    CheckRecord(
                        .calculationInputs, .yes, code: .calculationInputHeld, rule: line(code)?.formula,
                        inputs: needed.map { CheckFact(.analysis, $0) }))
            }
            holds[code] = records.compactMap { record in record.code.map { Hold($0, record.words(in: zone)) } }
        }
        return holds
    }
}
