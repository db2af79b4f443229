package import Base

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
    /// Rows of a text and a blob. `each` sees the blob where the engine has it, for the time of the call.
    func blobs(
        _ sql: String, _ arguments: [SQLValue], each: (_ key: String, _ blob: UnsafeBufferPointer<UInt8>) -> Void
    ) throws(SQLFailure)
}
extension SQLConnection {
    package func blobs(
        _ sql: String, _ arguments: [SQLValue], each: (_ key: String, _ blob: UnsafeBufferPointer<UInt8>) -> Void
    ) throws(SQLFailure) {
        for row in try query(sql, arguments) {
            if row.count == 2, let key = row[0].text, let blob = row[1].blob {
                blob.withUnsafeBufferPointer { each(key, $0) }
            }
        }
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
