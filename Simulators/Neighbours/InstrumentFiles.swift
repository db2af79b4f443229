package import AnalyzerSimulator
package import Base
import Catalog
package import Drivers
import FoundationEssentials
import JSON5
package import Laboratory

/// Reads what simulated instruments and laboratories are made of.
package enum InstrumentFiles {
    private static func bytes(_ path: String) throws(Refusal) -> [UInt8] {
        do { return Array(try Data(contentsOf: URL(filePath: path))) } catch {
            throw Refusal(
                "simulate.file", at: path, because: "fichier illisible", remedy: "vérifier le chemin et les droits")
        }
    }
    private static func names(_ folder: String) throws(Refusal) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw Refusal(
                "simulate.folder", at: folder, because: "dossier illisible",
                remedy: "se placer dans le dossier du projet, ou donner --drivers et --catalogue")
        }
    }

    /// A driver folder, its transcripts with it.
    package static func folder(_ name: String, in drivers: String) throws(Refusal) -> DriverFolder {
        var folder = DriverFolder(name: name, files: [:])
        let path = drivers + "/" + name
        guard FileManager.default.fileExists(atPath: path + "/driver.json5") else {
            throw Refusal(
                "simulate.driver", at: name, because: "aucun pilote ne porte ce nom",
                remedy: "choisir parmi : " + (try names(drivers)).filter { !$0.contains(".") }.joined(separator: ", "))
        }
        folder.files["driver.json5"] = try bytes(path + "/driver.json5")
        for file in try names(path + "/transcripts") {
            folder.files["transcripts/" + file] = try bytes(path + "/transcripts/" + file)
        }
        return folder
    }

    /// With `catalogue`, values are near the intervals of the analyses, and codes that no transcript shows are sent.
    package static func instrument(
        _ name: String, drivers: String, catalogue: String?
    ) throws(Refusal) -> Instrument {
        var plausible = Plausible()
        if let catalogue {
            var files: [CatalogFile] = []
            for file in try names(catalogue) where file.hasSuffix(".csv") {
                files.append(CatalogFile(name: file, bytes: try bytes(catalogue + "/" + file)))
            }
            do { plausible = Plausible(try AnalysisCatalogue.load(files, version: CatalogVersion("simulation"))) } catch
            {
                throw Refusal(
                    "simulate.catalogue", at: catalogue, because: "\(error)",
                    remedy: "corriger le catalogue : paillasse catalogue lint")
            }
        }
        return try Instrument(try folder(name, in: drivers), plausible: plausible)
    }

    /// Orders of a simulated laboratory:
    ///
    ///     { orders: [{ specimen: "26112200017", analyses: ["NA", "K"], urgent: true,
    ///                  patient: { ipp: "P1", family: "ESSAI", given: "Anne", birth: "1970-05-04", sex: "F" } }] }
    ///
    /// Only `specimen` and `analyses` are required. An unknown key is refused.
    package static func orders(_ bytes: [UInt8], at place: String, now: Instant) throws(Refusal) -> [SpecimenOrder] {
        let log = FindingLog("orders")
        let root = ObjectReader(try JSONNode(json5: bytes, at: place), at: place + ":", log: log)
        let orders = root.objects("orders").enumerated().map { number, reader in
            let person = reader.object("patient")
            let traits = Traits(
                birthName: person?.text("family") ?? "ESSAI", firstGivenName: person?.text("given") ?? "Automate",
                birthDate: person?.text("birth").flatMap { CivilDate($0) } ?? CivilDate(year: 1970, month: 1, day: 1),
                sex: person?.text("sex").flatMap { AdministrativeSex(rawValue: $0) } ?? .unknown)
            let patient = Patient(
                id: "p\(number)", site: "A", ipp: person?.text("ipp") ?? "P\(number)", status: .provisional,
                traits: traits)
            person?.finish()
            let order = SpecimenOrder(
                accession: reader.required("specimen"), analyses: reader.texts("analyses") ?? [],
                priority: reader.flag("urgent") == true ? .urgent : .routine, patient: patient, requestedAt: now)
            reader.finish()
            return order
        }
        root.finish()
        if let first = log.findings.first { throw first }
        return orders
    }

    package static func orders(file: String, now: Instant) throws(Refusal) -> [SpecimenOrder] {
        try orders(try bytes(file), at: file, now: now)
    }
}
