package import Base
package import Laboratory
import Store
import Synchronization

/// Signatures whose report could not be made. The table of signatures without report says which they are, trying says
/// why: after a restart the board fills again at the first look.
package final class UnmadeBoard: Sendable {
    struct Line: Sendable {
        var signature: Signature
        var refusal: Refusal
        var tries: Int
        /// Not tried before.
        var again: Instant
    }
    private struct State {
        var lines: [String: Line] = [:]
        /// A later signature took their place.
        var overtaken: Set<String> = []
    }
    private let state = Mutex(State())

    /// The cause may be gone by itself (a font installed, a catalogue published): looked at after a minute, then less
    /// and less often.
    private static let firstWait = 60, longestWait = 3600

    /// Signatures not to be tried now.
    package func passed(at now: Instant) -> Set<String> {
        state.withLock { state in
            state.overtaken.union(state.lines.values.filter { $0.again > now }.map(\.signature.id))
        }
    }

    /// True when this reason is new: then it is told.
    package func failed(_ signature: Signature, _ refusal: Refusal, at now: Instant) -> Bool {
        state.withLock { state in
            let before = state.lines[signature.id]
            let tries = (before?.tries ?? 0) + 1
            let wait = min(UnmadeBoard.firstWait << min(tries - 1, 6), UnmadeBoard.longestWait)
            state.lines[signature.id] = Line(
                signature: signature, refusal: refusal, tries: tries, again: now.advanced(by: .seconds(wait)))
            return before?.refusal != refusal
        }
    }

    package func made(_ signature: Signature) {
        state.withLock { state in
            let older = state.lines.values.filter {
                $0.signature.requestID == signature.requestID && $0.signature.version < signature.version
            }
            for line in older {
                state.lines[line.signature.id] = nil
                state.overtaken.insert(line.signature.id)
            }
            state.lines[signature.id] = nil
        }
    }

    package func overtaken(_ signature: Signature) {
        state.withLock { state in
            state.lines[signature.id] = nil
            state.overtaken.insert(signature.id)
        }
    }

    /// Something changed that may be the cause.
    package func lookAgain() {
        state.withLock { state in
            for id in state.lines.keys { state.lines[id]?.again = Instant(milliseconds: 0) }
        }
    }

    /// The newest of each request, the oldest first.
    func standing(site: String?, requestID: String?) -> [Line] {
        let all = state.withLock { Array($0.lines.values) }.filter {
            (site == nil || $0.signature.site == site) && (requestID == nil || $0.signature.requestID == requestID)
        }
        let newest = Dictionary(all.map { ($0.signature.requestID, $0) }) {
            $0.signature.version > $1.signature.version ? $0 : $1
        }
        return newest.values.sorted {
            ($0.signature.at, $0.signature.id) < ($1.signature.at, $1.signature.id)
        }
    }
}

extension Desk {
    /// What is signed and cannot leave, since its report cannot be made: a person removes the cause.
    package func unmadeReports(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine] {
        var wanted: String?
        if let reference { wanted = try await request(reference).id }
        var lines = [WithheldLine]()
        for line in unmade.standing(site: site, requestID: wanted) {
            let (signature, refusal) = (line.signature, line.refusal)
            let request = try await request(signature.requestID)
            let place = refusal.place.isEmpty || refusal.place == request.number ? "" : " (\(refusal.place))"
            let words = "signé, mais le compte rendu ne peut être fait\(place) : \(refusal.cause) ; \(refusal.remedy)"
            lines.append(
                WithheldLine(
                    requestID: request.id, requestNumber: request.number, version: signature.version,
                    at: signature.at,
                    note: WithheldNote(
                        destination: "tous", reason: WithheldNote.unmade, words: words, hasEarlier: false),
                    needsPerson: true, told: nil))
        }
        return lines
    }
    package func unmadeCount(site: String?) -> Int { unmade.standing(site: site, requestID: nil).count }
}
