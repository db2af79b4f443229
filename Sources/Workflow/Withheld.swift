package import Base
package import Laboratory
package import Store

/// Who was not sent a report version, and what a person did about it since.
package struct WithheldLine: Codable, Sendable, Hashable {
    package var requestID: String
    package var requestNumber: String
    package var version: Int
    package var at: Instant
    package var note: WithheldNote
    /// Has an earlier version, may not be sent the one in force, and nobody told it otherwise.
    package var needsPerson: Bool
    /// The act by which somebody did.
    package var told: DecidedRelease?
    package init(
        requestID: String, requestNumber: String, version: Int, at: Instant, note: WithheldNote, needsPerson: Bool,
        told: DecidedRelease?
    ) {
        self.requestID = requestID
        self.requestNumber = requestNumber
        self.version = version
        self.at = at
        self.note = note
        self.needsPerson = needsPerson
        self.told = told
    }
}

extension Desk {
    /// The newest version that the PFI took: whoever was withheld an earlier one has this one, or a row of its own.
    private func newestAccepted(of request: Request) async throws(CommandFailure) -> Int {
        try await ask { () throws(StoreFailure) in
            var newest = 0
            for delivery in try await store.deliveries(of: request)
            where delivery.version > newest {
                let events = try await store.deliveryEvents(delivery.id)
                if events.contains(where: { $0.kind == .accepted }) { newest = delivery.version }
            }
            return newest
        }
    }

    /// Hidings that are over and cannot end, since the file changed after its signature: a person reads it and signs
    /// again.
    package func stuckHidings(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine] {
        var wanted: String?
        if let reference { wanted = try await request(reference).id }
        var lines = [WithheldLine]()
        for id in try await hidingsOver() where wanted == nil || wanted == id {
            let request = try await request(id)
            let state = ReleaseState(try await releaseActs(of: request).map(\.act))
            let signatures = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: id) }
            guard site == nil || site == request.site, let over = state.hiddenUntil,
                let latest = signatures.max(by: { $0.version < $1.version })
            else { continue }
            do throws(CommandFailure) { _ = try await signedReport(of: latest) } catch {
                guard case .refused(let refusal) = error else { throw error }
                let words = "la fin du masquage ne peut partir : \(refusal.cause) ; \(refusal.remedy)"
                for audience in state.endsFor.map(\.rawValue).sorted() {
                    let note = WithheldNote(
                        destination: audience, reason: WithheldNote.stuckHiding, words: words, hasEarlier: true)
                    lines.append(
                        WithheldLine(
                            requestID: id, requestNumber: request.number, version: latest.version, at: over,
                            note: note, needsPerson: true, told: nil))
                }
            }
        }
        return lines
    }

    /// The row that tells it, appended with the version; nil when everybody is sent it.
    package func withheldEntry(
        _ notes: [WithheldNote], of request: Request, version: Int
    ) -> RegisterEntry? {
        if notes.isEmpty { return nil }
        return RegisterEntry(
            register: .withheld, site: request.site, subject: request.id, ordinal: version, author: "exchange",
            at: now(), body: RegisterText.text(notes))
    }

    /// Who has a version, may not be sent the one in force and was not told: all of them, of one request or of a site
    /// (nil: all). Newest first.
    package func owed(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine] {
        var ids = [String]()
        if let reference {
            ids = [try await request(reference).id]
        } else {
            for site in site.map({ [$0] }) ?? sites.keys.sorted() {
                ids += try await ask { () throws(StoreFailure) in try await store.requestsOwed(site: site) }
            }
        }
        var lines = [WithheldLine]()
        for id in ids {
            lines += try await withheld(site: site, request: id, limit: StoreBounds.ofRequest).filter(\.needsPerson)
        }
        return lines.sorted { ($0.at, $0.requestID) > ($1.at, $1.requestID) }
    }

    /// What an opposition kept from somebody who may have it now.
    package struct KeptByOpposition: Sendable {
        package var requestID: String
        /// By report version.
        package var destinations: [Int: Set<String>] = [:]
        /// A copy that was added after the signature.
        package var isOfCopies = false
    }

    /// Of one patient, or (nil) of all.
    package func keptByOpposition(patient id: String?) async throws(CommandFailure) -> [KeptByOpposition] {
        var found = [KeptByOpposition]()
        for site in sites.keys.sorted() {
            let requests = try await ask { () throws(StoreFailure) in
                try await store.requests(ids: try await store.requestsKept(site: site))
            }
            for request in requests.sorted(by: { $0.id < $1.id }) where id == nil || request.patientID == id {
                let patient = try await patient(request.patientID)
                var kept = KeptByOpposition(requestID: request.id)
                let rows = try await ask { () throws(StoreFailure) in
                    try await store.register(.withheld, site: site, subject: request.id)
                }
                for row in rows where row.body.contains(WithheldNote.opposed) {
                    let notes = try RegisterText.decode(Array(row.body.utf8), as: [WithheldNote].self)
                    let lifted = notes.filter { $0.opposedWay.map { !patient.isOpposed(to: $0) } ?? false }
                    if !lifted.isEmpty { kept.destinations[row.ordinal] = Set(lifted.map(\.destination)) }
                }
                kept.isOfCopies = try await releaseActs(of: request).contains {
                    $0.act.kind == .setAside && $0.act.destination != nil
                }
                if kept.isOfCopies || !kept.destinations.isEmpty { found.append(kept) }
            }
        }
        return found
    }

    /// Whom a withdrawal that the PFI took came to, and when.
    private func takenBack(_ request: Request) async throws(CommandFailure) -> [(from: Set<String>, at: Instant)] {
        try await ask { () throws(StoreFailure) in
            var found = [(from: Set<String>, at: Instant)]()
            for delivery in try await store.deliveries(of: request) where delivery.takesBack {
                let events = try await store.deliveryEvents(delivery.id)
                if let taken = events.last(where: { $0.kind == .accepted }) {
                    found.append((destinations(delivery), taken.at))
                }
            }
            return found
        }
    }

    /// Newest first; of one request, or of a site (nil: all).
    package func withheld(
        site: String?, request reference: String?, limit: Int
    ) async throws(CommandFailure) -> [WithheldLine] {
        var rows = [RegisterEntry]()
        if let reference {
            let request = try await request(reference)
            rows = try await ask { () throws(StoreFailure) in
                try await store.register(.withheld, site: request.site, subject: request.id)
            }
        } else {
            for site in site.map({ [$0] }) ?? sites.keys.sorted() {
                rows += try await ask { () throws(StoreFailure) in
                    try await store.register(.withheld, site: site, limit: limit)
                }
            }
        }
        let kept = try await keptFrom(site: site, request: reference, limit: limit)
        rows.sort { ($0.at, $0.subject, $0.ordinal) > ($1.at, $1.subject, $1.ordinal) }
        var lines = [WithheldLine]()
        for (id, rows) in Dictionary(grouping: rows.prefix(limit), by: \.subject) {
            let request = try await request(id)
            let acts = try await releaseActs(of: request)
            let newest = rows.map(\.ordinal).max() ?? 0
            let reached = try await newestAccepted(of: request), gone = try await takenBack(request)
            let patient = try await patient(request.patientID)
            for row in rows {
                for note in try RegisterText.decode(Array(row.body.utf8), as: [WithheldNote].self) {
                    let told = acts.last {
                        $0.act.kind == .told && $0.act.destination == note.destination && $0.at >= row.at
                    }
                    let isLifted = note.opposedWay.map { !patient.isOpposed(to: $0) } ?? false
                    let isTakenBack = gone.contains { $0.at >= row.at && $0.from.contains(note.destination) }
                    var note = note
                    if isLifted { note.words = WithheldNote.unopposedWords }
                    lines.append(
                        WithheldLine(
                            requestID: request.id, requestNumber: request.number, version: row.ordinal, at: row.at,
                            note: note,
                            // An opposition that is lifted: it goes there by itself. What was taken back there is
                            // not wrong there any more.
                            needsPerson: note.hasEarlier && told == nil && !isLifted
                                && (note.reason == WithheldNote.wrongPatient
                                    || row.ordinal == newest && row.ordinal >= reached && !isTakenBack),
                            told: told))
                }
            }
        }
        lines += kept
        return lines.sorted { ($0.at, $0.requestID, $1.note.destination) > ($1.at, $1.requestID, $0.note.destination) }
    }

    /// Copies added after a signature that the patient's choices kept from somebody (`setAside`).
    private func keptFrom(
        site: String?, request reference: String?, limit: Int
    ) async throws(CommandFailure) -> [WithheldLine] {
        var found = [(requestID: String, act: DecidedRelease)]()
        if let reference {
            let request = try await request(reference)
            found = try await releaseActs(of: request).map { (request.id, $0) }
        } else {
            found = try await newestActs(site: site, limit: limit).map { ($0.requestID, $0.act) }
        }
        var lines = [WithheldLine]()
        for (id, decided) in found where decided.act.kind == .setAside {
            guard let destination = decided.act.destination, let version = decided.act.version else { continue }
            let request = try await request(id), patient = try await patient(request.patientID)
            let isLifted =
                decided.act.reason == WithheldNote.opposedWords && !patient.isOpposed(to: .otherProfessionals)
            lines.append(
                WithheldLine(
                    requestID: id, requestNumber: request.number, version: version, at: decided.at,
                    note: WithheldNote(
                        destination: destination, reason: WithheldNote.copyKept,
                        words: isLifted ? WithheldNote.unopposedWords : decided.act.reason,
                        hasEarlier: false),
                    needsPerson: false, told: nil))
        }
        return lines
    }
}
