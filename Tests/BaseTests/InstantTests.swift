import Base
import Testing

@Suite struct InstantTests {
    private let zones: [CivilZone] = [
        .utc, .europeParis, .fixed(minutes: 240), .fixed(minutes: -180), .fixed(minutes: -210),
    ]

    @Test func `10000 instants go to text and back in every zone`() {
        var random = PRNG(seed: 7)
        for _ in 0..<10_000 {
            // 1900 to 2100.
            let instant = Instant(
                milliseconds: Int64.random(in: -2_208_988_800_000..<4_102_444_800_000, using: &random))
            let whole = Instant(seconds: instant.milliseconds.flooringDivision(by: 1000))
            for zone in zones {
                #expect(Instant(instant.iso8601(in: zone, milliseconds: true), in: .utc) == instant)
                #expect(Instant(whole.iso8601(in: zone), in: .utc) == whole)
                #expect(Instant(whole.hl7(in: zone), in: .utc) == whole)
                let time = CivilTime(instant, in: zone)
                #expect((0..<1000).contains(time.millisecond) && (0..<24).contains(time.hour))
            }
        }
    }

    @Test(arguments: [
        ("20261122", "2026-11-21T23:00:00.000Z"), ("202611220700", "2026-11-22T06:00:00.000Z"),
        ("20261122070000", "2026-11-22T06:00:00.000Z"), ("20260722070000", "2026-07-22T05:00:00.000Z"),
        ("20261122070000+0100", "2026-11-22T06:00:00.000Z"), ("20261122070000-0330", "2026-11-22T10:30:00.000Z"),
        ("20261122070000.123+0100", "2026-11-22T06:00:00.123Z"), ("2026-11-22T06:00:00Z", "2026-11-22T06:00:00.000Z"),
        ("2026-11-22T07:00:00+01:00", "2026-11-22T06:00:00.000Z"), ("2026-11-22 07:00", "2026-11-22T06:00:00.000Z"),
        ("2026-11-22", "2026-11-21T23:00:00.000Z"), ("2026-11-22T06:00:00.5Z", "2026-11-22T06:00:00.500Z"),
        ("2026-11-22T06:00:00.1234567Z", "2026-11-22T06:00:00.123Z"), ("2026112207", "2026-11-22T06:00:00.000Z"),
        ("20261122070000.1234+0100", "2026-11-22T06:00:00.123Z"),
    ]) func `times of HL7, LIS2-A2 and ISO 8601 are read`(_ text: String, _ expected: String) {
        #expect(Instant(text, in: .europeParis)?.description == expected)
    }

    @Test(arguments: [
        "", "2026", "202611", "20261322", "20261132", "20260229", "2026112224", "202611222460", "2026112207000",
        "20261122070",
        "20261122070060x", "20261122070000+", "20261122070000+01", "20261122070000Zx", "2026-11-22T06:00:00+0x:00",
        "20261100",
        "abc", "2026112207+0160", "20261122070000+9900",
    ]) func `what is no time is refused`(_ text: String) {
        #expect(Instant(text, in: .europeParis) == nil)
    }

    @Test func `minutes between two instants are rounded down, also into the past`() {
        let a = Instant(seconds: 0)
        #expect(a.minutes(to: Instant(milliseconds: 59_999)) == 0)
        #expect(a.minutes(to: Instant(milliseconds: 60_000)) == 1)
        #expect(a.minutes(to: Instant(milliseconds: -1)) == -1)
        #expect(a.minutes(to: Instant(milliseconds: -60_000)) == -1)
        #expect(a.advanced(by: .milliseconds(1500)) == Instant(milliseconds: 1500))
        #expect(a.advanced(by: .milliseconds(-1500)) == Instant(milliseconds: -1500))
        #expect(Instant(milliseconds: -1500).duration(to: a) == .milliseconds(1500))
    }

    @Test func `a text for people is in the zone of the laboratory`() {
        let instant = Instant(seconds: 1_795_327_200)
        #expect(instant.french(in: .europeParis) == "22/11/2026 07:00")
        #expect(instant.hl7(in: .europeParis) == "20261122070000+0100")
        #expect(instant.iso8601(in: .europeParis) == "2026-11-22T07:00:00+01:00")
        #expect(instant.iso8601(in: .fixed(minutes: -210)) == "2026-11-22T02:30:00-03:30")
    }

    @Test func `identifiers sort by time and one seed makes the same ones`() {
        var random = PRNG(seed: 3), again = PRNG(seed: 3)
        var last = ""
        for second in 0..<1000 {
            let instant = Instant(seconds: 1_795_327_200 + Int64(second))
            let made = Identifier.make(at: instant, random: &random)
            #expect(made == Identifier.make(at: instant, random: &again))
            #expect(made > last && made.utf8.count == 20)
            last = made
        }
    }

    @Test func `values of Base go through their codings`() {
        let refusal = Refusal("a.b", at: "x.csv:1:2", because: "cause", remedy: "remède")
        #expect(refusal.description == "x.csv:1:2 : cause → remède [a.b]")
        #expect(Refusal("a.b", because: "cause", remedy: "").description == "cause [a.b]")
    }

    @Test func `an instant stops at its ends, whatever is added to it`() {
        let now = Instant(seconds: 1_800_000_000)
        #expect(now.advanced(by: .seconds(Int64.max)).milliseconds == .max)
        #expect(now.advanced(by: .seconds(Int64.min)).milliseconds < 0)
        #expect(Instant(milliseconds: .max).advanced(by: .milliseconds(1)).milliseconds == .max)
        #expect(Instant(seconds: .max).milliseconds == .max && Instant(seconds: .min).milliseconds == .min)
        #expect(now.advanced(by: .seconds(-60)).duration(to: now) == .seconds(60))
        #expect(Instant(milliseconds: .min).duration(to: Instant(milliseconds: .max)) == .milliseconds(Int64.max))
    }
}
