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

    /// As a French spreadsheet saves a table: a byte-order mark, semicolons, CRLF, quotes wherever it likes, decimal
    /// commas without the zeros at the end, a column and rows of nothing.
    private func resaved(_ file: CatalogFile) -> CatalogFile {
        guard file.name.hasSuffix(".csv") else { return file }
        func cell(_ text: String) -> String {
            var text = text.replacing("\n", with: "\r\n")
            if let number = Exact(text), text.contains(".") {
                text = number.settled(to: 0).text.replacing(".", with: ",")
            }
            return "\"" + text.replacing("\"", with: "\"\"") + "\""
        }
        let table = CSVTable(file.bytes)
        let width = (table.rows.first?.count ?? 0) + 1
        let lines = table.rows.map { row in (row.map { cell($0.text) } + [""]).joined(separator: ";") }
        let nothing = Array(repeating: String(repeating: ";", count: width - 1), count: 3)
        return CatalogFile(
            name: file.name, bytes: [0xEF, 0xBB, 0xBF] + Array((lines + nothing).joined(separator: "\r\n").utf8))
    }

    @Test func `a spreadsheet may save the shipped catalogue again, and no line reads otherwise`() throws {
        let shipped = try Shipped.files(), again = shipped.map(resaved)
        let old = CatalogueTables(shipped), new = CatalogueTables(again)
        #expect(zip(shipped, again).allSatisfy { $0.bytes != $1.bytes || !$0.name.hasSuffix(".csv") })
        #expect(AnalysisCatalogue.lint(again).map(\.cause) == AnalysisCatalogue.lint(shipped).map(\.cause))
        #expect(new.changes(since: old) == [] && new.saysTheSame(as: old))
        let first = try AnalysisCatalogue.load(shipped, version: CatalogVersion("x"))
        let second = try AnalysisCatalogue.load(again, version: CatalogVersion("x"))
        #expect(first.analyses == second.analyses && first.intervals == second.intervals)
        #expect(first.analyses.count == 237)
        for analysis in first.analyses {
            #expect(new.approvable(analysis.code) == old.approvable(analysis.code), "\(analysis.code)")
        }
        let unsigned = first.analyses.filter {
            new.formerlyApprovable($0.code) != old.formerlyApprovable($0.code)
        }
        #expect(unsigned.count > 50, "there is something to leave alone")
    }

    @Test func `a text moved from one cell into another is not what was approved`() {
        func tables(_ source: String, _ cv: String) -> CatalogueTables {
            CatalogueTables(files("code,critique_source,cva,etat\nNA,\(source),\(cv),\n"))
        }
        let signed = tables("Melbourne", "2"), moved = tables("Melbourne;cva=2", "")
        #expect(signed.approvable("NA") != moved.approvable("NA"))
        #expect(moved.formerlyApprovable("NA") == nil && signed.formerlyApprovable("NA") != nil)
        #expect(tables("a\\", "2").approvable("NA") != tables("a\\;cva=2", "").approvable("NA"))
        // A semicolon in a source is one.
        #expect(tables("Melbourne; HEFT", "2").formerlyApprovable("NA") != nil)
    }

    @Test func `a number that differs is a change, one written otherwise is none, a text is as it stands`() {
        func tables(_ bounds: String, note: String = "1.0") -> CatalogueTables {
            CatalogueTables(
                files(
                    "code,critique_bas,note\nNA,\(bounds),\(note)\n",
                    intervals: "code,sexe,bas\nNA,*,\"\(bounds)\"\n"))
        }
        let base = tables("3.0")
        for same in ["3", "3.00", "+3", "03.0"] {
            #expect(tables(same).saysTheSame(as: base) && tables(same).approvable("NA") == base.approvable("NA"))
        }
        for other in ["3.01", "30", "-3", "", "x"] {
            #expect(!tables(other).saysTheSame(as: base) && tables(other).approvable("NA") != base.approvable("NA"))
        }
        #expect(tables("3.0", note: "1").approvable("NA") != base.approvable("NA"), "a note is words")
        // The order of the lines is that of lists and pages: a change, though nobody signs it.
        let two = CatalogueTables(files("code,nom_fr\nNA,Sodium\nK,Potassium\n"))
        let turned = CatalogueTables(files("code,nom_fr\nK,Potassium\nNA,Sodium\n"))
        #expect(turned.changes(since: two) == [] && !turned.saysTheSame(as: two))
        #expect(turned.approvable("NA") == two.approvable("NA"))
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
