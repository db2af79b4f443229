import Base
import Catalog
import Testing

/// Second units, and where their factors come from (RULES section 9).
@Suite struct FactorTests {
    @Test(arguments: [
        ("C4H7N3O", "113.120"), ("C6H12O6", "180.156"), ("CH4N2O", "60.056"), ("Ca", "40.078"), ("NaCl", "58.440"),
        ("C27H46O", "386.664"), ("C33H36N4O6", "584.673"), ("C63H88CoN14O14P", "1355.388"),
    ])
    func `a molar mass is the sum of the atomic weights`(_ formula: String, _ mass: String) {
        #expect(MolarMass.of(formula)?.text == mass)
    }

    @Test(arguments: ["", "c4", "C0", "C04", "Xx2", "4C", "C4H7N3O ", "CaF2x", "C-4", "C123456"])
    func `what is no molecular formula has no mass`(_ text: String) {
        #expect(MolarMass.of(text) == nil)
    }

    /// RULES section 9, in both directions.
    @Test(arguments: [
        ("mmol/L", "g/L", "C6H12O6", "0.1802"), ("mmol/L", "g/L", "CH4N2O", "0.0601"),
        ("umol/L", "mg/L", "C4H7N3O", "0.1131"), ("mmol/L", "g/L", "C27H46O", "0.3867"),
        ("ug/L", "nmol/L", "C27H44O2", "2.4960"), ("mg/dL", "umol/L", "C4H7N3O", "88.4017"),
        ("mg/g", "mg/mmol", "C4H7N3O", "0.1131"), ("mg/mmol", "mg/g", "C4H7N3O", "8.8402"),
    ])
    func `a factor follows from the molar mass`(_ from: String, _ to: String, _ formula: String, _ wanted: String)
        throws
    {
        let (unit, other) = (try #require(Unit(from)), try #require(Unit(to)))
        let factor = unit.factor(to: other, molarMass: try #require(MolarMass.of(formula)))
        #expect(factor?.rounded(to: 4)?.text == wanted)
    }

    @Test(arguments: [
        ("%", "mmol/mol", false), ("mmol/mol", "mol/mol", true), ("%", "1", true), ("%", "L/L", true),
        ("mg/g", "%", false), ("mg/g", "g/kg", true), ("mmol/L", "meq/L", false), ("mosm/kg", "mmol/kg", false),
        ("mL/min", "mL/min/{1.73_m2}", false), ("mL/min", "L/h", true), ("[IU]/L", "U/L", false),
        ("10*9/L", "10*3/uL", true), ("g/dL", "g/L", true), ("mmol/L", "g/L", false), ("{INR}", "1", false),
        ("mmol/mol", "mg/g", false), ("L/L", "mmol/mol", false),
    ])
    func `one rule says what a factor alone converts`(_ a: String, _ b: String, _ converts: Bool) throws {
        let (a, b) = (try #require(Unit(a)), try #require(Unit(b)))
        #expect(a.converts(to: b) == converts && b.converts(to: a) == converts)
        #expect((a.factor(to: b) != nil) == converts)
    }

    /// The line of sodium with a second unit.
    private func said(
        _ unit: String, _ factor: String, formula: String = "", mass: String = "", source: String = ""
    ) -> [String] {
        Small().setting("analyses.csv", 2, "unite_alt", unit).setting("analyses.csv", 2, "facteur_alt", factor)
            .addingColumn("analyses.csv", "formule_brute", [2: formula])
            .addingColumn("analyses.csv", "masse_molaire", [2: mass])
            .addingColumn("analyses.csv", "facteur_source", [2: source])
            .findings.map { String($0.code.dropFirst("catalogue.".count)) }
    }

    @Test func `a factor that the molar mass denies is an error, and one that it gives is not`() {
        #expect(said("mg/L", "22.99", formula: "Na") == [])
        #expect(said("mg/L", "23.0", formula: "Na") == [])
        #expect(said("mg/L", "23", formula: "Na") == [])
        for wrong in ["22.98", "23.1", "20", "2.299", "0.2", "0.023"] {
            #expect(said("mg/L", wrong, formula: "Na") == ["factor"], "\(wrong)")
        }
        #expect(said("mg/L", "22.99", mass: "22.99") == ["factor.base"])
        #expect(said("mg/L", "22.99", mass: "22.99", source: "IUPAC") == [])
        #expect(said("mg/L", "22.99", formula: "Na", mass: "22.99") == [])
        #expect(said("mg/L", "22.99", formula: "Na", mass: "23.99") == ["factor.mass"])
        #expect(said("mg/L", "22.99") == ["factor.base"])
        #expect(said("mg/L", "22.99", source: "convention") == ["factor.convention", "factor.base"])
        #expect(said("mg/L", "22.99", formula: "Natrium") == ["factor.base", "factor.formula"])
        #expect(said("mg/L", "22.99", mass: "0") == ["factor.base", "factor.mass"])
    }

    @Test func `what no molar mass joins follows a convention that the line states, or is refused`() {
        #expect(said("m[IU]/L", "6.0") == ["factor.base"])
        #expect(said("m[IU]/L", "6.0", source: "OMS, 1er étalon") == [])
        #expect(said("meq/L", "1") == ["factor.kind"])
        #expect(said("umol/L", "1000") == [])
        #expect(said("umol/L", "100") == ["factor"])
    }

    @Test func `every factor that is shipped follows from what stands beside it`() throws {
        let files = try Shipped.files()
        let table = try #require(CatalogueTables(files)["analyses.csv"])
        var seen = 0
        for row in table.rows where !table.cell(row, "facteur_alt").isEmpty {
            seen += 1
            // One more in the last but two digits that count: nothing of it passes.
            let text = table.cell(row, "facteur_alt"), code = table.cell(row, "code")
            let factor = try #require(Exact(text))
            let wrong = try #require(factor.multiplied(by: Exact(coefficient: 101, scale: 2)))
            var spoiled = table
            let place = try #require(table.rows.firstIndex { table.cell($0, "code") == code })
            let column = try #require(table.columns.firstIndex(of: "facteur_alt"))
            spoiled.rows[place][column] = wrong.text
            let changed =
                files.filter { $0.name != "analyses.csv" } + [
                    CatalogFile(name: "analyses.csv", bytes: Array(spoiled.csv.utf8))
                ]
            #expect(
                AnalysisCatalogue.lint(changed).filter { $0.severity == .error }.map(\.code) == ["catalogue.factor"])
        }
        #expect(seen == 55)
    }
}

/// Official names of LOINC beside the codes.
@Suite struct LOINCNameTests {
    private static let sodium = "Sodium [Moles/volume] in Serum or Plasma"

    private func said(_ small: Small, _ table: String) -> [String] {
        AnalysisCatalogue.lint(small.files() + [CatalogFile(name: "loinc.csv", bytes: Array(table.utf8))])
            .map { "\($0.severity.rawValue) \($0.code.dropFirst("catalogue.".count))" }
    }
    private static let right = """
        code,nom,source
        2951-2,Sodium [Moles/volume] in Serum or Plasma,ULO
        718-7,Hemoglobin [Mass/volume] in Blood,ULO
        890-4,Blood group antibody screen [Presence] in Serum,ULO
        24326-1,Electrolytes 1998 panel - Serum or Plasma,ULO

        """

    @Test func `the code of the second unit is one that loinc.csv names, of that unit, and of no other line`() {
        let glucose = Self.right + "2345-7,Glucose [Mass/volume] in Serum or Plasma,ULO\n"
        // Sodium stands in for it: in mg/L by its molar mass.
        func second(_ code: String, unit: String = "mg/L", factor: String = "22.99") -> Small {
            Small().setting("analyses.csv", 2, "unite_alt", unit).setting("analyses.csv", 2, "facteur_alt", factor)
                .addingColumn("analyses.csv", "formule_brute", [2: unit.isEmpty ? "" : "Na"])
                .addingColumn("analyses.csv", "loinc_alt", [2: code])
        }
        #expect(said(second("2345-7"), glucose) == [])
        #expect(said(second("2345-7"), Self.right) == ["erreur loinc.unnamed"])
        #expect(second("2345-7").findings == [], "without that table no name is compared")
        #expect(said(second("2345-8"), glucose) == ["erreur loinc.checkdigit"])
        #expect(said(second("2345"), glucose) == ["erreur loinc.form"])
        #expect(said(second("2345-7", unit: "umol/L", factor: "1000"), glucose) == ["erreur loinc.unit"])
        #expect(said(second("2345-7", unit: "", factor: ""), glucose) == ["erreur loinc.second"])
        #expect(said(second("890-4"), glucose).contains("erreur loinc.duplicate"))
    }

    @Test func `a waiting code is digits, of one line, and stands in for a LOINC code that is missing`() throws {
        func waiting(_ codes: [Int: String], loinc: Bool = false) -> Small {
            let small = Small().addingColumn("analyses.csv", "code_attente", codes)
            if loinc { return small }
            return codes.keys.reduce(small) { small, line in
                ["loinc", "loinc_nom_source", "loinc_source", "loinc_confiance"].reduce(small) {
                    $0.setting("analyses.csv", line, $1, "")
                }
            }
        }
        func errors(_ small: Small) -> [String] {
            AnalysisCatalogue.lint(small.files()).filter { $0.severity == .error }.map(\.code)
        }
        #expect(errors(waiting([2: "1443252", 3: "1443253"])) == [])
        let loaded = try AnalysisCatalogue.load(waiting([2: "1443252"]).files(), version: CatalogVersion("essai"))
        #expect(loaded.analyses.compactMap(\.waitingCode) == ["1443252"])
        #expect(errors(waiting([2: "1443252", 3: "1443252"])) == ["catalogue.waiting.duplicate"])
        for wrong in ["ABC", "12", "1443252-1", "12345678901"] {
            #expect(errors(waiting([2: wrong])) == ["catalogue.waiting.form"], "\(wrong)")
        }
        #expect(errors(waiting([2: "1443252"], loinc: true)) == ["catalogue.waiting.loinc"])
    }

    @Test func `a name of loinc.csv is the one beside the code`() {
        #expect(said(Small(), Self.right) == [])
        // The property goes with the unit, the check digit is right, and yet it is another analyte.
        let chloride = Small().setting(
            "analyses.csv", 2, "loinc_nom_source", "Chloride [Moles/volume] in Serum or Plasma")
        #expect(said(chloride, Self.right) == ["erreur loinc.name"])
        #expect(chloride.findings == [])
        let potassium = Self.right + "2823-3,Potassium [Moles/volume] in Serum or Plasma,ULO\n"
        let named = Small().setting(
            "analyses.csv", 2, "loinc_nom_source", "Potassium [Moles/volume] in Serum or Plasma")
        #expect(said(named, potassium) == ["erreur loinc.name"])
    }

    @Test func `a code that loinc.csv lacks is told, a second name of a code is not`() {
        let without = Self.right.replacing("718-7,Hemoglobin [Mass/volume] in Blood,ULO\n", with: "")
        #expect(said(Small(), without) == ["avertissement loinc.unlisted"])
        let french = Self.right + "2951-2,Sodium [Moles/Volume] Sérum/Plasma,ANS\n"
        #expect(said(Small(), french) == [])
        #expect(said(Small(), Self.right + "2823-3,\(Self.sodium),ULO\n").contains("erreur loinc.name"))
    }

    @Test func `every name that is shipped stands in both tables`() throws {
        let files = try Shipped.files()
        #expect(files.contains { $0.name == "loinc.csv" })
        let table = try #require(CatalogueTables(files)["analyses.csv"])
        let column = try #require(table.columns.firstIndex(of: "loinc_nom_source"))
        // The neighbour's name, whatever it is, is refused beside every code.
        let coded = table.rows.indices.filter { !table.rows[$0][column].isEmpty }
        for (place, other) in zip(coded, coded.dropFirst()).prefix(40) {
            var spoiled = table
            spoiled.rows[place][column] = table.rows[other][column]
            let changed =
                files.filter { $0.name != "analyses.csv" } + [
                    CatalogFile(name: "analyses.csv", bytes: Array(spoiled.csv.utf8))
                ]
            let codes = AnalysisCatalogue.lint(changed).filter { $0.severity == .error }.map(\.code)
            #expect(codes.contains("catalogue.loinc.name"), "\(table.rows[place][0])")
        }
    }
}
