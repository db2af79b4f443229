import Base
import LIS01
import Lines

/// A link over a real line, its store in memory; what the shell of an analyzer does, and no more.
struct Conversation {
    var link: Link
    var stored = 0
    var refused: [Deviation] = []
    var messages: [[UInt8]] = []
    var incomplete = 0
    var sessions = 0
    var delivered: [Int] = []
    var failed: [SendFailure] = []
    private let start = ContinuousClock.now

    init(_ settings: LinkSettings) { link = Link(settings: settings) }

    var now: Instant { Instant(milliseconds: Int64((ContinuousClock.now - start) / .milliseconds(1))) }

    mutating func perform(_ first: [LinkAction], over line: Line) async throws(LineEnd) {
        var queue = first
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .reply(let bytes): try await line.send(bytes)
            case .store:
                stored += 1
                queue = link.stored(at: now) + queue
            case .refused(_, let why): refused.append(why)
            case .message(let text, let isComplete):
                if isComplete { messages.append(text) } else { incomplete += 1 }
            case .sessionBegan: sessions += 1
            case .delivered(let number): delivered.append(number)
            case .failed(_, let why): failed.append(why)
            case .sessionEnded, .deviation: break
            }
        }
    }

    /// Until `isOver`, the line's end, or twenty seconds of silence.
    mutating func run(over line: Line, until isOver: (Conversation) -> Bool) async throws(LineEnd) {
        while !isOver(self) {
            let limit = link.deadline.map { max(.zero, now.duration(to: $0)) } ?? .seconds(20)
            switch await line.next(within: limit) {
            case .bytes(let bytes): try await perform(link.received(bytes, at: now), over: line)
            case .timeReached:
                if link.deadline == nil { return }
                try await perform(link.timeReached(at: now), over: line)
            case .woken: continue
            case .ended:
                let actions = link.lineLost()
                try await perform(actions, over: line)
                return
            }
        }
    }
}
