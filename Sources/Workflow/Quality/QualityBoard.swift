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
    package var madeAt: Instant
    /// From then on another policy of the tables counts.
    var changesAt: Instant?

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
        /// All that is controlled, by site.
        var assays: [String: [ControlledAssay]] = [:]
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
    func assays(of site: String) -> [ControlledAssay]? { state.withLock { $0.assays[site] } }
    func keep(_ assays: [ControlledAssay], of site: String, madeAt generation: Int) {
        state.withLock { state in
            if state.generation == generation { state.assays[site] = assays }
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
            state.assays = [:]
        }
    }
    func forget(site: String, analyzer: String, analysis: String? = nil) {
        state.withLock { state in
            state.generation += 1
            state.assays[site] = nil
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
    /// The published tables: what identifies a lot, and its target.
    var stages: [ControlStage] = []
    var catalogue: ControlCatalogue? { stages.current }
    /// Set by command, by the name that the analyzer sends.
    let targets: [ControlTarget]
    /// The same as they were known after each entry: a point keeps the target that it was judged with.
    var history: [KnownTargets] = []
    let exclusions: [String: SignedReason]
    let zone: CivilZone

    func points(_ controls: [ControlObservation]) -> [ControlPoint] {
        var points = [ControlPoint](), runs = ControlRuns(zone: zone)
        // In the order in which they became known: what comes later changes no run that was formed, nor its name.
        let known = controls.sorted {
            ($0.recordedAt ?? $0.observedAt, $0.observedAt, $0.id)
                < ($1.recordedAt ?? $1.observedAt, $1.observedAt, $1.id)
        }
        for control in known {
            guard let sent = Sent(control.value) else { continue }
            let (target, lot) = meaning(
                of: control.material, at: control.observedAt, knownAt: control.recordedAt ?? control.observedAt)
            let level = target?.level ?? lot?.level ?? ControlLevel(control.material)
            // What nobody knew by this name is on the chart and in no rule; triage asks for it (`unknownControls`).
            let isParallel =
                target?.isParallel ?? lot.map { !$0.isInService(at: control.observedAt) } ?? !isKnown(
                    control.material, at: control.observedAt)
            let run = runs.name(
                of: control.id, level: level, material: control.material, isParallel: isParallel,
                at: control.observedAt, isNumbered: control.recordedAt == nil)
            // A control in another unit than its target's has no z: nothing is compared that is not alike.
            let isComparable = target.map { $0.unit.isEmpty || sent.unit == nil || sent.unit == $0.unit } ?? false
            points.append(
                ControlPoint(
                    id: control.id, assay: assay, run: run, at: control.observedAt, level: level,
                    material: control.material, lot: target?.lot ?? lot?.lot ?? "", value: sent.number,
                    answer: sent.answer, target: isComparable ? target?.mean : nil,
                    sd: isComparable ? target?.sd : nil, expected: target?.expected, isParallel: isParallel,
                    exclusion: exclusions[control.id], recordedAt: control.recordedAt,
                    isTyped: control.isTyped))
        }
        return points.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    /// What a control answered: a number with its unit, a code or words; nothing for one that was not performed.
    private struct Sent {
        var number: Measured?
        var unit: String?
        var answer: String?
        init?(_ value: ObservationValue?) {
            switch value {
            case .measured(let value, let unit): (number, self.unit) = (value, unit)
            case .coded(let code, _): answer = code
            case .text(let text): answer = text
            case .notPerformed, nil: return nil
            }
        }
    }

    /// A target was in force for it by then, or the catalogue has a lot by its name.
    private func isKnown(_ material: String, at instant: Instant) -> Bool {
        targets.contains { $0.material == material && $0.from <= instant }
            || catalogue?.lot(identifier: material) != nil
    }

    /// When a level went over to another lot: its first target in service after that of another lot.
    var newLots: [ControlEvent] {
        struct Service {
            var from: Instant
            var level: String
            var name: [String]
        }
        var services = targets.filter { !$0.isParallel && $0.isGiven }
            .map { Service(from: $0.from, level: $0.level.name, name: [$0.material, $0.lot]) }
        for lot in catalogue?.lots ?? [] {
            guard let from = lot.inServiceFrom, isTargeted(lot) else { continue }
            services.append(Service(from: from, level: lot.level.name, name: [lot.identifier, lot.lot]))
        }
        var last = [String: [String]]()
        var events = [ControlEvent]()
        for service in services.sorted(by: { $0.from < $1.from }) {
            if let before = last[service.level], before != service.name {
                events.append(
                    ControlEvent(
                        .newControlLot, at: service.from, note: service.name[1], level: service.level))
            }
            last[service.level] = service.name
        }
        return events
    }

    private func isTargeted(_ lot: ControlLot) -> Bool {
        catalogue?.targets.contains {
            $0.material == lot.material && $0.lot == lot.lot && $0.level.name == lot.level.name
                && $0.assay.analysis == assay.analysis && ["*", assay.analyzer].contains($0.assay.analyzer)
        } ?? false
    }

    /// Targets of the controls that serve at an instant.
    func inService(at instant: Instant) -> [ControlTarget] {
        let names = Set(targets.map(\.material) + (catalogue?.lots.map(\.identifier) ?? []))
        return names.compactMap { meaning(of: $0, at: instant).target }.filter { !$0.isParallel }
    }

    /// What a control of this name means at an instant. A target set by command for it wins; else the lot that the
    /// catalogue knows by it. Several in force, or a lot beyond its date: no target, so no z (fail closed).
    /// `knownAt`: when a control became known. A target that was set after it and reaches back to it is taken for want
    /// of another only: what was judged once is not judged by what was decided since (RULES sections 2.2 and 2.5).
    func meaning(
        of material: String, at: Instant, knownAt: Instant? = nil
    ) -> (target: ControlTarget?, lot: ControlLot?) {
        func set(_ targets: [ControlTarget]) -> [ControlTarget] {
            targets.filter { $0.material == material && $0.isInForce(at: at) }
        }
        // Tables that somebody stood for by then: those approved since judge nothing that was known before.
        let tables = knownAt.map { stages.tables(judging: assay, knownAt: $0) } ?? catalogue
        let lot = tables?.lot(identifier: material)
        let known = knownAt.map { knownAt in history.last { $0.at <= knownAt }?.targets ?? [] }
        let own = set(known ?? targets)
        if !own.isEmpty { return (own.count == 1 ? own.first : nil, lot) }
        if let lot, !lot.isExpired(at: at, in: zone),
            var target = tables?.target(
                for: assay, material: lot.material, lot: lot.lot, level: lot.level, at: at)
        {
            target.isParallel = !lot.isInService(at: at)
            return (target, lot)
        }
        let since = known == nil ? [] : set(targets)
        return (since.count == 1 ? since.first : nil, lot)
    }
}
