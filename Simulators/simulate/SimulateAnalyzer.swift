import AnalyzerSimulator
import ArgumentParser
import Base
import FoundationEssentials
import LIS01
import Lines
import Neighbours

struct SimulateAnalyzer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyzer", abstract: "Un automate, sage ou fautif : celui d'un scénario ou celui d'un pilote.",
        discussion: """
            Avec --scenario, ce que le scénario raconte. Avec --driver, l'automate de ce pilote : ses trames, ses \
            codes, ses unités, des valeurs tirées au sort pour les tubes de --specimens ; avec --orders, il interroge \
            et mesure ce qu'on lui demande. LIS2-A2, HL7 v2 (MLLP) ou texte propre au fabricant, selon le pilote.
            Code 0 quand tout est acquitté, 1 sinon, 2 quand un réglage est refusé.
            """)

    @Option(help: "Scénario JSON5 (voir Simulators/Scenarios).") var scenario: String?
    @Option(help: "L'automate de ce pilote.") var driver: String?
    @Option(help: "Tubes, séparés par des virgules (avec --driver).") var specimens = ""
    @Flag(help: "Interroger pour ces tubes, puis rendre ce qui est demandé (avec --driver).") var orders = false
    @Option(help: "Mise en trames : recordPerFrame, wholeMessage, cut240… (avec --driver ; sinon celle du pilote).")
    var framing: String?
    @Option(help: "Secondes entre deux messages (avec --driver).") var pause = 0.0
    @Option(help: "Secondes à attendre des demandes quand tout est envoyé (avec --driver).") var linger = 0.0
    @Option(help: "Secondes de l'automate en une des nôtres : ses pauses et ses attentes passent plus vite.")
    var timeScale = 1.0
    @Option(help: "Remplacer un numéro d'échantillon : ANCIEN=NOUVEAU (répétable, avec --scenario).")
    var specimen: [String] = []
    @Option(help: "Abandonner après ce nombre de secondes.") var within: Double?
    @Flag(help: "Écrire le compte rendu en JSON.") var json = false
    @OptionGroup var line: LineOptions
    @OptionGroup var faults: FaultOptions
    @OptionGroup var options: InstrumentOptions

    func run() async throws {
        let outcome: InstrumentLine.Outcome
        do throws(Refusal) {
            outcome = try await simulated()
        } catch {
            throw fail(error)
        }
        if json { say(try SimulateAnalyzer.text(of: outcome)) }
        if !outcome.report.isAcknowledged, !(outcome.report.sessions.isEmpty && linger > 0) {
            if !json { say("\(outcome.report.scenario) : tout n'est pas acquitté") }
            throw ExitCode(1)
        }
    }

    private var limit: Duration? { within.map { Duration.milliseconds(Int64($0 * 1000)) } }

    private func simulated() async throws(Refusal) -> InstrumentLine.Outcome {
        guard (scenario == nil) != (driver == nil) else {
            throw Refusal(
                "simulate.option", because: "un automate est celui d'un scénario ou celui d'un pilote",
                remedy: "donner --scenario ou --driver")
        }
        guard (0.01...100_000).contains(timeScale) else {
            throw Refusal(
                "simulate.option", at: "--time-scale", because: "échelle de temps impossible", remedy: "écrire 60")
        }
        var ears = AnalyzerPump.Ears()
        if !json { ears.settled = { say(SimulateAnalyzer.line(of: $0)) } }
        let heard = ears
        if let driver { return try await played(driver, heard) }
        let analyzer = try scripted(scenario ?? "")
        let source = try await start()
        let done = await AnalyzerPump.run(
            analyzer, over: source, within: limit, timeScale: timeScale, ears: heard)
        return InstrumentLine.Outcome(report: try await ended(done.report, source), drawn: [])
    }

    private func start() async throws(Refusal) -> LineSource {
        try await LineSource.start(
            try line.line(), backOff: BackOff(first: .milliseconds(100), limit: .seconds(2), seed: faults.seed))
    }

    private func ended(_ report: AnalyzerReport, _ source: LineSource) async throws(Refusal) -> AnalyzerReport {
        if report.sessions.isEmpty, let failure = source.lastFailure { throw failure }
        await source.stop()
        return report
    }

    private func scripted(_ scenario: String) throws(Refusal) -> AnalyzerRun {
        var story = try AnalyzerScenario.read(try read(scenario), at: scenario)
        story.rates.merge(try faults.rates()) { $1 }
        let folder = scenario.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        var transcripts: [String: [UInt8]] = [:]
        for name in story.transcripts {
            transcripts[name] = try read(name.hasPrefix("/") || folder.isEmpty ? name : folder + "/" + name)
        }
        return try AnalyzerRun(
            story, transcripts: transcripts, specimens: try renamed(), seed: faults.seed, at: SteadyClock().now)
    }

    private func played(_ driver: String, _ ears: AnalyzerPump.Ears) async throws(Refusal) -> InstrumentLine.Outcome {
        var line = InstrumentLine(try options.instrument(driver))
        line.specimens = specimens.split(separator: ",").map { String($0) }
        line.asksForOrders = orders
        line.rates = try faults.rates()
        line.seed = faults.seed
        line.sends = 10
        line.pause = .milliseconds(Int64(pause * 1000))
        line.linger = .milliseconds(Int64(linger * 1000))
        line.timeScale = timeScale
        if let framing {
            guard let policy = FramePolicy(framing) else {
                throw Refusal(
                    "simulate.option", at: "--framing", because: "« \(framing) » n'est pas une mise en trames",
                    remedy: "recordPerFrame, recordPerIntermediateFrame, wholeMessage, cut240")
            }
            line.framing = policy
        }
        let source = try await start()
        let outcome = try await line.run(over: source, within: limit, ears: ears)
        return InstrumentLine.Outcome(report: try await ended(outcome.report, source), drawn: outcome.drawn)
    }

    private func renamed() throws(Refusal) -> [String: String] {
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
        let drawn: [Drawn]
    }
    private struct Drawn: Encodable {
        let specimen, code, value, unit: String
    }

    private static func text(of outcome: InstrumentLine.Outcome) throws -> String {
        let report = outcome.report
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let printed = Printed(
            scenario: report.scenario, seed: report.seed, acknowledged: report.isAcknowledged,
            linesLost: report.linesLost, sessions: report.sessions,
            received: report.received.map { String(decoding: $0, as: UTF8.self) },
            drawn: outcome.drawn.map { Drawn(specimen: $0.specimen, code: $0.code, value: $0.value, unit: $0.unit) })
        return String(decoding: try encoder.encode(printed), as: UTF8.self)
    }
}
