import Base
import Catalog
import Client
import Laboratory
import Rules
import Store
import Workflow

/// Why a result is held, judging again, critical calls, reflex tests.
extension LaboratoryAPI {
    var ruleRoutes: [Route] {
        [
            Route("GET", "/v1/results/:id/why", .needs(.readFiles)) { call in
                try .json(try await why(call.parameter("id"), call))
            },
            Route("POST", "/v1/requests/:ref/evaluate", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ReasonBody.self)
                let count = try await desk.judgeAgain(call.parameter("ref"), reason: body.reason, by: call.author)
                return try .json(JudgedView(judged: count))
            },
            Route("POST", "/v1/rules/replay", .needs(.read)) { call in
                let body = try call.decoded(ReplayBody.self)
                let to = try call.instant(body.to, at: "to") ?? desk.now().advanced(by: .milliseconds(1))
                let from = try call.instant(body.from, at: "from") ?? to.advanced(by: .seconds(-86_400))
                guard from < to else {
                    throw Refusal(
                        "rules.replay.window", at: "from", because: "le début n'est pas avant la fin",
                        remedy: "corriger --from et --to")
                }
                return try .json(
                    RuleReplayView(try await desk.replayRules(from: from, before: to, by: call.author), call))
            },
            Route("GET", "/v1/rules/monitor", .needs(.read), query: ["from", "to", "analysis"]) { call in
                let period = try period(call)
                return try .json(
                    try await desk.monitorRules(
                        from: period.first, before: period.before, telling: call.query["analysis"], by: call.author))
            },
            Route("POST", "/v1/catalogue/dry-run", .needs(.read)) { call in
                let body = try call.decoded(DryRunBody.self)
                guard (1...LaboratoryAPI.mostDays).contains(body.days) else {
                    throw Refusal(
                        "body.days", at: "days", because: "nombre de jours hors limites",
                        remedy: "de 1 à \(LaboratoryAPI.mostDays)")
                }
                let report = try await desk.dryRun(
                    body.files.map(\.file), days: body.days, allRules: body.allRules ?? false, by: call.author)
                return try .json(RuleReplayView(report, call))
            },
        ] + switchRoutes + criticalRoutes + reflexRoutes
    }

    private var switchRoutes: [Route] {
        [
            Route("GET", "/v1/rules/switches", .needs(.read)) { call in
                try .json(try await desk.enginesOff(site: call.author.site).map { EngineSwitchView($0, call) })
            },
            Route("POST", "/v1/rules/switches", .needs(.validateTechnically)) { call in
                let body = try call.decoded(EngineSwitchBody.self)
                guard body.analysis == nil || body.analyzer == nil else {
                    throw Refusal(
                        "body.choice", because: "une analyse ou un automate, pas les deux", remedy: "n'en garder qu'un")
                }
                if let name = body.analyzer { try await checkAnalyzer(name, call.author) }
                let subject =
                    body.analysis.map { EngineSwitch.analysis($0) } ?? body.analyzer.map { EngineSwitch.analyzer($0) }
                    ?? EngineSwitch.site
                let off = try await desk.switchEngine(
                    off: body.off, subject, reason: body.reason, by: call.author)
                return try .json(off.map { EngineSwitchView($0, call) })
            },
        ]
    }

    /// Days that a dry run looks back at most.
    private static let mostDays = 366

    private var criticalRoutes: [Route] {
        [
            Route("GET", "/v1/critical", .needs(.readFiles)) { call in
                var views = [CriticalCallView]()
                for entry in try await desk.openCalls(site: call.author.site) {
                    views.append(try await view(entry, call))
                }
                return try .json(views)
            },
            Route("GET", "/v1/critical/:id", .needs(.readFiles)) { call in
                let id = call.parameter("id")
                let observation = try await desk.result(id, call.author)
                guard let entry = try await desk.criticalCall(of: observation) else {
                    throw LaboratoryAPI.absent("critical.unknown", "appel", id)
                }
                return try .json(try await view(entry, call))
            },
            Route("POST", "/v1/critical/:id/call", .needs(.validateTechnically)) { call in
                let body = try call.decoded(CallBody.self)
                let outcome: CriticalCall.Outcome =
                    !body.reached ? .unreachable : body.readBack ? .confirmed : .notReadBack
                let attempt = CriticalCall.Attempt(
                    at: desk.now(), caller: call.author.login, number: body.number ?? "", person: body.person ?? "",
                    role: body.role ?? "", valueRead: body.value ?? "", wasReadBack: body.readBack, outcome: outcome)
                let entry = try await desk.recordCall(attempt, for: call.parameter("id"), by: call.author)
                return try .json(try await view(entry, call), status: 201)
            },
            Route("POST", "/v1/critical/:id/escalate", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ReasonBody.self)
                let entry = try await desk.escalateCall(call.parameter("id"), reason: body.reason, by: call.author)
                return try .json(try await view(entry, call))
            },
            Route("POST", "/v1/critical/:id/close", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ReasonBody.self)
                let entry = try await desk.closeCall(call.parameter("id"), reason: body.reason, by: call.author)
                return try .json(try await view(entry, call))
            },
        ]
    }

    private var reflexRoutes: [Route] {
        [
            Route("GET", "/v1/reflexes", .needs(.readFiles)) { call in
                let open = try await desk.openReflexes(by: call.author)
                return try .json(
                    open.flatMap { request, entries in
                        entries.map { entry in
                            var view = ReflexView(entry, call)
                            view.requestNumber = request.number
                            view.reason = entry.words
                            return view
                        }
                    })
            },
            Route("GET", "/v1/requests/:ref/reflexes", .needs(.readFiles)) { call in
                let entries = try await desk.reflexes(of: call.parameter("ref"), by: call.author)
                return try .json(entries.map { ReflexView($0, call) })
            },
            Route("POST", "/v1/requests/:ref/reflexes", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ReflexBody.self)
                let entries = try await desk.decideReflex(
                    body.rule, of: call.parameter("ref"), accept: body.accept, reason: body.reason, by: call.author)
                return try .json(entries.map { ReflexView($0, call) })
            },
        ]
    }

    private func why(_ id: String, _ call: Call) async throws -> WhyView {
        let observation = try await desk.result(id, call.author)
        let records = try await desk.explainWhole(id, by: call.author)
        let standing = try await desk.standing([observation], at: desk.now())
        let request = try await desk.request(observation.requestID)
        return WhyView(
            observation: view(standing.first ?? observation, call), requestNumber: request.number,
            judgements: records.map { JudgementView($0, call) })
    }

    func view(_ entry: CallEntry, _ call: Call) async throws -> CriticalCallView {
        let observation = try await desk.store.observation(entry.call.observationID)
        let request = if let id = observation?.requestID { try await desk.store.request(id) } else { nil as Request? }
        let patient =
            if let id = request?.patientID { try await desk.store.patient(id) } else { nil as Patient? }
        return CriticalCallView(
            entry, request: request, patient: patient, chain: desk.shelf.pack.policy.escalation, now: desk.now(), call)
    }

    /// Views with the calls that the critical ones among them wait for.
    func views(_ observations: [Observation], _ call: Call) async throws -> [ObservationView] {
        var calls = try await desk.criticalCalls(of: observations)
        if let site = observations.first?.site {
            // An amendment that crosses a limit opens a call about a value that is not critical.
            let shown = Set(observations.map(\.id))
            for entry in try await desk.openCalls(site: site) where shown.contains(entry.observationID) {
                calls[entry.observationID] = entry
            }
        }
        let chain = desk.shelf.pack.policy.escalation
        return observations.map { observation in
            var shown = view(observation, call)
            shown.call = calls[observation.id].map {
                CriticalCallView($0, request: nil, patient: nil, chain: chain, now: desk.now(), call)
            }
            return shown
        }
    }
}

extension EngineSwitchView {
    init(_ off: EngineSwitch, _ call: Call) {
        self.init(subject: off.subject, author: off.author, at: call.moment(off.at), reason: off.reason)
    }
}
extension JudgementView {
    init(_ judged: JudgedRecord, _ call: Call) {
        self.init(
            ordinal: judged.ordinal, at: call.moment(judged.at), engine: judged.engineVersion,
            catalogueVersion: judged.catalogueVersion.text, rulesVersion: judged.packVersion,
            outcome: judged.result.outcome.rawValue, value: judged.result.value, holds: judged.holds,
            checks: judged.result.checks.map { CheckView($0, call) },
            proposedDilution: judged.result.proposedDilution?.text)
    }
}
extension CheckView {
    init(_ record: CheckRecord, _ call: Call) {
        func facts(_ facts: [CheckFact]) -> [FactView] {
            facts.map { FactView(name: $0.name.rawValue, value: $0.value.french(in: call.zone)) }
        }
        self.init(
            step: record.step, check: record.check.rawValue, rule: record.rule.description,
            outcome: record.outcome.rawValue, code: record.code, inputs: facts(record.inputs),
            thresholds: facts(record.thresholds), note: record.note?.rawValue, line: record.line(in: call.zone))
    }
}
extension RuleReplayView {
    init(_ report: ReplayReport, _ call: Call) {
        self.init(
            judgements: report.judgements, results: report.results, same: report.same, unknown: report.unknown,
            differences: report.differences.map { difference in
                DifferenceView(
                    observationID: difference.observationID, ordinal: difference.ordinal,
                    analysis: difference.analysis, at: call.moment(difference.at),
                    before: OutcomeView(difference.before), after: OutcomeView(difference.after),
                    checks: difference.checks)
            })
        if !report.assumed.isEmpty { assumed = report.assumed }
    }
}
extension OutcomeView {
    init(_ outcome: JudgedOutcome) {
        self.init(value: outcome.value, flags: outcome.flags, outcome: outcome.outcome.rawValue, holds: outcome.holds)
    }
}
extension CriticalCallView {
    init(
        _ entry: CallEntry, request: Request?, patient: Patient?, chain: [String], now: Instant, _ call: Call
    ) {
        let made = entry.call
        let state: State =
            switch made.state {
            case .open: .open
            case .told: .told
            case .closed: .closed
            }
        let unit = made.snapshot.unit.map { Catalog.Unit.french($0) } ?? ""
        self.init(
            observationID: made.observationID, analysis: made.analysis, requestNumber: request?.number,
            patientName: patient.map { "\($0.traits.birthName) \($0.traits.firstGivenName)" },
            value: made.frenchText + (unit.isEmpty ? "" : " \(unit)"), state: state,
            openedAt: call.moment(made.openedAt),
            dueAt: call.moment(made.dueAt), isOverdue: made.isOverdue(at: now), level: made.level,
            contact: made.cancelledAt == nil
                ? made.contact(chain)
                : (made.isSuppressed == true ? "valeur non rendue" : "résultat rejeté")
                    + " : au biologiste de clore",
            attempts: made.attempts.map { attempt in
                CallAttemptView(
                    at: call.moment(attempt.at), caller: attempt.caller, number: attempt.number,
                    person: attempt.person, role: attempt.role, valueRead: attempt.valueRead,
                    wasReadBack: attempt.wasReadBack, outcome: attempt.outcome.rawValue)
            },
            closedBy: made.closedBy, closedAt: made.closedAt.map { call.moment($0) })
        tier = made.tier.rawValue
        runs = made.runs?.map(\.observationID)
    }
}
extension ReflexView {
    init(_ entry: ReflexEntry, _ call: Call) {
        self.init(
            rule: entry.finding.rule.description, adds: entry.finding.adds, state: entry.state.rawValue,
            because: entry.finding.because, author: entry.author, at: call.moment(entry.at), reason: entry.reason)
    }
}
