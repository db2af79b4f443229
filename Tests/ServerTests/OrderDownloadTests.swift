import Analyzers
import Base
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(10))) struct `Orders that the analyzer did not ask for` {
    private static let secretary = Author(login: "secretaire", role: .secretary, site: "nord")

    /// A cobas c 311 that is told its work.
    private func told() throws -> AnalyzerBench { try AnalyzerBench(orders: .download) }

    private func kinds(_ bench: AnalyzerBench, _ tube: String) async throws -> [[AnalyzerOrderEvent.Kind]] {
        try await bench.store.orders(accession: tube).asyncMap { try await bench.store.orderEvents($0.id).map(\.kind) }
    }
    private func due(_ bench: AnalyzerBench) async throws -> Int {
        try await bench.store.ordersDue(analyzer: nil, limit: 99).count
    }

    @Test func `a received tube is told once, an analysis added to it is an add-on, one taken off is cancelled`()
        async throws
    {
        let bench = try told()
        let (request, tube) = try await bench.tube(["NA"])
        #expect(try await due(bench) == 1)
        // Received again, or told of a nonconformity: nothing new to say.
        _ = try await bench.desk.receive(tube, collectedAt: nil, nonconformity: "hémolysé", by: Self.secretary)
        #expect(try await due(bench) == 1)
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            let first = try await instrument.receive()
            #expect(first.contains("O|1|\(tube)|") && first.contains("^^^989^|") && !first.contains("990"))
            #expect(first.contains("||||A||||1|") && first.contains("TSDWN"))
            #expect(try await eventually { try await due(bench) == 0 })
            _ = try await bench.desk.addAnalyses(["K"], to: request.number, by: Self.secretary)
            let added = try await instrument.receive()
            #expect(added.contains("^^^990^|") && !added.contains("989"))
            #expect(try await eventually { try await due(bench) == 0 })
            _ = try await bench.desk.cancelAnalyses(["K"], of: request.number, reason: "erreur", by: Self.secretary)
            let cancelled = try await instrument.receive()
            #expect(cancelled.contains("^^^990^|") && cancelled.contains("||||C||||1|"))
            #expect(try await eventually { try await due(bench) == 0 })
            await instrument.line.close()
        }
        #expect(try await kinds(bench, tube) == [[.acknowledged], [.acknowledged], [.acknowledged]])
        #expect(try await bench.store.orders(accession: tube).map(\.action) == [.new, .add, .cancel])
        #expect(bench.status.ordersTaken == 3)
        #expect(try await AuditChain.verify(store: bench.store).isSound)
    }

    @Test func `what was not acknowledged when the line broke goes again on the next, and only that`() async throws {
        let bench = try told()
        let (_, first) = try await bench.tube(["NA"])
        bench.clock.advance(.seconds(1))
        let (_, second) = try await bench.tube(["K"])
        try await bench.run { port in
            let broken = try await RawInstrument(port: port)
            #expect(try await broken.receive().contains(first))
            // The second is cut after its enquiry.
            #expect(await broken.next() == Control.enq)
            await broken.line.abort()
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.receive().contains(second))
            #expect(try await eventually { try await due(bench) == 0 })
            #expect(await instrument.next(within: .milliseconds(300)) == nil)
            await instrument.line.close()
        }
        #expect(try await kinds(bench, first) == [[.acknowledged]])
        #expect(try await kinds(bench, second).first?.last == .acknowledged)
    }

    @Test func `a restart goes on with what was not acknowledged, and forgets nothing that was`() async throws {
        let bench = try told()
        let (_, first) = try await bench.tube(["NA"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.receive().contains(first))
            #expect(try await eventually { try await due(bench) == 0 })
            await instrument.line.close()
        }
        let (_, second) = try await bench.tube(["K"])
        let fleet = AnalyzerFleet([bench.configuration], desk: bench.desk, log: { _ in })
        #expect(await fleet.backlogs()["auto"]?.orders == 1)
        #expect(await fleet.backlogs()["auto"]?.oldestOrder != nil)
        try await bench.run(fleet) { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.receive().contains(second))
            #expect(await instrument.next(within: .milliseconds(300)) == nil)
            await instrument.line.close()
        }
    }

    @Test func `a person may ask for an order once more, with a reason`() async throws {
        let bench = try told()
        let (request, tube) = try await bench.tube(["NA"])
        let author = AnalyzerBench.technician
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.receive().contains(tube))
            #expect(try await eventually { try await due(bench) == 0 })
            let asked = try await bench.desk.resendOrders(of: tube, to: "auto", reason: "panne", by: author)
            #expect(asked.askedBy == "technicien" && asked.ordinal == 2)
            #expect(try await instrument.receive().contains(tube))
            await instrument.line.close()
        }
        func refusal(_ tube: String, _ analyzer: String, _ reason: String, _ author: Author) async -> String? {
            do throws(CommandFailure) {
                _ = try await bench.desk.resendOrders(of: tube, to: analyzer, reason: reason, by: author)
                return nil
            } catch {
                guard case .refused(let refusal) = error else { return "store" }
                return refusal.code
            }
        }
        // Measured and set aside: measured again for a reason that can be counted.
        let made = try await bench.desk.enter(
            .measured(try #require(Measured("140")), unit: "mmol/L"), analysis: "NA", of: request.number, comment: nil,
            by: author)
        _ = try await bench.desk.reject(made.id, of: request.number, reason: "bulle", by: author)
        #expect(await refusal(tube, "auto", "valeur douteuse", author) == "rerun.reason")
        #expect(await refusal(tube, "auto", "DRAPEAU – bulle vue", author) == nil)
        let trail = try await bench.store.audit(after: 0, limit: 999).last { $0.action == "order.resend" }
        #expect(trail?.subject.hasSuffix("DRAPEAU : drapeau de l'automate ; bulle vue") == true, "\(trail as Any)")
        #expect(await refusal(tube, "autre", "motif d'essai", author) == "order.route")
        #expect(await refusal("999", "auto", "motif d'essai", author) == "specimen.unknown")
        #expect(await refusal(tube, "auto", " ", author) == "reason.missing")
        #expect(await refusal(tube, "auto", "x", Self.secretary) == "auth.permission")
    }

    @Test func `an order that is done or cancelled before its turn is withdrawn, not sent`() async throws {
        let bench = try told()
        let (request, tube) = try await bench.tube(["NA", "K"])
        _ = try await bench.desk.cancelAnalyses(["K"], of: request.number, reason: "erreur", by: Self.secretary)
        _ = try await bench.desk.enter(
            .measured(try #require(Measured("140")), unit: "mmol/L"), analysis: "NA", of: request.number, comment: nil,
            by: AnalyzerBench.technician)
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            // Only the cancel goes out: the analyzer may have been told by other means.
            #expect(try await instrument.receive().contains("||||C||||1|"))
            #expect(try await eventually { try await due(bench) == 0 })
            #expect(await instrument.next(within: .milliseconds(300)) == nil)
            await instrument.line.close()
        }
        #expect(try await kinds(bench, tube) == [[.withdrawn], [.acknowledged]])
    }

    @Test func `bytes that the analyzer refuses again and again end in triage, and the next order goes out`()
        async throws
    {
        let bench = try told()
        let (_, bad) = try await bench.tube(["NA"])
        bench.clock.advance(.seconds(1))
        let (_, good) = try await bench.tube(["K"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            for _ in 0..<3 {
                #expect(await instrument.next() == Control.enq)
                try await instrument.send([Control.ack])
                // Each frame is NAKed six times: the sender gives up with EOT.
                var byte = await instrument.next()
                while byte != nil, byte != Control.eot {
                    if byte == Control.lf { try await instrument.send([Control.nak]) }
                    byte = await instrument.next()
                }
            }
            #expect(try await instrument.receive().contains(good))
            #expect(try await eventually { try await due(bench) == 0 })
            await instrument.line.close()
        }
        #expect(try await kinds(bench, bad) == [[.failed, .failed, .refused]])
        let triage = try await bench.store.triage(site: nil, open: true, limit: 9)
        #expect(triage.map(\.reason) == [.refusedOrder])
        #expect(triage.first?.explanation.contains(bad) == true)
        #expect(bench.status.ordersRefused == 1)
        // Adding to a refused tube does not tell the refused analysis again.
        #expect(try await bench.store.orders(accession: bad).count == 1)
    }

    @Test func `an analyzer that stays silent is told again and again, and the screen says so`() async throws {
        let bench = try AnalyzerBench(orders: .download) {
            $0.replacing("framing: \"cut240\"", with: "framing: \"cut240\", timers: { answer: 0.1 }, enquiries: 1")
        }
        let (_, tube) = try await bench.tube(["NA"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(await eventually { bench.status.problem == "commandes non prises : sans réponse" })
            #expect(try await due(bench) == 1)
            #expect(try await kinds(bench, tube)[0].allSatisfy { $0 == .failed })
            var byte = await instrument.next()
            while byte == Control.enq || byte == Control.eot {
                if byte == Control.enq { try await instrument.send([Control.ack]) }
                byte = await instrument.next()
                if byte == Control.stx { break }
            }
            while byte != nil, byte != Control.eot {
                if byte == Control.lf { try await instrument.send([Control.ack]) }
                byte = await instrument.next()
            }
            #expect(try await eventually { try await due(bench) == 0 })
            #expect(bench.status.problem == nil)
            await instrument.line.close()
        }
    }

    @Test func `a tube told in answer to a question is not told again`() async throws {
        let bench = try told()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            // The analyzer holds the line, so that its question comes before the order leaves.
            #expect(try await instrument.say([Control.enq]) == Control.ack)
            let (_, tube) = try await bench.tube(["NA"])
            for frame in Framing.frames(of: AnalyzerBench.query(tube), policy: .recordPerFrame) {
                #expect(try await instrument.say(frame) == Control.ack)
            }
            try await instrument.send([Control.eot])
            let texts = [try await instrument.receive(), try await instrument.receive(within: .milliseconds(700))]
            #expect(texts.count { $0.contains(tube) } >= 1)
            #expect(try await eventually { try await due(bench) == 0 })
            await instrument.line.close()
        }
    }

    @Test func `an analyzer that asks is not told, unless the laboratory wants it`() async throws {
        let asking = try AnalyzerBench()
        _ = try await asking.tube(["NA"])
        #expect(try await due(asking) == 0)
        let silent = try AnalyzerBench(driver: "hca-sorter")
        #expect(silent.configuration.isDownloading)
        let never = try AnalyzerBench(driver: "abbott-afinion2", orders: .download)
        #expect(!never.configuration.isDownloading && never.configuration.orderRoute == nil)
    }

    @Test func `an HL7 analyzer takes, refuses, adds and cancels by ORC codes`() async throws {
        let bench = try AnalyzerBench.law(orders: .download)
        let (request, tube) = try await bench.tube(["K"])
        try await bench.run { port in
            let instrument = try await MLLPInstrument(port: port)
            let first = try #require(await instrument.next())
            #expect(first.contains { $0.hasPrefix("ORC|NW|\(tube)-20417|") })
            try await instrument.send(MLLPInstrument.response(to: first))
            #expect(try await eventually { try await due(bench) == 0 })
            _ = try await bench.desk.addAnalyses(["NA"], to: request.number, by: Self.secretary)
            let added = try #require(await instrument.next())
            #expect(added.contains { $0.hasPrefix("ORC|NW|\(tube)-20418|") } && added.count == 6)
            try await instrument.send(MLLPInstrument.response(to: added, orders: "UA"))
            #expect(await eventually { bench.status.ordersRefused == 1 })
            _ = try await bench.desk.cancelAnalyses(
                ["K"], of: request.number, reason: "motif d'essai", by: Self.secretary)
            let cancelled = try #require(await instrument.next())
            #expect(cancelled.contains { $0.hasPrefix("ORC|CA|\(tube)-20417|") })
            // Received first (enhanced mode), then cancelled as requested.
            try await instrument.send(MLLPInstrument.response(to: cancelled, "CA"))
            #expect(try await due(bench) == 1)
            try await instrument.send(MLLPInstrument.response(to: cancelled, orders: "CR"))
            #expect(try await eventually { try await due(bench) == 0 })
            await instrument.line.close()
        }
        #expect(try await kinds(bench, tube) == [[.acknowledged], [.refused], [.acknowledged]])
        let triage = try #require(try await bench.store.triage(site: nil, open: true, limit: 9).first)
        #expect(triage.reason == .refusedOrder && triage.explanation.contains("ORC UA \(tube)-20418"))
        // A refused analysis is not taken back: it never was there.
        #expect(try await bench.store.orders(accession: tube).last?.analyses == ["K"])
    }

    @Test func `an HL7 order whose response was lost goes again under its number`() async throws {
        let bench = try AnalyzerBench.law(orders: .download)
        _ = try await bench.tube(["K"])
        try await bench.run { port in
            let first = try await MLLPInstrument(port: port)
            let order = try #require(await first.next())
            await first.line.abort()
            let second = try await MLLPInstrument(port: port)
            let again = try #require(await second.next())
            #expect(MLLPInstrument.field(again, "MSH", 10) == MLLPInstrument.field(order, "MSH", 10))
            try await second.send(MLLPInstrument.response(to: again))
            #expect(try await eventually { try await due(bench) == 0 })
            #expect(await second.next(within: .milliseconds(300)) == nil)
            await second.line.close()
        }
    }

    @Test func `a store that fails while an order is under way loses none and forgets none`() async throws {
        let bench = try told()
        let (_, tube) = try await bench.tube(["NA"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(await instrument.next() == Control.enq)
            await bench.store.fail(write: bench.store.writes + 1)
            try await instrument.send([Control.ack])
            var byte = await instrument.next()
            while byte != nil, byte != Control.eot {
                if byte == Control.lf { try await instrument.send([Control.ack]) }
                byte = await instrument.next()
            }
            #expect(try await eventually { try await due(bench) == 0 })
            #expect(await instrument.next(within: .milliseconds(300)) == nil)
            await instrument.line.close()
        }
        #expect(try await kinds(bench, tube) == [[.acknowledged]])
    }
}
