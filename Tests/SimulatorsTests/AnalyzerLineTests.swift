import AnalyzerSimulator
import Base
import LIS01
import Lines
import Neighbours
import Testing

private let quick = BackOff(first: .milliseconds(10), limit: .milliseconds(40), seed: 1)

/// Receives on one line until it ends; the complete messages.
func receive(_ line: Line) async -> [[UInt8]] {
    let clock = SteadyClock()
    var link = Link(settings: LinkSettings())
    var messages: [[UInt8]] = []
    func run(_ actions: [LinkAction], _ link: inout Link) async {
        for action in actions {
            switch action {
            case .reply(let bytes): try? await line.send(bytes)
            case .store: await run(link.stored(at: clock.now), &link)
            case .message(let text, let isComplete): if isComplete { messages.append(text) }
            case .refused, .sessionBegan, .sessionEnded, .delivered, .failed, .deviation: break
            }
        }
    }
    while true {
        let wait = link.deadline.map { max(.zero, clock.now.duration(to: $0)) }
        switch await line.next(within: wait) {
        case .bytes(let bytes): await run(link.received(bytes, at: clock.now), &link)
        case .timeReached: await run(link.timeReached(at: clock.now), &link)
        case .woken: continue
        case .ended:
            await run(link.lineLost(), &link)
            await line.close()
            return messages
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `An analyser over real lines` {
    private func analyzer(_ faults: [AnalyzerScenario.Fault]) throws -> AnalyzerRun {
        var session = AnalyzerScenario.Session()
        session.records = oneMessage
        session.times = 20
        session.faults = faults
        var scenario = AnalyzerScenario(name: "ligne", sessions: [session])
        scenario.link.framing = .recordPerFrame
        return try AnalyzerRun(scenario, transcripts: [:], at: SteadyClock().now)
    }

    @Test func `TCP, the host listening: everything arrives, corruption and a broken line included`() async throws {
        let listener = try await LineListener.start()
        let receiving = Task {
            var all: [[UInt8]] = []
            for await line in listener.connections { all += await receive(line) }
            return all
        }
        let source = try await LineSource.start(
            .tcpClient(host: "127.0.0.1", port: listener.port), backOff: quick)
        let run = try analyzer([.init(frame: 2, fault: .corrupt), .init(frame: 4, fault: .vanish)])
        let expected = run.messages
        let report = await AnalyzerPump.run(run, over: source, within: .seconds(300))
        #expect(report.isAcknowledged)
        #expect(report.linesLost == 20)
        #expect(report.sessions.allSatisfy { $0.refusals == 1 && $0.sends == 2 })
        await listener.stop()
        #expect(await receiving.value == expected)
    }

    @Test func `TCP, the analyser listening`() async throws {
        let source = try await LineSource.start(
            .tcpServer(host: "127.0.0.1", port: 0, allowedPeers: []), backOff: BackOff(seed: 1))
        let run = try analyzer([])
        let expected = run.messages
        let line = try await Line.dial(host: "127.0.0.1", port: try #require(source.port))
        async let received = receive(line)
        let report = await AnalyzerPump.run(run, over: source, within: .seconds(300))
        #expect(report.isAcknowledged)
        #expect(await received == expected)
        await source.stop()
    }

    @Test func `a serial line: everything arrives, corruption included`() async throws {
        let pty = try await Pty.open()
        let receiving = Task { await receive(pty.line) }
        let source = try await LineSource.start(
            .serial(path: pty.path, SerialSettings(baud: 19200)), backOff: BackOff(seed: 1))
        let run = try analyzer([.init(frame: 3, fault: .corrupt), .init(frame: 4, fault: .duplicate)])
        let expected = run.messages
        let report = await AnalyzerPump.run(run, over: source, within: .seconds(300))
        #expect(report.isAcknowledged)
        #expect(report.sessions.allSatisfy { $0.refusals == 1 && $0.sends == 1 })
        await pty.line.close()
        #expect(await receiving.value == expected)
    }

    @Test func `nobody there: the pump stops at its limit and says so`() async throws {
        let source = try await LineSource.start(
            .tcpClient(host: "127.0.0.1", port: 1), backOff: quick)
        let report = await AnalyzerPump.run(try analyzer([]), over: source, within: .milliseconds(300))
        #expect(!report.isAcknowledged)
        #expect(source.lastFailure?.code == "line.dial")
    }
}
