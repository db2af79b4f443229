import Base
import Catalog
import Laboratory
import Store
import Testing
import Workflow

/// Who publishes does not approve (PAIN 16).
@Suite struct `A second person approves` {
    private static let other = Author(
        login: "biologiste2", role: .biologist, site: "nord", professional: Bench.biologistIdentity)

    private func keep(_ login: String, enabled: Bool = true, version: Int = 1, in bench: Bench) async throws {
        let account = Account(
            login: login, version: version, site: "nord", name: login, role: .biologist,
            professional: Bench.biologistIdentity, secretHash: "x", enabled: enabled)
        try await bench.store.append(
            [.account(account)],
            note: AuditNote(
                site: "nord", author: "admin", action: "account.add", subject: login, at: bench.clock.now))
    }
    private func approve(_ code: String, on bench: Bench, by author: Author = Bench.biologist) async -> String? {
        await refusal { () throws(CommandFailure) in
            try await bench.desk.approve(
                [try bench.desk.approvalSubject(analysis: code)], reason: "lignes relues", by: author)
        }
    }
    private func declare(_ valid: Bool, on bench: Bench, reason: String = "laboratoire d'île") async -> String? {
        await refusal { () throws(CommandFailure) in
            _ = try await bench.desk.declareSingleBiologist(valid, reason: reason, by: Bench.biologist)
        }
    }

    /// Version 1 by the administrator; version 2, which changes potassium alone, by the biologist; version 3, which
    /// changes sodium alone, by the administrator.
    private func bench() async throws -> Bench {
        let bench = try Bench()
        try await bench.desk.publish(try Bench.files(), reason: "version 1", by: Bench.administrator)
        let potassium = ["K": ["critique_haut": "6.1"]]
        try await bench.desk.publish(try Bench.files(cells: potassium), reason: "version 2", by: Bench.biologist)
        let both = potassium.merging(["NA": ["critique_haut": "161"]]) { $1 }
        try await bench.desk.publish(try Bench.files(cells: both), reason: "version 3", by: Bench.administrator)
        return bench
    }

    @Test func `a line that the biologist published is approved by another, the others by the same`() async throws {
        let bench = try await bench()
        #expect(await approve("K", on: bench) == "catalogue.approve.author")
        #expect(await approve("NA", on: bench) == nil)
        #expect(await approve("CREA", on: bench) == nil)
        #expect(bench.desk.catalogue["K"]?.approval == .draft)
        #expect(await approve("K", on: bench, by: Self.other) == nil)
        #expect(bench.desk.catalogue["K"]?.approval == .approved)
        // To withdraw needs no second person.
        #expect(
            await refusal { () throws(CommandFailure) in
                try await bench.desk.withdrawApproval(
                    [try bench.desk.approvalSubject(analysis: "K")], reason: "doute", by: Bench.biologist)
            } == nil)
    }

    @Test func `a laboratory with one biologist says so, and it holds as long as it is true`() async throws {
        let bench = try await bench()
        try await keep("biologiste", in: bench)
        try await keep("biologiste2", in: bench)
        #expect(await declare(true, on: bench) == "catalogue.single.biologists")
        try await keep("biologiste2", enabled: false, version: 2, in: bench)
        #expect(await declare(true, on: bench, reason: " ") == "reason.missing")
        #expect(await approve("K", on: bench) == "catalogue.approve.author")
        #expect(await declare(true, on: bench) == nil)
        #expect(try await bench.desk.singleBiologistApproval().author == "biologiste")
        #expect(await approve("K", on: bench) == nil)
        #expect(try await bench.trail.contains { $0.action == "catalogue.single" && $0.author == "biologiste" })
        // A second one came: the declaration is void by itself.
        try await keep("biologiste2", version: 3, in: bench)
        try await bench.desk.publish(
            try Bench.files(cells: ["K": ["critique_haut": "6.2"]]), reason: "version 4", by: Bench.biologist)
        #expect(await approve("K", on: bench) == "catalogue.approve.author")
        #expect(await declare(false, on: bench) == nil)
        #expect(try await bench.desk.singleBiologistApproval().state == .withdrawn)
        #expect(try await bench.soundTrail())
    }
}
