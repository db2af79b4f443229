import Base
import Client
import Foundation
import Laboratory
import TestSupport
import Testing

/// The program itself, as people start it, against a real server of this process.
struct CommandLineTool: Sendable {
    let server: String
    let home: String
    var columns: Int?

    struct Ran: Sendable {
        var code: Int32
        var output: String
        var complaint: String
    }

    /// Beside the test bundle; nil when it was not built.
    static let path: String? = {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let candidates = [folder, APILaboratory.root.appendingPathComponent(".build/debug")]
        return candidates.map { $0.appendingPathComponent("paillasse").path }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    func run(_ arguments: String..., input: String = "") async throws -> Ran {
        try await run(words: arguments, input: input)
    }

    /// `language`: that of the environment.
    func run(
        words arguments: [String], input: String = "", language: String = "C.UTF-8"
    ) async throws -> Ran {
        let program = try #require(CommandLineTool.path, "paillasse is not built")
        var environment = ProcessInfo.processInfo.environment
        environment["PAILLASSE_SERVER"] = server
        environment["PAILLASSE_HOME"] = home
        environment["LC_ALL"] = language
        environment["COLUMNS"] = columns.map { String($0) }
        let ran = try await Child.run(program, arguments, input: Array(input.utf8), environment: environment)
        return Ran(code: ran.code, output: ran.text, complaint: ran.complaintText)
    }

    static func withHome(server: String, _ body: (CommandLineTool) async throws -> Void) async throws {
        let home = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-" + UUID().uuidString).path
        try FileManager.default.createDirectory(
            atPath: home, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: home) }
        try await body(CommandLineTool(server: server, home: home))
    }
}

@Suite(.serialized) struct `The command line` {
    /// The words of a line of output that follow `mark`.
    private func word(after mark: String, in text: String) throws -> String {
        let tail = try #require(text.range(of: mark)).upperBound
        return String(text[tail...].prefix { !" ,\n".contains($0) })
    }

    @Test func `walks a request from the patient to the signature`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let secret = APILaboratory.secret + "\n"
                let login = try await tool.run("login", "biologiste", "--secret-stdin", input: secret)
                #expect(login.code == 0 && login.output.contains("connecté jusqu'au 22/11/2026 19:00"), "\(login)")
                let mode = try FileManager.default.attributesOfItem(atPath: tool.home + "/token.json")[
                    .posixPermissions]
                #expect(mode as? Int == 0o600)
                let patient = try await tool.run(
                    "patient", "add", "--name", "DURAND", "--given", "Lucie", "--birth", "1979-03-28", "--sex", "F",
                    "--birthplace", "75111", "--status", "VALI", "--address", "1 rue des Lilas | 75011 | PARIS",
                    "--guardian", "DURAND Paul", "--phone", "0600000000")
                #expect(patient.code == 0 && patient.output.contains("identité VALI"), "\(patient)")
                let id = try word(after: "patient ", in: patient.output)
                #expect(try await tool.run("patient", "show", id).output.contains("75011 PARIS"))
                let request = try await tool.run(
                    "request", "add", "--patient", id, "--codes", "NA,K", "--prescriber-rpps", "10009876543",
                    "--prescriber-name", "CHARLES", "--prescriber-given", "Pascal", "--urgent")
                #expect(request.code == 0 && request.output.contains("TUBE N°"), "\(request)")
                let number = try word(after: "demande ", in: request.output)
                let shown = try await laboratory.signedIn(.biologist).request(number)
                for specimen in shown.specimens {
                    let received = try await tool.run(
                        "specimen", "receive", specimen.accession, "--collected", "2026-11-22T06:30")
                    #expect(
                        received.code == 0 && received.output.contains("prélevé le 22/11/2026 06:30"), "\(received)")
                }
                let slip = try await tool.run("enter", number, "NA", "1e2")
                #expect(slip.code == 1 && slip.complaint.contains("sans exposant"), "\(slip)")
                #expect(try await tool.run("enter", number, "NA", "140").code == 0)
                #expect(try await tool.run("enter", number, "K", "--not-performed", "tube hémolysé").code == 0)
                let list = try await tool.run("worklist")
                #expect(list.output.hasPrefix("DEMANDE") && list.output.contains("MODIF_MANUELLE : saisie manuelle"))
                let held = try await tool.run("validate", number, "--all")
                #expect(held.code == 1 && held.complaint.contains("→ valider avec un motif (--reason) [tech.reason]"))
                #expect(try await tool.run("validate", number, "--all", "--reason", "relu").code == 0)
                // Typed by hand: held, so never by lot.
                let byLot = try await tool.run("bio", "sign", "--all", "--confirm", "1")
                #expect(byLot.code == 1 && byLot.complaint.contains("[sign.confirm.none]"), "\(byLot)")
                let hash = try await laboratory.signedIn(.biologist).fileToSign(number).contentHash
                let signed = try await tool.atTerminal("bio sign \(number)")
                #expect(signed.contains("version 1 signée par") && signed.contains(hash), "\(signed)")
                #expect(try await tool.run("bio", "file").output == "rien à signer\n")
                let proof = try await tool.run("audit", "verify")
                #expect(proof.code == 0 && proof.output.contains("chaîne intacte"), "\(proof)")
                #expect(try await tool.run("logout").code == 0)
                let closed = try await tool.run("worklist")
                #expect(closed.code == 1 && closed.complaint.contains("[auth.token]"))
            }
        }
    }

    @Test func `prints JSON on every listing`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let made = try await laboratory.readyToSign()
                let number = made.request.number
                let secret = APILaboratory.secret + "\n"
                _ = try await tool.run("login", "biologiste", "--secret-stdin", input: secret)
                let listings = [
                    ["whoami"], ["status"], ["patient", "list"], ["patient", "list", "dup"], ["request", "list"],
                    ["request", "show", number], ["worklist"], ["bio", "file"], ["bio", "show", number],
                    ["triage", "list"], ["report", "list", number], ["deliveries"], ["analyzers"], ["messages"],
                    ["audit", "list"], ["audit", "verify"], ["catalogue", "list"],
                ]
                for words in listings {
                    let ran = try await tool.run(words: words + ["--json"])
                    #expect(ran.code == 0, "\(words) \(ran.complaint)")
                    #expect((try? JSONSerialization.jsonObject(with: Data(ran.output.utf8))) != nil, "\(words)")
                }
                _ = try await tool.run("login", "administrateur", "--secret-stdin", input: secret)
                let accounts = try await tool.run("account", "list", "--json")
                #expect(accounts.output.contains("\"biologiste\"") && !accounts.output.contains("scrypt"))
            }
        }
    }

    @Test func `fits 80 columns without cutting an identifier`() async throws {
        try await APILaboratory.open { laboratory in
            try await CommandLineTool.withHome(server: laboratory.server.text) { wide in
                var tool = wide
                tool.columns = 80
                let made = try await laboratory.readyToSign("MONTALEMBERT DE LA TOUR DU PIN")
                let technician = try await laboratory.signedIn(.technician)
                var rerun = ResultBody(analysis: "K")
                rerun.value = "7.9"
                let observation = try await technician.enter(made.request.number, rerun)
                _ = try await tool.run("login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                for words in [
                    ["worklist"], ["bio", "file"], ["bio", "show", made.request.number], ["patient", "list"],
                    ["request", "list"], ["request", "show", made.request.number], ["status"], ["analyzers"],
                    ["audit", "list"],
                ] {
                    let ran = try await tool.run(words: words)
                    #expect(ran.code == 0)
                    for line in ran.output.split(separator: "\n") { #expect(line.count <= 80, "\(words) \(line)") }
                }
                let list = try await tool.run("worklist")
                #expect(list.output.contains(observation.id) && list.output.contains("CRITIQUE_APPEL"))
            }
        }
    }

    @Test func `tells the shell how it ended`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            for words in [["status"], ["worklist", "--server", "http://127.0.0.1:9"]] {
                let away = try await tool.run(words: words)
                #expect(away.code == 3 && away.complaint.contains("[client.unreachable]"), "\(away)")
            }
            for words in [
                ["rien"], ["patient", "add"], ["validate", "1"], ["bio", "sign"],
                ["enter", "1", "K", "4", "--text", "x"],
                ["patient", "add", "--sex", "X"],
            ] {
                let misused = try await tool.run(words: words)
                #expect(misused.code == 2 && misused.complaint.hasPrefix("Erreur : "), "\(words) \(misused)")
            }
            let address = try await tool.run("status", "--server", "ici")
            #expect(address.code == 1 && address.complaint.contains("[client.server]"))
            let help = try await tool.run("bio", "sign", "--help")
            #expect(help.code == 0 && help.output.contains("UTILISATION :") && !help.output.contains("USAGE"))
            try Data("{}".utf8).write(to: URL(fileURLWithPath: tool.home + "/token.json"))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: tool.home + "/token.json")
            let lax = try await tool.run("status")
            #expect(lax.code == 1 && lax.complaint.contains("[client.token.mode]"))
        }
    }

    @Test func `lints a catalogue and decodes a session without a server`() async throws {
        try await CommandLineTool.withHome(server: "http://127.0.0.1:9") { tool in
            let catalogue = APILaboratory.root.appendingPathComponent("Catalog").path
            #expect(try await tool.run("catalogue", "lint", catalogue).code == 0)
            let broken = tool.home + "/catalogue"
            try FileManager.default.copyItem(atPath: catalogue, toPath: broken)
            let file = URL(fileURLWithPath: broken + "/tubes.csv")
            try (Data(contentsOf: file) + Data("\"jamais fermé\n".utf8)).write(to: file)
            let found = try await tool.run("catalogue", "lint", broken)
            #expect(found.code == 1 && found.output.contains("tubes.csv:"), "\(found)")
            let drivers = APILaboratory.root.appendingPathComponent("Drivers").path
            let transcripts = drivers + "/sysmex-xn/transcripts"
            let name = try #require(
                try FileManager.default.contentsOfDirectory(atPath: transcripts).sorted().first {
                    $0.hasSuffix(".astm")
                })
            let decoded = try await tool.run(
                "decode", "--driver", "sysmex-xn", "--drivers", drivers, "--json", "\(transcripts)/\(name)")
            #expect(decoded.code == 0, "\(decoded)")
            let session = try JSONSerialization.jsonObject(with: Data(decoded.output.utf8)) as? [String: Any]
            #expect((session?["messages"] as? [Any])?.isEmpty == false && session?["file"] as? String == name)
            let recognised = try await tool.run(
                "decode", "--drivers", drivers, "--json", "\(transcripts)/\(name)")
            #expect(recognised.output == decoded.output, "the driver of the sender")
            let generic = try await tool.run(
                "decode", "--driver", "generic-lis2a2", "--drivers", drivers, "\(transcripts)/\(name)")
            #expect(generic.output.contains("pilote generic-lis2a2"))
            let unknown = try await tool.run(
                "decode", "--driver", "absent", "--drivers", drivers, "\(transcripts)/\(name)")
            #expect(unknown.code == 1 && unknown.complaint.contains("[driver.unknown]"))
            #expect(try await tool.run("driver", "check", "\(drivers)/sysmex-xn").code == 0)
        }
    }
}
