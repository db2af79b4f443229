package import Base
import Synchronization

/// Waits between attempts: doubling, cut at `limit`, each drawn between half and the whole (so that twenty analysers
/// that lost the same switch do not all come back in the same millisecond).
package struct BackOff: Sendable {
    private let first: Duration
    private let limit: Duration
    private var attempt = 0
    private var random: PRNG

    package init(first: Duration = .milliseconds(250), limit: Duration = .seconds(30), seed: UInt64) {
        self.first = first
        self.limit = limit
        random = PRNG(seed: seed)
    }

    package mutating func next() -> Duration {
        let whole = min(limit, first * (1 << min(attempt, 20)))
        attempt += 1
        return whole * (0.5 + 0.5 * Double(random.next() >> 11) / Double(1 << 53))
    }

    /// After a success: the next wait is short again.
    package mutating func reset() { attempt = 0 }
}

/// Lines one after the other from one description: what an analyser's pump reconnects with. A server gives each
/// connection; a client, a serial port or a pty gives a line, then, asked again, opens another, waiting as
/// `BackOff` says.
package final class LineSource: Sendable {
    package let description: LineDescription
    /// The port listened to, for `.tcpServer`.
    package let port: Int?
    private let listener: LineListener?
    private let options: LineOptions
    private let armour: (any LineArmour)?
    private struct State {
        var backOff: BackOff
        var lastFailure: Refusal?
        var openedAt: ContinuousClock.Instant?
        var stopped = false
    }
    private let state: Mutex<State>

    private init(
        _ description: LineDescription, _ listener: LineListener?, _ backOff: BackOff, _ options: LineOptions,
        _ armour: (any LineArmour)?
    ) {
        self.description = description
        self.options = options
        self.armour = armour
        self.listener = listener
        port = listener?.port
        state = Mutex(State(backOff: backOff))
    }

    /// Listens at once for `.tcpServer` (and refuses as `LineListener` does); else opens nothing yet.
    package static func start(
        _ description: LineDescription, backOff: BackOff, options: LineOptions = LineOptions(),
        armour: (any LineArmour)? = nil, report: @escaping @Sendable (Refusal) -> Void = { _ in }
    ) async throws(Refusal) -> LineSource {
        switch description {
        case .tcpServer(let host, let port, let allowedPeers):
            let listener = try await LineListener.start(
                host: host, port: port, allowedPeers: allowedPeers, options: options, armour: armour,
                report: report)
            return LineSource(description, listener, backOff, options, armour)
        case .tcpClient, .serial, .pty:
            return LineSource(description, nil, backOff, options, armour)
        }
    }

    /// The next line that is up; nil once stopped or cancelled. A line that fell within 5 s does not reset the waits.
    package func next() async -> Line? {
        if let listener {
            var iterator = listener.connections.makeAsyncIterator()
            return await iterator.next()
        }
        while !Task.isCancelled, !state.withLock({ $0.stopped }) {
            let wait = state.withLock { s -> Duration? in
                guard let opened = s.openedAt else { return s.lastFailure == nil ? nil : s.backOff.next() }
                if opened.duration(to: .now) > .seconds(5) { s.backOff.reset() }
                s.openedAt = nil
                return s.backOff.next()
            }
            if let wait { try? await Task.sleep(for: wait) }
            if Task.isCancelled || state.withLock({ $0.stopped }) { return nil }
            do throws(Refusal) {
                let line = try await open()
                state.withLock { s in
                    s.openedAt = .now
                    s.lastFailure = nil
                }
                return line
            } catch {
                state.withLock { $0.lastFailure = error }
            }
        }
        return nil
    }

    private func open() async throws(Refusal) -> Line {
        switch description {
        case .tcpClient(let host, let port):
            return try await Line.dial(host: host, port: port, options: options, armour: armour)
        case .serial(let path, let settings): return try await SerialPort.open(path: path, settings)
        case .pty(let linkPath): return try await Pty.open(linkPath: linkPath).line
        case .tcpServer:
            throw Refusal(
                "line.source", because: "une ligne qui écoute ne s'ouvre pas", remedy: "attendre une connexion")
        }
    }

    /// Why the last attempt to open failed; nil when it did not.
    package var lastFailure: Refusal? { state.withLock { $0.lastFailure } }
    /// Connections refused by the listener, by reason.
    package var refused: [PeerRefusal: Int] { listener?.refused ?? [:] }

    package func stop() async {
        state.withLock { $0.stopped = true }
        await listener?.stop()
    }
}
