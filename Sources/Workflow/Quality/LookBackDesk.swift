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
        guard result.measuredAt <= now() else {
            throw .refused(
                Refusal("quality.moment", because: "cette mesure est dans le futur", remedy: "corriger l'heure"))
        }
        let subject = [result.programme, result.round, result.sample, result.assay.description].joined(separator: "|")
        try await enter(.externalAssessment, subject, Decided(result, reason), "quality.assessment", author)
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
