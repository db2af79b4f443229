import ArgumentParser
import Base
import FoundationEssentials
import Lines
import Neighbours

struct SimulatePFI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pfi", abstract: "Plateforme d'intermédiation : reçoit ORU et MDM, répond, envoie les ZAM.",
        discussion: """
            Sous le dossier, « bout » tient ce que le DMP et les boîtes auraient : dmp/MATRICULE (documents et \
            registre.tsv) et mss/ADRESSE (documents et courriels.tsv) ; « refused », ce qui eut AE ou AR.
            """)

    @Option(help: "Port d'écoute (0 : au choix du système).") var listen = 0
    @Option(help: "Adresse d'écoute.") var host = "127.0.0.1"
    @Option(help: "Fichier où écrire le port une fois à l'écoute.") var portFile: String?
    @Option(help: "Dossier des messages reçus, un fichier par message.") var folder: String
    @Option(help: "Où envoyer les ZAM : HOTE:PORT du SGL, ou le fichier ports.json qu'il écrit en démarrant.")
    var zam: String?
    @Option(help: "Scénario JSON5 (voir Simulators/Scenarios) ; il l'emporte sur les trois options qui suivent.")
    var scenario: String?
    @Option(help: "Réponses, la dernière restant : AA, AE, AR, silence, lostAnswer, hangUp, late, twice, halfAnswer.")
    var policy = "AA"
    @Option(help: "Ce que disent les ZAM : ok, dmpClosed, mailboxFull, read, unreadable, none.") var outcome = "ok"
    @Option(help: "Secondes entre l'AA et le premier ZAM.") var zamDelay = 0.2
    @OptionGroup var tls: TLSOptions
    @Flag(help: "Ne rien écrire par message.") var quiet = false

    func run() async throws {
        let termination = Termination()
        do throws(Refusal) {
            let pfi = try await start()
            if let portFile { try SimulatePFI.write(String(pfi.port) + "\n", to: portFile) }
            say("PFI à l'écoute sur \(host):\(pfi.port), messages dans \(folder)")
            let silent = quiet
            let serving = Task { await pfi.run { line in if !silent { say(line) } } }
            await termination.requested()
            await pfi.stop()
            serving.cancel()
            await serving.value
            let t = pfi.tally
            say(
                "reçus \(t.received), gardés \(t.stored), en double \(t.duplicates), AE \(t.answeredAE), "
                    + "AR \(t.answeredAR), ZAM acceptés \(t.zamAccepted), en attente \(t.zamPending)")
        } catch {
            throw fail(error)
        }
    }

    private struct Ports: Decodable { var zam: Int? }

    /// The SGL's port for ZAM, as it wrote it; nil while it is not up.
    private static func listeningPort(in path: String) -> Int? {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return nil }
        return (try? JSONDecoder().decode(Ports.self, from: data))?.zam
    }

    private func start() async throws(Refusal) -> PFISimulator {
        let rules = try rules()
        var peer: (@Sendable () -> (host: String, port: Int)?)?
        if let zam {
            if let (host, port) = LineDescription.hostAndPort(zam) {
                peer = { (host, port) }
            } else if zam.hasSuffix(".json") {
                peer = { SimulatePFI.listeningPort(in: zam).map { ("127.0.0.1", $0) } }
            } else {
                throw Refusal(
                    "simulate.option", at: "--zam", because: "adresse illisible",
                    remedy: "écrire HOTE:PORT, ou le chemin d'un ports.json")
            }
        }
        return try await PFISimulator.start(
            host: host, port: listen, folder: folder, zam: peer, policy: rules, armour: try tls.armour(listening: true),
            zamArmour: tls.zamTls ? try tls.armour(listening: false) : nil)
    }

    private func rules() throws(Refusal) -> PFIPolicy {
        if let scenario { return try PFIPolicy(json5: try read(scenario), at: scenario) }
        var rules = try PFIPolicy(policy)
        guard let outcome = BusinessOutcome(rawValue: outcome), (0...3600).contains(zamDelay) else {
            throw Refusal(
                "simulate.option", at: "--outcome, --zam-delay", because: "valeur non admise",
                remedy: "écrire ok, dmpClosed, mailboxFull, read, unreadable ou none, et un délai en secondes")
        }
        rules.outcome = outcome
        rules.zamDelay = .milliseconds(Int64(zamDelay * 1000))
        return rules
    }

    /// The file appears whole: a reader that waits for it never sees half of it.
    static func write(_ text: String, to path: String) throws(Refusal) {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw Refusal("simulate.file", at: path, because: "écriture impossible", remedy: "choisir un autre chemin")
        }
    }
}
