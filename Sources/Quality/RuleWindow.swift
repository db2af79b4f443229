/// A point that counts for the rules.
struct ScoredPoint: Sendable, Hashable {
    let point: ControlPoint
    let z: ZScore
    /// Place of its run in time.
    let runOrder: Int

    var reference: PointReference { PointReference(run: point.run, level: point.level.name, point: point.id) }
}

/// What the rules may look at when one run is judged: its own points, and those before it that still count.
///
/// Excluded points, lots under parallel run and points without z are not here: rows go on over them. At each level a
/// new lot leaves everything older out (RULES section 2.2).
struct RuleWindow: Sendable {
    /// Oldest first, enough for the longest row at every level and across them.
    let before: [ScoredPoint]
    /// By level rank.
    let current: [ScoredPoint]

    /// `earlier`: what was scored in the runs before, newest first; `current`: the run's own, by level rank.
    init(earlier: some Sequence<ScoredPoint>, current: [ScoredPoint]) {
        var lots: [ControlLevel: ControlPoint] = [:]
        for scored in current { lots[scored.point.level] = scored.point }
        var closed: Set<ControlLevel> = []
        var counts: [ControlLevel: Int] = [:]
        var wanted = Set(current.map(\.point.level))
        var tail: [ScoredPoint] = []
        for scored in earlier {
            if wanted.isEmpty, tail.count >= WestgardRule.longestRow { break }
            let level = scored.point.level
            guard !closed.contains(level) else { continue }
            if let lot = lots[level], !scored.point.continues(lot) {
                closed.insert(level)
                wanted.remove(level)
                continue
            }
            lots[level] = scored.point
            tail.append(scored)
            counts[level, default: 0] += 1
            if counts[level, default: 0] >= WestgardRule.longestRow { wanted.remove(level) }
        }
        before = tail.reversed()
        self.current = current
    }

    func evidence(of rule: WestgardRule) -> [Violation.Evidence] {
        switch rule.form {
        case .single(let limit): single(limit)
        case .row(let count, let limit, let acrossRuns):
            rowsWithinLevels(count, limit) + rowsAcrossLevels(count, limit, acrossRuns: acrossRuns)
        case .twoOfThree: twoOfThreeInRun() + twoOfThreeWithinLevels()
        case .range: range()
        case .answer: []
        }
    }

    private func single(_ limit: Int) -> [Violation.Evidence] {
        current.filter { $0.z.exceeds(limit) }.map {
            Violation.Evidence(scope: .point, side: $0.z.side, points: [$0.reference])
        }
    }

    // MARK: Rows

    /// The levels of this run, by rank, each once.
    private var levels: [ControlLevel] {
        var levels: [ControlLevel] = []
        for scored in current where !levels.contains(scored.point.level) { levels.append(scored.point.level) }
        return levels
    }

    /// The side on which the whole row lies beyond the limit.
    private func side(of row: ArraySlice<ScoredPoint>, beyond limit: Int) -> ZScore.Side? {
        guard let side = row.first?.z.side, row.allSatisfy({ $0.z.exceeds(limit, on: side) }) else { return nil }
        return side
    }

    /// The last row of `count` in `sequence` that ends in one of its `own` last points.
    private func lastRow(
        in sequence: [ScoredPoint], own: Int, count: Int, limit: Int,
        where isWanted: (ArraySlice<ScoredPoint>) -> Bool = { _ in true }
    ) -> (row: ArraySlice<ScoredPoint>, side: ZScore.Side)? {
        for end in stride(from: sequence.count, to: sequence.count - own, by: -1) where end >= count {
            let row = sequence[(end - count)..<end]
            if isWanted(row), let side = side(of: row, beyond: limit) { return (row, side) }
        }
        return nil
    }

    private func rowsWithinLevels(_ count: Int, _ limit: Int) -> [Violation.Evidence] {
        levels.compactMap { level in
            let own = current.filter { $0.point.level == level }
            let sequence = before.filter { $0.point.level == level } + own
            return lastRow(in: sequence, own: own.count, count: count, limit: limit).map {
                Violation.Evidence(scope: .withinLevel, side: $0.side, points: $0.row.map(\.reference))
            }
        }
    }

    private func rowsAcrossLevels(_ count: Int, _ limit: Int, acrossRuns: Bool) -> [Violation.Evidence] {
        let sequence = acrossRuns ? before + current : current
        let found = lastRow(in: sequence, own: current.count, count: count, limit: limit) { row in
            // Of one level alone it is a row within that level.
            row.contains { $0.point.level != row[row.startIndex].point.level }
        }
        return found.map {
            [Violation.Evidence(scope: .acrossLevels, side: $0.side, points: $0.row.map(\.reference))]
        } ?? []
    }

    // MARK: Rules of one run

    private func twoOfThreeInRun() -> [Violation.Evidence] {
        [ZScore.Side.above, .below].compactMap { side in
            let out = current.filter { $0.z.exceeds(2, on: side) }
            guard Set(out.map(\.point.level)).count >= 2 else { return nil }
            return Violation.Evidence(scope: .acrossLevels, side: side, points: out.map(\.reference))
        }
    }

    /// Two of the last three at one level, the newest among them: otherwise the earlier run already had it.
    private func twoOfThreeWithinLevels() -> [Violation.Evidence] {
        levels.compactMap { level in
            let own = current.filter { $0.point.level == level }
            let sequence = before.filter { $0.point.level == level } + own
            for end in stride(from: sequence.count, to: sequence.count - own.count, by: -1) {
                let three = sequence[max(0, end - 3)..<end]
                guard let newest = three.last, newest.z.exceeds(2), let side = newest.z.side else { continue }
                let out = three.filter { $0.z.exceeds(2, on: side) }
                guard out.count >= 2 else { continue }
                return Violation.Evidence(scope: .withinLevel, side: side, points: out.map(\.reference))
            }
            return nil
        }
    }

    /// Never over two runs: a difference between successive runs is not imprecision within one (RULES section 2.4).
    private func range() -> [Violation.Evidence] {
        let above = current.filter { $0.z.exceeds(2, on: .above) }
        let below = current.filter { $0.z.exceeds(2, on: .below) }
        guard above.contains(where: { a in below.contains { $0.point.level != a.point.level } }) else { return [] }
        let points = current.filter { $0.z.exceeds(2) }.map(\.reference)
        return [Violation.Evidence(scope: .acrossLevels, side: nil, points: points)]
    }
}
