import Base
import Store

extension AnalyzerPump {
    /// Waits before each attempt to keep a block: an analyzer waits some ten seconds for its acknowledgement.
    private static let attempts: [Duration] = [.zero, .milliseconds(200), .seconds(1)]

    /// Keeps one block (MLLP, or a maker's text) that came whole: a session of its own with its frame and, when it
    /// carries one, its message, in one transaction. False when the store does not take it: then nothing may be
    /// acknowledged, and the analyzer sends it again.
    func keep(block: [UInt8], message: (text: [UInt8], hash: String)?, from peer: String) async -> Bool {
        let at = now()
        let name = configuration.name
        let session = LinkSession(id: newID(), site: configuration.site, analyzer: name, peer: peer, openedAt: at)
        var facts: [Fact] = [
            .session(session), .frame(JournalFrame(sessionID: session.id, ordinal: 0, at: at, bytes: block)),
        ]
        if let message {
            facts.append(
                .message(
                    ReceivedMessage(
                        id: newID(), site: configuration.site, analyzer: name, sessionID: session.id, ordinal: 0,
                        at: at, text: message.text, textHash: message.hash, complete: true)))
        }
        facts.append(.sessionEnd(SessionEnd(sessionID: session.id, at: at, reason: "block")))
        guard await append(facts) else {
            board.change(name) { $0.refusals += 1 }
            return false
        }
        board.change(name) { row in
            row.sessions += 1
            row.frames += 1
            row.lastSeen = at
            if message != nil { row.messages += 1 }
        }
        if message != nil { messageCame() }
        return true
    }

    private func append(_ facts: [Fact]) async -> Bool {
        for wait in AnalyzerPump.attempts {
            if wait > .zero { try? await Task.sleep(for: wait) }
            do throws(StoreFailure) {
                try await store.append(facts, note: nil)
                return true
            } catch {
                // The identifiers are this block's own: it was kept, and the answer lost.
                if case .conflict = error { return true }
                log("automate \(configuration.name) : journal indisponible, bloc non acquitté (\(error))")
            }
        }
        return false
    }
}
