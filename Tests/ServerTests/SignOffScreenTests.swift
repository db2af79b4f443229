import Base
import Client
import Foundation
import Glibc
import Laboratory
import Testing

/// `paillasse bio` as a biologist has it before the eyes: the real program, a real terminal, a real server.
@Suite(.serialized) struct `The sign-off in a terminal` {
    private func laboratory(
        _ body: @Sendable (APILaboratory, CommandLineTool) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                try await tool.signIn("biologiste")
                try await body(laboratory, tool)
            }
        }
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `goes from the queue to the file, the code and the next file`(
        width: Int, height: Int
    ) async throws {
        try await laboratory { laboratory, tool in
            let first = try await laboratory.readyToSign().request
            laboratory.clock.advance(.seconds(60))
            let second = try await laboratory.readyToSign("DURAND").request
            try await TmuxScreen.open(tool, width: width, height: height, arguments: "bio") { screen in
                #expect(try await screen.shows(first.number, second.number, "RET 2", "CRIT 0", "? aide"))
                try await screen.press("Enter")
                #expect(
                    try await screen.shows(
                        "DUPONT Marie", "NA", "140 mmol/L", "4,2", "MODIF_MANUELLE", "première visite", "+ K"))
                try await screen.press("p")
                #expect(try await screen.shows("MODIF_MANUELLE : saisie manuelle"))
                try await screen.press("Escape")
                #expect(try await screen.hides("MODIF_MANUELLE : saisie manuelle"))
                try await screen.press("s")
                #expect(
                    try await screen.shows("Signer \(first.number)", "2 résultat(s), version 1", "code de signature"))
                try await screen.sign("999111")
                #expect(try await screen.shows("[sign.pin]", "essais qui restent : 4", "code de signature"))
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("\(first.number) : version 1 signée", "DURAND Marie"))
                #expect(try await !screen.text.contains(APILaboratory.pin))
                let file = try await laboratory.signedIn(.biologist).request(first.number)
                #expect(file.signatures.count == 1)
                let pid = try #require(try await screen.pid)
                try await screen.press("q")
                #expect(await TmuxScreen.ended(pid))
            }
        }
    }

    @Test func `what was left, commented and written is there after a kill, sealed meanwhile`() async throws {
        try await laboratory { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            try await TmuxScreen.open(tool, width: 140, height: 40, arguments: "bio") { screen in
                #expect(try await screen.shows(number, "140 mmol/L", "4,2"))
                try await screen.press("Enter", "Down", "e")
                #expect(try await screen.shows("laissé pour plus tard : K", "– K"))
                try await screen.press("C")
                #expect(try await screen.shows("Commentaire en mots"))
                try await screen.answer("Vu avec le clinicien")
                #expect(try await screen.shows("+ NA", "Vu avec le clinicien"))
                try await screen.killWithDrafts(of: tool, hiding: ["clinicien", number])
            }
            try await TmuxScreen.open(tool, width: 140, height: 40, arguments: "bio") { screen in
                #expect(try await screen.shows("brouillon(s) retrouvé(s) : \(number)", "– K", "Vu avec le clinicien"))
                try await screen.press("s")
                #expect(try await screen.shows("compte rendu partiel, manque K", "code de signature"))
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("\(number) : version 1 signée"))
                #expect(try await eventually(within: .seconds(10)) { try TmuxScreen.drafts(of: tool).isEmpty })
            }
            let file = try await laboratory.signedIn(.biologist).request(number)
            #expect(file.signatures.map(\.complete) == [false])
        }
    }

    @Test func `holds, comments and rejects on one screen, and the news of others come by themselves`() async throws {
        try await laboratory { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            try await TmuxScreen.open(tool, width: 140, height: 40, arguments: "bio") { screen in
                #expect(try await screen.shows(number, "140 mmol/L", "4,2"))
                try await screen.press("Enter", "Down", "e")
                #expect(try await screen.shows("laissé pour plus tard : K", "K est laissé pour plus tard", "– K"))
                try await screen.press("e")
                #expect(try await screen.shows("K sera signé", "+ K"))
                try await screen.press("e")
                #expect(try await screen.shows("K est laissé pour plus tard", "– K"))
                try await screen.press("c")
                #expect(try await screen.shows("HEMO1"))
                try await screen.answer("HEMO1")
                #expect(try await screen.shows("Échantillon hémolysé"))
                try await screen.press("s")
                #expect(try await screen.shows("compte rendu partiel, manque K", "code de signature"))
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("\(number) : version 1 signée"))
                let signed = try await laboratory.signedIn(.biologist).request(number)
                #expect(signed.signatures.map(\.complete) == [false])
                // Another person's file comes on the screen without a key.
                let other = try await laboratory.readyToSign("DURAND").request.number
                #expect(try await screen.shows(other, within: .seconds(10)))
                // The rest of the first file is rejected with the last digits of its tube.
                try await screen.press("o")
                #expect(try await screen.shows("numéro du dossier ou du tube"))
                try await screen.answer(number)
                #expect(try await screen.shows("Dossier \(number)", "version 2 à signer"))
                #expect(try await screen.hides("numéro du dossier ou du tube"))
                try await screen.press("Down", "X")
                #expect(try await screen.shows("Rejeter K"))
                try await screen.answer("1")
                let tube = try #require(signed.specimens.first { $0.analyses.contains("K") }).accession
                try await screen.answer(String(tube.suffix(3)))
                #expect(try await screen.shows("c'est noté"))
                let after = try await laboratory.signedIn(.biologist).request(number)
                #expect(after.observations.first { $0.analysis == "K" }?.state == .rejected)
            }
        }
    }

    @Test func `a batch is read at random, confirmed by its number and signed with one code`() async throws {
        try await laboratory { laboratory, tool in
            for name in ["UN", "DEUX", "TROIS"] { _ = try await laboratory.proposable(name) }
            try await TmuxScreen.open(tool, width: 80, height: 24, arguments: "bio") { screen in
                #expect(try await screen.shows("PROP 3"))
                try await screen.press("S")
                #expect(try await screen.shows("3 dossiers que rien n'arrête", "1 dossier(s) tirés au sort"))
                try await screen.press("Enter")
                #expect(try await screen.shows("Tiré au sort 1/1", "140 mmol/L"))
                try await screen.press("Enter")
                #expect(try await screen.shows("nombre de dossiers du lot"))
                try await screen.answer("3")
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("3 dossiers signés en lot", "PROP 0", "signés 3"))
                #expect(try await laboratory.signedIn(.biologist).awaitingSignature().isEmpty)
            }
        }
    }

    @Test func `a signed report is amended: what changed, who has it, why`() async throws {
        try await laboratory { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            let biologist = try await laboratory.signedIn(.biologist)
            let hash = try await biologist.fileToSign(number).contentHash
            _ = try await biologist.sign(number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            let technician = try await laboratory.signedIn(.technician)
            var body = ResultBody(analysis: "K")
            body.value = "4.90"
            let typed = try await technician.enter(number, body)
            _ = try await technician.validate(number, ValidateBody(observations: [typed.id], reason: "repassé"))
            try await TmuxScreen.open(tool, width: 120, height: 36, arguments: "bio") { screen in
                #expect(try await screen.shows(number, "4,9 mmol/L"))
                try await screen.press("s")
                #expect(try await screen.shows("R pour rectifier"))
                try await screen.press("R")
                #expect(try await screen.shows("ERREUR_IDENTITE", "ERREUR_RESULTAT"))
                try await screen.answer("2")
                try await screen.answer("tube")
                #expect(
                    try await screen.shows(
                        "4,2 mmol/L", "4,9 mmol/L", "personne n'a encore reçu", "Version 1 en entier"))
                try await screen.press("Enter")
                #expect(try await screen.shows("code de signature"))
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("\(number) : version 2 signée"))
                let signed = try await biologist.request(number)
                #expect(signed.lastSignature?.amendment == Amendment(.result, words: "tube"))
            }
        }
    }

    @Test func `a signed file whose patient changes name comes back, says so, and locked nothing of it is shown`()
        async throws
    {
        try await laboratory { laboratory, tool in
            let made = try await laboratory.readyToSign().request
            let biologist = try await laboratory.signedIn(.biologist)
            let hash = try await biologist.fileToSign(made.number).contentHash
            _ = try await biologist.sign(made.number, SignBody(contentHash: hash, pin: APILaboratory.pin))
            try await TmuxScreen.open(tool, width: 140, height: 40, arguments: "bio") { screen in
                #expect(try await screen.shows("rien à signer", "CQ absent"))
                _ = try await laboratory.signedIn(.technician).updatePatient(
                    made.patientID, APILaboratory.renamed("DUPOND"))
                #expect(
                    try await screen.shows(
                        made.number, "DUPOND Marie", "changé depuis la version 1 : nom de naissance : DUPONT → DUPOND",
                        within: .seconds(20)))
                try await screen.press("C-l")
                #expect(try await screen.shows("Écran verrouillé", "secret"))
                #expect(try await !screen.text.contains("DUPON"))
                try await screen.answer(APILaboratory.secret)
                #expect(try await screen.shows("DUPOND Marie"))
                try await screen.press("R")
                #expect(try await screen.shows("ERREUR_IDENTITE erreur d'identité"))
                try await screen.answer("1")
                try await screen.press("Enter")
                #expect(try await screen.shows("nom de naissance : DUPONT → DUPOND", "Version 1 en entier"))
                try await screen.press("Enter")
                #expect(try await screen.shows("par BIOLOGISTE", "code de signature"))
                try await screen.sign(APILaboratory.pin)
                #expect(try await screen.shows("\(made.number) : version 2 signée", "rien à signer"))
                try await screen.press(":")
                #expect(try await screen.shows("numéro du dossier ou du tube"))
                let pid = try #require(try await screen.pid)
                try await screen.answer("q")
                #expect(await TmuxScreen.ended(pid))
            }
        }
    }

    @Test(arguments: ["fr_FR.UTF-8", "en_GB.UTF-8"]) func `a terminal that nobody knows is told what there is`(
        language: String
    ) async throws {
        try await laboratory { _, tool in
            let environment = ["TERM": "dumb", "LANG": language]
            for (command, instead) in [("bio", "paillasse bio file, show, sign"), ("worklist", "--plain")] {
                let path = tool.home + "/said"
                try await TmuxScreen.open(
                    tool, width: 120, height: 24, environment: environment, arguments: "\(command) 2> \(path)"
                ) { screen in
                    let pid = try #require(try await screen.pid)
                    #expect(await TmuxScreen.ended(pid))
                }
                let said = try String(contentsOfFile: path, encoding: .utf8)
                #expect(said.contains("TERM (xterm-256color") && said.contains(instead), "\(said)")
                #expect(command == "worklist" || !said.contains("--plain"), "\(said)")
            }
        }
    }

    @Test func `the key card is printed, whatever the output is`() async throws {
        try await laboratory { _, tool in
            let card = try await tool.run("bio", "--card")
            #expect(card.code == 0 && card.output.contains("paillasse bio · "), "\(card)")
            #expect(card.output.contains("signer en lot ce que rien n'arrête"), "\(card)")
        }
    }

    @Test func `what no page can show is refused before the code is asked for`() async throws {
        try await laboratory { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            try await TmuxScreen.open(tool, width: 120, height: 36, arguments: "bio") { screen in
                #expect(try await screen.shows(number, "140 mmol/L", "4,2"))
                try await screen.press("C")
                #expect(try await screen.shows("Commentaire en mots"))
                try await screen.answer("vu \u{10FFFD} hier")
                #expect(try await screen.shows("Commentaire : vu"))
                try await screen.press("s")
                #expect(try await screen.shows("[printing.glyph]"))
                #expect(try await !screen.text.contains("code de signature"))
                #expect(try await laboratory.signedIn(.biologist).request(number).signatures.isEmpty)
            }
        }
    }

    @Test func `elsewhere than in a terminal it is the queue, line by line`() async throws {
        try await laboratory { laboratory, tool in
            let number = try await laboratory.readyToSign().request.number
            for words in [["bio"], ["bio", "screen", "--plain"]] {
                let ran = try await tool.run(words: words)
                #expect(ran.code == 0 && ran.output.contains(number) && ran.output.contains("retenus 1"), "\(ran)")
            }
        }
    }
}
