package import Base
import Catalog
import Drivers
import Laboratory
import Store
package import Workflow

/// What somebody says of an instrument's code that its driver does not know.
package struct CodeMapping: Sendable, Hashable {
    package var analysis: String
    /// UCUM unit of the value once multiplied by `factor`; nil leaves units to the driver.
    package var unit: String?
    /// Decimal number; nil is 1.
    package var factor: String?
    package init(analysis: String, unit: String? = nil, factor: String? = nil) {
        self.analysis = analysis
        self.unit = unit
        self.factor = factor
    }
}

/// What a mapping brought at once: the messages that waited for it, read again.
package struct MappingOutcome: Sendable, Hashable {
    package var analyzer: String
    package var code: String
    package var analysis: String
    package var messages = 0
    package var observations = 0
    package var controls = 0
    /// Entries of those messages that wait on, for another reason.
    package var waiting = 0
    /// Messages that could not be read again, and why.
    package var refused: [Refusal] = []
}

extension AnalyzerFleet {
    /// What this laboratory added to its drivers.
    package var settings: LocalSettings { notes.settings }

    /// Gives the code of a triage entry a meaning on its analyzer from now on, and takes every result that waited for
    /// it, each once. Attested, then on disk, then in force: a crash between leaves a line of the trail and no more.
    package func map(
        _ triageID: String, to mapping: CodeMapping, reason: String, by author: Author
    ) async throws(CommandFailure) -> MappingOutcome {
        let entry = try await desk.openTriage(triageID, author)
        guard let incoming = entry.incoming, !incoming.instrumentCode.isEmpty else {
            throw .refused(
                Refusal(
                    "triage.whole", at: triageID, because: "cette entrée n'est pas un résultat avec un code",
                    remedy: "la montrer (triage show), corriger le pilote, puis rejouer le message"))
        }
        let member = try member(entry.analyzer, author)
        try check(mapping, incoming, member)
        let code = incoming.instrumentCode
        var words = "\(entry.analyzer) « \(code) » → \(mapping.analysis)"
        if let unit = mapping.unit { words += ", \(incoming.rawUnit) × \(mapping.factor ?? "1") → \(unit)" }
        try await desk.attestMapping(words, reason: reason, by: author)
        let made = LocalSettings.Mapping(
            code: code, analysis: mapping.analysis, sentUnit: mapping.unit == nil ? nil : incoming.rawUnit,
            unit: mapping.unit, factor: mapping.factor, author: author.login, reason: reason,
            at: desk.now().iso8601(in: .utc))
        try note { () throws(Refusal) in
            try notes.change(entry.analyzer) { local in
                local.mappings.removeAll { $0.code == code && $0.sentUnit == made.sentUnit }
                local.mappings.append(made)
            }
        }
        member.pump.use(notes.settings.completed(member.given.driver, of: entry.analyzer))
        log("automate \(entry.analyzer) : code « \(code) » rattaché à \(mapping.analysis) par \(author.login)")
        return try await takeWaiting(entry.analyzer, code, mapping.analysis, reason, author)
    }

    /// Mappings of another laboratory: those of an analyzer of this one, of a code that neither its driver nor anybody
    /// here gave a meaning, towards an analysis of the catalogue and in a unit of it. Attested each. Who may publish
    /// the catalogue takes them over with it: an administrator does in a new laboratory.
    package func take(
        _ mappings: [(analyzer: String, mapping: LocalSettings.Mapping)], by author: Author
    ) async throws(CommandFailure) -> Int {
        guard author.role.permissions.contains(.publishCatalogue) else { return 0 }
        var taken = 0
        for (name, made) in mappings {
            guard let member = try? member(name, author), let analysis = desk.catalogue[made.analysis],
                member.given.driver.description.codes[made.code] == nil, !made.code.isEmpty,
                made.unit.map({ $0 == analysis.unit || $0 == analysis.alternative?.unit }) ?? true,
                made.factor.map({ Exact($0) != nil && made.unit != nil }) ?? true,
                !(notes.settings.analyzers[name]?.mappings ?? []).contains(where: {
                    $0.code == made.code && $0.sentUnit == made.sentUnit
                })
            else { continue }
            let words = "\(name) « \(made.code) » → \(made.analysis), repris de \(made.author)"
            try await desk.attestMapping(words, reason: made.reason, by: author, isTakenOver: true)
            try note { () throws(Refusal) in try notes.change(name) { $0.mappings.append(made) } }
            member.pump.use(notes.settings.completed(member.given.driver, of: name))
            log("automate \(name) : code « \(made.code) » rattaché à \(made.analysis), repris d'une importation")
            taken += 1
        }
        return taken
    }

    private func takeWaiting(
        _ analyzer: String, _ code: String, _ analysis: String, _ reason: String, _ author: Author
    ) async throws(CommandFailure) -> MappingOutcome {
        var outcome = MappingOutcome(analyzer: analyzer, code: code, analysis: analysis)
        for messageID in try await desk.messagesWaiting(analyzer: analyzer, code: code) {
            do throws(CommandFailure) {
                let replayed = try await replay(messageID, reason: reason, by: author)
                outcome.messages += 1
                outcome.observations += replayed.observations
                outcome.controls += replayed.controls
                outcome.waiting += replayed.waiting
            } catch {
                // One message that stays unreadable keeps nobody's result waiting.
                guard case .refused(let refusal) = error else { throw error }
                outcome.refused.append(refusal)
            }
        }
        return outcome
    }

    private func check(
        _ mapping: CodeMapping, _ incoming: IncomingObservation, _ member: Member
    ) throws(CommandFailure) {
        if let known = member.given.driver.description.codes[incoming.instrumentCode] {
            throw .refused(
                Refusal(
                    "map.known", at: incoming.instrumentCode,
                    because: "le pilote \(member.given.driver.name) rattache déjà ce code à \(known.analysis)",
                    remedy: "rejouer le message (analyzer replay), ou corriger le pilote"))
        }
        guard let analysis = desk.catalogue[mapping.analysis] else {
            throw .refused(
                Refusal(
                    "map.analysis", at: mapping.analysis, because: "aucune analyse de ce code au catalogue",
                    remedy: "choisir un code du catalogue (catalogue list)"))
        }
        if let factor = mapping.factor, Exact(factor) == nil || mapping.unit == nil {
            throw .refused(
                Refusal(
                    "map.factor", at: factor, because: "un facteur est un nombre décimal, avec l'unité qu'il donne",
                    remedy: "écrire par exemple --unit g/L --factor 0.001"))
        }
        guard let unit = mapping.unit else { return }
        // The catalogue takes its own unit and the alternative, no other (Assessor).
        let taken = [analysis.unit] + (analysis.alternative.map { [$0.unit] } ?? [])
        guard taken.contains(unit) else {
            throw .refused(
                Refusal(
                    "map.unit", at: unit, because: "\(analysis.code) s'exprime en \(taken.joined(separator: " ou "))",
                    remedy: "donner cette unité, et le facteur qui y mène (--factor)"))
        }
    }
}
