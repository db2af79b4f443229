import Base
import Catalog
import Laboratory
import Store
import Testing
import Workflow

/// Versions of the catalogue, and what biologists stand for.
@Suite struct CataloguePublicationTests {
    /// The shipped files with one text replaced.
    private func files(_ old: String, _ new: String) throws -> [CatalogFile] {
        try Bench.files().map { file in
            CatalogFile(
                name: file.name,
                bytes: Array(String(decoding: file.bytes, as: UTF8.self).replacing(old, with: new).utf8))
        }
    }

    @Test func `the first start publishes the folder, a changed folder waits for a person`() async throws {
        let bench = try Bench()
        let shipped = try Bench.files()
        #expect(try await bench.desk.openCatalogue(folder: shipped).isEmpty)
        let first = try await bench.desk.catalogueVersions()
        #expect(first.map(\.number) == [1])
        #expect(bench.desk.catalogue.version.text == first[0].version)
        let changed = try files("Sodium,", "Natrémie,")
        let said = try await bench.desk.openCatalogue(folder: changed)
        #expect(said.count == 1 && said[0].contains("n° 1"))
        #expect(bench.desk.catalogue["NA"]?.nameFR == "Sodium")
        #expect(try await bench.soundTrail())
    }

    @Test func `a new version judges from now on, and the old one stays for what it judged`() async throws {
        let bench = try Bench()
        _ = try await bench.desk.openCatalogue(folder: try Bench.files())
        let made = try await bench.received(["NA"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("NA", "146", of: tube)])
        let before = try await bench.observation("NA", made)
        let published = try await bench.desk.publish(
            try files("NA,*,18 a,,,,,136,145,", "NA,*,18 a,,,,,136,147,"), reason: "borne relue",
            by: Bench.administrator)
        #expect(published.number == 2 && published.changes == 1)
        try await bench.arrive("m2", [Bench.result("NA", "146", of: tube)])
        let after = try await bench.observation("NA", made)
        #expect(before.catalogueVersion != after.catalogueVersion)
        #expect(before.flags == [.high] && after.flags == [.normal])
        let old = try #require(bench.desk.shelf[before.catalogueVersion])
        #expect(old.intervals(for: "NA").first?.high?.text == "145")
        // A restart finds both again.
        let again = Desk(
            store: bench.store, catalogue: try AnalysisCatalogue.load(try Bench.files(), version: CatalogVersion("x")),
            sites: [], now: { bench.clock.now })
        _ = try await again.openCatalogue(folder: try Bench.files())
        #expect(again.catalogue.version.text == after.catalogueVersion)
        #expect(again.shelf[before.catalogueVersion]?.intervals(for: "NA").first?.high?.text == "145")
        let exported = try await again.catalogueFiles(number: 1)
        #expect(CatalogueTables(exported) == CatalogueTables(try Bench.files()))
    }

    @Test func `nothing wrong, nothing new and nobody else may publish`() async throws {
        let bench = try Bench()
        _ = try await bench.desk.openCatalogue(folder: try Bench.files())
        let good = try files("Sodium,", "Natrémie,")
        let bad = try files("2951-2", "2951-3")
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.publish(good, reason: "essai", by: Bench.technician)
            } == "auth.permission")
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.publish(bad, reason: "essai", by: Bench.administrator)
            } == "catalogue.rejected")
        let same = try Bench.files()
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.publish(same, reason: "essai", by: Bench.administrator)
            } == "catalogue.unchanged")
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.publish(good, reason: " ", by: Bench.administrator)
            } != nil)
        #expect(try await bench.desk.catalogueVersions().count == 1)
    }

    @Test func `an approved line is a draft again as soon as it reads otherwise`() async throws {
        let bench = try Bench()
        _ = try await bench.desk.openCatalogue(folder: try Bench.files())
        let subject = try bench.desk.approvalSubject(analysis: "NA")
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.approve([subject], reason: "relu", by: Bench.technician)
            } == "auth.permission")
        #expect(bench.desk.catalogue["NA"]?.approval == .draft)
        try await bench.desk.approve([subject], reason: "relu", by: Bench.biologist)
        #expect(bench.desk.catalogue["NA"]?.approval == .approved)
        #expect(bench.desk.catalogue["K"]?.approval == .draft)
        try await bench.desk.publish(
            try files("NA,*,18 a,,,,,136,145,", "NA,*,18 a,,,,,136,147,"), reason: "borne", by: Bench.administrator)
        #expect(bench.desk.catalogue["NA"]?.approval == .draft)
        let now = try bench.desk.approvalSubject(analysis: "NA")
        #expect(try await bench.desk.approvals(of: [now]).map(\.state) == [.changed])
        try await bench.desk.approve([now], reason: "borne relue", by: Bench.biologist)
        #expect(bench.desk.catalogue["NA"]?.approval == .approved)
        try await bench.desk.withdrawApproval([now], reason: "doute", by: Bench.biologist)
        #expect(bench.desk.catalogue["NA"]?.approval == .draft)
        #expect(try await bench.desk.approvals(of: [now]).map(\.state) == [.withdrawn])
        #expect(try await bench.soundTrail())
    }

    /// As a French spreadsheet saves the tables: semicolons, decimal commas without the zeros at the end, CRLF.
    private func resaved(_ files: [CatalogFile]) -> [CatalogFile] {
        files.map { file in
            guard file.name.hasSuffix(".csv") else { return file }
            let lines = CSVTable(file.bytes).rows.map { row in
                row.map { cell in
                    guard let number = Exact(cell.text), cell.text.contains(".") else {
                        return "\"" + cell.text.replacing("\"", with: "\"\"") + "\""
                    }
                    return number.settled(to: 0).text.replacing(".", with: ",")
                }.joined(separator: ";") + ";"
            }
            return CatalogFile(
                name: file.name, bytes: [0xEF, 0xBB, 0xBF] + Array(lines.joined(separator: "\r\n").utf8))
        }
    }

    @Test func `what a spreadsheet writes otherwise is no new version, and no line loses its approval`() async throws {
        let bench = try Bench()
        _ = try await bench.desk.openCatalogue(folder: try Bench.files())
        let all = try bench.desk.catalogue.analyses.map { try bench.desk.approvalSubject(analysis: $0.code) }
        try await bench.desk.approve(all, reason: "lignes relues", by: Bench.biologist)
        let again = resaved(try Bench.files())
        #expect(try await bench.desk.openCatalogue(folder: again) == [], "the folder says what is in force")
        let same = try await bench.desk.publish(again, reason: "ouvert dans un tableur", by: Bench.administrator)
        #expect(same.number == 1 && same.changes == 0)
        #expect(try await bench.desk.catalogueVersions().count == 1)
        #expect(bench.desk.catalogue.analyses.allSatisfy { $0.approval == .approved })
        // One cell changed for good, in the same spreadsheet: one change, one line that is signed again.
        let changed = resaved(try files("NA,*,18 a,,,,,136,145,", "NA,*,18 a,,,,,136,147,"))
        let published = try await bench.desk.publish(changed, reason: "borne du sodium", by: Bench.administrator)
        #expect(published.number == 2 && published.changes == 1)
        let drafts = bench.desk.catalogue.analyses.filter { $0.approval == .draft }.map(\.code)
        #expect(drafts == ["NA"])
        #expect(try await bench.soundTrail())
    }

    @Test func `what was approved before the writing of a number was left alone stands`() async throws {
        let bench = try Bench()
        _ = try await bench.desk.openCatalogue(folder: try Bench.files())
        let former = try #require(CatalogueTables(try Bench.files()).formerlyApprovable("K"))
        try await bench.desk.approve(
            [ApprovalSubject(name: "analyse:K", content: former)], reason: "ligne relue", by: Bench.biologist)
        let now = try bench.desk.approvalSubject(analysis: "K")
        #expect(now.content != former)
        #expect(try await bench.desk.approvals(of: [now]).map(\.state) == [.approved])
        #expect(bench.desk.catalogue["K"]?.approval == .approved)
    }

    @Test func `an approval that ends is no approval afterwards`() async throws {
        let bench = try Bench()
        let rule = ApprovalSubject(name: "regle:R1", content: [1, 2, 3])
        try await bench.desk.approve(
            [rule], reason: "validée", until: bench.clock.now.advanced(by: .seconds(60)), by: Bench.biologist)
        #expect(try await bench.desk.approvals(of: [rule]).map(\.state) == [.approved])
        bench.clock.advance(.seconds(60))
        #expect(try await bench.desk.approvals(of: [rule]).map(\.state) == [.expired])
    }
}
