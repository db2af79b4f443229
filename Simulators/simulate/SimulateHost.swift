import AnalyzerSimulator
import ArgumentParser
import Base
import Drivers
import Glibc
import Laboratory
import Lines
import Neighbours

struct SimulateHost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host", abstract: "Le laboratoire, pour mettre un vrai automate au banc d'essai.",
        discussion: """
            Reçoit, acquitte, écrit les octets et les résultats que le pilote y lit ; répond aux demandes d'analyses \
            avec --orders, ou « pas d'information ». Une ligne « download [TUBE…] » sur l'entrée standard envoie des \
            demandes. Arrêt : Ctrl-C.
            """)

    @Option(help: "Le pilote de l'automate.") var driver: String
    @Option(help: "Demandes, en JSON5 : { orders: [{ specimen: \"…\", analyses: [\"NA\"] }] }.") var orders: String?
    @Option(help: "Refuser (NAK, AE) la n-ième trame d'une liaison (répétable).") var nak: [Int] = []
    @Option(help: "Ne plus rien répondre à partir de la n-ième trame.") var silentFrom: Int?
    @Option(help: "Répondre avec ce nombre de secondes de retard.") var lateAck = 0.0
    @Option(help: "Interrompre (EOT) après la n-ième trame (répétable).") var interrupt: [Int] = []
    @Flag(help: "Envoyer toutes les demandes dès que la liaison est ouverte.") var download = false
    @Flag(help: "Ne pas écrire les octets.") var noBytes = false
    @Option(help: "Fichier où écrire le port une fois à l'écoute.") var portFile: String?
    @OptionGroup var lines: LineOptions
    @OptionGroup var options: InstrumentOptions

    func run() async throws {
        let termination = Termination()
        do throws(Refusal) {
            let source = try await LineSource.start(try lines.line(), backOff: BackOff(seed: 1))
            if let port = source.port {
                say("à l'écoute sur le port \(port)")
                if let portFile { try SimulatePFI.write("\(port)\n", to: portFile) }
            }
            let host = try host()
            let (commands, desk) = AsyncStream.makeStream(of: [String].self)
            if download { desk.yield([]) }
            SimulateHost.readCommands(into: desk)
            let logsBytes = !noBytes
            let work = Task {
                await HostPump.run(host, over: source, commands: commands, logsBytes: logsBytes) { say($0) }
            }
            await termination.requested()
            desk.finish()
            await source.stop()
            work.cancel()
            await work.value
        } catch {
            throw fail(error)
        }
    }

    private func host() throws(Refusal) -> HostRun {
        let instrument = try options.instrument(driver)
        var known: [SpecimenOrder] = []
        if let orders { known = try InstrumentFiles.orders(file: orders, now: SteadyClock().now) }
        var mischief = HostMischief()
        mischief.refused = Set(nak)
        mischief.silentFrom = silentFrom
        mischief.delay = .milliseconds(Int64(lateAck * 1000))
        mischief.interrupted = Set(interrupt)
        return HostRun(instrument.driver, orders: known, mischief: mischief)
    }

    /// `download`, `download 26112200017 26112200018`: a thread of its own, since reading blocks.
    private static func readCommands(into desk: AsyncStream<[String]>.Continuation) {
        let reader: @Sendable () -> Void = {
            while let line = readLine() {
                let words = line.split(separator: " ").map { String($0) }
                if words.first == "download" {
                    desk.yield(Array(words.dropFirst()))
                } else if !words.isEmpty {
                    say("commande inconnue → download [TUBE…]")
                }
            }
        }
        inAThread(reader)
    }
}
