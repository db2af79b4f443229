import Base
import Laboratory

/// One unique key of a fact. `StoreFailure.conflict(key:)` carries the name, the same in every store.
package struct FactKey: Hashable, Sendable {
    /// `kind.key`, e.g. `observation.run`.
    package var name: String
    package var values: [String]

    init(_ name: String, _ values: String...) {
        self.name = name
        self.values = values
    }
}

extension Fact {
    /// The keys that the contract promises to be unique (`Fact`'s comments), by name.
    package var keys: [FactKey] {
        switch self {
        case .account(let f): [FactKey("account.version", f.login, "\(f.version)")]
        case .token(let f): [FactKey("token.hash", f.hash)]
        case .tokenRevoked(let hash, _): [FactKey("tokenRevoked.hash", hash)]
        case .patient(let f):
            [FactKey("patient.version", f.id, "\(f.version)"), FactKey("patient.ipp", f.site, f.ipp, "\(f.version)")]
        case .request(let f):
            [
                FactKey("request.version", f.id, "\(f.version)"),
                FactKey("request.number", f.site, f.number, "\(f.version)"),
            ]
        case .specimen(let f): [FactKey("specimen.version", f.accession, "\(f.version)")]
        case .session(let f): [FactKey("session.id", f.id)]
        case .sessionEnd(let f): [FactKey("sessionEnd.session", f.sessionID)]
        case .frame(let f): [FactKey("frame.ordinal", f.sessionID, "\(f.ordinal)")]
        case .message(let f):
            [FactKey("message.id", f.id), FactKey("message.ordinal", f.sessionID, "\(f.ordinal)")]
        case .order(let f):
            [FactKey("order.id", f.id), FactKey("order.ordinal", f.accession, f.analyzer, "\(f.ordinal)")]
        case .orderEvent(let f): [FactKey("orderEvent.ordinal", f.orderID, "\(f.ordinal)")]
        case .outcome(let f): [FactKey("outcome.message", f.messageID)]
        case .observation(let f): Fact.keys(of: f)
        case .observationEvent(let f): [FactKey("observationEvent.ordinal", f.observationID, "\(f.ordinal)")]
        case .control(let f):
            [FactKey("control.id", f.id), FactKey("control.origin", f.messageID, "\(f.ordinal)")]
        case .triage(let f):
            [FactKey("triage.id", f.id), FactKey("triage.origin", f.messageID, "\(f.ordinal)")]
        case .triageResolution(let f): [FactKey("triageResolution.triage", f.triageID)]
        case .signature(let f):
            [FactKey("signature.id", f.id), FactKey("signature.version", f.requestID, "\(f.version)")]
        case .report(let f):
            [
                FactKey("report.id", f.id), FactKey("report.signature", f.signatureID),
                FactKey("report.document", f.documentOID),
            ]
        case .delivery(let f):
            [
                FactKey("delivery.id", f.id), FactKey("delivery.control", f.controlID),
                FactKey("delivery.recipient", f.reportID, f.destination),
            ]
        case .deliveryEvent(let f): [FactKey("deliveryEvent.ordinal", f.deliveryID, "\(f.ordinal)")]
        case .inbound(let f): [FactKey("inbound.control", f.source, f.controlID)]
        case .register(let f):
            [FactKey("register.ordinal", f.register.rawValue, f.site, f.subject, "\(f.ordinal)")]
        case .evaluation(let f): [FactKey("evaluation.ordinal", f.observationID, "\(f.ordinal)")]
        }
    }

    private static func keys(of observation: Observation) -> [FactKey] {
        var keys = [FactKey("observation.id", observation.id)]
        if let message = observation.origin.messageID, let ordinal = observation.origin.ordinal {
            keys.append(FactKey("observation.origin", message, "\(ordinal)"))
        }
        keys.append(FactKey("observation.run", observation.requestID, observation.analysis, "\(observation.run)"))
        return keys
    }
}
