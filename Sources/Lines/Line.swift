package import Base
import CSerial
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A line that is up: bytes each way, whatever carries them. One task reads it; any task may send, and what one
/// task sends stays in order. Letting go of the last reference closes it.
package final class Line: Sendable {
    /// `192.168.1.40:51234`, `/dev/ttyUSB0`…
    package let peer: String
    private let channel: any Channel
    private let inbox: LineInbox
    private let thread: LineThread
    /// Run once, when the line is closed (removes a pty's link and its keeper).
    private let atClose: Mutex<(@Sendable () -> Void)?>

    init(peer: String, channel: any Channel, inbox: LineInbox, atClose: (@Sendable () -> Void)? = nil) {
        self.peer = peer
        self.channel = channel
        self.inbox = inbox
        thread = LineThread(channel.eventLoop)
        self.atClose = Mutex(atClose)
        inbox.begin(on: thread)
    }

    deinit {
        channel.close(promise: nil)
        atClose.withLock { $0 }?()
    }

    /// Waits for bytes, for the end of the line, for `wake()`, or for `limit` to pass. Bytes that came before the end
    /// are given before it. Safe to cancel: no byte is lost, the answer is `.ended(.cancelled)`.
    package func next(within limit: Duration?) async -> Arrival {
        await next(milliseconds: limit.map(Line.milliseconds))
    }

    /// The same, `limit` in milliseconds: a link asks at every frame, and 128-bit durations are slow.
    package func next(milliseconds limit: Int64? = nil) async -> Arrival {
        if Task.isCancelled { return .ended(.cancelled) }
        let (arrival, ticket, resume) = inbox.take()
        if resume { channel.setOption(.autoRead, value: true).whenFailure { _ in } }
        if let arrival { return arrival }
        if let bytes = readAtOnce() { return .bytes(bytes) }
        if let limit, limit <= 0 { return .timeReached }
        let due = limit.map { NIODeadline.now() + .milliseconds($0) }
        if inbox.isCancelledOutside { return await wait(ticket, until: due) }
        return await withTaskCancellationHandler {
            await wait(ticket, until: due)
        } onCancel: { [inbox] in
            inbox.cancel(ticket)
        }
    }

    private func wait(_ ticket: LineInbox.Ticket, until due: NIODeadline?) async -> Arrival {
        // Resumed once by construction (`LineInbox.Wake`); the check costs as much as the rest of a wait.
        await withUnsafeContinuation { [inbox, channel] waiter in
            if inbox.wait(ticket, waiter, until: due), let due { Line.look(inbox, at: due, on: channel.eventLoop) }
        }
    }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        // Rounded up: a limit that is not zero never becomes none.
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// On the line's own thread, after an answer: what the socket already holds, without a turn of the event loop. A
    /// link goes in lockstep, and who was waiting for our answer on this processor has its turn now instead of when
    /// this thread falls asleep; on a machine with work for every processor the next frame is then often there. nil
    /// where there is nothing, and where the channel must see it itself: the end, the turn of the other lines.
    private func readAtOnce() -> [UInt8]? {
        let socket = inbox.plainSocket
        guard socket >= 0, channel.eventLoop.inEventLoop, channel.isActive, inbox.mayReadAtOnce() else { return nil }
        sched_yield()
        return withUnsafeTemporaryAllocation(byteCount: Line.pieceAtOnce, alignment: 1) { piece in
            let count = recv(socket, piece.baseAddress, piece.count, atOnce)
            if count > 0 { return [UInt8](UnsafeRawBufferPointer(start: piece.baseAddress, count: count)) }
            // The system says an error once, and the channel comes after us.
            if count < 0, errno != EAGAIN, errno != EINTR {
                inbox.willEnd(because: LineEnd(IOError(errnoCode: errno, reason: "recv")))
            }
            return nil
        }
    }
    /// A frame of the usual length (240 characters, LIS01-A2 section 6.3.1.2), and its neighbours; a longer one
    /// comes in pieces, or through the channel.
    private static let pieceAtOnce = 1024

    private static func look(_ inbox: LineInbox, at due: NIODeadline, on loop: any EventLoop) {
        loop.scheduleTask(deadline: due) {
            if let next = inbox.look(at: .now()) { look(inbox, at: next, on: loop) }
        }
    }

    /// Runs `body` on the thread that carries this line: what arrives is answered without waking another thread. What
    /// `body` does for long holds up the other lines of that thread. The task that calls this is the line's reader:
    /// its being cancelled ends a wait in `body`, that of a child task does not.
    package func onItsThread<T: Sendable>(_ body: @Sendable () async throws -> T) async rethrows -> T {
        inbox.isCancelledOutside(true)
        defer { inbox.isCancelledOutside(false) }
        return try await withTaskCancellationHandler {
            try await withTaskExecutorPreference(thread) { try await body() }
        } onCancel: { [inbox] in
            inbox.cancelReader()
        }
    }

    /// Makes the reader return `.woken` (now, or at its next wait).
    package func wake() { inbox.wake() }

    /// Why no more bytes come; nil while the line is up.
    package var end: LineEnd? { inbox.end }

    /// Returns when the system has taken all the bytes. A peer that takes none for `limit` ends the line.
    package func send(_ bytes: [UInt8], within limit: Duration = .seconds(30)) async throws(LineEnd) {
        try await send(bytes[...], within: limit)
    }

    /// The same for bytes that stand in others' memory.
    package func send(_ bytes: ArraySlice<UInt8>, within limit: Duration = .seconds(30)) async throws(LineEnd) {
        if bytes.isEmpty { return }
        let channel = channel, inbox = inbox, loop = channel.eventLoop
        let taken = loop.inEventLoop ? Line.sendAtOnce(bytes, to: channel, inbox) : 0
        if taken == bytes.count { return }
        let buffer = ByteBuffer(bytes: bytes.dropFirst(taken))
        let failure = await withCheckedContinuation { (done: CheckedContinuation<(any Error)?, Never>) in
            if loop.inEventLoop {
                Line.write(buffer, to: channel, inbox, within: limit, done)
            } else {
                loop.execute { Line.write(buffer, to: channel, inbox, within: limit, done) }
            }
        }
        if let failure { throw inbox.reason ?? LineEnd(failure) }
    }

    /// On the line's own thread: straight to the socket, past the channel, while nothing waits in the channel. The
    /// system takes at once nearly everything that we send, and a frame's acknowledgement is one byte: a buffer, a
    /// promise and a walk through a pipeline would cost more than the system call. The bytes taken.
    private static func sendAtOnce(_ bytes: ArraySlice<UInt8>, to channel: any Channel, _ inbox: LineInbox) -> Int {
        let socket = inbox.plainSocket
        // The channel closes its socket on this thread: while it is active here, the number is its own.
        guard socket >= 0, inbox.isWriteQueueEmpty, channel.isActive else { return 0 }
        let count = bytes.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, atOnce) }
        if count == bytes.count { inbox.answeredAtOnce() }
        // A socket that refuses says why to the channel, at its next write.
        return max(0, count)
    }

    /// On the line's own thread, for what the system does not take at once and for lines that are no plain socket.
    private static func write(
        _ buffer: ByteBuffer, to channel: any Channel, _ inbox: LineInbox, within limit: Duration,
        _ done: CheckedContinuation<(any Error)?, Never>
    ) {
        let written = channel.eventLoop.makePromise(of: Void.self)
        let timer = WriteTimer()
        inbox.queued.add(1, ordering: .relaxed)
        written.futureResult.whenComplete { result in
            timer.end()
            inbox.queued.subtract(1, ordering: .relaxed)
            switch result {
            case .success: done.resume(returning: nil)
            case .failure(let error): done.resume(returning: error)
            }
        }
        channel.writeAndFlush(buffer, promise: written)
        timer.start(on: channel.eventLoop, limit) {
            inbox.willEnd(because: .sendTimedOut)
            channel.close(promise: nil)
        }
    }

    /// Says to the peer that no more bytes come from us, and goes on reading (TCP only; elsewhere it does nothing).
    package func finishSending() async {
        if channel.remoteAddress == nil { return }
        _ = try? await channel.close(mode: .output).get()
    }

    package func close() async {
        inbox.willEnd(because: .closedHere)
        _ = try? await channel.close().get()
        inbox.ended(.closedHere)
        runAtClose()
    }

    /// Breaks the line as a pulled cable or a crash would: TCP RST, nothing flushed. For simulators and tests.
    package func abort() async {
        inbox.willEnd(because: .closedHere)
        if let socket = channel as? any SocketOptionProvider {
            _ = try? await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        _ = try? await channel.close().get()
        runAtClose()
    }

    private func runAtClose() {
        atClose.withLock { action -> (@Sendable () -> Void)? in
            defer { action = nil }
            return action
        }?()
    }
}

/// The time limit of one write; used on one thread only, but the compiler cannot know.
private final class WriteTimer: Sendable {
    private struct State {
        var isOver = false
        var timer: Scheduled<Void>?
    }
    private let state = Mutex(State())

    /// Does nothing when the write is already over.
    func start(on loop: any EventLoop, _ limit: Duration, _ action: @escaping @Sendable () -> Void) {
        if state.withLock({ $0.isOver }) { return }
        let timer = loop.scheduleTask(in: TimeAmount(limit), action)
        state.withLock { $0.timer = timer }
    }
    func end() {
        state.withLock { s in
            s.isOver = true
            return s.timer
        }?.cancel()
    }
}

/// The thread of a line as a place where tasks run.
final class LineThread: TaskExecutor, @unchecked Sendable {
    private let loop: any EventLoop
    /// Used on the thread itself only.
    private var isCollecting = false
    private var collected: [UnownedJob] = []
    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if loop.inEventLoop, isCollecting {
            collected.append(job)
            return
        }
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs `body` on this thread, then at once what it resumed, without a turn of the event loop between.
    func runWhatComes(_ body: () -> Void) {
        isCollecting = true
        body()
        isCollecting = false
        while let job = collected.popLast() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}

extension LineEnd {
    init(_ error: any Error) {
        switch error {
        case let end as LineEnd: self = end
        case let error as IOError:
            switch error.errnoCode {
            case ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETDOWN, ENETUNREACH: self = .reset
            // A tty whose other side is gone answers EIO.
            case EIO: self = .closedByPeer
            case _: self = .failed(systemText(error.errnoCode))
            }
        case let error as ChannelError
        where error == .ioOnClosedChannel || error == .alreadyClosed
            || error == .outputClosed:
            self = .closedHere
        case _: self = .failed("\(error)")
        }
    }
}

/// A full buffer is waited for by the channel, and a closed one is no signal.
private let atOnce = CInt(MSG_DONTWAIT | MSG_NOSIGNAL)

func systemText(_ code: CInt) -> String { String(cString: strerror(code)) }

extension TimeAmount {
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(
            seconds.multipliedReportingOverflow(by: 1_000_000_000).partialValue
                + attoseconds / 1_000_000_000)
    }
}

extension Line {
    /// Connects to `host:port`. Refusals: `line.dial`.
    package static func dial(
        host: String, port: Int, within limit: Duration = .seconds(10), options: LineOptions = LineOptions(),
        armour: (any LineArmour)? = nil
    ) async throws(Refusal) -> Line {
        let inbox = LineInbox()
        let secured = Mutex<EventLoopFuture<Void>?>(nil)
        do {
            let bootstrap = options.applied(to: ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton))
            let channel = try await bootstrap.connectTimeout(TimeAmount(limit))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.allowRemoteHalfClosure, value: armour == nil)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let socket = channel.keepFromChildren()
                        if armour == nil { inbox.isPlain(socket) }
                        if let armour {
                            let ready = try armour.put(on: channel, dialled: host)
                            secured.withLock { $0 = ready }
                        }
                        try channel.pipeline.syncOperations.addHandler(LineHandler(inbox))
                    }
                }
                .connect(host: host, port: port).get()
            try await secured.withLock { $0 }?.get()
            return Line(peer: "\(host):\(port)", channel: channel, inbox: inbox)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(
                "line.dial", at: "\(host):\(port)", because: "connexion impossible (\(dialText(error)))",
                remedy: "vérifier l'adresse, le port et que l'appareil écoute")
        }
    }

    private static func dialText(_ error: any Error) -> String {
        switch error {
        case let error as IOError: systemText(error.errnoCode)
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { dialText($0.error) } ?? "nom inconnu : \(error.host)"
        case ChannelError.connectTimeout: "aucune réponse"
        case _: "\(error)"
        }
    }
}

extension Channel {
    /// FD_CLOEXEC, which NIO does not set: a child process that inherits a socket holds its port and its line open
    /// after us. On the event loop only.
    /// The socket; nil where there is none.
    @discardableResult func keepFromChildren() -> CInt? {
        try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { descriptor in
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return descriptor
        }
    }
}
