import Base
import Catalog
import Client
import Laboratory

// The laboratory in words, for tables.

extension ObservationView {
    /// `4,20 mmol/L`
    var result: String {
        let unit = Unit.french(value.unit ?? "")
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
    /// `CQ_ABSENT, HEURE_INCONNUE`: the words stand once under the table (``legend(of:)``).
    var holdCodes: String {
        var codes = [String]()
        for hold in holds where !codes.contains(hold.code.rawValue) { codes.append(hold.code.rawValue) }
        return codes.joined(separator: ", ")
    }
    /// One line a hold code met, with its different words; nothing without holds.
    static func legend(of observations: [ObservationView]) -> [String] {
        var words = [Hold.Code: [String]]()
        for observation in observations {
            for hold in observation.holds {
                let reason = hold.reason.replacing(" pour \(observation.analysis)", with: "")
                if words[hold.code]?.contains(reason) != true { words[hold.code, default: []].append(reason) }
            }
        }
        return Hold.Code.allCases.compactMap { code in
            words[code].map { "\(code.rawValue) : " + $0.joined(separator: " ; ") }
        }
    }
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
    /// Ends as a command that is written wrong does.
    static let unknownCommand = "cli.command"
    static func usage(_ cause: String, _ remedy: String) -> Refusal {
        Refusal("cli.usage", because: cause, remedy: remedy)
    }
}

func yes(_ value: Bool) -> String { value ? "oui" : "non" }
