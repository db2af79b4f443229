import Base
import Catalog
import Foundation
import Laboratory
import Rules
import Testing

/// Critical limits of an age and of a place of care (FEATURES L1).
@Suite struct `Limits of a patient` {
    private static let table = """
        code,sexe,age_de,age_a,venue,alerte_bas,alerte_haut,critique_bas,critique_haut,\
        critique_pas,av_bas,av_haut,ucum,source
        K,*,0,28 j,,3.0,7.0,2.5,7.5,0.2,2.8,7.2,mmol/L,notice
        K,*,28 j,,urgences,3.2,5.8,,6.0,,,,mmol/L,charte
        """
    private func engine() throws -> RuleEngine {
        let files = Engine.files + [CatalogFile(name: "limits.csv", bytes: Array((Self.table + "\n").utf8))]
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c2"))
        return RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p1"),
            zone: .europeParis)
    }
    private func judged(
        _ text: String, minutes: Int64? = nil, born: CivilDate = CivilDate(year: 1960, month: 5, day: 3),
        setting: CareSetting? = .ambulatory, call: KnownCall? = nil
    ) throws -> ResultEvaluation {
        var facts = Engine.result("K", text)
        facts.lastCall = call
        var input = Engine.input(facts)
        let bornAt = minutes.map { Engine.collected.advanced(by: .seconds(-$0 * 60)) }
        let birth = bornAt.map { CivilTime($0, in: .europeParis).date } ?? born
        input.patient = PatientFacts(sex: .female, born: birth, bornAt: bornAt, setting: setting)
        return try #require(try engine().evaluate(input).results.first)
    }
    private func codes(_ result: ResultEvaluation) -> [String] {
        [Check.autoverification, .criticalAlert, .criticalCall].compactMap { check in
            result.checks.first { $0.check == check }?.code?.rawValue
        }
    }

    @Test func `a newborn has the limits of newborns, to the minute`() throws {
        let days = Int64(28 * 1440)
        #expect(try codes(judged("6.9", minutes: days - 1)) == [])
        #expect(
            try codes(judged("6.9", minutes: days)) == ["HORS_PLAGE_AV", "CRITIQUE_ALERTE", "CRITIQUE_APPEL"])
        let called = try judged("7.6", minutes: 600)
        #expect(codes(called) == ["HORS_PLAGE_AV", "CRITIQUE_ALERTE", "CRITIQUE_APPEL"])
        #expect(called.flags == [.criticallyHigh])
        #expect(try judged("6.9", minutes: 600).flags == [.high], "out of its interval, not critical")
        // `why` names whom the limits are for, beside them.
        let record = try #require(called.checks.first { $0.check == .criticalCall })
        let (low, high) = (try #require(Exact("2.5")), try #require(Exact("7.5")))
        #expect(
            record.thresholds
                == [CheckFact(.low, low), CheckFact(.high, high), CheckFact(.words, "0 j – 28 j")],
            "\(record.thresholds)")
    }

    @Test func `a place of care has its own limits, and who is elsewhere those of everybody`() throws {
        #expect(try codes(judged("6.1", setting: .emergency)) == ["CRITIQUE_ALERTE", "CRITIQUE_APPEL"])
        #expect(try codes(judged("6.1")) == ["CRITIQUE_ALERTE"])
        // The line gives no lower limit of a call: there is none there.
        #expect(try codes(judged("2.4", setting: .emergency)) == ["HORS_PLAGE_AV", "CRITIQUE_ALERTE"])
        #expect(try codes(judged("2.4")) == ["HORS_PLAGE_AV", "CRITIQUE_ALERTE", "CRITIQUE_APPEL"])
    }

    @Test func `nothing known of age and place: whatever may be critical is`() throws {
        let unknown = CivilDate(year: 2026, month: 11, day: 0)
        #expect(try codes(judged("6.1", born: unknown, setting: nil)).contains("CRITIQUE_APPEL"))
        #expect(try codes(judged("2.4", born: unknown, setting: nil)).contains("CRITIQUE_APPEL"))
        #expect(try codes(judged("4.0", born: unknown, setting: nil)) == [])
    }

    @Test func `the step of a known state is that of the line`() throws {
        let told = KnownCall(value: try #require(Measured("7.6")), at: Engine.days(-2))
        func call(_ text: String) throws -> Hold.Code? {
            try judged(text, minutes: 6000, call: told).checks.first { $0.check == .criticalCall }?.code
        }
        #expect(try call("7.7") == .critical && call("7.9") == .criticalCall)
    }

    @Test func `what was judged before places were asked for reads back, and judges alike`() throws {
        let facts = PatientFacts(sex: .female, born: CivilDate(year: 1960, month: 5, day: 3))
        let text = String(decoding: try JSONEncoder().encode(facts), as: UTF8.self)
        #expect(!text.contains("setting"))
        #expect(try JSONDecoder().decode(PatientFacts.self, from: Data(text.utf8)) == facts)
    }
}
