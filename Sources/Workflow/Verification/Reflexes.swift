package import Base
import Catalog
package import Laboratory
package import Rules
import Store

/// A reflex test of a request: proposed, then added or refused, each with who and why (RULES section 11).
package struct ReflexEntry: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case proposed = "proposé"
        case added = "ajouté"
        case refused = "refusé"
        /// Added before its ground was gone, and wanted all the same.
        case kept = "gardé"
        /// Proposed once, and no valid result asks for it any more; never stored.
        case lapsed = "sans objet"
    }
    package var finding: ReflexFinding
    package var state: State
    /// `system` for what a rule did by itself.
    package var author: String
    package var at: Instant
    package var reason: String
    /// It was added, has no result yet, and no valid result asks for it any more; never stored.
    package var isOrphan = false
    private enum CodingKeys: String, CodingKey { case finding, state, author, at, reason }
    /// Why it is proposed, with what a person must look at before.
    package var words: String {
        if isOrphan { return "ajouté à la demande, et plus aucun résultat validé ne le demande" }
        return reason.hasPrefix(finding.because) ? reason : "\(finding.because) ; \(reason)"
    }
}

extension Desk {
    /// What technical validation triggers: once a rule and request, whatever becomes of it.
    func reflexes(
        of request: Request, _ all: [Observation], _ events: [ObservationEvent], at: Instant
    ) async throws(CommandFailure) -> (facts: [Fact], hasOrders: Bool) {
        guard let ground = try await reflexGround(of: request, all, events, at: at) else { return ([], false) }
        let collected = ground.collected
        let findings = ground.engine.reflexes(
            ground.valid, patient: ground.patient, collectedAt: collected,
            requested: Set(request.lines.map(\.analysis)), approvals: shelf.approvals, now: at)
        guard !findings.isEmpty else { return ([], false) }
        let known = try await reflexEntries(of: request)
        let seen = Set(known.map(\.finding.rule.id))
        let fresh = findings.filter { !seen.contains($0.rule.id) }
        let isAdding = shelf.pack.policy.addsReflexes
        var facts = [Fact](), lines = [RequestLine]()
        for finding in fresh {
            let stale = tooOld(finding.adds, collected, at: at)
            let isAdded = isAdding && stale.isEmpty
            let entry = ReflexEntry(
                finding: finding, state: isAdded ? .added : .proposed, author: Desk.house, at: at,
                reason: ([finding.because] + stale + [Desk.reflexCare]).joined(separator: " ; "))
            facts.append(.register(Desk.entry(entry, request, ordinal: known.count + facts.count + 1)))
            for code in finding.adds where isAdded && !lines.contains(where: { $0.analysis == code }) {
                lines.append(RequestLine(analysis: code, origin: "reflexe:\(finding.rule)"))
            }
        }
        guard !lines.isEmpty else { return (facts, false) }
        let addition = try await adding(lines, to: request, at: at)
        return (facts + addition.facts, addition.hasOrders)
    }

    /// What reflex rules look at in a request: the results that stand technically valid, as they are judged now.
    private struct ReflexGround {
        var engine: RuleEngine
        var valid: [OtherResult]
        var patient: PatientFacts
        var collected: Instant?
    }
    /// Nil where no rule looks at any of them.
    private func reflexGround(
        of request: Request, _ all: [Observation], _ events: [ObservationEvent], at: Instant
    ) async throws(CommandFailure) -> ReflexGround? {
        let wanted = shelf.pack.reflexes.reduce(into: Set<String>()) { $0.formUnion($1.analyses) }
        let last = Chosen.lastEvents(events)
        let chosen = Chosen.observations(all, events: events).values
            .filter { wanted.contains($0.analysis) && last[$0.id]?.kind == .technicallyValidated }
        guard !chosen.isEmpty else { return nil }
        // A sex corrected since has another interval.
        let valid = try await standing(Array(chosen), at: at).sorted { $0.analysis < $1.analysis }
        let patient = try await patient(request.patientID)
        let specimens = try await ask { () throws(StoreFailure) in
            try await store.specimens(requestID: request.id)
        }
        let engine = shelf.engine.inZone(sites[request.site]?.civilZone ?? .europeParis)
        let collected = specimens.compactMap(\.collectedAt).min()
        return ReflexGround(
            engine: engine,
            valid: valid.map {
                OtherResult(
                    analysis: $0.analysis, value: $0.value, interval: $0.interval, flags: $0.instrumentFlags,
                    holds: $0.holds.map(\.code))
            },
            patient: PatientFacts(patient, request.clinical, collected: collected, in: engine.zone),
            collected: collected)
    }

    /// What no rule knows of an added test (RULES section 11: volume, billing).
    private static let reflexCare = "volume restant et cotation à vérifier"

    /// A specimen older than the test stands (`stabilite_h`), or of unknown age: a rule adds nothing to it by itself.
    private func tooOld(_ codes: [String], _ collected: Instant?, at: Instant) -> [String] {
        codes.compactMap { code in
            guard let hours = catalogue[code]?.verification.stabilityHours else { return nil }
            guard let collected else { return "\(code) : heure de prélèvement inconnue, stable \(hours) h" }
            let age = collected.minutes(to: at)
            return age > Int64(hours) * 60 ? "\(code) : stable \(hours) h, prélevé il y a \(age / 60) h" : nil
        }
    }

    private static func entry(_ entry: ReflexEntry, _ request: Request, ordinal: Int) -> RegisterEntry {
        RegisterEntry(
            register: .reflex, site: request.site, subject: request.id, ordinal: ordinal, author: entry.author,
            at: entry.at, body: RegisterText.text(entry))
    }

    private func reflexEntries(of request: Request) async throws(CommandFailure) -> [ReflexEntry] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.reflex, site: request.site, subject: request.id)
        }
        var read = [ReflexEntry]()
        for entry in entries { read.append(try RegisterText.decode(Array(entry.body.utf8), as: ReflexEntry.self)) }
        return read
    }

    /// Proposed, and neither added nor refused; or added, and asked for by no result any more: the biologist sees them
    /// before the signature (RULES section 11).
    func openReflexes(of request: Request) async throws(CommandFailure) -> [ReflexEntry] {
        try await reflexWords(of: request).filter { $0.state == .proposed || $0.state == .added && $0.isOrphan }
    }

    /// The last word on each rule, as it stands now: a proposal whose result was rejected, repeated or judged otherwise
    /// since has lapsed, and comes back with what it asks for. A rule that is published no more says nothing of what it
    /// proposed.
    private func reflexWords(of request: Request) async throws(CommandFailure) -> [ReflexEntry] {
        let entries = try await reflexEntries(of: request)
        var words = entries.enumerated().filter { place, one in
            !entries[(place + 1)...].contains { $0.finding.rule.id == one.finding.rule.id }
        }.map(\.element)
        guard words.contains(where: { $0.state == .proposed || $0.state == .added }) else { return words }
        let (_, all, events) = try await file(of: request.id)
        let at = now()
        var met = Set<String>()
        if let ground = try await reflexGround(of: request, all, events, at: at) {
            met = Set(
                ground.engine.metReflexes(
                    ground.valid, patient: ground.patient, collectedAt: ground.collected, now: at
                ).map(\.id))
        }
        let known = Set(shelf.pack.reflexes.map(\.id))
        let done = Set(Chosen.observations(all, events: events).keys)
        let asked = Set(request.lines.map(\.analysis))
        for place in words.indices where known.contains(words[place].finding.rule.id) {
            let finding = words[place].finding
            guard !met.contains(finding.rule.id) else { continue }
            switch words[place].state {
            case .proposed:
                words[place].state = .lapsed
                words[place].reason = "plus aucun résultat validé ne le demande"
            case .added where finding.adds.contains { asked.contains($0) && !done.contains($0) }:
                words[place].isOrphan = true
            case .added, .refused, .kept, .lapsed: break
            }
        }
        return words
    }

    /// Signed before anybody decided: the file stays in the queue until somebody does (RULES section 11).
    func leavingReflexes(
        _ review: SignReview, by author: Author, at: Instant
    ) async throws(CommandFailure) -> [Fact] {
        let left = review.reflexes.filter { $0.state == .proposed }
        guard !left.isEmpty else { return [] }
        let known = try await reflexEntries(of: review.request)
        return left.enumerated().map { place, open in
            let entry = ReflexEntry(
                finding: open.finding, state: .proposed, author: author.login, at: at, reason: "signé sans décision")
            return .register(Desk.entry(entry, review.request, ordinal: known.count + place + 1))
        }
    }

    /// What waits for somebody's word in a site, by request: all of it is of files that wait for the biologist.
    package func openReflexes(
        by author: Author
    ) async throws(CommandFailure) -> [(request: Request, entries: [ReflexEntry])] {
        try allow(author, .readFiles)
        let ids = try await ask { () throws(StoreFailure) in
            try await store.requestsAwaitingSignature(site: author.site, limit: StoreBounds.ofRequest)
        }
        var found = [(request: Request, entries: [ReflexEntry])]()
        for id in ids {
            let request = try await request(id)
            let open = try await openReflexes(of: request)
            if !open.isEmpty { found.append((request, open)) }
        }
        return found
    }

    /// Everything that happened about the reflex tests of a request, oldest first.
    package func reflexes(of reference: String, by author: Author) async throws(CommandFailure) -> [ReflexEntry] {
        try allow(author, .readFiles)
        let request = try await request(reference)
        try within(request, author)
        return try await told(reflexEntries(of: request), of: request)
    }

    /// With what became of the last proposals.
    private func told(_ entries: [ReflexEntry], of request: Request) async throws(CommandFailure) -> [ReflexEntry] {
        var entries = entries
        for word in try await reflexWords(of: request) {
            guard let last = entries.lastIndex(where: { $0.finding.rule.id == word.finding.rule.id }) else { continue }
            entries[last] = word
        }
        return entries
    }

    /// Adds what a rule proposes, or refuses it with a reason. What was added for a result that counts no more is kept,
    /// or taken off the request.
    package func decideReflex(
        _ rule: String, of reference: String, accept: Bool, reason: String, by author: Author
    ) async throws(CommandFailure) -> [ReflexEntry] {
        try allow(author, .validateTechnically)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> [ReflexEntry] in
            let request = try await request(reference)
            try within(request, author)
            let known = try await reflexEntries(of: request)
            let id = RuleReference.id(named: rule)
            guard let proposal = try await reflexWords(of: request).last(where: { $0.finding.rule.id == id }) else {
                throw missing("reflex.unknown", "examen réflexe proposé", rule)
            }
            try checkOpen(proposal, rule)
            let at = now()
            let state: ReflexEntry.State = !accept ? .refused : proposal.isOrphan ? .kept : .added
            let entry = ReflexEntry(
                finding: proposal.finding, state: state, author: author.login, at: at, reason: reason)
            var facts: [Fact] = [.register(Desk.entry(entry, request, ordinal: known.count + 1))]
            let asked = Set(request.lines.map(\.analysis))
            let lines = proposal.finding.adds.filter { !asked.contains($0) }
                .map { RequestLine(analysis: $0, origin: "reflexe:\(proposal.finding.rule)") }
            var hasOrders = false
            if proposal.isOrphan, !accept {
                let done = try await standing(of: request.id)
                let removal = try await removing(
                    Set(proposal.finding.adds.filter { done[$0] == nil }), from: request, at: at)
                facts += removal.facts
                hasOrders = removal.hasOrders
            } else if accept, !lines.isEmpty {
                let addition = try await adding(lines, to: request, at: at)
                facts += addition.facts
                hasOrders = addition.hasOrders
            }
            let all = facts
            try await ask { () throws(StoreFailure) in
                try await store.append(
                    all, note: note(author, accept ? "reflex.add" : "reflex.refuse", "\(request.number) \(rule)", at))
            }
            if hasOrders { afterOrdering() }
            return known + [entry]
        }
    }

    private func checkOpen(_ proposal: ReflexEntry, _ rule: String) throws(CommandFailure) {
        switch proposal.state {
        case .proposed: return
        case .added where proposal.isOrphan: return
        case .lapsed:
            throw .refused(
                Refusal(
                    "reflex.lapsed", at: rule, because: proposal.reason,
                    remedy: "s'il est voulu quand même, l'ajouter à la demande (request change)"))
        case .added, .refused, .kept:
            throw .refused(
                Refusal(
                    "reflex.closed", at: rule, because: "déjà \(proposal.state.rawValue) par \(proposal.author)",
                    remedy: "changer la demande elle-même (request change)"))
        }
    }
}
