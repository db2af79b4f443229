import ArgumentParser
import Base
import Catalog
import Rules

struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Règles : calculs, cohérence, réflexes, interférences.",
        subcommands: [
            Bench.self, List.self, Replay.self, Monitor.self, Evaluate.self, Off.self, On.self, Switches.self,
        ])

    struct Bench: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Dérouler les cas écrits à côté des règles, sans serveur.",
            discussion: """
                Chaque règle doit avoir un cas positif, un négatif, chaque limite et chaque donnée manquante.
                Code de sortie : 0 si tout tient, 1 si un cas échoue ou manque.
                """)
        @Flag(help: "Écrire du JSON au lieu d'un tableau.") var json = false
        @OptionGroup var rules: RulesFolder
        @Argument(help: "Dossier du catalogue, comme --catalogue.") var folder: String?

        mutating func validate() throws { try rules.take(folder) }

        func run() throws {
            let report = try rules.pack().bench()
            if json {
                try Output.json(BenchShown(report))
            } else {
                table(report)
            }
            if !report.passes { throw Ended(outcome: .refused) }
        }

        private func table(_ report: BenchReport) {
            var table = Table("", "RÈGLE", "*DONNÉ", "ATTENDU", "OBTENU")
            for line in report.lines {
                table.add(
                    line.holds ? "oui" : "NON", line.rule.description, line.given, line.expected,
                    line.holds ? "" : line.got)
            }
            Output.table(table, empty: "aucun cas")
            Output.line()
            for line in report.failures {
                Output.prose("\(line.place) : \(line.rule) rend « \(line.got) », « \(line.expected) » était attendu")
            }
            for gap in report.gaps { Output.prose(gap.description) }
            if report.rules == 0 { Output.prose("aucune règle : rien n'est montré") }
            Output.prose(
                "\(report.lines.count) cas, \(report.failures.count) échec(s), \(report.gaps.count) cas manquant(s) ; "
                    + "\(report.coveredRules) règle(s) sur \(report.rules) couverte(s)")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les règles du dossier, sans serveur.")
        @Flag(help: "Écrire du JSON au lieu d'un tableau.") var json = false
        @OptionGroup var rules: RulesFolder
        @Argument(help: "Dossier du catalogue, comme --catalogue.") var folder: String?

        mutating func validate() throws { try rules.take(folder) }

        func run() throws {
            let shown = RuleShown.all(of: try rules.pack())
            if json { return try Output.json(shown) }
            var table = Table("RÈGLE", "GENRE", "*CONDITION OU FORMULE", "*AGIT SUR", "*MOTIF OU NOM")
            for rule in shown {
                table.add(rule.rule, rule.kind, rule.text, rule.acts.joined(separator: ", "), rule.words)
            }
            Output.table(table, empty: "aucune règle")
        }
    }
}

/// `paillasse rules bench --json`
private struct BenchShown: Encodable {
    struct Line: Encodable {
        let rule: String
        let place: String
        let given: String
        let expected: String
        let got: String
        let holds: Bool
    }
    let passes: Bool
    let rules: Int
    let coveredRules: Int
    let lines: [Line]
    let gaps: [Refusal]

    init(_ report: BenchReport) {
        passes = report.passes
        rules = report.rules
        coveredRules = report.coveredRules
        gaps = report.gaps
        lines = report.lines.map { line in
            Line(
                rule: line.rule.description, place: line.place, given: line.given, expected: line.expected,
                got: line.got, holds: line.holds)
        }
    }
}

/// `paillasse rules list --json`
private struct RuleShown: Encodable {
    let rule: String
    let kind: String
    let text: String
    let acts: [String]
    let words: String
    let source: String

    static func all(of pack: RulePack) -> [RuleShown] {
        let formulas = pack.formulas.map { formula in
            RuleShown(
                rule: formula.reference.description, kind: "calcul", text: formula.value.text,
                acts: formula.inputs.map { "\($0.name) (\($0.unit.text))" }, words: formula.name,
                source: formula.source)
        }
        let coherence = pack.coherence.map { rule in
            RuleShown(
                rule: rule.reference.description, kind: "cohérence", text: rule.when.text,
                acts: (rule.wholeTube ? ["tout le tube"] : rule.holds.sorted())
                    + (rule.forbids ? ["jamais rendu"] : []),
                words: rule.because,
                source: rule.source)
        }
        let reflexes = pack.reflexes.map { rule in
            RuleShown(
                rule: rule.reference.description, kind: "réflexe", text: rule.when.text, acts: rule.adds,
                words: rule.because, source: rule.source)
        }
        let interferences = pack.policy.interference.values.joined().map { rule in
            RuleShown(
                rule: rule.reference.description, kind: "interférence",
                text: "commentaire au-dessus de \(rule.biasAbove?.text ?? "?"), "
                    + "pas de valeur au-dessus de \(rule.suppressAbove?.text ?? "?")",
                acts: [rule.analysis], words: "\(rule.index.word) : \(rule.analysis) \(rule.bias.word)",
                source: rule.analyzer ?? "")
        }
        return formulas + coherence + reflexes + interferences.sorted { $0.rule < $1.rule }
    }
}
