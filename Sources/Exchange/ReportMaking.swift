import Base
import HL7v2
package import Laboratory
import Printing
import Report
import Store
package import Workflow

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

extension Request {
    /// Copies for people without a mailbox, by their names: paper is owed to them, unless the patient is opposed. (The
    /// prescriber's is told by the routing.)
    fileprivate func copiesOnPaper(of patient: Laboratory.Patient) -> [WithheldNote] {
        let reason: WithheldReason = patient.isOpposed(to: .otherProfessionals) ? .opposed : .noAddress
        return correspondents(of: patient).filter { $0.securedMail == nil && $0.nationalID != prescriber.nationalID }
            .map {
                WithheldNote(
                    destination: $0.displayName, reason: reason.rawValue, words: reason.french, hasEarlier: false)
            }
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
    package static func matricule(in message: [UInt8]) -> String? {
        DocumentTransmission(sent: message).flatMap { ReportSubject($0.patient).matricule }
    }

    /// The report version and its delivery, in one transaction: a report never stands without the duty to send it.
    func makeReport(of signature: Laboratory.Signature) async throws(CommandFailure) {
        let signed = try await desk.signedReport(of: signature)
        let (version, state, earlier) = try await place(of: signed)
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

    /// Where a signature stands among what was made of its request before.
    private func place(
        of signed: SignedReport
    ) async throws(CommandFailure) -> (version: Int, state: ReleaseState, earlier: EarlierVersions) {
        let request = signed.content.request
        let state = try await state(of: request, since: signed.signature.at)
        let earlier = try await earlierVersions(of: request)
        return (max(signed.signature.version, earlier.lastVersion + 1), state, earlier)
    }

    /// Makes all that a signature will send – page, document, messages – and keeps nothing of it: what cannot be made
    /// is refused before it is signed. A preview has no messages.
    package func rehearse(_ signed: SignedReport) async throws(CommandFailure) -> (pdf: [UInt8], cda: [UInt8]) {
        let (version, state, earlier) = try await place(of: signed)
        let (_, documents) = try await documents(
            signed, as: version, state, earlier, earlierVisibility: state.visibility)
        return (documents.pdf, documents.cda)
    }

    /// What a desk asks of the way out: to look at what was signed or changed, and whether a report can be made.
    package func serve(_ desk: inout Desk) {
        desk.afterSigning = {
            self.resumeAddressees()
            self.news.ringOfSignature()
            self.wake()
        }
        desk.afterPatientChange = { self.patientChanged($0) }
        desk.afterReaddressing = { self.addresseesChanged(of: $0) }
        desk.rehearsal = { signed async throws(CommandFailure) in _ = try await self.rehearse(signed) }
        desk.destinations = { Set(EarlierVersions.destinations(of: $0).map(\.description)) }
        desk.defect = { ReportPrinter.defect(in: $0) }
        desk.attachmentDefect = { ReceivedPDF.defect(in: $0) }
        desk.pictureDefect = {
            do throws(Refusal) { _ = try Picture.read($0, at: "images") } catch { return error }
            return nil
        }
        desk.attachmentsFit = { (parts, number) throws(Refusal) in
            try MailSize.check(MailSize.joined(parts), parts, at: number)
        }
    }

    /// Acts that count now: a withdrawal before the latest signature is history.
    func state(of request: Request, since signedAt: Instant) async throws(CommandFailure) -> ReleaseState {
        ReleaseState(try await standingActs(of: request, since: signedAt))
    }
    func standingActs(of request: Request, since signedAt: Instant) async throws(CommandFailure) -> [ReleaseAct] {
        try await desk.releaseActs(of: request).filter { $0.act.kind != .withdraw || $0.at >= signedAt }.map(\.act)
    }

    /// One version and, unless it is held back, its deliveries. `signatureID`: unique among report versions.
    func facts(
        _ signed: SignedReport, as version: Int, _ signatureID: String, _ state: ReleaseState,
        _ earlier: EarlierVersions, earlierVisibility: Visibility? = nil
    ) async throws(CommandFailure) -> [Fact] {
        let (signed, documents) = try await documents(
            signed, as: version, state, earlier, earlierVisibility: earlierVisibility)
        let request = signed.content.request
        var notes = documents.withheld
        if let words = state.visibility.hiddenFromPatientWords(in: signed.site.civilZone) {
            for place in notes.indices where notes[place].reason == WithheldReason.hiddenFromPatient.rawValue {
                notes[place].words = words
            }
        }
        if pfi != nil, !state.isHeld, documents.messages.isEmpty {
            // A signed report that nobody gets is for a person to hand over.
            for place in notes.indices where notes[place].reason == WithheldReason.combination.rawValue {
                notes[place].hasEarlier = true
                notes[place].words += " ; personne ne reçoit ce compte rendu, à remettre autrement"
            }
        }
        var withheld = try await softened(notes, signatureID, earlier, signed.site.civilZone)
        if pfi != nil { withheld += request.copiesOnPaper(of: signed.content.patient) }
        var deletions = [Fact]()
        // What is held back waits; what is with the wrong patient is taken back all the same.
        if pfi != nil {
            let back = try await takingBack(earlier)
            deletions = back.deletions
            withheld += back.notes
        }
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
        facts += deletions
        if state.isHeld { return facts }
        // After the deletions, whatever the clock says.
        let at = desk.now().advanced(by: .milliseconds(deletions.isEmpty ? 0 : 1))
        for (n, message) in documents.messages.enumerated() {
            facts.append(
                .delivery(
                    Delivery(
                        id: message.controlID, site: request.site, reportID: report.id, requestID: request.id,
                        version: version, destination: n == 0 ? "PFI" : "PFI \(n + 1)",
                        controlID: message.controlID, message: message.bytes, createdAt: at, toDMP: message.toDMP)))
        }
        return facts
    }

    /// One version in its place of the chain, and its three forms.
    private func documents(
        _ signed: SignedReport, as version: Int, _ state: ReleaseState, _ earlier: EarlierVersions,
        earlierVisibility: Visibility?
    ) async throws(CommandFailure) -> (SignedReport, IssuedDocuments) {
        let signed = try await chained(signed, as: version, state, earlier)
        let circumstances = IssuedDocuments.Circumstances(
            holders: earlier.holders, earlierVisibility: earlier.lastSent == nil ? nil : earlierVisibility,
            now: desk.now())
        do throws(Refusal) {
            let documents = try IssuedDocuments(
                signed, catalogue: desk.catalogue(of: signed), letterhead: letterheads[signed.site.code] ?? .plain,
                pfi: pfi, circumstances, controlIDs: { desk.newIdentifier() })
            return (signed, documents)
        } catch { throw .refused(error) }
    }

    /// Its place in the chain of documents: it replaces what its destinations have. With nothing to replace after
    /// something left (withdrawn, refused), it begins a chain of its own, for a version number stands once in a chain.
    private func chained(
        _ signed: SignedReport, as version: Int, _ state: ReleaseState, _ earlier: EarlierVersions
    ) async throws(CommandFailure) -> SignedReport {
        var signed = signed
        let base = signed.setOID
        signed.signature.version = version
        signed.visibility = state.visibility
        signed.documentOID = "\(base).\(version)"
        signed.replacedOID = nil
        var asked = RoutingRequest(
            patient: signed.content.patient, visibility: state.visibility, prescriber: nil,
            complete: signed.signature.complete, now: desk.now(), zone: signed.site.civilZone)
        asked.holders = earlier.holders
        let feedsDMP = pfi.map { Routing(asked, settings: $0.routing).errands.contains(where: \.toDMP) } ?? false
        // The DMP cannot replace a document that it never had.
        let former = (feedsDMP ? earlier.held[.dmp]?.delivery : nil) ?? earlier.lastSent
        if let former {
            let report: ReportVersion?
            do throws(StoreFailure) { report = try await desk.store.report(former.reportID) } catch {
                throw .store(error)
            }
            signed.setOID = report?.setOID ?? base
            signed.replacedOID = report?.documentOID ?? "\(base).\(former.version)"
        } else if earlier.hasLeft {
            signed.setOID = "\(base).0.\(version)"
        }
        // Destinations that have another version than the one replaced (CR-BIO sheet section 8) read of theirs too.
        signed.voided = Set(earlier.held.values.map(\.delivery.version)).sorted()
        if signed.replacedOID == nil { signed.notice = nil }
        // Nobody ever had what it rectifies: no version was made before.
        if earlier.lastVersion == 0 { signed.content.supplements = signed.content.supplements.carried }
        return signed
    }

    /// Once v2 exists, v1 is never sent (HOUSE invariant 6): an earlier delivery that never left is closed with v2's,
    /// and v2 replaces the last version that may be with the PFI; none, or a deleted one, means that v2 is the first.
    /// `answered`: by what the PFI took alone, as it stood before what nobody answered yet.
    func earlierVersions(
        of request: Request, answered: Bool = false
    ) async throws(CommandFailure) -> EarlierVersions {
        var found = EarlierVersions()
        found.absences = Absences(try await desk.releaseActs(of: request))
        do throws(StoreFailure) {
            found.lastVersion = try await desk.store.reports(requestID: request.id).map(\.version).max() ?? 0
            let all = try await desk.store.deliveries(of: request)
            for delivery in all.sorted(by: DeliveryErrand.comesBefore) {
                let events = try await desk.store.deliveryEvents(delivery.id)
                if answered, !events.contains(where: { $0.kind == .accepted }) { continue }
                if events.contains(where: { $0.kind == .attempted }) { found.hasLeft = true }
                // What was given up without an answer may have arrived all the same (HOUSE invariant 8).
                let isGivenUp = events.contains { $0.kind == .abandoned }
                if events.contains(where: { $0.kind == .refused }) || (isGivenUp && !events.mayHaveLeft) { continue }
                if DeliveryErrand(delivery) == .deletion {
                    if !isGivenUp { found.remove(delivery, events) }
                    found.deletions.append((delivery, events))
                } else if events.mayHaveLeft {
                    found.add(delivery, events)
                } else {
                    found.overtaken.append(
                        .deliveryEvent(
                            DeliveryEvent(
                                deliveryID: delivery.id, ordinal: (events.last?.ordinal ?? 0) + 1, kind: .abandoned,
                                at: desk.now(), detail: "remplacé avant envoi")))
                }
            }
        } catch { throw .store(error) }
        if found.remaining.isEmpty, found.absent.isEmpty { return found }
        found.takenOff = try await takenOff(request)
        let subject = ReportSubject(try await desk.patient(request.patientID))
        found.subject = subject
        if subject.matricule == nil {
            let signatures: [Laboratory.Signature]
            do throws(StoreFailure) { signatures = try await desk.store.signatures(requestID: request.id) } catch {
                throw .store(error)
            }
            let latest = signatures.max { $0.version < $1.version }
            found.identityWasWrong = latest?.amendment?.reason == .identity
        }
        return found
    }
}

/// What a delivery is for, as its destination says.
enum DeliveryErrand: Equatable {
    case version, again, deletion
    init(_ delivery: Delivery) {
        self =
            delivery.takesBack
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
