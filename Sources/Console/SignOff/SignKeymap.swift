import Base

/// Which key asks for what on the biologist's screens: lines `bio.action = key key` of the same file as the worklist's.
package struct SignKeymap: Sendable, Equatable {
    /// What its lines of the file begin with.
    static let prefix = "bio."

    package private(set) var keys: [SignAction: [Key]]
    private var actions: [Key: SignAction] = [:]

    package init() {
        keys = Dictionary(uniqueKeysWithValues: SignAction.allCases.map { ($0, $0.usualKeys) })
        index()
    }

    private mutating func index() {
        actions = [:]
        for action in SignAction.allCases { for key in keys[action] ?? [] { actions[key] = action } }
    }

    /// One line of the file, in words: `bio.signer`, `=`, keys. Refusals: `keys.line`, `keys.key`, `keys.digit`,
    /// `keys.menu`.
    mutating func take(_ words: [String], at place: String) throws(Refusal) {
        guard words.count >= 3, words[1] == "=", words[0].hasPrefix(SignKeymap.prefix),
            let action = SignAction(rawValue: String(words[0].dropFirst(SignKeymap.prefix.count)))
        else {
            throw Refusal(
                "keys.line", at: place, because: "cette ligne n'est pas « bio.action = touche touche »",
                remedy: "actions connues : " + SignAction.allCases.map { "bio." + $0.rawValue }.joined(separator: ", "))
        }
        var given = [Key]()
        for name in words.dropFirst(2) {
            let key = try Key(named: name, at: place)
            if case .character(let c) = key, c.isNumber {
                throw Refusal(
                    "keys.digit", at: place, because: "un chiffre n'est pas une touche de cet écran",
                    remedy: "en choisir une autre : un code de signature tapé trop tard deviendrait des ordres")
            }
            given.append(key)
        }
        // Another action loses a key that is given away.
        for other in SignAction.allCases where other != action { keys[other]?.removeAll { given.contains($0) } }
        keys[action] = given
        index()
        for needed in [SignAction.menu, .back, .open, .quit] where keys[needed]?.isEmpty ?? true {
            throw Refusal(
                "keys.menu", at: place, because: "« bio.\(needed.rawValue) » n'a plus de touche",
                remedy: "lui en donner une autre d'abord, dans une ligne au-dessus")
        }
    }

    package subscript(key: Key) -> SignAction? { actions[key] }
}

extension SignBench {
    /// The first key of an action, as hints write it.
    package func key(_ action: SignAction) -> String {
        (manner.keymap.sign.keys[action]?.first).map { name($0) } ?? "–"
    }
    func name(_ key: Key) -> String { key.name(manner.language) }
}
