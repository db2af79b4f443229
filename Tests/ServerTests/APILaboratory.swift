import API
import Base
import Catalog
import Client
import Exchange
import Foundation
import Laboratory
import Server
import Store
import Synchronization
import Workflow

/// A clock that tests move.
final class TestClock: Sendable {
    private let time = Mutex(Instant("2026-11-22T07:00:00+01:00", in: .utc) ?? Instant(seconds: 0))
    var now: Instant { time.withLock { $0 } }
    /// To the time of this machine: what a program calls today is the laboratory's today.
    func followMachine() { time.withLock { $0 = Instant(seconds: Int64(Date().timeIntervalSince1970)) } }
    func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

struct NoAnalyzers: LiveStatus {
    func analyzers() async -> [AnalyzerState] {
        [AnalyzerState(name: "xn", site: "nord", driver: "sysmex-xn", line: "tcp-server :4001", state: "en attente")]
    }
}

/// A laboratory in memory behind a real socket, spoken to by the real client.
struct APILaboratory: Sendable {
    let store: MemoryStore
    let clock: TestClock
    let desk: Desk
    let api: LaboratoryAPI
    let server: ServerAddress
    /// The way out of its reports; nothing runs it but the test.
    let dispatch: ReportDispatch

    static let secret = "une longue phrase de passe"
    /// The code that the biologist signs with.
    static let pin = "241703"
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static let biologist = Professional(nationalID: "810001234567", family: "MARTIN", given: "Claire", title: "DR")
    static let site = Site(
        code: "nord", name: "Laboratoire du Nord", finess: "590000000",
        address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
        oidRoot: "1.2.250.1.999.1", director: biologist)

    /// Runs `body` with the server up; the server is down when it returns.
    static func open(
        routes: [OrderRoute] = [], pfi: PFISettings? = nil,
        _ body: @Sendable (APILaboratory) async throws -> Void
    ) async throws {
        let store = MemoryStore()
        let clock = TestClock()
        let catalogue = try AnalysisCatalogue.load(
            DataFiles.catalogue(root.appendingPathComponent("Catalog").path), version: CatalogVersion("essai"))
        var open = Desk(store: store, catalogue: catalogue, sites: [site], now: { clock.now })
        open.orderRoutes = { routes }
        let dispatch = ReportDispatch(desk: open, pfi: pfi, log: { _ in })
        dispatch.serve(&open)
        let desk = open
        // Cheap on purpose: what is tested here is not how long scrypt takes.
        let accounts = AccountDesk(desk: desk, credentials: Credentials(cost: .init(n: 16, r: 1, p: 1)))
        let api = LaboratoryAPI(
            desk: desk, live: NoAnalyzers(), accounts: accounts, reports: ReportDoor(dispatch: dispatch))
        let (ports, bound) = AsyncStream.makeStream(of: Int.self)
        let serving = Task { try await api.run(host: "127.0.0.1", port: 0) { bound.yield($0) } }
        var port = 0
        for await value in ports {
            port = value
            break
        }
        let laboratory = APILaboratory(
            store: store, clock: clock, desk: desk, api: api, server: try ServerAddress("http://127.0.0.1:\(port)"),
            dispatch: dispatch)
        try await laboratory.people()
        do { try await body(laboratory) } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        try await serving.value
    }

    /// One account a role, named like the role, and one more technician; the biologist has a code.
    private func people() async throws {
        let first = try await api.accounts.createFirstAdministrator(site: "nord") { _ throws(Refusal) in }
        let admin = try await signedIn("admin", secret: first ?? "")
        for (login, role) in [
            ("technicien", Role.technician), ("technicien2", .technician), ("biologiste", .biologist),
            ("secretaire", .secretary), ("administrateur", .administrator), ("programme", .program),
        ] {
            var body = AccountBody(login: login, name: login.uppercased(), role: role, secret: APILaboratory.secret)
            if role == .biologist {
                body.professional = ProfessionalBody(nationalID: "810001234567", family: "MARTIN", given: "Claire")
            }
            _ = try await admin.addAccount(body)
        }
        try await signedIn(.biologist).choosePIN(PINBody(secret: APILaboratory.secret, pin: APILaboratory.pin))
    }

    var stranger: LaboratoryClient { LaboratoryClient(server: server) }

    func signedIn(_ login: String, secret: String = secret) async throws -> LaboratoryClient {
        let session = try await stranger.login(login, secret: secret)
        return stranger.with(token: session.token)
    }
    func signedIn(_ role: Role) async throws -> LaboratoryClient { try await signedIn(role.rawValue) }

    static func patient(_ name: String = "DUPONT", ipp: String? = nil) -> PatientBody {
        var body = PatientBody(
            status: .provisional,
            traits: TraitsBody(
                birthName: name, firstGivenName: "Marie", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                sex: .female))
        body.ipp = ipp
        return body
    }
    static func renamed(_ name: String) -> PatientChangeBody {
        var body = PatientChangeBody()
        body.traits = PatientChangeBody.TraitsChange()
        body.traits?.birthName = name
        return body
    }
    static func request(_ patientID: String, _ codes: [String]) -> RequestBody {
        var prescriber = ProfessionalBody(nationalID: "810009876543", family: "CHARLES", given: "Pascal")
        prescriber.securedMail = "pascal.charles@medecin.mssante.fr"
        var body = RequestBody(patientID: patientID, codes: codes, prescriber: prescriber)
        body.collectedAt = Moment(text: "2026-11-22T06:30")
        return body
    }

    /// A request of two analyses, received, both results typed and technically validated.
    func readyToSign(_ name: String = "DUPONT") async throws -> RegisteredView {
        let technician = try await signedIn(.technician)
        let patient = try await technician.addPatient(APILaboratory.patient(name))
        let made = try await technician.addRequest(APILaboratory.request(patient.id, ["NA", "K"]))
        for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
        for (code, value) in [("NA", "140"), ("K", "4.20")] {
            var body = ResultBody(analysis: code)
            body.value = value
            _ = try await technician.enter(made.request.number, body)
        }
        _ = try await technician.validate(made.request.number, ValidateBody(all: true, reason: "relu sur l'automate"))
        return made
    }
}

extension APILaboratory {
    /// A request whose two results nothing holds, validated: measured on `xn`, which is exempted from control.
    func proposable(_ name: String) async throws -> RegisteredView {
        let technician = try await signedIn(.technician)
        let patient = try await technician.addPatient(APILaboratory.patient(name))
        let made = try await technician.addRequest(APILaboratory.request(patient.id, ["NA", "K"]))
        for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
        let biologist = try await signedIn(.biologist)
        for (code, value) in [("NA", "140"), ("K", "4.20")] {
            var policy = ControlPolicyBody(reject: ["1-3s"], reason: "essai")
            policy.exempt = true
            _ = try await biologist.setControlPolicy("xn", code, policy)
            let observation = Observation(
                id: "o-\(made.request.number)-\(code)", site: "nord", requestID: made.request.id,
                patientID: patient.id, accession: made.specimens.first?.accession ?? "", analysis: code,
                catalogueVersion: "essai", value: .measured(try Measured.of(value), unit: "mmol/L"), rawText: value,
                origin: Origin(analyzer: "xn"), observedAt: clock.now, recordedAt: clock.now)
            try await store.append(
                [.observation(observation)],
                note: AuditNote(
                    site: "nord", author: "analyzer:xn", action: "result.take", subject: observation.id,
                    at: clock.now))
        }
        _ = try await technician.validate(made.request.number, ValidateBody(all: true))
        return made
    }
}

extension Measured {
    fileprivate static func of(_ text: String) throws(Refusal) -> Measured {
        guard let made = Measured(text) else { throw Refusal("test.number", at: text, because: "", remedy: "") }
        return made
    }
}

/// The refusal that `work` throws, or nil when it succeeds.
func refusal(_ work: () async throws -> Void) async -> Refusal? {
    do { try await work() } catch let refusal as Refusal { return refusal } catch {
        return Refusal("test.other", because: String(describing: error), remedy: "")
    }
    return nil
}
