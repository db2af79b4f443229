import Synchronization

/// Calls the sender back between two messages: what waits may be meant otherwise since it was written (an opposition, an
/// identity put right, a copy taken off), and what is signed must not wait for the end of a long queue.
final class Interruption: Sendable {
    private struct State {
        var isUrgent = false
        var isAsked = false
        var clearedAt = ContinuousClock.now
    }
    private let state = Mutex(State())

    /// What is new waits so long at most, and one after the other they do not keep the sender from its work.
    private static let pause = Duration.seconds(2)
    /// Looked around without being asked: hidings end by the clock.
    private static let longest = Duration.seconds(15)

    /// Before the next message.
    func askNow() { state.withLock { $0.isUrgent = true } }
    /// Soon.
    func ask() { state.withLock { $0.isAsked = true } }
    /// Before everything is looked at: what comes later asks again.
    func clear() { state.withLock { $0 = State() } }

    var isAsked: Bool {
        state.withLock { state in
            if state.isUrgent { return true }
            let since = state.clearedAt.duration(to: .now)
            return since > (state.isAsked ? Interruption.pause : Interruption.longest)
        }
    }
}
