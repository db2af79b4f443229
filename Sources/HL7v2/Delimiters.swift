package import Base

/// The five delimiters that MSH-1 and MSH-2 announce (HL7 v2.5 section 2.5.4), and the escapes they need (2.7).
package struct Delimiters: Sendable, Hashable {
    package var field: UInt8
    package var component: UInt8
    package var repetition: UInt8
    package var escape: UInt8
    package var subcomponent: UInt8

    package init(field: UInt8, component: UInt8, repetition: UInt8, escape: UInt8, subcomponent: UInt8) {
        self.field = field
        self.component = component
        self.repetition = repetition
        self.escape = escape
        self.subcomponent = subcomponent
    }
    /// `|^~\&`
    package static let recommended = Delimiters(
        field: 0x7C, component: 0x5E, repetition: 0x7E, escape: 0x5C, subcomponent: 0x26)

    /// Reads the first bytes of a message: `MSH`, the field delimiter, then two to four more.
    package init(header: some RandomAccessCollection<UInt8>) throws(Refusal) {
        let bytes = Array(header.prefix(9))
        guard bytes.count >= 4, bytes[0] == 0x4D, bytes[1] == 0x53, bytes[2] == 0x48 else {
            throw Refusal(
                "hl7.header", at: "MSH", because: "le message ne commence pas par MSH",
                remedy: "vérifier que l'émetteur envoie du HL7 v2 en ER7")
        }
        let field = bytes[3]
        let rest = Array(bytes[4...].prefix { $0 != field && $0 != 0x0D && $0 != 0x0A })
        func at(_ index: Int, otherwise: UInt8) -> UInt8 { rest.indices.contains(index) ? rest[index] : otherwise }
        self.init(
            field: field, component: at(0, otherwise: 0x5E), repetition: at(1, otherwise: 0x7E),
            escape: at(2, otherwise: 0x5C), subcomponent: at(3, otherwise: 0x26))
        let all = [field, component, repetition, escape, subcomponent]
        let printable = all.allSatisfy { (0x21...0x7E).contains($0) && !Delimiters.isLetterOrDigit($0) }
        guard rest.count >= 2, printable, Set(all).count == 5 else {
            throw Refusal(
                "hl7.delimiters", at: "MSH-2", because: "les séparateurs annoncés ne conviennent pas ou se répètent",
                remedy: "faire annoncer |^~\\& par l'émetteur")
        }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    /// MSH-2 as written.
    var encodingCharacters: [UInt8] { [component, repetition, escape, subcomponent] }

    /// A leaf with its escapes undone: `\F\ \S\ \T\ \R\ \E\`, `\Xhh…\`, `\.br\` and `\.sp\` (a line feed),
    /// `\H\` and `\N\` (highlighting, dropped). What is no escape we know stays as it came.
    func unescape(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8] {
        let input = Array(bytes)
        guard input.contains(escape) else { return input }
        var out: [UInt8] = []
        out.reserveCapacity(input.count)
        var i = 0
        while i < input.count {
            guard input[i] == escape, let end = input[(i + 1)...].firstIndex(of: escape),
                let plain = meaning(input[(i + 1)..<end])
            else {
                out.append(input[i])
                i += 1
                continue
            }
            out += plain
            i = end + 1
        }
        return out
    }

    private func meaning(_ sequence: ArraySlice<UInt8>) -> [UInt8]? {
        guard let first = sequence.first else { return nil }
        switch (first, sequence.count) {
        case (0x46, 1): return [field]
        case (0x53, 1): return [component]
        case (0x54, 1): return [subcomponent]
        case (0x52, 1): return [repetition]
        case (0x45, 1): return [escape]
        case (0x48, 1), (0x4E, 1): return []
        case (0x58, 3...) where sequence.count % 2 == 1:
            var bytes: [UInt8] = []
            var digits = sequence.dropFirst()
            while !digits.isEmpty {
                guard let byte = UInt8(String(decoding: digits.prefix(2), as: UTF8.self), radix: 16) else { return nil }
                bytes.append(byte)
                digits = digits.dropFirst(2)
            }
            return bytes
        case (0x2E, _):
            let name = String(decoding: sequence.dropFirst(), as: UTF8.self)
            return name == "br" || name == "sp" ? [0x0A] : nil
        case _: return nil
        }
    }

    /// The opposite: a leaf ready to stand in a message. Line ends become `\.br\`; other controls `\Xhh\`.
    func escape(_ text: String, in charset: Charset, into out: inout [UInt8]) throws(Refusal) {
        for scalar in text.unicodeScalars {
            guard let bytes = charset.encode(scalar) else {
                throw Refusal(
                    "hl7.charset", at: "MSH-18",
                    because: "le caractère U+\(String(scalar.value, radix: 16, uppercase: true)) n'existe pas en "
                        + charset.rawValue,
                    remedy: "configurer le destinataire en UNICODE UTF-8")
            }
            guard bytes.count == 1, let byte = bytes.first, byte < 0x80 else {
                out += bytes
                continue
            }
            switch byte {
            case field: escaped(0x46, &out)
            case component: escaped(0x53, &out)
            case subcomponent: escaped(0x54, &out)
            case repetition: escaped(0x52, &out)
            case escape: escaped(0x45, &out)
            case 0x0A: out += [escape] + Array(".br".utf8) + [escape]
            case 0x00..<0x20, 0x7F:
                let hex = String(byte, radix: 16, uppercase: true)
                out += [escape] + Array("X\(byte < 16 ? "0" : "")\(hex)".utf8) + [escape]
            case _: out.append(byte)
            }
        }
    }
    private func escaped(_ letter: UInt8, _ out: inout [UInt8]) {
        out.append(escape)
        out.append(letter)
        out.append(escape)
    }
}
