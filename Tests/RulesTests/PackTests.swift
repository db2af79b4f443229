import Base
import Catalog
import Laboratory
import Rules
import Testing

@Suite struct PackTests {
    private func reflexes(_ rules: [(String, String, [String])]) -> String {
        let lines = rules.map { id, analysis, adds in
            """
            { id: "\(id)", version: 1, when: "\(analysis) > 1[mmol/L]", because: "x", source: "x",
              adds: [\(adds.map { "\"\($0)\"" }.joined(separator: ", "))] }
            """
        }
        return "{ format: 1, rules: [\(lines.joined(separator: ", "))] }"
    }

    @Test func `reflex tests that turn round are refused`() throws {
        let two = reflexes([("UN", "NA", ["K"]), ("DEUX", "K", ["NA"])])
        #expect(try Samples.refusals("reflex.json5", two).contains { $0.contains("UN → DEUX → UN") })
        let own = reflexes([("SOI", "NA", ["NA"])])
        #expect(try Samples.refusals("reflex.json5", own).contains { $0.contains("SOI → SOI") })
    }

    @Test func `a chain of three reflex tests is allowed, of four refused`() throws {
        let three = [("UN", "NA", ["K"]), ("DEUX", "K", ["CL"]), ("TROIS", "CL", ["CO2T"])]
        #expect(try Samples.refusals("reflex.json5", reflexes(three)).isEmpty)
        let four = reflexes(three + [("QUATRE", "CO2T", ["UREE"])])
        let found = try Samples.refusals("reflex.json5", four)
        #expect(found.count == 1 && found[0].contains("4 étages") && found[0].contains("UN"), "\(found)")
    }

    private func rule(_ change: (String) -> String) throws -> [String] {
        try Samples.refusals(
            "coherence.json5",
            change(
                """
                { format: 1, rules: [
                  { id: "R", version: 1, holds: ["K"], when: "K > 6.0[mmol/L]",
                    because: "x", source: "x",
                    cases: [{ given: { K: "7" }, expect: "hold" }] },
                ] }
                """))
    }

    @Test(arguments: [
        ("format: 1", "format: 2", "format 1"), ("id: \"R\", ", "", "rules[0].id"),
        ("version: 1", "version: 0", "version manque"), ("holds: [\"K\"]", "holds: []", "n'agit sur rien"),
        ("holds: [\"K\"]", "holds: [\"KK\"]", "rules[0].holds"),
        ("holds: [\"K\"]", "holds: [\"ensemble:RIEN\"]", "ensemble:RIEN"),
        ("K > 6.0[mmol/L]", "K > 6.0[g/L]", "grandeur"), ("K > 6.0[mmol/L]", "K + 6.0[mmol/L]", "condition"),
        ("K > 6.0[mmol/L]", "QQ > 6.0[mmol/L]", "QQ"), ("K > 6.0[mmol/L]", "HIL.X > 6", "HIL.X"),
        ("K > 6.0[mmol/L]", "K > K.milieu", "K.milieu"), ("because: \"x\"", "because: \"\"", "because"),
        ("source: \"x\",", "", "source"), ("expect: \"hold\"", "expect: \"oui\"", "hold, pass, unknown, missing"),
        ("given: { K: \"7\" }", "given: { KK: \"7\" }", "ne regarde pas"),
        ("given: { K: \"7\" }", "given: { K: \"sept\" }", "sept"),
        ("K > 6.0[mmol/L]", "drapeau.X", "ne regarde pas"),
        ("expect: \"hold\"", "", "attendue manque"), ("because: \"x\"", "pourquoi: \"x\"", "pourquoi"),
    ])
    func `what is wrong in a rule is refused with its place`(_ row: (String, String, String)) throws {
        let found = try rule { $0.replacing(row.0, with: row.1) }
        #expect(found.contains { $0.contains(row.2) && $0.contains("coherence.json5") }, "\(found)")
        #expect(try rule { $0 }.isEmpty)
    }

    @Test func `a fault of syntax is refused with its line and column`() throws {
        let found = try rule { $0.replacing("because: \"x\",", with: "because \"x\",") }
        #expect(found.count == 1 && found[0].hasPrefix("coherence.json5:3:13"), "\(found)")
    }

    @Test func `a fault of an expression names the column in it`() throws {
        let found = try rule { $0.replacing("K > 6.0[mmol/L]", with: "K > 6.0[mmol/L] and NA < 5[foo]") }
        #expect(found.count == 1 && found[0].contains("rules[0].when") && found[0].contains("27"), "\(found)")
    }

    @Test func `two rules of one name are refused`() throws {
        let text = reflexes([("UN", "NA", ["K"]), ("UN", "CL", ["K"])])
        #expect(try Samples.refusals("reflex.json5", text).contains { $0.contains("UN") && $0.contains("deux règles") })
    }

    @Test(arguments: [
        ("{ format: 1, modes: { default: \"B\" } }", "modes.default"),
        ("{ format: 1, modes: { default: \"A\", B: [\"QQ\"] } }", "QQ"),
        ("{ format: 1, hil: { rules: [{ analyses: [\"K\"], index: \"Z\", bias: \"sur\" }] } }", "H, I, L"),
        ("{ format: 1, hil: { rules: [{ analyses: [\"K\"], index: \"H\" }] } }", "bias"),
        ("{ format: 1, hil: { rules: [{ analyses: [], index: \"H\", bias: \"sur\" }] } }", "aucune analyse"),
        (
            """
            { format: 1, hil: { rules: [{ analyses: ["K"], index: "H", bias: "sur", commentAbove: "9",
              suppressAbove: "8" }] } }
            """, "sous le premier"
        ),
        ("{ format: 1, hil: { suppressAllFreeHemoglobin: \"dix\" } }", "dix"),
        ("{ format: 1, context: { excludedSections: [\"alchimie\"] } }", "alchimie"),
        ("{ format: 1, context: { everyPositive: [\"K\"] } }", "résultat codé"),
        ("{ format: 1, context: { everyPositive: [\"QQ\"] } }", "QQ"),
        ("{ format: 1, delta: { suspensions: { voyage: [\"K\"] } } }", "voyage"),
        ("{ format: 1, critical: { callMinutes: \"15\" } }", "callMinutes"),
        ("{ format: 1, critical: { callMinutes: 0 } }", "callMinutes"),
        ("{ format: 1, critical: { callMinutes: 1441 } }", "callMinutes"),
        ("{ format: 1, critical: { silenceDays: -1 } }", "silenceDays"),
        ("{ format: 1, critical: { silenceDays: 9223372036854775807 } }", "silenceDays"),
        ("{ format: 1, critical: { escalation: [\"garde\", \" \"] } }", "escalation"),
        ("{ format: 1, hil: { suppressAllFreeHemoglobin: \"-1\" } }", "suppressAllFreeHemoglobin"),
        (
            """
            { format: 1, hil: { rules: [{ analyses: ["K"], index: "H", bias: "sur", commentAbove: "-1" }] } }
            """, "négatif"
        ),
        ("{ format: 1, context: { onlyUnder: { AVK: [\"QQ\"] } } }", "QQ"),
        ("{ format: 1, context: { onlyUnder: { AVK: [\"INR\"], dialyse: [\"INR\"] } } }", "deux contextes"),
    ])
    func `what is wrong in the policy is refused with its place`(_ row: (String, String)) throws {
        let found = try Samples.refusals("policy.json5", row.0)
        #expect(found.contains { $0.contains(row.1) && $0.contains("policy.json5") }, "\(found)")
    }

    @Test func `an index between the thresholds comments, above suppresses, missing holds`() throws {
        let rule = try #require(Samples.pack().policy.interference["K"]?.first)
        #expect(rule.outcome(Exact(50)) == .free && rule.outcome(Exact("50.01")) == .commented)
        #expect(rule.outcome(Exact(200)) == .commented && rule.outcome(Exact(201)) == .suppressed)
        #expect(rule.outcome(nil) == .held)
        let text = "{ format: 1, hil: { rules: [{ analyses: [\"K\"], index: \"H\", bias: \"sur\" }] } }"
        let empty = try #require(Samples.pack("policy.json5", text).policy.interference["K"]?.first)
        #expect(empty.outcome(Exact(0)) == .held, "no threshold entered")
    }

    @Test func `the shipped policy sorts, and releases nothing by itself`() throws {
        let policy = try Samples.pack().policy
        #expect(policy.releasedUnderApproval.isEmpty && policy.callMinutes == 15 && policy.silenceDays == 7)
        #expect(policy.everyPositive == ["AGHBS", "VHC", "VIH"])
        #expect(policy.excluded.contains("GSABO") && policy.suspensions[.dialysis]?.contains("K") == true)
    }
}
