import Base
import Console
import Foundation
import Laboratory
import Testing

/// Lists that came cut, disciplines and columns, work of a person, comments again, refusals in the words of the screen.
@Suite struct `What the technician's screen owes` {
    private func cut(_ manner: Manner = Manner()) -> Workbench {
        let lines = (0..<Source.mostLines).map { number in
            Morning.line(
                "l\(number)", "2611\(10_000_000 + number)", "PATIENT \(number)", "NA", "140", urgent: number < 3)
        }
        return Morning.bench(width: 120, height: 36, manner: manner, lines: lines)
    }

    @Test func `a list that came cut says so, with the counts of the whole`() {
        var bench = cut()
        #expect(bench.counted(.waiting) == "…" && bench.counted(.held) == "…", "a part is no count")
        _ = bench.receive(.totals(Totals(tubes: 5210, urgent: 41, held: 17)), at: bench.now)
        #expect(bench.counted(.waiting) == "5210" && bench.counted(.urgent) == "41" && bench.counted(.held) == "17")
        #expect(bench.text.contains("2000 sur 5210, les plus graves d'abord"))
        bench.type(":")
        bench.type("liste valider")
        bench.type(.enter)
        #expect(bench.text.contains("À valider : 5210 ; 2000 sur 5210"), "\(bench.text)")
        #expect(!Morning.bench().text.contains(" sur "))
        // Requests that are not all here: the newest, and how many there are.
        let requests = (0..<Source.mostRequests).map {
            RequestRow(number: "D\($0)", patient: "P", urgent: false, analyses: [], at: bench.now)
        }
        _ = bench.receive(.loaded(.requests(requests)), at: bench.now)
        _ = bench.receive(.totals(Totals(requests: 12_034)), at: bench.now)
        #expect(bench.counted(.requests) == "12034" && bench.counted(.held) == "17")
    }

    @Test func `a list is narrowed to a discipline, which the first line names, and the counts stay those of all`() {
        var lines = Morning.lines
        for place in lines.indices { lines[place].section = lines[place].analysis == "GLU" ? "biochimie" : "urines" }
        var bench = Morning.bench(width: 120, height: 36, lines: lines)
        #expect(bench.possible.contains(.section) && bench.possible.contains(.sort))
        bench.type("s")
        #expect(bench.face.rows == ["261122000377"] && bench.row(0).contains("▸ Biochimie ▸ À valider"))
        #expect(bench.count(of: .waiting) == 3 && bench.counted(.waiting) == "3")
        // A tube of another discipline is no news of this list, and its label opens it all the same.
        _ = bench.receive(.loaded(.worklist(lines.reversed())), at: bench.now)
        #expect(bench.arrivals == 0)
        _ = bench.receive(.found(Morning.file(of: "261122000412"), accession: "261122000412"), at: bench.now)
        #expect(bench.face.section == nil && bench.face.key == "261122000412")
        bench.type(":")
        bench.type("discipline uri")
        bench.type(.enter)
        #expect(bench.face.section == "urines" && bench.face.rows.count == 3)
        bench.type(":")
        bench.type("discipline rien")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("disciplines : biochimie, urines"))
        bench.type("s")
        #expect(bench.face.section == nil && bench.row(0).contains("▸ À valider"))
    }

    @Test func `a list is put in the order of a column, and what comes is put there too`() {
        var bench = Morning.bench(width: 120, height: 36)
        let usual = bench.face.rows
        bench.type("o")
        #expect(bench.face.order == .patient && bench.face.rows == ["261122000398", "261122000412", "261122000377"])
        #expect(bench.text.contains("trié par patient"))
        bench.type(":")
        bench.type("trier att")
        bench.type(.enter)
        #expect(bench.face.rows == ["261122000398", "261122000412", "261122000377"] && bench.face.order == .oldest)
        bench.type(":")
        bench.type("trier tube")
        bench.type(.enter)
        #expect(bench.face.rows == usual.sorted())
        bench.type(":")
        bench.type("trier couleur")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("colonnes : gravité, patient"))
        bench.type(":")
        bench.type("trier grav")
        bench.type(.enter)
        #expect(bench.face.rows == usual)
    }

    @Test func `a rerun goes to an analyzer that takes orders, and is noted as the work of a person else`() {
        var bench = Morning.bench()
        bench.type(.tab, .down)
        bench.type("r1")
        bench.type(.enter)
        #expect(
            bench.sentDeeds == [
                .rework(request: "D0412", id: "a2", diluted: false, reason: "DEMANDE – valeur douteuse")
            ])
        bench = Morning.bench()
        let cobas = AnalyzerRow(name: "cobas", state: "connecté", isWell: true, takesOrders: true)
        _ = bench.receive(.loaded(.status(analyzers: [cobas], triageOpen: 0, awaitingSignature: 0)), at: bench.now)
        bench.type(.tab, .down)
        // It dilutes nothing by itself.
        bench.type("d")
        #expect(bench.text.contains("à la main"))
        bench.type(.escape)
        bench.type("r")
        #expect(!bench.text.contains("à la main"))
        bench.type("1")
        bench.type(.enter)
        #expect(
            bench.sentDeeds == [
                .rerun(
                    request: "D0412", id: "a2", analyzer: "cobas", accession: "261122000412",
                    reason: "DEMANDE – valeur douteuse")
            ])
        // It has the value already, and is told nothing: a person makes it.
        let refusal = Refusal("order.nothing", at: "261122000412", because: "rien à faire", remedy: "request show")
        let effects = bench.receive(.refused(1, refusal), at: bench.now)
        #expect(
            effects == [
                .send(2, .rework(request: "D0412", id: "a2", diluted: false, reason: "DEMANDE – valeur douteuse"))
            ])
        _ = bench.receive(.done(2), at: bench.now)
        #expect(bench.text.contains("noté : à repasser à la main"))
    }

    @Test func `two dots put the last comment beside a value, never a value`() throws {
        var bench = Morning.bench()
        bench.type(.tab)
        bench.type("..")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("aucun commentaire n'a encore été ajouté"))
        bench.type(.control("u"), .escape)
        bench.done = [.deeds([.comment(request: "D0398", id: "b1", code: "HEMO1")])]
        bench.type("..")
        #expect(bench.text.contains(".. le dernier commentaire"))
        bench.type(.enter)
        #expect(bench.sentDeeds == [.comment(request: "D0412", id: "a1", code: "HEMO1")])
        #expect(bench.drafts.isEmpty)
        // No value to comment.
        bench.type(.down, .down)
        bench.type("..")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("saisir d'abord"))
    }

    @Test func `the history says who found a tube nonconforming and when, and what a person is to run again`() {
        var bench = Morning.bench(width: 200, height: 60)
        var file = Morning.file(of: "261122000412")
        file.happenings += [
            .init(at: Morning.ago(7), what: .nonconform("261122000412", "hémolyse", by: "tanguy")),
            .init(at: Morning.ago(3), what: .rework("K 6,4 mmol/L", diluted: true, by: "lea", reason: "doute")),
        ]
        _ = bench.receive(.file(file), at: bench.now)
        bench.type("t")
        #expect(
            bench.text.contains("14:25        261122000412 non conforme : hémolyse, dit par tanguy"), "\(bench.text)")
        #expect(bench.text.contains("14:29        K 6,4 mmol/L : à repasser dilué à la main,"))
        #expect(bench.text.contains("demandé par lea : doute"))
    }

    @Test(arguments: [(80, 24), (120, 36)]) func `a control says its whole reason and what to do, at every width`(
        width: Int, height: Int
    ) {
        let reason = "niveau 2 : z = +3,4 à 13:05, puis niveau 1 : z = +2,6 à 13:20, lot 4711 ouvert le matin même"
        var bench = Morning.bench(width: width, height: height)
        _ = bench.receive(
            .loaded(
                .quality([
                    QualityRow(analyzer: "cobas", analysis: "K", state: "REJET", rules: ["1-3s"], because: reason),
                    QualityRow(analyzer: "yumizen", analysis: "K", state: "CONFORME"),
                ])), at: bench.now)
        bench.type(":")
        bench.type("cq")
        bench.type(.enter)
        // What stands in columns, one after the other, as a person reads it.
        let all = bench.text.split { "│\n ".contains($0) }.joined(separator: " ")
        for words in ["4711 ouvert le matin même", "Relancer le CQ (:cq cobas K) ou router vers yumizen"] {
            let isThere = words.split(separator: " ").allSatisfy { all.contains($0) }
            #expect(isThere, "\(words)\n\(bench.text)")
        }
        bench.type("p")
        #expect(bench.text.contains("Relancer le CQ (:cq cobas K) ou router vers yumizen"))
    }

    @Test func `what a control forbids says how to get out of it`() {
        let held = Morning.line(
            "q1", "261122000777", "X", "K", "4,0",
            holds: [Hold(.qualityControlRejected, "contrôle rejeté : 1-3s, z = +3,4")])
        var bench = Morning.bench(width: 120, height: 36, lines: [held])
        bench.type(.tab)
        bench.type("p")
        #expect(bench.text.contains("Relancer le CQ (:cq cobas K) ou router vers un autre automate"))
    }

    /// RULES section 4: a value that an interference suppressed is validated as not given, with a reason; one that
    /// still stands may not leave.
    @Test func `a value that is not given asks for a reason, one that stands is forbidden`() {
        for (isWithheld, severity, key) in [
            (true, "demande un motif", "HIL_RCV"), (false, "interdit la validation", "[tech.held]"),
        ] {
            var held = Morning.line(
                "h1", "261122000778", "X", "K", isWithheld ? "non rendu : échantillon hémolysé" : "7,1",
                holds: [Hold(.interference, "interférence : indice H ; valeur 201")])
            held.isWithheld = isWithheld
            #expect(held.isForbidden == !isWithheld && held.asks.map(\.code) == [.interference])
            var bench = Morning.bench(width: 120, height: 36, lines: [held])
            bench.type(.tab)
            bench.type("p")
            #expect(bench.text.lowercased().contains("hil_rcv (\(severity.lowercased()))"), "\(bench.text)")
            bench.type("p")
            let effects = bench.type("v")
            #expect(bench.text.contains(key), "\(bench.text)")
            #expect(effects.isEmpty || effects == [.bell])
            var isAsking = false
            if case .question = bench.face.mode { isAsking = true }
            #expect(isAsking == isWithheld)
        }
    }

    /// One text for each surface: the command line names options, the screen its keys.
    @Test(arguments: Language.allCases) func `no refusal on the screen names a command or an option`(
        language: Language
    ) throws {
        let root = `Golden screens`.folder.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var manner = Manner()
        manner.language = language
        let bench = Morning.bench(manner: manner)
        let commands = ["--", "paillasse ", "(request ", "(catalogue ", "(triage ", "(results", "qc target"]
        var seen = 0
        let files = FileManager.default.enumerator(
            at: root.appendingPathComponent("Sources"), includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift", !file.path.contains("/Console/"),
                !file.path.contains("/paillasse/")
            else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for found in text.matches(of: /Refusal\(\s*"([a-zA-Z.]+)"(?s:.{1,600}?)remedy:\s*"((?:[^"\\]|\\.)*)"/) {
                let code = String(found.1)
                guard EnglishServer.refusals[code] != nil else { continue }
                seen += 1
                let refusal = Refusal(code, at: "K", because: "", remedy: String(found.2))
                let said = bench.sentence(refusal)
                for command in commands { #expect(!said.contains(command), "\(code): \(said)") }
            }
        }
        #expect(seen > 40, "\(seen)")
        let why = Refusal("tech.reason", at: "K", because: "retenu", remedy: "valider avec un motif (--reason)")
        #expect(bench.sentence(why).contains("(v)"))
    }

    @Test func `line by line, what is refused is counted, so that lines typed ahead of it are dropped`() {
        var plain = Plain(manner: Manner(), at: Morning.now)
        for event: Event in [
            .who(person: "T", login: "tanguy", site: "BREST", Morning.technician), .online,
            .loaded(.worklist(Morning.lines)), .file(Morning.file(of: "261122000412")),
        ] {
            _ = plain.receive(event, at: Morning.now)
        }
        #expect(plain.refusals == 0)
        // No call is open here; what follows was meant for its form.
        _ = plain.typed("a", at: Morning.now)
        #expect(plain.refusals == 1)
        _ = plain.typed("n'importe quoi", at: Morning.now)
        #expect(plain.refusals == 2)
        _ = plain.typed("liste", at: Morning.now)
        _ = plain.typed("suivant", at: Morning.now)
        #expect(plain.refusals == 2)
        // A slip in a form is answered again, in the form.
        _ = plain.typed("X", at: Morning.now)
        _ = plain.typed("z", at: Morning.now)
        #expect(plain.refusals == 2 && plain.prompt == "motif : ")
    }

    @Test func `the uncertainty of measurement is told on request, beside the value, or what is missing for it`() {
        var bench = Morning.bench(width: 200, height: 60)
        bench.type(.tab)
        bench.type(":")
        bench.type("mu 1,5")
        let effects = bench.type(.enter)
        #expect(effects == [.uncertainty(analyzer: "cobas", analysis: "NA", calibration: "1.5")])
        #expect(!bench.text.contains("MU (k = 2)"))
        _ = bench.receive(.uncertainty("cobas/NA", ["N1 2,4 %", "N2 1,9 %"]), at: bench.now)
        bench.type(.down, .up)
        #expect(bench.text.contains("MU (k = 2) de NA · cobas"), "\(bench.text)")
        #expect(bench.text.contains("N1 2,4 %"))
        _ = bench.receive(.uncertainty("cobas/K", []), at: bench.now)
        #expect(bench.text.contains("MU de K · cobas : il manque des contrôles"))
        bench.type(":")
        bench.type("mu beaucoup")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains(":mu 1,5 dit"))
    }

    @Test func `a screen made taller shows what was above`() {
        let lines = (10..<45).map { Morning.line("l\($0)", "2611220004\($0)", "P\($0)", "NA", "140") }
        var bench = Morning.bench(width: 80, height: 24, lines: lines)
        bench.type(.end)
        _ = bench.receive(.resized(width: 60, height: 15), at: bench.now)
        _ = bench.receive(.resized(width: 200, height: 60), at: bench.now)
        #expect(bench.face.top + bench.listRows >= 35 && bench.face.top <= max(0, 35 - bench.listRows))
        #expect(bench.row(2).contains(bench.face.rows[bench.face.top]))
    }

    @Test func `a session that ends under the hand that types takes no digit of a value for the secret`() {
        var bench = Morning.bench()
        bench.type(.tab, .down, .down, .down)
        bench.type("2")
        _ = bench.receive(.locked, at: bench.now.advanced(by: .milliseconds(50)))
        #expect(bench.type("7") == [.bell] && bench.type(.enter) == [.bell])
        guard case .question(let question) = bench.face.mode else {
            Testing.Issue.record("no question")
            return
        }
        #expect(question.parts[0].field.text.isEmpty && bench.sent.isEmpty)
        #expect(bench.drafts.map(\.text) == ["2"])
        bench.pause()
        bench.type("secret")
        bench.type(.enter)
        #expect(bench.sentDeeds == [.unlock(secret: "secret")])
    }

    @Test func `digits typed before a label have no part in what is typed after it`() {
        var bench = Morning.bench()
        bench.type("2")
        _ = bench.receive(.input(.scan("261122000377", typed: 0)), at: bench.now)
        _ = bench.receive(.found(Morning.file(of: "261122000377"), accession: "261122000377"), at: bench.now)
        bench.type("13")
        guard case .entry(let entry) = bench.face.mode else {
            Testing.Issue.record("\(bench.face.mode)")
            return
        }
        #expect(entry.field.text == "13")
    }

    @Test func `a label read while the terminal changes its size leaves the screen whole`() {
        var bench = Morning.bench(width: 200, height: 60)
        for digit in "261122000377" { _ = bench.receive(.input(.key(.character(digit))), at: bench.now) }
        _ = bench.receive(.resized(width: 80, height: 24), at: bench.now)
        _ = bench.receive(.input(.scan("261122000377", typed: 12)), at: bench.now)
        let screen = bench.draw()
        #expect(screen.width == 80 && screen.height == 24)
        #expect(bench.text.contains("TRI 3") && bench.text.contains("? aide"))
    }

    @Test func `a measure takes no words, and the question names what stands there now`() {
        var bench = Morning.bench()
        var file = Morning.file(of: "261122000412")
        file.limits["NA"] = FileSheet.Limits(decimals: 0, low: nil, high: nil)
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .enter)
        bench.type("abc")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("« abc » n'est pas un nombre"))
        guard case .entry = bench.face.mode else {
            Testing.Issue.record("\(bench.face.mode)")
            return
        }
        bench.type(.control("u"))
        bench.type("141")
        var lines = Morning.lines
        lines[0] = Morning.line("a1b", "261122000412", "MARTIN Léa", "NA", "144", urgent: true, run: 2)
        _ = bench.receive(.loaded(.worklist(lines)), at: bench.now)
        bench.type(.enter)
        #expect(bench.text.contains("NA : mettre 141 à la place de 144 mmol/L"), "\(bench.text)")
    }

    @Test func `what waits for triage is read whole at 80 columns`() {
        var bench = Morning.bench()
        let entry = TriageRow(
            id: "t1", analyzer: "cobas", reason: "tube_inconnu", explanation: "tube inconnu : vérifier l'étiquette",
            accession: "261122000999", code: "ALAT", value: "61,25 U/L", at: bench.now)
        _ = bench.receive(.loaded(.triage([entry])), at: bench.now)
        bench.type(":")
        bench.type("tri")
        bench.type(.enter)
        #expect(bench.text.contains("261122000999 · ALAT · 61,25 U/L · cobas"), "\(bench.text)")
    }

    @Test func `a number is never normal, and says so in its cell`() {
        var bench = Morning.bench()
        var file = Morning.file(of: "261122000412")
        file.limits["CO2"] = FileSheet.Limits(decimals: 0, low: nil, high: nil)
        _ = bench.receive(.file(file), at: bench.now)
        bench.type(.tab, .down, .down, .down)
        bench.type(".")
        #expect(bench.text.contains(".r non réalisé") && !bench.text.contains(".n normal"))
        bench.type("n")
        #expect(bench.type(.enter) == [.bell] && bench.sent.isEmpty)
        #expect(bench.text.contains("« .n » n'est pas un nombre : écrire 4,2 ou <0,5"))
        bench.type(.escape)
        #expect(bench.text.contains(".n …") && !bench.text.contains(",n"))
    }

    @Test func `a label opens its tube at once, and asks for what was measured before`() {
        var bench = Morning.bench()
        let effects = bench.receive(
            .found(Morning.file(of: "261122000377"), accession: "261122000377"), at: bench.now)
        #expect(effects == [.open("D0377")])
    }
}

/// What the biologist wrote, and keys while the code is looked at.
@Suite struct `What the biologist's screen keeps` {
    @Test func `what was left, commented and written is there again in the next screen, an amendment is not`() throws {
        var bench = SignMorning.bench()
        bench.type(.enter)
        bench.type("e")
        bench.type("C")
        bench.type("Vu avec le clinicien")
        bench.type(.enter)
        bench.drafts["261122-0398"] = SignDraft(amendment: Amendment(.result, words: nil))
        let left = bench.left
        #expect(left.keys.sorted() == ["261122-0412"])
        #expect(left["261122-0412"]?.note == "Vu avec le clinicien" && left["261122-0412"]?.except.count == 1)
        // As it goes through the sealed file.
        let kept = left.map { SignLeft(number: $0.key, draft: $0.value, at: bench.now) }
        let read = try JSONDecoder().decode([SignLeft].self, from: JSONEncoder().encode(kept))
        var next = SignMorning.bench()
        let effects = next.receive(.drafts(read), at: next.now)
        #expect(next.text.contains("brouillon(s) retrouvé(s) : 261122-0412"))
        #expect(next.left == left)
        #expect(effects == [.open("261122-0412", left["261122-0412"] ?? SignDraft())], "as it would be signed")
    }

    @Test func `a key while the code is looked at is neither taken nor kept, and that is said`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type(.enter)
        bench.type("s")
        bench.type("241703")
        bench.type(.enter)
        #expect(bench.text.contains("signature en cours…"))
        #expect(bench.type("R") == [.bell] && bench.text.contains("la touche n'est pas prise"))
        _ = bench.receive(.done(1, .signed(version: 1)), at: bench.now)
        #expect(bench.mode == .browse && bench.text.contains("version 1"), "\(bench.text)")
    }

    @Test func `a queue that came cut says so`() {
        var bench = SignMorning.bench(width: 120, height: 36)
        #expect(!bench.text.contains("5 sur "))
        _ = bench.receive(.waiting(2345), at: bench.now)
        #expect(bench.text.contains("\(bench.queue.count) sur 2345"), "\(bench.text)")
        _ = bench.receive(.waiting(nil), at: bench.now)
        #expect(!bench.text.contains(" sur 2345"))
    }
}

@Suite struct `The page of what is shown` {
    @Test func `the table names what is there`() throws {
        let tests = `Golden screens`.folder.deletingLastPathComponent().deletingLastPathComponent()
        var sources = ""
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == "swift" { sources += try String(contentsOf: file, encoding: .utf8) }
        }
        let page = try String(contentsOf: tests.appendingPathComponent("ConsoleTests/README.md"), encoding: .utf8)
        var named = 0
        for row in page.split(separator: "\n") where row.hasPrefix("| ") && !row.hasPrefix("| line") {
            let shown = row.split(separator: "|")
            #expect(shown.count == 2, "\(row)")
            for name in (shown.dropFirst().first ?? "").matches(of: /`([^`]+)`/).map({ String($0.1) }) {
                named += 1
                #expect(
                    sources.contains("func `\(name)`") || sources.contains("\"\(name)\""), "\(name), in \(row)")
            }
        }
        #expect(named > 100, "\(named)")
    }
}
