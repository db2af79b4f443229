/// Signed files whose content changed. What changed before this step is put there once, to be looked at.
enum Schema004 {
    static let text = """
        CREATE TABLE pending_review (request_id {text} NOT NULL PRIMARY KEY){strict};
        INSERT INTO pending_review (request_id)
        SELECT s.request_id FROM (
            SELECT request_id, MIN(site) AS site, MAX(audit_seq) AS signed FROM signature GROUP BY request_id
        ) AS s
        WHERE EXISTS (
            SELECT 1 FROM register_entry e WHERE e.register IN ('supplement', 'remark') AND e.site = s.site
            AND e.subject = s.request_id AND e.audit_seq > s.signed
        ) OR EXISTS (
            SELECT 1 FROM request r JOIN patient p ON p.id = r.patient_id
            WHERE r.id = s.request_id AND p.audit_seq > s.signed
        ) OR EXISTS (
            SELECT 1 FROM specimen t WHERE t.request_id = s.request_id AND t.audit_seq > s.signed
        ) OR EXISTS (
            SELECT 1 FROM observation o JOIN observation_event e ON e.observation_id = o.id
            WHERE o.request_id = s.request_id AND e.kind <> 'technicallyValidated' AND e.audit_seq > s.signed
        );
        """
}
