import Base

/// The points of one assay by run, runs in the order of their first point (at one instant: as they were given).
struct RunHistory: Sendable {
    /// The moment at which one or more points of a run arrive.
    struct Tick: Sendable, Hashable {
        let at: Instant
        /// Place of the run in time.
        let run: Int
        /// All of them became known after the fact (`ControlPoint.lateSince`).
        let isLate: Bool
    }

    /// By run, each in time.
    let runs: [[ControlPoint]]
    let order: [String: Int]
    /// In time.
    let ticks: [Tick]
    /// By run, each by level rank: the points with a z, lots under parallel run left out.
    private let scored: [[ScoredPoint]]

    init(_ points: [ControlPoint]) {
        var place: [String: Int] = [:]
        var groups: [[ControlPoint]] = []
        for point in points {
            if let known = place[point.run] {
                groups[known].append(point)
            } else {
                place[point.run] = groups.count
                groups.append([point])
            }
        }
        let inTime = groups.map { group in
            group.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        }
        runs = inTime.enumerated().sorted { a, b in
            (a.element[0].at, a.offset) < (b.element[0].at, b.offset)
        }.map(\.element)
        var order: [String: Int] = [:]
        var ticks: [Tick] = []
        for (index, run) in runs.enumerated() {
            order[run[0].run] = index
            for (at, points) in Dictionary(grouping: run, by: \.countsFrom) {
                ticks.append(Tick(at: at, run: index, isLate: points.allSatisfy { $0.lateSince != nil }))
            }
        }
        scored = runs.enumerated().map { index, run in
            ControlPoint.ranked(run).filter { !$0.isParallel }.compactMap { point in
                point.z.map { ScoredPoint(point: point, z: $0, runOrder: index) }
            }
        }
        self.order = order
        self.ticks = ticks.sorted { ($0.at, $0.run) < ($1.at, $1.run) }
    }

    /// A point in parallel proves nothing, and does not make a run that conformed conform again later.
    func counts(at tick: Tick) -> Bool { runs[tick.run].contains { $0.countsFrom == tick.at && !$0.isParallel } }

    func points(of run: Int, until now: Instant) -> [ControlPoint] { runs[run].filter { $0.countsFrom <= now } }

    /// What counts for the rules in the runs before, as known at `now`, newest first: runs backwards in time, inside a
    /// run backwards by level rank. Lazy: the rules seldom look back further than some runs.
    func scored(before run: Int, at now: Instant) -> some Sequence<ScoredPoint> {
        (0..<run).reversed().lazy.flatMap { index in
            scored[index].reversed().lazy.filter {
                $0.point.countsFrom <= now && !$0.point.isExcluded(at: now)
            }
        }
    }
}
