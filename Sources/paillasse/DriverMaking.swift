import ArgumentParser
import Base
import Drivers
import Foundation
import Laboratory
import Server

extension DriverCommand {
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Proposer un pilote à partir d'une session enregistrée.",
            discussion: """
                Lit le fichier (analyzer capture en enregistre un) et écrit un dossier : driver.json5, README.md et la \
                session comme transcription. Aucun code n'est rattaché : c'est à une personne de le faire.
                """)
        @OptionGroup var options: DriverOptions
        @Option(help: ArgumentHelp("Fabricant.", valueName: "nom")) var maker = ""
        @Option(help: ArgumentHelp("Modèle.", valueName: "nom")) var model = ""
        @Argument(help: "Nom du pilote, fabricant-modele ; ou chemin de son dossier à créer.") var name: String
        @Argument(help: "Fichier de la session.") var file: String

        func run() throws {
            let folder = try options.path(of: name)
            guard !FileManager.default.fileExists(atPath: folder) else {
                throw Refusal(
                    "driver.exists", at: folder, because: "ce dossier existe déjà", remedy: "choisir un autre nom")
            }
            let draft = try DriverDraft.propose(
                from: try DataFiles.bytes(file), name: (folder as NSString).lastPathComponent, maker: maker,
                model: model)
            let findings = DriverLint.check(draft.folder).filter { $0.code == "driver.name" }
            if let finding = findings.first { throw finding }
            for (path, bytes) in draft.folder.files.sorted(by: { $0.key < $1.key }) {
                try DriverCommand.write(bytes, to: "\(folder)/\(path)")
            }
            Output.prose("ébauche écrite dans \(folder)")
            for remark in draft.remarks { Output.prose("- \(remark)") }
            Output.prose("ensuite : compléter \(folder)/driver.json5, puis « paillasse driver try »")
        }
    }

    struct Try: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Faire lire une session par un pilote, et dire ce qu'il comprend et ce qui lui manque.",
            discussion: "Le pilote peut être en chantier. Code de sortie 1 si rien n'est compris.")
        @OptionGroup var options: DriverOptions
        @Option(help: ArgumentHelp("Pilote, par son nom ou son dossier.", valueName: "nom")) var driver: String?
        @Option(
            help: ArgumentHelp(
                "Garder la session et ce qui en est compris comme transcription du pilote ; à relire avant.",
                valueName: "nom"))
        var keep: String?
        @Flag(help: "Écrire du JSON au lieu de phrases.") var json = false
        @Argument(help: "Fichier de la session.") var file: String

        func run() throws {
            let bytes = try DataFiles.bytes(file)
            let (driver, place) = try chosen(for: bytes)
            let trial = DriverTrial(bytes, driver: driver)
            let words = TrialWords(trial)
            if json { try Output.json(words) } else { words.show(driver.name) }
            guard trial.session.messageCount > 0 else { throw Ended(outcome: .refused) }
            if let keep { try store(keep, bytes, driver, at: place) }
        }

        private func store(_ name: String, _ bytes: [UInt8], _ driver: Driver, at place: String) throws(Refusal) {
            let end =
                switch driver.description.dialect {
                case .lis2: ".astm"
                case .hl7: ".hl7"
                case .text: ".raw"
                }
            let path = "\(place)/transcripts/\(name)"
            try DriverCommand.write(bytes, to: path + end)
            try DriverCommand.write(
                Array(TranscriptExpectation(driver, bytes).json().utf8), to: path + ".expected.json")
            Output.complain("gardé : \(path)\(end) et son résultat attendu (peut porter des noms de patients)")
        }

        private func chosen(for bytes: [UInt8]) throws -> (Driver, String) {
            let name: String
            if let driver {
                name = driver
            } else {
                let library = try DriverLibrary.load(folders: try DataFiles.drivers(try options.folder))
                name = library.driver(recognising: bytes)?.name ?? DriverLibrary.genericName
            }
            let folder = try options.driver(name)
            let (description, findings) = DriverDescription.read(
                folder.files["driver.json5"] ?? [], name: folder.name)
            guard let description else {
                throw findings.first
                    ?? Refusal("driver.file", at: name, because: "pilote illisible", remedy: "corriger driver.json5")
            }
            for finding in findings { Output.complain(finding.description) }
            return (Driver(description), try options.path(of: name))
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws(Refusal) {
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        } catch {
            throw Refusal(
                "file.write", at: path, because: "ce dossier ne peut être créé", remedy: "vérifier les droits")
        }
        try Output.file(bytes, at: path)
    }
}

/// What a driver made of a session, in words.
struct TrialWords: Encodable {
    struct Line: Encodable {
        var message: Int
        var specimen: String
        var code: String
        var analysis: String?
        var value: String
        var status: String
        var flags: [String]
        var isControl: Bool
    }
    var messages: Int
    var results: Int
    /// Results whose code is an analysis and whose value was read.
    var understood: Int
    var controls: Int
    var queries: Int
    var lines: [Line]
    /// What is missing, each with what to do.
    var missing: [String]

    init(_ trial: DriverTrial) {
        messages = trial.session.messageCount
        let observations = trial.readings.flatMap { $0.observations + $0.controls }
        results = observations.count
        understood = observations.count { $0.analysis != nil && $0.value != nil }
        controls = trial.readings.map(\.controls.count).reduce(0, +)
        queries = trial.readings.map(\.queries.count).reduce(0, +)
        missing = trial.remarks.map(\.description)
        lines = []
        for (rank, reading) in trial.readings.enumerated() {
            lines += reading.observations.map { TrialWords.line($0, rank + 1, isControl: false) }
            lines += reading.controls.map { TrialWords.line($0, rank + 1, isControl: true) }
        }
    }

    private static func line(_ item: IncomingObservation, _ message: Int, isControl: Bool) -> Line {
        let value: String =
            switch item.value {
            case .measured(let measured, let unit)?: "\(measured.text) \(unit)"
            case .coded(_, let display)?: display
            case .text(let text)?: text
            case .notPerformed(let reason)?: "non fait : \(reason)"
            case nil where item.bringsIndicesAlone == true: "indices du sérum : \(item.rawText)"
            case nil: "illisible : \(item.rawText) \(item.rawUnit)"
            }
        return Line(
            message: message, specimen: item.accession, code: item.instrumentCode, analysis: item.analysis,
            value: value, status: item.status, flags: item.instrumentFlags + item.unknownFlags, isControl: isControl)
    }

    func show(_ driver: String) {
        var table = Table("#MESSAGE", "TUBE", "CODE", "ANALYSE", "VALEUR", "STATUT", "DRAPEAUX", "CONTRÔLE")
        for line in lines {
            table.add(
                String(line.message), line.specimen, line.code, line.analysis ?? "?", line.value, line.status,
                line.flags.joined(separator: " "), line.isControl ? "oui" : "")
        }
        Output.table(table, empty: "aucun résultat")
        Output.line()
        Output.prose(
            "pilote \(driver) : \(messages) message(s), \(results) résultat(s) dont \(understood) compris et "
                + "\(controls) contrôle(s), \(queries) demande(s) d'analyses")
        for words in missing { Output.prose("manque : \(words)") }
        if missing.isEmpty { Output.prose("rien ne manque pour cette session") }
    }
}
