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

    /// A driver by its name, or by its folder; it need not be whole.
    func driver(_ text: String) throws(Refusal) -> DriverFolder {
        let clean = text.hasSuffix("/") ? String(text.dropLast()) : text
        var path = clean
        if !clean.contains("/") {
            let named = (try? folder).map { "\($0)/\(clean)" } ?? clean
            if FileManager.default.fileExists(atPath: named) { path = named }
        }
        guard FileManager.default.fileExists(atPath: path) else {
            throw Refusal(
                "driver.unknown", at: clean, because: "aucun pilote de ce nom, aucun dossier à ce chemin",
                remedy: "paillasse driver list, ou donner --drivers DOSSIER")
        }
        return try DataFiles.driver(path, name: (path as NSString).lastPathComponent)
    }

    /// Where a driver's folder is, by its name or its path.
    func path(of text: String) throws(Refusal) -> String {
        let clean = text.hasSuffix("/") ? String(text.dropLast()) : text
        return clean.contains("/") ? clean : "\(try folder)/\(clean)"
    }
}

struct DriverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "driver", abstract: "Pilotes d'automates (sans serveur).",
        discussion: """
            D'une session enregistrée (analyzer capture) à un pilote en service : new, compléter driver.json5, try \
            --keep, check, puis le nommer dans la configuration et analyzer reload.
            """,
        subcommands: [New.self, Try.self, Check.self, List.self])

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lister les pilotes.")
        @OptionGroup var options: DriverOptions
        @Flag(help: "Écrire du JSON au lieu d'un tableau.") var json = false

        private struct Line: Encodable {
            var name: String
            var maker: String
            var model: String
            var transports: [String]
            var transcripts: Int
            var codes: Int
            var summary: String
        }

        func run() throws {
            let folders = try DataFiles.drivers(try options.folder)
            let library = try DriverLibrary.load(folders: folders)
            let lines = library.drivers.map { driver in
                let folder = folders.first { $0.name == driver.name }
                return Line(
                    name: driver.name, maker: driver.description.maker, model: driver.description.model,
                    transports: driver.description.transports.map(\.rawValue),
                    transcripts: folder.map { DriverLint.transcripts(of: $0).count } ?? 0,
                    codes: driver.description.codes.count, summary: driver.description.summary)
            }
            if json { return try Output.json(lines) }
            var table = Table("PILOTE", "*FABRICANT", "*MODÈLE", "*LIAISONS", "#TRANSCRIPTIONS", "#CODES", "*RÉSUMÉ")
            for line in lines {
                table.add(
                    line.name, line.maker, line.model, line.transports.joined(separator: ", "),
                    String(line.transcripts), String(line.codes), line.summary)
            }
            Output.table(table, empty: "aucun pilote")
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Vérifier des pilotes contre leurs propres transcriptions ; code de sortie 1 s'il y a un défaut.",
            discussion: "Pour les pilotes nommés, dit aussi ce qui manque encore ; cela n'empêche pas de s'en servir.")
        @OptionGroup var options: DriverOptions
        @Flag(help: "Écrire du JSON au lieu de phrases.") var json = false
        @Argument(help: "Pilotes, par leur nom ou leur dossier ; tous par défaut.") var folders: [String] = []

        private struct Verdict: Encodable {
            var driver: String
            var defects: [String]
            var missing: [String]
        }

        func run() throws {
            let chosen =
                try folders.isEmpty
                ? DataFiles.drivers(try options.folder) : folders.map { try options.driver($0) }
            let verdicts = chosen.map { folder in
                Verdict(
                    driver: folder.name,
                    defects: DriverLint.check(folder).map(\.description),
                    missing: folders.isEmpty ? [] : DriverLint.missing(in: folder).map(\.description))
            }
            let defects = verdicts.map(\.defects.count).reduce(0, +)
            if json {
                try Output.json(verdicts)
            } else {
                for verdict in verdicts {
                    for defect in verdict.defects { Output.complain(defect) }
                    for missing in verdict.missing { Output.prose("manque : \(missing)") }
                }
                Output.prose("\(chosen.count) pilote(s) vérifié(s), \(defects) défaut(s)")
            }
            if defects > 0 { throw Ended(outcome: .refused) }
        }
    }
}
