package import Base

/// A change of state, and what brought it.
package struct ControlStep: Sendable, Hashable {
    package let at: Instant
    package let state: ControlState
    /// Run that proves the state (the rejected one for REJET and CORRIGE); nil when no run does.
    package let run: String?
    package let because: String
    let phase: ControlPhase
}

/// Results measured in it are in doubt: from the last conforming run before a rejection to the return to CONFORME.
package struct SuspectPeriod: Sendable, Hashable {
    package let assay: ControlledAssay
    /// The rejected run that opened it.
    package let run: String
    /// The last run that conformed and was known to, its instant included; nil: none ever did, and every result is in
    /// doubt.
    package internal(set) var from: Instant?
    package let rejectedAt: Instant
    /// Excluded; nil while the assay is not CONFORME again.
    package internal(set) var to: Instant?

    package func contains(_ measuredAt: Instant) -> Bool {
        (from.map { $0 <= measuredAt } ?? true) && (to.map { measuredAt < $0 } ?? true)
    }
}

/// What a result may lean on.
package struct ControlStanding: Sendable, Hashable {
    package let state: ControlState
    /// Nil when results pass.
    package let hold: ControlHold?
    /// When the state began; nil before the first fact.
    package let since: Instant?
    package let run: String?
    /// Last run that conformed, by its instant.
    package let lastConforming: Instant?
    /// When a CONFORME ends by time.
    package let expiresAt: Instant?
    /// Rules that rejected, for REJET and CORRIGE.
    package let rules: [WestgardRule]
    /// In French, without a patient: why results are held, or what they lean on.
    package let because: String

    /// Nothing was controlled, and nobody said that nothing needs to be.
    package static func absent(_ because: String) -> ControlStanding {
        ControlStanding(
            state: .notControlled, hold: .absent, since: nil, run: nil, lastConforming: nil, expiresAt: nil, rules: [],
            because: because)
    }
}

/// Another policy, from when it was decided.
package struct PolicyChange: Sendable, Hashable {
    package let at: Instant
    package var policy: ControlPolicy
    package init(at: Instant, policy: ControlPolicy) {
        self.at = at
        self.policy = policy
    }
}

/// The control of one analysis on one analyzer, told from its facts: a pure fold, so that the same facts always tell
/// the same. Nothing at an instant depends on a fact of a later instant, and nothing that a rejection put in doubt on
/// what became known after it (`lateSince`).
package struct ControlTimeline: Sendable {
    package let assay: ControlledAssay
    /// In force last.
    package let policy: ControlPolicy
    /// From before the first change, and in the order of their instants: what was decided later judges nothing that
    /// came before it.
    private let first: ControlPolicy
    private let changes: [PolicyChange]
    /// While the facts are told: in force then, and since when; nil: from the beginning.
    private var then: (policy: ControlPolicy, since: Instant?)
    /// Every run, in time.
    package private(set) var verdicts: [RunVerdict] = []
    package private(set) var steps: [ControlStep] = []
    package private(set) var suspectPeriods: [SuspectPeriod] = []
    /// Runs that conformed and stayed so, in time.
    private var proofs: [(run: String, at: Instant)] = []
    /// Place in `verdicts`, by order of the run.
    private var places: [Int: Int] = [:]
    /// Runs that answered a rejection and became known after the fact: when they did.
    private var lateAnswers: [String: Instant] = [:]
    private var phase = ControlPhase.notControlled(because: ControlTimeline.nothing)

    private static let nothing = "aucun contrôle enregistré"

    /// `points` of other assays are passed over. The order of the facts is that of their instants; at one instant runs
    /// come first, then events, then corrections (an event in the same millisecond as a run makes it void).
    /// `policy` serves until the first of the `changes`.
    package init(
        assay: ControlledAssay, policy: ControlPolicy, changes: [PolicyChange] = [], points: [ControlPoint],
        events: [ControlEvent] = [], corrections: [ControlCorrection] = []
    ) {
        let own = points.filter { $0.assay == assay }
        let changes = changes.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }
            .map(\.element)
        self.init(
            assay: assay, policy: policy, changes: changes,
            settled: ControlTimeline.settled(own, policy, changes, events, corrections), events: events,
            corrections: corrections)
    }

    /// `settled`: points of this assay, each with when it counts.
    init(
        assay: ControlledAssay, policy: ControlPolicy, changes: [PolicyChange], settled: [ControlPoint],
        events: [ControlEvent], corrections: [ControlCorrection]
    ) {
        self.assay = assay
        self.policy = changes.last?.policy ?? policy
        self.changes = changes
        first = policy
        then = (policy, nil)
        let runs = RunHistory(settled)
        var moments = runs.ticks.map { Moment(at: $0.at, fact: .tick($0)) }
        moments += events.map { Moment(at: $0.at, fact: .event($0)) }
        moments += corrections.map { Moment(at: $0.action.at, fact: .correction($0.run)) }
        moments += changes.map { Moment(at: $0.at, fact: .policy($0)) }
        let ordered = moments.enumerated().sorted { a, b in
            (a.element.at, a.element.rank, a.offset) < (b.element.at, b.element.rank, b.offset)
        }
        var rejected: [Int: RunVerdict] = [:]
        for (_, moment) in ordered {
            expire(before: moment.at)
            switch moment.fact {
            case .tick(let tick): judge(tick, of: runs, &rejected)
            case .event(let event):
                move(
                    event.kind == .newControlLot ? .newLot(level: event.level) : .event(event.kind), at: moment.at)
            case .correction(let run): move(.correction(run), at: moment.at)
            case .policy(let change): then = (change.policy, change.at)
            }
        }
        verdicts.sort { runs.order[$0.run, default: 0] < runs.order[$1.run, default: 0] }
    }

    private struct Moment {
        enum Fact {
            case tick(RunHistory.Tick)
            case event(ControlEvent)
            case correction(String)
            case policy(PolicyChange)
        }
        let at: Instant
        let fact: Fact
        var rank: Int {
            switch fact {
            case .policy: -1
            case .tick: 0
            case .event: 1
            case .correction: 2
            }
        }
    }

    /// A run is judged each time a point of it arrives: a rejection does not wait for the other levels, and nothing of
    /// the same run takes it back. Where runs overlap, a late point of the earlier one stands before the points of the
    /// later one (RULES section 2.3: order runs by time), which is then judged again: it can only be rejected by that.
    private mutating func judge(_ tick: RunHistory.Tick, of runs: RunHistory, _ rejected: inout [Int: RunVerdict]) {
        var verdict = self.verdict(of: tick.run, at: tick.at, runs)
        if let first = rejected[tick.run], verdict.outcome != .rejected {
            verdict = RunVerdict(
                run: verdict.run, at: verdict.at, points: verdict.points, violations: first.violations,
                outcome: .rejected, because: first.because)
        } else if runs.counts(at: tick) {
            take(&verdict, at: tick, order: tick.run, runs, &rejected)
        }
        keep(verdict, order: tick.run)
        guard runs.counts(at: tick) else { return }
        for later in (tick.run + 1)..<max(tick.run + 1, runs.runs.count) {
            guard runs.runs[later][0].at <= tick.at else { break }
            guard places[later] != nil, rejected[later] == nil else { continue }
            var again = self.verdict(of: later, at: tick.at, runs)
            guard again.outcome == .rejected else { continue }
            take(&again, at: tick, order: later, runs, &rejected)
            keep(again, order: later)
        }
    }

    private func verdict(of run: Int, at now: Instant, _ runs: RunHistory) -> RunVerdict {
        RunVerdict.judge(
            runs.points(of: run, until: now), after: runs.scored(before: run, at: now), order: run,
            policy: then.policy, at: now)
    }

    /// Lets a verdict move the machine.
    private mutating func take(
        _ verdict: inout RunVerdict, at tick: RunHistory.Tick, order: Int, _ runs: RunHistory,
        _ rejected: inout [Int: RunVerdict]
    ) {
        let now = tick.at
        if verdict.outcome == .rejected {
            if rejected[order] == nil { rejected[order] = verdict }
            forgetProof(of: verdict.run, among: tick.isLate ? proofs.count : ControlTimeline.interleavedRuns)
        } else if tick.isLate {
            let open = phase.open.flatMap { runs.order[$0.run] }.flatMap { rejected[$0] }
            guard verdict.outcome == .conforming, answers(verdict, open) else {
                verdict.because =
                    "connu après coup : ne change rien à ce qu'un rejet a mis en doute"
                    + (verdict.because.isEmpty ? "" : " ; \(verdict.because)")
                return
            }
            lateAnswers[verdict.run] = now
        }
        move(.run(verdict.judged(at: now), verdict.outcome), at: now, measuredAt: tick.isLate ? verdict.at : nil)
        guard verdict.outcome == .conforming else { return }
        forgetProof(of: verdict.run)
        if !phase.awaited.isEmpty {
            let levels = ControlLevel.list(phase.awaited)
            verdict.because =
                phase.open.map { "rejet \($0.run) : à mesurer à nouveau, \(levels)" }
                ?? "\(ControlEventKind.newControlLot.rawValue) : à mesurer, \(levels)"
            return
        }
        proofs.append((verdict.run, now))
        guard let open = phase.open else { return }
        verdict.because =
            "après le rejet \(open.run) : "
            + (then.policy.needsSignedCorrection
                ? "la correction est à signer" : "une seconde série conforme est attendue")
    }

    /// A run that became known after the fact answers the rejection that is open, when all of it was measured after
    /// that.
    private func answers(_ verdict: RunVerdict, _ open: RunVerdict?) -> Bool {
        switch phase {
        case .rejected, .signed:
            guard let open, let first = verdict.points.map(\.at).min() else { return false }
            return open.at < first
        case .notControlled, .conforming, .alarmed, .expired, .rerun: return false
        }
    }

    private mutating func keep(_ verdict: RunVerdict, order: Int) {
        var verdict = verdict
        verdict.state = phase.state
        if let place = places[order] {
            verdicts[place] = verdict
        } else {
            places[order] = verdicts.count
            verdicts.append(verdict)
        }
    }

    /// A run proves something once, and nothing any more when it is rejected. It is among the newest, if anywhere: what
    /// conformed since its first point; one of which a point became known late may be any.
    private mutating func forgetProof(of run: String, among count: Int = ControlTimeline.interleavedRuns) {
        let newest = proofs.suffix(count)
        if let place = newest.lastIndex(where: { $0.run == run }) { proofs.remove(at: place) }
    }
    /// Runs of one assay that can be under way at one time.
    private static let interleavedRuns = 16

    private mutating func expire(before now: Instant) {
        guard let end = phase.end(then.policy), end <= now else { return }
        move(.time, at: max(end, steps.last?.at ?? end, then.since ?? end))
    }

    /// `measuredAt`: of a run that became known after the fact.
    private mutating func move(_ input: ControlInput, at now: Instant, measuredAt: Instant? = nil) {
        let next = phase.after(input, then.policy)
        guard next != phase else { return }
        let wasOpen = suspectPeriods.last.map { $0.to == nil } ?? false
        phase = next
        steps.append(ControlStep(at: now, state: next.state, run: next.run, because: next.because, phase: next))
        switch next {
        case .rejected(let open) where !wasOpen:
            suspectPeriods.append(
                SuspectPeriod(
                    assay: assay, run: open.run, from: lastConforming(at: measuredAt ?? now), rejectedAt: now, to: nil))
        case .rejected:
            // One that became known late may reach back further than the one that is open.
            if let measuredAt, let from = suspectPeriods[suspectPeriods.count - 1].from {
                let reach = lastConforming(at: measuredAt)
                suspectPeriods[suspectPeriods.count - 1].from = reach.map { min($0, from) }
            }
        // Results are good again from the conforming run on, also when its correction was signed later; from when it
        // became known, for one that became known late.
        case .conforming(let run, let at) where wasOpen:
            suspectPeriods[suspectPeriods.count - 1].to = lateAnswers[run] ?? at
        case .notControlled, .conforming, .alarmed, .expired, .signed, .rerun: break
        }
    }

    // MARK: Questions

    private func change(at instant: Instant) -> PolicyChange? { changes.last { $0.at <= instant } }
    /// In force at an instant.
    func policy(at instant: Instant) -> ControlPolicy { change(at: instant)?.policy ?? first }

    package var rejectedRuns: Set<String> { Set(verdicts.filter { $0.outcome == .rejected }.map(\.run)) }

    /// When runs conformed, in time.
    package var conformed: [Instant] { proofs.map(\.at) }

    /// The last run that conformed at or before `instant`: from there the shell counts patient samples.
    package func lastConforming(at instant: Instant) -> Instant? { proofs.last { $0.at <= instant }?.at }

    /// State at an instant. `patientSamples`: samples measured for this assay since `lastConforming(at:)`; when the
    /// policy counts them and the number is not given, the control has expired (fail closed).
    package func standing(at now: Instant, patientSamples: Int? = nil) -> ControlStanding {
        state(at: now, patientSamples: patientSamples).whileAwaiting(policy.awaiting)
    }

    private func state(at now: Instant, patientSamples: Int?) -> ControlStanding {
        let policy = policy(at: now)
        if let exemption = policy.exemption, exemption.at <= now { return exempted(exemption) }
        let step = steps.last { $0.at <= now }
        let current = step?.phase ?? .notControlled(because: ControlTimeline.nothing)
        if let end = current.end(policy), end <= now {
            return standing(current.after(.time, policy), since: max(end, change(at: now)?.at ?? end), at: now)
        }
        if case .conforming = current, let limit = policy.patientSamples {
            guard let count = patientSamples else {
                return standing(.expired(because: "nombre d'échantillons inconnu"), since: step?.at, at: now)
            }
            if count >= limit {
                let words = "\(count) échantillons depuis le dernier contrôle, limite \(limit)"
                return standing(.expired(because: words), since: step?.at, at: now)
            }
        }
        return standing(current, since: step?.at, at: now)
    }

    /// What a result measured at `measuredAt` leans on, as known at `now`: a rejection found later reaches back to it
    /// (`CQ_REJET` until somebody decides, see `LookBack`); else the state when it was measured.
    /// `needed`: levels that bracket the value, looked at where the policy asks for it.
    package func standing(
        ofResultMeasuredAt measuredAt: Instant, knownAt now: Instant, patientSamples: Int? = nil,
        needed: Set<String> = []
    ) -> ControlStanding {
        let standing = standing(measuredAt, knownAt: now, patientSamples: patientSamples)
        return bracketed(standing, needed, measuredAt: measuredAt).whileAwaiting(policy.awaiting)
    }

    private func standing(
        _ measuredAt: Instant, knownAt now: Instant, patientSamples: Int?
    ) -> ControlStanding {
        let policy = policy(at: measuredAt)
        if let exemption = policy.exemption, exemption.at <= measuredAt { return exempted(exemption) }
        if let period = suspectPeriod(of: measuredAt, knownAt: now) {
            let words = "mesuré pendant la période suspecte du contrôle rejeté \(period.run)"
            return ControlStanding(
                state: .rejected, hold: .rejected, since: period.rejectedAt, run: period.run,
                lastConforming: period.from, expiresAt: nil, rules: rules(of: period.run), because: words)
        }
        let then = state(at: measuredAt, patientSamples: patientSamples)
        guard then.hold != nil else { return then }
        if phase(at: measuredAt).isAnsweredByNextRun,
            let next = steps.first(where: { $0.at > measuredAt && $0.at <= now }), next.state == .conforming
        {
            return standing(next.phase, since: next.at, at: next.at)
        }
        guard policy.acceptsLaterRun else { return then }
        let later = steps.first { $0.at > measuredAt && $0.at <= now && $0.state == .conforming }
        return later.map { standing($0.phase, since: $0.at, at: $0.at) } ?? then
    }

    /// As above, with what was decided about the result: one confirmed for every period of doubt in which it
    /// stands passes; any other decision leaves it held (its rerun or its amendment is another result).
    package func standing(
        of result: MeasuredResult, decisions: [LookBackDecision], knownAt now: Instant, patientSamples: Int? = nil,
        needed: Set<String> = []
    ) -> ControlStanding {
        let standing = standing(
            ofResultMeasuredAt: result.measuredAt, knownAt: now, patientSamples: patientSamples, needed: needed)
        let doubts = suspectPeriods.filter { $0.rejectedAt <= now && $0.contains(result.measuredAt) }
        guard !doubts.isEmpty, standing.hold == .rejected else { return standing }
        var last: LookBackDecision?
        for period in doubts {
            let entry = LookBack(period, results: [result], decisions: decisions, at: now).entries.first
            guard let decision = entry?.decision, decision.choice == .confirm, period.to != nil else { return standing }
            last = decision
        }
        return ControlStanding(
            state: standing.state, hold: nil, since: standing.since, run: standing.run,
            lastConforming: standing.lastConforming, expiresAt: nil, rules: standing.rules,
            because: "confirmé par \(last?.signed.by ?? "") : \(last?.signed.reason ?? "")"
        ).whileAwaiting(policy.awaiting)
    }

    /// The period of doubt in which a result stands, as known at `now`.
    package func suspectPeriod(of measuredAt: Instant, knownAt now: Instant) -> SuspectPeriod? {
        suspectPeriods.last { $0.rejectedAt <= now && $0.contains(measuredAt) }
    }

    private func phase(at instant: Instant) -> ControlPhase {
        steps.last { $0.at <= instant }?.phase ?? .notControlled(because: ControlTimeline.nothing)
    }

    private func standing(_ phase: ControlPhase, since: Instant?, at now: Instant) -> ControlStanding {
        let isRejection = phase.state == .rejected || phase.state == .corrected
        return ControlStanding(
            state: phase.state, hold: phase.state.hold, since: since, run: phase.run,
            lastConforming: lastConforming(at: now),
            expiresAt: phase.state == .conforming ? phase.end(policy(at: now)) : nil,
            rules: isRejection ? phase.run.map { rules(of: $0) } ?? [] : [], because: phase.because)
    }

    private func exempted(_ exemption: SignedReason) -> ControlStanding {
        ControlStanding(
            state: .notControlled, hold: nil, since: exemption.at, run: nil, lastConforming: nil, expiresAt: nil,
            rules: [], because: "dispensé de contrôle par \(exemption.by) : \(exemption.reason)")
    }

    private func rules(of run: String) -> [WestgardRule] {
        verdicts.first { $0.run == run }?.rejecting.map(\.rule) ?? []
    }
}

extension ControlLevel {
    /// `niveau 1`, `niveaux 1 et 2`
    static func list(_ levels: Set<String>) -> String {
        let names = levels.sorted { ControlLevel($0) < ControlLevel($1) }
        return (names.count > 1 ? "niveaux " : "niveau ") + names.joined(separator: " et ")
    }
}

extension ControlPhase {
    /// The run before still stands, so that one that conforms next speaks for what was measured between the two.
    var isAnsweredByNextRun: Bool {
        switch self {
        case .alarmed, .rerun: true
        case .notControlled, .conforming, .expired, .rejected, .signed: false
        }
    }

    /// The run that proves the phase.
    var run: String? {
        switch self {
        case .notControlled, .expired: nil
        case .conforming(let run, _), .alarmed(let run, _): run
        case .rejected(let open), .signed(let open), .rerun(let open, _, _): open.run
        }
    }

    var because: String {
        switch self {
        case .notControlled(let because, let awaited), .expired(let because, let awaited):
            because + (awaited.isEmpty ? "" : " ; attendu : \(ControlLevel.list(awaited))")
        case .conforming(let run, _): "contrôle \(run) conforme"
        case .alarmed(let run, _):
            "la moyenne des patients est sortie de ses limites depuis le contrôle \(run) : un contrôle est attendu"
        case .rejected(let open):
            "contrôle \(open.run) rejeté"
                + (open.awaited == open.failed ? "" : " ; encore attendu : \(ControlLevel.list(open.awaited))")
        case .signed(let open):
            "rejet \(open.run) corrigé : un contrôle conforme est attendu"
                + (open.awaited == open.failed ? "" : " (\(ControlLevel.list(open.awaited)))")
        case .rerun(let open, let run, _):
            "contrôle \(run) conforme après le rejet \(open.run) : la correction est à signer"
        }
    }
}
