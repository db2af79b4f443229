import Testing

@testable import Catalog

@Suite struct CSVTests {
    private func texts(_ text: String) -> [[String]] { CSVTable(Array(text.utf8)).rows.map { $0.map(\.text) } }
    private func places(_ text: String) -> [String] {
        CSVTable(Array(text.utf8)).rows.joined().map { "\($0.line):\($0.column)" }
    }

    @Test func `cells, quotes and line ends are read`() {
        #expect(texts("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
        #expect(texts("a,b\r\n1,2\r\n") == [["a", "b"], ["1", "2"]])
        #expect(texts("a,b\n1,2") == [["a", "b"], ["1", "2"]])
        #expect(texts("a,\n,\n") == [["a", ""], ["", ""]])
        #expect(texts("a,") == [["a", ""]])
        #expect(texts("\"a,b\",\"c\"\"d\",\"\"\n") == [["a,b", "c\"d", ""]])
        #expect(texts("\"a\nb\",c\n") == [["a\nb", "c"]])
        #expect(texts("\"a\r\nb\"\r\nc\r\n") == [["a\r\nb"], ["c"]])
        #expect(texts("\n\na\n\n\nb\n") == [["a"], ["b"]])
        #expect(texts("\"\"\n") == [[""]])
        #expect(texts("") == [])
        #expect(texts("\u{FEFF}a,b\n") == [["a", "b"]])
        #expect(texts("é,µ,œ\n") == [["é", "µ", "œ"]])
    }

    @Test func `every cell knows its line and column`() {
        #expect(places("a,bc,d\nµ,é,x\n") == ["1:1", "1:3", "1:6", "2:1", "2:3", "2:5"])
        #expect(places("\u{FEFF}a,b\n") == ["1:1", "1:3"])
        #expect(places("\"a\nb\",c\nd\n") == ["1:1", "2:4", "3:1"])
        #expect(places("a\r\n\r\nb,\r\n") == ["1:1", "3:1", "3:3"])
        #expect(places("\"é\"\"\",x\n") == ["1:1", "1:7"])
    }

    @Test(arguments: [
        ("a,\"b\n", CSVDefect(kind: .unclosedQuote, line: 1, column: 3)),
        ("\"a\"b\n", CSVDefect(kind: .afterQuote, line: 1, column: 4)),
        ("a\"b\n", CSVDefect(kind: .strayQuote, line: 1, column: 2)),
        ("a\rb\n", CSVDefect(kind: .strayReturn, line: 1, column: 2)),
        ("x\na\u{0}\n", CSVDefect(kind: .controlCharacter, line: 2, column: 2)),
    ]) func `what is no table is refused at its place`(_ text: String, _ defect: CSVDefect) {
        #expect(CSVTable(Array(text.utf8)).defect == defect)
    }

    @Test func `bytes that are no UTF-8 are refused at their place`() {
        let latin1: [UInt8] = Array("a,b\né,".utf8) + [0xE9, 0x0A]
        let table = CSVTable(latin1)
        #expect(table.defect == CSVDefect(kind: .notUTF8, line: 2, column: 3))
        #expect(table.rows == [])
    }

    @Test func `every prefix of a table is read without trap, and rows only grow`() {
        let bytes = Array("\u{FEFF}code,\"nom, \"\"fr\"\"\"\r\nNA,Sodium\r\n\"a\nb\",é\n,\n".utf8)
        let whole = CSVTable(bytes).rows
        #expect(whole.count == 4)
        for end in 0...bytes.count {
            let table = CSVTable(Array(bytes[..<end]))
            #expect(table.rows.count <= whole.count + 1)
            guard table.defect == nil, table.rows.count > 1 else { continue }
            #expect(Array(table.rows.dropLast()) == Array(whole.prefix(table.rows.count - 1)))
        }
    }

    @Test func `what is written is read back`() {
        let rows = [["a", "b,c", "d\"e", ""], ["x\ny", "é", " ", "\"\""]]
        for lineEnd in ["\n", "\r\n"] {
            #expect(CSVTable(Small.csv(rows, lineEnd: lineEnd)).rows.map { $0.map(\.text) } == rows)
        }
    }
}
