/// A lot of a control under parallel run, beside the one in service. Decimals as text, percentages with two decimals.
package struct LotComparisonView: Codable, Sendable, Hashable {
    package struct Side: Codable, Sendable, Hashable {
        /// As the analyzer names it.
        package var material: String
        package var lot: String
        package var count: Int
        /// Of its points; nil under two of them.
        package var mean: String?
        package var sd: String?
        package var cv: String?
        /// In force: the maker's for the new lot.
        package var target: String?
        package var targetSD: String?
        package init(material: String, lot: String, count: Int) {
            self.material = material
            self.lot = lot
            self.count = count
        }
    }
    package var analyzer: String
    package var analysis: String
    package var level: String
    package var unit: String
    package var new: Side
    /// Nil when no lot is in service at this level.
    package var former: Side?
    /// Points recommended before the change.
    package var recommended: Int
    /// What the switch would put in force, by the spread chosen; nil: nothing yet.
    package var proposedMean: String?
    package var proposedSD: String?
    package var proposedSDFromFormerCV: String?
    /// What speaks against it, in words.
    package var doubts: [String]
    package init(
        analyzer: String, analysis: String, level: String, unit: String, new: Side, former: Side?, recommended: Int,
        doubts: [String]
    ) {
        self.analyzer = analyzer
        self.analysis = analysis
        self.level = level
        self.unit = unit
        self.new = new
        self.former = former
        self.recommended = recommended
        self.doubts = doubts
    }
}

package struct LotOpeningBody: Codable, Sendable, Hashable {
    package struct Value: Codable, Sendable, Hashable {
        package var analysis: String
        package var mean: String
        package var sd: String
        package init(analysis: String, mean: String, sd: String) {
            self.analysis = analysis
            self.mean = mean
            self.sd = sd
        }
    }
    /// The new lot as the analyzer names it.
    package var material: String
    package var lot: String
    /// The control in service, as the analyzer names it.
    package var beside: String
    /// Nil: every analysis that it controls.
    package var analyses: [String]?
    /// The maker's values.
    package var values: [Value]?
    package var reason: String
    package init(material: String, lot: String, beside: String, reason: String) {
        self.material = material
        self.lot = lot
        self.beside = beside
        self.reason = reason
    }
}

package struct LotSwitchBody: Codable, Sendable, Hashable {
    package var material: String
    package var analyses: [String]?
    /// `parallèle` or `ancien-cv`; nil: the first.
    package var spread: String?
    /// True: what speaks against the targets is answered for by the reason.
    package var acceptsDoubts: Bool?
    package var reason: String
    package init(material: String, reason: String) {
        self.material = material
        self.reason = reason
    }
}
