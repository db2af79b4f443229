import Base
import Client
import Foundation
import Laboratory
import Server
import Testing
import Workflow

/// UX section 6, screen reader plain mode: `paillasse worklist --plain`, the real program on a real server, driven by
/// lines in a pipe and in a terminal.
@Suite(.serialized) struct `The worklist line by line` {
    private func signedIn(
        _ body: @Sendable (APILaboratory, CommandLineTool) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                try #require(login.code == 0, "\(login)")
                try await body(laboratory, tool)
            }
        }
    }

    /// A request of these analyses, received, with these values typed by another technician.
    private func request(
        _ laboratory: APILaboratory, _ name: String, _ codes: [String], _ values: [(String, String)]
    ) async throws -> RegisteredView {
        let other = try await laboratory.signedIn("technicien2")
        let patient = try await other.addPatient(APILaboratory.patient(name))
        let made = try await other.addRequest(APILaboratory.request(patient.id, codes))
        for specimen in made.specimens { _ = try await other.receive(specimen.accession, ReceiveBody()) }
        for (code, value) in values {
            var body = ResultBody(analysis: code)
            body.value = value
            _ = try await other.enter(made.request.number, body)
        }
        return made
    }

    @Test func `a new user validates 10 tubes, holds 1 and calls 1 by what ? and x say`() async throws {
        try await signedIn { laboratory, tool in
            var made: [RegisteredView] = []
            for number in 0..<12 {
                made.append(
                    try await request(
                        laboratory, "PATIENT\(number)", ["K"], [("K", number == 7 ? "6.9" : "4.\(number % 10)")]))
            }
            // The menu is read first: its lines say the number, the words, the key and the name of each action.
            let menu = try await tool.run("worklist", "--plain", input: "?\nx\n:q\n")
            #expect(menu.code == 0, "\(menu)")
            func name(of words: String) throws -> String {
                let line = try #require(
                    menu.output.split(separator: "\n").first { $0.contains(words) && $0.hasSuffix(")") },
                    "\(menu.output)")
                return String(line.split { " ()".contains($0) }.last ?? "")
            }
            let validate = try name(of: "valider ce résultat")
            let hold = try name(of: "non-conformité du tube")
            #expect(validate == "valider" && hold == "ecart")
            var script: [String] = []
            // The critical tube stands first, the others as they came.
            for number in 1...12 {
                script.append(String(number))
                switch number {
                case 5: script += [hold, "1"]
                case 1: script += ["a", "Mme Kerbrat", "infirmière", "0298111111", "6,9", "1"]
                case _: script += [validate, "1"]
                }
            }
            let ran = try await tool.run("worklist", "--plain", input: (script + [":q"]).joined(separator: "\n") + "\n")
            #expect(ran.code == 0, "\(ran)")
            let said = ran.output
            #expect(said.contains("CRITIQUE haut ; ") && said.contains("appel noté"), "\(said)")
            #expect(said.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "a control byte")
            let left = try await laboratory.signedIn(.technician).worklist().map(\.requestNumber)
            #expect(Set(left) == [made[3].request.number, made[7].request.number], "\(said)")
            let technician = try await laboratory.signedIn(.technician)
            let held = try await technician.request(made[3].request.number)
            #expect(held.specimens.first?.nonconformity == "hémolyse")
            let call = try await technician.criticalCalls().first
            #expect(call?.state == .told && call?.attempts.map(\.person) == ["Mme Kerbrat"])
        }
    }

    @Test func `a blood group is typed twice, and counts once`() async throws {
        try await signedIn { laboratory, tool in
            // The policy of the rules says what is typed twice.
            try await laboratory.desk.publish(
                DataFiles.catalogue(APILaboratory.root.appendingPathComponent("Catalog").path), reason: "essai",
                by: Author(login: "admin", role: .administrator, site: "nord"))
            let made = try await request(laboratory, "DUPONT", ["GSABO"], [])
            let number = made.request.number
            let ran = try await tool.run(
                "worklist", "--plain",
                input: ":tube \(number)\ni\nA POS\nA NEG\nA POS\nA POS\n:q\n")
            #expect(ran.output.contains("la taper une seconde fois"), "\(ran)")
            #expect(ran.output.contains("deux saisies différentes") && ran.output.contains("GSABO = A POS enregistré"))
            let file = try await laboratory.signedIn(.technician).request(number)
            #expect(file.observations.map(\.value.frenchText) == ["A POS"])
        }
    }

    @Test func `a blood group typed once is refused by the server, whatever the program`() async throws {
        try await signedIn { laboratory, tool in
            try await laboratory.desk.publish(
                DataFiles.catalogue(APILaboratory.root.appendingPathComponent("Catalog").path), reason: "essai",
                by: Author(login: "admin", role: .administrator, site: "nord"))
            let number = try await request(laboratory, "DUPONT", ["GSABO"], []).request.number
            let technician = try await laboratory.signedIn(.technician)
            var body = ResultBody(analysis: "GSABO")
            body.text = "A POS"
            let positive = body
            body.text = "A NEG"
            let negative = body
            func refusedAs(_ body: ResultBody, by client: LaboratoryClient) async -> String? {
                await refusal { _ = try await client.enter(number, body) }?.code
            }
            #expect(await refusedAs(positive, by: technician) == "enter.twice")
            // The server holds the first typing and compares: nobody answers for both.
            let held = try await technician.readFirst(number, positive)
            let until = try #require(held.heldUntil.instant(in: .utc))
            #expect(held.analysis == "GSABO" && until > laboratory.clock.now)
            #expect(await refusedAs(positive, by: try await laboratory.signedIn("technicien2")) == "enter.twice")
            #expect(await refusedAs(negative, by: technician) == "enter.twice.differs")
            #expect(await refusedAs(positive, by: technician) == "enter.twice", "two that differ are both gone")
            // It waits for a quarter of an hour.
            _ = try await technician.readFirst(number, positive)
            laboratory.clock.advance(.seconds(16 * 60))
            #expect(await refusedAs(positive, by: technician) == "enter.twice")
            // What is typed once is not held, what is not asked for neither.
            var sodium = ResultBody(analysis: "NA")
            sodium.value = "140"
            let once = sodium
            #expect(await refusal { _ = try await technician.readFirst(number, once) }?.code == "enter.once")
            #expect(
                await refusal { _ = try await technician.readFirst("rien", positive) }?.code == "request.unknown")
            // A conflict with somebody else costs no typing.
            _ = try await technician.readFirst(number, positive)
            var late = positive
            late.seen = "autre"
            #expect(await refusedAs(late, by: technician) == "enter.changed")
            #expect(try await technician.request(number).observations.isEmpty)
            #expect(try await technician.enter(number, positive).value.frenchText == "A POS")
            #expect(await refusedAs(positive, by: technician) == "enter.twice", "one typing serves once")
            // The same command a second time is the second typing.
            let words = ["enter", number, "GSABO", "--text", "A POS"]
            let typed = try await tool.run(words: words)
            #expect(
                typed.code != 0 && typed.complaint.contains("enter.twice")
                    && typed.complaint.contains("première saisie est gardée jusqu'à"), "\(typed)")
            #expect(try await technician.request(number).observations.count == 1)
            let again = try await tool.run(words: words)
            #expect(again.code == 0, "\(again)")
        }
    }

    @Test func `lines typed ahead of a refusal are not done, and each is said`() async throws {
        try await signedIn { laboratory, tool in
            let made = try await request(laboratory, "DUPONT", ["NA", "K"], [("NA", "140"), ("K", "4.20")])
            // No call is open: what was typed for its form must validate and reject nothing.
            let ran = try await tool.run(
                "worklist", "--plain", input: "a\nMme Kerbrat\nvalider\n1\nX\n1\n:q\n")
            #expect(ran.code == 0 && ran.output.contains("pas possible sur cette ligne"), "\(ran)")
            for line in ["Mme Kerbrat", "valider", "1", "X"] {
                #expect(ran.output.contains("tapé d'avance, non fait : \(line)\n"), "\(line)\n\(ran)")
            }
            let file = try await laboratory.signedIn(.technician).request(made.request.number)
            #expect(file.events.isEmpty && file.specimens.allSatisfy { $0.nonconformity == nil })
            // What answers a question that is open goes on.
            let slip = try await tool.run("worklist", "--plain", input: "valider\nz\n1\n:q\n")
            #expect(slip.output.contains("dire pourquoi") && slip.output.contains("1 résultat(s) validé(s)"), "\(slip)")
        }
    }

    @Test func `what was done last is taken back, a nonconformity and a call seen by all`() async throws {
        try await signedIn { laboratory, tool in
            let made = try await request(laboratory, "DUPONT", ["NA", "K"], [("NA", "140"), ("K", "6.9")])
            let number = made.request.number
            let ran = try await tool.run(
                "worklist", "--plain",
                input: [
                    "e", "1", "z", "suivant", "a", "Mme Kerbrat", "infirmière", "0298111111", "6,9", "1", "z", "t",
                    ":q", "",
                ].joined(separator: "\n"))
            let said = ran.output
            #expect(said.contains("annulé : non-conformité du tube"), "\(said)")
            #expect(said.contains("appel noté") && said.contains("ne se reprend pas ici : appel de K (Mme Kerbrat)"))
            #expect(said.contains("dit à Mme Kerbrat, ") && said.contains(", par technicien"), "\(said)")
            let file = try await laboratory.signedIn(.technician).request(number)
            #expect(file.specimens.allSatisfy { $0.nonconformity == nil && $0.receivedAt != nil })
            #expect(file.observations.allSatisfy { !$0.holds.contains { $0.code == .specimenNonconform } })
        }
    }

    @Test func `reads a list when it is there, and opens the lesson in lines`() async throws {
        try await signedIn { laboratory, tool in
            _ = try await request(laboratory, "DUPONT", ["NA"], [("NA", "140")])
            let ran = try await tool.run("worklist", "--plain", input: ":tri\n:liste dossiers\n:tutoriel\n2\n:q\n:q\n")
            #expect(ran.code == 0, "\(ran)")
            let said = ran.output
            #expect(said.contains("Tri : 0\nrien dans cette liste") && said.contains("Dossiers : 1"), "\(said)")
            #expect(said.contains("LEÇON 1/13 : ") && said.contains("LEÇON 2/13 : "), "\(said)")
            // Left, the laboratory is said anew: who is here and what waits in it.
            let after = try #require(said.components(separatedBy: "LEÇON 2/13").last)
            #expect(said.contains("ÉCOLE, leçon") && after.contains("à valider 1 tube(s)"), "\(said)")
        }
    }

    @Test func `a command or a label at a reason writes nothing`() async throws {
        try await signedIn { laboratory, tool in
            let made = try await request(laboratory, "DUPONT", ["NA", "K"], [("NA", "140"), ("K", "4.20")])
            let other = try await request(laboratory, "MARTIN", ["K"], [("K", "4.4")])
            let label = try #require(other.specimens.first?.accession)
            let ran = try await tool.run(
                "worklist", "--plain", input: "valider\n\(label)\n1\nvalider\n:liste critiques\n:q\n")
            #expect(ran.output.contains("lu : \(label) ; abandonné, rien n'est écrit : Valider"), "\(ran)")
            #expect(ran.output.contains("abandonné, rien n'est écrit : Valider") && ran.code == 0)
            let left = try await laboratory.signedIn(.technician).worklist()
            #expect(left.count == 3, "\(ran.output)")
            let requests = try await laboratory.signedIn(.technician).requests()
            #expect(Set(requests.map(\.number)) == [made.request.number, other.request.number])
            #expect(requests.allSatisfy { $0.awaited == [] })
            let unseen = try await laboratory.signedIn("technicien2").addRequest(
                APILaboratory.request(made.request.patientID, ["NA"]))
            let listed = try await laboratory.signedIn(.technician).requests()
            #expect(
                listed.first { $0.number == unseen.request.number }?.awaited == unseen.specimens.map(\.accession))
        }
    }

    @Test func `in a terminal it prompts, and says another's news by itself`() async throws {
        try await signedIn { laboratory, tool in
            let made = try await request(laboratory, "DUPONT", ["NA", "K"], [("NA", "140"), ("K", "4.20")])
            try await TmuxScreen.open(tool, width: 80, height: 60, arguments: "worklist --plain") { screen in
                #expect(try await screen.shows("à valider 1 tube(s)", "DUPONT Marie", "NA Sodium", "140 mmol/L"))
                try await screen.type("n\r")
                #expect(try await screen.shows("K Potassium", "4,2"))
                _ = try await request(laboratory, "MARTIN", ["K"], [("K", "4.4")])
                #expect(try await screen.shows("1 nouveau(x)"))
                try await screen.type("p\r")
                #expect(try await screen.shows("Jugé", "manualEdit@1 : oui [MODIF_MANUELLE]"))
                try await screen.type(":q\r")
                _ = made
            }
        }
    }

    @Test func `the key card is printed without a server`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            try Data("valider = f9\n".utf8).write(to: URL(fileURLWithPath: tool.home + "/touches"))
            let card = try await tool.run("worklist", "--card")
            #expect(card.code == 0 && card.output.contains("f9          valider ce résultat"), "\(card)")
            #expect(card.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
    }
}
