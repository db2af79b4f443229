import Glibc
package import NIOCore
import NIOPosix

/// How a TCP line is kept: when a silent peer is taken for gone, how long to wait between dials, and TLS.
package struct LineOptions: Sendable, Hashable {
    /// A peer that lost its power says nothing: it is asked after `idle` seconds of silence, then every `interval`
    /// seconds, and given up after `count` questions (tcp(7)). What was sent and is not acknowledged by its system is
    /// given up after the same time in all (TCP_USER_TIMEOUT), not after the quarter of an hour of the defaults.
    package struct KeepAlive: Sendable, Hashable {
        package var idle = 30
        package var interval = 10
        package var count = 3
        package init() {}
        package init(idle: Int, interval: Int, count: Int) {
            self.idle = idle
            self.interval = interval
            self.count = count
        }
        /// Seconds until a half-open connection is noticed.
        package var limit: Int { idle + interval * count }
    }
    package var keepAlive = KeepAlive()
    /// Waits between dials: the first, and where the doubling stops.
    package var firstWait = Duration.milliseconds(250)
    package var longestWait = Duration.seconds(5)
    package var tls: TLSSettings?
    package init() {}

    package func backOff(seed: UInt64) -> BackOff { BackOff(first: firstWait, limit: longestWait, seed: seed) }

    /// Linux's number, tcp(7); Glibc gives it as a macro on some systems only.
    private static let userTimeout = NIOBSDSocket.Option(rawValue: 18)

    private var tcp: [(NIOBSDSocket.Option, Int)] {
        [
            (.init(rawValue: TCP_KEEPIDLE), keepAlive.idle),
            (.init(rawValue: TCP_KEEPINTVL), keepAlive.interval),
            (.init(rawValue: TCP_KEEPCNT), keepAlive.count),
            (LineOptions.userTimeout, keepAlive.limit * 1000),
        ]
    }

    func applied(to bootstrap: ServerBootstrap) -> ServerBootstrap {
        tcp.reduce(bootstrap.childChannelOption(.socketOption(.so_keepalive), value: 1)) { bootstrap, option in
            bootstrap.childChannelOption(.tcpOption(option.0), value: option.1)
        }
    }
    func applied(to bootstrap: ClientBootstrap) -> ClientBootstrap {
        tcp.reduce(bootstrap.channelOption(.socketOption(.so_keepalive), value: 1)) { bootstrap, option in
            bootstrap.channelOption(.tcpOption(option.0), value: option.1)
        }
    }
}

/// What TLS needs on a line, as read from its files: a changed certificate is a changed line.
package struct TLSSettings: Sendable, Hashable {
    /// Our certificate and its issuers, PEM; needed to listen, and to dial where the other end asks for ours.
    package var certificates: [UInt8]?
    /// Its private key, PEM.
    package var key: [UInt8]?
    /// Whom we trust, PEM; nil: whom the system trusts.
    package var authorities: [UInt8]?
    /// Listening: a peer without a certificate of our authorities is refused.
    package var requiresClientCertificate = false
    /// Dialling: the name in the other end's certificate, when it is not the host that is dialled. Nil: that host.
    package var serverName: String?
    package init() {}
}

/// Puts a protection (TLS) between the bytes of a line and its channel. It stands in a room of its own, so that lines
/// do not need its library.
package protocol LineArmour: Sendable {
    /// On the channel's own thread, before anything else is in its pipeline. `dialled` is the host, nil for a channel
    /// that was accepted. The line is up once the result succeeds; a channel whose peer is not trusted is closed.
    func put(on channel: any Channel, dialled host: String?) throws -> EventLoopFuture<Void>
}
