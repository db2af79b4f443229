import Base
import Laboratory
import Store

/// One append made ready outside the writer: encoding and hashing cost the caller, not the queue of all writers.
struct PreparedAppend: Sendable {
    private struct Insertion: Sendable {
        var sql: String
        /// Columns and blobs, the body, the audit sequence, then what the site comes from.
        var arguments: [SQLValue]
        var sequence: Int
    }
    private var insertions: [Insertion] = []
    /// Facts from which rows of their own are derived.
    private var sources: [Fact]
    private var changes: WorkChanges
    /// Facts that a signed file may come back for.
    private var reopening: [Fact]
    private var note: AuditNote?
    private var factsHash: String

    init(_ facts: [Fact], note: AuditNote?) throws(StoreFailure) {
        let records = try FactRecord.records(of: facts, note: note)
        sources = facts.filter(PreparedAppend.isSource)
        changes = WorkChanges(facts)
        reopening = facts.filter(\.mayReopen)
        self.note = note
        factsHash = note == nil ? "" : AuditChain.digest(of: records)
        // A frame comes mostly with its session or after it: when with it, the site need not be looked up.
        var sites: [SQLValue: String] = [:]
        for fact in facts {
            if case .session(let session) = fact { sites[.text(session.id)] = session.site }
        }
        insertions.reserveCapacity(facts.count)
        for (fact, record) in zip(facts, records) {
            guard let table = FactTable.table(of: fact.kind) else { continue }
            var arguments = FactTable.values(of: fact)
            let parent = table.siteOf.flatMap { table.columns.firstIndex(of: $0.ours) }.map { arguments[$0] }
            for blob in record.blobs { arguments.append(.blob(blob)) }
            arguments.append(.text(record.body))
            arguments.append(.null)
            let sequence = arguments.count - 1
            let site = table.siteOf?.table == "session" ? parent.flatMap { sites[$0] } : nil
            if let last = site.map({ SQLValue($0) }) ?? parent { arguments.append(last) }
            guard let sql = (site == nil ? FactTable.insertions : FactTable.insertionsWithSite)[fact.kind] else {
                continue
            }
            insertions.append(Insertion(sql: sql, arguments: arguments, sequence: sequence))
        }
    }

    func run(_ connection: any SQLConnection) throws(SQLFailure) {
        var entry: AuditEntry?
        if let note {
            let last = try connection.query(SQL.lastAuditEntry).first
            let link = last.flatMap { row in row[0].integer.flatMap { n in row[1].text.map { (n, $0) } } }
            entry = AuditChain.next(after: link, note: note, factsHash: factsHash)
        }
        for insertion in insertions {
            var arguments = insertion.arguments
            if let entry { arguments[insertion.sequence] = SQLValue(entry.sequence) }
            try connection.execute(insertion.sql, arguments)
        }
        if let entry { try insert(entry, connection) }
        try derive(connection)
    }

    private func insert(_ entry: AuditEntry, _ connection: any SQLConnection) throws(SQLFailure) {
        try connection.execute(
            SQL.insertAuditEntry,
            [
                SQLValue(entry.sequence), .text(entry.site), .text(entry.author), .text(entry.action),
                .text(entry.subject), SQLValue(entry.at), .text(entry.factsHash), .text(entry.previousHash),
                .text(entry.hash),
            ])
    }

    private static func isSource(_ fact: Fact) -> Bool {
        switch fact {
        case .signature, .patient, .request, .observation, .control: true
        case .account, .token, .tokenRevoked, .specimen, .session, .sessionEnd, .frame, .message, .order, .orderEvent,
            .outcome, .observationEvent, .triage, .triageResolution, .report, .delivery, .deliveryEvent, .inbound,
            .register, .evaluation:
            false
        }
    }

    /// Work lists, latest versions and tallies, from the facts just inserted.
    private func derive(_ connection: any SQLConnection) throws(SQLFailure) {
        var tally = changes.tally
        for fact in sources {
            if case .signature(let signature) = fact {
                for id in Set(signature.observationIDs).sorted() {
                    try connection.execute(SQL.insertSignatureItem, [.text(id), .text(signature.id)])
                }
            } else if case .patient(let patient) = fact {
                let move = try Current.take(patient, connection)
                for (site, more) in move { tally[.init(site: site, name: "patients"), default: 0] += more }
            } else if case .request(let request) = fact {
                let move = try Current.take(request, connection)
                for (site, more) in move { tally[.init(site: site, name: "requests"), default: 0] += more }
            } else if case .observation(let observation) = fact, let analyzer = observation.controlledOn {
                try connection.execute(
                    SQL.insertObservationOfAnalyzer,
                    [
                        .text(observation.id), .text(analyzer), .text(observation.analysis),
                        SQLValue(observation.observedAt),
                    ])
            } else if case .control(let control) = fact, let analysis = control.analysis {
                try connection.execute(
                    SQL.insertControlOfAnalysis,
                    [
                        .text(control.id), .text(control.site), .text(control.analyzer), .text(analysis),
                        SQLValue(control.observedAt),
                    ])
                try connection.execute(
                    SQL.insertControlledAssay, [.text(control.site), .text(control.analyzer), .text(analysis)])
            }
        }
        for item in changes.closed { try connection.execute(item.list.close, [.text(item.id)]) }
        for item in changes.opened { try connection.execute(item.list.open, [.text(item.id)]) }
        try review(connection)
        for (mark, added) in changes.deliveryMarks {
            let row = try connection.query(SQL.deliveryMarks, [.text(mark.kind.rawValue), .text(mark.deliveryID)]).first
            guard let row, let site = row[0].text, let total = row[1].integer, total > 0 else { continue }
            // Only the first event of its kind makes the delivery one more.
            if total == added || changes.newDeliveries.contains(mark.deliveryID) {
                tally[.init(site: site, name: mark.name), default: 0] += 1
            }
        }
        for (key, more) in tally where more != 0 {
            try connection.execute(SQL.tally, [.text(key.site), .text(key.name), SQLValue(more)])
        }
    }
}

extension PreparedAppend {
    /// A signature closes what it looked at again; a change after it opens it.
    private func review(_ connection: any SQLConnection) throws(SQLFailure) {
        for fact in sources {
            if case .signature(let signature) = fact {
                try connection.execute(SQL.closeReview, [.text(signature.requestID)])
            }
        }
        if reopening.isEmpty { return }
        for id in try Reopening.requests(reopening, connection) {
            try connection.execute(SQL.closeReview, [.text(id)])
            try connection.execute(SQL.openReview, [.text(id)])
        }
    }
}

/// Rows of the latest versions.
private enum Current {
    /// What it changes in the number of files of each site.
    static func take(_ patient: Patient, _ connection: any SQLConnection) throws(SQLFailure) -> [(String, Int)] {
        let last = try connection.query(SQL.currentPatient, [.text(patient.id)]).first
        guard let move = move(from: last, to: patient.site, version: patient.version) else { return [] }
        try connection.execute(
            SQL.upsertPatient,
            [
                .text(patient.id), SQLValue(patient.version), .text(patient.site), .text(SearchKey.fold(patient.ipp)),
                .text(SearchKey.fold(patient.traits.birthName)), .text(SearchKey.fold(patient.traits.firstGivenName)),
                SQLValue(patient.usedName.map { SearchKey.fold($0) }), SQLValue(patient.ins?.matricule),
            ])
        return move
    }

    static func take(_ request: Request, _ connection: any SQLConnection) throws(SQLFailure) -> [(String, Int)] {
        let last = try connection.query(SQL.currentRequest, [.text(request.id)]).first
        guard let move = move(from: last, to: request.site, version: request.version) else { return [] }
        try connection.execute(
            SQL.upsertRequest,
            [
                .text(request.id), SQLValue(request.version), .text(request.site), .text(request.number),
                SQLValue(request.registeredAt), SQLValue(request.priority == .urgent),
            ])
        return move
    }

    /// Nil when a later version is there already.
    private static func move(from last: [SQLValue]?, to site: String, version: Int) -> [(String, Int)]? {
        guard let last, let lastVersion = last[0].integer, let lastSite = last[1].text else { return [(site, 1)] }
        guard version > lastVersion else { return nil }
        return lastSite == site ? [] : [(lastSite, -1), (site, 1)]
    }
}
