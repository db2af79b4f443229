import Catalog
import Laboratory

extension AnalysisCatalogue {
    /// Place of each analysis of a request as people read it: by section of the catalogue, then as asked.
    func ranks(of request: Request) -> [String: Int] {
        let placed = request.lines.enumerated().map { index, line in
            (
                line.analysis, section: self[line.analysis].flatMap { section(of: $0)?.rank } ?? .max, index
            )
        }
        let sorted = placed.sorted { ($0.section, $0.2) < ($1.section, $1.2) }
        return Dictionary(sorted.enumerated().map { ($1.0, $0) }) { first, _ in first }
    }

    func inOrder(_ observations: [Observation], of request: Request) -> [Observation] {
        let ranks = ranks(of: request)
        return observations.sorted {
            (ranks[$0.analysis] ?? .max, $0.run) < (ranks[$1.analysis] ?? .max, $1.run)
        }
    }
}
