import Base
import Catalog
package import HL7v2
import Laboratory
import Lines
import Store
package import Workflow

/// Where reports go, and under which names (MSH-3 to MSH-6, MSH-11).
package struct PFISettings: Sendable {
    package var host: String
    package var port: Int
    package var parties: Parties
    package var processing: Processing
    package var answerWithin: Duration
    package init(host: String, port: Int, parties: Parties, processing: Processing, answerWithin: Duration) {
        self.host = host
        self.port = port
        self.parties = parties
        self.processing = processing
        self.answerWithin = answerWithin
    }
}

/// The way out: each signature becomes a report version and its delivery, each delivery is sent until the PFI took
/// responsibility or refused. Driven from tables, so that a restart resumes it.
package final class ReportDispatch: Sendable {
    private let desk: Desk
    private let pfi: PFISettings?
    private let look: Duration
    private let log: @Sendable (String) -> Void
    private let bell: AsyncStream<Void>
    private let ring: AsyncStream<Void>.Continuation

    /// `look`: how often the tables are looked at when nobody rings.
    package init(
        desk: Desk, pfi: PFISettings?, look: Duration = .seconds(1), log: @escaping @Sendable (String) -> Void
    ) {
        self.look = look
        self.desk = desk
        self.pfi = pfi
        self.log = log
        (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Something was signed: do not wait for the next look.
    package func wake() { ring.yield() }

    /// Runs until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.work() }
            group.addTask {
                while !Task.isCancelled {
                    self.ring.yield()
                    try? await Task.sleep(for: self.look)
                }
                self.ring.finish()
            }
        }
    }

    /// Rows taken at a time.
    private static let batch = 32

    private func work() async {
        let caller = pfi.map { MLLPCaller(host: $0.host, port: $0.port, answerWithin: $0.answerWithin) }
        var wait = BackOff(first: .milliseconds(500), limit: .seconds(60), seed: 1)
        var notBefore = ContinuousClock.now
        for await _ in bell {
            if Task.isCancelled { break }
            do throws(CommandFailure) {
                try await makeReports()
                guard let caller, ContinuousClock.now >= notBefore else { continue }
                if try await sendDue(caller) { wait.reset() } else { notBefore = ContinuousClock.now + wait.next() }
            } catch {
                log("envoi suspendu : \(error)")
            }
        }
        await caller?.drop()
    }

    // Signature → report and delivery

    /// Makes a report of every signature that has none yet.
    package func makeReports() async throws(CommandFailure) {
        let waiting: [Signature]
        do throws(StoreFailure) {
            waiting = try await desk.store.signaturesWithoutReport(limit: ReportDispatch.batch)
        } catch { throw .store(error) }
        for signature in waiting {
            do throws(CommandFailure) { try await makeReport(of: signature) } catch {
                guard case .refused(let refusal) = error else { throw error }
                log("compte rendu de la signature \(signature.id) refusé : \(refusal.code) \(refusal.place)")
            }
        }
    }

    /// The report version and its delivery, in one transaction: a report never stands without the duty to send it.
    private func makeReport(of signature: Signature) async throws(CommandFailure) {
        var signed = try await desk.signedReport(of: signature)
        let (overtaken, lastSent) = try await earlierVersions(than: signature)
        signed.replacedOID = lastSent.map { "\(signed.setOID).\($0)" }
        let documents: IssuedDocuments
        let id = desk.newIdentifier()
        do throws(Refusal) {
            documents = try IssuedDocuments(signed, catalogue: desk.catalogue(of: signed), pfi: pfi, controlID: id)
        } catch { throw .refused(error) }
        let report = ReportVersion(
            id: id, site: signature.site, requestID: signature.requestID, version: signature.version,
            signatureID: signature.id, documentOID: signed.documentOID, setOID: signed.setOID,
            replacedOID: signed.replacedOID, producedAt: signed.producedAt, complete: signature.complete,
            cda: documents.cda, pdf: documents.pdf)
        var facts: [Fact] = [.report(report)] + overtaken
        if let message = documents.message {
            facts.append(
                .delivery(
                    Delivery(
                        id: id, site: signature.site, reportID: id, requestID: signature.requestID,
                        version: signature.version, destination: "PFI", controlID: id, message: message,
                        createdAt: desk.now(), toDMP: documents.toDMP)))
        }
        let note = AuditNote(
            site: signature.site, author: "exchange", action: "report.issue", subject: signed.documentOID,
            at: desk.now())
        do throws(StoreFailure) { try await desk.store.append(facts, note: note) } catch {
            // A conflict: the report of this signature is there already.
            if case .conflict = error { return }
            throw .store(error)
        }
    }

    /// Once v2 exists, v1 is never sent (HOUSE invariant 6): an earlier delivery that never left is closed with v2's,
    /// and v2 replaces the last version that may be with the PFI; none means that v2 is the first.
    private func earlierVersions(
        than signature: Signature
    ) async throws(CommandFailure) -> (overtaken: [Fact], lastSent: Int?) {
        var overtaken = [Fact]()
        var lastSent: Int?
        do throws(StoreFailure) {
            let earlier = try await desk.store.deliveries(site: nil, requestID: signature.requestID, limit: 1000)
            for delivery in earlier where delivery.version < signature.version {
                let events = try await desk.store.deliveryEvents(delivery.id)
                if events.contains(where: { $0.kind == .refused }) { continue }
                if events.contains(where: { $0.kind == .attempted }) {
                    lastSent = max(lastSent ?? 0, delivery.version)
                } else {
                    overtaken.append(
                        .deliveryEvent(
                            DeliveryEvent(
                                deliveryID: delivery.id, ordinal: 1, kind: .refused, at: desk.now(),
                                detail: "remplacé avant envoi")))
                }
            }
        } catch { throw .store(error) }
        return (overtaken, lastSent)
    }

    // Delivery → PFI

    /// Sends what is due, oldest first. False when the PFI could not be reached or stayed silent: wait before going on.
    package func sendDue() async throws(CommandFailure) -> Bool {
        guard let pfi else { return true }
        let caller = MLLPCaller(host: pfi.host, port: pfi.port, answerWithin: pfi.answerWithin)
        let done = try await sendDue(caller)
        await caller.drop()
        return done
    }

    private func sendDue(_ caller: MLLPCaller) async throws(CommandFailure) -> Bool {
        while true {
            let due: [Delivery]
            do throws(StoreFailure) { due = try await desk.store.deliveriesDue(limit: ReportDispatch.batch) } catch {
                throw .store(error)
            }
            if due.isEmpty { return true }
            for delivery in due {
                try await record(.attempted, delivery)
                switch await caller.call(delivery.message, controlID: delivery.controlID) {
                case .accepted: try await record(.accepted, delivery)
                case .refused(let reason):
                    log("PFI : message \(delivery.controlID) refusé (\(reason))")
                    try await record(.refused, delivery, reason)
                case .silent(let reason), .unreachable(let reason):
                    log("PFI : \(reason)")
                    try await record(.failed, delivery, reason)
                    return false
                }
            }
        }
    }

    private func record(
        _ kind: DeliveryEvent.Kind, _ delivery: Delivery, _ detail: String? = nil
    ) async throws(CommandFailure) {
        try await desk.recordDelivery(kind, delivery, detail: detail, author: "exchange")
    }
}
