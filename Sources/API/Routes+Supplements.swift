import Base
import Client
import Laboratory
import Workflow

extension LaboratoryAPI {
    var supplementRoutes: [Route] {
        [
            Route("GET", "/v1/requests/:ref/supplements", .needs(.readFiles)) { call in
                let request = try await request(call.parameter("ref"), call)
                return try .json(try await desk.supplementEntries(of: request).map { SupplementView($0, call) })
            },
            Route("POST", "/v1/requests/:ref/supplements", .needs(.enterResult)) { call in
                let part = try SupplementReading(call).part(of: call.decoded(SupplementBody.self))
                let entry = try await desk.attachSupplement(part, to: call.parameter("ref"), by: call.author)
                return try .json(SupplementView(entry, call), status: 201)
            },
            Route("POST", "/v1/requests/:ref/supplements/:ordinal/remove", .needs(.enterResult)) { call in
                let body = try call.decoded(RemovalBody.self)
                let entry = try await desk.removeSupplement(
                    Int(call.parameter("ordinal")) ?? 0, of: call.parameter("ref"), reason: body.reason,
                    by: call.author)
                return try .json(SupplementView(entry, call), status: 201)
            },
        ]
    }
}

extension SupplementView {
    fileprivate init(_ entry: SupplementEntry, _ call: Call) {
        self.init(
            ordinal: entry.ordinal, what: entry.act.summary, author: entry.author, at: call.moment(entry.at),
            removedBy: entry.removedBy, removes: entry.act.removes, reason: entry.act.reason)
    }
}

/// The body of a call as the laboratory's own values.
private struct SupplementReading {
    private let call: Call
    init(_ call: Call) { self.call = call }

    func part(of body: SupplementBody) throws(Refusal) -> ReportSupplements {
        var part = ReportSupplements()
        part.conclusions = (body.conclusions ?? []).map { conclusion in
            ReportSupplements.Conclusion(title: conclusion.title ?? "Commentaire", text: conclusion.text)
        }
        part.sectionComments = body.sectionComments ?? []
        part.panelComments = body.panelComments ?? []
        for image in body.images ?? [] {
            let bytes = try bytes(image.bytes, at: "images.bytes")
            // What is neither is refused with the rest, by the laboratory's own check.
            part.images.append(
                ReportImage(
                    place: image.place, caption: image.caption, format: ReportImage.Format(bytes) ?? .png, bytes: bytes)
            )
        }
        for report in body.attachedReports ?? [] {
            part.attachedReports.append(
                ForeignReport(
                    title: report.title, number: report.number, pdf: try bytes(report.pdf, at: "attachedReports.pdf")))
        }
        for subcontract in body.subcontracts ?? [] { part.subcontracts.append(try self.subcontract(subcontract)) }
        for isolate in body.isolates ?? [] { part.isolates.append(try self.isolate(isolate)) }
        for sampler in body.samplers ?? [] {
            part.samplers.append(
                Sampler(
                    professional: try sampler.professional.professional(), at: try instant(sampler.at, "samplers.at")))
        }
        part.methods = body.methods ?? []
        if let analyses = body.validates {
            guard let biologist = call.author.professional else {
                throw Refusal(
                    "sign.professional", at: call.author.login,
                    because: "ce compte n'a pas d'identité professionnelle (RPPS)",
                    remedy: "la faire saisir par l'administrateur")
            }
            part.validations = [OtherValidation(biologist: biologist, at: call.now, analyses: analyses)]
        }
        return part
    }

    private func bytes(_ text: String, at place: String) throws(Refusal) -> [UInt8] {
        guard let bytes = Base64.decode(Array(text.utf8)) else {
            throw Refusal(
                "supplement.base64", at: place, because: "ces octets ne sont pas en base64",
                remedy: "les écrire en base64 sur une ligne (RFC 4648)")
        }
        return bytes
    }

    private func instant(_ moment: Moment, _ place: String) throws(Refusal) -> Instant {
        guard let instant = try call.instant(moment, at: place) else { return call.now }
        return instant
    }

    private func subcontract(_ body: SupplementBody.Subcontracted) throws(Refusal) -> Subcontract {
        let laboratory = body.laboratory
        return Subcontract(
            analyses: body.analyses,
            laboratory: ForeignLaboratory(
                name: laboratory.name, finess: laboratory.finess, phone: laboratory.phone,
                address: laboratory.address.address,
                director: try laboratory.director.professional(
                    otherwise: ("G15_10/SM03", "Médecin - Biologie médicale (SM)")),
                isHospital: laboratory.isHospital ?? false),
            performedAt: try instant(body.performedAt, "subcontracts.performedAt"))
    }

    private func measured(_ text: String?, at place: String) throws(Refusal) -> Measured? {
        guard let text else { return nil }
        guard let value = Measured(typed: text) else {
            throw Refusal(
                "result.value", at: place, because: "ce n'est pas un nombre mesuré",
                remedy: "écrire par exemple 4.20 ou <=0.5")
        }
        return value
    }

    private func isolate(_ body: SupplementBody.IsolateBody) throws(Refusal) -> Isolate {
        var lines = [Susceptibility]()
        for line in body.antibiogram ?? [] {
            lines.append(
                Susceptibility(
                    antibiotic: line.antibiotic, loinc: line.loinc, waitingCode: line.waitingCode,
                    localCode: line.localCode,
                    concentration: try measured(line.concentration, at: line.antibiotic), category: line.category))
        }
        return Isolate(
            number: body.number, analysis: body.analysis, organism: body.organism, snomed: body.snomed,
            ncbi: body.ncbi, observedAt: try instant(body.observedAt, "isolates.observedAt"),
            count: try measured(body.count, at: "isolates.count"), susceptibilities: lines, comment: body.comment)
    }
}
