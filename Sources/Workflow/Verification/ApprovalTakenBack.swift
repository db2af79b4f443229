import Base
import Catalog
import Laboratory
import Rules
import Store

// An approval that is taken back, because something is wrong under it, holds what was judged under it and is not
// signed: at once and at each look, as an engine that is switched off does (RULES 1.2, step 0), until a biologist
// stands for it again. A line that merely changed keeps what was judged by the one before.
extension Desk {
    /// The observation held where somebody took an approval back since, whenever it was judged.
    func withApprovals(_ observation: Observation) -> Observation {
        let gone = shelf.withdrawn
        if gone.isEmpty { return observation }
        var out = observation
        for (subject, code) in Desk.approvalsBehind(observation) {
            guard let words = gone[subject], !observation.holds.contains(where: { $0.code == code }),
                !out.holds.contains(where: { $0.code == code })
            else { continue }
            out.holds.insert(Hold(code, words), at: 0)
        }
        return out
    }

    /// What stands behind a result as a whole, with what it is held with when it is gone: its line, the policy, its
    /// formula. A rule that merely holds is not among them: without it nothing more is held.
    private static func approvalsBehind(_ observation: Observation) -> [(subject: String, code: Hold.Code)] {
        var found: [(subject: String, code: Hold.Code)] = [
            ("analyse:\(observation.analysis)", .catalogueDraft),
            (ApprovalSubject.name(of: RulePack.policyReference), .engineOff),
        ]
        if let formula = observation.origin.calculation {
            found.append(("regle:\(RuleReference.id(named: formula))", .engineOff))
        }
        return found
    }

    /// How many results that no signature holds were judged under each of these, in the order given.
    package func resultsWaiting(under subjects: [ApprovalSubject]) async throws(CommandFailure) -> [Int] {
        var waiting = try await ask { () throws(StoreFailure) in
            try await store.observationsAwaitingTechnicalValidation(site: nil, limit: Desk.unlimited)
        }
        let requests = try await ask { () throws(StoreFailure) in
            try await store.requestsAwaitingSignature(site: nil, limit: Desk.unlimited, doubted: [])
        }
        for id in requests {
            let (_, all, events) = try await file(of: id)
            let signatures = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: id) }
            let signed = Set(signatures.flatMap(\.observationIDs))
            let last = Chosen.lastEvents(events)
            waiting += all.filter { last[$0.id]?.kind == .technicallyValidated && !signed.contains($0.id) }
        }
        let rules = shelf.pack.coherence
        return subjects.map { subject in
            let rule = rules.first { ApprovalSubject.name(of: $0.reference) == subject.name }
            return waiting.count { one in
                Desk.approvalsBehind(one).contains { $0.subject == subject.name }
                    || rule.map { $0.wholeTube || $0.holds.contains(one.analysis) } ?? false
            }
        }
    }
}
