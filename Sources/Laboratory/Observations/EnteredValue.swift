package import Base
package import Catalog

/// What a person may type as a result of an analysis: its nature decides.
package enum EnteredValue {
    /// Codes that every qualitative analysis may have (after JDV_HL7_ObservationInterpretation), as they are printed.
    package static let words = [
        "POS": "Positif", "NEG": "Négatif", "DET": "Détecté", "ND": "Non détecté", "IND": "Indéterminé",
        "E": "Équivoque", "NR": "Non réactif", "R": "Réactif", "WR": "Faiblement réactif",
    ]
    package static let codes = Set(words.keys)

    package static func check(_ value: ObservationValue, for analysis: Analysis) throws(Refusal) {
        switch value {
        case .notPerformed: return
        case .measured(_, let unit):
            guard analysis.nature.isNumeric || analysis.nature == .titre else { throw wrong(analysis) }
            guard unit == analysis.unit || unit == analysis.alternative?.unit else {
                throw Refusal(
                    "enter.unit", at: analysis.code, because: "l'unité « \(unit) » n'est pas celle de cette analyse",
                    remedy: "donner la valeur en \(analysis.unit)")
            }
        case .coded(let code, _):
            guard !analysis.nature.isNumeric else { throw wrong(analysis) }
            let known = analysis.answers.isEmpty ? codes.sorted() : analysis.answers.map(\.code)
            guard known.contains(code) else {
                throw Refusal(
                    "enter.code", at: analysis.code,
                    because: "le code « \(code) » n'est pas une réponse de cette analyse",
                    remedy: "choisir parmi : \(known.joined(separator: ", "))")
            }
        case .text:
            guard !analysis.nature.isNumeric else { throw wrong(analysis) }
        }
    }

    /// What a person types of a control of an analysis: a number, a titre, or one of its codes.
    package static func control(_ text: String, for analysis: Analysis) throws(Refusal) -> ObservationValue {
        let trimmed = text.drop(while: \.isWhitespace).description
        if analysis.nature == .titre, Titre(trimmed) != nil { return .text(trimmed) }
        let takesNumbers = analysis.nature.isNumeric || analysis.nature == .titre
        if takesNumbers, let number = Measured(typed: trimmed.replacing(",", with: ".")) {
            return .measured(number, unit: analysis.unit)
        }
        guard !analysis.nature.isNumeric else { throw wrong(analysis) }
        let value = ObservationValue.coded(trimmed, display: trimmed)
        try check(value, for: analysis)
        return value.worded(for: analysis)
    }

    private static func wrong(_ analysis: Analysis) -> Refusal {
        Refusal(
            "enter.nature", at: analysis.code,
            because: "une analyse de nature « \(analysis.nature.rawValue) » n'a pas de résultat de ce genre",
            remedy: analysis.nature.isNumeric
                ? "donner un nombre, ou dire pourquoi l'analyse n'est pas faite"
                : "donner un code ou des mots")
    }
}

extension ObservationValue {
    /// A coded result in the words of its list of answers; without one, in those that came with it, else in those that
    /// the code has everywhere. No reader is left with a code that has words.
    package func worded(for analysis: Analysis) -> ObservationValue {
        guard case .coded(let code, let display) = self else { return self }
        if let answer = analysis.answer(code) { return .coded(code, display: answer.nameFR) }
        guard display.isEmpty || display == code else { return self }
        return .coded(code, display: EnteredValue.words[code] ?? code)
    }
}

extension Hold {
    /// Another value of the analysis stands in the file: it is said, so that nobody signs over it unseen.
    package static func rerun(of before: Observation) -> Hold {
        let unit = before.value.unit.map { " " + Unit.french($0) } ?? ""
        return Hold(.rerun, "passage \(before.run + 1) ; valeur précédente \(before.value.frenchText)\(unit)")
    }
}
