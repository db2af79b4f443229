package import Base
import Laboratory

/// A reflex test that a rule proposes, in a request (RULES section 11).
package struct ReflexRow: Sendable, Hashable {
    package var request: String
    /// `TSH-T4L@1`
    package var rule: String
    package var adds: [String]
    /// In words, with what is to be looked at before (volume, stability, billing).
    package var because: String
    package var at: Instant
    package init(request: String, rule: String, adds: [String], because: String, at: Instant) {
        self.request = request
        self.rule = rule
        self.adds = adds
        self.because = because
        self.at = at
    }
    package var key: String { request + " " + rule }
}

extension Workbench {
    /// Reflex tests that wait for a decision: that of the row, or those of the file.
    package var reflexesHere: [ReflexRow] {
        if face.list == .reflexes { return house.reflexes.filter { $0.key == face.key } }
        return currentRequest.map { request in house.reflexes.filter { $0.request == request } } ?? []
    }

    /// For those who may read files.
    var loadReflexes: [Effect] { house.permissions.contains(.readFiles) ? [.load(.reflexes)] : [] }

    /// What a rule proposes is added or refused, with a reason (RULES section 11).
    mutating func askReflex() {
        guard let row = reflexesHere.first else { return }
        let patient = currentFile?.patient ?? row.request
        ask(
            Question(
                purpose: .reflex(request: row.request, rule: row.rule),
                title: say(.reflexTitle, row.adds.joined(separator: ", "), patient, "\(row.because) (\(row.rule))"),
                parts: [
                    .init(.reflexDecision, choices: [words[.reflexAdd], words[.reflexRefuse]], isClosed: true),
                    .init(.reason, choices: [words[.reasonClinical], words[.reflexKnown], words[.reflexVolume]]),
                ]))
    }
}
