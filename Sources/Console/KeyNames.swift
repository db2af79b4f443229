import Base

extension Key {
    /// As help and hints write it in that language; ``name`` is what a file of keys writes, whatever the language.
    package func name(_ language: Language) -> String {
        switch language {
        case .french: return name
        case .english: return Key.englishNames[self] ?? name
        }
    }

    private static let englishNames: [Key: String] = [
        .character(" "): "space", .enter: "enter", .backTab: "shift-tab", .escape: "esc", .backspace: "backspace",
        .delete: "del", .insert: "ins", .up: "up", .down: "down", .left: "left", .right: "right", .home: "home",
        .end: "end", .pageUp: "page-up", .pageDown: "page-down",
    ]

    /// The key of a file of keys. Refuses an unknown name (`keys.key`).
    init(named name: String, at place: String) throws(Refusal) {
        guard let key = Key(name: name) else {
            throw Refusal(
                "keys.key", at: place, because: "touche inconnue « \(name) »",
                remedy: "écrire une lettre, f2, ctrl-r, entrée, haut…")
        }
        self = key
    }
}
