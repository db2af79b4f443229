package import Base

/// What an analyzer is to do on one tube: the answer to a host query, or an order to download.
package struct SpecimenOrder: Sendable, Hashable {
    package var accession: String
    /// Codes of the catalogue; a driver turns those it knows into the instrument's.
    package var analyses: [String]
    package var priority: Priority
    package var patient: Patient
    package var requestedAt: Instant
    package var collectedAt: Instant?
    package init(
        accession: String, analyses: [String], priority: Priority, patient: Patient, requestedAt: Instant,
        collectedAt: Instant? = nil
    ) {
        self.accession = accession
        self.analyses = analyses
        self.priority = priority
        self.patient = patient
        self.requestedAt = requestedAt
        self.collectedAt = collectedAt
    }
}
