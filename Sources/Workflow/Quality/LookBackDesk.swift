package import Base
import Catalog
package import Laboratory
package import Quality
import Store

/// Look-back after a rejection, external assessment, and controls typed by hand.
extension Desk {
    /// The suspect periods of an assay, each with the results measured in it and what was decided, latest first.
    package func lookBacks(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> [LookBack] {
        let page = try await qualityPage(assay, site: site)
        let at = now()
        guard !page.timeline.suspectPeriods.isEmpty else { return [] }
        var decisions = [String: [LookBackDecision]]()
        for decided in try await allEntries(.lookBack, site, LookBackDecision.self) {
            decisions[decided.value.result, default: []].append(decided.value)
        }
        var out = [LookBack]()
        for period in page.timeline.suspectPeriods.reversed() {
            let results = try await measured(assay, site: site, from: period.from ?? page.since, to: period.to ?? at)
            out.append(
                LookBack(period, results: results, decisions: results.flatMap { decisions[$0.id] ?? [] }, at: at))
        }
        return out
    }

    /// Confirm, rerun or amend one result of a suspect period. To rerun sets the value aside.
    package func decideLookBack(
        _ choice: LookBackDecision.Choice, result: String, run: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> LookBackDecision {
        try allow(author, .validateTechnically)
        let found = try await ask { () throws(StoreFailure) in try await store.observation(result) }
        guard let observation = found, observation.site == author.site, let analyzer = observation.origin.analyzer
        else { throw missing("observation.unknown", "résultat", result) }
        let assay = ControlledAssay(analysis: observation.analysis, analyzer: analyzer)
        guard let lookBack = try await lookBacks(assay, site: author.site).first(where: { $0.period.run == run })
        else { throw missing("quality.run", "série rejetée", run) }
        let signed = try decide { () throws(Refusal) in try SignedReason(by: author.login, at: now(), reason: reason) }
        let decision = LookBackDecision(result: result, run: run, choice: choice, signed: signed)
        try decide { () throws(Refusal) in
            try lookBack.check(decision, isBiologist: author.role.permissions.contains(.sign))
        }
        try await enter(.lookBack, result, Decided(decision, reason), "quality.lookback", author) {
            () async throws(CommandFailure) -> [Fact] in
            try await taskFacts(decision, on: observation, analyzer: analyzer, by: author)
        }
        return decision
    }

    /// Results of an assay measured in [`from`, `to`], with their release.
    private func measured(
        _ assay: ControlledAssay, site: String, from: Instant, to: Instant
    ) async throws(CommandFailure) -> [MeasuredResult] {
        let found = try await ask { () throws(StoreFailure) in
            try await store.observations(analyzer: assay.analyzer, analysis: assay.analysis, from: from, through: to)
        }
        var releases = [String: [Signature]]()
        var out = [MeasuredResult]()
        for observation in found where observation.site == site {
            if releases[observation.requestID] == nil {
                let request = observation.requestID
                releases[request] = try await ask { () throws(StoreFailure) in
                    try await store.signatures(requestID: request)
                }
            }
            let first = releases[observation.requestID]?.first { $0.observationIDs.contains(observation.id) }
            out.append(
                MeasuredResult(
                    id: observation.id, assay: assay, measuredAt: observation.observedAt, releasedAt: first?.at))
        }
        return out
    }

    /// A control that no analyzer sends: typed, with who typed it.
    package func enterControl(
        _ value: Measured, of assay: ControlledAssay, material: String, at: Instant, by author: Author
    ) async throws(CommandFailure) -> ControlObservation {
        try allow(author, .enterResult)
        try checkMoment(at)
        let analysis = try decide { () throws(Refusal) in try catalogue.required(assay.analysis) }
        try await checkMaterial(material, of: assay, site: author.site)
        try await checkBackdated(at, material, of: assay, site: author.site)
        let id = freshID()
        let control = ControlObservation(
            id: id, site: author.site, analyzer: assay.analyzer, messageID: "saisie-\(id)", ordinal: 0,
            material: material, instrumentCode: assay.analysis, analysis: assay.analysis,
            value: .measured(value, unit: analysis.unit), rawText: value.text, observedAt: at)
        let note = self.note(author, "quality.enter", id, now())
        try await ask { () throws(StoreFailure) in try await store.append([.control(control)], note: note) }
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
        return control
    }

    /// Measured by now, and no longer ago than the rules look back.
    private func checkMoment(_ at: Instant) throws(CommandFailure) {
        let now = now()
        if at <= now, now.advanced(by: .zero - Desk.qualityWindow) <= at { return }
        throw .refused(
            Refusal(
                "quality.moment", at: "at",
                because: at > now ? "ce contrôle est dans le futur" : "ce contrôle est trop ancien pour compter",
                remedy: "corriger l'heure de la mesure"))
    }

    /// A conforming point behind a rejection would move the beginning of what is in doubt past results that stand in
    /// it, and give runs other names: what was measured then should have been told then. A level that the rejected run
    /// still lacks is of that run, whichever came first.
    private func rejection(
        after at: Instant, of material: String, in page: QualityPage, site: String
    ) -> RunVerdict? {
        let measured = measuredControls(page.timeline.assay, site: site, targets: page.targets)
        let meaning = measured.meaning(of: material, at: at)
        let level = meaning.target?.level ?? meaning.lot?.level ?? ControlLevel(material)
        return page.timeline.verdicts.first { verdict in
            guard verdict.outcome == .rejected, at <= verdict.at else { return false }
            let isOfRun = verdict.points.map(\.at).min().map { $0 <= at } ?? false
            return !isOfRun || verdict.points.contains { $0.level == level }
        }
    }

    private func checkBackdated(
        _ at: Instant, _ material: String, of assay: ControlledAssay, site: String
    ) async throws(CommandFailure) {
        let page = try await qualityPage(assay, site: site)
        guard let rejected = rejection(after: at, of: material, in: page, site: site) else { return }
        throw .refused(
            Refusal(
                "quality.backdated", at: assay.description,
                because: "ce contrôle se place avant le rejet \(rejected.run), déjà connu",
                remedy: "mesurer un contrôle maintenant : le rejet se lève par lui et par une correction signée"))
    }

    /// Controls that an analyzer sends behind a rejection: kept, on the chart, and in no rule.
    func lateControls(_ controls: [ControlObservation]) async throws(CommandFailure) -> [Fact] {
        var facts = [Fact]()
        for control in controls {
            guard let analysis = control.analysis else { continue }
            let assay = ControlledAssay(analysis: analysis, analyzer: control.analyzer)
            let page = try await qualityPage(assay, site: control.site)
            guard
                let rejected = rejection(after: control.observedAt, of: control.material, in: page, site: control.site)
            else { continue }
            let reason = "arrivé après le rejet \(rejected.run), qui le suit"
            let signed = try decide { () throws(Refusal) in
                try SignedReason(by: Desk.house, at: now(), reason: reason)
            }
            facts.append(
                .register(
                    RegisterEntry(
                        register: .controlExclusion, site: control.site, subject: control.id, ordinal: 1,
                        author: Desk.house, at: now(), body: RegisterText.text(Decided(signed, reason)))))
        }
        return facts
    }

    /// What an analyzer sends of a material that nobody knows is kept, and proves nothing; what a person types of one
    /// is a slip of the hand, and would take a CONFORME away.
    private func checkMaterial(
        _ material: String, of assay: ControlledAssay, site: String
    ) async throws(CommandFailure) {
        let own = try await targets(of: assay, site: site).map(\.material)
        let known = Set(own + (shelf.controls?.lots.map(\.identifier) ?? []))
        if known.contains(material) { return }
        throw .refused(
            Refusal(
                "quality.material.unknown", at: material, because: "aucun lot de contrôle ne porte cet identifiant",
                remedy: (known.isEmpty ? "" : "employer \(known.sorted().joined(separator: ", ")), ou ")
                    + "fixer d'abord sa cible (paillasse qc target)"))
    }

    // External quality assessment (EEQ)

    /// Returns come months after a round, never years.
    private static let assessmentWindow = Duration.seconds(2 * 366 * 24 * 3600)

    package func recordAssessment(
        _ result: AssessmentResult, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .validateTechnically)
        try checkAnalysis(result.assay.analysis)
        guard ![result.programme, result.round, result.sample].contains(where: { $0.allSatisfy(\.isWhitespace) })
        else {
            throw .refused(
                Refusal(
                    "quality.assessment", because: "le programme, la campagne ou l'échantillon n'a pas de nom",
                    remedy: "les nommer comme l'organisateur"))
        }
        let now = now()
        guard result.measuredAt <= now, now.advanced(by: .zero - Desk.assessmentWindow) <= result.measuredAt else {
            throw .refused(
                Refusal(
                    "quality.moment", at: "at",
                    because: now < result.measuredAt
                        ? "cette mesure est dans le futur" : "cette mesure date de plus de deux ans",
                    remedy: "corriger l'heure"))
        }
        if let sd = result.sd, !(sd > Exact(0)) {
            throw .refused(
                Refusal(
                    "quality.assessment", at: "sd", because: "un écart-type de groupe nul ou négatif",
                    remedy: "relire le retour de l'organisateur, ou ne pas le donner"))
        }
        let earlier = try await entries(
            .externalAssessment, result.sampleName, author.site, AssessmentResult.self
        ).last?.value
        if let earlier, earlier != result, !result.completes(earlier), reason.allSatisfy(\.isWhitespace) {
            throw .refused(
                Refusal(
                    "quality.assessment.changed", at: result.sampleName,
                    because: "ce résultat est déjà inscrit : \(earlier.value.frenchText) "
                        + "(\(earlier.conclusion.rawValue))",
                    remedy: "le corriger avec un motif (--reason) : les deux restent au registre"))
        }
        try await enter(
            .externalAssessment, result.sampleName, Decided(result, reason), "quality.assessment", author)
    }

    /// What each corrected result was before, and why it was corrected, oldest first; by `sampleName`.
    package func correctedAssessments(site: String) async throws(CommandFailure) -> [String: [String]] {
        var last = [String: AssessmentResult](), told = [String: [String]]()
        for entry in try await allEntries(.externalAssessment, site, AssessmentResult.self) {
            let name = entry.value.sampleName
            if let earlier = last[name], earlier != entry.value, !entry.value.completes(earlier) {
                told[name, default: []].append(
                    "\(earlier.value.frenchText) (\(earlier.conclusion.rawValue)) : \(entry.reason)")
            }
            last[name] = entry.value
        }
        return told
    }

    /// The latest entry of each sample; earlier ones stay in the register.
    package func assessments(site: String) async throws(CommandFailure) -> AssessmentRegister {
        var results = [AssessmentResult]()
        for entry in try await latestEntries(.externalAssessment, site: site).values {
            results.append(
                try RegisterText.decode(Array(entry.body.utf8), as: Decided<AssessmentResult>.self).value)
        }
        return AssessmentRegister(results)
    }
}
