package import Base

/// A specimen in its container, one version of it: collected, then received.
package struct Specimen: Codable, Sendable, Hashable {
    /// Accession number: what the barcode holds and what analyzers send back. Unique for ever.
    package var accession: String
    package var version: Int
    package var site: String
    package var requestID: String
    /// Specimen kind of the catalogue (its code in `specimens.csv`).
    package var kind: String
    /// Tube of the catalogue.
    package var tube: String
    /// Analyses of the request that this specimen serves.
    package var analyses: [String]
    /// Nil as long as nobody said when: ages and delays then hold the result.
    package var collectedAt: Instant?
    package var receivedAt: Instant?
    /// What is wrong with it, in words (*non-conformité*).
    package var nonconformity: String?
    /// Who said so, and when; nil in versions of before these were kept.
    package var nonconformityBy: String?
    package var nonconformityAt: Instant?

    package init(
        accession: String, version: Int = 1, site: String, requestID: String, kind: String, tube: String,
        analyses: [String], collectedAt: Instant? = nil, receivedAt: Instant? = nil, nonconformity: String? = nil
    ) {
        self.accession = accession
        self.version = version
        self.site = site
        self.requestID = requestID
        self.kind = kind
        self.tube = tube
        self.analyses = analyses
        self.collectedAt = collectedAt
        self.receivedAt = receivedAt
        self.nonconformity = nonconformity
    }
}
