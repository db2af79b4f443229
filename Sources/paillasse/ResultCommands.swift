import ArgumentParser
import Base
import Client
import Console
import Foundation
import Laboratory

struct WorklistCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worklist", abstract: BioWords.say(.helpWorklist),
        discussion: BioWords.say(.helpWorklistMore))

    @OptionGroup var listing: Listing
    @OptionGroup var length: Length
    @OptionGroup var screen: ScreenOptions

    func run() async throws {
        if screen.card {
            for line in KeyCard.page(try screen.manner(ProcessInfo.processInfo.environment)) { Output.line(line) }
            return
        }
        if screen.plain || Terminal.isScreen && Terminal.isKeyboard, !listing.json, length.limit == nil {
            return try await screen.open(listing.connection)
        }
        let lines = try await listing.client().worklist(limit: length.limit)
        if listing.json { return try Output.json(lines) }
        var table = Table(BioWords.titles(.cliWorkTitles))
        for line in lines {
            let observation = line.observation
            table.add(
                line.requestNumber, line.priority == .urgent ? BioWords.say(.yes) : "", line.patientName,
                observation.analysis, observation.result, BioWords.bounds(observation),
                BioWords.mark(observation.flags), observation.holdCodes, observation.id)
        }
        Output.table(table, empty: BioWords.say(.cliWorkNothing))
        BioWords.legend(lines.map(\.observation))
        BioWords.comments(lines.map(\.observation))
    }
}

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Valider techniquement des résultats d'une demande.")

    @OptionGroup var listing: Listing
    @Argument(help: "Numéro de la demande.") var request: String
    @Argument(help: "Identifiants des résultats.") var observations: [String] = []
    @Flag(help: "Tous les résultats en attente de la demande.") var all = false
    @Option(help: "Motif, exigé par certaines retenues.") var reason: String?

    func validate() throws {
        guard all != !observations.isEmpty else {
            throw ValidationError("donner des identifiants de résultats, ou --all")
        }
    }

    func run() async throws {
        let body = ValidateBody(
            observations: all ? nil : observations, all: all ? true : nil, reason: reason)
        let events = try await listing.client().validate(request, body)
        if listing.json { return try Output.json(events) }
        Output.prose("\(events.count) résultat(s) validé(s) techniquement dans \(request)")
    }
}

struct RejectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "reject", abstract: "Rejeter un résultat.")

    @OptionGroup var listing: Listing
    @Argument(help: "Numéro de la demande.") var request: String
    @Argument(help: "Identifiant du résultat.") var observation: String
    @Option(help: "Motif.") var reason: String

    func run() async throws {
        let event = try await listing.client().reject(
            request, RejectBody(observation: observation, reason: reason))
        if listing.json { return try Output.json(event) }
        Output.prose("résultat \(event.observationID) rejeté")
    }
}

struct EnterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter", abstract: "Saisir un résultat à la main, dans l'unité du catalogue.")

    @OptionGroup var listing: Listing
    @Argument(help: "Numéro de la demande.") var request: String
    @Argument(help: "Code de l'analyse.") var code: String
    @Argument(help: "Valeur mesurée : 4.20, <0.5") var value: String?
    @Option(help: "Résultat en mots.") var text: String?
    @Option(
        help: ArgumentHelp("Résultat codé : une réponse de l'analyse (A+), ou POS, NEG, DET, ND…", valueName: "code"))
    var coded: String?
    @Option(help: "Mots imprimés pour le code.") var display: String?
    @Option(help: ArgumentHelp("Non réalisé, avec son motif.", valueName: "motif")) var notPerformed: String?
    @Option(help: "Commentaire imprimé.") var comment: String?

    func validate() throws {
        guard [value, text, coded, notPerformed].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("donner une valeur, ou l'un de --text, --coded, --not-performed")
        }
    }

    func run() async throws {
        var body = ResultBody(analysis: code)
        body.value = value
        body.text = text
        body.code = coded
        body.display = display
        body.notPerformed = notPerformed
        body.comment = comment
        let client = try listing.client()
        let made: ObservationView
        do throws(Refusal) { made = try await client.enter(request, body) } catch {
            guard error.code == "enter.twice" else { throw error }
            // A group and the like: the server holds what was typed first, the same command again is the second time.
            let held = try await client.readFirst(request, body)
            throw Refusal(
                error.code, at: code,
                because:
                    "ce résultat se saisit deux fois ; la première saisie est gardée jusqu'à \(held.heldUntil.french)",
                remedy: "regarder de nouveau la source, puis relancer la commande avec ce que l'on y lit")
        }
        if listing.json { return try Output.json(made) }
        Output.prose("résultat \(made.id) saisi : \(made.analysis) \(made.result)")
        if !made.holds.isEmpty { Output.prose("retenues : \(made.held)") }
    }
}
