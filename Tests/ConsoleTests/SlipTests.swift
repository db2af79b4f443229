import Base
import Console
import Laboratory
import Testing

/// What a key must never do to somebody it was not meant for.
@Suite struct `A key that was meant for something else` {
    private func done(_ bench: inout Workbench) {
        for id in bench.sent.keys.sorted() { _ = bench.receive(.done(id), at: bench.now) }
    }
    private func sends(_ effects: [Effect]) -> [Deed] {
        effects.compactMap { if case .send(_, let deed) = $0 { deed } else { nil } }
    }

    // Labels outside the cells

    @Test(arguments: ["1", "2", "4"], ["26112202311", "3141592", "11", "99"])
    func `digits typed one by one outside the cells open a tube, and none goes into a cell`(
        pane: Character, label: String
    ) {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.alt(pane))
        bench.type(label)
        if label == "11" {
            // Two that name panes go there.
            #expect(bench.face.pane == 1 && bench.face.mode == .browse)
            return
        }
        #expect(bench.face.mode == .command(Field("tube " + label)), "\(bench.face.mode)")
        #expect(bench.type(.enter) == [.find(label)] && bench.drafts.isEmpty && bench.sent.isEmpty)
    }

    @Test func `a pane named by a digit takes no value from the digits that follow, until another key`() {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type("3")
        #expect(bench.face.pane == 3)
        bench.type("99")
        #expect(bench.drafts.isEmpty && bench.face.mode == .command(Field("tube 399")))
        bench.type(.escape, .alt("2"))
        bench.type("3")
        bench.type(.down)
        bench.type("99")
        #expect(bench.drafts.map(\.text) == ["99"])
        // At 80 columns no key goes to a pane that is not there.
        var narrow = Morning.bench()
        narrow.type("34")
        #expect(narrow.face.pane == 3 && narrow.drafts.isEmpty && narrow.row(22).contains("trop étroit"))
        narrow.type(.tab)
        #expect(narrow.face.pane == 1)
    }

    @Test func `the menu goes up and down by the keys of the lists, and a label typed there changes nothing`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("xjjk")
        guard case .menu(let menu) = bench.face.mode else { return #expect(Bool(false), "closed") }
        #expect(menu.cursor == 1 && menu.actions.contains(.lock) && menu.actions.contains(.quit))
        #expect(bench.type("261122").allSatisfy { $0 == .bell } && bench.drafts.isEmpty)
        bench.type("x")
        #expect(bench.face.mode == .browse)
    }

    @Test func `a key given to going back leaves every field`() throws {
        var manner = Manner()
        manner.keymap = try Keymap(text: "retour = f9\n")
        var bench = Morning.bench(manner: manner)
        bench.type("/")
        bench.type("zoé")
        #expect(bench.row(23).contains("f9 retour"))
        bench.type(.function(9))
        #expect(bench.face.mode == .browse && bench.face.filter.isEmpty)
    }

    // Keys typed ahead of a refusal

    @Test func `letters that follow a refusal without a pause are no commands`() {
        var bench = Morning.bench()
        // Nobody waits for a call: the name typed ahead must not open a nonconformity and fill it in.
        bench.type("a")
        #expect(bench.type("Mme Le Goff").allSatisfy { $0 == .bell })
        #expect(bench.type(.enter) == [.bell])
        #expect(bench.face.mode == .browse && bench.sent.isEmpty && bench.text.contains("pas possible"))
        // Who has read it goes on.
        bench.pause()
        bench.type("e")
        #expect(bench.text.contains("Non-conformité du tube"))
        // Arrows are meant as they are.
        bench.type(.escape)
        bench.type("a")
        bench.type(.down)
        #expect(bench.face.cursor == 1)
    }

    @Test func `a refusal that comes late asks nothing of who is typing`() throws {
        var bench = Morning.bench()
        bench.type(.tab)
        bench.type("v")
        let id = try #require(bench.sent.keys.first)
        bench.type(.down, .down)
        bench.type("9")
        let refusal = Refusal("tech.reason", at: "NA", because: "retenu", remedy: "donner un motif")
        _ = bench.receive(.refused(id, refusal), at: bench.now)
        guard case .entry(let entry) = bench.face.mode else { return #expect(Bool(false), "\(bench.face.mode)") }
        #expect(entry.field.text == "9" && bench.row(22).contains("[tech.reason]"))
        // Told while nothing is typed, it asks; keys that were on their way do not answer.
        bench.type(.escape)
        bench.type(.home)
        bench.type("v")
        let again = try #require(bench.sent.keys.first)
        _ = bench.receive(.refused(again, refusal), at: bench.now.advanced(by: .milliseconds(90)))
        #expect(bench.type("1") == [.bell] && bench.type(.enter) == [.bell] && bench.sent.isEmpty)
        bench.pause()
        bench.type("1")
        #expect(sends(bench.type(.enter)).count == 1)
    }

    // What `z` takes back

    @Test func `z takes back the last act only, and says which`() throws {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down)
        bench.type("98")
        bench.type(.escape)
        bench.type(.home)
        bench.type("v")
        done(&bench)
        // An older draft is not the last act.
        #expect(sends(bench.type("z")) == [.withdraw(request: "D0412", ids: ["a1"])])
        done(&bench)
        #expect(bench.row(22).contains("annulé : validation de NA, MARTIN Léa"), "\(bench.row(22))")
        #expect(bench.drafts.map(\.text) == ["98"])
        bench.type("z")
        #expect(bench.drafts.isEmpty && bench.row(22).contains("brouillon effacé : CL 98, MARTIN Léa"))
        #expect(bench.type("z").contains(.bell))
    }

    @Test func `z after an act that nothing takes back says so, and names what it would take back next`() throws {
        var bench = Morning.bench()
        _ = bench.receive(.loaded(.comments([CodedText(code: "HEMO1", text: "Hémolyse.")])), at: bench.now)
        bench.type(.tab)
        bench.type("v")
        done(&bench)
        bench.type("c")
        bench.type("1")
        bench.type(.enter)
        done(&bench)
        #expect(bench.type("z") == [.bell] && bench.sent.isEmpty)
        let said = bench.row(21) + bench.row(22)
        #expect(said.contains("ne se reprend pas ici : commentaire HEMO1 de NA, MARTIN Léa"), "\(said)")
        #expect(said.contains("encore z reprendrait : validation de NA, MARTIN Léa"), "\(said)")
        bench.pause()
        #expect(sends(bench.type("z")) == [.withdraw(request: "D0412", ids: ["a1"])])
    }

    @Test func `what z did is no act that z takes back`() throws {
        var bench = Morning.bench()
        bench.type(.tab, .end)
        bench.type("24")
        bench.type(.enter)
        done(&bench)
        var typed = Morning.line("a9", "261122000412", "MARTIN Léa", "CO2", "24", analyzer: nil)
        typed.author = "tanguy"
        let lines = Morning.lines + [typed]
        _ = bench.receive(.file(Morning.file(of: "261122000412", lines: lines)), at: bench.now)
        #expect(sends(bench.type("z")).map { if case .reject(_, "a9", _) = $0 { true } else { false } } == [true])
        done(&bench)
        #expect(bench.row(22).contains("annulé : saisie de CO2 24, MARTIN Léa"))
        #expect(sends(bench.type("z")).isEmpty && bench.row(22).contains("rien à annuler"))
    }

    @Test func `a nonconformity is lifted by z, one that stood before is not`() throws {
        var bench = Morning.bench()
        bench.type("e")
        bench.type("2")
        bench.type(.enter)
        done(&bench)
        #expect(sends(bench.type("z")) == [.receive(accession: "261122000412", nonconformity: "")])
        done(&bench)
        #expect(bench.row(22).contains("annulé : non-conformité du tube 261122000412"))
        var file = Morning.file(of: "261122000412")
        file.tubes[0].nonconformity = "coagulum"
        _ = bench.receive(.file(file), at: bench.now)
        bench.type("e")
        bench.type("1")
        bench.type(.enter)
        done(&bench)
        #expect(sends(bench.type("z")).isEmpty && bench.row(22).contains("ne se reprend pas"))
    }

    @Test func `all that one key validated is counted together and taken back together`() throws {
        var bench = Morning.bench()
        bench.type(" ")
        bench.type(.down)
        bench.type(" ")
        bench.type("V")
        let ids = bench.sent.keys.sorted()
        #expect(ids.count == 2)
        _ = bench.receive(.done(ids[1]), at: bench.now)
        #expect(!bench.row(22).contains("validé(s)"))
        _ = bench.receive(.done(ids[0]), at: bench.now)
        #expect(bench.row(22).contains("4 résultat(s) validé(s)") && bench.row(22).contains("1 retenu(s) laissé(s)"))
        #expect(Set(sends(bench.type("z")).compactMap(\.request)) == ["D0412", "D0377"])
    }

    // Forms

    @Test func `a call form that was left is found again, and one that the server refused`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        let call = CallRow(id: "a2", due: Morning.ago(-18), isOverdue: false, contact: nil, request: "D0412")
        _ = bench.receive(.loaded(.calls([call])), at: bench.now)
        func answers() -> [String] {
            guard case .question(let question) = bench.face.mode else { return [] }
            return question.parts.map(\.field.text)
        }
        bench.type("a")
        for text in ["Mme Kerbrat", "infirmière"] {
            bench.type(text)
            bench.type(.enter)
        }
        bench.type(.escape)
        bench.type("a")
        #expect(answers() == ["Mme Kerbrat", "infirmière", "", "", ""])
        guard case .question(let found) = bench.face.mode else { return }
        #expect(found.at == 2 && bench.text.contains("repris de la fois d'avant : Mme Kerbrat, infirmière"))
        // Locked in the middle, it is there after the secret.
        bench.type("0298111111")
        _ = bench.receive(.locked, at: bench.now)
        bench.pause()
        bench.type("secret")
        bench.type(.enter)
        done(&bench)
        bench.type("a")
        #expect(answers() == ["Mme Kerbrat", "infirmière", "0298111111", "", ""])
        for text in ["6,4", "1"] {
            bench.type(text)
            bench.type(.enter)
        }
        let id = try #require(bench.sent.keys.first)
        let refusal = Refusal("critical.call.time", because: "trop tôt", remedy: "corriger")
        _ = bench.receive(.refused(id, refusal), at: bench.now)
        bench.pause()
        bench.type("a")
        #expect(answers() == ["Mme Kerbrat", "infirmière", "0298111111", "6,4", "oui"])
        bench.type(.enter)
        done(&bench)
        // Noted, it is gone.
        _ = bench.receive(.loaded(.calls([call])), at: bench.now)
        bench.type("a")
        #expect(answers() == ["", "", "", "", ""])
    }

    // What is known of calls and controls

    @Test func `a call that was made is seen: whom, when, by whom, and its tube waits for none`() {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down)
        let open = CallRow(id: "a2", due: Morning.ago(-18), isOverdue: false, contact: nil, request: "D0412")
        _ = bench.receive(.loaded(.calls([open])), at: bench.now)
        #expect(bench.count(of: .calls) == 1)
        var told = open
        told.telling = .init(person: "Mme Kerbrat", at: Morning.ago(3), by: "tanguy")
        _ = bench.receive(.loaded(.calls([told])), at: bench.now)
        #expect(bench.count(of: .calls) == 0 && bench.house.calls.isEmpty)
        #expect(bench.text.contains("dit à Mme Kerbrat, 14:29,"), "\(bench.text)")
        #expect(!bench.possible.contains(.call))
        bench.type("t")
        #expect(bench.text.contains("K 6,4 mmol/L dit à Mme Kerbrat, 14:29, par tanguy"), "\(bench.text)")
        bench.type(.escape)
        bench.type(":")
        bench.type("liste critiques")
        bench.type(.enter)
        #expect(bench.face.rows.isEmpty)
        // Another critical value of the tube brings it back.
        var lines = Morning.lines
        lines[0].flags = [.criticallyLow]
        _ = bench.receive(.loaded(.worklist(lines)), at: bench.now)
        #expect(bench.count(of: .calls) == 1)
    }

    @Test func `an analysis that is exempt from control is neither absent nor never controlled`() {
        var bench = Morning.bench()
        let rows = [
            QualityRow(analyzer: "cobas", analysis: "K", state: "CONFORME"),
            QualityRow(analyzer: "cobas", analysis: "VS", state: QualityRow.exempt, because: "dispensé de contrôle"),
        ]
        _ = bench.receive(.loaded(.quality(rows)), at: bench.now)
        #expect(bench.row(0).contains("CQ ✓"), "\(bench.row(0))")
        bench.type(":")
        bench.type("cq")
        bench.type(.enter)
        #expect(bench.text.contains("dispensé") && !bench.text.contains("jamais contrôlé"))
        // Alone it does not make the controls of the house conform.
        _ = bench.receive(.loaded(.quality([rows[1]])), at: bench.now)
        #expect(bench.row(0).contains("CQ dispensé") && !bench.row(0).contains("✓"), "\(bench.row(0))")
    }

    @Test func `what has its code for a name is said once, and triage is told in words with their accents`() {
        var lines = Morning.lines
        lines[0].name = lines[0].analysis
        let bench = Morning.bench(width: 140, height: 40, lines: lines)
        let code = lines[0].analysis
        #expect(!bench.text.contains("\(code) \(code)"), "\(bench.text)")
        #expect(TriageRow.words(of: "analyse_non_demandee") == "analyse non demandée")
        #expect(TriageRow.words(of: "identite_discordante") == "identité discordante")
        #expect(TriageRow.words(of: "controle_inconnu") == "contrôle inconnu")
    }

    @Test func `a chart is read whole at 80 columns, in the language of the screen, and line by line`() {
        let chart = (0..<17).map { "ligne \($0)" } + ["      ● niveau 1   × exclu   ▲ ▼ au-delà de 4 ET"]
        var manner = Manner()
        for language in Language.allCases {
            manner.language = language
            var bench = Morning.bench(manner: manner)
            bench.type(":")
            bench.type(language == .french ? "cq" : "qc")
            bench.type(.enter)
            _ = bench.receive(.chart("cobas/K", chart), at: bench.now)
            #expect(
                bench.text.contains("Levey–Jennings") && !bench.text.contains("4 ET") && !bench.text.contains("4 SD"))
            bench.type("3")
            for _ in 0..<20 { bench.type("j") }
            #expect(
                bench.text.contains(language == .french ? "au-delà de 4 ET" : "level 1   × excluded   ▲ ▼ beyond 4 SD"))
            #expect(bench.text.contains(/\(([0-9]+)\/\1\)/))
            bench.type("k")
            #expect(!bench.text.contains(/\(([0-9]+)\/\1\)/))
        }
        var plain = Plain(manner: Manner(), at: Morning.now)
        _ = plain.receive(.online, at: Morning.now)
        let row = QualityRow(
            analyzer: "cobas", analysis: "K", state: "REJET", rules: ["1-3s"], because: "niveau 2 : z = +3,40")
        _ = plain.receive(.loaded(.quality([row])), at: Morning.now)
        #expect(plain.typed(":cq", at: Morning.now).effects.contains { if case .chart = $0 { true } else { false } })
        _ = plain.receive(.chart("cobas/K", chart), at: Morning.now)
        #expect(plain.typed("liste", at: Morning.now).lines == ["1 cobas K ; ✖ rejeté ; 1-3s, niveau 2 : z = +3,40"])
        #expect(plain.typed("ouvrir", at: Morning.now).lines.contains { $0.contains("au-delà de 4 ET") })
    }

    @Test func `a hold for want of control says how to run it again`() {
        var bench = Morning.bench(width: 200, height: 60)
        bench.type(.tab, .down)
        bench.type("p")
        #expect(bench.text.contains("Relancer le CQ (:cq cobas K) ou router vers un autre automate"))
    }

    /// UX section 3: the sign and the word of each state stand alone where there is no colour.
    @Test(arguments: [false, true]) func `every flag is told apart without a colour`(ascii: Bool) {
        var manner = Manner()
        manner.theme = .mono
        manner.signs = Signs(ascii: ascii)
        let flags: [[ResultFlag]] = [
            [.high], [.low], [.criticallyHigh], [.criticallyLow], [.abnormal], [.positive], [.detected], [],
        ]
        var lines = flags.enumerated().map {
            Morning.line("f\($0.offset)", "261122000777", "MONO", "A\($0.offset)", "1", flags: $0.element)
        }
        lines.append(
            Morning.line("h1", "261122000777", "MONO", "H1", "1", holds: [Hold(.interference, "indice H 2,1 > 1,5")]))
        lines.append(
            Morning.line("h2", "261122000777", "MONO", "H2", "1", holds: [Hold(.qualityControlRejected, "CQ")]))
        lines.append(Morning.line("r2", "261122000777", "MONO", "R2", "1", run: 2))
        var bench = Morning.bench(width: 120, height: 50, manner: manner, lines: lines)
        _ = bench.receive(.file(Morning.file(of: "261122000777", lines: lines)), at: bench.now)
        bench.type(.tab)
        let rows = bench.text.split(separator: "\n").map(String.init)
        func tail(_ code: String) -> String {
            let row = rows.first { $0.contains(code + "  ") && $0.contains("mmol/L") } ?? ""
            return row.replacing(code, with: "")
        }
        let codes = flags.indices.map { "A\($0)" } + ["H1", "H2", "R2"]
        #expect(Set(codes.map(tail)).count == codes.count, "\(codes.map(tail))")
        let signs = manner.signs
        #expect(tail("H1").contains("RETENU 1") && tail("H2").contains("\(signs.rejected)CQ"))
        #expect(tail("R2").contains(signs.corrected) && tail("A2").contains("CRIT") && tail("A1").contains("L"))
        bench.type(.end)
        bench.type(.up, .up, .up)
        bench.type("p")
        #expect(bench.text.contains("indice H 2,1"), "\(bench.text)")
    }
}
