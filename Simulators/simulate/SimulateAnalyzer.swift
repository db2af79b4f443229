import AnalyzerSimulator
import ArgumentParser
import Base
import FoundationEssentials
import LIS01
import Lines
import Neighbours

struct SimulateAnalyzer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyzer", abstract: "Un automate, sage ou fautif, tel que le décrit un scénario.",
        discussion: "Code 0 quand tout est acquitté, 1 sinon, 2 quand un réglage est refusé.")

    @Option(help: "Scénario JSON5 (voir Simulators/Scenarios).") var scenario: String
    @Option(help: "Se connecter à HOTE:PORT.") var tcp: String?
    @Option(help: "Ouvrir ce port série : CHEMIN[,9600,8N1[,rtscts]].") var serial: String?
    @Option(help: "Attendre la connexion sur ce port de 127.0.0.1.") var listen: Int?
    @Option(help: "Créer un pseudo-terminal et le lien de ce nom vers l'autre bout.") var pty: String?
    @Option(help: "Graine des fautes tirées au sort.") var seed: UInt64 = 1
    @Option(help: "Remplacer un numéro d'échantillon : ANCIEN=NOUVEAU (répétable).") var specimen: [String] = []
    @Option(help: "Abandonner après ce nombre de secondes.") var within: Double?
    @Flag(help: "Écrire le compte rendu en JSON.") var json = false

    func run() async throws {
        let report: AnalyzerReport
        do throws(Refusal) {
            report = try await simulated()
        } catch {
            throw fail(error)
        }
        if json { say(try SimulateAnalyzer.text(of: report)) }
        if !report.isAcknowledged {
            if !json { say("\(report.scenario) : tout n'est pas acquitté") }
            throw ExitCode(1)
        }
    }

    private func simulated() async throws(Refusal) -> AnalyzerReport {
        let story = try AnalyzerScenario.read(try read(scenario), at: scenario)
        let folder = scenario.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        var transcripts: [String: [UInt8]] = [:]
        for name in story.transcripts {
            transcripts[name] = try read(name.hasPrefix("/") || folder.isEmpty ? name : folder + "/" + name)
        }
        let analyzer = try AnalyzerRun(
            story, transcripts: transcripts, specimens: try specimens(), seed: seed, at: SteadyClock().now)
        let source = try await LineSource.start(
            try line(), backOff: BackOff(first: .milliseconds(100), limit: .seconds(2), seed: seed))
        let quiet = json
        let limit = within.map { Duration.milliseconds(Int64($0 * 1000)) }
        let report = await AnalyzerPump.run(analyzer, over: source, within: limit) { session in
            if !quiet { say(SimulateAnalyzer.line(of: session)) }
        }
        if report.sessions.isEmpty, let failure = source.lastFailure { throw failure }
        await source.stop()
        return report
    }

    private func line() throws(Refusal) -> LineDescription {
        let given = [
            tcp.map { "tcp:" + $0 }, serial.map { "serial:" + $0 }, listen.map { "listen:127.0.0.1:\($0)" },
            pty.map { "pty:" + $0 },
        ].compactMap { $0 }
        guard given.count == 1 else {
            throw Refusal(
                "simulate.option", because: "il faut une ligne et une seule",
                remedy: "donner --tcp, --serial, --listen ou --pty")
        }
        return try LineDescription(given[0])
    }

    private func specimens() throws(Refusal) -> [String: String] {
        var map: [String: String] = [:]
        for text in specimen {
            let parts = text.split(separator: "=", maxSplits: 1).map { String($0) }
            guard parts.count == 2 else {
                throw Refusal(
                    "simulate.option", at: "--specimen", because: "substitution illisible",
                    remedy: "écrire ANCIEN=NOUVEAU")
            }
            map[parts[0]] = parts[1]
        }
        return map
    }

    /// `chimie.astm : 1 message, 7 trames, 8 envoyées (1 refusée), faute corrupt × 1, acquitté en 12 ms`
    private static func line(of session: SessionReport) -> String {
        var parts = ["\(session.messages) message(s)", "\(session.frames) trames, \(session.framesSent) envoyées"]
        if session.refusals > 0 { parts.append("\(session.refusals) refusée(s) et renvoyée(s)") }
        parts += session.faults.sorted { $0.key < $1.key }.map { "faute \($0.key) × \($0.value)" }
        if session.answers > 0 { parts.append("\(session.answers) réponse(s) reçue(s)") }
        let failure = session.failure.map { " (\($0.rawValue))" } ?? ""
        parts.append(session.acknowledged ? "acquitté en \(session.milliseconds) ms" : "NON ACQUITTÉ" + failure)
        return session.name + " : " + parts.joined(separator: ", ")
    }

    private struct Printed: Encodable {
        let scenario: String
        let seed: UInt64
        let acknowledged: Bool
        let linesLost: Int
        let sessions: [SessionReport]
        let received: [String]
    }

    private static func text(of report: AnalyzerReport) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let printed = Printed(
            scenario: report.scenario, seed: report.seed, acknowledged: report.isAcknowledged,
            linesLost: report.linesLost, sessions: report.sessions,
            received: report.received.map { String(decoding: $0, as: UTF8.self) })
        return String(decoding: try encoder.encode(printed), as: UTF8.self)
    }
}
