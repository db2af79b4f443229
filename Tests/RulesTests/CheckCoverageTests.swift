import Base
import Catalog
import Laboratory
import Rules
import Testing

/// What `catalogue coverage` says cannot be checked is what the engine does not check.
@Suite struct `Checks without data` {
    private static let compared: [Check] = [
        .delay, .measuringRange, .absurd, .autoverification, .delta, .criticalAlert, .criticalCall,
    ]

    private func unfed(_ code: String, _ engine: RuleEngine) -> Set<Check> {
        Set(engine.unfedChecks(of: code).map(\.check))
    }

    /// The engine's own word on a result that nothing else is wrong with.
    private func judged(_ analysis: Analysis, _ engine: RuleEngine) throws -> ResultEvaluation {
        let input = Engine.input(Engine.result(analysis.code, "1", unit: analysis.unit))
        return try #require(engine.evaluate(input).results.first)
    }

    @Test func `are those that the engine skips, for every analysis that is shipped`() throws {
        let (catalogue, pack) = try Samples.shipped.get()
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        var told = 0
        for analysis in catalogue.analyses where analysis.nature == .measured {
            let said = unfed(analysis.code, engine), result = try judged(analysis, engine)
            for check in Self.compared {
                let isSkipped = result.record(check)?.note == .noLimit
                #expect(said.contains(check) == isSkipped, "\(analysis.code) \(check)")
                told += isSkipped ? 1 : 0
            }
            // An adult of the catalogue: where he has no interval, that is said.
            let isHeld = result.holdCodes.contains(.noInterval)
            #expect(!isHeld || said.contains(.interval), "\(analysis.code)")
            #expect(said.contains(.dilution) == (analysis.verification.maximumDilution == nil), "\(analysis.code)")
        }
        #expect(told > 100, "the shipped catalogue leaves much to fill")
        #expect(engine.unfedChecks(of: "RIEN") == [])
    }

    @Test func `come in the order of the checks, each with what to fill and why it matters`() throws {
        let (catalogue, pack) = try Samples.shipped.get()
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        for analysis in catalogue.analyses {
            let found = engine.unfedChecks(of: analysis.code)
            #expect(found.map(\.step) == found.map(\.step).sorted())
            #expect(found.allSatisfy { !$0.data.isEmpty && !$0.matters.isEmpty && $0.step == $0.check.step })
        }
        // No interval at all holds everybody; some ages only, them.
        func interval(_ code: String) -> UnfedCheck? {
            engine.unfedChecks(of: code).first { $0.check == .interval }
        }
        #expect(interval("LI")?.matters.hasPrefix("le résultat est retenu") == true)
        #expect(interval("CT")?.matters.hasPrefix("aux âges sans ligne") == true, "children")
        // Words have no limits; a formula is there for each calculation.
        let text = try #require(catalogue.analyses.first { $0.nature == .text })
        #expect(unfed(text.code, engine).isSubset(of: [.delay]))
        let calculated = catalogue.analyses.filter { $0.nature == .calculated }.map { unfed($0.code, engine) }
        #expect(
            !calculated.isEmpty && calculated.allSatisfy { $0.isDisjoint(with: [.measuringRange, .dilution, .rerun]) })
    }

    @Test func `go away one by one as the line is filled`() throws {
        // Potassium of the tests has all but the alert of nothing.
        let engine = try Engine.engine()
        #expect(unfed("K", engine) == [])
        let sodium = unfed("NA", engine)
        #expect(sodium.isSuperset(of: [.measuringRange, .dilution, .delay, .autoverification, .criticalCall, .absurd]))
        #expect(sodium.isDisjoint(with: [.delta, .rerun, .interference, .interval]))
        // No delta by choice is a choice; no line of intervals is none.
        #expect(unfed("NONE", engine).isSuperset(of: [.interval, .delta, .interference]))
        let files = Engine.files.map { file in
            CatalogFile(
                name: file.name,
                bytes: Array(
                    (String(decoding: file.bytes, as: UTF8.self)
                        + (file.name == "intervals.csv" ? "NONE,*,0,,,,,,,mmol/L,aucun,,cible\n" : "")).utf8))
        }
        let catalogue = try AnalysisCatalogue.load(files, version: CatalogVersion("c5"))
        let stated = RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p"),
            zone: .europeParis)
        #expect(!unfed("NONE", stated).contains(.interval))
    }
}
