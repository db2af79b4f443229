import Base

/// State of an assay's control (RULES section 2.5).
///
/// ```
///  NON_CONTROLE ──conforming──▶ CONFORME ──time, samples, event──▶ ECHU ──conforming──▶ CONFORME
///       ▲                        │  │                                │
///       └──── run without z ─────┘  └───────── rejecting ────────────┤  (and from NON_CONTROLE, CORRIGE)
///                                                                    ▼
///                  CONFORME ◀── the other of the two ── CORRIGE ◀── REJET
///                                (conforming run,        a signed correction, or a conforming run
///                                 signed correction)
///
/// An alarm of the patients' averages makes a CONFORME an ECHU too; the conforming run that answers it, in time, also
/// speaks for the results between.
/// ```
package enum ControlState: String, Sendable, Codable, CaseIterable {
    case notControlled = "NON_CONTROLE"
    case conforming = "CONFORME"
    case expired = "ECHU"
    case rejected = "REJET"
    /// Half way back from a rejection: the correction is signed or a run conforms, not yet both.
    case corrected = "CORRIGE"

    /// What the state holds results with; nil for the only state that lets them through.
    package var hold: ControlHold? {
        switch self {
        case .conforming: nil
        case .notControlled: .absent
        case .expired: .expired
        case .rejected, .corrected: .rejected
        }
    }
}

/// Hold codes of RULES section 1.2, step 3.
package enum ControlHold: String, Sendable, Codable, CaseIterable {
    case absent = "CQ_ABSENT"
    case expired = "CQ_ECHU"
    case rejected = "CQ_REJET"
}

/// A signed corrective action after a rejection.
package struct ControlCorrection: Sendable, Hashable, Codable {
    /// The rejected run it answers.
    package var run: String
    /// What was wrong.
    package var cause: String
    /// What was done, who did it, when.
    package var action: SignedReason
    package init(run: String, cause: String, action: SignedReason) {
        self.run = run
        self.cause = cause
        self.action = action
    }
}

/// Where the machine stands, with what it needs to go on.
enum ControlPhase: Sendable, Hashable {
    case notControlled(because: String)
    case conforming(run: String, at: Instant)
    /// The patients' average alarms since that conforming run: a control is due, and answers for both sides of it.
    case alarmed(run: String, at: Instant)
    case expired(because: String)
    case rejected(run: String)
    /// Signed, and waiting for a run.
    case signed(run: String)
    /// A run conforms, and the correction is not signed.
    case rerun(rejected: String, run: String, at: Instant)

    var state: ControlState {
        switch self {
        case .notControlled: .notControlled
        case .conforming: .conforming
        case .alarmed, .expired: .expired
        case .rejected: .rejected
        case .signed, .rerun: .corrected
        }
    }

    /// Until when the phase's conforming run is good, by time alone.
    func end(_ policy: ControlPolicy) -> Instant? {
        switch self {
        case .conforming(_, let at), .alarmed(_, let at), .rerun(_, _, let at):
            policy.validity.map { at.advanced(by: $0) }
        case .notControlled, .expired, .rejected, .signed: nil
        }
    }

    func after(_ input: ControlInput, _ policy: ControlPolicy) -> ControlPhase {
        switch input {
        case .run(let run, let at, let outcome, let because): after(run, at, outcome, because, policy)
        case .time: expired("la durée de validité est passée")
        case .event(let kind): after(kind, policy)
        case .correction(let rejected): corrected(rejected)
        }
    }

    private func after(_ kind: ControlEventKind, _ policy: ControlPolicy) -> ControlPhase {
        switch kind {
        case .calibration, .newReagentLot, .maintenance:
            return policy.endingEvents.contains(kind) ? expired("\(kind.rawValue) depuis le dernier contrôle") : self
        case .patientAlarm:
            if case .conforming(let run, let at) = self { return .alarmed(run: run, at: at) }
            return expired("")
        case .patientWarning: return self
        }
    }

    private func after(
        _ run: String, _ at: Instant, _ outcome: RunOutcome, _ because: String, _ policy: ControlPolicy
    ) -> ControlPhase {
        switch outcome {
        case .rejected: return .rejected(run: run)
        case .incomplete: return self
        case .absent:
            switch self {
            case .notControlled, .conforming: return .notControlled(because: because)
            case .alarmed, .expired, .rejected, .signed: return self
            case .rerun(let rejected, _, _): return .rejected(run: rejected)
            }
        case .conforming:
            switch self {
            case .notControlled, .conforming, .alarmed, .expired, .signed: return .conforming(run: run, at: at)
            case .rejected(let rejected): return .rerun(rejected: rejected, run: run, at: at)
            case .rerun(let rejected, _, _):
                return policy.needsSignedCorrection
                    ? .rerun(rejected: rejected, run: run, at: at) : .conforming(run: run, at: at)
            }
        }
    }

    private func expired(_ because: String) -> ControlPhase {
        switch self {
        case .conforming: .expired(because: because)
        // An alarm only asks for a control; what else ends the control ends it for good.
        case .alarmed: because.isEmpty ? self : .expired(because: because)
        // The run that waited for a signature proves nothing any more.
        case .rerun(let rejected, _, _): .rejected(run: rejected)
        case .notControlled, .expired, .rejected, .signed: self
        }
    }

    /// A signature lifts the rejection it names, no other.
    private func corrected(_ name: String) -> ControlPhase {
        switch self {
        case .rejected(let rejected) where rejected == name: .signed(run: name)
        case .rerun(let rejected, let run, let at) where rejected == name: .conforming(run: run, at: at)
        case .notControlled, .conforming, .alarmed, .expired, .rejected, .signed, .rerun: self
        }
    }
}

/// What moves the machine.
enum ControlInput: Sendable, Hashable {
    case run(String, at: Instant, RunOutcome, because: String)
    case time
    case event(ControlEventKind)
    /// The rejected run that a signed correction answers.
    case correction(String)
}
