import Base
import Synchronization

/// Slows guessing: each login from each peer has some free tries, then waits that double. The table is bounded; the
/// entry tried longest ago leaves first.
final class LoginThrottle: Sendable {
    /// Failures before the first wait.
    static let free = 8
    /// First wait, and the longest, in seconds.
    static let firstWait: Int64 = 30
    static let longestWait: Int64 = 900
    /// Failures are forgotten after this many seconds without a try.
    static let memory: Int64 = 3600
    /// Entries kept.
    static let capacity = 4096

    private struct Entry {
        var failures = 0
        var last: Instant
        var closedUntil: Instant
    }
    private let table = Mutex<[String: Entry]>([:])

    private static func key(_ login: String, _ peer: String) -> String { "\(login)\n\(peer)" }

    /// Counts a try before it is judged, so that tries at the same moment count too; refuses while the wait lasts.
    func admit(_ login: String, from peer: String, at now: Instant) throws(Refusal) {
        let wait = table.withLock { table -> Int64? in
            let key = LoginThrottle.key(login, peer)
            var entry = table[key] ?? Entry(last: now, closedUntil: now)
            if now.milliseconds - entry.last.milliseconds > LoginThrottle.memory * 1000 {
                entry = Entry(last: now, closedUntil: now)
            }
            if entry.closedUntil > now { return (entry.closedUntil.milliseconds - now.milliseconds + 999) / 1000 }
            entry.failures += 1
            entry.last = now
            let beyond = entry.failures - LoginThrottle.free
            if beyond >= 0 {
                let seconds = min(LoginThrottle.longestWait, LoginThrottle.firstWait << Int64(min(beyond, 10)))
                entry.closedUntil = Instant(milliseconds: now.milliseconds + seconds * 1000)
            }
            if table[key] == nil, table.count >= LoginThrottle.capacity,
                let oldest = table.min(by: { $0.value.last < $1.value.last })
            {
                table[oldest.key] = nil
            }
            table[key] = entry
            return nil
        }
        guard let wait else { return }
        throw Refusal(
            "auth.throttled", because: "trop d'essais de connexion", remedy: "attendre \(wait) s, puis réessayer")
    }

    func succeeded(_ login: String, from peer: String) {
        table.withLock { $0[LoginThrottle.key(login, peer)] = nil }
    }

    var count: Int { table.withLock { $0.count } }
}
