package import Base

/// Work that an analyzer is told of unasked, and what became of it.
package struct AnalyzerOrderView: Codable, Sendable, Hashable {
    package var id: String
    package var analyzer: String
    package var accession: String
    /// `new`, `add` or `cancel`.
    package var action: String
    package var analyses: [String]
    package var at: Moment
    /// Account that asked for it once more.
    package var askedBy: String?
    /// `acknowledged`, `failed` (it goes again), `refused`, `withdrawn`; nil while nothing was tried.
    package var state: String?
    package var stateAt: Moment?
    package var detail: String?
    /// Times that it did not get through.
    package var failures: Int
    package init(
        id: String, analyzer: String, accession: String, action: String, analyses: [String], at: Moment,
        askedBy: String?, state: String?, stateAt: Moment?, detail: String?, failures: Int
    ) {
        self.id = id
        self.analyzer = analyzer
        self.accession = accession
        self.action = action
        self.analyses = analyses
        self.at = at
        self.askedBy = askedBy
        self.state = state
        self.stateAt = stateAt
        self.detail = detail
        self.failures = failures
    }
}

/// An order to send once more.
package struct ResendBody: Codable, Sendable, Hashable {
    package var accession: String
    package var reason: String
    package init(accession: String, reason: String) {
        self.accession = accession
        self.reason = reason
    }
}

/// Analyses and panels to take off a request.
package struct CancelLinesBody: Codable, Sendable, Hashable {
    package var codes: [String]
    package var reason: String
    package init(codes: [String], reason: String) {
        self.codes = codes
        self.reason = reason
    }
}

extension LaboratoryClient {
    /// The newest first.
    package func orders(of analyzer: String, limit: Int? = nil) async throws(Refusal) -> [AnalyzerOrderView] {
        try await get(
            "/v1/analyzers/\(LaboratoryClient.segment(analyzer))/orders", [("limit", limit.map(String.init))])
    }
    package func resendOrder(to analyzer: String, _ body: ResendBody) async throws(Refusal) -> AnalyzerOrderView {
        try await send("POST", "/v1/analyzers/\(LaboratoryClient.segment(analyzer))/orders/resend", body)
    }
    package func cancelLines(
        _ reference: String, _ body: CancelLinesBody
    ) async throws(Refusal) -> RegisteredView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/lines/cancel", body)
    }
}
