import Base
import Laboratory
import Testing

/// An earlier result on a later report reaches all who read the later one.
@Suite struct `A report shows results of an earlier one` {
    private let now = Instant(milliseconds: 1_800_000_000_000)
    private func later(_ seconds: Int64) -> Instant { now.advanced(by: .seconds(seconds)) }
    private func hidden(_ change: (inout Visibility) -> Void) -> Visibility {
        var visibility = Visibility()
        change(&visibility)
        return visibility
    }

    @Test func `only when it is hidden from at least the same people`() {
        let ways: [(String, Visibility)] = [
            ("patient", hidden { $0.patient = .hidden }),
            ("professionals", hidden { $0.hiddenFromProfessionals = true }),
            ("representatives", hidden { $0.hiddenFromRepresentatives = true }),
            ("secret care", hidden { $0.secretCare = true }),
            ("restricted", hidden { $0.confidentiality = .restricted }),
            ("very restricted", hidden { $0.confidentiality = .veryRestricted }),
        ]
        #expect(Visibility.open.mayShow(resultsUnder: .open, at: now))
        for (name, way) in ways {
            #expect(!Visibility.open.mayShow(resultsUnder: way, at: now), "\(name)")
            #expect(way.mayShow(resultsUnder: way, at: now) && way.mayShow(resultsUnder: .open, at: now), "\(name)")
            for (other, otherWay) in ways where other != name && !(other.hasSuffix("restricted")) {
                #expect(!way.mayShow(resultsUnder: otherWay, at: now), "\(name) shows \(other)")
            }
        }
        #expect(ways[5].1.mayShow(resultsUnder: ways[4].1, at: now), "very restricted covers restricted")
        #expect(!ways[4].1.mayShow(resultsUnder: ways[5].1, at: now))
    }

    @Test func `hidden until a date, when that is over or this one is hidden as long`() {
        func until(_ end: Instant) -> Visibility { hidden { $0.patient = .hiddenUntil(end) } }
        let end = until(later(60))
        #expect(!Visibility.open.mayShow(resultsUnder: end, at: now))
        #expect(!Visibility.open.mayShow(resultsUnder: end, at: later(59)))
        #expect(Visibility.open.mayShow(resultsUnder: end, at: later(60)))
        #expect(!until(later(59)).mayShow(resultsUnder: end, at: now), "it would show it a second too early")
        #expect(until(later(60)).mayShow(resultsUnder: end, at: now))
        #expect(hidden { $0.patient = .hidden }.mayShow(resultsUnder: end, at: now))
        #expect(!until(later(60)).mayShow(resultsUnder: hidden { $0.patient = .hidden }, at: now))
    }
}
