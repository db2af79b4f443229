package import Base
package import Laboratory

/// Earlier values of one analysis of a patient, newest first.
package struct HistoryView: Codable, Sendable, Hashable {
    package struct Point: Codable, Sendable, Hashable {
        package var value: ObservationValue
        package var observedAt: Moment
        /// What measured it; nil for a value typed by a person.
        package var analyzer: String?
        package init(value: ObservationValue, observedAt: Moment, analyzer: String?) {
            self.value = value
            self.observedAt = observedAt
            self.analyzer = analyzer
        }
    }
    package var analysis: String
    package var points: [Point]
    package init(analysis: String, points: [Point]) {
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
