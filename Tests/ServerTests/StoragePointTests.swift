import Base
import Foundation
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

/// A sender whose message was cut goes on at the last storage point (LIS2-A2), or begins again.
@Suite(.timeLimit(.minutes(10))) struct `A message cut short, and its sender` {
    /// Two tubes of one patient, two results each: the second O is a storage point, and so is L.
    private static func records(_ first: String, _ second: String, header: String = "1", hour: String = "06")
        -> [String]
    {
        func order(_ n: Int, _ tube: String) -> String {
            #"O|\#(n)|\#(tube)|0^50011^011^^S1^SC|^^^989^\^^^990^|R||||||N||||1|||||||20261122\#(hour)3000|||F"#
        }
        return [
            #"H|\^&|\#(header)||H7600^1|||||host|RSUPL^REAL|P|1"#, "P|1", order(1, first),
            "R|1|^^^989/|141|mmol/l||N||F|||20261122\(hour)3000", "R|2|^^^990/|4.20|mmol/l||N||F|||20261122\(hour)3100",
            order(2, second), "R|1|^^^989/|138|mmol/l||N||F|||20261122\(hour)3200",
            "R|2|^^^990/|3.90|mmol/l||N||F|||20261122\(hour)3300", "L|1|N",
        ]
    }
    private static func text(_ records: some Sequence<String>) -> [UInt8] {
        Array(records.map { $0 + "\r" }.joined().utf8)
    }

    private func deliver(_ records: some Sequence<String>, cutAfter cut: Int? = nil, to port: Int) async throws {
        let instrument = try await RawInstrument(port: port)
        #expect(try await instrument.say([Control.enq]) == Control.ack)
        let frames = Framing.frames(of: Self.text(records), policy: .recordPerFrame)
        for frame in frames.prefix(cut ?? frames.count) { #expect(try await instrument.say(frame) == Control.ack) }
        if cut == nil { try await instrument.send([Control.eot]) }
        await instrument.line.close()
    }

    private func interpreted(_ bench: AnalyzerBench, _ count: Int) async throws -> Bool {
        try await eventually {
            let all = try await bench.store.messages(analyzer: "auto", limit: 99).count
            return try await bench.store.messagesAwaitingInterpretation(limit: 9).isEmpty && all == count
        }
    }

    /// Values by tube, in the order of runs: a result taken twice shows.
    private func values(_ bench: AnalyzerBench, _ request: Request) async throws -> [String] {
        try await bench.store.observations(requestID: request.id).map { "\($0.analysis) \($0.value.frenchText)" }
            .sorted()
    }

    @Test(arguments: 1...8)
    func `cut after any frame, going on at the last storage point yields each result once`(_ cut: Int) async throws {
        let bench = try AnalyzerBench()
        let (one, first) = try await bench.tube(), (two, second) = try await bench.tube()
        let records = Self.records(first, second)
        try await bench.run { port in
            try await deliver(records, cutAfter: cut, to: port)
            #expect(try await interpreted(bench, 1))
            // The second O acknowledged, what stands before it is stored: H, P and that O again, then the rest.
            let rest = cut < 6 ? records : Array(records[..<2] + records[5...])
            #expect(try await values(bench, one) == (cut < 6 ? [] : ["K 4,2", "NA 141"]), "at once")
            try await deliver(rest, to: port)
            #expect(try await interpreted(bench, 2))
        }
        #expect(try await values(bench, one) == ["K 4,2", "NA 141"])
        #expect(try await values(bench, two) == ["K 3,9", "NA 138"])
        let triage = try await bench.store.triage(site: nil, open: true, limit: 9)
        #expect(triage.map(\.reason) == [.incompleteMessage])
    }

    @Test(arguments: 1...8)
    func `cut after any frame, beginning again yields each result once, whatever the header`(
        _ cut: Int
    ) async throws {
        let bench = try AnalyzerBench()
        let (one, first) = try await bench.tube(), (two, second) = try await bench.tube()
        try await bench.run { port in
            try await deliver(Self.records(first, second), cutAfter: cut, to: port)
            #expect(try await interpreted(bench, 1))
            // A query taken back between the attempts, and a second attempt that is cut as well.
            let query = [#"H|\^&|||H7600^1|||||host|TSREQ^REAL|P|1"#, "Q|1|^^\(first)||ALL||||||||A", "L|1|N"]
            try await deliver(query, to: port)
            try await deliver(Self.records(first, second, header: "2"), cutAfter: 9 - cut, to: port)
            try await deliver(Self.records(first, second, header: "3"), to: port)
            #expect(try await interpreted(bench, 4))
        }
        for (request, values) in [(one, ["K 4,2", "NA 141"]), (two, ["K 3,9", "NA 138"])] {
            #expect(try await self.values(bench, request) == values)
        }
    }

    @Test func `a restart of the server between the cut and the second attempt doubles nothing`() async throws {
        let bench = try AnalyzerBench()
        let (one, first) = try await bench.tube(), (two, second) = try await bench.tube()
        try await bench.run { port in
            try await deliver(Self.records(first, second), cutAfter: 7, to: port)
            #expect(try await interpreted(bench, 1))
        }
        let later = bench.restarted()
        try await later.run { port in
            try await deliver(Self.records(first, second, header: "2"), to: port)
            #expect(try await interpreted(later, 2))
        }
        #expect(try await values(later, one) == ["K 4,2", "NA 141"])
        #expect(try await values(later, two) == ["K 3,9", "NA 138"])
    }

    @Test func `after a whole message the same measurement counts once, another one is a rerun`() async throws {
        let bench = try AnalyzerBench()
        let (one, first) = try await bench.tube(), (_, second) = try await bench.tube()
        try await bench.run { port in
            try await deliver(Self.records(first, second), to: port)
            try await deliver(Self.records(first, second, header: "2"), to: port)
            #expect(try await interpreted(bench, 2))
            #expect(try await values(bench, one) == ["K 4,2", "NA 141"])
            try await deliver(Self.records(first, second, header: "3", hour: "08"), to: port)
            #expect(try await interpreted(bench, 3))
        }
        #expect(try await values(bench, one) == ["K 4,2", "K 4,2", "NA 141", "NA 141"])
    }
}
