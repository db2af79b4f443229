/// What the control of quality says of an analysis (`contrôle 2026-11-22/1 rejeté`), in English. Its French words stand
/// in `Quality`; a test looks that none is left out here. Names, and what a person gave as a reason, stay as they are.
package enum EnglishControls {
    /// The first that fits counts: the one that says more comes first.
    private static let sentences: [(french: String, english: String)] = [
        ("aucun contrôle enregistré", "no control recorded"),
        ("aucun contrôle de qualité enregistré pour {1}", "no quality control recorded for {1}"),
        ("la durée de validité est passée", "its validity has passed"),
        ("nombre d'échantillons inconnu", "number of specimens unknown"),
        (
            "{1} échantillons depuis le dernier contrôle, limite {2}",
            "{1} specimens since the last control, limit {2}"
        ),
        ("{1} depuis le dernier contrôle", "{1} since the last control"),
        (
            "mesuré pendant la période suspecte du contrôle rejeté {1}",
            "measured in the suspect period of the rejected control {1}"
        ),
        ("confirmé par {1} : {2}", "confirmed by {1}: \"{2}\""),
        ("dispensé de contrôle par {1} : {2}", "exempted from control by {1}: \"{2}\""),
        (
            "la moyenne des patients est sortie de ses limites depuis le contrôle {1} : un contrôle est attendu",
            "the average of the patients left its limits since control {1}: a control is awaited"
        ),
        (
            "rejet {1} corrigé : un contrôle conforme est attendu ({2})",
            "rejection {1} corrected: a conforming control is awaited ({2})"
        ),
        (
            "rejet {1} corrigé : un contrôle conforme est attendu",
            "rejection {1} corrected: a conforming control is awaited"
        ),
        (
            "contrôle {1} conforme après le rejet {2} : la correction est à signer",
            "control {1} conforming after rejection {2}: the correction is to be signed"
        ),
        ("contrôle {1} conforme", "control {1} conforming"), ("contrôle {1} rejeté", "control {1} rejected"),
        (
            "la valeur n'est pas encadrée : {1} sans contrôle conforme (dernier contrôle conforme : {2})",
            "the value is not bracketed: {1} without a conforming control (last conforming control: {2})"
        ),
        (
            "la valeur n'est pas encadrée : {1} sans contrôle conforme",
            "the value is not bracketed: {1} without a conforming control"
        ),
        (
            "{1} : publié, et aucun biologiste ne l'a approuvé (paillasse catalogue approve --control)",
            "{1}: published, and no biologist approved it (paillasse catalogue approve --control)"
        ),
        ("encore attendu : {1}", "still awaited: {1}"), ("attendu : {1}", "awaited: {1}"),
    ]

    /// What a sentence may name.
    private static let names = [
        "calibration": "calibration", "nouveau lot": "new reagent lot", "maintenance": "maintenance",
        "alarme des patients": "alarm of the patients", "avertissement des patients": "warning of the patients",
        "nouveau lot de contrôle": "new lot of control",
    ]

    /// Nil for what control of quality does not say.
    package static func words(_ french: String) -> String? {
        if let whole = sentence(french) { return whole }
        var told = [String]()
        for part in french.split(separator: " ; ") {
            guard let one = sentence(String(part)) else { return nil }
            told.append(one)
        }
        return told.isEmpty ? nil : told.joined(separator: "; ")
    }

    private static func sentence(_ french: String) -> String? {
        for (pattern, english) in sentences {
            guard let found = holes(of: pattern, in: french) else { continue }
            var text = english
            for (number, value) in found.enumerated() { text = text.replacing("{\(number + 1)}", with: named(value)) }
            return text
        }
        return nil
    }

    /// What stands in the holes of a pattern, in their order; nil where it does not fit.
    private static func holes(of pattern: String, in text: String) -> [String]? {
        var pieces = [pattern[...]]
        for number in 1...2 {
            guard let last = pieces.last, let hole = last.firstRange(of: "{\(number)}") else { break }
            pieces[pieces.count - 1] = last[..<hole.lowerBound]
            pieces.append(last[hole.upperBound...])
        }
        guard text.hasPrefix(pieces[0]) else { return nil }
        var rest = text.dropFirst(pieces[0].count)
        var found = [String]()
        for (place, piece) in pieces.enumerated().dropFirst() {
            let isLast = place == pieces.count - 1
            if isLast {
                guard rest.hasSuffix(piece), rest.count > piece.count else { return nil }
                found.append(String(rest.dropLast(piece.count)))
                return found
            }
            guard let end = rest.firstRange(of: piece), end.lowerBound > rest.startIndex else { return nil }
            found.append(String(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return rest.isEmpty ? found : nil
    }

    /// `levels 1 and 2`, kinds of events; all else is a name.
    private static func named(_ value: String) -> String {
        if let known = names[value] { return known }
        for (french, english) in [("niveaux ", "levels "), ("niveau ", "level ")] where value.hasPrefix(french) {
            return english + value.dropFirst(french.count).replacing(" et ", with: " and ")
        }
        return value
    }
}
