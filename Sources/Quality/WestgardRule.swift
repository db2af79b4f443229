/// The control rules (RULES section 2.3). A rule only says what it sees; a policy says whether that warns or rejects.
package enum WestgardRule: String, Sendable, Codable, CaseIterable, Hashable {
    case oneTwoS = "1-2s"
    case oneThreeS = "1-3s"
    case twoTwoS = "2-2s"
    case twoOfThreeTwoS = "2of3-2s"
    case rFourS = "R-4s"
    case threeOneS = "3-1s"
    case fourOneS = "4-1s"
    case sixX = "6-x"
    case eightX = "8-x"
    case tenX = "10-x"
    case twelveX = "12-x"
    /// Not Westgard's: a control without a z that does not answer as expected. No policy names it, none leaves it out.
    case expected = "attendu"

    /// What a policy may name.
    package static let named = allCases.filter { $0 != .expected }

    /// What a rule looks for. Every window ends in the run that is judged: what an earlier run violated is its affair.
    enum Form: Equatable {
        /// One point beyond `limit` SD on either side.
        case single(limit: Int)
        /// `count` consecutive points on one side, each beyond `limit` SD (0: beyond the mean).
        /// `acrossRuns`: the row across levels may begin in an earlier run; otherwise it lies in this one.
        case row(count: Int, limit: Int, acrossRuns: Bool)
        /// Two of three points beyond 2 SD on one side: of one run, or of one level over three runs. RULES names no
        /// scope for it; with three levels it stands for 2-2s, which looks both ways, and must see no less than that.
        case twoOfThree
        /// One level above +2 SD and another below −2 SD in *one* run.
        case range
        /// An answer, each by itself: nothing for a window of z.
        case answer
    }

    var form: Form {
        switch self {
        case .oneTwoS: .single(limit: 2)
        case .oneThreeS: .single(limit: 3)
        case .twoTwoS: .row(count: 2, limit: 2, acrossRuns: false)
        case .twoOfThreeTwoS: .twoOfThree
        case .rFourS: .range
        case .threeOneS: .row(count: 3, limit: 1, acrossRuns: true)
        case .fourOneS: .row(count: 4, limit: 1, acrossRuns: true)
        case .sixX: .row(count: 6, limit: 0, acrossRuns: true)
        case .eightX: .row(count: 8, limit: 0, acrossRuns: true)
        case .tenX: .row(count: 10, limit: 0, acrossRuns: true)
        case .twelveX: .row(count: 12, limit: 0, acrossRuns: true)
        case .expected: .answer
        }
    }

    /// Points of the longest row.
    static let longestRow = 12

    package var french: String {
        switch self {
        case .oneTwoS: "un contrôle au-delà de 2 ET"
        case .oneThreeS: "un contrôle au-delà de 3 ET"
        case .twoTwoS: "deux contrôles consécutifs au-delà de 2 ET du même côté"
        case .twoOfThreeTwoS: "deux contrôles sur trois au-delà de 2 ET du même côté"
        case .rFourS: "deux niveaux d'une même série au-delà de 2 ET, de part et d'autre"
        case .threeOneS: "trois contrôles consécutifs au-delà de 1 ET du même côté"
        case .fourOneS: "quatre contrôles consécutifs au-delà de 1 ET du même côté"
        case .sixX: "six contrôles consécutifs du même côté de la moyenne"
        case .eightX: "huit contrôles consécutifs du même côté de la moyenne"
        case .tenX: "dix contrôles consécutifs du même côté de la moyenne"
        case .twelveX: "douze contrôles consécutifs du même côté de la moyenne"
        case .expected: "un contrôle qui ne répond pas ce qui est attendu"
        }
    }
}

package enum RuleAction: String, Sendable, Codable, CaseIterable {
    case warn = "avertissement"
    case reject = "rejet"
}

/// A point as evidence.
package struct PointReference: Sendable, Hashable, Codable {
    package let run: String
    package let level: String
    /// The point's own identifier.
    package let point: String
}

/// A rule violated by a run, with everything that shows it.
package struct Violation: Sendable, Hashable {
    package enum Scope: String, Sendable, Codable {
        /// One point alone.
        case point
        case withinLevel = "niveau"
        case acrossLevels = "entre niveaux"
    }
    package struct Evidence: Sendable, Hashable {
        package let scope: Scope
        /// Nil when both sides take part (R-4s).
        package let side: ZScore.Side?
        /// In the order of the rules: runs by time, levels by rank.
        package let points: [PointReference]
    }

    package let rule: WestgardRule
    package let action: RuleAction
    /// Never empty.
    package let evidence: [Evidence]

    /// Names of the levels that take part, in the order of the evidence, each once.
    package var levels: [String] {
        var names: [String] = []
        for point in evidence.flatMap(\.points) where !names.contains(point.level) { names.append(point.level) }
        return names
    }
}
