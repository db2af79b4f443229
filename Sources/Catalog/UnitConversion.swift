package import Base

/// What the atoms of a unit measure. A quotient of two amounts, of two masses or of two volumes has no dimension left,
/// and yet is not the same quantity as the other two: `mmol/mol` of haemoglobin is no percentage of it.
package struct UnitKinds: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let mass = UnitKinds(rawValue: 1)
    package static let amount = UnitKinds(rawValue: 2)
    package static let length = UnitKinds(rawValue: 4)
    /// Charges (`eq`): one mole has as many as its ion says.
    package static let charge = UnitKinds(rawValue: 8)
    /// Osmotically active particles (`osm`): one mole has as many as it dissociates into.
    package static let particle = UnitKinds(rawValue: 16)
    package static let other = UnitKinds(rawValue: 32)

    mutating func note(_ atom: String, _ dimension: UnitDimension) {
        switch atom {
        case "eq": insert(.charge)
        case "osm": insert(.particle)
        case "%": break
        case _ where dimension.amount != 0: insert(.amount)
        case _ where dimension.mass != 0: insert(.mass)
        case _ where dimension.length != 0: insert(.length)
        case _: insert(.other)
        }
    }

    /// May a number without dimension of this kind be read as one of that kind? A volume fraction is written `L/L` and
    /// `%` alike; a percentage of what else it is of, nobody knows.
    package func isSameRatio(as other: UnitKinds) -> Bool {
        self == other || subtracting(.length).union(other.subtracting(.length)).isEmpty
    }
}

extension Unit {
    /// Does a factor alone lead from this unit to the other? The one rule of what converts: same dimension, and besides
    ///
    /// - a number without dimension stays of its kind (`%` and `mmol/mol` of HbA1c are two quantities, which only their
    ///   master equation joins; `L/L` and `%` of a volume are one);
    /// - `eq` and `osm` are UCUM's moles, but how many of them a mole is depends on the substance;
    /// - what stands between braces stays as it is (`mL/min` is not `mL/min/{1.73_m2}`).
    package func converts(to other: Unit) -> Bool {
        guard dimension == other.dimension, annotation == other.annotation else { return false }
        if dimension == .none { return kinds.isSameRatio(as: other.kinds) }
        let counted: UnitKinds = [.charge, .particle]
        return kinds.intersection(counted) == other.kinds.intersection(counted)
    }
}

extension Analysis {
    /// A value in the unit of the analysis, from the one or the other unit that the catalogue gives it, `places`
    /// decimals kept; nil for any other. What an analyzer sends is read so: it states no unit that the laboratory did
    /// not.
    package func reported(_ value: Measured, in unit: String, places: Int) -> Measured? {
        if unit == self.unit { return value }
        guard let alternative, alternative.unit == unit else { return nil }
        return alternative.reported(value, places: places)
    }
}
