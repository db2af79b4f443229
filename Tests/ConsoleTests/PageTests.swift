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
        let lesson = Practice(Manner(), width: 80, height: 24, at: Morning.now)
        let plain = spoken(["8", "p", "e", "2", ""])
        let map = Keymap()
        let words = Texts(.french)
        var card = "| touche | ce qu'elle fait |\n|---|---|\n"
        for action in Action.allCases {
            let keys = (map.keys[action] ?? []).map { "`\($0.name)`" }.joined(separator: " ")
            card += "| \(keys) | \(words[Workbench.word(of: action)]) |\n"
        }
        card += "| `0`…`9` `<` `>` `,` `.` (volet 3) | \(words[.helpEntry]) |\n"
        let commands = Workbench.Command.allCases.map { "- " + words[$0.word] }.joined(separator: "\n")
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
            rien ne le retient, `!!` urgent, `✖` contrôle rejeté, `⧗` contrôle échu, `?` analyse sans contrôle connu,
            `⟲` repassé, `⇡` saisi et pas encore au serveur. Ce qui est critique vient d'abord, puis l'urgent ; une
            liste trop longue pour un écran dit ce qu'elle montre et combien il y en a (« 2000 sur 5210 »). `s` ne
            garde qu'une discipline, que la première ligne nomme, `o` trie par une colonne ; les comptes de gauche
            restent ceux de tout. Des bornes précédées de `seuil` sont une valeur décisionnelle, de `cible` une zone
            thérapeutique : ni l'une ni l'autre ne dit ce qui est normal. La couleur ne dit jamais rien seule :
            `--theme mono`, `NO_COLOR` et `--ascii` montrent la même chose.

            Une valeur d'alerte ouvre l'appel du technicien, qui le clôt en le notant à temps (`a`) ; le délai passé, ou
            l'appel transmis, il revient au biologiste. Deux passages d'une analyse sur un tube sont un seul appel, avec
            les deux valeurs.

            Un examen réflexe qu'une règle propose (TSH hors de son intervalle : T4 libre) attend dans `Réflexes`, avec
            son pourquoi ; `F` l'ajoute à la demande ou le refuse, avec un motif, après avoir vu ce qui reste dans le
            tube. Ce que personne n'a décidé, le biologiste le voit avant de signer.

            ## Pourquoi un résultat est retenu

            `p` le dit, avec ce qu'il faut faire :

            ```
            \(why.text)
            ```

            ## Saisir

            Aller au volet 3 (`tab`), taper le chiffre : la cellule s'ouvre. Sur une cellule déjà remplie, `entrée` ou
            `i` l'ouvrent choisie : ce que l'on tape prend sa place, `f2` et les flèches vont dedans. `entrée`
            enregistre et descend, `,` et `.` sont la décimale, `.n` normal (où la réponse est en mots), `.r` rendu par
            ailleurs, `..` le dernier commentaire codé, à côté de la valeur. Ce qui n'est pas un nombre (`1e2`
            non plus) est refusé dans la cellule, en mots. `échap` et les flèches
            gardent un brouillon, montré à côté de la valeur qui vaut : il revient après une coupure, un verrouillage
            ou une panne. Une valeur mesurée, ou d'un autre, ne cède qu'à `entrée` et aux trois derniers chiffres du
            tube. Tant que le volet 3 prend les chiffres, `alt-1` … `alt-4` changent de volet, comme leurs titres le
            disent.

            Un groupe sanguin et ses semblables se tapent deux fois, la seconde sans voir la première : le serveur tient
            la première un quart d'heure et compare. Sans la liaison, il ne s'en saisit pas.

            Si quelqu'un d'autre a écrit la même cellule entre-temps, les deux valeurs sont montrées et rien n'est
            écrasé : `g` garde la sienne, `m` met la mienne.

            `r` et `d` demandent un passage de plus : l'automate qui en reçoit l'ordre le reçoit, sinon c'est le travail
            d'une personne, et `t` dit qui l'a demandé, quand et pourquoi. `:mu 1,5` dit l'incertitude de mesure du
            résultat (1,5 % : celle de l'étalon).

            ## Sans la liaison, et sans personne devant l'écran

            Une coupure se lit sur l'avant-dernière ligne (`HORS LIGNE depuis …`) : ce qui est saisi est gardé,
            scellé, et part au retour ; tout autre geste est refusé et dit pourquoi. La clé des brouillons est au
            serveur, qui ne la donne qu'à la personne connectée ; ici elle n'est qu'en mémoire. Une copie du dossier
            des brouillons ne se lit donc pas : il y faudrait une connexion encore ouverte (`paillasse logout` la
            ferme), qui lirait aussi bien les dossiers. C'est la clé du compte et non de la connexion : les brouillons
            se rouvrent après une panne, un verrouillage, une coupure, une expiration ou un nouveau secret. `ctrl-l`
            verrouille, même au milieu d'une saisie : il ne reste à l'écran rien d'un patient.

            ## Rejeter

            Un motif, puis les trois derniers chiffres du tube, jamais un simple « o » :

            ```
            \(reject.text)
            ```

            `z` reprend le dernier geste tant que le biologiste n'a pas signé, et dit lequel ; celui qui ne se reprend
            pas (un appel, un commentaire) est dit, rien d'autre n'est touché. Une touche refusée emporte les lettres
            qui la suivent sans pause : elles ne sont pas des commandes. En `--plain`, les lignes tapées d'avance
            derrière un refus ne sont pas faites, et chacune est dite.

            ## Lire une étiquette

            Une douchette tape plus vite qu'une personne : le tube lu s'ouvre, où que l'on soit, et ce qui était en
            cours de saisie reste en brouillon. Tapée lentement hors des cellules, elle entre dans la commande `:tube`,
            jamais dans un résultat. Un motif demandé est abandonné, et l'écran le dit : une étiquette ou une
            commande n'est jamais prise pour un motif. Ce qui est tapé après une étiquette attend son tube, même quand
            le réseau est lent, et n'est jamais écrit dans celui d'avant ; si le tube ne vient pas, l'écran dit que rien
            n'est pris. Rien ne s'écrit alors dans le tube resté là avant `échap`, en `--plain` non plus.

            ## Les touches

            \(card)
            `paillasse worklist --card` écrit ces touches sur une page, à imprimer et à poser à côté de l'écran.

            Un fichier `touches` à côté des jetons (`~/.config/paillasse/touches`) les change, une ligne chacune :
            `valider = f9 w`. `profil = azerty` (ou `--azerty`) donne les chiffres sans Maj.

            ## Apprendre

            `:tutoriel` ouvre une leçon dans le même écran, sur un laboratoire inventé : rien n'est lu ni écrit dans
            le vrai. La ligne du bas dit ce qu'il y a à faire et attend que ce soit fait :

            ```
            \(lesson.draw().text)
            ```

            Les astuces de la dernière ligne disparaissent chacune après trois usages. En `--plain`, la leçon se dit
            ligne par ligne.

            Rien ici ne dit que cet écran va plus vite que le papier ou la souris : la littérature dit souvent le
            contraire. La fin de la leçon donne un temps et un nombre de refus ; pour conclure, il faut les mêmes cent
            résultats saisis des deux façons.

            ## Sans écran

            `paillasse worklist --plain` fait le même travail ligne par ligne : rien n'est redessiné, ni couleur ni
            déplacement de curseur, une ligne par événement, pour un lecteur d'écran, une plage braille ou un tuyau.
            Chaque action s'y fait par sa lettre, son nom ou son numéro dans `x` :

            ```
            \(plain)
            ```

            ## Les commandes

            \(commands)

            """
    }

    /// A dialogue of the plain mode, with what was typed.
    private func spoken(_ lines: [String]) -> String {
        var server = SmallServer()
        var plain = Plain(manner: Manner(), at: Morning.now)
        var out = [String]()
        func settle(_ first: [Effect]) {
            var effects = first
            while !effects.isEmpty {
                for event in server.answer(effects.removeFirst()) {
                    let answer = plain.receive(event, at: Morning.now)
                    out += answer.lines
                    effects += answer.effects
                }
            }
        }
        for event: Event in [
            .who(person: "Tanguy Morvan", login: "tanguy", site: "BREST", Morning.technician), .online,
        ] {
            settle(plain.receive(event, at: Morning.now).effects)
        }
        out = plain.greeting
        for line in lines {
            out.append(plain.prompt + line)
            let answer = plain.typed(line, at: Morning.now)
            out += answer.lines
            settle(answer.effects)
        }
        return out.flatMap { CellWidth.fold($0, 100) }.joined(separator: "\n")
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
