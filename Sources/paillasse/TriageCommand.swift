import ArgumentParser
import Base
import Client

struct TriageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage", abstract: "Ce qui a été reçu et attend quelqu'un.",
        subcommands: [List.self, Show.self, Attach.self, Dismiss.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister ce qui attend.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length
        @Flag(help: "Aussi ce qui est clos.") var all = false

        func run() async throws {
            let entries = try await listing.client().triage(all: all, limit: length.limit)
            if listing.json { return try Output.json(entries) }
            var table = Table("ID", "AUTOMATE", "TUBE", "CODE", "RÉSULTAT", "*MOTIF", "REÇU", "ÉTAT")
            for entry in entries {
                table.add(
                    entry.id, entry.analyzer, entry.accession ?? "", entry.instrumentCode ?? "", entry.rawText ?? "",
                    entry.explanation, entry.at.french, entry.resolution ?? "ouvert")
            }
            Output.table(table, empty: "rien en triage")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Montrer une entrée et son message.")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant de l'entrée.") var id: String

        func run() async throws {
            let client = try listing.client()
            let entry = try await client.triageEntry(id)
            if listing.json { return try Output.json(entry) }
            let message = try await client.message(entry.messageID)
            var table = Table("", "*")
            table.add("Entrée", entry.id)
            table.add("Automate", entry.analyzer)
            table.add("Reçu", entry.at.french)
            table.add("Motif", "\(entry.reason) : \(entry.explanation)")
            if let accession = entry.accession { table.add("Tube", accession) }
            if let code = entry.instrumentCode { table.add("Code", code + (entry.analysis.map { " → \($0)" } ?? "")) }
            if let text = entry.rawText { table.add("Résultat", "\(text) \(entry.rawUnit ?? "")") }
            table.add("État", (entry.resolution ?? "ouvert") + (entry.resolvedBy.map { " par \($0)" } ?? ""))
            table.add("Message", entry.messageID)
            Output.table(table, empty: "")
            Output.line()
            Output.line(message.text ?? "")
        }
    }

    struct Attach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Rattacher un résultat à un tube.")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant de l'entrée.") var id: String
        @Argument(help: "Numéro du tube.") var accession: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let made = try await listing.client().attach(id, AttachBody(accession: accession, reason: reason))
            if listing.json { return try Output.json(made) }
            Output.prose("rattaché : résultat \(made.id), \(made.analysis) \(made.result)")
        }
    }

    struct Dismiss: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Écarter une entrée, avec un motif.")
        @OptionGroup var connection: Connection
        @Argument(help: "Identifiant de l'entrée.") var id: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            try await connection.client().dismiss(id, DismissBody(reason: reason))
            Output.prose("entrée \(id) écartée")
        }
    }
}
