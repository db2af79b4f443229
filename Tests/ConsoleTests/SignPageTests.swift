import Base
import Console
import Foundation
import Laboratory
import Testing

/// The biologist's page and its key card are made from the actions and the screens, so that they are never of
/// yesterday. `PAILLASSE_GOLDEN=write` writes the page anew.
@Suite struct `The biologist's page` {
    static let url = `The technician's page`.url.deletingLastPathComponent().appendingPathComponent("BIOLOGIST.md")

    private var card: String {
        var card = "| touche | ce qu'elle fait | dans le fichier de touches |\n|---|---|---|\n"
        for action in SignAction.allCases {
            let keys = action.usualKeys.map { "`\($0.name)`" }.joined(separator: " ")
            card += "| \(keys) | \(Language.french[action.word]) | `bio.\(action.rawValue)` |\n"
        }
        return card
    }

    private var page: String {
        let queue = SignMorning.bench(width: 100, height: 16)
        var file = SignMorning.bench(width: 100, height: 28)
        file.type(.enter, .down)
        var code = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        code.type("s")
        code.type("241703")
        var lot = SignMorning.bench()
        lot.type("S")
        var amendment = SignMorning.bench(
            width: 100, height: 24, sheet: SignMorning.sheet(version: 2, isAmendment: true, isCritical: false))
        amendment.type("R")
        amendment.type("2")
        amendment.type(.enter, .enter)
        _ = amendment.receive(.versions(SignMorning.versions), at: amendment.now)
        return """
            # L'écran du biologiste

            `paillasse bio` dans un terminal de 80 × 24 à 200 × 60. `?` montre les touches, `x` tout ce qui est
            possible : rien d'autre n'est à retenir. La première ligne compte les dossiers : critiques (`CRIT`),
            retenus (`RET`), proposables (`PROP`), partiels (`PART`), et les contrôles rejetés (`CQ`).

            ```
            \(queue.text)
            ```

            Critiques d'abord, puis retenus, partiels, proposables ; urgents en tête, puis les plus graves (interdit,
            motif à donner, pour information), puis les plus anciens. Au-delà de 2000 dossiers, les critiques, les
            urgents et les plus anciens sont là, et le titre dit combien attendent (« 2000 sur 2345 »).

            ## Lire un dossier

            `entrée`. Le contexte, les résultats (`+` : neuf), la tendance des antérieurs (`·` non comparable, `▽` `△`
            censuré, `|` changement de méthode), puis les raisons par gravité, chacune avec sa touche, qui
            agit sur l'analyse nommée ; une fois le curseur mené ailleurs (`↓`), sur sa ligne, et la raison dit où aller
            (« sur K : X rejeter ») :

            ```
            \(file.text)
            ```

            ## Signer

            `s` dit ce qui est couvert et demande le code de signature (`paillasse account pin` le choisit) :

            ```
            \(code.text)
            ```

            Ce qui serait refusé (rien ne change, un caractère qu'aucune page ne montre…) est dit avant que le code ne
            soit tapé. Une question que personne n'a pu lire (la touche, le code et `entrée` d'un coup, sur une
            ligne lente) reste là : `entrée` se redonne.
            La signature porte sur l'empreinte montrée : si le dossier change entre-temps, rien n'est
            signé. « malgré » dit ce qu'elle passe outre. `e` laisse une analyse pour plus tard, et ce qui s'en
            calcule avec elle, puis la reprend ; `c` ajoute un commentaire codé, `C` un commentaire en mots : gardés
            scellés sur cette machine jusqu'à la signature, ils sont là à l'ouverture suivante. Un code faux se retape
            sur place, ici comme à la ligne de commande ; cinq de suite bloquent le code, et son titulaire en choisit
            un autre avec son secret. Pendant que le code est vérifié, une touche n'est ni prise ni gardée, et l'écran
            le dit.

            Un dossier commencé (analyse laissée, commentaire) se signe avec ce qui y est écrit, et n'entre dans aucun
            lot, ni ici, ni dans une autre fenêtre, ni à la ligne de commande. Ce qui change pendant la lecture est
            marqué `•` et dit en bas ; la touche qui suit le redit, et ne signe pas ce qui n'a pas été lu. Après une
            étiquette, les touches attendent son dossier.

            Un dossier signé revient, retenu, quand ce que la signature couvre change : identité (un doute qui vient
            après elle, ou qui s'en va : douteuse, fictive, homonyme), prescripteur, tube, résultat rejeté, commentaire,
            pièce jointe. La file et le dossier disent quoi, en mots ; `paillasse status` les compte, `paillasse report
            history` le dit sous l'histoire du compte rendu.
            Un résultat rendu que la revue d'un contrôle
            rejeté veut rectifier (`qc lookback`) revient dans la file (« à rectifier ») jusqu'à sa rectification, ou
            jusqu'à ce qu'il soit confirmé.

            ## Signer en lot

            `S` résume le lot, montre en entier des dossiers tirés au sort (5 sur cent, ou plus : `bio settings`), puis
            demande leur nombre et le code. Ce qui est critique, retenu, incomplet ou rectifié n'y entre jamais, ni une
            identité douteuse, fictive ou homonyme, dite sous le nom et avant le code ; ce qui arrive pendant la lecture
            attend le lot suivant. Pendant la lecture, chaque compte rendu est essayé : ce qui ne pourrait être signé
            est dit avant le code, sort du lot et reste dans la file. Sous une recherche (`/biochimie`), le lot est ce
            qu'elle montre, et le résumé dit combien d'autres attendent.

            ```
            \(lot.text)
            ```

            ## Rectifier

            Corriger d'abord le résultat ou l'identité ; `R` demande le motif, montre les deux versions, qui a reçu la
            première et ce que chacun recevra, puis demande le code :

            ```
            \(amendment.text)
            ```

            Une valeur qui franchit une limite ouvre un appel : le dossier reste compté parmi les critiques, signé,
            jusqu'à ce que quelqu'un soit prévenu (`a`). Un nom corrigé ramène les dossiers signés de ce patient ; ceux
            de plus de 90 jours viennent l'un après l'autre, sur une ligne. Ce qui est signé d'un tube retenu tout
            entier depuis (identité contredite, sang d'un autre, contamination) est « à rectifier » : rectifier, ou
            redire le résultat avec un commentaire. Un examen réflexe que personne n'a décidé est dit dans
            le dossier, et l'y garde après la signature : `F` l'ajoute à la demande ou le refuse, avec un motif (à la
            ligne de commande, `paillasse reflex list`, puis `accept` ou `refuse`).

            ## Les touches

            Une ligne `bio.action = touche touche` du fichier de touches (celui de `paillasse worklist`) les change ;
            un chiffre n'en est jamais une. Après `CQ`, tout ce qui fut contrôlé et tout ce dont un résultat attend,
            compté comme chez le technicien et au-dessus d'un lot : `absent`, aucun contrôle n'est enregistré ;
            `dispensé`, rien d'autre n'est à contrôler. Verrouillé (`ctrl-l`), l'écran ne montre rien des patients et
            rend ce qui était ouvert. Une étiquette lue ne répond à rien et n'est jamais une touche ; des chiffres tapés
            sans `o`, non montrés (ce pourrait être un code), cherchent un tube ou un dossier. `LANG=en_GB` le met en
            anglais, et les commandes `bio` avec lui.

            \(card)
            ## Les commandes

            Tout se fait aussi à la ligne de commande, `--json` sur ce qui se lit ; signer et rectifier veulent un
            terminal et le code.

            | commande | ce qu'elle fait |
            |---|---|
            | `paillasse bio file` | la file, avec ce qui arrête chaque dossier |
            | `paillasse bio next --section hémostase` | le dossier suivant, par gravité |
            | `paillasse bio show N --except K --comment HEMO1` | le dossier tel qu'il serait signé |
            | `paillasse bio show N --mu 1,5` | avec l'incertitude de mesure (1,5 % : celle de l'étalon) |
            | `paillasse report pdf N --preview -o essai.pdf` | la page telle qu'elle partirait, marquée non signée \
            (`essai.apercu.pdf`) ; `report cda` : le document |
            | `paillasse bio why N K` | pourquoi : règle, données, seuils, version |
            | `paillasse bio hist N K --since 2y --plot` | les antérieurs et leur courbe |
            | `paillasse bio sign N` | signer |
            | `paillasse bio sign --proposables --section biochimie --confirm 212` | signer en lot, à ce nombre exact |
            | `paillasse bio reject N K --reason RECOLLECT` | renvoyer un résultat à la technique, les 3 derniers \
            chiffres du tube tapés (ou `--tube 412`) |
            | `paillasse bio call N K` | montrer et noter l'appel d'une valeur critique |
            | `paillasse bio amend N --reason ERREUR_IDENTITE` | rectifier |
            | `paillasse bio diff N` | deux versions côte à côte, et qui a la première |
            | `paillasse bio comments` | les commentaires codés (`comments.csv` du catalogue) |
            | `paillasse bio figures` | part signée en lot, cadence, retenues levées et reprises, saisie |
            | `paillasse bio settings` | dossiers d'un lot lus en entier, référence de saisie : ce qui est choisi |

            Code de sortie : 0 fait, 1 refusé, 2 commande mal écrite, 3 serveur injoignable.

            """
    }

    @Test func `is the one in the repository, with the screens and keys of today`() throws {
        if ProcessInfo.processInfo.environment["PAILLASSE_GOLDEN"] == "write" {
            try Data(page.utf8).write(to: Self.url)
        }
        #expect(try String(contentsOf: Self.url, encoding: .utf8) == page)
    }
}
