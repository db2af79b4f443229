package import Base

/// An instant as the API writes it: ISO 8601 text with the offset of the site, `2026-11-22T07:00:00+01:00`.
/// Milliseconds since 1970 never cross the API. In bodies sent to the server the offset may be missing: the site's wall
/// clock is meant.
package struct Moment: Sendable, Hashable, Codable, CustomStringConvertible {
    package let text: String

    package init(text: String) { self.text = text }
    package init(_ instant: Instant, in zone: CivilZone, milliseconds: Bool = false) {
        text = instant.iso8601(in: zone, milliseconds: milliseconds)
    }

    package init(from decoder: any Decoder) throws { text = try decoder.singleValueContainer().decode(String.self) }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// Nil when the text is no date with a time of day (a bare date is no instant).
    package func instant(in zone: CivilZone) -> Instant? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 16, bytes[4] == 0x2D, bytes[7] == 0x2D, bytes[10] == 0x54 || bytes[10] == 0x20 else {
            return nil
        }
        return Instant(text, in: zone)
    }

    /// `22/11/2026 07:00`: the wall clock of the text itself.
    package var french: String {
        let parts = Array(text.utf8.prefix(16)).split(whereSeparator: { $0 == 0x54 || $0 == 0x20 })
        guard parts.count == 2, let date = CivilDate(String(decoding: parts[0], as: UTF8.self)) else { return text }
        return date.french + " " + String(decoding: parts[1], as: UTF8.self)
    }
    package var description: String { text }
}
