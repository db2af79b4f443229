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

    /// The identifier in any form in which a rule is written: `EDTA`, `EDTA@1`, `regle:EDTA`, `regle:EDTA@1`.
    package static func id(named name: String) -> String {
        var rest = name[...]
        if let prefix = ["regle:", "règle:"].first(where: { rest.hasPrefix($0) }) { rest.removeFirst(prefix.count) }
        if let end = rest.lastIndex(of: "@"), rest[rest.index(after: end)...].allSatisfy(\.isNumber) {
            rest = rest[..<end]
        }
        return String(rest)
    }
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
        /// Of the catalogue, g/mol: joins a mass and an amount where nothing else does.
        let molarMass: Exact?
        /// Of the catalogue, in `unit`: beyond them a value is incompatible with life or with the method.
        let absurd: LimitPair?
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
        /// Identifiers of the sentences that go with the value.
        let comments: Set<String>
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
    /// Why the catalogue has no line of this code; empty: it has one.
    package let aside: String
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
        var numbers: [(input: Input, value: Decimal34)] = []
        for input in inputs {
            let value = try self.value(of: input, given)
            values[input.name] = .range(ValueRange(value))
            shown[input.name] = value.exact?.text ?? value.description
            numbers.append((input, value))
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
            guard age.completedYears <= Formula.oldest else {
                throw refusal(
                    "calc.age.absurd", "un âge de \(age.completedYears) ans n'est pas plausible",
                    "vérifier la date de naissance et celle du prélèvement")
            }
            values["age"] = .range(ValueRange(Decimal34(age.completedYears)))
        }
        for context in ClinicalContext.allCases {
            values["contexte.\(context.rawValue)"] = .truth(Verdict(contexts.contains(context)))
        }
        try check(guards.filter { !$0.looksAtResult }, values)
        for (input, value) in numbers { try checkPlausible(input, value) }
        guard let range = value.value(slots(value, values), in: unit), let result = range.point else {
            throw refusal(
                "calc.domain", "le calcul n'est pas défini pour ces valeurs (division par zéro ou domaine)",
                "vérifier les valeurs données")
        }
        values["result"] = .range(range)
        guard let printed = result.rounded(to: decimals) else {
            throw refusal("calc.domain", "le résultat est trop grand pour être imprimé", "vérifier les valeurs données")
        }
        try check(guards.filter(\.looksAtResult), values, result: printed)
        return Calculation(
            code: code, printed: printed, unrounded: result, unit: unit.text, formula: "\(name) (v\(version))",
            reference: reference,
            comments: comments.filter { $0.when.verdict(slots($0.when, values)) == .yes }.map(\.because), inputs: shown)
    }

    private func slots(_ expression: Expression, _ values: [String: SymbolValue]) -> [SymbolValue] {
        // Checked at load: every name is an input, the sex, the age, a context or the result.
        expression.symbols.map { values[$0] ?? .truth(.unknown) }
    }

    /// `result`: told with the reason, since a person who must decide wants to know what it would have been.
    private func check(
        _ guards: [GuardClause], _ values: [String: SymbolValue], result: Exact? = nil
    ) throws(Refusal) {
        for clause in guards where clause.when.verdict(slots(clause.when, values)) != .no {
            let found = result.map { "le calcul donne \($0.text) \(unit.text) : " } ?? ""
            throw refusal("calc.guard.\(clause.id)", found + clause.because, "pas de valeur rendue")
        }
    }

    /// No patient is older (whole years): beyond it a date is wrong.
    static let oldest = 130

    /// The absurd limits of the catalogue hold for what a formula is given as they do for a result (RULES section 1.2,
    /// step 8): a value nobody can have is a slip of the hand or of the unit.
    private func checkPlausible(_ input: Input, _ value: Decimal34) throws(Refusal) {
        let range = ValueRange(value)
        let (limit, side): (Exact, String)
        if let low = input.absurd?.low, range.isLess(than: ValueRange(low)) == .yes {
            (limit, side) = (low, "sous")
        } else if let high = input.absurd?.high, ValueRange(high).isLess(than: range) == .yes {
            (limit, side) = (high, "au-dessus de")
        } else {
            return
        }
        throw refusal(
            "calc.input.absurd",
            "\(input.name) vaut \(value.exact?.text ?? value.description) \(input.unit.text) : \(side) "
                + "\(limit.text) \(input.unit.text), limite absurde du catalogue",
            "vérifier la valeur et son unité (écrire par exemple \"\(input.name)=1 \(input.unit.text)\")")
    }

    private func refusal(_ code: String, _ cause: String, _ remedy: String) -> Refusal {
        Refusal(code, at: self.code, because: cause, remedy: remedy)
    }

    /// An input in its declared unit.
    private func value(of input: Input, _ given: [String: GivenValue]) throws(Refusal) -> Decimal34 {
        let names = ([input.name] + input.aliases).filter { given[$0] != nil }
        guard let name = names.first, let found = given[name] else {
            throw refusal(
                "calc.input.missing", "il manque \(input.name) (en \(input.unit.text))",
                "donner \(inputs.map(\.name).joined(separator: ", "))")
        }
        guard names.count == 1 else {
            throw refusal(
                "calc.input.twice", "\(names.joined(separator: " et ")) sont deux noms de la même donnée",
                "n'en donner qu'un")
        }
        guard found.value.comparator == .equal else {
            throw refusal(
                "calc.input.censored", "\(name) vaut \(found.value.frenchText) : on ne calcule pas sur une borne",
                "doser à nouveau (dilution), ou ne pas rendre le calcul")
        }
        guard !found.value.number.isNegative else {
            throw refusal(
                "calc.input.negative", "\(name) vaut \(found.value.frenchText) : une valeur négative n'existe pas",
                "vérifier la valeur donnée")
        }
        guard let number = input.value(found) else {
            throw refusal(
                "calc.input.unit",
                "« \(found.unit ?? "") » ne se convertit pas en \(input.unit.text) pour \(name) : ce n'est pas la même "
                    + "grandeur, ou il y faudrait plus qu'un facteur", "donner la valeur en \(input.unit.text)")
        }
        return number
    }
}

extension Formula.Input {
    /// A value in the declared unit, from it, from one that converts to it, from one that converts to the second unit
    /// of the catalogue (`mg/dL` where it gives the factor of `mg/L`), or by the molar mass; nil for any other.
    func value(_ given: GivenValue) -> Decimal34? {
        let number = Decimal34(given.value.number)
        guard let text = given.unit, text != unit.text else { return number }
        guard let written = Unit(text) else { return nil }
        if written.converts(to: unit) { return Self.convert(number, written, unit) }
        if let alternative, let other = Unit(alternative.unit), written.converts(to: other) {
            return Self.convert(number, written, other)?.divided(by: Decimal34(alternative.factor))
        }
        return molarMass.flatMap { written.factor(to: unit, molarMass: $0) }.map { number * $0 }
    }

    private static func convert(_ number: Decimal34, _ from: Unit, _ to: Unit) -> Decimal34? {
        Factor(from: UnitScale(from), to: UnitScale(to)).apply(ValueRange(number))?.point
    }
}

extension Age {
    /// Whole years, as formulas count them.
    package var completedYears: Int {
        if let months = calendarMonths { return Int(months / 12) }
        return Int(minutes / (12 * Age.minutesPerMonth))
    }
}
