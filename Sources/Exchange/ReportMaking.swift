import Base
import HL7v2
import Laboratory
import Report
import Store
import Workflow

/// What the earlier versions of a request's report left behind them.
struct EarlierVersions {
    /// Deliveries that never left, closed with the new version's.
    var overtaken: [Fact] = []
    /// The last message that may be with the PFI; nil after a deletion.
    var lastSent: Delivery?
    var lastVersion = 0
    /// Who may have a version now.
    var recipients: [Recipient] = []
    var inDMP = false

    var holders: Set<Destination> {
        var holders = Set(
            recipients.map { $0.isPatient ? Destination.patient : .professional($0.address.lowercased()) })
        if inDMP { holders.insert(.dmp) }
        return holders
    }

    mutating func add(_ delivery: Delivery) {
        lastSent = delivery
        guard let sent = DocumentTransmission(sent: delivery.message) else { return }
        inDMP = inDMP || sent.toDMP
        for recipient in sent.recipients {
            recipients.removeAll { $0.address.lowercased() == recipient.address.lowercased() }
            recipients.append(recipient)
        }
    }
    mutating func forget() {
        lastSent = nil
        recipients = []
        inDMP = false
    }
}

extension Routing {
    /// Everyone who is not sent it, once each.
    var notes: [WithheldNote] {
        let left = Set(stranded.map(\.destination))
        return withheld.map { WithheldNote($0.destination, $0.reason, hasEarlier: left.contains($0.destination)) }
    }
}

extension WithheldNote {
    init(_ destination: Destination, _ reason: WithheldReason, hasEarlier: Bool) {
        self.init(
            destination: destination.description, reason: reason.rawValue, words: reason.french, hasEarlier: hasEarlier)
    }
}

extension DocumentTransmission {
    /// One of our own messages, read back.
    init?(sent bytes: [UInt8]) {
        do throws(Refusal) { try self.init(parsing: HL7v2.ReceivedMessage(bytes)) } catch { return nil }
    }
}

extension ReportDispatch {
    /// Mailboxes that a message of ours names.
    package static func addresses(in message: [UInt8]) -> [String] {
        DocumentTransmission(sent: message)?.recipients.map(\.address) ?? []
    }

    /// The report version and its delivery, in one transaction: a report never stands without the duty to send it.
    func makeReport(of signature: Laboratory.Signature) async throws(CommandFailure) {
        let signed = try await desk.signedReport(of: signature)
        let request = try await desk.request(signature.requestID)
        let state = try await state(of: request, since: signature.at)
        let earlier = try await earlierVersions(of: request)
        let version = max(signature.version, earlier.lastVersion + 1)
        let facts = try await facts(
            signed, as: version, signature.id, state, earlier, earlierVisibility: state.visibility)
        let note = AuditNote(
            site: signature.site, author: "exchange", action: "report.issue", subject: "\(signed.setOID).\(version)",
            at: desk.now())
        do throws(StoreFailure) { try await desk.store.append(facts, note: note) } catch {
            // A conflict: the report of this signature is there already.
            if case .conflict = error { return }
            throw .store(error)
        }
    }

    /// Acts that count now: a withdrawal before the latest signature is history.
    func state(of request: Request, since signedAt: Instant) async throws(CommandFailure) -> ReleaseState {
        let acts = try await desk.releaseActs(of: request)
        return ReleaseState(acts.filter { $0.act.kind != .withdraw || $0.at >= signedAt }.map(\.act))
    }

    /// One version and, unless it is held back, its deliveries. `signatureID`: unique among report versions.
    func facts(
        _ signed: SignedReport, as version: Int, _ signatureID: String, _ state: ReleaseState,
        _ earlier: EarlierVersions, earlierVisibility: Visibility? = nil
    ) async throws(CommandFailure) -> [Fact] {
        var signed = signed
        signed.signature.version = version
        signed.documentOID = "\(signed.setOID).\(version)"
        signed.replacedOID = earlier.lastSent.map { "\(signed.setOID).\($0.version)" }
        signed.visibility = state.visibility
        let circumstances = IssuedDocuments.Circumstances(
            holders: earlier.holders, earlierVisibility: earlier.lastSent == nil ? nil : earlierVisibility,
            now: desk.now())
        let documents: IssuedDocuments
        do throws(Refusal) {
            documents = try IssuedDocuments(
                signed, catalogue: desk.catalogue(of: signed), letterhead: letterheads[signed.site.code] ?? .plain,
                pfi: pfi, circumstances, controlIDs: { desk.newIdentifier() })
        } catch { throw .refused(error) }
        let request = signed.content.request
        var withheld = documents.withheld
        if state.isHeld {
            withheld += documents.messages.flatMap(\.destinations).map {
                WithheldNote($0, .heldBack, hasEarlier: false)
            }
        }
        for one in withheld where one.hasEarlier {
            log("demande \(request.number) : version \(version) impossible à transmettre (\(one.reason))")
        }
        let report = ReportVersion(
            id: desk.newIdentifier(), site: request.site, requestID: request.id, version: version,
            signatureID: signatureID, documentOID: signed.documentOID, setOID: signed.setOID,
            replacedOID: signed.replacedOID, producedAt: signed.producedAt, complete: signed.signature.complete,
            cda: documents.cda, pdf: documents.pdf)
        var facts: [Fact] = [.report(report)] + earlier.overtaken
        if let row = desk.withheldEntry(withheld, of: request, version: version) { facts.append(.register(row)) }
        if state.isHeld { return facts }
        for (n, message) in documents.messages.enumerated() {
            facts.append(
                .delivery(
                    Delivery(
                        id: message.controlID, site: request.site, reportID: report.id, requestID: request.id,
                        version: version, destination: n == 0 ? "PFI" : "PFI \(n + 1)",
                        controlID: message.controlID, message: message.bytes, createdAt: desk.now(),
                        toDMP: message.toDMP)))
        }
        return facts
    }

    /// Once v2 exists, v1 is never sent (HOUSE invariant 6): an earlier delivery that never left is closed with v2's,
    /// and v2 replaces the last version that may be with the PFI; none, or a deleted one, means that v2 is the first.
    func earlierVersions(of request: Request) async throws(CommandFailure) -> EarlierVersions {
        var found = EarlierVersions()
        do throws(StoreFailure) {
            found.lastVersion = try await desk.store.reports(requestID: request.id).map(\.version).max() ?? 0
            let all = try await desk.store.deliveries(site: nil, requestID: request.id, limit: 1000)
            for delivery in all.sorted(by: DeliveryErrand.comesBefore) {
                let events = try await desk.store.deliveryEvents(delivery.id)
                if events.contains(where: { $0.kind == .refused || $0.kind == .abandoned }) { continue }
                if DeliveryErrand(delivery) == .deletion {
                    found.forget()
                } else if events.mayHaveLeft {
                    found.add(delivery)
                } else {
                    found.overtaken.append(
                        .deliveryEvent(
                            DeliveryEvent(
                                deliveryID: delivery.id, ordinal: (events.last?.ordinal ?? 0) + 1, kind: .refused,
                                at: desk.now(), detail: "remplacé avant envoi")))
                }
            }
        } catch { throw .store(error) }
        return found
    }
}

/// What a delivery is for, as its destination says.
enum DeliveryErrand: Equatable {
    case version, again, deletion
    init(_ delivery: Delivery) {
        self =
            delivery.destination.contains("retrait")
            ? .deletion : delivery.destination.contains("renvoi") ? .again : .version
    }

    /// In the order of what they mean; two of the same millisecond have one all the same.
    static func comesBefore(_ a: Delivery, _ b: Delivery) -> Bool {
        func rank(_ delivery: Delivery) -> Int {
            switch DeliveryErrand(delivery) {
            case .version: 0
            case .again: 1
            case .deletion: 2
            }
        }
        return (a.version, a.createdAt, rank(a), a.id) < (b.version, b.createdAt, rank(b), b.id)
    }
}

extension [DeliveryEvent] {
    /// Bytes may be with the PFI: an attempt that was not told « no line ».
    var mayHaveLeft: Bool {
        enumerated().contains { n, event in
            event.kind == .attempted && (n + 1 == count || self[n + 1].kind != .unreached)
        }
    }
    var isClosed: Bool { contains { [.accepted, .refused, .abandoned].contains($0.kind) } }
}
