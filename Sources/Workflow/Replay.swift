import Base
package import Laboratory
import Store

/// What a replay took out of triage, and what stays there.
package struct ReplayOutcome: Codable, Sendable, Hashable {
    package var messageID: String
    package var observations: Int
    package var controls: Int
    /// Entries of the message that are still open.
    package var waiting: Int
}

extension Desk {
    /// Reads again what waits in triage of one message, with the reading of today's driver and catalogue: what now
    /// finds its place leaves triage, the rest stays. Everything in one transaction; the keys of observation, control
    /// and resolution make each happen once, whoever replays how often.
    package func replay(
        _ messageID: String, reading: Reading, reason: String, by author: Author
    ) async throws(CommandFailure) -> ReplayOutcome {
        try allow(author, .resolveTriage)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> ReplayOutcome in
            let found = try await ask { () throws(StoreFailure) in try await store.message(messageID) }
            guard let message = found else { throw missing("message.unknown", "message", messageID) }
            try within(message.site, author, "message.unknown", "message", messageID)
            let open = try await ask { () throws(StoreFailure) in
                try await store.triage(site: message.site, open: true, limit: .max)
            }.filter { $0.messageID == messageID }
            try checkReplay(message, open, reading)
            try await checkOnce(message, open)
            var work = Replay(reason: reason, author: author.login, at: now())
            var files = OpenFiles()
            let isWhole = open.contains { $0.ordinal < 0 }
            for incoming in reading.observations {
                let entry = open.first { $0.ordinal == incoming.ordinal }
                guard entry != nil || isWhole else { continue }
                switch try await match(incoming, message, &files) {
                case .taken:
                    work.outcome.observations += 1
                    work.close(entry)
                case .repeated, .told: work.close(entry)
                case .triage(let made):
                    work.outcome.waiting += 1
                    // A result that still finds no place keeps its entry; out of a whole message it gets its own.
                    if entry == nil { work.facts.append(.triage(made)) }
                }
            }
            work.facts += try await judge(files)
            let unknown = try await unknownControls(reading.controls, message, waiting: true)
            for incoming in reading.controls {
                let entry = open.first { $0.ordinal == incoming.ordinal }
                guard entry != nil || isWhole else { continue }
                let made = unknown.first { $0.ordinal == incoming.ordinal }
                if entry?.reason == .unknownControl {
                    // The control itself was kept when it came.
                    if made != nil {
                        work.outcome.waiting += 1
                        continue
                    }
                } else {
                    work.facts.append(.control(control(incoming, message, at: work.at)))
                    if let made {
                        work.outcome.waiting += 1
                        work.facts.append(.triage(made))
                    }
                }
                work.outcome.controls += 1
                work.close(entry)
            }
            work.close(open.first { $0.ordinal < 0 })
            work.outcome.messageID = messageID
            if work.facts.isEmpty { return work.outcome }
            let facts = work.facts, at = work.at
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "triage.replay", messageID, at))
            }
            for case .control(let control) in facts {
                quality.forget(site: control.site, analyzer: control.analyzer, analysis: control.analysis)
            }
            await afterArrival(facts)
            return work.outcome
        }
    }

    private func checkReplay(
        _ message: ReceivedMessage, _ open: [TriageEntry], _ reading: Reading
    ) throws(CommandFailure) {
        guard !open.isEmpty else {
            throw .refused(
                Refusal(
                    "replay.nothing", at: message.id, because: "rien de ce message n'attend en triage",
                    remedy: "voir ce qui attend : paillasse triage list"))
        }
        guard message.complete else {
            throw .refused(
                Refusal(
                    "replay.incomplete", at: message.id, because: "ce message a été coupé avant sa fin",
                    remedy: "le faire renvoyer par l'automate, puis écarter l'entrée avec un motif"))
        }
        if let problem = reading.problems.first {
            throw .refused(
                Refusal(
                    "replay.unreadable", at: message.id, because: "encore illisible : \(problem.cause)",
                    remedy: problem.remedy))
        }
    }

    /// A message that waits as a whole may have come again since and been taken then.
    private func checkOnce(_ message: ReceivedMessage, _ open: [TriageEntry]) async throws(CommandFailure) {
        guard open.contains(where: { $0.ordinal < 0 }) else { return }
        let taken = try await ask { () throws(StoreFailure) in
            try await store.interpretedMessage(
                analyzer: message.analyzer, textHash: message.textHash, excluding: message.id)
        }
        guard let taken else { return }
        throw .refused(
            Refusal(
                "replay.taken", at: message.id, because: "le même texte a été pris dans le message \(taken)",
                remedy: "écarter l'entrée de triage avec un motif"))
    }

    private struct Replay {
        let reason: String
        let author: String
        let at: Instant
        var facts: [Fact] = []
        var outcome = ReplayOutcome(messageID: "", observations: 0, controls: 0, waiting: 0)

        mutating func close(_ entry: TriageEntry?) {
            guard let entry else { return }
            facts.append(
                .triageResolution(
                    TriageResolution(
                        triageID: entry.id, kind: .attached, author: author, at: at, reason: "rejoué : " + reason)))
        }
    }
}
