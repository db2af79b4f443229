package import Base
import Laboratory
package import Lines
import Store
import Synchronization
package import Workflow

/// What is between an analyzer and the laboratory at this moment.
package struct Backlog: Sendable, Hashable {
    /// Messages journalled and not interpreted yet.
    package var messages = 0
    /// When the oldest of them came.
    package var oldest: Instant?
    /// Answers and orders not taken by the analyzer yet.
    package var orders = 0
    /// When the oldest of the orders was queued.
    package var oldestOrder: Instant?
    /// Connections that were not let in: address, number, TLS.
    package var refusedPeers: [PeerRefusal: Int] = [:]
    package init() {}
}

extension AnalyzerFleet {
    package func operate(
        _ operation: LineOperation, _ name: String, reason: String, by author: Author
    ) async throws(CommandFailure) {
        let pump = try member(name, author).pump
        try await desk.attest(operation, of: name, reason: reason, by: author)
        switch operation {
        case .pause:
            try note { () throws(Refusal) in try notes.change(name) { $0.paused = true } }
            pump.pause()
        case .resume:
            try note { () throws(Refusal) in try notes.change(name) { $0.paused = false } }
            pump.resume()
        case .reconnect: await pump.reconnect()
        }
    }

    /// An analyzer of a site that this author reaches.
    func member(_ name: String, _ author: Author) throws(CommandFailure) -> Member {
        let members = members.withLock { $0 }.filter { author.reaches($0.value.given.site) }
        if let member = members[name] { return member }
        throw .refused(
            Refusal(
                "analyzer.unknown", at: name, because: "aucun automate de ce nom",
                remedy: "choisir parmi : \(members.keys.sorted().joined(separator: ", "))"))
    }
    func note(_ work: () throws(Refusal) -> Void) throws(CommandFailure) {
        do throws(Refusal) { try work() } catch { throw .refused(error) }
    }

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
        for (name, pump) in pumps {
            if pump.answersWaiting > 0 { backlogs[name, default: Backlog()].orders = pump.answersWaiting }
            let refused = pump.refusedPeers
            if !refused.isEmpty { backlogs[name, default: Backlog()].refusedPeers = refused }
        }
        // Orders under way stand in the store until their acknowledgement does.
        for order in (try? await desk.store.ordersDue(analyzer: nil, limit: AnalyzerFleet.counted)) ?? [] {
            var backlog = backlogs[order.analyzer] ?? Backlog()
            backlog.orders += 1
            backlog.oldestOrder = min(backlog.oldestOrder ?? order.at, order.at)
            backlogs[order.analyzer] = backlog
        }
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
