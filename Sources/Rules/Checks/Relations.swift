package import Base
import Catalog
import Laboratory

extension RuleEngine {
    /// Analyses whose judgement may change by results of these: they stand in one rule, in one dependent set, or are
    /// calculated from them. Those given are not among them.
    package func related(to codes: Set<String>) -> Set<String> {
        var found: Set<String> = []
        var sets: Set<String> = []
        for code in codes {
            guard let line = line(code) else { continue }
            if !line.limits.dependentSet.isEmpty { sets.insert(line.limits.dependentSet) }
            for concern in line.rules {
                let rule = pack.coherence[concern.rule]
                found.formUnion(rule.analyses)
                found.formUnion(rule.holds)
            }
        }
        for analysis in catalogue.analyses where sets.contains(analysis.verification.dependentSet) {
            found.insert(analysis.code)
        }
        found.formUnion(pack.dependents(of: codes))
        return found.subtracting(codes)
    }

    /// Analyses whose holds hold this one: what it is calculated from and the members of its set, theirs too.
    package func holding(_ code: String) -> Set<String> {
        var found: Set<String> = [code]
        var open = [code]
        while let last = open.popLast() {
            guard let next = line(last) else { continue }
            let set = next.limits.dependentSet
            let members =
                set.isEmpty ? [] : catalogue.analyses.filter { $0.verification.dependentSet == set }.map(\.code)
            for code in (next.formulaInputs ?? []) + members where found.insert(code).inserted { open.append(code) }
        }
        return found.subtracting([code])
    }

    /// What is measured for a calculated analysis, whether its formula needs it or one that this one needs.
    package func measuredInputs(of code: String) -> Set<String> {
        var found: Set<String> = []
        var open = [code]
        while let last = open.popLast() {
            for input in line(last)?.formulaInputs ?? [] where found.insert(input).inserted { open.append(input) }
        }
        return found.filter { catalogue[$0]?.nature != .calculated }
    }

    /// What the engine looks at of the past of a person: how many results of each analysis, none for most.
    package func historyDepth(_ code: String) -> Int {
        guard let line = line(code) else { return 0 }
        if line.looksForFirstPositive || line.looksForFirstTime { return RuleEngine.deepHistory }
        return RuleEngine.usualHistory
    }
    /// Any result of a person, however old, may be what makes this one no first (RULES 1.2 step 14).
    package func looksForFirst(_ code: String) -> Bool {
        line(code).map { $0.looksForFirstPositive || $0.looksForFirstTime } ?? false
    }
    /// May a result taken then change how one taken later is judged?
    package func comparesOver(_ code: String, from: Instant, to: Instant) -> Bool {
        guard from < to, let line = line(code) else { return false }
        if looksForFirst(code) { return true }
        guard let rule = line.delta, rule.kind != .none else { return false }
        return rule.days.map { to.milliseconds - from.milliseconds <= Int64($0) * 86_400_000 } ?? true
    }
    /// The last comparable one is looked for among so many.
    package static let usualHistory = 5
    /// Was it ever positive before? What is older is looked through for the most positive ones.
    package static let deepHistory = 100
}

extension PriorResult {
    /// Positive by itself, whatever the interval.
    package var isPositiveCode: Bool {
        if case .coded(let code, _) = value { ObservationValue.positiveCodes.contains(code) } else { false }
    }

    /// Those that say whether any was positive: one positive code, and the highest number of each unit, whatever
    /// interval it will be held against.
    package static func mostPositive(_ all: [PriorResult]) -> [PriorResult] {
        var highest: [String: (number: Exact, prior: PriorResult)] = [:]
        for prior in all {
            guard case .measured(let measured, let unit) = prior.value else { continue }
            let key = "\(measured.comparator) \(unit)"
            if let known = highest[key], measured.number <= known.number { continue }
            highest[key] = (measured.number, prior)
        }
        return all.filter(\.isPositiveCode).prefix(1) + highest.sorted { $0.key < $1.key }.map(\.value.prior)
    }
}

extension RulePack {
    /// Calculated tests that need one of these, directly or through another calculation.
    package func dependents(of codes: Set<String>) -> Set<String> {
        var touched = codes
        // In the order of calculation: what a formula needs stands before it.
        for formula in formulas where formula.inputs.contains(where: { touched.contains($0.name) }) {
            touched.insert(formula.code)
        }
        return touched.subtracting(codes)
    }
}

extension RuleApprovals {
    /// Those that a judgement of these analyses looks at: what is stored beside its outcome.
    package func concerning(_ codes: Set<String>, in engine: RuleEngine) -> RuleApprovals {
        var kept = RuleApprovals(standing: standing)
        let policy = RulePack.policyReference.description
        kept.rules[policy] = rules[policy]
        for code in codes {
            for concern in engine.line(code)?.rules ?? [] {
                let reference = engine.ruleNames[concern.rule]
                kept.rules[reference] = rules[reference]
            }
        }
        return kept
    }

    /// Does a biologist stand for it now?
    package func stands(_ rule: RuleReference, at now: Instant) -> Bool {
        rules[rule.description]?.isValid(at: now) ?? false
    }
}
