import ArgumentParser
import Base
import Client
import Laboratory

struct BioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bio", abstract: "Validation biologique et signature.",
        subcommands: [
            File.self, Next.self, Show.self, Hist.self, Diff.self, Reject.self, Sign.self,
        ])

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "file", abstract: "La file des dossiers à signer, urgents d'abord.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length

        func run() async throws {
            let files = try await listing.client().awaitingSignature(limit: length.limit)
            if listing.json { return try Output.json(files) }
            var table = Table(
                "DEMANDE", "URG", "*PATIENT", "ENREGISTRÉE", "#À SIGNER", "#EN TOUT", "*MANQUE", "*CRITIQUE")
            for file in files {
                table.add(
                    file.requestNumber, file.priority == .urgent ? "oui" : "", file.patientName,
                    file.registeredAt.french, String(file.fresh), String(file.results),
                    file.missing.joined(separator: ", "), file.critical.joined(separator: ", "))
            }
            Output.table(table, empty: "rien à signer")
            if !files.isEmpty { Output.prose(BioCommand.summary(files)) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Le dossier tel qu'il serait signé.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String

        func run() async throws {
            let file = try await listing.client().fileToSign(request)
            if listing.json { return try Output.json(file) }
            try await BioCommand.showWithTrend(file, listing.client())
        }
    }

    static func show(_ signature: SignatureView, _ request: String) {
        Output.prose(
            "\(request) : version \(signature.version)\(signature.complete ? "" : " (partielle)") signée par "
                + "\(signature.biologist.displayName) le \(signature.at.french), empreinte \(signature.contentHash)")
    }

    static func show(_ file: FileToSignView, trends: [String: String] = [:]) {
        Output.prose(
            "demande \(file.request.number) \(file.request.priority.word), version \(file.nextVersion) à signer\n"
                + "patient \(file.patient.displayName), né(e) le \(file.patient.traits.birthDate.french), "
                + "\(file.patient.traits.sex.rawValue), identité \(file.patient.status.rawValue)\n"
                + "prescripteur \(file.request.prescriber.displayName)")
        Output.line()
        let previous = Dictionary(file.previous.map { ($0.analysis, $0) }, uniquingKeysWith: { first, _ in first })
        var table = Table(
            "ANALYSE", "*LIBELLÉ", "#RÉSULTAT", "INTERVALLE", "*DRAPEAU", "#ANTÉRIEUR", "TENDANCE", "*RETENUES", "NEUF")
        for observation in file.observations {
            let before = previous[observation.analysis].map {
                "\($0.value.frenchText) (\($0.observedAt.french.prefix(10)))"
            }
            table.add(
                observation.analysis, observation.analysisName ?? "", observation.result,
                observation.interval?.frenchText ?? "", observation.mark, before ?? "",
                trends[observation.analysis] ?? "", observation.holdCodes,
                file.fresh.contains(observation.id) ? "oui" : "")
        }
        Output.table(table, empty: "aucun résultat validé techniquement")
        Output.legend(of: file.observations)
        for words in file.supplements ?? [] { Output.prose("joint : " + words) }
        if !file.missing.isEmpty { Output.prose("manque : " + file.missing.joined(separator: ", ")) }
        Output.prose("empreinte \(file.contentHash)")
    }
}
