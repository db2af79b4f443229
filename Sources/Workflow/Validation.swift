package import Base
import Catalog
package import Laboratory
import Rules
import Store

/// One line of the technician's worklist.
package struct WorklistLine: Codable, Sendable, Hashable {
    package var observation: Observation
    package var requestNumber: String
    package var priority: Priority
    package var patientName: String
    package var analysisName: String
    package var sex: AdministrativeSex
    package var birthDate: CivilDate
}

extension Desk {
    /// Results waiting for technical validation: requests with a critical value first, then urgent ones.
    package func worklist(site: String?, limit: Int) async throws(CommandFailure) -> [WorklistLine] {
        let waiting = try await ask { () throws(StoreFailure) in
            try await store.observationsAwaitingTechnicalValidation(site: site, limit: limit)
        }
        var requests = [String: (Request, Patient)]()
        for id in Set(waiting.map(\.requestID)) {
            guard let request = try await ask({ () throws(StoreFailure) in try await store.request(id) }),
                let patient = try await ask({ () throws(StoreFailure) in try await store.patient(request.patientID) })
            else { continue }
            requests[id] = (request, patient)
        }
        let at = now()
        let judged = try await standing(waiting, asStored: true, at: at)
        let lines = judged.compactMap { observation -> WorklistLine? in
            guard let (request, patient) = requests[observation.requestID] else { return nil }
            return WorklistLine(
                observation: observation, requestNumber: request.number, priority: request.priority,
                patientName: "\(patient.traits.birthName) \(patient.traits.firstGivenName)",
                analysisName: catalogue[observation.analysis]?.nameFR ?? observation.analysis,
                sex: patient.traits.sex, birthDate: patient.traits.birthDate)
        }
        let ranks = Dictionary(uniqueKeysWithValues: requests.map { ($0.key, catalogue.ranks(of: $0.value.0)) })
        let critical = Set(
            judged.filter { observation in
                observation.isCritical || observation.holds.contains { $0.code == .critical }
            }.map(\.requestID))
        return lines.sorted { a, b in
            let rank = { (line: WorklistLine) in
                (
                    critical.contains(line.observation.requestID) ? 0 : 1, line.priority == .urgent ? 0 : 1,
                    line.requestNumber,
                    ranks[line.observation.requestID]?[line.observation.analysis] ?? .max, line.observation.run
                )
            }
            return rank(a) < rank(b)
        }
    }

    /// Technical validation (*validation technique*) of some observations of one request. All or none.
    package func validate(
        _ observationIDs: [String], of requestReference: String, reason: String?, by author: Author
    ) async throws(CommandFailure) -> [ObservationEvent] {
        try allow(author, .validateTechnically)
        return try await attempt { () async throws(CommandFailure) -> [ObservationEvent] in
            let (request, all, events) = try await file(of: requestReference)
            try within(request, author)
            let last = Chosen.lastEvents(events)
            let at = now()
            let asked = Set(observationIDs)
            let judged = try await standing(all.filter { asked.contains($0.id) }, at: at)
            var made = [ObservationEvent]()
            for id in observationIDs {
                guard let observation = judged.first(where: { $0.id == id }) else {
                    throw missing("observation.unknown", "résultat", id)
                }
                // Validated already: it is meant where another run waits in its place.
                let hasRival = all.contains {
                    $0.analysis == observation.analysis && $0.id != id && last[$0.id]?.kind != .rejected
                }
                if last[id]?.kind == .technicallyValidated, !hasRival { continue }
                try checkHolds(observation, reason: reason)
                made.append(
                    ObservationEvent(
                        observationID: id, ordinal: (last[id]?.ordinal ?? 0) + 1, kind: .technicallyValidated,
                        author: author.login, at: at, reason: reason))
            }
            if made.isEmpty { return [] }
            let choice = try await choosing(made, request, all, events, by: author)
            let reflex = try await reflexes(of: request, all, events + made + choice.events, at: at)
            let facts = try await withLater(
                made.map(Fact.observationEvent) + choice + reflex.facts, of: request, all, after: events)
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "tech.validate", request.number, at))
            }
            if reflex.hasOrders { afterOrdering() }
            return made
        }
    }

    /// Who validates one of several runs chooses it, with the reason: the others are rejected by the same act and wait
    /// no more, whichever came last (RULES sections 0 and 8). What hangs on it is made of it, where another stood.
    private func choosing(
        _ validated: [ObservationEvent], _ request: Request, _ all: [Observation], _ events: [ObservationEvent],
        by author: Author
    ) async throws(CommandFailure) -> [Fact] {
        let ids = Set(validated.map(\.observationID))
        let last = Chosen.lastEvents(events + validated)
        var rejected = [ObservationEvent]()
        for event in validated {
            guard let chosen = all.first(where: { $0.id == event.observationID }) else { continue }
            let others = all.filter {
                $0.analysis == chosen.analysis && $0.id != chosen.id && last[$0.id]?.kind != .rejected
            }
            if others.isEmpty { continue }
            guard !others.contains(where: { ids.contains($0.id) }) else {
                throw .refused(
                    Refusal(
                        "tech.runs", at: chosen.analysis, because: "deux passages d'une analyse ne valent pas ensemble",
                        remedy: "n'en valider qu'un, avec le motif du choix"))
            }
            guard let reason = event.reason, reason.saysSomething else {
                let told = others.map { "\($0.value.frenchText) (passage \($0.run))" }.joined(separator: ", ")
                throw .refused(
                    Refusal(
                        "tech.reason", at: chosen.analysis, because: "un autre passage attend : \(told)",
                        remedy: "valider celui que l'on retient avec le motif du choix (--reason), ou rejeter l'autre"))
            }
            rejected += others.map { other in
                ObservationEvent(
                    observationID: other.id, ordinal: (last[other.id]?.ordinal ?? 0) + 1, kind: .rejected,
                    author: author.login, at: event.at, reason: Desk.chosen(chosen, because: reason))
            }
        }
        let taken = rejected.map(Fact.observationEvent)
        let calls = try await callsFollowing(
            validated.map(Fact.observationEvent) + taken, all, after: events, by: author, at: now())
        if rejected.isEmpty { return calls }
        let (before, after) = (
            Chosen.observations(all, events: events), Chosen.observations(all, events: events + validated + rejected)
        )
        let changed = Set(after.keys.filter { after[$0]?.id != before[$0]?.id })
        return taken + calls
            + (try await judge(try await open(request, all, events + validated + rejected), changed: changed))
    }

    private func checkHolds(_ observation: Observation, reason: String?) throws(CommandFailure) {
        let isWithheld = observation.value.isNotPerformed
        func asks(_ severity: Hold.Code.Severity) -> Hold? {
            observation.holds.first { $0.severity(isWithheld: isWithheld) == severity }
        }
        if let hold = asks(.forbids) {
            throw .refused(
                Refusal(
                    "tech.held", at: observation.analysis, because: "\(hold.code.rawValue) : \(hold.reason)",
                    remedy: "rejeter ce résultat, corriger la cause, refaire l'analyse"))
        }
        if let hold = asks(.needsReason) {
            guard let reason, reason.saysSomething else {
                throw .refused(
                    Refusal(
                        "tech.reason", at: observation.analysis, because: "\(hold.code.rawValue) : \(hold.reason)",
                        remedy: "valider avec un motif (--reason)"))
            }
        }
        // Over a jump from the result before, or another person's blood, only what was done about it (RULES 3).
        if let hold = observation.holds.first(where: { $0.code == .delta || $0.code == .deltaImpossible }) {
            let said = FoldedName.fold(reason ?? "")
            guard Desk.deltaReasons.contains(where: { said.hasPrefix(FoldedName.fold($0)) }) else {
                throw .refused(
                    Refusal(
                        "validate.reason.delta", at: observation.analysis,
                        because: "\(hold.code.rawValue) : \(hold.reason)",
                        remedy: "commencer le motif par : \(Desk.deltaReasons.joined(separator: ", "))"))
            }
        }
    }

    /// What resolves a jump from the result before.
    private static let deltaReasons = [
        "ré-identification faite", "nouveau prélèvement", "contexte clinique", "rerun concordant",
    ]

    /// Sets a result aside; another run may take its place.
    package func reject(
        _ observationID: String, of requestReference: String, reason: String, by author: Author
    ) async throws(CommandFailure) -> ObservationEvent {
        try allow(author, .validateTechnically)
        try needReason(reason)
        return try await attempt { () async throws(CommandFailure) -> ObservationEvent in
            let (request, all, events) = try await file(of: requestReference)
            try within(request, author)
            guard all.contains(where: { $0.id == observationID }) else {
                throw missing("observation.unknown", "résultat", observationID)
            }
            let at = now()
            let event = ObservationEvent(
                observationID: observationID, ordinal: (Chosen.lastEvents(events)[observationID]?.ordinal ?? 0) + 1,
                kind: .rejected, author: author.login, at: at, reason: reason)
            let following = try await withdrawing(event, request, all, events)
            let facts = try await withLater(
                following + (try await callsFollowing(following, all, after: events, by: author, at: at)), of: request,
                all, after: events)
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "tech.reject", request.number, at))
            }
            return event
        }
    }

    /// Takes back validations and rejections that no signature holds: the results wait again. `own`: only what this
    /// person did last, not what somebody else did since (`tech.undo`).
    package func withdraw(
        _ observationIDs: [String], of requestReference: String, reason: String?, own: Bool = false,
        by author: Author
    ) async throws(CommandFailure) -> [ObservationEvent] {
        try allow(author, .validateTechnically)
        return try await attempt { () async throws(CommandFailure) -> [ObservationEvent] in
            let (request, all, events) = try await file(of: requestReference)
            try within(request, author)
            let signed = Set(
                try await ask { () throws(StoreFailure) in try await store.signatures(requestID: request.id) }
                    .flatMap(\.observationIDs))
            let last = Chosen.lastEvents(events)
            let at = now()
            var made = [ObservationEvent]()
            for id in observationIDs {
                guard all.contains(where: { $0.id == id }) else { throw missing("observation.unknown", "résultat", id) }
                guard !signed.contains(id) else {
                    throw .refused(
                        Refusal(
                            "tech.signed", at: request.number, because: "ce résultat est déjà signé",
                            remedy: "demander une rectification au biologiste"))
                }
                if own, let since = last[id], since.kind == .withdrawn || since.author != author.login {
                    throw .refused(
                        Refusal(
                            "tech.undo", at: request.number,
                            because: "\(since.author) est passé depuis sur ce résultat : rien n'est repris",
                            remedy: "le relire, puis décider"))
                }
                guard let before = last[id], before.kind != .withdrawn else { continue }
                if before.isSettingAside, all.first(where: { $0.id == id })?.origin.calculation != nil {
                    throw .refused(
                        Refusal(
                            "tech.recalculated", at: request.number,
                            because: "cette valeur fut calculée de composants qui ont changé depuis",
                            remedy: "reprendre la valeur du composant : le calcul suit"))
                }
                made.append(
                    ObservationEvent(
                        observationID: id, ordinal: before.ordinal + 1, kind: .withdrawn, author: author.login, at: at,
                        reason: reason))
            }
            if made.isEmpty { return [] }
            made += unchoosing(made, all, last)
            let returned = Set(made.map(\.observationID).filter { last[$0]?.kind == .rejected })
            let judged = try await returning(returned, request, all, events + made)
            let taken = made.map(Fact.observationEvent)
            let facts = try await withLater(
                taken + judged + (try await callsFollowing(taken, all, after: events, by: author, at: at)), of: request,
                all, after: events)
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "tech.withdraw", request.number, at))
            }
            return made
        }
    }

    /// A validation that is taken back takes its choice along: the runs that it set aside wait again beside it.
    private func unchoosing(
        _ taken: [ObservationEvent], _ all: [Observation], _ last: [String: ObservationEvent]
    ) -> [ObservationEvent] {
        taken.flatMap { event -> [ObservationEvent] in
            guard let one = all.first(where: { $0.id == event.observationID }), let act = last[one.id],
                act.kind == .technicallyValidated, let reason = act.reason
            else { return [] }
            return all.compactMap { other in
                guard other.analysis == one.analysis, let aside = last[other.id], aside.kind == .rejected,
                    (aside.author, aside.at) == (act.author, act.at),
                    aside.reason == Desk.chosen(one, because: reason),
                    !taken.contains(where: { $0.observationID == other.id })
                else { return nil }
                return ObservationEvent(
                    observationID: other.id, ordinal: aside.ordinal + 1, kind: .withdrawn, author: event.author,
                    at: event.at, reason: event.reason)
            }
        }
    }
    fileprivate static func chosen(_ one: Observation, because reason: String) -> String {
        "passage \(one.run) retenu : \(reason)"
    }

    /// Whoever typed a value saw the one that stood then (`seen`, its id, empty for none): another one since is not
    /// written over, both are told.
    private func checkSeen(_ seen: String?, _ standing: Observation?, _ code: String) throws(CommandFailure) {
        guard let seen, seen != (standing?.id ?? "") else { return }
        let value = standing.map { "\($0.value.frenchText) (\($0.origin.author ?? $0.origin.analyzer ?? "?"))" }
        throw .refused(
            Refusal(
                "enter.changed", at: code,
                because: "quelqu'un d'autre a écrit ici entre-temps : \(value ?? "valeur retirée")",
                remedy: "comparer les deux valeurs, puis choisir"))
    }

    /// A result typed by a person: a value in the catalogue's unit, words, or not performed with its reason.
    package func enter(
        _ value: ObservationValue, analysis code: String, of requestReference: String, comment: String?,
        seen: String? = nil, by author: Author
    ) async throws(CommandFailure) -> Observation {
        try allow(author, .enterResult)
        return try await attempt { () async throws(CommandFailure) -> Observation in
            let (request, all, events) = try await file(of: requestReference)
            try within(request, author)
            let analysis = try decide { () throws(Refusal) in try catalogue.required(code) }
            guard request.lines.contains(where: { $0.analysis == code }) else {
                throw .refused(
                    Refusal(
                        "enter.unrequested", at: code, because: "l'analyse n'est pas demandée dans ce dossier",
                        remedy: "l'ajouter d'abord à la demande (request change --add)"))
            }
            try decide { () throws(Refusal) in try EnteredValue.check(value, for: analysis) }
            try checkShown([(code, value.words), (code, comment)])
            try checkSeen(seen, Chosen.observations(all, events: events)[code], code)
            try checkNotCalculated(code)
            try checkGiven(value, code, of: request)
            if case .notPerformed(let reason) = value { try needReason(reason) }
            var opened = try await open(request, all, events)
            let arrival = typed(value, code, comment, in: opened, by: author)
            opened.take(arrival)
            let facts = try await withLater(try await judge(opened), of: request, all, after: events)
            let id = arrival.observation.id
            try await ask { () throws(StoreFailure) in
                try await store.append(facts, note: note(author, "result.enter", id, now()))
            }
            return facts.observation(id) ?? arrival.observation
        }
    }

    /// What is given in one context only (INR: under AVK) is typed where the request tells of it.
    private func checkGiven(
        _ value: ObservationValue, _ code: String, of request: Request
    ) throws(CommandFailure) {
        if case .notPerformed = value { return }
        guard let context = shelf.pack.policy.onlyUnder[code],
            shelf.approvals.stands(RulePack.policyReference, at: now()),
            !(request.clinical?.contexts.contains(context) ?? false)
        else { return }
        throw .refused(
            Refusal(
                "enter.context", at: code,
                because: "cette analyse n'est rendue que sous \(context.rawValue), et la demande ne le dit pas",
                remedy: "le déclarer à la demande (request clinical), ou saisir qu'elle n'est pas rendue"))
    }

    /// A typed result, not judged yet.
    private func typed(
        _ value: ObservationValue, _ code: String, _ comment: String?, in file: OpenFile, by author: Author
    ) -> Arrival {
        let at = now()
        let tube = file.specimens.first { $0.analyses.contains(code) }
        let observation = Observation(
            id: freshID(), site: file.request.site, requestID: file.request.id, patientID: file.patient.id,
            accession: tube?.accession ?? "", analysis: code, catalogueVersion: catalogue.version.text, value: value,
            rawText: value.frenchText, origin: Origin(author: author.login), observedAt: at, recordedAt: at,
            comment: comment)
        var facts = ResultFacts(
            id: observation.id, analysis: code, value: value, rawText: observation.rawText, origin: .manual,
            observedAt: at)
        facts.hasFreeComment = comment != nil
        return Arrival(observation: observation, facts: facts)
    }

    func file(
        of reference: String
    ) async throws(CommandFailure) -> (Request, [Observation], [ObservationEvent]) {
        let request = try await request(reference)
        let stored = try await ask { () throws(StoreFailure) in try await store.observations(requestID: request.id) }
        let observations = try await told(stored, of: request)
        let events = try await ask { () throws(StoreFailure) in
            try await store.observationEvents(requestID: request.id)
        }
        return (request, observations, events)
    }
}

extension ObservationValue {
    /// What a person wrote of it; nil for numbers.
    fileprivate var words: String? {
        switch self {
        case .measured: nil
        case .coded(_, let display): display
        case .text(let text): text
        case .notPerformed(let reason): reason
        }
    }
}

extension [Fact] {
    /// What happened to results among them.
    var events: [ObservationEvent] {
        compactMap { fact in
            if case .observationEvent(let event) = fact { event } else { nil }
        }
    }
}

extension ObservationEvent {
    /// It set its run aside because that one was validated in its place.
    func isChoice(of one: Observation) -> Bool {
        kind == .rejected && reason?.hasPrefix(Desk.chosen(one, because: "")) ?? false
    }
}
