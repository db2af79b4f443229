import Catalog

/// A check of RULES 1.2 that cannot run on the results of an analysis, because the catalogue or the policy lacks what
/// it compares with.
package struct UnfedCheck: Sendable, Hashable, Codable {
    package var check: Check
    package var step: Int
    /// French name of the check.
    package var name: String
    /// The columns, or the file, to fill.
    package var data: String
    /// Why that matters: what passes unseen, or is held for ever.
    package var matters: String
}

extension RuleEngine {
    /// What cannot be checked of an analysis, in the order of the checks; empty for a code that the catalogue lacks.
    package func unfedChecks(of code: String) -> [UnfedCheck] {
        guard let line = lines[code] else { return [] }
        return Check.allCases.filter { isUnfed($0, line) }.sorted { $0.step < $1.step }.compactMap { check in
            check.need.map { need in
                // Some ages only are another gap than no interval at all.
                let isPartial = check == .interval && !line.ranges.isEmpty
                return UnfedCheck(
                    check: check, step: check.step,
                    name: isPartial ? check.frenchName + " (des âges manquent)" : check.frenchName, data: need.data,
                    matters: isPartial ? "aux âges sans ligne, " + need.matters : need.matters)
            }
        }
    }

    private func isUnfed(_ check: Check, _ line: CheckLine) -> Bool {
        let limits = line.limits, nature = line.analysis.nature
        let isMeasured = nature == .measured
        switch check {
        case .delay: return line.analysis.specimen != nil && limits.stabilityHours == nil
        case .measuringRange: return isMeasured && limits.measuring == nil
        case .dilution: return isMeasured && limits.maximumDilution == nil
        case .rerun: return isMeasured && limits.rerunLimit == nil && limits.analyticalCV == nil
        case .interference:
            let specimen = catalogue.hl7Specimen(of: line.analysis)
            return isMeasured && Self.bloodSpecimens.contains(specimen ?? "") && line.interference.isEmpty
        case .absurd: return nature.isNumeric && limits.absurd == nil
        case .autoverification: return nature.isNumeric && line.lacks(\.autoverification, limits.autoverification)
        case .delta: return nature.isNumeric && line.delta == nil
        case .criticalAlert: return nature.isNumeric && line.lacks(\.alert, limits.alert)
        case .criticalCall: return nature.isNumeric && line.lacks(\.critical, line.analysis.criticalPair)
        case .calculationInputs: return nature == .calculated && line.formula == nil
        case .interval:
            return nature.isNumeric && (line.ranges.isEmpty || catalogue.hasGaps(line.analysis.code))
        case .engine, .standingApproval, .ruleApproval, .catalogueLine, .identity, .request, .nonconformity,
            .specimenType, .reception, .collectionTime, .control, .calibration, .reagentLot, .instrumentFlags, .status,
            .indicesPresent, .unit, .reading, .freeHemoglobin, .wrongBlood, .coherence, .dependentSet, .excluded,
            .manualEdit, .firstPositive, .onlyInContext, .intervalFlag:
            return false
        }
    }

    /// HL7 codes of what an analyzer takes indices of the serum from.
    private static let bloodSpecimens: Set = ["SER", "PLAS"]
}

extension CheckLine {
    /// Neither everybody nor some patients have such a pair of limits.
    fileprivate func lacks(_ pair: (PatientLimits) -> LimitPair?, _ general: LimitPair?) -> Bool {
        general == nil && patientLimits.allSatisfy { pair($0) == nil }
    }
}

extension Check {
    /// What the catalogue gives it; nil: nothing that a laboratory could leave empty.
    private static let needs: [Check: (data: String, matters: String)] = [
        .delay: ("stabilite_h", "un tube trop vieux n'est pas retenu"),
        .measuringRange: ("amr_bas, amr_haut", "une valeur hors du domaine de mesure est rendue telle quelle"),
        .dilution: ("dilution_max", "toute dilution est retenue, aucune n'est proposée"),
        .rerun: ("cva ou repasse_abs", "deux passages qui diffèrent sont toujours retenus"),
        .interference: (
            "hil.rules (policy.json5)", "un sérum hémolysé, ictérique ou lactescent n'est ni commenté ni écarté"
        ),
        .absurd: ("absurde_bas, absurde_haut", "une valeur incompatible avec la vie n'est pas retenue pour elle-même"),
        .autoverification: ("av_bas, av_haut", "aucune plage ne borne ce qui est proposé"),
        .delta: ("delta_type (none : sans delta, par choix)", "un écart avec l'antérieur passe inaperçu"),
        .criticalAlert: ("alerte_bas, alerte_haut", "le technicien n'est pas alerté avant l'appel"),
        .criticalCall: ("critique_bas, critique_haut", "aucun appel n'est demandé, si grave que soit la valeur"),
        .calculationInputs: ("calculated.json5", "l'analyse n'est pas calculée"),
        .interval: (
            "intervals.csv (nature aucun : aucun ne s'applique)", "le résultat est retenu : aucun intervalle pour lui"
        ),
    ]
    var need: (data: String, matters: String)? { Check.needs[self] }
}
