import Base
import Client
import Console
import Foundation
import Laboratory
import Synchronization
import Terminal

extension Figure {
    /// From the bytes of a scanner to the cells of its tube, over a laboratory of years (UX section 2).
    static var scanTube: Figure {
        Figure(
            name: "scan-tube",
            what: "99th percentile: a label is read, its tube of 30 results is on a screen of 200×60; HTTP, SQLite, "
                + "1,000,000 past results",
            unit: "ms", reference: nil, goal: .most(150)
        ) { bench in
            let house = try await PastHouse.shared.house(bench)
            var desk = try await ScanDesk(house, bench)
            return try await Measure.alternate(rounds: bench.rounds) {
                var waits: [Double] = []
                for _ in 0..<200 { waits.append(try await desk.scan(await house.tubeOfThePast())) }
                return waits.sorted()[waits.count * 99 / 100]
            }
        }
    }
}

/// The terminal but for its tty: decoder, reducer, errands over a socket, screen.
private struct ScanDesk {
    private let errands: Errands
    private let events = Events()
    private var decoder = KeyDecoder()
    private var bench: Workbench
    private var shown: Screen

    private final class Events: Sendable {
        private let waiting = Mutex<[Event]>([])
        func put(_ event: Event) { waiting.withLock { $0.append(event) } }
        func take() -> [Event] {
            waiting.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    @Sendable private static func now() -> Instant {
        Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }

    init(_ house: House, _ files: Bench) async throws {
        let (address, client) = try await house.serve()
        let events = events
        errands = Errands(
            client: client, tokens: TokenFile(path: files.scratch + "/token.json"), address: address, login: "tech",
            zone: .europeParis, now: ScanDesk.now, tell: { events.put($0) })
        bench = Workbench(at: ScanDesk.now())
        _ = bench.receive(.resized(width: 200, height: 60), at: ScanDesk.now())
        try await errands.begin()
        for event in events.take() { _ = bench.receive(event, at: ScanDesk.now()) }
        shown = bench.draw()
    }

    /// Milliseconds.
    mutating func scan(_ tube: (accession: String, results: Int)) async throws -> Double {
        let start = ContinuousClock.now
        var effects: [Effect] = []
        for input in decoder.received([0x02] + Array(tube.accession.utf8) + [0x03], at: ScanDesk.now()) {
            effects += bench.receive(.input(input), at: ScanDesk.now())
        }
        for case .find(let code) in effects { await errands.run(.find(code)) }
        for event in events.take() { _ = bench.receive(event, at: ScanDesk.now()) }
        let screen = bench.draw()
        _ = screen.changes(since: shown)
        shown = screen
        let waited = Measure.seconds(start.duration(to: .now)) * 1000
        try Measure.demand(bench.results.count, is: tube.results, "results of \(tube.accession) on the screen")
        try Measure.demand(screen.text.contains(tube.accession) ? 1 : 0, is: 1, "\(tube.accession) on the screen")
        return waited
    }
}
