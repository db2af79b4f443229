import Base
import Laboratory
import PostgreSQLEngine
import SQLiteEngine
import Store
import StoreSQL
import Testing

/// The chain tells of every change made behind the program's back, in the trail or in the rows it attests.
@Suite struct AuditTests {
    static func fill(_ store: any LaboratoryStore) async throws {
        try await store.append([.patient(Make.patient("p1"))], note: Make.note("patient.register", subject: "p1"))
        try await store.append(
            [.request(Make.request("r1")), .specimen(Make.specimen("t1"))],
            note: Make.note("request.register", subject: "r1"))
        try await store.append([.session(Make.session("s1")), .frame(Make.frame("s1", 0))], note: nil)
        try await store.append(
            [.observation(Make.observation("o1")), .observation(Make.observation("o2", analysis: "NA"))],
            note: Make.note("message.interpret", subject: "m1"))
        try await store.append(
            [.report(Make.report("rep1", signature: "sig1"))], note: Make.note("report.make", subject: "rep1"))
    }

    @Test(arguments: Stored.allCases) func `an untouched store verifies`(kind: Stored) async throws {
        try await withStore(kind) { store in
            #expect(try await AuditChain.verify(store: store) == AuditVerdict())
            try await Self.fill(store)
            let verdict = try await AuditChain.verify(store: store)
            #expect(verdict.isSound)
            #expect(verdict.entries == 4)
            #expect(verdict.facts == 6)
            let trail = try await store.audit(after: 0, limit: 10)
            #expect(
                trail.map(\.action) == ["patient.register", "request.register", "message.interpret", "report.make"])
            #expect(trail.first?.previousHash == AuditChain.origin)
            #expect(trail.last?.hash == verdict.lastHash)
            #expect(try trail[0].factsHash == AuditChain.digest(of: [.patient(Make.patient("p1"))]))
        }
    }

    /// Hand-made changes: the statement, the entry at which it must be found, and as what.
    static let crimes: [(sql: String, sequence: Int, defect: AuditDefect.Kind)] = [
        ("UPDATE observation SET body = replace(body, '4.20', '9.20') WHERE id = 'o1'", 3, .factsAltered),
        ("UPDATE observation SET request_id = 'r2' WHERE id = 'o1'", 3, .factsAltered),
        ("UPDATE observation SET body = '{' WHERE id = 'o1'", 3, .factsAltered),
        ("UPDATE observation SET audit_seq = NULL WHERE id = 'o2'", 3, .factsAltered),
        ("UPDATE observation SET audit_seq = 1 WHERE id = 'o2'", 1, .factsAltered),
        ("UPDATE observation SET audit_seq = 9 WHERE id = 'o2'", 3, .factsAltered),
        ("DELETE FROM observation WHERE id = 'o2'", 3, .factsAltered),
        ("DELETE FROM specimen", 2, .factsAltered),
        ("UPDATE report SET pdf = cda", 4, .factsAltered),
        (
            """
            INSERT INTO specimen (accession, version, site, request_id, body, audit_seq)
            SELECT 'x', version, site, request_id, replace(body, 't1', 'x'), 2 FROM specimen
            """, 2, .factsAltered
        ),
        (
            """
            INSERT INTO specimen (accession, version, site, request_id, body, audit_seq)
            SELECT 'x', version, site, request_id, replace(body, 't1', 'x'), 7 FROM specimen
            """, 7, .factsWithoutEntry
        ),
        (
            """
            INSERT INTO specimen (accession, version, site, request_id, body, audit_seq)
            SELECT 'x', version, site, request_id, replace(body, 't1', 'x'), NULL FROM specimen
            """, 0, .unattested
        ),
        ("UPDATE audit_entry SET author = 'mallory' WHERE sequence = 2", 2, .entryAltered),
        ("UPDATE audit_entry SET at = at + 1 WHERE sequence = 4", 4, .entryAltered),
        ("UPDATE audit_entry SET previous_hash = hash WHERE sequence = 3", 3, .entryAltered),
        ("DELETE FROM audit_entry WHERE sequence = 2", 2, .gap),
        ("DELETE FROM audit_entry WHERE sequence = 1", 1, .gap),
        ("DELETE FROM audit_entry WHERE sequence = 4", 4, .factsWithoutEntry),
    ]

    @Test(arguments: crimes.indices) func `a change by hand in the SQLite file is found and named`(
        index: Int
    ) async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
            try await Self.fill(store)
            let crime = Self.crimes[index]
            try await commit(crime.sql, store.engine)
            let verdict = try await AuditChain.verify(store: store)
            #expect(verdict.defect?.kind == crime.defect, "\(crime.sql)")
            #expect(verdict.defect?.sequence == crime.sequence, "\(crime.sql)")
            #expect(verdict.defect?.explanation.contains("DUPONT") == false)
            await store.close()
        }
    }

    @Test func `a change by hand in PostgreSQL is found and named`() async throws {
        try await withStore(.postgresql) { store in
            guard let store = store as? SQLStore<PostgreSQLPool> else { return }
            try await Self.fill(store)
            try await commit(Self.crimes[0].sql, store.engine)
            let verdict = try await AuditChain.verify(store: store)
            #expect(verdict.defect?.kind == .factsAltered)
            #expect(verdict.defect?.sequence == 3)
        }
    }

    @Test func `tables refuse updates and deletions as long as nobody drops the triggers`() async throws {
        for kind in [Stored.sqlite, .postgresql] {
            try await withStore(kind) { store in
                try await Self.fill(store)
                for sql in ["UPDATE patient SET ipp = 'x'", "DELETE FROM report", "DELETE FROM audit_entry"] {
                    await #expect(throws: SQLFailure.self) { try await run(sql, on: store) }
                }
                #expect(try await AuditChain.verify(store: store).isSound)
            }
        }
    }

    private func run(_ sql: String, on store: any LaboratoryStore) async throws {
        if let store = store as? SQLStore<SQLitePool> { try await execute(sql, store.engine) }
        if let store = store as? SQLStore<PostgreSQLPool> { try await execute(sql, store.engine) }
    }

    private func execute(_ sql: String, _ engine: some SQLEngine) async throws(SQLFailure) {
        try await engine.write { (connection: any SQLConnection) throws(SQLFailure) in try connection.execute(sql) }
    }

    /// As a person with the database's own shell would: first the triggers go.
    private func commit(_ sql: String, _ engine: some SQLEngine) async throws {
        for table in ["patient", "observation", "specimen", "report", "audit_entry"] {
            switch engine.dialect {
            case .sqlite:
                try await execute("DROP TRIGGER \(table)_no_update", engine)
                try await execute("DROP TRIGGER \(table)_no_delete", engine)
            case .postgresql: try await execute("DROP TRIGGER \(table)_append_only ON \(table)", engine)
            }
        }
        try await execute(sql, engine)
    }

    @Test func `a chain rewritten from the middle on breaks at the link`() async throws {
        let store = MemoryStore()
        try await Self.fill(store)
        var trail = try await store.audit(after: 0, limit: 10)
        // Somebody changes entry 2 and recomputes its hash: entry 3 does not follow any more.
        trail[1].author = "mallory"
        trail[1].hash = AuditChain.hash(of: trail[1])
        let verdict = AuditChain.verify(trail)
        #expect(verdict.defect?.kind == .brokenLink)
        #expect(verdict.defect?.sequence == 3)
        #expect(verdict.entries == 2)
    }

    @Test func `digests depend on every byte and not on the order of facts`() throws {
        let a = Fact.patient(Make.patient("p1"))
        let b = Fact.report(Make.report("r", signature: "s"))
        var changed = Make.report("r", signature: "s")
        changed.pdf[5] = 0xFE
        #expect(try AuditChain.digest(of: [a, b]) == AuditChain.digest(of: [b, a]))
        #expect(try AuditChain.digest(of: [a, b]) != AuditChain.digest(of: [a, .report(changed)]))
        #expect(try AuditChain.digest(of: [a]) != AuditChain.digest(of: [a, a]))
        #expect(
            Digest.sha256Hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test(arguments: KeyTests.collisions.indices)
    func `every fact comes back whole from its record`(index: Int) throws {
        for fact in [KeyTests.collisions[index].first, KeyTests.collisions[index].second] {
            let record = try fact.record()
            #expect(try Fact(record) == fact)
            #expect(try Fact(record).record() == record)
        }
    }
}
