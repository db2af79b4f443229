package import Base
import JSON5

/// What the PFI simulator does with a message that it has not stored yet.
package enum PFIAnswer: String, Sendable, CaseIterable {
    /// Stores it, answers AA.
    case accept = "AA"
    /// Answers AE: keeps it apart, in `refused/`.
    case error = "AE"
    /// Answers AR: keeps it apart, in `refused/`.
    case reject = "AR"
    /// Says nothing and forgets it.
    case silence
    /// Stores it and says nothing: the sender cannot know (the ambiguous failure).
    case lostAnswer
    /// Forgets it and breaks the connection.
    case hangUp
    /// Stores it and answers AA, later than anybody waits (`lateBy`).
    case late
    /// Stores it and answers AA twice.
    case twice
    /// Stores it, begins its answer and breaks the connection.
    case halfAnswer
}

/// What comes back later, by ZAM.
package enum BusinessOutcome: String, Sendable, CaseIterable {
    /// Everything arrived.
    case ok
    /// The patient's DMP is closed.
    case dmpClosed
    /// The mailboxes are full (422).
    case mailboxFull
    /// Everything arrived, and the mails were read (Z03), where that was asked for.
    case read
    /// The mails arrived and could not be processed (Z03 N, 904).
    case unreadable
    /// No ZAM at all.
    case none
}

package struct PFIPolicy: Sendable {
    /// For the first, second… new message; the last one holds for ever.
    package var answers: [PFIAnswer]
    package var outcome = BusinessOutcome.ok
    /// Between AA and the first ZAM.
    package var zamDelay: Duration = .milliseconds(200)
    /// How long the SGL has to acknowledge a ZAM before it is sent again.
    package var zamTimeOut: Duration = .seconds(10)
    /// Sends of one ZAM before it is given up.
    package var zamAttempts = 20

    /// How late `late` is.
    package var lateBy: Duration = .seconds(3)

    package init(answers: [PFIAnswer] = [.accept]) { self.answers = answers.isEmpty ? [.accept] : answers }

    /// Reads `AA`, or `silence,AE,AA`.
    package init(_ text: String) throws(Refusal) {
        var answers: [PFIAnswer] = []
        for word in text.split(separator: ",") {
            guard let answer = PFIAnswer.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
                throw Refusal(
                    "pfi.policy", at: text, because: "réponse inconnue « \(word) »",
                    remedy: "réponses : " + PFIAnswer.allCases.map(\.rawValue).joined(separator: ", "))
            }
            answers.append(answer)
        }
        self.init(answers: answers)
    }

    /// Reads a scenario: `{ name: "panne", answers: ["silence", "AE", "AA"], outcome: "mailboxFull",
    /// zamDelayMilliseconds: 500, zamAttempts: 5 }`. Every key but `name` may be left out, an unknown one is refused.
    package init(json5 bytes: [UInt8], at place: String) throws(Refusal) {
        let log = FindingLog("scenario")
        let reader = ObjectReader(try JSONNode(json5: bytes, at: place), at: place + ":", log: log)
        _ = reader.required("name")
        try self.init((reader.texts("answers") ?? ["AA"]).joined(separator: ","))
        outcome = reader.choice("outcome", as: BusinessOutcome.self) ?? .ok
        zamDelay = .milliseconds(reader.whole("zamDelayMilliseconds") ?? 200)
        zamAttempts = reader.whole("zamAttempts") ?? 20
        lateBy = .milliseconds(reader.whole("lateByMilliseconds") ?? 3000)
        reader.finish()
        if let first = log.findings.first { throw first }
    }

    func answer(to number: Int) -> PFIAnswer { answers[min(number, answers.count - 1)] }
}

/// What the PFI simulator has seen and done.
package struct PFITally: Sendable, Equatable {
    package var connections = 0
    package var received = 0
    package var stored = 0
    /// Received again with the same control id and the same bytes; answered AA, not stored.
    package var duplicates = 0
    package var answeredAE = 0
    package var answeredAR = 0
    package var unanswered = 0
    package var zamAccepted = 0
    package var zamRefused = 0
    /// Sends of ZAM that got no answer.
    package var zamUnanswered = 0
    package var zamGivenUp = 0
    package var zamPending = 0
    package init() {}
}
