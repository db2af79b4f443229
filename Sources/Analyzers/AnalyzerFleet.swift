import Base
import Drivers
import LIS2
import LIS01
import Laboratory
package import Store
import Synchronization
package import Workflow

/// All the analyzers of the laboratory: their pumps, and the interpreter that takes what they journalled, in order,
/// once.
package final class AnalyzerFleet: Sendable {
    package let board = AnalyzerBoard()
    let members: Mutex<[String: Member]>
    let desk: Desk
    private let cut = CutMessages()
    let notes: LocalNotes
    let log: @Sendable (String) -> Void
    /// Pumps to be run, those of the beginning and those that a reload brings.
    private let starting = AsyncStream.makeStream(of: AnalyzerPump.self)
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    package init(
        _ configurations: [AnalyzerConfiguration], desk: Desk, notes: LocalNotes = LocalNotes(),
        log: @escaping @Sendable (String) -> Void
    ) {
        self.desk = desk
        self.notes = notes
        self.log = log
        members = Mutex([:])
        let (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.bell = bell
        self.ring = ring
        for configuration in configurations { start(configuration) }
    }

    /// An analyzer of the fleet: what the configuration says of it, and its pump with what is added here.
    struct Member {
        var given: AnalyzerConfiguration
        var pump: AnalyzerPump
    }
    var pumps: [String: AnalyzerPump] { members.withLock { $0.mapValues(\.pump) } }
    func pump(named name: String) -> AnalyzerPump? { members.withLock { $0[name]?.pump } }

    /// Makes the pump of an analyzer, paused if it was left so, and has it run as soon as the fleet does.
    func start(_ given: AnalyzerConfiguration) {
        var configuration = given
        configuration.driver = notes.settings.completed(given.driver, of: given.name)
        let pump = AnalyzerPump(
            configuration, store: desk.store, board: board, now: desk.now, log: log,
            messageCame: { [ring] in ring.yield() })
        if notes.settings.analyzers[given.name]?.paused == true { pump.pause() }
        members.withLock { $0[given.name] = Member(given: given, pump: pump) }
        starting.continuation.yield(pump)
    }

    /// Closes what a crash left open, then runs every pump and the interpreter until cancelled.
    package func run() async throws(StoreFailure) {
        try await recover()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.interpretForEver() }
            // The journal is looked at even when nobody rings: what a failed store left behind is taken then.
            group.addTask {
                while !Task.isCancelled {
                    self.ring.yield()
                    self.wakeCouriers()
                    try? await Task.sleep(for: .seconds(2))
                }
                self.ring.finish()
            }
            for await pump in starting.stream { group.addTask { await self.run(pump) } }
        }
    }

    /// An analyzer and the courier of its orders, until it is taken out of the fleet.
    private func run(_ pump: AnalyzerPump) async {
        let courier = OrderCourier(pump: pump, desk: desk)
        await withDiscardingTaskGroup { group in
            group.addTask { await courier.run() }
            await pump.run()
            group.cancelAll()
        }
    }

    /// Sessions without an end: their frames are in the journal; what they held of an unfinished message goes to triage
    /// as incomplete, since the analyzer, unacknowledged, sends it again.
    package func recover() async throws(StoreFailure) {
        for session in try await desk.store.openSessions() {
            let frames = try await desk.store.frames(sessionID: session.id)
            let messages = try await desk.store.messages(sessionID: session.id)
            let facts = SessionJournal.recovery(
                of: session, frames: frames, storedMessages: messages.count, at: desk.now(),
                newID: {
                    var random = SystemRandomNumberGenerator()
                    return Identifier.make(at: desk.now(), random: &random)
                })
            do throws(StoreFailure) {
                try await desk.store.append(facts, note: nil)
            } catch .conflict {
                // Another start closed it first: the same facts are there.
            }
            log("reprise : session \(session.id) de \(session.analyzer) close (\(frames.count) trames)")
        }
    }

    private func interpretForEver() async {
        for await _ in bell {
            if Task.isCancelled { return }
            do throws(CommandFailure) {
                try await interpretPending()
            } catch {
                log("interprétation suspendue : \(error)")
            }
        }
    }

    /// Messages taken at a time.
    private static let batch = 64

    /// Interprets everything that waits, oldest first.
    package func interpretPending() async throws(CommandFailure) {
        while true {
            let waiting: [ReceivedMessage]
            do throws(StoreFailure) {
                waiting = try await desk.store.messagesAwaitingInterpretation(limit: AnalyzerFleet.batch)
            } catch { throw .store(error) }
            if waiting.isEmpty { return }
            for message in waiting { try await interpret(message) }
        }
    }

    func read(_ message: ReceivedMessage) -> Reading {
        if let analyzer = pump(named: message.analyzer)?.configuration {
            return analyzer.driver.read(bytes: message.text, zone: analyzer.zone)
        }
        return Reading(problems: [
            Refusal(
                "driver.none", at: message.analyzer,
                because: "aucun automate de ce nom dans la configuration",
                remedy: "le remettre dans la configuration, puis rejouer le message")
        ])
    }

    /// Departures from LIS2-A2, counted when a message is interpreted; one that the driver does not name is news.
    private func countDeviations(_ message: ReceivedMessage) {
        guard let pump = pump(named: message.analyzer), pump.configuration.driver.description.dialect == .lis2 else {
            return
        }
        let driver = pump.configuration.driver
        for (deviation, times) in driver.deviations(of: LISMessage(bytes: message.text), rank: message.ordinal) {
            pump.count(deviation.rawValue, times)
        }
    }

    private func interpret(_ message: ReceivedMessage) async throws(CommandFailure) {
        countDeviations(message)
        let part: CutMessages.Part
        do throws(StoreFailure) {
            part = try await cut.part(of: message, store: desk.store, read: read, readSaved: readSaved)
        } catch { throw .store(error) }
        let reading = part.reading
        let outcome = try await desk.interpret(message, reading: reading, saved: part.saved)
        cut.settled(part, of: message)
        if part.again > 0 {
            log("automate \(message.analyzer) : \(part.again) résultats renvoyés après une coupure, déjà pris")
        }
        guard outcome.kind == .interpreted, outcome.messageID == message.id else { return }
        for query in reading.queries { try await answer(query, message) }
    }

    /// Orders were queued: they need not wait for the next look.
    package func wakeCouriers() { for pump in pumps.values { pump.orderBell.ring() } }
    /// The analyzers that are told their work unasked.
    package var orderRoutes: [OrderRoute] { pumps.values.compactMap(\.configuration.orderRoute) }

    /// The host's answer to a query: the analyses still without a result on each tube, or "no information"
    /// (LIS2-A2 section 11; L record termination code I).
    private func answer(_ query: HostQuery, _ message: ReceivedMessage) async throws(CommandFailure) {
        guard let pump = pump(named: message.analyzer) else { return }
        let analyzer = pump.configuration
        if query.cancels {
            let dropped = pump.dropAnswers()
            return log("automate \(analyzer.name) : question reprise, \(dropped) réponse(s) retirée(s)")
        }
        let orders = try await desk.outstandingOrders(query, site: message.site)
        let tubes = orders.map(\.accession)
        if analyzer.driver.description.dialect == .hl7 {
            return try await answerHL7(orders, message, pump)
        }
        guard let answer = analyzer.driver.orders(for: orders, purpose: .answer, at: desk.now(), zone: analyzer.zone)
        else { return }
        pump.enqueue(Outgoing(bytes: answer.bytes, tubes: tubes))
        logUnknown(answer.unknown, analyzer.name)
    }

    /// RSP^K11 at once, then an OML^O33 for each tube, each until its ORL^O34 comes (IHE LAW, LAB-27 then LAB-28), all
    /// on the line of the question where it is still up.
    private func answerHL7(
        _ orders: [SpecimenOrder], _ message: ReceivedMessage, _ pump: AnalyzerPump
    ) async throws(CommandFailure) {
        let analyzer = pump.configuration
        let answer: HL7Orders?
        do throws(Refusal) {
            answer = try analyzer.driver.answer(
                orders, toHL7: message.text, controlID: message.id, at: desk.now(), zone: analyzer.zone)
        } catch {
            return log("automate \(analyzer.name) : question sans réponse possible [\(error.code)] \(error.place)")
        }
        guard let answer else { return }
        let peer = pump.questions.withLock { $0[message.textHash] }
        for (rank, bytes) in answer.messages.enumerated() {
            pump.enqueue(
                Outgoing(
                    bytes: bytes, controlID: rank == 0 ? nil : "\(message.id).\(rank)", peer: peer,
                    tubes: answer.tubes[rank].map { [$0] } ?? []))
        }
        logUnknown(answer.unknown, analyzer.name)
    }

    private func logUnknown(_ unknown: [String: [String]], _ name: String) {
        for (accession, codes) in unknown {
            let list = codes.joined(separator: ", ")
            log("automate \(name) : tube \(accession), sans code dans le pilote : \(list)")
        }
    }
}
