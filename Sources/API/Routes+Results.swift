import Base
import Catalog
import Client
import Laboratory
import Rules
import Store
import Workflow

extension LaboratoryAPI {
    var resultRoutes: [Route] {
        [
            Route("GET", "/v1/worklist", .needs(.readFiles), query: ["limit"]) { call in
                let lines = try await desk.worklist(site: call.author.site, limit: try call.limit())
                let shown = try await views(lines.map(\.observation), call)
                return try .json(
                    zip(lines, shown).map { line, observation in
                        var observation = observation
                        observation.state = .waiting
                        return WorklistLineView(
                            requestNumber: line.requestNumber, priority: line.priority, patientName: line.patientName,
                            observation: observation, sex: line.sex, birthDate: line.birthDate)
                    })
            },
            Route("GET", "/v1/worklist/counts", .needs(.readFiles)) { call in
                let counts = try await desk.worklistCounts(site: call.author.site)
                return try .json(
                    WorklistCountsView(tubes: counts.tubes, urgent: counts.urgent, held: counts.held))
            },
            Route("POST", "/v1/requests/:ref/rework", .needs(.operateAnalyzers)) { call in
                let body = try call.decoded(ReworkBody.self)
                let rework = Rework(
                    observationID: body.observation, isDiluted: body.diluted, reason: body.reason)
                let made = try await desk.noteRework(rework, of: call.parameter("ref"), by: call.author)
                return try .json(ReworkView(made, call), status: 201)
            },
            Route("POST", "/v1/requests/:ref/validate", .needs(.validateTechnically)) { call in
                let body = try call.decoded(ValidateBody.self)
                let reference = call.parameter("ref")
                let chosen = try await observations(of: reference, body)
                let made = try await desk.validate(chosen, of: reference, reason: body.reason, by: call.author)
                return try .json(made.map { ObservationEventView($0, in: call.zone) })
            },
            Route("POST", "/v1/requests/:ref/reject", .needs(.validateTechnically)) { call in
                let body = try call.decoded(RejectBody.self)
                let event = try await desk.reject(
                    body.observation, of: call.parameter("ref"), reason: body.reason, by: call.author)
                return try .json(ObservationEventView(event, in: call.zone))
            },
            Route("POST", "/v1/requests/:ref/withdraw", .needs(.validateTechnically)) { call in
                let body = try call.decoded(WithdrawBody.self)
                let made = try await desk.withdraw(
                    body.observations, of: call.parameter("ref"), reason: body.reason, own: body.own == true,
                    by: call.author)
                return try .json(made.map { ObservationEventView($0, in: call.zone) })
            },
            Route("POST", "/v1/requests/:ref/comment", .needs(.enterResult)) { call in
                let body = try call.decoded(CommentBody.self)
                let made = try await desk.comment(
                    body.code, on: body.observation, of: call.parameter("ref"), by: call.author)
                return try .json(view(made, call), status: 201)
            },
            Route("POST", "/v1/requests/:ref/results", .needs(.enterResult)) { call in
                let body = try call.decoded(ResultBody.self)
                let typed = try value(of: body)
                let request = try isTypedTwice(body) ? try await known(call) : nil
                if let request {
                    try firstReadings.compare(typed, body.analysis, request.id, by: call.author, at: call.now)
                }
                let made = try await desk.enter(
                    typed, analysis: body.analysis, of: call.parameter("ref"), comment: body.comment,
                    seen: body.seen, by: call.author)
                if let request { firstReadings.forget(body.analysis, request.id, by: call.author) }
                return try .json(view(made, state: .waiting, call), status: 201)
            },
            Route("POST", "/v1/requests/:ref/readings", .needs(.enterResult)) { call in
                let body = try call.decoded(ResultBody.self)
                let typed = try value(of: body)
                guard try isTypedTwice(body) else {
                    throw Refusal(
                        "enter.once", at: body.analysis, because: "ce résultat ne se saisit qu'une fois",
                        remedy: "le saisir (results)")
                }
                let request = try await known(call)
                guard request.lines.contains(where: { $0.analysis == body.analysis }) else {
                    throw Refusal(
                        "enter.unrequested", at: body.analysis,
                        because: "l'analyse n'est pas demandée dans ce dossier",
                        remedy: "l'ajouter d'abord à la demande (request change --add)")
                }
                try EnteredValue.check(typed, for: try desk.catalogue.required(body.analysis))
                let until = firstReadings.hold(typed, body.analysis, request.id, by: call.author, at: call.now)
                return try .json(
                    FirstReadingView(analysis: body.analysis, heldUntil: call.moment(until)), status: 201)
            },
        ]
    }

    /// The observations named, or for `all` those that stand for their analysis and nobody judged yet.
    private func observations(of reference: String, _ body: ValidateBody) async throws -> [String] {
        if let named = body.observations, body.all != true {
            guard !named.isEmpty else {
                throw Refusal(
                    "body.missing", at: "observations", because: "aucun résultat nommé",
                    remedy: "donner des identifiants, ou all: true")
            }
            return named
        }
        guard body.all == true, body.observations == nil else {
            throw Refusal(
                "body.choice", at: "observations", because: "il faut « observations » ou « all: true », pas les deux",
                remedy: "choisir l'un")
        }
        let request = try await desk.request(reference)
        let events = try await desk.store.observationEvents(requestID: request.id)
        let judged = Chosen.lastEvents(events)
        let all = try await desk.store.observations(requestID: request.id)
        let waiting = Chosen.observations(all, events: events).values.filter {
            (judged[$0.id]?.kind ?? .withdrawn) == .withdrawn
        }
        guard !waiting.isEmpty else {
            throw Refusal(
                "tech.nothing", at: request.number, because: "rien à valider dans ce dossier",
                remedy: "passer au dossier suivant (paillasse worklist)")
        }
        return waiting.map(\.id).sorted()
    }

    private func known(_ call: Call) async throws -> Request {
        let reference = call.parameter("ref")
        let request = try await desk.request(reference)
        guard call.sees(request.site) else { throw LaboratoryAPI.absent("request.unknown", "demande", reference) }
        return request
    }

    /// A blood group and the like: one typing is not enough, whoever calls. Not performed is no value to check.
    private func isTypedTwice(_ body: ResultBody) throws(Refusal) -> Bool {
        let analysis = try desk.catalogue.required(body.analysis)
        return desk.shelf.pack.policy.isTypedTwice(analysis) && body.notPerformed == nil
    }

    private func value(of body: ResultBody) throws(Refusal) -> ObservationValue {
        let given = [body.value, body.text, body.code, body.notPerformed].count { $0 != nil }
        guard given == 1 else {
            throw Refusal(
                "body.choice", because: "il faut exactement un de value, text, code, notPerformed",
                remedy: "n'en garder qu'un")
        }
        if let text = body.text { return .text(text) }
        if let code = body.code {
            return .coded(code, display: body.display ?? code)
                .worded(for: try desk.catalogue.required(body.analysis))
        }
        if let reason = body.notPerformed { return .notPerformed(reason: reason) }
        guard let measured = Measured(typed: body.value ?? "") else {
            throw Refusal(
                "result.value", at: "value", because: "ce n'est pas un nombre mesuré",
                remedy: "l'écrire en chiffres, sans exposant : 4.20 ou <0.5 ; pour des mots, « text »")
        }
        return .measured(measured, unit: try desk.catalogue.required(body.analysis).unit)
    }

    var triageRoutes: [Route] {
        [
            Route("GET", "/v1/triage", .needs(.readFiles), query: ["all", "limit"]) { call in
                let all = call.query["all"] == "true"
                let entries = try await desk.store.triage(
                    site: call.author.site, open: !all, limit: try call.limit())
                var views = [TriageView]()
                for entry in entries {
                    let closed = all ? try await desk.store.triageResolution(entry.id) : nil
                    views.append(TriageView(entry, closed, call))
                }
                return try .json(views)
            },
            Route("GET", "/v1/triage/:id", .needs(.readFiles)) { call in
                let id = call.parameter("id")
                guard let entry = try await desk.store.triageEntry(id), call.sees(entry.site) else {
                    throw LaboratoryAPI.absent("triage.unknown", "entrée de triage", id)
                }
                let closed = try await desk.store.triageResolution(id)
                return try .json(TriageView(entry, closed, call))
            },
            Route("POST", "/v1/triage/:id/attach", .needs(.resolveTriage)) { call in
                let body = try call.decoded(AttachBody.self)
                let made = try await desk.attach(
                    call.parameter("id"), to: body.accession, reason: body.reason, by: call.author)
                return try .json(view(made, state: .waiting, call), status: 201)
            },
            Route("POST", "/v1/triage/:id/dismiss", .needs(.resolveTriage)) { call in
                let body = try call.decoded(DismissBody.self)
                try await desk.dismiss(call.parameter("id"), reason: body.reason, by: call.author)
                return try .json(Done())
            },
        ]
    }

    static func absent(_ code: String, _ what: String, _ id: String) -> Refusal {
        Refusal(code, at: id, because: "\(what) introuvable", remedy: "vérifier l'identifiant")
    }
}

extension TriageView {
    init(_ entry: TriageEntry, _ closed: TriageResolution?, _ call: Call) {
        self.init(
            id: entry.id, analyzer: entry.analyzer, messageID: entry.messageID, ordinal: entry.ordinal,
            reason: entry.reason.rawValue, explanation: entry.explanation, at: call.moment(entry.at))
        if let incoming = entry.incoming {
            accession = incoming.accession
            instrumentCode = incoming.instrumentCode
            analysis = incoming.analysis
            rawText = incoming.rawText
            rawUnit = incoming.rawUnit
            flags = incoming.instrumentFlags + incoming.unknownFlags
            observedAt = incoming.observedAt.map(call.moment)
        }
        resolution =
            switch closed?.kind {
            case .attached: "rattaché"
            case .dismissed: "écarté"
            case nil: nil
            }
        resolvedBy = closed?.author
    }
}

extension ReworkView {
    init(_ said: SaidRework, _ call: Call) {
        self.init(
            observation: said.rework.observationID, diluted: said.rework.isDiluted, reason: said.rework.reason,
            author: said.author, at: call.moment(said.at))
    }
}
