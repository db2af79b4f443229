import Base
import HL7v2
import Laboratory
import Report
import Store
package import Workflow

/// What waits for a person's decision: a message that the PFI refused, a DMP or a mailbox that did not take what was
/// brought to it. It waits until each of its destinations was served, told or given up.
extension ReportDispatch {
    /// Of one request, or all of a site (nil: of every site); the newest first.
    package func deadLetters(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [DeliveryView] {
        var ids = [String]()
        if let reference {
            ids = [try await desk.request(reference).id]
        } else {
            do throws(StoreFailure) { ids = try await desk.store.requestsRefused(site: site) } catch {
                throw .store(error)
            }
        }
        var found = [DeliveryView]()
        for id in ids { found += try await deadLetters(of: try await desk.request(id)) }
        return found.sorted { ($0.delivery.createdAt, $0.delivery.id) > ($1.delivery.createdAt, $1.delivery.id) }
    }

    func deadLetters(of request: Request) async throws(CommandFailure) -> [DeliveryView] {
        let all: [Delivery], happened: [String: [DeliveryEvent]], signatures: [Laboratory.Signature]
        do throws(StoreFailure) {
            all = try await desk.store.deliveries(of: request).sorted(by: DeliveryErrand.comesBefore)
            happened = try await desk.store.deliveryEvents(of: all.map(\.id))
            signatures = try await desk.store.signatures(requestID: request.id)
        } catch { throw .store(error) }
        let acts = try await desk.releaseActs(of: request)
        let state = try await state(of: request, since: signatures.map(\.at).max() ?? request.registeredAt)
        let absences = Absences(acts)
        var found = [DeliveryView]()
        for (place, delivery) in all.enumerated() {
            let events = happened[delivery.id] ?? [], isDeletion = DeliveryErrand(delivery) == .deletion
            let isRefused = events.isRefusedByPFI
            var waiting = isRefused ? EarlierVersions.places(of: delivery) : events.refusedBeyond
            if waiting.isEmpty { continue }
            let later = all[(place + 1)...]
            if !isDeletion {
                // What is withdrawn goes to nobody any more, and the newest version tells of itself.
                if state.isWithdrawn { continue }
                if later.contains(where: { $0.version > delivery.version && DeliveryErrand($0) != .deletion }) {
                    continue
                }
            }
            if isDeletion {
                // Nothing of it is there to delete.
                if events.deniesDocument { waiting.remove(EarlierVersions.dmp) }
                waiting.subtract(EarlierVersions.saidAbsent(delivery, absences))
                waiting.subtract(try await outdated(delivery, request).map { delivery.place(of: $0) })
            }
            if !isRefused { waiting.subtract(told(in: acts, since: delivery.createdAt)) }
            let again = later.filter { other in
                let events = happened[other.id] ?? []
                return other.version == delivery.version && (!isDeletion || DeliveryErrand(other) == .deletion)
                    && !(events.isClosed && !events.mayHaveLeft && events.isClosedByUs)
            }.reduce(into: Set<String>()) { $0.formUnion(EarlierVersions.places(of: $1)) }
            let isTaken = !waiting.isDisjoint(with: again)
            waiting.subtract(again)
            if isRefused, isTaken, !waiting.isEmpty {
                waiting.formIntersection(try await placesAllowed(delivery, request))
            }
            if waiting.isEmpty { continue }
            found.append(DeliveryView(delivery: delivery, requestNumber: request.number, events: events))
        }
        return found
    }

    /// Destinations that a person told otherwise since.
    private func told(in acts: [DecidedRelease], since: Instant) -> Set<String> {
        Set(
            acts.filter { $0.act.kind == .told && $0.at >= since }.compactMap {
                $0.act.destination.map { $0 == EarlierVersions.dmp ? $0 : $0.lowercased() }
            })
    }

    /// Of a message that went again in part: those of its destinations that it may still go to.
    private func placesAllowed(_ delivery: Delivery, _ request: Request) async throws(CommandFailure) -> Set<String> {
        guard let sent = DocumentTransmission(sent: delivery.message) else { return [] }
        if sent.request == .deletion { return EarlierVersions.places(of: delivery) }
        let allowed = try await allowed(sent, request)
        return Set(sent.recipients.filter { allowed.contains(EarlierVersions.destination(of: $0)) }.map(\.place))
            .union(sent.toDMP && allowed.contains(.dmp) ? [EarlierVersions.dmp] : [])
    }
}

extension Recipient {
    fileprivate var place: String { address.lowercased() }
}

extension EarlierVersions {
    static let dmp = "DMP"
    /// As people name them and as acknowledgements do: `DMP`, addresses in lower case.
    fileprivate static func places(of delivery: Delivery) -> Set<String> {
        guard let sent = DocumentTransmission(sent: delivery.message) else { return [] }
        return Set(sent.recipients.map(\.place)).union(sent.toDMP ? [dmp] : [])
    }
    /// Of a deletion: where, a person knows, nothing of it was.
    fileprivate static func saidAbsent(_ deletion: Delivery, _ absences: Absences) -> Set<String> {
        guard !absences.isEmpty, let sent = DocumentTransmission(sent: deletion.message) else { return [] }
        func isAbsent(_ place: String) -> Bool {
            absences.covers(place, sent: deletion.createdAt, confirmed: nil)
        }
        let record = Absences.place(ofDMP: ReportSubject(sent.patient).matricule)
        return Set(sent.recipients.map(\.place).filter(isAbsent)).union(isAbsent(record) ? [dmp] : [])
    }
}

extension Delivery {
    /// The patient's mailbox has the address that the message gives it.
    func place(of destination: Destination) -> String {
        guard destination == .patient, let sent = DocumentTransmission(sent: message) else {
            return destination.description
        }
        return sent.recipients.first(where: \.isPatient)?.place ?? ""
    }
}

extension [DeliveryEvent] {
    fileprivate var isRefusedByPFI: Bool {
        contains { $0.kind == .refused } && !contains { $0.kind == .abandoned || $0.kind == .accepted }
    }

    /// Those whose last word is that they did not take it; a mail that was read was taken, and so is what a DMP once
    /// said that it has.
    var refusedBeyond: Set<String> {
        var found: Set<String> = isRefusedByDMP ? [EarlierVersions.dmp] : [], read = Set<String>()
        for event in self {
            let box = event.detail?.split(separator: " ").first.map { $0.lowercased() } ?? ""
            switch event.kind {
            case .mailRefused: if box.contains("@"), !read.contains(box) { found.insert(box) }
            case .mailDelivered: found.remove(box)
            case .mailRead:
                found.remove(box)
                read.insert(box)
            case .attempted, .failed, .unreached, .accepted, .refused, .abandoned, .dmpAccepted, .dmpRefused: continue
            }
        }
        return found
    }
}
