package import Base
package import Client
import Foundation
package import Laboratory
import Store
package import Workflow

/// What the API shows of a line to an analyzer; who runs the lines tells it through `LiveStatus`.
package struct AnalyzerState: Sendable, Hashable {
    package var name: String
    package var site: String
    package var driver: String
    /// Where the line goes, e.g. `tcp 0.0.0.0:4001`.
    package var line: String
    /// In French, for people: `connecté`, `en attente`, `ligne perdue`…
    package var state: String
    package var lastSeen: Instant?
    package var messages: Int
    /// Frames refused (NAK).
    package var refusals: Int
    /// Named departures from the standard, counted.
    package var deviations: [String: Int]
    /// Messages journalled and not interpreted yet.
    package var pending: Int
    /// When the oldest of them came.
    package var oldestPending: Instant?
    /// Answers and orders that the analyzer has not taken yet.
    package var orders: Int
    package init(
        name: String, site: String, driver: String, line: String, state: String, lastSeen: Instant? = nil,
        messages: Int = 0,
        refusals: Int = 0, deviations: [String: Int] = [:], pending: Int = 0, oldestPending: Instant? = nil,
        orders: Int = 0
    ) {
        self.name = name
        self.site = site
        self.driver = driver
        self.line = line
        self.state = state
        self.lastSeen = lastSeen
        self.messages = messages
        self.refusals = refusals
        self.deviations = deviations
        self.pending = pending
        self.oldestPending = oldestPending
        self.orders = orders
    }
}

/// What only the running server knows.
package protocol LiveStatus: Sendable {
    /// In the order of the configuration.
    func analyzers() async -> [AnalyzerState]
    /// What is wrong with the server's own lines, in words for people.
    func alarms() async -> [String]
}

extension LiveStatus {
    package func alarms() async -> [String] { [] }
}

/// What the running server can be told to do with its analyzers.
package protocol AnalyzerControl: Sendable {
    func operate(
        _ operation: LineOperation, _ name: String, reason: String, by author: Author
    ) async throws(CommandFailure)
    /// Reads again what waits in triage of a message.
    func replay(_ messageID: String, reason: String, by author: Author) async throws(CommandFailure) -> ReplayOutcome
    /// Reads the configuration and the drivers again; refuses all of it for one fault.
    func reload(reason: String, by author: Author) async throws(CommandFailure) -> ReloadView
    /// What people said of codes that the drivers do not know, in the order of the analyzers.
    func mappings() async -> [MappedCode]
    /// Takes those of another laboratory, for analyzers of this one and codes that mean nothing here yet; how many.
    func take(_ mappings: [MappedCode], by author: Author) async throws(CommandFailure) -> Int
    /// Gives the code of a triage entry a meaning on its analyzer, and takes what waited for it.
    func map(_ triageID: String, _ body: MapBody, by author: Author) async throws(CommandFailure) -> MappingView
}

extension AnalyzerControl {
    package func mappings() async -> [MappedCode] { [] }
    package func take(_ mappings: [MappedCode], by author: Author) async throws(CommandFailure) -> Int { 0 }
}

/// What the code of an instrument means on one analyzer, as somebody said (`triage map`).
package struct MappedCode: Sendable, Hashable {
    package var analyzer: String
    package var code: String
    package var analysis: String
    package var sentUnit: String
    package var unit: String
    package var factor: String
    package var author: String
    package var at: String
    package var reason: String
    package init(
        analyzer: String, code: String, analysis: String, sentUnit: String, unit: String, factor: String,
        author: String, at: String, reason: String
    ) {
        self.analyzer = analyzer
        self.code = code
        self.analysis = analysis
        self.sentUnit = sentUnit
        self.unit = unit
        self.factor = factor
        self.author = author
        self.at = at
        self.reason = reason
    }
}

/// One request of an authenticated person, after its route was found and its permission checked.
package struct Call: Sendable {
    package var author: Author
    package var account: Account
    /// SHA-256 of the token, to revoke it.
    package var tokenHash: String
    package var zone: CivilZone
    /// When it came.
    package var now: Instant
    /// Address of the peer, without its port.
    package var peer: String
    /// Named segments of the path.
    package var parameters: [String: String]
    package var query: [String: String]
    package var body: [UInt8]

    /// Whether something of this site is shown: each sees the own site, administrators all of them. What is not shown
    /// is answered as if it were not there.
    func sees(_ site: String) -> Bool { author.reaches(site) }

    /// The named segment; a route only asks for its own.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func decoded<T: Decodable>(_ type: T.Type) throws(Refusal) -> T { try StrictJSON.decode(type, from: body) }

    /// Lines of a list: asked, default, and most (an answer stays some megabytes).
    static let usualLines = 200
    static let mostLines = 2000
    func limit() throws(Refusal) -> Int {
        try number("limit", in: 1...Call.mostLines) ?? Call.usualLines
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let text = query[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw Refusal(
                "query.number", at: name, because: "nombre entier attendu",
                remedy: "de \(range.lowerBound) à \(range.upperBound)")
        }
        return value
    }

    /// The instant of a body, in the zone of the site when it bears none.
    func instant(_ moment: Moment?, at key: String) throws(Refusal) -> Instant? {
        guard let moment else { return nil }
        guard let instant = moment.instant(in: zone) else {
            throw Refusal(
                "body.instant", at: key, because: "ce n'est pas une date avec son heure",
                remedy: "écrire par exemple 2026-11-22T07:30+01:00")
        }
        return instant
    }

    func moment(_ instant: Instant) -> Moment { Moment(instant, in: zone) }
}

/// What goes back.
package struct Answer: Sendable {
    package var status: Int
    package var type: String
    package var body: [UInt8]

    package init(status: Int, type: String, body: [UInt8]) {
        self.status = status
        self.type = type
        self.body = body
    }

    static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Answer(
            status: status, type: "application/json; charset=utf-8", body: Array(try encoder.encode(value)))
    }

    /// Every refusal as JSON with its status.
    static func refusal(_ refusal: Refusal, status: Int? = nil) -> Answer {
        let status = status ?? Answer.status(of: refusal.code)
        if let answer = try? json(ErrorBody(refusal), status: status) { return answer }
        return Answer(status: 500, type: "application/json; charset=utf-8", body: Array("{}".utf8))
    }

    /// The one table from the code of a refusal to the status of HTTP (RFC 9110 section 15).
    static func status(of code: String) -> Int {
        switch code {
        case "auth.login", "auth.token", "auth.expired": return 401
        case "auth.permission": return 403
        case "auth.throttled": return 429
        case "auth.busy", "store.unavailable": return 503
        case "route.unknown": return 404
        case "route.method": return 405
        case "body.size": return 413
        case "conflict": return 409
        case _: break
        }
        if code.hasPrefix("body.") || code.hasPrefix("query.") { return 400 }
        // A code of the catalogue is part of a body, not of the address: the request is understood and refused.
        if code.hasPrefix("catalogue.") { return 422 }
        switch code.split(separator: ".").last {
        case "unknown": return 404
        case "changed", "closed", "exists": return 409
        case _: return 422
        }
    }

    /// Whatever a handler threw.
    static func failure(_ error: any Error) -> Answer {
        switch error {
        case let refusal as Refusal: return .refusal(refusal)
        case CommandFailure.refused(let refusal): return .refusal(refusal)
        case CommandFailure.store(let failure): return store(failure)
        case let failure as StoreFailure: return store(failure)
        case _:
            return .refusal(
                Refusal(
                    "server.defect", because: "le serveur n'a pas su répondre",
                    remedy: "réessayer ; si cela se répète, signaler ce défaut"),
                status: 500)
        }
    }

    private static func store(_ failure: StoreFailure) -> Answer {
        switch failure {
        case .conflict(let key):
            .refusal(
                Refusal(
                    "conflict", at: key, because: "quelqu'un d'autre vient de faire le même changement",
                    remedy: "relire, puis recommencer si c'est encore utile"))
        case .unavailable(let refusal): .refusal(refusal, status: 503)
        }
    }
}
