/// The controls of the house in one word: nothing recorded is not conforming.
package struct ControlCounts: Sendable, Hashable {
    package var rejected = 0
    package var expired = 0
    /// Measured or followed, and no control of theirs stands.
    package var absent = 0
    package var conforming = 0
    package init(rejected: Int = 0, expired: Int = 0, absent: Int = 0, conforming: Int = 0) {
        self.rejected = rejected
        self.expired = expired
        self.absent = absent
        self.conforming = conforming
    }

    /// `states`: `NON_CONTROLE`, `CONFORME`, `ECHU`, `REJET`, `CORRIGE`; what is unknown conforms with nothing.
    package init(states: [String]) {
        for state in states {
            switch state {
            case "REJET": rejected += 1
            case "ECHU": expired += 1
            // What is exempt asks for no control.
            case "CONFORME", "CORRIGE", QualityRow.exempt: conforming += 1
            case _: absent += 1
            }
        }
    }

    /// ` 1✖ 2⧗`, ` ✓`, ` absent`: what stands after `CQ`. `absentWord`: in the language of the screen; `gap`: between
    /// its number and it.
    package func text(_ signs: Signs, absentWord: String, gap: String = " ") -> String {
        var text = ""
        if rejected > 0 { text += " \(rejected)\(signs.rejected)" }
        if expired > 0 { text += " \(expired)\(signs.expired)" }
        if absent > 0 { text += " \(absent)\(gap)\(absentWord)" }
        if !text.isEmpty { return text }
        return conforming > 0 ? " \(signs.proposable)" : " \(absentWord)"
    }
    package var style: Style {
        if rejected > 0 { return .critical }
        return expired + absent > 0 || conforming == 0 ? Style(.expired, bold: true) : Style(.good)
    }
}
