import AnalyzerSimulator
import ArgumentParser
import Base
import FoundationEssentials
import Lines
import Neighbours

struct SimulateLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Beaucoup d'automates à la fois sur un serveur en marche.",
        discussion: """
            Chaque automate a sa ligne. Leurs ports sont ceux de --ports (le fichier ports.json que le serveur écrit \
            en démarrant), ou se suivent à partir de --tcp. --configuration écrit la liste « analyzers » qu'il faut \
            au serveur, et s'arrête. Code 0 quand tout est acquitté, 1 sinon, 2 quand un réglage est refusé.
            """)

    @Option(help: "Combien d'automates.") var analyzers = 200
    @Option(help: "Messages par seconde, tous automates ensemble ; sans elle, aussi vite qu'ils sont acquittés.")
    var rate: Double?
    @Option(help: "Messages de chaque automate.") var messages: Int?
    @Option(help: "Durée voulue en secondes : avec --rate, elle donne le nombre de messages.") var duration: Double?
    @Option(help: "Premier port : HOTE:PORT, les suivants à la suite.") var tcp: String?
    @Option(help: "Fichier ports.json du serveur.") var ports: String?
    @Option(help: "Le pilote, le même pour tous.") var driver = "generic-lis2a2"
    @Option(help: "Début du numéro des tubes.") var prefix = "T"
    @Option(help: "Abandonner après ce nombre de secondes.") var within: Double?
    @Flag(help: "Écrire la liste « analyzers » de la configuration du serveur, et s'arrêter.") var configuration = false
    @Flag(help: "Écrire le compte rendu en JSON.") var json = false
    @OptionGroup var faults: FaultOptions
    @OptionGroup var options: InstrumentOptions

    func run() async throws {
        let outcome: LoadRun.Outcome
        do throws(Refusal) {
            let lines = try lines()
            if configuration { return say(SimulateLoad.configuration(of: lines, driver)) }
            var load = LoadRun(try options.instrument(driver), lines: lines)
            load.rate = rate
            load.messages = try count()
            load.rates = try faults.rates()
            load.seed = faults.seed
            load.prefix = prefix
            load.limit = within.map { Duration.milliseconds(Int64($0 * 1000)) }
            outcome = try await load.run()
        } catch {
            throw fail(error)
        }
        say(json ? try SimulateLoad.json(outcome) : SimulateLoad.text(outcome))
        if outcome.failed > 0 { throw ExitCode(1) }
    }

    /// Messages of each analyzer.
    private func count() throws(Refusal) -> Int {
        if let messages { return max(1, messages) }
        guard let duration else { return 10 }
        guard let rate else {
            throw Refusal(
                "simulate.option", at: "--duration", because: "une durée sans débit ne dit pas combien envoyer",
                remedy: "donner --rate, ou --messages")
        }
        return max(1, Int((rate * duration / Double(max(1, analyzers))).rounded()))
    }

    private func lines() throws(Refusal) -> [LineDescription] {
        if let ports {
            struct Ports: Decodable { var analyzers: [String: Int] }
            guard let found = try? JSONDecoder().decode(Ports.self, from: Data(try read(ports))) else {
                throw Refusal(
                    "simulate.ports", at: ports, because: "ce n'est pas le ports.json d'un serveur",
                    remedy: "donner celui du dossier « data » du serveur")
            }
            let all = found.analyzers.sorted { $0.key < $1.key }.map(\.value)
            guard all.count >= analyzers else {
                throw Refusal(
                    "simulate.ports", at: ports, because: "le serveur n'attend que \(all.count) automates",
                    remedy: "réduire --analyzers, ou en décrire davantage (voir --configuration)")
            }
            return all.prefix(analyzers).map { .tcpClient(host: "127.0.0.1", port: $0) }
        }
        guard let tcp, let (host, first) = LineDescription.hostAndPort(tcp), first + analyzers <= 65_536 else {
            throw Refusal(
                "simulate.option", because: "où se connecter ?", remedy: "donner --tcp HOTE:PORT ou --ports FICHIER")
        }
        return (0..<max(1, analyzers)).map { .tcpClient(host: host, port: first + $0) }
    }

    private static func configuration(of lines: [LineDescription], _ driver: String) -> String {
        let rows = lines.enumerated().map { number, line in
            guard case .tcpClient(let host, let port) = line else { return "" }
            return
                "  { name: \"charge\(number)\", site: \"A\", driver: \"\(driver)\", line: \"listen:\(host):\(port)\" },"
        }
        return "analyzers: [\n" + rows.joined(separator: "\n") + "\n],"
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }

    static func text(_ outcome: LoadRun.Outcome) -> String {
        func number(_ value: Double) -> String {
            let whole = Int((value * 100).rounded())
            return "\(whole / 100),\(padded(whole % 100, 2))"
        }
        var lines = [
            "\(outcome.analyzers) automates : \(outcome.acknowledged) messages acquittés sur \(outcome.messages), "
                + "en \(number(outcome.elapsed / .seconds(1))) s",
            "  \(number(outcome.messagesPerSecond)) messages/s, \(outcome.framesSent) trames",
            "  ACK : p50 \(number(milliseconds(outcome.latency(0.5)))) ms, "
                + "p99 \(number(milliseconds(outcome.latency(0.99)))) ms",
            "  échecs \(outcome.failed), trames renvoyées \(outcome.resentFrames), "
                + "sessions recommencées \(outcome.resentSessions), lignes perdues \(outcome.linesLost)",
        ]
        if !outcome.faults.isEmpty {
            let faults = outcome.faults.sorted { $0.key < $1.key }.map { "\($0.key) × \($0.value)" }
            lines.append("  fautes : " + faults.joined(separator: ", "))
        }
        return lines.joined(separator: "\n")
    }

    private struct Printed: Encodable {
        let analyzers, messages, acknowledged, failed, frames, resentFrames, resentSessions, linesLost: Int
        let seconds, messagesPerSecond, ackP50Milliseconds, ackP99Milliseconds: Double
        let faults: [String: Int]
    }

    private static func json(_ outcome: LoadRun.Outcome) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let printed = Printed(
            analyzers: outcome.analyzers, messages: outcome.messages, acknowledged: outcome.acknowledged,
            failed: outcome.failed, frames: outcome.framesSent, resentFrames: outcome.resentFrames,
            resentSessions: outcome.resentSessions, linesLost: outcome.linesLost,
            seconds: outcome.elapsed / .seconds(1), messagesPerSecond: outcome.messagesPerSecond,
            ackP50Milliseconds: milliseconds(outcome.latency(0.5)),
            ackP99Milliseconds: milliseconds(outcome.latency(0.99)), faults: outcome.faults)
        return String(decoding: try encoder.encode(printed), as: UTF8.self)
    }
}
