package import Base
package import Console
import Foundation
import Glibc
import Synchronization

/// Bytes of standard input as inputs, sizes as they change, a tick twice a second. A thread of its own: reading blocks.
package enum Keyboard {
    package enum Sign: Sendable {
        case input(Input)
        case resized(width: Int, height: Int)
        case tick
        /// The terminal is gone, or a signal asks to leave.
        case end
    }

    /// Set by the handler of SIGTERM and SIGHUP, read by the thread.
    private static let ending = Atomic<Bool>(false)

    package static func read(now: @escaping @Sendable () -> Instant, _ take: @escaping @Sendable (Sign) -> Void) {
        for number in [SIGTERM, SIGHUP] { signal(number) { _ in Keyboard.ending.store(true, ordering: .relaxed) } }
        let thread = Thread { loop(now, take) }
        thread.name = "keyboard"
        thread.start()
    }

    private static func loop(_ now: () -> Instant, _ take: (Sign) -> Void) {
        var decoder = KeyDecoder()
        var size = Display.size.map { [$0.width, $0.height] }
        var lastTick = now()
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !ending.load(ordering: .relaxed) {
            var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let patience = decoder.deadline.map { max(0, Int32(now().duration(to: $0).milliseconds)) } ?? 100
            let ready = poll(&wait, 1, min(patience, 100))
            if ready > 0 {
                let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
                if count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN) { break }
                if count > 0 {
                    for input in decoder.received(Array(buffer[0..<count]), at: now()) { take(.input(input)) }
                }
            }
            for input in decoder.timeReached(now()) { take(.input(input)) }
            if let new = Display.size, [new.width, new.height] != size {
                size = [new.width, new.height]
                take(.resized(width: new.width, height: new.height))
            }
            if lastTick.duration(to: now()) >= .milliseconds(500) {
                lastTick = now()
                take(.tick)
            }
        }
        take(.end)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
