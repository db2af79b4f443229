import Base
import Catalog
import Laboratory

/// The limits of one analysis that may depend on who the patient is and where (`limits.csv`), with what the checks say
/// of them.
final class LineTiers: Sendable {
    let alert: LimitPair?
    let critical: LimitPair?
    let autoverification: LimitPair?
    let criticalStep: Exact?
    let alertFacts, criticalFacts, autoverificationFacts, stepFacts: [CheckFact]

    private init(
        alert: LimitPair?, critical: LimitPair?, autoverification: LimitPair?, step: Exact?, places: Int,
        whom: [CheckFact]
    ) {
        func facts(_ pair: LimitPair?) -> [CheckFact] {
            guard let pair else { return [] }
            return ResultJudge.limits(pair.low?.settled(to: places), pair.high?.settled(to: places)) + whom
        }
        self.alert = alert
        self.critical = critical
        self.autoverification = autoverification
        criticalStep = step
        alertFacts = facts(alert)
        criticalFacts = facts(critical)
        autoverificationFacts = facts(autoverification)
        stepFacts = step.map { [CheckFact(.step, $0)] } ?? []
    }

    /// Those of the line of `analyses.csv`.
    convenience init(_ analysis: Analysis) {
        let limits = analysis.verification
        self.init(
            alert: limits.alert, critical: analysis.criticalPair, autoverification: limits.autoverification,
            step: limits.criticalStep, places: analysis.decimals ?? 0, whom: [])
    }

    /// Those of a patient whom lines of `limits.csv` concern, or may.
    convenience init(_ analysis: Analysis, _ lines: [(line: PatientLimits, verdict: Verdict)]) {
        let limits = analysis.verification
        let general = lines.contains { $0.verdict == .yes && $0.line.criticalStep != nil } ? nil : limits.criticalStep
        let steps = [general].compactMap(\.self) + lines.compactMap(\.line.criticalStep)
        self.init(
            alert: PatientLimits.chosen(limits.alert, among: lines, \.alert),
            critical: PatientLimits.chosen(analysis.criticalPair, among: lines, \.critical),
            autoverification: PatientLimits.chosen(limits.autoverification, among: lines, \.autoverification),
            // The smallest calls again soonest.
            step: steps.min(), places: analysis.decimals ?? 0,
            whom: lines.map { CheckFact(.words, $0.line.whom) })
    }
}

extension CheckLine {
    /// For a patient as far as one knows; most analyses have the same for everybody.
    func tiers(_ scene: Scene, _ patient: PatientFacts) -> LineTiers {
        if patientLimits.isEmpty { return tiers }
        let concerned = patientLimits.compactMap { line in
            let verdict = line.concerns(sex: patient.sex, age: scene.age, setting: patient.setting)
            return verdict == .no ? nil : (line: line, verdict: verdict)
        }
        return concerned.isEmpty ? tiers : LineTiers(analysis, concerned)
    }
}

extension PatientLimits {
    /// Whom the line is for, as `why` says it: `0 j – 28 j`, `F, urgences`.
    var whom: String {
        let ages: String? =
            if let to { "\(from) – \(to)" } else { from.minutes == 0 ? nil : "dès \(from)" }
        let parts = [sex == .any ? nil : sex.rawValue, ages, setting?.rawValue].compactMap(\.self)
        return parts.isEmpty ? "tous" : parts.joined(separator: ", ")
    }
}

extension CareSetting {
    init(_ encounter: EncounterClass) {
        switch encounter {
        case .ambulatory: self = .ambulatory
        case .inpatient: self = .inpatient
        case .emergency: self = .emergency
        }
    }
}
