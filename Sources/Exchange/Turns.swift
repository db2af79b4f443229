import Synchronization
import Workflow

/// One at a time, in the order they came.
final class Turns: Sendable {
    private struct Line {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let line = Mutex(Line())

    func take<Made>(_ work: () async throws(CommandFailure) -> Made) async throws(CommandFailure) -> Made {
        await withCheckedContinuation { (turn: CheckedContinuation<Void, Never>) in
            let isMine = line.withLock { line in
                if line.isTaken {
                    line.waiting.append(turn)
                    return false
                }
                line.isTaken = true
                return true
            }
            if isMine { turn.resume() }
        }
        defer {
            line.withLock { line -> CheckedContinuation<Void, Never>? in
                if line.waiting.isEmpty {
                    line.isTaken = false
                    return nil
                }
                return line.waiting.removeFirst()
            }?.resume()
        }
        return try await work()
    }
}
