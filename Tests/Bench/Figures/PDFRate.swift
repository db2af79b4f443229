extension Figure {
    /// All that leaves for a signature: page, document, message.
    static var pdfRate: Figure {
        Figure(
            name: "pdf-rate", what: "a signed request of 40 results to PDF/A, CR-BIO and HL7 message",
            unit: "reports/s",
            reference: nil, goal: .value(200)
        ) { bench in
            let sample = try SampleRequest(bench)
            let expected = try sample.wire(pdf: try sample.pdf()).message.count
            return try await Measure.alternate(
                rounds: bench.rounds,
                value: {
                    try Measure.rate(of: 1, over: .milliseconds(600)) {
                        let made = try sample.wire(pdf: try sample.pdf()).message.count
                        try Measure.demand(made, is: expected, "bytes of the message")
                    }
                })
        }
    }
}
