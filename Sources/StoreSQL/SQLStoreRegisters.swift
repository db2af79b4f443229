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

    package func standingEvaluations(
        of observationIDs: [String], from ordinal: Int
    ) async throws(StoreFailure) -> [EvaluationRecord] {
        try await list(
            EvaluationRecord.self, SQL.standingEvaluation, each: observationIDs.map { [.text($0), SQLValue(ordinal)] })
    }

    package func histories(
        patientID: String, analyses: [String], from: Instant, before: Instant, limit: Int
    ) async throws(StoreFailure) -> [String: [Observation]] {
        let found = try await list(
            Observation.self, SQL.history,
            each: Set(analyses).map {
                [.text(patientID), .text($0), SQLValue(from), SQLValue(before), SQLValue(limit)]
            })
        return Dictionary(grouping: found, by: \.analysis)
    }

    package func requests(
        withUnsignedResultsOf patientID: String, analyses: [String]
    ) async throws(StoreFailure) -> [String] {
        let ids = try await read { (connection: any SQLConnection) throws(SQLFailure) in
            var ids: Set<String> = []
            for code in Set(analyses) {
                let rows = try connection.query(SQL.withUnsignedResultsOf, [.text(patientID), .text(code)])
                ids.formUnion(rows.compactMap { $0[0].text })
            }
            return ids
        }
        return ids.sorted()
    }

    package func specimens(accessions: [String]) async throws(StoreFailure) -> [Specimen] {
        try await list(Specimen.self, SQL.specimen, each: Set(accessions).map { [.text($0)] })
    }

    /// One question for several arguments, asked in one go.
    private func list<T: StoredFact>(
        _ type: T.Type, _ sql: String, each arguments: [[SQLValue]]
    ) async throws(StoreFailure) -> [T] {
        if arguments.isEmpty { return [] }
        let rows = try await read { (connection: any SQLConnection) throws(SQLFailure) in
            var rows: [[SQLValue]] = []
            for one in arguments { rows += try connection.query(sql, one) }
            return rows
        }
        return try decode(type, rows)
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
        assays(try await rows(SQL.controlledAssays, [.text(site)]))
    }
    package func waitingAssays(
        site: String
    ) async throws(StoreFailure) -> [(analyzer: String, analysis: String)] {
        assays(try await rows(SQL.waitingAssays, [.text(site), .text(site)]))
    }
    private func assays(_ rows: [[SQLValue]]) -> [(analyzer: String, analysis: String)] {
        rows.compactMap { row in row[0].text.flatMap { analyzer in row[1].text.map { (analyzer, $0) } } }
    }
    package func controls(
        analyzer: String, analysis: String, from: Instant, before: Instant, limit: Int
    ) async throws(StoreFailure) -> [ControlObservation] {
        try await list(
            ControlObservation.self, SQL.controlsOfAnalysis,
            [.text(analyzer), .text(analysis), SQLValue(from), SQLValue(before), SQLValue(limit)])
    }
}
