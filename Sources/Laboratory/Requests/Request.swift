package import Base

/// Priority of a request (LIS2-A2 8.4.6: S, R).
package enum Priority: String, Codable, Sendable, CaseIterable {
    case routine = "R"
    case urgent = "S"
}

/// Class of the encounter (JDV_J142): ambulatory, inpatient, emergency.
package enum EncounterClass: String, Codable, Sendable, CaseIterable {
    case ambulatory = "AMB"
    case inpatient = "IMP"
    case emergency = "EMER"
}

/// One analysis asked for, and the panel through which it was asked.
package struct RequestLine: Codable, Sendable, Hashable {
    package var analysis: String
    package var panel: String?
    /// What asked for it when nobody prescribed it: `reflexe:TSH-T4L@1`.
    package var origin: String?
    package init(analysis: String, panel: String? = nil, origin: String? = nil) {
        self.analysis = analysis
        self.panel = panel
        self.origin = origin
    }
}

/// A request (*dossier*), one version of it.
package struct Request: Codable, Sendable, Hashable {
    package var id: String
    package var version: Int
    package var site: String
    /// What people say and print: `261122-0001`.
    package var number: String
    package var patientID: String
    package var prescriber: Professional
    /// Others who get the report beside the prescriber.
    package var recipients: [Professional]
    package var prescribedOn: CivilDate
    package var registeredAt: Instant
    package var priority: Priority
    package var encounter: EncounterClass
    package var lines: [RequestLine]
    package var note: String?
    /// As far as rules look at it; nil: nobody said anything.
    package var clinical: ClinicalFacts?

    package init(
        id: String, version: Int = 1, site: String, number: String, patientID: String, prescriber: Professional,
        recipients: [Professional] = [], prescribedOn: CivilDate, registeredAt: Instant, priority: Priority = .routine,
        encounter: EncounterClass = .ambulatory, lines: [RequestLine], note: String? = nil,
        clinical: ClinicalFacts? = nil
    ) {
        self.id = id
        self.version = version
        self.site = site
        self.number = number
        self.patientID = patientID
        self.prescriber = prescriber
        self.recipients = recipients
        self.prescribedOn = prescribedOn
        self.registeredAt = registeredAt
        self.priority = priority
        self.encounter = encounter
        self.lines = lines
        self.note = note
        self.clinical = clinical
    }
}
