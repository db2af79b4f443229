/// One record: a view into its message, cheap to copy.
package struct LISRecord: Sendable {
    let index: LISIndex
    /// Its place in the message, from 0.
    package let number: Int

    private var entry: LISIndex.Entry {
        precondition(index.records.indices.contains(number), "no such record")
        return index.records[number]
    }
    package var kind: LISRecordKind { entry.kind }
    /// Its offsets in the bytes of the message, record end excluded.
    package var byteRange: Range<Int> { Int(entry.start)..<Int(entry.end) }
    package var raw: ArraySlice<UInt8> { index.bytes[byteRange] }
    /// How many fields were sent, the letter included; trailing ones may be left out (LIS2-A2 section 5.4).
    package var fieldCount: Int { index.fieldDelimiters(of: entry) + 1 }

    /// A field by the standard's number: 1 is the letter, 2 the sequence number (the delimiters in H). A field that was
    /// not sent is empty, which means "no information" like one that was sent empty.
    package func field(_ n: Int) -> LISField {
        let entry = entry
        guard n >= 1 else { return LISField(index: index, at: entry.end) }
        var start = entry.start, first = entry.firstSeparator
        if n > 1 {
            guard let opening = index.fieldDelimiter(n - 2, of: entry) else {
                return LISField(index: index, at: entry.end)
            }
            start = index.separators[Int(opening)] + 1
            first = opening + 1
        }
        var end = entry.end, last = entry.endSeparator
        if let closing = index.fieldDelimiter(n - 1, of: entry) {
            last = closing
            end = index.separators[Int(closing)]
        }
        // The delimiters that H declares in field 2 do not act there.
        let isLiteral = entry.kind == .header && n <= 2
        return LISField(
            index: index, start: start, end: end, firstSeparator: isLiteral ? last : first, endSeparator: last)
    }

    /// Text of a field, or of component `component` (from 1) of its first repeat: `R.3.4` is `text(3, 4)`.
    package func text(_ field: Int, _ component: Int? = nil, _ charset: LISCharset = .latin1) -> String {
        let value = self.field(field)
        return (component.map { value.component($0) } ?? value).text(charset)
    }

    /// Field 2 as a number, nil when it is none.
    package var sequence: Int? {
        let raw = field(2).raw.filter { $0 != 0x20 }
        guard (1...9).contains(raw.count), raw.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return raw.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

/// A field, a repeat of a field, or a component: a range of bytes and the separators in it.
package struct LISField: Sendable {
    let index: LISIndex
    let start: UInt32
    let end: UInt32
    let firstSeparator: UInt32
    let endSeparator: UInt32

    init(index: LISIndex, start: UInt32, end: UInt32, firstSeparator: UInt32, endSeparator: UInt32) {
        self.index = index
        self.start = start
        self.end = end
        self.firstSeparator = firstSeparator
        self.endSeparator = endSeparator
    }
    init(index: LISIndex, at place: UInt32) {
        self.init(index: index, start: place, end: place, firstSeparator: 0, endSeparator: 0)
    }

    package var byteRange: Range<Int> { Int(start)..<Int(end) }
    package var raw: ArraySlice<UInt8> { index.bytes[byteRange] }
    /// No information (LIS2-A2 section 5.4).
    package var isEmpty: Bool { start == end }
    /// `""`: delete the value you have.
    package var isDeletion: Bool { raw.count == 2 && raw.allSatisfy { $0 == 0x22 } }
    /// Empty or blanks only: padded fields are common.
    package var isBlank: Bool { raw.allSatisfy { $0 == 0x20 } }

    package var repeatCount: Int { partCount(index.delimiters.repetition) }
    package var componentCount: Int { repeated(1).partCount(index.delimiters.component) }
    /// Repeat `k`, from 1; empty when not sent.
    package func repeated(_ k: Int) -> LISField { part(k, index.delimiters.repetition) }
    /// Component `k`, from 1, of the first repeat; empty when not sent.
    package func component(_ k: Int) -> LISField {
        part(1, index.delimiters.repetition).part(k, index.delimiters.component)
    }
    /// All repeats; a field that is not empty has at least one, an empty one has none.
    package var repeats: [LISField] { isEmpty ? [] : (1...repeatCount).map { repeated($0) } }
    /// All components of the first repeat.
    package var components: [LISField] { isEmpty ? [] : (1...componentCount).map { component($0) } }

    /// The characters, escapes decoded, nothing trimmed. Delimiters of a level below stay as they are
    /// (`field.text` of `a^b` is `a^b`).
    package func text(_ charset: LISCharset = .latin1) -> String {
        index.bytes.withUnsafeBufferPointer { bytes in
            let raw = UnsafeBufferPointer(rebasing: bytes[byteRange])
            guard let escape = index.delimiters.escape, holdsEscape(escape) else { return charset.decode(raw) }
            return LISEscapes.decode(raw, index.delimiters, escape: escape)
                .withUnsafeBufferPointer { charset.decode($0) }
        }
    }
    /// The bytes with escapes decoded, for what is not text.
    package var unescaped: [UInt8] {
        guard let escape = index.delimiters.escape, holdsEscape(escape) else { return Array(raw) }
        return index.bytes.withUnsafeBufferPointer {
            LISEscapes.decode(UnsafeBufferPointer(rebasing: $0[byteRange]), index.delimiters, escape: escape)
        }
    }

    private func holdsEscape(_ escape: UInt8) -> Bool {
        (firstSeparator..<endSeparator).contains { index.bytes[Int(index.separators[Int($0)])] == escape }
    }

    private func partCount(_ delimiter: UInt8) -> Int {
        var count = 1
        for i in firstSeparator..<endSeparator where index.bytes[Int(index.separators[Int(i)])] == delimiter {
            count += 1
        }
        return count
    }

    private func part(_ k: Int, _ delimiter: UInt8) -> LISField {
        guard k >= 1 else { return LISField(index: index, at: end) }
        var seen = 1
        var from = start, first = firstSeparator
        for i in firstSeparator..<endSeparator where index.bytes[Int(index.separators[Int(i)])] == delimiter {
            let offset = index.separators[Int(i)]
            if seen == k {
                return LISField(index: index, start: from, end: offset, firstSeparator: first, endSeparator: i)
            }
            seen += 1
            from = offset + 1
            first = i + 1
        }
        return seen == k
            ? LISField(index: index, start: from, end: end, firstSeparator: first, endSeparator: endSeparator)
            : LISField(index: index, at: end)
    }
}
