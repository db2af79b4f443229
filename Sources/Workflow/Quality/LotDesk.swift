package import Base
import Catalog
import Laboratory
package import Quality
import Store

/// A lot under parallel run, beside the one whose place it is to take, for one analysis.
package struct LotComparison: Sendable {
    package var new: ControlTarget
    /// Nil when no lot is in service at this level.
    package var former: ControlTarget?
    package var change: LotChange
}

/// Which SD the new lot begins its service with.
package enum LotSpread: String, Sendable, CaseIterable {
    /// That of the parallel run.
    case parallel = "parallèle"
    /// The new mean with the CV of the lot before: days of parallel run show less spread than months of service.
    case formerCV = "ancien-cv"
}

/// A change of the lot of a control (RULES sections 2.2 and 2.5): opened beside the lot in service, compared with it,
/// then put in its place.
extension Desk {
    /// From now on `material`, as the analyzer names it, is the lot that runs beside `former`: on the chart and in its
    /// statistics, never in a rule. For every analysis that `former` controls on this analyzer when none is named.
    /// `values`: the maker's mean and SD by analysis.
    package func openLot(
        _ lot: String, material: String, beside former: String, analyzer: String, analyses: [String] = [],
        values: [String: (mean: Exact, sd: Exact)] = [:], reason: String, by author: Author
    ) async throws(CommandFailure) -> [LotComparison] {
        try allow(author, .validateTechnically)
        try needReason(reason)
        guard !material.isEmpty, !lot.isEmpty, material != former else {
            throw .refused(
                Refusal(
                    "quality.lot.name", at: material,
                    because: "le lot neuf veut un numéro et un nom à lui, autre que celui du lot en service",
                    remedy: "le déclarer sur l'automate sous un autre identifiant"))
        }
        let at = now()
        var facts = [(subject: String, target: ControlTarget)]()
        let assays = try await assays(analyzer, analyses, of: former, site: author.site)
        try checkValues(values, served: assays.map(\.analysis).sorted(), by: former)
        for assay in assays {
            let targets = try await targets(of: assay, site: author.site)
            let measured = measuredControls(assay, site: author.site, targets: targets)
            let (old, _) = measured.meaning(of: former, at: at)
            guard let old, !old.isParallel, old.mean != nil else {
                throw missing("quality.lot.former", "lot en service", "\(former) (\(assay))")
            }
            try checkNumber(lot, of: material, beside: old, assay, targets, at)
            let known = measured.meaning(of: material, at: at).target
            if let known, !known.isParallel {
                throw .refused(
                    Refusal(
                        "quality.lot.inService", at: "\(material) (\(assay))",
                        because: "ce contrôle est déjà en service", remedy: "donner le nom du lot neuf"))
            }
            let makers = values[assay.analysis]
            let target = ControlTarget(
                assay: assay, material: material, level: old.level, lot: lot, mean: makers?.mean ?? known?.mean,
                sd: makers?.sd ?? known?.sd, unit: old.unit, origin: .maker, from: at, isParallel: true,
                replaces: former)
            facts.append(("\(analyzer)|\(assay.analysis)|\(material)", target))
        }
        try await enter(targets: facts, reason, "quality.lot.open", author)
        return try await comparisons(material, facts.map(\.target.assay), site: author.site)
    }

    /// The maker's values: of what the control in service serves, with a spread.
    private func checkValues(
        _ values: [String: (mean: Exact, sd: Exact)], served: [String], by former: String
    ) throws(CommandFailure) {
        for code in values.keys.sorted() {
            guard let sd = values[code]?.sd, sd > Exact(0) else {
                throw .refused(
                    Refusal(
                        "quality.lot.value", at: code, because: "un écart-type nul ou négatif",
                        remedy: "relire la notice"))
            }
            guard served.contains(code) else {
                throw .refused(
                    Refusal(
                        "quality.lot.value", at: code,
                        because: "une valeur est donnée pour « \(code) », que « \(former) » ne contrôle pas ici",
                        remedy: "donner celles de : \(served.joined(separator: ", "))"))
            }
        }
    }

    /// A number tells two lots of a level apart: neither that of the lot in service, nor that of another control of the
    /// level; and a lot is opened once.
    private func checkNumber(
        _ lot: String, of material: String, beside old: ControlTarget, _ assay: ControlledAssay,
        _ targets: [ControlTarget], _ at: Instant
    ) throws(CommandFailure) {
        let standing = targets.filter { $0.isInForce(at: at) }
        if let open = standing.first(where: { $0.material == material && $0.isParallel }) {
            throw .refused(
                Refusal(
                    "quality.lot.open", at: "\(material) (\(assay))",
                    because: "ce lot est déjà ouvert en parallèle (lot \(open.lot))",
                    remedy: "le suivre : paillasse qc lot show"))
        }
        let others = standing.filter { $0.material != material && $0.level.name == old.level.name }
        let published = shelf.controls?.lots.filter {
            $0.identifier != material && $0.level.name == old.level.name && $0.isInService(at: at)
        }
        let bearer =
            others.first { $0.lot == lot }?.material ?? published?.first { $0.lot == lot }?.identifier
            ?? (old.lot == lot ? old.material : nil)
        guard let bearer else { return }
        throw .refused(
            Refusal(
                "quality.lot.number", at: "\(lot) (\(assay))",
                because: "le numéro \(lot) est celui de « \(bearer) », au même niveau",
                remedy: "donner le numéro imprimé sur le flacon neuf"))
    }

    /// Lots under parallel run on an analyzer, of one analysis when it is named.
    package func lotComparisons(
        analyzer: String, analysis: String? = nil, site: String
    ) async throws(CommandFailure) -> [LotComparison] {
        var out = [LotComparison]()
        for assay in try await controlledAssays(site: site)
        where assay.analyzer == analyzer && analysis.map({ $0 == assay.analysis }) ?? true {
            let page = try await qualityPage(assay, site: site)
            let at = now()
            var materials = page.points.filter(\.isParallel).map(\.material)
            materials += page.targets.filter { $0.isParallel && $0.isInForce(at: at) }.map(\.material)
            for material in Set(materials).sorted() {
                if let comparison = try await comparison(material, assay, site: site) { out.append(comparison) }
            }
        }
        return out
    }

    private func comparisons(
        _ material: String, _ assays: [ControlledAssay], site: String
    ) async throws(CommandFailure) -> [LotComparison] {
        var out = [LotComparison]()
        for assay in assays {
            if let comparison = try await comparison(material, assay, site: site) { out.append(comparison) }
        }
        return out
    }

    /// Nil when the material is not under parallel run now.
    private func comparison(
        _ material: String, _ assay: ControlledAssay, site: String
    ) async throws(CommandFailure) -> LotComparison? {
        let page = try await qualityPage(assay, site: site)
        let at = now()
        let measured = measuredControls(assay, site: site, targets: page.targets)
        let (target, lot) = measured.meaning(of: material, at: at)
        guard let level = target?.level ?? lot?.level,
            target?.isParallel ?? lot.map({ !$0.isInService(at: at) }) ?? false
        else { return nil }
        var new =
            target
            ?? ControlTarget(
                assay: assay, material: material, level: level, lot: lot?.lot ?? "", mean: nil, sd: nil,
                unit: catalogue[assay.analysis]?.unit ?? "", origin: .maker, from: at, isParallel: true)
        new.assay = assay
        new.material = material
        let candidates =
            new.replaces.map { [$0] } ?? Array(Set(page.points.map(\.material) + page.targets.map(\.material)))
        let inService = candidates.filter { $0 != material }.compactMap { name -> ControlTarget? in
            guard var old = measured.meaning(of: name, at: at).target, !old.isParallel, old.mean != nil,
                old.level.name == level.name
            else { return nil }
            old.assay = assay
            old.material = name
            return old
        }
        let former = inService.count == 1 ? inService.first : nil
        let change = LotChange(
            from: former, to: new, points: page.points, verdicts: page.timeline.verdicts, inForceFrom: at)
        return LotComparison(new: new, former: former, change: change)
    }

    /// The lot under parallel run goes into service with the target of its own points, and the one before is closed: a
    /// point of it proves nothing any more. All analyses or none. What speaks against a target is refused, unless
    /// `acceptsDoubts`: the reason then answers for it.
    package func switchLot(
        to material: String, analyzer: String, analyses: [String] = [], spread: LotSpread = .parallel,
        acceptsDoubts: Bool = false, reason: String, by author: Author
    ) async throws(CommandFailure) -> [ControlTarget] {
        try allow(author, .sign)
        try needReason(reason)
        var comparisons = [LotComparison]()
        for found in try await lotComparisons(analyzer: analyzer, site: author.site)
        where found.new.material == material {
            if analyses.isEmpty || analyses.contains(found.new.assay.analysis) { comparisons.append(found) }
        }
        let absent = analyses.filter { code in !comparisons.contains { $0.new.assay.analysis == code } }
        guard !comparisons.isEmpty, absent.isEmpty else {
            throw missing("quality.lot.parallel", "lot en parallèle", ([material] + absent).joined(separator: " "))
        }
        var facts = [(subject: String, target: ControlTarget)]()
        for comparison in comparisons {
            let target = try decide { () throws(Refusal) in
                try comparison.inService(spread: spread, acceptsDoubts: acceptsDoubts)
            }
            let subject = "\(analyzer)|\(target.assay.analysis)|"
            facts.append((subject + material, target))
            if var closed = comparison.former {
                (closed.mean, closed.sd, closed.count) = (nil, nil, 0)
                (closed.from, closed.to) = (target.from, nil)
                facts.append((subject + closed.material, closed))
            }
        }
        try await enter(targets: facts, reason, "quality.lot.switch", author)
        return facts.map(\.target).filter { $0.mean != nil }
    }

    /// Analyses that a control serves on an analyzer, or those named.
    private func assays(
        _ analyzer: String, _ analyses: [String], of material: String, site: String
    ) async throws(CommandFailure) -> [ControlledAssay] {
        for code in analyses { try checkAnalysis(code) }
        if !analyses.isEmpty { return analyses.map { ControlledAssay(analysis: $0, analyzer: analyzer) } }
        let at = now()
        var codes = Set<String>()
        for assay in try await controlledAssays(site: site) where assay.analyzer == analyzer {
            codes.insert(assay.analysis)
        }
        if let controls = shelf.controls, let lot = controls.lot(identifier: material) {
            for target in controls.targets where ["*", analyzer].contains(target.assay.analyzer) {
                if target.material == lot.material, target.lot == lot.lot { codes.insert(target.assay.analysis) }
            }
        }
        var found = [ControlledAssay]()
        for code in codes.sorted() {
            let assay = ControlledAssay(analysis: code, analyzer: analyzer)
            let targets = try await targets(of: assay, site: site)
            let (target, _) = measuredControls(assay, site: site, targets: targets).meaning(of: material, at: at)
            if let target, !target.isParallel, target.mean != nil { found.append(assay) }
        }
        guard !found.isEmpty else { throw missing("quality.lot.former", "lot en service", material) }
        return found
    }

    /// Targets entered together: all of them or none.
    private func enter(
        targets: [(subject: String, target: ControlTarget)], _ reason: String, _ action: String, _ author: Author
    ) async throws(CommandFailure) {
        try await attempt { () async throws(CommandFailure) in
            var facts = [Fact]()
            let at = now()
            for (subject, target) in targets {
                let known = try await ask { () throws(StoreFailure) in
                    try await store.register(.controlTarget, site: author.site, subject: subject)
                }
                facts.append(
                    .register(
                        RegisterEntry(
                            register: .controlTarget, site: author.site, subject: subject,
                            ordinal: (known.last?.ordinal ?? 0) + 1, author: author.login, at: at,
                            body: RegisterText.text(Decided(target, reason)))))
            }
            let note = self.note(author, action, targets.map(\.subject).joined(separator: " "), at)
            try await ask { [facts] () throws(StoreFailure) in try await store.append(facts, note: note) }
        }
        for (_, target) in targets {
            quality.forget(site: author.site, analyzer: target.assay.analyzer, analysis: target.assay.analysis)
        }
    }
}

extension LotComparison {
    /// The target with which the new lot begins its service.
    fileprivate func inService(spread: LotSpread, acceptsDoubts: Bool) throws(Refusal) -> ControlTarget {
        let place = "\(new.material) (\(new.assay))"
        guard var target = change.proposal else {
            throw Refusal(
                "quality.lot.proposal", at: place,
                because: change.doubts.map(\.french).joined(separator: " ; "),
                remedy: "continuer le passage en parallèle")
        }
        guard change.doubts.isEmpty || acceptsDoubts else {
            throw Refusal(
                "quality.lot.doubt", at: place, because: change.doubts.map(\.french).joined(separator: " ; "),
                remedy: "continuer le passage en parallèle, ou l'assumer avec un motif (--accept)")
        }
        switch spread {
        case .parallel: break
        case .formerCV:
            guard let sd = change.sdFromFormerCV, sd > Exact(0) else {
                throw Refusal(
                    "quality.lot.cv", at: place, because: "l'ancien lot n'a pas de CV à reprendre",
                    remedy: "prendre l'écart-type du passage en parallèle")
            }
            target.sd = sd
        }
        return target
    }
}
