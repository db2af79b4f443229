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
/// `named.csv`, `policies.csv`, `patients.csv` (folder `Catalog/controls`). Loaded whole or not at all.
package struct ControlCatalogue: Sendable {
    package let materials: [ControlMaterial]
    package let lots: [ControlLot]
    package let targets: [ControlTarget]
    /// Targets of controls by the names that analyzers send, whatever their material.
    package let named: [PublishedTarget]
    /// In the order of the file; an analyzer of `*` serves every analyzer without a line of its own.
    package let policies: [PublishedPolicy]
    /// Which averages of patients are watched; an analyzer of `*` as above.
    package let patients: [PublishedPatients]
    package let zone: CivilZone
    /// Lines that a biologist stands for, and who; nil: nobody asks (tables that are only read).
    package internal(set) var signatures: [ControlledAssay: ControlSignature]?
    /// Somebody stands for lines about these, and the tables have none any more.
    var abandoned: Set<ControlledAssay> = []

    init(
        materials: [ControlMaterial], lots: [ControlLot], targets: [ControlTarget], named: [PublishedTarget],
        policies: [PublishedPolicy], patients: [PublishedPatients], zone: CivilZone
    ) {
        self.materials = materials
        self.lots = lots
        self.targets = targets
        self.named = named
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

    /// The columns of the tables that an export writes, those that may be left out among them.
    package static var namedColumns: [String] { ControlReader.namedColumns }
    package static var policyColumns: [String] { ControlReader.policyColumns }
    package static var patientColumns: [String] { ControlReader.patientColumns }

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
    /// `at`: the one that has begun by then; nil: the last one.
    package func policy(for assay: ControlledAssay, site: String? = nil, at: Instant? = nil) -> ControlPolicy? {
        func begin(_ line: PublishedPolicy) -> Instant { line.from ?? Instant(milliseconds: .min) }
        let lines = policies.serving(assay, site).sorted { begin($0) < begin($1) }
        guard let at else { return lines.last?.policy }
        return lines.last { begin($0) <= at }?.policy
    }

    /// Targets by name, those of the site before those of all.
    package func namedTargets(of assay: ControlledAssay, site: String) -> [ControlTarget] {
        let lines = named.filter { $0.assay == assay }
        var targets = [ControlTarget]()
        for name in Set(lines.map(\.target.material)).sorted() {
            let all = lines.filter { $0.target.material == name }
            let shared = all.filter { $0.site == nil }.map(\.target), own = all.filter { $0.site == site }.map(\.target)
            targets += own.superseding(shared)
        }
        return targets
    }

    /// How the average of the patients of an assay is watched; nil: it is not.
    package func patientSettings(for assay: ControlledAssay, site: String? = nil) -> PatientSettings? {
        let line = patients.serving(assay, site).first
        return line.flatMap { $0.settings.isOn ? $0.settings : nil }
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
