import Base
import Console
import Laboratory
import Testing

@Suite struct `The biologist's screens` {
    @Test func `the gravest file comes first, and is read before any key`() {
        var bench = SignBench(at: Morning.now)
        _ = bench.receive(.online, at: Morning.now)
        let asked = bench.receive(.queue(SignMorning.rows.reversed()), at: Morning.now)
        #expect(
            bench.rows == ["261122-0412", "261122-0398", "261122-0301", "261122-0375", "261122-0377"])
        #expect(asked == [.open("261122-0412", SignDraft())])
    }

    @Test func `what a rule writes under a result, and a reflex that waits, are shown before the signature`() {
        var sheet = SignMorning.sheet(isCritical: false)
        let plain = SignMorning.bench(width: 120, height: 40, sheet: sheet).text
        #expect(!plain.contains("surestimé"))
        sheet.lines[0].line.comment = "hémolyse : Sodium surestimé"
        sheet.lines[1].line.nature = .decision
        sheet.obstacles = [SignObstacle(.reflex, ["T4L"], words: SignMorning.reflex)]
        let told = SignMorning.bench(width: 200, height: 40, sheet: sheet).text
        #expect(told.contains("NA : hémolyse : Sodium surestimé"))
        #expect(told.contains("examen réflexe à décider : T4L (TSH-T4L@1 : TSH hors de son intervalle"))
        #expect(told.contains("seuil 98 – 107"))
        let free = "rien ne le retient"
        #expect(plain.contains(free) && !told.contains(free))
    }

    @Test(arguments: [("1", true), ("refuser", false)]) func `a reflex test is decided by a key, with a reason`(
        answer: String, accept: Bool
    ) {
        var sheet = SignMorning.sheet(isCritical: false)
        sheet.obstacles = [SignObstacle(.reflex, ["T4L"], words: SignMorning.reflex)]
        var bench = SignMorning.bench(width: 200, height: 40, sheet: sheet)
        bench.type(.enter)
        #expect(bench.text.contains("décider]") && bench.possible.contains(.reflex), "\(bench.text)")
        bench.type("F")
        bench.type("peut-être")
        #expect(bench.type(.enter) == [.bell], "add or refuse, nothing else")
        bench.type(.control("u"))
        bench.type(answer)
        bench.type(.enter)
        #expect(bench.type(.enter) == [.bell], "not without a reason")
        bench.type("3")
        #expect(
            SignBench.deeds(bench.type(.enter)) == [
                .reflex(
                    request: sheet.number, rule: "TSH-T4L@1", accept: accept,
                    reason: "volume ou stabilité insuffisants")
            ])
        let next = bench.receive(.done(1, .kept), at: bench.now)
        #expect(next.contains(.open(sheet.number, SignDraft())) && next.contains(.load))
    }

    @Test func `of several reflex tests the one that is meant is named, and without one the key says so`() {
        var sheet = SignMorning.sheet(isCritical: false)
        sheet.obstacles = [
            SignObstacle(.reflex, ["T4L"], words: SignMorning.reflex),
            SignObstacle(.reflex, ["CRP"], words: "FERRITINE-CRP@1 : ferritine haute"),
        ]
        var bench = SignMorning.bench(width: 120, height: 40, sheet: sheet)
        bench.type(.enter)
        bench.type("F")
        bench.type("2")
        bench.type(.enter)
        bench.type("1")
        bench.type(.enter)
        bench.type("1")
        guard case .reflex(_, let rule, let accept, _) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("nothing was sent: \(bench.text)")
            return
        }
        #expect(rule == "FERRITINE-CRP@1" && accept)
        bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        #expect(bench.type("F") == [.bell] && bench.text.contains("aucun examen réflexe"))
    }

    @Test func `the counts are on the first line at every width`() {
        for width in [40, 60, 80, 120, 200] {
            let first = SignMorning.bench(width: width, height: 24).text.prefix { $0 != "\n" }
            #expect(first.contains("CRIT 1") && first.contains("CQ 1✖"), "\(width): \(first)")
        }
    }

    @Test func `a signature says what it covers, asks for the code, and sends the very hash`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type("s")
        #expect(bench.text.contains("2 résultat(s), version 1, empreinte 3f9a27c1d04be856"))
        #expect(bench.text.contains("Validation biologique des résultats"))
        #expect(bench.type(.enter) == [.bell], "no code, no signature")
        bench.type("241703")
        #expect(bench.text.contains("******") && !bench.text.contains("241703"))
        let sheet = SignMorning.sheet(isCritical: false)
        #expect(
            SignBench.deeds(bench.type(.enter)) == [
                .sign(
                    SignPick(number: sheet.number, contentHash: sheet.contentHash), pin: "241703", partial: false,
                    uncalled: nil, draft: SignDraft())
            ])
        let next = bench.receive(.done(1, .signed(version: 1)), at: bench.now)
        #expect(!bench.rows.contains("261122-0412") && bench.current == "261122-0398")
        #expect(next.contains(.open("261122-0398", SignDraft())) && bench.session.alone == 1)
        #expect(bench.text.contains("261122-0412 : version 1 signée"))
    }

    @Test func `a critical value that nobody was told of needs a call, or words`() {
        var bench = SignMorning.bench()
        bench.type("s")
        #expect(bench.text.contains("pourquoi signer avant l'appel"))
        bench.type("rappel en cours")
        bench.type(.enter)
        bench.type("241703")
        guard case .sign(_, _, _, let uncalled, _) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("nothing was signed")
            return
        }
        #expect(uncalled == "rappel en cours")
    }

    @Test func `the call is written down from the same screen`() {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        bench.type("a")
        #expect(bench.text.contains("Appel pour K 6,4 mmol/L"))
        for text in ["Dr TREGUER", "prescripteur", "0298000000"] {
            bench.type(text)
            bench.type(.enter)
        }
        // What was read back is typed, not accepted.
        #expect(bench.type(.enter) == [.bell])
        bench.type("6,9")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("la faire relire"), "\(bench.text)")
        bench.type(.control("u"))
        bench.type("6,4")
        bench.type(.enter)
        bench.type("oui")
        #expect(
            SignBench.deeds(bench.type(.enter)) == [
                .call(
                    request: "261122-0412", id: "261122-0412K", person: "Dr TREGUER", role: "prescripteur",
                    number: "0298000000", value: "6,4", readBack: true, reached: true)
            ])
    }

    @Test func `a rejection wants a reason and the last digits of the tube, not a letter`() {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        bench.type("X")
        bench.type("1")
        bench.type(.enter)
        bench.type("413")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("ce n'est pas ce qui est attendu"))
        bench.type(.control("u"))
        bench.type("412")
        #expect(
            SignBench.deeds(bench.type(.enter)) == [
                .reject(request: "261122-0412", id: "261122-0412K", reason: "RECOLLECT nouveau prélèvement")
            ])
    }

    @Test func `an analysis left out and a comment ask for the file anew, as it will be signed`() {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        #expect(bench.type("e") == [.open("261122-0412", SignDraft(except: ["K"]))])
        bench.type("c")
        #expect(bench.text.contains("1 HEMO1 Échantillon hémolysé"))
        bench.type("1")
        let draft = SignDraft(except: ["K"], comments: ["HEMO1"])
        #expect(bench.type(.enter) == [.open("261122-0412", draft)])
        _ = bench.receive(.sheet(SignMorning.sheet(draft: draft)), at: bench.now)
        #expect(bench.text.contains("laissé pour plus tard : K") && bench.text.contains("texte de HEMO1"))
        bench.type("s")
        bench.type("241703")
        guard case .sign(_, _, let partial, let uncalled, let signed) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("nothing was signed")
            return
        }
        #expect(partial && uncalled == nil && signed == draft)
    }

    @Test func `a batch is read at random before it is signed, at its very number`() {
        var bench = SignMorning.bench()
        bench.type("S")
        #expect(bench.text.contains("2 dossiers que rien n'arrête, 6 résultats"))
        #expect(bench.text.contains("laissés : 1 critiques, 1 retenus, 1 partiels") && bench.text.contains("CQ 1✖"))
        let asked = bench.type(.enter)
        guard case .open(let drawn, _) = asked.first else {
            Testing.Issue.record("nothing was drawn")
            return
        }
        #expect(["261122-0377", "261122-0375"].contains(drawn))
        // A file that is not on the screen yet was not read.
        bench.type(.enter)
        guard case .lot(_, _, 0) = bench.mode else {
            Testing.Issue.record("the drawn file was skipped")
            return
        }
        _ = bench.receive(.sheet(SignMorning.sheet(drawn, isCritical: false)), at: bench.now)
        #expect(bench.text.contains("Tiré au sort 1/1"))
        bench.type(.enter)
        bench.type("3")
        #expect(bench.type(.enter) == [.bell])
        bench.type(.backspace)
        bench.type("2")
        bench.type(.enter)
        bench.type("241703")
        guard case .lot(let picks, let pin) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("no batch was signed")
            return
        }
        #expect(picks.map(\.number) == ["261122-0375", "261122-0377"] && pin == "241703")
        _ = bench.receive(.done(1, .lot(signed: ["261122-0375"], refused: ["261122-0377"])), at: bench.now)
        #expect(bench.text.contains("1 signés, 1 non signés : 261122-0377") && bench.session.inLot == 1)
    }

    @Test func `a batch that changes while it is read is begun again`() throws {
        var bench = SignMorning.bench()
        bench.type("S")
        var changed = SignMorning.rows
        let place = try #require(changed.firstIndex { $0.lane == .proposable })
        changed[place].contentHash = "another"
        _ = bench.receive(.queue(changed), at: bench.now)
        #expect(bench.mode == .browse && bench.text.contains("le lot a changé"))
    }

    @Test func `an amendment shows both versions and who has the first, then asks for the code`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(version: 2, isAmendment: true, isCritical: false))
        #expect(bench.type("s") == [.bell] && bench.text.contains("R pour rectifier"))
        bench.type("R")
        bench.type("2")
        bench.type(.enter)
        bench.type("tube échangé")
        let draft = SignDraft(amendment: Amendment(.result, words: "tube échangé"))
        #expect(bench.type(.enter) == [.open("261122-0412", draft), .versions("261122-0412", draft)])
        bench.type(.enter)
        #expect(bench.mode == .amendment("261122-0412", top: 0), "not before it is all on the screen")
        _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
        _ = bench.receive(
            .sheet(SignMorning.sheet(draft: draft, version: 2, isAmendment: true, isCritical: false)), at: bench.now)
        for words in [
            "4,2 mmol/L", "6,4 mmol/L", "version 1, accepté", "ancien@medecin.mssante.fr", "Version 1 en entier",
        ] {
            #expect(bench.text.contains(words), "\(words)\n\(bench.text)")
        }
        bench.type(.enter)
        bench.type("241703")
        guard case .sign(_, _, _, _, let signed) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("nothing was signed")
            return
        }
        #expect(signed == draft)
    }

    @Test func `news never move the line that is read`() {
        var bench = SignMorning.bench()
        bench.type(.down)
        #expect(bench.current == "261122-0398")
        let urgent = SignMorning.row("261122-0501", "GRAVE Ana", .critical, urgent: true, [], minutes: 1)
        _ = bench.receive(.queue([urgent] + SignMorning.rows), at: bench.now)
        #expect(bench.current == "261122-0398" && bench.rows.last == "261122-0501")
        #expect(bench.text.contains("CRIT 2"))
        bench.type("r")
        #expect(
            bench.current == "261122-0398" && bench.rows.contains("261122-0501") && bench.rows.last != "261122-0501")
    }

    @Test func `offline nothing is signed, and a lost session asks for the secret`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        _ = bench.receive(.offline, at: bench.now)
        for key in ["s", "e", "c", "C", "X", "S", "R"] {
            #expect(bench.type(key) == [.bell] && bench.mode == .browse && bench.drafts.isEmpty, "\(key)")
            #expect(bench.text.contains("HORS LIGNE depuis 14:32") && bench.text.contains("lecture seule"))
            #expect(bench.notice?.text == bench.say(.readOnly))
        }
        // A form that was open says it too, and keeps its words.
        _ = bench.receive(.online, at: bench.now)
        bench.type("s")
        _ = bench.receive(.offline, at: bench.now)
        bench.type("241703")
        #expect(SignBench.deeds(bench.type(.enter)).isEmpty && bench.text.contains(bench.say(.readOnly)))
        guard case .question(let question) = bench.mode else {
            Testing.Issue.record("\(bench.text)")
            return
        }
        #expect(question.parts.allSatisfy { $0.field.text.isEmpty }, "a code is not kept")
        bench.type(.escape)
        _ = bench.receive(.online, at: bench.now)
        _ = bench.receive(.locked, at: bench.now)
        bench.type(.escape)
        #expect(bench.text.contains("Écran verrouillé de anne"))
        bench.type("secret")
        #expect(SignBench.deeds(bench.type(.enter)) == [.unlock("secret")])
    }

    @Test func `a session that goes too fast, or too long, is told`() {
        var bench = SignMorning.bench()
        for n in 0..<SignPace.longSession {
            let number = "N\(n)"
            _ = bench.receive(.queue([SignMorning.row(number, "X", .held, [], minutes: 1)]), at: bench.now)
            bench.type("r")
            _ = bench.receive(.sheet(SignMorning.sheet(number, isCritical: false)), at: bench.now)
            bench.type("s", every: .milliseconds(120))
            bench.type("241703", every: .milliseconds(120))
            bench.type(.enter)
            let at = bench.now.advanced(by: .seconds(1))
            _ = bench.receive(.done(bench.nextDeed - 1, .signed(version: 1)), at: at)
            if n == SignPace.some { #expect(bench.text.contains("relire moins vite"), "\(bench.text)") }
        }
        #expect(bench.session.alone == SignPace.longSession && bench.text.contains("une pause vaut mieux"))
    }

    @Test func `every action has its words in both languages, and stands in the menu with its key`() {
        for language in Language.allCases { #expect(language.missingSignWords.isEmpty) }
        var bench = SignMorning.bench(width: 200, height: 60)
        func offered(_ bench: SignBench) -> Set<SignAction> {
            var bench = bench
            bench.type("x")
            let shown = SignAction.ofFile.filter { bench.text.contains(bench.say($0.word)) }
            #expect(Set(shown) == Set(bench.possible) && !shown.isEmpty, "\(bench.text)")
            return Set(shown)
        }
        // What is possible is offered, and nothing else.
        let critical = offered(bench)
        bench.type(.enter, .down)
        let onCritical = offered(bench)
        let signed = offered(
            SignMorning.bench(
                width: 200, height: 60,
                sheet: SignMorning.sheet(version: 2, isAmendment: true, isCritical: false)))
        var asking = SignMorning.sheet()
        asking.obstacles = [SignObstacle(.reflex, ["T4L"], words: SignMorning.reflex)]
        let proposed = offered(SignMorning.bench(width: 200, height: 60, sheet: asking))
        #expect(!critical.contains(.reflex) && proposed.contains(.reflex))
        // The call of another line than that of the cursor is one of the file.
        #expect(!critical.contains(.amend) && critical.contains(.call) && onCritical.contains(.call))
        #expect(signed.contains(.amend) && !signed.contains(.sign))
        #expect(critical.union(onCritical).union(signed).union(proposed) == Set(SignAction.ofFile))
        _ = bench.receive(.offline, at: bench.now)
        #expect(
            offered(bench).isDisjoint(with: [.sign, .lot, .comment, .note, .except, .reject, .reflex, .call, .amend]))
        let keys = SignAction.allCases.flatMap(\.usualKeys)
        #expect(Set(keys).count == keys.count, "no key twice")
    }

    @Test func `a pasted text goes into one field, a scan opens its file`() {
        var bench = SignMorning.bench()
        #expect(bench.receive(.input(.scan("261122000412", typed: 0)), at: bench.now) == [.find("261122000412")])
        _ = bench.receive(.found(SignMorning.sheet("261101-0007")), at: bench.now)
        #expect(bench.current == "261101-0007" && bench.pane == 2)
        bench.type(.escape)
        #expect(bench.current == "261122-0412" && bench.pane == 1)
        bench.type("o")
        _ = bench.receive(.input(.paste("261101-0007\nq")), at: bench.now)
        #expect(bench.type(.enter) == [.find("261101-0007")])
    }
}
