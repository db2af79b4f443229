import AnalyzerSimulator
import ArgumentParser
import Base
import Lines
import Neighbours

/// Where drivers and catalogue are.
struct InstrumentOptions: ParsableArguments {
    @Option(help: "Dossier des pilotes.") var drivers = "Drivers"
    @Option(help: "Dossier du catalogue (intervalles, unités) ; « aucun » : les seuls codes des transcriptions.")
    var catalogue = "Catalog"

    func instrument(_ name: String) throws(Refusal) -> Instrument {
        try InstrumentFiles.instrument(name, drivers: drivers, catalogue: catalogue == "aucun" ? nil : catalogue)
    }
}

/// Faults drawn for each frame.
struct FaultOptions: ParsableArguments {
    @Option(
        help: """
            Faute et sa probabilité pour chaque trame, FAUTE=0.01 (répétable) : corrupt, drop, delay, duplicate, \
            split, contention, vanish, loseReply, noise.
            """)
    var fault: [String] = []
    @Option(help: "Graine des tirages : mêmes valeurs, mêmes fautes.") var seed: UInt64 = 1

    func rates() throws(Refusal) -> [WireFault: Double] {
        var rates: [WireFault: Double] = [:]
        for text in fault {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let fault = WireFault(rawValue: String(parts[0])), let rate = Double(parts[1]),
                (0...1).contains(rate)
            else {
                throw Refusal(
                    "simulate.option", at: "--fault", because: "« \(text) » n'est pas une faute et sa probabilité",
                    remedy: "fautes : " + WireFault.allCases.map(\.rawValue).joined(separator: ", "))
            }
            rates[fault] = rate
        }
        return rates
    }
}

/// The one line of a simulated neighbour.
struct LineOptions: ParsableArguments {
    @Option(help: "Se connecter à HOTE:PORT.") var tcp: String?
    @Option(help: "Ouvrir ce port série : CHEMIN[,9600,8N1[,rtscts]].") var serial: String?
    @Option(help: "Attendre la connexion sur ce port de 127.0.0.1, ou sur HOTE:PORT.") var listen: String?
    @Option(help: "Créer un pseudo-terminal et le lien de ce nom vers l'autre bout.") var pty: String?

    func line() throws(Refusal) -> LineDescription {
        let given = [
            tcp.map { "tcp:" + $0 }, serial.map { "serial:" + $0 },
            listen.map { "listen:" + ($0.contains(":") ? $0 : "127.0.0.1:" + $0) }, pty.map { "pty:" + $0 },
        ].compactMap { $0 }
        guard given.count == 1 else {
            throw Refusal(
                "simulate.option", because: "il faut une ligne et une seule",
                remedy: "donner --tcp, --serial, --listen ou --pty")
        }
        return try LineDescription(given[0])
    }
}
