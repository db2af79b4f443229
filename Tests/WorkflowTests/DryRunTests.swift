import Base
import Catalog
import Laboratory
import Rules
import Testing
import Workflow

/// `catalogue dry-run`: what a changed catalogue would change, and nothing else.
@Suite struct DryRunTests {
    /// Three results judged under the rules in force.
    private func arrived(on bench: Bench) async throws -> RegisteredRequest {
        let made = try await bench.received(["K", "NA", "CREA"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            [
                Bench.result("K", "5.6", of: tube), Bench.result("NA", "140", of: tube, ordinal: 1),
                Bench.result("CREA", "90", of: tube, ordinal: 2, unit: "umol/L"),
            ])
        return made
    }
    private func dry(
        _ files: [CatalogFile], on bench: Bench, allRules: Bool = false
    ) async throws -> ReplayReport {
        bench.clock.advance(.seconds(1))
        return try await bench.desk.dryRun(files, days: 2, allRules: allRules, by: Bench.biologist)
    }
    private func files(
        _ bench: Bench, _ name: String, _ change: (String) -> String
    ) async throws -> [CatalogFile] {
        try await bench.desk.catalogueFiles(number: nil).map { file in
            guard file.name == name else { return file }
            let text = change(String(decoding: file.bytes, as: UTF8.self))
            return CatalogFile(name: name, bytes: Array(text.utf8))
        }
    }

    @Test func `the files in force change nothing, whatever was approved since the results were judged`() async throws {
        let bench = try await Bench.withRules(approving: false)
        _ = try await arrived(on: bench)
        let files = try await bench.desk.catalogueFiles(number: nil)
        let before = try await dry(files, on: bench)
        #expect(before.differences.isEmpty && before.results == 3 && before.same == 3 && before.assumed.isEmpty)
        // Approvals that came since change the judgements of today on both sides.
        let lines = try bench.desk.catalogue.analyses.map { try bench.desk.approvalSubject(analysis: $0.code) }
        try await bench.desk.approve(lines, reason: "lues", by: Bench.biologist)
        try await bench.desk.approve(
            bench.desk.shelf.pack.approvable.map { ApprovalSubject($0) }, reason: "lues",
            until: bench.clock.now.advanced(by: .seconds(30 * 86_400)), by: Bench.biologist)
        let after = try await dry(files, on: bench)
        #expect(after.differences.isEmpty && after.same == 3, "\(after.differences)")
        // … and so does their end.
        bench.clock.advance(.seconds(31 * 86_400))
        _ = try await bench.desk.dryRun(files, days: 60, allRules: false, by: Bench.biologist)
        #expect(
            try await bench.desk.dryRun(files, days: 60, allRules: false, by: Bench.biologist).differences.isEmpty)
    }

    @Test func `the sums add up, a result judged twice counts once`() async throws {
        let bench = try await Bench.withRules()
        let made = try await arrived(on: bench)
        _ = try await bench.desk.judgeAgain(made.request.number, reason: "essai", by: Bench.technician)
        let changed = try await files(bench, "intervals.csv") { text in
            text.split(separator: "\n", omittingEmptySubsequences: false)
                .map { $0.hasPrefix("K,") ? String($0).replacing(",3.5,", with: ",3.6,") : String($0) }.joined(
                    separator: "\n")
        }
        let report = try await dry(changed, on: bench)
        #expect(report.results == 3 && report.unknown == 0)
        #expect(report.same + report.differences.count + report.unknown == report.results)
        // The interval that the report prints is another one, though the flag is the same.
        #expect(report.differences.map(\.analysis) == ["K"])
        #expect(report.assumed == ["analyse:K"])
    }

    @Test func `a rule whose text changed counts as approved and is named, one that nobody approved acts not`()
        async throws
    {
        let bench = try await Bench.withRules()
        _ = try await arrived(on: bench)
        let changed = try await files(bench, "rules/policy.json5") {
            $0.replacing("holdsFirstResult: []", with: "holdsFirstResult: [\"K\"]")
        }
        let report = try await dry(changed, on: bench)
        #expect(report.assumed == ["regle:politique"])
        #expect(report.differences.map(\.analysis) == ["K"] && report.same == 2)
        let unsigned = try await Bench.withRules(approving: false)
        _ = try await arrived(on: unsigned)
        let all = try await dry(try await unsigned.desk.catalogueFiles(number: nil), on: unsigned, allRules: true)
        // What approving them would change is told only where it is asked for.
        #expect(!all.differences.isEmpty && all.same + all.differences.count == all.results)
    }

    @Test func `what was calculated is calculated again by each side, the result of yesterday's formula is not kept`()
        async throws
    {
        let bench = try await Bench.withRules()
        let made = try await bench.received(["CREA", "DFG09", "NA"])
        let tube = made.specimens[0].accession
        try await bench.arrive(
            "m1",
            [Bench.result("CREA", "90", of: tube, unit: "umol/L"), Bench.result("NA", "140", of: tube, ordinal: 1)])
        let rate = try await bench.observation("DFG09", made).value.frenchText
        // Twice the rate; the cases beside the formulas would deny it, and are taken away.
        let changed = try await files(bench, "rules/calculated.json5") { text in
            text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.contains("{ given:") }
                .joined(separator: "\n").replacing("141[mL/min]", with: "282[mL/min]")
        }
        let report = try await dry(changed, on: bench)
        let told = try #require(report.differences.first)
        #expect(report.differences.count == 1 && told.analysis == "DFG09" && told.before.value == rate)
        let (old, new) = (try #require(Exact(rate)), try #require(Exact(told.after.value)))
        #expect(
            old.multiplied(by: Exact(2)).map { [$0, $0.adding(Exact(1)), $0.subtracting(Exact(1))] }?.contains(new)
                == true, "\(rate) → \(told.after.value)")
        #expect(report.assumed == ["regle:calcul:DFG09"])
        let same = try await dry(try await bench.desk.catalogueFiles(number: nil), on: bench)
        #expect(same.differences.isEmpty && same.same == 3)
    }

    @Test func `a rule is named in any of its forms`() async throws {
        let bench = try await Bench.withRules()
        for name in ["politique", "regle:politique", "règle:politique", "politique@1", "regle:politique@1"] {
            #expect(try bench.desk.approvalSubject(rule: name).name == "regle:politique")
        }
        #expect(try bench.desk.approvalSubject(rule: "regle:calcul:DFG09@1").name == "regle:calcul:DFG09")
        #expect(
            await refusal { () throws(CommandFailure) in
                _ = try bench.desk.approvalSubject(rule: "regle:rien")
            } == "catalogue.rule.unknown")
    }

    @Test func `a restart on the folder of an earlier version judges again with the rules of that version`()
        async throws
    {
        let bench = try await Bench.withRules()
        _ = try await arrived(on: bench)
        let first = try await bench.desk.catalogueFiles(number: 1)
        bench.clock.advance(.seconds(1))
        let changed = try await files(bench, "analyses.csv") { $0.replacing("NA,1,Sodium,", with: "NA,1,Natrémie,") }
        try await bench.desk.publish(changed, reason: "relu", by: Bench.administrator)
        let version = CatalogVersion(Desk.catalogueVersion(of: first))
        let clock = bench.clock
        let again = Desk(
            store: bench.store,
            shelf: CatalogueShelf(try AnalysisCatalogue.load(first, version: version), files: first),
            sites: Array(bench.desk.sites.values), now: { clock.now })
        _ = try await again.openCatalogue(folder: first)
        #expect(again.catalogue["NA"]?.nameFR == "Natrémie")
        let report = try await again.replayRules(
            from: bench.clock.now.advanced(by: .seconds(-86_400)), before: bench.clock.now, by: Bench.biologist)
        #expect(report.isSound && report.results == 3 && report.same == 3, "\(report)")
    }
}
