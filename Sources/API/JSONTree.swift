package import Base
import Foundation

/// A JSON text as a tree (RFC 8259), before anybody asked for a type.
enum JSONTree: Sendable, Hashable, Decodable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    init(from decoder: any Decoder) throws {
        if let keyed = try? decoder.container(keyedBy: AnyKey.self) {
            var members = [String: JSONTree]()
            for key in keyed.allKeys { members[key.stringValue] = try keyed.decode(JSONTree.self, forKey: key) }
            self = .object(members)
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var elements = [JSONTree]()
            while !list.isAtEnd { elements.append(try list.decode(JSONTree.self)) }
            self = .array(elements)
            return
        }
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .null
        } else if let text = try? single.decode(String.self) {
            self = .string(text)
        } else if let truth = try? single.decode(Bool.self) {
            self = .bool(truth)
        } else if let integer = try? single.decode(Int64.self) {
            self = .integer(integer)
        } else {
            self = .number(try single.decode(Double.self))
        }
    }

    /// In French, for a refusal.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "un booléen"
        case .integer, .number: "un nombre"
        case .string: "un texte"
        case .array: "une liste"
        case .object: "un objet"
        }
    }
}

struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int?
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// Decodes JSON and refuses what the type does not know: an unknown key, a missing one, a wrong kind, each by its path
/// (`traits.birthDate`, `codes[2]`).
package enum StrictJSON {
    /// `what` names the text in refusals: « le corps », « la configuration ».
    package static func decode<T: Decodable>(
        _ type: T.Type, from bytes: [UInt8], what: String = "le corps", json5: Bool = false
    ) throws(Refusal) -> T {
        guard !bytes.isEmpty else {
            throw Refusal("body.empty", because: "\(what) est vide", remedy: "envoyer un objet JSON")
        }
        // JSONDecoder of Swift 6.3.1 traps on an unquoted key that is not UTF-8.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Refusal(
                "body.encoding", because: "\(what) n'est pas en UTF-8", remedy: "l'envoyer ou l'enregistrer en UTF-8")
        }
        let parser = JSONDecoder()
        parser.allowsJSON5 = json5
        let tree: JSONTree
        do { tree = try parser.decode(JSONTree.self, from: Data(bytes)) } catch {
            throw Refusal(
                "body.json", because: "\(what) n'est pas du JSON lisible",
                remedy: "vérifier guillemets, virgules et UTF-8")
        }
        do { return try TreeDecoder(tree: tree, path: []).whole(T.self) } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(
                "body.value", because: "\(what) contient une valeur impossible",
                remedy: "comparer avec la documentation")
        }
    }
}

/// The path to a value, as people write it.
private func place(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
        if let index = key.intValue {
            text += "[\(index)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key.stringValue
        }
    }
    return text
}

/// The words that an enumeration accepts, when it is one.
private func accepted<T>(_ type: T.Type) -> [String] {
    func words<C: CaseIterable>(_ cases: C.Type) -> [String] {
        cases.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
    }
    guard let cases = type as? any CaseIterable.Type else { return [] }
    return words(cases)
}

private struct IndexKey: CodingKey {
    var intValue: Int?
    var stringValue: String { String(intValue ?? 0) }
    init(_ index: Int) { intValue = index }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
}

struct TreeDecoder: Decoder, SingleValueDecodingContainer {
    let tree: JSONTree
    let path: [any CodingKey]
    var codingPath: [any CodingKey] { path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Decodes and gives every failure its path.
    func whole<T: Decodable>(_ type: T.Type) throws -> T {
        do { return try T(from: self) } catch var refusal as Refusal {
            if refusal.place.isEmpty { refusal.place = place(path) }
            throw refusal
        } catch is DecodingError {
            let words = accepted(type)
            throw Refusal(
                "body.value", at: place(path), because: "valeur impossible",
                remedy: words.isEmpty ? "corriger la valeur" : "écrire " + words.joined(separator: ", "))
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let members) = tree else { throw wrong("un objet") }
        for name in members.keys.sorted() where Key(stringValue: name) == nil {
            throw Refusal(
                "body.key", at: place(path + [AnyKey(stringValue: name)]), because: "clé inconnue « \(name) »",
                remedy: "la retirer, ou corriger son nom")
        }
        return KeyedDecodingContainer(KeyedTree(members: members, path: path))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let elements) = tree else { throw wrong("une liste") }
        return ListTree(elements: elements, path: path)
    }
    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    func wrong(_ wanted: String) -> Refusal {
        Refusal(
            "body.type", at: place(path), because: "\(tree.kind) à la place de \(wanted)", remedy: "écrire \(wanted)")
    }

    func decodeNil() -> Bool { tree == .null }
    func decode(_ type: Bool.Type) throws -> Bool {
        guard case .bool(let value) = tree else { throw wrong("un booléen (true, false)") }
        return value
    }
    func decode(_ type: String.Type) throws -> String {
        guard case .string(let value) = tree else { throw wrong("un texte entre guillemets") }
        return value
    }
    func decode(_ type: Double.Type) throws -> Double {
        switch tree {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        case .null, .bool, .string, .array, .object: throw wrong("un nombre")
        }
    }
    func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
    private func integer<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
        guard case .integer(let value) = tree, let exact = I(exactly: value) else { throw wrong("un nombre entier") }
        return exact
    }
    func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try whole(type) }
}

private struct KeyedTree<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let members: [String: JSONTree]
    let path: [any CodingKey]
    var codingPath: [any CodingKey] { path }
    var allKeys: [Key] { members.keys.sorted().compactMap { Key(stringValue: $0) } }

    func contains(_ key: Key) -> Bool { members[key.stringValue] != nil }
    func decodeNil(forKey key: Key) throws -> Bool { members[key.stringValue] == .null }

    private func member(_ key: Key) throws -> TreeDecoder {
        guard let tree = members[key.stringValue] else {
            throw Refusal(
                "body.missing", at: place(path + [key]), because: "la clé « \(key.stringValue) » manque",
                remedy: "l'ajouter")
        }
        return TreeDecoder(tree: tree, path: path + [key])
    }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try member(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try member(key).decode(type) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try member(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try member(key).decode(type) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try member(key).decode(type) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try member(key).decode(type) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try member(key).decode(type) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try member(key).decode(type) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try member(key).decode(type) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try member(key).decode(type) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try member(key).decode(type) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try member(key).decode(type) }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try member(key).whole(type) }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { TreeDecoder(tree: .object(members), path: path) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

private struct ListTree: UnkeyedDecodingContainer {
    let elements: [JSONTree]
    let path: [any CodingKey]
    var currentIndex = 0
    var codingPath: [any CodingKey] { path }
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(elements: [JSONTree], path: [any CodingKey]) {
        self.elements = elements
        self.path = path
    }

    private mutating func next() throws -> TreeDecoder {
        guard currentIndex < elements.count else {
            throw Refusal(
                "body.missing", at: place(path), because: "la liste est trop courte", remedy: "compléter la liste")
        }
        defer { currentIndex += 1 }
        return TreeDecoder(tree: elements[currentIndex], path: path + [IndexKey(currentIndex)])
    }
    mutating func decodeNil() throws -> Bool {
        guard currentIndex < elements.count, elements[currentIndex] == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode(_ type: Bool.Type) throws -> Bool { try next().decode(type) }
    mutating func decode(_ type: String.Type) throws -> String { try next().decode(type) }
    mutating func decode(_ type: Double.Type) throws -> Double { try next().decode(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try next().decode(type) }
    mutating func decode(_ type: Int.Type) throws -> Int { try next().decode(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try next().decode(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try next().decode(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try next().decode(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try next().decode(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try next().decode(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try next().decode(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try next().decode(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try next().decode(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try next().decode(type) }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().whole(type) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}
