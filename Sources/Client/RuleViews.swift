package import Base
package import Laboratory

// Why a result is held, critical calls, reflex tests, and judging again.

/// A value that a check looked at, or a limit.
package struct FactView: Codable, Sendable, Hashable {
    package var name: String
    package var value: String
    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// One check of one result.
package struct CheckView: Codable, Sendable, Hashable {
    /// Place in the order of checks, 0…15.
    package var step: Int
    package var check: String
    /// `delta@1`, `EDTA@1`
    package var rule: String
    /// `yes`: the reason to hold is there.
    package var outcome: String
    /// What it holds with.
    package var code: Hold.Code?
    package var inputs: [FactView]
    package var thresholds: [FactView]
    package var note: String?
    /// The whole line in French.
    package var line: String
    package init(
        step: Int, check: String, rule: String, outcome: String, code: Hold.Code?, inputs: [FactView],
        thresholds: [FactView], note: String?, line: String
    ) {
        self.step = step
        self.check = check
        self.rule = rule
        self.outcome = outcome
        self.code = code
        self.inputs = inputs
        self.thresholds = thresholds
        self.note = note
        self.line = line
    }
}

/// One judgement of a result; the last one stands.
package struct JudgementView: Codable, Sendable, Hashable {
    package var ordinal: Int
    package var at: Moment
    package var engine: Int
    package var catalogueVersion: String
    package var rulesVersion: String
    /// `PROPOSABLE` or `RETENU`
    package var outcome: String
    package var value: ObservationValue
    package var holds: [Hold]
    package var checks: [CheckView]
    /// A rerun that the analyzer could make by itself.
    package var proposedDilution: String?
    package init(
        ordinal: Int, at: Moment, engine: Int, catalogueVersion: String, rulesVersion: String, outcome: String,
        value: ObservationValue, holds: [Hold], checks: [CheckView], proposedDilution: String?
    ) {
        self.ordinal = ordinal
        self.at = at
        self.engine = engine
        self.catalogueVersion = catalogueVersion
        self.rulesVersion = rulesVersion
        self.outcome = outcome
        self.value = value
        self.holds = holds
        self.checks = checks
        self.proposedDilution = proposedDilution
    }
}

package struct WhyView: Codable, Sendable, Hashable {
    /// With the holds that stand now.
    package var observation: ObservationView
    package var requestNumber: String
    package var judgements: [JudgementView]
    package init(observation: ObservationView, requestNumber: String, judgements: [JudgementView]) {
        self.observation = observation
        self.requestNumber = requestNumber
        self.judgements = judgements
    }
}

/// The window of judgements to make again; the last 24 hours when nothing is given.
package struct ReplayBody: Codable, Sendable, Hashable {
    package var from: Moment?
    package var to: Moment?
    package init(from: Moment? = nil, to: Moment? = nil) {
        self.from = from
        self.to = to
    }
}
/// A catalogue that is not published, tried on the judgements of the last days.
/// The engine off, or on again: of an analysis, of an analyzer, or of the whole site when neither is named.
package struct EngineSwitchBody: Codable, Sendable, Hashable {
    package var off: Bool
    package var analysis: String?
    package var analyzer: String?
    package var reason: String
    package init(off: Bool, analysis: String? = nil, analyzer: String? = nil, reason: String) {
        self.off = off
        self.analysis = analysis
        self.analyzer = analyzer
        self.reason = reason
    }
}

/// Where the engine is off.
package struct EngineSwitchView: Codable, Sendable, Hashable {
    /// `site`, `analyzer:xn`, `analyse:K`.
    package var subject: String
    package var author: String
    package var at: Moment
    package var reason: String
    package init(subject: String, author: String, at: Moment, reason: String) {
        self.subject = subject
        self.author = author
        self.at = at
        self.reason = reason
    }
}

package struct DryRunBody: Codable, Sendable, Hashable {
    package var files: [CatalogueFileBody]
    package var days: Int
    /// Every rule of it counts as approved, not only those that are today.
    package var allRules: Bool?
    package init(files: [CatalogueFileBody], days: Int, allRules: Bool? = nil) {
        self.files = files
        self.days = days
        self.allRules = allRules
    }
}

package struct OutcomeView: Codable, Sendable, Hashable {
    package var value: String
    package var flags: [ResultFlag]
    package var outcome: String
    package var holds: [Hold.Code]
    package init(value: String, flags: [ResultFlag], outcome: String, holds: [Hold.Code]) {
        self.value = value
        self.flags = flags
        self.outcome = outcome
        self.holds = holds
    }
}
package struct DifferenceView: Codable, Sendable, Hashable {
    package var observationID: String
    package var ordinal: Int
    package var analysis: String
    package var at: Moment
    package var before: OutcomeView
    package var after: OutcomeView
    package var checks: [String]
    package init(
        observationID: String, ordinal: Int, analysis: String, at: Moment, before: OutcomeView, after: OutcomeView,
        checks: [String]
    ) {
        self.observationID = observationID
        self.ordinal = ordinal
        self.analysis = analysis
        self.at = at
        self.before = before
        self.after = after
        self.checks = checks
    }
}
package struct RuleReplayView: Codable, Sendable, Hashable {
    package var judgements: Int
    package var results: Int
    package var same: Int
    /// Judged with what is not at hand any more.
    package var unknown: Int
    /// Of a dry run: what counts as approved though its content changed (`regle:EDTA`, `analyse:NA`).
    package var assumed: [String]?
    package var differences: [DifferenceView]
    package init(judgements: Int, results: Int, same: Int, unknown: Int, differences: [DifferenceView]) {
        self.judgements = judgements
        self.results = results
        self.same = same
        self.unknown = unknown
        self.differences = differences
    }
}

/// How many results were judged again.
package struct JudgedView: Codable, Sendable, Hashable {
    package var judged: Int
    package init(judged: Int) { self.judged = judged }
}

// Critical calls

package struct CallAttemptView: Codable, Sendable, Hashable {
    package var at: Moment
    package var caller: String
    package var number: String
    package var person: String
    package var role: String
    package var valueRead: String
    package var wasReadBack: Bool
    /// `CONFIRME`, `SANS_RELECTURE`, `INJOIGNABLE`
    package var outcome: String
    package init(
        at: Moment, caller: String, number: String, person: String, role: String, valueRead: String,
        wasReadBack: Bool, outcome: String
    ) {
        self.at = at
        self.caller = caller
        self.number = number
        self.person = person
        self.role = role
        self.valueRead = valueRead
        self.wasReadBack = wasReadBack
        self.outcome = outcome
    }
}

/// A critical value that must be told, and how far it was.
package struct CriticalCallView: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case open = "à appeler"
        case told = "prévenu, attend le biologiste"
        case closed = "clos"
    }
    package var observationID: String
    package var analysis: String
    package var requestNumber: String?
    package var patientName: String?
    package var value: String
    package var state: State
    package var openedAt: Moment
    package var dueAt: Moment
    package var isOverdue: Bool
    /// Place in the chain of calls, 0 first.
    package var level: Int
    /// Whom to call now.
    package var contact: String?
    package var attempts: [CallAttemptView]
    package var closedBy: String?
    package var closedAt: Moment?
    /// `technician` or `biologist`: whose task it is.
    package var tier: String?
    /// Other runs of the analysis on the specimen that it tells of.
    package var runs: [String]?
    package init(
        observationID: String, analysis: String, requestNumber: String?, patientName: String?, value: String,
        state: State, openedAt: Moment, dueAt: Moment, isOverdue: Bool, level: Int, contact: String?,
        attempts: [CallAttemptView], closedBy: String?, closedAt: Moment?
    ) {
        self.observationID = observationID
        self.analysis = analysis
        self.requestNumber = requestNumber
        self.patientName = patientName
        self.value = value
        self.state = state
        self.openedAt = openedAt
        self.dueAt = dueAt
        self.isOverdue = isOverdue
        self.level = level
        self.contact = contact
        self.attempts = attempts
        self.closedBy = closedBy
        self.closedAt = closedAt
    }

    /// The last attempt that reached somebody.
    package var reached: CallAttemptView? { attempts.last { $0.outcome != "INJOIGNABLE" } }
}

/// A call as it was made. `outcome` is told from `reached` and `readBack`.
package struct CallBody: Codable, Sendable, Hashable {
    package var number: String?
    package var person: String?
    package var role: String?
    /// As it was read on the telephone.
    package var value: String?
    package var readBack: Bool
    /// False: nobody answered.
    package var reached: Bool
    package init(
        number: String?, person: String?, role: String?, value: String?, readBack: Bool, reached: Bool
    ) {
        self.number = number
        self.person = person
        self.role = role
        self.value = value
        self.readBack = readBack
        self.reached = reached
    }
}

// Reflex tests

package struct ReflexView: Codable, Sendable, Hashable {
    package var rule: String
    package var adds: [String]
    /// `proposé`, `ajouté`, `refusé`
    package var state: String
    package var because: String
    package var author: String
    package var at: Moment
    package var reason: String
    /// In the list of all that waits.
    package var requestNumber: String?
    package init(
        rule: String, adds: [String], state: String, because: String, author: String, at: Moment, reason: String
    ) {
        self.rule = rule
        self.adds = adds
        self.state = state
        self.because = because
        self.author = author
        self.at = at
        self.reason = reason
    }
}
package struct ReflexBody: Codable, Sendable, Hashable {
    package var rule: String
    package var accept: Bool
    package var reason: String
    package init(rule: String, accept: Bool, reason: String) {
        self.rule = rule
        self.accept = accept
        self.reason = reason
    }
}

extension LaboratoryClient {
    package func why(_ observationID: String) async throws(Refusal) -> WhyView {
        try await get("/v1/results/\(LaboratoryClient.segment(observationID))/why")
    }
    package func judgeAgain(_ reference: String, _ body: ReasonBody) async throws(Refusal) -> JudgedView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/evaluate", body)
    }
    package func replayRules(_ body: ReplayBody) async throws(Refusal) -> RuleReplayView {
        try await send("POST", "/v1/rules/replay", body)
    }
    /// Of whole days, both included; the results of one analysis too when it is named.
    package func monitorRules(
        from: CivilDate, to: CivilDate, analysis: String? = nil
    ) async throws(Refusal) -> RuleMonitoring {
        try await get(
            "/v1/rules/monitor",
            [("from", from.description), ("to", to.description)] + (analysis.map { [("analysis", $0)] } ?? []))
    }
    package func engineSwitches() async throws(Refusal) -> [EngineSwitchView] { try await get("/v1/rules/switches") }
    package func switchEngine(_ body: EngineSwitchBody) async throws(Refusal) -> [EngineSwitchView] {
        try await send("POST", "/v1/rules/switches", body)
    }
    package func dryRun(_ body: DryRunBody) async throws(Refusal) -> RuleReplayView {
        try await send("POST", "/v1/catalogue/dry-run", body)
    }
    package func criticalCalls() async throws(Refusal) -> [CriticalCallView] { try await get("/v1/critical") }
    package func criticalCall(_ id: String) async throws(Refusal) -> CriticalCallView {
        try await get("/v1/critical/\(LaboratoryClient.segment(id))")
    }
    package func recordCall(_ id: String, _ body: CallBody) async throws(Refusal) -> CriticalCallView {
        try await send("POST", "/v1/critical/\(LaboratoryClient.segment(id))/call", body)
    }
    package func escalateCall(_ id: String, _ body: ReasonBody) async throws(Refusal) -> CriticalCallView {
        try await send("POST", "/v1/critical/\(LaboratoryClient.segment(id))/escalate", body)
    }
    package func closeCall(_ id: String, _ body: ReasonBody) async throws(Refusal) -> CriticalCallView {
        try await send("POST", "/v1/critical/\(LaboratoryClient.segment(id))/close", body)
    }
    /// All that waits for somebody's word.
    package func openReflexes() async throws(Refusal) -> [ReflexView] { try await get("/v1/reflexes") }
    package func reflexes(_ reference: String) async throws(Refusal) -> [ReflexView] {
        try await get("/v1/requests/\(LaboratoryClient.segment(reference))/reflexes")
    }
    package func decideReflex(_ reference: String, _ body: ReflexBody) async throws(Refusal) -> [ReflexView] {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/reflexes", body)
    }
}
