package import Base
package import Laboratory

/// Answers of the in-memory model: staff, patients, requests, observations.
extension MemoryStore {
    /// Facts of one kind, in the order of their append.
    func all<T>(_ pick: (Fact) -> T?) -> [T] { facts.compactMap { pick($0.fact) } }

    /// Highest version of each.
    private func latest<T, Key: Hashable>(_ facts: [T], by key: (T) -> Key, version: (T) -> Int) -> [T] {
        Dictionary(grouping: facts, by: key).values.compactMap { $0.max { version($0) < version($1) } }
    }
    private var latestPatients: [Patient] {
        latest(all { if case .patient(let f) = $0 { f } else { nil } }, by: \.id, version: \.version)
    }
    var latestRequests: [Request] {
        latest(all { if case .request(let f) = $0 { f } else { nil } }, by: \.id, version: \.version)
    }
    private var latestSpecimens: [Specimen] {
        latest(all { if case .specimen(let f) = $0 { f } else { nil } }, by: \.accession, version: \.version)
    }
    var allObservations: [Observation] { all { if case .observation(let f) = $0 { f } else { nil } } }
    var allObservationEvents: [ObservationEvent] { all { if case .observationEvent(let f) = $0 { f } else { nil } } }
    var allSignatures: [Signature] { all { if case .signature(let f) = $0 { f } else { nil } } }
    private var signedObservations: Set<String> { Set(allSignatures.flatMap(\.observationIDs)) }

    // Staff

    package func account(_ login: String) throws(StoreFailure) -> Account? {
        try accounts().first { $0.login == login }
    }
    package func accounts() throws(StoreFailure) -> [Account] {
        try checkOpen()
        return latest(all { if case .account(let f) = $0 { f } else { nil } }, by: \.login, version: \.version)
            .sorted { Bytes($0.login) < Bytes($1.login) }
    }
    package func token(_ hash: String) throws(StoreFailure) -> AccessToken? {
        try checkOpen()
        let revoked = all { if case .tokenRevoked(hash, _) = $0 { true } else { nil } }
        guard revoked.isEmpty else { return nil }
        return all { if case .token(let f) = $0, f.hash == hash { f } else { nil } }.first
    }

    // Patients, requests, specimens

    package func patient(_ id: String) throws(StoreFailure) -> Patient? { try patientVersions(id).last }

    package func patientVersions(_ id: String) throws(StoreFailure) -> [Patient] {
        try checkOpen()
        return all { if case .patient(let f) = $0, f.id == id { f } else { nil } }.sorted { $0.version < $1.version }
    }

    package func patients(_ search: PatientSearch, limit: Int) throws(StoreFailure) -> [Patient] {
        try checkOpen()
        let wanted = SearchKey.fold(search.text ?? "")
        let found = latestPatients.filter { patient in
            let names = [patient.traits.birthName, patient.usedName ?? "", patient.ipp].map(SearchKey.fold)
            return (search.site == nil || patient.site == search.site)
                && (wanted.isEmpty || names.contains { $0.hasPrefix(wanted) }
                    || patient.ins?.matricule == wanted.replacing(" ", with: ""))
        }
        return Array(
            found.sorted {
                ordered(
                    [SearchKey.fold($0.traits.birthName), SearchKey.fold($0.traits.firstGivenName), $0.id],
                    [SearchKey.fold($1.traits.birthName), SearchKey.fold($1.traits.firstGivenName), $1.id])
            }.prefix(limit))
    }

    package func request(_ id: String) throws(StoreFailure) -> Request? {
        try checkOpen()
        return latestRequests.first { $0.id == id }
    }
    package func request(number: String) throws(StoreFailure) -> Request? {
        try checkOpen()
        return latestRequests.filter { $0.number == number }.min { Bytes($0.id) < Bytes($1.id) }
    }
    package func requests(site: String?, limit: Int) throws(StoreFailure) -> [Request] {
        try checkOpen()
        let found = latestRequests.filter { site == nil || $0.site == site }
        return Array(found.sorted { newer(($0.registeredAt, $0.id), ($1.registeredAt, $1.id)) }.prefix(limit))
    }
    package func requests(ids: [String]) throws(StoreFailure) -> [Request] {
        try checkOpen()
        let found = Dictionary(latestRequests.map { ($0.id, $0) }) { first, _ in first }
        return ids.compactMap { found[$0] }
    }
    package func specimen(_ accession: String) throws(StoreFailure) -> Specimen? {
        try checkOpen()
        return latestSpecimens.first { $0.accession == accession }
    }
    package func specimens(requestID: String) throws(StoreFailure) -> [Specimen] {
        try checkOpen()
        return latestSpecimens.filter { $0.requestID == requestID }.sorted { Bytes($0.accession) < Bytes($1.accession) }
    }

    // Observations

    package func observation(_ id: String) throws(StoreFailure) -> Observation? {
        try checkOpen()
        return allObservations.first { $0.id == id }
    }
    package func observations(requestID: String) throws(StoreFailure) -> [Observation] {
        try checkOpen()
        return allObservations.filter { $0.requestID == requestID }.sorted {
            $0.analysis == $1.analysis ? $0.run < $1.run : Bytes($0.analysis) < Bytes($1.analysis)
        }
    }
    package func observationEvents(requestID: String) throws(StoreFailure) -> [ObservationEvent] {
        let ids = Set(try observations(requestID: requestID).map(\.id))
        return allObservationEvents.filter { ids.contains($0.observationID) }.sorted {
            $0.observationID == $1.observationID
                ? $0.ordinal < $1.ordinal : Bytes($0.observationID) < Bytes($1.observationID)
        }
    }
    package func observationsAwaitingTechnicalValidation(
        site: String?, limit: Int
    ) throws(StoreFailure) -> [Observation] {
        try checkOpen()
        let last = Dictionary(grouping: allObservationEvents, by: \.observationID)
            .compactMapValues { $0.max { $0.ordinal < $1.ordinal }?.kind }
        let found = allObservations.filter {
            (last[$0.id] ?? .withdrawn) == .withdrawn && (site == nil || $0.site == site)
        }
        let urgent = Set(latestRequests.filter { $0.priority == .urgent }.map(\.id))
        let critical = critical(among: found)
        let sorted = found.sorted { a, b in
            for first in [critical, urgent] where first.contains(a.requestID) != first.contains(b.requestID) {
                return first.contains(a.requestID)
            }
            return older((a.recordedAt, a.id), (b.recordedAt, b.id))
        }
        return Array(sorted.prefix(limit))
    }
    /// Requests of a value that somebody is told of, or that a check says is critical.
    private func critical(among observations: [Observation]) -> Set<String> {
        let called = Set(calledObservations)
        return Set(
            observations.filter { observation in
                called.contains(observation.id)
                    || observation.holds.contains { $0.code == .critical || $0.code == .criticalCall }
            }.map(\.requestID))
    }
    package func requestsAwaitingSignature(
        site: String?, limit: Int, doubted: Set<String>
    ) throws(StoreFailure) -> [String] {
        try checkOpen()
        return current(Set(ready.map(\.requestID)).union(reopened), site, limit, doubted)
    }
    /// Validated, and in no signature.
    var ready: [Observation] {
        let last = Dictionary(grouping: allObservationEvents, by: \.observationID)
            .compactMapValues { $0.max { $0.ordinal < $1.ordinal }?.kind }
        let signed = signedObservations
        return allObservations.filter { last[$0.id] == .technicallyValidated && !signed.contains($0.id) }
    }
    package func requests(withResultsOf patientID: String) throws(StoreFailure) -> [String] {
        try checkOpen()
        return Set(allObservations.filter { $0.patientID == patientID }.map(\.requestID)).sorted()
    }
    package func requests(
        withUnsignedResultsOf patientID: String, analyses: [String]
    ) throws(StoreFailure) -> [String] {
        try checkOpen()
        let signed = signedObservations
        let found = allObservations.filter {
            $0.patientID == patientID && analyses.contains($0.analysis) && !signed.contains($0.id)
        }
        return Set(found.map(\.requestID)).sorted()
    }
    package func requestsUnderReview(site: String?, limit: Int) throws(StoreFailure) -> [String] {
        try checkOpen()
        return current(reopened, site, limit)
    }
    /// Critical first, then what is held; in each urgent first, then the gravest reason, then oldest first.
    private func current(
        _ ids: Set<String>, _ site: String?, _ limit: Int, _ doubted: Set<String> = []
    ) -> [String] {
        let found = latestRequests.filter { ids.contains($0.id) && (site == nil || $0.site == site) }
        let ready = ready
        let critical = critical(among: ready)
        let results = Dictionary(grouping: ready, by: \.requestID)
        let doubtful = Set(latestPatients.filter { !$0.attributes.isEmpty }.map(\.id))
        let reopened = reopened
        func gravity(_ request: Request) -> Int {
            if critical.contains(request.id) { return 0 }
            if reopened.contains(request.id) || doubtful.contains(request.patientID) { return 1 }
            let own = results[request.id, default: []].flatMap { result in
                [result.signGravity.map { max($0, 1) }, doubted.contains(result.analysis) ? 2 : nil].compactMap { $0 }
            }
            return own.min() ?? 4
        }
        let ranked = found.map { (request: $0, gravity: gravity($0)) }
        func lane(_ gravity: Int) -> Int { gravity == 0 ? 0 : gravity == 4 ? 2 : 1 }
        let sorted = ranked.sorted { one, other in
            let (a, b) = (one.request, other.request)
            if lane(one.gravity) != lane(other.gravity) { return lane(one.gravity) < lane(other.gravity) }
            if a.priority != b.priority { return a.priority == .urgent }
            if one.gravity != other.gravity { return one.gravity < other.gravity }
            return older((a.registeredAt, a.id), (b.registeredAt, b.id))
        }.map(\.request)
        return sorted.prefix(limit).map(\.id)
    }
    package func previousSigned(
        patientID: String, analyses: [String], before: Instant, excludingRequest: String, depth: Int
    ) throws(StoreFailure) -> [Observation] {
        try checkOpen()
        let signed = signedObservations
        let candidates = allObservations.filter {
            $0.patientID == patientID && $0.observedAt < before && $0.requestID != excludingRequest
                && signed.contains($0.id)
        }
        return analyses.flatMap { analysis in
            candidates.filter { $0.analysis == analysis }.sorted { a, b in
                if a.observedAt != b.observedAt { return a.observedAt > b.observedAt }
                return a.run != b.run ? a.run > b.run : Bytes(a.id) > Bytes(b.id)
            }.prefix(depth)
        }
    }
}

extension MemoryStore {
    /// Requests whose signed content these facts, just appended, may have changed.
    func requestsReopened(by new: [Fact]) -> Set<String> {
        var found: Set<String> = []
        let signed = signedObservations
        func before<T>(_ pick: (Fact) -> T?, _ version: (T) -> Int, _ limit: Int) -> T? {
            all(pick).filter { version($0) < limit }.max { version($0) < version($1) }
        }
        for fact in new {
            if case .patient(let now) = fact {
                let old = before(
                    { if case .patient(let f) = $0, f.id == now.id { f } else { nil } }, \.version, now.version)
                guard let old, now.isSignedOtherwise(than: old) else { continue }
                found.formUnion(
                    allObservations.filter { $0.patientID == now.id && signed.contains($0.id) }.map(\.requestID))
            } else if case .request(let now) = fact {
                let old = before(
                    { if case .request(let f) = $0, f.id == now.id { f } else { nil } }, \.version, now.version)
                if let old, now.isSignedOtherwise(than: old) { found.insert(now.id) }
            } else if case .specimen(let now) = fact {
                let old = before(
                    { if case .specimen(let f) = $0, f.accession == now.accession { f } else { nil } }, \.version,
                    now.version)
                guard let old, now.isSignedOtherwise(than: old) else { continue }
                if allObservations.contains(where: {
                    $0.requestID == old.requestID && $0.accession == now.accession && signed.contains($0.id)
                }) {
                    found.insert(old.requestID)
                }
            } else if case .register(let entry) = fact, let id = entry.reopenedRequest {
                found.insert(id)
            } else if case .observationEvent(let event) = fact, event.takesAway, signed.contains(event.observationID) {
                found.formUnion(allObservations.filter { $0.id == event.observationID }.map(\.requestID))
            }
        }
        return found
    }
}

/// Text in the order of its UTF-8 bytes, which is the order of both SQL stores.
struct Bytes: Comparable {
    let bytes: String.UTF8View
    init(_ text: String) { bytes = text.utf8 }
    static func < (a: Bytes, b: Bytes) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
    static func == (a: Bytes, b: Bytes) -> Bool { a.bytes.elementsEqual(b.bytes) }
}
func ordered(_ a: [String], _ b: [String]) -> Bool {
    for (x, y) in zip(a, b) where x != y { return Bytes(x) < Bytes(y) }
    return false
}
func older(_ a: (Instant, String), _ b: (Instant, String)) -> Bool {
    a.0 == b.0 ? Bytes(a.1) < Bytes(b.1) : a.0 < b.0
}
func newer(_ a: (Instant, String), _ b: (Instant, String)) -> Bool { older(b, a) }
