import Base
import Client
import Laboratory
import Store
import Workflow

extension LaboratoryAPI {
    var holderRoutes: [Route] {
        [
            Route("GET", "/v1/requests/:ref/holders", .needs(.readFiles), query: ["pending", "partial", "reason"]) {
                call in
                let request = try await request(call.parameter("ref"), call)
                return try .json(try await holders(of: request, call))
            }
        ]
    }

    /// Who has what, from the deliveries; what comes next, from the decision that will send it.
    private func holders(of request: Request, _ call: Call) async throws -> [ReportHolder] {
        let found = try await desk.store.deliveries(of: request)
        let left = try await reports?.leftAfterWithdrawal(site: nil, request: request.id) ?? []
        let happened = try await desk.store.deliveryEvents(of: found.map(\.id))
        var lines = StandingView.all(
            try await withTold(found.map { view($0, happened[$0.id] ?? [], number: request.number, call) }, call),
            (try await desk.withheld(site: nil, request: request.id, limit: StoreBounds.ofRequest) + left).map {
                WithheldView($0, call)
            })
        let outlook =
            try await reports?.outlook(
                of: request.id, complete: call.query["partial"] != "true",
                identityWasWrong: call.query["reason"] == Amendment.Reason.identity.rawValue) ?? []
        let patient = try await desk.patient(request.patientID)
        let people = reports?.correspondents(of: request, patient) ?? []
        let isPending = call.query["pending"] == "true"
        let newest = try await desk.store.reports(requestID: request.id).map(\.version).max() ?? 0
        var holders = [ReportHolder]()
        // Who has a version under each identity takes its own line before who has none yet.
        for one in outlook.filter({ $0.version != nil }) + outlook.filter({ $0.version == nil }) {
            let place =
                lines.lastIndex { $0.isAbout(one) && $0.version == one.version }
                ?? lines.lastIndex { $0.isAbout(one) }
            let line = place.map { lines.remove(at: $0) }
            if line == nil, !isPending || one.next == .nothing { continue }
            let person = people.first { $0.securedMail?.lowercased() == one.destination }
            let isOther = one.next == .deletion || one.matricule != patient.publishableINS?.matricule
            holders.append(
                ReportHolder(
                    who: who(one, person, line, isOther), version: (line == nil ? one.version : line?.version) ?? 0,
                    state: line?.words ?? "–",
                    next: isPending ? one.nextWords : line.map { StandingView.isOver($0, newest) } ?? "rien"))
        }
        let onPaper = people.filter { $0.securedMail == nil }
        for line in lines
        where !line.destination.isEmpty && !onPaper.contains(where: { $0.displayName == line.destination }) {
            holders.append(
                ReportHolder(
                    who: line.destination, version: line.version ?? 0, state: line.words, next: StandingView.nothing))
        }
        for person in onPaper {
            holders.append(
                ReportHolder(
                    who: person.displayName, version: newest, state: "papier",
                    next: "rien par voie électronique : à prévenir"))
        }
        return holders.sorted { $0.who < $1.who }
    }

    private func who(
        _ one: ReportOutlook, _ person: Professional?, _ line: StandingView?, _ isOther: Bool
    ) -> String {
        switch one.destination {
        case "DMP": isOther ? "DMP (INS \(one.matricule ?? "?"))" : "DMP"
        case "patient": line?.destination ?? one.matricule.map { "\($0)@patient.mssante.fr" } ?? "patient"
        default: person.map { "\($0.displayName) <\(one.destination)>" } ?? one.destination
        }
    }
}

extension StandingView {
    static let nothing = "rien"

    /// The same destination, and the same person's.
    fileprivate func isAbout(_ one: ReportOutlook) -> Bool {
        switch one.destination {
        case "DMP": destination == "DMP" && (one.matricule == nil || matricule == one.matricule)
        case "patient": destination.contains("\(one.matricule ?? "")@patient.")
        default: destination.lowercased() == one.destination
        }
    }
    /// Nothing is to be signed: what each has is all that it gets.
    fileprivate static func isOver(_ line: StandingView, _ newest: Int) -> String {
        line.version == newest ? "rien : c'est la version en vigueur" : nothing
    }
}

extension ReportOutlook {
    fileprivate var nextWords: String {
        switch next {
        case .initial: "le compte rendu"
        case .replacement: "le remplacement"
        case .deletion: "la suppression : il était à un autre patient"
        case .nothing: "rien : \(reason ?? "")" + (version == nil ? "" : " ; à prévenir")
        }
    }
}
