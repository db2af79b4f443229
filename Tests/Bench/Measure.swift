/// Time by the wall, medians of rounds.
enum Measure {
    /// Units of work a second. `body` does `amount` units and is repeated until `span` has passed; what is made ready
    /// before the call costs nothing.
    static func rate(
        of amount: Int, over span: Duration = .milliseconds(300), _ body: () throws -> Void
    ) rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var passes = 0
        var spent = Duration.zero
        repeat {
            try body()
            passes += 1
            spent = start.duration(to: clock.now)
        } while spent < span
        return Double(amount) * Double(passes) / seconds(spent)
    }

    static func seconds(_ duration: Duration) -> Double {
        let (seconds, attoseconds) = duration.components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// One round of each to warm up, then `rounds` rounds in which the figure and its reference take turns, so that a
    /// change of the machine's mood falls on both.
    static func alternate(
        rounds: Int, value: () async throws -> Double, reference: (() async throws -> Double)? = nil
    ) async throws -> Reading {
        _ = try await value()
        _ = try await reference?()
        var values: [Double] = [], references: [Double] = []
        for _ in 0..<rounds {
            values.append(try await value())
            if let reference { references.append(try await reference()) }
        }
        let least = values.min() ?? 0, most = values.max() ?? 0
        return Reading(
            value: median(values), spread: least > 0 ? most / least : 0,
            reference: references.isEmpty ? nil : median(references))
    }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The work must have given what it must give: a fast but wrong answer is no figure.
    static func demand(_ found: Int, is expected: Int, _ what: String) throws {
        guard found == expected else { throw Fault("\(what): \(found), expected \(expected)") }
    }
}
