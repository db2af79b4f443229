package import HL7v2

/// What an acknowledgement says of why a message was not taken.
package struct RefusedMessage: Sendable, Equatable {
    /// All of it, for who may read the file: the peer's own words may name the patient.
    package let words: String
    /// For the log: codes and places only.
    package let codes: String

    package init(_ answer: Acknowledgement) {
        let isTold = answer.problems.isEmpty ? answer.text : ""
        words = ([answer.code.rawValue] + answer.problems.map(\.words) + [isTold]).filter { !$0.isEmpty }
            .joined(separator: " ; ")
        codes = ([answer.code.rawValue] + answer.problems.map(\.codes)).joined(separator: " ")
    }
}

extension Acknowledgement.Problem {
    /// `101 champ obligatoire absent (Required field missing), en PID-3.1 ; DMPClosed DMP fermé ; …`
    fileprivate var words: String {
        let french = Self.french[code]
        let own = label.isEmpty ? nil : french == nil ? label : "(\(label))"
        let named = [code, french, own].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " ")
        var parts = [named + (location.isEmpty ? "" : ", en \(location)"), detail.joined(separator: " ")]
        // The same words stand in two fields of many a PFI.
        for text in [userMessage, diagnostic] where !parts.contains(text) { parts.append(text) }
        return parts.filter { !$0.isEmpty }.joined(separator: " ; ")
    }

    /// What stands beside the code of a business acknowledgement: `en PID-3.1 ; le DMP est fermé depuis hier`
    func beside(_ label: String) -> String {
        var parts = [location.isEmpty ? "" : "en \(location)"]
        for text in [userMessage, diagnostic] where text != label && !parts.contains(text) { parts.append(text) }
        return parts.filter { !$0.isEmpty }.joined(separator: " ; ")
    }

    /// `101 PID-3.1 DMPClosed`
    fileprivate var codes: String {
        [Self.code(code), location, Self.code(detail.first ?? "")].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// ERR-2 as people write it: `PID-3`, `PID-3(2).1`, `OBX[4]-5`; only what can be a place is one.
    private var location: String {
        guard let segment = place.first, segment.utf8.count == 3, segment.allSatisfy({ $0.isLetter || $0.isNumber })
        else { return "" }
        let numbers = place.dropFirst().map { Int($0) }
        func number(_ n: Int) -> Int? { numbers.indices.contains(n) ? numbers[n] : nil }
        var text = segment
        if let rank = number(0), rank > 1 { text += "[\(rank)]" }
        guard let field = number(1) else { return text }
        text += "-\(field)"
        if let repetition = number(2), repetition > 1 { text += "(\(repetition))" }
        return text + [3, 4].compactMap { number($0).map { ".\($0)" } }.joined()
    }

    /// A code and no sentence.
    private static func code(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
                true
            case _: false
            }
        }
        // A number of a person is longer.
        return isWord && text.utf8.count <= 24 && text.count(where: \.isNumber) <= 4 ? text : ""
    }

    /// Table 0357.
    private static let french = [
        "0": "message accepté", "100": "ordre des segments", "101": "champ obligatoire absent",
        "102": "genre de donnée faux", "103": "valeur hors table", "198": "nombre d'occurrences faux",
        "199": "autre erreur", "200": "type de message non admis", "201": "événement non admis",
        "202": "mode (MSH-11) non admis", "203": "version non admise", "204": "identifiant inconnu",
        "205": "identifiant déjà connu", "206": "enregistrement verrouillé", "207": "erreur de l'application",
    ]
}
