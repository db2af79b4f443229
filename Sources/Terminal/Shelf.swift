import Console
import Synchronization

/// Events put by any task, taken by one.
final class Shelf: Sendable {
    private let events = Mutex<[Event]>([])
    func append(_ event: Event) { events.withLock { $0.append(event) } }
    func takeAll() -> [Event] {
        events.withLock { waiting in
            let all = waiting
            waiting = []
            return all
        }
    }
}
