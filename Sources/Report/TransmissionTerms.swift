package import Base
package import HL7v2

/// How a document is sent, beside what it says: flags of the volet's metadata, carrier, how strictly combinations are
/// taken, and whom a correction must reach besides today's recipients.
package struct TransmissionTerms: Sendable, Hashable {
    package var carrier = DocumentTransmission.Carrier.oru
    package var rules = CombinationRules.tolerant
    package var hiddenFromProfessionals = false
    package var hiddenFromPatient = false
    package var hiddenFromGuardians = false
    package var changesVisibility = false
    package var wantsReading = true
    /// Who received the version before: each is told of this one.
    package var earlierRecipients: [Recipient] = []
    package init() {}
}

/// A message ready for the outbox.
package struct ReadyMessage: Sendable, Hashable {
    package var bytes: [UInt8]
    package var toDMP: Bool
}

extension Composition {
    /// The message under these terms; nil when it has no destination. Refusals as `DocumentTransmission.message`.
    package func message(
        cda: [UInt8], parties: Parties, processing: Processing = .production, controlID: String, sentAt: Instant,
        terms: TransmissionTerms
    ) throws(Refusal) -> ReadyMessage? {
        let destinations = Destinations(dmp: true, professionals: true, patient: !terms.hiddenFromPatient)
        let earlier = terms.earlierRecipients.filter { !$0.isPatient }
        let made = transmission(
            cda: cda, parties: parties, processing: processing, controlID: controlID, sentAt: sentAt,
            destinations: destinations)
        guard var transmission = made else { return nil }
        let known = Set(transmission.recipients.map { $0.address.lowercased() })
        transmission.recipients += earlier.filter { !known.contains($0.address.lowercased()) }
        transmission.carrier = terms.carrier
        transmission.hiddenFromProfessionals = terms.hiddenFromProfessionals
        transmission.hiddenFromPatient = terms.hiddenFromPatient
        transmission.hiddenFromGuardians = terms.hiddenFromGuardians
        transmission.changesVisibility = terms.changesVisibility && transmission.request == .replacement
        transmission.wantsReading = terms.wantsReading
        return ReadyMessage(bytes: try transmission.bytes(terms.rules), toDMP: transmission.toDMP)
    }
}

extension DocumentTransmission {
    /// The bytes to send; when they are refused, the first reason and how many others.
    package func bytes(_ rules: CombinationRules = .tolerant) throws(Refusal) -> [UInt8] {
        let message: Message
        do throws(TransmissionRefused) { message = try self.message(rules) } catch {
            throw Composition.first(of: error.refusals)
        }
        return try message.bytes()
    }
}
