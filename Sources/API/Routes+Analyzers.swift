import Base
import Client
import Laboratory
import Store
import Workflow

extension LaboratoryAPI {
    var analyzerRoutes: [Route] {
        [
            Route("GET", "/v1/analyzers", .needs(.read)) { call in
                try .json(await analyzers(call))
            },
            operation(.pause), operation(.resume), operation(.reconnect),
            Route("POST", "/v1/analyzers/reload", .needs(.operateAnalyzers)) { call in
                let body = try call.decoded(ReasonBody.self)
                return try .json(try await running().reload(reason: body.reason, by: call.author))
            },
            Route("POST", "/v1/triage/:id/map", .needs(.resolveTriage)) { call in
                let body = try call.decoded(MapBody.self)
                return try .json(try await running().map(call.parameter("id"), body, by: call.author))
            },
            Route("GET", "/v1/analyzers/:name/sessions", .needs(.read), query: ["limit"]) { call in
                try .json(try await sessions(call))
            },
            Route("GET", "/v1/sessions/:id", .needs(.read)) { call in try .json(try await session(call)) },
            Route("GET", "/v1/messages", .needs(.read), query: ["analyzer", "limit"]) { call in
                let found = try await desk.store.messages(analyzer: call.query["analyzer"], limit: try call.limit())
                var views = [MessageView]()
                for message in found where call.sees(message.site) {
                    views.append(MessageView(message, try await desk.store.outcome(messageID: message.id), call))
                }
                return try .json(views)
            },
            Route("GET", "/v1/messages/:id", .needs(.read)) { call in
                let id = call.parameter("id")
                guard let message = try await desk.store.message(id), call.sees(message.site) else {
                    throw LaboratoryAPI.absent("message.unknown", "message", id)
                }
                return try .json(try await whole(message, call))
            },
            Route("POST", "/v1/messages/:id/replay", .needs(.resolveTriage)) { call in
                let body = try call.decoded(ReasonBody.self)
                let made = try await running().replay(call.parameter("id"), reason: body.reason, by: call.author)
                return try .json(
                    ReplayView(
                        messageID: made.messageID, observations: made.observations, controls: made.controls,
                        waiting: made.waiting))
            },
        ]
    }

    private func operation(_ operation: LineOperation) -> Route {
        Route("POST", "/v1/analyzers/:name/\(operation.rawValue)", .needs(.operateAnalyzers)) { call in
            let body = try call.decoded(ReasonBody.self)
            try await running().operate(operation, call.parameter("name"), reason: body.reason, by: call.author)
            return try .json(Done())
        }
    }

    private func running() throws(Refusal) -> any AnalyzerControl {
        guard let control else {
            throw Refusal(
                "analyzer.none", because: "ce serveur ne conduit aucun automate",
                remedy: "s'adresser au serveur qui les conduit")
        }
        return control
    }

    private func whole(_ message: ReceivedMessage, _ call: Call) async throws -> MessageView {
        var view = MessageView(message, try await desk.store.outcome(messageID: message.id), call)
        view.text = LaboratoryAPI.readable(message.text)
        view.hex = Digest.hex(message.text)
        return view
    }

    /// Messages looked at to find the sessions that they came in.
    private static let messagesOfSessions = 2000

    /// Those that last, then those of the latest messages.
    private func sessions(_ call: Call) async throws -> [LineSessionView] {
        let name = call.parameter("name")
        guard await live.analyzers().contains(where: { $0.name == name && call.sees($0.site) }) else {
            throw LaboratoryAPI.absent("analyzer.unknown", "automate", name)
        }
        let limit = try call.limit()
        let messages = try await desk.store.messages(analyzer: name, limit: LaboratoryAPI.messagesOfSessions)
        var views = [LineSessionView]()
        for session in try await desk.store.openSessions() where session.analyzer == name && call.sees(session.site) {
            let own = messages.filter { $0.sessionID == session.id }
            views.append(
                LineSessionView(
                    id: session.id, analyzer: name, at: call.moment(session.openedAt), messages: own.count,
                    bytes: own.map(\.text.count).reduce(0, +), open: true))
        }
        var seen = Set(views.map(\.id))
        for message in messages where call.sees(message.site) && seen.insert(message.sessionID).inserted {
            let own = messages.filter { $0.sessionID == message.sessionID }
            views.append(
                LineSessionView(
                    id: message.sessionID, analyzer: name, at: call.moment(own.map(\.at).min() ?? message.at),
                    messages: own.count, bytes: own.map(\.text.count).reduce(0, +), open: false))
        }
        return Array(views.prefix(limit))
    }

    private func session(_ call: Call) async throws -> SessionLogView {
        let id = call.parameter("id")
        let messages = try await desk.store.messages(sessionID: id)
        let open = try await desk.store.openSessions().first { $0.id == id }
        guard let site = messages.first?.site ?? open?.site, call.sees(site) else {
            throw LaboratoryAPI.absent("session.unknown", "session", id)
        }
        var views = [MessageView]()
        for message in messages { views.append(try await whole(message, call)) }
        let frames = try await desk.store.frames(sessionID: id)
        return SessionLogView(
            id: id, analyzer: messages.first?.analyzer ?? open?.analyzer ?? "",
            frames: frames.map {
                SessionLogView.Frame(
                    ordinal: $0.ordinal, at: Moment($0.at, in: call.zone, milliseconds: true), hex: Digest.hex($0.bytes)
                )
            },
            messages: views)
    }

    /// Records one a line. UTF-8 when the bytes are, else ISO 8859-1, whose every byte is a character.
    static func readable(_ bytes: [UInt8]) -> String {
        let text =
            String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
        return text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }
}

extension LaboratoryAPI {
    func analyzers(_ call: Call) async -> [AnalyzerView] {
        let now = desk.now()
        let ordered = Set(desk.orderRoutes().map(\.analyzer))
        return await live.analyzers().filter { call.sees($0.site) }.map { state in
            var view = AnalyzerView(state, call, now: now)
            view.takesOrders = ordered.contains(state.name)
            return view
        }
    }
}

extension AnalyzerView {
    init(_ state: AnalyzerState, _ call: Call, now: Instant) {
        self.init(
            name: state.name, site: state.site, driver: state.driver, line: state.line, state: state.state,
            lastSeen: state.lastSeen.map(call.moment), messages: state.messages, refusals: state.refusals,
            deviations: state.deviations, pending: state.pending,
            orders: state.orders, lag: state.oldestPending.map { max(0, Int($0.duration(to: now).components.seconds)) })
    }
}

extension MessageView {
    init(_ message: ReceivedMessage, _ outcome: MessageOutcome?, _ call: Call) {
        self.init(
            id: message.id, analyzer: message.analyzer, sessionID: message.sessionID, at: call.moment(message.at),
            bytes: message.text.count, textHash: message.textHash, complete: message.complete)
        self.outcome = outcome?.kind.rawValue
        observations = outcome?.observations
        controls = outcome?.controls
        triaged = outcome?.triaged
        queries = outcome?.queries
        indices = outcome?.indices
    }
}
