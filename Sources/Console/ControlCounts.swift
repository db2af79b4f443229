/// The controls of the house in one word, for every screen and every summary: nothing recorded is not conforming, and
/// neither is what needs no control.
package struct ControlCounts: Sendable, Hashable {
    package var rejected = 0
    package var expired = 0
    /// Measured or followed, and no control of theirs stands.
    package var absent = 0
    package var conforming = 0
    /// Somebody signed that no control is wanted.
    package var exempt = 0
    package init(rejected: Int = 0, expired: Int = 0, absent: Int = 0, conforming: Int = 0, exempt: Int = 0) {
        self.rejected = rejected
        self.expired = expired
        self.absent = absent
        self.conforming = conforming
        self.exempt = exempt
    }

    /// All that the server says of its controls; a state that nobody knows conforms with nothing.
    package init(_ rows: [QualityRow]) {
        for row in rows {
            switch row.state {
            // Half way back from a rejection holds results as the rejection does.
            case "REJET", "CORRIGE": rejected += 1
            case "ECHU": expired += 1
            case "CONFORME": conforming += 1
            case QualityRow.exempt: exempt += 1
            case _: absent += 1
            }
        }
    }

    /// ` 1✖ 2⧗`, ` ✓`, ` absent`, ` dispensé`: what stands after `CQ`. `absentWord`, `exemptWord`: in the language of
    /// the screen; `gap`: between the number of those absent and their word.
    package func text(_ signs: Signs, absentWord: String, exemptWord: String, gap: String = " ") -> String {
        var text = ""
        if rejected > 0 { text += " \(rejected)\(signs.rejected)" }
        if expired > 0 { text += " \(expired)\(signs.expired)" }
        if absent > 0 { text += " \(absent)\(gap)\(absentWord)" }
        if !text.isEmpty { return text }
        if conforming > 0 { return " \(signs.proposable)" }
        return " " + (exempt > 0 ? exemptWord : absentWord)
    }
    package var style: Style {
        if rejected > 0 { return .critical }
        if expired + absent > 0 || conforming + exempt == 0 { return Style(.expired, bold: true) }
        return conforming > 0 ? Style(.good) : Style(.plain, bold: true)
    }
}
