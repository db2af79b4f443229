import Base
import Catalog
import Laboratory
import Testing
import Workflow

/// Limits of a place of care: they follow the patient.
@Suite struct `Critical limits of a place of care` {
    private func line(on bench: Bench) async throws -> Observation {
        try #require(
            try await bench.desk.worklist(site: "nord", limit: 9).map(\.observation).last { $0.analysis == "K" })
    }

    private func bench() async throws -> Bench {
        let bench = try await Bench.withRules()
        let table = """
            code,sexe,age_de,age_a,venue,alerte_bas,alerte_haut,critique_bas,critique_haut,\
            critique_pas,av_bas,av_haut,ucum,source
            K,*,,,urgences,,5.4,,5.5,,,,mmol/L,charte des urgences

            """
        let files = try await bench.desk.catalogueFiles(number: nil)
        try await bench.desk.publish(
            files + [CatalogFile(name: "limits.csv", bytes: Array(table.utf8))], reason: "charte",
            by: Bench.administrator)
        try await bench.desk.approve(
            [try bench.desk.approvalSubject(analysis: "K")], reason: "lue", by: Bench.biologist)
        try await bench.conformingControl("K")
        return bench
    }

    @Test func `what was signed before comes back to be amended`() async throws {
        let bench = try await bench()
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "5.8", of: made.specimens[0].accession)])
        try await bench.validate(["K"], of: made)
        try await bench.sign(made)
        let signed = try await bench.desk.request(made.request.id)
        #expect(try await bench.desk.changedSinceSignature(signed).isEmpty)
        let moved = try await bench.desk.setAddressees(
            nil, encounter: .emergency, of: made.request.number, by: Bench.secretary)
        #expect(try await !bench.desk.changedSinceSignature(moved).isEmpty)
    }

    @Test func `a patient who turns out to be in the emergency ward is judged by its limits`() async throws {
        let bench = try await bench()
        let made = try await bench.received(["K"])
        try await bench.arrive("m1", [Bench.result("K", "5.8", of: made.specimens[0].accession)])
        #expect(try await !bench.observation("K", made).holds.map(\.code).contains(.criticalCall))
        _ = try await bench.desk.setAddressees(
            nil, encounter: .emergency, of: made.request.number, by: Bench.secretary)
        let judged = try await line(on: bench)
        #expect(judged.holds.map(\.code).contains(.criticalCall), "\(judged.holds)")
        #expect(judged.flags == [.criticallyHigh])
        // Elsewhere again, nobody is to be called for it any more.
        _ = try await bench.desk.setAddressees(
            nil, encounter: .inpatient, of: made.request.number, by: Bench.secretary)
        #expect(try await !bench.observation("K", made).holds.map(\.code).contains(.criticalCall))
        #expect(try await bench.soundTrail())
    }
}
