import Base
import Console
import Laboratory
import Testing

/// Slips of a tired hand: nothing is written that was not meant.
@Suite struct `A hand at three in the morning` {
    private static let tube = "261122000377"

    private func sends(_ effects: [Effect]) -> Bool {
        effects.contains { if case .send = $0 { true } else { false } }
    }

    // Labels and commands where words are asked

    @Test(arguments: ["v", "X", "r", "e"]) func `a label typed slowly at a reason opens its tube and writes nothing`(
        key: String
    ) {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type(key)
        guard case .question = bench.face.mode else { return #expect(Bool(false), "\(key) asks nothing") }
        bench.type(Self.tube)
        let effects = bench.type(.enter)
        #expect(effects.contains(.find(Self.tube)) && !sends(effects))
        #expect(bench.row(21).contains("lu : \(Self.tube) ; abandonné, rien n'est écrit"))
        // A tube that this screen does not know has the form of one.
        bench.type(.escape)
        bench.type(key)
        bench.type("26112299999")
        #expect(bench.type(.enter).contains(.find("26112299999")))
    }

    @Test func `a label that a scanner typed at a reason gives the reason up, in words`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("v")
        let effects = bench.receive(.input(.scan(Self.tube, typed: 0)), at: bench.now)
        #expect(effects.contains(.find(Self.tube)) && !sends(effects) && bench.face.mode == .browse)
        #expect(bench.row(21).contains("abandonné, rien n'est écrit : Valider K"))
    }

    @Test func `a command is no reason, no value and no name`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("v")
        bench.type(":q")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("« :q » est une commande, pas une réponse"))
        bench.type(.escape)
        bench.type(.down, .down)
        bench.type("i")
        bench.type(":liste")
        #expect(bench.type(.enter) == [.bell] && bench.sent.isEmpty)
    }

    @Test func `a label typed slowly into a cell opens its tube and leaves what was there`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        bench.type("4,4" + Self.tube)
        let effects = bench.type(.enter)
        #expect(effects.contains(.find(Self.tube)) && !sends(effects))
        #expect(bench.drafts.map(\.text) == ["4,4"])
    }

    @Test func `the field that asks for a tube takes the label`() {
        var bench = Morning.bench()
        bench.type(":")
        bench.type("tri")
        bench.type(.enter)
        let row = TriageRow(
            id: "t1", analyzer: "cobas", reason: "tube_inconnu", explanation: "", accession: "000", code: "GLU",
            value: "5.2", at: Morning.ago(7))
        _ = bench.receive(.loaded(.triage([row])), at: bench.now)
        bench.type("f")
        _ = bench.receive(.input(.scan(Self.tube, typed: 0)), at: bench.now)
        bench.type("lu au microscope")
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .attach("t1", Self.tube, "lu au microscope")) = $0 { true } else { false }
            })
    }

    // Values that are measured

    @Test(arguments: [Key.up, .down, .tab, .backTab]) func `no arrow puts a value in the place of a measured one`(
        key: Key
    ) {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("2")
        #expect(!sends(bench.type(key)) && bench.sent.isEmpty)
        #expect(bench.row(22).contains("brouillon gardé : 2"))
        // The measured value and its flag stay where they were, the draft is beside them.
        let row = bench.text.split(separator: "\n").first { $0.contains("K  ") } ?? ""
        #expect(row.contains("6,4 mmol/L") && row.contains("‼CRIT") && row.contains("2 …"), "\(row)")
    }

    @Test func `a measured value gives way to Enter and the digits of its tube only`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("2")
        #expect(!sends(bench.type(.enter)))
        bench.type("377")
        #expect(bench.type(.enter) == [.bell] && bench.sent.isEmpty)
        bench.type(.escape)
        #expect(bench.row(22).contains("brouillon gardé : 2") && bench.drafts.allSatisfy { !$0.isAccepted })
        // Typed by hand by this person, and waiting: it is corrected without a word.
        var mine = Morning.line("a9", "261122000412", "MARTIN Léa", "CL", "99", analyzer: nil, run: 2)
        mine.author = "tanguy"
        let lines = Morning.lines + [mine]
        _ = bench.receive(.loaded(.worklist(lines)), at: bench.now)
        _ = bench.receive(.file(Morning.file(of: "261122000412", lines: lines)), at: bench.now)
        bench.type(.down)
        bench.type("98")
        #expect(
            bench.type(.enter).contains {
                if case .send(_, .enter(_, "CL", .number("98"), "a9")) = $0 { true } else { false }
            })
    }

    @Test func `the titles of the panes say the key that goes there`() {
        var bench = Morning.bench()
        #expect(bench.row(1).contains("1 Listes") && bench.row(1).contains("2 Tubes"))
        bench.type("3")
        #expect(bench.face.pane == 3)
        #expect(bench.row(1).contains("alt-1 Listes") && bench.row(1).contains("alt-2 Tubes"))
        bench.type(.alt("1"))
        #expect(bench.face.pane == 1 && bench.row(1).contains("1 Listes"))
        // Who may not enter results types no cell: digits are panes everywhere.
        _ = bench.receive(
            .who(person: "Soazig", login: "soazig", site: "BREST", Role.secretary.permissions), at: bench.now)
        bench.type("32")
        #expect(bench.face.pane == 2 && bench.face.mode == .browse)
    }

    @Test func `what stands there already is no draft`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("i")
        #expect(bench.type(.escape) == [.keep([])] && bench.drafts.isEmpty)
    }

    // The house

    @Test(arguments: [(80, 24), (200, 60)]) func `a locked screen shows nothing of a patient`(width: Int, height: Int) {
        var bench = Morning.bench(width: width, height: height)
        bench.type(.tab, .down)
        bench.type("4")
        bench.type(.control("l"))
        _ = bench.receive(.found(Morning.file(of: Self.tube), accession: Self.tube), at: bench.now)
        _ = bench.receive(.loaded(.worklist(Morning.lines)), at: bench.now)
        #expect(bench.text.contains("Écran verrouillé") && bench.row(0).contains("CQ 1✖ 1⧗"))
        for word in ["MARTIN", "DUPONT", "PETIT", "2611220", "D0412", "6,4", "mmol", "CREA", "TREGUER"] {
            #expect(!bench.text.contains(word), "\(word)")
        }
    }

    @Test func `what was never controlled is not conforming`() {
        let conforming = [QualityRow(analyzer: "cobas", analysis: "K", state: "CONFORME")]
        let never = conforming + [QualityRow(analyzer: "cobas", analysis: "NA", state: "NON_CONTROLE")]
        for (rows, words) in [([], "CQ ?"), (conforming, "CQ ✓"), (never, "CQ 1?")] {
            var bench = Morning.bench()
            _ = bench.receive(.loaded(.quality(rows)), at: bench.now)
            #expect(bench.row(0).contains(words), "\(bench.row(0))")
        }
    }

    @Test func `reception counts and lists the tubes that nobody scanned yet, without a visit`() {
        var fresh = Workbench(at: Morning.now)
        #expect(fresh.receive(.online, at: Morning.now).contains(.load(.requests)))
        #expect(fresh.text.contains("Réception    …"))
        var bench = Morning.bench()
        #expect(bench.text.contains("Réception    1") && bench.text.contains("Dossiers     2"))
        bench.type(":")
        bench.type("liste réception")
        bench.type(.enter)
        #expect(bench.face.rows == ["D0500"])
    }

    @Test func `offline every act but an entry is refused, with why on the screen`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        _ = bench.receive(.offline, at: bench.now)
        for key in ["v", "V", "X", "r", "d", "e"] {
            let effects = bench.type(key)
            #expect(effects.contains(.bell) && bench.face.mode == .browse, "\(key)")
            #expect(bench.row(22).contains("HORS LIGNE depuis 14:32 : lecture seule"), "\(key)")
            #expect(bench.row(23).contains("la liaison avec le serveur est coupée"), "\(key)")
        }
        #expect(!bench.possible.contains { Workbench.writes($0) && $0 != .enter })
        bench.type("z")
        #expect(bench.sent.isEmpty)
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `the reasons of a hold are there in words, beside the value`(
        width: Int, height: Int
    ) {
        var bench = Morning.bench(width: width, height: height)
        bench.type(.tab, .down)
        #expect(bench.text.contains("CRITIQUE_ALERTE valeur critique : seuil d'alerte 6,0"))
        #expect(bench.text.contains("DRAPEAU_ANALYSEUR"))
        #expect(bench.text.contains("antérieur 4,2"))
    }

    @Test func `a footer offers what the role may do`() {
        for role in Role.allCases {
            var bench = Morning.bench(width: 200, height: 60)
            _ = bench.receive(.who(person: "P", login: "p", site: "BREST", role.permissions), at: bench.now)
            let may = role.permissions.contains(.validateTechnically)
            #expect(bench.row(59).contains("v valider") == may, "\(role)")
            #expect(bench.row(59).contains("i saisir") == role.permissions.contains(.enterResult), "\(role)")
            // Nothing was done: nothing is offered to be taken back.
            #expect(!bench.row(59).contains("z annuler"), "\(role)")
            bench.done.append(.deeds([.reject(request: "D0412", id: "a1", reason: "essai")]))
            #expect(bench.row(59).contains("z annuler"), "\(role)")
        }
    }

    @Test func `urgent and critical have each a sign in ASCII`() {
        let ascii = Signs(ascii: true)
        #expect(Set([ascii.urgent, ascii.critical, ascii.held, ascii.rejected, ascii.expired]).count == 5)
    }

    @Test func `an analysis added above does not move the cell being typed`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down)
        bench.type("9")
        var file = Morning.file(of: "261122000412")
        file.asked.insert(("ALB", "Albumine", "g/L"), at: 0)
        _ = bench.receive(.file(file), at: bench.now)
        #expect(bench.currentResult?.analysis == "CL" && bench.text.contains("remplace 104 mmol/L"))
    }

    @Test(arguments: ["7", "vvv", "v", "..."]) func `a slip is no reason`(typed: String) {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("v" + typed)
        #expect(bench.type(.enter) == [.bell] && bench.sent.isEmpty && bench.text.contains("dire pourquoi"))
    }

    @Test func `the tube whose label was read is the one received and noted`() {
        var bench = Morning.bench()
        var file = Morning.file(of: "261122000412")
        let second = "261122004122"
        for place in file.tubes.indices { file.tubes[place].received = nil }
        file.tubes.append(
            .init(accession: second, tube: "EDTA", collected: nil, received: nil, nonconformity: nil))
        _ = bench.receive(.found(file, accession: second), at: bench.now)
        #expect(
            bench.type("b").contains { if case .send(_, .receive(second, nil)) = $0 { true } else { false } })
        bench.type("e")
        #expect(bench.text.contains("Non-conformité du tube \(second)"))
        bench.type(.escape)
        bench.type(.down)
        bench.type("e")
        #expect(bench.text.contains("Non-conformité du tube 261122000412"))
    }

    @Test func `a refusal is never cut where there is room`() {
        var bench = Morning.bench()
        bench.type(.down, .tab)
        bench.type("v")
        #expect(bench.row(21).contains("[tech.held] CREA : IDENTITE, le nom envoyé"))
        #expect((bench.row(21) + bench.row(22)).contains("refaire l'analyse"))
    }

    @Test func `digits of AZERTY are digits wherever a number is asked`() {
        var manner = Manner()
        manner.keymap = Keymap(azerty: true)
        var bench = Morning.bench(manner: manner)
        bench.type(.tab)
        bench.type("X")
        bench.type("&")
        bench.type(.enter)
        bench.type("'&é")
        #expect(bench.text.contains("3 derniers chiffres du tube : 412"))
        #expect(sends(bench.type(.enter)))
    }

    @Test func `nothing is counted before it was told`() {
        let bench = Workbench(at: Morning.now)
        #expect(bench.text.contains("À valider    …") && bench.row(0).contains("TRI …") && !bench.text.contains(" 0│"))
    }

    @Test func `the footer says what the keys do now`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("4")
        #expect(bench.row(23).contains("entrée enregistrer") && !bench.row(23).contains("valider"))
        bench.type(.escape)
        bench.type("v")
        #expect(bench.row(23).contains("entrée suite") && !bench.row(23).contains("v valider"))
        bench.type(.escape)
        #expect(bench.row(23).contains("v valider"))
    }

    @Test func `the list of controls has what was never controlled`() {
        var bench = Morning.bench()
        let never = QualityRow(analyzer: "cobas", analysis: "K", state: "NON_CONTROLE")
        _ = bench.receive(.loaded(.quality([never])), at: bench.now)
        bench.type(":")
        bench.type("cq")
        bench.type(.enter)
        #expect(bench.face.rows == ["cobas/K"] && bench.text.contains("jamais contrôlé"))
    }

    @Test(arguments: ["p", "t", "?"]) func `a page closes by its keys only, so that no label goes on into a cell`(
        page: String
    ) {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type(page)
        #expect(bench.type(Self.tube).allSatisfy { $0 == .bell } && bench.drafts.isEmpty)
        bench.type(.escape)
        #expect(bench.face.mode == .browse)
    }

    @Test func `what was left aside is said after the rest was validated`() throws {
        var bench = Morning.bench()
        bench.type("V")
        let id = try #require(bench.sent.keys.first)
        _ = bench.receive(.done(id), at: bench.now)
        #expect(bench.row(22).contains("2 résultat(s) validé(s)") && bench.row(22).contains("1 retenu(s) laissé(s)"))
    }

    @Test func `a value read wrong on the telephone is not noted as told`() {
        var bench = Morning.bench()
        let call = CallRow(id: "a2", due: Morning.ago(-18), isOverdue: false, contact: nil)
        _ = bench.receive(.loaded(.calls([call])), at: bench.now)
        bench.type(.tab, .down)
        bench.type("a")
        for answer in ["Mme Kerbrat", "infirmière", "0298111111"] {
            bench.type(answer)
            bench.type(.enter)
        }
        bench.type("4,6")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("le dossier dit 6,4"))
        bench.type(.control("u"))
        bench.type("6,40")
        #expect(bench.type(.enter).isEmpty && bench.text.contains("relue par l'autre"))
    }
}
