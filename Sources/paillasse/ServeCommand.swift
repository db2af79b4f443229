import ArgumentParser
import Server

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Démarrer le serveur du laboratoire (arrêt : Ctrl-C ou SIGTERM).")

    @Option(help: ArgumentHelp("Fichier de configuration JSON5.", valueName: "fichier"))
    var config: String

    func run() async throws { try await LaboratoryServer.run(configurationAt: config) }
}
