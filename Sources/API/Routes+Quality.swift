import Base
import Catalog
import Client
import Laboratory
import Printing
import Quality
import Store
import Workflow

/// The control of quality.
extension LaboratoryAPI {
    var qualityRoutes: [Route] {
        [
            Route("GET", "/v1/quality", .needs(.read), query: ["analyzer"]) { call in
                let board = try await desk.controlStandings(site: call.author.site, analyzer: call.query["analyzer"])
                return try .json(board.map { view(of: $0.standing, $0.assay, call) })
            },
            Route("GET", "/v1/quality/:analyzer/:analysis", .needs(.read)) { call in
                let page = try await page(call)
                return try .json(
                    QualityPageView(
                        state: try await state(assay(call), call),
                        policy: QualityPolicyView(page.timeline.policy, call),
                        targets: page.targets.map { QualityTargetView($0, call) },
                        points: points(page, call),
                        runs: page.timeline.verdicts.map { QualityRunView($0, call) }))
            },
            Route("GET", "/v1/quality/:analyzer/:analysis/chart", .needs(.read), query: ["format", "width"]) { call in
                try await chart(call)
            },
            Route("GET", "/v1/quality/:analyzer/:analysis/statistics", .needs(.read), query: ["month", "ucal"]) {
                call in
                try .json(try await statistics(call))
            },
            Route("GET", "/v1/quality/:analyzer/:analysis/lookback", .needs(.read)) { call in
                try .json(try await lookBacks(call))
            },
            Route("GET", "/v1/assessments", .needs(.read)) { call in try .json(try await assessments(call)) },
        ] + qualityCommands
    }

    private var qualityCommands: [Route] {
        [
            command("targets", .sign) { call in
                let target = try await target(try call.decoded(ControlTargetBody.self), call)
                _ = try await desk.setControlTarget(target.target, reason: target.reason, by: call.author)
            },
            command("policy", .sign) { call in
                let body = try call.decoded(ControlPolicyBody.self)
                try await desk.setControlPolicy(
                    try policy(body, call), of: assay(call), reason: body.reason, by: call.author)
            },
            command("exclusions", .validateTechnically) { call in
                let body = try call.decoded(ControlExclusionBody.self)
                try await desk.excludeControl(body.control, of: assay(call), reason: body.reason, by: call.author)
            },
            command("corrections", .validateTechnically) { call in
                let body = try call.decoded(ControlCorrectionBody.self)
                _ = try await desk.correctRejection(
                    run: body.run, of: assay(call), cause: body.cause, action: body.action, by: call.author)
            },
            command("controls", .enterResult) { call in
                let body = try call.decoded(ControlValueBody.self)
                _ = try await desk.enterControl(
                    body.value, of: assay(call), material: body.material,
                    at: try call.instant(body.at, at: "at") ?? desk.now(), by: call.author)
            },
            Route("POST", "/v1/quality/:analyzer/:analysis/events", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ControlEventBody.self)
                guard let kind = ControlEventKind(rawValue: body.kind) else {
                    throw choice("kind", ControlEventKind.noted.map(\.rawValue))
                }
                guard body.note.namesSomething else {
                    throw Refusal(
                        "reason.missing", at: "note", because: "une note est obligatoire",
                        remedy: "écrire le lot, l'étalonnage ou ce qui fut fait")
                }
                let event = ControlEvent(
                    kind, at: try call.instant(body.at, at: "at") ?? desk.now(), note: body.note,
                    until: try call.instant(body.until, at: "until"))
                let analysis = call.parameter("analysis")
                try await desk.recordControlEvent(
                    event, analyzer: call.parameter("analyzer"), analysis: analysis == "*" ? nil : analysis,
                    by: call.author)
                return try .json(Done())
            },
            Route("POST", "/v1/quality/:analyzer/:analysis/lookback", .needs(.validateTechnically)) { call in
                let body = try call.decoded(LookBackBody.self)
                guard let chosen = LookBackDecision.Choice(rawValue: body.choice) else {
                    throw choice("choice", LookBackDecision.Choice.allCases.map(\.rawValue))
                }
                _ = try await desk.decideLookBack(
                    chosen, result: body.result, run: body.run, reason: body.reason, by: call.author)
                return try .json(try await lookBacks(call))
            },
            Route("POST", "/v1/assessments", .needs(.validateTechnically)) { call in
                try await record(try call.decoded(AssessmentBody.self), call)
                return try .json(try await assessments(call))
            },
        ]
    }

    /// A command on one assay, answered by how the assay stands then.
    private func command(
        _ name: String, _ permission: Permission, _ work: @escaping @Sendable (Call) async throws -> Void
    ) -> Route {
        Route("POST", "/v1/quality/:analyzer/:analysis/\(name)", .needs(permission)) { call in
            try await work(call)
            return try .json(try await state(assay(call), call))
        }
    }

    private func assay(_ call: Call) -> ControlledAssay {
        ControlledAssay(analysis: call.parameter("analysis"), analyzer: call.parameter("analyzer"))
    }
    private func page(_ call: Call) async throws -> QualityPage {
        _ = try desk.catalogue.required(call.parameter("analysis"))
        return try await desk.qualityPage(assay(call), site: call.author.site)
    }

    func state(_ assay: ControlledAssay, _ call: Call) async throws -> QualityStateView {
        view(of: try await desk.controlStanding(of: assay, site: call.author.site), assay, call)
    }
    private func view(of standing: ControlStanding, _ assay: ControlledAssay, _ call: Call) -> QualityStateView {
        QualityStateView(
            analyzer: assay.analyzer, analysis: assay.analysis, state: standing.state.rawValue,
            hold: standing.hold?.rawValue, since: standing.since.map { call.moment($0) },
            expiresAt: standing.expiresAt.map { call.moment($0) }, run: standing.run,
            rules: standing.rules.map(\.rawValue), because: standing.because)
    }

    private func chart(_ call: Call) async throws -> Answer {
        let page = try await page(call)
        let name = desk.catalogue[call.parameter("analysis")]?.nameFR ?? ""
        let drawing = LeveyJennings(
            page.timeline, title: "Levey–Jennings – \(name) – \(call.parameter("analyzer"))", events: page.events)
        let width = try call.number("width", in: 20...400) ?? 80
        switch call.query["format"] ?? "text" {
        case "text", "ascii":
            let alphabet: LeveyJennings.Alphabet = call.query["format"] == "ascii" ? .ascii : .unicode
            let text = drawing.text(width: width, alphabet: alphabet, zone: call.zone) + "\n"
            return Answer(status: 200, type: "text/plain; charset=utf-8", body: Array(text.utf8))
        case "svg":
            return Answer(status: 200, type: "image/svg+xml", body: Array(drawing.svg(zone: call.zone).utf8))
        case "pdf":
            let heading = desk.sites[call.author.site]?.name ?? call.author.site
            let bytes = try ChartPrinter.pdf([drawing], heading: heading, at: desk.now(), zone: call.zone)
            return Answer(status: 200, type: "application/pdf", body: bytes)
        case _: throw choice("format", ["text", "ascii", "svg", "pdf"])
        }
    }

    private func points(_ page: QualityPage, _ call: Call) -> [QualityPointView] {
        // When each counts is for the timeline to say.
        let judged = page.timeline.verdicts.flatMap(\.points)
        let late = Dictionary(judged.map { ($0.id, $0.lateSince) }) { $0 ?? $1 }
        let rejected = page.timeline.rejectedRuns
        return page.points.map { point in
            var view = QualityPointView(point, call)
            view.lateSince = (late[point.id] ?? nil).map { call.moment($0) }
            view.isRejected = rejected.contains(point.run) ? true : nil
            return view
        }
    }

    private func statistics(_ call: Call) async throws -> [QualityStatisticsView] {
        let page = try await page(call)
        let byMonth = call.query["month"] == "1"
        let rejected = page.timeline.rejectedRuns
        let groups = ControlStatistics.groups(page.points, byMonth: byMonth, in: call.zone, rejected: rejected)
        let all = Dictionary(
            ControlStatistics.groups(page.points, byMonth: byMonth, in: call.zone)
                .map { ($0.group, $0.statistics) }, uniquingKeysWith: { $1 })
        let calibration = try call.query["ucal"].map { try number($0, "ucal") }
        let bias = try await desk.assessments(site: call.author.site).biasUncertainty(of: assay(call), places: 8)
        return groups.compactMap { group, statistics in
            // A lot that was closed had a target while it served.
            let target = page.points.last { point in
                point.level == group.level && point.lot == group.lot && point.target != nil
                    && (group.month.map { $0 == point.month(in: call.zone) } ?? true)
            }?.target
            guard
                let summary = ControlSummary(
                    statistics, target: target, allowableError: page.timeline.policy.allowableError)
            else { return nil }
            var view = QualityStatisticsView(
                level: group.level.name, lot: group.lot, month: group.month.map { String($0.description.prefix(7)) },
                count: summary.count, mean: summary.mean.text, sd: summary.sd.text)
            if let whole = all[group], whole.count > summary.count, let whole = ControlSummary(whole) {
                view.all = .init(count: whole.count, mean: whole.mean.text, sd: whole.sd.text)
            }
            view.target = target?.text
            view.allowableError = page.timeline.policy.allowableError?.text
            view.cv = summary.cv?.text
            view.bias = summary.bias?.text
            view.totalError = summary.totalError?.text
            view.sigma = summary.sigma?.text
            if let calibration, let bias, let cv = statistics.cv(places: 8) {
                view.uncertainty =
                    MeasurementUncertainty(reproducibility: cv, calibration: calibration, bias: bias).expanded()?.text
            }
            return view
        }
    }

    private func lookBacks(_ call: Call) async throws -> [LookBackView] {
        var views = [LookBackView]()
        for lookBack in try await desk.lookBacks(assay(call), site: call.author.site) {
            var view = LookBackView(
                run: lookBack.period.run, from: lookBack.period.from.map { call.moment($0) },
                to: lookBack.period.to.map { call.moment($0) }, done: lookBack.isDone, entries: [])
            for entry in lookBack.entries { view.entries.append(try await self.entry(entry, call)) }
            views.append(view)
        }
        return views
    }

    /// With whose result it is, for who may read that.
    private func entry(_ entry: LookBack.Entry, _ call: Call) async throws -> LookBackView.Entry {
        var view = LookBackView.Entry(
            result: entry.result.id, measuredAt: call.moment(entry.result.measuredAt),
            releasedAt: entry.result.releasedAt.map { call.moment($0) }, status: entry.status.rawValue,
            decision: entry.decision?.choice.rawValue, by: entry.decision?.signed.by)
        view.source = entry.result.source
        guard let stored = try await desk.store.observation(entry.result.id) else { return view }
        let observation = try await desk.shown([stored])[0]
        view.analysis = observation.analysis
        guard call.author.role.permissions.contains(.readFiles) else { return view }
        view.value = observation.value.frenchText
        let request = try await desk.request(observation.requestID)
        view.requestNumber = request.number
        view.file = try await desk.patient(request.patientID).ipp
        return view
    }

    // Bodies

    private func target(
        _ body: ControlTargetBody, _ call: Call
    ) async throws -> (target: ControlTarget, reason: String) {
        let analysis = try desk.catalogue.required(call.parameter("analysis"))
        let from = try call.instant(body.from, at: "from") ?? desk.now()
        if let count = body.rolling {
            let page = try await page(call)
            let rolling = try RollingTarget(
                of: body.material, last: count, points: page.points, verdicts: page.timeline.verdicts)
            let target = ControlTarget(
                assay: assay(call), material: body.material, level: rolling.level, lot: rolling.lot,
                mean: rolling.mean, sd: rolling.sd, unit: analysis.unit, origin: .laboratory, count: rolling.count,
                from: from)
            return (target, body.reason)
        }
        guard let level = body.level, let lot = body.lot, body.expected != nil || (body.mean != nil && body.sd != nil)
        else {
            throw Refusal(
                "quality.target", at: body.material, because: "il manque le niveau, le lot, la moyenne ou l'écart-type",
                remedy: "les donner tous, ou la réponse attendue (expected), ou prendre les derniers points (rolling)")
        }
        let target = ControlTarget(
            assay: assay(call), material: body.material, level: ControlLevel(level), lot: lot,
            mean: try body.mean.map { try number($0, "mean") }, sd: try body.sd.map { try number($0, "sd") },
            unit: analysis.unit, origin: body.maker == true ? .maker : .laboratory, count: body.points ?? 0, from: from,
            isParallel: body.parallel ?? false, expected: try body.expected.map { try expectation($0) })
        return (target, body.reason)
    }

    private func expectation(_ text: String) throws(Refusal) -> ControlExpectation {
        guard let expected = ControlExpectation(text) else {
            throw Refusal(
                "body.expected", at: "expected", because: "ce n'est pas une réponse attendue",
                remedy: "écrire un code (POS), plusieurs (POS|IND) ou un titre (1/160)")
        }
        return expected
    }

    /// Of validity, before they are multiplied.
    private static let hours = 1...Int(ControlPolicy.longestValidity.components.seconds / 3600)

    private func policy(_ body: ControlPolicyBody, _ call: Call) throws -> ControlPolicy {
        var rules = [WestgardRule: RuleAction]()
        for (names, action) in [(body.warn ?? [], RuleAction.warn), (body.reject, .reject)] {
            for name in names {
                guard let rule = WestgardRule(rawValue: name) else {
                    throw choice("reject", WestgardRule.named.map(\.rawValue))
                }
                rules[rule] = action
            }
        }
        if let hours = body.hours, !LaboratoryAPI.hours.contains(hours) {
            throw Refusal(
                "quality.policy.validity", at: "hours", because: "\(hours) heure(s) de validité d'un contrôle",
                remedy: "donner de 1 à \(LaboratoryAPI.hours.upperBound) heures")
        }
        // Without an end of any kind it is good for as long as the standard one.
        let standard = body.patientSamples == nil ? ControlPolicy.standardValidity : nil
        var policy = ControlPolicy(
            rules: rules, validity: body.hours.map { .seconds(Int64($0) * 3600) } ?? standard,
            patientSamples: body.patientSamples, minimumLevels: body.minimumLevels ?? 1,
            acceptsLaterRun: body.acceptsLaterRun ?? false, bracketsLevels: body.bracketsLevels ?? false,
            allowableError: try body.allowableError.map { try number($0, "allowableError") })
        if body.exempt == true {
            policy.exemption = try SignedReason(by: call.author.login, at: desk.now(), reason: body.reason)
        }
        return policy
    }

    private func record(_ body: AssessmentBody, _ call: Call) async throws {
        let analysis = try desk.catalogue.required(body.analysis)
        try await checkAnalyzer(body.analyzer, call.author)
        guard let at = try call.instant(body.at, at: "at") else { return }
        let result = AssessmentResult(
            programme: body.programme, round: body.round, sample: body.sample,
            assay: ControlledAssay(analysis: body.analysis, analyzer: body.analyzer), measuredAt: at,
            value: try measured(body.value), unit: analysis.unit, peerGroup: body.peerGroup ?? "",
            target: try body.target.map { try number($0, "target") }, sd: try body.sd.map { try number($0, "sd") },
            peers: body.peers)
        try await desk.recordAssessment(result, reason: body.reason ?? "", by: call.author)
    }

    private func assessments(_ call: Call) async throws -> [AssessmentView] {
        try await desk.assessmentHistory(site: call.author.site).compactMap { entries -> AssessmentView? in
            guard let last = entries.last else { return nil }
            let result = last.result
            var view = AssessmentView(
                programme: result.programme, round: result.round, sample: result.sample,
                analyzer: result.assay.analyzer, analysis: result.assay.analysis, at: call.moment(result.measuredAt),
                value: result.value.text, unit: result.unit, target: result.target?.text, sd: result.sd?.text,
                z: result.z?.text, bias: result.bias()?.text, conclusion: result.conclusion.rawValue)
            let corrections = zip(entries, entries.dropFirst()).filter { $1.result.corrects($0.result) }
            if let last = corrections.last?.1 {
                view.corrected = "corrigé par \(last.author) le \(call.moment(last.at).french) : \(last.reason)"
            }
            if entries.count > 1 {
                view.earlier = entries.dropLast().map { entry in
                    .init(
                        value: entry.result.value.text, target: entry.result.target?.text, sd: entry.result.sd?.text,
                        conclusion: entry.result.conclusion.rawValue, by: entry.author, at: call.moment(entry.at))
                }
            }
            return view
        }
    }

    func number(_ text: String, _ key: String) throws(Refusal) -> Exact {
        guard let number = Exact(text.replacing(",", with: ".")) else {
            throw Refusal(
                "body.number", at: key, because: "ce n'est pas un nombre", remedy: "écrire par exemple 4.20 ou 4,20")
        }
        return number
    }
    private func measured(_ text: String) throws(Refusal) -> Measured {
        guard let value = Measured(typed: text.replacing(",", with: ".")) else {
            throw Refusal(
                "body.number", at: "value", because: "ce n'est pas une valeur", remedy: "écrire par exemple 4.20")
        }
        return value
    }
    func choice(_ key: String, _ words: [String]) -> Refusal {
        Refusal(
            "body.choice", at: key, because: "mot inconnu", remedy: "employer : " + words.joined(separator: ", "))
    }
}

extension QualityPointView {
    init(_ point: ControlPoint, _ call: Call) {
        var defect: String?
        if case .absent(let reason) = point.score { defect = reason.rawValue }
        self.init(
            id: point.id, run: point.run, at: call.moment(point.at), level: point.level.name, lot: point.lot,
            material: point.material, value: point.text, target: point.target?.text ?? point.expected?.french,
            sd: point.sd?.text, z: point.z?.text, defect: defect,
            exclusion: point.exclusion.map { "\($0.by) : \($0.reason)" })
        if case .answer(let isExpected) = point.score { self.isExpected = isExpected }
    }
}
extension QualityPolicyView {
    init(_ policy: ControlPolicy, _ call: Call) {
        func rules(_ action: RuleAction) -> [String] {
            WestgardRule.allCases.filter { policy.rules[$0] == action }.map(\.rawValue)
        }
        let minutes = policy.validity.map { $0.components.seconds / 60 }
        self.init(
            reject: rules(.reject), warn: rules(.warn),
            validity: minutes.map { $0 % 60 == 0 ? "\($0 / 60) h" : "\($0) min" },
            patientSamples: policy.patientSamples, endingEvents: policy.endingEvents.map(\.rawValue).sorted(),
            minimumLevels: policy.minimumLevels, needsSignedCorrection: policy.needsSignedCorrection,
            acceptsLaterRun: policy.acceptsLaterRun, allowableError: policy.allowableError?.text,
            exemption: policy.exemption.map { "\($0.by) le \(call.moment($0.at).text) : \($0.reason)" })
        bracketsLevels = policy.bracketsLevels
    }
}
extension QualityTargetView {
    init(_ target: ControlTarget, _ call: Call) {
        self.init(
            material: target.material, level: target.level.name, lot: target.lot, mean: target.mean?.text,
            sd: target.sd?.text, unit: target.unit, origin: target.origin.rawValue, points: target.count,
            from: call.moment(target.from), to: target.to.map { call.moment($0) }, parallel: target.isParallel)
        expected = target.expected?.description
    }
}
extension QualityRunView {
    init(_ verdict: RunVerdict, _ call: Call) {
        self.init(
            run: verdict.run, at: call.moment(verdict.at), outcome: verdict.outcome.rawValue,
            state: verdict.state.rawValue, rules: verdict.violations.map(\.rule.rawValue), because: verdict.because)
    }
}
