import Dispatch
import GRDBSQLite
import Synchronization

/// Copies what was committed from the log (the WAL) into the database on a connection and a thread of its own: SQLite's
/// automatic checkpoint would do it, with two waits for the disk, inside a commit for which analyzers wait.
///
/// Nothing durable hangs on it. A commit is safe in the log before it returns (`synchronous=FULL`); a checkpoint only
/// bounds the log, and one that does not come leaves it longer. Readers and the writer go on meanwhile; the log begins
/// anew at the first commit that finds all of it copied.
final class Checkpointer: Sendable {
    /// Pages of the log, of 4 KiB, behind the last checkpoint from which the next one is worth while.
    static let usualLength = 1000
    /// Pages from which the writer itself copies the rest between two commits: under a load without a gap, the log has
    /// grown by a little during each checkpoint, and so would never begin anew.
    static let greatestLength = 16_000

    private struct State {
        /// Address of the connection; 0 for none.
        var database: UInt = 0
        var isRunning = false
        var isClosed = false
        /// Length of the log when it was last copied.
        var copied = 0
    }
    private let path: String
    private let queue = DispatchQueue(label: "paillasse.sqlite.checkpoint")
    private let state = Mutex(State())

    init(path: String) { self.path = path }

    /// Takes the place of the automatic checkpoint of the writer's connection, which must be closed before `self` goes.
    func attach(to writer: OpaquePointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        _ = sqlite3_wal_hook(
            writer,
            { context, writer, _, pages in
                guard let context else { return SQLITE_OK }
                Unmanaged<Checkpointer>.fromOpaque(context).takeUnretainedValue().logged(Int(pages), writer)
                return SQLITE_OK
            }, context)
    }

    /// After each commit, on the writer's thread.
    private func logged(_ pages: Int, _ writer: OpaquePointer?) {
        let must = state.withLock { state in
            // A shorter log than the one last copied has begun anew.
            if pages < state.copied { state.copied = 0 }
            guard !state.isRunning, !state.isClosed, pages - state.copied >= Checkpointer.usualLength else {
                return false
            }
            state.isRunning = true
            return true
        }
        guard must else { return }
        if pages >= Checkpointer.greatestLength {
            finish(copied: Checkpointer.copy(on: writer))
        } else {
            queue.async { self.finish(copied: self.connection().flatMap { Checkpointer.copy(on: $0) }) }
        }
    }

    private func finish(copied: Int?) {
        state.withLock { state in
            state.isRunning = false
            if let copied { state.copied = copied }
        }
    }

    /// Pages of the log that are copied now; nil when SQLite could not: the next commit tries again.
    private static func copy(on database: OpaquePointer?) -> Int? {
        var length: CInt = 0, copied: CInt = 0
        let code = sqlite3_wal_checkpoint_v2(database, nil, SQLITE_CHECKPOINT_PASSIVE, &length, &copied)
        return code == SQLITE_OK && copied >= 0 ? Int(copied) : nil
    }

    /// Opened at the first need; on `queue` only.
    private func connection() -> OpaquePointer? {
        let (known, isClosed) = state.withLock { ($0.database, $0.isClosed) }
        if isClosed { return nil }
        if let database = OpaquePointer(bitPattern: known) { return database }
        var database: OpaquePointer?
        // A connection that has read nothing knows of no log.
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            sqlite3_exec(database, "PRAGMA synchronous = FULL; SELECT 1 FROM sqlite_master LIMIT 1", nil, nil, nil)
                == SQLITE_OK
        else {
            sqlite3_close_v2(database)
            return nil
        }
        let address = UInt(bitPattern: database)
        state.withLock { $0.database = address }
        return database
    }

    /// Returns when no checkpoint runs any more.
    func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.closeConnection()
                continuation.resume()
            }
        }
    }

    private func closeConnection() {
        let address = state.withLock { state in
            defer { state.database = 0 }
            return state.database
        }
        // NULL is no error.
        sqlite3_close_v2(OpaquePointer(bitPattern: address))
    }

    deinit { closeConnection() }
}
