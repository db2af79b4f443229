import ArgumentParser
import Base
import Client
import Console

struct TriageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "triage", abstract: "Ce qui a été reçu et attend quelqu'un.",
        subcommands: [List.self, Show.self, Map.self, Attach.self, Dismiss.self])

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
        @Flag(help: "Montrer aussi les octets du message en hexadécimal.") var hex = false

        /// What `--json` writes.
        private struct Shown: Encodable {
            var entry: TriageView
            var message: MessageView
        }

        func run() async throws {
            let client = try listing.client()
            let entry = try await client.triageEntry(id)
            let message = try await client.message(entry.messageID)
            if listing.json { return try Output.json(Shown(entry: entry, message: message)) }
            var table = Table("", "*")
            table.add("Entrée", entry.id)
            table.add("Automate", entry.analyzer)
            table.add("Reçu", entry.at.french)
            table.add("Motif", "\(TriageRow.words(of: entry.reason)) : \(entry.explanation)")
            if let accession = entry.accession { table.add("Tube", accession) }
            if let code = entry.instrumentCode { table.add("Code", code + (entry.analysis.map { " → \($0)" } ?? "")) }
            if let text = entry.rawText { table.add("Résultat", "\(text) \(entry.rawUnit ?? "")") }
            table.add("État", (entry.resolution ?? "ouvert") + (entry.resolvedBy.map { " par \($0)" } ?? ""))
            table.add("Message", entry.messageID)
            table.add("Session", "\(message.sessionID) (paillasse analyzer log \(entry.analyzer) \(message.sessionID))")
            Output.table(table, empty: "")
            Output.line()
            if hex, let bytes = message.hex.flatMap({ Hexadecimal.bytes($0) }) {
                for line in ByteView.dump(bytes) { Output.line(line) }
                Output.line()
            }
            for line in RecordView.lines(message.text ?? "") { Output.line(line) }
        }
    }

    struct Map: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Rattacher le code d'une entrée à une analyse, pour cet automate, dès maintenant et toujours.",
            discussion: """
                Le rattachement est gardé par le serveur (analyzers.json de son dossier de données), au-dessus du \
                pilote et de ses mises à jour ; tout ce qui attendait ce code est relu, chaque résultat une fois.
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant de l'entrée.") var id: String
        @Argument(help: "Code de l'analyse au catalogue.") var analysis: String
        @Option(help: ArgumentHelp("Unité (UCUM) de la valeur, une fois multipliée.", valueName: "unité"))
        var unit: String?
        @Option(help: ArgumentHelp("Facteur, par exemple 0.001.", valueName: "nombre")) var factor: String?
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = MapBody(analysis: analysis, unit: unit, factor: factor, reason: reason)
            let made = try await listing.client().map(id, body)
            if listing.json { return try Output.json(made) }
            Output.prose("\(made.analyzer) : « \(made.code) » est désormais \(made.analysis)")
            Output.prose(
                "\(made.messages) message(s) relu(s) : \(made.observations) résultat(s) et \(made.controls) "
                    + "contrôle(s) repris, \(made.waiting) encore en triage")
            for refusal in made.refused { Output.complain(refusal) }
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
