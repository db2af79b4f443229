package import Base
package import Laboratory

// What the server shows of the laboratory. Instants are `Moment`s in the zone of the site.

package struct PatientView: Codable, Sendable, Hashable {
    package var id: String
    package var version: Int
    package var site: String
    package var ipp: String
    package var status: IdentityStatus
    package var attributes: [IdentityAttribute]
    package var traits: Traits
    package var ins: INS?
    package var usedName: String?
    package var usedGivenName: String?
    package var birthTime: Moment?
    package var address: PostalAddress?
    package var phone: String?
    package var legalRepresentative: String?
    package var opposedToDMP: Bool
    package var administrative: AdministrativeView?

    package init(_ patient: Patient, in zone: CivilZone) {
        administrative = patient.administrative.map { AdministrativeView($0, in: zone) }
        id = patient.id
        version = patient.version
        site = patient.site
        ipp = patient.ipp
        status = patient.status
        attributes = patient.attributes
        traits = patient.traits
        ins = patient.ins
        usedName = patient.usedName
        usedGivenName = patient.usedGivenName
        birthTime = patient.birthTime.map { Moment($0, in: zone) }
        address = patient.address
        phone = patient.phone
        legalRepresentative = patient.legalRepresentative
        opposedToDMP = patient.opposedToDMP
    }
    /// `DUPONT Marie`
    package var displayName: String { traits.birthName + " " + traits.firstGivenName }
}

package struct SpecimenView: Codable, Sendable, Hashable {
    package var accession: String
    package var version: Int
    package var requestID: String
    package var kind: String
    package var tube: String
    package var analyses: [String]
    package var collectedAt: Moment?
    package var receivedAt: Moment?
    package var nonconformity: String?
    package var nonconformityBy: String?
    package var nonconformityAt: Moment?

    package init(_ specimen: Specimen, in zone: CivilZone) {
        accession = specimen.accession
        version = specimen.version
        requestID = specimen.requestID
        kind = specimen.kind
        tube = specimen.tube
        analyses = specimen.analyses
        collectedAt = specimen.collectedAt.map { Moment($0, in: zone) }
        receivedAt = specimen.receivedAt.map { Moment($0, in: zone) }
        nonconformity = specimen.nonconformity
        nonconformityBy = specimen.nonconformityBy
        nonconformityAt = specimen.nonconformityAt.map { Moment($0, in: zone) }
    }
}

package struct RequestView: Codable, Sendable, Hashable {
    package var id: String
    package var version: Int
    package var site: String
    package var number: String
    package var patientID: String
    package var patientName: String?
    package var prescriber: Professional
    package var recipients: [Professional]
    package var prescribedOn: CivilDate
    package var registeredAt: Moment
    package var priority: Priority
    package var encounter: EncounterClass
    package var lines: [RequestLine]
    package var note: String?
    package var clinical: ClinicalFacts?
    /// In a list: tubes that reception has not seen yet.
    package var awaited: [String]?

    package init(_ request: Request, patient: Patient?, in zone: CivilZone) {
        id = request.id
        version = request.version
        site = request.site
        number = request.number
        patientID = request.patientID
        patientName = patient.map { $0.traits.birthName + " " + $0.traits.firstGivenName }
        prescriber = request.prescriber
        recipients = request.recipients
        prescribedOn = request.prescribedOn
        registeredAt = Moment(request.registeredAt, in: zone)
        priority = request.priority
        encounter = request.encounter
        lines = request.lines
        note = request.note
        clinical = request.clinical
    }
}

extension RequestView {
    /// What was declared with it: words, then pregnancy, treatments and the like; nil for nothing.
    package var declared: String? {
        let said = [note, clinical?.frenchText].compactMap { $0 }.filter { !$0.isEmpty }
        return said.isEmpty ? nil : said.joined(separator: " ; ")
    }
}

/// Answer to a registration: the request and the tubes to label.
package struct RegisteredView: Codable, Sendable, Hashable {
    package var request: RequestView
    package var specimens: [SpecimenView]
    package init(request: RequestView, specimens: [SpecimenView]) {
        self.request = request
        self.specimens = specimens
    }
}

package struct ObservationView: Codable, Sendable, Hashable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case waiting = "en attente"
        case validated = "validé technique"
        case signed = "signé"
        case rejected = "rejeté"
    }
    package var id: String
    package var requestID: String
    package var accession: String
    package var analysis: String
    package var analysisName: String?
    package var value: ObservationValue
    package var rawText: String
    package var instrumentFlags: [String]
    package var interval: AppliedInterval?
    package var flags: [ResultFlag]
    package var holds: [Hold]
    package var origin: Origin
    package var observedAt: Moment
    package var recordedAt: Moment
    package var run: Int
    package var comment: String?
    package var catalogueVersion: String
    package var state: State?
    /// `PROPOSABLE`: nothing holds it; else `RETENU`.
    package var outcome: String
    /// The call that a critical value waits for, or that was made.
    package var call: CriticalCallView?

    package init(
        _ observation: Observation, name: String? = nil, state: State? = nil, in zone: CivilZone
    ) {
        id = observation.id
        requestID = observation.requestID
        accession = observation.accession
        analysis = observation.analysis
        analysisName = name
        value = observation.value
        rawText = observation.rawText
        instrumentFlags = observation.instrumentFlags
        interval = observation.interval
        flags = observation.flags
        holds = observation.holds
        origin = observation.origin
        observedAt = Moment(observation.observedAt, in: zone)
        recordedAt = Moment(observation.recordedAt, in: zone)
        run = observation.run
        comment = observation.comment
        catalogueVersion = observation.catalogueVersion
        outcome = observation.holds.isEmpty ? "PROPOSABLE" : "RETENU"
        self.state = state
    }
}

package struct ObservationEventView: Codable, Sendable, Hashable {
    package var observationID: String
    package var ordinal: Int
    package var kind: ObservationEvent.Kind
    package var author: String
    package var at: Moment
    package var reason: String?
    package init(_ event: ObservationEvent, in zone: CivilZone) {
        observationID = event.observationID
        ordinal = event.ordinal
        kind = event.kind
        author = event.author
        at = Moment(event.at, in: zone)
        reason = event.reason
    }
}

package struct SignatureView: Codable, Sendable, Hashable {
    package var id: String
    package var requestID: String
    package var version: Int
    package var contentHash: String
    package var meaning: String
    package var account: String
    package var biologist: Professional
    package var at: Moment
    package var observationIDs: [String]
    package var complete: Bool
    package var amendment: Amendment?
    package var inLot: Bool?
    /// What it says otherwise than the version before, results aside; nil of the first one.
    package var changes: [SignedChange]?
    package init(_ signature: Signature, in zone: CivilZone) {
        amendment = signature.amendment
        inLot = signature.inLot
        id = signature.id
        requestID = signature.requestID
        version = signature.version
        contentHash = signature.contentHash
        meaning = signature.meaning
        account = signature.account
        biologist = signature.biologist
        at = Moment(signature.at, in: zone, milliseconds: true)
        observationIDs = signature.observationIDs
        complete = signature.complete
    }
}

/// A report that was taken back.
package struct WithdrawalView: Codable, Sendable, Hashable {
    package var at: Moment
    package var by: String
    package var reason: String
    package init(at: Moment, by: String, reason: String) {
        self.at = at
        self.by = by
        self.reason = reason
    }
}

/// Everything of one request.
package struct RequestFileView: Codable, Sendable, Hashable {
    package var request: RequestView
    package var patient: PatientView
    package var specimens: [SpecimenView]
    package var observations: [ObservationView]
    package var events: [ObservationEventView]
    package var signatures: [SignatureView]
    /// What the last signature sent was taken back.
    package var withdrawal: WithdrawalView?
    /// Reruns and dilutions that a person makes; none: left out.
    package var reworks: [ReworkView]?
    package init(
        request: RequestView, patient: PatientView, specimens: [SpecimenView], observations: [ObservationView],
        events: [ObservationEventView], signatures: [SignatureView]
    ) {
        self.request = request
        self.patient = patient
        self.specimens = specimens
        self.observations = observations
        self.events = events
        self.signatures = signatures
    }
}

/// A rerun or a dilution that a person makes, since the analyzer takes no order for it.
package struct ReworkView: Codable, Sendable, Hashable {
    package var observation: String
    package var diluted: Bool
    package var reason: String
    package var author: String
    package var at: Moment
    package init(observation: String, diluted: Bool, reason: String, author: String, at: Moment) {
        self.observation = observation
        self.diluted = diluted
        self.reason = reason
        self.author = author
        self.at = at
    }
}

/// Tubes that wait for a technician, counted whole.
package struct WorklistCountsView: Codable, Sendable, Hashable {
    package var tubes: Int
    package var urgent: Int
    package var held: Int
    package init(tubes: Int, urgent: Int, held: Int) {
        self.tubes = tubes
        self.urgent = urgent
        self.held = held
    }
}

package struct WorklistLineView: Codable, Sendable, Hashable {
    package var requestNumber: String
    package var priority: Priority
    package var patientName: String
    package var observation: ObservationView
    package var sex: AdministrativeSex?
    package var birthDate: CivilDate?
    package init(
        requestNumber: String, priority: Priority, patientName: String, observation: ObservationView,
        sex: AdministrativeSex? = nil, birthDate: CivilDate? = nil
    ) {
        self.requestNumber = requestNumber
        self.priority = priority
        self.patientName = patientName
        self.observation = observation
        self.sex = sex
        self.birthDate = birthDate
    }
}

package struct PreviousResultView: Codable, Sendable, Hashable {
    package var analysis: String
    package var value: ObservationValue
    package var observedAt: Moment
    /// True when the report does not say it: not all its readers may see the report that it comes from.
    package var keptBack: Bool?
    package init(_ previous: PreviousResult, in zone: CivilZone) {
        keptBack = previous.isKeptBack ? true : nil
        analysis = previous.analysis
        value = previous.value
        observedAt = Moment(previous.takenAt, in: zone)
    }
}

/// A file as the biologist reads it before signing.
package struct FileToSignView: Codable, Sendable, Hashable {
    package var request: RequestView
    package var patient: PatientView
    package var specimens: [SpecimenView]
    package var observations: [ObservationView]
    package var previous: [PreviousResultView]
    package var missing: [String]
    package var fresh: [String]
    package var nextVersion: Int
    /// SHA-256 of what a signature would cover, to give back with it.
    package var contentHash: String
    package var lane: SignLane
    /// Why it is signed alone; empty for what may be signed by lot.
    package var obstacles: [String]
    /// What was signed is not said any more.
    package var isAmendment: Bool
    /// Comments as the report would say them.
    package var comments: [String]
    /// What else the report says beside its results, a few words each.
    package var supplements: [String]
    /// … and it changed since the last signature.
    package var hasFreshSupplements: Bool
    /// What the last signature covers and that is said otherwise now.
    package var changes: [SignedChange]
    /// The obstacles as they are told in another language.
    package var reasons: [SignObstacle]
    /// Validated results that the draft leaves for another signature.
    package var left: [ObservationView]
    /// Analyses of both, in the order of the report.
    package var order: [String]
    /// What the last signature sent was taken back.
    package var withdrawal: WithdrawalView?
    package init(
        request: RequestView, patient: PatientView, specimens: [SpecimenView], observations: [ObservationView],
        previous: [PreviousResultView], missing: [String], fresh: [String], nextVersion: Int, contentHash: String,
        lane: SignLane, obstacles: [String], isAmendment: Bool, comments: [String], supplements: [String] = [],
        hasFreshSupplements: Bool = false, changes: [SignedChange] = [], reasons: [SignObstacle] = [],
        left: [ObservationView] = [], order: [String] = []
    ) {
        self.order = order
        self.changes = changes
        self.reasons = reasons
        self.left = left
        self.lane = lane
        self.obstacles = obstacles
        self.isAmendment = isAmendment
        self.comments = comments
        self.supplements = supplements
        self.hasFreshSupplements = hasFreshSupplements
        self.request = request
        self.patient = patient
        self.specimens = specimens
        self.observations = observations
        self.previous = previous
        self.missing = missing
        self.fresh = fresh
        self.nextVersion = nextVersion
        self.contentHash = contentHash
    }

    package var standing: SignStanding {
        SignStanding(
            isFresh: !fresh.isEmpty || hasFreshSupplements, isAmendment: isAmendment, nextVersion: nextVersion,
            rejected: rejected.map(\.analysis), isEmpty: observations.isEmpty, isWithdrawn: withdrawal != nil)
    }
    /// Analyses whose critical value somebody was told of.
    package var told: Set<String> {
        Set(observations.filter { $0.call.map { $0.state != .open } ?? false }.map(\.analysis))
    }
    /// Results whose control is rejected now.
    package var rejected: [ObservationView] {
        observations.filter { $0.holds.contains { $0.code == .qualityControlRejected } }
    }
}

/// One line of the biologist's list.
package struct SignableLineView: Codable, Sendable, Hashable {
    package var requestNumber: String
    package var requestID: String
    package var priority: Priority
    package var patientName: String
    package var registeredAt: Moment
    /// Results that a signature would hold, and those among them that none holds yet.
    package var results: Int
    package var fresh: Int
    package var missing: [String]
    /// Analyses with a critical value.
    package var critical: [String]
    package var nextVersion: Int
    package var contentHash: String
    package var lane: SignLane
    package var obstacles: [String]
    /// Sections of the catalogue that its results are of.
    package var sections: [String]
    /// The obstacles as they are told in another language.
    package var reasons: [SignObstacle]
    package init(
        requestNumber: String, requestID: String, priority: Priority, patientName: String, registeredAt: Moment,
        results: Int, fresh: Int, missing: [String], critical: [String], nextVersion: Int, contentHash: String,
        lane: SignLane, reasons: [SignObstacle], sections: [String]
    ) {
        self.reasons = reasons
        self.sections = sections
        self.lane = lane
        obstacles = reasons.map(\.frenchText)
        self.requestNumber = requestNumber
        self.requestID = requestID
        self.priority = priority
        self.patientName = patientName
        self.registeredAt = registeredAt
        self.results = results
        self.fresh = fresh
        self.missing = missing
        self.critical = critical
        self.nextVersion = nextVersion
        self.contentHash = contentHash
    }
}
