package import Base

extension PrintedReport {
    /// A refusal of the printer with its place in the words of the report: `chapters[0].panels[1].lines[2].value`
    /// becomes `Recherche de paludisme, résultat`.
    package func named(_ refusal: Refusal) -> Refusal {
        var refusal = refusal
        refusal.place = named(place: refusal.place)
        return refusal
    }

    private func named(place: String) -> String {
        let parts = place.split(separator: ".").map(PlacePart.init)
        guard let first = parts.first else { return place }
        let last = parts.last.flatMap { PrintedReport.words[$0.name] } ?? ""
        guard first.name == "chapters", chapters.indices.contains(first.index) else {
            return PrintedReport.words[first.name] ?? place
        }
        var names = [chapters[first.index].title]
        if parts.count > 1, chapters[first.index].panels.indices.contains(parts[1].index) {
            let panel = chapters[first.index].panels[parts[1].index]
            if !panel.title.isEmpty { names = [panel.title] }
            if parts.count > 2, parts[2].name == "lines", panel.lines.indices.contains(parts[2].index) {
                names = [panel.lines[parts[2].index].name]
            }
        }
        return (names + [last]).filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// `lines[2]`
    private struct PlacePart {
        var name: String
        var index = -1
        init(_ text: Substring) {
            let cut = text.split(whereSeparator: { "[]".contains($0) })
            name = cut.first.map(String.init) ?? ""
            if cut.count > 1 { index = Int(cut[1]) ?? -1 }
        }
    }

    private static let words = [
        "value": "résultat", "name": "nom", "comments": "commentaire", "comment": "commentaire",
        "notPerformed": "motif de non-réalisation", "previous": "antériorité", "specimen": "échantillon",
        "pictures": "image", "method": "technique", "subcontracted": "sous-traitance", "unit": "unité",
        "interval": "intervalle de référence", "patient": "identité du patient", "issuer": "laboratoire",
        "prescriber": "prescripteur", "recipients": "destinataires", "attached": "comptes rendus joints",
        "pending": "examens en cours",
        "signatures": "signatures", "logo": "logo", "dates": "dates", "requestNumber": "numéro de la demande",
    ]
}
