/// Migration 1: one table a kind of fact, the audit trail, and the work lists. Published text: never edited, only
/// followed by a next migration (the store refuses a database whose applied migrations read otherwise).
enum Schema001 {
    static let text = [staff, files, journal, findings, reports, trail, work].joined(separator: "\n")

    /// Staff.
    private static let staff = """
        CREATE TABLE account (
            login {text} NOT NULL, version {int} NOT NULL, site {text} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_account_version ON account (login, version);
        CREATE INDEX account_audit ON account (audit_seq);
        APPEND ONLY account;

        CREATE TABLE token (
            hash {text} NOT NULL, login {text} NOT NULL, site {text},
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_token_hash ON token (hash);
        CREATE INDEX token_audit ON token (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY token;

        CREATE TABLE token_revoked (
            hash {text} NOT NULL, at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_tokenRevoked_hash ON token_revoked (hash);
        CREATE INDEX token_revoked_audit ON token_revoked (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY token_revoked;
        """

    /// Patient files, requests, specimens.
    private static let files = """
        CREATE TABLE patient (
            id {text} NOT NULL, version {int} NOT NULL, site {text} NOT NULL, ipp {text} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_patient_version ON patient (id, version);
        CREATE UNIQUE INDEX key_patient_ipp ON patient (site, ipp, version);
        CREATE INDEX patient_audit ON patient (audit_seq);
        APPEND ONLY patient;

        CREATE TABLE request (
            id {text} NOT NULL, version {int} NOT NULL, site {text} NOT NULL, number {text} NOT NULL,
            patient_id {text} NOT NULL, registered_at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_request_version ON request (id, version);
        CREATE UNIQUE INDEX key_request_number ON request (site, number, version);
        CREATE INDEX request_audit ON request (audit_seq);
        APPEND ONLY request;

        CREATE TABLE specimen (
            accession {text} NOT NULL, version {int} NOT NULL, site {text} NOT NULL, request_id {text} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_specimen_version ON specimen (accession, version);
        CREATE INDEX specimen_audit ON specimen (audit_seq);
        APPEND ONLY specimen;
        CREATE INDEX specimen_of_request ON specimen (request_id, accession);
        """

    /// Journal: sessions, frames, messages, what became of them.
    private static let journal = """
        CREATE TABLE session (
            id {text} NOT NULL, site {text} NOT NULL, analyzer {text} NOT NULL, opened_at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_session_id ON session (id);
        CREATE INDEX session_audit ON session (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY session;

        CREATE TABLE session_end (
            session_id {text} NOT NULL, at {int} NOT NULL, site {text},
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_sessionEnd_session ON session_end (session_id);
        CREATE INDEX session_end_audit ON session_end (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY session_end;

        CREATE TABLE frame (
            session_id {text} NOT NULL, ordinal {int} NOT NULL, at {int} NOT NULL, site {text},
            bytes {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_frame_ordinal ON frame (session_id, ordinal);
        CREATE INDEX frame_audit ON frame (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY frame;

        CREATE TABLE message (
            id {text} NOT NULL, site {text} NOT NULL, analyzer {text} NOT NULL, session_id {text} NOT NULL,
            ordinal {int} NOT NULL, at {int} NOT NULL, text_hash {text} NOT NULL, complete {int} NOT NULL,
            text {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_message_id ON message (id);
        CREATE UNIQUE INDEX key_message_ordinal ON message (session_id, ordinal);
        CREATE INDEX message_audit ON message (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY message;
        CREATE INDEX message_newest ON message (at, id);
        CREATE INDEX message_of_analyzer ON message (analyzer, at, id);
        CREATE INDEX message_by_text ON message (analyzer, text_hash, at, id);

        CREATE TABLE outcome (
            message_id {text} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
            site {text}, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_outcome_message ON outcome (message_id);
        CREATE INDEX outcome_audit ON outcome (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY outcome;
        """

    /// Observations, controls, triage.
    private static let findings = """
        CREATE TABLE observation (
            id {text} NOT NULL, site {text} NOT NULL, request_id {text} NOT NULL, patient_id {text} NOT NULL,
            analysis {text} NOT NULL, run {int} NOT NULL, message_id {text}, message_ordinal {int},
            observed_at {int} NOT NULL, recorded_at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_observation_id ON observation (id);
        CREATE UNIQUE INDEX key_observation_origin ON observation (message_id, message_ordinal);
        CREATE UNIQUE INDEX key_observation_run ON observation (request_id, analysis, run);
        CREATE INDEX observation_audit ON observation (audit_seq);
        APPEND ONLY observation;
        CREATE INDEX observation_of_patient ON observation (patient_id, analysis, observed_at, run, id);

        CREATE TABLE observation_event (
            observation_id {text} NOT NULL, ordinal {int} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
            site {text}, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_observationEvent_ordinal ON observation_event (observation_id, ordinal);
        CREATE INDEX observation_event_audit ON observation_event (audit_seq);
        APPEND ONLY observation_event;

        CREATE TABLE control (
            id {text} NOT NULL, site {text} NOT NULL, analyzer {text} NOT NULL, message_id {text} NOT NULL,
            ordinal {int} NOT NULL, observed_at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_control_id ON control (id);
        CREATE UNIQUE INDEX key_control_origin ON control (message_id, ordinal);
        CREATE INDEX control_audit ON control (audit_seq);
        APPEND ONLY control;
        CREATE INDEX control_newest ON control (observed_at, id);
        CREATE INDEX control_of_analyzer ON control (analyzer, observed_at, id);

        CREATE TABLE triage (
            id {text} NOT NULL, site {text} NOT NULL, analyzer {text} NOT NULL, message_id {text} NOT NULL,
            ordinal {int} NOT NULL, reason {text} NOT NULL, at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_triage_id ON triage (id);
        CREATE UNIQUE INDEX key_triage_origin ON triage (message_id, ordinal);
        CREATE INDEX triage_audit ON triage (audit_seq);
        APPEND ONLY triage;
        CREATE INDEX triage_oldest ON triage (at, id);
        CREATE INDEX triage_of_site ON triage (site, at, id);

        CREATE TABLE triage_resolution (
            triage_id {text} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
            site {text}, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_triageResolution_triage ON triage_resolution (triage_id);
        CREATE INDEX triage_resolution_audit ON triage_resolution (audit_seq);
        APPEND ONLY triage_resolution;
        """

    /// Signatures, reports, deliveries, messages of neighbours.
    private static let reports = """
        CREATE TABLE signature (
            id {text} NOT NULL, site {text} NOT NULL, request_id {text} NOT NULL, version {int} NOT NULL,
            at {int} NOT NULL,
            body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_signature_id ON signature (id);
        CREATE UNIQUE INDEX key_signature_version ON signature (request_id, version);
        CREATE INDEX signature_audit ON signature (audit_seq);
        APPEND ONLY signature;

        CREATE TABLE report (
            id {text} NOT NULL, site {text} NOT NULL, request_id {text} NOT NULL, version {int} NOT NULL,
            signature_id {text} NOT NULL, document_oid {text} NOT NULL, produced_at {int} NOT NULL,
            cda {blob} NOT NULL, pdf {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_report_id ON report (id);
        CREATE UNIQUE INDEX key_report_signature ON report (signature_id);
        CREATE UNIQUE INDEX key_report_document ON report (document_oid);
        CREATE INDEX report_audit ON report (audit_seq);
        APPEND ONLY report;
        CREATE INDEX report_of_request ON report (request_id, version, id);

        CREATE TABLE delivery (
            id {text} NOT NULL, site {text} NOT NULL, report_id {text} NOT NULL, request_id {text} NOT NULL,
            destination {text} NOT NULL, control_id {text} NOT NULL, created_at {int} NOT NULL,
            message {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_delivery_id ON delivery (id);
        CREATE UNIQUE INDEX key_delivery_control ON delivery (control_id);
        CREATE UNIQUE INDEX key_delivery_recipient ON delivery (report_id, destination);
        CREATE INDEX delivery_audit ON delivery (audit_seq);
        APPEND ONLY delivery;
        CREATE INDEX delivery_newest ON delivery (created_at, id);
        CREATE INDEX delivery_of_site ON delivery (site, created_at, id);
        CREATE INDEX delivery_of_request ON delivery (request_id, created_at, id);

        CREATE TABLE delivery_event (
            delivery_id {text} NOT NULL, ordinal {int} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
            site {text}, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_deliveryEvent_ordinal ON delivery_event (delivery_id, ordinal);
        CREATE INDEX delivery_event_audit ON delivery_event (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY delivery_event;

        CREATE TABLE inbound (
            source {text} NOT NULL, control_id {text} NOT NULL, at {int} NOT NULL,
            bytes {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_inbound_control ON inbound (source, control_id);
        CREATE INDEX inbound_audit ON inbound (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY inbound;
        """

    /// The audit chain and the series of numbers.
    private static let trail = """
        CREATE TABLE audit_entry (
            sequence {int} NOT NULL PRIMARY KEY, site {text} NOT NULL, author {text} NOT NULL, action {text} NOT NULL,
            subject {text} NOT NULL, at {int} NOT NULL, facts_hash {text} NOT NULL, previous_hash {text} NOT NULL,
            hash {text} NOT NULL
        ){strict};
        APPEND ONLY audit_entry;
        CREATE TABLE counter (series {text} NOT NULL PRIMARY KEY, value {int} NOT NULL){strict};
        """

    /// What is derived from facts in their own transaction, so that no question has to look at all of history: latest
    /// versions, work lists, signed observations, tallies. Not medical: it can be made again from the facts.
    private static let work = """
        CREATE TABLE patient_current (
            id {text} NOT NULL PRIMARY KEY, version {int} NOT NULL, site {text} NOT NULL, ipp_key {text} NOT NULL,
            birth_key {text} NOT NULL, given_key {text} NOT NULL, used_key {text}, matricule {text}
        ){strict};
        CREATE INDEX patient_by_birth_name ON patient_current (birth_key, given_key, id);
        CREATE INDEX patient_by_used_name ON patient_current (used_key);
        CREATE INDEX patient_by_ipp ON patient_current (ipp_key);
        CREATE INDEX patient_by_matricule ON patient_current (matricule);
        CREATE INDEX patient_of_site ON patient_current (site, birth_key, given_key, id);

        CREATE TABLE request_current (
            id {text} NOT NULL PRIMARY KEY, version {int} NOT NULL, site {text} NOT NULL, number {text} NOT NULL,
            registered_at {int} NOT NULL, urgent {int} NOT NULL
        ){strict};
        CREATE INDEX request_by_number ON request_current (number, id);
        CREATE INDEX request_newest ON request_current (registered_at, id);
        CREATE INDEX request_of_site ON request_current (site, registered_at, id);

        CREATE TABLE open_session (
            session_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, opened_at {int} NOT NULL
        ){strict};
        CREATE TABLE pending_message (
            message_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, at {int} NOT NULL
        ){strict};
        CREATE INDEX pending_message_oldest ON pending_message (at, message_id);
        CREATE TABLE pending_technical (
            observation_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, recorded_at {int} NOT NULL
        ){strict};
        CREATE INDEX pending_technical_oldest ON pending_technical (recorded_at, observation_id);
        CREATE INDEX pending_technical_of_site ON pending_technical (site, recorded_at, observation_id);
        CREATE TABLE pending_signature (
            observation_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, request_id {text} NOT NULL
        ){strict};
        CREATE INDEX pending_signature_request ON pending_signature (request_id);
        CREATE TABLE pending_report (
            signature_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, at {int} NOT NULL
        ){strict};
        CREATE INDEX pending_report_oldest ON pending_report (at, signature_id);
        CREATE TABLE open_triage (
            triage_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, at {int} NOT NULL
        ){strict};
        CREATE INDEX open_triage_oldest ON open_triage (at, triage_id);
        CREATE INDEX open_triage_of_site ON open_triage (site, at, triage_id);
        CREATE TABLE due_delivery (
            delivery_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, created_at {int} NOT NULL
        ){strict};
        CREATE INDEX due_delivery_oldest ON due_delivery (created_at, delivery_id);

        CREATE TABLE signature_item (
            observation_id {text} NOT NULL, signature_id {text} NOT NULL, PRIMARY KEY (observation_id, signature_id)
        ){strict};
        CREATE TABLE tally (
            site {text} NOT NULL, name {text} NOT NULL, value {int} NOT NULL, PRIMARY KEY (site, name)
        ){strict};
        """
}
