import ArgumentParser
import Base
import Client

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Comptes rendus : versions, envois, exceptions à l'envoi.",
        discussion: """
            Un compte rendu signé part de lui-même. Le retenir, le masquer ou le retirer est une exception, avec son \
            motif, gardée dans la piste d'audit.
            """,
        subcommands: [
            List.self, Show.self, CDA.self, PDF.self, History.self, Hold.self, Release.self, Hide.self, Unhide.self,
            Withdraw.self, Resend.self, Attach.self, Attachments.self, Detach.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les versions du compte rendu d'une demande.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String

        func run() async throws {
            let reports = try await listing.client().reports(of: request)
            if listing.json { return try Output.json(reports) }
            var table = Table("#VERSION", "PRODUIT", "COMPLET", "DOCUMENT (OID)", "REMPLACE", "#CDA", "#PDF", "ID")
            for report in reports {
                table.add(
                    String(report.version), report.producedAt.french, yes(report.complete), report.documentOID,
                    report.replacedOID ?? "", String(report.cdaBytes), String(report.pdfBytes), report.id)
            }
            Output.table(table, empty: "aucun compte rendu")
        }
    }

    struct CDA: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "cda", abstract: "Le document CDA R2 N3 d'une demande (dernière version).")
        @OptionGroup var chosen: ChosenReport
        @Flag(name: .customLong("auto-presentable"), help: "Dans sa feuille de style : un navigateur le montre.")
        var displaying = false
        func run() async throws {
            let shows = displaying
            try await chosen.write(\.cda) { client, id in try await client.cda(of: id, displaying: shows) }
        }
    }

    struct PDF: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pdf", abstract: "La page PDF d'une demande (dernière version).")
        @OptionGroup var chosen: ChosenReport
        func run() async throws { try await chosen.write(\.pdf) { client, id in try await client.pdf(of: id) } }
    }

    struct ChosenReport: ParsableArguments {
        @OptionGroup var connection: Connection
        @Argument(help: "Numéro de la demande.") var request: String
        @Option(name: .long, help: ArgumentHelp("Version ; la dernière par défaut.", valueName: "n"))
        var reportVersion: Int?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Fichier à écrire ; sinon la sortie standard.", valueName: "fichier"))
        var output: String?

        @Flag(help: "Aperçu de ce qui serait signé maintenant : marqué non signé, il ne peut partir.")
        var preview = false
        @OptionGroup var draft: DraftOptions

        func validate() throws {
            if preview, reportVersion != nil {
                throw ValidationError("--preview montre ce qui n'est pas signé : il n'a pas de version")
            }
            if !preview, draft.body != SignDraftBody() {
                throw ValidationError("--except, --comment et --note vont avec --preview")
            }
        }

        /// `labo.pdf` becomes `labo.apercu.pdf`: what is not signed says so in its name.
        static func previewName(_ path: String) -> String {
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
            if name.contains(".apercu") { return path }
            let cut = name.lastIndex(of: ".") ?? name.endIndex
            return (folder + [name[..<cut] + ".apercu" + name[cut...]]).joined(separator: "/")
        }

        private func writePreview(_ form: KeyPath<PreviewView, [UInt8]>) async throws {
            let made = try await connection.client().preview(request, draft.body)
            let bytes = made[keyPath: form]
            guard let output else { return Output.bytes(bytes) }
            let name = ChosenReport.previewName(output)
            try Output.file(bytes, at: name)
            Output.prose("\(name) : aperçu non signé, \(bytes.count) octets")
        }

        func write(
            _ form: KeyPath<PreviewView, [UInt8]>, _ read: (LaboratoryClient, String) async throws -> [UInt8]
        ) async throws {
            if preview { return try await writePreview(form) }
            let client = try connection.client()
            let reports = try await client.reports(of: request)
            let wanted = reportVersion.map { version in reports.first { $0.version == version } } ?? reports.last
            guard let wanted else {
                throw Refusal(
                    "report.none", at: request, because: "aucun compte rendu de cette version",
                    remedy: "signer le dossier d'abord (paillasse bio sign) ; avant : --preview")
            }
            let bytes = try await read(client, wanted.id)
            guard let output else { return Output.bytes(bytes) }
            try Output.file(bytes, at: output)
            Output.prose("\(output) : version \(wanted.version), \(bytes.count) octets")
        }
    }
}
