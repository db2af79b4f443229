import Base
import Console
import Laboratory

/// The terminal without its terminal: what a key costs before ncurses has a cell to write (UX section 2), on the
/// largest screen and a list of 10,000 lines, drawn and compared each time.
extension Figure {
    static var screenKey: Figure {
        screen("screen-key", "of a key to the cells that change, 200×60, 10,000 lines, news every tenth key") {
            $0.keys($1)
        }
    }

    static var screenScroll: Figure {
        screen("screen-scroll", "of a key that scrolls a list of 10,000 lines, each its own tube, to the cells") {
            $0.scroll($1)
        }
    }

    static var screenEvents: Figure {
        screen("screen-events", "of a key of an entry to the cells, 10,000 lines, 50 changes a second told before it") {
            $0.events($1)
        }
    }

    private static func screen(
        _ name: String, _ what: String, _ measure: @Sendable @escaping (inout ScreenBench, Int) -> [Double]
    ) -> Figure {
        Figure(name: name, what: "99th percentile " + what, unit: "ms", reference: nil, goal: .most(16)) { bench in
            try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    var desk = ScreenBench(tubesOf: name == "screen-scroll" ? 1 : 4)
                    let waits = measure(&desk, 500)
                    try desk.check(waits, 500)
                    return waits.sorted()[waits.count * 99 / 100]
                })
        }
    }
}

private struct ScreenBench {
    private var bench: Workbench
    private var lines: [Line]
    private var shown: Screen
    private let clock = ContinuousClock()

    init(tubesOf size: Int) {
        let now = Instant(seconds: 1_795_000_000)
        lines = (0..<10_000).map { number in
            let holds = number % 7 == 0 ? [Hold(.analyzerFlag, "drapeau de l'automate : H")] : []
            return Line(
                id: "o\(number)", request: "R\(number / size)", accession: "2611\(10_000_000 + number / size)",
                patient: "PATIENT \(number / size)", civil: "F 34a", urgent: number % 50 == 0,
                analysis: "A\(number % size)", value: "4,2", unit: "mmol/L", interval: "3,5 – 4,9", holds: holds,
                analyzer: "cobas", observedAt: now)
        }
        bench = Workbench(at: now)
        shown = bench.draw()
        for event: Event in [
            .resized(width: 200, height: 60),
            .who(person: "P", login: "p", site: "S", Role.technician.permissions), .online,
            .loaded(.worklist(lines)),
        ] {
            _ = bench.receive(event, at: now)
        }
        shown = bench.draw()
    }

    func check(_ waits: [Double], _ keys: Int) throws {
        try Measure.demand(waits.count, is: keys, "keys measured")
        try Measure.demand(shown.cells.count, is: 12_000, "cells of the screen")
        try Measure.demand(bench.house.lines.count, is: 10_000, "lines of the list")
    }

    /// Milliseconds of what comes before this key and of the key, up to the cells to write.
    private mutating func press(_ key: Key, after news: [Event] = []) -> Double {
        let spent = clock.measure {
            for event in news { _ = bench.receive(event, at: bench.now.advanced(by: .milliseconds(20))) }
            _ = bench.receive(.input(.key(key)), at: bench.now.advanced(by: .milliseconds(10)))
            let next = bench.draw()
            _ = next.changes(since: shown)
            shown = next
        }
        return Measure.seconds(spent) * 1000
    }

    /// Keys among lists that came in between.
    mutating func keys(_ count: Int) -> [Double] {
        let round: [Key] = [
            .down, .down, .pageDown, .character("x"), .escape, .tab, .character("4"), .escape, .alt("2"), .up,
        ]
        return (0..<count).map { number in
            if number % 10 == 0 {
                lines[number].value = "4,\(number % 9)"
                _ = bench.receive(.loaded(.worklist(lines)), at: bench.now.advanced(by: .milliseconds(100)))
                shown = bench.draw()
            }
            return press(round[number % 10])
        }
    }

    mutating func scroll(_ count: Int) -> [Double] {
        let round: [Key] = [.down, .pageDown, .character("G"), .up, .pageUp, .character("g"), .down, .down]
        return (0..<count).map { press(round[$0 % round.count]) }
    }

    /// Ten keys a second among fifty changes a second: each key waits behind the five that were told since the last
    /// one, and every other one behind the list that they made the server send (one load in 200 ms).
    mutating func events(_ count: Int) -> [Double] {
        _ = press(.tab)
        let round: [Key] = [
            .character("4"), .character(","), .character("2"), .backspace, .character("7"), .left, .right,
            .character("1"),
            .backspace, .escape,
        ]
        return (0..<count).map { number in
            var news = [Event](repeating: .changed, count: 5)
            if number % 2 == 0 {
                for place in 0..<10 { lines[(number * 10 + place) % 10_000].value = "4,\(number % 9)" }
                news.append(.loaded(.worklist(lines)))
            }
            return press(round[number % round.count], after: news)
        }
    }
}
