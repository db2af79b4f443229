import Base
import Catalog
import Testing

@Suite struct ShippedCatalogueTests {
    @Test func `the shipped files have no error`() throws {
        let findings = AnalysisCatalogue.lint(try Shipped.files())
        #expect(findings.filter { $0.severity == .error } == [])
        // Adults only: every analysis with an interval says what happens to children.
        let others = findings.filter { $0.code != "catalogue.interval.gap" }
        #expect(others == [])
    }

    @Test func `the shipped catalogue holds what the seed held`() throws {
        let catalogue = try Shipped.catalogue()
        #expect(catalogue.analyses.count == 237)
        #expect(catalogue.analyses.filter { $0.level == 1 }.count == 150)
        #expect(catalogue.panels.count == 13)
        #expect(catalogue.sections.count == 18)
        #expect(catalogue.specimens.count == 13)
        #expect(catalogue.tubes.count == 15)
        #expect(catalogue.intervals.count == 154)
        #expect(
            catalogue.analyses.filter { $0.loinc == nil }.map(\.code).sorted() == [
                "AXAHBPM", "CTF", "HOMA", "NHDL", "VHBADN",
            ])
        #expect(catalogue.analyses.allSatisfy { $0.approval == .draft })
        #expect(catalogue.version.text == "test")
        let byNature = Dictionary(grouping: catalogue.analyses, by: \.nature).mapValues(\.count)
        #expect(byNature == [.measured: 187, .calculated: 20, .coded: 23, .titre: 2, .text: 2, .culture: 3])
        #expect(catalogue.analyses.filter { $0.critical != nil }.count == 22)
        #expect(catalogue.analyses.filter { $0.nabm != nil }.count == 43)
    }

    @Test func `a line is decoded cell by cell`() throws {
        let catalogue = try Shipped.catalogue()
        let sodium = try #require(catalogue["NA"])
        #expect(sodium.nameFR == "Sodium")
        #expect(sodium.loinc?.code == "2951-2")
        #expect(sodium.loinc?.name == "Sodium [Moles/volume] in Serum or Plasma")
        #expect(sodium.unit == "mmol/L")
        #expect(sodium.decimals == 0)
        #expect(sodium.critical?.low == Exact("120") && sodium.critical?.high == Exact("150"))
        #expect(
            sodium.delta
                == DeltaRule(
                    kind: .absolute, limit: Exact("13"), days: 3, source: "AACC Scientific Shorts 2011 (exemple)"))
        #expect(catalogue.analysis(loinc: "2951-2") == sodium)
        #expect(catalogue.chapter(of: sodium) == Chapter(loinc: "18719-5", title: "Biochimie"))
        #expect(catalogue.hl7Specimen(of: sodium) == "PLAS")
        let urea = try #require(catalogue["UREE"])
        #expect(urea.alternative?.unit == "g/L" && urea.alternative?.factor == Exact("0.06006"))
        #expect(urea.alternative?.loinc?.code == "3091-6")
        let second = catalogue.analyses.compactMap(\.alternative?.loinc)
        #expect(second.count >= 10 && second.allSatisfy { $0.name.contains("[Mass/volume]") })
        #expect(catalogue["HB"]?.alternative?.loinc == nil, "a code of its own only where LOINC has another")
        let vitamin = try #require(catalogue["B12"])
        #expect(catalogue.hl7Specimen(of: vitamin) == "SER")
        let gap = try #require(catalogue["TA"])
        #expect(gap.specimen == nil && gap.tube == nil && catalogue.hl7Specimen(of: gap) == nil)
        #expect(catalogue["RIEN"] == nil && catalogue.analysis(loinc: "1-8") == nil)
    }

    @Test func `every analysis that needs a specimen has its HL7 code or a tube that says it`() throws {
        let catalogue = try Shipped.catalogue()
        for analysis in catalogue.analyses where analysis.specimen != nil {
            #expect(catalogue.hl7Specimen(of: analysis) != nil, "\(analysis.code)")
        }
        #expect(catalogue.analyses.allSatisfy { catalogue.chapter(of: $0) != nil })
    }

    @Test func `adult intervals are those of the seed, for each sex`() throws {
        let catalogue = try Shipped.catalogue()
        let adult = Age(40, .year).minutes
        let men = try #require(catalogue.interval(for: "CREA", sex: .male, ageMinutes: adult))
        let women = try #require(catalogue.interval(for: "CREA", sex: .female, ageMinutes: adult))
        #expect(men.low == Exact("64") && men.high == Exact("104"))
        #expect(women.low == Exact("49") && women.high == Exact("90"))
        #expect(catalogue.interval(for: "CREA", sex: .any, ageMinutes: adult) == nil)
        #expect(catalogue.interval(for: "NA", sex: .any, ageMinutes: adult)?.low == Exact("136"))
        #expect(catalogue.interval(for: "NA", sex: .male, ageMinutes: Age(17, .year).minutes) == nil)
        #expect(catalogue.interval(for: "PSA", sex: .male, ageMinutes: adult)?.high == Exact("4"))
        #expect(catalogue.interval(for: "PSA", sex: .female, ageMinutes: adult) == nil)
        #expect(catalogue.interval(for: "BE", sex: .female, ageMinutes: adult)?.low == Exact("-2"))
        #expect(catalogue.interval(for: "HDL", sex: .female, ageMinutes: adult)?.kind == .decision)
    }

    @Test func `what the seed says has no interval says so, with a reason, or has its decision value`() throws {
        let catalogue = try Shipped.catalogue()
        let adult = Age(40, .year).minutes
        let kinds = Dictionary(grouping: catalogue.intervals, by: \.kind).mapValues { Set($0.map(\.analysis)) }
        #expect(
            kinds[.inapplicable] == [
                "DFG21", "GLU", "CT", "LDLC", "LDLD", "NHDL", "APOB", "LPA", "CRPUS", "VITD", "NTPBNP", "BNP", "PSAR",
                "RPC",
            ])
        #expect(kinds[.decision] == ["HDL", "TG", "ACHBS", "RAC", "DFG09"])
        #expect(catalogue.interval(for: "DFG09", sex: .any, ageMinutes: adult)?.low == Exact("60"))
        // A decision value is not what is missing; a kit or a therapeutic zone that nobody entered is.
        for analysis in catalogue.analyses where analysis.nature.isNumeric {
            let isHeld = catalogue.interval(for: analysis.code, sex: .male, ageMinutes: adult) == nil
            #expect(!isHeld || !analysis.intervalNote.hasPrefix("seuil"), "\(analysis.code)")
        }
        #expect(catalogue.interval(for: "LI", sex: .male, ageMinutes: adult) == nil)
        #expect(catalogue.interval(for: "TNIHS", sex: .male, ageMinutes: adult) == nil)
    }

    @Test func `every panel expands to analyses in its order`() throws {
        let catalogue = try Shipped.catalogue()
        for panel in catalogue.panels {
            let expanded = try catalogue.expand(codes: [panel.code])
            #expect(expanded.map(\.code) == panel.members)
            #expect(expanded.allSatisfy { $0.panel == panel.code && catalogue[$0.code] != nil })
        }
        #expect(
            try catalogue.expand(codes: ["GDS"]).map(\.code) == [
                "PH", "PCO2", "PO2", "HCO3", "BE", "SAO2", "LACTS", "CAI",
            ])
    }

    @Test func `every unit of the catalogue is read and displayed in French`() throws {
        let catalogue = try Shipped.catalogue()
        for analysis in catalogue.analyses where !analysis.unit.isEmpty {
            #expect(Unit(analysis.unit) != nil, "\(analysis.unit)")
        }
        #expect(Unit.french("10*9/L") == "G/L")
        #expect(Unit.french("m[IU]/L") == "mUI/L")
        #expect(Unit.french("umol/L") == "µmol/L")
        #expect(Unit.french("[arb'U]/mL") == "U/mL")
        #expect(Unit.french("mmol/L") == "mmol/L")
    }
}
