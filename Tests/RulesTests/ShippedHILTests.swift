import Base
import Catalog
import Rules
import Testing

@Suite struct `The shipped interferences` {
    /// RULES section 4: what is sensitive to which index, and which way it errs.
    @Test(arguments: [
        (HILIndex.hemolysis, Bias.over, ["K", "LDH", "ASAT", "FER", "MG", "PHOS", "FOL"]),
        (.hemolysis, .under, ["INS", "TNTHS", "HAPTO"]), (.lipemia, .under, ["NA"]),
        (.lipemia, .over, ["HB", "CCMH"]), (.icterus, .under, ["CREA", "AU", "CT", "HDL", "TG"]),
    ])
    func `err as the guidance says`(index: HILIndex, bias: Bias, analyses: [String]) throws {
        let rules = try Samples.pack().policy.interference.values.joined().filter {
            $0.index == index && $0.bias == bias
        }
        #expect(Set(rules.map(\.analysis)) == Set(analyses))
        #expect(rules.allSatisfy { $0.biasAbove != nil && $0.suppressAbove != nil })
    }

    @Test func `free hemoglobin of 10 g per litre suppresses the whole tube`() throws {
        #expect(try Samples.pack().policy.hemolysisSuppressesAll == Exact(10))
        let spoiled = try Samples.shipped(changing: "policy.json5") {
            $0.replacing("suppressAllFreeHemoglobin: \"10\"", with: "suppressAllFreeHemoglobin: \"10.2\"")
        }
        #expect(!spoiled.bench().passes)
    }

    @Test func `a rerun says why by a code, in one form`() throws {
        let policy = try Samples.pack().policy
        #expect(policy.rerunReasons.keys.sorted() == ["AMR", "CQ", "CRITIQUE", "DELTA", "DEMANDE", "DRAPEAU"])
        #expect(policy.rerunReason("CQ") == "CQ : contrôle de qualité en doute")
        #expect(policy.rerunReason("cq – flacon vide") == "CQ : contrôle de qualité en doute ; flacon vide")
        #expect(policy.rerunReason("CQ : contrôle de qualité en doute") == "CQ : contrôle de qualité en doute")
        for words in ["", "   ", "valeur douteuse", "CQX", "le CQ"] { #expect(policy.rerunReason(words) == nil) }
        #expect(policy.rerunChoices.hasPrefix("AMR (hors du domaine de mesure), CQ ("))
    }

    @Test(arguments: [
        ("rerun: { reasons: {} }", "reasons"), ("rerun: { reasons: { cq: \"x\" } }", "cq"),
        ("rerun: { reasons: { CQ: \" \" } }", "CQ"), ("approvals: { warnDays: 0 }", "warnDays"),
    ])
    func `a list of reasons without codes or words is refused`(_ row: (String, String)) throws {
        let found = try Samples.refusals("policy.json5", "{ format: 1, \(row.0) }")
        #expect(found.count == 1 && found[0].contains(row.1), "\(found)")
    }

    @Test func `a warning of thirty days comes before an approval ends`() throws {
        #expect(try Samples.pack().policy.warnDays == 30)
    }
}
