import Base
import Testing

@Suite struct CivilTests {
    @Test func `every day from 1900 to 2100 has its number, its text and its date back`() throws {
        var number = CivilDate(year: 1900, month: 1, day: 1).dayNumber
        #expect(number == -25_567)
        #expect(CivilDate(year: 1970, month: 1, day: 1).dayNumber == 0)
        for year in 1900...2100 {
            for month in 1...12 {
                for day in 1...CivilDate.days(inMonth: month, of: year) {
                    let date = CivilDate(year: year, month: month, day: day)
                    guard date.dayNumber == number, CivilDate(dayNumber: number) == date,
                        CivilDate(date.description) == date, CivilDate(date.french) == date,
                        CivilDate(date.compact) == date
                    else {
                        Issue.record("\(date)")
                        return
                    }
                    number += 1
                }
            }
        }
        // 201 years, of which 49 are leap (1900 and 2100 are not).
        #expect(number - CivilDate(year: 1900, month: 1, day: 1).dayNumber == 201 * 365 + 49)
    }

    @Test func `unknown parts are kept and shown as zeros`() {
        #expect(CivilDate("1979-00-00") == CivilDate(year: 1979, month: 0, day: 0))
        #expect(CivilDate("00/03/1979")?.compact == "197903")
        #expect(CivilDate("1979-00-00")?.compact == "1979")
        #expect(CivilDate("1979-03-00")?.isComplete == false)
        #expect(CivilDate("1979-03-28")?.isComplete == true)
        #expect(CivilDate("19790328143000+0100")?.description == "1979-03-28")
        #expect(CivilDate("3/4/1979")?.description == "1979-04-03")
    }

    @Test(arguments: [
        "", "1979", "1979-13-01", "1979-02-29", "1900-02-29", "31/04/2020", "1979-00-12", "79-03-28", "1979-3",
        "aaaa-bb-cc",
        "19790332", "1979/03-28-01", "28.03.1979", "1979-03-281", "197903281", "1979--03", "-1979-03-28", "1979-+3-28",
        "+979-03-28", "1979032é",
    ]) func `what is no date is refused`(_ text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test func `summer time of metropolitan France changes on its Sundays at 01h00 UTC`() {
        // Directive 2000/84/EC; the civil days are public calendar facts.
        let changes = [
            (2024, 31, 27), (2025, 30, 26), (2026, 29, 25), (2027, 28, 31), (2028, 26, 29), (2029, 25, 28),
            (2030, 31, 27),
        ]
        for (year, march, october) in changes {
            let spring = CivilZone.utc.instant(CivilDate(year: year, month: 3, day: march), hour: 1)
            let autumn = CivilZone.utc.instant(CivilDate(year: year, month: 10, day: october), hour: 1)
            #expect(CivilZone.europeParis.offsetMinutes(at: Instant(milliseconds: spring.milliseconds - 1)) == 60)
            #expect(CivilZone.europeParis.offsetMinutes(at: spring) == 120)
            #expect(CivilZone.europeParis.offsetMinutes(at: Instant(milliseconds: autumn.milliseconds - 1)) == 120)
            #expect(CivilZone.europeParis.offsetMinutes(at: autumn) == 60)
        }
    }

    @Test func `every wall-clock quarter of an hour of two years comes back, but the hour that does not exist`() {
        let zone = CivilZone.europeParis
        var missing = 0
        for day in CivilDate(year: 2025, month: 1, day: 1).dayNumber..<CivilDate(year: 2027, month: 1, day: 1).dayNumber
        {
            let date = CivilDate(dayNumber: day)
            for quarter in 0..<96 {
                let instant = zone.instant(date, hour: quarter / 4, minute: quarter % 4 * 15)
                let time = CivilTime(instant, in: zone)
                if time.date == date, time.hour == quarter / 4, time.minute == quarter % 4 * 15 { continue }
                missing += 1
                #expect(date.month == 3 && quarter / 4 == 2)
            }
        }
        #expect(missing == 8)
    }

    @Test func `the doubled hour of October means its first passing`() {
        let zone = CivilZone.europeParis
        let first = zone.instant(CivilDate(year: 2026, month: 10, day: 25), hour: 2, minute: 30)
        #expect(first.description == "2026-10-25T00:30:00.000Z")
        let second = Instant(seconds: first.milliseconds / 1000 + 3600)
        #expect(CivilTime(second, in: zone).hour == 2 && CivilTime(second, in: zone).zoneText == "+0100")
        // The texts of the two differ by their zone, so neither is lost.
        #expect(Instant(first.iso8601(in: zone), in: .utc) == first)
        #expect(Instant(second.iso8601(in: zone), in: .utc) == second)
    }

    @Test func `zones are read by name`() {
        #expect(CivilZone("Europe/Paris") == .europeParis)
        #expect(CivilZone("UTC") == .utc)
        #expect(CivilZone("+04:00") == .fixed(minutes: 240))
        #expect(CivilZone("-03:30") == .fixed(minutes: -210))
        for wrong in ["", "Paris", "+4", "+15:00", "+04:60", "04:00", "+-4:00", "+04:-5", "+04:00:00"] {
            #expect(CivilZone(wrong) == nil, "\(wrong)")
        }
    }
}
