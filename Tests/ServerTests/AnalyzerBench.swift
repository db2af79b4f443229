import Analyzers
import Base
import Catalog
import Drivers
import Foundation
import LIS01
import Laboratory
import Lines
import Server
import Store
import Testing
import Workflow

/// A fleet of one analyzer over a memory store: its line is a real TCP port, its driver a shipped one.
struct AnalyzerBench: Sendable {
    let store: MemoryStore
    let clock: TestClock
    let desk: Desk
    let configuration: AnalyzerConfiguration
    let fleet: AnalyzerFleet

    /// Read once for all the benches.
    static let catalogue = Result {
        try AnalysisCatalogue.load(DataFiles.catalogue(root + "/Catalog"), version: CatalogVersion("essai"))
    }
    static let technician = Author(login: "technicien", role: .technician, site: "nord")
    static let root = APILaboratory.root.path

    /// `change` rewrites the driver's description before it is read.
    init(
        driver: String = "roche-cobas-c311", line: LineDescription? = nil, orders: OrderMode = .automatic,
        change: (String) -> String = { $0 }
    ) throws {
        let catalogue = try AnalyzerBench.catalogue.get()
        let store = MemoryStore(), clock = TestClock()
        (self.store, self.clock) = (store, clock)
        // The link's timers run on the real clock; the laboratory's day is fixed.
        let start = ContinuousClock.now
        var desk = Desk(
            store: store, catalogue: catalogue, sites: [APILaboratory.site],
            now: { clock.now.advanced(by: start.duration(to: .now)) })
        let folder = try DataFiles.driver("\(AnalyzerBench.root)/Drivers/\(driver)", name: driver)
        let text = change(String(decoding: folder.files["driver.json5"] ?? [], as: UTF8.self))
        let found = DriverDescription.read(Array(text.utf8), name: driver)
        let description = try #require(found.description, "\(found.findings)")
        var configuration = AnalyzerConfiguration(
            name: "auto", site: "nord", driver: Driver(description),
            line: line ?? .tcpServer(host: "127.0.0.1", port: 0, allowedPeers: []), link: description.link,
            zone: .europeParis, orders: orders)
        configuration.orderRetry = .milliseconds(50)
        self.configuration = configuration
        let fleet = AnalyzerFleet([configuration], desk: desk, log: { _ in })
        desk.orderRoutes = { fleet.orderRoutes }
        desk.afterOrdering = { fleet.wakeCouriers() }
        self.fleet = fleet
        self.desk = desk
    }

    /// A cobas pro whose sodium and potassium have codes, quick to be given up.
    static func law(
        line: LineDescription? = nil, orders: OrderMode = .query, answers: Double = 5
    ) throws -> AnalyzerBench {
        try AnalyzerBench(driver: "roche-cobas-pro", line: line, orders: orders) { text in
            let codes = """
                link: { timers: { answer: \(answers) } },
                codes: { "20417": { analysis: "K" }, "20418": { analysis: "NA" } },
                units: {
                """
            return text.replacing("units: {", with: codes)
        }
    }

    /// The same laboratory after a restart of the server: a fleet that remembers nothing.
    func restarted() -> AnalyzerBench { AnalyzerBench(of: self) }
    private init(of other: AnalyzerBench) {
        (store, clock, desk, configuration) = (other.store, other.clock, other.desk, other.configuration)
        fleet = AnalyzerFleet([configuration], desk: desk, log: { _ in })
    }

    var status: AnalyzerStatus { fleet.board.all[0] }

    /// Runs `body` with the fleet up and its port known; `fleet` is another one for a restart.
    func run(_ other: AnalyzerFleet? = nil, _ body: (Int) async throws -> Void) async throws {
        let fleet = other ?? fleet
        let serving = Task { try await fleet.run() }
        if configuration.line.isListening { #expect(await eventually { fleet.board.all[0].port != nil }) }
        do { try await body(fleet.board.all[0].port ?? 0) } catch {
            serving.cancel()
            throw error
        }
        serving.cancel()
        try await serving.value
    }

    /// A received request of sodium and potassium: its tube.
    func tube(_ codes: [String] = ["NA", "K"]) async throws -> (request: Request, accession: String) {
        let secretary = Author(login: "secretaire", role: .secretary, site: "nord")
        let patient = try await desk.registerPatient(
            PatientDraft(
                status: .provisional,
                traits: Traits(
                    birthName: "ESSAI", firstGivenName: "Camille", birthDate: CivilDate(year: 1979, month: 3, day: 28),
                    sex: .female)),
            by: secretary)
        var draft = RequestDraft(
            patientID: patient.id, codes: codes,
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = clock.now
        let made = try await desk.registerRequest(draft, by: secretary)
        let accession = made.specimens[0].accession
        _ = try await desk.receive(accession, collectedAt: nil, nonconformity: nil, by: secretary)
        return (made.request, accession)
    }

    /// Runs of the observations of a request, once everything received is interpreted; before that, nil.
    func runs(_ request: Request) async throws -> [Int]? {
        guard try await store.messagesAwaitingInterpretation(limit: 9).isEmpty else { return nil }
        return try await store.observations(requestID: request.id).map(\.run)
    }

    /// H … L of a cobas c 311 with sodium and potassium.
    static func results(of tube: String, sodium: String = "141", potassium: String = "4.20") -> [UInt8] {
        let records = [
            #"H|\^&|||H7600^1|||||host|RSUPL^REAL|P|1"#, "P|1",
            #"O|1|\#(tube)|0^50011^011^^S1^SC|^^^989^\^^^990^|R||||||N||||1|||||||20261122063000|||F"#,
            "R|1|^^^989/|\(sodium)|mmol/l||N||F|||20261122063000",
            "R|2|^^^990/|\(potassium)|mmol/l||N||F|||20261122063100", "L|1|N",
        ]
        return Array(records.map { $0 + "\r" }.joined().utf8)
    }
    /// A host query for one tube.
    static func query(_ tube: String) -> [UInt8] {
        let records = [
            #"H|\^&|||H7600^1|||||host|TSREQ^REAL|P|1"#, "Q|1|^^\(tube)^0^50021^005^^S1^SC||ALL||||||||O", "L|1|N",
        ]
        return Array(records.map { $0 + "\r" }.joined().utf8)
    }
}

func eventually(within limit: Duration = .seconds(60), _ what: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await what() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await what()
}

/// The instrument's end of a line, byte by byte: tests decide everything that it says.
final class RawInstrument {
    let line: Line
    private var buffer: [UInt8] = []

    init(_ line: Line) { self.line = line }
    init(port: Int) async throws { line = try await Line.dial(host: "127.0.0.1", port: port) }

    func send(_ bytes: [UInt8]) async throws { try await line.send(bytes) }

    /// The next byte from the laboratory; nil when none came, or when the line ended.
    func next(within limit: Duration = .seconds(30)) async -> UInt8? {
        let end = ContinuousClock.now + limit
        while buffer.isEmpty {
            switch await line.next(within: ContinuousClock.now.duration(to: end)) {
            case .bytes(let bytes): buffer += bytes
            case .woken: continue
            case .timeReached, .ended: return nil
            }
        }
        return buffer.removeFirst()
    }

    /// What the laboratory answers to these bytes.
    func say(_ bytes: [UInt8]) async throws -> UInt8? {
        try await send(bytes)
        return await next()
    }

    /// A whole session; the answers to its ENQ and frames.
    func session(_ message: [UInt8]) async throws -> [UInt8?] {
        var answers = [try await say([Control.enq])]
        for frame in Framing.frames(of: message, policy: .recordPerFrame) { answers.append(try await say(frame)) }
        try await send([Control.eot])
        return answers
    }

    /// Receives one whole session from the laboratory, acknowledging everything; its text.
    func receive(within limit: Duration = .seconds(10)) async throws -> String {
        guard await next(within: limit) == Control.enq else { return "" }
        try await send([Control.ack])
        var text: [UInt8] = []
        var frame: [UInt8] = []
        while let byte = await next(within: limit) {
            if byte == Control.eot, frame.isEmpty { break }
            frame.append(byte)
            guard byte == Control.lf, let end = frame.lastIndex(where: { $0 == Control.etx || $0 == Control.etb })
            else { continue }
            text += frame[2..<end]
            frame = []
            try await send([Control.ack])
        }
        return String(decoding: text, as: UTF8.self).replacing("\r", with: "\n")
    }
}
