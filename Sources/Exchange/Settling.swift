import Base
import HL7v2
import Laboratory
import Report
import Store
import Workflow

/// What a person decides about one message that was refused, or that nobody answers.
extension ReportDispatch {
    /// A dead letter: sent again under a new number, or given up.
    func settle(
        _ act: ReleaseAct, _ request: Request, _ state: ReleaseState
    ) async throws(CommandFailure) -> [Fact] {
        let delivery: Delivery?, events: [DeliveryEvent]
        do throws(StoreFailure) {
            delivery = try await desk.store.delivery(act.deliveryID ?? "")
            events = try await desk.store.deliveryEvents(act.deliveryID ?? "")
        } catch { throw .store(error) }
        guard let delivery, delivery.requestID == request.id else {
            throw .refused(
                Refusal(
                    "release.delivery", at: act.deliveryID ?? "", because: "cet envoi n'est pas de cette demande",
                    remedy: "voir paillasse deliveries --request \(request.number)"))
        }
        let isAccepted = events.contains { $0.kind == .accepted }, isDeletion = DeliveryErrand(delivery) == .deletion
        if isAccepted, act.kind == .retry, isDeletion {
            // The DMP or a mailbox did not take back what the PFI asked it to: it is asked again, and nobody else.
            try await checkAlone(delivery, events, request)
            return try await takeBackAgain(delivery, request, from: events.refusedBeyond)
        }
        if isAccepted {
            throw .refused(
                Refusal(
                    "release.accepted", at: delivery.controlID, because: "la PFI a accepté ce message",
                    remedy: "pour l'envoyer de nouveau : paillasse report resend"))
        }
        if act.kind == .retry {
            if !isDeletion, state.isWithdrawn {
                throw .refused(
                    Refusal(
                        "release.withdrawn", at: request.number, because: ReleaseState.withdrawnWords,
                        remedy: ReleaseState.withdrawnRemedy))
            }
            if !isDeletion { try await checkStanding(delivery, request, isHeld: state.isHeld) }
            try await checkAlone(delivery, events, request)
        }
        let isGivenUp = events.contains { $0.kind == .abandoned }
        let closing = events.isClosed && (act.kind == .retry || isGivenUp) ? [] : [close(delivery, events, act.reason)]
        if act.kind == .abandon { return closing }
        guard isDeletion else { return closing + (try await again(delivery, "renvoi", as: nil)) }
        return closing + (try await takeBackAgain(delivery, request, from: nil))
    }

    /// A withdrawal under a new number, to those of `places` (nil: of all whom it is for) who may still be asked.
    private func takeBackAgain(
        _ delivery: Delivery, _ request: Request, from places: Set<String>?
    ) async throws(CommandFailure) -> [Fact] {
        let asked = EarlierVersions.destinations(of: delivery).filter {
            places?.contains(delivery.place(of: $0)) ?? true
        }
        if asked.isEmpty {
            throw .refused(
                Refusal(
                    "release.taken", at: delivery.controlID, because: "personne n'a refusé ce retrait",
                    remedy: "aucune action ; voir paillasse deliveries --request \(request.number)"))
        }
        let keeping = asked.subtracting(try await outdated(delivery, request))
        if keeping.isEmpty {
            throw .refused(
                Refusal(
                    "release.named", at: delivery.controlID,
                    because: "ceux à qui ce message reprendrait le compte rendu en sont de nouveau destinataires",
                    remedy: "aucune action : ils gardent ce qu'ils ont ; pour le leur reprendre, les ôter des copies"))
        }
        return try await again(delivery, "retrait", as: nil, keeping: keeping)
    }

    /// One message at a time: not while it is being sent, nor once it went again, to the same destinations, under
    /// another number.
    private func checkAlone(
        _ delivery: Delivery, _ events: [DeliveryEvent], _ request: Request
    ) async throws(CommandFailure) {
        func refuse(_ code: String, _ cause: String, _ remedy: String) -> CommandFailure {
            .refused(Refusal("release.\(code)", at: delivery.controlID, because: cause, remedy: remedy))
        }
        let wait = "attendre sa réponse : paillasse deliveries --request \(request.number)"
        if !events.isClosed, events.last?.kind != .failed {
            throw refuse("due", "cet envoi est en cours", wait)
        }
        let mine = EarlierVersions.destinations(of: delivery), isDeletion = DeliveryErrand(delivery) == .deletion
        let all: [Delivery]
        do throws(StoreFailure) {
            all = try await desk.store.deliveries(of: request)
        } catch { throw .store(error) }
        let later = all.filter {
            $0.reportID == delivery.reportID && (DeliveryErrand($0) == .deletion) == isDeletion
                && DeliveryErrand.comesBefore(delivery, $0)
                && !mine.isDisjoint(with: EarlierVersions.destinations(of: $0))
        }
        guard let last = later.max(by: DeliveryErrand.comesBefore) else { return }
        let happened: [DeliveryEvent]
        do throws(StoreFailure) { happened = try await desk.store.deliveryEvents(last.id) } catch {
            throw .store(error)
        }
        if !happened.isClosed { throw refuse("due", "le message \(last.controlID) l'a repris et est en cours", wait) }
        throw refuse(
            "again", "le message \(last.controlID) l'a déjà repris",
            happened.contains { $0.kind == .accepted }
                ? "aucune action : la PFI a accepté celui-là" : "reprendre ce message-là")
    }

    /// Once v2 exists, v1 is never sent (HOUSE invariant 6), and what is held does not leave by another door.
    private func checkStanding(_ delivery: Delivery, _ request: Request, isHeld: Bool) async throws(CommandFailure) {
        if isHeld {
            throw .refused(
                Refusal(
                    "release.held", at: request.number, because: "les envois de ce compte rendu sont retenus",
                    remedy: "les libérer : paillasse report release \(request.number)"))
        }
        let latest: Int
        do throws(StoreFailure) {
            latest = try await desk.store.reports(requestID: request.id).map(\.version).max() ?? 0
        } catch { throw .store(error) }
        guard delivery.version >= latest else {
            throw .refused(
                Refusal(
                    "release.overtaken", at: delivery.controlID,
                    because: "la version \(delivery.version) est remplacée par la version \(latest)",
                    remedy: "abandonner cet envoi : paillasse deliveries abandon \(request.number) "
                        + "\(delivery.controlID) --reason …"))
        }
    }
}
