package import Laboratory

// Which facts change what a signature covers (HOUSE invariant 5), so that a signed file comes back to the biologist.
// A store keeps these requests until the next signature; whether the content really has another hash is the workflow's.

extension Patient {
    /// Whether a signature over `earlier` would read otherwise.
    package func isSignedOtherwise(than earlier: Patient) -> Bool {
        traits != earlier.traits || usedName != earlier.usedName || status != earlier.status
            || publishableINS != earlier.publishableINS || attributes != earlier.attributes
    }
}

extension Request {
    package func isSignedOtherwise(than earlier: Request) -> Bool {
        // What is taken off a request may be all that a partial report waited for.
        // What is known of the person decides of intervals and calculations.
        number != earlier.number || prescriber != earlier.prescriber || patientID != earlier.patientID
            || clinical != earlier.clinical
            || !Set(earlier.lines.map(\.analysis)).isSubset(of: lines.map(\.analysis))
    }
}

extension Specimen {
    package func isSignedOtherwise(than earlier: Specimen) -> Bool {
        kind != earlier.kind || collectedAt != earlier.collectedAt || nonconformity != earlier.nonconformity
            || requestID != earlier.requestID
    }
}

extension RegisterEntry {
    /// The request whose signed content it changes.
    package var reopenedRequest: String? {
        [.supplement, .remark, .amendmentTask, .reflex].contains(register) ? subject : nil
    }
}

extension ObservationEvent {
    /// It takes a result out of the file.
    package var takesAway: Bool { kind != .technicallyValidated }
}

extension Fact {
    /// A signed file may come back for it.
    package var mayReopen: Bool {
        switch self {
        case .patient(let new): new.version > 1
        case .request(let new): new.version > 1
        case .specimen(let new): new.version > 1
        case .register(let entry): entry.reopenedRequest != nil
        case .observationEvent(let event): event.takesAway
        case .account, .token, .tokenRevoked, .session, .sessionEnd, .frame, .message, .order, .orderEvent, .outcome,
            .observation, .control, .triage, .triageResolution, .signature, .report, .delivery, .deliveryEvent,
            .inbound, .evaluation:
            false
        }
    }
}
