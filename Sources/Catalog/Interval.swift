package import Base

/// Whom an interval is for, and what is known of a patient (`any`: indeterminate or unknown).
package enum IntervalSex: String, Sendable, Codable, CaseIterable {
    case male = "M"
    case female = "F"
    case any = "*"
}

package enum AgeUnit: String, Sendable, Codable, CaseIterable {
    case minute = "min"
    case hour = "h"
    case day = "j"
    case week = "sem"
    case month = "mois"
    case year = "a"
}

/// A bound of age as the catalogue writes it: `18 a`, `28 j`, `1 mois`.
package struct Age: Sendable, Hashable, Codable, CustomStringConvertible {
    package let count: Int
    package let unit: AgeUnit

    package init(_ count: Int, _ unit: AgeUnit) {
        self.count = count
        self.unit = unit
    }

    /// Reads `18 a`, `18a`, `28 j`, `1 mois`, `12 h`, `0`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard !digits.isEmpty, digits.count <= 9, let count = Int(digits) else { return nil }
        let word = text.dropFirst(digits.count).drop { $0 == " " }
        if word.isEmpty, count == 0 {
            self.init(0, .day)
            return
        }
        guard let unit = AgeUnit(rawValue: String(word)) else { return nil }
        self.init(count, unit)
    }

    /// Mean calendar month: 365.25 days / 12.
    package static let minutesPerMonth: Int64 = 43_830
    package static let birth = Age(0, .day)

    /// Nominal minutes since birth, to sort bounds (months and years count by their mean length).
    package var minutes: Int64 {
        let count = Int64(count)
        switch unit {
        case .minute: return count
        case .hour: return count * 60
        case .day: return count * 1440
        case .week: return count * 7 * 1440
        case .month: return count * Age.minutesPerMonth
        case .year: return count * 12 * Age.minutesPerMonth
        }
    }

    /// Whole months when the bound is a calendar one, else nil.
    package var calendarMonths: Int64? {
        switch unit {
        case .minute, .hour, .day, .week: nil
        case .month: Int64(count)
        case .year: Int64(count) * 12
        }
    }

    package var description: String { "\(count) \(unit.rawValue)" }
}

enum AgeSpan {
    /// Is there an age in both of two half-open spans? A nil end is none.
    static func meet(_ from: Age, _ to: Age?, _ otherFrom: Age, _ otherTo: Age?) -> Bool {
        (to.map { $0.minutes > otherFrom.minutes } ?? true) && (otherTo.map { $0.minutes > from.minutes } ?? true)
    }
}

/// The age of a patient at collection, exact for both kinds of bounds: minutes for those in minutes to weeks, whole
/// calendar months for those in months and years. (An 18th birthday is not 18 × 365.25 days after birth.)
package struct PatientAge: Sendable, Hashable, Codable {
    package let minutes: Int64
    /// Complete calendar months.
    package let months: Int64

    /// From minutes alone: months by their mean length. Prefer `init(born:collected:in:)`.
    package init(minutes: Int64) {
        self.minutes = minutes
        months = minutes.flooringDivision(by: Age.minutesPerMonth)
    }

    /// Age at collection of somebody born on a civil day (at `bornAt` when the hour of birth is known, else counted
    /// from midnight of that day). Nil when the collection precedes the birth. An unknown day or month counts as the
    /// first.
    package init?(born: CivilDate, bornAt: Instant? = nil, collected: Instant, in zone: CivilZone) {
        let start = bornAt ?? zone.instant(born)
        guard collected >= start else { return nil }
        let here = CivilTime(collected, in: zone).date
        let birthDay = max(born.day, 1)
        var months = Int64(here.year - born.year) * 12 + Int64(here.month - max(born.month, 1))
        // A month is complete on the day of the same number, or on the 1st of the next month when there is none:
        // born on 29 February, one is 18 on 1 March of a common year.
        if here.day < birthDay { months -= 1 }
        minutes = start.minutes(to: collected)
        self.months = months
    }

    package func hasReached(_ bound: Age) -> Bool {
        if let wanted = bound.calendarMonths { return months >= wanted }
        return minutes >= bound.minutes
    }
}

/// What the bounds of an interval mean: a decision limit is never printed as a normal range (RULES section 6).
package enum IntervalKind: String, Sendable, Codable, CaseIterable {
    case reference = "intervalle"
    case decision = "seuil"
    case therapeutic = "thérapeutique"
    case qualitative = "qualitatif"
    /// No interval applies, and the source of the line says why: no bounds. What nobody wrote is no such statement.
    case inapplicable = "aucun"
}

/// One line of `intervals.csv`. Ages are half-open: `from` ≤ age < `to`; a value on a bound is inside (low ≤ x ≤ high).
package struct ReferenceInterval: Sendable, Hashable, Codable {
    /// Code of the analysis.
    package let analysis: String
    package let sex: IntervalSex
    package let from: Age
    /// Nil: no upper age.
    package let to: Age?
    /// Weeks of pregnancy, half-open; nil for who is not known to be pregnant.
    package let pregnancyFrom: Int?
    package let pregnancyTo: Int?
    /// Method family; empty for any.
    package let method: String
    package let low: Exact?
    package let high: Exact?
    /// UCUM, the unit of the analysis.
    package let unit: String
    package let kind: IntervalKind
    /// Weight of the source (`fr-livre`, `fr-labo`, `fr-collège`, `général`).
    package let weight: String
    package let source: String

    package init(
        analysis: String, sex: IntervalSex, from: Age, to: Age?, pregnancyFrom: Int? = nil, pregnancyTo: Int? = nil,
        method: String = "", low: Exact?, high: Exact?, unit: String, kind: IntervalKind = .reference,
        weight: String = "", source: String = ""
    ) {
        self.analysis = analysis
        self.sex = sex
        self.from = from
        self.to = to
        self.pregnancyFrom = pregnancyFrom
        self.pregnancyTo = pregnancyTo
        self.method = method
        self.low = low
        self.high = high
        self.unit = unit
        self.kind = kind
        self.weight = weight
        self.source = source
    }

    /// Says something of a patient: bounds, or that there are none to apply.
    package var isStated: Bool { low != nil || high != nil || kind == .inapplicable }

    /// Is the interval for this age (half-open)?
    package func covers(_ age: PatientAge) -> Bool {
        guard age.hasReached(from) else { return false }
        guard let to else { return true }
        return !age.hasReached(to)
    }

    /// Do the two say the same of a patient, whatever their source?
    package func saysTheSame(as other: ReferenceInterval) -> Bool {
        low == other.low && high == other.high && unit == other.unit && kind == other.kind
    }
}
