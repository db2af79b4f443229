import Base
import Catalog
import Client
import Laboratory
import Quality
import Store
package import Workflow

/// The HTTP/JSON API of a laboratory, without HTTP: `respond` takes a method, a path and a body, and gives an answer.
/// `HTTPShell.swift` puts it on a socket.
package struct LaboratoryAPI: Sendable {
    let desk: Desk
    let live: any LiveStatus
    /// Nil where no analyzer runs.
    let control: (any AnalyzerControl)?
    /// Nil where no report leaves.
    let reports: (any ReportControl)?
    package let accounts: AccountDesk
    let feed: ChangeFeed
    let firstReadings = FirstReadings()
    /// The whole table, first match wins.
    package private(set) var routes: [Route] = []

    /// Largest body, in bytes: a report of another laboratory (`ReportSupplements.largestReport`) in base64.
    package static let largestBody = 3 << 20

    package init(
        desk: Desk, live: any LiveStatus, accounts: AccountDesk, control: (any AnalyzerControl)? = nil,
        reports: (any ReportControl)? = nil
    ) {
        self.reports = reports
        self.desk = desk
        self.live = live
        self.control = control
        self.accounts = accounts
        feed = ChangeFeed(store: desk.store)
        routes =
            staffRoutes + registrationRoutes + resultRoutes + signOffRoutes + triageRoutes + outputRoutes
            + releaseRoutes + holderRoutes + supplementRoutes + analyzerRoutes + orderRoutes + stateRoutes
            + catalogueRoutes
            + qualityRoutes
            + patientAverageRoutes + lotRoutes + ruleRoutes + liveRoutes
    }

    /// What HTTP knows of a request.
    package struct Incoming: Sendable {
        package var method: String
        /// Path with its query, as in the request line.
        package var target: String
        package var authorization: String?
        package var peer: String
        package var body: [UInt8]
        package init(method: String, target: String, authorization: String?, peer: String, body: [UInt8]) {
            self.method = method
            self.target = target
            self.authorization = authorization
            self.peer = peer
            self.body = body
        }
    }

    /// Never throws: every defect of the request is an answer.
    package func respond(to incoming: Incoming) async -> Answer {
        do { return try await answer(incoming) } catch { return Answer.failure(error) }
    }

    private func answer(_ incoming: Incoming) async throws -> Answer {
        let (segments, query) = try LaboratoryAPI.parts(of: incoming.target)
        switch (incoming.method, segments) {
        case ("GET", ["v1", "health"]): return try await health()
        case ("POST", ["v1", "login"]): return try await login(incoming)
        case _: break
        }
        let (route, parameters) = try route(incoming.method, segments)
        let (account, hash) = try await accounts.account(bearing: LaboratoryAPI.bearer(incoming.authorization))
        let author = Author(account)
        if case .needs(let permission) = route.access { try author.require(permission) }
        if let stranger = query.keys.sorted().first(where: { !route.query.contains($0) }) {
            throw Refusal(
                "query.key", at: stranger, because: "paramètre inconnu « \(stranger) »",
                remedy: route.query.isEmpty
                    ? "cette adresse n'en prend pas"
                    : "paramètres connus : " + route.query.sorted().joined(separator: ", "))
        }
        if let name = parameters["analyzer"] ?? query["analyzer"] {
            // Manual methods have their controls under that word, and no analyzer bears it.
            if name != AssayMethod.typed || !segments.contains("quality") {
                try await checkAnalyzer(name, author, isReading: incoming.method == "GET")
            }
        }
        let zone = desk.sites[author.site]?.civilZone ?? .europeParis
        return try await route.handle(
            Call(
                author: author, account: account, tokenHash: hash, zone: zone, now: desk.now(), peer: incoming.peer,
                parameters: parameters, query: query, body: incoming.body))
    }

    /// A name that no analyzer of the site bears is a slip of the hand: what is written under it is lost, and what
    /// is read under it looks as if nothing had happened. What an analyzer left behind that runs no more may be read.
    func checkAnalyzer(_ name: String, _ author: Author, isReading: Bool = false) async throws {
        let running = await live.analyzers().filter { author.reaches($0.site) }.map(\.name)
        if running.contains(name) { return }
        if isReading {
            if try await desk.controlledAssays(site: author.site).contains(where: { $0.analyzer == name }) { return }
            if try await !desk.store.messages(analyzer: name, limit: 1).isEmpty { return }
        }
        throw Refusal(
            "analyzer.unknown", at: name, because: "aucun automate ne porte ce nom",
            remedy: running.isEmpty
                ? "aucun automate n'est configuré ici : l'ajouter à la configuration, puis analyzers reload"
                : "employer : " + running.sorted().joined(separator: ", "))
    }

    private func route(_ method: String, _ segments: [String]) throws(Refusal) -> (Route, [String: String]) {
        var others = Set<String>()
        for route in routes {
            guard let parameters = route.parameters(of: segments) else { continue }
            if route.method == method { return (route, parameters) }
            others.insert(route.method)
        }
        if segments == ["v1", "login"] { others.insert("POST") }
        if segments == ["v1", "health"] { others.insert("GET") }
        guard others.isEmpty else {
            throw Refusal(
                "route.method", at: method, because: "cette adresse ne répond pas à \(method)",
                remedy: "méthodes connues : " + others.sorted().joined(separator: ", "))
        }
        throw Refusal(
            "route.unknown", because: "aucune ressource à cette adresse",
            remedy: "vérifier le chemin (il commence par /v1)")
    }

    private func health() async throws -> Answer {
        do throws(StoreFailure) { _ = try await desk.store.token("") } catch {
            return try Answer.json(HealthView(state: "store"), status: 503)
        }
        return try Answer.json(HealthView(state: "ok"))
    }

    private func login(_ incoming: Incoming) async throws -> Answer {
        let body = try StrictJSON.decode(LoginBody.self, from: incoming.body)
        let session = try await accounts.login(body.login, secret: body.secret, from: incoming.peer)
        let zone = desk.sites[session.account.site]?.civilZone ?? .europeParis
        return try Answer.json(
            SessionView(
                token: session.token, login: session.account.login, role: session.account.role,
                name: session.account.name, site: session.account.site, expiresAt: Moment(session.expiresAt, in: zone)))
    }

    // Parts of a request

    private static func bearer(_ header: String?) -> String? {
        guard let header, header.lowercased().hasPrefix("bearer ") else { return nil }
        return String(header.dropFirst(7))
    }

    /// Decoded segments of the path, and the query. A repeated name is refused: which of the two would count?
    static func parts(of target: String) throws(Refusal) -> ([String], [String: String]) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var segments = [String]()
        for part in (halves.first ?? "").split(separator: "/") { segments.append(try decoded(part, plus: false)) }
        var query = [String: String]()
        for pair in (halves.count > 1 ? halves[1] : "").split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try decoded(sides[0], plus: true)
            guard query[name] == nil else {
                throw Refusal("query.twice", at: name, because: "paramètre donné deux fois", remedy: "en garder un")
            }
            query[name] = sides.count > 1 ? try decoded(sides[1], plus: true) : ""
        }
        return (segments, query)
    }

    /// Percent decoding (RFC 3986 section 2.1); in a query `+` is a blank.
    private static func decoded(_ text: Substring, plus: Bool) throws(Refusal) -> String {
        var out = [UInt8]()
        var bytes = Array(text.utf8)[...]
        while let byte = bytes.popFirst() {
            switch byte {
            case 0x25:
                let digits = bytes.prefix(2)
                guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
                    throw Refusal(
                        "query.encoding", because: "« % » sans deux chiffres", remedy: "encoder selon RFC 3986")
                }
                out.append(value)
                bytes = bytes.dropFirst(2)
            case 0x2B where plus: out.append(0x20)
            case _: out.append(byte)
            }
        }
        guard let decoded = String(validating: out, as: UTF8.self) else {
            throw Refusal("query.encoding", because: "adresse qui n'est pas de l'UTF-8", remedy: "encoder en UTF-8")
        }
        return decoded
    }
}
