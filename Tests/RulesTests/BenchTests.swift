import Base
import Catalog
import Rules
import Testing

@Suite struct BenchTests {
    @Test func `the shipped pack has no gap and no failing case`() throws {
        let report = try Samples.pack().bench()
        for gap in report.gaps { Issue.record("\(gap)") }
        for line in report.failures {
            Issue.record("\(line.rule) \(line.place): \(line.given) → \(line.got), expected \(line.expected)")
        }
        #expect(report.passes && report.coveredRules == report.rules)
        #expect(report.rules >= 60 && report.lines.count >= 400)
    }

    /// RULES 1.4, every line of its table, and section 11.
    @Test func `the shipped pack holds the rules of the starter lists`() throws {
        let pack = try Samples.pack()
        #expect(
            Set(pack.coherence.map(\.id)).isSuperset(of: [
                "ASAT-ALAT", "BILIRUBINE", "PROTEINES", "REGLE-DE-TROIS", "CCMH", "FORMULE-POURCENT",
                "FORMULE-ABSOLUE", "EDTA", "EDTA-PAL", "PERFUSION", "PERFUSION-DILUTION", "TUBE-VIEUX",
                "TROU-ANIONIQUE", "SATURATION", "PSA", "LDL", "UREE-CREATININE", "COAGULUM", "AMAS-PLAQUETTES",
            ]))
        #expect(
            Set(pack.reflexes.flatMap(\.adds))
                == ["T4L", "VHCARN", "RPR", "EPA", "EPA1", "EPA2", "EPB", "EPG", "CRP", "PSAL", "PSAR", "ADNA"])
        #expect(pack.coherence.filter(\.wholeTube).map(\.id).contains("EDTA"))
        #expect(
            pack.coherence.first { $0.id == "CCMH" }?.holds == ["GR", "HB", "HT", "VGM", "TCMH", "CCMH"],
            "a dependent set of the catalogue")
    }

    /// Each line of a file that is a case: without it there must be a gap, or the same thing is shown by another case.
    private func gaps(without text: String, in name: String) throws -> [String] {
        let pack = try Samples.shipped(changing: name) { $0.replacing(text, with: "") }
        return pack.bench().gaps.map(\.description)
    }

    @Test(arguments: [
        ("coherence.json5", "{ given: { CCMH: \"37.0\" }, expect: \"hold\" },\n", ""),
        ("coherence.json5", "{ given: { ALB: \"45\", PROT: \"45\" }, expect: \"pass\" },", "limite"),
        ("coherence.json5", "{ given: { PSAL: \"6.00\" }, expect: \"missing\" },", "il manque PSA seul"),
        ("reflex.json5", "{ given: { SYPH: \"POS\" }, expect: \"hold\" },", ""),
        ("reflex.json5", "{ given: {}, expect: \"missing\" },", "il manque VHC seul"),
        ("calculated.json5", "{ given: { CA: \"2.10\", ALB: \"40\" }, refuse: \"albumine\" },", "limite"),
        ("calculated.json5", "{ given: { NA: \"140\", CL: \"102\" }, refuse: \"manque:CO2T\" },", "il manque CO2T"),
        ("calculated.json5", "{ given: { CREA: \"80\" }, sex: \"F\", age: \"18 a\", expect: \"93\" },", "limite"),
        ("policy.json5", "{ index: \"200\", expect: \"comment\" },", "la limite 200"),
        ("policy.json5", "{ expect: \"hold\" },", "l'indice manque"),
    ])
    func `a case taken away leaves a gap, if no other shows the same`(_ row: (String, String, String)) throws {
        let before = try Samples.pack().bench().lines.count
        let pack = try Samples.shipped(changing: row.0) { $0.replacing(row.1, with: "") }
        let report = pack.bench()
        #expect(report.lines.count < before, "the case was there")
        if row.2.isEmpty { return }
        #expect(report.gaps.contains { $0.description.contains(row.2) }, "\(report.gaps)")
        #expect(!report.passes && report.coveredRules < report.rules)
    }

    @Test(arguments: [
        ("coherence.json5", "{ CCMH: \"36.5\" }, expect: \"pass\"", "{ CCMH: \"36.5\" }, expect: \"hold\""),
        ("coherence.json5", "CCMH > 36.5[g/dL]", "CCMH > 37.5[g/dL]"),
        ("coherence.json5", "K > 6.0[mmol/L] and CA", "K >= 6.0[mmol/L] and CA"),
        ("reflex.json5", "PSA <= 10[ug/L]", "PSA < 10[ug/L]"),
        ("calculated.json5", "expect: \"74\", unrounded: \"74.059\"", "expect: \"75\", unrounded: \"74.059\""),
        ("calculated.json5", "expect: \"74\", unrounded: \"74.059\"", "expect: \"74\", unrounded: \"74.060\""),
        ("calculated.json5", "refuse: \"mineur\" },", "refuse: \"grossesse\" },"),
        ("calculated.json5", "ALB >= 40[g/L]", "ALB > 40[g/L]"),
        ("policy.json5", "{ index: \"50\", expect: \"release\" }", "{ index: \"50\", expect: \"comment\" }"),
        ("policy.json5", "suppressAbove: \"200\"", "suppressAbove: \"199\""),
    ])
    func `a wrong expectation or a changed limit fails`(_ row: (String, String, String)) throws {
        let pack = try Samples.shipped(changing: row.0) { text in
            #expect(text.contains(row.1))
            return text.replacing(row.1, with: row.2)
        }
        #expect(!pack.bench().failures.isEmpty && !pack.bench().passes)
    }

    @Test func `a rule without any case is not covered`() throws {
        let text = """
            { format: 1, rules: [ { id: "R", version: 1, holds: ["K"], when: "K > 6[mmol/L] and NA < 125[mmol/L]",
              because: "x", source: "x" } ] }
            """
        let report = try Samples.pack("coherence.json5", text).bench()
        #expect(report.gaps.count == 6, "positive, negative, two boundaries, two missing inputs: \(report.gaps)")
        #expect(report.rules == 1 && report.coveredRules == 0)
    }
}
