import ArgumentParser
import Base
import Client
import Console
import Foundation
import Terminal

/// How the full screen looks and is driven.
struct ScreenOptions: ParsableArguments {
    @Flag(help: .said(.helpPlain)) var plain = false
    @Flag(help: .said(.helpCard)) var card = false
    @Flag(help: .said(.helpSigns)) var ascii = false
    @Flag(help: .said(.helpAzerty)) var azerty = false
    @Flag(help: .said(.helpMouse)) var mouse = false
    @Option(help: ArgumentHelp(BioWords.say(.helpTheme), valueName: BioWords.say(.placeName))) var theme: String?
    @Option(help: ArgumentHelp(BioWords.say(.helpKeys), valueName: BioWords.say(.placeFile)))
    var keys: String?

    /// What the options and the environment say together.
    func manner(_ environment: [String: String]) throws(Refusal) -> Manner {
        var manner = Manner()
        manner.language = Language(variables: environment)
        manner.signs = Signs(ascii: ascii)
        manner.keymap = try keymap(environment)
        // no-color.org: present and not empty.
        if let none = environment["NO_COLOR"], !none.isEmpty { manner.theme = .mono }
        if let name = theme ?? environment["PAILLASSE_THEME"], theme != nil || manner.theme != .mono {
            guard let chosen = Theme(named: name) else {
                throw Refusal(
                    "cli.theme", at: name, because: "ce thème n'existe pas",
                    remedy: "choisir parmi : " + Theme.allCases.map(\.rawValue).joined(separator: ", "))
            }
            manner.theme = chosen
        }
        return manner
    }

    private func keymap(_ environment: [String: String]) throws(Refusal) -> Keymap {
        let usual =
            environment["PAILLASSE_HOME"].map { $0 + "/touches" }
            ?? environment["HOME"].map { $0 + "/.config/paillasse/touches" }
        let path = keys ?? usual
        guard let path, let data = FileManager.default.contents(atPath: path) else {
            guard keys == nil else {
                throw Refusal("cli.keys", at: keys ?? "", because: "fichier illisible", remedy: "vérifier le chemin")
            }
            return Keymap(azerty: azerty)
        }
        return try Keymap(text: String(decoding: data, as: UTF8.self), azerty: azerty)
    }

    func open(_ connection: Connection) async throws {
        let settings = try await settings(connection)
        if plain { try await PlainSession.run(settings) } else { try await TerminalSession.run(settings) }
    }

    func openSignOff(_ connection: Connection) async throws {
        try await TerminalSession.runSignOff(try await settings(connection))
    }

    private func settings(_ connection: Connection) async throws -> TerminalSession.Settings {
        let address = try connection.address
        let tokens = try connection.tokens
        guard let entry = try tokens.entry(for: address) else {
            throw Refusal(
                "auth.token", at: address.text, because: "personne n'est connecté à ce serveur",
                remedy: "se connecter : paillasse login NOM")
        }
        var manner = try manner(ProcessInfo.processInfo.environment)
        let client = try connection.client()
        // Every hour on the screen is that of the laboratory, wherever the terminal stands.
        if let zone = try await client.whoami().zone.flatMap({ CivilZone($0) }) { manner.zone = zone }
        return TerminalSession.Settings(
            client: client, address: address, tokens: tokens, login: entry.login, manner: manner, mouse: mouse)
    }
}
