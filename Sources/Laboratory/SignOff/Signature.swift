package import Base
import Catalog

/// The biologist's sign-off (*validation biologique*) of a set of observations of one request, over a content hash.
package struct Signature: Codable, Sendable, Hashable {
    package var id: String
    package var site: String
    package var requestID: String
    /// 1, 2…: each sign-off of a request makes a new report version; amendment continues the same series.
    package var version: Int
    /// SHA-256 of `SignedContent.canonicalBytes`, hexadecimal.
    package var contentHash: String
    /// What the signature means, in words, as shown to the signer.
    package var meaning: String
    package var account: String
    package var biologist: Professional
    package var at: Instant
    package var observationIDs: [String]
    /// False while lines of the request are still without a signed observation: the report is partial.
    package var complete: Bool
    /// Last entry of the register `supplement` of the request that it covers; nil when there was none.
    package var supplementsThrough: Int?
    /// What the biologist wrote beside the results (comments); nil for nothing.
    package var words: ReportSupplements?
    /// Why it replaces what was signed before; nil when it does not.
    package var amendment: Amendment?
    /// True: signed with others, by exception.
    package var inLot: Bool?
    /// True: released by the house under a standing approval of the biologist (mode B, RULES 1.1).
    package var isStanding: Bool?
    /// Title of what the report says of that.
    package static let standingTitle = "Libération automatique"
    /// Which judgement shows each of the results that were judged more than once (`EvaluationRecord.ordinal`), as the
    /// signature covers it; the others, and all in signatures older than that, are shown by their own rows.
    package var judgements: [String: Int]?
    /// Identity, prescriber and tubes in the words that were signed; nil in signatures older than that.
    package var context: SignedContext?

    package init(
        id: String, site: String, requestID: String, version: Int, contentHash: String, meaning: String,
        account: String, biologist: Professional, at: Instant, observationIDs: [String], complete: Bool,
        supplementsThrough: Int? = nil, words: ReportSupplements? = nil, amendment: Amendment? = nil,
        inLot: Bool? = nil, context: SignedContext? = nil
    ) {
        self.context = context
        self.supplementsThrough = supplementsThrough
        self.words = words
        self.amendment = amendment
        self.inLot = inLot
        self.id = id
        self.site = site
        self.requestID = requestID
        self.version = version
        self.contentHash = contentHash
        self.meaning = meaning
        self.account = account
        self.biologist = biologist
        self.at = at
        self.observationIDs = observationIDs
        self.complete = complete
    }
}

/// Everything a signature covers: who, asked by whom, from which tube, what was found. Any change of it sends the file
/// back to the biologist (HOUSE invariant 5).
package struct SignedContent: Sendable, Hashable {
    package var patient: Patient
    package var request: Request
    package var specimens: [Specimen]
    package var observations: [Observation]
    package var supplements: ReportSupplements

    package init(
        patient: Patient, request: Request, specimens: [Specimen], observations: [Observation],
        supplements: ReportSupplements = ReportSupplements()
    ) {
        self.supplements = supplements
        self.patient = patient
        self.request = request
        self.specimens = specimens
        self.observations = observations
    }

    /// When the sample of a result was taken; when it was measured, where nobody knows.
    package func takenAt(of observation: Observation) -> Instant { observation.takenAt(among: specimens) }

    /// One unambiguous text: each datum as `name:length:value` in a fixed order, specimens and observations sorted by
    /// identifier. Two contents have the same bytes only if every datum is the same.
    package var canonicalBytes: [UInt8] {
        var out = CanonicalText("paillasse-signed-content-1")
        out.add("patient", patient.id)
        out.add("ins", patient.publishableINS.map { $0.matricule + "@" + $0.authority.rawValue })
        out.add("status", patient.status.rawValue)
        out.add("birthName", patient.traits.birthName)
        out.add("givenNames", patient.traits.firstGivenName + "/" + patient.traits.givenNames)
        out.add("birthDate", patient.traits.birthDate.description)
        out.add("sex", patient.traits.sex.rawValue)
        out.add("birthplace", patient.traits.birthplace)
        out.add("usedName", patient.usedName)
        out.add("request", request.number)
        out.add("prescriber", request.prescriber.nationalID)
        for specimen in specimens.sorted(by: { $0.accession < $1.accession }) {
            out.add("specimen", specimen.accession)
            out.add("kind", specimen.kind)
            out.add("collectedAt", specimen.collectedAt.map { String($0.milliseconds) })
            out.add("nonconformity", specimen.nonconformity)
        }
        for observation in observations.sorted(by: { $0.id < $1.id }) {
            out.add("observation", observation.id)
            out.add("analysis", observation.analysis)
            out.add("catalogue", observation.catalogueVersion)
            switch observation.value {
            case .measured(let value, let unit):
                out.add("measured", value.text)
                out.add("unit", unit)
            case .coded(let code, let display):
                out.add("coded", code)
                out.add("display", display)
            case .text(let text): out.add("text", text)
            case .notPerformed(let reason): out.add("notPerformed", reason)
            }
            out.add("low", observation.interval?.low?.text)
            out.add("high", observation.interval?.high?.text)
            // Nothing is added for an interval of reference: what was signed before kinds were kept keeps its hash.
            if let kind = observation.interval?.kind { out.add("kind", kind.rawValue) }
            out.add("flags", observation.flags.map(\.rawValue).joined(separator: ","))
            out.add("comment", observation.comment)
            out.add("observedAt", String(observation.observedAt.milliseconds))
        }
        // Nothing is added when there is none: what was signed before they existed keeps its hash.
        if !patient.attributes.isEmpty {
            out.add("attributes", patient.attributes.map(\.rawValue).sorted().joined(separator: ","))
        }
        if !supplements.isEmpty { supplements.write(into: &out) }
        return out.bytes
    }
}

/// Writes `name:length:value\n` lines; nil is `name:-\n`, so that absence and emptiness differ.
package struct CanonicalText: Sendable {
    package private(set) var bytes: [UInt8]
    package init(_ title: String) { bytes = Array(title.utf8) + [0x0A] }
    package mutating func add(_ name: String, _ value: String?) {
        bytes += Array(name.utf8) + [0x3A]
        if let value {
            bytes += Array(String(value.utf8.count).utf8) + [0x3A] + Array(value.utf8)
        } else {
            bytes.append(0x2D)
        }
        bytes.append(0x0A)
    }
}

extension Observation {
    /// When its sample, one of these, was taken; when it was measured, where nobody knows.
    package func takenAt(among specimens: [Specimen]) -> Instant {
        specimens.first { $0.accession == accession }?.collectedAt ?? observedAt
    }
}
