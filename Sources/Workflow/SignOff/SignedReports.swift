import Base
import Catalog
package import Laboratory
import Store

// From a signature to the report that it makes: before it stands, to see whether it can be made, and after.
extension Desk {
    /// Everything a report version is made of, read back from the facts that its signature names. Refuses when the
    /// content no longer has the hash that was signed (HOUSE invariant 5): then nothing leaves. `asOfThen`: an
    /// identity, tubes and a prescriber that changed since are taken as they were signed, with the patient's choices of
    /// today. `visibility`: of the version that is made, when it is not what the acts of today say.
    package func signedReport(
        of signature: Signature, asOfThen: Bool = false, under visibility: Visibility? = nil
    ) async throws(CommandFailure) -> SignedReport {
        let request = try await request(signature.requestID)
        let stored = try await ask { () throws(StoreFailure) in try await store.observations(requestID: request.id) }
        let held = Set(signature.observationIDs)
        let observations = try await told(
            stored.filter { held.contains($0.id) }, of: request, by: signature)
        let specimens = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        let signed = observations.sorted { $0.id < $1.id }
        var content = SignedContent(
            patient: try await patient(request.patientID), request: request,
            specimens: SignableFile.specimens(specimens, of: signed), observations: signed,
            supplements: try await said(by: signature, of: request))
        if asOfThen, !content.isCovered(by: signature) {
            content = try await asSigned(content, by: signature) ?? content
        }
        guard content.isCovered(by: signature) else {
            throw .refused(
                Refusal(
                    "report.changed", at: request.number,
                    because: "le dossier a changé depuis la signature : rien ne part",
                    remedy: "le biologiste doit relire et signer de nouveau"))
        }
        return try await report(of: signature, content, request, under: visibility)
    }

    /// What the signature covers, from what it keeps of its context and the versions of the patient's file.
    private func asSigned(
        _ content: SignedContent, by signature: Signature
    ) async throws(CommandFailure) -> SignedContent? {
        var content = content
        if let context = signature.context {
            content.request.prescriber = context.prescriber
            for tube in context.tubes {
                guard let place = content.specimens.firstIndex(where: { $0.accession == tube.accession }) else {
                    continue
                }
                content.specimens[place].kind = tube.kind
                content.specimens[place].collectedAt = tube.collectedAt
                content.specimens[place].nonconformity = tube.nonconformity
            }
        }
        if content.isCovered(by: signature) { return content }
        let id = content.patient.id
        let versions = try await ask { () throws(StoreFailure) in try await store.patientVersions(id) }
        for version in versions.reversed() {
            var then = content
            then.patient.identify(as: version)
            if then.isCovered(by: signature) { return then }
        }
        return nil
    }

    private func report(
        of signature: Signature, _ content: SignedContent, _ request: Request, under wanted: Visibility? = nil
    ) async throws(CommandFailure) -> SignedReport {
        var visibility = Visibility.open
        if let wanted {
            visibility = wanted
        } else {
            visibility = try await self.visibility(of: request)
        }
        let site = try site(signature.site)
        let called = try await mentioningCalls(in: content, before: signature.at, zone: site.civilZone)
        let setOID =
            site.oidRoot + "."
            + request.number.split(separator: "-").map { part in
                String(part.drop { $0 == "0" })
            }.joined(separator: ".")
        return SignedReport(
            site: site, signature: signature, content: called,
            previous: try await previousResults(
                request, content, before: signature.at, under: visibility, depth: Desk.historyDepth
            ).filter { !$0.isKeptBack },
            documentOID: "\(setOID).\(signature.version)",
            setOID: setOID, replacedOID: signature.version > 1 ? "\(setOID).\(signature.version - 1)" : nil,
            producedAt: signature.at)
    }

    /// Refuses a signature whose report could not be made: page, document and messages are made as they will leave.
    /// `isAhead`: before the code is asked for; the signature that follows need not make the same again.
    func rehearse(
        _ signature: Signature, _ content: SignedContent, _ request: Request, isAhead: Bool = false
    ) async throws(CommandFailure) {
        do throws(CommandFailure) {
            let signed = try await report(of: signature, content, request)
            if !isAhead, rehearsed.take(signed, at: now()) { return }
            try await rehearsal(signed)
            if isAhead { rehearsed.keep(signed, at: now()) }
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            let place = refusal.place.isEmpty || refusal.place == request.number ? "" : ", " + refusal.place
            throw .refused(
                Refusal(
                    refusal.code, at: request.number + place,
                    because: "rien n'est signé, car le compte rendu ne pourrait être fait : \(refusal.cause)",
                    remedy: refusal.remedy))
        }
    }

    /// What a signature given now would make, for its author to read; nothing is signed.
    package func preview(
        _ reference: String, _ draft: SignDraft, by author: Author
    ) async throws(CommandFailure) -> SignedReport {
        try allow(author, .readFiles)
        let review = try await review(reference, draft)
        let (request, file) = (review.request, review.file)
        try within(request, author)
        guard review.isToSign, !file.content.observations.isEmpty else {
            throw .refused(
                Refusal(
                    "preview.nothing", at: request.number, because: "rien n'est à signer dans ce dossier",
                    remedy: "valider techniquement d'abord ; ce qui est signé se lit sans --preview"))
        }
        var signer = try site(request.site).director
        if let own = author.professional { signer = own }
        let signature = Signature(
            id: freshID(), site: request.site, requestID: request.id, version: file.nextVersion,
            contentHash: review.contentHash, meaning: Desk.meaning, account: author.login,
            biologist: signer, at: now(),
            observationIDs: file.content.observations.map(\.id), complete: file.missing.isEmpty)
        var report = try await report(of: signature, file.content, request)
        report.isPreview = true
        return report
    }

    /// Refuses what a report could not show as it is written, where it is typed; nil is nothing to show.
    func checkShown(_ words: [(String, String?)]) throws(CommandFailure) {
        for (place, text) in words {
            guard let text, let refusal = defect(text) else { continue }
            throw .refused(
                Refusal(
                    refusal.code, at: place, because: "le compte rendu ne pourrait le montrer : \(refusal.cause)",
                    remedy: "l'écrire sans ce caractère"))
        }
    }
}

extension Desk {
    /// Refuses what is no MSSanté address of a professional, where it is typed.
    func checkMail(_ people: [Professional]) throws(CommandFailure) {
        if let refusal = people.lazy.compactMap(\.mailRefusal).first { throw .refused(refusal) }
    }
}

extension SignedContent {
    /// Whether it is what was signed. A signature of before attributes of the identity were covered still covers what
    /// it covered then.
    func isCovered(by signature: Signature) -> Bool {
        if Digest.sha256Hex(canonicalBytes) == signature.contentHash { return true }
        guard !patient.attributes.isEmpty, signature.context?.attributes == nil else { return false }
        var then = self
        then.patient.attributes = []
        return Digest.sha256Hex(then.canonicalBytes) == signature.contentHash
    }
}

extension Patient {
    /// The identity of another version of the file; what the patient chose meanwhile stays.
    fileprivate mutating func identify(as then: Patient) {
        traits = then.traits
        ins = then.ins
        status = then.status
        attributes = then.attributes
        usedName = then.usedName
        usedGivenName = then.usedGivenName
    }
}

extension Patient {
    /// Words of the file that reports show.
    var shownWords: [(String, String?)] {
        [
            ("birthName", traits.birthName), ("firstGivenName", traits.firstGivenName),
            ("givenNames", traits.givenNames), ("usedName", usedName), ("usedGivenName", usedGivenName),
            ("birthplaceName", administrative?.birthplaceName), ("ipp", ipp), ("phone", phone),
            ("legalRepresentative", legalRepresentative), ("mail", administrative?.mail),
        ] + (address?.shownWords ?? []) + (administrative?.otherAddresses ?? []).flatMap(\.shownWords)
            + (administrative?.representatives ?? []).flatMap { one in
                [("representatives", one.family), ("representatives", one.given), ("representatives", one.phone)]
                    + (one.address?.shownWords ?? [])
            } + (administrative?.familyDoctor?.shownWords ?? [])
    }
}

extension Professional {
    var shownWords: [(String, String?)] {
        [(nationalID, displayName), (nationalID, specialityLabel), (nationalID, phone), (nationalID, securedMail)]
            + (address?.shownWords ?? [])
    }
}

extension PostalAddress {
    var shownWords: [(String, String?)] {
        [
            ("address.street", street), ("address.complement", complement), ("address.postalCode", postalCode),
            ("address.city", city),
        ]
    }
}
