import ArgumentParser
import Base
import Client
import Foundation
import Laboratory

// What a report says beside its results: put there before the signature, which covers it.

extension ReportCommand {
    struct Attach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Joindre au compte rendu : image, PDF d'un autre laboratoire, commentaire, isolats…",
            discussion: """
                Le tout est signé avec les résultats ; un dossier déjà signé est à signer de nouveau. --file prend \
                aussi ce que les options ne disent pas, par exemple (catégories : S, I, R, SDD, NS) :
                { "isolates": [{ "number": "1", "analysis": "ECBU", "organism": "Escherichia coli",
                    "snomed": "112283007", "observedAt": "2026-11-22T09:00", "count": "100000",
                    "antibiogram": [{ "antibiotic": "Amoxicilline", "loinc": "18861-5", "concentration": "<=2",
                      "category": "S" },
                      { "antibiotic": "Nouveau", "waitingCode": "…", "localCode": "NOUV", "category": "R" }] }],
                  "subcontracts": [{ "analyses": ["TSH"], "performedAt": "2026-11-21T15:00",
                    "laboratory": { "name": "Laboratoire du Sud", "finess": "130000001",
                      "address": { "street": "1 quai", "postalCode": "13002", "city": "MARSEILLE" },
                      "director": { "nationalID": "810000000014", "family": "SUD", "given": "Anne" } } }],
                  "samplers": [{ "professional": { "nationalID": "810000000022", "family": "NORD",
                      "given": "Jean" }, "at": "2026-11-22T07:30" }],
                  "methods": [{ "analysis": "K", "technique": "Potentiométrie" }],
                  "conclusions": [{ "title": "Commentaire", "text": "…" }],
                  "sectionComments": [{ "place": "biochimie", "text": "…" }],
                  "panelComments": [{ "place": "IONO", "text": "…" }],
                  "images": [{ "place": "HEMATO", "caption": "…", "bytes": "base64" }],
                  "attachedReports": [{ "title": "…", "number": "…", "pdf": "base64" }] }
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Option(help: ArgumentHelp("Image PNG ou JPEG, avec --place.", valueName: "fichier")) var image: String?
        @Option(help: ArgumentHelp("Section ou bilan de la demande.", valueName: "code")) var place: String?
        @Option(help: "Légende de l'image.") var caption: String?
        @Option(help: ArgumentHelp("PDF d'un autre laboratoire, avec --title et --number.", valueName: "fichier"))
        var pdf: String?
        @Option(help: "Titre du PDF, ou de la conclusion.") var title: String?
        @Option(help: "Numéro que le laboratoire donne au PDF joint.") var number: String?
        @Option(help: "Commentaire d'une section ou d'un bilan, avec --place.") var comment: String?
        @Option(help: "Conclusion générale.") var conclusion: String?
        @Option(
            name: .customLong("validate"),
            help: ArgumentHelp(
                "Valider aussi, en son nom, ces analyses (« tout » pour toutes) ; biologistes.", valueName: "codes"))
        var validated: String?
        @Option(name: .customLong("file"), help: ArgumentHelp("Le tout, en JSON.", valueName: "fichier.json"))
        var described: String?

        func validate() throws {
            guard image == nil || place != nil else { throw ValidationError("--image va avec --place") }
            guard pdf == nil || (title != nil && number != nil) else {
                throw ValidationError("--pdf va avec --title et --number")
            }
            guard comment == nil || place != nil else { throw ValidationError("--comment va avec --place") }
        }

        func run() async throws {
            let client = try listing.client()
            let made = try await client.attach(request, try await body(client))
            if listing.json { return try Output.json(made) }
            Output.prose("demande \(request), pièce \(made.ordinal) : \(made.what)")
            Output.prose("à signer : paillasse bio sign \(request)")
        }

        private func body(_ client: LaboratoryClient) async throws -> SupplementBody {
            var body = try described.map { try ReportCommand.decoded($0) } ?? SupplementBody()
            if let image, let place {
                let bytes = try ReportCommand.bytes(of: image)
                body.images = (body.images ?? []) + [.init(place: place, caption: caption ?? place, bytes: bytes)]
            }
            if let pdf, let title, let number {
                body.attachedReports =
                    (body.attachedReports ?? [])
                    + [.init(title: title, number: number, pdf: try ReportCommand.bytes(of: pdf))]
            }
            if let comment, let place {
                let panels = try await client.request(request).request.lines.compactMap(\.panel)
                let placed = ReportSupplements.PlacedComment(place: place, text: comment)
                if panels.contains(place) {
                    body.panelComments = (body.panelComments ?? []) + [placed]
                } else {
                    body.sectionComments = (body.sectionComments ?? []) + [placed]
                }
            }
            if let conclusion {
                let named = SupplementBody.Conclusion(title: pdf == nil ? title : nil, text: conclusion)
                body.conclusions = (body.conclusions ?? []) + [named]
            }
            if let validated {
                let codes = validated.split(separator: ",").map { code in String(code.filter { $0 != " " }) }
                body.validates = validated == "tout" ? [] : codes
            }
            return body
        }
    }

    struct Attachments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ce qui est joint au compte rendu d'une demande.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String

        func run() async throws {
            let found = try await listing.client().supplements(of: request)
            if listing.json { return try Output.json(found) }
            var table = Table("#PIÈCE", "*QUOI", "PAR", "LE", "*RETIRÉE")
            for one in found where one.removes == nil {
                let removal = found.first { $0.ordinal == one.removedBy }
                let words = removal.map { "par \($0.author) le \($0.at.french) : \($0.reason ?? "")" } ?? ""
                table.add(String(one.ordinal), one.what, one.author, one.at.french, words)
            }
            Output.table(table, empty: "rien n'est joint")
        }
    }

    struct Detach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Retirer une pièce ; un dossier déjà signé est à signer de nouveau.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Numéro de la pièce (report attachments).") var piece: Int
        @Option(help: "Motif, gardé avec la pièce.") var reason: String

        func run() async throws {
            let made = try await listing.client().detach(piece, from: request, RemovalBody(reason: reason))
            if listing.json { return try Output.json(made) }
            Output.prose("demande \(request), pièce \(piece) retirée : \(made.what)")
        }
    }

    fileprivate static func bytes(of path: String) throws(Refusal) -> [UInt8] {
        do { return Array(try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
            throw Refusal("file.read", at: path, because: "ce fichier ne se lit pas", remedy: "vérifier le chemin")
        }
    }

    fileprivate static func decoded(_ path: String) throws(Refusal) -> SupplementBody {
        let data = Data(try bytes(of: path))
        do {
            let body = try JSONDecoder().decode(SupplementBody.self, from: data)
            let given = try JSONSerialization.jsonObject(with: data)
            let read = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(body))
            if let key = unknown(in: given, beside: read, at: "") {
                throw Refusal(
                    "file.json", at: "\(path), \(key)",
                    because: "cette clé n'est pas connue : elle ne serait pas gardée",
                    remedy: "comparer avec l'exemple de paillasse report attach --help")
            }
            return body
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            let told = (error as? DecodingError).map(spoken)
            throw Refusal(
                "file.json", at: path + (told.map { $0.key.isEmpty ? "" : ", " + $0.key } ?? ""),
                because: told?.cause ?? "ce n'est pas le JSON attendu",
                remedy: "comparer avec l'exemple de paillasse report attach --help")
        }
    }

    /// The first key, in the order of the alphabet, that what was read no longer holds.
    private static func unknown(in given: Any, beside read: Any, at path: String) -> String? {
        if let given = given as? [Any], let read = read as? [Any] {
            for (place, pair) in zip(given, read).enumerated() {
                if let key = unknown(in: pair.0, beside: pair.1, at: "\(path)[\(place)]") { return key }
            }
        }
        guard let given = given as? [String: Any], let read = read as? [String: Any] else { return nil }
        for (name, value) in given.sorted(by: { $0.key < $1.key }) where !(value is NSNull) {
            let key = path.isEmpty ? name : "\(path).\(name)"
            guard let kept = read[name] else { return key }
            if let inner = unknown(in: value, beside: kept, at: key) { return inner }
        }
        return nil
    }

    /// Which key, and what is wrong with it: `isolates[0].antibiogram[1].category`.
    private static func spoken(_ error: DecodingError) -> (key: String, cause: String) {
        func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            (context.codingPath + (last.map { [$0] } ?? [])).reduce(into: "") { path, key in
                if let index = key.intValue {
                    path += "[\(index)]"
                } else {
                    path += (path.isEmpty ? "" : ".") + key.stringValue
                }
            }
        }
        switch error {
        case .keyNotFound(let key, let context): return (path(context, key), "cette clé manque")
        case .valueNotFound(_, let context): return (path(context), "cette clé n'a pas de valeur")
        case .typeMismatch(_, let context): return (path(context), "la valeur de cette clé n'est pas du genre attendu")
        case .dataCorrupted(let context):
            let key = path(context)
            if key.isEmpty { return (key, "ce n'est pas du JSON") }
            let permitted = Susceptibility.Category.allCases.map(\.rawValue).joined(separator: ", ")
            return (
                key,
                "la valeur de cette clé n'est pas de celles permises"
                    + (key.hasSuffix("category") ? " : \(permitted)" : "")
            )
        @unknown default: return ("", "ce n'est pas le JSON attendu")
        }
    }
}
