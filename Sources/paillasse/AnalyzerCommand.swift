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
            State.self, Pause.self, Resume.self, Reconnect.self, Log.self, Replay.self, Capture.self,
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
            abstract: "Fermer la ligne jusqu'à « resume » (ou au redémarrage) ; l'automate garde ses résultats.")
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

    struct Log: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sessions du journal, ou une session trame par trame.",
            discussion: "Sans session : la liste. Avec : ce qui a été acquitté, décodé ; --hex ajoute les octets.")
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
                let frames = log.frames.flatMap { $0.bytes ?? [] }
                try Output.file([Control.enq] + frames + [Control.eot], at: raw)
                return Output.prose("\(log.frames.count) trame(s) dans \(raw)")
            }
            if listing.json { return try Output.json(log) }
            show(log)
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
                Output.line(message.text ?? "")
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

/// Bytes of a line for people.
enum ByteView {
    private static let names: [UInt8: String] = [
        0x01: "SOH", 0x02: "STX", 0x03: "ETX", 0x04: "EOT", 0x05: "ENQ", 0x06: "ACK", 0x0A: "LF", 0x0B: "VT",
        0x0D: "CR", 0x15: "NAK", 0x17: "ETB", 0x1C: "FS",
    ]

    /// `<STX>1H|\^&…<CR><ETX>5A<CR><LF>`: control characters by name, others that no terminal shows as `<9F>`.
    static func readable(_ bytes: [UInt8]) -> String {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        var out = [UInt8]()
        for byte in bytes {
            if (0x20...0x7E).contains(byte) || (isText && byte >= 0x80) {
                out.append(byte)
            } else {
                out += Array("<\(names[byte] ?? twoDigits(byte))>".utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Sixteen bytes a line: offset, digits, characters.
    static func dump(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            let offset = String(start, radix: 16)
            let digits = row.map(twoDigits).joined(separator: " ")
            let text = row.map { (0x20...0x7E).contains($0) ? String(Unicode.Scalar($0)) : "." }.joined()
            return String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  " + digits
                + String(repeating: " ", count: 3 * (16 - row.count) + 2) + text
        }
    }

    private static func twoDigits(_ byte: UInt8) -> String {
        let text = String(byte, radix: 16, uppercase: true)
        return text.count < 2 ? "0" + text : text
    }
}
