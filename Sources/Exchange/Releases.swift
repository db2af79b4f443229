import Base
import HL7v2
package import Laboratory
import Report
import Store
import Synchronization
package import Workflow

/// What people decide of a report's way out, done in one transaction with its trace.
extension ReportDispatch {
    /// Refusals: `release.*`, `auth.permission`, and those of the documents.
    package func perform(
        _ act: ReleaseAct, on reference: String, by author: Author
    ) async throws(CommandFailure) {
        let request = try await desk.request(reference)
        try desk.mayRelease(author, request)
        try await perform(act, on: request, author: author.login, site: author.site)
        wake()
    }

    /// The end of a hiding, made by the laboratory itself.
    package func endHidings() async throws(CommandFailure) {
        for id in try await desk.hidingsOver() {
            let request = try await desk.request(id)
            let acts = try await desk.releaseActs(of: request).map(\.act)
            let act = ReleaseAct(
                .hidingEnded, reason: "fin du masquage prévue", until: ReleaseState(acts).hiddenUntil)
            do throws(CommandFailure) {
                try await perform(act, on: request, author: "exchange", site: request.site)
            } catch {
                guard case .refused(let refusal) = error else { throw error }
                // Once: `deliveries --dead` goes on telling it.
                let isNew = stuckHidings.withLock { $0.insert("\(id) \(refusal.code)").inserted }
                if isNew { log("fin de masquage de \(request.number) impossible [\(refusal.code)]") }
            }
        }
    }

    private func perform(
        _ act: ReleaseAct, on request: Request, author: String, site: String
    ) async throws(CommandFailure) {
        try await turns.take { () async throws(CommandFailure) in
            try await decide(act, on: request, author: author, site: site)
        }
    }
    private func decide(
        _ act: ReleaseAct, on request: Request, author: String, site: String
    ) async throws(CommandFailure) {
        let signatures: [Laboratory.Signature]
        do throws(StoreFailure) { signatures = try await desk.store.signatures(requestID: request.id) } catch {
            throw .store(error)
        }
        let latest = signatures.max { $0.version < $1.version }
        let since = latest?.at ?? request.registeredAt
        let state = try await state(of: request, since: since)
        let earlier = try await earlierVersions(of: request)
        if act.kind == .resend, earlier.lastSent == nil, !earlier.misplaced.isEmpty {
            throw .refused(
                Refusal(
                    "release.identity", at: request.number,
                    because: "ce qui est parti l'est sous une autre identité que celle du dossier",
                    remedy: "rectifier : paillasse bio amend \(request.number) --reason ERREUR_IDENTITE"))
        }
        let sent = !earlier.remaining.isEmpty || (act.kind == .resend && !earlier.absent.isEmpty)
        if let refusal = state.refusal(of: act, sent: sent, at: request.number, now: desk.now()) {
            throw .refused(refusal)
        }
        if act.kind == .hide { try await checkHiding(act, of: request, from: state, since: since) }
        if act.kind == .unhide, sent, !state.hidingIsOver(at: desk.now()) {
            try await checkShowing(act, of: request, from: state, since: since)
        }
        let act = try await named(act, of: request, earlier)
        let entry = try await desk.releaseEntry(act, of: request, by: author)
        var facts: [Fact] = [.register(entry)]
        switch act.kind {
        case .hold: facts += try await holdBack(request)
        case .release:
            facts += try await letGo(request)
            readdressed.withLock { _ = $0?.insert(request.id) }
        case .hide, .unhide, .hidingEnded:
            if let latest { facts += try await editAgain(latest, request, act, entry, earlier, state) }
        case .withdraw:
            facts += earlier.overtaken
            facts += try await desk.laterThanWithdrawn(request)
            // Each destination deletes the version that it has.
            let all = earlier.remaining + (try await stillHeld(beside: earlier, request))
            for holdings in EarlierVersions.byVersion(all) {
                guard let delivery = holdings.first?.value.delivery else { continue }
                facts += try await again(delivery, "retrait", as: .deletion, to: holdings)
            }
        case .resend: facts += try await sendAgain(latest, request, act, entry, earlier, state)
        case .retry, .abandon: facts += try await settle(act, request, state)
        case .told:
            let left = try await desk.withheld(site: nil, request: request.id, limit: StoreBounds.ofRequest)
            var isOwed = left.contains { $0.needsPerson && $0.note.destination == act.destination }
            if !isOwed { isOwed = try await hasFailed(act.destination ?? "", of: request) }
            if !isOwed {
                isOwed = try await leftAfterWithdrawal(of: request).contains {
                    $0.needsPerson && $0.note.destination == act.destination
                }
            }
            guard isOwed else {
                throw .refused(
                    Refusal(
                        "release.told", at: request.number, because: "ce destinataire n'attend d'être prévenu de rien",
                        remedy: "voir paillasse deliveries --request \(request.number)"))
            }
        case .absent, .present, .readdress, .setAside: break
        }
        let note = AuditNote(
            site: site, author: author, action: "release.\(act.kind.rawValue)", subject: request.number, at: entry.at)
        do throws(StoreFailure) { try await desk.store.append(facts, note: note) } catch { throw .store(error) }
    }

    /// Where nobody answered yet for the last version, what the PFI took before it: one of the two is there, and both
    /// are taken back.
    private func stillHeld(
        beside earlier: EarlierVersions, _ request: Request
    ) async throws(CommandFailure) -> [EarlierVersions.Holding] {
        try await earlierVersions(of: request, answered: true).holdings.filter { one in
            let other = earlier.holdings.first {
                $0.destination == one.destination && !$0.subject.isAnother(than: one.subject)
            }
            return other.map { $0.delivery.reportID != one.delivery.reportID } ?? false
        }
    }

    /// The version in force again; under a number of its own where the DMP has another than the one that it replaces.
    private func sendAgain(
        _ latest: Laboratory.Signature?, _ request: Request, _ act: ReleaseAct, _ entry: RegisterEntry,
        _ earlier: EarlierVersions, _ state: ReleaseState
    ) async throws(CommandFailure) -> [Fact] {
        guard try await dueDeliveries(request).isEmpty else {
            throw .refused(
                Refusal(
                    "release.due", at: request.number, because: "un envoi de ce compte rendu est déjà en cours",
                    remedy: "attendre sa réponse : paillasse deliveries --request \(request.number)"))
        }
        try await checkNewest(earlier, request)
        guard let latest, try await isAnotherParentInDMP(earlier) else { return try await resent(earlier) }
        return try await editAgain(
            latest, request, act, entry, earlier, state, notice: ReportDispatch.resendNotice)
    }

    /// The DMP or this mailbox said that it did not take what the PFI brought it.
    private func hasFailed(_ destination: String, of request: Request) async throws(CommandFailure) -> Bool {
        do throws(StoreFailure) {
            for delivery in try await desk.store.deliveries(of: request) {
                let events = try await desk.store.deliveryEvents(delivery.id)
                let isAnswered = events.contains {
                    destination == EarlierVersions.dmp
                        ? $0.kind == .dmpAccepted || $0.kind == .dmpRefused
                        : [.mailDelivered, .mailRefused, .mailRead].contains($0.kind) && $0.isAbout(destination)
                }
                let place = destination == EarlierVersions.dmp ? destination : destination.lowercased()
                if isAnswered { return events.refusedBeyond.contains(place) }
            }
            return false
        } catch { throw .store(error) }
    }

    /// Secret care is a minor's (PFI sheet section 3), and what changes nothing makes no version.
    private func checkHiding(
        _ act: ReleaseAct, of request: Request, from state: ReleaseState, since: Instant
    ) async throws(CommandFailure) {
        let patient = try await desk.patient(request.patientID), site = try desk.site(request.site)
        if act.secretCare == true, !patient.isMinor(at: desk.now(), zone: site.civilZone) {
            throw .refused(
                Refusal(
                    "release.adult", at: request.number, because: "les soins secrets sont ceux d'un mineur",
                    remedy: "masquer à qui il faut (--from), ou restreindre le document (--confidentiality R)"))
        }
        if act.hiddenFrom.contains(.guardians), !patient.isMinor(at: desk.now(), zone: site.civilZone) {
            // INVISIBLE_REP_LEGAUX is a minor's too: a version would go to everybody and hide nothing.
            throw .refused(
                Refusal(
                    "release.adult.representatives", at: request.number,
                    because: "seul un mineur a des représentants légaux à qui le cacher",
                    remedy: "masquer au patient ou aux professionnels (--from), ou restreindre (--confidentiality R)"))
        }
        let acts = try await standingActs(of: request, since: since)
        if ReleaseState(acts + [act]) == state {
            throw .refused(
                Refusal(
                    "release.same", at: request.number, because: "c'est déjà masqué ainsi", remedy: "aucune action"))
        }
    }

    /// An unchanged document is not sent again (EX_GEN-1255): what else hides it is named.
    private func checkShowing(
        _ act: ReleaseAct, of request: Request, from state: ReleaseState, since: Instant
    ) async throws(CommandFailure) {
        let patient = try await desk.patient(request.patientID), zone = try desk.site(request.site).civilZone
        let after = ReleaseState(try await standingActs(of: request, since: since) + [act])
        func routing(_ state: ReleaseState) -> Routing {
            Routing(
                RoutingRequest(
                    request, of: patient, visibility: state.visibility, complete: true, now: desk.now(), zone: zone),
                settings: pfi?.routing ?? RoutingSettings())
        }
        guard after.confidentiality == state.confidentiality, routing(after) == routing(state) else { return }
        throw .refused(
            Refusal(
                "release.same", at: request.number,
                because: "rien ne deviendrait visible : les soins secrets ou la confidentialité le cachent encore",
                remedy: "les lever par leur nom : --secret-care, --confidentiality"))
    }

    /// A hiding that changes makes a new version of the document (PFI sheet section 6): same results, new flags. Before
    /// anything left, the version that waits is made again under the flags.
    private func editAgain(
        _ signature: Laboratory.Signature, _ request: Request, _ act: ReleaseAct, _ entry: RegisterEntry,
        _ earlier: EarlierVersions, _ before: ReleaseState, notice: String = visibilityNotice
    ) async throws(CommandFailure) -> [Fact] {
        guard earlier.lastVersion > 0 else { return [] }
        // What is out can be hidden although the identity changed since.
        let acts = try await desk.releaseActs(of: request).map(\.act) + [act], after = ReleaseState(acts)
        var signed = try await desk.signedReport(
            of: signature, asOfThen: act.kind == .hide, under: after.visibility)
        let today = try await desk.patient(request.patientID)
        if ReportSubject(signed.content.patient).isAnother(than: ReportSubject(today)) {
            // It would be published once more under the identity of somebody else.
            throw .refused(
                Refusal(
                    "release.subject", at: request.number,
                    because: "l'identité a changé depuis la signature : ce qui est remis l'est à un autre patient",
                    remedy: "le reprendre d'abord là-bas : paillasse bio amend \(request.number) "
                        + "--reason ERREUR_IDENTITE, puis masquer la nouvelle version"))
        }
        // A correction whose report waits to be made is made now, under the flags: its one edition.
        let isMade = try await isMade(latest: signature)
        var version = earlier.lastVersion + 1
        if isMade {
            signed.producedAt = entry.at
            signed.notice = notice
        } else {
            version = max(version, signature.version)
            desk.unmade.made(signature)
        }
        var earlier = earlier, facts = [Fact]()
        if after.confidentiality != .normal, let holding = earlier.held[.dmp] {
            // A restricted document is never in the DMP (PFI sheet section 4): what stands there open goes.
            let before = try await stillHeld(beside: earlier, request).filter { $0.destination == .dmp }
            for one in before + [holding] {
                facts += try await again(one.delivery, "retrait", as: .deletion, to: [.dmp: one])
            }
            earlier.forget(.dmp)
        }
        return try await facts
            + self.facts(
                signed, as: version, isMade ? "\(signature.id)/\(version)" : signature.id, after, earlier,
                earlierVisibility: before.visibility)
    }
    private func isMade(latest signature: Laboratory.Signature) async throws(CommandFailure) -> Bool {
        do throws(StoreFailure) {
            return try await desk.store.reports(requestID: signature.requestID).contains { $0.isOf(signature) }
        } catch { throw .store(error) }
    }

    /// What readers of the version before are told: not who may not see it, nor why.
    static let visibilityNotice =
        "Seules les règles d'accès à ce document changent ; les résultats et leur interprétation sont les mêmes."

    static let resendNotice =
        "Ce document est transmis de nouveau ; les résultats et leur interprétation sont les mêmes."

    /// Once v2 exists, v1 does not go again (HOUSE invariant 6).
    private func checkNewest(_ earlier: EarlierVersions, _ request: Request) async throws(CommandFailure) {
        guard let last = earlier.lastSent, last.version < earlier.lastVersion else { return }
        throw .refused(
            Refusal(
                "release.overtaken", at: request.number,
                because: "la version \(last.version) est remplacée par la version \(earlier.lastVersion), "
                    + "que la PFI n'a pas prise",
                remedy: "reprendre l'envoi de celle-ci : paillasse deliveries --request \(request.number), puis "
                    + "paillasse deliveries retry"))
    }

    func dueDeliveries(_ request: Request) async throws(CommandFailure) -> [(Delivery, [DeliveryEvent])] {
        do throws(StoreFailure) {
            var due = [(Delivery, [DeliveryEvent])]()
            for delivery in try await desk.store.deliveries(of: request) {
                let events = try await desk.store.deliveryEvents(delivery.id)
                if !events.isClosed { due.append((delivery, events)) }
            }
            return due
        } catch { throw .store(error) }
    }

    func close(_ delivery: Delivery, _ events: [DeliveryEvent], _ detail: String) -> Fact {
        .deliveryEvent(
            DeliveryEvent(
                deliveryID: delivery.id, ordinal: (events.last?.ordinal ?? 0) + 1, kind: .abandoned, at: desk.now(),
                detail: detail))
    }

    /// What has not left is closed; what may have left cannot be held back.
    private func holdBack(_ request: Request) async throws(CommandFailure) -> [Fact] {
        try await dueDeliveries(request).filter {
            // What is taken back is not kept from being taken back.
            !$0.1.mayHaveLeft && DeliveryErrand($0.0) != .deletion
        }.map { close($0.0, $0.1, "retenu") }
    }

    /// The standing version, when it has never left, gets its delivery.
    private func letGo(_ request: Request) async throws(CommandFailure) -> [Fact] {
        var held = [Delivery]()
        do throws(StoreFailure) {
            let reports = try await desk.store.reports(requestID: request.id)
            guard let last = reports.max(by: { $0.version < $1.version }) else { return [] }
            for delivery in try await desk.store.deliveries(of: request)
            where delivery.reportID == last.id && !delivery.isOfCopies {
                if try await desk.store.deliveryEvents(delivery.id).mayHaveLeft { return [] }
                held.append(delivery)
            }
        } catch { throw .store(error) }
        // To each destination by the last message that was for it.
        let standing = held.filter { one in
            !held.contains {
                DeliveryErrand.comesBefore(one, $0)
                    && !EarlierVersions.destinations(of: one).isDisjoint(with: EarlierVersions.destinations(of: $0))
            }
        }
        if !standing.isEmpty {
            var facts = [Fact]()
            for (number, one) in standing.enumerated() {
                facts += try await again(one, "renvoi", as: nil, beside: number)
            }
            return facts
        }
        // Made while held: no message was made then, the version is edited again.
        let signatures: [Laboratory.Signature]
        do throws(StoreFailure) { signatures = try await desk.store.signatures(requestID: request.id) } catch {
            throw .store(error)
        }
        guard let latest = signatures.max(by: { $0.version < $1.version }) else { return [] }
        let earlier = try await earlierVersions(of: request)
        let acts = try await desk.releaseActs(of: request).map(\.act) + [ReleaseAct(.release, reason: "")]
        let signed = try await desk.signedReport(of: latest)
        let version = earlier.lastVersion + 1
        return try await facts(signed, as: version, "\(latest.id)/\(version)", ReleaseState(acts), earlier)
    }

    /// The same report version under a new number; its message is written by the caller.
    private func numbered(_ delivery: Delivery, _ errand: String, among all: [Delivery], _ beside: Int) -> Delivery {
        let rank = all.count { $0.reportID == delivery.reportID && $0.destination.contains(errand) } + 1 + beside
        var again = delivery
        again.id = desk.newIdentifier()
        again.controlID = again.id
        again.destination = "PFI \(errand) \(rank)"
        again.createdAt = desk.now()
        return again
    }

    /// The version in force, to each who has it, by the message that brought it; to the DMP as what it has asks for.
    private func resent(_ earlier: EarlierVersions) async throws(CommandFailure) -> [Fact] {
        guard let last = earlier.lastSent ?? earlier.lastAbsent else { return [] }
        let held = earlier.held.filter { $0.value.delivery.reportID == last.reportID }
        let gone = earlier.absent.filter {
            $0.delivery.reportID == last.reportID && $0.destination != .dmp && earlier.isAbsent($0.destination)
        }
        var facts = [Fact](), nobody: CommandFailure?
        func add(
            _ delivery: Delivery, as wanted: DocumentTransmission.Request?, keeping: Set<Destination>
        ) async throws(CommandFailure) {
            do throws(CommandFailure) {
                facts += try await again(delivery, "renvoi", as: wanted, keeping: keeping, beside: facts.count)
            } catch {
                guard case .refused(let refusal) = error, refusal.code == "release.nobody" else { throw error }
                nobody = error
            }
        }
        // Who has nothing of it is given it anew.
        for (_, group) in Dictionary(grouping: gone, by: \.delivery.id).sorted(by: { $0.key < $1.key }) {
            guard let delivery = group.first?.delivery else { continue }
            try await add(delivery, as: .initial, keeping: Set(group.map(\.destination)))
        }
        let missing = held[.dmp] == nil ? try await missingInDMP(last, earlier) : nil
        var isOffered = false
        for (_, group) in Dictionary(grouping: held, by: \.value.delivery.id).sorted(by: { $0.key < $1.key }) {
            guard let delivery = group.first?.value.delivery else { continue }
            // What the DMP refused is offered to it again, by the same message when it asks the same of all.
            let goesWith = missing.map { $0.delivery.id == delivery.id && $0.isAsBefore } ?? false
            isOffered = isOffered || goesWith
            try await add(delivery, as: nil, keeping: Set(group.map(\.key)).union(goesWith ? [.dmp] : []))
        }
        if let missing, !isOffered { try await add(missing.delivery, as: missing.request, keeping: [.dmp]) }
        if facts.isEmpty, let nobody { throw nobody }
        return facts
    }

    /// The last message of this version that was for the DMP, and what is asked of it now; nil when none was.
    private func missingInDMP(
        _ last: Delivery, _ earlier: EarlierVersions
    ) async throws(CommandFailure) -> (delivery: Delivery, request: DocumentTransmission.Request, isAsBefore: Bool)? {
        let all: [Delivery]
        do throws(StoreFailure) { all = try await desk.store.deliveries(ofRequest: last.requestID) } catch {
            throw .store(error)
        }
        let found = all.filter {
            $0.reportID == last.reportID && $0.toDMP && DeliveryErrand($0) != .deletion
        }.max(by: DeliveryErrand.comesBefore)
        guard let found, let sent = DocumentTransmission(sent: found.message) else { return nil }
        do throws(StoreFailure) {
            // What the PFI refused, or what never left, is for a person to send again.
            let isRefused = try await desk.store.deliveryEvents(found.id).isRefusedByDMP
            if !isRefused, !earlier.isAbsent(.dmp) { return nil }
        } catch { throw .store(error) }
        let request: DocumentTransmission.Request = earlier.held[.dmp] == nil ? .initial : .replacement
        return (found, request, sent.request == request)
    }

    /// What the DMP has, if anything, is not what the version in force replaces: no message can put that right.
    private func isAnotherParentInDMP(_ earlier: EarlierVersions) async throws(CommandFailure) -> Bool {
        guard let last = earlier.lastSent, let holding = earlier.held[.dmp],
            holding.delivery.reportID != last.reportID, try await missingInDMP(last, earlier) != nil
        else { return false }
        do throws(StoreFailure) {
            let has = try await desk.store.report(holding.delivery.reportID)?.documentOID
            return try await desk.store.report(last.reportID)?.replacedOID != has
        } catch { throw .store(error) }
    }

    /// A deletion carries the document to delete and its recipients; what goes again leaves out a DMP that has it.
    /// `keeping`: those of the message's destinations that it still goes to. `beside`: how many others of the report
    /// are written in the same transaction.
    func again(
        _ delivery: Delivery, _ errand: String, as wanted: DocumentTransmission.Request?,
        to holders: [Destination: EarlierVersions.Holding]? = nil, keeping: Set<Destination>? = nil, beside: Int = 0
    ) async throws(CommandFailure) -> [Fact] {
        let report: ReportVersion?, all: [Delivery], events: [DeliveryEvent]
        do throws(StoreFailure) {
            report = try await desk.store.report(delivery.reportID)
            all = try await desk.store.deliveries(ofRequest: delivery.requestID)
            events = try await desk.store.deliveryEvents(delivery.id)
        } catch { throw .store(error) }
        guard let report, var transmission = DocumentTransmission(sent: delivery.message) else {
            throw .refused(
                Refusal(
                    "release.message", at: delivery.controlID, because: "le message envoyé ne se relit pas",
                    remedy: "lancer paillasse audit verify"))
        }
        transmission.documentID = report.documentOID
        transmission.replacedID = report.replacedOID
        transmission.changesVisibility = false
        if wanted == .deletion {
            // What is deleted is hidden from nobody any more. What was fed by a secret connection is reached by one.
            transmission.hiddenFromPatient = false
            transmission.hiddenFromProfessionals = false
            transmission.hiddenFromGuardians = false
        }
        if let wanted { transmission.request = wanted }
        if let keeping {
            transmission.toDMP = transmission.toDMP && keeping.contains(.dmp)
            transmission.recipients.removeAll { !keeping.contains(EarlierVersions.destination(of: $0)) }
        }
        if let holders {
            transmission.recipients = holders.sorted { $0.key < $1.key }.compactMap(\.value.recipient)
            transmission.toDMP = holders[.dmp] != nil
        } else if transmission.request != .deletion {
            if let taken = events.last(where: { $0.kind == .dmpAccepted }) {
                // Unless a person said since that it is not there.
                let place = Absences.place(ofDMP: ReportSubject(transmission.patient).matricule)
                let absences = Absences(try await desk.releaseActs(of: try await desk.request(delivery.requestID)))
                if !absences.covers(place, sent: delivery.createdAt, confirmed: taken.at) { transmission.toDMP = false }
            }
            try await obeyChoices(of: delivery, in: &transmission)
        }
        let zone = try desk.site(delivery.site).civilZone, rules = pfi?.routing.rules ?? .tolerant
        var facts = [Fact]()
        for var part in transmission.deletions(rules) {
            var again = numbered(delivery, errand, among: all, beside + facts.count)
            part.controlID = again.controlID
            part.sentAt = again.createdAt.hl7(in: zone)
            again.toDMP = part.toDMP
            do throws(Refusal) { again.message = try part.bytes(rules) } catch { throw .refused(error) }
            facts.append(.delivery(again))
        }
        return facts
    }

    /// Leaves out whom the patient's choices, the identity and the hiding of today leave out. Refused when nobody is
    /// left.
    private func obeyChoices(
        of delivery: Delivery, in transmission: inout DocumentTransmission
    ) async throws(CommandFailure) {
        let request = try await desk.request(delivery.requestID)
        let allowed = try await allowed(transmission, request)
        transmission.toDMP = transmission.toDMP && allowed.contains(.dmp)
        transmission.recipients.removeAll { !allowed.contains(EarlierVersions.destination(of: $0)) }
        guard transmission.toDMP || !transmission.recipients.isEmpty else {
            throw .refused(
                Refusal(
                    "release.nobody", at: request.number,
                    because:
                        "plus aucun destinataire de ce message ne peut le recevoir (choix du patient, identité "
                        + "changée, masquage, copies changées)",
                    remedy: "voir paillasse report show \(request.number)"))
        }
    }

    /// Of the destinations of a message, those that may have it now.
    func allowed(
        _ transmission: DocumentTransmission, _ request: Request
    ) async throws(CommandFailure) -> Set<Destination> {
        let acts = try await desk.releaseActs(of: request).map(\.act)
        let patient = try await desk.patient(request.patientID)
        // What names somebody else goes to nobody any more.
        let named = ReportSubject(transmission.patient), known = ReportSubject(patient)
        if named.isAnother(than: known) || (named.matricule != nil && known.matricule == nil) { return [] }
        var asked = RoutingRequest(
            patient: patient, visibility: ReleaseState(acts).visibility,
            prescriber: request.correspondents(of: patient).first?.securedMail, now: desk.now(),
            zone: try desk.site(request.site).civilZone)
        asked.holders = try await addressed(EarlierVersions.destinations(of: transmission), request, patient)
        let routing = Routing(asked, settings: pfi?.routing ?? RoutingSettings())
        return Set(routing.errands.flatMap(\.destinations)).intersection(asked.holders)
    }

    /// What a patient chose since a message was written: an opposition told before it left is obeyed. Messages that
    /// never left are closed and written again for whom they may still go to.
    package func obeyChoices(of patients: Set<String>? = nil) async throws(CommandFailure) {
        let heads: [DeliveryHead]
        do throws(StoreFailure) {
            let all = try await desk.store.deliveriesDueHeads(limit: StoreBounds.ofQueue)
            if let patients {
                let asked = try await desk.store.requests(ids: Set(all.map(\.requestID)).sorted())
                let theirs = Set(asked.filter { patients.contains($0.patientID) }.map(\.id))
                heads = all.filter { theirs.contains($0.requestID) }
            } else {
                heads = all
            }
        } catch {
            throw .store(error)
        }
        for head in heads {
            let delivery: Delivery?, events: [DeliveryEvent]
            do throws(StoreFailure) {
                events = try await desk.store.deliveryEvents(head.id)
                if events.isClosed || events.mayHaveLeft { continue }
                delivery = try await desk.store.delivery(head.id)
            } catch { throw .store(error) }
            guard let delivery, DeliveryErrand(delivery) != .deletion,
                let sent = DocumentTransmission(sent: delivery.message)
            else { continue }
            let request = try await desk.request(delivery.requestID)
            if DeliveryErrand(delivery) == .version, !delivery.isOfCopies { try await giveFamilyDoctor(request) }
            if EarlierVersions.destinations(of: sent).isSubset(of: try await allowed(sent, request)) { continue }
            var facts = [close(delivery, events, ReportDispatch.patientsChoice)]
            do throws(CommandFailure) { facts += try await again(delivery, "renvoi", as: nil) } catch {
                guard case .refused(let refusal) = error, refusal.code == "release.nobody" else { throw error }
            }
            // In one transaction: after a crash or a restart it is known what was left aside.
            let act = ReleaseAct(.setAside, reason: ReportDispatch.patientsChoice, deliveryID: delivery.id)
            facts.append(.register(try await desk.releaseEntry(act, of: request, by: "exchange")))
            try await tell(facts, "release.choices", request)
            leftAside.withLock { _ = $0?.insert(delivery.id) }
        }
        try await returnLeftAside()
        guard let patients else { return try await giveUnopposed(patient: nil) }
        for patient in patients.sorted() { try await giveUnopposed(patient: patient) }
    }
}
