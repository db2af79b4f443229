import Foundation
import Glibc
import LIS01

/// The same frames over the same loopback with blocking sockets and two threads: ENQ, ACK, frame, ACK …, EOT. No
/// checksum, no state, no timer: what any link over TCP stays below. With a port, only the instrument's end of it.
final class BareLink: Sendable {
    private let frames: [[UInt8]]
    private let descriptor: CInt

    init(_ frames: [[UInt8]]) throws {
        self.frames = frames
        let (client, server) = try BareLink.connection()
        descriptor = client
        Thread { BareLink.answer(server) }.start()
    }

    init(_ frames: [[UInt8]], to port: Int) throws {
        self.frames = frames
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard BareLink.connect(descriptor, UInt16(port)) else {
            throw Fault("port \(port): \(String(cString: strerror(errno)))")
        }
        BareLink.answerAtOnce(descriptor)
    }

    func close() { Glibc.close(descriptor) }

    /// Frames a second of one session, on a thread of its own.
    func round() async throws -> Double {
        let rate = await withCheckedContinuation { (answer: CheckedContinuation<Double, Never>) in
            Thread { answer.resume(returning: self.session()) }.start()
        }
        guard rate > 0 else { throw Fault("the bare connection broke") }
        return rate
    }

    /// 0 when the connection broke.
    private func session() -> Double {
        let start = ContinuousClock.now
        guard exchange([Control.enq]) else { return 0 }
        for frame in frames where !exchange(frame) { return 0 }
        guard write(descriptor, [Control.eot], 1) == 1 else { return 0 }
        return Double(frames.count) / Measure.seconds(start.duration(to: .now))
    }

    private func exchange(_ bytes: [UInt8]) -> Bool {
        var reply: UInt8 = 0
        return write(descriptor, bytes, bytes.count) == bytes.count && read(descriptor, &reply, 1) == 1
            && reply == Control.ack
    }

    /// Acknowledges whatever ends like an enquiry or a frame.
    private static func answer(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            let last = buffer[count - 1]
            if last == Control.lf || last == Control.enq { _ = write(descriptor, [Control.ack], 1) }
        }
        Glibc.close(descriptor)
    }

    private static func connection() throws -> (client: CInt, server: CInt) {
        let listener = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        defer { Glibc.close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isUp = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && listen(listener, 1) == 0
                    && getsockname(listener, address, &size) == 0 && Glibc.connect(client, address, size) == 0
            }
        }
        let server = isUp ? accept(listener, nil, nil) : -1
        guard server >= 0 else { throw Fault("no loopback connection: \(String(cString: strerror(errno)))") }
        for descriptor in [client, server] { answerAtOnce(descriptor) }
        return (client, server)
    }

    private static func answerAtOnce(_ descriptor: CInt) {
        var on: CInt = 1
        setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    private static func connect(_ descriptor: CInt, _ port: UInt16) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                Glibc.connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
