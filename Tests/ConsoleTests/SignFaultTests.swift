import Base
import Console
import Foundation
import Laboratory
import Testing

/// Faults that a biologist met, each as its test.
@Suite struct `What the biologist's screens must not do` {
    private func refused(_ code: String, _ cause: String, _ remedy: String) -> SignEvent {
        .refused(1, Refusal(code, at: "anne", because: cause, remedy: remedy))
    }

    @Test func `a wrong code is typed again where it was asked, and its digits are never keys`() {
        var bench = SignMorning.bench(sheet: SignMorning.sheet(isCritical: false))
        bench.type("s")
        bench.type("999111")
        bench.type(.enter)
        #expect(bench.text.contains("signature en cours") && !bench.text.contains("******999111"))
        // Typed before the answer: nothing, and no key of the queue.
        #expect(Set(bench.type("241703q")) == [.bell] && bench.type(.enter) == [.bell])
        let again = bench.receive(
            refused(
                "sign.pin", "ce n'est pas le code de signature de ce compte", "le retaper (essais qui restent : 4)"),
            at: bench.now)
        #expect(again == [.bell])
        for words in ["[sign.pin]", "essais qui restent : 4", "code de signature :", "Signer 261122-0412"] {
            #expect(bench.text.contains(words), "\(words)\n\(bench.text)")
        }
        #expect(!bench.text.contains("***"), "the wrong one is gone")
        bench.type("241703")
        guard case .sign(_, let pin, _, _, _) = SignBench.deeds(bench.type(.enter)).first else {
            Testing.Issue.record("nothing was signed")
            return
        }
        #expect(pin == "241703")
        _ = bench.receive(
            .refused(2, Refusal("sign.changed", because: "le dossier a changé", remedy: "relire")), at: bench.now)
        #expect(bench.mode == .browse && bench.text.contains("[sign.changed]"))
    }

    @Test func `the prompt says what is signed over, by whom, when and what it means, at every size`() {
        for (width, height) in [(80, 24), (60, 14), (200, 60)] {
            var bench = SignMorning.bench(width: width, height: height)
            bench.type("s")
            #expect(bench.text.contains("code de signature"), "\(width)\n\(bench.text)")
        }
        var bench = SignMorning.bench()
        bench.type("s")
        let text = bench.text.replacing("│", with: "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for words in [
            "malgré CRITIQUE_APPEL (K), HIL_RCV (K), CQ_REJET (K)", "par Anne Kervella, le 22/11/2026 à 14:32",
            "Validation biologique des résultats",
        ] { #expect(text.contains(words), "\(words)\n\(bench.text)") }
    }

    @Test func `what is left out stays on its row and comes back with the same key`() {
        var bench = SignMorning.bench()
        bench.type(.enter, .down)
        bench.type("e")
        _ = bench.receive(.sheet(SignMorning.sheet(draft: SignDraft(except: ["K"]))), at: bench.now)
        #expect(bench.text.contains("– K") && bench.text.contains("laissé"), "\(bench.text)")
        #expect(bench.text.contains("2 résultat(s), version 1 à signer"))
        #expect(!bench.text.contains("CRITIQUE_APPEL"), "what is left holds nothing")
        #expect(bench.currentLine?.line.analysis == "K")
        #expect(bench.type("e") == [.open("261122-0412", SignDraft())])
        let all = SignDraft(except: ["NA", "K", "CL"])
        bench.drafts["261122-0412"] = all
        _ = bench.receive(.sheet(SignMorning.sheet(draft: all)), at: bench.now)
        #expect(bench.text.contains("tout est laissé pour plus tard") && !bench.text.contains("rien ne le retient"))
        #expect(bench.text.contains("contrôles : sans objet"), "\(bench.text)")
        #expect(bench.type("s") == [.bell] && bench.mode == .browse)
    }

    @Test func `what is calculated from an analysis left out says whom to take back`() {
        var bench = SignMorning.bench()
        var sheet = SignMorning.sheet(draft: SignDraft(except: ["K"]))
        sheet.lines[2].isLeft = true
        _ = bench.receive(.sheet(sheet), at: bench.now)
        bench.drafts["261122-0412"] = SignDraft(except: ["K"])
        bench.type(.enter, .down, .down)
        #expect(bench.type("e") == [.bell] && bench.text.contains("CL attend avec K"))
    }

    @Test func `controls that were never recorded are not conforming`() {
        func first(_ states: [String]) -> String {
            var bench = SignMorning.bench()
            let rows = states.map { QualityRow(analyzer: "cobas", analysis: "K", state: $0) }
            _ = bench.receive(.controls(ControlCounts(rows)), at: bench.now)
            return String(bench.text.prefix { $0 != "\n" })
        }
        #expect(first([]).contains("CQ absent"))
        #expect(first(["CONFORME", "DISPENSE"]).contains("CQ ✓"))
        #expect(first(["DISPENSE"]).contains("CQ dispensé"))
        // Half way back from a rejection it holds as the rejection did.
        #expect(first(["CONFORME", "CORRIGE"]).contains("CQ 1✖"))
        #expect(first(["CONFORME", "NON_CONTROLE"]).contains("CQ 1 absent"))
        #expect(first(["CONFORME", "ECHU"]).contains("CQ 1⧗"))
        #expect(first(["REJET", "ECHU", "NEUF"]).contains("CQ 1✖ 1⧗ 1 absent"))
    }

    @Test func `a locked screen shows nothing of a patient, at any size, and no answer opens it`() {
        for (width, height) in [(80, 24), (200, 60)] {
            var bench = SignMorning.bench(width: width, height: height)
            bench.type(.enter)
            bench.type("p")
            bench.type(.control("l"))
            _ = bench.receive(.why(title: "K 6,4", holds: [], judged: nil), at: bench.now)
            _ = bench.receive(.versions(SignMorning.versions), at: bench.now)
            _ = bench.receive(.failed(Refusal("x.y", because: "MARTIN", remedy: "")), at: bench.now)
            let text = bench.text
            #expect(text.contains("Écran verrouillé de anne"))
            for word in ["MARTIN", "DUPONT", "261122", "6,4", "AVK", "TREGUER", "mmol"] {
                #expect(!text.contains(word), "\(word)\n\(text)")
            }
            bench.type("secret")
            let deed = bench.type(.enter)
            #expect(SignBench.deeds(deed) == [.unlock("secret")] && bench.type("q") == [.bell])
            _ = bench.receive(.refused(1, Refusal("auth.login", because: "secret faux", remedy: "")), at: bench.now)
            #expect(bench.link == .locked && bench.text.contains("secret faux") && !bench.text.contains("MARTIN"))
        }
    }

    @Test func `what is held has its place at 80 columns, with the trend and the earlier value`() throws {
        var bench = SignMorning.bench()
        bench.type(.enter)
        let row = try #require(bench.text.split(separator: "\n").first { $0.contains("6,4 mmol/L") })
        for words in ["▲H‼", "3,5 – 4,9", "4,2", "▂▃▃█", "CRITIQUE_APPEL"] {
            #expect(row.contains(words), "\(words)\n\(bench.text)")
        }
        #expect(row.contains("HIL_RCV +1"), "that there are others")
    }

    @Test func `a change since the signature is told in words, in the file and before the code`() {
        let changes = [SignedChange(.birthName, before: "MARTIN", after: "MARTEL")]
        var bench = SignMorning.bench(
            sheet: SignMorning.sheet(version: 2, isAmendment: true, isCritical: false, changes: changes))
        bench.type(.enter)
        #expect(bench.text.contains("changé depuis la version 1 : nom de naissance : MARTIN → MARTEL"), "\(bench.text)")
        #expect(!bench.text.contains("rien ne le retient"))
        var found = SignMorning.versions
        found.changes = []
        found.others = changes
        bench.type("d")
        _ = bench.receive(.versions(found), at: bench.now)
        #expect(bench.text.contains("MARTIN → MARTEL") && !bench.text.contains("mêmes résultats"))
    }

    @Test func `a code typed where words are asked is neither shown nor kept`() {
        var bench = SignMorning.bench()
        bench.type("s")
        bench.type("241703")
        #expect(bench.text.contains("pourquoi signer avant l'appel : ******") && !bench.text.contains("241703"))
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("des mots, et non un code"))
        guard case .question(let question) = bench.mode else {
            Testing.Issue.record("the question is gone")
            return
        }
        #expect(question.at == 0 && question.parts[0].field.text.isEmpty)
    }

    @Test func `the whole of a long file can be read at 80 columns, and the screen says that there is more`() {
        var bench = SignMorning.bench(height: 16)
        bench.type(.enter)
        #expect(bench.text.contains("lignes plus bas") && !bench.text.contains("empreinte"))
        bench.type(.pageDown, .pageDown)
        #expect(bench.text.contains("empreinte 3f9a") && !bench.text.contains("lignes plus bas"), "\(bench.text)")
        bench.type(.pageUp, .pageUp)
        #expect(bench.text.contains("renseignements"))
        for _ in 0..<20 { bench.type(.down) }
        #expect(bench.text.contains("empreinte 3f9a") && bench.result == 2)
        for _ in 0..<20 { bench.type(.up) }
        #expect(bench.text.contains("renseignements") && bench.result == 0)
    }

    @Test func `a file that comes into an empty queue is read at once, one that left keeps its line`() {
        var bench = SignBench(at: Morning.now)
        _ = bench.receive(.online, at: Morning.now)
        _ = bench.receive(.queue([]), at: Morning.now)
        #expect(
            bench.receive(.queue([SignMorning.rows[0]]), at: Morning.now) == [.open("261122-0412", SignDraft())])
        bench = SignMorning.bench()
        _ = bench.receive(.queue(Array(SignMorning.rows.dropFirst())), at: bench.now)
        #expect(bench.current == "261122-0412" && bench.text.contains("n'attend plus"), "\(bench.text)")
        bench.type("r")
        #expect(!bench.text.contains("n'attend plus") && bench.current == "261122-0398")
    }

    @Test func `an answer that comes late does not move whoever went on in the same file`() {
        var bench = SignMorning.bench()
        bench.type(.enter)
        bench.type("o")
        bench.type("261122-0412")
        bench.type(.enter, .down)
        _ = bench.receive(.found(SignMorning.sheet()), at: bench.now)
        #expect(bench.currentLine?.line.analysis == "K")
    }

    @Test func `the prompt of a file's number understands q, help and words`() {
        for word in ["q", "Q!", "quitter"] {
            var bench = SignMorning.bench()
            bench.type(":")
            bench.type(word)
            #expect(bench.type(.enter) == [.quit], "\(word)")
        }
        var bench = SignMorning.bench()
        bench.type(":")
        bench.type("signer")
        #expect(bench.type(.enter) == [.bell] && bench.text.contains("« signer » n'est pas un numéro"))
        bench.type(":")
        bench.type("aide")
        bench.type(.enter)
        #expect(bench.text.contains("signer en lot"))
    }

    @Test func `keys are those of the person's file, and a digit is none`() throws {
        var manner = Manner()
        manner.keymap = try Keymap(text: "valider = v\nbio.signer = f9\nbio.suivant = w s # s est libre\n")
        var bench = SignMorning.bench(manner: manner, sheet: SignMorning.sheet(isCritical: false))
        #expect(bench.type("s") == [.open("261122-0398", SignDraft())], "s goes to the next file now")
        bench.type(.up)
        _ = bench.receive(.sheet(SignMorning.sheet(isCritical: false)), at: bench.now)
        bench.type(.function(9))
        #expect(bench.text.contains("code de signature"))
        bench.type(.escape)
        bench.type("?")
        #expect(bench.text.contains("f9") && bench.text.contains("w, s"))
        for (line, code) in [
            ("bio.signer = 4", "keys.digit"), ("bio.rien = s", "keys.line"), ("bio.signer = zzz", "keys.key"),
            ("bio.signer = q ctrl-c", "keys.menu"),
        ] {
            var found: String?
            do { _ = try Keymap(text: line) } catch { found = error.code }
            #expect(found == code, "\(line)")
        }
    }

    @Test func `a long refusal is read whole at 80 columns`() {
        var bench = SignMorning.bench()
        let remedy = "corriger et repasser le contrôle, puis décider du résultat (paillasse qc lookback)"
        _ = bench.receive(
            .failed(Refusal("sign.quality", at: "K", because: "CQ_REJET : contrôle rejeté 1-3s", remedy: remedy)),
            at: bench.now)
        let text = bench.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains(remedy), "\(bench.text)")
    }

    @Test func `every refusal of the sign-off is said in English too`() throws {
        let sources = `The technician's page`.url.deletingLastPathComponent()
        var codes = Set<String>()
        for folder in ["Workflow/SignOff", "API", "paillasse"] {
            let url = sources.appendingPathComponent(folder)
            for name in try FileManager.default.contentsOfDirectory(atPath: url.path) {
                guard folder.hasSuffix("SignOff") || name.hasPrefix("Sign") || name.hasPrefix("Bio") else { continue }
                let text = try String(contentsOf: url.appendingPathComponent(name), encoding: .utf8)
                for match in text.matches(of: /"((?:sign|amend|bio|account\.pin)\.[a-z.]+)"/) {
                    codes.insert(String(match.1))
                }
            }
        }
        let actions: Set = [
            "bio.settings", "bio.sign", "bio.sign.lot", "bio.amend", "account.pin.locked", "account.pin",
        ]
        codes.subtract(actions)
        #expect(codes.count > 20)
        for code in codes { #expect(EnglishTold.refusals[code] != nil, "\(code)") }
    }

    @Test func `in English nothing stays French but what people and analyzers wrote`() {
        #expect(Set(EnglishTold.holds.keys) == Set(Hold.Code.allCases))
        #expect(Set(EnglishTold.parts.keys) == Set(SignedChange.Part.allCases))
        #expect(Set(EnglishTold.obstacles.keys) == Set(SignObstacle.Kind.allCases))
        #expect(Set(EnglishTold.attributes.keys) == Set(IdentityAttribute.allCases))
        #expect(Set(EnglishTold.reasons.keys) == Set(Amendment.Reason.allCases))
        let accents = Set("éèêàâùûîïôçœ«»")
        for word in SignWord.allCases {
            let text = Language.english[word]
            #expect(!text.contains { accents.contains($0) }, "\(word): \(text)")
        }
        var manner = Manner()
        manner.language = .english
        var bench = SignMorning.bench(manner: manner)
        let french = [
            "valeur", "l'appel", "manque", "retenu", "échap", "entrée", "rien", "dossier", "au-delà", "début",
        ]
        func check(_ name: String) {
            let text = bench.text.lowercased()
            for word in french { #expect(!text.contains(word), "\(name): \(word)\n\(text)") }
        }
        check("queue")
        bench.type(.enter)
        check("file")
        bench.type("?")
        check("help")
        bench.type(.escape)
        bench.type("s")
        check("code")
        bench.type(.escape)
        bench.type("S")
        check("batch")
        bench.type(.escape)
        _ = bench.receive(
            .why(
                title: "K 6,4", holds: [Hold(.delta, "écart de +2,2")],
                judged: WhySheet(at: bench.now, engine: 1, catalogue: "c", rules: "r", checks: [])), at: bench.now)
        check("why")
        bench.type(.escape)
        let refusal = Refusal(
            "sign.pin", at: "anne", because: "pas le code", remedy: "retaper (essais qui restent : 4)")
        #expect(
            bench.sentence(refusal)
                == "[sign.pin] anne: this is not the signing code of this account. type it again (tries left: 4).")
    }
}
