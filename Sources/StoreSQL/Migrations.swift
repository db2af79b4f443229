package import Base
import Store

/// One step of the schema. Steps are applied in order, each in its own transaction, and never edited once published.
package struct Migration: Sendable {
    package var version: Int
    package var name: String
    /// SQL in the common tongue (`Dialect.statements`).
    package var text: String
    package init(version: Int, name: String, text: String) {
        self.version = version
        self.name = name
        self.text = text
    }

    package static let all = [
        Migration(version: 1, name: "facts, audit trail, work lists", text: Schema001.text),
        Migration(version: 2, name: "registers, evaluations, controls by analysis", text: Schema002.text),
        Migration(version: 3, name: "orders to analyzers", text: Schema003.text),
        Migration(version: 4, name: "signed files that changed", text: Schema004.text),
        Migration(version: 5, name: "refused deliveries", text: Schema005.text),
        Migration(version: 6, name: "what a choice of the patient kept back", text: Schema006.text),
        Migration(version: 7, name: "typed results by analysis", text: Schema007.text),
    ]

    package var textHash: String { Digest.sha256Hex(Array(text.utf8)) }
}

package enum Migrator {
    private static let ledger = """
        CREATE TABLE migration (
            version {int} NOT NULL PRIMARY KEY, name {text} NOT NULL, applied_at {int} NOT NULL,
            text_hash {text} NOT NULL
        ){strict};
        """

    /// Brings the database to the last version, or refuses: a foreign database (tables but no `migration` table), one
    /// of a newer program, one whose applied steps read otherwise than ours.
    package static func migrate(
        _ connection: any SQLConnection, _ dialect: Dialect, _ migrations: [Migration] = Migration.all, at now: Instant
    ) throws(SQLFailure) {
        let tables = try connection.query(dialect.tables).compactMap(\.first?.text)
        if !tables.contains("migration") {
            guard tables.isEmpty else { throw .broken(foreign) }
            try inTransaction(connection, dialect) { (connection: any SQLConnection) throws(SQLFailure) in
                for statement in dialect.statements(ledger) { try connection.execute(statement) }
            }
        }
        let applied = try connection.query("SELECT version, text_hash FROM migration ORDER BY version")
        for (index, row) in applied.enumerated() {
            guard index < migrations.count, row[0].integer == migrations[index].version else { throw .broken(newer) }
            guard row[1].text == migrations[index].textHash else { throw .broken(changed(migrations[index])) }
        }
        for migration in migrations.dropFirst(applied.count) {
            try inTransaction(connection, dialect) { (connection: any SQLConnection) throws(SQLFailure) in
                for statement in dialect.statements(migration.text) { try connection.execute(statement) }
                try connection.execute(
                    "INSERT INTO migration (version, name, applied_at, text_hash) VALUES (?, ?, ?, ?)",
                    [
                        SQLValue(migration.version), .text(migration.name), SQLValue(now),
                        .text(migration.textHash),
                    ])
            }
        }
    }

    private static func inTransaction(
        _ connection: any SQLConnection, _ dialect: Dialect,
        _ body: (any SQLConnection) throws(SQLFailure) -> Void
    ) throws(SQLFailure) {
        try connection.execute(dialect.begin)
        do throws(SQLFailure) {
            try body(connection)
            try connection.execute("COMMIT")
        } catch {
            do throws(SQLFailure) { try connection.execute("ROLLBACK") } catch {}
            throw error
        }
    }

    package static let foreign = Refusal(
        "store.foreign", because: "cette base contient des tables qui ne sont pas celles de Paillasse",
        remedy: "indiquer une base vide, ou celle de Paillasse")
    package static let newer = Refusal(
        "store.newer", because: "cette base a été écrite par une version plus récente du programme",
        remedy: "installer cette version ou une plus récente ; ne pas revenir en arrière sans sauvegarde")
    private static func changed(_ migration: Migration) -> Refusal {
        Refusal(
            "store.migration.changed", at: "migration \(migration.version)",
            because: "l'étape « \(migration.name) » appliquée à cette base n'est pas celle de ce programme",
            remedy: "utiliser le programme d'origine, et signaler ce défaut")
    }
}
