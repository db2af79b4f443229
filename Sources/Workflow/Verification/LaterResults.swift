import Base
package import Laboratory
import Rules
package import Store

// Delta, wrong blood and the first positive look at what was validated before (RULES section 3, step 1). Whoever
// validates, rejects or takes back a result, or corrects when it was taken, changes what came before the results of the
// same person that are open: they are judged again in the same transaction. What is signed is not: its past is that of
// its signature, as a control of today is not the control of its day.

/// What is about to be written, as far as the past of a person will be read otherwise then.
struct ComingPast: Sendable {
    /// Results that become validated, or stop being so.
    private var states: [String: (observation: Observation, isValidated: Bool)] = [:]
    private(set) var events: [ObservationEvent] = []
    /// Those of which it is said otherwise when they were taken.
    var specimens: [String: Specimen] = [:]
    /// Requests whose report is taken back, by id.
    var withdrawn: Set<String> = []

    /// Takes the events of a transaction in that concern results of one request. Answers the analyses of which another
    /// result is validated, or none.
    mutating func take(
        _ facts: [Fact], of observations: [Observation], after earlier: [ObservationEvent]
    ) -> Set<String> {
        let before = Chosen.lastEvents(earlier)
        var last: [String: ObservationEvent] = [:]
        for case .observationEvent(let event) in facts {
            if last[event.observationID].map({ $0.ordinal < event.ordinal }) ?? true {
                last[event.observationID] = event
            }
            events.append(event)
        }
        var codes: Set<String> = []
        for observation in observations {
            guard let event = last[observation.id] else { continue }
            let isValidated = event.kind == .technicallyValidated
            guard isValidated != (before[observation.id]?.kind == .technicallyValidated) else { continue }
            states[observation.id] = (observation, isValidated)
            codes.insert(observation.analysis)
        }
        return codes
    }

    /// The validated results of a person, by analysis, newest first, as they will be read.
    func change(_ read: inout [String: [Observation]], _ codes: some Sequence<String>) {
        for code in codes {
            let changed = states.filter { $0.value.observation.analysis == code }
            if changed.isEmpty { continue }
            var all = (read[code] ?? []).filter { changed[$0.id] == nil }
            all += changed.values.filter(\.isValidated).map(\.observation)
            read[code] = all.sorted { ($1.observedAt, $1.run, $1.id) < ($0.observedAt, $0.run, $0.id) }
        }
    }

    /// The file with what is about to be written of it.
    func apply(to file: inout OpenFile) {
        let own = Set(file.observations.map(\.id))
        let coming = events.filter { own.contains($0.observationID) }
        for place in file.specimens.indices {
            if let changed = specimens[file.specimens[place].accession] { file.specimens[place] = changed }
        }
        if coming.isEmpty { return }
        file.events += coming
        file.standing = Chosen.observations(file.observations, events: file.events)
    }
}

extension Judgement {
    /// Tubes that are held whole, by what stands or stood in their collection: nothing tells what of it still does
    /// before all of it is judged again.
    var heldTubes: [String] {
        let whole = Set(engine.pack.coherence.filter(\.wholeTube).map(\.reference))
        return openTubes { judged in
            judged.checks.contains { $0.holds && ($0.check == .wrongBlood || whole.contains($0.rule)) }
        }
    }
    /// Those that are the cause of it, judged before those that are only held with them.
    var tubesThatJump: [String] { openTubes { $0.jumps } }

    private func openTubes(where met: (ResultEvaluation) -> Bool) -> [String] {
        let open = file.standing.values.filter { one in
            (reopenable[one.id] ?? false) && (records[one.id].map { met($0.judged.result) } ?? false)
        }
        return Set(open.map(\.accession)).sorted()
    }
}

extension OpenFile {
    fileprivate var collectedFirst: Instant { specimens.compactMap(\.collectedAt).min() ?? request.registeredAt }

    /// When a result was taken, as far as one knows: what came before it came before that.
    func taken(_ observation: Observation) -> Instant {
        facts(of: observation.accession, analyses: [observation.analysis]).collectedAt ?? observation.observedAt
    }
}

extension Desk {
    /// What stands in a file and may be judged again takes the past of now; `codes` nil: all of it. `reread` of the
    /// judgement tells for which analyses that is another past.
    func reread(
        _ judgement: inout Judgement, _ codes: Set<String>?, _ coming: ComingPast
    ) async throws(CommandFailure) {
        let file = judgement.file
        var coming = coming
        for specimen in file.specimens { coming.specimens[specimen.accession] = specimen }
        let open = file.standing.values.filter { one in
            (codes?.contains(one.analysis) ?? true) && (judgement.reopenable[one.id] ?? false)
                && !judgement.signed.contains(one.id)
        }
        var arrivals = [Arrival]()
        for observation in open {
            guard let facts = judgement.records[observation.id]?.judged.facts else { continue }
            arrivals.append(Arrival(observation: observation, facts: facts))
        }
        if arrivals.isEmpty { return }
        let past = try await past(of: arrivals, in: judgement, after: coming)
        for arrival in arrivals {
            let (id, code) = (arrival.observation.id, arrival.observation.analysis)
            let taken = file.taken(arrival.observation)
            let now = (past[code]?.priors ?? []).filter { $0.at < taken }
            let before = arrival.facts.history.filter { $0.at < taken }
            if Set(now) == Set(before) { continue }
            judgement.records[id]?.judged.facts.history = now
            judgement.reread.insert(code)
        }
    }

    /// These facts of one request, with what follows of them for the results of the same person that are open: no
    /// question to the store where nothing that was validated changes, one where the person has no other open request.
    /// `events`: those before; `moved`: a specimen of which it is said otherwise when it was taken.
    func withLater(
        _ facts: [Fact], of request: Request, _ observations: [Observation], after events: [ObservationEvent],
        moved: Specimen? = nil
    ) async throws(CommandFailure) -> [Fact] {
        var coming = ComingPast()
        var codes = coming.take(facts, of: observations, after: events)
        if let moved {
            coming.specimens[moved.accession] = moved
            codes.formUnion(validated(observations, events).filter { $0.accession == moved.accession }.map(\.analysis))
        }
        // A new tube of the same request compares with the one before, too.
        let isJudged = facts.contains { if case .evaluation = $0 { true } else { false } }
        let tubes = Dictionary(grouping: observations.filter { codes.contains($0.analysis) }, by: \.analysis)
        let hasOther = tubes.values.contains { Set($0.map(\.accession)).count > 1 }
        return facts + (try await later(codes, than: request, coming, evenThere: hasOther && !isJudged))
    }

    /// What follows for the other requests of the person when the report of one is taken back.
    package func laterThanWithdrawn(_ request: Request) async throws(CommandFailure) -> [Fact] {
        let (_, observations, events) = try await file(of: request.id)
        var coming = ComingPast()
        coming.withdrawn = [request.id]
        return try await later(Set(validated(observations, events).map(\.analysis)), than: request, coming)
    }

    private func validated(_ observations: [Observation], _ events: [ObservationEvent]) -> [Observation] {
        let last = Chosen.lastEvents(events)
        return observations.filter { last[$0.id]?.kind == .technicallyValidated }
    }

    private func later(
        _ changed: Set<String>, than request: Request, _ past: ComingPast, evenThere: Bool = false
    ) async throws(CommandFailure) -> [Fact] {
        var (codes, coming) = (changed, past)
        var done: Set<String> = evenThere ? [] : [request.id]
        var waiting = try await openFiles(of: request.patientID, codes, without: done)
        var made = [Fact]()
        // The earliest first: where its own validation falls, those after it are judged without it.
        while let next = waiting.values.min(by: {
            ($0.collectedFirst, $0.request.id) < ($1.collectedFirst, $1.request.id)
        }) {
            waiting[next.request.id] = nil
            done.insert(next.request.id)
            var file = next
            coming.apply(to: &file)
            let facts = try await judge(file, rereading: (codes, coming))
            made += facts
            let more = coming.take(facts, of: file.observations, after: file.events).subtracting(codes)
            if more.isEmpty { continue }
            codes.formUnion(more)
            waiting.merge(try await openFiles(of: request.patientID, more, without: done)) { old, _ in old }
        }
        return made
    }

    /// Requests of a person with a result of one of these analyses that no signature holds.
    func openFiles(
        of patientID: String, _ codes: Set<String>, without done: Set<String>
    ) async throws(CommandFailure) -> [String: OpenFile] {
        let wanted = codes.filter { shelf.engine.historyDepth($0) > 0 }.sorted()
        if wanted.isEmpty { return [:] }
        let ids = try await ask { () throws(StoreFailure) in
            try await store.requests(withUnsignedResultsOf: patientID, analyses: wanted)
        }
        var files = [String: OpenFile]()
        for id in ids where !done.contains(id) { files[id] = try await open(try await request(id)) }
        return files
    }
}
