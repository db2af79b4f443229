package import Base
import Catalog
package import Laboratory
package import Rules
import Store
import Synchronization

/// A critical value and how far it was told (RULES section 5), as the register holds it.
package struct CallEntry: Sendable, Hashable {
    package var call: CriticalCall
    package var site: String
    package var ordinal: Int
    /// Who wrote the last line of it, and when.
    package var author: String
    package var at: Instant
    package var reason: String

    package var observationID: String { call.observationID }
    /// Place in the chain of calls.
    package var level: Int { call.level }

    private struct Body: Codable {
        var call: CriticalCall
        var reason: String
    }

    init(_ entry: RegisterEntry) throws(CommandFailure) {
        let body = try RegisterText.decode(Array(entry.body.utf8), as: Body.self)
        call = body.call
        reason = body.reason
        site = entry.site
        ordinal = entry.ordinal
        author = entry.author
        at = entry.at
    }

    /// What a run that joined a call has in its own place of the register: the way to that call.
    static func way(
        from id: String, to call: CriticalCall, site: String, ordinal: Int, author: String, at: Instant
    ) -> RegisterEntry {
        RegisterEntry(
            register: .criticalCall, site: site, subject: id, ordinal: ordinal, author: author, at: at,
            body: RegisterText.text(Body(call: call, reason: "même analyse, même échantillon")))
    }

    static func entry(
        _ call: CriticalCall, site: String, ordinal: Int, author: String, at: Instant, reason: String
    ) -> RegisterEntry {
        RegisterEntry(
            register: .criticalCall, site: site, subject: call.observationID, ordinal: ordinal, author: author, at: at,
            body: RegisterText.text(Body(call: call, reason: reason)))
    }
}

/// The calls that are not closed, kept at hand: each look reads only what was written since the last one.
package final class CallBoard: Sendable {
    private struct State {
        var open: [String: CallEntry] = [:]
        var newest: Instant?
    }
    private let sites = Mutex<[String: State]>([:])

    package init() {}

    func newest(_ site: String) -> Instant? { sites.withLock { $0[site]?.newest } }

    /// Takes entries in, newest first as the register gives them, and answers what is open.
    func take(_ entries: [RegisterEntry], site: String) throws(CommandFailure) -> [CallEntry] {
        var latest = [String: RegisterEntry]()
        for entry in entries where (latest[entry.subject]?.ordinal ?? 0) < entry.ordinal {
            latest[entry.subject] = entry
        }
        var read = [CallEntry]()
        for entry in latest.values {
            let call = try CallEntry(entry)
            // The line of a run that another call tells of.
            if call.observationID == entry.subject { read.append(call) }
        }
        return sites.withLock { sites in
            var state = sites[site] ?? State()
            for entry in read {
                let id = entry.call.observationID
                if let known = state.open[id], known.ordinal > entry.ordinal { continue }
                state.open[id] = entry.call.state == .closed ? nil : entry
            }
            state.newest = entries.map(\.at).max().map { max($0, state.newest ?? $0) } ?? state.newest
            sites[site] = state
            return Array(state.open.values)
        }
    }
}

extension Desk {
    /// The call of a critical value, as it stands; nil when the value asks for none.
    package func criticalCall(of observation: Observation) async throws(CommandFailure) -> CallEntry? {
        try await callHistory(of: observation).last
    }

    /// All that was written of the call of a value, oldest first: of the call of another run where it joined that one.
    private func callHistory(of observation: Observation) async throws(CommandFailure) -> [CallEntry] {
        func read(_ subject: String) async throws(CommandFailure) -> [CallEntry] {
            let entries = try await ask { () throws(StoreFailure) in
                try await store.register(.criticalCall, site: observation.site, subject: subject)
            }
            return try entries.map { (entry) throws(CommandFailure) in try CallEntry(entry) }
        }
        let own = try await read(observation.id)
        guard let last = own.last, last.observationID != observation.id else { return own }
        return try await read(last.observationID)
    }

    /// Calls of those among these results that are to be telephoned, by result.
    package func criticalCalls(of observations: [Observation]) async throws(CommandFailure) -> [String: CallEntry] {
        var found = [String: CallEntry]()
        for observation in observations where observation.mayBeCalled {
            found[observation.id] = try await criticalCall(of: observation)
        }
        return found
    }

    /// Entries written within this of the last look are read again: clocks of two appends may cross.
    private static let overlap = Duration.seconds(300)

    /// Calls of a site that are not closed, the most pressing first.
    package func openCalls(site: String) async throws(CommandFailure) -> [CallEntry] {
        let known = calls.newest(site).map { $0.advanced(by: .zero - Desk.overlap) }
        var limit = 64
        while true {
            let asked = limit
            let entries = try await ask { () throws(StoreFailure) in
                try await store.register(.criticalCall, site: site, limit: asked)
            }
            if entries.count == limit, known.map({ entries[limit - 1].at > $0 }) ?? true {
                limit *= 8
                continue
            }
            return try calls.take(entries, site: site).sorted {
                ($0.call.dueAt, $0.call.observationID) < ($1.call.dueAt, $1.call.observationID)
            }
        }
    }

    /// Writes a call down: who was called by whom, when, what was read and whether it was read back.
    package func recordCall(
        _ attempt: CriticalCall.Attempt, for observationID: String, by author: Author
    ) async throws(CommandFailure) -> CallEntry {
        try await changeCall(observationID, "critical.call", attempt.outcome.rawValue, author) {
            (call, at) throws(Refusal) in
            var attempt = attempt
            attempt.at = at
            attempt.caller = author.login
            try call.record(
                attempt, isBiologist: author.role == .biologist, minutes: callMinutes,
                printed: { [analysis = call.analysis] in printed($0, of: analysis) })
        }
    }

    /// Goes on to the next of the chain.
    package func escalateCall(
        _ observationID: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> CallEntry {
        try needReason(reason)
        return try await changeCall(observationID, "critical.escalate", reason, author) { (call, at) throws(Refusal) in
            try call.passOn(at: at, minutes: callMinutes)
        }
    }

    /// The last word on a call: a biologist's where the value is one for the biologist.
    package func closeCall(
        _ observationID: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> CallEntry {
        try needReason(reason)
        return try await changeCall(observationID, "critical.close", reason, author) { (call, at) throws(Refusal) in
            try call.close(by: author.login, isBiologist: author.role == .biologist, at: at)
        }
    }

    /// What becomes of the calls of results that these facts reject, or whose rejection they take back: nobody is
    /// telephoned about a value that counts no more, and who was told of it waits for the biologist's word.
    func callsFollowing(
        _ facts: [Fact], _ all: [Observation], after events: [ObservationEvent], by author: Author, at: Instant
    ) async throws(CommandFailure) -> [Fact] {
        let last = Chosen.lastEvents(events)
        // Two runs of one call may go at once: the second writes over what the first made of it.
        var written = [String: RegisterEntry]()
        for case .observationEvent(let event) in facts where !event.isSettingAside {
            // Taken back out of what was rejected, by itself or by the choice of that run.
            let isBack = event.kind != .rejected && last[event.observationID]?.kind == .rejected
            guard event.kind == .rejected || isBack,
                let observation = all.first(where: { $0.id == event.observationID }),
                let entry = try await criticalCall(of: observation)
            else { continue }
            var call =
                try written[entry.observationID].map { (one) throws(CommandFailure) in try CallEntry(one).call }
                ?? entry.call
            let isChanged =
                isBack
                ? call.reinstate(event.observationID, at: at, minutes: callMinutes)
                : call.cancel(
                    event.observationID, by: author.login, isBiologist: author.role == .biologist, at: at,
                    minutes: callMinutes)
            guard isChanged else { continue }
            let words = isBack ? "rejet repris" : "résultat rejeté"
            written[entry.observationID] = CallEntry.entry(
                call, site: observation.site, ordinal: entry.ordinal + 1, author: author.login, at: at,
                reason: event.reason.map { "\(words) : \($0)" } ?? words)
        }
        return written.values.sorted { $0.subject < $1.subject }.map { .register($0) }
    }

    /// The value to be told as reports print it: to the decimals of the analysis, in either of its units.
    private func printed(_ told: ObservationValue, of code: String) -> [Measured] {
        guard case .measured(let value, let unit) = told, let analysis = catalogue[code] else {
            return []
        }
        var ways = analysis.decimals.map { [value.with(value.number.rounded(to: $0))] } ?? []
        if let second = analysis.alternative, unit == analysis.unit,
            let other = second.converted(value, places: max(analysis.decimals ?? 0, 2))
        {
            ways.append(other)
        }
        return ways
    }

    private var callMinutes: Int { shelf.pack.policy.callMinutes }

    private func changeCall(
        _ observationID: String, _ action: String, _ reason: String, _ author: Author,
        _ change: (inout CriticalCall, Instant) throws(Refusal) -> Void
    ) async throws(CommandFailure) -> CallEntry {
        try allow(author, .validateTechnically)
        let observation = try await result(observationID, author)
        for _ in 0..<3 {
            guard let entry = try await criticalCall(of: observation) else {
                throw missing("critical.unknown", "appel", observationID)
            }
            let at = now()
            var call = entry.call
            do throws(Refusal) { try change(&call, at) } catch { throw .refused(error) }
            let next = CallEntry.entry(
                call, site: observation.site, ordinal: entry.ordinal + 1, author: author.login, at: at, reason: reason)
            do throws(StoreFailure) {
                try await store.append([.register(next)], note: note(author, action, observationID, at))
            } catch {
                guard case .conflict = error else { throw .store(error) }
                continue
            }
            return try CallEntry(next)
        }
        throw .store(.conflict(key: "register.ordinal"))
    }

    /// Calls whose time ran out go to the next of the chain; answers them, for whoever rings.
    package func escalateOverdueCalls() async throws(CommandFailure) -> [CallEntry] {
        var gone = [CallEntry]()
        for site in sites.keys.sorted() {
            let at = now()
            for entry in try await openCalls(site: site) where entry.call.isOverdue(at: at) {
                var call = entry.call
                guard call.escalate(at: at, minutes: callMinutes) else { continue }
                let next = CallEntry.entry(
                    call, site: site, ordinal: entry.ordinal + 1, author: Desk.house, at: at, reason: "délai dépassé")
                let note = AuditNote(
                    site: site, author: Desk.house, action: "critical.escalate", subject: call.observationID, at: at)
                do throws(StoreFailure) {
                    try await store.append([.register(next)], note: note)
                } catch {
                    // Somebody wrote a call meanwhile: nothing is overdue any more, or the next look sees it.
                    guard case .conflict = error else { throw .store(error) }
                    continue
                }
                gone.append(try CallEntry(next))
            }
        }
        return gone
    }

    /// The report says who was told of a critical value (RULES section 5, point 7), as it stood when it was signed: the
    /// same words for ever.
    func mentioningCalls(
        in content: SignedContent, before signed: Instant, zone: CivilZone
    ) async throws(CommandFailure) -> SignedContent {
        var mentioned = content
        for (place, observation) in content.observations.enumerated() {
            guard observation.isCritical || observation.mayBeCalled else { continue }
            guard let last = try await callHistory(of: observation).last(where: { $0.at <= signed }),
                let told = last.call.told(of: observation.id)
            else { continue }
            let at = told.at.iso8601(in: zone)
            let day = at.prefix(10).split(separator: "-").reversed().joined(separator: "/")
            let value = observation.isCritical ? "valeur critique" : "valeur d'alerte"
            let words =
                "\(value) téléphonée le \(day) à \(at.dropFirst(11).prefix(5)) : \(told.person), \(told.role)"
                + (told.wasReadBack ? " ; relue" : "")
            mentioned.observations[place].comment =
                [observation.comment, words].compactMap { $0 }.joined(separator: " ; ")
        }
        return mentioned
    }

    /// A critical value that nobody was told of is not signed unseen: the biologist calls first, or says why not.
    func uncalled(_ observations: [Observation]) async throws(CommandFailure) -> [CallEntry] {
        var open = [String: CallEntry]()
        for entry in try await criticalCalls(of: observations).values where entry.call.state == .open {
            open[entry.observationID] = entry
        }
        return open.values.sorted { $0.call.analysis < $1.call.analysis }
    }
}

extension Observation {
    /// It was told to be called, by the biologist or by the technician; where nobody need be, there is no call.
    var mayBeCalled: Bool { holds.contains { $0.code == .criticalCall || $0.code == .critical } }
    /// Beyond a limit that is telephoned, or a positive that is.
    var isCritical: Bool {
        flags.contains(.criticallyLow) || flags.contains(.criticallyHigh)
            || holds.contains { $0.code == .criticalCall }
    }
}
