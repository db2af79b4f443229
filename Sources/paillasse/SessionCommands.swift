import ArgumentParser
import Base
import Client
import Laboratory

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Se connecter ; la connexion dure douze heures.")

    @OptionGroup var connection: Connection
    @Argument(help: "Nom du compte.") var login: String
    @Flag(help: "Lire le secret sur l'entrée standard.") var secretStdin = false

    func run() async throws {
        let address = try connection.address
        let secret = try Terminal.secret("Secret de \(login) : ", fromInput: secretStdin)
        let session = try await LaboratoryClient(server: address).login(login, secret: secret)
        try connection.tokens.keep(
            TokenFile.Entry(token: session.token, login: session.login, expiresAt: session.expiresAt), for: address)
        Output.prose(
            "\(session.name) (\(session.role.rawValue), site \(session.site)) : connecté jusqu'au "
                + session.expiresAt.french)
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logout", abstract: "Fermer la connexion.")

    @OptionGroup var connection: Connection

    func run() async throws {
        let address = try connection.address
        // A connection that the server no longer knows is closed all the same.
        do { try await connection.client().logout() } catch let refusal as Refusal where refusal.code.hasPrefix("auth.")
        {}
        try connection.tokens.forget(address)
        Output.prose("déconnecté")
    }
}

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "whoami", abstract: "Dire qui est connecté.")

    @OptionGroup var listing: Listing

    func run() async throws {
        let who = try await listing.client().whoami()
        if listing.json { return try Output.json(who) }
        Output.prose("\(who.login) : \(who.name), \(who.role.rawValue), site \(who.site)")
        Output.prose("droits : " + who.permissions.map(\.rawValue).joined(separator: ", "))
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Les nombres du laboratoire et l'état des automates.")

    @OptionGroup var listing: Listing

    func run() async throws {
        let client = try listing.client(), status = try await client.status()
        if listing.json { return try Output.json(status) }
        let counts = status.counts
        for alarm in status.alarms { Output.prose(alarm) }
        Output.prose("site \(status.site), catalogue \(status.catalogueVersion.prefix(12))")
        var table = Table("", "#nombre")
        table.add("patients", String(counts.patients))
        table.add("demandes", String(counts.requests))
        table.add("messages reçus", String(counts.messages))
        table.add("messages à interpréter", String(counts.messagesPending))
        table.add("résultats", String(counts.observations))
        table.add("contrôles", String(counts.controls))
        table.add("triage, ouverts", String(counts.triageOpen))
        table.add("triage, en tout", String(counts.triageTotal))
        table.add("à valider (technique)", String(counts.awaitingTechnical))
        table.add("à signer (biologiste)", String(counts.awaitingSignature))
        if let waiting = try? await client.openReflexes() {
            table.add("examens réflexes À DÉCIDER (reflex list)", String(waiting.count))
        }
        table.add("dont signés, et changés depuis", counts.signedOtherwise.map(String.init) ?? "–")
        table.add("signatures", String(counts.signatures))
        table.add("comptes rendus", String(counts.reports))
        table.add("comptes rendus NON FAITS", String(status.unmadeReports))
        table.add("envois acceptés", String(counts.deliveriesAccepted))
        table.add("envois en attente", String(counts.deliveriesWaiting))
        table.add("envois refusés, en tout", String(counts.deliveriesRefused))
        // Not of every role: who may not read files has no part in it.
        if let waiting = try? await client.deadLetters() {
            table.add("envois À DÉCIDER (deliveries --dead)", String(waiting.count))
        }
        table.add("acceptés par le DMP", String(counts.dmpAccepted))
        Output.table(table, empty: "")
        Output.line()
        AnalyzersCommand.show(status.analyzers)
    }
}
