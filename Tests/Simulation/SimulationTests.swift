import Base
import FoundationEssentials
import LIS01
import Testing

/// In release (`make test-release`) the full number; without optimisation a sample.
enum Scale {
    #if DEBUG
        static let sessions = 4_000
        static let isFull = false
    #else
        static let sessions = 110_000
        static let isFull = true
    #endif
}

/// `PAILLASSE_SEED=17 PAILLASSE_ROOMS=pure swift test --filter SimulationTests` runs that world alone, and tells it.
private let onlySeed = ProcessInfo.processInfo.environment["PAILLASSE_SEED"].flatMap { UInt64($0) }

private func replay(_ seed: UInt64) -> Comment {
    "replay: PAILLASSE_SEED=\(seed) PAILLASSE_ROOMS=pure swift test --filter SimulationTests"
}

/// The world of a seed; its kind is in its last digit.
private func world(_ seed: UInt64) -> (world: World, settled: Bool, hostile: Bool) {
    let rates: [UInt64] = [0, 5, 10, 20, 40, 80, 20, 40, 0, 20]
    var faults = Faults.all(rates[Int(seed % 10)])
    let hostile = seed % 10 >= 8
    if hostile { faults.hostile = 30 }
    var world = World(seed: seed, faults: faults)
    if onlySeed != nil { world.trace = [] }
    for i in 0...world.draw(4) { world.send("UP\(seed)-\(i)", from: 0) }
    for i in 0..<world.draw(4) { world.send("DOWN\(seed)-\(i)", from: 1) }
    let settled = world.settle()
    return (world, settled, hostile)
}

@Suite("Two links over a bad line, in virtual time")
struct SimulationTests {
    static let batches = 16

    @Test("each message is there once or reported failed", arguments: 0..<batches)
    func sessions(_ batch: Int) {
        if let onlySeed {
            guard batch == 0 else { return }
            let (world, settled, hostile) = world(onlySeed)
            for line in world.trace ?? [] { print(line) }
            #expect(world.verdict(settled: settled, hostile: hostile) == nil)
            return
        }
        var sessions = 0, delivered = 0, failed = 0
        var seed = UInt64(batch) * 1_000_000
        while sessions < Scale.sessions / SimulationTests.batches {
            let (world, settled, hostile) = world(seed)
            if let verdict = world.verdict(settled: settled, hostile: hostile) {
                Issue.record("seed \(seed): \(verdict); \(replay(seed))")
                return
            }
            sessions += world.sessions
            delivered += world.stations.reduce(0) { $0 + $1.delivered.count }
            failed += world.stations.reduce(0) { $0 + $1.failed.count }
            seed += 1
        }
        print("simulation \(batch): \(sessions) sessions, \(delivered) delivered, \(failed) reported failed")
        #expect(delivered > 40 * failed, "a bad line still carries nearly all")
        if !Scale.isFull { print("simulation: a sample without optimisation; make test-release runs all") }
    }

    @Test(
        "fossils: a digit or CR behind the text read as ENQ or EOT",
        arguments: [14, 2_000_387] as [UInt64])
    func fossils(_ seed: UInt64) {
        let (world, settled, hostile) = world(seed)
        #expect(!hostile && world.verdict(settled: settled) == nil, replay(seed))
    }

    @Test("a line dropped and re-opened at each byte loses nothing and doubles nothing", arguments: 0..<4)
    func dropped(_ seed: UInt64) {
        var clean = World(seed: seed, faults: .none)
        clean.send("UP\(seed)", from: 0)
        clean.send("DOWN\(seed)", from: 1)
        let isSettled = clean.settle()
        #expect(isSettled)
        #expect(clean.verdict(settled: true) == nil)
        for place in 1...clean.written {
            var world = World(seed: seed, faults: .none)
            world.send("UP\(seed)", from: 0)
            world.send("DOWN\(seed)", from: 1)
            world.dropAtByte = place
            let settled = world.settle()
            #expect(world.verdict(settled: settled) == nil, "seed \(seed), dropped at byte \(place)")
            #expect(world.stations[0].failed.isEmpty && world.stations[1].failed.isEmpty)
            #expect(world.stations[1].received.count == 1 && world.stations[0].received.count == 1)
        }
    }

    @Test("a store that fails once, at each frame, costs a repeated frame and no message")
    func failingStore() {
        for seed in 0..<UInt64(Scale.isFull ? 400 : 40) {
            var faults = Faults.none
            faults.store = 300
            var world = World(seed: seed, faults: faults)
            for i in 0..<3 { world.send("UP\(seed)-\(i)", from: 0) }
            let settled = world.settle()
            #expect(world.verdict(settled: settled) == nil, "seed \(seed)")
            #expect(world.stations[0].delivered.count + world.stations[0].failed.count == 3)
        }
    }
}
