import Base
import LIS01
import Testing

/// Every short sequence of events from a fresh link: what is promised holds behind each.
private enum Event: CaseIterable {
    case enquiry, endOfTransmission, acknowledge, refuse, goodFrame, badFrame, junk
    case stored, notStored, timer
    /// Without the store's answers: stores answer at once.
    static let ofTheLine: [Event] = [.enquiry, .endOfTransmission, .acknowledge, .refuse, .goodFrame, .badFrame, .junk]
}

private struct Bench {
    var link = Link(settings: LinkSettings())
    var now = Instant(milliseconds: 0)
    let answersAtOnce: Bool
    var isStoring = false
    var acknowledged = 0, mayAcknowledge = 0
    var messages = 0
    var broken: String?

    init(answersAtOnce: Bool) { self.answersAtOnce = answersAtOnce }

    mutating func run(_ actions: [LinkAction]) {
        for action in actions {
            switch action {
            case .reply(let bytes):
                guard bytes == [Control.ack] else { break }
                acknowledged += 1
                if isStoring { broken = "acknowledged while storing" }
                if acknowledged > mayAcknowledge { broken = "acknowledged without store" }
            case .store:
                if isStoring { broken = "two stores at once" }
                isStoring = true
                if answersAtOnce { answer(true) }
            case .sessionBegan, .deviation(.frameRepeated): mayAcknowledge += 1
            case .message(_, let isComplete): messages += isComplete ? 1 : 0
            case .refused, .sessionEnded, .delivered, .failed, .deviation: break
            }
        }
    }
    mutating func answer(_ isStored: Bool) {
        guard isStoring else { return }
        isStoring = false
        if isStored { mayAcknowledge += 1 }
        run(isStored ? link.stored(at: now) : link.notStored(at: now))
    }
    mutating func hear(_ bytes: [UInt8]) { run(link.received(bytes, at: now)) }

    mutating func happen(_ event: Event) {
        switch event {
        case .enquiry: hear([Control.enq])
        case .endOfTransmission: hear([Control.eot])
        case .acknowledge: hear([Control.ack])
        case .refuse: hear([Control.nak])
        case .goodFrame: hear(Bench.frames[expected])
        case .badFrame: hear(Bench.badFrame)
        case .junk: hear([0x7A])
        case .stored: answer(true)
        case .notStored: answer(false)
        case .timer:
            guard let due = link.deadline else { return }
            now = max(now, due)
            run(link.timeReached(at: now))
        }
    }
    private var expected: Int {
        if case .waiting(let next) = link.receiver.state { next } else { 1 }
    }
    private static let frames = (0..<8).map { Framing.frame(number: $0, text: Array("C|1|\($0)\r".utf8), isEnd: true) }
    private static let badFrame: [UInt8] = [0x02, 0x31, 0x43, 0x0D, 0x03, 0x30, 0x30, 0x0D, 0x0A]
    private static let message = Framing.frames(of: Array("H|\\^&\rL|1|N\r".utf8), policy: .recordPerFrame)

    /// Time passes, and then a session carries a message: what is wrong when not.
    func stuck() -> String? {
        var bench = self
        // What waited behind a store may ask for the next one at once.
        for _ in 0..<40 {
            if bench.isStoring {
                bench.answer(true)
            } else if let due = bench.link.deadline {
                bench.now = max(bench.now, due)
                bench.run(bench.link.timeReached(at: bench.now))
            } else {
                break
            }
        }
        guard bench.link.state == .neutral, bench.link.deadline == nil else { return "never neutral again" }
        let before = bench.messages
        for bytes in [[Control.enq]] + Bench.message + [[Control.eot]] {
            bench.hear(bytes)
            while bench.isStoring { bench.answer(true) }
        }
        return bench.messages == before + 1 ? bench.broken : "a session no longer works"
    }
}

@Suite("Every short sequence of events")
struct SequenceTests {
    private func walk(_ bench: Bench, _ path: [Event], _ events: [Event], _ depth: Int, _ count: inout Int) -> String? {
        count += 1
        if let wrong = bench.broken ?? bench.stuck() { return "\(path): \(wrong)" }
        guard depth > 0 else { return nil }
        for event in events {
            var next = bench
            next.happen(event)
            if let wrong = walk(next, path + [event], events, depth - 1, &count) { return wrong }
        }
        return nil
    }

    private func start(_ answersAtOnce: Bool, sending: Bool) -> Bench {
        var bench = Bench(answersAtOnce: answersAtOnce)
        if sending { bench.run(bench.link.send(Array("H|\\^&\rL|1|N\r".utf8), at: bench.now).actions) }
        return bench
    }

    @Test(
        "of what the line may bring, up to six: never stuck, never acknowledged without store",
        arguments: [false, true])
    func line(_ sending: Bool) {
        let depth = Scale.isFull ? 6 : 4
        var count = 0
        #expect(walk(start(true, sending: sending), [], Event.ofTheLine, depth, &count) == nil)
        #expect(count == (0...depth).reduce(0) { sum, n in sum + (0..<n).reduce(1) { product, _ in product * 7 } })
    }

    @Test("with a store that answers late or fails, and timers, up to five", arguments: [false, true])
    func store(_ sending: Bool) {
        let depth = Scale.isFull ? 5 : 3
        var count = 0
        #expect(walk(start(false, sending: sending), [], Event.allCases, depth, &count) == nil)
        #expect(count > 1000)
    }
}
