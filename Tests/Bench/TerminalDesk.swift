import Base
import Client
import Console
import Foundation
import Laboratory
import Synchronization
import Terminal

/// The terminal but for its tty: decoder, reducer, errands over a socket, screen.
struct TerminalDesk {
    private let errands: Errands
    private let events = Events()
    private var decoder = KeyDecoder()
    private(set) var bench: Workbench
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
            zone: .europeParis, pause: .zero, now: TerminalDesk.now, tell: { events.put($0) })
        bench = Workbench(at: TerminalDesk.now())
        _ = bench.receive(.resized(width: 200, height: 60), at: TerminalDesk.now())
        try await errands.begin()
        for event in events.take() { _ = bench.receive(event, at: TerminalDesk.now()) }
        shown = bench.draw()
    }

    private mutating func show() {
        let screen = bench.draw()
        _ = screen.changes(since: shown)
        shown = screen
    }

    private mutating func give(_ inputs: [Input]) -> [Effect] {
        inputs.flatMap { bench.receive(.input($0), at: TerminalDesk.now()) }
    }

    /// Runs these effects, and those that follow from their answers, as far as they show on this screen: lists that
    /// are read anew behind it are left out.
    private mutating func run(_ first: [Effect]) async {
        var effects = first
        while !effects.isEmpty {
            for effect in effects {
                switch effect {
                case .find, .open, .send: await errands.run(effect)
                case .load, .chart, .keep, .why, .uncertainty, .habits, .practise, .bell, .quit: break
                }
            }
            effects = []
            for event in events.take() { effects += bench.receive(event, at: TerminalDesk.now()) }
        }
    }

    private static func milliseconds(since start: ContinuousClock.Instant) -> Double {
        Measure.seconds(start.duration(to: .now)) * 1000
    }

    private mutating func read(label: String) -> [Effect] {
        give(decoder.received([0x02] + Array(label.utf8) + [0x03], at: TerminalDesk.now()))
    }

    /// Milliseconds until the tube is on the screen; earlier values follow.
    mutating func scan(_ tube: (accession: String, results: Int)) async throws -> Double {
        let start = ContinuousClock.now
        for case .find(let code) in read(label: tube.accession) { await errands.run(.find(code)) }
        for event in events.take() { _ = bench.receive(event, at: TerminalDesk.now()) }
        show()
        let waited = TerminalDesk.milliseconds(since: start)
        try Measure.demand(bench.results.count, is: tube.results, "results of \(tube.accession) on the screen")
        try Measure.demand(screenHas(tube.accession) ? 1 : 0, is: 1, "\(tube.accession) on the screen")
        return waited
    }

    /// Milliseconds until the file of a tube is on the screen with what was measured before.
    mutating func openFile(_ accession: String, results: Int) async throws -> Double {
        let start = ContinuousClock.now
        await run(read(label: accession))
        show()
        let waited = TerminalDesk.milliseconds(since: start)
        try Measure.demand(bench.results.count, is: results, "results of \(accession) on the screen")
        let pasts = bench.currentFile?.pasts.values.filter { $0.points.count > 1 }.count ?? 0
        try Measure.demand(pasts, is: results, "results with a past")
        return waited
    }

    /// Milliseconds from Enter on a typed value to the screen that shows it validated with the next cell under the
    /// cursor: entered, read anew, validated with a reason, read anew.
    mutating func enterAndValidate(_ accession: String, _ value: (String) async throws -> String) async throws
        -> Double
    {
        await run(read(label: accession))
        let place = bench.face.result
        guard let cell = bench.currentResult, cell.line == nil else { throw Fault("no empty cell in \(accession)") }
        for glyph in try await value(cell.analysis) { _ = give([.key(.character(glyph))]) }
        show()
        let start = ContinuousClock.now
        await run(give([.key(.enter)]))
        show()
        var effects = give([.key(.up), .key(.character("v"))])
        if case .question = bench.face.mode { effects += give([.key(.character("1")), .key(.enter)]) }
        await run(effects)
        await run(give([.key(.down)]))
        show()
        let waited = TerminalDesk.milliseconds(since: start)
        let line = bench.currentFile?.standing(cell.analysis)
        try Measure.demand(line?.state == .validated ? 1 : 0, is: 1, "\(cell.analysis) of \(accession) validated")
        try Measure.demand(bench.face.result, is: place + 1, "the next cell")
        return waited
    }

    private func screenHas(_ words: String) -> Bool { shown.text.contains(words) }
}
