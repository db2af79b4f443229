import Base
import Catalog
import Testing

@Suite struct IntervalTests {
    /// `NA` cut at every boundary that RULES and the issue name.
    private func banded() throws -> AnalysisCatalogue {
        var small = Small()
        let bands = ["0", "28 j", "1 mois", "1 a", "15 a", "18 a", ""]
        small.tables["intervals.csv"]?.remove(at: 1)
        for (index, from) in bands.dropLast().enumerated() {
            small = small.adding(
                "intervals.csv",
                [
                    "NA", "*", from, bands[index + 1], "", "", "", "\(100 + index)", "200", "mmol/L", "intervalle", "",
                    "",
                ])
        }
        return try small.catalogue()
    }
    private func band(_ catalogue: AnalysisCatalogue, _ minutes: Int64) -> String? {
        catalogue.interval(for: "NA", sex: .female, ageMinutes: minutes)?.low?.text
    }

    @Test(arguments: [
        (Age(28, .day), "100", "101"), (Age(1, .month), "101", "102"), (Age(1, .year), "102", "103"),
        (Age(15, .year), "103", "104"), (Age(18, .year), "104", "105"),
    ]) func `an age bound belongs to the later interval, to the minute`(_ bound: Age, _ before: String, _ after: String)
        throws
    {
        let catalogue = try banded()
        #expect(band(catalogue, bound.minutes - 1) == before)
        #expect(band(catalogue, bound.minutes) == after)
        #expect(band(catalogue, bound.minutes + 1) == after)
    }

    @Test func `the minute of birth has an interval and the minute before has none`() throws {
        let catalogue = try banded()
        #expect(band(catalogue, 0) == "100")
        #expect(band(catalogue, -1) == nil)
        #expect(band(catalogue, Age(130, .year).minutes) == "105")
    }

    @Test func `birthdays are those of the calendar, in the zone of the laboratory`() throws {
        let catalogue = try banded()
        let zone = CivilZone.europeParis
        func low(_ born: CivilDate, _ collected: Instant) -> String? {
            catalogue.interval(for: "NA", sex: .male, born: born, collected: collected, in: zone)?.low?.text
        }
        // 18 years with five, then four, leap days between: both turn at midnight of the birthday.
        for year in [2004, 2005, 2006, 2007] {
            let born = CivilDate(year: year, month: 7, day: 14)
            let birthday = zone.instant(CivilDate(year: year + 18, month: 7, day: 14))
            #expect(low(born, Instant(milliseconds: birthday.milliseconds - 60_000)) == "104")
            #expect(low(born, birthday) == "105")
        }
        // Born on 29 February: 1 year on 1 March.
        let leap = CivilDate(year: 2024, month: 2, day: 29)
        #expect(low(leap, zone.instant(CivilDate(year: 2025, month: 2, day: 28), hour: 23, minute: 59)) == "102")
        #expect(low(leap, zone.instant(CivilDate(year: 2025, month: 3, day: 1))) == "103")
        // 28 days are minutes: from midnight of birth when the hour is unknown, else from the hour of birth.
        let born = CivilDate(year: 2026, month: 1, day: 10)
        let after28 = zone.instant(CivilDate(year: 2026, month: 2, day: 7))
        #expect(low(born, after28) == "101")
        let atNoon = zone.instant(born, hour: 12)
        #expect(
            catalogue.interval(
                for: "NA", sex: .male, born: born, bornAt: atNoon, collected: after28, in: zone)?.low?.text == "100")
        #expect(low(born, zone.instant(CivilDate(year: 2026, month: 1, day: 9))) == nil)
    }

    @Test func `a birth date half known has an interval only when it makes no difference`() throws {
        let catalogue = try banded()
        let collected = CivilZone.europeParis.instant(CivilDate(year: 2026, month: 6, day: 15))
        func low(_ year: Int, _ month: Int, _ day: Int) -> String? {
            catalogue.interval(
                for: "NA", sex: .male, born: CivilDate(year: year, month: month, day: day), collected: collected,
                in: .europeParis)?.low?.text
        }
        #expect(low(1970, 0, 0) == "105")
        #expect(low(2008, 0, 0) == nil)
        #expect(low(2008, 5, 0) == "105")
        #expect(low(2008, 6, 0) == nil)
        #expect(low(2008, 7, 0) == "104")
    }

    @Test func `the more specific line wins and pregnancy must be known`() throws {
        let small = Small()
            .adding("intervals.csv", ["NA", "F", "0", "", "0", "14", "", "132", "140", "mmol/L", "intervalle", "", ""])
            .adding("intervals.csv", ["NA", "*", "0", "", "", "", "ISE", "135", "146", "mmol/L", "intervalle", "", ""])
        let catalogue = try small.withMethod("NA", "ISE").catalogue()
        let adult = PatientAge(minutes: Age(30, .year).minutes)
        func low(_ sex: IntervalSex, week: Int? = nil, method: String = "") -> String? {
            catalogue.interval(for: "NA", sex: sex, age: adult, pregnancyWeek: week, method: method)?.low?.text
        }
        #expect(low(.female) == "136")
        #expect(low(.female, week: 0) == "132")
        #expect(low(.female, week: 13) == "132")
        #expect(low(.female, week: 14) == "136")
        #expect(low(.female, method: "ISE") == "135")
        #expect(low(.female, method: "autre") == "136")
        #expect(low(.any) == "136")
        #expect(catalogue.interval(for: "HB", sex: .any, age: adult) == nil)
        #expect(catalogue.interval(for: "TA", sex: .male, age: adult) == nil)
        #expect(catalogue.intervals(for: "NA").count == 3)
    }

    @Test func `ages are read as written`() {
        #expect(Age("18 a") == Age(18, .year))
        #expect(Age("18a")?.description == "18 a")
        #expect(Age("0") == .birth)
        #expect(Age("12 h")?.minutes == 720)
        #expect(Age("2 sem")?.minutes == 20_160)
        #expect(Age("1 a")?.minutes == 525_960)
        for wrong in ["", "a", "18", "18 ans", "-1 j", "1.5 a", "18 a ", "9999999999 a"] {
            #expect(Age(wrong) == nil, "\(wrong)")
        }
    }
}
