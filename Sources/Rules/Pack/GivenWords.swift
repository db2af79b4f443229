package import Base
package import Catalog
package import Laboratory

/// Reads what a person types after `paillasse calc`: `CREA=80`, `CREA=<5`, `"CREA=0.9 mg/dL"`, `50y`.
package enum GivenWords {
    /// Values by name; names in capitals, as the catalogue writes them. Refuses a word without `=`, a name given twice,
    /// a value that is no number.
    package static func inputs(_ words: [String]) throws(Refusal) -> [String: GivenValue] {
        var inputs: [String: GivenValue] = [:]
        for word in words {
            guard let sign = word.firstIndex(of: "="), sign != word.startIndex else {
                throw Refusal(
                    "calc.word", at: word, because: "un nom et une valeur sont attendus", remedy: "écrire CREA=80")
            }
            let name = word[..<sign].filter { $0 != " " }.uppercased()
            guard let value = value(word[word.index(after: sign)...]) else {
                throw Refusal(
                    "calc.value", at: word, because: "la valeur n'est pas un nombre",
                    remedy: "écrire \(name)=80, \(name)=<5 ou \"\(name)=0.9 mg/dL\"")
            }
            guard inputs.updateValue(value, forKey: name) == nil else {
                throw Refusal(
                    "calc.twice", at: word, because: "\(name) est donné deux fois", remedy: "garder une seule valeur")
            }
        }
        return inputs
    }

    /// `80`, `<5`, `0,9 mg/dL`, `1e3`
    private static func value(_ text: Substring) -> GivenValue? {
        if let plain = Measured(text) { return GivenValue(plain) }
        // A unit begins after the number; the shortest one that leaves a number before it is taken.
        for at in text.indices.dropFirst().reversed() {
            guard let value = Measured(text[..<at]) else { continue }
            let unit = text[at...].filter { $0 != " " }
            // What is left of a number too long to be one is no unit.
            guard let first = unit.first, !first.isNumber || unit.hasPrefix("10*") || unit == "1" else { return nil }
            let ascii = unit.replacing("µ", with: "u").replacing("μ", with: "u")
            return GivenValue(
                value, unit: displayed[unit] ?? (ascii.contains("[") ? ascii : ascii.replacing("UI", with: "[IU]")))
        }
        return nil
    }

    /// How laboratories write some units → UCUM (RULES section 9).
    private static let displayed = [
        "G/L": "10*9/L", "T/L": "10*12/L", "/mm³": "10*6/L", "/mm3": "10*6/L",
    ]

    /// `50y`, `50a`, `50 ans`, `50`, `6m`, `6 mois`, `28d`, `28 j`, `3w`, `12h`.
    package static func age(_ text: String) throws(Refusal) -> Age {
        let bare = text.filter { $0 != " " }.lowercased()
        let digits = bare.prefix { ("0"..."9").contains($0) }
        let units: [Substring: AgeUnit] = [
            "": .year, "y": .year, "yr": .year, "a": .year, "an": .year, "ans": .year, "m": .month, "mo": .month,
            "mois": .month, "w": .week, "sem": .week, "d": .day, "j": .day, "h": .hour, "min": .minute,
        ]
        guard let unit = units[bare.dropFirst(digits.count)], digits.count <= 6, let count = Int(digits) else {
            throw Refusal(
                "calc.age.word", at: text, because: "ce n'est pas un âge", remedy: "écrire 50y, 50a, 6m, 28d ou 12h")
        }
        return Age(count, unit)
    }
}

/// What `paillasse calc` answers: the value as printed, or why there is none. Encodes to one object.
package struct CalculationAnswer: Sendable, Encodable {
    package let code: String
    package let value: String?
    package let unrounded: String?
    /// UCUM.
    package let unit: String?
    package let formula: String?
    package let version: Int?
    package let rule: String?
    package let inputs: [String: String]?
    package let comments: [String]?
    /// Code of the refusal, and its reason.
    package let refusal: String?
    package let reason: String?
    package let remedy: String?

    /// Evaluates; never throws: a refusal is an answer too.
    package init(
        _ code: String, words: [String], sex: IntervalSex?, age: String?, contexts: Set<ClinicalContext> = [],
        in pack: RulePack
    ) {
        do {
            let result = try pack.evaluate(
                code, inputs: try GivenWords.inputs(words), sex: sex,
                age: try CalculationAnswer.read(age), contexts: contexts)
            self.init(result, pack.formula(code)?.name ?? "")
        } catch {
            self.init(code, error)
        }
    }

    private static func read(_ age: String?) throws(Refusal) -> Age? {
        guard let age else { return nil }
        return try GivenWords.age(age)
    }

    private init(_ result: Calculation, _ name: String) {
        code = result.code
        value = result.printed.text
        unrounded = result.unrounded.description
        unit = result.unit
        formula = name
        version = result.reference.version
        rule = result.reference.description
        inputs = result.inputs
        comments = result.comments
        refusal = nil
        reason = nil
        remedy = nil
    }

    private init(_ code: String, _ error: Refusal) {
        self.code = code
        value = nil
        unrounded = nil
        unit = nil
        formula = nil
        version = nil
        rule = nil
        inputs = nil
        comments = nil
        refusal = error.code
        reason = error.cause
        remedy = error.remedy
    }
}
