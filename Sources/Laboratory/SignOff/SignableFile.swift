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
    package var content: SignedContent
    /// Analyses of the request without a technically validated observation.
    package var missing: [String]
    /// Observations in `content` that no earlier signature holds.
    package var fresh: [String]
    /// Version that a signature would have.
    package var nextVersion: Int
    /// Last entry of the register `supplement` in `content`; nil for none.
    package var supplementsThrough: Int?
    /// What is said beside the results changed since the last signature.
    package var hasFreshSupplements: Bool
    /// There is something that no signature holds.
    package var isFresh: Bool { !fresh.isEmpty || (hasFreshSupplements && !content.observations.isEmpty) }

    /// Pure: built from what the store knows of the request.
    package init(
        patient: Patient, request: Request, specimens: [Specimen], observations: [Observation],
        events: [ObservationEvent], signatures: [Signature], supplements: ReportSupplements = ReportSupplements(),
        supplementsThrough: Int? = nil
    ) {
        self.supplementsThrough = supplementsThrough
        hasFreshSupplements = signatures.max { $0.version < $1.version }?.supplementsThrough != supplementsThrough
        let last = Chosen.lastEvents(events)
        let chosen = Chosen.observations(observations, events: events)
        let ready = chosen.values.filter { last[$0.id]?.kind == .technicallyValidated }
        let signed = Set(signatures.flatMap(\.observationIDs))
        content = SignedContent(
            patient: patient, request: request,
            specimens: SignableFile.specimens(specimens, of: ready),
            observations: ready.sorted { $0.id < $1.id }, supplements: supplements)
        let readyCodes = Set(ready.map(\.analysis))
        missing = request.lines.map(\.analysis).filter { !readyCodes.contains($0) }
        fresh = content.observations.map(\.id).filter { !signed.contains($0) }
        nextVersion = (signatures.map(\.version).max() ?? 0) + 1
    }

    /// The specimens that these observations were made on: a tube received later does not change what was signed.
    package static func specimens(_ all: [Specimen], of observations: [Observation]) -> [Specimen] {
        let used = Set(observations.map(\.accession))
        return all.filter { used.contains($0.accession) }.sorted { $0.accession < $1.accession }
    }
}
