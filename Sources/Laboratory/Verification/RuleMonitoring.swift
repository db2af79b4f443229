/// What became of the results that the engine judged over a period, by analysis (RULES section 1.5). Every figure is a
/// number of ``Case``s, and each of them can be asked about (`paillasse why`).
package struct RuleMonitoring: Codable, Sendable, Hashable {
    /// One result that was first judged in the period.
    package struct Case: Codable, Sendable, Hashable {
        package var observationID: String
        package var analysis: String
        /// Of its last judgement in the period; none: proposable.
        package var holds: [Hold.Code]
        /// It was held, and a biologist signed it.
        package var isOverridden: Bool
        /// It was proposable, and a person rejected it.
        package var isRejected: Bool
        /// It was signed, and rejected since, or no version in force gives it any more.
        package var isRetracted: Bool
        package init(
            observationID: String, analysis: String, holds: [Hold.Code], isOverridden: Bool = false,
            isRejected: Bool = false, isRetracted: Bool = false
        ) {
            self.observationID = observationID
            self.analysis = analysis
            self.holds = holds
            self.isOverridden = isOverridden
            self.isRejected = isRejected
            self.isRetracted = isRetracted
        }
    }
    /// How many results were held for a reason; a result has as many as hold it.
    package struct Reason: Codable, Sendable, Hashable {
        package var code: Hold.Code
        package var count: Int
    }
    package struct Line: Codable, Sendable, Hashable {
        package var analysis: String
        package var results: Int
        package var proposable: Int
        /// The most frequent first.
        package var reasons: [Reason]
        package var overridden: Int
        package var rejected: Int
        package var retracted: Int

        fileprivate init(_ analysis: String, _ cases: [Case]) {
            self.analysis = analysis
            results = cases.count
            proposable = cases.count { $0.holds.isEmpty }
            var counts = [Hold.Code: Int]()
            for one in cases { for code in Set(one.holds) { counts[code, default: 0] += 1 } }
            reasons = counts.map { Reason(code: $0.key, count: $0.value) }
                .sorted { ($1.count, $0.code.rawValue) < ($0.count, $1.code.rawValue) }
            overridden = cases.count(where: \.isOverridden)
            rejected = cases.count(where: \.isRejected)
            retracted = cases.count(where: \.isRetracted)
        }

        /// Percent, one decimal, half up: `66,7`.
        package var share: String {
            guard results > 0 else { return "" }
            let tenths = (2000 * proposable + results) / (2 * results)
            return "\(tenths / 10),\(tenths % 10)"
        }
        package var told: String { reasons.map { "\($0.code.rawValue) \($0.count)" }.joined(separator: ", ") }
    }
    /// By analysis.
    package var lines: [Line]
    package var total: Line
    /// Those of one analysis, when they are asked for.
    package var cases: [Case]?

    package init(_ cases: [Case], telling analysis: String? = nil) {
        lines = Dictionary(grouping: cases, by: \.analysis).sorted { $0.key < $1.key }.map { Line($0.key, $0.value) }
        total = Line("TOTAL", cases)
        self.cases = analysis.map { code in cases.filter { $0.analysis == code } }
    }

    /// Between semicolons, as French spreadsheets expect (RFC 4180 otherwise).
    package var csv: String {
        let head = "analyse;juges;proposables;proposables_pour_cent;retenues;leves;refuses;repris"
        return
            ([head]
            + (lines + [total]).map { line in
                let held = line.reasons.map { "\($0.code.rawValue)=\($0.count)" }.joined(separator: " ")
                return "\(line.analysis);\(line.results);\(line.proposable);\(line.share);\(held);\(line.overridden);"
                    + "\(line.rejected);\(line.retracted)"
            }).joined(separator: "\r\n") + "\r\n"
    }
}
