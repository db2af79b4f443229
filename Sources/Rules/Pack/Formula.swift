package import Base
package import Catalog
import Laboratory

/// Which rule, and which version of it: what a result keeps and `paillasse why` prints.
package struct RuleReference: Sendable, Hashable, Codable, CustomStringConvertible {
    package let id: String
    package let version: Int

    package init(id: String, version: Int) {
        self.id = id
        self.version = version
    }
    /// `EDTA@1`
    package var description: String { "\(id)@\(version)" }
}

/// A condition with its reason in words, French.
package struct GuardClause: Sendable {
    package let id: String
    package let when: Expression
    package let because: String
    /// Uses the result itself: looked at after the calculation, before the rounding.
    let looksAtResult: Bool
}

/// What a person gives a calculation: a value, and its unit when it is not the one declared.
package struct GivenValue: Sendable, Hashable {
    package var value: Measured
    /// UCUM; nil: the unit that the formula declares.
    package var unit: String?

    package init(_ value: Measured, unit: String? = nil) {
        self.value = value
        self.unit = unit
    }
}

/// A calculated test (RULES section 7): one line of `calculated.json5`.
package struct Formula: Sendable {
    package struct Input: Sendable {
        package let name: String
        package let unit: Unit
        /// Other names under which it may be given.
        package let aliases: [String]
        /// The name is an analysis of the catalogue.
        package let isAnalysis: Bool
        /// Of the catalogue: value in it = value × factor.
        let alternative: AlternativeUnit?
    }
    /// What the file says must come out, beside the formula.
    struct Case: Sendable {
        let given: [String: String]
        let sex: IntervalSex?
        let age: Age?
        let contexts: Set<ClinicalContext>
        /// As printed.
        let expected: String?
        /// First digits of the value before rounding.
        let unrounded: String?
        /// Identifier of the guard, or `manque:NOM`, that refuses.
        let refused: String?
        let place: String
    }

    package let code: String
    /// Printed beside the result.
    package let name: String
    package let version: Int
    package let unit: Unit
    package let decimals: Int
    package let inputs: [Input]
    package let value: Expression
    package let guards: [GuardClause]
    /// Conditions that add a sentence and refuse nothing.
    package let comments: [GuardClause]
    package let source: String
    let cases: [Case]

    package var reference: RuleReference { RuleReference(id: "calcul:\(code)", version: version) }
    var usesSex: Bool { uses("sex") }
    var usesAge: Bool { uses("age") }
    private func uses(_ name: String) -> Bool {
        value.symbols.contains(name) || guards.contains { $0.when.symbols.contains(name) }
    }
}

/// The value of a calculated test, with what it was made by.
package struct Calculation: Sendable, Hashable {
    package let code: String
    /// Rounded once, half away from zero, with its zeros.
    package let printed: Exact
    package let unrounded: Decimal34
    /// UCUM.
    package let unit: String
    package let formula: String
    package let reference: RuleReference
    package let comments: [String]
    /// What it was made of, in the units that the formula declares.
    package let inputs: [String: String]
}

extension Formula {
    /// The value, or why there is none: never zero in its place.
    func calculate(
        _ given: [String: GivenValue], sex: IntervalSex?, age: Age?, contexts: Set<ClinicalContext>
    ) throws(Refusal) -> Calculation {
        var values: [String: SymbolValue] = [:]
        var shown: [String: String] = [:]
        for input in inputs {
            let value = try self.value(of: input, given)
            values[input.name] = .range(ValueRange(value))
            shown[input.name] = value.exact?.text ?? value.description
        }
        if usesSex {
            guard let sex, sex != .any else {
                throw refusal("calc.sex", "le sexe est nécessaire et n'est pas connu", "le renseigner (M ou F)")
            }
            values["sex"] = .word(sex.rawValue)
        }
        if usesAge {
            guard let age else {
                throw refusal("calc.age", "l'âge est nécessaire et n'est pas connu", "renseigner la date de naissance")
            }
            values["age"] = .range(ValueRange(Decimal34(age.completedYears)))
        }
        for context in ClinicalContext.allCases {
            values["contexte.\(context.rawValue)"] = .truth(Verdict(contexts.contains(context)))
        }
        try check(guards.filter { !$0.looksAtResult }, values)
        guard let range = value.value(slots(value, values), in: unit), let result = range.point else {
            throw refusal(
                "calc.domain", "le calcul n'est pas défini pour ces valeurs (division par zéro ou domaine)",
                "vérifier les valeurs données")
        }
        values["result"] = .range(range)
        try check(guards.filter(\.looksAtResult), values)
        guard let printed = result.rounded(to: decimals) else {
            throw refusal("calc.domain", "le résultat est trop grand pour être imprimé", "vérifier les valeurs données")
        }
        return Calculation(
            code: code, printed: printed, unrounded: result, unit: unit.text, formula: "\(name) (v\(version))",
            reference: reference,
            comments: comments.filter { $0.when.verdict(slots($0.when, values)) == .yes }.map(\.because), inputs: shown)
    }

    private func slots(_ expression: Expression, _ values: [String: SymbolValue]) -> [SymbolValue] {
        // Checked at load: every name is an input, the sex, the age, a context or the result.
        expression.symbols.map { values[$0] ?? .truth(.unknown) }
    }

    private func check(_ guards: [GuardClause], _ values: [String: SymbolValue]) throws(Refusal) {
        for clause in guards where clause.when.verdict(slots(clause.when, values)) != .no {
            throw refusal("calc.guard.\(clause.id)", clause.because, "pas de valeur rendue")
        }
    }

    private func refusal(_ code: String, _ cause: String, _ remedy: String) -> Refusal {
        Refusal(code, at: self.code, because: cause, remedy: remedy)
    }

    /// An input in its declared unit.
    private func value(of input: Input, _ given: [String: GivenValue]) throws(Refusal) -> Decimal34 {
        guard
            let (name, found) = ([input.name] + input.aliases).lazy
                .compactMap({ name in given[name].map { (name, $0) } }).first
        else {
            throw refusal(
                "calc.input.missing", "il manque \(input.name) (en \(input.unit.text))",
                "donner \(inputs.map(\.name).joined(separator: ", "))")
        }
        guard found.value.comparator == .equal else {
            throw refusal(
                "calc.input.censored", "\(name) vaut \(found.value.frenchText) : on ne calcule pas sur une borne",
                "doser à nouveau (dilution), ou ne pas rendre le calcul")
        }
        let number = Decimal34(found.value.number)
        guard let text = found.unit, text != input.unit.text else { return number }
        if let unit = Unit(text), unit.isCommensurable(with: input.unit),
            let converted = Factor(from: UnitScale(unit), to: UnitScale(input.unit)).apply(ValueRange(number))?.point
        {
            return converted
        }
        // `mg/dL` where the catalogue gives the factor of `mg/L`.
        if let alternative = input.alternative, let unit = Unit(text), let other = Unit(alternative.unit),
            unit.isCommensurable(with: other),
            let scaled = Factor(from: UnitScale(unit), to: UnitScale(other)).apply(ValueRange(number))?.point,
            let converted = scaled.divided(by: Decimal34(alternative.factor))
        {
            return converted
        }
        throw refusal(
            "calc.input.unit", "l'unité « \(text) » ne se convertit pas en \(input.unit.text) pour \(name)",
            "donner la valeur en \(input.unit.text)")
    }
}

extension Age {
    /// Whole years, as formulas count them.
    package var completedYears: Int {
        if let months = calendarMonths { return Int(months / 12) }
        return Int(minutes / (12 * Age.minutesPerMonth))
    }
}
