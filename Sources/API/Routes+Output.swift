import Base
import Catalog
import Client
import Laboratory
import Rules
import Store
import Workflow

extension LaboratoryAPI {
    var outputRoutes: [Route] {
        [
            Route("GET", "/v1/reports", .needs(.readFiles), query: ["request"]) { call in
                guard let reference = call.query["request"] else {
                    throw Refusal(
                        "query.missing", at: "request", because: "de quelle demande ?",
                        remedy: "ajouter ?request=NUMÉRO")
                }
                let request = try await request(reference, call)
                let found = try await desk.store.reports(requestID: request.id)
                return try .json(found.map { ReportView($0, in: call.zone) })
            },
            Route("GET", "/v1/reports/:id/cda", .needs(.readFiles), query: ["display"]) { call in
                let report = try await report(call)
                let shows = call.query["display"] == "true"
                return Answer(
                    status: 200, type: "application/xml; charset=utf-8",
                    body: shows ? reports?.selfDisplaying(report.cda) ?? report.cda : report.cda)
            },
            Route("GET", "/v1/reports/:id/pdf", .needs(.readFiles)) { call in
                let report = try await report(call)
                return Answer(status: 200, type: "application/pdf", body: report.pdf)
            },
            Route("GET", "/v1/deliveries", .needs(.readFiles), query: ["request", "limit"]) { call in
                try .json(try await deliveries(call))
            },
            Route("GET", "/v1/deliveries/dead", .needs(.readFiles), query: ["request"]) { call in
                try .json(try await deadLetters(call))
            },
            Route("GET", "/v1/deliveries/withheld", .needs(.readFiles), query: ["request", "limit"]) { call in
                let number = try await requestAsked(call), site = call.author.site
                let found =
                    try await withoutReport(site, number)
                    + (try await desk.withheld(site: site, request: number, limit: try call.limit()))
                    + (try await reports?.leftAfterWithdrawal(site: site, request: number) ?? [])
                return try .json(found.map { WithheldView($0, call) })
            },
        ]
    }

    private func report(_ call: Call) async throws -> ReportVersion {
        let id = call.parameter("id")
        guard let found = try await desk.store.report(id), call.sees(found.site) else {
            throw LaboratoryAPI.absent("report.unknown", "compte rendu", id)
        }
        return found
    }

    private func requestAsked(_ call: Call) async throws -> String? {
        guard let asked = call.query["request"] else { return nil }
        return try await request(asked, call).id
    }
    /// What cannot be made, and hidings that cannot end.
    private func withoutReport(_ site: String?, _ requestID: String?) async throws -> [WithheldLine] {
        try await desk.unmadeReports(site: site, request: requestID)
            + (try await desk.stuckHidings(site: site, request: requestID))
    }

    /// All that waits for a person, however many they are.
    private func deadLetters(_ call: Call) async throws -> DeadLettersView {
        let number = try await requestAsked(call), site = call.author.site
        let found = try await reports?.deadLetters(site: site, request: number) ?? []
        let withheld =
            try await withoutReport(site, number) + (try await desk.owed(site: site, request: number))
            + (try await reports?.leftAfterWithdrawal(site: site, request: number) ?? []).filter(\.needsPerson)
        return DeadLettersView(
            deliveries: try await withTold(
                found.map { view($0.delivery, $0.events, number: $0.requestNumber, call) }, call),
            withheld: withheld.map { WithheldView($0, call) })
    }

    private func deliveries(_ call: Call) async throws -> [DeliveryLineView] {
        let found = try await desk.deliveries(
            site: call.author.site, request: call.query["request"], limit: try call.limit())
        return try await withTold(
            found.map { view($0.delivery, $0.events, number: $0.requestNumber, call) }, call)
    }

    var stateRoutes: [Route] {
        [
            Route("GET", "/v1/status", .needs(.read)) { call in
                let counts = try await desk.counts(site: call.author.site)
                var view = StatusView(
                    site: call.author.site, catalogueVersion: desk.catalogue.version.text,
                    counts: CountsView(counts), analyzers: await analyzers(call),
                    alarms: await live.alarms() + (reports?.alarms() ?? [])
                        + [desk.approvalAlarm(in: call.zone)].compactMap(\.self))
                view.unmadeReports = desk.unmadeCount(site: call.author.site)
                return try .json(view)
            },
            Route("GET", "/v1/audit", .needs(.audit), query: ["after", "limit"]) { call in
                let after = try call.number("after", in: 0...Int.max) ?? 0
                let entries = try await desk.store.audit(after: after, limit: try call.limit())
                return try .json(entries.map { AuditEntryView($0, call) })
            },
            Route("POST", "/v1/audit/verify", .needs(.audit)) { _ in
                let verdict = try await AuditChain.verify(store: desk.store)
                var view = AuditVerdictView(
                    sound: verdict.isSound, entries: verdict.entries, facts: verdict.facts, lastHash: verdict.lastHash)
                view.defect = verdict.defect?.kind.rawValue
                view.explanation = verdict.defect?.explanation
                view.sequence = verdict.defect?.sequence
                return try .json(view)
            },
            Route("GET", "/v1/catalogue", .needs(.read)) { _ in try .json(catalogueView) },
        ]
    }

    private var catalogueView: CatalogueView {
        CatalogueView(
            version: desk.catalogue.version.text,
            analyses: desk.catalogue.analyses.map { analysis in
                var line = CatalogueView.Line(
                    code: analysis.code, name: analysis.nameFR,
                    section: desk.catalogue.section(of: analysis)?.nameFR ?? analysis.section, unit: analysis.unit,
                    loinc: analysis.loinc?.code, specimen: analysis.specimen, tube: analysis.tube,
                    approval: analysis.approval.rawValue)
                if desk.shelf.pack.policy.isTypedTwice(analysis) { line.twice = true }
                if analysis.nature.isNumeric {
                    line.decimals = analysis.decimals
                    line.lowest = analysis.verification.absurd?.low
                    line.highest = analysis.verification.absurd?.high
                }
                return line
            },
            panels: desk.catalogue.panels.map { panel in
                CatalogueView.PanelLine(code: panel.code, name: panel.nameFR, members: panel.members)
            })
    }
}

extension WithheldView {
    init(_ line: WithheldLine, _ call: Call) {
        let told = line.told.map { "par \($0.author) le \(call.moment($0.at).french) : \($0.act.reason)" }
        self.init(
            requestNumber: line.requestNumber, version: line.version, destination: line.note.destination,
            reason: line.note.reason, words: line.note.words, at: call.moment(line.at), needsPerson: line.needsPerson,
            told: told)
    }
}

extension AuditEntryView {
    init(_ entry: AuditEntry, _ call: Call) {
        self.init(
            sequence: entry.sequence, site: entry.site, author: entry.author, action: entry.action,
            subject: entry.subject, at: Moment(entry.at, in: call.zone, milliseconds: true), factsHash: entry.factsHash,
            previousHash: entry.previousHash, hash: entry.hash)
    }
}

extension CountsView {
    init(_ counts: StoreCounts) {
        self.init()
        patients = counts.patients
        requests = counts.requests
        messages = counts.messages
        observations = counts.observations
        controls = counts.controls
        messagesPending = counts.messagesPending
        triageOpen = counts.triageOpen
        triageTotal = counts.triageTotal
        awaitingTechnical = counts.awaitingTechnical
        awaitingSignature = counts.awaitingSignature
        signedOtherwise = counts.signedOtherwise
        signatures = counts.signatures
        reports = counts.reports
        deliveriesAccepted = counts.deliveriesAccepted
        deliveriesWaiting = counts.deliveriesWaiting
        deliveriesRefused = counts.deliveriesRefused
        dmpAccepted = counts.dmpAccepted
    }
}
