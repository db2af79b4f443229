package import Base
import GRDB
import GRDBSQLite
import Glibc
import Store
package import StoreSQL

/// The laboratory in one file: SQLite in WAL mode, `synchronous=FULL`, one writer and concurrent readers.
package enum SQLiteStore {
    /// Largest file whose structure is checked whole on opening (`PRAGMA quick_check`); above it takes too long.
    package static let checkedSize = 64 << 20

    /// Opens the file, made when missing (mode 0600), and brings its schema up to date.
    ///
    /// Refusals: `store.busy` (another server has it), `store.path`, `store.foreign`, `store.damaged`, `store.newer`,
    /// `store.migration.changed`, `store.sqlite`.
    package static func open(path: String) async throws(Refusal) -> SQLStore<SQLitePool> {
        try prepareFile(path)
        let lock = try FileLock(path: path + ".lock")
        return SQLStore(engine: try SQLitePool(path: path, migrations: Migration.all, lock: lock))
    }

    /// Mode 0600 before SQLite opens it: the WAL files take the mode of the file.
    private static func prepareFile(_ path: String) throws(Refusal) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Refusal(
                "store.path", at: path,
                because: "le fichier de la base ne s'ouvre pas (\(String(cString: strerror(errno))))",
                remedy: "vérifier que le dossier existe et que le service peut y écrire")
        }
        defer { Glibc.close(descriptor) }
        var header = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &header, 16)
        guard fchmod(descriptor, 0o600) == 0, count == 0 || header == Array("SQLite format 3\0".utf8) else {
            throw Refusal(
                "store.foreign", at: path, because: "ce fichier n'est pas une base SQLite de Paillasse",
                remedy: "indiquer un autre chemin ; ne pas écraser ce fichier")
        }
    }
}

/// GRDB's pool behind our group commit.
package final class SQLitePool: SQLEngine {
    package let dialect = Dialect.sqlite
    private let pool: DatabasePool
    private let writer: GroupCommit
    private let checkpointer: Checkpointer
    /// Held as long as the pool: two servers on one file would drive the same outbox.
    private let lock: FileLock

    /// « PALS », written in the header of our files (`PRAGMA application_id`).
    private static let applicationID = 0x5041_4C53

    init(path: String, migrations: [Migration], lock: FileLock) throws(Refusal) {
        self.lock = lock
        let checkpointer = Checkpointer(path: path)
        self.checkpointer = checkpointer
        var configuration = Configuration()
        configuration.label = "paillasse"
        configuration.foreignKeysEnabled = true
        // Another process (a backup, the shell of an administrator) may hold the lock for a moment.
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 4
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            try pool.writeWithoutTransaction { db in
                // GRDB chooses NORMAL for WAL, which may lose the last commits when the power fails: invariant 1 does
                // not.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                // What a savepoint would take back is kept in memory, not in a file of /tmp.
                try db.execute(sql: "PRAGMA temp_store = MEMORY")
                // 32 MiB: the leaves of the indexes into which the journal of a busy laboratory writes.
                try db.execute(sql: "PRAGMA cache_size = -32768")
                try SQLitePool.claim(db, path, migrations)
                if let connection = db.sqliteConnection { checkpointer.attach(to: connection) }
            }
            self.pool = pool
            writer = GroupCommit(label: "paillasse.sqlite.writer", dialect: .sqlite) {
                (body: (any SQLConnection) throws(SQLFailure) -> Void) throws(SQLFailure) in
                do {
                    try withExtendedLifetime(checkpointer) {
                        try pool.writeWithoutTransaction { db in try body(SQLiteConnection(database: db)) }
                    }
                } catch { throw SQLiteConnection.failure(error) }
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            switch SQLiteConnection.failure(error) {
            case .broken(let refusal): throw refusal
            case .conflict(let key): throw SQLiteConnection.refusal("store.sqlite", key)
            }
        }
    }

    /// Makes sure that the file is sound and ours, and its schema the last.
    private static func claim(_ db: Database, _ path: String, _ migrations: [Migration]) throws {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0
        if pages * pageSize <= SQLiteStore.checkedSize {
            let report = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
            guard report == "ok" else { throw SQLiteConnection.damaged }
        }
        let owner = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        guard owner == applicationID || owner == 0 else { throw Migrator.foreign }
        try Migrator.migrate(
            SQLiteConnection(database: db), .sqlite, migrations, at: now())
        if owner == 0 { try db.execute(sql: "PRAGMA application_id = \(applicationID)") }
    }

    private static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        do {
            return try await pool.read { db in try body(SQLiteConnection(database: db)) }
        } catch { throw SQLiteConnection.failure(error) }
    }

    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        try await writer.write(body)
    }

    /// Transactions made durable since the file was opened.
    package var commits: Int { writer.commits }

    package func close() async {
        await writer.close()
        await checkpointer.close()
        // A reader still at work keeps the file open until it is done; nothing is lost either way.
        do { try pool.close() } catch {}
        lock.release()
    }
}

/// GRDB's connection, for the duration of one call.
private struct SQLiteConnection: SQLConnection {
    let database: Database

    func execute(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) {
        do {
            let statement = try database.cachedStatement(sql: sql)
            // GRDB must see transactions begin and end; rows are bound here, several times as fast as through its
            // values.
            guard !arguments.isEmpty else { return try statement.execute() }
            try run(statement.sqliteStatement, arguments)
        } catch { throw SQLiteConnection.failure(error) }
    }

    /// Binds, steps to the end, and hands over each row while it stands.
    private func run(
        _ statement: OpaquePointer, _ arguments: [SQLValue], row: (OpaquePointer) -> Void = { _ in }
    ) throws {
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        var column: CInt = 0
        for argument in arguments {
            column += 1
            guard SQLiteConnection.bind(argument, statement, column) == SQLITE_OK else { throw error() }
        }
        var code = sqlite3_step(statement)
        while code == SQLITE_ROW {
            row(statement)
            code = sqlite3_step(statement)
        }
        guard code == SQLITE_DONE else { throw error() }
    }

    private static func bind(_ argument: SQLValue, _ statement: OpaquePointer, _ column: CInt) -> CInt {
        switch argument {
        case .null: sqlite3_bind_null(statement, column)
        case .integer(let value): sqlite3_bind_int64(statement, column, value)
        case .text(var value):
            value.withUTF8 { utf8 in
                // With no bytes there may be no address, which would bind NULL.
                utf8.isEmpty
                    ? sqlite3_bind_text(statement, column, "", 0, copied)
                    : utf8.withMemoryRebound(to: CChar.self) {
                        sqlite3_bind_text(statement, column, $0.baseAddress, CInt($0.count), copied)
                    }
            }
        case .blob(let value):
            value.withUnsafeBytes {
                // An empty blob is no NULL: SQLite tells them apart by the address.
                $0.isEmpty
                    ? sqlite3_bind_zeroblob(statement, column, 0)
                    : sqlite3_bind_blob(statement, column, $0.baseAddress, CInt($0.count), copied)
            }
        }
    }

    private func error() -> DatabaseError {
        guard let connection = database.sqliteConnection else { return DatabaseError(resultCode: .SQLITE_MISUSE) }
        return DatabaseError(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection)))
    }

    /// `SQLITE_TRANSIENT`: SQLite copies what is bound.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func query(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) -> [[SQLValue]] {
        do {
            let statement = try database.cachedStatement(sql: sql).sqliteStatement
            let columns = 0..<sqlite3_column_count(statement)
            var rows: [[SQLValue]] = []
            // Column by column, each copied once: a message of 150 kB through GRDB's values is copied three times.
            try run(statement, arguments) { row in rows.append(columns.map { SQLiteConnection.value(row, $0) }) }
            return rows
        } catch { throw SQLiteConnection.failure(error) }
    }

    /// Page by page to where it is wanted: a column of a row is put together in memory of SQLite's first.
    func write(
        _ blobs: BlobSelection, on sheet: inout ReadingMemory.Sheet
    ) throws(SQLFailure) -> [String: Range<Int>] {
        var rows: [(key: String, row: Int64)] = [], places: [String: Range<Int>] = [:]
        do {
            let statement = try database.cachedStatement(sql: blobs.sql(selecting: "rowid")).sqliteStatement
            try run(statement, blobs.keys) { row in
                rows.append((SQLiteConnection.text(row, 0), sqlite3_column_int64(row, 1)))
            }
            var blob: OpaquePointer?
            defer { sqlite3_blob_close(blob) }
            for (key, row) in rows {
                let opened =
                    blob == nil
                    ? sqlite3_blob_open(database.sqliteConnection, "main", blobs.table, blobs.column, row, 0, &blob)
                    : sqlite3_blob_reopen(blob, row)
                guard opened == SQLITE_OK else { throw error() }
                let start = sheet.count
                sheet.write(blobs.before)
                var read = SQLITE_OK
                sheet.write(Int(sqlite3_blob_bytes(blob))) { bytes in
                    read = sqlite3_blob_read(blob, bytes.baseAddress, CInt(bytes.count), 0)
                }
                guard read == SQLITE_OK else { throw error() }
                sheet.write(blobs.after)
                places[key] = start..<sheet.count
            }
        } catch { throw SQLiteConnection.failure(error) }
        return places
    }

    private static func text(_ row: OpaquePointer, _ column: CInt) -> String {
        let start = sqlite3_column_text(row, column)
        let count = start == nil ? 0 : Int(sqlite3_column_bytes(row, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    private static func value(_ row: OpaquePointer, _ column: CInt) -> SQLValue {
        switch sqlite3_column_type(row, column) {
        case SQLITE_NULL: return .null
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(row, column))
        // The schema is STRICT and holds no real number; a text of it will be refused by whoever reads it.
        case SQLITE_FLOAT: return .text("\(sqlite3_column_double(row, column))")
        case SQLITE_BLOB:
            // An empty blob has no address.
            let start = sqlite3_column_blob(row, column)
            let count = start == nil ? 0 : Int(sqlite3_column_bytes(row, column))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: count)))
        case _: return .text(text(row, column))
        }
    }

    static func failure(_ error: any Error) -> SQLFailure {
        if let failure = error as? SQLFailure { return failure }
        if let refusal = error as? Refusal { return .broken(refusal) }
        guard let error = error as? DatabaseError else { return .broken(refusal("store.sqlite", "\(error)")) }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY:
            return Dialect.sqlite.conflict(error.message ?? "")
        case _: break
        }
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return .broken(damaged)
        case .SQLITE_FULL:
            return .broken(
                Refusal(
                    "store.full", because: "le disque de la base est plein",
                    remedy: "libérer de la place : rien n'est perdu, les analyseurs gardent ce qui n'est pas acquitté"))
        case .SQLITE_MISUSE: return .broken(StoreRefusal.closed)
        // The message names tables and columns, never values: arguments are not part of it.
        case _: return .broken(refusal("store.sqlite", error.message ?? "erreur \(error.resultCode.rawValue)"))
        }
    }

    static func refusal(_ code: String, _ cause: String) -> Refusal {
        Refusal(code, because: "SQLite refuse : \(cause)", remedy: "vérifier le disque et les droits, puis recommencer")
    }
    static let damaged = Refusal(
        "store.damaged", because: "le fichier de la base est endommagé",
        remedy: "arrêter le serveur, garder ce fichier, restaurer la dernière sauvegarde")
}
