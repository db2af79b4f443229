import Base
import FoundationEssentials
import LIS2
import Testing

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
func message(_ text: String) -> LISMessage { LISMessage(bytes: bytes(text)) }

@Suite("Records and fields")
struct RecordTests {
    private let sample = message(
        "H|\\^&|7||ACCESS^508178|||||LIS||P|1|20240216164347\rP|1|S337\r"
            + "O|1|S1^02|^2501^1|^^^TSH\\^^^FT4^2|R\rR|1|^^^TSH^1|1.210|uIU/mL||N||F\rC|1|I|a&F&b|G\rL|1|F\r")

    @Test("records have kinds, fields the standard's numbers")
    func fields() {
        #expect(sample.records.map(\.kind) == [.header, .patient, .order, .result, .comment, .terminator])
        #expect(sample.record(0).text(1) == "H")
        #expect(sample.record(0).text(2) == "\\^&", "the declared delimiters do not act in their own field")
        #expect(sample.record(0).field(2).componentCount == 1)
        #expect(sample.record(0).text(3) == "7")
        #expect(sample.record(0).text(5, 2) == "508178")
        #expect(sample.record(0).text(14) == "20240216164347")
        #expect(sample.record(3).text(3, 4) == "TSH")
        #expect(sample.record(3).sequence == 1)
        #expect(sample.record(3).fieldCount == 9)
        #expect(sample.terminator?.text(3) == "F")
        #expect(sample.isComplete)
        #expect(sample.defects == [])
    }

    @Test("repeats and components count from 1; what was not sent is empty")
    func parts() {
        let tests = sample.record(2).field(5)
        #expect(tests.repeatCount == 2)
        #expect(tests.repeats.map { $0.component(4).text() } == ["TSH", "FT4"])
        #expect(tests.repeated(2).component(5).text() == "2")
        #expect(tests.repeated(2).componentCount == 5)
        #expect(tests.component(4).text() == "TSH", "of the first repeat")
        for nothing in [
            tests.repeated(3), tests.repeated(0), tests.component(9), tests.component(0), sample.record(2).field(60),
            sample.record(2).field(0), sample.record(2).field(-1),
        ] { #expect(nothing.isEmpty && nothing.text() == "" && nothing.repeats.isEmpty) }
    }

    @Test("empty, blank and deletion are three things")
    func nothing() {
        let record = message("H|\\^&\rP|1||  |\"\"|\"a\"\rL|1\r").record(1)
        #expect(record.field(3).isEmpty && record.field(3).isBlank)
        #expect(!record.field(4).isEmpty && record.field(4).isBlank && record.text(4) == "  ")
        #expect(record.field(5).isDeletion && !record.field(6).isDeletion)
    }

    @Test(
        "delimiters come from the header",
        arguments: [
            ("H|\\^&", LISDelimiters.standard),
            ("H|@^\\", LISDelimiters(field: 0x7C, repetition: 0x40, component: 0x5E, escape: 0x5C)),
            ("H|`^&", LISDelimiters(field: 0x7C, repetition: 0x60, component: 0x5E, escape: 0x26)),
            ("H|\\!~", LISDelimiters(field: 0x7C, repetition: 0x5C, component: 0x21, escape: 0x7E)),
            ("H|\\^", LISDelimiters(field: 0x7C, repetition: 0x5C, component: 0x5E, escape: nil)),
            ("H!*:%", LISDelimiters(field: 0x21, repetition: 0x2A, component: 0x3A, escape: 0x25)),
        ])
    func delimiters(_ start: String, _ wanted: LISDelimiters) {
        let field = String(Unicode.Scalar(wanted.field)), component = String(Unicode.Scalar(wanted.component))
        let text = [start, "", "", "a\(component)b"].joined(separator: field)
        let read = message(text + "\rL\(field)1\(field)N\r")
        #expect(read.delimiters == wanted)
        #expect(read.header?.text(5, 2) == "b")
        #expect(read.terminator?.text(3) == "N")
        #expect(read.isComplete && read.defects.filter { $0.code != .sequence }.isEmpty)
    }

    @Test(
        "escapes are decoded, mark-up is skipped, a bare ampersand stays",
        arguments: [
            ("a&F&b&S&c&R&d&E&e", "a|b^c\\d&e"), ("&X41420A&", "AB\n"), ("&XE9&", "é"), ("&H&bold&N&", "bold"),
            ("R&D", "R&D"), ("R&D and Q&A", "R&D and Q&A"), ("a & b & c", "a & b & c"), ("&X4&", "&X4&"),
            ("&XGG&", "&XGG&"), ("&", "&"), ("&&", "&&"), ("&F", "&F"), ("&Z12&x", "x"), ("PNG&R&2018", "PNG\\2018"),
        ])
    func escapes(_ raw: String, _ text: String) {
        let read = message("H|\\^&\rC|1|I|\(raw)\rL|1\r")
        #expect(read.record(1).text(4) == text)
        #expect(Array(read.record(1).field(4).raw) == bytes(raw), "the bytes stay")
        let without = message("H|\\^\rC|1|I|\(raw)\rL|1\r")
        #expect(without.record(1).field(4).text() == raw, "no escape delimiter, no escapes")
    }

    @Test("the same bytes read as three charsets")
    func charsets() {
        let latin = LISMessage(bytes: bytes("H|\\^&\rP|1||") + [0x4D, 0xFC, 0x80] + bytes("\rL|1\r"))
        #expect(latin.record(1).text(4) == "Mü\u{80}")
        #expect(latin.record(1).field(4).text(.windows1252) == "Mü€")
        #expect(latin.record(1).field(4).text(.utf8) == "M\u{FFFD}\u{FFFD}")
        #expect(LISCharset.sniff(latin.bytes) == .latin1)
        let utf8 = message("H|\\^&\rP|1||Müller–漢\rL|1\r")
        #expect(utf8.record(1).field(4).text(.utf8) == "Müller–漢")
        #expect(LISCharset.sniff(utf8.bytes) == .utf8)
        #expect(LISCharset.sniff(bytes("ascii")) == .latin1)
    }
}

@Suite("Messages as they come")
struct MessageTests {
    @Test("line feeds and indentation are read and reported", arguments: ["\n", "\r\n", "\n\r", "\r\r\n"])
    func lineFeeds(_ end: String) {
        let text = ["H|\\^&|||S", "P|1", " O|1|X", "  R|1|^^^A|5", "L|1|N"].joined(separator: end) + end
        let read = message(text)
        #expect(read.records.map(\.kind) == [.header, .patient, .order, .result, .terminator])
        #expect(read.record(3).text(4) == "5")
        #expect(Set(read.defects.map(\.code)) == [.lineFeed, .indented])
        #expect(read.bytes == bytes(text))
    }

    @Test("a line feed inside a text is a character")
    func innerLineFeed() {
        let read = message("H|\\^&\rC|1|I|first\nsecond|G\rL|1\r")
        #expect(read.records.count == 3)
        #expect(read.record(1).text(4) == "first\nsecond")
        #expect(read.record(1).text(5) == "G")
    }

    @Test("the tree says who belongs to whom")
    func tree() {
        let read = message(
            "H|\\^&\rM|1|head\rP|1\rC|1|p\rO|1|A\rC|1|o\rR|1\rC|1\rM|1\rR|2\rO|2|B\rR|1\rP|2\rO|1|C\rQ|1|^x\rL|1\r")
        let tree = read.tree
        #expect(tree.attachedElsewhere == [1])
        #expect(tree.patients.map(\.record) == [2, 12])
        #expect(tree.patients[0].attached == [3])
        #expect(tree.patients[0].orders.map(\.record) == [4, 10])
        #expect(tree.patients[0].orders[0].attached == [5])
        #expect(tree.patients[0].orders[0].results.map(\.record) == [6, 9])
        #expect(tree.patients[0].orders[0].results[0].attached == [7, 8])
        #expect(tree.patients[1].orders[0].results.isEmpty)
        #expect(tree.queries == [14])
        #expect(tree.stray.isEmpty)
    }

    @Test("results without order or patient are kept under nobody")
    func orphans() {
        let read = message("H|\\^&\rR|1|^^^A|5\rL|1\r")
        #expect(read.tree.patients.map(\.record) == [nil])
        #expect(read.tree.patients[0].orders.map(\.record) == [nil])
        #expect(read.tree.patients[0].orders[0].results.map(\.record) == [1])
        #expect(read.defects.map(\.code) == [.orphan])
    }

    @Test(
        "each defect is found",
        arguments: [
            ("", LISDefect.Code.empty), ("\r\n ", .empty), ("P|1\rL|1\r", .noHeader),
            ("H|\\^&\rH|\\^&\rL|1\r", .repeatedHeader),
            ("H||\rL|1\r", .delimiters), ("H|\\\\^&|\rL|1\r", .delimiters), ("H|\\^&~|\rL|1\r", .delimiters),
            ("H|\\^&\r", .noTerminator), ("H|\\^&\rL|1\rP|1\r", .afterTerminator),
            ("H|\\^&\rZ|1\rL|1\r", .unknownRecord),
            ("H|\\^&\rhello\rL|1\r", .unknownRecord), ("H|\\^&\rO|1\rL|1\r", .orphan), ("C|1\r", .orphan),
            ("H|\\^&\rP|2\rL|1\r", .sequence), ("H|\\^&\rP\rL|1\r", .sequence), ("H|\\^&\nL|1\r", .lineFeed),
            (" H|\\^&\rL|1\r", .indented), ("H|\\^&\rL|1", .unendedRecord),
        ])
    func defects(_ text: String, _ code: LISDefect.Code) {
        let read = message(text)
        #expect(read.defects.contains { $0.code == code }, "\(read.defects)")
        #expect(read.bytes == bytes(text))
    }

    @Test("sequence numbers restart under each parent, and a gap is one defect")
    func sequences() {
        #expect(message("H|\\^&\rP|1\rO|1\rR|1\rC|1\rC|2\rR|2\rC|1\rO|2\rR|1\rP|2\rO|1\rR|1\rL|1\r").defects == [])
        let gap = message("H|\\^&\rP|1\rO|1\rR|1\rR|5\rR|6\rL|1\r").defects
        #expect(gap.map(\.code) == [.sequence])
        #expect(gap[0].record == 4 && gap[0].field == 2)
        #expect(gap[0].description == "record 5, field 2: sequence number 5, expected 2 [sequence]")
    }

    @Test("a stream splits into its messages and covers every byte")
    func split() {
        let a = "H|\\^&|||A\rP|1\rL|1|N\r", b = "H!*:%!!!B\rL!1\r", c = "H|\\^&|||no end\rP|1\r"
        #expect(LISMessage.split(bytes(a + b + c)).count == 3)
        let pieces = LISMessage.messages(in: bytes(a + "\r\n" + b + c + a))
        #expect(pieces.count == 4)
        #expect(pieces.map(\.isComplete) == [true, true, false, true])
        #expect(pieces[1].header?.text(5) == "B")
        for text in ["junk\r" + a, a + "P|1\rL|1\r" + b, a, "", "\r\n", "R|1\r"] {
            let ranges = LISMessage.split(bytes(text))
            var end = 0
            for range in ranges {
                #expect(range.lowerBound == end)
                end = range.upperBound
            }
            #expect(end == text.utf8.count || ranges.isEmpty)
        }
        #expect(LISMessage.split(bytes("junk\r" + a)).count == 2)
        #expect(LISMessage.split(bytes(a + "P|1\rL|1\r" + b)).count == 3)
        #expect(LISMessage.split(bytes("\r\n ")).isEmpty)
    }

    @Test("no prefix of a message and no changed byte stops the reading")
    func prefixes() {
        let whole = bytes("H|\\^&|||S^1\rP|1||a\\b^c&F&\nO|1\rO|1|x&X41&\rR|1|^^^A|\"\"\rL|1|N\r")
        func touch(_ read: LISMessage) {
            _ = read.defects
            _ = read.tree
            for record in read.records {
                for n in 0...(record.fieldCount + 1) {
                    let field = record.field(n)
                    for charset in LISCharset.allCases { _ = field.text(charset) }
                    _ = field.repeats.flatMap(\.components).map { $0.text() }
                }
            }
        }
        for length in 0...whole.count {
            touch(LISMessage(bytes: Array(whole.prefix(length))))
            for piece in LISMessage.messages(in: Array(whole.prefix(length))) { touch(piece) }
        }
        var random = PRNG(seed: 2)
        for _ in 0..<3000 {
            var copy = whole
            for _ in 0...(random.next() % 4) {
                copy[Int(random.next() % UInt64(copy.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            touch(LISMessage(bytes: copy))
        }
    }
}

@Suite("Writing")
struct WriterTests {
    @Test("what is written reads back, whatever the delimiters and characters")
    func roundTrip() {
        var random = PRNG(seed: 9)
        let alphabet = Array("ab|^\\&~!@é€ \"\u{1}\r\nXF").map { String($0) }
        for round in 0..<500 {
            let delimiters =
                round % 2 == 0
                ? LISDelimiters.standard : LISDelimiters(field: 0x21, repetition: 0x7E, component: 0x40, escape: 0x5C)
            var writer = LISWriter(delimiters: delimiters, charset: round % 3 == 0 ? .windows1252 : .utf8)
            let parts = (0..<3).map { _ in
                (0..<(random.next() % 6)).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }.joined()
            }
            writer.header(["1", "", ["Paillasse", "1"]])
            writer.record(.comment, ["1", .text(parts[0]), .components(parts), .repeats([["x"], parts])])
            writer.terminator()
            let read = LISMessage(bytes: writer.bytes)
            #expect(writer.replaced == 0)
            #expect(read.defects == [])
            let comment = read.record(1)
            #expect(comment.text(3, nil, writer.charset) == parts[0])
            #expect((1...3).map { comment.field(4).component($0).text(writer.charset) } == parts)
            #expect((1...3).map { comment.field(5).repeated(2).component($0).text(writer.charset) } == parts)
        }
    }

    @Test("empty fields and components at the end are left out")
    func trailing() {
        var writer = LISWriter()
        writer.header()
        writer.record(.order, ["1", "S1", .empty, ["", "", "", "GLU"], "", ["a", ""], .deletion, .empty, .empty])
        writer.terminator("F")
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "H|\\^&\rO|1|S1||^^^GLU||a|\"\"\rL|1|F\r")
    }

    @Test("what cannot be written is replaced and counted, never a stray delimiter")
    func replaced() {
        var writer = LISWriter(delimiters: LISDelimiters(field: 0x7C, repetition: 0x5C, component: 0x5E, escape: nil))
        writer.header()
        writer.record(.comment, ["1", "a|b漢\rc"])
        #expect(String(decoding: writer.bytes, as: UTF8.self) == "H|\\^\rC|1|a b? c\r")
        #expect(writer.replaced == 3)
    }
}
