import Base
import Catalog
import Client
import Console
import Exchange
import Foundation
import Laboratory
import Server
import Terminal
import Testing
import Workflow

@Suite(.serialized) struct `The biologist's commands` {
    private func signedIn(
        _ body: @Sendable (APILaboratory, CommandLineTool) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                try #require(login.code == 0, "\(login)")
                try await body(laboratory, tool)
            }
        }
    }

    @Test func `a signature needs a person at a terminal, with the code`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            for words in [["bio", "sign", number], ["bio", "amend", number, "--reason", "ERREUR_RESULTAT"]] {
                let script = try await tool.run(words: words, input: APILaboratory.pin + "\n")
                let expected = words[1] == "sign" ? "[sign.terminal]" : "[amend.unsigned]"
                #expect(script.code == 1 && script.complaint.contains(expected), "\(script)")
            }
            // A wrong code is asked for again: the next one is never typed to a shell.
            let right = try await tool.conversation(
                "bio sign \(number)",
                [("Code de signature :", "999111"), ("essais qui restent : 4", APILaboratory.pin)])
            #expect(right.contains("[sign.pin]"), "\(right)")
            // What is covered is said before the code is asked, and the code is never shown.
            #expect(right.contains("Signer 2 résultat(s) de \(number), empreinte "), "\(right)")
            for words in ["malgré ", "MODIF_MANUELLE × 2", "par BIOLOGISTE, le ", " à ", "CSP, art. L. 6211-2"] {
                #expect(right.contains(words), "\(words)\n\(right)")
            }
            #expect(right.contains("version 1 signée par") && !right.contains(APILaboratory.pin))
            #expect(!right.contains("999111"))
            let again = try await tool.run("bio", "reject", number, "K", "--reason", "zz")
            #expect(again.code == 1 && again.complaint.contains("« zz » ne dit pas pourquoi"), "\(again)")
        }
    }

    @Test func `a code that is wrong five times is locked, and the command ends there`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let left = try await tool.conversation(
                "bio sign \(number)",
                [("Code de signature :", "999111")]
                    + (1...4).map { ("essais qui restent : \(5 - $0)", "99911\($0)") })
            for words in ["essais qui restent : 1", "[sign.pin.locked]", "paillasse account pin"] {
                #expect(left.contains(words), "\(words)\n\(left)")
            }
            #expect(!left.contains("99911"))
            // The right one opens it no more, and nothing was signed.
            let late = try await tool.atTerminal("bio sign \(number)")
            #expect(late.contains("[sign.pin.locked]") && !late.contains("version 1 signée"), "\(late)")
            #expect(try await laboratory.signedIn(.biologist).request(number).signatures.isEmpty)
        }
    }

    @Test func `a person chooses the code with the secret`() async throws {
        try await signedIn { laboratory, tool in
            let secret = APILaboratory.secret + "\n"
            let easy = try await tool.run("account", "pin", "--secret-stdin", input: secret + "123456\n")
            #expect(easy.code == 1 && easy.complaint.contains("[account.pin.easy]"), "\(easy)")
            let chosen = try await tool.run("account", "pin", "--secret-stdin", input: secret + "508142\n")
            #expect(chosen.code == 0 && chosen.output.contains("code de signature choisi"), "\(chosen)")
            let number = try await laboratory.readyToSign().request.number
            let signed = try await tool.atTerminal("bio sign \(number)", pin: "508142")
            #expect(signed.contains("version 1 signée par"), "\(signed)")
        }
    }

    @Test func `a lot is summed up, sampled, and signed only at its very number`() async throws {
        try await signedIn { laboratory, tool in
            laboratory.clock.followMachine()
            try await tool.signIn("biologiste")
            for name in ["UN", "DEUX", "TROIS"] { _ = try await laboratory.proposable(name) }
            _ = try await laboratory.readyToSign("QUATRE")
            let file = try await tool.run("bio", "file")
            #expect(
                file.output.contains("critiques 0   retenus 1   proposables 3   partiels 0   plus ancien"), "\(file)")
            #expect(file.output.contains("MODIF_MANUELLE"), "\(file)")
            let grown = try await tool.run("bio", "sign", "--proposables", "--confirm", "2")
            #expect(grown.code == 1 && grown.complaint.contains("--confirm 3"), "\(grown)")
            let strange = try await tool.run("bio", "sign", "--proposables", "--section", "xyz", "--confirm", "3")
            #expect(strange.code == 1 && strange.complaint.contains("[bio.section]"), "\(strange)")
            let elsewhere = try await tool.run("bio", "sign", "--proposables", "--section", "hemos", "--confirm", "3")
            #expect(elsewhere.code == 1 && elsewhere.complaint.contains("[sign.confirm.none]"), "\(elsewhere)")
            #expect(!elsewhere.complaint.contains("--confirm 0"))
            let signed = try await tool.atTerminal("bio sign --proposables --section biochimie --confirm 3")
            #expect(signed.contains("tiré au sort, 1 sur 3") && signed.contains("empreinte"), "\(signed)")
            #expect(signed.contains("biochimie 3"), "how many of each section")
            #expect(signed.contains("3 dossier(s) signé(s) en lot") && signed.contains("dont 3 en lot (100 %)"))
            #expect(try await laboratory.signedIn(.biologist).awaitingSignature().map(\.lane) == [.held])
            let day = CivilTime(laboratory.clock.now, in: .europeParis).date.description
            let figures = try await tool.run("bio", "figures", "--from", day, "--to", day, "--all")
            #expect(figures.code == 0 && figures.output.contains("3 signature(s), dont 3 en lot"), "\(figures)")
        }
    }

    @Test func `a person sees what is signed, also where a program reads what comes of it`() async throws {
        try await signedIn { laboratory, tool in
            for name in ["UN", "DEUX"] { _ = try await laboratory.proposable(name) }
            let alone = try await laboratory.readyToSign("TROIS").request.number
            let path = tool.home + "/made.json"
            let lot = try await tool.atTerminal("bio sign --proposables --confirm 2 --json > \(path)")
            for words in ["plus ancien du lot", "CQ dispensé", "tiré au sort, 1 sur 2", "140 mmol/L"] {
                #expect(lot.contains(words), "\(words)\n\(lot)")
            }
            let made = try JSONDecoder().decode(
                [LotOutcomeView].self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(made.count { $0.signature != nil } == 2)
            let one = try await tool.atTerminal("bio sign \(alone) --json > \(path)")
            #expect(one.contains("140 mmol/L") && one.contains("MODIF_MANUELLE"), "\(one)")
            let signature = try JSONDecoder().decode(
                SignatureView.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
            #expect(signature.version == 1)
            // Without a person nothing is signed, and what a program reads is JSON alone.
            let script = try await tool.run("bio", "sign", alone, "--json")
            #expect(script.code == 1 && script.output.isEmpty, "\(script)")
        }
    }

    @Test func `what of a lot could not be signed is said before the code, and the rest is signed`() async throws {
        try await signedIn { laboratory, tool in
            let good = try await laboratory.proposable("UN").request.number
            let bad = try await laboratory.proposable("DEUX")
            // A character that no page can show, from before anybody looked at it.
            var desk = laboratory.desk
            desk.defect = { _ in nil }
            let known = try await desk.patient(bad.request.patientID)
            var draft = PatientDraft(status: known.status, traits: known.traits)
            draft.traits.birthName = "DEUX\u{10FFFD}"
            let secretary = Author(login: "secretaire", role: .secretary, site: "nord")
            _ = try await desk.updatePatient(bad.request.patientID, draft, by: secretary)
            let said = try await tool.atTerminal("bio sign --proposables --confirm 2")
            let code = try #require(said.range(of: "Code de signature"), "\(said)")
            let told = said[..<code.lowerBound]
            #expect(told.contains("\(bad.request.number) ne peut être signé : [printing.glyph]"), "\(said)")
            #expect(said.contains("1 dossier(s) signé(s) en lot") && said.contains("\(good) : version 1"), "\(said)")
            let none = try await tool.atTerminal("bio sign --proposables --confirm 1", asksCode: false)
            #expect(none.contains("ne peut être signé") && !none.contains("Code de signature"), "\(none)")
            #expect(try await laboratory.signedIn(.biologist).request(bad.request.number).signatures.isEmpty)
        }
    }

    @Test func `a file that was begun in the full screen is in no lot of the commands either`() async throws {
        try await signedIn { laboratory, tool in
            let free = try await laboratory.proposable("UN").request.number
            let begun = try await laboratory.proposable("DEUX").request.number
            let tokens = try TokenFile.standard(environment: ["PAILLASSE_HOME": tool.home])
            let client = try await laboratory.signedIn(.biologist)
            let window = try DraftFile(
                beside: tokens, server: laboratory.server.text, login: "biologiste",
                key: try await client.draftKey().key, kind: SignLeft.kind)
            let left = [
                SignLeft(number: begun, draft: SignDraft(comments: ["HEMO1"]), at: laboratory.clock.now),
                SignLeft(number: free, draft: SignDraft(), at: laboratory.clock.now),
            ]
            try window.keep(left)
            let all = try await tool.run("bio", "sign", "--proposables", "--confirm", "2")
            #expect(all.code == 1 && all.complaint.contains("--confirm 1"), "\(all)")
            let signed = try await tool.atTerminal("bio sign --proposables --confirm 1")
            #expect(signed.contains("laissé(s) hors du lot : \(begun)"), "\(signed)")
            #expect(signed.contains("\(free) : version 1 signée"), "\(signed)")
            #expect(try await client.request(begun).signatures.isEmpty)
            // The window that wrote it still has it.
            #expect(try window.takeOver(SignLeft.self).map(\.number).sorted() == left.map(\.number).sorted())
        }
    }

    @Test func `an analysis is left out, a comment is added by its code, and the context stands above`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let codes = try await tool.run("bio", "comments")
            #expect(codes.code == 0 && codes.output.contains("HEMO1"), "\(codes)")
            let unknown = try await tool.run("bio", "show", number, "--comment", "RIEN")
            #expect(unknown.code == 1 && unknown.complaint.contains("[sign.comment.unknown]"), "\(unknown)")
            let shown = try await tool.run("bio", "show", number, "--except", "K", "--comment", "HEMO1")
            #expect(shown.code == 0 && shown.output.contains("manque : K"), "\(shown)")
            for words in [
                "Échantillon hémolysé", "prescripteur Pascal CHARLES", "aucun renseignement", "première visite",
                "contrôles : CQ_ABSENT (NA) :", "MODIF_MANUELLE : lire pourquoi : paillasse bio why \(number) NA",
            ] { #expect(shown.output.contains(words), "\(words)\n\(shown.output)") }
            let technician = try await laboratory.signedIn(.technician)
            var doubt = PatientChangeBody()
            doubt.attributes = [.doubtful]
            let patient = try await technician.request(number).request.patientID
            _ = try await technician.updatePatient(patient, doubt)
            let doubtful = try await tool.run("bio", "show", number)
            #expect(doubtful.output.contains("identité douteuse : jamais en lot"), "\(doubtful)")
            #expect(try await tool.run("patient", "show", patient).output.contains("PROV (identité douteuse)"))
            let signed = try await tool.atTerminal("bio sign \(number) --except K --comment HEMO1")
            #expect(signed.contains("malgré identité douteuse, "), "\(signed)")
            #expect(signed.contains("version 1 (partielle) signée par"), "\(signed)")
            let left = try await tool.run("bio", "next")
            #expect(left.output.contains("version 2 à signer") && left.output.contains("hémolysé"), "\(left)")
        }
    }

    @Test func `a doubt after the signature is told in the queue, the numbers and the history of the report`()
        async throws
    {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            #expect(try await tool.atTerminal("bio sign \(number)").contains("version 1 signée par"))
            func told() async throws -> [String] {
                var all = [String]()
                for words in [["bio", "file"], ["status"], ["report", "history", number]] {
                    let said = try await tool.run(words: words)
                    #expect(said.code == 0, "\(said)")
                    all.append(said.output)
                }
                return all
            }
            let before = try await told()
            #expect(!before[0].contains(number) && !before[2].contains("attend le biologiste"), "\(before)")
            let technician = try await laboratory.signedIn(.technician)
            var doubt = PatientChangeBody()
            doubt.attributes = [.fictitious]
            _ = try await technician.updatePatient(try await technician.request(number).request.patientID, doubt)
            let after = try await told()
            let change = "attribut de l'identité : – → identité fictive"
            #expect(after[0].contains(number) && after[0].contains(change), "\(after[0])")
            let counted = after[1].split(separator: "\n").first { $0.hasPrefix("dont signés, et changés depuis") }
            #expect(counted?.hasSuffix(" 1") == true, "\(after[1])")
            #expect(after[2].contains("attend le biologiste") && after[2].contains(change), "\(after[2])")
            let english = try await tool.run(words: ["bio", "file"], language: "en_GB.UTF-8")
            #expect(english.output.contains("identity attribute: – → fictitious identity"), "\(english)")
        }
    }

    @Test func `why and call answer for a result by its code`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let technician = try await laboratory.signedIn(.technician)
            var body = ResultBody(analysis: "K")
            body.value = "7.9"
            let typed = try await technician.enter(number, body)
            _ = try await technician.validate(number, ValidateBody(observations: [typed.id], reason: "relu"))
            let why = try await tool.run("bio", "why", number, "K")
            #expect(why.code == 0 && why.output.contains("RETENU") && why.output.contains("RÈGLE"), "\(why)")
            let strange = try await tool.run("bio", "why", number, "GLU")
            #expect(strange.code == 1 && strange.complaint.contains("[bio.analysis]"), "\(strange)")
            let calm = try await tool.run("bio", "call", number, "NA", "--show")
            #expect(calm.code == 1 && calm.complaint.contains("\(number) NA : cette valeur n'a pas d'appel"), "\(calm)")
            let refused = try await tool.atTerminal("bio sign \(number)", asksCode: false)
            #expect(refused.contains("[sign.critical]"), "\(refused)")
            let shown = try await tool.run("bio", "call", number, "K", "--show")
            #expect(shown.code == 0 && shown.output.contains("à appeler avant"), "\(shown)")
            let called = try await tool.run(
                "bio", "call", number, "K", "--person", "Dr CHARLES", "--role", "prescripteur", "--number",
                "0320000001", "--value", "7,9", "--read-back")
            #expect(called.code == 0 && called.output.contains("Dr CHARLES"), "\(called)")
            // Whom, when and by whom is told from then on, and nobody is sent to the telephone again.
            let after = try await tool.run("bio", "show", number)
            #expect(after.output.contains("dit à Dr CHARLES le 22/11/2026"), "\(after)")
            #expect(!after.output.contains("paillasse bio call"), "\(after)")
            let english = try await tool.run(words: ["bio", "show", number], language: "en_GB.UTF-8")
            #expect(english.output.contains("call K: closed") && english.output.contains("told to Dr CHARLES"))
            let signed = try await tool.atTerminal("bio sign \(number)")
            #expect(signed.contains("version 1 signée par"), "\(signed)")
            #expect(signed.contains("malgré MODIF_MANUELLE") && !signed.contains("malgré CRITIQUE"), "\(signed)")
        }
    }

    @Test func `a call is written down question after question, in words of the language`() async throws {
        try await signedIn { laboratory, tool in
            let technician = try await laboratory.signedIn(.technician)
            func critical(_ name: String) async throws -> String {
                let number = try await laboratory.readyToSign(name).request.number
                var body = ResultBody(analysis: "K")
                body.value = "7.9"
                let typed = try await technician.enter(number, body)
                _ = try await technician.validate(number, ValidateBody(observations: [typed.id], reason: "relu"))
                return number
            }
            let number = try await critical("UN")
            let asked = [
                ("Qui a répondu ?", "Dr CHARLES"), ("Sa fonction ?", "prescripteur"), ("Numéro appelé ?", "0320000001"),
                ("(au dossier : 7,9", "7,9"), ("(oui, non)", "peut-être"), ("(oui, non)", "o"),
            ]
            let told = try await tool.conversation("bio call \(number) K", asked.map { (question: $0.0, answer: $0.1) })
            #expect(told.contains("Dr CHARLES") && told.contains("CONFIRME"), "\(told)")
            let call = try await laboratory.signedIn(.biologist).fileToSign(number).observations.compactMap(\.call)
            #expect(call.map(\.state) == [.closed] && call.first?.attempts.last?.wasReadBack == true)
            // Nobody answered: nothing more is asked, and the call stays to be made.
            let other = try await critical("DEUX")
            let nobody = try await tool.conversation(
                "bio call \(other) K",
                [
                    (question: "Qui a répondu ?", answer: "-"), (question: "Numéro appelé ?", answer: "0320000001"),
                ])
            #expect(nobody.contains("INJOIGNABLE") && !nobody.contains("Sa fonction"), "\(nobody)")
            let english = try await tool.run(words: ["bio", "call", other, "K", "--show"], language: "en_GB.UTF-8")
            for words in ["to be called before", "READ BACK", "UNREACHABLE"] {
                #expect(english.output.contains(words), "\(words)\n\(english)")
            }
            let why = try await tool.run(words: ["bio", "why", other, "K"], language: "en_GB.UTF-8")
            #expect(why.output.contains("WHAT WAS LOOKED AT") && why.output.contains("HELD: "), "\(why)")
            #expect(!why.output.contains("demande") && !why.output.contains("jugement"), "\(why)")
        }
    }

    @Test func `the laboratory's choices are shown, changed with a reason, and obeyed by a batch`() async throws {
        try await signedIn { laboratory, tool in
            let usual = try await tool.run("bio", "settings")
            #expect(usual.output.contains("5 sur cent") && usual.output.contains("aucune référence"), "\(usual)")
            let bare = try await tool.run("bio", "settings", "--sample", "50")
            #expect(bare.code == 2 && bare.complaint.contains("--reason"), "\(bare)")
            let chosen = try await tool.run(
                "bio", "settings", "--sample", "100", "--baseline", "papier", "--minutes", "42", "--errors", "3",
                "--reason", "nouvelle équipe")
            #expect(chosen.code == 0 && chosen.output.contains("100 sur cent"), "\(chosen)")
            for name in ["UN", "DEUX", "TROIS"] { _ = try await laboratory.proposable(name) }
            let signed = try await tool.atTerminal("bio sign --proposables --confirm 3 --sample 5")
            #expect(signed.contains("tiré au sort, 3 sur 3"), "\(signed)")
            let figures = try await tool.run("bio", "figures", "--from", "2026-11-22", "--to", "2026-11-22", "--all")
            #expect(figures.output.contains("une mesure en veut 100"), "\(figures)")
            #expect(figures.output.contains("(papier) : 100 résultats saisis en 42 min, 3 retapés"), "\(figures)")
        }
    }

    @Test func `counts are of all that waits, whatever is shown of it`() async throws {
        try await signedIn { laboratory, tool in
            for name in ["UN", "DEUX", "TROIS"] { _ = try await laboratory.proposable(name) }
            _ = try await laboratory.readyToSign("QUATRE")
            let cut = try await tool.run("bio", "file", "--limit", "2")
            #expect(cut.output.contains("retenus 1   proposables 3"), "\(cut)")
            #expect(cut.output.contains("les 2 premiers, de 4 qui attendent"), "\(cut)")
            #expect(cut.output.contains("QUATRE"), "the gravest first\n\(cut)")
        }
    }

    @Test func `a correction is shown beside what was signed, with who has it, and asks why`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            _ = try await tool.atTerminal("bio sign \(number)")
            try await laboratory.dispatch.makeReports()
            let technician = try await laboratory.signedIn(.technician)
            var body = ResultBody(analysis: "K")
            body.value = "2.90"
            let typed = try await technician.enter(number, body)
            _ = try await technician.validate(number, ValidateBody(observations: [typed.id], reason: "repassé"))
            let plain = try await tool.run("bio", "sign", number)
            #expect(plain.code == 1 && plain.complaint.contains("[sign.amendment]"), "\(plain)")
            let script = try await tool.run("bio", "amend", number, "--reason", "ERREUR_RESULTAT")
            #expect(script.code == 1 && script.complaint.contains("[sign.terminal]"), "\(script)")
            let amended = try await tool.atTerminal(
                "bio amend \(number) --uncalled rappel --words tube", asked: [("Numéro du motif :", "2")])
            #expect(amended.contains("VERSION 1") && amended.contains("VERSION 2"), "\(amended)")
            #expect(amended.contains("4,2 mmol/L") && amended.contains("2,9 mmol/L"))
            #expect(amended.contains("résultat erroné : tube") && amended.contains("version 2 signée par"))
            #expect(amended.contains("à rappeler : K 2,9"), "\(amended)")
            let biologist = try await laboratory.signedIn(.biologist)
            let view = try await biologist.request(number)
            #expect(view.lastSignature?.amendment == Amendment(.result, words: "tube"))
            // Who has the first version stands beside what each will get, and the call that it opened is counted.
            for words in ["personne n'a encore reçu ce compte rendu", "à rappeler : K 2,9"] {
                #expect(amended.contains(words), "\(words)\n\(amended)")
            }
            let file = try await tool.run("bio", "file")
            #expect(file.output.contains("critiques 1") && file.output.contains("appel à passer : K"), "\(file)")
            // Nothing is to be signed: the two signed versions stand side by side.
            let sides = view.sides(try await biologist.fileToSign(number))
            #expect(sides.before?.version == 1 && sides.after?.version == 2)
            let diff = try await tool.run("bio", "diff", number)
            #expect(diff.output.contains("VERSION 1") && diff.output.contains("VERSION 2"), "\(diff)")
            #expect(diff.output.contains("4,2 mmol/L") && diff.output.contains("2,9 mmol/L"), "\(diff)")
        }
    }

    @Test func `a signed file comes back with what was joined or changed since`() async throws {
        try await signedIn { laboratory, tool in
            let made = try await laboratory.readyToSign().request
            let number = made.number
            _ = try await tool.atTerminal("bio sign \(number)")
            #expect(try await tool.run("bio", "file").output.contains("rien à signer"))
            let joined = try await tool.run("report", "attach", number, "--conclusion", "Avis du réanimateur.")
            #expect(joined.code == 0, "\(joined)")
            let file = try await tool.run("bio", "file")
            #expect(file.output.contains(number) && file.output.contains("joint : conclusion"), "\(file)")
            #expect(try await tool.run("bio", "next").output.contains("joint : conclusion"))
            #expect(try await tool.run("bio", "diff", number).output.contains("joint : conclusion"))
            let signed = try await tool.atTerminal("bio sign \(number)")
            #expect(signed.contains("version 2 signée par"), "\(signed)")
            #expect(try await tool.run("bio", "file").output.contains("rien à signer"))
            _ = try await laboratory.signedIn(.technician).updatePatient(
                made.patientID, APILaboratory.renamed("DUPOND"))
            let change = "nom de naissance : DUPONT → DUPOND"
            for words in [["file"], ["next"], ["show", number], ["diff", number]] {
                let ran = try await tool.run(words: ["bio"] + words)
                #expect(ran.code == 0 && ran.output.contains(change), "\(words) \(ran)")
            }
            let amended = try await tool.atTerminal("bio amend \(number) --reason ERREUR_IDENTITE")
            #expect(amended.contains(change) && amended.contains("version 3 signée par"), "\(amended)")
            // Signed, both versions still say what is different, and why.
            let diff = try await tool.run("bio", "diff", number)
            #expect(diff.output.contains("VERSION 2") && diff.output.contains("VERSION 3"), "\(diff)")
            #expect(diff.output.contains("changé depuis la version 2 : \(change)"), "\(diff)")
            #expect(diff.output.contains("motif de la version 3 : erreur d'identité"), "\(diff)")
            let json = try await tool.run("bio", "diff", number, "--json")
            #expect(json.output.contains("DUPOND") && json.output.contains("nom de naissance"), "\(json)")
            let shown = try await tool.run("bio", "show", number)
            #expect(shown.output.contains("demande \(number), version 3 signée, rien de neuf à signer"), "\(shown)")
            #expect(try await tool.run("bio", "file").output.contains("rien à signer"))
        }
    }

    @Test func `a word that is no command says which ones there are`() async throws {
        try await signedIn { _, tool in
            let strange = try await tool.run("bio", "zzz")
            #expect(strange.code == 2 && strange.complaint.contains("« zzz » n'est pas une commande de bio"))
            #expect(strange.complaint.contains("file, next, show"), "\(strange)")
            let number = try await tool.run("bio", "261122-0001")
            #expect(number.complaint.contains("paillasse bio show 261122-0001"), "\(number)")
            for words in [["sign", "--proposables"], ["sign", "--proposables", "--confirm", "0"]] {
                let nothing = try await tool.run(words: ["bio"] + words)
                #expect(nothing.code == 0 && nothing.output.contains("rien à signer"), "\(nothing)")
            }
        }
    }

    @Test func `where the environment speaks English, so do the commands and their refusals`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            func english(_ words: String...) async throws -> CommandLineTool.Ran {
                try await tool.run(words: ["bio"] + words, language: "en_GB.UTF-8")
            }
            let file = try await english("file")
            #expect(file.output.contains("held 1") && file.output.contains("REQUEST"), "\(file)")
            let show = try await english("show", number)
            for words in ["typed or changed by hand", "first visit", "RESULT", "read why: paillasse bio why"] {
                #expect(show.output.contains(words), "\(words)\n\(show.output)")
            }
            for words in [["sign", number], ["diff", number], ["show", "rien"], ["show", number, "--comment", "X"]] {
                let ran = try await tool.run(words: ["bio"] + words, language: "en_GB.UTF-8")
                #expect(ran.code == 1 && !ran.complaint.contains { "éèêàç«".contains($0) }, "\(ran)")
            }
            let commands = [
                "file", "next", "show", "why", "hist", "diff", "reject", "call", "sign", "amend", "comments", "figures",
                "settings",
            ]
            for words in [["--help"]] + commands.map({ [$0, "--help"] }) {
                let help = try await tool.run(words: ["bio"] + words, language: "en_GB.UTF-8")
                #expect(help.code == 0 && !help.output.contains { "éèêàç«’".contains($0) }, "\(words)\n\(help.output)")
                let french = try await tool.run(words: ["bio"] + words)
                #expect(french.output.contains("UTILISATION : "), "\(words)\n\(french.output)")
            }
        }
    }

    @Test func `earlier values are listed, drawn and shown beside the file`() async throws {
        try await signedIn { laboratory, tool in
            let first = try await laboratory.readyToSign().request
            let technician = try await laboratory.signedIn(.technician)
            laboratory.clock.advance(.seconds(3600))
            var number = ""
            for value in ["4.60", "5.80"] {
                laboratory.clock.advance(.seconds(3600))
                let made = try await technician.addRequest(APILaboratory.request(first.patientID, ["K"]))
                number = made.request.number
                for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
                var body = ResultBody(analysis: "K")
                body.value = value
                _ = try await technician.enter(number, body)
                _ = try await technician.validate(number, ValidateBody(all: true, reason: "relu"))
            }
            let next = try await tool.run("bio", "show", number)
            #expect(next.code == 0 && next.output.contains("TENDANCE") && next.output.contains("█"), "\(next)")
            let hist = try await tool.run("bio", "hist", number, "K", "--since", "2y", "--plot")
            #expect(hist.code == 0 && hist.output.contains("4,2 ") && hist.output.contains("4,6 "), "\(hist)")
            #expect(hist.output.contains("●") && hist.output.contains("│"))
            let strange = try await tool.run("bio", "hist", number, "NA")
            #expect(strange.code == 1 && strange.complaint.contains("[history.unrequested]"), "\(strange)")
            let misused = try await tool.run("bio", "hist", number, "K", "--since", "deux ans")
            #expect(misused.code == 2)
        }
    }

    @Test func `a trend breaks where the method changed, by what the catalogue of each day said`() async throws {
        try await signedIn { laboratory, tool in
            let patient = try await laboratory.readyToSign().request.patientID
            let technician = try await laboratory.signedIn(.technician)
            let folder = APILaboratory.root.appendingPathComponent("Catalog").path
            var number = ""
            for (method, value) in [("flamme", "4.60"), ("flamme", "4.70"), ("ISE", "4.80")] {
                let files = try DataFiles.catalogue(folder).map { file in
                    guard file.name == "methods.csv" else { return file }
                    return CatalogFile(name: file.name, bytes: file.bytes + Array("K,saisie,\(method),,,,,,,\n".utf8))
                }
                let known = try await laboratory.desk.catalogueVersions().last?.version
                if known != Desk.catalogueVersion(of: files) {
                    try await laboratory.desk.publish(
                        files, reason: "méthode", by: Author(login: "admin", role: .administrator, site: "nord"))
                }
                laboratory.clock.advance(.seconds(3600))
                let made = try await technician.addRequest(APILaboratory.request(patient, ["K"]))
                number = made.request.number
                for specimen in made.specimens { _ = try await technician.receive(specimen.accession, ReceiveBody()) }
                var body = ResultBody(analysis: "K")
                body.value = value
                _ = try await technician.enter(number, body)
                _ = try await technician.validate(number, ValidateBody(all: true, reason: "relu"))
            }
            let history = try #require(try await laboratory.signedIn(.biologist).history(number, analysis: "K").first)
            #expect(history.method == "ISE" && history.points.prefix(2).map(\.method) == ["flamme", "flamme"])
            let hist = try await tool.run("bio", "hist", number, "K", "--since", "2y", "--plot")
            #expect(hist.code == 0 && hist.output.contains("flamme puis ISE"), "\(hist)")
        }
    }

    @Test func `what changed since the signature is shown side by side, and a rejection goes back`() async throws {
        try await signedIn { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let unsigned = try await tool.run("bio", "diff", number)
            #expect(unsigned.code == 1 && unsigned.complaint.contains("[bio.unsigned]"))
            let biologist = try await laboratory.signedIn(.biologist)
            let hash = try await biologist.fileToSign(number).contentHash
            _ = try await biologist.sign(number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            var body = ResultBody(analysis: "K")
            body.value = "4.90"
            let typed = try await laboratory.signedIn(.technician).enter(number, body)
            _ = try await laboratory.signedIn(.technician).validate(
                number, ValidateBody(observations: [typed.id], reason: "repassé"))
            let diff = try await tool.run("bio", "diff", number)
            #expect(diff.code == 0 && diff.output.contains("VERSION 1") && diff.output.contains("À SIGNER"), "\(diff)")
            #expect(diff.output.contains("4,2 mmol/L") && diff.output.contains("4,9 mmol/L"))
            #expect(!diff.output.contains("NA "))
            // The act that takes a result away wants the last digits of its tube, from a pipe and from a keyboard.
            let file = try await biologist.request(number)
            let tube = try #require(file.specimens.first { $0.analyses.contains("K") }).accession
            let bare = ["bio", "reject", number, "K", "--reason", "RECOLLECT"]
            let silent = try await tool.run(words: bare, input: String(tube.suffix(3)) + "\n")
            #expect(silent.code == 1 && silent.complaint.contains("[reject.tube.missing]"), "\(silent)")
            #expect(silent.complaint.contains("--tube"), "\(silent)")
            let wrong = try await tool.run(words: bare + ["--tube", "x99"])
            #expect(wrong.code == 1 && wrong.complaint.contains("[reject.tube]"), "\(wrong)")
            let slip = try await tool.conversation(
                "bio reject \(number) K --reason RECOLLECT",
                [("Rejeter K 4,9 mmol/L : un autre passage prendra sa place\n3 derniers chiffres du tube", "x99")])
            #expect(slip.contains("[reject.tube]"), "\(slip)")
            // The run that was signed gave way to the one that was validated after it, and to no slip.
            #expect(
                try await biologist.request(number).observations.filter { $0.state == .rejected }.map(\.run) == [1])
            let rejected = try await tool.run(words: bare + ["--tube", String(tube.suffix(3))])
            #expect(rejected.code == 0 && rejected.output.contains("K 4,9 mmol/L rejeté"), "\(rejected)")
            let next = try await tool.run("bio", "next")
            #expect(next.code == 0 && next.output.contains("rien à signer"), "\(next)")
        }
    }
}
