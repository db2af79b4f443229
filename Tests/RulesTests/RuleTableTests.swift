import Base
import Catalog
import JSON5
import Testing

@testable import Rules

/// Rules as a table, and back.
@Suite struct RuleTableTests {
    private func shipped() throws -> [CatalogFile] {
        try RulePack.fileNames.map {
            try Samples.file("Catalog/rules/" + $0, as: "rules/" + $0)
        }
    }
    private func table(_ lines: String) -> [CatalogFile] {
        [CatalogFile(name: RuleTable.name, bytes: Array(("fichier,chemin,genre,valeur\n" + lines).utf8))]
    }
    private func refusal(_ files: [CatalogFile]) -> String? {
        do { _ = try RuleTable.untabled(files) } catch { return "\(error.code) \(error.place)" }
        return nil
    }

    @Test func `the shipped rules leave as a table and come back the same, to the last value`() throws {
        let files = try shipped(), notes = CatalogFile(name: "notes.csv", bytes: [0x61])
        let tabled = try RuleTable.tabled(files + [notes])
        #expect(tabled.map(\.name) == ["notes.csv", "regles.csv"])
        let back = try RuleTable.untabled(tabled)
        #expect(Set(back.map(\.name)) == Set(files.map(\.name) + ["notes.csv"]))
        for file in files {
            let again = try #require(back.first { $0.name == file.name })
            #expect(try JSONNode(json5: again.bytes, at: "") == JSONNode(json5: file.bytes, at: ""), "\(file.name)")
        }
        // The same bytes from then on, and the same verdicts of every case.
        #expect(try RuleTable.tabled(back) == tabled)
        let catalogue = try Samples.shipped.get().0
        let first = try RulePack.load(RulePack.files(among: files), catalogue: catalogue, version: "v")
        let second = try RulePack.load(RulePack.files(among: back), catalogue: catalogue, version: "v")
        #expect(first.formulas.map(\.code) == second.formulas.map(\.code) && !first.formulas.isEmpty)
        #expect(first.coherence.map(\.id) == second.coherence.map(\.id))
    }

    @Test func `what a biologist approved stays approved over a table of a spreadsheet`() throws {
        let files = try shipped(), catalogue = try Samples.shipped.get().0
        let back = try RuleTable.untabled(try RuleTable.tabled(files))
        func content(_ files: [CatalogFile]) throws -> [String: [UInt8]] {
            let pack = try RulePack.load(RulePack.files(among: files), catalogue: catalogue, version: "v")
            return Dictionary(uniqueKeysWithValues: pack.approvable.map { ($0.reference.id, $0.content) })
        }
        let before = try content(files), after = try content(back)
        #expect(before == after && before["politique"]?.isEmpty == false)
    }

    @Test func `two versions of rules are compared value by value, by code and name`() throws {
        let old = try shipped()
        let new = old.map { file in
            guard file.name == "rules/calculated.json5" else { return file }
            // A comment, a formula put in front, and one decimal more of another.
            let text = String(decoding: file.bytes, as: UTF8.self)
                .replacing("formulas: [", with: "// note\n formulas: [ { code: \"ESSAI\", version: 1 },")
                .replacing("code: \"CTF\", name: \"Cap", with: "code: \"CTF\", name: \"La cap")
            return CatalogFile(name: file.name, bytes: Array(text.utf8))
        }
        let changes = RuleTable.compared(new).changes(since: RuleTable.compared(old))
        #expect(changes.map(\.kind) == [.added, .added, .changed], "\(changes)")
        #expect(
            changes.map(\.key) == [
                "calculated.json5 /formulas/ESSAI/code", "calculated.json5 /formulas/ESSAI/version",
                "calculated.json5 /formulas/CTF/name",
            ])
        #expect(changes.last?.column == "valeur" && changes.last?.after.hasPrefix("La cap") == true)
        #expect(
            RuleTable.compared(try RuleTable.untabled(RuleTable.tabled(old))).changes(since: RuleTable.compared(old))
                == [])
    }

    @Test func `every kind of value and every odd key goes there and back`() throws {
        let text = #"""
            { "a/b": [[], {}, [null, true, false]], "#c": "une, \"virgule\"\nà la ligne", "~d": -42, "": { "e~/": "" } }
            """#
        let file = CatalogFile(name: "rules/x.json5", bytes: Array(text.utf8))
        let back = try RuleTable.untabled(try RuleTable.tabled([file]))
        #expect(try JSONNode(json5: try #require(back.first).bytes, at: "") == JSONNode(json5: file.bytes, at: ""))
        #expect(back.map(\.name) == ["rules/x.json5"])
        #expect(throws: Refusal.self) {
            try RuleTable.tabled([CatalogFile(name: "rules/x.json5", bytes: Array("{a: 1.5}".utf8))])
        }
    }

    @Test func `a table that says nothing certain is refused at its line`() throws {
        #expect(try RuleTable.untabled(shipped()).map(\.name) == shipped().map(\.name))
        #expect(refusal(table("a.json5,/x,entier,1\n") + (try shipped())) == "rules.table.twice regles.csv")
        #expect(
            refusal([CatalogFile(name: "regles.csv", bytes: Array("a,b\n".utf8))]) == "rules.table.columns regles.csv:1"
        )
        #expect(refusal([CatalogFile(name: "regles.csv", bytes: [0xFF])]) == "rules.table.csv regles.csv:1:1")
        for line in [
            "a.txt,/x,entier,1", "a.json5,x,entier,1", "a.json5,/x,nombre,1", "a.json5,/x,entier,1.5",
            "a.json5,/x,booléen,vrai", "a.json5,/x,nul,0", "a.json5,/#x,entier,1", "a.json5,/x,entier",
        ] {
            #expect(refusal(table(line + "\n")) == "rules.table.line regles.csv:2", "\(line)")
        }
        for lines in [
            "a.json5,/x,entier,1\na.json5,/x,entier,2\n", "a.json5,/x,entier,1\na.json5,/x/y,entier,2\n",
            "a.json5,/#0,entier,1\na.json5,/#2,entier,2\n", "a.json5,/x,entier,1\na.json5,/#0,entier,2\n",
        ] {
            #expect(refusal(table(lines))?.hasPrefix("rules.table.path regles.csv:") == true, "\(lines)")
        }
    }
}
