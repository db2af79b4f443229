import Base
import Exchange
import Laboratory
import Neighbours
import Store
import Testing
import Workflow

/// What stands in one report must not reach, by the next one, whom it is hidden from; what was taken back is nobody's
/// past.
@Suite(.timeLimit(.minutes(5))) struct `Earlier results on a later report` {
    private func act(_ kind: ReleaseAct.Kind, from: [Audience] = [], until: Instant? = nil) -> ReleaseAct {
        ReleaseAct(kind, reason: "essai", hiddenFrom: from, until: until)
    }
    private func signed(_ bench: Bench, _ value: String) async throws -> Request {
        let request = try await bench.request()
        try await bench.sign(request, value)
        return request
    }
    /// Earlier values of K that the last version of a request's report says, by its document.
    private func shown(_ bench: Bench, _ request: Request, among values: [String]) async throws -> [String] {
        let last = try await bench.store.reports(requestID: request.id).max { $0.version < $1.version }
        let document = String(decoding: try #require(last).cda, as: UTF8.self)
        return values.filter { document.contains("value=\"\($0)\"") }
    }

    @Test func `are left out while theirs is hidden, and come when it is shown`() async throws {
        let bench = try Bench()
        let first = try await signed(bench, "4.7")
        try await withPFI { pfi, folder in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.perform(act(.hide, from: [.patient]), on: first.number, by: Bench.biologist)
            try await dispatch.makeReports()
            let second = try await signed(bench, "4.1")
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await shown(bench, second, among: ["4.7", "4.1"]) == ["4.1"])
            let mailed = try keptFiles(folder).compactMap { NeighbourMessage($0) }
                .filter { $0.metadata("DESTMSSANTEPAT") == "Y" }
            #expect(mailed.count == 1, "the second alone")
            // The biologist reads it all the same, and is told.
            let third = try await bench.request()
            bench.clock.advance(.seconds(60))
            let typed = try await bench.desk.enter(
                .measured(try #require(Measured("4.3")), unit: "mmol/L"), analysis: "K", of: third.number,
                comment: nil, by: Bench.biologist)
            _ = try await bench.desk.validate([typed.id], of: third.number, reason: "relu", by: Bench.biologist)
            let file = try await bench.desk.fileToSign(third.number)
            #expect(file.previous.map(\.value.frenchText) == ["4,1"])
            let older = try await bench.desk.previousResults(
                third,
                SignedContent(
                    patient: file.patient, request: third, specimens: file.specimens,
                    observations: file.observations, supplements: ReportSupplements()),
                before: bench.clock.now, under: .open, depth: 8)
            #expect(older.map(\.isKeptBack) == [false, true])
            _ = try await bench.desk.sign(
                third.number, contentHash: file.contentHash, allowPartial: false, by: Bench.biologist)
            try await dispatch.makeReports()
            #expect(try await shown(bench, third, among: ["4.7", "4.1", "4.3"]) == ["4.1", "4.3"])
            // Hidden from the same people, the third may say it; shown to them again, it may not.
            try await dispatch.perform(act(.hide, from: [.patient]), on: third.number, by: Bench.biologist)
            #expect(try await shown(bench, third, among: ["4.7"]) == ["4.7"])
            try await dispatch.perform(act(.unhide), on: third.number, by: Bench.biologist)
            #expect(try await shown(bench, third, among: ["4.7"]).isEmpty)
            try await dispatch.perform(act(.unhide), on: first.number, by: Bench.biologist)
            let fourth = try await signed(bench, "4.4")
            try await dispatch.makeReports()
            #expect(try await shown(bench, fourth, among: ["4.7", "4.1", "4.3"]) == ["4.7", "4.1", "4.3"])
        }
    }

    @Test func `are left out of a held report, which nobody has`() async throws {
        let bench = try Bench()
        let first = try await signed(bench, "4.7")
        let dispatch = bench.dispatch(to: 1)
        try await dispatch.perform(act(.hold), on: first.number, by: Bench.biologist)
        let second = try await signed(bench, "4.1")
        try await dispatch.makeReports()
        #expect(try await shown(bench, second, among: ["4.7"]).isEmpty)
        try await dispatch.perform(act(.release), on: first.number, by: Bench.biologist)
        let third = try await signed(bench, "4.2")
        try await dispatch.makeReports()
        #expect(try await shown(bench, third, among: ["4.7", "4.1"]) == ["4.7", "4.1"])
    }

    @Test func `are nobody's past once theirs is withdrawn, and are again once it is signed anew`() async throws {
        let bench = try Bench()
        let first = try await signed(bench, "4.7")
        try await withPFI { pfi, _ in
            let dispatch = bench.dispatch(to: pfi.port)
            try await dispatch.makeReports()
            #expect(try await dispatch.sendDue())
            #expect(try await bench.desk.withdrawal(of: first) == nil)
            try await dispatch.perform(act(.withdraw), on: first.number, by: Bench.biologist)
            #expect(try await bench.desk.withdrawal(of: first)?.act.reason == "essai")
            #expect(try await bench.desk.unwithdrawn(requests: [first.id]).isEmpty, "no delta check compares with it")
            let second = try await signed(bench, "4.1")
            try await dispatch.makeReports()
            #expect(try await shown(bench, second, among: ["4.7"]).isEmpty)
            #expect(try await bench.desk.fileToSign(second.number).previous.isEmpty)
            try await bench.sign(first, "4.8")
            #expect(try await bench.desk.withdrawal(of: first) == nil)
            let third = try await signed(bench, "4.2")
            try await dispatch.makeReports()
            #expect(try await shown(bench, third, among: ["4.7", "4.8", "4.1"]) == ["4.8", "4.1"])
        }
    }

    @Test func `are left out once rejected, though the signature that holds them stands`() async throws {
        let bench = try Bench()
        let first = try await signed(bench, "4.7")
        let stored = try #require(try await bench.store.observations(requestID: first.id).last)
        _ = try await bench.desk.reject(
            stored.id, of: first.number, reason: "tube d'un autre patient", by: Bench.biologist)
        let second = try await signed(bench, "4.1")
        try await bench.dispatch(to: 1).makeReports()
        #expect(try await shown(bench, second, among: ["4.7"]).isEmpty)
    }

    /// A sample that waited (frozen, sent out, a culture) is measured after younger ones: what came before is what was
    /// taken before (CR-BIO sheet section 7.3).
    @Test func `are those of samples taken before, dated by their sampling, however late they were measured`()
        async throws
    {
        let bench = try Bench()
        let start = bench.clock.now
        let younger = try await signed(bench, "4.5")
        let waited = try await bench.request(collectedAt: start.advanced(by: .seconds(-4 * 86_400)))
        try await bench.sign(waited, "4.2")
        let today = try await bench.request()
        try await bench.sign(today, "4.9")
        func report(_ request: Request) async throws -> SignedReport {
            let signature = try #require(try await bench.store.signatures(requestID: request.id).last)
            return try await bench.desk.signedReport(of: signature)
        }
        #expect(try await report(younger).previous.map(\.value.frenchText) == [], "the other was not measured yet")
        #expect(try await report(waited).previous.map(\.value.frenchText) == [], "what was taken after is no past")
        let last = try await report(today)
        #expect(last.previous.map(\.value.frenchText) == ["4,5", "4,2"])
        let sampled = try await bench.store.specimens(requestID: younger.id).compactMap(\.collectedAt)
        #expect(last.previous.map(\.takenAt) == sampled + [start.advanced(by: .seconds(-4 * 86_400))])
    }

    @Test func `are found behind many younger ones when an old report is corrected`() async throws {
        let bench = try Bench()
        _ = try await signed(bench, "4.5")
        let corrected = try await signed(bench, "4.2")
        for place in 0..<20 { _ = try await signed(bench, "4.\(place % 10)") }
        #expect(try await bench.desk.fileToSign(corrected.number).previous.map(\.value.frenchText) == ["4,5"])
        try await bench.sign(corrected, "4.3")
        let signature = try #require(try await bench.store.signatures(requestID: corrected.id).last)
        #expect(signature.version == 2)
        #expect(try await bench.desk.signedReport(of: signature).previous.map(\.value.frenchText) == ["4,5"])
    }
}
