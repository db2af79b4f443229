import Base
import Drivers
import LIS01
import LIS2
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
                    try? await Task.sleep(for: .seconds(2))
                }
                self.ring.finish()
            }
            for await pump in starting.stream { group.addTask { await pump.run() } }
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
        if let analyzer = pumps[message.analyzer]?.configuration {
            return analyzer.driver.read(LISMessage(bytes: message.text), zone: analyzer.zone)
        }
        return Reading(problems: [
            Refusal(
                "driver.none", at: message.analyzer,
                because: "aucun automate de ce nom dans la configuration",
                remedy: "le remettre dans la configuration, puis rejouer le message")
        ])
    }

    private func interpret(_ message: ReceivedMessage) async throws(CommandFailure) {
        let reading = read(message)
        let outcome = try await desk.interpret(message, reading: reading)
        guard outcome.kind == .interpreted, outcome.messageID == message.id else { return }
        for query in reading.queries where !query.cancels { try await answer(query, message) }
    }

    /// The host's answer to a query: the analyses still without a result on each tube, or "no information"
    /// (LIS2-A2 section 11; L record termination code I).
    private func answer(_ query: HostQuery, _ message: ReceivedMessage) async throws(CommandFailure) {
        guard let pump = pumps[message.analyzer] else { return }
        let orders = try await desk.outstandingOrders(query.all ? nil : query.accessions, site: message.site)
        let analyzer = pump.configuration
        guard let answer = analyzer.driver.orders(for: orders, purpose: .answer, at: desk.now(), zone: analyzer.zone)
        else { return }
        pump.enqueue(answer.bytes)
        for (accession, codes) in answer.unknown {
            let list = codes.joined(separator: ", ")
            log("automate \(analyzer.name) : tube \(accession), sans code dans le pilote : \(list)")
        }
    }
}
