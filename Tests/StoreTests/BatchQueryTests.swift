import Base
import Laboratory
import Store
import Testing

/// The questions that a judgement asks: several subjects at once, in every store.
@Suite struct BatchQueryTests {
    @Test(arguments: Stored.allCases) func `histories are those of each analysis, asked at once`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            for n in 1...4 {
                var observation = Make.observation("o\(n)", request: "r\(n)", observed: Int64(n) * 10)
                if n == 4 { observation.analysis = "NA" }
                try await store.append(
                    [.observation(observation), .observationEvent(Make.event("o\(n)"))], note: Make.note())
            }
            let found = try await store.histories(
                patientID: "p1", analyses: ["K", "NA", "CL", "K"], from: Make.at(0), before: Make.at(99), limit: 2)
            #expect(found.mapValues { $0.map(\.id) } == ["K": ["o3", "o2"], "NA": ["o4"]])
            #expect(
                try await store.histories(
                    patientID: "p1", analyses: [], from: Make.at(0), before: Make.at(99), limit: 2
                ).isEmpty)
            #expect(try await store.requests(withResultsOf: "p1") == ["r1", "r2", "r3", "r4"])
            #expect(try await store.requests(withResultsOf: "p9").isEmpty)
            #expect(try await store.requests(withUnsignedResultsOf: "p1", analyses: ["K", "K"]) == ["r1", "r2", "r3"])
            try await store.append([.signature(Make.signature("s1", request: "r2", of: ["o2"]))], note: Make.note())
            #expect(
                try await store.requests(withUnsignedResultsOf: "p1", analyses: ["NA", "K"]) == ["r1", "r3", "r4"])
            #expect(try await store.requests(withUnsignedResultsOf: "p1", analyses: ["CL"]).isEmpty)
            #expect(try await store.requests(withUnsignedResultsOf: "p9", analyses: ["K"]).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `the judgement that stands is the last of each result`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            func record(_ id: String, _ ordinal: Int) -> Fact {
                .evaluation(
                    EvaluationRecord(
                        observationID: id, ordinal: ordinal, site: "A", at: Make.at(Int64(ordinal)), engine: "1",
                        content: Array("\(id) \(ordinal)".utf8)))
            }
            try await store.append([record("a", 1), record("a", 2), record("b", 1)], note: Make.note())
            func standing(_ ids: [String], from ordinal: Int) async throws -> [String] {
                try await store.standingEvaluations(of: ids, from: ordinal)
                    .map { String(decoding: $0.content, as: UTF8.self) }.sorted()
            }
            #expect(try await standing(["a", "b", "c"], from: 1) == ["a 2", "b 1"])
            #expect(try await standing(["a", "b"], from: 2) == ["a 2"])
            #expect(try await standing([], from: 1).isEmpty)
        }
    }

    @Test(arguments: Stored.allCases) func `specimens are found by their numbers, each in its latest version`(
        kind: Stored
    ) async throws {
        try await withStore(kind) { store in
            func specimen(_ accession: String, _ version: Int) -> Fact {
                .specimen(
                    Specimen(
                        accession: accession, version: version, site: "A", requestID: "r", kind: "SER", tube: "VERT",
                        analyses: ["K"]))
            }
            try await store.append([specimen("1", 1), specimen("1", 2), specimen("2", 1)], note: Make.note())
            let found = try await store.specimens(accessions: ["2", "1", "9", "1"])
            #expect(Set(found.map { "\($0.accession) \($0.version)" }) == ["1 2", "2 1"] && found.count == 2)
        }
    }
}
