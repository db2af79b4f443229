import Base

/// The keys on one page, to print and to put beside the screen: this person's own, in two columns.
package enum KeyCard {
    package static let width = 80
    /// Lines of a printed page.
    package static let lines = 60

    package static func page(_ manner: Manner) -> [String] {
        let words = Texts(manner.language)
        var entries = Action.allCases.compactMap { action -> String? in
            let names = manner.names(action).joined(separator: " ")
            return names.isEmpty ? nil : CellWidth.fit(names, 11) + " " + words[Workbench.word(of: action)]
        }
        entries.append(CellWidth.fit("0…9 < > , .", 11) + " " + words[.actionEnter])
        var out = ["paillasse worklist · " + words[.cardTitle], ""] + columns(entries)
        let codes = [(".n", Word.codeNormal), (".r", .codeElsewhere), ("..", .codeAgain)]
        out.append("")
        out += CellWidth.fold(
            words[.cardCodes] + " : " + codes.map { $0.0 + " " + words[$0.1] }.joined(separator: " · "), width)
        out += CellWidth.fold(words[.helpScan], width)
        out.append("")
        for command in Workbench.Command.allCases { out.append("  " + words[command.word]) }
        return printed(out, manner)
    }

    /// … and those of the biologist's screen, each with its words whole.
    package static func signPage(_ manner: Manner) -> [String] {
        let entries = SignAction.allCases.compactMap { action -> String? in
            let names = (manner.keymap.sign.keys[action] ?? []).map { $0.name(in: manner.language) }
            return names.isEmpty
                ? nil : CellWidth.fit(names.joined(separator: " "), 18) + " " + manner.language[action.word]
        }
        let title = "paillasse bio · " + manner.language[.cardTitle]
        return printed([title, ""] + entries, manner)
    }

    private static func columns(_ entries: [String]) -> [String] {
        let columns = width / 2 - 1
        let rows = (entries.count + 1) / 2
        return (0..<rows).map { row in
            let right = row + rows < entries.count ? CellWidth.fit(entries[row + rows], columns, pad: false) : ""
            return CellWidth.fit(entries[row], columns) + "  " + right
        }
    }
    private static func printed(_ lines: [String], _ manner: Manner) -> [String] {
        lines.map { line in
            var line = manner.signs.text(line)
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
