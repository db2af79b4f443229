import Base
import Catalog
import Laboratory
import Rules
import Testing

/// The method by which a result was measured chooses its interval, its range and what it compares with (RULES 3, 6, 8).
@Suite struct `The method of a result` {
    private static let methods = """
        code,automate,methode,groupe,amr_bas,amr_haut,dilution_max,cva,repasse_abs,note
        K,A,ISE,,,,,,,
        K,B,photo,,2.5,6.0,2,,,
        K,C,flamme,optique,,,,,,
        K,D,émission,optique,,,,,,
        NA,A,ISE,,,,,,,
        NA,B,photo,,,,,,,

        """
    /// Potassium has a line for any method and one for ISE; sodium has none but by method.
    private static func engine() throws -> RuleEngine {
        let intervals = Engine.intervals.replacing("NA,*,0,,,,,136,145", with: "NA,*,0,,,,ISE,136,145")
            .replacing("PAL,*,0", with: "K,*,0,,,,ISE,3.4,4.4,mmol/L,intervalle,général,s\nPAL,*,0")
            .replacing("HB,F,0,,,", with: "NA,*,0,,,,photo,130,140,mmol/L,intervalle,général,s\nHB,F,0,,,")
        let files = Engine.files.map {
            $0.name == "intervals.csv" ? CatalogFile(name: $0.name, bytes: Array(intervals.utf8)) : $0
        }
        let catalogue = try AnalysisCatalogue.load(
            files + [CatalogFile(name: "methods.csv", bytes: Array(methods.utf8))], version: CatalogVersion("c2"))
        return RuleEngine(
            catalogue: catalogue, pack: try RulePack.load(Engine.rules, catalogue: catalogue, version: "p1"),
            zone: .europeParis)
    }

    /// A result on an analyzer, with the method that the table gives it.
    private func judged(
        _ code: String, _ text: String, on analyzer: String?, _ change: (inout ResultFacts) -> Void = { _ in }
    ) throws -> ResultEvaluation {
        let engine = try Self.engine()
        var facts = Engine.result(code, text)
        facts.analyzer = analyzer
        facts.origin = analyzer == nil ? .manual : .analyzer
        facts.method = engine.catalogue.method(of: facts)?.name ?? ""
        change(&facts)
        return try #require(engine.evaluate(Engine.input(facts)).results.first)
    }
    private func said(_ result: ResultEvaluation, _ check: Check) -> String {
        result.record(check).map { $0.words(in: .europeParis) } ?? ""
    }

    @Test func `the line of the method wins over the general one, which serves the others and the unknown`() throws {
        let own = try judged("K", "4.6", on: "A")
        #expect(own.interval == AppliedInterval(low: Exact("3.4"), high: Exact("4.4")) && own.flags == [.high])
        #expect(said(own, .interval).contains("méthode ISE"))
        #expect(own.record(.interval)?.note == nil)
        let general = AppliedInterval(low: Exact("3.5"), high: Exact("5.0"))
        for analyzer in ["B", "Z", nil] {
            let other = try judged("K", "4.6", on: analyzer)
            #expect(other.interval == general && other.flags == [.normal], "\(analyzer ?? "saisie")")
            #expect(other.record(.interval)?.note == .generalInterval)
        }
        let told = said(try judged("K", "4.6", on: "B"), .interval)
        #expect(told.contains("intervalle sans méthode : sexe F ; méthode photo"), "\(told)")
    }

    @Test func `an unknown method is held, and told, where every interval is for a method`() throws {
        #expect(try judged("NA", "141", on: "A").interval?.high == Exact("145"))
        #expect(try judged("NA", "141", on: "B").flags == [.high])
        for analyzer in ["Z", nil] {
            let unknown = try judged("NA", "141", on: analyzer)
            #expect(unknown.holdCodes.contains(.noInterval) && unknown.flags.isEmpty && unknown.interval == nil)
            #expect(said(unknown, .interval).contains("méthode inconnue, et des intervalles seulement par méthode"))
        }
        let stranger = try judged("NA", "141", on: "A") { $0.method = "autre" }
        #expect(stranger.holdCodes.contains(.noInterval))
        #expect(said(stranger, .interval).contains("aucun intervalle pour cette méthode : sexe F ; méthode autre"))
    }

    @Test func `a date of birth without its day chooses by method too`() throws {
        let engine = try Self.engine()
        var input = Engine.input(Engine.result("K", "4.6"))
        input.patient.born = CivilDate(year: 1960, month: 0, day: 0)
        input.results[0].method = "ISE"
        #expect(engine.evaluate(input).results[0].interval?.high == Exact("4.4"))
        input.results[0].method = ""
        #expect(engine.evaluate(input).results[0].interval?.high == Exact("5.0"))
    }

    @Test func `range and dilution are those of the method, or else of the analysis`() throws {
        let wide = try judged("K", "6.1", on: "A")
        #expect(!wide.holdCodes.contains(.outsideMeasuringRange))
        let narrow = try judged("K", "6.1", on: "B")
        #expect(narrow.holdCodes.contains(.outsideMeasuringRange) && narrow.proposedDilution == Exact(2))
        #expect(narrow.value == .measured(try #require(Measured(">6.0")), unit: "mmol/L"))
        #expect(said(narrow, .measuringRange).contains("borne haute 6,0"))
        func dilution(_ analyzer: String) throws -> Bool {
            try judged("K", "6.1", on: analyzer) { $0.dilution = .made(factor: Exact(4), multiplied: true) }
                .holdCodes.contains(.dilutionMissing)
        }
        // Validated to 5 for the analysis, to 2 by photometry.
        #expect(try dilution("B"))
        #expect(
            try judged("K", "9.9", on: "A") { $0.dilution = .made(factor: Exact(1), multiplied: true) }
                .holdCodes.contains(.dilutionMissing) == false)
    }

    @Test func `a delta compares within a family of methods, and with what nobody knows`() throws {
        func delta(_ analyzer: String, _ family: String?, _ count: Int64 = -2) throws -> CheckRecord? {
            try judged("K", "5.9", on: analyzer) {
                var prior = Engine.prior("4.0", days: count, group: "g1")
                prior.family = family
                $0.history = [prior]
            }.record(.delta)
        }
        #expect(try delta("A", "ISE")?.code == .delta)
        #expect(try delta("A", nil)?.code == .delta)
        #expect(try delta("Z", "ISE")?.code == .delta)
        #expect(try delta("C", "optique")?.code == .delta)
        #expect(try delta("D", "optique")?.code == .delta)
        let other = try delta("B", "ISE")
        #expect(other?.code == nil && other?.outcome == .notApplicable && other?.note == .otherMethod)
        #expect(other?.words(in: .europeParis).contains("méthode photo") == true)
        // One of another method that lies between hides none of its own.
        let both = try judged("K", "5.9", on: "A") {
            var own = Engine.prior("4.0", days: -4, group: "g1"), between = Engine.prior("5.8", days: -1, group: "g1")
            own.family = "ISE"
            between.family = "photo"
            $0.history = [between, own]
        }
        #expect(both.holdCodes.contains(.delta))
    }
}
