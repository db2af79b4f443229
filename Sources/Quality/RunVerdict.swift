package import Base

/// What the points of one run prove.
package enum RunOutcome: String, Sendable, Codable, CaseIterable {
    /// No rejecting rule; warnings are possible.
    case conforming = "CONFORME"
    case rejected = "REJET"
    /// A point without z, or no rule that rejects: nothing is proven (`CQ_ABSENT`).
    case absent = "CQ_ABSENT"
    /// Fewer levels than the policy asks for, or nothing left after exclusions: the run changes nothing.
    case incomplete = "INCOMPLET"
}

/// One run judged: its points by level rank, the rules they violate, what that proves.
package struct RunVerdict: Sendable, Hashable {
    package let run: String
    /// The last point of the run.
    package let at: Instant
    /// Every point of the run, by level rank: also those excluded, without z, or of a lot under parallel run.
    package let points: [ControlPoint]
    /// In the order of `WestgardRule`.
    package let violations: [Violation]
    package let outcome: RunOutcome
    /// Why nothing is proven, or why a conforming run lifts no rejection, in words; empty otherwise.
    package internal(set) var because: String
    /// State of the assay after the run.
    package internal(set) var state: ControlState = .notControlled

    package var rejecting: [Violation] { violations.filter { $0.action == .reject } }
    package var warnings: [Violation] { violations.filter { $0.action == .warn } }

    /// As the machine of the states sees it, with what counts at `now`.
    func judged(at now: Instant) -> JudgedRun {
        let counting = points.filter { !$0.isExcluded(at: now) && !$0.isParallel && $0.isScored }
        return JudgedRun(
            name: run, at: at, levels: Set(counting.map(\.level.name)), failed: Set(rejecting.flatMap(\.levels)),
            because: because)
    }

    /// Judges a run as it is known at `now`: `run` holds its points so far, `earlier` those scored in
    /// runs before it, newest first.
    static func judge(
        _ run: [ControlPoint], after earlier: some Sequence<ScoredPoint>, order: Int, policy: ControlPolicy,
        at now: Instant
    ) -> RunVerdict {
        let points = ControlPoint.ranked(run)
        let counting = points.filter { !$0.isExcluded(at: now) && !$0.isParallel }
        let scored = counting.compactMap { point in
            point.z.map { ScoredPoint(point: point, z: $0, runOrder: order) }
        }
        let window = RuleWindow(earlier: earlier, current: scored)
        var violations = policy.enabled.compactMap { enabled -> Violation? in
            let evidence = window.evidence(of: enabled.rule)
            return evidence.isEmpty ? nil : Violation(rule: enabled.rule, action: enabled.action, evidence: evidence)
        }
        let wrong = counting.filter { $0.score == .answer(isExpected: false) }.map { point in
            Violation.Evidence(
                scope: .point, side: nil,
                points: [PointReference(run: point.run, level: point.level.name, point: point.id)])
        }
        if !wrong.isEmpty { violations.append(Violation(rule: .expected, action: .reject, evidence: wrong)) }
        let (outcome, because) = outcome(counting, violations, policy)
        return RunVerdict(
            run: points.first?.run ?? "", at: points.map(\.at).max() ?? now, points: points, violations: violations,
            outcome: outcome, because: because)
    }

    /// A rejection first: what is wrong is not made right by what is missing.
    private static func outcome(
        _ counting: [ControlPoint], _ violations: [Violation], _ policy: ControlPolicy
    ) -> (RunOutcome, String) {
        if violations.contains(where: { $0.action == .reject }) { return (.rejected, "") }
        guard policy.hasRejectingRule else { return (.absent, "sans règle de rejet : rien n'est contrôlé") }
        for point in counting {
            if case .absent(let defect) = point.score { return (.absent, "niveau \(point.level) : \(defect.french)") }
        }
        let levels = Set(counting.filter(\.isScored).map(\.level)).count
        guard levels > 0 else { return (.incomplete, "aucun point ne compte") }
        guard levels >= policy.minimumLevels else {
            return (.incomplete, "\(levels) niveau(x) sur \(policy.minimumLevels)")
        }
        return (.conforming, "")
    }
}
