package import Base

/// Who may see a report, as the biologist decided. A change of it is a new version of the document (PFI sheet,
/// section 6).
package struct Visibility: Codable, Sendable, Hashable {
    /// CDA confidentialityCode.
    package enum Confidentiality: String, Codable, Sendable, CaseIterable {
        case normal = "N"
        case restricted = "R"
        case veryRestricted = "V"
    }
    /// When the patient may see it.
    package enum PatientAccess: Codable, Sendable, Hashable {
        case open
        /// Announcement visit: hidden until then, or until the biologist releases it before.
        case hiddenUntil(Instant)
        /// Announcement visit whose date is not known: hidden until the biologist releases it.
        case hidden

        /// Does this end no later than the other one?
        fileprivate func isOver(when other: PatientAccess, at now: Instant) -> Bool {
            switch (self, other) {
            case (.open, _), (_, .hidden): true
            case (.hidden, _): false
            case (.hiddenUntil(let end), .open): end <= now
            case (.hiddenUntil(let end), .hiddenUntil(let otherEnd)): end <= max(now, otherEnd)
            }
        }
    }
    package var confidentiality = Confidentiality.normal
    package var patient = PatientAccess.open
    /// MASQUE_PS.
    package var hiddenFromProfessionals = false
    /// INVISIBLE_REP_LEGAUX: of a minor, at his or her request.
    package var hiddenFromRepresentatives = false
    /// Secret care of a minor (CSP L1111-5): nothing reaches the representatives.
    package var secretCare = false

    package init() {}

    package static let open = Visibility()

    /// May all who read a report under this visibility read a result of a report under `other`? An earlier result on a
    /// later report would else reach whom it is hidden from.
    package func mayShow(resultsUnder other: Visibility, at now: Instant) -> Bool {
        let ranks = Confidentiality.allCases
        let mine = ranks.firstIndex(of: confidentiality) ?? 0, its = ranks.firstIndex(of: other.confidentiality) ?? 0
        return its <= mine && other.patient.isOver(when: patient, at: now)
            && (hiddenFromProfessionals || !other.hiddenFromProfessionals)
            && (hiddenFromRepresentatives || !other.hiddenFromRepresentatives)
            && (secretCare || !other.secretCare)
    }

    /// What ends the hiding from the patient, in words; nil when it is not hidden.
    package func hiddenFromPatientWords(in zone: CivilZone) -> String? {
        switch patient {
        case .open: nil
        case .hidden: "caché au patient jusqu'à ce qu'un biologiste le rende visible (consultation d'annonce)"
        case .hiddenUntil(let end):
            "caché au patient jusqu'au \(end.french(in: zone)), ou avant si un biologiste le rend visible"
        }
    }

    /// Is it hidden from the patient at an instant?
    package func hidesFromPatient(at now: Instant) -> Bool {
        switch patient {
        case .open: false
        case .hidden: true
        case .hiddenUntil(let end): now < end
        }
    }
}
