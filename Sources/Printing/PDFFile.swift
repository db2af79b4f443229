/// The objects of a PDF 1.4 file, its table of references and its trailer (PDF Reference 1.4, section 3.4), as
/// ISO 19005-1 section 6.1 wants them: a comment of bytes above 127 after the header, an identifier, no object streams.
struct PDFFile {
    struct Object: Hashable { fileprivate(set) var number: Int }

    private(set) var bytes = [UInt8]()
    /// Where each object begins; 0 while it is only promised.
    private var places: [Int] = []

    init(capacity: Int) {
        bytes.reserveCapacity(capacity)
        bytes.add("%PDF-1.4\n%")
        bytes += [0xE2, 0xE3, 0xCF, 0xD3, 0x0A]
    }

    /// A number for an object that must come later.
    mutating func promise() -> Object {
        places.append(0)
        return Object(number: places.count)
    }

    mutating func write(_ object: Object, _ body: (inout [UInt8]) -> Void) {
        places[object.number - 1] = bytes.count
        bytes.add(object.number)
        bytes.add(" 0 obj\n")
        body(&bytes)
        bytes.add("\nendobj\n")
    }

    mutating func write(_ body: (inout [UInt8]) -> Void) -> Object {
        let object = promise()
        write(object, body)
        return object
    }

    /// `entries`: of its dictionary, besides the length.
    mutating func stream(_ object: Object, _ entries: StaticString, _ data: [UInt8], more: String = "") {
        write(object) { bytes in
            bytes.add("<< ")
            bytes.add(entries)
            bytes.add(text: more)
            bytes.add(" /Length ")
            bytes.add(data.count)
            bytes.add(" >>\nstream\n")
            bytes += data
            bytes.add("\nendstream")
        }
    }

    mutating func stream(_ entries: StaticString, _ data: [UInt8], more: String = "") -> Object {
        let object = promise()
        stream(object, entries, data, more: more)
        return object
    }

    /// The whole file. Its identifier is made of what is in it, so the same content has the same one.
    mutating func finished(root: Object, information: Object) -> [UInt8] {
        let identifier = Digest(of: bytes)
        let start = bytes.count
        bytes.add("xref\n0 ")
        bytes.add(places.count + 1)
        bytes.add("\n0000000000 65535 f \n")
        for place in places {
            var divisor = 1_000_000_000
            while divisor > 0 {
                bytes.append(0x30 &+ UInt8(truncatingIfNeeded: place / divisor % 10))
                divisor /= 10
            }
            bytes.add(" 00000 n \n")
        }
        bytes.add("trailer\n<< /Size ")
        bytes.add(places.count + 1)
        bytes.add(" /Root ")
        bytes.add(reference: root)
        bytes.add(" /Info ")
        bytes.add(reference: information)
        bytes.add(" /ID [ <")
        identifier.write(to: &bytes)
        bytes.add("> <")
        identifier.write(to: &bytes)
        bytes.add("> ] >>\nstartxref\n")
        bytes.add(start)
        bytes.add("\n%%EOF\n")
        return bytes
    }
}

extension [UInt8] {
    mutating func add(reference object: PDFFile.Object) {
        add(object.number)
        add(" 0 R")
    }
}

/// 128 bits that differ when bytes do: no secret, an identifier. Two lanes of multiply and fold.
struct Digest: Equatable {
    private var high: UInt64 = 0x9E37_79B9_7F4A_7C15
    private var low: UInt64 = 0xC2B2_AE3D_27D4_EB4F

    init(of bytes: [UInt8]) {
        bytes.withUnsafeBytes { raw in
            var place = 0
            while place + 8 <= raw.count {
                add(UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)))
                place += 8
            }
            var rest: UInt64 = 0
            while place < raw.count {
                rest = rest << 8 | UInt64(raw[place])
                place += 1
            }
            add(rest)
            add(UInt64(raw.count))
        }
    }

    private mutating func add(_ word: UInt64) {
        let first = (high ^ word).multipliedFullWidth(by: 0x9FB2_1C65_1E98_DF25)
        let second = (low ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        high = first.high ^ first.low &+ second.high
        low = second.high ^ second.low &+ (low << 7 | low >> 57)
    }

    func write(to bytes: inout [UInt8]) {
        bytes.add(hex: high)
        bytes.add(hex: low)
    }

    /// Six capitals, as names of subsets begin with (PDF Reference 1.4, section 5.5.3).
    var letters: String {
        var rest = high ^ low, letters = ""
        for _ in 0..<6 {
            letters.unicodeScalars.append(Unicode.Scalar(UInt8(ascii: "A") + UInt8(rest % 26)))
            rest /= 26
        }
        return letters
    }
}
