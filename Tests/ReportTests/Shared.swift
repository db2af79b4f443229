import Catalog
import Foundation
import Judges

/// The catalogue that the project ships.
enum Shared {
    static func catalogue() throws -> AnalysisCatalogue {
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        let folder = Judges.root.appendingPathComponent("Catalog")
        let files = try names.map {
            CatalogFile(name: $0, bytes: Array(try Data(contentsOf: folder.appendingPathComponent($0))))
        }
        return try AnalysisCatalogue.load(files, version: CatalogVersion("test"))
    }
}
