package import Base
package import Laboratory

/// Why the store did not do it.
package enum StoreFailure: Error, Sendable, Equatable {
    /// A fact with this key is already there: somebody else was first. Nothing of the append was kept.
    case conflict(key: String)
    /// The engine is away, the disk is full…: nothing of the append was kept, or it is not known; try again later.
    case unavailable(Refusal)
}

package struct PatientSearch: Sendable, Hashable {
    package var site: String?
    /// Beginning of the birth or used name, of the IPP, or the whole matricule; nil for all.
    package var text: String?
    package init(site: String? = nil, text: String? = nil) {
        self.site = site
        self.text = text
    }
}

/// Numbers that every screen shows.
package struct StoreCounts: Codable, Sendable, Hashable {
    package var patients = 0
    package var requests = 0
    package var messages = 0
    package var observations = 0
    package var controls = 0
    /// Waiting for an interpretation.
    package var messagesPending = 0
    package var triageOpen = 0
    package var triageTotal = 0
    package var awaitingTechnical = 0
    package var awaitingSignature = 0
    /// Of these, files whose signed content is said otherwise since; a store leaves it to the workflow.
    package var signedOtherwise = 0
    package var signatures = 0
    package var reports = 0
    package var deliveriesAccepted = 0
    package var deliveriesWaiting = 0
    package var deliveriesRefused = 0
    package var dmpAccepted = 0
    package init() {}
}

/// The contract: facts in, questions answered. No SQL stands here. Three stores obey it and pass the same tests:
/// memory, SQLite, PostgreSQL.
///
/// - Appends are atomic and durable when they return (SQLite `synchronous=FULL`, PostgreSQL `synchronous_commit=on`);
///   concurrent appends may share one commit. A conflict in one never fails another.
/// - Queries see every append that returned before they were asked.
/// - "Latest" of a versioned fact is its highest version.
/// - Lists are in the order said; `site` nil means all sites.
package protocol LaboratoryStore: Sendable {
    /// Inserts all of `facts` and one audit entry in one transaction. With `note` nil no audit entry is written: only
    /// for journal frames and session marks, which are their own trace, and for delivery attempts. A fact that must
    /// have one (`Fact.Kind.alwaysAttested`) is refused without: `unavailable`, code `store.note`.
    func append(_ facts: [Fact], note: AuditNote?) async throws(StoreFailure)
    /// Next number of a series, 1, 2…: durable, never given twice; a gap is allowed.
    func nextNumber(of series: String) async throws(StoreFailure) -> Int

    // Staff
    func account(_ login: String) async throws(StoreFailure) -> Account?
    func accounts() async throws(StoreFailure) -> [Account]
    /// The token of this hash unless revoked (expiry is the caller's business).
    func token(_ hash: String) async throws(StoreFailure) -> AccessToken?

    // Patients, requests, specimens (latest versions)
    func patient(_ id: String) async throws(StoreFailure) -> Patient?
    /// All versions, oldest first.
    func patientVersions(_ id: String) async throws(StoreFailure) -> [Patient]
    /// By birth name, then given name.
    func patients(_ search: PatientSearch, limit: Int) async throws(StoreFailure) -> [Patient]
    func request(_ id: String) async throws(StoreFailure) -> Request?
    func request(number: String) async throws(StoreFailure) -> Request?
    /// Newest first.
    func requests(site: String?, limit: Int) async throws(StoreFailure) -> [Request]
    func requests(ids: [String]) async throws(StoreFailure) -> [Request]
    func specimen(_ accession: String) async throws(StoreFailure) -> Specimen?
    func specimens(requestID: String) async throws(StoreFailure) -> [Specimen]
    /// Those of these numbers, in any order.
    func specimens(accessions: [String]) async throws(StoreFailure) -> [Specimen]

    // Observations
    func observation(_ id: String) async throws(StoreFailure) -> Observation?
    /// Of a request, by analysis then run.
    func observations(requestID: String) async throws(StoreFailure) -> [Observation]
    /// Events of all observations of a request, by observation then ordinal.
    func observationEvents(requestID: String) async throws(StoreFailure) -> [ObservationEvent]
    /// Observations without any event; of urgent requests first, then oldest first.
    func observationsAwaitingTechnicalValidation(site: String?, limit: Int) async throws(StoreFailure) -> [Observation]
    /// Ids of requests that have an observation whose last event is `technicallyValidated` and that no signature holds,
    /// or a signature whose content may have changed since (`Reopening.swift`). In the order of the biologist's queue
    /// (`SignRank`), as far as the facts tell it, so that a limit cuts nothing grave: critical, then held; in each
    /// urgent first, then the gravest reason, then oldest first. `doubted`: analyses whose control is rejected now.
    func requestsAwaitingSignature(
        site: String?, limit: Int, doubted: Set<String>
    ) async throws(StoreFailure) -> [String]
    /// Of these, those that have a signature whose content may have changed: whether it has is the workflow's to judge.
    func requestsUnderReview(site: String?, limit: Int) async throws(StoreFailure) -> [String]
    /// Ids of the requests that have a result of this patient, whatever became of it, in their order.
    func requests(withResultsOf patientID: String) async throws(StoreFailure) -> [String]
    /// Of these, those with a result of one of these analyses that no signature holds, whatever became of it.
    func requests(withUnsignedResultsOf patientID: String, analyses: [String]) async throws(StoreFailure) -> [String]
    /// For each analysis, the `depth` observations most recently observed before `before` on other requests of this
    /// patient that a signature holds, newest first.
    func previousSigned(
        patientID: String, analyses: [String], before: Instant, excludingRequest: String, depth: Int
    ) async throws(StoreFailure) -> [Observation]
    /// Of a patient, those whose last event is `technicallyValidated`, observed in [`from`, `before`): the newest
    /// `limit`, newest first.
    func history(patientID: String, analysis: String, from: Instant, before: Instant, limit: Int)
        async throws(StoreFailure) -> [Observation]
    /// The same of several analyses at once, by analysis; those without any are left out.
    func histories(patientID: String, analyses: [String], from: Instant, before: Instant, limit: Int)
        async throws(StoreFailure) -> [String: [Observation]]
    /// Of one analysis on one analyzer (`Observation.controlledOn`), observed in [`from`, `through`], oldest first.
    func observations(analyzer: String, analysis: String, from: Instant, through: Instant)
        async throws(StoreFailure) -> [Observation]
    /// How a result was judged, by ordinal.
    func evaluations(observationID: String) async throws(StoreFailure) -> [EvaluationRecord]
    /// The last judgement of each of these results, in any order; left out where that is before `ordinal`.
    func standingEvaluations(of observationIDs: [String], from ordinal: Int)
        async throws(StoreFailure) -> [EvaluationRecord]
    /// Judgements in [`from`, `before`), by instant, observation, ordinal; those behind `last` when it is given.
    func evaluations(from: Instant, before: Instant, behind last: EvaluationRecord?, limit: Int)
        async throws(StoreFailure) -> [EvaluationRecord]

    // Registers
    /// Entries of a subject, by ordinal.
    func register(_ register: Register, site: String, subject: String) async throws(StoreFailure) -> [RegisterEntry]
    /// Entries of a register, newest first.
    func register(_ register: Register, site: String, limit: Int) async throws(StoreFailure) -> [RegisterEntry]

    // Journal
    /// Sessions without an end: what a restart finds.
    func openSessions() async throws(StoreFailure) -> [LinkSession]
    func frames(sessionID: String) async throws(StoreFailure) -> [JournalFrame]
    func messages(sessionID: String) async throws(StoreFailure) -> [ReceivedMessage]
    func message(_ id: String) async throws(StoreFailure) -> ReceivedMessage?
    /// Without outcome, oldest first (by `at`, then id).
    func messagesAwaitingInterpretation(limit: Int) async throws(StoreFailure) -> [ReceivedMessage]
    /// A complete message of this analyzer with this text hash, other than `excluding`, whose results were taken: when
    /// it came, or later, by a replay that closed its entry as a whole (triage ordinal −1).
    func interpretedMessage(analyzer: String, textHash: String, excluding: String) async throws(StoreFailure) -> String?
    /// Newest first.
    func messages(analyzer: String?, limit: Int) async throws(StoreFailure) -> [ReceivedMessage]
    func outcome(messageID: String) async throws(StoreFailure) -> MessageOutcome?
    /// Newest first.
    func controls(analyzer: String?, limit: Int) async throws(StoreFailure) -> [ControlObservation]
    /// Every (analyzer, analysis) that a control was ever measured of, by analyzer, then analysis.
    func controlledAssays(site: String) async throws(StoreFailure) -> [(analyzer: String, analysis: String)]
    /// Every (analyzer, analysis) of which a result waits for the technician or for a signature, by analyzer, then
    /// analysis.
    func waitingAssays(site: String) async throws(StoreFailure) -> [(analyzer: String, analysis: String)]
    /// Of one analysis on one analyzer, observed in [`from`, `before`): the newest `limit`, newest first.
    func controls(analyzer: String, analysis: String, from: Instant, before: Instant, limit: Int)
        async throws(StoreFailure) -> [ControlObservation]

    // Orders to analyzers
    func order(_ id: String) async throws(StoreFailure) -> AnalyzerOrder?
    /// Of one tube, by analyzer then ordinal.
    func orders(accession: String) async throws(StoreFailure) -> [AnalyzerOrder]
    /// Newest first.
    func orders(analyzer: String, limit: Int) async throws(StoreFailure) -> [AnalyzerOrder]
    /// Neither acknowledged, refused nor withdrawn, oldest first.
    func ordersDue(analyzer: String?, limit: Int) async throws(StoreFailure) -> [AnalyzerOrder]
    /// By ordinal.
    func orderEvents(_ orderID: String) async throws(StoreFailure) -> [AnalyzerOrderEvent]
    /// Latest versions of the specimens numbered from `first` to `last`, both included, in the order of their numbers.
    func specimens(from first: String, through last: String, limit: Int) async throws(StoreFailure) -> [Specimen]

    // Triage
    /// Open ones (or all), oldest first.
    func triage(site: String?, open: Bool, limit: Int) async throws(StoreFailure) -> [TriageEntry]
    func triageEntry(_ id: String) async throws(StoreFailure) -> TriageEntry?
    func triageResolution(_ id: String) async throws(StoreFailure) -> TriageResolution?

    // Sign-off, reports, deliveries
    /// Oldest first.
    func signatures(requestID: String) async throws(StoreFailure) -> [Signature]
    /// Signatures that no report was made of yet, oldest first.
    func signaturesWithoutReport(limit: Int) async throws(StoreFailure) -> [Signature]
    func report(_ id: String) async throws(StoreFailure) -> ReportVersion?
    /// Oldest first, with bytes.
    func reports(requestID: String) async throws(StoreFailure) -> [ReportVersion]
    func delivery(_ id: String) async throws(StoreFailure) -> Delivery?
    func delivery(controlID: String) async throws(StoreFailure) -> Delivery?
    /// Newest first; of one request when `requestID` is given.
    func deliveries(site: String?, requestID: String?, limit: Int) async throws(StoreFailure) -> [Delivery]
    /// Deliveries neither accepted nor refused, oldest first.
    func deliveriesDue(limit: Int) async throws(StoreFailure) -> [Delivery]
    /// The same without their messages: to choose among many.
    func deliveriesDueHeads(limit: Int) async throws(StoreFailure) -> [DeliveryHead]
    /// Messages of these deliveries by their identifiers, each with these bytes before and after it (the frame of a
    /// line); unknown ones are left out. They stand in `memory`, of which one reading at a time may make use.
    func deliveryMessages(
        of deliveryIDs: [String], between before: [UInt8], and after: [UInt8], in memory: ReadingMemory
    ) async throws(StoreFailure) -> [String: ArraySlice<UInt8>]
    /// By ordinal.
    func deliveryEvents(_ deliveryID: String) async throws(StoreFailure) -> [DeliveryEvent]
    /// The same of several deliveries at once; those without any are left out.
    func deliveryEvents(of deliveryIDs: [String]) async throws(StoreFailure) -> [String: [DeliveryEvent]]
    /// Requests with a delivery that the PFI, the DMP or a mailbox refused, by identifier, but for those given up and
    /// those that a later version overtook. Some were settled since, as their deliveries and acts tell.
    func requestsRefused(site: String?) async throws(StoreFailure) -> [String]
    /// Requests of which somebody has a version and could not be sent a later one (register `withheld`).
    func requestsOwed(site: String) async throws(StoreFailure) -> [String]
    /// Requests about whose reports somebody decided this once (register `release`), by identifier.
    func requests(site: String, decided kind: ReleaseAct.Kind) async throws(StoreFailure) -> [String]
    /// Requests of which a choice of the patient kept something from somebody, by identifier (registers `withheld` and
    /// `release`). It may have been lifted since, as the patient's file tells.
    func requestsKept(site: String) async throws(StoreFailure) -> [String]
    func inbound(source: String, controlID: String) async throws(StoreFailure) -> InboundMessage?

    // Trail and numbers
    /// Entries with `sequence > after`, in order.
    func audit(after: Int, limit: Int) async throws(StoreFailure) -> [AuditEntry]
    /// The stored rows that came with the entries of these sequences, for `AuditChain.verify(store:)`.
    func attestedFacts(_ sequences: ClosedRange<Int>) async throws(StoreFailure) -> [AttestedFact]
    /// How many rows of each kind came without an entry; kinds without any are left out.
    func unattestedFacts() async throws(StoreFailure) -> [Fact.Kind: Int]
    func counts(site: String?) async throws(StoreFailure) -> StoreCounts
    /// Closes files and connections; later calls are `unavailable`.
    func close() async
}

extension LaboratoryStore {
    package func requestsAwaitingSignature(site: String?, limit: Int) async throws(StoreFailure) -> [String] {
        try await requestsAwaitingSignature(site: site, limit: limit, doubted: [])
    }

    package func deliveriesDueHeads(limit: Int) async throws(StoreFailure) -> [DeliveryHead] {
        try await deliveriesDue(limit: limit).map(\.head)
    }
    package func deliveryMessages(
        of deliveryIDs: [String], between before: [UInt8], and after: [UInt8], in memory: ReadingMemory
    ) async throws(StoreFailure) -> [String: ArraySlice<UInt8>] {
        var found: [String: ArraySlice<UInt8>] = [:]
        for id in deliveryIDs {
            if let message = try await delivery(id)?.message { found[id] = (before + message + after)[...] }
        }
        return found
    }
    package func deliveryEvents(of deliveryIDs: [String]) async throws(StoreFailure) -> [String: [DeliveryEvent]] {
        var found: [String: [DeliveryEvent]] = [:]
        for id in deliveryIDs {
            let events = try await deliveryEvents(id)
            if !events.isEmpty { found[id] = events }
        }
        return found
    }
}

/// How much of one request is read at most.
package enum StoreBounds {
    package static let ofRequest = 2000
    /// Deliveries that wait: more than a laboratory signs in a year.
    package static let ofQueue = 1_000_000
}

extension LaboratoryStore {
    /// Every delivery of a request's reports, newest first.
    package func deliveries(ofRequest id: String) async throws(StoreFailure) -> [Delivery] {
        try await deliveries(site: nil, requestID: id, limit: StoreBounds.ofRequest)
    }
    package func deliveries(of request: Request) async throws(StoreFailure) -> [Delivery] {
        try await deliveries(ofRequest: request.id)
    }
}
