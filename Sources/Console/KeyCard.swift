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
        let columns = width / 2 - 1
        let rows = (entries.count + 1) / 2
        var out = ["paillasse worklist · " + words[.cardTitle], ""]
        for row in 0..<rows {
            let right = row + rows < entries.count ? CellWidth.fit(entries[row + rows], columns, pad: false) : ""
            out.append(CellWidth.fit(entries[row], columns) + "  " + right)
        }
        let codes = [(".n", Word.codeNormal), (".r", .codeElsewhere), ("..", .codeAgain)]
        out.append("")
        out += CellWidth.fold(
            words[.cardCodes] + " : " + codes.map { $0.0 + " " + words[$0.1] }.joined(separator: " · "), width)
        out += CellWidth.fold(words[.helpScan], width)
        out.append("")
        for command in Workbench.Command.allCases { out.append("  " + words[command.word]) }
        let signs = manner.signs
        return out.map { line in
            var line = signs.text(line)
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
