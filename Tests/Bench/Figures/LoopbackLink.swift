import Base
// Where `timespec` is declared as soon as Foundation is beside Glibc.
import CDispatch
import Glibc
import LIS01
import Lines
import Synchronization

extension Figure {
    /// Frames in lockstep from an instrument that is a bare socket to our link and line, against the same instrument
    /// and a thread that acknowledges without looking.
    static var loopbackLink: Figure {
        Figure(
            name: "loopback-link", what: "one session of 1,840 frames from a bare socket, each acknowledged, over TCP",
            unit: "frames/s", reference: "bare socket ping-pong", goal: .ratio(0.8)
        ) { bench in
            let messages = LISSet(messages: 40).messages
            let frames = Framing.frames(of: messages, policy: .recordPerFrame)
            return try await OneProcessor.run {
                let receiver = try await LinkReceiver.start()
                let instrument = try BareLink(frames, to: receiver.port)
                let bare = try BareLink(frames)
                defer { bare.close() }
                let reading = try await Measure.alternate(
                    rounds: bench.rounds,
                    value: {
                        let before = receiver.accepted.value
                        let rate = try await instrument.round()
                        try Measure.demand(receiver.accepted.value - before, is: frames.count, "frames accepted")
                        return rate
                    },
                    reference: { try await bare.round() })
                instrument.close()
                await receiver.stop()
                return reading
            }
        }
    }

    /// The same with our sender as the instrument: both ends are ours.
    static var loopbackPair: Figure {
        Figure(
            name: "loopback-pair", what: "one session of 1,840 frames, link and line at both ends, over TCP",
            unit: "frames/s", reference: "bare socket ping-pong", goal: .none
        ) { bench in
            let messages = LISSet(messages: 40).messages
            let frames = Framing.frames(of: messages, policy: .recordPerFrame)
            return try await OneProcessor.run {
                let pair = try await LinkPair.connect()
                let bare = try BareLink(frames)
                defer { bare.close() }
                let reading = try await Measure.alternate(
                    rounds: bench.rounds,
                    value: { try await pair.deliver(messages, frames: frames.count) },
                    reference: { try await bare.round() })
                await pair.close()
                return reading
            }
        }
    }
}

/// Our end alone: a listener and the task of its one line.
private final class LinkReceiver: Sendable {
    private let listener: LineListener
    private let task: Task<Void, Never>
    let accepted: Counter
    var port: Int { listener.port }

    private init(_ listener: LineListener) {
        self.listener = listener
        let accepted = Counter()
        self.accepted = accepted
        task = Task {
            var connections = listener.connections.makeAsyncIterator()
            guard let line = await connections.next() else { return }
            await line.onItsThread { await LinkPair.receive(on: line, accepted) }
        }
    }
    static func start() async throws -> LinkReceiver { LinkReceiver(try await LineListener.start()) }
    func stop() async {
        await task.value
        await listener.stop()
    }
}

/// A sending and a receiving link joined by a TCP connection; each end is one task, as an analyzer's pump is.
private final class LinkPair: Sendable {
    private let sending: Line
    private let listener: LineListener
    private let receiver: Task<Void, Never>
    private let accepted: Counter

    private init(sending: Line, listener: LineListener, receiving: Line) {
        self.sending = sending
        self.listener = listener
        let accepted = Counter()
        self.accepted = accepted
        receiver = Task { await receiving.onItsThread { await LinkPair.receive(on: receiving, accepted) } }
    }

    static func connect() async throws -> LinkPair {
        let listener = try await LineListener.start()
        let sending = try await Line.dial(host: "127.0.0.1", port: listener.port)
        var connections = listener.connections.makeAsyncIterator()
        guard let receiving = await connections.next() else { throw Fault("nobody took the connection") }
        return LinkPair(sending: sending, listener: listener, receiving: receiving)
    }

    /// Frames a second, from the enquiry to the acknowledgement of the last frame.
    func deliver(_ messages: [[UInt8]], frames: Int) async throws -> Double {
        try await sending.onItsThread { try await self.exchange(messages, frames: frames) }
    }

    private func exchange(_ messages: [[UInt8]], frames: Int) async throws -> Double {
        var link = Link(settings: LinkSettings(station: .instrument))
        let before = accepted.value
        let start = ContinuousClock.now
        var (number, actions) = link.send(messages, at: LinkPair.now())
        var isDelivered = false
        while true {
            for action in actions {
                switch action {
                case .reply(let bytes): try await sending.send(bytes)
                case .delivered(let delivered): isDelivered = delivered == number
                case .failed(_, let failure): throw Fault("not delivered: \(failure)")
                case .store, .refused, .sessionBegan, .message, .sessionEnded, .deviation: break
                }
            }
            if isDelivered { break }
            switch await sending.next(milliseconds: LinkPair.wait(link)) {
            case .bytes(let bytes): actions = link.received(bytes, at: LinkPair.now())
            case .timeReached: actions = link.timeReached(at: LinkPair.now())
            case .woken: actions = []
            case .ended(let end): throw Fault("line lost: \(end)")
            }
        }
        let spent = Measure.seconds(start.duration(to: .now))
        try Measure.demand(accepted.value - before, is: frames, "frames accepted")
        return Double(frames) / spent
    }

    func close() async {
        await sending.close()
        await receiver.value
        await listener.stop()
    }

    fileprivate static func receive(on line: Line, _ accepted: Counter) async {
        var link = Link(settings: LinkSettings(station: .computer), acknowledgesAtOnce: true)
        while true {
            let actions: [LinkAction]
            switch await line.next(milliseconds: wait(link)) {
            case .bytes(let bytes): actions = link.received(bytes, at: now())
            case .timeReached: actions = link.timeReached(at: now())
            case .woken: actions = []
            case .ended: return
            }
            for action in actions {
                switch action {
                case .reply(let bytes):
                    do { try await line.send(bytes) } catch { return }
                case .store: accepted.add()
                case .refused, .sessionBegan, .message, .sessionEnded, .delivered, .failed, .deviation: break
                }
            }
        }
    }

    /// The server's clock, read as often as the server reads it.
    private static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
    private static func wait(_ link: Link) -> Int64? { link.deadline.map { $0.milliseconds - now().milliseconds } }
}

private final class Counter: Sendable {
    private let count = Atomic(0)
    var value: Int { count.load(ordering: .sequentiallyConsistent) }
    func add() { count.add(1, ordering: .sequentiallyConsistent) }
}
