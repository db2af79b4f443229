import Base
import Catalog
import Laboratory

extension Composition {
    /// Earlier results drawn at most, beside today's.
    package static let trendDepth = 8

    /// Today's result and those before it that were given in the same unit, oldest first; empty when today's is no
    /// number.
    func trend(of laid: LaidLine) -> [PrintedReport.TrendPoint] {
        let unit = laid.observation.value.unit
        guard case .measured = laid.observation.value else { return [] }
        let earlier = signed.previous.filter { previous in
            guard case .measured = previous.value else { return false }
            return previous.analysis == laid.analysis.code && previous.value.unit == unit
        }
        guard !earlier.isEmpty else { return [] }
        let today = (
            laid.observation.value.printed, content.takenAt(of: laid.observation),
            Optional(catalogue.comparability(of: laid.observation))
        )
        let points =
            earlier.map { ($0.value.printed, $0.takenAt, $0.comparability) }.sorted { $0.1 < $1.1 }
            .suffix(Composition.trendDepth) + [today]
        var before: Comparability?
        return points.map { value, at, comparability in
            let isApart = before.map { comparability?.sets(apart: $0) ?? false } ?? false
            before = before.map { comparability?.knowing($0) ?? $0 } ?? comparability
            return PrintedReport.TrendPoint(
                value: value, date: CivilTime(at, in: zone).date.french, at: at, isApart: isApart)
        }
    }
}
