import Base
import Foundation
import Glibc
import Lines
import Synchronization
import Testing

/// Asks the system itself how it keeps the sockets of this process.
private enum Sockets {
    /// TCP sockets of this process with a peer, as (descriptor, our port, the peer's port).
    static func connected() -> [(descriptor: CInt, local: Int, remote: Int)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { CInt($0) }.compactMap { descriptor in
            guard let local = port(descriptor, getsockname), let remote = port(descriptor, getpeername) else {
                return nil
            }
            return (descriptor, local, remote)
        }
    }

    private typealias Asked = (CInt, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
    private static func port(_ descriptor: CInt, _ ask: Asked) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { ask(descriptor, $0, &length) }
        }
        guard code == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func option(_ descriptor: CInt, _ level: CInt, _ name: CInt) -> CInt {
        var value: CInt = -1
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, level, name, &value, &length) == 0 ? value : -1
    }

    /// SO_KEEPALIVE, then idle, interval, count and the user timeout in milliseconds (tcp(7)).
    static func keepAlive(_ descriptor: CInt) -> [CInt] {
        let tcp = CInt(IPPROTO_TCP)
        return [option(descriptor, SOL_SOCKET, SO_KEEPALIVE)]
            + [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT, 18].map { option(descriptor, tcp, $0) }
    }
}

@Suite struct `How a TCP line is kept` {
    private func kept(_ options: LineOptions) async throws -> (server: [CInt], client: [CInt]) {
        let listener = try await LineListener.start(options: options)
        let client = try await Line.dial(host: "127.0.0.1", port: listener.port, options: options)
        let server = try #require(await first(listener))
        let sockets = Sockets.connected()
        let ours = try #require(sockets.first { $0.local == listener.port })
        let theirs = try #require(sockets.first { $0.remote == listener.port })
        let found = (Sockets.keepAlive(ours.descriptor), Sockets.keepAlive(theirs.descriptor))
        await client.close()
        await server.close()
        await listener.stop()
        return found
    }

    @Test func `a silent peer is asked and given up within a minute, at both ends, as the system says`() async throws {
        let found = try await kept(LineOptions())
        #expect(found.server == [1, 30, 10, 3, 60_000])
        #expect(found.client == [1, 30, 10, 3, 60_000])
    }

    @Test func `the times of the configuration are those of the socket`() async throws {
        var options = LineOptions()
        options.keepAlive = .init(idle: 5, interval: 2, count: 4)
        let found = try await kept(options)
        #expect(found.server == [1, 5, 2, 4, 13_000])
        #expect(found.client == [1, 5, 2, 4, 13_000])
    }

    @Test func `waits between dials begin and end as configured`() {
        var options = LineOptions()
        options.firstWait = .milliseconds(100)
        options.longestWait = .milliseconds(400)
        var backOff = options.backOff(seed: 7)
        let waits = (0..<8).map { _ in backOff.next() }
        #expect(waits[0] >= .milliseconds(50) && waits[0] <= .milliseconds(100))
        #expect(waits.allSatisfy { $0 <= .milliseconds(400) } && waits[3...].allSatisfy { $0 >= .milliseconds(200) })
    }

    @Test func `an address that insists is counted each time and told of once`() async throws {
        let told = Mutex<[String]>([])
        let listener = try await LineListener.start(allowedPeers: ["10.0.0.0/8"]) { refusal in
            told.withLock { $0.append("\(refusal.code) \(refusal.place) \(refusal.cause)") }
        }
        for _ in 0..<3 {
            let line = try? await Line.dial(host: "127.0.0.1", port: listener.port)
            _ = await line?.next(within: .seconds(10))
        }
        #expect(await eventually { listener.refused == [.notAllowed: 3] })
        #expect(told.withLock { $0 } == ["line.peer.notAllowed 127.0.0.1 adresse refusée"])
        await listener.stop()
    }
}
