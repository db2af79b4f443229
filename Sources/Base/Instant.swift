/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Opaque to pure rooms, given to them as an argument.
package struct Instant: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package init(seconds: Int64) { self.milliseconds = Instant.product(seconds, 1000) }

    package static func < (a: Instant, b: Instant) -> Bool { a.milliseconds < b.milliseconds }
    /// Stops at the ends of what an instant can tell, so that no length of time ends the program.
    package func advanced(by duration: Duration) -> Instant {
        let (seconds, attoseconds) = duration.components
        let step = Instant.sum(Instant.product(seconds, 1000), attoseconds / 1_000_000_000_000_000)
        return Instant(milliseconds: Instant.sum(milliseconds, step))
    }
    package func duration(to other: Instant) -> Duration {
        .milliseconds(Instant.sum(other.milliseconds, milliseconds == .min ? .max : -milliseconds))
    }
    private static func sum(_ a: Int64, _ b: Int64) -> Int64 {
        let (sum, overflows) = a.addingReportingOverflow(b)
        return overflows ? (a < 0 ? .min : .max) : sum
    }
    private static func product(_ a: Int64, _ b: Int64) -> Int64 {
        let (product, overflows) = a.multipliedReportingOverflow(by: b)
        return overflows ? ((a < 0) == (b < 0) ? .max : .min) : product
    }
    /// Whole minutes from this instant to another, rounded down (an age is counted in minutes at collection).
    package func minutes(to other: Instant) -> Int64 {
        (other.milliseconds - milliseconds).flooringDivision(by: 60_000)
    }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
    /// `2026-11-22T06:00:00.000Z`
    package var description: String { iso8601(in: .utc, milliseconds: true) }
}

extension BinaryInteger {
    package func flooringDivision(by divisor: Self) -> Self {
        let q = self / divisor
        return (self % divisor != 0 && (self < 0) != (divisor < 0)) ? q - 1 : q
    }
}

/// A date of the civil calendar, day or month possibly unknown (0), as birth dates are.
package struct CivilDate: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    package var year: Int
    /// 1…12, or 0 when unknown.
    package var month: Int
    /// 1…31, or 0 when unknown.
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Reads `AAAA-MM-JJ`, `JJ/MM/AAAA` or `AAAAMMJJ` (a time of HL7 or ISO 8601 may follow the last, and is dropped);
    /// nil when it is no date of the calendar (00 stands for unknown).
    package init?(_ text: some StringProtocol) {
        let separator: Character = text.contains("/") ? "/" : "-"
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let compact = text.prefix { ("0"..."9").contains($0) }
        let fields: [Int?]
        if parts.count == 3, parts.allSatisfy({ CivilDate.isNumber($0) }), parts[1].count <= 2 {
            let yearFirst = parts[0].count == 4
            guard (yearFirst ? parts[2] : parts[0]).count <= 2, yearFirst || parts[2].count == 4 else { return nil }
            fields =
                yearFirst
                ? [Int(parts[0]), Int(parts[1]), Int(parts[2])] : [Int(parts[2]), Int(parts[1]), Int(parts[0])]
        } else if compact.count >= 8, text.count == 8 || Instant(text, in: .utc) != nil {
            fields = [Int(text.prefix(4)), Int(text.dropFirst(4).prefix(2)), Int(text.dropFirst(6).prefix(2))]
        } else {
            return nil
        }
        guard let y = fields[0], let m = fields[1], let d = fields[2] else { return nil }
        guard (1800...2200).contains(y), (0...12).contains(m), (0...31).contains(d), m > 0 || d == 0 else { return nil }
        guard m == 0 || d <= CivilDate.days(inMonth: m, of: y) else { return nil }
        self.init(year: y, month: m, day: d)
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case _: 31
        }
    }

    /// Days since 1970-01-01; an unknown month or day counts as the first.
    package var dayNumber: Int {
        let y = max(month, 1) <= 2 ? year - 1 : year
        let era = y.flooringDivision(by: 400)
        let yearOfEra = y - era * 400
        let m = max(month, 1)
        let dayOfYear = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + max(day, 1) - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package init(dayNumber: Int) {
        let z = dayNumber + 719_468
        let era = z.flooringDivision(by: 146_097)
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let m = mp < 10 ? mp + 3 : mp - 9
        self.init(
            year: yearOfEra + era * 400 + (m <= 2 ? 1 : 0), month: m, day: dayOfYear - (153 * mp + 2) / 5 + 1)
    }

    package var isComplete: Bool { month > 0 && day > 0 }
    package static func < (a: CivilDate, b: CivilDate) -> Bool { (a.year, a.month, a.day) < (b.year, b.month, b.day) }
    /// `1979-03-28`
    package var description: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }
    /// `28/03/1979`
    package var french: String { "\(padded(day, 2))/\(padded(month, 2))/\(padded(year, 4))" }
    /// `19790328`, cut at the first unknown part, as HL7 and CDA write it.
    package var compact: String {
        padded(year, 4) + (month > 0 ? padded(month, 2) + (day > 0 ? padded(day, 2) : "") : "")
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let date = CivilDate(text) else {
            throw Refusal("base.date", because: "« \(text) » n'est pas une date", remedy: "écrire AAAA-MM-JJ")
        }
        self = date
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

package func padded(_ value: some BinaryInteger, _ width: Int) -> String {
    let text = String(value)
    let missing = width - text.utf8.count
    return missing > 0 ? String(repeating: "0", count: missing) + text : text
}

/// The civil zone of a laboratory: how far its wall clock is from UTC at an instant.
package enum CivilZone: Sendable, Hashable {
    /// Minutes east of UTC, all the year (the overseas departments have no summer time).
    case fixed(minutes: Int)
    /// Metropolitan France: UTC+1, and UTC+2 from the last Sunday of March to the last of October, 01:00 UTC
    /// (directive 2000/84/EC).
    case europeParis

    package static let utc = CivilZone.fixed(minutes: 0)

    /// `Europe/Paris`, `UTC`, or an offset such as `+04:00`.
    package init?(_ name: String) {
        switch name {
        case "Europe/Paris": self = .europeParis
        case "UTC": self = .utc
        case _:
            let sign = name.first == "-" ? -1 : 1
            let digits = name.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
            let parts = digits.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int($0) : nil }
            guard name.first == "+" || name.first == "-", digits.count == 2, parts.count == 2,
                parts[0] < 15, parts[1] < 60
            else { return nil }
            self = .fixed(minutes: sign * (parts[0] * 60 + parts[1]))
        }
    }

    package func offsetMinutes(at instant: Instant) -> Int {
        switch self {
        case .fixed(let minutes): return minutes
        case .europeParis:
            let day = Int(instant.milliseconds.flooringDivision(by: 86_400_000))
            let year = CivilDate(dayNumber: day).year
            let start = CivilZone.lastSunday(month: 3, of: year), end = CivilZone.lastSunday(month: 10, of: year)
            return instant >= start && instant < end ? 120 : 60
        }
    }

    private static func lastSunday(month: Int, of year: Int) -> Instant {
        let last = CivilDate(year: year, month: month, day: 31).dayNumber
        // Day 0 (1970-01-01) was a Thursday; Sunday is weekday 0 of (day + 4) mod 7.
        let sunday = last - (last + 4) % 7
        return Instant(seconds: Int64(sunday) * 86_400 + 3600)
    }

    /// The instant of a wall-clock time of this zone (in the doubled hour of October: the first of the two).
    package func instant(_ date: CivilDate, hour: Int = 0, minute: Int = 0, second: Int = 0) -> Instant {
        let local = Int64(date.dayNumber) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
        let guess = Instant(seconds: local - Int64(offsetMinutes(at: Instant(seconds: local - 7200))) * 60)
        let offset = offsetMinutes(at: guess)
        return Instant(seconds: local - Int64(offset) * 60)
    }
}

/// Wall-clock parts of an instant in a zone.
package struct CivilTime: Sendable, Hashable {
    package var date: CivilDate
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var millisecond: Int
    package var offsetMinutes: Int

    package init(_ instant: Instant, in zone: CivilZone) {
        offsetMinutes = zone.offsetMinutes(at: instant)
        let local = instant.milliseconds + Int64(offsetMinutes) * 60_000
        let day = local.flooringDivision(by: 86_400_000)
        let rest = Int(local - day * 86_400_000)
        date = CivilDate(dayNumber: Int(day))
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1000 % 60
        millisecond = rest % 1000
    }

    /// `+0100`
    package var zoneText: String {
        (offsetMinutes < 0 ? "-" : "+") + padded(abs(offsetMinutes) / 60, 2) + padded(abs(offsetMinutes) % 60, 2)
    }
}

extension Instant {
    /// `2026-11-22T07:00:00+01:00`, or `…Z`.
    package func iso8601(in zone: CivilZone, milliseconds: Bool = false) -> String {
        let t = CivilTime(self, in: zone)
        let zoneText = zone == .utc ? "Z" : t.zoneText.prefix(3) + ":" + t.zoneText.suffix(2)
        let fraction = milliseconds ? "." + padded(t.millisecond, 3) : ""
        return "\(t.date)T\(padded(t.hour, 2)):\(padded(t.minute, 2)):\(padded(t.second, 2))\(fraction)\(zoneText)"
    }
    /// `20261122070000+0100`, the form of HL7 v2 and of CDA: never a time without its zone.
    package func hl7(in zone: CivilZone) -> String {
        let t = CivilTime(self, in: zone), offset = abs(t.offsetMinutes)
        guard (0...9999).contains(t.date.year), t.date.isComplete, offset < 6000 else {
            return t.date.compact + padded(t.hour, 2) + padded(t.minute, 2) + padded(t.second, 2) + t.zoneText
        }
        // Every result of a document has one: written in one piece.
        return String(unsafeUninitializedCapacity: 19) { out in
            var place = 0
            func put(_ byte: UInt8) {
                out.initializeElement(at: place, to: byte)
                place += 1
            }
            for pair in [
                t.date.year / 100, t.date.year % 100, t.date.month, t.date.day, t.hour, t.minute, t.second,
            ] {
                put(0x30 + UInt8(pair / 10))
                put(0x30 + UInt8(pair % 10))
            }
            put(t.offsetMinutes < 0 ? 0x2D : 0x2B)
            for pair in [offset / 60, offset % 60] {
                put(0x30 + UInt8(pair / 10))
                put(0x30 + UInt8(pair % 10))
            }
            return place
        }
    }
    /// `22/11/2026 07:00`, for people.
    package func french(in zone: CivilZone) -> String {
        let t = CivilTime(self, in: zone)
        return "\(t.date.french) \(padded(t.hour, 2)):\(padded(t.minute, 2))"
    }
}
