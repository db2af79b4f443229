package import Base

/// The target that the last points of a control in service propose for it (a rolling target): the laboratory's own mean
/// and SD, renewed by a signature and never by itself, since a target that follows its points hides their drift.
package struct RollingTarget: Sendable, Hashable {
    package let level: ControlLevel
    package let lot: String
    package let mean: Exact
    package let sd: Exact
    package let count: Int

    /// Points of a target at least (RULES section 2.1), and at most.
    package static let counts = LotChange.recommendedPoints...1000

    /// `points`, `verdicts`: of the assay, in time. What was excluded, what stands in a rejected run and what has no z
    /// makes no target; the points are those of the lot in service now.
    package init(
        of material: String, last count: Int, points: [ControlPoint], verdicts: [RunVerdict], places: Int = 4
    ) throws(Refusal) {
        func refuse(_ cause: String, _ remedy: String) -> Refusal {
            Refusal("quality.target.rolling", at: material, because: cause, remedy: remedy)
        }
        guard RollingTarget.counts.contains(count) else {
            throw refuse(
                "une cible glissante sur \(count) points",
                "en prendre de \(RollingTarget.counts.lowerBound) à \(RollingTarget.counts.upperBound)")
        }
        let rejected = Set(verdicts.filter { $0.outcome == .rejected }.map(\.run))
        let own = points.filter {
            $0.material == material && !$0.isParallel && $0.exclusion == nil && $0.z != nil
                && !rejected.contains($0.run)
        }
        guard let newest = own.last else {
            throw refuse("ce contrôle n'a aucun point qui compte", "donner sa cible (--mean, --sd)")
        }
        let taken = own.filter { newest.continues($0) }.suffix(count)
        guard taken.count == count else {
            throw refuse(
                "le lot en service a \(taken.count) points qui comptent, \(count) sont demandés",
                "attendre, ou en demander moins (\(RollingTarget.counts.lowerBound) au moins)")
        }
        let statistics = ControlStatistics(taken.compactMap(\.number))
        guard let mean = statistics.mean(places: places), let sd = statistics.sd(places: places), sd.isPositive else {
            throw refuse("ces points n'ont aucune dispersion", "donner sa cible (--mean, --sd)")
        }
        (level, lot, self.mean, self.sd, self.count) = (newest.level, newest.lot, mean, sd, count)
    }
}
