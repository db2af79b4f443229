import ArgumentParser
import Base
import Client
import Laboratory

struct BioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bio", abstract: "Validation biologique et signature.",
        subcommands: [File.self, Show.self, Sign.self])

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
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Le dossier tel qu'il serait signé.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String

        func run() async throws {
            let file = try await listing.client().fileToSign(request)
            if listing.json { return try Output.json(file) }
            BioCommand.show(file)
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signer un dossier, ou tous les dossiers complets.",
            discussion: """
                La signature porte sur l'empreinte affichée : si le dossier change entre-temps, rien n'est signé.
                --all montre le nombre de dossiers complets et ne signe qu'avec --confirm et ce même nombre.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String?
        @Flag(help: "Signer un compte rendu partiel.") var partial = false
        @Option(help: "Pourquoi signer une valeur critique que personne n'a encore reçue au téléphone.")
        var uncalled: String?
        @Flag(help: "Tous les dossiers complets.") var all = false
        @Option(help: ArgumentHelp("Nombre de dossiers que --all doit trouver.", valueName: "n")) var confirm: Int?

        func validate() throws {
            guard all == (request == nil) else { throw ValidationError("donner une demande, ou --all") }
            guard !(all && partial) else { throw ValidationError("--all ne signe que des dossiers complets") }
        }

        func run() async throws {
            let client = try listing.client()
            if let request {
                let file = try await client.fileToSign(request)
                if !listing.json { BioCommand.show(file) }
                let body = SignBody(
                    contentHash: file.contentHash, partial: partial ? true : nil, uncalled: uncalled)
                let signature = try await client.sign(request, body)
                if listing.json { return try Output.json(signature) }
                Output.line()
                BioCommand.show(signature, request)
            } else {
                try await signAll(client)
            }
        }

        private func signAll(_ client: LaboratoryClient) async throws {
            let waiting = try await client.awaitingSignature(limit: 2000)
            let files = waiting.filter { $0.missing.isEmpty && $0.fresh > 0 }
            if !listing.json {
                Output.prose(
                    "\(files.count) dossier(s) complet(s) à signer, \(files.reduce(0) { $0 + $1.fresh }) résultat(s) ; "
                        + "\(waiting.count - files.count) dossier(s) incomplet(s) laissé(s)")
            }
            guard confirm == files.count else {
                throw Refusal(
                    "sign.confirm", because: "\(files.count) dossiers seraient signés",
                    remedy: "relire (paillasse bio file), puis relancer avec --confirm \(files.count)")
            }
            var made = [SignatureView]()
            for file in files {
                let signature = try await client.sign(file.requestNumber, SignBody(contentHash: file.contentHash))
                made.append(signature)
                if !listing.json { BioCommand.show(signature, file.requestNumber) }
            }
            if listing.json { try Output.json(made) }
        }
    }

    static func show(_ signature: SignatureView, _ request: String) {
        Output.prose(
            "\(request) : version \(signature.version)\(signature.complete ? "" : " (partielle)") signée par "
                + "\(signature.biologist.displayName) le \(signature.at.french), empreinte \(signature.contentHash)")
    }

    static func show(_ file: FileToSignView) {
        Output.prose(
            "demande \(file.request.number) \(file.request.priority.word), version \(file.nextVersion) à signer\n"
                + "patient \(file.patient.displayName), né(e) le \(file.patient.traits.birthDate.french), "
                + "\(file.patient.traits.sex.rawValue), identité \(file.patient.status.rawValue)\n"
                + "prescripteur \(file.request.prescriber.displayName)")
        Output.line()
        let previous = Dictionary(file.previous.map { ($0.analysis, $0) }, uniquingKeysWith: { first, _ in first })
        var table = Table(
            "ANALYSE", "*LIBELLÉ", "#RÉSULTAT", "INTERVALLE", "*DRAPEAU", "#ANTÉRIEUR", "*RETENUES", "NEUF")
        for observation in file.observations {
            let before = previous[observation.analysis].map {
                "\($0.value.frenchText) (\($0.observedAt.french.prefix(10)))"
            }
            table.add(
                observation.analysis, observation.analysisName ?? "", observation.result,
                observation.interval?.frenchText ?? "", observation.mark, before ?? "", observation.holdCodes,
                file.fresh.contains(observation.id) ? "oui" : "")
        }
        Output.table(table, empty: "aucun résultat validé techniquement")
        Output.legend(of: file.observations)
        if !file.missing.isEmpty { Output.prose("manque : " + file.missing.joined(separator: ", ")) }
        Output.prose("empreinte \(file.contentHash)")
    }
}
