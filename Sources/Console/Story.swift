package import Base

extension FileSheet {
    /// What happened to a request, without words: the screen has them in its language.
    package enum Story: Sendable, Hashable {
        case registered(String)
        case collected(String)
        case received(String, nonconformity: String?)
        case nonconform(String, String, by: String)
        /// A rerun or a dilution that a person makes.
        case rework(String, diluted: Bool, by: String, reason: String)
        /// A value, from an analyzer or a person, with the codes that held it.
        case measured(String, from: String, run: Int, holds: [String])
        case validated(String, by: String, reason: String?)
        case rejected(String, by: String, reason: String?)
        case withdrawn(String, by: String, reason: String?)
        case signed(version: Int, isWhole: Bool, by: String)
    }
}

/// What the engine looked at when it judged a result last.
package struct WhySheet: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable, CaseIterable { case yes, unknown, no, notApplicable }
    package struct Check: Sendable, Hashable {
        package var step: Int
        /// `delta@1`
        package var rule: String
        package var outcome: Outcome
        /// What it holds with; empty when it does not.
        package var code: String
        /// Values and limits, as the engine says them.
        package var seen: String
        package init(step: Int, rule: String, outcome: Outcome, code: String, seen: String) {
            self.step = step
            self.rule = rule
            self.outcome = outcome
            self.code = code
            self.seen = seen
        }
    }
    package var at: Instant
    package var engine: Int
    package var catalogue: String
    package var rules: String
    package var checks: [Check]
    /// A dilution that the analyzer could make by itself.
    package var dilution: String?
    package init(
        at: Instant, engine: Int, catalogue: String, rules: String, checks: [Check], dilution: String? = nil
    ) {
        self.at = at
        self.engine = engine
        self.catalogue = catalogue
        self.rules = rules
        self.checks = checks
        self.dilution = dilution
    }
}

extension Workbench {
    func words(of story: FileSheet.Story) -> String {
        func because(_ reason: String?) -> String { reason.map { " : " + $0 } ?? "" }
        switch story {
        case .registered(let number): return say(.storyRegistered, number)
        case .collected(let tube): return say(.storyCollected, tube)
        case .received(let tube, let nonconformity):
            return say(.storyReceived, tube) + (nonconformity.map { ", " + say(.storyNonconform, $0) } ?? "")
        case .nonconform(let tube, let reason, let by): return say(.storyNonconformBy, tube, reason, by)
        case .rework(let what, let diluted, let by, let reason):
            return say(diluted ? .storyDilute : .storyRework, what, by, reason)
        case .measured(let what, let from, let run, let holds):
            return say(.storyMeasured, what, from) + (run > 1 ? ", " + say(.run, String(run)) : "")
                + (holds.isEmpty ? "" : " ; " + say(.storyHeld, holds.joined(separator: ", ")))
        case .validated(let what, let by, let reason): return say(.storyValidated, what, by) + because(reason)
        case .rejected(let what, let by, let reason): return say(.storyRejected, what, by) + because(reason)
        case .withdrawn(let what, let by, let reason): return say(.storyWithdrawn, what, by) + because(reason)
        case .signed(let version, let isWhole, let by):
            return say(isWhole ? .storySigned : .storySignedPartly, String(version), by)
        }
    }

    /// What the engine saw, the checks that hold first; those without object are left out.
    func judgement(of id: String) -> [String] {
        guard let why = house.whys[id] else { return [] }
        var lines = [say(.whyJudged, day(why.at), String(why.engine), why.catalogue, why.rules)]
        for outcome in [WhySheet.Outcome.yes, .unknown, .no] {
            let word: Word =
                switch outcome {
                case .yes: .whyHolds
                case .unknown: .whyUnknown
                case .no: .whyClear
                case .notApplicable: .whyClear
                }
            for check in why.checks where check.outcome == outcome {
                lines.append(
                    "\(check.step) \(check.rule) : \(words[word])"
                        + (check.code.isEmpty ? "" : " [\(check.code)]")
                        + (check.seen.isEmpty ? "" : " – \(manner.language.seen(check.seen))"))
            }
        }
        if let dilution = why.dilution { lines.append(say(.whyDilution, dilution)) }
        return lines
    }
}
