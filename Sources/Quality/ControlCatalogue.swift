package import Base
package import Catalog

/// A control material: one name, several levels.
package struct ControlMaterial: Sendable, Hashable, Codable {
    package let code: String
    package let nameFR: String
    package let maker: String
    /// In the order of their rank.
    package let levels: [ControlLevel]
}

/// A lot of one level of a material, and how analyzers name it.
package struct ControlLot: Sendable, Hashable, Codable {
    package let material: String
    package let level: ControlLevel
    package let lot: String
    /// What the analyzer sends as identifier of the specimen; unique among lots in use.
    package let identifier: String
    /// The last day on which it may be used; nil when not told.
    package let expires: CivilDate?
    /// From then on it is in service; before, and when nil, it runs in parallel.
    package let inServiceFrom: Instant?
    package let inServiceUntil: Instant?

    package func isInService(at instant: Instant) -> Bool {
        (inServiceFrom.map { $0 <= instant } ?? false) && (inServiceUntil.map { instant < $0 } ?? true)
    }
    package func isExpired(at instant: Instant, in zone: CivilZone) -> Bool {
        expires.map { $0 < CivilTime(instant, in: zone).date } ?? false
    }
}

/// Materials, lots, targets and policies as the laboratory wrote them: `materials.csv`, `lots.csv`, `targets.csv`,
/// `policies.csv`, `patients.csv` (folder `Catalog/controls`). Loaded whole or not at all.
package struct ControlCatalogue: Sendable {
    package let materials: [ControlMaterial]
    package let lots: [ControlLot]
    package let targets: [ControlTarget]
    /// In the order of the file; an analyzer of `*` serves every analyzer without a line of its own.
    package let policies: [(assay: ControlledAssay, policy: ControlPolicy)]
    /// Which averages of patients are watched; an analyzer of `*` as above.
    package let patients: [(assay: ControlledAssay, settings: PatientSettings)]
    package let zone: CivilZone
    /// Lines that a biologist stands for, and who; nil: nobody asks (tables that are only read).
    var signatures: [ControlledAssay: ControlSignature]?
    /// Somebody stands for lines about these, and the tables have none any more.
    var abandoned: Set<ControlledAssay> = []

    init(
        materials: [ControlMaterial], lots: [ControlLot], targets: [ControlTarget],
        policies: [(assay: ControlledAssay, policy: ControlPolicy)],
        patients: [(assay: ControlledAssay, settings: PatientSettings)], zone: CivilZone
    ) {
        self.materials = materials
        self.lots = lots
        self.targets = targets
        self.policies = policies
        self.patients = patients
        self.zone = zone
    }

    /// The tables of controls among the files of a catalogue (`controls/NAME.csv`), by their own names.
    package static func files(among files: [CatalogFile]) -> [CatalogFile] {
        let folder = "controls/"
        return files.filter { $0.name.hasPrefix(folder) }
            .map { CatalogFile(name: String($0.name.dropFirst(folder.count)), bytes: $0.bytes) }
    }

    /// Everything wrong in the files, in the order of the tables; empty when all is well. With `analyses` codes and
    /// units are compared with the catalogue too.
    package static func lint(
        _ files: [CatalogFile], analyses: AnalysisCatalogue? = nil, zone: CivilZone = .europeParis
    ) -> [Refusal] {
        var reader = ControlReader(files, analyses: analyses, zone: zone)
        _ = reader.read()
        return reader.refusals
    }

    /// Refuses with the first fault, and says how many more there are.
    package static func load(
        _ files: [CatalogFile], analyses: AnalysisCatalogue? = nil, zone: CivilZone = .europeParis
    ) throws(Refusal) -> ControlCatalogue {
        var reader = ControlReader(files, analyses: analyses, zone: zone)
        let catalogue = reader.read()
        if var first = reader.refusals.first {
            if reader.refusals.count > 1 { first.cause += " (et \(reader.refusals.count - 1) autre(s) faute(s))" }
            throw first
        }
        return catalogue
    }

    /// The policy of the assay; nil: none, and nothing may be released on its account (`CQ_ABSENT`).
    package func policy(for assay: ControlledAssay) -> ControlPolicy? {
        let own = policies.first { $0.assay == assay }
        return (own ?? policies.first { $0.assay.analysis == assay.analysis && $0.assay.analyzer == "*" })?.policy
    }

    /// How the average of the patients of an assay is watched; nil: it is not.
    package func patientSettings(for assay: ControlledAssay) -> PatientSettings? {
        let own = patients.first { $0.assay == assay }
        return (own ?? patients.first { $0.assay.analysis == assay.analysis && $0.assay.analyzer == "*" })?.settings
    }

    /// The target in force; a line for `*` serves every analyzer without a line of its own.
    package func target(
        for assay: ControlledAssay, material: String, lot: String, level: ControlLevel, at instant: Instant
    ) -> ControlTarget? {
        let shared = ControlledAssay(analysis: assay.analysis, analyzer: "*")
        let hasOwn = targets.contains { target in
            target.assay == assay && target.material == material && target.lot == lot
                && target.level.name == level.name && target.isInForce(at: instant)
        }
        return targets.target(
            for: hasOwn ? assay : shared, material: material, lot: lot, level: level, at: instant)
    }

    /// The lot that an analyzer means by this identifier.
    package func lot(identifier: String) -> ControlLot? { lots.first { $0.identifier == identifier } }

    /// A control as an analyzer sent it → a point, with the target in force when it was measured (or none: it then has
    /// no z). Refuses an identifier that no lot bears, a lot beyond its date, and a value in another unit than its
    /// target (an empty `unit`: the analyzer sent none).
    package func point(
        id: String, assay: ControlledAssay, run: String, at instant: Instant, identifier: String, value: Measured,
        unit: String = ""
    ) throws(Refusal) -> ControlPoint {
        guard let lot = lot(identifier: identifier) else {
            throw Refusal(
                "quality.lot.unknown", at: identifier, because: "aucun lot de contrôle ne porte cet identifiant",
                remedy: "ajouter le lot à lots.csv, ou corriger l'identifiant sur l'automate")
        }
        guard !lot.isExpired(at: instant, in: zone) else {
            throw Refusal(
                "quality.lot.expired", at: identifier, because: "le lot de contrôle \(lot.lot) est périmé",
                remedy: "ouvrir un lot en cours de validité")
        }
        let target = target(for: assay, material: lot.material, lot: lot.lot, level: lot.level, at: instant)
        if let target, !unit.isEmpty, unit != target.unit {
            throw Refusal(
                "quality.unit", at: identifier,
                because: "le contrôle est en « \(unit) », sa cible en « \(target.unit) »",
                remedy: "corriger l'unité dans le pilote, ou la cible dans targets.csv")
        }
        return ControlPoint(
            id: id, assay: assay, run: run, at: instant, level: lot.level, material: lot.material, lot: lot.lot,
            value: value, target: target?.mean, sd: target?.sd, isParallel: !lot.isInService(at: instant))
    }
}
