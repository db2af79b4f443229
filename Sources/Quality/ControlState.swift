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
///
/// A level that goes over to another lot of control makes a CONFORME an ECHU, until a conforming run measured that
/// level; a rejection that is open then waits for that level too.
/// ```
///
/// RULES draws `REJET → CORRIGE → CONFORME` and says that a rejection stops release; it does not say that CORRIGE lets
/// go. So CORRIGE holds as REJET does, under the same code (`CQ_REJET`): the first good run after a rejection is half
/// of the way, the signed correction (or, where nobody signs, a second good run) is the other. And a run answers a
/// rejection only for the levels that it measured: while a level that took part in it was not measured again, runs of
/// the other levels change nothing.
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

/// A rejection that is not lifted.
struct OpenRejection: Sendable, Hashable {
    let run: String
    /// Levels that took part in it, and those that went over to another lot since.
    var failed: Set<String>
    /// Those of them that no conforming run measured again.
    var awaited: Set<String>

    init(run: String, failed: Set<String>) {
        self.run = run
        self.failed = failed
        awaited = failed
    }
    func answered(by levels: Set<String>) -> OpenRejection {
        var rest = self
        rest.awaited.subtract(levels)
        return rest
    }
    func asking(for level: String?) -> OpenRejection {
        var wider = self
        if let level {
            wider.failed.insert(level)
            wider.awaited.insert(level)
        }
        return wider
    }
    /// As it was before any run answered.
    var whole: OpenRejection { OpenRejection(run: run, failed: failed) }
}

/// Where the machine stands, with what it needs to go on.
enum ControlPhase: Sendable, Hashable {
    /// `awaited`: levels that went over to another lot, and that a conforming run has to measure.
    case notControlled(because: String, awaited: Set<String> = [])
    case conforming(run: String, at: Instant)
    /// The patients' average alarms since that conforming run: a control is due, and answers for both sides of it.
    case alarmed(run: String, at: Instant)
    case expired(because: String, awaited: Set<String> = [])
    case rejected(OpenRejection)
    /// Signed, and waiting for a run.
    case signed(OpenRejection)
    /// A run conforms, and the correction is not signed.
    case rerun(OpenRejection, run: String, at: Instant)

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
        case .run(let run, let outcome): after(run, outcome, policy)
        case .time: expired("la durée de validité est passée")
        case .event(let kind): after(kind, policy)
        case .newLot(let level): afterNewLot(of: level)
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
        case .newControlLot: return afterNewLot(of: nil)
        }
    }

    /// `level` nil: any conforming run answers.
    private func afterNewLot(of level: String?) -> ControlPhase {
        let levels = Set([level].compactMap(\.self))
        let because = "\(ControlEventKind.newControlLot.rawValue) depuis le dernier contrôle"
        return switch self {
        case .notControlled(let because, let awaited):
            .notControlled(because: because, awaited: awaited.union(levels))
        case .conforming, .alarmed: .expired(because: because, awaited: levels)
        case .expired(let because, let awaited): .expired(because: because, awaited: awaited.union(levels))
        case .rejected(let open): .rejected(open.asking(for: level))
        case .signed(let open): .signed(open.asking(for: level))
        // The run that waited for a signature was of the lot before.
        case .rerun(let open, _, _): .rejected(open.whole.asking(for: level))
        }
    }

    private func after(_ run: JudgedRun, _ outcome: RunOutcome, _ policy: ControlPolicy) -> ControlPhase {
        switch outcome {
        case .rejected:
            return .rejected(OpenRejection(run: run.name, failed: run.failed.union(open?.awaited ?? [])))
        case .incomplete: return self
        case .absent:
            switch self {
            case .notControlled(_, let awaited): return .notControlled(because: run.because, awaited: awaited)
            case .conforming: return .notControlled(because: run.because)
            case .alarmed, .expired, .rejected, .signed: return self
            case .rerun(let open, _, _): return .rejected(open.whole)
            }
        case .conforming:
            switch self {
            case .conforming, .alarmed: return .conforming(run: run.name, at: run.at)
            case .notControlled(let because, let awaited):
                let rest = awaited.subtracting(run.levels)
                return rest.isEmpty
                    ? .conforming(run: run.name, at: run.at) : .notControlled(because: because, awaited: rest)
            case .expired(let because, let awaited):
                let rest = awaited.subtracting(run.levels)
                return rest.isEmpty
                    ? .conforming(run: run.name, at: run.at) : .expired(because: because, awaited: rest)
            case .signed(let open):
                let rest = open.answered(by: run.levels)
                return rest.awaited.isEmpty ? .conforming(run: run.name, at: run.at) : .signed(rest)
            case .rejected(let open):
                let rest = open.answered(by: run.levels)
                return rest.awaited.isEmpty ? .rerun(rest, run: run.name, at: run.at) : .rejected(rest)
            case .rerun(let open, let first, _):
                // The points of one run come one after the other: they are one run all the same.
                return policy.needsSignedCorrection || first == run.name
                    ? .rerun(open, run: run.name, at: run.at) : .conforming(run: run.name, at: run.at)
            }
        }
    }

    private func expired(_ because: String) -> ControlPhase {
        switch self {
        case .conforming: .expired(because: because)
        // An alarm only asks for a control; what else ends the control ends it for good.
        case .alarmed: because.isEmpty ? self : .expired(because: because)
        // The run that waited for a signature proves nothing any more.
        case .rerun(let open, _, _): .rejected(open.whole)
        case .notControlled, .expired, .rejected, .signed: self
        }
    }

    /// A signature lifts the rejection it names, no other.
    private func corrected(_ name: String) -> ControlPhase {
        switch self {
        case .rejected(let open) where open.run == name: .signed(open)
        case .rerun(let open, let run, let at) where open.run == name: .conforming(run: run, at: at)
        case .notControlled, .conforming, .alarmed, .expired, .rejected, .signed, .rerun: self
        }
    }

    /// Levels that a run must measure before it proves anything.
    var awaited: Set<String> {
        switch self {
        case .notControlled(_, let awaited), .expired(_, let awaited): awaited
        case .rejected(let open), .signed(let open), .rerun(let open, _, _): open.awaited
        case .conforming, .alarmed: []
        }
    }

    /// The rejection that is not lifted.
    var open: OpenRejection? {
        switch self {
        case .rejected(let open), .signed(let open), .rerun(let open, _, _): open
        case .notControlled, .conforming, .alarmed, .expired: nil
        }
    }
}

/// A run as the machine sees it.
struct JudgedRun: Sendable, Hashable {
    let name: String
    let at: Instant
    /// Levels measured, each with a z that counts.
    let levels: Set<String>
    /// Levels that took part in what rejects it.
    let failed: Set<String>
    let because: String
}

/// What moves the machine.
enum ControlInput: Sendable, Hashable {
    case run(JudgedRun, RunOutcome)
    case time
    case event(ControlEventKind)
    /// A level that went over to another lot of control.
    case newLot(level: String?)
    /// The rejected run that a signed correction answers.
    case correction(String)
}
