import Base
import Catalog
import Testing

/// `methods.csv`: which analyzer measures an analysis by which method.
@Suite struct `The methods of a catalogue` {
    private static let interval = ["NA", "*", "0", "", "", "", "ISE", "135", "146", "mmol/L", "intervalle", "", ""]

    @Test func `an analyzer has its own line, or that of every analyzer; what is typed has its own or none`() throws {
        let catalogue = try Small().withMethod("NA", "indirecte", on: "*").withMethod("NA", "directe", on: "GAZ")
            .withMethod("HB", "photométrie", on: "A").withMethod("RAI", "gel", on: "saisie").catalogue()
        func method(_ code: String, _ source: String) -> String? { catalogue.method(of: code, on: source)?.name }
        #expect(method("NA", "GAZ") == "directe")
        #expect(method("NA", "A") == "indirecte")
        #expect(method("NA", "saisie") == nil)
        #expect(method("HB", "A") == "photométrie")
        #expect(method("HB", "B") == nil)
        #expect(method("RAI", "saisie") == "gel")
        #expect(method("TA", "calcul") == nil)
    }

    @Test func `methods of one group are one family, a method without a group is its own`() throws {
        let catalogue = try Small().withMethod("NA", "a", on: "A", ["ions"]).withMethod("NA", "b", on: "B", ["ions"])
            .withMethod("NA", "c", on: "C").catalogue()
        #expect(["A", "B", "C"].map { catalogue.method(of: "NA", on: $0)?.family } == ["ions", "ions", "c"])
    }

    @Test(arguments: [
        ("ZZ", "A", "m", [], "method.analysis methods.csv:2:1"),
        ("NA", "", "m", [], "value.missing methods.csv:2:4"),
        ("NA", "A", "", [], "value.missing methods.csv:2:6"),
        ("NA", "calcul", "m", [], "method.source methods.csv:2:4"),
        ("TA", "A", "m", [], "method.source methods.csv:2:4"),
        ("NA", "A", "m", ["", "10", "5"], "limits.bounds methods.csv:2:12"),
        ("NA", "A", "m", ["", "", "", "-1"], "limits.positive methods.csv:2:11"),
        ("RAI", "A", "m", ["", "1"], "limits.nature methods.csv:2:10"),
    ]) func `a line that says nothing, or the impossible, is refused where it stands`(
        _ code: String, _ source: String, _ method: String, _ rest: [String], _ said: String
    ) {
        #expect(Small().withMethod(code, method, on: source, rest).said == [said])
    }

    @Test func `an analyzer has one method, a method one group`() {
        let twice = Small().withMethod("NA", "a").withMethod("NA", "b")
        #expect(twice.said == ["method.duplicate methods.csv:3:4"])
        let groups = Small().withMethod("NA", "a", on: "A", ["x"]).withMethod("NA", "a", on: "B", ["y"])
        #expect(groups.said == ["method.group methods.csv:3:8"])
    }

    @Test func `an interval for a method that no analyzer has is refused, and only told of a version that stands`()
        throws
    {
        let orphan = Small().adding("intervals.csv", Self.interval)
        #expect(orphan.said == ["interval.method intervals.csv:6:11"])
        #expect(orphan.findings.map(\.severity) == [.error])
        #expect(orphan.withMethod("NA", "ise").said == ["interval.method intervals.csv:6:11"])
        #expect(orphan.withMethod("NA", "ISE").said == [])
        let old = try AnalysisCatalogue.load(orphan.files(), version: CatalogVersion("1"), wasPublished: true)
        #expect(old.warnings.map(\.code) == ["catalogue.interval.method"])
    }

    @Test func `a method without an interval is a gap where no line serves all methods`() {
        let both = Small().adding("intervals.csv", Self.interval).withMethod("NA", "ISE").withMethod("NA", "x", on: "B")
        #expect(both.said == [])
        let only = both.setting("intervals.csv", 2, "methode", "ISE")
        // The same lines twice would be an overlap.
        var lone = only
        lone.tables["intervals.csv"]?.removeLast()
        #expect(lone.said == ["interval.gap intervals.csv:2:1"])
        #expect(lone.findings.first?.cause.contains("« x »") == true)
    }

    @Test func `the lines go out and come in with the others, and a biologist signs them with their analysis`() {
        let before = CatalogueTables(Small().withMethod("NA", "ISE").withMethod("HB", "m").files())
        let after = CatalogueTables(Small().withMethod("NA", "ISE").withMethod("HB", "n").files())
        #expect(CatalogueTables(before.files).tables == before.tables)
        let changes = after.changes(since: before)
        let said = changes.map { "\($0.file) \($0.key) \($0.column) \($0.before) \($0.after)" }
        #expect(said == ["methods.csv HB A methode m n"])
        #expect(before.approvable("NA") == after.approvable("NA"))
        #expect(before.approvable("HB") != after.approvable("HB"))
        // Where nothing is declared, what was signed before there was such a table stays signed.
        #expect(CatalogueTables(Small().files()).approvable("TA") == before.approvable("TA"))
    }
}
