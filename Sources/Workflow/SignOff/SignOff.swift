import Base
import Catalog
package import Laboratory
import Quality
import Rules
package import Store

extension Desk {
    /// Requests with something to sign, urgent first; without their earlier results. A signed one is among them when
    /// what its signature covers changed.
    package func awaitingSignature(
        site: String?, limit: Int, section: String? = nil
    ) async throws(CommandFailure) -> [FileToSign] {
        let wanted = try sections(named: section)
        var ids = try await ask { () throws(StoreFailure) in
            try await store.requestsAwaitingSignature(site: site, limit: limit)
        }
        if ids.count >= limit {
            // Some are cut: what a control holds since it was rejected is none of them.
            let doubted = try await rejectedAnalyses(site: site)
            ids = try await ask { () throws(StoreFailure) in
                try await store.requestsAwaitingSignature(site: site, limit: limit, doubted: doubted)
            }
        }
        var queue = try await queue(of: ids, wanted)
        let calls = try await uncalledResults(site: site)
        try await add(calls, to: &queue, wanted)
        return queue.files.map { $0.told(callsOf: calls[$0.request.id] ?? []) }
    }

    /// Analyses whose control is rejected now, on any analyzer.
    private func rejectedAnalyses(site: String?) async throws(CommandFailure) -> Set<String> {
        var found = Set<String>()
        for site in site.map({ [$0] }) ?? sites.keys.sorted() {
            for one in try await controlStandings(site: site) where one.standing.hold == .rejected {
                found.insert(one.assay.analysis)
            }
        }
        return found
    }

    /// The numbers of a site (nil: of all). Of the files to sign, those that were signed before are judged as the queue
    /// judges them: what changed and changed back is not counted.
    package func counts(site: String?) async throws(CommandFailure) -> StoreCounts {
        let (known, changed) = try await ask { () throws(StoreFailure) in
            (
                try await store.counts(site: site),
                try await store.requestsUnderReview(site: site, limit: StoreBounds.ofRequest)
            )
        }
        var counts = known
        var queue = try await queue(of: changed, nil)
        counts.signedOtherwise = queue.files.count { $0.isAmendment }
        try await add(try await uncalledResults(site: site), to: &queue, nil)
        counts.awaitingSignature += queue.files.count - changed.count
        return counts
    }

    /// Those of these requests that a biologist has to sign.
    private func queue(of ids: [String], _ wanted: Set<String>?) async throws(CommandFailure) -> SignQueue {
        var queue = SignQueue()
        for id in ids {
            let review = try await review(id, SignDraft())
            // Changed, and changed back: nothing to sign.
            guard review.isWaiting else { continue }
            // Nothing of it is left to sign, and what left was taken back since.
            if review.file.content.observations.isEmpty, review.file.earlier != nil,
                try await withdrawal(of: review.request) != nil
            {
                continue
            }
            let file = try await shown(review, previous: [])
            guard isAll(file, of: wanted) else { continue }
            queue.add(file, oldSince: review.oldIdentity(at: now()))
        }
        return queue
    }

    /// What is signed may wait for a call all the same: an amendment opens one, a signature may come before it.
    private func add(
        _ calls: [String: [Observation]], to queue: inout SignQueue, _ wanted: Set<String>?
    ) async throws(CommandFailure) {
        let listed = queue.listed
        for (id, results) in calls.sorted(by: { $0.key < $1.key }) where !listed.contains(id) {
            let review = try await review(id, SignDraft())
            let signed = Set(review.file.earlier?.signature.observationIDs ?? [])
            guard !review.isWaiting, results.contains(where: { signed.contains($0.id) }) else { continue }
            let file = try await shown(review, previous: [])
            if isAll(file, of: wanted) { queue.add(file, oldSince: nil) }
        }
    }

    /// A signature covers the whole file: all of it must be of the section.
    private func isAll(_ file: FileToSign, of wanted: Set<String>?) -> Bool {
        guard let wanted else { return true }
        return file.observations.allSatisfy { wanted.contains(catalogue[$0.analysis]?.section ?? "") }
    }

    /// Results that somebody is still to be telephoned about, by request.
    private func uncalledResults(site: String?) async throws(CommandFailure) -> [String: [Observation]] {
        var found = [String: [Observation]]()
        for site in site.map({ [$0] }) ?? sites.keys.sorted() {
            for entry in try await openCalls(site: site) where entry.call.state == .open {
                let id = entry.observationID
                let read = try await ask { () throws(StoreFailure) in try await store.observation(id) }
                if let read { found[read.requestID, default: []] += try await shown([read]) }
            }
        }
        return found
    }

    /// Sections whose names begin so; nil for all.
    private func sections(named prefix: String?) throws(CommandFailure) -> Set<String>? {
        guard let prefix else { return nil }
        let names = catalogue.sections.map(\.code)
        let wanted = FoldedName.fold(prefix)
        let found = names.filter { FoldedName.fold($0).hasPrefix(wanted) }
        guard !wanted.isEmpty, !found.isEmpty else {
            throw .refused(
                Refusal(
                    "bio.section", at: prefix, because: "le catalogue n'a pas cette discipline",
                    remedy: "choisir parmi : " + names.joined(separator: ", ")))
        }
        return Set(found)
    }

    package func fileToSign(
        _ reference: String, draft: SignDraft = SignDraft()
    ) async throws(CommandFailure) -> FileToSign {
        let review = try await review(reference, draft)
        let file = try await shown(
            review,
            previous: try await previousResults(
                review.request, review.file.content, before: now(), under: try await visibility(of: review.request)))
        let calls = try await uncalledResults(site: review.request.site)
        return file.told(callsOf: calls[review.request.id] ?? [])
    }

    /// What the last signature of a request covers and that is said otherwise now: for this it is with the biologist
    /// again. Empty where nothing is signed, or all of it stands.
    package func changedSinceSignature(_ request: Request) async throws(CommandFailure) -> [SignedChange] {
        let review = try await review(request.id, SignDraft())
        return review.isAmendment ? review.changes : []
    }

    private func shown(
        _ review: SignReview, previous: [PreviousResult]
    ) async throws(CommandFailure) -> FileToSign {
        let file = review.file
        let left = try await standing(file.left, at: now())
        let order = catalogue.inOrder(review.judged + left, of: review.request).map(\.analysis)
        return FileToSign(
            request: review.request, patient: review.patient, specimens: file.content.specimens,
            observations: catalogue.inOrder(review.judged, of: review.request), previous: previous,
            missing: file.missing, fresh: file.fresh, nextVersion: file.nextVersion,
            contentHash: review.contentHash, lane: review.lane, obstacles: review.obstacles,
            isAmendment: review.asksForAmendment, changes: review.changes,
            left: left, order: order, words: file.words,
            supplements: file.registered.summary, hasFreshSupplements: file.hasFreshSupplements)
    }

    /// The biological sign-off (*validation biologique*, CSP D6211-3). `contentHash` is what the biologist saw: when
    /// the file changed since, nothing is signed. `inLot`: with others, by exception; then nothing may stop it.
    package func sign(
        _ reference: String, contentHash: String, allowPartial: Bool, uncalled: String? = nil,
        draft: SignDraft = SignDraft(), inLot: Bool = false, by author: Author
    ) async throws(CommandFailure) -> Signature {
        let ready = try await signatureReady(
            reference, contentHash: contentHash, allowPartial: allowPartial, uncalled: uncalled, draft: draft,
            inLot: inLot, by: author)
        let action = draft.amendment != nil ? "bio.amend" : inLot ? "bio.sign.lot" : "bio.sign"
        let all = [.signature(ready.signature)] + ready.facts
        try await ask { () throws(StoreFailure) in
            try await store.append(all, note: note(author, action, ready.number, ready.signature.at))
        }
        afterSigning()
        return ready.signature
    }

    /// Refuses as `sign` would, and signs nothing: what is wrong is said before the code is asked for.
    package func checkSignature(
        _ reference: String, contentHash: String, allowPartial: Bool, uncalled: String? = nil, draft: SignDraft,
        by author: Author
    ) async throws(CommandFailure) {
        _ = try await signatureReady(
            reference, contentHash: contentHash, allowPartial: allowPartial, uncalled: uncalled, draft: draft,
            inLot: false, isAhead: true, by: author)
    }

    /// A signature that nothing stops, with what is written beside it; its report has been rehearsed.
    /// `isAhead`: nothing is signed yet, the code is still to be asked for.
    func signatureReady(
        _ reference: String, contentHash: String, allowPartial: Bool, uncalled: String?, draft: SignDraft,
        inLot: Bool, isAhead: Bool = false, by author: Author
    ) async throws(CommandFailure) -> (signature: Signature, facts: [Fact], number: String) {
        try allow(author, .sign)
        guard let biologist = author.professional else {
            throw .refused(
                Refusal(
                    "sign.professional", at: author.login,
                    because: "ce compte n'a pas d'identité professionnelle (RPPS)",
                    remedy: "la faire saisir par l'administrateur"))
        }
        let review = try await review(reference, draft)
        let (request, file) = (review.request, review.file)
        try within(request, author)
        try check(review, draft, contentHash: contentHash, allowPartial: allowPartial, inLot: inLot)
        try await checkControls(review)
        try checkSuppressed(review)
        let at = now()
        var facts = try checkCalls(review, uncalled, by: author, at: at)
        if review.isAmendment { facts += try await crossings(review, by: author, at: at) }
        facts += try await leavingReflexes(review, by: author, at: at)
        var made = Signature(
            id: freshID(), site: request.site, requestID: request.id, version: file.nextVersion,
            contentHash: contentHash, meaning: Desk.meaning, account: author.login, biologist: biologist, at: at,
            observationIDs: file.content.observations.map(\.id), complete: file.missing.isEmpty,
            supplementsThrough: file.supplementsThrough, words: file.words.isEmpty ? nil : file.words,
            amendment: draft.amendment, inLot: inLot ? true : nil, context: SignedContext(file.content))
        made.judgements = try await judgementsShown(file.content.observations)
        let signature = made
        try await rehearse(signature, file.content, request, isAhead: isAhead)
        return (signature, facts, request.number)
    }

    /// What a signature says, as it is shown to who gives it.
    package static let meaning =
        "Validation biologique des résultats et de leur interprétation (CSP, art. L. 6211-2 et D. 6211-3)"

    private func check(
        _ review: SignReview, _ draft: SignDraft, contentHash: String, allowPartial: Bool, inLot: Bool
    ) throws(CommandFailure) {
        let (number, file) = (review.request.number, review.file)
        func refuse(_ code: String, _ cause: String, _ remedy: String) -> CommandFailure {
            .refused(Refusal(code, at: number, because: cause, remedy: remedy))
        }
        if draft.amendment != nil {
            // Something came beside what is in doubt: who signs it now answers for all of it.
            let isAnswered = !review.tasks.isEmpty && !file.fresh.isEmpty
            guard file.earlier != nil,
                review.isAmendment || review.hasNewWords || file.hasFreshSupplements || isAnswered
            else {
                let remedy =
                    review.tasks.isEmpty
                    ? "corriger d'abord (résultat, identité, commentaire) ; un complément se signe : paillasse bio sign"
                    : "corriger le résultat ; si le doute est levé, le dire : paillasse bio amend \(number) "
                        + "--reason AUTRE --words … --note …"
                throw refuse("amend.nothing", "rien de ce qui est signé ne change", remedy)
            }
        } else {
            guard review.isToSign else {
                if let open = review.reflexes.first {
                    throw refuse(
                        "sign.reflex",
                        "un examen réflexe attend une décision : \(open.finding.adds.joined(separator: ", "))",
                        "l'ajouter ou le refuser : paillasse reflex accept|refuse \(number) "
                            + "\(open.finding.rule.id) --reason MOTIF")
                }
                if let signed = file.earlier?.signature {
                    throw refuse(
                        "sign.nothing",
                        "la version \(signed.version) est déjà signée par \(signed.biologist.displayName)",
                        "passer au dossier suivant")
                }
                throw refuse(
                    "sign.nothing", "rien à signer dans ce dossier",
                    "valider techniquement d'abord, ou passer au dossier suivant")
            }
        }
        guard contentHash == review.contentHash else {
            throw refuse(
                "sign.changed", "le dossier a changé depuis son affichage", "le relire et signer de nouveau")
        }
        guard !review.asksForAmendment || draft.amendment != nil else {
            throw refuse(
                "sign.amendment",
                "ce dossier rectifie la version \(file.nextVersion - 1)"
                    + (review.tasks.isEmpty ? "" : " (\(review.tasks.flatMap(\.analyses).joined(separator: ", ")))"),
                "dire pourquoi : paillasse bio amend \(number) --reason MOTIF")
        }
        guard !file.content.observations.isEmpty else {
            throw refuse(
                "sign.empty", "il ne reste aucun résultat à signer",
                "pour reprendre un compte rendu sans le remplacer : paillasse report withdraw")
        }
        guard file.missing.isEmpty || allowPartial else {
            throw refuse(
                "sign.partial", "il manque \(file.missing.joined(separator: ", "))",
                "attendre, ou signer un compte rendu partiel (--partial)")
        }
        guard !inLot || review.lane == .proposable else {
            throw refuse(
                "sign.lot",
                "ce dossier ne se signe pas en lot : \(review.obstacles.map(\.frenchText).joined(separator: " ; "))",
                "le lire et le signer seul")
        }
    }

    /// A critical value that nobody was told of is not signed unseen (RULES section 5): somebody is called first, or
    /// the biologist says why not, and the call stays to be made. Answers that word, to be written with the signature.
    private func checkCalls(
        _ review: SignReview, _ reason: String?, by author: Author, at: Instant
    ) throws(CommandFailure) -> [Fact] {
        guard let first = review.uncalled.first else { return [] }
        guard let reason else {
            throw .refused(
                Refusal(
                    "sign.critical", at: first.call.analysis,
                    because: "valeur critique que personne n'a encore reçue au téléphone",
                    remedy: "appeler et le noter (paillasse bio call), ou signer en disant pourquoi (--uncalled)"))
        }
        try needReason(reason)
        return review.uncalled.map { entry in
            .register(
                CallEntry.entry(
                    entry.call, site: entry.site, ordinal: entry.ordinal + 1, author: author.login, at: at,
                    reason: "signé avant l'appel : \(reason)"))
        }
    }

    /// Nothing measured under a rejected control is released before somebody decided on it (RULES section 2.5).
    private func checkControls(_ review: SignReview) async throws(CommandFailure) {
        for judged in review.fresh {
            guard let hold = judged.holds.first(where: { $0.code == .qualityControlRejected }) else { continue }
            throw .refused(
                Refusal(
                    "sign.quality", at: judged.analysis, because: "\(hold.code.rawValue) : \(hold.reason)",
                    remedy: "corriger et repasser le contrôle, puis décider du résultat (paillasse qc lookback)"))
        }
        // Nor what goes with it, whether this signature covers it or leaves it for another.
        let following = try await followingRejection(try await lastJudged(review.chosen), at: now())
        for judged in review.fresh {
            guard let cause = following[judged.id] else { continue }
            throw .refused(
                Refusal(
                    "sign.quality", at: judged.analysis,
                    because: "\(Hold.Code.qualityControlRejected.rawValue) : va avec \(cause), "
                        + "mesuré sous un contrôle rejeté",
                    remedy: "décider de \(cause) (paillasse qc lookback), ou le rejeter (paillasse bio reject)"))
        }
    }

    /// A value that an interference found later suppresses is not signed (RULES section 4): it stands as it came.
    private func checkSuppressed(_ review: SignReview) throws(CommandFailure) {
        for judged in review.fresh {
            guard let hold = judged.holds.first(where: { $0.code == .interference }) else { continue }
            if case .notPerformed = judged.value { continue }
            throw .refused(
                Refusal(
                    "sign.interference", at: judged.analysis, because: "\(hold.code.rawValue) : \(hold.reason)",
                    remedy: "rejeter ce résultat (paillasse bio reject), puis demander un nouveau prélèvement"))
        }
    }

    /// A correction that crosses a critical limit or an end of the reference interval is telephoned: whoever acted on
    /// the first value must know (UX section 4).
    private func crossings(
        _ review: SignReview, by author: Author, at: Instant
    ) async throws(CommandFailure) -> [Fact] {
        var facts = [Fact]()
        for old in review.signed {
            guard let new = review.judged.first(where: { $0.analysis == old.analysis }),
                old.id != new.id || old.flags != new.flags,
                old.isCritical != new.isCritical || old.side != new.side,
                try await criticalCall(of: new) == nil
            else { continue }
            let call = CriticalCall(
                observationID: new.id, analysis: new.analysis, tier: .biologist, snapshot: new.value, openedAt: at,
                minutes: shelf.pack.policy.callMinutes)
            facts.append(
                .register(
                    CallEntry.entry(
                        call, site: new.site, ordinal: 1, author: author.login, at: at,
                        reason: "rectification : \(old.value.frenchText) devient \(new.value.frenchText)")))
        }
        return facts
    }
}

extension Observation {
    /// On which side of its interval.
    fileprivate var side: Int {
        if !Set(flags).isDisjoint(with: [.low, .criticallyLow]) { return -1 }
        if !Set(flags).isDisjoint(with: [.high, .criticallyHigh]) { return 1 }
        return Set(flags).isDisjoint(with: [.abnormal, .positive, .detected]) ? 0 : 2
    }
}
