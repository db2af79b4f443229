import Base
import Laboratory
package import Store

/// The contract over an SQL engine.
package struct SQLStore<Engine: SQLEngine>: LaboratoryStore {
    package let engine: Engine
    package init(engine: Engine) { self.engine = engine }

    package func close() async { await engine.close() }

    package func append(_ facts: [Fact], note: AuditNote?) async throws(StoreFailure) {
        let prepared = try PreparedAppend(facts, note: note)
        try await write { (connection: any SQLConnection) throws(SQLFailure) in try prepared.run(connection) }
    }

    package func nextNumber(of series: String) async throws(StoreFailure) -> Int {
        let value = try await write { (connection: any SQLConnection) throws(SQLFailure) in
            try connection.query(SQL.nextNumber, [.text(series)]).first?.first?.integer
        }
        guard let value else { throw .unavailable(damaged("counter")) }
        return value
    }

    // Ways in

    private func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(StoreFailure) -> T {
        do throws(SQLFailure) { return try await engine.write(body) } catch { throw failure(error) }
    }

    func rows(_ sql: String, _ arguments: [SQLValue] = []) async throws(StoreFailure) -> [[SQLValue]] {
        try await read { (connection: any SQLConnection) throws(SQLFailure) in try connection.query(sql, arguments) }
    }

    func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(StoreFailure) -> T {
        do throws(SQLFailure) { return try await engine.read(body) } catch { throw failure(error) }
    }

    private func failure(_ failure: SQLFailure) -> StoreFailure {
        switch failure {
        case .conflict(let key): .conflict(key: key)
        case .broken(let refusal): .unavailable(refusal)
        }
    }

    /// Facts of rows (body, blobs…).
    func list<T: StoredFact>(
        _ type: T.Type, _ sql: String, _ arguments: [SQLValue] = []
    ) async throws(StoreFailure) -> [T] {
        try decode(type, try await rows(sql, arguments))
    }
    func first<T: StoredFact>(_ type: T.Type, _ sql: String, _ arguments: [SQLValue]) async throws(StoreFailure) -> T? {
        try await list(type, sql, arguments).first
    }
    func decode<T: StoredFact>(_ type: T.Type, _ rows: [[SQLValue]]) throws(StoreFailure) -> [T] {
        var facts: [T] = []
        for row in rows {
            guard let body = row.first?.text else { throw .unavailable(damaged("\(type)")) }
            do throws(Refusal) {
                facts.append(try FactRecord.decode(body, row.dropFirst().map { $0.blob ?? [] }, as: type))
            } catch { throw .unavailable(error) }
        }
        return facts
    }
    func damaged(_ place: String) -> Refusal {
        Refusal(
            "store.decoding", at: place, because: "une ligne de la base ne se lit pas",
            remedy: "lancer paillasse audit verify, puis restaurer une sauvegarde si la chaîne est rompue")
    }

    // Trail and numbers

    package func audit(after: Int, limit: Int) async throws(StoreFailure) -> [AuditEntry] {
        var entries: [AuditEntry] = []
        for row in try await rows(SQL.audit, [SQLValue(after), SQLValue(limit)]) {
            guard row.count == 9, let sequence = row[0].integer, let at = row[5].integer else {
                throw .unavailable(damaged("audit_entry"))
            }
            entries.append(
                AuditEntry(
                    sequence: sequence, site: row[1].text ?? "", author: row[2].text ?? "", action: row[3].text ?? "",
                    subject: row[4].text ?? "", at: Instant(milliseconds: Int64(at)), factsHash: row[6].text ?? "",
                    previousHash: row[7].text ?? "", hash: row[8].text ?? ""))
        }
        return entries
    }

    package func attestedFacts(_ sequences: ClosedRange<Int>) async throws(StoreFailure) -> [AttestedFact] {
        let bounds = [SQLValue(sequences.lowerBound), SQLValue(sequences.upperBound)]
        let found = try await read { (connection: any SQLConnection) throws(SQLFailure) in
            var found: [AttestedFact] = []
            for table in FactTable.all {
                for row in try connection.query(table.attested, bounds) { found.append(table.attestedFact(row)) }
            }
            return found
        }
        return found
    }

    package func unattestedFacts() async throws(StoreFailure) -> [Fact.Kind: Int] {
        try await read { (connection: any SQLConnection) throws(SQLFailure) in
            var counts: [Fact.Kind: Int] = [:]
            for table in FactTable.all where table.kind.alwaysAttested {
                let count = try connection.query(table.unattested).first?.first?.integer ?? 0
                if count > 0 { counts[table.kind] = count }
            }
            return counts
        }
    }

    package func counts(site: String?) async throws(StoreFailure) -> StoreCounts {
        let sql = SQL.counts(bySite: site != nil)
        let marks = site.map { Array(repeating: SQLValue($0), count: 6) } ?? []
        var counts = StoreCounts()
        for row in try await rows(sql, marks) {
            guard let name = row[0].text, let value = row[1].integer, let path = tallies[name] else {
                throw .unavailable(damaged("tally"))
            }
            counts[keyPath: path] = value
        }
        return counts
    }

    private var tallies: [String: WritableKeyPath<StoreCounts, Int>] {
        [
            "patients": \.patients, "requests": \.requests, "messages": \.messages, "observations": \.observations,
            "controls": \.controls, "messagesPending": \.messagesPending, "triageOpen": \.triageOpen,
            "triageTotal": \.triageTotal, "awaitingTechnical": \.awaitingTechnical,
            "awaitingSignature": \.awaitingSignature, "signatures": \.signatures, "reports": \.reports,
            "deliveriesAccepted": \.deliveriesAccepted, "deliveriesWaiting": \.deliveriesWaiting,
            "deliveriesRefused": \.deliveriesRefused, "dmpAccepted": \.dmpAccepted,
        ]
    }
}

extension FactTable {
    /// A row of `attested`, and whether its columns say the same as the fact in it.
    fileprivate func attestedFact(_ row: [SQLValue]) -> AttestedFact {
        let columns = Array(row.dropFirst(2).prefix(self.columns.count))
        let record = FactRecord(
            kind: kind, body: row[1].text ?? "", blobs: row.dropFirst(2 + columns.count).map { $0.blob ?? [] })
        var consistent = false
        do throws(Refusal) {
            consistent = FactTable.values(of: try Fact(record)) == columns
        } catch {
            // What cannot be read says nothing that its columns could repeat.
        }
        return AttestedFact(auditSequence: row[0].integer ?? 0, record: record, consistent: consistent)
    }
}
