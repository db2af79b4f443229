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
        /// Nobody answered for it yet: the version before that the PFI took, which may be what is there.
        var before: Delivery?
    }
    /// Why we closed a message before it left: its destinations had nothing of it.
    fileprivate static let ownClosings = ["retenu", patientsChoice, copiesChanged]
    static let patientsChoice = "choix du patient"
    private static let copiesChanged = "copies changées"

    package func addresseesChanged(of requestID: String) {
        readdressed.withLock { _ = $0?.insert(requestID) }
        news.ring()
        wake()
    }

    /// What could not be obeyed is tried again once something of a file or a signature changed.
    func resumeAddressees() {
        let again = postponed.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        readdressed.withLock { $0?.formUnion(again) }
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
                    postponed.withLock { _ = $0.insert(id) }
                }
            }
        } catch {
            readdressed.withLock { $0 = nil }
            throw error
        }
    }

    /// What is out of a request: its newest signature, and the report version in force.
    private struct InForce {
        var request: Request
        var signature: Laboratory.Signature
        var report: ReportVersion
        var acts: [ReleaseAct]
        var state: ReleaseState
        /// False while the version of the newest signature is still to be made.
        var isNewest: Bool { report.isOf(signature) }
        /// Held: looked at again when it is released.
        var goesNowhere: Bool { state.isHeld || state.isWithdrawn }
    }
    /// Nil before the first version.
    private func inForce(_ id: String) async throws(CommandFailure) -> InForce? {
        let request = try await desk.request(id)
        let signatures: [Laboratory.Signature], reports: [ReportVersion]
        do throws(StoreFailure) {
            signatures = try await desk.store.signatures(requestID: id)
            reports = try await desk.store.reports(requestID: id)
        } catch { throw .store(error) }
        guard let latest = signatures.max(by: { $0.version < $1.version }),
            let last = reports.max(by: { $0.version < $1.version })
        else { return nil }
        let acts = try await standingActs(of: request, since: latest.at)
        return InForce(
            request: request, signature: latest, report: last, acts: acts, state: ReleaseState(acts))
    }

    private func obeyAddressees(of id: String) async throws(CommandFailure) {
        guard let known = try await inForce(id), !known.goesNowhere else { return }
        let patient = try await desk.patient(known.request.patientID)
        let named = known.request.mailboxes(of: patient)
        func changed(_ addresses: (ReleaseAct) -> [String]?) -> Set<String> {
            Set(known.acts.flatMap { addresses($0) ?? [] })
        }
        var failure: CommandFailure?
        do throws(CommandFailure) {
            try await takeBack(changed(\.removed).subtracting(named), known.request)
        } catch { failure = error }
        // A version that is still to be made names its own recipients. Who is added does not wait for who is taken off.
        if known.isNewest { try await give(changed(\.added).intersection(named), known, .copies) }
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

    /// Of those whom a withdrawal is for, who must keep what it would take back: who was sent a version since, and who
    /// is named again. Another patient's report is taken back all the same, and so is one that is withdrawn as a whole.
    func outdated(
        _ withdrawal: Delivery, _ request: Request
    ) async throws(CommandFailure) -> Set<Destination> {
        guard let sent = DocumentTransmission(sent: withdrawal.message), let known = try await inForce(request.id)
        else { return [] }
        let patient = try await desk.patient(request.patientID), subject = ReportSubject(sent.patient)
        var found = Set<Destination>()
        if !known.state.isWithdrawn, !subject.isAnother(than: ReportSubject(patient)) {
            found = Set(request.mailboxes(of: patient).map { .professional($0) })
        }
        for other in try await deliveries(of: request)
        where DeliveryErrand(other) != .deletion && other.createdAt > withdrawal.createdAt {
            let events: [DeliveryEvent]
            do throws(StoreFailure) { events = try await desk.store.deliveryEvents(other.id) } catch {
                throw .store(error)
            }
            let isNowhere = events.contains { $0.kind == .refused } || (events.isClosed && !events.mayHaveLeft)
            guard !isNowhere, let later = DocumentTransmission(sent: other.message),
                !ReportSubject(later.patient).isAnother(than: subject)
            else { continue }
            found.formUnion(EarlierVersions.destinations(of: later))
        }
        return found.intersection(EarlierVersions.destinations(of: sent))
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
        let found = try await lastWords(of: request, passingRefused: .versions).filter { gone.contains($0.key) }
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
                for (_, part) in Dictionary(grouping: group, by: { $0.value.before?.id ?? "" }) {
                    guard let before = part.first?.value.before else { continue }
                    facts += try await again(before, "retrait", as: .deletion, keeping: Set(part.map(\.key)))
                }
            }
            try await tell(facts, "release.copies", request)
        }
    }

    /// Why the version in force goes to somebody after it had left.
    private enum Occasion {
        case copies, choices
        var action: String { self == .copies ? "release.copies" : "release.choices" }
        /// In the name of the delivery.
        var word: String { self == .copies ? "copie" : "renvoi" }
    }

    /// The version in force to those of these destinations (as they are written down) that nothing keeps it from, and
    /// that have it not, nor are about to.
    private func give(
        _ names: Set<String>, _ known: InForce, _ occasion: Occasion
    ) async throws(CommandFailure) {
        guard let pfi, !names.isEmpty else { return }
        let (request, report) = (known.request, known.report)
        let words = try await lastWords(of: request, passingRefused: .withdrawals)
        let wanted = names.filter { name in
            !words.contains { destination, word in
                destination.description == name && word.delivery.reportID == report.id
                    && DeliveryErrand(word.delivery) != .deletion
            }
        }
        if wanted.isEmpty { return }
        var signed = try await desk.signedReport(of: known.signature)
        signed.signature.version = report.version
        signed.visibility = known.state.visibility
        (signed.documentOID, signed.setOID) = (report.documentOID, report.setOID)
        (signed.replacedOID, signed.producedAt) = (report.replacedOID, report.producedAt)
        let taken = try await deliveries(of: request).count {
            $0.reportID == report.id && $0.destination.contains(occasion.word)
        }
        let holders = try await earlierVersions(of: request).holders.filter { wanted.contains($0.description) }
        var facts = [Fact](), notes = [(destination: String, reason: WithheldReason)]()
        do throws(Refusal) {
            let composition = try Composition(signed, catalogue: desk.catalogue(of: signed))
            var asked = composition.routingRequest(at: desk.now()), settings = pfi.routing
            asked.prescriber = asked.prescriber.flatMap { wanted.contains($0.lowercased()) ? $0 : nil }
            asked.copies = asked.copies.filter { wanted.contains($0.lowercased()) }
            asked.holders = holders
            settings.feedsDMP = settings.feedsDMP && wanted.contains(Destination.dmp.description)
            settings.writesToPatients = settings.writesToPatients && wanted.contains(Destination.patient.description)
            let routing = Routing(asked, settings: settings)
            notes = routing.withheld.filter { $0.reason != .noAddress }.map { ($0.destination.description, $0.reason) }
            for errand in routing.errands {
                let number = desk.newIdentifier()
                let message = try composition.message(
                    errand, cda: report.cda, parties: pfi.parties, processing: pfi.processing, controlID: number,
                    sentAt: desk.now(), settings: pfi.routing)
                facts.append(
                    .delivery(
                        Delivery(
                            id: number, site: request.site, reportID: report.id, requestID: request.id,
                            version: report.version, destination: "PFI \(occasion.word) \(taken + facts.count + 1)",
                            controlID: number, message: message, createdAt: desk.now(), toDMP: errand.toDMP)))
            }
        } catch { throw .refused(error) }
        facts += try await setAside(notes, report.version, request)
        try await tell(facts, occasion.action, request)
    }

    /// An opposition that is lifted – recorded by mistake, or thought over – kept the version in force from somebody,
    /// or a copy of it: it goes there now. Asked at each change of a patient's file (nil: of every one, as at the
    /// start), from what the registers keep; who has it is not sent it again.
    func giveUnopposed(patient: String?) async throws(CommandFailure) {
        guard pfi != nil else { return }
        for kept in try await desk.keptByOpposition(patient: patient) {
            do throws(CommandFailure) {
                if kept.isOfCopies { try await obeyAddressees(of: kept.requestID) }
                guard let known = try await inForce(kept.requestID), known.isNewest, !known.goesNowhere else {
                    continue
                }
                try await give(kept.destinations[known.report.version] ?? [], known, .choices)
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                log("opposition levée, compte rendu non transmis : \(refusal.code) \(refusal.place)")
            }
        }
    }

    /// The médecin traitant is another since a version was made that nobody has yet: it goes to the one of today. Who
    /// has a version keeps it, and what left earlier is not sent to who was not the doctor then.
    func giveFamilyDoctor(_ request: Request) async throws(CommandFailure) {
        let file = try await desk.patient(request.patientID).administrative
        guard let file, file.familyDoctorGetsReports, let mail = file.familyDoctor?.securedMail,
            let known = try await inForce(request.id), known.isNewest, !known.goesNowhere
        else { return }
        try await give([mail.lowercased()], known, .choices)
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

    /// What the PFI refused and that counts for nothing: nobody has that version, or nothing was taken back.
    private enum Passed { case versions, withdrawals }

    private func lastWords(
        of request: Request, passingRefused passed: Passed
    ) async throws(CommandFailure) -> [Destination: LastWord] {
        var found = [Destination: LastWord]()
        // What is taken back in the instant of its sending is taken back after it.
        func rank(_ delivery: Delivery) -> (Instant, Int, String) {
            (delivery.createdAt, DeliveryErrand(delivery) == .deletion ? 1 : 0, delivery.id)
        }
        let absences = Absences(try await desk.releaseActs(of: request))
        for delivery in try await deliveries(of: request).sorted(by: { rank($0) < rank($1) }) {
            let events: [DeliveryEvent]
            do throws(StoreFailure) { events = try await desk.store.deliveryEvents(delivery.id) } catch {
                throw .store(error)
            }
            let isVoid = events.isClosed && !events.mayHaveLeft && events.isClosedByUs
            let isPassed = (DeliveryErrand(delivery) == .deletion) == (passed == .withdrawals)
            if isPassed, events.contains(where: { $0.kind == .refused }) { continue }
            guard !isVoid, let sent = DocumentTransmission(sent: delivery.message) else { continue }
            let isAnswered = events.contains { $0.kind == .accepted }
            for destination in EarlierVersions.destinations(of: sent) {
                // Who has nothing of it is asked to give nothing back.
                let box = Absences.place(of: destination.description)
                let seen = events.last { $0.saysMailCame(to: destination.description) }
                if passed == .versions, absences.covers(box, sent: delivery.createdAt, confirmed: seen?.at) { continue }
                let last = found[destination].flatMap { last in
                    last.events.contains { $0.kind == .accepted } ? last.delivery : last.before
                }
                let before = last.flatMap { last in
                    isAnswered || last.reportID == delivery.reportID || DeliveryErrand(last) == .deletion ? nil : last
                }
                found[destination] = LastWord(delivery: delivery, events: events, before: before)
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
