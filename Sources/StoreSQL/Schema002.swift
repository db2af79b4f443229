/// Registers, evaluations, controls and results by what measured them. The two lists begin with this step: what was
/// measured before it has no target, so no rule and no look-back reaches it.
enum Schema002 {
    static let text = """
        CREATE TABLE register_entry (
            register {text} NOT NULL, site {text} NOT NULL, subject {text} NOT NULL, ordinal {int} NOT NULL,
            at {int} NOT NULL, content {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_register_ordinal ON register_entry (register, site, subject, ordinal);
        CREATE INDEX register_entry_audit ON register_entry (audit_seq);
        APPEND ONLY register_entry;
        CREATE INDEX register_entry_newest ON register_entry (register, site, at, subject, ordinal);

        CREATE TABLE evaluation (
            observation_id {text} NOT NULL, ordinal {int} NOT NULL, site {text} NOT NULL, at {int} NOT NULL,
            content {blob} NOT NULL, body {text} NOT NULL, audit_seq {int}
        ){strict};
        CREATE UNIQUE INDEX key_evaluation_ordinal ON evaluation (observation_id, ordinal);
        CREATE INDEX evaluation_audit ON evaluation (audit_seq) WHERE audit_seq IS NOT NULL;
        APPEND ONLY evaluation;
        CREATE INDEX evaluation_oldest ON evaluation (at, observation_id, ordinal);

        CREATE TABLE control_of_analysis (
            control_id {text} NOT NULL PRIMARY KEY, site {text} NOT NULL, analyzer {text} NOT NULL,
            analysis {text} NOT NULL, observed_at {int} NOT NULL
        ){strict};
        CREATE TABLE controlled_assay (
            site {text} NOT NULL, analyzer {text} NOT NULL, analysis {text} NOT NULL,
            PRIMARY KEY (site, analyzer, analysis)
        ){strict};
        CREATE INDEX control_by_analysis ON control_of_analysis (analyzer, analysis, observed_at, control_id);

        CREATE TABLE observation_of_analyzer (
            observation_id {text} NOT NULL PRIMARY KEY, analyzer {text} NOT NULL, analysis {text} NOT NULL,
            observed_at {int} NOT NULL
        ){strict};
        CREATE INDEX observation_by_analyzer
            ON observation_of_analyzer (analyzer, analysis, observed_at, observation_id);
        """
}
