package import Base
import FoundationEssentials

/// A JSON5 value before anything is known of its meaning. Numbers are whole: a decimal is
/// written as text, so that it stays exact.
package enum JSONNode: Decodable, Sendable, Equatable {
    case null
    case flag(Bool)
    case whole(Int)
    /// A number that is no whole one; always refused, with this reason.
    case fraction
    case text(String)
    case list([JSONNode])
    case object([String: JSONNode])

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let whole = try? value.decode(Int.self) {
            self = .whole(whole)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([JSONNode].self) {
            self = .list(list)
        } else if let object = try? value.decode([String: JSONNode].self) {
            self = .object(object)
        } else {
            self = .fraction
        }
    }

    /// Reads JSON5 text: comments, unquoted keys and trailing commas are allowed.
    package init(json5 bytes: [UInt8], at place: String) throws(Refusal) {
        // FoundationEssentials of Swift 6.3.1 traps on an unquoted key that is not UTF-8.
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw Refusal(
                "json5.encoding", at: place, because: "ce fichier n'est pas en UTF-8",
                remedy: "l'enregistrer en UTF-8")
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        do {
            self = try decoder.decode(JSONNode.self, from: Data(bytes))
        } catch {
            if let fault = JSON5Locator.fault(in: bytes) {
                throw Refusal(
                    "json5.syntax", at: "\(place):\(fault.line):\(fault.column)",
                    because: "ce fichier n'est pas du JSON5 : ici est attendu \(fault.wanted)",
                    remedy: "corriger à cet endroit, ou juste avant")
            }
            throw Refusal(
                "json5.syntax", at: place, because: "ce fichier n'est pas du JSON5 : \(JSONNode.words(error))",
                remedy: "corriger la syntaxe à l'endroit indiqué")
        }
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .dataCorrupted(let context):
            let detail = context.underlyingError.map { " (\($0))" } ?? ""
            return context.debugDescription + detail
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context):
            return context.debugDescription
        @unknown default: return "\(error)"
        }
    }

    /// For messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .flag: "un booléen"
        case .whole: "un nombre"
        case .fraction: "un nombre à virgule (à écrire entre guillemets)"
        case .text: "un texte"
        case .list: "une liste"
        case .object: "un objet"
        }
    }
}
