import AnalyzerSimulator
import Base
import Client
import Foundation
import Glibc
import LIS01
import Lines
import Neighbours
import Synchronization
import Testing

/// `paillasse serve` as a process of its own, with nothing but analyzers that send: it starts quickly, so that it can
/// be killed hundreds of times.
final class CrashServer: Sendable {
    let folder: URL
    let apiPort: Int
    let analyzerPorts: [Int]
    private let server = Mutex<CrashProcess?>(nil)
    private let program: URL

    static let driver = "generic-lis2a2"

    /// `database`: the text of that key, `sqlite:paillasse.sqlite`.
    init(analyzers: Int, database: String) async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "paillasse-loop-\(UUID().uuidString)")
        let drivers = folder.appending(path: "drivers")
        try FileManager.default.createDirectory(at: drivers, withIntermediateDirectories: true)
        program = try CrashWorld.builtProgram()
        apiPort = try await CrashWorld.freePort()
        var ports: [Int] = []
        for _ in 0..<analyzers { ports.append(try await CrashWorld.freePort()) }
        analyzerPorts = ports
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
        // One driver: a start that reads forty folders takes most of the time of this test.
        try FileManager.default.createSymbolicLink(
            atPath: drivers.appending(path: CrashServer.driver).path,
            withDestinationPath: "\(root)/Drivers/\(CrashServer.driver)")
        let lines = ports.enumerated().map { index, port in
            "{ name: \"a\(index)\", site: \"A\", driver: \"\(CrashServer.driver)\", "
                + "line: \"listen:127.0.0.1:\(port)\" }"
        }
        let text = """
            { data: "data", listen: "127.0.0.1:\(apiPort)", catalogue: "\(root)/Catalog", drivers: "\(drivers.path)",
              database: "\(database)",
              sites: [{ code: "A", name: "Laboratoire d'essai", finess: "290012345", phone: "+33298000000",
                address: { street: "1 quai", postalCode: "29200", city: "BREST" }, oidRoot: "1.2.250.1.999.1.29",
                director: { nationalID: "810100000014", family: "ESSAI", given: "Anne" } }],
              analyzers: [\(lines.joined(separator: ", "))] }
            """
        try Data(text.utf8).write(to: folder.appending(path: "paillasse.json5"))
    }

    var isRunning: Bool { server.withLock { $0?.isRunning ?? false } }

    func start() throws {
        let process = try CrashProcess(
            program.path, ["serve", "--config", folder.appending(path: "paillasse.json5").path],
            log: folder.appending(path: "server.log").path)
        server.withLock { $0 = process }
    }

    /// SIGKILL: no handler runs, nothing is flushed. SIGTERM: an orderly end.
    func stop(_ signal: Int32 = SIGKILL) {
        server.withLock { process in
            process?.end(signal)
            process = nil
        }
    }

    /// Until the API answers. A server that gave up (its database was away) is started again, as a service manager
    /// would.
    func waitUntilUp() async throws {
        let client = LaboratoryClient(server: try ServerAddress("http://127.0.0.1:\(apiPort)"))
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            if (try? await client.health()) != nil { return }
            if !isRunning { try start() }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Refusal(
            "test.server", because: "the server did not come up:\n\(log.suffix(2000))", remedy: "read its log")
    }

    var log: String { (try? String(contentsOf: folder.appending(path: "server.log"), encoding: .utf8)) ?? "" }

    func end() {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }
}

/// What one analyzer of the loops sends, and what it was acknowledged.
struct CrashLoad: Sendable {
    /// Framings that analyzers use: a record, a small cut, the classic cut, a message a frame.
    static let framings: [FramePolicy] = [.recordPerFrame, .cut(40), .cut(240), .wholeMessage]
    static let results = 3
    static let batch = 5

    let analyzer: Int
    let port: Int

    /// Tube `a0n12`, values that are the tube's alone.
    static func tube(_ analyzer: Int, _ number: Int) -> String { "a\(analyzer)n\(number)" }
    static func value(_ number: Int, _ result: Int) -> String { "\(number * 10 + result).5" }

    /// Sends batch after batch until `isOver`, the last one whole; how many messages were acknowledged, which is how
    /// many were sent: an analyzer insists.
    func run(until isOver: @Sendable () -> Bool) async throws -> Int {
        var sent = 0
        while !isOver() {
            var scenario = AnalyzerScenario(
                name: "a\(analyzer)", sessions: (0..<Self.batch).map { session(sent + $0) })
            scenario.link.framing = Self.framings[analyzer % Self.framings.count]
            scenario.link.timers.busy = .milliseconds(200)
            scenario.link.timers.answer = .seconds(3)
            scenario.sends = 100_000
            scenario.pause = .zero
            let run = try AnalyzerRun(scenario, transcripts: [:], at: SteadyClock().now)
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: port),
                backOff: BackOff(first: .milliseconds(10), limit: .milliseconds(60), seed: UInt64(analyzer)))
            let report = await AnalyzerPump.run(run, over: source, within: .seconds(180))
            await source.stop()
            guard report.isAcknowledged, report.sessions.count == Self.batch else {
                throw Refusal("test.analyzer", at: scenario.name, because: "never acknowledged", remedy: "server's log")
            }
            sent += Self.batch
        }
        return sent
    }

    private func session(_ number: Int) -> AnalyzerScenario.Session {
        var session = AnalyzerScenario.Session()
        let tube = Self.tube(analyzer, number)
        session.records =
            [#"H|\^&|||LOOP|||||||P|LIS2-A2|20260310080000"#, "P|1", "O|1|\(tube)||^^^X|R"]
            + (1...Self.results).map {
                "R|\($0)|^^^T\($0)|\(Self.value(number, $0))|mmol/L||N||F||||20260310080\($0)00"
            } + ["L|1|N"]
        return session
    }
}
