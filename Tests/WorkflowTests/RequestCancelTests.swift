import Base
import Laboratory
import Store
import Testing
import Workflow

@Suite struct `Orders that follow from a request` {
    let bench: Bench
    let desk: Desk
    init() throws {
        bench = try Bench()
        var desk = bench.desk
        desk.orderRoutes = {
            [
                OrderRoute(analyzer: "chimie", site: "nord", analyses: ["NA", "K"]),
                OrderRoute(analyzer: "ailleurs", site: "sud", analyses: ["NA", "K"]),
                OrderRoute(analyzer: "gaz", site: "nord", analyses: ["K"]),
            ]
        }
        self.desk = desk
    }

    /// A request whose tube is received by a desk that knows analyzers.
    private func received(_ codes: [String]) async throws -> RegisteredRequest {
        var draft = RequestDraft(
            patientID: try await bench.patient().id, codes: codes,
            prescriber: Professional(nationalID: "810009876543", family: "CHARLES", given: "Pascal"))
        draft.collectedAt = bench.clock.now
        let made = try await desk.registerRequest(draft, by: Bench.secretary)
        #expect(try await bench.store.ordersDue(analyzer: nil, limit: 9).isEmpty, "not received yet")
        for specimen in made.specimens {
            _ = try await desk.receive(
                specimen.accession, collectedAt: nil, nonconformity: nil, by: Bench.technician)
        }
        return made
    }
    private func queued(_ made: RegisteredRequest) async throws -> [String] {
        var out: [String] = []
        for specimen in made.specimens {
            for order in try await bench.store.orders(accession: specimen.accession) {
                out.append(
                    "\(order.analyzer) \(order.ordinal) \(order.action) \(order.analyses.joined(separator: "+"))")
            }
        }
        return out
    }

    @Test func `each analyzer of the site is told what it can measure, in the transaction of the reception`()
        async throws
    {
        let made = try await received(["NA", "K"])
        #expect(try await queued(made) == ["chimie 1 new NA+K", "gaz 1 new K"])
        #expect(try await bench.trail.last?.action == "specimen.receive")
        #expect(try await bench.soundTrail())
        // Nothing new, nothing said.
        _ = try await desk.receive(
            made.specimens[0].accession, collectedAt: nil, nonconformity: "hémolysé", by: Bench.technician)
        #expect(try await queued(made).count == 2)
    }

    @Test func `an addition is told as an add-on, a cancel takes back, and adding again tells again`() async throws {
        let made = try await received(["NA"])
        _ = try await desk.addAnalyses(["K"], to: made.request.number, by: Bench.secretary)
        let after = try await desk.cancelAnalyses(
            ["K"], of: made.request.number, reason: "doublon", by: Bench.secretary)
        #expect(after.request.version == 3 && after.request.lines.map(\.analysis) == ["NA"])
        #expect(after.specimens.map(\.analyses) == [["NA"]])
        #expect(try await bench.trail.last?.subject == "\(made.request.number) : doublon")
        _ = try await desk.addAnalyses(["K"], to: made.request.number, by: Bench.secretary)
        #expect(
            try await queued(made) == [
                "chimie 1 new NA", "chimie 2 add K", "chimie 3 cancel K", "chimie 4 add K", "gaz 1 new K",
                "gaz 2 cancel K", "gaz 3 add K",
            ])
    }

    @Test func `a cancel asks for a reason, for analyses that are there, and for none that has a result`() async throws
    {
        let made = try await received(["NA", "K"])
        let number = made.request.number
        try await bench.arrive("m1", [Bench.result("NA", "140", of: made.specimens[0].accession)])
        func code(_ codes: [String], _ reason: String, _ author: Author = Bench.secretary) async -> String? {
            await refusal { () throws(CommandFailure) in
                _ = try await desk.cancelAnalyses(codes, of: number, reason: reason, by: author)
            }
        }
        #expect(await code(["K"], "  ") == "reason.missing")
        #expect(await code(["K"], "x", Bench.administrator) == "auth.permission")
        #expect(await code(["TSH"], "demande en double") == "request.nothing")
        #expect(await code(["NA"], "demande en double") == "request.done")
        #expect(await code(["K", "NA"], "demande en double") == "request.done")
        let sodium = try await bench.observation("NA", made)
        _ = try await desk.reject(sodium.id, of: number, reason: "caillot", by: Bench.technician)
        #expect(await code(["NA"], "tube caillé") == nil)
        // A result that comes all the same waits for a person.
        let outcome = try await bench.arrive("m2", [Bench.result("NA", "141", of: made.specimens[0].accession)])
        #expect(outcome.triaged == 1)
    }

    @Test func `what was refused is not told again by itself, and is not taken back`() async throws {
        let made = try await received(["K"])
        let orders = try await bench.store.orders(accession: made.specimens[0].accession)
        let refused = try #require(orders.first { $0.analyzer == "chimie" })
        try await desk.record(.refused, of: refused, detail: "trame refusée")
        // Said once: a second verdict changes nothing.
        try await desk.record(.acknowledged, of: refused, detail: nil)
        #expect(try await bench.store.orderEvents(refused.id).map(\.kind) == [.refused])
        let triage = try #require(try await bench.store.triage(site: "nord", open: true, limit: 9).first)
        #expect(triage.reason == .refusedOrder && triage.messageID == refused.id)
        _ = try await desk.addAnalyses(["NA"], to: made.request.number, by: Bench.secretary)
        _ = try await desk.cancelAnalyses(["K"], of: made.request.number, reason: "motif d'essai", by: Bench.secretary)
        #expect(
            try await queued(made) == ["chimie 1 new K", "chimie 2 add NA", "gaz 1 new K", "gaz 2 cancel K"])
        // The entry is dismissed as any other.
        try await desk.dismiss(triage.id, reason: "relu avec le technicien", by: Bench.technician)
        #expect(try await bench.soundTrail())
    }

    @Test func `two people who change a request at once queue no order twice`() async throws {
        let made = try await received(["NA"])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    _ = try? await desk.addAnalyses(["K"], to: made.request.number, by: Bench.secretary)
                }
            }
        }
        #expect(try await queued(made) == ["chimie 1 new NA", "chimie 2 add K", "gaz 1 new K"])
    }
}

@Suite struct `A result that is sent again` {
    let bench: Bench
    init() throws { bench = try Bench() }

    private func result(_ text: String, _ tube: String, at seconds: Int, flags: [String] = []) -> IncomingObservation {
        var result = Bench.result("K", text, of: tube, flags: flags)
        result.observedAt = bench.clock.now.advanced(by: .seconds(seconds))
        return result
    }

    @Test func `of the same measurement is no rerun; of another instant, value or flag it is`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("4.2", tube, at: -60)])
        let again = try await bench.arrive("m2", [result("4.2", tube, at: -60)])
        #expect(again.kind == .interpreted && again.repeated == 1 && again.observations == 0)
        #expect(try await bench.observations(made).map(\.run) == [1])
        try await bench.arrive("m3", [result("4.2", tube, at: -30)])
        try await bench.arrive("m4", [result("4.3", tube, at: -30)])
        try await bench.arrive("m5", [result("4.3", tube, at: -30, flags: ["!"])])
        #expect(try await bench.observations(made).map(\.run) == [1, 2, 3, 4])
    }

    @Test func `after the first was rejected is taken`() async throws {
        let made = try await bench.received(["K"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [result("4.2", tube, at: -60)])
        let first = try await bench.observation("K", made)
        _ = try await bench.desk.reject(first.id, of: made.request.number, reason: "essai", by: Bench.technician)
        let again = try await bench.arrive("m2", [result("4.2", tube, at: -60)])
        #expect(again.observations == 1 && again.repeated == nil)
    }
}
