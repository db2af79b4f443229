package import Base
package import Laboratory

/// Earlier values of one analysis of a patient, newest first.
package struct HistoryView: Codable, Sendable, Hashable {
    package struct Point: Codable, Sendable, Hashable {
        package var value: ObservationValue
        package var observedAt: Moment
        /// What measured it; nil for a value typed by a person.
        package var analyzer: String?
        /// By which method, as the catalogue of that day declares it; nil when it does not.
        package var method: String?
        /// What the catalogue that judged it means by the analysis (its LOINC code); nil when nobody knows any more.
        package var definition: String?
        package init(
            value: ObservationValue, observedAt: Moment, analyzer: String?, method: String?, definition: String?
        ) {
            self.definition = definition
            self.value = value
            self.observedAt = observedAt
            self.analyzer = analyzer
            self.method = method
        }

        /// What it compares under: its method, or else what measured it.
        package var measuredBy: String? { method ?? analyzer }
    }
    package var analysis: String
    package var points: [Point]
    /// … of the result of this request, or of the catalogue in force.
    package var definition: String?
    /// … and the method of that result.
    package var method: String?
    package init(analysis: String, points: [Point], definition: String?, method: String?) {
        self.definition = definition
        self.method = method
        self.analysis = analysis
        self.points = points
    }
}

extension LaboratoryClient {
    /// Validated values before those of this request. `analysis` nil: of every analysis asked for.
    package func history(
        _ reference: String, analysis: String? = nil, since: Moment? = nil, limit: Int? = nil
    ) async throws(Refusal) -> [HistoryView] {
        try await get(
            "/v1/bio/\(LaboratoryClient.segment(reference))/history",
            [("analysis", analysis), ("since", since?.text), ("limit", limit.map(String.init))])
    }
}
