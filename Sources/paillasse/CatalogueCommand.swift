import ArgumentParser
import Base
import Catalog
import Client
import Quality
import Rules
import Server

struct CatalogueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue", abstract: "Catalogue des analyses.",
        subcommands: [
            Lint.self, List.self, Versions.self, Diff.self, Publish.self, Export.self, Approve.self,
            Approvals.self, SingleBiologist.self, Coverage.self, DryRun.self,
        ])

    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Vérifier un dossier de catalogue, ses règles et ses contrôles, sans serveur.",
            discussion: "Code de sortie : 0 sans erreur, 1 s'il y en a une (un avertissement n'en est pas).")
        @Argument(help: "Dossier du catalogue.") var folder: String
        @Flag(help: "Écrire du JSON au lieu de lignes.") var json = false

        func run() throws {
            let files = try DataFiles.catalogue(folder)
            var findings = AnalysisCatalogue.lint(files)
            // Rules and controls speak of analyses: they are compared with the catalogue when there is one.
            let catalogue = try? AnalysisCatalogue.load(files, version: CatalogVersion("fichiers"))
            let controls = ControlCatalogue.files(among: files)
            if !controls.isEmpty {
                findings += ControlCatalogue.lint(controls, analyses: catalogue).map { Lint.finding($0, "controls") }
            }
            if let catalogue { findings += Lint.rules(files, catalogue) }
            if !files.contains(where: { $0.name == "loinc.csv" }) {
                findings.append(
                    CatalogFinding(
                        file: "loinc.csv", line: 0, column: 0, severity: .warning, code: "catalogue.loinc.table",
                        cause: "le fichier manque : les noms LOINC ne sont comparés qu'entre eux",
                        remedy: "y écrire une seconde fois chaque code et son nom officiel (code,nom,source)"))
            }
            let errors = findings.count { $0.severity == .error }
            if json {
                try Output.json(findings)
            } else {
                for finding in findings { Output.line(finding.description) }
                Output.prose("\(errors) erreur(s), \(findings.count - errors) avertissement(s)")
            }
            if errors > 0 { throw Ended(outcome: .refused) }
        }

        private static func rules(_ files: [CatalogFile], _ catalogue: AnalysisCatalogue) -> [CatalogFinding] {
            let rules = RulePack.files(among: files)
            if rules.isEmpty {
                return [
                    CatalogFinding(
                        file: "rules", line: 0, column: 0, severity: .warning, code: "rules.none",
                        cause: "aucune règle : aucun résultat ne sera proposé (AUTOVALID_COUPEE)",
                        remedy: "ajouter le dossier rules, ou regles.csv")
                ]
            }
            do {
                let pack = try RulePack.load(rules, catalogue: catalogue, version: "fichiers")
                return pack.disagreements(with: catalogue).map { finding($0, "rules") }
            } catch {
                return error.findings.map { finding($0, "rules") }
            }
        }

        /// `lots.csv:3:2` → a file, a line, a column; the path inside `coherence.json5.rules[4].when` opens the cause.
        private static func finding(_ refusal: Refusal, _ folder: String) -> CatalogFinding {
            var file = refusal.place, cause = refusal.cause, line = 0, column = 0
            if let inner = file.firstRange(of: ".json5.") {
                cause = "\(file[inner.upperBound...]) : \(cause)"
                file = file[..<inner.lowerBound] + ".json5"
            }
            let parts = file.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count > 1, let number = Int(parts[1]) {
                (file, line) = (String(parts[0]), number)
                column = parts.count > 2 ? Int(parts[2]) ?? 0 : 0
            }
            return CatalogFinding(
                file: "\(folder)/\(file)", line: line, column: column, severity: .error, code: refusal.code,
                cause: cause, remedy: refusal.remedy)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Les analyses et bilans que le serveur connaît.")
        @OptionGroup var listing: Listing
        @Flag(help: "Les bilans seulement.") var panels = false

        func run() async throws {
            let catalogue = try await listing.client().catalogue()
            if listing.json { return try Output.json(catalogue) }
            if !panels {
                var table = Table("CODE", "*ANALYSE", "*CHAPITRE", "UNITÉ", "LOINC", "NATURE", "TUBE", "ÉTAT")
                for line in catalogue.analyses {
                    table.add(
                        line.code, line.name, line.section, line.unit, line.loinc ?? "", line.specimen ?? "",
                        line.tube ?? "", line.approval)
                }
                Output.table(table, empty: "catalogue vide")
                Output.line()
            }
            var table = Table("BILAN", "*NOM", "*ANALYSES")
            for panel in catalogue.panels { table.add(panel.code, panel.name, panel.members.joined(separator: ", ")) }
            Output.table(table, empty: "aucun bilan")
        }
    }
}
