package import Base
package import Laboratory
package import Store

/// Registers, evaluations, and the histories that judgements look at.
extension SQLStore {
    package func register(
        _ register: Register, site: String, subject: String
    ) async throws(StoreFailure) -> [RegisterEntry] {
        try await list(RegisterEntry.self, SQL.register, [.text(register.rawValue), .text(site), .text(subject)])
    }
    package func register(
        _ register: Register, site: String, limit: Int
    ) async throws(StoreFailure) -> [RegisterEntry] {
        try await list(
            RegisterEntry.self, SQL.registerNewest, [.text(register.rawValue), .text(site), SQLValue(limit)])
    }

    package func evaluations(observationID: String) async throws(StoreFailure) -> [EvaluationRecord] {
        try await list(EvaluationRecord.self, SQL.evaluations, [.text(observationID)])
    }
    package func evaluations(
        from: Instant, before: Instant, behind last: EvaluationRecord?, limit: Int
    ) async throws(StoreFailure) -> [EvaluationRecord] {
        let start = last.map { max($0.at, from) } ?? from
        return try await list(
            EvaluationRecord.self, SQL.evaluationsBehind,
            [
                SQLValue(start), SQLValue(start), .text(last?.observationID ?? ""), SQLValue(last?.ordinal ?? -1),
                SQLValue(before), SQLValue(limit),
            ])
    }

    package func history(
        patientID: String, analysis: String, from: Instant, before: Instant, limit: Int
    ) async throws(StoreFailure) -> [Observation] {
        try await list(
            Observation.self, SQL.history,
            [.text(patientID), .text(analysis), SQLValue(from), SQLValue(before), SQLValue(limit)])
    }

    package func observations(
        analyzer: String, analysis: String, from: Instant, through: Instant
    ) async throws(StoreFailure) -> [Observation] {
        try await list(
            Observation.self, SQL.observationsOfAnalyzer,
            [.text(analyzer), .text(analysis), SQLValue(from), SQLValue(through)])
    }

    package func controlledAssays(
        site: String
    ) async throws(StoreFailure) -> [(analyzer: String, analysis: String)] {
        try await rows(SQL.controlledAssays, [.text(site)]).compactMap { row in
            row[0].text.flatMap { analyzer in row[1].text.map { (analyzer, $0) } }
        }
    }
    package func controls(
        analyzer: String, analysis: String, from: Instant, before: Instant, limit: Int
    ) async throws(StoreFailure) -> [ControlObservation] {
        try await list(
            ControlObservation.self, SQL.controlsOfAnalysis,
            [.text(analyzer), .text(analysis), SQLValue(from), SQLValue(before), SQLValue(limit)])
    }
}
