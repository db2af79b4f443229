/// Which observation stands for each analysis of a request: the highest run whose last event is not a rejection.
package enum Chosen {
    /// Last event of each observation.
    package static func lastEvents(_ events: [ObservationEvent]) -> [String: ObservationEvent] {
        var last = [String: ObservationEvent]()
        for event in events where (last[event.observationID]?.ordinal ?? 0) < event.ordinal {
            last[event.observationID] = event
        }
        return last
    }

    /// One observation an analysis, rejected ones left out.
    package static func observations(_ all: [Observation], events: [ObservationEvent]) -> [String: Observation] {
        let last = lastEvents(events)
        var chosen = [String: Observation]()
        for observation in all where last[observation.id]?.kind != .rejected {
            if let other = chosen[observation.analysis], other.run > observation.run { continue }
            chosen[observation.analysis] = observation
        }
        return chosen
    }
}

/// What a biologist is about to sign: the technically validated observations of a request, and what is still missing.
package struct SignableFile: Sendable, Hashable {
    /// What the last signature held, as it would be said now: another hash than the one signed means that somebody
    /// changed a name, a tube…
    package struct Earlier: Sendable, Hashable {
        package var signature: Signature
        package var content: SignedContent
    }
    package var content: SignedContent
    /// Analyses of the request without a technically validated observation.
    package var missing: [String]
    /// Observations in `content` that no earlier signature holds.
    package var fresh: [String]
    /// Version that a signature would have.
    package var nextVersion: Int
    package var earlier: Earlier?
    /// Observations of the last signature that `content` no longer holds: another one stands, or none.
    package var replaced: [Observation]

    /// Pure: built from what the store knows of the request. `except`: analyses left for another signature.
    package init(
        patient: Patient, request: Request, specimens: [Specimen], observations: [Observation],
        events: [ObservationEvent], signatures: [Signature], except: Set<String> = []
    ) {
        let last = Chosen.lastEvents(events)
        let chosen = Chosen.observations(observations, events: events)
        let ready = chosen.values.filter {
            last[$0.id]?.kind == .technicallyValidated && !except.contains($0.analysis)
        }
        let signed = Set(signatures.flatMap(\.observationIDs))
        content = SignedContent(
            patient: patient, request: request,
            specimens: SignableFile.specimens(specimens, of: ready),
            observations: ready.sorted { $0.id < $1.id })
        let readyCodes = Set(ready.map(\.analysis))
        missing = request.lines.map(\.analysis).filter { !readyCodes.contains($0) }
        fresh = content.observations.map(\.id).filter { !signed.contains($0) }
        let newest = signatures.max { $0.version < $1.version }
        nextVersion = (newest?.version ?? 0) + 1
        guard let newest else {
            replaced = []
            return
        }
        let held = Set(newest.observationIDs)
        let then = observations.filter { held.contains($0.id) }.sorted { $0.id < $1.id }
        earlier = Earlier(
            signature: newest,
            content: SignedContent(
                patient: patient, request: request, specimens: SignableFile.specimens(specimens, of: then),
                observations: then, supplements: newest.supplements ?? ReportSupplements()))
        let kept = Set(ready.map(\.id))
        replaced = then.filter { !kept.contains($0.id) }
        content.supplements = carried
    }

    /// What the last version said beside its results stays, but for the reason why it came.
    package var carried: ReportSupplements {
        var supplements = earlier?.content.supplements ?? ReportSupplements()
        supplements.conclusions.removeAll { $0.title == Amendment.title }
        return supplements
    }

    /// The specimens that these observations were made on: a tube received later does not change what was signed.
    package static func specimens(_ all: [Specimen], of observations: [Observation]) -> [Specimen] {
        let used = Set(observations.map(\.accession))
        return all.filter { used.contains($0.accession) }.sorted { $0.accession < $1.accession }
    }
}
