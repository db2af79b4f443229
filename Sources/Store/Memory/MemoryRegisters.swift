package import Base
package import Laboratory

/// Registers, evaluations, and the histories that judgements look at.
extension MemoryStore {
    private func entries(_ register: Register, _ site: String) -> [RegisterEntry] {
        all { if case .register(let f) = $0, f.register == register, f.site == site { f } else { nil } }
    }
    /// Results that somebody is told of, or was.
    var calledObservations: [String] {
        all { if case .register(let f) = $0, f.register == .criticalCall { f.subject } else { nil } }
    }
    package func register(_ register: Register, site: String, subject: String) throws(StoreFailure) -> [RegisterEntry] {
        try checkOpen()
        return entries(register, site).filter { $0.subject == subject }.sorted { $0.ordinal < $1.ordinal }
    }
    package func register(_ register: Register, site: String, limit: Int) throws(StoreFailure) -> [RegisterEntry] {
        try checkOpen()
        let found = entries(register, site).sorted {
            ($1.at, Bytes($1.subject), $1.ordinal) < ($0.at, Bytes($0.subject), $0.ordinal)
        }
        return Array(found.prefix(limit))
    }

    package func requestsOwed(site: String) throws(StoreFailure) -> [String] {
        try checkOpen()
        let found = entries(.withheld, site).filter { $0.body.contains("\"hasEarlier\":true") }
        return Set(found.map(\.subject)).sorted { Bytes($0) < Bytes($1) }
    }

    package func requests(site: String, decided kind: ReleaseAct.Kind) throws(StoreFailure) -> [String] {
        try checkOpen()
        let found = entries(.release, site).filter { $0.body.contains("\"kind\":\"\(kind.rawValue)\"") }
        return Set(found.map(\.subject)).sorted { Bytes($0) < Bytes($1) }
    }

    package func requestsKept(site: String) throws(StoreFailure) -> [String] {
        try checkOpen()
        let found =
            entries(.withheld, site).filter { $0.body.contains("OPPOSITION") }
            + entries(.release, site).filter { $0.body.contains("setAside") }
        return Set(found.map(\.subject)).sorted { Bytes($0) < Bytes($1) }
    }

    private var allEvaluations: [EvaluationRecord] { all { if case .evaluation(let f) = $0 { f } else { nil } } }
    package func evaluations(observationID: String) throws(StoreFailure) -> [EvaluationRecord] {
        try checkOpen()
        return allEvaluations.filter { $0.observationID == observationID }.sorted { $0.ordinal < $1.ordinal }
    }
    package func evaluations(
        from: Instant, before: Instant, behind last: EvaluationRecord?, limit: Int
    ) throws(StoreFailure) -> [EvaluationRecord] {
        try checkOpen()
        func place(_ f: EvaluationRecord) -> (Instant, Bytes, Int) { (f.at, Bytes(f.observationID), f.ordinal) }
        let found = allEvaluations.filter { from <= $0.at && $0.at < before }
            .filter { one in last.map { place($0) < place(one) } ?? true }
        return Array(found.sorted { place($0) < place($1) }.prefix(limit))
    }

    package func standingEvaluations(
        of observationIDs: [String], from ordinal: Int
    ) throws(StoreFailure) -> [EvaluationRecord] {
        try checkOpen()
        let wanted = Set(observationIDs)
        let last = Dictionary(
            allEvaluations.filter { wanted.contains($0.observationID) }.map { ($0.observationID, $0) }
        ) { $0.ordinal < $1.ordinal ? $1 : $0 }
        return last.values.filter { $0.ordinal >= ordinal }
    }

    package func histories(
        patientID: String, analyses: [String], from: Instant, before: Instant, limit: Int
    ) throws(StoreFailure) -> [String: [Observation]] {
        var found = [String: [Observation]]()
        for analysis in Set(analyses) {
            let one = try history(patientID: patientID, analysis: analysis, from: from, before: before, limit: limit)
            if !one.isEmpty { found[analysis] = one }
        }
        return found
    }

    package func specimens(accessions: [String]) throws(StoreFailure) -> [Specimen] {
        var found = [Specimen]()
        for accession in Set(accessions) {
            if let one = try specimen(accession) { found.append(one) }
        }
        return found
    }

    package func history(
        patientID: String, analysis: String, from: Instant, before: Instant, limit: Int
    ) throws(StoreFailure) -> [Observation] {
        try checkOpen()
        let last = Dictionary(grouping: allObservationEvents, by: \.observationID)
            .compactMapValues { $0.max { $0.ordinal < $1.ordinal }?.kind }
        let found = allObservations.filter {
            $0.patientID == patientID && $0.analysis == analysis && from <= $0.observedAt && $0.observedAt < before
                && last[$0.id] == .technicallyValidated
        }
        let sorted = found.sorted {
            ($1.observedAt, $1.run, Bytes($1.id)) < ($0.observedAt, $0.run, Bytes($0.id))
        }
        return Array(sorted.prefix(limit))
    }

    package func observations(
        analyzer: String, analysis: String, from: Instant, through: Instant
    ) throws(StoreFailure) -> [Observation] {
        try checkOpen()
        let found = allObservations.filter {
            $0.controlledOn == analyzer && $0.analysis == analysis && from <= $0.observedAt
                && $0.observedAt <= through
        }
        return found.sorted { ($0.observedAt, Bytes($0.id)) < ($1.observedAt, Bytes($1.id)) }
    }

    package func controlledAssays(site: String) throws(StoreFailure) -> [(analyzer: String, analysis: String)] {
        try checkOpen()
        var found = Set<[String]>()
        let all: [ControlObservation] = all { if case .control(let f) = $0 { f } else { nil } }
        for control in all where control.site == site {
            if let analysis = control.analysis { found.insert([control.analyzer, analysis]) }
        }
        return found.sorted { ordered($0, $1) }.map { ($0[0], $0[1]) }
    }
    package func waitingAssays(site: String) throws(StoreFailure) -> [(analyzer: String, analysis: String)] {
        var found = Set<[String]>()
        let waiting = try observationsAwaitingTechnicalValidation(site: site, limit: .max)
        for observation in waiting + ready where observation.site == site {
            if let analyzer = observation.controlledOn { found.insert([analyzer, observation.analysis]) }
        }
        return found.sorted { ordered($0, $1) }.map { ($0[0], $0[1]) }
    }
    package func controls(
        analyzer: String, analysis: String, from: Instant, before: Instant, limit: Int
    ) throws(StoreFailure) -> [ControlObservation] {
        try checkOpen()
        let all: [ControlObservation] = all { if case .control(let f) = $0 { f } else { nil } }
        let found = all.filter {
            $0.analyzer == analyzer && $0.analysis == analysis && from <= $0.observedAt && $0.observedAt < before
        }
        return Array(found.sorted { ($1.observedAt, Bytes($1.id)) < ($0.observedAt, Bytes($0.id)) }.prefix(limit))
    }
}
