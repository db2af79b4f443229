import Base
import Catalog
import Laboratory
package import Quality
import Store

/// Patients' results of one assay as they came, followed so that none is read twice.
struct PatientFlow: Sendable {
    /// Samples are known from here on.
    var since: Instant
    /// When each sample was measured, in time; reruns count once.
    var samples: [Instant] = []
    var watch: PatientWatch?
    /// Newest instant of measurement seen, never after the clock of the laboratory.
    var reached: Instant
    /// Results measured within the overlap before `reached`: they are asked for again, and told apart by their id.
    var recent: [String: Instant] = [:]
    var revision = 0

    /// Results that come in later than this after a newer one are not counted.
    static let overlap = Duration.seconds(15 * 60)
    /// How far back an average is built anew after a restart.
    static let history = Duration.seconds(3 * 24 * 3600)

    init(settings: PatientSettings?, noted: [ControlEvent], now: Instant) {
        since = now.advanced(by: .zero - PatientFlow.history)
        reached = since
        guard let settings else { return }
        let last = noted.filter { $0.kind == settings.consequence.event && settings.from <= $0.at }.map(\.at).max()
        watch = PatientWatch(settings, open: last)
    }

    /// Samples after one instant and before another; nil when some of them may not be known here.
    func samples(after start: Instant, before end: Instant) -> Int? {
        since <= start ? samples.count { start < $0 && $0 < end } : nil
    }

    mutating func keep(_ observation: Observation) {
        recent[observation.id] = observation.observedAt
        let place = samples.lastIndex { $0 <= observation.observedAt }.map { $0 + 1 } ?? 0
        samples.insert(observation.observedAt, at: place)
    }

    mutating func close(at now: Instant) {
        reached = max(reached, min(recent.values.max() ?? reached, now))
        let start = reached.advanced(by: .zero - PatientFlow.overlap)
        recent = recent.filter { start <= $0.value }
        let oldest = now.advanced(by: .zero - PatientFlow.history * 2)
        if since < oldest {
            since = now.advanced(by: .zero - PatientFlow.history)
            samples.removeAll { $0 < since }
        }
        revision += 1
    }
}

/// How the patients' average of an assay stands.
package struct PatientAverage: Sendable {
    package var assay: ControlledAssay
    package var watch: PatientWatch
    /// Every alarm noted, in time.
    package var alarms: [ControlEvent]
}

/// Control by the patients' own results (RULES section 2.7).
extension Desk {
    /// Who notes alarms.
    private static let watcher = "moyennes"

    private func subject(_ assay: ControlledAssay) -> String { "\(assay.analyzer)|\(assay.analysis)" }

    /// From now on the average of the patients of this assay is watched so, or no more.
    package func setPatientControl(
        _ settings: PatientSettings, of assay: ControlledAssay, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        try needReason(reason)
        let analysis = try decide { () throws(Refusal) in
            try settings.check()
            return try catalogue.required(assay.analysis)
        }
        guard analysis.nature.isNumeric else {
            throw .refused(
                Refusal(
                    "quality.patients", at: assay.analysis, because: "les résultats de cette analyse sont sans nombre",
                    remedy: "choisir une analyse mesurée"))
        }
        try await enter(.patientControl, subject(assay), Decided(settings, reason), "quality.patients", author)
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
    }

    /// Watched no more.
    package func endPatientControl(
        of assay: ControlledAssay, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        try needReason(reason)
        guard var settings = try await patientSettings(of: assay, site: author.site) else {
            throw missing("quality.patients.off", "moyenne des patients", assay.description)
        }
        settings.isOn = false
        try await enter(.patientControl, subject(assay), Decided(settings, reason), "quality.patients", author)
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
    }

    /// Settings in force; nil when nobody set any, or they were ended.
    func patientSettings(
        of assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> PatientSettings? {
        // A command wins over the catalogue, and may end what the catalogue begins.
        let last = try await entries(.patientControl, subject(assay), site, PatientSettings.self).last?.value
        guard let last else { return controls(of: site).current?.patientSettings(for: assay, site: site) }
        return last.isOn ? last : nil
    }

    /// The averages go on with what just became durable: an alarm is noted now, and holds what comes next. What fails
    /// here, the next look makes good.
    func followPatients(_ facts: [Fact]) async {
        var keys: Set<QualityBoard.Key> = []
        for case .observation(let observation) in facts {
            guard let analyzer = observation.controlledOn else { continue }
            let assay = ControlledAssay(analysis: observation.analysis, analyzer: analyzer)
            keys.insert(QualityBoard.Key(site: observation.site, assay: assay))
        }
        for key in keys { quality.arrived(key) }
        for key in keys {
            do throws(CommandFailure) { _ = try await followedPage(key.assay, site: key.site) } catch {}
        }
    }

    /// Assays whose patients are watched.
    package func patientAverages(site: String) async throws(CommandFailure) -> [PatientAverage] {
        var out = [PatientAverage]()
        for assay in try await controlledAssays(site: site) {
            if let average = try await patientAverage(assay, site: site) { out.append(average) }
        }
        return out
    }

    /// Nil when the assay is not watched.
    package func patientAverage(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> PatientAverage? {
        let (page, flow) = try await followedPage(assay, site: site)
        guard let watch = flow?.watch else { return nil }
        let kinds: Set<ControlEventKind> = [.patientAlarm, .patientWarning]
        let alarms = page.events.filter { kinds.contains($0.kind) }.sorted { $0.at < $1.at }
        return PatientAverage(assay: assay, watch: watch, alarms: alarms)
    }

    /// The page with what the patients' results say by now: a new alarm is noted before anybody judges by the page.
    func followedPage(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> (QualityPage, PatientFlow?) {
        let page = try await storedPage(assay, site: site)
        guard page.patients != nil || page.timeline.policy.patientSamples != nil else { return (page, nil) }
        let (flow, isNoted) = try await follow(page, assay, site: site)
        return (isNoted ? try await storedPage(assay, site: site) : page, flow)
    }

    private func follow(
        _ page: QualityPage, _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> (PatientFlow, Bool) {
        let key = QualityBoard.Key(site: site, assay: assay)
        let at = now()
        let known = quality.flow(key).flatMap { $0.watch?.settings == page.patients ? $0 : nil }
        var flow = known ?? PatientFlow(settings: page.patients, noted: page.events, now: at)
        let found = try await unread(key, known == nil, from: flow, at: at)
        let fresh = found.filter { $0.site == site && $0.run == 1 && flow.recent[$0.id] == nil }
        for observation in fresh { flow.keep(observation) }
        var alarms = [PatientAlarm]()
        if var watch = flow.watch {
            let values = try await patientValues(fresh, watch.settings)
            alarms = watch.take(values, conforming: page.timeline.conformed, now: at)
            flow.watch = watch
            try await noteAlarms(alarms, watch.settings, assay, site: site)
        }
        flow.close(at: at)
        quality.keep(flow, for: key, after: known?.revision)
        return (flow, !alarms.isEmpty)
    }

    /// Results that the flow may not have read; nothing is asked when nothing came in since.
    private func unread(
        _ key: QualityBoard.Key, _ isNew: Bool, from flow: PatientFlow, at: Instant
    ) async throws(CommandFailure) -> [Observation] {
        guard quality.takeUnread(key) || isNew else { return [] }
        let from = max(flow.since, flow.reached.advanced(by: .zero - PatientFlow.overlap))
        // An analyzer whose clock is ahead is not left out.
        let through = at.advanced(by: .seconds(24 * 3600))
        do throws(StoreFailure) {
            return try await store.observations(
                analyzer: key.assay.analyzer, analysis: key.assay.analysis, from: from, through: through)
        } catch {
            quality.arrived(key)
            throw .store(error)
        }
    }

    private func patientValues(
        _ observations: [Observation], _ settings: PatientSettings
    ) async throws(CommandFailure) -> [PatientValue] {
        var wards = [String: String]()
        if !settings.policy.excludedWards.isEmpty, !observations.isEmpty {
            let ids = Array(Set(observations.map(\.requestID)))
            for request in try await ask({ () throws(StoreFailure) in try await store.requests(ids: ids) }) {
                wards[request.id] = request.encounter.rawValue
            }
        }
        return observations.compactMap { observation in
            guard case .measured(let value, let unit) = observation.value, unit == settings.unit else { return nil }
            return PatientValue(
                at: observation.observedAt, value: value, ward: wards[observation.requestID] ?? "")
        }
    }

    /// An alarm is a fact of the control, once.
    private func noteAlarms(
        _ alarms: [PatientAlarm], _ settings: PatientSettings, _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) {
        let author = Author(login: Desk.watcher, role: .technician, site: site)
        for alarm in alarms {
            let average = alarm.average.rounded(to: max(settings.policy.target.scale, settings.policy.limit.scale) + 1)
            let words =
                "moyenne \(average.text), cible \(settings.policy.target.text) ± \(settings.policy.limit.text) "
                + "(\(settings.policy.method.french))"
            let event = ControlEvent(settings.consequence.event, at: alarm.at, note: words)
            try await attempt { () async throws(CommandFailure) in
                let known = try await entries(.controlEvent, subject(assay), site, ControlEvent.self).map(\.value)
                if known.contains(where: { $0.kind == event.kind && $0.at == event.at }) { return }
                try await enter(.controlEvent, subject(assay), Decided(event, words), "quality.alarm", author)
            }
        }
        if !alarms.isEmpty { quality.forget(site: site, analyzer: assay.analyzer, analysis: assay.analysis) }
    }

    /// Samples of patients measured between two instants, none of them included: those that a control has answered for.
    func patientSamples(
        _ flow: PatientFlow?, _ assay: ControlledAssay, site: String, after start: Instant, before end: Instant
    ) async throws(CommandFailure) -> Int? {
        if let known = flow?.samples(after: start, before: end) { return known }
        let found = try await ask { () throws(StoreFailure) in
            try await store.observations(
                analyzer: assay.analyzer, analysis: assay.analysis, from: start, through: end)
        }
        return found.count { $0.site == site && $0.run == 1 && start < $0.observedAt && $0.observedAt < end }
    }
}
