import Base
import HL7v2
import Laboratory
import Report
import Store
package import Workflow

extension ReportDispatch {
    /// Who has something of a request's report, and what a version signed now would bring to each: the decision that
    /// sends it, asked beforehand. `identityWasWrong`: the version would say so.
    package func outlook(
        of reference: String, complete: Bool, identityWasWrong: Bool
    ) async throws(CommandFailure) -> [ReportOutlook] {
        guard let pfi else { return [] }
        let request = try await desk.request(reference), patient = try await desk.patient(request.patientID)
        let state = try await state(of: request, since: desk.now())
        var earlier = try await earlierVersions(of: request)
        earlier.identityWasWrong = identityWasWrong && patient.publishableINS == nil
        var asked = RoutingRequest(
            request, of: patient, visibility: state.visibility, complete: complete, now: desk.now(),
            zone: try desk.site(request.site).civilZone)
        asked.holders = earlier.holders
        let routing = Routing(asked, settings: pfi.routing)
        let held = earlier.held, own = patient.publishableINS?.matricule
        var lines = [ReportOutlook]()
        func add(_ destination: Destination, _ next: ReportOutlook.Next, _ reason: WithheldReason?) {
            lines.append(
                ReportOutlook(
                    destination.description, matricule: held[destination]?.subject.matricule ?? own,
                    version: held[destination]?.delivery.version, next: state.isHeld ? .nothing : next,
                    reason: state.isHeld ? WithheldReason.heldBack.french : reason?.french))
        }
        for errand in routing.errands {
            for destination in errand.destinations {
                add(destination, errand.request == .replacement ? .replacement : .initial, nil)
            }
        }
        for one in routing.withheld where one.destination != .professional("") {
            add(one.destination, .nothing, one.reason)
        }
        for one in earlier.misplaced {
            lines.append(
                ReportOutlook(
                    one.destination.description, matricule: one.subject.matricule, version: one.delivery.version,
                    next: .deletion, reason: nil))
        }
        return lines
    }

    /// What is wrong with the way out, in words for people.
    package func alarms() async -> [String] {
        guard let trouble = await outbox?.trouble else { return [] }
        // Nothing waits any more (held back, given up): there is nothing that the PFI does not take.
        do throws(StoreFailure) {
            if try await desk.store.deliveriesDueHeads(limit: 1).isEmpty { return [] }
        } catch { return ["ALARME : la base ne répond pas (\(error))"] }
        let zone = desk.sites.values.map(\.civilZone).first ?? .europeParis
        let other = pfi?.backup == nil ? "" : " ; ce qui n'est pas parti prend la PFI de secours"
        return ["ALARME : la PFI n'a rien pris depuis le \(trouble.since.french(in: zone)) (\(trouble.words))\(other)"]
    }
}
