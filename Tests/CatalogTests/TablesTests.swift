import Base
import Catalog
import Testing

/// The catalogue as tables: comparison, export, what a biologist approves.
@Suite struct TablesTests {
    private func files(_ analyses: String, intervals: String = "code,sexe,bas\nNA,*,136\n") -> [CatalogFile] {
        [
            CatalogFile(name: "analyses.csv", bytes: Array(analyses.utf8)),
            CatalogFile(name: "intervals.csv", bytes: Array(intervals.utf8)),
            CatalogFile(name: "rules/a.json5", bytes: Array("{a: 1}".utf8)),
        ]
    }

    @Test func `exported files read as the same tables, quotes and line ends included`() {
        let text = "code,nom_fr,note\nNA,\"Sodium, sérum\",\"dit \"\"natrémie\"\"\nsur deux lignes\"\nK,Potassium,\n"
        let tables = CatalogueTables(files(text))
        #expect(tables["analyses.csv"]?.rows[0] == ["NA", "Sodium, sérum", "dit \"natrémie\"\nsur deux lignes"])
        #expect(CatalogueTables(tables.files) == tables)
        #expect(tables.files.map(\.name) == ["analyses.csv", "intervals.csv", "rules/a.json5"])
    }

    @Test func `the shipped catalogue survives export and import`() throws {
        let shipped = try Shipped.files()
        let again = CatalogueTables(shipped).files
        let version = CatalogVersion("x")
        let first = try AnalysisCatalogue.load(shipped, version: version)
        let second = try AnalysisCatalogue.load(again, version: version)
        #expect(first.analyses == second.analyses)
        #expect(first.panels == second.panels)
        #expect(first.sections == second.sections)
        #expect(CatalogueTables(again).changes(since: CatalogueTables(shipped)).isEmpty)
    }

    @Test func `a comparison names every cell that changed, and what came and went`() {
        let old = CatalogueTables(files("code,nom_fr,etat\nNA,Sodium,brouillon\nK,Potassium,brouillon\n"))
        let new = CatalogueTables(
            files(
                "code,etat,nom_fr\nCL,brouillon,Chlorure\nNA,brouillon,Natrémie\n",
                intervals: "code,sexe,bas\nNA,*,135\n"))
        let changes = new.changes(since: old).map { "\($0.file) \($0.kind.rawValue) \($0.key) \($0.column)" }
        #expect(
            changes == [
                "analyses.csv ajouté CL ", "analyses.csv modifié NA nom_fr", "analyses.csv ôté K ",
                "intervals.csv modifié NA * bas",
            ])
        let change = new.changes(since: old).first { $0.column == "bas" }
        #expect(change?.before == "136" && change?.after == "135")
        #expect(old.changes(since: old).isEmpty)
    }

    @Test func `what is approved depends on the cells of the line and of its intervals, and on nothing else`() {
        let base = CatalogueTables(files("code,nom_fr,etat\nNA,Sodium,brouillon\nK,Potassium,brouillon\n"))
        func approvable(_ analyses: String, _ intervals: String = "code,sexe,bas\nNA,*,136\n") -> [UInt8]? {
            CatalogueTables(files(analyses, intervals: intervals)).approvable("NA")
        }
        let same = base.approvable("NA")
        #expect(same != nil)
        #expect(approvable("etat,nom_fr,code\napprouvé,Sodium,NA\n") == same)
        #expect(approvable("code,nom_fr,etat\nNA,Natrium,brouillon\n") != same)
        #expect(approvable("code,nom_fr,etat\nNA,Sodium,\n", "code,sexe,bas\nNA,*,135\n") != same)
        #expect(approvable("code,nom_fr,etat\nNA,Sodium,\n", "code,sexe,bas\nK,*,3\nNA,*,136\n") == same)
        #expect(base.approvable("XX") == nil)
    }
}

/// What a biologist signs says which cell holds what.
@Suite struct `The text that is signed` {
    @Test func `no text of one cell stands for the value of another`() {
        let plain = Small().addingColumn("analyses.csv", "cva", [2: "2"])
            .setting("analyses.csv", 2, "critique_source", "s")
        let moved = plain.setting("analyses.csv", 2, "cva", "")
        for text in ["s;cva=2", "s\\;cva=2", "s\ncva=2", "s cva=2"] {
            let forged = moved.setting("analyses.csv", 2, "critique_source", text)
            #expect(
                CatalogueTables(forged.files()).approvable("NA") != CatalogueTables(plain.files()).approvable("NA"),
                "\(text)")
        }
        let shift = Small().setting("analyses.csv", 2, "loinc_source", "").setting("analyses.csv", 2, "note", "ULO")
        #expect(CatalogueTables(shift.files()).approvable("NA") != CatalogueTables(Small().files()).approvable("NA"))
        // A line break is not a blank.
        let broken = Small().setting("analyses.csv", 2, "note", "a\nb")
        let whole = Small().setting("analyses.csv", 2, "note", "a b")
        #expect(CatalogueTables(broken.files()).approvable("NA") != CatalogueTables(whole.files()).approvable("NA"))
    }
}
