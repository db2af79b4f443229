import Analyzers
import Base
import HL7v2
import Laboratory
import Lines
import Store
import Testing
import Workflow

private typealias Instrument = MLLPInstrument

@Suite(.timeLimit(.minutes(10))) struct `A line in HL7 v2` {
    private func kind(_ message: [String]?) -> String { Instrument.field(message ?? [], "MSH", 9) }
    private func verdict(_ message: [String]?) -> String { Instrument.field(message ?? [], "MSA", 1) }

    @Test func `a message is in the journal when its acknowledgement arrives, and its results are taken`() async throws
    {
        let bench = try AnalyzerBench.law()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            let answer = try await instrument.say(Instrument.results(of: tube))
            let message = try #require(try await bench.store.messages(analyzer: "auto", limit: 9).first)
            #expect(message.text == Instrument.bytes(Instrument.results(of: tube)) && message.complete)
            let frames = try await bench.store.frames(sessionID: message.sessionID)
            #expect(frames.map(\.bytes) == [MLLP.frame(message.text)])
            #expect(try await bench.store.openSessions().isEmpty)
            #expect(verdict(answer) == "AA" && kind(answer) == "ACK^R22^ACK")
            #expect(Instrument.field(answer ?? [], "MSA", 2) == "R1")
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await instrument.line.close()
        }
        let values = try await bench.store.observations(requestID: request.id).map(\.value.frenchText)
        #expect(Set(values) == ["141", "4,2"])
        #expect(bench.status.messages == 1 && bench.status.refusals == 0)
    }

    @Test(arguments: [
        ("", ["AA"]), ("AL|AL", ["CA", "AA"]), ("AL|NE", ["CA"]), ("NE|AL", ["AA"]), ("SU|ER", ["CA"]),
        ("ER|SU", ["AA"]),
    ])
    func `acknowledgements are those that the message asks for`(_ modes: String, _ wanted: [String]) async throws {
        let bench = try AnalyzerBench.law()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            try await instrument.send(Instrument.results(of: "X", modes: modes.isEmpty ? "|" : modes))
            var answers = [String]()
            for _ in wanted { answers.append(verdict(await instrument.next())) }
            #expect(answers == wanted)
            // Nothing else comes: the next answer is that of the next message.
            let next = try await instrument.say(Instrument.results(of: "X", id: "R2", modes: "|"))
            #expect(Instrument.field(next ?? [], "MSA", 2) == "R2")
            await instrument.line.close()
        }
    }

    @Test func `a message sent again after a lost acknowledgement counts once, even with another time of sending`()
        async throws
    {
        let bench = try AnalyzerBench.law()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let first = try await Instrument(port: port)
            try await first.send(Instrument.results(of: tube))
            #expect(try await eventually { try await bench.store.messages(analyzer: nil, limit: 9).count == 1 })
            await first.line.abort()
            let second = try await Instrument(port: port)
            #expect(verdict(try await second.say(Instrument.results(of: tube))) == "AA")
            let later = Instrument.results(of: tube, sent: "20261122070500+0100")
            #expect(verdict(try await second.say(later)) == "AA")
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await second.line.close()
        }
        let kinds = try await bench.store.messages(analyzer: nil, limit: 9).asyncMap {
            try await bench.store.outcome(messageID: $0.id)?.kind
        }
        #expect(kinds == [.duplicate, .duplicate, .interpreted])
    }

    @Test func `a transmission under another number doubles nothing, and a rerun is another passage`() async throws {
        let bench = try AnalyzerBench.law()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            _ = try await instrument.say(Instrument.results(of: tube))
            _ = try await instrument.say(Instrument.results(of: tube, id: "R2"))
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            _ = try await instrument.say(Instrument.results(of: tube, id: "R3", at: "20261122065900"))
            #expect(try await eventually { try await bench.runs(request) == [1, 2, 1, 2] })
            await instrument.line.close()
        }
        let second = try await bench.store.messages(analyzer: nil, limit: 9)[1]
        let outcome = try await bench.store.outcome(messageID: second.id)
        #expect(outcome?.repeated == 2 && outcome?.observations == 0)
        let rerun = try await bench.store.observations(requestID: request.id).filter { $0.run == 2 }
        #expect(rerun.allSatisfy { $0.holds.contains { $0.code == .rerun } })
    }

    @Test func `what cannot be read is rejected with its reason and waits in triage, once`() async throws {
        let bench = try AnalyzerBench.law()
        let unreadable = ["MSH|^~\\&|cobas pro||host||20261122||OUL^R22^OUL_R22|BAD1|P|2.5.1", "not a segment"]
        let unknown = ["MSH|^~\\&|cobas pro||host||20261122||ADT^A01|BAD2|P|2.5.1", "PID|1"]
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            for _ in 0..<3 {
                let answer = try await instrument.say(unreadable)
                #expect(verdict(answer) == "AR" && Instrument.field(answer ?? [], "MSA", 2) == "BAD1")
                #expect(answer?.contains { $0.hasPrefix("ERR|") && $0.contains("hl7.segment") } == true)
            }
            let answer = try await instrument.say(unknown)
            #expect(verdict(answer) == "AR" && answer?.contains { $0.contains("200^Unsupported") } == true)
            // No MSH at all: an answer to nobody, and the line goes on.
            try await instrument.line.send(MLLP.frame(Array("junk".utf8)))
            #expect(verdict(await instrument.next()) == "AR")
            #expect(verdict(try await instrument.say(Instrument.results(of: "X"))) == "AA")
            #expect(try await eventually { try await bench.store.triage(site: nil, open: true, limit: 9).count == 5 })
            await instrument.line.close()
        }
        let triage = try await bench.store.triage(site: nil, open: true, limit: 9)
        #expect(triage.count { $0.reason == .unreadableMessage } == 3)
        #expect(bench.status.refusals == 5 && bench.status.deviations["messageRepeated"] == 2)
    }

    @Test func `a store that is away acknowledges nothing; what comes again then is taken once`() async throws {
        let bench = try AnalyzerBench.law()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            await bench.store.fail(write: bench.store.writes + 1, forEver: true)
            try await instrument.send(Instrument.results(of: tube))
            #expect(await eventually { bench.status.refusals == 1 })
            #expect(await instrument.next(within: .milliseconds(300)) == nil)
            await bench.store.heal()
            #expect(verdict(try await instrument.say(Instrument.results(of: tube))) == "AA")
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            // Kept, but the answer of the store was lost: acknowledged, once.
            await bench.store.fail(write: bench.store.writes + 1, fault: .keptUnannounced)
            #expect(verdict(try await instrument.say(Instrument.results(of: "X", id: "R9"))) == "AA")
            await bench.store.heal()
            #expect(try await bench.store.messages(analyzer: nil, limit: 9).count == 2)
            await instrument.line.close()
        }
    }

    @Test func `bytes one at a time, junk, a missing return and two messages in one piece are all read`() async throws {
        let bench = try AnalyzerBench.law()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            for byte in MLLP.frame(Instrument.bytes(Instrument.results(of: tube))) {
                try await instrument.line.send([byte])
            }
            #expect(verdict(await instrument.next()) == "AA")
            let block = MLLP.frame(Instrument.bytes(Instrument.results(of: "X", id: "R2"))).dropLast()
            try await instrument.line.send([0x02, 0x02] + block + block + [0x0D])
            #expect(verdict(await instrument.next()) == "AA")
            #expect(verdict(await instrument.next()) == "AA")
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await instrument.line.close()
        }
        #expect(bench.status.deviations["strayBytes"] == 2 && bench.status.deviations["blockWithoutReturn"] == 1)
    }

    @Test func `a query gets its response, then the work of the tube until the analyzer takes it`() async throws {
        let bench = try AnalyzerBench.law()
        let (_, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            let response = try #require(try await instrument.say(Instrument.query(tube)))
            #expect(kind(response) == "RSP^K11^RSP_K11" && verdict(response) == "AA")
            #expect(response.contains("QAK|query1|OK|INISEQ^^99ROC"))
            let order = try #require(await instrument.next())
            #expect(kind(order) == "OML^O33^OML_O33" && order.contains { $0.hasPrefix("SAC|||\(tube)") })
            #expect(order.filter { $0.hasPrefix("OBR|") }.count == 2)
            // It was sent and is not taken before its response.
            #expect(await bench.fleet.backlogs()["auto"]?.orders == 1)
            try await instrument.send(Instrument.response(to: order))
            #expect(await eventually { await bench.fleet.backlogs()["auto"] == nil })
            #expect(bench.status.sent == 2)
            // A tube without work: word that there is none.
            _ = try await instrument.say(Instrument.query("999", id: "Q2"))
            let none = try #require(await instrument.next())
            #expect(none.contains { $0.hasPrefix("ORC|DC") })
            try await instrument.send(Instrument.response(to: none))
            await instrument.line.close()
        }
    }

    @Test func `work that the analyzer does not answer goes again, and then is said to be given up`() async throws {
        let bench = try AnalyzerBench.law(answers: 0.2)
        let (_, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            _ = try await instrument.say(Instrument.query(tube))
            for _ in 0..<3 { #expect(kind(await instrument.next()) == "OML^O33^OML_O33") }
            #expect(await eventually { bench.status.problem?.contains("abandonnée") == true })
            #expect(await instrument.next(within: .milliseconds(500)) == nil)
            await instrument.line.close()
        }
        #expect(bench.status.sendFailures == 3)
    }

    @Test func `a driver that answers no query says so`() async throws {
        let bench = try AnalyzerBench(driver: "generic-hl7")
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            let answer = try await instrument.say(Instrument.query("1"))
            #expect(verdict(answer) == "AE" && answer?.contains { $0.contains("query.unanswered") } == true)
            await instrument.line.close()
        }
    }

    @Test func `plain ORU messages of an older version are acknowledged in the original mode`() async throws {
        let bench = try AnalyzerBench(driver: "mindray-bc5380")
        let (request, tube) = try await bench.tube(["NFS"])
        let message = [
            "MSH|^~\\&|BC-5380|Mindray|||20261122064012||ORU^R01|2|P|2.3.1||||||UNICODE", "PID|1||7^^^^MR",
            "OBR|1||\(tube)|00001^Automated Count^99MRC||20261122063000|20261122063516",
            "OBX|1|NM|718-7^HGB^LN||131|g/L|110-150|N|||F",
        ]
        try await bench.run { port in
            let instrument = try await Instrument(port: port)
            let answer = try await instrument.say(message)
            #expect(verdict(answer) == "AA" && Instrument.field(answer ?? [], "MSH", 12) == "2.3.1")
            #expect(Instrument.field(answer ?? [], "MSH", 6) == "Mindray")
            #expect(try await eventually { try await bench.runs(request) == [1] })
            await instrument.line.close()
        }
        #expect(try await bench.store.observations(requestID: request.id).first?.analysis == "HB")
    }

    @Test func `the laboratory dials where the analyzer listens, and dials again`() async throws {
        let listener = try await LineListener.start(host: "127.0.0.1", port: 0, allowedPeers: [])
        let bench = try AnalyzerBench.law(line: .tcpClient(host: "127.0.0.1", port: listener.port))
        let (request, tube) = try await bench.tube()
        try await bench.run { _ in
            var lines = listener.connections.makeAsyncIterator()
            let first = Instrument(try #require(await lines.next()))
            #expect(verdict(try await first.say(Instrument.results(of: tube))) == "AA")
            await first.line.abort()
            let second = Instrument(try #require(await lines.next()))
            #expect(verdict(try await second.say(Instrument.results(of: tube))) == "AA")
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await second.line.close()
        }
        await listener.stop()
    }
}

extension Sequence {
    func asyncMap<T>(_ body: (Element) async throws -> T) async rethrows -> [T] {
        var out: [T] = []
        for element in self { out.append(try await body(element)) }
        return out
    }
}
