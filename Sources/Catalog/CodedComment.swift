/// A sentence of the laboratory that biologists add by its code. Its version is the catalogue's.
package struct CodedComment: Sendable, Hashable, Codable {
    package let code: String
    /// The section of the report that it stands under; nil: the general comment.
    package let section: String?
    package let text: String

    package init(code: String, section: String?, text: String) {
        self.code = code
        self.section = section
        self.text = text
    }
}

// comments.csv
extension CatalogReader {
    mutating func readComments(_ rows: [CatalogRow]) -> [CodedComment] {
        var codes: Set<String> = []
        var comments: [CodedComment] = []
        for row in rows {
            let code = code(row, isTaken: codes.contains(row.text("code")))
            codes.insert(code)
            let section = row.text("section")
            if !section.isEmpty, !sectionCodes.contains(section) {
                error(
                    "comment.section", row, "section", "« \(section) » n'est pas une section du catalogue",
                    "employer un code de sections.csv, ou laisser vide pour le commentaire général")
            }
            comments.append(
                CodedComment(
                    code: code, section: section.isEmpty ? nil : section, text: required(row, "texte_fr")))
        }
        return comments
    }
}
