import Base
import Client
import Laboratory

// The laboratory in words, for tables.

extension ObservationView {
    /// `4,20 mmol/L`
    var result: String {
        let unit = value.unit ?? ""
        let text = value.frenchText + (unit.isEmpty || unit == "1" ? "" : " " + unit)
        if case .notPerformed(let reason) = value { return text + " (" + reason + ")" }
        return text
    }
    /// Arrows for people, as reports print them; codes where there is no arrow.
    var mark: String {
        flags.compactMap { flag -> String? in
            switch flag {
            case .normal, .negative, .notDetected: nil
            case .low: "bas"
            case .high: "haut"
            case .criticallyLow: "CRITIQUE bas"
            case .criticallyHigh: "CRITIQUE haut"
            case .abnormal: "anormal"
            case .positive: "positif"
            case .detected: "détecté"
            }
        }.joined(separator: ", ")
    }
    /// `CQ_ABSENT : aucun contrôle…`
    var held: String { holds.map { "\($0.code.rawValue) : \($0.reason)" }.joined(separator: " ; ") }
}

extension Priority {
    var word: String {
        switch self {
        case .routine: ""
        case .urgent: "URGENT"
        }
    }
}

extension Refusal {
    static func usage(_ cause: String, _ remedy: String) -> Refusal {
        Refusal("cli.usage", because: cause, remedy: remedy)
    }
}

func yes(_ value: Bool) -> String { value ? "oui" : "non" }
