import Base
package import Catalog
import Laboratory

/// What the checks need of a method of one analysis, put together once.
final class LineMethod: Sendable {
    let method: AssayMethod
    /// Those of the analysis, but for what the method has of its own (RULES section 8: a range per method).
    let limits: VerificationLimits
    let facts: LineFacts
    let fact: [CheckFact]

    init(_ method: AssayMethod, of analysis: Analysis, delta: DeltaRule?) {
        self.method = method
        limits = method.limits(analysis.verification)
        facts = LineFacts(analysis, limits, delta: delta)
        fact = [CheckFact(.method, method.name)]
    }
}

extension CheckLine {
    /// As this analyzer has it; as any has it, when it is another's by now.
    func method(_ name: String, on analyzer: String?) -> LineMethod? {
        if name.isEmpty || methods.isEmpty { return nil }
        return methods.first { $0.method.name == name && $0.method.source == analyzer }
            ?? methods.first { $0.method.name == name }
    }

    /// Why no interval was found, when it is for the method.
    func wantsMethod(_ name: String) -> CheckNote? {
        guard !ranges.isEmpty, ranges.allSatisfy({ !$0.method.isEmpty && $0.method != name }) else { return nil }
        return name.isEmpty ? .methodUnknown : .noIntervalOfMethod
    }
}

extension ResultJudge {
    func limits(_ line: CheckLine) -> VerificationLimits { method?.limits ?? line.limits }
    func lineFacts(_ line: CheckLine) -> LineFacts { method?.facts ?? line.facts }

    /// The family that a delta compares within; empty: nobody knows the method.
    var family: String { method?.method.family ?? facts.method }

    /// The method, as the checks name it; nothing where nobody declared one.
    var methodFact: [CheckFact] {
        if let components = facts.components {
            return (method?.fact ?? []) + [CheckFact(.method, components)]
        }
        if let method { return method.fact }
        return facts.method.isEmpty ? [] : [CheckFact(.method, facts.method)]
    }

    /// Of one family, as far as one knows: what was measured before methods were declared, or typed by nobody knows
    /// which, goes on being compared, since to compare less would hold less.
    func isOfFamily(_ prior: PriorResult) -> Bool {
        // What was calculated of other methods' values is as far from them as they are from each other.
        if let here = facts.components, let there = prior.components, here != there { return false }
        let here = family
        guard !here.isEmpty, let there = prior.family, !there.isEmpty else { return true }
        return here == there
    }
}

extension AnalysisCatalogue {
    /// The method by which a result was measured.
    package func method(of facts: ResultFacts) -> AssayMethod? {
        let other = facts.origin == .calculated ? AssayMethod.calculated : AssayMethod.typed
        return method(of: facts.analysis, on: facts.analyzer ?? other)
    }
}
