import Base
import Catalog
import Laboratory
import Rules
import Store

// Runs that agree (RULES section 8): the first valid one stays, the others stand beside it and are seen. What does not
// agree, or what nobody can compare, stands in its place and is held until a person chooses. Never an average.
extension Judgement {
    /// Faults of one measurement that another may be without: a first run held for one of them is not valid, and gives
    /// way to a run that is not held for it.
    private static let mended: Set<Hold.Code> = [
        .analyzerFlag, .unknownUnit, .unreadable, .statusNotFinal, .noQualityControl, .qualityControlExpired,
        .qualityControlRejected, .calibrationExpired, .lotExpired, .outsideMeasuringRange, .dilutionMissing,
        .interference, .censoredUndecided,
    ]

    /// Takes the reruns that agree with the run that stands out of the arrivals, before anything is made of them.
    mutating func keepFirstOfAgreeing() {
        guard file.arrivals.contains(where: isRerun) else { return }
        let seen = preview()
        var kept: [String: Observation] = [:]
        for arrival in file.arrivals where isRerun(arrival) {
            let rerun = arrival.observation
            guard var first = arrival.before, let second = seen[rerun.id] else { continue }
            if let other = kept[first.id] {
                first = other
                for place in file.arrivals.indices where file.arrivals[place].observation.id == rerun.id {
                    file.arrivals[place].before = first
                }
            }
            let held =
                seen[first.id]?.holdCodes ?? records[first.id]?.judged.result.holdCodes ?? first.holds.map(\.code)
            guard Judgement.agrees(second, with: first), Judgement.keeps(held, against: second.holdCodes) else {
                continue
            }
            kept[rerun.id] = first
            setAside(rerun, keeping: first)
        }
    }

    /// The same analyzer's road: what a person types again is a correction.
    private func isRerun(_ arrival: Arrival) -> Bool {
        arrival.facts.origin == .analyzer && arrival.before?.accession == arrival.observation.accession
    }

    private static func agrees(_ second: ResultEvaluation, with first: Observation) -> Bool {
        guard let check = second.checks.first(where: { $0.check == .rerun }), check.outcome == .no else { return false }
        switch first.value {
        case .measured(let value, _): return check.inputs.contains(CheckFact(.previous, value))
        case .coded, .text, .notPerformed: return second.value == first.value
        }
    }

    /// A first run with a fault that the second has not gives way; a value to be telephoned is never put aside for one
    /// that is not.
    private static func keeps(_ first: [Hold.Code], against second: [Hold.Code]) -> Bool {
        first.allSatisfy { !mended.contains($0) || second.contains($0) }
            && (!second.contains(.criticalCall) || first.contains(.criticalCall))
    }

    /// A run gives its place to a later one only where the two do not agree, or where nobody can say: it waits for a
    /// person as well, and is no value to propose beside the one that is held. These came together.
    mutating func tellSuperseded() {
        for place in file.arrivals.indices {
            let one = file.arrivals[place].observation
            guard one.origin.calculation == nil, let later = file.standing[one.analysis],
                later.accession == one.accession, later.run > one.run
            else { continue }
            file.arrivals[place].facts.earlierRuns = [later.value]
        }
    }

    /// As above, of what stood before the message: judged again beside the run that came.
    mutating func judgeSuperseded() {
        for arrival in file.arrivals {
            guard let before = arrival.before, before.accession == arrival.observation.accession,
                file.standing[before.analysis]?.id == arrival.observation.id, reopenable[before.id] ?? false,
                let judged = records[before.id]?.judged
            else { continue }
            var facts = judged.facts
            facts.earlierRuns = [arrival.observation.value]
            let said = IdentityContradiction.allCases.filter { judged.contradictions.contains($0) }
            let input = input(before.accession, [facts], contradictions: said)
            write([], [before], input, engine.evaluate(input))
        }
    }

    /// Beside the first it is looked at, written and set aside, by the house and with the reason.
    mutating func judge(aside arrival: Arrival) {
        let said = IdentityContradiction.allCases.filter { arrival.contradictions.contains($0) }
        let input = input(arrival.observation.accession, [arrival.facts], contradictions: said)
        write([arrival], [], input, engine.evaluate(input), isAside: true)
        let first = arrival.before.map { "passage \($0.run)" } ?? "premier passage"
        facts.append(
            .observationEvent(
                ObservationEvent(
                    observationID: arrival.observation.id, ordinal: 1, kind: .rejected, author: Desk.house, at: at,
                    reason: "concorde avec le \(first), qui reste")))
    }
}

extension ObservationEvent {
    /// A rerun that agrees: nobody said anything against it.
    var isSettingAside: Bool { kind == .rejected && author == Desk.house }
}

extension OpenFile {
    /// Results of an analysis that an analyzer may send once more: what stands, and its reruns set aside.
    func known(_ code: String) -> [Observation] {
        let last = Chosen.lastEvents(events)
        return observations.filter {
            $0.analysis == code && ($0.id == standing[code]?.id || last[$0.id]?.isSettingAside ?? false)
        }
    }
}
