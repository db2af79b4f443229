import Base
import Console
import Laboratory
import Testing

/// The linear mode: what a screen reader is given, and what it takes.
@Suite struct `The plain mode` {
    private struct Session {
        var server = SmallServer()
        var plain: Plain
        var heard: [String] = []

        init(manner: Manner = Manner()) {
            plain = Plain(manner: manner, at: Morning.now)
            tell(.who(person: "Tanguy", login: "tanguy", site: "BREST", Morning.technician))
            tell(.online)
        }
        mutating func tell(_ event: Event) { take(plain.receive(event, at: Morning.now)) }
        // Not optimised: at -O, inlined into a test, Swift 6.3 lets go of what was heard while it is still read.
        @discardableResult @_optimize(none)
        mutating func type(_ line: String) -> [String] {
            let before = heard.count
            take(plain.typed(line, at: Morning.now))
            return Array(heard[before...])
        }
        @_optimize(none)
        private mutating func take(_ answer: Plain.Answer) {
            heard += answer.lines
            var effects = answer.effects
            while !effects.isEmpty {
                let effect = effects.removeFirst()
                for event in server.answer(effect) {
                    let next = plain.receive(event, at: Morning.now)
                    heard += next.lines
                    effects += next.effects
                }
            }
        }
    }

    @Test func `reads identity, test, value, unit, flag, prior and action, in this order`() throws {
        var session = Session()
        let heard = session.type("8").joined(separator: "\n")
        let order = [
            "PATIENT Numéro 7", "F 34a", SmallServer.tube(7), "K Potassium", "6,8 mmol/L", "CRITIQUE haut",
            "antérieur 4,2", "Retenu : CRITIQUE_ALERTE", "a noter l'appel",
        ]
        var rest = heard[...]
        for words in order {
            let place = try #require(rest.firstRange(of: words), "\(words) in \(heard)")
            rest = rest[place.upperBound...]
        }
    }

    @Test func `says who is here and what waits, and how to go on`() {
        let greeting = Session().plain.greeting
        #expect(greeting.first == "BREST, Tanguy")
        #expect(greeting.contains { $0.contains("à valider 12 tube(s), urgents 0, retenus 1, critiques 1") })
        #expect(greeting.contains("? aide, x actions possibles"))
    }

    @Test func `does every action by its name, its key and its number in the menu`() {
        for action in Action.allCases {
            var session = Session()
            let byName = session.type(action.rawValue)
            #expect(!byName.contains { $0.contains("ne fait rien ici") }, "\(action)")
            var other = Session()
            let byKey = other.type(Manner().name(action))
            #expect(!byKey.contains { $0.contains("ne fait rien ici") }, "\(action)")
        }
        var session = Session()
        let menu = session.type("x")
        let offered = session.plain.bench.possible
        #expect(menu.count == offered.count + 1)
        for (number, action) in offered.enumerated() {
            #expect(menu[number + 1].hasPrefix("\(number + 1) ") && menu[number + 1].contains(action.rawValue))
        }
        let place = offered.firstIndex(of: .validate) ?? 0
        session.type(String(place + 1))
        #expect(session.server.validated == [SmallServer.tube(0)])
    }

    @Test func `validates 10, holds 1 and calls 1 line by line`() {
        var session = Session()
        let help = session.type("?")
        #expect(help.contains { $0.contains("x numérote ce qui est possible") })
        for number in 1...12 {
            let heard = session.type(String(number)).joined(separator: "\n")
            let tube = SmallServer.tube(number - 1)
            #expect(number == 1 || heard.contains(tube), "\(heard)")
            if tube == Novice.clotted {
                let asked = session.type("ecart").joined(separator: "\n")
                #expect(asked.contains("Non-conformité du tube \(tube)") && asked.contains("2 coagulum"))
                #expect(session.plain.prompt == "motif : ")
                session.type("2")
            } else if number == 8 {
                session.type("a")
                for answer in ["Mme Kerbrat", "infirmière", "0298111111", "6,8"] { session.type(answer) }
                #expect(session.heard.suffix(3).contains("1 oui"))
                session.type("1")
            } else {
                #expect(session.type("v").contains { $0.contains("1 résultat(s) validé(s)") })
            }
        }
        #expect(session.server.validated.count == 10)
        #expect(session.server.nonconforming == [Novice.clotted: "coagulum"])
        #expect(session.server.called.map(\.value) == ["6,8"])
        #expect(session.heard.contains("appel noté"))
    }

    @Test func `enters, refuses in words and gives up on a lone dot`() {
        var session = Session()
        session.type("i")
        #expect(session.plain.prompt == "K mmol/L (4,0) : ")
        #expect(session.type("4x").contains { $0.contains("n'est pas un nombre") })
        session.type("4.4")
        #expect(session.plain.prompt == "3 derniers chiffres du tube : " && session.server.sent.isEmpty)
        session.type(SmallServer.tube(0).suffix(3).description)
        #expect(
            session.server.sent.contains { if case .enter(_, "K", .number("4.4"), _) = $0 { true } else { false } })
        session.type("= 4,5")
        session.type(SmallServer.tube(0).suffix(3).description)
        #expect(session.server.sent.count == 2)
        session.type("N")
        let asked = session.type("X")
        #expect(asked.contains { $0.hasPrefix("Rejeter K") })
        session.type(".")
        #expect(session.plain.prompt == "> " && session.server.sent.count == 2)
    }

    @Test func `says news once and by itself, and asks for the secret without showing it`() {
        var session = Session()
        let before = session.heard.count
        var lines = session.server.lines
        for number in 0..<50 {
            lines.append(Morning.line("n\(number)", "2611220009\(10 + number)", "NOUVEAU", "K", "4,0"))
            session.tell(.loaded(.worklist(lines)))
        }
        #expect(session.heard.dropFirst(before).count == 1)
        #expect(session.heard.last?.contains("▲ 1 nouveau(x) (R)") == true)
        session.tell(.offline)
        #expect(session.heard.last?.contains("HORS LIGNE depuis 14:32") == true)
        session.tell(.online)
        session.tell(.locked)
        #expect(session.plain.wantsSecret && session.plain.prompt == "secret : ")
        session.type("une phrase")
        #expect(!session.heard.contains { $0.contains("une phrase") })
        #expect(session.server.sent.last == .unlock(secret: "une phrase"))
        #expect(!session.plain.wantsSecret)
    }

    @Test(arguments: [false, true]) func `never addresses a cursor or colours a word`(ascii: Bool) {
        var manner = Manner()
        manner.signs = Signs(ascii: ascii)
        var session = Session(manner: manner)
        for line in [
            "", "?", "x", "listes", "liste", "tube", "détail", "p", "t", "8", "p", ":liste retenus", "liste",
            "/patient", "e", ".",
        ] {
            session.type(line)
        }
        for line in session.heard + session.plain.greeting + [session.plain.prompt] {
            #expect(
                line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x9B && $0.value != 0x7F }, "\(line)")
            if ascii { #expect(line.utf8.allSatisfy { $0 < 0x80 }, "\(line)") }
        }
    }

    @Test func `opens a tube by its number, reads lists and goes from result to result`() {
        var session = Session()
        #expect(session.type(SmallServer.tube(5)).contains { $0.contains("PATIENT Numéro 5") })
        #expect(session.type("suivant").contains { $0.contains("CO2") })
        #expect(session.type("n").contains { $0.contains("PATIENT Numéro 6") })
        #expect(session.type("liste").count == 12)
        #expect(session.type("listes").first?.hasPrefix("Urgents 0") == true)
        #expect(session.type(":liste retenus").contains { $0.contains("PATIENT Numéro 7") })
    }

    @Test func `reads a list that is on its way when it is here, and never says that it is empty`() {
        var plain = Plain(manner: Manner(), at: Morning.now)
        for event: Event in [.who(person: "T", login: "t", site: "BREST", Morning.technician), .online] {
            _ = plain.receive(event, at: Morning.now)
        }
        _ = plain.receive(.loaded(.status(analyzers: [], triageOpen: 1, awaitingSignature: 0)), at: Morning.now)
        let asked = plain.typed(":tri", at: Morning.now)
        #expect(asked.lines == ["Tri : 1"] && asked.effects.contains(.load(.triage)))
        let row = TriageRow(
            id: "t1", analyzer: "cobas", reason: "tube_inconnu", explanation: "aucun tube de ce numéro",
            accession: "000777", code: "K", value: "4,4", at: Morning.now)
        let told = plain.receive(.loaded(.triage([row])), at: Morning.now).lines
        #expect(
            told.count == 1 && told.first?.contains("000777 K 4,4 cobas ; aucun tube de ce numéro") == true, "\(told)")
        // What came since is read with it, not counted as new.
        _ = plain.typed(":liste valider", at: Morning.now)
        #expect(plain.bench.face.list == .waiting)
        _ = plain.typed(":tri", at: Morning.now)
        var second = row
        second.id = "t2"
        #expect(plain.receive(.loaded(.triage([row, second])), at: Morning.now).lines.count == 1)
        #expect(plain.typed("liste", at: Morning.now).lines.count == 2)
        // An empty one says so once it is known; one that the line cut off says that instead.
        _ = plain.typed(":liste valider", at: Morning.now)
        _ = plain.typed(":tri", at: Morning.now)
        #expect(plain.receive(.loaded(.triage([])), at: Morning.now).lines == ["rien dans cette liste"])
        #expect(plain.typed(":liste dossiers", at: Morning.now).lines == ["Dossiers : …"])
        #expect(plain.receive(.offline, at: Morning.now).lines.contains("pas encore reçu du serveur"))
    }

    @Test func `takes for a call what the form takes, and says in words what it does not`() {
        var session = Session()
        session.type("8")
        #expect(
            session.type("a").first?.hasPrefix("Appel : K 6,8 mmol/L de PATIENT Numéro 7. à dire avant 14:47") == true)
        #expect(session.plain.prompt == "qui a pris l'appel : ")
        #expect(session.type("").contains("à remplir : qui a pris l'appel"))
        session.type("Mme Kerbrat")
        #expect(session.type(":tri").first?.hasPrefix("abandonné, rien n'est écrit : Appel : K") == true)
        session.type(":liste valider")
        session.type("8")
        // What was given up is found again.
        #expect(session.type("a").contains("repris de la fois d'avant : Mme Kerbrat"))
        #expect(session.plain.prompt == "sa fonction : ")
        for answer in ["infirmière", "0298111111"] { session.type(answer) }
        #expect(session.type("4,6").contains { $0.contains("le dossier dit 6,8") })
        #expect(session.type("6,8") == ["1 oui", "2 non", "3 personne n'a répondu"])
        #expect(session.type("pas de réponse").first?.contains("choisir dans la liste") == true)
        #expect(session.server.called.isEmpty)
        session.type("3")
        #expect(
            session.server.sent.last
                == .call(
                    id: "l7", person: "Mme Kerbrat", role: "infirmière", number: "0298111111", value: "6,8",
                    readBack: false, reached: false))
    }

    @Test func `notes a nonconformity by number or in words, never by a slip, and gives it up on a dot`() {
        var session = Session()
        #expect(session.type("e").count == 7 && session.plain.prompt == "motif : ")
        for slip in ["9", "", "zzz"] {
            #expect(!session.type(slip).isEmpty && session.server.nonconforming.isEmpty, "\(slip)")
        }
        #expect(session.type(".") == ["abandonné, rien n'est écrit"] && session.plain.prompt == "> ")
        session.type("ecart")
        let said = session.type("étiquette déchirée")
        #expect(said.first == "non-conformité du tube \(SmallServer.tube(0)) notée")
        #expect(said.contains { $0.contains("Retenu : TUBE_NC") }, "\(said)")
        #expect(session.server.nonconforming == [SmallServer.tube(0): "étiquette déchirée"])
    }

    @Test(arguments: ["r", "d"]) func `has a tube run again for a reason, diluted or not`(key: String) {
        var session = Session()
        let asked = session.type(key)
        #expect(asked.first?.contains(SmallServer.tube(0)) == true, "\(asked)")
        #expect(asked.contains("1 DEMANDE – valeur douteuse"), "\(asked)")
        #expect(session.type("r").contains { $0.contains("dire pourquoi") } && session.server.sent.isEmpty)
        // The analyzer takes no orders: a person makes it, and it is noted.
        #expect(asked.first?.contains("à la main") == true)
        #expect(session.type("1").contains { $0.contains("noté : à repasser à la main") })
        guard case .rework(_, "l0", key == "d", "DEMANDE – valeur douteuse")? = session.server.sent.first else {
            Testing.Issue.record("\(session.server.sent)")
            return
        }
        // What no analyzer measured is not run again.
        session.type("n")
        #expect(session.type(key).contains { $0.contains("pas possible sur cette ligne") })
    }

    @Test func `says its help in whole sentences, each action once`() {
        var session = Session()
        let help = session.type("?")
        #expect(help.contains("v : valider ce résultat (valider)") && help.contains("choisir : choisir la ligne"))
        #expect(help.allSatisfy { !$0.contains("  ") && !$0.contains("volet") && !$0.contains("…") }, "\(help)")
        #expect(Set(help).count == help.count)
        for action in Action.allCases where action.isForLine {
            #expect(
                help.count {
                    $0.hasSuffix(Texts(.french)[Workbench.word(of: action)] + " (\(action.rawValue))")
                        || $0 == "\(action.rawValue) : " + Texts(.french)[Workbench.word(of: action)]
                } == 1, "\(action)")
        }
    }

    @Test(arguments: ["valider", "rejeter", "repasser", "ecart"]) func `takes no command and no label for a reason`(
        action: String
    ) {
        var session = Session()
        session.type("8")
        session.type(action)
        #expect(session.plain.prompt == "motif : ")
        let said = session.type(":liste retenus").joined(separator: "\n")
        #expect(said.contains("abandonné, rien n'est écrit : ") && said.contains("Retenus : 1"), "\(said)")
        #expect(session.plain.prompt == "> ")
        session.type(action)
        let label = session.type(SmallServer.tube(5)).joined(separator: "\n")
        #expect(label.contains("lu : \(SmallServer.tube(5)) ; abandonné, rien n'est écrit"), "\(label)")
        #expect(label.contains("PATIENT Numéro 5"), "\(label)")
        #expect(session.server.sent.isEmpty)
    }

    @Test func `takes no command and no label for a value`() {
        var session = Session()
        session.type("suivant")
        session.type("i")
        #expect(session.type(":tri").first?.contains("abandonné, rien n'est écrit : CO2") == true)
        session.type(":liste valider")
        session.type(SmallServer.tube(0))
        session.type("suivant")
        session.type("= \(SmallServer.tube(4))")
        #expect(session.server.sent.isEmpty && session.plain.bench.drafts.isEmpty)
        #expect(session.heard.last?.contains("PATIENT Numéro 4") == true, "\(session.heard.suffix(3))")
    }

    /// A label that no tube has, and one that was read while the server was gone.
    @Test(arguments: [false, true]) func `writes nothing into the tube that stayed when a label opens nothing`(
        isOffline: Bool
    ) {
        var session = Session()
        session.type(SmallServer.tube(0))
        session.type("suivant")
        let before = session.heard.count
        if isOffline {
            _ = session.plain.typed(SmallServer.tube(4), at: Morning.now)
            session.tell(.offline)
        } else {
            session.type("26112299999")
        }
        #expect(session.heard[before...].contains { $0.contains("n'est pas ouvert : l'écran reste sur PATIENT") })
        for line in ["= 25", "i", "v", "V", "X", "a", "e", "c", "z", "valider", "choisir"] {
            let said = session.type(line)
            #expect(said.contains { $0.contains("échap pour y continuer") }, "\(line): \(said)")
            #expect(session.plain.prompt == "> ", "\(line)")
        }
        // The number of an act in the menu is no word that it is meant, nor is another line of the same tube.
        session.type("x")
        if let place = session.plain.bench.possible.firstIndex(of: .enter) { session.type(String(place + 1)) }
        session.type("précédent")
        session.type("suivant")
        session.type("= 25")
        #expect(session.server.sent.isEmpty && session.plain.bench.drafts.isEmpty)
        // It is heard whose tube it is before anything is written there.
        #expect(session.type("échap").contains { $0.contains("PATIENT Numéro 0") })
        session.type("= 25")
        if isOffline {
            #expect(session.plain.bench.drafts.map(\.text) == ["25"] && session.server.sent.isEmpty)
        } else {
            #expect(session.server.sent.count == 1)
        }
    }

    @Test(arguments: ["8", ":tube 261122004777", "261122004777"]) func `goes on at once in a tube that is named`(
        name: String
    ) {
        var session = Session()
        session.type(SmallServer.tube(0))
        session.type("26112299999")
        session.type(name)
        session.type("a")
        #expect(session.plain.prompt == "qui a pris l'appel : ", "\(session.heard.suffix(3))")
    }

    @Test func `says what each command did, each time`() {
        var session = Session()
        for _ in 0..<2 {
            #expect(session.type(":liste retenus").first == "Retenus : 1")
            #expect(
                session.type(":tube \(SmallServer.tube(5))").first?.contains("\(SmallServer.tube(5)) ouvert") == true)
            #expect(session.type(":theme clair").first == "thème clair")
            #expect(session.type(":liste urgents").contains("rien dans cette liste"))
            #expect(session.type(":chercher zzz").first?.contains("« zzz » : 0") == true)
            session.type(":chercher")
        }
        for command in Workbench.Command.allCases where ![.quit, .lock, .lesson].contains(command) {
            #expect(!session.type(":" + command.name(in: .french)).isEmpty, "\(command)")
        }
    }

    @Test func `is English all through when the screen is`() {
        var manner = Manner()
        manner.language = .english
        var session = Session(manner: manner)
        #expect(session.plain.greeting.contains { $0.contains("no control known") })
        #expect(session.type(":list held").first == "Held : 1")
        #expect(session.type("x").contains { $0.hasSuffix("(v, validate)") })
        session.type("validate")
        #expect(session.plain.prompt == "reason : ")
        #expect(session.heard.contains { $0.contains("CRITIQUE_ALERTE : critical value, to be told (6,0)") })
        session.type(".")
        #expect(session.type("lists").contains("Held 1 (:list held)"))
    }
}
