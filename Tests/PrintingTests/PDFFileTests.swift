import Base
import Testing

@testable import Printing

@Suite struct `A file of objects` {
    private func written(_ write: (inout [UInt8]) -> Void) -> String {
        var bytes = [UInt8]()
        write(&bytes)
        return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    @Test func `writes numbers without an exponent, with two decimals at most`() {
        for (number, text) in [
            (0.0, "0"), (1, "1"), (-1, "-1"), (0.5, ".5"), (-0.5, "-.5"), (0.05, ".05"), (12.345, "12.35"),
            (-841.894, "-841.89"), (595.2, "595.2"), (0.001, "0"), (-0.001, "0"), (100_000, "100000"),
        ] {
            #expect(written { $0.add(number) } == text)
        }
        for number in [0, 7, 10, 99, 100, -12, 123_456_789, Int.min, Int.max] {
            #expect(written { $0.add(number) } == String(number))
        }
    }

    @Test func `writes strings that no reader ends too early`() {
        #expect(written { $0.add(textString: "a(b)c\\d\re") } == "(a\\(b\\)c\\\\d\\re)")
        #expect(written { $0.add(textString: "é") } == "(\u{FE}\u{FF}\u{00}\u{E9})")
        // U+2828, U+0D5C and U+1F600, whose bytes are brackets, strokes and ends of line.
        #expect(written { $0.add(textString: "\u{2828}") } == "(\u{FE}\u{FF}\\(\\()")
        #expect(written { $0.add(textString: "\u{0D5C}") } == "(\u{FE}\u{FF}\\r\\\\)")
        #expect(written { $0.add(textString: "😀") } == "(\u{FE}\u{FF}\u{D8}=\u{DE}\u{00})")
    }

    @Test func `has every object where its table says`() throws {
        for report in [Samples.usual, Samples.pictured, Samples.long(lines: 300)] {
            let pdf = try ReportPrinter.pdf(report)
            let text = Array(pdf)
            func words(_ at: Int, _ count: Int) -> String {
                String(decoding: text[at..<min(at + count, text.count)], as: UTF8.self)
            }
            let end = words(text.count - 40, 40).split(whereSeparator: \.isNewline)
            let start = try #require(Int(end[end.count - 2]))
            #expect(end.last == "%%EOF" && words(start, 7) == "xref\n0 ")
            let count = try #require(Int(words(start + 7, 8).prefix { $0.isNumber }))
            let table = start + 7 + String(count).utf8.count + 1
            #expect(words(table, 20) == "0000000000 65535 f \n")
            for number in 1..<count {
                let place = try #require(Int(words(table + 20 * number, 20).prefix(10)))
                #expect(words(place, 12).hasPrefix("\(number) 0 obj\n"), "\(number)")
            }
        }
    }

    @Test func `tells bytes apart by their digest`() {
        let one = [UInt8](repeating: 0, count: 40)
        var digests = Set<String>()
        for place in 0..<40 {
            var other = one
            other[place] = 1
            digests.insert(written { Digest(of: other).write(to: &$0) })
        }
        for count in 0..<40 { digests.insert(written { Digest(of: Array(one.prefix(count))).write(to: &$0) }) }
        #expect(digests.count == 80 && digests.allSatisfy { $0.count == 32 })
    }

    @Test func `holds a subset of a font that is sound: its tables in order, its sum right`() throws {
        _ = try Press.use { setter throws(Refusal) in
            let program = setter.one("a", .name, nil)?.lines[0].runs[0].program
            let outlines = program?.outlines
            let glyphs = outlines?.closure([36, 171, 200]) ?? []
            let font = outlines?.subset(glyphs) ?? []
            #expect(glyphs.first == 0 && glyphs.count >= 4 && font.count > 500)
            var sum: UInt32 = 0
            for (place, byte) in font.enumerated() { sum &+= UInt32(byte) << UInt32(24 - 8 * (place % 4)) }
            #expect(sum == 0xB1B0_AFBA && font.count % 4 == 0)
            let names = (0..<6).map { String(decoding: font[(12 + 16 * $0)..<(16 + 16 * $0)], as: UTF8.self) }
            #expect(names == ["glyf", "head", "hhea", "hmtx", "loca", "maxp"])
            return []
        }
    }
}
