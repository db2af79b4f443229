import Base
import Laboratory
import Quality
import Store

// A control of a material that nobody declared: it neither proves nor disproves anything, and somebody must say what it
// is. It is kept as a control all the same, and waits in triage, once a material and analyzer.
extension Desk {
    /// Entries for the unknown materials among these controls. `waiting`: without those that wait already.
    func unknownControls(
        _ controls: [IncomingObservation], _ message: ReceivedMessage, waiting isKept: Bool = false
    ) async throws(CommandFailure) -> [TriageEntry] {
        if controls.isEmpty { return [] }
        let known = try await knownMaterials(of: message.analyzer, site: message.site)
        var unknown = [IncomingObservation]()
        for control in controls where !known.contains(control.accession) {
            if !unknown.contains(where: { $0.accession == control.accession }) { unknown.append(control) }
        }
        if unknown.isEmpty { return [] }
        if !isKept {
            let open = try await ask { () throws(StoreFailure) in
                try await store.triage(site: message.site, open: true, limit: .max)
            }
            let waiting = open.filter { $0.reason == .unknownControl && $0.analyzer == message.analyzer }
            unknown.removeAll { one in waiting.contains { $0.incoming?.accession == one.accession } }
        }
        return unknown.map { control in
            let name = control.accession.isEmpty ? "sans identifiant" : "« \(control.accession) »"
            return TriageEntry(
                id: freshID(), site: message.site, analyzer: message.analyzer, messageID: message.id,
                ordinal: control.ordinal, reason: .unknownControl,
                explanation: "contrôle \(name) inconnu : il ne prouve rien → le déclarer (paillasse qc target, "
                    + "qc lot open ou controls/lots.csv) puis rejouer, ou écarter avec un motif",
                incoming: control, at: now())
        }
    }

    /// Names by which controls of this analyzer are known: those of targets, and of lots of the catalogue.
    private func knownMaterials(of analyzer: String, site: String) async throws(CommandFailure) -> Set<String> {
        let entries = try await ask { () throws(StoreFailure) in
            try await store.register(.controlTarget, site: site, limit: Desk.most)
        }
        var known = Set(shelf.controls?.lots.map(\.identifier) ?? [])
        for line in shelf.controls?.named ?? []
        where line.target.assay.analyzer == analyzer && [nil, site].contains(line.site) {
            known.insert(line.target.material)
        }
        for entry in entries {
            let parts = entry.subject.split(separator: "|", maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3, parts[0] == analyzer { known.insert(String(parts[2])) }
        }
        return known
    }
}
