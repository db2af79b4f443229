import Base
import Catalog
import Laboratory
import Quality
import Rules
import Store

// A control that is rejected, or lifted, after a result was judged holds, or lets go, also what was calculated from the
// result and the members of its dependent set (RULES 1.2, step 13 and outcome; 2.5; 7: « none held »). Nothing is
// judged again for that: it is told at each look, as the hold of the control itself is.
extension Desk {
    /// What the controls hold a result with.
    static let ofControls: Set<Hold.Code> = [.noQualityControl, .qualityControlExpired, .qualityControlRejected]
    /// What a result is held with because others are held.
    private static let ofOthers: Set<Hold.Code> = [.calculationInputHeld, .dependentSetHeld]

    /// Observations, each with its own holds of now, with those that follow from the others of their requests.
    func withFollowing(_ observations: [Observation], at: Instant) async throws(CommandFailure) -> [Observation] {
        var holding = [String: Set<String>]()
        var doubtful = [String: Set<String>]()
        var requests = Set<String>()
        for observation in observations where !requests.contains(observation.requestID) {
            let code = observation.analysis
            let others = holding[code] ?? shelf.engine.holding(code)
            holding[code] = others
            if others.isEmpty { continue }
            let isHeld = observation.holds.contains { Desk.ofOthers.contains($0.code) }
            if !isHeld, doubtful[observation.site] == nil {
                doubtful[observation.site] = try await inDoubt(site: observation.site)
            }
            if isHeld || !(doubtful[observation.site] ?? []).isDisjoint(with: others) {
                requests.insert(observation.requestID)
            }
        }
        if requests.isEmpty { return observations }
        var told = [String: [Hold]]()
        for request in requests.sorted() {
            told.merge(try await following(in: request, at: at)) { $1 }
        }
        return observations.map { observation in
            var observation = observation
            if let holds = told[observation.id] { observation.holds = holds }
            return observation
        }
    }

    /// Analyses of which a rejection put results in doubt on some analyzer.
    private func inDoubt(site: String) async throws(CommandFailure) -> Set<String> {
        var codes = Set<String>()
        for assay in try await controlledAssays(site: site) where !codes.contains(assay.analysis) {
            let page = try await storedPage(assay, site: site)
            if !page.timeline.suspectPeriods.isEmpty { codes.insert(assay.analysis) }
        }
        return codes
    }

    /// Holds of what stands in a request; empty when no control says otherwise than when it was judged.
    private func following(in request: String, at: Instant) async throws(CommandFailure) -> [String: [Hold]] {
        let all = try await ask { () throws(StoreFailure) in try await store.observations(requestID: request) }
        let events = try await ask { () throws(StoreFailure) in
            try await store.observationEvents(requestID: request)
        }
        let chosen = Chosen.observations(all, events: events).values.sorted { $0.id < $1.id }
        let judged = try await lastJudged(chosen)
        let own = try await ownStanding(judged, at: at)
        func controls(_ observation: Observation) -> Set<Hold.Code> {
            Desk.ofControls.intersection(observation.holds.map(\.code))
        }
        guard zip(judged, own).contains(where: { controls($0) != controls($1) }) else { return [:] }
        let following = shelf.engine.following(
            own.map { observation in
                StandingResult(
                    analysis: observation.analysis, isCalculated: observation.origin.calculation != nil,
                    isHeld: observation.holds.contains {
                        $0.code != .interferenceBias && !Desk.ofOthers.contains($0.code)
                    })
            })
        var holds = [String: [Hold]]()
        for observation in own {
            holds[observation.id] =
                observation.holds.filter { !Desk.ofOthers.contains($0.code) } + (following[observation.analysis] ?? [])
        }
        return holds
    }

    /// Of what stands in a file, the results that go with one whose control is rejected, by id, with its analysis.
    func followingRejection(_ chosen: [Observation], at: Instant) async throws(CommandFailure) -> [String: String] {
        let own = try await ownStanding(chosen, at: at)
        func isRejected(_ observation: Observation) -> Bool {
            observation.holds.contains { $0.code == .qualityControlRejected }
        }
        guard let cause = own.first(where: isRejected) else { return [:] }
        let following = shelf.engine.following(
            own.map {
                StandingResult(
                    analysis: $0.analysis, isCalculated: $0.origin.calculation != nil, isHeld: isRejected($0))
            })
        let held = own.filter { !(following[$0.analysis] ?? []).isEmpty }
        return Dictionary(held.map { ($0.id, cause.analysis) }) { $1 }
    }
}
