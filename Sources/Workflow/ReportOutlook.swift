/// What one destination of a request's reports may have, and what the next version would bring it.
package struct ReportOutlook: Sendable, Hashable {
    package enum Next: String, Sendable {
        case initial, replacement
        /// It has it as the report of somebody else.
        case deletion
        case nothing
    }
    /// `DMP`, `patient`, an MSSanté address.
    package var destination: String
    /// Of the record, or of the patient's mailbox.
    package var matricule: String?
    /// That it may have; nil for none.
    package var version: Int?
    package var next: Next
    /// Why nothing comes.
    package var reason: String?

    package init(
        _ destination: String, matricule: String? = nil, version: Int? = nil, next: Next, reason: String? = nil
    ) {
        self.destination = destination
        self.matricule = matricule
        self.version = version
        self.next = next
        self.reason = reason
    }
}
