package import Base
import Catalog
package import Laboratory
package import Quality
import Rules
import Store

/// Look-back after a rejection, external assessment, and controls typed by hand.
extension Desk {
    /// The suspect periods of an assay, each with the results measured in it, what was calculated from them and what
    /// was decided, latest first. Of a calculated analysis: those of what it is calculated from, its own results only.
    package func lookBacks(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> [LookBack] {
        guard catalogue[assay.analysis]?.nature == .calculated else { return try await ownLookBacks(assay, site: site) }
        var out = [LookBack]()
        for code in shelf.engine.measuredInputs(of: assay.analysis).sorted() {
            let input = ControlledAssay(analysis: code, analyzer: assay.analyzer)
            for lookBack in try await ownLookBacks(input, site: site) {
                var own = Set<String>()
                for entry in lookBack.entries where entry.result.source != nil {
                    let id = entry.result.id
                    let found = try await ask { () throws(StoreFailure) in try await store.observation(id) }
                    if found?.analysis == assay.analysis { own.insert(id) }
                }
                if !own.isEmpty { out.append(lookBack.only(own)) }
            }
        }
        return out
    }

    private func ownLookBacks(
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
        try await settle(out, of: assay, site: site)
        return out
    }

    /// Confirm, rerun or amend one result of a suspect period. To rerun sets the value aside.
    package func decideLookBack(
        _ choice: LookBackDecision.Choice, result: String, run: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> LookBackDecision {
        try allow(author, .validateTechnically)
        let found = try await ask { () throws(StoreFailure) in try await store.observation(result) }
        guard let observation = found, observation.site == author.site else {
            throw missing("observation.unknown", "résultat", result)
        }
        guard let analyzer = observation.controlledOn else {
            guard let calculation = observation.origin.calculation else {
                throw missing("observation.unknown", "résultat", result)
            }
            throw .refused(
                Refusal(
                    "quality.lookback.calculated", at: observation.analysis,
                    because: "ce résultat est calculé (\(calculation)) : il suit ce dont il est calculé",
                    remedy: "décider de celui qui a été mesuré (paillasse qc lookback)"))
        }
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
            let following = lookBack.entries.filter { $0.result.source == result && $0.result.releasedAt != nil }
            return try await taskFacts(
                decision, on: observation, analyzer: analyzer, with: following.map(\.result.id), by: author)
        }
        return decision
    }

    /// Results of an assay measured in [`from`, `to`] and what was calculated from them, with their release.
    private func measured(
        _ assay: ControlledAssay, site: String, from: Instant, to: Instant
    ) async throws(CommandFailure) -> [MeasuredResult] {
        let found = try await ask { () throws(StoreFailure) in
            try await store.observations(analyzer: assay.analyzer, analysis: assay.analysis, from: from, through: to)
        }
        let dependents = shelf.pack.dependents(of: [assay.analysis])
        var releases = [String: [Signature]](), files = [String: [Observation]]()
        var out = [MeasuredResult]()
        for observation in found where observation.site == site {
            let request = observation.requestID
            if releases[request] == nil {
                releases[request] = try await ask { () throws(StoreFailure) in
                    try await store.signatures(requestID: request)
                }
                if !dependents.isEmpty {
                    files[request] = try await ask { () throws(StoreFailure) in
                        try await store.observations(requestID: request)
                    }
                }
            }
            func releasedAt(_ id: String) -> Instant? {
                releases[request]?.first { $0.observationIDs.contains(id) }?.at
            }
            let made = MeasuredResult(
                id: observation.id, assay: assay, measuredAt: observation.observedAt,
                releasedAt: releasedAt(observation.id))
            out.append(made)
            for other in calculated(from: observation, dependents, files[request] ?? []) {
                var follower = made
                follower.id = other.id
                follower.source = observation.id
                follower.releasedAt = releasedAt(other.id)
                out.append(follower)
            }
        }
        return out
    }

    /// What was calculated while this run was the last of its analysis.
    private func calculated(
        from observation: Observation, _ dependents: Set<String>, _ file: [Observation]
    ) -> [Observation] {
        let runs = file.filter { $0.analysis == observation.analysis }
        return file.filter { other in
            guard other.origin.calculation != nil, dependents.contains(other.analysis) else { return false }
            return runs.filter { $0.recordedAt <= other.recordedAt }.max { $0.run < $1.run }?.id == observation.id
        }
    }

    /// A control that no analyzer sends: typed, with who typed it.
    package func enterControl(
        _ text: String, of assay: ControlledAssay, material: String, at: Instant, by author: Author
    ) async throws(CommandFailure) -> ControlObservation {
        try allow(author, .enterResult)
        try checkMoment(at)
        let value = try decide { () throws(Refusal) in
            try EnteredValue.control(text, for: try catalogue.required(assay.analysis))
        }
        try await checkMaterial(material, of: assay, site: author.site)
        let id = freshID()
        let control = ControlObservation(
            id: id, site: author.site, analyzer: assay.analyzer, messageID: ControlObservation.typedMessage(id),
            ordinal: 0,
            material: material, instrumentCode: assay.analysis, analysis: assay.analysis,
            value: value, rawText: text, observedAt: at, recordedAt: now())
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
        if let sd = result.sd, sd <= Exact(0) {
            throw .refused(
                Refusal(
                    "quality.assessment.sd", at: sd.text, because: "l'écart-type du groupe n'est pas positif",
                    remedy: "donner celui de l'organisateur, ou aucun"))
        }
        let subject = result.sampleName
        // What was sent, and what the organiser answered, is replaced for a reason only.
        let before = try await entries(.externalAssessment, subject, author.site, AssessmentResult.self).last
        if let before, result.corrects(before.value) {
            guard reason.saysSomething else {
                throw .refused(
                    Refusal(
                        "quality.assessment.reason", at: result.sample,
                        because: "\(before.value.words) est déjà inscrit pour cet échantillon",
                        remedy: "dire pourquoi cela change (--reason) : le registre garde les deux"))
            }
        }
        try await enter(.externalAssessment, subject, Decided(result, reason), "quality.assessment", author)
    }

    /// The latest entry of each sample.
    package func assessments(site: String) async throws(CommandFailure) -> AssessmentRegister {
        AssessmentRegister(try await assessmentHistory(site: site).compactMap(\.last?.result))
    }

    /// Every entry of each sample, the first first; samples in the order of the register.
    package func assessmentHistory(site: String) async throws(CommandFailure) -> [[AssessmentEntry]] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.externalAssessment, site: site, limit: Desk.most)
        }
        var history = [String: [AssessmentEntry]]()
        for entry in entries.sorted(by: { $0.ordinal < $1.ordinal }) {
            let body = try RegisterText.decode(Array(entry.body.utf8), as: Decided<AssessmentResult>.self)
            history[entry.subject, default: []].append(
                AssessmentEntry(result: body.value, reason: body.reason, author: entry.author, at: entry.at))
        }
        return history.values.sorted { a, b in
            guard let a = a.last?.result, let b = b.last?.result else { return false }
            return (a.measuredAt, a.round, a.sample, a.programme, a.assay.description)
                < (b.measuredAt, b.round, b.sample, b.programme, b.assay.description)
        }
    }
}

/// One entry of the register of external assessment.
package struct AssessmentEntry: Sendable, Hashable {
    package var result: AssessmentResult
    package var reason: String
    package var author: String
    package var at: Instant
}
