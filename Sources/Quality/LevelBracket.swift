package import Base

/// The levels of an assay that are in service, each at its target: which of them stand on either side of a value (RULES
/// section 1.2, step 3: bracketing by levels, where the policy asks for it).
package struct LevelBracket: Sendable, Hashable {
    private struct Rung: Sendable, Hashable {
        let level: String
        let mean: Exact
    }
    /// From the lowest target to the highest.
    private let rungs: [Rung]

    /// Targets in force; those of lots in parallel, and those without a mean, bracket nothing.
    package init(_ targets: [ControlTarget]) {
        rungs = targets.compactMap { target in
            guard !target.isParallel, let mean = target.mean else { return nil }
            return Rung(level: target.level.name, mean: mean)
        }.sorted { ($0.mean, $0.level) < ($1.mean, $1.level) }
    }

    package var levels: Set<String> { Set(rungs.map(\.level)) }

    /// The nearest level on each side of the value; the outermost alone for a value beyond it; of a censored value,
    /// those of all that it can be. `value` nil (another unit than the targets'): every level.
    package func needed(for value: Measured?) -> Set<String> {
        guard let value else { return levels }
        let low: Exact?, high: Exact?
        switch value.comparator {
        case .equal: (low, high) = (value.number, value.number)
        case .below, .atMost: (low, high) = (nil, value.number)
        case .above, .atLeast: (low, high) = (value.number, nil)
        }
        // What is strictly below a target is bracketed by it from above.
        let isStrict = value.comparator == .below || value.comparator == .above
        let isUnder = { (rung: Rung) in low.map { rung.mean < $0 || isStrict && rung.mean == $0 } ?? false }
        let isOver = { (rung: Rung) in high.map { $0 < rung.mean || isStrict && rung.mean == $0 } ?? false }
        let inside = rungs.filter { !isUnder($0) && !isOver($0) }
        // A value on the target of a level is that level's.
        if value.comparator == .equal, !inside.isEmpty { return Set(inside.map(\.level)) }
        let nearest = [rungs.last(where: isUnder), rungs.first(where: isOver)].compactMap(\.self)
        return Set((inside + nearest).map(\.level))
    }
}

extension ControlTimeline {
    /// Levels that conforming runs measured for what was measured at an instant: those of the stretch of CONFORME that
    /// `standing` leans on, no older than the validity of a control.
    private func covered(at measuredAt: Instant, _ standing: ControlStanding) -> Set<String> {
        let end = max(measuredAt, standing.since ?? measuredAt)
        var start: Instant?
        for step in steps.reversed() where step.at <= end {
            guard case .conforming(_, let at) = step.phase else { break }
            start = min(start ?? at, at)
        }
        guard let start else { return [] }
        var levels: Set<String> = []
        let policy = policy(at: measuredAt)
        for verdict in verdicts where verdict.outcome == .conforming {
            for point in verdict.points where start <= point.at && point.at <= end {
                if let validity = policy.validity, point.at.advanced(by: validity) <= measuredAt { continue }
                if point.isScored, point.exclusion == nil, !point.isParallel { levels.insert(point.level.name) }
            }
        }
        return levels
    }

    /// The same standing, or CQ_ABSENT where a level that brackets the value was not controlled: a good control at one
    /// end of the range says nothing of the other (RULES section 1.2, step 3; 2.2, fail closed).
    func bracketed(_ standing: ControlStanding, _ needed: Set<String>, measuredAt: Instant) -> ControlStanding {
        let policy = policy(at: measuredAt)
        guard policy.bracketsLevels ?? false, standing.hold == nil, policy.exemption == nil else { return standing }
        let absent = needed.subtracting(covered(at: measuredAt, standing))
        if absent.isEmpty { return standing }
        let run = standing.run.map { " (dernier contrôle conforme : \($0))" } ?? ""
        return ControlStanding(
            state: .notControlled, hold: .absent, since: standing.since, run: standing.run,
            lastConforming: standing.lastConforming, expiresAt: nil, rules: [],
            because: "la valeur n'est pas encadrée : \(ControlLevel.list(absent)) sans contrôle conforme\(run)")
    }
}
