import Base
import Foundation
import Glibc
import Laboratory
import PostgreSQLEngine
import SQLiteEngine
import Store
import StoreSQL
import Testing

/// What is particular to an engine: files, schema, plans, power cuts, lost connections.
@Suite struct EngineTests {
    // Files

    @Test func `a second server on the same file is refused until the first has closed it`() async throws {
        try await withFolder { folder in
            let path = folder + "/lab.sqlite"
            let first = try await SQLiteStore.open(path: path)
            let refusal = await #expect(throws: Refusal.self) { _ = try await SQLiteStore.open(path: path) }
            #expect(refusal?.code == "store.busy")
            await first.close()
            let second = try await SQLiteStore.open(path: path)
            await second.close()
        }
    }

    @Test func `what was appended is there after a restart`() async throws {
        try await withFolder { folder in
            let path = folder + "/lab.sqlite"
            let first = try await SQLiteStore.open(path: path)
            try await AuditTests.fill(first)
            _ = try await first.nextNumber(of: "dossier")
            await first.close()
            let second = try await SQLiteStore.open(path: path)
            #expect(try await second.patient("p1") == Make.patient("p1"))
            #expect(try await second.nextNumber(of: "dossier") == 2)
            #expect(try await second.observationsAwaitingTechnicalValidation(site: nil, limit: 9).count == 2)
            #expect(try await AuditChain.verify(store: second).entries == 4)
            await second.close()
        }
    }

    @Test func `the file and its journal are for its owner alone`() async throws {
        try await withFolder { folder in
            let path = folder + "/lab.sqlite"
            let store = try await SQLiteStore.open(path: path)
            try await store.append([.inbound(Make.inbound("1"))], note: nil)
            for suffix in ["", "-wal", "-shm"] {
                var info = stat()
                #expect(stat(path + suffix, &info) == 0)
                #expect(info.st_mode & 0o777 == 0o600, "\(suffix)")
            }
            await store.close()
        }
    }

    @Test func `the writer of SQLite waits for the disk`() async throws {
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
            let settings = try await store.engine.write { (c: any SQLConnection) throws(SQLFailure) in
                [
                    try c.query("PRAGMA synchronous"), try c.query("PRAGMA journal_mode"),
                    try c.query("PRAGMA foreign_keys"),
                ]
            }
            #expect(settings == [[[.integer(2)]], [[.text("wal")]], [[.integer(1)]]])
            await store.close()
        }
    }

    @Test func `the log is copied beside the writer and begins anew, and nothing in it is lost`() async throws {
        try await withFolder { folder in
            let path = folder + "/lab.sqlite"
            let store = try await SQLiteStore.open(path: path)
            // Times that the log began anew, from its header (file format of SQLite, section 4.1).
            func beginnings() throws -> UInt32 {
                let header = try FileHandle(forReadingFrom: URL(fileURLWithPath: path + "-wal")).read(upToCount: 16)
                return (header ?? Data()).dropFirst(12).reduce(0) { $0 << 8 | UInt32($1) }
            }
            func inbound(_ n: Int) -> InboundMessage {
                var message = Make.inbound("\(n)")
                message.bytes = [UInt8](repeating: UInt8(n & 255), count: 50_000 + n)
                return message
            }
            try await store.append([.inbound(inbound(0))], note: nil)
            let first = try beginnings()
            var count = 1
            while try beginnings() < first + 2, count < 20_000 {
                try await store.append([.inbound(inbound(count))], note: nil)
                count += 1
            }
            #expect(count < 20_000, "the log was never copied")
            for n in stride(from: 0, to: count, by: 7) {
                let kept = try await store.inbound(source: inbound(n).source, controlID: "\(n)")
                #expect(kept?.bytes == inbound(n).bytes, "\(n)")
            }
            await store.close()
            let again = try await SQLiteStore.open(path: path)
            #expect(try await again.inbound(source: inbound(0).source, controlID: "\(count - 1)") != nil)
            await again.close()
        }
    }

    @Test func `PostgreSQL answers after its journal is on disk`() async throws {
        try await withStore(.postgresql) { store in
            guard let store = store as? SQLStore<PostgreSQLPool> else { return }
            let rows = try await store.engine.write { (c: any SQLConnection) throws(SQLFailure) in
                try c.query("SELECT current_setting('synchronous_commit')")
            }
            #expect(rows == [[.text("on")]])
        }
    }

    @Test func `what is not our database is refused and left as it was`() async throws {
        try await withFolder { folder in
            func refusal(_ path: String) async -> String? {
                do throws(Refusal) {
                    await (try SQLiteStore.open(path: path)).close()
                    return nil
                } catch { return error.code }
            }
            let text = folder + "/letter.txt"
            try Data("Bonjour, ceci n'est pas une base.".utf8).write(to: URL(fileURLWithPath: text))
            #expect(await refusal(text) == "store.foreign")
            #expect(try String(contentsOfFile: text, encoding: .utf8).hasPrefix("Bonjour"))
            #expect(await refusal(folder + "/nowhere/lab.sqlite") == "store.path")
            #expect(await refusal(folder) == "store.path")

            let path = folder + "/lab.sqlite"
            let store = try await SQLiteStore.open(path: path)
            for n in 0..<50 { try await store.append([.patient(Make.patient("p\(n)"))], note: Make.note()) }
            await store.close()
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            for page in 3..<40 {
                try file.seek(toOffset: UInt64(page * 4096))
                try file.write(contentsOf: Data(repeating: 0xA5, count: 2048))
            }
            try file.close()
            #expect(await refusal(path) == "store.damaged")
        }
    }

    // Schema

    @Test(arguments: [Stored.sqlite, .postgresql]) func `every table stands as the code believes`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            for table in FactTable.all {
                let sql =
                    "SELECT \((table.columns + table.blobs + ["body", "audit_seq"]).joined(separator: ", ")) "
                    + "FROM \(table.name) LIMIT 0"
                #expect(try await query(sql, on: store) == [])
            }
        }
    }

    private func query(_ sql: String, on store: any LaboratoryStore) async throws -> [[SQLValue]]? {
        func ask(_ engine: some SQLEngine) async throws(SQLFailure) -> [[SQLValue]] {
            try await engine.read { (c: any SQLConnection) throws(SQLFailure) in
                try c.query(sql, Array(repeating: .null, count: sql.count { $0 == "?" }))
            }
        }
        if let store = store as? SQLStore<SQLitePool> { return try await ask(store.engine) }
        if let store = store as? SQLStore<PostgreSQLPool> { return try await ask(store.engine) }
        return nil
    }

    @Test func `migrations are applied once, and a changed or newer history is refused`() async throws {
        for kind in [Stored.sqlite, .postgresql] {
            try await withStore(kind) { (store: any LaboratoryStore) async throws in
                let last = Migration.all.count
                let next = Migration(
                    version: last + 1, name: "next", text: "CREATE TABLE next_thing (id {text}){strict};")
                let broken = Migration(
                    version: last + 2, name: "broken",
                    text: "CREATE TABLE half (id {int}){strict};\nINSERT INTO nowhere VALUES (1);")
                let changed = Migration(version: 1, name: "other", text: "CREATE TABLE x (id {int});")
                let all = Migration.all
                #expect(try await migrate(store, all) == nil)
                #expect(try await migrate(store, all + [next]) == nil)
                #expect(try await migrate(store, all + [next]) == nil)
                #expect(try await migrate(store, all) == "store.newer")
                #expect(try await migrate(store, [changed, next]) == "store.migration.changed")
                #expect(try await migrate(store, all + [next, broken]) != nil)
                // The step that failed left nothing, and the one before stays.
                await #expect(throws: SQLFailure.self) { try await query("SELECT id FROM half", on: store) }
                #expect(
                    try await query("SELECT version FROM migration ORDER BY version", on: store)
                        == (1...last + 1).map { [.integer(Int64($0))] })
            }
        }
    }

    @Test(arguments: [Stored.sqlite, .postgresql])
    func `what was typed before typed values had a control is found by its analysis after the migration`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { (store: any LaboratoryStore) async throws in
            func typed(_ id: String, _ value: ObservationValue, _ origin: Origin) -> Fact {
                var one = Make.observation(id, analysis: "A", run: Int(id.dropFirst()) ?? 1)
                one.value = value
                one.origin = origin
                return .observation(one)
            }
            let hand = Origin(author: "tech"), number = ObservationValue.measured(Measured(Exact(4)), unit: "mmol/L")
            try await store.append(
                [
                    typed("o1", number, hand), typed("o2", .coded("POS", display: "Positif"), hand),
                    typed("o3", .text("1:160"), hand), typed("o4", .text("1/10240"), hand),
                    typed("o5", .text("nombreuses"), hand), typed("o6", .notPerformed(reason: "coagulé"), hand),
                    typed("o7", number, Origin(calculation: "calcul:A@1")),
                    typed("o8", number, Origin(analyzer: "a1", messageID: "m1", ordinal: 0)),
                    typed("o9", .text("dit : \"origin\":{\"author\":1, \"kind\":\"measured\""), hand),
                ], note: Make.note())
            func found() async throws -> [String] {
                try await store.observations(
                    analyzer: "saisie", analysis: "A", from: Make.at(-10), through: Make.at(10)
                ).map(\.id).sorted()
            }
            #expect(try await found() == ["o1", "o2", "o3", "o4"])
            // As it stood before.
            try await write("DELETE FROM observation_of_analyzer WHERE analyzer = 'saisie'", on: store)
            try await write("DELETE FROM migration WHERE version >= 7", on: store)
            #expect(try await found().isEmpty)
            #expect(try await migrate(store, Migration.all) == nil)
            #expect(try await found() == ["o1", "o2", "o3", "o4"])
            #expect(
                try await query("SELECT observation_id FROM observation_of_analyzer ORDER BY 1", on: store)?.count == 5)
        }
    }

    private func write(_ sql: String, on store: any LaboratoryStore) async throws {
        func run(_ engine: some SQLEngine) async throws(SQLFailure) {
            try await engine.write { (c: any SQLConnection) throws(SQLFailure) in try c.execute(sql) }
        }
        if let store = store as? SQLStore<SQLitePool> { try await run(store.engine) }
        if let store = store as? SQLStore<PostgreSQLPool> { try await run(store.engine) }
    }

    /// Code of the refusal, nil when all went well.
    private func migrate(_ store: any LaboratoryStore, _ steps: [Migration]) async throws -> String? {
        func run(_ engine: some SQLEngine) async -> String? {
            do throws(SQLFailure) {
                try await engine.write { (c: any SQLConnection) throws(SQLFailure) in
                    // The migrator has its own transactions: leave the one we were lent.
                    try c.execute("COMMIT")
                    let dialect = engine.dialect
                    do throws(SQLFailure) { try Migrator.migrate(c, dialect, steps, at: Make.at(0)) } catch {
                        try c.execute(dialect.begin)
                        throw error
                    }
                    try c.execute(dialect.begin)
                }
                return nil
            } catch {
                guard case .broken(let refusal) = error else { return "conflict" }
                return refusal.code
            }
        }
        if let store = store as? SQLStore<SQLitePool> { return await run(store.engine) }
        if let store = store as? SQLStore<PostgreSQLPool> { return await run(store.engine) }
        return nil
    }

    @Test func `no question scans a table that grows`() async throws {
        // Work lists hold what waits, tallies a few lines a site, accounts the staff: reading them whole is right.
        let small = ["account", "a", "tally", "p", "CONSTANT"]
        let lists = ["pending_", "open_", "due_", "by_"]
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
            for question in SQL.questions {
                let plan = try await query("EXPLAIN QUERY PLAN " + question.sql, on: store) ?? []
                let steps = plan.compactMap { $0.last?.text }
                #expect(!steps.isEmpty)
                let sorts = steps.contains("USE TEMP B-TREE FOR ORDER BY")
                for step in steps where step.hasPrefix("SCAN ") {
                    let words = step.split(separator: " ").map(String.init)
                    let isSmall = small.contains(words[1]) || lists.contains { words[1].hasPrefix($0) }
                    // In the order of an index (the trail: of its own rows) and with a limit, a scan reads only what it
                    // answers.
                    let ordered = step.contains("INDEX") || words[1] == "audit_entry"
                    let isBounded = ordered && question.sql.contains("LIMIT") && !sorts
                    #expect(isSmall || isBounded, "\(question.name): \(steps)")
                }
            }
            await store.close()
        }
    }

    // Power cuts and lost connections

    @Test func `what was acknowledged survives a kill in the middle of writing`() async throws {
        let folder = "/tmp/paillasse-kill-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { unlinkAll(folder) }
        for _ in 0..<3 {
            await #expect(processExitsWith: .signal(SIGKILL)) {
                try await KillScene.writeUntilKilled(folder: "/tmp/paillasse-kill-\(getppid())")
            }
        }
        let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
        let told = try String(contentsOfFile: folder + "/acknowledged", encoding: .utf8).split(separator: "\n")
        #expect(told.count >= 3)
        for id in told { #expect(try await store.message(String(id)) != nil, "\(id)") }
        #expect(try await AuditChain.verify(store: store).isSound)
        #expect(try await store.messagesAwaitingInterpretation(limit: .max).count >= told.count)
        await store.close()
    }

    private func unlinkAll(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record("\(error)") }
    }

    @Test func `a PostgreSQL that cuts us off is found again and has kept what it acknowledged`() async throws {
        guard let server = await TemporaryPostgreSQL.shared.server() else {
            print("SKIPPED (no PostgreSQL): lost connections")
            return
        }
        let schema = await TemporaryPostgreSQL.shared.freshSchema()
        let store = try await PostgreSQLStore.open(connection: server, schema: schema)
        var kept: [Int] = []
        for n in 0..<60 {
            if n == 20 || n == 40 {
                try await TemporaryPostgreSQL.shared.cutConnections(connection: server, schema: schema)
            }
            if await failure(of: store, [.patient(Make.patient("p\(n)"))]) == nil {
                kept.append(n)
            } else {
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        #expect(kept.count >= 50 && kept.count < 60)
        for n in kept { #expect(try await store.patient("p\(n)") != nil) }
        #expect(try await AuditChain.verify(store: store).isSound)
        await store.close()
    }

    @Test func `one schema of PostgreSQL has one server at a time`() async throws {
        try await withStore(.postgresql) { store in
            guard store is SQLStore<PostgreSQLPool>, let server = await TemporaryPostgreSQL.shared.server() else {
                return
            }
            let schema = await TemporaryPostgreSQL.shared.freshSchema()
            let first = try await PostgreSQLStore.open(connection: server, schema: schema)
            do throws(Refusal) {
                _ = try await PostgreSQLStore.open(connection: server, schema: schema)
                Issue.record("two servers on one schema")
            } catch { #expect(error.code == "store.busy") }
            await first.close()
            let second = try await PostgreSQLStore.open(connection: server, schema: schema)
            #expect(try await second.accounts().isEmpty)
            await second.close()
        }
    }

    @Test func `a wrong connection or schema name is refused with its reason`() async {
        for (connection, schema, code) in [
            ("host=/nonexistent dbname=x", "lab", "store.postgresql"), ("host=/nonexistent", "Lab;--", "store.schema"),
        ] {
            do throws(Refusal) {
                _ = try await PostgreSQLStore.open(connection: connection, schema: schema)
                Issue.record("opened \(connection)")
            } catch { #expect(error.code == code) }
        }
    }

    // Load

    @Test(arguments: Stored.allCases) func `many lines journal at once and lose nothing`(kind: Stored) async throws {
        try await withStore(kind) { store in
            let text = Array("H|\\^&|||analyzer\rP|1\rO|1|ACC\rR|1|^^^K|4.2|mmol/L\rL|1|N\r".utf8)
            let duration = try await IngestLoad.run(on: store, messages: 300, writers: 16, text: text, at: Make.at(0))
            print("durable ingest, \(kind.rawValue): \(Int(300 / (duration / .seconds(1)))) messages/s, 16 writers")
            #expect(try await store.counts(site: "S1").messages == 300)
            #expect(try await store.messagesAwaitingInterpretation(limit: 1000).count == 300)
        }
    }
}

/// What the killed process does: append, tell after each return, die without warning.
enum KillScene {
    static func writeUntilKilled(folder: String) async throws {
        let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
        let log = Glibc.open(folder + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let start = try await store.counts(site: nil).messages
        for n in start... {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<4 {
                    group.addTask {
                        let id = "m\(n)-\(lane)"
                        try await store.append(
                            [.message(Make.message(id, session: "s\(lane)", ordinal: n))], note: Make.note(subject: id))
                        let line = Array((id + "\n").utf8)
                        guard write(log, line, line.count) == line.count else { return }
                        if n == start + 25, lane == 2 { kill(getpid(), SIGKILL) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
