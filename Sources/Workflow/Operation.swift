import Base
import Laboratory
import Store

/// What an operator does to the line of an analyzer. Each is audited with its author and reason.
package enum LineOperation: String, Sendable, CaseIterable {
    /// No line until `resume`, also after the server starts again.
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
        try await attest("analyzer.\(operation.rawValue)", analyzer, reason, author)
    }

    /// A code of an analyzer gets a meaning here; `what` says which, e.g. `cobas 158 → ALB`.
    package func attestMapping(
        _ what: String, reason: String, by author: Author, isTakenOver: Bool = false
    ) async throws(CommandFailure) {
        try allow(author, isTakenOver ? .publishCatalogue : .resolveTriage)
        try needReason(reason)
        try await attest("triage.map", what, reason, author)
    }

    /// The configuration and the drivers are read again; `what` says what changes by it.
    package func attestReload(_ what: String, reason: String, by author: Author) async throws(CommandFailure) {
        try allow(author, .operateAnalyzers)
        try needReason(reason)
        try await attest("analyzer.reload", what, reason, author)
    }

    /// Of the machine's own operator, who signalled the server.
    package func attestReload(_ what: String) async throws(CommandFailure) {
        let site = sites.keys.sorted().first ?? ""
        let note = AuditNote(site: site, author: "system", action: "analyzer.reload", subject: what, at: now())
        try await ask { () throws(StoreFailure) in try await store.append([], note: note) }
    }

    /// A line has no row to keep the reason in: the trail does, cut short.
    private func attest(
        _ action: String, _ what: String, _ reason: String, _ author: Author
    ) async throws(CommandFailure) {
        let subject = "\(what) : \(reason.prefix(Desk.longestReason))"
        let at = now()
        try await ask { () throws(StoreFailure) in try await store.append([], note: note(author, action, subject, at)) }
    }

    /// What waits in triage of one analyzer under one code of its, each message once, the oldest first.
    package func messagesWaiting(analyzer: String, code: String) async throws(CommandFailure) -> [String] {
        let open = try await ask { () throws(StoreFailure) in
            try await store.triage(site: nil, open: true, limit: .max)
        }
        var messages = [String]()
        for entry in open where entry.analyzer == analyzer && entry.incoming?.instrumentCode == code {
            if !messages.contains(entry.messageID) { messages.append(entry.messageID) }
        }
        return messages
    }

    /// Characters of a reason that the trail keeps.
    private static let longestReason = 120
}
