import Base
import Laboratory
import Synchronization
import Workflow

/// What was typed the first time, of results that are typed twice (`enter.twice`). The server holds it and compares the
/// second typing with it, so that no program answers for both. The same person may type both: what is caught is a slip
/// of the hand. In memory only: after a restart both are typed again.
final class FirstReadings: Sendable {
    /// How long a first typing waits for its second; whoever left the bench reads the source anew.
    static let life = Duration.seconds(15 * 60)
    /// Typings held at once; beyond it the oldest gives way.
    static let most = 10_000

    private struct Cell: Hashable {
        var requestID: String
        var analysis: String
        var login: String
    }
    private struct Reading {
        var value: ObservationValue
        var at: Instant
    }
    private let readings = Mutex<[Cell: Reading]>([:])

    /// Takes the place of an earlier one of this person in this cell. Answers until when it is held.
    func hold(
        _ value: ObservationValue, _ analysis: String, _ requestID: String, by author: Author, at now: Instant
    ) -> Instant {
        readings.withLock { readings in
            readings = readings.filter { $0.value.at.duration(to: now) < FirstReadings.life }
            if readings.count >= FirstReadings.most, let oldest = readings.min(by: { $0.value.at < $1.value.at }) {
                readings[oldest.key] = nil
            }
            readings[Cell(requestID: requestID, analysis: analysis, login: author.login)] = Reading(
                value: value, at: now)
        }
        return now.advanced(by: FirstReadings.life)
    }

    /// Is this what the same person typed first? It stays held until ``forget(_:_:by:)``, so that a conflict with
    /// somebody else costs no typing; two that differ are both gone.
    func compare(
        _ value: ObservationValue, _ analysis: String, _ requestID: String, by author: Author, at now: Instant
    ) throws(Refusal) {
        let cell = Cell(requestID: requestID, analysis: analysis, login: author.login)
        let held = readings.withLock { readings -> Reading? in
            guard let held = readings[cell], held.at.duration(to: now) < FirstReadings.life else { return nil }
            if held.value != value { readings[cell] = nil }
            return held
        }
        guard let held else {
            throw Refusal(
                "enter.twice", at: analysis,
                because: "ce résultat se saisit deux fois, et le serveur n'en tient pas de première saisie",
                remedy: "le saisir deux fois en regardant la source")
        }
        guard held.value == value else {
            throw Refusal(
                "enter.twice.differs", at: analysis, because: "les deux saisies diffèrent",
                remedy: "recommencer les deux en regardant la source")
        }
    }

    func forget(_ analysis: String, _ requestID: String, by author: Author) {
        readings.withLock { $0[Cell(requestID: requestID, analysis: analysis, login: author.login)] = nil }
    }
}
