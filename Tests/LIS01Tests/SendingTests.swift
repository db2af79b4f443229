import Base
import FoundationEssentials
import LIS01
import Testing

@Suite("Sending")
struct SendingTests {
    private func sending(_ settings: LinkSettings = LinkSettings()) -> Bench {
        var bench = Bench(settings)
        bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        return bench
    }

    @Test("a message goes out frame by frame and is delivered at its last acknowledgement")
    func delivery() {
        var bench = sending()
        for _ in 0..<6 {
            #expect(bench.delivered.isEmpty)
            bench.hear(ACK)
        }
        #expect(bench.said() == "QFFFFFE")
        #expect(bench.delivered == [1])
        #expect(bench.link.state == .neutral)
        #expect(bench.link.deadline == nil)
    }

    @Test("six refusals of a frame end the session and fail the message")
    func refusals() {
        var bench = sending()
        bench.hear(ACK)
        for _ in 0..<5 { bench.hear(NAK) }
        #expect(bench.said() == "QFFFFFF", "the frame and five repetitions")
        #expect(bench.failed.isEmpty)
        bench.hear(NAK)
        #expect(bench.said() == "E")
        #expect(bench.failed == [.refused])
    }

    @Test("an acknowledgement clears the refusals counted")
    func refusalsClear() {
        var bench = sending()
        bench.hear(ACK)
        for _ in 0..<5 { bench.hear(NAK) }
        bench.hear(ACK)
        for _ in 0..<5 { bench.hear(NAK) }
        #expect(bench.failed.isEmpty)
    }

    @Test("a busy receiver is asked again every 10 s, six times")
    func busy() {
        var bench = sending()
        for _ in 0..<6 {
            #expect(bench.said() == "Q")
            bench.hear(NAK)
            bench.pass(.milliseconds(9_999))
            #expect(bench.said() == "")
            bench.pass(.milliseconds(1))
        }
        #expect(bench.failed == [.busy])
    }

    @Test("15 s without an answer give the line back and begin the message anew")
    func silence() {
        var bench = sending()
        bench.pass(.milliseconds(14_999))
        #expect(bench.said() == "Q")
        bench.pass(.milliseconds(1))
        #expect(bench.said() == "EQ")
        bench.hear(ACK)
        bench.hear(ACK)
        bench.pass(.seconds(15))
        #expect(bench.said() == "FFEQ", "and after a frame")
        bench.pass(.seconds(90))
        #expect(bench.failed == [.noAnswer])
    }

    @Test("a receiver interrupt yields the line for 15 s, then the whole message goes again")
    func interruptYield() {
        var bench = sending()
        bench.hear(ACK)
        bench.hear(EOT)
        #expect(bench.said() == "QFE")
        bench.pass(.milliseconds(14_999))
        #expect(bench.said() == "")
        bench.hear(ENQ)
        bench.hear(frame(1, "H|\\^&\r"))
        bench.hear(EOT)
        #expect(bench.said() == "AAQ", "what the receiver wanted to say settles it")
    }

    @Test("a receiver interrupt may be ignored by setting")
    func interruptIgnored() {
        var settings = LinkSettings()
        settings.receiverInterrupt = .ignored
        var bench = sending(settings)
        bench.hear(ACK)
        for _ in 0..<4 { bench.hear(ACK) }
        bench.hear(EOT)
        #expect(bench.said() == "QFFFFFE")
        #expect(bench.delivered == [1])
    }

    @Test("EOT in answer to the last frame acknowledges it")
    func interruptAtEnd() {
        var bench = sending()
        for _ in 0..<5 { bench.hear(ACK) }
        bench.hear(EOT)
        #expect(bench.delivered == [1])
    }

    @Test(
        "in a contention an instrument waits 1 s, a computer 20 s",
        arguments: [
            (LinkSettings.Station.instrument, 1), (.computer, 20),
        ])
    func contention(_ station: LinkSettings.Station, _ seconds: Int) {
        var bench = sending(LinkSettings(station: station))
        bench.hear(ENQ)
        #expect(bench.said() == "Q")
        bench.pass(.seconds(seconds) - .milliseconds(1))
        #expect(bench.said() == "")
        bench.pass(.milliseconds(1))
        #expect(bench.said() == "Q")
    }

    @Test("after a contention the computer answers the instrument's second enquiry and sends when it is done")
    func contentionLost() {
        var bench = sending(LinkSettings(station: .computer))
        bench.hear(ENQ)
        bench.pass(.seconds(1))
        bench.hear(ENQ)
        bench.hear(frame(1, "H|\\^&\r"))
        #expect(bench.said() == "QAA")
        bench.hear(EOT)
        #expect(bench.said() == "Q")
    }

    @Test("a second acknowledgement in the same piece does not acknowledge the next frame")
    func echo() {
        var bench = sending()
        bench.hear(ACK + ACK)
        #expect(bench.said() == "QF")
        bench.hear(ACK + ACK + ACK)
        #expect(bench.said() == "F")
    }

    @Test("a queued message waits for the session in progress")
    func queue() {
        var bench = Bench()
        bench.hear(ENQ)
        bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        bench.run(bench.link.send(smallMessage, at: bench.now).actions)
        #expect(bench.said() == "A")
        #expect(bench.link.waiting == 2)
        bench.hear(EOT)
        for _ in 0..<12 { bench.hear(ACK) }
        #expect(bench.delivered == [1, 2])
    }

    @Test("a lost line fails what was queued")
    func lineLost() {
        var bench = sending()
        bench.run(bench.link.lineLost())
        #expect(bench.failed == [.lineLost])
        #expect(bench.link.state == .neutral)
    }
}

@Suite("Settings and framing")
struct SettingsTests {
    @Test("settings read from JSON5, keys left out keep their default")
    func reading() throws {
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        let text = """
            { station: 'instrument', checksum: 'optional', tail: 'crlf', framing: 'cut240', // as the maker says
              timers: { answer: 10, tail: 0.1 } }
            """
        let settings = try decoder.decode(LinkSettings.self, from: Data(text.utf8))
        #expect(settings.station == .instrument)
        #expect(settings.framing == .cut(240))
        #expect(settings.timers.answer == .seconds(10))
        #expect(settings.timers.tail == .milliseconds(100))
        #expect(settings.timers.busy == .seconds(10))
        let again = try JSONDecoder().decode(LinkSettings.self, from: JSONEncoder().encode(settings))
        #expect(again == settings)
    }

    @Test(
        "unknown keys and impossible numbers are refused",
        arguments: [
            "{\"checksun\": \"none\"}", "{\"timers\": {\"anwser\": 1}}", "{\"timers\": {\"answer\": -1}}",
            "{\"refusals\": 0}", "{\"framing\": \"cut\"}",
        ])
    func refusing(_ text: String) {
        #expect(throws: Refusal.self) { try JSONDecoder().decode(LinkSettings.self, from: Data(text.utf8)) }
    }

    @Test(
        "every framing joins to the message again",
        arguments: [
            FramePolicy.recordPerFrame, .recordPerIntermediateFrame, .wholeMessage, .cut(240), .cut(1), .cut(7),
        ])
    func framing(_ policy: FramePolicy) {
        let long = bytes("H|\\^&\rC|1|I|") + [UInt8](repeating: 0x78, count: 1000) + bytes("\rL|1|N\r")
        for message in [smallMessage, long] {
            let frames = Framing.frames(of: message, policy: policy)
            var bench = Bench()
            bench.hear(ENQ)
            for part in frames { bench.hear(part) }
            bench.hear(EOT)
            #expect(bench.messages == [message])
            #expect(FramePolicy(policy.description) == policy)
            let reading = SessionReader.read(Framing.session(frames))
            #expect(reading.messages.map(\.text) == [message])
        }
        #expect(Framing.frames(of: [UInt8](), policy: policy).isEmpty)
    }

    @Test("the checksum is the sum from the number to ETX, modulo 256")
    func checksum() {
        // 0x31 + 0x41 + 0x0D + 0x03 = 0x82.
        #expect(frame(1, "A\r") == [0x02, 0x31, 0x41, 0x0D, 0x03, 0x38, 0x32, 0x0D, 0x0A])
    }
}

@Suite("Reading recordings")
struct SessionReaderTests {
    @Test("bare records come as they are")
    func bare() {
        let reading = SessionReader.read(smallMessage)
        #expect(reading.isBare)
        #expect(reading.messages.map(\.text) == [smallMessage])
        #expect(SessionReader.read([]).messages.isEmpty)
        #expect(SessionReader.read(bytes("\r\n")).messages.isEmpty)
    }

    @Test("the receiver's answers in a recording do not disturb")
    func noise() {
        var recording = ENQ + ACK
        for part in Framing.frames(of: smallMessage, policy: .recordPerFrame) { recording += part + ACK }
        let reading = SessionReader.read(recording + EOT)
        #expect(reading.messages.map(\.text) == [smallMessage])
        #expect(reading.frames == 5 && reading.sessions == 1 && reading.refusedFrames == 0)
    }

    @Test("a refused frame is replaced by its repetition, and kept when there is none")
    func refused() {
        var bad = frame(2, "P|1|wrong\r")
        bad[bad.count - 3] ^= 1
        let start = ENQ + frame(1, "H|\\^&\r"), end = frame(3, "L|1\r") + EOT
        let repaired = SessionReader.read(start + bad + frame(2, "P|1\r") + end)
        #expect(repaired.messages.map(\.text) == [bytes("H|\\^&\rP|1\rL|1\r")])
        #expect(repaired.refusedFrames == 1 && repaired.doubtfulFrames == 0)
        let kept = SessionReader.read(start + bad + end)
        #expect(kept.messages.map(\.text) == [bytes("H|\\^&\rP|1|wrong\rL|1\r")])
        #expect(kept.doubtfulFrames == 1)
        #expect(kept.defects.contains { $0.deviation == .checksumWrong })
    }

    @Test("frames without ENQ, EOT or tail are read")
    func framesOnly() {
        let frames = Framing.frames(of: smallMessage, policy: .recordPerFrame)
        #expect(SessionReader.read(frames.flatMap { $0 }).messages.map(\.text) == [smallMessage])
        #expect(SessionReader.read(frames.flatMap { $0.dropLast(2) }).messages.map(\.text) == [smallMessage])
    }

    @Test("every capture gives its messages and records, and the one without checksums too")
    func corpus() throws {
        guard let corpus = Corpus.find("every capture gives its messages and records") else { return }
        for line in corpus.lines where line.file.hasSuffix(".wire") || line.file.hasSuffix(".rec") {
            let reading = SessionReader.read(try corpus.bytes(line.file))
            let records = reading.messages.map(\.text).joined().split { $0 == 0x0D || $0 == 0x0A }.count
            if line.frames > 0 { #expect(records == line.records, "\(line.file)") }
            #expect(reading.frames + reading.refusedFrames == line.frames, "\(line.file)")
            if line.file.hasSuffix(".wire") { #expect(reading.messages.count == line.messages, "\(line.file)") }
        }
        let without = SessionReader.read(try corpus.bytes("roche_taqman_batch_nochecksum.raw"))
        let with = SessionReader.read(try corpus.bytes("roche_taqman_batch.wire"))
        #expect(without.messages.map(\.text) == with.messages.map(\.text))
        #expect(without.frames == 38)
        #expect(without.deviations[.checksumMissing] == 38)
    }

    @Test("no prefix of a capture stops the reader, and no single byte changed")
    func prefixes() {
        let session = Framing.session(Framing.frames(of: smallMessage, policy: .cut(20)))
        for length in 0...session.count { _ = SessionReader.read(Array(session.prefix(length))) }
        for place in session.indices {
            for byte: UInt8 in [0x00, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0D, 0x15, 0x17, 0x41, 0xFF] {
                var copy = session
                copy[place] = byte
                _ = SessionReader.read(copy)
            }
        }
    }
}
