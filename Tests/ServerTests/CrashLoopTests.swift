import Base
import Foundation
import Laboratory
import PostgreSQLEngine
import SQLiteEngine
import Store
import Synchronization
import Testing

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isUp: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}

/// Servers killed under the load of several analyzers: what was acknowledged is there, once.
@Suite struct `A server killed under load, again and again` {
    /// The issue asks for 200 points or more in all.
    static let sqlitePoints = 90
    static let postgreSQLPoints = 36
    /// Of those of PostgreSQL, how often the database itself dies as well: one in so many.
    static let databaseDeath = 6
    /// Four send LIS2-A2, each in a framing of its own, one HL7 v2 over MLLP.
    static let analyzers = 5

    struct Points: Sendable {
        /// Before the server answered: in the middle of its start, of its recovery.
        var starting = 0
        /// While analyzers were sending.
        var working = 0
        /// Of `starting + working`, those where PostgreSQL died as well.
        var database = 0
        var all: Int { starting + working }
    }

    /// The seeds are new each time, and told: a failure is replayed with `PAILLASSE_CRASH_SEED`.
    private func seed(_ world: Int) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["PAILLASSE_CRASH_SEED"].flatMap { UInt64($0) }
        return given ?? (UInt64.random(in: 0...UInt64.max) &+ UInt64(world))
    }

    @Test(arguments: [1, 2])
    func `SQLite: nothing acknowledged is lost, nothing is doubled, the audit is whole`(_ world: Int) async throws {
        let server = try await CrashServer(analyzers: Self.analyzers, database: "sqlite:paillasse.sqlite")
        try await loop(server, points: Self.sqlitePoints, seed: seed(world), name: "SQLite \(world)", database: nil) {
            try await SQLiteStore.open(path: server.folder.appending(path: "data/paillasse.sqlite").path)
        }
    }

    @Test func `PostgreSQL, killed as well now and then: the same`() async throws {
        let database = try await CrashPostgreSQL()
        defer { database.end() }
        let server = try await CrashServer(
            analyzers: Self.analyzers, database: "postgresql:\(database.connection)")
        try await loop(
            server, points: Self.postgreSQLPoints, seed: seed(3), name: "PostgreSQL", database: database
        ) {
            try await PostgreSQLStore.open(connection: database.connection)
        }
    }

    private func loop(
        _ server: CrashServer, points count: Int, seed: UInt64, name: String, database: CrashPostgreSQL?,
        open: @Sendable () async throws -> any LaboratoryStore
    ) async throws {
        print("crash loop \(name): seed \(seed)")
        let started = ContinuousClock.now
        do {
            try server.start()
            try await server.waitUntilUp()
            let (sent, points) = try await killUnderLoad(server, count, seed, database)
            let store = try await settled(server, open)
            try await check(store, sent: sent)
            await store.close()
            print(
                "crash loop \(name): \(points.all) kill points (\(points.working) under load, \(points.starting) in "
                    + "the start, \(points.database) with the database), \(sent.reduce(0, +)) messages, "
                    + "\(started.duration(to: .now))")
            #expect(points.all == count)
            #expect(points.working > count / 2)
        } catch {
            print("server log:\n\(server.log.suffix(4000))")
            server.end()
            throw error
        }
        server.end()
    }

    /// Analyzers send without a pause while the server dies at moments drawn from the seed. How many messages each
    /// was acknowledged.
    private func killUnderLoad(
        _ server: CrashServer, _ count: Int, _ seed: UInt64, _ database: CrashPostgreSQL?
    ) async throws -> (sent: [Int], points: Points) {
        let over = Flag()
        return try await withThrowingTaskGroup(of: (Int, Int).self) { group in
            for (analyzer, port) in server.analyzerPorts.enumerated() {
                group.addTask {
                    let isHL7 = analyzer == server.analyzerPorts.count - 1
                    let load = CrashLoad(analyzer: analyzer, port: port, isHL7: isHL7)
                    return (analyzer, try await load.run { over.isUp })
                }
            }
            var random = PRNG(seed: seed)
            var points = Points()
            while points.all < count {
                // One in five dies before it is up.
                if Int.random(in: 0..<5, using: &random) == 0 {
                    points.starting += 1
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &random)))
                } else {
                    try await server.waitUntilUp()
                    points.working += 1
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...250, using: &random)))
                }
                if let database, points.all % Self.databaseDeath == 0 {
                    points.database += 1
                    database.kill()
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...50, using: &random)))
                }
                server.stop()
                try server.start()
            }
            try await server.waitUntilUp()
            over.raise()
            var sent = [Int](repeating: 0, count: server.analyzerPorts.count)
            for try await (analyzer, messages) in group { sent[analyzer] = messages }
            return (sent, points)
        }
    }

    /// The store of the stopped server, once every message in it was interpreted.
    private func settled(
        _ server: CrashServer, _ open: @Sendable () async throws -> any LaboratoryStore
    ) async throws -> any LaboratoryStore {
        for _ in 0..<30 {
            try await Task.sleep(for: .milliseconds(500))
            server.stop(SIGTERM)
            let store = try await open()
            if try await store.counts(site: nil).messagesPending == 0 { return store }
            await store.close()
            try server.start()
            try await server.waitUntilUp()
        }
        throw Refusal("test.pending", because: "messages are never interpreted", remedy: "read the server's log")
    }

    private func check(_ store: any LaboratoryStore, sent: [Int]) async throws {
        #expect(sent.allSatisfy { $0 >= CrashLoad.batch })
        let entries = try await store.triage(site: nil, open: false, limit: .max >> 1)
        var found: [String: Int] = [:], odd: [String] = []
        for entry in entries {
            if let incoming = entry.incoming {
                found["\(incoming.accession) \(incoming.instrumentCode) \(incoming.rawText)", default: 0] += 1
            } else if entry.reason != .incompleteMessage {
                odd.append(entry.explanation)
            }
        }
        #expect(odd.isEmpty, "a message cut by a death is told as such, and nothing else is wrong")
        var wanted: Set<String> = []
        for (analyzer, messages) in sent.enumerated() {
            for number in 0..<messages {
                for result in 1...CrashLoad.results {
                    wanted.insert(
                        "\(CrashLoad.tube(analyzer, number)) T\(result) \(CrashLoad.value(number, result))")
                }
            }
        }
        #expect(wanted.subtracting(found.keys).sorted() == [], "lost although acknowledged")
        #expect(Set(found.keys).subtracting(wanted).sorted() == [], "never sent")
        #expect(found.filter { $0.value > 1 }.keys.sorted() == [], "doubled")
        let verdict = try await AuditChain.verify(store: store)
        #expect(verdict.isSound, "the audit chain is whole: \(String(describing: verdict.defect))")
        #expect(verdict.entries >= sent.reduce(0, +))
        #expect(try await store.openSessions().count <= sent.count)
    }
}
