import Analyzers
import Base
import Foundation
import LIS01
import Laboratory
import Lines
import Store
import Testing
import Workflow

@Suite(.timeLimit(.minutes(10))) struct `An analyzer's line` {
    @Test func `every frame is in the journal when its acknowledgement arrives`() async throws {
        let bench = try AnalyzerBench()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.say([Control.enq]) == Control.ack)
            let frames = Framing.frames(of: AnalyzerBench.results(of: tube), policy: .recordPerFrame)
            for (n, frame) in frames.enumerated() {
                #expect(try await instrument.say(frame) == Control.ack)
                let session = try #require(try await bench.store.openSessions().first)
                let kept = try await bench.store.frames(sessionID: session.id)
                #expect(kept.map(\.bytes) == Array(frames[...n]))
                // The message is in the transaction of its last frame.
                let messages = try await bench.store.messages(sessionID: session.id)
                #expect(messages.count == (n == frames.count - 1 ? 1 : 0))
            }
            try await instrument.send([Control.eot])
            #expect(await eventually { (try? await bench.store.openSessions().isEmpty) == true })
            #expect(
                try await eventually { try await bench.store.observations(requestID: request.id).count == 2 })
            await instrument.line.close()
        }
        let values = try await bench.store.observations(requestID: request.id).map(\.value.frenchText)
        #expect(Set(values) == ["141", "4,2"])
    }

    @Test func `how records lie in frames is counted, for each frame that is kept`() async throws {
        let bench = try AnalyzerBench()
        let (_, tube) = try await bench.tube()
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            for policy in [FramePolicy.recordPerFrame, .wholeMessage, .recordPerIntermediateFrame] {
                #expect(try await instrument.say([Control.enq]) == Control.ack)
                for frame in Framing.frames(of: AnalyzerBench.results(of: tube), policy: policy) {
                    #expect(try await instrument.say(frame) == Control.ack)
                }
                try await instrument.send([Control.eot])
            }
            await instrument.line.close()
        }
        #expect(bench.status.deviations["severalRecordsInFrame"] == 1)
        let records = AnalyzerBench.results(of: tube).count { $0 == Control.cr }
        #expect(bench.status.deviations["recordEndsIntermediate"] == records - 1)
    }

    @Test(arguments: [MemoryStore.Fault.nothingKept, .keptUnannounced])
    func `a store that fails refuses the frame, and the frame sent again is taken once`(
        _ fault: MemoryStore.Fault
    ) async throws {
        let frames = Framing.frames(of: AnalyzerBench.results(of: "X"), policy: .recordPerFrame)
        for failing in frames.indices {
            let bench = try AnalyzerBench()
            let (request, tube) = try await bench.tube()
            try await bench.run { port in
                let instrument = try await RawInstrument(port: port)
                #expect(try await instrument.say([Control.enq]) == Control.ack)
                let own = Framing.frames(of: AnalyzerBench.results(of: tube), policy: .recordPerFrame)
                for (n, frame) in own.enumerated() {
                    if n == failing {
                        await bench.store.fail(write: bench.store.writes + 1, fault: fault)
                        #expect(try await instrument.say(frame) == Control.nak)
                        await bench.store.heal()
                    }
                    #expect(try await instrument.say(frame) == Control.ack, "frame \(n), failing \(failing)")
                }
                try await instrument.send([Control.eot])
                #expect(
                    try await eventually { try await bench.store.observations(requestID: request.id).count == 2 })
                await instrument.line.close()
            }
            #expect(try await bench.store.counts(site: nil).messages == 1)
            #expect(try await bench.store.observations(requestID: request.id).map(\.run) == [1, 1])
            #expect(try await bench.store.triage(site: nil, open: true, limit: 9).isEmpty)
        }
    }

    @Test func `a restart at any frame closes the session, and the message sent again counts once`() async throws {
        let frames = Framing.frames(of: AnalyzerBench.results(of: "X"), policy: .recordPerFrame).count
        for crash in 1...frames {
            let bench = try AnalyzerBench()
            let (request, tube) = try await bench.tube()
            let message = AnalyzerBench.results(of: tube)
            // What a killed server leaves: a session without an end, its acknowledged frames, its whole messages.
            let session = LinkSession(
                id: "s-crash", site: "nord", analyzer: "auto", peer: "p", openedAt: bench.clock.now)
            var facts: [Fact] = [.session(session)]
            for (n, frame) in Framing.frames(of: message, policy: .recordPerFrame).prefix(crash).enumerated() {
                facts.append(
                    .frame(JournalFrame(sessionID: session.id, ordinal: n, at: bench.clock.now, bytes: frame)))
            }
            if crash == frames {
                facts.append(
                    .message(
                        ReceivedMessage(
                            id: "m-crash", site: "nord", analyzer: "auto", sessionID: session.id, ordinal: 0,
                            at: bench.clock.now, text: message, textHash: Digest.sha256Hex(message), complete: true)))
            }
            try await bench.store.append(facts, note: nil)
            try await bench.run { port in
                #expect(try await eventually { try await bench.store.openSessions().isEmpty })
                let instrument = try await RawInstrument(port: port)
                let answers = try await instrument.session(message)
                #expect(answers.allSatisfy { $0 == Control.ack }, "crash after \(crash)")
                #expect(
                    try await eventually {
                        try await bench.runs(request) == [1, 1]
                    })
                await instrument.line.close()
            }
            #expect(try await bench.store.observations(requestID: request.id).map(\.run) == [1, 1])
            let triage = try await bench.store.triage(site: nil, open: true, limit: 9)
            #expect(triage.map(\.reason) == (crash == frames ? [] : [.incompleteMessage]), "crash after \(crash)")
        }
    }

    @Test func `a line that breaks at any frame loses nothing and doubles nothing`() async throws {
        let bench = try AnalyzerBench()
        try await bench.run { port in
            let count = Framing.frames(of: AnalyzerBench.results(of: "X"), policy: .recordPerFrame).count
            for broken in 0...count {
                let (request, tube) = try await bench.tube()
                let message = AnalyzerBench.results(of: tube)
                let first = try await RawInstrument(port: port)
                #expect(try await first.say([Control.enq]) == Control.ack)
                for frame in Framing.frames(of: message, policy: .recordPerFrame).prefix(broken) {
                    #expect(try await first.say(frame) == Control.ack)
                }
                await first.line.abort()
                let second = try await RawInstrument(port: port)
                #expect(try await second.session(message).allSatisfy { $0 == Control.ack })
                #expect(
                    try await eventually {
                        try await bench.runs(request) == [1, 1]
                    }, "broken after \(broken)")
                await second.line.close()
            }
        }
    }

    @Test func `a query is answered on the same line with the analyses still to do`() async throws {
        let bench = try AnalyzerBench()
        let (_, tube) = try await bench.tube(["NA", "K"])
        try await bench.run { port in
            let instrument = try await RawInstrument(port: port)
            #expect(try await instrument.session(AnalyzerBench.query(tube)).allSatisfy { $0 == Control.ack })
            let answer = try await instrument.receive()
            #expect(answer.contains(tube) && answer.contains("989") && answer.contains("990"), "\(answer)")
            #expect(await eventually { bench.status.sent == 1 })
            // Sodium is done: only potassium is left to do.
            let done = AnalyzerBench.results(of: tube)
            let sodiumOnly = String(decoding: done, as: UTF8.self).split(separator: "\r")
                .filter { !$0.hasPrefix("R|2") }.map { $0 + "\r" }.joined()
            _ = try await instrument.session(Array(sodiumOnly.utf8))
            #expect(try await eventually { try await bench.store.counts(site: nil).observations == 1 })
            _ = try await instrument.session(AnalyzerBench.query(tube))
            let second = try await instrument.receive()
            #expect(second.contains("990") && !second.contains("989"), "\(second)")
            // A tube that nobody knows is answered too: the instrument must not wait.
            _ = try await instrument.session(AnalyzerBench.query("99999999"))
            let unknown = try await instrument.receive()
            #expect(unknown.contains("L|1") && !unknown.contains("989"), "\(unknown)")
            await instrument.line.close()
        }
    }

    @Test func `a second connection takes over from a half-open one`() async throws {
        let bench = try AnalyzerBench()
        let (request, tube) = try await bench.tube()
        try await bench.run { port in
            // It enquires and vanishes without a word.
            let lost = try await RawInstrument(port: port)
            #expect(try await lost.say([Control.enq]) == Control.ack)
            let fresh = try await RawInstrument(port: port)
            #expect(try await fresh.session(AnalyzerBench.query(tube)).allSatisfy { $0 == Control.ack })
            #expect(try await fresh.receive().contains("989"))
            #expect(try await fresh.session(AnalyzerBench.results(of: tube)).allSatisfy { $0 == Control.ack })
            #expect(try await eventually { try await bench.store.observations(requestID: request.id).count == 2 })
            await lost.line.abort()
            #expect(await lost.next(within: .milliseconds(50)) == nil)
            // The end of the old line does not hide the new one.
            #expect(await eventually { bench.status.state == "connecté" })
            _ = try await fresh.session(AnalyzerBench.query("1"))
            #expect(try await fresh.receive().contains("L|1"))
            await fresh.line.close()
        }
    }
}

@Suite(.timeLimit(.minutes(10))) struct `Operating an analyzer` {
    private func code(_ work: () async throws(CommandFailure) -> Void) async -> String? {
        do throws(CommandFailure) {
            try await work()
            return nil
        } catch {
            if case .refused(let refusal) = error { return refusal.code }
            return "store"
        }
    }

    @Test func `a paused analyzer has no line until it is resumed, and both are in the trail`() async throws {
        let port = try await portOfNobodyElse()
        let bench = try AnalyzerBench(line: .tcpServer(host: "127.0.0.1", port: port, allowedPeers: []))
        let (_, tube) = try await bench.tube()
        let fleet = bench.fleet
        try await bench.run { port in
            let first = try await RawInstrument(port: port)
            #expect(try await first.say([Control.enq]) == Control.ack)
            try await fleet.operate(.pause, "auto", reason: "maintenance", by: AnalyzerBench.technician)
            #expect(bench.status.state == "en pause")
            #expect(await first.next() == nil)
            await #expect(throws: Refusal.self) { _ = try await RawInstrument(port: port) }
            #expect(bench.status.state == "en pause")
            try await fleet.operate(.resume, "auto", reason: "fini", by: AnalyzerBench.technician)
            var second: RawInstrument?
            #expect(
                await eventually {
                    second = try? await RawInstrument(port: port)
                    return second != nil
                })
            #expect(try await second?.session(AnalyzerBench.results(of: tube)).allSatisfy { $0 == Control.ack } == true)
            await second?.line.close()
        }
        let trail = try await bench.store.audit(after: 0, limit: 99).filter { $0.action.hasPrefix("analyzer.") }
        #expect(trail.map(\.action) == ["analyzer.pause", "analyzer.resume"])
        #expect(trail.map(\.subject) == ["auto : maintenance", "auto : fini"])
        #expect(trail.allSatisfy { $0.author == "technicien" })
    }

    @Test func `reconnecting closes the line, and the port stays open`() async throws {
        let bench = try AnalyzerBench()
        try await bench.run { port in
            let first = try await RawInstrument(port: port)
            #expect(await eventually { bench.status.state == "connecté" })
            try await bench.fleet.operate(.reconnect, "auto", reason: "muet", by: AnalyzerBench.technician)
            #expect(await first.next() == nil)
            let second = try await RawInstrument(port: port)
            #expect(try await second.say([Control.enq]) == Control.ack)
            await second.line.close()
        }
    }

    @Test func `operations ask for a known analyzer, a reason and a right`() async throws {
        let bench = try AnalyzerBench()
        let fleet = bench.fleet
        let secretary = Author(login: "s", role: .secretary, site: "nord")
        func operate(_ name: String, _ reason: String, _ author: Author) async -> String? {
            await code { () throws(CommandFailure) in
                try await fleet.operate(.pause, name, reason: reason, by: author)
            }
        }
        #expect(await operate("autre", "x", AnalyzerBench.technician) == "analyzer.unknown")
        #expect(await operate("auto", " ", AnalyzerBench.technician) == "reason.missing")
        #expect(await operate("auto", "x", secretary) == "auth.permission")
        #expect(try await bench.store.audit(after: 0, limit: 9).isEmpty)
    }

    @Test func `what waits is counted by analyzer, with the age of the oldest`() async throws {
        let bench = try AnalyzerBench()
        for (n, seconds) in [0, 60].enumerated() {
            try await bench.store.append(
                [
                    .message(
                        ReceivedMessage(
                            id: "m\(n)", site: "nord", analyzer: "auto", sessionID: "s", ordinal: n,
                            at: bench.clock.now.advanced(by: .seconds(seconds)), text: [], textHash: "\(n)",
                            complete: true))
                ], note: nil)
        }
        let backlog = try #require(await bench.fleet.backlogs()["auto"])
        #expect(backlog.messages == 2 && backlog.oldest == bench.clock.now)
    }

    @Test func `a replay takes out of triage what the driver now understands, once`() async throws {
        // The generic driver knows no code: everything waits.
        let before = try AnalyzerBench(driver: "generic-lis2a2")
        let (request, tube) = try await before.tube()
        let text = AnalyzerBench.results(of: tube)
        let message = ReceivedMessage(
            id: "m1", site: "nord", analyzer: "auto", sessionID: "s", ordinal: 0, at: before.clock.now, text: text,
            textHash: Digest.sha256Hex(text), complete: true)
        try await before.store.append([.message(message)], note: nil)
        try await before.fleet.interpretPending()
        #expect(try await before.store.triage(site: nil, open: true, limit: 9).count == 2)
        func replay(_ fleet: AnalyzerFleet) async -> String? {
            await code { () throws(CommandFailure) in
                _ = try await fleet.replay("m1", reason: "pilote corrigé", by: AnalyzerBench.technician)
            }
        }
        let still = try await before.fleet.replay("m1", reason: "essai", by: AnalyzerBench.technician)
        #expect(still.observations == 0 && still.waiting == 2)
        // The same laboratory after its driver was changed.
        let changed = try AnalyzerBench()
        let fleet = AnalyzerFleet([changed.configuration], desk: before.desk, log: { _ in })
        let outcome = try await fleet.replay("m1", reason: "pilote corrigé", by: AnalyzerBench.technician)
        #expect(outcome.observations == 2 && outcome.waiting == 0)
        #expect(try await before.store.observations(requestID: request.id).map(\.analysis).sorted() == ["K", "NA"])
        #expect(try await before.store.triage(site: nil, open: true, limit: 9).isEmpty)
        #expect(await replay(fleet) == "replay.nothing")
        #expect(try await before.store.observations(requestID: request.id).count == 2)
        #expect(try await before.store.audit(after: 0, limit: 99).last?.action == "triage.replay")
    }

    @Test func `a message that waits as a whole is replayed whole, unless it was cut`() async throws {
        let bench = try AnalyzerBench()
        let (request, tube) = try await bench.tube()
        for (id, complete) in [("whole", true), ("cut", false)] {
            let text = AnalyzerBench.results(of: tube) + Array(id.utf8)
            let message = ReceivedMessage(
                id: id, site: "nord", analyzer: "auto", sessionID: id, ordinal: 0, at: bench.clock.now, text: text,
                textHash: Digest.sha256Hex(text), complete: complete)
            try await bench.store.append([.message(message)], note: nil)
            let problem = Refusal("driver.none", because: "sans pilote", remedy: "en donner un")
            _ = try await bench.desk.interpret(message, reading: Reading(problems: [problem]))
        }
        let fleet = bench.fleet
        let refused = await code { () throws(CommandFailure) in
            _ = try await fleet.replay("cut", reason: "motif d'essai", by: AnalyzerBench.technician)
        }
        #expect(refused == "replay.incomplete")
        let outcome = try await fleet.replay("whole", reason: "pilote posé", by: AnalyzerBench.technician)
        #expect(outcome.observations == 2)
        #expect(try await bench.store.observations(requestID: request.id).count == 2)
        #expect(try await bench.store.triage(site: nil, open: true, limit: 9).map(\.messageID) == ["cut"])
    }
}

func freePort() async throws -> Int {
    let listener = try await LineListener.start(host: "127.0.0.1", port: 0, allowedPeers: [])
    let port = listener.port
    await listener.stop()
    return port
}

/// A free port below those that Linux gives out by itself (32768 and more): while it is closed, no other test gets it.
func portOfNobodyElse() async throws -> Int {
    for port in (0..<64).map({ _ in Int.random(in: 20_000..<32_000) }) {
        guard let listener = try? await LineListener.start(host: "127.0.0.1", port: port, allowedPeers: []) else {
            continue
        }
        await listener.stop()
        return port
    }
    return try #require(nil as Int?, "no port is free")
}
