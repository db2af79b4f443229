import ArgumentParser
import Base
import Foundation
import Quality
import Server

struct QCCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "qc", abstract: "Contrôle de qualité.",
        subcommands: [
            List.self, Show.self, Statistics.self, Target.self, Policy.self, Event.self, Exclude.self, Correct.self,
            Enter.self, LookBack.self, Lots.self, Patients.self, Assessment.self, Evaluate.self,
        ])

    struct Evaluate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Juger les séries d'un fichier de contrôles, sans serveur.",
            discussion: """
                Colonnes : run,time,level,value,mean,sd ; facultatives : lot, exclusion (motif). Une cellule mean ou \
                sd vide, ou un écart-type nul ou négatif, ne refuse pas le fichier : la série ne prouve rien \
                (CQ_ABSENT). Un CSV de tableur français (points-virgules, virgule décimale, 22/11/2026 07:30) se lit \
                aussi. Une ligne répétée ne compte qu'une fois, et c'est dit.
                Sans --reject, les règles sont celles du nombre de niveaux du fichier : 1-3s 2-2s R-4s 4-1s 10-x, ou \
                1-3s 2of3-2s R-4s 3-1s 6-x dès trois niveaux ; 1-2s avertit.
                Code de sortie : 0 jugé (même si une série est rejetée), 1 fichier refusé, 2 commande mal écrite.
                """)

        @Argument(help: "Fichier CSV des points.") var file: String
        @Flag(help: "Écrire du JSON au lieu d'un tableau.") var json = false
        @Option(help: ArgumentHelp("Règles qui rejettent, séparées par des virgules.", valueName: "règles"))
        var reject: String?
        @Option(help: ArgumentHelp("Règles qui avertissent.", valueName: "règles")) var warn: String?
        @Flag(help: "Montrer aussi le graphique de Levey–Jennings.") var chart = false
        @Flag(help: "Graphique sans autre caractère que l'ASCII.") var ascii = false
        @Option(help: ArgumentHelp("Écrire le graphique en SVG dans ce fichier.", valueName: "fichier"))
        var svg: String?

        func validate() throws {
            _ = try rules()
        }

        func run() throws {
            let bytes = try DataFiles.bytes(file)
            let name = (file as NSString).lastPathComponent
            let points = ControlFile(bytes, name: name)
            guard points.refusals.isEmpty else {
                for refusal in points.refusals { Output.complain(refusal.description) }
                throw Ended(outcome: .refused)
            }
            for notice in points.notices { Output.complain(notice) }
            let timeline = points.timeline(rules: try rules())
            let drawing = LeveyJennings(timeline, title: "Levey–Jennings – \(name)")
            if let svg { try Output.file(Array(drawing.svg().utf8), at: svg) }
            if json { return Output.line(points.json(timeline)) }
            table(points, timeline)
            if chart || ascii {
                Output.line()
                Output.line(drawing.text(width: Terminal.width ?? 100, alphabet: ascii ? .ascii : .unicode))
            }
        }

        private func table(_ points: ControlFile, _ timeline: ControlTimeline) {
            var table = Table("SÉRIE", "INSTANT", "*Z PAR NIVEAU", "*RÈGLES", "ÉTAT", "*MOTIF")
            for verdict in timeline.verdicts {
                let scores = verdict.points.map { point in
                    let z = point.z?.text ?? "?"
                    return "\(point.level):\(point.exclusion == nil ? z : "(\(z))")"
                }
                let rules = verdict.violations.map { violation in
                    let mark = violation.action == .reject ? "" : " (avert.)"
                    return "\(violation.rule.rawValue)\(mark) niv. \(violation.levels.joined(separator: "+"))"
                }
                table.add(
                    verdict.run, points.times[verdict.run] ?? "", scores.joined(separator: " "),
                    rules.joined(separator: ", "), verdict.state.rawValue, verdict.because)
            }
            Output.table(table, empty: "aucune série")
        }

        /// Nil: the standard rules of the number of levels.
        private func rules() throws -> [WestgardRule: RuleAction]? {
            guard reject != nil || warn != nil else { return nil }
            var rules: [WestgardRule: RuleAction] = [:]
            for (list, action) in [(warn, RuleAction.warn), (reject, .reject)] {
                for word in (list ?? "").split(whereSeparator: { $0 == "," || $0 == " " }) {
                    guard let rule = WestgardRule.named.first(where: { $0.rawValue == word }) else {
                        throw ValidationError(
                            "règle inconnue « \(word) » ; règles : "
                                + WestgardRule.named.map(\.rawValue).joined(separator: ", "))
                    }
                    rules[rule] = action
                }
            }
            return rules
        }
    }
}
