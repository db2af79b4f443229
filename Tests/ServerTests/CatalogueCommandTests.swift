import Base
import Catalog
import Client
import Foundation
import Laboratory
import Server
import Store
import Testing
import Workflow

/// `paillasse catalogue …` against a real server, as people type it.
@Suite(.serialized) struct `The catalogue on the command line` {
    private static var folder: String { APILaboratory.root.appendingPathComponent("Catalog").path }

    /// The shipped folder in force, published by the administrator.
    private func open(
        _ body: @Sendable (APILaboratory, CommandLineTool) async throws -> Void
    ) async throws {
        try await APILaboratory.open { laboratory in
            let files = try DataFiles.catalogue(Self.folder)
            try await laboratory.desk.publish(
                files, reason: "essai", by: Author(login: "administrateur", role: .administrator, site: "nord"))
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                #expect(login.code == 0, "\(login)")
                try await body(laboratory, tool)
            }
        }
    }

    @Test func `tells what each analysis lacks, before and after its line was approved`() async throws {
        try await open { _, tool in
            func line(_ code: String) async throws -> String? {
                let ran = try await tool.run("catalogue", "coverage", "--level", "1")
                #expect(ran.code == 0, "\(ran)")
                return ran.output.split(separator: "\n").map(String.init).first { $0.hasPrefix(code + " ") }
            }
            let before = try #require(try await line("NA"))
            #expect(before.contains("approbation"), "\(before)")
            #expect(try await tool.run("catalogue", "approve", "NA", "--reason", "lue").code == 0)
            #expect(try await line("NA") != before)
            #expect(before.contains("domaine de mesure") && before.contains("dilution"), "\(before)")
            let whole = try await tool.run("catalogue", "coverage", "--level", "1").output
            #expect(whole.contains("amr_bas, amr_haut") && whole.contains("est rendue telle quelle"), "\(whole)")
            let json = try await tool.run("catalogue", "coverage", Self.folder, "--json")
            #expect(json.code == 0 && json.output.contains("\"NA\""), "\(json)")
            #expect(json.output.contains("\"check\" : \"measuringRange\""), "\(json)")
        }
    }

    @Test func `takes the name of a rule as it prints it`() async throws {
        try await open { _, tool in
            for name in ["regle:politique", "politique", "politique@1"] {
                let ran = try await tool.run(
                    "catalogue", "approve", "--rule", name, "--reason", "lue", "--until", "2027-06-30T00:00")
                #expect(ran.code == 0 && ran.output.contains("regle:politique : approuvé"), "\(name) \(ran)")
            }
            let unknown = try await tool.run(
                "catalogue", "approve", "--rule", "regle:rien", "--reason", "lue", "--until", "2027-06-30T00:00")
            #expect(unknown.code == 1 && unknown.complaint.contains("[catalogue.rule.unknown]"), "\(unknown)")
        }
    }

    @Test func `warns before an approval ends, and when it has`() async throws {
        try await open { laboratory, tool in
            func approve(_ rule: String, until: String) async throws {
                let ran = try await tool.run(
                    "catalogue", "approve", "--rule", rule, "--reason", "lue", "--until", until)
                #expect(ran.code == 0, "\(ran)")
            }
            func status() async throws -> String { try await tool.run("status").output }
            try await approve("politique", until: "2027-06-30T00:00")
            #expect(try await !status().contains("approbation"))
            #expect(try await !tool.run("catalogue", "approvals").output.contains("jour(s)"))
            try await approve("EDTA@1", until: "2026-12-10T12:00")
            #expect(
                try await status().contains(
                    "1 approbation(s) de règle échoient d'ici 30 jours, la première le 10/12/2026 12:00 (EDTA@1)"))
            #expect(try await tool.run("catalogue", "approvals").output.contains("(18 jour(s))"))
            laboratory.clock.advance(.seconds(19 * 86_400))
            let login = try await tool.run(
                "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
            #expect(login.code == 0)
            #expect(try await status().contains("1 approbation(s) de règle échue(s)"))
            // What nobody stood for is not taken back.
            let none = try await tool.run(
                "catalogue", "approve", "--withdraw", "--rule", "PSA", "--reason", "motif d'essai")
            #expect(none.code == 1 && none.complaint.contains("[catalogue.approve.none]"), "\(none)")
        }
    }

    @Test func `who publishes a line does not approve it, unless he is the only biologist and says so`() async throws {
        try await open { _, tool in
            let copy = tool.home + "/catalogue"
            try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
            let file = URL(fileURLWithPath: copy + "/intervals.csv")
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            try text.replacing("NA,*,18 a,,,,,136,145,", with: "NA,*,18 a,,,,,135,145,")
                .write(to: file, atomically: true, encoding: .utf8)
            let published = try await tool.run("catalogue", "publish", copy, "--reason", "notice")
            #expect(published.code == 0, "\(published)")
            let own = try await tool.run("catalogue", "approve", "NA", "--reason", "lue")
            #expect(own.code == 1 && own.complaint.contains("[catalogue.approve.author]"), "\(own)")
            #expect(own.complaint.contains("qui publie n'approuve pas"), "\(own)")
            #expect(try await tool.run("catalogue", "approve", "K", "--reason", "lue").code == 0)
            #expect(try await tool.run("catalogue", "single-biologist").output.contains("pas de déclaration"))
            let said = try await tool.run("catalogue", "single-biologist", "--reason", "un seul biologiste")
            #expect(said.code == 0 && said.output.contains("déclaré par biologiste"), "\(said)")
            #expect(try await tool.run("catalogue", "approve", "NA", "--reason", "lue").code == 0)
            let dry = try await tool.run("catalogue", "dry-run", copy)
            #expect(dry.code == 0 && dry.output.contains("aucune différence"), "\(dry)")
        }
    }

    @Test func `published controls wait for a biologist, an exemption for one who names it`() async throws {
        try await open { laboratory, tool in
            func states() async throws -> [String: String] {
                let ran = try await tool.run("catalogue", "approvals", "--lines", "--json")
                let read = try JSONDecoder().decode([ApprovalView].self, from: Data(ran.output.utf8))
                return Dictionary(read.map { ($0.subject, $0.state) }, uniquingKeysWith: { $1 })
            }
            let policies = "controls/policies.csv"
            let files = try DataFiles.catalogue(Self.folder).map { file in
                guard file.name == policies else { return file }
                let line = "UREE,*,,,,,,,,,,Dr Fantôme,2026-01-01,pas de contrôle disponible\n"
                return CatalogFile(name: policies, bytes: file.bytes + Array(line.utf8))
            }
            try await laboratory.desk.publish(
                files, reason: "dispense", by: Author(login: "administrateur", role: .administrator, site: "nord"))
            #expect(try await states()["controle:K@*"] == "brouillon")
            #expect(try await states()["dispense:UREE@*"] == "brouillon")
            let all = try await tool.run("catalogue", "approve", "--all", "--reason", "lues")
            #expect(all.code == 0, "\(all)")
            #expect(try await states()["controle:K@*"] == "approuvé")
            // What it did, and what it leaves with how to do it; said again when nothing is left to do.
            let rules = try await states().filter { $0.key.hasPrefix("regle:") && $0.value == "brouillon" }
            let left = rules.count - (rules["regle:mode-B"] == nil ? 0 : 1)
            #expect(left > 10 && all.output.contains("approbation(s) enregistrée(s)"), "\(all)")
            let again = try await tool.run("catalogue", "approve", "--all", "--reason", "encore")
            #expect(again.code == 1 && again.complaint.contains("[catalogue.approve.nothing]"), "\(again)")
            for said in [all.output, again.complaint] {
                #expect(said.contains("\(left) règle(s) ne le sont pas"), "\(said)")
                #expect(said.contains("--all --until AAAA-MM-JJTHH:MM"), "\(said)")
                #expect(said.contains("1 dispense(s) de contrôle") && said.contains("--control dispense:UREE@*"))
            }
            let until = try await tool.run(
                "catalogue", "approve", "--all", "--reason", "lues", "--until", "2027-06-30T00:00")
            #expect(until.code == 0 && until.output.contains("\(left) approbation(s) enregistrée(s)"), "\(until)")
            #expect(!until.output.contains("règle(s) ne le sont pas"), "\(until)")
            #expect(try await states()["dispense:UREE@*"] == "brouillon")
            let named = try await tool.run("catalogue", "approve", "--control", "UREE", "--reason", "aucun matériel")
            #expect(named.code == 0 && named.output.contains("dispense:UREE@* : approuvé"), "\(named)")
            let back = try await tool.run(
                "catalogue", "approve", "--withdraw", "--control", "dispense:UREE@*", "--reason", "matériel reçu")
            #expect(back.code == 0 && back.output.contains("dispense:UREE@* : retiré"), "\(back)")
            let none = try await tool.run("catalogue", "approve", "--control", "CA@zz", "--reason", "lu")
            #expect(none.code == 1 && none.complaint.contains("[catalogue.control.unknown]"), "\(none)")
        }
    }

    @Test(arguments: [
        ("methods.csv", "NA,zz,ISE,,,,,,,\n", "methods.csv : zz"),
        ("rules/policy.json5", "", "policy.json5, hil : axx"),
    ]) func `a table for an analyzer that nobody has is not published`(
        _ name: String, _ line: String, _ place: String
    ) async throws {
        try await open { laboratory, tool in
            let copy = tool.home + "/catalogue"
            try FileManager.default.copyItem(atPath: Self.folder, toPath: copy)
            let file = URL(fileURLWithPath: copy + "/" + name)
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            // The first rule of interference, for an analyzer.
            let parts = text.split(separator: ", bias:", maxSplits: 1).map(String.init)
            let changed = line.isEmpty ? parts[0] + ", analyzer: \"axx\", bias:" + parts[1] : text + line
            try changed.write(to: file, atomically: true, encoding: .utf8)
            let refused = try await tool.run("catalogue", "publish", copy, "--reason", "notice")
            #expect(refused.code == 1 && refused.complaint.contains("[analyzer.unknown]"), "\(refused)")
            #expect(refused.complaint.contains(place), "\(refused)")
            #expect(try await laboratory.desk.catalogueVersions().count == 1)
        }
    }

    @Test func `a blood group is typed as one of the answers of its line`() async throws {
        try await open { laboratory, tool in
            let technician = try await laboratory.signedIn(.technician)
            let patient = try await technician.addPatient(APILaboratory.patient())
            let made = try await technician.addRequest(APILaboratory.request(patient.id, ["GSABO"]))
            let number = made.request.number
            // Typed twice, as the policy asks of a group: the second time it is taken, or refused.
            func typed(_ code: String) async throws -> CommandLineTool.Ran {
                _ = try await tool.run("enter", number, "GSABO", "--coded", code)
                return try await tool.run("enter", number, "GSABO", "--coded", code)
            }
            let wrong = try await typed("POS")
            #expect(wrong.code == 1 && wrong.complaint.contains("[enter.code]"), "\(wrong)")
            #expect(wrong.complaint.contains("choisir parmi : A+, A-, A, B+"), "\(wrong)")
            let entered = try await typed("A+")
            #expect(entered.code == 0, "\(entered)")
            let seen = try await technician.request(number).observations.last?.value
            #expect(seen == .coded("A+", display: "A, RhD positif"))
            #expect(try await typed("A").code == 0)
        }
    }
}
