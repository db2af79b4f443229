import API
import Base
import Catalog
import Client
import Foundation
import Laboratory
import Rules
import SQLiteEngine
import Store
import Workflow

extension Figure {
    /// From a message of 30 results in the journal to their state in an answer of the API, over a laboratory of years.
    static var arrivalVisible: Figure {
        Figure(
            name: "arrival-visible",
            what: "99th percentile: 30 results arrive, held or proposable in the API, 1,000,000 past results in SQLite",
            unit: "ms", reference: nil, goal: .most(50)
        ) { bench in
            let house = try await PastHouse.shared.house(bench)
            return try await Measure.alternate(rounds: bench.rounds) {
                var waits: [Double] = []
                for _ in 0..<House.arrivals { waits.append(try await house.arrival()) }
                return waits.sorted()[waits.count * 99 / 100]
            }
        }
    }
}

/// The laboratory of years is made once a run: several figures look at it.
actor PastHouse {
    static let shared = PastHouse()
    private var made: Task<House, any Error>?

    func house(_ bench: Bench) async throws -> House {
        if let made { return try await made.value }
        let task = Task {
            let house = try await House(bench, file: bench.scratch + "/past.sqlite")
            try await house.fillPast(results: House.past)
            return house
        }
        made = task
        return try await task.value
    }
}

/// A laboratory over SQLite, spoken to through its API, without a socket or with one.
actor House {
    static let arrivals = 200
    static let perTube = 30
    static var past: Int {
        ProcessInfo.processInfo.environment["PAILLASSE_BENCH_PAST"].flatMap { Int($0) } ?? 1_000_000
    }
    static let site = Site(
        code: "A", name: "Laboratoire", finess: "590000000",
        address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
        oidRoot: "1.2.250.1.999.1",
        director: Professional(nationalID: "810001234567", family: "MARTIN", given: "Claire"))

    nonisolated let store: any LaboratoryStore
    private let desk: Desk
    private let api: LaboratoryAPI
    private var token = ""
    private let analyses: [Analysis]
    private var random = PRNG(seed: 41)
    private var number = 0
    private let patients = 10_000

    init(_ bench: Bench, file: String) async throws {
        store = try await SQLiteStore.open(path: file)
        let files = try Verification.files(bench)
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("bench"))
        desk = Desk(store: store, shelf: CatalogueShelf(catalogue, files: files), sites: [House.site]) {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
        }
        _ = try await desk.openCatalogue(folder: files)
        let accounts = AccountDesk(desk: desk, credentials: Credentials(cost: .init(n: 16, r: 1, p: 1)))
        api = LaboratoryAPI(desk: desk, live: Nobody(), accounts: accounts)
        // One tube of serum with 30 analyses, as a chemistry line sends it.
        analyses = Array(
            catalogue.analyses.filter { $0.nature == .measured && $0.tube == "VERT" && !$0.unit.isEmpty }
                .prefix(House.perTube))
        try Measure.demand(analyses.count, is: House.perTube, "analyses of one tube")
        try await prepare(accounts)
    }

    private struct Nobody: LiveStatus {
        func analyzers() async -> [AnalyzerState] { [] }
    }

    private func prepare(_ accounts: AccountDesk) async throws {
        let secret = try await accounts.createFirstAdministrator(site: "A") { _ throws(Refusal) in }
        let admin = try await login("admin", secret ?? "")
        var body = AccountBody(
            login: "tech", name: "TECH", role: .technician, secret: "une longue phrase de passe")
        body.site = "A"
        _ = try await ask("POST", "/v1/accounts", try JSONEncoder().encode(body), admin)
        token = try await login("tech", "une longue phrase de passe")
        // Every line and every rule is signed: all checks run.
        let biologist = Author(login: "bio", role: .biologist, site: "A", professional: House.site.director)
        let lines = try desk.catalogue.analyses.map { try desk.approvalSubject(analysis: $0.code) }
        try await desk.approve(lines, reason: "bench", by: biologist)
        try await desk.approve(
            desk.shelf.pack.approvable.map { ApprovalSubject($0) }, reason: "bench",
            until: desk.now().advanced(by: .seconds(86_400)), by: biologist)
    }

    private func login(_ login: String, _ secret: String) async throws -> String {
        let body = try JSONEncoder().encode(LoginBody(login: login, secret: secret))
        let answer = try await ask("POST", "/v1/login", body, nil)
        return try JSONDecoder().decode(SessionView.self, from: answer).token
    }

    private func ask(_ method: String, _ target: String, _ body: Data, _ token: String?) async throws -> Data {
        let answer = await api.respond(
            to: LaboratoryAPI.Incoming(
                method: method, target: target, authorization: token.map { "Bearer \($0)" }, peer: "127.0.0.1",
                body: Array(body)))
        guard answer.status < 300 else {
            throw Fault("\(method) \(target): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
        }
        return Data(answer.body)
    }

    /// The API on a free port of this machine until the program ends, and a client of the technician.
    func serve() async throws -> (address: ServerAddress, client: LaboratoryClient) {
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let api = api
        Task { try await api.run(host: "127.0.0.1", port: 0) { bound.yield($0) } }
        for await port in ports {
            let address = try ServerAddress("http://127.0.0.1:\(port)")
            return (address, LaboratoryClient(server: address, token: token))
        }
        throw Fault("the API did not open its port")
    }

    /// A tube of the past, and how many results it has.
    func tubeOfThePast() -> (accession: String, results: Int) {
        ("T\(Int.random(in: 0..<House.past / House.perTube, using: &random))", House.perTube)
    }

    // The past

    /// Requests of years, signed technically, several a patient.
    func fillPast(results: Int) async throws {
        let start = desk.now().advanced(by: .seconds(-3 * 365 * 86_400))
        let requests = results / House.perTube
        var facts: [Fact] = []
        for number in 0..<requests {
            let at = start.advanced(by: .milliseconds(Int64(number) * 2_500_000))
            facts += past(number, at)
            if facts.count > 8000 {
                try await append(facts)
                facts = []
            }
        }
        try await append(facts)
        try Measure.demand(
            try await store.counts(site: nil).observations, is: requests * House.perTube, "past results")
    }

    private func append(_ facts: [Fact]) async throws {
        let note = AuditNote(site: "A", author: "bench", action: "past", subject: "-", at: desk.now())
        try await store.append(facts, note: note)
    }

    private func past(_ number: Int, _ at: Instant) -> [Fact] {
        past(String(number), "p\(number % patients)", number < patients, at)
    }
    private func past(_ number: String, _ patientID: String, _ isNew: Bool, _ at: Instant) -> [Fact] {
        var facts: [Fact] = []
        if isNew {
            facts.append(.patient(patient(patientID)))
        }
        let request = request("r\(number)", "P\(number)", patientID, at)
        let tube = specimen("T\(number)", request, at)
        facts += [.request(request), .specimen(tube)]
        for analysis in analyses {
            let id = "o\(number)-\(analysis.code)"
            let text = Verification.value(analysis, &random)
            guard let value = Measured(text) else { continue }
            facts.append(
                .observation(
                    Observation(
                        id: id, site: "A", requestID: request.id, patientID: patientID, accession: tube.accession,
                        analysis: analysis.code, catalogueVersion: "past",
                        value: .measured(value, unit: analysis.unit), rawText: text,
                        origin: Origin(analyzer: "cobas"), observedAt: at, recordedAt: at)))
            facts.append(
                .observationEvent(
                    ObservationEvent(
                        observationID: id, ordinal: 1, kind: .technicallyValidated, author: "tech", at: at)))
        }
        return facts
    }

    private func patient(_ id: String) -> Patient {
        let rank = Int.random(in: 0..<10_000, using: &random)
        return Patient(
            id: id, site: "A", ipp: id, status: .provisional,
            traits: Traits(
                birthName: "ESSAI", firstGivenName: "Camille",
                birthDate: CivilDate(year: 1940 + rank % 60, month: 1 + rank % 12, day: 1 + rank % 28),
                sex: rank % 2 == 0 ? .female : .male))
    }

    private func request(_ id: String, _ number: String, _ patientID: String, _ at: Instant) -> Request {
        Request(
            id: id, site: "A", number: number, patientID: patientID, prescriber: House.site.director,
            prescribedOn: CivilDate(year: 2026, month: 11, day: 22), registeredAt: at,
            lines: analyses.map { RequestLine(analysis: $0.code) })
    }

    private func specimen(_ accession: String, _ request: Request, _ at: Instant) -> Specimen {
        Specimen(
            accession: accession, site: "A", requestID: request.id, kind: analyses[0].specimen ?? "",
            tube: analyses[0].tube ?? "", analyses: analyses.map(\.code), collectedAt: at.advanced(by: .seconds(-1800)),
            receivedAt: at)
    }

    /// Somebody measured every month for ten years, each result of a tube each time.
    func fillDecade(patient: String) async throws {
        let months = 120
        let start = desk.now().advanced(by: .seconds(-Int64(months) * 30 * 86_400))
        for month in 0..<months {
            let name = "\(patient)-\(month)"
            let at = start.advanced(by: .seconds(Int64(month) * 30 * 86_400))
            try await append(past(name, patient, month == 0, at))
        }
    }

    /// Somebody who was never here: nothing to compare a value with.
    func newcomer() async throws -> String {
        number += 1
        let id = "new\(number)"
        try await append([.patient(patient(id))])
        return id
    }

    /// A sodium as most people have it, as it is typed.
    func typed(_ analysis: String) throws -> String {
        try Measure.demand(analysis == "NA" ? 1 : 0, is: 1, "\(analysis) is the first cell")
        return String(Int.random(in: 138...143, using: &random))
    }

    // An arrival

    /// Milliseconds from the message in the journal to its results in the answer.
    func arrival() async throws -> Double {
        let (name, tube) = try await freshTube(of: "p\(Int.random(in: 0..<patients, using: &random))")
        return try await arrive(name, tube)
    }

    /// A request with its tube received, and no result yet.
    func freshTube(of patient: String) async throws -> (request: String, tube: Specimen) {
        number += 1
        let at = desk.now()
        let request = request("n\(number)", "N\(number)", patient, at)
        let tube = specimen("X\(number)", request, at)
        try await append([.request(request), .specimen(tube)])
        return ("N\(number)", tube)
    }

    /// Its results come from the analyzer; milliseconds, as above.
    func arrive(_ name: String, _ tube: Specimen) async throws -> Double {
        let at = desk.now()
        let observations = analyses.enumerated().map { ordinal, analysis in
            let text = Verification.value(analysis, &random)
            return IncomingObservation(
                ordinal: ordinal, accession: tube.accession, instrumentCode: analysis.code, analysis: analysis.code,
                value: Measured(text).map { .measured($0, unit: analysis.unit) }, rawText: text,
                rawUnit: analysis.unit, observedAt: at)
        }
        let text = Array("message \(number)".utf8)
        let message = ReceivedMessage(
            id: "m\(number)", site: "A", analyzer: "cobas", sessionID: "s\(number)", ordinal: 0, at: at, text: text,
            textHash: Digest.sha256Hex(text), complete: true)
        let start = ContinuousClock.now
        try await store.append([.message(message)], note: nil)
        _ = try await desk.interpret(message, reading: Laboratory.Reading(observations: observations))
        let answer = try await ask("GET", "/v1/requests/\(name)", Data(), token)
        let waited = Measure.seconds(start.duration(to: .now)) * 1000
        let file = try JSONDecoder().decode(RequestFileView.self, from: answer)
        try Measure.demand(
            file.observations.count { $0.outcome == "RETENU" || $0.outcome == "PROPOSABLE" }, is: House.perTube,
            "results judged")
        return waited
    }
}
