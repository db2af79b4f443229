import Base
// Where `timespec` is declared as soon as Foundation is beside Glibc.
import CDispatch
import Foundation
import Glibc
import LIS01
import Lines

// What a thousand analyzers cost that say nothing, line and link each, as the server holds them.

extension Figure {
    static var idleMemory: Figure {
        idle("idle-memory", "resident memory that 1,000 connected idle analyzers add", unit: "MB", most: 150) {
            $0.megabytes
        }
    }

    static var idleProcessor: Figure {
        idle("idle-processor", "of one core while 1,000 connected analyzers say nothing for 3 s", unit: "%", most: 1) {
            $0.percent
        }
    }

    private static func idle(
        _ name: String, _ what: String, unit: String, most: Double,
        _ reading: @escaping @Sendable ((megabytes: Double, percent: Double)) -> Double
    ) -> Figure {
        Figure(name: name, what: what, unit: unit, reference: nil, goal: .most(most)) { _ in
            // Memory that a first round took is there for the next: one round, nothing to warm up.
            Reading(value: reading(try await IdleFleet.measure(1000)), spread: 1, reference: nil)
        }
    }
}

private enum IdleFleet {
    static func measure(_ count: Int) async throws -> (megabytes: Double, percent: Double) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, 8192)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur >= UInt(2 * count + 200) else { throw Absence(why: "too few open files allowed") }
        let before = resident()
        let listener = try await LineListener.start(limit: count)
        let fleet = Task { await serve(listener) }
        var clients: [CInt] = []
        defer { for client in clients { Glibc.close(client) } }
        for _ in 0..<count { clients.append(try connect(port: listener.port)) }
        for _ in 0..<100 where listener.up < count { try await Task.sleep(for: .milliseconds(50)) }
        try Measure.demand(listener.up, is: count, "lines up")
        let megabytes = resident() - before
        let used = processorSeconds(), start = ContinuousClock.now
        try await Task.sleep(for: .seconds(3))
        let percent = 100 * (processorSeconds() - used) / Measure.seconds(start.duration(to: .now))
        fleet.cancel()
        await fleet.value
        await listener.stop()
        return (megabytes, percent)
    }

    private static func serve(_ listener: LineListener) async {
        await withDiscardingTaskGroup { group in
            for await line in listener.connections {
                group.addTask {
                    var link = Link(settings: LinkSettings(station: .computer))
                    while case .bytes(let bytes) = await line.next() {
                        _ = link.received(bytes, at: Instant(milliseconds: 0))
                    }
                    await line.close()
                }
            }
        }
    }

    private static func connect(port: Int) throws -> CInt {
        let client = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isUp = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard client >= 0, isUp else { throw Fault("no loopback connection: \(String(cString: strerror(errno)))") }
        return client
    }

    /// Megabytes of this process.
    private static func resident() -> Double {
        let words = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
        let pages = words.count > 1 ? Double(words[1]) ?? 0 : 0
        return pages * Double(sysconf(CInt(_SC_PAGESIZE))) / 1e6
    }

    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
