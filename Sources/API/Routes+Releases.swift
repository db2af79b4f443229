package import Base
import Client
package import Laboratory
import Printing
import Store
package import Workflow

/// What the running server can be told to do with reports on their way out.
package protocol ReportControl: Sendable {
    func perform(_ act: ReleaseAct, on reference: String, by author: Author) async throws(CommandFailure)
    func indicators(from: Instant, before: Instant, site: String?) async throws(CommandFailure) -> Indicators
    /// Page and document of what is not signed yet.
    func preview(_ signed: SignedReport) async throws(CommandFailure) -> (pdf: [UInt8], cda: [UInt8])
    /// A document as one file that a browser shows.
    func selfDisplaying(_ cda: [UInt8]) -> [UInt8]
    /// Messages that wait for a person's decision; of one request, or of a site (nil: all). The newest first.
    func deadLetters(site: String?, request reference: String?) async throws(CommandFailure) -> [DeliveryView]
    /// Who may still have a report that was withdrawn, and no message of which waits; told or not.
    func leftAfterWithdrawal(
        site: String?, request reference: String?
    ) async throws(CommandFailure) -> [WithheldLine]
    /// Mailboxes that a message names.
    func addresses(in message: [UInt8]) -> [String]
    /// The matricule that it is under.
    func matricule(in message: [UInt8]) -> String?
    func outlook(
        of reference: String, complete: Bool, identityWasWrong: Bool
    ) async throws(CommandFailure) -> [ReportOutlook]
    /// Prescriber, copies, médecin traitant: each person once.
    func correspondents(of request: Request, _ patient: Patient) -> [Professional]
    /// What is wrong with the way out, in words for people.
    func alarms() async -> [String]
}

extension LaboratoryAPI {
    var releaseRoutes: [Route] {
        [
            Route("GET", "/v1/reports/story", .needs(.readFiles), query: ["request"]) { call in
                guard let reference = call.query["request"] else {
                    throw Refusal(
                        "query.missing", at: "request", because: "de quelle demande ?",
                        remedy: "ajouter ?request=NUMÉRO")
                }
                return try .json(try await story(try await request(reference, call), call))
            },
            Route("GET", "/v1/indicators", .needs(.read), query: ["from", "to"]) { call in
                try .json(try await indicators(call))
            },
            Route("GET", "/v1/indicators/pdf", .needs(.read), query: ["from", "to"]) { call in
                let view = try await indicators(call)
                let author = view.site.flatMap { desk.sites[$0]?.name } ?? "Tous les sites"
                return Answer(
                    status: 200, type: "application/pdf", body: try BarChart(view, author: author).pdf(at: desk.now()))
            },
            Route("POST", "/v1/requests/:ref/release", .needs(.sign)) { call in
                let body = try call.decoded(ReleaseBody.self)
                let request = try await request(call.parameter("ref"), call)
                guard let reports else {
                    throw Refusal(
                        "release.server", because: "ce serveur n'envoie pas de comptes rendus",
                        remedy: "s'adresser au serveur du laboratoire")
                }
                let isBare = body.secretCare == nil && body.confidentiality == nil
                var act = ReleaseAct(
                    body.kind, reason: body.reason,
                    hiddenFrom: body.kind == .hide ? body.from ?? (isBare ? [.patient] : []) : [],
                    until: try call.instant(body.until, at: "until"), deliveryID: body.delivery,
                    destination: body.destination)
                act.secretCare = body.secretCare
                act.confidentiality = body.confidentiality
                guard ![.hidingEnded, .readdress, .setAside].contains(act.kind) else {
                    throw Refusal(
                        "release.kind", at: "kind", because: "acte du serveur seul",
                        remedy: "écrire unhide, ou changer les copies de la demande")
                }
                try await reports.perform(act, on: request.id, by: call.author)
                return try .json(try await story(request, call), status: 201)
            },
        ]
    }

    func view(_ delivery: Delivery, _ events: [DeliveryEvent], number: String?, _ call: Call) -> DeliveryLineView {
        DeliveryLineView(
            delivery, number: number, events: events, addresses: reports?.addresses(in: delivery.message) ?? [],
            matricule: reports?.matricule(in: delivery.message), in: call.zone)
    }

    /// With what people did for those that the DMP or a mailbox failed, and said of those that have nothing.
    func withTold(_ lines: [DeliveryLineView], _ call: Call) async throws -> [DeliveryLineView] {
        var lines = lines, known = [String: [DecidedRelease]](), said = Set<String>()
        for site in desk.sites.keys {
            said.formUnion(try await desk.store.requests(site: site, decided: .absent))
        }
        for place in lines.indices where lines[place].failedBeyond || said.contains(lines[place].requestID) {
            let id = lines[place].requestID
            if known[id] == nil { known[id] = try await desk.releaseActs(of: try await desk.request(id)) }
            if said.contains(id) { lines[place].absent = try await absent(from: lines[place], known[id] ?? [], call) }
            let since = lines[place].createdAt.instant(in: call.zone)
            var told = [String: String]()
            for one in known[id] ?? [] where one.act.kind == .told {
                guard let who = one.act.destination, since.map({ $0 <= one.at }) ?? true else { continue }
                told[who == "DMP" ? who : who.lowercased()] =
                    "par \(one.author) le \(call.moment(one.at).french) : \(one.act.reason)"
            }
            if !told.isEmpty { lines[place].told = told }
        }
        return lines
    }

    /// Destinations of a message that, as somebody said, have nothing by it.
    private func absent(
        from line: DeliveryLineView, _ acts: [DecidedRelease], _ call: Call
    ) async throws -> [String: String]? {
        let absences = Absences(acts), events = try await desk.store.deliveryEvents(line.id)
        guard !absences.isEmpty, let sent = try await desk.store.delivery(line.id)?.createdAt else { return nil }
        func words(_ place: String, _ confirmed: (DeliveryEvent) -> Bool) -> String? {
            guard absences.covers(place, sent: sent, confirmed: events.last(where: confirmed)?.at),
                let one = acts.last(where: { $0.act.kind == .absent && $0.act.destination == place })
            else { return nil }
            return "dit par \(one.author) le \(call.moment(one.at).french) : \(one.act.reason)"
        }
        var found = [String: String]()
        if line.toDMP {
            found["DMP"] = words(Absences.place(ofDMP: line.matricule)) { $0.kind == .dmpAccepted }
        }
        for address in line.addresses {
            let place = Absences.place(of: address)
            found[place] = words(place) { $0.saysMailCame(to: place) }
        }
        return found.isEmpty ? nil : found
    }

    /// Days of the query, both included, and their bounds in the zone of the site. `usual`: the day when none is said.
    func period(
        _ call: Call, usual: CivilDate? = nil
    ) throws(Refusal) -> (from: CivilDate, to: CivilDate, first: Instant, before: Instant) {
        func day(_ name: String) throws(Refusal) -> CivilDate {
            if let usual, call.query[name] == nil { return usual }
            guard let text = call.query[name], let day = CivilDate(text), day.isComplete else {
                throw Refusal(
                    "query.date", at: name, because: "un jour est attendu", remedy: "écrire par exemple 2026-11-01")
            }
            return day
        }
        let from = try day("from"), to = try day("to")
        guard let first = Instant("\(from)T00:00:00", in: call.zone),
            let last = Instant("\(to)T00:00:00", in: call.zone), from <= to
        else {
            throw Refusal(
                "query.period", at: "to", because: "la période est vide",
                remedy: "donner un premier jour avant le dernier")
        }
        // The day after the last, in the site's zone: 26 hours later is on it, whatever the change of clocks.
        let after = CivilTime(last.advanced(by: .seconds(26 * 3600)), in: call.zone).date
        let before = Instant("\(after)T00:00:00", in: call.zone) ?? last.advanced(by: .seconds(86_400))
        return (from, to, first, before)
    }

    private func indicators(_ call: Call) async throws -> IndicatorsView {
        let period = try period(call)
        guard let reports else {
            throw Refusal(
                "query.period", at: "to", because: "ce serveur n'envoie rien",
                remedy: "s'adresser au serveur du laboratoire")
        }
        let site = call.author.role == .administrator ? nil : call.author.site
        return IndicatorsView(
            from: period.from, to: period.to, site: site,
            indicators: try await reports.indicators(from: period.first, before: period.before, site: site))
    }

    private func story(_ request: Request, _ call: Call) async throws -> ReportStoryView {
        let acts = try await desk.releaseActs(of: request)
        // A withdrawal before the latest signature is history.
        let signatures = try await desk.store.signatures(requestID: request.id)
        let signedAt = signatures.map(\.at).max()
        let state = ReleaseState(
            acts.filter { $0.act.kind != .withdraw || $0.at >= signedAt ?? $0.at }.map(\.act))
        var deliveries = [DeliveryLineView]()
        let found = try await desk.store.deliveries(of: request)
        let happened = try await desk.store.deliveryEvents(of: found.map(\.id))
        for delivery in found {
            deliveries.append(view(delivery, happened[delivery.id] ?? [], number: request.number, call))
        }
        deliveries = try await withTold(deliveries, call)
        var view = ReportStoryView(
            requestNumber: request.number, isHeld: state.isHeld,
            hiddenFrom: state.hiddenFrom.sorted {
                $0.rawValue < $1.rawValue
            }, hiddenUntil: state.hiddenUntil.map { call.moment($0) },
            versions: try await desk.store.reports(requestID: request.id).map { ReportView($0, in: call.zone) },
            deliveries: deliveries.reversed(),
            acts: acts.map {
                ReportStoryView.Act(
                    kind: $0.act.kind, reason: $0.act.reason, author: $0.author,
                    at: Moment($0.at, in: call.zone, milliseconds: true),
                    hiddenFrom: $0.act.hiddenFrom, until: $0.act.until.map { call.moment($0) },
                    destination: [.told, .absent, .present].contains($0.act.kind) ? $0.act.destination : nil)
            })
        view.signatures = signatures.map { SignatureView($0, in: call.zone) }
        view.hidings = view.hiddenFrom.map { from in
            HidingView(from: from, until: state.ends[from].map { call.moment($0) })
        }
        if !signatures.isEmpty { view.changes = try await desk.changedSinceSignature(request) }
        view.isWithdrawn = state.isWithdrawn
        view.secretCare = state.secretCare
        view.confidentiality = state.confidentiality
        let withheld =
            try await desk.unmadeReports(site: nil, request: request.id)
            + (try await desk.stuckHidings(site: nil, request: request.id))
            + (try await desk.withheld(site: nil, request: request.id, limit: StoreBounds.ofRequest))
            + (try await reports?.leftAfterWithdrawal(site: nil, request: request.id) ?? [])
        view.withheld = withheld.map { WithheldView($0, call) }
        return view
    }
}

extension BarChart {
    fileprivate init(_ view: IndicatorsView, author: String) {
        self.init(
            title: "Indicateurs du \(view.from.french) au \(view.to.french)", author: author,
            bars: view.indicators.figures.map { figure in
                let share = view.indicators.share(of: figure).map { " (\($0) %)" } ?? ""
                return Bar(label: figure.label, value: figure.value, words: "\(figure.value)\(share)")
            },
            notes: view.indicators.turnarounds.map { delay in
                "Délai \(delay.label) : \(delay.count) comptes rendus, médiane \(delay.medianMinutes) min, "
                    + "9 sur 10 en \(delay.ninthDecileMinutes) min"
            })
    }
}
