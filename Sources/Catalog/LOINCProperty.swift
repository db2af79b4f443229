/// The property that a LOINC name gives between brackets, and the units that can measure it (LOINC Users' Guide,
/// "Kind of property"). A name without brackets, or with a property that is not listed here, is not checked.
struct LOINCProperty {
    let name: String
    private let measure: Measure

    private enum Measure {
        case dimension(UnitDimension)
        /// Arbitrary units per volume, or an index of the kit.
        case arbitraryPerVolume
        /// No unit: a presence, a type, an identification.
        case nothing
    }

    init?(of name: String) {
        guard let open = name.firstIndex(of: "["), let close = name[open...].firstIndex(of: "]") else { return nil }
        let property = String(name[name.index(after: open)..<close])
        guard let measure = LOINCProperty.measures[property.lowercased()] else { return nil }
        self.name = property
        self.measure = measure
    }

    func admits(_ unit: Unit) -> Bool {
        switch measure {
        case .dimension(let wanted): return unit.dimension == wanted
        case .nothing: return false
        case .arbitraryPerVolume:
            if unit.dimension == UnitDimension() { return !unit.annotation.isEmpty }
            var bare = unit.dimension
            bare.arbitrary = [:]
            return bare == UnitDimension(length: -3) && !unit.dimension.arbitrary.isEmpty
        }
    }

    private static let ratio = Measure.dimension(UnitDimension())
    private static let massPerVolume = Measure.dimension(UnitDimension(mass: 1, length: -3))
    private static let molesPerVolume = Measure.dimension(UnitDimension(length: -3, amount: 1))
    private static let countPerVolume = Measure.dimension(UnitDimension(length: -3))
    private static let activity = Measure.dimension(UnitDimension(length: -3, time: -1, amount: 1))

    /// By property in lower case, English then French.
    private static let measures: [String: Measure] = [
        "moles/volume": molesPerVolume, "substance/volume": molesPerVolume,
        "mass/volume": massPerVolume, "masse/volume": massPerVolume,
        "enzymatic activity/volume": activity, "catalytic activity/volume": activity,
        "activité enzymatique/volume": activity,
        "units/volume": .arbitraryPerVolume, "unités/volume": .arbitraryPerVolume,
        "#/volume": countPerVolume, "nombre/volume": countPerVolume,
        "mass ratio": ratio, "mass fraction": ratio, "mass/mass": ratio, "volume fraction": ratio, "moles ratio": ratio,
        "distwidth": ratio, "ratio": ratio, "titer": ratio,
        "moles/time": .dimension(UnitDimension(time: -1, amount: 1)),
        "mass/time": .dimension(UnitDimension(mass: 1, time: -1)),
        "volume rate/area": .dimension(UnitDimension(length: 3, time: -1)),
        "partial pressure": .dimension(UnitDimension(mass: 1, length: -1, time: -2)),
        "entitic volume": .dimension(UnitDimension(length: 3)),
        "entitic mean volume": .dimension(UnitDimension(length: 3)),
        "volume d'entité": .dimension(UnitDimension(length: 3)),
        "entitic mass": .dimension(UnitDimension(mass: 1)), "time": .dimension(UnitDimension(time: 1)),
        "presence": .nothing, "présence/seuil": .nothing, "type": .nothing, "identifier": .nothing,
    ]
}
