import Catalog
import Foundation
import Judges

/// The catalogue that the project ships.
enum Shared {
    /// `waiting`: codes d'attente of analyses.
    static func catalogue(waiting: [String: String] = [:]) throws -> AnalysisCatalogue {
        let names = ["sections.csv", "specimens.csv", "tubes.csv", "analyses.csv", "intervals.csv", "panels.csv"]
        let folder = Judges.root.appendingPathComponent("Catalog")
        let files = try names.map {
            var bytes = Array(try Data(contentsOf: folder.appendingPathComponent($0)))
            if $0 == "analyses.csv", !waiting.isEmpty {
                let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { line in
                    let first = String(line.prefix { $0 != "," })
                    let cell = first == "code" ? "code_attente" : waiting[first] ?? ""
                    return "\(line),\(cell)\n"
                }
                bytes = Array(lines.joined().utf8)
            }
            return CatalogFile(name: $0, bytes: bytes)
        }
        return try AnalysisCatalogue.load(files, version: CatalogVersion("test"))
    }
}
