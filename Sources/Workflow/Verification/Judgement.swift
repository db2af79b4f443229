import Base
import Catalog
import Laboratory
import Rules
import Store

/// One judgement of one file: pure, once everything was read.
struct Judgement {
    var file: OpenFile
    let engine: RuleEngine
    let approvals: RuleApprovals
    let catalogue: AnalysisCatalogue
    let at: Instant
    /// How what stands was judged, with the ordinal of the record.
    var records: [String: (judged: JudgedRecord, ordinal: Int)] = [:]
    /// Results that stand and may be judged again: no signature holds them.
    var reopenable: [String: Bool] = [:]
    /// Calls that are not closed: one for an analysis of a specimen, whichever run asks for it (RULES section 5).
    var calls: [Place: CallEntry] = [:]
    struct Place: Hashable {
        let accession: String
        let analysis: String
        init(_ observation: Observation) {
            accession = observation.accession
            analysis = observation.analysis
        }
    }
    /// Results that a signature holds.
    var signed: Set<String> = []
    /// What signed results are judged again by, where it is not what is in force.
    var ofThen: [String: Then] = [:]
    struct Then {
        let engine: RuleEngine
        /// Of the judgement that stood.
        let lead: JudgedRecord.Key
        let now: Instant
        let approvals: RuleApprovals
    }
    /// Amendments that were asked for, whatever became of them.
    var tasks: Set<AmendmentTask.Key> = []
    var taskCount = 0
    /// Signed results that indices told since say otherwise.
    var toldSince: Set<String> = []
    /// Where the engine is switched off.
    var switches: [EngineSwitch] = []
    /// Made by `run`.
    var facts: [Fact] = []
    /// Reruns that change nothing: kept, and set aside.
    private var aside: [Arrival] = []
    /// Analyses before whose result something else was validated than it was judged with.
    var reread: Set<String> = []
    /// Calculated results in whose place others stand now.
    var outdated: [Observation] = []
    /// Fresh outcomes by observation, for the tubes that are judged after.
    private var fresh: [String: ResultEvaluation] = [:]

    init(
        _ file: OpenFile, engine: RuleEngine, approvals: RuleApprovals, catalogue: AnalysisCatalogue, at: Instant
    ) {
        self.file = file
        self.engine = engine
        self.approvals = approvals
        self.catalogue = catalogue
        self.at = at
    }

    /// Mode A unless the laboratory asked for B and a biologist stands for it (RULES 1.1).
    func mode(of code: String, analyzer: String?) -> EngineMode {
        if switches.contains(where: { $0.concerns(code, analyzer: analyzer) }) { return .off }
        let released = engine.pack.policy.released(at: file.request.site)
        return released.contains(code) && approvals.standing != nil ? .release : .sort
    }

    mutating func remember(_ past: [String: PastOfAnalysis], from first: Int) {
        for place in first..<file.arrivals.count {
            guard let known = past[file.arrivals[place].observation.analysis] else { continue }
            file.arrivals[place].facts.history = known.priors
            file.arrivals[place].facts.lastCall = known.lastCall
        }
    }

    /// Its place is that of the run before it again.
    mutating func setAside(_ rerun: Observation, keeping first: Observation) {
        guard let place = file.arrivals.firstIndex(where: { $0.observation.id == rerun.id }) else { return }
        aside.append(file.arrivals.remove(at: place))
        if file.standing[rerun.analysis]?.id == rerun.id { file.standing[rerun.analysis] = first }
    }

    // Judging

    private var tubes: [String] {
        var tubes: [String] = []
        for arrival in file.arrivals where !tubes.contains(arrival.observation.accession) {
            tubes.append(arrival.observation.accession)
        }
        return tubes
    }

    private func arrivals(on tube: String) -> [Arrival] { file.arrivals.filter { $0.observation.accession == tube } }

    /// What stands on a tube beside the arrivals.
    private func old(on tube: String) -> [Observation] {
        let arrived = Set(file.arrivals.map(\.observation.id))
        return file.standing.values.filter { $0.accession == tube && !arrived.contains($0.id) }
            .sorted { ($0.analysis, $0.run) < ($1.analysis, $1.run) }
    }

    /// Values of what arrived, judged alone: what calculations take.
    func preview() -> [String: ResultEvaluation] {
        var found: [String: ResultEvaluation] = [:]
        for tube in tubes {
            let input = input(tube, arrivals(on: tube).map(\.facts), contradictions: [])
            for result in engine.evaluate(input).results { found[result.id] = result }
        }
        return found
    }

    /// What stands of these analyses and may be judged again, as it would be judged with what arrived.
    func previewStanding(needed codes: Set<String>) -> [String: ResultEvaluation] {
        var found: [String: ResultEvaluation] = [:]
        for tube in Set(file.standing.values.map(\.accession)).sorted() {
            let open = old(on: tube).filter { codes.contains($0.analysis) && (reopenable[$0.id] ?? false) }
            let facts = open.compactMap { records[$0.id]?.judged.facts }
            if facts.isEmpty { continue }
            for result in engine.evaluate(input(tube, facts, contradictions: [])).results { found[result.id] = result }
        }
        return found
    }

    mutating func run(changed: Set<String>, whole: Bool = false) {
        tellSuperseded()
        judgeStanding(changed, whole)
        judgeSuperseded()
        for arrival in aside { judge(aside: arrival) }
        stopCallingOutdated()
    }

    private mutating func judgeStanding(_ changed: Set<String>, _ whole: Bool) {
        let told = file.standing.values.filter { (reopenable[$0.id] ?? false) && isToldMore($0) }
        let codes = Set(file.arrivals.map(\.observation.analysis)).union(changed).union(told.map(\.analysis))
            .union(reread)
        let related = whole ? Set(file.standing.keys) : engine.related(to: codes).union(reread)
        var queue = tubes
        for tube in told.map(\.accession) + file.freshSerum.map(\.accession) where !queue.contains(tube) {
            queue.append(tube)
        }
        for observation in file.standing.values.sorted(by: { $0.id < $1.id })
        where related.contains(observation.analysis) && reopenable[observation.id] ?? false {
            if !queue.contains(observation.accession) { queue.append(observation.accession) }
        }
        let held = heldTubes
        queue += held.filter { !queue.contains($0) }
        let jumping = tubesThatJump
        queue = queue.filter(jumping.contains) + queue.filter { !jumping.contains($0) }
        var isWide = false
        var before: [String] = []
        for tube in queue {
            if judge(tube, reopening: isWide || held.contains(tube) ? nil : related) {
                isWide = true
            } else if !isWide {
                before.append(tube)
            }
        }
        guard isWide else { return }
        // What holds the whole collection holds its other tubes too.
        let arrived = Set(tubes)
        for tube in Set(file.standing.values.map(\.accession)).sorted()
        where !queue.contains(tube) || (before.contains(tube) && !arrived.contains(tube)) {
            if queue.contains(where: { file.areOneCollection($0, tube) }) { _ = judge(tube, reopening: nil) }
        }
    }

    /// Judges the arrivals of a tube with what stands there and is concerned (`reopening` nil: all of it). True when
    /// something holds the whole collection.
    private mutating func judge(_ tube: String, reopening related: Set<String>?) -> Bool {
        let arrived = arrivals(on: tube)
        let open = old(on: tube).filter { reopenable[$0.id] ?? false }
        // A contradiction of a result that stands is one of the tube (RULES 1.2, step 1).
        let contradictions = Set(
            arrived.flatMap(\.contradictions) + open.flatMap { records[$0.id]?.judged.contradictions ?? [] })
        let isWide = related == nil || !contradictions.isEmpty || suppresses(open, of: tube)
        let again = open.filter { isWide || related?.contains($0.analysis) ?? true || isToldMore($0) }
        let said = IdentityContradiction.allCases.filter { contradictions.contains($0) }
        let ofToday = again.filter { ofThen[$0.id] == nil }
        guard !arrived.isEmpty || !ofToday.isEmpty else {
            judge(asThen: again, on: tube, said)
            return false
        }
        let results = arrived.map(\.facts) + ofToday.compactMap { records[$0.id]?.judged.facts }
        let input = input(tube, results, contradictions: said)
        let evaluation = engine.evaluate(input)
        if !evaluation.collectionHolds.isEmpty, !isWide, again.count < open.count {
            return judge(tube, reopening: nil)
        }
        write(arrived, ofToday, input, evaluation)
        askToAmend(tube, evaluation, said)
        askToAmend(toldSince: ofToday, evaluation)
        judge(asThen: again, on: tube, said)
        return !evaluation.collectionHolds.isEmpty
    }

    /// Signed results by the catalogue, the rules and the approvals that they were made with, at the instant of then.
    private mutating func judge(asThen again: [Observation], on tube: String, _ said: [IdentityContradiction]) {
        let groups = Dictionary(grouping: again.filter { ofThen[$0.id] != nil }) { ofThen[$0.id]?.lead }
        for group in groups.values.sorted(by: { $0[0].id < $1[0].id }) {
            guard let then = ofThen[group[0].id] else { continue }
            var input = input(tube, group.compactMap { records[$0.id]?.judged.facts }, contradictions: said)
            input.now = then.now
            input.approvals = then.approvals
            let evaluation = then.engine.evaluate(input)
            write([], group, input, evaluation)
            askToAmend(tube, evaluation, said)
            askToAmend(toldSince: group, evaluation)
        }
    }

    func input(
        _ tube: String, _ results: [ResultFacts], contradictions: [IdentityContradiction]
    ) -> EvaluationInput {
        let judged = Set(results.map(\.id))
        let others = file.standing.values.filter {
            !judged.contains($0.id) && ($0.accession.isEmpty || file.areOneCollection($0.accession, tube))
        }
        let results = sharingIndices(sharingFreeHemoglobin(results, of: tube), of: tube)
        let codes = Set(results.map(\.analysis))
        let specimen = file.facts(of: tube, analyses: codes.sorted())
        return EvaluationInput(
            now: at, patient: patient(collected: specimen.collectedAt), specimen: specimen,
            contradictions: contradictions, results: results,
            others: others.sorted { $0.analysis < $1.analysis }.map(other),
            approvals: approvals.concerning(codes, in: engine))
    }

    /// The most free hemoglobin that any message told of the tube: it is the tube's, whichever result it came with
    /// (RULES section 4).
    private func freeHemoglobin(of tube: String) -> Exact? {
        indicesKnown(of: tube).compactMap(\.indices.freeHemoglobin).max()
    }
    private func sharingFreeHemoglobin(_ results: [ResultFacts], of tube: String) -> [ResultFacts] {
        guard let free = freeHemoglobin(of: tube) else { return results }
        var results = results
        for place in results.indices { results[place].indices.freeHemoglobin = free }
        return results
    }
    /// Free hemoglobin that suppresses all of the tube, and that some of these were not judged with.
    func suppresses(_ open: [Observation], of tube: String) -> Bool {
        guard let free = freeHemoglobin(of: tube), let limit = engine.pack.policy.hemolysisSuppressesAll, free >= limit
        else { return false }
        return open.contains { records[$0.id]?.judged.facts.indices.freeHemoglobin.map { $0 < limit } ?? true }
    }

    /// The person as the request tells, at a time of collection.
    func patient(collected: Instant?) -> PatientFacts {
        PatientFacts(
            file.patient, file.request.clinical, setting: file.request.encounter, collected: collected,
            in: engine.zone)
    }

    func other(_ observation: Observation) -> OtherResult {
        let result = fresh[observation.id]
        return OtherResult(
            analysis: observation.analysis, value: result?.value ?? observation.value,
            interval: result?.interval ?? observation.interval, flags: observation.instrumentFlags,
            holds: result?.holdCodes ?? records[observation.id]?.judged.result.holdCodes
                ?? observation.holds.map(\.code),
            jumps: (result ?? records[observation.id]?.judged.result)?.jumps)
    }

    // Writing

    mutating func write(
        _ arrived: [Arrival], _ again: [Observation], _ input: EvaluationInput, _ evaluation: Evaluation,
        isAside: Bool = false
    ) {
        let members =
            arrived.map { JudgedRecord.Key(observation: $0.observation.id, ordinal: 1) }
            + again.map { JudgedRecord.Key(observation: $0.id, ordinal: (records[$0.id]?.ordinal ?? 0) + 1) }
        guard let lead = members.first else { return }
        for (place, result) in evaluation.results.enumerated() {
            fresh[result.id] = result
            var holds = result.holds(in: engine.zone)
            if place < arrived.count {
                let arrival = arrived[place]
                if let before = arrival.before { holds = Judgement.naming(before, in: holds) }
                facts.append(.observation(observation(arrival.observation, result, holds)))
            } else if let before = again[place - arrived.count].holds.first(where: { $0.code == .rerun }) {
                holds.removeAll { $0.code == .rerun }
                holds.append(before)
            }
            var record = JudgedRecord(
                lead: lead, evaluation: evaluation, facts: input.results[place],
                contradictions: input.contradictions, result: result, holds: holds)
            if place == 0 { record.scene = JudgedRecord.Scene(input, evaluation, members: members) }
            record.own = place < arrived.count ? arrived[place].observation.comment ?? "" : nil
            let came = place < arrived.count ? arrived[place].facts : records[result.id]?.judged.facts
            record.borrowed = came.flatMap { borrowed(input.results[place], came: $0) }
            if place >= arrived.count {
                show(again[place - arrived.count], result, holds, evaluation.catalogueVersion, in: &record)
            }
            let wasCalled = records[result.id]?.judged.isCalled ?? false
            // What is signed is called by its amendment, when it crosses a limit there.
            let tier = isAside || signed.contains(result.id) ? nil : result.callTier
            if wasCalled || tier != nil { record.isCalled = true }
            facts.append(
                .evaluation(record.record(ordinal: members[place].ordinal, site: file.request.site, at: at)))
            if place >= arrived.count { unvalidate(again[place - arrived.count], as: record) }
            if let tier {
                let observation = place < arrived.count ? arrived[place].observation : again[place - arrived.count]
                call(result, of: Place(observation), tier, wasCalled: wasCalled)
            } else if result.isSuppressed, wasCalled, place >= arrived.count {
                stopCalling(
                    result.id, of: Place(again[place - arrived.count]), "valeur non rendue", isSuppressed: true)
            }
            records[result.id] = (record, members[place].ordinal)
        }
    }

    /// All that the first judgement writes of a result, this one writes too: what the result is shown as from now on.
    private mutating func show(
        _ standing: Observation, _ result: ResultEvaluation, _ holds: [Hold], _ version: CatalogVersion,
        in record: inout JudgedRecord
    ) {
        let own = ownWords(of: standing)
        var bare = standing
        (bare.comment, bare.interval, bare.flags) = (own, nil, [])
        var now = observation(bare, result, holds)
        record.own = own ?? ""
        if now.saysTheSame(as: standing) {
            // As its row, or the judgement before, shows it.
            record.shown = records[standing.id]?.judged.shown
            return
        }
        now.catalogueVersion = version.text
        record.shown = ShownResult(now)
        if file.standing[standing.analysis]?.id == standing.id { file.standing[standing.analysis] = now }
    }

    /// What came with a result, without what judgements said beside it.
    private func ownWords(of standing: Observation) -> String? {
        guard let words = standing.comment, let judged = records[standing.id]?.judged else { return standing.comment }
        if let own = judged.own { return own.isEmpty ? nil : own }
        // A record older than that does not tell them apart.
        let said = comments(judged.result, of: standing.analysis).joined(separator: " ; ")
        if words == said { return nil }
        return !said.isEmpty && words.hasSuffix(" ; " + said) ? String(words.dropLast(said.count + 3)) : words
    }

    /// A technical validation answers what its author saw: a hold that came since, and that asks for a reason or
    /// forbids, takes it back, and so does another value or another flag. The result waits again, and no signature
    /// covers it (RULES 1.2 step 1, section 3; 7).
    private mutating func unvalidate(_ observation: Observation, as record: JudgedRecord) {
        let seen = records[observation.id]?.judged.holds ?? observation.holds
        let since = record.holds.filter { $0.asksMore(than: seen, of: observation) }
        let shown = record.shown
        let isOther = shown.map { $0.value != observation.value || $0.flags != observation.flags } ?? false
        // What is signed is for the biologist to amend, and nobody validates it again first.
        guard !signed.contains(observation.id), !since.isEmpty || isOther,
            let last = Chosen.lastEvents(file.events)[observation.id], last.kind == .technicallyValidated
        else { return }
        var codes = [String]()
        for hold in since where !codes.contains(hold.code.rawValue) { codes.append(hold.code.rawValue) }
        let event = ObservationEvent(
            observationID: observation.id, ordinal: last.ordinal + 1, kind: .withdrawn, author: Desk.house, at: at,
            reason: codes.isEmpty
                ? "jugé autrement après sa validation technique"
                : "retenu après sa validation technique : \(codes.joined(separator: ", "))")
        file.events.append(event)
        facts.append(.observationEvent(event))
    }

    /// Another value stands in the file: it is said, whether the two agree or not, so that nobody signs over it unseen.
    private static func naming(_ before: Observation, in holds: [Hold]) -> [Hold] {
        var kept = holds
        kept.removeAll { $0.code == .rerun }
        var said = Hold.rerun(of: before)
        if kept.count < holds.count { said.reason += " ; les deux ne s'accordent pas, ou on ne sait pas" }
        return kept + [said]
    }

    private func observation(_ bare: Observation, _ result: ResultEvaluation, _ holds: [Hold]) -> Observation {
        var observation = bare
        observation.value = result.value
        observation.interval = result.interval.map {
            AppliedInterval(low: $0.low, high: $0.high, kind: result.intervalKind ?? .reference)
        }
        observation.flags = result.flags
        observation.holds = holds
        if result.isSuppressed {
            // The value stays in the raw text and in the judgement; no report gives it (RULES section 4).
            let name = catalogue[bare.analysis]?.nameFR ?? bare.analysis
            let reasons = CheckRecord.reasonsWithheld(result.comments(name: name))
            observation.value = .notPerformed(reason: reasons.joined(separator: " ; "))
            observation.interval = nil
            observation.flags = []
        }
        let comments = comments(result, of: bare.analysis)
        if !comments.isEmpty {
            observation.comment = ([observation.comment].compactMap { $0 } + comments).joined(separator: " ; ")
        }
        return observation
    }

    /// What a judgement says beside a result, for who reads the report.
    private func comments(_ result: ResultEvaluation, of code: String) -> [String] {
        var comments = result.comments(name: catalogue[code]?.nameFR ?? code)
        if result.isSuppressed {
            // A value that is not given has its reason in its place, and no direction in which it is false.
            comments = []
        } else if result.intervals.count == 2 {
            // Neither may be chosen, and whoever reads the value needs both (RULES section 6).
            let (female, male) = (result.intervals[0].frenchText, result.intervals[1].frenchText)
            comments.append("sexe inconnu : intervalle \(female) (femme), \(male) (homme)")
        }
        return comments
    }

    /// An interference that is told later takes the value away: nobody is told a number that no report gives.
    mutating func stopCalling(_ id: String, of place: Place, _ reason: String, isSuppressed: Bool = false) {
        guard let known = calls[place] else { return }
        var call = known.call
        let minutes = engine.pack.policy.callMinutes
        let isStopped = call.cancel(
            id, by: Desk.house, isBiologist: false, at: at, minutes: minutes, isSuppressed: isSuppressed)
        guard isStopped else { return }
        let entry = CallEntry.entry(
            call, site: file.request.site, ordinal: known.ordinal + 1, author: Desk.house, at: at,
            reason: reason)
        facts.append(.register(entry))
        calls[place] = try? CallEntry(entry)
    }

    /// What left of a tube that is held whole since, for another's blood or for what got into it: the report in force
    /// is to be amended, or a person says why not (RULES 1.2 step 1, sections 3 and 12).
    mutating func askToAmend(_ tube: String, _ evaluation: Evaluation, _ said: [IdentityContradiction]) {
        var causes = evaluation.collectionHolds.filter { $0.outcome == .yes }.compactMap { record in
            // Another's blood is the whole collection's; what got into a tube is the tube's.
            record.code.map { (code: $0, words: record.words(in: engine.zone), isWide: $0 == .delta) }
        }
        if !said.isEmpty {
            causes.append((.identity, "l'automate contredit l'identité du tube \(tube)", false))
        }
        for cause in causes {
            for one in file.standing.values.sorted(by: { $0.analysis < $1.analysis }) where signed.contains(one.id) {
                guard one.accession == tube || (cause.isWide && file.areOneCollection(one.accession, tube)),
                    tasks.insert(AmendmentTask.Key(one.id, "\(cause.code.rawValue) \(tube)")).inserted
                else { continue }
                taskCount += 1
                let task = AmendmentTask(
                    observationID: one.id, analysis: one.analysis, analyzer: one.origin.analyzer ?? "",
                    run: "\(cause.code.rawValue) \(tube)", isOpen: true, reason: cause.words, hold: cause.code)
                facts.append(.register(task.entry(file.request, ordinal: taskCount, by: Desk.house, at: at)))
            }
        }
    }

    /// Opens a call, joins that of another run of the analysis of the specimen, or makes it the biologist's.
    private mutating func call(
        _ result: ResultEvaluation, of place: Place, _ tier: CriticalCall.Tier, wasCalled: Bool
    ) {
        let minutes = engine.pack.policy.callMinutes
        let site = file.request.site
        func write(_ call: CriticalCall, _ ordinal: Int, _ reason: String) -> CallEntry? {
            let entry = CallEntry.entry(
                call, site: site, ordinal: ordinal, author: Desk.house, at: at, reason: reason)
            facts.append(.register(entry))
            return try? CallEntry(entry)
        }
        guard let known = calls[place] else {
            if wasCalled { return }
            calls[place] = write(
                CriticalCall(
                    observationID: result.id, analysis: result.analysis, tier: tier, snapshot: result.value,
                    openedAt: at, minutes: minutes), 1, "ouvert")
            return
        }
        var call = known.call
        if call.concerns(result.id) {
            guard call.raise(to: tier) else { return }
            calls[place] = write(call, known.ordinal + 1, "revient au biologiste")
        } else if !wasCalled {
            call.join(result.id, result.value, tier: tier, at: at, minutes: minutes)
            calls[place] = write(call, known.ordinal + 1, "autre passage : \(result.value.frenchText)")
            facts.append(
                .register(
                    CallEntry.way(from: result.id, to: call, site: site, ordinal: 1, author: Desk.house, at: at)))
        }
    }
}

extension Hold {
    /// Nothing of it was told before, and it is not for the controls, which the signature looks at itself. A jump is
    /// told by what it says: another person's blood is more than a jump of one analysis.
    fileprivate func asksMore(than seen: [Hold], of observation: Observation) -> Bool {
        if Desk.ofControls.contains(code) || severity(isWithheld: observation.value.isNotPerformed) == .shown {
            return false
        }
        return code == .delta ? !seen.contains(self) : !seen.contains { $0.code == code }
    }
}
