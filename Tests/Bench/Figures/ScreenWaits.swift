import Base
import Laboratory

/// What a technician waits for after Enter, and what a long history costs (UX section 2), over a laboratory of years.
extension Figure {
    static var enterValidated: Figure {
        Figure(
            name: "enter-validated",
            what: "99th percentile: Enter on a typed value to the screen that shows it validated, next cell under the "
                + "cursor; HTTP, SQLite, 1,000,000 past results",
            unit: "ms", reference: nil, goal: .most(100)
        ) { bench in
            let house = try await PastHouse.shared.house(bench)
            var desk = try await TerminalDesk(house, bench)
            return try await Measure.alternate(rounds: bench.rounds) {
                var waits: [Double] = []
                for _ in 0..<200 {
                    let (_, tube) = try await house.freshTube(of: try await house.newcomer())
                    waits.append(
                        try await desk.enterAndValidate(tube.accession) { try await house.typed($0) })
                }
                return waits.sorted()[waits.count * 99 / 100]
            }
        }
    }

    static var decadeFile: Figure {
        Figure(
            name: "decade-file",
            what: "99th percentile: a label is read, its file of 30 results is on the screen with 10 years of monthly "
                + "history each; HTTP, SQLite, 1,000,000 past results",
            unit: "ms", reference: nil, goal: .most(300)
        ) { bench in
            let house = try await PastHouse.shared.house(bench)
            let patients = (0..<20).map { "decade\($0)" }
            for patient in patients { try await house.fillDecade(patient: patient) }
            var tubes: [String] = []
            for patient in patients {
                let (name, tube) = try await house.freshTube(of: patient)
                _ = try await house.arrive(name, tube)
                tubes.append(tube.accession)
            }
            var desk = try await TerminalDesk(house, bench)
            return try await Measure.alternate(rounds: bench.rounds) {
                var waits: [Double] = []
                for number in 0..<100 {
                    waits.append(try await desk.openFile(tubes[number % tubes.count], results: House.perTube))
                }
                return waits.sorted()[waits.count * 99 / 100]
            }
        }
    }
}
