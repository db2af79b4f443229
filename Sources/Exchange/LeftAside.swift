import Base
import HL7v2
import Laboratory
import Report
import Store
import Synchronization
import Workflow

/// Destinations for which a message that waited to leave was closed – an opposition, another identity – and that may
/// have it after all: what was corrected is put back, an opposition recorded by mistake is lifted.
extension ReportDispatch {
    /// At the start and at each change of a patient's file. What was left aside is told by the register in the
    /// transaction that closes it; what is settled is looked at again after a restart only.
    func returnLeftAside() async throws(CommandFailure) {
        var asked = leftAside.withLock { $0 }
        if asked == nil {
            let told = try await desk.setAside()
            asked = told
            leftAside.withLock { $0 = told }
        }
        for id in (asked ?? []).sorted() {
            do throws(CommandFailure) {
                if try await isSettled(id) { leftAside.withLock { _ = $0?.remove(id) } }
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                log("envoi laissé de côté : \(refusal.code) \(refusal.place)")
            }
        }
    }

    /// Sends what may leave now. True when nothing of that message is left to send, now or later.
    private func isSettled(_ id: String) async throws(CommandFailure) -> Bool {
        let found: Delivery?
        do throws(StoreFailure) { found = try await desk.store.delivery(id) } catch { throw .store(error) }
        guard let delivery = found, let sent = DocumentTransmission(sent: delivery.message) else { return true }
        let request = try await desk.request(delivery.requestID)
        let state = ReleaseState(try await desk.releaseActs(of: request).map(\.act))
        if state.isWithdrawn { return true }
        var missing = EarlierVersions.destinations(of: sent)
        do throws(StoreFailure) {
            let newest = try await desk.store.reports(requestID: request.id).map(\.version).max() ?? 0
            if delivery.version < newest { return true }
            for other in try await desk.store.deliveries(of: request)
            where other.reportID == delivery.reportID && other.id != id {
                let events = try await desk.store.deliveryEvents(other.id)
                // Closed before it left: nobody has anything by it.
                if events.contains(where: { $0.kind == .abandoned }), !events.mayHaveLeft { continue }
                missing.subtract(EarlierVersions.destinations(of: other))
            }
        } catch { throw .store(error) }
        if missing.isEmpty { return true }
        if state.isHeld { return false }
        let back = missing.intersection(try await allowed(sent, request))
        if back.isEmpty { return false }
        try await tell(try await again(delivery, "renvoi", as: nil, keeping: back), "release.choices", request)
        return back == missing
    }
}
