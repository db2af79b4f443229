import Base
import Laboratory
import Store

/// What an operator does to the line of an analyzer. Each is audited with its author and reason.
package enum LineOperation: String, Sendable, CaseIterable {
    /// No line until `resume`, or until the server starts again.
    case pause
    case resume
    /// Closes the present line; the next one is waited for or dialled at once.
    case reconnect
}

extension Desk {
    /// Writes an operation into the trail, or refuses it; the line is changed only after.
    package func attest(
        _ operation: LineOperation, of analyzer: String, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .operateAnalyzers)
        try needReason(reason)
        // A line has no row to keep the reason in: the trail does, cut short.
        let subject = "\(analyzer) : \(reason.prefix(Desk.longestReason))"
        let at = now()
        try await ask { () throws(StoreFailure) in
            try await store.append([], note: note(author, "analyzer.\(operation.rawValue)", subject, at))
        }
    }

    /// Characters of a reason that the trail keeps.
    private static let longestReason = 120
}
