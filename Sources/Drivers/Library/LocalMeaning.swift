package import Base

extension Driver {
    /// The driver with one code more, or with another meaning of a code: what a laboratory says of its own instrument
    /// beside the shipped description. With `unit` (UCUM), values sent in `sentUnit` times `factor` are in `unit`. The
    /// code orders the analysis unless another code does already.
    package func adding(
        code: String, analysis: String, sentUnit: String, unit: String?, factor: Exact?
    ) -> Driver {
        var description = description
        let isOrdered = !description.codes.contains { $0.value.analysis == analysis && $0.value.isOrdered }
        var meaning =
            description.codes[code]
            ?? CodeMeaning(
                analysis: analysis, units: [:], assumedUnit: nil, qualitative: [:], isText: false, isOrdered: isOrdered,
                orderedAs: nil)
        meaning.analysis = analysis
        if let unit { meaning.units[sentUnit] = UnitMeaning(unit: unit, factor: factor, places: nil) }
        description.codes[code] = meaning
        return Driver(description)
    }
}
