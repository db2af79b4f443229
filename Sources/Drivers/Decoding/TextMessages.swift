import LIS2

extension TextReading {
    /// The texts of a session as LIS2-A2 messages. Texts stand between control characters (STX … ETX, or what a logger
    /// made of them); line ends stay within a text. Texts that do not begin as the driver says are left out.
    func messages(in bytes: [UInt8]) -> [LISMessage] {
        texts(in: bytes).compactMap { message($0) }
    }

    func texts(in bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split { $0 < 0x20 && $0 != 0x09 }.filter { text in
            guard text.contains(where: { $0 > 0x20 }) else { return false }
            return begins.isEmpty || begins.contains { text.starts(with: $0.utf8) }
        }
    }

    /// Nil when the text does not even have a whole head.
    private func message(_ whole: ArraySlice<UInt8>) -> LISMessage? {
        var text = whole
        if !end.isEmpty, text.suffix(end.utf8.count).elementsEqual(end.utf8) { text = text.dropLast(end.utf8.count) }
        guard let (head, items) = parts(of: text) else { return nil }
        var writer = LISWriter(charset: .latin1)
        writer.header()
        writer.record(.patient, ["1"])
        writer.record(.order, ["1"] + head.map { value($0) })
        for (number, item) in items.enumerated() {
            writer.record(.result, [LISValue(number + 1)] + item.map { value($0) })
        }
        writer.terminator()
        return LISMessage(bytes: writer.bytes)
    }

    /// Line ends and other controls cannot be here: texts stand between them. Each byte is one character.
    private func value(_ part: ArraySlice<UInt8>) -> LISValue {
        var text = String.UnicodeScalarView()
        for byte in part { text.append(Unicode.Scalar(byte)) }
        return .text(trimmed(String(text)))
    }

    private func parts(of text: ArraySlice<UInt8>) -> (head: [ArraySlice<UInt8>], items: [[ArraySlice<UInt8>]])? {
        switch cut {
        case .columns(let head, let item):
            guard text.count >= head.reduce(0, +) else { return nil }
            var rest = text
            func take(_ widths: [Int]) -> [ArraySlice<UInt8>] {
                widths.map { width in
                    defer { rest = rest.dropFirst(width) }
                    return rest.prefix(width)
                }
            }
            let first = take(head)
            var items: [[ArraySlice<UInt8>]] = []
            // The last item may lack its trailing blanks.
            while rest.contains(where: { $0 > 0x20 }) { items.append(take(item)) }
            return (first, items)
        case .delimiter(let mark, let head, let item):
            let all = text.split(separator: mark, omittingEmptySubsequences: false)
            guard all.count >= head else { return nil }
            var items: [[ArraySlice<UInt8>]] = []
            var at = head
            while at + item <= all.count {
                items.append(Array(all[at..<(at + item)]))
                at += item
            }
            return (Array(all[..<head]), items)
        }
    }
}
