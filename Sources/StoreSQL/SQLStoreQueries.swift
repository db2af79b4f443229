package import Base
package import Laboratory
package import Store

extension SQLStore {
    // Staff

    package func account(_ login: String) async throws(StoreFailure) -> Account? {
        try await first(Account.self, SQL.account, [.text(login)])
    }
    package func accounts() async throws(StoreFailure) -> [Account] { try await list(Account.self, SQL.accounts) }
    package func token(_ hash: String) async throws(StoreFailure) -> AccessToken? {
        try await first(AccessToken.self, SQL.token, [.text(hash)])
    }

    // Patients, requests, specimens

    package func patient(_ id: String) async throws(StoreFailure) -> Patient? {
        try await first(Patient.self, SQL.patient, [.text(id)])
    }
    package func patientVersions(_ id: String) async throws(StoreFailure) -> [Patient] {
        try await list(Patient.self, SQL.patientVersions, [.text(id)])
    }
    package func patients(_ search: PatientSearch, limit: Int) async throws(StoreFailure) -> [Patient] {
        let site = search.site.map { [SQLValue($0)] } ?? []
        let wanted = SearchKey.fold(search.text ?? "")
        if wanted.isEmpty {
            return try await list(Patient.self, SQL.patients(bySite: !site.isEmpty), site + [SQLValue(limit)])
        }
        let branch = [.text(wanted), .text(SearchKey.end(of: wanted))] + site + [SQLValue(limit)]
        let matricule = [.text(wanted.replacing(" ", with: ""))] + site
        return try await list(
            Patient.self, SQL.patientSearch(bySite: !site.isEmpty),
            branch + branch + branch + matricule + [SQLValue(limit)])
    }
    package func request(_ id: String) async throws(StoreFailure) -> Request? {
        try await first(Request.self, SQL.request, [.text(id)])
    }
    package func request(number: String) async throws(StoreFailure) -> Request? {
        try await first(Request.self, SQL.requestByNumber, [.text(number)])
    }
    package func requests(site: String?, limit: Int) async throws(StoreFailure) -> [Request] {
        let filter = site.map { [SQLValue($0)] } ?? []
        return try await list(Request.self, SQL.requests(bySite: site != nil), filter + [SQLValue(limit)])
    }
    package func requests(ids: [String]) async throws(StoreFailure) -> [Request] {
        var found: [String: Request] = [:]
        for list in SQLStore.lists(of: ids) {
            for row in try await rows(SQL.requests(count: list.count), list) {
                guard let id = row[0].text else { throw .unavailable(damaged("request_current")) }
                found[id] = try decode(Request.self, [[row[1]]]).first
            }
        }
        return ids.compactMap { found[$0] }
    }
    /// Parameters for `IN`: few lengths of list, so that few statements are prepared; the rest is filled with the last
    /// identifier.
    private static func lists(of ids: [String]) -> [[SQLValue]] {
        var lists: [[SQLValue]] = []
        var rest = Array(Set(ids))[...]
        while let last = rest.last {
            let size = [1, 8, 64].first { rest.count <= $0 } ?? 256
            let chunk = rest.prefix(size).map { SQLValue($0) }
            rest = rest.dropFirst(size)
            lists.append(chunk + Array(repeating: SQLValue(last), count: size - chunk.count))
        }
        return lists
    }
    package func specimen(_ accession: String) async throws(StoreFailure) -> Specimen? {
        try await first(Specimen.self, SQL.specimen, [.text(accession)])
    }
    package func specimens(requestID: String) async throws(StoreFailure) -> [Specimen] {
        try await list(Specimen.self, SQL.specimensOfRequest, [.text(requestID)])
    }

    // Observations

    package func observation(_ id: String) async throws(StoreFailure) -> Observation? {
        try await first(Observation.self, SQL.observation, [.text(id)])
    }
    package func observations(requestID: String) async throws(StoreFailure) -> [Observation] {
        try await list(Observation.self, SQL.observationsOfRequest, [.text(requestID)])
    }
    package func observationEvents(requestID: String) async throws(StoreFailure) -> [ObservationEvent] {
        try await list(ObservationEvent.self, SQL.eventsOfRequest, [.text(requestID)])
    }
    package func observationsAwaitingTechnicalValidation(
        site: String?, limit: Int
    ) async throws(StoreFailure) -> [Observation] {
        let filter = site.map { [SQLValue($0)] } ?? []
        return try await list(Observation.self, SQL.awaitingTechnical(bySite: site != nil), filter + [SQLValue(limit)])
    }
    package func requestsAwaitingSignature(
        site: String?, limit: Int, doubted: Set<String>
    ) async throws(StoreFailure) -> [String] {
        try await requests(SQL.awaitingSignature(bySite: site != nil), site, limit, doubted)
    }
    package func requests(withResultsOf patientID: String) async throws(StoreFailure) -> [String] {
        try await rows(SQL.withResultsOf, [.text(patientID)]).compactMap { $0[0].text }.sorted()
    }
    package func requestsUnderReview(site: String?, limit: Int) async throws(StoreFailure) -> [String] {
        try await requests(SQL.underReview(bySite: site != nil), site, limit, [])
    }
    /// Identifiers of requests, of a site when there is one.
    private func requests(
        _ sql: String, _ site: String?, _ limit: Int, _ doubted: Set<String>
    ) async throws(StoreFailure) -> [String] {
        let filter = site.map { [SQLValue($0)] } ?? []
        let codes = "," + doubted.sorted().joined(separator: ",") + ","
        return try await rows(sql, [.text(codes)] + filter + [SQLValue(limit)]).compactMap(\.first?.text)
    }
    package func previousSigned(
        patientID: String, analyses: [String], before: Instant, excludingRequest: String, depth: Int
    ) async throws(StoreFailure) -> [Observation] {
        let rows = try await read { (connection: any SQLConnection) throws(SQLFailure) in
            var rows: [[SQLValue]] = []
            for analysis in analyses {
                rows += try connection.query(
                    SQL.previousSigned,
                    [
                        .text(patientID), .text(analysis), SQLValue(before), .text(excludingRequest), SQLValue(depth),
                    ])
            }
            return rows
        }
        return try decode(Observation.self, rows)
    }

    // Journal

    package func openSessions() async throws(StoreFailure) -> [LinkSession] {
        try await list(LinkSession.self, SQL.openSessions)
    }
    package func frames(sessionID: String) async throws(StoreFailure) -> [JournalFrame] {
        try await list(JournalFrame.self, SQL.frames, [.text(sessionID)])
    }
    package func messages(sessionID: String) async throws(StoreFailure) -> [ReceivedMessage] {
        try await list(ReceivedMessage.self, SQL.messagesOfSession, [.text(sessionID)])
    }
    package func message(_ id: String) async throws(StoreFailure) -> ReceivedMessage? {
        try await first(ReceivedMessage.self, SQL.message, [.text(id)])
    }
    package func messagesAwaitingInterpretation(limit: Int) async throws(StoreFailure) -> [ReceivedMessage] {
        try await list(ReceivedMessage.self, SQL.awaitingInterpretation, [SQLValue(limit)])
    }
    package func interpretedMessage(
        analyzer: String, textHash: String, excluding: String
    ) async throws(StoreFailure) -> String? {
        try await rows(SQL.interpretedMessage, [.text(analyzer), .text(textHash), .text(excluding)])
            .first?.first?.text
    }
    package func messages(analyzer: String?, limit: Int) async throws(StoreFailure) -> [ReceivedMessage] {
        let filter = analyzer.map { [SQLValue($0)] } ?? []
        return try await list(
            ReceivedMessage.self, SQL.messages(byAnalyzer: analyzer != nil), filter + [SQLValue(limit)])
    }
    package func outcome(messageID: String) async throws(StoreFailure) -> MessageOutcome? {
        try await first(MessageOutcome.self, SQL.outcome, [.text(messageID)])
    }
    package func controls(analyzer: String?, limit: Int) async throws(StoreFailure) -> [ControlObservation] {
        let filter = analyzer.map { [SQLValue($0)] } ?? []
        return try await list(
            ControlObservation.self, SQL.controls(byAnalyzer: analyzer != nil), filter + [SQLValue(limit)])
    }

    // Triage

    package func triage(site: String?, open: Bool, limit: Int) async throws(StoreFailure) -> [TriageEntry] {
        let filter = site.map { [SQLValue($0)] } ?? []
        let sql = open ? SQL.openTriage(bySite: site != nil) : SQL.triage(bySite: site != nil)
        return try await list(TriageEntry.self, sql, filter + [SQLValue(limit)])
    }
    package func triageEntry(_ id: String) async throws(StoreFailure) -> TriageEntry? {
        try await first(TriageEntry.self, SQL.triageEntry, [.text(id)])
    }
    package func triageResolution(_ id: String) async throws(StoreFailure) -> TriageResolution? {
        try await first(TriageResolution.self, SQL.triageResolution, [.text(id)])
    }

    // Sign-off, reports, deliveries

    package func signatures(requestID: String) async throws(StoreFailure) -> [Signature] {
        try await list(Signature.self, SQL.signatures, [.text(requestID)])
    }
    package func signaturesWithoutReport(limit: Int) async throws(StoreFailure) -> [Signature] {
        try await list(Signature.self, SQL.withoutReport, [SQLValue(limit)])
    }
    package func report(_ id: String) async throws(StoreFailure) -> ReportVersion? {
        try await first(ReportVersion.self, SQL.report, [.text(id)])
    }
    package func reports(requestID: String) async throws(StoreFailure) -> [ReportVersion] {
        try await list(ReportVersion.self, SQL.reports, [.text(requestID)])
    }
    package func delivery(_ id: String) async throws(StoreFailure) -> Delivery? {
        try await first(Delivery.self, SQL.delivery, [.text(id)])
    }
    package func delivery(controlID: String) async throws(StoreFailure) -> Delivery? {
        try await first(Delivery.self, SQL.deliveryByControl, [.text(controlID)])
    }
    package func deliveries(site: String?, requestID: String?, limit: Int) async throws(StoreFailure) -> [Delivery] {
        let filter = [site, requestID].compactMap { $0.map { SQLValue($0) } }
        let sql = SQL.deliveries(bySite: site != nil, byRequest: requestID != nil)
        return try await list(Delivery.self, sql, filter + [SQLValue(limit)])
    }
    package func deliveriesDue(limit: Int) async throws(StoreFailure) -> [Delivery] {
        try await list(Delivery.self, SQL.deliveriesDue, [SQLValue(limit)])
    }
    package func deliveriesDueHeads(limit: Int) async throws(StoreFailure) -> [DeliveryHead] {
        var heads: [DeliveryHead] = []
        for row in try await rows(SQL.deliveriesDueHeads, [SQLValue(limit)]) {
            guard row.count == 6, let id = row[0].text, let site = row[1].text, let request = row[2].text,
                let control = row[3].text, let at = row[4].integer, let size = row[5].integer
            else { throw .unavailable(damaged("delivery")) }
            heads.append(
                DeliveryHead(
                    id: id, site: site, requestID: request, controlID: control,
                    createdAt: Instant(milliseconds: Int64(at)), size: size))
        }
        return heads
    }
    package func requestsRefused(site: String?) async throws(StoreFailure) -> [String] {
        try await rows(SQL.refused(bySite: site != nil), site.map { [.text($0)] } ?? []).compactMap(\.first?.text)
    }
    package func requestsOwed(site: String) async throws(StoreFailure) -> [String] {
        try await rows(SQL.owed, [.text(site)]).compactMap(\.first?.text)
    }
    package func requests(site: String, decided kind: ReleaseAct.Kind) async throws(StoreFailure) -> [String] {
        try await rows(SQL.decided, [.text(site), .text(kind.rawValue)]).compactMap(\.first?.text)
    }
    package func requestsKept(site: String) async throws(StoreFailure) -> [String] {
        try await rows(SQL.kept, [.text(site)]).compactMap(\.first?.text)
    }
    package func deliveryMessages(
        of deliveryIDs: [String], between before: [UInt8], and after: [UInt8], in memory: ReadingMemory
    ) async throws(StoreFailure) -> [String: ArraySlice<UInt8>] {
        let lists = SQLStore.lists(of: deliveryIDs)
        let places = try await read { (connection: any SQLConnection) throws(SQLFailure) -> [String: Range<Int>] in
            try memory.fill { (sheet: inout ReadingMemory.Sheet) throws(SQLFailure) -> [String: Range<Int>] in
                var places: [String: Range<Int>] = [:]
                for ids in lists {
                    let messages = BlobSelection(
                        table: "delivery", column: "message", key: "id", keys: ids, before: before, after: after)
                    places.merge(try connection.write(messages, on: &sheet)) { first, _ in first }
                }
                return places
            }
        }
        let bytes = memory.filled
        return places.mapValues { bytes[$0] }
    }
    package func deliveryEvents(_ deliveryID: String) async throws(StoreFailure) -> [DeliveryEvent] {
        try await list(DeliveryEvent.self, SQL.deliveryEvents, [.text(deliveryID)])
    }
    package func deliveryEvents(of deliveryIDs: [String]) async throws(StoreFailure) -> [String: [DeliveryEvent]] {
        var found: [DeliveryEvent] = []
        for list in SQLStore.lists(of: deliveryIDs) {
            found += try await self.list(DeliveryEvent.self, SQL.deliveryEvents(count: list.count), list)
        }
        return Dictionary(grouping: found, by: \.deliveryID)
    }
    package func inbound(source: String, controlID: String) async throws(StoreFailure) -> InboundMessage? {
        try await first(InboundMessage.self, SQL.inbound, [.text(source), .text(controlID)])
    }
}
