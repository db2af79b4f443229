import Analyzers
import Base
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(10))) struct `A line in a maker's own texts` {
    private func au480(_ more: String = "acknowledged: true,") throws -> AnalyzerBench {
        try AnalyzerBench(driver: "beckman-au480") { text in
            text.replacing("acknowledged: true,", with: more).replacing(
                "flags: {",
                with: """
                    codes: {
                        "097": { analysis: "NA", assumedUnit: "mmol/L" },
                        "098": { analysis: "K", assumedUnit: "mmol/L" },
                    },
                    flags: {
                    """)
        }
    }
    private func text(_ tube: String, potassium: String = "4.21") -> [UInt8] {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let head = "D 000902 0021 " + pad(tube, 25) + "    E      "
        return Array((head + "097" + pad("139.10", 9) + "        " + "098" + pad(potassium, 9) + "        ").utf8)
    }
    private func block(_ text: [UInt8]) -> [UInt8] { [Control.stx] + text + [Control.etx] }

    @Test func `a text is in the journal when it is acknowledged, and its results are taken`() async throws {
        let bench = try au480()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.say(block(Array("DB".utf8))) == Control.ack)
            #expect(try await bench.store.messages(analyzer: nil, limit: 9).isEmpty)
            #expect(try await instrument.say(block(text(tube))) == Control.ack)
            let message = try #require(try await bench.store.messages(analyzer: "auto", limit: 9).first)
            #expect(message.text == text(tube))
            let frames = try await bench.store.frames(sessionID: message.sessionID)
            #expect(frames.map(\.bytes) == [block(text(tube))])
            // Sent again after a lost ACK.
            #expect(try await instrument.say(block(text(tube))) == Control.ack)
            #expect(try await instrument.say(block(Array("DE".utf8))) == Control.ack)
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await instrument.line.close()
        }
        let values = try await bench.store.observations(requestID: request.id).map(\.value.frenchText)
        #expect(Set(values) == ["139", "4,2"])
        #expect(bench.status.sessions == 4 && bench.status.messages == 2)
    }

    @Test func `a model that waits for nothing is told nothing`() async throws {
        let bench = try au480("")
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            for byte in [Control.enq] + block(text(tube)) + [Control.cr, Control.lf] {
                try await instrument.send([byte])
            }
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            #expect(await instrument.next(within: .milliseconds(200)) == nil)
            await instrument.line.close()
        }
    }

    @Test func `a store that is away refuses the text, and the one sent again is taken once`() async throws {
        let bench = try au480()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            await bench.store.fail(write: bench.store.writes + 1, forEver: true)
            #expect(try await instrument.say(block(text(tube))) == Control.nak)
            await bench.store.heal()
            #expect(try await instrument.say(block(text(tube))) == Control.ack)
            #expect(try await eventually { try await bench.runs(request) == [1, 1] })
            await instrument.line.close()
        }
        #expect(bench.status.refusals == 1)
    }

    @Test(arguments: ["xor", "sum"]) func `a check is verified where the driver names one`(_ check: String) async throws
    {
        let bench = try au480("acknowledged: true, check: \"\(check)\",")
        let body = text("1") + [Control.etx]
        let sum = String(body.reduce(UInt8(0), &+), radix: 16)
        let right: [UInt8] = check == "xor" ? [body.reduce(0, ^)] : Array((sum.count < 2 ? "0" + sum : sum).utf8)
        let wrong: [UInt8] = check == "xor" ? [right[0] ^ 1] : Array("zz".utf8)
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.say([Control.stx] + body + wrong) == Control.nak)
            #expect(try await bench.store.messages(analyzer: nil, limit: 9).isEmpty)
            #expect(try await instrument.say([Control.stx] + body + right) == Control.ack)
            #expect(try await bench.store.messages(analyzer: nil, limit: 9).count == 1)
            await instrument.line.close()
        }
        #expect(bench.status.deviations["checksumWrong"] == 1)
    }

    @Test func `a text cut short is not acknowledged, junk is counted, and a text too short for its head is triaged`()
        async throws
    {
        let bench = try au480()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            try await instrument.send(Array("xyz".utf8) + block(text("1")).dropLast(9))
            #expect(try await instrument.say(block(Array("D 0009".utf8))) == Control.ack)
            #expect(try await eventually { try await bench.store.triage(site: nil, open: true, limit: 9).count == 1 })
            await instrument.line.close()
        }
        #expect(bench.status.deviations["strayBytes"] == 3 && bench.status.deviations["frameUnended"] == 1)
        #expect(try await bench.store.triage(site: nil, open: true, limit: 9).first?.reason == .unreadableMessage)
    }
}
