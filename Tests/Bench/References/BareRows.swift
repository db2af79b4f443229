import GRDBSQLite
import Glibc
import StoreSQL

/// The rows that a run of the store left, written again by one loop over prepared statements: one thread, no encoding,
/// no work list asked, no savepoint, the same schema, the same durability, SQLite's own settings otherwise.
struct BareRows {
    private enum Value {
        case null, integer(Int64), text([UInt8]), blob([UInt8])
    }
    private struct Table {
        var name: String
        var columns = 0
        var rows: [[Value]] = []
    }
    private var tables: [Table] = []
    /// Table and row, in the order to insert them.
    private var order: [(table: Int, row: Int)] = []
    private let appends: Int

    /// Reads the facts and the lists that the store derived; the rows are spread over the commits in their own order.
    init(copying file: String, appends: Int) throws {
        self.appends = appends
        let database = try Database(file)
        defer { database.close() }
        for name in ["session", "frame", "message", "open_session", "pending_message"] {
            var table = Table(name: name)
            let statement = try database.prepare("SELECT * FROM \(name) ORDER BY rowid")
            defer { sqlite3_finalize(statement) }
            table.columns = Int(sqlite3_column_count(statement))
            while sqlite3_step(statement) == SQLITE_ROW { table.rows.append(BareRows.row(statement, table.columns)) }
            tables.append(table)
        }
        // Interleaved in proportion, so that each commit writes to every table as it did in the store.
        let most = tables.map(\.rows.count).max() ?? 0
        var done = [Int](repeating: 0, count: tables.count)
        for i in 0..<most {
            for t in tables.indices {
                while done[t] < tables[t].rows.count, done[t] * most <= i * tables[t].rows.count {
                    order.append((t, done[t]))
                    done[t] += 1
                }
            }
        }
        try Measure.demand(order.count, is: tables.reduce(0) { $0 + $1.rows.count }, "rows to write again")
    }

    /// Seconds to write all rows durably into an empty file of the same schema, in so many commits.
    func write(to file: String, commits: Int) throws -> Double {
        try open(file) { database, statements in
            let start = ContinuousClock.now
            for commit in 0..<commits {
                try write(rows(commit..<commit + 1, of: commits), database, statements)
            }
            return Measure.seconds(start.duration(to: .now))
        }
    }

    /// How long each append waits in milliseconds when one is due every `interval` seconds: whatever is due when a
    /// commit is done goes into the next one.
    func waits(to file: String, every interval: Double) throws -> [Double] {
        try open(file) { database, statements in
            let start = ContinuousClock.now
            let due = (0..<appends).map { start.advanced(by: .seconds(Double($0) * interval)) }
            var waits: [Double] = [], next = 0
            while next < appends {
                let rest = Measure.seconds(ContinuousClock.now.duration(to: due[next]))
                if rest > 0 { usleep(UInt32(rest * 1e6)) }
                let now = ContinuousClock.now
                var end = next + 1
                while end < appends, end - next < GroupCommit.batchLimit, due[end] <= now { end += 1 }
                try write(rows(next..<end, of: appends), database, statements)
                let done = ContinuousClock.now
                waits += due[next..<end].map { Measure.seconds($0.duration(to: done)) * 1000 }
                next = end
            }
            return waits
        }
    }

    private func open<T>(_ file: String, _ body: (Database, [OpaquePointer?]) throws -> T) throws -> T {
        let database = try Database(file)
        defer { database.close() }
        try database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
        let statements = try tables.map { table in
            let marks = Array(repeating: "?", count: table.columns).joined(separator: ", ")
            return try database.prepare("INSERT INTO \(table.name) VALUES (\(marks))")
        }
        defer { for statement in statements { sqlite3_finalize(statement) } }
        return try body(database, statements)
    }

    /// The rows of some of so many equal parts.
    private func rows(_ parts: Range<Int>, of count: Int) -> ArraySlice<(table: Int, row: Int)> {
        order[(parts.lowerBound * order.count / count)..<(parts.upperBound * order.count / count)]
    }

    private func write(
        _ rows: ArraySlice<(table: Int, row: Int)>, _ database: Database, _ statements: [OpaquePointer?]
    ) throws {
        try database.run("BEGIN IMMEDIATE")
        for (table, row) in rows {
            BareRows.bind(tables[table].rows[row], statements[table])
            guard sqlite3_step(statements[table]) == SQLITE_DONE else { throw database.fault }
            sqlite3_reset(statements[table])
        }
        try database.run("COMMIT")
    }

    private static func row(_ statement: OpaquePointer?, _ columns: Int) -> [Value] {
        (0..<Int32(columns)).map { column in
            let count = Int(sqlite3_column_bytes(statement, column))
            let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, column), count: count)
            return switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER: .integer(sqlite3_column_int64(statement, column))
            case SQLITE_TEXT: .text(Array(bytes))
            case SQLITE_BLOB: .blob(Array(bytes))
            case _: .null
            }
        }
    }

    private static func bind(_ row: [Value], _ statement: OpaquePointer?) {
        for (i, value) in row.enumerated() {
            let column = Int32(i + 1)
            switch value {
            case .null: sqlite3_bind_null(statement, column)
            case .integer(let number): sqlite3_bind_int64(statement, column, number)
            case .text(let bytes):
                bytes.withUnsafeBytes { bytes in
                    let text = bytes.bindMemory(to: CChar.self).baseAddress
                    _ = sqlite3_bind_text(statement, column, text, Int32(bytes.count), transient)
                }
            case .blob(let bytes):
                bytes.withUnsafeBytes { bytes in
                    _ = sqlite3_bind_blob(statement, column, bytes.baseAddress, Int32(bytes.count), transient)
                }
            }
        }
    }

    /// `SQLITE_TRANSIENT`: SQLite copies what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

/// A connection through the C interface.
private struct Database {
    private let handle: OpaquePointer?

    init(_ file: String) throws {
        var handle: OpaquePointer?
        let code = sqlite3_open(file, &handle)
        self.handle = handle
        guard code == SQLITE_OK else { throw fault }
    }

    var fault: Fault { Fault("SQLite: \(sqlite3_errmsg(handle).map { String(cString: $0) } ?? "no connection")") }

    func run(_ sql: String) throws {
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw fault }
    }

    func prepare(_ sql: String) throws -> OpaquePointer? {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw fault }
        return statement
    }

    func close() { sqlite3_close(handle) }
}
