import API
import Base
import Catalog
import Client
import Exchange
import Foundation
import Laboratory
import SQLiteEngine
import Store
import Workflow

extension Figure {
    /// From the code of the biologist to the last of 200 signatures on the disk.
    static var signLot: Figure {
        Figure(
            name: "sign-200",
            what: "200 proposable files of 20 results signed by lot through the API, a durable transaction each",
            unit: "s", reference: nil, goal: .most(2)
        ) { bench in
            let file = bench.scratch + "/sign-200.sqlite"
            defer { try? FileManager.default.removeItem(atPath: file) }
            let desk = try await SigningDesk(bench, file: file)
            let reading = try await Measure.alternate(rounds: bench.rounds, value: { try await desk.lot() })
            await desk.close()
            return reading
        }
    }
}

/// A biologist before a laboratory over SQLite, through its API without a socket.
private actor SigningDesk {
    static let files = 200
    static let perFile = 20
    private static let secret = "une longue phrase de passe"
    private static let pin = "241703"
    private static let director = Professional(nationalID: "810001234567", family: "MARTIN", given: "Claire")

    private let store: any LaboratoryStore
    private let desk: Desk
    /// Makes each report once before the code, as a server does.
    private let dispatch: ReportDispatch
    private let api: LaboratoryAPI
    private let analyses: [Analysis]
    private var token = ""
    private var number = 0

    private struct Cobas: LiveStatus {
        func analyzers() async -> [AnalyzerState] {
            [AnalyzerState(name: "cobas", site: "A", driver: "cobas", line: "", state: "connecté")]
        }
    }

    init(_ bench: Bench, file: String) async throws {
        store = try await SQLiteStore.open(path: file)
        let files = try Verification.files(bench)
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("bench"))
        let site = Site(
            code: "A", name: "Laboratoire", finess: "590000000",
            address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
            oidRoot: "1.2.250.1.999.1", director: SigningDesk.director)
        var open = Desk(store: store, shelf: CatalogueShelf(catalogue, files: files), sites: [site]) {
            Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        dispatch = ReportDispatch(desk: open, pfi: nil, log: { _ in })
        dispatch.serve(&open)
        desk = open
        _ = try await desk.openCatalogue(folder: files)
        // The real cost of a code is part of the figure.
        let accounts = AccountDesk(desk: desk, credentials: Credentials())
        api = LaboratoryAPI(desk: desk, live: Cobas(), accounts: accounts)
        analyses = Array(
            catalogue.analyses.filter { $0.nature == .measured && $0.tube == "VERT" && !$0.unit.isEmpty }
                .prefix(SigningDesk.perFile))
        try Measure.demand(analyses.count, is: SigningDesk.perFile, "analyses of one tube")
        let secret = try await accounts.createFirstAdministrator(site: "A") { _ throws(Refusal) in }
        let admin = try await login("admin", secret ?? "")
        var body = AccountBody(login: "bio", name: "BIO", role: .biologist, secret: SigningDesk.secret)
        body.professional = ProfessionalBody(nationalID: "810001234567", family: "MARTIN", given: "Claire")
        _ = try await ask("POST", "/v1/accounts", body, admin)
        token = try await login("bio", SigningDesk.secret)
        _ = try await ask("POST", "/v1/pin", PINBody(secret: SigningDesk.secret, pin: SigningDesk.pin), token)
        for analysis in analyses {
            var policy = ControlPolicyBody(reject: ["1-3s"], reason: "mesure")
            policy.exempt = true
            _ = try await ask("POST", "/v1/quality/cobas/\(analysis.code)/policy", policy, token)
        }
    }

    func close() async { await store.close() }

    private func login(_ login: String, _ secret: String) async throws -> String {
        let answer = try await ask("POST", "/v1/login", LoginBody(login: login, secret: secret), nil)
        return try JSONDecoder().decode(SessionView.self, from: answer).token
    }

    private func ask(
        _ method: String, _ target: String, _ body: (any Encodable & Sendable)?, _ token: String?
    ) async throws -> Data {
        let bytes = try body.map { Array(try JSONEncoder().encode($0)) } ?? []
        let answer = await api.respond(
            to: LaboratoryAPI.Incoming(
                method: method, target: target, authorization: token.map { "Bearer \($0)" }, peer: "127.0.0.1",
                body: bytes))
        guard answer.status < 300 else {
            throw Fault("\(method) \(target): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return Data(answer.body)
    }

    /// Seconds that a lot takes; what makes it is not counted.
    func lot() async throws -> Double {
        var facts = [Fact]()
        for _ in 0..<SigningDesk.files { facts += file() }
        let note = AuditNote(site: "A", author: "bench", action: "bench", subject: "-", at: desk.now())
        try await store.append(facts, note: note)
        let lines = try JSONDecoder().decode(
            [SignableLineView].self, from: try await ask("GET", "/v1/bio?limit=2000", nil, token))
        let ready = lines.filter { $0.lane == .proposable }
        try Measure.demand(ready.count, is: SigningDesk.files, "proposable files")
        let body = LotBody(
            pin: SigningDesk.pin,
            files: ready.map { LotBody.File(request: $0.requestNumber, contentHash: $0.contentHash) })
        // While the summary is read.
        let refused = try JSONDecoder().decode(
            [LotOutcomeView].self, from: try await ask("POST", "/v1/bio/lot/check", body, token))
        let first = refused.first?.refusal.map { ": \($0)" } ?? ""
        try Measure.demand(refused.count, is: 0, "refusals before the code" + first)
        let start = ContinuousClock.now
        let answer = try await ask("POST", "/v1/bio/lot", body, token)
        let spent = Measure.seconds(start.duration(to: .now))
        let made = try JSONDecoder().decode([LotOutcomeView].self, from: answer)
        try Measure.demand(made.count { $0.signature != nil }, is: SigningDesk.files, "signatures")
        return spent
    }

    private func file() -> [Fact] {
        number += 1
        let at = desk.now()
        let patient = Patient(
            id: "p\(number)", site: "A", ipp: "\(number)", status: .provisional,
            traits: Traits(
                birthName: "ESSAI", firstGivenName: "Camille",
                birthDate: CivilDate(year: 1940 + number % 60, month: 1 + number % 12, day: 1 + number % 28),
                sex: .female))
        let request = Request(
            id: "r\(number)", site: "A", number: "261122-\(number)", patientID: patient.id,
            prescriber: SigningDesk.director, prescribedOn: CivilDate(year: 2026, month: 11, day: 22),
            registeredAt: at, lines: analyses.map { RequestLine(analysis: $0.code) })
        let tube = Specimen(
            accession: "T\(number)", site: "A", requestID: request.id, kind: analyses[0].specimen ?? "",
            tube: analyses[0].tube ?? "", analyses: analyses.map(\.code),
            collectedAt: at.advanced(by: .seconds(-1800)), receivedAt: at)
        var facts: [Fact] = [.patient(patient), .request(request), .specimen(tube)]
        for analysis in analyses {
            guard let value = Measured("1.0") else { continue }
            let id = "o\(number)-\(analysis.code)"
            facts.append(
                .observation(
                    Observation(
                        id: id, site: "A", requestID: request.id, patientID: patient.id, accession: tube.accession,
                        analysis: analysis.code, catalogueVersion: "bench",
                        value: .measured(value, unit: analysis.unit), rawText: "1.0",
                        origin: Origin(analyzer: "cobas"), observedAt: at, recordedAt: at)))
            facts.append(
                .observationEvent(
                    ObservationEvent(
                        observationID: id, ordinal: 1, kind: .technicallyValidated, author: "tech", at: at)))
        }
        return facts
    }
}
