import Catalog
import Foundation

/// The files that the repository ships.
enum Shipped {
    private static let root = #filePath.components(separatedBy: "/Tests/QualityTests/")[0]

    /// The CSV files of a folder.
    static func files(_ folder: String) throws -> [CatalogFile] {
        let path = root + "/" + folder
        return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".csv") }.sorted().map {
            let data = FileManager.default.contents(atPath: path + "/" + $0) ?? Data()
            return CatalogFile(name: $0, bytes: Array(data))
        }
    }
}
