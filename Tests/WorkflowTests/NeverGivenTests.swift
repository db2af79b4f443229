import Base
import Catalog
import Laboratory
import Rules
import Store
import Testing
import Workflow

/// What may not leave, and what is said beside what may.
@Suite struct NeverGivenTests {
    private func line(_ code: String, on bench: Bench) async throws -> Observation {
        try #require(
            try await bench.desk.worklist(site: "nord", limit: 99).map(\.observation).first { $0.analysis == code })
    }

    @Test func `no reason lifts low platelets in clumps, and the citrate tube is what is left`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["PLQ"])
        let tube = made.specimens[0].accession
        try await bench.arrive("m1", [Bench.result("PLQ", "80", of: tube, unit: "10*9/L", flags: ["AGREGATS"])])
        let platelets = try await bench.observation("PLQ", made)
        let held = try #require(platelets.holds.first { $0.code == .neverGiven })
        #expect(held.reason.contains("citrate"))
        let words = await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.validate(
                [platelets.id], of: made.request.number, reason: "contrôlé sur lame", by: Bench.technician)
        }
        #expect(words == "tech.held")
        _ = try await bench.desk.reject(
            platelets.id, of: made.request.number, reason: "amas : tube citraté demandé", by: Bench.technician)
        // At the limit, and without clumps, it is a result like others.
        try await bench.arrive("m2", [Bench.result("PLQ", "80", of: tube, unit: "10*9/L")])
        #expect(try await !bench.observation("PLQ", made).holds.contains { $0.code == .neverGiven })
    }

    @Test func `a value that is not given has no direction in which it is false`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["K"])
        var one = Bench.result("K", "5.0", of: made.specimens[0].accession)
        one.indices = SentIndices(hemolysis: Exact(100), lipemia: Exact(0))
        try await bench.arrive("m1", [one])
        let biased = try await line("K", on: bench)
        #expect(biased.comment?.contains("surestimé") == true)
        let second = try await bench.received(["K"], name: "AUTRE")
        one = Bench.result("K", "5.0", of: second.specimens[0].accession)
        one.indices = SentIndices(hemolysis: Exact(100), lipemia: Exact(0), freeHemoglobin: Exact(10))
        try await bench.arrive("m2", [one])
        let gone = try await bench.observation("K", second)
        #expect(gone.value.isGivenNot && gone.comment?.contains("surestimé") != true)
    }

    @Test func `what is made of a creatinine with a known bias says so`() async throws {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09"])
        var one = Bench.result("CREA", "70", of: made.specimens[0].accession, unit: "umol/L")
        one.indices = SentIndices(hemolysis: Exact(0), icterus: Exact(200), lipemia: Exact(0))
        try await bench.arrive("m1", [one])
        let creatinine = try await bench.observation("CREA", made)
        let bias = try #require(creatinine.comment)
        let filtration = try await bench.observation("DFG09", made)
        #expect(filtration.comment?.contains(bias) == true)
        #expect(filtration.comment?.hasPrefix("CKD-EPI") == true)
    }
}

extension ObservationValue {
    fileprivate var isGivenNot: Bool {
        if case .notPerformed = self { true } else { false }
    }
}
