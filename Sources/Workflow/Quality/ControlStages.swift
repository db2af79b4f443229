import Base
import Catalog
import Laboratory
import Quality
import Store

// The published tables of controls through time: what they said from each publication on, and who stood for it from each
// approval on. What is approved today judges nothing of the past; each site reads their dates in its own zone.
extension Desk {
    /// The zones in which people of the laboratory write dates.
    private var zones: Set<CivilZone> { sites.isEmpty ? [.europeParis] : Set(sites.values.map(\.civilZone)) }

    /// The stages that judge at a site.
    func controls(of site: String) -> [ControlStage] { shelf.controls(in: sites[site]?.civilZone ?? .europeParis) }

    /// Materials, lots, targets and policies of these files (`controls/…`), in each zone; empty when there are none.
    func controls(of files: [CatalogFile]) throws(CommandFailure) -> [CivilZone: ControlCatalogue] {
        let tables = ControlCatalogue.files(among: files)
        var read = [CivilZone: ControlCatalogue]()
        guard !tables.isEmpty else { return read }
        for zone in zones {
            read[zone] = try decide { () throws(Refusal) in try ControlCatalogue.load(tables, zone: zone) }
        }
        return read
    }

    /// Refuses tables with a fault, and a line for a site that the laboratory does not have.
    func checkControls(_ files: [CatalogFile]) throws(CommandFailure) {
        guard let tables = try controls(of: files).first?.value else { return }
        let named = tables.named.map(\.site) + tables.policies.map(\.site) + tables.patients.map(\.site)
        guard let stranger = named.compactMap(\.self).first(where: { sites[$0] == nil }) else { return }
        throw .refused(
            Refusal(
                "quality.site", at: stranger, because: "aucun site ne porte ce code",
                remedy: "vider la colonne site, ou employer : " + sites.keys.sorted().joined(separator: ", ")))
    }

    private enum Turn {
        case publication(RegisterEntry)
        case approval(RegisterEntry)
        var at: Instant {
            switch self {
            case .publication(let entry), .approval(let entry): entry.at
            }
        }
    }

    /// As they stood after each publication and each approval of a control.
    func controlStages() async throws(CommandFailure) -> [CivilZone: [ControlStage]] {
        let approvals = try await ask { () throws(StoreFailure) in
            try await store.register(.approval, site: Register.everySite, limit: Desk.mostApprovals)
        }.filter { ControlSubject.isName($0.subject) }
        // A publication of the same instant comes first: what is approved is published.
        let publications = try await publications()
        let turns =
            (publications.map { Turn.publication($0) }
            + approvals.sorted { ($0.at, $0.ordinal) < ($1.at, $1.ordinal) }.map { Turn.approval($0) })
            .enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        var stages = [CivilZone: [ControlStage]](), tables = [CivilZone: ControlCatalogue]()
        var subjects = [ControlSubject]()
        var standing = [String: (entry: RegisterEntry, body: ApprovalBody)]()
        for turn in turns {
            switch turn {
            case .publication(let entry):
                let files = try files(of: entry)
                // What a later reading refuses shuts out no version that was in force before.
                tables = entry == publications.last ? try controls(of: files) : (try? controls(of: files)) ?? [:]
                subjects = CatalogueTables(files).controlSubjects
            case .approval(let entry):
                standing[entry.subject] = (
                    entry, try RegisterText.decode(Array(entry.body.utf8), as: ApprovalBody.self)
                )
            }
            var signatures = [ControlledAssay: ControlSignature]()
            for subject in subjects {
                guard let (entry, body) = standing[subject.name], body.valid,
                    ApprovalSubject(subject).isWhatWasApproved(body.hash)
                else { continue }
                signatures[subject.assay] = ControlSignature(by: entry.author, at: entry.at)
            }
            let kept = standing.filter { $0.key.hasPrefix(ControlSubject.prefix) && $0.value.body.valid }.keys
            let abandoned = Set(kept.map { ControlSubject.assay(named: $0) }).subtracting(subjects.map(\.assay))
            for (zone, read) in tables {
                stages[zone, default: []].append(
                    ControlStage(at: turn.at, tables: read.signed(signatures, abandoned: abandoned)))
            }
        }
        // Tables that the version in force has no more.
        if tables.isEmpty { return [:] }
        return stages
    }
    static let mostApprovals = 1_000_000
}
