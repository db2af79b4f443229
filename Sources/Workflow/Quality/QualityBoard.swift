package import Base
import Laboratory
package import Quality
import Synchronization

/// What the controls of a site say of one analysis on one analyzer, with the facts it was told from.
package struct QualityPage: Sendable {
    package var timeline: ControlTimeline
    package var points: [ControlPoint]
    package var targets: [ControlTarget]
    package var events: [ControlEvent]
    package var corrections: [ControlCorrection]
    /// Facts before this instant were not looked at.
    package var since: Instant
}

/// Pages at hand, so that judging a result asks the store for nothing: one process owns the base, and every command
/// that changes what a page is told from tears it out.
package final class QualityBoard: Sendable {
    package struct Key: Hashable, Sendable {
        package var site: String
        package var assay: ControlledAssay
    }
    private struct State {
        var pages: [Key: QualityPage] = [:]
        /// Counts what was torn out: a page that was being made meanwhile is not kept.
        var generation = 0
    }
    private let state = Mutex(State())

    package init() {}

    func page(_ key: Key) -> QualityPage? { state.withLock { $0.pages[key] } }
    var generation: Int { state.withLock { $0.generation } }
    func keep(_ page: QualityPage, for key: Key, madeAt generation: Int) {
        state.withLock { state in
            if state.generation == generation { state.pages[key] = page }
        }
    }
    func forget(site: String, analyzer: String, analysis: String? = nil) {
        state.withLock { state in
            state.generation += 1
            state.pages = state.pages.filter { key, _ in
                key.site != site || key.assay.analyzer != analyzer
                    || (analysis != nil && key.assay.analysis != analysis)
            }
        }
    }
}

/// Puts measured controls into runs: the points of one analysis on one analyzer that follow each other closely, each
/// level once (RULES section 2.1: same analyzer, analyte, event).
enum ControlRuns {
    /// Longest pause within a run.
    static let pause = Duration.seconds(30 * 60)

    static func points(
        _ controls: [ControlObservation], of assay: ControlledAssay, targets: [ControlTarget],
        exclusions: [String: SignedReason], unit: String, zone: CivilZone
    ) -> [ControlPoint] {
        var points = [ControlPoint](), levels = Set<String>(), last: Instant?, run = "", names = [String: Int]()
        for control in controls.sorted(by: { ($0.observedAt, $0.id) < ($1.observedAt, $1.id) }) {
            guard case .measured(let value, let sentUnit) = control.value else { continue }
            let target = inForce(targets, material: control.material, at: control.observedAt)
            let level = target?.level ?? ControlLevel(control.material)
            let isFar = last.map { $0.duration(to: control.observedAt) > pause } ?? true
            if isFar || levels.contains(level.name) {
                run = name(control.observedAt, zone, &names)
                levels = []
            }
            levels.insert(level.name)
            last = control.observedAt
            // A control in another unit than its target's has no z: nothing is compared that is not alike.
            let isComparable = target.map { $0.unit.isEmpty || sentUnit == $0.unit } ?? false
            points.append(
                ControlPoint(
                    id: control.id, assay: assay, run: run, at: control.observedAt, level: level,
                    material: control.material, lot: target?.lot ?? "", value: value,
                    target: isComparable ? target?.mean : nil, sd: isComparable ? target?.sd : nil,
                    isParallel: target?.isParallel ?? false, exclusion: exclusions[control.id]))
        }
        return points
    }

    /// The one target of this material, as the analyzer names it; nil when none or several are in force.
    private static func inForce(_ targets: [ControlTarget], material: String, at: Instant) -> ControlTarget? {
        let found = targets.filter { $0.material == material && $0.isInForce(at: at) }
        return found.count == 1 ? found.first : nil
    }

    /// `20261122-0730`, in civil time; a second run of the same minute gets a rank.
    private static func name(_ at: Instant, _ zone: CivilZone, _ names: inout [String: Int]) -> String {
        let text = at.iso8601(in: zone, milliseconds: false)
        let plain = text.prefix(10).filter { $0 != "-" } + "-" + text.dropFirst(11).prefix(5).filter { $0 != ":" }
        names[plain, default: 0] += 1
        let rank = names[plain] ?? 1
        return rank == 1 ? plain : "\(plain)-\(rank)"
    }
}
