import Laboratory

/// Every statement of the store, one text for both engines, by name; `StoreTests` asks SQLite for the plan of each and
/// accepts no scan of a table that grows. Optional conditions make another text, never `OR ? IS NULL`, which would cost
/// the index.
package enum SQL {
    // Writing

    static let lastAuditEntry = "SELECT sequence, hash FROM audit_entry ORDER BY sequence DESC LIMIT 1"
    static let insertAuditEntry = """
        INSERT INTO audit_entry (sequence, site, author, action, subject, at, facts_hash, previous_hash, hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """
    static let insertSignatureItem = """
        INSERT INTO signature_item (observation_id, signature_id) VALUES (?, ?) ON CONFLICT DO NOTHING
        """
    static let insertControlOfAnalysis = """
        INSERT INTO control_of_analysis (control_id, site, analyzer, analysis, observed_at) VALUES (?, ?, ?, ?, ?)
        """
    static let insertControlledAssay = """
        INSERT INTO controlled_assay (site, analyzer, analysis) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
        """
    static let controlledAssays = """
        SELECT analyzer, analysis FROM controlled_assay WHERE site = ? ORDER BY analyzer, analysis
        """
    /// Parameters: the site, twice. What waits is few.
    static let waitingAssays = """
        SELECT i.analyzer, i.analysis FROM pending_technical p CROSS JOIN observation_of_analyzer i
        WHERE i.observation_id = p.observation_id AND p.site = ?
        UNION SELECT i.analyzer, i.analysis FROM pending_signature p CROSS JOIN observation_of_analyzer i
        WHERE i.observation_id = p.observation_id AND p.site = ? ORDER BY 1, 2
        """
    static let insertObservationOfAnalyzer = """
        INSERT INTO observation_of_analyzer (observation_id, analyzer, analysis, observed_at) VALUES (?, ?, ?, ?)
        """
    static let currentPatient = "SELECT version, site FROM patient_current WHERE id = ?"
    static let upsertPatient = """
        INSERT INTO patient_current (id, version, site, ipp_key, birth_key, given_key, used_key, matricule)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, site = excluded.site, ipp_key = excluded.ipp_key,
        birth_key = excluded.birth_key, given_key = excluded.given_key, used_key = excluded.used_key,
        matricule = excluded.matricule
        """
    static let currentRequest = "SELECT version, site FROM request_current WHERE id = ?"
    static let upsertRequest = """
        INSERT INTO request_current (id, version, site, number, registered_at, urgent) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET version = excluded.version, site = excluded.site, number = excluded.number,
        registered_at = excluded.registered_at, urgent = excluded.urgent
        """
    static let deliveryMarks = """
        SELECT d.site, (SELECT count(*) FROM delivery_event e WHERE e.delivery_id = d.id AND e.kind = ?)
        FROM delivery d WHERE d.id = ?
        """
    static let tally = """
        INSERT INTO tally (site, name, value) VALUES (?, ?, ?)
        ON CONFLICT (site, name) DO UPDATE SET value = tally.value + excluded.value
        """
    static let nextNumber = """
        INSERT INTO counter (series, value) VALUES (?, 1)
        ON CONFLICT (series) DO UPDATE SET value = counter.value + 1 RETURNING value
        """

    // Staff

    static let account = "SELECT body FROM account WHERE login = ? ORDER BY version DESC LIMIT 1"
    static let accounts = """
        SELECT a.body FROM account a
        WHERE NOT EXISTS (SELECT 1 FROM account n WHERE n.login = a.login AND n.version > a.version) ORDER BY a.login
        """
    static let token = """
        SELECT t.body FROM token t WHERE t.hash = ? AND NOT EXISTS (SELECT 1 FROM token_revoked r WHERE r.hash = t.hash)
        """

    // Patients, requests, specimens

    static let patient = "SELECT body FROM patient WHERE id = ? ORDER BY version DESC LIMIT 1"
    static let patientVersions = "SELECT body FROM patient WHERE id = ? ORDER BY version"
    /// Parameters: site, limit.
    static func patients(bySite: Bool) -> String {
        """
        SELECT p.body FROM patient_current c CROSS JOIN patient p WHERE p.id = c.id AND p.version = c.version\
        \(bySite ? " AND c.site = ?" : "") ORDER BY c.birth_key, c.given_key, c.id LIMIT ?
        """
    }
    /// Parameters: [site], then from and end of the birth name, the used name, the IPP, each with [site] and limit
    /// after; the matricule; limit.
    static func patientSearch(bySite: Bool) -> String {
        let site = bySite ? " AND site = ?" : ""
        func branch(_ column: String) -> String {
            """
            SELECT id FROM (SELECT id FROM patient_current WHERE \(column) >= ? AND \(column) < ?\(site) \
            ORDER BY birth_key, given_key, id LIMIT ?) AS by_\(column)
            """
        }
        return """
            SELECT p.body FROM patient_current c CROSS JOIN patient p WHERE p.id = c.id AND p.version = c.version
            AND c.id IN (\(branch("birth_key")) UNION \(branch("used_key")) UNION \(branch("ipp_key"))
            UNION SELECT id FROM patient_current WHERE matricule = ?\(site))
            ORDER BY c.birth_key, c.given_key, c.id LIMIT ?
            """
    }
    static let request = "SELECT body FROM request WHERE id = ? ORDER BY version DESC LIMIT 1"
    static let requestByNumber = """
        SELECT r.body FROM request_current c CROSS JOIN request r WHERE r.id = c.id AND r.version = c.version
        AND c.number = ? ORDER BY c.id LIMIT 1
        """
    static func requests(bySite: Bool) -> String {
        """
        SELECT r.body FROM request_current c CROSS JOIN request r WHERE r.id = c.id AND r.version = c.version\
        \(bySite ? " AND c.site = ?" : "") ORDER BY c.registered_at DESC, c.id DESC LIMIT ?
        """
    }
    /// Parameters: `count` identifiers. Answers (id, body).
    static func requests(count: Int) -> String {
        """
        SELECT c.id, r.body FROM request_current c CROSS JOIN request r WHERE r.id = c.id AND r.version = c.version
        AND c.id IN (\(Array(repeating: "?", count: count).joined(separator: ", ")))
        """
    }
    static let specimen = "SELECT body FROM specimen WHERE accession = ? ORDER BY version DESC LIMIT 1"
    static let specimensOfRequest = """
        SELECT s.body FROM specimen s WHERE s.request_id = ?
        AND NOT EXISTS (SELECT 1 FROM specimen n WHERE n.accession = s.accession AND n.version > s.version)
        ORDER BY s.accession
        """

    // Observations

    static let observation = "SELECT body FROM observation WHERE id = ?"
    static let observationsOfRequest = "SELECT body FROM observation WHERE request_id = ? ORDER BY analysis, run"
    static let eventsOfRequest = """
        SELECT e.body FROM observation o CROSS JOIN observation_event e WHERE e.observation_id = o.id
        AND o.request_id = ? ORDER BY o.id, e.ordinal
        """
    static func awaitingTechnical(bySite: Bool) -> String {
        """
        SELECT o.body FROM pending_technical p CROSS JOIN observation o LEFT JOIN request_current c\
         ON c.id = o.request_id WHERE o.id = p.observation_id\
        \(bySite ? " AND p.site = ?" : "")\
         ORDER BY CASE WHEN o.request_id IN (\(critical(in: "pending_technical"))) THEN 0 ELSE 1 END,\
         COALESCE(c.urgent, 0) DESC, p.recorded_at, p.observation_id LIMIT ?
        """
    }
    /// Requests with a critical value on this list: one that somebody is told of, or that a check says is critical
    /// (`Hold.Code`, in the body as JSON). What waits is few: its bodies may be looked at.
    private static func critical(in list: String) -> String {
        """
        SELECT k.request_id FROM \(list) pending_k CROSS JOIN observation k WHERE k.id = pending_k.observation_id
        AND (k.body LIKE '%"CRITIQUE_%' OR EXISTS (SELECT 1 FROM register_entry e
        WHERE e.register = 'criticalCall' AND e.site = pending_k.site AND e.subject = pending_k.observation_id))
        """
    }
    /// Something that no signature holds, or a signature whose content changed.
    private static let toSign = "SELECT request_id FROM pending_signature UNION SELECT request_id FROM pending_review"
    static func awaitingSignature(bySite: Bool) -> String { current(toSign, bySite: bySite) }
    static func underReview(bySite: Bool) -> String {
        current("SELECT request_id FROM pending_review", bySite: bySite)
    }
    /// Parameters: analyses whose control is rejected now (`,K,NA,`), the site if there is one, how many. The order is
    /// `SignRank`'s, from what stands in the facts.
    private static func current(_ ids: String, bySite: Bool) -> String {
        """
        SELECT pending_w.id FROM (
            SELECT c.id AS id, c.urgent AS urgent, c.registered_at AS registered_at,
            CASE WHEN c.id IN (\(critical(in: "pending_signature"))) THEN 0
            WHEN c.id IN (SELECT request_id FROM pending_review) OR EXISTS (\(doubtfulPatient)) THEN 1
            ELSE COALESCE(pending_held.gravity, 4) END AS gravity
            FROM request_current c LEFT JOIN (\(held)) pending_held ON pending_held.request_id = c.id
            WHERE c.id IN (\(ids))\(bySite ? " AND c.site = ?" : "")
        ) pending_w ORDER BY CASE pending_w.gravity WHEN 0 THEN 0 WHEN 4 THEN 2 ELSE 1 END,
        pending_w.urgent DESC, pending_w.gravity, pending_w.registered_at, pending_w.id LIMIT ?
        """
    }
    static let withResultsOf = "SELECT DISTINCT o.request_id FROM observation o WHERE o.patient_id = ?"
    /// Parameters: patient, analysis.
    static let withUnsignedResultsOf = """
        SELECT DISTINCT o.request_id FROM observation o WHERE o.patient_id = ? AND o.analysis = ?
        AND NOT EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
        """
    /// Nobody is sure whose request `c` is.
    private static let doubtfulPatient = """
        SELECT 1 FROM request d CROSS JOIN patient_current e CROSS JOIN patient p
        WHERE d.id = c.id AND d.version = c.version AND e.id = d.patient_id AND p.id = e.id AND p.version = e.version
        AND p.body LIKE '%"attributes":["%'
        """
    /// What keeps a request out of a lot, by its results that wait for a signature: as `Observation.signGravity`.
    private static let held = """
        SELECT h.request_id AS request_id, MIN(CASE WHEN \(holds { $0.gravity <= 1 }) THEN 1
        WHEN \(holds { $0.gravity == 2 }) OR ? LIKE '%,' || h.analysis || ',%' THEN 2
        WHEN \(holds { $0.gravity == 3 }) OR h.body LIKE '%"comment":"%' THEN 3 ELSE 4 END) AS gravity
        FROM pending_signature pending_h CROSS JOIN observation h WHERE h.id = pending_h.observation_id
        GROUP BY h.request_id
        """
    /// The body of an observation, as JSON, has one of these holds.
    private static func holds(_ wanted: (Hold.Code) -> Bool) -> String {
        let codes = Hold.Code.allCases.filter { $0.stopsLot && wanted($0) }
        let found = codes.map { "h.body LIKE '%\"code\":\"\($0.rawValue)\"%'" }.joined(separator: " OR ")
        return "(h.body NOT LIKE '%\"holds\":[]%' AND (\(found)))"
    }
    static let previousSigned = """
        SELECT o.body FROM observation o
        WHERE o.patient_id = ? AND o.analysis = ? AND o.observed_at < ? AND o.request_id <> ?
        AND EXISTS (SELECT 1 FROM signature_item i WHERE i.observation_id = o.id)
        ORDER BY o.observed_at DESC, o.run DESC, o.id DESC LIMIT ?
        """

    /// Parameters: patient, analysis, from, before, limit. Those that stand validated; the newest, newest first.
    static let history = """
        SELECT o.body FROM observation o
        WHERE o.patient_id = ? AND o.analysis = ? AND o.observed_at >= ? AND o.observed_at < ?
        AND (SELECT e.kind FROM observation_event e WHERE e.observation_id = o.id
             ORDER BY e.ordinal DESC LIMIT 1) = 'technicallyValidated'
        ORDER BY o.observed_at DESC, o.run DESC, o.id DESC LIMIT ?
        """

    // Journal

    static let openSessions = """
        SELECT s.body FROM open_session p CROSS JOIN session s WHERE s.id = p.session_id
        ORDER BY p.opened_at, p.session_id
        """
    static let frames = "SELECT body, bytes FROM frame WHERE session_id = ? ORDER BY ordinal"
    static let messagesOfSession = "SELECT body, text FROM message WHERE session_id = ? ORDER BY ordinal"
    static let message = "SELECT body, text FROM message WHERE id = ?"
    static let awaitingInterpretation = """
        SELECT m.body, m.text FROM pending_message p CROSS JOIN message m WHERE m.id = p.message_id
        ORDER BY p.at, p.message_id LIMIT ?
        """
    static let interpretedMessage = """
        SELECT m.id FROM message m CROSS JOIN outcome o WHERE o.message_id = m.id AND (o.kind = 'interpreted'
        OR (o.kind = 'triaged' AND EXISTS (SELECT 1 FROM triage t CROSS JOIN triage_resolution r
        WHERE t.message_id = m.id AND t.ordinal = -1 AND r.triage_id = t.id AND r.kind = 'attached')))
        AND m.analyzer = ? AND m.text_hash = ? AND m.id <> ? AND m.complete = 1 ORDER BY m.at, m.id LIMIT 1
        """
    static func messages(byAnalyzer: Bool) -> String {
        """
        SELECT body, text FROM message\(byAnalyzer ? " WHERE analyzer = ?" : "") ORDER BY at DESC, id DESC LIMIT ?
        """
    }
    static let outcome = "SELECT body FROM outcome WHERE message_id = ?"
    static func controls(byAnalyzer: Bool) -> String {
        """
        SELECT body FROM control\(byAnalyzer ? " WHERE analyzer = ?" : "") ORDER BY observed_at DESC, id DESC LIMIT ?
        """
    }

    /// Parameters: analyzer, analysis, from, before, limit. The newest, newest first.
    static let controlsOfAnalysis = """
        SELECT c.body FROM control_of_analysis i CROSS JOIN control c WHERE c.id = i.control_id
        AND i.analyzer = ? AND i.analysis = ? AND i.observed_at >= ? AND i.observed_at < ?
        ORDER BY i.observed_at DESC, i.control_id DESC LIMIT ?
        """

    /// Parameters: analyzer, analysis, from, through.
    static let observationsOfAnalyzer = """
        SELECT o.body FROM observation_of_analyzer i CROSS JOIN observation o WHERE o.id = i.observation_id
        AND i.analyzer = ? AND i.analysis = ? AND i.observed_at >= ? AND i.observed_at <= ?
        ORDER BY i.observed_at, i.observation_id
        """

    // Registers and evaluations

    static let register = """
        SELECT body, content FROM register_entry WHERE register = ? AND site = ? AND subject = ? ORDER BY ordinal
        """
    /// Parameters: register, site, limit. The newest, newest first.
    static let registerNewest = """
        SELECT body, content FROM register_entry WHERE register = ? AND site = ?
        ORDER BY at DESC, subject DESC, ordinal DESC LIMIT ?
        """
    /// Parameters: site. Of a row in a row, so that its quotation marks are escaped.
    static let owed = """
        SELECT DISTINCT subject FROM register_entry
        WHERE register = 'withheld' AND site = ? AND body LIKE '%hasEarlier__:true%' ORDER BY subject
        """
    /// Parameters: site, kind of act. As `owed` is written.
    static let decided = """
        SELECT DISTINCT subject FROM register_entry
        WHERE register = 'release' AND site = ? AND body LIKE '%kind__:__' || ? || '__%' ORDER BY subject
        """
    /// Parameters: site. In the words of the index `register_entry_kept`.
    static let kept = """
        SELECT DISTINCT subject FROM register_entry
        WHERE site = ? AND (\(Schema006.isKept)) ORDER BY subject
        """
    static let evaluations = "SELECT body, content FROM evaluation WHERE observation_id = ? ORDER BY ordinal"
    /// Parameters: observation, lowest ordinal.
    static let standingEvaluation = """
        SELECT body, content FROM evaluation WHERE observation_id = ? AND ordinal >= ? ORDER BY ordinal DESC LIMIT 1
        """
    /// Parameters: from, from, observation, ordinal (what comes behind), before, limit.
    static let evaluationsBehind = """
        SELECT body, content FROM evaluation WHERE at >= ? AND (at, observation_id, ordinal) > (?, ?, ?) AND at < ?
        ORDER BY at, observation_id, ordinal LIMIT ?
        """

    // Triage

    static func openTriage(bySite: Bool) -> String {
        """
        SELECT t.body FROM open_triage p CROSS JOIN triage t WHERE t.id = p.triage_id\
        \(bySite ? " AND p.site = ?" : "") ORDER BY p.at, p.triage_id LIMIT ?
        """
    }
    static func triage(bySite: Bool) -> String {
        "SELECT body FROM triage\(bySite ? " WHERE site = ?" : "") ORDER BY at, id LIMIT ?"
    }
    static let triageEntry = "SELECT body FROM triage WHERE id = ?"
    static let triageResolution = "SELECT body FROM triage_resolution WHERE triage_id = ?"

    // Sign-off, reports, deliveries

    static let signatures = "SELECT body FROM signature WHERE request_id = ? ORDER BY version"
    static let withoutReport = """
        SELECT s.body FROM pending_report p CROSS JOIN signature s WHERE s.id = p.signature_id
        ORDER BY p.at, p.signature_id LIMIT ?
        """
    static let report = "SELECT body, cda, pdf FROM report WHERE id = ?"
    static let reports = "SELECT body, cda, pdf FROM report WHERE request_id = ? ORDER BY version, id"
    static let delivery = "SELECT body, message FROM delivery WHERE id = ?"
    static let deliveryByControl = "SELECT body, message FROM delivery WHERE control_id = ?"
    /// Parameters: [site], [request], limit.
    static func deliveries(bySite: Bool, byRequest: Bool) -> String {
        let conditions = (bySite ? ["site = ?"] : []) + (byRequest ? ["request_id = ?"] : [])
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        return "SELECT body, message FROM delivery\(filter) ORDER BY created_at DESC, id DESC LIMIT ?"
    }
    static let deliveriesDue = """
        SELECT d.body, d.message FROM due_delivery p CROSS JOIN delivery d WHERE d.id = p.delivery_id
        ORDER BY p.created_at, p.delivery_id LIMIT ?
        """
    /// Columns before the message, and its length: what lies behind it is reached only by reading all of it.
    static let deliveriesDueHeads = """
        SELECT d.id, d.site, d.request_id, d.control_id, d.created_at, CAST(length(d.message) AS BIGINT)
        FROM due_delivery p CROSS JOIN delivery d WHERE d.id = p.delivery_id
        ORDER BY p.created_at, p.delivery_id LIMIT ?
        """
    /// Parameters: [site]. A later version overtakes what brings a report, not what takes one back.
    static func refused(bySite: Bool) -> String {
        """
        SELECT DISTINCT d.request_id FROM delivery_event e CROSS JOIN delivery d
        WHERE e.kind IN ('refused', 'dmpRefused', 'mailRefused')
        AND d.id = e.delivery_id\(bySite ? " AND d.site = ?" : "")
        AND (e.kind <> 'refused' OR NOT EXISTS (
            SELECT 1 FROM delivery_event a WHERE a.delivery_id = d.id AND a.kind = 'abandoned'
        ))
        AND (d.destination LIKE '%retrait%' OR NOT EXISTS (
            SELECT 1 FROM delivery n WHERE n.request_id = d.request_id AND n.created_at > d.created_at
            AND n.report_id <> d.report_id AND n.destination NOT LIKE '%retrait%'
        ))
        ORDER BY d.request_id
        """
    }
    static let deliveryEvents = "SELECT body FROM delivery_event WHERE delivery_id = ? ORDER BY ordinal"
    /// Parameters: `count` identifiers.
    static func deliveryEvents(count: Int) -> String {
        """
        SELECT body FROM delivery_event
        WHERE delivery_id IN (\(Array(repeating: "?", count: count).joined(separator: ", ")))
        ORDER BY delivery_id, ordinal
        """
    }
    static let inbound = "SELECT body, bytes FROM inbound WHERE source = ? AND control_id = ?"

    // Trail and numbers

    static let audit = """
        SELECT sequence, site, author, action, subject, at, facts_hash, previous_hash, hash
        FROM audit_entry WHERE sequence > ? ORDER BY sequence LIMIT ?
        """
    /// Parameters: the site, as many times as there are marks.
    static func counts(bySite: Bool) -> String {
        let filter = bySite ? " WHERE site = ?" : ""
        let lists = [
            ("messagesPending", "pending_message"), ("triageOpen", "open_triage"),
            ("awaitingTechnical", "pending_technical"), ("deliveriesWaiting", "due_delivery"),
        ]
        return """
            SELECT name, CAST(SUM(value) AS BIGINT) FROM tally\(filter) GROUP BY name
            \(lists.map { "UNION ALL SELECT '\($0.0)', count(*) FROM \($0.1)\(filter)" }.joined(separator: "\n"))
            UNION ALL SELECT 'awaitingSignature', count(*) FROM request_current
            WHERE id IN (\(toSign))\(bySite ? " AND site = ?" : "")
            """
    }

    /// All of them, for the test of plans.
    package static var questions: [(name: String, sql: String)] {
        [
            ("account", account), ("token", token), ("patient", patient), ("patientVersions", patientVersions),
            ("patients", patients(bySite: false)), ("patients by site", patients(bySite: true)),
            ("patient search", patientSearch(bySite: false)), ("patient search by site", patientSearch(bySite: true)),
            ("request", request), ("request by number", requestByNumber), ("requests", requests(bySite: false)),
            ("requests by site", requests(bySite: true)), ("requests by id", requests(count: 8)),
            ("specimen", specimen), ("specimens of a request", specimensOfRequest), ("observation", observation),
            ("observations of a request", observationsOfRequest), ("events of a request", eventsOfRequest),
            ("awaiting technical", awaitingTechnical(bySite: false)),
            ("awaiting technical by site", awaitingTechnical(bySite: true)),
            ("awaiting signature", awaitingSignature(bySite: false)),
            ("awaiting signature by site", awaitingSignature(bySite: true)),
            ("under review", underReview(bySite: false)), ("under review by site", underReview(bySite: true)),
            ("previous", previousSigned), ("with results of a patient", withResultsOf),
            ("with unsigned results of a patient", withUnsignedResultsOf),
            ("open sessions", openSessions), ("frames", frames), ("messages of a session", messagesOfSession),
            ("message", message), ("awaiting interpretation", awaitingInterpretation),
            ("interpreted message", interpretedMessage), ("messages", messages(byAnalyzer: false)),
            ("messages by analyzer", messages(byAnalyzer: true)), ("outcome", outcome),
            ("controls", controls(byAnalyzer: false)), ("controls by analyzer", controls(byAnalyzer: true)),
            ("controls of an analysis", controlsOfAnalysis), ("controlled assays", controlledAssays),
            ("waiting assays", waitingAssays),
            ("observations of an analyzer", observationsOfAnalyzer),
            ("history", history), ("register", register),
            ("register, newest", registerNewest), ("evaluations", evaluations),
            ("standing evaluation", standingEvaluation),
            ("evaluations behind", evaluationsBehind),
            ("open triage", openTriage(bySite: false)), ("open triage by site", openTriage(bySite: true)),
            ("triage", triage(bySite: false)), ("triage by site", triage(bySite: true)),
            ("triage entry", triageEntry), ("triage resolution", triageResolution), ("signatures", signatures),
            ("without report", withoutReport), ("report", report), ("reports", reports), ("delivery", delivery),
            ("delivery by control", deliveryByControl), ("deliveries", deliveries(bySite: false, byRequest: false)),
            ("deliveries by site", deliveries(bySite: true, byRequest: false)),
            ("deliveries by request", deliveries(bySite: false, byRequest: true)),
            ("deliveries by both", deliveries(bySite: true, byRequest: true)), ("due", deliveriesDue),
            ("due, heads", deliveriesDueHeads), ("refused", refused(bySite: false)),
            ("refused by site", refused(bySite: true)), ("owed", owed), ("decided", decided),
            ("kept", kept), ("delivery events", deliveryEvents),
            ("events of deliveries", deliveryEvents(count: 8)), ("inbound", inbound), ("audit", audit),
            ("last audit entry", lastAuditEntry), ("delivery marks", deliveryMarks),
            ("current patient", currentPatient), ("current request", currentRequest),
            ("counts", counts(bySite: false)), ("counts by site", counts(bySite: true)),
        ] + orderQuestions + reviewQuestions + FactTable.all.map { ("attested \($0.name)", $0.attested) }
            + WorkList.allCases.map { ("open \($0.rawValue)", $0.open) }
            + WorkList.allCases.map { ("close \($0.rawValue)", $0.close) }
    }
}
