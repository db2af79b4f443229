import Base
import Catalog
package import Laboratory
import Rules
import Store

/// A file as the biologist sees it before signing.
package struct FileToSign: Codable, Sendable, Hashable {
    package var request: Request
    package var patient: Patient
    package var specimens: [Specimen]
    package var observations: [Observation]
    package var previous: [PreviousResult]
    /// Analyses still without a technically validated result.
    package var missing: [String]
    /// Observation ids not signed yet.
    package var fresh: [String]
    package var nextVersion: Int
    /// SHA-256 of what a signature would cover: give it back with the signature.
    package var contentHash: String
    /// What the report says beside its results, a few words each.
    package var supplements: [String]
    /// … and it changed since the last signature.
    package var hasFreshSupplements: Bool
}

extension Desk {
    /// Requests with something to sign, urgent first.
    package func awaitingSignature(site: String?, limit: Int) async throws(CommandFailure) -> [FileToSign] {
        let ids = try await ask { () throws(StoreFailure) in
            try await store.requestsAwaitingSignature(site: site, limit: limit)
        }
        var files = [FileToSign]()
        for id in ids { files.append(try await fileToSign(id)) }
        return files
    }

    package func fileToSign(_ reference: String) async throws(CommandFailure) -> FileToSign {
        let (request, patient, file) = try await signable(reference)
        let previous = try await previousResults(request, file.content)
        let at = now()
        let judged = try await standing(file.content.observations, at: at)
        return FileToSign(
            request: request, patient: patient, specimens: file.content.specimens,
            observations: catalogue.inOrder(judged, of: request), previous: previous,
            missing: file.missing, fresh: file.fresh,
            nextVersion: file.nextVersion, contentHash: Digest.sha256Hex(file.content.canonicalBytes),
            supplements: file.content.supplements.summary, hasFreshSupplements: file.hasFreshSupplements)
    }

    private func signable(_ reference: String) async throws(CommandFailure) -> (Request, Patient, SignableFile) {
        let (request, observations, events) = try await file(of: reference)
        let patient = try await patient(request.patientID)
        let specimens = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        let signatures = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: request.id) }
        let (supplements, through) = try await supplements(of: request)
        return (
            request, patient,
            SignableFile(
                patient: patient, request: request, specimens: specimens, observations: observations, events: events,
                signatures: signatures, supplements: supplements, supplementsThrough: through)
        )
    }

    /// Earlier requests that a report shows in its curves; one earlier result is what a person compares with.
    private static let historyDepth = 8

    package func previousResults(
        _ request: Request, _ content: SignedContent, depth: Int = 1
    ) async throws(CommandFailure) -> [PreviousResult] {
        let codes = content.observations.map(\.analysis)
        let before = content.observations.map(\.observedAt).max() ?? request.registeredAt
        let found = try await ask { () throws(StoreFailure) in
            try await store.previousSigned(
                patientID: request.patientID, analyses: codes, before: before, excludingRequest: request.id,
                depth: depth)
        }
        // A request signed again holds each result once more: the newest counts.
        var seen = Set<[String]>()
        return found.filter { seen.insert([$0.requestID, $0.analysis]).inserted }.map {
            PreviousResult(analysis: $0.analysis, value: $0.value, observedAt: $0.observedAt)
        }
    }

    /// The biological sign-off (*validation biologique*, CSP D6211-3). `contentHash` is what the biologist saw: when
    /// the file changed since, nothing is signed.
    package func sign(
        _ reference: String, contentHash: String, allowPartial: Bool, uncalled: String? = nil, by author: Author
    ) async throws(CommandFailure) -> Signature {
        try allow(author, .sign)
        guard let biologist = author.professional else {
            throw .refused(
                Refusal(
                    "sign.professional", at: author.login,
                    because: "ce compte n'a pas d'identité professionnelle (RPPS)",
                    remedy: "la faire saisir par l'administrateur"))
        }
        let (request, _, file) = try await signable(reference)
        try within(request, author)
        guard file.isFresh else {
            throw .refused(
                Refusal(
                    "sign.nothing", at: request.number, because: "rien à signer dans ce dossier",
                    remedy: "valider techniquement d'abord, ou passer au dossier suivant"))
        }
        guard file.missing.isEmpty || allowPartial else {
            throw .refused(
                Refusal(
                    "sign.partial", at: request.number,
                    because: "il manque \(file.missing.joined(separator: ", "))",
                    remedy: "attendre, ou signer un compte rendu partiel (--partial)"))
        }
        let hash = Digest.sha256Hex(file.content.canonicalBytes)
        guard hash == contentHash else {
            throw .refused(
                Refusal(
                    "sign.changed", at: request.number, because: "le dossier a changé depuis son affichage",
                    remedy: "le relire et signer de nouveau"))
        }
        let at = now()
        try await checkControls(file, at: at)
        let unsaid = try await checkCalls(file, uncalled, by: author, at: at)
        let signature = Signature(
            id: freshID(), site: request.site, requestID: request.id, version: file.nextVersion, contentHash: hash,
            meaning: "Validation biologique des résultats et de leur interprétation (CSP, art. L. 6211-2 et D. 6211-3)",
            account: author.login, biologist: biologist, at: at, observationIDs: file.content.observations.map(\.id),
            complete: file.missing.isEmpty, supplementsThrough: file.supplementsThrough)
        try await ask { () throws(StoreFailure) in
            try await store.append(
                [.signature(signature)] + unsaid, note: note(author, "bio.sign", request.number, at))
        }
        afterSigning()
        return signature
    }

    /// A critical value that nobody was told of is not signed unseen (RULES section 5): somebody is called first, or
    /// the biologist says why not, and the call stays to be made. Answers that word, to be written with the signature.
    private func checkCalls(
        _ file: SignableFile, _ reason: String?, by author: Author, at: Instant
    ) async throws(CommandFailure) -> [Fact] {
        let fresh = file.content.observations.filter { file.fresh.contains($0.id) }
        let waiting = try await uncalled(try await standing(fresh, at: at))
        guard let first = waiting.first else { return [] }
        guard let reason else {
            throw .refused(
                Refusal(
                    "sign.critical", at: first.call.analysis,
                    because: "valeur critique que personne n'a encore reçue au téléphone",
                    remedy: "appeler et le noter (paillasse critical call), ou signer en disant pourquoi (--uncalled)"))
        }
        try needReason(reason)
        return waiting.map { entry in
            .register(
                CallEntry.entry(
                    entry.call, site: entry.site, ordinal: entry.ordinal + 1, author: author.login, at: at,
                    reason: "signé avant l'appel : \(reason)"))
        }
    }

    /// Nothing measured under a rejected control is released before somebody decided on it (RULES section 2.5).
    private func checkControls(_ file: SignableFile, at: Instant) async throws(CommandFailure) {
        for observation in file.content.observations where file.fresh.contains(observation.id) {
            let judged = try await withControls(observation, at: at)
            guard let hold = judged.holds.first(where: { $0.code == .qualityControlRejected }) else { continue }
            throw .refused(
                Refusal(
                    "sign.quality", at: observation.analysis, because: "\(hold.code.rawValue) : \(hold.reason)",
                    remedy: "corriger et repasser le contrôle, puis décider du résultat (paillasse qc lookback)"))
        }
    }

    /// Everything a report version is made of, read back from the facts that its signature names. Refuses when the
    /// content no longer has the hash that was signed (HOUSE invariant 5): then nothing leaves.
    package func signedReport(of signature: Signature) async throws(CommandFailure) -> SignedReport {
        let site = try site(signature.site)
        let request = try await request(signature.requestID)
        let observations = try await ask { () throws(StoreFailure) in
            try await store.observations(requestID: request.id)
        }
        let held = Set(signature.observationIDs)
        let specimens = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        let signed = observations.filter { held.contains($0.id) }.sorted { $0.id < $1.id }
        var content = SignedContent(
            patient: try await patient(request.patientID), request: request,
            specimens: SignableFile.specimens(specimens, of: signed), observations: signed)
        if let through = signature.supplementsThrough {
            content.supplements = try await supplements(of: request, through: through).supplements
        }
        guard Digest.sha256Hex(content.canonicalBytes) == signature.contentHash else {
            throw .refused(
                Refusal(
                    "report.changed", at: request.number,
                    because: "le dossier a changé depuis la signature : rien ne part",
                    remedy: "le biologiste doit relire et signer de nouveau"))
        }
        let called = try await mentioningCalls(in: content, before: signature.at, zone: site.civilZone)
        let setOID =
            site.oidRoot + "."
            + request.number.split(separator: "-").map { part in
                String(part.drop { $0 == "0" })
            }.joined(separator: ".")
        return SignedReport(
            site: site, signature: signature, content: called,
            previous: try await previousResults(request, content, depth: Desk.historyDepth),
            documentOID: "\(setOID).\(signature.version)",
            setOID: setOID, replacedOID: signature.version > 1 ? "\(setOID).\(signature.version - 1)" : nil,
            producedAt: signature.at)
    }
}
