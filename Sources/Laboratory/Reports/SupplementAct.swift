package import Base

/// Bytes that stand in JSON as base64.
@propertyWrapper package struct InBase64: Codable, Sendable, Hashable {
    package var wrappedValue: [UInt8]
    package init(wrappedValue: [UInt8]) { self.wrappedValue = wrappedValue }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = Base64.decode(Array(text.utf8)) else {
            throw Refusal(
                "supplement.base64", because: "ces octets ne sont pas en base64",
                remedy: "les écrire en base64 sur une ligne (RFC 4648)")
        }
        wrappedValue = bytes
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.text(wrappedValue))
    }
}

/// One part that a person put beside the results of a request, or took away again (register `supplement`, subject: the
/// request; the part itself is the content of the entry).
package struct SupplementAct: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable { case attach, remove }
    package var kind: Kind
    /// What it is, without the patient's results: `image (HEMATO)`, `compte rendu joint 12`.
    package var summary: String
    /// `remove`: the entry taken away, and why.
    package var removes: Int?
    package var reason: String?
    package init(_ kind: Kind, summary: String, removes: Int? = nil, reason: String? = nil) {
        self.kind = kind
        self.summary = summary
        self.removes = removes
        self.reason = reason
    }
}

extension ReportSupplements {
    /// Adds what `other` says, after what is there.
    package mutating func add(_ other: ReportSupplements) {
        conclusions += other.conclusions
        sectionComments += other.sectionComments
        panelComments += other.panelComments
        images += other.images
        attachedReports += other.attachedReports
        subcontracts += other.subcontracts
        isolates += other.isolates
        validations += other.validations
        samplers += other.samplers
        methods += other.methods
    }

    /// What it holds, in a few French words each.
    package var summary: [String] {
        conclusions.map { "conclusion « \($0.title) »" } + sectionComments.map { "commentaire de \($0.place)" }
            + panelComments.map { "commentaire de \($0.place)" } + images.map { "image (\($0.place)) : \($0.caption)" }
            + attachedReports.map { "compte rendu joint \($0.number) : \($0.title)" }
            + subcontracts.map { "sous-traité à \($0.laboratory.name) : \($0.analyses.joined(separator: ", "))" }
            + isolates.map {
                let count = $0.susceptibilities.count
                return "isolat \($0.number) : \($0.organism), \(count) antibiotique\(count > 1 ? "s" : "")"
            }
            + validations.map {
                "validé aussi par \($0.biologist.displayName)"
                    + ($0.analyses.isEmpty ? "" : " : " + $0.analyses.joined(separator: ", "))
            }
            + samplers.map { "préleveur \($0.professional.displayName)" }
            + methods.map { "technique de \($0.analysis)" }
    }

    /// What a person wrote of it and the page shows, with its place in the file that joins it.
    package var words: [(String, String?)] {
        var all = [(String, String?)]()
        for one in conclusions {
            all.append(("conclusions.title", one.title))
            all.append(("conclusions.text", one.text))
        }
        for one in sectionComments + panelComments { all.append((one.place, one.text)) }
        for one in images { all.append(("images.caption", one.caption)) }
        for one in attachedReports {
            all.append(("attachedReports.title", one.title))
            all.append(("attachedReports.number", one.number))
        }
        for one in subcontracts {
            all.append(("subcontracts.laboratory.name", one.laboratory.name))
            all.append(("subcontracts.laboratory.address.city", one.laboratory.address.city))
        }
        for one in isolates {
            all.append(("isolates.organism", one.organism))
            all.append(("isolates.comment", one.comment))
            for line in one.susceptibilities { all.append(("isolates.antibiogram.antibiotic", line.antibiotic)) }
        }
        for one in methods {
            for name in [one.technique, one.device?.name, one.reagent?.name] { all.append(("methods", name)) }
        }
        return all
    }

    /// Bytes of one picture and of one attached report; of all of them together the mail decides.
    package static let largestImage = 1 << 20
    package static let largestReport = 2 << 20

    /// What a document could not say, refused before anybody signs it. `places`: codes of the sections and panels that
    /// the request has; `analyses`: its analyses. Refusals: `supplement.*`.
    package func check(places: Set<String>, analyses: Set<String>) throws(Refusal) {
        if isEmpty { throw SupplementRefusal.of("empty", "", "rien à joindre", "donner une image, un PDF, un texte…") }
        for comment in sectionComments + panelComments {
            try SupplementRefusal.place(comment.place, in: places)
            try SupplementRefusal.text(comment.text, at: comment.place)
        }
        for conclusion in conclusions {
            try SupplementRefusal.text(conclusion.title, at: "conclusions")
            try SupplementRefusal.text(conclusion.text, at: "conclusions")
        }
        for image in images {
            try SupplementRefusal.place(image.place, in: places)
            try SupplementRefusal.text(image.caption, at: "images")
            guard ReportImage.Format(image.bytes) == image.format else {
                throw SupplementRefusal.of(
                    "image", image.place, "ce fichier n'est pas une image PNG ou JPEG", "l'enregistrer en PNG ou JPEG")
            }
            try SupplementRefusal.size(image.bytes.count, ReportSupplements.largestImage, at: "images")
        }
        for report in attachedReports {
            try SupplementRefusal.text(report.title, at: "attachedReports")
            try SupplementRefusal.text(report.number, at: "attachedReports")
            guard report.pdf.starts(with: Array("%PDF-".utf8)) else {
                throw SupplementRefusal.of(
                    "pdf", report.number, "ce fichier n'est pas un PDF", "joindre le PDF reçu du laboratoire")
            }
            try SupplementRefusal.size(report.pdf.count, ReportSupplements.largestReport, at: "attachedReports")
        }
        for subcontract in subcontracts {
            try SupplementRefusal.analyses(subcontract.analyses, in: analyses)
            try SupplementRefusal.text(subcontract.laboratory.name, at: "subcontracts")
            try SupplementRefusal.digits(subcontract.laboratory.finess, count: 9, at: "subcontracts.finess")
        }
        for isolate in isolates { try isolate.check(analyses) }
        for validation in validations where !validation.analyses.isEmpty {
            try SupplementRefusal.analyses(validation.analyses, in: analyses)
        }
        for method in methods { try SupplementRefusal.analyses([method.analysis], in: analyses) }
        try checkNumbers()
    }

    /// Refuses an attached report or a picture that could not be opened; these read them.
    package func checkOpened(
        reports: ([UInt8]) -> Refusal?, pictures: ([UInt8]) -> Refusal?
    ) throws(Refusal) {
        let defects =
            attachedReports.map { ($0.number, reports($0.pdf)) } + images.map { ($0.place, pictures($0.bytes)) }
        for (place, defect) in defects {
            guard let defect else { continue }
            throw Refusal(defect.code, at: place, because: defect.cause, remedy: defect.remedy)
        }
    }

    /// A number names one thing in the report.
    package func checkNumbers() throws(Refusal) {
        for numbers in [attachedReports.map(\.number), isolates.map(\.number)] {
            var seen = Set<String>()
            for number in numbers where !seen.insert(number).inserted {
                throw SupplementRefusal.of(
                    "number", number, "ce numéro est déjà pris dans ce dossier", "en donner un autre")
            }
        }
    }
}

extension Isolate {
    fileprivate func check(_ analyses: Set<String>) throws(Refusal) {
        try SupplementRefusal.analyses([analysis], in: analyses)
        try SupplementRefusal.text(number, at: "isolates")
        try SupplementRefusal.text(organism, at: number)
        guard snomed != nil || ncbi != nil else {
            throw SupplementRefusal.of(
                "organism", number, "l'organisme n'a pas de code", "donner son code SNOMED CT ou NCBI Taxonomy")
        }
        // Section 7.5 of the CR-BIO sheet: an isolate has a result.
        guard count != nil || !susceptibilities.isEmpty else {
            throw SupplementRefusal.of(
                "isolate", number, "l'isolat n'a ni dénombrement ni antibiogramme",
                "donner son dénombrement (count) ou son antibiogramme (antibiogram)")
        }
        for line in susceptibilities { try line.check(number) }
    }
}

extension Susceptibility {
    fileprivate func check(_ isolate: String) throws(Refusal) {
        try SupplementRefusal.text(antibiotic, at: isolate)
        if let loinc {
            // Digits, a dash, the check digit.
            let parts = loinc.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[1].count == 1, !parts[0].isEmpty, parts.joined().allSatisfy(\.isNumber) else {
                throw SupplementRefusal.of(
                    "loinc", antibiotic, "« \(loinc) » n'est pas un code LOINC", "écrire par exemple 18862-3")
            }
        }
        let codes = [loinc, waitingCode, localCode].compactMap { $0 }
        guard !codes.isEmpty else {
            throw SupplementRefusal.of(
                "antibiotic", antibiotic, "l'antibiotique n'a pas de code",
                "donner son code LOINC (loinc), son code d'attente (waitingCode) ou celui du laboratoire (localCode)")
        }
        guard codes.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isWhitespace) }) else {
            throw SupplementRefusal.of(
                "antibiotic", antibiotic, "un code de l'antibiotique est vide ou contient un blanc", "le corriger")
        }
    }
}

private enum SupplementRefusal {
    static func of(_ code: String, _ place: String, _ cause: String, _ remedy: String) -> Refusal {
        Refusal("supplement.\(code)", at: place, because: cause, remedy: remedy)
    }
    static func place(_ place: String, in known: Set<String>) throws(Refusal) {
        guard known.contains(place) else {
            throw of(
                "place", place, "ni section ni bilan de cette demande",
                "écrire l'un de : \(known.sorted().joined(separator: ", "))")
        }
    }
    static func analyses(_ asked: [String], in known: Set<String>) throws(Refusal) {
        guard !asked.isEmpty, let first = asked.first(where: { !known.contains($0) }) else {
            if asked.isEmpty { throw of("analyses", "", "aucune analyse n'est dite", "donner leurs codes") }
            return
        }
        throw of(
            "analyses", first, "analyse que la demande n'a pas",
            "écrire des codes de : \(known.sorted().joined(separator: ", "))")
    }
    /// Neither empty nor with a character that no document may hold.
    static func text(_ text: String, at place: String) throws(Refusal) {
        guard !text.allSatisfy(\.isWhitespace) else {
            throw of("text", place, "un texte est vide", "l'écrire, ou ne pas le joindre")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) || $0 == "\n" })
        else {
            throw of("control", place, "un texte contient un caractère de commande", "retirer ce caractère")
        }
    }
    static func digits(_ text: String, count: Int, at place: String) throws(Refusal) {
        guard text.utf8.count == count, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw of("number", place, "\(count) chiffres sont attendus", "corriger ce numéro")
        }
    }
    static func size(_ count: Int, _ most: Int, at place: String) throws(Refusal) {
        guard count <= most else {
            throw of("size", place, "\(count) octets, \(most) au plus", "réduire la définition ou le nombre de pages")
        }
    }
}
