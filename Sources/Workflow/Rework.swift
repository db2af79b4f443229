package import Base
import Catalog
package import Laboratory
import Store

/// A rerun or a dilution that a person makes (RULES section 8), since the analyzer takes no order for it: wanted by
/// somebody, and done when a later run of the analysis is there.
package struct Rework: Codable, Sendable, Hashable {
    package var observationID: String
    package var isDiluted: Bool
    package var reason: String
    package init(observationID: String, isDiluted: Bool, reason: String) {
        self.observationID = observationID
        self.isDiluted = isDiluted
        self.reason = reason
    }
}

/// With who wanted it, and when.
package struct SaidRework: Sendable, Hashable {
    package var rework: Rework
    package var author: String
    package var at: Instant
}

extension Desk {
    /// Refuses (`rework.signed`) what is signed: that is amended.
    package func noteRework(
        _ rework: Rework, of reference: String, by author: Author
    ) async throws(CommandFailure) -> SaidRework {
        try allow(author, .operateAnalyzers)
        try needReason(rework.reason)
        return try await attempt { () async throws(CommandFailure) -> SaidRework in
            let (request, all, _) = try await file(of: reference)
            try within(request, author)
            guard all.contains(where: { $0.id == rework.observationID }) else {
                throw missing("observation.unknown", "résultat", rework.observationID)
            }
            let signatures = try await ask { () throws(StoreFailure) in
                try await store.signatures(requestID: request.id)
            }
            guard !signatures.contains(where: { $0.observationIDs.contains(rework.observationID) }) else {
                throw .refused(
                    Refusal(
                        "rework.signed", at: request.number, because: "ce résultat est déjà signé",
                        remedy: "demander une rectification au biologiste"))
            }
            let earlier = try await reworkEntries(of: request)
            let at = now()
            let entry = RegisterEntry(
                register: .rework, site: request.site, subject: request.id, ordinal: earlier.count + 1,
                author: author.login, at: at, body: RegisterText.text(rework))
            try await ask { () throws(StoreFailure) in
                try await store.append(
                    [.register(entry)], note: note(author, "result.rework", rework.observationID, at))
            }
            return SaidRework(rework: rework, author: author.login, at: at)
        }
    }

    /// Those that were wanted in a request, in the order in which they were.
    package func reworks(of request: Request) async throws(CommandFailure) -> [SaidRework] {
        var read = [SaidRework]()
        for entry in try await reworkEntries(of: request) {
            read.append(
                SaidRework(
                    rework: try RegisterText.decode(Array(entry.body.utf8), as: Rework.self), author: entry.author,
                    at: entry.at))
        }
        return read
    }

    private func reworkEntries(of request: Request) async throws(CommandFailure) -> [RegisterEntry] {
        try await ask { () throws(StoreFailure) in
            try await store.register(.rework, site: request.site, subject: request.id)
        }
    }
}
