import Base
import Catalog
import Testing

@Suite struct CatalogueTests {
    @Test func `an analysis asked for by itself wins over its panel and comes once`() throws {
        let catalogue = try Small().catalogue()
        #expect(
            try catalogue.expand(codes: ["BIL", "HB", "NA"]) == [
                RequestedAnalysis(code: "NA", panel: nil), RequestedAnalysis(code: "TA", panel: "BIL"),
                RequestedAnalysis(code: "HB", panel: nil),
            ])
        #expect(try catalogue.expand(codes: []) == [])
        #expect(try catalogue.expand(codes: ["NA", "NA", "BIL"]).map(\.code) == ["NA", "TA"])
    }

    @Test func `an unknown code is refused by name`() throws {
        let catalogue = try Small().catalogue()
        #expect {
            try catalogue.expand(codes: ["NA", "XYZ"])
        } throws: { error in
            (error as? Refusal)?.code == "catalogue.code.unknown" && (error as? Refusal)?.place == "XYZ"
        }
        #expect(throws: Refusal.self) { try catalogue.required("na") }
        #expect(try catalogue.required("NA").code == "NA")
    }

    @Test(arguments: ["2951-2", "718-7", "22664-7", "98979-8", "1-8", "18719-5"])
    func `a right LOINC code has no defect and any other check digit has one`(_ code: String) {
        #expect(LOINCCode.defect(of: code) == nil)
        let body = String(code.dropLast(2))
        for digit in 0...9 where "\(body)-\(digit)" != code {
            #expect(LOINCCode.defect(of: "\(body)-\(digit)") == .checkDigit)
        }
        #expect(LOINCCode.checkDigit(forBody: body).map { "\(body)-\($0)" } == code)
    }

    @Test func `what has not the form of a LOINC code is told apart`() {
        for wrong in [
            "", "-", "2951", "2951-", "-2", "29512", "2951-22", "A951-2", "2951-X", "0951-2", "12345678-1", "2951–2",
        ] {
            #expect(LOINCCode.defect(of: wrong) == .form, "\(wrong)")
        }
    }

    @Test func `a catalogue of 5000 analyses loads`() throws {
        var small = Small()
        var lines = small.tables["analyses.csv"] ?? []
        let model = lines[1]
        for number in 0..<4996 {
            var line = model
            line[0] = "T\(number)"
            line[6] = "Sodium \(number) [Moles/volume] in Serum or Plasma"
            let body = String(50_000 + number)
            line[5] = try "\(body)-\(#require(LOINCCode.checkDigit(forBody: body)))"
            lines.append(line)
            small.tables["intervals.csv"]?.append([
                "T\(number)", "M", "0", "18 a", "", "", "", "1.0", "2.0", "mmol/L", "intervalle", "", "",
            ])
            small.tables["intervals.csv"]?.append([
                "T\(number)", "*", "18 a", "", "", "", "", "1.0", "2.0", "mmol/L", "intervalle", "", "",
            ])
            small.tables["intervals.csv"]?.append([
                "T\(number)", "F", "0", "18 a", "", "", "", "1.0", "2.0", "mmol/L", "intervalle", "", "",
            ])
        }
        small.tables["analyses.csv"] = lines
        let catalogue = try small.catalogue()
        #expect(catalogue.analyses.count == 5000)
        #expect(catalogue.intervals.count == 4 + 3 * 4996)
        #expect(catalogue.warnings == [])
        #expect(catalogue["T4995"]?.loinc.flatMap { catalogue.analysis(loinc: $0.code)?.code } == "T4995")
    }
}
