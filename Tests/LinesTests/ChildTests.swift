import Base
import Glibc
import Lines
import Testing

@Suite(.timeLimit(.minutes(10))) struct `What child processes inherit` {
    /// Descriptors of this process whose local port is this one.
    private func descriptors(ofPort port: Int) -> [CInt] {
        (3..<1024).filter { descriptor in
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let known = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
            }
            return known == 0 && address.sin_family == sa_family_t(AF_INET) && Int(address.sin_port.bigEndian) == port
        }
    }

    @Test func `neither a listening socket nor a line, at either end`() async throws {
        let listener = try await LineListener.start()
        let client = try await Line.dial(host: "127.0.0.1", port: listener.port)
        var lines = listener.connections.makeAsyncIterator()
        let server = try #require(await lines.next())
        // The port of the dialling end is in the peer's name.
        let dialled = try #require(server.peer.split(separator: ":").last.flatMap { Int($0) })
        let listening = descriptors(ofPort: listener.port), dialling = descriptors(ofPort: dialled)
        #expect(listening.count == 2 && dialling.count == 1, "\(listening) \(dialling)")
        for descriptor in listening + dialling { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
        await client.close()
        await server.close()
        await listener.stop()
    }
}
