import Base
import Laboratory
package import Store

/// How the facts of one kind lie in their table: the columns that questions need, the bytes, the whole as JSON, and the
/// audit entry it came with.
package struct FactTable: Sendable {
    package var kind: Fact.Kind
    package var name: String
    /// Columns that repeat values of the fact.
    package var columns: [String]
    package var blobs: [String]
    /// Unique keys: name of `FactKey`, columns.
    package var keys: [(name: String, columns: [String])]
    /// For a fact that names no site: the parent that does, and our column that names the parent.
    package var siteOf: (table: String, column: String, ours: String)?

    private init(
        _ kind: Fact.Kind, _ name: String, _ columns: String, blobs: [String] = [], keys: [(String, String)],
        siteOf: (table: String, column: String, ours: String)? = nil
    ) {
        func list(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        self.kind = kind
        self.name = name
        self.columns = list(columns)
        self.blobs = blobs
        self.keys = keys.map { ("\(kind.rawValue).\($0.0)", list($0.1)) }
        self.siteOf = siteOf
    }

    private static let list: [FactTable] = [
        FactTable(.account, "account", "login version site", keys: [("version", "login version")]),
        FactTable(
            .token, "token", "hash login", keys: [("hash", "hash")], siteOf: ("account", "login", "login")),
        FactTable(.tokenRevoked, "token_revoked", "hash at", keys: [("hash", "hash")]),
        FactTable(
            .patient, "patient", "id version site ipp",
            keys: [("version", "id version"), ("ipp", "site ipp version")]),
        FactTable(
            .request, "request", "id version site number patient_id registered_at",
            keys: [("version", "id version"), ("number", "site number version")]),
        FactTable(
            .specimen, "specimen", "accession version site request_id", keys: [("version", "accession version")]),
        FactTable(.session, "session", "id site analyzer opened_at", keys: [("id", "id")]),
        FactTable(
            .sessionEnd, "session_end", "session_id at", keys: [("session", "session_id")],
            siteOf: ("session", "id", "session_id")),
        FactTable(
            .frame, "frame", "session_id ordinal at", blobs: ["bytes"], keys: [("ordinal", "session_id ordinal")],
            siteOf: ("session", "id", "session_id")),
        FactTable(
            .message, "message", "id site analyzer session_id ordinal at text_hash complete", blobs: ["text"],
            keys: [("id", "id"), ("ordinal", "session_id ordinal")]),
        FactTable(
            .order, "analyzer_order", "id site analyzer accession ordinal at",
            keys: [("id", "id"), ("ordinal", "accession analyzer ordinal")]),
        FactTable(
            .orderEvent, "order_event", "order_id ordinal kind at", keys: [("ordinal", "order_id ordinal")],
            siteOf: ("analyzer_order", "id", "order_id")),
        FactTable(
            .outcome, "outcome", "message_id kind at", keys: [("message", "message_id")],
            siteOf: ("message", "id", "message_id")),
        FactTable(
            .observation, "observation",
            "id site request_id patient_id analysis run message_id message_ordinal observed_at recorded_at",
            keys: [
                ("id", "id"), ("origin", "message_id message_ordinal"), ("run", "request_id analysis run"),
            ]),
        FactTable(
            .observationEvent, "observation_event", "observation_id ordinal kind at",
            keys: [("ordinal", "observation_id ordinal")], siteOf: ("observation", "id", "observation_id")),
        FactTable(
            .control, "control", "id site analyzer message_id ordinal observed_at",
            keys: [("id", "id"), ("origin", "message_id ordinal")]),
        FactTable(
            .triage, "triage", "id site analyzer message_id ordinal reason at",
            keys: [("id", "id"), ("origin", "message_id ordinal")]),
        FactTable(
            .triageResolution, "triage_resolution", "triage_id kind at", keys: [("triage", "triage_id")],
            siteOf: ("triage", "id", "triage_id")),
        FactTable(
            .signature, "signature", "id site request_id version at",
            keys: [("id", "id"), ("version", "request_id version")]),
        FactTable(
            .report, "report", "id site request_id version signature_id document_oid produced_at",
            blobs: ["cda", "pdf"],
            keys: [("id", "id"), ("signature", "signature_id"), ("document", "document_oid")]),
        FactTable(
            .delivery, "delivery", "id site report_id request_id destination control_id created_at",
            blobs: ["message"],
            keys: [("id", "id"), ("control", "control_id"), ("recipient", "report_id destination")]),
        FactTable(
            .deliveryEvent, "delivery_event", "delivery_id ordinal kind at",
            keys: [("ordinal", "delivery_id ordinal")], siteOf: ("delivery", "id", "delivery_id")),
        FactTable(
            .inbound, "inbound", "source control_id at", blobs: ["bytes"], keys: [("control", "source control_id")]),
        FactTable(
            .register, "register_entry", "register site subject ordinal at", blobs: ["content"],
            keys: [("ordinal", "register site subject ordinal")]),
        FactTable(
            .evaluation, "evaluation", "observation_id ordinal site at", blobs: ["content"],
            keys: [("ordinal", "observation_id ordinal")]),
    ]

    private static let byKind = Dictionary(list.map { ($0.kind, $0) }) { first, _ in first }
    /// Tables in the order of `Fact.Kind`.
    package static let all: [FactTable] = Fact.Kind.allCases.compactMap { byKind[$0] }

    static func table(of kind: Fact.Kind) -> FactTable? { byKind[kind] }

    /// `key_observation_run`, in lower case as PostgreSQL keeps it.
    package static func indexName(of key: String) -> String {
        "key_" + key.replacing(".", with: "_").lowercased()
    }
    static let keysByIndex = Dictionary(
        list.flatMap { $0.keys.map { (indexName(of: $0.name), $0.name) } }
    ) { first, _ in first }
    static let keysByColumns = Dictionary(
        list.flatMap { table in
            table.keys.map { ($0.columns.map { table.name + "." + $0 }.joined(separator: ", "), $0.name) }
        }
    ) { first, _ in first }

    static let insertions = byKind.mapValues { $0.insertion(knowingSite: false) }
    static let insertionsWithSite = byKind.mapValues { $0.insertion(knowingSite: true) }

    /// Parameters: columns, blobs, body, audit sequence, then the parent's key when the site comes from it, or the site
    /// itself when it is known.
    private func insertion(knowingSite: Bool) -> String {
        var names = columns + blobs + ["body", "audit_seq"]
        var marks = names.map { _ in "?" }
        if let siteOf {
            names.append("site")
            marks.append(
                knowingSite
                    ? "?" : "(SELECT site FROM \(siteOf.table) WHERE \(siteOf.column) = ? LIMIT 1)")
        }
        return "INSERT INTO \(name) (\(names.joined(separator: ", "))) VALUES (\(marks.joined(separator: ", ")))"
    }

    /// Rows of a span of audit entries; parameters: first, last sequence.
    package var attested: String {
        let names = ["audit_seq", "body"] + columns + blobs
        return "SELECT \(names.joined(separator: ", ")) FROM \(name) WHERE audit_seq >= ? AND audit_seq <= ?"
    }
    package var unattested: String { "SELECT count(*) FROM \(name) WHERE audit_seq IS NULL" }

    /// Values of `columns` for a fact.
    static func values(of fact: Fact) -> [SQLValue] {
        switch fact {
        case .account(let f): [.text(f.login), SQLValue(f.version), .text(f.site)]
        case .token(let f): [.text(f.hash), .text(f.login)]
        case .tokenRevoked(let hash, let at): [.text(hash), SQLValue(at)]
        case .patient(let f): [.text(f.id), SQLValue(f.version), .text(f.site), .text(f.ipp)]
        case .request(let f):
            [
                .text(f.id), SQLValue(f.version), .text(f.site), .text(f.number), .text(f.patientID),
                SQLValue(f.registeredAt),
            ]
        case .specimen(let f): [.text(f.accession), SQLValue(f.version), .text(f.site), .text(f.requestID)]
        case .session(let f): [.text(f.id), .text(f.site), .text(f.analyzer), SQLValue(f.openedAt)]
        case .sessionEnd(let f): [.text(f.sessionID), SQLValue(f.at)]
        case .frame(let f): [.text(f.sessionID), SQLValue(f.ordinal), SQLValue(f.at)]
        case .message(let f):
            [
                .text(f.id), .text(f.site), .text(f.analyzer), .text(f.sessionID), SQLValue(f.ordinal), SQLValue(f.at),
                .text(f.textHash), SQLValue(f.complete),
            ]
        case .order(let f):
            [
                .text(f.id), .text(f.site), .text(f.analyzer), .text(f.accession), SQLValue(f.ordinal), SQLValue(f.at),
            ]
        case .orderEvent(let f): [.text(f.orderID), SQLValue(f.ordinal), .text(f.kind.rawValue), SQLValue(f.at)]
        case .outcome(let f): [.text(f.messageID), .text(f.kind.rawValue), SQLValue(f.at)]
        case .observation(let f): values(of: f)
        case .observationEvent(let f):
            [.text(f.observationID), SQLValue(f.ordinal), .text(f.kind.rawValue), SQLValue(f.at)]
        case .control(let f):
            [
                .text(f.id), .text(f.site), .text(f.analyzer), .text(f.messageID), SQLValue(f.ordinal),
                SQLValue(f.observedAt),
            ]
        case .triage(let f):
            [
                .text(f.id), .text(f.site), .text(f.analyzer), .text(f.messageID), SQLValue(f.ordinal),
                .text(f.reason.rawValue), SQLValue(f.at),
            ]
        case .triageResolution(let f): [.text(f.triageID), .text(f.kind.rawValue), SQLValue(f.at)]
        case .signature(let f): [.text(f.id), .text(f.site), .text(f.requestID), SQLValue(f.version), SQLValue(f.at)]
        case .report(let f):
            [
                .text(f.id), .text(f.site), .text(f.requestID), SQLValue(f.version), .text(f.signatureID),
                .text(f.documentOID), SQLValue(f.producedAt),
            ]
        case .delivery(let f):
            [
                .text(f.id), .text(f.site), .text(f.reportID), .text(f.requestID), .text(f.destination),
                .text(f.controlID), SQLValue(f.createdAt),
            ]
        case .deliveryEvent(let f):
            [.text(f.deliveryID), SQLValue(f.ordinal), .text(f.kind.rawValue), SQLValue(f.at)]
        case .inbound(let f): [.text(f.source), .text(f.controlID), SQLValue(f.at)]
        case .register(let f):
            [.text(f.register.rawValue), .text(f.site), .text(f.subject), SQLValue(f.ordinal), SQLValue(f.at)]
        case .evaluation(let f): [.text(f.observationID), SQLValue(f.ordinal), .text(f.site), SQLValue(f.at)]
        }
    }

    private static func values(of f: Observation) -> [SQLValue] {
        // Half an origin is no key: both columns stay empty, and empty columns never collide.
        let whole = f.origin.messageID != nil && f.origin.ordinal != nil
        return [
            .text(f.id), .text(f.site), .text(f.requestID), .text(f.patientID), .text(f.analysis), SQLValue(f.run),
            whole ? SQLValue(f.origin.messageID) : .null, whole ? SQLValue(f.origin.ordinal) : .null,
            SQLValue(f.observedAt), SQLValue(f.recordedAt),
        ]
    }
}
