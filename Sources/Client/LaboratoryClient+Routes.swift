package import Base

// One method a route; the answers are the views of this room. `limit` nil leaves the length of a list to the server.

extension LaboratoryClient {
    // Sessions and accounts

    package func login(_ login: String, secret: String) async throws(Refusal) -> SessionView {
        try await send("POST", "/v1/login", LoginBody(login: login, secret: secret))
    }
    package func logout() async throws(Refusal) {
        let _: Done = try await post("/v1/logout")
    }
    package func whoami() async throws(Refusal) -> WhoView { try await get("/v1/whoami") }
    package func draftKey() async throws(Refusal) -> DraftKeyView { try await get("/v1/drafts/key") }
    package func changeSecret(current: String, replacement: String) async throws(Refusal) {
        let _: Done = try await send("POST", "/v1/secret", SecretBody(current: current, replacement: replacement))
    }
    package func accounts() async throws(Refusal) -> [AccountView] { try await get("/v1/accounts") }
    package func addAccount(_ body: AccountBody) async throws(Refusal) -> AccountView {
        try await send("POST", "/v1/accounts", body)
    }
    package func changeAccount(_ login: String, _ body: AccountChange) async throws(Refusal) -> AccountView {
        try await send("PUT", "/v1/accounts/\(LaboratoryClient.segment(login))", body)
    }

    // State

    package func health() async throws(Refusal) -> HealthView { try await get("/v1/health") }
    package func status() async throws(Refusal) -> StatusView { try await get("/v1/status") }

    // Patients, requests, specimens

    package func addPatient(_ body: PatientBody) async throws(Refusal) -> PatientView {
        try await send("POST", "/v1/patients", body)
    }
    package func patients(search: String?, limit: Int? = nil) async throws(Refusal) -> [PatientView] {
        try await get("/v1/patients", [("search", search), ("limit", limit.map(String.init))])
    }
    package func patient(_ id: String) async throws(Refusal) -> PatientView {
        try await get("/v1/patients/\(LaboratoryClient.segment(id))")
    }
    package func updatePatient(_ id: String, _ body: PatientChangeBody) async throws(Refusal) -> PatientView {
        try await send("PUT", "/v1/patients/\(LaboratoryClient.segment(id))", body)
    }
    package func addRequest(_ body: RequestBody) async throws(Refusal) -> RegisteredView {
        try await send("POST", "/v1/requests", body)
    }
    package func addLines(_ reference: String, _ body: AddLinesBody) async throws(Refusal) -> RegisteredView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/lines", body)
    }
    package func setClinical(_ reference: String, _ body: ClinicalBody) async throws(Refusal) -> RequestView {
        try await send("PUT", "/v1/requests/\(LaboratoryClient.segment(reference))/clinical", body)
    }
    package func setAddressees(_ reference: String, _ body: AddresseesBody) async throws(Refusal) -> RequestView {
        try await send("PUT", "/v1/requests/\(LaboratoryClient.segment(reference))/addressees", body)
    }
    package func requests(limit: Int? = nil) async throws(Refusal) -> [RequestView] {
        try await get("/v1/requests", [("limit", limit.map(String.init))])
    }
    /// By number or identifier.
    package func request(_ reference: String) async throws(Refusal) -> RequestFileView {
        try await get("/v1/requests/\(LaboratoryClient.segment(reference))")
    }
    package func receive(_ accession: String, _ body: ReceiveBody) async throws(Refusal) -> SpecimenView {
        try await send("POST", "/v1/specimens/\(LaboratoryClient.segment(accession))/receive", body)
    }

    // Results

    package func worklist(limit: Int? = nil) async throws(Refusal) -> [WorklistLineView] {
        try await get("/v1/worklist", [("limit", limit.map(String.init))])
    }
    package func worklistCounts() async throws(Refusal) -> WorklistCountsView { try await get("/v1/worklist/counts") }
    package func rework(_ reference: String, _ body: ReworkBody) async throws(Refusal) -> ReworkView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/rework", body)
    }
    package func validate(
        _ reference: String, _ body: ValidateBody
    ) async throws(Refusal) -> [ObservationEventView] {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/validate", body)
    }
    package func reject(_ reference: String, _ body: RejectBody) async throws(Refusal) -> ObservationEventView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/reject", body)
    }
    package func comment(_ reference: String, _ body: CommentBody) async throws(Refusal) -> ObservationView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/comment", body)
    }
    package func enter(_ reference: String, _ body: ResultBody) async throws(Refusal) -> ObservationView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/results", body)
    }
    /// Of a result that is typed twice, what is typed first: ``enter(_:_:)`` must then say the same.
    package func readFirst(_ reference: String, _ body: ResultBody) async throws(Refusal) -> FirstReadingView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/readings", body)
    }

    // Triage

    /// Open entries, or all.
    package func triage(all: Bool = false, limit: Int? = nil) async throws(Refusal) -> [TriageView] {
        try await get("/v1/triage", [("all", all ? "true" : nil), ("limit", limit.map(String.init))])
    }
    package func triageEntry(_ id: String) async throws(Refusal) -> TriageView {
        try await get("/v1/triage/\(LaboratoryClient.segment(id))")
    }
    package func attach(_ id: String, _ body: AttachBody) async throws(Refusal) -> ObservationView {
        try await send("POST", "/v1/triage/\(LaboratoryClient.segment(id))/attach", body)
    }
    package func dismiss(_ id: String, _ body: DismissBody) async throws(Refusal) {
        let _: Done = try await send("POST", "/v1/triage/\(LaboratoryClient.segment(id))/dismiss", body)
    }

    package func map(_ id: String, _ body: MapBody) async throws(Refusal) -> MappingView {
        try await send("POST", "/v1/triage/\(LaboratoryClient.segment(id))/map", body)
    }

    // Reports and deliveries

    package func reports(of reference: String) async throws(Refusal) -> [ReportView] {
        try await get("/v1/reports", [("request", reference)])
    }
    package func reportStory(of reference: String) async throws(Refusal) -> ReportStoryView {
        try await get("/v1/reports/story", [("request", reference)])
    }
    package func indicators(from: CivilDate, to: CivilDate) async throws(Refusal) -> IndicatorsView {
        try await get("/v1/indicators", [("from", from.description), ("to", to.description)])
    }
    /// The same as a page, PDF/A-1b.
    package func indicatorsPage(from: CivilDate, to: CivilDate) async throws(Refusal) -> [UInt8] {
        try await bytes(
            "/v1/indicators/pdf" + LaboratoryClient.query([("from", from.description), ("to", to.description)]))
    }
    package func release(_ reference: String, _ body: ReleaseBody) async throws(Refusal) -> ReportStoryView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/release", body)
    }
    package func supplements(of reference: String) async throws(Refusal) -> [SupplementView] {
        try await get("/v1/requests/\(LaboratoryClient.segment(reference))/supplements")
    }
    package func attach(_ reference: String, _ body: SupplementBody) async throws(Refusal) -> SupplementView {
        try await send("POST", "/v1/requests/\(LaboratoryClient.segment(reference))/supplements", body)
    }
    package func detach(
        _ ordinal: Int, from reference: String, _ body: RemovalBody
    ) async throws(Refusal) -> SupplementView {
        let request = LaboratoryClient.segment(reference)
        return try await send("POST", "/v1/requests/\(request)/supplements/\(ordinal)/remove", body)
    }
    /// `displaying`: in its style sheet, for a browser.
    package func cda(of reportID: String, displaying: Bool = false) async throws(Refusal) -> [UInt8] {
        try await bytes("/v1/reports/\(LaboratoryClient.segment(reportID))/cda" + (displaying ? "?display=true" : ""))
    }
    package func pdf(of reportID: String) async throws(Refusal) -> [UInt8] {
        try await bytes("/v1/reports/\(LaboratoryClient.segment(reportID))/pdf")
    }
    /// Page and document of what a signature would make now.
    package func preview(_ reference: String, _ draft: SignDraftBody) async throws(Refusal) -> PreviewView {
        try await send("POST", "/v1/bio/\(LaboratoryClient.segment(reference))/preview", draft)
    }
    /// Who was not sent a report.
    package func withheld(request: String? = nil, limit: Int? = nil) async throws(Refusal) -> [WithheldView] {
        try await get("/v1/deliveries/withheld", [("request", request), ("limit", limit.map(String.init))])
    }
    /// What waits for a person's decision.
    package func deadLetters(request: String? = nil) async throws(Refusal) -> DeadLettersView {
        try await get("/v1/deliveries/dead", [("request", request)])
    }
    package func deliveries(request: String? = nil, limit: Int? = nil) async throws(Refusal) -> [DeliveryLineView] {
        try await get("/v1/deliveries", [("request", request), ("limit", limit.map(String.init))])
    }

    // Analyzers, messages, trail, catalogue

    package func analyzers() async throws(Refusal) -> [AnalyzerView] { try await get("/v1/analyzers") }
    /// `operation`: `pause`, `resume` or `reconnect`.
    package func operate(_ operation: String, analyzer: String, reason: String) async throws(Refusal) {
        let name = LaboratoryClient.segment(analyzer)
        let _: Done = try await send("POST", "/v1/analyzers/\(name)/\(operation)", ReasonBody(reason: reason))
    }
    package func reload(reason: String) async throws(Refusal) -> ReloadView {
        try await send("POST", "/v1/analyzers/reload", ReasonBody(reason: reason))
    }
    /// Sessions of an analyzer, the latest first.
    package func sessions(of analyzer: String, limit: Int? = nil) async throws(Refusal) -> [LineSessionView] {
        try await get(
            "/v1/analyzers/\(LaboratoryClient.segment(analyzer))/sessions", [("limit", limit.map(String.init))])
    }
    package func session(_ id: String) async throws(Refusal) -> SessionLogView {
        try await get("/v1/sessions/\(LaboratoryClient.segment(id))")
    }
    package func replay(_ messageID: String, reason: String) async throws(Refusal) -> ReplayView {
        let id = LaboratoryClient.segment(messageID)
        return try await send("POST", "/v1/messages/\(id)/replay", ReasonBody(reason: reason))
    }
    package func messages(analyzer: String? = nil, limit: Int? = nil) async throws(Refusal) -> [MessageView] {
        try await get("/v1/messages", [("analyzer", analyzer), ("limit", limit.map(String.init))])
    }
    package func message(_ id: String) async throws(Refusal) -> MessageView {
        try await get("/v1/messages/\(LaboratoryClient.segment(id))")
    }
    package func audit(after: Int = 0, limit: Int? = nil) async throws(Refusal) -> [AuditEntryView] {
        try await get("/v1/audit", [("after", String(after)), ("limit", limit.map(String.init))])
    }
    package func verifyAudit() async throws(Refusal) -> AuditVerdictView { try await post("/v1/audit/verify") }
    package func catalogue() async throws(Refusal) -> CatalogueView { try await get("/v1/catalogue") }
}
