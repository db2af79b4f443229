import Base
import Catalog
import Laboratory
import Quality
import Rules
import Store

// When results come, change or go, what they touch in their file is judged by the ordered checks of `Rules`, and the
// judgement is kept beside them in the same transaction (RULES sections 1.2 and 1.3).
extension Desk {
    /// The file of a request, read whole.
    func open(_ request: Request) async throws(CommandFailure) -> OpenFile {
        let (_, observations, events) = try await file(of: request.id)
        return try await open(request, observations, events)
    }

    func open(
        _ request: Request, _ observations: [Observation], _ events: [ObservationEvent]
    ) async throws(CommandFailure) -> OpenFile {
        let specimens = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        return OpenFile(
            request: request, patient: try await patient(request.patientID), specimens: specimens,
            observations: observations, events: events, serum: try await toldIndices(of: request))
    }

    /// The facts of everything that arrived.
    func judge(_ files: OpenFiles) async throws(CommandFailure) -> [Fact] {
        var facts = [Fact]()
        for file in files.all {
            facts += try await withLater(
                try await judge(file), of: file.request, file.observations, after: file.events)
        }
        return facts
    }

    /// The facts of what arrived in one file: the results, what is calculated of them, how all of it was judged, and
    /// the calls that it opens. `changed`: analyses whose standing value is another one than before, without an
    /// arrival. `whole`: all of it is judged again, whether concerned or not. `evenSigned`: whom or when it was taken
    /// from is told otherwise, so that what is signed is judged again too, and amended by a person. `rereading`:
    /// analyses of which something else was validated before, with what is about to be written of it; nothing is
    /// judged where that says the same.
    func judge(
        _ file: OpenFile, changed: Set<String> = [], whole: Bool = false, evenSigned: Bool = false,
        rereading: (codes: Set<String>, coming: ComingPast)? = nil
    ) async throws(CommandFailure) -> [Fact] {
        guard !file.arrivals.isEmpty || !changed.isEmpty || !file.freshSerum.isEmpty || rereading != nil else {
            return []
        }
        let zone = sites[file.request.site]?.civilZone ?? .europeParis
        var judgement = Judgement(
            file, engine: shelf.engine.inZone(zone), approvals: shelf.approvals, catalogue: catalogue, at: now())
        judgement.switches = try await enginesOff(site: file.request.site)
        try await recall(&judgement, file, evenSigned: evenSigned)
        if whole || rereading != nil {
            try await reread(&judgement, rereading?.codes, rereading?.coming ?? ComingPast())
            if judgement.reread.isEmpty, rereading != nil { return [] }
        }
        for place in judgement.file.arrivals.indices {
            judgement.file.arrivals[place] = try await completed(judgement.file.arrivals[place], judgement)
        }
        let past = try await past(of: judgement.file.arrivals, in: judgement)
        judgement.remember(past, from: 0)
        judgement.keepFirstOfAgreeing()
        if !judgement.signed.isEmpty, try await withdrawal(of: file.request) == nil { judgement.reopenToldSince() }
        let first = judgement.file.arrivals.count
        judgement.calculate(changed: changed) { freshID() }
        if judgement.file.arrivals.count > first {
            judgement.remember(
                try await self.past(of: Array(judgement.file.arrivals[first...]), in: judgement), from: first)
        }
        try await recallCalls(&judgement, file)
        judgement.run(changed: changed, whole: whole)
        return file.serumFacts(at: judgement.at) + judgement.facts
    }

    /// What stands in the file already, with the judgement of each.
    private func recall(
        _ judgement: inout Judgement, _ file: OpenFile, evenSigned: Bool
    ) async throws(CommandFailure) {
        let arrived = Set(file.arrivals.map(\.observation.id))
        let before = file.arrivals.compactMap(\.before).filter { !arrived.contains($0.id) }
        let old = file.standing.values.filter { !arrived.contains($0.id) } + before
        guard !old.isEmpty else { return }
        let ids = old.map(\.id)
        let records = try await ask { () throws(StoreFailure) in
            try await store.standingEvaluations(of: ids, from: 1)
        }
        let signatures = try await ask { () throws(StoreFailure) in
            try await store.signatures(requestID: file.request.id)
        }
        let signed = Set(signatures.flatMap(\.observationIDs))
        judgement.signed = signed
        if !signed.isEmpty {
            let entries = try await taskEntries(of: file.request.id, site: file.request.site)
            judgement.taskCount = entries.count
            judgement.tasks = Set(entries.map { AmendmentTask.Key($0.task.observationID, $0.task.run) })
        }
        for record in records {
            var judged = try JudgedRecord(record)
            if !signed.contains(record.observationID),
                let observation = old.first(where: { $0.id == record.observationID })
            {
                // What is not given was measured all the same, and may be given again.
                var measured = observation
                measured.value = judged.facts.value ?? observation.value
                judged.facts.control = try await controlFacts(of: measured, at: judgement.at)
                judged.facts.mode = judgement.mode(of: observation.analysis, analyzer: observation.origin.analyzer)
                judged.facts.lineApproved = catalogue[observation.analysis]?.approval == .approved
                // It keeps the method that it was measured by, where somebody had told.
                if judged.facts.method.isEmpty { judged.facts.method = catalogue.method(of: observation)?.name ?? "" }
                judgement.reopenable[record.observationID] = true
            } else if evenSigned {
                // Under the control of its day, and by the catalogue and the rules that it was made with.
                judgement.ofThen[record.observationID] = try await ofThen(judged, site: file.request.site)
                if judgement.ofThen[record.observationID] == nil {
                    judged.facts.lineApproved = catalogue[judged.facts.analysis]?.approval == .approved
                }
                judgement.reopenable[record.observationID] = true
                judgement.signed.insert(record.observationID)
            }
            judgement.records[record.observationID] = (judged, record.ordinal)
        }
    }

    /// What a signed result was judged by, where that is at hand and another catalogue is in force since: it keeps the
    /// version that it was made with (RULES 1.3), so that a correction of one thing corrects nothing else.
    private func ofThen(_ judged: JudgedRecord, site: String) async throws(CommandFailure) -> Judgement.Then? {
        let version = judged.catalogueVersion.text
        guard version != catalogue.version.text, let engine = shelf.engine(version: version),
            engine.pack.version == judged.packVersion
        else { return nil }
        var scene = judged.scene
        if scene == nil {
            let found = try await ask { () throws(StoreFailure) in
                try await store.evaluations(observationID: judged.lead.observation)
            }
            scene = try found.first { $0.ordinal == judged.lead.ordinal }.map { (one) throws(CommandFailure) in
                try JudgedRecord(one)
            }?.scene
        }
        let zone = sites[site]?.civilZone ?? .europeParis
        return scene.map {
            Judgement.Then(engine: engine.inZone(zone), lead: judged.lead, now: $0.now, approvals: $0.approvals)
        }
    }

    /// The calls that are not closed of what was called already, and of earlier runs of what arrived.
    private func recallCalls(_ judgement: inout Judgement, _ file: OpenFile) async throws(CommandFailure) {
        let arrived = Set(judgement.file.arrivals.map(\.observation.id))
        let places = Set(judgement.file.arrivals.map { Judgement.Place($0.observation) })
        for observation in file.observations where !arrived.contains(observation.id) {
            let wasCalled = judgement.records[observation.id]?.judged.isCalled ?? false
            guard wasCalled || places.contains(Judgement.Place(observation)),
                let entry = try await criticalCall(of: observation), entry.call.state != .closed
            else { continue }
            judgement.calls[Judgement.Place(observation)] = entry
        }
    }

    /// What only the desk knows of an arrival: its control, its line of the catalogue, how far the engine may go.
    private func completed(_ arrival: Arrival, _ judgement: Judgement) async throws(CommandFailure) -> Arrival {
        var arrival = arrival
        let code = arrival.observation.analysis
        arrival.facts.control = try await controlFacts(of: arrival.observation, at: judgement.at)
        (arrival.facts.calibrationUntil, arrival.facts.reagentUntil) = try await validities(of: arrival.observation)
        arrival.facts.lineApproved = catalogue[code]?.approval == .approved
        arrival.facts.method = catalogue.method(of: arrival.observation)?.name ?? ""
        arrival.facts.mode = judgement.mode(of: code, analyzer: arrival.observation.origin.analyzer)
        return arrival
    }

    /// Is there a control to ask for? Whatever an analyzer answered, a number, a code or words, and what was typed but
    /// words alone (PAIN 19); not what was calculated, nor what was not performed.
    func isControlled(_ observation: Observation) -> Bool {
        observation.controlledOn != nil && !observation.value.isNotPerformed
    }

    /// The control of quality as the checks take it.
    private func controlFacts(of observation: Observation, at: Instant) async throws(CommandFailure) -> ControlFacts {
        guard isControlled(observation) else { return ControlFacts(.notNeeded) }
        return Desk.controlFacts(try await controlStanding(of: observation, at: at))
    }

    static func controlFacts(_ standing: ControlStanding) -> ControlFacts {
        let state: ControlFacts.State =
            switch standing.hold {
            case .absent: .absent
            case .expired: .expired
            case .rejected: .rejected
            case nil: .conforming
            }
        return ControlFacts(state, standing.because)
    }

    /// More earlier results than this of one analysis are not looked through for one that compares.
    private static let deepestPast = 1000

    /// Earlier results of the person: at most three questions to the store, however many results there are, but where
    /// none of the newest compares: those after the specimen, or of another kind, hide the one before it.
    /// `coming`: as it will be once that is written, and without the calls.
    func past(
        of arrivals: [Arrival], in judgement: Judgement, after coming: ComingPast? = nil
    ) async throws(CommandFailure) -> [String: PastOfAnalysis] {
        var found = [String: [PriorResult]]()
        var critical = [String: [Observation]]()
        var wanted = [String: Int]()
        for code in Set(arrivals.map(\.observation.analysis)) {
            wanted[code] = judgement.engine.historyDepth(code)
            found[code] = []
        }
        while !wanted.isEmpty {
            var deeper = [String: Int]()
            var read = [String: [Observation]]()
            for (depth, codes) in Dictionary(grouping: wanted.keys, by: { wanted[$0] ?? 0 }) where depth > 0 {
                let some = try await ask { () throws(StoreFailure) in
                    try await store.histories(
                        patientID: judgement.file.patient.id, analyses: codes, from: Instant(milliseconds: 0),
                        before: Instant(milliseconds: .max), limit: depth)
                }
                for (code, all) in some where all.count == depth {
                    // Whether it ever was positive is asked of all that there is.
                    if depth <= Desk.deepestPast || judgement.engine.looksForFirst(code) { deeper[code] = depth * 8 }
                }
                read.merge(some) { $1 }
            }
            coming?.change(&read, wanted.keys)
            let own = judgement.file.request.id
            let stands = try await unwithdrawn(requests: Set(read.values.joined().map(\.requestID)).subtracting([own]))
            for code in read.keys {
                read[code]?.removeAll {
                    !stands.contains($0.requestID) || coming?.withdrawn.contains($0.requestID) ?? false
                }
            }
            read = Dictionary(grouping: try await shown(read.values.flatMap(\.self)), by: \.analysis)
            let accessions = Set(read.values.joined().map(\.accession)).filter { !$0.isEmpty }
            let tubes =
                accessions.isEmpty
                ? []
                : try await ask { () throws(StoreFailure) in try await store.specimens(accessions: Array(accessions)) }
            var specimens = Dictionary(tubes.map { ($0.accession, $0) }, uniquingKeysWith: { $1 })
            if let coming { specimens.merge(coming.specimens) { $1 } }
            for (code, all) in read {
                let priors = all.map { prior($0, specimens[$0.accession]) }
                let looksBack = judgement.engine.looksForFirst(code)
                let isAnswered = arrivals.filter { $0.observation.analysis == code }.allSatisfy { arrival in
                    priors.contains { compares($0, with: arrival.observation, in: judgement) }
                }
                if isAnswered, !looksBack || priors.contains(where: \.isPositiveCode) { deeper[code] = nil }
                found[code] = looked(priors, of: code, arrivals, in: judgement)
                critical[code] = all
            }
            wanted = deeper
        }
        var past = [String: PastOfAnalysis]()
        for (code, priors) in found {
            past[code] = PastOfAnalysis(
                priors: priors,
                lastCall: coming == nil ? try await lastCall(code, critical[code] ?? [], judgement) : nil)
        }
        return past
    }

    /// What the checks look at of all that was read: the newest, and of what was read deeper what compares, or what
    /// was ever positive, and no more than that.
    private func looked(
        _ priors: [PriorResult], of code: String, _ arrivals: [Arrival], in judgement: Judgement
    ) -> [PriorResult] {
        let first = judgement.engine.historyDepth(code), older = Array(priors.dropFirst(first))
        let comparing = older.filter { prior in
            arrivals.contains {
                $0.observation.analysis == code && compares(prior, with: $0.observation, in: judgement)
            }
        }
        var beyond = Array(comparing.prefix(first))
        if judgement.engine.looksForFirst(code) {
            beyond += PriorResult.mostPositive(older).filter { !beyond.contains($0) }
        }
        return Array(priors.prefix(first)) + beyond
    }

    /// Was it taken before, in the same kind of tube, and is it compared as this one is (RULES section 3, step 1)?
    private func compares(_ prior: PriorResult, with observation: Observation, in judgement: Judgement) -> Bool {
        let line = catalogue[observation.analysis]
        let specimen = judgement.file.facts(of: observation.accession, analyses: [observation.analysis])
        let (here, there) = (catalogue.method(of: observation)?.family ?? "", prior.family ?? "")
        return prior.at < (specimen.collectedAt ?? observation.observedAt) && prior.specimenKind == specimen.kind
            && prior.comparability == line?.verification.comparability ?? ""
            && (here.isEmpty || there.isEmpty || here == there)
            && (observation.origin.components.map { prior.components ?? $0 == $0 } ?? true)
    }

    private func prior(_ observation: Observation, _ specimen: Specimen?) -> PriorResult {
        // As the catalogue of its day compared it.
        let then = shelf[observation.catalogueVersion] ?? catalogue
        let line = then[observation.analysis]
        return PriorResult(
            value: observation.value, at: specimen?.collectedAt ?? observation.observedAt,
            comparability: line?.verification.comparability ?? "", family: then.method(of: observation)?.family,
            components: observation.origin.components, specimenKind: specimen?.kind ?? line?.specimen ?? "")
    }

    /// The last critical value of this analysis that was told, when it may still be a known state.
    private func lastCall(
        _ code: String, _ before: [Observation], _ judgement: Judgement
    ) async throws(CommandFailure) -> KnownCall? {
        let earliest = judgement.at.advanced(
            by: .zero - .seconds(Int64(judgement.engine.pack.policy.silenceDays + 1) * 86_400))
        // A value that a person rejected is no known state, whoever was told of it.
        let last = Chosen.lastEvents(judgement.file.events)
        let own = judgement.file.observations.filter {
            guard $0.analysis == code else { return false }
            guard let event = last[$0.id] else { return true }
            return event.kind != .rejected || event.isSettingAside
        }
        let critical = (own + before).filter {
            earliest <= $0.recordedAt && ($0.isCritical || $0.mayBeCalled)
        }
        var known: KnownCall?, since: Instant?
        for observation in critical {
            guard let call = try await criticalCall(of: observation)?.call,
                let told = call.told(of: observation.id)?.at,
                case .measured(let value, _)? = call.values.first(where: { $0.observationID == observation.id })?.value,
                known.map({ $0.at < told }) ?? true
            else { continue }
            known = KnownCall(value: value, at: told)
            since = observation.observedAt
        }
        // A value in between that nobody was to be told of ended that state.
        let arrived = Set(judgement.file.arrivals.map(\.observation.id))
        let isOver = (own + before).contains { one in
            guard case .measured = one.value, !arrived.contains(one.id), !one.isCritical, !one.mayBeCalled else {
                return false
            }
            return since.map { $0 < one.observedAt } ?? false
        }
        return isOver ? nil : known
    }
}

/// What came before of one analysis of one person.
struct PastOfAnalysis: Sendable {
    var priors: [PriorResult]
    var lastCall: KnownCall?
}
