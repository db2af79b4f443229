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
    /// Last entry of the register `supplement` in `content`; nil for none.
    package var supplementsThrough: Int?
    /// What the register says beside the results changed since the last signature.
    package var hasFreshSupplements: Bool
    /// There is something that no signature holds.
    package var isFresh: Bool {
        !fresh.isEmpty || ((hasFreshSupplements || isWholeNow) && !content.observations.isEmpty)
    }
    /// Its last signature is of a part, and the rest was taken off the request: as it is, it is whole, and readers who
    /// were told to wait are told so.
    package var isWholeNow: Bool {
        guard let earlier, !earlier.signature.complete else { return false }
        return missing.isEmpty && fresh.isEmpty
    }
    package var earlier: Earlier?
    /// Observations of the last signature that `content` no longer holds: another one stands, or none.
    package var replaced: [Observation]
    /// What the register says, and what the biologist does: `content` holds both.
    package let registered: ReportSupplements
    /// … what it said to the last signature.
    package let atSignature: ReportSupplements
    /// Validated results that wait for another signature, on purpose.
    package var left: [Observation]
    package var words: ReportSupplements { didSet { content.supplements = words + registered } }

    /// Pure: built from what the store knows of the request. `except`: analyses left for another signature.
    package init(
        patient: Patient, request: Request, specimens: [Specimen], observations: [Observation],
        events: [ObservationEvent], signatures: [Signature], supplements: RegisteredSupplements = .none,
        except: Set<String> = []
    ) {
        let newest = signatures.max { $0.version < $1.version }
        supplementsThrough = supplements.through
        // What was attached and taken away again changes nothing.
        hasFreshSupplements =
            newest == nil ? !supplements.now.isEmpty : supplements.now != supplements.atSignature
        registered = supplements.now
        atSignature = supplements.atSignature
        words = newest?.words.map(\.carried) ?? ReportSupplements()
        let last = Chosen.lastEvents(events)
        let chosen = Chosen.observations(observations, events: events)
        let validated = chosen.values.filter { last[$0.id]?.kind == .technicallyValidated }
        let ready = validated.filter { !except.contains($0.analysis) }
        left = validated.filter { except.contains($0.analysis) }.sorted { $0.id < $1.id }
        let signed = Set(signatures.flatMap(\.observationIDs))
        content = SignedContent(
            patient: patient, request: request,
            specimens: SignableFile.specimens(specimens, of: ready),
            observations: ready.sorted { $0.id < $1.id }, supplements: words + registered)
        let readyCodes = Set(ready.map(\.analysis))
        missing = request.lines.map(\.analysis).filter { !readyCodes.contains($0) }
        fresh = content.observations.map(\.id).filter { !signed.contains($0) }
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
                observations: then, supplements: (newest.words ?? ReportSupplements()) + supplements.atSignature))
        let kept = Set(ready.map(\.id))
        replaced = then.filter { !kept.contains($0.id) }
    }

    /// The specimens that these observations were made on: a tube received later does not change what was signed.
    package static func specimens(_ all: [Specimen], of observations: [Observation]) -> [Specimen] {
        let used = Set(observations.map(\.accession))
        return all.filter { used.contains($0.accession) }.sorted { $0.accession < $1.accession }
    }
}

/// What the register `supplement` says of a request.
package struct RegisteredSupplements: Sendable, Hashable {
    package var now: ReportSupplements
    /// Its last entry; nil: there is none.
    package var through: Int?
    /// What it said to the last signature.
    package var atSignature: ReportSupplements
    package init(now: ReportSupplements, through: Int?, atSignature: ReportSupplements) {
        self.now = now
        self.through = through
        self.atSignature = atSignature
    }
    package static let none = RegisteredSupplements(
        now: ReportSupplements(), through: nil, atSignature: ReportSupplements())
}

extension ReportSupplements {
    package static func + (a: ReportSupplements, b: ReportSupplements) -> ReportSupplements {
        var both = a
        both.add(b)
        return both
    }
    /// What a biologist wrote stays in the next version, but for the reason why that one came and what was said of its
    /// release.
    package var carried: ReportSupplements {
        var words = self
        words.conclusions.removeAll { [Amendment.title, Signature.standingTitle].contains($0.title) }
        return words
    }
}
