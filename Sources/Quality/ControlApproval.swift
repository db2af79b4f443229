package import Base
package import Catalog

// What a table of controls says counts when a biologist stands for it (PAIN 19): a target, a rule, a validity and, most
// of all, the absence of any control are no matter of who may publish. Until then the assay has no control
// (`CQ_ABSENT`); a rejection found stays one.

/// Who stands for the lines of a published table about one assay.
package struct ControlSignature: Sendable, Hashable {
    package var by: String
    package var at: Instant
    package init(by: String, at: Instant) {
        self.by = by
        self.at = at
    }
}

/// The lines of one analysis on one analyzer (or `*`) as a biologist approves them together: its policies, its targets
/// and the lots of these; an exemption under a name of its own, so that it is never taken for a control.
package struct ControlSubject: Sendable, Hashable {
    package let assay: ControlledAssay
    package let isExemption: Bool
    /// Canonical bytes.
    package let content: [UInt8]

    package static let prefix = "controle:", exemptionPrefix = "dispense:"

    package var name: String { ControlSubject.name(of: assay, isExemption: isExemption) }
    package static func name(of assay: ControlledAssay, isExemption: Bool) -> String {
        (isExemption ? exemptionPrefix : prefix) + assay.description
    }

    /// `controle:K@*`, `K@auto`, `K`: the assay that is meant.
    package static func assay(named name: String) -> ControlledAssay {
        var rest = Substring(name)
        for prefix in [prefix, exemptionPrefix] where rest.hasPrefix(prefix) { rest = rest.dropFirst(prefix.count) }
        let parts = rest.split(separator: "@", maxSplits: 1).map(String.init)
        return ControlledAssay(analysis: parts.first ?? "", analyzer: parts.count > 1 ? parts[1] : "*")
    }
    /// Is it the name of one?
    package static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) || name.hasPrefix(exemptionPrefix) }
}

extension CatalogueTables {
    /// Of every assay that a line of the controls names, in the order of the tables.
    package var controlSubjects: [ControlSubject] {
        var seen: Set<ControlledAssay> = [], assays: [ControlledAssay] = []
        for name in ["controls/policies.csv", "controls/targets.csv", "controls/named.csv"] {
            guard let table = self[name] else { continue }
            for row in table.rows {
                let assay = ControlledAssay(
                    analysis: table.cell(row, "analyse"), analyzer: table.cell(row, "automate"))
                if seen.insert(assay).inserted { assays.append(assay) }
            }
        }
        return assays.compactMap { controlSubject(of: $0) }
    }

    /// Nil: no line names it.
    package func controlSubject(of assay: ControlledAssay) -> ControlSubject? {
        func rows(_ name: String) -> (table: Table, rows: [[String]])? {
            self[name].map { table in
                let own = table.rows.filter {
                    table.cell($0, "analyse") == assay.analysis && table.cell($0, "automate") == assay.analyzer
                }
                return (table, own)
            }
        }
        var lines: [String] = [], isExemption = false
        if let (table, own) = rows("controls/policies.csv") {
            lines += own.map { table.text(of: $0, leavingOut: []) }.sorted()
            isExemption = own.contains { row in
                ["dispense_par", "dispense_le", "dispense_motif"].contains { !table.cell(row, $0).isEmpty }
            }
        }
        if let (table, own) = rows("controls/targets.csv") {
            lines += own.map { table.text(of: $0, leavingOut: []) }.sorted()
            let named = Set(own.map { CatalogueTables.lot($0, of: table) })
            if let lots = self["controls/lots.csv"] {
                lines +=
                    lots.rows.filter { named.contains(CatalogueTables.lot($0, of: lots)) }
                    .map { lots.text(of: $0, leavingOut: []) }.sorted()
            }
        }
        if let (table, own) = rows("controls/named.csv") {
            lines += own.map { table.text(of: $0, leavingOut: []) }.sorted()
        }
        if lines.isEmpty { return nil }
        return ControlSubject(
            assay: assay, isExemption: isExemption, content: Array(lines.joined(separator: "\n").utf8))
    }

    private static func lot(_ row: [String], of table: Table) -> [String] {
        ["materiau", "niveau", "lot"].map { table.cell(row, $0) }
    }
}

extension ControlCatalogue {
    /// The same tables, of which only what somebody stands for counts. `abandoned`: assays that somebody stands for and
    /// that no line names any more.
    package func signed(
        _ signatures: [ControlledAssay: ControlSignature], abandoned: Set<ControlledAssay> = []
    ) -> ControlCatalogue {
        var copy = self
        copy.signatures = signatures
        copy.abandoned = abandoned
        return copy
    }

    private func line(for assay: ControlledAssay, among lines: some Sequence<ControlledAssay>) -> ControlledAssay? {
        let shared = ControlledAssay(analysis: assay.analysis, analyzer: "*")
        var found: ControlledAssay?
        for line in lines {
            if line == assay { return line }
            if line == shared { found = line }
        }
        return found
    }

    /// The policy that the tables give an assay, as far as somebody stands for it: an exemption counts under the name
    /// of who approved it, and not before. Nil: they give none.
    package func policyInForce(for assay: ControlledAssay, site: String? = nil, at: Instant? = nil) -> ControlPolicy? {
        guard let line = policies.serving(assay, site).first?.assay, var policy = policy(for: assay, site: site, at: at)
        else { return nil }
        guard let signatures else { return policy }
        let written = policy.exemption
        policy.exemption = nil
        if let written, let signature = signatures[line] {
            policy.exemption = try? SignedReason(
                by: signature.by, at: max(signature.at, written.at),
                reason: "\(written.reason) (demandé par \(written.by))")
        } else if signatures[line] == nil {
            policy.awaiting = ControlSubject.name(of: line, isExemption: written != nil)
        }
        return policy
    }

    /// Does somebody stand for what the tables say of these?
    func standsForPolicy(of assay: ControlledAssay) -> Bool {
        line(for: assay, among: policies.map(\.assay)).map(stands) ?? false
    }
    func standsForTargets(of assay: ControlledAssay) -> Bool {
        line(for: assay, among: targets.map(\.assay)).map(stands) ?? false
    }
    func stands(for line: ControlledAssay) -> Bool { signatures.map { $0[line] != nil } ?? true }

    /// Where no policy is published: the one that was, when a biologist stood for it, is not replaced by its absence.
    package func abandonedPolicy(of assay: ControlledAssay) -> String? {
        line(for: assay, among: abandoned).map { ControlSubject.name(of: $0, isExemption: false) }
    }

    /// Published targets that an assay leans on and that nobody stands for. `names`: controls that have a target of
    /// their own by command.
    package func unsignedTargets(of assay: ControlledAssay, site: String, besides names: Set<String>) -> String? {
        guard let signatures else { return nil }
        if !stands(for: assay), namedTargets(of: assay, site: site).contains(where: { !names.contains($0.material) }) {
            return ControlSubject.name(of: assay, isExemption: false)
        }
        let serving = lots.filter { $0.inServiceFrom != nil && !names.contains($0.identifier) }
        let used = targets.filter { target in
            serving.contains {
                $0.material == target.material && $0.lot == target.lot && $0.level.name == target.level.name
            }
        }
        guard let line = line(for: assay, among: used.map { $0.assay }), signatures[line] == nil else { return nil }
        return ControlSubject.name(of: line, isExemption: false)
    }
}

extension ControlStanding {
    /// The same while what the control leans on waits for a biologist: nothing passes, and a rejection stays one.
    func whileAwaiting(_ subject: String?) -> ControlStanding {
        guard let subject, hold != .rejected else { return self }
        return ControlStanding(
            state: .notControlled, hold: .absent, since: nil, run: run, lastConforming: lastConforming, expiresAt: nil,
            rules: [],
            because: "\(subject) : publié, et aucun biologiste ne l'a approuvé (paillasse catalogue approve --control)")
    }
}
