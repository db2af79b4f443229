import Base
import Catalog
import Laboratory
import Rules
import Store

// Mode B (RULES 1.1): release under the standing approval of a biologist. Off unless `policy.json5` names analyses
// (`modes.B`), a biologist with a professional identity approved that very set (`regle:mode-B`) with an end of twelve
// months at most, and the approval stands. A request goes out so only when it is whole: every analysis asked for is
// named, stands, and is held by nothing. One that is not waits for its biologist as in mode A.
extension Desk {
    /// Signs what may go out of the requests that these facts touch. A refusal or a store that fails leaves them to the
    /// biologist: nothing is lost by it.
    func releaseUnderApproval(_ facts: [Fact]) async {
        guard shelf.pack.policy.hasReleases, shelf.approvals.standing != nil else { return }
        var requests: [String] = []
        for case .observation(let observation) in facts where !requests.contains(observation.requestID) {
            requests.append(observation.requestID)
        }
        for request in requests {
            do throws(CommandFailure) { try await release(request) } catch {}
        }
    }

    private func release(_ requestID: String) async throws(CommandFailure) {
        try await attempt { () async throws(CommandFailure) in
            let at = now()
            guard let approval = shelf.approvals.standing, approval.isValid(at: at),
                let biologist = try await signer(approval)
            else { return }
            let (request, all, events) = try await file(of: requestID)
            guard try await isPastKnown(request, all, events) else { return }
            guard let made = try await releasable(request, all, events, approval, at: at) else { return }
            // A reflex test is for people to decide, and makes the request another one.
            guard try await reflexes(of: request, all, events + made, at: at).facts.isEmpty else { return }
            let patient = try await patient(request.patientID)
            // Nobody is sure whose results they are: a person decides.
            guard patient.attributes.isEmpty else { return }
            let specimens = try await ask { () throws(StoreFailure) in
                try await store.specimens(requestID: request.id)
            }
            let signatures = try await ask { () throws(StoreFailure) in
                try await store.signatures(requestID: request.id)
            }
            // What was signed is amended by people only.
            guard signatures.isEmpty else { return }
            var file = SignableFile(
                patient: patient, request: request, specimens: specimens, observations: all, events: events + made,
                signatures: signatures, supplements: try await registeredSupplements(of: request, signatures))
            guard file.missing.isEmpty, !file.fresh.isEmpty else { return }
            var words = file.words
            words.conclusions.insert(
                Desk.told(biologist, approval, zone: try site(request.site).civilZone), at: 0)
            file.words = words
            var signature = Signature(
                id: freshID(), site: request.site, requestID: request.id, version: file.nextVersion,
                contentHash: Digest.sha256Hex(file.content.canonicalBytes),
                meaning: Desk.meaning(of: approval, zone: try site(request.site).civilZone), account: approval.by,
                biologist: biologist, at: at, observationIDs: file.content.observations.map(\.id), complete: true,
                supplementsThrough: file.supplementsThrough, words: file.words.isEmpty ? nil : file.words,
                context: SignedContext(file.content))
            signature.isStanding = true
            signature.judgements = try await judgementsShown(file.content.observations)
            try await rehearse(signature, file.content, request)
            let note = AuditNote(
                site: request.site, author: Desk.house, action: "bio.release",
                subject: "\(request.number) mode-B \(approval.by)", at: at)
            let facts = try await withLater(
                made.map(Fact.observationEvent) + [.signature(signature)], of: request, all, after: events)
            try await ask { () throws(StoreFailure) in try await store.append(facts, note: note) }
            afterSigning()
        }
    }

    /// Who stands for it must still be a biologist of the house.
    private func signer(_ approval: RuleApproval) async throws(CommandFailure) -> Professional? {
        let account = try await ask { () throws(StoreFailure) in try await store.account(approval.by) }
        guard let account, account.enabled, account.role == .biologist else { return nil }
        return account.professional
    }

    private static func meaning(of approval: RuleApproval, zone: CivilZone) -> String {
        "Validation biologique sous accord permanent (mode B) donné le \(CivilTime(approval.at, in: zone).date), "
            + "jusqu'au \(CivilTime(approval.until, in: zone).date)"
    }

    /// What every reader of the report is told, on the page and in the document.
    private static func told(
        _ biologist: Professional, _ approval: RuleApproval, zone: CivilZone
    ) -> ReportSupplements.Conclusion {
        func day(_ instant: Instant) -> String { String(instant.french(in: zone).prefix(10)) }
        return ReportSupplements.Conclusion(
            title: Signature.standingTitle,
            text: "Résultats libérés automatiquement, sans relecture individuelle, sous l'accord permanent donné par "
                + "\(biologist.displayName) le \(day(approval.at)), valable jusqu'au \(day(approval.until)).")
    }

    /// The technical validations that are missing before the request may go out whole; nil: it may not.
    private func releasable(
        _ request: Request, _ all: [Observation], _ events: [ObservationEvent], _ approval: RuleApproval, at: Instant
    ) async throws(CommandFailure) -> [ObservationEvent]? {
        let named = shelf.pack.policy.released(at: request.site)
        let chosen = Chosen.observations(all, events: events)
        guard request.lines.allSatisfy({ chosen[$0.analysis] != nil && named.contains($0.analysis) }) else {
            return nil
        }
        let results = chosen.values.sorted { $0.id < $1.id }
        let records = try await ask { () throws(StoreFailure) in
            try await store.standingEvaluations(of: results.map(\.id), from: 1)
        }
        var released: Set<String> = []
        for record in records {
            if try JudgedRecord(record).result.isReleasable { released.insert(record.observationID) }
        }
        // With their controls as they stand now.
        let held = try await standing(results, at: at).filter { !$0.holds.isEmpty }
        guard held.isEmpty, results.allSatisfy({ released.contains($0.id) }) else { return nil }
        let last = Chosen.lastEvents(events)
        return results.filter { last[$0.id]?.kind != .technicallyValidated }.map {
            ObservationEvent(
                observationID: $0.id, ordinal: (last[$0.id]?.ordinal ?? 0) + 1, kind: .technicallyValidated,
                author: Desk.house, at: at, reason: "mode B, accord permanent de \(approval.by)")
        }
    }

    /// Nobody looks at what goes out here: it was judged beside all that was validated before, and nothing that came
    /// before waits for somebody to validate it. Else it is judged again, and waits for its biologist.
    private func isPastKnown(
        _ request: Request, _ all: [Observation], _ events: [ObservationEvent]
    ) async throws(CommandFailure) -> Bool {
        let chosen = Chosen.observations(all, events: events)
        let file = try await open(request)
        for other in try await openFiles(of: request.patientID, Set(chosen.keys), without: [request.id]).values {
            let last = Chosen.lastEvents(other.events)
            for before in other.standing.values where last[before.id]?.kind != .technicallyValidated {
                guard let own = chosen[before.analysis] else { continue }
                if shelf.engine.comparesOver(before.analysis, from: other.taken(before), to: file.taken(own)) {
                    return false
                }
            }
        }
        let judged = try await judge(file, rereading: (Set(chosen.keys), ComingPast()))
        if judged.isEmpty { return true }
        let note = AuditNote(
            site: request.site, author: Desk.house, action: "result.evaluate", subject: request.number, at: now())
        try await ask { () throws(StoreFailure) in try await store.append(judged, note: note) }
        return false
    }
}
