import Base
import Catalog
import Client
import Laboratory
import Store
import Workflow

/// The biologist's queue, files and signatures. Every signature asks for the code of the person.
extension LaboratoryAPI {
    var signOffRoutes: [Route] {
        [
            Route("GET", "/v1/bio", .needs(.readFiles), query: ["limit", "section"]) { call in
                let files = try await desk.awaitingSignature(
                    site: call.author.site, limit: try call.limit(), section: call.query["section"])
                return try .json(files.map { line(of: $0, call) })
            },
            Route("GET", "/v1/bio/:ref", .needs(.readFiles)) { call in
                try .json(try await shown(SignDraft(), call))
            },
            Route("POST", "/v1/bio/:ref/draft", .needs(.readFiles)) { call in
                try .json(try await shown(try call.decoded(SignDraftBody.self).draft, call))
            },
            Route("POST", "/v1/bio/:ref/preview", .needs(.readFiles)) { call in
                let draft = try call.decoded(SignDraftBody.self).draft
                return try .json(try await preview(draft, call))
            },
            // Before the check of one file, whose pattern it is too.
            Route("POST", "/v1/bio/lot/check", .needs(.sign)) { call in
                let body = try call.decoded(LotBody.self)
                let refused = try await desk.checkLot(
                    body.lot, section: body.section, left: Set(body.left ?? []), frozen: body.frozen ?? false,
                    by: call.author)
                return try .json(refused.map { view($0, call) })
            },
            Route("POST", "/v1/bio/:ref/check", .needs(.sign)) { call in
                let body = try call.decoded(SignBody.self)
                try await desk.checkSignature(
                    try await request(call.parameter("ref"), call).id, contentHash: body.contentHash,
                    allowPartial: body.partial ?? false, uncalled: body.uncalled,
                    draft: body.draft?.draft ?? SignDraft(), by: call.author)
                return try .json(Done())
            },
            Route("POST", "/v1/bio/:ref/sign", .needs(.sign)) { call in
                let body = try call.decoded(SignBody.self)
                try await accounts.prove(body.pin, by: call.author)
                let made = try await desk.sign(
                    call.parameter("ref"), contentHash: body.contentHash, allowPartial: body.partial ?? false,
                    uncalled: body.uncalled, draft: body.draft?.draft ?? SignDraft(), by: call.author)
                return try .json(SignatureView(made, in: call.zone), status: 201)
            },
            Route("POST", "/v1/bio/lot", .needs(.sign)) { call in
                let body = try call.decoded(LotBody.self)
                try await accounts.prove(body.pin, by: call.author)
                let made = try await desk.signLot(
                    body.lot, section: body.section, left: Set(body.left ?? []), frozen: body.frozen ?? false,
                    by: call.author)
                return try .json(made.map { view($0, call) }, status: 201)
            },
            Route("GET", "/v1/comments", .needs(.read)) { _ in
                try .json(
                    desk.catalogue.comments.map { CommentView(code: $0.code, section: $0.section, text: $0.text) })
            },
            Route("GET", "/v1/signatures/settings", .needs(.read)) { call in
                try .json(try await desk.signOffSettings(site: call.author.site))
            },
            Route("PUT", "/v1/signatures/settings", .needs(.sign)) { call in
                let body = try call.decoded(SignOffSettingsBody.self)
                try await desk.setSignOff(body.settings, reason: body.reason, by: call.author)
                return try .json(body.settings)
            },
            Route("GET", "/v1/signatures/figures", .needs(.read), query: ["from", "to", "all"]) { call in
                try .json(try await figures(call))
            },
        ]
    }

    private func view(_ outcome: LotOutcome, _ call: Call) -> LotOutcomeView {
        LotOutcomeView(
            requestNumber: outcome.number, signature: outcome.signature.map { SignatureView($0, in: call.zone) },
            refusal: outcome.refusal)
    }

    private func preview(_ draft: SignDraft, _ call: Call) async throws -> PreviewView {
        guard let reports else {
            throw Refusal(
                "preview.server", because: "ce serveur ne fait pas de comptes rendus",
                remedy: "s'adresser au serveur du laboratoire")
        }
        let request = try await request(call.parameter("ref"), call)
        let made = try await reports.preview(try await desk.preview(request.id, draft, by: call.author))
        return PreviewView(requestNumber: request.number, pdf: made.pdf, cda: made.cda)
    }

    private func shown(_ draft: SignDraft, _ call: Call) async throws -> FileToSignView {
        let file = try await desk.fileToSign(try await request(call.parameter("ref"), call).id, draft: draft)
        let placed = file.words.sectionComments.map { "\($0.place) : \($0.text)" }
        var answer = FileToSignView(
            request: RequestView(file.request, patient: file.patient, in: call.zone),
            patient: PatientView(file.patient, in: call.zone),
            specimens: file.specimens.map { SpecimenView($0, in: call.zone) },
            observations: try await views(file.observations, call),
            previous: file.previous.map { PreviousResultView($0, in: call.zone) }, missing: file.missing,
            fresh: file.fresh, nextVersion: file.nextVersion, contentHash: file.contentHash, lane: file.lane,
            obstacles: file.obstacles.map(\.frenchText), isAmendment: file.isAmendment,
            comments: file.words.conclusions.map { "\($0.title) : \($0.text)" } + placed,
            supplements: file.supplements, hasFreshSupplements: file.hasFreshSupplements, changes: file.changes,
            reasons: file.obstacles, left: try await views(file.left, call), order: file.order)
        answer.withdrawal = try await withdrawal(of: file.request, call)
        return answer
    }

    private func line(of file: FileToSign, _ call: Call) -> SignableLineView {
        let critical = file.observations.filter { observation in
            observation.flags.contains(.criticallyLow) || observation.flags.contains(.criticallyHigh)
        }
        return SignableLineView(
            requestNumber: file.request.number, requestID: file.request.id, priority: file.request.priority,
            patientName: "\(file.patient.traits.birthName) \(file.patient.traits.firstGivenName)",
            registeredAt: call.moment(file.request.registeredAt), results: file.observations.count,
            fresh: file.fresh.count, missing: file.missing, critical: critical.map(\.analysis),
            nextVersion: file.nextVersion, contentHash: file.contentHash, lane: file.lane,
            reasons: file.obstacles,
            sections: Set(file.observations.compactMap { desk.catalogue[$0.analysis]?.section }).sorted())
    }

    /// Days that figures are counted over at most.
    private static let mostFigureDays = 92

    private func figures(_ call: Call) async throws -> SignOffFiguresView {
        // By the laboratory's clock, not by that of who asks.
        let period = try period(call, usual: CivilTime(call.now, in: call.zone).date)
        guard period.to.dayNumber - period.from.dayNumber < LaboratoryAPI.mostFigureDays else {
            throw Refusal(
                "query.period", at: "to", because: "période trop longue",
                remedy: "\(LaboratoryAPI.mostFigureDays) jours au plus")
        }
        let found = try await desk.signOffFigures(
            from: period.first, before: period.before,
            login: call.query["all"] == "true" ? nil : call.author.login, by: call.author)
        return SignOffFiguresView(
            signed: found.signed, inLot: found.inLot, amendments: found.amendments, seconds: found.seconds,
            holds: found.holds.map {
                SignOffFiguresView.OfHold(code: $0.code, overridden: $0.overridden, retracted: $0.retracted)
            }, typing: found.typing)
    }
}

extension LotBody {
    fileprivate var lot: [LotFile] { files.map { LotFile(number: $0.request, contentHash: $0.contentHash) } }
}
