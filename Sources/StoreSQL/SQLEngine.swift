package import Base
package import Store

/// A value of a column or a parameter.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])

    package init(_ value: Int) { self = .integer(Int64(value)) }
    package init(_ value: Bool) { self = .integer(value ? 1 : 0) }
    package init(_ value: Instant) { self = .integer(value.milliseconds) }
    package init(_ value: String) { self = .text(value) }
    package init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    package init(_ value: Int?) { self = value.map { SQLValue($0) } ?? .null }

    package var text: String? { if case .text(let value) = self { value } else { nil } }
    package var integer: Int? { if case .integer(let value) = self { Int(value) } else { nil } }
    package var blob: [UInt8]? { if case .blob(let value) = self { value } else { nil } }
}

/// Why a statement did not do what it was asked.
package enum SQLFailure: Error, Sendable, Equatable {
    /// A unique key is taken; its name as in `FactKey`.
    case conflict(key: String)
    /// Anything else.
    case broken(Refusal)
}

/// One connection, inside one call of `read` or `write`: synchronous, on a thread that may block.
/// Statements are written with `?` for parameters, in the common tongue of both engines.
package protocol SQLConnection {
    func execute(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure)
    func query(_ sql: String, _ arguments: [SQLValue]) throws(SQLFailure) -> [[SQLValue]]
    /// Writes a blob of each of these rows, framed, and says where each stands.
    func write(_ blobs: BlobSelection, on sheet: inout ReadingMemory.Sheet) throws(SQLFailure) -> [String: Range<Int>]
}
/// A blob of the rows of a table, found by a key of text.
package struct BlobSelection: Sendable {
    package var table: String
    package var column: String
    package var key: String
    package var keys: [SQLValue]
    /// Bytes that come before and after each.
    package var before: [UInt8]
    package var after: [UInt8]

    /// Rows of the key and `column`.
    package func sql(selecting column: String) -> String {
        let marks = Array(repeating: "?", count: keys.count).joined(separator: ", ")
        return "SELECT \(key), \(column) FROM \(table) WHERE \(key) IN (\(marks))"
    }
}
extension SQLConnection {
    package func write(
        _ blobs: BlobSelection, on sheet: inout ReadingMemory.Sheet
    ) throws(SQLFailure) -> [String: Range<Int>] {
        var places: [String: Range<Int>] = [:]
        for row in try query(blobs.sql(selecting: blobs.column), blobs.keys) {
            guard row.count == 2, let key = row[0].text, let blob = row[1].blob else { continue }
            let start = sheet.count
            sheet.write(blobs.before)
            sheet.write(blob)
            sheet.write(blobs.after)
            places[key] = start..<sheet.count
        }
        return places
    }
    package func execute(_ sql: String) throws(SQLFailure) { try execute(sql, []) }
    package func query(_ sql: String) throws(SQLFailure) -> [[SQLValue]] { try query(sql, []) }
}

/// A database: concurrent readers, and one writer whose transactions are grouped.
package protocol SQLEngine: Sendable {
    var dialect: Dialect { get }
    /// Sees every write that returned before. Not repeatable across the statements of one `body`.
    func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T
    /// Returns when the effects of `body` are durable; when it throws, none of them was kept (or, for a connection lost
    /// during COMMIT, it is not known).
    func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T
    func close() async
}
