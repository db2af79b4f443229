import Base
import Catalog
import FoundationEssentials
import Laboratory
import Testing

/// The shipped catalogue, read in place, and a few invented people.
enum Samples {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func catalogue() throws -> AnalysisCatalogue {
        let files = try ["analyses", "intervals", "panels", "sections", "specimens", "tubes"].map { name in
            let data = try Data(contentsOf: root.appending(path: "Catalog/\(name).csv"))
            return CatalogFile(name: "\(name).csv", bytes: Array(data))
        }
        return try AnalysisCatalogue.load(files, version: CatalogVersion("test"))
    }

    static let paris = CivilZone.europeParis
    static let collected = paris.instant(CivilDate(year: 2026, month: 3, day: 10), hour: 8)

    static func patient(
        born: CivilDate = CivilDate(year: 1970, month: 5, day: 4), sex: AdministrativeSex = .male,
        status: IdentityStatus = .provisional
    ) -> Patient {
        Patient(
            id: "p1", site: "A", ipp: "P1", status: status,
            traits: Traits(
                birthName: "ESSAI", firstGivenName: "Camille", birthDate: born, sex: sex, birthplace: "29019"))
    }

    static func specimen(collectedAt: Instant? = collected, nonconformity: String? = nil) -> Specimen {
        Specimen(
            accession: "26031000011", site: "A", requestID: "r1", kind: "SERPLAS", tube: "VERT", analyses: ["K", "NA"],
            collectedAt: collectedAt, nonconformity: nonconformity)
    }

    static func incoming(
        _ analysis: String, _ text: String, unit: String, flags: [String] = [], unknown: [String] = [],
        claimed: ClaimedIdentity = ClaimedIdentity()
    ) -> IncomingObservation {
        IncomingObservation(
            ordinal: 0, accession: "26031000011", instrumentCode: analysis, analysis: analysis,
            value: Measured(text).map { .measured($0, unit: unit) }, rawText: text, rawUnit: unit,
            instrumentFlags: flags, unknownFlags: unknown, claimed: claimed)
    }
}
