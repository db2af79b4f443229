import AnalyzerSimulator
import Base
import Client
import Foundation
import Glibc
import LIS01
import Lines
import Neighbours
import Synchronization
import TestSupport
import Testing

/// `paillasse serve` as a process of its own, with nothing but analyzers that send: it starts quickly, so that it can
/// be killed hundreds of times.
final class CrashServer: Sendable {
    let folder: URL
    let apiPort: Int
    let analyzerPorts: [Int]
    private let server = Mutex<Child?>(nil)
    private let program: URL

    /// LIS2-A2, and HL7 v2 for the last analyzer.
    static let drivers = ["generic-lis2a2", "generic-hl7"]
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

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
        let root = CrashServer.root
        // Two drivers: a start that reads forty folders takes most of the time of this test.
        for driver in CrashServer.drivers {
            try FileManager.default.createSymbolicLink(
                atPath: drivers.appending(path: driver).path, withDestinationPath: "\(root)/Drivers/\(driver)")
        }
        let lines = ports.enumerated().map { index, port in
            "{ name: \"a\(index)\", site: \"A\", driver: \"\(CrashServer.drivers[index == ports.count - 1 ? 1 : 0])\", "
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
        let process = try Child(
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
    let isHL7: Bool

    /// Tube `a0n12`, values that are the tube's alone.
    static func tube(_ analyzer: Int, _ number: Int) -> String { "a\(analyzer)n\(number)" }
    static func value(_ number: Int, _ result: Int) -> String { "\(number * 10 + result).5" }

    /// Sends batch after batch until `isOver`, the last one whole; how many messages were acknowledged, which is how
    /// many were sent: an analyzer insists.
    func run(until isOver: @Sendable () -> Bool) async throws -> Int {
        var sent = 0
        while !isOver() {
            let report = isHL7 ? try await sendBlocks(from: sent) : try await sendSessions(from: sent)
            guard report.isAcknowledged, report.sessions.count == Self.batch else {
                throw Refusal(
                    "test.analyzer", at: "a\(analyzer)", because: "never acknowledged", remedy: "server's log")
            }
            sent += Self.batch
        }
        return sent
    }

    private func sendSessions(from first: Int) async throws -> AnalyzerReport {
        var scenario = AnalyzerScenario(name: "a\(analyzer)", sessions: (0..<Self.batch).map { session(first + $0) })
        scenario.link.framing = Self.framings[analyzer % Self.framings.count]
        scenario.link.timers.busy = .milliseconds(200)
        scenario.link.timers.answer = .seconds(3)
        scenario.sends = 100_000
        let run = try AnalyzerRun(scenario, transcripts: [:], at: SteadyClock().now)
        return try await pump(run)
    }

    private func sendBlocks(from first: Int) async throws -> AnalyzerReport {
        var scenario = AnalyzerScenario(name: "a\(analyzer)", sessions: [])
        scenario.sends = 100_000
        let instrument = try Instrument(
            try InstrumentFiles.folder(CrashServer.drivers[1], in: CrashServer.root + "/Drivers"))
        let run = BlockRun(
            scenario, sessions: (0..<Self.batch).map { block(first + $0) }, instrument: instrument,
            answerWithin: .seconds(3), at: SteadyClock().now)
        return try await pump(run)
    }

    private func pump(_ run: consuming some SimulatedAnalyzer) async throws -> AnalyzerReport {
        let source = try await LineSource.start(
            .tcpClient(host: "127.0.0.1", port: port),
            backOff: BackOff(first: .milliseconds(10), limit: .milliseconds(60), seed: UInt64(analyzer)))
        let report = await AnalyzerPump.run(run, over: source, within: .seconds(180))
        await source.stop()
        return report
    }

    /// The bytes are always the same for a tube, MSH-10 with them: what came twice must count once.
    private func block(_ number: Int) -> BlockRun.Planned {
        let tube = Self.tube(analyzer, number)
        let lines =
            [
                #"MSH|^~\&|LOOP||LAB||20260310080000+0100||OUL^R22^OUL_R22|\#(tube)|P|2.5.1||||||UNICODE UTF-8"#,
                "SPM|1|\(tube)||SER|||||||P", "OBR|1|||X^X^L",
            ]
            + (1...Self.results).map { "OBX|\($0)|NM|T\($0)^T^L||\(Self.value(number, $0))|mmol/L|||||F" }
        return BlockRun.Planned(name: tube, messages: [lines.flatMap { Array($0.utf8) + [0x0D] }])
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
