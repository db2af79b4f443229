import Base
import HL7v2
import Laboratory
import Report
import Store
import Synchronization
package import Workflow

/// Copies that change after a signature: who was added is sent the version in force, from who was taken off it is
/// withdrawn. Both are read from the acts of the register, so that a restart resumes them.
extension ReportDispatch {
    /// What a destination was last sent, or is about to be.
    private struct LastWord {
        var delivery: Delivery
        var events: [DeliveryEvent]
    }
    /// Why we closed a message before it left: its destinations had nothing of it.
    fileprivate static let ownClosings = ["retenu", patientsChoice, copiesChanged]
    static let patientsChoice = "choix du patient"
    private static let copiesChanged = "copies changées"

    package func addresseesChanged(of requestID: String) {
        readdressed.withLock { _ = $0?.insert(requestID) }
        wake()
    }

    package func obeyAddressees() async throws(CommandFailure) {
        let asked = readdressed.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        if asked?.isEmpty ?? false { return }
        do throws(CommandFailure) {
            var ids = asked ?? []
            if asked == nil { ids = try await desk.readdressed() }
            for id in ids.sorted() {
                do throws(CommandFailure) { try await obeyAddressees(of: id) } catch {
                    guard case .refused(let refusal) = error else { throw error }
                    log("copies d'un compte rendu : \(refusal.code) \(refusal.place)")
                }
            }
        } catch {
            readdressed.withLock { $0 = nil }
            throw error
        }
    }

    private func obeyAddressees(of id: String) async throws(CommandFailure) {
        let request = try await desk.request(id)
        let signatures: [Laboratory.Signature], reports: [ReportVersion]
        do throws(StoreFailure) {
            signatures = try await desk.store.signatures(requestID: id)
            reports = try await desk.store.reports(requestID: id)
        } catch { throw .store(error) }
        guard let latest = signatures.max(by: { $0.version < $1.version }),
            let last = reports.max(by: { $0.version < $1.version })
        else { return }
        let acts = try await standingActs(of: request, since: latest.at), state = ReleaseState(acts)
        // Held: looked at again when it is released.
        if state.isHeld || state.isWithdrawn { return }
        let patient = try await desk.patient(request.patientID)
        let named = request.mailboxes(of: patient)
        func changed(_ addresses: (ReleaseAct) -> [String]?) -> Set<String> {
            Set(acts.flatMap { addresses($0) ?? [] })
        }
        var failure: CommandFailure?
        do throws(CommandFailure) {
            try await takeBack(changed(\.removed).subtracting(named), request)
        } catch { failure = error }
        // A version that is still to be made names its own recipients. Who is added does not wait for who is taken off.
        if last.signatureID == latest.id || last.signatureID.hasPrefix("\(latest.id)/") {
            try await give(changed(\.added).intersection(named), last, latest, state, request)
        }
        if let failure { throw failure }
    }

    /// Of those whom a message names, whom it may still go to: who is named today, and who has a version unless it was
    /// taken off the copies. A message that waits for a person keeps the addresses of its day.
    func addressed(
        _ destinations: Set<Destination>, _ request: Request, _ patient: Laboratory.Patient
    ) async throws(CommandFailure) -> Set<Destination> {
        let unnamed = destinations.filter {
            guard case .professional(let address) = $0 else { return false }
            return !request.mailboxes(of: patient).contains(address)
        }
        if unnamed.isEmpty { return destinations }
        return destinations.subtracting(unnamed.subtracting(try await earlierVersions(of: request).holders))
    }

    /// Taken off the copies after a signature and named by nobody today: a withdrawal is all that goes there.
    func takenOff(_ request: Request) async throws(CommandFailure) -> Set<Destination> {
        let removed = Set(try await desk.releaseActs(of: request).flatMap { $0.act.removed ?? [] })
        if removed.isEmpty { return [] }
        let patient = try await desk.patient(request.patientID)
        return Set(removed.subtracting(request.mailboxes(of: patient)).map { .professional($0) })
    }

    /// Messages that have not left are written again without them; who has a version is told that it is withdrawn.
    private func takeBack(_ addresses: Set<String>, _ request: Request) async throws(CommandFailure) {
        let gone = Set(addresses.map { Destination.professional($0) })
        // What the PFI refused is not there: what came before it is.
        let found = try await lastWords(of: request, passingRefused: true).filter { gone.contains($0.key) }
        for (_, group) in Dictionary(grouping: found, by: \.value.delivery.id).sorted(by: { $0.key < $1.key }) {
            guard let word = group.first?.value, DeliveryErrand(word.delivery) != .deletion,
                let sent = DocumentTransmission(sent: word.delivery.message)
            else { continue }
            var facts = [Fact]()
            if !word.events.mayHaveLeft {
                if word.events.isClosed { continue }
                facts.append(close(word.delivery, word.events, ReportDispatch.copiesChanged))
                let rest = EarlierVersions.destinations(of: sent).subtracting(group.map(\.key))
                if !rest.isEmpty { facts += try await again(word.delivery, "renvoi", as: nil, keeping: rest) }
            } else {
                facts = try await again(word.delivery, "retrait", as: .deletion, keeping: Set(group.map(\.key)))
            }
            try await tell(facts, "release.copies", request)
        }
    }

    /// The version in force, to whom nothing of it was sent yet and nothing keeps it from.
    private func give(
        _ addresses: Set<String>, _ report: ReportVersion, _ signature: Laboratory.Signature, _ state: ReleaseState,
        _ request: Request
    ) async throws(CommandFailure) {
        guard let pfi, !addresses.isEmpty else { return }
        let known = try await lastWords(of: request)
        let wanted = addresses.sorted().filter { address in
            known[.professional(address)].map { DeliveryErrand($0.delivery) == .deletion } ?? true
        }
        if wanted.isEmpty { return }
        var signed = try await desk.signedReport(of: signature)
        signed.signature.version = report.version
        signed.visibility = state.visibility
        (signed.documentOID, signed.setOID) = (report.documentOID, report.setOID)
        (signed.replacedOID, signed.producedAt) = (report.replacedOID, report.producedAt)
        var settings = pfi.routing
        (settings.feedsDMP, settings.writesToPatients) = (false, false)
        let all = try await deliveries(of: request)
        var facts = [Fact](), notes = [(destination: String, reason: WithheldReason)]()
        do throws(Refusal) {
            let composition = try Composition(signed, catalogue: desk.catalogue(of: signed))
            var asked = composition.routingRequest(at: desk.now())
            asked.prescriber = asked.prescriber.flatMap { wanted.contains($0.lowercased()) ? $0 : nil }
            asked.copies = wanted
            let routing = Routing(asked, settings: settings)
            for one in routing.withheld where one.reason != .noAddress {
                guard case .professional(let address) = one.destination, wanted.contains(address) else { continue }
                notes.append((address, one.reason))
            }
            let before = all.count { $0.reportID == report.id && $0.isOfCopies }
            for (nth, errand) in routing.errands.enumerated() {
                let id = desk.newIdentifier()
                let message = try composition.message(
                    errand, cda: report.cda, parties: pfi.parties, processing: pfi.processing, controlID: id,
                    sentAt: desk.now(), settings: pfi.routing)
                facts.append(
                    .delivery(
                        Delivery(
                            id: id, site: request.site, reportID: report.id, requestID: request.id,
                            version: report.version, destination: "PFI copie \(before + nth + 1)", controlID: id,
                            message: message, createdAt: desk.now(), toDMP: false)))
            }
        } catch { throw .refused(error) }
        facts += try await setAside(notes, report.version, request)
        try await tell(facts, "release.copies", request)
    }

    /// An opposition that is lifted – recorded by mistake, or thought over – kept the version in force from somebody:
    /// it goes there now. Asked at each change of a patient's file and at the start; who has it is not sent it again.
    func giveUnopposed() async throws(CommandFailure) {
        guard pfi != nil else { return }
        for kept in try await desk.keptByOpposition() {
            do throws(CommandFailure) {
                try await give(kept.destinations, of: kept.requestID, version: kept.version)
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                log("opposition levée, compte rendu non transmis : \(refusal.code) \(refusal.place)")
            }
        }
    }

    /// The version in force to those of these destinations that may have it and have not. `version`: from which it was
    /// withheld.
    private func give(_ names: Set<String>, of id: String, version: Int) async throws(CommandFailure) {
        guard let pfi else { return }
        let request = try await desk.request(id)
        let signatures: [Laboratory.Signature], reports: [ReportVersion]
        do throws(StoreFailure) {
            signatures = try await desk.store.signatures(requestID: id)
            reports = try await desk.store.reports(requestID: id)
        } catch { throw .store(error) }
        guard let latest = signatures.max(by: { $0.version < $1.version }),
            let last = reports.max(by: { $0.version < $1.version }), last.version == version,
            last.signatureID == latest.id || last.signatureID.hasPrefix("\(latest.id)/")
        else { return }
        let state = ReleaseState(try await standingActs(of: request, since: latest.at))
        if state.isHeld || state.isWithdrawn { return }
        let known = try await lastWords(of: request)
        let wanted = names.filter { name in
            !known.contains { destination, word in
                destination.description == name && word.delivery.reportID == last.id
                    && DeliveryErrand(word.delivery) != .deletion
            }
        }
        if wanted.isEmpty { return }
        var signed = try await desk.signedReport(of: latest)
        signed.signature.version = last.version
        signed.visibility = state.visibility
        (signed.documentOID, signed.setOID) = (last.documentOID, last.setOID)
        (signed.replacedOID, signed.producedAt) = (last.replacedOID, last.producedAt)
        let taken = try await deliveries(of: request).count {
            $0.reportID == last.id && $0.destination.contains("renvoi")
        }
        let holders = try await earlierVersions(of: request).holders
        var facts = [Fact]()
        do throws(Refusal) {
            let composition = try Composition(signed, catalogue: desk.catalogue(of: signed))
            var asked = composition.routingRequest(at: desk.now())
            asked.holders = holders
            for errand in Routing(asked, settings: pfi.routing).errands {
                var errand = errand
                errand.destinations = errand.destinations.filter { wanted.contains($0.description) }
                if errand.destinations.isEmpty { continue }
                let number = desk.newIdentifier()
                let message = try composition.message(
                    errand, cda: last.cda, parties: pfi.parties, processing: pfi.processing, controlID: number,
                    sentAt: desk.now(), settings: pfi.routing)
                facts.append(
                    .delivery(
                        Delivery(
                            id: number, site: request.site, reportID: last.id, requestID: id, version: last.version,
                            destination: "PFI renvoi \(taken + facts.count + 1)", controlID: number, message: message,
                            createdAt: desk.now(), toDMP: errand.toDMP)))
            }
        } catch { throw .refused(error) }
        try await tell(facts, "release.choices", request)
    }

    /// Copies that the patient's choices keep from somebody: told once a version, shown by `deliveries`.
    private func setAside(
        _ notes: [(destination: String, reason: WithheldReason)], _ version: Int, _ request: Request
    ) async throws(CommandFailure) -> [Fact] {
        let known = try await desk.releaseActs(of: request).map(\.act)
        var facts = [Fact]()
        for note in notes {
            var act = ReleaseAct(.setAside, reason: note.reason.french, destination: note.destination)
            act.version = version
            if known.contains(act) { continue }
            log("demande \(request.number) : copie non transmise (\(note.reason.rawValue))")
            var entry = try await desk.releaseEntry(act, of: request, by: "exchange")
            entry.ordinal += facts.count
            facts.append(.register(entry))
        }
        return facts
    }

    /// Appends what a change of the request or the patient sends by itself.
    func tell(_ facts: [Fact], _ action: String, _ request: Request) async throws(CommandFailure) {
        if facts.isEmpty { return }
        let note = AuditNote(
            site: request.site, author: "exchange", action: action, subject: request.number, at: desk.now())
        do throws(StoreFailure) { try await desk.store.append(facts, note: note) } catch { throw .store(error) }
    }

    private func deliveries(of request: Request) async throws(CommandFailure) -> [Delivery] {
        do throws(StoreFailure) { return try await desk.store.deliveries(of: request) } catch { throw .store(error) }
    }

    /// `passingRefused`: versions that the PFI refused count for nothing.
    private func lastWords(
        of request: Request, passingRefused: Bool = false
    ) async throws(CommandFailure) -> [Destination: LastWord] {
        var found = [Destination: LastWord]()
        // What is taken back in the instant of its sending is taken back after it.
        func rank(_ delivery: Delivery) -> (Instant, Int, String) {
            (delivery.createdAt, DeliveryErrand(delivery) == .deletion ? 1 : 0, delivery.id)
        }
        for delivery in try await deliveries(of: request).sorted(by: { rank($0) < rank($1) }) {
            let events: [DeliveryEvent]
            do throws(StoreFailure) { events = try await desk.store.deliveryEvents(delivery.id) } catch {
                throw .store(error)
            }
            let isVoid = events.isClosed && !events.mayHaveLeft && events.isClosedByUs
            if passingRefused, DeliveryErrand(delivery) != .deletion, events.contains(where: { $0.kind == .refused }) {
                continue
            }
            guard !isVoid, let sent = DocumentTransmission(sent: delivery.message) else { continue }
            for destination in EarlierVersions.destinations(of: sent) {
                found[destination] = LastWord(delivery: delivery, events: events)
            }
        }
        return found
    }
}

extension Request {
    /// MSSanté addresses of everyone who is written to, lower case.
    fileprivate func mailboxes(of patient: Laboratory.Patient) -> Set<String> {
        Set(correspondents(of: patient).compactMap { $0.securedMail?.lowercased() })
    }
}

extension [DeliveryEvent] {
    /// Nobody decided it about this message: a hold, a choice of the patient, copies that changed.
    var isClosedByUs: Bool { ReportDispatch.ownClosings.contains(last?.detail ?? "") }
}

extension Delivery {
    /// It brings the version in force to copies that were added after it had left.
    var isOfCopies: Bool { destination.contains("copie") }
}
