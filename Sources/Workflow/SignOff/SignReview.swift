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
    /// Earlier results of the patient; left empty in the queue.
    package var previous: [PreviousResult]
    /// Analyses still without a technically validated result, or left out on purpose.
    package var missing: [String]
    /// Observation ids not signed yet.
    package var fresh: [String]
    package var nextVersion: Int
    /// SHA-256 of what a signature would cover: give it back with the signature.
    package var contentHash: String
    package var lane: SignLane
    /// Why it is signed alone; empty for what may be signed by lot.
    package var obstacles: [SignObstacle]
    /// What was signed is not said any more: `bio amend`.
    package var isAmendment: Bool
    /// What the last signature covers and that is said otherwise now.
    package var changes: [SignedChange]
    /// Validated results that the draft leaves for another signature.
    package var left: [Observation]
    /// Analyses of both, in the order of the report.
    package var order: [String]
    /// What the biologist writes beside the results.
    package var words: ReportSupplements
    /// What else the report says beside them, a few words each.
    package var supplements: [String]
    /// … and it changed since the last signature.
    package var hasFreshSupplements: Bool
}

/// All that a signature decides on, read once.
struct SignReview {
    var request: Request
    var patient: Patient
    var file: SignableFile
    /// Observations of the file with the holds that stand now.
    var judged: [Observation]
    /// What the last signature holds, as it covers it.
    var signed: [Observation]
    /// What stands in the request, whether this signature covers it or not.
    var chosen: [Observation]
    var contentHash: String
    var isAmendment: Bool
    var changes: [SignedChange]
    /// Results of it that left and are to be amended.
    var tasks: [AmendmentTask]
    /// Reflex tests that wait for somebody's word.
    var reflexes: [ReflexEntry]
    /// The draft changes what stands beside the results.
    var hasNewWords: Bool
    var uncalled: [CallEntry]
    /// Results with words that are not the laboratory's own sentences.
    var freeWords: Set<String>
    /// Results beside which a rule writes, and nobody else.
    var ruleWords: Set<String>

    var fresh: [Observation] {
        let ids = Set(file.fresh)
        return judged.filter { ids.contains($0.id) }
    }

    var lane: SignLane {
        if fresh.contains(where: \.isCritical) || !uncalled.isEmpty { return .critical }
        if !stops.isEmpty { return .held }
        return file.missing.isEmpty ? .proposable : .partial
    }

    var obstacles: [SignObstacle] {
        let critical = fresh.filter(\.isCritical).map(\.analysis)
        return (critical.isEmpty ? [] : [SignObstacle(.critical, critical.sorted())])
            + (uncalled.isEmpty ? [] : [SignObstacle(.call)]) + stops
            + (file.missing.isEmpty ? [] : [SignObstacle(.missing, file.missing)])
    }

    /// Never by lot (UX section 4): an identity in doubt, a hold (a first positive and a blood group are holds), an
    /// amended file, free words that nobody read again, something joined, another test that a rule proposes.
    private var stops: [SignObstacle] {
        var stops = patient.attributes.map { SignObstacle(.identity, attribute: $0) }
        if isAmendment { stops.append(SignObstacle(.amends, version: file.nextVersion - 1)) }
        stops += tasks.map { SignObstacle(.amendmentTask, $0.analyses, words: $0.words) }
        stops += reflexes.map {
            SignObstacle(.reflex, $0.finding.adds, words: "\($0.finding.rule) : \($0.words)")
        }
        stops += changes.map { SignObstacle(.changed, $0.place.map { [$0] } ?? [], change: $0) }
        if file.earlier == nil, file.hasFreshSupplements {
            stops += file.registered.summary.map { SignObstacle(.supplement, words: $0) }
        }
        let groups = HoldGroup.groups(of: fresh.map { ($0.analysis, $0.holds.filter(\.code.stopsLot)) })
        stops += groups.map { SignObstacle(.hold, $0.analyses, code: $0.code) }
        let worded = fresh.filter { freeWords.contains($0.id) }.map(\.analysis)
        if !worded.isEmpty { stops.append(SignObstacle(.freeWords, worded)) }
        let ruled = fresh.filter { ruleWords.contains($0.id) }.map(\.analysis)
        if !ruled.isEmpty { stops.append(SignObstacle(.ruleWords, ruled)) }
        return stops
    }

    /// There is something for a biologist to do with it.
    var isWaiting: Bool { isToSign || !reflexes.isEmpty }
    /// … and it is a signature.
    var isToSign: Bool { file.isFresh || isAmendment || !tasks.isEmpty }
    /// It may only be signed as an amendment.
    var asksForAmendment: Bool { isAmendment || !tasks.isEmpty }
}

extension Desk {
    /// What `draft` would sign of a request, now. Refusals: `request.unknown`, `sign.except.*`, `sign.comment.*`,
    /// `amend.words`.
    func review(_ reference: String, _ draft: SignDraft) async throws(CommandFailure) -> SignReview {
        let (request, observations, events) = try await file(of: reference)
        let patient = try await patient(request.patientID)
        let specimens = try await ask { () throws(StoreFailure) in try await store.specimens(requestID: request.id) }
        let signatures = try await ask { () throws(StoreFailure) in try await store.signatures(requestID: request.id) }
        let except = try left(out: draft.except, of: request, observations, signatures)
        var file = SignableFile(
            patient: patient, request: request, specimens: specimens, observations: observations, events: events,
            signatures: signatures, supplements: try await registeredSupplements(of: request, signatures),
            except: except)
        let before = file.words
        try write(draft, into: &file)
        var changed: Bool?
        if let earlier = file.earlier {
            changed = !earlier.content.isCovered(by: earlier.signature)
            if changed == false { changed = try await isDoubtedSince(earlier.signature, patient) }
        }
        let judged = try await standing(file.content.observations, at: now())
        let fresh = Set(file.fresh)
        let signed = try await lastSigned(of: request, signatures)
        let changes = file.changes(
            isAltered: changed == true, signed: signed, zone: try site(request.site).civilZone)
        let worded = try await words(beside: judged)
        return SignReview(
            request: request, patient: patient, file: file, judged: judged, signed: signed,
            chosen: Chosen.observations(observations, events: events).values.sorted { $0.id < $1.id },
            contentHash: Digest.sha256Hex(file.content.canonicalBytes),
            isAmendment: !file.replaced.isEmpty || changed == true, changes: changes,
            tasks: try await openTasks(of: request, signatures), reflexes: try await openReflexes(of: request),
            hasNewWords: file.words.carried != before,
            uncalled: try await uncalled(judged.filter { fresh.contains($0.id) }),
            freeWords: worded.typed, ruleWords: worded.ruled)
    }

    private func lastSigned(
        of request: Request, _ signatures: [Signature]
    ) async throws(CommandFailure) -> [Observation] {
        guard let newest = signatures.max(by: { $0.version < $1.version }) else { return [] }
        let stored = try await ask { () throws(StoreFailure) in try await store.observations(requestID: request.id) }
        let held = Set(newest.observationIDs)
        return try await shown(stored.filter { held.contains($0.id) }, as: newest)
    }

    /// A signature of before attributes were covered says nothing of them: the file comes back when the patient's
    /// ever were others than now, for nobody knows which of them its biologist saw.
    private func isDoubtedSince(_ signature: Signature, _ patient: Patient) async throws(CommandFailure) -> Bool {
        guard !patient.attributes.isEmpty, signature.context?.attributes == nil else { return false }
        let versions = try await ask { () throws(StoreFailure) in try await store.patientVersions(patient.id) }
        return versions.contains { $0.attributes != patient.attributes }
    }

    /// Results beside which a person wrote, and those beside which a rule alone did.
    private func words(
        beside judged: [Observation]
    ) async throws(CommandFailure) -> (typed: Set<String>, ruled: Set<String>) {
        let all = judged.filter { hasFreeWords($0.comment) }.map(\.id)
        if all.isEmpty { return ([], []) }
        let records = try await ask { () throws(StoreFailure) in try await store.standingEvaluations(of: all, from: 1) }
        var ruled = Set<String>()
        for record in records {
            // A judgement adds the words of its rules to those that came with the result.
            guard let own = try RegisterText.decode(record.content, as: OwnWords.self).own, !hasFreeWords(own) else {
                continue
            }
            ruled.insert(record.observationID)
        }
        return (Set(all).subtracting(ruled), ruled)
    }

    /// A comment that is more than coded sentences.
    private func hasFreeWords(_ comment: String?) -> Bool {
        guard var rest = comment else { return false }
        for sentence in catalogue.comments { rest = rest.replacing(sentence.text, with: "") }
        return rest.contains { $0.isLetter || $0.isNumber }
    }

    /// What is calculated from an analysis that waits, waits with it.
    private func left(
        out asked: [String], of request: Request, _ observations: [Observation], _ signatures: [Signature]
    ) throws(CommandFailure) -> Set<String> {
        if asked.isEmpty { return [] }
        let requested = Set(request.lines.map(\.analysis))
        if let stranger = asked.first(where: { !requested.contains($0) }) {
            throw .refused(
                Refusal(
                    "sign.except.unknown", at: stranger, because: "l'analyse n'est pas demandée dans ce dossier",
                    remedy: "vérifier son code (paillasse bio show \(request.number))"))
        }
        let except = Set(asked).union(shelf.pack.dependents(of: Set(asked)))
        let newest = Set(signatures.max { $0.version < $1.version }?.observationIDs ?? [])
        if let signed = observations.first(where: { newest.contains($0.id) && except.contains($0.analysis) }) {
            throw .refused(
                Refusal(
                    "sign.except.signed", at: signed.analysis, because: "la version précédente porte déjà ce résultat",
                    remedy: "le rejeter (paillasse bio reject), puis rectifier (paillasse bio amend)"))
        }
        return except
    }

    /// Comments and the reason of an amendment, each at its place of the report.
    private func write(_ draft: SignDraft, into file: inout SignableFile) throws(CommandFailure) {
        var words = file.words
        let sections = Set(file.content.observations.compactMap { catalogue[$0.analysis]?.section })
        for code in draft.comments {
            guard let comment = catalogue.comment(code) else {
                let known = catalogue.comments.map(\.code).joined(separator: ", ")
                throw .refused(
                    Refusal(
                        "sign.comment.unknown", at: code, because: "ce code n'est pas dans comments.csv",
                        remedy: known.isEmpty ? "l'y ajouter" : "choisir parmi : \(known)"))
            }
            guard let section = comment.section else {
                words.add(ReportSupplements.Conclusion(text: comment.text))
                continue
            }
            guard sections.contains(section) else {
                throw .refused(
                    Refusal(
                        "sign.comment.place", at: code,
                        because: "le compte rendu n'a rien dans la section \(section), où va ce commentaire",
                        remedy: "choisir un commentaire général, ou signer aussi une analyse de cette section"))
            }
            let placed = ReportSupplements.PlacedComment(place: section, text: comment.text)
            if !words.sectionComments.contains(placed) { words.sectionComments.append(placed) }
        }
        if let note = draft.note, note.contains(where: { !$0.isWhitespace }) {
            words.add(ReportSupplements.Conclusion(text: note))
        }
        if let amendment = draft.amendment {
            guard amendment.saysWhy else {
                throw .refused(
                    Refusal(
                        "amend.words", at: amendment.reason.rawValue, because: "ce motif demande des mots",
                        remedy: "les donner (--words)"))
            }
            words.conclusions.insert(
                ReportSupplements.Conclusion(
                    title: Amendment.title,
                    // Which version it replaces depends on what left: the report itself says it.
                    text: "Motif de la rectification : \(amendment.frenchText)."),
                at: 0)
        }
        file.words = words
    }
}

extension ReportSupplements {
    fileprivate mutating func add(_ conclusion: Conclusion) {
        if !conclusions.contains(conclusion) { conclusions.append(conclusion) }
    }
}

/// Of the judgement of a result: what came with it in words.
private struct OwnWords: Decodable {
    var own: String?
}
