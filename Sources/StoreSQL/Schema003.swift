/// Orders to analyzers.
enum Schema003 {
    static let text = """
        CREATE TABLE analyzer_order (
            id {text} NOT NULL, site {text} NOT NULL, analyzer {text} NOT NULL, accession {text} NOT NULL,
            ordinal {int} NOT NULL, at {int} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_order_id ON analyzer_order (id);
        CREATE UNIQUE INDEX key_order_ordinal ON analyzer_order (accession, analyzer, ordinal);
        CREATE INDEX analyzer_order_audit ON analyzer_order (audit_seq);
        APPEND ONLY analyzer_order;
        CREATE INDEX analyzer_order_newest ON analyzer_order (analyzer, at, id);

        CREATE TABLE order_event (
            order_id {text} NOT NULL, ordinal {int} NOT NULL, kind {text} NOT NULL, at {int} NOT NULL,
            site {text}, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_orderEvent_ordinal ON order_event (order_id, ordinal);
        CREATE INDEX order_event_audit ON order_event (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY order_event;

        CREATE TABLE due_order (
            order_id {text} NOT NULL PRIMARY KEY, analyzer {text} NOT NULL, at {int} NOT NULL
        ){strict};
        CREATE INDEX due_order_oldest ON due_order (at, order_id);
        CREATE INDEX due_order_of_analyzer ON due_order (analyzer, at, order_id);
        """
}
