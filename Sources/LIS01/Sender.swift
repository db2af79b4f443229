package import Base

/// Where the sender stands (LIS01-A2 sections 6.2 to 6.5, and the sender's state table of the standard).
///
///     neutral ──ENQ──▶ enquiring ──ACK──▶ sending ──ACK to the last frame, EOT──▶ neutral
///        ▲               │ NAK, ENQ, 15 s    │ NAK: same frame again; six, 15 s or interrupt: EOT
///        └───────────────┴───────────────────┘
package enum SenderState: Sendable, Equatable, CustomStringConvertible {
    case neutral
    /// ENQ is sent, its answer awaited.
    case enquiring
    /// The frame of this place (from 0) is sent for the `attempt`th time (from 1), its answer awaited.
    case sending(frame: Int, attempt: Int)

    package var description: String {
        switch self {
        case .neutral: "neutral"
        case .enquiring: "enquiring"
        case .sending(let frame, let attempt): "sending frame \(frame + 1), attempt \(attempt)"
        }
    }
}

/// The sending half of a link: a queue of messages, each carried in a session of its own.
package struct Sender: Sendable {
    struct Outgoing: Sendable {
        var number: Int
        var frames: [[UInt8]]
        var enquiries = 0
        var lastFailure = SendFailure.noAnswer
    }
    package private(set) var state = SenderState.neutral
    package let settings: LinkSettings
    package private(set) var deviations: [Deviation: Int] = [:]
    private var queue: [Outgoing] = []
    private var nextNumber = 1
    private var answerDue: Instant?
    /// No enquiry before this: after a NAK, a contention, an interrupt.
    private var restUntil: Instant?

    package init(settings: LinkSettings) { self.settings = settings }

    /// How many messages wait, the one being sent included.
    package var waiting: Int { queue.count }
    package var deadline: Instant? { answerDue ?? (queue.isEmpty ? nil : restUntil) }

    // MARK: commands

    /// Queues messages to travel in one session; the number comes back in `.delivered` or `.failed`.
    package mutating func send(_ messages: [[UInt8]]) -> Int {
        let frames = Framing.frames(
            of: messages, policy: settings.framing, limit: settings.maximumText,
            withChecksum: settings.checksum != .none)
        defer { nextNumber += 1 }
        queue.append(Outgoing(number: nextNumber, frames: frames))
        return nextNumber
    }

    /// Enquires if there is something to send and nothing forbids it. Call only when the receiver is neutral.
    mutating func enquireIfFree(at now: Instant, into actions: inout [LinkAction]) {
        guard state == .neutral, !queue.isEmpty else { return }
        if let restUntil, restUntil > now { return }
        restUntil = nil
        guard queue[0].enquiries < settings.enquiries else {
            let failed = queue.removeFirst()
            actions.append(.failed(failed.number, failed.lastFailure))
            return enquireIfFree(at: now, into: &actions)
        }
        queue[0].enquiries += 1
        state = .enquiring
        answerDue = now.advanced(by: settings.timers.answer)
        actions.append(.reply([Control.enq]))
    }

    /// A session in which we received is over: a contention is settled.
    mutating func lineIsFree() { restUntil = nil }

    // MARK: handlers

    /// One answer. Says whether it was an enquiry that the receiver must now be ready for.
    mutating func answered(_ byte: UInt8, at now: Instant, into actions: inout [LinkAction]) {
        switch state {
        case .neutral: break
        case .enquiring: answeredEnquiry(byte, at: now, into: &actions)
        case .sending(let frame, let attempt):
            answeredFrame(byte, frame, attempt, at: now, into: &actions)
        }
    }

    mutating func timeReached(at now: Instant, into actions: inout [LinkAction]) {
        guard let due = answerDue, due <= now else { return }
        // Section 6.5.2.3: no answer, give the line back and begin again later with the whole message.
        giveUpSession(.noAnswer, into: &actions)
    }

    mutating func lineLost(into actions: inout [LinkAction]) {
        state = .neutral
        answerDue = nil
        restUntil = nil
        for message in queue { actions.append(.failed(message.number, .lineLost)) }
        queue = []
    }

    private mutating func answeredEnquiry(_ byte: UInt8, at now: Instant, into actions: inout [LinkAction]) {
        switch byte {
        case Control.ack:
            if queue[0].frames.isEmpty { return finish(into: &actions) }
            transmit(0, attempt: 1, at: now, into: &actions)
        case Control.nak:
            queue[0].lastFailure = .busy
            rest(settings.timers.busy, at: now)
        case Control.enq:
            count(.contention, into: &actions)
            queue[0].lastFailure = .contention
            rest(settings.contentionWait, at: now)
        case _: count(.answerUnusual, into: &actions)
        }
    }

    private mutating func answeredFrame(
        _ byte: UInt8, _ frame: Int, _ attempt: Int, at now: Instant, into actions: inout [LinkAction]
    ) {
        switch byte {
        case Control.ack: advance(from: frame, at: now, into: &actions)
        case Control.eot:
            count(.receiverInterrupt, into: &actions)
            if frame + 1 == queue[0].frames.count || settings.receiverInterrupt == .ignored {
                advance(from: frame, at: now, into: &actions)
            } else {
                giveUpSession(.interrupted, into: &actions)
                restUntil = now.advanced(by: settings.timers.interrupt)
            }
        case _:
            // NAK, and whatever is neither ACK nor EOT (section 6.5.1.2).
            if byte != Control.nak { count(.answerUnusual, into: &actions) }
            guard attempt < settings.refusals else {
                let refused = queue.removeFirst()
                state = .neutral
                answerDue = nil
                actions.append(.reply([Control.eot]))
                actions.append(.failed(refused.number, .refused))
                return
            }
            transmit(frame, attempt: attempt + 1, at: now, into: &actions)
        }
    }

    private mutating func advance(from frame: Int, at now: Instant, into actions: inout [LinkAction]) {
        if frame + 1 < queue[0].frames.count {
            transmit(frame + 1, attempt: 1, at: now, into: &actions)
        } else {
            finish(into: &actions)
        }
    }

    private mutating func transmit(
        _ frame: Int, attempt: Int, at now: Instant, into actions: inout [LinkAction]
    ) {
        state = .sending(frame: frame, attempt: attempt)
        answerDue = now.advanced(by: settings.timers.answer)
        actions.append(.reply(queue[0].frames[frame]))
    }

    private mutating func finish(into actions: inout [LinkAction]) {
        let done = queue.removeFirst()
        state = .neutral
        answerDue = nil
        actions.append(.reply([Control.eot]))
        actions.append(.delivered(done.number))
    }

    private mutating func giveUpSession(_ reason: SendFailure, into actions: inout [LinkAction]) {
        queue[0].lastFailure = reason
        state = .neutral
        answerDue = nil
        actions.append(.reply([Control.eot]))
    }

    private mutating func rest(_ duration: Duration, at now: Instant) {
        state = .neutral
        answerDue = nil
        restUntil = now.advanced(by: duration)
    }

    private mutating func count(_ deviation: Deviation, into actions: inout [LinkAction]) {
        deviations[deviation, default: 0] += 1
        actions.append(.deviation(deviation))
    }
}
