import Base
import Catalog
import Exchange
import Foundation
import HL7v2
import Laboratory
import Neighbours
import Store
import Synchronization
import Testing
import Workflow

/// A clock that tests move.
final class BenchClock: Sendable {
    private let time = Mutex(Instant("2026-11-22T07:00:00+01:00", in: .utc) ?? Instant(seconds: 0))
    /// A millisecond later each time it is asked, so that nothing happens at once.
    var now: Instant {
        time.withLock { time in
            time = time.advanced(by: .milliseconds(1))
            return time
        }
    }
    func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
}

/// A laboratory that signs, over a store in memory.
struct Bench: Sendable {
    let store: MemoryStore
    let clock: BenchClock
    let desk: Desk
    /// The one with a qualified identity.
    private let known = Known()
    private final class Known: Sendable {
        let patient = Mutex<String?>(nil)
        private let rank = Mutex(100)
        /// Another one each time, its key right (97 minus the rest).
        func matricule(of year: Int) -> String {
            let rank = rank.withLock { rank in
                rank += 1
                return rank
            }
            let digits = "2\(String(year).suffix(2))0351215\(rank)"
            let key = 97 - (Int64(digits) ?? 0) % 97
            return digits + (key < 10 ? "0" : "") + String(key)
        }
    }

    static let root: URL = {
        var folder = URL(fileURLWithPath: #filePath)
        while !FileManager.default.fileExists(atPath: folder.appendingPathComponent("Package.swift").path) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()
    static let director = Professional(nationalID: "810001234567", family: "MARTIN", given: "Claire", title: "DR")
    static let site = Site(
        code: "nord", name: "Laboratoire du Nord", finess: "590000000",
        address: PostalAddress(street: "1 rue du Port", postalCode: "59000", city: "LILLE"), phone: "0320000000",
        oidRoot: "1.2.250.1.999.1", director: director)
    static let biologist = Author(login: "biologiste", role: .biologist, site: "nord", professional: director)
    static let technician = Author(login: "technicien", role: .technician, site: "nord")
    static let parties = Parties(
        sendingApplication: "PAILLASSE", sendingFacility: "LABO", receivingApplication: "PFI",
        receivingFacility: "LABO")
    static let prescriberMail = "pascal.charles@medecin.mssante.fr"

    init() throws { try self.init(store: MemoryStore(), clock: BenchClock()) }
    /// The same laboratory after a restart.
    init(of other: Bench) throws { try self.init(store: other.store, clock: other.clock) }

    private init(store: MemoryStore, clock: BenchClock) throws {
        self.store = store
        self.clock = clock
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        let folder = Bench.root.appendingPathComponent("Catalog")
        let files = try names.map {
            CatalogFile(name: $0, bytes: Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("essai"))
        desk = Desk(store: store, catalogue: catalogue, sites: [Bench.site], now: { clock.now })
    }

    /// A request registered and received; its patient has a qualified identity unless told otherwise.
    /// Born in another year, or opposed to the DMP: another person, with the matricule of nobody else.
    func request(
        qualified: Bool = true, birthYear: Int = 1979, opposed: Bool = false, collectedAt: Instant? = nil
    ) async throws -> Request {
        var draft = PatientDraft(
            status: qualified ? .qualified : .provisional,
            traits: Traits(
                birthName: "PAT-TROIS", firstGivenName: "DOMINIQUE", givenNames: "DOMINIQUE MARIE-LOUISE",
                birthDate: CivilDate(year: birthYear, month: 3, day: 28), sex: .female, birthplace: "51215"))
        draft.opposedToDMP = opposed ? true : nil
        let isUsual = qualified && birthYear == 1979 && !opposed
        if qualified {
            draft.ins = try INS(isUsual ? "279035121518989" : known.matricule(of: birthYear))
        }
        var patientID = isUsual ? known.patient.withLock { $0 } : nil
        if patientID == nil { patientID = try await desk.registerPatient(draft, by: Bench.biologist).id }
        if isUsual { known.patient.withLock { $0 = patientID } }
        var prescriber = Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal")
        prescriber.securedMail = Bench.prescriberMail
        var request = RequestDraft(patientID: try #require(patientID), codes: ["K"], prescriber: prescriber)
        request.collectedAt = collectedAt ?? clock.now
        let made = try await desk.registerRequest(request, by: Bench.biologist)
        _ = try await desk.receive(
            made.specimens[0].accession, collectedAt: nil, nonconformity: nil, by: Bench.biologist)
        return made.request
    }

    func signed(qualified: Bool = true) async throws -> Request {
        let request = try await request(qualified: qualified)
        try await sign(request, "4.2")
        return request
    }

    func sign(_ request: Request, _ value: String) async throws {
        clock.advance(.seconds(60))
        let measured = try #require(Measured(value))
        let typed = try await desk.enter(
            .measured(measured, unit: "mmol/L"), analysis: "K", of: request.number, comment: nil, by: Bench.biologist)
        _ = try await desk.validate([typed.id], of: request.number, reason: "relu", by: Bench.biologist)
        let isAmendment = try await desk.fileToSign(request.number).isAmendment
        let draft = isAmendment ? SignDraft(amendment: Amendment(.result)) : SignDraft()
        let file = try await desk.fileToSign(request.number, draft: draft)
        _ = try await desk.sign(
            request.number, contentHash: file.contentHash, allowPartial: false, draft: draft, by: Bench.biologist)
    }

    func changePrescriber(of request: Request, to other: Professional) async throws {
        var changed = try await desk.request(request.id)
        changed.version += 1
        changed.prescriber = other
        let note = AuditNote(
            site: "nord", author: "biologiste", action: "request.change", subject: request.number, at: clock.now)
        try await store.append([.request(changed)], note: note)
    }

    func settings(_ port: Int, waiting: Duration = .seconds(20)) -> PFISettings {
        PFISettings(
            host: "127.0.0.1", port: port, parties: Bench.parties, processing: .training, answerWithin: waiting)
    }

    func dispatch(to port: Int, waiting: Duration = .seconds(20)) -> ReportDispatch {
        ReportDispatch(desk: desk, pfi: settings(port, waiting: waiting), log: { _ in })
    }

    /// Every delivery of a request with what happened to it, oldest first.
    func deliveries(_ request: Request) async throws -> [(delivery: Delivery, kinds: [DeliveryEvent.Kind])] {
        var out = [(delivery: Delivery, kinds: [DeliveryEvent.Kind])]()
        let all = try await store.deliveries(site: nil, requestID: request.id, limit: 99)
        for delivery in all.sorted(by: { ($0.version, $0.createdAt, $0.id) < ($1.version, $1.createdAt, $1.id) }) {
            out.append((delivery, try await store.deliveryEvents(delivery.id).map(\.kind)))
        }
        return out
    }

    func transmission(_ delivery: Delivery) throws -> DocumentTransmission {
        try DocumentTransmission(parsing: HL7v2.ReceivedMessage(delivery.message))
    }
}

/// Runs a PFI that answers as `policy` says, its folder removed at the end.
/// `zam`: where its business acknowledgements go; none without.
func withPFI(
    _ policy: PFIPolicy = PFIPolicy(), zam: (@Sendable () -> (host: String, port: Int)?)? = nil,
    _ body: (PFISimulator, String) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "exchange-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let pfi = try await PFISimulator.start(folder: folder, zam: zam, policy: policy)
    let running = Task { await pfi.run() }
    do { try await body(pfi, folder) } catch {
        await pfi.stop()
        running.cancel()
        throw error
    }
    await pfi.stop()
    running.cancel()
    await running.value
}

/// A report signed and sent to a PFI that answers as `policy` says, which every later version begins with.
func withSent(
    _ policy: PFIPolicy = PFIPolicy(),
    _ body: (Bench, Request, ReportDispatch, _ folder: String) async throws -> Void
) async throws {
    let bench = try Bench()
    let request = try await bench.signed()
    try await withPFI(policy) { pfi, folder in
        let dispatch = bench.dispatch(to: pfi.port)
        try await dispatch.makeReports()
        #expect(try await dispatch.sendDue())
        try await body(bench, request, dispatch, folder)
    }
}

/// Waits for something to happen, however slow the machine; false when it never does.
func eventually(_ what: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<2_000 {
        if try await what() { return true }
        try await Task.sleep(for: .milliseconds(25))
    }
    return false
}

func keptFiles(_ folder: String) throws -> [[UInt8]] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".hl7") }.sorted().map {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))
    }
}
func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

/// What the DMP of the usual patient holds: document and status, each line as it was written.
func dmpRegister(_ folder: String) -> [String] {
    text("\(folder)/bout/dmp/279035121518989/registre.tsv").split(separator: "\n").map {
        $0.split(separator: "\t").prefix(2).joined(separator: " ")
    }
}
/// What came to a mailbox: document and what was asked (ORC-1).
func mails(_ folder: String, _ address: String) -> [String] {
    text("\(folder)/bout/mss/\(address)/courriels.tsv").split(separator: "\n").map {
        $0.split(separator: "\t").dropFirst().joined(separator: " ")
    }
}

extension Bench {
    static let patientMail = "279035121518989@patient.mssante.fr"

    /// What a person decides, without what it sends.
    func decide(
        _ kind: ReleaseAct.Kind, _ request: Request, _ dispatch: ReportDispatch, of id: String? = nil,
        at destination: String? = nil
    ) async throws {
        try await dispatch.perform(
            ReleaseAct(kind, reason: "essai", deliveryID: id, destination: destination), on: request.number,
            by: Bench.biologist)
    }
    /// A correction, made and sent.
    func amend(_ request: Request, _ value: String, _ dispatch: ReportDispatch) async throws {
        try await sign(request, value)
        try await dispatch.makeReports()
        #expect(try await dispatch.sendDue())
    }
    func documents(_ request: Request) async throws -> [String] {
        try await store.reports(requestID: request.id).sorted { $0.version < $1.version }.map(\.documentOID)
    }
    /// What the DMP says of the last message that was for it.
    func say(_ kind: DeliveryEvent.Kind, _ words: String? = nil, version: Int, of request: Request) async throws {
        let all = try await deliveries(request).map(\.delivery)
        let last = try #require(all.last { $0.version == version && $0.toDMP })
        try await desk.recordDelivery(kind, last, detail: words, author: "exchange")
    }
}
