import Base
import Laboratory

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
            var desk = try await TerminalDesk(house, bench)
            return try await Measure.alternate(rounds: bench.rounds) {
                var waits: [Double] = []
                for _ in 0..<200 { waits.append(try await desk.scan(await house.tubeOfThePast())) }
                return waits.sorted()[waits.count * 99 / 100]
            }
        }
    }
}
