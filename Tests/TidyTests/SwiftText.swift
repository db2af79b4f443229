/// Swift source with everything that is not code painted over, so that a rule never trips on a comment or on a text.
///
/// A small lexer, not a parser: it knows comments (nested), strings (plain, raw, multi-line, with interpolations) and
/// backticked names. Lines keep their number and code keeps its column.
struct SwiftText {
    let whole: String
    /// As written.
    let lines: [String]
    /// The same lines, the inside of comments, strings and backticks replaced by blanks or `_`.
    let code: [String]

    init(_ text: String) {
        whole = text
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        var painter = Painter(Array(text.utf8))
        painter.paintCode()
        code = String(decoding: painter.output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0) }
    }
}

/// Works on UTF-8 bytes: everything that it looks for is ASCII.
private struct Painter {
    private let input: [UInt8]
    private var position = 0
    var output = [UInt8]()

    init(_ input: [UInt8]) {
        self.input = input
        output.reserveCapacity(input.count)
    }

    private func peek(_ ahead: Int = 0) -> Character? {
        position + ahead < input.count ? Character(UnicodeScalar(input[position + ahead])) : nil
    }

    private func stands(_ first: Character, _ second: Character) -> Bool { peek() == first && peek(1) == second }

    private func stands(_ count: Int, _ character: Character, from ahead: Int = 0) -> Bool {
        (0..<count).allSatisfy { peek(ahead + $0) == character }
    }

    /// Copies `count` bytes; painted characters become `mark`, except line breaks.
    private mutating func advance(_ count: Int = 1, as mark: Character? = nil) {
        for _ in 0..<count where position < input.count {
            let byte = input[position]
            position += 1
            guard let mark = mark?.asciiValue, byte != 0x0A else {
                output.append(byte)
                continue
            }
            let continuesCharacter = byte & 0xC0 == 0x80
            if !continuesCharacter { output.append(mark) }
        }
    }

    /// Copies code up to the bracket that closes an interpolation, or to the end.
    mutating func paintCode(inInterpolation: Bool = false) {
        var depth = 0
        while let character = peek() {
            switch character {
            case "/" where stands("/", "/"):
                while let c = peek(), c != "\n" { advance(as: " ") }
            case "/" where stands("/", "*"): paintBlockComment()
            case "\"": paintString()
            case "#" where isRawString(): paintString()
            case "`":
                advance()
                while let c = peek(), c != "`", c != "\n" { advance(as: "_") }
                advance()
            case ")" where inInterpolation && depth == 0: return
            case _:
                if character == "(" { depth += 1 }
                if character == ")" { depth -= 1 }
                advance()
            }
        }
    }

    private mutating func paintBlockComment() {
        var depth = 0
        repeat {
            if stands("/", "*") {
                depth += 1
                advance(2, as: " ")
            } else if stands("*", "/") {
                depth -= 1
                advance(2, as: " ")
            } else {
                advance(as: " ")
            }
        } while depth > 0 && position < input.count
    }

    private func isRawString() -> Bool {
        var ahead = 0
        while peek(ahead) == "#" { ahead += 1 }
        return peek(ahead) == "\""
    }

    private mutating func paintString() {
        var hashes = 0
        while peek() == "#" {
            hashes += 1
            advance()
        }
        let quotes = stands(3, "\"") ? 3 : 1
        advance(quotes)
        while let character = peek() {
            if stands(quotes, "\""), stands(hashes, "#", from: quotes) {
                advance(quotes + hashes)
                return
            }
            if quotes == 1 && character == "\n" { return }
            if character == "\\", stands(hashes, "#", from: 1) {
                if peek(1 + hashes) == "(" {
                    advance(2 + hashes)
                    paintCode(inInterpolation: true)
                    advance()
                } else {
                    advance(2 + hashes, as: " ")
                }
            } else {
                advance(as: " ")
            }
        }
    }
}
