import Base
import Foundation
import Glibc
import Laboratory
import PostgreSQLEngine
import SQLiteEngine
import Store
import StoreSQL
import Testing

/// The stores that obey the contract.
enum Stored: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory, sqlite, postgresql
    var testDescription: String { rawValue }
}

/// Runs `body` on a fresh, empty store. PostgreSQL is skipped, loudly, where it is not installed.
func withStore(
    _ kind: Stored, _ body: (any LaboratoryStore) async throws -> Void, function: String = #function
) async throws {
    switch kind {
    case .memory: try await body(MemoryStore())
    case .sqlite:
        try await withFolder { folder in
            let store = try await SQLiteStore.open(path: folder + "/lab.sqlite")
            try await body(store)
            await store.close()
        }
    case .postgresql:
        guard let server = await TemporaryPostgreSQL.shared.server() else {
            print("SKIPPED (no PostgreSQL): \(function)")
            return
        }
        let schema = await TemporaryPostgreSQL.shared.freshSchema()
        let store = try await PostgreSQLStore.open(connection: server, schema: schema)
        try await body(store)
        await store.close()
    }
}

/// A folder that goes away with the test.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("paillasse-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { removeFolder(folder) }
    try await body(folder)
}

private func removeFolder(_ path: String) {
    do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record("\(path): \(error)") }
}

/// Failure of an append, nil when it was kept.
func failure(
    of store: any LaboratoryStore, _ facts: [Fact], note: AuditNote? = Make.note()
) async -> StoreFailure? {
    do throws(StoreFailure) {
        try await store.append(facts, note: note)
        return nil
    } catch {
        return error
    }
}

/// Makers of facts: every argument that a test cares about, and something sensible for the rest.
enum Make {
    static func at(_ seconds: Int64) -> Instant { Instant(seconds: 1_780_000_000 + seconds) }

    static func note(_ action: String = "test.do", subject: String = "x", site: String = "S1") -> AuditNote {
        AuditNote(site: site, author: "alice", action: action, subject: subject, at: at(0))
    }
    static let doctor = Professional(nationalID: "810000000001", family: "CHARLES", given: "Pascal", title: "DR")

    static func account(_ login: String, version: Int = 1, enabled: Bool = true) -> Account {
        Account(
            login: login, version: version, site: "S1", name: login.uppercased(), role: .technician,
            secretHash: "scrypt$16384$8$1$00$00", enabled: enabled)
    }
    static func patient(
        _ id: String, version: Int = 1, site: String = "S1", ipp: String? = nil, name: String = "DUPONT",
        given: String = "ANNE", used: String? = nil, ins: INS? = nil
    ) -> Patient {
        Patient(
            id: id, version: version, site: site, ipp: ipp ?? "IPP-\(id)",
            status: ins == nil ? .provisional : .validated,
            traits: Traits(
                birthName: name, firstGivenName: given, birthDate: CivilDate(year: 1979, month: 3, day: 28),
                sex: .female, birthplace: "63220"), ins: ins, usedName: used)
    }
    static func request(
        _ id: String, version: Int = 1, site: String = "S1", number: String? = nil, patient: String = "p1",
        at seconds: Int64 = 0, priority: Priority = .routine
    ) -> Request {
        Request(
            id: id, version: version, site: site, number: number ?? "N-\(id)", patientID: patient, prescriber: doctor,
            prescribedOn: CivilDate(year: 2026, month: 6, day: 1), registeredAt: at(seconds), priority: priority,
            lines: [RequestLine(analysis: "K"), RequestLine(analysis: "NA", panel: "IONO")])
    }
    static func specimen(
        _ accession: String, version: Int = 1, request: String = "r1", received: Int64? = nil
    ) -> Specimen {
        Specimen(
            accession: accession, version: version, site: "S1", requestID: request, kind: "sang", tube: "vert",
            analyses: ["K", "NA"], collectedAt: at(0), receivedAt: received.map { at($0) })
    }
    static func session(_ id: String, site: String = "S1", at seconds: Int64 = 0) -> LinkSession {
        LinkSession(id: id, site: site, analyzer: "a1", peer: "127.0.0.1:5000", openedAt: at(seconds))
    }
    static func frame(_ session: String, _ ordinal: Int, _ text: String = "1H|\\^&\r") -> JournalFrame {
        JournalFrame(
            sessionID: session, ordinal: ordinal, at: at(Int64(ordinal)), bytes: [2] + Array(text.utf8) + [13, 10])
    }
    static func message(
        _ id: String, site: String = "S1", analyzer: String = "a1", session: String = "s1", ordinal: Int = 0,
        at seconds: Int64 = 0, text: String = "H|\\^&\rL|1|N\r", complete: Bool = true
    ) -> ReceivedMessage {
        ReceivedMessage(
            id: id, site: site, analyzer: analyzer, sessionID: session, ordinal: ordinal, at: at(seconds),
            text: Array(text.utf8), textHash: Digest.sha256Hex(Array(text.utf8)), complete: complete)
    }
    static func order(
        _ id: String, analyzer: String = "a1", tube: String = "t1", ordinal: Int = 1,
        _ action: AnalyzerOrder.Action = .new, at seconds: Int64 = 0
    ) -> AnalyzerOrder {
        AnalyzerOrder(
            id: id, site: "S1", analyzer: analyzer, accession: tube, ordinal: ordinal, action: action,
            analyses: ["K", "NA"], at: at(seconds))
    }
    static func event(
        ofOrder order: String, _ ordinal: Int, _ kind: AnalyzerOrderEvent.Kind
    ) -> AnalyzerOrderEvent {
        AnalyzerOrderEvent(orderID: order, ordinal: ordinal, kind: kind, at: at(40 + Int64(ordinal)))
    }
    static func outcome(_ message: String, _ kind: MessageOutcome.Kind = .interpreted) -> MessageOutcome {
        MessageOutcome(messageID: message, kind: kind, at: at(5), observations: 1)
    }
    static func observation(
        _ id: String, site: String = "S1", request: String = "r1", patient: String = "p1", analysis: String = "K",
        run: Int = 1, message: String? = nil, ordinal: Int? = nil, observed: Int64 = 0, recorded: Int64 = 0,
        value: String = "4.20"
    ) -> Observation {
        Observation(
            id: id, site: site, requestID: request, patientID: patient, accession: "acc", analysis: analysis,
            catalogueVersion: "c1", value: Measured(value).map { .measured($0, unit: "mmol/L") } ?? .text(value),
            rawText: value, interval: AppliedInterval(low: Exact("3.5"), high: Exact("5.10")), flags: [.normal],
            holds: [Hold(.noQualityControl, "aucun CQ du jour")],
            origin: Origin(analyzer: "a1", messageID: message, ordinal: ordinal), observedAt: at(observed),
            recordedAt: at(recorded), run: run)
    }
    static func event(
        _ observation: String, _ ordinal: Int = 1, _ kind: ObservationEvent.Kind = .technicallyValidated
    ) -> ObservationEvent {
        ObservationEvent(observationID: observation, ordinal: ordinal, kind: kind, author: "tech", at: at(10))
    }
    static func control(
        _ id: String, analyzer: String = "a1", message: String = "m1", ordinal: Int = 0, at seconds: Int64 = 0
    ) -> ControlObservation {
        ControlObservation(
            id: id, site: "S1", analyzer: analyzer, messageID: message, ordinal: ordinal, material: "QC1",
            instrumentCode: "K", analysis: "K", value: nil, rawText: "4.1", observedAt: at(seconds))
    }
    static func entry(
        _ subject: String, _ ordinal: Int = 1, register: Register = .approval, site: String = "S1",
        at seconds: Int64 = 0, content: String = ""
    ) -> RegisterEntry {
        RegisterEntry(
            register: register, site: site, subject: subject, ordinal: ordinal, author: "bob", at: at(seconds),
            body: "{\"valid\":true}", content: Array(content.utf8))
    }
    static func evaluation(_ observation: String, _ ordinal: Int = 1, at seconds: Int64 = 0) -> EvaluationRecord {
        EvaluationRecord(
            observationID: observation, ordinal: ordinal, site: "S1", at: at(seconds), engine: "1",
            content: Array("{\"checks\":[]}".utf8))
    }
    static func triage(
        _ id: String, site: String = "S1", message: String = "m1", ordinal: Int = -1, at seconds: Int64 = 0
    ) -> TriageEntry {
        TriageEntry(
            id: id, site: site, analyzer: "a1", messageID: message, ordinal: ordinal, reason: .unknownSpecimen,
            explanation: "tube inconnu : vérifier l'étiquette",
            incoming: IncomingObservation(
                ordinal: 0, accession: "zz", instrumentCode: "K", analysis: "K", value: nil, rawText: "4.1"),
            at: at(seconds))
    }
    static func resolution(_ id: String) -> TriageResolution {
        TriageResolution(triageID: id, kind: .dismissed, author: "tech", at: at(20), reason: "essai")
    }
    static func signature(
        _ id: String, site: String = "S1", request: String = "r1", version: Int = 1, of ids: [String] = [],
        at seconds: Int64 = 0
    ) -> Signature {
        Signature(
            id: id, site: site, requestID: request, version: version, contentHash: "00", meaning: "validé",
            account: "bio", biologist: doctor, at: at(seconds), observationIDs: ids, complete: true)
    }
    static func report(
        _ id: String, request: String = "r1", version: Int = 1, signature: String, oid: String? = nil
    ) -> ReportVersion {
        ReportVersion(
            id: id, site: "S1", requestID: request, version: version, signatureID: signature,
            documentOID: oid ?? "1.2.3.\(id)", setOID: "1.2.3", producedAt: at(30), complete: true,
            cda: Array("<ClinicalDocument/>".utf8), pdf: [0x25, 0x50, 0x44, 0x46, 0, 0xFF])
    }
    static func delivery(
        _ id: String, site: String = "S1", report: String = "rep1", request: String = "r1", destination: String = "PFI",
        control: String? = nil, at seconds: Int64 = 0
    ) -> Delivery {
        Delivery(
            id: id, site: site, reportID: report, requestID: request, version: 1, destination: destination,
            controlID: control ?? "C-\(id)", message: Array("MSH|^~\\&|".utf8), createdAt: at(seconds), toDMP: true)
    }
    static func event(of delivery: String, _ ordinal: Int, _ kind: DeliveryEvent.Kind) -> DeliveryEvent {
        DeliveryEvent(deliveryID: delivery, ordinal: ordinal, kind: kind, at: at(40 + Int64(ordinal)))
    }
    static func inbound(_ control: String, source: String = "PFI") -> InboundMessage {
        InboundMessage(source: source, controlID: control, at: at(50), bytes: Array("MSH|ZAM".utf8))
    }
}
