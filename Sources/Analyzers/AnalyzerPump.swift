import Base
import Drivers
import LIS01
import Laboratory
import Lines
import Store
import Synchronization

/// One analyzer: takes each line that comes up, pumps its bytes through a `Link`, makes every frame durable before it
/// is acknowledged, and sends what waits in the outbox.
final class AnalyzerPump: Sendable {
    private let held: Mutex<AnalyzerConfiguration>
    /// As it is now: the driver may be exchanged under a line that stays up.
    var configuration: AnalyzerConfiguration { held.withLock { $0 } }
    let store: any LaboratoryStore
    let board: AnalyzerBoard
    let now: @Sendable () -> Instant
    let messageCame: @Sendable () -> Void
    let log: @Sendable (String) -> Void
    let outbox = Mutex(Outbox())
    /// Hashes of the last blocks that were kept and refused (HL7 v2).
    let refusedBlocks = Mutex<[String]>([])
    /// Where the last questions came from: hash of the message → peer (HL7 v2).
    let questions = Mutex<[String: String]>([:])
    /// Rung when orders may go out: a line came up, something was delivered, an order was queued.
    let orderBell = Bell()
    struct Running {
        var isPaused = false
        var isStopped = false
        /// The present round of `run`: cancelled to stop it at once.
        var round: Task<Void, Never>?
    }
    let running = Mutex(Running())
    private let present = Mutex<LineSource?>(nil)
    /// Finished when `run` has returned.
    private let over = AsyncStream.makeStream(of: Void.self)

    init(
        _ configuration: AnalyzerConfiguration, store: any LaboratoryStore, board: AnalyzerBoard,
        now: @escaping @Sendable () -> Instant, log: @escaping @Sendable (String) -> Void,
        messageCame: @escaping @Sendable () -> Void
    ) {
        held = Mutex(configuration)
        self.store = store
        self.board = board
        self.now = now
        self.log = log
        self.messageCame = messageCame
        board.add(
            AnalyzerStatus(
                name: configuration.name, site: configuration.site, driver: configuration.driver.name,
                line: configuration.line.description, state: "en attente"))
    }

    /// Messages kept for an analyzer that is away; beyond it the oldest goes, since analyzers ask again.
    static let outboxLimit = 64
    /// Times that a message is sent before it is given up: an analyzer that still wants it asks again.
    static let sendLimit = 3

    /// Closes the line and takes no other until `resume()`: the analyzer keeps its results, as when a cable is out.
    func pause() {
        running.withLock { state in
            state.isPaused = true
            state.round?.cancel()
        }
        board.change(configuration.name) { $0.state = AnalyzerPump.pausedState }
    }
    func resume() {
        running.withLock { $0.isPaused = false }
        board.change(configuration.name) { if $0.state == AnalyzerPump.pausedState { $0.state = "en attente" } }
    }
    /// Closes what is up, and dials again at once where it is ours to dial; a listening port stays open.
    func reconnect() async {
        let lines = outbox.withLock { $0.lines }
        for line in lines { await line.close() }
        if lines.isEmpty, !configuration.line.isListening { running.withLock { $0.round?.cancel() } }
    }
    static let pausedState = "en pause"

    /// From the next message on, this driver; the line stays as it is.
    func use(_ driver: Driver) {
        let name = held.withLock { held in
            held.driver = driver
            return held.name
        }
        board.change(name) { $0.driver = driver.name }
    }

    /// Ends `run` for good and returns when its line and its port are closed. Only for a pump that was run.
    func stop() async {
        running.withLock { state in
            state.isStopped = true
            state.round?.cancel()
        }
        for await _ in over.stream {}
    }

    /// Runs until cancelled or stopped: one round after the other, none while paused.
    func run() async {
        defer { over.continuation.finish() }
        while !Task.isCancelled, !running.withLock({ $0.isStopped }) {
            let round = running.withLock { state -> Task<Void, Never>? in
                if state.isPaused || state.isStopped { return nil }
                let round = Task { await self.serveOnce() }
                state.round = round
                return round
            }
            guard let round else {
                try? await Task.sleep(for: .milliseconds(50))
                continue
            }
            await withTaskCancellationHandler {
                await round.value
            } onCancel: {
                round.cancel()
            }
        }
    }

    /// Listens or dials until cancelled; a line that cannot be opened is tried again, later and later.
    private func serveOnce() async {
        let name = configuration.name
        var seed = SystemRandomNumberGenerator()
        var wait = BackOff(seed: seed.next())
        while !Task.isCancelled {
            do throws(Refusal) {
                let source = try await LineSource.start(
                    configuration.line, backOff: configuration.options.backOff(seed: seed.next()),
                    options: configuration.options, armour: configuration.armour,
                    report: { [log] in log("automate \(name) : \($0)") })
                present.withLock { $0 = source }
                board.change(name) { row in
                    row.port = source.port
                    row.state = "en attente"
                }
                await serve(source)
                await source.stop()
                present.withLock { $0 = nil }
                return
            } catch {
                log("automate \(name) : \(error)")
                board.change(name) { $0.state = "en panne : \(error.cause)" }
                try? await Task.sleep(for: wait.next())
            }
        }
    }

    /// Connections that were not let in on the present port, by reason.
    var refusedPeers: [PeerRefusal: Int] { present.withLock { $0?.refused ?? [:] } }

    /// Says on the board why a line cannot be opened, as long as it cannot.
    private func watch(_ source: LineSource) async {
        while !Task.isCancelled {
            if let failure = source.lastFailure {
                board.change(configuration.name) { $0.state = "en panne : \(failure.cause)" }
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    /// Each line in its own child task, so that a half-open connection never keeps a new one waiting, and on the thread
    /// that carries the line: a frame is answered without waking another one.
    private func serve(_ source: LineSource) async {
        await withDiscardingTaskGroup { group in
            if source.port == nil {
                group.addTask { await self.watch(source) }
                while let line = await source.next() { await line.onItsThread { await self.talk(on: line) } }
            } else {
                while let line = await source.next() {
                    group.addTask { await line.onItsThread { await self.talk(on: line) } }
                }
            }
            group.cancelAll()
        }
    }

    func newID() -> String {
        var random = SystemRandomNumberGenerator()
        return Identifier.make(at: now(), random: &random)
    }

    func converse(_ line: Line) async {
        let name = configuration.name
        lineCame(line)
        var link = Link(settings: configuration.link)
        var journal = SessionJournal(analyzer: name, site: configuration.site, peer: line.peer)
        await perform(flushOutbox(into: &link, line), &link, &journal, line)
        while true {
            let limit = link.deadline.map { $0.milliseconds - now().milliseconds }
            let actions: [LinkAction]
            var ended = false
            switch await line.next(milliseconds: limit) {
            case .bytes(let bytes): actions = link.received(bytes, at: now())
            case .timeReached: actions = link.timeReached(at: now())
            case .woken: actions = flushOutbox(into: &link, line)
            case .ended:
                actions = link.lineLost()
                ended = true
            }
            await perform(actions, &link, &journal, line)
            if ended { break }
        }
        await lineWent(line)
    }

    /// One message, when the line is neutral: what waits here can still be taken back.
    private func flushOutbox(into link: inout Link, _ line: Line) -> [LinkAction] {
        guard link.state == .neutral, link.waiting == 0 else { return [] }
        let message = outbox.withLock { box in
            box.line === line && !box.waiting.isEmpty ? box.waiting.removeFirst() : nil
        }
        guard let message else { return [] }
        let (number, actions) = link.send(message.bytes, at: now())
        outbox.withLock { $0.sending[SendKey(line, number)] = message }
        return actions
    }

    /// A message that failed goes again, a few times (LIS01-A2: the whole message is queued again).
    private func sendFailed(_ number: Int, _ failure: SendFailure, _ line: Line) {
        board.change(configuration.name) { $0.sendFailures += 1 }
        guard var message = outbox.withLock({ $0.sending.removeValue(forKey: SendKey(line, number)) }) else { return }
        // Who waits for the outcome decides what now.
        if let done = message.done { return done(.failed(failure.french, isRefusal: failure == .refused)) }
        message.failures += 1
        let again = message.failures < AnalyzerPump.sendLimit
        if again { outbox.withLock { [message] in $0.waiting.append(message) } }
        let next = again ? "sera repris" : "abandonné"
        if !again { gaveUp(failure.french) }
        log("automate \(configuration.name) : envoi échoué (\(failure.rawValue)), \(next)")
    }

    /// The one place where actions are run, in order; what `stored` answers goes on behind.
    private func perform(
        _ first: [LinkAction], _ link: inout Link, _ journal: inout SessionJournal, _ line: Line
    ) async {
        let name = configuration.name
        var queue = first[...]
        while let action = queue.popFirst() {
            switch action {
            case .reply(let bytes):
                do throws(LineEnd) { try await line.send(bytes) } catch { log("automate \(name) : ligne \(error)") }
            case .store(let frame):
                let next = await keep(frame, &link, &journal)
                queue = (next + Array(queue))[...]
            case .refused(_, let deviation):
                board.change(name) { $0.refusals += 1 }
                log("automate \(name) : trame refusée (\(deviation.rawValue))")
            case .sessionBegan:
                journal.begin(id: newID(), at: now())
                board.change(name) { row in
                    row.sessions += 1
                    row.state = "session en cours"
                    row.lastSeen = now()
                }
            case .message(_, _):
                board.change(name) { $0.messages += 1 }
            case .sessionEnded(let end):
                let facts = journal.end(reason: end.rawValue, at: now(), newID: newID)
                await appendUntilDone(facts)
                board.change(name) { $0.state = "connecté" }
                messageCame()
                wakeIfWaiting(line)
            case .delivered(let number):
                delivered(SendKey(line, number))
                wakeIfWaiting(line)
            case .failed(let number, let failure):
                sendFailed(number, failure, line)
                wakeIfWaiting(line)
            case .deviation(let deviation):
                board.change(name) { $0.deviations[deviation.rawValue, default: 0] += 1 }
            }
        }
    }

    /// Durable, then acknowledged. When the store is away the frame is refused: the analyzer sends it again.
    private func keep(
        _ frame: ReceivedFrame, _ link: inout Link, _ journal: inout SessionJournal
    ) async -> [LinkAction] {
        let facts = journal.facts(of: frame, at: now(), newID: newID)
        let messages = facts.count { if case .message = $0 { true } else { false } }
        do throws(StoreFailure) {
            try await store.append(facts, note: nil)
        } catch {
            guard await isKept(facts, error) else {
                journal.notStored()
                log("automate \(configuration.name) : journal indisponible, trame refusée (\(error))")
                return link.notStored(at: now())
            }
        }
        journal.stored(messages: messages)
        for departure in MessageDeviation.of(frame: frame.text, isEnd: frame.isEnd) { count(departure.rawValue) }
        board.change(configuration.name) { row in
            row.frames += 1
            row.lastSeen = now()
        }
        if messages > 0 { messageCame() }
        return link.stored(at: now())
    }

    /// An append whose answer was lost may have been kept: the analyzer then sends the same frame again, which
    /// conflicts with itself. The same bytes at the same place of the journal are this frame.
    private func isKept(_ facts: [Fact], _ failure: StoreFailure) async -> Bool {
        guard case .conflict = failure else { return false }
        let frames = facts.compactMap { fact in if case .frame(let frame) = fact { frame } else { nil } }
        guard let frame = frames.first else { return false }
        do throws(StoreFailure) {
            let kept = try await store.frames(sessionID: frame.sessionID)
            return kept.contains { $0.ordinal == frame.ordinal && $0.bytes == frame.bytes }
        } catch { return false }
    }

    /// The end of a session promises nothing to the analyzer, but must not be lost: tried until the store takes it, or
    /// left to the recovery at the next start.
    private func appendUntilDone(_ facts: [Fact]) async {
        guard !facts.isEmpty else { return }
        for attempt in 0..<5 {
            do throws(StoreFailure) {
                try await store.append(facts, note: nil)
                return
            } catch {
                log("automate \(configuration.name) : fin de session non enregistrée (\(error))")
                try? await Task.sleep(for: .milliseconds(100 << attempt))
            }
        }
    }
}
