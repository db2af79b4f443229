import ArgumentParser
import Base
import Client

struct AnalyzersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyzers", abstract: "État des automates et de leurs lignes.")

    @OptionGroup var listing: Listing
    @Flag(help: "Rester, et montrer l'état à mesure (arrêt : Ctrl-C).") var watch = false
    @Option(help: ArgumentHelp("Secondes entre deux états.", valueName: "s")) var every = 2
    @Option(help: ArgumentHelp("S'arrêter après tant d'états.", valueName: "n")) var times: Int?

    func validate() throws {
        guard every > 0, times.map({ $0 > 0 }) ?? true else { throw ValidationError("il faut un nombre d'au moins 1") }
    }

    func run() async throws {
        let client = try listing.client()
        guard watch else {
            let analyzers = try await client.analyzers()
            if listing.json { return try Output.json(analyzers) }
            return AnalyzersCommand.show(analyzers)
        }
        var shown = 0
        while shown < times ?? .max {
            if shown > 0 { try await Task.sleep(for: .seconds(every)) }
            // A server that starts again is waited for; what it refuses ends the view.
            let analyzers: [AnalyzerView]?
            do throws(Refusal) { analyzers = try await client.analyzers() } catch {
                guard error.code == "client.unreachable" else { throw error }
                analyzers = nil
            }
            shown += 1
            if listing.json {
                if let analyzers { try Output.json(analyzers) }
                continue
            }
            // Home and clear, as terminals know it (ECMA-48 CUP, ED).
            if Terminal.isScreen { Output.line("\u{1B}[H\u{1B}[2J") }
            guard let analyzers else {
                Output.prose("serveur injoignable, nouvel essai dans \(every) s")
                continue
            }
            AnalyzersCommand.show(analyzers)
        }
    }

    static func show(_ analyzers: [AnalyzerView]) {
        var table = Table(
            "AUTOMATE", "PILOTE", "*LIGNE", "*ÉTAT", "VU", "#MESSAGES", "#REFUS", "#À LIRE", "#RETARD", "#ORDRES",
            "*ÉCARTS À LA NORME")
        for analyzer in analyzers {
            let deviations = analyzer.deviations.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }
            table.add(
                analyzer.name, analyzer.driver, analyzer.line, analyzer.state, analyzer.lastSeen?.french ?? "jamais",
                String(analyzer.messages), String(analyzer.refusals), String(analyzer.pending),
                analyzer.lag.map { "\($0) s" } ?? "", String(analyzer.orders), deviations.joined(separator: ", "))
        }
        Output.table(table, empty: "aucun automate configuré")
    }
}

struct MessagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages", abstract: "Messages reçus des automates, les plus récents d'abord.")

    @OptionGroup var listing: Listing
    @OptionGroup var length: Length
    @Option(help: ArgumentHelp("D'un seul automate.", valueName: "nom")) var analyzer: String?
    @Argument(help: "Un seul message, avec son texte.") var id: String?

    func run() async throws {
        let client = try listing.client()
        if let id {
            let message = try await client.message(id)
            if listing.json { return try Output.json(message) }
            Output.prose("\(message.id), \(message.analyzer), \(message.at.french), SHA-256 \(message.textHash)")
            Output.line()
            return Output.line(message.text ?? "")
        }
        let found = try await client.messages(analyzer: analyzer, limit: length.limit)
        if listing.json { return try Output.json(found) }
        var table = Table(
            "ID", "AUTOMATE", "REÇU", "#OCTETS", "COMPLET", "*DEVENIR", "#RÉSULTATS", "#CONTRÔLES", "#TRIAGE")
        for message in found {
            table.add(
                message.id, message.analyzer, message.at.french, String(message.bytes), yes(message.complete),
                MessagesCommand.word(message.outcome)
                    + (message.indices.map { ", indices du sérum de \($0) tube(s)" } ?? ""),
                message.observations.map(String.init) ?? "",
                message.controls.map(String.init) ?? "", message.triaged.map(String.init) ?? "")
        }
        Output.table(table, empty: "aucun message")
    }

    static func word(_ outcome: String?) -> String {
        switch outcome {
        case "interpreted": "interprété"
        case "duplicate": "doublon"
        case "triaged": "en triage"
        case nil: "à interpréter"
        case let other?: other
        }
    }
}

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Piste d'audit, chaînée par empreintes.", subcommands: [List.self, Verify.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister la piste, de la plus ancienne entrée.")
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length
        @Option(help: ArgumentHelp("Après cette entrée.", valueName: "n")) var after = 0

        func run() async throws {
            let entries = try await listing.client().audit(after: after, limit: length.limit)
            if listing.json { return try Output.json(entries) }
            var table = Table("#N°", "DATE", "AUTEUR", "ACTION", "OBJET", "SITE", "EMPREINTE")
            for entry in entries {
                table.add(
                    String(entry.sequence), entry.at.french, entry.author, entry.action, entry.subject, entry.site,
                    String(entry.hash.prefix(16)))
            }
            Output.table(table, empty: "aucune entrée")
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recalculer toute la chaîne ; code de sortie 1 si elle est rompue.")
        @OptionGroup var listing: Listing

        func run() async throws {
            let verdict = try await listing.client().verifyAudit()
            if listing.json {
                try Output.json(verdict)
            } else if verdict.sound {
                Output.prose("chaîne intacte : \(verdict.entries) entrées, \(verdict.facts) faits recalculés")
                Output.prose("dernière empreinte \(verdict.lastHash)")
            } else {
                Output.complain(
                    "chaîne ROMPUE après \(verdict.entries) entrées : \(verdict.explanation ?? "") "
                        + "[\(verdict.defect ?? "audit")]")
            }
            if !verdict.sound { throw Ended(outcome: .refused) }
        }
    }
}
