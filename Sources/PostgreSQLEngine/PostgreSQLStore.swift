package import Base
import Dispatch
import Glibc
import Store
package import StoreSQL
import Synchronization

/// The laboratory on a PostgreSQL server (15 or later).
package enum PostgreSQLStore {
    /// Connects and brings the schema up to date; makes the schema when it is missing.
    ///
    /// - connection: libpq's form, `host=… dbname=…` or `postgresql://…`. It may hold a password: it is never shown.
    /// - schema: where the tables are; one server of ours at a time holds it.
    ///
    /// Refusals: `store.postgresql`, `store.schema`, `store.busy` (another server holds the schema), `store.foreign`,
    /// `store.newer`, `store.migration.changed`.
    package static func open(
        connection: String, schema: String = "paillasse"
    ) async throws(Refusal) -> SQLStore<PostgreSQLPool> {
        let letters = schema.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        guard letters, let first = schema.utf8.first, !(0x30...0x39).contains(first), schema.utf8.count < 60 else {
            throw Refusal(
                "store.schema", at: schema, because: "ce nom de schéma PostgreSQL n'est pas accepté",
                remedy: "n'employer que a–z, 0–9 et _, en commençant par une lettre")
        }
        let pool = PostgreSQLPool(connection: connection, schema: schema)
        do throws(SQLFailure) {
            // Alone in the writer, before anybody knows this store: the migrations have their own transactions.
            try await pool.migrate()
            return SQLStore(engine: pool)
        } catch {
            await pool.close()
            switch error {
            case .broken(let refusal): throw refusal
            case .conflict(let key): throw Refusal("store.postgresql", because: "conflit sur \(key)", remedy: "relancer")
            }
        }
    }
}

/// One writing connection behind our group commit, and a few reading ones; each on its own thread, since libpq blocks.
package final class PostgreSQLPool: SQLEngine {
    package let dialect = Dialect.postgresql
    /// Reading connections: questions of screens and of the exchange, beside each other.
    package static let readers = 3

    private let writerLane: Lane
    private let readerLanes: [Lane]
    private let writer: GroupCommit
    private let load: Mutex<[Int]>

    init(connection: String, schema: String) {
        let lane = Lane(connection: connection, schema: schema, role: .writer)
        writerLane = lane
        readerLanes = (0..<PostgreSQLPool.readers).map { _ in
            Lane(connection: connection, schema: schema, role: .reader)
        }
        load = Mutex(Array(repeating: 0, count: PostgreSQLPool.readers))
        writer = GroupCommit(label: "paillasse.postgresql.writer", dialect: .postgresql) {
            (body: (any SQLConnection) throws(SQLFailure) -> Void) throws(SQLFailure) in
            try lane.sync(body)
        }
    }

    func migrate() async throws(SQLFailure) {
        try await onQueue(of: writerLane) { (connection: any SQLConnection) throws(SQLFailure) in
            try Migrator.migrate(connection, .postgresql, at: PostgreSQLPool.now())
        }
    }

    private static func now() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    package func read<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        let index = load.withLock { load in
            let index = load.indices.min { load[$0] < load[$1] } ?? 0
            load[index] += 1
            return index
        }
        defer { load.withLock { $0[index] -= 1 } }
        return try await onQueue(of: readerLanes[index], body)
    }

    private func onQueue<T: Sendable>(
        of lane: Lane, _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        let answer = await withCheckedContinuation { (continuation: CheckedContinuation<Result<T, SQLFailure>, Never>) in
            lane.queue.async {
                do throws(SQLFailure) {
                    continuation.resume(returning: .success(try lane.withConnection(body)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try answer.get()
    }

    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        try await writer.write(body)
    }

    package func close() async {
        await writer.close()
        for lane in [writerLane] + readerLanes {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                lane.queue.async {
                    lane.close()
                    continuation.resume()
                }
            }
        }
    }
}

/// One connection and its thread. Lost, it is made again by the next call, not sooner than a growing delay after the last
/// failure; calls in between fail at once. Unchecked: `state` belongs to `queue`, and every way in checks that.
private final class Lane: @unchecked Sendable {
    enum Role { case writer, reader }
    private struct State {
        var connection: PostgreSQLConnection?
        var failures = 0
        var notBefore: UInt64 = 0
        var isClosed = false
    }
    let queue = DispatchQueue(label: "paillasse.postgresql.lane")
    private let parameters: String
    private let schema: String
    private let role: Role
    private var state = State()

    /// Back-off of a server that is away: 50 ms, doubled each time, 5 s at most.
    private static let firstDelay: UInt64 = 50_000_000
    private static let longestDelay: UInt64 = 5_000_000_000

    init(connection: String, schema: String, role: Role) {
        parameters = connection
        self.schema = schema
        self.role = role
    }

    /// On `queue` only.
    func withConnection<T>(_ body: (any SQLConnection) throws(SQLFailure) -> T) throws(SQLFailure) -> T {
        dispatchPrecondition(condition: .onQueue(queue))
        let (connection, isFresh) = try connected()
        do throws(SQLFailure) {
            return try body(connection)
        } catch {
            if connection.isAlive { throw error }
            state.connection = nil
            // A reader asks again on a fresh connection, once; a writer cannot know what was committed.
            guard role == .reader, !isFresh else { throw error }
            return try body(try connected().0)
        }
    }

    /// From another queue.
    func sync(_ body: (any SQLConnection) throws(SQLFailure) -> Void) throws(SQLFailure) {
        let failure = queue.sync { () -> SQLFailure? in
            do throws(SQLFailure) {
                try withConnection(body)
                return nil
            } catch { return error }
        }
        if let failure { throw failure }
    }

    func close() {
        dispatchPrecondition(condition: .onQueue(queue))
        state.isClosed = true
        state.connection = nil
    }

    private func connected() throws(SQLFailure) -> (PostgreSQLConnection, Bool) {
        guard !state.isClosed else { throw .broken(StoreRefusal.closed) }
        if let connection = state.connection, connection.isAlive { return (connection, false) }
        state.connection = nil
        let now = DispatchTime.now().uptimeNanoseconds
        guard now >= state.notBefore else { throw .broken(PostgreSQLConnection.away) }
        do throws(SQLFailure) {
            let connection = try PostgreSQLConnection(parameters)
            try prepare(connection)
            state.connection = connection
            state.failures = 0
            return (connection, true)
        } catch {
            let delay = min(Lane.longestDelay, Lane.firstDelay << UInt64(min(state.failures, 10)))
            state.failures += 1
            state.notBefore = DispatchTime.now().uptimeNanoseconds + delay
            throw error
        }
    }

    private func prepare(_ connection: PostgreSQLConnection) throws(SQLFailure) {
        // Settings first, and by name: a server or a role configured otherwise must not weaken invariant 1.
        for setting in [
            "SET client_min_messages = warning", "SET client_encoding = 'UTF8'",
            "SET standard_conforming_strings = on", "SET synchronous_commit = on",
            "SET application_name = 'paillasse \(schema)'",
        ] { try connection.command(setting) }
        if role == .writer {
            try connection.command("CREATE SCHEMA IF NOT EXISTS \(schema)")
            try connection.command("SET search_path TO \(schema)")
            let lock = "SELECT CAST(pg_try_advisory_lock(5260, hashtext(CAST(current_schema() AS TEXT))) AS TEXT)"
            guard try connection.query(lock, []).first?.first?.text == "true" else {
                throw .broken(
                    Refusal(
                        "store.busy", at: schema, because: "un autre serveur Paillasse tient cette base",
                        remedy: "arrêter l'autre serveur, ou attendre que sa connexion tombe"))
            }
        } else {
            try connection.command("SET search_path TO \(schema)")
            try connection.command("SET default_transaction_read_only = on")
        }
    }
}
