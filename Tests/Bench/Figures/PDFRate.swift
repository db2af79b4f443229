import Synchronization

extension Figure {
    /// All that leaves for a signature: page, document, message.
    static var pdfRate: Figure {
        Figure(
            name: "pdf-rate", what: "a signed request of 40 results to PDF/A, CR-BIO and HL7 message",
            unit: "reports/s",
            reference: nil, goal: .value(200)
        ) { bench in
            // One after the other, as they come: what two of them share may be kept, what one alone has may not.
            let samples = try (0..<30).map { try SampleRequest(bench, turn: $0) }
            let expected = try samples.map { try $0.wire(pdf: try $0.pdf()).message.count }
            let turn = Turn()
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: 1, over: .milliseconds(600)) {
                        let next = turn.next(of: samples.count)
                        let made = try samples[next].wire(pdf: try samples[next].pdf()).message.count
                        try Measure.demand(made, is: expected[next], "bytes of the message")
                    }
                })
        }
    }
}

/// Which one comes next.
private final class Turn: Sendable {
    private let count = Mutex(0)
    func next(of all: Int) -> Int {
        count.withLock { count in
            count += 1
            return count % all
        }
    }
}
