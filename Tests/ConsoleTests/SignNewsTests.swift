import Base
import Console
import Laboratory
import Testing

/// Nothing is signed that was not read, and nothing that was written of a file is lost at its signature.
@Suite struct `What the biologist wrote, and what changes while it is read` {
    static let number = "261122-0412"
    static func sheet(_ draft: SignDraft = SignDraft(), k: String? = nil, version: Int = 1) -> SignSheet {
        var sheet = SignMorning.sheet(
            number, draft: draft, version: version, isAmendment: version > 1, isCritical: false)
        if let k { sheet.lines.append(SignMorning.line("K", k, "mmol/L", ("3.5", "4.9"), number: number)) }
        for place in sheet.lines.indices where draft.except.contains(sheet.lines[place].line.analysis) {
            sheet.lines[place].isLeft = true
        }
        if let k { sheet.contentHash = "hash of K " + k }
        return sheet
    }
    private func bench(_ sheet: SignSheet = sheet(k: "4.0")) -> SignBench {
        var bench = SignMorning.bench(sheet: sheet)
        bench.type(.enter)
        return bench
    }
    private func signed(_ effects: [SignEffect]) -> SignDraft? {
        guard case .sign(_, _, _, _, let draft) = SignBench.deeds(effects).first else { return nil }
        return draft
    }

    @Test func `a signature asked for at once waits for the file with what was just left out`() throws {
        var bench = bench()
        bench.type(.down, .down)
        let draft = SignDraft(except: ["K"])
        #expect(bench.type("e", every: .milliseconds(20)) == [.open(Self.number, draft)])
        // Faster than the server: the code too.
        #expect(bench.type("s", every: .milliseconds(20)) == [.open(Self.number, draft)])
        #expect(bench.type("2417", every: .milliseconds(20)).isEmpty && bench.mode == .browse)
        #expect(!bench.text.contains("2417"))
        // An answer without the draft is no file to sign.
        _ = bench.receive(.sheet(Self.sheet(k: "4.0")), at: bench.now)
        #expect(bench.mode == .browse)
        _ = bench.receive(.sheet(Self.sheet(draft, k: "4.0")), at: bench.now)
        #expect(bench.text.contains("compte rendu partiel, manque K"), "\(bench.text)")
        #expect(bench.text.contains("****") && !bench.text.contains("2417"))
        bench.type("03")
        let effects = bench.type(.enter)
        #expect(signed(effects) == draft)
        guard case .sign(_, let pin, let partial, _, _) = try #require(SignBench.deeds(effects).first) else { return }
        #expect(pin == "241703" && partial)
    }

    @Test func `what was typed for a question that does not open is no command, and escape gives it up`() {
        var bench = bench()
        bench.type(.down)
        bench.type("e")
        bench.type("s", every: .milliseconds(20))
        bench.type("q", every: .milliseconds(20))
        bench.type(.escape)
        _ = bench.receive(.sheet(Self.sheet(SignDraft(except: ["CL"]), k: "4.0")), at: bench.now)
        #expect(bench.mode == .browse, "given up")
        // Everything is left out: no question, and what was typed for it does nothing.
        for key in ["e", "e"] {
            bench.type(.up)
            bench.type(key)
        }
    }

    /// The screen shows an age: what the signature covers is the day.
    @Test func `a day of birth that is put right is told, and nothing is signed over it unread`() {
        var read = Self.sheet(k: "4.0")
        read.birth = "05/01/1960"
        read.traits = ["Léa", "29019"]
        var bench = bench(read)
        var righted = read
        righted.birth = "05/02/1960"
        righted.contentHash = "hash of another day"
        _ = bench.receive(.sheet(righted), at: bench.now)
        #expect(bench.notice?.text.contains("identité (05/01/1960 → 05/02/1960)") == true, "\(bench.text)")
        #expect(bench.type("s") == [.bell] && bench.mode == .browse, "\(bench.text)")
        #expect(bench.text.contains("identité (05/01/1960 → 05/02/1960)"))
        bench.type("s")
        #expect(bench.text.contains("code de signature"), "\(bench.text)")
        bench.type(.escape)
        // Another place of birth, or number, has no place on the screen: that the identity changed is said.
        righted.traits[1] = "29232"
        _ = bench.receive(.sheet(righted), at: bench.now)
        #expect(bench.type("s") == [.bell] && bench.notice?.text.contains("identité") == true, "\(bench.text)")
    }

    @Test func `a file found by its label comes with what was written of it`() {
        var bench = bench()
        bench.type("c")
        bench.type("HEMO1")
        bench.type(.enter)
        let draft = SignDraft(comments: ["HEMO1"])
        _ = bench.receive(.sheet(Self.sheet(draft, k: "4.0")), at: bench.now)
        #expect(bench.receive(.input(.scan("261122000412", typed: 0)), at: bench.now) == [.find("261122000412")])
        #expect(bench.receive(.found(Self.sheet(k: "4.0")), at: bench.now) == [.open(Self.number, draft)])
        bench.type("s")
        #expect(bench.mode == .browse, "not without its comment")
        _ = bench.receive(.sheet(Self.sheet(draft, k: "4.0")), at: bench.now)
        bench.type("241703")
        #expect(signed(bench.type(.enter)) == draft)
    }

    @Test func `a file that was begun is in no batch, and the batch says so`() {
        var bench = SignMorning.bench()
        _ = bench.receive(
            .drafts([SignLeft(number: "261122-0377", draft: SignDraft(note: "à rappeler"), at: bench.now)]),
            at: bench.now)
        bench.type("S")
        guard case .lot(let picks, _, _) = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(picks.map(\.number) == ["261122-0375"])
        #expect(bench.text.contains("un brouillon y est commencé : 261122-0377"), "\(bench.text)")
        bench.type(.escape)
        _ = bench.receive(
            .drafts([SignLeft(number: "261122-0375", draft: SignDraft(except: ["K"]), at: bench.now)]), at: bench.now)
        bench.type("S")
        #expect(bench.mode == .browse && bench.text.contains("261122-0375, 261122-0377"), "\(bench.text)")
    }

    @Test func `drafts of files that nobody waits for are told apart`() {
        var bench = SignMorning.bench()
        let left = ["261122-0377", "261101-0007"].map {
            SignLeft(number: $0, draft: SignDraft(note: "à rappeler"), at: bench.now)
        }
        _ = bench.receive(.drafts(left), at: bench.now)
        #expect(bench.notice?.text.contains("retrouvé(s) : 261122-0377 ;") == true, "\(bench.text)")
        #expect(bench.notice?.text.contains("plus de signature : 261101-0007") == true, "\(bench.text)")
    }

    @Test func `a value that changes under the eyes is marked, told, and not signed by the key that follows`() {
        var bench = bench()
        var changed = Self.sheet(k: "4.6")
        changed.prescriber = "Dr Anne LE BIHAN"
        _ = bench.receive(.sheet(changed), at: bench.now)
        #expect(bench.text.contains("• K") && bench.text.contains("K 4,0 mmol/L → 4,6 mmol/L"), "\(bench.text)")
        #expect(bench.notice?.text.contains("prescripteur") == true)
        #expect(bench.type("s", every: .milliseconds(350)).contains(.bell))
        #expect(bench.mode == .browse && bench.text.contains("le dossier a changé depuis sa lecture"), "\(bench.text)")
        // The code that was on its way is no command.
        bench.type("241703", every: .milliseconds(100))
        #expect(bench.mode == .browse && bench.pane == 2)
        #expect(!bench.text.contains("• K"), "it was told")
        bench.type("s")
        bench.type("241703")
        guard case .sign(let pick, _, _, _, _) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(pick.contentHash == "hash of K 4.6")
    }

    @Test func `what this person changes, and what only the clock changes, is no news`() {
        var bench = bench()
        bench.type(.down, .down)
        bench.type("c")
        bench.type("HEMO1")
        bench.type(.enter)
        var sheet = Self.sheet(SignDraft(comments: ["HEMO1"]), k: "4.0")
        sheet.lastVisit = Morning.ago(1)
        _ = bench.receive(.sheet(sheet), at: bench.now)
        #expect(bench.notice == nil)
        bench.type("X")
        bench.type("1")
        bench.type(.enter)
        bench.type("412")
        #expect(SignBench.deeds(bench.type(.enter)).count == 1, "\(bench.text)")
        _ = bench.receive(.done(1, .kept), at: bench.now)
        sheet.lines.removeLast()
        _ = bench.receive(.sheet(sheet), at: bench.now)
        bench.type("s")
        guard case .question = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
    }

    @Test func `an amendment whose file changes while it is read is set side by side anew`() {
        var bench = bench(Self.sheet(k: "4.0", version: 2))
        bench.type("R")
        bench.type("2")
        bench.type(.enter)
        bench.type("tube échangé")
        bench.type(.enter)
        let draft = SignDraft(amendment: Amendment(.result, words: "tube échangé"))
        _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
        _ = bench.receive(.sheet(Self.sheet(draft, k: "4.0", version: 2)), at: bench.now)
        // A stray key leaves nothing.
        #expect(bench.type("x") == [.bell] && bench.mode == .amendment(Self.number, top: 0))
        _ = bench.receive(.sheet(Self.sheet(draft, k: "4.9", version: 2)), at: bench.now)
        let effects = bench.type(.enter)
        #expect(effects == [.bell, .versions(Self.number, draft)], "\(bench.text)")
        #expect(bench.text.contains("K 4,0 mmol/L → 4,9 mmol/L"), "\(bench.text)")
        bench.type(.enter)
        #expect(bench.mode == .amendment(Self.number, top: 0), "not before both are on the screen")
        _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
        bench.type(.enter)
        guard case .question = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        // Left and begun again: reason and words are there.
        bench.type(.escape)
        bench.type("R")
        #expect(bench.text.contains("tube échangé"), "\(bench.text)")
    }

    @Test func `the upper row of AZERTY gives digits to every number that is asked`() {
        var manner = Manner()
        manner.keymap = Keymap(azerty: true)
        var lot = SignMorning.bench(manner: manner)
        lot.type("S")
        let asked = lot.type(.enter)
        guard case .open(let drawn, _) = asked.first else { return }
        _ = lot.receive(.sheet(SignMorning.sheet(drawn, isCritical: false)), at: lot.now)
        lot.type(.enter)
        lot.type("é")
        lot.type(.enter)
        lot.type("é'&è")
        guard case .lot(let picks, let pin) = SignBench.deeds(lot.type(.enter)).first else {
            Testing.Issue.record("\(lot.text)")
            return
        }
        #expect(picks.count == 2 && pin == "2417")

        var bench = SignMorning.bench(manner: manner, sheet: Self.sheet(k: "4.0"))
        bench.type(.enter)
        bench.type("X")
        bench.type("&")
        #expect(bench.text.contains("1 RECOLLECT"), "the choices stay in sight\n\(bench.text)")
        bench.type(.enter)
        bench.type("'&é")
        guard case .reject(_, _, let reason) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(reason.hasPrefix("RECOLLECT"))
        // Words stay words.
        bench.type("C")
        bench.type("à jeun")
        bench.type(.enter)
        #expect(bench.drafts[Self.number]?.note == "à jeun")
    }

    // Of a slow line, that gives keys together

    private func scan(_ bench: inout SignBench, _ code: String, typed: Int = 0) -> [SignEffect] {
        bench.receive(.input(.scan(code, typed: typed)), at: bench.now.advanced(by: .seconds(2)))
    }

    @Test func `the key and the code in one burst ask for a signature, and are neither looked for nor shown`() {
        var bench = bench()
        let effects = scan(&bench, "s290618")
        // Nobody can have read the question: it stays, with the code, until somebody says so.
        #expect(SignBench.deeds(effects).isEmpty && effects.contains(.bell))
        #expect(bench.text.contains("vient d'apparaître") && !bench.text.contains("290618"), "\(bench.text)")
        #expect(signed(bench.type(.enter)) == SignDraft(), "\(bench.text)")
        var alone = self.bench()
        #expect(scan(&alone, "290618") == [.bell] && alone.mode == .browse && !alone.text.contains("290618"))
        #expect(alone.text.contains("rien n'est fait"))
        // A label, and a number of a request, are looked for.
        for label in [
            "26112300121", "261122000412", "261101-0007", "H1234567", "C1234567", "X1234567", "R1234567", "S123456",
        ] {
            var bench = self.bench()
            #expect(scan(&bench, label) == [.find(label)], "\(label)")
        }
    }

    @Test func `a code and its enter that come as soon as the question leave it there`() {
        var bench = bench()
        bench.type("s")
        let burst = bench.receive(.input(.scan("290618", typed: 0)), at: bench.now.advanced(by: .milliseconds(60)))
        #expect(SignBench.deeds(burst).isEmpty && bench.text.contains("vient d'apparaître"), "\(bench.text)")
        #expect(signed(bench.type(.enter)) == SignDraft())

        // The same for a batch, with the number of its files.
        var lot = self.bench()
        lot.type("S")
        guard case .open(let drawn, _) = lot.type(.enter).first else {
            Testing.Issue.record("\(lot.text)")
            return
        }
        _ = lot.receive(.sheet(SignMorning.sheet(drawn, isCritical: false)), at: lot.now)
        lot.type(.enter)
        var effects = [SignEffect]()
        for key in [Key.character("2"), .enter] + "290618".map({ .character($0) }) + [.enter] {
            effects += lot.receive(.input(.key(key)), at: lot.now)
        }
        #expect(SignBench.deeds(effects).isEmpty && lot.text.contains("vient d'apparaître"), "\(lot.text)")
        guard case .lot(_, let pin) = SignBench.deeds(lot.type(.enter)).first else {
            Testing.Issue.record("\(lot.text)")
            return
        }
        #expect(pin == "290618")
    }

    @Test func `a secret given in one burst unlocks, the label of a tube does not`() {
        var bench = bench()
        bench.type(.control("l"))
        #expect(scan(&bench, "26112300121").allSatisfy { $0 == .bell } && bench.link == .locked)
        #expect(SignBench.deeds(scan(&bench, "demo-anne-2026")) == [.unlock("demo-anne-2026")])
        bench.type("x")
        #expect(bench.text.contains("connexion en cours"), "\(bench.text)")
    }

    @Test func `a session that ends under the hand that types a code takes none of it for the secret`() {
        var bench = bench()
        bench.type("s")
        bench.type("24", every: .milliseconds(120))
        _ = bench.receive(.locked, at: bench.now.advanced(by: .milliseconds(50)))
        #expect(bench.type("1703", every: .milliseconds(120)).isEmpty)
        #expect(SignBench.deeds(bench.type(.enter)).isEmpty, "nothing was typed for the secret")
        bench.type("secret")
        #expect(SignBench.deeds(bench.type(.enter)) == [.unlock("secret")])
    }

    @Test func `what was left for later and is signed by somebody else is no obstacle`() {
        func refusal(_ analysis: String) -> SignEvent {
            .draftRefused(
                Self.number,
                Refusal("sign.except.signed", at: analysis, because: "la version précédente le porte", remedy: ""))
        }
        var bench = bench(Self.sheet(k: "4.0", version: 2))
        bench.drafts[Self.number] = SignDraft(except: ["K", "NA"], note: "à rappeler")
        let known = SignDraft(except: ["NA"], note: "à rappeler")
        #expect(bench.receive(refusal("K"), at: bench.now) == [.open(Self.number, known), .bell])
        #expect(bench.notice?.text.contains("K de 261122-0412 est signé entre-temps") == true)
        // What follows from one of them names none: all of them fall, the words stay.
        let rest = SignDraft(note: "à rappeler")
        #expect(bench.receive(refusal("DFG09"), at: bench.now) == [.open(Self.number, rest), .bell])
    }

    @Test func `a comment that has no place leaves the draft with its reason, and the file can be read`() {
        var bench = bench()
        bench.drafts[Self.number] = SignDraft(except: ["K"], comments: ["HEMO1", "AVK"], note: "à rappeler")
        let refusal = Refusal(
            "sign.comment.place", at: "AVK", because: "le compte rendu n'a rien dans la section hémostase", remedy: "")
        let rest = SignDraft(except: ["K"], comments: ["HEMO1"], note: "à rappeler")
        let effects = bench.receive(.draftRefused(Self.number, refusal), at: bench.now)
        #expect(effects == [.open(Self.number, rest), .bell])
        #expect(bench.notice?.text.contains("rien dans la section hémostase") == true)
        // Words that are refused for what they are stay in their form.
        let words = Refusal("sign.glyph", at: "note", because: "caractère sans glyphe", remedy: "")
        bench.drafts[Self.number] = SignDraft(note: "à rappeler")
        #expect(
            bench.receive(.draftRefused(Self.number, words), at: bench.now) == [
                .open(Self.number, SignDraft()), .bell,
            ])
        bench.type("C")
        #expect(bench.text.contains("à rappeler"), "\(bench.text)")
    }

    @Test func `an amendment that is refused leaves its page, and its reason is in the form again`() {
        var bench = bench(Self.sheet(k: "4.0", version: 2))
        bench.type("R")
        bench.type("2")
        bench.type(.enter)
        bench.type("tube échangé")
        bench.type(.enter)
        let refusal = Refusal("amend.nothing", at: Self.number, because: "rien ne change", remedy: "")
        _ = bench.receive(.draftRefused(Self.number, refusal), at: bench.now)
        #expect(bench.mode == .browse && bench.text.contains("rien ne change"), "\(bench.text)")
        bench.type("R")
        #expect(bench.text.contains("tube échangé"), "\(bench.text)")
    }

    @Test func `the title counts the files that wait, not the lines that stay`() {
        var bench = SignMorning.bench()
        #expect(bench.text.contains("(5)"))
        _ = bench.receive(.queue(Array(SignMorning.rows.prefix(2))), at: bench.now)
        #expect(bench.text.contains("(2)") && bench.text.contains("n'attend plus"), "\(bench.text)")
    }
}
