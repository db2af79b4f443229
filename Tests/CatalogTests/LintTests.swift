import Base
import Catalog
import Testing

/// One cell spoiled, and the one finding it must give, at its exact place.
struct Spoiled: Sendable, CustomTestStringConvertible {
    let file: String
    let row: Int
    let column: String
    let text: String
    let code: String
    var testDescription: String { "\(file):\(row) \(column)=\(text) → \(code)" }

    init(_ file: String, _ row: Int, _ column: String, _ text: String, _ code: String) {
        self.file = file + ".csv"
        self.row = row
        self.column = column
        self.text = text
        self.code = code
    }
}

@Suite struct LintTests {
    @Test func `the small catalogue is right`() throws {
        #expect(Small().findings == [])
        #expect(try Small().catalogue().analyses.count == 4)
    }

    static let spoiled: [Spoiled] = [
        Spoiled("sections", 2, "rang", "x", "number"),
        Spoiled("sections", 2, "rang", "", "value.missing"),
        Spoiled("sections", 2, "nom_fr", "", "value.missing"),
        Spoiled("sections", 2, "chapitre_loinc", "18719-4", "loinc.checkdigit"),
        Spoiled("sections", 3, "chapitre_fr", "Autre", "chapter.title"),
        Spoiled("sections", 2, "chapitre_lien", "presque", "value.unknown"),
        Spoiled("specimens", 3, "code", "SER", "code.duplicate"),
        Spoiled("specimens", 2, "hl7", "sér", "specimen.hl7"),
        Spoiled("tubes", 3, "code", "VERT", "code.duplicate"),
        Spoiled("tubes", 3, "code", "pot", "code.form"),
        Spoiled("analyses", 5, "code", "RAI", "code.duplicate"),
        Spoiled("analyses", 4, "code", "R-I", "code.form"),
        Spoiled("analyses", 4, "code", "ABCDEFGHIJKLMNOPQ", "code.form"),
        Spoiled("analyses", 2, "niveau", "3", "level"),
        Spoiled("analyses", 2, "nom_fr", "", "value.missing"),
        Spoiled("analyses", 2, "section", "chimies", "section.unknown"),
        Spoiled("analyses", 4, "nature", "codé", "value.unknown"),
        Spoiled("analyses", 4, "loinc", "890-5", "loinc.checkdigit"),
        Spoiled("analyses", 4, "loinc", "890", "loinc.form"),
        Spoiled("analyses", 4, "loinc", "718-7", "loinc.duplicate"),
        Spoiled("analyses", 4, "loinc_confiance", "sûre", "value.unknown"),
        Spoiled("analyses", 4, "ucum", "mmol/L", "loinc.unit"),
        Spoiled("analyses", 5, "ucum", "", "unit.missing"),
        Spoiled("analyses", 5, "ucum", "µmol/L", "unit.characters"),
        Spoiled("analyses", 5, "ucum", "mmol /L", "unit.characters"),
        Spoiled("analyses", 5, "ucum", "MMOL/L", "unit.unknown"),
        Spoiled("analyses", 3, "unite_alt", "g/l/", "unit.unknown"),
        Spoiled("analyses", 3, "unite_alt", "", "factor"),
        Spoiled("analyses", 3, "facteur_alt", "", "factor"),
        Spoiled("analyses", 3, "facteur_alt", "0", "factor"),
        Spoiled("analyses", 3, "facteur_alt", "-10", "factor"),
        Spoiled("analyses", 3, "facteur_alt", "9.9", "factor"),
        Spoiled("analyses", 3, "facteur_alt", "dix", "number"),
        Spoiled("analyses", 2, "prelevement", "SANG", "specimen.unknown"),
        Spoiled("analyses", 4, "prelevement", "", "value.missing"),
        Spoiled("analyses", 2, "tube", "BLEU", "tube.unknown"),
        Spoiled("analyses", 2, "tube", "POT", "specimen.open"),
        Spoiled("analyses", 2, "tube", "", "value.missing"),
        Spoiled("analyses", 2, "decimales", "7", "decimals"),
        Spoiled("analyses", 2, "decimales", "-1", "decimals"),
        Spoiled("analyses", 2, "decimales", "", "decimals"),
        Spoiled("analyses", 4, "decimales", "2", "decimals"),
        Spoiled("analyses", 2, "critique_bas", "12O", "number"),
        Spoiled("analyses", 2, "critique_haut", "120", "critical.bounds"),
        Spoiled("analyses", 2, "nabm", "608", "nabm"),
        Spoiled("analyses", 2, "delta_type", "rel", "value.unknown"),
        Spoiled("analyses", 2, "delta_type", "", "delta"),
        Spoiled("analyses", 2, "delta_limite", "", "delta"),
        Spoiled("analyses", 2, "delta_limite", "0", "delta"),
        Spoiled("analyses", 4, "delta_limite", "3", "delta"),
        Spoiled("analyses", 2, "delta_jours", "0", "number"),
        Spoiled("analyses", 2, "delta_jours", "", "delta.window"),
        Spoiled("analyses", 2, "etat", "approuvé", "approval.typed"),
        Spoiled("analyses", 2, "loinc_nom_source", "", "loinc.unnamed"),
        Spoiled("analyses", 3, "loinc_nom_source", "Sodium [Moles/volume] in Serum or Plasma", "loinc.name"),
        Spoiled("panels", 2, "loinc_nom_source", "", "loinc.unnamed"),
        Spoiled("panels", 2, "loinc_nom_source", "Sodium [Moles/volume] in Serum or Plasma", "loinc.name"),
        Spoiled("analyses", 2, "etat", "", "value.unknown"),
        Spoiled("intervals", 2, "code", "NB", "interval.analysis"),
        Spoiled("intervals", 2, "code", "RAI", "interval.analysis"),
        Spoiled("intervals", 2, "sexe", "H", "value.unknown"),
        Spoiled("intervals", 2, "age_de", "18 ans", "interval.age"),
        Spoiled("intervals", 2, "age_a", "151 a", "interval.age"),
        Spoiled("intervals", 3, "age_a", "0", "interval.ages"),
        Spoiled("intervals", 2, "bas", "145", "interval.bounds"),
        Spoiled("intervals", 2, "bas", "1,3,6", "number"),
        Spoiled("intervals", 2, "ucum", "g/L", "interval.unit"),
        Spoiled("intervals", 2, "nature", "norme", "value.unknown"),
        Spoiled("intervals", 5, "grossesse_de", "12", "interval.pregnancy"),
        Spoiled("intervals", 3, "age_a", "18 a 1 j", "interval.age"),
        Spoiled("panels", 2, "code", "NA", "code.duplicate"),
        Spoiled("panels", 2, "loinc", "24326-2", "loinc.checkdigit"),
        Spoiled("panels", 2, "membres", "", "panel.empty"),
    ]

    @Test(arguments: spoiled) func `one spoiled cell gives one error at its place`(_ spoiled: Spoiled) {
        let small = Small().setting(spoiled.file, spoiled.row, spoiled.column, spoiled.text)
        let errors = small.findings.filter { $0.severity == .error }
        let found = errors.filter { $0.code == "catalogue." + spoiled.code }
        #expect(found.count == 1, "\(errors)")
        guard let finding = found.first else { return }
        #expect(finding.file == spoiled.file)
        #expect(finding.line == spoiled.row)
        #expect(!finding.cause.isEmpty && !finding.remedy.isEmpty)
        // The cell, or the neighbour it contradicts.
        let neighbours = [
            spoiled.column, "haut", "bas", "critique_haut", "facteur_alt", "delta_type", "delta_limite", "grossesse_a",
            "ucum",
        ]
        #expect(neighbours.contains { small.column(spoiled.file, spoiled.row, $0) == finding.column })
        #expect(throws: CatalogueRejection.self) { try small.catalogue() }
    }

    @Test func `places count characters as an editor does`() {
        let small = Small().setting("analyses.csv", 3, "decimales", "x")
        // `HB,1,Hémoglobine,…`: é is one column, not two.
        #expect(small.said == ["decimals analyses.csv:3:\(small.column("analyses.csv", 3, "decimales"))"])
        #expect(
            Small().setting("panels.csv", 2, "membres", "NA XX TA NA").said == [
                "panel.member panels.csv:2:76", "panel.repeated panels.csv:2:82",
            ])
        // In quotes the text begins one column further.
        let header = "code,nom_fr,loinc,loinc_nom_source,loinc_source,loinc_confiance,membres,note\n"
        let panels = CatalogFile(name: "panels.csv", bytes: Array((header + "BIL,\"Bilan\",,,,,\"NA XX\",\n").utf8))
        let found = AnalysisCatalogue.lint(Small().files(without: "panels.csv") + [panels])
        #expect(found.map(\.place) == ["panels.csv:2:21"])
    }

    @Test func `columns and files are checked`() {
        var small = Small()
        small.tables["tubes.csv"]?[0][3] = "additifs"
        #expect(small.said == ["column.missing tubes.csv:1", "column.unknown tubes.csv:1:21"])
        small = Small()
        small.tables["tubes.csv"]?[0][3] = "bouchon"
        #expect(small.said == ["column.missing tubes.csv:1", "column.duplicate tubes.csv:1:21"])
        small = Small()
        small.tables["tubes.csv"]?[1].removeLast()
        #expect(small.said.first == "csv.cells tubes.csv:2:27")
        small = Small()
        small.tables["tubes.csv"]?[1].append("x")
        #expect(small.said.first == "csv.cells tubes.csv:2:33")

        let missing = AnalysisCatalogue.lint(Small().files(without: "panels.csv"))
        #expect(missing.map(\.code) == ["catalogue.file.missing"])
        #expect(missing.map(\.place) == ["panels.csv"])
        let empty = AnalysisCatalogue.lint(
            Small().files(without: "panels.csv") + [CatalogFile(name: "panels.csv", bytes: [])])
        #expect(empty.map(\.code) == ["catalogue.file.empty"])
        let twice = AnalysisCatalogue.lint(Small().files() + [CatalogFile(name: "panels.csv", bytes: [])])
        #expect(twice.map(\.code) == ["catalogue.file.duplicate"])
        let other = AnalysisCatalogue.lint(Small().files() + [CatalogFile(name: "tests.csv", bytes: [])])
        #expect(other.map(\.code) == ["catalogue.file.unknown"])
        #expect(other.map(\.severity) == [.warning])
        #expect(AnalysisCatalogue.lint(Small().files() + [CatalogFile(name: "README.md", bytes: [])]) == [])
    }

    /// What refers to a table that nobody could read is no fault of its own.
    @Test func `a table that does not read is told once`() {
        func said(_ name: String, _ text: String, latin: Bool = false) -> [String] {
            let bytes = latin ? text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : Array(text.utf8)
            return AnalysisCatalogue.lint(Small().files(without: name) + [CatalogFile(name: name, bytes: bytes)])
                .map { "\($0.code.dropFirst("catalogue.".count)) \($0.place)" }
        }
        let analyses = String(decoding: Small.csv(Small().tables["analyses.csv"] ?? []), as: UTF8.self)
        #expect(said("analyses.csv", analyses) == [])
        #expect(said("analyses.csv", analyses, latin: true) == ["csv.utf8 analyses.csv:3:7"])
        #expect(said("analyses.csv", analyses.replacing(",", with: "\t")) == ["csv.separator analyses.csv:1:1"])
        #expect(said("analyses.csv", "") == ["file.empty analyses.csv"])
        #expect(said("sections.csv", "") == ["file.empty sections.csv"])
        #expect(
            said("analyses.csv", analyses.replacing("code,niveau,", with: "codes,niveau,"))
                == ["column.missing analyses.csv:1", "column.unknown analyses.csv:1:1"])
    }

    @Test func `a refused catalogue lists every finding and loads nothing`() {
        var small = Small()
        small.set("analyses.csv", 2, "loinc", "2951-3")
        small.set("analyses.csv", 3, "decimales", "9")
        small.set("panels.csv", 2, "membres", "NA XX")
        do {
            _ = try small.catalogue()
            Issue.record("loaded")
        } catch {
            #expect(
                error.errors.map(\.code) == [
                    "catalogue.loinc.checkdigit", "catalogue.decimals", "catalogue.panel.member",
                ])
            #expect(error.refusal.place == "analyses.csv:2:27")
            #expect(error.refusal.cause.hasSuffix("(et 2 autre(s) erreur(s))"))
            #expect(error.description.split(separator: "\n").count == 3)
        }
    }

    @Test(arguments: [
        ("[Moles/volume]", "mmol/L", true), ("[Moles/volume]", "g/L", false), ("[Mass/volume]", "ug/L", true),
        ("[Mass/volume]", "umol/L", false), ("[Enzymatic activity/volume]", "U/L", true),
        ("[Enzymatic activity/volume]", "[IU]/L", false), ("[Enzymatic activity/volume]", "ukat/L", true),
        ("[Units/volume]", "k[IU]/L", true), ("[Units/volume]", "[arb'U]/mL", true),
        ("[Units/volume]", "{index}", true),
        ("[Units/volume]", "ug/L", false), ("[#/volume]", "10*9/L", true), ("[#/volume]", "%", false),
        ("[#/volume]", "{copies}/mL", true), ("[Mass Ratio]", "mg/g", true), ("[Mass Ratio]", "mg/mmol", false),
        ("[Volume Fraction]", "%", true), ("[Entitic mean volume]", "fL", true), ("[Entitic mass]", "pg", true),
        ("[Partial pressure]", "mm[Hg]", true), ("[Partial pressure]", "kPa", true),
        ("[Partial pressure]", "mmol/L", false),
        ("[Mass/time]", "g/(24.h)", true), ("[Volume Rate/Area]", "mL/min/{1.73_m2}", true),
        ("[Something]", "mmol/L", true),
        ("[Masse/Volume]", "g/dL", true), ("[Masse/Volume]", "mmol/L", false), ("[Volume d'entité]", "fL", true),
    ]) func `the property of the LOINC name decides which units go`(
        _ property: String, _ unit: String, _ admitted: Bool
    ) {
        var small = Small()
        small.set("analyses.csv", 2, "loinc_nom_source", "X \(property) in Serum")
        small.set("analyses.csv", 2, "ucum", unit)
        small.set("intervals.csv", 2, "ucum", unit)
        let column = small.column("analyses.csv", 2, "ucum")
        #expect(small.said == (admitted ? [] : ["loinc.unit analyses.csv:2:\(column)"]))
    }

    @Test func `a line that says that no interval applies is linted like any other`() throws {
        let none = ["NA", "*", "0", "", "", "", "", "", "", "mmol/L", "aucun", "", "seuil décisionnel"]
        var small = Small()
        small.tables["intervals.csv"]?.remove(at: 1)
        #expect(try small.catalogue().coverage().first?.missing.contains(.interval) == true)
        let stated = small.adding("intervals.csv", none)
        #expect(stated.said == [])
        let catalogue = try stated.catalogue()
        #expect(catalogue.coverage().first?.missing.contains(.interval) == false)
        let line = try #require(catalogue.interval(for: "NA", sex: .any, ageMinutes: 0))
        #expect(line.kind == .inapplicable && line.low == nil && line.high == nil && line.source == "seuil décisionnel")
        // A bound, no reason: not that statement. Its unit may be left out, another one not.
        let row = 5
        #expect(stated.setting("intervals.csv", row, "bas", "1").said == ["interval.none.bounds intervals.csv:5:12"])
        #expect(stated.setting("intervals.csv", row, "haut", "1").said == ["interval.none.bounds intervals.csv:5:13"])
        for nothing in ["", " ", "–"] {
            let said = stated.setting("intervals.csv", row, "source", nothing).findings.map(\.code)
            #expect(said == ["catalogue.interval.none.reason"], "\(nothing)")
        }
        #expect(stated.setting("intervals.csv", row, "ucum", "").said == [])
        #expect(stated.setting("intervals.csv", row, "ucum", "g/L").findings.map(\.code) == ["catalogue.interval.unit"])
        // Ages and sexes as for any line: a hole, an overlap.
        let hole = stated.setting("intervals.csv", row, "age_a", "60 a")
        #expect(hole.findings.map(\.code) == ["catalogue.interval.gap"] && hole.findings.first?.severity == .error)
        #expect(Small().adding("intervals.csv", none).said == ["interval.overlap intervals.csv:6:6"])
        let men = Small().setting("intervals.csv", 2, "sexe", "M")
            .adding("intervals.csv", ["NA", "F"] + none.dropFirst(2))
        #expect(men.said == [])
        #expect(try men.catalogue().interval(for: "NA", sex: .any, ageMinutes: 0) == nil, "the sexes differ")
    }

    @Test func `gaps warn and overlaps refuse, for each sex`() {
        // The girls of `HB` start at 1 year: a gap for them alone.
        let gap = Small().setting("intervals.csv", 5, "age_de", "1 a")
        #expect(gap.said == ["interval.gap intervals.csv:3:1"])
        #expect(gap.findings.first?.severity == .warning)
        #expect(gap.findings.first?.cause == "« HB » : aucun intervalle de 0 j à 1 a (femmes)")
        #expect((try? gap.catalogue())?.warnings.count == 1)
        // A gap at the end, before 120 years; none when the line ends at 120 or later.
        let early = Small().setting("intervals.csv", 2, "age_a", "119 a")
        #expect(early.said == ["interval.gap intervals.csv:2:1"])
        #expect(early.findings.first?.severity == .error)
        #expect(Small().setting("intervals.csv", 2, "age_a", "120 a").said == [])
        // A gap in the middle.
        let hole = Small().setting("intervals.csv", 3, "age_a", "17 a")
        #expect(hole.said == ["interval.gap intervals.csv:3:1"] && hole.findings.first?.severity == .error)
        #expect(hole.findings.first?.cause == "« HB » : aucun intervalle de 17 a à 18 a (hommes)")
        // One sex wanting, unless the line says that the analysis is for the other alone.
        let men = Small().setting("intervals.csv", 2, "sexe", "M")
        #expect(men.said == ["interval.gap intervals.csv:2:1"] && men.findings.first?.severity == .error)
        #expect(men.addingColumn("analyses.csv", "ref_sexe", [2: "M"]).findings.map(\.severity) == [.warning])
        #expect(men.addingColumn("analyses.csv", "ref_sexe", [2: "F"]).findings.map(\.severity) == [.error])
        // Children may wait, adults may not.
        for (age, severity) in [("18 a", Severity.warning), ("19 a", .error), ("50 a", .error)] {
            #expect(Small().setting("intervals.csv", 2, "age_de", age).findings.map(\.severity) == [severity], "\(age)")
        }
        // What was published before the lint refused it still opens, and says so.
        let old = try? AnalysisCatalogue.load(hole.files(), version: CatalogVersion("1"), wasPublished: true)
        #expect(old?.warnings.map(\.code) == ["catalogue.interval.gap"])
        // One minute too many is an overlap, the place is that of the later line.
        let minutes = Age(18, .year).minutes + 1
        let overlap = Small().setting("intervals.csv", 3, "age_a", "\(minutes) min")
        #expect(overlap.said == ["interval.overlap intervals.csv:4:6"])
        #expect(overlap.findings.first?.severity == .error)
        // A line for both sexes overlaps a line for one.
        #expect(Small().setting("intervals.csv", 5, "sexe", "*").said == ["interval.overlap intervals.csv:5:6"])
        // A method or a pregnancy apart is no overlap.
        let method = ["NA", "*", "0", "", "", "", "ISE direct", "135", "146", "mmol/L", "intervalle", "", ""]
        #expect(Small().adding("intervals.csv", method).withMethod("NA", "ISE direct").said == [])
        let pregnant = ["NA", "F", "0", "", "0", "14", "", "132", "140", "mmol/L", "intervalle", "", ""]
        #expect(Small().adding("intervals.csv", pregnant).said == [])
        let clash = ["NA", "F", "0", "", "13", "28", "", "131", "140", "mmol/L", "intervalle", "", ""]
        #expect(
            Small().adding("intervals.csv", pregnant).adding("intervals.csv", clash).said == [
                "interval.overlap intervals.csv:7:6"
            ])
        let man = ["NA", "M", "0", "", "0", "14", "", "132", "140", "mmol/L", "intervalle", "", ""]
        #expect(Small().adding("intervals.csv", man).said == ["interval.pregnancy intervals.csv:6:11"])
    }
}
