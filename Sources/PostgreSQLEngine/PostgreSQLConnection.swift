import Base
import CPostgreSQL
import StoreSQL

/// One libpq connection. Not Sendable by itself: its lane sees that one thread at a time uses it.
final class PostgreSQLConnection: SQLConnection {
    private let handle: OpaquePointer
    /// Statements prepared on this connection: our text → its name.
    private var prepared: [String: String] = [:]

    static let away = Refusal(
        "store.postgresql.away", because: "le serveur PostgreSQL ne répond pas",
        remedy: "vérifier le serveur et le réseau ; le programme se reconnecte de lui-même")

    init(_ parameters: String) throws(SQLFailure) {
        guard let handle = PQconnectdb(parameters) else { throw .broken(PostgreSQLConnection.away) }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else {
            // libpq's message names host and user, never the password.
            // (The handle is ours by now: `deinit` gives it back.)
            let cause = PostgreSQLConnection.firstLine(PQerrorMessage(handle))
            throw .broken(
                Refusal(
                    "store.postgresql", because: "connexion à PostgreSQL refusée : \(cause)",
                    remedy: "vérifier la chaîne de connexion, le serveur et ses droits"))
        }
        // Notices would go to standard error.
        PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }
    deinit { PQfinish(handle) }

    var isAlive: Bool { PQstatus(handle) == CONNECTION_OK }

    /// A statement without parameters, not prepared (settings, definitions).
    func command(_ sql: String) throws(SQLFailure) {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        try check(result)
    }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) {
        // Definitions and transaction marks take no parameters and gain nothing from being prepared.
        if arguments.isEmpty { return try command(sql) }
        let result = try run(sql, arguments)
        PQclear(result)
    }

    func query(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) -> [[SQLValue]] {
        let result = try run(sql, arguments)
        defer { PQclear(result) }
        let columns = PQnfields(result)
        let types = (0..<columns).map { PQftype(result, $0) }
        var rows: [[SQLValue]] = []
        for row in 0..<PQntuples(result) {
            var values: [SQLValue] = []
            for column in 0..<columns {
                values.append(try value(result, row, column, types[Int(column)]))
            }
            rows.append(values)
        }
        return rows
    }

    // Types of the results we ask for (pg_type.dat): what else comes is our own mistake.
    private static let int8: Oid = 20
    private static let int4: Oid = 23
    private static let textual: Set<Oid> = [25, 19, 1043]
    private static let bytea: Oid = 17

    private func value(
        _ result: OpaquePointer?, _ row: Int32, _ column: Int32, _ type: Oid
    ) throws(SQLFailure) -> SQLValue {
        if PQgetisnull(result, row, column) == 1 { return .null }
        let count = Int(PQgetlength(result, row, column))
        let bytes = UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: count)
        switch type {
        // Binary integers are big-endian.
        case PostgreSQLConnection.int8, PostgreSQLConnection.int4:
            let first: Int64 = bytes.first.map { $0 & 0x80 != 0 ? -1 : 0 } ?? 0
            return .integer(bytes.reduce(first) { $0 << 8 | Int64($1) })
        case PostgreSQLConnection.bytea: return .blob(Array(bytes))
        case let type where PostgreSQLConnection.textual.contains(type):
            return .text(String(decoding: bytes, as: UTF8.self))
        case _:
            throw .broken(
                Refusal(
                    "store.postgresql.type", because: "type de colonne \(type) inattendu",
                    remedy: "signaler ce défaut du programme"))
        }
    }

    private func run(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) -> OpaquePointer? {
        let name = try statement(sql)
        // All parameters in one buffer, each at its offset: texts and bytes as they are, integers in digits.
        var storage: [UInt8] = []
        var spans: [(offset: Int, length: Int, isNull: Bool)] = []
        var formats: [Int32] = []
        for argument in arguments {
            let offset = storage.count
            switch argument {
            case .null: break
            case .integer(let value): storage += Array(String(value).utf8)
            case .text(let value): storage += Array(value.utf8)
            case .blob(let value): storage += value
            }
            spans.append((offset, storage.count - offset, argument == .null))
            // Binary for text too: it goes with its length, so that a zero byte is refused instead of cutting it.
            if case .integer = argument { formats.append(0) } else { formats.append(1) }
            storage.append(0)
        }
        let result = storage.withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { bytes in
                let values = spans.map { span -> UnsafePointer<CChar>? in
                    span.isNull ? nil : bytes.baseAddress.map { $0 + span.offset }
                }
                let lengths = spans.map { Int32($0.length) }
                return PQexecPrepared(handle, name, Int32(arguments.count), values, lengths, formats, 1)
            }
        }
        do throws(SQLFailure) { try check(result) } catch {
            PQclear(result)
            throw error
        }
        return result
    }

    private func statement(_ sql: String) throws(SQLFailure) -> String {
        if let name = prepared[sql] { return name }
        let name = "s\(prepared.count)"
        let result = PQprepare(handle, name, Dialect.postgresql.numbered(sql), 0, nil)
        defer { PQclear(result) }
        try check(result)
        prepared[sql] = name
        return name
    }

    private func check(_ result: OpaquePointer?) throws(SQLFailure) {
        let status = PQresultStatus(result)
        if status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK { return }
        guard isAlive, let result else { throw .broken(PostgreSQLConnection.away) }
        // SQLSTATE (PostgreSQL documentation, appendix A): 23505 unique_violation, 53100 disk_full.
        let state = PQresultErrorField(result, PostgreSQLConnection.field("C")).map { String(cString: $0) } ?? ""
        if state == "23505" {
            let index = PQresultErrorField(result, PostgreSQLConnection.field("n")).map { String(cString: $0) } ?? ""
            throw Dialect.postgresql.conflict(index)
        }
        // The primary message names tables and columns; the detail, which may hold values, stays unread.
        let cause = PostgreSQLConnection.firstLine(PQresultErrorField(result, PostgreSQLConnection.field("M")))
        throw .broken(
            Refusal(
                state == "53100" ? "store.full" : "store.postgresql", because: "PostgreSQL refuse (\(state)) : \(cause)",
                remedy: state == "53100" ? "libérer de la place sur le serveur" : "voir le journal du serveur PostgreSQL"))
    }

    /// Codes of error fields are characters (libpq, `PG_DIAG_*`).
    private static func field(_ code: Unicode.Scalar) -> Int32 { Int32(code.value) }
    private static func firstLine(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(String(cString: text).prefix { $0 != "\n" })
    }
}
