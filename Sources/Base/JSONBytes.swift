/// JSON written member by member (RFC 8259), for the kinds of facts of which there are thousands a day: a general
/// encoder takes thirty times as long. Members are written in the order of their names, as a general encoder sorts
/// them.
package struct JSONBytes: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Between two values a comma; none after what opens, nor after a name.
    private mutating func separate() {
        guard let last = bytes.last else { return }
        if last != UInt8(ascii: "{"), last != UInt8(ascii: "["), last != UInt8(ascii: ":") {
            bytes.append(UInt8(ascii: ","))
        }
    }

    package mutating func object(_ members: (inout JSONBytes) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        members(&self)
        bytes.append(UInt8(ascii: "}"))
    }
    package mutating func array<Element>(_ elements: [Element], _ element: (inout JSONBytes, Element) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        for one in elements { element(&self, one) }
        bytes.append(UInt8(ascii: "]"))
    }
    package mutating func texts(_ texts: [String]) { array(texts) { $0.text($1) } }

    /// The name of the member that comes next; no name of ours needs an escape.
    package mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }
    package mutating func member(_ name: StaticString, _ text: String) {
        self.name(name)
        self.text(text)
    }
    package mutating func member(_ name: StaticString, _ text: String?) {
        if let text { member(name, text) }
    }
    package mutating func member(_ name: StaticString, _ number: Int) {
        self.name(name)
        raw(String(number).utf8)
    }
    package mutating func member(_ name: StaticString, _ truth: Bool) {
        self.name(name)
        raw((truth ? "true" : "false").utf8)
    }
    package mutating func member(_ name: StaticString, _ instant: Instant) {
        self.name(name)
        raw(String(instant.milliseconds).utf8)
    }
    package mutating func member(_ name: StaticString, _ instant: Instant?) {
        if let instant { member(name, instant) }
    }

    package mutating func text(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) {
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\""))
        } else {
            bytes.append(contentsOf: JSONString.quoted(text).utf8.dropFirst())
        }
    }

    /// JSON that is whole already.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }
}

/// Reads back what `JSONBytes` wrote, without blanks and without escapes. Whoever meets anything else asks a general
/// decoder: every answer is nil or false then, and nothing was read.
package struct PlainJSON: Sendable {
    private let bytes: [UInt8]
    private var place = 0

    package init(_ text: String) { bytes = Array(text.utf8) }

    package var isAtEnd: Bool { place == bytes.count }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    package mutating func string() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = place
        while place < bytes.count {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\"") {
                place += 1
                return String(decoding: bytes[start..<(place - 1)], as: UTF8.self)
            }
            if byte == UInt8(ascii: "\\") { return nil }
            place += 1
        }
        return nil
    }

    package mutating func integer() -> Int64? {
        let start = place
        _ = take(UInt8(ascii: "-"))
        while place < bytes.count, (0x30...0x39).contains(bytes[place]) { place += 1 }
        return Int64(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    /// Each member of an object, by its name; false when the text or a member is not what was expected.
    package mutating func members(_ read: (inout PlainJSON, String) -> Bool) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        if take(UInt8(ascii: "}")) { return true }
        repeat {
            guard let name = string(), take(UInt8(ascii: ":")), read(&self, name) else { return false }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}"))
    }

    package mutating func elements(_ read: (inout PlainJSON) -> Bool) -> Bool {
        guard take(UInt8(ascii: "[")) else { return false }
        if take(UInt8(ascii: "]")) { return true }
        repeat {
            guard read(&self) else { return false }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]"))
    }
}
