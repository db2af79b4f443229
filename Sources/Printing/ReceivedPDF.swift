package import Base
import CZlib

/// A PDF that another laboratory made, read as far as one must to know that it can be read: its cross-references, its
/// catalogue, its pages. A name and a first line are not enough: what is cut, empty or under a password is joined to a
/// report, mailed, and opened by nobody. (ISO 32000-1 sections 7.5 and 7.7.)
package enum ReceivedPDF {
    /// Why it would not be read; nil when it would. Refusals: `supplement.pdf`, its place and remedy for a person.
    package static func defect(in bytes: [UInt8]) -> Refusal? {
        do throws(PDFDefect) {
            var reader = PDFObjects(bytes)
            try reader.readReferences()
            try reader.countPages()
            return nil
        } catch {
            return Refusal("supplement.pdf", because: error.cause, remedy: error.remedy)
        }
    }
}

struct PDFDefect: Error {
    var cause: String
    var remedy: String
    static func damaged(_ what: String) -> PDFDefect {
        PDFDefect(
            cause: "ce PDF est abîmé ou coupé : \(what)",
            remedy: "le redemander au laboratoire qui l'a fait, ou l'imprimer de nouveau en PDF")
    }
    static let encrypted = PDFDefect(
        cause: "ce PDF est protégé (chiffré) : un destinataire ne pourrait l'ouvrir",
        remedy: "demander au laboratoire un PDF sans mot de passe")
    static let empty = PDFDefect(cause: "ce PDF n'a aucune page", remedy: "joindre le PDF reçu du laboratoire")
}

/// One object of a PDF, as far as the pages need it.
indirect enum PDFObject: Equatable {
    case null
    case number(Int)
    case name(String)
    case reference(Int)
    case array([PDFObject])
    case dictionary([String: PDFObject])
    /// Strings, reals, truth values: nothing here asks for them.
    case other

    subscript(key: String) -> PDFObject {
        if case .dictionary(let entries) = self { entries[key] ?? .null } else { .null }
    }
    var number: Int? { if case .number(let n) = self { n } else { nil } }
}

/// The tables that say where each object is, the newest first, and the objects themselves.
struct PDFObjects {
    private enum Place {
        case at(Int)
        case packed(stream: Int, rank: Int)
    }
    private let bytes: [UInt8]
    private var places: [Int: Place?] = [:]
    private var root = PDFObject.null
    private var packed: [Int: (data: [UInt8], offsets: [Int])] = [:]
    /// Bytes read or unpacked so far, each as often as it was: a small file can ask for endless work.
    private var spent = 0
    /// More than any report has: a file that never ends is a file that is wrong.
    private static let mostTables = 1_000
    private static let mostPages = 10_000
    private static let mostUnpacked = 64 << 20
    private static let mostSpent = 128 << 20

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    // Cross-references

    /// From the last `startxref`, each table to the one before.
    mutating func readReferences() throws(PDFDefect) {
        guard bytes.starts(with: Array("%PDF-".utf8)) else {
            throw PDFDefect(cause: "ce fichier n'est pas un PDF", remedy: "joindre le PDF reçu du laboratoire")
        }
        // Annex H.3.4.3: readers look for the end in the last 1,024 bytes.
        let tail = max(0, bytes.count - 1_024)
        guard last("%%EOF", from: tail) != nil, let mark = last("startxref", from: max(0, tail - 1_024)) else {
            throw .damaged("sa fin manque")
        }
        var scanner = PDFScanner(bytes, at: mark + 9)
        guard let first = scanner.object()?.number else { throw .damaged("sa fin manque") }
        var waiting = [first], seen = Set<Int>()
        while let place = waiting.popLast() {
            guard seen.insert(place).inserted else { continue }
            guard seen.count < PDFObjects.mostTables else { throw .damaged("ses tables ne finissent pas") }
            let trailer = try table(at: place)
            if trailer["Encrypt"] != .null { throw .encrypted }
            if root == .null { root = trailer["Root"] }
            // What a hybrid file says to newer readers counts before what came earlier (section 7.5.8.4).
            if let earlier = trailer["Prev"].number { waiting.append(earlier) }
            if let beside = trailer["XRefStm"].number { waiting.append(beside) }
        }
        guard case .reference = root else { throw .damaged("son catalogue manque") }
    }

    private func last(_ word: String, from start: Int) -> Int? {
        let word = Array(word.utf8)
        guard bytes.count - word.count >= start else { return nil }
        return (start...(bytes.count - word.count)).last { bytes[$0...].starts(with: word) }
    }

    /// Its entries, unless a newer table has them, and its trailer.
    private mutating func table(at place: Int) throws(PDFDefect) -> PDFObject {
        guard place >= 0, place < bytes.count else { throw .damaged("une table est hors du fichier") }
        var scanner = PDFScanner(bytes, at: place)
        guard scanner.take("xref") else { return try packedTable(at: place) }
        while !scanner.take("trailer") {
            guard let first = scanner.object()?.number, let count = scanner.object()?.number, first >= 0, count >= 0
            else { throw .damaged("une table est illisible") }
            for number in 0..<count {
                guard let offset = scanner.object()?.number, scanner.object()?.number != nil else {
                    throw .damaged("une table est illisible")
                }
                let isUsed = scanner.take("n")
                guard isUsed || scanner.take("f") else { throw .damaged("une table est illisible") }
                if places[first + number] == nil {
                    places[first + number] = .some(isUsed ? .at(offset) : nil)
                }
            }
        }
        guard let trailer = scanner.object(), case .dictionary = trailer else {
            throw .damaged("sa table n'a pas de fin")
        }
        return trailer
    }

    /// A cross-reference stream (section 7.5.8).
    private mutating func packedTable(at place: Int) throws(PDFDefect) -> PDFObject {
        guard let (dictionary, data) = try stream(at: place), dictionary["Type"] == .name("XRef"),
            case .array(let sizes) = dictionary["W"], sizes.count == 3
        else { throw .damaged("une table est illisible") }
        let widths = sizes.map { $0.number ?? 0 }
        let width = widths.reduce(0, +)
        guard widths.allSatisfy({ (0...8).contains($0) }), width > 0, let size = dictionary["Size"].number, size >= 0
        else { throw .damaged("une table est illisible") }
        var spans = [0, size]
        if case .array(let index) = dictionary["Index"] { spans = index.map { $0.number ?? 0 } }
        var at = 0
        func field(_ n: Int, _ usual: Int) -> Int {
            let start = at + widths[..<n].reduce(0, +)
            if widths[n] == 0 { return usual }
            return data[start..<(start + widths[n])].reduce(0) { ($0 & 0xFF_FFFF_FFFF_FFFF) << 8 | Int($1) }
        }
        for span in stride(from: 0, to: spans.count - 1, by: 2) {
            for number in 0..<max(0, spans[span + 1]) {
                guard at + width <= data.count else { throw .damaged("une table est coupée") }
                defer { at += width }
                guard places[spans[span] + number] == nil else { continue }
                let kind = field(0, 1),
                    place: Place? =
                        kind == 1 ? .at(field(1, 0)) : kind == 2 ? .packed(stream: field(1, 0), rank: field(2, 0)) : nil
                places[spans[span] + number] = .some(place)
            }
        }
        return dictionary
    }

    // Objects

    private mutating func spend(_ count: Int) throws(PDFDefect) {
        spent += count
        guard spent <= PDFObjects.mostSpent else { throw .damaged("sa lecture ne finit pas") }
    }

    /// The object at an offset, its stream unpacked when it has one; nil when nothing is there.
    private mutating func stream(at place: Int) throws(PDFDefect) -> (dictionary: PDFObject, data: [UInt8])? {
        guard place >= 0, place < bytes.count else { return nil }
        var scanner = PDFScanner(bytes, at: place)
        guard scanner.object()?.number != nil, scanner.object()?.number != nil, scanner.take("obj"),
            let dictionary = scanner.object()
        else { return nil }
        try spend(scanner.at - place)
        guard scanner.take("stream") else { return (dictionary, []) }
        let start = scanner.startOfStream
        var filter = dictionary["Filter"]
        if case .array(let filters) = filter { filter = filters.count == 1 ? filters[0] : .other }
        switch filter {
        case .null:
            let end = start + max(0, dictionary["Length"].number ?? 0)
            guard end <= bytes.count else { throw .damaged("un objet est coupé") }
            try spend(end - start)
            return (dictionary, Array(bytes[start..<end]))
        case .name("FlateDecode"):
            guard let (data, used) = inflated(bytes[min(start, bytes.count)...], most: PDFObjects.mostUnpacked) else {
                throw .damaged("un objet compressé est illisible")
            }
            try spend(used + data.count)
            return (dictionary, try unpredicted(data, dictionary["DecodeParms"]))
        case .number, .name, .reference, .array, .dictionary, .other:
            throw .damaged("une table est comprimée d'une façon inconnue")
        }
    }

    /// PNG predictors (section 7.4.4.4), which cross-reference streams are written with.
    private func unpredicted(_ data: [UInt8], _ parameters: PDFObject) throws(PDFDefect) -> [UInt8] {
        var parameters = parameters
        if case .array(let all) = parameters { parameters = all.first ?? .null }
        guard let predictor = parameters["Predictor"].number, predictor > 1 else { return data }
        let columns = parameters["Columns"].number ?? 1
        guard predictor >= 10, columns > 0, columns < 1_024, parameters["Colors"].number ?? 1 == 1,
            parameters["BitsPerComponent"].number ?? 8 == 8, data.count % (columns + 1) == 0
        else { throw .damaged("une table est comprimée d'une façon inconnue") }
        var out = [UInt8](), above = [UInt8](repeating: 0, count: columns)
        for row in stride(from: 0, to: data.count, by: columns + 1) {
            var line = Array(data[(row + 1)..<(row + 1 + columns)])
            for place in 0..<columns {
                let left = place > 0 ? line[place - 1] : 0, up = above[place], corner = place > 0 ? above[place - 1] : 0
                switch data[row] {
                case 1: line[place] &+= left
                case 2: line[place] &+= up
                case 3: line[place] &+= UInt8((Int(left) + Int(up)) / 2)
                case 4: line[place] &+= PDFObjects.paeth(left, up, corner)
                default: break
                }
            }
            out += line
            above = line
        }
        return out
    }
    private static func paeth(_ left: UInt8, _ up: UInt8, _ corner: UInt8) -> UInt8 {
        let guess = Int(left) + Int(up) - Int(corner)
        let (a, b, c) = (abs(guess - Int(left)), abs(guess - Int(up)), abs(guess - Int(corner)))
        return a <= b && a <= c ? left : b <= c ? up : corner
    }

    private mutating func resolved(_ found: PDFObject) throws(PDFDefect) -> PDFObject {
        guard case .reference(let number) = found else { return found }
        switch places[number] ?? nil {
        case nil: return .null
        case .at(let place)?:
            // The number that stands there must be the one that was asked for.
            var scanner = PDFScanner(bytes, at: place)
            guard place >= 0, place < bytes.count, scanner.object()?.number == number else {
                throw .damaged("un objet n'est pas où sa table le dit")
            }
            return try object(at: place)
        case .packed(let stream, let rank)?:
            let (data, offsets) = try unpacked(stream)
            guard rank >= 0, rank < offsets.count else { throw .damaged("un objet manque") }
            var scanner = PDFScanner(data, at: offsets[rank])
            let object = scanner.object() ?? .null
            try spend(scanner.at - offsets[rank])
            return object
        }
    }

    /// Without its stream, which may be packed in any way.
    private mutating func object(at place: Int) throws(PDFDefect) -> PDFObject {
        var scanner = PDFScanner(bytes, at: place)
        guard scanner.object()?.number != nil, scanner.object()?.number != nil, scanner.take("obj"),
            let object = scanner.object()
        else { throw .damaged("un objet est illisible") }
        try spend(scanner.at - place)
        return object
    }

    /// An object stream (section 7.5.7): what it holds, and where each object of it begins.
    private mutating func unpacked(_ number: Int) throws(PDFDefect) -> (data: [UInt8], offsets: [Int]) {
        if let known = packed[number] { return known }
        guard case .at(let place)?? = places[number], let (dictionary, data) = try stream(at: place),
            let count = dictionary["N"].number, let first = dictionary["First"].number, count >= 0, first >= 0
        else { throw .damaged("un objet manque") }
        var scanner = PDFScanner(data, at: 0), offsets = [Int]()
        for _ in 0..<count {
            guard scanner.object()?.number != nil, let offset = scanner.object()?.number, offset >= 0,
                first + offset < data.count
            else { throw .damaged("un objet compressé est illisible") }
            offsets.append(first + offset)
        }
        packed[number] = (data, offsets)
        return (data, offsets)
    }

    // Pages

    mutating func countPages() throws(PDFDefect) {
        let catalogue = try resolved(root)
        guard catalogue["Type"] == .name("Catalog") else { throw .damaged("son catalogue manque") }
        var waiting = [catalogue["Pages"]], seen = Set<Int>(), pages = 0
        while let node = waiting.popLast() {
            if case .reference(let number) = node, !seen.insert(number).inserted {
                throw .damaged("ses pages tournent en rond")
            }
            let found = try resolved(node)
            guard case .dictionary = found else { throw .damaged("une page manque") }
            if case .array(let kids) = try resolved(found["Kids"]) {
                waiting += kids
            } else {
                guard found["Type"] == .name("Page") else { throw .damaged("une page manque") }
                pages += 1
            }
            guard pages + waiting.count <= PDFObjects.mostPages else { throw .damaged("ses pages ne finissent pas") }
        }
        if pages == 0 { throw .empty }
    }
}

/// Tokens of a PDF (section 7.2 and 7.3), from a place on.
struct PDFScanner {
    private let bytes: [UInt8]
    private(set) var at: Int
    /// Objects in objects: no true file goes deeper.
    private static let deepest = 64

    init(_ bytes: [UInt8], at place: Int) {
        self.bytes = bytes
        at = place
    }

    private static func isBlank(_ byte: UInt8) -> Bool { [0, 9, 10, 12, 13, 32].contains(byte) }
    private static func isDelimiter(_ byte: UInt8) -> Bool { "()<>[]{}/%".utf8.contains(byte) }

    private mutating func skip() {
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "%") {
                while at < bytes.count, bytes[at] != 10, bytes[at] != 13 { at += 1 }
            } else if PDFScanner.isBlank(bytes[at]) {
                at += 1
            } else {
                return
            }
        }
    }

    /// This word, if it stands here.
    mutating func take(_ word: String) -> Bool {
        skip()
        guard bytes[min(at, bytes.count)...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    /// Behind the end of line that follows `stream`.
    var startOfStream: Int {
        var place = at
        if place < bytes.count, bytes[place] == 13 { place += 1 }
        if place < bytes.count, bytes[place] == 10 { place += 1 }
        return place
    }

    /// The next object; nil when there is none, or the file is cut in it.
    mutating func object(_ depth: Int = 0) -> PDFObject? {
        skip()
        guard at < bytes.count, depth < PDFScanner.deepest else { return nil }
        switch bytes[at] {
        case UInt8(ascii: "/"): return name().map { .name($0) }
        case UInt8(ascii: "("): return text()
        case UInt8(ascii: "["):
            at += 1
            var all = [PDFObject]()
            while !take("]") {
                guard let one = object(depth + 1) else { return nil }
                all.append(one)
            }
            return .array(all)
        case UInt8(ascii: "<"):
            guard take("<<") else { return hexadecimal() }
            var entries = [String: PDFObject]()
            while !take(">>") {
                guard case .name(let key)? = object(depth + 1), let value = object(depth + 1) else { return nil }
                entries[key] = value
            }
            return .dictionary(entries)
        default: return word()
        }
    }

    private mutating func token() -> String {
        let start = at
        while at < bytes.count, !PDFScanner.isBlank(bytes[at]), !PDFScanner.isDelimiter(bytes[at]) { at += 1 }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }

    /// `#20` stands for a byte.
    private mutating func name() -> String? {
        at += 1
        var out = [UInt8](), rest = Array(token().utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "#"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else {
                out.append(byte)
                continue
            }
            out.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: out, as: UTF8.self)
    }

    private mutating func text() -> PDFObject? {
        var depth = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\\"): at += 1
            case UInt8(ascii: "("): depth += 1
            case UInt8(ascii: ")"): depth -= 1
            default: break
            }
            at += 1
            if depth == 0 { return .other }
        }
        return nil
    }

    private mutating func hexadecimal() -> PDFObject? {
        while at < bytes.count {
            at += 1
            if bytes[at - 1] == UInt8(ascii: ">") { return .other }
        }
        return nil
    }

    /// No place, count or number of a true file is beyond (10 digits at most, section 7.5.4), and a few of them can be
    /// added up without looking.
    private static let mostNumber = 1 << 40

    /// A number, a reference (`12 0 R`), or a word.
    private mutating func word() -> PDFObject? {
        let word = token()
        if word.isEmpty { return nil }
        guard let number = Int(word) else {
            switch word {
            case "null": return .null
            case "true", "false": return .other
            case "endobj", "endstream", "obj", "R": return nil
            default: return Double(word) == nil ? nil : .other
            }
        }
        guard (-PDFScanner.mostNumber...PDFScanner.mostNumber).contains(number) else { return .other }
        let after = at
        skip()
        if number >= 0, at < bytes.count, Int(token()) != nil {
            skip()
            if token() == "R" { return .reference(number) }
        }
        at = after
        return .number(number)
    }
}

/// A zlib stream at the beginning of these bytes and how many of them it is; nil when it is none, is cut, or unpacks to
/// more than `most`. A slice, for the rest of the file is not copied for each of its objects.
private func inflated(_ bytes: ArraySlice<UInt8>, most: Int) -> (data: [UInt8], used: Int)? {
    var stream = z_stream()
    guard paillasse_inflate_init(&stream) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var out = [UInt8](), room = [UInt8](repeating: 0, count: 1 << 16)
    return bytes.withUnsafeBufferPointer { input in
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.avail_in = UInt32(input.count)
        while true {
            let (code, count) = room.withUnsafeMutableBufferPointer { room in
                stream.next_out = room.baseAddress
                stream.avail_out = UInt32(room.count)
                let code = inflate(&stream, Z_NO_FLUSH)
                return (code, room.count - Int(stream.avail_out))
            }
            out += room[..<count]
            if code == Z_STREAM_END { return (out, input.count - Int(stream.avail_in)) }
            if code != Z_OK || out.count > most { return nil }
        }
    }
}
