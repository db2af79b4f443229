import Base
import Laboratory
import Store

/// Signed files that come back to the biologist, from the facts of one append.
enum Reopening {
    /// What was there before an earlier version of the same.
    private static func earlier<T: StoredFact>(
        _ type: T.Type, _ sql: String, _ id: String, _ version: Int, _ connection: any SQLConnection
    ) throws(SQLFailure) -> T? {
        guard let body = try connection.query(sql, [.text(id), SQLValue(version)]).first?.first?.text else {
            return nil
        }
        return try decoded(type, body)
    }

    private static func decoded<T: StoredFact>(_ type: T.Type, _ body: String) throws(SQLFailure) -> T {
        do throws(Refusal) { return try FactRecord.decode(body, [], as: type) } catch { throw .broken(error) }
    }

    private static func requests(_ sql: String, _ id: String, _ connection: any SQLConnection) throws(SQLFailure)
        -> [String]
    {
        try connection.query(sql, [.text(id)]).compactMap(\.first?.text)
    }

    /// Signed requests that `facts` may have changed.
    static func requests(_ facts: [Fact], _ connection: any SQLConnection) throws(SQLFailure) -> [String] {
        var found = [String]()
        for fact in facts {
            switch fact {
            case .patient(let new):
                guard let old = try earlier(Patient.self, SQL.patientBefore, new.id, new.version, connection),
                    new.isSignedOtherwise(than: old)
                else { continue }
                found += try requests(SQL.signedOfPatient, new.id, connection)
            case .request(let new):
                if let old = try earlier(Request.self, SQL.requestBefore, new.id, new.version, connection),
                    new.isSignedOtherwise(than: old)
                {
                    found.append(new.id)
                }
            case .specimen(let new):
                guard let old = try earlier(Specimen.self, SQL.specimenBefore, new.accession, new.version, connection),
                    new.isSignedOtherwise(than: old)
                else { continue }
                let rows = try connection.query(SQL.signedOfRequest, [.text(old.requestID)])
                for row in rows {
                    guard let body = row.first?.text else { continue }
                    if try decoded(Observation.self, body).accession == new.accession { found.append(old.requestID) }
                }
            case .register(let entry): if let id = entry.reopenedRequest { found.append(id) }
            case .observationEvent(let event):
                if event.takesAway { found += try requests(SQL.signedOfObservation, event.observationID, connection) }
            case .account, .token, .tokenRevoked, .session, .sessionEnd, .frame, .message, .order, .orderEvent,
                .outcome, .observation, .control, .triage, .triageResolution, .signature, .report, .delivery,
                .deliveryEvent, .inbound, .evaluation:
                continue
            }
        }
        return Set(found).sorted()
    }
}

extension SQL {
    /// Parameters: identifier, version.
    static let patientBefore = "SELECT body FROM patient WHERE id = ? AND version < ? ORDER BY version DESC LIMIT 1"
    static let requestBefore = "SELECT body FROM request WHERE id = ? AND version < ? ORDER BY version DESC LIMIT 1"
    static let specimenBefore = """
        SELECT body FROM specimen WHERE accession = ? AND version < ? ORDER BY version DESC LIMIT 1
        """
    static let signedOfPatient = """
        SELECT DISTINCT o.request_id FROM observation o WHERE o.patient_id = ?
        AND EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
        """
    static let signedOfRequest = """
        SELECT o.body FROM observation o WHERE o.request_id = ?
        AND EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
        """
    static let signedOfObservation = """
        SELECT o.request_id FROM observation o WHERE o.id = ?
        AND EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
        """
    static let openReview = """
        INSERT INTO pending_review (request_id) SELECT DISTINCT s.request_id FROM signature s WHERE s.request_id = ?
        """
    static let closeReview = "DELETE FROM pending_review WHERE request_id = ?"

    /// For the test of plans.
    static var reviewQuestions: [(name: String, sql: String)] {
        [
            ("patient before", patientBefore), ("request before", requestBefore), ("specimen before", specimenBefore),
            ("signed of a patient", signedOfPatient), ("signed of a request", signedOfRequest),
            ("signed observation", signedOfObservation), ("open review", openReview), ("close review", closeReview),
        ]
    }
}
