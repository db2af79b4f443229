import Base
import Laboratory
import Store

extension Observation {
    /// Whether an analyzer sends this very result again, in another message: same analyzer, text and flags, and the
    /// same instant of measurement, which the analyzer must have said. A rerun has an instant of its own; without one
    /// nothing tells them apart, and a second passage is what a person looks at.
    func isSame(as incoming: IncomingObservation, in message: ReceivedMessage) -> Bool {
        guard let measured = incoming.observedAt, origin.messageID != message.id else { return false }
        return origin.analyzer == message.analyzer && observedAt == measured && rawText == incoming.rawText
            && accession == incoming.accession
            && instrumentFlags == incoming.instrumentFlags + incoming.unknownFlags
    }
}
