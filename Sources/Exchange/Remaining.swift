import Base
import HL7v2
import Laboratory
import Report
import Store
package import Workflow

/// Who still has something of a report, beyond what messages say of themselves.
extension ReportDispatch {
    /// Who may still have a version of a report that was withdrawn, its deletion given up, unanswered or never asked
    /// for; a deletion that was refused waits by itself. Of one request, or of a site (nil: all), told or not.
    package func leftAfterWithdrawal(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine] {
        if let reference { return try await leftAfterWithdrawal(of: try await desk.request(reference)) }
        var lines = [WithheldLine]()
        for site in site.map({ [$0] }) ?? desk.sites.keys.sorted() {
            let ids: [String]
            do throws(StoreFailure) { ids = try await desk.store.requests(site: site, decided: .withdraw) } catch {
                throw .store(error)
            }
            for id in ids { lines += try await leftAfterWithdrawal(of: try await desk.request(id)) }
        }
        return lines.sorted { ($0.at, $0.requestID) > ($1.at, $1.requestID) }
    }

    func leftAfterWithdrawal(of request: Request) async throws(CommandFailure) -> [WithheldLine] {
        let acts = try await desk.releaseActs(of: request)
        guard let withdrawn = acts.last(where: { $0.act.kind == .withdraw }) else { return [] }
        let signatures: [Laboratory.Signature]
        do throws(StoreFailure) { signatures = try await desk.store.signatures(requestID: request.id) } catch {
            throw .store(error)
        }
        let earlier = try await earlierVersions(of: request)
        var remaining = earlier.remaining, silent = [(name: String, version: Int)]()
        if signatures.contains(where: { $0.at > withdrawn.at }) {
            // What was signed since goes to its recipients in the place of what they have; nobody writes any more to
            // who was taken off meanwhile.
            remaining.removeAll { !earlier.takenOff.contains($0.destination) }
            if remaining.isEmpty { return [] }
            let due = Set(try await dueDeliveries(request).flatMap { EarlierVersions.destinations(of: $0.0) })
            remaining.removeAll { due.contains($0.destination) }
        } else {
            silent = silentDeletions(earlier.deletions, since: withdrawn.at)
        }
        if remaining.isEmpty, silent.isEmpty { return [] }
        var waiting = Set<Destination>()
        for dead in try await deadLetters(of: request) where dead.delivery.takesBack {
            waiting.formUnion(EarlierVersions.destinations(of: dead.delivery))
        }
        var lines = [WithheldLine]()
        for one in remaining.sorted(by: { $0.place < $1.place }) where !waiting.contains(one.destination) {
            let isOwn = !earlier.misplaced.contains { $0.place == one.place }
            let name = one.destination == .dmp && isOwn ? EarlierVersions.dmp : one.place
            let version = one.delivery.version
            lines.append(
                line(
                    request, name, version, withdrawn.at, acts,
                    "compte rendu retiré, sa version \(version) est peut-être encore là"))
        }
        for one in silent where !lines.contains(where: { $0.note.destination == one.name }) {
            lines.append(
                line(
                    request, one.name, one.version, withdrawn.at, acts,
                    "suppression prise par la PFI depuis plus d'un jour, sans réponse : la version \(one.version) est "
                        + "peut-être encore là"))
        }
        return lines
    }

    /// Waits for a person until one says since the withdrawal that they were told.
    private func line(
        _ request: Request, _ name: String, _ version: Int, _ withdrawn: Instant, _ acts: [DecidedRelease],
        _ words: String
    ) -> WithheldLine {
        let told = acts.last { decided in
            guard decided.act.kind == .told, decided.at >= withdrawn, let who = decided.act.destination else {
                return false
            }
            return who == name || who.lowercased() == name
        }
        let note = WithheldNote(destination: name, reason: WithheldNote.withdrawn, words: words, hasEarlier: true)
        return WithheldLine(
            requestID: request.id, requestNumber: request.number, version: version, at: withdrawn, note: note,
            needsPerson: told == nil, told: told)
    }

    /// How long a DMP or a mailbox may say nothing of a deletion that the PFI took.
    package static let deletionSilence = Duration.seconds(86_400)

    /// Destinations of the deletions of a withdrawal that were asked for a word and gave none in time: what is to be
    /// deleted there may stand for ever, and nobody would look.
    private func silentDeletions(
        _ deletions: [(delivery: Delivery, events: [DeliveryEvent])], since withdrawn: Instant
    ) -> [(name: String, version: Int)] {
        var silent = [(name: String, version: Int)]()
        for (delivery, events) in deletions where withdrawn <= delivery.createdAt {
            guard let taken = events.first(where: { $0.kind == .accepted }),
                taken.at.advanced(by: Self.deletionSilence) <= desk.now(),
                let sent = DocumentTransmission(sent: delivery.message), sent.wantsReception
            else { continue }
            if sent.toDMP, !events.contains(where: { $0.kind == .dmpAccepted || $0.kind == .dmpRefused }) {
                silent.append((EarlierVersions.dmp, delivery.version))
            }
            let heard = events.filter { [.mailDelivered, .mailRefused, .mailRead].contains($0.kind) }
            for address in sent.recipients.map({ $0.address.lowercased() })
            where !heard.contains(where: { $0.isAbout(address) }) {
                silent.append((address, delivery.version))
            }
        }
        return silent
    }

    /// What a person says that a destination has or has not, with the destination as the register names it. Refused
    /// where nothing can be said: nobody knows of anything there, or a message is on its way.
    func named(
        _ act: ReleaseAct, of request: Request, _ earlier: EarlierVersions
    ) async throws(CommandFailure) -> ReleaseAct {
        guard act.kind == .absent || act.kind == .present, let typed = act.destination else { return act }
        let own = Set(earlier.held.values.map(\.place))
        let known = act.kind == .absent ? earlier.remaining : earlier.absent.filter { !own.contains($0.place) }
        func refuse(_ code: String, _ cause: String, _ remedy: String) -> CommandFailure {
            .refused(Refusal("release.\(code)", at: request.number, because: cause, remedy: remedy))
        }
        let meant = known.filter { one in
            switch one.destination {
            case .dmp: typed == EarlierVersions.dmp || typed == one.place
            case .patient: typed == "patient" || typed.lowercased() == one.place
            case .professional: typed.lowercased() == one.place
            }
        }
        let list = "paillasse deliveries --request \(request.number)"
        let places = Set(meant.map(\.place))
        guard let place = places.first else {
            throw refuse(
                act.kind.rawValue,
                act.kind == .absent
                    ? "rien n'y est connu de ce compte rendu" : "personne n'a dit qu'il n'en avait rien",
                "donner le destinataire comme dans la liste : \(list)")
        }
        if places.count > 1 {
            throw refuse(
                "whose", "ce compte rendu est sous plusieurs identités",
                "écrire \(places.sorted().joined(separator: " ou "))")
        }
        for (delivery, _) in try await dueDeliveries(request)
        where !EarlierVersions.destinations(of: delivery).isDisjoint(with: meant.map(\.destination)) {
            throw refuse("due", "un envoi y est en cours", "attendre sa réponse : \(list)")
        }
        var act = act
        act.destination = place
        return act
    }
}
