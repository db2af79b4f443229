package import Base
import Laboratory

/// The contract as plain arrays: what the other two stores are compared with, and the store of fast tests.
/// Every question is answered by looking at all the facts; nothing is cached, so nothing can be stale.
package actor MemoryStore: LaboratoryStore {
    /// How a planned failure leaves the store.
    package enum Fault: Sendable, CaseIterable {
        /// Nothing was kept.
        case nothingKept
        /// Everything was kept, but the answer was lost: what a connection cut during COMMIT looks like.
        case keptUnannounced
    }

    /// In the order of their append, each with the sequence of its audit entry.
    private(set) var facts: [(fact: Fact, audit: Int?)] = []
    private var keys: Set<FactKey> = []
    private var trail: [AuditEntry] = []
    private var numbers: [String: Int] = [:]
    /// Signed requests whose content may have changed since.
    private(set) var reopened: Set<String> = []
    private var isClosed = false
    private var faults: [(write: Int, fault: Fault, forEver: Bool)] = []
    /// Appends and numbers asked for so far: the *n* of a fault loop.
    package private(set) var writes = 0

    package init() {}

    /// Makes the `write`-th write from the store's birth fail (1, 2…), and every later one when `forEver`.
    package func fail(write: Int, fault: Fault = .nothingKept, forEver: Bool = false) {
        faults.append((write, fault, forEver))
    }
    package func heal() { faults = [] }

    package func close() { isClosed = true }

    // Writing

    package func append(_ facts: [Fact], note: AuditNote?) throws(StoreFailure) {
        let fault = try plannedFault()
        if fault == .nothingKept { throw MemoryStore.failure }
        try insert(facts, note: note)
        if fault == .keptUnannounced { throw MemoryStore.failure }
    }

    package func nextNumber(of series: String) throws(StoreFailure) -> Int {
        let fault = try plannedFault()
        if fault == .nothingKept { throw MemoryStore.failure }
        numbers[series, default: 0] += 1
        if fault == .keptUnannounced { throw MemoryStore.failure }
        return numbers[series, default: 0]
    }

    private func insert(_ new: [Fact], note: AuditNote?) throws(StoreFailure) {
        let records = try FactRecord.records(of: new, note: note)
        var added: Set<FactKey> = []
        for key in new.flatMap(\.keys) {
            guard !keys.contains(key), added.insert(key).inserted else { throw .conflict(key: key.name) }
        }
        keys.formUnion(added)
        var sequence: Int?
        if let note {
            let last = trail.last.map { ($0.sequence, $0.hash) }
            let entry = AuditChain.next(after: last, note: note, factsHash: AuditChain.digest(of: records))
            trail.append(entry)
            sequence = entry.sequence
        }
        facts += new.map { ($0, sequence) }
        for case .signature(let signature) in new { reopened.remove(signature.requestID) }
        let changes = new.filter(\.mayReopen)
        if changes.isEmpty { return }
        let signed = Set(allSignatures.map(\.requestID))
        reopened.formUnion(requestsReopened(by: changes).filter { signed.contains($0) })
    }

    private static let failure = StoreFailure.unavailable(
        Refusal("store.fault", because: "panne provoquée par un essai", remedy: "recommencer"))

    private func plannedFault() throws(StoreFailure) -> Fault? {
        try checkOpen()
        writes += 1
        return faults.first { $0.write == writes || ($0.forEver && $0.write < writes) }?.fault
    }

    func checkOpen() throws(StoreFailure) {
        if isClosed { throw .unavailable(StoreRefusal.closed) }
    }

    // The trail

    package func audit(after: Int, limit: Int) throws(StoreFailure) -> [AuditEntry] {
        try checkOpen()
        return Array(trail.lazy.filter { $0.sequence > after }.prefix(limit))
    }

    package func attestedFacts(_ sequences: ClosedRange<Int>) throws(StoreFailure) -> [AttestedFact] {
        try checkOpen()
        var rows: [AttestedFact] = []
        for (fact, audit) in facts {
            guard let audit, sequences.contains(audit) else { continue }
            do {
                rows.append(AttestedFact(auditSequence: audit, record: try fact.record(), consistent: true))
            } catch { throw .unavailable(error) }
        }
        return rows
    }

    package func unattestedFacts() throws(StoreFailure) -> [Fact.Kind: Int] {
        try checkOpen()
        return facts.reduce(into: [:]) { if $1.audit == nil { $0[$1.fact.kind, default: 0] += 1 } }
    }
}

extension FactRecord {
    /// The records of an append, refused when a fact that needs an audit entry comes without a note.
    package static func records(of facts: [Fact], note: AuditNote?) throws(StoreFailure) -> [FactRecord] {
        var records: [FactRecord] = []
        for fact in facts {
            guard note != nil || !fact.kind.alwaysAttested else {
                throw .unavailable(StoreRefusal.noteMissing(fact.kind))
            }
            do { records.append(try fact.record()) } catch { throw .unavailable(error) }
        }
        return records
    }
}

/// Refusals that every store words alike.
package enum StoreRefusal {
    package static let closed = Refusal(
        "store.closed", because: "la base est fermée", remedy: "relancer le serveur")
    package static func noteMissing(_ kind: Fact.Kind) -> Refusal {
        Refusal(
            "store.note", at: kind.rawValue, because: "ce fait ne s'écrit pas sans entrée d'audit",
            remedy: "signaler ce défaut du programme : l'ajout doit porter une note")
    }
}
