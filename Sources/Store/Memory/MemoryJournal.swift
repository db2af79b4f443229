import Base
package import Laboratory

/// Answers of the in-memory model: journal, triage, reports, deliveries, counts.
extension MemoryStore {
    private var allMessages: [ReceivedMessage] { all { if case .message(let f) = $0 { f } else { nil } } }
    private var allOutcomes: [MessageOutcome] { all { if case .outcome(let f) = $0 { f } else { nil } } }
    private var allTriage: [TriageEntry] { all { if case .triage(let f) = $0 { f } else { nil } } }
    private var allReports: [ReportVersion] { all { if case .report(let f) = $0 { f } else { nil } } }
    private var allDeliveries: [Delivery] { all { if case .delivery(let f) = $0 { f } else { nil } } }
    private var allDeliveryEvents: [DeliveryEvent] { all { if case .deliveryEvent(let f) = $0 { f } else { nil } } }
    private var allControls: [ControlObservation] { all { if case .control(let f) = $0 { f } else { nil } } }

    package func openSessions() throws(StoreFailure) -> [LinkSession] {
        try checkOpen()
        let ended = Set(all { if case .sessionEnd(let f) = $0 { f.sessionID } else { nil } })
        return all { if case .session(let f) = $0, !ended.contains(f.id) { f } else { nil } }
            .sorted { older(($0.openedAt, $0.id), ($1.openedAt, $1.id)) }
    }
    package func frames(sessionID: String) throws(StoreFailure) -> [JournalFrame] {
        try checkOpen()
        return all { if case .frame(let f) = $0, f.sessionID == sessionID { f } else { nil } }
            .sorted { $0.ordinal < $1.ordinal }
    }
    package func messages(sessionID: String) throws(StoreFailure) -> [ReceivedMessage] {
        try checkOpen()
        return allMessages.filter { $0.sessionID == sessionID }.sorted { $0.ordinal < $1.ordinal }
    }
    package func message(_ id: String) throws(StoreFailure) -> ReceivedMessage? {
        try checkOpen()
        return allMessages.first { $0.id == id }
    }
    private var pendingMessages: [ReceivedMessage] {
        let done = Set(allOutcomes.map(\.messageID))
        return allMessages.filter { !done.contains($0.id) }.sorted { older(($0.at, $0.id), ($1.at, $1.id)) }
    }
    package func messagesAwaitingInterpretation(limit: Int) throws(StoreFailure) -> [ReceivedMessage] {
        try checkOpen()
        return Array(pendingMessages.prefix(limit))
    }
    package func interpretedMessage(
        analyzer: String, textHash: String, excluding: String
    ) throws(StoreFailure) -> String? {
        try checkOpen()
        let attached = Set(
            all { if case .triageResolution(let f) = $0, f.kind == .attached { f.triageID } else { nil } })
        let replayed = allTriage.filter { $0.ordinal == -1 && attached.contains($0.id) }.map(\.messageID)
        let interpreted = Set(allOutcomes.filter { $0.kind == .interpreted }.map(\.messageID)).union(replayed)
        return allMessages.filter {
            $0.analyzer == analyzer && $0.textHash == textHash && $0.id != excluding && $0.complete
                && interpreted.contains($0.id)
        }.min { older(($0.at, $0.id), ($1.at, $1.id)) }?.id
    }
    package func messages(analyzer: String?, limit: Int) throws(StoreFailure) -> [ReceivedMessage] {
        try checkOpen()
        let found = allMessages.filter { analyzer == nil || $0.analyzer == analyzer }
        return Array(found.sorted { newer(($0.at, $0.id), ($1.at, $1.id)) }.prefix(limit))
    }
    package func outcome(messageID: String) throws(StoreFailure) -> MessageOutcome? {
        try checkOpen()
        return allOutcomes.first { $0.messageID == messageID }
    }
    package func controls(analyzer: String?, limit: Int) throws(StoreFailure) -> [ControlObservation] {
        try checkOpen()
        let found = allControls.filter { analyzer == nil || $0.analyzer == analyzer }
        return Array(found.sorted { newer(($0.observedAt, $0.id), ($1.observedAt, $1.id)) }.prefix(limit))
    }

    // Triage

    package func triage(site: String?, open: Bool, limit: Int) throws(StoreFailure) -> [TriageEntry] {
        try checkOpen()
        let resolved = Set(all { if case .triageResolution(let f) = $0 { f.triageID } else { nil } })
        let found = allTriage.filter {
            (site == nil || $0.site == site) && !(open && resolved.contains($0.id))
        }
        return Array(found.sorted { older(($0.at, $0.id), ($1.at, $1.id)) }.prefix(limit))
    }
    package func triageEntry(_ id: String) throws(StoreFailure) -> TriageEntry? {
        try checkOpen()
        return allTriage.first { $0.id == id }
    }
    package func triageResolution(_ id: String) throws(StoreFailure) -> TriageResolution? {
        try checkOpen()
        return all { if case .triageResolution(let f) = $0, f.triageID == id { f } else { nil } }.first
    }

    // Sign-off, reports, deliveries

    package func signatures(requestID: String) throws(StoreFailure) -> [Signature] {
        try checkOpen()
        return allSignatures.filter { $0.requestID == requestID }.sorted { $0.version < $1.version }
    }
    package func signaturesWithoutReport(limit: Int) throws(StoreFailure) -> [Signature] {
        try checkOpen()
        let reported = Set(allReports.map(\.signatureID))
        let found = allSignatures.filter { !reported.contains($0.id) }
        return Array(found.sorted { older(($0.at, $0.id), ($1.at, $1.id)) }.prefix(limit))
    }
    package func report(_ id: String) throws(StoreFailure) -> ReportVersion? {
        try checkOpen()
        return allReports.first { $0.id == id }
    }
    package func reports(requestID: String) throws(StoreFailure) -> [ReportVersion] {
        try checkOpen()
        return allReports.filter { $0.requestID == requestID }.sorted {
            $0.version == $1.version ? Bytes($0.id) < Bytes($1.id) : $0.version < $1.version
        }
    }
    package func delivery(_ id: String) throws(StoreFailure) -> Delivery? {
        try checkOpen()
        return allDeliveries.first { $0.id == id }
    }
    package func delivery(controlID: String) throws(StoreFailure) -> Delivery? {
        try checkOpen()
        return allDeliveries.first { $0.controlID == controlID }
    }
    package func deliveries(site: String?, requestID: String?, limit: Int) throws(StoreFailure) -> [Delivery] {
        try checkOpen()
        let found = allDeliveries.filter {
            (site == nil || $0.site == site) && (requestID == nil || $0.requestID == requestID)
        }
        return Array(found.sorted { newer(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }.prefix(limit))
    }
    private func deliveries(having kinds: Set<DeliveryEvent.Kind>) -> Set<String> {
        Set(allDeliveryEvents.filter { kinds.contains($0.kind) }.map(\.deliveryID))
    }
    package func deliveriesDue(limit: Int) throws(StoreFailure) -> [Delivery] {
        try checkOpen()
        let closed = deliveries(having: [.accepted, .refused, .abandoned])
        let found = allDeliveries.filter { !closed.contains($0.id) }
        return Array(found.sorted { older(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }.prefix(limit))
    }
    package func requestsRefused(site: String?) throws(StoreFailure) -> [String] {
        try checkOpen()
        let refused = deliveries(having: [.refused]).subtracting(deliveries(having: [.abandoned]))
        let failed = refused.union(deliveries(having: [.dmpRefused, .mailRefused]))
        let all = allDeliveries
        let found = all.filter { one in
            guard failed.contains(one.id), site == nil || site == one.site else { return false }
            return one.takesBack
                || !all.contains {
                    $0.requestID == one.requestID && $0.createdAt > one.createdAt && $0.reportID != one.reportID
                        && !$0.takesBack
                }
        }
        return Set(found.map(\.requestID)).sorted { Bytes($0) < Bytes($1) }
    }
    package func deliveryEvents(_ deliveryID: String) throws(StoreFailure) -> [DeliveryEvent] {
        try checkOpen()
        return allDeliveryEvents.filter { $0.deliveryID == deliveryID }.sorted { $0.ordinal < $1.ordinal }
    }
    package func deliveryEvents(of deliveryIDs: [String]) throws(StoreFailure) -> [String: [DeliveryEvent]] {
        try checkOpen()
        let wanted = Set(deliveryIDs)
        let found = allDeliveryEvents.filter { wanted.contains($0.deliveryID) }.sorted { $0.ordinal < $1.ordinal }
        return Dictionary(grouping: found, by: \.deliveryID)
    }
    package func inbound(source: String, controlID: String) throws(StoreFailure) -> InboundMessage? {
        try checkOpen()
        return all {
            if case .inbound(let f) = $0, f.source == source, f.controlID == controlID { f } else { nil }
        }.first
    }

    // Counts

    package func counts(site: String?) throws(StoreFailure) -> StoreCounts {
        func mine(_ other: String) -> Bool { site == nil || other == site }
        var counts = StoreCounts()
        counts.patients = try patients(PatientSearch(site: site), limit: .max).count
        counts.requests = try requests(site: site, limit: .max).count
        counts.messages = allMessages.count { mine($0.site) }
        counts.observations = allObservations.count { mine($0.site) }
        counts.controls = allControls.count { mine($0.site) }
        counts.messagesPending = pendingMessages.count { mine($0.site) }
        counts.triageOpen = try triage(site: site, open: true, limit: .max).count
        counts.triageTotal = allTriage.count { mine($0.site) }
        counts.awaitingTechnical = try observationsAwaitingTechnicalValidation(site: site, limit: .max).count
        counts.awaitingSignature = try requestsAwaitingSignature(site: site, limit: .max, doubted: []).count
        counts.signatures = allSignatures.count { mine($0.site) }
        counts.reports = allReports.count { mine($0.site) }
        let accepted = deliveries(having: [.accepted])
        let refused = deliveries(having: [.refused])
        let closed = deliveries(having: [.accepted, .refused, .abandoned])
        let toDMP = deliveries(having: [.dmpAccepted])
        for delivery in allDeliveries where mine(delivery.site) {
            if accepted.contains(delivery.id) { counts.deliveriesAccepted += 1 }
            if refused.contains(delivery.id) { counts.deliveriesRefused += 1 }
            if !closed.contains(delivery.id) { counts.deliveriesWaiting += 1 }
            if toDMP.contains(delivery.id) { counts.dmpAccepted += 1 }
        }
        return counts
    }
}
