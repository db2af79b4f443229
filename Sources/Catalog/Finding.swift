package import Base

/// One file of the catalogue folder as the caller read it: this room opens no file.
package struct CatalogFile: Sendable, Hashable {
    /// Name without folder, e.g. `analyses.csv`.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

package enum Severity: String, Sendable, Codable, CaseIterable {
    /// The catalogue is refused as a whole.
    case error = "erreur"
    /// The catalogue loads; what is missing will hold results (HOUSE invariant 7).
    case warning = "avertissement"
}

/// One thing the lint found, where, why and what to do now. The texts are French, for the people of the laboratory.
package struct CatalogFinding: Sendable, Hashable, Codable, CustomStringConvertible {
    package let file: String
    /// 1-based line of the file, 0 when the file as a whole is meant.
    package let line: Int
    /// 1-based column, counted in characters, 0 when the line as a whole is meant.
    package let column: Int
    package let severity: Severity
    /// Stable and dotted, e.g. `catalogue.loinc.checkdigit`.
    package let code: String
    package let cause: String
    package let remedy: String

    package init(
        file: String, line: Int, column: Int, severity: Severity, code: String, cause: String, remedy: String
    ) {
        self.file = file
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.cause = cause
        self.remedy = remedy
    }

    /// `analyses.csv:12:6`
    package var place: String {
        if line == 0 { return file }
        return column == 0 ? "\(file):\(line)" : "\(file):\(line):\(column)"
    }
    /// The same where the version was published before the lint asked for it: its results and reports stand.
    var ofPublished: CatalogFinding {
        guard CatalogFinding.laterCodes.contains(code) else { return self }
        return CatalogFinding(
            file: file, line: line, column: column, severity: .warning, code: code, cause: cause, remedy: remedy)
    }
    /// Faults of what a value means, found by a lint that became stricter: the files read without doubt all the same.
    private static let laterCodes = Set(
        [
            "interval.gap", "interval.method", "factor", "factor.base", "factor.mass", "factor.kind", "factor.formula",
            "loinc.name",
            "loinc.unnamed", "delta.window", "approval.typed",
        ].map { "catalogue." + $0 })

    package var refusal: Refusal { Refusal(code, at: place, because: cause, remedy: remedy) }
    /// `analyses.csv:12:6: erreur: cause → remedy [code]`
    package var description: String { "\(place): \(severity.rawValue): \(cause) → \(remedy) [\(code)]" }
}

/// A catalogue with at least one error: nothing of it is loaded, everything found is listed.
package struct CatalogueRejection: Error, Sendable, Hashable, CustomStringConvertible {
    /// Errors and warnings, in order of file, line and column.
    package let findings: [CatalogFinding]

    package init(findings: [CatalogFinding]) { self.findings = findings }

    package var errors: [CatalogFinding] { findings.filter { $0.severity == .error } }
    package var description: String { findings.map(\.description).joined(separator: "\n") }

    /// One refusal that names the first error and counts the others.
    package var refusal: Refusal {
        let errors = errors
        guard let first = errors.first else {
            return Refusal("catalogue.rejected", because: "le catalogue est refusé", remedy: "corriger les fichiers")
        }
        let others = errors.count > 1 ? " (et \(errors.count - 1) autre(s) erreur(s))" : ""
        return Refusal(first.code, at: first.place, because: first.cause + others, remedy: first.remedy)
    }
}
