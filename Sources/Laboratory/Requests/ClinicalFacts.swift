package import Base

/// Known states of the patient that rules look at (RULES sections 3 and 7).
package enum ClinicalContext: String, Sendable, Codable, CaseIterable {
    case pregnancy = "grossesse"
    case transfusion = "transfusion"
    case dialysis = "dialyse"
    case delivery = "accouchement"
    case insulin = "insuline"
    case vitaminKAntagonist = "AVK"
    /// The kidney's function is changing: a creatinine says nothing steady of it.
    case acuteKidney = "IRA"
    case amputation = "amputation"
    /// A body so lean or so heavy that its muscle is not that of the formulas.
    case extremeBody = "gabarit"
    case chylomicrons = "chylomicrons"
    /// Dysbetalipoproteinemia (type III).
    case typeThree = "typeIII"
}

/// What is said of the person with a request (*renseignements cliniques*), as far as intervals, deltas and calculations
/// look at it. What nobody said is not known, and never guessed.
package struct ClinicalFacts: Codable, Sendable, Hashable {
    package struct Pregnancy: Codable, Sendable, Hashable {
        /// Complete weeks of amenorrhea (*semaines d'aménorrhée*) on `on`; nil: pregnant, nobody knows since when.
        package var weeks: Int?
        package var on: CivilDate
        package init(weeks: Int?, on: CivilDate) {
            self.weeks = weeks
            self.on = on
        }
    }
    package struct Weight: Codable, Sendable, Hashable {
        package var kilograms: Exact
        package var on: CivilDate
        package init(kilograms: Exact, on: CivilDate) {
            self.kilograms = kilograms
            self.on = on
        }
    }
    package struct UrineCollection: Codable, Sendable, Hashable {
        package var litres: Exact
        package var hours: Exact
        package init(litres: Exact, hours: Exact) {
            self.litres = litres
            self.hours = hours
        }
    }
    /// Beside the pregnancy.
    package var contexts: Set<ClinicalContext>
    package var pregnancy: Pregnancy?
    package var weight: Weight?
    package var urine: UrineCollection?

    package init(
        contexts: Set<ClinicalContext> = [], pregnancy: Pregnancy? = nil, weight: Weight? = nil,
        urine: UrineCollection? = nil
    ) {
        self.contexts = contexts
        self.pregnancy = pregnancy
        self.weight = weight
        self.urine = urine
    }

    private enum CodingKeys: String, CodingKey { case contexts, pregnancy, weight, urine }
    package init(from decoder: any Decoder) throws {
        let c = try decoder.container(keyedBy: CodingKeys.self)
        contexts = Set(try c.decode([ClinicalContext].self, forKey: .contexts))
        pregnancy = try c.decodeIfPresent(Pregnancy.self, forKey: .pregnancy)
        weight = try c.decodeIfPresent(Weight.self, forKey: .weight)
        urine = try c.decodeIfPresent(UrineCollection.self, forKey: .urine)
    }
    /// The same facts have the same bytes.
    package func encode(to encoder: any Encoder) throws {
        var c = encoder.container(keyedBy: CodingKeys.self)
        try c.encode(ClinicalContext.allCases.filter { contexts.contains($0) }, forKey: .contexts)
        try c.encodeIfPresent(pregnancy, forKey: .pregnancy)
        try c.encodeIfPresent(weight, forKey: .weight)
        try c.encodeIfPresent(urine, forKey: .urine)
    }

    // What it says on a day

    package var isEmpty: Bool { contexts.isEmpty && pregnancy == nil && weight == nil && urine == nil }

    /// All of them, the pregnancy too.
    package var allContexts: [ClinicalContext] {
        ClinicalContext.allCases.filter { contexts.contains($0) || ($0 == .pregnancy && pregnancy != nil) }
    }

    /// Longest pregnancy that is believed, complete weeks of amenorrhea.
    package static let longestPregnancy = 44

    /// Complete weeks of amenorrhea on a day; nil: none, or nobody can say.
    package func pregnancyWeek(on day: CivilDate) -> Int? {
        guard let pregnancy, let weeks = pregnancy.weeks else { return nil }
        let week = weeks + (day.dayNumber - pregnancy.on.dayNumber).flooringDivision(by: 7)
        return (0...ClinicalFacts.longestPregnancy).contains(week) ? week : nil
    }

    /// A weight is of use for so many calendar months, the last day left out (RULES section 7, Cockcroft–Gault).
    package static let monthsOfWeight = 3

    /// The weight in force on a day; nil: none, or it is too old.
    package func weight(on day: CivilDate) -> Exact? {
        guard let weight else { return nil }
        let (first, last) = weight.on < day ? (weight.on, day) : (day, weight.on)
        let months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day ? 1 : 0)
        return months < ClinicalFacts.monthsOfWeight ? weight.kilograms : nil
    }

    /// Refuses what cannot be; `today` in the zone of the site.
    package func check(sex: AdministrativeSex, today: CivilDate) throws(Refusal) {
        if let pregnancy {
            guard sex != .male else {
                throw refusal("sexe", "une grossesse chez un patient de sexe masculin", "vérifier le dossier")
            }
            let possible = 0...ClinicalFacts.longestPregnancy
            guard pregnancy.weeks.map(possible.contains) ?? true, pregnancy.on <= today else {
                throw refusal(
                    "grossesse", "des semaines d'aménorrhée hors de 0 à \(ClinicalFacts.longestPregnancy), ou à venir",
                    "donner les semaines révolues et le jour où elles sont comptées")
            }
        }
        if let weight {
            guard Exact(coefficient: 2, scale: 1) < weight.kilograms, weight.kilograms < Exact(700), weight.on <= today
            else { throw refusal("poids", "un poids impossible, ou à venir", "donner des kilogrammes et leur date") }
        }
        if let urine {
            guard Exact(0) < urine.litres, urine.litres < Exact(30), Exact(0) < urine.hours, urine.hours <= Exact(72)
            else {
                throw refusal("urines", "un recueil impossible", "donner le volume en litres et la durée en heures")
            }
        }
    }

    private func refusal(_ at: String, _ cause: String, _ remedy: String) -> Refusal {
        Refusal("request.clinical", at: at, because: cause, remedy: remedy)
    }

    /// `enceinte, 22 SA le 22/11/2026 ; dialyse ; 70,5 kg le 01/11/2026`
    package var frenchText: String {
        func french(_ day: CivilDate) -> String {
            day.description.split(separator: "-").reversed().joined(separator: "/")
        }
        func number(_ value: Exact) -> String { value.text.replacing(".", with: ",") }
        var parts: [String] = []
        if let pregnancy {
            parts.append(pregnancy.weeks.map { "enceinte, \($0) SA le \(french(pregnancy.on))" } ?? "enceinte")
        }
        parts += ClinicalContext.allCases.filter { contexts.contains($0) }.map(\.rawValue)
        if let weight { parts.append("\(number(weight.kilograms)) kg le \(french(weight.on))") }
        if let urine { parts.append("urines : \(number(urine.litres)) L en \(number(urine.hours)) h") }
        return parts.joined(separator: " ; ")
    }
}
