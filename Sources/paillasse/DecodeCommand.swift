import ArgumentParser
import Base
import Drivers
import Foundation
import LIS01
import Laboratory
import Server

struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Décoder les octets d'une session d'automate (sans serveur).",
        discussion: """
            Le fichier tient ce qui est passé sur la ligne (trames) ou des enregistrements nus. Sans --driver, le \
            pilote est celui qui reconnaît l'émetteur (H.5), à défaut \(DriverLibrary.genericName) ; \
            --driver \(DriverLibrary.genericName) lit selon la norme seule, quel que soit l'émetteur.
            """)

    @Option(help: ArgumentHelp("Pilote à employer ; celui de l'émetteur par défaut.", valueName: "nom"))
    var driver: String?
    @OptionGroup var options: DriverOptions
    @Flag(help: "Écrire du JSON au lieu d'un résumé.") var json = false
    @Argument(help: "Fichier de la session.") var file: String

    func run() throws {
        let folder = try options.folder
        let bytes = try DataFiles.bytes(file)
        let chosen = try chosen(for: bytes, in: folder)
        let name = (file as NSString).lastPathComponent
        let session = SessionDecoder.decode(bytes: bytes, driver: chosen, file: name)
        if json { Output.line(session.json()) } else { table(session, chosen) }
        complain(of: bytes, chosen)
        guard session.messageCount > 0, session.isMeaningful else {
            throw Refusal(
                "decode.nothing", at: name, because: "aucun message lisible dans ce fichier",
                remedy: "vérifier que c'est une session d'automate, ou donner un autre pilote (--driver)")
        }
    }

    /// What is wrong with the session, on standard error: the understood part stays clean on standard output.
    private func complain(of bytes: [UInt8], _ driver: Driver) {
        if driver.description.dialect == .lis2 {
            let reading = SessionReader.read(bytes)
            for defect in reading.defects {
                Output.complain("trame \(defect.frame) : écart à la norme \(defect.deviation.rawValue)")
            }
            if reading.doubtfulFrames > 0 {
                Output.complain(
                    "\(reading.doubtfulFrames) trame(s) qu'une vraie ligne aurait refusée(s) → vérifier la capture"
                )
            }
            for (rank, message) in reading.messages.enumerated() where !message.isComplete {
                Output.complain("message \(rank + 1) : incomplet, sans enregistrement L → l'automate le renverrait")
            }
        }
        for (rank, reading) in SessionDecoder.readings(in: bytes, driver: driver).enumerated() {
            for refusal in reading.problems + reading.leftOver {
                Output.complain("message \(rank + 1) : \(refusal)")
            }
        }
    }

    private func table(_ session: DecodedSession, _ chosen: Driver) {
        Output.prose("\(session.instrument) : \(session.messageCount) message(s), pilote \(chosen.name)")
        var table = Table("#MESSAGE", "TUBE", "CODE", "#VALEUR", "UNITÉ", "DRAPEAU", "STATUT", "FIN")
        for (number, message) in session.messages.enumerated() {
            for order in message.patients.flatMap(\.orders) {
                for row in order.results where row.count == 6 {
                    table.add(String(number + 1), order.specimen, row[0], row[1], row[2], row[3], row[4], row[5])
                }
            }
        }
        Output.table(table, empty: "aucun résultat")
    }

    private func chosen(for bytes: [UInt8], in folder: String) throws -> Driver {
        guard let driver else {
            let library = try DriverLibrary.load(folders: try DataFiles.drivers(folder))
            if let found = library.driver(recognising: bytes) { return found }
            throw Refusal(
                "driver.unknown", at: DriverLibrary.genericName, because: "aucun pilote de ce nom dans \(folder)",
                remedy: "donner --driver NOM")
        }
        guard !driver.contains("/"), FileManager.default.fileExists(atPath: "\(folder)/\(driver)") else {
            throw Refusal(
                "driver.unknown", at: driver, because: "aucun pilote de ce nom dans \(folder)",
                remedy: "paillasse driver list --drivers \(folder)")
        }
        return try DriverLibrary.load(folders: [try DataFiles.driver("\(folder)/\(driver)", name: driver)])
            .driver(named: driver)
    }
}
