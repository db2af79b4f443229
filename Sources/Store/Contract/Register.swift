package import Base

/// A register of the laboratory: what people decide beside results. Each has its own subjects, and each subject its own
/// numbered entries, so that two people who decide at once conflict instead of overwriting each other.
package enum Register: String, Codable, Sendable, CaseIterable {
    /// Subject `catalogue`: one entry a published version; `content` holds its files.
    case catalogue
    /// Subject `analyse:NA`, `regle:R1`: a biologist's approval of this very content, or its withdrawal.
    case approval
    /// Subject `analyzer|analysis|material`: targets of a control.
    case controlTarget
    /// Subject `analyzer|analysis`: rules, validity, exemption.
    case controlPolicy
    /// Subject `analyzer|analysis`: what was done about a rejected run.
    case controlCorrection
    /// Subject `analyzer|analysis`: suspect periods that rejections opened, until nothing of them is left to decide.
    case controlDoubt
    /// Subject: id of a control result: why it does not count.
    case controlExclusion
    /// Subject `analyzer` or `analyzer|analysis`: calibration, maintenance, new lot of reagent.
    case controlEvent
    /// Subject `analyzer|analysis`: how the average of its patients is watched.
    case patientControl
    /// Subject: id of an observation of a suspect period: confirm, rerun, amend.
    case lookBack
    /// Subject: id of a request: results of it that a look-back wants amended, and what became of that.
    case amendmentTask
    /// Subject: id of an observation: the calls of a critical value.
    case criticalCall
    /// Subject `site`, `analyzer:xn`, `analyse:K`: the engine switched off there, or on again.
    case engineSwitch
    /// Subject: id of a request: the reflex tests proposed, added and refused in it.
    case reflex
    /// Subject: a round of external quality assessment.
    case externalAssessment
    /// Subject: id of a request: the coded comments that people put beside its results.
    case remark
    /// Subject: id of a request: what people decided about its reports' way out (hold, hide, withdraw…).
    case release
    /// Subject: id of a request: what its report says beside its results; `content` holds each part.
    case supplement
    /// Subject: id of a request, ordinal: a version of its report: who was not sent it, and why.
    case withheld
    /// Subject: id of a request: reruns and dilutions of its results that a person makes.
    case rework
    /// Subject: id of a request: indices of the serum that came without a result of their tube.
    case serum
    /// Subject `lecture`: how the laboratory reads and signs by lot, and what typing is compared with.
    case signOff
}

/// One entry of a register: inserted, never changed.
package struct RegisterEntry: Codable, Sendable, Hashable {
    package var register: Register
    package var site: String
    package var subject: String
    /// 1, 2… within (register, site, subject).
    package var ordinal: Int
    package var author: String
    package var at: Instant
    /// What was decided, as JSON of the room that decides it.
    package var body: String
    /// Bytes that come with it; empty for most.
    package var content: [UInt8]
    package init(
        register: Register, site: String, subject: String, ordinal: Int, author: String, at: Instant, body: String,
        content: [UInt8] = []
    ) {
        self.register = register
        self.site = site
        self.subject = subject
        self.ordinal = ordinal
        self.author = author
        self.at = at
        self.body = body
        self.content = content
    }
}

/// How a result was judged: every check with inputs, thresholds, rule and catalogue versions and outcome (RULES section
/// 1.3). A later judgement of the same result (its tube's other results came in) is a new one.
package struct EvaluationRecord: Codable, Sendable, Hashable {
    package var observationID: String
    /// 1, 2… within the observation; the last one stands.
    package var ordinal: Int
    package var site: String
    package var at: Instant
    /// Version of the engine that judged.
    package var engine: String
    /// The evaluation and its inputs, as JSON.
    package var content: [UInt8]
    package init(
        observationID: String, ordinal: Int, site: String, at: Instant, engine: String, content: [UInt8]
    ) {
        self.observationID = observationID
        self.ordinal = ordinal
        self.site = site
        self.at = at
        self.engine = engine
        self.content = content
    }
}
