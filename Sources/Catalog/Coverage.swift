/// What an analysis of the catalogue has, and what it still lacks before its results can be proposed.
package struct AnalysisCoverage: Sendable, Hashable, Codable {
    package enum Item: String, Sendable, Codable, CaseIterable {
        case approval = "approbation"
        case loinc
        case unit = "unité"
        case specimen = "prélèvement"
        /// A reference interval or decision limit for each sex from birth to 120 years.
        case interval = "intervalle"
        case critical = "critique"
        case delta
        case nabm
    }
    package var code: String
    package var name: String
    package var level: Int
    package var missing: [Item]
}

extension AnalysisCatalogue {
    /// Do its intervals leave an age out, for one sex at least?
    package func hasGaps(_ code: String) -> Bool { gappedAnalyses.contains(code) }

    /// Every analysis of a level (all of them when nil) in the order of the catalogue, each with what it lacks. Items
    /// that make no sense for a line (the unit of a text, the tube of a calculation) are never missing.
    package func coverage(level: Int? = nil) -> [AnalysisCoverage] {
        return analyses.filter { level == nil || $0.level == level }.map { analysis in
            AnalysisCoverage(
                code: analysis.code, name: analysis.nameFR, level: analysis.level,
                missing: missing(analysis))
        }
    }

    private func missing(_ analysis: Analysis) -> [AnalysisCoverage.Item] {
        AnalysisCoverage.Item.allCases.filter { item in
            switch item {
            case .approval: analysis.approval == .draft
            case .loinc: analysis.loinc == nil
            case .unit: analysis.nature.isNumeric && analysis.unit.isEmpty
            case .specimen: analysis.nature != .calculated && analysis.specimen == nil
            case .interval:
                analysis.nature.isNumeric
                    && (intervals(for: analysis.code).isEmpty || gappedAnalyses.contains(analysis.code))
            case .critical: analysis.nature.isNumeric && analysis.critical == nil
            case .delta: analysis.nature.isNumeric && analysis.delta == nil
            case .nabm: analysis.nabm == nil
            }
        }
    }
}
