/// A key as the keyboard means it.
package enum Key: Sendable, Hashable {
    case character(Character)
    case control(Character)
    case alt(Character)
    case function(Int)
    case enter, tab, backTab, escape, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown

    /// `j`, `ctrl-r`, `alt-x`, `f2`, `haut`, `esc`…: as keymaps and help write it.
    package var name: String {
        switch self {
        case .character(" "): "espace"
        case .character(let c): String(c)
        case .control(let c): "ctrl-\(c)"
        case .alt(let c): "alt-\(c)"
        case .function(let n): "f\(n)"
        case .enter, .tab, .backTab, .escape, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end,
            .pageUp, .pageDown:
            Key.names[self] ?? ""
        }
    }

    /// As the keyboard of that language has it printed.
    package func name(in language: Language) -> String {
        switch language {
        case .french: name
        case .english: self == .character(" ") ? "space" : Key.english[self] ?? name
        }
    }

    package init?(name: String) {
        if name == "espace" || name == "space" {
            self = .character(" ")
        } else if let named = Key.names.first(where: { $0.value == name })?.key
            ?? Key.english.first(where: { $0.value == name })?.key
        {
            self = named
        } else if name.count == 1, let only = name.first {
            self = .character(only)
        } else if name.hasPrefix("ctrl-"), name.count == 6, let last = name.last {
            self = .control(last)
        } else if name.hasPrefix("alt-"), name.count == 5, let last = name.last {
            self = .alt(last)
        } else if name.first == "f", let number = Int(name.dropFirst()), (1...24).contains(number) {
            self = .function(number)
        } else {
            return nil
        }
    }

    private static let names: [Key: String] = [
        .enter: "entrée", .tab: "tab", .backTab: "maj-tab", .escape: "échap", .backspace: "retour",
        .delete: "suppr", .insert: "inser", .up: "haut", .down: "bas", .left: "gauche", .right: "droite",
        .home: "début", .end: "fin", .pageUp: "page-haut", .pageDown: "page-bas",
    ]
    private static let english: [Key: String] = [
        .enter: "enter", .tab: "tab", .backTab: "shift-tab", .escape: "esc", .backspace: "backspace",
        .delete: "delete", .insert: "insert", .up: "up", .down: "down", .left: "left", .right: "right",
        .home: "home", .end: "end", .pageUp: "page-up", .pageDown: "page-down",
    ]
}

/// What came from the terminal.
package enum Input: Sendable, Hashable {
    case key(Key)
    /// A scanner read this. `typed`: how many of its characters came out as keys before it was known for a scan.
    case scan(String, typed: Int)
    case paste(String)
    /// Button down, from 0.
    case click(row: Int, column: Int)
}
