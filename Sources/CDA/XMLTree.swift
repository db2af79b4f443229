import Base

/// An element of an XML document: local names only, since the documents of this room use two vocabularies whose names
/// do not meet.
struct XMLElement: Sendable, Equatable {
    var name: String
    var attributes: [String: String] = [:]
    var children: [XMLNode] = []

    subscript(_ attribute: String) -> String? { attributes[attribute] }

    var elements: [XMLElement] {
        children.compactMap { if case .element(let element) = $0 { element } else { nil } }
    }
    func all(_ name: String) -> [XMLElement] { elements.filter { $0.name == name } }
    func first(_ path: String...) -> XMLElement? {
        var here: XMLElement? = self
        for name in path { here = here?.elements.first { $0.name == name } }
        return here
    }
    /// The words of it, blanks run together; `br` is a line feed.
    var words: String {
        lines.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .joined(separator: "\n").trimmingLineFeeds
    }
    private var lines: String {
        children.map { node in
            switch node {
            // A line feed of the file is a blank; only `br` ends a line.
            case .text(let text): String(text.map { $0.isNewline ? " " : $0 })
            case .element(let element): element.name == "br" ? "\n" : element.lines
            }
        }.joined()
    }
    func has(template root: String) -> Bool { all("templateId").contains { $0["root"] == root } }
}

extension String {
    fileprivate var trimmingLineFeeds: String {
        let start = drop { $0 == "\n" }
        return String(
            start.prefix(start.lastIndex { $0 != "\n" }.map { start.distance(from: start.startIndex, to: $0) + 1 } ?? 0)
        )
    }
}

enum XMLNode: Sendable, Equatable {
    case element(XMLElement)
    case text(String)
}

/// Reads XML 1.0 in UTF-8, without a document type (so without entities of its own): what a CDA is allowed to be.
/// Nothing is fetched, nothing expands, depth and size are limited.
struct XMLReader {
    static let deepest = 64

    private let bytes: [UInt8]
    private var at = 0

    /// The root element. Refused with the byte where reading stopped.
    static func root(of bytes: [UInt8]) throws(Refusal) -> XMLElement {
        var reader = XMLReader(bytes: bytes)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.at = 3 }
        try reader.skipMisc()
        let root = try reader.element(depth: 1)
        try reader.skipMisc()
        guard reader.at == bytes.count else { throw reader.refusal("du texte suit l'élément racine") }
        return root
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func refusal(_ cause: String) -> Refusal {
        Refusal(
            "cda.xml", at: "octet \(at)", because: cause, remedy: "demander à l'émetteur un document XML bien formé")
    }

    private func starts(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { word in
            at + word.count <= bytes.count && (0..<word.count).allSatisfy { bytes[at + $0] == word[$0] }
        }
    }
    private mutating func skip(past text: StaticString) throws(Refusal) {
        while at < bytes.count {
            if starts(text) {
                at += text.utf8CodeUnitCount
                return
            }
            at += 1
        }
        throw refusal("balise non fermée")
    }
    private mutating func skipBlanks() {
        while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
    }

    /// Blanks, comments and processing instructions outside the root.
    private mutating func skipMisc() throws(Refusal) {
        while true {
            skipBlanks()
            if starts("<?") {
                try skip(past: "?>")
            } else if starts("<!--") {
                try skip(past: "-->")
            } else if starts("<!") {
                throw refusal("une déclaration de type n'est pas admise")
            } else {
                return
            }
        }
    }

    /// A name without its prefix.
    private mutating func name() throws(Refusal) -> String {
        let from = at
        while at < bytes.count, !XMLReader.endsName[Int(bytes[at])] { at += 1 }
        guard at > from else { throw refusal("un nom est attendu") }
        let whole = bytes[from..<at]
        let local = whole.lastIndex(of: 0x3A).map { whole[($0 + 1)...] } ?? whole
        return String(decoding: local, as: UTF8.self)
    }
    private static let endsName: [Bool] = (0..<256).map { " \t\r\n/>=<\"'".utf8.contains(UInt8($0)) }

    private mutating func element(depth: Int) throws(Refusal) -> XMLElement {
        guard starts("<"), depth <= XMLReader.deepest else { throw refusal("un élément est attendu") }
        at += 1
        var element = XMLElement(name: try name())
        while true {
            skipBlanks()
            if starts("/>") {
                at += 2
                return element
            }
            if starts(">") {
                at += 1
                break
            }
            let isNamespace = starts("xmlns")
            let key = try name()
            skipBlanks()
            guard starts("=") else { throw refusal("un attribut sans valeur") }
            at += 1
            skipBlanks()
            let value = try attributeValue()
            guard !isNamespace else { continue }
            guard element.attributes.updateValue(value, forKey: key) == nil else {
                throw refusal("un attribut donné deux fois")
            }
        }
        try content(of: &element, depth: depth)
        return element
    }

    private mutating func content(of element: inout XMLElement, depth: Int) throws(Refusal) {
        while at < bytes.count {
            if starts("</") {
                at += 2
                guard try name() == element.name else { throw refusal("balises croisées") }
                skipBlanks()
                guard starts(">") else { throw refusal("balise non fermée") }
                at += 1
                return
            }
            if starts("<!--") {
                try skip(past: "-->")
            } else if starts("<?") {
                try skip(past: "?>")
            } else if starts("<![CDATA[") {
                at += 9
                let from = at
                try skip(past: "]]>")
                element.children.append(.text(try text(bytes[from..<at - 3])))
            } else if bytes[at] == 0x3C {
                element.children.append(.element(try self.element(depth: depth + 1)))
            } else {
                let from = at
                while at < bytes.count, bytes[at] != 0x3C { at += 1 }
                element.children.append(.text(try unescaped(bytes[from..<at])))
            }
        }
        throw refusal("l'élément racine n'est pas fermé")
    }

    private mutating func attributeValue() throws(Refusal) -> String {
        guard at < bytes.count, bytes[at] == 0x22 || bytes[at] == 0x27 else { throw refusal("une valeur est attendue") }
        let quote = bytes[at]
        at += 1
        let from = at
        while at < bytes.count, bytes[at] != quote, bytes[at] != 0x3C { at += 1 }
        guard at < bytes.count, bytes[at] == quote else { throw refusal("valeur non fermée") }
        defer { at += 1 }
        return try unescaped(bytes[from..<at])
    }

    private func text(_ slice: ArraySlice<UInt8>) throws(Refusal) -> String {
        guard let text = String(validating: slice, as: UTF8.self) else { throw refusal("ce n'est pas de l'UTF-8") }
        return text
    }

    /// XML 1.0 sections 4.1 and 4.6: the five named entities and character references.
    private func unescaped(_ slice: ArraySlice<UInt8>) throws(Refusal) -> String {
        guard slice.contains(0x26) else { return try text(slice) }
        var out: [UInt8] = []
        var i = slice.startIndex
        while i < slice.endIndex {
            guard slice[i] == 0x26 else {
                out.append(slice[i])
                i += 1
                continue
            }
            guard let end = slice[i...].prefix(12).firstIndex(of: 0x3B),
                let scalar = XMLReader.scalar(try text(slice[(i + 1)..<end]))
            else { throw refusal("entité inconnue") }
            out += Array(String(Character(scalar)).utf8)
            i = end + 1
        }
        return try text(out[...])
    }

    private static func scalar(_ name: String) -> Unicode.Scalar? {
        switch name {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        case _ where name.hasPrefix("#x"): UInt32(name.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
        case _ where name.hasPrefix("#"): UInt32(name.dropFirst(1)).flatMap(Unicode.Scalar.init)
        case _: nil
        }
    }
}
