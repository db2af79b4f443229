import Synchronization

/// Events put by any task, taken by one: answers of the server are taken all together before a screen is drawn, so that
/// a burst of them draws once.
final class Mailbox<Letter: Sendable>: Sendable {
    private let letters = Mutex<[Letter]>([])
    private let wake: @Sendable () -> Void
    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }
    func put(_ letter: Letter) {
        letters.withLock { $0.append(letter) }
        wake()
    }
    func take() -> [Letter] {
        letters.withLock { waiting in
            let all = waiting
            waiting = []
            return all
        }
    }
}
