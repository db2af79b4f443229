package import Base

/// How far the laboratory's story has gone: the sequence of its last line of the audit chain.
package struct ChangeView: Codable, Sendable, Hashable {
    package var sequence: Int
    package init(sequence: Int) { self.sequence = sequence }
}

extension LaboratoryClient {
    /// Answers as soon as something happened after `sequence`, at the latest after `wait` seconds. Without `sequence`:
    /// at once.
    package func changes(after sequence: Int?, wait: Int) async throws(Refusal) -> ChangeView {
        try await get("/v1/events", [("after", sequence.map(String.init)), ("wait", String(wait))])
    }
    /// The request of a tube.
    package func file(ofTube accession: String) async throws(Refusal) -> RequestFileView {
        try await get("/v1/specimens/\(LaboratoryClient.segment(accession))")
    }
    package func withdraw(
        _ reference: String, _ body: WithdrawBody
    ) async throws(Refusal) -> [ObservationEventView] {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/withdraw", body)
    }
}
