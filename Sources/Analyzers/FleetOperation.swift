package import Base
import Laboratory
import Store
package import Workflow

/// What an operator does to a line. Each is audited with its author and reason.
package enum LineOperation: String, Sendable, CaseIterable {
    /// No line until `resume`, or until the server starts again.
    case pause
    case resume
    /// Closes the present line; the next one is waited for or dialled at once.
    case reconnect
}

/// What is between an analyzer and the laboratory at this moment.
package struct Backlog: Sendable, Hashable {
    /// Messages journalled and not interpreted yet.
    package var messages = 0
    /// When the oldest of them came.
    package var oldest: Instant?
    /// Answers and orders not taken by the analyzer yet.
    package var orders = 0
    package init() {}
}

extension AnalyzerFleet {
    package func operate(
        _ operation: LineOperation, _ name: String, reason: String, by author: Author
    ) async throws(CommandFailure) {
        do throws(Refusal) { try author.require(.resolveTriage) } catch { throw .refused(error) }
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw .refused(
                Refusal("reason.missing", at: "reason", because: "un motif est obligatoire", remedy: "dire pourquoi"))
        }
        guard let pump = pumps[name] else {
            throw .refused(
                Refusal(
                    "analyzer.unknown", at: name, because: "aucun automate de ce nom",
                    remedy: "choisir parmi : \(pumps.keys.sorted().joined(separator: ", "))"))
        }
        // A line has no row to keep the reason in: the trail does, cut short.
        let note = AuditNote(
            site: author.site, author: author.login, action: "analyzer.\(operation.rawValue)",
            subject: "\(name) : \(reason.prefix(AnalyzerFleet.longestReason))", at: desk.now())
        do throws(StoreFailure) { try await desk.store.append([], note: note) } catch { throw .store(error) }
        switch operation {
        case .pause: pump.pause()
        case .resume: pump.resume()
        case .reconnect: await pump.reconnect()
        }
    }

    /// Characters of a reason that the trail keeps.
    private static let longestReason = 120

    /// Reads again what waits in triage of a message, with the driver that its analyzer has now.
    package func replay(
        _ messageID: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> ReplayOutcome {
        let found: ReceivedMessage?
        do throws(StoreFailure) { found = try await desk.store.message(messageID) } catch { throw .store(error) }
        guard let message = found else {
            throw .refused(
                Refusal(
                    "message.unknown", at: messageID, because: "message introuvable",
                    remedy: "voir les messages : paillasse messages"))
        }
        return try await desk.replay(messageID, reading: read(message), reason: reason, by: author)
    }

    /// Messages looked at to count what waits.
    private static let counted = 5000

    /// By analyzer; one without anything waiting is left out.
    package func backlogs() async -> [String: Backlog] {
        var backlogs = [String: Backlog]()
        for (name, pump) in pumps where pump.queue > 0 { backlogs[name, default: Backlog()].orders = pump.queue }
        // A store that is away shows on the screen by itself; the lines are shown all the same.
        guard let waiting = try? await desk.store.messagesAwaitingInterpretation(limit: AnalyzerFleet.counted) else {
            return backlogs
        }
        for message in waiting {
            var backlog = backlogs[message.analyzer] ?? Backlog()
            backlog.messages += 1
            backlog.oldest = min(backlog.oldest ?? message.at, message.at)
            backlogs[message.analyzer] = backlog
        }
        return backlogs
    }
}
