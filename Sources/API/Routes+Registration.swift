import Base
import Catalog
import Client
import Laboratory
import Store
import Workflow

extension LaboratoryAPI {
    var staffRoutes: [Route] {
        [
            Route("POST", "/v1/logout", .signedIn) { call in
                try await accounts.logout(call.tokenHash, by: call.author)
                return try .json(Done())
            },
            Route("GET", "/v1/whoami", .signedIn) { call in
                let permissions = Permission.allCases.filter { call.author.role.permissions.contains($0) }
                return try .json(
                    WhoView(
                        login: call.author.login, role: call.author.role, name: call.account.name,
                        site: call.author.site, permissions: permissions, zone: desk.sites[call.author.site]?.zone))
            },
            Route("GET", "/v1/drafts/key", .signedIn) { call in
                try .json(DraftKeyView(key: accounts.draftKey(of: call.author.login)))
            },
            Route("POST", "/v1/secret", .signedIn) { call in
                try await accounts.changeSecret(try call.decoded(SecretBody.self), from: call.peer, by: call.author)
                return try .json(Done())
            },
            Route("POST", "/v1/pin", .needs(.sign)) { call in
                try await accounts.choosePIN(try call.decoded(PINBody.self), from: call.peer, by: call.author)
                return try .json(Done())
            },
            Route("GET", "/v1/accounts", .needs(.administer)) { call in
                try .json(try await accounts.accounts(by: call.author).map { AccountView($0) })
            },
            Route("POST", "/v1/accounts", .needs(.administer)) { call in
                let body = try call.decoded(AccountBody.self)
                return try .json(AccountView(try await accounts.add(body, by: call.author)), status: 201)
            },
            Route("PUT", "/v1/accounts/:login", .needs(.administer)) { call in
                let body = try call.decoded(AccountChange.self)
                return try .json(
                    AccountView(try await accounts.change(call.parameter("login"), body, by: call.author)))
            },
        ]
    }

    var registrationRoutes: [Route] {
        [
            Route("POST", "/v1/patients", .needs(.register)) { call in
                let draft = try PatientDraft(call.decoded(PatientBody.self), call)
                return try .json(
                    PatientView(try await desk.registerPatient(draft, by: call.author), in: call.zone), status: 201)
            },
            Route("GET", "/v1/patients", .needs(.readFiles), query: ["search", "limit"]) { call in
                let search = PatientSearch(site: call.author.site, text: call.query["search"])
                let found = try await desk.store.patients(search, limit: try call.limit())
                return try .json(found.map { PatientView($0, in: call.zone) })
            },
            Route("GET", "/v1/patients/:id", .needs(.readFiles)) { call in
                let patient = try await desk.patient(call.parameter("id"))
                guard call.sees(patient.site) else {
                    throw LaboratoryAPI.absent("patient.unknown", "patient", patient.id)
                }
                return try .json(PatientView(patient, in: call.zone))
            },
            Route("PUT", "/v1/patients/:id", .needs(.register)) { call in
                let body = try call.decoded(PatientChangeBody.self)
                let changed = try await desk.updatePatient(
                    call.parameter("id"), lifting: Set(body.notOpposed ?? []), by: call.author
                ) { old throws(Refusal) in try PatientDraft(old, body, call) }
                return try .json(PatientView(changed, in: call.zone))
            },
            Route("POST", "/v1/requests", .needs(.register)) { call in
                let draft = try RequestDraft(call.decoded(RequestBody.self), call)
                let made = try await desk.registerRequest(draft, by: call.author)
                return try await registered(made, call)
            },
            Route("POST", "/v1/requests/:ref/lines", .needs(.register)) { call in
                let body = try call.decoded(AddLinesBody.self)
                let made = try await desk.addAnalyses(body.codes, to: call.parameter("ref"), by: call.author)
                return try await registered(made, call)
            },
            Route("PUT", "/v1/requests/:ref/clinical", .needs(.register)) { call in
                let body = try call.decoded(ClinicalBody.self)
                let facts = try ClinicalFacts(body, today: CivilTime(call.now, in: call.zone).date)
                let changed = try await desk.setClinical(
                    facts, of: call.parameter("ref"), reason: body.reason ?? "", by: call.author)
                let patient = try await desk.patient(changed.request.patientID)
                return try .json(RequestView(changed.request, patient: patient, in: call.zone))
            },
            Route("PUT", "/v1/requests/:ref/addressees", .needs(.register)) { call in
                let body = try call.decoded(AddresseesBody.self)
                var others: [Professional]?
                if let recipients = body.recipients { others = try recipients.map { try $0.professional() } }
                let changed = try await desk.setAddressees(
                    others, encounter: body.encounter, of: call.parameter("ref"), by: call.author)
                let patient = try await desk.patient(changed.patientID)
                return try .json(RequestView(changed, patient: patient, in: call.zone))
            },
            Route("GET", "/v1/requests", .needs(.readFiles), query: ["limit"]) { call in
                let found = try await desk.store.requests(site: call.author.site, limit: try call.limit())
                var views = [RequestView]()
                var patients = [String: Patient]()
                for request in found {
                    if patients[request.patientID] == nil {
                        patients[request.patientID] = try await desk.store.patient(request.patientID)
                    }
                    var view = RequestView(request, patient: patients[request.patientID], in: call.zone)
                    let tubes = try await desk.store.specimens(requestID: request.id)
                    view.awaited = tubes.filter { $0.receivedAt == nil }.map(\.accession)
                    views.append(view)
                }
                return try .json(views)
            },
            Route("GET", "/v1/requests/:ref", .needs(.readFiles)) { call in
                try .json(try await requestFile(call.parameter("ref"), call))
            },
            Route("POST", "/v1/specimens/:accession/receive", .needs(.receive)) { call in
                let body = try call.decoded(ReceiveBody.self)
                let received = try await desk.receive(
                    call.parameter("accession"), collectedAt: try call.instant(body.collectedAt, at: "collectedAt"),
                    nonconformity: body.nonconformity, by: call.author)
                return try .json(SpecimenView(received, in: call.zone))
            },
        ]
    }

    /// A request of a site that the caller sees.
    func request(_ reference: String, _ call: Call) async throws -> Request {
        let request = try await desk.request(reference)
        guard call.sees(request.site) else { throw LaboratoryAPI.absent("request.unknown", "demande", reference) }
        return request
    }

    /// Each with what it says otherwise than the one before.
    private func views(of signatures: [Signature], _ observations: [Observation], _ call: Call) -> [SignatureView] {
        let names = Dictionary(observations.map { ($0.id, $0.analysis) }) { first, _ in first }
        let ordered = signatures.sorted { $0.version < $1.version }
        return zip(ordered, [nil] + ordered.map(Optional.some)).map { signature, before in
            var view = SignatureView(signature, in: call.zone)
            view.changes = before.map { signature.changes(since: $0, zone: call.zone) { names[$0] } }
            return view
        }
    }

    func requestFile(_ reference: String, _ call: Call) async throws -> RequestFileView {
        let request = try await request(reference, call)
        let patient = try await desk.patient(request.patientID)
        let stored = try await desk.store.observations(requestID: request.id)
        let remarked = try await desk.told(stored, of: request)
        let observations = try await desk.standing(remarked, at: desk.now())
        let events = try await desk.store.observationEvents(requestID: request.id)
        let signatures = try await desk.store.signatures(requestID: request.id)
        let specimens = try await desk.store.specimens(requestID: request.id)
        let last = Chosen.lastEvents(events)
        let signed = Set(signatures.flatMap(\.observationIDs))
        let reworks = try await desk.reworks(of: request)
        var answer = RequestFileView(
            request: RequestView(request, patient: patient, in: call.zone),
            patient: PatientView(patient, in: call.zone),
            specimens: specimens.map { SpecimenView($0, in: call.zone) },
            observations: observations.map { observation in
                let state: ObservationView.State =
                    switch last[observation.id]?.kind {
                    case .rejected: .rejected
                    case .technicallyValidated: signed.contains(observation.id) ? .signed : .validated
                    case .withdrawn, nil: .waiting
                    }
                return view(observation, state: state, call)
            },
            events: events.map { ObservationEventView($0, in: call.zone) },
            signatures: views(of: signatures, stored, call))
        if !reworks.isEmpty { answer.reworks = reworks.map { ReworkView($0, call) } }
        answer.withdrawal = try await withdrawal(of: request, call)
        return answer
    }

    func withdrawal(of request: Request, _ call: Call) async throws -> WithdrawalView? {
        try await desk.withdrawal(of: request).map {
            WithdrawalView(at: call.moment($0.at), by: $0.author, reason: $0.act.reason)
        }
    }

    func view(_ observation: Observation, state: ObservationView.State? = nil, _ call: Call) -> ObservationView {
        ObservationView(observation, name: desk.catalogue[observation.analysis]?.nameFR, state: state, in: call.zone)
    }
}

extension PatientDraft {
    init(_ body: PatientBody, _ call: Call) throws(Refusal) {
        self.init(status: body.status, traits: body.traits.traits)
        ipp = body.ipp
        attributes = body.attributes
        ins = body.ins
        usedName = body.usedName
        usedGivenName = body.usedGivenName
        birthTime = try call.instant(body.birthTime, at: "birthTime")
        address = body.address?.address
        phone = body.phone
        legalRepresentative = body.legalRepresentative
        opposedToDMP = body.opposedToDMP
        administrative = try body.administrative.map { body throws(Refusal) in try AdministrativeFile(body, call) }
    }
}

extension AdministrativeFile {
    fileprivate init(_ body: AdministrativeBody, _ call: Call) throws(Refusal) {
        self.init()
        mail = body.mail
        familyDoctor = try body.familyDoctor?.professional()
        familyDoctorGetsReports = body.familyDoctorGetsReports ?? true
        representatives = (body.representatives ?? []).map(\.representative)
        otherAddresses = (body.otherAddresses ?? []).map(\.address)
        oppositions = try (body.oppositions ?? []).map { body throws(Refusal) in try Opposition(body, call) }
    }
}

extension RequestDraft {
    init(_ body: RequestBody, _ call: Call) throws(Refusal) {
        self.init(patientID: body.patientID, codes: body.codes, prescriber: try body.prescriber.professional())
        var others = [Professional]()
        for recipient in body.recipients ?? [] { others.append(try recipient.professional()) }
        recipients = others
        prescribedOn = body.prescribedOn
        priority = body.priority
        encounter = body.encounter
        note = body.note
        let today = CivilTime(call.now, in: call.zone).date
        if let body = body.clinical { clinical = try ClinicalFacts(body, today: today) }
        collectedAt = try call.instant(body.collectedAt, at: "collectedAt")
    }
}

extension ClinicalFacts {
    init(_ body: ClinicalBody, today: CivilDate) throws(Refusal) {
        func number(_ text: String?, _ at: String) throws(Refusal) -> Exact? {
            guard let text else { return nil }
            if let number = Exact(text) { return number }
            throw Refusal(
                "request.clinical", at: at, because: "« \(text) » n'est pas un nombre",
                remedy: "écrire par exemple 70.5")
        }
        self.init()
        for word in body.contexts ?? [] {
            guard let known = ClinicalContext(rawValue: word) else {
                throw Refusal(
                    "request.clinical", at: "contexts", because: "contexte inconnu « \(word) »",
                    remedy: "employer : " + ClinicalContext.allCases.map(\.rawValue).joined(separator: ", "))
            }
            if known == .pregnancy {
                pregnancy = Pregnancy(weeks: nil, on: today)
            } else {
                contexts.insert(known)
            }
        }
        if body.pregnant ?? false || body.weeks != nil {
            pregnancy = Pregnancy(weeks: body.weeks, on: body.weeksOn ?? today)
        }
        if let kilograms = try number(body.weight, "weight") {
            weight = Weight(kilograms: kilograms, on: body.weighedOn ?? today)
        }
        let litres = try number(body.urineVolume, "urineVolume"), hours = try number(body.urineHours, "urineHours")
        guard (litres == nil) == (hours == nil) else {
            throw Refusal(
                "request.clinical", at: "urineVolume", because: "un volume d'urines va avec sa durée de recueil",
                remedy: "donner les deux")
        }
        if let litres, let hours { urine = UrineCollection(litres: litres, hours: hours) }
    }
}

extension LaboratoryAPI {
    func registered(_ made: RegisteredRequest, _ call: Call) async throws -> Answer {
        let patient = try await desk.patient(made.request.patientID)
        return try .json(
            RegisteredView(
                request: RequestView(made.request, patient: patient, in: call.zone),
                specimens: made.specimens.map { SpecimenView($0, in: call.zone) }),
            status: 201)
    }
}
