package import Base

/// What ends the validity of a control besides time and number of patients (RULES section 2.5).
package enum ControlEventKind: String, Sendable, Codable, CaseIterable {
    case calibration = "calibration"
    case newReagentLot = "nouveau lot"
    case maintenance = "maintenance"
    /// The average of the patients' results left its limits: a control is due, whatever the policy says (RULES section
    /// 2.7: an alarm opens a control, it does not reject).
    case patientAlarm = "alarme des patients"
    /// The same where the laboratory only wants to be told: it ends nothing.
    case patientWarning = "avertissement des patients"
    /// A level of the control went over to another lot: nothing was measured with it under its own target yet, so a
    /// control of that level is due, whatever the policy says (RULES section 2.2: new lot, rules restart).
    case newControlLot = "nouveau lot de contrôle"

    /// What a person notes; the other kinds come from the patients' averages.
    package static let noted: [ControlEventKind] = [.calibration, .newReagentLot, .maintenance]
}

package struct ControlEvent: Sendable, Hashable, Codable {
    package var kind: ControlEventKind
    package var at: Instant
    /// Number of the lot, kind of maintenance…
    package var note: String
    /// Until when the calibration, or the lot of reagent, is good; nil: nobody said.
    package var until: Instant?
    /// Of a new lot of control: the level that went over to it.
    package var level: String?
    package init(
        _ kind: ControlEventKind, at: Instant, note: String = "", until: Instant? = nil, level: String? = nil
    ) {
        self.kind = kind
        self.at = at
        self.note = note
        self.until = until
        self.level = level
    }
}

/// What a laboratory asks of the controls of one analysis on one analyzer.
package struct ControlPolicy: Sendable, Hashable, Codable {
    /// A rule that is not here is not enabled; without any rule nothing is controlled (RULES section 2.2).
    package var rules: [WestgardRule: RuleAction]
    /// How long a conforming run is good for; nil: no limit in time.
    package var validity: Duration?
    /// Patient samples that a conforming run is good for; nil: no limit in number.
    package var patientSamples: Int?
    /// Events after which a new run is due.
    package var endingEvents: Set<ControlEventKind>
    /// Levels that a run must have, each with a z, to prove anything.
    package var minimumLevels: Int
    /// After a rejection a conforming run is not enough: somebody signs what was wrong and what was done.
    package var needsSignedCorrection: Bool
    /// Results measured before the first conforming run (nothing valid yet, or expired) are good once one follows.
    package var acceptsLaterRun: Bool
    /// The levels on either side of a patient's value must have been controlled (RULES section 1.2, step 3); nil, in
    /// policies written before there was the choice: no.
    package var bracketsLevels: Bool?
    /// Total error allowed, in percent of the target; for sigma.
    package var allowableError: Exact?
    /// No control for this analysis, under a biologist's signature.
    package var exemption: SignedReason?
    /// What it leans on and no biologist approved (`controle:K@*`): nothing passes. Never set by command.
    package var awaiting: String?

    package init(
        rules: [WestgardRule: RuleAction], validity: Duration? = ControlPolicy.standardValidity,
        patientSamples: Int? = nil,
        endingEvents: Set<ControlEventKind> = Set(ControlEventKind.noted), minimumLevels: Int = 1,
        needsSignedCorrection: Bool = true, acceptsLaterRun: Bool = false, bracketsLevels: Bool = false,
        allowableError: Exact? = nil, exemption: SignedReason? = nil
    ) {
        self.rules = rules
        self.validity = validity
        self.patientSamples = patientSamples
        self.endingEvents = endingEvents
        self.minimumLevels = minimumLevels
        self.needsSignedCorrection = needsSignedCorrection
        self.acceptsLaterRun = acceptsLaterRun
        self.bracketsLevels = bracketsLevels ? true : nil
        self.allowableError = allowableError
        self.exemption = exemption
    }

    /// One or two levels: 1-2s warns; 1-3s, 2-2s, R-4s, 4-1s, 10-x reject (RULES section 2.3).
    package static let twoLevelRules: [WestgardRule: RuleAction] = [
        .oneTwoS: .warn, .oneThreeS: .reject, .twoTwoS: .reject, .rFourS: .reject, .fourOneS: .reject, .tenX: .reject,
    ]
    /// Three levels: 2of3-2s, 3-1s and 6-x stand for 2-2s, 4-1s and 10-x (RULES section 2.3).
    package static let threeLevelRules: [WestgardRule: RuleAction] = [
        .oneTwoS: .warn, .oneThreeS: .reject, .twoOfThreeTwoS: .reject, .rFourS: .reject, .threeOneS: .reject,
        .sixX: .reject,
    ]
    package static func standardRules(levels: Int) -> [WestgardRule: RuleAction] {
        levels >= 3 ? threeLevelRules : twoLevelRules
    }

    /// Unless a laboratory says otherwise.
    package static let standardValidity = Duration.seconds(24 * 3600)
    /// No control is good for longer: what is measured less often than that is controlled each time.
    package static let longestValidity = Duration.seconds(31 * 24 * 3600)
    package static let mostPatientSamples = 1_000_000
    package static let mostLevels = 9

    /// A rule that can reject is enabled: without any, nothing is ever found wrong, so nothing is proven either.
    package var hasRejectingRule: Bool { rules.values.contains(.reject) }

    /// Refuses what would control nothing (RULES section 2.2, fail closed): no rule that rejects, a control that is
    /// good for no time, for ever, or for no sample. What a biologist exempts asks for nothing.
    package func check(at place: String) throws(Refusal) {
        if exemption != nil { return }
        func refuse(_ code: String, _ cause: String, _ remedy: String) -> Refusal {
            Refusal("quality.policy.\(code)", at: place, because: cause, remedy: remedy)
        }
        if rules[.expected] != nil {
            throw refuse(
                "rules",
                "« \(WestgardRule.expected.rawValue) » ne se choisit pas : une réponse autre que celle attendue rejette",
                "ne nommer que les règles des contrôles chiffrés")
        }
        guard hasRejectingRule else {
            throw refuse(
                "rules", "aucune règle ne rejette : rien ne serait contrôlé",
                "en nommer au moins une (1-3s, 2-2s, R-4s…), ou dispenser l'analyse sous la signature d'un biologiste")
        }
        guard validity != nil || patientSamples != nil else {
            throw refuse(
                "validity", "un contrôle sans fin de validité", "donner des heures, ou un nombre d'échantillons")
        }
        if let validity, validity <= .zero || validity > ControlPolicy.longestValidity {
            throw refuse(
                "validity", "la durée de validité d'un contrôle n'est pas de 1 heure à 31 jours",
                "donner les heures entre deux contrôles, par exemple 8, 12 ou 24")
        }
        if let patientSamples, !(1...ControlPolicy.mostPatientSamples).contains(patientSamples) {
            throw refuse(
                "samples", "un nombre d'échantillons entre deux contrôles de \(patientSamples)",
                "en donner un de 1 à \(ControlPolicy.mostPatientSamples)")
        }
        guard (1...ControlPolicy.mostLevels).contains(minimumLevels) else {
            throw refuse(
                "levels", "un nombre de niveaux de \(minimumLevels)", "en donner un de 1 à \(ControlPolicy.mostLevels)")
        }
        if let allowableError, !allowableError.isPositive {
            throw refuse("error", "une erreur totale admise nulle ou négative", "la donner en %, par exemple 4.5")
        }
    }

    /// One level brackets nothing: a value lies on one side of it. `known`: levels that have a target.
    package func checkBracket(_ known: Int, at place: String) throws(Refusal) {
        guard bracketsLevels ?? false, exemption == nil, known < 2 else { return }
        throw Refusal(
            "quality.policy.bracket", at: place,
            because: "l'encadrement par les niveaux veut deux niveaux avec leur cible, \(known) en a une",
            remedy: "donner d'abord la cible d'un second niveau, ou ne pas demander d'encadrement")
    }

    /// The enabled rules, in the order of the enumeration.
    var enabled: [(rule: WestgardRule, action: RuleAction)] {
        WestgardRule.allCases.compactMap { rule in rules[rule].map { (rule, $0) } }
    }
}
