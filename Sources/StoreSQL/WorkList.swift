import Laboratory
import Store

/// A list of what waits, kept beside the facts in their transaction. Opening asks the facts whether the item still
/// waits, so the order of facts within an append does not matter.
enum WorkList: String, CaseIterable, Sendable {
    case openSession, pendingMessage, pendingTechnical, pendingSignature, pendingReport, openTriage, dueDelivery
    case dueOrder

    /// Parameter: the identifier of the item.
    var open: String {
        switch self {
        case .openSession:
            """
            INSERT INTO open_session (session_id, site, opened_at) SELECT s.id, s.site, s.opened_at FROM session s
            WHERE s.id = ? AND NOT EXISTS (SELECT 1 FROM session_end e WHERE e.session_id = s.id)
            """
        case .pendingMessage:
            """
            INSERT INTO pending_message (message_id, site, at) SELECT m.id, m.site, m.at FROM message m
            WHERE m.id = ? AND NOT EXISTS (SELECT 1 FROM outcome o WHERE o.message_id = m.id)
            """
        case .pendingTechnical:
            """
            INSERT INTO pending_technical (observation_id, site, recorded_at)
            SELECT o.id, o.site, o.recorded_at FROM observation o
            WHERE o.id = ? AND COALESCE((SELECT e.kind FROM observation_event e WHERE e.observation_id = o.id
                ORDER BY e.ordinal DESC LIMIT 1), 'withdrawn') = 'withdrawn'
            """
        case .pendingSignature:
            """
            INSERT INTO pending_signature (observation_id, site, request_id)
            SELECT o.id, o.site, o.request_id FROM observation o WHERE o.id = ?
            AND (SELECT e.kind FROM observation_event e WHERE e.observation_id = o.id
                 ORDER BY e.ordinal DESC LIMIT 1) = 'technicallyValidated'
            AND NOT EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
            """
        case .pendingReport:
            """
            INSERT INTO pending_report (signature_id, site, at) SELECT s.id, s.site, s.at FROM signature s
            WHERE s.id = ? AND NOT EXISTS (SELECT 1 FROM report r WHERE r.signature_id = s.id)
            """
        case .openTriage:
            """
            INSERT INTO open_triage (triage_id, site, at) SELECT t.id, t.site, t.at FROM triage t
            WHERE t.id = ? AND NOT EXISTS (SELECT 1 FROM triage_resolution r WHERE r.triage_id = t.id)
            """
        case .dueOrder:
            """
            INSERT INTO due_order (order_id, analyzer, at) SELECT o.id, o.analyzer, o.at FROM analyzer_order o
            WHERE o.id = ? AND NOT EXISTS (SELECT 1 FROM order_event e
                WHERE e.order_id = o.id AND e.kind IN ('acknowledged', 'refused', 'withdrawn'))
            """
        case .dueDelivery:
            """
            INSERT INTO due_delivery (delivery_id, site, created_at) SELECT d.id, d.site, d.created_at FROM delivery d
            WHERE d.id = ? AND NOT EXISTS (SELECT 1 FROM delivery_event e
                WHERE e.delivery_id = d.id AND e.kind IN ('accepted', 'refused', 'abandoned'))
            """
        }
    }

    /// Parameter: the identifier of the item.
    var close: String {
        switch self {
        case .openSession: "DELETE FROM open_session WHERE session_id = ?"
        case .pendingMessage: "DELETE FROM pending_message WHERE message_id = ?"
        case .pendingTechnical: "DELETE FROM pending_technical WHERE observation_id = ?"
        case .pendingSignature: "DELETE FROM pending_signature WHERE observation_id = ?"
        case .pendingReport: "DELETE FROM pending_report WHERE signature_id = ?"
        case .openTriage: "DELETE FROM open_triage WHERE triage_id = ?"
        case .dueOrder: "DELETE FROM due_order WHERE order_id = ?"
        case .dueDelivery: "DELETE FROM due_delivery WHERE delivery_id = ?"
        }
    }
}

/// What one fact does to the work lists and to the tallies.
struct WorkChanges {
    struct Item: Hashable {
        var list: WorkList
        var id: String
    }
    private(set) var closed: [Item] = []
    private(set) var opened: [Item] = []
    /// (site, name of the number in `StoreCounts`) → how many more.
    private(set) var tally: [TallyKey: Int] = [:]
    /// Events that count once a delivery, and how many of them are in this append.
    private(set) var deliveryMarks: [DeliveryMark: Int] = [:]
    private(set) var newDeliveries: Set<String> = []

    struct TallyKey: Hashable {
        var site: String
        var name: String
    }
    struct DeliveryMark: Hashable {
        var deliveryID: String
        var kind: DeliveryEvent.Kind
        var name: String
    }

    init(_ facts: [Fact]) {
        for fact in facts { add(fact) }
        var seen: Set<Item> = []
        closed = closed.filter { seen.insert($0).inserted }
        seen = []
        opened = opened.filter { seen.insert($0).inserted }
    }

    private mutating func open(_ list: WorkList, _ id: String) { opened.append(Item(list: list, id: id)) }
    private mutating func close(_ list: WorkList, _ id: String) { closed.append(Item(list: list, id: id)) }
    private mutating func count(_ site: String, _ name: String) {
        tally[TallyKey(site: site, name: name), default: 0] += 1
    }

    private mutating func add(_ fact: Fact) {
        switch fact {
        case .session(let f): open(.openSession, f.id)
        case .sessionEnd(let f): close(.openSession, f.sessionID)
        case .message(let f):
            open(.pendingMessage, f.id)
            count(f.site, "messages")
        case .order(let f): open(.dueOrder, f.id)
        case .orderEvent(let f): if f.kind.isLast { close(.dueOrder, f.orderID) }
        case .outcome(let f): close(.pendingMessage, f.messageID)
        case .observation(let f):
            // To be signed it needs an event, which opens the other list itself.
            open(.pendingTechnical, f.id)
            count(f.site, "observations")
        case .observationEvent(let f):
            close(.pendingTechnical, f.observationID)
            open(.pendingTechnical, f.observationID)
            close(.pendingSignature, f.observationID)
            open(.pendingSignature, f.observationID)
        case .control(let f): count(f.site, "controls")
        case .triage(let f):
            open(.openTriage, f.id)
            count(f.site, "triageTotal")
        case .triageResolution(let f): close(.openTriage, f.triageID)
        case .signature(let f):
            for id in f.observationIDs { close(.pendingSignature, id) }
            open(.pendingReport, f.id)
            count(f.site, "signatures")
        case .report(let f):
            close(.pendingReport, f.signatureID)
            count(f.site, "reports")
        case .delivery(let f):
            open(.dueDelivery, f.id)
            newDeliveries.insert(f.id)
            for kind in DeliveryEvent.Kind.allCases { mark(f.id, kind, 0) }
        case .deliveryEvent(let f): add(f)
        case .account, .token, .tokenRevoked, .patient, .request, .specimen, .frame, .inbound, .register, .evaluation:
            break
        }
    }

    private mutating func add(_ event: DeliveryEvent) {
        if [.accepted, .refused, .abandoned].contains(event.kind) { close(.dueDelivery, event.deliveryID) }
        mark(event.deliveryID, event.kind, 1)
    }

    private mutating func mark(_ deliveryID: String, _ kind: DeliveryEvent.Kind, _ added: Int) {
        let name: String? =
            switch kind {
            case .accepted: "deliveriesAccepted"
            case .refused: "deliveriesRefused"
            case .dmpAccepted: "dmpAccepted"
            case .attempted, .failed, .unreached, .abandoned, .dmpRefused, .mailDelivered, .mailRefused, .mailRead: nil
            }
        guard let name else { return }
        deliveryMarks[DeliveryMark(deliveryID: deliveryID, kind: kind, name: name), default: 0] += added
    }
}
