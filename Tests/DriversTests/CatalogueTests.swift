import Laboratory
import Testing

@testable import Drivers

/// What drivers map must exist in the catalogue that is shipped with them.
@Suite("Drivers beside the catalogue")
struct CatalogueTests {
    /// Columns of Catalog/analyses.csv by analysis code. The texts before these columns may be quoted.
    static func analyses() throws -> [String: [String]] {
        let text = String(decoding: try Place.bytes(Place.root + "/Catalog/analyses.csv"), as: UTF8.self)
        var rows: [String: [String]] = [:]
        for line in text.split(whereSeparator: \.isNewline).dropFirst() {
            var fields = [""]
            var isQuoted = false
            for character in line {
                switch (character, isQuoted) {
                case ("\"", _): isQuoted.toggle()
                case (",", false): fields.append("")
                case _: fields[fields.count - 1].append(character)
                }
            }
            rows[fields[0]] = fields
        }
        return rows
    }

    @Test("Every code of every driver means an analysis of the catalogue, in a unit the catalogue knows for it")
    func codes() throws {
        let analyses = try Self.analyses()
        #expect(analyses.count > 150)
        for folder in try Place.folders() {
            let driver = try Place.driver(folder.name)
            for (code, meaning) in driver.description.codes {
                guard let row = analyses[meaning.analysis] else {
                    Issue.record("\(folder.name): \(code) means \(meaning.analysis), which is not in the catalogue")
                    continue
                }
                // Columns ucum and unite_alt.
                let known = [row[9], row[10]]
                let own = meaning.units.values.map(\.unit) + [meaning.assumedUnit].compactMap { $0 }
                for unit in own where !meaning.isText {
                    #expect(
                        known.contains(unit),
                        "\(folder.name): \(code) gives \(meaning.analysis) in \(unit), not \(known)")
                }
            }
        }
    }

    @Test("Transcripts show no result in a unit that the catalogue does not know for its analysis")
    func transcripts() throws {
        let analyses = try Self.analyses()
        for folder in try Place.folders() {
            let driver = try Place.driver(folder.name)
            for path in DriverLint.transcripts(of: folder) {
                let readings = SessionDecoder.readings(in: folder.files[path] ?? [], driver: driver)
                for item in readings.flatMap({ $0.observations + $0.controls }) {
                    guard let analysis = item.analysis, let row = analyses[analysis],
                        case .measured(_, let unit)? = item.value, !unit.hasPrefix("{?")
                    else { continue }
                    #expect([row[9], row[10]].contains(unit), "\(folder.name): \(analysis) in \(unit), not \(row[9])")
                }
            }
        }
    }
}
