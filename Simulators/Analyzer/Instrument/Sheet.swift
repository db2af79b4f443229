import HL7v2
import LIS2
import Laboratory

/// A message taken apart at its separators, so that fields can be written over: records of LIS2-A2 or segments of
/// HL7 v2, raw bytes, nothing unescaped. The simulator keeps to code of its own here: it must not share the reader of
/// what it tests.
struct Sheet: Sendable, Hashable {
    var lines: [[[UInt8]]]
    let isHL7: Bool
    let field: UInt8
    let component: UInt8
    let repetition: UInt8
    /// Repetition, component and sub-component separators.
    let inner: [UInt8]

    init(_ bytes: [UInt8], isHL7: Bool) {
        self.isHL7 = isHL7
        let texts = bytes.split { $0 == 0x0D || $0 == 0x0A }.map { Array($0.drop { $0 == 0x20 }) }
            .filter { !$0.isEmpty }
        let head = texts.first ?? []
        func mark(_ index: Int, _ usual: UInt8, not other: UInt8) -> UInt8 {
            index < head.count && head[index] != other && head[index] > 0x20 ? head[index] : usual
        }
        if isHL7 {
            field = mark(3, 0x7C, not: 0)
            component = mark(4, 0x5E, not: field)
            repetition = mark(5, 0x7E, not: field)
            inner = [repetition, component, mark(7, 0x26, not: field)]
        } else {
            field = mark(1, 0x7C, not: 0)
            repetition = mark(2, 0x5C, not: field)
            component = mark(3, 0x5E, not: field)
            inner = [repetition, component]
        }
        let separator = field
        lines = texts.map { $0.split(separator: separator, omittingEmptySubsequences: false).map { Array($0) } }
    }

    /// Every record ended by CR.
    var bytes: [UInt8] { lines.flatMap { Array($0.joined(separator: [field])) + [0x0D] } }

    func name(_ line: Int) -> String { String(decoding: lines[line][0], as: UTF8.self) }

    /// Where field `number` of a line stands among its parts: LIS2-A2 counts the letter as 1, HL7 v2 begins behind the
    /// name, but for MSH, whose field 1 is the separator.
    private func index(_ line: Int, _ number: Int) -> Int {
        isHL7 && name(line) != "MSH" ? number : number - 1
    }

    subscript(line: Int, number: Int) -> [UInt8] {
        get {
            let at = index(line, number)
            return lines[line].indices.contains(at) ? lines[line][at] : []
        }
        set {
            let at = index(line, number)
            while lines[line].count <= at { lines[line].append([]) }
            lines[line][at] = newValue
        }
    }

    /// Writes `new` over `old` in a field: a component that is it, else its first occurrence. False when it is not
    /// there.
    mutating func replace(_ line: Int, _ number: Int, _ old: [UInt8], _ new: [UInt8]) -> Bool {
        let bytes = self[line, number]
        guard !old.isEmpty else {
            guard bytes.isEmpty else { return false }
            self[line, number] = new
            return true
        }
        guard let at = whole(old, in: bytes) ?? Sheet.first(old, in: bytes) else { return false }
        self[line, number] = Array(bytes[..<at]) + new + Array(bytes[(at + old.count)...])
        return true
    }

    private func whole(_ old: [UInt8], in bytes: [UInt8]) -> Int? {
        var start = 0
        for end in bytes.indices + [bytes.count] where end == bytes.count || inner.contains(bytes[end]) {
            if bytes[start..<end].elementsEqual(old) { return start }
            start = end + 1
        }
        return nil
    }

    static func first(_ old: [UInt8], in bytes: [UInt8], from start: Int = 0) -> Int? {
        guard !old.isEmpty, bytes.count >= old.count, start <= bytes.count - old.count else { return nil }
        return (start...(bytes.count - old.count)).first { bytes[$0..<($0 + old.count)].elementsEqual(old) }
    }

    /// Every component of every field that is an identifier of `map`, blanks around it left aside, becomes its new one.
    /// Blanks on the left keep the width (Sysmex and cobas right-align).
    mutating func rename(_ map: [String: String]) {
        guard !map.isEmpty else { return }
        for line in lines.indices where !["H", "MSH", "R", "C", "M", "NTE", "OBX"].contains(name(line)) {
            for part in lines[line].indices.dropFirst() { lines[line][part] = renamed(lines[line][part], map) }
        }
    }

    private func renamed(_ bytes: [UInt8], _ map: [String: String]) -> [UInt8] {
        var made: [UInt8] = [], word: [UInt8] = []
        func flush() {
            let left = word.prefix { $0 == 0x20 }.count
            let bare = Array(word.dropFirst(left).reversed().drop { $0 == 0x20 }.reversed())
            if let new = map[String(decoding: bare, as: UTF8.self)] {
                let padding = left > 0 ? max(0, left + bare.count - new.utf8.count) : 0
                made += [UInt8](repeating: 0x20, count: padding) + Array(new.utf8)
            } else {
                made += word
            }
            word = []
        }
        for byte in bytes {
            if inner.contains(byte) {
                flush()
                made.append(byte)
            } else {
                word.append(byte)
            }
        }
        flush()
        return made
    }
}

extension LISCharset {
    /// The bytes of a text that this instrument could have sent; `?` for a character it has none for.
    func bytes(of text: String) -> [UInt8] {
        if self == .utf8 { return Array(text.utf8) }
        return text.unicodeScalars.map { $0.value < 0x100 ? UInt8($0.value) : 0x3F }
    }
}
