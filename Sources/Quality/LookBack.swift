package import Base

/// A patient's result as the look-back sees it: no name, no value.
package struct MeasuredResult: Sendable, Hashable, Codable {
    package var id: String
    package var assay: ControlledAssay
    package var measuredAt: Instant
    /// When it left the laboratory (first signed report); nil: not yet.
    package var releasedAt: Instant?
    /// The measured result that it was calculated from, the only one of `assay`: what is decided of that one goes for
    /// it too. Nil for what was measured.
    package var source: String?
    package init(
        id: String, assay: ControlledAssay, measuredAt: Instant, releasedAt: Instant? = nil, source: String? = nil
    ) {
        self.id = id
        self.assay = assay
        self.measuredAt = measuredAt
        self.releasedAt = releasedAt
        self.source = source
    }

    /// In time, each followed by what was calculated from it.
    fileprivate static func isBefore(_ a: MeasuredResult, _ b: MeasuredResult) -> Bool {
        (a.measuredAt, a.source ?? a.id, a.source == nil ? 0 : 1, a.id)
            < (b.measuredAt, b.source ?? b.id, b.source == nil ? 0 : 1, b.id)
    }
}

/// What somebody decides about one result of a suspect period (RULES section 2.5).
package struct LookBackDecision: Sendable, Hashable, Codable {
    package enum Choice: String, Sendable, Codable, CaseIterable {
        case confirm = "confirmer"
        /// The specimen is measured again.
        case rerun = "repasser"
        /// The report is corrected.
        case amend = "rectifier"
    }
    package var result: String
    /// The rejected run that opened the period.
    package var run: String
    package var choice: Choice
    package var signed: SignedReason

    package init(result: String, run: String, choice: Choice, signed: SignedReason) {
        self.result = result
        self.run = run
        self.choice = choice
        self.signed = signed
    }
}

/// The results of a suspect period: those not released are held, those released are for a biologist to decide on.
package struct LookBack: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package enum Status: String, Sendable, Codable {
            /// Not released: held with `CQ_REJET` until decided.
            case held = "RETENU"
            /// Released: a biologist decides.
            case toDecide = "A_DECIDER"
            case decided = "DECIDE"
        }
        package let result: MeasuredResult
        package let status: Status
        /// The last decision; earlier ones stay facts.
        package let decision: LookBackDecision?
    }
    package let period: SuspectPeriod
    /// In the order in which they were measured.
    package let entries: [Entry]

    /// Takes the results of the period's assay that were measured in it; what was measured after `now`, decided after
    /// `now` or released after `now` is not known yet.
    package init(
        _ period: SuspectPeriod, results: [MeasuredResult], decisions: [LookBackDecision] = [], at now: Instant
    ) {
        self.period = period
        let mine = decisions.filter { $0.run == period.run && $0.signed.at <= now }
        var last: [String: LookBackDecision] = [:]
        for decision in mine {
            if let known = last[decision.result], known.signed.at > decision.signed.at { continue }
            last[decision.result] = decision
        }
        let suspect = results.filter {
            $0.assay == period.assay && $0.measuredAt <= now && period.contains($0.measuredAt)
        }
        entries = suspect.sorted(by: MeasuredResult.isBefore).map { result in
            let decision = last[result.source ?? result.id]
            let isReleased = result.releasedAt.map { $0 <= now } ?? false
            let status: Entry.Status = decision != nil ? .decided : (isReleased ? .toDecide : .held)
            return Entry(result: result, status: status, decision: decision)
        }
    }

    private init(_ period: SuspectPeriod, _ entries: [Entry]) {
        self.period = period
        self.entries = entries
    }
    /// Some of its results.
    package func only(_ results: Set<String>) -> LookBack {
        LookBack(period, entries.filter { results.contains($0.result.id) })
    }

    package var held: [Entry] { entries.filter { $0.status == .held } }
    package var toDecide: [Entry] { entries.filter { $0.status == .toDecide } }
    /// Nothing is left to decide; a period still open is never done.
    package var isDone: Bool { period.to != nil && entries.allSatisfy { $0.status == .decided } }

    /// May this decision be recorded? `isBiologist`: what has been released is the biologist's (RULES section 2.5).
    package func check(_ decision: LookBackDecision, isBiologist: Bool) throws(Refusal) {
        guard decision.run == period.run, let entry = entries.first(where: { $0.result.id == decision.result }) else {
            throw Refusal(
                "quality.lookback.unknown", at: decision.result,
                because: "ce résultat n'est pas de la période suspecte du contrôle \(period.run)",
                remedy: "reprendre la liste de la période")
        }
        if let source = entry.result.source {
            throw Refusal(
                "quality.lookback.calculated", at: decision.result,
                because: "ce résultat est calculé : il suit ce dont il est calculé", remedy: "décider de \(source)")
        }
        let isReleased = entry.result.releasedAt.map { $0 <= decision.signed.at } ?? false
        if isReleased && !isBiologist {
            throw Refusal(
                "quality.lookback.biologist", at: decision.result,
                because: "ce résultat est rendu : la décision revient à un biologiste",
                remedy: "la lui transmettre")
        }
        if decision.choice == .amend && !isReleased {
            throw Refusal(
                "quality.lookback.amend", at: decision.result,
                because: "ce résultat n'est pas rendu : il n'y a rien à rectifier",
                remedy: "confirmer, ou repasser l'échantillon")
        }
        if decision.choice == .confirm && period.to == nil {
            throw Refusal(
                "quality.lookback.open", at: decision.result,
                because: "le contrôle n'est pas redevenu conforme : rien ne permet de confirmer",
                remedy: "corriger, passer un contrôle conforme, puis confirmer ; ou repasser l'échantillon")
        }
    }
}
