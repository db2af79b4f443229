import Base
import Catalog

/// Reads the tables of a controls folder and collects everything wrong.
struct ControlReader {
    private(set) var refusals: [Refusal] = []
    private let files: [CatalogFile]
    private let analyses: AnalysisCatalogue?
    private let zone: CivilZone
    private var materials: [String: ControlMaterial] = [:]
    private var lotKeys: Set<String> = []

    static let names = ["materials.csv", "lots.csv", "targets.csv", "policies.csv", "patients.csv"]

    init(_ files: [CatalogFile], analyses: AnalysisCatalogue?, zone: CivilZone) {
        self.files = files
        self.analyses = analyses
        self.zone = zone
    }

    mutating func read() -> ControlCatalogue {
        for file in files where file.name.hasSuffix(".csv") && !ControlReader.names.contains(file.name) {
            refusals.append(
                Refusal(
                    "quality.file.unknown", at: file.name, because: "aucune table de contrôles ne porte ce nom",
                    remedy: "tables : " + ControlReader.names.joined(separator: ", ")))
        }
        let materials = readMaterials(), lots = readLots(), targets = readTargets()
        let policies = readPolicies(targets)
        return ControlCatalogue(
            materials: materials, lots: lots, targets: targets, policies: policies, patients: readPatients(), zone: zone
        )
    }

    private mutating func sheet(_ name: String, _ required: [String], _ optional: [String] = []) -> Sheet? {
        guard let file = files.first(where: { $0.name == name }) else {
            refusals.append(
                Refusal(
                    "quality.file.missing", at: name, because: "le fichier manque",
                    remedy: "le rétablir, au moins avec sa ligne d'en-tête"))
            return nil
        }
        return Sheet(file.bytes, file: name, required: required, optional: optional)
    }

    // MARK: Materials and lots

    private mutating func readMaterials() -> [ControlMaterial] {
        guard var sheet = sheet("materials.csv", ["code", "nom_fr", "fabricant", "niveaux", "note"]) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [ControlMaterial] = []
        for line in sheet.lines {
            guard let code = sheet.required(line, "code"), let name = sheet.required(line, "nom_fr"),
                sheet.required(line, "niveaux") != nil
            else { continue }
            let names = line.text("niveaux").split(separator: " ").map(String.init)
            if Set(names).count != names.count {
                sheet.refuse("level", line, "niveaux", "un niveau figure deux fois", "n'en garder qu'un")
            }
            let levels = names.enumerated().map { ControlLevel($1, rank: $0 + 1) }
            let material = ControlMaterial(
                code: code, nameFR: name, maker: line.text("fabricant"), levels: levels)
            if materials.updateValue(material, forKey: code) != nil {
                sheet.refuse("duplicate", line, "code", "le matériel « \(code) » figure deux fois", "n'en garder qu'un")
            }
            read.append(material)
        }
        return read
    }

    private mutating func level(_ line: Sheet.Line, _ sheet: inout Sheet) -> (material: String, level: ControlLevel)? {
        guard let code = sheet.required(line, "materiau"), let name = sheet.required(line, "niveau") else { return nil }
        guard let material = materials[code] else {
            sheet.refuse(
                "material", line, "materiau", "« \(code) » n'est pas un matériel de contrôle",
                "l'ajouter à materials.csv")
            return nil
        }
        guard let level = material.levels.first(where: { $0.name == name }) else {
            sheet.refuse(
                "level", line, "niveau", "« \(code) » n'a pas de niveau « \(name) »",
                "niveaux : " + material.levels.map(\.name).joined(separator: " "))
            return nil
        }
        return (code, level)
    }

    private mutating func readLots() -> [ControlLot] {
        let columns = ["materiau", "niveau", "lot", "identifiant", "peremption", "service_de", "service_a"]
        guard var sheet = sheet("lots.csv", columns) else { return [] }
        defer { refusals += sheet.refusals }
        var identifiers: Set<String> = []
        var read: [ControlLot] = []
        for line in sheet.lines {
            let place = level(line, &sheet)
            guard let lot = sheet.required(line, "lot"), let identifier = sheet.required(line, "identifiant"),
                let place
            else { continue }
            var expires: CivilDate?
            if !line.isEmpty("peremption") {
                expires = CivilDate(line.text("peremption"))
                if expires?.isComplete != true {
                    sheet.refuse(
                        "time", line, "peremption", "« \(line.text("peremption")) » n'est pas une date",
                        "écrire par exemple 2027-03-31")
                }
            }
            if !identifiers.insert(identifier).inserted {
                sheet.refuse(
                    "duplicate", line, "identifiant", "l'identifiant « \(identifier) » est déjà celui d'un autre lot",
                    "donner à chaque lot et niveau le sien, sur l'automate aussi")
            }
            if !lotKeys.insert("\(place.material)|\(place.level.name)|\(lot)").inserted {
                sheet.refuse("duplicate", line, "lot", "ce lot de ce niveau figure deux fois", "n'en garder qu'un")
            }
            let from = sheet.instant(line, "service_de", in: zone), to = sheet.instant(line, "service_a", in: zone)
            if let to, from.map({ to <= $0 }) ?? true {
                sheet.refuse(
                    "time", line, "service_a", "la fin de service n'est pas après son début",
                    "corriger l'un des deux (de inclus, à exclu)")
            }
            read.append(
                ControlLot(
                    material: place.material, level: place.level, lot: lot, identifier: identifier, expires: expires,
                    inServiceFrom: from, inServiceUntil: to))
        }
        return read
    }

    // MARK: Targets

    private mutating func readTargets() -> [ControlTarget] {
        let columns = [
            "materiau", "niveau", "lot", "analyse", "automate", "moyenne", "ecart_type", "ucum", "origine", "points",
            "de", "a",
        ]
        guard var sheet = sheet("targets.csv", columns) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [ControlTarget] = []
        var times: [String: [(from: Instant, to: Instant?)]] = [:]
        for line in sheet.lines {
            let place = level(line, &sheet)
            guard let lot = sheet.required(line, "lot"), let assay = assay(line, &sheet), let place else { continue }
            if !lotKeys.contains("\(place.material)|\(place.level.name)|\(lot)") {
                sheet.refuse("lot", line, "lot", "ce niveau n'a pas de lot « \(lot) »", "l'ajouter à lots.csv")
            }
            checkUnit(line, &sheet)
            let mean = sheet.number(line, "moyenne"), sd = sheet.number(line, "ecart_type")
            if let sd, !sd.isPositive {
                sheet.refuse(
                    "sd", line, "ecart_type", "l'écart-type n'est pas positif",
                    "écrire l'écart-type, ou rien tant qu'il n'est pas connu")
            }
            let origin = sheet.words(line, "origine", as: TargetOrigin.self)
            let count = sheet.integer(line, "points", in: 0...1_000_000) ?? 0
            if origin.count != 1, sheet.refusals.isEmpty {
                sheet.refuse("word", line, "origine", "l'origine de la cible manque", "écrire laboratoire ou fabricant")
            }
            if sheet.required(line, "de") == nil { continue }
            guard let from = sheet.instant(line, "de", in: zone) else { continue }
            let to = sheet.instant(line, "a", in: zone)
            if let to, to <= from {
                sheet.refuse("time", line, "a", "la fin n'est pas après le début", "corriger (de inclus, à exclu)")
            }
            let target = ControlTarget(
                assay: assay, material: place.material, level: place.level, lot: lot, mean: mean, sd: sd,
                unit: line.text("ucum"), origin: origin.first ?? .maker, count: count, from: from, to: to)
            let key = "\(target.assay)|\(target.material)|\(target.level)|\(target.lot)"
            let isSecond = (times[key] ?? []).contains { other in
                (other.to.map { from < $0 } ?? true) && (to.map { other.from < $0 } ?? true)
            }
            times[key, default: []].append((from, to))
            if isSecond {
                sheet.refuse(
                    "overlap", line, "de", "deux cibles sont en vigueur en même temps",
                    "finir la première (colonne a) quand la seconde commence")
            }
            read.append(target)
        }
        return read
    }

    private mutating func assay(_ line: Sheet.Line, _ sheet: inout Sheet) -> ControlledAssay? {
        guard let code = sheet.required(line, "analyse"), let analyzer = sheet.required(line, "automate") else {
            return nil
        }
        if let analyses, analyses[code] == nil {
            sheet.refuse(
                "analysis", line, "analyse", "« \(code) » n'est pas une analyse du catalogue",
                "employer un code de analyses.csv")
        }
        return ControlledAssay(analysis: code, analyzer: analyzer)
    }

    private func checkUnit(_ line: Sheet.Line, _ sheet: inout Sheet) {
        guard let analysis = analyses?[line.text("analyse")], analysis.unit != line.text("ucum") else { return }
        sheet.refuse(
            "unit", line, "ucum", "la cible est en « \(line.text("ucum")) », l'analyse en « \(analysis.unit) »",
            "convertir la cible dans l'unité de l'analyse")
    }

    // MARK: Policies

    private mutating func readPolicies(_ targets: [ControlTarget]) -> [(assay: ControlledAssay, policy: ControlPolicy)]
    {
        let columns = [
            "analyse", "automate", "rejet", "avertissement", "validite", "echantillons", "evenements", "niveaux",
            "correction_signee", "serie_posterieure", "erreur_toleree_pct", "dispense_par", "dispense_le",
            "dispense_motif",
        ]
        guard var sheet = sheet("policies.csv", columns, ["encadrement"]) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [(assay: ControlledAssay, policy: ControlPolicy)] = []
        var seen: Set<ControlledAssay> = []
        let levels = Dictionary(grouping: targets, by: \.assay).mapValues { Set($0.map(\.level.name)) }
        for line in sheet.lines {
            guard let assay = assay(line, &sheet) else { continue }
            if !seen.insert(assay).inserted {
                sheet.refuse("duplicate", line, "analyse", "\(assay) a déjà une politique", "n'en garder qu'une")
            }
            let policy = policy(line, &sheet)
            let shared = ControlledAssay(analysis: assay.analysis, analyzer: "*")
            // Targets may all be set by command: one level alone in the table is a level forgotten.
            if let known = levels[assay] ?? levels[shared] {
                do throws(Refusal) { try policy.checkBracket(known.count, at: assay.description) } catch {
                    sheet.refuse("bracket", line, "encadrement", error.cause, error.remedy)
                }
            }
            read.append((assay, policy))
        }
        return read
    }

    private mutating func policy(_ line: Sheet.Line, _ sheet: inout Sheet) -> ControlPolicy {
        var rules: [WestgardRule: RuleAction] = [:]
        for rule in sheet.words(line, "avertissement", as: WestgardRule.self) { rules[rule] = .warn }
        for rule in sheet.words(line, "rejet", as: WestgardRule.self) {
            if rules.updateValue(.reject, forKey: rule) != nil {
                sheet.refuse(
                    "rule", line, "rejet", "la règle \(rule.rawValue) avertit et rejette à la fois", "choisir")
            }
        }
        let exemption = exemption(line, &sheet)
        let validity = sheet.duration(line, "validite")
        let samples = sheet.integer(line, "echantillons", in: 1...ControlPolicy.mostPatientSamples)
        let events =
            line.text("evenements") == "aucun"
            ? []
            : sheet.words(line, "evenements", as: ControlEventKind.self, among: ControlEventKind.noted, separator: "|")
        let policy = ControlPolicy(
            rules: rules, validity: validity, patientSamples: samples,
            endingEvents: line.isEmpty("evenements") ? Set(ControlEventKind.noted) : Set(events),
            minimumLevels: sheet.integer(line, "niveaux", in: 1...ControlPolicy.mostLevels) ?? 1,
            needsSignedCorrection: sheet.yes(line, "correction_signee", default: true),
            acceptsLaterRun: sheet.yes(line, "serie_posterieure", default: false),
            bracketsLevels: sheet.yes(line, "encadrement", default: false),
            allowableError: sheet.number(line, "erreur_toleree_pct"), exemption: exemption)
        check(policy, line, &sheet)
        return policy
    }

    /// What no command would take either; a cell that could not be read was told already.
    private func check(_ policy: ControlPolicy, _ line: Sheet.Line, _ sheet: inout Sheet) {
        do throws(Refusal) { try policy.check(at: "policies.csv") } catch {
            let places: [(code: String, column: String, isRead: Bool)] = [
                ("rules", "rejet", line.isEmpty("rejet")),
                ("validity", "validite", policy.validity != nil || line.isEmpty("validite")),
                ("samples", "echantillons", true), ("levels", "niveaux", true), ("error", "erreur_toleree_pct", true),
            ]
            guard let place = places.first(where: { error.code.hasSuffix($0.code) }), place.isRead else { return }
            sheet.refuse(place.code, line, place.column, error.cause, error.remedy)
        }
    }

    private mutating func exemption(_ line: Sheet.Line, _ sheet: inout Sheet) -> SignedReason? {
        let parts = ["dispense_par", "dispense_le", "dispense_motif"]
        guard parts.contains(where: { !line.isEmpty($0) }) else { return nil }
        guard let at = sheet.instant(line, "dispense_le", in: zone),
            let signed = try? SignedReason(by: line.text("dispense_par"), at: at, reason: line.text("dispense_motif"))
        else {
            sheet.refuse(
                "exemption", line, "dispense_par", "la dispense de contrôle n'est pas signée en entier",
                "remplir dispense_par, dispense_le et dispense_motif")
            return nil
        }
        return signed
    }

    // MARK: Averages of patients

    /// The table may be left out: no average is watched then, but those set by command.
    private mutating func readPatients() -> [(assay: ControlledAssay, settings: PatientSettings)] {
        guard files.contains(where: { $0.name == "patients.csv" }) else { return [] }
        let columns = [
            "analyse", "automate", "methode", "nombre", "lambda", "cible", "limite", "ucum", "bas", "haut", "sauf",
            "consequence", "de",
        ]
        guard var sheet = sheet("patients.csv", columns) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [(assay: ControlledAssay, settings: PatientSettings)] = []
        var seen: Set<ControlledAssay> = []
        for line in sheet.lines {
            guard let assay = assay(line, &sheet), let settings = patients(line, &sheet) else { continue }
            checkUnit(line, &sheet)
            if !seen.insert(assay).inserted {
                sheet.refuse("duplicate", line, "analyse", "\(assay) est déjà surveillé", "n'en garder qu'une ligne")
            }
            do throws(Refusal) { try settings.check() } catch {
                sheet.refuse("patients", line, "methode", error.cause, error.remedy)
            }
            read.append((assay, settings))
        }
        return read
    }

    private func patients(_ line: Sheet.Line, _ sheet: inout Sheet) -> PatientSettings? {
        let method: PatientControlPolicy.Method
        switch line.text("methode") {
        case "bull": method = .bull(batch: sheet.integer(line, "nombre", in: 2...PatientSettings.mostValues) ?? 20)
        case "mobile":
            method = .movingAverage(window: sheet.integer(line, "nombre", in: 2...PatientSettings.mostValues) ?? 50)
        case "ewma":
            guard sheet.required(line, "lambda") != nil, let lambda = sheet.number(line, "lambda") else { return nil }
            method = .ewma(lambda: lambda)
        case let word:
            sheet.refuse(
                "word", line, "methode", "« \(word) » n'est pas une façon de suivre les patients",
                "employer : bull, mobile, ewma")
            return nil
        }
        guard sheet.required(line, "cible") != nil, let target = sheet.number(line, "cible"),
            sheet.required(line, "limite") != nil, let limit = sheet.number(line, "limite"),
            let unit = sheet.required(line, "ucum"), sheet.required(line, "de") != nil,
            let from = sheet.instant(line, "de", in: zone)
        else { return nil }
        let consequences = sheet.words(line, "consequence", as: PatientSettings.Consequence.self)
        return PatientSettings(
            policy: PatientControlPolicy(
                method: method, target: target, limit: limit, low: sheet.number(line, "bas"),
                high: sheet.number(line, "haut"),
                excludedWards: Set(line.text("sauf").split(separator: " ").map(String.init))),
            consequence: consequences.first ?? .control, unit: unit, from: from)
    }
}
