package import Base
import Catalog
package import Laboratory
package import Quality
import Store

/// The control of quality: what people decide about controls, and what the controls then say (RULES section 2).
extension Desk {
    /// How far back the rules and the suspect periods look.
    package static let qualityWindow = Duration.seconds(90 * 24 * 3600)
    /// Entries of a register, or controls of an assay, read at most.
    static let most = 100_000

    private func subject(_ assay: ControlledAssay) -> String { "\(assay.analyzer)|\(assay.analysis)" }

    // Facts

    /// The target of a control material as the analyzer names it. A new one for the same material ends the one before.
    package func setControlTarget(
        _ target: ControlTarget, reason: String, by author: Author
    ) async throws(CommandFailure) -> ControlTarget {
        try allow(author, .sign)
        try needReason(reason)
        try checkAnalysis(target.assay.analysis)
        try checkExpectation(target)
        let isPossible = target.sd.map { $0 > Exact(0) } ?? true
        guard isPossible, !target.material.isEmpty, target.to.map({ target.from < $0 }) ?? true else {
            throw .refused(
                Refusal(
                    "quality.target", at: target.assay.description,
                    because: "une cible veut un matériau, un écart-type positif et une fin après son début",
                    remedy: "relire les valeurs"))
        }
        let name = "\(subject(target.assay))|\(target.material)"
        try await enter(.controlTarget, name, Decided(target, reason), "quality.target", author)
        quality.forget(site: author.site, analyzer: target.assay.analyzer, analysis: target.assay.analysis)
        return target
    }

    /// A code that the analysis may answer, or a titre of one that has titres; never beside a mean.
    private func checkExpectation(_ target: ControlTarget) throws(CommandFailure) {
        guard let expected = target.expected else { return }
        try decide { () throws(Refusal) in
            let analysis = try catalogue.required(target.assay.analysis)
            guard target.mean == nil, target.sd == nil else {
                throw Refusal(
                    "quality.expected", at: target.assay.description,
                    because: "une réponse attendue et une moyenne à la fois", remedy: "donner l'une ou l'autre")
            }
            switch expected {
            case .answers(let codes):
                for code in codes { try EnteredValue.check(.coded(code, display: code), for: analysis) }
            case .titre(let titre):
                guard analysis.nature == .titre, titre.above == 1 else {
                    throw Refusal(
                        "quality.expected", at: target.assay.description,
                        because: "« \(titre) » n'est pas un titre de cette analyse",
                        remedy: "donner un code de réponse, ou un titre (1/160) pour une analyse qui en rend")
                }
            }
        }
    }

    package func setControlPolicy(
        _ policy: ControlPolicy, of assay: ControlledAssay, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .sign)
        try needReason(reason)
        try checkAnalysis(assay.analysis)
        try decide { () throws(Refusal) in try policy.check(at: assay.description) }
        if policy.bracketsLevels ?? false {
            let known = try await bracket(of: assay, site: author.site, at: now()).levels.count
            try decide { () throws(Refusal) in try policy.checkBracket(known, at: assay.description) }
        }
        try await enter(.controlPolicy, subject(assay), Decided(policy, reason), "quality.policy", author)
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
    }

    /// A calibration, a new lot of reagent, a maintenance: of one analysis, or of the whole analyzer.
    package func recordControlEvent(
        _ event: ControlEvent, analyzer: String, analysis: String?, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .validateTechnically)
        if let analysis { try checkAnalysis(analysis) }
        guard ControlEventKind.noted.contains(event.kind) else {
            throw .refused(
                Refusal(
                    "quality.event.kind", at: event.kind.rawValue, because: "cet événement ne se note pas à la main",
                    remedy: "employer : " + ControlEventKind.noted.map(\.rawValue).joined(separator: ", ")))
        }
        guard event.at <= now() else {
            throw .refused(
                Refusal("quality.event.future", because: "cet événement est dans le futur", remedy: "corriger l'heure"))
        }
        if let until = event.until, until <= now() {
            throw .refused(
                Refusal(
                    "quality.event.until", at: "until", because: "la fin de validité est passée",
                    remedy: "corriger la date de fin"))
        }
        let name = analysis.map { subject(ControlledAssay(analysis: $0, analyzer: analyzer)) } ?? analyzer
        try await enter(.controlEvent, name, Decided(event, event.note), "quality.event", author)
        quality.forget(site: author.site, analyzer: analyzer, analysis: analysis)
    }

    /// The point stays on the chart and leaves the rules, with its reason (RULES section 2.2).
    package func excludeControl(
        _ id: String, of assay: ControlledAssay, reason: String, by author: Author
    ) async throws(CommandFailure) {
        try allow(author, .validateTechnically)
        let page = try await qualityPage(assay, site: author.site)
        guard page.points.contains(where: { $0.id == id }) else { throw missing("quality.control", "contrôle", id) }
        let signed = try decide { () throws(Refusal) in try SignedReason(by: author.login, at: now(), reason: reason) }
        try await enter(.controlExclusion, id, Decided(signed, reason), "quality.exclude", author)
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
    }

    /// What was wrong with a rejected run and what was done; a conforming run must still follow.
    package func correctRejection(
        run: String, of assay: ControlledAssay, cause: String, action: String, by author: Author
    ) async throws(CommandFailure) -> ControlStanding {
        try allow(author, .validateTechnically)
        try needReason(cause)
        let page = try await qualityPage(assay, site: author.site)
        guard page.timeline.verdicts.contains(where: { $0.run == run && $0.outcome == .rejected }) else {
            throw missing("quality.run", "série rejetée", run)
        }
        let signed = try decide { () throws(Refusal) in try SignedReason(by: author.login, at: now(), reason: action) }
        let correction = ControlCorrection(run: run, cause: cause, action: signed)
        try await enter(.controlCorrection, subject(assay), Decided(correction, action), "quality.correct", author)
        quality.forget(site: author.site, analyzer: assay.analyzer, analysis: assay.analysis)
        return try await controlStanding(of: assay, site: author.site)
    }

    // What they say

    /// Everything known of the control of an analysis on an analyzer.
    package func qualityPage(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> QualityPage {
        try await followedPage(assay, site: site).0
    }

    /// The page without a look at what patients' results came in since.
    func storedPage(_ assay: ControlledAssay, site: String) async throws(CommandFailure) -> QualityPage {
        let key = QualityBoard.Key(site: site, assay: assay)
        let at = now()
        // A page that was made long ago is made again, so that the window moves with time.
        if let page = quality.page(key), page.madeAt.duration(to: at) <= .seconds(24 * 3600),
            page.changesAt.map({ at < $0 }) ?? true
        {
            return page
        }
        let generation = quality.generation
        let page = try await makePage(assay, site: site, at: at)
        quality.keep(page, for: key, madeAt: generation)
        return page
    }

    private func makePage(
        _ assay: ControlledAssay, site: String, at: Instant
    ) async throws(CommandFailure) -> QualityPage {
        // A rejection does not end because it grows old: while something of it is open, the page begins before it.
        let doubts = try await doubts(of: assay, site: site)
        let begin = doubts.filter { !$0.isDone }.map { $0.from ?? $0.rejectedAt }.reduce(at, min)
        let since = begin.advanced(by: .zero - Desk.qualityWindow)
        let controls = try await ask { () throws(StoreFailure) in
            try await store.controls(
                analyzer: assay.analyzer, analysis: assay.analysis, from: since,
                before: Instant(milliseconds: .max), limit: Desk.most)
        }
        let history = try await targetHistory(of: assay, site: site)
        let targets = history.last?.targets ?? []
        var exclusions = [String: SignedReason]()
        for (control, entry) in try await latestEntries(.controlExclusion, site: site) {
            exclusions[control] = try RegisterText.decode(
                Array(entry.body.utf8), as: Decided<SignedReason>.self
            ).value
        }
        let measured = measuredControls(
            assay, site: site, targets: targets, history: history, exclusions: exclusions)
        let points = measured.points(controls.filter { $0.site == site })
        var events = try await entries(.controlEvent, assay.analyzer, site, ControlEvent.self).map(\.value)
        events += try await entries(.controlEvent, subject(assay), site, ControlEvent.self).map(\.value)
        let corrections = try await entries(.controlCorrection, subject(assay), site, ControlCorrection.self)
            .map(\.value)
        let policies = try await policies(of: assay, site: site, history)
        let timeline = ControlTimeline(
            assay: assay, policy: policies.first, changes: policies.changes, points: points,
            events: (events + measured.newLots).filter { since <= $0.at }, corrections: corrections)
        try await keep(timeline.suspectPeriods, known: doubts, of: assay, site: site, at: at)
        return QualityPage(
            timeline: timeline, points: points, targets: targets, events: events, corrections: corrections,
            patients: try await patientSettings(of: assay, site: site), since: since, madeAt: at,
            changesAt: self.controls(of: site).nextPolicy(of: assay, site: site, after: at))
    }

    func measuredControls(
        _ assay: ControlledAssay, site: String, targets: [ControlTarget], history: [KnownTargets] = [],
        exclusions: [String: SignedReason] = [:]
    ) -> MeasuredControls {
        MeasuredControls(
            assay: assay, stages: controls(of: site), targets: targets, history: history, exclusions: exclusions,
            zone: sites[site]?.civilZone ?? .europeParis)
    }

    /// The policies of an assay, each from when it was decided: what is decided today judges no control of the past.
    /// Without a decision, that of the catalogue; else the standard rules for as many levels as had a target then. The
    /// last one with what it leans on of the published tables and no biologist approved.
    private func policies(
        of assay: ControlledAssay, site: String, _ history: [KnownTargets]
    ) async throws(CommandFailure) -> (first: ControlPolicy, changes: [PolicyChange]) {
        let name = subject(assay)
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlPolicy, site: site, subject: name)
        }
        var changes = [PolicyChange]()
        for entry in entries {
            let body = try RegisterText.decode(Array(entry.body.utf8), as: Decided<ControlPolicy>.self)
            changes.append(PolicyChange(at: entry.at, policy: body.value))
        }
        let stages = controls(of: site), tables = stages.current
        let published = stages.policies(of: assay, site: site, by: now())
        let current = tables?.policyInForce(for: assay, site: site, at: now())
        var policies = (first: published?.first ?? Desk.standardPolicy(levels: 1), changes: changes)
        if let published {
            let begin = changes.map(\.at).min()
            policies.changes = published.changes.filter { change in begin.map { change.at < $0 } ?? true } + changes
        } else {
            var standard = Desk.standardPolicies(history, before: changes.map(\.at).min())
            // What was measured before the first target was set is judged as what came next.
            if !standard.isEmpty { policies.first = standard.removeFirst().policy }
            policies.changes = standard + changes
        }
        let latest = policies.changes.last?.policy ?? policies.first
        var awaiting = changes.isEmpty ? current?.awaiting : nil
        if changes.isEmpty, current == nil { awaiting = tables?.abandonedPolicy(of: assay) }
        // Who exempts by command asks for no target.
        if awaiting == nil, latest.exemption == nil {
            let own = Set((history.last?.targets ?? []).map(\.material))
            awaiting = tables?.unsignedTargets(of: assay, site: site, besides: own)
        }
        if let last = policies.changes.indices.last {
            policies.changes[last].policy.awaiting = awaiting
        } else {
            policies.first.awaiting = awaiting
        }
        return policies
    }

    private static func standardPolicy(levels: Int) -> ControlPolicy {
        ControlPolicy(rules: ControlPolicy.standardRules(levels: max(levels, 1)))
    }

    /// The standard rules, from each instant when the number of levels with a target changed; until a decision.
    private static func standardPolicies(_ history: [KnownTargets], before end: Instant?) -> [PolicyChange] {
        var standard = [PolicyChange]()
        // A target may serve from another instant than the one when it was set.
        var instants = Set(history.map(\.at))
        for target in history.flatMap(\.targets) {
            instants.insert(target.from)
            if let end = target.to { instants.insert(end) }
        }
        for at in instants.sorted() where end.map({ at < $0 }) ?? true {
            guard let targets = history.last(where: { $0.at <= at })?.targets else { continue }
            let levels = Set(targets.filter { $0.isInForce(at: at) && !$0.isParallel }.map(\.level.name)).count
            let policy = standardPolicy(levels: levels)
            if standard.last?.policy != policy { standard.append(PolicyChange(at: at, policy: policy)) }
        }
        return standard
    }

    /// Every target ever set for an assay, each ended by the next of its material.
    package func targets(of assay: ControlledAssay, site: String) async throws(CommandFailure) -> [ControlTarget] {
        try await targetHistory(of: assay, site: site).last?.targets ?? []
    }

    /// The same, as they were known after each entry, oldest first.
    func targetHistory(of assay: ControlledAssay, site: String) async throws(CommandFailure) -> [KnownTargets] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlTarget, site: site, limit: Desk.most)
        }
        var turns = controls(of: site).named(assay, site: site).map { turn in
            (at: turn.at, published: turn.targets, set: nil as ControlTarget?)
        }
        for entry in entries.sorted(by: { ($0.at, $0.ordinal) < ($1.at, $1.ordinal) })
        where entry.subject.hasPrefix(subject(assay) + "|") {
            let target = try RegisterText.decode(Array(entry.body.utf8), as: Decided<ControlTarget>.self).value
            turns.append((entry.at, [], target))
        }
        var published = [String: [ControlTarget]](), set = [String: [ControlTarget]]()
        var history = [KnownTargets]()
        for turn in turns.enumerated().sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }) {
            if let target = turn.element.set {
                // A target set again from the same instant replaces; an earlier one never reaches past this.
                set[target.material] = [target].superseding(set[target.material] ?? [])
            } else {
                published = Dictionary(grouping: turn.element.published, by: \.material)
            }
            // What is set by command wins over the tables, from when it begins.
            let all = Set(published.keys).union(set.keys).flatMap { (set[$0] ?? []).superseding(published[$0] ?? []) }
            history.append(
                KnownTargets(
                    at: turn.element.at, targets: all.sorted { ($0.material, $0.from) < ($1.material, $1.from) }))
        }
        return history
    }

    /// Analyses that have a control result, a target or a policy, on the analyzers that have them.
    package func controlledAssays(site: String) async throws(CommandFailure) -> [ControlledAssay] {
        var found = Set<ControlledAssay>()
        for register in [Register.controlTarget, .controlPolicy, .patientControl] {
            let entries = try await ask { () throws(StoreFailure) in
                try await store.register(register, site: site, limit: Desk.most)
            }
            for entry in entries {
                let parts = entry.subject.split(separator: "|", maxSplits: 2)
                guard parts.count >= 2 else { continue }
                found.insert(ControlledAssay(analysis: String(parts[1]), analyzer: String(parts[0])))
            }
        }
        for assay in try await ask({ () throws(StoreFailure) in try await store.controlledAssays(site: site) }) {
            found.insert(ControlledAssay(analysis: assay.analysis, analyzer: assay.analyzer))
        }
        return found.sorted { ($0.analyzer, $0.analysis) < ($1.analyzer, $1.analysis) }
    }

    /// How the control stands of all that was ever controlled and of all whose results wait, whoever looks: what was
    /// never controlled is among them, so that no screen takes its absence for a conforming control.
    package func controlStandings(
        site: String, analyzer: String? = nil
    ) async throws(CommandFailure) -> [(assay: ControlledAssay, standing: ControlStanding)] {
        var assays = Set(try await controlledAssays(site: site))
        for assay in try await ask({ () throws(StoreFailure) in try await store.waitingAssays(site: site) }) {
            assays.insert(ControlledAssay(analysis: assay.analysis, analyzer: assay.analyzer))
        }
        var board = [(assay: ControlledAssay, standing: ControlStanding)]()
        for assay in assays.sorted(by: { ($0.analyzer, $0.analysis) < ($1.analyzer, $1.analysis) })
        where analyzer.map({ $0 == assay.analyzer }) ?? true {
            board.append((assay, try await controlStanding(of: assay, site: site)))
        }
        return board
    }

    /// What a result leans on, decisions about it counted.
    package func controlStanding(
        of observation: Observation, at: Instant
    ) async throws(CommandFailure) -> ControlStanding {
        guard let assay = try await ownAssay(observation) else { return try await typedStanding(observation) }
        let (page, flow) = try await followedPage(assay, site: observation.site)
        return try await standing(of: observation, at: at, on: page, flow)
    }

    /// The same from the page alone: nothing is followed, so nothing is noted (`catalogue dry-run`).
    func trialStanding(of observation: Observation, at: Instant) async throws(CommandFailure) -> ControlStanding {
        guard let assay = try await ownAssay(observation) else { return try await typedStanding(observation) }
        return try await standing(
            of: observation, at: at, on: try await storedPage(assay, site: observation.site), nil)
    }

    private func standing(
        of observation: Observation, at: Instant, on page: QualityPage, _ flow: PatientFlow?
    ) async throws(CommandFailure) -> ControlStanding {
        let timeline = page.timeline, assay = timeline.assay
        let samples = try await samples(page, flow, site: observation.site, before: observation.observedAt)
        let needed = bracketing(observation, page)
        let standing = timeline.standing(
            ofResultMeasuredAt: observation.observedAt, knownAt: at, patientSamples: samples, needed: needed)
        guard standing.hold == .rejected else { return standing }
        let decisions = try await entries(.lookBack, observation.id, observation.site, LookBackDecision.self)
        let result = MeasuredResult(id: observation.id, assay: assay, measuredAt: observation.observedAt)
        return timeline.standing(
            of: result, decisions: decisions.map(\.value), knownAt: at, patientSamples: samples, needed: needed)
    }

    /// What the controls of a result are known by; nil for a typed one of an analysis of which nothing typed is
    /// controlled.
    private func ownAssay(_ observation: Observation) async throws(CommandFailure) -> ControlledAssay? {
        guard let place = observation.controlledOn else { return nil }
        let assay = ControlledAssay(analysis: observation.analysis, analyzer: place)
        return try await isUncontrolledTyping(assay, site: observation.site) ? nil : assay
    }
    /// A manual method has its controls under the word `saisie`: a target, a policy, a control, or a line of the tables.
    private func isUncontrolledTyping(
        _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> Bool {
        guard assay.analyzer == AssayMethod.typed else { return false }
        let published =
            shelf.controls.map {
                $0.policies.map(\.assay) + $0.targets.map(\.assay) + $0.named.map(\.assay)
            } ?? []
        if published.contains(assay) { return false }
        return try await !assaysAtHand(site: site).contains(assay)
    }

    /// A value that a hand typed leans on no control of an analyzer. It passes where its analysis needs none at all:
    /// wherever a control of it is known, somebody signed that none is wanted.
    private func typedStanding(_ observation: Observation) async throws(CommandFailure) -> ControlStanding {
        try await typedStanding(observation.analysis, site: observation.site, at: observation.observedAt)
    }
    private func typedStanding(
        _ code: String, site: String, at instant: Instant
    ) async throws(CommandFailure) -> ControlStanding {
        let published = (shelf.controls?.policies ?? []).map(\.assay).filter { $0.analysis == code }
        let known = Set(try await assaysAtHand(site: site).filter { $0.analysis == code } + published)
        var exempted: ControlStanding?
        for assay in known.sorted(by: { $0.analyzer < $1.analyzer }) {
            let page = try await storedPage(assay, site: site)
            guard let exemption = page.timeline.policy.exemption, exemption.at <= instant else {
                return .absent("valeur saisie à la main : aucun contrôle de \(code) ne la couvre")
            }
            exempted = exempted ?? page.timeline.standing(at: instant)
        }
        return exempted ?? .absent("aucun contrôle de qualité enregistré pour \(code)")
    }

    private func assaysAtHand(site: String) async throws(CommandFailure) -> [ControlledAssay] {
        if let known = quality.assays(of: site) { return known }
        let generation = quality.generation
        let assays = try await controlledAssays(site: site)
        quality.keep(assays, of: site, madeAt: generation)
        return assays
    }

    /// The levels that have to be controlled for this value, where the policy asks for it; words have none.
    private func bracketing(_ observation: Observation, _ page: QualityPage) -> Set<String> {
        guard page.timeline.policy.bracketsLevels ?? false, case .measured(let value, let unit) = observation.value
        else { return [] }
        let assay = page.timeline.assay
        let measured = measuredControls(assay, site: observation.site, targets: page.targets)
        let isComparable = catalogue[assay.analysis]?.unit == unit
        return LevelBracket(measured.inService(at: observation.observedAt)).needed(for: isComparable ? value : nil)
    }

    private func bracket(
        of assay: ControlledAssay, site: String, at: Instant
    ) async throws(CommandFailure) -> LevelBracket {
        let targets = try await targets(of: assay, site: site)
        return LevelBracket(measuredControls(assay, site: site, targets: targets).inService(at: at))
    }

    /// Until when the calibration and the lot of reagent that measured a result are good; nil: nobody said.
    func validities(
        of observation: Observation
    ) async throws(CommandFailure) -> (calibration: Instant?, reagent: Instant?) {
        guard let analyzer = observation.controlledOn else { return (nil, nil) }
        let assay = ControlledAssay(analysis: observation.analysis, analyzer: analyzer)
        let page = try await storedPage(assay, site: observation.site)
        let at = observation.observedAt
        return (page.end(of: .calibration, at: at), page.end(of: .newReagentLot, at: at))
    }

    /// How the control of an assay stands now.
    package func controlStanding(
        of assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> ControlStanding {
        let at = now()
        if try await isUncontrolledTyping(assay, site: site) {
            return try await typedStanding(assay.analysis, site: site, at: at)
        }
        let (page, flow) = try await followedPage(assay, site: site)
        return page.timeline.standing(
            at: at, patientSamples: try await samples(page, flow, site: site, before: at))
    }

    /// Samples since the control that answers for them, when the policy counts them.
    private func samples(
        _ page: QualityPage, _ flow: PatientFlow?, site: String, before end: Instant
    ) async throws(CommandFailure) -> Int? {
        guard page.timeline.policy.patientSamples != nil, let start = page.timeline.lastConforming(at: end) else {
            return nil
        }
        return try await patientSamples(flow, page.timeline.assay, site: site, after: start, before: end)
    }

    /// The observation with the hold that the controls put on it now, in the place of the one of its arrival: a control
    /// rejected later reaches back, one that conforms again lets go what was decided (RULES section 2.5).
    func withControls(_ observation: Observation, at: Instant) async throws(CommandFailure) -> Observation {
        guard isControlled(observation) else { return observation }
        let standing = try await controlStanding(of: observation, at: at)
        var out = observation
        out.holds.removeAll { Desk.ofControls.contains($0.code) }
        if let hold = standing.hold {
            let code: Hold.Code =
                switch hold {
                case .absent: .noQualityControl
                case .expired: .qualityControlExpired
                case .rejected: .qualityControlRejected
                }
            out.holds.append(Hold(code, standing.because))
        }
        return out
    }

    // Registers

    /// The entry of each subject that stands: the one of the highest ordinal.
    func latestEntries(
        _ register: Register, site: String, limit: Int = Desk.most
    ) async throws(CommandFailure) -> [String: RegisterEntry] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(register, site: site, limit: limit)
        }
        return Dictionary(entries.map { ($0.subject, $0) }) { $0.ordinal < $1.ordinal ? $1 : $0 }
    }

    func entries<T: Codable & Sendable>(
        _ register: Register, _ subject: String, _ site: String, _ type: T.Type
    ) async throws(CommandFailure) -> [Decided<T>] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(register, site: site, subject: subject)
        }
        var out = [Decided<T>]()
        for entry in entries {
            out.append(try RegisterText.decode(Array(entry.body.utf8), as: Decided<T>.self))
        }
        return out
    }

    /// Of every subject, oldest first.
    func allEntries<T: Codable & Sendable>(
        _ register: Register, _ site: String, _ type: T.Type
    ) async throws(CommandFailure) -> [Decided<T>] {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(register, site: site, limit: Desk.most)
        }
        var out = [Decided<T>]()
        for entry in entries.reversed() {
            out.append(try RegisterText.decode(Array(entry.body.utf8), as: Decided<T>.self))
        }
        return out
    }

    func enter(
        _ register: Register, _ subject: String, _ body: some Encodable & Sendable, _ action: String,
        _ author: Author, with others: @Sendable () async throws(CommandFailure) -> [Fact] = { [] }
    ) async throws(CommandFailure) {
        try await attempt { () async throws(CommandFailure) in
            let known = try await ask { () throws(StoreFailure) in
                try await store.register(register, site: author.site, subject: subject)
            }
            let entry = RegisterEntry(
                register: register, site: author.site, subject: subject, ordinal: (known.last?.ordinal ?? 0) + 1,
                author: author.login, at: now(), body: RegisterText.text(body))
            let note = self.note(author, action, subject, entry.at)
            let facts = [.register(entry)] + (try await others())
            try await ask { () throws(StoreFailure) in try await store.append(facts, note: note) }
        }
    }

    func checkAnalysis(_ code: String) throws(CommandFailure) {
        _ = try decide { () throws(Refusal) in try catalogue.required(code) }
    }
}

/// The targets of an assay as they were known from an instant on.
struct KnownTargets: Sendable {
    var at: Instant
    var targets: [ControlTarget]
}

/// What was decided, and why: the body of most entries.
struct Decided<Value: Codable & Sendable>: Codable, Sendable {
    var value: Value
    var reason: String
    init(_ value: Value, _ reason: String) {
        self.value = value
        self.reason = reason
    }
}
