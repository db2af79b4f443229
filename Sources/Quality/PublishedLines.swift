package import Base

/// A line of a published table about an assay, of one site or of all.
protocol PublishedLine {
    var assay: ControlledAssay { get }
    /// Nil: every site.
    var site: String? { get }
}

/// A line of `policies.csv`.
package struct PublishedPolicy: Sendable, PublishedLine {
    package let assay: ControlledAssay
    package let site: String?
    /// From when it counts, once somebody stands for it; nil: from then.
    package let from: Instant?
    package let policy: ControlPolicy
}

/// A line of `patients.csv`.
package struct PublishedPatients: Sendable, PublishedLine {
    package let assay: ControlledAssay
    package let site: String?
    package let settings: PatientSettings
}

/// A line of `named.csv`: the target of a control by the name that the analyzer sends.
package struct PublishedTarget: Sendable, PublishedLine {
    package let site: String?
    package let target: ControlTarget
    package var assay: ControlledAssay { target.assay }
}

extension Array where Element: PublishedLine {
    /// The lines for an assay at a site: its own before those of every analyzer, the site's before those of all.
    func serving(_ assay: ControlledAssay, _ site: String?) -> [Element] {
        func rank(_ line: Element) -> Int? {
            guard line.assay.analysis == assay.analysis, line.site == nil || line.site == site else { return nil }
            if line.assay.analyzer == assay.analyzer { return line.site == nil ? 2 : 3 }
            return line.assay.analyzer == "*" ? (line.site == nil ? 0 : 1) : nil
        }
        guard let best = compactMap(rank).max() else { return [] }
        return filter { rank($0) == best }
    }
}

/// The published tables of controls as they stood from an instant on: what they said, and who stood for it.
package struct ControlStage: Sendable {
    package let at: Instant
    package let tables: ControlCatalogue
    package init(at: Instant, tables: ControlCatalogue) {
        self.at = at
        self.tables = tables
    }
}

extension [ControlStage] {
    /// In force now.
    package var current: ControlCatalogue? { last?.tables }

    /// What judges a control that became known at an instant: the last tables by then for whose targets somebody stood;
    /// else those of today, for want of others. What is approved today judges nothing of the past.
    package func tables(judging assay: ControlledAssay, knownAt instant: Instant) -> ControlCatalogue? {
        last { $0.at <= instant && $0.tables.standsForTargets(of: assay) }?.tables ?? current
    }

    /// The policies of an assay that have begun by `now`, each from when somebody stood for it or from its own date,
    /// whichever is later. Nil: there is none. Where nobody stands for any, that of the tables in force, which waits.
    package func policies(
        of assay: ControlledAssay, site: String, by now: Instant
    ) -> (first: ControlPolicy, changes: [PolicyChange])? {
        let signed = filter { $0.tables.standsForPolicy(of: assay) }
        var changes = [PolicyChange]()
        for (place, stage) in signed.enumerated() {
            let end = place + 1 < signed.count ? signed[place + 1].at : nil
            let dates = stage.tables.policies.serving(assay, site).compactMap(\.from).filter { from in
                stage.at < from && (end.map { from < $0 } ?? true)
            }
            for at in [stage.at] + dates.sorted() where at <= now {
                guard let policy = stage.tables.policyInForce(for: assay, site: site, at: at),
                    changes.last?.policy != policy
                else { continue }
                changes.append(PolicyChange(at: at, policy: policy))
            }
        }
        // What was measured before the first is judged by it, for want of another.
        if let first = changes.first { return (first.policy, [PolicyChange](changes.dropFirst())) }
        guard let waiting = current?.policyInForce(for: assay, site: site, at: now) else { return nil }
        return (waiting, [])
    }

    /// When the tables in force next change what is asked of an assay.
    package func nextPolicy(of assay: ControlledAssay, site: String, after now: Instant) -> Instant? {
        current?.policies.serving(assay, site).compactMap(\.from).filter { now < $0 }.min()
    }

    /// The targets by name that somebody stood for, from each instant when they changed.
    package func named(_ assay: ControlledAssay, site: String) -> [(at: Instant, targets: [ControlTarget])] {
        var found = [(at: Instant, targets: [ControlTarget])]()
        for stage in self {
            let targets = stage.tables.stands(for: assay) ? stage.tables.namedTargets(of: assay, site: site) : []
            if found.last?.targets ?? [] != targets { found.append((stage.at, targets)) }
        }
        return found
    }
}

extension [ControlTarget] {
    /// These, and before them what they leave of `others` of the same control: each ended where the first of these
    /// begins.
    package func superseding(_ others: [ControlTarget]) -> [ControlTarget] {
        guard let begin = map(\.from).min() else { return others }
        return others.filter { $0.from < begin }.map { other in
            var ended = other
            if other.to.map({ begin < $0 }) ?? true { ended.to = begin }
            return ended
        } + self
    }
}
