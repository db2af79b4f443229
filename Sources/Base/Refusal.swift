/// Why something was refused: what, where, why, and what to do now. Never holds a patient's data.
///
/// `code` is for programs (stable, dotted, lower case), the three texts are for people, in French.
package struct Refusal: Error, Equatable, Hashable, Codable, Sendable, CustomStringConvertible {
    /// Stable code to switch on, e.g. `catalogue.loinc.checkdigit`.
    package var code: String
    /// Where: `analyses.csv:12:6`, `frame 3`, `PID-3`, a configuration key… May be empty.
    package var place: String
    /// What is wrong and why.
    package var cause: String
    /// What to do now.
    package var remedy: String

    package init(_ code: String, at place: String = "", because cause: String, remedy: String) {
        self.code = code
        self.place = place
        self.cause = cause
        self.remedy = remedy
    }

    package var description: String {
        (place.isEmpty ? "" : place + " : ") + cause + (remedy.isEmpty ? "" : " → " + remedy) + " [\(code)]"
    }
}
