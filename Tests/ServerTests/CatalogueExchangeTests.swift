import Base
import Catalog
import Client
import Foundation
import Laboratory
import Report
import Rules
import Server
import Store
import Testing
import Workflow

@testable import Exchange

/// What the catalogue is to reports that were made, and to readers outside.
@Suite(.serialized) struct `A published catalogue` {
    private static var folder: String { APILaboratory.root.appendingPathComponent("Catalog").path }

    /// The shipped files, each changed by what `change` makes of its text.
    private func files(_ change: (String) -> String = { $0 }) throws -> [CatalogFile] {
        try DataFiles.catalogue(Self.folder).map { file in
            CatalogFile(name: file.name, bytes: Array(change(String(decoding: file.bytes, as: UTF8.self)).utf8))
        }
    }

    private func documents(_ number: String, _ desk: Desk) async throws -> IssuedDocuments {
        let request = try #require(try await desk.store.request(number: number))
        let signature = try #require(try await desk.store.signatures(requestID: request.id).last)
        let signed = try await desk.signedReport(of: signature)
        return try IssuedDocuments(
            signed, catalogue: desk.catalogue(of: signed), letterhead: Letterhead(), pfi: nil,
            IssuedDocuments.Circumstances(now: desk.now()), controlIDs: { "1" })
    }

    @Test func `renders an old report byte for byte, whatever was published since`() async throws {
        try await APILaboratory.open { laboratory in
            let desk = laboratory.desk
            _ = try await desk.openCatalogue(folder: try files())
            let made = try await laboratory.readyToSign()
            let biologist = try await laboratory.signedIn(.biologist)
            let file = try await biologist.fileToSign(made.request.number)
            _ = try await biologist.sign(
                made.request.number, SignBody(contentHash: file.contentHash, pin: APILaboratory.pin))
            let before = try await documents(made.request.number, desk)
            #expect(!before.pdf.isEmpty && String(decoding: before.cda, as: UTF8.self).contains("2951-2"))

            // Name, LOINC name, section, interval and decimals of sodium, and the order of the sections.
            let author = Author(login: "administrateur", role: .administrator, site: "nord")
            _ = try await desk.publish(
                try files {
                    $0.replacing(
                        "NA,1,Sodium,biochimie,mesure,2951-2,Sodium [", with: "NA,1,Natrémie,urines,mesure,2951-2,Na ["
                    )
                    .replacing("2951-2,Sodium [", with: "2951-2,Na [")
                    .replacing("NA,*,18 a,,,,,136,145,", with: "NA,*,18 a,,,,,130,150,")
                    .replacing("biochimie,Biochimie,40,", with: "biochimie,Chimie,400,")
                }, reason: "relu", by: author)
            #expect(desk.catalogue["NA"]?.nameFR == "Natrémie")
            let after = try await documents(made.request.number, desk)
            #expect(after.pdf == before.pdf && after.cda == before.cda)

            // The same after a restart, from the versions in the base.
            let again = Desk(
                store: laboratory.store, catalogue: desk.catalogue, sites: [APILaboratory.site],
                now: { [clock = laboratory.clock] in clock.now })
            _ = try await again.openCatalogue(folder: try files())
            let restarted = try await documents(made.request.number, again)
            #expect(restarted.pdf == before.pdf && restarted.cda == before.cda)

            // A result judged by the new version is set out by it: the comparison above can fail.
            let second = try await laboratory.readyToSign("DURAND")
            let fresh = try await biologist.fileToSign(second.request.number)
            _ = try await biologist.sign(
                second.request.number, SignBody(contentHash: fresh.contentHash, pin: APILaboratory.pin))
            let new = try await documents(second.request.number, desk)
            #expect(String(decoding: new.cda, as: UTF8.self).contains("Natrémie"))
        }
    }

    @Test func `leaves whole as CSV and comes back whole`() async throws {
        try await APILaboratory.open { laboratory in
            _ = try await laboratory.desk.openCatalogue(folder: try files())
            try await CommandLineTool.withHome(server: laboratory.server.text) { tool in
                let login = try await tool.run(
                    "login", "biologiste", "--secret-stdin", input: APILaboratory.secret + "\n")
                #expect(login.code == 0, "\(login)")
                let out = tool.home + "/sortie", again = tool.home + "/retour"
                let exported = try await tool.run("catalogue", "export", out, "--csv")
                #expect(exported.code == 0, "\(exported)")
                let names = try FileManager.default.subpathsOfDirectory(atPath: out).filter { $0.contains(".") }
                #expect(names.allSatisfy { $0.hasSuffix(".csv") } && names.contains("regles.csv"), "\(names)")
                #expect(names.contains("controls/lots.csv") && names.contains("annexes/transcodage.csv"))
                #expect(try await tool.run("catalogue", "lint", out).code == 0)
                // The rules go with it, whoever reads the folder.
                #expect(try await tool.run("rules", "bench", out).code == 0)
                let calculated = try await tool.run("calc", "NHDL", "CT=5.20", "HDL=1.30", "--catalogue", out)
                #expect(calculated.code == 0 && calculated.output.hasPrefix("NHDL = 3,90"), "\(calculated)")

                // Back into the server: only comments are gone from the rules, which is no new version, and the
                // second export is the first.
                let before = try await tool.run("catalogue", "diff", out)
                #expect(before.output == "aucun écart\n", "\(before)")
                let imported = try await tool.run("catalogue", "import", out, "--reason", "retour d'un tableur")
                #expect(imported.code == 0 && imported.output.contains("version 1 en vigueur"), "\(imported)")
                #expect(imported.output.contains("0 écart(s)"), "\(imported)")
                #expect(imported.output.contains("aucune version nouvelle"), "\(imported)")
                #expect(try await tool.run("catalogue", "export", again, "--csv").code == 0)
                for name in names where !name.hasPrefix("annexes/") {
                    let first = try Data(contentsOf: URL(fileURLWithPath: "\(out)/\(name)"))
                    #expect(try Data(contentsOf: URL(fileURLWithPath: "\(again)/\(name)")) == first, "\(name)")
                }
                let rules = try await tool.run("catalogue", "diff", again)
                #expect(rules.output == "aucun écart\n", "\(rules)")
            }
        }
    }

    @Test func `a laboratory that starts on an exported folder has its rules`() async throws {
        let files = try files()
        let folder = FileManager.default.temporaryDirectory.appending(path: "tabled-\(UUID().uuidString)").path
        try DataFiles.write(RuleTable.tabled(files), to: folder)
        #expect(FileManager.default.fileExists(atPath: folder + "/regles.csv"))
        #expect(!FileManager.default.fileExists(atPath: folder + "/rules"))
        let read = try DataFiles.catalogue(folder)
        try await APILaboratory.open { laboratory in
            _ = try await laboratory.desk.openCatalogue(folder: read)
            let catalogue = laboratory.desk.catalogue
            let shipped = try RulePack.load(RulePack.files(among: files), catalogue: catalogue, version: "p")
            let pack = laboratory.desk.shelf.pack
            #expect(
                !shipped.approvable.isEmpty && pack.approvable.map(\.reference) == shipped.approvable.map(\.reference))
            #expect(pack.formula("DFG09") != nil && !pack.coherence.isEmpty)
        }
    }
}
