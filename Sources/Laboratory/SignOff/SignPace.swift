/// How fast files are signed, and when to stop for a while: nobody reads thousands of results a day with constant
/// quality (Golaz).
package enum SignPace {
    /// Files signed one by one in a session after which a pause is proposed (our decision).
    package static let longSession = 100
    /// Mean seconds a file under which reading is doubted (our decision), once there are some.
    package static let hasty = 4
    package static let some = 10

    package enum Advice: Sendable, Hashable { case pause, slower }

    /// `alone`: files signed one by one; `seconds`: mean of them.
    package static func advice(alone: Int, seconds: Int?) -> Advice? {
        if alone >= longSession { return .pause }
        if alone >= some, let seconds, seconds < hasty { return .slower }
        return nil
    }
}

/// One reason that holds several results of a file.
package struct HoldGroup: Sendable, Hashable {
    package var code: Hold.Code
    package var analyses: [String]
    /// Words of the first.
    package var reason: String
    /// The calls that it asks for were made, of all its analyses.
    package var isTold = false

    /// The gravest first, each code once. `told`: analyses whose critical value somebody was told of.
    package static func groups(
        of results: [(analysis: String, holds: [Hold])], told: Set<String> = []
    ) -> [HoldGroup] {
        var groups = [HoldGroup]()
        for (analysis, holds) in results {
            for hold in holds {
                if let place = groups.firstIndex(where: { $0.code == hold.code }) {
                    if !groups[place].analyses.contains(analysis) { groups[place].analyses.append(analysis) }
                } else {
                    groups.append(HoldGroup(code: hold.code, analyses: [analysis], reason: hold.reason))
                }
            }
        }
        for place in groups.indices where groups[place].analyses.count > 1 {
            // Words of the first, for all of them.
            groups[place].reason = groups[place].reason.replacing(" pour \(groups[place].analyses[0])", with: "")
        }
        for place in groups.indices { groups[place].isTold = told.isSuperset(of: groups[place].analyses) }
        return groups.enumerated().sorted { a, b in
            (a.element.rank, a.offset) < (b.element.rank, b.offset)
        }.map(\.element)
    }

    private var rank: Int {
        if code == .criticalCall || code == .critical { return 0 }
        return switch code.severity {
        case .forbids: 1
        case .needsReason: 2
        case .shown: 3
        }
    }

    /// `HIL_RCV × 6`
    package var title: String { analyses.count > 1 ? "\(code.rawValue) × \(analyses.count)" : code.rawValue }

    /// What is doubtful of the controls behind these results.
    package static func controls(_ results: [(analysis: String, holds: [Hold])]) -> [HoldGroup] {
        let codes: Set<Hold.Code> = [.noQualityControl, .qualityControlExpired, .qualityControlRejected]
        return groups(of: results).filter { codes.contains($0.code) }
    }

    /// Still stands against a signature: a call that was made does not.
    package var isOverridden: Bool { code != .criticalCall || !isTold }

    /// What the biologist does about it.
    package enum Remedy: Sendable, Hashable { case call, reject, read }
    package var remedy: Remedy {
        if code == .criticalCall || code == .critical { return isTold ? .read : .call }
        return code.severity == .forbids ? .reject : .read
    }
}
