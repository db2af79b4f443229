package import Base
import Laboratory

/// A stored fact with the audit entry it came with.
package struct AttestedFact: Sendable, Hashable {
    package var auditSequence: Int
    package var record: FactRecord
    /// False when the row contradicts itself: it cannot be read, or a column differs from the fact in it.
    package var consistent: Bool
    package init(auditSequence: Int, record: FactRecord, consistent: Bool) {
        self.auditSequence = auditSequence
        self.record = record
        self.consistent = consistent
    }
}

/// The first thing that is wrong with the trail.
package struct AuditDefect: Codable, Sendable, Hashable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// An entry is missing: sequences do not follow.
        case gap
        /// `previousHash` is not the hash of the entry before.
        case brokenLink
        /// The entry's own hash does not fit its content.
        case entryAltered
        /// The rows that came with the entry are not those it attests: one was changed, deleted or added.
        case factsAltered
        /// Rows name an entry that does not exist.
        case factsWithoutEntry
        /// Rows that need an entry have none.
        case unattested
    }
    package var kind: Kind
    /// The entry concerned; 0 when it is none.
    package var sequence: Int
    /// In French, identifiers only.
    package var explanation: String
    package init(kind: Kind, sequence: Int, explanation: String) {
        self.kind = kind
        self.sequence = sequence
        self.explanation = explanation
    }
}

/// What a verification found.
package struct AuditVerdict: Codable, Sendable, Hashable {
    /// Entries checked (up to the defect, if any).
    package var entries = 0
    /// Facts whose rows were recomputed.
    package var facts = 0
    /// Hash of the last sound entry: written down elsewhere, it proves later that nothing before was cut off.
    package var lastHash = AuditChain.origin
    package var defect: AuditDefect?
    package var isSound: Bool { defect == nil }
    package init() {}
}

/// The chain of HOUSE invariant 10: entry *n* holds the hash of entry *n − 1* and the digest of the facts it came with.
package enum AuditChain {
    /// `previousHash` of the first entry.
    package static let origin = String(repeating: "0", count: 64)
    /// Entries checked at a time.
    package static let batch = 500

    /// Digest of a set of records, whatever their order: SHA-256 over the sorted digests of each.
    package static func digest(of records: [FactRecord]) -> String {
        var out = CanonicalText("paillasse-facts-1")
        for digest in records.map(digest(of:)).sorted() { out.add("fact", digest) }
        return Digest.sha256Hex(out.bytes)
    }

    package static func digest(of facts: [Fact]) throws(Refusal) -> String {
        var records: [FactRecord] = []
        for fact in facts { records.append(try fact.record()) }
        return digest(of: records)
    }

    private static func digest(of record: FactRecord) -> String {
        var out = CanonicalText("paillasse-fact-1")
        out.add("kind", record.kind.rawValue)
        out.add("body", record.body)
        for blob in record.blobs { out.add("bytes", Digest.sha256Hex(blob)) }
        return Digest.sha256Hex(out.bytes)
    }

    /// Hash of an entry, over all of it but `hash`.
    package static func hash(of entry: AuditEntry) -> String {
        var out = CanonicalText("paillasse-audit-1")
        out.add("sequence", String(entry.sequence))
        out.add("site", entry.site)
        out.add("author", entry.author)
        out.add("action", entry.action)
        out.add("subject", entry.subject)
        out.add("at", String(entry.at.milliseconds))
        out.add("facts", entry.factsHash)
        out.add("previous", entry.previousHash)
        return Digest.sha256Hex(out.bytes)
    }

    /// The entry that follows `last` (sequence and hash), nil for the first.
    package static func next(
        after last: (sequence: Int, hash: String)?, note: AuditNote, factsHash: String
    ) -> AuditEntry {
        var entry = AuditEntry(
            sequence: (last?.sequence ?? 0) + 1, site: note.site, author: note.author, action: note.action,
            subject: note.subject, at: note.at, factsHash: factsHash, previousHash: last?.hash ?? origin, hash: "")
        entry.hash = hash(of: entry)
        return entry
    }

    /// Checks the links of a whole chain, from its first entry.
    package static func verify(_ entries: [AuditEntry]) -> AuditVerdict {
        var verdict = AuditVerdict()
        for entry in entries {
            verdict.defect = defect(of: entry, after: verdict)
            guard verdict.isSound else { break }
            verdict.entries += 1
            verdict.lastHash = entry.hash
        }
        return verdict
    }

    private static func defect(of entry: AuditEntry, after verdict: AuditVerdict) -> AuditDefect? {
        let expected = verdict.entries + 1
        guard entry.sequence == expected else {
            return AuditDefect(
                kind: .gap, sequence: expected,
                explanation: "l'entrée \(expected) manque (on trouve la \(entry.sequence))")
        }
        guard entry.hash == hash(of: entry) else {
            return AuditDefect(
                kind: .entryAltered, sequence: expected,
                explanation: "l'entrée \(expected) a été modifiée : son empreinte ne correspond plus à son contenu")
        }
        guard entry.previousHash == verdict.lastHash else {
            return AuditDefect(
                kind: .brokenLink, sequence: expected,
                explanation: "l'entrée \(expected) ne suit pas l'entrée \(expected - 1) : la chaîne est rompue")
        }
        return nil
    }

    /// Checks the chain of a store, and every entry against the rows that came with it.
    package static func verify(store: any LaboratoryStore) async throws(StoreFailure) -> AuditVerdict {
        var verdict = AuditVerdict()
        while true {
            let entries = try await store.audit(after: verdict.entries, limit: batch)
            guard let first = entries.first, let last = entries.last else { break }
            // A tampered sequence must not make an impossible or an enormous range.
            let span = first.sequence...max(first.sequence, min(last.sequence, first.sequence + batch))
            let rows = Dictionary(grouping: try await store.attestedFacts(span), by: \.auditSequence)
            for entry in entries {
                let facts = rows[entry.sequence] ?? []
                verdict.defect = defect(of: entry, after: verdict) ?? defect(of: facts, attestedBy: entry)
                guard verdict.isSound else { return verdict }
                verdict.entries += 1
                verdict.facts += facts.count
                verdict.lastHash = entry.hash
            }
        }
        verdict.defect = try await defectOutside(of: store, entries: verdict.entries)
        return verdict
    }

    private static func defect(of facts: [AttestedFact], attestedBy entry: AuditEntry) -> AuditDefect? {
        if let row = facts.first(where: { !$0.consistent }) {
            return AuditDefect(
                kind: .factsAltered, sequence: entry.sequence,
                explanation: "une ligne « \(row.record.kind.rawValue) » de l'entrée \(entry.sequence) "
                    + "(\(entry.action) \(entry.subject)) a été modifiée")
        }
        guard digest(of: facts.map(\.record)) != entry.factsHash else { return nil }
        return AuditDefect(
            kind: .factsAltered, sequence: entry.sequence,
            explanation: "les lignes de l'entrée \(entry.sequence) (\(entry.action) \(entry.subject)) "
                + "ne sont plus celles qui ont été écrites : modifiées, supprimées ou ajoutées")
    }

    /// Rows that no entry covers.
    private static func defectOutside(
        of store: any LaboratoryStore, entries: Int
    ) async throws(StoreFailure) -> AuditDefect? {
        for span in [(Int.min...0), ((entries + 1)...Int.max)] {
            // Entries written since the last batch was read are no defect: only look when the chain still ends here.
            let rows = try await store.attestedFacts(span)
            guard let row = rows.first else { continue }
            if row.auditSequence > 0, try await !store.audit(after: entries, limit: 1).isEmpty { continue }
            return AuditDefect(
                kind: .factsWithoutEntry, sequence: row.auditSequence,
                explanation: "une ligne « \(row.record.kind.rawValue) » se réclame de l'entrée \(row.auditSequence), "
                    + "qui n'existe pas")
        }
        let counts = try await store.unattestedFacts()
        for kind in Fact.Kind.allCases where kind.alwaysAttested {
            guard let count = counts[kind], count > 0 else { continue }
            return AuditDefect(
                kind: .unattested, sequence: 0,
                explanation: "\(count) ligne(s) « \(kind.rawValue) » sans entrée dans la chaîne d'audit")
        }
        return nil
    }
}
