import Base
import Catalog
import Testing

/// The optional columns of `analyses.csv`: the tiers of critical limits, absurd limits, ranges, groups.
@Suite struct LimitLintTests {
    private static let columns = [
        "alerte_bas", "alerte_haut", "absurde_bas", "absurde_haut", "av_bas", "av_haut", "amr_bas", "amr_haut",
        "dilution_max", "cva", "groupe", "ensemble", "stabilite_h", "critique_pas", "delta_abs", "limites_source",
    ]
    /// Sodium (row 2, called under 120 and over 150) with every limit, the others with none.
    private func small() -> Small {
        var small = Small()
        let sodium = [
            "125", "147", "80", "200", "122", "149", "90", "180", "4", "1.5", "ion", "iono", "6", "5", "10", "s",
        ]
        for index in small.tables["analyses.csv"]?.indices ?? 0..<0 {
            let cells = index == 0 ? Self.columns : index == 1 ? sodium : sodium.map { _ in "" }
            small.tables["analyses.csv"]?[index] += cells
        }
        return small
    }
    private func said(_ row: Int, _ changes: [String: String]) -> [String] {
        var small = small()
        for (column, text) in changes { small.set("analyses.csv", row, column, text) }
        return small.said.map { String($0.prefix { $0 != " " }) }
    }

    @Test func `every optional column is read, and an empty one is no limit`() throws {
        let catalogue = try small().catalogue()
        let sodium = try catalogue.required("NA").verification
        #expect(sodium.alert == LimitPair(low: Exact(125), high: Exact(147)))
        #expect(sodium.absurd == LimitPair(low: Exact(80), high: Exact(200)))
        #expect(sodium.autoverification == LimitPair(low: Exact(122), high: Exact(149)))
        #expect(sodium.measuring == LimitPair(low: Exact(90), high: Exact(180)))
        #expect(sodium.maximumDilution == Exact(4) && sodium.analyticalCV?.text == "1.5")
        #expect(sodium.comparability == "ion" && sodium.dependentSet == "iono" && sodium.stabilityHours == 6)
        #expect(sodium.criticalStep == Exact(5) && sodium.source == "s")
        #expect(try catalogue.required("NA").delta?.absoluteLimit == Exact(10))
        #expect(try catalogue.required("HB").verification == VerificationLimits())
        #expect(small().findings == [])
    }

    @Test(arguments: [
        ("alerte_haut", "125", "limits.bounds"), ("absurde_haut", "80", "limits.bounds"),
        ("av_haut", "122", "limits.bounds"), ("amr_haut", "90", "limits.bounds"), ("alerte_bas", "x", "number"),
        ("dilution_max", "0", "limits.positive"), ("dilution_max", "0.5", "limits.dilution"),
        ("dilution_max", "1", "limits.dilution"), ("cva", "-1", "limits.positive"), ("stabilite_h", "0", "number"),
        ("critique_pas", "0", "limits.positive"), ("delta_abs", "0", "limits.positive"),
        // Each tier stands inside the next: autoverification and calls inside the absurd, alerts inside calls.
        ("av_bas", "79", "limits.order"), ("av_haut", "201", "limits.order"), ("absurde_bas", "121", "limits.order"),
        ("absurde_haut", "149.5", "limits.order"), ("alerte_bas", "119", "limits.order"),
        ("alerte_haut", "151", "limits.order"),
    ]) func `one spoiled limit gives one error`(_ column: String, _ text: String, _ code: String) {
        #expect(said(2, [column: text]).contains(code), "\(said(2, [column: text]))")
    }

    @Test func `limits on a bound are allowed, and what is no number has none`() {
        #expect(said(2, ["alerte_bas": "120", "alerte_haut": "150", "absurde_bas": "120", "av_bas": "120"]) == [])
        // Row 4 is coded: present or absent.
        for column in ["alerte_bas", "absurde_haut", "av_bas", "amr_haut"] {
            #expect(said(4, [column: "1"]) == ["limits.nature"], "\(column)")
        }
        #expect(said(4, ["critique_bas": "1"]) == ["limits.nature"])
    }

    @Test func `what compares with each other has one unit`() {
        // Haemoglobin (g/dL) cannot stand in the group of sodium (mmol/L).
        #expect(said(3, ["groupe": "ion"]) == ["group.unit"])
        #expect(said(3, ["groupe": "autre"]) == [])
        #expect(said(5, ["groupe": "ion"]) == [])
    }
}
