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
        #expect(bench.row(21).contains("[tech.held] CREA : IDENTITE"))
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
                if case .send(_, .enter("D0412", "CO2", .number("4.31"), "")) = $0 { true } else { false }
            })
        // Shown at once, as it is stored, while the server is asked.
        #expect(bench.text.contains("4,31 mmol/L ⇡"))
        #expect(bench.face.mode == .browse)
    }

    @Test func `names the value that a new one replaces`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("4,4")
        #expect(!bench.type(.enter).contains { if case .send = $0 { true } else { false } })
        #expect(bench.text.contains("K : mettre 4,4 à la place de 6,4 mmol/L cobas 13:50 ?"))
        bench.type("412")
        let effects = bench.type(.enter)
        #expect(
            effects.contains {
                if case .send(_, .enter("D0412", "K", .number("4.4"), "a2")) = $0 { true } else { false }
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
        bench.type(.enter)
        bench.type("412")
        let effects = bench.type(.enter)
        #expect(
            effects.contains { if case .send(_, .enter(_, "NA", .text("Normal"), _)) = $0 { true } else { false } })
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
        // The time that is left runs while the form is filled in.
        _ = bench.receive(.tick, at: bench.now.advanced(by: .seconds(600)))
        #expect(bench.text.contains("(reste 7 "))
        _ = bench.receive(.tick, at: bench.now.advanced(by: .seconds(600)))
        #expect(bench.text.contains("DÉPASSÉ depuis 14:50 (2 min)"))
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
        let ended = ["auth.token", "auth.expired"].map { Refusal($0, because: "", remedy: "").endsSession }
        #expect(ended == [true, true] && !Refusal("auth.permission", because: "", remedy: "").endsSession)
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

    @Test func `a decision value and a therapeutic range are told apart from an interval wherever they stand`() {
        #expect(Language.french.bounds("≤ 5,0", .reference) == "≤ 5,0")
        #expect(Language.french.bounds("", .decision).isEmpty)
        for (nature, french, english) in [
            (AppliedInterval.Nature.decision, ("seuil ≤ 4,9", "valeur décisionnelle ≤ 4,9"), "limit ≤ 4,9"),
            (.therapeutic, ("cible ≤ 4,9", "zone thérapeutique ≤ 4,9"), "target ≤ 4,9"),
        ] {
            #expect(Language.english.bounds("≤ 4,9", nature) == english)
            var bench = Morning.bench(width: 160, height: 40)
            let lines = Morning.lines.map { line in
                var line = line
                if line.analysis == "K" { (line.interval, line.nature) = ("≤ 4,9", nature) }
                return line
            }
            _ = bench.receive(.loaded(.worklist(lines)), at: bench.now)
            _ = bench.receive(.file(Morning.file(of: "261122000412", lines: lines)), at: bench.now)
            bench.type(.tab, .down)
            #expect(bench.currentResult?.analysis == "K")
            #expect(bench.text.contains(french.0) && bench.text.contains(french.1))
            #expect(!bench.text.contains("intervalle ≤ 4,9"))
        }
    }

    @Test func `chooses among several runs, the ones after it set aside with a reason`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        var second = Morning.line("a9", "261122000412", "MARTIN Léa", "K", "4,1", run: 2)
        second.author = nil
        let lines = Morning.lines + [second]
        _ = bench.receive(.loaded(.worklist(lines)), at: bench.now)
        _ = bench.receive(.file(Morning.file(of: "261122000412", lines: lines)), at: bench.now)
        bench.type(.tab, .down)
        #expect(bench.currentResult?.line?.id == "a9")
        bench.type("u")
        #expect(bench.text.contains("1 passage 1, 6,4 mmol/L, cobas"))
        #expect(bench.text.contains("2 passage 2, 4,1 mmol/L, cobas, compte"))
        bench.type("9")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("choisir dans la liste"))
        bench.type(.backspace)
        bench.type("1")
        bench.type(.enter)
        bench.type("1")
        let effects = bench.type(.enter)
        let wanted = Deed.choose(
            request: "D0412", keep: "a2", isBack: false, aside: ["a9"], reason: "premier passage confirmé")
        let id = try #require(effects.compactMap { if case .send(let id, wanted) = $0 { id } else { nil } }.first)
        _ = bench.receive(.done(id), at: bench.now)
        #expect(bench.text.contains("passage choisi ; z annule"))
        #expect(bench.type("z").contains { if case .send(_, .withdraw("D0412", ["a9"])) = $0 { true } else { false } })
    }

    @Test func `offers coded comments as they are typed`() {
        var bench = Morning.bench()
        #expect(!bench.possible.contains(.comment))
        let texts = [
            ("HEMO1", "Échantillon hémolysé."), ("HEMO2", "Très hémolysé."), ("RECOL", "Nouveau prélèvement."),
        ]
        _ = bench.receive(.loaded(.comments(texts.map { CodedText(code: $0.0, text: $0.1) })), at: bench.now)
        bench.type(.tab)
        bench.type("c")
        #expect(bench.text.contains("3 RECOL Nouveau prélèvement."))
        bench.type("hemo")
        #expect(bench.text.contains("HEMO2") && !bench.text.contains("RECOL"))
        #expect(bench.type(.enter) == [.bell])
        bench.type("2")
        let effects = bench.type(.enter)
        #expect(
            effects.contains { if case .send(_, .comment("D0412", "a1", "HEMO2")) = $0 { true } else { false } })
    }

    @Test func `has a blood group typed twice, the second time unseen, the first held by the server`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        var file = Morning.file(of: "261122000412")
        file.asked.append(("GSABO", "Groupe ABO-RhD", ""))
        file.twice = ["GSABO"]
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .end)
        bench.type("i")
        bench.type("A POS")
        let held = Deed.firstReading(request: "D0412", analysis: "GSABO", value: .text("A POS"))
        bench.type(.enter)
        #expect(bench.sentDeeds == [held])
        #expect(bench.text.contains("la taper une seconde fois") && !bench.text.contains("A POS"))
        // The second one does not overtake it.
        bench.type("A POS")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("en route vers le serveur"), "\(bench.text)")
        bench.type(.control("u"))
        _ = bench.receive(.done(try #require(bench.sent.keys.first)), at: bench.now)
        #expect(bench.sent.isEmpty && bench.text.contains("la taper une seconde fois"))
        // Lost in between, it is a draft.
        #expect(bench.drafts.map(\.text) == ["A POS"])
        bench.type("A NEG")
        #expect(bench.type(.enter).contains(.bell) && bench.text.contains("deux saisies différentes"))
        bench.type("A POS")
        bench.type(.enter)
        _ = bench.receive(.done(try #require(bench.sent.keys.first)), at: bench.now)
        bench.type("A POS")
        bench.type(.enter)
        #expect(
            bench.sentDeeds.contains {
                if case .enter(_, "GSABO", .text("A POS"), _) = $0 { true } else { false }
            })
    }

    @Test func `leaves a first typing that the server would not hold in its cell, and holds none without the line`()
        throws
    {
        var bench = Morning.bench(width: 120, height: 36)
        var file = Morning.file(of: "261122000412")
        file.twice = ["CO2"]
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .end)
        bench.type("24")
        bench.type(.enter)
        let id = try #require(bench.sent.keys.first)
        let refusal = Refusal("enter.unrequested", at: "CO2", because: "pas demandée", remedy: "l'ajouter")
        _ = bench.receive(.refused(id, refusal), at: bench.now)
        guard case .entry(let entry) = bench.face.mode else { return #expect(Bool(false), "\(bench.text)") }
        #expect(entry.field.text == "24" && entry.first == nil && bench.text.contains("[enter.unrequested]"))
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.type(.enter).contains(.bell) && bench.sent.isEmpty)
        #expect(bench.drafts.map(\.text) == ["24"] && bench.drafts.allSatisfy { !$0.isAccepted })
        #expect(bench.row(35).contains("CO2 se saisit deux fois, avec le serveur"), "\(bench.text)")
    }

    /// As in a spreadsheet (UX section 3): what is typed takes the place of what stands there.
    @Test(arguments: [Key.character("i"), .enter, .function(4)]) func `opens a filled cell selected`(key: Key) {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab)
        func field() -> String {
            guard case .entry(let entry) = bench.face.mode else { return "no cell" }
            return entry.field.text
        }
        bench.type(key)
        #expect(field() == "139" && bench.row(35).contains("f2 modifier"))
        let cursor = bench.draw().cursor
        #expect(cursor.map { bench.draw()[$0.row, $0.column - 1].style.reverse } == true)
        bench.type("14")
        #expect(field() == "14" && !bench.row(35).contains("f2 modifier"))
        bench.type(.control("u"), .escape)
        // F2 and the arrows go into it.
        bench.type(key, .function(2))
        bench.type("5")
        #expect(field() == "1395")
        bench.type(.control("u"), .escape)
        bench.type(key, .home)
        bench.type("5")
        #expect(field() == "5139")
        bench.type(.control("u"), .escape)
        bench.type(key, .backspace)
        #expect(field().isEmpty)
        bench.type(.escape)
        bench.type(key)
        _ = bench.receive(.input(.paste("140")), at: bench.now)
        #expect(field() == "140")
        // A measured value gives way to the digits of its tube only.
        bench.type(.enter)
        #expect(bench.sent.isEmpty && bench.text.contains("NA : mettre 140 à la place de 139 mmol/L cobas"))
    }

    @Test func `looks for the row of a command when its list is here, and never says empty before`() {
        var bench = Morning.bench()
        bench.type(":")
        bench.type("tri t2")
        #expect(bench.type(.enter).contains(.load(.triage)))
        #expect(bench.text.contains("chargement…") && !bench.text.contains("rien dans cette liste"))
        let rows = ["t1", "t2"].map {
            TriageRow(
                id: $0, analyzer: "cobas", reason: "tube_inconnu", explanation: "", accession: "00" + $0, code: "GLU",
                value: "5.2", at: Morning.ago(7))
        }
        _ = bench.receive(.loaded(.triage(rows)), at: bench.now)
        #expect(bench.face.key == "t2")
        // News do not move it any more.
        bench.type(.up)
        _ = bench.receive(.loaded(.triage(rows)), at: bench.now)
        #expect(bench.face.key == "t1")
        bench.type(":")
        bench.type("tri 00t2")
        bench.type(.enter)
        #expect(bench.face.key == "t2")
        bench.type(":")
        bench.type("tri t9")
        #expect(bench.type(.enter).contains(.bell) && bench.row(22).contains("« t9 » n'est pas dans Tri"))
        var lost = Workbench(at: Morning.now)
        _ = lost.receive(.offline, at: Morning.now)
        #expect(lost.text.contains("pas encore reçu du serveur"))
    }

    @Test func `refuses in the cell, in words, what cannot be`() {
        var bench = Morning.bench(width: 120, height: 36)
        var file = Morning.file(of: "261122000412")
        file.limits["K"] = .init(decimals: 1, low: Exact(1), high: Exact(12))
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .down)
        for (typed, words) in [("4,25", "1 décimale(s) au plus"), ("42", "42 ne se peut pas (possible : 1 – 12)")] {
            bench.type(typed)
            #expect(bench.type(.enter) == [.bell] && bench.row(34).contains(words), "\(bench.row(34))")
            bench.type(.control("u"))
        }
        bench.type("4,2")
        bench.type(.enter)
        #expect(bench.text.contains("K : mettre 4,2 à la place de 6,4"))
    }

    /// `e` lies beneath `3`: a slip for 132, of which 100 must not be made.
    @Test(arguments: ["1e2", "4e0", "1E2", "<1e1", "1,2e1"]) func `takes no exponent for a value`(typed: String) {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down, .down, .down)
        bench.type(typed)
        #expect(bench.row(34).contains("« \(typed) » n'est pas un nombre"), "\(bench.row(34))")
        #expect(bench.type(.enter) == [.bell] && bench.sent.isEmpty)
        bench.type(.control("u"))
        bench.type("24")
        #expect(bench.type(.enter).contains { if case .send = $0 { true } else { false } })
    }

    @Test func `keeps in its cell what the server would not have, with its words`() throws {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(.tab, .down, .down, .down)
        bench.type("2400")
        bench.type(.enter)
        let id = try #require(bench.sent.keys.first)
        let refusal = Refusal("enter.absurd", at: "CO2", because: "2400 ne se peut pas", remedy: "vérifier la virgule")
        let effects = bench.receive(.refused(id, refusal), at: bench.now)
        #expect(effects.contains { if case .keep(let drafts) = $0 { drafts.map(\.text) == ["2400"] } else { false } })
        #expect(bench.row(34).contains("[enter.absurd] CO2 : 2400 ne se peut pas. vérifier la virgule."))
        // It is not sent again by itself.
        _ = bench.receive(.offline, at: bench.now)
        #expect(!bench.receive(.online, at: bench.now).contains { if case .send = $0 { true } else { false } })
        bench.pause()
        bench.type("i")
        #expect(bench.text.contains("2400") && bench.text.contains("[enter.absurd]"))
        bench.type(.end, .backspace, .backspace)
        #expect(
            bench.type(.enter).contains {
                if case .send(_, .enter(_, "CO2", .number("24"), _)) = $0 { true } else { false }
            })
    }

    @Test func `shows what the engine looked at, and scrolls it`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        #expect(bench.type("p") == [.why("a2")])
        let checks = (0..<30).map { step in
            WhySheet.Check(
                step: step, rule: "delta@\(step)", outcome: step == 7 ? .yes : step == 8 ? .notApplicable : .no,
                code: step == 7 ? "DELTA" : "", seen: "K 6,4 ; antérieur 4,2 ; limite 1,0")
        }
        let sheet = WhySheet(at: Morning.ago(42), engine: 1, catalogue: "c0ffee", rules: "beef", checks: checks)
        _ = bench.receive(.why("a2", sheet), at: bench.now)
        #expect(bench.text.contains("Jugé 13:50 : moteur 1, catalogue c0ffee, règles beef"))
        #expect(bench.text.contains("7 delta@7 : oui [DELTA]") && bench.text.contains("limite 1,0"))
        bench.type(.pageDown, .pageDown, .pageDown)
        #expect(bench.text.contains("29 delta@29 : non") && !bench.text.contains("delta@8 "))
        bench.type(.escape)
        #expect(bench.face.mode == .browse)
    }

    @Test(arguments: [(Language.french, "réceptionné", "retenu"), (.english, "received", "held")])
    func `tells the story of a tube in the language of the screen`(language: Language, received: String, held: String) {
        var manner = Manner()
        manner.language = language
        var bench = Morning.bench(manner: manner)
        bench.type("t")
        #expect(bench.text.contains("261122000412 \(received)") && bench.text.contains("\(held) CRITIQUE_ALERTE"))
    }

    @Test func `shows the trend of a value with the number of its change`() {
        var bench = Morning.bench(width: 120, height: 36)
        var file = Morning.file(of: "261122000412")
        let values = ["4.0", "4.2", "6.4"]
        file.pasts["K"] = .init(
            points: values.enumerated().map {
                Trend.Point(
                    at: Morning.ago(9000 - 100 * $0.offset), value: Measured($0.element), unit: "mmol/L",
                    method: "cobas")
            }, low: Exact("3.5"), high: Exact("4.9"))
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .down)
        #expect(bench.text.contains("tendance ▂▃█ Δ +2,2"))
    }

    @Test func `takes clicks for what they point at`() {
        var bench = Morning.bench()
        _ = bench.receive(.input(.click(row: 4, column: 30)), at: bench.now)
        #expect(bench.face.key == "261122000377" && bench.face.pane == 2)
        _ = bench.receive(.input(.click(row: 5, column: 3)), at: bench.now)
        #expect(bench.face.list == .quality)
    }

    @Test func `selects all alike and validates them together`() {
        let lines = (0..<6).map { number in
            Morning.line(
                "l\(number)", "26112200040\(number)", "PATIENT \(number)", "NA", "140",
                holds: number == 2 ? [Hold(.delta, "écart")] : [])
        }
        var bench = Morning.bench(lines: lines)
        bench.type("*")
        #expect(bench.face.selected.count == 5 && bench.row(22).contains("5 tube(s) choisi(s)"))
        let effects = bench.type("V")
        #expect(effects.count { if case .send(_, .validate) = $0 { true } else { false } } == 5)
    }

    @Test func `prints its keys on one page, the person's own`() throws {
        var manner = Manner()
        manner.keymap = try Keymap(text: "valider = f9 w")
        let page = KeyCard.page(manner)
        #expect(page.count <= KeyCard.lines && page.allSatisfy { CellWidth.of($0) <= KeyCard.width })
        let text = page.joined(separator: "\n")
        for action in Action.allCases {
            #expect(text.contains(Texts(.french)[Workbench.word(of: action)].prefix(20)), "\(action)")
        }
        #expect(text.contains("f9 w        valider ce résultat"))
    }
}

/// RULES section 11: seen and decided by a key, as the command does.
@Suite struct `Reflex tests on the worklist` {
    private func list() -> Workbench {
        var bench = Morning.bench(width: 120, height: 36)
        bench.type(":")
        bench.type("liste réflexes")
        bench.type(.enter)
        return bench
    }

    @Test(arguments: [("1", true), ("2", false)]) func `are added or refused with a reason`(key: String, accept: Bool) {
        var bench = list()
        #expect(bench.text.contains("TSH hors de son intervalle"), "\(bench.text)")
        bench.type("F")
        bench.type(key)
        bench.type(.enter)
        bench.type("1")
        let deed = Deed.reflex(
            request: "D0500", rule: "TSH-T4L@1", accept: accept, reason: "concordant avec la clinique et l'antérieur")
        let effects = bench.type(.enter)
        let sent = effects.compactMap { if case .send(_, let deed) = $0 { deed } else { nil } }
        #expect(sent == [deed], "\(bench.text)")
        let after = bench.receive(.done(1), at: bench.now)
        #expect(after.contains(.load(.reflexes)) && after.contains(.open("D0500")))
        #expect(bench.text.contains(accept ? "T4L ajouté à la demande" : "T4L refusé"), "\(bench.text)")
        let undo = bench.type("z")
        #expect(undo == [.bell] && bench.text.contains("réflexe TSH-T4L@1"), "it is not taken back: said")
    }

    @Test func `take neither another word than add or refuse nor an empty reason`() {
        var bench = list()
        bench.type("F")
        bench.type("peut-être")
        #expect(bench.type(.enter) == [.bell])
        guard case .question(let question) = bench.face.mode else {
            Testing.Issue.record("the question went away")
            return
        }
        #expect(question.at == 0 && question.complaint != nil)
        bench.type(.control("u"))
        bench.type("1")
        bench.type(.enter)
        bench.type("oo")
        #expect(bench.type(.enter) == [.bell])
    }

    @Test func `are offered in their own file only, and to who may validate`() {
        var bench = Morning.bench()
        #expect(!bench.possible.contains(.reflex))
        bench.type("F")
        #expect(bench.face.mode == .browse)
        bench = list()
        #expect(bench.possible.contains(.reflex))
        _ = bench.receive(
            .who(person: "Zoé Le Bris", login: "zoe", site: "BREST", Role.secretary.permissions), at: bench.now)
        #expect(!bench.possible.contains(.reflex))
    }
}
