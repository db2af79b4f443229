import Base
import Console
import Laboratory
import Testing

/// What a key, a scanner or a refusal must never do to the biologist's screen.
@Suite struct `The sign-off screen, kept safe` {
    private static let label = "26112202181"

    /// A file whose current result is not critical.
    private func calm() -> SignBench {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type(.enter)
        return bench
    }
    private func opened(_ key: String) -> SignBench {
        var bench = calm()
        bench.type(key)
        return bench
    }

    @Test func `ctrl-l locks whatever is open, and what was written is there again`() {
        for key in ["x", "?", "C", "S", "X", "h"] {
            var bench = opened(key)
            bench.type(.control("l"))
            #expect(bench.link == .locked && !bench.text.contains("MARTIN"), "\(key)\n\(bench.text)")
        }
        var bench = opened("C")
        bench.type("Vu avec le clinicien")
        bench.type(.control("l"))
        bench.type("mon secret")
        #expect(!bench.text.contains("mon secret") && !bench.text.contains("clinicien"))
        let effects = bench.type(.enter)
        #expect(SignBench.deeds(effects) == [.unlock("mon secret")])
        _ = bench.receive(.done(1, .kept), at: bench.now)
        #expect(bench.text.contains("Vu avec le clinicien"), "\(bench.text)")
    }

    @Test func `a code half typed is not there again after a lock`() {
        var bench = opened("s")
        bench.type("2417")
        bench.type(.control("l"))
        bench.type("mon secret")
        bench.type(.enter)
        _ = bench.receive(.done(1, .kept), at: bench.now)
        guard case .question(let question) = bench.mode else {
            Testing.Issue.record("the question is gone")
            return
        }
        #expect(question.parts.map(\.field.text).joined().isEmpty)
    }

    @Test func `what would be refused is said before the code is typed, and what is typed of it is no key`() {
        var bench = calm()
        let pick = SignPick(
            number: "261122-0412", contentHash: SignMorning.sheet(isCritical: false).contentHash)
        #expect(bench.type("s") == [.check(pick, partial: false, uncalled: nil, draft: SignDraft())])
        bench.type("24", every: .milliseconds(80))
        let refusal = Refusal(
            "printing.glyph", at: "K", because: "aucune police n'a ce caractère", remedy: "l'écrire sans lui")
        let other = SignPick(number: "261122-0398", contentHash: "autre")
        #expect(bench.receive(.unsignable(other, refusal), at: bench.now) == [])
        #expect(bench.text.contains("code de signature"), "another file's answer closes nothing")
        _ = bench.receive(.unsignable(pick, refusal), at: bench.now)
        #expect(bench.text.contains("[printing.glyph]") && !bench.text.contains("code de signature"), "\(bench.text)")
        let late = bench.type("1703", every: .milliseconds(80))
        #expect(late.isEmpty && bench.mode == .browse && bench.text.contains("[printing.glyph]"))

        // What is sent has its own answer.
        bench = calm()
        bench.type("s")
        bench.type("241703")
        #expect(!SignBench.deeds(bench.type(.enter)).isEmpty)
        #expect(bench.receive(.unsignable(pick, refusal), at: bench.now) == [])
        #expect(bench.text.contains("signature en cours"))

        // Where nothing can be signed the code is not asked for.
        bench = calm()
        _ = bench.receive(.offline, at: bench.now)
        #expect(bench.type("s") == [.bell] && bench.mode == .browse)
    }

    @Test func `why a call comes later is looked at before the code too`() {
        var bench = SignMorning.bench()
        let pick = SignPick(number: "261122-0412", contentHash: SignMorning.sheet().contentHash)
        #expect(bench.type("s") == [], "its words are asked for first")
        bench.type("famille prévenue")
        #expect(
            bench.type(.enter) == [.check(pick, partial: false, uncalled: "famille prévenue", draft: SignDraft())])
        let refusal = Refusal("reason.missing", because: "ce motif ne dit rien", remedy: "dire pourquoi")
        _ = bench.receive(.unsignable(pick, refusal), at: bench.now)
        guard case .question(let question) = bench.mode else {
            Testing.Issue.record("the question is gone")
            return
        }
        #expect(question.at == 0 && bench.text.contains("ce motif ne dit rien"))
    }

    @Test func `a call that was made is seen: whom, when, by whom, and nobody is sent to the telephone again`() throws {
        var sheet = SignMorning.sheet()
        let place = try #require(sheet.lines.firstIndex { $0.line.analysis == "K" })
        sheet.lines[place].isCallOpen = false
        sheet.lines[place].isCallMade = true
        sheet.lines[place].telling = CallRow.Telling(person: "Mme Kerbrat", at: Morning.now, by: "tanguy")
        for language in Language.allCases {
            var manner = Manner()
            manner.language = language
            var bench = SignMorning.bench(height: 40, manner: manner, sheet: sheet)
            bench.type(.enter)
            let (told, asked) =
                language == .french ? ("K 6,4 mmol/L dit à Mme Kerbrat", "appeler]") : ("told to Mme Kerbrat", "call]")
            #expect(bench.text.contains(told) && bench.text.contains("tanguy"), "\(bench.text)")
            #expect(!bench.text.contains(asked), "\(bench.text)")
            bench.type("s")
            #expect(bench.text.contains("HIL_RCV (K)"), "\(bench.text)")
            #expect(!bench.text.contains("CRITIQUE_APPEL (K), "), "\(bench.text)")
        }
    }

    @Test func `a result without a tube is rejected by the last digits of its file`() {
        var sheet = SignMorning.sheet(isCritical: false)
        sheet.lines[0].line.accession = ""
        var bench = SignMorning.bench(sheet: sheet)
        bench.type(.enter, .character("X"))
        bench.type("1")
        bench.type(.enter)
        bench.type("412")
        #expect(!SignBench.deeds(bench.type(.enter)).isEmpty, "\(bench.text)")
    }

    @Test func `the label of a tube is no reason, no comment and no digits, read fast or slowly`() {
        for key in ["X", "C", "R"] {
            let isAmendment = key == "R"
            var bench = SignMorning.bench(
                sheet: SignMorning.sheet(version: 2, isAmendment: isAmendment, isCritical: false))
            bench.type(.enter)
            bench.type(key)
            let effects = bench.receive(.input(.scan(Self.label, typed: 0)), at: bench.now)
            #expect(SignBench.deeds(effects).isEmpty && bench.text.contains("ne répond pas"), "\(bench.text)")
            guard case .question(let question) = bench.mode else {
                Testing.Issue.record("\(key): the question is gone")
                continue
            }
            #expect(question.at == 0 && question.parts[0].field.text.isEmpty)
            bench.type(Self.label)
            bench.type(.enter)
            guard case .question(let still) = bench.mode else {
                Testing.Issue.record("\(key): a slow scanner answered")
                continue
            }
            #expect(still.at == 0 && bench.drafts.values.allSatisfy { $0.note == nil })
        }
        // What the keyboard gave before it was known for a scan is taken back.
        var bench = opened("C")
        bench.type("vu ")
        bench.type("26")
        _ = bench.receive(.input(.scan(Self.label, typed: 2)), at: bench.now)
        guard case .question(let question) = bench.mode else { return }
        #expect(question.parts[0].field.text == "vu ")
    }

    @Test func `a reason says something`() {
        var bench = opened("X")
        bench.type("g")
        bench.type(.enter)
        #expect(bench.text.contains("dire pourquoi, en mots"))
    }

    @Test func `what is typed ahead of a form that does not open is no command`() {
        var bench = calm()
        let began = bench.now
        bench.type("a")
        #expect(bench.text.contains("NA : rien de critique, aucun appel à passer"), "\(bench.text)")
        #expect(bench.mode == .browse)
        var at = bench.now
        for character in "Mme Le Goff" {
            at = at.advanced(by: .milliseconds(150))
            let effects = bench.receive(.input(.key(.character(character))), at: at)
            #expect(effects.isEmpty && bench.mode == .browse && bench.drafts.isEmpty, "\(character)")
        }
        #expect(bench.receive(.input(.key(.enter)), at: at.advanced(by: .milliseconds(150))).isEmpty)
        // After a pause a key is a key.
        bench.type("c")
        guard case .question = bench.mode else {
            Testing.Issue.record("the key did nothing")
            return
        }
        #expect(bench.now > began)
    }

    @Test func `a form that was left, or refused, is found as it was`() {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        bench.type("a")
        bench.type("Mme Le Goff")
        bench.type(.enter)
        bench.type("infirmière")
        bench.type(.escape)
        bench.type("a")
        #expect(bench.text.contains("Mme Le Goff") && bench.text.contains("infirmière"), "\(bench.text)")
        bench.type(.enter, .enter, .enter)
        bench.type("6,4")
        bench.type(.enter)
        bench.type("1")
        let effects = bench.type(.enter)
        #expect(SignBench.deeds(effects).count == 1, "\(bench.text)")
        let refusal = Refusal("critical.call.value", at: "K", because: "ce n'est pas la valeur", remedy: "la relire")
        _ = bench.receive(.refused(1, refusal), at: bench.now)
        bench.type("a")
        #expect(bench.text.contains("Mme Le Goff") && bench.text.contains("infirmière"), "\(bench.text)")
        bench.type(.enter, .enter, .enter, .enter, .enter)
        _ = bench.receive(.done(2, .kept), at: bench.now)
        bench.type("a")
        #expect(!bench.text.contains("Le Goff"), "what is noted is not asked again")
    }

    @Test func `a batch is read to its end while files go on arriving, and ends when one of it changes`() {
        var bench = SignMorning.bench()
        bench.type("S")
        let new = SignMorning.row("261122-0777", "NEUF Luc", .proposable, [], minutes: 1)
        _ = bench.receive(.queue(SignMorning.rows + [new]), at: bench.now)
        guard case .lot(let picks, _, _) = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(picks.count == 2 && !picks.contains { $0.number == "261122-0777" })
        _ = bench.receive(.queue(SignMorning.rows.filter { $0.number != "261122-0375" }), at: bench.now)
        #expect(bench.mode == .browse && bench.text.contains("le lot a changé"))
    }

    @Test func `the laboratory says how many files of a batch are read`() {
        let rows = (1...40).map { SignMorning.row("261122-1\($0)", "P\($0)", .proposable, [], minutes: $0) }
        for (sample, drawn) in [(5, 2), (50, 20), (100, 40)] {
            var bench = SignMorning.bench()
            _ = bench.receive(.queue(rows), at: bench.now)
            _ = bench.receive(.settings(SignOffSettings(sample: sample)), at: bench.now)
            bench.type("S")
            guard case .lot(_, let chosen, _) = bench.mode else {
                Testing.Issue.record("\(bench.text)")
                return
            }
            #expect(chosen.count == drawn && Set(chosen).count == drawn)
        }
    }

    @Test func `a batch counts for the pause, which is said beside what was done, once`() {
        var bench = SignMorning.bench()
        let rows = (1...100).map { SignMorning.row("261122-1\($0)", "P\($0)", .proposable, [], minutes: $0) }
        bench.sent[7] = .lot
        _ = bench.receive(.queue(rows), at: bench.now)
        _ = bench.receive(.done(7, .lot(signed: rows.map(\.number), refused: [])), at: bench.now)
        #expect(bench.text.contains("100 dossiers signés en lot") && bench.text.contains("une pause"), "\(bench.text)")
        bench.sent[8] = .sign("261122-0412")
        _ = bench.receive(.done(8, .signed(version: 1)), at: bench.now)
        #expect(bench.text.contains("version 1 signée") && !bench.text.contains("une pause"), "\(bench.text)")
    }

    @Test func `the beginning of a comment's code is enough, and an unknown one is typed again on the spot`() {
        var bench = opened("c")
        bench.type("zz")
        bench.type(.enter)
        #expect(bench.text.contains("n'est pas un commentaire du laboratoire"))
        guard case .question = bench.mode else {
            Testing.Issue.record("the question is gone")
            return
        }
        bench.type(.backspace, .backspace)
        bench.type("he")
        #expect(bench.text.contains("HEMO1") && !bench.text.contains("Traitement par"), "\(bench.text)")
        bench.type(.enter)
        #expect(bench.drafts["261122-0412"]?.comments == ["HEMO1"])
    }

    @Test func `a refusal says the keys of this screen, and no word of a command`() {
        for language in Language.allCases {
            var manner = Manner()
            manner.language = language
            let bench = SignMorning.bench(manner: manner)
            for code in [
                "sign.critical", "sign.changed", "sign.partial", "sign.amendment", "sign.except.signed",
                "sign.except.unknown", "sign.confirm", "amend.words", "amend.nothing",
            ] {
                let sentence = bench.sentence(
                    Refusal(code, at: "K", because: "cause", remedy: "paillasse bio sign (--words)"))
                #expect(!sentence.contains("paillasse") && !sentence.contains("--"), "\(sentence)")
            }
        }
    }

    @Test func `at 80 columns an amendment has its title and its keys whole`() throws {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(version: 2, isAmendment: true, isCritical: false))
        bench.type("R")
        bench.type("1")
        bench.type(.enter, .enter)
        _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
        let text = bench.text
        #expect(text.contains("Rectifier 261122-0412 : annule et remplace la version 1"), "\(text)")
        let footer = try #require(text.split(separator: "\n").last)
        #expect(footer.contains("entrée signer la rectification · échap renoncer"), "\(text)")
        #expect(!text.contains("…─"), "no title is cut\n\(text)")
    }

    @Test func `an identity in doubt stands under the name, and is told before the code`() {
        for (attribute, word) in zip(
            IdentityAttribute.allCases, ["homonyme", "identité douteuse", "identité fictive"])
        {
            var sheet = SignMorning.sheet(isCritical: false)
            sheet.attributes = [attribute]
            var bench = SignMorning.bench(sheet: sheet)
            bench.type(.enter)
            #expect(bench.text.contains("▣ \(word) : jamais en lot"), "\(bench.text)")
            #expect(!bench.text.contains("rien ne le retient"), "\(bench.text)")
            bench.type("s")
            #expect(bench.text.contains("malgré \(word)"), "\(bench.text)")
            // A doubt that comes while the file is read is news.
            var reader = calm()
            _ = reader.receive(.sheet(sheet), at: reader.now)
            #expect(reader.notice?.text.contains("identité") == true, "\(reader.text)")
        }
        var file = Morning.file(of: "261122000412")
        file.attributes = [.doubtful]
        for (width, height) in [(80, 24), (120, 36)] {
            var technician = Morning.bench(width: width, height: height)
            #expect(!technician.text.contains("douteuse"))
            _ = technician.receive(.file(file), at: technician.now)
            #expect(technician.text.contains("▣ identité douteuse MARTIN Léa"), "\(technician.text)")
        }
    }

    @Test func `one word means one thing for the technician and the biologist`() {
        for code in Hold.Code.allCases {
            let line = Line(
                id: "1", request: "261122-0412", accession: "261122000412", patient: "MARTIN Léa", civil: "F 34a",
                analysis: "K", name: "Potassium", value: "4,2", unit: "mmol/L", interval: "", flags: [],
                holds: [Hold(code, "essai")], analyzer: "cobas", observedAt: Morning.now, state: .waiting)
            #expect(line.stops.isEmpty == !code.stopsLot, "\(code)")
        }
    }
}
