/// A destination that a report version was not sent to (register `withheld`, subject: the request, ordinal: the
/// version).
package struct WithheldNote: Codable, Sendable, Hashable {
    /// `DMP`, `patient`, an MSSanté address; empty for a prescriber without one.
    package var destination: String
    /// Reason of a hiding that is over and cannot end before somebody signs again.
    package static let stuckHiding = "masquage"
    /// Reason of a signed report that cannot be made.
    package static let unmade = "non fait"
    /// Reason of what was sent under the identity of somebody else: it stays until somebody was told.
    package static let wrongPatient = "AUTRE_PATIENT"
    /// Reason of what somebody still has of a withdrawn report: it stays until it is deleted or somebody was told.
    package static let withdrawn = "RETIRE"
    /// Reason of what came to a patient before it was hidden.
    package static let alreadyThere = "DEJA_RECU"
    /// Reason of a copy added after the signature that the patient's choices keep from somebody.
    package static let copyKept = "COPIE"
    /// Reason of what the patient's opposition keeps from somebody.
    package static let opposed = "OPPOSITION"
    /// The same in words, as a copy's act keeps it.
    package static let opposedWords = "le patient s'y est opposé"
    /// … once it is lifted.
    package static let unopposedWords = "le patient s'y était opposé, l'opposition est levée"
    /// An opposition to this way keeps it; nil when it is another reason.
    package var opposedWay: Opposition.Way? {
        guard reason == WithheldNote.opposed else { return nil }
        return destination == "DMP" ? .dmp : destination == "patient" ? .patientMailbox : .otherProfessionals
    }
    /// Stable code, and the same in French.
    package var reason: String
    package var words: String
    /// It has an earlier version that this one replaces, and cannot be told, or nobody gets the report at all: a person
    /// must.
    package var hasEarlier: Bool
    package init(destination: String, reason: String, words: String, hasEarlier: Bool) {
        self.destination = destination
        self.reason = reason
        self.words = words
        self.hasEarlier = hasEarlier
    }
}
