package import Base

/// Puts controls into runs: the points of one analysis on one analyzer that follow each other closely, each level once
/// (RULES section 2.1: same analyzer, analyte, event). A lot in parallel stands in the run of the one in service.
///
/// Points are given in the order in which they became known. One that comes late joins a run or begins one; it never
/// moves a point that has its run, nor changes the name of a run.
package struct ControlRuns: Sendable {
    /// Longest pause within a run.
    package static let pause = Duration.seconds(30 * 60)

    private struct Run {
        let name: String
        var first: Instant
        var last: Instant
        /// What it already holds.
        var held: Set<String> = []

        func takes(_ place: String, at instant: Instant) -> Bool {
            !held.contains(place) && last.duration(to: instant) <= ControlRuns.pause
                && instant.duration(to: first) <= ControlRuns.pause
        }
    }

    private let zone: CivilZone
    /// By their first point, in time.
    private var runs: [Run] = []
    private var names: Set<String> = []

    package init(zone: CivilZone) { self.zone = zone }

    /// The name of the run of the next point. `material`: as the analyzer names the control. `isNumbered`: the runs of
    /// one minute bear numbers, as they did before the instant of recording was kept.
    package mutating func name(
        of id: String, level: ControlLevel, material: String, isParallel: Bool, at instant: Instant,
        isNumbered: Bool = false
    ) -> String {
        let place = isParallel ? "~" + material : level.name
        let next = runs.lastIndex { $0.first <= instant }.map { $0 + 1 } ?? 0
        for index in [next - 1, next] where runs.indices.contains(index) && runs[index].takes(place, at: instant) {
            runs[index].held.insert(place)
            runs[index].first = min(runs[index].first, instant)
            runs[index].last = max(runs[index].last, instant)
            return runs[index].name
        }
        let name = freshName(of: id, instant, isNumbered)
        runs.insert(Run(name: name, first: instant, last: instant, held: [place]), at: next)
        return name
    }

    /// `20261122-0730-7k3f`: civil time and the end of the identifier of the first point that became known. It depends
    /// on nothing else: what is decided of a run is decided by its name.
    private mutating func freshName(of id: String, _ at: Instant, _ isNumbered: Bool) -> String {
        let text = at.iso8601(in: zone, milliseconds: false)
        let plain = text.prefix(10).filter { $0 != "-" } + "-" + text.dropFirst(11).prefix(5).filter { $0 != ":" }
        var size = isNumbered ? 1 : ControlRuns.tail
        func candidate() -> String {
            if isNumbered { return size == 1 ? plain : "\(plain)-\(size)" }
            return size <= id.count ? "\(plain)-\(id.suffix(size).lowercased())" : "\(plain)-\(id)-\(size)"
        }
        while names.contains(candidate()) { size += 1 }
        names.insert(candidate())
        return candidate()
    }
    private static let tail = 4
}
