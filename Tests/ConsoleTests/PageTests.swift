import Base
import Console
import Foundation
import Testing

/// The technician's page and the key card are made from the keymap and the screens: they are never of yesterday.
/// `PAILLASSE_GOLDEN=write` writes the page anew.
@Suite struct `The technician's page` {
    static let url = `Golden screens`.folder.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/TERMINAL.md")

    private var page: String {
        let bench = Morning.bench(width: 100, height: 28)
        var why = Morning.bench()
        why.type(.tab, .down)
        why.type("p")
        var reject = Morning.bench()
        reject.type(.tab)
        reject.type("X")
        let map = Keymap()
        let words = Texts(.french)
        var card = "| touche | ce qu'elle fait |\n|---|---|\n"
        for action in Action.allCases {
            let keys = (map.keys[action] ?? []).map { "`\($0.name)`" }.joined(separator: " ")
            card += "| \(keys) | \(words[Workbench.word(of: action)]) |\n"
        }
        card += "| `0`…`9` `<` `>` `,` `.` (volet 3) | \(words[.helpEntry]) |\n"
        let commands = Workbench.commands.map { "- " + words[$0.word] }.joined(separator: "\n")
        return """
            # L'écran du technicien

            `paillasse worklist` dans un terminal de 80 × 24 à 200 × 60. `Simulators/bench-terminal` l'ouvre sur un
            laboratoire de démonstration. `?` montre les touches, `x` tout ce qui est possible sur la ligne : rien
            d'autre n'est à retenir. La première ligne ne cache jamais le contrôle de qualité (`CQ`) ni le triage
            (`TRI`).

            ```
            \(bench.text)
            ```

            Les signes : `▲H` `▼L` hors intervalle, `‼CRIT` critique, `▣ RETENU` retenu avec ses raisons, `✓ PROP`
            rien ne le retient, `!!` urgent, `✖` contrôle rejeté, `⧗` contrôle échu, `⟲` repassé, `⇡` saisi et pas
            encore au serveur. La couleur ne dit jamais rien seule : `--theme mono`, `NO_COLOR` et `--ascii` montrent
            la même chose.

            ## Pourquoi un résultat est retenu

            `p` le dit, avec ce qu'il faut faire :

            ```
            \(why.text)
            ```

            ## Saisir

            Aller au volet 3 (`tab`), taper le chiffre : la cellule s'ouvre. `entrée` enregistre et descend, `,` et
            `.` sont la décimale, `.n` normal, `.r` rendu par ailleurs, `..` comme la dernière saisie. Ce qui n'est
            pas un nombre est refusé dans la cellule, en mots. `échap` garde un brouillon : il revient après une
            coupure, un verrouillage ou une panne. Si quelqu'un d'autre a écrit la même cellule entre-temps, les deux
            valeurs sont montrées et rien n'est écrasé.

            ## Rejeter

            Un motif, puis les trois derniers chiffres du tube, jamais un simple « o » :

            ```
            \(reject.text)
            ```

            `z` reprend le dernier geste tant que le biologiste n'a pas signé.

            ## Lire une étiquette

            Une douchette tape plus vite qu'une personne : le tube lu s'ouvre, où que l'on soit, et ce qui était en
            cours de saisie reste en brouillon.

            ## Les touches

            \(card)
            Un fichier `touches` à côté des jetons (`~/.config/paillasse/touches`) les change, une ligne chacune :
            `valider = f9 w`. `profil = azerty` (ou `--azerty`) donne les chiffres sans Maj.

            ## Les commandes

            \(commands)

            """
    }

    @Test func `shows the keys and the screens as they are`() throws {
        let text = page.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["PAILLASSE_GOLDEN"] == "write" {
            try Data(text.utf8).write(to: Self.url)
        }
        #expect(try String(contentsOf: Self.url, encoding: .utf8) == text)
    }
}
