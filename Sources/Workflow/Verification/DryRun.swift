import Base
package import Catalog
import Laboratory
import Quality
import Rules
import Store

/// What one catalogue, with its rules, makes of judgements: one side of a dry run.
private struct TrialSide {
    let engine: RuleEngine
    /// Rules that somebody stands for (`EDTA@1`); false: the approval ended.
    let rules: [String: Bool]
    /// Analyses whose line somebody stands for.
    let lines: Set<String>

    private var isReleasing: Bool { rules[RulePack.standingReference.description] ?? false }

    /// The same facts as were judged, with the approvals of today. `clinical`: what each request tells, by the result
    /// that was calculated with it. `controls`: of results whose control is another one on the two sides.
    func evaluate(
        _ judged: Desk.Judged, _ clinical: [String: ClinicalFacts], _ controls: [String: ControlFacts],
        in zone: CivilZone
    ) -> Evaluation {
        var input = judged.input
        recalculate(&input, clinical, in: zone)
        let now = input.now
        let valid = RuleApproval(by: "essai", at: now, until: now.advanced(by: .seconds(86_400)))
        let ended = RuleApproval(by: "essai", at: now.advanced(by: .seconds(-86_400)), until: now)
        input.approvals = RuleApprovals(
            standing: isReleasing ? valid : nil, rules: rules.mapValues { $0 ? valid : ended })
        for place in input.results.indices {
            let code = input.results[place].analysis
            input.results[place].control = controls[input.results[place].id] ?? input.results[place].control
            input.results[place].lineApproved = lines.contains(code)
            // As this side's table has it: whoever changes it wants to see what that does.
            input.results[place].method = engine.catalogue.method(of: input.results[place])?.name ?? ""
            let isNamed = engine.pack.policy.released(at: judged.site).contains(code)
            input.results[place].mode = isReleasing && isNamed ? .release : .sort
        }
        return engine.inZone(zone).evaluate(input)
    }

    /// What was calculated is calculated again, by the formulas of this side, from what stands beside it; what is not
    /// all there any more stays as it was.
    private func recalculate(_ input: inout EvaluationInput, _ clinical: [String: ClinicalFacts], in zone: CivilZone) {
        let places = Dictionary(
            input.results.indices.map { (input.results[$0].analysis, $0) }, uniquingKeysWith: { first, _ in first })
        // In the order of calculation, so that one of another finds it.
        for formula in engine.pack.formulas where rules[formula.reference.description] ?? false {
            guard let place = places[formula.code], input.results[place].origin == .calculated,
                let given = values(for: formula, input, places)
            else { continue }
            let made = Judgement.value(
                of: formula, given, input.patient, clinical[input.results[place].id],
                collected: input.specimen.collectedAt, engine.inZone(zone))
            input.results[place].value = made.value
            input.results[place].rawText = made.raw
        }
    }

    private func values(
        for formula: Formula, _ input: EvaluationInput, _ places: [String: Int]
    ) -> [String: GivenValue]? {
        var given = [String: GivenValue]()
        for name in formula.inputs.filter(\.isAnalysis).map(\.name) {
            let other = input.others.first { $0.analysis == name }?.value
            guard let value = places[name].flatMap({ input.results[$0].value }) ?? other,
                case .measured(let number, let unit) = value
            else { return nil }
            given[name] = GivenValue(number, unit: unit)
        }
        return given
    }
}

/// The controls of the changed tables.
private struct TrialControls {
    /// A desk of these files over the same store: it is asked, and writes nothing.
    let desk: Desk
    /// Assays, `*` among them, about which the tables say something else.
    let changed: Set<ControlledAssay>
    let assumed: [String]

    /// The control of each result that the change concerns, by today's tables and by the changed ones.
    func facts(
        of judged: Desk.Judged, now today: Desk, at: Instant
    ) async throws(CommandFailure) -> (today: [String: ControlFacts], changed: [String: ControlFacts]) {
        var old = [String: ControlFacts](), new = [String: ControlFacts]()
        for facts in judged.members.map(\.judged.facts) {
            // What a hand typed looks at every control of its analysis.
            let isConcerned = changed.contains {
                $0.analysis == facts.analysis && [facts.analyzer ?? $0.analyzer, "*"].contains($0.analyzer)
            }
            guard isConcerned, facts.origin != .calculated else { continue }
            let observation = Observation(
                id: facts.id, site: judged.site, requestID: "", patientID: "", accession: "", analysis: facts.analysis,
                catalogueVersion: "", value: facts.value ?? .text(facts.rawText), rawText: facts.rawText,
                origin: Origin(analyzer: facts.analyzer), observedAt: facts.observedAt ?? judged.scene.now,
                recordedAt: judged.scene.now)
            guard today.isControlled(observation) else { continue }
            old[facts.id] = Desk.controlFacts(try await today.trialStanding(of: observation, at: at))
            new[facts.id] = Desk.controlFacts(try await desk.trialStanding(of: observation, at: at))
        }
        return (old, new)
    }
}

extension Desk {
    /// What would change were these files published: each result of the last days, as its last judgement looked at it,
    /// under the catalogue and the rules in force and under these, both with the approvals of today. A line or a rule
    /// that somebody stands for today counts as approved though its content changed, and is told (`assumed`); with
    /// `allRules`, every rule of the files does, in force or not.
    package func dryRun(
        _ files: [CatalogFile], days: Int, allRules: Bool, by author: Author
    ) async throws(CommandFailure) -> ReplayReport {
        try allow(author, .read)
        let (catalogue, pack) = try publishable(files, version: Desk.catalogueVersion(of: files))
        let at = now()
        let today = today(at)
        let changed = Desk.trial(
            RuleEngine(catalogue: catalogue, pack: pack, zone: .europeParis), like: today, allRules: allRules)
        var report = ReplayReport()
        let controls = try trialControls(files, catalogue, pack)
        report.assumed = assumed(CatalogueTables(files), pack, today) + controls.assumed
        // Of each result, what its last judgement gives; nil: the same.
        var last = [String: ReplayDifference?]()
        let start = at.advanced(by: .zero - .seconds(Int64(days) * 86_400))
        let formulas = [shelf.pack, pack].flatMap(\.formulas).filter { $0.inputs.contains { !$0.isAnalysis } }
        let codes = Set(formulas.map(\.code))
        let torn = try await each(start, at, author, &report) { (judged, _) async throws(CommandFailure) in
            let zone = zone(of: judged.site), clinical = try await clinical(judged, of: codes)
            let (old, new) = try await controls.facts(of: judged, now: self, at: at)
            let before = today.evaluate(judged, clinical, old, in: zone)
            let after = changed.evaluate(judged, clinical, new, in: zone)
            for (member, (was, would)) in zip(judged.members, zip(before.results, after.results)) {
                last[would.id] = .some(
                    was.isTold(as: would) ? nil : Desk.difference(member.record, member.judged, would, was: was))
            }
        }
        report.differences = last.values.compactMap { $0 }
            .sorted { ($0.at, $0.observationID) < ($1.at, $1.observationID) }
        report.same = last.count - report.differences.count
        report.unknown = Set(torn).subtracting(last.keys).count
        report.results = last.count + report.unknown
        return report
    }

    /// What the request tells of each result that was calculated, with a weight or a collection of urine, by `codes`.
    private func clinical(
        _ judged: Judged, of codes: Set<String>
    ) async throws(CommandFailure) -> [String: ClinicalFacts] {
        var found = [String: ClinicalFacts]()
        for facts in judged.members.map(\.judged.facts)
        where facts.origin == .calculated && codes.contains(facts.analysis) {
            let known = try await ask { () throws(StoreFailure) in try await store.observation(facts.id) }
            if let known { found[facts.id] = try await request(known.requestID).clinical }
        }
        return found
    }

    /// What changed tables of controls would do. What somebody stands for today counts as approved though its lines
    /// changed, and is told; a new exemption, or new lines, hold until somebody approves them.
    private func trialControls(
        _ files: [CatalogFile], _ catalogue: AnalysisCatalogue, _ pack: RulePack
    ) throws(CommandFailure) -> TrialControls {
        let here = shelf.tables.controlSubjects, there = CatalogueTables(files).controlSubjects
        let known = Dictionary(here.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let signed = shelf.controlSignatures
        let kept = there.filter { signed[$0.assay] != nil && known[$0.name] != nil }
        let standing = Dictionary(
            kept.compactMap { one in signed[one.assay].map { (one.assay, $0) } }, uniquingKeysWith: { $1 })
        let named = Set(there.map(\.assay))
        let abandoned = Set(here.filter { !$0.isExemption && signed[$0.assay] != nil }.map(\.assay)).subtracting(named)
        // As if they had been in force for as long as the dry run looks back.
        let stages = try self.controls(of: files).mapValues { tables in
            [ControlStage(at: Instant(milliseconds: 0), tables: tables.signed(standing, abandoned: abandoned))]
        }
        let shelf = CatalogueShelf(catalogue, files: files, controls: stages, pack: pack)
        return TrialControls(
            desk: Desk(store: store, shelf: shelf, sites: Array(sites.values), now: now),
            changed: Set(Set(here).symmetricDifference(there).map(\.assay)),
            assumed: kept.filter { known[$0.name]?.content != $0.content }.map(\.name))
    }

    /// The catalogue and the rules in force.
    private func today(_ at: Instant) -> TrialSide {
        let approved = shelf.current.analyses.filter { $0.approval == .approved }.map(\.code)
        return TrialSide(
            engine: shelf.engine, rules: shelf.approvals.rules.mapValues { $0.isValid(at: at) }, lines: Set(approved))
    }

    private static func trial(_ engine: RuleEngine, like today: TrialSide, allRules: Bool) -> TrialSide {
        let known = Dictionary(
            today.rules.map { (RuleReference.id(named: $0.key), $0.value) }, uniquingKeysWith: { $0 || $1 })
        var rules = [String: Bool]()
        for rule in engine.pack.approvable.map(\.reference) {
            // The standing approval of mode B names its analyses: nobody gives it by the way.
            let isTaken = allRules && rule != RulePack.standingReference
            if let valid = isTaken ? true : known[rule.id] { rules[rule.description] = valid }
        }
        return TrialSide(engine: engine, rules: rules, lines: today.lines)
    }

    /// What counts as approved and reads otherwise than what was approved.
    private func assumed(_ tables: CatalogueTables, _ pack: RulePack, _ today: TrialSide) -> [String] {
        let standing = Set(today.rules.keys.map { RuleReference.id(named: $0) })
        let now = Dictionary(
            shelf.pack.approvable.map { ($0.reference.id, $0.content) }, uniquingKeysWith: { first, _ in first })
        let rules = pack.approvable.filter { standing.contains($0.reference.id) && now[$0.reference.id] != $0.content }
        let here = shelf.tables
        let lines = today.lines.sorted().filter { code in
            tables.approvable(code).map { $0 != here.approvable(code) } ?? false
        }
        return lines.map { "analyse:\($0)" } + rules.map { ApprovalSubject.name(of: $0.reference) }
    }
}

extension ResultEvaluation {
    /// A reader of the result, and who signs it, are told the same.
    fileprivate func isTold(as other: ResultEvaluation) -> Bool {
        JudgedOutcome(self) == JudgedOutcome(other) && isSuppressed == other.isSuppressed
            && interval == other.interval && intervals == other.intervals && intervalKind == other.intervalKind
            && isReleasable == other.isReleasable && comments(name: "") == other.comments(name: "")
    }
}
