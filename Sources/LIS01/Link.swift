package import Base

/// What a link is doing, for people and metrics.
package enum LinkState: Sendable, Equatable, CustomStringConvertible {
    case neutral
    case receiving(ReceiverState)
    case sending(SenderState)

    package var description: String {
        switch self {
        case .neutral: "neutral"
        case .receiving(let state): "receiving: \(state)"
        case .sending(let state): "\(state)"
        }
    }
}

/// Both halves of a LIS01-A2 link over one line: whoever enquires first sends, and when both do, the computer waits
/// longer (section 6.2.7). Every handler gives the actions to run, in order; call `timeReached(at:)` at ``deadline``.
package struct Link: Sendable {
    package private(set) var receiver: Receiver
    package private(set) var sender: Sender

    package init(settings: LinkSettings, acknowledgesAtOnce: Bool = false) {
        receiver = Receiver(settings: settings, acknowledgesAtOnce: acknowledgesAtOnce)
        sender = Sender(settings: settings)
    }

    package var settings: LinkSettings { receiver.settings }
    package var state: LinkState {
        if sender.state != .neutral { return .sending(sender.state) }
        return receiver.state == .neutral ? .neutral : .receiving(receiver.state)
    }
    /// The next moment at which something happens by itself, nil when only the line can bring news.
    package var deadline: Instant? {
        if receiver.state != .neutral { return receiver.deadline }
        return sender.deadline
    }
    /// How often each deviation was met since the link began, both halves together.
    package var deviations: [Deviation: Int] { receiver.deviations.merging(sender.deviations, uniquingKeysWith: +) }
    /// Messages not yet delivered nor failed.
    package var waiting: Int { sender.waiting }

    // MARK: handlers

    package mutating func received(_ bytes: UnsafeBufferPointer<UInt8>, at now: Instant) -> [LinkAction] {
        var actions: [LinkAction] = []
        // A good frame is stored and answered; only who acknowledges at once goes on to the next one of the piece.
        actions.reserveCapacity(receiver.acknowledgesAtOnce ? 2 + bytes.count / 32 : 2)
        var position = 0
        while position < bytes.count, sender.state != .neutral {
            let before = sender.state
            let byte = bytes[position]
            position += 1
            sender.answered(byte, at: now, into: &actions)
            // An enquiry doubled by the line is one contention, not a contention and a new enquiry.
            while byte == Control.enq, before == .enquiring, position < bytes.count, bytes[position] == Control.enq {
                position += 1
                receiver.count(.enquiryDuringTransfer, into: &actions)
            }
            // What came in the same piece as the answer cannot answer the frame that it released: it is an echo or
            // noise, and taking it for an acknowledgement would lose that frame. An enquiry behind the last answer is
            // kept.
            guard sender.state != before, sender.state != .neutral else { continue }
            if position < bytes.count { receiver.count(.strayBytes, into: &actions) }
            return actions
        }
        if position < bytes.count {
            receiver.received(UnsafeBufferPointer(rebasing: bytes[position...]), at: now, into: &actions)
        }
        settle(at: now, &actions)
        return actions
    }
    package mutating func received(_ bytes: [UInt8], at now: Instant) -> [LinkAction] {
        bytes.withUnsafeBufferPointer { received($0, at: now) }
    }
    package mutating func received(_ bytes: some Sequence<UInt8>, at now: Instant) -> [LinkAction] {
        if let actions = bytes.withContiguousStorageIfAvailable({ received($0, at: now) }) { return actions }
        return Array(bytes).withUnsafeBufferPointer { received($0, at: now) }
    }
    package mutating func received(_ bytes: Span<UInt8>, at now: Instant) -> [LinkAction] {
        bytes.withUnsafeBufferPointer { received($0, at: now) }
    }

    package mutating func timeReached(at now: Instant) -> [LinkAction] {
        var actions: [LinkAction] = []
        receiver.timeReached(at: now, into: &actions)
        sender.timeReached(at: now, into: &actions)
        settle(at: now, &actions)
        return actions
    }

    /// The frame of the last `.store` is durable.
    package mutating func stored(at now: Instant) -> [LinkAction] {
        var actions: [LinkAction] = []
        receiver.stored(at: now, into: &actions)
        settle(at: now, &actions)
        return actions
    }

    /// The frame of the last `.store` could not be made durable.
    package mutating func notStored(at now: Instant) -> [LinkAction] {
        var actions: [LinkAction] = []
        receiver.notStored(at: now, into: &actions)
        settle(at: now, &actions)
        return actions
    }

    /// The line closed. What was being received ends incomplete, what was to be sent fails; the link is neutral again.
    package mutating func lineLost() -> [LinkAction] {
        var actions: [LinkAction] = []
        receiver.lineLost(into: &actions)
        sender.lineLost(into: &actions)
        return actions
    }

    // MARK: commands

    /// Sends a message (LIS2-A2 records, each ended by CR) in a session of its own.
    package mutating func send(
        _ message: [UInt8], at now: Instant
    ) -> (number: Int, actions: [LinkAction]) { send([message], at: now) }

    /// Sends several messages in one session.
    package mutating func send(
        _ messages: [[UInt8]], at now: Instant
    ) -> (number: Int, actions: [LinkAction]) {
        var actions: [LinkAction] = []
        let number = sender.send(messages)
        settle(at: now, &actions)
        return (number, actions)
    }

    /// Asks a sending peer for the line (section 6.3.5).
    package mutating func interrupt() { receiver.interrupt() }

    /// While true, enquiries are answered with NAK.
    package var isBusy: Bool {
        get { receiver.isBusy }
        set { receiver.isBusy = newValue }
    }

    /// After every event: a session of ours begins when the line is neutral and something waits.
    private mutating func settle(at now: Instant, _ actions: inout [LinkAction]) {
        let isOver = actions.contains {
            if case .sessionEnded = $0 { true } else { false }
        }
        if isOver { sender.lineIsFree() }
        if receiver.state == .neutral { sender.enquireIfFree(at: now, into: &actions) }
    }
}
