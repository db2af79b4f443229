package import Base

/// Molar masses from molecular formulas: the standard atomic weights of IUPAC, abridged to five digits (2021 table,
/// Pure Appl. Chem. 2022;94(5):573), of the elements that laboratories measure or measure in.
package enum MolarMass {
    /// g/mol of `C4H7N3O`: element symbols, each with its count when it is not one. Nil for anything else.
    package static func of(_ formula: some StringProtocol) -> Exact? {
        var rest = Substring(formula).utf8, sum = Exact(0)
        guard !rest.isEmpty else { return nil }
        while let first = rest.popFirst() {
            guard (0x41...0x5A).contains(first) else { return nil }
            var symbol = String(UnicodeScalar(first))
            if let second = rest.first, (0x61...0x7A).contains(second) {
                symbol.unicodeScalars.append(UnicodeScalar(second))
                rest.removeFirst()
            }
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(digits.count)
            let text = String(decoding: digits, as: UTF8.self)
            guard let weight = weights[symbol].flatMap({ Exact($0) }), text.first != "0", digits.count <= 5,
                let count = digits.isEmpty ? 1 : Int(text), let part = weight.multiplied(by: Exact(count)),
                let next = sum.adding(part)
            else { return nil }
            sum = next
        }
        return sum
    }

    private static let weights = [
        "H": "1.008", "Li": "6.94", "B": "10.81", "C": "12.011", "N": "14.007", "O": "15.999", "F": "18.998",
        "Na": "22.990", "Mg": "24.305", "Al": "26.982", "Si": "28.085", "P": "30.974", "S": "32.06", "Cl": "35.45",
        "K": "39.098", "Ca": "40.078", "Cr": "51.996", "Mn": "54.938", "Fe": "55.845", "Co": "58.933", "Ni": "58.693",
        "Cu": "63.546", "Zn": "65.38", "As": "74.922", "Se": "78.971", "Br": "79.904", "Cd": "112.41", "I": "126.90",
        "Pt": "195.08", "Au": "196.97", "Hg": "200.59", "Tl": "204.38", "Pb": "207.2",
    ]
}

extension Unit {
    /// value in `other` = value in this unit × factor; nil where no factor alone leads there (`converts(to:)`).
    package func factor(to other: Unit) -> Decimal34? { converts(to: other) ? sizes(other).up(Exact(1)) : nil }

    /// The same where a molar mass (g/mol) alone joins the two: `umol/L` → `mg/L` multiplies by it, `ug/L` → `nmol/L`
    /// divides. Nil where it does not: no mass on one side and amount on the other.
    package func factor(to other: Unit, molarMass: Exact) -> Decimal34? {
        guard molarMass > Exact(0), annotation == other.annotation else { return nil }
        let counted: UnitKinds = [.charge, .particle]
        guard kinds.union(other.kinds).intersection(counted).isEmpty else { return nil }
        switch other.dimension.combined(with: dimension, power: -1) {
        case UnitDimension(mass: 1, amount: -1): return sizes(other).up(molarMass)
        case UnitDimension(mass: -1, amount: 1): return sizes(other).down(molarMass)
        case _: return nil
        }
    }

    /// How large this unit is beside another, as a quotient: it is divided once, at the end.
    private func sizes(_ other: Unit) -> (up: (Exact) -> Decimal34?, down: (Exact) -> Decimal34?) {
        let above =
            Decimal34(coefficient: numerator, exponent: power - other.power)
            * Decimal34(coefficient: other.denominator, exponent: 0)
        let below =
            Decimal34(coefficient: denominator, exponent: 0) * Decimal34(coefficient: other.numerator, exponent: 0)
        return (
            up: { (above * Decimal34($0)).divided(by: below) }, down: { above.divided(by: below * Decimal34($0)) }
        )
    }
}
