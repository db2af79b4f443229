import Base
import Catalog
import FoundationEssentials
import Laboratory
import Rules
import Testing

/// The shipped catalogue and rules, read in place, and small ones of the tests.
enum Samples {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func file(_ path: String, as name: String) throws -> CatalogFile {
        CatalogFile(name: name, bytes: Array(try Data(contentsOf: root.appending(path: path))))
    }

    static func catalogue() throws -> AnalysisCatalogue {
        let files = try ["analyses", "intervals", "panels", "sections", "specimens", "tubes"].map {
            try file("Catalog/\($0).csv", as: "\($0).csv")
        }
        return try AnalysisCatalogue.load(files, version: CatalogVersion("test"))
    }

    static let shipped: Result<(AnalysisCatalogue, RulePack), any Error> = Result {
        let catalogue = try Samples.catalogue()
        let files = try RulePack.fileNames.map { try file("Catalog/rules/\($0)", as: $0) }
        return (catalogue, try RulePack.load(files, catalogue: catalogue, version: "test"))
    }

    static func pack() throws -> RulePack { try shipped.get().1 }

    /// The shipped pack with one file written otherwise.
    static func shipped(changing name: String, _ change: (String) -> String) throws -> RulePack {
        let files = try RulePack.fileNames.map { other in
            let file = try file("Catalog/rules/\(other)", as: other)
            guard other == name else { return file }
            return CatalogFile(name: name, bytes: Array(change(String(decoding: file.bytes, as: UTF8.self)).utf8))
        }
        return try RulePack.load(files, catalogue: shipped.get().0, version: "changed")
    }

    static func pack(_ name: String, _ text: String) throws -> RulePack {
        try RulePack.load(
            [CatalogFile(name: name, bytes: Array(text.utf8))], catalogue: shipped.get().0, version: "small")
    }

    /// The findings of a pack that must be refused.
    static func refusals(_ name: String, _ text: String) throws -> [String] {
        do {
            _ = try pack(name, text)
            return []
        } catch let rejection as RulePackRejection {
            return rejection.findings.map(\.description)
        }
    }
}
