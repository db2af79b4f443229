/// An address that a message carries as it is written (PRT-15), without the quoted forms that no mailbox of a
/// professional has (RFC 5321 section 4.1.2).
package enum MailAddress {
    /// Most bytes of an address (RFC 5321 section 4.5.3.1.3, without its brackets) and of what stands before its `@`.
    private static let most = 254
    private static let mostLocal = 64

    /// Why it can be none; nil when it can.
    package static func defect(in text: String) -> String? {
        if text.isEmpty { return "l'adresse est vide" }
        if let wrong = text.unicodeScalars.first(where: { !isPlain($0) }) {
            if wrong.properties.isWhitespace { return "l'adresse contient un blanc" }
            return wrong.value > 0x20 && wrong.value != 0x7F
                ? "« \(wrong) » ne peut être dans une adresse" : "l'adresse contient un caractère de commande"
        }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return "une adresse a un seul « @ »" }
        let local = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let domain = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard !local.contains(where: \.isEmpty), parts[0].utf8.count <= mostLocal, text.utf8.count <= most else {
            return "ce qui précède « @ » n'est pas un nom de boîte"
        }
        let isNamed = domain.allSatisfy { label in
            !label.isEmpty && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
        }
        return isNamed && domain.count > 1 ? nil : "ce qui suit « @ » n'est pas un domaine"
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        (0x21...0x7E).contains(scalar.value) && !"|^~\\&<>()[],;:\"".unicodeScalars.contains(scalar)
    }

    /// Why it can be no mailbox of MSSanté, the closed space that all its domains stand under; nil when it can. What
    /// is outside of it never gets a report (PFI sheet section 3, PRT-15): a health record would leave in clear.
    package static func defectOfSecured(_ text: String) -> String? {
        if let defect = defect(in: text) { return defect }
        return text.lowercased().hasSuffix(".mssante.fr")
            ? nil : "l'adresse est hors de l'espace MSSanté, dont les domaines finissent par .mssante.fr"
    }
    /// Mon espace santé: the patient's own, which no professional has.
    package static func isPatients(_ address: String) -> Bool {
        address.lowercased().hasSuffix("@patient.mssante.fr")
    }
}
