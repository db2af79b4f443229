package import Base
import Catalog
package import Laboratory
import Rules
import Store

extension Desk {
    /// Observations with the holds that stand now: of their last judgement, and of their controls. A rule that a later
    /// result of the tube met, or a control rejected since, reaches back to them. `asStored`: rows of the store, which
    /// take the words of that judgement as well.
    package func standing(
        _ observations: [Observation], asStored: Bool = false, at: Instant
    ) async throws(CommandFailure) -> [Observation] {
        let judged = try await lastJudged(observations, asStored: asStored)
        return try await withFollowing(try await ownStanding(judged, at: at), at: at)
    }

    /// As their last judgement shows and holds them.
    func lastJudged(
        _ observations: [Observation], asStored: Bool = false
    ) async throws(CommandFailure) -> [Observation] {
        // The first judgement stands on the observation itself.
        let again = try await standingJudgements(of: observations.map(\.id))
        return observations.map { observation in
            var observation = observation
            guard let judged = again[observation.id]?.judged else { return observation }
            observation.holds = judged.holds
            if let shown = judged.shown {
                if asStored { observation.show(shown) } else { observation.showValue(shown) }
            }
            return observation
        }
    }

    /// As judged, with what their own controls and the engine say now.
    func ownStanding(_ judged: [Observation], at: Instant) async throws(CommandFailure) -> [Observation] {
        var out = [Observation]()
        for observation in judged {
            out.append(withApprovals(try await withSwitches(try await withControls(observation, at: at))))
        }
        return out
    }

    /// A rejection with what follows from it: what was calculated from the result goes with it, or is calculated
    /// again from the run that stands in its place, and its neighbours are judged without it.
    func withdrawing(
        _ event: ObservationEvent, _ request: Request, _ all: [Observation], _ events: [ObservationEvent]
    ) async throws(CommandFailure) -> [Fact] {
        let before = Chosen.observations(all, events: events)
        guard let rejected = all.first(where: { $0.id == event.observationID }),
            before[rejected.analysis]?.id == rejected.id
        else { return [.observationEvent(event)] }
        let code = rejected.analysis
        var made = [event]
        let last = Chosen.lastEvents(events)
        var after = Chosen.observations(all, events: events + made)
        let reruns = all.filter { $0.analysis == code && $0.accession == rejected.accession }
        // What was calculated of other components does not come back.
        let next =
            after[code] == nil
            ? reruns.filter {
                guard $0.origin.calculation == nil, let aside = last[$0.id] else { return false }
                return aside.isSettingAside || aside.isChoice(of: rejected)
            } : []
        if let next = next.min(by: { $0.run < $1.run }) {
            // It stood aside only because the other one stood; signed, it is validated as it was.
            let signatures = try await ask { () throws(StoreFailure) in
                try await store.signatures(requestID: request.id)
            }
            let isSigned = signatures.contains { $0.observationIDs.contains(next.id) }
            made.append(
                ObservationEvent(
                    observationID: next.id, ordinal: (last[next.id]?.ordinal ?? 0) + 1,
                    kind: isSigned ? .technicallyValidated : .withdrawn,
                    author: event.author, at: event.at, reason: "le passage \(rejected.run) est rejeté"))
            after = Chosen.observations(all, events: events + made)
        }
        let dependents = shelf.pack.dependents(of: [code])
        if after[code] == nil {
            for other in dependents.sorted().flatMap({ all.outdated($0, last) }) {
                made.append(
                    ObservationEvent(
                        observationID: other.id, ordinal: (last[other.id]?.ordinal ?? 0) + 1, kind: .rejected,
                        author: event.author, at: event.at, reason: "calculé avec \(code), rejeté"))
            }
        }
        let file = try await open(request, all, events + made)
        return made.map(Fact.observationEvent)
            + (try await judge(file, changed: [code], whole: !next.isEmpty))
    }

    /// Runs that somebody takes back out of those set aside stand again: what hangs on them is judged and calculated
    /// with them.
    func returning(
        _ returned: Set<String>, _ request: Request, _ all: [Observation], _ events: [ObservationEvent]
    ) async throws(CommandFailure) -> [Fact] {
        let codes = Set(all.filter { returned.contains($0.id) }.map(\.analysis))
        if codes.isEmpty { return [] }
        let file = try await open(request, all, events)
        return try await judge(file, changed: codes, whole: true)
    }

    /// Results that came before the tube was received, or before its hour was known, judged with what is known now;
    /// those that are signed too where its hour changes.
    func judgeAgain(on specimen: Specimen, before: Specimen) async throws(CommandFailure) -> [Fact] {
        let observations = try await ask { () throws(StoreFailure) in
            try await store.observations(requestID: specimen.requestID)
        }
        guard observations.contains(where: { $0.accession == specimen.accession }) else { return [] }
        var file = try await open(try await request(specimen.requestID))
        file.specimens.removeAll { $0.accession == specimen.accession }
        file.specimens.append(specimen)
        let measured = file.standing.values.filter {
            $0.accession == specimen.accession && $0.origin.calculation == nil
        }
        let facts = try await judge(
            file, changed: Set(measured.map(\.analysis)), whole: true,
            evenSigned: specimen.collectedAt != before.collectedAt)
        return try await withLater(
            facts, of: file.request, file.observations, after: file.events,
            moved: specimen.collectedAt == before.collectedAt ? nil : specimen)
    }

    /// All results of a patient of whom something is told otherwise that they were judged by: sex, birth. What is
    /// signed is judged too, so that its amendment says what is right; not what was taken back, which may be somebody
    /// else's.
    func judgeAgain(as patient: Patient, before: Patient) async throws(CommandFailure) -> [Fact] {
        guard PatientFacts(patient) != PatientFacts(before) else { return [] }
        let ids = try await ask { () throws(StoreFailure) in try await store.requests(withResultsOf: patient.id) }
        var facts = [Fact]()
        for id in ids {
            var file = try await open(try await request(id))
            file.patient = patient
            facts += try await judge(
                file, changed: file.measured, whole: true,
                evenSigned: try await withdrawal(of: file.request) == nil)
        }
        return facts
    }

    /// Results of a request whose patient turns out to be elsewhere, of analyses with limits of a place of care; what
    /// is signed too, so that a person is called and the file amended.
    func judgeAgain(elsewhere request: Request) async throws(CommandFailure) -> [Fact] {
        let catalogue = shelf.engine.catalogue
        let concerned = Set(catalogue.limits.filter { $0.setting != nil }.map(\.analysis))
        if concerned.isEmpty { return [] }
        var file = try await open(request)
        file.request = request
        return try await judge(
            file, changed: concerned.intersection(file.measured), whole: true,
            evenSigned: try await withdrawal(of: request) == nil)
    }

    /// Judges a file again as it stands, with the catalogue, the rules and the approvals of today: a new judgement of
    /// each result that no signature holds, and the calculations that are possible now (PAIN 11: never by itself).
    package func judgeAgain(
        _ reference: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> Int {
        try allow(author, .validateTechnically)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> Int in
            let request = try await request(reference)
            try within(request, author)
            let file = try await open(request)
            let facts = try await withLater(
                try await judge(file, changed: file.measured, whole: true), of: request, file.observations,
                after: file.events)
            let count = facts.count { if case .evaluation = $0 { true } else { false } }
            let subject = "\(request.number) : \(reason.prefix(120))"
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "result.evaluate", subject, now()))
            }
            return count
        }
    }
}
