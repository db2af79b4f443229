import ArgumentParser
import Base
import Client
import Foundation
import LIS01
import Server

/// One analyzer: its line, its journal, what is read again.
struct AnalyzerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyzer", abstract: "Conduire un automate : ligne, journal, relecture, capture.",
        subcommands: [
            State.self, Pause.self, Resume.self, Reconnect.self, Reload.self, Log.self, Replay.self, Capture.self,
            OrdersCommand.self,
        ],
        defaultSubcommand: State.self)

    struct State: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "État des automates (comme « analyzers »).")
        @OptionGroup var listing: Listing

        func run() async throws {
            let analyzers = try await listing.client().analyzers()
            if listing.json { return try Output.json(analyzers) }
            AnalyzersCommand.show(analyzers)
        }
    }

    /// What pausing, resuming and reconnecting have in common.
    struct Operation: ParsableArguments {
        @OptionGroup var connection: Connection
        @Argument(help: "Nom de l'automate.") var name: String
        @Option(help: "Motif, gardé dans la piste d'audit.") var reason: String

        func perform(_ operation: String, _ done: String) async throws {
            try await connection.client().operate(operation, analyzer: name, reason: reason)
            Output.prose("\(name) : \(done)")
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fermer la ligne jusqu'à « resume », même après un redémarrage ; l'automate garde ses résultats.")
        @OptionGroup var operation: Operation
        func run() async throws { try await operation.perform("pause", "ligne fermée, automate en pause") }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Rouvrir la ligne d'un automate en pause.")
        @OptionGroup var operation: Operation
        func run() async throws { try await operation.perform("resume", "ligne rouverte") }
    }

    struct Reconnect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Couper la ligne et la reprendre aussitôt.")
        @OptionGroup var operation: Operation
        func run() async throws { try await operation.perform("reconnect", "ligne coupée, reprise en cours") }
    }

    struct Reload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Relire la configuration et les pilotes sans couper les lignes qui ne changent pas.",
            discussion: """
                Ajoute, retire ou relance les automates qui ont changé ; un pilote changé est pris sans couper sa \
                ligne. Une seule faute, et rien n'est pris. Le signal SIGHUP fait de même.
                """)
        @OptionGroup var listing: Listing
        @Option(help: "Motif, gardé dans la piste d'audit.") var reason: String

        func run() async throws {
            let made = try await listing.client().reload(reason: reason)
            if listing.json { return try Output.json(made) }
            for (names, what) in [
                (made.added, "ajouté"), (made.removed, "retiré"), (made.restarted, "relancé"),
                (made.redriven, "pilote changé, ligne gardée"),
            ] {
                for name in names { Output.prose("\(name) : \(what)") }
            }
            Output.prose("\(made.unchanged.count) automate(s) inchangé(s)")
            for remark in made.remarks { Output.prose(remark) }
        }
    }

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sessions du journal, ou une session trame par trame.",
            discussion: """
                Sans session : la liste. Avec : les trames acquittées et les messages, champ par champ ; --hex ajoute \
                les octets.
                """)
        @OptionGroup var listing: Listing
        @OptionGroup var length: Length
        @Argument(help: "Nom de l'automate.") var name: String
        @Argument(help: "Session, ou « last » pour la dernière.") var session: String?
        @Flag(help: "Montrer aussi les octets en hexadécimal.") var hex = false
        @Option(help: ArgumentHelp("Écrire les octets de la session dans un fichier.", valueName: "fichier"))
        var raw: String?

        func run() async throws {
            let client = try listing.client()
            guard let session else {
                let sessions = try await client.sessions(of: name, limit: length.limit)
                if listing.json { return try Output.json(sessions) }
                var table = Table("SESSION", "DÉBUT", "#MESSAGES", "#OCTETS", "ÉTAT")
                for line in sessions {
                    table.add(
                        line.id, line.at.french, String(line.messages), String(line.bytes),
                        line.open ? "en cours" : "close")
                }
                return Output.table(table, empty: "aucune session de \(name) dans le journal")
            }
            var id = session
            if session == "last" {
                guard let last = try await client.sessions(of: name, limit: 1).first else {
                    throw Refusal(
                        "session.none", at: name, because: "aucune session de cet automate dans le journal",
                        remedy: "vérifier sa ligne (paillasse analyzers)")
                }
                id = last.id
            }
            let log = try await client.session(id)
            if let raw {
                try Output.file(Log.wire(log.frames.map { $0.bytes ?? [] }), at: raw)
                return Output.prose("\(log.frames.count) trame(s) dans \(raw)")
            }
            if listing.json { return try Output.json(log) }
            show(log)
        }

        /// As it was on the line: frames of LIS01 (STX and their number) stand between ENQ and EOT, which the journal
        /// does not keep; a block of HL7 or of a maker's own is a session by itself.
        private static func wire(_ frames: [[UInt8]]) -> [UInt8] {
            let isLIS01 = frames.allSatisfy { frame in
                frame.count > 2 && frame[0] == Control.stx && (0x30...0x37).contains(frame[1])
            }
            let bytes = Array(frames.joined())
            return isLIS01 ? [Control.enq] + bytes + [Control.eot] : bytes
        }

        private func show(_ log: SessionLogView) {
            Output.prose("session \(log.id), automate \(log.analyzer), \(log.frames.count) trame(s)")
            for frame in log.frames {
                Output.line("\n#\(frame.ordinal + 1)  \(frame.at.french)")
                let bytes = frame.bytes ?? []
                if hex { for line in ByteView.dump(bytes) { Output.line("  " + line) } }
                Output.line("  " + ByteView.readable(bytes))
            }
            for message in log.messages {
                let outcome = MessagesCommand.word(message.outcome)
                Output.line("\nmessage \(message.id)\(message.complete ? "" : ", incomplet") : \(outcome)")
                for line in RecordView.lines(message.text ?? "") { Output.line("  " + line) }
            }
        }
    }

    struct Replay: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Relire ce qui attend en triage d'un message, après un changement de pilote ou de catalogue.",
            discussion: "Ce qui trouve sa place sort du triage, une seule fois ; le reste y demeure.")
        @OptionGroup var listing: Listing
        @Argument(help: "Message (voir « paillasse triage list »).") var message: String
        @Option(help: "Motif.") var reason: String

        func run() async throws {
            let made = try await listing.client().replay(message, reason: reason)
            if listing.json { return try Output.json(made) }
            Output.prose(
                "\(made.observations) résultat(s) et \(made.controls) contrôle(s) repris, "
                    + "\(made.waiting) encore en triage")
        }
    }

    struct Capture: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enregistrer les octets d'une ligne dans un fichier (sans serveur).",
            discussion: """
                Répond à l'automate comme un laboratoire et garde chaque octet reçu ; le fichier sert à écrire un \
                pilote (paillasse decode, driver check). Il tient des données de patients : le garder à l'abri. \
                Arrêt : Ctrl-C ; rien de reçu n'est perdu.
                """)
        @Option(
            help: ArgumentHelp(
                "listen:HÔTE:PORT, tcp:HÔTE:PORT ou serial:PÉRIPHÉRIQUE,9600,8N1.", valueName: "ligne"))
        var line: String
        @Option(help: ArgumentHelp("S'arrêter après tant de sessions.", valueName: "n")) var sessions: Int?
        @Argument(help: "Fichier à créer.") var file: String

        func run() async throws {
            Output.complain("capture de \(line) dans \(file) ; arrêt : Ctrl-C")
            let start = ContinuousClock.now
            let tally = try await LineCapture.run(
                line: line, to: file, sessions: sessions,
                now: { Instant(seconds: 0).advanced(by: start.duration(to: .now)) },
                listening: { Output.complain("à l'écoute sur le port \($0)") }, report: { Output.complain($0.french) })
            Output.prose("\(file) : \(tally.french)")
        }
    }
}

extension LineCapture.Tally {
    var french: String { "\(sessions) session(s), \(frames) trame(s), \(refusals) refus, \(bytes) octet(s)" }
}
