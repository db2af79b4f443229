import ArgumentParser
import Base
import Drivers
import Foundation
import Server

/// Where drivers are: `--drivers`, else `PAILLASSE_DRIVERS`, else `Drivers` here or above the program.
struct DriverOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Dossier des pilotes.", valueName: "dossier")) var drivers: String?

    var folder: String {
        get throws(Refusal) {
            if let drivers { return drivers }
            if let named = ProcessInfo.processInfo.environment["PAILLASSE_DRIVERS"], !named.isEmpty { return named }
            var candidates = ["Drivers"]
            let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
            var above = (program as NSString).deletingLastPathComponent
            while above.count > 1 {
                candidates.append(above + "/Drivers")
                above = (above as NSString).deletingLastPathComponent
            }
            for folder in candidates
            where FileManager.default.fileExists(atPath: "\(folder)/\(DriverLibrary.genericName)/driver.json5") {
                return folder
            }
            throw Refusal(
                "driver.folder", because: "aucun dossier de pilotes trouvé", remedy: "donner --drivers DOSSIER")
        }
    }
}

struct DriverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "driver", abstract: "Pilotes d'automates (sans serveur).", subcommands: [List.self, Check.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister les pilotes.")
        @OptionGroup var options: DriverOptions
        @Flag(help: "Écrire du JSON au lieu d'un tableau.") var json = false

        private struct Line: Encodable {
            var name: String
            var maker: String
            var model: String
            var summary: String
            var codes: Int
        }

        func run() throws {
            let library = try DriverLibrary.load(folders: try DataFiles.drivers(try options.folder))
            let lines = library.drivers.map { driver in
                Line(
                    name: driver.name, maker: driver.description.maker, model: driver.description.model,
                    summary: driver.description.summary, codes: driver.description.codes.count)
            }
            if json { return try Output.json(lines) }
            var table = Table("PILOTE", "*FABRICANT", "*MODÈLE", "#CODES", "*RÉSUMÉ")
            for line in lines { table.add(line.name, line.maker, line.model, String(line.codes), line.summary) }
            Output.table(table, empty: "aucun pilote")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Vérifier des pilotes contre leurs propres transcriptions ; code de sortie 1 s'il y a un défaut.")
        @OptionGroup var options: DriverOptions
        @Argument(help: "Dossiers de pilotes ; tous par défaut.") var folders: [String] = []

        func run() throws {
            var chosen = [DriverFolder]()
            for path in folders {
                let clean = path.hasSuffix("/") ? String(path.dropLast()) : path
                chosen.append(try DataFiles.driver(clean, name: (clean as NSString).lastPathComponent))
            }
            if folders.isEmpty { chosen = try DataFiles.drivers(try options.folder) }
            var defects = 0
            for folder in chosen {
                let findings = DriverLint.check(folder)
                defects += findings.count
                for finding in findings { Output.complain("\(folder.name)/\(finding.description)") }
            }
            Output.prose("\(chosen.count) pilote(s) vérifié(s), \(defects) défaut(s)")
            if defects > 0 { throw Ended(outcome: .refused) }
        }
    }
}
