import Base
import LIS01
import Testing

/// The 29 cases of the receiver probe that other receivers were measured with: each exchange is what the sender says
/// and what it must hear within a second.
struct ProbeCase: Sendable, CustomTestStringConvertible {
    var name: String
    var exchanges: [([UInt8], String)]
    var kept: Int?
    var testDescription: String { name }
    init(_ name: String, _ exchanges: [([UInt8], String)], kept: Int? = nil) {
        self.name = name
        self.exchanges = exchanges
        self.kept = kept
    }
}

private func broken(_ frame: [UInt8]) -> [UInt8] {
    var copy = frame
    let place = copy.count - 4
    copy[place] = copy[place] == 0x30 ? 0x31 : 0x30
    return copy
}
private func without(_ frame: [UInt8], tail: Int) -> [UInt8] { Array(frame.dropLast(tail)) }

private let header = frame(1, "H|\\^&|||PROBE\r")
private let patient = frame(2, "P|1\r")
private let lower: [UInt8] = {
    // A text whose checksum holds a letter.
    for i in 0..<256 {
        let candidate = frame(1, "H|\\^&|||\(i)\r")
        let digits = candidate.dropLast(2).suffix(2)
        if digits.contains(where: { $0 >= 0x41 }) {
            return candidate.dropLast(4) + digits.map { $0 >= 0x41 ? $0 + 0x20 : $0 } + [0x0D, 0x0A]
        }
    }
    return []
}()

let probeCases: [ProbeCase] = [
    ProbeCase(
        "normal session",
        [
            (ENQ, "A"), (header, "A"), (patient, "A"), (frame(3, "O|1|S1\r"), "A"), (frame(4, "R|1|^^^A|1\r"), "A"),
            (frame(5, "L|1|N\r"), "A"), (EOT, ""),
        ], kept: 5),
    ProbeCase(
        "two sessions one connection",
        [
            (ENQ, "A"), (header, "A"), (EOT, ""), (ENQ, "A"), (header, "A"), (EOT, ""),
        ], kept: 2),
    ProbeCase("EOT and ENQ in one segment", [(ENQ, "A"), (header, "A"), (EOT + ENQ, "A"), (header, "A")]),
    ProbeCase("ENQ and frame in one segment", [(ENQ + header, "AA")], kept: 1),
    ProbeCase("two frames in one segment", [(ENQ, "A"), (header + patient, "AA")], kept: 2),
    ProbeCase("frame byte by byte", [(ENQ, "A")] + header.dropLast().map { ([$0], "") } + [([0x0A], "A")], kept: 1),
    ProbeCase("frame split in two", [(ENQ, "A"), (Array(header.prefix(7)), ""), (Array(header.dropFirst(7)), "A")]),
    ProbeCase("bad checksum then good", [(ENQ, "A"), (broken(header), "N"), (header, "A")], kept: 1),
    ProbeCase("retransmitted frame", [(ENQ, "A"), (header, "A"), (header, "A"), (patient, "A")], kept: 2),
    ProbeCase("skipped frame number", [(ENQ, "A"), (header, "A"), (frame(3, "P|1\r"), "N")], kept: 1),
    ProbeCase("first frame number 0", [(ENQ, "A"), (frame(0, "H|\\^&\r"), "N")], kept: 0),
    ProbeCase("lower case checksum", [(ENQ, "A"), (lower, "A")], kept: 1),
    ProbeCase(
        "ETB splits a record",
        [
            (ENQ, "A"), (frame(1, "H|\\^&|||PRO", etb: true), "A"), (frame(2, "BE\r"), "A"),
        ], kept: 2),
    ProbeCase(
        "ETB checksum wrong on the first part",
        [
            (ENQ, "A"), (broken(frame(1, "H|\\^&|||PRO", etb: true)), "N"), (frame(1, "H|\\^&|||PRO", etb: true), "A"),
            (frame(2, "BE\r"), "A"),
        ], kept: 2),
    ProbeCase(
        "whole message in one frame",
        [
            (ENQ, "A"), (Framing.frame(number: 1, text: smallMessage, isEnd: true), "A"),
        ]),
    ProbeCase(
        "frame of 63 k",
        [
            (ENQ, "A"), (frame(1, "H|\\^&|||" + String(repeating: "x", count: 63_000) + "\r"), "A"),
        ], kept: 1),
    ProbeCase(
        "Latin-1 bytes",
        [
            (ENQ, "A"), (Framing.frame(number: 1, text: bytes("P|1|M") + [0xFC] + bytes("ller\r"), isEnd: true), "A"),
        ]),
    ProbeCase("UTF-8 bytes", [(ENQ, "A"), (frame(1, "P|1|Müller – Łódź\r"), "A")]),
    ProbeCase("no CR before ETX", [(ENQ, "A"), (frame(1, "H|\\^&|||PROBE"), "A")], kept: 1),
    ProbeCase(
        "CR LF missing after checksum",
        [
            (ENQ, "A"), (without(header, tail: 2), "A"), (without(patient, tail: 2), "A"),
        ], kept: 2),
    ProbeCase(
        "CR only after checksum",
        [
            (ENQ, "A"), (without(header, tail: 1), "A"), (without(patient, tail: 1), "A"),
        ], kept: 2),
    ProbeCase("ENQ during transfer", [(ENQ, "A"), (header, "A"), (ENQ, "A"), (header, "A")]),
    ProbeCase("frame without ENQ", [(header, ""), (ENQ, "A"), (header, "A")], kept: 1),
    ProbeCase("junk then ENQ", [(bytes("\0\u{7F}hello\r\n"), ""), (ENQ, "A")]),
    ProbeCase("EOT in idle", [(EOT, ""), (ENQ, "A")]),
    ProbeCase("ACK byte from the sender", [(ENQ, "A"), (ACK, ""), (header, "A")]),
    ProbeCase("restricted character SOH", [(ENQ, "A"), (frame(1, "H|\\^&|\u{1}x\r"), "N"), (header, "A")], kept: 1),
    ProbeCase("line feed inside text", [(ENQ, "A"), (frame(1, "H|\\^&|a\nb\r"), "A")]),
    ProbeCase(
        "six bad then EOT then ENQ",
        [
            (ENQ, "A"), (broken(header), "N"), (broken(header), "N"), (broken(header), "N"), (broken(header), "N"),
            (broken(header), "N"), (broken(header), "N"), (EOT, ""), (ENQ, "A"), (header, "A"),
        ], kept: 1),
]

@Suite("Receiver conformance")
struct ConformanceTests {
    @Test("all 29 cases of the probe are there")
    func count() { #expect(probeCases.count == 29) }

    @Test("a receiver answers as wanted, bytes whole", arguments: probeCases)
    func whole(_ probe: ProbeCase) { play(probe, dripped: false) }

    @Test("a receiver answers as wanted, bytes dripped", arguments: probeCases)
    func dripped(_ probe: ProbeCase) { play(probe, dripped: true) }

    private func play(_ probe: ProbeCase, dripped: Bool) {
        var bench = Bench()
        for (i, (said, wanted)) in probe.exchanges.enumerated() {
            if dripped { bench.drip(said) } else { bench.hear(said) }
            // A case that drips by itself goes on at once; silence inside a frame would end it.
            if !(wanted.isEmpty && said.count == 1 && i + 1 < probe.exchanges.count && said != EOT && said != ACK) {
                bench.pass(.milliseconds(999))
            }
            #expect(bench.said() == wanted, "exchange \(i + 1) of \(probe.name)")
        }
        if let kept = probe.kept { #expect(bench.frames.count == kept) }
    }

    @Test("a frame split by a long pause in its text is still one frame")
    func pause() {
        var bench = Bench()
        bench.hear(ENQ)
        bench.hear(Array(header.prefix(6)))
        bench.pass(.seconds(20))
        bench.hear(Array(header.dropFirst(6)))
        #expect(bench.said() == "AA")
    }

    @Test("every capture is acknowledged whole", arguments: [false, true])
    func corpus(dripped: Bool) throws {
        guard let corpus = Corpus.find("every capture is acknowledged whole") else { return }
        #expect(corpus.wires.count >= 40)
        for line in corpus.wires where line.file != "quidel_sofia_utf8.wire" {
            var bench = Bench()
            let bytes = try corpus.bytes(line.file)
            if dripped { bench.drip(bytes) } else { bench.hear(bytes) }
            let said = bench.said()
            let sessions = bytes.count { $0 == Control.enq }
            #expect(said == String(repeating: "A", count: sessions + line.frames), "\(line.file)")
            #expect(bench.frames.count == line.frames, "\(line.file)")
            #expect(bench.ends.count == sessions, "\(line.file)")
            // The journal holds every byte of every frame.
            let outside = bytes.count { $0 == Control.enq || $0 == Control.eot || $0 == 0 }
            #expect(bench.frames.flatMap(\.raw).count + outside == bytes.count, "\(line.file)")
            #expect(bench.messages.count + bench.incomplete.count == line.messages, "\(line.file)")
            let records = (bench.messages + bench.incomplete).joined().split { $0 == 0x0D || $0 == 0x0A }.count
            #expect(records == line.records, "\(line.file)")
        }
    }

    @Test("the re-encoded Sofia capture has frames 2 and 3 refused", arguments: [false, true])
    func sofia(dripped: Bool) throws {
        guard let corpus = Corpus.find("the re-encoded Sofia capture") else { return }
        let bytes = try corpus.bytes("quidel_sofia_utf8.wire")
        var settings = LinkSettings()
        // The recording goes on as if nothing had been refused, so the numbers after it do not count.
        settings.frameNumber = .ignore
        var bench = Bench(settings)
        if dripped { bench.drip(bytes) } else { bench.hear(bytes) }
        #expect(bench.said() == "AANNAAAA")
        #expect(bench.refused == [.checksumWrong, .checksumWrong])
        var strict = Bench()
        if dripped { strict.drip(bytes) } else { strict.hear(bytes) }
        #expect(strict.said() == "AANNNNNN", "a receiver that keeps numbers waits for frame 2")
    }

    @Test("a strict receiver refuses what the default lets pass, and counts it")
    func strict() {
        for (bytes, deviation) in [
            (lower, Deviation.checksumLowerCase), (without(header, tail: 1), .tailWithoutLineFeed),
            (without(header, tail: 2), .tailMissing), (frame(1, "H|\\^&|a\nb\r"), .lineFeedInText),
        ] {
            var bench = Bench(.strict)
            bench.hear(ENQ + bytes)
            bench.pass(.seconds(1))
            #expect(bench.said() == "AN", "\(deviation)")
            #expect(bench.link.deviations == [deviation: 1])
            var lenient = Bench()
            lenient.hear(ENQ + bytes)
            lenient.pass(.seconds(1))
            #expect(lenient.said() == "AA", "\(deviation)")
            #expect(lenient.link.deviations == [deviation: 1])
        }
    }

    @Test("a frame without checksum is refused unless the driver allows it")
    func noChecksum() {
        let bare = Framing.frame(number: 1, text: bytes("H|\\^&\r"), isEnd: true, withChecksum: false)
        for (setting, answer) in [(LinkSettings.Checksum.required, "AN"), (.optional, "AA"), (.none, "AA")] {
            var settings = LinkSettings()
            settings.checksum = setting
            var bench = Bench(settings)
            bench.hear(ENQ + bare)
            #expect(bench.said() == answer)
            #expect(bench.link.deviations[.checksumMissing] == 1)
            bench = Bench(settings)
            bench.hear(ENQ + broken(header))
            #expect(bench.said() == (setting == .none ? "AA" : "AN"), "a wrong checksum, \(setting)")
        }
    }
}
