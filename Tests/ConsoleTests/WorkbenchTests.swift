import Base
import Console
import Laboratory
import Testing

/// The lines of UX section 6 that need no real terminal.
@Suite struct `The worklist of a technician` {
    @Test func `validates a free result at once and asks for a reason when one holds it`() {
        var bench = Morning.bench()
        bench.type(.tab)
        let effects = bench.type("v")
        #expect(effects.contains { if case .send(_, .validate("D0412", ["a1"], nil)) = $0 { true } else { false } })
        bench.type(.down)
        bench.type("v")
        #expect(bench.text.contains("Valider K malgré CRITIQUE_ALERTE"))
        bench.type("1")
        let sent = bench.type(.enter)
        #expect(
            sent.contains {
                if case .send(_, .validate("D0412", ["a2"], "vu avec le tube, valeur plausible")) = $0 {
                    true
                } else {
                    false
                }
            })
    }

    @Test func `refuses in words what may not be validated`() {
        var bench = Morning.bench()
        bench.type(.down, .tab)
        let effects = bench.type("v")
        #expect(!effects.contains { if case .send = $0 { true } else { false } })
        #expect(bench.row(22).contains("[tech.held] CREA : IDENTITE"))
    }

    @Test func `validates what nothing holds in a tube and says what stays`() {
        var bench = Morning.bench()
        let effects = bench.type("V")
        #expect(
            effects.contains {
                if case .send(_, .validate("D0412", let ids, nil)) = $0 { Set(ids) == ["a1", "a3"] } else { false }
            })
        #expect(bench.row(22).contains("1 retenu(s) laissé(s)"))
    }

    @Test func `takes back the last thing done, before a signature`() throws {
        var bench = Morning.bench()
        bench.type(.tab)
        bench.type("v")
        let id = try #require(bench.sent.keys.first)
        _ = bench.receive(.done(id), at: bench.now)
        #expect(bench.row(22).contains("z annule"))
        let effects = bench.type("z")
        #expect(effects.contains { if case .send(_, .withdraw("D0412", ["a1"])) = $0 { true } else { false } })
        #expect(bench.type("z").contains(.bell))
    }

    @Test func `rejects only with a reason and the last digits of the tube`() {
        var bench = Morning.bench()
        bench.type(.tab)
        bench.type("X")
        bench.type("1")
        bench.type(.enter)
        bench.type("999")
        #expect(bench.type(.enter) == [.bell])
        #expect(bench.text.contains("regarder l'étiquette"))
        bench.type(.backspace, .backspace, .backspace)
        bench.type("412")
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .reject("D0412", "a1", "échantillon hémolysé")) = $0 { true } else { false }
            })
    }

    @Test(arguments: ["4,31", "4.31"]) func `takes comma and dot, and goes down with Enter`(text: String) {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        bench.type(text)
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .enter("D0412", "CO2", .number("4.31"), "", nil)) = $0 { true } else { false }
            })
        // Shown at once, as it is stored, while the server is asked.
        #expect(bench.text.contains("4,31 ⇡"))
        #expect(bench.face.mode == .browse)
    }

    @Test func `names the value that a new one replaces`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("4,4")
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .enter("D0412", "K", .number("4.4"), "a2", nil)) = $0 { true } else { false }
            })
    }

    @Test func `refuses in the cell what is no number and lists codes as they are typed`() {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab)
        bench.type("4,3x")
        #expect(bench.text.contains("n'est pas un nombre"))
        #expect(bench.type(.enter) == [.bell])
        bench.type(.control("u"))
        bench.type(".")
        #expect(bench.text.contains(".n normal"))
        bench.type("n")
        let effects = bench.type(.enter)
        #expect(
            effects.contains { if case .send(_, .enter(_, "NA", .text("Normal"), _, _)) = $0 { true } else { false } })
    }

    @Test func `gives digits without Shift on an AZERTY keyboard`() {
        var manner = Manner()
        manner.keymap = Keymap(azerty: true)
        var bench = Morning.bench(manner: manner)
        bench.type(.tab, .down, .down, .down)
        bench.type("'," + "\"&")
        let effects = bench.type(.enter)
        #expect(
            effects.contains { if case .send(_, .enter(_, "CO2", .number("4.31"), _, _)) = $0 { true } else { false } })
    }

    @Test func `opens the tube of a scan in the middle of typing and loses nothing typed`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("4,4")
        // A scanner that types key by key: its digits come out as keys first.
        var effects: [Effect] = []
        for digit in "261122000377" { effects += bench.receive(.input(.key(.character(digit))), at: bench.now) }
        effects = bench.receive(.input(.scan("261122000377", typed: 12)), at: bench.now)
        #expect(effects.contains(.find("261122000377")))
        #expect(bench.drafts.map(\.text) == ["4,4"])
        #expect(bench.sent.isEmpty)
        _ = bench.receive(.found(Morning.file(of: "261122000377"), accession: "261122000377"), at: bench.now)
        #expect(bench.face.key == "261122000377" && bench.face.pane == 3)
        #expect(bench.text.contains("3 Résultats D0377 PETIT Zoé"))
    }

    @Test func `does not move the line of the cursor while 50 events a second arrive`() {
        var bench = Morning.bench()
        bench.type(.down, .tab)
        bench.type("4")
        let before = (
            bench.face.key, bench.face.cursor - bench.face.top, bench.row(3).dropFirst(16), bench.drafts.map(\.text)
        )
        var lines = Morning.lines
        for number in 0..<50 {
            lines.insert(
                Morning.line("n\(number)", "2611220005\(10 + number)", "NOUVEAU Numéro", "K", "4,0", urgent: true),
                at: 0)
            _ = bench.receive(.loaded(.worklist(lines)), at: bench.now.advanced(by: .milliseconds(20)))
        }
        #expect(bench.face.key == before.0)
        #expect(bench.face.cursor - bench.face.top == before.1)
        #expect(bench.row(3).dropFirst(16) == before.2)
        #expect(bench.row(1).contains("▲ 50 nouveau(x) (R)"))
        #expect(bench.drafts.map(\.text) == before.3)
        // Somebody else validates the line above: it stays where it was, told as done.
        _ = bench.receive(.loaded(.worklist(lines.filter { $0.accession != "261122000412" })), at: bench.now)
        #expect(bench.row(3).dropFirst(16) == before.2)
        #expect(bench.row(2).contains("✓") && bench.row(2).contains("261122000412"))
        bench.type(.escape)
        bench.type("R")
        #expect(bench.face.key == before.0 && bench.face.rows.count == 52)
    }

    @Test func `keeps what is typed when the line is lost, and sends it when it is back`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        bench.type("27")
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.text.contains("HORS LIGNE depuis 14:32 : lecture seule, 0 saisie(s) en attente"))
        let accepted = bench.type(.enter)
        #expect(!accepted.contains { if case .send = $0 { true } else { false } })
        #expect(bench.text.contains("1 saisie(s) en attente"))
        #expect(!bench.type("v").contains { if case .send = $0 { true } else { false } })
        let back = bench.receive(.online, at: bench.now)
        #expect(
            back.contains { if case .send(_, .enter(_, "CO2", .number("27"), "", nil)) = $0 { true } else { false } })
    }

    @Test func `shows both values when two people write the same cell`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down)
        bench.type("4,3")
        bench.type(.enter)
        let id = try #require(bench.sent.keys.first)
        let refusal = Refusal(
            "enter.changed", at: "K", because: "quelqu'un d'autre a écrit ici entre-temps : 4,4 (l.roux)",
            remedy: "comparer les deux valeurs, puis choisir")
        let effects = bench.receive(.refused(id, refusal), at: bench.now)
        #expect(effects.contains(.open("D0412")))
        var theirs = Morning.line("a9", "261122000412", "MARTIN Léa", "K", "4,4", analyzer: nil, run: 2)
        theirs.author = "l.roux"
        _ = bench.receive(.file(Morning.file(of: "261122000412", lines: Morning.lines + [theirs])), at: bench.now)
        #expect(bench.text.contains("la mienne : 4,3  (tanguy)"))
        #expect(bench.text.contains("au dossier : 4,4  (l.roux)"))
        var kept = bench
        let mine = kept.type("g")
        #expect(
            mine.contains { if case .send(_, .enter(_, "K", .number("4.3"), "a9", nil)) = $0 { true } else { false } })
        bench.type("m")
        #expect(bench.drafts.isEmpty && bench.face.mode == .browse)
    }

    @Test func `notes a critical call from a form with its time`() {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down)
        #expect(!bench.possible.contains(.call))
        let call = CallRow(id: "a2", due: Morning.ago(-18), isOverdue: false, contact: "Dr TREGUER 02 98 00 00 00")
        _ = bench.receive(.loaded(.calls([call])), at: bench.now)
        #expect(bench.text.contains("à dire avant 14:50") && bench.text.contains("reste 17"))
        bench.type("a")
        #expect(bench.text.contains("Appel : K 6,4 mmol/L de MARTIN Léa"))
        for answer in ["Mme Kerbrat", "infirmière", "0298111111", "6,4"] {
            bench.type(answer)
            bench.type(.enter)
        }
        bench.type("1")
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .call("a2", "Mme Kerbrat", "infirmière", "0298111111", "6,4", true, true)) = $0 {
                    true
                } else {
                    false
                }
            })
    }

    @Test func `locks without losing a draft and goes on after the secret`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        bench.type("27")
        let locked = bench.receive(.locked, at: bench.now)
        #expect(locked.contains { if case .keep(let drafts) = $0 { drafts.map(\.text) == ["27"] } else { false } })
        #expect(bench.text.contains("Écran verrouillé ; secret de tanguy"))
        bench.type(.escape)
        #expect(bench.text.contains("Écran verrouillé"))
        // News of the line do not open it.
        _ = bench.receive(.online, at: bench.now)
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.house.link == .locked)
        bench.type("secret")
        #expect(bench.text.contains("******") && !bench.text.contains("secret :  secret"))
        let effects = bench.type(.enter)
        guard case .send(let id, .unlock("secret"))? = effects.first else { return #expect(Bool(false), "\(effects)") }
        _ = bench.receive(.done(id), at: bench.now)
        bench.type("i")
        #expect(bench.text.contains("27"))
    }

    @Test(arguments: [(80, 24), (100, 30), (120, 36), (200, 60), (60, 16), (40, 12)])
    func
        `never hides the controls and the triage, at any size and in any mode`(width: Int, height: Int)
    {
        var bench = Morning.bench(width: width, height: height)
        for keys in ["", "x", "?", "p", ":", "/", "X"] {
            bench.type(keys)
            #expect(bench.row(0).contains("CQ 1✖ 1⧗") && bench.row(0).contains("TRI 3"), "\(keys)")
            bench.type(.escape)
        }
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.row(0).contains("CQ 1✖ 1⧗") && bench.row(0).contains("TRI 3"))
    }

    @Test func `reaches every action of a line from the menu`() {
        var offered = Set<Action>()
        var bench = Morning.bench()
        bench.type(.tab, .down)
        offered.formUnion(bench.possible)
        _ = bench.receive(
            .loaded(.calls([CallRow(id: "a2", due: bench.now, isOverdue: true, contact: nil)])), at: bench.now)
        bench.done.append(.validate(request: "D0412", ids: ["a1"], reason: nil))
        offered.formUnion(bench.possible)
        var file = Morning.file(of: "261122000412")
        file.lines.append(Morning.line("a9", "261122000412", "MARTIN Léa", "K", "6,3", run: 2))
        file.tubes[0].received = nil
        _ = bench.receive(.file(file), at: bench.now)
        offered.formUnion(bench.possible)
        bench.type(":")
        bench.type("tri")
        bench.type(.enter)
        let entry = TriageRow(id: "t1", analyzer: "cobas", reason: "tube_inconnu", explanation: "", at: bench.now)
        _ = bench.receive(.loaded(.triage([entry])), at: bench.now)
        offered.formUnion(bench.possible)
        let missing = Action.allCases.filter { $0.isForLine && !offered.contains($0) }
        #expect(missing == [])
    }

    @Test func `lets somebody who knows only x and ? validate ten tubes and hold one`() {
        let lines = (0..<11).map { number in
            Morning.line("l\(number)", "26112200040\(number % 10)\(number / 10)", "PATIENT \(number)", "NA", "140")
        }
        var bench = Morning.bench(lines: lines)
        // The menu says what V does, and works with the arrows alone.
        for number in 0..<10 {
            bench.type("x")
            #expect(bench.text.contains("valider tout ce que rien ne retient"))
            let place = bench.possible.firstIndex(of: .validateTube) ?? 0
            for _ in 0..<place { bench.type(.down) }
            let effects = bench.type(.enter)
            let id = effects.compactMap { if case .send(let id, .validate) = $0 { id } else { nil } }.first
            #expect(id != nil)
            _ = bench.receive(.done(id ?? 0), at: bench.now)
            _ = bench.receive(.loaded(.worklist(Array(lines.dropFirst(number + 1)))), at: bench.now)
            bench.type(.down)
        }
        #expect(bench.currentTube?.lines.map(\.id) == ["l10"])
        bench.type("x")
        let place = bench.possible.firstIndex(of: .nonconformity) ?? 0
        for _ in 0..<place { bench.type(.down) }
        bench.type(.enter)
        bench.type("2")
        let effects = bench.type(.enter)
        #expect(
            effects.contains { if case .send(_, .receive(_, nonconformity: "coagulum")) = $0 { true } else { false } })
    }
}
