package import Base

/// Whose, from which tubes and asked by whom, as it was signed: kept with the signature, so that a later change of it
/// is told in words.
package struct SignedContext: Codable, Sendable, Hashable {
    package struct Tube: Codable, Sendable, Hashable {
        package var accession: String
        package var kind: String
        package var collectedAt: Instant?
        package var nonconformity: String?
    }
    package var traits: Traits
    package var usedName: String?
    package var status: IdentityStatus
    /// Why nobody was sure of it; nil where the signature does not cover it (it is older than that).
    package var attributes: [IdentityAttribute]?
    /// Only what leaves the laboratory.
    package var ins: String?
    package var prescriber: Professional
    package var tubes: [Tube]
    /// Comments of the results, by their identifiers.
    package var comments: [String: String]

    package init(_ content: SignedContent) {
        traits = content.patient.traits
        usedName = content.patient.usedName
        status = content.patient.status
        attributes = content.patient.attributes
        ins = content.patient.publishableINS?.matricule
        prescriber = content.request.prescriber
        tubes = content.specimens.map {
            Tube(
                accession: $0.accession, kind: $0.kind, collectedAt: $0.collectedAt, nonconformity: $0.nonconformity)
        }
        comments = Dictionary(
            content.observations.compactMap { one in one.comment.map { (one.id, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}

/// One thing that a signature covers and that is said otherwise since.
package struct SignedChange: Codable, Sendable, Hashable {
    package enum Part: String, Codable, Sendable, CaseIterable {
        case birthName = "nom de naissance"
        case givenNames = "prénoms"
        case birthDate = "date de naissance"
        case sex = "sexe"
        case birthplace = "lieu de naissance"
        case usedName = "nom utilisé"
        case status = "statut de l'identité"
        case attributes = "attribut de l'identité"
        case ins = "matricule INS"
        case prescriber = "prescripteur"
        case tube = "tube"
        case kind = "nature de l'échantillon"
        case collectedAt = "prélevé le"
        case nonconformity = "non-conformité"
        case comment = "commentaire"
        case result = "résultat"
        case supplement = "pièce jointe"
        /// Nothing of a partial report is to come any more.
        case pending = "plus aucun examen n'est en cours : le compte rendu partiel devient complet"
        /// Something that no older signature tells.
        case other = "identité, tube, prescripteur ou commentaire"

        package var isIdentity: Bool {
            switch self {
            case .birthName, .givenNames, .birthDate, .sex, .birthplace, .usedName, .status, .attributes, .ins: true
            case .prescriber, .tube, .kind, .collectedAt, .nonconformity, .comment, .result, .supplement, .pending,
                .other:
                false
            }
        }
    }
    package var part: Part
    /// Tube or analysis; nil for what is of the whole file.
    package var place: String?
    package var before: String?
    package var after: String?
    package init(_ part: Part, at place: String? = nil, before: String? = nil, after: String? = nil) {
        self.part = part
        self.place = place
        self.before = before
        self.after = after
    }

    /// `nom de naissance : DUPONT → AUTRE`
    package var frenchText: String {
        let name = part.rawValue + (place.map { " " + $0 } ?? "")
        if before == nil, after == nil { return name }
        if part == .supplement {
            if let after, before == nil { return "joint : \(after)" }
            if let before, after == nil { return "pièce retirée : \(before)" }
        }
        return "\(name) : \(before ?? "–") → \(after ?? "retiré")"
    }
}

extension SignedContext {
    /// What `later` says otherwise; `name`: the analysis of a result.
    func changes(to later: SignedContext, zone: CivilZone, name: (String) -> String?) -> [SignedChange] {
        var changes = [SignedChange]()
        func compare(_ part: SignedChange.Part, at place: String? = nil, _ before: String?, _ after: String?) {
            if before != after { changes.append(SignedChange(part, at: place, before: before, after: after)) }
        }
        compare(.birthName, traits.birthName, later.traits.birthName)
        compare(.givenNames, names, later.names)
        compare(.birthDate, traits.birthDate.french, later.traits.birthDate.french)
        compare(.sex, traits.sex.rawValue, later.traits.sex.rawValue)
        compare(.birthplace, traits.birthplace, later.traits.birthplace)
        compare(.usedName, usedName, later.usedName)
        compare(.status, status.rawValue, later.status.rawValue)
        compare(.attributes, doubts, later.doubts)
        compare(.ins, ins, later.ins)
        compare(.prescriber, prescriber.words, later.prescriber.words)
        let tubesNow = Dictionary(later.tubes.map { ($0.accession, $0) }, uniquingKeysWith: { first, _ in first })
        for tube in tubes {
            guard let now = tubesNow[tube.accession] else {
                changes.append(SignedChange(.tube, before: tube.accession))
                continue
            }
            compare(.kind, at: tube.accession, tube.kind, now.kind)
            compare(.collectedAt, at: tube.accession, tube.taken(zone), now.taken(zone))
            compare(.nonconformity, at: tube.accession, tube.nonconformity, now.nonconformity)
        }
        for id in Set(comments.keys).union(later.comments.keys).sorted() {
            compare(.comment, at: name(id), comments[id], later.comments[id])
        }
        return changes
    }

    /// Nothing said of it is nothing known against it.
    private var doubts: String? {
        guard let attributes, !attributes.isEmpty else { return nil }
        return attributes.map(\.frenchText).sorted().joined(separator: ", ")
    }

    private var names: String {
        traits.givenNames == traits.firstGivenName
            ? traits.firstGivenName : "\(traits.firstGivenName) (\(traits.givenNames))"
    }
}

extension Signature {
    /// What it says otherwise than a version before it, results aside; of what is joined, that it changed.
    /// `name`: the analysis of a result.
    package func changes(
        since earlier: Signature, zone: CivilZone, name: (String) -> String?
    ) -> [SignedChange] {
        var changes = [SignedChange]()
        if let then = earlier.context, let context {
            // A result that another replaced took its comment with it: they are compared by their analyses.
            changes = then.byAnalysis(name).changes(to: context.byAnalysis(name), zone: zone) { $0 }
        }
        let (before, after) = ((earlier.words ?? ReportSupplements()).said, (words ?? ReportSupplements()).said)
        for gone in before where !after.contains(gone) {
            changes.append(SignedChange(.comment, at: gone.place, before: gone.text))
        }
        for added in after where !before.contains(added) {
            changes.append(SignedChange(.comment, at: added.place, after: added.text))
        }
        if supplementsThrough != earlier.supplementsThrough { changes.append(SignedChange(.supplement)) }
        return changes
    }
}

extension SignedContext {
    fileprivate func byAnalysis(_ name: (String) -> String?) -> SignedContext {
        var context = self
        context.comments = Dictionary(comments.map { (name($0.key) ?? $0.key, $0.value) }) { first, _ in first }
        return context
    }
}

extension ReportSupplements {
    /// What a biologist wrote, each with its place; not why the version came, which its signature says.
    fileprivate var said: [PlacedComment] {
        carried.conclusions.map { PlacedComment(place: $0.title, text: $0.text) } + carried.sectionComments
            + carried.panelComments
    }
}

extension SignedContext.Tube {
    fileprivate func taken(_ zone: CivilZone) -> String? {
        collectedAt.map { instant in
            let time = CivilTime(instant, in: zone)
            return "\(time.date.french) à \(padded(time.hour, 2)):\(padded(time.minute, 2))"
        }
    }
}

extension Professional {
    fileprivate var words: String { "\(displayName) (\(nationalID))" }
}

extension Observation {
    /// `100 (49 – 90, H)`: what is judged of it, so that two judgements of one result can be told apart.
    fileprivate var judgedText: String {
        let words = [interval?.frenchText ?? ""] + flags.map(\.rawValue)
        let said = words.filter { !$0.isEmpty }.joined(separator: ", ")
        return said.isEmpty ? value.frenchText : "\(value.frenchText) (\(said))"
    }
}

extension SignableFile {
    /// What the last signature covers and that is said otherwise now. `isAltered`: its content has another hash;
    /// `signed`: its results as it covers them.
    package func changes(isAltered: Bool, signed: [Observation], zone: CivilZone) -> [SignedChange] {
        guard let earlier else { return [] }
        var changes = [SignedChange]()
        if isAltered {
            let names = Dictionary(
                earlier.content.observations.map { ($0.id, $0.analysis) }, uniquingKeysWith: { first, _ in first })
            changes =
                earlier.signature.context?.changes(
                    to: SignedContext(earlier.content), zone: zone, name: { names[$0] }) ?? []
            for old in signed {
                guard let now = earlier.content.observations.first(where: { $0.id == old.id }),
                    old.judgedText != now.judgedText
                else { continue }
                changes.append(
                    SignedChange(.result, at: old.analysis, before: old.judgedText, after: now.judgedText))
            }
            if changes.isEmpty { changes.append(SignedChange(.other)) }
        }
        for old in replaced {
            let new = content.observations.first { $0.analysis == old.analysis }
            changes.append(
                SignedChange(.result, at: old.analysis, before: old.value.frenchText, after: new?.value.frenchText))
        }
        if hasFreshSupplements {
            let (before, after) = (Set(atSignature.summary), Set(registered.summary))
            for gone in atSignature.summary where !after.contains(gone) {
                changes.append(SignedChange(.supplement, before: gone))
            }
            for added in registered.summary where !before.contains(added) {
                changes.append(SignedChange(.supplement, after: added))
            }
            if before == after { changes.append(SignedChange(.supplement)) }
        }
        if isWholeNow { changes.append(SignedChange(.pending)) }
        return changes
    }
}
