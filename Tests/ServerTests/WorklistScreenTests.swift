import Base
import Client
import Console
import Foundation
import Glibc
import Laboratory
import Store
import Terminal
import Testing

/// `paillasse worklist` as people have it before them: the real program, a real terminal, a real server.
@Suite(.serialized) struct `The worklist in a terminal` {
    /// A laboratory with a request of three analyses, two typed by another technician, and the screen of one on it.
    private func laboratory(
        _ body: @Sendable (APILaboratory, CommandLineTool, RegisteredView) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let other = try await laboratory.signedIn("technicien2")
                let patient = try await other.addPatient(APILaboratory.patient())
                let made = try await other.addRequest(APILaboratory.request(patient.id, ["NA", "K", "CL"]))
                for specimen in made.specimens { _ = try await other.receive(specimen.accession, ReceiveBody()) }
                for (code, value) in [("NA", "140"), ("K", "4.20")] {
                    var body = ResultBody(analysis: code)
                    body.value = value
                    _ = try await other.enter(made.request.number, body)
                }
                let login = try await tool.run(
                    "login", "technicien", "--secret-stdin", input: APILaboratory.secret + "\n")
                try #require(login.code == 0, "\(login)")
                try await body(laboratory, tool, made)
            }
        }
    }

    @Test(arguments: [(80, 24), (200, 60)]) func `shows tubes, results and the state of the house`(
        width: Int, height: Int
    ) async throws {
        try await laboratory { _, tool, made in
            try await TmuxScreen.open(tool, width: width, height: height) { screen in
                let tube = try #require(made.specimens.first?.accession)
                #expect(try await screen.shows(tube, "DUPONT Marie", "TRI 0", "CQ", "NA", "140", "4,2", "? aide"))
                #expect(try await screen.text.split(separator: "\n", omittingEmptySubsequences: false).count >= height)
                try await screen.press("x")
                #expect(try await screen.shows("Actions sur cette ligne", "valider ce résultat"))
                try await screen.press("Escape")
                // An escape with `q` behind it in one breath would be Alt-q.
                #expect(try await screen.hides("Actions sur cette ligne"))
                let pid = try #require(try await screen.pid)
                try await screen.press("q")
                #expect(try await screen.hides("Listes"))
                #expect(await TmuxScreen.ended(pid))
            }
        }
    }

    @Test func `takes a value from the keys to the store, and shows another's news by itself`() async throws {
        try await laboratory { laboratory, tool, made in
            try await TmuxScreen.open(tool, width: 120, height: 36) { screen in
                #expect(try await screen.shows("CL", "4,2"))
                try await screen.press("Tab", "Down", "Down", "1", "0", "4", "Enter")
                #expect(try await screen.shows("CL = 104 enregistré"))
                let technician = try await laboratory.signedIn(.technician)
                let file = try await technician.request(made.request.number)
                let typed = try #require(file.observations.first { $0.analysis == "CL" })
                #expect(typed.value.frenchText == "104" && typed.origin.author == "technicien")
                // Another person's entry comes on the screen without a key.
                var body = ResultBody(analysis: "CL")
                body.value = "105"
                _ = try await laboratory.signedIn("technicien2").enter(made.request.number, body)
                #expect(try await screen.shows("105 mmol/L", within: .seconds(10)))
            }
        }
    }

    @Test func `a kill in mid-entry loses nothing: the draft is back, encrypted meanwhile`() async throws {
        try await laboratory { _, tool, made in
            try await TmuxScreen.open(tool, width: 80, height: 24) { screen in
                #expect(try await screen.shows("CL", "4,2"))
                try await screen.press("Tab", "Down", "Down", "9", "8", ",", "7")
                #expect(try await screen.shows("98,7"))
                try await screen.killWithDrafts(of: tool, hiding: ["98,7", made.request.number])
            }
            try await TmuxScreen.open(tool, width: 80, height: 24) { screen in
                let isBack = try await screen.shows("brouillon(s) retrouvé(s)", "98,7")
                #expect(isBack)
            }
        }
    }

    @Test func `two windows of one person keep their drafts apart, and the next one takes both over`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "paillasse-windows-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let tokens = TokenFile(path: folder + "/token.json")
        let key = String(repeating: "0f", count: 32)
        func window() throws -> DraftFile { try DraftFile(beside: tokens, server: "s", login: "tanguy", key: key) }
        func draft(_ analysis: String, _ text: String, _ second: Int64) -> Draft {
            Draft(
                request: "D1", analysis: analysis, text: text, seen: nil, at: Instant(seconds: second), isAccepted: true
            )
        }
        func twoWindows() throws {
            let (first, second) = (try window(), try window())
            #expect(first.path != second.path)
            try first.keep([draft("K", "4,2", 1), draft("NA", "140", 1)])
            try second.keep([draft("K", "4,3", 2)])
            // One that lives is not taken over.
            #expect(try second.takeOver().map(\.text) == ["4,3"])
            #expect(try second.elsewhere(Draft.self).map(\.text) == ["4,2", "140"], "but known")
        }
        try twoWindows()
        let next = try window()
        #expect(try next.takeOver().map(\.text) == ["4,3", "140"], "one of a cell, the newest")
        #expect(try next.takeOver().count == 2)
        try next.keep([Draft]())
        #expect(try window().takeOver().isEmpty)
    }

    @Test func `two people on one cell: both values are shown, and the person chooses`() async throws {
        try await laboratory { laboratory, tool, made in
            try await TmuxScreen.open(tool, width: 120, height: 36) { screen in
                #expect(try await screen.shows("K", "4,2"))
                try await screen.press("Tab", "Down", "4", ",", "3")
                #expect(try await screen.shows("4,3"))
                var body = ResultBody(analysis: "K")
                body.value = "4.4"
                _ = try await laboratory.signedIn("technicien2").enter(made.request.number, body)
                // Another's value gives way to the digits of its tube.
                try await screen.press("Enter")
                #expect(try await screen.shows("K : mettre 4,3 à la place de 4,", "3 derniers chiffres"))
                let digits = try #require(made.specimens.first?.accession).suffix(3)
                for digit in digits { try await screen.press(String(digit)) }
                try await screen.press("Enter")
                #expect(try await screen.shows("[CONF-01]", "la mienne : 4,3", "au dossier : 4,4", "technicien2"))
                // Keys that follow a refusal at once are not taken.
                try await Task.sleep(for: .seconds(1))
                try await screen.press("m")
                #expect(try await screen.shows("K = 4,3 enregistré"))
                let file = try await laboratory.signedIn(.technician).request(made.request.number)
                let values = file.observations.filter { $0.analysis == "K" }.map(\.value.frenchText)
                #expect(Set(values) == ["4,2", "4,4", "4,3"])
            }
        }
    }

    @Test func `a scan opens its tube from anywhere, a resize keeps the screen whole`() async throws {
        try await laboratory { _, tool, made in
            let tube = try #require(made.specimens.first?.accession)
            try await TmuxScreen.open(tool, width: 80, height: 24) { screen in
                #expect(try await screen.shows("4,2"))
                try await screen.press(":")
                try await screen.type(tube + "\r")
                #expect(try await screen.shows("3 Résultats \(made.request.number)"))
                try await screen.tmux("resize-window", "-x", "130", "-y", "40")
                #expect(try await screen.shows("4 Détail", "TRI 0", "? aide"))
                try await screen.tmux("resize-window", "-x", "80", "-y", "24")
                #expect(try await screen.shows("TRI 0", "? aide"))
            }
        }
    }

    @Test func `units of the engine are printed as in reports, in sentences too`() {
        let paris = CivilZone.europeParis
        #expect(spoken("unité : umol/L ; mmol/L", in: paris) == "unité : µmol/L ; mmol/L")
        #expect(
            spoken("passage 2 ; valeur précédente 312 umol/L", in: paris) == "passage 2 ; valeur précédente 312 µmol/L")
        #expect(spoken("leucocytes 10*9/L le 22/11 à 1/10", in: paris) == "leucocytes G/L le 22/11 à 1/10")
    }

    @Test func `instants of the engine are told at the time of the laboratory`() throws {
        let engine = "antérieur 4,2 ; antérieur du 2026-11-20T23:30:00Z ; écart 1,9"
        #expect(spoken(engine, in: .europeParis) == "antérieur 4,2 ; antérieur du 21/11/2026 00:30 ; écart 1,9")
        let island = try #require(CivilZone("+04:00"))
        #expect(spoken(engine, in: island) == "antérieur 4,2 ; antérieur du 21/11/2026 03:30 ; écart 1,9")
        #expect(spoken("mesuré le 2026-07-01T10:00:00Z", in: .europeParis) == "mesuré le 01/07/2026 12:00")
        // A bare date is no instant.
        #expect(spoken("né le 1992-05-04 ; T4 12", in: island) == "né le 1992-05-04 ; T4 12")
    }

    @Test func `who copies the folder of the drafts cannot read them, and their owner can after a new secret`()
        async throws
    {
        try await laboratory { laboratory, tool, made in
            try await TmuxScreen.open(tool, width: 80, height: 24) { screen in
                #expect(try await screen.shows("CL", "4,2"))
                try await screen.press("Tab", "Down", "Down", "9", "8", "Escape")
                #expect(try await screen.shows("brouillon gardé : 98"))
                let pid = try #require(try await screen.pid)
                try await screen.press("q")
                #expect(await TmuxScreen.ended(pid))
            }
            let key = try await laboratory.signedIn(.technician).draftKey().key
            let raw = Data(stride(from: 0, to: 64, by: 2).compactMap { UInt8(key.dropFirst($0).prefix(2), radix: 16) })
            #expect(raw.count == 32)
            for name in try FileManager.default.contentsOfDirectory(atPath: tool.home) {
                guard let bytes = FileManager.default.contents(atPath: tool.home + "/" + name) else { continue }
                #expect(bytes.range(of: raw) == nil && bytes.range(of: Data(key.utf8)) == nil, "\(name)")
                #expect(bytes.range(of: Data(made.request.number.utf8)) == nil, "\(name)")
            }
            // Another account has another key, and this one opens nothing.
            let tokens = TokenFile(path: tool.home + "/token.json")
            let other = try await laboratory.signedIn("technicien2").draftKey().key
            #expect(other != key)
            let server = laboratory.server.text
            func takeOver(_ key: String) throws -> [Draft] {
                try DraftFile(beside: tokens, server: server, login: "technicien", key: key).takeOver()
            }
            // The lock of a window goes with the last of its process, a moment after its end.
            #expect(await eventually(within: .seconds(10)) { (try? takeOver(other)) == nil })
            #expect(throws: Refusal.self) { try takeOver(other) }
            #expect(throws: Refusal.self) {
                try DraftFile(beside: tokens, server: server, login: "technicien", key: "00")
            }
            // The folder with its token tells the key as long as the session lives: it ends with it.
            let copied = try #require(try tokens.entry(for: laboratory.server)).token
            let thief = laboratory.stranger.with(token: copied)
            let owner = try await laboratory.signedIn(.technician)
            laboratory.clock.advance(.seconds(1))
            try await owner.changeSecret(current: APILaboratory.secret, replacement: "une autre longue phrase")
            #expect(await refusal { _ = try await thief.draftKey() }?.code == "auth.token")
            #expect(await refusal { _ = try await laboratory.stranger.draftKey() }?.code == "auth.token")
            let again = try await laboratory.signedIn("technicien", secret: "une autre longue phrase")
            let same = try await again.draftKey().key
            #expect(try takeOver(same).map(\.text) == ["98"])
        }
    }

    @Test func `NO_COLOR and --ascii reach the terminal`() async throws {
        try await laboratory { _, tool, _ in
            try await TmuxScreen.open(
                tool, width: 80, height: 24, environment: ["NO_COLOR": "1"], arguments: "worklist --ascii"
            ) { screen in
                #expect(try await screen.shows("A valider", "[x] RETENU"))
                let coloured = try await screen.tmux("capture-pane", "-p", "-e")
                #expect(!coloured.contains("38;5") && !coloured.contains("48;5"))
                #expect(try await screen.text.utf8.allSatisfy { $0 < 0x80 })
            }
        }
    }

    @Test func `the lesson opens over the laboratory and leaves it as it was`() async throws {
        try await laboratory { laboratory, tool, made in
            let before = try await laboratory.store.counts(site: nil)
            try await TmuxScreen.open(tool, width: 80, height: 24) { screen in
                #expect(try await screen.shows("DUPONT Marie", "4,2"))
                try await screen.type(":tutoriel\r")
                #expect(try await screen.shows("LEÇON 1/13", "LEÇON Bruno", "ÉCOLE"))
                try await screen.press("Down")
                #expect(try await screen.shows("LEÇON 2/13"))
                try await screen.press("Enter")
                #expect(try await screen.shows("LEÇON 3/13"))
                try await screen.press("v")
                #expect(try await screen.shows("LEÇON 4/13", "1 résultat(s) validé(s)"))
                try await screen.type(":q\r")
                #expect(try await screen.shows("DUPONT Marie", made.request.number))
                #expect(try await screen.hides("LEÇON"))
            }
            #expect(try await laboratory.store.counts(site: nil) == before)
        }
    }

    @Test func `a session that ended in mid-entry locks the screen, and the entry is there after the secret`()
        async throws
    {
        try await laboratory { laboratory, tool, made in
            try await TmuxScreen.open(tool, width: 120, height: 36) { screen in
                #expect(try await screen.shows("CL", "4,2"))
                try await screen.press("Tab", "Down", "Down", "9", "8")
                #expect(try await screen.shows("98"))
                let token = try #require(
                    try TokenFile(path: tool.home + "/token.json").entry(for: laboratory.server)?.token)
                try await laboratory.stranger.with(token: token).logout()
                #expect(try await screen.shows("Écran verrouillé ; secret de technicien"))
                // Keys on their way when the session ended are no secret: a person reads, then types.
                try await Task.sleep(for: .seconds(1))
                try await screen.type(APILaboratory.secret)
                try await screen.press("Enter")
                #expect(try await screen.shows("RÉSEAU ok", "98 …"))
                #expect(try await screen.hides("Écran verrouillé"))
                try await screen.press("i", "Enter")
                #expect(try await screen.shows("CL = 98 enregistré"))
                let file = try await laboratory.signedIn(.technician).request(made.request.number)
                #expect(file.observations.filter { $0.analysis == "CL" }.map(\.value.frenchText) == ["98"])
            }
        }
    }

    @Test func `of two runs the first is chosen, and why it is held shows what the engine looked at`() async throws {
        try await laboratory { laboratory, tool, made in
            var body = ResultBody(analysis: "K")
            body.value = "4.9"
            _ = try await laboratory.signedIn("technicien2").enter(made.request.number, body)
            try await TmuxScreen.open(tool, width: 120, height: 36) { screen in
                // The tube's hour comes with the file, which knows of both runs.
                #expect(try await screen.shows("4,9", "VERT 07:00"))
                try await screen.press("Tab", "Down", "p")
                #expect(try await screen.shows("moteur", "catalogue"))
                try await screen.press("Escape")
                #expect(try await screen.hides("moteur"))
                try await screen.press("u")
                #expect(try await screen.shows("passage 1, 4,2", "passage 2, 4,9", "compte"))
                try await screen.press("1", "Enter", "1", "Enter")
                #expect(try await screen.shows("passage choisi"))
                // A sentence of the laboratory, by the beginning of its code.
                try await screen.press("c", "r", "e", "c")
                #expect(try await screen.shows("RECOL Nouveau prélèvement"))
                try await screen.press("Enter")
                #expect(try await screen.shows("commentaire ajouté"))
                let file = try await laboratory.signedIn(.technician).request(made.request.number)
                #expect(file.observations.filter { $0.comment != nil }.map(\.analysis) == ["K"])
                let waiting = try await laboratory.signedIn(.technician).worklist().map(\.observation)
                #expect(waiting.filter { $0.analysis == "K" }.map(\.value.frenchText) == ["4,2"])
            }
        }
    }
}
