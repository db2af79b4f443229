import Base
import LIS01
import Testing

/// One row a state, one column an event: what the link writes and where it stands afterwards.
@Suite("Every state and every event")
struct TableTests {
    enum Where: String, CaseIterable, Sendable {
        case neutral, waiting, inFrame, storing, enquiring, sending, resting
    }
    enum Event: String, CaseIterable, Sendable {
        case enq, ack, nak, eot, goodFrame, badFrame, junk, stored, notStored, timer, send, interrupt, lineLost
    }

    /// Brings a fresh link into a state.
    private func bench(_ place: Where) -> Bench {
        var bench = Bench()
        switch place {
        case .neutral: break
        case .waiting: bench.hear(ENQ)
        case .inFrame:
            bench.hear(ENQ)
            bench.hear(Array(frame(1, "H|\\^&\r").prefix(5)))
        case .storing:
            bench.hear(ENQ)
            // Taken without running the actions: the store has not answered yet.
            _ = bench.link.received(frame(1, "H|\\^&\r"), at: bench.now)
        case .enquiring: bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        case .sending:
            bench.run(bench.link.send(smallMessage, at: bench.now).actions)
            bench.hear(ACK)
        case .resting:
            bench.run(bench.link.send(smallMessage, at: bench.now).actions)
            bench.hear(NAK)
        }
        _ = bench.said()
        return bench
    }

    private func happen(_ event: Event, _ bench: inout Bench) {
        switch event {
        case .enq: bench.hear(ENQ)
        case .ack: bench.hear(ACK)
        case .nak: bench.hear(NAK)
        case .eot: bench.hear(EOT)
        case .goodFrame: bench.hear(frame(1, "H|\\^&|||X\r"))
        case .badFrame: bench.hear(Array(frame(1, "H\r").dropLast(4)) + bytes("00\r\n"))
        case .junk: bench.hear(bytes("z"))
        case .stored: bench.run(bench.link.stored(at: bench.now))
        case .notStored: bench.run(bench.link.notStored(at: bench.now))
        case .timer:
            if let due = bench.link.deadline {
                bench.now = due
                bench.run(bench.link.timeReached(at: due))
            }
        case .send: bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        case .interrupt: bench.link.interrupt()
        case .lineLost: bench.run(bench.link.lineLost())
        }
    }

    private let one = LinkState.receiving(.waiting(next: 1)), two = LinkState.receiving(.waiting(next: 2))
    private let storing = LinkState.receiving(.storing(number: 1))
    private let enquiring = LinkState.sending(.enquiring)
    private func sending(_ frame: Int, _ attempt: Int) -> LinkState {
        .sending(.sending(frame: frame, attempt: attempt))
    }

    private func wanted(_ place: Where, _ event: Event) -> (String, LinkState) {
        switch (place, event) {
        case (.neutral, .enq), (.resting, .enq): ("A", one)
        case (.neutral, .send): ("Q", enquiring)
        case (.resting, .timer): ("Q", enquiring)
        case (.neutral, _), (.resting, _): ("", .neutral)

        case (.waiting, .enq): ("A", one)
        case (.waiting, .eot), (.waiting, .timer), (.waiting, .lineLost): ("", .neutral)
        case (.waiting, .goodFrame): ("A", two)
        case (.waiting, .badFrame): ("N", one)
        case (.waiting, _): ("", one)

        // Inside a frame a control character is a restricted character of text until silence says otherwise; a new STX
        // begins a new frame.
        case (.inFrame, .goodFrame): ("A", two)
        case (.inFrame, .badFrame): ("N", one)
        case (.inFrame, .timer), (.inFrame, .lineLost): ("", .neutral)
        case (.inFrame, _): ("", one)

        case (.storing, .stored): ("A", two)
        case (.storing, .notStored): ("N", one)
        case (.storing, .lineLost): ("", .neutral)
        case (.storing, _): ("", storing)

        case (.enquiring, .ack): ("F", sending(0, 1))
        case (.enquiring, .nak), (.enquiring, .enq): ("", .neutral)
        // A frame cannot answer an enquiry: every byte of it is no answer.
        case (.enquiring, .timer): ("EQ", enquiring)
        case (.enquiring, .lineLost): ("", .neutral)
        case (.enquiring, _): ("", enquiring)

        case (.sending, .ack): ("F", sending(1, 1))
        case (.sending, .nak), (.sending, .enq), (.sending, .junk): ("F", sending(0, 2))
        case (.sending, .goodFrame), (.sending, .badFrame): ("F", sending(0, 2))
        // The receiver interrupts: we yield and rest before trying again.
        case (.sending, .eot): ("E", .neutral)
        case (.sending, .timer): ("EQ", enquiring)
        case (.sending, .lineLost): ("", .neutral)
        case (.sending, _): ("", sending(0, 1))
        }
    }

    @Test("the table holds", arguments: Where.allCases, Event.allCases)
    func cell(_ place: Where, _ event: Event) {
        var bench = bench(place)
        happen(event, &bench)
        let (said, state) = wanted(place, event)
        #expect(bench.said() == said)
        #expect(bench.link.state == state)
    }

    @Test("after every event a session still works", arguments: Where.allCases, Event.allCases)
    func liveness(_ place: Where, _ event: Event) {
        var bench = bench(place)
        happen(event, &bench)
        bench.run(bench.link.stored(at: bench.now))
        bench.pass(.seconds(400))
        _ = bench.said()
        bench.messages = []
        bench.hear(ENQ)
        for part in Framing.frames(of: smallMessage, policy: .recordPerFrame) { bench.hear(part) }
        #expect(bench.said() == "AAAAAA")
        bench.hear(EOT)
        #expect(bench.messages == [smallMessage])
    }

    @Test("states print for people")
    func printing() {
        #expect(bench(.waiting).link.state.description == "receiving: waiting for frame 1")
        #expect(bench(.sending).link.state.description == "sending frame 1, attempt 1")
    }
}

@Suite("Receiving")
struct ReceivingTests {
    @Test("no acknowledgement leaves before the frame is stored")
    func durable() {
        var link = Link(settings: LinkSettings())
        let now = Instant(milliseconds: 0)
        _ = link.received(ENQ, at: now)
        let first = link.received(frame(1, "H|\\^&\r") + frame(2, "P|1\r"), at: now)
        guard case .store(let stored) = first.last else {
            Issue.record("no store")
            return
        }
        #expect(stored.raw == frame(1, "H|\\^&\r"))
        #expect(Array(stored.text) == bytes("H|\\^&\r"))
        #expect(!first.contains(.reply(ACK)))
        #expect(link.deadline == nil, "the store is ours: no timer of the sender's silence runs")
        let second = link.stored(at: now)
        #expect(second.first == .reply(ACK))
        guard case .store(let next) = second.last else {
            Issue.record("the waiting frame was forgotten")
            return
        }
        #expect(next.number == 2)
    }

    @Test("a frame that could not be stored is refused and taken when it comes again")
    func notStored() {
        var link = Link(settings: LinkSettings())
        let now = Instant(milliseconds: 0)
        _ = link.received(ENQ, at: now)
        _ = link.received(frame(1, "H|\\^&\r"), at: now)
        #expect(link.notStored(at: now) == [.reply(NAK)])
        #expect(link.received(frame(1, "H|\\^&\r"), at: now).count == 1)
        #expect(link.stored(at: now) == [.reply(ACK)])
    }

    @Test("a busy receiver refuses the enquiry")
    func busy() {
        var bench = Bench()
        bench.link.isBusy = true
        bench.hear(ENQ)
        #expect(bench.said() == "N")
        bench.link.isBusy = false
        bench.hear(ENQ)
        #expect(bench.said() == "A")
    }

    @Test("30 s of silence end a session and keep what was stored as incomplete")
    func silence() {
        var bench = Bench()
        bench.hear(ENQ + frame(1, "H|\\^&\r"))
        bench.pass(.milliseconds(29_999))
        #expect(bench.ends.isEmpty)
        bench.pass(.milliseconds(1))
        #expect(bench.ends == [.timedOut])
        #expect(bench.incomplete == [bytes("H|\\^&\r")])
    }

    @Test("the receiver interrupts once with EOT instead of ACK, and the frame counts")
    func interrupt() {
        var bench = Bench()
        bench.hear(ENQ)
        bench.link.interrupt()
        bench.hear(frame(1, "H|\\^&\r"))
        bench.hear(frame(2, "P|1\r"))
        #expect(bench.said() == "AEA")
        #expect(bench.frames.count == 2)
    }

    @Test("the last number with another text is refused, not taken for a repetition")
    func reused() {
        var bench = Bench()
        bench.hear(ENQ + frame(1, "H|\\^&\r") + frame(1, "P|1\r"))
        #expect(bench.said() == "AAN")
        #expect(bench.refused == [.frameNumberReused])
    }

    @Test("a frame longer than the setting is refused and costs no more memory")
    func long() {
        var settings = LinkSettings()
        settings.maximumFrame = 247
        var bench = Bench(settings)
        bench.hear(ENQ + frame(1, "H|\\^&|" + String(repeating: "x", count: 233) + "\r"))
        #expect(bench.said() == "AA", "240 of text fit")
        bench.hear(frame(2, "P|" + String(repeating: "x", count: 9000)))
        #expect(bench.said() == "N")
        bench.hear(frame(2, "P|1\r"))
        #expect(bench.said() == "A")
    }

    @Test("a lost ETX is refused after a short silence")
    func lostEnd() {
        var bench = Bench()
        bench.hear(ENQ + frame(1, "H|\\^&\r").filter { $0 != Control.etx })
        bench.pass(.milliseconds(300))
        #expect(bench.said() == "AN")
        #expect(bench.refused == [.frameUnended])
    }

    @Test("EOT behind a torn frame ends the session, ENQ behind it restarts")
    func torn() {
        let torn = Array(frame(1, "H|\\^&|||TEST\r").prefix(8))
        var bench = Bench()
        bench.hear(ENQ + torn + EOT)
        bench.pass(.milliseconds(300))
        #expect(bench.ends == [.ended])
        bench = Bench()
        bench.hear(ENQ + torn + EOT + ENQ)
        bench.pass(.milliseconds(300))
        #expect(bench.said() == "AA")
    }

    @Test("messages of one session come one by one, numbers running on")
    func several() {
        var bench = Bench()
        let frames = Framing.frames(of: [smallMessage, smallMessage, smallMessage], policy: .recordPerFrame)
        #expect(frames.map { $0[1] - 0x30 } == [1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7])
        bench.hear(ENQ)
        for part in frames { bench.hear(part) }
        #expect(bench.messages == [smallMessage, smallMessage, smallMessage], "before EOT")
        bench.hear(EOT)
        #expect(bench.incomplete.isEmpty)
    }

    @Test("a character cut by ETB is whole in the message", arguments: 1...12)
    func cutCharacter(size: Int) {
        let message = bytes("H|\\^&\rP|1||||é–漢|\rL|1\r")
        var bench = Bench()
        bench.hear(ENQ)
        for part in Framing.frames(of: message, policy: .cut(size)) { bench.hear(part) }
        bench.hear(EOT)
        #expect(bench.messages == [message])
    }

    @Test("more than two frames behind a slow store are not kept, and not acknowledged")
    func overrun() {
        var link = Link(settings: LinkSettings())
        let now = Instant(milliseconds: 0)
        _ = link.received(ENQ + frame(1, "H|\\^&\r"), at: now)
        let flood = [UInt8](repeating: 0x78, count: 100_000)
        for _ in 0..<5 { #expect(link.received(flood, at: now).isEmpty) }
        #expect(link.deviations[.overrun] == 4)
        #expect(link.stored(at: now).first == .reply(ACK))
    }
}
