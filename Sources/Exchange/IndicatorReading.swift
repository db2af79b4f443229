package import Base
import HL7v2
package import Laboratory
import Store
package import Workflow

/// Indicators read from the audit chain and the rows that came with it: anybody who has the chain counts the same.
extension ReportDispatch {
    /// Over entries in [`from`, `before`), of one site or of all.
    package func indicators(
        from: Instant, before: Instant, site: String?
    ) async throws(CommandFailure) -> Indicators {
        var reading = IndicatorReading(store: desk.store)
        do throws(StoreFailure) {
            // A clock that was set back a little leaves nothing out.
            var after = try await lastEntry(before: from.advanced(by: .seconds(-3600)))
            while true {
                let page = try await desk.store.audit(after: after, limit: ReportDispatch.page)
                guard let last = page.last else { break }
                after = last.sequence
                for entry in page where entry.at >= from && entry.at < before {
                    guard site == nil || entry.site == site, IndicatorReading.counts(entry.action) else { continue }
                    try await reading.read(entry)
                }
                // Entries are in the order of time: nothing of the period comes after this page.
                if last.at >= before { break }
            }
        } catch { throw .store(error) }
        return Indicators(reading.events)
    }
    private static let page = 500

    /// The last entry of the chain before an instant, 0 for none: found by halving, since a chain of years is long.
    private func lastEntry(before at: Instant) async throws(StoreFailure) -> Int {
        func isBefore(_ sequence: Int) async throws(StoreFailure) -> Bool {
            try await desk.store.audit(after: sequence - 1, limit: 1).first.map { $0.at < at } ?? false
        }
        var low = 0, high = 1
        while try await isBefore(high) { (low, high) = (high, high * 2) }
        while high - low > 1 {
            let middle = (low + high) / 2
            if try await isBefore(middle) { low = middle } else { high = middle }
        }
        return low
    }
}

/// Turns entries into what is counted.
private struct IndicatorReading {
    let store: any LaboratoryStore
    var events: [IndicatorEvent] = []
    /// What each delivery met was for.
    private var sent: [String: (set: String, message: DocumentTransmission)] = [:]

    init(store: any LaboratoryStore) { self.store = store }

    static func counts(_ action: String) -> Bool {
        action == "report.issue" || action.hasPrefix("delivery.") || action.hasPrefix("release.")
    }

    mutating func read(_ entry: AuditEntry) async throws(StoreFailure) {
        for row in try await store.attestedFacts(entry.sequence...entry.sequence) {
            guard [.report, .deliveryEvent].contains(row.record.kind), let fact = try? Fact(row.record) else {
                continue
            }
            if case .report(let report) = fact { add(report, entry.sequence) }
            if case .deliveryEvent(let event) = fact { try await add(event, entry.sequence) }
        }
    }

    private mutating func add(_ what: IndicatorEvent.What, _ sequence: Int) {
        events.append(IndicatorEvent(sequence: sequence, what: what))
    }

    private mutating func add(_ report: ReportVersion, _ sequence: Int) {
        // Without a qualified identity the matricule's OIDs stand nowhere in the document (RNIV EXI SI 08).
        let text = String(decoding: report.cda.prefix(8192), as: UTF8.self)
        let qualified = INSAuthority.allCases.contains { text.contains("\"\($0.rawValue)\"") }
        add(.report(set: report.setOID, version: report.version, qualifiedINS: qualified), sequence)
    }

    private mutating func add(_ event: DeliveryEvent, _ sequence: Int) async throws(StoreFailure) {
        guard let (set, message) = try await delivery(event.deliveryID), message.request != .deletion else { return }
        let address = event.detail.flatMap { $0.split(separator: " ").first }.map(String.init) ?? ""
        let isPatient = address.lowercased().hasSuffix("@patient.mssante.fr")
        switch event.kind {
        case .accepted:
            add(
                .accepted(
                    report: set, toDMP: message.toDMP, toProfessionals: message.toProfessionals,
                    toPatient: message.toPatient), sequence)
            try await addPhases(event, sequence)
        case .dmpAccepted: add(.dmpAccepted(report: set), sequence)
        case .dmpRefused: add(.dmpRefused(report: set), sequence)
        case .mailDelivered: add(.mail(report: set, isPatient: isPatient, outcome: .delivered), sequence)
        case .mailRefused: add(.mail(report: set, isPatient: isPatient, outcome: .refused), sequence)
        case .mailRead: add(.mail(report: set, isPatient: isPatient, outcome: .read), sequence)
        case .attempted, .failed, .unreached, .refused, .abandoned: break
        }
    }

    private mutating func delivery(_ id: String) async throws(StoreFailure) -> (String, DocumentTransmission)? {
        if let known = sent[id] { return known }
        guard let delivery = try await store.delivery(id), let report = try await store.report(delivery.reportID),
            let message = DocumentTransmission(sent: delivery.message)
        else { return nil }
        sent[id] = (report.setOID, message)
        return (report.setOID, message)
    }

    /// Whether the PFI took a message of this report before: a retry and a correction tell no delay.
    private func wasTaken(
        before event: DeliveryEvent, _ delivery: Delivery, _ report: ReportVersion
    ) async throws(StoreFailure) -> Bool {
        // The first message of a first version has none before it.
        if report.version == 1, delivery.destination == "PFI" { return false }
        let sets = try await store.reports(requestID: delivery.requestID).filter { $0.setOID == report.setOID }
        let chain = Set(sets.map(\.id))
        for other in try await store.deliveries(ofRequest: delivery.requestID)
        where other.id != delivery.id && chain.contains(other.reportID) {
            let events = try await store.deliveryEvents(other.id)
            if events.contains(where: { $0.kind == .accepted && $0.at < event.at }) { return true }
        }
        return false
    }

    /// Turnaround of the report that the PFI just took, from the rows behind it.
    private mutating func addPhases(_ event: DeliveryEvent, _ sequence: Int) async throws(StoreFailure) {
        guard let delivery = try await store.delivery(event.deliveryID),
            let report = try await store.report(delivery.reportID),
            let signature = try await store.signatures(requestID: delivery.requestID).first(where: {
                // A version made again of the same signature bears its number behind it.
                report.signatureID == $0.id || report.signatureID.hasPrefix($0.id + "/")
            }), try await !wasTaken(before: event, delivery, report)
        else { return }
        let specimens = try await store.specimens(requestID: delivery.requestID)
        let collected = specimens.compactMap(\.collectedAt).min(), received = specimens.compactMap(\.receivedAt).max()
        let phases: [(IndicatorEvent.Phase, Instant?, Instant?)] = [
            (.collectionToReception, collected, received), (.receptionToSignature, received, signature.at),
            (.signatureToPFI, signature.at, event.at), (.collectionToPFI, collected, event.at),
        ]
        for case (let phase, let start?, let end?) in phases where end >= start {
            let minutes = Int((end.milliseconds - start.milliseconds) / 60_000)
            add(.phase(phase, report: report.setOID, minutes: minutes), sequence)
        }
    }
}
