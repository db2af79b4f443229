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
    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.pages = [:]
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
struct MeasuredControls {
    let assay: ControlledAssay
    /// Of the published catalogue: what identifies a lot, and its target.
    let catalogue: ControlCatalogue?
    /// Set by command, by the name that the analyzer sends.
    let targets: [ControlTarget]
    let exclusions: [String: SignedReason]
    let zone: CivilZone

    /// Longest pause within a run.
    static let pause = Duration.seconds(30 * 60)

    func points(_ controls: [ControlObservation]) -> [ControlPoint] {
        var points = [ControlPoint](), levels = Set<String>(), last: Instant?, run = "", names = [String: Int]()
        for control in controls.sorted(by: { ($0.observedAt, $0.id) < ($1.observedAt, $1.id) }) {
            guard case .measured(let value, let sentUnit) = control.value else { continue }
            let (target, lot) = meaning(of: control)
            let level = target?.level ?? lot?.level ?? ControlLevel(control.material)
            let isFar = last.map { $0.duration(to: control.observedAt) > MeasuredControls.pause } ?? true
            if isFar || levels.contains(level.name) {
                run = name(control.observedAt, &names)
                levels = []
            }
            levels.insert(level.name)
            last = control.observedAt
            // A control in another unit than its target's has no z: nothing is compared that is not alike.
            let isComparable = target.map { $0.unit.isEmpty || sentUnit == $0.unit } ?? false
            points.append(
                ControlPoint(
                    id: control.id, assay: assay, run: run, at: control.observedAt, level: level,
                    material: control.material, lot: target?.lot ?? lot?.lot ?? "", value: value,
                    target: isComparable ? target?.mean : nil, sd: isComparable ? target?.sd : nil,
                    isParallel: target?.isParallel ?? lot.map { !$0.isInService(at: control.observedAt) } ?? false,
                    exclusion: exclusions[control.id]))
        }
        return points
    }

    /// A target set by command for this very name wins; else the lot that the catalogue knows by it. Several in force,
    /// or a lot beyond its date: no target, so no z (fail closed).
    private func meaning(of control: ControlObservation) -> (ControlTarget?, ControlLot?) {
        let at = control.observedAt
        let own = targets.filter { $0.material == control.material && $0.isInForce(at: at) }
        let lot = catalogue?.lot(identifier: control.material)
        if !own.isEmpty { return (own.count == 1 ? own.first : nil, lot) }
        guard let catalogue, let lot, !lot.isExpired(at: at, in: zone) else { return (nil, lot) }
        var target = catalogue.target(for: assay, material: lot.material, lot: lot.lot, level: lot.level, at: at)
        target?.isParallel = !lot.isInService(at: at)
        return (target, lot)
    }

    /// `20261122-0730`, in civil time; a second run of the same minute gets a rank.
    private func name(_ at: Instant, _ names: inout [String: Int]) -> String {
        let text = at.iso8601(in: zone, milliseconds: false)
        let plain = text.prefix(10).filter { $0 != "-" } + "-" + text.dropFirst(11).prefix(5).filter { $0 != ":" }
        names[plain, default: 0] += 1
        let rank = names[plain] ?? 1
        return rank == 1 ? plain : "\(plain)-\(rank)"
    }
}
