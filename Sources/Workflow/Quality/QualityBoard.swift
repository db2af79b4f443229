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
    /// How the average of its patients is watched; nil: it is not.
    package var patients: PatientSettings?
    /// Facts before this instant were not looked at.
    package var since: Instant

    /// Until when the calibration, or the lot of reagent, in use at an instant is good; nil: nobody said.
    package func end(of kind: ControlEventKind, at instant: Instant) -> Instant? {
        events.filter { $0.kind == kind && $0.at <= instant }.max { $0.at < $1.at }?.until
    }
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
        var flows: [Key: PatientFlow] = [:]
        /// Assays with results of patients that no flow has read yet.
        var unread: Set<Key> = []
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
    func flow(_ key: Key) -> PatientFlow? { state.withLock { $0.flows[key] } }
    /// Keeps what was read on from the flow of that revision (nil: from none), unless somebody read on meanwhile.
    func keep(_ flow: PatientFlow, for key: Key, after revision: Int?) {
        state.withLock { state in
            let isUntouched = revision.map { state.flows[key]?.revision == $0 } ?? true
            if isUntouched { state.flows[key] = flow }
        }
    }
    /// Results came in: the flow of their assay reads on at its next turn.
    func arrived(_ key: Key) { _ = state.withLock { $0.unread.insert(key) } }
    /// Whether there is something to read; from now on there is not.
    func takeUnread(_ key: Key) -> Bool { state.withLock { $0.unread.remove(key) != nil } }
    func forgetAll() {
        state.withLock { state in
            state.generation += 1
            state.pages = [:]
            state.flows = [:]
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

/// Measured controls as points: level, lot, target and run of each.
struct MeasuredControls {
    let assay: ControlledAssay
    /// Of the published catalogue: what identifies a lot, and its target.
    let catalogue: ControlCatalogue?
    /// Set by command, by the name that the analyzer sends.
    let targets: [ControlTarget]
    let exclusions: [String: SignedReason]
    let zone: CivilZone

    func points(_ controls: [ControlObservation]) -> [ControlPoint] {
        var points = [ControlPoint](), runs = ControlRuns(zone: zone)
        for control in controls.sorted(by: { ($0.observedAt, $0.id) < ($1.observedAt, $1.id) }) {
            guard case .measured(let value, let sentUnit) = control.value else { continue }
            let (target, lot) = meaning(of: control.material, at: control.observedAt)
            let level = target?.level ?? lot?.level ?? ControlLevel(control.material)
            let isParallel = target?.isParallel ?? lot.map { !$0.isInService(at: control.observedAt) } ?? false
            let run = runs.name(
                level: level, material: control.material, isParallel: isParallel, at: control.observedAt)
            // A control in another unit than its target's has no z: nothing is compared that is not alike.
            let isComparable = target.map { $0.unit.isEmpty || sentUnit == $0.unit } ?? false
            points.append(
                ControlPoint(
                    id: control.id, assay: assay, run: run, at: control.observedAt, level: level,
                    material: control.material, lot: target?.lot ?? lot?.lot ?? "", value: value,
                    target: isComparable ? target?.mean : nil, sd: isComparable ? target?.sd : nil,
                    isParallel: isParallel, exclusion: exclusions[control.id]))
        }
        return points
    }

    /// What a control of this name means at an instant. A target set by command for it wins; else the lot that the
    /// catalogue knows by it. Several in force, or a lot beyond its date: no target, so no z (fail closed).
    func meaning(of material: String, at: Instant) -> (target: ControlTarget?, lot: ControlLot?) {
        let own = targets.filter { $0.material == material && $0.isInForce(at: at) }
        let lot = catalogue?.lot(identifier: material)
        if !own.isEmpty { return (own.count == 1 ? own.first : nil, lot) }
        guard let catalogue, let lot, !lot.isExpired(at: at, in: zone) else { return (nil, lot) }
        var target = catalogue.target(for: assay, material: lot.material, lot: lot.lot, level: lot.level, at: at)
        target?.isParallel = !lot.isInService(at: at)
        return (target, lot)
    }
}
