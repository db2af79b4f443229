import Base
import Foundation
import Glibc
import LIS01
import SQLiteEngine
import Store
import StoreSQL

// Writing down what analyzers send, many at once, each waiting until its own is safe on the disk.

extension Figure {
    /// A whole message at a time.
    static var durableIngest: Figure {
        ingest(
            "durable-ingest", "200 analyzers, each message one append: its session, its 46 frames, itself",
            unit: "messages/s", goal: .ratio(0.7), perWriter: 8, amount: { $0.count }
        ) { [$0] }
    }

    /// A frame at a time, as analyzers really wait for it.
    static var durableFrames: Figure {
        ingest(
            "durable-frames", "200 analyzers, each frame one append, safe before it is acknowledged",
            unit: "frames/s", goal: .none, perWriter: 2, amount: { $0.reduce(0) { $0 + $1.count - 2 } }
        ) { facts in
            // The session comes with the first frame, the message with the last, in one transaction each.
            let frames = facts.dropFirst().dropLast().map { [$0] }
            guard var first = frames.first, frames.count > 1 else { return [facts] }
            first.insert(facts[0], at: 0)
            return [first] + frames.dropFirst().dropLast() + [[frames[frames.count - 1][0], facts[facts.count - 1]]]
        }
    }

    /// How long an analyzer waits at worst, when the store has half the work it can do.
    static var durableP99: Figure {
        Figure(
            name: "durable-p99", what: "99th percentile of a message's wait, 200 analyzers at half of their full speed",
            unit: "ms", reference: "bare statements, same arrivals", goal: .most(20)
        ) { bench in
            let each = 8
            let messages = facts(of: LISSet(messages: writers * each))
            let work = (0..<writers).map { writer in Array(messages[writer * each..<(writer + 1) * each]) }
            let files = Files(folder: bench.scratch, name: "durable-p99")
            let model = files.next()
            var spent = try await write(work, to: model).seconds
            let bare = try BareRows(copying: model, appends: messages.count)
            files.remove(model)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    let full = files.next()
                    spent = try await write(work, to: full).seconds
                    files.remove(full)
                    let file = files.next()
                    defer { files.remove(file) }
                    // Twice the time for the same messages, each writer at a time of its own.
                    return try percentile(await waits(work, every: 2 * spent / Double(each), to: file), messages.count)
                },
                reference: {
                    let file = files.next()
                    defer { files.remove(file) }
                    try await SQLiteStore.open(path: file).close()
                    return try percentile(
                        bare.waits(to: file, every: 2 * spent / Double(messages.count)), messages.count)
                })
        }
    }

    /// What the disk alone makes one wait, to read `durable-p99` by.
    static var diskSync: Figure {
        Figure(
            name: "disk-sync",
            what: "99th percentile of 64 KiB written over and put on the disk, nothing else going on",
            unit: "ms", reference: nil, goal: .none
        ) { bench in
            let count = 400
            return try await Measure.alternate(rounds: bench.rounds) {
                let file = bench.scratch + "/disk-sync"
                let descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600)
                guard descriptor >= 0 else { throw Fault("\(file): not opened") }
                defer {
                    close(descriptor)
                    unlink(file)
                }
                let bytes = [UInt8](repeating: 0x5A, count: 65_536)
                var waits: [Double] = []
                for n in 0..<count {
                    let start = ContinuousClock.now
                    guard pwrite(descriptor, bytes, bytes.count, n % 64 * bytes.count) == bytes.count,
                        fdatasync(descriptor) == 0
                    else { throw Fault("\(file): not written") }
                    waits.append(Measure.seconds(start.duration(to: .now)) * 1000)
                }
                return try percentile(waits, count)
            }
        }
    }

    private static func percentile(_ waits: [Double], _ count: Int) throws -> Double {
        try Measure.demand(waits.count, is: count, "waits")
        return waits.sorted()[min(waits.count - 1, waits.count * 99 / 100)]
    }

    /// The waits in milliseconds; each message is due at its time, whatever came before.
    private static func waits(_ work: [[[Fact]]], every interval: Double, to file: String) async throws -> [Double] {
        let store = try await SQLiteStore.open(path: file)
        let start = ContinuousClock.now
        let waits = try await withThrowingTaskGroup(of: [Double].self) { group in
            for (writer, messages) in work.enumerated() {
                group.addTask {
                    var waits: [Double] = []
                    for (number, facts) in messages.enumerated() {
                        let due = start.advanced(
                            by: .seconds((Double(number) + Double(writer) / Double(work.count)) * interval))
                        try await Task.sleep(until: due)
                        try await store.append(facts, note: nil)
                        waits.append(Measure.seconds(due.duration(to: .now)) * 1000)
                    }
                    return waits
                }
            }
            var all: [Double] = []
            for try await waits in group { all += waits }
            return all
        }
        await store.close()
        return waits
    }

    private static let writers = 200

    /// `parts` cuts the facts of a message into appends that wait one for the other.
    private static func ingest(
        _ name: String, _ what: String, unit: String, goal: Goal, perWriter: Int,
        amount: @escaping @Sendable ([[Fact]]) -> Int, parts: @escaping @Sendable ([Fact]) -> [[Fact]]
    ) -> Figure {
        Figure(
            name: name, what: what, unit: unit, reference: "same rows and commits, bare statements", goal: goal
        ) { bench in
            let messages = facts(of: LISSet(messages: writers * perWriter))
            let work = (0..<writers).map { writer in
                messages[writer * perWriter..<(writer + 1) * perWriter].flatMap(parts)
            }
            let units = amount(messages)
            let files = Files(folder: bench.scratch, name: name)
            // The rows to write again are those that a first run left.
            let model = files.next()
            _ = try await write(work, to: model)
            var commits = 1
            let bare = try BareRows(copying: model, appends: work.reduce(0) { $0 + $1.count })
            files.remove(model)
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    let file = files.next()
                    defer { files.remove(file) }
                    let spent: Double
                    (spent, commits) = try await write(work, to: file)
                    return Double(units) / spent
                },
                reference: {
                    let file = files.next()
                    defer { files.remove(file) }
                    try await SQLiteStore.open(path: file).close()
                    return Double(units) / (try bare.write(to: file, commits: commits))
                })
        }
    }

    /// Seconds until every writer has had its last append confirmed, and the commits that it took.
    private static func write(_ work: [[[Fact]]], to file: String) async throws -> (seconds: Double, commits: Int) {
        let store = try await SQLiteStore.open(path: file)
        let before = store.engine.commits
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for appends in work {
                group.addTask { for facts in appends { try await store.append(facts, note: nil) } }
            }
            try await group.waitForAll()
        }
        let spent = Measure.seconds(start.duration(to: .now))
        let commits = store.engine.commits - before
        let stored = try await store.counts(site: nil).messages
        await store.close()
        let messages = work.joined().reduce(0) { count, facts in
            count + facts.count { if case .message = $0 { true } else { false } }
        }
        try Measure.demand(stored, is: messages, "messages in the store")
        return (spent, commits)
    }

    /// The facts that the journal of an analyzer makes of each message: session, frames in order, message.
    private static func facts(of set: LISSet) -> [[Fact]] {
        var random = PRNG(seed: 50)
        return set.messages.enumerated().map { number, text in
            let at = Instant(milliseconds: 1_795_000_000_000 + Int64(number) * 37)
            let id = Identifier.make(at: at, random: &random), analyzer = "automate-\(number % writers)"
            var facts = [
                Fact.session(
                    LinkSession(id: id, site: "A", analyzer: analyzer, peer: "192.0.2.7:5000", openedAt: at))
            ]
            for (ordinal, frame) in Framing.frames(of: text, policy: .recordPerFrame).enumerated() {
                facts.append(.frame(JournalFrame(sessionID: id, ordinal: ordinal, at: at, bytes: frame)))
            }
            facts.append(
                .message(
                    ReceivedMessage(
                        id: Identifier.make(at: at, random: &random), site: "A", analyzer: analyzer, sessionID: id,
                        ordinal: 0, at: at, text: text, textHash: Digest.sha256Hex(text), complete: true)))
            return facts
        }
    }
}

/// A new database file each round: a file that grows would make later rounds slower.
private final class Files {
    private let folder: String
    private let name: String
    private var count = 0
    init(folder: String, name: String) {
        self.folder = folder
        self.name = name
    }
    func next() -> String {
        count += 1
        return "\(folder)/\(name)-\(count).sqlite"
    }
    func remove(_ file: String) {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
    }
}
