import ArgumentParser
import Base
import Client

struct ReflexCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reflex", abstract: "Examens réflexes d'une demande : proposés, ajoutés, refusés.",
        subcommands: [List.self, Accept.self, Refuse.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ce que les règles ont proposé, et ce qui en fut fait ; sans demande, tout ce qui attend un mot.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String?

        func run() async throws {
            let client = try listing.client()
            if let request { return try ReflexCommand.show(try await client.reflexes(request), listing) }
            let open = try await client.openReflexes()
            if listing.json { return try Output.json(open) }
            var table = Table("DEMANDE", "RÈGLE", "*ANALYSES", "LE", "*MOTIF")
            for one in open {
                table.add(
                    one.requestNumber ?? "", one.rule, one.adds.joined(separator: ", "), one.at.french, one.reason)
            }
            Output.table(table, empty: "aucun examen réflexe n'attend")
        }
    }

    struct Accept: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ajouter ce qu'une règle propose.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Nom de la règle.") var rule: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = ReflexBody(rule: rule, accept: true, reason: reason)
            try ReflexCommand.show(try await listing.client().decideReflex(request, body), listing)
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Refuser ce qu'une règle propose.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Nom de la règle.") var rule: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = ReflexBody(rule: rule, accept: false, reason: reason)
            try ReflexCommand.show(try await listing.client().decideReflex(request, body), listing)
        }
    }

    private static func show(_ entries: [ReflexView], _ listing: Listing) throws {
        if listing.json { return try Output.json(entries) }
        var table = Table("RÈGLE", "*ANALYSES", "ÉTAT", "PAR", "LE", "*MOTIF")
        for entry in entries {
            table.add(
                entry.rule, entry.adds.joined(separator: ", "), entry.state, entry.author, entry.at.french, entry.reason
            )
        }
        Output.table(table, empty: "aucun examen réflexe")
    }
}
