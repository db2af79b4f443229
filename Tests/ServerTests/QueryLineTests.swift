import Analyzers
import Base
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(10))) struct `Questions over a live line` {
    private func query(_ start: String, _ end: String = "", status: String = "O") -> [UInt8] {
        let records = [
            #"H|\^&|||H7600^1|||||host|TSREQ^REAL|P|1"#, "Q|1|\(start)|\(end)|ALL||||||||\(status)", "L|1|N",
        ]
        return Array(records.map { $0 + "\r" }.joined().utf8)
    }
    private func ask(_ instrument: RawInstrument, _ query: [UInt8]) async throws -> String {
        #expect(try await instrument.session(query).allSatisfy { $0 == Control.ack })
        return try await instrument.receive()
    }

    @Test func `one tube, several, a range, everything, and no information`() async throws {
        let bench = try AnalyzerBench()
        var tubes = [String]()
        for _ in 0..<4 { tubes.append(try await bench.tube(["NA", "K"]).accession) }
        func told(_ answer: String) -> [String] { tubes.filter { answer.contains("|\($0)|") } }
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(told(try await ask(instrument, query("^^\(tubes[1])"))) == [tubes[1]])
            // Repeats of Q.3.
            #expect(told(try await ask(instrument, query(#"^^\#(tubes[0])\^^\#(tubes[3])"#))) == [tubes[0], tubes[3]])
            // From Q.3 to Q.4; the same in both is one tube.
            #expect(told(try await ask(instrument, query("^^\(tubes[1])", "^^\(tubes[2])"))) == [tubes[1], tubes[2]])
            #expect(told(try await ask(instrument, query("^^\(tubes[2])", "^^\(tubes[2])"))) == [tubes[2]])
            // Everything.
            #expect(told(try await ask(instrument, query("ALL"))) == tubes)
            let none = try await ask(instrument, query("^^424242"))
            #expect(none.hasPrefix("H|") && none.hasSuffix("L|1|I\n") && !none.contains("\nO|"))
            await instrument.line.close()
        }
    }

    @Test func `a result that was rejected leaves its analysis to do`() async throws {
        let bench = try AnalyzerBench()
        let (request, tube) = try await bench.tube(["NA", "K"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            _ = try await instrument.session(AnalyzerBench.results(of: tube))
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            #expect(try await ask(instrument, query("^^\(tube)")).hasSuffix("L|1|I\n"))
            let sodium = try #require(
                try await bench.store.observations(requestID: request.id).first { $0.analysis == "NA" })
            _ = try await bench.desk.reject(
                sodium.id, of: request.number, reason: "caillot", by: AnalyzerBench.technician)
            let answer = try await ask(instrument, query("^^\(tube)"))
            #expect(answer.contains("^^^989^") && !answer.contains("^^^990^"))
            await instrument.line.close()
        }
    }

    @Test func `a question taken back is not answered`() async throws {
        let bench = try AnalyzerBench()
        let (_, tube) = try await bench.tube(["NA"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            // Two messages in one session: the question, and word that it is taken back before we could have the line.
            #expect(try await instrument.say([Control.enq]) == Control.ack)
            var texts = Framing.frames(of: [query("^^\(tube)"), query("", status: "A")], policy: .recordPerFrame)[...]
            while let frame = texts.popFirst() { #expect(try await instrument.say(frame) == Control.ack) }
            #expect(try await eventually { try await bench.store.messagesAwaitingInterpretation(limit: 9).isEmpty })
            // Interpreted in order: the answer waited, and was dropped.
            try await instrument.send([Control.eot])
            #expect(await instrument.next(within: .milliseconds(400)) == nil)
            #expect(bench.status.sent == 0)
            await instrument.line.close()
        }
    }

    @Test func `control results and results of a calibration never reach a patient`() async throws {
        let bench = try AnalyzerBench()
        let (request, tube) = try await bench.tube()
        let control = String(decoding: AnalyzerBench.results(of: "CQ-1"), as: UTF8.self)
            .replacing("||||||N||||1", with: "||||||Q||||1")
        let records = String(decoding: AnalyzerBench.results(of: tube), as: UTF8.self)
            .replacing("L|1|N", with: "M|1|CAL^989|1.02\rC|1|I|26^étalonnage|I\rL|1|N")
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            _ = try await instrument.session(Array(control.utf8))
            _ = try await instrument.session(Array(records.utf8))
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await instrument.line.close()
        }
        #expect(try await bench.store.controls(analyzer: "auto", limit: 9).count == 2)
        // The maker's and comment records are kept with the message they came in.
        let message = try #require(try await bench.store.messages(analyzer: "auto", limit: 1).first)
        let text = String(decoding: message.text, as: UTF8.self)
        #expect(text.contains("M|1|CAL^989|1.02\r") && text.contains("étalonnage"))
    }
}
