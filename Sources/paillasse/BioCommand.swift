import ArgumentParser
import Base
import Client
import Laboratory

struct BioCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bio", abstract: "Validation biologique et signature.",
        discussion: """
            Seul, dans un terminal : l'écran du biologiste (? montre ses touches, x les actions) ; ailleurs, la file.
            Signer et rectifier demandent le code de signature (account pin), au clavier : un jeton n'y suffit pas.
            """,
        subcommands: [
            FullScreen.self, File.self, Next.self, Show.self, Why.self, Hist.self, Diff.self, Reject.self, Call.self,
            Sign.self, Amend.self, Comments.self, Figures.self,
        ], defaultSubcommand: FullScreen.self)

    struct FullScreen: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "screen", abstract: "L'écran du biologiste : « bio » seul l'ouvre.")
        @OptionGroup var listing: Listing
        @OptionGroup var screen: ScreenOptions

        func run() async throws {
            if Terminal.isScreen, Terminal.isKeyboard, !screen.plain, !listing.json {
                return try await screen.openSignOff(listing.connection)
            }
            try await BioCommand.list(listing, limit: nil)
        }
    }

    struct File: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "file", abstract: "La file des dossiers à signer, urgents d'abord.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length

        func run() async throws { try await BioCommand.list(listing, limit: length.limit) }
    }

    static func list(_ listing: Listing, limit: Int?) async throws {
        let files = try await listing.client().awaitingSignature(limit: limit)
        if listing.json { return try Output.json(files) }
        if !files.isEmpty {
            Output.prose(summary(files))
            Output.line()
        }
        var table = Table(
            "DEMANDE", "URG", "*PATIENT", "ENREGISTRÉE", "#À SIGNER", "#EN TOUT", "ÉTAT", "*POURQUOI")
        for file in files {
            table.add(
                file.requestNumber, file.priority == .urgent ? "oui" : "", file.patientName,
                file.registeredAt.french, String(file.fresh), String(file.results), file.lane.rawValue,
                obstacles(file.obstacles))
        }
        Output.table(table, empty: "rien à signer")
    }

    /// The first of them; `bio show` says all.
    private static func obstacles(_ all: [String]) -> String {
        all.prefix(3).joined(separator: ", ") + (all.count > 3 ? "… (\(all.count))" : "")
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Le dossier tel qu'il serait signé.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @OptionGroup var draft: DraftOptions

        func run() async throws {
            let client = try listing.client()
            let file = try await client.fileToSign(request, draft.body)
            if listing.json { return try Output.json(file) }
            try await BioCommand.showWithTrend(file, client)
        }
    }

    static func show(_ signature: SignatureView, _ request: String) {
        Output.prose(
            "\(request) : version \(signature.version)\(signature.complete ? "" : " (partielle)") signée par "
                + "\(signature.biologist.displayName) le \(signature.at.french), empreinte \(signature.contentHash)")
    }

    static func show(_ file: FileToSignView, context: [String] = [], trends: [String: String] = [:]) {
        Output.prose(
            "demande \(file.request.number) \(file.request.priority.word), version \(file.nextVersion) à signer, "
                + file.lane.rawValue)
        for line in context { Output.prose(line) }
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
        let groups = HoldGroup.groups(of: file.observations.map { ($0.analysis, $0.holds) })
        if !groups.isEmpty { Output.line() }
        for group in groups { Output.prose("\(group.title) : \(group.remedyWords(file.request.number))") }
        if !file.missing.isEmpty { Output.prose("manque : " + file.missing.joined(separator: ", ")) }
        for comment in file.comments + file.supplements.map({ "joint : " + $0 }) { Output.prose(comment) }
        Output.prose("\(file.observations.count) résultat(s), empreinte \(file.contentHash)")
    }
}

extension HoldGroup {
    /// The command that answers it.
    func remedyWords(_ request: String) -> String {
        let first = analyses.first ?? ""
        return switch remedy {
        case .call: "appeler et noter : paillasse bio call \(request) \(first)"
        case .reject: "rejeter : paillasse bio reject \(request) \(first) --reason MOTIF"
        case .read: "lire pourquoi : paillasse bio why \(request) \(first)"
        }
    }
}
