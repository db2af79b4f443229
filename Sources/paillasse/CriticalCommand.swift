import ArgumentParser
import Base
import Client
import Console

struct CriticalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "critical", abstract: "Valeurs critiques à téléphoner, et leurs appels.",
        subcommands: [List.self, Show.self, Call.self, Escalate.self, Close.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les appels qui restent à faire ou à clore.")
        @OptionGroup var listing: Listing

        func run() async throws {
            let calls = try await listing.client().criticalCalls()
            if listing.json { return try Output.json(calls) }
            var table = Table(
                "DEMANDE", "*PATIENT", "ANALYSE", "#VALEUR", "ÉTAT", "AVANT", "#RANG", "*APPELER", "#APPELS", "ID")
            for call in calls {
                table.add(
                    call.requestNumber ?? "", call.patientName ?? "", call.analysis, call.value, call.state.rawValue,
                    call.dueAt.french + (call.isOverdue ? " DÉPASSÉ" : ""), String(call.level), call.contact ?? "",
                    String(call.attempts.count), call.observationID)
            }
            Output.table(table, empty: "aucun appel en attente")
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les appels d'un résultat.")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du résultat.") var result: String

        func run() async throws {
            try CriticalCommand.show(try await listing.client().criticalCall(result), listing)
        }
    }

    struct Call: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Noter un appel : qui, quelle valeur, relue ou non.",
            discussion: """
                --unreachable : personne n'a répondu, la chaîne continue. Un appel reçu clôt la tâche quand un \
                biologiste le note ; noté par un technicien, elle attend le biologiste (« critical close »).
                """)
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du résultat.") var result: String
        @OptionGroup var telephone: CallOptions

        func run() async throws {
            try CriticalCommand.show(try await listing.client().recordCall(result, telephone.body), listing)
        }
    }

    struct Escalate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Passer au suivant de la chaîne d'appel.")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du résultat.") var result: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = ReasonBody(reason: reason)
            try CriticalCommand.show(try await listing.client().escalateCall(result, body), listing)
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Clore un appel (le biologiste, pour une valeur critique).")
        @OptionGroup var listing: Listing
        @Argument(help: "Identifiant du résultat.") var result: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let body = ReasonBody(reason: reason)
            try CriticalCommand.show(try await listing.client().closeCall(result, body), listing)
        }
    }

    static func show(_ call: CriticalCallView, _ listing: Listing) throws {
        if listing.json { return try Output.json(call) }
        Output.prose("\(call.requestNumber ?? "") \(call.analysis) \(call.value) : \(call.words)")
        var table = Table(BioWords.titles(.cliCallTitles))
        for attempt in call.attempts {
            table.add(
                attempt.at.french, attempt.caller, attempt.number, attempt.person, attempt.role, attempt.valueRead,
                BioWords.say(attempt.wasReadBack ? .yes : .no), BioWords.language.told(attempt.outcome))
        }
        Output.table(table, empty: BioWords.say(.cliNoCall))
    }
}

extension CriticalCallView {
    /// `à appeler avant 22/11/2026 07:45 (prescripteur)`, `prévenu, attend le biologiste`…
    var words: String {
        switch state {
        case .open:
            BioWords.say(.cliCallBefore, dueAt.french) + (isOverdue ? BioWords.say(.cliCallLate) : "")
                + (contact.map { " : \($0)" } ?? "")
        case .told: BioWords.language.told(state.rawValue) + reachedWords
        case .closed:
            BioWords.say(.cliCallClosed) + (closedBy.map { BioWords.say(.cliCallBy, $0) } ?? "")
                + (closedAt.map { BioWords.say(.cliCallAt, $0.french) } ?? "")
                + reachedWords
        }
    }
    /// ` ; dit à Mme Kerbrat le 22/11/2026 07:31, par tanguy`
    private var reachedWords: String {
        reached.map { " ; " + BioWords.say(.cliCallTold, $0.person, $0.at.french, $0.caller) } ?? ""
    }
}
