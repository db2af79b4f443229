package import Base
import FoundationEssentials
package import Laboratory

/// What the store keeps of a fact: its JSON without the bytes it carries, and those bytes apart. The audit chain is
/// computed over this form, as stored, so that a later version of the program verifies old rows without re-encoding
/// them.
package struct FactRecord: Sendable, Hashable {
    package var kind: Fact.Kind
    /// JSON, keys sorted; byte fields are empty in it.
    package var body: String
    /// Byte fields, in the order of `StoredFact.blobs`.
    package var blobs: [[UInt8]]

    package init(kind: Fact.Kind, body: String, blobs: [[UInt8]] = []) {
        self.kind = kind
        self.body = body
        self.blobs = blobs
    }
}

/// A fact, and how many bytes fields it keeps outside its JSON.
package protocol StoredFact: Codable, Sendable {
    var blobs: [[UInt8]] { get set }
    /// The fact without its bytes, where it reads without the general decoder.
    static func plain(_ body: String) -> Self?
}
extension StoredFact {
    package static func plain(_ body: String) -> Self? { nil }
    package var blobs: [[UInt8]] {
        get { [] }
        // Facts without bytes have nothing to take.
        set { _ = newValue }
    }
}

/// A bearer token that is no longer good.
package struct TokenRevocation: Codable, Sendable, Hashable {
    package var hash: String
    package var at: Instant
    package init(hash: String, at: Instant) {
        self.hash = hash
        self.at = at
    }
}

extension Account: StoredFact {}
extension AccessToken: StoredFact {}
extension TokenRevocation: StoredFact {}
extension Patient: StoredFact {}
extension Request: StoredFact {}
extension Specimen: StoredFact {}
extension LinkSession: StoredFact {}
extension SessionEnd: StoredFact {}
extension MessageOutcome: StoredFact {}
extension Observation: StoredFact {
    package static func plain(_ body: String) -> Observation? { Observation(json: body) }
}
extension ObservationEvent: StoredFact {}
extension ControlObservation: StoredFact {}
extension TriageEntry: StoredFact {}
extension TriageResolution: StoredFact {}
extension Signature: StoredFact {}
extension DeliveryEvent: StoredFact {}
extension JournalFrame: StoredFact {
    package var blobs: [[UInt8]] {
        get { [bytes] }
        set { bytes = newValue.first ?? [] }
    }
}
extension ReceivedMessage: StoredFact {
    package var blobs: [[UInt8]] {
        get { [text] }
        set { text = newValue.first ?? [] }
    }
}
extension InboundMessage: StoredFact {
    package var blobs: [[UInt8]] {
        get { [bytes] }
        set { bytes = newValue.first ?? [] }
    }
}
extension RegisterEntry: StoredFact {
    package var blobs: [[UInt8]] {
        get { [content] }
        set { content = newValue.first ?? [] }
    }
}
extension EvaluationRecord: StoredFact {
    package var blobs: [[UInt8]] {
        get { [content] }
        set { content = newValue.first ?? [] }
    }
}
extension Delivery: StoredFact {
    package var blobs: [[UInt8]] {
        get { [message] }
        set { message = newValue.first ?? [] }
    }
}
extension ReportVersion: StoredFact {
    package var blobs: [[UInt8]] {
        get { [cda, pdf] }
        set {
            cda = newValue.first ?? []
            pdf = newValue.dropFirst().first ?? []
        }
    }
}

// The facts of the journal, written as the encoder below would write them, sixty times as fast: nearly all facts are of
// these kinds. Nil when a text has a character that JSON might escape.

extension LinkSession {
    var plainRecord: FactRecord? {
        guard [id, site, analyzer, peer].allSatisfy(\.isPlainInJSON) else { return nil }
        return FactRecord(
            kind: .session,
            body: "{\"analyzer\":\"\(analyzer)\",\"id\":\"\(id)\",\"openedAt\":\(openedAt.milliseconds),"
                + "\"peer\":\"\(peer)\",\"site\":\"\(site)\"}")
    }
}

extension SessionEnd {
    var plainRecord: FactRecord? {
        guard sessionID.isPlainInJSON, reason.isPlainInJSON else { return nil }
        return FactRecord(
            kind: .sessionEnd,
            body: "{\"at\":\(at.milliseconds),\"reason\":\"\(reason)\",\"sessionID\":\"\(sessionID)\"}")
    }
}

extension JournalFrame {
    var plainRecord: FactRecord? {
        guard sessionID.isPlainInJSON else { return nil }
        return FactRecord(
            kind: .frame,
            body: "{\"at\":\(at.milliseconds),\"bytes\":[],\"ordinal\":\(ordinal),\"sessionID\":\"\(sessionID)\"}",
            blobs: [bytes])
    }
}

extension ReceivedMessage {
    var plainRecord: FactRecord? {
        guard [id, site, analyzer, sessionID, textHash].allSatisfy(\.isPlainInJSON) else { return nil }
        return FactRecord(
            kind: .message,
            body: "{\"analyzer\":\"\(analyzer)\",\"at\":\(at.milliseconds),\"complete\":\(complete),\"id\":\"\(id)\","
                + "\"ordinal\":\(ordinal),\"sessionID\":\"\(sessionID)\",\"site\":\"\(site)\",\"text\":[],"
                + "\"textHash\":\"\(textHash)\"}",
            blobs: [text])
    }
}

extension DeliveryEvent {
    var plainRecord: FactRecord? {
        guard deliveryID.isPlainInJSON, detail?.isPlainInJSON ?? true else { return nil }
        let detail = detail.map { "\"detail\":\"\($0)\"," } ?? ""
        return FactRecord(
            kind: .deliveryEvent,
            body: "{\"at\":\(at.milliseconds),\"deliveryID\":\"\(deliveryID)\",\(detail)\"kind\":\"\(kind.rawValue)\","
                + "\"ordinal\":\(ordinal)}")
    }
}

extension EvaluationRecord {
    var plainRecord: FactRecord? {
        guard [observationID, site, engine].allSatisfy(\.isPlainInJSON) else { return nil }
        return FactRecord(
            kind: .evaluation,
            body: "{\"at\":\(at.milliseconds),\"content\":[],\"engine\":\"\(engine)\","
                + "\"observationID\":\"\(observationID)\",\"ordinal\":\(ordinal),\"site\":\"\(site)\"}",
            blobs: [content])
    }
}

extension String {
    fileprivate var isPlainInJSON: Bool {
        utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }
}

extension FactRecord {
    package init(_ kind: Fact.Kind, _ fact: some StoredFact) throws(Refusal) {
        var bare = fact
        let blobs = fact.blobs
        bare.blobs = blobs.map { _ in [] }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            let bytes = try encoder.encode(bare)
            self.init(kind: kind, body: String(decoding: bytes, as: UTF8.self), blobs: blobs)
        } catch {
            throw Refusal(
                "store.encoding", at: kind.rawValue, because: "ce fait ne peut pas être écrit en JSON",
                remedy: "signaler ce défaut avec le code et le genre du fait")
        }
    }

    /// The value of one stored row.
    package static func decode<T: StoredFact>(
        _ body: String, _ blobs: [[UInt8]], as type: T.Type
    ) throws(Refusal) -> T {
        if let plain = T.plain(body) { return plain }
        do {
            var value = try JSONDecoder().decode(type, from: Data(body.utf8))
            value.blobs = blobs
            return value
        } catch {
            throw Refusal(
                "store.decoding", at: "\(type)", because: "une ligne de la base ne se lit pas",
                remedy: "lancer paillasse audit verify, puis restaurer une sauvegarde si la chaîne est rompue")
        }
    }
}

extension Fact {
    /// The table of kinds; the raw value is part of the audit digest and never changes.
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case account, token, tokenRevoked, patient, request, specimen, session, sessionEnd, frame, message, outcome
        case order, orderEvent
        case observation, observationEvent, control, triage, triageResolution, signature, report, delivery
        case deliveryEvent, inbound, register, evaluation

        /// Whether a fact of this kind always has an entry of the audit chain (HOUSE invariant 10). The others may be
        /// appended without a note: the journal is its own trace.
        package var alwaysAttested: Bool {
            switch self {
            case .order: true
            case .orderEvent: false
            case .account, .patient, .request, .specimen, .observation, .observationEvent, .control, .triage,
                .triageResolution, .signature, .report, .delivery, .register:
                true
            case .token, .tokenRevoked, .session, .sessionEnd, .frame, .message, .outcome, .deliveryEvent, .inbound,
                .evaluation:
                false
            }
        }
    }

    package var kind: Kind {
        switch self {
        case .account: .account
        case .token: .token
        case .tokenRevoked: .tokenRevoked
        case .patient: .patient
        case .request: .request
        case .specimen: .specimen
        case .session: .session
        case .sessionEnd: .sessionEnd
        case .frame: .frame
        case .message: .message
        case .order: .order
        case .orderEvent: .orderEvent
        case .outcome: .outcome
        case .observation: .observation
        case .observationEvent: .observationEvent
        case .control: .control
        case .triage: .triage
        case .triageResolution: .triageResolution
        case .signature: .signature
        case .report: .report
        case .delivery: .delivery
        case .deliveryEvent: .deliveryEvent
        case .inbound: .inbound
        case .register: .register
        case .evaluation: .evaluation
        }
    }

    package func record() throws(Refusal) -> FactRecord {
        switch self {
        case .account(let fact): try FactRecord(kind, fact)
        case .token(let fact): try FactRecord(kind, fact)
        case .tokenRevoked(let hash, let at): try FactRecord(kind, TokenRevocation(hash: hash, at: at))
        case .patient(let fact): try FactRecord(kind, fact)
        case .request(let fact): try FactRecord(kind, fact)
        case .specimen(let fact): try FactRecord(kind, fact)
        case .session(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        case .sessionEnd(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        case .frame(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        case .message(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        case .order(let fact): try FactRecord(kind, fact)
        case .orderEvent(let fact): try FactRecord(kind, fact)
        case .outcome(let fact): try FactRecord(kind, fact)
        case .observation(let fact): FactRecord(kind: kind, body: String(decoding: fact.json, as: UTF8.self))
        case .observationEvent(let fact): FactRecord(kind: kind, body: String(decoding: fact.json, as: UTF8.self))
        case .control(let fact): try FactRecord(kind, fact)
        case .triage(let fact): try FactRecord(kind, fact)
        case .triageResolution(let fact): try FactRecord(kind, fact)
        case .signature(let fact): try FactRecord(kind, fact)
        case .report(let fact): try FactRecord(kind, fact)
        case .delivery(let fact): try FactRecord(kind, fact)
        case .deliveryEvent(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        case .inbound(let fact): try FactRecord(kind, fact)
        case .register(let fact): try FactRecord(kind, fact)
        case .evaluation(let fact): if let plain = fact.plainRecord { plain } else { try FactRecord(kind, fact) }
        }
    }

    package init(_ record: FactRecord) throws(Refusal) {
        let body = record.body
        let blobs = record.blobs
        switch record.kind {
        case .account: self = .account(try FactRecord.decode(body, blobs, as: Account.self))
        case .token: self = .token(try FactRecord.decode(body, blobs, as: AccessToken.self))
        case .tokenRevoked:
            let revocation = try FactRecord.decode(body, blobs, as: TokenRevocation.self)
            self = .tokenRevoked(hash: revocation.hash, at: revocation.at)
        case .patient: self = .patient(try FactRecord.decode(body, blobs, as: Patient.self))
        case .request: self = .request(try FactRecord.decode(body, blobs, as: Request.self))
        case .specimen: self = .specimen(try FactRecord.decode(body, blobs, as: Specimen.self))
        case .session: self = .session(try FactRecord.decode(body, blobs, as: LinkSession.self))
        case .sessionEnd: self = .sessionEnd(try FactRecord.decode(body, blobs, as: SessionEnd.self))
        case .frame: self = .frame(try FactRecord.decode(body, blobs, as: JournalFrame.self))
        case .message: self = .message(try FactRecord.decode(body, blobs, as: ReceivedMessage.self))
        case .order: self = .order(try FactRecord.decode(body, blobs, as: AnalyzerOrder.self))
        case .orderEvent: self = .orderEvent(try FactRecord.decode(body, blobs, as: AnalyzerOrderEvent.self))
        case .outcome: self = .outcome(try FactRecord.decode(body, blobs, as: MessageOutcome.self))
        case .observation: self = .observation(try FactRecord.decode(body, blobs, as: Observation.self))
        case .observationEvent:
            self = .observationEvent(try FactRecord.decode(body, blobs, as: ObservationEvent.self))
        case .control: self = .control(try FactRecord.decode(body, blobs, as: ControlObservation.self))
        case .triage: self = .triage(try FactRecord.decode(body, blobs, as: TriageEntry.self))
        case .triageResolution:
            self = .triageResolution(try FactRecord.decode(body, blobs, as: TriageResolution.self))
        case .signature: self = .signature(try FactRecord.decode(body, blobs, as: Signature.self))
        case .report: self = .report(try FactRecord.decode(body, blobs, as: ReportVersion.self))
        case .delivery: self = .delivery(try FactRecord.decode(body, blobs, as: Delivery.self))
        case .deliveryEvent: self = .deliveryEvent(try FactRecord.decode(body, blobs, as: DeliveryEvent.self))
        case .inbound: self = .inbound(try FactRecord.decode(body, blobs, as: InboundMessage.self))
        case .register: self = .register(try FactRecord.decode(body, blobs, as: RegisterEntry.self))
        case .evaluation: self = .evaluation(try FactRecord.decode(body, blobs, as: EvaluationRecord.self))
        }
    }
}
