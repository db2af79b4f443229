import Base
import Catalog
import FoundationEssentials
import Laboratory
import Rules
import Testing

/// What `paillasse why` says, word for word: a laboratory must be able to read why a result was held.
@Suite struct `The explanations` {
    typealias Spoil = @Sendable (inout EvaluationInput) -> Void

    /// A result of potassium each time, unless the row names another.
    private static let rows: [(name: String, code: String, text: String, unit: String, spoil: Spoil)] = [
        row("moteur coupé") { $0.results[0].mode = .off },
        row("mode B sans accord") {
            $0.results[0].mode = .release
            $0.approvals.standing = nil
        },
        row("mode B échu") {
            $0.results[0].mode = .release
            $0.approvals.standing?.until = Engine.days(0)
        },
        row("politique non signée") { $0.approvals.rules["politique@1"] = nil },
        row("politique échue") { $0.approvals.rules["politique@1"]?.until = Engine.days(0) },
        row("ligne non signée") { $0.results[0].lineApproved = false },
        row("analyse inconnue", "ZZZ") { _ in },
        row("identité contredite") { $0.contradictions = [.name, .sex] },
        row("non demandée") { $0.results[0].requested = false },
        row("tube non conforme") { $0.specimen.nonconformity = "caillot" },
        row("autre tube") { $0.specimen.analyses = ["NA"] },
        row("tube jamais reçu") { $0.specimen.receivedAt = nil },
        row("heure inconnue") { $0.specimen.collectedAt = nil },
        row("prélevé après la mesure") { $0.specimen.collectedAt = Engine.hours(1, 1) },
        row("délai") { $0.results[0].observedAt = Engine.hours(7) },
        row("contrôle absent") {
            $0.results[0].control = ControlFacts(.absent, "aucun contrôle de qualité enregistré pour K")
        },
        row("contrôle échu") {
            $0.results[0].control = ControlFacts(.expired, "la durée de validité est passée")
        },
        row("contrôle rejeté") { $0.results[0].control = ControlFacts(.rejected, "contrôle R1 rejeté") },
        row("étalonnage échu") { $0.results[0].calibrationUntil = Engine.measured },
        row("lot périmé") { $0.results[0].reagentUntil = Engine.measured },
        row("drapeau inconnu") { $0.results[0].unknownFlags = ["?"] },
        row("drapeau connu") { $0.results[0].flags = ["N"] },
        row("statut préliminaire") { $0.results[0].status = "P" },
        row("indice manquant") { $0.results[0].indices = SerumIndices(measured: true) },
        row("unité inconnue", text: "4.2", unit: "mg/L") { _ in },
        row("illisible", text: "---") { _ in },
        row("trop de décimales", text: "4.2000000000") { _ in },
        row("au-dessus du domaine", text: "10.1") { _ in },
        row("dilution inconnue") { $0.results[0].dilution = .unknownFactor },
        row("dilution inutile", text: "9.0") {
            $0.results[0].dilution = .made(factor: Exact(5), multiplied: true)
        },
        row("passages discordants", text: "4.3") {
            $0.results[0].earlierRuns = [.measured(Measured(Exact(4)), unit: "mmol/L")]
        },
        row("hémolyse commentée") { $0.results[0].indices = SerumIndices(hemolysis: Exact(51), measured: true) },
        row("hémolyse supprimée") { $0.results[0].indices = SerumIndices(hemolysis: Exact(201), measured: true) },
        row("hémoglobine libre") { $0.results[0].indices.freeHemoglobin = Exact(10) },
        row("absurde", text: "0.9") { _ in },
        row("hors plage", "CRP", text: "100.1", unit: "mg/L") {
            $0.results[0].history = [Engine.prior("90", unit: "mg/L")]
        },
        row("sous la plage", "BE", text: "-5.1") { _ in },
        row("delta") { $0.results[0].history = [Engine.prior("2.0", group: "g1")] },
        row("delta impossible", text: "<5") { $0.results[0].history = [Engine.prior("2.0", group: "g1")] },
        row("alerte", text: "6.1") { _ in },
        row("critique", text: "6.6") { _ in },
        row("critique connu", text: "6.6") {
            $0.results[0].lastCall = KnownCall(value: Measured(Exact(coefficient: 66, scale: 1)), at: Engine.days(-1))
        },
        row("cohérence", "HDL", text: "3.0") { $0.results.append(Engine.result("CT", "2.0")) },
        row("règle échue", "HDL", text: "1.0") {
            $0.results.append(Engine.result("CT", "2.0"))
            $0.approvals.rules["HDLCT@2"]?.until = Engine.days(0)
        },
        row("ensemble et calcul retenus", "LDL", text: "3.22") {
            $0.results[0].origin = .calculated
            $0.results[0].control = ControlFacts(.notNeeded)
            $0.results += [Engine.result("CT", "5.20"), Engine.result("HDL", "1.30"), Engine.result("TG", "1.50")]
            $0.results[3].flags = ["N"]
        },
        row("sang d'un autre", "CREA", text: "200", unit: "umol/L") {
            $0.results[0].history = [Engine.prior("80", unit: "umol/L")]
            var second = Engine.result("PAL", "20", unit: "U/L")
            second.history = [Engine.prior("100", unit: "U/L")]
            $0.results.append(second)
        },
        row("premier positif", "AGHBS") { $0.results[0].value = .coded("POS", display: "positif") },
        row("exclu", "PALU") { $0.results[0].value = .coded("NEG", display: "négatif") },
        row("saisi") { $0.results[0].origin = .manual },
        row("censuré", text: "<4.0") { _ in },
        row("sans intervalle", "PSA", text: "1.00", unit: "ug/L") {
            $0.results[0].history = [Engine.prior("1.00", unit: "ug/L")]
        },
    ]

    private static func row(
        _ name: String, _ code: String = "K", text: String = "4.2", unit: String = "mmol/L", _ spoil: @escaping Spoil
    ) -> (name: String, code: String, text: String, unit: String, spoil: Spoil) { (name, code, text, unit, spoil) }

    /// The lines of what holds, and of what a comment goes with.
    private func told(_ input: EvaluationInput, _ engine: RuleEngine) -> [String] {
        engine.evaluate(input).results.first?.checks.filter { $0.code != nil }.map { $0.line(in: .europeParis) } ?? []
    }

    private func house() throws -> (lines: [String], codes: Set<Hold.Code>) {
        var lines: [String] = [], codes: Set<Hold.Code> = []
        for row in Self.rows {
            var input = Engine.input(Engine.result(row.code, row.text, unit: row.unit))
            row.spoil(&input)
            lines.append("# \(row.name)")
            let result = try Engine.engine().evaluate(input).results.first
            lines += told(input, try Engine.engine())
            codes.formUnion(result?.checks.compactMap(\.code) ?? [])
        }
        return (lines, codes)
    }

    /// Every consistency rule that is shipped, by the first of its own cases that the engine can hold.
    private func shipped() throws -> [String] {
        let (catalogue, pack) = try Samples.shipped.get()
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        let approvals = inForce(pack)
        var lines: [String] = []
        let cases = pack.bench().lines.filter { $0.expected == TubeRule.Outcome.met.rawValue }
        for rule in pack.coherence {
            let found = cases.lazy.filter { $0.rule == rule.reference }.compactMap { one -> String? in
                var input = input(of: one.given, catalogue)
                input.approvals = approvals
                let record = engine.evaluate(input).results.flatMap(\.checks)
                    .first { $0.rule == rule.reference && $0.code == (rule.forbids ? .neverGiven : .incoherent) }
                return record?.line(in: .europeParis)
            }.first
            lines += ["# \(rule.reference)", found ?? "RIEN"]
        }
        return lines
    }

    /// Every rule that is shipped in force.
    private func inForce(_ pack: RulePack) -> RuleApprovals {
        var approvals = RuleApprovals()
        for rule in pack.approvable {
            approvals.rules[rule.reference.description] = RuleApproval(
                by: "bio", at: Engine.days(-10), until: Engine.days(100))
        }
        return approvals
    }

    /// Every reflex rule that is shipped, by the first of its own cases that proposes something.
    private func reflexes() throws -> [String] {
        let (catalogue, pack) = try Samples.shipped.get()
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        let cases = pack.bench().lines.filter { $0.expected == TubeRule.Outcome.met.rawValue }
        return pack.reflexes.flatMap { rule in
            let found = cases.lazy.filter { $0.rule == rule.reference }.compactMap { one in
                engine.reflexes(
                    others(of: one.given, catalogue),
                    patient: PatientFacts(sex: .female, born: CivilDate(year: 1960, month: 5, day: 3)),
                    collectedAt: Engine.collected, requested: [], approvals: inForce(pack), now: Engine.measured
                ).first { $0.rule == rule.reference }
            }.first
            let line = found.map { "\($0.adds.joined(separator: " ")) – \($0.because)" } ?? "RIEN"
            return ["# \(rule.reference)", line]
        }
    }

    /// `TSH=8.50 TSH.bas=0.40 TSH.haut=4.00` as valid results with their intervals.
    private func others(of given: String, _ catalogue: AnalysisCatalogue) -> [OtherResult] {
        var results: [OtherResult] = [], low: [String: Exact] = [:], high: [String: Exact] = [:]
        for word in given.split(separator: " ") {
            let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            let name = String(sides[0].prefix { $0 != "." })
            if sides[0].hasSuffix(".bas") { low[name] = Exact(sides[1]) }
            if sides[0].hasSuffix(".haut") { high[name] = Exact(sides[1]) }
            guard !sides[0].contains("."), let analysis = catalogue[name] else { continue }
            let value: ObservationValue =
                Measured(sides[1]).map { .measured($0, unit: analysis.unit) } ?? .coded(sides[1], display: sides[1])
            results.append(OtherResult(analysis: name, value: value))
        }
        for place in results.indices {
            let code = results[place].analysis
            if low[code] != nil || high[code] != nil {
                results[place].interval = AppliedInterval(low: low[code], high: high[code])
            }
        }
        return results
    }

    /// Every threshold of an index that is shipped, one above it: what is checked, then what the report says. Without
    /// the index, what holds.
    private func interferences() throws -> [String] {
        let (catalogue, pack) = try Samples.shipped.get()
        let engine = RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis)
        var lines: [String] = []
        for (code, rules) in pack.policy.interference.sorted(by: { $0.key < $1.key }) {
            let analysis = try #require(catalogue[code])
            for rule in rules.sorted(by: { $0.index.rawValue < $1.index.rawValue }) {
                lines.append("# \(rule.reference)")
                for above in [rule.biasAbove, rule.suppressAbove] {
                    let index = try #require(above?.adding(Exact(1)))
                    var input = Engine.input(Engine.result(code, "1.0", unit: analysis.unit))
                    input.approvals = inForce(pack)
                    input.results[0].indices = SerumIndices(
                        hemolysis: rule.index == .hemolysis ? index : Exact(0),
                        icterus: rule.index == .icterus ? index : Exact(0),
                        lipemia: rule.index == .lipemia ? index : Exact(0), measured: true)
                    let checks = engine.evaluate(input).results.first?.checks ?? []
                    let record = checks.first { $0.rule == rule.reference }
                    lines.append(record?.line(in: .europeParis) ?? "RIEN")
                    lines.append("  " + (record?.comment(name: analysis.nameFR) ?? "RIEN"))
                }
            }
        }
        return lines
    }

    /// `K=6.1 HIL.H=10 drapeau.CLUMPS=oui` as results of one tube.
    private func input(of given: String, _ catalogue: AnalysisCatalogue) -> EvaluationInput {
        var results: [ResultFacts] = [], flags: [String] = [], indices = SerumIndices(measured: true)
        for word in given.split(separator: " ") {
            let sides = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { continue }
            if sides[0].hasPrefix("drapeau.") { flags.append(String(sides[0].dropFirst(8))) }
            if sides[0] == "HIL.H" { indices.hemolysis = Exact(sides[1]) }
            guard !sides[0].contains("."), let analysis = catalogue[sides[0]] else { continue }
            results.append(Engine.result(sides[0], sides[1], unit: analysis.unit))
        }
        for place in results.indices {
            results[place].flags = flags
            results[place].indices = indices
        }
        return Engine.input(results)
    }

    @Test func `are these, for every check that holds and every shipped rule`() throws {
        let parts =
            try house().lines + ["", "## Règles livrées"] + shipped() + ["", "## Réflexes livrés"] + reflexes()
            + ["", "## Indices livrés"] + interferences()
        let found = parts.joined(separator: "\n") + "\n"
        #expect(!found.contains("RIEN"))
        let file = Samples.root.appending(path: "Tests/Golden/explanations.txt")
        let wanted = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let (a, b) = (wanted.split(separator: "\n"), found.split(separator: "\n"))
        for (line, other) in zip(a, b) where line != other { Issue.record("« \(line) » → « \(other) »") }
        #expect(a.count == b.count)
        if found != wanted, let path = ProcessInfo.processInfo.environment["PAILLASSE_EXPLANATIONS"] {
            try Data(found.utf8).write(to: URL(filePath: path))
        }
    }

    @Test func `leave out no code that holds`() throws {
        // A rule of the pack gives this one, above.
        #expect(Set(Hold.Code.allCases).subtracting(try house().codes) == [.neverGiven])
    }
}
