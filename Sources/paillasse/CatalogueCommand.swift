import ArgumentParser
import Base
import Catalog
import Client
import Server

struct CatalogueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue", abstract: "Catalogue des analyses.",
        subcommands: [
            Lint.self, List.self, Versions.self, Diff.self, Publish.self, Export.self, Approve.self, Coverage.self,
        ])

    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Vérifier un dossier de catalogue, sans serveur ; code de sortie 1 à la première erreur trouvée.")
        @Argument(help: "Dossier du catalogue.") var folder: String
        @Flag(help: "Écrire du JSON au lieu de lignes.") var json = false

        func run() throws {
            let findings = AnalysisCatalogue.lint(try DataFiles.catalogue(folder))
            let errors = findings.count { $0.severity == .error }
            if json {
                try Output.json(findings)
            } else {
                for finding in findings { Output.line(finding.description) }
                Output.prose("\(errors) erreur(s), \(findings.count - errors) avertissement(s)")
            }
            if errors > 0 { throw Ended(outcome: .refused) }
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
