import Base
import Console
import Testing

@Suite struct `Keys of a terminal` {
    private func decode(_ bytes: [UInt8]) -> [Input] {
        var decoder = KeyDecoder()
        let now = Instant(seconds: 100)
        let first = decoder.received(bytes, at: now)
        return first + decoder.timeReached(now.advanced(by: .milliseconds(60)))
    }

    static let sequences: [(String, Key)] = [
        ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[1;5C", .right), ("\u{1B}[Z", .backTab), ("\u{1B}[3~", .delete),
        ("\u{1B}OQ", .function(2)), ("\u{1B}[15~", .function(5)), ("\u{1B}[24~", .function(12)), ("\u{1B}x", .alt("x")),
        ("\u{7F}", .backspace), ("\t", .tab), ("\r", .enter), ("\u{0C}", .control("l")), ("é", .character("é")),
        ("µ", .character("µ")), ("😀", .character("😀")), ("\u{1B}", .escape), ("\u{1B}[5~", .pageUp),
    ]

    @Test(arguments: sequences) func `are the same whole and one byte at a time`(text: String, key: Key) {
        #expect(decode(Array(text.utf8)) == [.key(key)])
        var decoder = KeyDecoder()
        var out: [Input] = []
        var now = Instant(seconds: 100)
        for byte in text.utf8 {
            out += decoder.received([byte], at: now)
            now = now.advanced(by: .milliseconds(5))
        }
        out += decoder.timeReached(now.advanced(by: .milliseconds(60)))
        #expect(out == [.key(key)])
    }

    @Test func `an escape alone is told by the silence after it`() {
        var decoder = KeyDecoder()
        let now = Instant(seconds: 100)
        #expect(decoder.received([0x1B], at: now) == [])
        #expect(decoder.deadline == now.advanced(by: KeyDecoder.escapeDelay))
        #expect(decoder.timeReached(now.advanced(by: .milliseconds(39))) == [])
        #expect(decoder.timeReached(now.advanced(by: .milliseconds(40))) == [.key(.escape)])
    }

    @Test func `a paste is one text, whatever it holds`() {
        let text = "\u{1B}[200~4,2\rv\u{1B}[A\u{1B}[201~j"
        #expect(decode(Array(text.utf8)) == [.paste("4,2\rv\u{1B}[A"), .key(.character("j"))])
    }

    @Test func `a scanner that types at once gives only its code`() {
        #expect(decode(Array("261122000412\r".utf8)) == [.scan("261122000412", typed: 0)])
        #expect(decode([0x02] + Array("T-42".utf8) + [0x03]) == [.scan("T-42", typed: 0)])
    }

    @Test func `a scanner that types key by key names what came out already`() {
        var decoder = KeyDecoder()
        var now = Instant(seconds: 100)
        var out: [Input] = []
        for byte in "261122000412".utf8 {
            out += decoder.received([byte], at: now)
            now = now.advanced(by: .milliseconds(8))
        }
        #expect(out.count == 12)
        #expect(decoder.received([0x0D], at: now) == [.scan("261122000412", typed: 12)])
    }

    @Test func `a person who types digits and Enter is no scanner`() {
        var decoder = KeyDecoder()
        var now = Instant(seconds: 100)
        var out: [Input] = []
        for byte in "1234567\r".utf8 {
            out += decoder.received([byte], at: now)
            now = now.advanced(by: .milliseconds(90))
        }
        #expect(out.count == 8 && out.last == .key(.enter))
        // A word of a person who types fast, or of a program.
        #expect(decode(Array("tutoriel\r".utf8)).last == .key(.enter))
        // Five characters are too few for a tube, however fast.
        #expect(decode(Array("12345\r".utf8)).last == .key(.enter))
    }

    @Test func `no bytes bring it down or make it hold back for ever`() {
        var random = PRNG(seed: 17)
        var decoder = KeyDecoder()
        var now = Instant(seconds: 100)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            _ = decoder.received(bytes, at: now)
            now = now.advanced(by: .milliseconds(Int64.random(in: 0...100, using: &random)))
        }
        _ = decoder.received(Array("\u{3}\r\u{1B}[201~".utf8), at: now)
        now = now.advanced(by: .seconds(1))
        _ = decoder.timeReached(now)
        #expect(decoder.received(Array("j".utf8), at: now) == [.key(.character("j"))])
    }
}
