import Base
package import Laboratory
import Quality
import Store

/// A result that left and that a look-back wants amended (RULES section 2.5): a task of the biologist until the report
/// is amended, or until the result is decided otherwise, with a reason.
package struct AmendmentTask: Codable, Sendable, Hashable {
    package var observationID: String
    package var analysis: String
    package var analyzer: String
    /// The rejected run.
    package var run: String
    package var isOpen: Bool
    package var reason: String
    /// What left that was calculated from it; nil: nothing.
    package var calculated: [String]?
    /// What holds the whole tube since; nil: a rejected control.
    package var hold: Hold.Code?

    package var analyses: [String] { [analysis] + (calculated ?? []) }
    var words: String { hold.map { "\($0.rawValue) : \(reason)" } ?? "contrôle \(run) : \(reason)" }

    /// A result and a reason: one task, however often it is met.
    struct Key: Hashable {
        let observation: String
        let cause: String
        init(_ observation: String, _ cause: String) {
            self.observation = observation
            self.cause = cause
        }
    }

    func entry(_ request: Request, ordinal: Int, by author: String, at: Instant) -> RegisterEntry {
        RegisterEntry(
            register: .amendmentTask, site: request.site, subject: request.id, ordinal: ordinal, author: author,
            at: at, body: RegisterText.text(self))
    }
}

extension Desk {
    /// What a decision makes of the tasks of its request: opens one, or sets one aside.
    func taskFacts(
        _ decision: LookBackDecision, on observation: Observation, analyzer: String, with following: [String],
        by author: Author
    ) async throws(CommandFailure) -> [Fact] {
        let entries = try await taskEntries(of: observation.requestID, site: observation.site)
        let standing = entries.last { $0.task.observationID == observation.id && $0.task.run == decision.run }
        let opens = decision.choice == .amend
        guard opens || standing?.task.isOpen ?? false else { return [] }
        var codes = Set<String>()
        for id in following {
            let found = try await ask { () throws(StoreFailure) in try await store.observation(id) }
            if let found { codes.insert(found.analysis) }
        }
        let task = AmendmentTask(
            observationID: observation.id, analysis: observation.analysis, analyzer: analyzer, run: decision.run,
            isOpen: opens, reason: decision.signed.reason, calculated: codes.isEmpty ? nil : codes.sorted())
        return [
            .register(
                RegisterEntry(
                    register: .amendmentTask, site: observation.site, subject: observation.requestID,
                    ordinal: entries.count + 1, author: author.login, at: decision.signed.at,
                    body: RegisterText.text(task)))
        ]
    }

    /// Tasks that no amendment answered yet, in the order in which they came.
    func openTasks(
        of request: Request, _ signatures: [Signature]
    ) async throws(CommandFailure) -> [AmendmentTask] {
        guard !signatures.isEmpty else { return [] }
        var open = [(task: AmendmentTask, at: Instant)]()
        for entry in try await taskEntries(of: request.id, site: request.site) {
            open.removeAll { $0.task.observationID == entry.task.observationID && $0.task.run == entry.task.run }
            if entry.task.isOpen { open.append(entry) }
        }
        let amended = signatures.filter { $0.amendment != nil }.map(\.at)
        return open.filter { entry in !amended.contains { $0 >= entry.at } }.map(\.task)
    }

    func taskEntries(
        of request: String, site: String
    ) async throws(CommandFailure) -> [(task: AmendmentTask, at: Instant)] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.amendmentTask, site: site, subject: request)
        }
        var read = [(task: AmendmentTask, at: Instant)]()
        for entry in entries {
            read.append((try RegisterText.decode(Array(entry.body.utf8), as: AmendmentTask.self), entry.at))
        }
        return read
    }
}
