import Base
package import Catalog
import Laboratory
import Quality
import Store

// What people set by command, written into the tables of controls: the catalogue in force as files, so that another
// laboratory that publishes them, and whose biologist approves them, judges as this one does (reversibility).
extension Desk {
    /// The files in force with what was set by command, and who approved what (`annexes/approbations.csv`). A table that
    /// no command adds to stays byte for byte as it was published.
    package func exportedFiles() async throws(CommandFailure) -> [CatalogFile] {
        var files = try await catalogueFiles(number: nil)
        var tables = CatalogueTables(files)
        for site in sites.keys.sorted() {
            try await addTargets(of: site, to: &tables)
            try await addPolicies(of: site, to: &tables)
            try await addPatients(of: site, to: &tables)
        }
        try await addApprovals(to: &tables)
        let published = CatalogueTables(files)
        for table in tables.tables where published[table.name] != table {
            files.removeAll { $0.name == table.name }
            files.append(CatalogFile(name: table.name, bytes: Array(table.csv.utf8)))
        }
        return files.sorted { $0.name < $1.name }
    }

    private static func text(_ instant: Instant) -> String {
        instant.iso8601(in: .utc, milliseconds: instant.milliseconds % 1000 != 0)
    }

    // Targets

    private func addTargets(of site: String, to tables: inout CatalogueTables) async throws(CommandFailure) {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlTarget, site: site, limit: Desk.most)
        }
        var bySubject = [String: [(target: ControlTarget, row: [String: String])]]()
        for entry in entries.sorted(by: { ($0.at, $0.ordinal) < ($1.at, $1.ordinal) }) {
            let set = try RegisterText.decode(Array(entry.body.utf8), as: Decided<ControlTarget>.self)
            let others = bySubject[entry.subject] ?? []
            let left = [set.value].superseding(others.map(\.target)).dropLast()
            let rows = zip(left, others).map { (target: $0, row: $1.row) }
            bySubject[entry.subject] =
                rows + [(set.value, ["connu_le": Desk.text(entry.at), "par": entry.author, "motif": set.reason])]
        }
        guard !bySubject.isEmpty else { return }
        let zone = sites[site]?.civilZone ?? .europeParis
        var table =
            tables["controls/named.csv"]
            ?? CatalogueTables.Table(name: "controls/named.csv", columns: ControlCatalogue.namedColumns, lines: [])
        for (_, set) in bySubject.sorted(by: { $0.key < $1.key }) {
            guard let first = set.first?.target else { continue }
            table.supersede(from: first.from, in: zone) { cell in
                cell("automate") == first.assay.analyzer && cell("analyse") == first.assay.analysis
                    && cell("identifiant") == first.material && ["", site].contains(cell("site"))
            }
            for (target, kept) in set { table.add(Desk.cells(of: target, at: site).merging(kept) { $1 }) }
        }
        tables.put(table)
    }

    private static func cells(of target: ControlTarget, at site: String) -> [String: String] {
        [
            "site": site, "automate": target.assay.analyzer, "analyse": target.assay.analysis,
            "identifiant": target.material, "niveau": target.level.name, "rang": String(target.level.rank),
            "lot": target.lot, "moyenne": target.mean?.text ?? "", "ecart_type": target.sd?.text ?? "",
            "attendu": target.expected?.description ?? "", "ucum": target.unit, "origine": target.origin.rawValue,
            "points": String(target.count), "de": text(target.from), "a": target.to.map { text($0) } ?? "",
            "parallele": target.isParallel ? "oui" : "", "remplace": target.replaces ?? "",
        ]
    }

    // Policies

    private func addPolicies(of site: String, to tables: inout CatalogueTables) async throws(CommandFailure) {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlPolicy, site: site, limit: Desk.most)
        }
        let bySubject = Dictionary(grouping: entries, by: \.subject)
        guard !bySubject.isEmpty else { return }
        let zone = sites[site]?.civilZone ?? .europeParis
        var table =
            tables["controls/policies.csv"]
            ?? CatalogueTables.Table(
                name: "controls/policies.csv", columns: ControlCatalogue.policyColumns, lines: [])
        for (subject, entries) in bySubject.sorted(by: { $0.key < $1.key }) {
            let parts = subject.split(separator: "|", maxSplits: 1).map(String.init)
            guard parts.count == 2, let first = entries.map(\.at).min() else { continue }
            // A command wins over whatever a table says from then on.
            table.supersede(from: first, in: zone) { cell in
                cell("automate") == parts[0] && cell("analyse") == parts[1] && ["", site].contains(cell("site"))
            }
            var last: Instant?
            for entry in entries.sorted(by: { ($0.at, $0.ordinal) < ($1.at, $1.ordinal) }) {
                // Of two in one instant the last one stood.
                if last == entry.at { table.rows.removeLast() }
                last = entry.at
                let set = try RegisterText.decode(Array(entry.body.utf8), as: Decided<ControlPolicy>.self)
                var cells = Desk.cells(of: set.value)
                cells["site"] = site
                (cells["automate"], cells["analyse"]) = (parts[0], parts[1])
                (cells["de"], cells["par"], cells["motif"]) = (Desk.text(entry.at), entry.author, set.reason)
                table.add(cells)
            }
        }
        tables.put(table)
    }

    private static func cells(of policy: ControlPolicy) -> [String: String] {
        func rules(_ action: RuleAction) -> String {
            WestgardRule.named.filter { policy.rules[$0] == action }.map(\.rawValue).joined(separator: " ")
        }
        func yes(_ word: Bool) -> String { word ? "oui" : "non" }
        let minutes = policy.validity.map { $0.components.seconds / 60 }
        let events = ControlEventKind.noted.filter { policy.endingEvents.contains($0) }.map(\.rawValue)
        return [
            "rejet": rules(.reject), "avertissement": rules(.warn),
            "validite": minutes.map { $0 % 60 == 0 ? "\($0 / 60) h" : "\($0) min" } ?? "",
            "echantillons": policy.patientSamples.map(String.init) ?? "",
            "evenements": events.isEmpty ? "aucun" : events.joined(separator: "|"),
            "niveaux": String(policy.minimumLevels), "correction_signee": yes(policy.needsSignedCorrection),
            "serie_posterieure": yes(policy.acceptsLaterRun), "encadrement": yes(policy.bracketsLevels ?? false),
            "erreur_toleree_pct": policy.allowableError?.text ?? "", "dispense_par": policy.exemption?.by ?? "",
            "dispense_le": policy.exemption.map { text($0.at) } ?? "",
            "dispense_motif": policy.exemption?.reason ?? "",
        ]
    }

    // Averages of patients

    private func addPatients(of site: String, to tables: inout CatalogueTables) async throws(CommandFailure) {
        let latest = try await latestEntries(.patientControl, site: site)
        guard !latest.isEmpty else { return }
        var table =
            tables["controls/patients.csv"]
            ?? CatalogueTables.Table(
                name: "controls/patients.csv", columns: ControlCatalogue.patientColumns, lines: [])
        for (subject, entry) in latest.sorted(by: { $0.key < $1.key }) {
            let parts = subject.split(separator: "|", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            let set = try RegisterText.decode(Array(entry.body.utf8), as: Decided<PatientSettings>.self)
            table.remove { cell in
                cell("automate") == parts[0] && cell("analyse") == parts[1] && ["", site].contains(cell("site"))
            }
            var cells = Desk.cells(of: set.value)
            (cells["automate"], cells["analyse"], cells["site"]) = (parts[0], parts[1], site)
            (cells["par"], cells["motif"]) = (entry.author, set.reason)
            table.add(cells)
        }
        tables.put(table)
    }

    private static func cells(of settings: PatientSettings) -> [String: String] {
        let policy = settings.policy
        let method: (word: String, count: String, lambda: String) =
            switch policy.method {
            case .bull(let batch): ("bull", String(batch), "")
            case .movingAverage(let window): ("mobile", String(window), "")
            case .ewma(let lambda): ("ewma", "", lambda.text)
            }
        return [
            "methode": method.word, "nombre": method.count, "lambda": method.lambda, "cible": policy.target.text,
            "limite": policy.limit.text, "ucum": settings.unit, "bas": policy.low?.text ?? "",
            "haut": policy.high?.text ?? "", "sauf": policy.excludedWards.sorted().joined(separator: " "),
            "consequence": settings.consequence.rawValue, "de": text(settings.from),
            "suivi": settings.isOn ? "oui" : "non",
        ]
    }

    // Approvals

    /// Who approved what, and who took it back: in another laboratory a history that is kept and told, never in force.
    private func addApprovals(to tables: inout CatalogueTables) async throws(CommandFailure) {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.approval, site: Register.everySite, limit: Desk.mostApprovals)
        }
        let name = ApprovalHistory.file
        let columns = ["objet", "etat", "par", "le", "jusqu_au", "motif", "empreinte"]
        var table = tables[name] ?? CatalogueTables.Table(name: name, columns: columns, lines: [])
        var known = Set(table.rows.map { row in columns.map { table.cell(row, $0) } })
        var added = [[String: String]]()
        for entry in entries {
            let body = try RegisterText.decode(Array(entry.body.utf8), as: ApprovalBody.self)
            let cells = [
                "objet": entry.subject,
                "etat": (body.valid ? CatalogueApproval.State.approved : .withdrawn).rawValue, "par": entry.author,
                "le": Desk.text(entry.at), "jusqu_au": body.until.map { Desk.text($0) } ?? "", "motif": body.reason,
                "empreinte": body.hash,
            ]
            if known.insert(columns.map { cells[$0] ?? "" }).inserted { added.append(cells) }
        }
        if added.isEmpty { return }
        for cells in added.sorted(by: { ($0["le"] ?? "", $0["objet"] ?? "") < ($1["le"] ?? "", $1["objet"] ?? "") }) {
            table.add(cells)
        }
        tables.put(table)
    }
}

/// Approvals of the laboratories from which a catalogue came: kept with its version, exported again, never in force.
package enum ApprovalHistory {
    package static let file = "annexes/approbations.csv"
}

extension Desk {
    /// The files without the approvals that are this laboratory's own: what it exported comes back as it was.
    func withoutOwnApprovals(_ files: [CatalogFile]) async throws(CommandFailure) -> [CatalogFile] {
        guard let annex = files.first(where: { $0.name == ApprovalHistory.file }) else { return files }
        var table = CatalogueTables([annex])[ApprovalHistory.file]
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.approval, site: Register.everySite, limit: Desk.mostApprovals)
        }
        let own = Set(entries.map { [$0.subject, $0.author, Desk.text($0.at)] })
        table?.remove { cell in own.contains([cell("objet"), cell("par"), cell("le")]) }
        let others = files.filter { $0.name != ApprovalHistory.file }
        guard let table, !table.rows.isEmpty else { return others }
        return others + [CatalogFile(name: table.name, bytes: Array(table.csv.utf8))]
    }
}
