/// Everything in which the two engines differ, as far as the text of SQL goes.
package enum Dialect: Sendable, Hashable, CaseIterable {
    case sqlite, postgresql

    /// How a writing transaction begins. SQLite's IMMEDIATE takes the write lock at once, so that it never has to be
    /// upgraded (which could fail as busy in the middle).
    package var begin: String {
        switch self {
        case .sqlite: "BEGIN IMMEDIATE"
        case .postgresql: "BEGIN"
        }
    }

    /// `?`, `?`… as the engine wants them. No statement of ours holds a question mark in a literal.
    package func numbered(_ sql: String) -> String {
        switch self {
        case .sqlite: return sql
        case .postgresql:
            var out = ""
            var number = 0
            for character in sql {
                if character == "?" {
                    number += 1
                    out += "$\(number)"
                } else {
                    out.append(character)
                }
            }
            return out
        }
    }

    /// The statements of a migration: `{text}`, `{int}`, `{blob}` and `{strict}` put in the engine's words, and
    /// `APPEND ONLY table` (a table whose rows are never updated nor deleted) made into triggers.
    ///
    /// Texts are compared by their bytes in both (SQLite's BINARY, PostgreSQL's "C"), whatever the locale of the
    /// server.
    package func statements(_ text: String) -> [String] {
        let words: [(String, String)] =
            switch self {
            case .sqlite: [("{text}", "TEXT"), ("{int}", "INTEGER"), ("{blob}", "BLOB"), ("{strict}", " STRICT")]
            case .postgresql:
                [("{text}", "TEXT COLLATE \"C\""), ("{int}", "BIGINT"), ("{blob}", "BYTEA"), ("{strict}", "")]
            }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
        return lines.split(separator: ";").flatMap { piece -> [String] in
            var statement = String(piece)
            while statement.first == "\n" || statement.first == " " { statement.removeFirst() }
            if statement.isEmpty { return [] }
            if statement.hasPrefix("APPEND ONLY ") { return appendOnly(String(statement.dropFirst(12))) }
            return [words.reduce(statement) { $0.replacing($1.0, with: $1.1) }]
        }
    }

    private func appendOnly(_ table: String) -> [String] {
        switch self {
        case .sqlite:
            return ["UPDATE", "DELETE"].map {
                """
                CREATE TRIGGER \(table)_no_\($0.lowercased()) BEFORE \($0) ON \(table)
                BEGIN SELECT RAISE(ABORT, 'append-only table \(table)'); END
                """
            }
        case .postgresql:
            return [
                """
                CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'append-only table %', TG_TABLE_NAME; END $$
                """,
                """
                CREATE TRIGGER \(table)_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \(table)
                FOR EACH STATEMENT EXECUTE FUNCTION append_only()
                """,
            ]
        }
    }

    /// Statement that lists the tables of the database (of the schema).
    package var tables: String {
        switch self {
        case .sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        case .postgresql:
            "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        }
    }

    /// Name of the key (as in `FactKey`) behind the engine's report of a unique violation.
    /// SQLite: `UNIQUE constraint failed: patient.id, patient.version`; PostgreSQL: the name of the index.
    package func conflict(_ report: String) -> SQLFailure {
        switch self {
        case .sqlite:
            let list = report.split(separator: "failed: ").last.map(String.init) ?? ""
            return .conflict(key: FactTable.keysByColumns[list] ?? list)
        case .postgresql: return .conflict(key: FactTable.keysByIndex[report] ?? report)
        }
    }
}
