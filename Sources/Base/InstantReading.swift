extension Instant {
    /// Reads `AAAAMMJJ[HH[MM[SS[.f…]]]][±zzzz]` (HL7 v2 TS, LIS2-A2 section 5.6.2) and ISO 8601 (`AAAA-MM-JJ`, then `T`
    /// or a blank, then the time with or without colons, `Z` or `±zz[:]zz`); blanks around are passed over. A zone in
    /// the text wins over `zone`. Fractions are cut to milliseconds. Nil for anything else.
    package init?(_ text: some StringProtocol, in zone: CivilZone) {
        var reader = InstantReader(text)
        guard let instant = reader.instant(in: zone) else { return nil }
        self = instant
    }
}

/// Takes the parts of a written time from the front; every part has a fixed number of digits.
private struct InstantReader {
    private var rest: ArraySlice<UInt8>

    init(_ text: some StringProtocol) {
        rest = Array(text.utf8)[...]
        while rest.first == 0x20 { rest.removeFirst() }
        while rest.last == 0x20 { rest.removeLast() }
    }

    mutating func instant(in zone: CivilZone) -> Instant? {
        guard let date = date() else { return nil }
        var hour = 0, minute = 0, second = 0, millisecond = 0
        let separated = take(0x54) || take(0x20)
        if separated || startsWithDigit {
            guard let h = number(2), h < 24 else { return nil }
            hour = h
            let colon = take(0x3A)
            if colon || startsWithDigit {
                guard let m = number(2), m < 60 else { return nil }
                minute = m
                let again = take(0x3A)
                if again || startsWithDigit {
                    // A leap second is the first second of the next minute.
                    guard again == colon, let s = number(2), s < 61 else { return nil }
                    second = s
                    guard let fraction = fraction() else { return nil }
                    millisecond = fraction
                }
            }
        }
        guard let offset = offset(), rest.isEmpty else { return nil }
        var instant = (offset.map { .fixed(minutes: $0) } ?? zone).instant(
            date, hour: hour, minute: minute, second: second)
        instant.milliseconds += Int64(millisecond)
        return instant
    }

    private mutating func date() -> CivilDate? {
        guard let year = number(4) else { return nil }
        let hyphen = take(0x2D)
        guard let month = number(2), take(0x2D) == hyphen, let day = number(2) else { return nil }
        guard (1800...2200).contains(year), (1...12).contains(month),
            (1...CivilDate.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    /// `.f…` of any length, or three digits without point as some instruments write; 0 when there is none.
    private mutating func fraction() -> Int? {
        let point = take(0x2E) || take(0x2C)
        var digits: [Int] = []
        while let digit = digit() { digits.append(digit) }
        guard point ? !digits.isEmpty : digits.isEmpty || digits.count == 3 else { return nil }
        return (digits + [0, 0, 0]).prefix(3).reduce(0) { $0 * 10 + $1 }
    }

    /// Minutes east of UTC: some(nil) when the text has no zone, nil when it is malformed.
    private mutating func offset() -> Int?? {
        if take(0x5A) { return .some(0) }
        let east = take(0x2B)
        guard east || take(0x2D) else { return .some(nil) }
        guard let hours = number(2), hours < 15 else { return nil }
        _ = take(0x3A)
        guard let minutes = number(2), minutes < 60 else { return nil }
        return .some((east ? 1 : -1) * (hours * 60 + minutes))
    }

    private var startsWithDigit: Bool { rest.first.map { (0x30...0x39).contains($0) } ?? false }

    private mutating func digit() -> Int? {
        guard startsWithDigit, let byte = rest.popFirst() else { return nil }
        return Int(byte - 0x30)
    }

    private mutating func number(_ count: Int) -> Int? {
        var value = 0
        for _ in 0..<count {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }
}
