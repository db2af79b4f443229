/// What a result means: JDV_HL7_ObservationInterpretation, code system 2.16.840.1.113883.5.83.
package enum Interpretation: String, Sendable, CaseIterable {
    case belowDetection = "<"
    case aboveMeasuring = ">"
    case abnormal = "A"
    case veryAbnormal = "AA"
    case better = "B"
    case carrier = "CAR"
    case decreased = "D"
    case detected = "DET"
    case equivocal = "E"
    case outside = "EX"
    case expected = "EXP"
    case high = "H"
    case veryHigh = "HH"
    case significantlyHigh = "HU"
    case aboveThreshold = "HX"
    case intermediate = "I"
    case insufficientEvidence = "IE"
    case indeterminate = "IND"
    case low = "L"
    case veryLow = "LL"
    case significantlyLow = "LU"
    case belowThreshold = "LX"
    case normal = "N"
    case noStandard = "NCL"
    case notDetected = "ND"
    case negative = "NEG"
    case nonReactive = "NR"
    case notSusceptible = "NS"
    case positive = "POS"
    case resistant = "R"
    case reactive = "RR"
    case susceptible = "S"
    case susceptibleDoseDependent = "SDD"
    case synergyResistant = "SYN-R"
    case synergySusceptible = "SYN-S"
    case increased = "U"
    case unexpected = "UNE"
    case worse = "W"
    case weaklyReactive = "WR"

    /// The name that the value set gives.
    package var display: String { names.display }
    /// The short mark beside a value in the narrative; empty when the value says it itself.
    var mark: String { names.mark }

    private var names: (display: String, mark: String) {
        switch self {
        case .belowDetection: ("Inférieur à la limite de détection", "")
        case .aboveMeasuring: ("Supérieur à la limite maximale de mesure", "")
        case .abnormal: ("Anormal", "A")
        case .veryAbnormal: ("Très anormal, alerte", "AA")
        case .better: ("Amélioration", "amélioration")
        case .carrier: ("Porteur d'une forme altérée d'un gène", "porteur")
        case .decreased: ("Diminution significative par rapport au résultat antérieur", "diminution")
        case .detected: ("Détecté", "")
        case .equivocal: ("Équivoque", "équivoque")
        case .outside: ("Hors seuils", "hors seuils")
        case .expected: ("Attendu", "")
        case .high: ("Anormalement haut", "H")
        case .veryHigh: ("Très anormalement haut, alerte", "HH")
        case .significantlyHigh: ("Significativement haut", "H")
        case .aboveThreshold: ("Hors seuil supérieur", "H")
        case .intermediate: ("Intermédiaire", "I")
        case .insufficientEvidence: ("Preuves insuffisantes", "IE")
        case .indeterminate: ("Indéterminé", "indéterminé")
        case .low: ("Anormalement bas", "B")
        case .veryLow: ("Très anormalement bas, alerte", "BB")
        case .significantlyLow: ("Significativement bas", "B")
        case .belowThreshold: ("Hors seuil inférieur", "B")
        case .normal: ("Normal", "")
        case .noStandard: ("Pas de standard défini", "")
        case .notDetected: ("Non détecté", "")
        case .negative: ("Négatif", "")
        case .nonReactive: ("Non réactif", "")
        case .notSusceptible: ("Non sensible", "NS")
        case .positive: ("Positif", "")
        case .resistant: ("Résistant", "R")
        case .reactive: ("Réactif", "")
        case .susceptible: ("Sensible", "S")
        case .susceptibleDoseDependent: ("Sensible à forte dose", "SFP")
        case .synergyResistant: ("Synergie - résistant", "R")
        case .synergySusceptible: ("Synergie - sensible", "S")
        case .increased: ("Augmentation significative par rapport au résultat antérieur", "augmentation")
        case .unexpected: ("Inattendu", "inattendu")
        case .worse: ("Dégradation", "dégradation")
        case .weaklyReactive: ("Faiblement réactif", "")
        }
    }
}
