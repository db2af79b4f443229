import ArgumentParser
import Base
import Client
import Laboratory

// Why a result of a file is held, and the telephone call about it.

extension BioCommand {
    struct Why: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Pourquoi un résultat est retenu ou proposable : règle, données, seuils, version.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Code de l'analyse.") var code: String
        @Flag(help: "Aussi les contrôles sans objet.") var all = false
        @Flag(help: "Tous les jugements, du plus ancien au dernier.") var history = false

        func run() async throws {
            let client = try listing.client()
            let why = try await client.why(try await BioCommand.observation(code, of: request, client).id)
            if listing.json { return try Output.json(why) }
            WhyCommand.show(why, all: all, history: history)
        }
    }

    struct Call: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "L'appel d'une valeur critique : le montrer, et le noter.",
            discussion: "Dans un terminal, ce qui n'est pas donné est demandé. --show ne note rien.")
        @OptionGroup var listing: Listing
        @Argument(help: "Numéro de la demande.") var request: String
        @Argument(help: "Code de l'analyse.") var code: String
        @OptionGroup var telephone: CallOptions
        @Flag(help: "Montrer seulement.") var show = false

        func run() async throws {
            let client = try listing.client()
            let observation = try await BioCommand.observation(code, of: request, client)
            let call = try await found(observation, client)
            if show { return try CriticalCommand.show(call, listing) }
            if !listing.json { try CriticalCommand.show(call, listing) }
            var said = telephone
            if !said.unreachable { try said.askForTheRest(observation.result) }
            try CriticalCommand.show(try await client.recordCall(observation.id, said.body), listing)
        }

        private func found(
            _ observation: ObservationView, _ client: LaboratoryClient
        ) async throws(Refusal) -> CriticalCallView {
            do throws(Refusal) { return try await client.criticalCall(observation.id) } catch {
                guard error.code == "critical.unknown" else { throw error }
                throw Refusal(
                    "bio.call", at: "\(request) \(code)", because: "cette valeur n'a pas d'appel à passer",
                    remedy: "les appels ouverts : paillasse critical list")
            }
        }
    }

    /// The result of an analysis that the biologist has before the eyes.
    static func observation(
        _ code: String, of request: String, _ client: LaboratoryClient
    ) async throws(Refusal) -> ObservationView {
        let file = try await client.fileToSign(request)
        if let found = file.observations.first(where: { $0.analysis == code }) { return found }
        let whole = try await client.request(request)
        let standing = whole.observations.filter { $0.analysis == code && $0.state != .rejected }
        guard let found = standing.max(by: { $0.run < $1.run }) else {
            throw Refusal(
                "bio.analysis", at: code, because: "aucun résultat de cette analyse dans ce dossier",
                remedy: "voir paillasse bio show \(request)")
        }
        return found
    }
}

/// What is written down of a call.
struct CallOptions: ParsableArguments {
    @Option(help: "Numéro appelé.") var number: String?
    @Option(help: "Qui a reçu l'appel.") var person: String?
    @Option(help: "Sa fonction.") var role: String?
    @Option(help: "Valeur telle qu'elle a été lue.") var value: String?
    @Flag(help: "La valeur a été relue par l'autre.") var readBack = false
    @Flag(help: "Personne n'a répondu.") var unreachable = false

    var body: CallBody {
        CallBody(number: number, person: person, role: role, value: value, readBack: readBack, reached: !unreachable)
    }

    /// At a keyboard, one question after the other; nothing is asked of a program.
    mutating func askForTheRest(_ result: String) throws {
        guard Terminal.isKeyboard, person == nil else { return }
        func answer(_ question: String) throws(Refusal) -> String {
            Output.line(question)
            return try Terminal.lineOfInput()
        }
        person = try answer("Qui a répondu ? (- : personne)")
        if person == "-" {
            person = nil
            unreachable = true
            return
        }
        if role == nil { role = try answer("Sa fonction ?") }
        if number == nil { number = try answer("Numéro appelé ?") }
        if value == nil { value = try answer("Valeur lue au téléphone ? (au dossier : \(result))") }
        while !readBack {
            let said = try answer("Relue par l'autre ? (oui, non)").lowercased()
            if ["n", "non"].contains(said) { break }
            readBack = ["o", "oui"].contains(said)
        }
    }
}
