import Base
import LIS01

/// One end of the line: a link, a store that answers later or fails, an outbox, and the accounts that are checked.
struct Station {
    struct Outgoing {
        var text: [UInt8]
        var tries = 0
    }
    struct Storing {
        var frame: ReceivedFrame
        var due: Instant
        var fails: Bool
    }
    var link: Link
    var storing: Storing?
    var busyUntil: Instant?
    /// By the number of the link.
    var sending: [Int: Outgoing] = [:]
    /// Not given to the link: the line is down.
    var waiting: [Outgoing] = []
    var delivered: [[UInt8]] = []
    var failed: [[UInt8]] = []
    /// Complete messages as they came, with how often: a lost acknowledgement makes a sender repeat what was received.
    var received: [[UInt8]: Int] = [:]
    var sessions = 0
    /// Why an invariant is broken, in words.
    var broken: String?

    /// Messages put together from what was made durable, not yet reported by the link.
    private var durable: [[UInt8]] = []
    private var assembler = MessageAssembler()
    private var acknowledged = 0, acknowledgeable = 0, interrupts = 0

    init(_ settings: LinkSettings) { link = Link(settings: settings) }

    /// Times that a message is sent before it is reported failed.
    static let tries = 4

    mutating func send(_ message: Outgoing, at now: Instant) -> [LinkAction] {
        let (number, actions) = link.send(message.text, at: now)
        sending[number] = message
        return actions
    }

    mutating func note(_ action: LinkAction) {
        switch action {
        case .reply(let bytes): noteReply(bytes)
        case .store(let frame):
            if storing != nil { broken = "a second store before the first was answered" }
            storing = Storing(frame: frame, due: Instant(milliseconds: 0), fails: false)
        case .sessionBegan:
            sessions += 1
            acknowledgeable += 1
            assembler = MessageAssembler()
            durable = []
        case .sessionEnded: durable += assembler.flush().filter(\.isComplete).map(\.text)
        case .deviation(.frameRepeated): acknowledgeable += 1
        case .message(let text, let isComplete):
            guard isComplete else { break }
            // A message whose last frame was an intermediate one is complete only when the session ends.
            var rest = assembler
            if !durable.contains(text), !rest.flush().contains(where: { $0.text == text }) {
                broken = "a message that was not stored"
            }
            received[text, default: 0] += 1
        case .delivered(let number):
            guard let message = sending.removeValue(forKey: number) else {
                broken = "delivered what was not being sent"
                return
            }
            delivered.append(message.text)
        case .failed(let number, let reason): noteFailure(number, reason)
        case .refused, .deviation: break
        }
    }

    private mutating func noteReply(_ bytes: [UInt8]) {
        if bytes == [Control.ack] {
            acknowledged += 1
            if storing != nil { broken = "acknowledged before stored" }
        }
        if acknowledged > acknowledgeable { broken = "an acknowledgement of nothing" }
    }

    private mutating func noteFailure(_ number: Int, _ reason: SendFailure) {
        guard var message = sending.removeValue(forKey: number) else {
            broken = "failed what was not being sent"
            return
        }
        if reason != .lineLost { message.tries += 1 }
        if message.tries < Station.tries { waiting.append(message) } else { failed.append(message.text) }
    }

    /// The store answers.
    mutating func storeAnswers(at now: Instant) -> [LinkAction] {
        guard let answer = storing else { return [] }
        storing = nil
        guard !answer.fails else { return link.notStored(at: now) }
        acknowledgeable += 1
        durable += assembler.add(answer.frame.text, isEnd: answer.frame.isEnd).filter(\.isComplete).map(\.text)
        return link.stored(at: now)
    }
    mutating func lineLost() -> [LinkAction] {
        // The frame may have become durable all the same; it was not acknowledged, so it comes again.
        storing = nil
        return link.lineLost()
    }
}
