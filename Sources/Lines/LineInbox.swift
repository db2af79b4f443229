import NIOCore
import Synchronization

/// What has arrived on a line and was not yet taken. Bounded: above `highWater` the channel stops reading, so a
/// peer that talks faster than we store is held back by TCP's window or by the tty's own buffer.
final class LineInbox: Sendable {
    /// 256 KiB: four of the largest LIS01-A2 frames (64 000 bytes, section 6.3.1.2), or a report with its PDF.
    static let highWater = 256 * 1024
    static let lowWater = 64 * 1024

    struct Ticket: Hashable, Sendable { let number: Int }

    private struct State {
        var bytes: [UInt8] = []
        var end: LineEnd?
        /// Known before the channel is inactive: why it is about to be.
        var cause: LineEnd?
        var woken = false
        var paused = false
        var waiter: UnsafeContinuation<Arrival, Never>?
        var ticket = Ticket(number: 0)
        var cancelled: Ticket?
        /// Every wait, until the reader leaves the line's thread.
        var isReaderCancelled = false
        /// When the waiter wants to be told `.timeReached`.
        var due: NIODeadline?
        /// The earliest look at `due` that is scheduled.
        var nextLook: NIODeadline?
        /// Where the reader may run, see ``LineThread``.
        var thread: LineThread?
    }
    private let state = Mutex(State())
    /// Of a TCP line in clear: its socket; -1 for the others.
    private let socket = Atomic<CInt>(-1)
    /// Writes that the channel has not ended; changed on the line's own thread.
    let queued = Atomic(0)
    /// A reader that stays on the line's thread is told once for all its waits that it is cancelled.
    private let outside = Atomic(false)
    var isCancelledOutside: Bool { outside.load(ordering: .relaxed) }
    /// Answers in a row after which the socket was read past the channel, and whether one has not been followed
    /// by a read; changed on the line's own thread.
    private let answers = Atomic(0)
    private let hasAnswered = Atomic(false)
    /// Then the other lines of the thread have their turn.
    private static let mostAnswers = 32
    var plainSocket: CInt { socket.load(ordering: .relaxed) }
    var isWriteQueueEmpty: Bool { queued.load(ordering: .relaxed) == 0 }

    // MARK: the channel's side

    /// True when the channel must stop reading.
    func received(_ view: ByteBufferView) -> Bool {
        let (wake, pause, thread) = state.withLock { s -> (Wake?, Bool, LineThread?) in
            s.bytes.append(contentsOf: view)
            let wake = LineInbox.wakeWithWhatThereIs(&s)
            let pause = !s.paused && s.bytes.count > LineInbox.highWater
            if pause { s.paused = true }
            return (wake, pause, s.thread)
        }
        guard let wake else { return pause }
        if let thread { thread.runWhatComes { wake.run() } } else { wake.run() }
        return pause
    }

    func answeredAtOnce() { hasAnswered.store(true, ordering: .relaxed) }
    /// True once after each answer, but not for more than ``mostAnswers`` in a row.
    func mayReadAtOnce() -> Bool {
        guard hasAnswered.load(ordering: .relaxed) else { return false }
        hasAnswered.store(false, ordering: .relaxed)
        let count = answers.load(ordering: .relaxed)
        answers.store(count < LineInbox.mostAnswers ? count + 1 : 0, ordering: .relaxed)
        return count < LineInbox.mostAnswers
    }

    /// The line is TCP in clear: `Line.send` may write to this socket, on the line's own thread.
    func isPlain(_ descriptor: CInt?) { socket.store(descriptor ?? -1, ordering: .relaxed) }

    /// The line is made: its reader may run on this thread.
    func begin(on thread: LineThread) { state.withLock { $0.thread = thread } }

    func ended(_ end: LineEnd) {
        state.withLock { s -> Wake? in
            if s.end == nil { s.end = s.cause ?? end }
            return LineInbox.wakeWithWhatThereIs(&s)
        }?.run()
    }

    func willEnd(because cause: LineEnd) {
        state.withLock { s in if s.cause == nil { s.cause = cause } }
    }

    var end: LineEnd? { state.withLock { $0.end } }
    /// Why the line ended or is about to.
    var reason: LineEnd? { state.withLock { $0.end ?? $0.cause } }

    // MARK: the reader's side

    /// Takes what there is at once, else gives a ticket to wait with. `resume` says that the channel may read again.
    func take() -> (Arrival?, Ticket, resume: Bool) {
        state.withLock { s in
            let arrival = LineInbox.take(&s)
            let resume = s.paused && s.bytes.count <= LineInbox.lowWater && s.end == nil
            if resume { s.paused = false }
            if arrival == nil { s.ticket = Ticket(number: s.ticket.number + 1) }
            return (arrival, s.ticket, resume)
        }
    }

    /// Installs the waiter, or answers it now. A line has one reader; a second one sends the first away.
    /// True when somebody must `look` at `due`.
    func wait(_ ticket: Ticket, _ waiter: UnsafeContinuation<Arrival, Never>, until due: NIODeadline?) -> Bool {
        let (older, now, mustLook) = state.withLock { s -> (Wake?, Arrival?, Bool) in
            let older = s.waiter.map { Wake(waiter: $0, arrival: .woken) }
            s.waiter = nil
            s.due = nil
            if s.isReaderCancelled || s.cancelled == ticket { return (older, .ended(.cancelled), false) }
            if let arrival = LineInbox.take(&s) { return (older, arrival, false) }
            s.waiter = waiter
            s.due = due
            return (older, nil, LineInbox.mustLook(&s))
        }
        older?.run()
        if let now { waiter.resume(returning: now) }
        return mustLook
    }

    /// A link sets a time limit at every frame and hardly ever reaches one: instead of a timer a wait, one look that
    /// stays scheduled and asks what is due by then.
    private static func mustLook(_ s: inout State) -> Bool {
        guard let due = s.due else { return false }
        if let nextLook = s.nextLook, nextLook <= due { return false }
        s.nextLook = due
        return true
    }

    /// A scheduled look of this time came: answers the waiter whose time it is. The answer is when to look again.
    func look(at now: NIODeadline) -> NIODeadline? {
        let (wake, next) = state.withLock { s -> (Wake?, NIODeadline?) in
            // An earlier look was scheduled after this one, and has taken its place.
            guard let nextLook = s.nextLook, nextLook <= now else { return (nil, nil) }
            s.nextLook = nil
            guard let waiter = s.waiter, let due = s.due else { return (nil, nil) }
            if due <= now {
                s.waiter = nil
                s.due = nil
                return (Wake(waiter: waiter, arrival: .timeReached), nil)
            }
            s.nextLook = due
            return (nil, due)
        }
        wake?.run()
        return next
    }

    func cancel(_ ticket: Ticket) {
        state.withLock { s in if s.waiter == nil || s.ticket != ticket { s.cancelled = ticket } }
        answer(ticket, .ended(.cancelled))
    }

    func isCancelledOutside(_ isOutside: Bool) {
        outside.store(isOutside, ordering: .relaxed)
        if !isOutside { state.withLock { $0.isReaderCancelled = false } }
    }

    func cancelReader() {
        state.withLock { s -> Wake? in
            s.isReaderCancelled = true
            guard let waiter = s.waiter else { return nil }
            s.waiter = nil
            s.due = nil
            return Wake(waiter: waiter, arrival: .ended(.cancelled))
        }?.run()
    }

    func wake() {
        state.withLock { s -> Wake? in
            s.woken = true
            return LineInbox.wakeWithWhatThereIs(&s)
        }?.run()
    }

    private func answer(_ ticket: Ticket, _ arrival: Arrival) {
        state.withLock { s -> Wake? in
            guard s.ticket == ticket, let waiter = s.waiter else { return nil }
            s.waiter = nil
            s.due = nil
            return Wake(waiter: waiter, arrival: arrival)
        }?.run()
    }

    /// A continuation must be resumed outside the lock.
    private struct Wake {
        let waiter: UnsafeContinuation<Arrival, Never>
        let arrival: Arrival
        func run() { waiter.resume(returning: arrival) }
    }

    private static func wakeWithWhatThereIs(_ s: inout State) -> Wake? {
        guard let waiter = s.waiter, let arrival = take(&s) else { return nil }
        s.waiter = nil
        s.due = nil
        return Wake(waiter: waiter, arrival: arrival)
    }

    private static func take(_ s: inout State) -> Arrival? {
        if !s.bytes.isEmpty {
            defer { s.bytes = [] }
            return .bytes(s.bytes)
        }
        if s.woken {
            s.woken = false
            return .woken
        }
        return s.end.map { .ended($0) }
    }
}

/// The only channel handler: bytes go to the inbox, ends are told to it.
final class LineHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let inbox: LineInbox
    private let whenActive: @Sendable (any Channel) -> Void

    init(_ inbox: LineInbox, whenActive: @escaping @Sendable (any Channel) -> Void = { _ in }) {
        self.inbox = inbox
        self.whenActive = whenActive
    }

    func channelActive(context: ChannelHandlerContext) {
        whenActive(context.channel)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if inbox.received(unwrapInboundIn(data).readableBytesView) {
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { inbox.ended(.closedByPeer) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        inbox.willEnd(because: LineEnd(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        inbox.ended(.closedByPeer)
        context.fireChannelInactive()
    }
}
