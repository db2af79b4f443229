import API
import Base
import Client
import Foundation
import Laboratory
import Testing

@Suite struct `Access to the API` {
    @Test func `is refused without a token, and tells no wrong login from a wrong secret`() async throws {
        try await APILaboratory.open { laboratory in
            let stranger = laboratory.stranger
            for path in ["/v1/patients", "/v1/status", "/v1/audit", "/v1/whoami"] {
                let answer = try await stranger.raw("GET", path, body: nil)
                #expect(answer.status == 401)
            }
            let one = await refusal { _ = try await stranger.login("technicien", secret: "mauvais secret !") }
            let two = await refusal { _ = try await stranger.login("personne", secret: "mauvais secret !") }
            #expect(one == two && one?.code == "auth.login")
            #expect(await refusal { _ = try await stranger.with(token: "00").whoami() }?.code == "auth.token")
            let forged = String(repeating: "0", count: 64)
            #expect(await refusal { _ = try await stranger.with(token: forged).whoami() }?.code == "auth.token")
        }
    }

    @Test func `leaves its trace in the audit chain, without what was typed`() async throws {
        try await APILaboratory.open { laboratory in
            _ = await refusal { _ = try await laboratory.stranger.login("technicien", secret: "mauvais secret !") }
            _ = await refusal { _ = try await laboratory.stranger.login("mon secret tapé ici", secret: "x") }
            let biologist = try await laboratory.signedIn(.biologist)
            let trail = try await biologist.audit().suffix(3)
            #expect(trail.map(\.action) == ["auth.refused", "auth.refused", "auth.login"])
            #expect(trail.map(\.subject) == ["technicien", "inconnu", "biologiste"])
        }
    }

    @Test func `ends with the token's life, and with a logout`() async throws {
        try await APILaboratory.open { laboratory in
            let technician = try await laboratory.signedIn(.technician)
            laboratory.clock.advance(.seconds(12 * 3600 - 1))
            #expect(try await technician.whoami().login == "technicien")
            laboratory.clock.advance(.seconds(1))
            #expect(await refusal { _ = try await technician.whoami() }?.code == "auth.expired")
            let again = try await laboratory.signedIn(.technician)
            try await again.logout()
            #expect(await refusal { _ = try await again.whoami() }?.code == "auth.token")
        }
    }

    @Test func `ends when the account is closed and follows its role at once`() async throws {
        try await APILaboratory.open { laboratory in
            let admin = try await laboratory.signedIn(.administrator)
            let technician = try await laboratory.signedIn(.technician)
            var change = AccountChange()
            change.role = .secretary
            _ = try await admin.changeAccount("technicien", change)
            #expect(
                await refusal {
                    _ = try await technician.reject("x", RejectBody(observation: "y", reason: "motif d'essai"))
                }?.code
                    == "auth.permission")
            change.enabled = false
            let closed = try await admin.changeAccount("technicien", change)
            #expect(closed.version == 3 && !closed.enabled)
            #expect(await refusal { _ = try await technician.whoami() }?.code == "auth.token")
            #expect(await refusal { _ = try await laboratory.signedIn(.technician) }?.code == "auth.login")
            var own = AccountChange()
            own.enabled = false
            #expect(await refusal { _ = try await admin.changeAccount("administrateur", own) }?.code == "account.self")
        }
    }

    @Test func `slows guessing, and lets the right secret in after the wait`() async throws {
        try await APILaboratory.open { laboratory in
            var codes = [String?]()
            for _ in 0..<10 {
                codes.append(
                    await refusal { _ = try await laboratory.stranger.login("biologiste", secret: "non") }?.code)
            }
            #expect(codes.prefix(8).allSatisfy { $0 == "auth.login" })
            #expect(codes.suffix(2).allSatisfy { $0 == "auth.throttled" })
            #expect(await refusal { _ = try await laboratory.signedIn(.biologist) }?.code == "auth.throttled")
            // Somebody else at the same machine is not slowed.
            _ = try await laboratory.signedIn(.technician)
            laboratory.clock.advance(.seconds(31))
            _ = try await laboratory.signedIn(.biologist)
        }
    }

    @Test func `is given by administrators only, to named people with a long secret`() async throws {
        try await APILaboratory.open { laboratory in
            let admin = try await laboratory.signedIn(.administrator)
            let good = AccountBody(login: "nouveau", name: "N", role: .technician, secret: APILaboratory.secret)
            var bodies = [(good, "")]
            for (code, change) in [
                ("account.secret", { (b: inout AccountBody) in b.secret = "court" }),
                ("account.login", { b in b.login = "Nouveau Login" }), ("account.name", { b in b.name = " " }),
                ("account.professional", { b in b.role = .biologist }), ("account.site", { b in b.site = "lune" }),
                ("account.exists", { b in b.login = "technicien" }),
                (
                    "professional.id",
                    { b in b.professional = ProfessionalBody(nationalID: "123", family: "A", given: "B") }
                ),
            ] {
                var body = good
                change(&body)
                bodies.append((body, code))
            }
            for (body, code) in bodies.dropFirst() {
                #expect(await refusal { _ = try await admin.addAccount(body) }?.code == code)
            }
            _ = try await admin.addAccount(good)
            let listed = String(decoding: try await admin.raw("GET", "/v1/accounts", body: nil).body, as: UTF8.self)
            #expect(listed.contains("nouveau") && !listed.contains("scrypt"))
            let person = try await laboratory.signedIn("nouveau")
            #expect(
                await refusal { try await person.changeSecret(current: "non", replacement: "une autre phrase") }?.code
                    == "account.current")
            try await person.changeSecret(current: APILaboratory.secret, replacement: "une autre phrase")
            #expect(await refusal { _ = try await laboratory.signedIn("nouveau") }?.code == "auth.login")
            _ = try await laboratory.signedIn("nouveau", secret: "une autre phrase")
        }
    }

    /// Written out by hand, route by route, beside the table of the code: `T` technicien, `B` biologiste, `S`
    /// secretaire, `A` administrateur, `P` programme.
    static let rights: [(route: String, roles: String)] = [
        ("POST /v1/logout", "TBSAP"), ("GET /v1/whoami", "TBSAP"), ("GET /v1/drafts/key", "TBSAP"),
        ("POST /v1/secret", "TBSAP"),
        ("POST /v1/requests/:ref/readings", "TB"),
        ("GET /v1/accounts", "A"), ("POST /v1/accounts", "A"), ("PUT /v1/accounts/:login", "A"),
        ("POST /v1/patients", "TBS"), ("GET /v1/patients", "TBSP"), ("GET /v1/patients/:id", "TBSP"),
        ("PUT /v1/patients/:id", "TBS"), ("POST /v1/requests", "TBS"), ("POST /v1/requests/:ref/lines", "TBS"),
        ("GET /v1/requests", "TBSP"),
        ("GET /v1/requests/:ref", "TBSP"), ("POST /v1/specimens/:accession/receive", "TBS"),
        ("GET /v1/worklist/counts", "TBSP"), ("POST /v1/requests/:ref/rework", "TBA"),
        ("GET /v1/worklist", "TBSP"), ("POST /v1/requests/:ref/validate", "TB"),
        ("POST /v1/requests/:ref/reject", "TB"), ("POST /v1/requests/:ref/results", "TB"),
        ("POST /v1/requests/:ref/comment", "TB"), ("PUT /v1/requests/:ref/clinical", "TBS"),
        ("PUT /v1/requests/:ref/addressees", "TBS"),
        ("GET /v1/bio", "TBSP"), ("GET /v1/bio/:ref", "TBSP"), ("POST /v1/bio/:ref/sign", "B"),
        ("POST /v1/bio/:ref/check", "B"),
        ("POST /v1/bio/:ref/draft", "TBSP"), ("POST /v1/bio/lot", "B"),
        ("POST /v1/bio/lot/check", "B"), ("POST /v1/pin", "B"),
        ("GET /v1/comments", "TBSAP"), ("GET /v1/signatures/figures", "TBSAP"),
        ("GET /v1/triage", "TBSP"), ("GET /v1/triage/:id", "TBSP"), ("POST /v1/triage/:id/attach", "TB"),
        ("POST /v1/triage/:id/dismiss", "TB"), ("GET /v1/reports", "TBSP"), ("GET /v1/reports/:id/cda", "TBSP"),
        ("GET /v1/reports/:id/pdf", "TBSP"), ("GET /v1/deliveries", "TBSP"), ("GET /v1/status", "TBSAP"),
        ("GET /v1/analyzers", "TBSAP"), ("GET /v1/messages", "TBSAP"), ("GET /v1/messages/:id", "TBSAP"),
        ("GET /v1/analyzers/:name/orders", "TBSAP"), ("POST /v1/analyzers/:name/orders/resend", "TBA"),
        ("POST /v1/requests/:ref/lines/cancel", "TBS"),
        ("GET /v1/analyzers/:name/sessions", "TBSAP"), ("GET /v1/sessions/:id", "TBSAP"),
        ("POST /v1/analyzers/:name/pause", "TBA"), ("POST /v1/analyzers/:name/resume", "TBA"),
        ("POST /v1/analyzers/:name/reconnect", "TBA"), ("POST /v1/messages/:id/replay", "TB"),
        ("GET /v1/audit", "BA"), ("POST /v1/audit/verify", "BA"), ("GET /v1/catalogue", "TBSAP"),
        ("POST /v1/analyzers/reload", "TBA"), ("POST /v1/triage/:id/map", "TB"),
        ("GET /v1/catalogue/versions", "TBSAP"), ("POST /v1/catalogue/versions", "BA"),
        ("GET /v1/catalogue/files", "TBSAP"), ("GET /v1/catalogue/approvals", "TBSAP"),
        ("POST /v1/catalogue/approvals", "B"), ("POST /v1/catalogue/dry-run", "TBSAP"),
        ("GET /v1/catalogue/single-biologist", "TBSAP"), ("POST /v1/catalogue/single-biologist", "B"),
        ("GET /v1/rules/switches", "TBSAP"), ("POST /v1/rules/switches", "TB"),
        ("GET /v1/results/:id/why", "TBSP"), ("POST /v1/requests/:ref/evaluate", "TB"),
        ("POST /v1/rules/replay", "TBSAP"), ("GET /v1/rules/monitor", "TBSAP"),
        ("GET /v1/critical", "TBSP"), ("GET /v1/critical/:id", "TBSP"),
        ("POST /v1/critical/:id/call", "TB"), ("POST /v1/critical/:id/escalate", "TB"),
        ("POST /v1/critical/:id/close", "TB"), ("GET /v1/requests/:ref/reflexes", "TBSP"),
        ("GET /v1/reflexes", "TBSP"),
        ("POST /v1/requests/:ref/reflexes", "TB"),
        ("GET /v1/events", "TBSAP"), ("GET /v1/specimens/:accession", "TBSP"),
        ("POST /v1/requests/:ref/withdraw", "TB"), ("GET /v1/bio/:ref/history", "TBSP"),
        ("GET /v1/quality", "TBSAP"), ("GET /v1/quality/:analyzer/:analysis", "TBSAP"),
        ("GET /v1/quality/:analyzer/:analysis/chart", "TBSAP"),
        ("GET /v1/quality/:analyzer/:analysis/statistics", "TBSAP"),
        ("GET /v1/quality/:analyzer/:analysis/lookback", "TBSAP"),
        ("POST /v1/quality/:analyzer/:analysis/targets", "B"), ("POST /v1/quality/:analyzer/:analysis/policy", "B"),
        ("POST /v1/quality/:analyzer/:analysis/exclusions", "TB"),
        ("POST /v1/quality/:analyzer/:analysis/corrections", "TB"),
        ("POST /v1/quality/:analyzer/:analysis/controls", "TB"),
        ("POST /v1/quality/:analyzer/:analysis/events", "TB"),
        ("POST /v1/quality/:analyzer/:analysis/lookback", "TB"),
        ("GET /v1/patient-averages", "TBSAP"), ("GET /v1/patient-averages/:analyzer/:analysis", "TBSAP"),
        ("POST /v1/patient-averages/:analyzer/:analysis", "B"),
        ("POST /v1/patient-averages/:analyzer/:analysis/end", "B"),
        ("GET /v1/control-lots/:analyzer", "TBSAP"), ("POST /v1/control-lots/:analyzer", "TB"),
        ("POST /v1/control-lots/:analyzer/switch", "B"),
        ("GET /v1/assessments", "TBSAP"), ("POST /v1/assessments", "TB"),
        ("GET /v1/reports/story", "TBSP"), ("GET /v1/indicators", "TBSAP"), ("POST /v1/requests/:ref/release", "B"),
        ("GET /v1/indicators/pdf", "TBSAP"), ("GET /v1/deliveries/withheld", "TBSP"),
        ("GET /v1/deliveries/dead", "TBSP"),
        ("GET /v1/requests/:ref/supplements", "TBSP"), ("POST /v1/requests/:ref/supplements", "TB"),
        ("POST /v1/requests/:ref/supplements/:ordinal/remove", "TB"), ("GET /v1/requests/:ref/holders", "TBSP"),
        ("POST /v1/bio/:ref/preview", "TBSP"), ("GET /v1/signatures/settings", "TBSAP"),
        ("PUT /v1/signatures/settings", "B"),
    ]

    @Test func `is given to each role as the table says, route by route`() async throws {
        try await APILaboratory.open { laboratory in
            let known = laboratory.api.routes.map { "\($0.method) /\($0.path.joined(separator: "/"))" }
            #expect(Set(known) == Set(`Access to the API`.rights.map(\.route)))
            #expect(known.count == Set(known).count)
            for role in Role.allCases {
                let letter = Character(String(role.rawValue.first ?? "?").uppercased())
                for (route, roles) in `Access to the API`.rights where route != "POST /v1/logout" {
                    let client = try await laboratory.signedIn(role)
                    let parts = route.split(separator: " ")
                    let path = parts[1].split(separator: "/").map { $0.hasPrefix(":") ? "absent" : String($0) }
                    let answer = try await client.raw(
                        String(parts[0]), "/" + path.joined(separator: "/"),
                        body: parts[0] == "GET" ? nil : [0x7B, 0x7D])
                    #expect((answer.status == 403) == !roles.contains(letter), "\(role) \(route) → \(answer.status)")
                    #expect(answer.status != 401 && answer.status < 500, "\(role) \(route) → \(answer.status)")
                }
            }
        }
    }
}

@Suite struct `Secrets by their hash` {
    @Test func `keep their parameters with the hash, and a new salt each time`() async throws {
        let credentials = Credentials(cost: .init(n: 1024, r: 8, p: 1))
        let one = try await credentials.hash("correct horse battery staple")
        let two = try await credentials.hash("correct horse battery staple")
        #expect(one != two && one.hasPrefix("scrypt$1024$8$1$"))
        #expect(try await credentials.verify("correct horse battery staple", against: one))
        #expect(try await !credentials.verify("correct horse battery stapl", against: one))
        for broken in [nil, "", "scrypt", "scrypt$3$8$1$00$00", "scrypt$99999999999$8$1$00$00", one + "0"] {
            #expect(try await !credentials.verify("correct horse battery staple", against: broken))
        }
    }

    @Test func `are scrypt as RFC 7914 says`() async throws {
        // RFC 7914 section 12, third vector, its first 32 octets: scrypt is PBKDF2 at the end, so a shorter output is
        // the beginning of the longer one. Its salt is the ASCII text "SodiumChloride".
        let stored =
            "scrypt$16384$8$1$536f6469756d43686c6f72696465$"
            + "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        #expect(try await Credentials().verify("pleaseletmein", against: stored))
    }
}
