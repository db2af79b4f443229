import Base
import Catalog
import Testing

/// `limits.csv`: critical limits, alerts and ranges of some patients (FEATURES L1).
@Suite struct `Limits of some patients` {
    private static let header = [
        "code", "sexe", "age_de", "age_a", "venue", "alerte_bas", "alerte_haut", "critique_bas", "critique_haut",
        "critique_pas", "av_bas", "av_haut", "ucum", "source",
    ]
    private static let newborn = [
        "HB", "*", "0", "28 j", "", "11", "22", "9.0", "24.0", "", "", "", "g/dL", "s",
    ]
    private func small(_ rows: [String]...) -> Small {
        var small = Small()
        small.tables["limits.csv"] = [Self.header] + rows
        return small
    }
    private func said(_ changes: [String: String]) -> [String] {
        var small = small(Self.newborn)
        for (column, text) in changes { small.set("limits.csv", 2, column, text) }
        return small.said
    }

    @Test func `a line is read whole, and a catalogue without the table has none`() throws {
        let line = try #require(try small(Self.newborn).catalogue().patientLimits(of: "HB").first)
        #expect(line.from == .birth && line.to == Age(28, .day) && line.sex == .any && line.setting == nil)
        #expect(line.alert == LimitPair(low: Exact(11), high: Exact(22)))
        #expect(line.critical?.low == Exact("9.0") && line.critical?.high == Exact("24.0"))
        #expect(line.autoverification == nil && line.criticalStep == nil && line.source == "s")
        #expect(try Small().catalogue().patientLimits(of: "HB").isEmpty)
        #expect(small(Self.newborn).findings == [])
    }

    @Test(arguments: [
        ("code", "ZZZ", "patientlimits.analysis"), ("code", "RAI", "patientlimits.analysis"),
        ("ucum", "g/L", "patientlimits.unit"), ("sexe", "H", "value.unknown"), ("venue", "cabinet", "value.unknown"),
        ("age_de", "28 j", "patientlimits.ages"), ("age_a", "hier", "interval.age"),
        ("av_bas", "x", "number"), ("critique_bas", "x", "number"), ("critique_pas", "0", "limits.positive"),
        // An alert farther than the call would come after it.
        ("alerte_haut", "24.5", "limits.order"), ("alerte_bas", "8", "limits.order"),
    ]) func `one spoiled cell gives one error, at its place`(_ column: String, _ text: String, _ code: String) {
        let said = said([column: text])
        #expect(said.count == 1 && said[0].hasPrefix(code + " limits.csv:2:"), "\(said)")
    }

    @Test func `a line without a limit, and two lines for one patient, are errors`() {
        let none = ["alerte_bas": "", "alerte_haut": "", "critique_bas": "", "critique_haut": ""]
        #expect(said(none).map { String($0.prefix { $0 != " " }) } == ["patientlimits.empty"])
        var later = Self.newborn
        later[2] = "27 j"
        later[3] = "1 mois"
        #expect(small(Self.newborn, later).said.map { String($0.prefix { $0 != " " }) } == ["patientlimits.overlap"])
        later[2] = "28 j"
        #expect(small(Self.newborn, later).said == [])
        later[2] = "0"
        later[4] = "urgences"
        #expect(small(Self.newborn, later).said == [], "the place of care says more: no tie")
    }

    @Test func `what a biologist signs of an analysis holds its patients' limits`() throws {
        let without = CatalogueTables(Small().files()), with = CatalogueTables(small(Self.newborn).files())
        #expect(without.approvable("HB") != with.approvable("HB"))
        #expect(said(["critique_haut": "9"]).contains { $0.hasPrefix("limits.bounds limits.csv:2:") })
        #expect(without.approvable("NA") == with.approvable("NA"))
        var spreadsheet = Self.newborn
        spreadsheet[7] = "9"
        #expect(CatalogueTables(small(spreadsheet).files()).approvable("HB") == with.approvable("HB"))
        let changes = with.changes(
            since: CatalogueTables(small(Self.newborn).setting("limits.csv", 2, "critique_haut", "25").files()))
        #expect(changes.map(\.key) == ["HB * 0 28 j"] && changes.map(\.column) == ["critique_haut"])
    }

    private func pair(_ low: String?, _ high: String?) -> LimitPair? {
        LimitPair(low: low.flatMap { Exact($0) }, high: high.flatMap { Exact($0) })
    }
    private func chosen(
        sex: IntervalSex = .female, age: PatientAge?, setting: CareSetting? = .ambulatory
    ) -> LimitPair? {
        let lines = [
            PatientLimits(analysis: "K", to: Age(28, .day), critical: pair("3.0", "7.5")),
            PatientLimits(analysis: "K", setting: .emergency, critical: pair(nil, "6.0")),
            PatientLimits(analysis: "K", sex: .male, from: Age(28, .day), critical: pair("2.0", "6.8")),
            PatientLimits(analysis: "K", to: Age(1, .year), alert: pair("3.3", nil)),
        ]
        let concerned = lines.map { (line: $0, verdict: $0.concerns(sex: sex, age: age, setting: setting)) }
            .filter { $0.verdict != .no }
        return PatientLimits.chosen(pair("2.5", "6.5"), among: concerned, \.critical)
    }

    /// 28 days to the minute, as intervals are: from is inside, to is not.
    @Test func `the line that says most of the patient is meant, the general limits stay for the others`() {
        let days = Int64(1440)
        #expect(chosen(age: PatientAge(minutes: 28 * days - 1)) == pair("3.0", "7.5"))
        #expect(chosen(age: PatientAge(minutes: 28 * days)) == pair("2.5", "6.5"))
        #expect(chosen(sex: .male, age: PatientAge(minutes: 28 * days)) == pair("2.0", "6.8"))
        #expect(chosen(sex: .male, age: PatientAge(minutes: 28 * days - 1)) == pair("3.0", "7.5"))
        // A side that the line leaves out is no limit.
        #expect(chosen(age: PatientAge(minutes: 30 * days), setting: .emergency) == pair(nil, "6.0"))
        // A place does not say more than an age: the narrower bound of both.
        #expect(chosen(age: PatientAge(minutes: 60), setting: .emergency) == pair("3.0", "6.0"))
        #expect(chosen(sex: .male, age: PatientAge(minutes: 30 * days), setting: .emergency) == pair("2.0", "6.0"))
        // What asks for the same age and a sex besides is meant.
        let newborn = PatientLimits(analysis: "K", to: Age(28, .day), critical: pair("3.0", "7.5"))
        let boy = PatientLimits(analysis: "K", sex: .male, to: Age(28, .day), critical: pair("2.9", "7.6"))
        #expect(
            PatientLimits.chosen(nil, among: [(newborn, .yes), (boy, .yes)], \.critical) == pair("2.9", "7.6"))
    }

    @Test func `what is not known of a patient tightens: less is never looked at`() {
        #expect(chosen(age: nil) == pair("3.0", "6.5"))
        #expect(chosen(sex: .any, age: PatientAge(minutes: 28 * 1440)) == pair("2.5", "6.5"))
        #expect(chosen(age: PatientAge(minutes: 60), setting: nil) == pair("3.0", "6.0"))
    }
}
