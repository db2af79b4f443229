import AnalyzerSimulator
import Base
import LIS01
import Testing

/// The analyser and a receiving link joined by a line without delay, in virtual time.
struct World {
    var analyzer: AnalyzerRun
    var host: Link
    var now = start
    /// Complete messages that the host received.
    var received: [[UInt8]] = []
    var storedFrames = 0
    var hostAnswersQueries = false
    /// The host says nothing at all.
    var hostIsDead = false
    var oneByteAtATime = false

    init(_ analyzer: AnalyzerRun) {
        self.analyzer = analyzer
        host = Link(settings: LinkSettings())
    }

    /// Until the scenario is finished or a day has passed.
    mutating func run() {
        var pending = analyzer.lineUp(at: now)
        let end = now.advanced(by: .seconds(86_400))
        while !analyzer.isFinished, now < end {
            while !pending.isEmpty { pending = pass(pending) }
            guard !analyzer.isFinished else { return }
            let deadlines = [analyzer.deadline, hostIsDead ? nil : host.deadline]
            guard let next = deadlines.compactMap({ $0 }).min() else { return }
            now = max(now, next)
            if let due = host.deadline, due <= now { pending += fromHost(host.timeReached(at: now)) }
            if let due = analyzer.deadline, due <= now { pending += analyzer.timeReached(at: now) }
        }
    }

    /// Gives what the analyser did to the host; gives back what the analyser does next.
    private mutating func pass(_ actions: [AnalyzerAction]) -> [AnalyzerAction] {
        var next: [AnalyzerAction] = []
        for action in actions {
            switch action {
            case .send(let bytes):
                guard !hostIsDead else { continue }
                for piece in oneByteAtATime ? bytes.map({ [$0] }) : [bytes] {
                    next += fromHost(host.received(piece, at: now))
                }
            case .wait(let pause):
                now = now.advanced(by: pause)
                if let due = host.deadline, due <= now { next += fromHost(host.timeReached(at: now)) }
            case .breakLine:
                next += analyzer.lineDown(at: now)
                next += fromHost(host.lineLost())
                next += analyzer.lineUp(at: now)
            case .settled, .finished: break
            }
        }
        return next
    }

    private mutating func fromHost(_ actions: [LinkAction]) -> [AnalyzerAction] {
        var out: [AnalyzerAction] = []
        for action in actions {
            switch action {
            case .reply(let bytes):
                out += analyzer.received(bytes, at: now)
            case .store:
                storedFrames += 1
                out += fromHost(host.stored(at: now))
            case .message(let text, let isComplete):
                if isComplete { received.append(text) }
                if hostAnswersQueries, String(decoding: text, as: UTF8.self).contains("\rQ|") {
                    let answer = Array("H|\\^&\rP|1\rO|1|26112200004||^^^HGB|R||||||A||||||||||||||O\rL|1|F\r".utf8)
                    out += fromHost(host.send(answer, at: now).actions)
                }
            case .refused, .sessionBegan, .sessionEnded, .delivered, .failed, .deviation: break
            }
        }
        return out
    }
}

let policies: [FramePolicy] = [.recordPerFrame, .recordPerIntermediateFrame, .wholeMessage, .cut(240), .cut(17)]

@Suite struct `An analyser at work` {
    private func run(
        _ policy: FramePolicy, faults: [AnalyzerScenario.Fault] = [], rates: [WireFault: Double] = [:],
        seed: UInt64 = 1, repeats: Int = 1, change: (inout World) -> Void = { _ in }
    ) throws -> World {
        var session = AnalyzerScenario.Session()
        session.records = oneMessage + oneMessage
        session.faults = faults
        session.times = repeats
        var scenario = AnalyzerScenario(name: "essai", sessions: [session])
        scenario.link.framing = policy
        scenario.rates = rates
        scenario.sends = 50
        var world = World(try AnalyzerRun(scenario, transcripts: [:], seed: seed, at: start))
        change(&world)
        world.run()
        return world
    }

    @Test(arguments: policies)
    func `sends every message once, in any framing, whole or byte by byte`(policy: FramePolicy) throws {
        for slow in [false, true] {
            let world = try run(policy, repeats: 3) { $0.oneByteAtATime = slow }
            #expect(world.received == world.analyzer.messages)
            #expect(world.received.count == 6)
            #expect(world.analyzer.report.isAcknowledged)
            #expect(world.analyzer.report.sessions.allSatisfy { $0.framesSent == $0.frames && $0.enquiries == 1 })
        }
    }

    @Test(arguments: policies)
    func `a corrupted frame is refused and sent again by the real sender`(policy: FramePolicy) throws {
        let world = try run(
            policy, faults: [.init(frame: 1, fault: .corrupt), .init(frame: 2, fault: .corrupt, times: 2)])
        let report = try #require(world.analyzer.report.sessions.first)
        #expect(report.acknowledged && report.refusals == 3 && report.faults == ["corrupt": 3])
        #expect(report.framesSent == report.frames + 3)
        #expect(world.received == world.analyzer.messages)
        #expect(world.storedFrames == report.frames)
    }

    @Test(arguments: policies)
    func `a duplicated frame is stored once and the session goes on`(policy: FramePolicy) throws {
        for slow in [false, true] {
            let faults = (1...2).map { AnalyzerScenario.Fault(frame: $0, fault: .duplicate) }
            let world = try run(policy, faults: faults) {
                $0.oneByteAtATime = slow
            }
            #expect(world.received == world.analyzer.messages)
            #expect(world.analyzer.report.sessions.first?.sends == 1)
            #expect(world.host.deviations[.frameRepeated] == 2)
        }
    }

    @Test func `a lost reply makes the sender begin the session again`() throws {
        let world = try run(.recordPerFrame, faults: [.init(frame: 3, fault: .loseReply)])
        let report = try #require(world.analyzer.report.sessions.first)
        #expect(report.acknowledged && report.enquiries == 2)
        // Section 6.5.2.3: it waited 15 s for the answer.
        #expect(report.milliseconds >= 15_000)
        #expect(Array(world.received.suffix(2)) == world.analyzer.messages)
    }

    @Test(arguments: policies)
    func `an analyser that vanishes in a frame comes back and sends everything`(policy: FramePolicy) throws {
        let world = try run(policy, faults: [.init(frame: 2, fault: .vanish)])
        let report = try #require(world.analyzer.report.sessions.first)
        #expect(report.acknowledged && report.sends == 2)
        #expect(world.analyzer.report.linesLost == 1)
        #expect(Array(world.received.suffix(2)) == world.analyzer.messages)
    }

    @Test(arguments: 1...40)
    func `on a bad cable everything gets through, and the same seed tells the same story`(seed: Int) throws {
        let rates: [WireFault: Double] = [
            .corrupt: 0.1, .duplicate: 0.05, .noise: 0.05, .loseReply: 0.02, .vanish: 0.02,
        ]
        let world = try run(.cut(60), rates: rates, seed: UInt64(seed), repeats: 3)
        #expect(world.analyzer.report.isAcknowledged, "seed \(seed)")
        // A session begun again repeats messages; none is missing or damaged.
        let received = Set(world.received.map { String(decoding: $0, as: UTF8.self) })
        let sent = Set(world.analyzer.messages.map { String(decoding: $0, as: UTF8.self) })
        #expect(received == sent, "seed \(seed)")
        #expect(world.received.count >= world.analyzer.messages.count, "seed \(seed)")
        let again = try run(.cut(60), rates: rates, seed: UInt64(seed), repeats: 3)
        #expect(again.analyzer.report == world.analyzer.report, "seed \(seed)")
    }

    @Test func `a host that never answers is reported, not waited for without end`() throws {
        let world = try run(.recordPerFrame) { $0.hostIsDead = true }
        let report = try #require(world.analyzer.report.sessions.first)
        #expect(!report.acknowledged && report.failure == .noAnswer)
        #expect(world.analyzer.isFinished && !world.analyzer.report.isAcknowledged)
    }

    @Test func `a query waits for the host's message`() throws {
        var session = AnalyzerScenario.Session()
        session.records = [#"H|\^&"#, "Q|1|^S1||ALL||||||||O", "L|1|N"]
        session.awaitAnswer = .seconds(10)
        let scenario = AnalyzerScenario(name: "q", sessions: [session])
        var world = World(try AnalyzerRun(scenario, transcripts: [:], at: start))
        world.hostAnswersQueries = true
        world.run()
        #expect(world.analyzer.report.received.count == 1)
        #expect(world.analyzer.report.sessions.first?.answers == 1)
        #expect(world.now < start.advanced(by: .seconds(9)))
        var silent = World(try AnalyzerRun(scenario, transcripts: [:], at: start))
        silent.run()
        #expect(silent.analyzer.report.sessions.first?.answers == 0)
        #expect(silent.analyzer.isFinished && silent.now >= start.advanced(by: .seconds(10)))
    }
}
