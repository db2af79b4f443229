import Base
import LIS01
import Testing

/// What came behind the text of a frame was read as a session boundary once (simulation seeds 14 and 2000387), and a
/// sender took the ACK of that boundary for the ACK of its frame.
@Suite("Fossils: damage behind the text of a frame")
struct DamagedTailTests {
    /// STX … ETX C1 C2 CR LF: the four last places.
    static let places = [4, 3, 2, 1]

    private func damaged(_ byte: UInt8, _ place: Int) -> [UInt8] {
        var bytes = frame(1, "H|\\^&|||TEST\r")
        bytes[bytes.count - place] = byte
        return bytes
    }

    @Test("ENQ or EOT in place of a digit, CR or LF is one refusal, and the session goes on", arguments: places)
    func refused(_ place: Int) {
        for byte in [Control.enq, Control.eot] {
            for dripped in [false, true] {
                var bench = Bench()
                bench.hear(ENQ)
                if dripped { bench.drip(damaged(byte, place)) } else { bench.hear(damaged(byte, place)) }
                bench.pass(.seconds(5))
                #expect(bench.said() == "AN", "byte \(byte), dripped \(dripped)")
                #expect(bench.ends.isEmpty)
                for part in Framing.frames(of: smallMessage, policy: .recordPerFrame) { bench.hear(part) }
                bench.hear(EOT)
                #expect(bench.said() == "AAAAA")
                #expect(bench.messages == [smallMessage])
                #expect(bench.link.deviations[.enquiryDuringTransfer] == nil)
            }
        }
    }

    @Test("ENQ in place of CR is a refusal even when LF is lost with it")
    func alone() {
        var bench = Bench()
        bench.hear(ENQ + damaged(Control.enq, 2).dropLast())
        bench.pass(.seconds(1))
        #expect(bench.said() == "AN")
    }

    @Test("STX in place of a digit is one refusal, not the refusal of two frames", arguments: [4, 3])
    func start(_ place: Int) {
        var bench = Bench()
        bench.hear(ENQ + damaged(Control.stx, place))
        bench.pass(.seconds(5))
        #expect(bench.said() == "AN")
    }

    @Test("a sender that gave up behind a torn tail is heard: EOT ends, ENQ begins anew", arguments: [1, 2, 3, 4])
    func anew(_ cut: Int) {
        let torn = Array(frame(1, "H|\\^&|||TEST\r").dropLast(cut))
        // Without timers: what came 15 s later is no part of the frame, though nobody told the link of the silence.
        for isTold in [true, false] {
            var bench = Bench()
            bench.hear(ENQ + torn)
            if isTold { bench.pass(.seconds(15)) } else { bench.now = bench.now.advanced(by: .seconds(15)) }
            bench.hear(EOT)
            #expect(bench.ends == [.ended], "told \(isTold)")
            bench.hear(ENQ)
            _ = bench.said()
            for part in Framing.frames(of: smallMessage, policy: .recordPerFrame) { bench.hear(part) }
            #expect(bench.said() == "AAAAA")

            bench = Bench()
            bench.hear(ENQ + torn)
            if isTold { bench.pass(.seconds(15)) } else { bench.now = bench.now.advanced(by: .seconds(15)) }
            bench.hear(ENQ)
            #expect(bench.said() == (cut < 3 ? "AAA" : "ANA"))
            #expect(bench.ends == [.restarted])
        }
    }

    @Test("in a recording, where nobody waits, a session may end right behind a checksum")
    func recorded() {
        let bytes = ENQ + frame(1, "H|\\^&\rL|1\r").dropLast(2) + EOT
        let reading = SessionReader.read(bytes + bytes)
        #expect(reading.frames == 2)
        #expect(reading.sessions == 2)
        #expect(reading.refusedFrames == 0)
    }

    @Test("an enquiry doubled by the line is answered once")
    func doubledEnquiry() {
        var bench = Bench()
        bench.hear(ENQ + ENQ)
        #expect(bench.said() == "A")
        #expect(bench.link.deviations == [.enquiryDuringTransfer: 1])
        bench.hear(frame(1, "H|\\^&\r"))
        bench.hear(ENQ + ENQ)
        #expect(bench.said() == "AA")
    }

    @Test("an enquiry doubled in a contention is one contention, and not answered")
    func doubledContention() {
        var bench = Bench()
        bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        bench.hear(ENQ + ENQ)
        #expect(bench.said() == "Q")
        #expect(bench.link.deviations == [.contention: 1, .enquiryDuringTransfer: 1])
    }
}
