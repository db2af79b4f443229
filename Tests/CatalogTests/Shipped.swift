import Catalog
import Foundation

/// The files the project ships, found from this source file; the tests are the shell that reads them.
enum Shipped {
    static let names = [
        "sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv", "loinc.csv",
    ]

    static func folder(_ here: String = #filePath) -> URL {
        URL(fileURLWithPath: here).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Catalog")
    }

    static func files() throws -> [CatalogFile] {
        try names.map { name in
            CatalogFile(name: name, bytes: Array(try Data(contentsOf: folder().appendingPathComponent(name))))
        }
    }

    static func catalogue() throws -> AnalysisCatalogue {
        try AnalysisCatalogue.load(try files(), version: CatalogVersion("test"))
    }
}
