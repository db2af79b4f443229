import ArgumentParser
import Base
import Catalog
import Foundation
import Rules
import Server

/// Where the catalogue and its rules are: `--catalogue`, else `PAILLASSE_CATALOGUE`, else `Catalog` here or above the
/// program.
struct RulesFolder: ParsableArguments {
    @Option(help: ArgumentHelp("Dossier du catalogue, qui contient « rules ».", valueName: "dossier"))
    var catalogue: String?

    private var folder: String {
        get throws(Refusal) {
            if let catalogue { return catalogue }
            if let named = ProcessInfo.processInfo.environment["PAILLASSE_CATALOGUE"], !named.isEmpty { return named }
            var candidates = ["Catalog"]
            let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
            var above = (program as NSString).deletingLastPathComponent
            while above.count > 1 {
                candidates.append(above + "/Catalog")
                above = (above as NSString).deletingLastPathComponent
            }
            for folder in candidates where FileManager.default.fileExists(atPath: "\(folder)/analyses.csv") {
                return folder
            }
            throw Refusal(
                "rules.folder", because: "aucun dossier de catalogue trouvé", remedy: "donner --catalogue DOSSIER")
        }
    }

    /// The folder as a bare word, as `catalogue lint` takes it.
    mutating func take(_ word: String?) throws {
        guard let word else { return }
        guard catalogue == nil else { throw ValidationError("Donner le dossier une seule fois.") }
        catalogue = word
    }

    /// Refuses a folder without rules, and says everything that is wrong in them.
    func pack() throws -> RulePack {
        let folder = try folder
        let files = try DataFiles.catalogue(folder)
        let rules = RulePack.files(among: files)
        guard !rules.isEmpty else {
            throw Refusal(
                "rules.none", at: folder, because: "ce dossier ne contient aucune règle",
                remedy: "donner le dossier du catalogue : ses règles sont dans « rules »")
        }
        do {
            return try RulePack.load(
                rules, catalogue: try AnalysisCatalogue.load(files, version: CatalogVersion("fichiers")),
                version: "fichiers")
        } catch let rejection as RulePackRejection {
            for finding in rejection.findings { Output.complain(finding.description) }
            throw Ended(outcome: .refused)
        } catch let rejection as CatalogueRejection {
            for finding in rejection.findings where finding.severity == .error {
                Output.complain(finding.description)
            }
            throw Ended(outcome: .refused)
        }
    }
}
