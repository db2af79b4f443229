import Base

/// Writes XML 1.0 in UTF-8, straight to bytes, without a tree. Element and attribute names are literals of this
/// room, so only contents need escaping; what is opened is closed by construction (`element` takes the body).
struct XMLWriter {
    /// Bytes owned by hand: an element is ten small pieces, and each would ask an array whether it is shared.
    private final class Store {
        var start: UnsafeMutablePointer<UInt8>
        init(_ capacity: Int) { start = .allocate(capacity: capacity) }
        deinit { start.deallocate() }
    }
    private let store: Store
    private var start: UnsafeMutablePointer<UInt8>
    private var count = 0
    private var capacity: Int
    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }
    /// Characters that XML 1.0 section 2.2 forbids (C0 controls, U+FFFE, U+FFFF), written as U+FFFD.
    private(set) var replacedCharacters = 0
    /// The start tag is not yet closed by `>`: attributes may follow, and `/>` if nothing comes.
    private var tagIsOpen = false

    init(reserving capacity: Int) {
        self.capacity = max(capacity, 4096)
        store = Store(self.capacity)
        start = store.start
    }

    @inline(__always) private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }
    @inline(never) private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: start, count: count)
        store.start.deallocate()
        store.start = larger
        start = larger
    }
    @inline(__always) private mutating func put(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }
    @inline(__always) private mutating func put(_ piece: UnsafeBufferPointer<UInt8>) {
        guard let base = piece.baseAddress else { return }
        reserve(piece.count)
        (start + count).update(from: base, count: piece.count)
        count += piece.count
    }

    typealias Attribute = (StaticString, String?)

    /// `<name a="…">body</name>`, or `<name a="…"/>` when the body writes nothing; nil attributes are left out. Five at
    /// most, not an array: elements are the most of the work.
    mutating func element(
        _ name: StaticString, _ a: Attribute? = nil, _ b: Attribute? = nil, _ c: Attribute? = nil,
        _ d: Attribute? = nil, _ e: Attribute? = nil, body: (inout XMLWriter) -> Void = { _ in }
    ) {
        open(name)
        attribute(a)
        attribute(b)
        attribute(c)
        attribute(d)
        attribute(e)
        tagIsOpen = true
        body(&self)
        end(name)
    }
    /// `<name>text</name>`
    mutating func element(_ name: StaticString, text: String) {
        open(name)
        tagIsOpen = true
        self.text(text)
        end(name)
    }

    /// `<name root="…"/>` of an OID of this room.
    mutating func rooted(_ name: StaticString, _ root: StaticString) {
        closeTag()
        put(0x3C)
        raw(name)
        raw(" root=\"")
        raw(root)
        raw("\"/>")
    }

    private mutating func open(_ name: StaticString) {
        closeTag()
        put(0x3C)
        raw(name)
    }
    private mutating func attribute(_ attribute: Attribute?) {
        guard let (key, value) = attribute, let value else { return }
        put(0x20)
        raw(key)
        raw("=\"")
        escape(value, inAttribute: true)
        put(0x22)
    }
    private mutating func end(_ name: StaticString) {
        if tagIsOpen {
            raw("/>")
            tagIsOpen = false
        } else {
            raw("</")
            raw(name)
            put(0x3E)
        }
    }
    private mutating func closeTag() {
        guard tagIsOpen else { return }
        put(0x3E)
        tagIsOpen = false
    }

    /// Markup of our own, as is (the XML declaration, line feeds between sections).
    mutating func markup(_ literal: StaticString) {
        closeTag()
        raw(literal)
    }
    private mutating func raw(_ literal: StaticString) {
        put(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// A number as people read it: its point is written as a comma.
    mutating func number(_ value: String) {
        closeTag()
        var value = value.utf8.count > 4 ? FrenchFigures.set(value) : value
        let from = count
        value.withUTF8 { put($0) }
        for i in from..<count where start[i] == 0x2E { start[i] = 0x2C }
    }
    /// Character data, escaped.
    mutating func text(_ value: String) {
        closeTag()
        escape(value, inAttribute: false)
    }

    /// Bytes in base 64 (RFC 4648 section 4), one line, padded.
    mutating func base64(_ data: [UInt8]) {
        closeTag()
        let length = (data.count + 2) / 3 * 4
        reserve(length)
        Base64.write(data, to: UnsafeMutableBufferPointer(start: start + count, count: length))
        count += length
    }

    /// C0, `"`, `&`, `<`, `>`, and the first byte of U+FFFE and U+FFFF.
    private static let needsCare: [UInt8] = (0..<256).map {
        $0 < 0x20 || [0x22, 0x26, 0x3C, 0x3E, 0xEF].contains($0) ? 1 : 0
    }

    private mutating func escape(_ value: String, inAttribute: Bool) {
        var value = value
        value.withUTF8 { utf8 in
            reserve(utf8.count)
            // Copied and looked at in one pass: nearly no text has a byte that needs care.
            var care: UInt8 = 0
            XMLWriter.needsCare.withUnsafeBufferPointer { needsCare in
                for i in utf8.indices {
                    let byte = utf8[i]
                    start[count + i] = byte
                    care |= needsCare[Int(byte)]
                }
            }
            if care != 0 { escape(utf8, inAttribute) } else { count += utf8.count }
        }
    }

    private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>, _ inAttribute: Bool) {
        var from = 0
        for i in utf8.indices {
            var width = 1
            let replacement: StaticString
            switch utf8[i] {
            case 0x26: replacement = "&amp;"
            case 0x3C: replacement = "&lt;"
            case 0x3E: replacement = "&gt;"
            case 0x22: replacement = "&quot;"
            case 0x0D: replacement = "&#13;"
            case 0x09:
                guard inAttribute else { continue }
                replacement = "&#9;"
            case 0x0A:
                guard inAttribute else { continue }
                replacement = "&#10;"
            case 0x00..<0x20:
                replacement = "\u{FFFD}"
                replacedCharacters += 1
            case 0xEF where i + 2 < utf8.count && utf8[i + 1] == 0xBF && utf8[i + 2] >= 0xBE:
                replacement = "\u{FFFD}"
                replacedCharacters += 1
                width = 3
            case _: continue
            }
            put(UnsafeBufferPointer(rebasing: utf8[from..<i]))
            raw(replacement)
            from = i + width
        }
        put(UnsafeBufferPointer(rebasing: utf8[from...]))
    }
}
