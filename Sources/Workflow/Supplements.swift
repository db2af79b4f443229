package import Base
import Catalog
package import Laboratory
import Store

/// A part of a report beside its results, as it stands in the register.
package struct SupplementEntry: Codable, Sendable, Hashable {
    package var ordinal: Int
    package var author: String
    package var at: Instant
    package var act: SupplementAct
    /// Empty for a removal.
    package var part: ReportSupplements
    /// Ordinal of the entry that took it away.
    package var removedBy: Int?
}

extension Desk {
    /// Everything that was put beside the results of a request, and taken away, in order.
    package func supplementEntries(of request: Request) async throws(CommandFailure) -> [SupplementEntry] {
        let rows = try await ask { () throws(StoreFailure) in
            try await store.register(.supplement, site: request.site, subject: request.id)
        }
        var entries = [SupplementEntry]()
        for row in rows {
            let act = try RegisterText.decode(Array(row.body.utf8), as: SupplementAct.self)
            let part =
                row.content.isEmpty
                ? ReportSupplements() : try RegisterText.decode(row.content, as: ReportSupplements.self)
            entries.append(
                SupplementEntry(ordinal: row.ordinal, author: row.author, at: row.at, act: act, part: part))
            if let removed = act.removes, let place = entries.firstIndex(where: { $0.ordinal == removed }) {
                entries[place].removedBy = row.ordinal
            }
        }
        return entries
    }

    /// What the report says beside its results, and the last entry of the register (nil: there is none); `limit`: as
    /// it stood when that entry was the last.
    func supplements(
        of request: Request, through limit: Int = Int.max
    ) async throws(CommandFailure) -> (supplements: ReportSupplements, through: Int?) {
        let entries = try await supplementEntries(of: request).filter { $0.ordinal <= limit }
        var all = ReportSupplements()
        for entry in entries {
            // What a later entry took away still stood then.
            if let removed = entry.removedBy, removed <= limit { continue }
            all.add(entry.part)
        }
        return (all, entries.last?.ordinal)
    }

    /// The register beside what it said to the last of these signatures.
    func registeredSupplements(
        of request: Request, _ signatures: [Signature]
    ) async throws(CommandFailure) -> RegisteredSupplements {
        let (now, through) = try await supplements(of: request)
        var then = ReportSupplements()
        if let limit = signatures.max(by: { $0.version < $1.version })?.supplementsThrough {
            then = try await supplements(of: request, through: limit).supplements
        }
        return RegisteredSupplements(now: now, through: through, atSignature: then)
    }

    /// Everything that a signed report says beside its results.
    func said(by signature: Signature, of request: Request) async throws(CommandFailure) -> ReportSupplements {
        var all = signature.words ?? ReportSupplements()
        if let through = signature.supplementsThrough {
            all.add(try await supplements(of: request, through: through).supplements)
        }
        return all
    }

    /// Puts something beside the results: images, reports of other laboratories, isolates, conclusions… A signed file
    /// is then to be signed again. Refusals: `supplement.*`, `auth.permission`.
    package func attachSupplement(
        _ part: ReportSupplements, to reference: String, by author: Author
    ) async throws(CommandFailure) -> SupplementEntry {
        try allow(author, .enterResult)
        if !part.validations.isEmpty { try allow(author, .sign) }
        return try await attempt { () async throws(CommandFailure) -> SupplementEntry in
            let request = try await request(reference)
            try within(request, author)
            let codes = Set(request.lines.map(\.analysis))
            let sections = request.lines.compactMap { catalogue[$0.analysis]?.section }
            let places = Set(sections + request.lines.compactMap(\.panel))
            let (standing, last) = try await supplements(of: request)
            try decide { () throws(Refusal) in
                try part.check(places: places, analyses: codes)
                try part.checkOpened(reports: attachmentDefect, pictures: pictureDefect)
                var both = standing
                both.add(part)
                try both.checkNumbers()
                try attachmentsFit(both, request.number)
            }
            try checkShown(part.words)
            let act = SupplementAct(.attach, summary: part.summary.joined(separator: " ; "))
            return try await tell(act, part, of: request, after: last, "supplement.attach", author)
        }
    }

    /// Takes one entry away, with a reason. Refusals: `supplement.unknown`, `supplement.removed`.
    package func removeSupplement(
        _ ordinal: Int, of reference: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> SupplementEntry {
        try allow(author, .enterResult)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> SupplementEntry in
            let request = try await request(reference)
            try within(request, author)
            let entries = try await supplementEntries(of: request)
            guard let entry = entries.first(where: { $0.ordinal == ordinal && $0.act.kind == .attach }) else {
                throw missing("supplement.unknown", "pièce", String(ordinal))
            }
            guard entry.removedBy == nil else {
                throw .refused(
                    Refusal(
                        "supplement.removed", at: String(ordinal), because: "cette pièce est déjà retirée",
                        remedy: "aucune action"))
            }
            let act = SupplementAct(.remove, summary: entry.act.summary, removes: ordinal, reason: reason)
            return try await tell(
                act, ReportSupplements(), of: request, after: entries.last?.ordinal, "supplement.remove", author)
        }
    }

    private func tell(
        _ act: SupplementAct, _ part: ReportSupplements, of request: Request, after last: Int?, _ action: String,
        _ author: Author
    ) async throws(CommandFailure) -> SupplementEntry {
        let at = now()
        let row = RegisterEntry(
            register: .supplement, site: request.site, subject: request.id, ordinal: (last ?? 0) + 1,
            author: author.login, at: at, body: RegisterText.text(act),
            content: part.isEmpty ? [] : RegisterText.encode(part))
        try await ask { () throws(StoreFailure) in
            try await store.append([.register(row)], note: note(author, action, request.number, at))
        }
        return SupplementEntry(ordinal: row.ordinal, author: row.author, at: at, act: act, part: part)
    }
}
