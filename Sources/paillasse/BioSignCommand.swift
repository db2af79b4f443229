import ArgumentParser
import Base
import Client
import Foundation
import Laboratory

extension BioCommand {
    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signer un dossier, ou par exception tous ceux que rien n'arrête.",
            discussion: """
                La signature porte sur l'empreinte affichée : si le dossier change entre-temps, rien n'est signé. Elle
                demande le secret de la personne, au clavier (ou --secret-stdin) : un jeton ne suffit pas.
                --all résume le lot, montre des dossiers tirés au sort et ne signe qu'avec --confirm et le nombre
                de dossiers ; ceux qui ont une valeur critique ou un résultat manquant se signent un à un.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String?
        @Flag(help: "Signer un compte rendu partiel.") var partial = false
        @Flag(name: [.long, .customLong("proposables")], help: "Tous les dossiers que rien n'arrête.") var all = false
        @Option(help: ArgumentHelp("Seulement cette discipline du catalogue.", valueName: "nom")) var section: String?
        @Option(help: ArgumentHelp("Nombre de dossiers que --all doit trouver.", valueName: "n")) var confirm: Int?
        @Option(help: ArgumentHelp("Dossiers du lot montrés en entier, sur cent.", valueName: "n")) var sample = 5
        @Option(help: "Pourquoi signer une valeur critique que personne n'a encore reçue au téléphone.")
        var uncalled: String?
        @Flag(help: "Lire le secret sur l'entrée standard.") var secretStdin = false

        func validate() throws {
            guard all == (request == nil) else { throw ValidationError("donner une demande, ou --all") }
            guard !(all && partial) else { throw ValidationError("--all ne signe que des dossiers complets") }
            guard !all || uncalled == nil else { throw ValidationError("--uncalled va avec une demande") }
            guard all || section == nil else { throw ValidationError("--section va avec --all") }
            guard (0...100).contains(sample) else { throw ValidationError("--sample va de 0 à 100") }
        }

        func run() async throws {
            if let request { try await sign(request) } else { try await signAll() }
        }

        private func sign(_ request: String) async throws {
            let reader = try listing.client()
            let file = try await reader.fileToSign(request)
            if !listing.json { try await BioCommand.showWithTrend(file, reader) }
            let signature = try await asPerson { client in
                try await client.sign(
                    request,
                    SignBody(contentHash: file.contentHash, partial: partial ? true : nil, uncalled: uncalled))
            }
            if listing.json { return try Output.json(signature) }
            Output.line()
            BioCommand.show(signature, request)
        }

        private func signAll() async throws {
            let reader = try listing.client()
            let waiting = try await reader.awaitingSignature(limit: 2000)
            let codes = try await BioCommand.codes(of: section, reader)
            var files = waiting.filter { $0.missing.isEmpty && $0.fresh > 0 && $0.critical.isEmpty }
            if let codes { files = try await whole(files, of: codes, reader) }
            if !listing.json { try await summarize(files, of: waiting, reader) }
            guard confirm == files.count else {
                throw Refusal(
                    "sign.confirm", because: "\(files.count) dossiers seraient signés",
                    remedy: "relire (paillasse bio file), puis relancer avec --confirm \(files.count)")
            }
            guard !files.isEmpty else { return Output.prose("rien à signer") }
            let begun = Date()
            let lot = files
            let made = try await asPerson { client in
                var made = [SignatureView]()
                for file in lot {
                    // One transaction a file: the first that changed stops the lot, what is signed stays signed.
                    let signature = try await client.sign(file.requestNumber, SignBody(contentHash: file.contentHash))
                    made.append(signature)
                    if !listing.json { BioCommand.show(signature, file.requestNumber) }
                }
                return made
            }
            if listing.json { return try Output.json(made) }
            let seconds = Date().timeIntervalSince(begun)
            Output.prose(
                "\(made.count) dossier(s) signé(s) en lot, \(Int((seconds / Double(made.count) * 1000).rounded())) ms "
                    + "par dossier ; relire au hasard vaut mieux que relire vite")
        }

        private func whole(
            _ files: [SignableLineView], of codes: Set<String>, _ client: LaboratoryClient
        ) async throws -> [SignableLineView] {
            var kept = [SignableLineView]()
            for file in files {
                // A signature covers the whole file: all of it must be of the section.
                let shown = try await client.fileToSign(file.requestNumber)
                if shown.observations.allSatisfy({ codes.contains($0.analysis) }) { kept.append(file) }
            }
            return kept
        }

        /// What the lot is: counts, age, and some files in full, drawn at random.
        private func summarize(
            _ files: [SignableLineView], of waiting: [SignableLineView], _ client: LaboratoryClient
        ) async throws {
            let left = waiting.count - files.count
            let critical = waiting.count { !$0.critical.isEmpty }
            Output.prose(
                "\(files.count) dossier(s) à signer, \(files.reduce(0) { $0 + $1.fresh }) résultat(s) ; "
                    + "\(left) laissé(s), dont \(critical) avec une valeur critique")
            if let oldest = files.map(\.registeredAt.text).min() {
                Output.prose("plus ancien : " + Moment(text: oldest).french)
            }
            let quality = try await client.qualityStates().filter { $0.hold != nil && $0.state == "REJET" }
            for state in quality {
                Output.prose("contrôle rejeté : \(state.analysis) sur \(state.analyzer), \(state.because)")
            }
            guard confirm != nil, sample > 0, !files.isEmpty else { return }
            let count = max(1, files.count * sample / 100)
            for file in files.shuffled().prefix(count) {
                Output.line()
                Output.prose("tiré au sort, \(count) sur \(files.count) :")
                try await BioCommand.showWithTrend(try await client.fileToSign(file.requestNumber), client)
            }
            Output.line()
        }

        /// Runs `work` with a session opened for it by the secret of the person, and closed after it.
        private func asPerson<T>(_ work: (LaboratoryClient) async throws -> T) async throws -> T {
            let address = try listing.connection.address
            guard let entry = try listing.connection.tokens.entry(for: address) else {
                throw Refusal(
                    "auth.token", at: address.text, because: "personne n'est connecté à ce serveur",
                    remedy: "se connecter : paillasse login NOM")
            }
            let secret = try Terminal.secret(
                "Signature de \(entry.login), qui vaut validation biologique. Secret : ", fromInput: secretStdin)
            let session = try await LaboratoryClient(server: address).login(entry.login, secret: secret)
            let client = try listing.client().with(token: session.token)
            do {
                let made = try await work(client)
                try? await client.logout()
                return made
            } catch {
                try? await client.logout()
                throw error
            }
        }
    }

    static func summary(_ files: [SignableLineView]) -> String {
        let critical = files.count { !$0.critical.isEmpty }
        let partial = files.count { !$0.missing.isEmpty && $0.critical.isEmpty }
        let free = files.count - critical - partial
        let oldest = files.map(\.registeredAt.text).min().map { Moment(text: $0).french } ?? "–"
        return "critiques \(critical)   proposables \(free)   partiels \(partial)   plus ancien \(oldest)"
    }
}
