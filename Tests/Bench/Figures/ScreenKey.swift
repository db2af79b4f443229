import Base
import Console
import Laboratory

/// The terminal without its terminal: what a key costs before ncurses has a cell to write (UX section 2).
extension Figure {
    /// Keys among 10,000 lines with news of the server in between, the largest screen drawn and compared each time.
    static var screenKey: Figure {
        Figure(
            name: "screen-key",
            what: "99th percentile of a key to the cells that change, 200×60, 10,000 lines, news every tenth key",
            unit: "ms", reference: nil, goal: .most(16)
        ) { bench in
            try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    var desk = ScreenBench()
                    return try desk.percentile(keys: 500)
                })
        }
    }
}

private struct ScreenBench {
    private var bench: Workbench
    private var lines: [Line]

    init() {
        let now = Instant(seconds: 1_795_000_000)
        lines = (0..<10_000).map { number in
            let holds = number % 7 == 0 ? [Hold(.analyzerFlag, "drapeau de l'automate : H")] : []
            return Line(
                id: "o\(number)", request: "R\(number / 4)", accession: "2611\(10_000_000 + number / 4)",
                patient: "PATIENT \(number / 4)", civil: "F 34a", urgent: number % 50 == 0, analysis: "A\(number % 4)",
                value: "4,2", unit: "mmol/L", interval: "3,5 – 4,9", holds: holds, analyzer: "cobas", observedAt: now)
        }
        bench = Workbench(at: now)
        _ = bench.receive(.resized(width: 200, height: 60), at: now)
        _ = bench.receive(
            .who(person: "P", login: "p", site: "S", Role.technician.permissions), at: now)
        _ = bench.receive(.online, at: now)
        _ = bench.receive(.loaded(.worklist(lines)), at: now)
    }

    /// Milliseconds.
    mutating func percentile(keys: Int) throws -> Double {
        let round: [Key] = [
            .down, .down, .pageDown, .character("x"), .escape, .tab, .character("4"), .escape, .alt("2"), .up,
        ]
        var shown = bench.draw()
        var waits: [Double] = []
        let clock = ContinuousClock()
        for number in 0..<keys {
            if number % 10 == 0 {
                lines[number].value = "4,\(number % 9)"
                _ = bench.receive(.loaded(.worklist(lines)), at: bench.now.advanced(by: .milliseconds(100)))
                shown = bench.draw()
            }
            let spent = clock.measure {
                _ = bench.receive(.input(.key(round[number % 10])), at: bench.now.advanced(by: .milliseconds(10)))
                let next = bench.draw()
                _ = next.changes(since: shown)
                shown = next
            }
            waits.append(Measure.seconds(spent) * 1000)
        }
        try Measure.demand(shown.cells.count, is: 12_000, "cells of the screen")
        return waits.sorted()[keys * 99 / 100]
    }
}
