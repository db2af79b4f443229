package import Base
package import Laboratory
package import Store

/// An act with who did it and when.
package struct DecidedRelease: Codable, Sendable, Hashable {
    package var act: ReleaseAct
    package var author: String
    package var at: Instant
    package init(_ act: ReleaseAct, author: String, at: Instant) {
        self.act = act
        self.author = author
        self.at = at
    }
}

extension Absences {
    /// In the order they were decided.
    package init(_ decided: [DecidedRelease]) { self.init(decided.map { ($0.act, $0.at) }) }
}

extension Desk {
    /// The acts on a request, in order.
    package func releaseActs(of request: Request) async throws(CommandFailure) -> [DecidedRelease] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.release, site: request.site, subject: request.id)
        }
        var acts = [DecidedRelease]()
        for entry in entries {
            let act = try RegisterText.decode(Array(entry.body.utf8), as: ReleaseAct.self)
            acts.append(DecidedRelease(act, author: entry.author, at: entry.at))
        }
        return acts
    }

    /// The entry that tells an act; appended with what it does, in one transaction.
    package func releaseEntry(
        _ act: ReleaseAct, of request: Request, by author: String
    ) async throws(CommandFailure) -> RegisterEntry {
        let known = try await ask { () throws(StoreFailure) in
            try await store.register(.release, site: request.site, subject: request.id)
        }
        return RegisterEntry(
            register: .release, site: request.site, subject: request.id, ordinal: (known.last?.ordinal ?? 0) + 1,
            author: author, at: now(), body: RegisterText.text(act))
    }

    /// The newest acts of a site (nil: of each), newest first, with their requests.
    func newestActs(
        site: String?, limit: Int = releasesLookedAt
    ) async throws(CommandFailure) -> [(requestID: String, ordinal: Int, act: DecidedRelease)] {
        var found = [(requestID: String, ordinal: Int, act: DecidedRelease)]()
        for site in site.map({ [$0] }) ?? sites.keys.sorted() {
            let entries = try await ask { () throws(StoreFailure) in
                try await store.register(.release, site: site, limit: limit)
            }
            for entry in entries {
                let act = try RegisterText.decode(Array(entry.body.utf8), as: ReleaseAct.self)
                found.append((entry.subject, entry.ordinal, DecidedRelease(act, author: entry.author, at: entry.at)))
            }
        }
        return found
    }

    /// Requests whose hiding ends by itself and should have.
    package func hidingsOver() async throws(CommandFailure) -> [String] {
        let now = now()
        let acts = Dictionary(grouping: try await newestActs(site: nil), by: \.requestID)
        return acts.filter { _, acts in
            ReleaseState(acts.sorted { $0.ordinal < $1.ordinal }.map(\.act.act)).hidingIsOver(at: now)
        }.keys.sorted()
    }
    /// Requests whose copies were changed after a signature.
    package func readdressed() async throws(CommandFailure) -> Set<String> {
        Set(try await newestActs(site: nil).filter { $0.act.act.kind == .readdress }.map(\.requestID))
    }
    /// Deliveries that were closed before they left for what a patient's file said.
    package func setAside() async throws(CommandFailure) -> Set<String> {
        Set(try await newestActs(site: nil).filter { $0.act.act.kind == .setAside }.compactMap(\.act.act.deliveryID))
    }
    /// Newest acts of a site; a hiding lasts days, not years.
    static let releasesLookedAt = 20_000

    /// A person decides about a report's way out.
    package func mayRelease(_ author: Author, _ request: Request) throws(CommandFailure) {
        try allow(author, .sign)
        try within(request, author)
    }

    /// Several deliveries told in one transaction: attempts are their own trace, answers are audited together. `after`:
    /// the last ordinal known of each, to save asking; when it is wrong, it is asked,
    /// or with `retells` false a conflict is thrown.
    package func recordDeliveries(
        _ happened: [(delivery: DeliveryHead, kind: DeliveryEvent.Kind, detail: String?)], author: String,
        after known: [String: Int] = [:], retells: Bool = true
    ) async throws(CommandFailure) {
        if happened.isEmpty { return }
        if !retells { return try await tell(happened, author, known) }
        if !known.isEmpty {
            do throws(CommandFailure) { return try await tell(happened, author, known) } catch {
                guard case .store(.conflict) = error else { throw error }
            }
        }
        try await attempt { () async throws(CommandFailure) -> Void in try await tell(happened, author, [:]) }
    }

    private func tell(
        _ happened: [(delivery: DeliveryHead, kind: DeliveryEvent.Kind, detail: String?)], _ author: String,
        _ known: [String: Int]
    ) async throws(CommandFailure) {
        let at = now()
        var facts = [Fact](), last = known
        for (delivery, kind, detail) in happened {
            if last[delivery.id] == nil {
                let events = try await ask { () throws(StoreFailure) in try await store.deliveryEvents(delivery.id) }
                last[delivery.id] = events.last?.ordinal ?? 0
            }
            let ordinal = (last[delivery.id] ?? 0) + 1
            last[delivery.id] = ordinal
            facts.append(
                .deliveryEvent(
                    DeliveryEvent(deliveryID: delivery.id, ordinal: ordinal, kind: kind, at: at, detail: detail)))
        }
        let theirs = happened.filter { ![.attempted, .failed, .unreached].contains($0.kind) }
        var note: AuditNote?
        if let told = theirs.first {
            let others = theirs.count > 1 ? " et \(theirs.count - 1) autres" : ""
            note = AuditNote(
                site: told.delivery.site, author: author, action: "delivery.\(told.kind.rawValue)",
                subject: told.delivery.controlID + others, at: at)
        }
        let ready = (facts, note)
        try await ask { () throws(StoreFailure) in try await store.append(ready.0, note: ready.1) }
    }
}
