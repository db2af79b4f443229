import Base
import HL7v2
import Laboratory
import Report
import Store
import Workflow

/// Whose report a message is, as it says: the matricule that it carries and our own number of the person.
struct ReportSubject: Hashable {
    var matricule: String?
    var ipp: String?

    init(_ patient: Laboratory.Patient) {
        matricule = patient.publishableINS?.matricule
        ipp = patient.ipp
    }
    init(_ sent: PatientIdentification) {
        func number(_ type: String) -> String? { sent.identifiers.first { $0.type == type }?.number }
        matricule = number("INS")
        ipp = number("PI")
    }

    /// Two matricules are two people, and so are two numbers of ours. An identity that was only qualified meanwhile, or
    /// is no longer, is the same person.
    func isAnother(than other: ReportSubject) -> Bool {
        if let matricule, let known = other.matricule { return matricule != known }
        return ipp != other.ipp
    }
}

/// What the earlier versions of a request's report left behind them.
struct EarlierVersions {
    /// The message by which a destination came to what it has, how it was named there, and under whose identity.
    struct Holding {
        var destination: Destination
        var delivery: Delivery
        var recipient: Recipient?
        var subject: ReportSubject
        /// When it is known to have come, or when the PFI took it.
        var at: Instant?
        /// The version before, which the DMP confirmed: it stands there as long as nothing is known of this one.
        var confirmedBefore: Delivery?
        /// A document of the DMP beside the one that stands for it: a word that came late says that it is there, and a
        /// later version was given as a new one meanwhile. Nothing but its own deletion ends it.
        var isStray = false
        /// As the register names it.
        var place: String {
            switch destination {
            case .dmp: Absences.place(ofDMP: subject.matricule)
            case .patient, .professional: Absences.place(of: recipient?.address ?? destination.description)
            }
        }
    }
    /// Deliveries that never left, closed with the new version's.
    var overtaken: [Fact] = []
    var lastVersion = 0
    /// Something was given to the wire once: the chain of its documents has begun.
    var hasLeft = false
    /// Whose the request is now; nil as long as nothing was ever sent.
    var subject: ReportSubject?
    /// The file is no longer qualified, and its last signature says that the identity was wrong.
    var identityWasWrong = false
    /// Whose record in the DMP is known to have had a version of this request, which no deletion took since.
    private var confirmed: [ReportSubject] = []
    /// Who may have a version now, each its own: a document that the DMP may not have went to others meanwhile.
    private(set) var holdings: [Holding] = []
    /// What a person said that they have not.
    var absences = Absences()
    /// Those who would have it but for that.
    private(set) var absent: [Holding] = []
    /// Mailboxes that did not take its deletion: what they had is there, and the deletion is what goes again.
    private(set) var refusing: [Holding] = []

    /// Those who have it as a report of the person that it is of.
    var held: [Destination: Holding] {
        Dictionary(holdings.filter { !isMisplaced($0) && !$0.isStray }.map { ($0.destination, $0) }) { _, last in last }
    }
    /// Those who have it as a report of somebody else: it is taken back there, nothing replaces it (PFI sheet section
    /// 6, point 4).
    var misplaced: [Holding] { holdings.filter(isMisplaced) }
    /// The last message that may be with the PFI; nil after a deletion.
    var lastSent: Delivery? { held.values.map(\.delivery).max(by: DeliveryErrand.comesBefore) }
    /// The last of those that came to nobody, as people said.
    var lastAbsent: Delivery? {
        absent.filter { isAbsent($0.destination) }.map(\.delivery).max(by: DeliveryErrand.comesBefore)
    }
    /// Those of them whom a later version may still go to.
    var holders: Set<Destination> { Set(held.keys).subtracting(takenOff) }
    /// No copies any more: what they have is withdrawn there, and nothing follows it.
    var takenOff: Set<Destination> = []
    /// Deletions that may have left and nobody refused, oldest first.
    var deletions: [(delivery: Delivery, events: [DeliveryEvent])] = []

    private func isMisplaced(_ holding: Holding) -> Bool {
        guard let subject else { return false }
        if identityWasWrong, holding.subject.matricule != nil { return true }
        return holding.subject.isAnother(than: subject)
    }

    /// Everyone whom a message of ours goes to.
    static func destinations(of sent: DocumentTransmission) -> Set<Destination> {
        Set(sent.recipients.map(destination)).union(sent.toDMP ? [.dmp] : [])
    }
    static func destinations(of delivery: Delivery) -> Set<Destination> {
        DocumentTransmission(sent: delivery.message).map(destinations) ?? []
    }
    static func destination(of recipient: Recipient) -> Destination {
        recipient.isPatient ? .patient : .professional(recipient.address.lowercased())
    }

    mutating func add(_ delivery: Delivery, _ events: [DeliveryEvent]) {
        guard let sent = DocumentTransmission(sent: delivery.message) else { return }
        let subject = ReportSubject(sent.patient)
        let taken = events.last { $0.kind == .accepted }?.at
        /// False when a person said that it is not there. `seen`: the last word of the other side that it is.
        func hold(_ destination: Destination, _ recipient: Recipient?, _ at: Instant?, seen: Instant?) -> Bool {
            var holding = Holding(
                destination: destination, delivery: delivery, recipient: recipient, subject: subject, at: at ?? taken)
            absent.removeAll { $0.isSame(destination, subject) }
            refusing.removeAll { $0.isSame(destination, subject) }
            if absences.covers(holding.place, sent: delivery.createdAt, confirmed: seen) {
                absent.append(holding)
                return false
            }
            if destination == .dmp, seen == nil, let before = holdings.last(where: { $0.isSame(.dmp, subject) }) {
                let isConfirmed = confirmed.contains { !$0.isAnother(than: subject) }
                holding.confirmedBefore =
                    before.confirmedBefore ?? (isConfirmed && !before.isOf(delivery) ? before.delivery : nil)
            }
            if destination == .dmp, sent.request == .initial { leaveStanding(beside: delivery, of: subject) }
            drop(destination, of: subject)
            holdings.append(holding)
            return true
        }
        // What the DMP refused is not there; what it had before still is.
        let inDMP = events.last { $0.kind == .dmpAccepted }?.at
        if sent.toDMP, !events.isRefusedByDMP, hold(.dmp, nil, inDMP, seen: inDMP), inDMP != nil {
            confirmed.append(subject)
        }
        // The same version, sent before and not refused: it may have taken the place of what is denied now.
        let same = holdings.lastIndex {
            $0.isSame(.dmp, subject) && $0.isOf(delivery) && $0.delivery.id != delivery.id
        }
        if let same {
            // It has replaced the one before, which it denies.
            if events.deniesDocument { holdings[same].confirmedBefore = nil }
        } else {
            settle(sent, events, subject)
        }
        for recipient in sent.recipients {
            let came = events.first { $0.kind == .mailDelivered && $0.isAbout(recipient.address) }?.at
            let seen = events.last { $0.saysMailCame(to: recipient.address) }
            _ = hold(EarlierVersions.destination(of: recipient), recipient, came, seen: seen?.at)
        }
    }
    mutating func remove(_ deletion: Delivery, _ events: [DeliveryEvent]) {
        guard let sent = DocumentTransmission(sent: deletion.message) else { return }
        let subject = ReportSubject(sent.patient)
        if sent.toDMP, !events.isRefusedByDMP {
            let isStray = holdings.contains { $0.isStray && $0.isSame(.dmp, subject) && $0.isOf(deletion) }
            if isStray {
                holdings.removeAll { $0.isStray && $0.isSame(.dmp, subject) && $0.isOf(deletion) }
            } else {
                drop(.dmp, of: subject)
                confirmed.removeAll { !$0.isAnother(than: subject) }
            }
        }
        // It has not this version: the one before, which it confirmed, may never have been replaced.
        let denied = holdings.lastIndex { $0.isSame(.dmp, subject) && $0.isOf(deletion) }
        if sent.toDMP, events.deniesDocument, let denied, let before = holdings[denied].confirmedBefore {
            holdings[denied].delivery = before
            holdings[denied].confirmedBefore = nil
        } else {
            if events.deniesDocument, denied != nil { confirmed.removeAll { !$0.isAnother(than: subject) } }
            settle(sent, events, subject)
        }
        let unwilling = events.refusedBeyond
        for recipient in sent.recipients {
            let destination = EarlierVersions.destination(of: recipient)
            if unwilling.contains(recipient.address.lowercased()) {
                refusing += holdings.filter { $0.isSame(destination, subject) }
            } else {
                refusing.removeAll { $0.isSame(destination, subject) }
            }
            drop(destination, of: subject)
        }
    }
    /// Everyone who may have a version, whatever was asked of them.
    var remaining: [Holding] { holdings + refusing }
    /// Said to have nothing, and nothing came there since.
    func isAbsent(_ destination: Destination) -> Bool {
        absent.contains { $0.destination == destination && !isMisplaced($0) } && held[destination] == nil
    }
    /// A DMP that has nothing to replace or to delete never had what nobody answered for; unless it had a version once:
    /// that one is denied because another, unanswered, took its place.
    private mutating func settle(_ sent: DocumentTransmission, _ events: [DeliveryEvent], _ subject: ReportSubject) {
        guard sent.toDMP, sent.request != .initial, events.deniesDocument,
            confirmed.allSatisfy({ $0.isAnother(than: subject) })
        else { return }
        drop(.dmp, of: subject)
    }
    private mutating func drop(_ destination: Destination, of subject: ReportSubject) {
        holdings.removeAll { $0.isSame(destination, subject) && !$0.isStray }
    }
    /// What the DMP confirmed is not replaced by what is given to it as new.
    private mutating func leaveStanding(beside delivery: Delivery, of subject: ReportSubject) {
        guard confirmed.contains(where: { !$0.isAnother(than: subject) }) else { return }
        for place in holdings.indices where holdings[place].isSame(.dmp, subject) && !holdings[place].isOf(delivery) {
            holdings[place].isStray = true
        }
    }
    /// What stands in the DMP beside what it should have.
    var strays: [Holding] { holdings.filter(\.isStray) }
    /// Nobody there has a version of this person's any more.
    mutating func forget(_ destination: Destination) {
        holdings = holdings.filter { $0.destination != destination || isMisplaced($0) }
    }

    /// By report version, oldest first.
    static func byVersion(_ holdings: [Holding]) -> [[Destination: Holding]] {
        Dictionary(grouping: holdings, by: \.delivery.reportID).values
            .map { Dictionary($0.map { ($0.destination, $0) }) { _, last in last } }
            .sorted { ($0.first?.value.delivery.version ?? 0) < ($1.first?.value.delivery.version ?? 0) }
    }
}

extension EarlierVersions.Holding {
    func isSame(_ destination: Destination, _ subject: ReportSubject) -> Bool {
        self.destination == destination && !self.subject.isAnother(than: subject)
    }
    /// The same report version.
    fileprivate func isOf(_ other: Delivery) -> Bool { delivery.reportID == other.reportID }
}

extension ReportDispatch {
    /// What was sent under the identity of somebody else goes: a deletion under that identity. A mail that was taken
    /// cannot be fetched back from a patient's mailbox, and what no message can delete stays: a person must act.
    func takingBack(
        _ earlier: EarlierVersions
    ) async throws(CommandFailure) -> (deletions: [Fact], notes: [WithheldNote]) {
        var deletions = [Fact](), notes = [WithheldNote]()
        func note(_ holding: EarlierVersions.Holding, _ words: String) {
            let place =
                holding.destination == .dmp
                ? "DMP \(holding.subject.matricule ?? "")"
                : holding.recipient?.address ?? holding.destination.description
            notes.append(
                WithheldNote(
                    destination: place, reason: WithheldNote.wrongPatient,
                    words: "compte rendu d'un autre patient : \(words)",
                    hasEarlier: true))
        }
        for holdings in EarlierVersions.byVersion(earlier.misplaced + earlier.strays) {
            guard let delivery = holdings.first?.value.delivery else { continue }
            do throws(CommandFailure) {
                deletions += try await again(delivery, "retrait", as: .deletion, to: holdings)
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                for one in holdings.values.sorted(by: { $0.destination < $1.destination }) {
                    note(one, "sa suppression ne peut partir (\(refusal.cause))")
                }
                continue
            }
            if let mail = holdings[.patient] {
                note(mail, "sa suppression est demandée, ce qui a été lu ne peut être repris")
            }
        }
        return (deletions, notes)
    }

    /// Hidden from the patient after it came there: nothing that it says changed, and the announcement is for the
    /// doctor to make.
    func softened(
        _ notes: [WithheldNote], _ signatureID: String, _ earlier: EarlierVersions, _ zone: CivilZone
    ) async throws(CommandFailure) -> [WithheldNote] {
        let hiding = [WithheldReason.hiddenFromPatient, .representativesWouldSee].map(\.rawValue)
        var notes = notes
        for place in notes.indices where notes[place].hasEarlier {
            let isPatients = hiding.contains(notes[place].reason)
            guard isPatients || notes[place].reason == WithheldReason.combination.rawValue,
                let holding = earlier.held.first(where: { destination, _ in
                    isPatients ? destination == .patient : destination.description == notes[place].destination
                })?.value
            else { continue }
            let report: ReportVersion?
            do throws(StoreFailure) { report = try await desk.store.report(holding.delivery.reportID) } catch {
                throw .store(error)
            }
            let day = holding.at.map { "le \($0.french(in: zone))" } ?? "(sans accusé)"
            if report?.signedBy == signatureID.signatureBase {
                notes[place].hasEarlier = false
                notes[place].reason = WithheldNote.alreadyThere
                notes[place].words = "l'a déjà reçu \(day), ne peut être repris"
            } else if isPatients {
                notes[place].words += " ; en a reçu une version antérieure \(day), à rectifier à la consultation"
            }
        }
        return notes
    }
}

extension ReportVersion {
    func isOf(_ signature: Laboratory.Signature) -> Bool { signedBy == signature.id }
    /// A version made again of the same signature bears its number behind it.
    fileprivate var signedBy: String { signatureID.signatureBase }
}
extension String {
    fileprivate var signatureBase: String { String(prefix { $0 != "/" }) }
}
