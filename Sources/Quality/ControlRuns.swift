package import Base

/// Puts controls into runs, one after the other in time: the points of one analysis on one analyzer that follow each
/// other closely, each level once (RULES section 2.1: same analyzer, analyte, event). A lot under parallel run stands
/// in the run of the lot in service.
package struct ControlRuns: Sendable {
    /// Longest pause within a run.
    package static let pause = Duration.seconds(30 * 60)

    private let zone: CivilZone
    private var last: Instant?
    private var run = ""
    /// What the run already holds.
    private var held: Set<String> = []
    /// Runs of each minute.
    private var names: [String: Int] = [:]

    package init(zone: CivilZone) { self.zone = zone }

    /// The name of the run of the next point. `material`: as the analyzer names the control.
    package mutating func name(
        level: ControlLevel, material: String, isParallel: Bool, at instant: Instant
    ) -> String {
        let place = isParallel ? "~" + material : level.name
        let isFar = last.map { $0.duration(to: instant) > ControlRuns.pause } ?? true
        if isFar || held.contains(place) {
            run = freshName(instant)
            held = []
        }
        held.insert(place)
        last = instant
        return run
    }

    /// `20261122-0730`, in civil time; a second run of the same minute gets a rank.
    private mutating func freshName(_ at: Instant) -> String {
        let text = at.iso8601(in: zone, milliseconds: false)
        let plain = text.prefix(10).filter { $0 != "-" } + "-" + text.dropFirst(11).prefix(5).filter { $0 != ":" }
        let rank = names[plain, default: 0] + 1
        names[plain] = rank
        return rank == 1 ? plain : "\(plain)-\(rank)"
    }
}
