import Drivers
import Synchronization
import LIS01
import Lines

/// What became of a message to an analyzer.
enum SendOutcome: Sendable, Hashable {
    case delivered
    /// It did not get through; `isRefusal` when the link refused its bytes rather than fell silent.
    case failed(String, isRefusal: Bool)
    /// The analyzer read it and says no.
    case refused(String)
}

/// A message to an analyzer.
struct Outgoing: Sendable {
    var bytes: [UInt8]
    /// HL7 v2: MSH-10, to which an answer is awaited; nil when none is.
    var controlID: String?
    /// The line that it must go out on, by its peer: an answer belongs where the question came from. HL7 v2 only.
    var peer: String?
    /// Tubes of which the analyzer knows everything once it is delivered.
    var tubes: [String] = []
    var failures = 0
    var ticket = 0
    /// Told the outcome, once; without it the message is sent again a few times by the pump itself.
    var done: (@Sendable (SendOutcome) -> Void)?
}

/// A message under way: which line, and its number there.
struct SendKey: Hashable, Sendable {
    let line: ObjectIdentifier
    let number: Int
    init(_ line: Line, _ number: Int) {
        self.line = ObjectIdentifier(line)
        self.number = number
    }
}

struct Outbox: Sendable {
    var waiting: [Outgoing] = []
    var sending: [SendKey: Outgoing] = [:]
    /// Tubes that an answer told the analyzer of, for its courier.
    var answered: [String] = []
    var tickets = 0
    /// Lines that are up, oldest first. A connection that the analyzer left without a word (half-open) stays here until
    /// the system notices; what we send goes to the newest.
    var lines: [Line] = []
    /// Lines that came up so far.
    var linesSoFar = 0
    var line: Line? { lines.last }
}

/// Many may ring; one listens; rings that nobody heard yet are one.
final class Bell: Sendable {
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    init() { (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }
    func ring() { continuation.yield() }
}

extension AnalyzerPump {
    /// A message to send as soon as the line is neutral.
    func enqueue(_ message: Outgoing) {
        let (line, dropped) = outbox.withLock { box in
            let dropped = box.waiting.count >= AnalyzerPump.outboxLimit ? box.waiting.removeFirst() : nil
            box.waiting.append(message)
            return (box.lines.first { $0.peer == message.peer } ?? box.line, dropped)
        }
        dropped?.done?(.failed("file d'attente pleine", isRefusal: false))
        line?.wake()
    }

    /// Sends a message and waits for what becomes of it. Cancelled, it takes back what did not leave yet.
    func deliver(_ bytes: [UInt8], controlID: String? = nil) async -> SendOutcome {
        let ticket = outbox.withLock { box in
            box.tickets += 1
            return box.tickets
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                enqueue(
                    Outgoing(
                        bytes: bytes, controlID: controlID, ticket: ticket, done: { waiter.resume(returning: $0) }))
                if Task.isCancelled { takeBack(ticket) }
            }
        } onCancel: {
            takeBack(ticket)
        }
    }

    private func takeBack(_ ticket: Int) {
        let message = outbox.withLock { box in
            box.waiting.firstIndex { $0.ticket == ticket }.map { box.waiting.remove(at: $0) }
        }
        message?.done?(.failed("arrêt", isRefusal: false))
    }

    /// The analyzer takes its question back (LIS2-A2 field Q.13, A): answers that did not leave yet do not leave.
    func dropAnswers() -> Int {
        outbox.withLock { box in
            let before = box.waiting.count
            box.waiting.removeAll { $0.done == nil }
            return before - box.waiting.count
        }
    }

    func delivered(_ key: SendKey) {
        let message = outbox.withLock { $0.sending.removeValue(forKey: key) }
        if let message { delivered(message) }
    }
    func delivered(_ message: Outgoing) {
        board.change(configuration.name) { row in
            row.sent += 1
            row.problem = nil
        }
        if !message.tubes.isEmpty { outbox.withLock { $0.answered += message.tubes } }
        message.done?(.delivered)
        orderBell.ring()
    }

    /// Messages for the analyzer that are not delivered yet.
    var queue: Int { outbox.withLock { $0.waiting.count + $0.sending.count } }
    /// Those of them that stand in no store: answers, which the analyzer asks for again.
    var answersWaiting: Int {
        outbox.withLock { box in
            box.waiting.count { $0.done == nil } + box.sending.values.count { $0.done == nil }
        }
    }
    /// The line may be free now for what waits.
    func wakeIfWaiting(_ line: Line) { if outbox.withLock({ !$0.waiting.isEmpty }) { line.wake() } }
    var isUp: Bool { outbox.withLock { !$0.lines.isEmpty } }
    var linesSoFar: Int { outbox.withLock { $0.linesSoFar } }

    /// A line is up: what every conversation begins and ends with, whatever its dialect.
    func lineCame(_ line: Line) {
        outbox.withLock { box in
            box.lines.append(line)
            box.linesSoFar += 1
        }
        board.change(configuration.name) { row in
            row.state = "connecté"
            row.lastSeen = now()
        }
        orderBell.ring()
    }
    func lineWent(_ line: Line) async {
        let older = outbox.withLock { box in
            box.lines.removeAll { $0 === line }
            return box.line
        }
        let isPaused = running.withLock { $0.isPaused }
        board.change(configuration.name) { row in
            row.state = isPaused ? AnalyzerPump.pausedState : older == nil ? "en attente" : "connecté"
        }
        older?.wake()
        await line.close()
    }

    /// Each dialect has a conversation of its own.
    func talk(on line: Line) async {
        switch configuration.driver.description.dialect {
        case .lis2: await converse(line)
        case .hl7:
            var conversation = HL7Conversation(self, line)
            await conversation.run()
        case .text(let text):
            var conversation = TextConversation(self, line, text)
            await conversation.run()
        }
    }

    func count(_ deviation: String, _ times: Int = 1) {
        if times > 0 { board.change(configuration.name) { $0.deviations[deviation, default: 0] += times } }
    }
}

extension SendFailure {
    /// For people.
    var french: String {
        switch self {
        case .noAnswer: "sans réponse"
        case .busy: "occupé"
        case .refused: "trame refusée"
        case .interrupted: "interrompu par l'automate"
        case .contention: "les deux côtés parlaient à la fois"
        case .lineLost: "ligne perdue"
        }
    }
}
