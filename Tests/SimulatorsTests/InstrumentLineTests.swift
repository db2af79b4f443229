import AnalyzerSimulator
import Base
import Drivers
import LIS01
import Laboratory
import Lines
import Neighbours
import Synchronization
import Testing

private let quick = BackOff(first: .milliseconds(10), limit: .milliseconds(40), seed: 1)

private let root: String = {
    var parts = #filePath.split(separator: "/").map { String($0) }
    parts.removeLast(3)
    return "/" + parts.joined(separator: "/")
}()

private func instrument(_ name: String) throws -> Instrument {
    try InstrumentFiles.instrument(name, drivers: root + "/Drivers", catalogue: root + "/Catalog")
}

/// What a laboratory wrote down.
private final class Notes: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
    func has(_ text: String) -> Bool { all.contains { $0.contains(text) } }
}

/// A laboratory of `simulate host` on one line, for the time of `work`.
private func withHost<T: Sendable>(
    _ host: HostRun, on line: LineDescription, commands: [[String]] = [],
    _ work: (LineSource) async throws -> T
) async throws -> (T, Notes) {
    let notes = Notes()
    let source = try await LineSource.start(line, backOff: quick)
    let (stream, desk) = AsyncStream.makeStream(of: [String].self)
    for command in commands { desk.yield(command) }
    let running = Task { await HostPump.run(host, over: source, commands: stream) { notes.add($0) } }
    let result = try await work(source)
    desk.finish()
    await source.stop()
    running.cancel()
    await running.value
    return (result, notes)
}

private let anyPort = LineDescription.tcpServer(host: "127.0.0.1", port: 0, allowedPeers: [])

@Suite(.timeLimit(.minutes(10))) struct `An instrument of a driver over real lines` {
    /// LIS2-A2 in each framing, HL7 v2, and makers' texts.
    @Test(arguments: [
        "roche-cobas-c311", "sysmex-xn", "cepheid-genexpert", "roche-cobas-c111", "mindray-bc5380", "generic-hl7",
        "beckman-au480", "fujifilm-drichem-nx",
    ])
    func `TCP, it connects: the laboratory reads every value that was drawn`(_ name: String) async throws {
        var line = InstrumentLine(try instrument(name))
        line.specimens = ["2611220001", "2611220002"]
        let it = line
        let (outcome, notes) = try await withHost(HostRun(it.instrument.driver), on: anyPort) { host in
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: try #require(host.port)), backOff: quick)
            let outcome = try await it.run(over: source, within: .seconds(300))
            await source.stop()
            return outcome
        }
        #expect(outcome.report.isAcknowledged)
        #expect(outcome.report.sessions.map(\.messages).reduce(0, +) == outcome.report.sessions.count)
        #expect(!outcome.drawn.isEmpty)
        for drawn in outcome.drawn {
            #expect(notes.all.contains { $0.contains(drawn.specimen) && $0.contains(drawn.value) }, "\(drawn)")
        }
    }

    @Test func `TCP, the laboratory connects`() async throws {
        var line = InstrumentLine(try instrument("horiba-yumizen-h500"))
        line.specimens = ["2611220001"]
        let source = try await LineSource.start(anyPort, backOff: quick)
        let port = try #require(source.port), it = line
        let (outcome, notes) = try await withHost(
            HostRun(it.instrument.driver), on: .tcpClient(host: "127.0.0.1", port: port)
        ) { _ in try await it.run(over: source, within: .seconds(300)) }
        #expect(outcome.report.isAcknowledged)
        #expect(notes.has("(HB)"))
        await source.stop()
    }

    @Test func `a serial line, with faults of every kind: everything arrives`() async throws {
        let pty = try await Pty.open()
        var line = InstrumentLine(try instrument("roche-cobas-c311"))
        line.specimens = (1...6).map { "261122000\($0)" }
        line.rates = [.corrupt: 0.1, .split: 0.2, .duplicate: 0.1, .noise: 0.1]
        line.sends = 50
        line.seed = 5
        let it = line
        let receiving = Task { await receive(pty.line) }
        let source = try await LineSource.start(.serial(path: pty.path, SerialSettings(baud: 19200)), backOff: quick)
        let outcome = try await it.run(over: source, within: .seconds(300))
        await source.stop()
        await pty.line.close()
        let messages = await receiving.value
        #expect(outcome.report.isAcknowledged)
        #expect(outcome.report.sessions.contains { !$0.faults.isEmpty })
        let read = messages.flatMap { SessionDecoder.readings(in: $0, driver: it.instrument.driver) }
            .flatMap(\.observations).map { "\($0.accession) \($0.instrumentCode)" }
        #expect(Set(read) == Set(outcome.drawn.map { "\($0.specimen) \($0.code)" }))
    }

    @Test(arguments: ["roche-cobas-c311", "erba-xl640"])
    func `it asks, obeys the orders and gives their results`(_ name: String) async throws {
        var line = InstrumentLine(try instrument(name))
        line.specimens = ["2611220001", "2611220002"]
        line.asksForOrders = true
        line.answerWithin = .seconds(5)
        line.linger = .milliseconds(300)
        let analysis = try #require(
            line.instrument.driver.description.codes.values.map(\.analysis).sorted().first {
                line.instrument.driver.orderCode(for: $0) != nil
            })
        let text = "{ orders: [{ specimen: '2611220001', analyses: ['\(analysis)'], urgent: true }] }"
        let orders = try InstrumentFiles.orders(Array(text.utf8), at: "essai", now: SteadyClock().now)
        let it = line
        let (outcome, notes) = try await withHost(HostRun(it.instrument.driver, orders: orders), on: anyPort) { host in
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: try #require(host.port)), backOff: quick)
            let outcome = try await it.run(over: source, within: .seconds(300))
            await source.stop()
            return outcome
        }
        #expect(notes.has("demande : 2611220001 ; 1 tube(s) avec du travail"))
        #expect(notes.has("demande : 2611220002 ; 0 tube(s) avec du travail"))
        #expect(Set(outcome.drawn.map(\.specimen)) == ["2611220001"])
        #expect(notes.has("(\(analysis))"))
    }

    @Test func `it takes orders that it did not ask for`() async throws {
        var line = InstrumentLine(try instrument("roche-cobas-c311"))
        line.linger = .seconds(2)
        let text = "{ orders: [{ specimen: '2611220009', analyses: ['NA', 'K'] }] }"
        let orders = try InstrumentFiles.orders(Array(text.utf8), at: "essai", now: SteadyClock().now)
        let it = line
        let (outcome, notes) = try await withHost(
            HostRun(it.instrument.driver, orders: orders), on: anyPort, commands: [[]]
        ) { host in
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: try #require(host.port)), backOff: quick)
            let outcome = try await it.run(over: source, within: .seconds(300))
            await source.stop()
            return outcome
        }
        #expect(notes.has("demandes acceptées"))
        #expect(outcome.drawn.map(\.code).sorted() == ["989", "990"])
        #expect(notes.has("(NA)") && notes.has("(K)"))
    }

    @Test func `time runs faster: pauses that would take more than a day are over before the test gives up`()
        async throws
    {
        var line = InstrumentLine(try instrument("roche-cobas-c311"))
        line.specimens = (1...40).map { "26112201\($0 + 10)" }
        line.pause = .seconds(3600)
        line.timeScale = 36_000
        let it = line
        let (outcome, _) = try await withHost(HostRun(it.instrument.driver), on: anyPort) { host in
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: try #require(host.port)), backOff: quick)
            let outcome = try await it.run(over: source, within: .seconds(300))
            await source.stop()
            return outcome
        }
        #expect(outcome.report.isAcknowledged && outcome.report.sessions.count == 40)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `A laboratory that misbehaves on purpose` {
    private func send(_ mischief: HostMischief, driver: String = "roche-cobas-c311") async throws -> (
        InstrumentLine.Outcome, Notes
    ) {
        var line = InstrumentLine(try instrument(driver))
        line.specimens = ["2611220001"]
        line.sends = 2
        line.framing = .cut(60)
        let it = line
        return try await withHost(HostRun(it.instrument.driver, mischief: mischief), on: anyPort) { host in
            let source = try await LineSource.start(
                .tcpClient(host: "127.0.0.1", port: try #require(host.port)), backOff: quick)
            let outcome = try await it.run(over: source, within: .seconds(6))
            await source.stop()
            return outcome
        }
    }

    @Test func `a refused frame comes again`() async throws {
        var mischief = HostMischief()
        mischief.refused = [2, 3]
        let (outcome, notes) = try await send(mischief)
        let session = try #require(outcome.report.sessions.first)
        #expect(session.acknowledged && session.refusals == 2 && session.sends == 1)
        #expect(notes.has("trame 2 : NAK, exprès") && notes.has("<NAK>"))
    }

    @Test func `an answer that comes late is waited for`() async throws {
        var mischief = HostMischief()
        mischief.delay = .milliseconds(40)
        let (outcome, _) = try await send(mischief)
        let session = try #require(outcome.report.sessions.first)
        #expect(session.acknowledged && session.milliseconds >= Int64(session.frames) * 40)
    }

    @Test func `silence is silence`() async throws {
        var mischief = HostMischief()
        mischief.silentFrom = 3
        let (outcome, notes) = try await send(mischief)
        #expect(!outcome.report.isAcknowledged)
        #expect(notes.has("trame 3 : silence, exprès"))
        #expect(notes.all.count { $0.hasPrefix("→") && $0.contains("ACK") } == 3, "the ENQ and two frames")
    }

    @Test func `HL7 v2: refused with AE, then taken`() async throws {
        var mischief = HostMischief()
        mischief.refused = [1]
        let (outcome, notes) = try await send(mischief, driver: "generic-hl7")
        let session = try #require(outcome.report.sessions.first)
        #expect(session.acknowledged && session.framesSent == 2)
        #expect(notes.has("MSA|AE|") && notes.has("MSA|AA|"))
    }

    @Test func `orders with an unknown key are refused by its name`() {
        let text = Array("{ orders: [{ specimen: 'A', analyses: ['NA'], priorty: 'S' }] }".utf8)
        let refusal = #expect(throws: Refusal.self) {
            try InstrumentFiles.orders(text, at: "essai.json5", now: SteadyClock().now)
        }
        #expect(refusal?.description.contains("priorty") == true)
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Many instruments at once` {
    @Test(arguments: [nil, 400.0])
    func `every message of every one is acknowledged, and counted`(_ rate: Double?) async throws {
        let it = try instrument("generic-lis2a2")
        var hosts: [LineSource] = [], tasks: [Task<Void, Never>] = []
        let notes = Notes()
        for _ in 0..<12 {
            let source = try await LineSource.start(anyPort, backOff: quick)
            hosts.append(source)
            tasks.append(
                Task {
                    let host = HostRun(it.driver)
                    await HostPump.run(host, over: source, commands: AsyncStream { $0.finish() }, logsBytes: false) {
                        notes.add($0)
                    }
                })
        }
        var load = LoadRun(
            it, lines: hosts.compactMap { $0.port.map { .tcpClient(host: "127.0.0.1", port: $0) } })
        load.messages = 5
        load.rate = rate
        load.rates = [.corrupt: 0.05]
        load.limit = .seconds(60)
        let outcome = try await load.run()
        // Each tube once. A host answers first and notes then: it is stopped when all of them are noted.
        let tubes = (0..<12).flatMap { analyzer in (0..<5).map { load.tube(analyzer, $0) + " " } }
        _ = await eventually { tubes.allSatisfy { notes.has("  " + $0) } }
        for host in hosts { await host.stop() }
        for task in tasks { task.cancel() }
        #expect(outcome.analyzers == 12 && outcome.messages == 60)
        #expect(outcome.acknowledged == 60 && outcome.failed == 0)
        #expect(outcome.resentFrames == outcome.faults["corrupt", default: 0])
        #expect(outcome.framesSent > 60 && outcome.latencies.count > 60)
        #expect(outcome.latency(0.5) <= outcome.latency(0.99) && outcome.latency(0.5) > .zero)
        if let rate { #expect(outcome.messagesPerSecond <= rate * 1.2) }
        for tube in tubes { #expect(notes.has("  " + tube), "\(tube)") }
    }
}
