package import Base

/// Where a target and its SD come from.
package enum TargetOrigin: String, Sendable, Codable, CaseIterable {
    case laboratory = "laboratoire"
    /// The maker's insert: good enough to begin with (RULES section 2.1).
    case maker = "fabricant"
}

/// Target of one level of one lot for one analysis on one analyzer, with the time for which it is in force.
package struct ControlTarget: Sendable, Hashable, Codable {
    package var assay: ControlledAssay
    package var material: String
    package var level: ControlLevel
    package var lot: String
    /// Nil: not known yet; its points then have no z.
    package var mean: Exact?
    package var sd: Exact?
    /// What its control has to answer where no number says it; mean and SD are nil then.
    package var expected: ControlExpectation?
    /// UCUM.
    package var unit: String
    package var origin: TargetOrigin
    /// Points behind it; 0 for the maker's.
    package var count: Int
    /// Included.
    package var from: Instant
    /// Excluded; nil: until replaced.
    package var to: Instant?
    /// The lot runs beside the one in service, to build its own target.
    package var isParallel: Bool
    /// The control, as the analyzer names it, whose place a lot under parallel run is to take.
    package var replaces: String?

    package init(
        assay: ControlledAssay, material: String, level: ControlLevel, lot: String, mean: Exact?, sd: Exact?,
        unit: String = "", origin: TargetOrigin, count: Int = 0, from: Instant, to: Instant? = nil,
        isParallel: Bool = false, replaces: String? = nil, expected: ControlExpectation? = nil
    ) {
        self.assay = assay
        self.material = material
        self.level = level
        self.lot = lot
        self.mean = mean
        self.sd = sd
        self.unit = unit
        self.origin = origin
        self.count = count
        self.from = from
        self.to = to
        self.isParallel = isParallel
        self.replaces = replaces
        self.expected = expected
    }

    /// Does it say what its control has to answer?
    package var isGiven: Bool { mean != nil || expected != nil }

    package func isInForce(at instant: Instant) -> Bool { from <= instant && (to.map { instant < $0 } ?? true) }
}

extension [ControlTarget] {
    /// The one target in force for a measured control; nil when there is none, or more than one (fail closed: the point
    /// then has no z).
    package func target(
        for assay: ControlledAssay, material: String, lot: String, level: ControlLevel, at instant: Instant
    ) -> ControlTarget? {
        let found = filter {
            $0.assay == assay && $0.material == material && $0.lot == lot && $0.level.name == level.name
                && $0.isInForce(at: instant)
        }
        return found.count == 1 ? found.first : nil
    }
}

/// A new lot beside the old one: what its first points propose as target, and what speaks against it.
package struct LotChange: Sendable, Hashable {
    package enum Doubt: Sendable, Hashable {
        /// Fewer points than recommended (RULES section 2.2: 20).
        case fewPoints(count: Int, recommended: Int)
        /// No SD: fewer than two points, or all alike.
        case noSpread
        /// The lot in service was rejected while the new one was measured: the new target may hold the same fault.
        case oldLotRejected(run: String)
        /// The lot in service was not measured beside the new one.
        case notParallel
        /// Outside the maker's mean ± 3 SD.
        case farFromMaker(mean: Exact)
        /// CV more than one and a half times that of the lot in service.
        case widerThanBefore(cv: Exact, before: Exact)

        package var french: String {
            switch self {
            case .fewPoints(let count, let recommended): "\(count) points, \(recommended) recommandés"
            case .noSpread: "aucune dispersion : pas d'écart-type"
            case .oldLotRejected(let run): "le lot en service a été rejeté pendant le passage en parallèle (\(run))"
            case .notParallel: "le lot en service n'a pas été passé en parallèle"
            case .farFromMaker(let mean): "moyenne \(mean.text) hors des limites du fabricant"
            case .widerThanBefore(let cv, let before): "CV de \(cv.text) %, contre \(before.text) % pour l'ancien lot"
            }
        }
    }

    package static let recommendedPoints = 20

    /// Mean and SD from the parallel run; nil when there is no spread. Its SD is that of few days: the laboratory may
    /// keep the long-term CV instead, see `sdFromFormerCV`.
    package let proposal: ControlTarget?
    /// The new mean with the CV of the lot in service: days of parallel run show less spread than months of service.
    package let sdFromFormerCV: Exact?
    package let count: Int
    /// Of the points of the new lot, and of those of the lot in service.
    package let statistics: ControlStatistics
    package let former: ControlStatistics
    package let doubts: [Doubt]

    /// `old` is nil when no lot is in service at this level. `points`: controls of both lots of one level and assay;
    /// `verdicts`: those of the timeline. The proposed target is in force `from` the given instant, never before.
    package init(
        from old: ControlTarget?, to new: ControlTarget, points: [ControlPoint], verdicts: [RunVerdict],
        inForceFrom instant: Instant, places: Int = 4
    ) {
        let mine = { (target: ControlTarget) in
            points.filter {
                $0.assay == target.assay && $0.material == target.material && $0.lot == target.lot
                    && $0.level.name == target.level.name && $0.exclusion == nil && $0.number != nil
            }
        }
        let newPoints = mine(new), oldPoints = old.map(mine) ?? []
        statistics = ControlStatistics(newPoints.compactMap(\.number))
        former = ControlStatistics(oldPoints.compactMap(\.number))
        count = statistics.count
        let mean = statistics.mean(places: places), sd = statistics.sd(places: places)
        var doubts: [Doubt] = []
        if count < LotChange.recommendedPoints {
            doubts.append(.fewPoints(count: count, recommended: LotChange.recommendedPoints))
        }
        if let mean, let sd, sd.isPositive {
            proposal = ControlTarget(
                assay: new.assay, material: new.material, level: new.level, lot: new.lot, mean: mean, sd: sd,
                unit: new.unit, origin: .laboratory, count: count, from: instant)
        } else {
            proposal = nil
            doubts.append(.noSpread)
        }
        let runs = Set(newPoints.map(\.run))
        let span = newPoints.map(\.at).min().flatMap { first in newPoints.map(\.at).max().map { first...$0 } }
        if !oldPoints.contains(where: { runs.contains($0.run) || span?.contains($0.at) == true }) {
            doubts.append(.notParallel)
        }
        let bad = verdicts.filter { $0.outcome == .rejected && span?.contains($0.at) == true }
        doubts += bad.map { .oldLotRejected(run: $0.run) }
        if let mean, let target = new.mean, let makers = new.sd,
            ZScore(value: mean, target: target, sd: makers)?.exceeds(3) ?? false
        {
            doubts.append(.farFromMaker(mean: mean))
        }
        let cvs = (new: statistics.cv(), old: former.cv())
        if let cv = cvs.new, let before = cvs.old, let limit = before.multiplied(by: Exact(coefficient: 15, scale: 1)),
            before.isPositive, cv > limit
        {
            doubts.append(.widerThanBefore(cv: cv, before: before))
        }
        let formerCV = former.cv(places: 8)
        sdFromFormerCV = mean.flatMap { mean in
            formerCV?.multiplied(by: mean.absolute)?.divided(by: Exact(100), places: places)
        }
        self.doubts = doubts
    }
}
