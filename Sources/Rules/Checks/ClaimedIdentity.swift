package import Base
import Catalog
package import Laboratory

extension ClaimedIdentity {
    /// What an analyzer's identity record says against the patient's file (RULES 1.2, step 1). What it does not say
    /// contradicts nothing.
    package func contradictions(with patient: Patient) -> [IdentityContradiction] {
        var found: [IdentityContradiction] = []
        if let family = family.map(FoldedName.fold), !family.isEmpty {
            let known = [patient.traits.birthName, patient.usedName ?? ""].map(FoldedName.fold)
            if !known.contains(family) { found.append(.name) }
        }
        if let birthDate, birthDate != patient.traits.birthDate { found.append(.birthDate) }
        if let sex, sex != .unknown, patient.traits.sex != .unknown, sex != patient.traits.sex { found.append(.sex) }
        return found
    }
}

extension PatientFacts {
    /// `clinical`: what its request says; `collected` nil: the week of a pregnancy is not known either.
    package init(
        _ patient: Patient, _ clinical: ClinicalFacts? = nil, setting: EncounterClass? = nil,
        collected: Instant? = nil, in zone: CivilZone = .utc
    ) {
        let sex: IntervalSex =
            switch patient.traits.sex {
            case .female: .female
            case .male: .male
            case .unknown: .any
            }
        let day = collected.map { CivilTime($0, in: zone).date }
        self.init(
            sex: sex, born: patient.traits.birthDate, bornAt: patient.birthTime,
            pregnancyWeek: day.flatMap { clinical?.pregnancyWeek(on: $0) }, contexts: clinical?.allContexts ?? [],
            setting: setting.map { CareSetting($0) })
    }
}

extension SpecimenFacts {
    package init(_ specimen: Specimen) {
        self.init(
            kind: specimen.kind, tube: specimen.tube, analyses: specimen.analyses, collectedAt: specimen.collectedAt,
            receivedAt: specimen.receivedAt, nonconformity: specimen.nonconformity)
    }
}
