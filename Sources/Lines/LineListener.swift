package import Base
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Why a connection was not let in. Counted, never fatal.
package enum PeerRefusal: String, Sendable, CaseIterable {
    /// Its address is not in the allow-list.
    case notAllowed
    /// As many lines as permitted are already up.
    case tooMany
    /// Nobody took the connections that wait.
    case notTaken
    /// It could not agree on TLS with us: no TLS at all, or no certificate that we trust.
    case notSecure

    package var french: String {
        switch self {
        case .notAllowed: "adresse refusée"
        case .tooMany: "connexion de trop"
        case .notTaken: "connexion non prise"
        case .notSecure: "TLS refusé"
        }
    }
}

/// Listens on TCP and gives each connection as a `Line`.
package final class LineListener: Sendable {
    /// The port really bound (useful when 0 was asked).
    package let port: Int
    /// Connections in the order they came; ends after `stop()`. Read by one task; cancelling it stops the listener.
    package let connections: AsyncStream<Line>
    private let channel: any Channel
    private let gate: Gate
    private let continuation: AsyncStream<Line>.Continuation

    /// Counts, and who is up.
    private final class Gate: Sendable {
        struct State {
            var up = 0
            var refused: [PeerRefusal: Int] = [:]
            /// Who was told of already, and for what.
            var told = Set<String>()
        }
        let state = Mutex(State())
        let rules: [PeerRule]
        let limit: Int
        let report: @Sendable (Refusal) -> Void
        init(rules: [PeerRule], limit: Int, report: @escaping @Sendable (Refusal) -> Void) {
            self.rules = rules
            self.limit = limit
            self.report = report
        }
        func admit(_ address: String?) -> Bool {
            let allowed = rules.isEmpty || rules.contains { $0.admits(address ?? "") }
            let admitted = state.withLock { s in
                guard allowed, s.up < limit else { return false }
                s.up += 1
                return true
            }
            if !admitted { refuse(allowed ? .tooMany : .notAllowed, address) }
            return admitted
        }
        func left() { state.withLock { $0.up -= 1 } }

        /// Each address is told of once a cause: one that insists fills no log. `why`: what is known beyond the reason.
        func refuse(_ reason: PeerRefusal, _ address: String?, _ why: (any Error)? = nil) {
            let address = address ?? "?", told = why as? Refusal
            let cause = told?.cause ?? reason.french
            let isNews = state.withLock { s in
                s.refused[reason, default: 0] += 1
                return s.told.count < Gate.mostTold && s.told.insert("\(address) \(cause)").inserted
            }
            guard isNews else { return }
            report(
                Refusal(
                    "line.peer.\(reason.rawValue)", at: address, because: cause,
                    remedy: told?.remedy ?? "vérifier que cet appareil doit se connecter ici, et la configuration"))
        }
        private static let mostTold = 256
    }

    private init(
        port: Int, channel: any Channel, gate: Gate, stream: AsyncStream<Line>,
        continuation: AsyncStream<Line>.Continuation
    ) {
        self.port = port
        self.channel = channel
        self.gate = gate
        self.connections = stream
        self.continuation = continuation
    }

    deinit {
        channel.close(promise: nil)
        continuation.finish()
    }

    /// `allowedPeers`: addresses or networks (`10.1.0.0/16`, `fd00::/8`); empty lets all in. `limit`: lines up at once.
    /// `report` is told why a peer was not let in. Refusals: `line.listen`, `line.peer`.
    package static func start(
        host: String = "127.0.0.1", port: Int = 0, allowedPeers: [String] = [], limit: Int = 64,
        options: LineOptions = LineOptions(), armour: (any LineArmour)? = nil,
        report: @escaping @Sendable (Refusal) -> Void = { _ in }
    ) async throws(Refusal) -> LineListener {
        var rules: [PeerRule] = []
        for text in allowedPeers { rules.append(try PeerRule(text)) }
        let gate = Gate(rules: rules, limit: limit, report: report)
        let (stream, continuation) = AsyncStream.makeStream(of: Line.self, bufferingPolicy: .bufferingOldest(limit))
        do {
            let channel = try await bootstrap(gate, continuation, options, armour).bind(host: host, port: port).get()
            // Cancelling the reader of `connections` closes the door as `stop()` does.
            continuation.onTermination = { _ in channel.close(promise: nil) }
            return LineListener(
                port: channel.localAddress?.port ?? port, channel: channel, gate: gate, stream: stream,
                continuation: continuation)
        } catch {
            let text = (error as? IOError).map { systemText($0.errnoCode) } ?? "\(error)"
            throw Refusal(
                "line.listen", at: "\(host):\(port)", because: "écoute impossible (\(text))",
                remedy: "choisir un autre port ou arrêter le programme qui le tient")
        }
    }

    /// Refuses what is neither an address nor a network, `line.peer`, before anything listens.
    package static func check(allowedPeers: [String]) throws(Refusal) {
        for text in allowedPeers { _ = try PeerRule(text) }
    }

    private static func bootstrap(
        _ gate: Gate, _ continuation: AsyncStream<Line>.Continuation, _ options: LineOptions,
        _ armour: (any LineArmour)?
    ) -> ServerBootstrap {
        options.applied(to: ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton))
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { channel.keepFromChildren() }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // TLS has an end of its own, and knows no half of a line.
            .childChannelOption(.allowRemoteHalfClosure, value: armour == nil)
            .childChannelInitializer { child in
                let address = child.remoteAddress
                guard gate.admit(address?.ipAddress) else {
                    return child.eventLoop.makeFailedFuture(LineEnd.closedHere)
                }
                child.closeFuture.whenComplete { _ in gate.left() }
                let peer = "\(address?.ipAddress ?? "?"):\(address?.port ?? 0)"
                let inbox = LineInbox()
                return child.eventLoop.makeCompletedFuture {
                    let socket = child.keepFromChildren()
                    if armour == nil { inbox.isPlain(socket) }
                    try armour?.put(on: child, dialled: nil).whenFailure { error in
                        gate.refuse(.notSecure, address?.ipAddress, error)
                    }
                    try child.pipeline.syncOperations.addHandler(
                        LineHandler(inbox) { channel in
                            let line = Line(peer: peer, channel: channel, inbox: inbox)
                            switch continuation.yield(line) {
                            case .enqueued: break
                            case .dropped, .terminated: gate.refuse(.notTaken, address?.ipAddress)
                            @unknown default: break
                            }
                        })
                }
            }
    }

    /// Connections refused so far, by reason.
    package var refused: [PeerRefusal: Int] { gate.state.withLock { $0.refused } }
    /// Lines up now.
    package var up: Int { gate.state.withLock { $0.up } }

    /// Closes the port. Lines already taken stay up: they belong to who took them.
    package func stop() async {
        _ = try? await channel.close().get()
        continuation.finish()
    }
}

/// An address or a network that may connect.
struct PeerRule: Sendable, Hashable {
    let network: [UInt8]
    let bits: Int

    init(_ text: String) throws(Refusal) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = PeerRule.address(String(parts[0])),
            let bits = parts.count == 1 ? address.count * 8 : Int(parts[1]), (0...address.count * 8).contains(bits)
        else {
            throw Refusal(
                "line.peer", at: text, because: "ni adresse IP ni réseau",
                remedy: "écrire 192.168.1.40 ou 192.168.1.0/24")
        }
        network = address
        self.bits = bits
    }

    func admits(_ text: String) -> Bool {
        guard let address = PeerRule.address(text), address.count == network.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return address[bit / 8] & mask == network[bit / 8] & mask
        }
    }

    /// 4 or 16 bytes; an IPv4 address inside IPv6 (`::ffff:10.0.0.1`) counts as IPv4.
    private static func address(_ text: String) -> [UInt8]? {
        var v4 = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &v4) == 1 { return v4 }
        var v6 = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let mapped = v6[..<10].allSatisfy { $0 == 0 } && v6[10] == 0xFF && v6[11] == 0xFF
        return mapped ? Array(v6[12...]) : v6
    }
}
