import Base
import Dispatch
import Store
import Synchronization

/// The one writer of a database: whatever is asked while a commit is under way goes together into the next one.
/// Durability costs one fsync a batch, not one a write. A batch in which something fails is rolled back and run again
/// with each piece under its own savepoint, so that a conflict fails only its own; a piece must therefore do nothing
/// but speak to its connection.
package final class GroupCommit: Sendable {
    private struct Job: Sendable {
        var run: @Sendable (any SQLConnection) -> SQLFailure?
        var finish: @Sendable (SQLFailure?) -> Void
    }
    private struct State {
        var waiting: [Job] = []
        var isDraining = false
        var isClosed = false
    }
    /// Lends the writer's connection, on the thread of the caller.
    package typealias Writer =
        @Sendable ((any SQLConnection) throws(SQLFailure) -> Void) throws(SQLFailure) -> Void

    /// Jobs that one transaction takes at most: bounds the time that the first of a batch waits for the last.
    package static let batchLimit = 256

    private let queue: DispatchQueue
    private let state = Mutex(State())
    private let begin: String
    private let writer: Writer
    private let done = Atomic(0)
    /// Transactions committed so far: as many as waits for the disk.
    package var commits: Int { done.load(ordering: .relaxed) }

    package init(label: String, dialect: Dialect, writer: @escaping Writer) {
        queue = DispatchQueue(label: label)
        begin = dialect.begin
        self.writer = writer
    }

    package func write<T: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws(SQLFailure) -> T
    ) async throws(SQLFailure) -> T {
        let answer = Answer<T>()
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<SQLFailure?, Never>) in
            submit(
                Job(
                    run: { connection in
                        do throws(SQLFailure) {
                            answer.value.withLock { [value = try body(connection)] in $0 = value }
                            return nil
                        } catch {
                            return error
                        }
                    },
                    finish: { continuation.resume(returning: $0) }))
        }
        if let failure { throw failure }
        guard let value = answer.value.withLock({ $0 }) else { throw .broken(StoreRefusal.closed) }
        return value
    }

    /// Finishes what was asked, then refuses the rest.
    package func close() async {
        state.withLock { $0.isClosed = true }
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async { continuation.resume() }
        }
    }

    private func submit(_ job: Job) {
        let (accepted, mustStart) = state.withLock { state in
            guard !state.isClosed else { return (false, false) }
            state.waiting.append(job)
            defer { state.isDraining = true }
            return (true, !state.isDraining)
        }
        guard accepted else { return job.finish(.broken(StoreRefusal.closed)) }
        if mustStart { queue.async { self.drain() } }
    }

    private func drain() {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.prefix(GroupCommit.batchLimit))
                state.waiting.removeFirst(batch.count)
                if batch.isEmpty { state.isDraining = false }
                return batch
            }
            if batch.isEmpty { return }
            commit(batch)
        }
    }

    private func commit(_ batch: [Job]) {
        var failures = [SQLFailure?](repeating: nil, count: batch.count)
        do throws(SQLFailure) {
            try writer { (connection: any SQLConnection) throws(SQLFailure) in
                try connection.execute(begin)
                do throws(SQLFailure) {
                    if let failure = runAll(batch, connection) {
                        // Alone, a job needs no savepoint: its failure rolls the transaction back.
                        failures[0] = failure
                        if batch.count > 1 { failures = try runAgain(batch, connection) }
                    }
                    if batch.count > 1 || failures[0] == nil {
                        try connection.execute("COMMIT")
                        done.add(1, ordering: .relaxed)
                    } else {
                        try connection.execute("ROLLBACK")
                    }
                } catch {
                    // The transaction may be gone already: then there is nothing to roll back.
                    do throws(SQLFailure) { try connection.execute("ROLLBACK") } catch {}
                    throw error
                }
            }
        } catch {
            // Even a conflict found is void: it may have been with a neighbour of the batch that is gone too.
            failures = failures.map { _ in error }
        }
        for (job, failure) in zip(batch, failures) { job.finish(failure) }
    }

    /// The usual way: nothing fails. Stops at the first failure; whose fault it is, is seen when all run again.
    private func runAll(_ batch: [Job], _ connection: any SQLConnection) -> SQLFailure? {
        for job in batch {
            if let failure = job.run(connection) { return failure }
        }
        return nil
    }

    /// Failures of each; throws when the whole transaction is lost.
    private func runAgain(_ batch: [Job], _ connection: any SQLConnection) throws(SQLFailure) -> [SQLFailure?] {
        // A full disk, for one, has ended the transaction already.
        do throws(SQLFailure) { try connection.execute("ROLLBACK") } catch {}
        try connection.execute(begin)
        var failures: [SQLFailure?] = []
        for job in batch {
            try connection.execute("SAVEPOINT job")
            let failure = job.run(connection)
            if failure != nil { try connection.execute("ROLLBACK TO SAVEPOINT job") }
            try connection.execute("RELEASE SAVEPOINT job")
            failures.append(failure)
        }
        return failures
    }
}

/// What a job answered, kept until its transaction is durable.
private final class Answer<T: Sendable>: Sendable {
    let value = Mutex<T?>(nil)
}
