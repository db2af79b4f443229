package import Base
import Laboratory

/// The load of a morning, for the bench and for tests: what the durable path of reception costs by itself.
package enum IngestLoad {
    /// Appends `messages` messages, each with its frame in one transaction, from `writers` writers at once (each waits for
    /// its own append to be durable before the next, as a line does before its ACK). Answers how long it took.
    package static func run(
        on store: any LaboratoryStore, messages: Int, writers: Int, text: [UInt8], prefix: String = "load",
        at instant: Instant
    ) async throws -> Duration {
        let clock = ContinuousClock()
        let start = clock.now
        let hash = Digest.sha256Hex(text)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let session = "\(prefix)-s\(writer)"
                    for n in stride(from: writer, to: messages, by: writers) {
                        let ordinal = n / writers
                        let frame = JournalFrame(sessionID: session, ordinal: ordinal, at: instant, bytes: text)
                        let message = ReceivedMessage(
                            id: "\(prefix)-m\(n)", site: "S1", analyzer: "a\(writer)", sessionID: session,
                            ordinal: ordinal, at: instant, text: text, textHash: hash, complete: true)
                        try await store.append([.frame(frame), .message(message)], note: nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        return clock.now - start
    }
}
