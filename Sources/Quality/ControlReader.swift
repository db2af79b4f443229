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

    static let names = [
        "materials.csv", "lots.csv", "targets.csv", "policies.csv", "patients.csv", "named.csv",
    ]

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
        let named = readNamed()
        let policies = readPolicies(targets + named.map(\.target))
        return ControlCatalogue(
            materials: materials, lots: lots, targets: targets, named: named, policies: policies,
            patients: readPatients(), zone: zone)
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
        guard var sheet = sheet("targets.csv", columns, ["attendu"]) else { return [] }
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
            guard let target = target(assay, place.material, place.level, lot, line, &sheet) else { continue }
            let key = "\(target.assay)|\(target.material)|\(target.level)|\(target.lot)"
            checkTime(of: target, key, &times, line, &sheet)
            read.append(target)
        }
        return read
    }

    /// What both tables of targets say in the same columns.
    private mutating func target(
        _ assay: ControlledAssay, _ material: String, _ level: ControlLevel, _ lot: String, _ line: Sheet.Line,
        _ sheet: inout Sheet
    ) -> ControlTarget? {
        let mean = sheet.number(line, "moyenne"), sd = sheet.number(line, "ecart_type")
        if let sd, !sd.isPositive {
            sheet.refuse(
                "sd", line, "ecart_type", "l'écart-type n'est pas positif",
                "écrire l'écart-type, ou rien tant qu'il n'est pas connu")
        }
        let expected = expected(line, mean != nil || sd != nil, &sheet)
        let origin = sheet.words(line, "origine", as: TargetOrigin.self)
        let count = sheet.integer(line, "points", in: 0...1_000_000) ?? 0
        if origin.count != 1, sheet.refusals.isEmpty {
            sheet.refuse("word", line, "origine", "l'origine de la cible manque", "écrire laboratoire ou fabricant")
        }
        if sheet.required(line, "de") == nil { return nil }
        guard let from = sheet.instant(line, "de", in: zone) else { return nil }
        let to = sheet.instant(line, "a", in: zone)
        if let to, to <= from {
            sheet.refuse("time", line, "a", "la fin n'est pas après le début", "corriger (de inclus, à exclu)")
        }
        return ControlTarget(
            assay: assay, material: material, level: level, lot: lot, mean: mean, sd: sd, unit: line.text("ucum"),
            origin: origin.first ?? .maker, count: count, from: from, to: to, expected: expected)
    }

    /// `attendu`: in the place of mean and SD, where no number says it.
    private func expected(_ line: Sheet.Line, _ isNumeric: Bool, _ sheet: inout Sheet) -> ControlExpectation? {
        let text = line.text("attendu")
        if text.isEmpty { return nil }
        guard let expected = ControlExpectation(text), !isNumeric else {
            sheet.refuse(
                "expected", line, "attendu",
                isNumeric ? "une réponse attendue et une moyenne à la fois" : "« \(text) » n'est pas une réponse",
                "écrire un code (POS), plusieurs (POS|IND) ou un titre (1/160), et laisser la moyenne vide")
            return nil
        }
        let analysis = analyses?[line.text("analyse")]
        if let analysis, analysis.nature.isNumeric {
            sheet.refuse(
                "expected", line, "attendu", "« \(analysis.code) » rend un nombre", "écrire moyenne et écart-type")
        }
        if case .answers(let codes) = expected, let analysis, !analysis.answers.isEmpty,
            let stranger = codes.first(where: { analysis.answer($0) == nil })
        {
            sheet.refuse(
                "expected", line, "attendu", "« \(stranger) » n'est pas une réponse de cette analyse",
                "employer : " + analysis.answers.map(\.code).joined(separator: ", "))
        }
        return expected
    }

    private func checkTime(
        of target: ControlTarget, _ key: String, _ times: inout [String: [(from: Instant, to: Instant?)]],
        _ line: Sheet.Line, _ sheet: inout Sheet
    ) {
        let isSecond = (times[key] ?? []).contains { other in
            (other.to.map { target.from < $0 } ?? true) && (target.to.map { other.from < $0 } ?? true)
        }
        times[key, default: []].append((target.from, target.to))
        if isSecond {
            sheet.refuse(
                "overlap", line, "de", "deux cibles sont en vigueur en même temps",
                "finir la première (colonne a) quand la seconde commence")
        }
    }

    // MARK: Targets by name

    /// The table may be left out. It is what an export makes of the targets that were set by command.
    private mutating func readNamed() -> [PublishedTarget] {
        guard files.contains(where: { $0.name == "named.csv" }) else { return [] }
        guard var sheet = sheet("named.csv", ControlReader.namedColumns) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [PublishedTarget] = []
        var times: [String: [(from: Instant, to: Instant?)]] = [:]
        for line in sheet.lines {
            guard let assay = assay(line, &sheet), let name = sheet.required(line, "identifiant"),
                let level = sheet.required(line, "niveau")
            else { continue }
            checkUnit(line, &sheet)
            let ranked =
                sheet.integer(line, "rang", in: 0...ControlReader.highestRank).map { ControlLevel(level, rank: $0) }
                ?? ControlLevel(level)
            guard var target = target(assay, name, ranked, line.text("lot"), line, &sheet) else { continue }
            target.isParallel = sheet.yes(line, "parallele", default: false)
            target.replaces = line.isEmpty("remplace") ? nil : line.text("remplace")
            let site = line.isEmpty("site") ? nil : line.text("site")
            checkTime(of: target, "\(site ?? "")|\(assay)|\(name)", &times, line, &sheet)
            read.append(PublishedTarget(site: site, target: target))
        }
        return read
    }
    private static let highestRank = 999_999
    static let namedColumns = [
        "site", "automate", "analyse", "identifiant", "niveau", "rang", "lot", "moyenne", "ecart_type", "attendu",
        "ucum", "origine", "points", "de", "a", "parallele", "remplace", "connu_le", "par", "motif",
    ]
    static let policyColumns = [
        "analyse", "automate", "rejet", "avertissement", "validite", "echantillons", "evenements", "niveaux",
        "correction_signee", "serie_posterieure", "erreur_toleree_pct", "dispense_par", "dispense_le",
        "dispense_motif", "encadrement", "de", "site", "par", "motif",
    ]
    static let patientColumns = [
        "analyse", "automate", "methode", "nombre", "lambda", "cible", "limite", "ucum", "bas", "haut", "sauf",
        "consequence", "de", "suivi", "site", "par", "motif",
    ]

    private mutating func assay(_ line: Sheet.Line, _ sheet: inout Sheet) -> ControlledAssay? {
        guard let code = sheet.required(line, "analyse"), let analyzer = sheet.required(line, "automate") else {
            return nil
        }
        if analyzer == AssayMethod.calculated {
            sheet.refuse(
                "analyzer", line, "automate", "ce qui se calcule n'a pas de contrôle à soi",
                "écrire un automate, \(AssayMethod.anyAnalyzer), ou \(AssayMethod.typed) pour ce qui se fait à la main")
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

    private mutating func readPolicies(_ targets: [ControlTarget]) -> [PublishedPolicy] {
        let optional = ["encadrement", "de", "site", "par", "motif"]
        let columns = ControlReader.policyColumns.filter { !optional.contains($0) }
        guard var sheet = sheet("policies.csv", columns, optional) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [PublishedPolicy] = []
        var seen: Set<String> = []
        let levels = Dictionary(grouping: targets, by: \.assay).mapValues { Set($0.map(\.level.name)) }
        for line in sheet.lines {
            guard let assay = assay(line, &sheet) else { continue }
            let from = sheet.instant(line, "de", in: zone)
            let site = line.isEmpty("site") ? nil : line.text("site")
            if !seen.insert("\(site ?? "")|\(assay)|\(from?.milliseconds.description ?? "")").inserted {
                sheet.refuse(
                    "duplicate", line, "analyse", "\(assay) a déjà une politique",
                    "n'en garder qu'une, ou dater chacune (colonne de)")
            }
            let policy = policy(line, &sheet)
            let shared = ControlledAssay(analysis: assay.analysis, analyzer: "*")
            // Targets may all be set by command: one level alone in the table is a level forgotten.
            if let known = levels[assay] ?? levels[shared] {
                do throws(Refusal) { try policy.checkBracket(known.count, at: assay.description) } catch {
                    sheet.refuse("bracket", line, "encadrement", error.cause, error.remedy)
                }
            }
            read.append(PublishedPolicy(assay: assay, site: site, from: from, policy: policy))
        }
        return read
    }

    private mutating func policy(_ line: Sheet.Line, _ sheet: inout Sheet) -> ControlPolicy {
        var rules: [WestgardRule: RuleAction] = [:]
        for rule in sheet.words(line, "avertissement", as: WestgardRule.self, among: WestgardRule.named) {
            rules[rule] = .warn
        }
        for rule in sheet.words(line, "rejet", as: WestgardRule.self, among: WestgardRule.named) {
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
    private mutating func readPatients() -> [PublishedPatients] {
        guard files.contains(where: { $0.name == "patients.csv" }) else { return [] }
        let optional = ["suivi", "site", "par", "motif"]
        let columns = ControlReader.patientColumns.filter { !optional.contains($0) }
        guard var sheet = sheet("patients.csv", columns, optional) else { return [] }
        defer { refusals += sheet.refusals }
        var read: [PublishedPatients] = []
        var seen: Set<String> = []
        for line in sheet.lines {
            guard let assay = assay(line, &sheet), var settings = patients(line, &sheet) else { continue }
            checkUnit(line, &sheet)
            settings.isOn = sheet.yes(line, "suivi", default: true)
            let site = line.isEmpty("site") ? nil : line.text("site")
            if !seen.insert("\(site ?? "")|\(assay)").inserted {
                sheet.refuse("duplicate", line, "analyse", "\(assay) est déjà surveillé", "n'en garder qu'une ligne")
            }
            do throws(Refusal) { try settings.check() } catch {
                sheet.refuse("patients", line, "methode", error.cause, error.remedy)
            }
            read.append(PublishedPatients(assay: assay, site: site, settings: settings))
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
