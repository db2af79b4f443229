import Base
import Drivers
import LIS2
import Laboratory
import Store
import Synchronization
import Workflow

/// A message that was cut short, and what its sender makes of it afterwards (LIS2-A2, storage points): what stands
/// before its last storage point was acknowledged and is the laboratory's, so it is taken at once; a sender that goes
/// on at that point never sends it again. One that begins with the header again does: then it is left out.
final class CutMessages: Sendable {
    /// By analyzer: results that the messages cut since its last whole one left.
    private let taken = Mutex([String: [IncomingObservation]]())
    /// Messages looked at, newest first, for those cut before a restart of the server.
    private static let memory = 32

    /// What is to be taken of a message; `saved` says that it is the part of a cut one.
    struct Part {
        var reading: Reading
        var saved = false
        /// Results left out because they are here already.
        var again = 0
        fileprivate var left: [IncomingObservation] = []
    }

    func part(
        of message: ReceivedMessage, store: any LaboratoryStore, read: (ReceivedMessage) -> Reading,
        readSaved: (ReceivedMessage) -> Reading?
    ) async throws(StoreFailure) -> Part {
        let before: [IncomingObservation]
        if let known = taken.withLock({ $0[message.analyzer] }) {
            before = known
        } else {
            before = try await left(before: message, store, read, readSaved)
        }
        guard message.complete else {
            guard let saved = readSaved(message) else { return Part(reading: read(message), left: before) }
            var part = CutMessages.part(saved, without: before)
            part.saved = true
            // Cut twice, the second time later: each result of either counts once.
            part.left = before + part.reading.observations + part.reading.controls
            return part
        }
        let reading = read(message)
        // A query between the two attempts changes nothing.
        let isWithoutResults = reading.observations.isEmpty && reading.controls.isEmpty
        if before.isEmpty || isWithoutResults { return Part(reading: reading, left: before) }
        return CutMessages.part(reading, without: before)
    }

    /// The part is in the store.
    func settled(_ part: Part, of message: ReceivedMessage) {
        taken.withLock { $0[message.analyzer] = part.left }
    }

    private static func part(_ reading: Reading, without before: [IncomingObservation]) -> Part {
        var known = [IncomingObservation: Int]()
        for observation in before { known[unplaced(observation), default: 0] += 1 }
        var part = Part(reading: reading)
        func isNew(_ observation: IncomingObservation) -> Bool {
            let key = unplaced(observation)
            guard let count = known[key], count > 0 else { return true }
            known[key] = count - 1
            part.again += 1
            return false
        }
        part.reading.observations = reading.observations.filter(isNew)
        part.reading.controls = reading.controls.filter(isNew)
        return part
    }

    /// The same result stands at another place in another attempt.
    private static func unplaced(_ observation: IncomingObservation) -> IncomingObservation {
        var copy = observation
        copy.ordinal = 0
        return copy
    }

    /// After a restart of the server: the messages cut since the last whole one with results, as they stand.
    private func left(
        before message: ReceivedMessage, _ store: any LaboratoryStore, _ read: (ReceivedMessage) -> Reading,
        _ readSaved: (ReceivedMessage) -> Reading?
    ) async throws(StoreFailure) -> [IncomingObservation] {
        let messages = try await store.messages(analyzer: message.analyzer, limit: CutMessages.memory)
        var attempts = [Reading]()
        for earlier in messages where (earlier.at, earlier.id) < (message.at, message.id) {
            if earlier.complete {
                let reading = read(earlier)
                if reading.observations.isEmpty, reading.controls.isEmpty { continue }
                break
            }
            if let saved = readSaved(earlier) { attempts.append(saved) }
        }
        var all = [IncomingObservation]()
        for attempt in attempts.reversed() {
            let part = CutMessages.part(attempt, without: all)
            all += part.reading.observations + part.reading.controls
        }
        return all
    }
}

extension AnalyzerFleet {
    /// What the driver reads before the last storage point of a message that was cut; nil when nothing is, or when it
    /// cannot be read.
    func readSaved(_ message: ReceivedMessage) -> Reading? {
        guard let analyzer = pump(named: message.analyzer)?.configuration, analyzer.driver.description.dialect == .lis2,
            let stored = LISMessage(bytes: message.text).stored
        else { return nil }
        let reading = analyzer.driver.read(stored, zone: analyzer.zone)
        guard reading.problems.isEmpty, !(reading.observations.isEmpty && reading.controls.isEmpty) else { return nil }
        return Reading(observations: reading.observations, controls: reading.controls)
    }
}
