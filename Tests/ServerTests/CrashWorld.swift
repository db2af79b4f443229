import AnalyzerSimulator
import Base
import Client
import Foundation
import LIS01
import Laboratory
import Lines
import Neighbours
import Synchronization
import TestSupport
import Testing

/// A laboratory whose server is a real process that can be killed at any moment: configuration in a folder of its own,
/// fixed ports on loopback, a PFI in this process.
final class CrashWorld: Sendable {
    let folder: URL
    let apiPort: Int
    let analyzerPort: Int
    let zamPort: Int
    let pfi: PFISimulator
    private let server = Mutex<Child?>(nil)
    private let program: URL

    init(analyzerDriver: String = "roche-cobas-c311") async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "paillasse-crash-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        program = try CrashWorld.builtProgram()
        apiPort = try await CrashWorld.freePort()
        analyzerPort = try await CrashWorld.freePort()
        let zam = try await CrashWorld.freePort()
        zamPort = zam
        var policy = PFIPolicy()
        policy.zamDelay = .milliseconds(20)
        policy.zamAttempts = 1000
        pfi = try await PFISimulator.start(
            folder: folder.appending(path: "pfi").path, zam: { ("127.0.0.1", zam) }, policy: policy)
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        let text = """
            { data: "data", listen: "127.0.0.1:\(apiPort)", catalogue: "\(root)/Catalog", drivers: "\(root)/Drivers",
              sites: [{ code: "A", name: "Laboratoire d'essai", finess: "290012345", phone: "+33298000000",
                address: { street: "1 quai", postalCode: "29200", city: "BREST" }, oidRoot: "1.2.250.1.999.1.29",
                director: { nationalID: "810100000014", family: "ESSAI", given: "Anne" } }],
              analyzers: [{ name: "auto", site: "A", driver: "\(analyzerDriver)",
                line: "listen:127.0.0.1:\(analyzerPort)" }],
              pfi: { address: "127.0.0.1:\(pfi.port)", zam: "127.0.0.1:\(zamPort)", sendingFacility: "L",
                receivingFacility: "L", processing: "T", answerSeconds: 3 } }
            """
        try Data(text.utf8).write(to: folder.appending(path: "paillasse.json5"))
    }

    /// The `paillasse` built beside this test bundle.
    static func builtProgram() throws -> URL {
        let here = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [here, here.deletingLastPathComponent()].map { $0.appending(path: "paillasse") }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) },
            "paillasse is not built beside the tests: run `swift build` first")
    }

    static func freePort() async throws -> Int {
        let listener = try await LineListener.start(host: "127.0.0.1", port: 0, allowedPeers: [])
        let port = listener.port
        await listener.stop()
        return port
    }

    func startServer() throws {
        let process = try Child(
            program.path, ["serve", "--config", folder.appending(path: "paillasse.json5").path],
            log: folder.appending(path: "server.log").path)
        server.withLock { $0 = process }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    func killServer() {
        server.withLock { process in
            process?.end(SIGKILL)
            process = nil
        }
    }

    func client(token: String? = nil) throws -> LaboratoryClient {
        LaboratoryClient(server: try ServerAddress("http://127.0.0.1:\(apiPort)"), token: token)
    }

    /// Until the API answers, or `limit`.
    func waitUntilUp(_ limit: Duration = .seconds(60)) async throws {
        let client = try client()
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if (try? await client.health()) != nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Refusal(
            "test.server", because: "the server did not come up:\n\(log.suffix(2000))", remedy: "read its log")
    }

    var log: String { (try? String(contentsOf: folder.appending(path: "server.log"), encoding: .utf8)) ?? "" }

    /// One session with potassium and sodium of a tube, tried until it is acknowledged. The text is always the same, as
    /// an analyzer's would be: what came twice must count once.
    func sendResults(of tube: String) async throws {
        var session = AnalyzerScenario.Session()
        session.records = [
            #"H|\^&|||H7600^1|||||host|RSUPL^REAL|P|1"#, "P|1",
            #"O|1|\#(tube)|0^50011^011^^S1^SC|^^^989^\^^^990^|R||||||N||||1|||||||20260310080000|||F"#,
            "R|1|^^^989/|141|mmol/l||N||F|||20260310080000", "R|2|^^^990/|4.20|mmol/l||N||F|||20260310080100", "L|1|N",
        ]
        for _ in 0..<400 {
            let scenario = AnalyzerScenario(name: "crash", sessions: [session])
            let run = try AnalyzerRun(scenario, transcripts: [:], specimens: [:], seed: 1, at: SteadyClock().now)
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: analyzerPort),
                backOff: BackOff(first: .milliseconds(20), limit: .milliseconds(100), seed: 1))
            let report = await AnalyzerPump.run(run, over: source, within: .seconds(20))
            await source.stop()
            if report.isAcknowledged { return }
        }
        throw Refusal("test.analyzer", at: tube, because: "never acknowledged", remedy: "read the server's log")
    }

    /// Again and again while the server is away; a refusal of the server itself is thrown.
    func insist<T: Sendable>(_ work: @Sendable () async throws(Refusal) -> T) async throws -> T {
        let end = ContinuousClock.now + .seconds(120)
        while true {
            do throws(Refusal) { return try await work() } catch {
                guard error.code.hasPrefix("client.") || error.code.hasPrefix("store."), ContinuousClock.now < end
                else { throw error }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    /// Messages that the PFI keeps, by MSH-10 taken from the file names `NNNN-<MSH-10>.hl7`.
    var keptByPFI: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "pfi").path)) ?? []
        return names.filter { $0.hasSuffix(".hl7") }.map { String($0.dropFirst(5).dropLast(4)) }
    }

    func end() async {
        killServer()
        await pfi.stop()
        try? FileManager.default.removeItem(at: folder)
    }
}
